// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <stdlib.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

/// A fresh folder that is the working folder while it lives, and is removed with its content.
class temporary_folder {
  public:
    temporary_folder() : former_(std::filesystem::current_path()) {
        std::string name =
            (std::filesystem::temp_directory_path() / "ocellus-test-XXXXXX").string();
        if (!::mkdtemp(name.data()))
            throw std::runtime_error("no temporary folder");
        path_ = name;
        std::filesystem::current_path(path_);
    }
    ~temporary_folder() {
        std::error_code error;
        std::filesystem::current_path(former_, error);
        std::filesystem::remove_all(path_, error);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Everything below, hidden files included.
    std::size_t entries() const {
        std::size_t n = 0;
        for (const auto& e : std::filesystem::recursive_directory_iterator(path_))
            n += !e.path().empty();
        return n;
    }

  private:
    std::filesystem::path former_, path_;
};

inline void put_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}
