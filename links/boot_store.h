// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "links/boot_image.h"

namespace ocellus::links {

/// Thrown by a flash whose power fails: the byte that was being programmed is undefined, the others
/// keep what they have.
struct power_cut {};

/// Bytes of NOR flash: erased they are 0xFF, programming clears bits, a sector is erased at once.
/// Each programmed byte and each erased sector is a step at which power may fail.
class boot_flash {
  public:
    static constexpr std::size_t sector_bytes = 4096;

    explicit boot_flash(std::size_t bytes) : bytes_(bytes, 0xFF) {}
    const byte_string& bytes() const { return bytes_; }
    /// Power fails at the step `n` from now, counted from 0.
    void cut_after(std::uint64_t n) { left_ = n; }
    void power_up() { left_.reset(); }
    std::uint64_t steps() const { return steps_; }
    void program(std::size_t at, const std::uint8_t* bytes, std::size_t count);
    void erase(std::size_t first, std::size_t count);

  private:
    bool dies();
    byte_string bytes_;
    std::optional<std::uint64_t> left_;
    std::uint64_t steps_ = 0;
};

/// Two slots of firmware or network in flash and the counter against rollback. A new image goes
/// into the slot that is not in use; its header is programmed last and makes it valid, so at every
/// byte one of the two is whole. A slot holds its image as it was signed, and is checked again when
/// it is read.
///
///     slot        header (sequence, bytes, SHA-256 of both and of the image), then the image
///     counter     one bit for each security version, cleared and never set again
class boot_store {
  public:
    /// `flash` has counter sector and two slots of equal size.
    boot_store(boot_flash& flash, image_kind kind, const std::array<std::uint8_t, 32>& public_half);

    struct stored {
        unsigned slot = 0;
        image_manifest manifest;
        byte_string payload;
    };
    /// The newest slot that is whole and genuine; nothing when there is none.
    std::optional<stored> boot();
    /// A lower security version is refused.
    std::uint32_t least_security_version() const;
    /// Installs an image that image_reader has accepted. False when it does not fit or flash fails
    /// to hold it.
    bool install(const byte_string& image);
    /// Nothing is left to boot; the counter stays.
    void erase() { flash_.erase(boot_flash::sector_bytes, 2 * slot_bytes_); }
    std::size_t room() const { return slot_bytes_ - header_bytes; }

  private:
    static constexpr std::size_t header_bytes = 64;
    std::size_t start_of(unsigned slot) const {
        return boot_flash::sector_bytes + slot * slot_bytes_;
    }
    std::optional<std::uint32_t> sequence_of(unsigned slot) const;
    std::optional<stored> read(unsigned slot) const;
    void raise(std::uint32_t security_version);

    boot_flash& flash_;
    image_kind kind_;
    std::array<std::uint8_t, 32> key_;
    std::size_t slot_bytes_;
};

}  // namespace ocellus::links
