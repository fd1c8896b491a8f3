// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/files.h"
#include "sim/host.h"
#include "sim/inputs.h"
#include "sim/session.h"
#include "sim/settings.h"

namespace ocellus::sim {

/// The host's messages to the cloud, as the inferences arrive.
class inference_messages {
  public:
    inference_messages(const host& h, const run_inputs& in, const settings& s)
        : host_(h), in_(in), settings_(s) {}

    /// Gives every message that is complete to `tell`, without line end; with `all` the last one
    /// too, however few inferences it holds.
    void collect(bool all, const std::function<void(const std::string& message)>& tell);

  private:
    const host& host_;
    const run_inputs& in_;
    const settings& settings_;
    std::vector<metadata_record> waiting_;
    std::int64_t last_frame_ = -1;
};

/// Writes them, one a line, to a file, a pipe or the standard output ("-"), at once.
class message_writer : public outsider {
  public:
    /// Throws input_error(exit_code::io) when nothing can be written there.
    message_writer(const std::string& where, const host& h, const run_inputs& in,
                   const settings& s);
    void poll(unsigned milliseconds) override;
    void ended(const run_end& e) override;

  private:
    void write(bool all);
    inference_messages messages_;
    std::unique_ptr<output_file> file_;  ///< null: the standard output
};

}  // namespace ocellus::sim
