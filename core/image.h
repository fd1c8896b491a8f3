// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace ocellus {

/// One plane of samples, rows aligned to 64 bytes. Memory is not initialised.
template <class T>
class plane {
  public:
    plane() = default;
    plane(unsigned width, unsigned height)
        : width_(width), height_(height), stride_((width * sizeof(T) + 63) / 64 * 64 / sizeof(T)) {
        data_.reset(static_cast<T*>(
            ::operator new (stride_* height_ * sizeof(T) + 64, std::align_val_t{64})));
    }
    unsigned width() const { return width_; }
    unsigned height() const { return height_; }
    /// Distance between rows, in samples.
    std::size_t stride() const { return stride_; }
    bool empty() const { return !data_; }
    T* row(unsigned y) { return data_.get() + stride_ * y; }
    const T* row(unsigned y) const { return data_.get() + stride_ * y; }

  private:
    struct release {
        void operator()(T* p) const { ::operator delete (p, std::align_val_t{64}); }
    };
    unsigned width_ = 0, height_ = 0;
    std::size_t stride_ = 0;
    std::unique_ptr<T[], release> data_;
};

/// Three interleaved or planar colour channels are three planes of equal size.
struct rgb8_image {
    unsigned width = 0, height = 0;
    std::unique_ptr<std::uint8_t[]> data;  ///< interleaved R, G, B, rows without padding
    rgb8_image() = default;
    rgb8_image(unsigned w, unsigned h)
        : width(w), height(h), data(new std::uint8_t[std::size_t{w} * h * 3]()) {}
    std::uint8_t* row(unsigned y) { return data.get() + std::size_t{y} * width * 3; }
    const std::uint8_t* row(unsigned y) const { return data.get() + std::size_t{y} * width * 3; }
};

}  // namespace ocellus
