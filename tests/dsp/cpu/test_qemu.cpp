// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "random_program.h"

using namespace ocellus::dsp;
using namespace assembler;

namespace {

constexpr std::uint32_t ram = 0x80000000u, handler = ram + 0x6000, data = ram + 0x7000,
                        code_size = 0x4000;

bool is_base(std::uint32_t r) {
    return r == 2 || r == 6 || r == 8 || r == 9 || r == 15;
}

/// Random instructions that go forward only, so that every program ends; aligned accesses through
/// base registers, because the other side does not trap on misaligned ones.
class forward_program {
  public:
    explicit forward_program(std::uint32_t seed) : dice_(seed) {}

    std::vector<std::uint16_t> build() {
        halves_.clear();
        const std::uint32_t bases[][2] = {{2, data + 0x400},
                                          {8, data + 0x800},
                                          {9, data},
                                          {15, data + 0xc00},
                                          {6, ram + code_size}};
        for (const auto& b : bases) {
            emit(lui(b[0], (b[1] + 0x800) >> 12));
            emit(addi(b[0], b[0], static_cast<int>(b[1] & 0xfff) - ((b[1] & 0x800) ? 0x1000 : 0)));
        }
        emit(lui(28, handler >> 12));
        emit(csrrw(0, mtvec, 28));
        emit(ecall);
        for (std::uint32_t r : {1u, 3u, 4u, 5u, 7u, 10u, 11u, 12u, 13u, 14u, 16u, 17u, 18u, 19u}) {
            emit(lui(r, dice_.below(1u << 20)));
            emit(addi(r, r, static_cast<int>(dice_.below(4096)) - 2048));
        }
        while (halves_.size() * 2 < code_size - 128)
            random();
        while (halves_.size() * 2 < code_size)
            halves_.push_back(0x0001);
        emit(lui(28, 0x100));  // the test finisher of the machine
        emit(lui(29, 5));
        emit(addi(29, 29, 0x555));
        emit(sw(29, 28, 0));
        halves_.resize((handler - ram) / 2, 0x0001);
        for (word w : {csrrs(28, mepc, 0), lhu(29, 28, 0), andi(29, 29, 3), addi(28, 28, 2),
                       addi(30, 0, 3), bne(29, 30, 8), addi(28, 28, 2), csrrw(0, mepc, 28), mret})
            emit(w);
        halves_.resize((data - ram + 0x1000) / 2, 0);
        return halves_;
    }

  private:
    void emit(word w) {
        halves_.push_back(static_cast<std::uint16_t>(w));
        halves_.push_back(static_cast<std::uint16_t>(w >> 16));
    }
    std::uint32_t destination() {
        for (;;) {
            const std::uint32_t rd = dice_.below(32);
            if (!is_base(rd))
                return rd;
        }
    }
    void random() {
        const std::uint32_t rd = destination(), rs1 = dice_.below(32), rs2 = dice_.below(32);
        const std::uint32_t memory_bases[4] = {2, 8, 9, 15};
        const std::uint32_t base = memory_bases[dice_.below(4)];
        const int imm = static_cast<int>(dice_.below(4096)) - 2048;
        switch (dice_.below(20)) {
            case 0:
                return emit(lui(rd, dice_.below(1u << 20)));
            case 1:
                return emit(auipc(rd, dice_.below(1u << 20)));
            case 2:
            case 3: {
                const unsigned f = dice_.below(8);
                return emit(
                    f == 1 || f == 5
                        ? r_format(0x13, f, f == 5 && dice_.below(2) ? 0x20 : 0, rd, rs1, rs2)
                        : i_format(0x13, f, rd, rs1, imm));
            }
            case 4:
            case 5:
                return emit(r_format(0x33, dice_.below(8), 0, rd, rs1, rs2));
            case 6:
                return emit(r_format(0x33, dice_.below(2) * 5, 0x20, rd, rs1, rs2));
            case 7:
            case 8:
                return emit(r_format(0x33, dice_.below(8), 1, rd, rs1, rs2));
            case 9: {
                const unsigned sizes[5] = {0, 1, 2, 4, 5};
                const unsigned f = sizes[dice_.below(5)];
                return emit(i_format(0x03, f, rd, base,
                                     static_cast<int>((dice_.below(0x400) >> (f % 4)) << (f % 4))));
            }
            case 10: {
                const unsigned f = dice_.below(3);
                return emit(
                    s_format(f, rs2, base, static_cast<int>((dice_.below(0x400) >> f) << f)));
            }
            case 11: {
                const unsigned conditions[6] = {0, 1, 4, 5, 6, 7};
                const unsigned over = dice_.below(6);
                emit(
                    b_format(conditions[dice_.below(6)], rs1, rs2, 4 + 2 * static_cast<int>(over)));
                return straight(over);
            }
            case 12: {
                const unsigned over = dice_.below(8);
                emit(jal(rd, 4 + 2 * static_cast<int>(over)));
                return straight(over);
            }
            case 13: {
                const unsigned kinds = dice_.below(30);
                if (kinds == 0 && halves_.size() * 2 > code_size - 600)
                    return emit(jalr(rd, 6, -2 * static_cast<int>(dice_.below(20))));
                if (kinds >= 1 && kinds < 3)
                    return emit(kinds == 1 ? fence : fence_i);
                if (kinds < 6)
                    return emit(kinds < 4 ? ebreak : ecall);
                const std::uint32_t csrs[] = {mscratch, mscratch, mcause, mtval};
                const unsigned functions[6] = {1, 2, 3, 5, 6, 7};
                if (kinds < 8)
                    return emit(kinds == 6 ? csrrs(rd, misa, 0) : csrrs(rd, mtvec, 0));
                if (kinds < 10)
                    return emit(csrrw(rd, 0xf14, rs1));  // read-only: illegal unless...
                return emit(i_format(0x73, functions[dice_.below(6)], rd, rs1,
                                     static_cast<int>(csrs[dice_.below(4)])));
            }
            case 14:
                return emit((dice_.next() & ~0x7fu) |
                            (dice_.below(2) ? 0x0b : 0x57));  // no such opcodes
            default: {
                const std::uint16_t c = compressed(true);
                halves_.push_back(c);
                const std::uint32_t opcode = reference_expand(c) & 0x7f;
                if (opcode == 0x6f || opcode == 0x63)
                    straight(static_cast<std::uint32_t>(decode(c, 0).imm) / 2 - 1);
            }
        }
    }
    /// Half words for a jump to go over: what it lands on is the start of an instruction.
    void straight(unsigned count) {
        for (unsigned k = 0; k < count; ++k)
            halves_.push_back(compressed(false));
    }
    std::uint16_t compressed(bool jumps) {
        for (;;) {
            const auto c = static_cast<std::uint16_t>(dice_.next());
            if ((c & 3) == 3)
                continue;
            const std::uint32_t full = reference_expand(c);
            if (full == 0) {
                // Reserved encodings; those of the F and D extensions as well.
                if (dice_.below(6) == 0)
                    return c;
                continue;
            }
            const std::uint32_t opcode = full & 0x7f, rd = full >> 7 & 31, rs1 = full >> 15 & 31;
            if (opcode == 0x67 || full == wfi)
                continue;
            if (opcode == 0x6f || opcode == 0x63) {
                const bool backward = full >> 31 & 1;
                const std::uint32_t target = static_cast<std::uint32_t>(decode(c, 0).imm);
                if (!jumps || backward || target < 2 || target > 30)
                    continue;
                return c;
            }
            if (opcode == 0x03 || opcode == 0x23) {
                if (rs1 == 6 || !is_base(rs1))
                    continue;
                if (opcode == 0x23)
                    return c;
            }
            if (is_base(rd))
                continue;
            return c;
        }
    }
    random_program dice_;
    std::vector<std::uint16_t> halves_;
};

using state = std::map<std::string, std::uint32_t>;

/// The states that the emulator logs before every instruction.
std::vector<state> parse(std::FILE* log) {
    std::vector<state> states;
    std::array<char, 512> line;
    while (std::fgets(line.data(), static_cast<int>(line.size()), log)) {
        std::istringstream in(line.data());
        std::string name, value;
        while (in >> name >> value) {
            char* end = nullptr;
            const auto v = static_cast<std::uint32_t>(std::strtoul(value.c_str(), &end, 16));
            if (*end != 0 || value.size() != 8)
                break;
            if (name == "pc")
                states.emplace_back();
            if (!states.empty())
                states.back()[name.substr(0, name.find('/'))] = v;
        }
    }
    return states;
}

}  // namespace

TEST_CASE("cpu: random programs step by step as in an independent emulator") {
    if (std::system("command -v qemu-system-riscv32 > /dev/null 2>&1") != 0) {
        WARN("qemu-system-riscv32 is not installed: no comparison");
        return;
    }
    const std::string file = "/tmp/ocellus_test_cpu_" + std::to_string(getpid()) + ".bin";
    std::size_t compared = 0, traps = 0;
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        const std::vector<std::uint16_t> halves = forward_program(seed).build();
        {
            std::ofstream out(file, std::ios::binary);
            for (std::uint16_t h : halves) {
                out.put(static_cast<char>(h));
                out.put(static_cast<char>(h >> 8));
            }
        }
        const std::string command =
            "timeout 10 qemu-system-riscv32 -M virt -m 16M -display none -serial none -monitor "
            "none "
            "-bios none -cpu rv32,h=off,f=off,d=off,a=off,s=off,u=off,pmp=off,mmu=off,"
            "zba=off,zbb=off,zbc=off,zbs=off -singlestep -d cpu,nochain -D /dev/stdout "
            "-device loader,file=" +
            file + ",addr=0x80000000,force-raw=on 2> /dev/null";
        std::FILE* const log = popen(command.c_str(), "r");
        REQUIRE(log);
        const std::vector<state> states = parse(log);
        pclose(log);
        std::remove(file.c_str());
        std::size_t first = 0;
        while (first < states.size() && states[first].at("pc") != ram)
            ++first;
        REQUIRE(states.size() > first + 1000);

        test_memory memory;
        memory.add(ram, 0x8000, true);
        memory.add(0x100000, 4, false);
        for (std::size_t k = 0; k < halves.size(); ++k)
            memory.put(ram + static_cast<std::uint32_t>(2 * k), halves[k], 2);
        hart_parameters p;
        p.reset_pc = ram;
        hart h(p, memory);
        memory.map_into(h);
        for (unsigned i = 1; i < 32; ++i)
            h.set_x(i, states[first].at("x" + std::to_string(i)));
        for (std::size_t k = first; k < states.size(); ++k) {
            INFO("seed " << seed << " step " << k - first << " pc " << std::hex << h.pc());
            const state& expected = states[k];
            REQUIRE(h.pc() == expected.at("pc"));
            for (unsigned i = 0; i < 32; ++i) {
                INFO("x" << i);
                REQUIRE(h.x(i) == expected.at("x" + std::to_string(i)));
            }
            if (expected.at("mcause") == 3)
                h.write_csr(mtval,
                            expected.at("mtval"));  // of ebreak: 0 or its address, as one likes
            const std::pair<const char*, unsigned> csrs[] = {
                {"mepc", mepc}, {"mcause", mcause}, {"mtval", mtval}, {"mtvec", mtvec}};
            for (const auto& c : csrs) {
                INFO(c.first);
                std::uint32_t v = 0;
                h.read_csr(c.second, v);
                REQUIRE(v == expected.at(c.first));
            }
            h.step();
            ++compared;
        }
        traps += h.traps();
    }
    CHECK(compared > 5000);
    CHECK(traps > 100);
}
