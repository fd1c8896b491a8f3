// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/image_io.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "core/picture_formats.h"
// After <cstdio>, which these two expect.
#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

namespace ocellus {
namespace {

using picture_formats::check_size;
using picture_formats::refuse;

// Both libraries report errors by a function that must not return. It jumps back into the functions
// below, whose frames hold nothing with a destructor: everything they use is owned by their caller.

constexpr std::size_t message_size = 256;

bool little_endian() {
    const std::uint16_t one = 1;
    std::uint8_t first = 0;
    std::memcpy(&first, &one, 1);
    return first == 1;
}

/// RGBA to RGB on white, in code values.
template <class T>
void composite_on_white(const std::uint8_t* rgba, std::size_t pixels, std::uint8_t* rgb) {
    constexpr std::uint64_t most = static_cast<T>(~T{0});
    for (std::size_t i = 0; i < pixels; ++i) {
        T in[4], out[3];
        std::memcpy(in, rgba + i * sizeof in, sizeof in);
        const std::uint64_t alpha = in[3];
        for (int c = 0; c < 3; ++c)
            out[c] = static_cast<T>((in[c] * alpha + most * (most - alpha) + most / 2) / most);
        std::memcpy(rgb + i * sizeof out, out, sizeof out);
    }
}

struct png_reader {
    const std::uint8_t* bytes;
    std::size_t size;
    std::size_t position = 0;
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::jmp_buf failed;
    bool short_of_data = false;
    char message[message_size] = "";
};

void png_failed(png_structp png, png_const_charp message) {
    auto* r = static_cast<png_reader*>(png_get_error_ptr(png));
    std::snprintf(r->message, message_size, "%s", message);
    std::longjmp(r->failed, 1);
}

/// A complaint about the pixel data means a damaged or truncated picture; a complaint about a
/// colour profile or a text chunk does not touch the pixels.
void png_complains(png_structp png, png_const_charp message) {
    if (std::strstr(message, "IDAT") || std::strstr(message, "ot enough") ||
        std::strstr(message, "xtra compressed") || std::strstr(message, "runcated"))
        png_failed(png, message);
}

void png_read_bytes(png_structp png, png_bytep out, png_size_t length) {
    auto* r = static_cast<png_reader*>(png_get_io_ptr(png));
    if (length > r->size - r->position) {
        r->short_of_data = true;
        png_failed(png, "unexpected end of file");
    }
    std::memcpy(out, r->bytes + r->position, length);
    r->position += length;
}

/// Reads up to the header and asks for RGBA, of 16 bits in the machine's order when `deep` and the
/// file has them, else of 8.
bool png_open(png_reader* r, bool deep, std::uint32_t* width, std::uint32_t* height,
              bool* sixteen) {
    if (setjmp(r->failed))
        return false;
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, png_failed, png_complains);
    if (!r->png)
        return false;
    r->info = png_create_info_struct(r->png);
    if (!r->info)
        return false;
    png_set_read_fn(r->png, r, png_read_bytes);
    png_set_user_limits(r->png, 0x7fffffff, 0x7fffffff);
    png_read_info(r->png, r->info);
    *width = png_get_image_width(r->png, r->info);
    *height = png_get_image_height(r->png, r->info);
    *sixteen = deep && png_get_bit_depth(r->png, r->info) == 16;
    if (!*sixteen)
        png_set_scale_16(r->png);
    else if (little_endian())
        png_set_swap(r->png);
    png_set_expand(r->png);
    png_set_gray_to_rgb(r->png);
    png_set_add_alpha(r->png, *sixteen ? 0xffff : 0xff, PNG_FILLER_AFTER);
    return true;
}

bool png_read_pixels(png_reader* r, png_bytepp rows) {
    if (setjmp(r->failed))
        return false;
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    png_read_image(r->png, rows);
    png_read_end(r->png, nullptr);
    return true;
}

picture read_png(const std::uint8_t* bytes, std::size_t size, const std::string& name, bool deep) {
    png_reader r;
    r.bytes = bytes;
    r.size = size;
    struct closer {
        png_reader& r;
        ~closer() { png_destroy_read_struct(&r.png, &r.info, nullptr); }
    } close{r};
    const auto complain = [&]() {
        refuse(name, r.short_of_data ? std::string("the PNG file is truncated")
                                     : fmt::format("the PNG file is damaged ({})",
                                                   r.message[0] ? r.message : "out of memory"));
    };
    std::uint32_t width = 0, height = 0;
    bool sixteen = false;
    if (!png_open(&r, deep, &width, &height, &sixteen))
        complain();
    check_size(width, height, name);
    picture out(width, height, sixteen ? sample_type::u16 : sample_type::u8, sample_coding::srgb);
    const std::size_t row_bytes = std::size_t{width} * 4 * sample_size(out.type);
    std::vector<std::uint8_t> rgba(row_bytes * height);
    std::vector<png_bytep> rows(height);
    for (std::uint32_t y = 0; y < height; ++y)
        rows[y] = rgba.data() + y * row_bytes;
    if (!png_read_pixels(&r, rows.data()))
        complain();
    const auto composite =
        sixteen ? composite_on_white<std::uint16_t> : composite_on_white<std::uint8_t>;
    composite(rgba.data(), std::size_t{width} * height, out.data.get());
    return out;
}

struct jpeg_reader {
    jpeg_error_mgr errors;  // first: the library hands back a pointer to it
    jpeg_decompress_struct info;
    std::jmp_buf failed;
    bool created = false;
    bool truncated = false;
    char message[message_size] = "";
};

void jpeg_failed(j_common_ptr info) {
    auto* r = static_cast<jpeg_reader*>(info->client_data);
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    std::snprintf(r->message, message_size, "%s", text);
    std::longjmp(r->failed, 1);
}

void jpeg_complains(j_common_ptr info, int level) {
    if (level >= 0)
        return;  // a trace message
    auto* r = static_cast<jpeg_reader*>(info->client_data);
    switch (info->err->msg_code) {
        case JWRN_EXTRANEOUS_DATA:
        case JWRN_ADOBE_XFORM:
        case JWRN_JFIF_MAJOR:
        case JWRN_TOO_MUCH_DATA:
            return;  // harmless
        case JWRN_JPEG_EOF:
            r->truncated = true;
            break;
        default:
            break;
    }
    jpeg_failed(info);
}

bool jpeg_open(jpeg_reader* r, const std::uint8_t* bytes, std::size_t size) {
    r->info.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = jpeg_failed;
    r->errors.emit_message = jpeg_complains;
    r->info.client_data = r;
    if (setjmp(r->failed))
        return false;
    jpeg_create_decompress(&r->info);
    r->created = true;
    jpeg_mem_src(&r->info, bytes, static_cast<unsigned long>(size));
    jpeg_read_header(&r->info, TRUE);
    return true;
}

bool jpeg_read_pixels(jpeg_reader* r, std::uint8_t* out, std::size_t stride,
                      J_COLOR_SPACE colours) {
    if (setjmp(r->failed))
        return false;
    r->info.out_color_space = colours;
    r->info.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&r->info);
    while (r->info.output_scanline < r->info.output_height) {
        JSAMPROW row = out + stride * r->info.output_scanline;
        jpeg_read_scanlines(&r->info, &row, 1);
    }
    jpeg_finish_decompress(&r->info);
    return true;
}

picture read_jpeg(const std::uint8_t* bytes, std::size_t size, const std::string& name) {
    jpeg_reader r;
    std::memset(&r.info, 0, sizeof r.info);
    struct closer {
        jpeg_reader& r;
        ~closer() {
            if (r.created)
                jpeg_destroy_decompress(&r.info);
        }
    } close{r};
    const auto complain = [&]() {
        refuse(name, r.truncated ? std::string("the JPEG file is truncated")
                                 : fmt::format("the JPEG file is damaged ({})", r.message));
    };
    if (!jpeg_open(&r, bytes, size))
        complain();
    check_size(r.info.image_width, r.info.image_height, name);
    const bool cmyk = r.info.num_components == 4;
    if (r.info.num_components != 1 && r.info.num_components != 3 && !cmyk)
        refuse(name, fmt::format("the JPEG file has {} components; 1, 3 or 4 are expected",
                                 r.info.num_components));
    picture out(r.info.image_width, r.info.image_height, sample_type::u8, sample_coding::srgb);
    const std::size_t stride = std::size_t{out.width} * (cmyk ? 4 : 3);
    std::vector<std::uint8_t> inks(cmyk ? stride * out.height : 0);
    if (!jpeg_read_pixels(&r, cmyk ? inks.data() : out.data.get(), stride,
                          cmyk ? JCS_CMYK : JCS_RGB))
        complain();
    // With Adobe's marker, as good as always, the file says how much light each ink leaves.
    const bool left = r.info.saw_Adobe_marker;
    for (std::size_t i = 0; i < inks.size(); i += 4)
        for (std::size_t c = 0; c < 3; ++c) {
            const unsigned ink = left ? inks[i + c] : 255u - inks[i + c];
            const unsigned black = left ? inks[i + 3] : 255u - inks[i + 3];
            out.data[i / 4 * 3 + c] = static_cast<std::uint8_t>((ink * black + 127) / 255);
        }
    return out;
}

// Writing. A PNG file is a signature and a few chunks; the pixels are one zlib stream, here put
// together from bands that are compressed independently and joined at byte boundaries.

void put_u32(std::string& out, std::uint32_t v) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(v >> shift & 0xff));
}

void put_chunk(std::string& out, const char* type, const std::string& body) {
    put_u32(out, static_cast<std::uint32_t>(body.size()));
    uLong crc = crc32(0, reinterpret_cast<const Bytef*>(type), 4);
    out.append(type, 4);
    // zlib takes its length as 32 bits; no chunk here is longer (see the split in encode()).
    crc = crc32(crc, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    out += body;
    put_u32(out, static_cast<std::uint32_t>(crc));
}

struct band_result {
    std::string deflated;
    uLong adler = 1;
    std::size_t bytes = 0;
};

/// Compresses rows that are already filtered. Not the last band: ends on a byte boundary.
void deflate_band(std::vector<std::uint8_t>& raw, int level, bool last, band_result& out) {
    z_stream z{};
    // Raw deflate, 32 KiB window. Filtered noise has no long matches to look for.
    if (deflateInit2(&z, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("zlib: deflateInit2 failed");
    out.deflated.resize(deflateBound(&z, static_cast<uLong>(raw.size())) + 64);
    z.next_in = raw.data();
    z.avail_in = static_cast<uInt>(raw.size());
    z.next_out = reinterpret_cast<Bytef*>(&out.deflated[0]);
    z.avail_out = static_cast<uInt>(out.deflated.size());
    const int result = deflate(&z, last ? Z_FINISH : Z_FULL_FLUSH);
    const bool good = last ? result == Z_STREAM_END : result == Z_OK && z.avail_in == 0;
    out.deflated.resize(z.total_out);
    deflateEnd(&z);
    if (!good)
        throw std::runtime_error("zlib: deflate failed");
    out.adler = adler32(1, raw.data(), static_cast<uInt>(raw.size()));
    out.bytes = raw.size();
}

/// `put_row` writes `row_bytes` bytes of row y. `pixel_bytes` is the distance of the filter's left
/// neighbour.
void encode(unsigned width, unsigned height, int colour_type, int depth, std::size_t row_bytes,
            std::size_t pixel_bytes, int level, worker_pool* pool, const byte_sink& take,
            const std::function<void(unsigned, std::uint8_t*)>& put_row) {
    if (width == 0 || height == 0)
        throw std::invalid_argument("encode_png: the picture has no pixels");
    constexpr std::size_t band_bytes = 1u << 20;
    const std::size_t rows_per_band = std::max<std::size_t>(1, band_bytes / (row_bytes + 1));
    const std::size_t bands = (height + rows_per_band - 1) / rows_per_band;
    // A few bands at a time, so that neither the picture's bytes nor the file's lie in memory
    // whole.
    const std::size_t at_once = pool ? 4 * std::size_t{pool->threads() + 1} : 1;
    std::vector<band_result> results(std::min(at_once, bands));
    const auto make = [&](std::size_t from, std::size_t first_band, std::size_t last_band) {
        std::vector<std::uint8_t> raw;
        for (std::size_t b = from + first_band; b < from + last_band; ++b) {
            const std::size_t first = b * rows_per_band;
            const std::size_t last = std::min<std::size_t>(height, first + rows_per_band);
            raw.resize((last - first) * (row_bytes + 1));
            std::vector<std::uint8_t> plain(row_bytes);
            for (std::size_t y = first; y < last; ++y) {
                std::uint8_t* to = raw.data() + (y - first) * (row_bytes + 1);
                put_row(static_cast<unsigned>(y), plain.data());
                *to++ = PNG_FILTER_VALUE_SUB;
                std::memcpy(to, plain.data(), std::min(pixel_bytes, row_bytes));
                for (std::size_t i = pixel_bytes; i < row_bytes; ++i)
                    to[i] = static_cast<std::uint8_t>(plain[i] - plain[i - pixel_bytes]);
            }
            deflate_band(raw, level, b + 1 == bands, results[b - from]);
        }
    };

    std::string out("\x89PNG\r\n\x1a\n", 8);
    std::string header;
    put_u32(header, width);
    put_u32(header, height);
    header.push_back(static_cast<char>(depth));
    header.push_back(static_cast<char>(colour_type));
    header.append(3, '\0');
    put_chunk(out, "IHDR", header);
    uLong adler = 1;
    for (std::size_t from = 0; from < bands; from += at_once) {
        const std::size_t count = std::min(at_once, bands - from);
        if (pool)
            pool->parallel_for(count, 1, [&](std::size_t a, std::size_t b) { make(from, a, b); });
        else
            make(from, 0, count);
        for (std::size_t b = from; b < from + count; ++b) {
            const band_result& result = results[b - from];
            std::string body;
            if (b == 0)
                body.append("\x78\x01", 2);
            body += result.deflated;
            adler = adler32_combine(adler, result.adler, static_cast<z_off_t>(result.bytes));
            if (b + 1 == bands)
                put_u32(body, static_cast<std::uint32_t>(adler));
            put_chunk(out, "IDAT", body);
            take(out);
            out.clear();
        }
    }
    put_chunk(out, "IEND", {});
    take(out);
}

template <class encoder>
std::string whole(const encoder& encode_into) {
    std::string out;
    encode_into([&out](std::string_view part) { out += part; });
    return out;
}

}  // namespace

namespace picture_formats {

picture decode_png(const std::uint8_t* bytes, std::size_t size, const std::string& name,
                   bool deep) {
    return read_png(bytes, size, name, deep);
}

picture decode_jpeg(const std::uint8_t* bytes, std::size_t size, const std::string& name) {
    return read_jpeg(bytes, size, name);
}

}  // namespace picture_formats

rgb8_image decode_image(const std::uint8_t* bytes, std::size_t size, const std::string& name) {
    if (size == 0)
        refuse(name, "the file is empty; a PNG or JPEG picture is expected");
    static const std::uint8_t png_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const std::uint8_t jpeg_signature[3] = {0xff, 0xd8, 0xff};
    picture p;
    if (size >= 8 && std::memcmp(bytes, png_signature, 8) == 0)
        p = read_png(bytes, size, name, false);
    else if (size >= 3 && std::memcmp(bytes, jpeg_signature, 3) == 0)
        p = read_jpeg(bytes, size, name);
    else
        refuse(name, "not a PNG or JPEG picture");
    rgb8_image out;
    out.width = p.width;
    out.height = p.height;
    out.data = std::move(p.data);
    return out;
}

rgb8_image load_image(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        refuse(path, fmt::format("cannot be read ({})", std::strerror(errno)));
    std::vector<std::uint8_t> bytes;
    std::vector<char> part(1u << 20);
    while (file.read(part.data(), static_cast<std::streamsize>(part.size())) || file.gcount() > 0) {
        bytes.insert(bytes.end(), part.begin(), part.begin() + file.gcount());
        if (bytes.size() > std::size_t{1} << 30)
            refuse(path, "the file is larger than 1 GiB");
    }
    if (file.bad())
        refuse(path, "cannot be read; a PNG or JPEG file is expected");
    return decode_image(bytes.data(), bytes.size(), path);
}

void encode_png_rgb8(const rgb8_image& image, int level, worker_pool* pool, const byte_sink& take) {
    const std::size_t row_bytes = std::size_t{image.width} * 3;
    encode(image.width, image.height, PNG_COLOR_TYPE_RGB, 8, row_bytes, 3, level, pool, take,
           [&](unsigned y, std::uint8_t* out) { std::memcpy(out, image.row(y), row_bytes); });
}

namespace {

void encode_png16(const plane<std::uint16_t>& image, unsigned channels, int colour_type, int level,
                  worker_pool* pool, const byte_sink& take) {
    encode(image.width() / channels, image.height(), colour_type, 16,
           std::size_t{image.width()} * 2, 2 * channels, level, pool, take,
           [&](unsigned y, std::uint8_t* out) {
               const std::uint16_t* in = image.row(y);
               for (unsigned x = 0; x < image.width(); ++x) {
                   out[2 * x] = static_cast<std::uint8_t>(in[x] >> 8);
                   out[2 * x + 1] = static_cast<std::uint8_t>(in[x]);
               }
           });
}

}  // namespace

void encode_png_gray8(const plane<std::uint8_t>& image, int level, worker_pool* pool,
                      const byte_sink& take) {
    encode(image.width(), image.height(), PNG_COLOR_TYPE_GRAY, 8, image.width(), 1, level, pool,
           take,
           [&](unsigned y, std::uint8_t* out) { std::memcpy(out, image.row(y), image.width()); });
}

void encode_png_gray16(const plane<std::uint16_t>& image, int level, worker_pool* pool,
                       const byte_sink& take) {
    encode_png16(image, 1, PNG_COLOR_TYPE_GRAY, level, pool, take);
}

std::string encode_png_rgb8(const rgb8_image& image, int level, worker_pool* pool) {
    return whole([&](const byte_sink& take) { encode_png_rgb8(image, level, pool, take); });
}

std::string encode_png_gray8(const plane<std::uint8_t>& image, int level, worker_pool* pool) {
    return whole([&](const byte_sink& take) { encode_png_gray8(image, level, pool, take); });
}

std::string encode_png_gray16(const plane<std::uint16_t>& image, int level, worker_pool* pool) {
    return whole([&](const byte_sink& take) { encode_png_gray16(image, level, pool, take); });
}

std::string encode_png_rgb16(const plane<std::uint16_t>& image, int level, worker_pool* pool) {
    return whole([&](const byte_sink& take) {
        encode_png16(image, 3, PNG_COLOR_TYPE_RGB, level, pool, take);
    });
}

}  // namespace ocellus
