// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "core/image_io.h"
#include "core/picture_formats.h"

namespace ocellus::picture_formats {
namespace {

/// A file in memory, and what the library complained about first.
struct memory_file {
    const std::uint8_t* bytes;
    std::uint64_t size;
    std::uint64_t at = 0;
    std::string complaint;

    static memory_file& of(thandle_t h) { return *static_cast<memory_file*>(h); }
    static tmsize_t read(thandle_t h, void* out, tmsize_t length) {
        memory_file& f = of(h);
        const std::uint64_t left = f.at < f.size ? f.size - f.at : 0;
        const std::uint64_t n = std::min<std::uint64_t>(left, static_cast<std::uint64_t>(length));
        std::memcpy(out, f.bytes + f.at, n);
        f.at += n;
        return static_cast<tmsize_t>(n);
    }
    static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
    static toff_t seek(thandle_t h, toff_t offset, int whence) {
        memory_file& f = of(h);
        f.at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? f.at + offset : f.size + offset;
        return f.at;
    }
    static int close(thandle_t) { return 0; }
    static toff_t length(thandle_t h) { return of(h).size; }
    static int complain(TIFF*, void* self, const char*, const char* format, va_list arguments) {
        auto& f = *static_cast<memory_file*>(self);
        char text[256];
        std::vsnprintf(text, sizeof text, format, arguments);
        if (f.complaint.empty())
            f.complaint = text;
        return 1;  // nothing is printed
    }
    static int ignore(TIFF*, void*, const char*, const char*, va_list) { return 1; }
};

using tiff_handle = std::unique_ptr<TIFF, void (*)(TIFF*)>;

tiff_handle open(memory_file& f, const std::string& name) {
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> how(TIFFOpenOptionsAlloc(),
                                                                           TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(how.get(), memory_file::complain, &f);
    TIFFOpenOptionsSetWarningHandlerExtR(how.get(), memory_file::ignore, nullptr);
    constexpr tmsize_t most = tmsize_t{1} << 31;
    TIFFOpenOptionsSetMaxSingleMemAlloc(how.get(), most);
    return tiff_handle(TIFFClientOpenExt(name.c_str(), "rm", &f, memory_file::read,
                                         memory_file::write, memory_file::seek, memory_file::close,
                                         memory_file::length, nullptr, nullptr, how.get()),
                       [](TIFF* t) {
                           if (t)
                               TIFFClose(t);
                       });
}

struct layout {
    std::uint32_t width = 0, height = 0;
    std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, photometric = 0, planar = 1;
    bool tiled = false;
    int alpha = 0;  ///< 0 none, 1 associated, 2 unassociated
};

layout layout_of(TIFF* t) {
    layout l;
    TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &l.width);
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &l.height);
    TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &l.bits);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &l.samples);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &l.format);
    TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &l.planar);
    if (!TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &l.photometric))
        l.photometric = l.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    l.tiled = TIFFIsTiled(t);
    std::uint16_t count = 0;
    std::uint16_t* kinds = nullptr;
    if (TIFFGetField(t, TIFFTAG_EXTRASAMPLES, &count, &kinds) && count > 0)
        l.alpha = kinds[0] == EXTRASAMPLE_ASSOCALPHA   ? 1
                  : kinds[0] == EXTRASAMPLE_UNASSALPHA ? 2
                                                       : 0;
    return l;
}

/// One sample as floating point: integers as 0 .. 1.
double sample_at(const std::uint8_t* p, const layout& l) {
    if (l.format == SAMPLEFORMAT_IEEEFP) {
        if (l.bits == 64) {
            double v = 0;
            std::memcpy(&v, p, 8);
            return v;
        }
        if (l.bits == 32) {
            float v = 0;
            std::memcpy(&v, p, 4);
            return static_cast<double>(v);
        }
        std::uint16_t h = 0;
        std::memcpy(&h, p, 2);
        const int exponent = h >> 10 & 31;
        const double fraction = (h & 1023) / 1024.0;
        double v = exponent == 31 ? (h & 1023 ? NAN : INFINITY)
                   : exponent     ? std::ldexp(1 + fraction, exponent - 15)
                                  : std::ldexp(fraction, -14);
        return h & 0x8000 ? -v : v;
    }
    if (l.bits == 8)
        return *p / 255.0;
    if (l.bits == 16) {
        std::uint16_t v = 0;
        std::memcpy(&v, p, 2);
        return v / 65535.0;
    }
    std::uint32_t v = 0;
    std::memcpy(&v, p, 4);
    return v / 4294967295.0;
}

/// Calls take(y, x, bytes of a row of samples, count of pixels, plane) for all strips or tiles.
template <class Take>
bool read_all(TIFF* t, const layout& l, Take take) {
    const bool separate = l.planar == PLANARCONFIG_SEPARATE && l.samples > 1;
    const std::size_t pixel = std::size_t{l.bits} / 8 * (separate ? 1 : l.samples);
    const unsigned planes = separate ? l.samples : 1;
    if (l.tiled) {
        std::uint32_t tw = 0, th = 0;
        TIFFGetField(t, TIFFTAG_TILEWIDTH, &tw);
        TIFFGetField(t, TIFFTAG_TILELENGTH, &th);
        const auto size = static_cast<std::size_t>(TIFFTileSize(t));
        if (tw == 0 || th == 0 || size < pixel * tw * th || size > (std::size_t{1} << 31))
            return false;
        std::vector<std::uint8_t> tile(size);
        for (unsigned s = 0; s < planes; ++s)
            for (std::uint32_t y = 0; y < l.height; y += th)
                for (std::uint32_t x = 0; x < l.width; x += tw) {
                    if (TIFFReadTile(t, tile.data(), x, y, 0, static_cast<std::uint16_t>(s)) < 0)
                        return false;
                    for (std::uint32_t i = 0; i < th && y + i < l.height; ++i)
                        take(y + i, x, tile.data() + i * pixel * tw, std::min(tw, l.width - x), s);
                }
        return true;
    }
    const auto size = static_cast<std::size_t>(TIFFScanlineSize(t));
    if (size < pixel * l.width)
        return false;
    std::vector<std::uint8_t> line(size);
    for (unsigned s = 0; s < planes; ++s)
        for (std::uint32_t y = 0; y < l.height; ++y) {
            if (TIFFReadScanline(t, line.data(), y, static_cast<std::uint16_t>(s)) < 0)
                return false;
            take(y, 0, line.data(), l.width, s);
        }
    return true;
}

/// Whatever the library itself turns into 8-bit colours: YCbCr, Lab, fewer than 8 bits.
picture read_by_library(TIFF* t, const layout& l, const memory_file& f, const std::string& name) {
    std::vector<std::uint32_t> rgba(std::size_t{l.width} * l.height);
    if (!TIFFReadRGBAImageOriented(t, l.width, l.height, rgba.data(), ORIENTATION_TOPLEFT, 1))
        refuse(name, fmt::format("the TIFF file is damaged, truncated or of an unknown kind ({})",
                                 f.complaint));
    picture p(l.width, l.height, sample_type::u8, sample_coding::srgb);
    for (std::size_t i = 0; i < rgba.size(); ++i) {
        // The library has multiplied the colours by alpha.
        const unsigned white = 255 - TIFFGetA(rgba[i]);
        p.data[3 * i] =
            static_cast<std::uint8_t>(std::min<unsigned>(255, TIFFGetR(rgba[i]) + white));
        p.data[3 * i + 1] =
            static_cast<std::uint8_t>(std::min<unsigned>(255, TIFFGetG(rgba[i]) + white));
        p.data[3 * i + 2] =
            static_cast<std::uint8_t>(std::min<unsigned>(255, TIFFGetB(rgba[i]) + white));
    }
    return p;
}

}  // namespace

bool tiff_of_camera(const std::uint8_t* bytes, std::size_t size) {
    memory_file f{bytes, size, 0, {}};
    const tiff_handle t = open(f, "picture");
    if (!t)
        return false;
    const char* make = nullptr;
    std::uint16_t photometric = 0;
    return TIFFGetField(t.get(), TIFFTAG_DNGVERSION, &make) ||
           (TIFFGetField(t.get(), TIFFTAG_MAKE, &make) && make && *make) ||
           (TIFFGetField(t.get(), TIFFTAG_PHOTOMETRIC, &photometric) &&
            photometric == PHOTOMETRIC_CFA);
}

picture decode_tiff(const std::uint8_t* bytes, std::size_t size, const std::string& name) {
    memory_file f{bytes, size, 0, {}};
    const tiff_handle t = open(f, name);
    const auto damaged = [&] {
        refuse(name, fmt::format("the TIFF file is damaged or truncated ({})",
                                 f.complaint.empty() ? "unexpected layout" : f.complaint));
    };
    if (!t)
        damaged();
    const layout l = layout_of(t.get());
    check_size(l.width, l.height, name);
    const bool real = l.format == SAMPLEFORMAT_IEEEFP;
    const bool integer = l.format == SAMPLEFORMAT_UINT || l.format == SAMPLEFORMAT_VOID;
    const bool grey =
        l.photometric == PHOTOMETRIC_MINISBLACK || l.photometric == PHOTOMETRIC_MINISWHITE;
    const bool palette = l.photometric == PHOTOMETRIC_PALETTE && integer && l.bits <= 16;
    const bool inks = l.photometric == PHOTOMETRIC_SEPARATED && l.samples >= 4;
    const bool rgb = l.photometric == PHOTOMETRIC_RGB && l.samples >= 3;
    const bool known_depth = (integer && (l.bits == 8 || l.bits == 16 || l.bits == 32)) ||
                             (real && (l.bits == 16 || l.bits == 32 || l.bits == 64));
    if (!integer && !real)
        refuse(name, fmt::format("the TIFF file has samples of format {}; unsigned integers or "
                                 "floating point are expected",
                                 l.format));
    if (!known_depth || !(grey || palette || inks || rgb)) {
        if (real || l.bits > 8)
            refuse(name, fmt::format("the TIFF file has {} samples of {} bits with photometric "
                                     "interpretation {}; grey, RGB, palette or CMYK of 8, 16 or 32 "
                                     "bits is expected",
                                     l.samples, l.bits, l.photometric));
        return read_by_library(t.get(), l, f, name);
    }
    std::uint16_t* map[3] = {};
    if (palette && !TIFFGetField(t.get(), TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]))
        refuse(name, "the TIFF file has a palette picture without a palette");

    // Samples of one pixel, as floating point, are put together row by row: colours first.
    const unsigned colours = rgb ? 3 : inks ? 4 : 1;
    const unsigned wanted = colours + (l.alpha && l.samples > colours ? 1 : 0);
    const bool separate = l.planar == PLANARCONFIG_SEPARATE && l.samples > 1;
    const bool deep = l.bits > 8 || (palette && map[0]);
    picture p(l.width, l.height,
              real   ? sample_type::real
              : deep ? sample_type::u16
                     : sample_type::u8,
              real ? sample_coding::linear : sample_coding::srgb);
    std::vector<float> planes(separate ? std::size_t{l.width} * l.height * wanted : 0);
    const std::size_t bytes_per_sample = l.bits / 8u;

    const auto put = [&](std::uint32_t y, std::uint32_t x, const double* v) {
        double out[3];
        for (unsigned c = 0; c < 3; ++c) {
            if (palette) {
                const auto index = static_cast<std::size_t>(v[0] * ((1u << l.bits) - 1) + 0.5);
                out[c] = map[c][index] / 65535.0;
            } else if (inks) {
                out[c] = (1 - v[c]) * (1 - v[3]);
            } else {
                out[c] = rgb ? v[c] : v[0];
                if (l.photometric == PHOTOMETRIC_MINISWHITE)
                    out[c] = 1 - out[c];
            }
            // Floating point is light, and light that is not there is black.
            if (wanted > colours && l.alpha == 2)
                out[c] = out[c] * v[colours] + (real ? 0 : 1 - v[colours]);
            else if (wanted > colours && !real)
                out[c] += 1 - v[colours];
        }
        std::uint8_t* to = p.row(y) + std::size_t{x} * 3 * sample_size(p.type);
        static const char* const names[3] = {"red", "green", "blue"};
        for (unsigned c = 0; c < 3; ++c) {
            if (real) {
                const auto light = static_cast<float>(out[c]);
                check_light(light, x, y, rgb ? names[c] : "grey", name);
                p.peak = light > p.peak ? light : p.peak;
                std::memcpy(to + 4 * c, &light, 4);
                continue;
            }
            const double most = deep ? 65535 : 255;
            const auto code = static_cast<std::uint16_t>(std::clamp(out[c], 0.0, 1.0) * most + 0.5);
            if (deep)
                std::memcpy(to + 2 * c, &code, 2);
            else
                to[c] = static_cast<std::uint8_t>(code);
        }
    };
    if (real)
        p.peak = 0;
    const bool read =
        read_all(t.get(), l,
                 [&](std::uint32_t y, std::uint32_t x, const std::uint8_t* in, std::uint32_t count,
                     unsigned s) {
                     if (separate) {
                         for (std::uint32_t i = 0; s < wanted && i < count; ++i)
                             planes[(std::size_t{y} * l.width + x + i) * wanted + s] =
                                 static_cast<float>(sample_at(in + i * bytes_per_sample, l));
                         return;
                     }
                     double v[8] = {};
                     for (std::uint32_t i = 0; i < count; ++i, in += bytes_per_sample * l.samples) {
                         for (unsigned c = 0; c < wanted; ++c)
                             v[c] = sample_at(in + c * bytes_per_sample, l);
                         put(y, x + i, v);
                     }
                 });
    if (!read || !f.complaint.empty())
        damaged();
    for (std::size_t i = 0; i < planes.size(); i += wanted) {
        double v[8] = {};
        for (unsigned c = 0; c < wanted; ++c)
            v[c] = static_cast<double>(planes[i + c]);
        const std::size_t at = i / wanted;
        put(static_cast<std::uint32_t>(at / l.width), static_cast<std::uint32_t>(at % l.width), v);
    }
    return p;
}

}  // namespace ocellus::picture_formats
