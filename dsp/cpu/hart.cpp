// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/cpu/hart.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "memory is accessed by little-endian words");

namespace ocellus::dsp {

namespace {

constexpr std::uint64_t never_chained = std::uint64_t{1} << 62;

constexpr std::uint64_t add_saturated(std::uint64_t a, std::uint64_t b) {
    return a + b < a ? ~std::uint64_t{0} : a + b;
}

constexpr std::int32_t s(std::uint32_t v) {
    return static_cast<std::int32_t>(v);
}
constexpr std::uint32_t u(std::int32_t v) {
    return static_cast<std::uint32_t>(v);
}

std::uint32_t multiply_high(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>(
        static_cast<std::uint64_t>(std::int64_t{s(a)} * std::int64_t{s(b)}) >> 32);
}
std::uint32_t multiply_high_mixed(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>(
        static_cast<std::uint64_t>(std::int64_t{s(a)} * static_cast<std::int64_t>(b)) >> 32);
}
std::uint32_t multiply_high_unsigned(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>((std::uint64_t{a} * b) >> 32);
}
// Division by zero and the one overflow have defined results and do not trap.
std::uint32_t divide(std::uint32_t a, std::uint32_t b) {
    if (b == 0)
        return ~0u;
    if (a == 0x80000000u && b == ~0u)
        return a;
    return u(s(a) / s(b));
}
std::uint32_t remainder(std::uint32_t a, std::uint32_t b) {
    if (b == 0)
        return a;
    if (b == ~0u)
        return 0;
    return u(s(a) % s(b));
}

template <class T>
std::uint32_t read_as(const unsigned char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return static_cast<std::uint32_t>(value);
}
template <class T>
void write_as(unsigned char* bytes, std::uint32_t value) {
    const T narrow = static_cast<T>(value);
    std::memcpy(bytes, &narrow, sizeof(T));
}

unsigned access_size(operation kind) {
    switch (kind) {
        case operation::lb:
        case operation::lbu:
        case operation::sb:
            return 1;
        case operation::lh:
        case operation::lhu:
        case operation::sh:
            return 2;
        default:
            return 4;
    }
}

std::uint32_t load_bytes(const unsigned char* bytes, unsigned size) {
    return size == 1   ? read_as<std::uint8_t>(bytes)
           : size == 2 ? read_as<std::uint16_t>(bytes)
                       : read_as<std::uint32_t>(bytes);
}

std::uint32_t extend(operation kind, std::uint32_t value) {
    switch (kind) {
        case operation::lb:
            return static_cast<std::uint32_t>(static_cast<std::int8_t>(value));
        case operation::lh:
            return static_cast<std::uint32_t>(static_cast<std::int16_t>(value));
        default:
            return value;
    }
}

bool accesses_data(operation kind) {
    return kind >= operation::lb && kind <= operation::sw;
}

std::size_t index_of(const micro_op& op) {
    return static_cast<std::size_t>(op.kind);
}

bool is_branch(operation kind) {
    return kind >= operation::beq && kind <= operation::bgeu;
}

}  // namespace

void hart_parameters::declare(parameter_registry& r) {
    costs.declare(r);
    const std::uint64_t word = std::numeric_limits<std::uint32_t>::max();
    r.integer("cpu.reset_pc", reset_pc, 0, word)
        .says("Address of the first instruction after reset.")
        .from(provenance::chosen, "memory map of this simulator")
        .moves_nothing("the built-in boot ROM begins at 0");
    r.integer("cpu.hart_id", hart_id, 0, word)
        .says("Value of the mhartid register.")
        .from(provenance::chosen, "RISC-V privileged architecture: one hart has number 0")
        .moves_nothing("a number that firmware can read")
        .compare("0", "1");
    r.boolean("cpu.block_cache", block_cache)
        .says("Keep decoded instructions; changes the speed of the simulation only.")
        .from(provenance::chosen, "speed")
        .moves_nothing("it changes the speed of the simulation only")
        .compare("false", "true");
    r.boolean("cpu.direct_memory", direct_memory)
        .says(
            "Access memories by pointer where possible; changes the speed of the simulation only.")
        .from(provenance::chosen, "speed")
        .moves_nothing("it changes the speed of the simulation only")
        .compare("false", "true");
}

hart::hart(const hart_parameters& parameters, hart_memory& memory)
    : parameters_(parameters), memory_(memory) {
    reset();
}

void hart::reset() {
    x_.fill(0);
    pc_ = static_cast<std::uint32_t>(parameters_.reset_pc) & ~1u;
    mie_bit_ = mpie_bit_ = false;
    mie_ = mip_ = mtvec_ = mscratch_ = mepc_ = mcause_ = mtval_ = 0;
    mcycle_ = minstret_ = {};
    cycles_ = instret_ = traps_ = interrupts_ = deadline_ = 0;
    held_word_ = value_word_ = handler_ = no_word;
    waiting_ = stop_requested_ = stopped_at_ebreak_ = looped_ = breakpoint_reported_ = false;
    flush_pending_ = true;
    derives_.fill(false);
    derived_csrs_.clear();
}

void hart::warm_reset() {
    const std::uint64_t cycles = cycles_, instret = instret_, traps = traps_,
                        interrupts = interrupts_;
    const std::uint32_t lines = mip_;
    reset();
    cycles_ = cycles;
    instret_ = instret;
    traps_ = traps;
    interrupts_ = interrupts;
    mip_ = lines;
    mcycle_.set(0, cycles_);
    minstret_.set(0, instret_);
}

void hart::map_direct(const direct_region& region) {
    if (region.size == 0 || region.base % 4 || region.size % 4 || !region.bytes ||
        std::uint64_t{region.base} + region.size > std::uint64_t{1} << 32)
        throw std::logic_error("hart: a direct region needs whole words");
    if (!parameters_.direct_memory)
        return;
    regions_.push_back(region);
    max_data_wait_ =
        std::max<std::uint32_t>(max_data_wait_, std::max(region.read_wait, region.write_wait));
    value_word_ = no_word;
    flush_pending_ = true;
}

void hart::unmap_direct() {
    regions_.clear();
    tlb_.fill({});
    max_data_wait_ = 0;
    value_word_ = no_word;
    flush_pending_ = true;
}

void hart::memory_changed(std::uint32_t address, std::uint32_t length) {
    cache_.invalidate(address, length);
    if (value_word_ - address < length || address - value_word_ < 4)
        value_word_ = no_word;
}

void hart::apply_flush() {
    cache_.flush();
    tlb_.fill({});
    link_ = nullptr;
    flush_pending_ = false;
}

stop_reason hart::run(std::uint64_t cycles, std::uint64_t instructions) {
    const std::uint64_t last = add_saturated(cycles_, cycles);
    const std::uint64_t begun = instret_ + traps_;
    for (;;) {
        if (looped_) {
            looped_ = false;
            return stop_reason::double_trap;
        }
        if (stopped_at_ebreak_) {
            stopped_at_ebreak_ = false;
            return stop_reason::ebreak;
        }
        if (flush_pending_)
            apply_flush();
        if (stop_requested_) {
            stop_requested_ = false;
            return stop_reason::requested;
        }
        const std::uint64_t done = instret_ + traps_ - begun;
        if (done >= instructions)
            return stop_reason::instructions;
        if (cycles_ >= last)
            return stop_reason::cycles;
        // Everything costs a cycle or more, so as many cycles hold no more instructions than that.
        deadline_ = std::min(last, add_saturated(cycles_, instructions - done));
        if (waiting_) {
            if (!wakes())
                return stop_reason::wfi;
            waiting_ = false;
        }
        if (take_interrupt()) {
            if (observer_)
                report_trap();
            continue;
        }
        if (!breakpoints_.empty() && !breakpoint_reported_ && breakpoints_.count(pc_)) {
            breakpoint_reported_ = true;
            return stop_reason::breakpoint;
        }
        breakpoint_reported_ = false;
        if (follows_) {
            execute_followed();
            continue;
        }
        decoded_block* const b = block_at(pc_);
        if (b && link_)
            *link_ = b;
        link_ = nullptr;
        if (observer_) {
            execute_observed(b);
            link_ = nullptr;
            continue;
        }
        if (!b) {
            single();
            link_ = nullptr;
            continue;
        }
        const std::uint64_t base = cycles_ - (held_word_ == (pc_ & ~3u) ? b->held_credit : 0);
        if (cycles_ + b->bound <= deadline_)
            execute<false>(b, base);
        else
            execute<true>(b, base);
    }
}

void hart::report_trap() {
    observer_->trapped(mcause_, mepc_, pc_, parameters_.costs.trap_entry);
}

/// One block, or one instruction without the cache, and what the observer is told of it.
void hart::execute_observed(decoded_block* b) {
    const std::uint64_t cycles = cycles_, instret = instret_, traps = traps_;
    executed_run r;
    r.pc = pc_;
    if (b)
        execute<true>(b, cycles_ - (held_word_ == (pc_ & ~3u) ? b->held_credit : 0));
    else
        single();
    const decoded_block& done = b ? *b : scratch_;
    const bool trap = traps_ != traps;
    r.instructions = static_cast<std::uint32_t>(instret_ - instret);
    r.cycles = cycles_ - cycles - (trap ? parameters_.costs.trap_entry : 0);
    r.next_pc = trap ? mepc_ : pc_;
    r.end = r.next_pc;
    if (!trap && r.instructions > 0 && r.instructions == done.count &&
        done.pc != decoded_block::nowhere) {
        r.end = done.end;
        const micro_op& last = done.ops[done.count - 1];
        const auto link = [](unsigned x) { return x == 1 || x == 5; };
        if (is_branch(last.kind) && pc_ != done.end)
            r.how = transfer::branch;
        else if (last.kind == operation::mret)
            r.how = transfer::trap_return;
        else if (last.kind == operation::jal || last.kind == operation::jalr)
            r.how = link(last.rd) ? transfer::call
                    : last.kind == operation::jalr && last.rd == discard_register && link(last.rs1)
                        ? transfer::ret
                        : transfer::jump;
    }
    if (r.instructions > 0 || r.cycles > 0)
        observer_->executed(r);
    if (trap)
        report_trap();
}

/// One instruction, and what of its result derives from pixels.
void hart::execute_followed() {
    const std::array<std::uint32_t, 33> before = x_;
    const std::uint64_t instret = instret_;
    decoded_block* const b = block_at(pc_);
    link_ = nullptr;
    const std::uint64_t deadline = deadline_;
    deadline_ = std::min(deadline, cycles_ + 1);  // everything costs a cycle or more
    if (observer_)
        execute_observed(b);
    else if (b)
        execute<true>(b, cycles_ - (held_word_ == (pc_ & ~3u) ? b->held_credit : 0));
    else
        single();
    link_ = nullptr;
    deadline_ = deadline;
    store_derives_ = false;
    if (instret_ == instret)
        return;  // it trapped, or its access was abandoned
    const micro_op& op = b ? b->ops[0] : scratch_ops_[0];
    pass_on(op, before[op.rs1] + u(op.imm));
    const bool any = std::any_of(derives_.begin(), derives_.begin() + 32, [](bool d) { return d; });
    follows_ = any || !derived_csrs_.empty() || provenance_->words(own_memory_) > 0;
}

/// `address`: of the load or store that `op` was.
void hart::pass_on(const micro_op& op, std::uint32_t address) {
    const bool first = derives_[op.rs1], second = derives_[op.rs2];
    bool result = false;
    switch (op.kind) {
        case operation::sb:
        case operation::sh:
        case operation::sw:
            provenance_->mark(address, access_size(op.kind), first || second);
            return;
        case operation::lb:
        case operation::lh:
        case operation::lw:
        case operation::lbu:
        case operation::lhu:
            result = first || provenance_->derived(address, access_size(op.kind));
            break;
        case operation::csr: {
            // csrrw, csrrs, csrrc: bits 14..12 are 1 to 3; 5 to 7 have an immediate.
            const std::uint32_t bits = u(op.imm), number = bits >> 20, kind = bits >> 12 & 7u,
                                rd = bits >> 7 & 31u, rs1 = bits >> 15 & 31u;
            const bool old = derived_csrs_.count(number) > 0;
            const bool from_register = kind < 4 && derives_[rs1];
            if (from_register)
                derived_csrs_.insert(number);
            else if ((kind & 3u) == 1)
                derived_csrs_.erase(number);
            if (rd != 0)
                derives_[rd] = old;
            return;
        }
        case operation::jal:
        case operation::jalr:
        case operation::constant:
            break;
        default:
            if (ends_block(op.kind) || op.kind == operation::fence)
                return;
            result = first || (op.kind >= operation::add && op.kind <= operation::remu && second);
            break;
    }
    if (op.rd != discard_register)
        derives_[op.rd] = result;
}

// From one operation to the next. Every operation jumps to its successor itself: the host predicts
// these jumps far better than one that all share (187 instead of 510 million instructions a second
// on arithmetic code).
#define OCELLUS_NEXT_OPERATION         \
    do {                               \
        ++op;                          \
        if (checked)                   \
            goto boundary;             \
        goto* handlers[index_of(*op)]; \
    } while (false)

/// Runs `b` and the blocks chained to it. `base` is the time that the ops' times count from, and
/// takes up the wait states of data. With `checked` it looks at the deadline before every
/// instruction and runs one block; without, blocks are entered only when they end in time.
template <bool checked>
void hart::execute(decoded_block* b, std::uint64_t base) {
    // In the order of `operation`.
    static const void* const handlers[] = {
        &&do_constant, &&do_addi,   &&do_slti,   &&do_sltiu,  &&do_xori,   &&do_ori,    &&do_andi,
        &&do_slli,     &&do_srli,   &&do_srai,   &&do_add,    &&do_sub,    &&do_sll,    &&do_slt,
        &&do_sltu,     &&do_xor,    &&do_srl,    &&do_sra,    &&do_or,     &&do_and,    &&do_mul,
        &&do_mulh,     &&do_mulhsu, &&do_mulhu,  &&do_div,    &&do_divu,   &&do_rem,    &&do_remu,
        &&do_lb,       &&do_lh,     &&do_lw,     &&do_lbu,    &&do_lhu,    &&do_sb,     &&do_sh,
        &&do_sw,       &&do_fence,  &&do_beq,    &&do_bne,    &&do_blt,    &&do_bge,    &&do_bltu,
        &&do_bgeu,     &&do_jal,    &&do_jalr,   &&do_system, &&do_system, &&do_system, &&do_system,
        &&do_system,   &&do_system, &&do_system, &&do_fall};
    static_assert(sizeof handlers / sizeof *handlers == static_cast<int>(operation::fall) + 1);

    std::uint32_t* const x = x_.data();
    const std::uint64_t deadline = deadline_;
    std::uint64_t retired = instret_;
    const micro_op* op = b->ops;
    std::uint32_t target = 0;
    decoded_block* next = nullptr;
    const auto a = [&] { return x[op->rs1]; };
    const auto c = [&] { return x[op->rs2]; };
    const auto imm = [&] { return u(op->imm); };
    // A load or a store by pointer if the page is known, else by the long way.
    const auto load_as = [&](auto zero) {
        using type = decltype(zero);
        const std::uint32_t address = a() + imm();
        const tlb_entry& t = tlb_[(address >> block_cache::page_bits) % tlb_size];
        if ((address & (~page_mask | (sizeof(type) - 1u))) == t.read_tag) {
            base += t.read_wait;
            x[op->rd] = read_as<type>(t.page + (address & page_mask));
            return true;
        }
        const bool goes_on = load(*b, *op, base, retired, address);
        base += access_wait_;
        return goes_on;
    };
    const auto store_as = [&](auto zero) {
        using type = decltype(zero);
        const std::uint32_t address = a() + imm();
        const tlb_entry& t = tlb_[(address >> block_cache::page_bits) % tlb_size];
        if ((address & (~page_mask | (sizeof(type) - 1u))) == t.write_tag) {
            base += t.write_wait;
            write_as<type>(t.page + (address & page_mask), c());
            return true;
        }
        const bool goes_on = store(*b, *op, base, retired, address);
        base += access_wait_;
        return goes_on;
    };

    goto* handlers[index_of(*op)];

boundary:
    if (base + op->start >= deadline) {
        arrive(*b, *op, base, retired);
        cycles_ = base + op->start;
        held_word_ = (pc_ - 1) & ~3u;
        return;
    }
    goto* handlers[index_of(*op)];

do_constant:
    x[op->rd] = imm();
    OCELLUS_NEXT_OPERATION;
do_addi:
    x[op->rd] = a() + imm();
    OCELLUS_NEXT_OPERATION;
do_slti:
    x[op->rd] = s(a()) < op->imm;
    OCELLUS_NEXT_OPERATION;
do_sltiu:
    x[op->rd] = a() < imm();
    OCELLUS_NEXT_OPERATION;
do_xori:
    x[op->rd] = a() ^ imm();
    OCELLUS_NEXT_OPERATION;
do_ori:
    x[op->rd] = a() | imm();
    OCELLUS_NEXT_OPERATION;
do_andi:
    x[op->rd] = a() & imm();
    OCELLUS_NEXT_OPERATION;
do_slli:
    x[op->rd] = a() << (imm() & 31u);
    OCELLUS_NEXT_OPERATION;
do_srli:
    x[op->rd] = a() >> (imm() & 31u);
    OCELLUS_NEXT_OPERATION;
do_srai:
    x[op->rd] = u(s(a()) >> (imm() & 31u));
    OCELLUS_NEXT_OPERATION;
do_add:
    x[op->rd] = a() + c();
    OCELLUS_NEXT_OPERATION;
do_sub:
    x[op->rd] = a() - c();
    OCELLUS_NEXT_OPERATION;
do_sll:
    x[op->rd] = a() << (c() & 31u);
    OCELLUS_NEXT_OPERATION;
do_slt:
    x[op->rd] = s(a()) < s(c());
    OCELLUS_NEXT_OPERATION;
do_sltu:
    x[op->rd] = a() < c();
    OCELLUS_NEXT_OPERATION;
do_xor:
    x[op->rd] = a() ^ c();
    OCELLUS_NEXT_OPERATION;
do_srl:
    x[op->rd] = a() >> (c() & 31u);
    OCELLUS_NEXT_OPERATION;
do_sra:
    x[op->rd] = u(s(a()) >> (c() & 31u));
    OCELLUS_NEXT_OPERATION;
do_or:
    x[op->rd] = a() | c();
    OCELLUS_NEXT_OPERATION;
do_and:
    x[op->rd] = a() & c();
    OCELLUS_NEXT_OPERATION;
do_mul:
    x[op->rd] = a() * c();
    OCELLUS_NEXT_OPERATION;
do_mulh:
    x[op->rd] = multiply_high(a(), c());
    OCELLUS_NEXT_OPERATION;
do_mulhsu:
    x[op->rd] = multiply_high_mixed(a(), c());
    OCELLUS_NEXT_OPERATION;
do_mulhu:
    x[op->rd] = multiply_high_unsigned(a(), c());
    OCELLUS_NEXT_OPERATION;
do_div:
    x[op->rd] = divide(a(), c());
    OCELLUS_NEXT_OPERATION;
do_divu:
    x[op->rd] = c() ? a() / c() : ~0u;
    OCELLUS_NEXT_OPERATION;
do_rem:
    x[op->rd] = remainder(a(), c());
    OCELLUS_NEXT_OPERATION;
do_remu:
    x[op->rd] = c() ? a() % c() : a();
    OCELLUS_NEXT_OPERATION;
do_lb:
    if (!load_as(std::int8_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_lh:
    if (!load_as(std::int16_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_lw:
    if (!load_as(std::uint32_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_lbu:
    if (!load_as(std::uint8_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_lhu:
    if (!load_as(std::uint16_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_sb:
    if (!store_as(std::uint8_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_sh:
    if (!store_as(std::uint16_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_sw:
    if (!store_as(std::uint32_t{}))
        return;
    OCELLUS_NEXT_OPERATION;
do_fence:
    OCELLUS_NEXT_OPERATION;
do_beq:
    if (!(a() == c()))
        goto do_fall;
    goto branch_taken;
do_bne:
    if (!(a() != c()))
        goto do_fall;
    goto branch_taken;
do_blt:
    if (!(s(a()) < s(c())))
        goto do_fall;
    goto branch_taken;
do_bge:
    if (!(s(a()) >= s(c())))
        goto do_fall;
    goto branch_taken;
do_bltu:
    if (!(a() < c()))
        goto do_fall;
    goto branch_taken;
do_bgeu:
    if (!(a() >= c()))
        goto do_fall;
    goto branch_taken;
do_jalr:
    target = (a() + imm()) & ~1u;  // before rd is written: it may be rs1
    x[op->rd] = b->end;
    goto jump;
do_jal:
    x[op->rd] = b->end;
    target = imm();
    goto jump;
do_system:
    arrive(*b, *op, base, retired);
    finish_system(*op);
    return;

do_fall:
    base += b->cost;
    retired += b->count;
    next = b->next[1];
    if (!checked && next->pc == b->end && base + next->bound <= deadline) {
        base -= next->held_credit;
        b = next;
        op = b->ops;
        goto* handlers[index_of(*op)];
    }
    cycles_ = base;
    instret_ = retired;
    pc_ = b->end;
    held_word_ = (b->end - 1) & ~3u;
    link_ = &b->next[1];
    return;

branch_taken:
    target = imm();
jump:
    base += static_cast<std::uint64_t>(std::int64_t{b->cost} + b->taken_extra);
    retired += b->count;
    next = b->next[0];
    if (!checked && next->pc == target && base + next->bound <= deadline) {
        b = next;
        op = b->ops;
        goto* handlers[index_of(*op)];
    }
    cycles_ = base;
    instret_ = retired;
    pc_ = target;
    held_word_ = no_word;
    link_ = &b->next[0];
}

#undef OCELLUS_NEXT_OPERATION

/// Makes the state that of the moment when `op` has been fetched and begins.
void hart::arrive(const decoded_block& b, const micro_op& op, std::uint64_t base,
                  std::uint64_t retired) {
    cycles_ = base + op.exec;
    instret_ = retired + static_cast<std::uint64_t>(&op - b.ops);
    pc_ = b.pc + op.offset;
    held_word_ = (pc_ + op.length - 1) & ~3u;
}

/// Instructions that change more than registers, memory and pc. They end their block, so interrupts
/// are looked at after each of them.
void hart::finish_system(const micro_op& op) {
    switch (op.kind) {
        case operation::csr:
            if (!execute_csr(u(op.imm))) {
                raise(exception::illegal_instruction, u(op.imm));
                return;
            }
            break;
        case operation::ecall:
            raise(exception::machine_call, 0);
            return;
        case operation::ebreak:
            if (stop_on_ebreak_)
                stopped_at_ebreak_ = true;
            else
                raise(exception::breakpoint, pc_);
            return;
        case operation::illegal:
            raise(exception::illegal_instruction, u(op.imm));
            return;
        default:
            break;
    }
    cycles_ += parameters_.costs.of(op.kind);
    ++instret_;
    pc_ += op.length;
    if (op.kind == operation::fence_i) {
        flush_pending_ = true;
        held_word_ = no_word;
    } else if (op.kind == operation::wfi) {
        waiting_ = !wakes();
    } else if (op.kind == operation::mret) {
        pc_ = mepc_;
        mie_bit_ = mpie_bit_;
        mpie_bit_ = true;
        held_word_ = no_word;
    }
}

/// A load that the fast way could not do. False when execution has to leave the block; the state is
/// then complete, and the load done or trapped. Leaves its wait states in access_wait_.
bool hart::load(const decoded_block& b, const micro_op& op, std::uint64_t base,
                std::uint64_t retired, std::uint32_t address) {
    const unsigned size = access_size(op.kind);
    arrive(b, op, base, retired);
    if (address & (size - 1)) {
        raise(exception::load_misaligned, address);
        return false;
    }
    if (const direct_region* const region = region_of(address, size)) {
        access_wait_ = region->read_wait;
        x_[op.rd] = extend(op.kind, load_bytes(region->bytes + (address - region->base), size));
        fill_tlb(address, *region);
        return true;
    }
    std::uint32_t value = 0, wait = 0;
    const bool ok = memory_.load(address, size, value, wait);
    if (abandoned_)
        return undo(b, op, base);
    access_wait_ = wait;
    if (!ok) {
        cycles_ += wait;
        raise(exception::load_access, address);
        return false;
    }
    x_[op.rd] = extend(op.kind, value);
    return go_on(b, op, base + wait);
}

bool hart::store(const decoded_block& b, const micro_op& op, std::uint64_t base,
                 std::uint64_t retired, std::uint32_t address) {
    const unsigned size = access_size(op.kind);
    const std::uint32_t value = x_[op.rs2];
    arrive(b, op, base, retired);
    if (address & (size - 1)) {
        raise(exception::store_misaligned, address);
        return false;
    }
    const direct_region* const region = region_of(address, size);
    if (region && region->writable) {
        access_wait_ = region->write_wait;
        unsigned char* const bytes = region->bytes + (address - region->base);
        if (size == 1)
            write_as<std::uint8_t>(bytes, value);
        else if (size == 2)
            write_as<std::uint16_t>(bytes, value);
        else
            write_as<std::uint32_t>(bytes, value);
        const bool code_changed = cache_.invalidate(address, size);
        fill_tlb(address, *region);
        return code_changed ? go_on(b, op, base + access_wait_) : true;
    }
    std::uint32_t wait = 0;
    store_derives_ = follows_ && (derives_[op.rs1] || derives_[op.rs2]);
    const bool ok = memory_.store(address, size, value, wait);
    if (abandoned_)
        return undo(b, op, base);
    access_wait_ = wait;
    if (!ok) {
        cycles_ += wait;
        raise(exception::store_access, address);
        return false;
    }
    if ((address & ~3u) == value_word_) {  // the fetch buffer sees it
        const unsigned shift = 8 * (address & 3u);
        const std::uint32_t mask = (size == 4 ? ~0u : (1u << (8 * size)) - 1u) << shift;
        held_value_ = (held_value_ & ~mask) | ((value << shift) & mask);
    }
    return go_on(b, op, base + wait);
}

/// Makes the state that before `op`, whose access was abandoned.
bool hart::undo(const decoded_block& b, const micro_op& op, std::uint64_t base) {
    abandoned_ = false;
    access_wait_ = 0;
    if (&op == scratch_ops_.data()) {
        cycles_ = single_cycles_;
        held_word_ = single_held_;
    } else {
        cycles_ = base + op.start;
        // What the first instruction saved because its word was held is in `base`.
        held_word_ = &op == b.ops ? no_word : (pc_ - 1) & ~3u;
    }
    return false;
}

/// After an access that somebody else took part in: whether the block may go on. If not, the state
/// is made that after `op`, which never is the last of its block.
bool hart::go_on(const decoded_block& b, const micro_op& op, std::uint64_t base) {
    const bool stays = !stop_requested_ && !flush_pending_ && b.pc != decoded_block::nowhere &&
                       !(mie_bit_ && wakes()) && base + b.bound <= deadline_;
    if (stays)
        return true;
    const micro_op& next = *(&op + 1);
    cycles_ = base + next.start;
    ++instret_;
    pc_ += op.length;
    return false;
}

const direct_region* hart::region_of(std::uint32_t address, std::uint32_t length) const {
    for (const direct_region& r : regions_)
        if (address - r.base < r.size && r.size - (address - r.base) >= length)
            return &r;
    return nullptr;
}

void hart::fill_tlb(std::uint32_t address, const direct_region& region) {
    const std::uint32_t page = address & ~page_mask;
    if (page < region.base || page - region.base + page_mask >= region.size)
        return;  // not all of the page
    tlb_entry& t = tlb_[(address >> block_cache::page_bits) % tlb_size];
    t.page = region.bytes + (page - region.base);
    t.read_tag = page;
    t.read_wait = region.read_wait;
    t.write_tag = region.writable && !cache_.has_code(page) ? page : no_tag;
    t.write_wait = region.write_wait;
}

/// Stores to this page take the long way from now on.
void hart::forget_page(std::uint32_t address) {
    tlb_entry& t = tlb_[(address >> block_cache::page_bits) % tlb_size];
    if (t.write_tag == (address & ~page_mask))
        t.write_tag = no_tag;
}

decoded_block* hart::block_at(std::uint32_t pc) {
    if (!parameters_.block_cache || regions_.empty())
        return nullptr;
    if (decoded_block* const b = cache_.find(pc))
        return b;
    return build(pc);
}

/// Decodes the block at `pc`; null when its first instruction is not in one direct region.
decoded_block* hart::build(std::uint32_t pc) {
    const direct_region* const region = region_of(pc, 2);
    if (!region)
        return nullptr;
    if (cache_.full())
        apply_flush();
    std::array<micro_op, block_cache::max_block + 1> ops;
    decoded_block b;
    b.pc = pc;
    std::uint32_t at = pc, held = no_word, data_accesses = 0;
    bool ended = false;
    while (!ended && b.count < block_cache::max_block) {
        if (b.count && !breakpoints_.empty() && breakpoints_.count(at))
            break;
        if (at - region->base >= region->size)
            break;
        const std::uint32_t half = read_as<std::uint16_t>(region->bytes + (at - region->base));
        std::uint32_t bits = half;
        if (!is_compressed(half)) {
            if (region->size - (at - region->base) < 4)
                break;
            bits = read_as<std::uint32_t>(region->bytes + (at - region->base));
        }
        micro_op& op = ops[b.count];
        op = decode(bits, at);
        op.offset = static_cast<std::uint16_t>(at - pc);
        op.start = static_cast<std::uint16_t>(b.cost);
        const std::uint32_t first = at & ~3u, last = (at + op.length - 1) & ~3u;
        b.cost +=
            (held != first ? region->fetch_wait : 0u) + (first != last ? region->fetch_wait : 0u);
        held = last;
        op.exec = static_cast<std::uint16_t>(b.cost);
        b.cost += parameters_.costs.of(op.kind);
        data_accesses += accesses_data(op.kind);
        ++b.count;
        at += op.length;
        ended = ends_block(op.kind);
    }
    if (b.count == 0)
        return nullptr;
    unsigned op_count = b.count;
    const operation final_kind = ops[b.count - 1].kind;
    if (!ended) {
        micro_op& op = ops[op_count++];
        op = micro_op{};
        op.kind = operation::fall;
        op.offset = static_cast<std::uint16_t>(at - pc);
        op.start = op.exec = static_cast<std::uint16_t>(b.cost);
    }
    b.end = at;
    b.held_credit = pc & 2u ? region->fetch_wait : 0;
    std::uint64_t longest = b.cost;
    if (is_branch(final_kind)) {
        const instruction_costs& costs = parameters_.costs;
        b.taken_extra = static_cast<std::int32_t>(costs.branch_taken - costs.branch_not_taken);
        longest += std::max(costs.branch_taken, costs.branch_not_taken) - costs.branch_not_taken;
    }
    b.bound = longest + std::uint64_t{data_accesses} * max_data_wait_ + 1;
    if (!breakpoints_.empty() && breakpoints_.count(pc))
        b.bound = never_chained;
    for (std::uint64_t page = pc & ~page_mask; page < std::uint64_t{pc} + (at - pc);
         page += page_mask + 1)
        forget_page(static_cast<std::uint32_t>(page));
    return cache_.add(b, ops.data(), op_count);
}

/// Fetches a word unless the fetch buffer holds it. False on a bus error.
bool hart::fetch_word(std::uint32_t address, std::uint32_t& word) {
    std::uint32_t wait = 0;
    if (const direct_region* const region = region_of(address, 4)) {
        word = read_as<std::uint32_t>(region->bytes + (address - region->base));
        wait = region->fetch_wait;
    } else if (held_word_ == address && value_word_ == address) {
        word = held_value_;
    } else {
        if (!memory_.fetch(address, word, wait)) {
            cycles_ += wait;
            return false;
        }
        value_word_ = address;
        held_value_ = word;
    }
    if (held_word_ != address)
        cycles_ += wait;
    held_word_ = address;
    return true;
}

/// One instruction without the block cache.
void hart::single() {
    const std::uint32_t pc = pc_, first = pc & ~3u;
    std::uint32_t word = 0;
    single_cycles_ = cycles_;
    single_held_ = held_word_;
    if (!fetch_word(first, word)) {
        raise(exception::fetch_access, pc);
        return;
    }
    std::uint32_t bits = pc & 2u ? word >> 16 : word;
    if (!is_compressed(bits) && (pc & 2u)) {
        if (!fetch_word(first + 4, word)) {
            raise(exception::fetch_access, pc + 2);
            return;
        }
        bits |= word << 16;
    }
    micro_op& op = scratch_ops_[0];
    op = decode(bits, pc);
    const instruction_costs& costs = parameters_.costs;
    scratch_ = {};
    scratch_.pc = pc;
    scratch_.end = pc + op.length;
    scratch_.count = 1;
    scratch_.cost = costs.of(op.kind);
    scratch_.bound = scratch_.cost;
    if (is_branch(op.kind))
        scratch_.taken_extra =
            static_cast<std::int32_t>(costs.branch_taken - costs.branch_not_taken);
    scratch_.ops = scratch_ops_.data();
    scratch_.next = {cache_.none(), cache_.none()};
    micro_op& after = scratch_ops_[1];
    after = micro_op{};
    after.kind = operation::fall;
    after.offset = op.length;
    after.start = after.exec = static_cast<std::uint16_t>(scratch_.cost);
    execute<false>(&scratch_, cycles_);
}

void hart::set_interrupt(interrupt_line line, bool level) {
    const std::uint32_t bit = 1u << static_cast<unsigned>(line);
    mip_ = level ? mip_ | bit : mip_ & ~bit;
}

void hart::set_pc(std::uint32_t pc) {
    pc_ = pc & ~1u;
    held_word_ = handler_ = no_word;
    breakpoint_reported_ = false;
    waiting_ = false;
}

void hart::set_x(unsigned number, std::uint32_t value) {
    if (number & 31u)
        x_[number & 31u] = value;
}

void hart::add_breakpoint(std::uint32_t pc) {
    breakpoints_.insert(pc & ~1u);
    flush_pending_ = true;
}

void hart::remove_breakpoint(std::uint32_t pc) {
    breakpoints_.erase(pc & ~1u);
    flush_pending_ = true;
}

void hart::take_ebreak() {
    raise(exception::breakpoint, pc_);
}

}  // namespace ocellus::dsp
