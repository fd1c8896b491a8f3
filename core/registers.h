// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace ocellus {

enum class access : std::uint8_t { read_write, read_only, write_only, write_one_to_clear };

/// A constant array of known length, for tables that are made at build time.
template <class T>
class constant_table {
  public:
    constexpr constant_table() = default;
    template <std::size_t n>
    constexpr constant_table(const T (&array)[n]) : first_(array), size_(n) {}
    constexpr const T* begin() const { return first_; }
    constexpr const T* end() const { return first_ + size_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr const T& operator[](std::size_t i) const { return first_[i]; }

  private:
    const T* first_ = nullptr;
    std::size_t size_ = 0;
};

/// One value that a field may have.
struct register_value {
    const char* name;
    std::uint32_t value;
    const char* sentence;
};

struct register_field {
    const char* name;
    unsigned low, width;  ///< bits
    const char* sentence;
    constant_table<register_value> values;  ///< empty: all
    bool read_only = false;                 ///< writes leave it alone
    constexpr std::uint32_t mask() const { return (width == 32 ? ~0u : (1u << width) - 1u) << low; }
};

/// One 32-bit register of a block, described as firmware sees it.
struct register_info {
    const char* name;  ///< "STATUS"
    std::uint32_t offset;
    access mode;
    std::uint32_t reset;
    const char* sentence;
    constant_table<register_field> fields;  ///< empty: the whole word
    bool read_acts;                         ///< reading it changes something
    std::uint32_t reset_mask = ~0u;         ///< bits of `reset` that no parameter changes
    /// Bits that mean something; the others are reserved.
    constexpr std::uint32_t known_bits() const {
        std::uint32_t bits = fields.empty() ? ~0u : 0u;
        for (const auto& f : fields)
            bits |= f.mask();
        return bits;
    }
    /// Bits that a write may change.
    constexpr std::uint32_t writable_bits() const {
        if (mode == access::read_only)
            return 0;
        std::uint32_t bits = known_bits();
        for (const auto& f : fields)
            bits &= f.read_only ? ~f.mask() : ~0u;
        return bits;
    }
};

/// The registers of a block. Made from its SVD file by tools/generate_registers.py, sorted by
/// offset.
struct register_map {
    const char* name;
    const char* sentence;
    std::uint32_t size;  ///< bytes of the window
    constant_table<register_info> registers;
};

/// What is wrong with an access.
enum class access_fault : std::uint8_t {
    unmapped,        ///< no register there
    read_only,       ///< a write to it
    write_only,      ///< a read of it
    bad_size,        ///< not one aligned 32-bit word
    reserved_bits,   ///< a write sets bits outside every field; done without them
    reserved_value,  ///< a write of a value that a field does not list; the field keeps its own
};
const char* name_of(access_fault f);

class register_block;

struct access_event {
    const register_block* block = nullptr;  ///< null: no block there
    const register_info* target = nullptr;  ///< null: unmapped
    std::uint64_t offset = 0;               ///< in the block; without one, the bus address
    std::uint32_t value = 0;                ///< of a write
    access_fault fault = access_fault::unmapped;
    bool write = false;
};

/// The registers of one block: values, callbacks where they act, and a closed door for everything
/// that the description does not allow.
class register_block {
  public:
    using on_write_function = std::function<void(std::uint32_t value)>;
    using on_read_function = std::function<std::uint32_t()>;
    using observer = std::function<void(const access_event&)>;

    /// `map` must live as long as the block, which the generated ones do.
    explicit register_block(const register_map& map);
    register_block(const register_block&) = delete;
    register_block& operator=(const register_block&) = delete;

    const std::string& name() const { return name_; }
    const register_map& map() const { return *map_; }
    const constant_table<register_info>& all() const { return map_->registers; }

    /// Called after a write has been stored (for write_one_to_clear: after the bits were cleared,
    /// with the written mask), with what was written, but for the bits that were ignored.
    void on_write(unsigned index, on_write_function f) { entries_[index].written = std::move(f); }
    /// Replaces the stored value on reads.
    void on_read(unsigned index, on_read_function f) { entries_[index].read = std::move(f); }
    /// As on_read, where what is read depends on the time of the access itself.
    void on_timed_read(unsigned index, on_read_function f) {
        entries_[index].timed = true;
        on_read(index, std::move(f));
    }
    /// Lets the callbacks of this register run before the kernel has come to the time of the
    /// access, when nothing else is pending until then: they take now() for the time and notify
    /// events after ahead(), so that what they cause happens at the time of the access.
    void acts_ahead(unsigned index) { entries_[index].ahead = true; }
    /// In a callback: how far the access is ahead of the kernel, and its time.
    const sc_core::sc_time& ahead() const { return ahead_; }
    sc_core::sc_time now() const { return sc_core::sc_time_stamp() + ahead_; }
    /// A 32-bit counter that the block keeps elsewhere.
    void counter(unsigned index, const std::uint64_t& value);
    /// A 64-bit one in registers `index` and `index` + 1: reading the lower half holds the upper. A
    /// debugger sees both halves as they are.
    void wide_counter(unsigned index, const std::uint64_t& value);
    /// A reset value that depends on parameters; takes effect at once.
    void set_reset(unsigned index, std::uint32_t value);

    void reset();
    std::uint32_t get(unsigned index) const { return entries_[index].value; }
    void set(unsigned index, std::uint32_t value) { entries_[index].value = value; }
    void set_bits(unsigned index, std::uint32_t mask) { entries_[index].value |= mask; }
    void clear_bits(unsigned index, std::uint32_t mask) { entries_[index].value &= ~mask; }

    /// A bus access at `offset`. Unmapped: ADDRESS_ERROR; against the access mode: COMMAND_ERROR;
    /// not an aligned word: BURST_ERROR. Refused accesses are counted and change nothing.
    tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t offset,
                                       unsigned char* data, unsigned length);
    /// What a bus access without time does with a payload: for the transport functions of modules.
    void transport(tlm::tlm_generic_payload& p);
    /// The same for an initiator that is ahead of the kernel by `delay`: the kernel first comes to
    /// that time (in the caller's thread) for writes that have a callback and for reads that act or
    /// depend on time. The others do now what they would do then, as long as nothing is pending
    /// before.
    void transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    /// Debug access, neither counted nor observed: reads without side effects, of any bytes; writes
    /// whole words, with their effects. Returns how many bytes were moved.
    unsigned transport_debug(tlm::tlm_generic_payload& p);
    /// Value as a debugger sees it: that of a read, or the stored one where reading acts.
    std::uint32_t peek(unsigned index) const;
    /// Index of the register at `offset`, or -1.
    int find(std::uint64_t offset) const {
        const std::uint64_t word = offset / 4;
        return word < by_word_.size() ? by_word_[word] : -1;
    }

    void observe(observer o) { observer_ = std::move(o); }
    std::uint64_t reads(unsigned index) const { return entries_[index].reads; }
    std::uint64_t writes(unsigned index) const { return entries_[index].writes; }
    std::uint64_t refused() const { return refused_; }
    std::uint64_t reads() const;
    std::uint64_t writes() const;

  private:
    struct entry {
        std::uint32_t value = 0, reset = 0, known = 0, writable = 0;
        bool lists_values = false;
        on_write_function written;
        on_read_function read, look;  ///< look: for debuggers, in place of read
        bool timed = false, ahead = false;
        std::uint64_t reads = 0, writes = 0;
    };
    tlm::tlm_response_status refuse(const register_info* r, std::uint64_t offset,
                                    std::uint32_t value, access_fault fault, bool write);
    std::uint32_t without_reserved(const register_info& r, const entry& e, std::uint32_t value,
                                   bool observed);
    void store(const register_info& r, entry& e, std::uint32_t value);
    void report(const access_event& e) {
        if (observer_)
            observer_(e);
    }

    const register_map* map_;
    std::string name_;
    std::vector<entry> entries_;
    std::vector<std::int16_t> by_word_;
    observer observer_;
    sc_core::sc_time ahead_;
    std::uint64_t refused_ = 0;
};

}  // namespace ocellus
