// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/picture.h"

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfOutputFile.h>
#include <tiffio.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "core/dng.h"
#include "core/files.h"
#include "core/image_io.h"
#include "tests/core/temporary_folder.h"
// After <cstdio>, which these two expect.
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

using namespace ocellus;

namespace {

std::string complaint(const std::string& path) {
    try {
        load_picture(path);
    } catch (const input_error& e) {
        CHECK(e.code() == exit_code::usage);
        return e.what();
    }
    return {};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Cuts a file to a part of its length.
std::string cut(const std::string& path, double part) {
    std::string bytes = read_file(path);
    bytes.resize(static_cast<std::size_t>(static_cast<double>(bytes.size()) * part));
    const std::string to = path + ".cut";
    std::ofstream(to, std::ios::binary) << bytes;
    return to;
}

template <class T>
T at(const picture& p, unsigned x, unsigned y, unsigned c) {
    T v;
    std::memcpy(&v, p.row(y) + (std::size_t{x} * 3 + c) * sizeof v, sizeof v);
    return v;
}

/// A channel of an OpenEXR file made by the library itself; `value(x, y, channel)`.
void write_exr(const std::string& path, int width, int height,
               const std::vector<std::string>& names, bool halves,
               const std::function<float(int, int, int)>& value) {
    Imf::Header header(width, height);
    for (const auto& n : names)
        header.channels().insert(n, Imf::Channel(halves ? Imf::HALF : Imf::FLOAT));
    std::vector<std::vector<float>> real(names.size());
    std::vector<std::vector<Imath::half>> half(names.size());
    Imf::FrameBuffer buffer;
    for (std::size_t c = 0; c < names.size(); ++c) {
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                real[c].push_back(value(x, y, static_cast<int>(c)));
                half[c].emplace_back(real[c].back());
            }
        const auto w = static_cast<std::size_t>(width);
        if (halves)
            buffer.insert(names[c],
                          Imf::Slice(Imf::HALF, reinterpret_cast<char*>(half[c].data()), 2, 2 * w));
        else
            buffer.insert(names[c], Imf::Slice(Imf::FLOAT, reinterpret_cast<char*>(real[c].data()),
                                               4, 4 * w));
    }
    Imf::OutputFile file(path.c_str(), header);
    file.setFrameBuffer(buffer);
    file.writePixels(height);
}

struct tiff_kind {
    unsigned width = 5, height = 4;
    std::uint16_t bits = 8, samples = 3, photometric = PHOTOMETRIC_RGB, format = SAMPLEFORMAT_UINT,
                  compression = COMPRESSION_NONE, planar = PLANARCONFIG_CONTIG;
    int extra = -1;
    bool tiled = false;
    const std::vector<std::uint16_t>* palette = nullptr;
};

template <class T>
void write_tiff(const std::string& path, const tiff_kind& k,
                const std::function<T(unsigned, unsigned, unsigned)>& value) {
    TIFF* t = TIFFOpen(path.c_str(), "w");
    REQUIRE(t);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, k.width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, k.height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, k.bits);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, k.samples);
    TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, k.format);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, k.photometric);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, k.planar);
    TIFFSetField(t, TIFFTAG_COMPRESSION, k.compression);
    if (k.extra >= 0) {
        auto kind = static_cast<std::uint16_t>(k.extra);
        TIFFSetField(t, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
    if (k.palette)
        TIFFSetField(t, TIFFTAG_COLORMAP, k.palette->data(), k.palette->data() + 256,
                     k.palette->data() + 512);
    const bool separate = k.planar == PLANARCONFIG_SEPARATE;
    const unsigned planes = separate ? k.samples : 1u, per = separate ? 1u : k.samples;
    if (k.tiled) {
        TIFFSetField(t, TIFFTAG_TILEWIDTH, 16);
        TIFFSetField(t, TIFFTAG_TILELENGTH, 16);
        std::vector<T> tile(16 * 16 * per);
        for (unsigned s = 0; s < planes; ++s)
            for (unsigned y = 0; y < k.height; y += 16)
                for (unsigned x = 0; x < k.width; x += 16) {
                    for (unsigned i = 0; i < 256 * per; ++i)
                        tile[i] = value(x + i / per % 16, y + i / per / 16, separate ? s : i % per);
                    TIFFWriteTile(t, tile.data(), x, y, 0, static_cast<std::uint16_t>(s));
                }
    } else {
        std::vector<T> row(k.width * per);
        for (unsigned s = 0; s < planes; ++s)
            for (unsigned y = 0; y < k.height; ++y) {
                for (unsigned i = 0; i < k.width * per; ++i)
                    row[i] = value(i / per, y, separate ? s : i % per);
                TIFFWriteScanline(t, row.data(), y, static_cast<std::uint16_t>(s));
            }
    }
    TIFFClose(t);
}

}  // namespace

TEST_CASE("a PNG of 16 bits keeps every code value, with alpha on white") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/deep.png";
    plane<std::uint16_t> grey(300, 7);
    for (unsigned y = 0; y < 7; ++y)
        for (unsigned x = 0; x < 300; ++x)
            grey.row(y)[x] = static_cast<std::uint16_t>(x * 211 + y * 17);
    std::ofstream(path, std::ios::binary) << encode_png_gray16(grey);
    const picture p = load_picture(path);
    REQUIRE(p.type == sample_type::u16);
    REQUIRE(p.width == 300);
    CHECK(p.coding == sample_coding::srgb);
    for (unsigned x = 0; x < 300; ++x)
        for (unsigned c = 0; c < 3; ++c)
            CHECK(at<std::uint16_t>(p, x, 6, c) == grey.row(6)[x]);
    CHECK(load_picture(path, picture_transfer::linear).coding == sample_coding::linear);
    // The same samples as 100 pixels of three colours.
    std::ofstream(path, std::ios::binary) << encode_png_rgb16(grey);
    const picture colour = load_picture(path);
    REQUIRE(colour.type == sample_type::u16);
    REQUIRE(colour.width == 100);
    REQUIRE(colour.height == 7);
    for (unsigned x = 0; x < 100; ++x)
        for (unsigned c = 0; c < 3; ++c)
            CHECK(at<std::uint16_t>(colour, x, 5, c) == grey.row(5)[3 * x + c]);

    // 16 bits with alpha, by libpng's simplified way of writing: linear and premultiplied there, so
    // only fully opaque and fully clear pixels are plain.
    const std::string clear = folder.path().string() + "/clear.png";
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = 2;
    image.height = 1;
    image.format = PNG_FORMAT_RGBA;
    const std::uint8_t pixels[8] = {10, 20, 30, 255, 200, 100, 50, 128};
    REQUIRE(png_image_write_to_file(&image, clear.c_str(), 0, pixels, 0, nullptr));
    const picture a = load_picture(clear);
    CHECK(a.type == sample_type::u8);
    CHECK(at<std::uint8_t>(a, 0, 0, 1) == 20);
    CHECK(at<std::uint8_t>(a, 1, 0, 0) == (200 * 128 + 255 * 127 + 127) / 255);
}

namespace {

/// 16 x 16 of one grey.
void write_grey_jpeg(const std::string& path) {
    jpeg_compress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    std::FILE* file = std::fopen(path.c_str(), "wb");
    REQUIRE(file);
    jpeg_stdio_dest(&info, file);
    info.image_width = info.image_height = 16;
    info.input_components = 1;
    info.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_start_compress(&info, TRUE);
    std::vector<std::uint8_t> row(16, 90);
    while (info.next_scanline < info.image_height) {
        std::uint8_t* rows = row.data();
        jpeg_write_scanlines(&info, &rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    std::fclose(file);
}

}  // namespace

TEST_CASE("a grey JPEG has three equal colours") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/grey.jpg";
    write_grey_jpeg(path);
    const picture p = load_picture(path);
    REQUIRE(p.width == 16);
    for (unsigned c = 0; c < 3; ++c)
        CHECK(std::abs(at<std::uint8_t>(p, 8, 8, c) - 90) <= 1);
}

TEST_CASE("a CMYK JPEG becomes the light that its inks leave") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/inks.jpg";
    jpeg_compress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    std::FILE* file = std::fopen(path.c_str(), "wb");
    REQUIRE(file);
    jpeg_stdio_dest(&info, file);
    info.image_width = 16;
    info.image_height = 16;
    info.input_components = 4;
    info.in_color_space = JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 100, TRUE);
    jpeg_start_compress(&info, TRUE);
    std::vector<std::uint8_t> row;
    for (int x = 0; x < 16; ++x)  // Adobe's way: how much light is left
        row.insert(row.end(), {200, 100, 50, 128});
    while (info.next_scanline < info.image_height) {
        std::uint8_t* rows = row.data();
        jpeg_write_scanlines(&info, &rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    std::fclose(file);
    const picture p = load_picture(path);
    REQUIRE(p.width == 16);
    const int want[3] = {200 * 128 / 255, 100 * 128 / 255, 50 * 128 / 255};
    for (unsigned c = 0; c < 3; ++c)
        CHECK(std::abs(at<std::uint8_t>(p, 8, 8, c) - want[c]) <= 2);
    CHECK(contains(complaint(cut(path, 0.6)), "the JPEG file is"));
}

TEST_CASE("TIFF of 8, 16 and 32 bits, in strips and tiles, packed or not") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/a.tif";
    tiff_kind k;
    k.compression = GENERATE(COMPRESSION_NONE, COMPRESSION_LZW);
    k.planar = GENERATE(PLANARCONFIG_CONTIG, PLANARCONFIG_SEPARATE);
    k.tiled = GENERATE(false, true);
    k.width = 37;
    k.height = 21;
    SECTION("8") {
        write_tiff<std::uint8_t>(path, k, [](unsigned x, unsigned y, unsigned c) {
            return static_cast<std::uint8_t>(x * 5 + y * 3 + c * 40);
        });
        const picture p = load_picture(path);
        REQUIRE(p.type == sample_type::u8);
        for (unsigned x = 0; x < 37; ++x)
            CHECK(at<std::uint8_t>(p, x, 20, 2) == static_cast<std::uint8_t>(x * 5 + 60 + 80));
    }
    SECTION("16") {
        k.bits = 16;
        write_tiff<std::uint16_t>(path, k, [](unsigned x, unsigned y, unsigned c) {
            return static_cast<std::uint16_t>(x * 1500 + y * 30 + c);
        });
        const picture p = load_picture(path);
        REQUIRE(p.type == sample_type::u16);
        for (unsigned x = 0; x < 37; ++x)
            CHECK(at<std::uint16_t>(p, x, 13, 1) == x * 1500 + 13 * 30 + 1);
    }
    SECTION("floating point is linear, however bright") {
        k.bits = 32;
        k.format = SAMPLEFORMAT_IEEEFP;
        write_tiff<float>(path, k, [](unsigned x, unsigned y, unsigned c) {
            return static_cast<float>(x) * 0.37f + static_cast<float>(y + c) * 1e-4f;
        });
        const picture p = load_picture(path);
        REQUIRE(p.type == sample_type::real);
        CHECK(p.coding == sample_coding::linear);
        CHECK(p.peak == 36 * 0.37f + 22 * 1e-4f);
        for (unsigned x = 0; x < 37; ++x)
            CHECK(at<float>(p, x, 4, 2) == static_cast<float>(x) * 0.37f + 6 * 1e-4f);
    }
}

TEST_CASE("grey, palette, CMYK, alpha and inverted TIFF are converted") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/a.tif";
    tiff_kind k;
    SECTION("grey, white is 0") {
        k.samples = 1;
        k.photometric = PHOTOMETRIC_MINISWHITE;
        write_tiff<std::uint8_t>(path, k,
                                 [](unsigned x, unsigned, unsigned) { return x * 10 & 0xff; });
        const picture p = load_picture(path);
        CHECK(at<std::uint8_t>(p, 3, 1, 0) == 225);
        CHECK(at<std::uint8_t>(p, 3, 1, 2) == 225);
    }
    SECTION("palette") {
        k.samples = 1;
        k.photometric = PHOTOMETRIC_PALETTE;
        std::vector<std::uint16_t> palette(768);
        for (unsigned i = 0; i < 768; ++i)
            palette[i] = static_cast<std::uint16_t>(i * 85);
        k.palette = &palette;
        write_tiff<std::uint8_t>(path, k, [](unsigned x, unsigned y, unsigned) {
            return static_cast<std::uint8_t>(x + 9 * y);
        });
        const picture p = load_picture(path);
        REQUIRE(p.type == sample_type::u16);
        for (unsigned c = 0; c < 3; ++c)
            CHECK(at<std::uint16_t>(p, 4, 3, c) == palette[256 * c + 31]);
    }
    SECTION("CMYK") {
        k.samples = 4;
        k.photometric = PHOTOMETRIC_SEPARATED;
        write_tiff<std::uint8_t>(path, k, [](unsigned, unsigned, unsigned c) {
            return static_cast<std::uint8_t>(c == 3 ? 51 : 50 * c);
        });
        const picture p = load_picture(path);
        for (unsigned c = 0; c < 3; ++c)
            CHECK(at<std::uint8_t>(p, 0, 0, c) ==
                  static_cast<int>((255 - 50.0 * c) * (255 - 51) / 255 + 0.5));
    }
    SECTION("alpha on white") {
        k.samples = 4;
        k.bits = 16;
        const bool associated = GENERATE(false, true);
        k.extra = associated ? EXTRASAMPLE_ASSOCALPHA : EXTRASAMPLE_UNASSALPHA;
        write_tiff<std::uint16_t>(path, k, [](unsigned, unsigned, unsigned c) {
            return static_cast<std::uint16_t>(c == 3 ? 13107 : 10000);  // a fifth
        });
        const picture p = load_picture(path);
        CHECK(at<std::uint16_t>(p, 1, 1, 1) == 65535 - 13107 + (associated ? 10000 : 2000));
    }
    SECTION("floating point over black") {
        k.samples = 4;
        k.bits = 32;
        k.format = SAMPLEFORMAT_IEEEFP;
        k.extra = EXTRASAMPLE_UNASSALPHA;
        write_tiff<float>(path, k,
                          [](unsigned, unsigned, unsigned c) { return c == 3 ? 0.25f : 3.0f; });
        CHECK(at<float>(load_picture(path), 1, 1, 1) == 0.75f);
    }
    SECTION("one bit") {
        k.samples = 1;
        k.bits = 1;
        k.width = 8;
        k.photometric = PHOTOMETRIC_MINISBLACK;
        write_tiff<std::uint8_t>(path, k,
                                 [](unsigned, unsigned, unsigned) { return std::uint8_t{0xa5}; });
        const picture p = load_picture(path);
        CHECK(at<std::uint8_t>(p, 0, 0, 0) == 255);
        CHECK(at<std::uint8_t>(p, 1, 0, 0) == 0);
    }
}

TEST_CASE("OpenEXR of half and float, colour and grey") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/a.exr";
    const bool halves = GENERATE(true, false);
    const auto value = [](int x, int y, int c) {
        return static_cast<float>(x) * 0.5f + static_cast<float>(y) * 4.0f +
               static_cast<float>(c) * 64.0f;
    };
    write_exr(path, 31, 9, {"R", "G", "B", "A"}, halves, value);
    const picture p = load_picture(path);
    REQUIRE(p.width == 31);
    REQUIRE(p.height == 9);
    CHECK(p.coding == sample_coding::linear);
    CHECK(p.type == (halves ? sample_type::half : sample_type::real));
    CHECK(p.peak == value(30, 8, 2));
    for (unsigned x = 0; x < 31; ++x)
        for (unsigned c = 0; c < 3; ++c) {
            const float want = value(static_cast<int>(x), 5, static_cast<int>(c));
            if (halves)
                CHECK(at<std::uint16_t>(p, x, 5, c) == Imath::half(want).bits());
            else
                CHECK(at<float>(p, x, 5, c) == want);
        }
    write_exr(path, 31, 9, {"Y"}, halves, value);
    const picture grey = load_picture(path);
    if (!halves)
        CHECK(at<float>(grey, 7, 3, 2) == value(7, 3, 0));
    write_exr(path, 31, 9, {"R", "G", "depth"}, halves, value);
    CHECK(contains(complaint(path), "has no channel B (it has G, R, depth)"));
}

TEST_CASE("light that cannot be is an error with file and pixel") {
    const temporary_folder folder;
    const float bad = GENERATE(std::numeric_limits<float>::quiet_NaN(),
                               std::numeric_limits<float>::infinity(), -0.5f);
    const std::string what = std::isnan(bad) ? "NaN" : std::isinf(bad) ? "infinity" : "-0.5";
    const auto value = [bad](int x, int y, int c) {
        return x == 6 && y == 2 && c == 1 ? bad : 1.0f;
    };
    const std::string exr = folder.path().string() + "/bad.exr";
    write_exr(exr, 9, 5, {"R", "G", "B"}, GENERATE(true, false), value);
    CHECK(contains(complaint(exr), exr + ": pixel (6, 2), green, has the light " + what));
    const std::string tif = folder.path().string() + "/bad.tif";
    tiff_kind k;
    k.width = 9;
    k.height = 5;
    k.bits = 32;
    k.format = SAMPLEFORMAT_IEEEFP;
    write_tiff<float>(tif, k, [&](unsigned x, unsigned y, unsigned c) {
        return value(static_cast<int>(x), static_cast<int>(y), static_cast<int>(c));
    });
    CHECK(contains(complaint(tif), tif + ": pixel (6, 2), green, has the light " + what));
}

TEST_CASE("pictures without pixels are refused by name") {
    const temporary_folder folder;
    const std::string at = folder.path().string() + "/";
    plane<std::uint16_t> grey(64, 64);
    for (unsigned y = 0; y < 64; ++y)
        std::fill_n(grey.row(y), 64, std::uint16_t{9000});
    // What stands in front of a number in the file, and the bytes that make it zero.
    const auto changed = [&](const std::string& name, std::string bytes, const std::string& before,
                             std::size_t skip, const std::string& zero) {
        const std::size_t found = bytes.find(before);
        REQUIRE(found != std::string::npos);
        bytes.replace(found + before.size() + skip, zero.size(), zero);
        std::ofstream(at + name, std::ios::binary) << bytes;
        INFO(name << ": " << complaint(at + name));
        CHECK(contains(complaint(at + name), at + name));
    };
    const std::string none(4, '\0');
    // SOF0 is followed by its length, the depth, the height and the width. A height of 0 would have
    // to be told by a DNL marker, which no reader here knows.
    write_grey_jpeg(at + "full.jpg");
    const std::string jpeg = read_file(at + "full.jpg"), sof("\xff\xc0\0\x0b\x08", 5);
    changed("height.jpg", jpeg, sof, 0, std::string(2, '\0'));
    changed("width.jpg", jpeg, sof, 2, std::string(2, '\0'));
    // The checksum that libpng wants is that of the changed header.
    std::string png = encode_png_gray16(grey);
    png.replace(16, 4, none);
    uLong sum = crc32(0, reinterpret_cast<const Bytef*>(png.data()) + 12, 17);
    for (unsigned i = 0; i < 4; ++i)
        png[29 + i] = static_cast<char>(sum >> (24 - 8 * i));
    changed("a.png", png, "IHDR", 0, none);
    tiff_kind k;
    k.width = k.height = 64;
    write_tiff<std::uint8_t>(at + "full.tif", k,
                             [](unsigned, unsigned, unsigned) { return std::uint8_t{9}; });
    for (const char tag : {'\0', '\1'}) {
        const std::string name = std::string("tag") + char('0' + tag);
        changed(name + ".tif", read_file(at + "full.tif"), {tag, '\1', '\3', '\0', '\1', '\0'}, 2,
                none);
        changed(name + ".dng", encode_dng(grey, {}), {tag, '\1', '\4', '\0', '\1', '\0'}, 2, none);
    }
    write_exr(at + "full.exr", 64, 64, {"R", "G", "B"}, true, [](int, int, int) { return 1.0f; });
    changed("a.exr", read_file(at + "full.exr"), std::string("dataWindow\0box2i\0", 17), 12,
            std::string(4, '\xff'));
}

TEST_CASE("truncated and damaged pictures of every kind are refused by name") {
    const temporary_folder folder;
    const std::string exr = folder.path().string() + "/a.exr",
                      tif = folder.path().string() + "/a.tif",
                      png = folder.path().string() + "/a.png",
                      dng = folder.path().string() + "/a.dng";
    write_exr(exr, 64, 64, {"R", "G", "B"}, true,
              [](int x, int y, int) { return static_cast<float>((x * 37 + y * 91) % 101); });
    tiff_kind k;
    k.width = k.height = 64;
    write_tiff<std::uint8_t>(
        tif, k, [](unsigned x, unsigned y, unsigned) { return static_cast<std::uint8_t>(x * y); });
    plane<std::uint16_t> grey(64, 64);
    for (unsigned y = 0; y < 64; ++y)
        for (unsigned x = 0; x < 64; ++x)
            grey.row(y)[x] = static_cast<std::uint16_t>(x * y * 16);
    std::ofstream(png, std::ios::binary) << encode_png_gray16(grey);
    for (const auto& path : {exr, tif, png}) {
        REQUIRE(complaint(path).empty());
        for (const double part : {0.05, 0.3, 0.6, 0.9}) {
            const std::string short_one = cut(path, part);
            INFO(path << " " << part);
            CHECK(contains(complaint(short_one), short_one));
            CHECK(contains(complaint(short_one), "truncated"));
        }
    }
    dng_description d;
    std::ofstream(dng, std::ios::binary) << encode_dng(grey, d);
    REQUIRE(complaint(dng).empty());
    for (const double part : {0.3, 0.9})
        CHECK(contains(complaint(cut(dng, part)), ".dng.cut: the "));
    const std::string nothing = folder.path().string() + "/empty.exr",
                      text = folder.path().string() + "/text.png";
    std::ofstream(nothing, std::ios::binary) << "";
    std::ofstream(text, std::ios::binary) << "this is no picture";
    CHECK(contains(complaint(nothing), "the file is empty"));
    CHECK(contains(complaint(text), "neither a PNG, JPEG, TIFF or OpenEXR file nor a RAW file"));
    CHECK(contains(complaint(folder.path().string() + "/nowhere.tif"), "nowhere.tif"));
}

TEST_CASE("a DNG becomes light: black level off, white balance on, 1 at saturation") {
    const temporary_folder folder;
    const std::string path = folder.path().string() + "/flat.dng";
    // A grey surface through filters of different sensitivity, 0.4 of saturation in green.
    dng_description d;
    d.black = 256;
    d.white = 4095;
    d.neutral = {0.5, 1, 0.625};
    for (unsigned c = 0; c < 3; ++c)
        d.raw_from_srgb[c][c] = d.neutral[c];
    plane<std::uint16_t> mosaic(64, 48);
    for (unsigned y = 0; y < 48; ++y)
        for (unsigned x = 0; x < 64; ++x) {
            const unsigned c = y % 2 == 0 ? x % 2 : 1 + x % 2;
            mosaic.row(y)[x] =
                static_cast<std::uint16_t>(256.5 + 0.4 * d.neutral[c] * (4095 - 256));
        }
    std::ofstream(path, std::ios::binary) << encode_dng(mosaic, d);
    const picture p = load_picture(path);
    REQUIRE(p.type == sample_type::u16);
    CHECK(p.coding == sample_coding::linear);
    REQUIRE(p.width == 64);
    for (unsigned c = 0; c < 3; ++c)
        CHECK(at<std::uint16_t>(p, 30, 20, c) / 65535.0 == Approx(0.4).epsilon(0.004));
}
