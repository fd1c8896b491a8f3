// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <systemc>

#include "core/payload.h"
#include "core/random.h"
#include "dsp/network/executor.h"
#include "dsp/npu/generated_networks.h"
#include "dsp/npu/npu.h"
#include "tests/registers/counters.h"

using namespace ocellus;
using namespace ocellus::dsp;

namespace {

constexpr std::uint64_t sram_base = 0x20000000;
constexpr std::uint64_t sram_bytes = 8u << 20;

/// A memory with a fixed latency and a port of fixed width that serves bursts in order, behind the
/// NPU's three ports in the order read, weight, write.
class test_memory : public sc_core::sc_module {
  public:
    using port = tlm_utils::simple_target_socket_tagged<test_memory>;
    port read_in{"read_in"}, weight_in{"weight_in"}, write_in{"write_in"};
    clock_domain clock{262500000};
    std::uint64_t width = 0;    ///< bytes per cycle; 0: no time at all
    std::uint64_t latency = 0;  ///< cycles
    std::uint64_t refuse_at = ~std::uint64_t{0};
    bool direct = true;
    std::vector<std::uint8_t> bytes;
    std::uint64_t bursts = 0, read = 0, written = 0;
    std::uint64_t of_port[3] = {};  ///< bytes

    explicit test_memory(sc_core::sc_module_name name) : sc_module(name), bytes(sram_bytes) {
        int number = 0;
        for (port* p : {&read_in, &weight_in, &write_in}) {
            p->register_b_transport(this, &test_memory::transport, number);
            p->register_get_direct_mem_ptr(this, &test_memory::grant, number++);
        }
    }

  private:
    void transport(int number, tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
        const std::uint64_t a = p.get_address(), n = p.get_data_length();
        if (a < sram_base || a + n > sram_base + sram_bytes || bursts == refuse_at) {
            p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        // Only commands are read with their bytes.
        if (p.get_data_ptr()) {
            if (p.is_write()) {
                p.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
                return;
            }
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(a - sram_base), n,
                        p.get_data_ptr());
        }
        ++bursts;
        of_port[number] += n;
        (p.is_read() ? read : written) += n;
        if (width > 0) {
            const sc_core::sc_time now = sc_core::sc_time_stamp();
            sc_core::sc_time start = now + delay;
            if (start < free_)
                start = free_;
            free_ = start + clock.time_of((n + width - 1) / width);
            delay = free_ + clock.time_of(latency) - now;
        }
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    bool grant(int, tlm::tlm_generic_payload&, tlm::tlm_dmi& d) {
        if (!direct)
            return false;
        d.set_dmi_ptr(bytes.data());
        d.set_start_address(sram_base);
        d.set_end_address(sram_base + sram_bytes - 1);
        d.allow_read_write();
        return true;
    }
    sc_core::sc_time free_;
};

struct bench {
    worker_pool pool{1};
    statistics stats;
    block_context context;
    npu_parameters parameters;
    std::string name;
    test_memory memory{(name + "memory").c_str()};
    npu engine;
    sc_core::sc_signal<bool> irq{(name + "irq").c_str()};
    struct host_module : sc_core::sc_module {
        tlm_utils::simple_initiator_socket<host_module> out{"out"};
        explicit host_module(sc_core::sc_module_name n) : sc_module(n) {}
    } host{(name + "host").c_str()};

    explicit bench(bool timing_only, array_choice array = array_choice::h1,
                   const std::string& prefix = "")
        : context{pool, stats, 1, timing_only},
          parameters(with(array)),
          name(prefix),
          engine((name + "npu").c_str(), parameters, context) {
        engine.read_out.bind(memory.read_in);
        engine.weight_out.bind(memory.weight_in);
        engine.write_out.bind(memory.write_in);
        engine.done_irq.bind(irq);
        host.out.bind(engine.registers_in);
    }

    static npu_parameters with(array_choice array) {
        npu_parameters p;
        p.organisation = array;
        return p;
    }
    std::shared_ptr<const compiled_network> load(network n) {
        auto c = compile(std::move(n), parameters.budget(sram_base, sram_bytes), parameters.array(),
                         parameters.local_buffer);
        engine.load(c);
        if (!context.timing_only)
            c->program_memory(
                [this](std::uint64_t address, const std::uint8_t* data, std::size_t length) {
                    std::copy_n(
                        data, length,
                        memory.bytes.begin() + static_cast<std::ptrdiff_t>(address - sram_base));
                });
        return c;
    }
    tlm::tlm_response_status write(std::uint32_t offset, std::uint32_t value) {
        sc_core::sc_time delay;
        return burst(host.out, tlm::TLM_WRITE_COMMAND, offset, &value, 4, delay);
    }
    std::uint32_t read(std::uint32_t offset) {
        sc_core::sc_time delay;
        std::uint32_t value = 0;
        CHECK(burst(host.out, tlm::TLM_READ_COMMAND, offset, &value, 4, delay) ==
              tlm::TLM_OK_RESPONSE);
        return value;
    }
    /// Lets delta cycles pass; the first call also ends elaboration.
    void settle() { sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_NS)); }
    /// Starts a job and runs until the interrupt or for 100 ms.
    void job(std::uint64_t input) {
        settle();
        write(0x1c, static_cast<std::uint32_t>(input));
        write(0x04, 1);
        const sc_core::sc_time end =
            sc_core::sc_time_stamp() + sc_core::sc_time(100, sc_core::SC_MS);
        while (!irq.read() && sc_core::sc_time_stamp() < end)
            sc_core::sc_start(sc_core::sc_time(20, sc_core::SC_US));
    }
};

constexpr std::uint32_t control = 0x04, status = 0x08, error_code = 0x10, network_select = 0x14,
                        input_address = 0x1c;

std::vector<std::uint8_t> picture(std::size_t n, std::uint64_t seed) {
    random_sequence random(seed, purpose::test);
    std::vector<std::uint8_t> v(n);
    // Soft blobs, not white noise: like a photograph, most energy is low.
    int level = 0;
    for (auto& b : v) {
        level += static_cast<int>(random.below(31)) - 15;
        level = level < -128 ? -128 : level > 127 ? 127 : level;
        b = static_cast<std::uint8_t>(level);
    }
    return v;
}

}  // namespace

TEST_CASE("npu: executes the commands that lie in SRAM, and reports what it cannot execute") {
    bench b(false, array_choice::h1);
    const auto c = b.load(generate_mobilenet_v1(0.25, 32));
    const auto in = picture(c->input_bytes(), 5);
    std::copy(
        in.begin(), in.end(),
        b.memory.bytes.begin() + static_cast<std::ptrdiff_t>(c->input_address(0) - sram_base));
    b.job(c->input_address(0));
    CHECK(b.read(status) == 2);
    const std::uint64_t cycles = b.engine.last_job().cycles;
    CHECK(cycles == c->unloaded_cycles());
    b.write(status, 6);
    std::uint8_t* const stream = b.memory.bytes.data() + (c->commands_address() - sram_base);
    const std::size_t words = c->commands.size();
    for (const std::size_t word : {std::size_t{0}, std::size_t{1}, std::size_t{3}, begin_words,
                                   begin_words + 1, words / 3, words / 2, words - 2, words - 1})
        for (const std::uint8_t flip : {0x01, 0x80, 0xff}) {
            INFO(word << " of " << words << " xor " << int(flip));
            stream[4 * word + 1] ^= flip;
            b.job(c->input_address(0));
            CHECK(b.read(status) == 4);
            CHECK(b.read(error_code) == npu::error_command);
            CHECK(b.irq.read());
            CHECK_FALSE(b.engine.illegal_command().empty());
            b.write(status, 6);
            b.settle();
            stream[4 * word + 1] ^= flip;
        }
    // Repaired, the same job takes the same time.
    b.job(c->input_address(0));
    CHECK(b.read(status) == 2);
    CHECK(b.engine.last_job().cycles == cycles);
    b.write(status, 6);
    // Another legal stream is executed as it stands: the first half of the passes.
    std::vector<pass> half(c->passes.begin(), c->passes.begin() + 10);
    const auto shorter = encode_commands(half);
    std::memcpy(stream, shorter.data(), shorter.size() * 4);
    b.job(c->input_address(0));
    CHECK(b.read(status) == 2);
    CHECK(b.engine.last_layers().size() == 10);
    std::uint64_t sum = 0;
    for (const pass& p : half)
        sum += p.unloaded_cycles;
    CHECK(b.engine.last_job().cycles == sum);
}

TEST_CASE(
    "npu: streamed weights come while earlier layers run, and what is not hidden is counted") {
    bench b(true);
    memory_budget budget = b.parameters.budget(sram_base, sram_bytes);
    budget.weights = weight_home::streamed;
    b.parameters.switch_cycles = 0;  // each rate is a network of its own here
    for (const double rate : {0.5, 4.0, 1e6}) {
        budget.external_bytes_per_cycle = rate;
        const auto c = compile(generate_mobilenet_v1(), budget, b.parameters.array(),
                               b.parameters.local_buffer);
        const std::uint32_t number = b.engine.load(c);
        b.settle();
        b.write(network_select, number);
        b.memory.written = 0;
        b.job(c->input_address(0));
        REQUIRE(b.read(status) == 2);
        b.write(status, 6);
        std::uint64_t weights = 0, waited = 0;
        for (const std::uint64_t x : c->plan.streamed_bytes)
            weights += x;
        for (const auto& l : b.engine.last_layers()) {
            waited += l.streaming;
            CHECK(l.cycles == l.compute + l.load + l.store + l.fixed + l.stall + l.streaming);
        }
        CHECK(b.memory.written == 5044713 + weights);
        CHECK(b.engine.last_job().cycles == c->unloaded_cycles());
        CHECK(b.engine.last_job().cycles == 813761 + waited);
        // Closed form of the slow end: every fetch behind the other, the last layer afterwards.
        if (rate == 0.5)
            CHECK(b.engine.last_job().cycles > 2 * weights);
        if (rate == 1e6)
            CHECK(waited < 100);
    }
}

namespace {

/// Lays bytes into the bench's memory.
void put(bench& b, std::uint64_t address, const std::uint8_t* data, std::size_t length) {
    std::copy_n(data, length,
                b.memory.bytes.begin() + static_cast<std::ptrdiff_t>(address - sram_base));
}

std::vector<std::uint8_t> output_of(const bench& b, const compiled_network& c) {
    const auto at =
        b.memory.bytes.begin() + static_cast<std::ptrdiff_t>(c.output_address(0) - sram_base);
    return {at, at + static_cast<std::ptrdiff_t>(c.output_bytes(0))};
}

}  // namespace

TEST_CASE("npu: two networks are resident, and switching costs what it is said to") {
    bench b(false);
    std::vector<network> nets;
    nets.push_back(generate_mobilenet_v1(0.5, 96, 1));
    nets.push_back(generate_mobilenet_v1(0.25, 128, 2));
    const auto both = compile_resident(std::move(nets), b.parameters.budget(sram_base, sram_bytes),
                                       b.parameters.array(), b.parameters.local_buffer);
    REQUIRE(both.size() == 2);
    // Slots in the same places; what stays of one is nowhere in the other.
    CHECK(both[0]->plan.input_slot == both[1]->plan.input_slot);
    CHECK(both[0]->plan.output_slot == both[1]->plan.output_slot);
    CHECK(both[0]->plan.arena_offset == both[1]->plan.arena_offset);
    CHECK(both[1]->plan.coefficients_offset + both[1]->plan.coefficients_bytes <=
          both[0]->plan.commands_offset);
    for (const auto& c : both) {
        CHECK(c->plan.arena_offset + c->plan.arena_bytes <= both[1]->plan.commands_offset);
        b.engine.load(c);
        c->program_memory([&b](std::uint64_t address, const std::uint8_t* data, std::size_t n) {
            put(b, address, data, n);
        });
    }
    b.settle();
    std::uint64_t frame = 0;
    for (const unsigned which : {0u, 1u, 1u, 0u, 1u}) {
        const auto& c = *both[which];
        const auto in = picture(c.input_bytes(), 100 + frame);
        put(b, c.input_address(frame % 2), in.data(), in.size());
        b.write(network_select, which);
        b.write(0x24, static_cast<std::uint32_t>(frame));
        b.job(c.input_address(frame % 2));
        REQUIRE(b.read(status) == 2);
        b.write(status, 6);
        CHECK(b.read(0x28) == frame);
        CHECK(output_of(b, c) == run(c.net, {in})[0]);
        const bool switched = frame == 1 || frame == 3 || frame == 4;
        CHECK(b.engine.last_job().cycles ==
              c.unloaded_cycles() + (switched ? b.parameters.switch_cycles : 0));
        ++frame;
    }
    CHECK(b.stats.value("npu.switches") == 3);
}

TEST_CASE("npu: a network is replaced while frames come in, none is lost or mixed") {
    // A new tensor every 600 us; an inference takes longer than a frame, so that the tensor of the
    // next frame is written into the other slot while the NPU reads.
    bench b(false);
    std::vector<network> nets;
    nets.push_back(generate_mobilenet_v1(0.5, 96, 1));
    nets.push_back(generate_mobilenet_v1(0.5, 96, 2));
    const auto both = compile_resident(std::move(nets), b.parameters.budget(sram_base, sram_bytes),
                                       b.parameters.array(), b.parameters.local_buffer);
    std::vector<std::pair<std::uint64_t, std::vector<std::uint8_t>>> upload;
    both[0]->program_memory([&b](std::uint64_t address, const std::uint8_t* data, std::size_t n) {
        put(b, address, data, n);
    });
    both[1]->program_memory([&](std::uint64_t address, const std::uint8_t* data, std::size_t n) {
        upload.emplace_back(address, std::vector<std::uint8_t>(data, data + n));
    });
    b.engine.load(both[0]);
    b.settle();
    const unsigned frames = 12;
    std::size_t uploaded = 0;
    std::vector<std::vector<std::uint8_t>> tensors;
    unsigned refused = 0, of_second = 0;
    const auto step = [&] { sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_US)); };
    tensors.push_back(picture(both[0]->input_bytes(), 500));
    put(b, both[0]->input_address(0), tensors[0].data(), tensors[0].size());
    std::uint32_t selected = 0;
    for (unsigned frame = 0; frame < frames; ++frame) {
        if (frame == 2)
            b.engine.load(both[1]);
        // Too early: the upload has begun but is not done. The old network takes the frame.
        if (frame == 4 || uploaded == upload.size()) {
            b.write(network_select, 1);
            selected = 1;
        }
        b.write(0x24, frame);
        b.write(input_address, static_cast<std::uint32_t>(both[0]->input_address(frame % 2)));
        b.write(control, 1);
        b.settle();
        if (b.read(status) & 4) {
            CHECK(b.read(error_code) == npu::error_weights);
            ++refused;
            b.write(status, 6);
            b.write(network_select, 0);
            selected = 0;
            b.write(control, 1);
            b.settle();
        }
        REQUIRE(b.engine.busy());
        // Meanwhile: the next frame's tensor, and a piece of the new network.
        step();
        tensors.push_back(picture(both[0]->input_bytes(), 501 + frame));
        put(b, both[0]->input_address((frame + 1) % 2), tensors.back().data(),
            tensors.back().size());
        for (int i = 0; i < 12 && frame >= 2 && uploaded < upload.size(); ++i, ++uploaded)
            put(b, upload[uploaded].first, upload[uploaded].second.data(),
                upload[uploaded].second.size());
        for (int i = 0; i < 200 && !b.irq.read(); ++i)
            step();
        REQUIRE(b.read(status) == 2);
        b.write(status, 6);
        CHECK(b.read(0x28) == frame);
        CHECK(output_of(b, *both[selected]) == run(both[selected]->net, {tensors[frame]})[0]);
        of_second += selected;
    }
    CHECK(refused == 1);
    CHECK(of_second >= 3);
    CHECK(b.stats.value("npu.jobs") == frames);
    CHECK(b.stats.value("npu.switches") == 1);
}

namespace {

/// Makes a layer's weights numbers of so many bits; returns how many there are.
std::size_t narrow(network& n, const std::string& layer_name, unsigned bits) {
    for (const layer& l : n.layers) {
        if (l.name != layer_name)
            continue;
        tensor& w = n.tensors[static_cast<std::size_t>(l.inputs[1])];
        w.bits = bits;
        for (auto& b : w.data)  // the low bits, with their sign
            b = static_cast<std::uint8_t>(static_cast<std::int8_t>(b << (8 - bits)) >> (8 - bits));
        return w.elements();
    }
    FAIL("no layer " << layer_name);
    return 0;
}

}  // namespace

TEST_CASE("npu: narrow weights of one layer take their bits in memory, on the bus and in lanes") {
    network n = generate_mobilenet_v1();
    const auto wide = compile(n, memory_budget{}, organisation("h1"), 262144);
    const unsigned bits = GENERATE(4u, 2u);
    const std::size_t weights = narrow(n, "pw12", bits);
    REQUIRE(weights == 512 * 1024);
    const auto c = compile(n, memory_budget{}, organisation("h1"), 262144);
    CHECK(wide->plan.coefficients_bytes - c->plan.coefficients_bytes == weights * (8 - bits) / 8);
    CHECK(c->plan.arena_bytes == 1204224);
    std::uint64_t before = 0, after = 0;
    for (std::size_t i = 0; i < c->passes.size(); ++i) {
        const pass &w = wide->passes[i], &p = c->passes[i];
        if (p.name != "pw12") {
            CHECK(p.unloaded_cycles == w.unloaded_cycles);
            CHECK(p.weight_bits == 8);
            continue;
        }
        // 7 x 7 pixels, 512 channels in words of 72, 1024 in 32 lanes that become 64 or 128.
        CHECK(w.compute == 49 * 32 * 8);
        CHECK(p.compute == 49 * (1024 / (32 * 8 / bits)) * 8);
        CHECK(p.weight_bits == bits);
        CHECK(p.weight_bytes == weights * bits / 8 + 1024 * 4);
        before = w.unloaded_cycles;
        after = p.unloaded_cycles;
    }
    // Array and bus both have less to do: 32 bytes a cycle, nothing overlaps in h1.
    const std::uint64_t saved_compute = 49 * 8 * (32 - 1024 / (32 * 8 / bits)),
                        saved_bus = weights * (8 - bits) / 8 / 32;
    CHECK(before - after >= std::max(saved_compute, saved_bus));
    CHECK(before - after <= saved_compute + saved_bus);
}

TEST_CASE("npu: a job computes exactly from packed weights and refuses other ones") {
    bench b(false, array_choice::h1);
    network n = generate_mobilenet_v1(0.25, 32);
    narrow(n, "pw3", 4);
    narrow(n, "pw7", 2);
    const auto c = b.load(n);
    const auto in = picture(c->input_bytes(), 5);
    put(b, c->input_address(0), in.data(), in.size());
    const layer* narrowed = nullptr;
    for (const layer& l : c->net.layers)
        if (l.name == "pw3")
            narrowed = &l;
    REQUIRE(narrowed);
    const auto t = static_cast<std::size_t>(narrowed->inputs[1]);
    std::uint8_t* const packed =
        b.memory.bytes.data() + (c->plan.address(c->plan.constant_offset[t]) - sram_base);
    // The first number lies in the low nibble, the second in the high one.
    CHECK((packed[0] & 15) == (c->net.tensors[t].data[0] & 15));
    CHECK(packed[0] >> 4 == (c->net.tensors[t].data[1] & 15));
    packed[7] ^= 0x10;
    b.job(c->input_address(0));
    CHECK(b.read(error_code) == npu::error_weights);
    b.write(status, 6);
    packed[7] ^= 0x10;
    b.job(c->input_address(0));
    REQUIRE(b.read(status) == 2);
    CHECK(output_of(b, *c) == run(c->net, {in})[0]);
    CHECK(b.engine.last_job().cycles == c->unloaded_cycles());
}

TEST_CASE("unloaded MobileNet V1 takes the closed-form time") {
    bench b(true);
    const auto c = b.load(generate_mobilenet_v1());
    b.write(0x24, 77);
    b.job(c->input_address(0));
    CHECK(b.irq.read());
    CHECK(b.engine.last_job().cycles == 800885 + 29 * 444);
    CHECK(b.engine.last_job().end - b.engine.last_job().start ==
          clock_domain(262500000).time_of(813761));
    CHECK(b.read(0x40) == 813761);
    check_counters(b.engine.registers(), b.stats, "npu",
                   {{"COMPUTE", "cycles.compute"},
                    {"LOAD", "cycles.load"},
                    {"STORE", "cycles.store"},
                    {"FIXED", "cycles.fixed"},
                    {"STALL", "cycles.stall"},
                    {"READ_BYTES", "memory.read"},
                    {"WRITE_BYTES", "memory.write"},
                    {"BURSTS", "memory.bursts"}},
                   12);
    CHECK(b.read(0x44) == 347858);
    CHECK(b.read(0x48) + b.read(0x4c) == 453027);
    CHECK(b.read(0x50) == 29 * 444);
    CHECK(b.read(0x54) == 0);
    CHECK(b.read(0x58) == 568741376);
    CHECK(b.read(0x28) == 77);
    CHECK(b.stats.value("npu.jobs") == 1);
    CHECK(b.stats.value("npu.macs") == 568741376);
    CHECK(b.stats.value("npu.utilisation") == Approx(568741376.0 / 813761 / 2304));
    const std::uint64_t commands = 4 * c->commands.size();
    CHECK(b.stats.value("npu.memory.read") == 5194240 + 4210112 + 47780 + commands);
    CHECK(b.stats.value("npu.memory.write") == 5044713);
    CHECK(b.memory.read == 5194240 + 4210112 + 47780 + commands);
    CHECK(b.memory.written == 5044713);
    CHECK(b.memory.of_port[0] == 5194240 + commands);
    CHECK(b.memory.of_port[1] == 4210112 + 47780);
    CHECK(b.memory.of_port[2] == 5044713);
    const auto& layers = b.engine.last_layers();
    REQUIRE(layers.size() == 29);
    std::uint64_t sum = 0;
    for (const auto& l : layers) {
        CHECK(l.start == sum);
        CHECK(l.cycles == l.compute + l.load + l.store + l.fixed + l.stall);
        sum += l.cycles;
    }
    CHECK(sum == 813761);
    CHECK(layers[1].name == "dw1");
    CHECK(layers[1].cycles == 25101 + 12544 + 444);
}

TEST_CASE("a memory as wide as the bus adds nothing, latency adds itself per transfer") {
    bench b(true);
    const auto c = b.load(generate_mobilenet_v1());
    b.memory.width = 32;
    b.job(c->input_address(0));
    const std::uint64_t matched = b.engine.last_job().cycles;
    // Partial beats at the ends of streams: at most one per transfer and range.
    std::uint64_t ranges = 0, transfers = 0;
    for (const auto& p : c->passes)
        for (const auto& t : p.tiles) {
            ranges += t.loads.size() + t.stores.size();
            transfers += 2;
        }
    CHECK(matched >= 813761);
    CHECK(matched <= 813761 + ranges);
    b.write(status, 6);
    b.settle();
    CHECK(!b.irq.read());

    b.memory.latency = 20;
    b.job(c->input_address(1));
    const std::uint64_t late = b.engine.last_job().cycles;
    CHECK(late >= matched + 20 * transfers - ranges);
    CHECK(late <= matched + 20 * transfers);
    CHECK(b.read(0x54) == late - 813761);
    b.write(status, 6);
    b.settle();

    // Half the bandwidth: transfers take twice their bus cycles.
    b.memory.latency = 0;
    b.memory.width = 16;
    b.job(c->input_address(0));
    CHECK(b.engine.last_job().cycles >= 813761 + 453027 - 29);
    CHECK(b.engine.last_job().cycles <= 813761 + 453027 + ranges);
}

TEST_CASE("the overlapped organisation hides transfers behind computing") {
    bench b(true, array_choice::h2);
    const auto c = b.load(generate_mobilenet_v1());
    b.job(c->input_address(0));
    CHECK(b.engine.last_job().cycles == c->unloaded_cycles());
    CHECK(b.engine.last_job().cycles >= 804541);
    CHECK(b.engine.last_job().cycles < 804541 * 105 / 100);
    b.write(status, 6);
    b.settle();
    b.memory.width = 16;
    b.job(c->input_address(0));
    CHECK(b.engine.last_job().cycles > c->unloaded_cycles() * 11 / 10);
}

TEST_CASE("function and time do not depend on each other") {
    bench b(false);
    bench other(true, array_choice::h1, "other_");
    const auto c = b.load(generate_mobilenet_v1(0.5, 96));
    b.memory.width = 32;
    b.memory.latency = 7;
    c->program_memory([&](std::uint64_t address, const std::uint8_t* data, std::size_t length) {
        std::memcpy(b.memory.bytes.data() + (address - sram_base), data, length);
    });
    const auto weights_before = std::vector<std::uint8_t>(
        b.memory.bytes.begin() + static_cast<std::ptrdiff_t>(c->plan.coefficients_offset),
        b.memory.bytes.end());
    std::vector<std::uint8_t> results[2];
    for (unsigned frame = 0; frame < 2; ++frame) {
        const auto input = picture(c->input_bytes(), frame);
        std::memcpy(b.memory.bytes.data() + (c->input_address(frame) - sram_base), input.data(),
                    input.size());
        b.job(c->input_address(frame));
        REQUIRE(b.irq.read());
        b.write(0x30, 0);
        CHECK(b.read(0x34) == c->output_address(0));
        REQUIRE(b.read(0x38) == 1001);
        const auto at = static_cast<std::ptrdiff_t>(c->output_address(0) - sram_base);
        results[frame].assign(b.memory.bytes.begin() + at, b.memory.bytes.begin() + at + 1001);
        CHECK(results[frame] == run(c->net, {input})[0]);
        b.write(status, 6);
        b.settle();
    }
    CHECK(results[0] != results[1]);
    // Nothing but the arena was written.
    CHECK(std::equal(
        weights_before.begin(), weights_before.end(),
        b.memory.bytes.begin() + static_cast<std::ptrdiff_t>(c->plan.coefficients_offset)));
    // A run without bytes takes the same time, layer by layer.
    other.memory.width = 32;
    other.memory.latency = 7;
    other.load(generate_mobilenet_v1(0.5, 96));
    other.job(c->input_address(1));
    CHECK(other.irq.read());
    CHECK(other.engine.last_job().cycles == b.engine.last_job().cycles);
    REQUIRE(other.engine.last_layers().size() == b.engine.last_layers().size());
    for (std::size_t i = 0; i < b.engine.last_layers().size(); ++i)
        CHECK(other.engine.last_layers()[i].cycles == b.engine.last_layers()[i].cycles);
    CHECK(other.memory.bursts * 2 == b.memory.bursts);
}

TEST_CASE("mistakes of firmware are errors that firmware sees") {
    bench b(true);
    b.settle();
    b.write(control, 1);  // nothing loaded
    b.settle();
    CHECK(b.read(error_code) == npu::error_network);
    const auto c = b.load(generate_mobilenet_v1(0.25, 64));
    b.settle();
    CHECK(b.irq.read());
    CHECK(b.read(status) == npu::status_error);
    b.write(status, npu::status_error);
    b.settle();
    CHECK(!b.irq.read());
    CHECK(b.read(error_code) == 0);

    b.write(network_select, 5);
    CHECK(b.read(0x20) == 0);  // INPUT_BYTES of no network
    b.write(control, 1);
    CHECK(b.read(error_code) == npu::error_network);
    b.write(status, npu::status_error);
    b.write(network_select, 0);
    CHECK(b.read(0x20) == 64 * 64 * 3);
    CHECK(b.read(0x18) == 1);
    CHECK(b.read(0x2c) == 1);
    b.write(0x30, 1);  // OUTPUT_INDEX of no output
    CHECK(b.read(0x34) == 0);

    b.write(input_address, static_cast<std::uint32_t>(c->input_address(0)) + 4);
    b.write(control, 1);
    CHECK(b.read(error_code) == npu::error_input);
    b.write(status, npu::status_error);

    // Start while busy: an error, and the running job is not disturbed.
    b.write(input_address, static_cast<std::uint32_t>(c->input_address(0)));
    b.write(control, 1);
    CHECK(b.read(status) == npu::status_busy);
    b.write(status, npu::status_busy);
    CHECK(b.read(status) == npu::status_busy);
    sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_US));
    b.write(control, 1);
    CHECK(b.read(status) == (npu::status_busy | npu::status_error));
    CHECK(b.read(error_code) == npu::error_busy);
    b.write(status, npu::status_error);
    sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_MS));
    CHECK(b.read(status) == npu::status_done);
    CHECK(b.irq.read());
    CHECK(b.engine.last_job().cycles == c->unloaded_cycles());
    b.write(0x0c, 0);  // IRQ_ENABLE
    b.settle();
    CHECK(!b.irq.read());
    b.write(0x0c, 6);
    b.write(status, npu::status_done);

    // The memory refuses the 100th burst.
    b.memory.refuse_at = b.memory.bursts + 100;
    b.job(c->input_address(0));
    CHECK(b.read(status) == npu::status_error);
    CHECK(b.read(error_code) == npu::error_memory);
    CHECK(b.stats.value("npu.jobs") == 1);

    CHECK(b.write(0x00, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(b.write(0x3c, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(b.stats.value("npu.errors") == 5);
}

TEST_CASE("no direct access to memory, or an input outside of it, is an error") {
    bench b(false);
    const auto c = b.load(generate_mobilenet_v1(0.25, 32));
    b.memory.direct = false;
    b.job(c->input_address(0));
    CHECK(b.read(error_code) == npu::error_direct);
    b.memory.direct = true;
    b.write(status, npu::status_error);
    b.settle();
    b.job(sram_base + sram_bytes);
    CHECK(b.read(error_code) == npu::error_direct);
}

TEST_CASE("activations of the generated network neither saturate nor die") {
    const network n = generate_mobilenet_v1(1.0, 96);
    std::vector<double> saturated(n.layers.size()), dead(n.layers.size());
    const auto one = run(n, {picture(n.input().bytes(), 1)}, best_kernels(),
                         [&](std::size_t l, const std::uint8_t* bytes, std::size_t count) {
                             std::size_t high = 0, low = 0;
                             for (std::size_t i = 0; i < count; ++i) {
                                 const int v = static_cast<std::int8_t>(bytes[i]);
                                 high += v == 127;
                                 low += v == -128;
                             }
                             saturated[l] = static_cast<double>(high) / static_cast<double>(count);
                             dead[l] = static_cast<double>(low) / static_cast<double>(count);
                         })[0];
    for (std::size_t l = 0; l < n.layers.size(); ++l) {
        INFO(n.layers[l].name << " saturated " << saturated[l] << " zero " << dead[l]);
        CHECK(saturated[l] < 0.2);
        CHECK(dead[l] < 0.85);
    }
    const auto two = run(n, {picture(n.input().bytes(), 2)})[0];
    int different = 0;
    for (std::size_t i = 0; i < one.size(); ++i)
        different += one[i] != two[i];
    CHECK(different > 500);
}

TEST_CASE("a timing-only MobileNet V1 job is a few thousand bursts, not one for each word") {
    bench b(true);
    const auto c = b.load(generate_mobilenet_v1());
    b.memory.width = 32;
    b.job(c->input_address(0));
    CHECK(b.memory.bursts < 20000);
}

TEST_CASE("an aborted job ends at once with code 6 and the next one gives the right bytes") {
    bench b(false);
    const auto c = b.load(generate_mobilenet_v1());
    const std::uint64_t input = c->input_address(0);
    const auto image = picture(c->input_bytes(), 3);
    std::memcpy(b.memory.bytes.data() + (input - sram_base), image.data(), image.size());
    const auto output = [&] {
        const auto first =
            b.memory.bytes.begin() + static_cast<std::ptrdiff_t>(c->output_address(0) - sram_base);
        return std::vector<std::uint8_t>(first,
                                         first + static_cast<std::ptrdiff_t>(c->output_bytes(0)));
    };
    b.job(input);
    REQUIRE(b.read(status) == npu::status_done);
    const auto expected = output();
    b.write(status, npu::status_done);

    b.settle();
    b.write(control, 1);
    sc_core::sc_start(sc_core::sc_time(300, sc_core::SC_US));
    CHECK(b.read(status) == npu::status_busy);
    b.write(control, 2);
    b.settle();
    CHECK(b.read(status) == npu::status_error);
    CHECK(b.read(error_code) == npu::error_aborted);
    CHECK(b.irq.read());
    CHECK_FALSE(b.engine.busy());
    CHECK(b.stats.value("npu.jobs") == 1);
    CHECK(b.stats.value("npu.errors") == 1);

    b.write(status, npu::status_error);
    const auto other = picture(c->input_bytes(), 4);
    std::memcpy(b.memory.bytes.data() + (input - sram_base), other.data(), other.size());
    b.job(input);
    CHECK(b.read(status) == npu::status_done);
    CHECK(output() != expected);
    b.write(status, npu::status_done);
    std::memcpy(b.memory.bytes.data() + (input - sram_base), image.data(), image.size());
    b.job(input);
    CHECK(output() == expected);
    CHECK(b.engine.last_job().cycles == 813761);
}

TEST_CASE("an abort without a job does nothing, also to the next job") {
    bench b(true);
    const auto c = b.load(generate_mobilenet_v1());
    b.settle();
    b.write(control, 2);
    b.settle();
    CHECK(b.read(status) == 0);
    CHECK(b.read(error_code) == npu::error_none);
    b.job(c->input_address(0));
    CHECK(b.read(status) == npu::status_done);
    CHECK(b.engine.last_job().cycles == 813761);
}

TEST_CASE("npu.hang_job: that job never ends by itself, and the pool is free meanwhile") {
    bench b(false);
    b.parameters.hang_job = 2;
    const auto c = b.load(generate_mobilenet_v1());
    const std::uint64_t input = c->input_address(0);
    b.job(input);
    REQUIRE(b.read(status) == npu::status_done);
    b.write(status, npu::status_done);
    b.job(input);  // 100 ms, 30 times what it takes
    CHECK(b.read(status) == npu::status_busy);
    bool ran = false;
    b.pool.submit([&ran] { ran = true; }).wait();
    CHECK(ran);
    b.write(control, 2);
    b.settle();
    CHECK(b.read(status) == npu::status_error);
    CHECK(b.read(error_code) == npu::error_aborted);
    b.write(status, npu::status_error);
    b.job(input);
    CHECK(b.read(status) == npu::status_done);
    CHECK(b.engine.last_job().cycles == 813761);
}
