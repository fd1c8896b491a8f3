// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// Wall time of the whole program per 12.3 Mpx frame, with pixels and timing only, and of its
// start-up, beside the time to copy the same bytes on one thread in the same run. Prints figures,
// judges nothing.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/image.h"

extern char** environ;

namespace {

double seconds_of_run(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    for (const auto& a : arguments)
        argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
    const auto begin = std::chrono::steady_clock::now();
    pid_t child = 0;
    int status = -1;
    if (posix_spawn(&child, argv[0], &files, nullptr, argv.data(), environ) == 0)
        waitpid(child, &status, 0);
    const auto end = std::chrono::steady_clock::now();
    posix_spawn_file_actions_destroy(&files);
    if (status != 0) {
        std::fprintf(stderr, "the program failed: %s\n", arguments[0].c_str());
        std::exit(1);
    }
    return std::chrono::duration<double>(end - begin).count();
}

double median_of_runs(const std::vector<std::string>& arguments, int repeats) {
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i)
        times.push_back(seconds_of_run(arguments));
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

double copy_seconds() {
    ocellus::plane<std::uint16_t> a(4056, 3040), b(4056, 3040);
    const std::size_t bytes = a.stride() * a.height() * 2;
    std::memset(a.row(0), 1, bytes);
    std::memset(b.row(0), 2, bytes);
    std::vector<double> times;
    for (int i = 0; i < 21; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        std::memcpy(b.row(0), a.row(0), bytes);
        times.push_back(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_frame PROGRAM CONFIG.toml\n");
        return 2;
    }
    const std::string program = argv[1], config = argv[2];
    const auto run = [&](int frames, bool timing_only, int repeats) {
        std::vector<std::string> a = {program,   "run",      config,
                                      "--quiet", "--frames", std::to_string(frames)};
        if (timing_only)
            a.push_back("--timing-only");
        return median_of_runs(a, repeats);
    };
    const double copy = copy_seconds();
    const double start = median_of_runs({program, "params", "sensor.width"}, 9);
    const double pixels = (run(13, false, 3) - run(3, false, 3)) / 10;
    const double timing = (run(103, true, 5) - run(3, true, 5)) / 100;
    const double first = run(1, true, 5);
    std::printf("copy of one frame (24.7 MB, 1 thread)  %9.3f ms\n", copy * 1e3);
    std::printf("frame with pixels                      %9.3f ms  %7.1f copies\n", pixels * 1e3,
                pixels / copy);
    std::printf("frame, timing only                     %9.3f ms  %7.1f copies\n", timing * 1e3,
                timing / copy);
    std::printf("start-up of the program                %9.3f ms\n", start * 1e3);
    std::printf("whole process, 1 frame, timing only    %9.3f ms\n", first * 1e3);
    return 0;
}
