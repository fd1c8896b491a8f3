// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/network/reader.h"

#include <fstream>
#include <sstream>

#include "core/diagnostics.h"
#include "dsp/network/check.h"

namespace ocellus::dsp {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in)
        throw input_error(exit_code::io, path + ": cannot open this file for reading");
    const std::streamoff size = in.tellg();
    if (size < 0 || size > std::streamoff{1} << 30)
        throw input_error(exit_code::io, path + ": not a regular file of at most 1 GiB");
    std::string bytes(static_cast<std::size_t>(size), '\0');
    in.seekg(0);
    in.read(bytes.data(), size);
    if (in.gcount() != size)
        throw input_error(exit_code::io, path + ": reading failed");
    return bytes;
}

}  // namespace

network read_network_bytes(const std::string& bytes, const std::string& file_name) {
    if (bytes.empty())
        fail_network(file_name, "the file is empty, expected a TensorFlow Lite or ONNX network");
    if (bytes.size() >= 8 && bytes.compare(4, 4, "TFL3") == 0)
        return read_tflite(bytes, file_name);
    // ONNX has no signature: a model starts with its field 1, ir_version, a small number.
    if (bytes.size() >= 2 && bytes[0] == 0x08 && bytes[1] > 0 && bytes[1] < 64)
        return read_onnx(bytes, file_name);
    fail_network(
        file_name,
        "not a network: expected a TensorFlow Lite file (\"TFL3\" at byte 4) or an ONNX model");
}

network read_network(const std::string& path) {
    return read_network_bytes(read_file(path), path);
}

std::vector<std::string> read_labels(const std::string& path) {
    std::istringstream in(read_file(path));
    std::vector<std::string> labels;
    for (std::string line; std::getline(in, line);) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
            line.pop_back();
        labels.push_back(line);
    }
    while (!labels.empty() && labels.back().empty())
        labels.pop_back();
    return labels;
}

}  // namespace ocellus::dsp
