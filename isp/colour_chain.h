// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isp/pipeline.h"

/// The stages from raw samples to 8-bit colour over the rows of a band, in order of rows. Every
/// stage with a window keeps the rows that it looks at, as the hardware's line buffers do.
namespace ocellus::isp {

/// Tables that are made once a frame.
struct frame_tables {
    gamma_table gamma;
    linearisation_table linearisation;
    shading_columns_table shading;
    explicit frame_tables(const frame_request& q);
};

/// Where a dump of the stages goes: one picture for each stage, or none.
using stage_sinks = std::array<plane<std::int16_t>*, stage_count>;

class colour_chain {
  public:
    /// Begins with row `first_row`; half-row indices [first, last) of the colours are wanted. Rows
    /// [dump_first, dump_last) are dumped.
    void begin(const frame_request& request, const frame_tables& tables, const raw_rows& raw,
               unsigned first_row, unsigned first, unsigned last, const stage_sinks& sinks,
               unsigned dump_first, unsigned dump_last);
    /// Colours of row y, valid until the next call; y must not fall.
    rgb8_half_rows row(unsigned y);
    /// Samples of row y after the white balance and the tone curve, even or odd columns; after
    /// row(y), for a Bayer tensor.
    const std::uint8_t* toned_mosaic(unsigned y, unsigned parity) const {
        return toned_.data() + stride_ * (2 * (y % colour_slots) + parity) + pad;
    }

  private:
    /// Half rows of the mosaic.
    struct mosaic_ring {
        unsigned next = 0;  ///< first row not made yet
    };
    std::int16_t* half_row(unsigned ring, unsigned y, unsigned parity) {
        return mosaic_.data() + stride_ * (10 * ring + 2 * (y % 5) + parity) + pad;
    }
    std::uint8_t* colour_row(unsigned y, unsigned channel, unsigned parity) {
        return colour_.data() + stride_ * (6 * (y % colour_slots) + 2 * channel + parity) + pad;
    }
    std::uint16_t* luma_row_of(unsigned ring, unsigned y) {
        return luma_.data() + luma_stride_ * (16 * ring + y % 16) + pad;
    }
    template <class Make>
    void fill(unsigned ring, unsigned last_row, Make&& make);
    void make_raw(unsigned y, std::int16_t* even, std::int16_t* odd);
    void make_corrected(unsigned y, std::int16_t* even, std::int16_t* odd);
    void make_balanced(unsigned y, std::int16_t* even, std::int16_t* odd);
    void make_colour(unsigned y);
    void tone_mosaic(unsigned y);
    void make_sharp(unsigned y);
    void make_smooth(unsigned y);
    void fit(unsigned width);
    void dump_mosaic(stage s, unsigned y, const std::int16_t* even, const std::int16_t* odd);
    template <class T>
    void dump_colour(stage s, unsigned y, const std::array<std::array<T*, 2>, 3>& rgb);
    bool dumps(stage s, unsigned y) const {
        return sinks_[static_cast<std::size_t>(s)] && y >= dump_first_ && y < dump_last_;
    }
    unsigned mirrored_row(unsigned y, int k) const {
        return mirrored(static_cast<int>(y) + k, request_->height);
    }

    static constexpr unsigned pad = 32;  // samples before a row: mirrored columns, aligned
    static constexpr unsigned colour_slots = 16;
    unsigned half_ = 0;
    std::size_t stride_ = 0, luma_stride_ = 0;
    std::vector<std::int16_t> mosaic_, rgb_;  // three rings of five rows; one row of colours
    std::vector<std::uint8_t> colour_, toned_;
    std::vector<std::uint16_t> luma_, scratch_;  // luma, sharpened, smoothed

    const frame_request* request_ = nullptr;
    const frame_tables* tables_ = nullptr;
    const raw_rows* raw_ = nullptr;
    unsigned first_ = 0, last_ = 0, dump_first_ = 0, dump_last_ = 0;
    stage_sinks sinks_{};
    std::array<mosaic_ring, 3> rings_{};
    unsigned next_colour_ = 0, next_sharp_ = 0;
};

}  // namespace ocellus::isp
