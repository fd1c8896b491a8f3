// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/byte_protocol.h"

namespace ocellus::sim {

/// What a debugger may plant at an address. The values are the numbers of the Z packets.
enum class debug_point_kind {
    software = 0,  ///< breakpoint of which there may be any number
    hardware = 1,
    write_watch = 2,
    read_watch = 3,
    access_watch = 4,
};

struct debug_point {
    debug_point_kind kind = debug_point_kind::software;
    std::uint32_t address = 0;
    std::uint32_t length = 0;  ///< bytes watched; for breakpoints the size of the instruction

    friend bool operator<(const debug_point& a, const debug_point& b) {
        return std::tie(a.kind, a.address, a.length) < std::tie(b.kind, b.address, b.length);
    }
};

/// Why the target stands still.
enum class debug_stop_reason {
    halted,       ///< was never started, reset, an ebreak of the program, a condition of a monitor
    stepped,      ///< the step is done
    interrupted,  ///< debug_target::interrupt
    software_breakpoint,
    hardware_breakpoint,
    write_watch,
    read_watch,
    access_watch,
    fault,   ///< cannot go on, as after a double trap
    exited,  ///< the program ended with exit_code
    killed,  ///< debug_target::kill
};

struct debug_stop {
    debug_stop_reason reason = debug_stop_reason::halted;
    std::uint32_t address = 0;  ///< of the datum, for the watchpoints
    int exit_code = 0;
    std::string note;  ///< a line for the user's console, e.g. which condition was met; or empty
};

/// What `qXfer:memory-map:read` tells. A debugger refuses to touch what no region covers, so
/// peripherals must be listed, as ram.
struct debug_memory_region {
    std::uint32_t start = 0;
    std::uint64_t length = 0;  ///< bytes
    bool writable = true;      ///< false: rom, where the debugger plants hardware breakpoints
};

/// One RV32 hart and its bus, as a debugger sees them. Called between two instructions, and all but
/// interrupt(), running() and remove() only while the target stands still.
class debug_target {
  public:
    virtual ~debug_target() = default;

    /// x0 to x31.
    virtual std::uint32_t read_x(unsigned number) = 0;
    virtual void write_x(unsigned number, std::uint32_t value) = 0;
    virtual std::uint32_t read_pc() = 0;
    virtual void write_pc(std::uint32_t value) = 0;
    /// By the number in the instruction, without side effects. False: there is no such register.
    virtual bool read_csr(unsigned number, std::uint32_t& value) = 0;
    /// False: there is no such register, or it is read-only.
    virtual bool write_csr(unsigned number, std::uint32_t value) = 0;

    /// Through the bus. Returns how many bytes could be read before the first bus error.
    virtual std::size_t read_memory(std::uint32_t address, unsigned char* bytes,
                                    std::size_t length) = 0;
    /// False: a bus error, or the memory is read-only. The hart must see changed instructions.
    virtual bool write_memory(std::uint32_t address, const unsigned char* bytes,
                              std::size_t length) = 0;
    /// Empty: the debugger may touch every address.
    virtual std::vector<debug_memory_region> memory_map() { return {}; }

    /// Starts one instruction, which a breakpoint at its address does not hinder, or lets it run.
    /// The target may be still again at once, or later. A point that has stopped the
    /// target does not stop it again before that instruction is executed.
    virtual void step() = 0;
    virtual void resume() = 0;
    /// Asks a running target to stop soon.
    virtual void interrupt() = 0;
    virtual bool running() const = 0;
    /// Why it stands still.
    virtual debug_stop last_stop() const = 0;

    virtual bool supports(debug_point_kind) const { return true; }
    /// False: no room. All points stop before the instruction, watchpoints with pc at the one that
    /// is about to access: GDB expects so of RISC-V, steps over it and compares the value; with a
    /// target that stops after the access it shows a place one instruction late. A point is
    /// inserted once only, but different kinds may share an address; points survive a reset.
    virtual bool insert(const debug_point& point) = 0;
    virtual void remove(const debug_point& point) = 0;

    /// Back to the reset vector, standing still.
    virtual void reset() = 0;
    /// The debugger ends the run. (In extended mode, where it may run it again, reset() is called
    /// instead.)
    virtual void kill() = 0;
    /// The `monitor` command of the user; returns the text to show. May change where and when the
    /// target stops next, but does not run it.
    virtual std::string monitor(const std::string& command) = 0;
};

/// A control and status register that debuggers are told about by name.
struct named_csr {
    const char* name;
    unsigned number;
};

/// Machine-mode registers and the counters, in ascending order of numbers.
const std::vector<named_csr>& machine_csrs();

/// The server's side of the GDB Remote Serial Protocol (GDB manual, appendix E) for one hart, in
/// all-stop mode: bytes in, bytes out, no input or output of its own. Registers are numbered x0 to
/// x31, pc = 32 and 65 + number for a CSR, as GDB itself numbers them.
///
/// The debugger has the word only while the target stands still: a packet that arrives earlier
/// interrupts the target like Ctrl-C, and is answered once it stands still. Whatever the bytes, the
/// memory in use is bounded and the next valid packet is answered. Errors are replied as E and
/// two hexadecimal digits of an errno: 01 not permitted, 0e bus error, 16 malformed, 1c no room.
class gdb_protocol : public byte_protocol {
  public:
    /// Longest packet in either direction, without $ and checksum.
    static constexpr std::size_t packet_size = 0x4000;
    /// Different breakpoints and watchpoints at a time.
    static constexpr std::size_t point_limit = 1024;
    /// Longest text of a monitor command, in bytes; the rest is cut off.
    static constexpr std::size_t monitor_limit = std::size_t{1} << 20;

    explicit gdb_protocol(debug_target& target) : target_(target) {}

    /// A debugger is there: all state of the conversation begins anew. A running target runs on
    /// until the first packet.
    void connect() override;
    /// The debugger is gone without goodbye: its points are removed. A target that stands still
    /// remains so for the next one to look at.
    void disconnect() override;

    /// Takes bytes of the debugger and returns how many. The rest is to be offered again when
    /// output has been sent or the target has stopped.
    std::size_t receive(std::string_view bytes) override;
    /// Looks whether the target has stopped meanwhile. Call between two steps of the simulation.
    void update() override;

    /// Bytes for the debugger.
    const std::string& output() const override { return output_; }
    /// The first `count` bytes of output are sent.
    void sent(std::size_t count) override { output_.erase(0, count); }
    /// After `k`: nothing more will be said; the connection may be closed.
    bool closing() const override { return closing_; }
    /// A debugger is connected and has not detached.
    bool attached() const { return attached_; }

  private:
    enum class parser { between, body, checksum_high, checksum_low };
    enum class execution {
        still,    ///< and the debugger has the word
        awaited,  ///< runs; the debugger waits for a stop reply
        free,     ///< runs; nobody waits: before the first packet, or after detaching
    };

    // Framing.
    void take(char c);
    void begin_frame();
    void finish_frame(bool intact);
    bool decode_body(std::string& packet) const;
    void interrupt();
    void send(std::string_view body);
    void send_console(std::string_view text);

    // Packets.
    void accept(const std::string& packet);
    void handle(std::string_view packet);
    std::string reply_to(std::string_view packet, bool& silent);
    std::string query(std::string_view packet);
    std::string verbose(std::string_view packet, bool& silent);
    std::string supported(std::string_view features);
    std::string transfer(std::string_view request);
    std::string rcmd(std::string_view hex);
    std::string read_registers();
    std::string write_registers(std::string_view hex);
    std::string read_register(std::string_view arguments);
    std::string write_register(std::string_view arguments);
    std::string read_memory(std::string_view arguments);
    std::string write_memory(std::string_view arguments, bool binary);
    std::string point(std::string_view arguments, bool insert);
    std::string go_at(std::string_view arguments, bool signal, bool step, bool& silent);
    std::string go_by_thread(std::string_view actions, bool& silent);
    std::string detach();
    void kill();
    void go(bool step);
    void remove_points();
    std::string stop_reply();
    std::string target_description();
    std::string memory_map();

    debug_target& target_;
    parser parser_ = parser::between;
    std::string body_;
    std::size_t body_length_ = 0;  ///< more than body_ holds when the packet is too long
    unsigned sum_ = 0;
    int checksum_high_ = 0;
    std::string output_;
    std::string last_frame_;
    unsigned repeats_left_ = 0;  ///< how often the last frame may be asked for again
    bool acknowledging_ = true, extended_ = false, closing_ = false, attached_ = false;
    bool client_swbreak_ = false, client_hwbreak_ = false;

    execution execution_ = execution::still;
    bool holding_ = false, stop_asked_ = false;
    std::string held_;  ///< the packet that waits until the target stands still
    debug_stop stop_;
    std::set<debug_point> points_;
};

}  // namespace ocellus::sim
