// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ocellus::sim {

/// What a test bench outside can ask of the simulation. Called while it stands still, from the loop
/// that drives it. Two things take simulated time, a run and a bus access: they are begun, the loop
/// goes on, and completed() tells when they are over. One at a time.
class simulation_control {
  public:
    enum class condition { time, event, frame, interrupt };
    struct run_request {
        condition what = condition::time;
        std::uint64_t duration = 0;  ///< time: ns from now
        std::uint64_t until = 0;     ///< time: in units of the kernel, absolute; 0: duration
        std::string event;           ///< event: one of event_names()
        std::uint64_t count = 1;     ///< event: the how-manieth from now
        std::uint64_t frame = 0;     ///< frame: its start, counted from 0
        std::string interrupt;       ///< interrupt: one of interrupt_names(), at once when pending
        std::uint64_t limit = 0;     ///< ns from now; 0: none
    };
    enum class result { reached, limit, ended };
    struct access_request {
        bool write = false;
        std::uint32_t address = 0;
        std::vector<unsigned char> bytes;  ///< 1 to 4096
        /// Over the camera control interface: `address` is the index, `device` that of the bus; 0:
        /// the sensor's first one.
        bool cci = false;
        std::uint8_t device = 0;
    };
    struct access_result {
        bool ok = false;
        std::string error;  ///< of the bus
        std::vector<unsigned char> bytes;
    };
    struct image {
        std::uint32_t frame = 0, width = 0, height = 0;
        std::string format;  ///< "raw10", "raw12", "yuv422", "yuv420", "rgb888"
        std::string bytes;  ///< as packed on the wire, rows without checksums; empty: there is none
    };

    virtual ~simulation_control() = default;

    /// Simulated time in ns, rounded down.
    virtual std::uint64_t now() const = 0;
    /// Bus address of "npu.STATUS"; false with the nearest name, if any.
    virtual bool find_register(const std::string& name, std::uint32_t& address,
                               std::string& nearest) const = 0;

    virtual void begin_run(const run_request& r) = 0;
    virtual void begin_access(const access_request& r) = 0;
    /// Gives up what was begun; simulated time stands still.
    virtual void stop() = 0;
    virtual bool busy() const = 0;
    /// Of the last run that is over.
    virtual result run_result() const = 0;
    virtual const access_result& last_access() const = 0;
    /// The run of the program has ended; nothing more can be begun.
    virtual bool ended() const = 0;

    /// Memory without time; how many bytes could be moved.
    virtual std::size_t peek(std::uint32_t address, unsigned char* bytes, std::size_t length) = 0;
    virtual std::size_t poke(std::uint32_t address, const unsigned char* bytes,
                             std::size_t length) = 0;

    virtual const std::vector<std::string>& event_names() const = 0;
    virtual const std::vector<std::string>& interrupt_names() const = 0;
    virtual bool interrupt_pending(const std::string& name) const = 0;
    /// Name and value of the statistics that fit a glob.
    virtual std::vector<std::pair<std::string, std::string>> statistics(
        const std::string& glob) const = 0;
    /// The last whole image that the host received.
    virtual image last_frame() const = 0;
    virtual std::vector<unsigned char> last_tensor() const = 0;
    /// A line of metadata.jsonl for the last record received; empty: none.
    virtual std::string last_metadata() const = 0;
    /// A picture file or builtin:parcels, from the next frame on. Throws input_error.
    virtual void set_scene(const std::string& name) = 0;
    /// Resets the control CPU and loads the firmware again.
    virtual void reset() = 0;
    /// Ends the run with exit code 0.
    virtual void quit() = 0;
};

}  // namespace ocellus::sim
