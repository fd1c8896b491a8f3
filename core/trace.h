// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "core/block_file.h"

namespace ocellus {

/// What an event of a trace tells. Names, fields and sentences: trace_types().
enum class trace_type : std::uint8_t {
    exposure,
    row_read,
    conversion,
    link_row,
    isp_row,
    tensor_row,
    image_line,
    sync_packet,
    metadata_line,
    burst,
    tile,
    layer,
    job,
    interrupt,
    trap,
    instructions,
    marker,
    region,
    uart,
    frame,
    tensor,
    output,
};

/// A record of a trace, as it lies in the file.
struct trace_event {
    std::uint64_t start = 0;     ///< in units of the kernel's resolution
    std::uint64_t duration = 0;  ///< the same; 0: an instant
    std::uint64_t a = 0, b = 0;  ///< the fields, packed as trace_type_info says
    std::uint32_t flow = 0;      ///< frame it belongs to, or no_flow
    std::uint16_t track = 0;
    trace_type type{};
    /// 1: told when it ended. Records are ordered by end where this is set, by start otherwise.
    std::uint8_t late = 0;

    static constexpr std::uint32_t no_flow = 0xffffffff;
    static constexpr std::size_t bytes = 40;
    std::uint64_t key() const { return late ? start + duration : start; }
};
static_assert(sizeof(trace_event) == trace_event::bytes);

/// A field of an event: `bits` bits of word a or b, from bit `shift` on.
struct trace_field {
    const char* name;
    char word;
    unsigned shift, bits;
    /// "": a number; "hex"; "name": a number of trace_description::names; "level": a counter to
    /// draw; else a unit.
    const char* kind = "";
};

struct trace_type_info {
    trace_type type;
    const char* name;
    const char* sentence;
    std::vector<trace_field> fields;
};

/// All types, in order of their numbers.
const std::vector<trace_type_info>& trace_types();

/// What a recorder leaves out.
struct trace_filter {
    std::uint64_t from = 0, to = ~std::uint64_t{0};  ///< in units of the kernel's resolution
    std::uint32_t first_frame = 0, last_frame = trace_event::no_flow;
    std::vector<std::string> tracks;  ///< globs; empty: all
    bool instructions = false;
};

/// Collects events and writes them to a file, ordered by time and the same whatever order they were
/// told in. Not for threads: it belongs to the simulation's.
///
///     const auto track = t.track("die_link");
///     if (ctx.trace)
///         ctx.trace->record({start, duration, row, fill, frame, track, trace_type::link_row});
class tracer {
  public:
    /// A value that is made later, by a worker: called when the event is written.
    using later = std::function<std::uint64_t()>;

    tracer(const std::string& path, const std::string& shown, const trace_filter& filter,
           worker_pool* pool);
    ~tracer();
    tracer(const tracer&) = delete;
    tracer& operator=(const tracer&) = delete;

    /// The number of a track; the same name gives the same number.
    std::uint16_t track(const std::string& name);
    /// The number of a name that a field of kind "name" tells.
    std::uint32_t name(const std::string& text);
    const std::vector<std::string>& tracks() const { return tracks_; }
    /// Whether events of this track are kept at all.
    bool wants(std::uint16_t track) const { return wanted_[track]; }
    bool wants_instructions() const { return filter_.instructions; }

    void record(const trace_event& e);
    /// Word b comes later.
    void record(const trace_event& e, later b);
    /// After close().
    std::uint64_t events() const { return events_; }

    /// Writes what is left. `about`: JSON members for the description ("\"seed\": 1"), may be
    /// empty.
    void close(const std::string& about);
    std::uint64_t stored_bytes() const { return file_.stored_bytes(); }

  private:
    struct waiting {
        trace_event event;
        std::int32_t digest = -1;
    };
    /// Events that are handed to the pool together, and the values that they wait for.
    struct batch {
        std::vector<waiting> events;
        std::vector<later> digests;
    };
    bool passes(const trace_event& e) const;
    void flush(std::uint64_t before);
    void order(batch& b);
    void write();

    trace_filter filter_;
    block_writer file_;
    std::vector<std::string> tracks_, names_;
    std::vector<bool> wanted_;
    worker_pool* pool_;
    std::vector<waiting> waiting_;
    std::vector<later> digests_;
    std::size_t flush_at_;
    std::deque<work_handle> under_way_;  ///< batches, one after the other
    // The batches' alone.
    std::vector<trace_event> ready_;  ///< ordered, of a block that is not full
    std::uint64_t events_ = 0;
};

/// Events may be told of long before they begin and, where `late` is set, only when they are over.
inline trace_event spanning(std::uint16_t track, trace_type type, const sc_core::sc_time& start,
                            const sc_core::sc_time& duration, std::uint32_t flow, std::uint64_t a,
                            std::uint64_t b = 0) {
    return {start.value(), duration.value(), a, b, flow, track, type, 0};
}
/// From `start` until now, told now.
inline trace_event ended(std::uint16_t track, trace_type type, const sc_core::sc_time& start,
                         std::uint32_t flow, std::uint64_t a, std::uint64_t b = 0) {
    return {start.value(), (sc_core::sc_time_stamp() - start).value(), a, b, flow, track, type, 1};
}

/// What a trace says of itself.
struct trace_description {
    struct field {
        std::string name, kind;
        char word = 'a';
        unsigned shift = 0, bits = 64;
        std::uint64_t of(const trace_event& e) const;
    };
    struct type {
        std::string name, sentence;
        std::vector<field> fields;
    };
    double resolution = 1e-12;  ///< s for a unit of time
    std::vector<type> types;
    std::vector<std::string> tracks, names;
    std::uint64_t events = 0;
    std::string about;  ///< JSON object: what the run was

    /// "address=0x04000000 bytes=64 write", for people.
    std::string fields_text(const trace_event& e) const;
    std::string field_text(const field& f, const trace_event& e) const;
    const type& type_of(const trace_event& e) const;
    const std::string& track_of(const trace_event& e) const;
};

/// Reads a trace. Errors are those of block_reader, and events that the description does not fit.
class trace_reader {
  public:
    explicit trace_reader(const std::string& path);
    explicit trace_reader(block_reader file);
    const trace_description& description() const { return description_; }
    /// Every event in order, block by block; stops when `f` returns false.
    void for_each(const std::function<bool(const trace_event&)>& f) const;
    /// The same from a block on that may hold events with key >= `from`.
    void for_each_from(std::uint64_t from, const std::function<bool(const trace_event&)>& f) const;
    /// Event by event.
    class cursor {
      public:
        explicit cursor(const trace_reader& r) : reader_(&r) {}
        /// The next event, or none at the end.
        std::optional<trace_event> next();

      private:
        const trace_reader* reader_;
        std::size_t block_ = 0, at_ = 0;
        std::vector<trace_event> events_;
    };
    cursor begin() const { return cursor(*this); }

  private:
    void describe();
    std::vector<trace_event> events_of(const block_entry& b) const;
    block_reader file_;
    trace_description description_;
};

}  // namespace ocellus
