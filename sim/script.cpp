// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

#include "core/units.h"
#include "sim/script_words.h"

namespace ocellus::sim {
namespace {

using what = script_command::what;

constexpr std::uint64_t default_limit = 1000000000;  // ns

using mistake = script_mistake;
using word = script_word;

[[noreturn]] void wrong(const word& w, const std::string& message, const std::string& hint) {
    wrong_word(w, message, hint);
}

double real_of(const word& w, const std::string& text) {
    double value = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || r.ptr != text.data() + text.size() || r.ec != std::errc())
        wrong(w, fmt::format("'{}' is no number", text), "expected A..B, such as 18200..18400");
    return value;
}

class parser {
  public:
    parser(const std::string& path, const script_names& names, diagnostics& problems)
        : path_(path),
          folder_(std::filesystem::path(path).parent_path()),
          names_(names),
          problems_(problems) {}

    script run(const std::string& text) {
        std::size_t at = 0;
        for (unsigned number = 1; at <= text.size(); ++number) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            line_ = text.substr(at, end - at);
            if (!line_.empty() && line_.back() == '\r')
                line_.pop_back();
            at = end + 1;
            where_ = {};
            where_.file = path_;
            where_.line = number;
            where_.text = line_;
            where_.column = 1;
            try {
                line_reader r(line_);
                if (!r.empty())
                    statement(r);
            } catch (const mistake& m) {
                where_.column = static_cast<unsigned>(m.at + 1);
                where_.length = static_cast<unsigned>(std::max<std::size_t>(m.length, 1));
                problems_.error(where_, m.message, m.hint);
            }
        }
        return std::move(script_);
    }

  private:
    using handler = std::function<void(line_reader&)>;

    void statement(line_reader& r) {
        static const char* const header[] = {"config",  "set",      "frames", "seed",
                                             "network", "firmware", "tensor", "timing-only"};
        const word verb = r.take("a command");
        const auto& known = verbs();
        const auto found = known.find(verb.text);
        if (found == known.end() || verb.quoted) {
            std::vector<std::string> all;
            for (const auto& [name, ignored] : known)
                all.push_back(name);
            const auto near = nearest_name(verb.text, all);
            wrong(
                verb, fmt::format("unknown command '{}'", verb.text),
                near.empty() ? "docs/traces.md lists them" : fmt::format("did you mean {}?", near));
        }
        const bool setting =
            std::find(std::begin(header), std::end(header), verb.text) != std::end(header);
        if (setting && !script_.commands.empty())
            wrong(verb, fmt::format("'{}' comes too late", verb.text),
                  "settings stand before the first command");
        found->second(r);
        r.end();
    }

    std::string file(const std::string& name) const {
        if (name.rfind("builtin:", 0) == 0 || name.rfind("file:", 0) == 0 || name == "none" ||
            std::filesystem::path(name).is_absolute())
            return name;
        return (folder_ / name).lexically_normal().string();
    }

    script_command& add(what kind) {
        script_command c;
        c.kind = kind;
        c.where = where_;
        script_.commands.push_back(std::move(c));
        return script_.commands.back();
    }

    static double seconds(line_reader& r) { return seconds_of(r); }
    static std::uint64_t limit(line_reader& r) {
        if (!r.take_if("<"))
            return default_limit;
        return static_cast<std::uint64_t>(std::max(1.0, std::round(seconds(r) * 1e9)));
    }
    static std::pair<double, double> range(line_reader& r) {
        const word in = r.take("in A..B");
        if (in.text != "in")
            wrong(in, fmt::format("unexpected '{}'", in.text), "expected in A..B");
        const word w = r.take("A..B");
        const auto dots = w.text.find("..");
        if (dots == std::string::npos) {
            const double only = real_of(w, w.text);
            return {only, only};
        }
        const double low = real_of(w, w.text.substr(0, dots));
        const double high = real_of(w, w.text.substr(dots + 2));
        if (high < low)
            wrong(w, "the range ends before it begins", "expected A..B with A <= B");
        return {low, high};
    }
    void check(const word& w, const std::vector<std::string>& all, const char* kind) const {
        if (all.empty() || std::find(all.begin(), all.end(), w.text) != all.end())
            return;
        const auto near = nearest_name(w.text, all);
        wrong(w, fmt::format("there is no {} '{}'", kind, w.text),
              near.empty() ? std::string() : fmt::format("did you mean {}?", near));
    }
    /// "npu.status" is npu.STATUS, and the sensor's own registers are the pixel array's.
    std::string register_name(const std::string& text) const {
        std::string wanted = text;
        if (wanted.rfind("sensor.", 0) == 0)
            wanted = "pixel_array." + wanted.substr(7);
        const auto same = [](const std::string& x, const std::string& y) {
            return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](char a, char b) {
                const auto lower = [](char c) {
                    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                };
                return lower(a) == lower(b);
            });
        };
        for (const auto& known : names_.registers)
            if (same(known, wanted))
                return known;
        return wanted;
    }
    /// A register by name or a bus address.
    void target(line_reader& r, script_command& c) const {
        word w = r.take("a register such as npu.STATUS, or an address");
        w.text = register_name(w.text);
        c.name = w.text;
        if (!w.text.empty() && w.text[0] >= '0' && w.text[0] <= '9') {
            c.name.clear();
            c.index = number_of(w, 0xffffffff);
            return;
        }
        check(w, names_.registers, "register");
    }

    const std::map<std::string, handler>& verbs() {
        if (!verbs_.empty())
            return verbs_;
        const auto option = [this](const char* name, bool is_file) {
            return [this, name, is_file](line_reader& r) {
                const std::string value = r.rest("a value");
                script_.options.emplace_back(name, is_file ? file(value) : value);
            };
        };
        verbs_["frames"] = option("frames", false);
        verbs_["seed"] = option("seed", false);
        verbs_["network"] = option("network", true);
        verbs_["firmware"] = option("firmware", true);
        verbs_["tensor"] = option("tensor", true);
        verbs_["config"] = [this](line_reader& r) { script_.config_file = file(r.rest("a file")); };
        verbs_["set"] = [this](line_reader& r) { script_.settings.push_back(r.rest("KEY=VALUE")); };
        verbs_["timing-only"] = [this](line_reader&) { script_.timing_only = true; };
        const auto scene = [this](line_reader& r) {
            const std::string name = file(r.rest("a picture or builtin:parcels"));
            if (script_.commands.empty())
                script_.options.emplace_back("scene", name);
            else
                add(what::scene).text = name;
        };
        verbs_["scene"] = verbs_["frame"] = scene;
        verbs_["at"] = [this](line_reader& r) {
            add(what::at).time = static_cast<std::uint64_t>(std::llround(seconds(r) * 1e12));
        };
        verbs_["run"] = [this](line_reader& r) {
            add(what::run).time = static_cast<std::uint64_t>(std::llround(seconds(r) * 1e12));
        };
        verbs_["wait"] = [this](line_reader& r) { wait(r); };
        verbs_["write"] = [this](line_reader& r) {
            script_command& c = add(what::write);
            target(r, c);
            c.number = number_of(r.take("a value"), 0xffffffff);
        };
        verbs_["read"] = [this](line_reader& r) { target(r, add(what::read)); };
        verbs_["poke"] = [this](line_reader& r) { poke(r); };
        verbs_["reset"] = [this](line_reader&) { add(what::reset); };
        verbs_["uart"] = [this](line_reader& r) { add(what::uart).text = r.rest("a text"); };
        verbs_["expect"] = [this](line_reader& r) { expect(r); };
        verbs_["crc"] = [this](line_reader& r) { crc(r); };
        verbs_["quit"] = [this](line_reader&) { add(what::quit); };
        verbs_["finish"] = [this](line_reader&) { add(what::finish); };
        return verbs_;
    }

    void wait(line_reader& r) {
        const word kind = r.take("irq, event or frame");
        if (kind.text == "irq") {
            script_command& c = add(what::wait_irq);
            const word w = r.take("the name of an interrupt");
            // "npu_done" reads better and is what others call it.
            c.name = w.text.size() > 5 && w.text.substr(w.text.size() - 5) == "_done"
                         ? w.text.substr(0, w.text.size() - 5)
                         : w.text;
            check({c.name, w.at, false}, names_.interrupts, "interrupt");
            c.limit = limit(r);
        } else if (kind.text == "event") {
            script_command& c = add(what::wait_event);
            const word w = r.take("the name of an event");
            check(w, names_.events, "event");
            c.name = w.text;
            if (r.take_if("x"))
                c.count = std::max<std::uint64_t>(1, number_of(r.take("a count"), 1000000));
            c.limit = limit(r);
        } else if (kind.text == "frame") {
            script_command& c = add(what::wait_frame);
            c.number = number_of(r.take("the number of a frame"), 0xffffffff);
            c.limit = limit(r);
        } else {
            wrong(kind, fmt::format("cannot wait for '{}'", kind.text),
                  "expected irq NAME, event NAME or frame N");
        }
    }

    void poke(line_reader& r) {
        script_command& c = add(what::poke);
        c.number = number_of(r.take("an address"), 0xffffffff);
        const word w = r.take("pairs of hexadecimal digits");
        for (std::size_t i = 0; i < w.text.size(); i += 2) {
            unsigned value = 0;
            const char* const first = w.text.data() + i;
            const auto p =
                std::from_chars(first, w.text.data() + std::min(i + 2, w.text.size()), value, 16);
            if (p.ptr != first + 2)
                wrong(w, "bytes are pairs of hexadecimal digits", "such as 00ff");
            c.text += static_cast<char>(value);
        }
    }

    void expect(line_reader& r) {
        const word* const first = r.peek();
        if (r.take_if("uart")) {
            add(what::expect_uart).text = r.rest("a text");
            return;
        }
        if (r.take_if("cycles")) {
            script_command& c = add(what::expect_cycles);
            const word w = r.take("npu.job");
            if (w.text != "npu.job")
                wrong(w, fmt::format("cycles of '{}' are not kept", w.text), "expected npu.job");
            std::tie(c.low, c.high) = range(r);
            return;
        }
        if (!first)
            r.take("a register, a statistic, cycles or uart");
        // A register has a relation behind it, a statistic a range.
        script_command c;
        c.where = where_;
        const word name = r.take("a name");
        const word* const next = r.peek();
        if (next && next->text == "in") {
            c.kind = what::expect_value;
            c.name = name.text;
            std::tie(c.low, c.high) = range(r);
            script_.commands.push_back(std::move(c));
            return;
        }
        c.kind = what::expect_register;
        c.name = name.text;
        if (name.text[0] >= '0' && name.text[0] <= '9') {
            c.index = number_of(name, 0xffffffff);
            c.name.clear();
        } else {
            c.name = register_name(name.text);
            check({c.name, name.at, false}, names_.registers, "register");
        }
        if (r.take_if("&"))
            c.mask = number_of(r.take("a mask"), 0xffffffff);
        const word relation = r.take("==, !=, <, <=, > or >=");
        static const char* const relations[] = {"==", "!=", "<", "<=", ">", ">="};
        if (std::find(std::begin(relations), std::end(relations), relation.text) ==
            std::end(relations))
            wrong(relation, fmt::format("'{}' compares nothing", relation.text),
                  "expected ==, !=, <, <=, > or >=; or in A..B for a statistic");
        c.relation = relation.text;
        c.number = number_of(r.take("a value"), 0xffffffff);
        script_.commands.push_back(std::move(c));
    }

    void crc(line_reader& r) {
        script_command& c = add(what::crc);
        const word w = r.take("frame, tensor, output or metadata");
        if (w.text != "frame" && w.text != "tensor" && w.text != "output" && w.text != "metadata")
            wrong(w, fmt::format("no checksum of '{}'", w.text),
                  "expected frame, tensor, output N or metadata");
        c.name = w.text;
        if (c.name == "output")
            c.index = number_of(r.take("the number of an output"), 255);
        c.number = number_of(r.take("a checksum such as 0x1234abcd"), 0xffffffff);
    }

    std::string path_;
    std::filesystem::path folder_;
    const script_names& names_;
    diagnostics& problems_;
    std::string line_;
    source_position where_;
    script script_;
    std::map<std::string, handler> verbs_;
};

}  // namespace

script parse_script(const std::string& text, const std::string& path, const script_names& names,
                    diagnostics& problems) {
    return parser(path, names, problems).run(text);
}

}  // namespace ocellus::sim
