// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>

#include "core/parameter.h"

enum class example_image { raw, isp, none };

/// One parameter of every kind.
struct example_parameters {
    bool enabled = true;
    std::uint64_t bits = 10;
    std::uint64_t banks = 16;
    std::uint64_t size = 8388608;
    std::uint64_t line_length = 17900;
    std::uint64_t seed = 1;
    std::int64_t offset = -3;
    double gain = 1.5;
    double inck = 24e6;
    double exposure = 16e-3;
    double noise = 2.2;
    double share = 0.05;
    std::string title;
    std::string scene;
    example_image image = example_image::raw;

    void declare(ocellus::parameter_registry& r) {
        using ocellus::provenance;
        using ocellus::unit;
        r.integer("seed", seed, 0, UINT64_MAX)
            .says("Seed of every random number.")
            .from(provenance::chosen, "any");
        r.integer("adc.bits", bits, 8, 14)
            .says("Bits of a sample.")
            .from(provenance::published, "IMX500 Linux driver imx500.c");
        r.signed_integer("adc.offset", offset, -8, 7)
            .says("Offset in digital numbers.")
            .from(provenance::assumed, "assumed");
        r.boolean("adc.enabled", enabled).says("Whether it runs.").from(provenance::chosen, "any");
        r.quantity("sensor.inck", inck, unit::hertz, 6e6, 27e6)
            .says("Input clock.")
            .from(provenance::published, "IMX500 Linux driver imx500.c");
        r.integer("sensor.line_length", line_length, 1, 65535, unit::cycles)
            .says("Pixel clocks of a line.")
            .from(provenance::published, "IMX500 Linux driver imx500.c");
        r.quantity("sensor.exposure", exposure, unit::second, 1e-6, 10)
            .says("Exposure time.")
            .from(provenance::chosen, "any");
        r.real("sensor.gain", gain, 1, 22.26)
            .says("Analogue gain.")
            .from(provenance::derived, "libcamera cam_helper_imx500.cpp");
        r.quantity("sensor.noise", noise, unit::electron, 0, 100)
            .says("Read noise.")
            .from(provenance::assumed, "assumed");
        r.quantity("sensor.share", share, unit::percent, 0, 1)
            .says("A share.")
            .from(provenance::assumed, "assumed");
        r.integer("sram.size", size, 65536, 1u << 30, unit::byte)
            .must_be_power_of_two()
            .says("Bytes.")
            .from(provenance::published, "ISSCC 2021 9.6");
        r.integer("sram.banks", banks, 1, 64)
            .must_be_power_of_two()
            .says("Banks.")
            .from(provenance::assumed, "assumed");
        r.choice("output.image", image,
                 {{"raw", example_image::raw},
                  {"isp", example_image::isp},
                  {"none", example_image::none}})
            .says("What the host receives.")
            .from(provenance::chosen, "any");
        r.text("output.title", title).says("A title.").from(provenance::chosen, "any");
        r.path("scene.file", scene).says("A photograph.").from(provenance::chosen, "any");
    }
};
