// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/gdb_protocol.h"

#include <algorithm>
#include <limits>

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

constexpr unsigned pc_number = 32;
constexpr unsigned first_csr_number = 65;
constexpr unsigned csr_count = 4096;
constexpr unsigned general_registers = 33;  // x0 to x31 and pc: what g and G transfer
constexpr std::size_t output_limit = std::size_t{1} << 16;
constexpr unsigned repeat_limit = 3;
constexpr std::uint64_t address_space = std::uint64_t{1} << 32;

// Errors, by errno.
const char* const not_permitted = "E01";
const char* const bus_error = "E0e";
const char* const malformed = "E16";
const char* const no_room = "E1c";
const char* const bad_annex = "E00";  // the manual's own number for qXfer

int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void append_hex(std::string& text, unsigned byte) {
    static const char digits[] = "0123456789abcdef";
    text += digits[byte >> 4 & 15u];
    text += digits[byte & 15u];
}

/// Four bytes in the order of the target.
void append_word(std::string& text, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
        append_hex(text, value >> shift & 255u);
}

std::string number_text(std::uint64_t value) {
    std::string text;
    do
        text.insert(text.begin(), "0123456789abcdef"[value & 15u]);
    while ((value >>= 4) != 0);
    return text;
}

template <class byte>
bool bytes_from_hex(std::string_view hex, byte* out) {
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        const int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = static_cast<byte>(high << 4 | low);
    }
    return hex.size() % 2 == 0;
}

/// Eight digits in the order of the target.
bool word_from_hex(std::string_view hex, std::uint32_t& value) {
    unsigned char b[4] = {};
    if (hex.size() != 8 || !bytes_from_hex(hex, b))
        return false;
    value = b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
    return true;
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

/// Removes `start` from the front of `text` when it is there.
bool skip(std::string_view& text, std::string_view start) {
    if (!starts_with(text, start))
        return false;
    text.remove_prefix(start.size());
    return true;
}

/// A hexadecimal number at the front of `text`; false when there is none, or it is above `limit`.
bool skip_number(std::string_view& text, std::uint64_t& value,
                 std::uint64_t limit = address_space - 1) {
    value = 0;
    std::size_t n = 0;
    for (; n < text.size() && digit(text[n]) >= 0; ++n) {
        if (value >> 60 != 0)
            return false;
        value = value << 4 | static_cast<std::uint64_t>(digit(text[n]));
    }
    text.remove_prefix(n);
    return n > 0 && value <= limit;
}

/// "addr,length" at the front of `text`. Addresses and lengths beyond the address space are numbers
/// like any other: whoever uses them finds a bus error there.
bool skip_range(std::string_view& text, std::uint64_t& address, std::uint64_t& length) {
    const std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
    return skip_number(text, address, any) && skip(text, ",") && skip_number(text, length, any);
}

/// The whole of `text` names thread 1, or all threads, or any.
bool our_thread(std::string_view text) {
    if (text == "-1")
        return true;
    std::uint64_t id = 0;
    return skip_number(text, id) && text.empty() && id <= 1;
}

/// A part of `text` as qXfer replies it: m when more follows, l when not.
std::string part_of(const std::string& text, std::string_view range) {
    std::uint64_t offset = 0, length = 0;
    if (!skip_range(range, offset, length) || !range.empty() || offset > text.size())
        return malformed;
    std::string reply = "l";
    for (std::size_t i = offset; i < text.size(); ++i) {
        if (i - offset >= length || reply.size() + 2 > gdb_protocol::packet_size) {
            reply[0] = 'm';
            break;
        }
        const char c = text[i];
        if (c == '#' || c == '$' || c == '}' || c == '*') {
            reply += '}';
            reply += static_cast<char>(c ^ 0x20);
        } else {
            reply += c;
        }
    }
    return reply;
}

debug_stop settled(const debug_stop& stop) {
    // What stopped the target before the debugger came is no event of its.
    if (stop.reason == debug_stop_reason::exited || stop.reason == debug_stop_reason::killed ||
        stop.reason == debug_stop_reason::fault)
        return stop;
    return {};
}

}  // namespace

const std::vector<named_csr>& machine_csrs() {
    // The RISC-V Instruction Set Manual, volume II, tables of CSR addresses.
    static const std::vector<named_csr> all = {
        {"mstatus", 0x300},    {"misa", 0x301},     {"mie", 0x304},           {"mtvec", 0x305},
        {"mcounteren", 0x306}, {"mstatush", 0x310}, {"mcountinhibit", 0x320}, {"mscratch", 0x340},
        {"mepc", 0x341},       {"mcause", 0x342},   {"mtval", 0x343},         {"mip", 0x344},
        {"mcycle", 0xb00},     {"minstret", 0xb02}, {"mcycleh", 0xb80},       {"minstreth", 0xb82},
        {"cycle", 0xc00},      {"time", 0xc01},     {"instret", 0xc02},       {"cycleh", 0xc80},
        {"timeh", 0xc81},      {"instreth", 0xc82}, {"mvendorid", 0xf11},     {"marchid", 0xf12},
        {"mimpid", 0xf13},     {"mhartid", 0xf14},  {"mconfigptr", 0xf15},
    };
    return all;
}

// The conversation as a whole.

void gdb_protocol::connect() {
    parser_ = parser::between;
    output_.clear();
    last_frame_.clear();
    repeats_left_ = 0;
    acknowledging_ = attached_ = true;
    extended_ = closing_ = client_swbreak_ = client_hwbreak_ = false;
    holding_ = stop_asked_ = false;
    held_.clear();
    remove_points();
    execution_ = target_.running() ? execution::free : execution::still;
    stop_ = execution_ == execution::still ? settled(target_.last_stop()) : debug_stop{};
}

void gdb_protocol::disconnect() {
    remove_points();
    output_.clear();
    last_frame_.clear();
    repeats_left_ = 0;
    held_.clear();
    holding_ = attached_ = false;
    if (execution_ == execution::awaited)
        execution_ = execution::free;
}

std::size_t gdb_protocol::receive(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !holding_ && !closing_ && output_.size() < output_limit)
        take(bytes[taken++]);
    return taken;
}

void gdb_protocol::update() {
    if (execution_ == execution::still || target_.running())
        return;
    const bool awaited = execution_ == execution::awaited;
    execution_ = execution::still;
    stop_ = target_.last_stop();
    if (awaited) {
        if (!stop_.note.empty())
            send_console(stop_.note + "\n");
        send(stop_reply());
    } else {
        stop_ = settled(stop_);
    }
    if (holding_) {
        holding_ = false;
        const std::string packet = std::move(held_);
        held_.clear();
        handle(packet);
    }
}

void gdb_protocol::interrupt() {
    if (execution_ == execution::still)
        return;
    target_.interrupt();
    update();
}

// Framing.

void gdb_protocol::begin_frame() {
    parser_ = parser::body;
    body_.clear();
    body_length_ = 0;
    sum_ = 0;
}

void gdb_protocol::take(char c) {
    // $ never occurs within a frame, not even escaped: a new one begins, and the old one is lost.
    if (c == '$') {
        begin_frame();
        return;
    }
    switch (parser_) {
        case parser::between:
            if (c == '\x03') {
                interrupt();
            } else if (c == '+') {
                repeats_left_ = 0;
            } else if (c == '-' && repeats_left_ > 0) {
                --repeats_left_;
                output_ += last_frame_;
            }
            break;
        case parser::body:
            if (c == '#') {
                parser_ = parser::checksum_high;
                break;
            }
            sum_ += static_cast<unsigned char>(c);
            if (++body_length_ <= packet_size)
                body_ += c;
            break;
        case parser::checksum_high:
            checksum_high_ = digit(c);
            parser_ = parser::checksum_low;
            if (checksum_high_ < 0)
                finish_frame(false);
            break;
        case parser::checksum_low:
            finish_frame(digit(c) >= 0 &&
                         static_cast<unsigned>(checksum_high_ << 4 | digit(c)) == (sum_ & 255u));
            break;
    }
}

void gdb_protocol::finish_frame(bool intact) {
    parser_ = parser::between;
    // Without acknowledgments nobody would repeat a damaged frame, and some clients do not compute
    // the checksum then.
    if (acknowledging_) {
        output_ += intact ? '+' : '-';
        if (!intact)
            return;
    }
    std::string packet;
    if (decode_body(packet))
        accept(packet);
    else
        send(malformed);
}

/// Undoes escapes and run lengths: "0* " is "0000", that is, the character after the asterisk minus
/// 29 more of the one before it.
bool gdb_protocol::decode_body(std::string& packet) const {
    if (body_length_ > body_.size())
        return false;
    for (std::size_t i = 0; i < body_.size(); ++i) {
        const char c = body_[i];
        if (c != '}' && c != '*') {
            packet += c;
            continue;
        }
        if (++i == body_.size())
            return false;
        if (c == '}') {
            packet += static_cast<char>(body_[i] ^ 0x20);
            continue;
        }
        const int count = static_cast<unsigned char>(body_[i]) - 29;
        if (packet.empty() || count < 3 || count > 126 - 29)
            return false;
        packet.append(static_cast<std::size_t>(count), packet.back());
        if (packet.size() > packet_size)
            return false;
    }
    return true;
}

void gdb_protocol::send(std::string_view body) {
    std::string frame = "$";
    frame += body;
    frame += '#';
    unsigned sum = 0;
    for (const char c : body)
        sum += static_cast<unsigned char>(c);
    append_hex(frame, sum & 255u);
    output_ += frame;
    if (acknowledging_) {
        last_frame_ = std::move(frame);
        repeats_left_ = repeat_limit;
    }
}

void gdb_protocol::send_console(std::string_view text) {
    constexpr std::size_t part = (packet_size - 1) / 2;
    for (; !text.empty(); text.remove_prefix(std::min(part, text.size()))) {
        std::string packet = "O";
        for (const char c : text.substr(0, part))
            append_hex(packet, static_cast<unsigned char>(c));
        send(packet);
    }
}

// Packets.

void gdb_protocol::accept(const std::string& packet) {
    attached_ = true;
    update();
    if (execution_ == execution::still) {
        handle(packet);
    } else if (execution_ == execution::awaited &&
               (packet == "vCont;t" || starts_with(packet, "vCont;t:"))) {
        stop_asked_ = true;  // its only answer is the stop reply
        interrupt();
    } else {
        held_ = packet;
        holding_ = true;
        interrupt();
    }
}

void gdb_protocol::handle(std::string_view packet) {
    if (packet == "QStartNoAckMode") {
        send("OK");
        acknowledging_ = false;
        last_frame_.clear();
        repeats_left_ = 0;
        return;
    }
    bool silent = false;
    const std::string reply = reply_to(packet, silent);
    if (!silent)
        send(reply);
}

/// The reply; `silent` when there is none, or when it comes later. Empty: not supported.
std::string gdb_protocol::reply_to(std::string_view packet, bool& silent) {
    if (packet.empty())
        return {};
    const char kind = packet.front();
    std::string_view rest = packet.substr(1);
    switch (kind) {
        case '?':
            return stop_reply();
        case '!':
            extended_ = true;
            return "OK";
        case 'g':
            return read_registers();
        case 'G':
            return write_registers(rest);
        case 'p':
            return read_register(rest);
        case 'P':
            return write_register(rest);
        case 'm':
            return read_memory(rest);
        case 'M':
        case 'X':
            return write_memory(rest, kind == 'X');
        case 'c':
        case 's':
            return go_at(rest, false, kind == 's', silent);
        case 'C':
        case 'S':
            return go_at(rest, true, kind == 'S', silent);
        case 'Z':
        case 'z':
            return point(rest, kind == 'Z');
        case 'H':
            return rest.size() > 1 && our_thread(rest.substr(1)) ? "OK" : malformed;
        case 'T':
            return our_thread(rest) ? "OK" : malformed;
        case 'D':
            return detach();
        case 'k':
            silent = true;
            kill();
            closing_ = !extended_;
            return {};
        case 'R':
            silent = true;
            target_.reset();
            stop_ = {};
            return {};
        case 'q':
            return query(packet);
        case 'v':
            return verbose(packet, silent);
        default:
            return {};
    }
}

std::string gdb_protocol::query(std::string_view packet) {
    const std::string_view name = packet.substr(0, packet.find_first_of(":,;"));
    std::string_view rest = packet.substr(name.size());
    if (name == "qSupported")
        return supported(rest);
    if (name == "qXfer")
        return transfer(rest);
    if (name == "qRcmd")
        return skip(rest, ",") ? rcmd(rest) : malformed;
    if (name == "qAttached")
        return "1";  // so that a debugger that quits detaches instead of killing
    if (name == "qC")
        return "QC1";
    if (name == "qfThreadInfo")
        return "m1";
    if (name == "qsThreadInfo")
        return "l";
    if (name == "qThreadExtraInfo") {
        std::string reply;
        for (const char c : std::string_view("hart 0"))
            append_hex(reply, static_cast<unsigned char>(c));
        return skip(rest, ",") && our_thread(rest) ? reply : malformed;
    }
    if (name == "qSymbol")
        return "OK";  // no symbol is wanted
    return {};
}

std::string gdb_protocol::verbose(std::string_view packet, bool& silent) {
    const std::string_view name = packet.substr(0, packet.find_first_of(";:"));
    const std::string_view rest = packet.substr(name.size());
    if (name == "vCont?")
        return "vCont;c;C;s;S;t";
    if (name == "vCont")
        return go_by_thread(rest, silent);
    if (name == "vKill") {
        kill();
        return "OK";
    }
    if (name == "vRun") {
        target_.reset();
        stop_ = {};
        return stop_reply();
    }
    if (name == "vAttach")
        return stop_reply();
    if (name == "vCtrlC")
        return "OK";
    return {};
}

std::string gdb_protocol::supported(std::string_view features) {
    client_swbreak_ = client_hwbreak_ = false;
    while (skip(features, ":") || skip(features, ";")) {
        const std::string_view feature = features.substr(0, features.find(';'));
        features.remove_prefix(feature.size());
        client_swbreak_ |= feature == "swbreak+";
        client_hwbreak_ |= feature == "hwbreak+";
    }
    std::string reply = "PacketSize=" + number_text(packet_size) +
                        ";QStartNoAckMode+;qXfer:features:read+;swbreak+;hwbreak+;vContSupported+";
    if (!target_.memory_map().empty())
        reply += ";qXfer:memory-map:read+";
    return reply;
}

std::string gdb_protocol::transfer(std::string_view request) {
    if (skip(request, ":features:read:")) {
        const std::string_view annex = request.substr(0, request.find(':'));
        request.remove_prefix(annex.size());
        if (annex != "target.xml")
            return bad_annex;
        return skip(request, ":") ? part_of(target_description(), request) : malformed;
    }
    if (skip(request, ":memory-map:read:")) {
        if (target_.memory_map().empty())
            return {};
        return skip(request, ":") ? part_of(memory_map(), request) : bad_annex;
    }
    return {};
}

std::string gdb_protocol::rcmd(std::string_view hex) {
    std::string command(hex.size() / 2, ' ');
    if (!bytes_from_hex(hex, command.data()))
        return malformed;
    std::string text;
    try {
        text = target_.monitor(command);
    } catch (const input_error& e) {
        text = e.what();
    }
    if (target_.running())
        execution_ = execution::free;
    if (text.size() > monitor_limit)
        text.resize(monitor_limit);
    if (!text.empty() && text.back() != '\n')
        text += '\n';
    send_console(text);
    return "OK";
}

// Registers and memory.

std::string gdb_protocol::read_registers() {
    std::string reply;
    for (unsigned i = 0; i < pc_number; ++i)
        append_word(reply, target_.read_x(i));
    append_word(reply, target_.read_pc());
    return reply;
}

std::string gdb_protocol::write_registers(std::string_view hex) {
    std::uint32_t values[general_registers] = {};
    if (hex.size() != general_registers * 8)
        return malformed;
    for (unsigned i = 0; i < general_registers; ++i)
        if (!word_from_hex(hex.substr(i * 8, 8), values[i]))
            return malformed;
    for (unsigned i = 0; i < pc_number; ++i)
        target_.write_x(i, values[i]);
    target_.write_pc(values[pc_number]);
    return "OK";
}

std::string gdb_protocol::read_register(std::string_view arguments) {
    std::uint64_t number = 0;
    if (!skip_number(arguments, number) || !arguments.empty())
        return malformed;
    const unsigned n = static_cast<unsigned>(number);
    std::uint32_t value = 0;
    if (n < pc_number)
        value = target_.read_x(n);
    else if (n == pc_number)
        value = target_.read_pc();
    else if (n < first_csr_number || n >= first_csr_number + csr_count ||
             !target_.read_csr(n - first_csr_number, value))
        return malformed;
    std::string reply;
    append_word(reply, value);
    return reply;
}

std::string gdb_protocol::write_register(std::string_view arguments) {
    std::uint64_t number = 0;
    std::uint32_t value = 0;
    if (!skip_number(arguments, number) || !skip(arguments, "=") ||
        !word_from_hex(arguments, value))
        return malformed;
    const unsigned n = static_cast<unsigned>(number);
    if (n < pc_number)
        target_.write_x(n, value);
    else if (n == pc_number)
        target_.write_pc(value);
    else if (n < first_csr_number || n >= first_csr_number + csr_count)
        return malformed;
    else if (!target_.write_csr(n - first_csr_number, value))
        return not_permitted;
    return "OK";
}

std::string gdb_protocol::read_memory(std::string_view arguments) {
    std::uint64_t address = 0, length = 0;
    if (!skip_range(arguments, address, length) || !arguments.empty() || length == 0)
        return malformed;
    if (address >= address_space)
        return bus_error;
    // Fewer bytes than asked for are a valid reply.
    length = std::min({length, std::uint64_t{packet_size / 2}, address_space - address});
    std::vector<unsigned char> bytes(length);
    const std::size_t got =
        target_.read_memory(static_cast<std::uint32_t>(address), bytes.data(), bytes.size());
    if (got == 0)
        return bus_error;
    std::string reply;
    for (std::size_t i = 0; i < std::min(got, bytes.size()); ++i)
        append_hex(reply, bytes[i]);
    return reply;
}

std::string gdb_protocol::write_memory(std::string_view arguments, bool binary) {
    std::uint64_t address = 0, length = 0;
    if (!skip_range(arguments, address, length) || !skip(arguments, ":"))
        return malformed;
    if (arguments.size() % (binary ? 1 : 2) != 0 || length != arguments.size() / (binary ? 1 : 2))
        return malformed;
    std::vector<unsigned char> bytes(length);
    if (binary)
        std::copy(arguments.begin(), arguments.end(), bytes.begin());
    else if (!bytes_from_hex(arguments, bytes.data()))
        return malformed;
    if (length == 0)
        return "OK";  // a debugger asks like that whether X is supported
    if (address >= address_space || length > address_space - address)
        return bus_error;
    return target_.write_memory(static_cast<std::uint32_t>(address), bytes.data(), bytes.size())
               ? "OK"
               : bus_error;
}

std::string gdb_protocol::point(std::string_view arguments, bool insert) {
    std::uint64_t kind = 0, address = 0, length = 0;
    if (!skip_number(arguments, kind) || !skip(arguments, ","))
        return malformed;
    if (kind > 4)
        return {};
    if (!skip_range(arguments, address, length) || !arguments.empty())
        return malformed;
    if (address >= address_space || length == 0 || length > address_space - address)
        return malformed;
    const debug_point p{static_cast<debug_point_kind>(kind), static_cast<std::uint32_t>(address),
                        static_cast<std::uint32_t>(length)};
    if (!target_.supports(p.kind))
        return {};
    // Both are idempotent: the debugger may repeat a packet.
    const auto found = points_.find(p);
    if (insert && found == points_.end()) {
        if (points_.size() >= point_limit || !target_.insert(p))
            return no_room;
        points_.insert(p);
    } else if (!insert && found != points_.end()) {
        target_.remove(p);
        points_.erase(found);
    }
    return "OK";
}

void gdb_protocol::remove_points() {
    for (const auto& p : points_)
        target_.remove(p);
    points_.clear();
}

// Execution.

void gdb_protocol::go(bool step) {
    stop_asked_ = false;
    execution_ = execution::awaited;
    if (step)
        target_.step();
    else
        target_.resume();
    update();
}

/// c, s, C and S: "[address]" or "signal[;address]". There is nobody to give a signal to.
std::string gdb_protocol::go_at(std::string_view arguments, bool signal, bool step, bool& silent) {
    std::uint64_t number = 0, address = 0;
    if (signal && (!skip_number(arguments, number, 255) ||
                   (!arguments.empty() && (!skip(arguments, ";") || arguments.empty()))))
        return malformed;
    const bool elsewhere = !arguments.empty();
    if (elsewhere && (!skip_number(arguments, address) || !arguments.empty()))
        return malformed;
    if (elsewhere)
        target_.write_pc(static_cast<std::uint32_t>(address));
    silent = true;
    go(step);
    return {};
}

/// vCont: ";action[:thread]" any number of times; the first that fits our only thread counts.
std::string gdb_protocol::go_by_thread(std::string_view actions, bool& silent) {
    char chosen = 0;
    while (skip(actions, ";")) {
        std::string_view action = actions.substr(0, actions.find(';'));
        actions.remove_prefix(action.size());
        if (action.empty())
            return malformed;
        const char kind = action.front();
        action.remove_prefix(1);
        std::uint64_t number = 0;
        if ((kind == 'C' || kind == 'S') && !skip_number(action, number, 255))
            return malformed;
        if (kind != 'c' && kind != 'C' && kind != 's' && kind != 'S' && kind != 't')
            return malformed;
        const bool all = action.empty();
        if (!all && !skip(action, ":"))
            return malformed;
        if (chosen == 0 && (all || our_thread(action)))
            chosen = kind;
    }
    if (!actions.empty() || chosen == 0)
        return malformed;
    if (chosen == 't')
        return stop_reply();  // it stands still already
    silent = true;
    go(chosen == 's' || chosen == 'S');
    return {};
}

std::string gdb_protocol::detach() {
    remove_points();
    attached_ = false;
    target_.resume();
    execution_ = execution::free;
    update();
    return "OK";
}

void gdb_protocol::kill() {
    remove_points();
    if (extended_) {
        // To be run again: that is how an extended debugger restarts.
        target_.reset();
        stop_ = {};
        stop_.reason = debug_stop_reason::killed;
        return;
    }
    target_.kill();
    execution_ = target_.running() ? execution::free : execution::still;
    stop_ = settled(target_.last_stop());
}

std::string gdb_protocol::stop_reply() {
    unsigned signal = 5;  // SIGTRAP
    std::string what;
    const auto watched = [&](const char* name) {
        what = std::string(name) + ":" + number_text(stop_.address) + ";";
    };
    switch (stop_.reason) {
        case debug_stop_reason::halted:
        case debug_stop_reason::stepped:
            break;
        case debug_stop_reason::interrupted:
            signal = stop_asked_ ? 0 : 2;  // SIGINT
            break;
        case debug_stop_reason::software_breakpoint:
            what = client_swbreak_ ? "swbreak:;" : "";
            break;
        case debug_stop_reason::hardware_breakpoint:
            what = client_hwbreak_ ? "hwbreak:;" : "";
            break;
        case debug_stop_reason::write_watch:
            watched("watch");
            break;
        case debug_stop_reason::read_watch:
            watched("rwatch");
            break;
        case debug_stop_reason::access_watch:
            watched("awatch");
            break;
        case debug_stop_reason::fault:
            signal = 11;  // SIGSEGV
            break;
        case debug_stop_reason::exited:
        case debug_stop_reason::killed: {
            const bool exited = stop_.reason == debug_stop_reason::exited;
            std::string reply = exited ? "W" : "X";
            append_hex(reply, exited ? static_cast<unsigned>(stop_.exit_code) & 255u : 9u);
            return reply;
        }
    }
    std::string reply = "T";
    append_hex(reply, signal);
    reply += what;
    // The registers that every debugger asks for next: sp and pc.
    reply += "02:";
    append_word(reply, target_.read_x(2));
    reply += ";20:";
    append_word(reply, target_.read_pc());
    reply += ";thread:1;";
    return reply;
}

// What the target is.

std::string gdb_protocol::target_description() {
    static const char* const names[pc_number] = {
        "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "fp", "s1", "a0",
        "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
        "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    std::string xml =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
        "<target version=\"1.0\">\n<architecture>riscv:rv32</architecture>\n"
        // Else a debugger built for Linux would step by planting breakpoints.
        "<osabi>none</osabi>\n"
        "<feature name=\"org.gnu.gdb.riscv.cpu\">\n";
    const auto add = [&](const std::string& name, unsigned number, const char* type) {
        xml += "<reg name=\"" + name + "\" bitsize=\"32\" type=\"" + type + "\" regnum=\"" +
               std::to_string(number) + "\"/>\n";
    };
    for (unsigned i = 0; i < pc_number; ++i)
        add(names[i], i, i == 1 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int");
    add("pc", pc_number, "code_ptr");
    xml += "</feature>\n<feature name=\"org.gnu.gdb.riscv.csr\">\n";
    for (const auto& csr : machine_csrs()) {
        std::uint32_t value = 0;
        const bool code = csr.number == 0x305 || csr.number == 0x341;  // mtvec, mepc
        if (target_.read_csr(csr.number, value))
            add(csr.name, first_csr_number + csr.number, code ? "code_ptr" : "int");
    }
    return xml + "</feature>\n</target>\n";
}

std::string gdb_protocol::memory_map() {
    std::string xml =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map "
        "V1.0//EN\" \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n<memory-map>\n";
    for (const auto& r : target_.memory_map())
        xml += std::string("<memory type=\"") + (r.writable ? "ram" : "rom") + "\" start=\"0x" +
               number_text(r.start) + "\" length=\"0x" + number_text(r.length) + "\"/>\n";
    return xml + "</memory-map>\n";
}

}  // namespace ocellus::sim
