// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/envelopes.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "links/inference_result.h"
#include "links/metadata_envelope.h"

namespace ocellus::sim {

void envelope_parameters::declare(parameter_registry& r) {
    r.boolean("host.envelopes", written)
        .says("Write envelopes.jsonl: the host's messages to the cloud, in the public format.")
        .from(provenance::chosen, "off: metadata.jsonl says the same in plain words")
        .moves_nothing("only which files are written");
    r.text("host.device_id", device_id)
        .says("DeviceID of the messages.")
        .from(provenance::chosen, "of the public form, of no device")
        .moves_nothing("only a name in envelopes.jsonl");
    r.text("host.model_id", model_id)
        .says("ModelID of the messages.")
        .from(provenance::chosen, "of the public form")
        .moves_nothing("only a name in envelopes.jsonl");
    r.text("host.epoch", epoch)
        .says("Date and time (UTC) of the start of simulated time, as 2026-01-01T00:00:00Z.")
        .from(provenance::chosen, "never the machine's clock: the same run gives the same bytes")
        .moves_nothing("only the times in envelopes.jsonl");
    r.integer("host.inferences_per_message", per_message, 1, 100)
        .says("Inferences that travel in one message.")
        .from(provenance::published,
              "number_of_inference_per_message of aitrios-sdk-edge-app; its queue holds 100")
        .moves_nothing("only how envelopes.jsonl is cut into lines");
}

void envelope_parameters::check(const parameter_registry& r, diagnostics& problems) const {
    std::uint64_t seconds = 0;
    if (!epoch_seconds(epoch, seconds))
        problems.error(r.where("host.epoch"),
                       fmt::format("host.epoch = \"{}\" is no date and time", epoch),
                       "expected UTC as 2026-01-01T00:00:00Z, from 1970 to 9999");
}

bool epoch_seconds(const std::string& text, std::uint64_t& seconds) {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    int end = 0;
    if (text.size() != 20 ||
        std::sscanf(text.c_str(), "%4u-%2u-%2uT%2u:%2u:%2uZ%n", &year, &month, &day, &hour, &minute,
                    &second, &end) != 6 ||
        end != 20 || text.find_first_of(" +") != std::string::npos)
        return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    constexpr unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (month == 2 && leap ? 1 : 0) || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    const std::uint64_t before = year - 1;
    std::uint64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719'162;
    for (unsigned m = 1; m < month; ++m)
        days += lengths[m - 1] + (m == 2 && leap ? 1 : 0);
    days += day - 1;
    seconds = days * 86'400 + hour * 3'600 + minute * 60 + second;
    return true;
}

namespace {

std::int32_t pixels(float fraction, unsigned size) {
    return static_cast<std::int32_t>(std::lround(fraction * static_cast<float>(size)));
}

links::inference_result result_of(const metadata_record& record, unsigned width, unsigned height) {
    if (record.what == metadata_record::kind::classification) {
        links::class_scores r;
        for (const auto& f : record.findings)
            r.classes.push_back({f.class_id, f.score});
        return r;
    }
    links::object_detections r;
    for (const auto& f : record.findings)
        r.objects.push_back({f.class_id,
                             {pixels(f.left, width), pixels(f.top, height), pixels(f.right, width),
                              pixels(f.bottom, height)},
                             f.score});
    return r;
}

}  // namespace

std::string envelope_lines(
    const envelope_parameters& p, const std::vector<metadata_record>& records,
    const std::function<std::pair<unsigned, unsigned>(std::uint32_t)>& input_size,
    bool with_images) {
    std::uint64_t epoch = 0;
    epoch_seconds(p.epoch, epoch);
    links::metadata_envelope message;
    message.model_id = p.model_id;
    message.device_id = p.device_id;
    message.image = with_images;
    std::string lines;
    const auto send = [&] {
        if (!message.inferences.empty())
            lines += encode_envelope(message) + "\n";
        message.inferences.clear();
    };
    for (const auto& record : records) {
        if (record.what == metadata_record::kind::none)
            continue;
        const auto [width, height] = input_size(record.network);
        message.inferences.push_back(
            {links::envelope_time(epoch * 1'000 + record.frame_start_ns / 1'000'000),
             links::encode_result(result_of(record, width, height)), false});
        if (message.inferences.size() == p.per_message)
            send();
    }
    send();
    return lines;
}

}  // namespace ocellus::sim
