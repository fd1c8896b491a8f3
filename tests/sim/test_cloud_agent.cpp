// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "core/random.h"
#include "program.h"
#include "sim/cloud_agent.h"

using namespace ocellus;
using namespace ocellus::sim;
using json = nlohmann::json;
using links::cloud_message;
using links::cloud_style;
using links::cloud_topics;

namespace {

/// A device of 64 KiB of registers.
struct fake_device : cloud_device {
    std::vector<std::uint8_t> registers = std::vector<std::uint8_t>(65536);
    bool shows = true;
    std::optional<package> offered;
    double share = 0;
    int reboots = 0, deployments = 0;
    bool has_picture = true;

    void access(links::cci_message m, std::function<void(const links::cci_reply&)> done) override {
        REQUIRE(m.index);
        links::cci_reply r;
        if (*m.index >= 0xff00) {
            r.answer = links::cci_answer::refused;
        } else if (m.read) {
            REQUIRE((m.length == 1 || m.length == 2 || m.length == 4));
            for (std::uint32_t i = 0; i < m.length; ++i)
                r.bytes.push_back(registers[(*m.index + i) & 0xffff]);
        } else {
            for (std::size_t i = 0; i < m.bytes.size(); ++i)
                registers[(*m.index + i) & 0xffff] = m.bytes[i];
        }
        done(r);
    }
    void reboot() override { ++reboots; }
    bool may_show_pictures() const override { return shows; }
    std::optional<picture> last_picture() override {
        return has_picture ? std::optional<picture>({7, {1, 2, 3}}) : std::nullopt;
    }
    std::optional<package> deployable() const override { return offered; }
    void deploy() override {
        ++deployments;
        share = 0;
    }
    double deployed() const override { return share; }
    std::string report() const override { return R"({"device_info":{}})"; }
};

struct bench {
    fake_device device;
    std::vector<cloud_message> sent;
    cloud_agent agent;
    explicit bench(cloud_style style)
        : agent(cloud_topics(style, "cam"), device,
                [this](const cloud_message& m) { sent.push_back(m); }) {}

    /// The answer's status and body.
    std::pair<int, json> call(const std::string& method, const std::string& body) {
        sent.clear();
        agent.arrived("$iothub/methods/POST/" + method + "/?$rid=5", body);
        REQUIRE(sent.size() == 1);
        const std::string begin = "$iothub/methods/res/";
        REQUIRE(sent[0].topic.rfind(begin, 0) == 0);
        CHECK(contains(sent[0].topic, "/?$rid=5"));
        return {std::stoi(sent[0].topic.substr(begin.size())), json::parse(sent[0].payload)};
    }
    /// What the deployment reports: state and progress.
    std::vector<std::pair<std::string, int>> states() const {
        std::vector<std::pair<std::string, int>> out;
        for (const auto& m : sent) {
            const auto j = json::parse(m.payload);
            if (j.contains("PRIVATE_deploy_ai_model"))
                out.emplace_back(j["PRIVATE_deploy_ai_model"]["process_state"],
                                 j["PRIVATE_deploy_ai_model"]["progress"]);
        }
        return out;
    }
    std::vector<std::pair<std::string, int>> deploy(const json& what) {
        sent.clear();
        agent.arrived("$iothub/twin/PATCH/properties/desired/?$version=2",
                      json{{"PRIVATE_deploy_ai_model", what}}.dump());
        return states();
    }
};

}  // namespace

TEST_CASE("a direct method reads and writes registers, most significant byte first") {
    bench b(cloud_style::iot_hub);
    b.device.registers[0x16] = 0x05;
    auto r = b.call("read_sensor_register", R"({"req_info":{"req_id":"a"},"address":22,"size":2})");
    CHECK(r.first == 200);
    CHECK(r.second["value"] == 0x0500);
    CHECK(r.second["res_info"] == json{{"res_id", "a"}, {"code", 0}, {"detail_msg", ""}});
    CHECK(b.call("write_sensor_register", R"({"address":"0x0340","size":4,"value":"0x01020304"})")
              .first == 200);
    CHECK(b.device.registers[0x340] == 1);
    CHECK(b.device.registers[0x343] == 4);
    CHECK(b.call("read_sensor_register", R"({"address":"0x0343"})").second["value"] == 4);
    for (const char* bad :
         {R"({})", R"({"address":65536})", R"({"address":-1})", R"({"address":1,"size":3})",
          R"({"address":1,"size":0})", R"({"address":"0x"})", R"({"address":"12z"})", "[]", "{"})
        CHECK(b.call("read_sensor_register", bad).first == 400);
    for (const char* bad : {R"({"address":1})", R"({"address":1,"value":256})",
                            R"({"address":1,"size":2,"value":65536})"})
        CHECK(b.call("write_sensor_register", bad).first == 400);
    r = b.call("read_sensor_register", R"({"address":65535})");
    CHECK(r.first == 404);
    CHECK(r.second["res_info"]["code"] == 5);
    CHECK(b.call("write_sensor_register", R"({"address":65535,"value":1})").first == 403);
}

TEST_CASE("pictures are refused where the privacy mode keeps them in") {
    bench b(cloud_style::iot_hub);
    auto r = b.call("direct_get_image", "");
    CHECK(r.first == 200);
    CHECK(r.second["image"] == "AQID");
    CHECK(r.second["frame"] == 7);
    b.device.has_picture = false;
    CHECK(b.call("direct_get_image", "{}").first == 409);
    b.device.shows = false;
    r = b.call("direct_get_image", "{}");
    CHECK(r.first == 403);
    CHECK(r.second["res_info"]["code"] == 7);
    CHECK_FALSE(r.second.contains("image"));
}

TEST_CASE("an unknown method is answered with the nearest") {
    bench b(cloud_style::iot_hub);
    const auto r = b.call("rebot", "{}");
    CHECK(r.first == 404);
    CHECK(r.second["res_info"]["code"] == 12);
    CHECK(contains(r.second["res_info"]["detail_msg"], "did you mean 'reboot'?"));
    CHECK(b.device.reboots == 0);
    CHECK(b.call("reboot", "").first == 200);
    CHECK(b.device.reboots == 1);
}

TEST_CASE("a deployment goes through its states, and a wrong one is refused") {
    using states = std::vector<std::pair<std::string, int>>;
    bench b(cloud_style::iot_hub);
    const std::string file = scratch_folder() + "/net.onnx", bytes = "a network";
    std::ofstream(file) << bytes;
    const json good = {
        {"component", "ai_model"},         {"chip", "sensor_chip"},     {"version", "1"},
        {"package_url", "file://" + file}, {"hash", sha256_hex(bytes)}, {"size", bytes.size()}};
    const states refused = {{"failed_invalid_argument", 0}};
    CHECK(b.deploy(good) == refused);  // nothing can be deployed
    b.device.offered = cloud_device::package{"net.onnx", sha256_hex(bytes)};
    const states late = {
        {"request_received", 0}, {"downloading", 0}, {"failed_invalid_argument", 0}};
    for (const auto& [key, value] :
         {std::pair<std::string, json>{"hash", std::string(64, '0')}, {"size", 3}}) {
        json wrong = good;
        wrong[key] = value;
        CHECK(b.deploy(wrong) == late);
    }
    json other = good;
    other.erase("hash");
    other.erase("size");
    std::ofstream(file + "2") << "another network";
    other["package_url"] = file + "2";
    CHECK(b.deploy(other) == late);
    other["package_url"] = file + "3";
    CHECK(b.deploy(other) == states{{"request_received", 0},
                                    {"downloading", 0},
                                    {"failed_download_retry_exceeded", 0}});
    other["package_url"] = "builtin:net";
    CHECK(b.deploy(other) == late);
    other["chip"] = "main_chip";
    CHECK(b.deploy(other) == refused);
    CHECK(b.deploy("no JSON") == refused);
    CHECK(b.deploy(json::array()) == refused);
    CHECK(b.device.deployments == 0);

    // As the agent writes it: JSON in a text, with a list of one target.
    CHECK(b.deploy(json{{"req_info", {{"req_id", "r"}}}, {"targets", {good}}}.dump()) ==
          states{{"request_received", 0}, {"downloading", 0}, {"installing", 0}});
    CHECK(b.device.deployments == 1);
    CHECK(b.deploy(good) == refused);  // one at a time
    b.sent.clear();
    for (const double share : {0.1, 0.26, 0.3, 0.99, 1.0}) {
        b.device.share = share;
        b.agent.look();
    }
    b.agent.look();
    CHECK(b.states() == states{{"installing", 25}, {"installing", 75}, {"done", 100}});
    const auto last = json::parse(b.sent[2].payload)["PRIVATE_deploy_ai_model"];
    CHECK(last["hash"] == sha256_hex(bytes));
    CHECK(last["res_info"]["res_id"] == "r");
    CHECK(json::parse(b.sent.back().payload).contains("device_info"));
    CHECK(b.deploy(good) == refused);  // it is there
}

TEST_CASE("a message larger than a hub takes is counted, not sent") {
    bench b(cloud_style::iot_hub);
    b.agent.tell(std::string(300000, ' '));
    CHECK(b.sent.empty());
    CHECK(b.agent.too_large() == 1);
    b.agent.tell("{}");
    CHECK(b.sent.size() == 1);
}

namespace {

/// Messages that are nearly right: whole ones with bytes changed, cut, doubled and mixed.
void fuzz(std::uint64_t first, std::uint64_t count) {
    const std::string topics[] = {"$iothub/methods/POST/read_sensor_register/?$rid=1",
                                  "$iothub/methods/POST/write_sensor_register/?$rid=2",
                                  "$iothub/methods/POST/direct_get_image/?$rid=3",
                                  "$iothub/methods/POST/reboot/?$rid=4",
                                  "$iothub/twin/res/200/?$rid=1",
                                  "$iothub/twin/PATCH/properties/desired/?$version=2",
                                  "v1/devices/me/rpc/request/6",
                                  "v1/devices/me/attributes",
                                  "$iothub/twin/res/204/?$rid=1"};
    const std::string bodies[] = {
        R"({"address":"0x0202","size":2,"value":1250,"req_info":{"req_id":"r"}})",
        R"({"method":"write_sensor_register","params":{"address":256,"size":1,"value":"0x01"}})",
        R"({"method":"reboot","params":null})",
        R"({"PRIVATE_deploy_ai_model":{"req_info":{"req_id":"r"},"targets":[{"chip":"sensor_chip","version":"1","package_url":"file:///nonexistent/net","hash":"00","size":4}]}})",
        R"({"PRIVATE_deploy_ai_model":"{\"package_url\":\"builtin:parcels\"}"})",
        R"({"desired":{"PRIVATE_deploy_ai_model":{"package_url":"builtin:parcels"},"$version":3}})",
        "",
        "null"};
    for (const auto style : {cloud_style::iot_hub, cloud_style::edge_agent}) {
        bench b(style);
        b.device.offered = cloud_device::package{"builtin:parcels", ""};
        for (std::uint64_t i = first; i < first + count; ++i) {
            std::uint32_t at = 0;
            const auto draw = [&](std::uint32_t below) {
                return philox4x32::generate({static_cast<std::uint32_t>(i), at++, 0, 77},
                                            {7, static_cast<std::uint32_t>(i >> 32)})[0] %
                       below;
            };
            std::string topic = topics[draw(std::size(topics))];
            std::string body = bodies[draw(std::size(bodies))];
            for (std::string* text : {&topic, &body})
                for (std::uint32_t n = draw(4); n > 0 && !text->empty(); --n) {
                    const std::size_t where = draw(static_cast<std::uint32_t>(text->size()));
                    switch (draw(5)) {
                        case 0:
                            (*text)[where] = static_cast<char>(draw(256));
                            break;
                        case 1:
                            text->resize(where);
                            break;
                        case 2:
                            text->insert(where, text->substr(where / 2));
                            break;
                        case 3:
                            text->erase(where, 1 + draw(5));
                            break;
                        case 4:
                            text->insert(where, bodies[draw(std::size(bodies))]);
                            break;
                    }
                }
            b.sent.clear();
            const auto methods = b.agent.methods();
            b.agent.arrived(topic, body);
            // A method has one answer; whatever leaves is JSON that another can read.
            if (b.agent.methods() != methods)
                REQUIRE(b.sent.size() == 1);
            for (const auto& m : b.sent)
                REQUIRE_FALSE(json::parse(m.payload, nullptr, false).is_discarded());
            b.device.share = draw(3) == 0 ? 1 : 0;
            b.agent.look();
            if (b.device.share >= 1)
                b.device.share = 0;
        }
        CHECK(b.agent.methods() > count / 50);
        CHECK(b.device.deployments > 0);
        CHECK(b.agent.complaints().size() <= 20);
    }
}

}  // namespace

TEST_CASE("messages of a broken cloud are answered or passed over") {
    fuzz(0, 20000);
}

TEST_CASE("a million messages of a broken cloud are answered or passed over", "[.][nightly]") {
    fuzz(0, 1'000'000);
}
