// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "links/cci_target.h"
#include "links/cloud_topics.h"

namespace ocellus::sim {

/// What the cloud may ask of a device. The agent knows no more of the sensor than this.
class cloud_device {
  public:
    virtual ~cloud_device() = default;

    /// A message of the host over the camera control interface; takes simulated time.
    virtual void access(links::cci_message m,
                        std::function<void(const links::cci_reply&)> done) = 0;
    virtual void reboot() = 0;
    /// Whether pictures may leave at all (the privacy mode).
    virtual bool may_show_pictures() const = 0;
    struct picture {
        std::uint32_t frame = 0;
        std::vector<std::uint8_t> png;
    };
    /// The last whole picture, small; nothing before the first, or when none is sent.
    virtual std::optional<picture> last_picture() = 0;

    /// A network that can be put in place of the running one.
    struct package {
        std::string name;    ///< as network.second has it
        std::string sha256;  ///< of its file; empty: it is built in
    };
    virtual std::optional<package> deployable() const = 0;
    virtual void deploy() = 0;
    /// Share of the network that has been uploaded, 0 to 1; 1: the next frame may go to it.
    virtual double deployed() const = 0;

    /// What the device says of itself, a JSON object.
    virtual std::string report() const = 0;
};

/// Answers the cloud: direct methods, desired properties, and the state of a deployment. Names and
/// states are those of Sony's aitrios-edge-device-system-app (docs/cloud.md); codes in `res_info`
/// are gRPC's, as there. Nothing that comes in can throw.
class cloud_agent {
  public:
    using sender = std::function<void(const links::cloud_message&)>;

    cloud_agent(links::cloud_topics topics, cloud_device& device, sender send);

    /// The connection is there: reports what the device is and asks for its desired properties.
    void connected();
    /// A message of the broker.
    void arrived(const std::string& topic, const std::string& payload);
    /// An inference's envelope, to be sent. One that is larger than a message may be is counted
    /// and not sent.
    void tell(const std::string& envelope);
    /// Between two steps of the simulation: reports the progress of a deployment.
    void look();

    std::uint64_t methods() const { return methods_; }
    std::uint64_t messages() const { return messages_; }
    std::uint64_t too_large() const { return too_large_; }
    /// What could not be understood; the oldest are kept, for people.
    const std::vector<std::string>& complaints() const { return complaints_; }

  private:
    struct deployment {
        std::string request, component, chip, version, hash;
        std::uint64_t size = 0;
        int told = -1;  ///< last progress reported, percent
    };
    void call(const links::cloud_request& r);
    struct reply;
    void answer(const links::cloud_request& r, const reply& a);
    void access_register(const links::cloud_request& r, const nlohmann::ordered_json& body,
                         bool read);
    void get_image(const links::cloud_request& r, const std::string& id);
    void start_deployment(const std::string& body);
    void report_deployment(const deployment& d, int progress, const char* state,
                           const std::string& detail = {});
    void complain(const std::string& what);
    void send(const links::cloud_message& m);

    links::cloud_topics topics_;
    cloud_device& device_;
    sender send_;
    std::optional<deployment> running_;
    std::uint64_t methods_ = 0, messages_ = 0, too_large_ = 0;
    std::vector<std::string> complaints_;
};

}  // namespace ocellus::sim
