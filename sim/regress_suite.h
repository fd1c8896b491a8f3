// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ocellus::sim {

/// How a metric has to agree with its golden value.
struct metric_class {
    enum class kind { exact, band, ignore };
    kind how = kind::exact;
    std::string glob;
    double relative = 0;  ///< band
};

/// One run of a suite, and what it is compared with.
struct regress_case {
    std::string name;
    std::string golden;  ///< file, as found from the suite's folder
    std::string trace;   ///< golden output trace, or empty
    /// Command line after "ocellus" without the outputs: {"run", "configs/small.toml", ...}.
    std::vector<std::string> arguments;
    std::vector<metric_class> classes;      ///< the first that fits counts; then: exact
    std::vector<std::string> trace_tracks;  ///< of `trace`; empty: all
    double wall_limit = 300;                ///< s
};

/// A metric that rises or falls over several cases.
struct monotone_rule {
    std::string metric;
    std::vector<std::string> cases;
    bool rising = true;
};

struct regress_suite {
    std::string name;
    std::vector<regress_case> cases;
    std::vector<monotone_rule> rules;
};

/// Reads a suite (TOML, docs/regression.md). Throws input_error(usage) with every mistake at once.
regress_suite read_suite(const std::string& path);

/// What a run is to give, or gave.
struct run_record {
    int exit_code = 0;
    std::map<std::string, double> statistics;
    std::map<std::string, std::string> files;  ///< SHA-256 by name
};

/// Golden values as a file, keys sorted, one a line.
std::string golden_text(const run_record& r);
/// Throws input_error(usage).
run_record read_golden(const std::string& path);

/// What differs, one sentence each: "npu.cycles: expected 10, actual 12 (+20 %)". A statistic that
/// the golden values do not know is new, and no difference.
std::vector<std::string> compare(const run_record& golden, const run_record& actual,
                                 const std::vector<metric_class>& classes);
/// The same of a rule over the cases that it names; cases that did not run are left out.
std::vector<std::string> check_rule(const monotone_rule& rule,
                                    const std::map<std::string, run_record>& runs);

/// What became of a case.
struct case_result {
    std::string name, command, message;  ///< message: empty when it is as it should be
    double seconds = 0;
    bool updated = false;
};
/// As test tools of other programs read it.
std::string junit_xml(const std::string& suite, const std::vector<case_result>& results);
std::string regress_json(const std::string& suite, const std::vector<case_result>& results);

}  // namespace ocellus::sim
