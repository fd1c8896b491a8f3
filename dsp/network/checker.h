// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "dsp/network/check.h"
#include "dsp/network/graph.h"

/// The rules of check_network(): the graph (check.cpp), operators one by one (check_operators.cpp).
namespace ocellus::dsp::check_detail {

constexpr std::int64_t largest_tensor = std::int64_t{1} << 28;
constexpr int largest_window = 4096;

/// Names come from files: shorten them and replace what a terminal would interpret.
inline std::string printable(const std::string& name) {
    std::string out;
    for (char c : name) {
        if (out.size() == 60)
            return out + "...";
        out += c >= ' ' && c < 127 ? c : '?';
    }
    return out;
}

inline std::string shape_text(const std::vector<int>& shape) {
    return fmt::format("{}", fmt::join(shape, "x"));
}

inline bool is_activation_type(element e) {
    return e == element::int8 || e == element::uint8;
}

class checker {
  public:
    /// `refused`: what was refused already, in a network that is not complete therefore.
    checker(const network& n, const std::string& file, const refused_parts* refused = nullptr)
        : n_(n), file_(file), refused_(refused) {}
    void run();

  private:
    bool feeds_real(int tensor) const;
    bool only_dequantized(int tensor) const;
    void check_places(const layer& l, const std::vector<bool>& known) const;
    static bool takes_int16(op kind);
    void check_block(const layer& l) const;
    void check_matmul(const layer& l) const;
    void check_reduction(const layer& l) const;
    void check_detection(const layer& l) const;
    void require_real(const tensor& t, const char* what) const;
    void require_type(const tensor& t, const char* what,
                      std::initializer_list<element> types) const;
    /// Operators whose operands need not be quantized activations; false for others.
    bool check_other_types(const layer& l) const;
    static bool has_weights(op o);
    /// Whether `from`, aligned at the last dimension, repeats to `to`.
    static bool broadcasts(const std::vector<int>& from, const std::vector<int>& to);
    void check_pair(const layer& l) const;
    void require_same_quantization(const layer& l) const;
    template <typename... Args>
    [[noreturn]] void bad(const char* format, const Args&... args) const {
        const layer& l = n_.layers[layer_];
        fail_layer(file_, place_of(layer_), name_of(l.kind), l.name,
                   fmt::format(fmt::runtime(format), args...));
    }
    const tensor& tensor_at(int i, const char* what) const;
    const tensor& input(const layer& l, std::size_t k) const;
    const tensor& output(const layer& l) const { return tensor_at(l.outputs[0], "output"); }
    /// Tensors that anything refers to.
    std::vector<bool> used_tensors() const;
    /// The number that a message gives a layer: its place in the file.
    int place_of(std::size_t index) const {
        const int place = n_.layers[index].place;
        return place >= 0 ? place : static_cast<int>(index);
    }
    /// Refuses a tensor, by the layer that writes it or the first that reads it.
    [[noreturn]] void bad_tensor(std::size_t i, const std::string& problem) const;
    void check_tensor(std::size_t i) const;
    void require_activation(const tensor& t, const char* what) const;
    void require_rank(const tensor& t, std::size_t rank, const char* what) const;
    void require_image(const tensor& t, const char* what) const;
    void check_weights(const layer& l, std::size_t channels, std::size_t channel_axis) const;
    void check_scales(const layer& l) const;
    void check_window(const layer& l) const;
    void check_extent(const layer& l, const char* what, int in, int out, int kernel, int stride,
                      int dilation, int before, int after) const;
    void require_same_elements(const layer& l) const;
    void check_layer(const layer& l) const;
    const network& n_;
    const std::string& file_;
    const refused_parts* refused_;
    std::size_t layer_ = static_cast<std::size_t>(-1);
};

}  // namespace ocellus::dsp::check_detail
