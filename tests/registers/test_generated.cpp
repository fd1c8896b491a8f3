// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// What tools/generate_registers.py makes, and what it says about mistakes.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <filesystem>

#include "firmware/include/ocellus.h"
#include "memory_map.h"
#include "registers/all.h"
#include "tests/sim/program.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;
using namespace ocellus;

namespace {

const std::string source = source_folder, generated = OCELLUS_GENERATED;

std::string hex(std::uint64_t v) {
    return fmt::format("0x{:x}", v);
}

const char* svd_access(access a) {
    switch (a) {
        case access::read_write:
            return "read-write";
        case access::read_only:
            return "read-only";
        case access::write_only:
            return "write-only";
        case access::write_one_to_clear:
            return "oneToClear";
    }
    return "";
}

/// A device in a folder of its own: block a, b, c, ... has the <registers> given, which begin in
/// line 5 of its file.
struct small_device {
    fs::path folder = scratch_folder();
    explicit small_device(const std::vector<std::string>& blocks, const std::string& more = "") {
        fs::create_directories(folder / "sim");
        std::string peripherals;
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const std::string name = name_of(i);
            peripherals += fmt::format(
                "<peripheral file=\"sim/{}.svd\"><baseAddress>0x{:x}</baseAddress></peripheral>\n",
                name, 0x1000 * (i + 1));
            write_bytes((folder / "sim" / (name + ".svd")).string(),
                        "<peripheral>\n<name>" + name +
                            "</name><description>d</description>\n<addressBlock><offset>0</offset>"
                            "<size>0x100</size></addressBlock>\n<registers>\n" +
                            blocks[i] + "</registers>\n</peripheral>\n");
        }
        write_bytes((folder / "sim/device.svd").string(),
                    "<device>\n<name>D</name><version>1</version><description>d</description>\n"
                    "<peripherals>\n" +
                        peripherals + more + "</peripherals>\n</device>\n");
    }
    static std::string name_of(std::size_t i) { return "block" + std::to_string(i); }
    program_result run() const {
        return run_program({OCELLUS_PYTHON, source + "/tools/generate_registers.py", "--device",
                            "sim/device.svd", "--source", ".", "--output", "out"},
                           folder.string());
    }
};

/// A register of one line. `more` stands behind the access.
std::string reg(const std::string& name, const std::string& offset, const std::string& more = "",
                const std::string& mode = "read-write", const std::string& dim = "") {
    return "<register>" + dim + "<name>" + name +
           "</name><description>d</description><addressOffset>" + offset +
           "</addressOffset><access>" + mode + "</access>" + more + "</register>\n";
}
std::string field(const std::string& name, int high, int low, const std::string& more = "") {
    return "<field><name>" + name + "</name><description>d</description><bitRange>[" +
           std::to_string(high) + ":" + std::to_string(low) + "]</bitRange>" + more + "</field>";
}
std::string fields(const std::string& all) {
    return "<fields>" + all + "</fields>";
}

}  // namespace

TEST_CASE("generated: what is committed is what the generator makes") {
    CHECK(file_bytes(source + "/docs/registers.md") == file_bytes(generated + "/registers.md"));
    CHECK(file_bytes(source + "/firmware/include/ocellus.h") ==
          file_bytes(generated + "/ocellus.h"));
}

TEST_CASE("generated: the SVD says the same to an XML parser as the tables to the models") {
    std::string expected;
    for (const auto& b : registers::all_blocks)
        for (const auto& r : b.map->registers) {
            expected += fmt::format("{} {} {} {} {} {} {} {} {}\n", b.map->name, hex(b.base),
                                    r.name, hex(r.offset), svd_access(r.mode), hex(r.reset),
                                    hex(r.reset_mask), r.read_acts ? 1 : 0, r.sentence);
            for (const auto& f : r.fields) {
                expected += fmt::format("  {} {} {} {}", f.name, f.low, f.width,
                                        f.read_only ? "read-only" : "-");
                for (const auto& v : f.values)
                    expected += fmt::format(" {}={}", v.name, v.value);
                expected += "\n";
            }
        }
    const auto r = run_program({OCELLUS_PYTHON, source + "/tests/registers/list_registers.py",
                                generated + "/ocellus.svd"});
    INFO(r.err);
    CHECK(r.exit_code == 0);
    CHECK(r.out == expected);
    CHECK(std::count(expected.begin(), expected.end(), '\n') > 300);
}

TEST_CASE("generated: the C header has each register at its offset") {
    using namespace ocellus::registers;
    CHECK(offsetof(ocellus_npu_t, MACS) == npu::map.registers[npu::MACS].offset);
    CHECK(offsetof(ocellus_npu_t, COUNTER_BURSTS_HIGH) ==
          npu::map.registers[npu::COUNTER_BURSTS_HIGH].offset);
    CHECK(offsetof(ocellus_clint_t, MTIMEH) == 0xbffc);
    CHECK(offsetof(ocellus_isp_t, GAMMA[56]) == 0x100 + 4 * 56);
    CHECK(offsetof(ocellus_isp_t, COUNTER_TENSOR_BYTES_LOW) ==
          isp::map.registers[isp::COUNTER_TENSOR_BYTES_LOW].offset);
    CHECK(offsetof(ocellus_interrupt_controller_t, PRIORITY[7]) == 0x80 + 4 * 8);
    CHECK(offsetof(ocellus_csi2_t, METADATA_SENT) ==
          csi2::map.registers[csi2::METADATA_SENT].offset);
    CHECK(OCELLUS_SIMULATOR_BASE == memory_map::simulator_base);
    CHECK(OCELLUS_TCM_SIZE == memory_map::tcm_size);
    CHECK(OCELLUS_IRQ_ISP_STATISTICS == 8);
    CHECK((NPU_STATUS_ERROR_Msk) == npu::STATUS_ERROR_bits);
    CHECK((ISP_CONTROL_IMAGE_SCALE_Msk) == isp::CONTROL_IMAGE_SCALE_bits);
    CHECK(ISP_CONTROL_IMAGE_SCALE_Pos == isp::CONTROL_IMAGE_SCALE_low);
    CHECK(ISP_CONTROL_OUTPUT_PICTURE == 2);
}

TEST_CASE("generator: a good description is taken") {
    const small_device d({reg("B", "4", "<resetValue>7</resetValue>", "read-only") +
                          reg("C%s", "0x10", "", "read-write",
                              "<dim>3</dim><dimIncrement>4</dimIncrement>"
                              "<dimIndex>5-7</dimIndex>")});
    const auto r = d.run();
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    const auto header = file_bytes((d.folder / "out/registers/block0.h").string());
    CHECK(contains(header, "{\"B\", 0x4, access::read_only, 0x7u"));
    CHECK(contains(header, "{\"C7\", 0x18, access::read_write"));
    // The same again touches nothing.
    const auto before = fs::last_write_time(d.folder / "out/registers/block0.h");
    CHECK(d.run().exit_code == 0);
    CHECK(fs::last_write_time(d.folder / "out/registers/block0.h") == before);
}

TEST_CASE("generator: a mistake is told with its line, and nothing is made") {
    const std::string named =
        "<enumeratedValues><enumeratedValue><name>X</name><description>d</description>"
        "<value>4</value></enumeratedValue></enumeratedValues>";
    const std::string dim = "<dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>0-2</dimIndex>";
    // The first register stands in line 5 of sim/a.svd.
    const struct {
        std::string registers, message;
    } cases[] = {
        {reg("B", "0") + reg("C", "0"), ":6: register C lies where B is"},
        {reg("B", "0") + reg("B", "4"), ":6: register B is described twice"},
        {reg("B", "2"), ":5: offset of B is not a multiple of 4 inside the block"},
        {reg("B", "0x100"), ":5: offset of B is not a multiple of 4 inside the block"},
        {reg("B", "0", "\n" + fields(field("F", 3, 0) + "\n" + field("G", 3, 3))),
         ":7: field B.G overlaps another"},
        {reg("B", "0", fields(field("F", 0, 0) + field("F", 3, 3))),
         ":5: field B.F is described twice"},
        {reg("B", "0", fields(field("F", 32, 30))),
         ":5: <bitRange> of F is \"[32:30]\", expected [high:low] within 31:0"},
        {reg("B", "0", "<resetValue>2</resetValue>" + fields(field("F", 0, 0))),
         ":5: reset of B sets bits outside every field"},
        {reg("B", "0", "<resetValue>2</resetValue><resetMask>1</resetMask>"),
         ":5: reset of B sets bits outside its resetMask"},
        {reg("B", "0", "<resetValue>0x100000000</resetValue>"),
         ":5: reset of B does not fit 32 bits"},
        {reg("B", "0", "", "read-mostly"), ":5: <access> is \"read-mostly\", expected one"},
        {reg("B", "four"), ":5: <addressOffset> is \"four\", expected a number"},
        {reg("b", "0"), ":5: the name \"b\" is not in capitals"},
        {reg("B", "0", fields(field("f", 0, 0))), ":5: the name \"f\" is not in capitals"},
        {reg("B", "0", "<resetvalue>1</resetvalue>"),
         ":5: <register> cannot have <resetvalue>, only dim, "},
        {reg("B", "0", "<resetMask>1</resetMask><resetValue>1</resetValue>"),
         ":5: <resetValue> must come before <resetMask>"},
        {reg("B", "0", "<resetValue>1</resetValue><resetValue>1</resetValue>"),
         ":5: <resetValue> is given twice"},
        {reg("B", "0", fields(field("F", 1, 0, named))),
         ":5: value 4 does not fit the 2 bits of F"},
        {reg("B", "0", fields(field("F", 2, 0, named))),
         ":5: reset of B gives F 0, which it does not list"},
        {reg("B", "0", fields(field("F", 0, 0, "<access>write-only</access>")), "read-only"),
         ":5: field F is write-only in a read-only register"},
        {reg("B", "0", "<modifiedWriteValues>oneToToggle</modifiedWriteValues>"),
         ":5: <modifiedWriteValues> is \"oneToToggle\", expected oneToClear"},
        {reg("B", "0", "<modifiedWriteValues>oneToClear</modifiedWriteValues>", "read-only"),
         ":5: B is read-only: oneToClear needs read-write"},
        {reg("B", "0", "<readAction>explode</readAction>"),
         ":5: <readAction> is \"explode\", expected one of clear"},
        {reg("B%s", "0"), ":5: the name B%s has %s, but there is no <dim>"},
        {reg("B", "0", "", "read-write", dim), ":5: <dimIndex> of B names 3 registers"},
        {reg("B", "0", "", "read-write", dim), ":5: the name B of a register with <dim> has no %s"},
        {"<register>\n", ":6: mismatched tag"},
        {"", ":1: there are no registers"},
    };
    // One file with each mistake; the generator lists them all.
    std::vector<std::string> blocks;
    for (const auto& c : cases)
        blocks.push_back(c.registers);
    const small_device d(blocks,
                         "<peripheral file=\"sim/none.svd\"></peripheral>\n"
                         "<peripheral file=\"sim/device.svd\"></peripheral>\n");
    const auto r = d.run();
    INFO(r.err);
    CHECK(r.exit_code == 1);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        INFO(cases[i].message);
        CHECK(contains(r.err, "sim/" + small_device::name_of(i) + ".svd" + cases[i].message));
    }
    const std::size_t line = 4 + blocks.size();
    CHECK(contains(r.err, fmt::format("sim/device.svd:{}: there is no file sim/none.svd", line)));
    CHECK(contains(r.err, "sim/device.svd:1: the root is <device>, expected <peripheral>"));
    CHECK_FALSE(contains(r.err, "Traceback"));
    CHECK_FALSE(fs::exists(d.folder / "out"));
}

TEST_CASE("generator: blocks that are there twice or overlap") {
    const small_device d({reg("B", "0")},
                         "<peripheral file=\"sim/block0.svd\"><baseAddress>0x1000"
                         "</baseAddress></peripheral>\n");
    const auto r = d.run();
    CHECK(r.exit_code == 1);
    CHECK(contains(r.err, "sim/device.svd:5: block block0 is there twice"));
    CHECK(contains(r.err, "block0 and block0 overlap"));
}
