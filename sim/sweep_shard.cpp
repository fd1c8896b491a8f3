// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sweep_shard.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

constexpr std::uint64_t most_shards = 1000000;

std::optional<std::uint64_t> number(const std::string& text) {
    std::uint64_t value = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || r.ec != std::errc() || r.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

sweep_shard checked(std::optional<std::uint64_t> index, std::optional<std::uint64_t> count,
                    const std::string& what) {
    if (!index || !count || *count == 0 || *count > most_shards || *index >= *count)
        throw input_error(
            exit_code::usage,
            fmt::format("error: {}: expected i/n with i from 0 to n - 1, like --shard 0/8", what));
    return {*index, *count};
}

/// The job of an array that the scheduler says this is.
sweep_shard scheduled() {
    const auto slurm = environment("SLURM_ARRAY_TASK_ID");
    if (!slurm.empty()) {
        const auto count = environment("SLURM_ARRAY_TASK_COUNT");
        const auto first = environment("SLURM_ARRAY_TASK_MIN");
        auto index = number(slurm);
        const auto low = first.empty() ? std::optional<std::uint64_t>(0) : number(first);
        if (index && low)
            index = *index - *low;  // below the first: wraps, and is out of range
        else
            index.reset();
        return checked(index, number(count),
                       fmt::format("--shard auto: SLURM_ARRAY_TASK_ID={} SLURM_ARRAY_TASK_MIN={} "
                                   "SLURM_ARRAY_TASK_COUNT={}",
                                   slurm, first, count));
    }
    const auto lsf = environment("LSB_JOBINDEX");
    if (!lsf.empty() && lsf != "0") {  // 0: not a job array
        const auto last = environment("LSB_JOBINDEX_END");
        auto index = number(lsf);
        if (index)
            --*index;
        return checked(index, number(last),
                       fmt::format("--shard auto: LSB_JOBINDEX={} LSB_JOBINDEX_END={}", lsf, last));
    }
    throw input_error(exit_code::usage,
                      "error: --shard auto: neither SLURM_ARRAY_TASK_ID nor LSB_JOBINDEX is set; "
                      "this is no job of an array");
}

}  // namespace

sweep_shard shard_of(const std::string& text) {
    if (text.empty())
        return {};
    if (text == "auto")
        return scheduled();
    const auto slash = text.find('/');
    if (slash == std::string::npos)
        return checked({}, {}, "--shard " + text);
    return checked(number(text.substr(0, slash)), number(text.substr(slash + 1)),
                   "--shard " + text);
}

}  // namespace ocellus::sim
