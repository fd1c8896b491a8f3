// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/picture_sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& message) {
    throw input_error(exit_code::usage, "error: " + message + "\nNothing was simulated.");
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// What is before and after the number, and how many digits it has at least.
struct pattern {
    std::string before, after;
    std::size_t digits = 1;
    bool numbered = false;

    std::string file(std::uint64_t k) const {
        const std::string number = std::to_string(k);
        const std::size_t zeros = digits > number.size() ? digits - number.size() : 0;
        return before + std::string(zeros, '0') + number + after;
    }
};

pattern pattern_of(const std::string& name) {
    pattern p;
    for (std::size_t i = 0; i < name.size(); ++i) {
        std::string& to = p.numbered ? p.after : p.before;
        if (name[i] != '%') {
            to += name[i];
            continue;
        }
        if (i + 1 < name.size() && name[i + 1] == '%') {
            to += name[++i];
            continue;
        }
        std::size_t end = i + 1;
        while (end < name.size() && is_digit(name[end]))
            ++end;
        if (end == name.size() || name[end] != 'd' || end - i > 3) {
            to += name[i];
            continue;
        }
        if (p.numbered)
            fail(
                fmt::format("{}: more than one number in the name of a sequence; one %d is "
                            "expected",
                            name));
        p.numbered = true;
        if (end > i + 1)
            p.digits = std::max(1ul, std::stoul(name.substr(i + 1, end - i - 1)));
        i = end;
    }
    return p;
}

/// The highest number of a file of the sequence, or -1.
std::int64_t last_number(const pattern& p) {
    const fs::path folder = fs::path(p.before).parent_path();
    if (fs::path(p.after).has_parent_path())
        return -1;  // the number is in a folder's name
    const std::string before = fs::path(p.before).filename().string();
    std::int64_t last = -1;
    std::error_code error;
    for (fs::directory_iterator i(folder.empty() ? fs::path(".") : folder, error), end;
         !error && i != end; i.increment(error)) {
        const std::string file = i->path().filename().string();
        if (file.size() <= before.size() + p.after.size() ||
            file.compare(0, before.size(), before) ||
            file.compare(file.size() - p.after.size(), p.after.size(), p.after))
            continue;
        const std::string number =
            file.substr(before.size(), file.size() - before.size() - p.after.size());
        if (number.size() > 9 || !std::all_of(number.begin(), number.end(), is_digit))
            continue;
        const auto k = std::stoll(number);
        if (p.file(static_cast<std::uint64_t>(k)) ==
            (fs::path(p.before).parent_path() / file).string())
            last = std::max<std::int64_t>(last, k);
    }
    return last;
}

}  // namespace

std::optional<picture_sequence> picture_sequence::of(const std::string& name, std::uint64_t first,
                                                     std::uint64_t frames) {
    if (name.find('%') == std::string::npos || fs::exists(name))
        return {};
    const pattern p = pattern_of(name);
    if (!p.numbered)
        return {};
    const std::int64_t last = last_number(p);
    picture_sequence s;
    for (std::uint64_t k = first; frames == 0 || k - first < frames; ++k) {
        const std::string file = p.file(k);
        if (!fs::exists(file)) {
            const auto missing = static_cast<std::int64_t>(k);
            if (frames == 0 && k > first && missing > last)
                break;
            fail(fmt::format(
                "{}: the file of frame {} is missing{}", file, k - first,
                last > missing ? fmt::format("; the sequence goes on to {}",
                                             p.file(static_cast<std::uint64_t>(last)))
                : last >= static_cast<std::int64_t>(first)
                    ? fmt::format("; the sequence has {} frames and run.frames asks for {}",
                                  k - first, frames)
                    : fmt::format("; no file of the sequence {} from number {} on exists", name,
                                  first)));
        }
        s.files.push_back(file);
    }
    return s;
}

}  // namespace ocellus::sim
