// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <memory>
#include <tlm>
#include <vector>

namespace ocellus {

/// Payloads with a memory manager, as nb_transport asks for: take() hands one out with one
/// reference, and the last release() brings it back. Attributes are those of its last use. Outlives
/// every payload it has handed out.
class payload_pool : public tlm::tlm_mm_interface {
  public:
    payload_pool() = default;
    payload_pool(const payload_pool&) = delete;
    payload_pool& operator=(const payload_pool&) = delete;

    tlm::tlm_generic_payload& take() {
        if (free_.empty()) {
            all_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
            free_.push_back(all_.back().get());
        }
        tlm::tlm_generic_payload& p = *free_.back();
        free_.pop_back();
        p.acquire();
        return p;
    }
    std::size_t in_use() const { return all_.size() - free_.size(); }
    std::size_t size() const { return all_.size(); }

  private:
    void free(tlm::tlm_generic_payload* p) override {
        p->reset();
        free_.push_back(p);
    }
    std::vector<std::unique_ptr<tlm::tlm_generic_payload>> all_;
    std::vector<tlm::tlm_generic_payload*> free_;
};

}  // namespace ocellus
