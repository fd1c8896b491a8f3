// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ocellus::sim {

/// Runs this very program several times at once, each in a process group of its own that ends when
/// this process does. While the object lives, SIGINT and SIGTERM do not end the process; signal()
/// tells of them. One object at a time.
class child_processes {
  public:
    child_processes();
    ~child_processes();  ///< ends all
    child_processes(const child_processes&) = delete;
    child_processes& operator=(const child_processes&) = delete;

    /// Starts the program with these arguments. Its standard error goes to a file, its output
    /// nowhere. Throws input_error(exit_code::io).
    void start(std::uint64_t key, const std::vector<std::string>& arguments,
               const std::string& error_file);
    std::size_t running() const { return children_.size(); }

    struct end {
        std::uint64_t key = 0;
        int exit_code = 0;  ///< 128 + n when signal n ended it
    };
    /// Waits so long (s) for one to end, or for a signal.
    std::optional<end> wait(double seconds);
    /// SIGINT or SIGTERM once it came, otherwise 0.
    int signal() const { return signal_; }
    /// Ends all at once.
    void stop();

  private:
    std::optional<end> ended();
    /// Waits so long (s) for SIGINT or SIGTERM, or also for a child; true once one of the two came.
    bool signalled(double seconds, bool or_child);
    std::map<std::uint64_t, pid_t> children_;
    sigset_t watched_{}, former_{};
    int signal_ = 0;
};

}  // namespace ocellus::sim
