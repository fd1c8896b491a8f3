// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "host_run.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "program.h"
#include "tests/test_paths.h"

double statistic(const std::string& folder, const std::string& name) {
    const auto all = nlohmann::json::parse(file_bytes(folder + "/stats.json"));
    return all.at("statistics").at(name).at("value").get<double>();
}

std::string source(const std::string& name) {
    return std::string(source_folder) + "/" + name;
}

std::string script_file(const std::string& folder, const std::string& text) {
    const std::string name = folder + "/host.cci";
    std::ofstream(name) << text;
    return name;
}
