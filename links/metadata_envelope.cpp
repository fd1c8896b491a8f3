// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/metadata_envelope.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ocellus::links {

std::string to_base64(const std::vector<std::uint8_t>& bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                       static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

bool from_base64(const std::string& text, std::vector<std::uint8_t>& bytes) {
    bytes.clear();
    if (text.empty())
        return true;
    // The library's decoder also takes spaces and does not tell padding from zeros.
    const std::size_t end = text.find_last_not_of('=') + 1;
    const std::size_t padding = text.size() - end;
    const auto is_digit = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    };
    if (text.size() % 4 != 0 || padding > 2 ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), is_digit))
        return false;
    bytes.resize(text.size() / 4 * 3);
    if (EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) < 0)
        return false;
    bytes.resize(bytes.size() - padding);
    // Bits that the padding cuts off are zero in a text that an encoder made.
    return to_base64(bytes) == text;
}

std::string envelope_time(std::uint64_t unix_milliseconds) {
    // Civil date from days since 1970-01-01, proleptic Gregorian calendar; no time zone and no
    // locale of the machine enters.
    const std::uint64_t days = unix_milliseconds / 86'400'000,
                        in_day = unix_milliseconds % 86'400'000;
    const std::uint64_t z = days + 719'468, era = z / 146'097, doe = z % 146'097;
    const std::uint64_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
    const std::uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    const std::uint64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    const std::uint64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}{:03}", year, month, day, in_day / 3'600'000,
                       in_day / 60'000 % 60, in_day / 1'000 % 60, in_day % 1'000);
}

std::string encode_envelope(const metadata_envelope& e) {
    nlohmann::ordered_json j;
    j["ModelID"] = e.model_id;
    j["DeviceID"] = e.device_id;
    j["Image"] = e.image;
    j["Inferences"] = nlohmann::ordered_json::array();
    for (const auto& i : e.inferences) {
        nlohmann::ordered_json one;
        one["T"] = i.time;
        if (i.plain)
            one["O"] = nlohmann::ordered_json::parse(i.payload);
        else
            one["O"] = to_base64(i.payload);
        one["F"] = i.plain ? 1 : 0;
        j["Inferences"].push_back(std::move(one));
    }
    return j.dump();
}

namespace {

/// The member `key` of an object when it has the wanted type; else null, and says why.
const nlohmann::json* member(const nlohmann::json& object, const std::string& where,
                             const char* key, bool (nlohmann::json::*is)() const noexcept,
                             const char* type, std::string& why) {
    const auto found = object.find(key);
    if (found == object.end()) {
        why = fmt::format("{}{} is missing", where, key);
        return nullptr;
    }
    if (!((*found).*is)()) {
        why = fmt::format("{}{} is a {}, expected {}", where, key, found->type_name(), type);
        return nullptr;
    }
    return &*found;
}

bool decode_inference(const nlohmann::json& j, const std::string& where,
                      metadata_envelope::inference& i, std::string& why) {
    if (!j.is_object()) {
        why = fmt::format("{} is a {}, expected an object", where.substr(0, where.size() - 1),
                          j.type_name());
        return false;
    }
    const auto* time = member(j, where, "T", &nlohmann::json::is_string, "a string", why);
    if (!time)
        return false;
    i.time = time->get<std::string>();
    const auto format = j.find("F");
    if (format != j.end()) {
        if (*format != 0 && *format != 1) {
            why = fmt::format("{}F is {}, expected 0 (base64) or 1 (plain JSON)", where,
                              format->dump());
            return false;
        }
        i.plain = *format == 1;
    }
    if (i.plain) {
        const auto payload = j.find("O");
        if (payload == j.end()) {
            why = where + "O is missing";
            return false;
        }
        const std::string text = payload->dump();
        i.payload.assign(text.begin(), text.end());
        return true;
    }
    const auto* payload = member(j, where, "O", &nlohmann::json::is_string, "a string", why);
    if (!payload)
        return false;
    if (!from_base64(payload->get<std::string>(), i.payload)) {
        why = where + "O is no base64 text";
        return false;
    }
    return true;
}

}  // namespace

bool decode_envelope(const std::string& text, metadata_envelope& e, std::string& why) {
    nlohmann::json j;
    try {
        j = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        const std::string before = text.substr(0, error.byte > 0 ? error.byte - 1 : 0);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        const auto column = before.size() - (before.rfind('\n') + 1) + 1;
        why = fmt::format("{}:{}: not JSON", line, column);
        return false;
    }
    if (!j.is_object()) {
        why = fmt::format("a JSON {}, expected an object", j.type_name());
        return false;
    }
    e = {};
    const auto* model = member(j, "", "ModelID", &nlohmann::json::is_string, "a string", why);
    const auto* device =
        model ? member(j, "", "DeviceID", &nlohmann::json::is_string, "a string", why) : nullptr;
    const auto* image =
        device ? member(j, "", "Image", &nlohmann::json::is_boolean, "a boolean", why) : nullptr;
    const auto* list =
        image ? member(j, "", "Inferences", &nlohmann::json::is_array, "an array", why) : nullptr;
    if (!list)
        return false;
    e.model_id = model->get<std::string>();
    e.device_id = device->get<std::string>();
    e.image = image->get<bool>();
    for (std::size_t i = 0; i < list->size(); ++i) {
        metadata_envelope::inference one;
        if (!decode_inference((*list)[i], fmt::format("Inferences[{}].", i), one, why))
            return false;
        e.inferences.push_back(std::move(one));
    }
    return true;
}

}  // namespace ocellus::links
