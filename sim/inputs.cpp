// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/files.h"
#include "core/picture.h"
#include "dsp/network/reader.h"
#include "dsp/npu/generated_networks.h"
#include "models/charts.h"
#include "models/parcel_belt.h"
#include "sim/boot_info.h"
#include "sim/embedded.h"
#include "sim/picture_sequence.h"

namespace ocellus::sim {
namespace {

[[noreturn]] void fail(const std::string& message) {
    throw input_error(exit_code::usage, "error: " + message + "\nNothing was simulated.");
}

/// read(), whose errors say in the end that nothing was simulated.
template <typename Read>
auto checked(const Read& read) {
    try {
        return read();
    } catch (const input_error& e) {
        throw input_error(e.code(), std::string(e.what()) + "\nNothing was simulated.");
    }
}

std::string base_name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

void note(std::vector<input_file>& files, const std::string& role, const std::string& path,
          const std::string& bytes) {
    files.push_back({role, base_name(path), sha256_hex(bytes), bytes.size(), path});
}

/// A file that the user named. That it cannot be read is a mistake of the command line's or the
/// configuration's.
std::string read_input(const std::string& path) {
    try {
        return read_file(path);
    } catch (const input_error& e) {
        fail(e.what());
    }
}

bool is_builtin(const std::string& name) {
    return name.rfind("builtin:", 0) == 0;
}

}  // namespace

std::string read_input_file(const std::string& path) {
    return read_input(path);
}

std::string truth_line(const models::parcel_scene& scene, std::uint32_t frame, unsigned width,
                       unsigned height) {
    std::string out = fmt::format("{{\"frame\":{},\"parcels\":[", frame);
    bool first = true;
    for (const auto& t : models::truth(scene)) {
        const auto x = [&](float v) { return static_cast<double>(v) * width; };
        const auto y = [&](float v) { return static_cast<double>(v) * height; };
        out += fmt::format(
            "{}{{\"class\":\"{}\",\"class_id\":{},\"box\":[{:.1f},{:.1f},{:.1f},{:.1f}],"
            "\"visible\":{:.3f}}}",
            first ? "" : ",", models::parcel_class_names.at(static_cast<std::size_t>(t.class_id)),
            t.class_id, x(t.left), y(t.top), x(t.right), y(t.bottom),
            static_cast<double>(t.visible));
        first = false;
    }
    return out + "]}\n";
}

bool takes_pictures(const dsp::network& n) {
    const auto& t = n.input();
    if (t.type != dsp::element::int8 && t.type != dsp::element::uint8)
        return false;
    return t.shape.size() == 4 && t.shape[0] == 1 &&
           (t.shape[3] == 1 || t.shape[3] == 3 || t.shape[3] == 4);
}

namespace {

/// A network by the parameters that name it and its class names.
dsp::network read_named_network(const parameter_registry& r, const char* parameter,
                                const std::string& name, const char* labels_parameter,
                                const std::string& labels, const std::string& role,
                                std::vector<input_file>& files) {
    dsp::network n;
    if (name == "builtin:parcels") {
        const std::string bytes = embedded_network();
        files.push_back({role, name, sha256_hex(bytes), bytes.size(), {}});
        n = dsp::read_network_bytes(bytes, name);
    } else if (name == "builtin:mobilenet_v1_1.0_224") {
        files.push_back({role, name, "", 0, {}});
        n = dsp::generate_mobilenet_v1(1.0, 224, 1);
    } else if (is_builtin(name)) {
        const auto near = nearest_name(name, {"builtin:parcels", "builtin:mobilenet_v1_1.0_224"});
        fail(fmt::format("unknown built-in network '{}'{}", name,
                         near.empty() ? "" : "; did you mean " + near + "?"));
    } else {
        const std::string path = resolve_path(r, parameter, name);
        const std::string bytes = read_input(path);
        note(files, role, path, bytes);
        n = dsp::read_network_bytes(bytes, path);
        n.name = std::filesystem::path(path).stem().string();  // graphs are called "main" too often
    }
    if (!labels.empty()) {
        const std::string path = resolve_path(r, labels_parameter, labels);
        note(files, role == "network" ? "labels" : role + " labels", path, read_input(path));
        n.labels = dsp::read_labels(path);
    }
    return n;
}

dsp::network first_network(const settings& s, const parameter_registry& r,
                           std::vector<input_file>& files) {
    return read_named_network(r, "network.source", s.run.network, "network.labels", s.run.labels,
                              "network", files);
}

std::vector<std::shared_ptr<const dsp::compiled_network>> load_networks(
    const settings& s, const parameter_registry& r, std::vector<input_file>& files) {
    if (s.run.second == "none") {
        auto one = load_network(s, r, files);
        if (!one)
            return {};
        return {std::move(one)};
    }
    std::vector<dsp::network> both;
    both.push_back(first_network(s, r, files));
    both.push_back(read_named_network(r, "network.second", s.run.second, "network.second_labels",
                                      s.run.second_labels, "second network", files));
    return checked([&] {
        return dsp::compile_resident(std::move(both), s.network_budget(), s.npu.array(),
                                     s.npu.local_buffer);
    });
}

}  // namespace

std::shared_ptr<const dsp::compiled_network> load_network(const settings& s,
                                                          const parameter_registry& r,
                                                          std::vector<input_file>& files) {
    if (s.run.network == "none")
        return nullptr;
    return dsp::compile(first_network(s, r, files), s.network_budget(), s.npu.array(),
                        s.npu.local_buffer);
}

std::uint64_t resident_bytes(
    const std::vector<std::shared_ptr<const dsp::compiled_network>>& networks) {
    std::uint64_t bottom = 0, top = 0;
    for (const auto& c : networks) {
        const auto& p = c->plan;
        bottom = std::max(bottom, p.arena_offset + p.arena_bytes);
        if (p.stage_bytes > 0)
            bottom = std::max(bottom, p.stage_offset + 2 * p.stage_bytes);
        top = std::max(top, p.budget.bytes - p.commands_offset);
    }
    return bottom + top;
}

std::vector<memory_area> program_memories(const settings& s) {
    return {{"ROM", s.cpu.rom_base, s.cpu.rom_size},
            {"SRAM", sram_base, s.sram.size - s.capture_bytes()},
            {"TCM", s.cpu.tcm_base, s.cpu.tcm_size - boot_info_room}};
}

namespace {

void load_firmware(const settings& s, const parameter_registry& r, run_inputs& in) {
    const auto areas = program_memories(s);
    in.boot_rom_file = embedded_boot_rom();
    in.boot_rom = std::make_shared<const firmware_image>(
        read_elf_bytes(in.boot_rom_file, "boot_rom.elf", areas));
    const std::string& name = s.firmware.file;
    if (s.firmware.is_absent())
        return;
    if (s.firmware.is_default()) {
        const std::string bytes = embedded_application();
        in.files.push_back({"firmware", name, sha256_hex(bytes), bytes.size(), {}});
        in.firmware =
            std::make_shared<const firmware_image>(read_elf_bytes(bytes, "app.elf", areas));
        in.firmware_file = bytes;
        return;
    }
    if (is_builtin(name))
        fail(fmt::format("unknown built-in firmware '{}'; did you mean builtin:app?", name));
    const std::string path = resolve_path(r, "firmware.file", name);
    const std::string bytes = read_input(path);
    note(in.files, "firmware", path, bytes);
    in.firmware = std::make_shared<const firmware_image>(read_elf_bytes(bytes, path, areas));
    in.firmware_file = bytes;
}

/// Packed RAW samples as the run writes them, of the mode's size.
std::shared_ptr<const plane<std::uint16_t>> load_raw(const std::string& path, const settings& s,
                                                     std::vector<input_file>& files) {
    const std::string bytes = read_input(path);
    note(files, "raw", path, bytes);
    const auto width = static_cast<unsigned>(s.pixels.sensor.width),
               height = static_cast<unsigned>(s.pixels.sensor.height);
    const auto type = links::raw_type_of(s.adc.bits);
    if (!type)
        fail(fmt::format("--inject-raw knows RAW8, RAW10, RAW12 and RAW14; adc.bits is {}",
                         s.adc.bits));
    const std::size_t row = links::raw_row_bytes(*type, width);
    if (bytes.size() != row * height)
        fail(fmt::format("{}: {} bytes, but {}x{} of packed RAW{} have {}", path, bytes.size(),
                         width, height, s.adc.bits, row * height));
    auto out = std::make_shared<plane<std::uint16_t>>(width, height);
    for (unsigned y = 0; y < height; ++y)
        links::unpack_raw_row(*type, reinterpret_cast<const std::uint8_t*>(bytes.data()) + row * y,
                              width, out->row(y));
    return out;
}

/// Firmware may have SRAM too, but not what the network's plan uses of it.
void check_sram_is_shared(const run_inputs& in, const settings& s) {
    if (!in.network || !in.firmware)
        return;
    std::uint64_t first_free = 0, last_free = ~std::uint64_t{0};
    std::string names;
    for (const auto& c : in.networks) {
        const auto& p = c->plan;
        first_free = std::max(first_free, p.address(p.arena_offset + p.arena_bytes));
        if (p.stage_bytes > 0)
            first_free = std::max(first_free, p.address(p.stage_offset + 2 * p.stage_bytes));
        last_free = std::min(last_free, p.address(p.commands_offset) - 1);
        names += (names.empty() ? "" : " and ") + c->net.name;
    }
    const auto check = [&](std::uint64_t first, std::uint64_t size) {
        const bool in_sram = first >= sram_base && first - sram_base < s.sram.size;
        if (size == 0 || !in_sram || (first >= first_free && first + size - 1 <= last_free))
            return;
        fail(fmt::format(
            "{}: 0x{:08x} .. 0x{:08x} overlaps what the network {} needs of the SRAM; {}",
            in.firmware->name, first, first + size - 1, names,
            first_free > last_free
                ? std::string("nothing of it is free")
                : fmt::format("0x{:08x} .. 0x{:08x} are free", first_free, last_free)));
    };
    for (const auto& segment : in.firmware->segments) {
        check(segment.address, segment.memory_size);
        check(segment.load_address, segment.bytes.size());
    }
}

}  // namespace

std::shared_ptr<const models::scene> load_scene(const std::string& name, const run_parameters& p,
                                                std::uint64_t frames) {
    if (name == "builtin:parcels")
        return std::make_shared<models::parcel_belt>(p.scene_seed, p.belt_speed);
    if (is_builtin(name)) {
        if (auto chart = models::make_chart(name.substr(8)))
            return chart;
        std::vector<std::string> names = {"builtin:parcels"};
        for (const auto& chart : models::chart_names())
            names.push_back("builtin:" + chart);
        const auto near = nearest_name(name, names);
        fail(fmt::format("unknown built-in scene '{}'; did you mean {}?", name,
                         near.empty() ? names[0] : near));
    }
    if (const auto sequence = picture_sequence::of(name, p.scene_first, p.pictures(frames))) {
        std::vector<std::string> files = sequence->files;
        const auto transfer = p.scene_transfer;
        // Every picture is read once before anything is simulated: for its light, and for what may
        // be wrong with it.
        float peak = 1;
        const auto decode = [transfer](const std::string& bytes, const std::string& file) {
            return decode_picture(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                  file, transfer);
        };
        std::vector<std::string> contents;
        for (const auto& file : files) {
            const std::string bytes = read_input(file);
            contents.push_back(sha256_hex(bytes));
            const picture image = checked([&] { return decode(bytes, file); });
            if (image.type == sample_type::half || image.type == sample_type::real)
                peak = std::max(peak, image.peak / static_cast<float>(p.scene_white));
        }
        const auto count = static_cast<std::uint32_t>(files.size());
        return std::make_shared<models::sequence_scene>(
            [files = std::move(files), contents = std::move(contents), decode](std::uint32_t k) {
                const std::string bytes = read_file(files[k]);
                if (sha256_hex(bytes) != contents[k])
                    throw input_error(exit_code::io,
                                      files[k] + ": the file has changed during the run");
                return decode(bytes, files[k]);
            },
            count, p.scene_white, peak, p.picture_rate);
    }
    const std::string bytes = read_input(name);
    return std::make_shared<models::image_scene>(
        checked([&] {
            return decode_picture(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                  name, p.scene_transfer);
        }),
        p.scene_white);
}

run_inputs load_inputs(const command_line& command, const settings& s,
                       const parameter_registry& r) {
    run_inputs in;
    if (!command.config_file.empty())
        note(in.files, "config", command.config_file, read_input(command.config_file));

    const std::string& scene = s.run.scene;
    if (is_builtin(scene)) {
        in.scene_is_parcels = scene == "builtin:parcels";
        in.files.push_back({"scene", scene, "", 0, {}});
        in.scene = load_scene(scene, s.run);
        if (command.timing_only)
            in.scene = nullptr;
    } else {
        const std::string path = resolve_path(r, "scene.source", scene);
        if (const auto sequence =
                picture_sequence::of(path, s.run.scene_first, s.run.pictures(s.run.frames)))
            for (const auto& file : sequence->files)
                note(in.files, "scene", file, read_input(file));
        else
            note(in.files, "scene", path, read_input(path));
        in.scene = load_scene(path, s.run, s.run.frames);
    }

    if (!command.inject_raw.empty()) {
        in.injected_raw = load_raw(command.inject_raw, s, in.files);
        in.scene = nullptr;
        in.scene_is_parcels = false;
    }
    load_firmware(s, r, in);
    in.networks = load_networks(s, r, in.files);
    in.weights = store_weights(in.networks, s.weights);
    in.network = in.networks.empty() ? nullptr : in.networks.front();
    check_sram_is_shared(in, s);
    if (!command.inject_tensor.empty()) {
        if (!in.network)
            fail("--inject-tensor needs a network");
        const std::string bytes = read_input(command.inject_tensor);
        note(in.files, "tensor", command.inject_tensor, bytes);
        if (bytes.size() != in.network->input_bytes())
            fail(fmt::format("{}: {} bytes, but the input of {} has {}", command.inject_tensor,
                             bytes.size(), in.network->net.name, in.network->input_bytes()));
        if (in.networks.size() > 1)
            fail("--inject-tensor serves one network; leave network.second out");
        in.injected_tensor.assign(bytes.begin(), bytes.end());
    }
    for (const auto& c : in.networks) {
        if (!in.injected_tensor.empty())
            break;
        const auto& input = c->net.input();
        const std::string& named = c == in.network ? s.run.network : s.run.second;
        if (!takes_pictures(c->net)) {
            std::string shape;
            for (int d : input.shape)
                shape += (shape.empty() ? "" : "x") + std::to_string(d);
            fail(fmt::format(
                "{}: its input '{}' ({}) is not a picture of 1, 3 or 4 channels of 8-bit "
                "integers, so the ISP cannot fill it; give the bytes with --inject-tensor",
                named, input.name, shape));
        }
        const int channels = input.shape[3];
        if ((channels == 4) != (s.isp.tensor_order == isp::tensor_order::bayer) && channels != 1)
            fail(fmt::format("{}: its input '{}' has {} channels: isp.tensor_order = {}", named,
                             input.name, channels,
                             channels == 4 ? "bayer fills it" : "rgb or yuv444 fills it"));
    }
    return in;
}

}  // namespace ocellus::sim
