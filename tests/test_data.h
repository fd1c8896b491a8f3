// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/test_paths.h"

/// Path of a file of the optional test data. Call inside a test case: without the data the case
/// ends with a warning, and under CI=true it fails.
inline bool have_test_data() {
    if (std::filesystem::is_directory(test_data_folder))
        return true;
    const char* ci = std::getenv("CI");
    if (ci && std::string(ci) == "true")
        FAIL("OCELLUS_TEST_DATA is missing: " << test_data_folder);
    WARN("skipped: no test data at " << test_data_folder);
    return false;
}

inline std::string test_data(const std::string& relative) {
    return std::string(test_data_folder) + "/" + relative;
}
