// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ocellus {

/// Completion of a piece of work. Copyable; empty handles count as done.
class work_handle {
  public:
    work_handle() = default;
    bool done() const { return !state_ || state_->done.load(std::memory_order_acquire); }
    /// Blocks until the work is done; rethrows what the work threw.
    void wait() const;

  private:
    friend class worker_pool;
    struct state {
        std::atomic<bool> done{false};
        std::mutex mutex;
        std::condition_variable changed;
        std::exception_ptr error;
    };
    std::shared_ptr<state> state_;
};

/// Heavy functional work runs here, beside the SystemC thread. Work starts in the order of
/// submit(), and a piece of work may wait for handles of work submitted before it (never for later
/// work): so the pool cannot dead-lock with any number of threads. With zero threads submit() runs
/// the work at once in the caller. Results must not depend on the number of threads.
class worker_pool {
  public:
    explicit worker_pool(unsigned threads);
    ~worker_pool();
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    unsigned threads() const { return static_cast<unsigned>(threads_.size()); }
    work_handle submit(std::function<void()> work);
    /// Calls body(first, last) over [0, count) in pieces of at most `grain` and returns when all
    /// are done. The caller helps. Not to be called from inside the pool's own work.
    void parallel_for(std::size_t count, std::size_t grain,
                      const std::function<void(std::size_t, std::size_t)>& body);
    /// What the first work that failed threw, or null: for whoever meets it again through a kernel
    /// that keeps only the text of an exception.
    std::exception_ptr first_error() const;

  private:
    void run();
    struct item {
        std::function<void()> work;
        std::shared_ptr<work_handle::state> state;
    };
    void finish(item& i);
    mutable std::mutex mutex_;
    std::exception_ptr first_error_;
    std::condition_variable available_;
    std::deque<item> queue_;
    bool stop_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace ocellus
