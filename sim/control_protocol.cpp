// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/control_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/diagnostics.h"
#include "core/units.h"
#include "links/cci_registers.h"

namespace ocellus::sim {
namespace {

constexpr double default_deadline = 60;     // s
constexpr double longest_deadline = 86400;  // s
constexpr std::size_t most_words = 64;
constexpr std::uint64_t longest_run = 1000000000000000;  // ns; 11 days of simulated time

/// A request that cannot be done, with the code of the reply.
struct refusal {
    std::string code, message;
};

int digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

/// Text of a reply must not break its line.
std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 32 || c == 127)
            c = ' ';
    return text;
}

}  // namespace

const std::vector<control_protocol::verb_info>& control_protocol::verbs() {
    using p = control_protocol;
    static const std::vector<verb_info> all = {
        {"help", &p::help, 0, 0, ",", false, "help"},
        {"status", &p::status, 0, 0, ",", false, "status"},
        {"read", &p::read, 1, 1, ",deadline,", true, "read BLOCK.REGISTER|ADDRESS"},
        {"write", &p::write, 2, 2, ",deadline,", true, "write BLOCK.REGISTER|ADDRESS VALUE"},
        {"cci", &p::cci, 2, 64, ",deadline,device,", true,
         "cci read REGISTER|INDEX [LENGTH] | cci write REGISTER|INDEX VALUE... [device=0x36]"},
        {"peek", &p::peek, 2, 2, ",", false, "peek ADDRESS LENGTH"},
        {"poke", &p::poke, 2, 2, ",", false, "poke ADDRESS HEX"},
        {"run_for", &p::run_for, 1, 1, ",deadline,", true, "run_for TIME"},
        {"run_until", &p::run_until, 2, 2, ",deadline,limit,count,", true,
         "run_until frame N | event NAME [count=N] [limit=TIME]"},
        {"wait_irq", &p::wait_irq, 1, 1, ",deadline,limit,", true, "wait_irq NAME [limit=TIME]"},
        {"irq", &p::irq, 0, 0, ",", false, "irq"},
        {"stats", &p::stats, 0, 1, ",", false, "stats [GLOB]"},
        {"frame", &p::frame, 0, 0, ",", false, "frame"},
        {"tensor", &p::tensor, 0, 0, ",", false, "tensor"},
        {"metadata", &p::metadata, 0, 0, ",", false, "metadata"},
        {"scene", &p::scene, 1, 1, ",", false, "scene FILE|builtin:parcels", true},
        {"reset", &p::reset, 0, 0, ",", false, "reset"},
        {"stop", &p::stop, 0, 0, ",", false, "stop"},
        {"quit", &p::quit, 0, 0, ",", false, "quit"},
    };
    return all;
}

control_protocol::control_protocol(simulation_control& target, clock wall)
    : target_(target), wall_(std::move(wall)) {}

void control_protocol::connect() {
    line_.clear();
    overlong_ = closing_ = false;
    connected_ = true;
    output_ = fmt::format("ocellus-control {} t={}\n", version, target_.now());
}

void control_protocol::disconnect() {
    connected_ = false;
    output_.clear();
    if (pending_ != pending::none)
        target_.stop();
    pending_ = pending::none;
}

std::size_t control_protocol::receive(std::string_view bytes) {
    // Replies that nobody fetches hold up further requests, not memory.
    if (output_.size() > 4 * longest_transfer)
        return 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        if (c != '\n') {
            if (line_.size() >= longest_line)
                overlong_ = true;
            else
                line_ += c;
            continue;
        }
        const std::string whole = std::exchange(line_, {});
        if (std::exchange(overlong_, false))
            refuse("-", "syntax", fmt::format("a line has at most {} bytes", longest_line));
        else
            line(whole);
        if (closing_ || output_.size() > 4 * longest_transfer)
            return i + 1;
    }
    return bytes.size();
}

void control_protocol::answer(const std::string& id, const std::string& rest) {
    output_ += fmt::format("{} ok t={}{}{}\n", id, target_.now(), rest.empty() ? "" : " ", rest);
}

void control_protocol::refuse(const std::string& id, const std::string& code,
                              const std::string& message) {
    output_ += fmt::format("{} error t={} {} {}\n", id, target_.now(), code, one_line(message));
}

void control_protocol::payload(const std::string& id, const std::string& head,
                               const std::string& bytes) {
    answer(id, fmt::format("{}{}bytes={}", head, head.empty() ? "" : " ", bytes.size()));
    output_ += bytes;
}

void control_protocol::wrong(const std::string& message) {
    throw refusal{"parameter", message};
}

void control_protocol::line(std::string_view text) {
    if (!text.empty() && text.back() == '\r')
        text.remove_suffix(1);
    request r;
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        if (end > at)
            words.emplace_back(text.substr(at, end - at));
        at = end + 1;
        if (words.size() > most_words)
            return refuse("-", "syntax", "too many words");
    }
    if (words.empty())
        return;  // an empty line asks nothing
    for (const auto& w : words)
        if (std::any_of(w.begin(), w.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 33 || c == 127; }))
            return refuse("-", "syntax", "control characters");
    r.id = words[0].substr(0, 64);
    if (words.size() < 2)
        return refuse(r.id, "syntax", "expected: ID VERB arguments, such as: 1 status");
    r.verb = words[1];
    const auto& known = verbs();
    const auto v = std::find_if(known.begin(), known.end(),
                                [&](const verb_info& i) { return r.verb == i.name; });
    if (v == known.end()) {
        std::vector<std::string> names;
        for (const auto& i : known)
            names.emplace_back(i.name);
        const auto near = nearest_name(r.verb, names);
        return refuse(r.id, "verb",
                      near.empty() ? "unknown verb; help lists them"
                                   : "unknown verb; did you mean " + near + "?");
    }
    if (v->rest && words.size() > 2) {
        const std::string_view after = text.substr(text.find(words[0]) + words[0].size());
        words.resize(2);
        r.words.emplace_back(trimmed(after.substr(after.find(words[1]) + words[1].size())));
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        const std::string key = words[i].substr(0, equals);
        if (equals != std::string::npos &&
            std::string(v->options).find("," + key + ",") != std::string::npos && !key.empty())
            r.options[key] = words[i].substr(equals + 1);
        else
            r.words.push_back(words[i]);
    }
    if (r.words.size() < v->least || r.words.size() > v->most)
        return refuse(r.id, "parameter", std::string("usage: ") + v->usage);
    if (v->takes_time && pending_ != pending::none)
        return refuse(r.id, "busy", "request " + pending_id_ + " still runs; stop ends it");
    if (v->takes_time && target_.ended())
        return refuse(r.id, "ended", "the run has ended");
    try {
        (this->*v->handle)(r);
    } catch (const refusal& e) {
        refuse(r.id, e.code, e.message);
    } catch (const input_error& e) {
        const std::string why = e.what(), prefix = "error: ";
        refuse(r.id, "parameter", why.rfind(prefix, 0) == 0 ? why.substr(prefix.size()) : why);
    }
}

std::uint64_t control_protocol::number(const std::string& text, std::uint64_t most,
                                       const char* what) const {
    const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const unsigned base = hex ? 16 : 10;
    std::uint64_t value = 0;
    bool good = !text.empty() && text.size() <= 24;
    for (std::size_t i = hex ? 2 : 0; good && i < text.size(); ++i) {
        const int d = digit(text[i]);
        good = d >= 0 && static_cast<unsigned>(d) < base &&
               value <= (~std::uint64_t{0} - static_cast<unsigned>(d)) / base;
        value = value * base + static_cast<unsigned>(std::max(d, 0));
    }
    if (!good || value > most)
        wrong(
            fmt::format("{} is '{}', expected a number from 0 to {}", what, one_line(text), most));
    return value;
}

std::uint64_t control_protocol::nanoseconds(const std::string& text, const char* what) const {
    double seconds = 0;
    std::string why;
    if (!parse_quantity(text, unit::second, seconds, why) || !(seconds > 0) ||
        seconds * 1e9 > static_cast<double>(longest_run))
        wrong(fmt::format("{} is '{}', expected a time such as 33ms", what, one_line(text)));
    return static_cast<std::uint64_t>(std::llround(seconds * 1e9));
}

std::uint32_t control_protocol::address(const std::string& text) const {
    if (!text.empty() && text[0] >= '0' && text[0] <= '9')
        return static_cast<std::uint32_t>(number(text, ~std::uint32_t{0}, "the address"));
    std::uint32_t at = 0;
    std::string near;
    if (!target_.find_register(text, at, near))
        wrong("no register '" + one_line(text) + "'" +
              (near.empty() ? "" : "; did you mean " + near + "?"));
    return at;
}

void control_protocol::set_deadline(const request& r) {
    const auto given = r.options.find("deadline");
    double seconds = default_deadline;
    std::string why;
    if (given != r.options.end() && (!parse_quantity(given->second, unit::second, seconds, why) ||
                                     !(seconds > 0) || seconds > longest_deadline))
        wrong("deadline is '" + one_line(given->second) + "', expected a time such as 500ms");
    deadline_ = wall_() + seconds;
}

void control_protocol::start_run(const request& r, simulation_control::run_request run) {
    set_deadline(r);
    const auto limit = r.options.find("limit");
    if (limit != r.options.end())
        run.limit = nanoseconds(limit->second, "limit");
    target_.begin_run(run);
    pending_ = pending::run;
    pending_id_ = r.id;
}

void control_protocol::start_access(const request& r, bool write, std::uint32_t at,
                                    std::vector<unsigned char> bytes) {
    set_deadline(r);
    target_.begin_access({write, at, std::move(bytes)});
    pending_ = write ? pending::write : pending::read;
    pending_id_ = r.id;
}

void control_protocol::update() {
    if (pending_ == pending::none)
        return;
    if (target_.busy()) {
        if (wall_() < deadline_ && !target_.ended())
            return;
        const bool ended = target_.ended();
        target_.stop();
        pending_ = pending::none;
        return refuse(pending_id_, ended ? "ended" : "deadline",
                      ended ? "the run has ended" : "the deadline has passed");
    }
    const pending what = std::exchange(pending_, pending::none);
    if (what == pending::run) {
        switch (target_.run_result()) {
            case simulation_control::result::reached:
                return answer(pending_id_, "");
            case simulation_control::result::limit:
                return refuse(pending_id_, "limit",
                              "the limit of simulated time was reached first");
            case simulation_control::result::ended:
                return refuse(pending_id_, "ended", "the run has ended");
        }
    }
    const auto& a = target_.last_access();
    if (!a.ok)
        return refuse(pending_id_, "bus", a.error);
    if (what == pending::cci_write)
        return answer(pending_id_, "");
    if (what == pending::cci_read) {
        std::string data;
        for (const unsigned char byte : a.bytes)
            data += fmt::format("{:02x}", byte);
        return answer(pending_id_, "data=" + data);
    }
    if (what == pending::write)
        return answer(pending_id_, "");
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < a.bytes.size() && i < 4; ++i)
        value |= std::uint32_t{a.bytes[i]} << (8 * i);
    answer(pending_id_, fmt::format("value=0x{:08x}", value));
}

void control_protocol::help(const request& r) {
    std::string text;
    for (const auto& v : verbs())
        text += std::string(v.usage) + "\n";
    payload(r.id, "", text);
}

void control_protocol::status(const request& r) {
    answer(r.id, fmt::format("busy={} ended={}", pending_ == pending::none ? 0 : 1,
                             target_.ended() ? 1 : 0));
}

void control_protocol::read(const request& r) {
    start_access(r, false, address(r.words[0]), std::vector<unsigned char>(4));
}

void control_protocol::write(const request& r) {
    const std::uint32_t at = address(r.words[0]);
    const auto value =
        static_cast<std::uint32_t>(number(r.words[1], ~std::uint32_t{0}, "the value"));
    std::vector<unsigned char> bytes(4);
    for (unsigned i = 0; i < 4; ++i)
        bytes[i] = static_cast<unsigned char>(value >> (8 * i));
    start_access(r, true, at, std::move(bytes));
}

void control_protocol::cci(const request& r) {
    const std::string& target = r.words[1];
    simulation_control::access_request access;
    access.cci = true;
    unsigned width = 1, element = 0;
    if (!target.empty() && target[0] >= '0' && target[0] <= '9') {
        access.address = static_cast<std::uint32_t>(number(target, 0xffff, "the index"));
    } else {
        const auto* const known = links::cci_register_named(target, element);
        if (!known) {
            const auto near = nearest_name(target, links::cci_register_names());
            wrong("no CCI register '" + one_line(target) + "'" +
                  (near.empty() ? "" : "; did you mean " + near + "?"));
        }
        access.address = known->index_of(element);
        width = known->bytes;
    }
    const auto device = r.options.find("device");
    if (device != r.options.end())
        access.device = static_cast<std::uint8_t>(number(device->second, 0x7f, "device"));
    if (r.words[0] == "write" && r.words.size() > 2) {
        access.write = true;
        for (std::size_t i = 2; i < r.words.size(); ++i) {
            const auto value =
                number(r.words[i], width == 4 ? 0xffffffffu : (1u << (8 * width)) - 1, "a value");
            for (unsigned k = 0; k < width; ++k)
                access.bytes.push_back(static_cast<unsigned char>(value >> (8 * (width - 1 - k))));
        }
    } else if (r.words[0] == "read" && r.words.size() <= 3) {
        access.bytes.resize(r.words.size() == 3
                                ? std::max<std::uint64_t>(1, number(r.words[2], 4096, "the length"))
                                : width);
    } else {
        wrong("usage: cci read REGISTER|INDEX [LENGTH] | cci write REGISTER|INDEX VALUE...");
    }
    set_deadline(r);
    pending_ = access.write ? pending::cci_write : pending::cci_read;
    target_.begin_access(access);
    pending_id_ = r.id;
}

void control_protocol::peek(const request& r) {
    const std::uint32_t at = address(r.words[0]);
    const auto length =
        static_cast<std::size_t>(number(r.words[1], longest_transfer, "the length"));
    std::string bytes(length, '\0');
    const std::size_t done =
        target_.peek(at, reinterpret_cast<unsigned char*>(bytes.data()), length);
    if (done < length)
        throw refusal{"bus", fmt::format("nothing at 0x{:08x}", at + done)};
    payload(r.id, "", bytes);
}

void control_protocol::poke(const request& r) {
    const std::uint32_t at = address(r.words[0]);
    const std::string& hex = r.words[1];
    std::vector<unsigned char> bytes(hex.size() / 2);
    bool good = hex.size() % 2 == 0;
    for (std::size_t i = 0; good && i < bytes.size(); ++i) {
        const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        good = high >= 0 && low >= 0;
        bytes[i] = static_cast<unsigned char>(std::max(high, 0) << 4 | std::max(low, 0));
    }
    if (!good)
        wrong("the bytes are pairs of hexadecimal digits, such as 00ff");
    const std::size_t done = target_.poke(at, bytes.data(), bytes.size());
    if (done < bytes.size())
        throw refusal{"bus", fmt::format("nothing to be written at 0x{:08x}", at + done)};
    answer(r.id, "");
}

void control_protocol::run_for(const request& r) {
    simulation_control::run_request run;
    run.duration = nanoseconds(r.words[0], "the time");
    start_run(r, std::move(run));
}

void control_protocol::run_until(const request& r) {
    simulation_control::run_request run;
    if (r.words[0] == "frame" && r.options.count("count") == 0) {
        run.what = simulation_control::condition::frame;
        run.frame = number(r.words[1], ~std::uint32_t{0}, "the frame");
    } else if (r.words[0] == "event") {
        run.what = simulation_control::condition::event;
        run.event = r.words[1];
        const auto& names = target_.event_names();
        if (std::find(names.begin(), names.end(), run.event) == names.end()) {
            const auto near = nearest_name(run.event, names);
            wrong("no event '" + run.event + "'" +
                  (near.empty() ? "" : "; did you mean " + near + "?"));
        }
        const auto count = r.options.find("count");
        if (count != r.options.end())
            run.count = std::max<std::uint64_t>(1, number(count->second, 1000000000, "count"));
    } else {
        wrong("usage: run_until frame N | event NAME [count=N]");
    }
    start_run(r, std::move(run));
}

void control_protocol::wait_irq(const request& r) {
    simulation_control::run_request run;
    run.what = simulation_control::condition::interrupt;
    run.interrupt = r.words[0];
    const auto& names = target_.interrupt_names();
    if (std::find(names.begin(), names.end(), run.interrupt) == names.end()) {
        const auto near = nearest_name(run.interrupt, names);
        wrong("no interrupt '" + run.interrupt + "'" +
              (near.empty() ? "" : "; did you mean " + near + "?"));
    }
    start_run(r, std::move(run));
}

void control_protocol::irq(const request& r) {
    std::string text;
    for (const auto& name : target_.interrupt_names())
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", name,
                            target_.interrupt_pending(name) ? 1 : 0);
    answer(r.id, text);
}

void control_protocol::stats(const request& r) {
    std::string text;
    for (const auto& [name, value] : target_.statistics(r.words.empty() ? "*" : r.words[0]))
        text += name + " " + value + "\n";
    payload(r.id, "", text);
}

void control_protocol::frame(const request& r) {
    const auto image = target_.last_frame();
    if (image.bytes.empty())
        throw refusal{"none", "no image has been received yet"};
    payload(r.id,
            fmt::format("frame={} width={} height={} format={}", image.frame, image.width,
                        image.height, image.format),
            image.bytes);
}

void control_protocol::tensor(const request& r) {
    const auto bytes = target_.last_tensor();
    if (bytes.empty())
        throw refusal{"none", "no tensor has been made yet"};
    payload(r.id, "", std::string(bytes.begin(), bytes.end()));
}

void control_protocol::metadata(const request& r) {
    const auto text = target_.last_metadata();
    if (text.empty())
        throw refusal{"none", "no metadata has been received yet"};
    payload(r.id, "", text);
}

void control_protocol::scene(const request& r) {
    target_.set_scene(r.words[0]);
    answer(r.id, "");
}

void control_protocol::reset(const request& r) {
    target_.reset();
    answer(r.id, "");
}

void control_protocol::stop(const request& r) {
    if (pending_ != pending::none) {
        target_.stop();
        pending_ = pending::none;
        refuse(pending_id_, "stopped", "stopped by request " + r.id);
    }
    answer(r.id, "");
}

void control_protocol::quit(const request& r) {
    target_.quit();
    answer(r.id, "");
    closing_ = true;
}

}  // namespace ocellus::sim
