# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Boxes in, boxes out: decoding of the network's two grids, suppression, matching and average precision.

A detection is (class, score, left, top, right, bottom), a truth is (class, left, top, right, bottom);
edges are fractions of the picture. The decoder is described in docs/parcels.md and does the same as
dsp/network/detection_decoder.cpp.
"""
import json

import numpy as np

LABELS = ["box", "envelope", "tube", "bag"]
STRIDE = 8
WIDTH, HEIGHT = 160, 120
PICTURE = (4056, 3040)  # what the pixels of boxes in .jsonl files count
SCORE_THRESHOLD = 0.4
NMS_IOU = 0.5


def iou(a, b):
    """Intersection over union of one box with many: (4,), (n, 4) -> (n,)."""
    w = np.minimum(a[2], b[:, 2]) - np.maximum(a[0], b[:, 0])
    h = np.minimum(a[3], b[:, 3]) - np.maximum(a[1], b[:, 1])
    inter = np.clip(w, 0, None) * np.clip(h, 0, None)
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) - inter
    return inter / np.maximum(area, 1e-12)


def decode(logits, boxes, threshold=SCORE_THRESHOLD, nms_iou=NMS_IOU):
    """(4, rows, columns) logits and (4, rows, columns) distances -> list of detections, best first."""
    _, rows, columns = logits.shape
    best = logits.argmax(0)
    score = 1.0 / (1.0 + np.exp(-logits.max(0).astype(np.float64)))
    candidates = [(-score[j, i], j * columns + i) for j in range(rows) for i in range(columns)
                  if score[j, i] >= threshold]
    candidates.sort()
    kept, result = np.zeros((0, 4)), []
    for negative, cell in candidates:
        j, i = divmod(cell, columns)
        l, t, r, b = np.maximum(boxes[:, j, i], 0)
        box = np.array([(i + 0.5 - l) * STRIDE / WIDTH, (j + 0.5 - t) * STRIDE / HEIGHT,
                        (i + 0.5 + r) * STRIDE / WIDTH, (j + 0.5 + b) * STRIDE / HEIGHT]).clip(0, 1)
        if len(kept) and iou(box, kept).max() > nms_iou:
            continue
        kept = np.vstack([kept, box])
        result.append((int(best[j, i]), float(-negative), *box.tolist()))
    return result


def read_boxes(path, entries, size=PICTURE):
    """A .jsonl of frames -> {frame: [(class, score, left, top, right, bottom)]}, for lines that hold the list
    `entries` ("parcels" or "detections"). Boxes are in pixels of a picture of `size`; truth has score 1."""
    frames = {}
    scale = np.array(size * 2, float)
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if entries in line:
                frames[line["frame"]] = [(e["class_id"], e.get("score", 1.0), *(np.array(e["box"]) / scale).tolist())
                                         for e in line[entries]]
    return frames


def read_visible(path):
    """truth.jsonl -> {frame: [share of each parcel that is in sight]}."""
    with open(path, encoding="utf-8") as lines:
        return {line["frame"]: [p["visible"] for p in line["parcels"]] for line in map(json.loads, lines)}


def read_truth(path, size=PICTURE):
    """truth.jsonl -> list (per line) of lists of (class, left, top, right, bottom)."""
    return [[(c, *box) for c, _, *box in frame] for frame in read_boxes(path, "parcels", size).values()]


def average_precision(detections, truths, class_id, at=0.5):
    """Area under the interpolated precision-recall curve of one class (all points)."""
    wanted = [np.array([t[1:] for t in frame if t[0] == class_id]).reshape(-1, 4) for frame in truths]
    total = sum(len(w) for w in wanted)
    found = sorted(((-d[1], f, d[2:]) for f, frame in enumerate(detections) for d in frame
                    if d[0] == class_id), key=lambda e: (e[0], e[1]))
    used = [np.zeros(len(w), bool) for w in wanted]
    hits = np.zeros(len(found))
    for k, (_, f, box) in enumerate(found):
        if len(wanted[f]):
            overlap = np.where(used[f], -1, iou(np.array(box), wanted[f]))
            if overlap.max() >= at:
                used[f][overlap.argmax()] = True
                hits[k] = 1
    if total == 0:
        return float("nan")
    recall = np.concatenate([[0], np.cumsum(hits) / total])
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    precision = np.concatenate([[1], np.maximum.accumulate(precision[::-1])[::-1]])
    return float(np.sum(np.diff(recall) * precision[1:]))


def precision_recall(detections, truths, class_id=None, at=0.5):
    """(precision, recall, mean IoU of matches) of what was reported; all classes when class_id is None."""
    hits = reported = wanted = 0
    overlaps = []
    for frame, truth in zip(detections, truths):
        frame = [d for d in frame if class_id is None or d[0] == class_id]
        truth = [t for t in truth if class_id is None or t[0] == class_id]
        reported += len(frame)
        wanted += len(truth)
        free = list(truth)
        for d in sorted(frame, key=lambda e: -e[1]):
            same = [t for t in free if t[0] == d[0]]
            if not same:
                continue
            overlap = iou(np.array(d[2:]), np.array([t[1:] for t in same]))
            if overlap.max() >= at:
                hits += 1
                overlaps.append(overlap.max())
                free.remove(same[int(overlap.argmax())])
    return (hits / max(reported, 1), hits / max(wanted, 1),
            float(np.mean(overlaps)) if overlaps else float("nan"))


def report(reported, ranked, truths):
    """Text table. `ranked` holds detections down to a low score (for AP), `reported` those above the
    threshold (for precision and recall)."""
    lines = [f"{'class':<10}{'truth':>7}{'precision':>11}{'recall':>9}{'AP@0.5':>9}"]
    aps = []
    for c, label in enumerate(LABELS):
        p, r, _ = precision_recall(reported, truths, c)
        ap = average_precision(ranked, truths, c)
        aps.append(ap)
        count = sum(t[0] == c for frame in truths for t in frame)
        lines.append(f"{label:<10}{count:>7}{p:>11.4f}{r:>9.4f}{ap:>9.4f}")
    p, r, overlap = precision_recall(reported, truths)
    count = sum(len(frame) for frame in truths)
    lines.append(f"{'all':<10}{count:>7}{p:>11.4f}{r:>9.4f}{np.mean(aps):>9.4f}")
    lines.append(f"mean IoU of matches {overlap:.4f}, {len(truths)} frames")
    return "\n".join(lines), float(np.mean(aps))
