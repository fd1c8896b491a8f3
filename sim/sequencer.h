// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/parameter.h"
#include "core/payload.h"
#include "core/registers.h"
#include "dsp/compiler/compiled_network.h"
#include "sim/metadata_record.h"

namespace ocellus::sim {

/// Where every register of the sensor is, by block and name: what a firmware's generated header
/// knows.
class register_directory {
  public:
    void add(std::uint64_t base, const register_block& block);
    /// Bus address; a name that does not exist is a bug of ours (std::logic_error).
    std::uint64_t address(const std::string& block, const std::string& name) const;
    struct window {
        std::uint64_t base;
        const register_block* block;
    };
    const std::vector<window>& windows() const { return windows_; }

  private:
    std::vector<window> windows_;
};

/// What happens to a frame's tensor when every input slot is taken because inference is late.
enum class late_policy {
    drop_new,     ///< the new frame is not written: the network sees older frames, none twice
    drop_oldest,  ///< the new frame replaces the oldest tensor that still waits
};

struct sequencer_parameters {
    late_policy policy = late_policy::drop_new;
    double clock = 262.5e6;  // Hz
    std::uint64_t interrupt_cycles = 60;
    std::uint64_t access_cycles = 4;
    std::uint64_t postprocess_cycles = 20000;
    std::uint64_t postprocess_cycles_per_byte = 12;
    std::uint64_t max_findings = 16;
    void declare(parameter_registry& r);
};

/// Why a frame ended as it did.
enum class frame_outcome {
    pending,
    delivered,
    dropped_no_slot,
    dropped_replaced,
    lost,
    no_network
};
const char* name_of(frame_outcome o);

/// One frame's way through the chip, for reports. Times are simulated; zero where it never came
/// there.
struct frame_record {
    std::uint32_t frame = 0;
    frame_outcome outcome = frame_outcome::pending;
    sc_core::sc_time start;  ///< row 0 began its readout
    sc_core::sc_time tensor_ready;
    sc_core::sc_time inference_start, inference_end;
    sc_core::sc_time metadata_queued, metadata_sent;
    std::uint64_t inference_cycles = 0;
    std::vector<std::uint8_t> tensor;  ///< input as the network saw it; saved frames only
    std::vector<std::vector<std::uint8_t>> outputs;  ///< output tensors; saved frames only
};

/// What the sequencer programs into the blocks before it starts the stream.
struct boot_settings {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> writes;  ///< bus address, value, in order
    std::uint32_t frames = 1;
    bool network = false;
    std::uint32_t isp_control = 0;                ///< ISP CONTROL without the tensor-enable bit
    std::uint32_t isp_tensor_enable = 0;          ///< that bit
    std::vector<std::uint64_t> input_slots;       ///< bus addresses
    std::vector<std::uint64_t> metadata_buffers;  ///< bus addresses, one for each output slot
    std::vector<std::uint8_t> injected_tensor;    ///< replaces what the ISP wrote; empty: not
    std::function<bool(std::uint32_t frame)>
        keep;  ///< whether a frame's tensors are for the report
};

/// Plays firmware: boots the blocks through their registers, gives each frame's tensor a slot,
/// starts the NPU on finished tensors, moves results out of the arena by DMA, interprets them and
/// hands the metadata to the transmitter. It sees the sensor as the control CPU does: registers,
/// SRAM and interrupt lines, and every access takes bus time.
class sequencer : public sc_core::sc_module {
  public:
    tlm_utils::simple_initiator_socket<sequencer> memory_out{"memory_out"};
    sc_core::sc_in<bool> frame_irq{"frame_irq"};
    sc_core::sc_in<bool> tensor_irq{"tensor_irq"};
    sc_core::sc_in<bool> npu_irq{"npu_irq"};
    sc_core::sc_in<bool> dma_irq{"dma_irq"};
    sc_core::sc_in<bool> sent_irq{"sent_irq"};

    SC_HAS_PROCESS(sequencer);
    sequencer(sc_core::sc_module_name name, const sequencer_parameters& parameters,
              const register_directory& directory, boot_settings boot,
              std::shared_ptr<const dsp::compiled_network> network, block_context& ctx);

    const std::vector<frame_record>& frames() const { return frames_; }
    /// After the last event: a frame whose tensor still lacks rows will never get them.
    void settle();
    /// Every frame has come to its end.
    bool finished() const;

  private:
    enum class slot_state { free, armed, filling, full, in_use };
    struct input_slot {
        std::uint64_t address = 0;
        slot_state state = slot_state::free;
        std::uint32_t frame = 0;
    };
    struct output_job {
        std::uint32_t frame = 0;
        std::size_t slot = 0;
        std::vector<std::vector<std::uint8_t>> outputs;  // as read back so far
        std::uint64_t bytes_read = 0;
        std::uint64_t cycles_left = 0;
    };

    void main();
    void boot_blocks();
    void arm_tensor();
    void on_frame_start();
    void on_tensor();
    void on_npu_done();
    void on_dma_done();
    void on_sent();
    void start_inference();
    void start_copy();
    void copy_output();
    void work_in_background();
    void hand_over(output_job& job);
    void give_up(frame_record& r);

    void write(const std::string& block, const std::string& name, std::uint32_t value);
    std::uint32_t read(const std::string& block, const std::string& name);
    void write_address(std::uint64_t address, std::uint32_t value);
    void move(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes);
    void debug_move(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes);
    void spend(std::uint64_t cycles);
    frame_record& record(std::uint32_t frame) { return frames_.at(frame); }

    sequencer_parameters parameters_;
    const register_directory& directory_;
    boot_settings boot_;
    std::shared_ptr<const dsp::compiled_network> network_;
    block_context& ctx_;
    std::vector<frame_record> frames_;
    std::vector<input_slot> slots_;
    std::deque<std::size_t> waiting_;  // input slots whose tensor is complete, oldest first
    bool armed_ = false;               // the ISP was told a slot for the next frame
    std::size_t armed_slot_ = 0;
    bool npu_busy_ = false;  // from start until its results have left the arena
    std::size_t running_slot_ = 0;
    std::deque<std::size_t> free_outputs_;
    std::deque<output_job> background_;  // results to interpret, oldest first
    std::deque<output_job> sending_;     // metadata handed over, oldest first
    bool copy_wanted_ = false;
    std::size_t copy_index_ = 0;  // output tensor being copied
    output_job copy_job_;
    std::uint32_t messages_sent_ = 0;  // as the transmitter counts them
    std::uint64_t accesses_ = 0, interrupts_ = 0, inferences_ = 0, dropped_ = 0, lost_ = 0,
                  bus_errors_ = 0;
    std::uint64_t busy_cycles_ = 0;
};

}  // namespace ocellus::sim
