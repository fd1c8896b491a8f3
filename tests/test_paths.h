// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

/// Absolute paths of the build, known to one object file, so that no other depends on where the
/// source lies.
extern const char* const source_folder;
extern const char* const program_path;
/// Folder of the optional test data; test_data.h tells whether it is there.
extern const char* const test_data_folder;
