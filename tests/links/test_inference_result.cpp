// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "core/files.h"
#include "links/inference_result.h"
#include "links/metadata_envelope.h"
#include "tests/test_data.h"

using namespace ocellus;
using namespace ocellus::links;

namespace {

std::vector<std::uint8_t> bytes_of(const std::string& base64) {
    std::vector<std::uint8_t> bytes;
    REQUIRE(from_base64(base64, bytes));
    return bytes;
}

template <class Result>
Result decoded(const std::vector<std::uint8_t>& bytes, result_kind kind) {
    inference_result r;
    std::string why;
    const bool good = decode_result(bytes, kind, r, why);
    INFO(why);
    REQUIRE(good);
    return std::get<Result>(r);
}

metadata_envelope sample(const std::string& name) {
    metadata_envelope e;
    std::string why;
    const bool good = decode_envelope(read_file(test_data("metadata/" + name)), e, why);
    INFO(why);
    REQUIRE(good);
    REQUIRE(e.inferences.size() == 1);
    return e;
}

}  // namespace

TEST_CASE("the public detection sample decodes to its objects and encodes to its bytes") {
    if (!have_test_data())
        return;
    const auto e = sample("ObjectDetection_encoded.json");
    CHECK(e.device_id == "Sample012345");
    CHECK_FALSE(e.image);
    CHECK(e.inferences[0].time == "0123456789");
    const auto& payload = e.inferences[0].payload;
    CHECK(payload.size() == 152);
    const auto r = decoded<object_detections>(payload, result_kind::detection);
    REQUIRE(r.objects.size() == 2);
    const auto& a = r.objects[0];
    const auto& b = r.objects[1];
    CHECK(a.class_id == 18);
    CHECK(a.score == 0.04296875f);
    CHECK((a.box.left == 4 && a.box.top == 11 && a.box.right == 119 && a.box.bottom == 74));
    CHECK(b.class_id == 8);
    CHECK(b.score == 0.02734375f);
    CHECK((b.box.left == 19 && b.box.top == 22 && b.box.right == 247 && b.box.bottom == 71));
    CHECK(r.area_counts.empty());
    CHECK(encode_result(r) == payload);
}

TEST_CASE("the public classification sample decodes to its classes and encodes to its bytes") {
    if (!have_test_data())
        return;
    const auto e = sample("Classification_encoded.json");
    CHECK(e.image);
    const auto r = decoded<class_scores>(e.inferences[0].payload, result_kind::classification);
    REQUIRE(r.classes.size() == 2);
    CHECK(r.classes[0].class_id == 5);
    CHECK(r.classes[0].score == 0.79296875f);
    CHECK(r.classes[1].class_id == 2);
    CHECK(r.classes[1].score == 0.7890625f);
    CHECK(encode_result(r) == e.inferences[0].payload);
}

TEST_CASE("the size of detections follows the law of the public schema") {
    // 64 + 44 N bytes; one object alone has no second table to share a padding with.
    for (const std::size_t n : {2u, 3u, 10u, 100u}) {
        object_detections r;
        for (std::size_t i = 0; i < n; ++i)
            r.objects.push_back({static_cast<std::uint32_t>(i + 1), {1, 2, 3, 4}, 0.5f});
        CHECK(encode_result(r).size() == 64 + 44 * n);
    }
}

TEST_CASE("segmentation, poses and area counts survive the way there and back") {
    segmentation s;
    s.height = 2;
    s.width = 3;
    s.class_ids = {0, 1, 2, 3, 65535, 5};
    s.num_class_id = 6;
    s.scores = {0.f, 1.f, 0.25f, 0.5f, 0.75f, 0.125f};
    const auto s2 = decoded<segmentation>(encode_result(s), result_kind::segmentation);
    CHECK((s2.height == 2 && s2.width == 3 && s2.num_class_id == 6));
    CHECK(s2.class_ids == s.class_ids);
    CHECK(s2.scores == s.scores);

    poses p;
    p.list.push_back({0.5f, {{0.25f, -3, 70000, 0}, {0.75f, 5, 6, 16}}});
    p.list.push_back({0.125f, {}});
    const auto p2 = decoded<poses>(encode_result(p), result_kind::pose);
    REQUIRE(p2.list.size() == 2);
    REQUIRE(p2.list[0].points.size() == 2);
    CHECK(p2.list[0].points[0].x == -3);
    CHECK(p2.list[0].points[0].y == 70000);
    CHECK(p2.list[0].points[1].name == 16);
    CHECK(p2.list[1].score == 0.125f);

    object_detections d;
    d.area_counts = {{3, 7}};
    const auto d2 = decoded<object_detections>(encode_result(d), result_kind::detection);
    REQUIRE(d2.area_counts.size() == 1);
    CHECK((d2.area_counts[0].class_id == 3 && d2.area_counts[0].count == 7));
}

TEST_CASE("damaged results are refused, never read past their end") {
    object_detections d;
    d.objects.push_back({1, {1, 2, 3, 4}, 0.5f});
    d.objects.push_back({2, {5, 6, 7, 8}, 0.25f});
    const auto good = encode_result(d);
    inference_result r;
    std::string why;
    for (std::size_t n = 0; n < good.size(); ++n) {
        std::vector<std::uint8_t> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n));
        CHECK_FALSE(decode_result(cut, result_kind::detection, r, why));
    }
    CHECK(why.find("detection") != std::string::npos);
    std::mt19937 random(1);
    const char* const full = std::getenv("OCELLUS_FUZZ");
    const unsigned long rounds = full ? std::strtoul(full, nullptr, 10) : 20000;
    for (unsigned long i = 0; i < rounds; ++i) {
        auto bad = good;
        for (unsigned k = 0; k <= random() % 4; ++k)
            bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
        for (const auto kind : {result_kind::detection, result_kind::classification,
                                result_kind::segmentation, result_kind::pose})
            decode_result(bad, kind, r, why);
    }
    segmentation s;
    s.height = 2;
    s.width = 2;
    s.class_ids = {1, 2, 3};
    CHECK_FALSE(decode_result(encode_result(s), result_kind::segmentation, r, why));
    CHECK(why == "class_id_map has 3 elements, expected 2 x 2 = 4");
}

TEST_CASE("base64 is that of RFC 4648 and strict") {
    const auto text = [](const char* s) {
        return std::vector<std::uint8_t>(s, s + std::char_traits<char>::length(s));
    };
    // Section 10 of the RFC.
    CHECK(to_base64(text("")) == "");
    CHECK(to_base64(text("f")) == "Zg==");
    CHECK(to_base64(text("fo")) == "Zm8=");
    CHECK(to_base64(text("foo")) == "Zm9v");
    CHECK(to_base64(text("foobar")) == "Zm9vYmFy");
    CHECK(bytes_of("Zm9vYg==") == text("foob"));
    std::vector<std::uint8_t> b;
    for (const char* bad : {"Zg=", "Zg", "Z===", "Zh==", "Zg==\n", " Zg=", "Z-==", "=Zg="})
        CHECK_FALSE(from_base64(bad, b));
}

TEST_CASE("an envelope is one line with the public keys in the public order") {
    metadata_envelope e;
    e.model_id = "0311030000000100";
    e.device_id = "Aid-80010001-0000-2000-9002-000000000001";
    e.inferences.push_back({envelope_time(1769171403123), {1, 2, 3}, false});
    CHECK(encode_envelope(e) ==
          R"({"ModelID":"0311030000000100","DeviceID":"Aid-80010001-0000-2000-9002-000000000001",)"
          R"("Image":false,"Inferences":[{"T":"20260123123003123","O":"AQID","F":0}]})");
    metadata_envelope back;
    std::string why;
    REQUIRE(decode_envelope(encode_envelope(e), back, why));
    CHECK(back.inferences[0].payload == std::vector<std::uint8_t>{1, 2, 3});
    // Leap days and the end of a century, against date(1).
    CHECK(envelope_time(0) == "19700101000000000");
    CHECK(envelope_time(951'782'399'999) == "20000228235959999");
    CHECK(envelope_time(951'782'400'000) == "20000229000000000");
    CHECK(envelope_time(4'107'542'400'000) == "21000301000000000");
}

TEST_CASE("a bad envelope is refused with the place and what was expected") {
    const auto why = [](const std::string& text) {
        metadata_envelope e;
        std::string reason;
        CHECK_FALSE(decode_envelope(text, e, reason));
        return reason;
    };
    const std::string head = R"({"ModelID":"m","DeviceID":"d","Image":false,"Inferences":)";
    CHECK(why("{\n  \"ModelID\": nope}") == "2:15: not JSON");
    CHECK(why("[]") == "a JSON array, expected an object");
    CHECK(why("{}") == "ModelID is missing");
    CHECK(why(R"({"ModelID":3})") == "ModelID is a number, expected a string");
    CHECK(why(head + "7}") == "Inferences is a number, expected an array");
    CHECK(why(head + "[1]}") == "Inferences[0] is a number, expected an object");
    CHECK(why(head + R"([{"T":"1"}]})") == "Inferences[0].O is missing");
    CHECK(why(head + R"([{"T":"1","O":"AQI"}]})") == "Inferences[0].O is no base64 text");
    CHECK(why(head + R"([{"T":"1","O":"AQID","F":2}]})") ==
          "Inferences[0].F is 2, expected 0 (base64) or 1 (plain JSON)");
}
