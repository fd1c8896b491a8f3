// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "dsp/compiler/network_profile.h"

/// A network's profile in the forms that people and programs read. Numbers are the same in all.
namespace ocellus::sim {

/// Names come from files: at most `width` characters, nothing that steers a terminal.
std::string short_name(const std::string& name, std::size_t width);
/// "1x112x112x32".
std::string shape_text(const std::vector<int>& shape);

/// A cause of cycles: its key in JSON and CSV, what it means, and its colour in the page.
struct cause_info {
    const char* key;
    const char* says;
    const char* colour;
    std::uint64_t dsp::cycle_causes::*value;
};
/// In the order of the columns.
const std::vector<cause_info>& cycle_cause_list();

/// Inference time in the reports, "6.298 ms (2.9 .. 6.3 ms over h1 .. h5_dense)".
std::string time_text_of(const dsp::network_profile& n, double clock);

/// "8-bit and 4-bit": widths of the weights that a network's layers have; "no" without any.
std::string widths_text(const dsp::network_profile& n);

std::string profile_text(const dsp::network_profile& n, double clock);
std::string profile_csv(const dsp::network_profile& n);
nlohmann::ordered_json profile_json(const dsp::network_profile& n, double clock);
/// One page of its own, without anything from outside: totals, bars by cause, roofline, a table
/// that can be sorted.
std::string profile_html(const dsp::network_profile& n, double clock);

}  // namespace ocellus::sim
