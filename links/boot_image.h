// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// Images that a host loads into the sensor. The framing in blocks of 1 MiB is that of the public
/// files (raspberrypi/imx500-models: header "9464", footer "3695"); what the blocks hold is our
/// own: a manifest that is signed with Ed25519 (RFC 8032, by OpenSSL) and the payload. A protocol
/// model with standard primitives, not a certified implementation.
namespace ocellus::links {

using byte_string = std::vector<std::uint8_t>;

constexpr std::size_t boot_block_bytes = std::size_t{1} << 20;  ///< of a full block, as sent
constexpr std::size_t boot_header_bytes = 32, boot_footer_bytes = 64;
constexpr std::size_t boot_body_bytes = boot_block_bytes - boot_header_bytes - boot_footer_bytes;
constexpr std::size_t boot_manifest_bytes = 128;

enum class image_kind : std::uint8_t { loader = 0, main_firmware = 1, network = 2 };

/// What an image says about itself.
struct image_manifest {
    image_kind kind = image_kind::network;
    std::uint32_t version = 1;           ///< for people and the host
    std::uint32_t security_version = 1;  ///< may never fall
    std::uint32_t payload_bytes = 0;
    std::array<std::uint8_t, 32> payload_hash{};  ///< SHA-256
};

/// Key pair of images. The public half is in the chip.
class signing_key {
  public:
    /// From 32 secret bytes.
    explicit signing_key(const std::array<std::uint8_t, 32>& secret);
    std::array<std::uint8_t, 32> public_half() const { return public_; }
    std::array<std::uint8_t, 64> sign(const byte_string& what) const;

    /// For tests and examples alone: everyone has it.
    static const signing_key& test_key();

  private:
    std::array<std::uint8_t, 32> secret_, public_;
};

/// Whether `signature` is that of `what` by the key whose public half this is.
bool is_signed(const byte_string& what, const std::array<std::uint8_t, 64>& signature,
               const std::array<std::uint8_t, 32>& public_half);

/// The file of an image: manifest and payload in framed blocks, a whole number of words long.
byte_string make_image(image_manifest m, const byte_string& payload, const signing_key& key);

/// What is wrong with an image; the numbers are the replies of the public host interface.
enum class boot_reply : std::uint8_t {
    transition_ready = 0x00,
    transition_done = 0x01,
    update_ready = 0x10,
    update_done = 0x11,
    cancelled = 0x12,
    packet_format = 0xFA,
    internal = 0xFB,
    parameter = 0xFC,
    timeout = 0xFD,
    authentication = 0xFE,
    status = 0xFF,
};

/// An image as it comes in, block after block. Nothing of it may be used before finish() is good.
class image_reader {
  public:
    image_reader(image_kind expected, const std::array<std::uint8_t, 32>& public_half,
                 std::uint32_t least_security_version);

    /// Any number of bytes. False when what has come so far is wrong, with the reply in reply().
    bool put(const std::uint8_t* bytes, std::size_t count);
    /// All has come. False when it is not an image that may be used.
    bool finish();
    boot_reply reply() const { return reply_; }
    const image_manifest& manifest() const { return manifest_; }
    const byte_string& payload() const { return payload_; }

  private:
    bool fail(boot_reply r);
    bool block();
    bool body(const std::uint8_t* bytes, std::size_t count);

    image_kind expected_;
    std::array<std::uint8_t, 32> key_;
    std::uint32_t least_;
    byte_string block_;  ///< as far as it has come
    byte_string head_;   ///< manifest and signature, as far as they have come
    byte_string payload_;
    image_manifest manifest_;
    unsigned blocks_ = 0, total_ = 0;
    bool failed_ = false;
    boot_reply reply_ = boot_reply::transition_ready;
};

}  // namespace ocellus::links
