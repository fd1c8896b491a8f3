// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "sim/simulation_control.h"

/// A simulation to control: a frame starts every 10 us and a tensor is ready 4 us after, when the
/// line "tensor" rises for 1 us. One readable and writable register, 4 KiB of memory. Time passes
/// only in advance().
class toy_simulation : public ocellus::sim::simulation_control {
  public:
    static constexpr std::uint32_t register_address = 0x40003004, memory_start = 0x1000;
    static constexpr std::uint64_t frame_period = 10000, tensor_after = 4000, pulse = 1000;
    static constexpr std::uint64_t bus_time = 8;

    std::uint64_t time = 0, frames = 0;
    std::uint32_t value = 0x500;
    std::vector<unsigned char> memory = std::vector<unsigned char>(4096);
    bool over = false, stuck = false;  ///< stuck: simulated time does not pass
    std::string scene = "builtin:parcels";
    unsigned resets = 0, quits = 0, stops = 0, runs = 0;
    image picture;
    std::vector<unsigned char> tensor;
    std::string metadata;

    /// Goes on by up to `count` ns while it is asked to, one at a time.
    void advance(std::uint64_t count) {
        while (busy() && !stuck && !over && count-- > 0) {
            ++time;
            if (accessing_) {
                if (--access_left_ == 0)
                    finish_access();
                continue;
            }
            const std::uint64_t phase = time % frame_period;
            if (phase == 0)
                happened("frame_started", frames++);
            if (phase == tensor_after)
                happened("tensor_ready", frames);
            if (running_ && reached())
                finish(result::reached);
            else if (running_ && run_.limit && time >= begun_ + run_.limit)
                finish(result::limit);
        }
        if (over && busy())
            finish(result::ended);
    }

    // simulation_control.
    std::uint64_t now() const override { return time; }
    bool find_register(const std::string& name, std::uint32_t& address,
                       std::string& nearest) const override {
        address = register_address;
        nearest = ocellus::nearest_name(name, {"npu.STATUS"});
        return name == "npu.STATUS";
    }
    void begin_run(const run_request& r) override {
        run_ = r;
        running_ = true;
        begun_ = time;
        left_ = r.count;
        ++runs;
        if ((r.what == condition::interrupt && interrupt_pending(r.interrupt)) ||
            (r.what == condition::frame && frames > r.frame))
            finish(result::reached);
    }
    void begin_access(const access_request& r) override {
        access_request_ = r;
        accessing_ = true;
        access_left_ = bus_time;
    }
    void stop() override {
        running_ = accessing_ = false;
        result_ = result::limit;
        ++stops;
    }
    bool busy() const override { return running_ || accessing_; }
    result run_result() const override { return result_; }
    const access_result& last_access() const override { return access_; }
    bool ended() const override { return over; }
    std::size_t peek(std::uint32_t address, unsigned char* bytes, std::size_t length) override {
        std::size_t n = 0;
        for (; n < length && address + n - memory_start < memory.size(); ++n)
            bytes[n] = memory[address + n - memory_start];
        return n;
    }
    std::size_t poke(std::uint32_t address, const unsigned char* bytes,
                     std::size_t length) override {
        std::size_t n = 0;
        for (; n < length && address + n - memory_start < memory.size(); ++n)
            memory[address + n - memory_start] = bytes[n];
        return n;
    }
    const std::vector<std::string>& event_names() const override {
        static const std::vector<std::string> names = {"frame_started", "tensor_ready"};
        return names;
    }
    const std::vector<std::string>& interrupt_names() const override {
        static const std::vector<std::string> names = {"frame", "tensor"};
        return names;
    }
    bool interrupt_pending(const std::string& name) const override {
        const std::uint64_t phase = time % frame_period;
        return name == "tensor" && phase >= tensor_after && phase < tensor_after + pulse;
    }
    std::vector<std::pair<std::string, std::string>> statistics(
        const std::string& glob) const override {
        if (glob == "none")
            return {};
        return {{"frames.delivered", std::to_string(frames)}, {"npu.utilisation", "0.25"}};
    }
    image last_frame() const override { return picture; }
    std::vector<unsigned char> last_tensor() const override { return tensor; }
    std::string last_metadata() const override { return metadata; }
    void set_scene(const std::string& name) override {
        if (name.find("missing") != std::string::npos)
            throw ocellus::input_error(ocellus::exit_code::io, "error: cannot read\n" + name);
        scene = name;
    }
    void reset() override { ++resets; }
    void quit() override {
        ++quits;
        over = true;
    }

  private:
    void happened(const std::string& event, std::uint64_t frame) {
        if (!running_)
            return;
        if (run_.what == condition::event && run_.event == event && left_ > 0)
            --left_;
        frame_reached_ = event == "frame_started" && frame >= run_.frame;
    }
    bool reached() {
        switch (run_.what) {
            case condition::time:
                return time >= begun_ + run_.duration;
            case condition::event:
                return left_ == 0;
            case condition::frame:
                return std::exchange(frame_reached_, false);
            case condition::interrupt:
                return interrupt_pending(run_.interrupt);
        }
        return false;
    }
    void finish(result r) {
        running_ = accessing_ = false;
        result_ = r;
    }
    void finish_access() {
        accessing_ = false;
        access_ = {};
        access_.ok = access_request_.address == register_address;
        if (!access_.ok)
            access_.error = "nothing at this address";
        access_.bytes = access_request_.bytes;
        for (unsigned i = 0; access_.ok && i < 4; ++i) {
            if (access_request_.write)
                value = (value & ~(255u << 8 * i)) | std::uint32_t{access_.bytes[i]} << 8 * i;
            else
                access_.bytes[i] = static_cast<unsigned char>(value >> 8 * i);
        }
    }

    run_request run_;
    access_request access_request_;
    access_result access_;
    bool running_ = false, accessing_ = false, frame_reached_ = false;
    std::uint64_t begun_ = 0, left_ = 0, access_left_ = 0;
    result result_ = result::reached;
};
