// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "program.h"
#include "tests/test_paths.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;

std::string file_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw std::runtime_error("cannot read " + path);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
}

void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string scratch_folder() {
    struct remover {
        std::vector<std::string> folders;
        ~remover() {
            std::error_code ignored;
            for (const auto& f : folders)
                std::filesystem::remove_all(f, ignored);
        }
    };
    static remover all;
    std::string name = (std::filesystem::temp_directory_path() / "ocellus-test-XXXXXX").string();
    if (!mkdtemp(name.data()))
        throw std::runtime_error("cannot make a folder in the temporary folder");
    all.folders.push_back(name);
    return name;
}

program_result run_program(const std::vector<std::string>& command, const std::string& folder) {
    const std::string where = scratch_folder();
    const std::string out = where + "/out", err = where + "/err";
    std::vector<char*> argv;
    for (const auto& word : command)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        const int flags = O_WRONLY | O_CREAT | O_TRUNC;
        dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        dup2(open(out.c_str(), flags, 0600), STDOUT_FILENO);
        dup2(open(err.c_str(), flags, 0600), STDERR_FILENO);
        if (!folder.empty() && chdir(folder.c_str()) != 0)
            _exit(126);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    program_result r;
    r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    r.out = file_bytes(out);
    r.err = file_bytes(err);
    return r;
}

program_result ocellus_program(const std::vector<std::string>& arguments,
                               const std::string& folder) {
    std::vector<std::string> command = {program_path};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command, folder);
}
