// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "core/parameter.h"
#include "core/pixel_provenance.h"
#include "dsp/cpu/block_cache.h"
#include "dsp/cpu/hart_memory.h"
#include "dsp/cpu/hart_observer.h"
#include "dsp/cpu/instruction_costs.h"

namespace ocellus::dsp {

struct hart_parameters {
    instruction_costs costs;
    std::uint64_t reset_pc = 0;
    std::uint64_t hart_id = 0;
    /// Speed only: results and cycles are the same with and without.
    bool block_cache = true;
    bool direct_memory = true;

    void declare(parameter_registry& r);
};

/// Machine-level causes of exceptions, as in mcause.
enum class exception : std::uint32_t {
    fetch_access = 1,
    illegal_instruction = 2,
    breakpoint = 3,
    load_misaligned = 4,
    load_access = 5,
    store_misaligned = 6,
    store_access = 7,
    machine_call = 11,
};

/// Interrupt lines; the value is the bit in mip and mie.
enum class interrupt_line : std::uint32_t { software = 3, timer = 7, external = 11 };

/// Why hart::run returned. The hart is always between two instructions.
enum class stop_reason {
    cycles,        ///< the cycle limit is reached
    instructions,  ///< the instruction limit is reached
    wfi,           ///< waiting: nothing happens before an enabled interrupt is pending
    requested,     ///< request_stop was called
    breakpoint,    ///< pc is a breakpoint
    ebreak,        ///< pc is an ebreak and stop_on_ebreak is set; it has not been executed
    double_trap,   ///< the first instruction of the trap handler traps to itself: no way on
};

/// One RV32IMC_Zicsr_Zifencei hart with machine mode alone. Decodes basic blocks once and
/// interprets them. Cycles are counted by instruction class, plus the wait states of every word
/// fetched and of every datum. Instructions are fetched by aligned words; the last word is held, so
/// that two compressed instructions cost one fetch. Jumps, taken branches, traps and mret drop it.
class hart {
  public:
    hart(const hart_parameters& parameters, hart_memory& memory);

    void reset();
    /// As reset(), but cycles(), instructions() and the counts of traps go on.
    void warm_reset();

    /// Makes a region accessible by pointer. Blocks are cached in such regions only.
    void map_direct(const direct_region& region);
    /// Call before a mapped pointer ceases to be valid.
    void unmap_direct();
    /// Somebody else than this hart has changed, or may have changed, memory that is mapped
    /// directly. Without it the hart sees new instructions there only after fence.i. Callable at
    /// any time, also from within a memory access.
    void memory_changed(std::uint32_t address, std::uint32_t length);

    static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
    /// Runs until the first instruction boundary at which `cycles` have passed or `instructions`
    /// have been executed (a trap counts as one), or until something else stops it.
    stop_reason run(std::uint64_t cycles, std::uint64_t instructions = unlimited);
    stop_reason step() { return run(unlimited, 1); }
    /// Makes run() return at the next instruction boundary. For memory callbacks.
    void request_stop() { stop_requested_ = true; }

    /// For memory callbacks of loads and stores: the access is not made, and run() returns
    /// `requested` with everything as it was before that instruction.
    void abandon_access() {
        abandoned_ = true;
        stop_requested_ = true;
    }
    /// Null: nobody looks, which costs nothing. Somebody does: blocks are not chained. Results and
    /// cycles are the same.
    void set_observer(hart_observer* observer) { observer_ = observer; }

    /// Follows values that derive from pixels through registers and memory (`map`: what the
    /// memories hold; null: nobody asks). It begins when follow() is called and ends by itself when
    /// no register and no word of the memory at `own_memory` derives from pixels any more; in
    /// between instructions are executed one by one. Results and cycles are the same. A result
    /// derives from pixels when an operand does, also the address of a load or a store; what only
    /// decides a branch does not.
    void set_provenance(pixel_provenance* map, std::uint64_t own_memory) {
        provenance_ = map;
        own_memory_ = own_memory;
    }
    void follow() { follows_ = provenance_ != nullptr; }
    bool follows() const { return follows_; }
    /// Whether a register's value derives from pixels.
    bool derives(unsigned number) const { return derives_[number & 31u]; }
    /// Within a memory callback of a store: whether the value or the address derives from pixels.
    bool store_derives() const { return store_derives_; }

    void set_interrupt(interrupt_line line, bool level);
    /// True when an interrupt that mie enables is pending: wfi ends.
    bool wakes() const { return (mip_ & mie_) != 0; }
    bool waiting() const { return waiting_; }
    /// Lets cycles pass without instructions: a stop, or the time spent in wfi.
    void idle(std::uint64_t cycles) { cycles_ += cycles; }

    /// Cycles since reset. Within a memory callback: when that access begins.
    std::uint64_t cycles() const { return cycles_; }
    std::uint64_t instructions() const { return instret_; }
    std::uint64_t traps() const { return traps_; }  ///< exceptions and interrupts
    std::uint64_t interrupts() const { return interrupts_; }
    /// Address of the next instruction; within a memory callback, of the one that accesses.
    std::uint32_t pc() const { return pc_; }
    void set_pc(std::uint32_t pc);
    std::uint32_t x(unsigned number) const { return x_[number & 31u]; }
    void set_x(unsigned number, std::uint32_t value);

    /// A CSR as an instruction would read it; false when there is none.
    bool read_csr(unsigned number, std::uint32_t& value) const;
    /// Writes as an instruction would, with the masks of WARL fields; false when there is none or
    /// it is read-only.
    bool write_csr(unsigned number, std::uint32_t value);

    void add_breakpoint(std::uint32_t pc);
    void remove_breakpoint(std::uint32_t pc);
    void stop_on_ebreak(bool on) { stop_on_ebreak_ = on; }
    /// After stop_reason::ebreak: lets the ebreak trap as if nobody had looked.
    void take_ebreak();

  private:
    static constexpr unsigned tlb_size = 256;
    static constexpr std::uint32_t page_mask = (1u << block_cache::page_bits) - 1u;
    static constexpr std::uint32_t no_tag = 0x10;  // a bit that no tag comparison keeps
    struct tlb_entry {
        std::uint32_t read_tag = no_tag, write_tag = no_tag;
        unsigned char* page = nullptr;
        std::uint32_t read_wait = 0, write_wait = 0;
    };

    // Execution.
    template <bool checked>
    void execute(decoded_block* b, std::uint64_t base);
    void single();
    decoded_block* block_at(std::uint32_t pc);
    decoded_block* build(std::uint32_t pc);
    bool fetch_word(std::uint32_t address, std::uint32_t& word);
    bool load(const decoded_block& b, const micro_op& op, std::uint64_t base, std::uint64_t retired,
              std::uint32_t address);
    bool store(const decoded_block& b, const micro_op& op, std::uint64_t base,
               std::uint64_t retired, std::uint32_t address);
    bool go_on(const decoded_block& b, const micro_op& op, std::uint64_t base);
    bool undo(const decoded_block& b, const micro_op& op, std::uint64_t base);
    void execute_observed(decoded_block* b);
    void execute_followed();
    void pass_on(const micro_op& op, std::uint32_t address);
    void report_trap();
    void arrive(const decoded_block& b, const micro_op& op, std::uint64_t base,
                std::uint64_t retired);
    void finish_system(const micro_op& op);
    const direct_region* region_of(std::uint32_t address, std::uint32_t length) const;
    void fill_tlb(std::uint32_t address, const direct_region& region);
    void forget_page(std::uint32_t address);
    void apply_flush();

    // Privileged architecture.
    bool execute_csr(std::uint32_t bits);
    bool csr_exists(unsigned number) const;
    std::uint32_t csr_value(unsigned number) const;
    void set_csr(unsigned number, std::uint32_t value, std::uint64_t now, std::uint64_t retired);
    void raise(exception cause, std::uint32_t value);
    bool take_interrupt();
    void enter_trap(std::uint32_t cause, std::uint32_t value, std::uint32_t target);

    struct counter {
        std::uint64_t offset = 0;  ///< value = running count + offset, or offset when inhibited
        bool inhibited = false;
        std::uint64_t value(std::uint64_t count) const {
            return inhibited ? offset : count + offset;
        }
        void set(std::uint64_t v, std::uint64_t count) { offset = inhibited ? v : v - count; }
        void inhibit(bool on, std::uint64_t count) {
            const std::uint64_t v = value(count);
            inhibited = on;
            set(v, count);
        }
    };

    const hart_parameters parameters_;
    hart_memory& memory_;
    std::vector<direct_region> regions_;
    block_cache cache_;
    std::array<tlb_entry, tlb_size> tlb_{};
    std::uint32_t max_data_wait_ = 0;
    std::uint32_t access_wait_ = 0;  // of the last access that went the long way

    // Architectural state.
    std::array<std::uint32_t, 33> x_{};  // [32] takes what is written to x0
    std::uint32_t pc_ = 0;
    bool mie_bit_ = false, mpie_bit_ = false;  // mstatus
    std::uint32_t mie_ = 0, mip_ = 0, mtvec_ = 0, mscratch_ = 0, mepc_ = 0, mcause_ = 0, mtval_ = 0;
    counter mcycle_, minstret_;

    // Time and progress.
    std::uint64_t cycles_ = 0, instret_ = 0, traps_ = 0, interrupts_ = 0, deadline_ = 0;
    static constexpr std::uint32_t no_word = 1;
    std::uint32_t held_word_ = no_word;   // address of the word in the fetch buffer
    std::uint32_t value_word_ = no_word;  // address of the word that held_value_ is
    std::uint32_t held_value_ = 0;
    bool waiting_ = false, stop_requested_ = false, flush_pending_ = false;
    bool stopped_at_ebreak_ = false, looped_ = false, abandoned_ = false;
    hart_observer* observer_ = nullptr;
    // What derives from pixels.
    pixel_provenance* provenance_ = nullptr;
    std::uint64_t own_memory_ = 0;
    bool follows_ = false, store_derives_ = false;
    std::array<bool, 33> derives_{};  // by register, as x_
    std::set<std::uint32_t> derived_csrs_;
    // Before the instruction that is executed without the block cache.
    std::uint64_t single_cycles_ = 0;
    std::uint32_t single_held_ = 0;
    bool stop_on_ebreak_ = false;
    std::uint32_t handler_ = no_word;    // of the last trap
    std::uint64_t handler_instret_ = 0;  // when it was entered

    // Run control.
    std::set<std::uint32_t> breakpoints_;
    bool breakpoint_reported_ = false;
    decoded_block** link_ = nullptr;  // where the block executed next is to be remembered

    // One instruction at a time.
    std::array<micro_op, 2> scratch_ops_{};
    decoded_block scratch_;
};

}  // namespace ocellus::dsp
