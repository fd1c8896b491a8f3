// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Control and status registers, traps and interrupts of the hart.
// The RISC-V Instruction Set Manual, volume II (privileged architecture 1.12), chapters 2 and 3.
#include "dsp/cpu/hart.h"

namespace ocellus::dsp {

namespace {

enum csr_number : unsigned {
    mstatus = 0x300,
    misa = 0x301,
    mie = 0x304,
    mtvec = 0x305,
    mstatush = 0x310,
    mcountinhibit = 0x320,
    mhpmevent3 = 0x323,
    mhpmevent31 = 0x33f,
    mscratch = 0x340,
    mepc = 0x341,
    mcause = 0x342,
    mtval = 0x343,
    mip = 0x344,
    tselect = 0x7a0,
    tdata1 = 0x7a1,
    tdata2 = 0x7a2,
    tdata3 = 0x7a3,
    mcycle = 0xb00,
    minstret = 0xb02,
    mhpmcounter3 = 0xb03,
    mhpmcounter31 = 0xb1f,
    mcycleh = 0xb80,
    minstreth = 0xb82,
    mhpmcounter3h = 0xb83,
    mhpmcounter31h = 0xb9f,
    cycle = 0xc00,
    time_ = 0xc01,
    instret = 0xc02,
    hpmcounter3 = 0xc03,
    hpmcounter31 = 0xc1f,
    cycleh = 0xc80,
    timeh = 0xc81,
    instreth = 0xc82,
    hpmcounter3h = 0xc83,
    hpmcounter31h = 0xc9f,
    mvendorid = 0xf11,
    marchid = 0xf12,
    mimpid = 0xf13,
    mhartid = 0xf14,
    mconfigptr = 0xf15,
};

constexpr std::uint32_t misa_value = 1u << 30 | 1u << 8 | 1u << 12 | 1u << 2;  // RV32 I M C
constexpr std::uint32_t implementation = 1;
constexpr std::uint32_t interrupt_bits = 1u << 3 | 1u << 7 | 1u << 11;
constexpr std::uint32_t mstatus_mie = 1u << 3, mstatus_mpie = 1u << 7, mstatus_mpp = 3u << 11;
constexpr std::uint32_t interrupt_flag = 1u << 31;

constexpr bool within(unsigned n, unsigned first, unsigned last) {
    return n >= first && n <= last;
}
constexpr bool read_only(unsigned number) {
    return number >> 10 == 3;
}
constexpr std::uint32_t low_half(std::uint64_t v) {
    return static_cast<std::uint32_t>(v);
}
constexpr std::uint32_t high_half(std::uint64_t v) {
    return static_cast<std::uint32_t>(v >> 32);
}
constexpr std::uint64_t with_low(std::uint64_t v, std::uint32_t low) {
    return (v >> 32 << 32) | low;
}
constexpr std::uint64_t with_high(std::uint64_t v, std::uint32_t high) {
    return std::uint64_t{high} << 32 | low_half(v);
}

}  // namespace

bool hart::csr_exists(unsigned n) const {
    return within(n, mstatus, misa) || within(n, mie, mtvec) || n == mstatush ||
           n == mcountinhibit || within(n, mhpmevent3, mhpmevent31) || within(n, mscratch, mip) ||
           within(n, tselect, tdata3) || n == mcycle || within(n, minstret, mhpmcounter31) ||
           n == mcycleh || within(n, minstreth, mhpmcounter31h) || within(n, cycle, hpmcounter31) ||
           within(n, cycleh, hpmcounter31h) || within(n, mvendorid, mconfigptr);
}

std::uint32_t hart::csr_value(unsigned n) const {
    switch (n) {
        case mstatus:
            return mstatus_mpp | (mie_bit_ ? mstatus_mie : 0) | (mpie_bit_ ? mstatus_mpie : 0);
        case misa:
            return misa_value;
        case mie:
            return mie_;
        case mtvec:
            return mtvec_;
        case mcountinhibit:
            return (mcycle_.inhibited ? 1u : 0u) | (minstret_.inhibited ? 4u : 0u);
        case mscratch:
            return mscratch_;
        case mepc:
            return mepc_;
        case mcause:
            return mcause_;
        case mtval:
            return mtval_;
        case mip:
            return mip_;
        case mcycle:
        case cycle:
            return low_half(mcycle_.value(cycles_));
        case mcycleh:
        case cycleh:
            return high_half(mcycle_.value(cycles_));
        case minstret:
        case instret:
            return low_half(minstret_.value(instret_));
        case minstreth:
        case instreth:
            return high_half(minstret_.value(instret_));
        case time_:
            return low_half(memory_.time());
        case timeh:
            return high_half(memory_.time());
        case mimpid:
            return implementation;
        case mhartid:
            return static_cast<std::uint32_t>(parameters_.hart_id);
        default:
            return 0;  // performance counters and triggers that are not there
    }
}

/// `now` and `retired` are the counts after the instruction that writes: a value written to a
/// counter is what the next instruction reads.
void hart::set_csr(unsigned n, std::uint32_t v, std::uint64_t now, std::uint64_t retired) {
    switch (n) {
        case mstatus:
            mie_bit_ = (v & mstatus_mie) != 0;
            mpie_bit_ = (v & mstatus_mpie) != 0;
            break;
        case mie:
            mie_ = v & interrupt_bits;
            break;
        case mtvec:
            mtvec_ = v & ~2u;  // modes 0 and 1; the reserved ones lose their upper bit
            break;
        case mcountinhibit:
            mcycle_.inhibit((v & 1u) != 0, now);
            minstret_.inhibit((v & 4u) != 0, retired);
            break;
        case mscratch:
            mscratch_ = v;
            break;
        case mepc:
            mepc_ = v & ~1u;
            break;
        case mcause:
            mcause_ = v;
            break;
        case mtval:
            mtval_ = v;
            break;
        case mcycle:
            mcycle_.set(with_low(mcycle_.value(now), v), now);
            break;
        case mcycleh:
            mcycle_.set(with_high(mcycle_.value(now), v), now);
            break;
        // The instruction that writes one half does not count, so the other half stays as it is.
        case minstret:
            minstret_.set(with_low(minstret_.value(instret_), v), retired);
            break;
        case minstreth:
            minstret_.set(with_high(minstret_.value(instret_), v), retired);
            break;
        default:
            break;  // WARL fields with one legal value
    }
}

bool hart::read_csr(unsigned number, std::uint32_t& value) const {
    if (!csr_exists(number))
        return false;
    value = csr_value(number);
    return true;
}

bool hart::write_csr(unsigned number, std::uint32_t value) {
    if (!csr_exists(number) || read_only(number))
        return false;
    set_csr(number, value, cycles_, instret_);
    return true;
}

/// csrrw, csrrs, csrrc and their immediate forms; false when the instruction is illegal.
bool hart::execute_csr(std::uint32_t bits) {
    const unsigned number = bits >> 20, funct3 = (bits >> 12) & 7u;
    const unsigned source = (bits >> 15) & 31u, rd = (bits >> 7) & 31u;
    const bool replaces = (funct3 & 3u) == 1u;
    const bool writes = replaces || source != 0;
    if (!csr_exists(number) || (writes && read_only(number)))
        return false;
    const std::uint32_t operand = funct3 & 4u ? source : x_[source];
    const std::uint32_t old = csr_value(number);
    if (writes) {
        const std::uint32_t value = replaces              ? operand
                                    : (funct3 & 3u) == 2u ? old | operand
                                                          : old & ~operand;
        set_csr(number, value, cycles_ + parameters_.costs.csr, instret_ + 1);
    }
    if (rd)
        x_[rd] = old;
    return true;
}

void hart::enter_trap(std::uint32_t cause, std::uint32_t value, std::uint32_t target) {
    mepc_ = pc_;
    mcause_ = cause;
    mtval_ = value;
    mpie_bit_ = mie_bit_;
    mie_bit_ = false;
    pc_ = target;
    held_word_ = no_word;
    cycles_ += parameters_.costs.trap_entry;
    ++traps_;
    handler_ = target;
    handler_instret_ = instret_;
}

void hart::raise(exception cause, std::uint32_t value) {
    const std::uint32_t target = mtvec_ & ~3u;
    if (pc_ == target && handler_ == target && handler_instret_ == instret_) {
        looped_ = true;  // the registers still tell of the trap before
        return;
    }
    enter_trap(static_cast<std::uint32_t>(cause), value, target);
}

bool hart::take_interrupt() {
    const std::uint32_t ready = mip_ & mie_;
    if (!mie_bit_ || ready == 0)
        return false;
    const auto bit = [](interrupt_line line) { return static_cast<std::uint32_t>(line); };
    std::uint32_t cause = bit(interrupt_line::timer);
    if (ready >> bit(interrupt_line::external) & 1u)
        cause = bit(interrupt_line::external);
    else if (ready >> bit(interrupt_line::software) & 1u)
        cause = bit(interrupt_line::software);
    const std::uint32_t base = mtvec_ & ~3u;
    enter_trap(interrupt_flag | cause, 0, mtvec_ & 1u ? base + 4 * cause : base);
    ++interrupts_;
    memory_.interrupted(cause, cycles_);
    breakpoint_reported_ = false;
    return true;
}

}  // namespace ocellus::dsp
