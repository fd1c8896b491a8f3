// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ocellus::links {

/// Whose MQTT topics a device speaks.
enum class cloud_style {
    iot_hub,     ///< Azure IoT Hub: devices/ID/messages/events/, $iothub/twin, $iothub/methods
    edge_agent,  ///< the agent of Sony's edge-virtualization-platform: v1/devices/me/...
};

/// A message as MQTT carries it.
struct cloud_message {
    std::string topic, payload;
};

/// What the cloud wants, whichever topics carried it.
struct cloud_request {
    enum class kind : std::uint8_t {
        none,     ///< nothing for this device; `why` says so of what it should have understood
        method,   ///< a direct method: answer it
        desired,  ///< desired properties (device twin), or attributes
    };
    kind what = kind::none;
    std::string method;  ///< name of the method
    std::string id;      ///< of the request: goes into the answer
    std::string body;    ///< JSON: the method's parameters, or the desired properties
    std::string why;     ///< of kind::none: what is wrong with it; empty: not for us
};

/// Topics and framing of device twins, direct methods and messages, in either style, as published
/// by Microsoft (IoT Hub over MQTT) and by Sony's agent (hub_tb.c). No connection, no time.
///
/// | | iot_hub | edge_agent |
/// |---|---|---|
/// | message | devices/ID/messages/events/$.ct=application%2Fjson&$.ce=utf-8 |
/// v1/devices/me/telemetry | | reported | $iothub/twin/PATCH/properties/reported/?$rid=N |
/// v1/devices/me/attributes | | desired | $iothub/twin/PATCH/properties/desired/...,
/// $iothub/twin/res/200/... | v1/devices/me/attributes | | method |
/// $iothub/methods/POST/NAME/?$rid=N | v1/devices/me/rpc/request/N | | its answer |
/// $iothub/methods/res/STATUS/?$rid=N | v1/devices/me/rpc/response/N |
class cloud_topics {
  public:
    /// Largest message of a hub, body and topic together, bytes (Microsoft, 256 KB).
    static constexpr std::size_t largest_message = 256 * 1024;

    cloud_topics(cloud_style style, std::string device_id)
        : style_(style), device_(std::move(device_id)) {}

    std::vector<std::string> subscriptions() const;
    cloud_message telemetry(std::string body) const;
    /// Properties of the device, a JSON object. Requests to a hub are numbered.
    cloud_message reported(std::string properties);
    /// Asks for the desired properties; an empty topic where they come unasked.
    cloud_message ask_for_desired();
    /// `status`: 200, 400, 403, 404, 409 or 500.
    cloud_message answer(const cloud_request& request, int status, std::string body) const;

    /// Never throws, whatever has come.
    cloud_request read(const std::string& topic, const std::string& payload) const;

  private:
    cloud_request read_hub(const std::string& topic, const std::string& payload) const;
    cloud_request read_agent(const std::string& topic, const std::string& payload) const;

    cloud_style style_;
    std::string device_;
    std::uint64_t requests_ = 0;
};

}  // namespace ocellus::links
