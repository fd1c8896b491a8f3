// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "program.h"
#include "tests/test_paths.h"

/// Whether there is a cross compiler; without one a test skips itself, which under CI=true is a
/// failure.
inline bool have_cross_compiler() {
    static const bool there =
        run_program({"sh", "-c", "command -v riscv64-unknown-elf-gcc"}).exit_code == 0;
    if (!there) {
        const char* ci = std::getenv("CI");
        if (ci && std::string(ci) == "true")
            FAIL("no riscv64-unknown-elf-gcc");
        WARN("skipped: no riscv64-unknown-elf-gcc");
    }
    return there;
}

/// Builds a C file with the HAL; returns the ELF's path.
inline std::string build_firmware(const std::string& folder, const std::string& name,
                                  const std::string& source, const std::string& define = {}) {
    const std::string root = source_folder;
    std::vector<std::string> command = {"bash", root + "/firmware/build.sh", "--out", folder, name,
                                        source};
    if (!define.empty())
        command.push_back("-D" + define);
    const auto r = run_program(command);
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    return folder + "/" + name + ".elf";
}

/// One of tests/firmware_programs/faults.c.
inline std::string faulty_firmware(const std::string& folder, int mode) {
    return build_firmware(folder, "mode" + std::to_string(mode),
                          std::string(source_folder) + "/tests/firmware_programs/faults.c",
                          "MODE=" + std::to_string(mode));
}

/// tests/firmware_programs/stock.c with the C library's own start-up, read-only in the TCM and
/// writable in the SRAM: initialised data is loaded beside the code and copied by the program.
inline std::string stock_firmware(const std::string& folder, int mode,
                                  const std::string& ram = "0x04700000") {
    const std::string out = folder + "/stock" + std::to_string(mode) + ".elf";
    const auto r = run_program(
        {"riscv64-unknown-elf-gcc", "-march=rv32imc", "-misa-spec=2.2", "-mabi=ilp32",
         "--specs=picolibc.specs", "--oslib=semihost", "--crt0=semihost", "-Os", "-g",
         "-DMODE=" + std::to_string(mode),
         "-Wl,--defsym=__flash=0x10008000,--defsym=__flash_size=0x20000,--defsym=__ram=" + ram +
             ",--defsym=__ram_size=0x8000",
         std::string(source_folder) + "/tests/firmware_programs/stock.c", "-o", out});
    INFO(r.err);
    REQUIRE(r.exit_code == 0);
    return out;
}
