// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "core/config.h"
#include "core/files.h"
#include "core/image_io.h"
#include "links/cci_registers.h"
#include "models/parcels.h"
#include "sim/embedded.h"
#include "sim/inputs.h"
#include "sim/sensor.h"
#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

const char* name_of(access a) {
    switch (a) {
        case access::read_write:
            return "rw";
        case access::read_only:
            return "ro";
        case access::write_only:
            return "wo";
        case access::write_one_to_clear:
            return "w1c";
    }
    return "";
}

std::string render_map(const sensor& chip) {
    std::string out = "address range             size       target\n";
    for (const auto& m : chip.bus().memory_map())
        out += fmt::format("0x{:08x} - 0x{:08x}   {:<10} {}\n", m.base, m.last(),
                           format_quantity(static_cast<double>(m.size), unit::byte), m.name);
    for (const auto& w : chip.registers().windows()) {
        out += fmt::format("\n{}\n", w.block->name());
        for (const auto& r : w.block->all()) {
            out += fmt::format("  0x{:08x} {:<4} {:<22} reset 0x{:08x}  {}\n", w.base + r.offset,
                               name_of(r.mode), r.name, r.reset, r.sentence);
            for (const auto& f : r.fields)
                out +=
                    fmt::format("             {:>9}  {:<20} {}\n",
                                f.width == 1 ? fmt::format("[{}]", f.low)
                                             : fmt::format("[{}:{}]", f.low + f.width - 1, f.low),
                                f.name, f.sentence);
        }
    }
    return out;
}

void render_object(const sc_core::sc_object* o, unsigned depth, std::string& out) {
    const std::string kind = o->kind();
    const std::string name = o->basename();
    // Sockets contain a port and an export of the same name: implementation, not structure.
    if (kind == "sc_port" || kind == "sc_export" || kind.rfind("sc_method", 0) == 0 ||
        kind.rfind("sc_thread", 0) == 0 || name.rfind("$$$$", 0) == 0 ||
        name.rfind("m_peq", 0) == 0)
        return;
    out +=
        fmt::format("{:{}}{:<{}} {}\n", "", 2 * depth, name, depth < 16 ? 34 - 2 * depth : 2, kind);
    if (kind.find("socket") != std::string::npos)
        return;
    for (const auto* child : o->get_child_objects())
        render_object(child, depth + 1, out);
}

}  // namespace

int describe(const command_line& command) {
    if (command.svd || command.header || command.cci_registers) {
        const std::string text = command.svd      ? embedded_svd()
                                 : command.header ? embedded_c_header()
                                                  : links::cci_register_reference();
        if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
            throw input_error(exit_code::io, "error: cannot write to standard output");
        return static_cast<int>(exit_code::ok);
    }
    parameter_registry registry;
    settings s;
    resolve_settings(command, s, registry);
    worker_pool pool(1);
    command_line dry = command;
    dry.timing_only = true;
    const run_inputs in = load_inputs(dry, s, registry);
    statistics stats;
    block_context ctx{pool, stats, s.run.seed, true};
    sensor chip("sensor", s, in, ctx, [](std::uint32_t) { return false; });
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // elaborates
    std::string out;
    if (command.map)
        out += render_map(chip);
    if (command.map && command.modules)
        out += "\n";
    if (command.modules)
        render_object(&chip, 0, out);
    std::fputs(out.c_str(), stdout);
    return static_cast<int>(exit_code::ok);
}

int render_scenes(const command_line& command) {
    output_folder out(command.out, command.force);
    worker_pool pool(std::max(1u, std::thread::hardware_concurrency()));
    const std::uint64_t seed = command.seed.value_or(1);
    std::string lines;
    for (std::uint32_t n = 0; n < command.frames.value_or(1); ++n) {
        const auto scene = models::make_parcel_scene(seed, n);
        const auto picture = models::render_parcels(scene, command.width, command.height, pool);
        out.write(fmt::format("scene_{:04}.png", n), encode_png_rgb8(picture, 6, &pool));
        lines += truth_line(scene, n, command.width, command.height);
    }
    out.write("truth.jsonl", lines);
    out.commit();
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
