// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/worker_pool.h"

namespace ocellus {

void work_handle::wait() const {
    if (!state_)
        return;
    if (!done()) {
        std::unique_lock<std::mutex> lock(state_->mutex);
        state_->changed.wait(lock, [this] { return done(); });
    }
    if (state_->error)
        std::rethrow_exception(state_->error);
}

worker_pool::worker_pool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this] { run(); });
}

worker_pool::~worker_pool() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        stop_ = true;
    }
    available_.notify_all();
    for (auto& t : threads_)
        t.join();
}

void worker_pool::finish(item& i) {
    try {
        i.work();
    } catch (...) {
        i.state->error = std::current_exception();
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!first_error_)
            first_error_ = i.state->error;
    }
    i.work = nullptr;  // release what the work holds before anybody sees it as done
    {
        std::lock_guard<std::mutex> lock(i.state->mutex);
        i.state->done.store(true, std::memory_order_release);
    }
    i.state->changed.notify_all();
}

std::exception_ptr worker_pool::first_error() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return first_error_;
}

work_handle worker_pool::submit(std::function<void()> work) {
    work_handle handle;
    handle.state_ = std::make_shared<work_handle::state>();
    item i{std::move(work), handle.state_};
    if (threads_.empty()) {
        finish(i);
        return handle;
    }
    {
        std::lock_guard<std::mutex> lock(mutex_);
        queue_.push_back(std::move(i));
    }
    available_.notify_one();
    return handle;
}

void worker_pool::parallel_for(std::size_t count, std::size_t grain,
                               const std::function<void(std::size_t, std::size_t)>& body) {
    if (grain == 0)
        grain = 1;
    std::vector<work_handle> handles;
    std::size_t first = grain < count ? grain : count;
    for (std::size_t begin = first; begin < count; begin += grain) {
        const std::size_t end = begin + grain < count ? begin + grain : count;
        handles.push_back(submit([&body, begin, end] { body(begin, end); }));
    }
    std::exception_ptr error;
    try {
        if (first > 0)
            body(0, first);
    } catch (...) {
        error = std::current_exception();
    }
    for (auto& h : handles) {
        try {
            h.wait();
        } catch (...) {
            if (!error)
                error = std::current_exception();
        }
    }
    if (error)
        std::rethrow_exception(error);
}

void worker_pool::run() {
    for (;;) {
        item i;
        {
            std::unique_lock<std::mutex> lock(mutex_);
            available_.wait(lock, [this] { return stop_ || !queue_.empty(); });
            if (queue_.empty())
                return;
            i = std::move(queue_.front());
            queue_.pop_front();
        }
        finish(i);
    }
}

}  // namespace ocellus
