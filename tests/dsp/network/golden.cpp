// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "golden.h"

#include <openssl/sha.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw std::runtime_error("cannot open " + path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::uint8_t> read_bytes(const std::string& path) {
    const std::string text = read_text(path);
    return {text.begin(), text.end()};
}

std::string sha256_16(const std::uint8_t* bytes, std::size_t count) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(bytes, count, digest);
    static const char* const digits = "0123456789abcdef";
    std::string text;
    for (int i = 0; i < 8; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

namespace {

std::uint32_t little(const std::vector<std::uint8_t>& b, std::size_t at, std::size_t bytes) {
    std::uint32_t v = 0;
    for (std::size_t i = bytes; i-- > 0;)
        v = (v << 8) | b.at(at + i);
    return v;
}

std::vector<std::uint8_t> inflate_raw(const std::uint8_t* from, std::size_t count,
                                      std::size_t size) {
    std::vector<std::uint8_t> out(size);
    z_stream z{};
    z.next_in = const_cast<Bytef*>(from);
    z.avail_in = static_cast<uInt>(count);
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(size);
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        throw std::runtime_error("zlib");
    const int status = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (status != Z_STREAM_END)
        throw std::runtime_error("damaged zip entry");
    return out;
}

}  // namespace

std::map<std::string, std::vector<std::uint8_t>> read_npz(const std::string& path) {
    const std::vector<std::uint8_t> b = read_bytes(path);
    std::map<std::string, std::vector<std::uint8_t>> arrays;
    std::size_t end = b.size() - 22;
    while (little(b, end, 4) != 0x06054b50)
        --end;
    std::size_t at = little(b, end + 16, 4);
    for (std::uint32_t i = 0; i < little(b, end + 10, 2); ++i) {
        const std::uint32_t method = little(b, at + 10, 2);
        const std::uint32_t packed = little(b, at + 20, 4);
        const std::uint32_t size = little(b, at + 24, 4);
        const std::uint32_t name_length = little(b, at + 28, 2);
        const std::size_t local = little(b, at + 42, 4);
        std::string name(b.begin() + static_cast<std::ptrdiff_t>(at + 46),
                         b.begin() + static_cast<std::ptrdiff_t>(at + 46 + name_length));
        const std::size_t data = local + 30 + little(b, local + 26, 2) + little(b, local + 28, 2);
        std::vector<std::uint8_t> bytes;
        if (method == 0)
            bytes.assign(b.begin() + static_cast<std::ptrdiff_t>(data),
                         b.begin() + static_cast<std::ptrdiff_t>(data + size));
        else
            bytes = inflate_raw(b.data() + data, packed, size);
        // .npy: 6 bytes magic, 2 bytes version, then the length of a text header.
        const bool old = bytes.at(6) == 1;
        const std::size_t header = old ? 10 + little(bytes, 8, 2) : 12 + little(bytes, 8, 4);
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
        arrays[name.substr(0, name.size() - 4)] = bytes;
        at += 46 + name_length + little(b, at + 30, 2) + little(b, at + 32, 2);
    }
    return arrays;
}

std::string difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    if (a.size() != b.size())
        return std::to_string(a.size()) + " bytes against " + std::to_string(b.size());
    int count = 0;
    int largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto d = static_cast<std::int8_t>(static_cast<std::uint8_t>(a[i] - b[i]));
        count += d != 0 ? 1 : 0;
        largest = std::max(largest, std::abs(static_cast<int>(d)));
    }
    return count == 0
               ? "equal"
               : std::to_string(count) + " bytes differ, by at most " + std::to_string(largest);
}
