// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/control_server.h"

#include <chrono>

namespace ocellus::sim {
namespace {

double wall_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

control_server::control_server(const std::string& where, sensor& chip, session& drive,
                               const ocellus::statistics& stats, sensor_control::services s)
    : target_(chip, drive, stats, std::move(s)),
      protocol_(target_, wall_now),
      server_(socket_address::parse(where), protocol_) {}

void control_server::poll(unsigned milliseconds) {
    server_.poll(std::chrono::milliseconds(milliseconds));
    protocol_.update();
    const bool connected = server_.connected();
    if (was_connected_ && !connected)
        target_.quit();
    was_connected_ = connected;
}

void control_server::ended(const run_end&) {
    target_.end();
    protocol_.update();
    // The last words are delivered; a client that wants results asks for them until it says quit.
    for (int k = 0; k < 3000 && server_.connected() && !protocol_.closing(); ++k) {
        server_.poll(std::chrono::milliseconds(20));
        protocol_.update();
    }
    server_.poll(std::chrono::milliseconds(20));
}

}  // namespace ocellus::sim
