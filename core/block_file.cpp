// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/block_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>

#include "core/diagnostics.h"

namespace ocellus {
namespace {

constexpr std::string_view begin_magic("\x89OTR\r\n\x1a\n", 8);
constexpr std::string_view end_magic("OTREND\r\n", 8);
constexpr std::uint16_t major_version = 1, minor_version = 0;
constexpr std::size_t file_header_bytes = 32, block_header_bytes = 32, index_entry_bytes = 40,
                      trailer_bytes = 24;
constexpr std::uint32_t compressed = 1;
constexpr int level = 1;
constexpr std::size_t jobs_under_way = 8;
constexpr std::uint32_t most_blocks = 1u << 22;

std::string compress(const std::string& bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t n = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
    if (ZSTD_isError(n))
        throw input_error(exit_code::internal,
                          std::string("compression failed: ") + ZSTD_getErrorName(n));
    out.resize(n);
    return out;
}

void seal(std::string& header) {
    put_number(header, crc32_of(header));
}

bool is_sealed(std::string_view bytes) {
    const std::size_t n = bytes.size() - 4;
    return crc32_of(bytes.substr(0, n)) == get_number<std::uint32_t>(bytes, n);
}

}  // namespace

std::uint32_t crc32_of(std::string_view bytes, std::uint32_t before) {
    return static_cast<std::uint32_t>(
        crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

struct block_writer::job {
    block_entry entry;
    std::string bytes, packed;
    work_handle done;
};

block_writer::block_writer(const std::string& path, const std::string& shown, block_file_kind kind,
                           worker_pool* pool)
    : file_(path, shown), pool_(pool) {
    std::string h(begin_magic);
    put_number(h, major_version);
    put_number(h, minor_version);
    put_number(h, static_cast<std::uint32_t>(kind));
    put_number(h, std::uint64_t{0});
    put_number(h, std::uint32_t{0});
    seal(h);
    file_.write(h);
    offset_ = h.size();
}

block_writer::~block_writer() {
    for (auto& j : jobs_) {
        try {
            j->done.wait();
        } catch (...) {
        }
    }
}

void block_writer::add(const std::string& type, std::string bytes, std::uint32_t records,
                       std::uint64_t first, std::uint64_t last) {
    auto j = std::make_shared<job>();
    j->entry.type = type;
    j->entry.raw = static_cast<std::uint32_t>(bytes.size());
    j->entry.records = records;
    j->entry.first = first;
    j->entry.last = last;
    j->bytes = std::move(bytes);
    const auto work = [j] {
        j->packed = compress(j->bytes);
        j->bytes = {};
    };
    if (pool_)
        j->done = pool_->submit(work);
    else
        work();
    jobs_.push_back(std::move(j));
    while (!jobs_.empty() && (jobs_.size() > jobs_under_way || jobs_.front()->done.done()))
        write_front();
}

void block_writer::write_front() {
    const auto j = std::move(jobs_.front());
    jobs_.pop_front();
    j->done.wait();
    block_entry e = j->entry;
    e.offset = offset_;
    e.stored = static_cast<std::uint32_t>(j->packed.size());
    std::string h = e.type;
    put_number(h, compressed);
    put_number(h, e.stored);
    put_number(h, e.raw);
    put_number(h, e.records);
    put_number(h, number_++);
    put_number(h, crc32_of(j->packed));
    seal(h);
    file_.write(h);
    file_.write(j->packed);
    offset_ += h.size() + j->packed.size();
    index_.push_back(std::move(e));
}

void block_writer::close() {
    while (!jobs_.empty())
        write_front();
    std::string index;
    for (const auto& e : index_) {
        index += e.type;
        put_number(index, e.stored);
        put_number(index, e.offset);
        put_number(index, e.raw);
        put_number(index, e.records);
        put_number(index, e.first);
        put_number(index, e.last);
    }
    file_.write(index);
    std::string t;
    put_number(t, static_cast<std::uint32_t>(index_.size()));
    put_number(t, crc32_of(index));
    put_number(t, std::uint32_t{0});
    t += end_magic;
    seal(t);
    file_.write(t);
    offset_ += index.size() + t.size();
    file_.close();
}

block_reader::block_reader(const std::string& path, block_file_kind kind) : path_(path) {
    std::FILE* const f = std::fopen(path.c_str(), "rb");
    struct stat s {};
    if (!f || fstat(fileno(f), &s) != 0) {
        const int why = errno;
        if (f)
            std::fclose(f);
        throw input_error(exit_code::usage,
                          fmt::format("error: cannot read '{}': {}", path, std::strerror(why)));
    }
    file_ = std::shared_ptr<std::FILE>(f, std::fclose);
    if (!S_ISREG(s.st_mode))
        fail("not a file");
    size_ = static_cast<std::uint64_t>(s.st_size);
    open(kind);
}

block_reader block_reader::from_bytes(std::string bytes, const std::string& path,
                                      block_file_kind kind) {
    block_reader r;
    r.path_ = path;
    r.bytes_ = std::move(bytes);
    r.size_ = r.bytes_.size();
    r.open(kind);
    return r;
}

void block_reader::fail(const std::string& what) const {
    throw input_error(exit_code::usage, fmt::format("error: {}: {}", path_, what));
}

std::string block_reader::bytes_at(std::uint64_t offset, std::uint64_t length,
                                   const char* what) const {
    if (offset > size_ || length > size_ - offset)
        fail(fmt::format("cut short: {} at byte {} would need {} bytes, the file has {}", what,
                         offset, length, size_));
    if (!file_)
        return bytes_.substr(offset, length);
    std::string out(length, '\0');
    if (fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) != 0 ||
        std::fread(out.data(), 1, length, file_.get()) != length)
        fail(fmt::format("cannot be read at byte {}", offset));
    return out;
}

void block_reader::open(block_file_kind kind) {
    const char* const wanted =
        kind == block_file_kind::output_trace ? "an output trace" : "an input trace";
    const std::string head = bytes_at(0, std::min<std::uint64_t>(size_, 8), "its first bytes");
    if (head != begin_magic.substr(0, head.size()) || head.empty())
        fail(fmt::format("not a trace; expected {} of ocellus", wanted));
    const std::string h = bytes_at(0, file_header_bytes, "the file header");
    const auto major = get_number<std::uint16_t>(h, 8);
    if (major != major_version)
        fail(
            fmt::format("made in version {} of the format; this program reads version {}: use the "
                        "program that made it, or record again",
                        major, major_version));
    if (!is_sealed(h))
        fail("damaged: the checksum of the file header does not fit");
    const auto holds = get_number<std::uint32_t>(h, 12);
    if (holds != static_cast<std::uint32_t>(kind))
        fail(fmt::format("{}, expected {}",
                         holds == 1   ? "an output trace"
                         : holds == 2 ? "an input trace"
                                      : "a trace of an unknown kind",
                         wanted));
    if (size_ < file_header_bytes + trailer_bytes)
        fail("cut short: the trailer is missing");
    const std::string t = bytes_at(size_ - trailer_bytes, trailer_bytes, "the trailer");
    if (t.compare(12, 8, end_magic) != 0)
        fail(
            "cut short: the trailer is missing; the program that wrote it did not come to its end");
    if (!is_sealed(t))
        fail("damaged: the checksum of the trailer does not fit");
    const auto count = get_number<std::uint32_t>(t, 0);
    const std::uint64_t index_bytes = std::uint64_t{count} * index_entry_bytes;
    if (count > most_blocks || index_bytes > size_ - file_header_bytes - trailer_bytes)
        fail(fmt::format("damaged: an index of {} blocks does not fit the file", count));
    const std::uint64_t index_at = size_ - trailer_bytes - index_bytes;
    const std::string index = bytes_at(index_at, index_bytes, "the index");
    if (crc32_of(index) != get_number<std::uint32_t>(t, 4))
        fail("damaged: the checksum of the index does not fit");
    std::uint64_t expected = file_header_bytes;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::size_t at = std::size_t{i} * index_entry_bytes;
        block_entry e;
        e.type = index.substr(at, 4);
        e.stored = get_number<std::uint32_t>(index, at + 4);
        e.offset = get_number<std::uint64_t>(index, at + 8);
        e.raw = get_number<std::uint32_t>(index, at + 16);
        e.records = get_number<std::uint32_t>(index, at + 20);
        e.first = get_number<std::uint64_t>(index, at + 24);
        e.last = get_number<std::uint64_t>(index, at + 32);
        if (e.offset != expected || e.raw > block_writer::largest_block)
            fail(fmt::format("damaged: entry {} of the index is impossible", i));
        expected += block_header_bytes + e.stored;
        if (expected > index_at)
            fail(fmt::format("damaged: block {} lies outside the file", i));
        index_.push_back(std::move(e));
    }
    if (expected != index_at)
        fail("damaged: bytes between the last block and the index");
}

const block_entry& block_reader::only(const std::string& type) const {
    const block_entry* found = nullptr;
    for (const auto& e : index_)
        if (e.type == type) {
            if (found)
                fail(fmt::format("damaged: more than one block {}", type));
            found = &e;
        }
    if (!found)
        fail(fmt::format("damaged: there is no block {}", type));
    return *found;
}

std::string block_reader::read(const block_entry& e) const {
    const auto number = static_cast<std::size_t>(&e - index_.data());
    const std::string h = bytes_at(e.offset, block_header_bytes, "a block header");
    if (!is_sealed(h) || h.substr(0, 4) != e.type || get_number<std::uint32_t>(h, 8) != e.stored ||
        get_number<std::uint32_t>(h, 12) != e.raw || get_number<std::uint32_t>(h, 16) != e.records)
        fail(fmt::format("damaged: the header of block {} at byte {}", number, e.offset));
    const std::string packed = bytes_at(e.offset + block_header_bytes, e.stored, "a block");
    if (crc32_of(packed) != get_number<std::uint32_t>(h, 24))
        fail(fmt::format("damaged: the checksum of block {} ({}) at byte {} does not fit", number,
                         e.type, e.offset));
    std::string out(e.raw, '\0');
    const std::size_t n = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
    if (ZSTD_isError(n) || n != e.raw)
        fail(fmt::format("damaged: block {} ({}) cannot be decompressed", number, e.type));
    return out;
}

}  // namespace ocellus
