// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/packet_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

constexpr std::uint32_t magic = 0xa1b23c4d;  // nanoseconds
constexpr std::uint32_t longest = 1u << 18;
constexpr std::uint32_t link_type = 147;  // LINKTYPE_USER0

void put(std::string& out, std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
        out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

packet_file::packet_file(const std::string& path) : path_(path) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const bool regular = !fs::exists(path, ignored) || fs::is_regular_file(path, ignored);
    if (regular)
        partial_ = path + ".partial." + std::to_string(getpid());
    file_ = std::make_unique<output_file>(regular ? partial_ : path, path);
    std::string header;
    put(header, magic, 4);
    put(header, 2, 2);
    put(header, 4, 2);
    put(header, 0, 8);
    put(header, longest, 4);
    put(header, link_type, 4);
    file_->write(header);
}

packet_file::~packet_file() {
    file_.reset();
    if (!finished_ && !partial_.empty())
        std::remove(partial_.c_str());
}

void packet_file::take(const packet_info& packet, const sc_core::sc_time& left) {
    waiting_.push_back({packet, left.value() / sc_core::sc_time(1, sc_core::SC_NS).value()});
    ++packets_;
    constexpr std::uint8_t frame_end = 1, type_bits = 0x3f;
    if (!packet.is_long && (packet.header[0] & type_bits) == frame_end)
        drain();
}

void packet_file::drain() {
    constexpr std::uint64_t second = 1'000'000'000;
    std::string record;
    for (; !waiting_.empty(); waiting_.pop_front()) {
        const auto& [p, at] = waiting_.front();
        const std::uint32_t n = p.wire_bytes();
        record.clear();
        put(record, at / second, 4);
        put(record, at % second, 4);
        put(record, n, 4);
        put(record, n, 4);
        record.append(reinterpret_cast<const char*>(p.header), 4);
        if (p.is_long)
            record.append(reinterpret_cast<const char*>(p.bytes->row(p.bytes_row)),
                          p.payload_bytes + 2);
        file_->write(record);
    }
}

void packet_file::finish() {
    drain();
    file_->close();
    finished_ = true;
    if (!partial_.empty() && std::rename(partial_.c_str(), path_.c_str()) != 0) {
        const int why = errno;
        std::remove(partial_.c_str());
        throw input_error(exit_code::io,
                          "error: cannot write '" + path_ + "': " + std::strerror(why));
    }
}

}  // namespace ocellus::sim
