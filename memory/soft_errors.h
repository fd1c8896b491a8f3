// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/word_faults.h"

namespace ocellus::memory {

/// Cells of one word that flip at a time.
struct upset {
    double at = 0;  ///< s
    std::uint64_t word = 0;
    word_faults::cells mask;
};

/// Reads "2 ms@0x1000:5, 3 ms@0x1008:5+17": time, offset of a byte in the memory, and the cells of
/// the 8-byte word that holds it: 0 to 63 data, least significant bit of the first byte first, 64
/// to 71 check bits. In order of time. False, with what is wrong, when the text does not fit or a
/// word lies outside `size` bytes.
bool parse_upsets(const std::string& text, std::uint64_t size, std::vector<upset>& out,
                  std::string& why);

/// A row of a bank whose cells all read the same value.
struct stuck_row {
    unsigned bank = 0;
    std::uint64_t row = 0;
    bool value = false;
};

/// Reads "3:17=0, 4:0=1": bank, row in the bank, value. False, with what is wrong, when the text
/// does not fit or there is no such row.
bool parse_stuck_rows(const std::string& text, std::uint64_t banks, std::uint64_t rows,
                      std::vector<stuck_row>& out, std::string& why);

/// Single flips at random: a Poisson process in time, uniform over the cells. Upset n is a function
/// of seed and n alone.
class random_upsets {
  public:
    /// `rate` in FIT per Mbit: upsets in 10^9 hours of 2^20 cells. `cells_per_word` 64 or 72.
    random_upsets(std::uint64_t seed, double rate, std::uint64_t words, unsigned cells_per_word);
    /// The next one; times do not fall.
    upset next();

  private:
    std::uint64_t seed_, words_;
    unsigned cells_per_word_;
    double mean_, now_ = 0;  ///< s
    std::uint32_t number_ = 0;
};

}  // namespace ocellus::memory
