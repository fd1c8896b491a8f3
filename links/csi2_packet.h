// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

/// Packets of MIPI CSI-2 v1.x: header, error-correcting code, checksum, RAW packing, time on the
/// wire.
namespace ocellus::links {

/// Data types of CSI-2 (6 bits).
enum class csi2_data_type : std::uint8_t {
    frame_start = 0x00,
    frame_end = 0x01,
    line_start = 0x02,
    line_end = 0x03,
    embedded = 0x12,
    yuv420_8 = 0x18,  ///< lines of Y and of U Y V Y by turns
    yuv422_8 = 0x1E,
    rgb888 = 0x24,
    raw8 = 0x2A,
    raw10 = 0x2B,
    raw12 = 0x2C,
    raw14 = 0x2D,
    // User defined, as the public driver sets registers 0x3068 to 0x306B:
    kpi = 0x30,
    input_tensor = 0x31,
    output_tensor = 0x32,
    pq = 0x33,
};

/// A line of a user-defined type, as the tensor region has (links/tensor_lines.h).
constexpr bool is_region_line(csi2_data_type t) {
    return (static_cast<unsigned>(t) & 0x38u) == 0x30u;
}

/// Short packets are the header alone.
constexpr bool is_short(csi2_data_type t) {
    return static_cast<std::uint8_t>(t) < 0x10;
}

/// A header before encoding.
struct csi2_header {
    std::uint8_t virtual_channel = 0;  ///< 0 .. 3
    csi2_data_type type = csi2_data_type::frame_start;
    std::uint16_t value = 0;  ///< long packets: payload bytes; short packets: frame or line number
};

/// The 6 parity bits of the CSI-2 header code over 24 bits (data identifier in bits 0..7, value in
/// 8..23, as transmitted, least significant bit first).
std::uint8_t csi2_ecc(std::uint32_t bits24);

/// Four bytes as sent: data identifier, value low, value high, ECC.
void encode_header(const csi2_header& h, std::uint8_t out[4]);

enum class header_check {
    good,
    corrected,      ///< one wrong bit, anywhere in the four bytes
    uncorrectable,  ///< more than one
};
/// Reads a header; corrects a single wrong bit. `h` is not changed when it is uncorrectable.
header_check decode_header(const std::uint8_t in[4], csi2_header& h);

/// CSI-2 checksum of a long packet's payload: CRC-16 x^16 + x^12 + x^5 + 1, bits least significant
/// first, start 0xFFFF. Sent low byte first.
std::uint16_t csi2_crc(const std::uint8_t* bytes, std::size_t count);

/// The RAW type of samples of 8, 10, 12 or 14 bits; empty for other widths.
std::optional<csi2_data_type> raw_type_of(std::uint64_t bits);
/// Bits of a sample of a RAW type; 0 for other types.
unsigned bits_of(csi2_data_type raw);

/// Payload bytes of a row. RAW10 takes whole groups of four pixels (5 bytes), RAW12 of two (3
/// bytes), RAW14 of four (7 bytes): a last incomplete group is filled with zeros.
std::uint32_t raw_row_bytes(csi2_data_type t, std::uint32_t width);
/// Pixels that fit a payload of `bytes`.
std::uint32_t raw_row_pixels(csi2_data_type t, std::uint32_t bytes);
/// Packs / unpacks one row of a RAW type. Samples above its range lose their upper bits. `width`
/// need not be a whole number of groups. Other types throw std::invalid_argument.
void pack_raw_row(csi2_data_type t, const std::uint16_t* pixels, std::uint32_t width,
                  std::uint8_t* bytes);
void unpack_raw_row(csi2_data_type t, const std::uint8_t* bytes, std::uint32_t width,
                    std::uint16_t* pixels);

/// Seconds that a packet of `wire_bytes` (header and checksum included) occupies the link: the
/// bytes are dealt to the lanes in turn, so the busiest lane carries ceil(bytes / lanes);
/// `overhead` seconds are the transitions into and out of high-speed mode.
double csi2_wire_seconds(std::uint32_t wire_bytes, unsigned lanes, double lane_rate,
                         double overhead);

}  // namespace ocellus::links
