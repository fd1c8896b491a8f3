// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tlm>
#include <vector>

/// Registers as firmware sees them. The tables (registers/<block>.h) are made at build time by
/// tools/generate_registers.py from the SVD file beside each block.
namespace ocellus {

enum class access : std::uint8_t { read_write, read_only, write_only, write_one_to_clear };
/// "rw", "ro", "wo", "w1c".
const char* name_of(access a);

/// A view of a constant table.
template <class T>
class table_view {
  public:
    constexpr table_view() = default;
    template <std::size_t N>
    constexpr table_view(const T (&items)[N]) : first_(items), size_(N) {}
    constexpr const T* begin() const { return first_; }
    constexpr const T* end() const { return first_ + size_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr const T& operator[](std::size_t i) const { return first_[i]; }

  private:
    const T* first_ = nullptr;
    std::size_t size_ = 0;
};

/// A value of a field that has a name.
struct enumerated_value {
    std::string_view name;
    std::uint32_t value;  ///< as it stands in the field
    std::string_view sentence;
};

struct register_field {
    std::string_view name;
    unsigned low, width;  ///< bits
    access mode;
    std::string_view sentence;
    table_view<enumerated_value> values = {};  ///< empty: any value may be written

    constexpr std::uint32_t mask() const {
        return (width == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << width) - 1u) << low;
    }
};

/// One 32-bit register of a block.
struct register_info {
    std::string_view name;  ///< "STATUS"
    std::uint32_t offset;   ///< bytes
    access mode;
    std::uint32_t reset;
    std::uint32_t reset_mask;  ///< bits of `reset` that hold whatever the parameters are
    bool read_acts;            ///< reading has an effect (SVD: readAction)
    std::uint32_t field_mask;  ///< bits that mean something
    std::uint32_t write_mask;  ///< bits that a write changes
    std::string_view sentence;
    table_view<register_field> fields = {};
};

/// The registers of a block, in the order of their offsets.
struct register_map {
    std::string_view name;  ///< "npu"
    std::string_view sentence;
    std::uint32_t size;  ///< bytes of the window
    table_view<register_info> registers;

    constexpr std::uint32_t offset(unsigned index) const { return registers[index].offset; }
};

class register_block;

/// What was wrong with an access.
enum class access_kind : std::uint8_t {
    unmapped,       ///< no register there; bus error
    read_only,      ///< written; bus error
    write_only,     ///< read; bus error
    bad_size,       ///< not an aligned word; bus error
    reserved_bits,  ///< 1 written outside every field; ignored
    reserved_value  ///< a value without a name written to a field of named values; ignored
};
/// "unmapped", "read_only", ...
const char* name_of(access_kind k);

/// An access that firmware should not have made.
struct access_event {
    const register_block* block;
    const register_info* reg;  ///< null: there is none
    std::uint32_t offset;
    std::uint32_t value;  ///< written; for reserved_bits and reserved_value the bits ignored
    access_kind why;
    bool write;
};

/// The registers of one block: values, callbacks where a register acts, and counts. Registers are
/// named by their index in the map, the enumerators of registers/<block>.h.
class register_block {
  public:
    using write_callback = std::function<void(std::uint32_t value)>;
    using read_callback = std::function<std::uint32_t()>;
    using observer = std::function<void(const access_event&)>;

    /// `map` is kept by reference: a table.
    explicit register_block(const register_map& map);

    const std::string& name() const { return name_; }
    const register_map& map() const { return map_; }
    const table_view<register_info>& all() const { return map_.registers; }

    /// `written` runs after the value was stored (write one to clear: after the bits were cleared)
    /// with the value written, without the bits that were ignored.
    void on_write(unsigned index, write_callback written) {
        at(index).written = std::move(written);
    }
    /// `read` gives what a read returns, instead of the stored value.
    void on_read(unsigned index, read_callback read) { at(index).read = std::move(read); }
    /// A pair of registers, or one, that shows a counter: the lower half at `index`, the upper half
    /// in the register after it when that is its HIGH.
    void show_counter(unsigned index, const std::uint64_t& counter);
    /// A reset value that depends on parameters; stores it as well.
    void set_reset(unsigned index, std::uint32_t value);

    /// Values from the side of the hardware: no callback, no count, any bit.
    std::uint32_t get(unsigned index) const { return at(index).value; }
    void set(unsigned index, std::uint32_t value) { at(index).value = value; }
    void set_bits(unsigned index, std::uint32_t mask) { at(index).value |= mask; }
    void clear_bits(unsigned index, std::uint32_t mask) { at(index).value &= ~mask; }
    std::uint32_t reset_value(unsigned index) const { return at(index).reset; }
    /// All stored values to their reset values; no callback.
    void reset();

    /// A bus access at `offset`. Unmapped: ADDRESS_ERROR; against the access mode: COMMAND_ERROR;
    /// not an aligned word: BURST_ERROR. Refused accesses change nothing. A write of reserved bits
    /// or values is OK and leaves those bits alone. All of them go to the observer.
    tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t offset,
                                       unsigned char* data, unsigned length);
    /// The same for a payload, as a socket's b_transport.
    void transport(tlm::tlm_generic_payload& payload);
    /// For a socket's transport_dbg: reads any bytes without side effects, up to the first offset
    /// without a readable register; writes whole registers with their effects. Neither is counted
    /// or observed. Returns the bytes done.
    unsigned debug_transport(tlm::tlm_generic_payload& payload);
    /// What a debugger sees: nothing is counted, nothing acts. A register whose reads act gives its
    /// stored value. False: no readable register at this offset.
    bool peek(std::uint64_t offset, std::uint32_t& value) const;

    /// Called for every access_event; empty: nobody listens.
    void set_observer(observer o) { observer_ = std::move(o); }

    /// Accesses that were done, by register.
    std::uint64_t reads(unsigned index) const { return at(index).reads; }
    std::uint64_t writes(unsigned index) const { return at(index).writes; }
    /// Accesses answered with an error.
    std::uint64_t refused() const { return refused_; }
    /// Index of a register by name; a name that does not exist is a bug of ours
    /// (std::logic_error). Slow: for reports and tests.
    unsigned index_of(std::string_view register_name) const;

  private:
    struct state {
        std::uint32_t value = 0, reset = 0;
        const register_info* info = nullptr;
        bool has_named_values = false;
        std::uint64_t reads = 0, writes = 0;
        read_callback read;
        write_callback written;
    };
    static constexpr std::uint16_t none = 0xffff;

    state& at(unsigned index) { return states_[index]; }
    const state& at(unsigned index) const { return states_[index]; }
    state* find(std::uint64_t offset);
    void tell(const state* s, std::uint64_t offset, std::uint32_t value, access_kind why,
              bool write) const;
    std::uint32_t without_reserved(const state& s, std::uint32_t value, bool observed) const;
    void store(state& s, std::uint32_t value);

    const register_map& map_;
    std::string name_;
    std::vector<state> states_;
    std::vector<std::uint16_t> by_word_;  ///< index of the register at offset / 4, or none
    observer observer_;
    std::uint64_t refused_ = 0;
};

}  // namespace ocellus
