// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "sim/gdb_protocol.h"

/// A machine to debug: 8 KiB of memory and six instructions. Runs only in advance().
class toy_machine : public ocellus::sim::debug_target {
  public:
    using reason = ocellus::sim::debug_stop_reason;
    using point_kind = ocellus::sim::debug_point_kind;
    static constexpr std::uint32_t start = 0x10000000, size = 0x2000, variable = start + 0x1000;
    static constexpr std::uint32_t loop = start + 8, store = start + 12, load = start + 16;

    toy_machine() : memory(size) {
        // The program counts in t1 and in memory: lui t0; li t1, 0; loop: addi t1, t1, 1;
        // sw t1, (t0); lw t2, (t0); j loop; then ebreak, which ends it.
        const std::uint32_t program[] = {0x100012b7, 0x00000313, 0x00130313, 0x0062a023,
                                         0x0002a383, 0xff5ff06f, 0x00100073};
        std::uint32_t at = start;
        for (const std::uint32_t word : program)
            put(std::exchange(at, at + 4), word);
        csrs = {{0x300, 0x1800}, {0x305, 0}, {0x341, start}, {0xf14, 7}};
        reset();
    }

    // What tests look at and prepare.
    std::vector<unsigned char> memory;
    std::uint32_t x[32] = {}, pc = 0;
    std::map<unsigned, std::uint32_t> csrs;
    std::multiset<std::pair<std::uint32_t, point_kind>> breakpoints;
    std::set<ocellus::sim::debug_point> watchpoints;
    bool runs = false, deaf = false, hardware = true, mapped = true;
    ocellus::sim::debug_stop stop;
    std::vector<std::string> monitored;
    unsigned steps = 0, interrupts = 0, resets = 0, kills = 0, inserted = 0;

    std::uint32_t get(std::uint32_t address) const {
        const auto* b = &memory[address - start];
        return b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 |
               std::uint32_t{b[3]} << 24;
    }
    void put(std::uint32_t address, std::uint32_t value) {
        for (unsigned i = 0; i < 4; ++i)
            memory[address - start + i] = static_cast<unsigned char>(value >> 8 * i);
    }

    /// The simulation: up to `count` instructions.
    void advance(unsigned count) {
        while (runs && count-- > 0) {
            if (asked_) {
                halt(reason::interrupted);
                return;
            }
            const auto planted = breakpoints.lower_bound({pc, point_kind::software});
            if (broken_at_ != pc && !stepping_ && planted != breakpoints.end() &&
                planted->first == pc) {
                broken_at_ = pc;
                halt(planted->second == point_kind::software ? reason::software_breakpoint
                                                             : reason::hardware_breakpoint);
                return;
            }
            execute();
            if (runs)
                broken_at_ = watched_at_ = none;
            if (runs && stepping_)
                halt(reason::stepped);
        }
    }
    void exit(int code) {
        halt(reason::exited);
        stop.exit_code = code;
    }

    // debug_target.
    std::uint32_t read_x(unsigned number) override { return x[number]; }
    void write_x(unsigned number, std::uint32_t value) override {
        if (number != 0)
            x[number] = value;
    }
    std::uint32_t read_pc() override { return pc; }
    void write_pc(std::uint32_t value) override { pc = value; }
    bool read_csr(unsigned number, std::uint32_t& value) override {
        const auto found = csrs.find(number);
        if (found == csrs.end())
            return false;
        value = found->second;
        return true;
    }
    bool write_csr(unsigned number, std::uint32_t value) override {
        if (csrs.count(number) == 0 || number >> 10 == 3)
            return false;
        csrs[number] = value;
        return true;
    }
    std::size_t read_memory(std::uint32_t address, unsigned char* bytes,
                            std::size_t length) override {
        std::size_t n = 0;
        for (; n < length && address + n - start < size; ++n)
            bytes[n] = memory[address + n - start];
        return n;
    }
    bool write_memory(std::uint32_t address, const unsigned char* bytes,
                      std::size_t length) override {
        if (address < start || address - start + std::uint64_t{length} > size)
            return false;
        std::copy(bytes, bytes + length, memory.begin() + (address - start));
        return true;
    }
    std::vector<ocellus::sim::debug_memory_region> memory_map() override {
        if (!mapped)
            return {};
        return {{0, start, false}, {start, size, true}};
    }
    void step() override {
        ++steps;
        go(true);
    }
    void resume() override { go(false); }
    void interrupt() override {
        ++interrupts;
        asked_ = !deaf;
    }
    bool running() const override { return runs; }
    ocellus::sim::debug_stop last_stop() const override { return stop; }
    bool supports(point_kind kind) const override {
        return hardware || kind == point_kind::software;
    }
    bool insert(const ocellus::sim::debug_point& p) override {
        if (p.kind == point_kind::software || p.kind == point_kind::hardware)
            breakpoints.insert({p.address, p.kind});
        else if (watchpoints.size() < 4)
            watchpoints.insert(p);
        else
            return false;
        ++inserted;
        return true;
    }
    void remove(const ocellus::sim::debug_point& p) override {
        --inserted;
        if (p.kind == point_kind::software || p.kind == point_kind::hardware)
            breakpoints.erase(breakpoints.find({p.address, p.kind}));
        else
            watchpoints.erase(p);
    }
    void reset() override {
        std::fill(x, x + 32, 0);
        pc = start;
        ++resets;
        halt(reason::halted);
    }
    void kill() override {
        ++kills;
        halt(reason::killed);
    }
    std::string monitor(const std::string& command) override {
        monitored.push_back(command);
        if (command == "long")
            return std::string(20000, 'a');
        if (command == "wrong")
            throw ocellus::input_error(ocellus::exit_code::usage, "no such command");
        return command.empty() ? "" : "you said " + command;
    }

  private:
    void halt(reason why) {
        runs = asked_ = false;
        stop = {};
        stop.reason = why;
    }
    void go(bool one) {
        if (stop.reason == reason::exited || stop.reason == reason::killed)
            return;
        runs = true;
        asked_ = false;
        stepping_ = one;
    }
    /// True when a watchpoint stops the machine before it accesses.
    bool watched(std::uint32_t address, bool write) {
        for (const auto& w : watchpoints) {
            if (watched_at_ == pc || address + 4 <= w.address || w.address + w.length <= address ||
                w.kind == (write ? point_kind::read_watch : point_kind::write_watch))
                continue;
            watched_at_ = pc;
            halt(w.kind == point_kind::write_watch  ? reason::write_watch
                 : w.kind == point_kind::read_watch ? reason::read_watch
                                                    : reason::access_watch);
            stop.address = w.address;
            return true;
        }
        return false;
    }
    void execute() {
        if (pc - start > size - 4 || pc % 4 != 0) {
            halt(reason::fault);
            stop.note = "no instruction here";
            return;
        }
        const std::uint32_t bits = get(pc), next = pc + 4;
        const unsigned rd = bits >> 7 & 31u, rs1 = bits >> 15 & 31u, rs2 = bits >> 20 & 31u;
        const std::uint32_t address = x[rs1];
        switch (bits & 0x7fu) {
            case 0x37:
                write_x(rd, bits & ~0xfffu);
                break;
            case 0x13:
                write_x(rd, x[rs1] + (bits >> 20));
                break;
            case 0x23:
            case 0x03:
                if (address - start > size - 4) {
                    halt(reason::fault);
                    return;
                }
                if (watched(address, (bits & 0x7fu) == 0x23))
                    return;
                if ((bits & 0x7fu) == 0x23)
                    put(address, x[rs2]);
                else
                    write_x(rd, get(address));
                break;
            case 0x6f:
                pc = loop;
                return;
            case 0x73:
                exit(static_cast<int>(x[10]));
                return;
            default:
                halt(reason::fault);
                return;
        }
        pc = next;
    }

    bool asked_ = false, stepping_ = false;
    static constexpr std::uint32_t none = 1;
    std::uint32_t broken_at_ = none, watched_at_ = none;  // where a point has stopped it
};
