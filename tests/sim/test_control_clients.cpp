// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
// The clients in C and Python, over real sockets, against the real protocol on a toy simulation and
// against servers that misbehave.
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "clients/c/ocellus_control.h"  // must be C++ too
#include "sim/control_protocol.h"
#include "sim/socket_server.h"
#include "tests/sim/program.h"
#include "tests/sim/toy_simulation.h"
#include "tests/test_paths.h"

using namespace ocellus::sim;
using namespace std::chrono_literals;

namespace {

const std::string root = source_folder;

double wall_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Says something of its own to whoever comes.
class hostile_protocol : public byte_protocol {
  public:
    hostile_protocol(std::string greeting, std::string reply, bool hang_up)
        : greeting_(std::move(greeting)), reply_(std::move(reply)), hang_up_(hang_up) {}
    void connect() override {
        output_ = greeting_;
        closing_ = hang_up_ && reply_.empty();
    }
    void disconnect() override { output_.clear(); }
    std::size_t receive(std::string_view bytes) override {
        output_ += reply_;
        closing_ = hang_up_;
        return bytes.size();
    }
    void update() override {}
    const std::string& output() const override { return output_; }
    void sent(std::size_t count) override { output_.erase(0, count); }
    bool closing() const override { return closing_; }

  private:
    std::string greeting_, reply_, output_;
    bool hang_up_, closing_ = false;
};

/// The client's program: "c" or "python"; empty when its compiler or interpreter is not there.
std::vector<std::string> client_program(const std::string& language) {
    const bool c = language == "c";
    if (run_program({"sh", "-c", c ? "command -v cc" : "command -v python3"}).exit_code != 0) {
        WARN("skipped: no " << (c ? "cc" : "python3"));
        return {};
    }
    if (!c)
        return {"timeout", "60", "python3", root + "/tests/clients/control_client.py",
                root + "/clients/python"};
    const std::string program = scratch_folder() + "/client";
    const auto built = run_program({"cc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror",
                                    "-o", program, root + "/tests/clients/control_client.c",
                                    root + "/clients/c/ocellus_control.c"});
    INFO(built.err);
    REQUIRE(built.exit_code == 0);
    return {"timeout", "60", program};
}

/// Serves while the client's program runs.
template <class Turn>
program_result run_client(std::vector<std::string> command, const std::vector<std::string>& more,
                          Turn turn) {
    command.insert(command.end(), more.begin(), more.end());
    auto client = std::async(std::launch::async, [&] { return run_program(command); });
    while (client.wait_for(0s) != std::future_status::ready)
        turn();
    return client.get();
}

}  // namespace

TEST_CASE("control clients: every call") {
    const std::string language = GENERATE("c", "python");
    const auto program = client_program(language);
    if (program.empty())
        return;
    for (const bool tcp : {true, false}) {
        toy_simulation chip;
        chip.picture = {7, 4, 2, "raw10", std::string("ab\n\0defghij", 11)};
        chip.tensor = {0, 10, 255};
        chip.metadata = "{\"frame\":7}\n";
        control_protocol protocol(chip, wall_now);
        const std::string where = tcp ? "0" : "unix:" + scratch_folder() + "/socket";
        socket_server server(socket_address::parse(where), protocol);
        const auto r = run_client(program, {server.where()}, [&] {
            server.poll(chip.busy() ? 0ms : 1ms);
            chip.advance(1000);
        });
        INFO(language << " at " << server.where() << "\n" << r.out << r.err);
        CHECK(r.exit_code == 0);
        CHECK(chip.scene == "two words.png");
        CHECK(chip.resets == 1);
        CHECK(chip.quits == 1);
        CHECK(chip.memory[5] == 35);
    }
}

TEST_CASE("control clients: servers that misbehave are given up in time") {
    const std::string language = GENERATE("c", "python");
    const auto program = client_program(language);
    if (program.empty())
        return;
    struct server {
        const char* greeting;
        const char* reply;
        bool hang_up;
        const char* expected;
    };
    const std::string hello = "ocellus-control 1 t=0\n";
    const server servers[] = {
        {"", "", false, "no answer within the deadline"},
        {"", "", true, "the simulation is gone"},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", "", false,
         "not an Ocellus control socket of version 1: HTTP/1.1 400"},
        {"ocellus-control 2 t=0\n", "", false, "not an Ocellus control socket of version 1: "},
        {"\n\n", "", false, "not an Ocellus control socket"},
        {"ocellus-control 1", "", true, "the simulation is gone"},
        {hello.c_str(), "1 ok t=5 bytes=3\nab", true, "the simulation is gone"},
        {hello.c_str(), "2 ok t=5 bytes=3\nabc", false, "an answer to nothing: 2 ok"},
        {hello.c_str(), "\xff\xfe\n", false, "an answer to nothing"},
        {hello.c_str(), "1 maybe t=5\n", false, ""},
        {hello.c_str(), "1 ok bytes=3\n", false, ""},
        {hello.c_str(), "1 ok t=5 bytes=99999999\nabc", true, "the simulation is gone"},
    };
    for (const auto& s : servers) {
        hostile_protocol protocol(s.greeting, s.reply, s.hang_up);
        socket_server where(socket_address::parse("0"), protocol);
        const auto r = run_client(program, {where.where(), s.expected}, [&] { where.poll(1ms); });
        INFO(language << ", " << s.greeting << s.reply << "\n" << r.err);
        CHECK(r.exit_code == 0);
    }
}

TEST_CASE("control clients: an address where nobody waits") {
    const std::string language = GENERATE("c", "python");
    const auto program = client_program(language);
    if (program.empty())
        return;
    for (const std::string where : {"unix:/nowhere/socket", "127.0.0.1:1"}) {
        auto command = program;
        command.insert(command.end(), {where, "cannot connect to " + where});
        const auto r = run_program(command);
        INFO(language << "\n" << r.err);
        CHECK(r.exit_code == 0);
    }
}
