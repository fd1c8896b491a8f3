// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// CPU time of MobileNet V1 1.0 224 on one core, for each kernel set that this processor can run:
// the integers alone, the timing alone, both in one NPU job. Beside each the floor, measured in the
// same run: the same multiply-accumulates as a chain of the instruction set's dot products in
// registers, without a byte of memory. Prints ratios. With --check, exit code 1 when a time is
// above its bar.
#include <immintrin.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <systemc>
#include <vector>

#include "core/block.h"
#include "core/payload.h"
#include "core/simd.h"
#include "dsp/network/executor.h"
#include "dsp/npu/generated_networks.h"
#include "dsp/npu/npu.h"
#include "memory/interconnect.h"
#include "memory/sram.h"

using namespace ocellus;

namespace {

constexpr std::uint64_t sram_base = 0x20000000;

/// Smallest CPU time of several runs, in ms.
template <class Body>
double milliseconds(int runs, const Body& body) {
    double best = 1e300;
    for (int i = 0; i < runs; ++i) {
        timespec a{}, b{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        body();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        best = std::min(best, static_cast<double>(b.tv_sec - a.tv_sec) * 1e3 +
                                  static_cast<double>(b.tv_nsec - a.tv_nsec) * 1e-6);
    }
    return best;
}

volatile int sink = 0;

__attribute__((target("avx512f,avx512vnni"))) void chain_vnni(std::uint64_t macs) {
    __m512i sum[12], a = _mm512_set1_epi32(sink | 0x01010101), b = _mm512_set1_epi32(0x01020304);
    for (auto& s : sum)
        s = _mm512_setzero_si512();
    for (std::uint64_t i = 0; i < macs / (64 * 12); ++i)
        for (auto& s : sum)
            s = _mm512_dpbusd_epi32(s, a, b);
    for (int i = 1; i < 12; ++i)
        sum[0] = _mm512_add_epi32(sum[0], sum[i]);
    alignas(64) int lanes[16];
    _mm512_store_si512(lanes, sum[0]);
    sink = lanes[0] & 1;
}

__attribute__((target("avx2"))) void chain_avx2(std::uint64_t macs) {
    __m256i sum[8], a = _mm256_set1_epi32(sink | 0x00010001), b = _mm256_set1_epi32(0x00030004);
    for (auto& s : sum)
        s = _mm256_setzero_si256();
    for (std::uint64_t i = 0; i < macs / (16 * 8); ++i)
        for (auto& s : sum) {
            s = _mm256_add_epi32(s, _mm256_madd_epi16(a, b));
            // Without this the product is formed once.
            asm volatile("" : "+x"(a));
        }
    for (int i = 1; i < 8; ++i)
        sum[0] = _mm256_add_epi32(sum[0], sum[i]);
    sink = _mm256_extract_epi32(sum[0], 0) & 1;
}

struct starter : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<starter> out{"out"};
    explicit starter(sc_core::sc_module_name n) : sc_module(n) {}
    void write(std::uint64_t offset, std::uint32_t value) {
        sc_core::sc_time delay;
        burst(out, tlm::TLM_WRITE_COMMAND, offset, &value, 4, delay);
    }
};

/// An NPU on the interconnect and the SRAM of the default configuration.
struct chip {
    worker_pool pool{1};
    statistics stats;
    block_context context;
    dsp::npu_parameters parameters;
    memory::sram_parameters sram_parameters;
    memory::interconnect_parameters bus_parameters;
    dsp::npu npu;
    memory::sram sram;
    memory::interconnect bus;
    starter host;
    sc_core::sc_signal<bool> done;
    std::shared_ptr<const dsp::compiled_network> network;

    chip(const std::string& name, bool timing_only, dsp::memory_timing timing)
        : context{pool, stats, 1, timing_only},
          npu((name + "_npu").c_str(), parameters, context),
          sram((name + "_sram").c_str(), sram_parameters, context),
          bus((name + "_bus").c_str(), bus_parameters, context),
          host((name + "_host").c_str()),
          done((name + "_done").c_str()) {
        parameters.timing = timing;
        npu.done_irq.bind(done);
        host.out.bind(npu.registers_in);
        bus.attach_initiator("npu_read", npu.read_out);
        bus.attach_initiator("npu_weight", npu.weight_out);
        bus.attach_initiator("npu_write", npu.write_out);
        bus.attach_target("sram", sram_base, sram_parameters.size, sram.memory_in, sram.protocol());
        network = dsp::compile(dsp::generate_mobilenet_v1(), parameters.budget(sram_base, 8u << 20),
                               parameters.array(), parameters.local_buffer);
        npu.load(network);
        if (!timing_only)
            network->program_memory(
                [this](std::uint64_t address, const std::uint8_t* data, std::size_t length) {
                    std::copy_n(data, length, sram.data() + (address - sram_base));
                });
    }
    std::uint64_t job() {
        host.write(0x08, 6);
        host.write(0x1c, static_cast<std::uint32_t>(network->input_address(0)));
        host.write(0x04, 1);
        do
            sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
        while (npu.busy());
        if (!done.read())
            std::abort();
        return npu.last_job().cycles;
    }
};

bool above = false;

void print(const char* what, double ms, double floor, double target) {
    above = above || (target > 0 && ms > target);
    std::printf("%-40s %8.2f ms", what, ms);
    if (floor > 0)
        std::printf("   %5.2f of the floor", ms / floor);
    else
        std::printf("   %19s", "");
    if (target > 0)
        std::printf("   %5.2f of the target of %.0f ms", ms / target, target);
    std::printf("\n");
}

}  // namespace

int sc_main(int argc, char* argv[]) {
    constexpr int runs = 15;
    const dsp::network n = dsp::generate_mobilenet_v1();
    std::uint64_t macs = 0;
    for (const auto& l : n.layers)
        macs += dsp::macs_of(n, l);
    chip timing("timing", true, dsp::memory_timing::transfer);
    chip bursts("bursts", true, dsp::memory_timing::burst);
    // A network is packed for the kernels of the moment when it is loaded.
    const simd_level widest = simd_in_use();
    chip both("both", false, dsp::memory_timing::transfer);
    limit_simd(simd_level::avx2);
    chip narrow("narrow", false, dsp::memory_timing::transfer);
    limit_simd(widest);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);

    std::printf("MobileNet V1 1.0 224, %llu multiply-accumulates, CPU time, best of %d\n",
                static_cast<unsigned long long>(macs), runs);
    std::uint64_t cycles = 0;
    const double time = milliseconds(runs, [&] { cycles = timing.job(); });
    print("timing alone", time, 0, 10);
    std::printf("%-40s %8.0f M cycles a second\n", "", static_cast<double>(cycles) / time / 1e3);
    print("timing alone, burst by burst", milliseconds(runs, [&] { bursts.job(); }), 0, 0);

    std::vector<std::size_t> offsets(n.tensors.size(), 0);
    std::size_t size = 0;
    for (std::size_t i = 0; i < n.tensors.size(); ++i)
        if (!n.tensors[i].constant()) {
            offsets[i] = size;
            size += (n.tensors[i].bytes() + 63) / 64 * 64;
        }
    std::vector<std::uint8_t> arena(size, 17);
    for (const dsp::kernel_set k : {dsp::kernel_set::avx512_vnni, dsp::kernel_set::avx2}) {
        if (!dsp::can_run(k)) {
            std::printf("%s: not on this processor\n", dsp::name_of(k));
            continue;
        }
        const bool vnni = k == dsp::kernel_set::avx512_vnni;
        limit_simd(vnni ? simd_level::avx512 : simd_level::avx2);
        if (dsp::best_kernels() != k) {
            std::printf("%s: OCELLUS_SIMD does not allow it\n", dsp::name_of(k));
            limit_simd(widest);
            continue;
        }
        const double floor =
            milliseconds(runs, [&] { vnni ? chain_vnni(macs) : chain_avx2(macs); });
        print(vnni ? "floor, avx512_vnni" : "floor, avx2", floor, 0, 0);
        const dsp::executor run(n, k);
        print(vnni ? "integers, avx512_vnni" : "integers, avx2",
              milliseconds(runs, [&] { run.run(nullptr, arena.data(), offsets); }), floor, 0);
        print(vnni ? "integers and timing, avx512_vnni" : "integers and timing, avx2",
              milliseconds(runs, [&] { (vnni ? both : narrow).job(); }), floor, vnni ? 15 : 30);
        limit_simd(widest);
    }
    return above && argc > 1 && std::strcmp(argv[1], "--check") == 0 ? 1 : 0;
}

int main(int argc, char* argv[]) {
    setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
