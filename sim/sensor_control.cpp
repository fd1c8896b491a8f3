// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sensor_control.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"

namespace ocellus::sim {
namespace {

struct named_event {
    const char* name;
    event_kind kind;
};
constexpr named_event all_events[] = {
    {"frame_started", event_kind::frame_started},   {"frame_read_out", event_kind::frame_read_out},
    {"stream_stopped", event_kind::stream_stopped}, {"tensor_begun", event_kind::tensor_begun},
    {"tensor_ready", event_kind::tensor_ready},     {"tensor_lost", event_kind::tensor_lost},
    {"job_started", event_kind::job_started},       {"job_ended", event_kind::job_ended},
    {"job_failed", event_kind::job_failed},         {"message_queued", event_kind::message_queued},
    {"message_sent", event_kind::message_sent},
};

sc_core::sc_time nanoseconds(std::uint64_t n) {
    return sc_core::sc_time::from_value(n * sc_core::sc_time(1, sc_core::SC_NS).value());
}

const char* name_of_response(tlm::tlm_response_status s) {
    switch (s) {
        case tlm::TLM_ADDRESS_ERROR_RESPONSE:
            return "nothing at this address";
        case tlm::TLM_COMMAND_ERROR_RESPONSE:
            return "read-only or write-only";
        case tlm::TLM_BURST_ERROR_RESPONSE:
            return "not an aligned 32-bit word, or across a border";
        default:
            return "refused";
    }
}

}  // namespace

sensor_control::sensor_control(sensor& chip, session& drive, const ocellus::statistics& stats,
                               services s)
    : chip_(chip), drive_(drive), stats_(stats), services_(std::move(s)) {
    chip_.events().subscribe([this](const block_event& e) { seen(e); });
    chip_.cpu().hold(dsp::control_cpu::holder::actor);
}

void sensor_control::end() {
    over_ = true;
    running_ = accessing_ = false;
    result_ = result::ended;
}

std::uint64_t sensor_control::now() const {
    return sc_core::sc_time_stamp().value() / sc_core::sc_time(1, sc_core::SC_NS).value();
}

bool sensor_control::find_register(const std::string& name, std::uint32_t& address,
                                   std::string& nearest) const {
    std::uint64_t found = 0;
    if (chip_.registers().find(name, found)) {
        address = static_cast<std::uint32_t>(found);
        return true;
    }
    nearest = nearest_name(name, chip_.registers().names());
    return false;
}

void sensor_control::begin_run(const run_request& r) {
    run_ = r;
    running_ = true;
    chip_.cpu().resume(dsp::control_cpu::holder::actor);
    left_ = r.count;
    const std::uint64_t mine = ++generation_;
    const auto at = [this, mine](std::uint64_t delay, result what) {
        chip_.external().ring_after(nanoseconds(delay), [this, mine, what] {
            if (mine == generation_ && running_)
                finish_run(what);
        });
    };
    if (r.what == condition::time && r.until) {
        const sc_core::sc_time due = sc_core::sc_time::from_value(r.until);
        if (due <= sc_core::sc_time_stamp())
            return finish_run(result::reached);
        chip_.external().ring_after(due - sc_core::sc_time_stamp(), [this, mine] {
            if (mine == generation_ && running_)
                finish_run(result::reached);
        });
    } else if (r.what == condition::time)
        at(r.duration, result::reached);
    else if (r.limit)
        at(r.limit, result::limit);
    if (r.what == condition::interrupt && interrupt_pending(r.interrupt))
        finish_run(result::reached);
    if (r.what == condition::frame && chip_.frames().frames().size() > r.frame)
        finish_run(result::reached);
}

void sensor_control::finish_run(result r) {
    running_ = false;
    result_ = r;
    ++generation_;
    chip_.cpu().hold(dsp::control_cpu::holder::actor);
    if (sc_core::sc_get_status() == sc_core::SC_RUNNING)
        sc_core::sc_pause();
}

void sensor_control::seen(const block_event& e) {
    if (!running_)
        return;
    switch (run_.what) {
        case condition::time:
            return;
        case condition::frame:
            if (e.kind == event_kind::frame_started && e.id >= run_.frame)
                finish_run(result::reached);
            return;
        case condition::interrupt:
            if (e.kind == event_kind::interrupt_line && e.value &&
                interrupt_names()[e.id - 1] == run_.interrupt)
                finish_run(result::reached);
            return;
        case condition::event:
            for (const auto& n : all_events)
                if (run_.event == n.name && e.kind == n.kind && --left_ == 0)
                    finish_run(result::reached);
            return;
    }
}

/// A message of a host; refused while a recording is made, which has no word for it.
void sensor_control::begin_cci(const access_request& r) {
    access_ = {};
    if (services_.journal) {
        access_.error = "what a host does over CCI is not recorded";
        return;
    }
    accessing_ = true;
    chip_.cpu().resume(dsp::control_cpu::holder::actor);
    const std::uint64_t mine = ++generation_;
    links::cci_message m;
    m.device = r.device != 0 ? r.device : chip_.cci().own_address();
    m.read = !r.write;
    m.index = static_cast<std::uint16_t>(r.address);
    if (r.write)
        m.bytes.assign(r.bytes.begin(), r.bytes.end());
    m.length = static_cast<std::uint32_t>(r.bytes.size());
    chip_.cci().submit(std::move(m), [this, mine](const links::cci_reply& reply) {
        if (mine != generation_)
            return;
        accessing_ = false;
        access_.ok = reply.answer == links::cci_answer::ok;
        access_.error = access_.ok ? ""
                        : reply.answer == links::cci_answer::no_device
                            ? "the device address was not acknowledged"
                            : fmt::format("byte {} was not acknowledged", reply.acknowledged);
        access_.bytes.assign(reply.bytes.begin(), reply.bytes.end());
        chip_.cpu().hold(dsp::control_cpu::holder::actor);
        sc_core::sc_pause();
    });
}

void sensor_control::begin_access(const access_request& r) {
    if (r.cci)
        return begin_cci(r);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < r.bytes.size() && i < 4; ++i)
        value |= std::uint32_t{r.bytes[i]} << (8 * i);
    note(r.write ? fmt::format("write 0x{:08x} 0x{:08x}", r.address, value)
                 : fmt::format("read 0x{:08x}", r.address));
    accessing_ = true;
    access_ = {};
    chip_.cpu().resume(dsp::control_cpu::holder::actor);
    const std::uint64_t mine = ++generation_;
    chip_.external().submit({r.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, r.address,
                             r.bytes, tlm::TLM_INCOMPLETE_RESPONSE},
                            [this, mine](const external_port::access& a) {
                                if (mine != generation_)
                                    return;
                                accessing_ = false;
                                access_.ok = a.response == tlm::TLM_OK_RESPONSE;
                                access_.error = access_.ok ? "" : name_of_response(a.response);
                                access_.bytes = a.bytes;
                                chip_.cpu().hold(dsp::control_cpu::holder::actor);
                                sc_core::sc_pause();
                            });
}

void sensor_control::stop() {
    running_ = accessing_ = false;
    result_ = result::limit;
    ++generation_;
    chip_.cpu().hold(dsp::control_cpu::holder::actor);
}

std::size_t sensor_control::peek(std::uint32_t address, unsigned char* bytes, std::size_t length) {
    return chip_.outside_read(address, bytes, length);
}

std::size_t sensor_control::poke(std::uint32_t address, const unsigned char* bytes,
                                 std::size_t length) {
    std::string hex;
    for (std::size_t i = 0; i < length; ++i)
        hex += fmt::format("{:02x}", bytes[i]);
    note(fmt::format("poke 0x{:08x} {}", address, hex));
    return chip_.debug_write(address, bytes, length);
}

const std::vector<std::string>& sensor_control::event_names() const {
    return named_events();
}

const std::vector<std::string>& sensor_control::named_events() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> out;
        for (const auto& e : all_events)
            out.emplace_back(e.name);
        return out;
    }();
    return names;
}

bool sensor_control::is_event(const std::string& name, event_kind kind) {
    return std::any_of(std::begin(all_events), std::end(all_events),
                       [&](const named_event& n) { return name == n.name && n.kind == kind; });
}

const std::vector<std::string>& sensor_control::interrupt_names() const {
    return sensor::interrupt_names();
}

bool sensor_control::interrupt_pending(const std::string& name) const {
    const auto& names = interrupt_names();
    const auto found = std::find(names.begin(), names.end(), name);
    return found != names.end() &&
           chip_.interrupt_level(static_cast<unsigned>(found - names.begin()) + 1);
}

std::vector<std::pair<std::string, std::string>> sensor_control::statistics(
    const std::string& glob) const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto* e : stats_.all())
        if (matches_glob(glob, e->name))
            out.emplace_back(e->name,
                             e->integral ? std::to_string(e->integer()) : json_number(e->real()));
    return out;
}

simulation_control::image sensor_control::last_frame() const {
    image out;
    const auto received = chip_.host_side().last_image();
    if (!received)
        return out;
    out.frame = received->frame;
    out.width = received->width;
    out.height = received->height;
    out.format = received->format;
    out.bytes = received->bytes;
    return out;
}

void sensor_control::set_scene(const std::string& name) {
    const auto scene = services_.load_scene(name);
    note("scene " + name);
    chip_.set_scene(scene);
}

void sensor_control::reset() {
    note("reset");
    chip_.reset(dsp::boot_reason::debugger);
}

void sensor_control::quit() {
    if (over_)
        return;
    note("quit");
    drive_.end({end_reason::killed, 0, {}});
}

}  // namespace ocellus::sim
