// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

int sc_main(int argc, char* argv[]) {
    // Re-elaboration inside one process is not possible: ctest runs each case on its own.
    sc_core::sc_report_handler::set_actions("/IEEE_Std_1666/deprecated", sc_core::SC_DO_NOTHING);
    return Catch::Session().run(argc, argv);
}
