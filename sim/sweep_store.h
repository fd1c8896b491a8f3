// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <set>
#include <string>

#include "sim/sweep_plan.h"
#include "sim/sweep_results.h"

struct sqlite3;

namespace ocellus::sim {

/// Keeps a second process from writing to the same store. Belongs to the process: a killed one
/// holds no lock.
class store_lock {
  public:
    /// Throws input_error(exit_code::usage) when another process has the lock, and names it.
    explicit store_lock(const std::string& store);
    ~store_lock();
    store_lock(const store_lock&) = delete;
    store_lock& operator=(const store_lock&) = delete;

  private:
    std::string path_;
    int file_ = -1;
};

/// Plan and results of a sweep in an SQLite file (tables: docs/sweeps.md). Every result is one
/// transaction: whatever ends the process, a point is in the store wholly or not at all. Errors of
/// the disk are input_error(exit_code::io).
class sweep_store {
  public:
    /// Opens the store of this plan, or makes it. Throws input_error(exit_code::usage) when the
    /// file is no store, or that of another plan or version.
    sweep_store(const std::string& file, const sweep_plan& plan);
    /// Makes a store with the plan of another one; `file` must not exist.
    sweep_store(const std::string& file, const sweep_store& like);
    /// Opens an existing one to read it.
    explicit sweep_store(const std::string& file);
    ~sweep_store();

    const std::string& file() const { return file_; }
    std::string meta(const std::string& key) const;
    /// Numbers of the points that have a result.
    std::set<std::uint64_t> finished() const;
    /// Only number, done, exit_code, message, metrics and wall_seconds are taken; `described` says
    /// what the metrics are.
    void add(const sweep_result& r, const std::vector<sweep_metric>& described);
    /// Forgets failed points; returns how many there were.
    std::uint64_t forget_failed();
    sweep_results read() const;

  private:
    void open(bool make);
    void create(const sweep_plan& plan);
    void check_schema() const;
    std::string file_;
    sqlite3* db_ = nullptr;
};

}  // namespace ocellus::sim
