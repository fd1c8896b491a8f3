// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/diagnostics.h"

namespace ocellus::sim {

/// A fresh folder `ocellus-PURPOSE-XXXXXX` among the temporary ones that goes with the object.
/// Throws input_error(exit_code::io).
class scratch_folder {
  public:
    explicit scratch_folder(const std::string& purpose) {
        namespace fs = std::filesystem;
        std::string name =
            (fs::temp_directory_path() / ("ocellus-" + purpose + "-XXXXXX")).string();
        if (!mkdtemp(name.data()))
            throw input_error(exit_code::io, "error: cannot make a folder in '" +
                                                 fs::temp_directory_path().string() +
                                                 "': " + std::generic_category().message(errno));
        path_ = name;
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace ocellus::sim
