// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/metadata_record.h"

#include <algorithm>
#include <cmath>

namespace ocellus::sim {
namespace {

constexpr std::size_t head_bytes = 64;
constexpr std::size_t finding_bytes = 20;
constexpr std::uint8_t magic[4] = {'O', 'C', 'M', 'D'};

void put(std::vector<std::uint8_t>& out, std::size_t at, std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
        out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t get(const std::vector<std::uint8_t>& in, std::size_t at, unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i)
        value |= std::uint64_t{in[at + i]} << (8 * i);
    return value;
}

std::uint16_t fraction(float v) {
    const float clamped = std::min(1.0f, std::max(0.0f, v));
    return static_cast<std::uint16_t>(std::floor(clamped * 65535.0f + 0.5f));
}

std::uint32_t checksum(const std::vector<std::uint8_t>& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (i < 56 || i >= 60)
            sum += bytes[i];
    return sum;
}

}  // namespace

std::size_t record_bytes(unsigned capacity) {
    return head_bytes + finding_bytes * capacity;
}

std::vector<std::uint8_t> encode(const metadata_record& record, unsigned capacity) {
    std::vector<std::uint8_t> out(record_bytes(capacity), 0);
    const std::size_t count = std::min<std::size_t>(record.findings.size(), capacity);
    std::copy(std::begin(magic), std::end(magic), out.begin());
    put(out, 4, 1, 2);
    put(out, 6, static_cast<std::uint64_t>(record.what), 2);
    put(out, 8, record.frame, 4);
    put(out, 12, count, 2);
    put(out, 14, capacity, 2);
    put(out, 16, record.frame_start_ns, 8);
    put(out, 24, record.tensor_ready_ns, 8);
    put(out, 32, record.inference_start_ns, 8);
    put(out, 40, record.inference_end_ns, 8);
    put(out, 48, record.inference_cycles, 4);
    put(out, 52, record.network, 4);
    for (std::size_t i = 0; i < count; ++i) {
        const finding& f = record.findings[i];
        const std::size_t at = head_bytes + finding_bytes * i;
        put(out, at, f.class_id, 2);
        put(out, at + 4, fraction(f.score), 2);
        put(out, at + 6, fraction(f.left), 2);
        put(out, at + 8, fraction(f.top), 2);
        put(out, at + 10, fraction(f.right), 2);
        put(out, at + 12, fraction(f.bottom), 2);
    }
    put(out, 56, checksum(out), 4);
    return out;
}

bool decode(const std::vector<std::uint8_t>& bytes, metadata_record& record, std::string& why) {
    if (bytes.size() < head_bytes ||
        !std::equal(std::begin(magic), std::end(magic), bytes.begin())) {
        why = "not a metadata record";
        return false;
    }
    const auto capacity = static_cast<unsigned>(get(bytes, 14, 2));
    const auto count = static_cast<unsigned>(get(bytes, 12, 2));
    if (get(bytes, 4, 2) != 1 || bytes.size() < record_bytes(capacity) || count > capacity) {
        why = "metadata record of an unknown version or size";
        return false;
    }
    const std::vector<std::uint8_t> exact(
        bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(record_bytes(capacity)));
    if (checksum(exact) != get(bytes, 56, 4)) {
        why = "metadata record with a wrong checksum";
        return false;
    }
    record = {};
    record.what = static_cast<metadata_record::kind>(get(bytes, 6, 2));
    record.frame = static_cast<std::uint32_t>(get(bytes, 8, 4));
    record.frame_start_ns = get(bytes, 16, 8);
    record.tensor_ready_ns = get(bytes, 24, 8);
    record.inference_start_ns = get(bytes, 32, 8);
    record.inference_end_ns = get(bytes, 40, 8);
    record.inference_cycles = static_cast<std::uint32_t>(get(bytes, 48, 4));
    record.network = static_cast<std::uint32_t>(get(bytes, 52, 4));
    for (unsigned i = 0; i < count; ++i) {
        const std::size_t at = head_bytes + finding_bytes * i;
        const auto value = [&](std::size_t offset) {
            return static_cast<float>(get(bytes, at + offset, 2)) / 65535.0f;
        };
        finding f;
        f.class_id = static_cast<std::uint16_t>(get(bytes, at, 2));
        f.score = value(4);
        f.left = value(6);
        f.top = value(8);
        f.right = value(10);
        f.bottom = value(12);
        record.findings.push_back(f);
    }
    return true;
}

}  // namespace ocellus::sim
