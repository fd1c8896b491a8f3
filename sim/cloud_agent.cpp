// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/cloud_agent.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/diagnostics.h"
#include "core/files.h"
#include "links/metadata_envelope.h"

namespace ocellus::sim {
namespace {

using nlohmann::ordered_json;

// gRPC's, in res_info.
constexpr int code_ok = 0, code_invalid = 3, code_not_found = 5, code_denied = 7, code_not_now = 9,
              code_unknown_method = 12;
constexpr std::size_t most_complaints = 20;
constexpr int progress_step = 25;  // percent
const char* const deploy_property = "PRIVATE_deploy_ai_model";

int status_of(int code) {
    switch (code) {
        case code_ok:
            return 200;
        case code_invalid:
            return 400;
        case code_denied:
            return 403;
        case code_not_found:
        case code_unknown_method:
            return 404;
        case code_not_now:
            return 409;
        default:
            return 500;
    }
}

std::string text_of(const ordered_json& j) {
    return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// The request id of a body, wherever its author put it.
std::string request_of(const ordered_json& body) {
    if (body.contains("req_info") && body["req_info"].is_object() &&
        body["req_info"].contains("req_id") && body["req_info"]["req_id"].is_string())
        return body["req_info"]["req_id"].get<std::string>();
    return {};
}

/// A whole number, as a number or as text ("0x0202").
bool number_of(const ordered_json& body, const char* key, std::uint64_t most, std::uint64_t& out,
               std::string& why) {
    if (!body.contains(key)) {
        why = fmt::format("{} is missing", key);
        return false;
    }
    const auto& v = body[key];
    bool good = v.is_number_unsigned();
    if (good)
        out = v.get<std::uint64_t>();
    else if (v.is_string()) {
        const auto& text = v.get_ref<const std::string&>();
        const bool hex = text.rfind("0x", 0) == 0;
        const auto r = std::from_chars(text.data() + (hex ? 2 : 0), text.data() + text.size(), out,
                                       hex ? 16 : 10);
        good = r.ec == std::errc() && r.ptr == text.data() + text.size();
    }
    if (!good || out > most) {
        why = fmt::format("{}: expected a whole number from 0 to {}", key, most);
        return false;
    }
    return true;
}

std::string string_of(const ordered_json& body, const char* key) {
    return body.contains(key) && body[key].is_string() ? body[key].get<std::string>()
                                                       : std::string();
}

std::string answer_of(const links::cci_reply& r) {
    return r.answer == links::cci_answer::no_device
               ? "the device address was not acknowledged"
               : fmt::format("byte {} was not acknowledged", r.acknowledged);
}

}  // namespace

/// The answer to one request, with `res_info` first.
struct cloud_agent::reply {
    ordered_json body;
    int code;
    reply(const std::string& request, int c, const std::string& detail)
        : body{{"res_info", {{"res_id", request}, {"code", c}, {"detail_msg", detail}}}}, code(c) {}
};

cloud_agent::cloud_agent(links::cloud_topics topics, cloud_device& device, sender send)
    : topics_(std::move(topics)), device_(device), send_(std::move(send)) {}

void cloud_agent::send(const links::cloud_message& m) {
    if (m.topic.empty())
        return;
    if (m.topic.size() + m.payload.size() > links::cloud_topics::largest_message) {
        ++too_large_;
        return;
    }
    ++messages_;
    send_(m);
}

void cloud_agent::complain(const std::string& what) {
    if (complaints_.size() < most_complaints)
        complaints_.push_back(what);
}

void cloud_agent::connected() {
    send(topics_.reported(device_.report()));
    send(topics_.ask_for_desired());
}

void cloud_agent::tell(const std::string& envelope) {
    send(topics_.telemetry(envelope));
}

void cloud_agent::arrived(const std::string& topic, const std::string& payload) {
    const links::cloud_request r = topics_.read(topic, payload);
    switch (r.what) {
        case links::cloud_request::kind::none:
            if (!r.why.empty())
                complain(r.why);
            return;
        case links::cloud_request::kind::method:
            return call(r);
        case links::cloud_request::kind::desired:
            return start_deployment(r.body);
    }
}

void cloud_agent::answer(const links::cloud_request& r, const reply& a) {
    send(topics_.answer(r, status_of(a.code), text_of(a.body)));
}

void cloud_agent::call(const links::cloud_request& r) {
    ++methods_;
    if (!r.why.empty())
        return answer(r, {"", code_invalid, r.why});
    const auto body = ordered_json::parse(r.body);
    const std::string id = request_of(body);
    if (r.method == "read_sensor_register" || r.method == "write_sensor_register")
        return access_register(r, body, r.method == "read_sensor_register");
    if (r.method == "direct_get_image")
        return get_image(r, id);
    if (r.method == "reboot") {
        device_.reboot();
        return answer(r, {id, code_ok, "the control CPU starts again"});
    }
    const std::string near = nearest_name(
        r.method, {"read_sensor_register", "write_sensor_register", "direct_get_image", "reboot"});
    answer(r, {id, code_unknown_method,
               fmt::format("unknown method '{}'{}", r.method,
                           near.empty() ? "; there are read_sensor_register, "
                                          "write_sensor_register, direct_get_image and reboot"
                                        : "; did you mean '" + near + "'?")});
}

void cloud_agent::access_register(const links::cloud_request& r, const ordered_json& body,
                                  bool read) {
    const std::string id = request_of(body);
    std::uint64_t address = 0, size = 1, value = 0;
    std::string why;
    if (!number_of(body, "address", 0xffff, address, why) ||
        (body.contains("size") && !number_of(body, "size", 4, size, why)) || size == 0 ||
        size == 3 ||
        (!read && !number_of(body, "value", (std::uint64_t{1} << (8 * size)) - 1, value, why)))
        return answer(r, {id, code_invalid, why.empty() ? "size: expected 1, 2 or 4" : why});
    links::cci_message m;
    m.read = read;
    m.index = static_cast<std::uint16_t>(address);
    if (read)
        m.length = static_cast<std::uint32_t>(size);
    for (std::uint64_t i = read ? 0 : size; i-- > 0;)
        m.bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    device_.access(std::move(m), [this, r, id, address, read](const links::cci_reply& got) {
        if (got.answer != links::cci_answer::ok)
            return answer(r, {id, read ? code_not_found : code_denied, answer_of(got)});
        reply a(id, code_ok, "");
        if (read) {
            std::uint64_t found = 0;
            for (const std::uint8_t b : got.bytes)
                found = found << 8 | b;
            a.body["address"] = address;
            a.body["value"] = found;
        }
        answer(r, a);
    });
}

void cloud_agent::get_image(const links::cloud_request& r, const std::string& id) {
    if (!device_.may_show_pictures())
        return answer(r,
                      {id, code_denied, "permission_denied: the privacy mode keeps pictures in"});
    const auto picture = device_.last_picture();
    if (!picture)
        return answer(r, {id, code_not_now, "there is no picture yet, or output.image is none"});
    reply a(id, code_ok, "");
    a.body["frame"] = picture->frame;
    a.body["format"] = "png";
    a.body["image"] = links::to_base64(picture->png);
    answer(r, a);
}

void cloud_agent::report_deployment(const deployment& d, int progress, const char* state,
                                    const std::string& detail) {
    ordered_json j = {{"component", d.component}, {"chip", d.chip}, {"version", d.version},
                      {"hash", d.hash},           {"size", d.size}, {"progress", progress},
                      {"process_state", state}};
    if (!d.request.empty() || !detail.empty())
        j["res_info"] = {{"res_id", d.request},
                         {"code", detail.empty() ? code_ok : code_invalid},
                         {"detail_msg", detail}};
    send(topics_.reported(text_of(ordered_json{{deploy_property, j}})));
}

void cloud_agent::start_deployment(const std::string& text) {
    const auto all = ordered_json::parse(text);
    if (!all.contains(deploy_property))
        return;
    ordered_json want = all[deploy_property];
    if (want.is_string())  // the agent's attributes carry JSON as text
        want = ordered_json::parse(want.get<std::string>(), nullptr, false);
    deployment d;
    if (want.is_object())
        d.request = request_of(want);
    if (want.is_object() && want.contains("targets") && want["targets"].is_array() &&
        want["targets"].size() == 1)
        want = ordered_json(want["targets"][0]);
    const auto refuse = [&](const std::string& why) {
        report_deployment(d, 0, "failed_invalid_argument", why);
    };
    if (!want.is_object())
        return refuse("expected an object with chip, version, package_url, hash and size");
    d.component = string_of(want, "component").empty() ? "ai_model" : string_of(want, "component");
    d.chip = string_of(want, "chip").empty() ? "sensor_chip" : string_of(want, "chip");
    d.version = string_of(want, "version");
    d.hash = string_of(want, "hash");
    if (want.contains("size") && want["size"].is_number_unsigned())
        d.size = want["size"].get<std::uint64_t>();
    if (d.chip != "sensor_chip")
        return refuse("chip: only sensor_chip runs networks");
    std::string url = string_of(want, "package_url");
    if (url.empty())
        return refuse("package_url is missing");
    if (url.rfind("file://", 0) == 0)
        url = url.substr(7);
    const auto there = device_.deployable();
    if (!there)
        return refuse("nothing can be deployed: network.upload_on_request is false");
    if (running_)
        return refuse("another deployment is under way");
    if (device_.deployed() >= 1)
        return refuse("that network is deployed");
    report_deployment(d, 0, "request_received");
    report_deployment(d, 0, "downloading");
    if (url.rfind("builtin:", 0) == 0) {
        if (url != there->name)
            return refuse(fmt::format("{}: network.second is {}", url, there->name));
    } else {
        std::string bytes;
        try {
            bytes = read_file(url);
        } catch (const input_error& e) {
            return report_deployment(d, 0, "failed_download_retry_exceeded", e.what());
        }
        const std::string found = sha256_hex(bytes);
        if (!d.hash.empty() && d.hash != found)
            return refuse(fmt::format("hash: the package has SHA-256 {}", found));
        if (want.contains("size") && d.size != bytes.size())
            return refuse(fmt::format("size: the package has {} bytes", bytes.size()));
        if (found != there->sha256)
            return refuse(
                fmt::format("the sensor was built for another package: network.second "
                            "is {}",
                            there->name));
        d.hash = found;
        d.size = bytes.size();
    }
    running_ = d;
    device_.deploy();
    look();
}

void cloud_agent::look() {
    if (!running_)
        return;
    const double share = device_.deployed();
    const bool done = share >= 1;
    const int progress = done ? 100 : static_cast<int>(share * 100) / progress_step * progress_step;
    if (progress == running_->told)
        return;
    running_->told = progress;
    const deployment d = *running_;
    if (done)
        running_.reset();
    report_deployment(d, progress, done ? "done" : "installing");
    if (done)
        send(topics_.reported(device_.report()));
}

}  // namespace ocellus::sim
