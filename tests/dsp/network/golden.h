// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Readers of golden data, for tests only.
std::string read_text(const std::string& path);
std::vector<std::uint8_t> read_bytes(const std::string& path);

/// First 16 hexadecimal digits of the SHA-256 of some bytes.
std::string sha256_16(const std::uint8_t* bytes, std::size_t count);

/// The arrays of a .npz file (raw bytes in C order), by name without ".npy".
std::map<std::string, std::vector<std::uint8_t>> read_npz(const std::string& path);

/// "equal", or how many bytes differ and by how much at most (as signed numbers).
std::string difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b);
