// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "links/cloud_topics.h"

using namespace ocellus::links;
using json = nlohmann::json;
using kind = cloud_request::kind;

TEST_CASE("an IoT hub's topics are the published ones") {
    cloud_topics t(cloud_style::iot_hub, "cam 1");
    CHECK(t.subscriptions() == std::vector<std::string>{"$iothub/methods/POST/#",
                                                        "$iothub/twin/res/#",
                                                        "$iothub/twin/PATCH/properties/desired/#"});
    CHECK(t.telemetry("{}").topic ==
          "devices/cam 1/messages/events/$.ct=application%2Fjson&$.ce=utf-8");
    CHECK(t.ask_for_desired().topic == "$iothub/twin/GET/?$rid=1");
    CHECK(t.reported("{}").topic == "$iothub/twin/PATCH/properties/reported/?$rid=2");

    auto r = t.read("$iothub/methods/POST/reboot/?$rid=7f", R"({"a": 1})");
    CHECK(r.what == kind::method);
    CHECK(r.method == "reboot");
    CHECK(r.id == "7f");
    CHECK(json::parse(r.body) == json{{"a", 1}});
    CHECK(t.answer(r, 404, "x").topic == "$iothub/methods/res/404/?$rid=7f");
    CHECK(t.answer(r, 404, "x").payload == "x");

    r = t.read("$iothub/twin/PATCH/properties/desired/?$version=3", R"({"p": 2, "$version": 3})");
    CHECK(r.what == kind::desired);
    CHECK(json::parse(r.body) == json{{"p", 2}});
    // The twin that was asked for holds the desired properties in a member.
    r = t.read("$iothub/twin/res/200/?$rid=1",
               R"({"desired": {"p": 4, "$version": 3}, "reported": {"p": 1}})");
    CHECK(r.what == kind::desired);
    CHECK(json::parse(r.body) == json{{"p", 4}});
    r = t.read("$iothub/twin/res/204/?$rid=2&$version=4", "");
    CHECK(r.what == kind::none);
    CHECK(r.why.empty());
    CHECK_FALSE(t.read("$iothub/twin/res/429/?$rid=2", "").why.empty());
    CHECK_FALSE(t.read("$iothub/methods/POST/reboot/", "{}").why.empty());
    CHECK_FALSE(t.read("$iothub/methods/POST//?$rid=1", "{}").why.empty());
    CHECK(t.read("something/else", "{}").why.empty());
}

TEST_CASE("the edge agent's topics are those of its source") {
    cloud_topics t(cloud_style::edge_agent, "cam");
    CHECK(t.subscriptions() ==
          std::vector<std::string>{"v1/devices/me/rpc/request/+", "v1/devices/me/attributes"});
    CHECK(t.telemetry("{}").topic == "v1/devices/me/telemetry");
    CHECK(t.reported("{}").topic == "v1/devices/me/attributes");
    CHECK(t.ask_for_desired().topic.empty());

    auto r = t.read("v1/devices/me/rpc/request/12", R"({"method": "reboot", "params": {"a": 1}})");
    CHECK(r.what == kind::method);
    CHECK(r.method == "reboot");
    CHECK(json::parse(r.body) == json{{"a", 1}});
    CHECK(t.answer(r, 500, "x").topic == "v1/devices/me/rpc/response/12");
    r = t.read("v1/devices/me/attributes", R"({"p": 2})");
    CHECK(r.what == kind::desired);
    CHECK(json::parse(r.body) == json{{"p", 2}});
    // A call that cannot be understood is answered all the same.
    for (const char* bad : {"", "[]", "{", R"({"params": {}})", R"({"method": 3})",
                            R"({"method": "reboot", "params": [1]})"}) {
        r = t.read("v1/devices/me/rpc/request/13", bad);
        CHECK(r.what == kind::method);
        CHECK(r.id == "13");
        CHECK_FALSE(r.why.empty());
    }
}

TEST_CASE("JSON that is deep, long or no object is refused") {
    const cloud_topics t(cloud_style::iot_hub, "cam");
    const std::string topic = "$iothub/twin/PATCH/properties/desired/?$version=1";
    CHECK_FALSE(t.read(topic, std::string(100000, '[')).why.empty());
    std::string deep = "{\"a\":";
    for (int i = 0; i < 40; ++i)
        deep += "{\"a\":";
    deep += "1" + std::string(41, '}');
    CHECK_FALSE(t.read(topic, deep).why.empty());
    CHECK(t.read(topic, R"({"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})").why.empty());
    CHECK_FALSE(t.read(topic, "\"" + std::string(300000, 'x') + "\"").why.empty());
    CHECK_FALSE(t.read(topic, "3").why.empty());
    CHECK(t.read(topic, "").what == kind::desired);
}
