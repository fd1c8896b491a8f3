// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cci_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>

#include "core/files.h"
#include "core/units.h"
#include "links/cci_registers.h"
#include "sim/script_words.h"

namespace ocellus::sim {
namespace {

using what = cci_command::what;

constexpr double default_limit = 1, default_interval = 1e-3;  // s
constexpr std::size_t longest_message = 4096;                 // data bytes
constexpr unsigned deepest_include = 8;

class parser {
  public:
    parser(const std::string& path, const std::vector<std::string>& events, diagnostics& problems,
           unsigned depth = 0)
        : path_(path), events_(events), problems_(problems), depth_(depth) {}

    std::vector<cci_command> run(const std::string& text) {
        std::size_t at = 0;
        for (unsigned number = 1; at <= text.size(); ++number) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            std::string line = text.substr(at, end - at);
            if (!line.empty() && line.back() == '\r')
                line.pop_back();
            at = end + 1;
            where_ = {};
            where_.file = path_;
            where_.line = number;
            where_.text = line;
            where_.column = 1;
            try {
                line_reader r(line);
                if (!r.empty())
                    statement(r);
            } catch (const script_mistake& m) {
                where_.column = static_cast<unsigned>(m.at + 1);
                where_.length = static_cast<unsigned>(std::max<std::size_t>(m.length, 1));
                problems_.error(where_, m.message, m.hint);
            }
        }
        return std::move(commands_);
    }

  private:
    void statement(line_reader& r) {
        const script_word verb = r.take("a command");
        if (verb.text == "include" && !verb.quoted)
            return include(r);
        static const std::map<std::string, void (parser::*)(line_reader&)> verbs = {
            {"device", &parser::device},     {"write", &parser::write8},
            {"write16", &parser::write16},   {"write32", &parser::write32},
            {"read", &parser::read},         {"expect", &parser::expect8},
            {"expect16", &parser::expect16}, {"expect32", &parser::expect32},
            {"until", &parser::until8},      {"until16", &parser::until16},
            {"until32", &parser::until32},   {"refused", &parser::refused},
            {"wait", &parser::wait},         {"quit", &parser::quit},
            {"xclr", &parser::xclr},         {"load", &parser::load},
            {"update", &parser::update},
        };
        const auto found = verbs.find(verb.text);
        if (found == verbs.end() || verb.quoted) {
            std::vector<std::string> all = {"include"};
            for (const auto& [name, ignored] : verbs)
                all.push_back(name);
            const auto near = nearest_name(verb.text, all);
            wrong_word(
                verb, fmt::format("unknown command '{}'", verb.text),
                near.empty() ? "docs/cci.md lists them" : fmt::format("did you mean {}?", near));
        }
        cci_command c;
        c.where = where_;
        now_ = &c;
        (this->*found->second)(r);
        r.end();
        commands_.push_back(std::move(c));
    }

    /// The commands of another script, relative to this one.
    void include(line_reader& r) {
        const script_word w = r.take("a file");
        r.end();
        if (depth_ == deepest_include)
            wrong_word(w, "scripts include each other too deep",
                       fmt::format("expected at most {} levels", deepest_include));
        const std::string file =
            (std::filesystem::path(path_).parent_path() / w.text).lexically_normal().string();
        std::string text;
        try {
            text = read_file(file);
        } catch (const input_error&) {
            wrong_word(w, fmt::format("cannot read {}", file), "relative to the script's folder");
        }
        for (auto& c : parser(file, events_, problems_, depth_ + 1).run(text))
            commands_.push_back(std::move(c));
    }

    /// A time of one or two words, in ps.
    static std::uint64_t time(line_reader& r) {
        return static_cast<std::uint64_t>(std::llround(seconds_of(r) * 1e12));
    }

    /// A register by name, whole, or an index with elements of `bytes`.
    void target(line_reader& r, unsigned bytes) {
        const script_word w = r.take("a register such as mode_select, or an index");
        now_->name = w.text;
        now_->bytes = bytes;
        if (!w.text.empty() && w.text[0] >= '0' && w.text[0] <= '9') {
            now_->index = static_cast<std::uint16_t>(number_of(w, 0xffff));
            return;
        }
        unsigned element = 0;
        const auto* const known = links::cci_register_named(w.text, element);
        if (!known) {
            const auto near = nearest_name(w.text, links::cci_register_names());
            wrong_word(w, fmt::format("there is no register '{}'", w.text),
                       near.empty() ? "docs/cci-registers.md lists them"
                                    : fmt::format("did you mean {}?", near));
        }
        if (bytes != 1 && bytes != known->bytes)
            wrong_word(w, fmt::format("{} has {} bits", known->name, 8 * known->bytes),
                       "with a name, the command has no width of its own");
        now_->index = known->index_of(element);
        now_->bytes = known->bytes;
    }

    void device(line_reader& r) {
        now_->kind = what::device;
        now_->number = number_of(r.take("a device address, 0x1A or 0x36"), 0x7f);
    }
    void write(line_reader& r, unsigned bytes) {
        now_->kind = what::write;
        target(r, bytes);
        const std::uint64_t most = now_->bytes == 4 ? 0xffffffffu : (1u << (8 * now_->bytes)) - 1;
        do {
            const script_word w = r.take("a value");
            const std::uint64_t value = number_of(w, most);
            for (unsigned i = 0; i < now_->bytes; ++i)
                now_->data.push_back(
                    static_cast<std::uint8_t>(value >> (8 * (now_->bytes - 1 - i))));
            if (now_->data.size() > longest_message)
                wrong_word(w, "the message is too long",
                           fmt::format("expected at most {} bytes", longest_message));
        } while (!r.done());
    }
    void write8(line_reader& r) { write(r, 1); }
    void write16(line_reader& r) { write(r, 2); }
    void write32(line_reader& r) { write(r, 4); }
    void read(line_reader& r) {
        now_->kind = what::read;
        target(r, 1);
        if (!r.done())
            now_->bytes *= static_cast<unsigned>(
                std::max<std::uint64_t>(1, number_of(r.take("a count"), 1024)));
    }
    void condition(line_reader& r, unsigned bytes) {
        target(r, bytes);
        if (r.take_if("&"))
            now_->mask = number_of(r.take("a mask"), 0xffffffff);
        const script_word relation = r.take("a relation such as ==");
        static const char* const all[] = {"==", "!=", "<", "<=", ">", ">="};
        if (std::find(std::begin(all), std::end(all), relation.text) == std::end(all))
            wrong_word(relation, fmt::format("'{}' is no relation", relation.text),
                       "expected ==, !=, <, <=, > or >=");
        now_->relation = relation.text;
        now_->number = number_of(r.take("a value"), 0xffffffff);
    }
    void expect8(line_reader& r) { expect(r, 1); }
    void expect16(line_reader& r) { expect(r, 2); }
    void expect32(line_reader& r) { expect(r, 4); }
    void expect(line_reader& r, unsigned bytes) {
        now_->kind = what::expect;
        condition(r, bytes);
    }
    void until8(line_reader& r) { until(r, 1); }
    void until16(line_reader& r) { until(r, 2); }
    void until32(line_reader& r) { until(r, 4); }
    void until(line_reader& r, unsigned bytes) {
        now_->kind = what::until;
        condition(r, bytes);
        now_->interval = static_cast<std::uint64_t>(default_interval * 1e12);
        if (r.take_if("every"))
            now_->interval = std::max<std::uint64_t>(1, time(r));
        limit(r);
    }
    void limit(line_reader& r) {
        now_->limit =
            r.take_if("within") ? time(r) : static_cast<std::uint64_t>(default_limit * 1e12);
    }
    void refused(line_reader& r) {
        now_->refused = true;
        const script_word verb = r.take("write or read");
        if (verb.text == "write")
            write(r, 1);
        else if (verb.text == "read")
            read(r);
        else
            wrong_word(verb, fmt::format("'{}' cannot be refused", verb.text),
                       "expected write or read");
    }
    void wait(line_reader& r) {
        if (r.take_if("frame")) {
            now_->kind = what::wait_frame;
            now_->number = number_of(r.take("a frame, counted from 0"), 0xffffffff);
            return limit(r);
        }
        if (r.take_if("event")) {
            now_->kind = what::wait_event;
            const script_word w = r.take("the name of an event");
            now_->name = w.text;
            if (std::find(events_.begin(), events_.end(), w.text) == events_.end()) {
                const auto near = nearest_name(w.text, events_);
                wrong_word(w, fmt::format("there is no event '{}'", w.text),
                           near.empty() ? std::string() : fmt::format("did you mean {}?", near));
            }
            if (r.take_if("x"))
                now_->count = std::max<std::uint64_t>(1, number_of(r.take("a count"), 1000000));
            return limit(r);
        }
        now_->kind = what::wait;
        now_->time = time(r);
    }
    void quit(line_reader&) { now_->kind = what::quit; }
    void xclr(line_reader&) { now_->kind = what::xclr; }
    static links::image_kind image_kind(line_reader& r) {
        const script_word w = r.take("loader, main_firmware or network");
        if (w.text == "loader")
            return links::image_kind::loader;
        if (w.text == "main_firmware")
            return links::image_kind::main_firmware;
        if (w.text != "network")
            wrong_word(w, fmt::format("there is no image '{}'", w.text),
                       "expected loader, main_firmware or network");
        return links::image_kind::network;
    }
    static std::uint32_t word(line_reader& r, const char* expected) {
        return static_cast<std::uint32_t>(number_of(r.take(expected), 0xffffffff));
    }
    void load(line_reader& r) {
        now_->kind = what::load;
        cci_load& l = now_->image;
        l.kind = image_kind(r);
        while (!r.done()) {
            const script_word w = r.take("an option");
            if (w.text == "number")
                l.number = word(r, "the number of a network");
            else if (w.text == "file")
                l.file =
                    (std::filesystem::path(path_).parent_path() / r.take("a file").text).string();
            else if (w.text == "from_flash" && !l.update)
                l.flash = true;
            else if (w.text == "version")
                l.version = word(r, "a version");
            else if (w.text == "security")
                l.security = word(r, "a security version");
            else if (w.text == "as")
                l.as = image_kind(r);
            else if (w.text == "foreign_key")
                l.foreign_key = true;
            else if (w.text == "flip")
                l.flips.push_back(word(r, "a byte of the file"));
            else if (w.text == "flip_end")
                l.end_flips.push_back(word(r, "a byte, 1 is the last"));
            else if (w.text == "cut")
                l.cut = word(r, "bytes");
            else if (w.text == "stop")
                l.stop = word(r, "bytes");
            else if (w.text == "divisions")
                l.divisions = static_cast<std::uint32_t>(number_of(r.take("a number"), 255));
            else if (w.text == "power_cut" && l.update)
                l.power_cut = word(r, "a byte programmed or sector erased");
            else if (w.text == "gives")
                l.gives = static_cast<std::uint32_t>(number_of(r.take("a reply"), 255));
            else
                wrong_word(w, fmt::format("unknown option '{}'", w.text), "docs/cci.md lists them");
        }
    }
    void update(line_reader& r) {
        now_->image.update = true;
        load(r);
    }

    std::string path_;
    const std::vector<std::string>& events_;
    diagnostics& problems_;
    unsigned depth_;
    source_position where_;
    cci_command* now_ = nullptr;
    std::vector<cci_command> commands_;
};

}  // namespace

std::vector<cci_command> parse_cci_script(const std::string& text, const std::string& path,
                                          const std::vector<std::string>& events,
                                          diagnostics& problems) {
    return parser(path, events, problems).run(text);
}

bool holds_relation(const std::string& relation, std::uint64_t x, std::uint64_t y) {
    if (relation == "==")
        return x == y;
    if (relation == "!=")
        return x != y;
    if (relation == "<")
        return x < y;
    if (relation == "<=")
        return x <= y;
    return relation == ">" ? x > y : x >= y;
}

}  // namespace ocellus::sim
