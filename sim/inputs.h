// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/parameter.h"
#include "dsp/compiler/compiled_network.h"
#include "memory_map.h"
#include "models/parcels.h"
#include "models/scene.h"
#include "sim/firmware_image.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// A file or built-in thing that entered the run, for the manifest.
struct input_file {
    std::string role;    ///< "config", "scene", "network", "tensor"
    std::string name;    ///< the file's name without its folder, or "builtin:..."
    std::string sha256;  ///< of the file's bytes; empty for generated things
    std::uint64_t bytes = 0;
    std::string path;  ///< where it was read; empty: nowhere
};

/// Everything a run reads, loaded and checked before anything is simulated.
struct run_inputs {
    std::shared_ptr<const models::scene> scene;
    bool scene_is_parcels = false;
    std::shared_ptr<const dsp::compiled_network> network;  ///< the first; null: none
    /// All that are resident together, by their numbers in the NPU.
    std::vector<std::shared_ptr<const dsp::compiled_network>> networks;
    /// What flash or host hold of their weights; null: they come from elsewhere.
    std::shared_ptr<const links::serial_image> weights;
    /// Class names of network `number`; empty when there is no such network.
    std::vector<std::string> labels_of(std::uint32_t number) const {
        return number < networks.size() ? networks[number]->net.labels : std::vector<std::string>();
    }
    /// Width and height of its input in pixels; 0, 0 where it is no picture.
    std::pair<unsigned, unsigned> input_size_of(std::uint32_t number) const {
        if (number >= networks.size() || networks[number]->net.input().shape.size() != 4)
            return {0, 0};
        const auto& shape = networks[number]->net.input().shape;
        return {static_cast<unsigned>(shape[2]), static_cast<unsigned>(shape[1])};
    }
    std::vector<std::uint8_t> injected_tensor;
    std::shared_ptr<const plane<std::uint16_t>> injected_raw;  ///< null: the pixels' own
    std::shared_ptr<const firmware_image> boot_rom;
    std::shared_ptr<const firmware_image> firmware;  ///< null: none
    std::string boot_rom_file, firmware_file;        ///< the ELF files' bytes
    std::vector<input_file> files;
};

/// Bus address of the SRAM: the public loader manifests put the memory there (imx500 packerOut).
constexpr std::uint64_t sram_base = memory_map::sram_base;

/// Memories that a program may be loaded into.
std::vector<memory_area> program_memories(const settings& s);

/// A file that the user named. Throws input_error(usage).
std::string read_input_file(const std::string& path);

/// Loads scene, network and tensor. Throws input_error for whatever is wrong with them.
run_inputs load_inputs(const command_line& command, const settings& s, const parameter_registry& r);

/// A picture file, a sequence of them or a built-in scene, with the scene.* parameters of the run.
/// A sequence needs files for `frames` frames (0: those that are there). Throws input_error.
std::shared_ptr<const models::scene> load_scene(const std::string& name,
                                                const run_parameters& p = {},
                                                std::uint64_t frames = 0);

/// The first network alone, compiled for the SRAM and NPU of the settings; null for "none".
std::shared_ptr<const dsp::compiled_network> load_network(const settings& s,
                                                          const parameter_registry& r,
                                                          std::vector<input_file>& files);

/// Bytes of SRAM that networks resident together take, what is reserved included.
std::uint64_t resident_bytes(
    const std::vector<std::shared_ptr<const dsp::compiled_network>>& networks);

/// One line of truth.jsonl: what a built-in scene really shows, boxes in pixels of the picture.
std::string truth_line(const models::parcel_scene& scene, std::uint32_t frame, unsigned width,
                       unsigned height);

/// Whether the ISP can fill the network's input: one picture of 1 or 3 channels of 8-bit integers.
bool takes_pictures(const dsp::network& n);

}  // namespace ocellus::sim
