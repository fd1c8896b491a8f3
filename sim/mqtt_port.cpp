// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/mqtt_port.h"

#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <chrono>
#include <cstring>
#include <mutex>

#include "core/diagnostics.h"

namespace ocellus::sim {
namespace {

using wall_clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(5);  // with a broker that does not answer
constexpr int keep_alive = 60;                      // s

[[noreturn]] void fail(exit_code code, const std::string& what) {
    throw input_error(code, "error: --mqtt " + what + "\nNothing was simulated.");
}

void parse(const std::string& address, std::string& host, int& port) {
    const auto colon = address.rfind(':');
    host = address.substr(0, colon);
    port = 1883;
    if (colon != std::string::npos) {
        const std::string digits = address.substr(colon + 1);
        port = 0;
        if (!digits.empty() && digits.size() <= 5 &&
            digits.find_first_not_of("0123456789") == std::string::npos)
            port = std::stoi(digits);
    }
    if (host.empty() || port < 1 || port > 65535)
        fail(exit_code::usage,
             fmt::format("{}: expected a broker as HOST:PORT, such as localhost:1883", address));
}

}  // namespace

struct mqtt_port::state {
    mosquitto* client = nullptr;
    std::string where;
    std::vector<std::string> topics;
    taker take;
    int refused = 0;  ///< reason code of the broker
    bool connected = false, lost = false;
    std::size_t subscribed = 0;
    std::uint64_t sent = 0, confirmed = 0;
    wall_clock::time_point next_try;

    void subscribe() {
        subscribed = 0;
        for (const auto& t : topics)
            mosquitto_subscribe_v5(client, nullptr, t.c_str(), 1, MQTT_SUB_OPT_NO_LOCAL, nullptr);
    }
};

mqtt_port::mqtt_port(const std::string& address, const std::string& client_id,
                     const std::vector<std::string>& topics, taker take)
    : s_(std::make_unique<state>()) {
    std::string host;
    int port = 0;
    parse(address, host, port);
    s_->where = fmt::format("{}:{}", host, port);
    s_->topics = topics;
    s_->take = std::move(take);
    static std::once_flag once;
    std::call_once(once, [] { mosquitto_lib_init(); });
    s_->client = mosquitto_new(client_id.c_str(), true, s_.get());
    if (!s_->client)
        fail(exit_code::io, "no memory for a client");
    mosquitto_int_option(s_->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_connect_v5_callback_set(
        s_->client, [](mosquitto*, void* self, int reason, int, const mosquitto_property*) {
            auto& s = *static_cast<state*>(self);
            s.refused = reason;
            s.connected = reason == 0;
            if (s.connected)
                s.subscribe();
        });
    mosquitto_disconnect_v5_callback_set(
        s_->client, [](mosquitto*, void* self, int, const mosquitto_property*) {
            auto& s = *static_cast<state*>(self);
            s.connected = false;
            s.lost = true;
        });
    mosquitto_subscribe_v5_callback_set(
        s_->client, [](mosquitto*, void* self, int, int, const int*, const mosquitto_property*) {
            ++static_cast<state*>(self)->subscribed;
        });
    mosquitto_publish_v5_callback_set(
        s_->client, [](mosquitto*, void* self, int, int, const mosquitto_property*) {
            ++static_cast<state*>(self)->confirmed;
        });
    mosquitto_message_v5_callback_set(
        s_->client,
        [](mosquitto*, void* self, const mosquitto_message* m, const mosquitto_property*) {
            auto& s = *static_cast<state*>(self);
            s.take(m->topic, std::string(static_cast<const char*>(m->payload),
                                         static_cast<std::size_t>(m->payloadlen)));
        });
    const int result =
        mosquitto_connect_bind_v5(s_->client, host.c_str(), port, keep_alive, nullptr, nullptr);
    const std::string why =
        result == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(result);
    if (result != MOSQ_ERR_SUCCESS) {
        mosquitto_destroy(s_->client);
        fail(exit_code::io, fmt::format("{}: no broker can be reached there ({})", s_->where, why));
    }
    const auto until = wall_clock::now() + patience;
    while (s_->subscribed < topics.size() && s_->refused == 0 && !s_->lost &&
           wall_clock::now() < until)
        mosquitto_loop(s_->client, 50, 1);
    if (s_->subscribed < topics.size()) {
        const std::string said = s_->refused ? mosquitto_reason_string(s_->refused)
                                 : s_->lost  ? "it closed the connection"
                                             : "it does not answer";
        mosquitto_destroy(s_->client);
        fail(exit_code::io, fmt::format("{}: {}", s_->where, said));
    }
}

mqtt_port::~mqtt_port() {
    mosquitto_disconnect_v5(s_->client, 0, nullptr);
    mosquitto_destroy(s_->client);
}

void mqtt_port::publish(const std::string& topic, const std::string& payload) {
    ++s_->sent;
    mosquitto_publish_v5(s_->client, nullptr, topic.c_str(), static_cast<int>(payload.size()),
                         payload.data(), 1, false, nullptr);
}

void mqtt_port::poll(unsigned milliseconds) {
    const int result = mosquitto_loop(s_->client, static_cast<int>(milliseconds), 1);
    if (result == MOSQ_ERR_SUCCESS)
        return;
    const auto now = wall_clock::now();
    if (now < s_->next_try)
        return;
    s_->next_try = now + std::chrono::milliseconds(500);
    mosquitto_reconnect(s_->client);
}

std::uint64_t mqtt_port::unconfirmed() const {
    return s_->sent - s_->confirmed;
}

const std::string& mqtt_port::where() const {
    return s_->where;
}

}  // namespace ocellus::sim
