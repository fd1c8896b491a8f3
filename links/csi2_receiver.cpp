// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/csi2_receiver.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ocellus::links {

bool csi2_line::crc_fits() const {
    const std::uint8_t* p = payload();
    const unsigned sent = p[payload_bytes] | (unsigned{p[payload_bytes + 1]} << 8);
    return csi2_crc(p, payload_bytes) == sent;
}

bool csi2_frame::has_bytes() const {
    for (const auto& l : image)
        if (!l.bytes)
            return false;
    for (const auto& l : embedded)
        if (!l.bytes)
            return false;
    for (const auto& l : region)
        if (!l.second.bytes)
            return false;
    return true;
}

std::uint64_t csi2_receiver::errors() const {
    const auto& c = counts_;
    return c.ecc_failed + c.length_errors + c.type_errors + c.order_errors + c.number_errors;
}

void csi2_receiver::add_statistics(statistics& stats, const std::string& prefix) const {
    const auto& c = counts_;
    stats.add(prefix + ".packets", c.packets, "CSI-2 packets received.");
    stats.add(prefix + ".long_packets", c.long_packets, "Long CSI-2 packets received.");
    stats.add(prefix + ".frames", c.frames, "CSI-2 frames received, of all virtual channels.");
    stats.add(prefix + ".lines", c.lines, "Lines received, of all virtual channels.");
    stats.add(prefix + ".ecc_corrected", c.ecc_corrected, "Headers with one wrong bit, corrected.");
    stats.add(prefix + ".ecc_failed", c.ecc_failed,
              "Headers with more wrong bits; packet dropped.");
    stats.add(prefix + ".length_errors", c.length_errors,
              "Packets whose word count differs from their length or from their frame's lines.");
    stats.add(prefix + ".type_errors", c.type_errors, "Packets of unknown data type, dropped.");
    stats.add(prefix + ".order_errors", c.order_errors,
              "Lines outside frames, and frame or line starts and ends without partner.");
    stats.add(prefix + ".number_errors", c.number_errors,
              "Frame or line numbers that do not follow the one before.");
}

void csi2_receiver::receive(const packet_info& packet) {
    ++counts_.packets;
    csi2_header h;
    switch (decode_header(packet.header, h)) {
        case header_check::good:
            break;
        case header_check::corrected:
            ++counts_.ecc_corrected;
            break;
        case header_check::uncorrectable:
            ++counts_.ecc_failed;
            if (channels_[packet.header[0] >> 6].open)
                channels_[packet.header[0] >> 6].open->complete = false;
            return;
    }
    auto& c = channels_[h.virtual_channel];
    if (is_short(h.type) == packet.is_long) {
        ++counts_.length_errors;
        return;
    }
    if (!is_short(h.type))
        return line(c, h, packet);
    switch (h.type) {
        case csi2_data_type::frame_start:
            return frame_start(c, h);
        case csi2_data_type::frame_end:
            return frame_end(c, h);
        case csi2_data_type::line_start:
            if (!c.open || c.line_open)
                ++counts_.order_errors;
            // Lines may be missing, but never come twice or backwards.
            if (h.value != 0 && h.value < c.next_line)
                ++counts_.number_errors;
            c.next_line = std::uint32_t{h.value} + 1;
            c.line_open = true;
            return;
        case csi2_data_type::line_end:
            if (!c.open || !c.line_open)
                ++counts_.order_errors;
            else if (c.next_line != std::uint32_t{h.value} + 1)
                ++counts_.number_errors;
            c.line_open = false;
            return;
        default:
            ++counts_.type_errors;
    }
}

void csi2_receiver::finish(channel& c) {
    ++counts_.frames;
    auto frame = std::move(c.open);
    c.open.reset();
    if (finished_)
        finished_(std::move(frame));
}

void csi2_receiver::frame_start(channel& c, const csi2_header& h) {
    if (c.open) {
        ++counts_.order_errors;
        c.open->complete = false;
        finish(c);
    }
    // Numbers count up by one and start again at 1; 0 means that the sender does not count.
    if (c.seen && h.value != 0 && h.value != 1 &&
        h.value != static_cast<std::uint16_t>(c.last_number + 1))
        ++counts_.number_errors;
    c.seen = true;
    c.last_number = h.value;
    c.next_line = 0;
    c.line_open = false;
    c.open = std::make_shared<csi2_frame>();
    c.open->virtual_channel = h.virtual_channel;
    c.open->number = h.value;
    c.open->complete = true;
}

void csi2_receiver::frame_end(channel& c, const csi2_header& h) {
    if (!c.open) {
        ++counts_.order_errors;
        return;
    }
    if (c.open->number != h.value) {
        ++counts_.number_errors;
        c.open->complete = false;
    }
    finish(c);
}

void csi2_receiver::line(channel& c, const csi2_header& h, const packet_info& packet) {
    ++counts_.long_packets;
    if (!c.open) {
        ++counts_.order_errors;
        return;
    }
    const bool embedded = h.type == csi2_data_type::embedded, region = is_region_line(h.type);
    switch (h.type) {
        case csi2_data_type::embedded:
        case csi2_data_type::yuv420_8:
        case csi2_data_type::yuv422_8:
        case csi2_data_type::rgb888:
        case csi2_data_type::raw8:
        case csi2_data_type::raw10:
        case csi2_data_type::raw12:
        case csi2_data_type::raw14:
            break;
        default:
            if (region)
                break;
            ++counts_.type_errors;
            c.open->complete = false;
            return;
    }
    auto& frame = *c.open;
    const bool fits =
        h.value == packet.payload_bytes &&
        (!packet.bytes || packet.bytes->width() >= packet.payload_bytes + 2) &&
        (embedded || region || frame.image.empty() ||
         (h.type == frame.image_type &&
          (h.value == frame.line_bytes() ||
           (h.type == csi2_data_type::yuv420_8 &&
            (h.value == 2 * frame.line_bytes() || 2u * h.value == frame.line_bytes())))));
    if (!fits) {
        ++counts_.length_errors;
        frame.complete = false;
        return;
    }
    ++counts_.lines;
    if (embedded) {
        frame.embedded.push_back({packet.bytes, packet.bytes_row, packet.payload_bytes});
        return;
    }
    if (region) {
        // All lines of a region have one length.
        if (!frame.region.empty() && frame.region[0].second.payload_bytes != h.value) {
            ++counts_.length_errors;
            frame.complete = false;
        }
        frame.region.emplace_back(h.type,
                                  csi2_line{packet.bytes, packet.bytes_row, packet.payload_bytes});
        return;
    }
    if (frame.image.empty()) {
        frame.image_type = h.type;
        if (packet.bytes)
            frame.image.reserve(packet.bytes->height());
    }
    frame.image.push_back({packet.bytes, packet.bytes_row, packet.payload_bytes});
}

std::uint64_t csi2_image::crc_errors() const {
    if (raw)
        raw->all();
    if (bytes)
        bytes->all();
    return wrong_ ? wrong_->load() : 0;
}

std::shared_ptr<csi2_image> decode_image(worker_pool& pool, std::shared_ptr<const csi2_frame> frame,
                                         std::shared_ptr<csi2_image> recycled) {
    if (!frame || frame->image.empty())
        return nullptr;
    for (const auto& l : frame->image)
        if (!l.bytes)
            return nullptr;
    auto image = std::make_shared<csi2_image>();
    image->type = frame->image_type;
    image->height = static_cast<std::uint32_t>(frame->image.size());
    image->wrong_ = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::uint32_t line_bytes = frame->line_bytes();
    const unsigned band = frame->image[0].bytes->rows_per_band();
    auto wrong = image->wrong_;
    const bool halves = image->type == csi2_data_type::yuv420_8;
    if (halves)
        for (const auto& l : frame->image)
            line_bytes = std::max(line_bytes, l.payload_bytes);
    if (halves || image->type == csi2_data_type::yuv422_8 ||
        image->type == csi2_data_type::rgb888) {
        image->width = line_bytes / (image->type == csi2_data_type::rgb888 ? 3 : 2);
        image->bytes = lazy_plane<std::uint8_t>::start(
            pool, line_bytes, image->height, band,
            [frame, wrong, line_bytes](plane<std::uint8_t>& out, unsigned first, unsigned last) {
                for (unsigned y = first; y < last; ++y) {
                    const auto& l = frame->image[y];
                    std::memcpy(out.row(y), l.payload(), l.payload_bytes);
                    std::fill(out.row(y) + l.payload_bytes, out.row(y) + line_bytes,
                              std::uint8_t{0});
                    if (!l.crc_fits())
                        wrong->fetch_add(1, std::memory_order_relaxed);
                }
            },
            recycled && recycled->bytes ? recycled->bytes->recycle() : plane<std::uint8_t>());
        return image;
    }
    image->width = raw_row_pixels(image->type, line_bytes);
    image->raw = lazy_plane<std::uint16_t>::start(
        pool, image->width, image->height, band,
        [frame, wrong, type = image->type, width = image->width](plane<std::uint16_t>& out,
                                                                 unsigned first, unsigned last) {
            for (unsigned y = first; y < last; ++y) {
                const auto& l = frame->image[y];
                unpack_raw_row(type, l.payload(), width, out.row(y));
                if (!l.crc_fits())
                    wrong->fetch_add(1, std::memory_order_relaxed);
            }
        },
        recycled && recycled->raw ? recycled->raw->recycle() : plane<std::uint16_t>());
    return image;
}

std::uint64_t verify_lines(worker_pool& pool, const std::vector<csi2_line>& lines) {
    std::atomic<std::uint64_t> wrong{0};
    pool.parallel_for(lines.size(), 64, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            if (lines[i].bytes && !lines[i].crc_fits())
                wrong.fetch_add(1, std::memory_order_relaxed);
    });
    return wrong.load();
}

std::uint64_t join_lines(const std::vector<csi2_line>& lines, std::vector<std::uint8_t>& out) {
    std::uint64_t wrong = 0;
    for (const auto& l : lines) {
        if (!l.bytes)
            continue;
        const std::uint8_t* p = l.payload();
        out.insert(out.end(), p, p + l.payload_bytes);
        if (!l.crc_fits())
            ++wrong;
    }
    return wrong;
}

}  // namespace ocellus::links
