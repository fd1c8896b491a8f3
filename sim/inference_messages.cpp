// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/inference_messages.h"

#include <algorithm>
#include <cstdio>

#include "sim/envelopes.h"

namespace ocellus::sim {

void inference_messages::collect(bool all,
                                 const std::function<void(const std::string& message)>& tell) {
    const auto& records = host_.metadata();
    const auto from = last_frame_ < 0
                          ? records.begin()
                          : records.upper_bound(static_cast<std::uint32_t>(last_frame_));
    for (auto it = from; it != records.end(); ++it) {
        last_frame_ = it->first;
        if (it->second.what != metadata_record::kind::none)
            waiting_.push_back(it->second);
    }
    while (waiting_.size() >= settings_.envelopes.per_message || (all && !waiting_.empty())) {
        const auto count = static_cast<std::ptrdiff_t>(
            std::min<std::size_t>(waiting_.size(), settings_.envelopes.per_message));
        std::string line = envelope_lines(
            settings_.envelopes, {waiting_.begin(), waiting_.begin() + count},
            [this](std::uint32_t number) { return in_.input_size_of(number); },
            settings_.run.image != image_output::none);
        waiting_.erase(waiting_.begin(), waiting_.begin() + count);
        if (!line.empty() && line.back() == '\n')
            line.pop_back();
        tell(line);
    }
}

message_writer::message_writer(const std::string& where, const host& h, const run_inputs& in,
                               const settings& s)
    : messages_(h, in, s) {
    if (where != "-")
        file_ = std::make_unique<output_file>(where, where);
}

void message_writer::write(bool all) {
    messages_.collect(all, [this](const std::string& message) {
        if (file_)
            return file_->write(message + "\n");
        std::fputs((message + "\n").c_str(), stdout);
        std::fflush(stdout);
    });
}

void message_writer::poll(unsigned) {
    write(false);
}

void message_writer::ended(const run_end&) {
    write(true);
    if (file_)
        file_->close();
}

}  // namespace ocellus::sim
