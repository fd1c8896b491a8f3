// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/boot_image.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace ocellus::links {
namespace {

// Block header: id, size of header and body (big-endian), number and count of blocks (big-endian);
// the rest is zero. Footer: SHA-256 of header and body, zeros, id.
constexpr char header_id[] = "9464", footer_id[] = "3695", manifest_id[] = "OCIM";
constexpr std::uint8_t manifest_format = 1;
constexpr std::size_t signature_at = boot_manifest_bytes - 64;

using key_handle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using context_handle = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

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

std::array<std::uint8_t, 32> sha256(const std::uint8_t* bytes, std::size_t count) {
    std::array<std::uint8_t, 32> out{};
    SHA256(bytes, count, out.data());
    return out;
}

[[noreturn]] void broken() {
    throw std::runtime_error("OpenSSL cannot do Ed25519");
}

/// What is signed: all of the manifest before the signature.
byte_string encode(const image_manifest& m) {
    byte_string out(signature_at, 0);
    std::memcpy(out.data(), manifest_id, 4);
    out[4] = manifest_format;
    out[5] = static_cast<std::uint8_t>(m.kind);
    put32(&out[8], m.version);
    put32(&out[12], m.security_version);
    put32(&out[16], m.payload_bytes);
    std::copy(m.payload_hash.begin(), m.payload_hash.end(), out.begin() + 20);
    return out;
}

}  // namespace

signing_key::signing_key(const std::array<std::uint8_t, 32>& secret) : secret_(secret), public_{} {
    const key_handle key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret_.data(), secret_.size()),
        EVP_PKEY_free);
    std::size_t length = public_.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), public_.data(), &length) != 1)
        broken();
}

std::array<std::uint8_t, 64> signing_key::sign(const byte_string& what) const {
    const key_handle key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret_.data(), secret_.size()),
        EVP_PKEY_free);
    const context_handle context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::array<std::uint8_t, 64> out{};
    std::size_t length = out.size();
    if (!key || !context ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), out.data(), &length, what.data(), what.size()) != 1)
        broken();
    return out;
}

const signing_key& signing_key::test_key() {
    static const signing_key key([] {
        std::array<std::uint8_t, 32> secret{};
        static const char text[] = "ocellus TEST key, known to all!!";
        std::copy(text, text + secret.size(), secret.begin());
        return secret;
    }());
    return key;
}

bool is_signed(const byte_string& what, const std::array<std::uint8_t, 64>& signature,
               const std::array<std::uint8_t, 32>& public_half) {
    const key_handle key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_half.data(),
                                                     public_half.size()),
                         EVP_PKEY_free);
    const context_handle context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return key && context &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), what.data(),
                            what.size()) == 1;
}

byte_string make_image(image_manifest m, const byte_string& payload, const signing_key& key) {
    m.payload_bytes = static_cast<std::uint32_t>(payload.size());
    m.payload_hash = sha256(payload.data(), payload.size());
    byte_string content = encode(m);
    const auto signature = key.sign(content);
    content.insert(content.end(), signature.begin(), signature.end());
    content.insert(content.end(), payload.begin(), payload.end());
    content.resize((content.size() + 3) / 4 * 4, 0);  // SPI transfers are whole words
    const std::size_t blocks = (content.size() + boot_body_bytes - 1) / boot_body_bytes;
    byte_string file;
    for (std::size_t k = 0; k < blocks; ++k) {
        const std::size_t first = k * boot_body_bytes;
        const std::size_t length = std::min(boot_body_bytes, content.size() - first);
        byte_string block(boot_header_bytes, 0);
        std::memcpy(block.data(), header_id, 4);
        put32(&block[4], static_cast<std::uint32_t>(boot_header_bytes + length));
        put32(&block[8], static_cast<std::uint32_t>(k));
        put32(&block[12], static_cast<std::uint32_t>(blocks));
        const auto from = content.begin() + static_cast<std::ptrdiff_t>(first);
        block.insert(block.end(), from, from + static_cast<std::ptrdiff_t>(length));
        const auto hash = sha256(block.data(), block.size());
        block.insert(block.end(), hash.begin(), hash.end());
        block.resize(block.size() + boot_footer_bytes - hash.size() - 4, 0);
        block.insert(block.end(), footer_id, footer_id + 4);
        file.insert(file.end(), block.begin(), block.end());
    }
    return file;
}

image_reader::image_reader(image_kind expected, const std::array<std::uint8_t, 32>& public_half,
                           std::uint32_t least_security_version)
    : expected_(expected), key_(public_half), least_(least_security_version) {}

bool image_reader::fail(boot_reply r) {
    failed_ = true;
    reply_ = r;
    payload_.clear();
    return false;
}

bool image_reader::put(const std::uint8_t* bytes, std::size_t count) {
    while (count > 0 && !failed_) {
        const std::size_t wanted = block_.size() < boot_header_bytes
                                       ? boot_header_bytes
                                       : get32(&block_[4]) + boot_footer_bytes;
        const std::size_t take = std::min(count, wanted - block_.size());
        block_.insert(block_.end(), bytes, bytes + take);
        bytes += take;
        count -= take;
        if (block_.size() == boot_header_bytes) {
            const std::uint32_t size = get32(&block_[4]), number = get32(&block_[8]),
                                total = get32(&block_[12]);
            const bool last = number + 1 == total;
            if (std::memcmp(block_.data(), header_id, 4) != 0 || size <= boot_header_bytes ||
                size > boot_header_bytes + boot_body_bytes || size % 4 != 0 ||
                (!last && size != boot_header_bytes + boot_body_bytes) || number != blocks_ ||
                total <= number || (blocks_ != 0 && total != total_))
                return fail(boot_reply::packet_format);
            total_ = total;
        } else if (block_.size() > boot_header_bytes &&
                   block_.size() == get32(&block_[4]) + boot_footer_bytes && !block()) {
            return false;
        }
    }
    return !failed_;
}

bool image_reader::block() {
    const std::size_t size = block_.size() - boot_footer_bytes;
    const std::uint8_t* const footer = &block_[size];
    if (std::memcmp(footer + boot_footer_bytes - 4, footer_id, 4) != 0 ||
        std::any_of(footer + 32, footer + boot_footer_bytes - 4,
                    [](std::uint8_t b) { return b != 0; }))
        return fail(boot_reply::packet_format);
    const auto hash = sha256(block_.data(), size);
    if (!std::equal(hash.begin(), hash.end(), footer))
        return fail(boot_reply::authentication);
    ++blocks_;
    const byte_string whole = std::move(block_);
    block_.clear();
    return body(&whole[boot_header_bytes], size - boot_header_bytes);
}

bool image_reader::body(const std::uint8_t* bytes, std::size_t count) {
    const std::size_t head = std::min(count, boot_manifest_bytes - head_.size());
    head_.insert(head_.end(), bytes, bytes + head);
    bytes += head;
    count -= head;
    if (head > 0 && head_.size() == boot_manifest_bytes) {
        const byte_string said(head_.begin(), head_.begin() + signature_at);
        std::array<std::uint8_t, 64> signature{};
        std::copy(head_.begin() + signature_at, head_.end(), signature.begin());
        // Who wrote it comes first: nothing unauthenticated is interpreted.
        if (!is_signed(said, signature, key_))
            return fail(boot_reply::authentication);
        manifest_.kind = static_cast<image_kind>(said[5]);
        manifest_.version = get32(&said[8]);
        manifest_.security_version = get32(&said[12]);
        manifest_.payload_bytes = get32(&said[16]);
        std::copy(said.begin() + 20, said.begin() + 52, manifest_.payload_hash.begin());
        if (std::memcmp(said.data(), manifest_id, 4) != 0 || said[4] != manifest_format ||
            manifest_.kind != expected_ || manifest_.security_version < least_)
            return fail(boot_reply::parameter);
    }
    const std::size_t room =
        head_.size() == boot_manifest_bytes
            ? (std::size_t{manifest_.payload_bytes} + 3) / 4 * 4 - payload_.size()
            : 0;
    if (count > room)
        return fail(boot_reply::packet_format);
    payload_.insert(payload_.end(), bytes, bytes + count);
    return true;
}

bool image_reader::finish() {
    if (failed_)
        return false;
    if (!block_.empty() || blocks_ == 0 || blocks_ != total_ ||
        head_.size() != boot_manifest_bytes || payload_.size() < manifest_.payload_bytes)
        return fail(boot_reply::packet_format);
    payload_.resize(manifest_.payload_bytes);
    if (sha256(payload_.data(), payload_.size()) != manifest_.payload_hash)
        return fail(boot_reply::authentication);
    return true;
}

}  // namespace ocellus::links
