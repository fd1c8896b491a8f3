// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "models/column_converters.h"

#include "core/random.h"
#include "models/defect_correction.h"
#include "models/pixel_noise.h"

namespace ocellus::models {
namespace {

/// Seeds of independent patterns, from the run's.
std::uint64_t derived(std::uint64_t seed, std::uint32_t what) {
    const auto w = philox4x32::generate(
        {what, 0, 0, static_cast<std::uint32_t>(purpose::converter)}, key_of(seed));
    return (std::uint64_t{w[0]} << 32) | w[1];
}

}  // namespace

column_converters::column_converters(const column_adc_parameters& p, std::uint64_t seed,
                                     unsigned width, double gain, double black_error,
                                     double averaging)
    : banks_(p.banks),
      seed_(derived(seed, 0)),
      width_(width),
      most_((1u << p.bits) - 1),
      reset_sigma_(p.cds ? 0.0f : static_cast<float>(p.reset_noise / averaging)),
      correct_(p.defect_correction),
      threshold_(static_cast<std::uint32_t>((p.defect_threshold << p.bits) >> 12)) {
    // One bank has nothing to differ from: it is the mean of itself.
    const auto banks = static_cast<std::uint32_t>(p.banks);
    const std::vector<float> bank_gains = column_gains(derived(seed, 1), banks, p.bank_gain);
    const std::vector<float> bank_offsets = column_gains(derived(seed, 2), banks, p.bank_offset);
    for (std::uint32_t b = 0; b < banks; ++b) {
        one_bank& k = banks_[b];
        k.transfer = transfer_of(p, gain);
        const double per_electron = static_cast<double>(transfer_of(p, 1.0).slope);
        k.transfer.offset -= static_cast<float>(black_error) * k.transfer.slope;
        if (banks > 1) {
            k.transfer.offset += bank_offsets[b] * static_cast<float>(per_electron);
            k.transfer.slope *= 1.0f + bank_gains[b];
        }
        if (p.column_gain > 0)
            k.gains = column_gains(derived(seed, 16 + b), width, p.column_gain);
        for (float& g : k.gains)
            g += 1.0f;
        if (p.column_offset > 0)
            k.offsets = column_gains(derived(seed, 32 + b), width, p.column_offset * per_electron);
    }
}

std::uint32_t column_converters::convert(std::uint32_t frame, std::uint32_t row, float* electrons,
                                         std::uint16_t* dn) const {
    if (reset_sigma_ > 0) {
        noise_settings s;  // no light: the read noise alone
        s.seed = seed_;
        s.frame = frame;
        s.row = row;
        s.read_sigma = reset_sigma_;
        const std::vector<std::uint16_t> dark(width_);
        std::vector<float> reset(width_);
        noisy_row(s, dark.data(), nullptr, nullptr, 0, width_, reset.data());
        for (unsigned x = 0; x < width_; ++x)
            electrons[x] += reset[x];
    }
    const one_bank& k = banks_[row % banks_.size()];
    return convert_row(k.transfer, electrons, width_, dn,
                       k.gains.empty() ? nullptr : k.gains.data(),
                       k.offsets.empty() ? nullptr : k.offsets.data());
}

std::uint64_t column_converters::convert_band(const electron_rows& electrons, std::uint32_t frame,
                                              unsigned first, unsigned last,
                                              plane<std::uint16_t>& out) const {
    std::vector<float> charge(width_);
    std::uint64_t above = 0;
    if (electrons.pattern(first, width_, most_, out.row(first))) {
        for (unsigned y = first + 1; y < last; ++y)
            electrons.pattern(y, width_, most_, out.row(y));
        return 0;
    }
    const auto convert_one = [&](unsigned y, std::uint16_t* dn) {
        electrons.expose(y, charge.data());
        return convert(frame, y, charge.data(), dn);
    };
    if (!correct_) {
        for (unsigned y = first; y < last; ++y)
            above += convert_one(y, out.row(y));
        return above;
    }
    // The five rows around the one that is corrected, each converted once a band.
    plane<std::uint16_t> seen(width_, 5);
    const auto take = [&](std::int64_t y) {
        std::uint16_t* row = seen.row(static_cast<unsigned>((y + 5) % 5));
        const std::uint32_t n = convert_one(mirrored(y, out.height()), row);
        above += y >= std::int64_t{first} && y < std::int64_t{last} ? n : 0;
    };
    for (std::int64_t y = std::int64_t{first} - 2; y < std::int64_t{first} + 2; ++y)
        take(y);
    for (unsigned y = first; y < last; ++y) {
        take(std::int64_t{y} + 2);
        const std::uint16_t* rows[5];
        for (unsigned k = 0; k < 5; ++k)
            rows[k] = seen.row((y + k + 3) % 5);
        correct_defects_row(rows, width_, threshold_, out.row(y));
    }
    return above;
}

}  // namespace ocellus::models
