// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ocellus::links {

/// The message in which a device sends inferences to the cloud, as the public edge applications
/// write it:
///
///     {"ModelID":"...","DeviceID":"...","Image":false,
///      "Inferences":[{"T":"20260101123000123","O":"<base64 of a FlatBuffer>","F":0}]}
struct metadata_envelope {
    struct inference {
        std::string time;                   ///< T: UTC as yyyyMMddHHmmssSSS; see envelope_time()
        std::vector<std::uint8_t> payload;  ///< O: FlatBuffer (F 0), or JSON text (F 1)
        bool plain = false;                 ///< F: 0 base64, 1 plain JSON; files without F mean 0
    };
    std::string model_id, device_id;
    bool image = false;  ///< whether the device also sends pictures
    std::vector<inference> inferences;
};

/// One line of JSON without line end, keys in the public order.
std::string encode_envelope(const metadata_envelope& envelope);

/// Reads one JSON object, keys in any order; unknown keys are passed over. Returns false and says
/// why (line and column for bad JSON, the key for anything else).
bool decode_envelope(const std::string& text, metadata_envelope& envelope, std::string& why);

/// Milliseconds since 1970 (UTC) as yyyyMMddHHmmssSSS.
std::string envelope_time(std::uint64_t unix_milliseconds);

std::string to_base64(const std::vector<std::uint8_t>& bytes);
/// Strict: standard alphabet, padded, nothing else. Returns false when the text is no base64.
bool from_base64(const std::string& text, std::vector<std::uint8_t>& bytes);

}  // namespace ocellus::links
