// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/memory_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "sim/network_report.h"

namespace ocellus::sim {
namespace {

/// "1.60MB", "151.00KB"; the public reports round kilobytes of the input's cost up.
std::string size_text(double bytes) {
    if (bytes >= 1e6)
        return fmt::format("{:.2f}MB", bytes / 1e6);
    return fmt::format("{:.2f}KB", bytes / 1e3);
}

}  // namespace

std::string memory_report(const dsp::compiled_network& c) {
    const auto coefficients = static_cast<double>(c.plan.coefficients_bytes);
    const auto reserved = static_cast<double>(c.plan.budget.reserved);
    const auto used = static_cast<double>(c.plan.used_bytes);
    const double runtime = used - coefficients - reserved;
    const double available = 8.0 * 1024 * 1024;
    const auto total = static_cast<double>(c.plan.budget.bytes);
    std::string constants;
    for (const auto& t : c.net.tensors)
        constants.append(t.data.begin(), t.data.end());
    const nlohmann::ordered_json network = {
        {"Hash", sha256_hex(constants)},
        {"Name", short_name(c.net.name, 200)},
        {"Runtime Memory Physical Size", size_text(runtime)},
        {"Model Memory Physical Size", size_text(coefficients)},
        {"Input Persistence Cost",
         size_text(std::ceil(static_cast<double>(c.input_bytes()) / 1e3) * 1e3)}};
    const nlohmann::ordered_json report = {
        {"Memory Report",
         {{"Name", short_name(c.net.name, 200)},
          {"Runtime Memory Physical Size", size_text(runtime)},
          {"Model Memory Physical Size", size_text(coefficients)},
          {"Reserved Memory", fmt::format("{:.2f}KB", reserved / 1024)},
          {"Memory Usage", size_text(runtime + coefficients)},
          {"Total Memory Available On Chip",
           std::abs(total - available) < 4096 ? "8.00MB" : size_text(total)},
          {"Memory Utilization",
           fmt::format("{:.0f}%", 100 * (runtime + coefficients + reserved) / total)},
          {"Fit In Chip", true},
          {"Input Persistent", c.input_slots() > 1},
          {"Networks", nlohmann::ordered_json::array({network})}}}};
    return report.dump(4) + "\n";
}

}  // namespace ocellus::sim
