// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>

namespace ocellus::memory {

/// Single-error-correcting, double-error-detecting code of 8 check bits over 64 data bits: the
/// odd-weight-column code of M. Y. Hsiao, "A Class of Optimal Minimum Odd-weight-column SEC-DED
/// Codes", IBM Journal of Research and Development 14 (1970), 395-401. Its columns are all 56 bytes
/// of weight 3 and the 8 rotations of 0x1f, so each check bit covers 26 data bits. Any two
/// different odd columns sum to an even one: a syndrome of odd weight is one flip, an even one is
/// two.
///
/// Check bits 0 and 1 are stored inverted: a word whose 72 cells all read 0, or all read 1, is then
/// an uncorrectable error and not a valid word.
class secded {
  public:
    static constexpr unsigned data_bits = 64, check_bits = 8;
    static constexpr std::uint8_t inverted = 0x03;

    enum class verdict : std::uint8_t { clean, corrected, uncorrectable };
    struct decoded {
        verdict outcome = verdict::clean;
        std::uint64_t data = 0;     ///< corrected where that was possible
        std::uint8_t syndrome = 0;  ///< 0: clean
        unsigned bit = 0;           ///< that was corrected: 0 .. 63 data, 64 .. 71 check
    };

    /// The check bits, as stored, of 64 data bits.
    static std::uint8_t encode(std::uint64_t data) {
        std::uint8_t check = inverted;
        for (unsigned r = 0; r < check_bits; ++r)
            check = static_cast<std::uint8_t>(
                check ^ (static_cast<unsigned>(__builtin_parityll(data & rows[r])) << r));
        return check;
    }
    static decoded decode(std::uint64_t data, std::uint8_t check) {
        decoded d;
        d.data = data;
        d.syndrome = static_cast<std::uint8_t>(encode(data) ^ check);
        if (d.syndrome == 0)
            return d;
        d.outcome = verdict::uncorrectable;
        if (__builtin_parity(d.syndrome) == 0)
            return d;
        if ((d.syndrome & (d.syndrome - 1u)) == 0) {
            d.bit = data_bits + static_cast<unsigned>(__builtin_ctz(d.syndrome));
            d.outcome = verdict::corrected;
            return d;
        }
        for (unsigned b = 0; b < data_bits; ++b)
            if (columns[b] == d.syndrome) {
                d.bit = b;
                d.data ^= std::uint64_t{1} << b;
                d.outcome = verdict::corrected;
                break;
            }
        return d;
    }

    static constexpr std::array<std::uint8_t, data_bits> make_columns() {
        std::array<std::uint8_t, data_bits> out{};
        unsigned n = 0;
        for (unsigned c = 0; c < 256; ++c) {
            unsigned weight = 0;
            for (unsigned r = 0; r < 8; ++r)
                weight += c >> r & 1;
            if (weight == 3)
                out[n++] = static_cast<std::uint8_t>(c);
        }
        for (unsigned r = 0; r < 8; ++r)
            out[n++] = static_cast<std::uint8_t>(0x1fu << r | 0x1fu >> (8 - r));
        return out;
    }
    static constexpr std::array<std::uint64_t, check_bits> make_rows(
        const std::array<std::uint8_t, data_bits>& columns) {
        std::array<std::uint64_t, check_bits> out{};
        for (unsigned b = 0; b < data_bits; ++b)
            for (unsigned r = 0; r < check_bits; ++r)
                if (columns[b] >> r & 1)
                    out[r] |= std::uint64_t{1} << b;
        return out;
    }
    static const std::array<std::uint8_t, data_bits> columns;
    static const std::array<std::uint64_t, check_bits> rows;
};

inline constexpr std::array<std::uint8_t, secded::data_bits> secded::columns =
    secded::make_columns();
inline constexpr std::array<std::uint64_t, secded::check_bits> secded::rows =
    secded::make_rows(secded::columns);

}  // namespace ocellus::memory
