// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cloud_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/image_io.h"
#include "sim/preview.h"
#include "sim/version.h"

namespace ocellus::sim {
namespace {

using nlohmann::ordered_json;
using wall_clock = std::chrono::steady_clock;

/// So that the picture, uncompressed and as base64, fits a message.
constexpr unsigned widest_picture = 256;
constexpr auto last_patience = std::chrono::seconds(5);

/// Every `by` x `by` pixels become their mean, rounded half up.
rgb8_image reduced(const rgb8_image& in, unsigned by) {
    rgb8_image out(in.width / by, in.height / by);
    for (unsigned y = 0; y < out.height; ++y)
        for (unsigned x = 0; x < out.width; ++x)
            for (unsigned c = 0; c < 3; ++c) {
                unsigned sum = by * by / 2;
                for (unsigned v = 0; v < by; ++v)
                    for (unsigned u = 0; u < by; ++u)
                        sum += in.row(y * by + v)[3 * (x * by + u) + c];
                out.row(y)[3 * x + c] = static_cast<std::uint8_t>(sum / (by * by));
            }
    return out;
}

}  // namespace

cloud_link::cloud_link(const std::string& where, links::cloud_style style, sensor& chip,
                       const run_inputs& in, const settings& s, worker_pool& pool)
    : chip_(chip),
      in_(in),
      settings_(s),
      pool_(pool),
      messages_(chip.host_side(), in, s),
      agent_(links::cloud_topics(style, s.envelopes.device_id), *this,
             [this](const links::cloud_message& m) { port_->publish(m.topic, m.payload); }) {
    port_ = std::make_unique<mqtt_port>(
        where, s.envelopes.device_id,
        links::cloud_topics(style, s.envelopes.device_id).subscriptions(),
        [this](const std::string& topic, const std::string& payload) {
            agent_.arrived(topic, payload);
        });
    chip_.host_side().remember_last();
    agent_.connected();
}

void cloud_link::poll(unsigned milliseconds) {
    tell_inferences(false);
    agent_.look();
    port_->poll(milliseconds);
}

void cloud_link::tell_inferences(bool all) {
    messages_.collect(all, [this](const std::string& message) { agent_.tell(message); });
}

void cloud_link::ended(const run_end&) {
    tell_inferences(true);
    agent_.look();
    const auto until = wall_clock::now() + last_patience;
    while (port_->unconfirmed() > 0 && wall_clock::now() < until)
        port_->poll(10);
    lost_ = port_->unconfirmed();
}

std::string cloud_link::summary() const {
    return fmt::format("  {:<22} {} messages to {}, {} methods answered\n", "cloud",
                       agent_.messages() - lost_, port_->where(), agent_.methods());
}

std::vector<std::string> cloud_link::warnings() const {
    std::vector<std::string> out = agent_.complaints();
    if (agent_.too_large() > 0)
        out.push_back(fmt::format("{} messages were larger than the {} B of a hub and not sent",
                                  agent_.too_large(), links::cloud_topics::largest_message));
    if (lost_ > 0)
        out.push_back(
            fmt::format("the broker at {} has not confirmed {} messages", port_->where(), lost_));
    return out;
}

void cloud_link::access(links::cci_message m, std::function<void(const links::cci_reply&)> done) {
    m.device = chip_.cci().own_address();
    chip_.cci().submit(std::move(m), std::move(done));
}

void cloud_link::reboot() {
    chip_.reset(dsp::boot_reason::debugger);
}

bool cloud_link::may_show_pictures() const {
    return chip_.privacy().mode() == privacy_mode::full;
}

std::optional<cloud_device::picture> cloud_link::last_picture() {
    const auto last = chip_.host_side().last_packets();
    if (!last.packets)
        return std::nullopt;
    const auto image = links::decode_image(pool_, last.packets);
    if (!image)
        return std::nullopt;
    const unsigned first = image->raw && image->width > 4 * widest_picture ? 4 : 1;
    rgb8_image shown = preview_of(*image, last.flips, settings_.isp, first, pool_);
    shown = reduced(shown, (shown.width + widest_picture - 1) / widest_picture);
    const std::string png = encode_png_rgb8(shown, 6, &pool_);
    return picture{last.frame, {png.begin(), png.end()}};
}

const input_file* cloud_link::file_of(const std::string& role) const {
    const auto found = std::find_if(in_.files.begin(), in_.files.end(),
                                    [&](const input_file& f) { return f.role == role; });
    return found == in_.files.end() ? nullptr : &*found;
}

std::optional<cloud_device::package> cloud_link::deployable() const {
    if (!settings_.run.upload_on_request)
        return std::nullopt;
    const input_file* const f = file_of("second network");
    return f ? std::optional<package>({f->name, f->sha256}) : std::nullopt;
}

std::string cloud_link::report() const {
    ordered_json models = ordered_json::array();
    for (std::size_t k = 0; k < in_.networks.size(); ++k) {
        if (k > 0 && chip_.uploaded() < 1)
            continue;
        const input_file* const f = file_of(k == 0 ? "network" : "second network");
        models.push_back({{"name", in_.networks[k]->net.name},
                          {"version", settings_.envelopes.model_id},
                          {"hash", f ? f->sha256 : ""}});
    }
    const ordered_json chip = {{"name", "sensor_chip"},
                               {"id", settings_.envelopes.device_id},
                               {"hardware_version", "ocellus " + version_text()},
                               {"temperature", settings_.pixels.noise.temperature},
                               {"ai_models", models}};
    return ordered_json{{"device_info", {{"chips", ordered_json::array({chip})}}},
                        {"device_states", {{"process_state", "Idle"}, {"bootup_reason", 0}}}}
        .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

bool pacer::holds() const {
    const double wall = std::chrono::duration<double>(wall_clock::now() - begin_).count();
    return sc_core::sc_time_stamp().to_seconds() > wall * factor_;
}

void pacer::poll(unsigned milliseconds) {
    if (milliseconds > 0 && holds())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace ocellus::sim
