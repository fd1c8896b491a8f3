// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics.h"
#include "core/units.h"

namespace ocellus {

/// How well a default is founded.
enum class provenance {
    published,  ///< by the maker, a driver's source or a peer-reviewed paper
    measured,   ///< by a third party
    derived,    ///< by arithmetic from published figures
    assumed,    ///< no public figure; a knob
    chosen,     ///< a design decision of this simulator
};

/// What a parameter does that can be measured; `ocellus params --check-sensitivity` proves it.
struct sensitivity {
    struct effect {
        std::string metric;  ///< a statistic, or a measure of docs/sensitivity.md
        int direction;       ///< +1: more with the second value, -1: less
    };
    std::vector<effect> effects;
    std::string nothing;             ///< why it moves no metric, when it has no effects
    std::string from, to;            ///< values to compare; empty: half and twice the default
    std::vector<std::string> under;  ///< settings of both runs, "output.image=isp"
    bool declared() const { return !effects.empty() || !nothing.empty(); }
};

/// One declared parameter. Everything that is known of it comes from its declaration: parsing,
/// diagnostics, `ocellus params`, the resolved-config echo, --set, sweeps, the reference page.
struct parameter {
    enum class kind { boolean, integer, real, text, choice, path };

    std::string name;  ///< dotted, "adc.bits"
    kind type = kind::integer;
    unit dimension = unit::none;
    double minimum = 0, maximum = 0;  ///< inclusive, in the base unit; integer and real only
    std::string minimum_text,
        maximum_text;  ///< the same as shown to users, exact: "1 MHz", "5 GHz"
    bool power_of_two = false;
    std::vector<std::string> choices;  ///< choice only
    std::string default_text;          ///< as it would be written in a file
    std::string sentence;              ///< what it does, one sentence
    provenance basis = provenance::chosen;
    std::string source;  ///< where the default comes from; never empty
    sensitivity effect;  ///< what it moves

    std::string origin;     ///< "default", "file:line" or "command line"
    source_position where;  ///< of the value, for later semantic diagnostics

    std::function<std::string()> get;                               ///< current value as text
    std::function<bool(const std::string&, std::string& why)> set;  ///< from text
    /// As `set`, with what is wrong and what was expected apart.
    std::function<bool(const std::string&, std::string& wrong, std::string& expected)> try_set;

    /// "8 .. 14", "1 MHz .. 5 GHz", "raw, isp, none", "true, false"; "" for texts and paths.
    std::string range() const;
    /// True when the value is written with a unit symbol (and so quoted in a file).
    bool has_symbol() const;
    /// "integer", "real", "quantity", "boolean", "text", "choice", "path".
    const char* type_name() const;
};

/// Fluent handle that a declaration completes.
class parameter_handle {
  public:
    explicit parameter_handle(parameter& p) : p_(&p) {}
    parameter_handle& says(std::string sentence) {
        p_->sentence = std::move(sentence);
        return *this;
    }
    parameter_handle& from(provenance basis, std::string source) {
        p_->basis = basis;
        p_->source = std::move(source);
        return *this;
    }
    parameter_handle& must_be_power_of_two() {
        p_->power_of_two = true;
        return *this;
    }
    /// A metric that grows (+1) or shrinks (-1) with the parameter; repeatable. Of a choice: from
    /// the first to the second value of compare().
    parameter_handle& moves(std::string metric, int direction) {
        p_->effect.effects.push_back({std::move(metric), direction});
        return *this;
    }
    /// It moves no metric, and why that is so.
    parameter_handle& moves_nothing(std::string why) {
        p_->effect.nothing = std::move(why);
        return *this;
    }
    /// The two values whose metrics are compared, where half and twice the default will not do.
    parameter_handle& compare(std::string from, std::string to) {
        p_->effect.from = std::move(from);
        p_->effect.to = std::move(to);
        return *this;
    }
    /// A setting without which nothing moves, "output.image=isp"; repeatable.
    parameter_handle& under(std::string setting) {
        p_->effect.under.push_back(std::move(setting));
        return *this;
    }

  private:
    parameter* p_;
};

/// All parameters of a run. A block declares its own by binding fields of a plain struct:
///
///     struct column_adc_parameters {
///         std::uint64_t bits = 10;
///         double count_clock = 594e6;  // Hz
///         void declare(parameter_registry& r) {
///             r.integer("adc.bits", bits, 8, 14).says("...").from(provenance::derived, "...");
///             r.quantity("adc.count_clock", count_clock, unit::hertz, 1e6, 5e9)...
///
/// The field's value at declaration is the default. The struct must outlive the registry.
class parameter_registry {
  public:
    parameter_handle boolean(const std::string& name, bool& field);
    parameter_handle integer(const std::string& name, std::uint64_t& field, std::uint64_t minimum,
                             std::uint64_t maximum, unit u = unit::none);
    parameter_handle signed_integer(const std::string& name, std::int64_t& field,
                                    std::int64_t minimum, std::int64_t maximum);
    parameter_handle real(const std::string& name, double& field, double minimum, double maximum);
    parameter_handle quantity(const std::string& name, double& field, unit u, double minimum,
                              double maximum);
    parameter_handle text(const std::string& name, std::string& field);
    /// A path; relative paths in a file are resolved against that file's folder.
    parameter_handle path(const std::string& name, std::string& field);
    template <class Enum>
    parameter_handle choice(const std::string& name, Enum& field,
                            std::vector<std::pair<std::string, Enum>> values) {
        std::vector<std::string> names;
        for (auto& v : values)
            names.push_back(v.first);
        return choice_text(
            name, names,
            [&field, values] {
                for (auto& v : values)
                    if (v.second == field)
                        return v.first;
                return std::string();
            },
            [&field, values](const std::string& s) {
                for (auto& v : values)
                    if (v.first == s)
                        field = v.second;
            });
    }

    parameter* find(const std::string& name);
    const parameter* find(const std::string& name) const;
    /// In order of declaration.
    std::vector<const parameter*> all() const;
    std::vector<std::string> names() const;
    /// The parameter that a misspelt name most likely means, or "".
    std::string suggest(const std::string& name) const;
    /// Position of a parameter's value for a semantic diagnostic ("--set" or a file's line); empty
    /// position with file "default" when it was never set.
    source_position where(const std::string& name) const;

    /// Sets one parameter from text. Unknown names, wrong units, values out of range go to
    /// `problems` with a hint. A file's value is stored with origin "file:line", --set with
    /// "command line".
    void assign(const std::string& name, const std::string& text, const source_position& where,
                const std::string& origin, diagnostics& problems);

  private:
    parameter& add(const std::string& name, parameter::kind type, unit u = unit::none);
    static parameter_handle complete(parameter& p);
    parameter_handle choice_text(const std::string& name, std::vector<std::string> names,
                                 std::function<std::string()> get,
                                 std::function<void(const std::string&)> set);
    std::vector<std::unique_ptr<parameter>> list_;
    std::map<std::string, parameter*> by_name_;
};

}  // namespace ocellus
