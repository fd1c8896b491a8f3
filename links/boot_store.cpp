// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/boot_store.h"

#include <openssl/sha.h>

#include <algorithm>
#include <stdexcept>

namespace ocellus::links {
namespace {

void put32(std::uint8_t* to, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i)
        to[i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
}

std::uint32_t get32(const std::uint8_t* from) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i)
        value = value << 8 | from[i];
    return value;
}

/// SHA-256 of sequence, length and image.
std::array<std::uint8_t, 32> seal(const std::uint8_t* first_eight, const std::uint8_t* image,
                                  std::size_t count) {
    byte_string all(first_eight, first_eight + 8);
    all.insert(all.end(), image, image + count);
    std::array<std::uint8_t, 32> out{};
    SHA256(all.data(), all.size(), out.data());
    return out;
}

}  // namespace

bool boot_flash::dies() {
    ++steps_;
    if (!left_)
        return false;
    if (*left_ == 0)
        return true;
    --*left_;
    return false;
}

void boot_flash::program(std::size_t at, const std::uint8_t* bytes, std::size_t count) {
    if (at > bytes_.size() || count > bytes_.size() - at)
        throw std::logic_error("flash: programming outside");
    for (std::size_t i = 0; i < count; ++i) {
        if (dies()) {
            bytes_[at + i] &= static_cast<std::uint8_t>(bytes[i] | 0x55u);  // some of its bits
            throw power_cut{};
        }
        bytes_[at + i] &= bytes[i];
    }
}

void boot_flash::erase(std::size_t first, std::size_t count) {
    if (first % sector_bytes != 0 || count % sector_bytes != 0 || first > bytes_.size() ||
        count > bytes_.size() - first)
        throw std::logic_error("flash: erasing outside");
    for (std::size_t at = first; at < first + count; at += sector_bytes) {
        const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(at);
        if (dies()) {
            std::fill(begin, begin + sector_bytes / 2, std::uint8_t{0xFF});
            throw power_cut{};
        }
        std::fill(begin, begin + sector_bytes, std::uint8_t{0xFF});
    }
}

boot_store::boot_store(boot_flash& flash, image_kind kind,
                       const std::array<std::uint8_t, 32>& public_half)
    : flash_(flash),
      kind_(kind),
      key_(public_half),
      slot_bytes_((flash.bytes().size() / boot_flash::sector_bytes - 1) / 2 *
                  boot_flash::sector_bytes) {
    if (flash.bytes().size() < 3 * boot_flash::sector_bytes)
        throw std::logic_error("flash: too small for two slots");
}

std::optional<std::uint32_t> boot_store::sequence_of(unsigned slot) const {
    const std::uint8_t* const header = &flash_.bytes()[start_of(slot)];
    const std::uint32_t size = get32(header + 4);
    if (size > room())
        return std::nullopt;
    const auto hash = seal(header, header + header_bytes, size);
    if (!std::equal(hash.begin(), hash.end(), header + 8))
        return std::nullopt;
    return get32(header);
}

std::optional<boot_store::stored> boot_store::read(unsigned slot) const {
    if (!sequence_of(slot))
        return std::nullopt;
    const std::uint8_t* const header = &flash_.bytes()[start_of(slot)];
    image_reader reader(kind_, key_, least_security_version());
    if (!reader.put(header + header_bytes, get32(header + 4)) || !reader.finish())
        return std::nullopt;
    return stored{slot, reader.manifest(), reader.payload()};
}

std::uint32_t boot_store::least_security_version() const {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < boot_flash::sector_bytes; ++i)
        for (unsigned b = 0; b < 8; ++b)
            bits += (flash_.bytes()[i] >> b & 1u) == 0;
    return bits;
}

/// One bit after the other, the lowest first: a power cut leaves a count between the two.
void boot_store::raise(std::uint32_t security_version) {
    const std::uint32_t most = 8 * boot_flash::sector_bytes;
    for (std::uint32_t n = least_security_version(); n < std::min(security_version, most); ++n) {
        const std::size_t at = n / 8;
        const auto byte = static_cast<std::uint8_t>(0xFFu << (n % 8 + 1));
        flash_.program(at, &byte, 1);
    }
}

std::optional<boot_store::stored> boot_store::boot() {
    const auto a = sequence_of(0), b = sequence_of(1);
    const unsigned first = b && (!a || *b > *a) ? 1 : 0;
    for (const unsigned slot : {first, 1 - first})
        if (auto found = read(slot)) {
            // Power may have failed between the image and its count.
            raise(found->manifest.security_version);
            return found;
        }
    return std::nullopt;
}

bool boot_store::install(const byte_string& image) {
    if (image.size() > room())
        return false;
    const auto a = sequence_of(0), b = sequence_of(1);
    const bool a_is_newer = a && (!b || *a > *b);
    const unsigned slot = a_is_newer ? 1 : 0;
    const std::uint32_t sequence = std::max(a.value_or(0), b.value_or(0)) + 1;
    flash_.erase(start_of(slot), slot_bytes_);
    flash_.program(start_of(slot) + header_bytes, image.data(), image.size());
    byte_string header(40, 0);
    put32(&header[0], sequence);
    put32(&header[4], static_cast<std::uint32_t>(image.size()));
    const auto hash = seal(header.data(), image.data(), image.size());
    std::copy(hash.begin(), hash.end(), header.begin() + 8);
    flash_.program(start_of(slot), header.data(), header.size());
    const auto installed = read(slot);
    if (!installed)
        return false;
    raise(installed->manifest.security_version);
    return true;
}

}  // namespace ocellus::links
