// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <systemc>

#include "core/diagnostics.h"
#include "sim/command_line.h"
#include "sim/verbs.h"

int sc_main(int argc, char* argv[]) {
    using namespace ocellus;
    try {
        return sim::execute(sim::parse_command_line(argc, argv));
    } catch (const input_error& e) {
        const std::string what = e.what();
        const bool labelled = what.find("error: ") != std::string::npos;
        const bool ends = !what.empty() && what.back() == '\n';
        std::fprintf(stderr, "%s%s%s", labelled ? "" : "error: ", what.c_str(), ends ? "" : "\n");
        return static_cast<int>(e.code());
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "error: out of memory\n");
        return static_cast<int>(exit_code::io);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "internal error: %s\nThis is a bug of the simulator.\n", e.what());
        return static_cast<int>(exit_code::internal);
    }
}

int main(int argc, char* argv[]) {
    // The library would print its banner on every start.
    setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
