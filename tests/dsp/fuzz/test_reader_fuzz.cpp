// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "allocation.h"
#include "core/diagnostics.h"
#include "dsp/compiler/compiled_network.h"
#include "dsp/compiler/layer_list.h"
#include "dsp/network/executor.h"
#include "dsp/network/reader.h"
#include "mutation.h"
#include "tests/dsp/network/golden.h"
#include "tests/dsp/network/made_networks.h"
#include "tests/test_data.h"

using namespace ocellus;
using namespace ocellus::dsp;

// Damaged networks are refused by name, or are networks that run: whatever the bytes, nothing
// aborts, nothing is read or written outside, and no size in a file makes us allocate for it.

namespace {

struct counts {
    std::uint64_t refused = 0, accepted = 0, executed = 0, compiled = 0;
    std::size_t most_bytes = 0;  ///< of the input just read
};

/// What executing costs, so that a test does not run what a file may rightly ask for.
bool cheap(const network& n) {
    std::uint64_t work = 0;
    for (const tensor& t : n.tensors)
        work += t.bytes();
    for (const layer& l : n.layers) {
        const auto out = n.tensors[static_cast<std::size_t>(l.outputs[0])].elements();
        work += macs_of(n, l) + std::uint64_t{out} * static_cast<std::uint64_t>(l.kernel_h) *
                                    static_cast<std::uint64_t>(l.kernel_w);
        if (l.detection.max_detections > 0)
            work += n.tensors[static_cast<std::size_t>(l.inputs[1])].elements() *
                    static_cast<std::uint64_t>(l.detection.max_detections);
        if (work > 200'000)
            return false;
    }
    return true;
}

/// "" or what went wrong.
std::string examine(const std::string& bytes, counts& c) {
    fuzz::begin_counting();
    network n;
    try {
        n = read_network_bytes(bytes, "made");
        c.most_bytes = fuzz::most_held();
    } catch (const input_error& e) {
        c.most_bytes = fuzz::most_held();
        ++c.refused;
        if (e.code() != exit_code::usage)
            return "refused with another exit code";
        const std::string text = e.what();
        for (std::size_t from = 0; from < text.size();
             from = std::min(text.find('\n', from), text.size() - 1) + 1)
            if (text.compare(from, 6, "made: ") != 0)
                return "a line without the file: " + text;
        for (char x : text)
            if (x != '\n' && x >= 0 && x < ' ')
                return "a message that steers the terminal";
        return "";
    } catch (const std::exception& e) {
        return std::string("threw ") + e.what();
    }
    ++c.accepted;
    if (!cheap(n))
        return "";
    ++c.executed;
    std::vector<std::vector<std::uint8_t>> inputs;
    for (int i : n.inputs) {
        inputs.emplace_back(n.tensors[static_cast<std::size_t>(i)].bytes());
        for (std::size_t k = 0; k < inputs.back().size(); ++k)
            inputs.back()[k] = static_cast<std::uint8_t>(k * 167 + 13);
    }
    try {
        if (run(n, inputs, kernel_set::reference) != run(n, inputs))
            return "kernels differ";
    } catch (const std::exception& e) {
        return std::string("running threw ") + e.what();
    }
    try {
        compile(std::move(n), memory_budget{}, organisation(organisation_names().front()), 32768);
        ++c.compiled;
    } catch (const input_error& e) {
        if (e.code() != exit_code::usage)
            return "compiling is refused with another exit code";
    } catch (const std::exception& e) {
        return std::string("compiling threw ") + e.what();
    }
    return "";
}

std::vector<made_network> seeds() {
    std::vector<made_network> all = made_tflite_networks();
    for (made_network& n : made_onnx_networks())
        all.push_back(std::move(n));
    if (have_test_data())
        for (const char* file :
             {"nets/tflite/coral_split_concat.tflite", "nets/tflite/tflm_hello_world_int8.tflite",
              "nets/tflite_layers/vww_layer0.tflite", "nets/tflite_layers/vww_layer27.tflite",
              "nets/tflite_layers/vww_layer28.tflite", "nets/tflite_layers/vww_layer29.tflite",
              "nets/tflite_layers/vww_layer30.tflite",
              "nets/onnx/migraphx/qlinearconv_pad_1_test.onnx",
              "nets/onnx/migraphx/qlinearmatmul_3D_test.onnx",
              "nets/onnx/node/test_qlinearconv/model.onnx",
              "nets/onnx/node/test_dynamicquantizelinear_expanded/model.onnx",
              "nets/onnx/micro_kws/micro_kws_m_static_qdq.onnx"})
            all.push_back({file, read_text(test_data(file))});
    return all;
}

/// The largest that a reader may hold for files of at most 64 KiB: constants widened to 8 bytes a
/// number, a few copies, and one that is repeated over a picture.
constexpr std::size_t allowed = std::size_t{48} << 20;

void run_networks(std::uint32_t first, std::uint32_t last) {
    const std::vector<made_network> all = seeds();
    counts c;
    std::size_t most = 0;
    for (std::uint32_t i = first; i < last; ++i) {
        random_sequence r(2026, purpose::test, i);
        const made_network* seed = &all[r.below(static_cast<std::uint32_t>(all.size()))];
        // Large files take their time: one in sixteen of their turns.
        while (seed->bytes.size() > 8192 && r.below(16) != 0)
            seed = &all[r.below(static_cast<std::uint32_t>(all.size()))];
        const bool flat = seed->bytes.compare(4, 4, "TFL3") == 0;
        std::string bytes = seed->bytes;
        const std::uint32_t how = r.below(4);
        if (how != 0)
            bytes = flat ? fuzz::damage_tflite(bytes, r) : fuzz::damage_onnx(bytes, r);
        if (how <= 1)
            fuzz::damage_bytes(bytes, r);
        const std::string problem = examine(bytes, c);
        if (!problem.empty()) {
            if (const char* folder = std::getenv("OCELLUS_FUZZ_KEEP"))
                if (std::FILE* f =
                        std::fopen((std::string(folder) + "/" + std::to_string(i)).c_str(), "wb")) {
                    std::fwrite(bytes.data(), 1, bytes.size(), f);
                    std::fclose(f);
                }
            FAIL_CHECK("input " << i << ", from " << seed->name << ": " << problem);
        }
        if (c.most_bytes > allowed) {
            FAIL_CHECK("input " << i << ", from " << seed->name << ": allocates " << c.most_bytes);
        }
        most = std::max(most, c.most_bytes);
    }
    std::printf(
        "%u inputs: %llu refused, %llu accepted, %llu of them run, %llu compiled; at most %zu "
        "bytes held\n",
        last - first, static_cast<unsigned long long>(c.refused),
        static_cast<unsigned long long>(c.accepted), static_cast<unsigned long long>(c.executed),
        static_cast<unsigned long long>(c.compiled), most);
    // Neither a mutation that always breaks the file, nor one that never does, would test much.
    CHECK(c.refused * 5 > last - first);
    CHECK(c.executed * 20 > last - first);
}

void run_lists(std::uint32_t first, std::uint32_t last) {
    const std::string good =
        "Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Filters, Stride, "
        "groups,\nconv1, 224, 224, 3, 3, 3, 32, 2,\ndw, 114, 114, 3, 3, 32, 32, 1, 32,\n"
        "pw, 112, 112, 1, 1, 32, 64, 1, 1\nfc, 1, 1, 1, 1, 1024, 1001, 1,\n";
    std::uint64_t refused = 0;
    for (std::uint32_t i = first; i < last; ++i) {
        random_sequence r(2026, purpose::test, i, 1);
        const std::string text = fuzz::damage_list(good, r);
        try {
            std::uint64_t work = 0;
            for (const listed_layer& l : parse_layer_list(text, "made"))
                work += l.macs() + l.bytes();
            CHECK(work > 0);
        } catch (const input_error& e) {
            ++refused;
            if (e.code() != exit_code::usage || std::string(e.what()).rfind("made", 0) != 0)
                FAIL_CHECK("input " << i << ": " << e.what());
        }
    }
    std::printf("%u lists: %llu refused\n", last - first, static_cast<unsigned long long>(refused));
    CHECK(refused > 0);
    CHECK(refused < last - first);
}

}  // namespace

TEST_CASE("20000 damaged networks are refused by name, or run", "[fuzz]") {
    run_networks(0, 20'000);
}

TEST_CASE("20000 damaged layer lists are refused by line, or timed", "[fuzz]") {
    run_lists(0, 20'000);
}

TEST_CASE("a million damaged networks are refused by name, or run", "[.][nightly]") {
    // OCELLUS_FUZZ_RANGE=FIRST:LAST runs a part, or one input again.
    unsigned first = 0, last = 1'000'000;
    if (const char* range = std::getenv("OCELLUS_FUZZ_RANGE"))
        REQUIRE(std::sscanf(range, "%u:%u", &first, &last) == 2);
    run_networks(first, last);
}

TEST_CASE("a million damaged layer lists are refused by line, or timed", "[.][nightly]") {
    run_lists(0, 1'000'000);
}
