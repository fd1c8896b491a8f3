// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/block.h"
#include "core/clock_domain.h"
#include "core/interrupt_lines.h"
#include "core/parameter.h"
#include "core/posted_bursts.h"
#include "core/registers.h"
#include "dsp/compiler/compiled_network.h"
#include "dsp/compiler/network_energy.h"
#include "registers/npu.h"

namespace ocellus::dsp {

class executor;

enum class array_choice { h1, h2, h3, h4, h5, h5_dense, bus16, os48, ws48, custom };

/// When the bursts of a transfer reach the memory: all when it begins, each with the time of its
/// own (the memory's calendar puts them in order), or each when its time has come.
enum class memory_timing { transfer, burst };

struct npu_parameters {
    double clock = 262.5e6;  ///< Hz
    array_choice organisation = array_choice::h5_dense;
    std::uint64_t local_buffer = 262144;  ///< bytes
    std::uint64_t burst = 1024;           ///< bytes
    std::uint64_t input_slots = 2, output_slots = 2;
    std::uint64_t reserved_bottom = 1024, reserved_top = 128;  ///< bytes of SRAM left alone
    // organisation = custom
    std::uint64_t lanes = 32, depth = 72, bus = 32, buffers = 1, fixed_cycles = 444;
    std::uint64_t weight_buffers = 0, result_buffers = 0;  ///< 0: as many as `buffers`
    tap_mode taps = tap_mode::folded;
    depthwise_mode depthwise = depthwise_mode::dot_product;
    std::uint64_t function_cycles = 8, scalar_element_cycles = 4, scalar_compare_cycles = 2;
    memory_timing timing = memory_timing::transfer;
    weight_home weights = weight_home::resident;
    double external_bandwidth = 3.2e9;  ///< b/s
    std::uint64_t channel_padding = 1;
    std::uint64_t switch_cycles = 1744;
    double mac_energy = 0.30e-12, read_energy = 1e-12, write_energy = 3e-12,
           cycle_energy = 235e-12;  ///< J, see network_energy.h
    std::uint64_t hang_job = 0;     ///< fault injection: this job (from 1) never ends by itself

    void declare(parameter_registry& r);
    /// The chosen organisation.
    array_organisation array() const;
    /// What an event costs.
    event_energies energies() const;
    /// The budget in an SRAM of `sram_bytes` at bus address `sram_base`.
    memory_budget budget(std::uint64_t sram_base, std::uint64_t sram_bytes) const;
};

/// What one pass of the last job cost. With one buffer cycles = compute + load + store + fixed +
/// stall; with more, compute and transfers overlap and cycles = unloaded time + stall.
struct layer_timing {
    std::string name;
    op kind = op::conv2d;
    std::uint64_t start = 0;  ///< cycle of the job
    std::uint64_t cycles = 0;
    std::uint64_t compute = 0;          ///< array busy
    std::uint64_t load = 0, store = 0;  ///< bus busy, at full bus width
    std::uint64_t fixed = 0;
    std::uint64_t streaming = 0;  ///< waited for weights from outside
    std::uint64_t stall = 0;      ///< beyond the unloaded time: the memory's doing
    std::uint64_t macs = 0;
    std::uint64_t bytes = 0;  ///< moved both ways
};

/// The last finished job.
struct job_timing {
    std::uint32_t job = 0;  ///< JOB_ID
    std::uint32_t network = 0;
    sc_core::sc_time start, end;
    std::uint64_t cycles = 0;
};

/// The NPU: fetches the command stream of a compiled network from SRAM when its START bit is
/// written, section by section, and walks the tiles that it says. Time is made of bursts through
/// its three ports, without data but for commands, and of closed-form array cycles; the bytes are
/// made by the executor on the worker pool, on SRAM bytes through a direct memory pointer. done_irq
/// rises when both are over.
///
/// Each port has its own bursts under way. The bus to the array is one: it asks for activations and
/// then for weights, and for results when it has nothing to load.
class npu : public sc_core::sc_module {
  public:
    using memory_socket = tlm_utils::simple_initiator_socket<npu>;
    memory_socket read_out{"read_out"};      ///< commands and activations
    memory_socket weight_out{"weight_out"};  ///< weights and biases
    memory_socket write_out{"write_out"};    ///< results, and weights that come from outside
    tlm_utils::simple_target_socket<npu> registers_in{"registers_in"};
    sc_core::sc_out<bool> done_irq{"done_irq"};

    SC_HAS_PROCESS(npu);
    npu(sc_core::sc_module_name name, const npu_parameters& parameters, block_context& context);
    ~npu() override;

    /// Adds a network, also while another one runs; returns the number that selects it in the
    /// NETWORK register (0, 1, ...). The first one describes itself in the OUTPUT and INPUT
    /// registers until NETWORK is written.
    std::uint32_t load(std::shared_ptr<const compiled_network> compiled);
    const compiled_network& loaded(std::uint32_t number) const {
        return *networks_.at(number).compiled;
    }

    /// Asked when weights are wanted from outside: when their first bit may come, at `earliest` or
    /// later, because the way there is shared. Called once for each fetch, in their order.
    using outside_begin = std::function<sc_core::sc_time(
        std::uint32_t network, const external_fetch& f, const sc_core::sc_time& earliest)>;
    void on_fetch(outside_begin f) { outside_begin_ = std::move(f); }

    bool busy() const { return busy_; }
    /// Number of the network of the running or last job.
    std::uint32_t job_network() const { return job_network_; }
    /// Gives up the running job, as writing ABORT does; nothing happens without one.
    void abort();
    const std::vector<layer_timing>& last_layers() const { return last_layers_; }
    const job_timing& last_job() const { return last_job_; }
    /// What was wrong with the command that ended a job with error_command.
    const std::string& illegal_command() const { return illegal_command_; }
    const register_block& registers() const { return registers_; }
    register_block& registers() { return registers_; }
    const clock_domain& clock() const { return clock_; }

    enum status_bit : std::uint32_t { status_busy = 1, status_done = 2, status_error = 4 };
    enum error_code : std::uint32_t {
        error_none = 0,
        error_busy = 1,     ///< START while a job ran; the job goes on
        error_network = 2,  ///< NETWORK names none
        error_input = 3,    ///< INPUT_ADDRESS is not aligned to 64 bytes
        error_memory = 4,   ///< a burst was refused; the job was abandoned
        error_direct = 5,   ///< no direct access to the memory, or INPUT_ADDRESS is outside it
        error_aborted = 6,  ///< given up by ABORT
        error_weights = 8,  ///< weights in SRAM are not those of the network (an upload not done)
        error_command = 7,  ///< a command cannot be executed; the job was abandoned
    };

  private:
    struct loaded_network {
        std::shared_ptr<const compiled_network> compiled;
        std::unique_ptr<executor> functional;
        bool verified = false;  ///< its weights have been seen in SRAM since it was selected
        /// The command stream as it was fetched last, and what it says.
        std::vector<std::uint32_t> fetched;
        std::vector<pass> decoded;
        std::vector<std::uint32_t> next_section;  ///< words behind each decoded pass
    };

    void declare_registers();
    void declare_statistics(statistics& stats);
    void registers_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay);
    unsigned registers_debug(tlm::tlm_generic_payload& p);
    void written_control(std::uint32_t value);
    void start();
    std::uint32_t start_functional(loaded_network& n);
    void run();
    bool run_job();
    /// Ranges that go through one port.
    struct stream {
        memory_socket& through;
        posted_bursts& posted;
        const byte_range *first, *last;
    };
    std::uint64_t transfer(tlm::tlm_command command, std::initializer_list<stream> streams,
                           std::uint64_t start, std::uint64_t unloaded,
                           std::uint8_t* data = nullptr);
    void request(const stream& s, std::uint64_t address, std::uint64_t bytes, std::uint8_t* data,
                 sc_core::sc_time& delay);
    bool fetch(loaded_network& n, std::size_t words, std::size_t& at, bool& changed);
    const pass* fetch_pass(std::size_t index);
    void bring(const external_fetch& f);
    void wait_until(std::uint64_t cycle);
    void tell_tile(const pass& p, std::size_t index, const tile_times& t);
    std::uint32_t lines() const;
    void lines_changed() { irq_.update(lines(), registers_.ahead()); }
    void drive_irq();
    void raise(std::uint32_t status, std::uint32_t error);
    const compiled_network* selected() const;

    const npu_parameters& parameters_;
    block_context& context_;
    std::uint16_t tracks_[3] = {};  ///< of the trace: jobs, layers, tiles
    clock_domain clock_;
    register_block registers_;
    std::deque<loaded_network> networks_;  ///< stay in place while more are loaded
    std::vector<layer_timing> last_layers_;
    job_timing last_job_;

    bool busy_ = false;
    std::uint32_t status_ = 0, error_ = 0;
    sc_core::sc_event start_event_, abort_event_;
    interrupt_lines irq_;
    bool abort_ = false;
    std::uint64_t started_ = 0;  ///< jobs begun
    // Ports ask for their next burst before the last one is complete.
    posted_bursts reads_, weights_, writes_, outside_;
    tlm::tlm_generic_payload payload_;
    tlm::tlm_dmi direct_;
    bool have_direct_ = false;
    work_handle functional_;
    outside_begin outside_begin_;

    // The running job.
    std::uint32_t job_ = 0, job_network_ = 0;
    std::uint64_t job_input_ = 0;
    sc_core::sc_time job_start_;
    std::uint64_t pass_start_ = 0;  ///< cycle of the job
    static constexpr std::uint32_t no_network = ~0u;
    std::uint32_t last_network_ = no_network;  ///< of the job before
    bool refused_ = false, illegal_ = false;
    std::string illegal_command_;
    std::size_t fetched_words_ = 0;        ///< of the stream, in this job
    std::uint64_t fetch_end_ = 0;          ///< cycle of the pass
    std::uint64_t outside_free_ = 0;       ///< cycle of the job
    std::vector<std::uint64_t> arrivals_;  ///< of weights from outside, cycles of the job
    std::uint32_t section_words_ = 0;      ///< of the section to fetch next
    std::uint32_t passes_ = 0;             ///< of the stream, as BEGIN said

    // Counters.
    std::uint64_t jobs_ = 0, errors_ = 0, cycles_ = 0, compute_ = 0, load_ = 0, store_ = 0,
                  fixed_ = 0, stall_ = 0, macs_ = 0, read_bytes_ = 0, write_bytes_ = 0, bursts_ = 0,
                  streaming_ = 0, external_bytes_ = 0, switches_ = 0, switching_ = 0;
    layer_timing job_sum_;  ///< totals of the last job
};

}  // namespace ocellus::dsp
