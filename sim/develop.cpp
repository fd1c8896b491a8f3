// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/develop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>

#include "core/config.h"
#include "core/diagnostics.h"
#include "core/files.h"
#include "core/image_io.h"
#include "core/raw_file.h"
#include "links/csi2_packet.h"
#include "sim/inputs.h"
#include "sim/settings.h"
#include "sim/verbs.h"

namespace ocellus::sim {
namespace {

[[noreturn]] void fail(const std::string& message) {
    throw input_error(exit_code::usage, "error: " + message);
}

struct raw_frame {
    raw_mosaic mosaic;
    unsigned bits = 10;
};

unsigned side(const command_line& c, const std::string& digits) {
    if (digits.empty() || digits.size() > 5 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
        fail(fmt::format("--size {}: WIDTHxHEIGHT was expected", c.raw_size));
    const auto n = static_cast<unsigned>(std::stoul(digits));
    if (n < 4 || n > 16384 || n % 2 != 0)
        fail(fmt::format("--size {}: even sides of 4 to 16384 were expected", c.raw_size));
    return n;
}

/// Samples alone: 16 bits each, or packed as on CSI-2. The file's size tells which.
raw_frame without_header(const command_line& c) {
    const std::string& path = c.files[0];
    const std::string bytes = read_input_file(path);
    const auto cross = c.raw_size.find('x');
    const unsigned width = side(c, c.raw_size.substr(0, cross)),
                   height = side(c, cross == std::string::npos ? std::string()
                                                               : c.raw_size.substr(cross + 1));
    raw_frame f;
    f.bits = c.raw_bits.value_or(10);
    f.mosaic.samples = plane<std::uint16_t>(width, height);
    f.mosaic.white = (1u << f.bits) - 1;
    const auto type = links::raw_type_of(f.bits);
    const std::size_t packed = type ? links::raw_row_bytes(*type, width) : 0, wide = 2ul * width;
    if (bytes.size() != packed * height && bytes.size() != wide * height)
        fail(fmt::format("{}: {} bytes, but {}x{} samples have {} with 16 bits each{}", path,
                         bytes.size(), width, height, wide * height,
                         type ? fmt::format(", or {} packed as RAW{}", packed * height, f.bits)
                              : std::string()));
    const bool is_packed = bytes.size() == packed * height;
    unsigned brightest = 0;
    for (unsigned y = 0; y < height; ++y) {
        std::uint16_t* to = f.mosaic.samples.row(y);
        const auto* from =
            reinterpret_cast<const std::uint8_t*>(bytes.data()) + (is_packed ? packed : wide) * y;
        if (is_packed)
            links::unpack_raw_row(*type, from, width, to);
        else
            for (unsigned x = 0; x < width; ++x)
                to[x] = static_cast<std::uint16_t>(from[2 * x] | from[2 * x + 1] << 8);
        brightest = std::max<unsigned>(brightest, *std::max_element(to, to + width));
    }
    if (brightest > f.mosaic.white)
        fail(fmt::format("{}: a sample of {} does not fit --bits {}", path, brightest, f.bits));
    return f;
}

unsigned bits_for(std::uint32_t white) {
    unsigned bits = 8;
    while (white >> bits != 0)
        ++bits;
    return bits;
}

/// What the file says becomes the parameters' values; --config and --set come after it.
void take_over(const raw_frame& f, const command_line& c, isp::isp_parameters& p) {
    const raw_mosaic& m = f.mosaic;
    if (c.raw_size.empty()) {
        const double scale = f.bits <= 12 ? 1 << (12 - f.bits) : 1.0 / (1 << (f.bits - 12));
        p.black_level = static_cast<std::uint64_t>(m.black * scale + 0.5);
        p.white_balance_red = std::clamp(m.balance[0], 0.01, 15.99);
        p.white_balance_blue = std::clamp(m.balance[1], 0.01, 15.99);
        p.digital_gain = std::clamp(4095 / ((m.white - m.black) * scale), 0.01, 15.99);
        for (std::size_t i = 0; i < 9; ++i)
            p.matrix[i] = std::clamp(m.srgb_from_camera[i], -4.0, 3.999);
        p.colour_order = static_cast<isp::bayer_phase>(m.order);
    } else if (c.raw_black) {
        p.black_level =
            f.bits <= 12 ? *c.raw_black << (12 - f.bits) : *c.raw_black >> (f.bits - 12);
    }
    if (c.raw_order.empty())
        return;
    static const char* const orders[] = {"rggb", "grbg", "gbrg", "bggr"};
    const auto* const which = std::find(std::begin(orders), std::end(orders), c.raw_order);
    if (which == std::end(orders))
        fail(fmt::format("--order {}: rggb, grbg, gbrg or bggr was expected", c.raw_order));
    p.colour_order = static_cast<isp::bayer_phase>(which - std::begin(orders));
}

}  // namespace

int develop(const command_line& command) {
    raw_frame f;
    if (command.raw_size.empty()) {
        f.mosaic = load_raw_mosaic(command.files[0]);
        f.bits = bits_for(f.mosaic.white);
    } else {
        f = without_header(command);
    }
    const unsigned width = f.mosaic.samples.width(), height = f.mosaic.samples.height();
    settings s;
    take_over(f, command, s.isp);
    parameter_registry registry;
    diagnostics problems;
    s.declare(registry);
    if (!command.config_file.empty())
        load_config_file(command.config_file, registry, problems);
    apply_settings(command.settings, registry, problems);
    if (!problems.has_errors())
        s.isp.check(width, height, registry, problems);
    problems.throw_if_errors();

    isp::isp_settings chain = s.isp.settings();
    s.isp.complete(chain, width, height);
    worker_pool pool(command.threads ? *command.threads
                                     : std::max(1u, std::thread::hardware_concurrency()));
    const rgb8_image picture = isp::develop(f.mosaic.samples, f.bits, chain, 1, &pool);
    replace_file(command.out, encode_png_rgb8(picture, 6, &pool));
    const std::string text = fmt::format(
        "{}: {}x{}, {} bits, black {} and white {} of 4095\n", command.out, width, height, f.bits,
        s.isp.black_level,
        f.bits <= 12 ? f.mosaic.white << (12 - f.bits) : f.mosaic.white >> (f.bits - 12));
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(exit_code::ok);
}

}  // namespace ocellus::sim
