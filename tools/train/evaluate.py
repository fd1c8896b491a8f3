#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Compares what a simulated sensor reported with what was on the belt.

    python3 tools/train/evaluate.py --metadata RUN/metadata.jsonl --truth RUN/truth.jsonl

Both files are those of a run: boxes in pixels of the sensor's picture (--width x --height), lines matched by their
"frame". Frames without an inference of their own (dropped ones) are left out. Parcels of which less than
--least-visible is in sight need not be found; detections of them count neither way. Average precision counts only
detections above the network's own threshold, so it is a lower bound of the AP of the grids themselves
(check_onnx.py prints that).
"""
import argparse

import numpy as np

import detection


def without_hidden(seen, parcels, shares, least):
    """Detections and truth of one frame without parcels that are hardly in sight."""
    hidden = np.array([p[2:] for p, share in zip(parcels, shares) if share < least]).reshape(-1, 4)
    wanted = [(c, *box) for (c, _, *box), share in zip(parcels, shares) if share >= least]
    if len(hidden):
        others = np.array([t[1:] for t in wanted]).reshape(-1, 4)
        best = lambda d, boxes: max(detection.iou(np.array(d[2:]), boxes), default=0)
        seen = [d for d in seen if best(d, hidden) < 0.5 or best(d, others) > best(d, hidden)]
    return seen, wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--metadata", action="append", required=True, help="metadata.jsonl; may be repeated")
    parser.add_argument("--truth", action="append", required=True, help="truth.jsonl for each metadata file, in order")
    parser.add_argument("--width", type=float, default=detection.PICTURE[0])
    parser.add_argument("--height", type=float, default=detection.PICTURE[1])
    parser.add_argument("--least-visible", type=float, default=0.5, help="share of a parcel that must be in sight")
    parser.add_argument("--least-map", type=float, default=0.0, help="exit 1 when the mean AP is lower")
    options = parser.parse_args()
    if len(options.metadata) != len(options.truth):
        raise SystemExit("as many --truth as --metadata, please")
    size = (options.width, options.height)
    found, wanted = [], []
    for metadata, truth in zip(options.metadata, options.truth):
        parcels = detection.read_boxes(truth, "parcels", size)
        shares = detection.read_visible(truth)
        for frame, seen in detection.read_boxes(metadata, "detections", size).items():
            if frame in parcels:
                pair = without_hidden(seen, parcels[frame], shares[frame], options.least_visible)
                found.append(pair[0])
                wanted.append(pair[1])
    if not wanted:
        raise SystemExit("no frame has both detections and truth")
    text, mean = detection.report(found, found, wanted)
    print(text)
    raise SystemExit(0 if mean >= options.least_map else 1)


if __name__ == "__main__":
    main()
