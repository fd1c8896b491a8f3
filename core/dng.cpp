// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/dng.h"

#include <cmath>
#include <vector>

namespace ocellus {
namespace {

void put(std::string& to, std::uint32_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
        to += static_cast<char>(value >> (8 * i) & 0xff);
}

/// An image file directory under construction: TIFF 6.0, little endian.
class directory {
  public:
    enum type : std::uint32_t {
        byte = 1,
        ascii = 2,
        short_ = 3,
        long_ = 4,
        rational = 5,
        signed_rational = 10
    };

    void numbers(std::uint32_t tag, type t, const std::vector<std::uint32_t>& values) {
        const unsigned size = t == byte ? 1 : t == short_ ? 2 : 4;
        std::string bytes;
        for (const std::uint32_t v : values)
            put(bytes, v, size);
        add(tag, t, static_cast<std::uint32_t>(values.size()), bytes);
    }
    void text(std::uint32_t tag, const std::string& value) {
        add(tag, ascii, static_cast<std::uint32_t>(value.size() + 1), value + '\0');
    }
    void fractions(std::uint32_t tag, type t, const std::vector<double>& values) {
        std::string bytes;
        for (const double v : values) {
            put(bytes, static_cast<std::uint32_t>(static_cast<std::int32_t>(std::lround(v * 1e6))),
                4);
            put(bytes, 1000000, 4);
        }
        add(tag, t, static_cast<std::uint32_t>(values.size()), bytes);
    }
    /// The file up to the samples, which follow at once. `tag` is given their place.
    std::string finish(std::uint32_t strip_tag) {
        const auto entries = static_cast<std::uint32_t>(list_.size());
        const std::uint32_t extra_at = 8 + 2 + 12 * entries + 4;
        std::string extra, file = "II";
        put(file, 42, 2);
        put(file, 8, 4);
        put(file, entries, 2);
        std::uint32_t extra_size = 0;
        for (const auto& e : list_)
            extra_size +=
                e.bytes.size() > 4 ? static_cast<std::uint32_t>((e.bytes.size() + 1) & ~1u) : 0;
        for (const auto& e : list_) {
            put(file, e.tag, 2);
            put(file, e.kind, 2);
            put(file, e.count, 4);
            if (e.tag == strip_tag) {
                put(file, extra_at + extra_size, 4);
            } else if (e.bytes.size() <= 4) {
                file += e.bytes + std::string(4 - e.bytes.size(), '\0');
            } else {
                put(file, extra_at + static_cast<std::uint32_t>(extra.size()), 4);
                extra += e.bytes;
                if (extra.size() & 1)
                    extra += '\0';
            }
        }
        put(file, 0, 4);
        return file + extra;
    }

  private:
    struct entry {
        std::uint32_t tag, kind, count;
        std::string bytes;
    };
    void add(std::uint32_t tag, type t, std::uint32_t count, std::string bytes) {
        list_.push_back({tag, t, count, std::move(bytes)});
    }
    std::vector<entry> list_;
};

std::string with_samples(std::string file, const plane<std::uint16_t>& image) {
    file.reserve(file.size() + std::size_t{image.width()} * image.height() * 2);
    for (std::uint32_t y = 0; y < image.height(); ++y)
        for (std::uint32_t x = 0; x < image.width(); ++x)
            put(file, image.row(y)[x], 2);
    return file;
}

}  // namespace

std::string encode_dng(const plane<std::uint16_t>& mosaic, const dng_description& d) {
    // XYZ under D65 to linear sRGB, IEC 61966-2-1.
    static const double srgb_from_xyz[3][3] = {{3.2404542, -1.5371385, -0.4985314},
                                               {-0.9692660, 1.8760108, 0.0415560},
                                               {0.0556434, -0.2040259, 1.0572252}};
    std::vector<double> matrix;
    for (unsigned i = 0; i < 3; ++i)
        for (unsigned j = 0; j < 3; ++j) {
            double sum = 0;
            for (unsigned k = 0; k < 3; ++k)
                sum += d.raw_from_srgb[i][k] * srgb_from_xyz[k][j];
            matrix.push_back(sum);
        }
    const std::uint32_t width = mosaic.width(), height = mosaic.height();
    directory f;  // tags ascend
    f.numbers(254, directory::long_, {0});
    f.numbers(256, directory::long_, {width});
    f.numbers(257, directory::long_, {height});
    f.numbers(258, directory::short_, {16});
    f.numbers(259, directory::short_, {1});      // not compressed
    f.numbers(262, directory::short_, {32803});  // colour filter array
    f.text(271, "Ocellus");
    f.text(272, "simulated sensor");
    f.numbers(273, directory::long_, {0});
    f.numbers(274, directory::short_, {1});
    f.numbers(277, directory::short_, {1});
    f.numbers(278, directory::long_, {height});
    f.numbers(279, directory::long_, {width * height * 2});
    f.numbers(284, directory::short_, {1});
    f.numbers(33421, directory::short_, {2, 2});
    static const unsigned orders[4][4] = {{0, 1, 1, 2}, {1, 0, 2, 1}, {1, 2, 0, 1}, {2, 1, 1, 0}};
    const auto& order = orders[d.flips & 3u];
    f.numbers(33422, directory::byte, {order[0], order[1], order[2], order[3]});
    f.numbers(50706, directory::byte, {1, 4, 0, 0});
    f.numbers(50707, directory::byte, {1, 1, 0, 0});
    f.text(50708, "Ocellus simulated sensor");
    f.numbers(50714, directory::long_, {d.black});
    f.numbers(50717, directory::long_, {d.white});
    f.fractions(50721, directory::signed_rational, matrix);
    f.fractions(50728, directory::rational, {d.neutral[0], d.neutral[1], d.neutral[2]});
    f.numbers(50778, directory::short_, {21});  // D65
    return with_samples(f.finish(273), mosaic);
}

std::string encode_tiff_gray16(const plane<std::uint16_t>& image) {
    const std::uint32_t width = image.width(), height = image.height();
    directory f;  // tags ascend
    f.numbers(254, directory::long_, {0});
    f.numbers(256, directory::long_, {width});
    f.numbers(257, directory::long_, {height});
    f.numbers(258, directory::short_, {16});
    f.numbers(259, directory::short_, {1});  // not compressed
    f.numbers(262, directory::short_, {1});  // 0 is black
    f.numbers(273, directory::long_, {0});
    f.numbers(277, directory::short_, {1});
    f.numbers(278, directory::long_, {height});
    f.numbers(279, directory::long_, {width * height * 2});
    f.fractions(282, directory::rational, {1});
    f.fractions(283, directory::rational, {1});
    f.numbers(296, directory::short_, {1});  // pixels have no size
    return with_samples(f.finish(273), image);
}

}  // namespace ocellus
