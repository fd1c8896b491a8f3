// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/uart_backend.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>

#include "core/diagnostics.h"
#include "core/files.h"

namespace ocellus::sim {
namespace {

constexpr std::size_t most_kept = std::size_t{1} << 20;  // bytes that nobody has read yet

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw input_error(exit_code::io, fmt::format("error: --uart {}: {}", where, what));
}

class nowhere : public uart_backend {
  public:
    void put(char) override {}
};

class standard_output : public uart_backend {
  public:
    ~standard_output() override { std::fflush(stdout); }
    void put(char c) override {
        std::fputc(c, stdout);
        if (c == '\n')
            std::fflush(stdout);
    }
    void finish() override {
        if (std::fflush(stdout) != 0)
            throw input_error(exit_code::io, "error: cannot write to standard output");
    }
};

/// Kept in memory and written at the end, whole or not at all.
class file : public uart_backend {
  public:
    explicit file(std::string path) : path_(std::move(path)) {
        const auto folder = std::filesystem::absolute(path_).parent_path();
        if (!std::filesystem::is_directory(folder))
            fail("file:" + path_, "the folder " + folder.string() + " does not exist");
        if (std::filesystem::is_directory(path_))
            fail("file:" + path_, "is a folder");
    }
    void put(char c) override { text_ += c; }
    void finish() override {
        const std::string part = path_ + ".part";
        output_file f(part, path_);
        f.write(text_);
        f.close();
        if (std::rename(part.c_str(), path_.c_str()) != 0)
            fail("file:" + path_, std::strerror(errno));
    }

  private:
    std::string path_, text_;
};

/// A descriptor that takes what it can; the rest waits, and of too much the oldest is given up.
class descriptor : public uart_backend {
  public:
    ~descriptor() override {
        flush();
        if (fd_ >= 0)
            ::close(fd_);
    }
    void put(char c) override {
        if (waiting_.size() == most_kept)
            waiting_.pop_front();
        waiting_.push_back(c);
    }
    void poll(const std::function<bool()>& room, const std::function<void(char)>& typed) override {
        flush();
        while (fd_ >= 0 && room()) {
            char c = 0;
            const ssize_t n = ::read(fd_, &c, 1);
            if (n == 1) {
                typed(c);
                continue;
            }
            if (n == 0 || (errno != EAGAIN && errno != EINTR))
                gone();
            return;
        }
    }
    void finish() override { flush(); }
    bool interactive() const override { return true; }

  protected:
    virtual void gone() {}
    virtual ssize_t send_some(const char* bytes, std::size_t n) { return ::write(fd_, bytes, n); }
    void flush() {
        while (fd_ >= 0 && !waiting_.empty()) {
            char piece[512];
            std::size_t n = 0;
            for (; n < sizeof piece && n < waiting_.size(); ++n)
                piece[n] = waiting_[n];
            const ssize_t sent = send_some(piece, n);
            if (sent <= 0)
                return;
            waiting_.erase(waiting_.begin(), waiting_.begin() + sent);
        }
    }
    int fd_ = -1;
    std::deque<char> waiting_;
};

class pseudo_terminal : public descriptor {
  public:
    pseudo_terminal() {
        int other = -1;
        char name[128] = {};
        termios raw{};
        cfmakeraw(&raw);
        if (openpty(&fd_, &other, name, &raw, nullptr) != 0)
            fail("pty", std::strerror(errno));
        // Our own hold on the other end keeps it alive while nobody is there.
        other_ = other;
        fcntl(fd_, F_SETFL, O_NONBLOCK);
        name_ = name;
    }
    ~pseudo_terminal() override { ::close(other_); }
    std::string where() const override { return "UART on " + name_; }

  private:
    int other_ = -1;
    std::string name_;
};

class tcp : public descriptor {
  public:
    explicit tcp(std::uint16_t port) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const int on = 1;
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(port);
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof a;
        if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 ||
            listen(listener_, 1) != 0 ||
            getsockname(listener_, reinterpret_cast<sockaddr*>(&a), &length) != 0) {
            const int error = errno;
            if (listener_ >= 0)
                ::close(listener_);
            fail(fmt::format("tcp:{}", port), std::strerror(error));
        }
        port_ = ntohs(a.sin_port);
    }
    ~tcp() override { ::close(listener_); }
    void poll(const std::function<bool()>& room, const std::function<void(char)>& typed) override {
        if (fd_ < 0) {
            fd_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd_ < 0)
                return;
        }
        descriptor::poll(room, typed);
    }
    std::string where() const override { return fmt::format("UART on 127.0.0.1:{}", port_); }

  private:
    ssize_t send_some(const char* bytes, std::size_t n) override {
        return ::send(fd_, bytes, n, MSG_NOSIGNAL);
    }
    void gone() override {
        ::close(fd_);
        fd_ = -1;
    }
    int listener_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace

void uart_backend::poll(const std::function<bool()>&, const std::function<void(char)>&) {}

std::unique_ptr<uart_backend> uart_backend::open(const std::string& where) {
    if (where == "none")
        return std::make_unique<nowhere>();
    if (where == "stdout")
        return std::make_unique<standard_output>();
    if (where == "pty")
        return std::make_unique<pseudo_terminal>();
    if (where.rfind("file:", 0) == 0 && where.size() > 5)
        return std::make_unique<file>(where.substr(5));
    if (where.rfind("tcp:", 0) == 0) {
        const std::string port = where.substr(4);
        if (!port.empty() && port.size() <= 5 &&
            port.find_first_not_of("0123456789") == std::string::npos && std::stoul(port) <= 65535)
            return std::make_unique<tcp>(static_cast<std::uint16_t>(std::stoul(port)));
    }
    const auto near = nearest_name(where, {"stdout", "none", "pty", "file:PATH", "tcp:PORT"});
    throw input_error(exit_code::usage,
                      fmt::format("error: --uart {}: expected stdout, none, file:PATH, pty or "
                                  "tcp:PORT{}",
                                  where, near.empty() ? "" : "; did you mean " + near + "?"));
}

}  // namespace ocellus::sim
