// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/image.h"
#include "core/worker_pool.h"

namespace ocellus {

/// A plane whose rows are made by the worker pool, band by band. Timing moves a shared pointer to
/// it along with row numbers; whoever needs the samples asks for a row and waits for its band. The
/// content never depends on when or by which thread a band is made.
template <class T>
class lazy_plane {
  public:
    /// Fills rows [first, last) of the plane it is given.
    using maker = std::function<void(plane<T>& out, unsigned first, unsigned last)>;

    /// Submits all bands at once, in order of rows. `make` may wait for work submitted earlier.
    /// `recycled` is storage of the right size to reuse, or an empty plane.
    static std::shared_ptr<lazy_plane> start(worker_pool& pool, unsigned width, unsigned height,
                                             unsigned rows_per_band, maker make,
                                             plane<T> recycled = {}) {
        auto self = std::shared_ptr<lazy_plane>(new lazy_plane);
        const bool fits = recycled.width() == width && recycled.height() == height;
        self->samples_ = fits ? std::move(recycled) : plane<T>(width, height);
        self->rows_per_band_ = rows_per_band;
        auto shared_make = std::make_shared<maker>(std::move(make));
        for (unsigned first = 0; first < height; first += rows_per_band) {
            const unsigned last = first + rows_per_band < height ? first + rows_per_band : height;
            // The pool holds a plain pointer: wait_all() in the destructor keeps it valid.
            lazy_plane* raw = self.get();
            self->bands_.push_back(pool.submit(
                [raw, shared_make, first, last] { (*shared_make)(raw->samples_, first, last); }));
        }
        return self;
    }
    ~lazy_plane() {
        for (auto& b : bands_) {
            try {
                b.wait();
            } catch (...) {
            }
        }
    }
    lazy_plane(const lazy_plane&) = delete;
    lazy_plane& operator=(const lazy_plane&) = delete;

    unsigned width() const { return samples_.width(); }
    unsigned height() const { return samples_.height(); }
    unsigned rows_per_band() const { return rows_per_band_; }
    /// Waits for the row's band.
    const T* row(unsigned y) const {
        bands_[y / rows_per_band_].wait();
        return samples_.row(y);
    }
    /// Waits for all bands.
    const plane<T>& all() const {
        for (auto& b : bands_)
            b.wait();
        return samples_;
    }
    /// Takes the storage for reuse; the lazy plane must not be used afterwards.
    plane<T> recycle() {
        all();
        bands_.clear();
        return std::move(samples_);
    }

  private:
    lazy_plane() = default;
    plane<T> samples_;
    unsigned rows_per_band_ = 1;
    std::vector<work_handle> bands_;
};

}  // namespace ocellus
