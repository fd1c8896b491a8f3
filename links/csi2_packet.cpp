// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/csi2_packet.h"

#include <array>
#include <cstring>
#include <stdexcept>

#include "core/simd.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define OCELLUS_CARRYLESS_MULTIPLY 1
#include <immintrin.h>
#endif

namespace ocellus::links {

namespace {

/// Which of the 24 bits each parity bit covers. Column d of these rows is the syndrome of bit d;
/// all columns have at least three ones, so they differ from the syndromes of the parity bits
/// themselves.
constexpr std::array<std::uint32_t, 6> parity_masks = {
    0xF12CB7,  // 0 1 2 4 5 7 10 11 13 16 20 21 22 23
    0xF2555B,  // 0 1 3 4 6 8 10 12 14 17 20 21 22 23
    0x749A6D,  // 0 2 3 5 6 9 11 12 15 18 20 21 22
    0xB8E38E,  // 1 2 3 7 8 9 13 14 15 19 20 21 23
    0xDF03F0,  // 4 5 6 7 8 9 16 17 18 19 20 22 23
    0xEFFC00,  // 10 .. 19 21 22 23
};

constexpr std::uint8_t ecc_of(std::uint32_t bits24) {
    std::uint8_t ecc = 0;
    for (unsigned p = 0; p < 6; ++p) {
        std::uint32_t x = bits24 & parity_masks[p];
        x ^= x >> 16;
        x ^= x >> 8;
        x ^= x >> 4;
        x ^= x >> 2;
        x ^= x >> 1;
        ecc = static_cast<std::uint8_t>(ecc | ((x & 1u) << p));
    }
    return ecc;
}

/// Wrong bit by syndrome: 0..23 data, 24..29 parity, 0xFF none that a single error gives.
constexpr std::array<std::uint8_t, 64> make_wrong_bit() {
    std::array<std::uint8_t, 64> t{};
    for (auto& e : t)
        e = 0xFF;
    for (std::uint8_t d = 0; d < 24; ++d)
        t[ecc_of(1u << d)] = d;
    for (std::uint8_t p = 0; p < 6; ++p)
        t[1u << p] = static_cast<std::uint8_t>(24 + p);
    return t;
}
constexpr auto wrong_bit = make_wrong_bit();

using crc_tables = std::array<std::array<std::uint16_t, 256>, 16>;
/// tables[k][b]: effect on the checksum of byte b followed by k zero bytes.
constexpr crc_tables make_crc_tables() {
    crc_tables t{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t c = b;
        for (int i = 0; i < 8; ++i)
            c = (c >> 1) ^ ((c & 1u) ? 0x8408u : 0u);
        t[0][b] = static_cast<std::uint16_t>(c);
    }
    for (std::size_t k = 1; k < 16; ++k)
        for (std::uint32_t b = 0; b < 256; ++b) {
            const std::uint32_t c = t[k - 1][b];
            t[k][b] = static_cast<std::uint16_t>((c >> 8) ^ t[0][c & 0xFF]);
        }
    return t;
}
constexpr crc_tables crc_table = make_crc_tables();

constexpr unsigned byte_of(std::uint64_t w, unsigned i) {
    return static_cast<unsigned>(w >> (8 * i)) & 0xFFu;
}

std::uint64_t load64(const void* p) {
    std::uint64_t w;
    std::memcpy(&w, p, sizeof w);  // little-endian machines only, as is the whole simulator
    return w;
}

/// The checksum register `c` after `count` more bytes, 16 at a time by table.
unsigned crc_by_table(unsigned c, const std::uint8_t* bytes, std::size_t count) {
    const auto& t = crc_table;
    while (count >= 16) {
        const std::uint64_t a = load64(bytes) ^ c, b = load64(bytes + 8);
        c = static_cast<unsigned>(
            t[15][byte_of(a, 0)] ^ t[14][byte_of(a, 1)] ^ t[13][byte_of(a, 2)] ^
            t[12][byte_of(a, 3)] ^ t[11][byte_of(a, 4)] ^ t[10][byte_of(a, 5)] ^
            t[9][byte_of(a, 6)] ^ t[8][byte_of(a, 7)] ^ t[7][byte_of(b, 0)] ^ t[6][byte_of(b, 1)] ^
            t[5][byte_of(b, 2)] ^ t[4][byte_of(b, 3)] ^ t[3][byte_of(b, 4)] ^ t[2][byte_of(b, 5)] ^
            t[1][byte_of(b, 6)] ^ t[0][byte_of(b, 7)]);
        bytes += 16;
        count -= 16;
    }
    while (count-- > 0)
        c = (c >> 8) ^ t[0][(c ^ *bytes++) & 0xFFu];
    return c;
}

#ifdef OCELLUS_CARRYLESS_MULTIPLY
/// x^n modulo the polynomial, as the factor of a carry-less product of bit-reversed words: there
/// bit j of a 64-bit word stands for x^(63-j), and a product has one factor x too many.
constexpr long long fold_factor(unsigned n) {
    std::uint64_t r = 0x8000;
    for (unsigned i = 0; i + 1 < n; ++i)
        r = (r >> 1) ^ ((r & 1u) ? 0x8408u : 0u);
    return static_cast<long long>(r << 48);
}

/// The same register by folding: 128 bits of the message, moved by n bits, are congruent to the sum
/// of their halves times x^(n+64) and x^n. Four blocks of 128 bits side by side; what remains, 16
/// bytes and the tail, goes through the table. Needs count >= 64.
__attribute__((target("pclmul,sse4.1"))) unsigned crc_by_folding(unsigned c,
                                                                 const std::uint8_t* bytes,
                                                                 std::size_t count) {
    const __m128i by_512 = _mm_set_epi64x(fold_factor(512), fold_factor(512 + 64));
    const __m128i by_128 = _mm_set_epi64x(fold_factor(128), fold_factor(128 + 64));
    const __m128i* in = reinterpret_cast<const __m128i*>(bytes);
    __m128i a0 = _mm_xor_si128(_mm_loadu_si128(in), _mm_cvtsi32_si128(static_cast<int>(c)));
    __m128i a1 = _mm_loadu_si128(in + 1);
    __m128i a2 = _mm_loadu_si128(in + 2);
    __m128i a3 = _mm_loadu_si128(in + 3);
    in += 4;
    count -= 64;
    for (; count >= 64; count -= 64, in += 4) {
        a0 = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(a0, by_512, 0x00),
                                         _mm_clmulepi64_si128(a0, by_512, 0x11)),
                           _mm_loadu_si128(in));
        a1 = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(a1, by_512, 0x00),
                                         _mm_clmulepi64_si128(a1, by_512, 0x11)),
                           _mm_loadu_si128(in + 1));
        a2 = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(a2, by_512, 0x00),
                                         _mm_clmulepi64_si128(a2, by_512, 0x11)),
                           _mm_loadu_si128(in + 2));
        a3 = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(a3, by_512, 0x00),
                                         _mm_clmulepi64_si128(a3, by_512, 0x11)),
                           _mm_loadu_si128(in + 3));
    }
    const __m128i others[3] = {a1, a2, a3};
    for (const __m128i& next : others)
        a0 = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(a0, by_128, 0x00),
                                         _mm_clmulepi64_si128(a0, by_128, 0x11)),
                           next);
    std::uint8_t folded[16];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded), a0);
    return crc_by_table(crc_by_table(0, folded, sizeof folded),
                        reinterpret_cast<const std::uint8_t*>(in), count);
}
#endif

constexpr std::uint32_t groups_at_once = 256;

/// Each group of four samples to the low five bytes of a word.
OCELLUS_SIMD_CLONES void squeeze_raw10(const std::uint16_t* pixels, std::uint64_t* __restrict words,
                                       std::uint32_t groups) {
    for (std::uint32_t g = 0; g < groups; ++g) {
        std::uint64_t v;  // four lanes of 16 bits
        std::memcpy(&v, pixels + std::size_t{4} * g, sizeof v);
        std::uint64_t high = (v >> 2) & 0x00FF00FF00FF00FFu;
        high = (high | (high >> 8)) & 0x0000FFFF0000FFFFu;
        high = (high | (high >> 16)) & 0x00000000FFFFFFFFu;
        const std::uint64_t two = v & 0x0003000300030003u;
        const std::uint64_t low = (two | (two >> 14) | (two >> 28) | (two >> 42)) & 0xFFu;
        words[g] = high | (low << 32);
    }
}

/// The reverse of squeeze_raw10; upper bytes of the words are ignored.
OCELLUS_SIMD_CLONES void spread_raw10(const std::uint64_t* words, std::uint16_t* __restrict pixels,
                                      std::uint32_t groups) {
    for (std::uint32_t g = 0; g < groups; ++g) {
        const std::uint64_t w = words[g];
        std::uint64_t high = w & 0xFFFFFFFFu;
        high = (high | (high << 16)) & 0x0000FFFF0000FFFFu;
        high = (high | (high << 8)) & 0x00FF00FF00FF00FFu;
        const std::uint64_t l = (w >> 32) & 0xFFu;
        const std::uint64_t low = (l | (l << 14) | (l << 28) | (l << 42)) & 0x0003000300030003u;
        const std::uint64_t v = (high << 2) | low;
        std::memcpy(pixels + std::size_t{4} * g, &v, sizeof v);
    }
}

void pack_raw10(const std::uint16_t* pixels, std::uint32_t width, std::uint8_t* bytes) {
    std::uint64_t words[groups_at_once];
    const std::uint32_t groups = width / 4;
    for (std::uint32_t g = 0; g < groups; g += groups_at_once) {
        const std::uint32_t n = groups - g < groups_at_once ? groups - g : groups_at_once;
        squeeze_raw10(pixels + std::size_t{4} * g, words, n);
        std::uint8_t* out = bytes + std::size_t{5} * g;
        // Eight bytes are stored and the upper three overwritten by the next group; the last group
        // of the row stores exactly five, since the bytes behind it may belong to somebody else.
        for (std::uint32_t i = 0; i + 1 < n; ++i)
            std::memcpy(out + std::size_t{5} * i, &words[i], 8);
        std::memcpy(out + std::size_t{5} * (n - 1), &words[n - 1], 5);
    }
    if (width % 4 != 0) {
        std::uint16_t last[4] = {};
        for (std::uint32_t i = 0; i < width % 4; ++i)
            last[i] = pixels[std::size_t{4} * groups + i];
        squeeze_raw10(last, words, 1);
        std::memcpy(bytes + std::size_t{5} * groups, words, 5);
    }
}

void unpack_raw10(const std::uint8_t* bytes, std::uint32_t width, std::uint16_t* pixels) {
    std::uint64_t words[groups_at_once];
    const std::uint32_t groups = width / 4;
    for (std::uint32_t g = 0; g < groups; g += groups_at_once) {
        const std::uint32_t n = groups - g < groups_at_once ? groups - g : groups_at_once;
        const std::uint8_t* in = bytes + std::size_t{5} * g;
        for (std::uint32_t i = 0; i + 1 < n; ++i)
            words[i] = load64(in + std::size_t{5} * i);
        words[n - 1] = 0;
        std::memcpy(&words[n - 1], in + std::size_t{5} * (n - 1), 5);
        spread_raw10(words, pixels + std::size_t{4} * g, n);
    }
    if (width % 4 != 0) {
        std::uint16_t last[4];
        words[0] = 0;
        std::memcpy(words, bytes + std::size_t{5} * groups, 5);
        spread_raw10(words, last, 1);
        for (std::uint32_t i = 0; i < width % 4; ++i)
            pixels[std::size_t{4} * groups + i] = last[i];
    }
}

void pack_raw12(const std::uint16_t* pixels, std::uint32_t width, std::uint8_t* bytes) {
    for (std::uint32_t i = 0; i < width; i += 2) {
        const unsigned a = pixels[i], b = i + 1 < width ? pixels[i + 1] : 0u;
        *bytes++ = static_cast<std::uint8_t>(a >> 4);
        *bytes++ = static_cast<std::uint8_t>(b >> 4);
        *bytes++ = static_cast<std::uint8_t>((a & 15u) | ((b & 15u) << 4));
    }
}

void unpack_raw12(const std::uint8_t* bytes, std::uint32_t width, std::uint16_t* pixels) {
    for (std::uint32_t i = 0; i < width; i += 2, bytes += 3) {
        pixels[i] = static_cast<std::uint16_t>((bytes[0] << 4) | (bytes[2] & 15));
        if (i + 1 < width)
            pixels[i + 1] = static_cast<std::uint16_t>((bytes[1] << 4) | (bytes[2] >> 4));
    }
}

/// Bits 13..6 of four samples, then their low six bits, the first sample's lowest.
void pack_raw14(const std::uint16_t* pixels, std::uint32_t width, std::uint8_t* bytes) {
    for (std::uint32_t i = 0; i < width; i += 4, bytes += 7) {
        std::uint32_t low = 0;
        for (unsigned k = 0; k < 4; ++k) {
            const unsigned v = i + k < width ? pixels[i + k] : 0u;
            bytes[k] = static_cast<std::uint8_t>(v >> 6);
            low |= (v & 63u) << (6 * k);
        }
        for (unsigned k = 0; k < 3; ++k)
            bytes[4 + k] = static_cast<std::uint8_t>(low >> (8 * k));
    }
}

void unpack_raw14(const std::uint8_t* bytes, std::uint32_t width, std::uint16_t* pixels) {
    for (std::uint32_t i = 0; i < width; i += 4, bytes += 7) {
        const std::uint32_t low = std::uint32_t{bytes[4]} | (std::uint32_t{bytes[5]} << 8) |
                                  (std::uint32_t{bytes[6]} << 16);
        for (unsigned k = 0; k < 4 && i + k < width; ++k)
            pixels[i + k] = static_cast<std::uint16_t>((bytes[k] << 6) | ((low >> (6 * k)) & 63u));
    }
}

}  // namespace

std::uint8_t csi2_ecc(std::uint32_t bits24) {
    return ecc_of(bits24);
}

void encode_header(const csi2_header& h, std::uint8_t out[4]) {
    out[0] = static_cast<std::uint8_t>((h.virtual_channel << 6) | static_cast<unsigned>(h.type));
    out[1] = static_cast<std::uint8_t>(h.value & 0xFF);
    out[2] = static_cast<std::uint8_t>(h.value >> 8);
    out[3] = ecc_of(out[0] | (std::uint32_t{out[1]} << 8) | (std::uint32_t{out[2]} << 16));
}

header_check decode_header(const std::uint8_t in[4], csi2_header& h) {
    std::uint32_t bits = in[0] | (std::uint32_t{in[1]} << 8) | (std::uint32_t{in[2]} << 16);
    const unsigned syndrome = ecc_of(bits) ^ (in[3] & 0x3Fu);
    // The two upper bits of the ECC byte are sent as 0 and carry no code: a 1 there is one wrong
    // bit.
    const unsigned unused = in[3] >> 6;
    header_check result = header_check::good;
    if (syndrome != 0) {
        const unsigned bit = wrong_bit[syndrome];
        if (bit == 0xFF || unused != 0)
            return header_check::uncorrectable;
        if (bit < 24)
            bits ^= 1u << bit;
        result = header_check::corrected;
    } else if (unused == 3) {
        return header_check::uncorrectable;
    } else if (unused != 0) {
        result = header_check::corrected;
    }
    h.virtual_channel = static_cast<std::uint8_t>((bits >> 6) & 3);
    h.type = static_cast<csi2_data_type>(bits & 0x3F);
    h.value = static_cast<std::uint16_t>(bits >> 8);
    return result;
}

std::uint16_t csi2_crc(const std::uint8_t* bytes, std::size_t count) {
#ifdef OCELLUS_CARRYLESS_MULTIPLY
    if (count >= 64 && __builtin_cpu_supports("pclmul"))
        return static_cast<std::uint16_t>(crc_by_folding(0xFFFF, bytes, count));
#endif
    return static_cast<std::uint16_t>(crc_by_table(0xFFFF, bytes, count));
}

std::optional<csi2_data_type> raw_type_of(std::uint64_t bits) {
    switch (bits) {
        case 8:
            return csi2_data_type::raw8;
        case 10:
            return csi2_data_type::raw10;
        case 12:
            return csi2_data_type::raw12;
        case 14:
            return csi2_data_type::raw14;
        default:
            return {};
    }
}

unsigned bits_of(csi2_data_type raw) {
    for (unsigned bits = 8; bits <= 14; bits += 2)
        if (raw_type_of(bits) == raw)
            return bits;
    return 0;
}

std::uint32_t raw_row_bytes(csi2_data_type t, std::uint32_t width) {
    switch (t) {
        case csi2_data_type::raw8:
            return width;
        case csi2_data_type::raw10:
            return (width + 3) / 4 * 5;
        case csi2_data_type::raw12:
            return (width + 1) / 2 * 3;
        case csi2_data_type::raw14:
            return (width + 3) / 4 * 7;
        default:
            throw std::invalid_argument("raw_row_bytes: not a raw data type");
    }
}

std::uint32_t raw_row_pixels(csi2_data_type t, std::uint32_t bytes) {
    switch (t) {
        case csi2_data_type::raw8:
            return bytes;
        case csi2_data_type::raw10:
            return bytes / 5 * 4;
        case csi2_data_type::raw12:
            return bytes / 3 * 2;
        case csi2_data_type::raw14:
            return bytes / 7 * 4;
        default:
            throw std::invalid_argument("raw_row_pixels: not a raw data type");
    }
}

void pack_raw_row(csi2_data_type t, const std::uint16_t* pixels, std::uint32_t width,
                  std::uint8_t* bytes) {
    switch (t) {
        case csi2_data_type::raw8:
            for (std::uint32_t i = 0; i < width; ++i)
                bytes[i] = static_cast<std::uint8_t>(pixels[i]);
            return;
        case csi2_data_type::raw10:
            return pack_raw10(pixels, width, bytes);
        case csi2_data_type::raw12:
            return pack_raw12(pixels, width, bytes);
        case csi2_data_type::raw14:
            return pack_raw14(pixels, width, bytes);
        default:
            throw std::invalid_argument("pack_raw_row: not a raw data type");
    }
}

void unpack_raw_row(csi2_data_type t, const std::uint8_t* bytes, std::uint32_t width,
                    std::uint16_t* pixels) {
    switch (t) {
        case csi2_data_type::raw8:
            for (std::uint32_t i = 0; i < width; ++i)
                pixels[i] = bytes[i];
            return;
        case csi2_data_type::raw10:
            return unpack_raw10(bytes, width, pixels);
        case csi2_data_type::raw12:
            return unpack_raw12(bytes, width, pixels);
        case csi2_data_type::raw14:
            return unpack_raw14(bytes, width, pixels);
        default:
            throw std::invalid_argument("unpack_raw_row: not a raw data type");
    }
}

double csi2_wire_seconds(std::uint32_t wire_bytes, unsigned lanes, double lane_rate,
                         double overhead) {
    const std::uint32_t busiest = (wire_bytes + lanes - 1) / lanes;
    return 8.0 * static_cast<double>(busiest) / lane_rate + overhead;
}

}  // namespace ocellus::links
