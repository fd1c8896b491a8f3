// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ocellus::sim {

/// One thing the network saw.
struct finding {
    std::uint16_t class_id = 0;
    float score = 0;  ///< 0 .. 1
    float left = 0, top = 0, right = 0,
          bottom = 0;  ///< of the inference window, 0 .. 1; classes: 0
};

/// What leaves the chip for one inference, in place of a picture.
struct metadata_record {
    enum class kind : std::uint16_t { none = 0, detection = 1, classification = 2 };
    kind what = kind::none;
    std::uint32_t frame = 0;
    std::uint64_t frame_start_ns = 0;  ///< first row's readout began
    std::uint64_t tensor_ready_ns = 0;
    std::uint64_t inference_start_ns = 0;
    std::uint64_t inference_end_ns = 0;
    std::uint32_t inference_cycles = 0;
    std::uint32_t network = 0;  ///< number of the one that made it
    std::vector<finding> findings;
};

/// Records have one size whatever was found, so that neither the wire nor the time tells the
/// content: a 64-byte head and 20 bytes for each of `capacity` findings, little-endian, no
/// pointers.
///
/// offset 0 "OCMD"; 4 version u16 = 1; 6 kind u16; 8 frame u32; 12 count u16; 14 capacity u16;
/// 16, 24, 32, 40 the four times u64 ns; 48 cycles u32; 52 network u32; 56 checksum u32 (sum of all
/// other bytes); 60 zero u32. A finding: class u16, zero u16, score u16 (1/65535), then left, top,
/// right, bottom u16 (1/65535), zero to 20 bytes.
std::size_t record_bytes(unsigned capacity);
std::vector<std::uint8_t> encode(const metadata_record& record, unsigned capacity);

/// Returns false and says why when the bytes are not a record.
bool decode(const std::vector<std::uint8_t>& bytes, metadata_record& record, std::string& why);

}  // namespace ocellus::sim
