// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/lazy_plane.h"
#include "core/payload.h"
#include "core/statistics.h"
#include "links/csi2_packet.h"

namespace ocellus::links {

/// One line as received: payload and checksum in row `bytes_row` of `bytes` (null in timing-only
/// runs).
struct csi2_line {
    std::shared_ptr<const lazy_plane<std::uint8_t>> bytes;
    std::uint32_t bytes_row = 0;
    std::uint32_t payload_bytes = 0;
    /// Waits for the line's bytes.
    const std::uint8_t* payload() const { return bytes->row(bytes_row); }
    /// True when the checksum fits the payload. Waits for the line's bytes.
    bool crc_fits() const;
};

/// One frame of one virtual channel, from frame start to frame end.
struct csi2_frame {
    unsigned virtual_channel = 0;
    std::uint16_t number = 0;                                 ///< of the frame start packet
    csi2_data_type image_type = csi2_data_type::frame_start;  ///< of `image`; frame_start: no image
    std::vector<csi2_line> image;     ///< of the length of the first; YUV420: or half or twice
    std::vector<csi2_line> embedded;  ///< data type 0x12
    /// Of the tensor region, data types 0x30 to 0x33, in order.
    std::vector<std::pair<csi2_data_type, csi2_line>> region;
    bool complete = false;   ///< nothing was missing or out of order inside this frame
    bool has_bytes() const;  ///< false for a timing-only frame
    std::uint32_t line_bytes() const { return image.empty() ? 0 : image[0].payload_bytes; }
};

/// Errors that a receiver sees. All zero on a clean link.
struct csi2_receiver_counts {
    std::uint64_t packets = 0, long_packets = 0, frames = 0, lines = 0;
    std::uint64_t ecc_corrected = 0;  ///< headers with one wrong bit
    std::uint64_t ecc_failed = 0;     ///< headers dropped
    std::uint64_t length_errors =
        0;                          ///< word count that differs from what came, or from the frame's
    std::uint64_t type_errors = 0;  ///< data types that are not known here, dropped
    std::uint64_t order_errors = 0;   ///< lines outside frames, start or end without its partner
    std::uint64_t number_errors = 0;  ///< frame or line numbers that do not follow
};

/// Takes packets in the order of the wire and rebuilds frames. Headers are checked at once, on the
/// caller's thread; payload bytes are not touched: checksums are verified when a frame is decoded,
/// on the pool. No SystemC.
class csi2_receiver {
  public:
    using on_frame = std::function<void(std::shared_ptr<const csi2_frame>)>;

    /// `finished` is called for every frame end packet, and for frames cut off by the next frame
    /// start.
    explicit csi2_receiver(on_frame finished) : finished_(std::move(finished)) {}

    void receive(const packet_info& packet);
    const csi2_receiver_counts& counts() const { return counts_; }
    /// Sum of all error counts (a corrected header is not one).
    std::uint64_t errors() const;
    /// Registers all counts as <prefix>.ecc_corrected and so on.
    void add_statistics(statistics& stats, const std::string& prefix) const;

  private:
    struct channel {
        std::shared_ptr<csi2_frame> open;
        bool seen = false;
        std::uint16_t last_number = 0;
        std::uint32_t next_line = 0;  ///< from line start packets; 0: none seen in this frame
        bool line_open = false;
    };
    void frame_start(channel& c, const csi2_header& h);
    void frame_end(channel& c, const csi2_header& h);
    void line(channel& c, const csi2_header& h, const packet_info& packet);
    void finish(channel& c);

    on_frame finished_;
    channel channels_[4];
    csi2_receiver_counts counts_;
};

/// An image rebuilt from a frame: `raw` for RAW types, `bytes` for YUV and RGB as sent.
/// Bands are verified and unpacked by the pool; a line with a wrong checksum is unpacked all the
/// same and counted.
class csi2_image {
  public:
    std::uint32_t width = 0, height = 0;  ///< pixels
    csi2_data_type type = csi2_data_type::raw10;
    std::shared_ptr<lazy_plane<std::uint16_t>> raw;
    std::shared_ptr<lazy_plane<std::uint8_t>> bytes;
    /// Lines whose checksum did not fit. Waits for all lines.
    std::uint64_t crc_errors() const;

  private:
    friend std::shared_ptr<csi2_image> decode_image(worker_pool&, std::shared_ptr<const csi2_frame>,
                                                    std::shared_ptr<csi2_image>);
    std::shared_ptr<std::atomic<std::uint64_t>> wrong_;
};

/// Starts decoding on the pool and returns at once. Null when the frame has no image or no bytes.
/// `recycled`: an image nobody else uses, whose storage is taken; or null.
std::shared_ptr<csi2_image> decode_image(worker_pool& pool, std::shared_ptr<const csi2_frame> frame,
                                         std::shared_ptr<csi2_image> recycled = {});

/// Verifies checksums only, on the pool and the caller's thread; returns the number of wrong lines.
std::uint64_t verify_lines(worker_pool& pool, const std::vector<csi2_line>& lines);

/// Appends the payload of all lines to `out`; returns the number of lines with a wrong checksum.
/// Timing-only lines append nothing.
std::uint64_t join_lines(const std::vector<csi2_line>& lines, std::vector<std::uint8_t>& out);

}  // namespace ocellus::links
