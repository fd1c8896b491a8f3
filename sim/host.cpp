// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/host.h"

#include <cstring>

namespace ocellus::sim {

host::host(sc_core::sc_module_name name, unsigned image_vc, unsigned metadata_vc,
           unsigned tensor_vc, std::function<bool(std::uint32_t)> keep, block_context& ctx)
    : sc_module(name),
      image_vc_(image_vc),
      metadata_vc_(metadata_vc),
      tensor_vc_(tensor_vc),
      keep_(std::move(keep)),
      ctx_(ctx),
      receiver_(
          [this](std::shared_ptr<const links::csi2_frame> f) { frame_arrived(std::move(f)); }) {
    packets_in.register_b_transport(this, &host::receive);
    auto& s = ctx.stats;
    receiver_.add_statistics(s, "host");
    s.add("host.images", frames_, "Image frames received.");
    s.add("host.incomplete_images", incomplete_,
          "Image frames with lines missing or out of order.");
    s.add("host.compared_images", compared_, "Images compared with what entered the transmitter.");
    s.add("host.image_mismatches", mismatches_,
          "Image rows that differ from what entered the transmitter.");
    s.add("host.crc_errors", crc_errors_, "Lines whose checksum did not fit their payload.");
    s.add("host.metadata_records", metadata_records_, "Metadata records received and decoded.");
    s.add("host.metadata_errors", metadata_errors_, "Metadata records that could not be decoded.");
}

void host::receive(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    if (const auto* packet = packet_of(p)) {
        if (packet_)
            packet_(*packet, sc_core::sc_time_stamp() + delay);
        receiver_.receive(*packet);
    }
    p.set_response_status(tlm::TLM_OK_RESPONSE);
}

void host::expect(const row_info& row) {
    if (sent_.empty() || sent_.back().frame != row.frame)
        sent_.push_back(row);
}

void host::frame_arrived(std::shared_ptr<const links::csi2_frame> f) {
    if (f->virtual_channel == image_vc_)
        image_arrived(std::move(f));
    else if (f->virtual_channel == metadata_vc_)
        metadata_arrived(*f);
    else if (f->virtual_channel == tensor_vc_)
        region_arrived(*f);
}

void host::region_arrived(const links::csi2_frame& f) {
    if (!f.has_bytes() || f.number == 0)
        return;
    std::vector<std::uint8_t> bytes;
    for (const auto& [type, line] : f.region) {
        crc_errors_ += !line.crc_fits();
        bytes.insert(bytes.end(), line.payload(), line.payload() + line.payload_bytes);
    }
    // The form in which the public driver asks for them: all as embedded data.
    if (f.region.empty())
        crc_errors_ += links::join_lines(f.embedded, bytes);
    // Frames count 1 .. 65535 on the wire.
    const std::uint32_t frame = f.number - 1u;
    if (keep_(frame))
        regions_[frame] = std::move(bytes);
}

void host::image_arrived(std::shared_ptr<const links::csi2_frame> f) {
    pending p;
    p.frame = static_cast<std::uint32_t>(frames_++);
    if (!sent_.empty()) {  // frames reach the wire in the order in which their first rows came
        p.sent = sent_.front();
        p.frame = p.sent.frame;
        sent_.pop_front();
    }
    const bool whole = f->complete && f->image.size() == p.sent.height;
    if (remembers_ && whole && f->has_bytes()) {
        last_frame_ = p.frame;
        last_sent_ = p.sent;
        last_packets_ = f;
    }
    incomplete_ += whole ? 0 : 1;
    if (!f->has_bytes())
        return;
    for (const auto& l : f->embedded)
        crc_errors_ += !l.crc_fits();
    // One frame at most is being decoded: more would only hold memory.
    settle(0);
    p.packets = f;
    p.image = links::decode_image(ctx_.pool, f, std::move(spare_));
    spare_ = nullptr;
    if (p.image && whole && (p.sent.raw || p.sent.bytes)) {
        p.compared = true;
        p.differing = std::make_shared<std::uint64_t>(0);
        p.work = ctx_.pool.submit([image = p.image, sent = p.sent, differing = p.differing] {
            for (std::uint32_t y = 0; y < image->height; ++y) {
                const bool same =
                    image->raw ? sent.raw && std::memcmp(image->raw->row(y), sent.raw->row(y),
                                                         std::size_t{image->width} * 2) == 0
                               : sent.bytes && image->bytes &&
                                     std::memcmp(image->bytes->row(y), sent.bytes->row(y),
                                                 image->bytes->width()) == 0;
                *differing += same ? 0 : 1;
            }
        });
    }
    pending_.push_back(std::move(p));
}

std::optional<host::raw_image> host::last_image() const {
    if (!last_packets_)
        return std::nullopt;
    raw_image out;
    out.frame = last_frame_;
    out.width = last_sent_.width;
    out.height = last_sent_.height;
    out.format = last_sent_.format == row_format::yuv422   ? "yuv422"
                 : last_sent_.format == row_format::yuv420 ? "yuv420"
                 : last_sent_.format == row_format::rgb888
                     ? "rgb888"
                     : "raw" + std::to_string(last_sent_.bits);
    for (const auto& l : last_packets_->image)
        out.bytes.append(reinterpret_cast<const char*>(l.payload()), l.payload_bytes);
    return out;
}

void host::settle(std::size_t at_most) {
    while (pending_.size() > at_most) {
        pending p = std::move(pending_.front());
        pending_.pop_front();
        p.work.wait();
        if (p.compared) {
            ++compared_;
            mismatches_ += *p.differing;
        }
        if (p.image)
            crc_errors_ += p.image->crc_errors();
        if (keep_(p.frame))
            kept_.push_back({p.frame, p.sent.flips, p.image, p.packets});
        else
            spare_ = std::move(p.image);
    }
}

void host::metadata_arrived(const links::csi2_frame& f) {
    std::vector<std::uint8_t> bytes;
    if (!f.has_bytes())
        return;  // timing only: the record's bytes were not moved
    crc_errors_ += links::join_lines(f.embedded, bytes);
    metadata_record record;
    std::string why;
    if (!decode(bytes, record, why)) {
        ++metadata_errors_;
        return;
    }
    ++metadata_records_;
    metadata_[record.frame] = record;
}

void host::finish() {
    settle(0);
}

}  // namespace ocellus::sim
