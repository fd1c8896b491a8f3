#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Gathers the tensors that networks saw in simulated runs into a folder that train.py and check_onnx.py read.

    python3 tools/train/collect.py RUN [RUN ...] --out DIR

Each RUN is the output folder of `ocellus run` on the built-in scene: tensor_0000.bin, ... (int8, 120 x 160 x 3),
truth.jsonl and config.toml. Frames without a tensor are left out; lines are numbered anew; boxes are brought from
the run's picture size to that of the full array.
"""
import argparse
import json
import os
import tomllib

import numpy as np

import detection


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    size = detection.WIDTH * detection.HEIGHT * 3
    count = 0
    with open(os.path.join(options.out, "frames.u8"), "wb") as frames, \
            open(os.path.join(options.out, "truth.jsonl"), "w", encoding="utf-8") as truth:
        for run in options.runs:
            with open(os.path.join(run, "config.toml"), "rb") as file:
                sensor = tomllib.load(file)["sensor"]
            scale = np.array(detection.PICTURE * 2) / np.array([sensor["width"], sensor["height"]] * 2)
            with open(os.path.join(run, "truth.jsonl"), encoding="utf-8") as lines:
                for line in map(json.loads, lines):
                    path = os.path.join(run, f"tensor_{line['frame']:04}.bin")
                    if not os.path.exists(path):
                        continue
                    tensor = np.fromfile(path, np.uint8)
                    if len(tensor) != size:
                        raise SystemExit(f"{path}: {len(tensor)} bytes, expected {size}")
                    (tensor ^ 0x80).tofile(frames)  # int8 q = v - 128, back to v
                    line["frame"] = count
                    for parcel in line["parcels"]:
                        parcel["box"] = (np.array(parcel["box"]) * scale).round(1).tolist()
                    truth.write(json.dumps(line, separators=(",", ":")) + "\n")
                    count += 1
    print(f"{count} frames in {options.out}")


if __name__ == "__main__":
    main()
