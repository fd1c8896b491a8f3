// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "core/random.h"
#include "links/csi2_receiver.h"

using namespace ocellus;
using namespace ocellus::links;

namespace {

constexpr unsigned width = 40, height = 12;

packet_info short_packet(unsigned vc, csi2_data_type t, unsigned value) {
    packet_info p;
    encode_header({static_cast<std::uint8_t>(vc), t, static_cast<std::uint16_t>(value)}, p.header);
    return p;
}

packet_info long_packet(unsigned vc, csi2_data_type t, unsigned bytes,
                        std::shared_ptr<const lazy_plane<std::uint8_t>> rows, unsigned row) {
    packet_info p = short_packet(vc, t, bytes);
    p.is_long = true;
    p.payload_bytes = bytes;
    p.bytes = std::move(rows);
    p.bytes_row = row;
    return p;
}

std::uint16_t pixel(unsigned x, unsigned y, unsigned frame) {
    return static_cast<std::uint16_t>((x * 37 + y * 101 + frame * 13) & 0x3FF);
}

/// Packed rows with their checksum; bit `flip` of row `flip_row` is inverted afterwards.
std::shared_ptr<lazy_plane<std::uint8_t>> rows_of(worker_pool& pool, unsigned frame,
                                                  unsigned flip_row = height, unsigned flip = 0) {
    const unsigned n = raw_row_bytes(csi2_data_type::raw10, width);
    return lazy_plane<std::uint8_t>::start(
        pool, n + 2, height, 5, [=](plane<std::uint8_t>& out, unsigned first, unsigned last) {
            for (unsigned y = first; y < last; ++y) {
                std::vector<std::uint16_t> line(width);
                for (unsigned x = 0; x < width; ++x)
                    line[x] = pixel(x, y, frame);
                std::uint8_t* b = out.row(y);
                pack_raw_row(csi2_data_type::raw10, line.data(), width, b);
                const unsigned crc = csi2_crc(b, n);
                b[n] = static_cast<std::uint8_t>(crc & 255);
                b[n + 1] = static_cast<std::uint8_t>(crc >> 8);
                if (y == flip_row)
                    b[flip / 8] = static_cast<std::uint8_t>(b[flip / 8] ^ (1u << (flip % 8)));
            }
        });
}

struct collected {
    std::vector<std::shared_ptr<const csi2_frame>> frames;
    csi2_receiver receiver{
        [this](std::shared_ptr<const csi2_frame> f) { frames.push_back(std::move(f)); }};
};

std::vector<packet_info> frame_packets(worker_pool& pool, unsigned frame) {
    std::vector<packet_info> p;
    auto rows = rows_of(pool, frame);
    p.push_back(short_packet(0, csi2_data_type::frame_start, frame + 1));
    for (unsigned y = 0; y < height; ++y)
        p.push_back(long_packet(0, csi2_data_type::raw10, 50, rows, y));
    p.push_back(short_packet(0, csi2_data_type::frame_end, frame + 1));
    return p;
}

}  // namespace

TEST_CASE("frames come back bit for bit for any number of threads") {
    for (unsigned threads : {0u, 1u, 4u}) {
        worker_pool pool(threads);
        collected c;
        std::shared_ptr<csi2_image> image;
        for (unsigned f = 0; f < 3; ++f) {
            for (const auto& p : frame_packets(pool, f))
                c.receiver.receive(p);
            REQUIRE(c.frames.size() == f + 1);
            const auto& frame = c.frames.back();
            CHECK(frame->complete);
            CHECK(frame->number == f + 1);
            image = decode_image(pool, frame, image);
            REQUIRE(image);
            CHECK(image->width == width);
            CHECK(image->height == height);
            CHECK(image->crc_errors() == 0);
            for (unsigned y = 0; y < height; ++y)
                for (unsigned x = 0; x < width; ++x)
                    REQUIRE(image->raw->row(y)[x] == pixel(x, y, f));
            CHECK(verify_lines(pool, frame->image) == 0);
        }
        CHECK(c.receiver.errors() == 0);
        CHECK(c.receiver.counts().lines == 3 * height);
    }
}

TEST_CASE("any wrong payload or checksum bit is seen") {
    worker_pool pool(2);
    for (unsigned bit = 0; bit < 52 * 8; bit += 3) {
        auto rows = rows_of(pool, 0, 7, bit);
        std::vector<csi2_line> lines;
        for (unsigned y = 0; y < height; ++y)
            lines.push_back({rows, y, 50});
        REQUIRE(verify_lines(pool, lines) == 1);
        std::vector<std::uint8_t> bytes;
        REQUIRE(join_lines(lines, bytes) == 1);
        REQUIRE(bytes.size() == 50 * height);
        auto frame = std::make_shared<csi2_frame>();
        frame->image = lines;
        frame->image_type = csi2_data_type::raw10;
        REQUIRE(decode_image(pool, frame)->crc_errors() == 1);
    }
}

TEST_CASE("one wrong header bit costs nothing, two cost the packet") {
    worker_pool pool(0);
    collected c;
    auto packets = frame_packets(pool, 0);
    for (std::size_t i = 0; i < packets.size(); ++i)
        packets[i].header[i % 4] =
            static_cast<std::uint8_t>(packets[i].header[i % 4] ^ (1u << (i % 8)));
    for (const auto& p : packets)
        c.receiver.receive(p);
    REQUIRE(c.frames.size() == 1);
    CHECK(c.frames[0]->complete);
    CHECK(c.frames[0]->image.size() == height);
    CHECK(c.receiver.counts().ecc_corrected == height + 2);
    CHECK(c.receiver.errors() == 0);

    packets = frame_packets(pool, 1);
    packets[4].header[1] ^= 0x81;
    for (const auto& p : packets)
        c.receiver.receive(p);
    REQUIRE(c.frames.size() == 2);
    CHECK_FALSE(c.frames[1]->complete);
    CHECK(c.frames[1]->image.size() == height - 1);
    CHECK(c.receiver.counts().ecc_failed == 1);
}

TEST_CASE("order, numbers, lengths and types are checked") {
    worker_pool pool(0);
    auto rows = rows_of(pool, 0);
    collected c;
    auto& r = c.receiver;
    const auto& n = r.counts();

    r.receive(long_packet(0, csi2_data_type::raw10, 50, rows, 0));  // outside a frame
    CHECK(n.order_errors == 1);
    r.receive(short_packet(0, csi2_data_type::frame_end, 1));  // without start
    CHECK(n.order_errors == 2);
    r.receive(short_packet(0, csi2_data_type::frame_start, 1));
    r.receive(short_packet(0, csi2_data_type::frame_start, 2));  // without end
    CHECK(n.order_errors == 3);
    REQUIRE(c.frames.size() == 1);
    CHECK_FALSE(c.frames[0]->complete);
    r.receive(long_packet(0, csi2_data_type::raw10, 50, rows, 0));
    r.receive(long_packet(0, csi2_data_type::raw10, 45, rows, 1));  // not as long as the first
    CHECK(n.length_errors == 1);
    auto cut = long_packet(0, csi2_data_type::raw10, 50, rows, 1);
    cut.payload_bytes = 40;  // shorter on the wire than its header says
    r.receive(cut);
    CHECK(n.length_errors == 2);
    r.receive(long_packet(0, static_cast<csi2_data_type>(0x3F), 50, rows, 1));
    CHECK(n.type_errors == 1);
    r.receive(short_packet(0, csi2_data_type::frame_end, 3));  // not this frame's number
    CHECK(n.number_errors == 1);
    r.receive(short_packet(0, csi2_data_type::frame_start, 4));  // 3 is missing
    CHECK(n.number_errors == 2);
    r.receive(short_packet(0, csi2_data_type::frame_end, 4));
    r.receive(short_packet(0, csi2_data_type::frame_start, 1));  // starts again
    CHECK(n.number_errors == 2);
    CHECK(r.errors() == 3 + 2 + 1 + 2);
}

TEST_CASE("virtual channels interleave without touching each other") {
    worker_pool pool(0);
    collected c;
    auto image = frame_packets(pool, 0);
    auto rows = rows_of(pool, 9);
    auto& r = c.receiver;
    for (std::size_t i = 0; i < image.size(); ++i) {
        r.receive(image[i]);
        if (i == 3)
            r.receive(short_packet(1, csi2_data_type::frame_start, 1));
        if (i > 3 && i < 6)
            r.receive(long_packet(1, csi2_data_type::embedded, i == 4 ? 50 : 20, rows, 0));
        if (i == 8)
            r.receive(short_packet(1, csi2_data_type::frame_end, 1));
    }
    REQUIRE(c.frames.size() == 2);
    CHECK(c.frames[0]->virtual_channel == 1);
    CHECK(c.frames[0]->embedded.size() == 2);
    CHECK(c.frames[0]->image.empty());
    CHECK(decode_image(pool, c.frames[0]) == nullptr);
    CHECK(c.frames[1]->image.size() == height);
    CHECK(r.errors() == 0);
}
