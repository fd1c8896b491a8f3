// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/cloud_topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace ocellus::links {
namespace {

using nlohmann::ordered_json;

const std::string hub_methods = "$iothub/methods/POST/", hub_answers = "$iothub/twin/res/",
                  hub_desired = "$iothub/twin/PATCH/properties/desired/", agent = "v1/devices/me/",
                  agent_request = agent + "rpc/request/";

bool begins(const std::string& text, const std::string& with) {
    return text.rfind(with, 0) == 0;
}

cloud_request unclear(std::string why) {
    cloud_request r;
    r.why = std::move(why);
    return r;
}

/// The value of `$rid` in "?$rid=7&$version=2"; empty: there is none.
std::string request_id(std::string_view properties) {
    const std::string_view key = "$rid=";
    auto at = properties.find(key);
    if (at == std::string_view::npos ||
        (at > 0 && properties[at - 1] != '?' && properties[at - 1] != '&'))
        return {};
    at += key.size();
    return std::string(properties.substr(at, properties.find('&', at) - at));
}

/// Depth is bounded before a parser that recurses sees the text.
bool too_deep(const std::string& text) {
    int depth = 0, deepest = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return deepest > 32;
}

/// An empty text stands for no parameters.
bool parse_object(const std::string& text, ordered_json& out, std::string& why) {
    if (text.size() > cloud_topics::largest_message || too_deep(text)) {
        why = fmt::format(
            "{} bytes of JSON are too many or too deep: expected at most {} and 32 levels",
            text.size(), cloud_topics::largest_message);
        return false;
    }
    out = ordered_json::object();
    if (text.empty() || text == "null")
        return true;
    try {
        out = ordered_json::parse(text);
    } catch (const ordered_json::exception& e) {
        why = e.what();
        return false;
    }
    if (!out.is_object()) {
        why = "expected a JSON object";
        return false;
    }
    return true;
}

std::string text_of(const ordered_json& value) {
    return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::vector<std::string> cloud_topics::subscriptions() const {
    if (style_ == cloud_style::iot_hub)
        return {hub_methods + "#", hub_answers + "#", hub_desired + "#"};
    return {agent_request + "+", agent + "attributes"};
}

cloud_message cloud_topics::telemetry(std::string body) const {
    if (style_ == cloud_style::iot_hub)
        return {"devices/" + device_ + "/messages/events/$.ct=application%2Fjson&$.ce=utf-8",
                std::move(body)};
    return {agent + "telemetry", std::move(body)};
}

cloud_message cloud_topics::reported(std::string properties) {
    if (style_ == cloud_style::iot_hub)
        return {fmt::format("$iothub/twin/PATCH/properties/reported/?$rid={}", ++requests_),
                std::move(properties)};
    return {agent + "attributes", std::move(properties)};
}

cloud_message cloud_topics::ask_for_desired() {
    if (style_ == cloud_style::iot_hub)
        return {fmt::format("$iothub/twin/GET/?$rid={}", ++requests_), ""};
    return {};
}

cloud_message cloud_topics::answer(const cloud_request& request, int status,
                                   std::string body) const {
    if (style_ == cloud_style::iot_hub)
        return {fmt::format("$iothub/methods/res/{}/?$rid={}", status, request.id),
                std::move(body)};
    return {agent + "rpc/response/" + request.id, std::move(body)};
}

cloud_request cloud_topics::read(const std::string& topic, const std::string& payload) const {
    return style_ == cloud_style::iot_hub ? read_hub(topic, payload) : read_agent(topic, payload);
}

cloud_request cloud_topics::read_hub(const std::string& topic, const std::string& payload) const {
    cloud_request r;
    ordered_json body;
    std::string why;
    if (begins(topic, hub_methods)) {
        const auto end = topic.find('/', hub_methods.size());
        r.method = topic.substr(hub_methods.size(), end - hub_methods.size());
        if (end != std::string::npos)
            r.id = request_id(std::string_view(topic).substr(end + 1));
        if (r.method.empty() || r.id.empty())
            return unclear("a direct method comes as " + hub_methods + "NAME/?$rid=N, not as " +
                           topic);
    } else if (!begins(topic, hub_desired) && !begins(topic, hub_answers)) {
        return r;
    } else if (begins(topic, hub_answers) && !begins(topic, hub_answers + "200/")) {
        // 204: reported properties were taken. Others: they were not.
        return begins(topic, hub_answers + "204/") ? r : unclear("the hub refused: " + topic);
    }
    r.what = r.method.empty() ? cloud_request::kind::desired : cloud_request::kind::method;
    if (!parse_object(payload, body, why)) {
        // A method is answered even so.
        r.body.clear();
        r.why = why;
        return r.method.empty() ? unclear(topic + ": " + why) : r;
    }
    // The whole twin, as it was asked for, has the desired properties as a member.
    if (begins(topic, hub_answers))
        body = body.contains("desired") && body["desired"].is_object() ? body["desired"]
                                                                       : ordered_json::object();
    body.erase("$version");
    r.body = text_of(body);
    return r;
}

cloud_request cloud_topics::read_agent(const std::string& topic, const std::string& payload) const {
    cloud_request r;
    ordered_json body;
    std::string why;
    if (topic == agent + "attributes") {
        if (!parse_object(payload, body, why))
            return unclear(topic + ": " + why);
        r.what = cloud_request::kind::desired;
        r.body = text_of(body);
        return r;
    }
    if (!begins(topic, agent_request))
        return r;
    r.id = topic.substr(agent_request.size());
    if (r.id.empty() || r.id.find('/') != std::string::npos)
        return unclear("a call comes as " + agent_request + "N, not as " + topic);
    r.what = cloud_request::kind::method;
    if (!parse_object(payload, body, why)) {
        r.why = why;
    } else if (!body.contains("method") || !body["method"].is_string()) {
        r.why = R"(expected {"method": "NAME", "params": {...}})";
    } else {
        r.method = body["method"].get<std::string>();
        const auto params = body.contains("params") ? body["params"] : ordered_json::object();
        if (params.is_object() || params.is_null())
            r.body = params.is_null() ? "{}" : text_of(params);
        else
            r.why = "params: expected a JSON object";
    }
    return r;
}

}  // namespace ocellus::links
