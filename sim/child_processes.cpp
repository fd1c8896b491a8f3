// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/child_processes.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <ctime>
#include <system_error>

#include "core/diagnostics.h"

namespace ocellus::sim {

child_processes::child_processes() {
    sigemptyset(&watched_);
    for (int s : {SIGCHLD, SIGINT, SIGTERM})
        sigaddset(&watched_, s);
    sigprocmask(SIG_BLOCK, &watched_, &former_);
}

child_processes::~child_processes() {
    stop();
    sigprocmask(SIG_SETMASK, &former_, nullptr);
}

void child_processes::start(std::uint64_t key, const std::vector<std::string>& arguments,
                            const std::string& error_file) {
    std::vector<char*> argv = {const_cast<char*>("ocellus")};
    for (const auto& word : arguments)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0)
        throw input_error(exit_code::io, "error: cannot start a process: " +
                                             std::generic_category().message(errno));
    if (child == 0) {
        // Ctrl-C on the terminal is for the parent, which ends its children itself.
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(126);
        const int in = open("/dev/null", O_RDWR | O_CLOEXEC);
        const int error = open(error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (in < 0 || error < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(in, STDOUT_FILENO) < 0 ||
            dup2(error, STDERR_FILENO) < 0)
            _exit(static_cast<int>(exit_code::io));
        sigprocmask(SIG_SETMASK, &former_, nullptr);
        execv("/proc/self/exe", argv.data());
        _exit(126);
    }
    setpgid(child, child);  // whichever of the two comes first
    children_[key] = child;
}

std::optional<child_processes::end> child_processes::ended() {
    for (auto it = children_.begin(); it != children_.end(); ++it) {
        int status = 0;
        if (waitpid(it->second, &status, WNOHANG) != it->second)
            continue;
        const end e{it->first, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
        children_.erase(it);
        return e;
    }
    return std::nullopt;
}

bool child_processes::signalled(double seconds, bool or_child) {
    sigset_t set = watched_;
    if (!or_child)
        sigdelset(&set, SIGCHLD);
    const double whole = std::floor(seconds);
    const timespec limit{static_cast<std::time_t>(whole),
                         static_cast<long>((seconds - whole) * 1e9)};
    const int s = sigtimedwait(&set, nullptr, &limit);
    if (s == SIGINT || s == SIGTERM)
        signal_ = s;
    return signal_ != 0;
}

std::optional<child_processes::end> child_processes::wait(double seconds) {
    if (signalled(0, false))
        return std::nullopt;
    auto e = ended();
    if (!e) {
        if (signalled(seconds, true))
            return std::nullopt;
        e = ended();
    }
    // Whoever stops a whole job may reach the children first: what ended because of that is no
    // result.
    const bool stopped = e && (e->exit_code == 128 + SIGINT || e->exit_code == 128 + SIGTERM);
    return stopped && signalled(0.5, false) ? std::nullopt : e;
}

void child_processes::stop() {
    for (const auto& [key, child] : children_)
        kill(-child, SIGKILL);
    for (const auto& [key, child] : children_)
        while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
        }
    children_.clear();
}

}  // namespace ocellus::sim
