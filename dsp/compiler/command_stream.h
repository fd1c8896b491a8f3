// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "dsp/compiler/passes.h"

/// The walk of a network as the NPU reads it from SRAM: little-endian words of 32 bits. Each
/// command begins with
///
///     bits 0 to 7    opcode
///     bits 8 to 15   words of the command, this one included
///     bits 16 to 31  check: CRC-16 (x^16 + x^12 + x^5 + 1, initially 0xffff, most significant bit
///                    first) of the command's index in the stream, bits 0 to 15 of this word and
///                    all operands
///
/// and the stream is BEGIN, then one section a pass (PASS, then FETCH ... AWAIT when weights are
/// streamed, then LOAD ... COMPUTE STORE ... for each tile, then BARRIER), then END. BEGIN and PASS
/// name the length of the section to come, so that it can be fetched whole.
namespace ocellus::dsp {

enum class opcode : std::uint8_t {
    begin = 1,   ///< version, words of the stream, passes, words of the first section
    pass,        ///< words of the next section (END counts as one), operator and (bits 8 to 15)
                 ///< bits of a weight, layers, shape
    load_input,  ///< offset from the job's input address, bytes
    load_activations,  ///< offset from the start of the memory, bytes
    load_weights,      ///< the same
    compute,           ///< first row, rows, first channel, channels
    store,             ///< offset from the start of the memory, bytes
    barrier,           ///< waits until the results of the pass are out
    end,               ///< the job is done
    fetch,             ///< offset outside, offset in the memory, bytes: weights on their way in
    await,             ///< the pass begins when so many fetches of the job have arrived
};
/// "BEGIN", "LOAD_WEIGHTS"; "?" for another value.
const char* name_of(opcode o);

constexpr std::uint32_t command_version = 2;
constexpr std::size_t begin_words = 5, end_words = 1;

/// A command that cannot be executed.
struct command_error : std::runtime_error {
    command_error(std::size_t at, const std::string& why)
        : std::runtime_error("command at word " + std::to_string(at) + ": " + why), word(at) {}
    std::size_t word;
};

/// What a stream may touch. Commands beyond it are refused.
struct command_limits {
    std::uint64_t memory_bytes = 0;  ///< LOAD and STORE end before
    std::uint64_t input_bytes = 0;   ///< LOAD_INPUT ends before
    std::uint64_t layers = 0;        ///< layers of a PASS are below
};

/// BEGIN.
struct command_header {
    std::uint32_t words = 0, passes = 0, first_section = 0;
};

/// One command with what it says, for people and for the decoder.
struct command {
    opcode code = opcode::end;
    std::size_t word = 0;  ///< index of its first word
    std::vector<std::uint32_t> operands;
};

/// Words of the section of a pass.
std::size_t section_words(const pass& p);

/// Bus cycles to fetch the section of a pass: BEGIN first and by itself, END with the last one.
std::uint64_t fetch_cycles(std::size_t section, bool first, bool last, const array_organisation& a);

/// The whole stream. Throws input_error(usage) when something does not fit its field.
std::vector<std::uint32_t> encode_commands(const std::vector<pass>& passes);

/// Reads one command at `index` of the `count` words at `words`; `base` is the index of words[0] in
/// the stream. Throws command_error.
command read_command(const std::uint32_t* words, std::size_t count, std::size_t index,
                     std::size_t base);

/// Reads BEGIN.
command_header decode_begin(const std::uint32_t* words, std::size_t count);

/// Reads the section of one pass and gives it the array's cycles. `next_section` gets the words of
/// the section behind it. What only people need (the name) stays empty. Throws command_error.
pass decode_section(const std::uint32_t* words, std::size_t count, std::size_t base,
                    const command_limits& limits, const array_organisation& a,
                    std::uint32_t& next_section);

/// Reads a whole stream. Throws command_error.
std::vector<pass> decode_commands(const std::vector<std::uint32_t>& words,
                                  const command_limits& limits, const array_organisation& a);

/// A line per command: index, words in hexadecimal, name and operands.
std::string disassemble(const std::vector<std::uint32_t>& words, std::uint64_t base_address);

}  // namespace ocellus::dsp
