// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Every command that README.md and docs/ show is run here, in a folder that looks like a checkout.
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "core/image_io.h"
#include "program.h"
#include "tests/test_paths.h"

namespace fs = std::filesystem;

namespace {

/// The lines of all ```sh blocks of a page.
std::vector<std::string> commands_of(const std::string& page) {
    std::vector<std::string> out;
    std::istringstream in(page);
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.rfind("```", 0) == 0)
            inside = !inside && line == "```sh";
        else if (inside && !line.empty() && line[0] != '#')
            out.push_back(line);
    }
    return out;
}

std::vector<std::string> pages() {
    const fs::path source = source_folder;
    std::vector<std::string> out = {(source / "README.md").string()};
    for (const auto& f : fs::recursive_directory_iterator(source / "docs"))
        if (f.path().extension() == ".md")
            out.push_back(f.path().string());
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

TEST_CASE("every command in the documentation works") {
    const fs::path source = source_folder;
    const fs::path folder = scratch_folder();
    fs::create_directories(folder / "build/release/bin");
    fs::create_symlink(program_path, folder / "build/release/bin/ocellus");
    for (const char* name : {"configs", "tools", "docs", "firmware", "examples", "traces"})
        fs::create_symlink(source / name, folder / name);
    fs::copy_file(source / "configs/networks/parcels.onnx", folder / "net.onnx");
    ocellus::rgb8_image picture(640, 480);
    write_bytes((folder / "photo.png").string(), ocellus::encode_png_rgb8(picture));
    int run = 0;
    for (const auto& page : pages())
        for (const auto& command : commands_of(file_bytes(page))) {
            INFO(page << ": " << command);
            if (command.rfind("tools/", 0) == 0) {
                // The two set-up commands build and test this very tree; their parts are run by
                // now.
                const auto script = command.substr(0, command.find(' '));
                CHECK(run_program({"bash", "-n", (source / script).string()}).exit_code == 0);
                continue;
            }
            CHECK(command.rfind("build/release/bin/ocellus ", 0) == 0);
            const auto r = run_program({"sh", "-c", command}, folder.string());
            INFO(r.err);
            CHECK(r.exit_code == 0);
            ++run;
        }
    CHECK(run >= 8);
}

TEST_CASE("the table in the README is what the program prints") {
    const auto page = file_bytes(std::string(source_folder) + "/README.md");
    const auto begin = page.find("```text\n");
    REQUIRE(begin != std::string::npos);
    std::istringstream in(page.substr(begin + 8, page.find("```", begin + 8) - begin - 8));
    const auto r = ocellus_program({"run", std::string(source_folder) + "/configs/imx500.toml"});
    int lines = 0;
    for (std::string line; std::getline(in, line); ++lines) {
        INFO(line);
        CHECK(contains(r.out, line + "\n"));
    }
    CHECK(lines >= 15);
}

TEST_CASE("every page and file that the documentation links to exists") {
    for (const auto& page : pages()) {
        const auto text = file_bytes(page);
        for (std::size_t at = text.find("]("); at != std::string::npos;
             at = text.find("](", at + 2)) {
            const auto end = text.find(')', at);
            const auto target = text.substr(at + 2, end - at - 2);
            if (target.rfind("http", 0) == 0 || target[0] == '#')
                continue;
            INFO(page << " -> " << target);
            CHECK(fs::exists(fs::path(page).parent_path() / target.substr(0, target.find('#'))));
        }
    }
}

TEST_CASE("every source file names its licence") {
    const auto r = run_program({"git", "-C", source_folder, "ls-files"});
    if (r.exit_code != 0) {
        WARN("skipped: not a git checkout");
        return;
    }
    std::istringstream in(r.out);
    for (std::string name; std::getline(in, name);) {
        const auto path = fs::path(source_folder) / name;
        const auto extension = path.extension();
        if (!fs::is_regular_file(path) ||
            (extension != ".cpp" && extension != ".h" && extension != ".py"))
            continue;
        INFO(name);
        CHECK(contains(file_bytes(path.string()), "SPDX-License-Identifier: Apache-2.0"));
    }
}
