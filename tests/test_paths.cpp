// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "tests/test_paths.h"

const char* const source_folder = OCELLUS_SOURCE_DIR;
const char* const program_path = OCELLUS_PROGRAM;
const char* const test_data_folder = OCELLUS_TEST_DATA;
