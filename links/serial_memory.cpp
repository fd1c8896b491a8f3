// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/serial_memory.h"

#include <algorithm>
#include <string_view>

#include "core/block_file.h"

namespace ocellus::links {
namespace {

std::uint32_t checksum(const std::uint8_t* bytes, std::uint64_t count) {
    return crc32_of(std::string_view(reinterpret_cast<const char*>(bytes), count));
}

}  // namespace

void serial_image::write(std::uint64_t offset, const std::vector<std::uint8_t>& bytes) {
    if (bytes_.size() < offset + bytes.size())
        bytes_.resize(offset + bytes.size(), 0xFF);
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    pieces_.push_back({offset, bytes.size(), checksum(bytes.data(), bytes.size())});
}

bool serial_image::damage(std::uint64_t offset) {
    if (offset >= bytes_.size())
        return false;
    bytes_[offset] = static_cast<std::uint8_t>(~bytes_[offset]);
    return true;
}

std::uint64_t serial_image::damaged(std::uint64_t offset, std::uint64_t bytes) const {
    return static_cast<std::uint64_t>(
        std::count_if(pieces_.begin(), pieces_.end(), [&](const piece& p) {
            return p.offset - offset < bytes && checksum(at(p.offset), p.bytes) != p.crc;
        }));
}

}  // namespace ocellus::links
