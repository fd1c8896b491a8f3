// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ocellus::sim {

/// A rectangle; all of one comparison in the same unit.
struct area {
    double left = 0, top = 0, right = 0, bottom = 0;
};

/// Intersection over union, 0 .. 1; 0 when either has no area.
double overlap(const area& a, const area& b);

/// What a network reported of one picture.
struct reported_object {
    int class_id = 0;  ///< negative: a class that the scene does not know
    double score = 0;
    area box;
};

/// What the scene really shows there.
struct real_object {
    int class_id = 0;
    area box;
    bool counts = true;  ///< false: hardly in sight; to be found or not (PASCAL VOC: "difficult")
};

/// One picture of the comparison.
struct compared_picture {
    std::vector<reported_object> reported;
    std::vector<real_object> real;
};

/// What became of one report.
struct match {
    enum class kind { wrong, right, neither } what = kind::wrong;
    std::size_t real = 0;  ///< right: which object
    double overlap = 0;    ///< right: with it
};

/// Matching of one picture as COCO and PASCAL VOC do it (T.-Y. Lin et al., "Microsoft COCO: Common
/// Objects in Context", ECCV 2014, and its cocoeval; M. Everingham et al., "The PASCAL Visual
/// Object Classes (VOC) Challenge", IJCV 88, 2010): reports by falling score, equal ones in their
/// order, each takes the object of its class that it overlaps most among those that nobody has
/// taken, if that is `least` or more. A report left over that overlaps so an object that does not
/// count is neither right nor wrong. By report.
///
/// That gives at least half as many matches as the best assignment could, and as many when no two
/// real boxes of a class overlap.
std::vector<match> match_objects(const compared_picture& picture, double least = 0.5);

/// Area under precision over recall, each precision the largest at that recall or a higher one, at
/// every recall that occurs (VOC since 2010). `right`: reports of a class in all pictures by
/// falling score; `real`: objects of it. No value when there is none.
std::optional<double> average_precision(const std::vector<bool>& right, std::uint64_t real);

/// What the matches of a run come to. A ratio of nothing has no value.
struct detection_figures {
    std::uint64_t real = 0, reported = 0, right = 0;  ///< of those that count
    double overlap_sum = 0;                           ///< of right reports
    std::optional<double> ap;  ///< of all classes: mean of those that have real objects
    std::optional<double> precision() const;  ///< right of reported
    std::optional<double> recall() const;     ///< right of real
    std::optional<double> f1() const;         ///< harmonic mean of both
    std::optional<double> mean_overlap() const;
};

struct detection_comparison {
    std::vector<detection_figures> by_class;
    detection_figures all;
};

/// Reports of classes outside 0 .. `classes` - 1 are wrong and belong to `all` alone.
detection_comparison compare_detections(const std::vector<compared_picture>& pictures, int classes,
                                        double least = 0.5);

}  // namespace ocellus::sim
