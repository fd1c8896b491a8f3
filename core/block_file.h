// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"
#include "core/worker_pool.h"

namespace ocellus {

/// What a container of blocks holds. Its magic number says so too.
enum class block_file_kind : std::uint32_t { output_trace = 1, input_trace = 2 };

/// One block as the index names it.
struct block_entry {
    std::string type;          ///< four characters, "EVTS"
    std::uint64_t offset = 0;  ///< of its header from the start of the file
    std::uint32_t stored = 0;  ///< bytes of its content in the file
    std::uint32_t raw = 0;     ///< bytes of its content
    std::uint32_t records = 0;
    std::uint64_t first = 0, last = 0;  ///< smallest and largest time, for blocks of events
};

/// A container of compressed, checksummed blocks, traces/FORMAT.md. All numbers are little-endian.
///
///     block_writer w(path, shown, block_file_kind::output_trace, &pool);
///     w.add("EVTS", bytes, records, first, last);
///     w.close();
///
/// Blocks are compressed by the pool and written in order. Throws input_error(io) when the disk is
/// full and the like.
class block_writer {
  public:
    /// `pool` may be null: compression happens in add().
    block_writer(const std::string& path, const std::string& shown, block_file_kind kind,
                 worker_pool* pool);
    ~block_writer();
    block_writer(const block_writer&) = delete;
    block_writer& operator=(const block_writer&) = delete;

    void add(const std::string& type, std::string bytes, std::uint32_t records = 0,
             std::uint64_t first = 0, std::uint64_t last = 0);
    /// Writes the index and brings everything to the disk. A file that was not closed is no file.
    void close();
    std::uint64_t stored_bytes() const { return offset_; }

    static constexpr std::size_t largest_block = std::size_t{64} << 20;

  private:
    struct job;
    void write_front();

    output_file file_;
    worker_pool* pool_;
    std::deque<std::shared_ptr<job>> jobs_;
    std::vector<block_entry> index_;
    std::uint64_t offset_ = 0;
    std::uint32_t number_ = 0;
};

/// Reads such a file. Every mistake of it, cut short at any byte included, is an
/// input_error(exit_code::usage) that names the file and the place.
class block_reader {
  public:
    block_reader(const std::string& path, block_file_kind kind);

    const std::string& path() const { return path_; }
    const std::vector<block_entry>& blocks() const { return index_; }
    /// The only block of a type. Throws when there is none.
    const block_entry& only(const std::string& type) const;
    /// A block's content, checked and decompressed.
    std::string read(const block_entry& b) const;
    [[noreturn]] void fail(const std::string& what) const;

    /// From memory; `path` is for messages.
    static block_reader from_bytes(std::string bytes, const std::string& path,
                                   block_file_kind kind);

  private:
    block_reader() = default;
    void open(block_file_kind kind);
    std::string bytes_at(std::uint64_t offset, std::uint64_t length, const char* what) const;

    std::string path_;
    std::shared_ptr<std::FILE> file_;  ///< null: bytes_
    std::string bytes_;
    std::uint64_t size_ = 0;
    std::vector<block_entry> index_;
};

/// Little-endian numbers into and out of bytes.
template <class T>
void put_number(std::string& out, T value) {
    for (unsigned i = 0; i < sizeof(T); ++i)
        out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
}
template <class T>
T get_number(std::string_view bytes, std::size_t at) {
    T value = 0;
    for (unsigned i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(
            value | static_cast<T>(T{static_cast<unsigned char>(bytes[at + i])} << (8 * i)));
    return value;
}

/// CRC-32 of ISO-HDLC (zlib's).
std::uint32_t crc32_of(std::string_view bytes, std::uint32_t before = 0);

}  // namespace ocellus
