// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/lazy_plane.h"

namespace ocellus::models {

/// Frame memory that is used again: fresh pages cost more than the samples that are written to
/// them. A lent plane comes back by itself when its last user lets go of it, in whatever thread.
template <class T>
class plane_store : public std::enable_shared_from_this<plane_store<T>> {
  public:
    /// A plane that came back, or an empty one.
    plane<T> take() {
        std::lock_guard<std::mutex> lock(mutex_);
        if (free_.empty())
            return {};
        plane<T> p = std::move(free_.back());
        free_.pop_back();
        return p;
    }

    /// `made` for sharing; must be the only reference to it.
    std::shared_ptr<const lazy_plane<T>> lend(std::shared_ptr<lazy_plane<T>> made) {
        lazy_plane<T>* raw = made.get();
        return std::shared_ptr<const lazy_plane<T>>(
            raw, [owner = std::move(made),
                  store = this->weak_from_this()](const lazy_plane<T>*) mutable {
                if (const auto alive = store.lock()) {
                    try {
                        alive->give_back(owner->recycle());
                    } catch (...) {
                        // The rows could not be made; who asked for them was told. No reuse.
                    }
                }
                owner.reset();
            });
    }

  private:
    void give_back(plane<T> p) {
        std::lock_guard<std::mutex> lock(mutex_);
        constexpr std::size_t most = 4;
        if (free_.size() < most)
            free_.push_back(std::move(p));
    }
    std::mutex mutex_;
    std::vector<plane<T>> free_;
};

}  // namespace ocellus::models
