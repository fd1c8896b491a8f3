// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/inference_result.h"

#include <fmt/format.h>

#include <iterator>

#include "inference_result_generated.h"

namespace ocellus::links {
namespace {

namespace fb = result_format;
using builder = flatbuffers::FlatBufferBuilder;

// Fields are added in the order of their numbers, tables in the order of the lists, and what a
// table refers to before the table: the order of the public samples, which the generated one-call
// functions (largest field first) would not keep.

std::vector<std::uint8_t> finished(builder& b) {
    return {b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize()};
}

std::vector<std::uint8_t> encode(const object_detections& r) {
    builder b;
    std::vector<flatbuffers::Offset<fb::general_object>> objects;
    for (const auto& o : r.objects) {
        fb::bounding_box_2dBuilder box(b);
        box.add_left(o.box.left);
        box.add_top(o.box.top);
        box.add_right(o.box.right);
        box.add_bottom(o.box.bottom);
        const auto box_offset = box.Finish();
        fb::general_objectBuilder object(b);
        object.add_class_id(o.class_id);
        object.add_box_type(fb::bounding_box_bounding_box_2d);
        object.add_box(box_offset.Union());
        object.add_score(o.score);
        objects.push_back(object.Finish());
    }
    const auto list = b.CreateVector(objects);
    fb::object_detection_dataBuilder data(b);
    data.add_object_detection_list(list);
    const auto perception = data.Finish();
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<fb::count_data>>> counts;
    if (!r.area_counts.empty()) {
        std::vector<flatbuffers::Offset<fb::count_data>> entries;
        for (const auto& a : r.area_counts) {
            fb::count_dataBuilder entry(b);
            entry.add_class_id(a.class_id);
            entry.add_count(a.count);
            entries.push_back(entry.Finish());
        }
        counts = b.CreateVector(entries);
    }
    fb::object_detection_topBuilder top(b);
    top.add_perception(perception);
    if (!r.area_counts.empty())
        top.add_area_count(counts);
    b.Finish(top.Finish());
    return finished(b);
}

std::vector<std::uint8_t> encode(const class_scores& r) {
    builder b;
    std::vector<flatbuffers::Offset<fb::general_classification>> entries;
    for (const auto& c : r.classes) {
        fb::general_classificationBuilder entry(b);
        entry.add_class_id(c.class_id);
        entry.add_score(c.score);
        entries.push_back(entry.Finish());
    }
    const auto list = b.CreateVector(entries);
    fb::classification_dataBuilder data(b);
    data.add_classification_list(list);
    const auto perception = data.Finish();
    fb::classification_topBuilder top(b);
    top.add_perception(perception);
    b.Finish(top.Finish());
    return finished(b);
}

std::vector<std::uint8_t> encode(const segmentation& r) {
    builder b;
    const auto ids = b.CreateVector(r.class_ids);
    const auto scores = b.CreateVector(r.scores);
    fb::segmentation_dataBuilder data(b);
    data.add_height(r.height);
    data.add_width(r.width);
    data.add_class_id_map(ids);
    data.add_num_class_id(r.num_class_id);
    data.add_score_map(scores);
    const auto perception = data.Finish();
    fb::segmentation_topBuilder top(b);
    top.add_perception(perception);
    b.Finish(top.Finish());
    return finished(b);
}

std::vector<std::uint8_t> encode(const poses& r) {
    builder b;
    std::vector<flatbuffers::Offset<fb::general_pose>> list;
    for (const auto& p : r.list) {
        std::vector<flatbuffers::Offset<fb::key_point>> points;
        for (const auto& k : p.points) {
            fb::point_2dBuilder place(b);
            place.add_x(k.x);
            place.add_y(k.y);
            const auto place_offset = place.Finish();
            fb::key_pointBuilder point(b);
            point.add_score(k.score);
            point.add_point_type(fb::point_point_2d);
            point.add_point(place_offset.Union());
            point.add_name(k.name);
            points.push_back(point.Finish());
        }
        const auto points_offset = b.CreateVector(points);
        fb::general_poseBuilder pose(b);
        pose.add_score(p.score);
        pose.add_keypoint_list(points_offset);
        list.push_back(pose.Finish());
    }
    const auto list_offset = b.CreateVector(list);
    fb::pose_dataBuilder data(b);
    data.add_pose_list(list_offset);
    const auto perception = data.Finish();
    fb::pose_topBuilder top(b);
    top.add_perception(perception);
    b.Finish(top.Finish());
    return finished(b);
}

/// The root when every offset of the buffer is inside it, else null.
template <class Root>
const Root* verified(const std::vector<std::uint8_t>& bytes) {
    flatbuffers::Verifier check(bytes.data(), bytes.size());
    return check.VerifyBuffer<Root>(nullptr) ? flatbuffers::GetRoot<Root>(bytes.data()) : nullptr;
}

// Each reads a verified root; false with the reason when its content makes no sense.

bool read(const fb::object_detection_top& root, object_detections& r, std::string& why) {
    if (root.perception() && root.perception()->object_detection_list())
        for (const auto* o : *root.perception()->object_detection_list()) {
            object_detections::object found;
            found.class_id = o->class_id();
            found.score = o->score();
            if (o->box_type() != fb::bounding_box_bounding_box_2d || !o->box()) {
                why = fmt::format("object {} has no two-dimensional bounding box (type {})",
                                  r.objects.size(), static_cast<unsigned>(o->box_type()));
                return false;
            }
            const auto* box = o->box_as_bounding_box_2d();
            found.box = {box->left(), box->top(), box->right(), box->bottom()};
            r.objects.push_back(found);
        }
    if (root.area_count())
        for (const auto* a : *root.area_count())
            r.area_counts.push_back({a->class_id(), a->count()});
    return true;
}

bool read(const fb::classification_top& root, class_scores& r, std::string&) {
    if (root.perception() && root.perception()->classification_list())
        for (const auto* c : *root.perception()->classification_list())
            r.classes.push_back({c->class_id(), c->score()});
    return true;
}

bool read(const fb::segmentation_top& root, segmentation& r, std::string& why) {
    const auto* p = root.perception();
    if (!p)
        return true;
    r.height = p->height();
    r.width = p->width();
    r.num_class_id = p->num_class_id();
    if (p->class_id_map())
        r.class_ids.assign(p->class_id_map()->begin(), p->class_id_map()->end());
    if (p->score_map())
        r.scores.assign(p->score_map()->begin(), p->score_map()->end());
    const std::size_t expected = std::size_t{r.height} * r.width;
    const auto fits = [&](std::size_t n, const char* name, bool may_miss) {
        if (n == expected || (may_miss && n == 0))
            return true;
        why = fmt::format("{} has {} elements, expected {} x {} = {}", name, n, r.height, r.width,
                          expected);
        return false;
    };
    return fits(r.class_ids.size(), "class_id_map", false) &&
           fits(r.scores.size(), "score_map", true);
}

bool read(const fb::pose_top& root, poses& r, std::string& why) {
    if (!root.perception() || !root.perception()->pose_list())
        return true;
    for (const auto* p : *root.perception()->pose_list()) {
        poses::pose found;
        found.score = p->score();
        if (p->keypoint_list())
            for (const auto* k : *p->keypoint_list()) {
                if (k->point_type() != fb::point_point_2d || !k->point()) {
                    why = fmt::format("key point {} of pose {} has no two-dimensional point",
                                      found.points.size(), r.list.size());
                    return false;
                }
                const auto* place = k->point_as_point_2d();
                found.points.push_back({k->score(), place->x(), place->y(), k->name()});
            }
        r.list.push_back(std::move(found));
    }
    return true;
}

template <class Root, class Result>
bool decode(const std::vector<std::uint8_t>& bytes, const char* name, inference_result& result,
            std::string& why) {
    const Root* root = verified<Root>(bytes);
    if (!root) {
        why = fmt::format("{} bytes that are not a FlatBuffer of a {} result", bytes.size(), name);
        return false;
    }
    Result r;
    if (!read(*root, r, why))
        return false;
    result = std::move(r);
    return true;
}

constexpr const char* kind_names[] = {"detection", "classification", "segmentation", "pose"};

}  // namespace

bool result_kind_named(const std::string& name, result_kind& kind) {
    for (std::size_t i = 0; i < std::size(kind_names); ++i)
        if (name == kind_names[i]) {
            kind = static_cast<result_kind>(i);
            return true;
        }
    return false;
}

std::vector<std::uint8_t> encode_result(const inference_result& result) {
    return std::visit([](const auto& r) { return encode(r); }, result);
}

bool decode_result(const std::vector<std::uint8_t>& bytes, result_kind kind,
                   inference_result& result, std::string& why) {
    const char* const name = kind_names[static_cast<std::size_t>(kind)];
    switch (kind) {
        case result_kind::detection:
            return decode<fb::object_detection_top, object_detections>(bytes, name, result, why);
        case result_kind::classification:
            return decode<fb::classification_top, class_scores>(bytes, name, result, why);
        case result_kind::segmentation:
            return decode<fb::segmentation_top, segmentation>(bytes, name, result, why);
        case result_kind::pose:
            return decode<fb::pose_top, poses>(bytes, name, result, why);
    }
    return false;
}

}  // namespace ocellus::links
