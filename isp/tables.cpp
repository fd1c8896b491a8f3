// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "isp/tables.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "core/files.h"

namespace ocellus::isp {

namespace {

struct word {
    std::string text;
    source_position at;
};

std::vector<word> words_of(const std::string& path, std::string_view content) {
    std::vector<word> all;
    unsigned line = 0;
    while (!content.empty()) {
        ++line;
        const std::size_t end = std::min(content.find('\n'), content.size());
        std::string_view text = content.substr(0, end);
        content.remove_prefix(std::min(end + 1, content.size()));
        if (!text.empty() && text.back() == '\r')
            text.remove_suffix(1);
        const std::string_view bare = text.substr(0, text.find('#'));
        for (std::size_t i = 0; (i = bare.find_first_not_of(" \t,", i)) != bare.npos;) {
            const std::size_t stop = std::min(bare.find_first_of(" \t,", i), bare.size());
            all.push_back({std::string(bare.substr(i, stop - i)),
                           {path, line, static_cast<unsigned>(i + 1),
                            static_cast<unsigned>(stop - i), std::string(text)}});
            i = stop;
        }
    }
    return all;
}

constexpr std::array<const char*, 4> site_names = {"red", "green_red", "green_blue", "blue"};
constexpr const char* known_words =
    "gamma, linearisation, shading (red, green_red, green_blue, blue) or defect";

bool is_number(const word& w) {
    return w.text[0] == '-' || w.text[0] == '+' || w.text[0] == '.' ||
           (w.text[0] >= '0' && w.text[0] <= '9');
}

class reader {
  public:
    reader(std::vector<word> words, diagnostics& problems)
        : words_(std::move(words)), problems_(problems) {}

    isp_tables read(unsigned width, unsigned height) {
        isp_tables t;
        shading_grid grid{};
        std::array<bool, 4> sites{};
        source_position shading_at;
        defect_list defects;
        while (next_ < words_.size()) {
            const word head = words_[next_++];
            if (head.text == "gamma") {
                gamma_curve k{};
                if (curve(head, k.data(), gamma_knots))
                    t.gamma = k;
            } else if (head.text == "linearisation") {
                linearisation_curve k{};
                if (curve(head, k.data(), linearisation_knots))
                    t.linearisation = k;
            } else if (head.text == "shading") {
                shading_at = head.at;
                shade(head, grid, sites);
            } else if (head.text == "defect") {
                const auto n = numbers(head, 2, 65535);
                if (n.size() != 2)
                    continue;
                if (n[0] >= height || n[1] >= width)
                    problems_.error(head.at, "the defect lies outside the array",
                                    "row 0 to " + std::to_string(height - 1) + ", column 0 to " +
                                        std::to_string(width - 1));
                defects.push_back({n[0], n[1]});
            } else {
                problems_.error(head.at, "'" + head.text + "' is no table", known_words);
                while (next_ < words_.size() && is_number(words_[next_]))
                    ++next_;
            }
        }
        const auto count = std::count(sites.begin(), sites.end(), true);
        if (count == 4)
            t.shading = std::make_shared<const shading_grid>(grid);
        else if (count != 0)
            for (std::size_t s = 0; s < 4; ++s)
                if (!sites[s])
                    problems_.error(shading_at,
                                    std::string("gains of site ") + site_names[s] + " are missing",
                                    "all four sites, or none");
        if (!defects.empty()) {
            std::sort(defects.begin(), defects.end());
            defects.erase(std::unique(defects.begin(), defects.end()), defects.end());
            t.defects = std::make_shared<const defect_list>(std::move(defects));
        }
        return t;
    }

  private:
    /// The numbers that follow; empty when they are not `count` numbers of 0 .. most.
    std::vector<unsigned> numbers(const word& head, std::size_t count, unsigned most) {
        std::vector<unsigned> found;
        bool good = true;
        for (; next_ < words_.size() && is_number(words_[next_]); ++next_) {
            const word& w = words_[next_];
            unsigned v = 0;
            const char* end = w.text.data() + w.text.size();
            const auto r = std::from_chars(w.text.data(), end, v);
            if (r.ec != std::errc() || r.ptr != end || v > most) {
                problems_.error(w.at, "'" + w.text + "' does not fit " + head.text,
                                "a whole number from 0 to " + std::to_string(most));
                good = false;
            }
            found.push_back(v);
        }
        if (found.size() != count) {
            problems_.error(head.at,
                            head.text + " has " + std::to_string(found.size()) + " numbers",
                            std::to_string(count) + " numbers");
            good = false;
        }
        return good ? found : std::vector<unsigned>();
    }
    bool curve(const word& head, std::uint16_t* to, unsigned knots) {
        const std::size_t first = next_;
        const auto n = numbers(head, knots, 4095);
        for (std::size_t j = 0; j < n.size(); ++j) {
            to[j] = static_cast<std::uint16_t>(n[j]);
            if (j > 0 && n[j] < n[j - 1])
                problems_.error(words_[first + j].at,
                                "knot " + std::to_string(j) + " of " + head.text + " falls from " +
                                    std::to_string(n[j - 1]) + " to " + std::to_string(n[j]),
                                "a curve that never falls");
        }
        return !n.empty();
    }
    void shade(const word& head, shading_grid& grid, std::array<bool, 4>& sites) {
        const std::string name = next_ < words_.size() ? words_[next_].text : std::string();
        const auto* const site = std::find(site_names.begin(), site_names.end(), name);
        if (site == site_names.end()) {
            problems_.error(head.at, "shading of no site", "red, green_red, green_blue or blue");
            while (next_ < words_.size() && is_number(words_[next_]))
                ++next_;
            return;
        }
        ++next_;
        const auto n = numbers(head, shading_nodes, shading_max);
        const auto s = static_cast<std::size_t>(site - site_names.begin());
        sites[s] = true;
        for (std::size_t i = 0; i < n.size(); ++i)
            grid[s][i] = static_cast<std::uint16_t>(n[i]);
    }

    std::vector<word> words_;
    std::size_t next_ = 0;
    diagnostics& problems_;
};

}  // namespace

isp_tables read_tables(const std::string& path, unsigned width, unsigned height,
                       diagnostics& problems) {
    std::string content;
    try {
        content = read_file(path);
    } catch (const input_error& e) {
        source_position where;
        where.file = path;
        problems.error(where, std::string("the ISP's tables cannot be read: ") + e.what(),
                       "isp.tables names a text file");
        return {};
    }
    return reader(words_of(path, content), problems).read(width, height);
}

}  // namespace ocellus::isp
