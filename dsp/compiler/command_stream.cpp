// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/command_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <limits>

#include "core/diagnostics.h"

namespace ocellus::dsp {

namespace {

constexpr std::size_t pass_operands = 12;

/// Words of each command, by opcode.
constexpr std::array<std::uint8_t, 12> length_of{0, begin_words, 1 + pass_operands, 3, 3, 3, 5,
                                                 3, 1,           end_words,         4, 2};

std::uint16_t check_of(std::size_t index, std::uint32_t head, const std::uint32_t* operands,
                       std::size_t count) {
    static const auto table = [] {
        std::array<std::uint16_t, 256> t{};
        for (unsigned i = 0; i < 256; ++i) {
            unsigned r = i << 8;
            for (int bit = 0; bit < 8; ++bit)
                r = (r << 1) ^ ((r & 0x8000u) != 0 ? 0x1021u : 0u);
            t[i] = static_cast<std::uint16_t>(r);
        }
        return t;
    }();
    unsigned crc = 0xffff;
    const auto add = [&](std::uint32_t word) {
        for (int shift = 24; shift >= 0; shift -= 8)
            crc = ((crc << 8) ^ table[((crc >> 8) ^ (word >> shift)) & 0xff]) & 0xffff;
    };
    add(static_cast<std::uint32_t>(index));
    add(head & 0xffff);
    for (std::size_t i = 0; i < count; ++i)
        add(operands[i]);
    return static_cast<std::uint16_t>(crc);
}

class writer {
  public:
    std::vector<std::uint32_t> words;

    void command(opcode code, std::initializer_list<std::uint64_t> operands) {
        const std::size_t index = words.size();
        words.push_back(static_cast<std::uint32_t>(code) |
                        static_cast<std::uint32_t>(operands.size() + 1) << 8);
        for (const std::uint64_t v : operands) {
            if (v > std::numeric_limits<std::uint32_t>::max())
                throw input_error(exit_code::usage,
                                  fmt::format("the network is too large for the command stream: {} "
                                              "in {} does not fit 32 bits",
                                              v, name_of(code)));
            words.push_back(static_cast<std::uint32_t>(v));
        }
        words[index] |=
            std::uint32_t{check_of(index, words[index], words.data() + index + 1, operands.size())}
            << 16;
    }
};

std::size_t tile_words(const tile& t) {
    return 3 * (t.loads.size() + t.stores.size()) + 5;
}

}  // namespace

const char* name_of(opcode o) {
    constexpr const char* names[] = {"?",
                                     "BEGIN",
                                     "PASS",
                                     "LOAD_INPUT",
                                     "LOAD_ACTIVATIONS",
                                     "LOAD_WEIGHTS",
                                     "COMPUTE",
                                     "STORE",
                                     "BARRIER",
                                     "END",
                                     "FETCH",
                                     "AWAIT"};
    const auto i = static_cast<std::size_t>(o);
    return i < std::size(names) ? names[i] : names[0];
}

std::size_t section_words(const pass& p) {
    std::size_t n = 1 + pass_operands + 1 + 4 * p.fetches.size() + (p.awaits > 0 ? 2 : 0);
    for (const tile& t : p.tiles)
        n += tile_words(t);
    return n;
}

std::uint64_t fetch_cycles(std::size_t section, bool first, bool last,
                           const array_organisation& a) {
    constexpr std::uint64_t size = sizeof(std::uint32_t);
    return (first ? bus_cycles(begin_words * size, a) : 0) +
           bus_cycles((section + (last ? end_words : 0)) * size, a);
}

std::vector<std::uint32_t> encode_commands(const std::vector<pass>& passes) {
    std::size_t total = begin_words + end_words;
    for (const pass& p : passes)
        total += section_words(p);
    writer w;
    w.words.reserve(total);
    const auto section = [&](std::size_t i) {
        return i < passes.size() ? section_words(passes[i]) : end_words;
    };
    w.command(opcode::begin, {command_version, total, passes.size(), section(0)});
    for (std::size_t i = 0; i < passes.size(); ++i) {
        const pass& p = passes[i];
        w.command(
            opcode::pass,
            {section(i + 1), static_cast<std::uint64_t>(p.kind) | std::uint64_t{p.weight_bits} << 8,
             static_cast<std::uint64_t>(p.layers.front()), p.layers.size(), p.tiles.size(), p.rows,
             p.width, p.channels, p.in_channels, p.taps, p.macs & 0xffffffffu, p.macs >> 32});
        for (const external_fetch& f : p.fetches)
            w.command(opcode::fetch, {f.external_offset, f.offset, f.bytes});
        if (p.awaits > 0)
            w.command(opcode::await, {p.awaits});
        for (const tile& t : p.tiles) {
            for (std::size_t k = 0; k < t.loads.size(); ++k) {
                const byte_range& r = t.loads[k];
                w.command(r.network_input           ? opcode::load_input
                          : k < t.activation_ranges ? opcode::load_activations
                                                    : opcode::load_weights,
                          {r.offset, r.bytes});
            }
            w.command(opcode::compute, {t.first_row, t.rows, t.first_channel, t.channels});
            for (const byte_range& r : t.stores)
                w.command(opcode::store, {r.offset, r.bytes});
        }
        w.command(opcode::barrier, {});
    }
    w.command(opcode::end, {});
    return std::move(w.words);
}

namespace {

/// What a command's head says, checked; the operands stay where they are.
struct view {
    opcode code = opcode::end;
    std::size_t words = 0;
    const std::uint32_t* operands = nullptr;
};

view look(const std::uint32_t* words, std::size_t count, std::size_t index, std::size_t base) {
    if (index >= count)
        throw command_error(base + index, "the stream ends before END");
    const std::uint32_t head = words[index];
    const std::uint32_t code = head & 0xff, length = head >> 8 & 0xff;
    if (code == 0 || code >= length_of.size())
        throw command_error(base + index, fmt::format("unknown opcode 0x{:02x}", code));
    if (length != length_of[code])
        throw command_error(
            base + index, fmt::format("{} of {} words; expected {}",
                                      name_of(static_cast<opcode>(code)), length, length_of[code]));
    if (count - index < length)
        throw command_error(base + index, "the stream ends inside a command");
    if (check_of(base + index, head, words + index + 1, length - 1) != head >> 16)
        throw command_error(base + index, "its check does not fit");
    return {static_cast<opcode>(code), length, words + index + 1};
}

}  // namespace

command read_command(const std::uint32_t* words, std::size_t count, std::size_t index,
                     std::size_t base) {
    const view v = look(words, count, index, base);
    return {v.code, base + index, {v.operands, v.operands + v.words - 1}};
}

command_header decode_begin(const std::uint32_t* words, std::size_t count) {
    const view v = look(words, count, 0, 0);
    if (v.code != opcode::begin)
        throw command_error(0, fmt::format("{}; expected BEGIN", name_of(v.code)));
    if (v.operands[0] != command_version)
        throw command_error(0,
                            fmt::format("version {}; expected {}", v.operands[0], command_version));
    return {v.operands[1], v.operands[2], v.operands[3]};
}

pass decode_section(const std::uint32_t* words, std::size_t count, std::size_t base,
                    const command_limits& limits, const array_organisation& a,
                    std::uint32_t& next_section) {
    const view head = look(words, count, 0, base);
    const auto refuse = [&](std::size_t index, const std::string& why) {
        throw command_error(base + index, why);
    };
    if (head.code != opcode::pass)
        refuse(0, fmt::format("{}; expected PASS", name_of(head.code)));
    const std::uint32_t* f = head.operands;
    next_section = f[0];
    const std::uint32_t kind = f[1] & 0xff, weight_bits = f[1] >> 8;
    if (*name_of(static_cast<op>(kind)) == '?')
        refuse(0, fmt::format("unknown operator {}", kind));
    if (weight_bits != 8 && weight_bits != 4 && weight_bits != 2)
        refuse(0, fmt::format("weights of {} bits; expected 8, 4 or 2", weight_bits));
    if (f[3] == 0 || std::uint64_t{f[2]} + f[3] > limits.layers)
        refuse(0, fmt::format("{} layers from {}; the network has {}", f[3], f[2], limits.layers));
    pass p;
    p.kind = static_cast<op>(kind);
    p.weight_bits = weight_bits;
    const array_organisation wide = for_weights_of(a, weight_bits);
    for (std::uint32_t i = 0; i < f[3]; ++i)
        p.layers.push_back(static_cast<int>(f[2] + i));
    p.rows = f[5];
    p.width = f[6];
    p.channels = f[7];
    p.in_channels = f[8];
    p.taps = f[9];
    p.macs = f[10] | std::uint64_t{f[11]} << 32;
    // More than any network that fits; it keeps the cycles below 2^63.
    double work = 1;
    for (std::size_t i = 5; i < 10; ++i) {
        // The scalar unit's counts add up, the extents of a nest multiply.
        const bool adds = on_scalar_unit(p.kind);
        work = adds ? work + f[i] : work * (f[i] == 0 ? 1.0 : f[i]);
    }
    if (work > 1e15)
        refuse(0, "a shape without measure");
    p.tiles.reserve(std::min<std::size_t>(f[4], count / 5));
    tile t;
    bool computed = false;
    std::uint64_t moved = 0;
    const auto finish = [&] {
        const std::uint64_t load = t.activation_bytes + t.weight_bytes;
        t.load_cycles = bus_cycles(moved + load, a) - bus_cycles(moved, a);
        t.activation_cycles = bus_cycles(moved + t.activation_bytes, a) - bus_cycles(moved, a);
        moved += load;
        t.store_cycles = bus_cycles(moved + t.store_bytes, a) - bus_cycles(moved, a);
        moved += t.store_bytes;
        p.tiles.push_back(std::move(t));
        t = {};
        computed = false;
    };
    for (std::size_t index = head.words;;) {
        const view v = look(words, count, index, base);
        const auto range = [&](std::uint64_t limit) {
            const byte_range r{v.code == opcode::load_input, v.operands[0], v.operands[1]};
            if (r.bytes == 0 || r.offset + r.bytes > limit)
                refuse(index,
                       fmt::format("{} bytes at {}; the memory has {}", r.bytes, r.offset, limit));
            return r;
        };
        switch (v.code) {
            case opcode::load_input:
            case opcode::load_activations:
            case opcode::load_weights: {
                if (computed)
                    finish();
                const bool weights = v.code == opcode::load_weights;
                if (!weights && t.weight_bytes > 0)
                    refuse(index, "activations behind the weights of a tile");
                t.loads.push_back(
                    range(v.code == opcode::load_input ? limits.input_bytes : limits.memory_bytes));
                (weights ? t.weight_bytes : t.activation_bytes) += t.loads.back().bytes;
                t.activation_ranges += weights ? 0 : 1;
                break;
            }
            case opcode::compute: {
                if (computed)
                    finish();
                const std::uint32_t* o = v.operands;
                if (std::uint64_t{o[0]} + o[1] > p.rows || std::uint64_t{o[2]} + o[3] > p.channels)
                    refuse(index, "a tile beyond its pass");
                t.first_row = o[0];
                t.rows = o[1];
                t.first_channel = o[2];
                t.channels = o[3];
                t.compute = compute_cycles(
                    {p.kind, t.rows * p.width, t.channels, p.in_channels, p.taps}, wide);
                computed = true;
                break;
            }
            case opcode::fetch:
            case opcode::await:
                if (!p.tiles.empty() || !t.loads.empty() || computed || p.awaits > 0)
                    refuse(index, fmt::format("{} behind the first tile", name_of(v.code)));
                if (v.code == opcode::await) {
                    p.awaits = v.operands[0];
                    break;
                }
                p.fetches.push_back({v.operands[0], v.operands[1], v.operands[2]});
                if (p.fetches.back().bytes == 0 ||
                    p.fetches.back().offset + p.fetches.back().bytes > limits.memory_bytes)
                    refuse(index, "a fetch beyond the memory");
                break;
            case opcode::store:
                if (!computed)
                    refuse(index, "STORE before COMPUTE");
                t.stores.push_back(range(limits.memory_bytes));
                t.store_bytes += t.stores.back().bytes;
                break;
            case opcode::barrier:
                if (computed)
                    finish();
                if (!t.loads.empty())
                    refuse(index, "loads without COMPUTE");
                if (p.tiles.size() != f[4])
                    refuse(index, fmt::format("{} tiles; PASS announced {}", p.tiles.size(), f[4]));
                if (index + v.words != count)
                    refuse(index, "the section is longer than announced");
                for (const tile& x : p.tiles) {
                    p.compute += x.compute;
                    p.moved_bytes += x.activation_bytes + x.weight_bytes + x.store_bytes;
                }
                return p;
            default:
                refuse(index, fmt::format("{} inside a pass", name_of(v.code)));
        }
        index += v.words;
    }
}

std::vector<pass> decode_commands(const std::vector<std::uint32_t>& words,
                                  const command_limits& limits, const array_organisation& a) {
    const command_header h = decode_begin(words.data(), words.size());
    if (h.words != words.size())
        throw command_error(0, fmt::format("{} words announced, {} there", h.words, words.size()));
    std::vector<pass> passes;
    std::size_t at = begin_words;
    std::uint32_t section = h.first_section;
    for (std::uint32_t i = 0; i < h.passes; ++i) {
        if (section > words.size() - at)
            throw command_error(at, "the section is longer than the stream");
        const std::size_t length = section;
        passes.push_back(decode_section(words.data() + at, length, at, limits, a, section));
        at += length;
    }
    if (look(words.data(), words.size(), at, 0).code != opcode::end || at + 1 != words.size())
        throw command_error(at, "expected END");
    return passes;
}

std::string disassemble(const std::vector<std::uint32_t>& words, std::uint64_t base_address) {
    std::string text;
    for (std::size_t i = 0; i < words.size();) {
        const command c = read_command(words.data(), words.size(), i, 0);
        const auto& o = c.operands;
        std::string says;
        switch (c.code) {
            case opcode::begin:
                says = fmt::format("version {}, {} words, {} passes, first section {} words", o[0],
                                   o[1], o[2], o[3]);
                break;
            case opcode::pass:
                says = fmt::format(
                    "{}{}, layers {}..{}, {} tiles, {} rows x {} pixels x {} channels, {} in x {} "
                    "taps, {} MAC, next section {} words",
                    name_of(static_cast<op>(o[1] & 0xff)),
                    o[1] >> 8 == 8 ? "" : fmt::format(" with {}-bit weights", o[1] >> 8), o[2],
                    o[2] + o[3] - 1, o[4], o[5], o[6], o[7], o[8], o[9],
                    o[10] | std::uint64_t{o[11]} << 32, o[0]);
                break;
            case opcode::load_input:
                says = fmt::format("input + {}, {} bytes", o[0], o[1]);
                break;
            case opcode::load_activations:
            case opcode::load_weights:
            case opcode::store:
                says = fmt::format("0x{:08x}, {} bytes", base_address + o[0], o[1]);
                break;
            case opcode::compute:
                says = fmt::format("rows {}+{}, channels {}+{}", o[0], o[1], o[2], o[3]);
                break;
            case opcode::fetch:
                says = fmt::format("outside + {}, to 0x{:08x}, {} bytes", o[0], base_address + o[1],
                                   o[2]);
                break;
            case opcode::await:
                says = fmt::format("{} fetches", o[0]);
                break;
            default:
                break;
        }
        text += fmt::format("{:6}  {:08x}  {}\n", i, words[i],
                            says.empty() ? std::string(name_of(c.code))
                                         : fmt::format("{:<17}{}", name_of(c.code), says));
        i += o.size() + 1;
    }
    return text;
}

}  // namespace ocellus::dsp
