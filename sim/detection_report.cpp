// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/detection_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "core/text.h"
#include "isp/pipeline.h"
#include "models/parcels.h"
#include "models/sensor_timing.h"
#include "sim/postprocess.h"

namespace ocellus::sim {
namespace {

double or_nan(const std::optional<double>& v) {
    return v.value_or(std::numeric_limits<double>::quiet_NaN());
}

std::vector<int> classes_of(const std::vector<std::string>& labels) {
    std::vector<int> out;
    const auto& names = models::parcel_class_names;
    for (const auto& label : labels) {
        const auto it = std::find(names.begin(), names.end(), label);
        out.push_back(it == names.end() ? -1 : static_cast<int>(it - names.begin()));
    }
    return out;
}

}  // namespace

detection_report::detection_report(const settings& s, const parameter_registry& r,
                                   const run_inputs& in, statistics& stats, sensor& chip,
                                   bool timing_only)
    : settings_(s), in_(in), chip_(chip) {
    if (s.run.detections == truth_check::off)
        return;
    diagnostics problems;
    const auto obstacle = [&](const std::string& why, const std::string& hint) {
        problems.error(r.where("output.detections"), "output.detections = on: " + why, hint);
    };
    if (!in.scene_is_parcels)
        obstacle(
            in.injected_raw
                ? std::string("--inject-raw replaces the scene, and nobody knows what it shows")
                : fmt::format("nobody knows what the scene '{}' shows", s.run.scene),
            "scene.source = builtin:parcels");
    if (!in.injected_tensor.empty())
        obstacle("--inject-tensor gives the network something else to see", "leave it out");
    if (timing_only)
        obstacle("--timing-only looks at no picture", "leave it out");
    std::string unfit;
    for (std::uint32_t k = 0; k < in.networks.size(); ++k) {
        classes_.push_back(classes_of(in.labels_of(k)));
        const auto& known = classes_.back();
        if (std::none_of(known.begin(), known.end(), [](int c) { return c >= 0; })) {
            unfit += (unfit.empty() ? "" : ", ") + in.networks[k]->net.name;
            continue;
        }
        (is_detector(in.networks[k]->net) ? detects_ : classifies_) = true;
    }
    if (!detects_ && !classifies_)
        obstacle(in.networks.empty()
                     ? std::string("there is no network")
                     : fmt::format("no class of {} is one of the scene: box, envelope, tube, bag",
                                   unfit),
                 "network.source = builtin:parcels, or the class names in network.labels");
    if (s.run.detections == truth_check::on)
        problems.throw_if_errors();
    active_ = !problems.has_errors();
    if (!active_)
        return;
    chip.events().subscribe([this](const block_event& e) { take(e); });
    const auto add = [&stats](const char* name, std::function<double()> value,
                              const char* sentence) {
        stats.add_computed(name, std::move(value), sentence, "1");
    };
    add(
        "detection.frames", [this] { return static_cast<double>(frames_); },
        "Frames whose result was compared with the scene.");
    if (detects_) {
        const detection_figures& all = found_.all;
        add(
            "detection.objects", [&all] { return static_cast<double>(all.real); },
            "Objects in sight there.");
        add(
            "detection.reported", [&all] { return static_cast<double>(all.reported); },
            "Detections, without those of objects hardly in sight.");
        add(
            "detection.matched", [&all] { return static_cast<double>(all.right); },
            "Detections of the right class that overlap an object by 0.5 or more.");
        add(
            "detection.precision", [&all] { return or_nan(all.precision()); },
            "Matched of reported.");
        add(
            "detection.recall", [&all] { return or_nan(all.recall()); }, "Matched of objects.");
        add(
            "detection.f1", [&all] { return or_nan(all.f1()); },
            "Harmonic mean of precision and recall.");
        add(
            "detection.mean_iou", [&all] { return or_nan(all.mean_overlap()); },
            "Intersection over union of matched detections, mean.");
        add(
            "detection.ap50", [&all] { return or_nan(all.ap); },
            "Average precision at an overlap of 0.5, mean of the classes.");
    }
    if (classifies_)
        add(
            "detection.accuracy",
            [this] {
                return classified_ ? static_cast<double>(classified_right_) /
                                         static_cast<double>(classified_)
                                   : std::numeric_limits<double>::quiet_NaN();
            },
            "Share of classified frames whose best class is one of those in sight.");
}

void detection_report::take(const block_event& e) {
    if (e.kind == event_kind::frame_started) {
        view& v = views_[e.id];
        v.picture = chip_.picture_view();
        v.shown = v.picture.of_scene && !chip_.scene_replaced();
        // A row sees the belt when it is exposed; flipped rows are read from the bottom.
        const double readout = v.picture.scene_height * models::timing_of(chip_.mode()).line_time;
        v.lean = settings_.run.belt_speed * readout / 0.75 * (v.picture.flips & 2 ? -1 : 1);
        v.window = {0, 0, v.picture.width, v.picture.height};
    } else if (e.kind == event_kind::tensor_begun) {
        view& v = views_[e.id];
        isp::area_geometry w = chip_.network_window();
        if (isp::clip_window(w, v.picture.width, v.picture.height))
            v.window = w;
    }
}

/// Boxes as fractions of the network's window, what lies outside cut off.
std::vector<real_object> detection_report::objects(std::uint32_t frame, const view& v) const {
    const models::pixel_array::view& p = v.picture;
    std::vector<real_object> out;
    const auto scene = models::make_parcel_scene(settings_.run.scene_seed, frame);
    for (const auto& t : models::truth(scene, static_cast<float>(v.lean))) {
        area b{static_cast<double>(t.left) * p.scene_width - p.left,
               static_cast<double>(t.top) * p.scene_height - p.top,
               static_cast<double>(t.right) * p.scene_width - p.left,
               static_cast<double>(t.bottom) * p.scene_height - p.top};
        const double whole = (b.right - b.left) * (b.bottom - b.top);
        if (p.flips & 1)
            std::tie(b.left, b.right) = std::make_pair(p.width - b.right, p.width - b.left);
        if (p.flips & 2)
            std::tie(b.top, b.bottom) = std::make_pair(p.height - b.bottom, p.height - b.top);
        const auto across = [&v](double x) {
            return std::clamp((x - v.window.x) / v.window.width, 0.0, 1.0);
        };
        const auto down = [&v](double y) {
            return std::clamp((y - v.window.y) / v.window.height, 0.0, 1.0);
        };
        real_object o{t.class_id, {across(b.left), down(b.top), across(b.right), down(b.bottom)}};
        const double inside = (o.box.right - o.box.left) * v.window.width *
                              (o.box.bottom - o.box.top) * v.window.height;
        if (inside <= 0)
            continue;
        // What a window cuts off is as little in sight as what another parcel covers.
        o.counts =
            static_cast<double>(t.visible) * inside >= static_cast<double>(least_visible) * whole;
        out.push_back(o);
    }
    return out;
}

void detection_report::finish(const std::map<std::uint32_t, metadata_record>& received) {
    if (!active_)
        return;
    std::vector<compared_picture> pictures;
    for (const auto& [frame, record] : received) {
        const auto seen = views_.find(frame);
        if (seen == views_.end() || !seen->second.shown || record.network >= classes_.size() ||
            record.what == metadata_record::kind::none)
            continue;
        const auto& classes = classes_[record.network];
        if (std::none_of(classes.begin(), classes.end(), [](int c) { return c >= 0; }))
            continue;
        const auto class_of = [&classes](const finding& f) {
            return f.class_id < classes.size() ? classes[f.class_id] : -1;
        };
        compared_picture picture;
        picture.real = objects(frame, seen->second);
        ++frames_;
        if (record.what == metadata_record::kind::classification) {
            ++classified_;
            if (!record.findings.empty())
                classified_right_ += std::any_of(
                    picture.real.begin(), picture.real.end(), [&](const real_object& o) {
                        return o.counts && o.class_id == class_of(record.findings.front());
                    });
            continue;
        }
        for (const auto& f : record.findings)
            picture.reported.push_back(
                {class_of(f),
                 static_cast<double>(f.score),
                 {static_cast<double>(f.left), static_cast<double>(f.top),
                  static_cast<double>(f.right), static_cast<double>(f.bottom)}});
        pictures.push_back(std::move(picture));
    }
    found_ = compare_detections(pictures, static_cast<int>(models::parcel_class_names.size()));
}

std::string detection_report::csv() const {
    std::string out = "class,objects,reported,matched,precision,recall,f1,mean_iou,ap50\r\n";
    const auto cell = [](const std::optional<double>& v) {
        return "," + (v ? json_number(*v) : std::string());
    };
    const auto row = [&](const std::string& name, const detection_figures& f) {
        out += fmt::format("{},{},{},{}", name, f.real, f.reported, f.right) + cell(f.precision()) +
               cell(f.recall()) + cell(f.f1()) + cell(f.mean_overlap()) + cell(f.ap) + "\r\n";
    };
    for (std::size_t c = 0; c < found_.by_class.size(); ++c)
        row(models::parcel_class_names.at(c), found_.by_class[c]);
    row("all", found_.all);
    return out;
}

std::vector<std::pair<std::string, std::string>> detection_report::lines() const {
    std::vector<std::pair<std::string, std::string>> out;
    const auto text = [](const std::optional<double>& v) {
        return v ? fmt::format("{:.3f}", *v) : std::string("-");
    };
    const detection_figures& a = found_.all;
    if (active_ && detects_)
        out.emplace_back(
            "detections",
            fmt::format("{} of {} objects found, {} reported; precision {}, recall "
                        "{}, F1 {}, mean IoU {}, AP50 {}",
                        a.right, a.real, a.reported, text(a.precision()), text(a.recall()),
                        text(a.f1()), text(a.mean_overlap()), text(a.ap)));
    if (active_ && classifies_)
        out.emplace_back("classifications",
                         fmt::format("{} of {} frames right", classified_right_, classified_));
    return out;
}

}  // namespace ocellus::sim
