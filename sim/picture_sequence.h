// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ocellus::sim {

/// Numbered picture files: a name with one %d or %0Nd stands for them, %% for a percent sign.
struct picture_sequence {
    std::vector<std::string> files;  ///< of frame 0, 1, ...

    /// Nothing when the name has no number in it or is the name of a file that exists. Files from
    /// number `first` on, `frames` of them, or with 0 as many as there are. Throws input_error that
    /// names the first file that is missing: where the frames need it, or where later ones exist.
    static std::optional<picture_sequence> of(const std::string& name, std::uint64_t first,
                                              std::uint64_t frames);
};

}  // namespace ocellus::sim
