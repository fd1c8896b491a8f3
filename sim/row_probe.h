// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <systemc>

#include "core/payload.h"

namespace ocellus::sim {

/// Sits between two blocks and shows every row that passes to an observer, changing nothing.
class row_probe : public sc_core::sc_module {
  public:
    tlm_utils::simple_target_socket<row_probe> rows_in{"rows_in"};
    tlm_utils::simple_initiator_socket<row_probe> rows_out{"rows_out"};

    row_probe(sc_core::sc_module_name name, std::function<void(const row_info&)> observer)
        : sc_module(name), observer_(std::move(observer)) {
        rows_in.register_b_transport(this, &row_probe::pass);
    }

  private:
    void pass(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
        if (const auto* row = row_of(p))
            observer_(*row);
        rows_out->b_transport(p, delay);
    }
    std::function<void(const row_info&)> observer_;
};

}  // namespace ocellus::sim
