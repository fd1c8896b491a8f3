// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <mosquitto.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/files.h"
#include "core/image_io.h"
#include "links/metadata_envelope.h"
#include "program.h"
#include "tests/test_paths.h"

using json = nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string configs = std::string(source_folder) + "/configs/";
const std::string device = "Aid-80010001-0000-2000-9002-000000000001";

int free_port() {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof a;
    REQUIRE(bind(s, reinterpret_cast<sockaddr*>(&a), size) == 0);
    REQUIRE(getsockname(s, reinterpret_cast<sockaddr*>(&a), &size) == 0);
    close(s);
    return ntohs(a.sin_port);
}

/// A real broker, Eclipse Mosquitto.
struct broker {
    int port = free_port();
    pid_t process = -1;
    broker() {
        const std::string file = scratch_folder() + "/mosquitto.conf";
        write_bytes(file, fmt::format("listener {} 127.0.0.1\nallow_anonymous true\n", port));
        process = fork();
        if (process == 0) {
            const int nothing = open("/dev/null", O_RDWR);
            dup2(nothing, 1);
            dup2(nothing, 2);
            for (const char* program : {"/usr/sbin/mosquitto", "mosquitto"})
                execlp(program, program, "-c", file.c_str(), nullptr);
            _exit(127);
        }
    }
    ~broker() {
        kill(process, SIGTERM);
        waitpid(process, nullptr, 0);
    }
    std::string where() const { return fmt::format("127.0.0.1:{}", port); }
};

/// The cloud's side of the broker, by libmosquitto alone.
class cloud {
  public:
    struct message {
        std::string topic;
        json body;
    };
    explicit cloud(int port) {
        mosquitto_lib_init();
        client_ = mosquitto_new("cloud", true, this);
        mosquitto_message_callback_set(
            client_, [](mosquitto*, void* self, const mosquitto_message* m) {
                static_cast<cloud*>(self)->come_.push_back(
                    {m->topic, json::parse(std::string(static_cast<const char*>(m->payload),
                                                       static_cast<std::size_t>(m->payloadlen)),
                                           nullptr, false)});
            });
        mosquitto_subscribe_callback_set(client_, [](mosquitto*, void* self, int, int, const int*) {
            ++static_cast<cloud*>(self)->subscribed_;
        });
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (mosquitto_connect(client_, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) {
            REQUIRE(std::chrono::steady_clock::now() < until);
            std::this_thread::sleep_for(20ms);
        }
        for (const char* topic : {"devices/#", "$iothub/methods/res/#", "$iothub/twin/GET/#",
                                  "$iothub/twin/PATCH/properties/reported/#", "v1/#"})
            mosquitto_subscribe(client_, nullptr, topic, 1);
        while (subscribed_ < 5)
            REQUIRE(mosquitto_loop(client_, 100, 1) == MOSQ_ERR_SUCCESS);
    }
    ~cloud() { mosquitto_destroy(client_); }

    void say(const std::string& topic, const json& body) {
        const std::string text = body.dump();
        REQUIRE(mosquitto_publish(client_, nullptr, topic.c_str(), static_cast<int>(text.size()),
                                  text.data(), 1, false) == MOSQ_ERR_SUCCESS);
    }
    /// The next message under a topic; those before it are kept.
    message next(const std::string& topic) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (std::chrono::steady_clock::now() < until) {
            for (auto m = come_.begin(); m != come_.end(); ++m)
                if (m->topic.rfind(topic, 0) == 0) {
                    message found = *m;
                    come_.erase(m);
                    return found;
                }
            mosquitto_loop(client_, 50, 1);
        }
        FAIL("nothing came under " << topic);
        return {};
    }
    json call(const std::string& method, const json& body, int status) {
        say(fmt::format("$iothub/methods/POST/{}/?$rid={}", method, ++calls_), body);
        const auto m = next("$iothub/methods/res/");
        CHECK(m.topic == fmt::format("$iothub/methods/res/{}/?$rid={}", status, calls_));
        return m.body;
    }
    std::vector<message> all(const std::string& topic) {
        while (mosquitto_loop(client_, 100, 1) == MOSQ_ERR_SUCCESS) {
            const std::size_t before = come_.size();
            mosquitto_loop(client_, 100, 1);
            if (come_.size() == before)
                break;
        }
        std::vector<message> out;
        for (const auto& m : come_)
            if (m.topic.rfind(topic, 0) == 0)
                out.push_back(m);
        return out;
    }

  private:
    mosquitto* client_ = nullptr;
    std::deque<message> come_;
    int subscribed_ = 0, calls_ = 0;
};

std::future<program_result> started(std::vector<std::string> arguments) {
    return std::async(std::launch::async,
                      [arguments = std::move(arguments)] { return ocellus_program(arguments); });
}

}  // namespace

TEST_CASE("inferences reach a real broker, and the run is the one without it") {
    broker b;
    cloud c(b.port);
    for (const char* style : {"iot-hub", "edge-agent"}) {
        const std::string out = scratch_folder() + "/out", plain = scratch_folder() + "/plain";
        const std::vector<std::string> line = {"run",
                                               configs + "small.toml",
                                               "--frames",
                                               "6",
                                               "--quiet",
                                               "--set",
                                               "host.envelopes=true",
                                               "--set",
                                               "host.inferences_per_message=4",
                                               "--out"};
        auto with = line, without = line;
        with.insert(with.end(), {out, "--mqtt", b.where(), "--mqtt-style", style});
        without.push_back(plain);
        const auto r = ocellus_program(with);
        INFO(r.err);
        REQUIRE(r.exit_code == 0);
        CHECK(contains(r.out, "messages to " + b.where()));
        const bool hub = style == std::string("iot-hub");
        const auto came =
            c.all(hub ? "devices/" + device + "/messages/events/$.ct=application%2Fjson&$.ce=utf-8"
                      : "v1/devices/me/telemetry");
        std::istringstream lines(file_bytes(out + "/envelopes.jsonl"));
        std::size_t n = 0;
        for (std::string text; std::getline(lines, text); ++n) {
            REQUIRE(n < came.size());
            CHECK(came[n].body == json::parse(text));
        }
        CHECK(n == 2);  // four inferences and the two that were left
        CHECK(came.size() == n);
        REQUIRE(ocellus_program(without).exit_code == 0);
        for (const char* file : {"metadata.jsonl", "stats.json", "envelopes.jsonl"})
            CHECK(file_bytes(out + "/" + file) == file_bytes(plain + "/" + file));
    }
}

TEST_CASE("the cloud reads and writes registers, gets a picture and deploys a network") {
    broker b;
    cloud c(b.port);
    const std::string file = configs + "networks/parcels.onnx";
    const std::string out = scratch_folder() + "/out";
    auto run = started({"run", configs + "small.toml", "--frames", "400", "--pace", "1", "--quiet",
                        "--set", "network.source=builtin:mobilenet_v1_1.0_224", "--set",
                        "network.second=" + file, "--set", "network.upload_on_request=true",
                        "--set", "network.upload_rate=10 Mb/s", "--mqtt", b.where(), "--out", out});
    const auto hello = c.next("$iothub/twin/PATCH/properties/reported/").body;
    CHECK(hello["device_info"]["chips"][0]["id"] == device);
    CHECK(hello["device_info"]["chips"][0]["ai_models"].size() == 1);
    c.next("$iothub/twin/GET/");
    const auto sent = c.next("devices/" + device).body;
    CHECK(sent["DeviceID"] == device);

    const auto id = c.call("read_sensor_register", {{"address", 0x0016}, {"size", 2}}, 200);
    CHECK(id["value"] == 0x0500);  // the public driver's chip id
    c.call("write_sensor_register", {{"address", 0x0202}, {"size", 2}, {"value", 123}}, 200);
    CHECK(c.call("read_sensor_register", {{"address", 0x0202}, {"size", 2}}, 200)["value"] == 123);
    c.call("no_such_method", json::object(), 404);

    const auto picture = c.call("direct_get_image", json::object(), 200);
    std::vector<std::uint8_t> png;
    REQUIRE(ocellus::links::from_base64(picture["image"], png));
    const auto image = ocellus::decode_image(png.data(), png.size(), "picture");
    CHECK(image.width == 225);  // 676 / 3
    CHECK(image.height == 168);

    // Where a network is replaced while the sensor streams.
    c.say("$iothub/twin/PATCH/properties/desired/?$version=2",
          {{"PRIVATE_deploy_ai_model",
            {{"chip", "sensor_chip"},
             {"version", "2"},
             {"package_url", "file://" + file},
             {"hash", ocellus::sha256_file(file)},
             {"size", file_bytes(file).size()}}}});
    std::vector<std::string> states;
    for (;;) {
        const auto told = c.next("$iothub/twin/PATCH/properties/reported/").body;
        states.push_back(told["PRIVATE_deploy_ai_model"]["process_state"]);
        INFO(told.dump());
        REQUIRE(states.back().rfind("failed", 0) != 0);
        if (states.back() == "done")
            break;
    }
    CHECK(states.front() == "request_received");
    CHECK(states[1] == "downloading");
    CHECK(states[2] == "installing");
    const auto after = c.next("$iothub/twin/PATCH/properties/reported/").body;
    CHECK(after["device_info"]["chips"][0]["ai_models"].size() == 2);
    const auto r = run.get();
    INFO(r.err);
    CHECK(r.exit_code == 0);
    const json stats = json::parse(file_bytes(out + "/stats.json")).at("statistics");
    CHECK(stats.at("host.images").at("value") == 400);
    CHECK(stats.at("npu.switches").at("value") == 1);
    CHECK(stats.at("npu.errors").at("value") == 0);
}

TEST_CASE("metadata_only refuses a picture to the cloud too, and a reboot goes on") {
    broker b;
    cloud c(b.port);
    auto run = started({"run", configs + "small.toml", "--frames", "200", "--pace", "1", "--quiet",
                        "--set", "privacy.mode=metadata_only", "--set", "output.image=none",
                        "--mqtt", b.where()});
    c.next("devices/" + device);
    const auto refused = c.call("direct_get_image", json::object(), 403);
    CHECK(refused["res_info"]["code"] == 7);
    CHECK_FALSE(refused.contains("image"));
    c.call("reboot", json::object(), 200);
    c.all("");
    c.next("devices/" + device);
    CHECK(run.get().exit_code == 0);
}

TEST_CASE("messages go to the standard output or a file as lines") {
    const std::string folder = scratch_folder();
    const std::vector<std::string> line = {
        "run", configs + "small.toml", "--frames", "3", "--quiet", "--set", "host.envelopes=true"};
    auto shown = line, written = line;
    shown.insert(shown.end(), {"--messages", "-", "--out", folder + "/out"});
    written.insert(written.end(), {"--messages", folder + "/messages.jsonl"});
    const auto r = ocellus_program(shown);
    REQUIRE(r.exit_code == 0);
    CHECK(r.out == file_bytes(folder + "/out/envelopes.jsonl"));
    CHECK(contains(r.err, "frame period"));
    REQUIRE(ocellus_program(written).exit_code == 0);
    CHECK(file_bytes(folder + "/messages.jsonl") == r.out);
    written.back() = folder + "/no/folder/messages.jsonl";
    CHECK(ocellus_program(written).exit_code == 7);
}

TEST_CASE("a broker that is not there is an error, and nothing is simulated") {
    const int port = free_port();
    auto r = ocellus_program(
        {"run", configs + "small.toml", "--mqtt", fmt::format("127.0.0.1:{}", port)});
    CHECK(r.exit_code == 7);
    CHECK(contains(r.err, "no broker can be reached there (Connection refused)"));
    CHECK(contains(r.err, "Nothing was simulated"));
    for (const char* bad : {"localhost:", "localhost:x", ":1883", "localhost:0", "localhost:70000"})
        CHECK(ocellus_program({"run", configs + "small.toml", "--mqtt", bad}).exit_code == 2);
    for (const std::vector<std::string>& bad : {std::vector<std::string>{"--mqtt-style", "iot-hub"},
                                                {"--mqtt", "localhost", "--mqtt-style", "azure"},
                                                {"--pace", "0"},
                                                {"--pace", "fast"}}) {
        std::vector<std::string> line = {"run", configs + "small.toml"};
        line.insert(line.end(), bad.begin(), bad.end());
        CHECK(ocellus_program(line).exit_code == 2);
    }
    r = ocellus_program({"run", configs + "small.toml", "--set", "network.upload_on_request=true"});
    CHECK(r.exit_code == 2);
    CHECK(contains(r.err, "network.upload_on_request without network.second"));
}
