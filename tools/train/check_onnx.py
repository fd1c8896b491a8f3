#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Runs a QDQ detector node by node, as the ONNX standard defines the nodes, and prints its accuracy.

    python3 tools/train/check_onnx.py configs/networks/parcels.onnx --data DIR [--dump OUT]

A plain numpy interpreter, independent of the simulator and of the training code. --dump writes, for the first
frame, input.i8 (NHWC), scores.i8 and boxes.i8 (NHWC): a golden for other implementations.
"""
import argparse
import os

import numpy as np
import onnx
from onnx import numpy_helper

import detection


def convolve(x, w, b, strides, pads, group):
    """NCHW, float64: sums of products of integers times scales, exact enough that only ties can differ."""
    n, c, h, width = x.shape
    outputs, per_group, kh, kw = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    oh = (h + pads[0] + pads[2] - kh) // strides[0] + 1
    ow = (width + pads[1] + pads[3] - kw) // strides[1] + 1
    y = np.zeros((n, outputs, oh, ow))
    for j in range(kh):
        for i in range(kw):
            part = x[:, :, j:j + (oh - 1) * strides[0] + 1:strides[0], i:i + (ow - 1) * strides[1] + 1:strides[1]]
            if group == c and per_group == 1:
                y += part * w[:, 0, j, i].reshape(1, -1, 1, 1)
            elif group == 1:
                y += np.matmul(w[:, :, j, i], part.reshape(n, c, -1)).reshape(y.shape)
            else:
                raise SystemExit("only plain and depthwise convolutions")
    return y + b.reshape(1, -1, 1, 1)


def run(model, image):
    """image: float (n, 3, h, w). Returns every tensor by name."""
    value = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    value[model.graph.input[0].name] = image.astype(np.float32)

    def shaped(a, like, axis):
        return a.reshape([-1 if k == axis else 1 for k in range(like.ndim)]) if a.ndim == 1 else a

    for node in model.graph.node:
        inputs = [value[i] for i in node.input]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        axis = attributes.get("axis", 1)
        if node.op_type == "QuantizeLinear":
            x, scale, zero = inputs
            limits = np.iinfo(zero.dtype)
            y = np.clip(np.rint(x.astype(np.float64) / np.float64(scale)) + zero, limits.min, limits.max)
            y = y.astype(zero.dtype)
        elif node.op_type == "DequantizeLinear":
            x, scale, zero = inputs
            scale, zero = shaped(scale, x, axis), shaped(zero, x, axis)
            y = (x.astype(np.float64) - zero) * scale.astype(np.float64)
        elif node.op_type == "Conv":
            y = convolve(*inputs, attributes["strides"], attributes["pads"], attributes["group"])
        elif node.op_type == "Relu":
            y = np.maximum(inputs[0], 0)
        elif node.op_type == "Add":
            y = inputs[0] + inputs[1]
        else:
            raise SystemExit(f"unknown operator {node.op_type} ({node.name})")
        value[node.output[0]] = y
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network")
    parser.add_argument("--data", required=True, help="folder with frames.u8 and truth.jsonl")
    parser.add_argument("--frames", type=int, default=0, help="only the first so many")
    parser.add_argument("--dump", help="folder for golden bytes of the first frame")
    options = parser.parse_args()
    model = onnx.load(options.network)
    onnx.checker.check_model(model)
    frames = np.fromfile(os.path.join(options.data, "frames.u8"), np.uint8)
    frames = frames.reshape(-1, detection.HEIGHT, detection.WIDTH, 3)
    truths = detection.read_truth(os.path.join(options.data, "truth.jsonl"))
    if options.frames:
        frames, truths = frames[:options.frames], truths[:options.frames]
    settings = {p.key: p.value for p in model.metadata_props}
    threshold, nms_iou = float(settings["score_threshold"]), float(settings["nms_iou"])
    reported, ranked = [], []
    for i in range(0, len(frames), 20):
        value = run(model, frames[i:i + 20].transpose(0, 3, 1, 2) / np.float32(255))
        if i == 0:
            expected = frames[:20].transpose(0, 3, 1, 2).astype(int) - 128
            assert (value["image_q"] == expected).all(), "the input quantization is not q = v - 128"
            if options.dump:
                os.makedirs(options.dump, exist_ok=True)
                for tensor, file in (("image_q", "input"), ("scores_q", "scores"), ("boxes_q", "boxes")):
                    value[tensor][0].transpose(1, 2, 0).tofile(os.path.join(options.dump, file + ".i8"))
        for scores, boxes in zip(value["scores"], value["boxes"]):
            reported.append(detection.decode(scores, boxes, threshold, nms_iou))
            ranked.append(detection.decode(scores, boxes, 0.02, nms_iou))
    print(detection.report(reported, ranked, truths)[0])


if __name__ == "__main__":
    main()
