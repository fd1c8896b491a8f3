#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Quantizes a trained parcel detector after training and writes ONNX QDQ (opset 13).

    python3 tools/train/export.py --checkpoint parcels.pt --data DIR --out configs/networks/parcels.onnx

Batch norm is folded. Weights: int8, symmetric, one scale per output channel. Activations: int8, asymmetric, one
scale per tensor, ranges from calibration frames. Biases: int32 with scale (input scale x weight scale).
The input is real 0..1 with scale 1/255 and zero point -128, so q = code value - 128. Score threshold and overlap for
suppression are those that are best on the same frames: highest F1 (harmonic mean of precision and recall).
"""
import argparse
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import detection
from model import ParcelNet, Separable
from train import load, predict

INPUT_SCALE, INPUT_ZERO = np.float32(1 / 255), -128


class Step:
    """One layer of the folded network: 'conv' (weight, bias, stride, groups, relu) or 'add'."""

    def __init__(self, kind, name, inputs, weight=None, bias=None, stride=1, groups=1, relu=False):
        self.kind, self.name, self.inputs = kind, name, inputs
        self.weight, self.bias, self.stride, self.groups, self.relu = weight, bias, stride, groups, relu


def fold(net):
    """The network as a list of steps in execution order; tensors are named after the step that makes them."""
    steps = []

    def add_conv(module, norm, name, source, relu):
        weight = module.weight.detach().double()
        bias = torch.zeros(len(weight)).double() if module.bias is None else module.bias.detach().double()
        if norm is not None:
            gain = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
            bias = norm.bias.detach().double() + (bias - norm.running_mean.double()) * gain
            weight = weight * gain.reshape(-1, 1, 1, 1)
        steps.append(Step("conv", name, [source], weight.numpy(), bias.numpy(), module.stride[0], module.groups, relu))
        return name

    source = "image"
    for index, block in enumerate(net.body):
        if isinstance(block, Separable):
            first = source
            middle = add_conv(block.depthwise[0], block.depthwise[1], f"block{index}_depthwise", source, True)
            source = add_conv(block.pointwise[0], block.pointwise[1], f"block{index}_pointwise", middle, True)
            if block.skip:
                steps.append(Step("add", f"block{index}_add", [first, source]))
                source = steps[-1].name
        else:
            source = add_conv(block[0], block[1], f"conv{index}", source, True)
    add_conv(net.scores, None, "scores", source, False)
    add_conv(net.boxes, None, "boxes", source, False)
    return steps


def run_float(steps, images):
    """Every tensor of the folded network for a batch."""
    values = {"image": images.double()}
    for s in steps:
        if s.kind == "add":
            y = values[s.inputs[0]] + values[s.inputs[1]]
        else:
            weight = torch.from_numpy(s.weight)
            y = torch.nn.functional.conv2d(values[s.inputs[0]], weight, torch.from_numpy(s.bias), s.stride,
                                           weight.shape[-1] // 2, groups=s.groups)
            y = y.relu() if s.relu else y
        values[s.name] = y
    return values


def choose_range(samples, count=60):
    """The (scale, zero point) with the least squared rounding and clipping error on sorted samples."""
    low, high = min(float(samples[0]), 0.0), max(float(samples[-1]), 0.0)
    best = None
    for shrink in np.linspace(1.0, 0.4, count):
        scale = np.float32(max((high - low) * shrink / 255, 1e-8))
        zero = int(np.clip(np.rint(-128 - low * shrink / scale), -128, 127))
        q = np.clip(np.rint(samples / scale) + zero, -128, 127)
        error = float(np.mean(((q - zero) * scale - samples) ** 2))
        if best is None or error < best[0]:
            best = (error, scale, zero)
    return best[1], best[2]


def calibrate(steps, images):
    """Scale and zero point of every activation."""
    seen = {}
    generator = np.random.default_rng(0)
    for i in range(0, len(images), 16):
        values = run_float(steps, images[i:i + 16])
        for name, value in values.items():
            flat = value.numpy().ravel()
            keep = generator.integers(0, len(flat), 4096)
            seen.setdefault(name, []).append(np.concatenate([flat[keep], [flat.min(), flat.max()]]))
    ranges = {name: choose_range(np.sort(np.concatenate(v))) for name, v in seen.items() if name != "image"}
    ranges["image"] = (INPUT_SCALE, INPUT_ZERO)
    # Boxes need their whole range: a clipped distance is a wrong box.
    box = np.concatenate(seen["boxes"])
    low, high = min(box.min(), 0.0), box.max()
    scale = np.float32((high - low) / 255)
    ranges["boxes"] = (scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))
    return ranges


def metadata(threshold, nms_iou):
    return {"labels": ",".join(detection.LABELS), "decoder": "centre-grid", "stride": str(detection.STRIDE),
            "box": "ltrb", "score": "sigmoid", "scores_output": "0", "boxes_output": "1",
            "score_threshold": str(threshold), "nms_iou": str(nms_iou)}


def choose_thresholds(net, frames, truths):
    """(score threshold, NMS overlap) of the highest F1; of equal ones the higher threshold."""
    logits, boxes = predict(net, frames)
    best = None
    for nms_iou in (0.35, 0.4, 0.45, 0.5, 0.55):
        ranked = [detection.decode(s, b, threshold=0.2, nms_iou=nms_iou) for s, b in zip(logits, boxes)]
        for percent in range(30, 66, 5):
            # Suppression goes from the best score down, so a higher threshold only cuts the list.
            found = [[d for d in frame if d[1] >= percent / 100] for frame in ranked]
            precision, recall, _ = detection.precision_recall(found, truths)
            f1 = 2 * precision * recall / max(precision + recall, 1e-9)
            if best is None or f1 >= best[0]:
                best = (f1, percent / 100, nms_iou)
    print(f"F1 {best[0]:.4f} with score_threshold {best[1]}, nms_iou {best[2]}")
    return best[1:]


def export(net, frames, thresholds, path):
    """frames: uint8 (n, 3, 120, 160), for calibration."""
    net.eval()
    steps = fold(net)
    ranges = calibrate(steps, frames.float() / 255)
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def quantize(source, name):
        """source (float) -> Q -> DQ; returns the name of the float after it."""
        scale, zero = ranges[name]
        s = constant(name + "_scale", np.float32(scale))
        z = constant(name + "_zero", np.int8(zero))
        nodes.append(helper.make_node("QuantizeLinear", [source, s, z], [name + "_q"], name + "_quantize"))
        out = name if name in ("scores", "boxes") else name + "_dq"
        nodes.append(helper.make_node("DequantizeLinear", [name + "_q", s, z], [out], name + "_dequantize"))
        return out

    real = {"image": quantize("image", "image")}
    for s in steps:
        if s.kind == "add":
            nodes.append(helper.make_node("Add", [real[i] for i in s.inputs], [s.name + "_sum"], s.name))
            real[s.name] = quantize(s.name + "_sum", s.name)
            continue
        peak = np.abs(s.weight).reshape(len(s.weight), -1).max(1)
        scale = np.maximum(peak / 127, 1e-8).astype(np.float32)
        q = np.clip(np.rint(s.weight / scale.astype(np.float64).reshape(-1, 1, 1, 1)), -127, 127).astype(np.int8)
        bias_scale = (ranges[s.inputs[0]][0] * scale).astype(np.float32)
        bias = np.clip(np.rint(s.bias / bias_scale.astype(np.float64)), -2**31 + 1, 2**31 - 1).astype(np.int32)
        names = [constant(s.name + "_weight_q", q), constant(s.name + "_weight_scale", scale),
                 constant(s.name + "_weight_zero", np.zeros(len(q), np.int8))]
        nodes.append(helper.make_node("DequantizeLinear", names, [s.name + "_weight"], s.name + "_weight_dq", axis=0))
        names = [constant(s.name + "_bias_q", bias), constant(s.name + "_bias_scale", bias_scale),
                 constant(s.name + "_bias_zero", np.zeros(len(q), np.int32))]
        nodes.append(helper.make_node("DequantizeLinear", names, [s.name + "_bias"], s.name + "_bias_dq", axis=0))
        kernel = s.weight.shape[-1]
        out = s.name + "_conv"
        nodes.append(helper.make_node(
            "Conv", [real[s.inputs[0]], s.name + "_weight", s.name + "_bias"], [out], s.name, kernel_shape=[kernel] * 2,
            strides=[s.stride] * 2, pads=[kernel // 2] * 4, group=s.groups, dilations=[1, 1]))
        if s.relu:
            nodes.append(helper.make_node("Relu", [out], [s.name + "_relu"], s.name + "_activation"))
            out = s.name + "_relu"
        real[s.name] = quantize(out, s.name)

    rows, columns = detection.HEIGHT // detection.STRIDE, detection.WIDTH // detection.STRIDE
    graph = helper.make_graph(
        nodes, "parcels",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, detection.HEIGHT, detection.WIDTH])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4, rows, columns]) for n in ("scores", "boxes")],
        constants)
    model = helper.make_model(graph, producer_name="ocellus", opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    for key, value in metadata(*thresholds).items():
        model.metadata_props.append(onnx.StringStringEntryProto(key=key, value=value))
    onnx.checker.check_model(model)
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--data", action="append", required=True, help="folder to calibrate on; may be repeated")
    parser.add_argument("--frames", type=int, default=800, help="how many of its frames")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    net = ParcelNet()
    net.load_state_dict(torch.load(options.checkpoint))
    images, truths = load(options.data)
    # Evenly spread, so that every folder and run has its share.
    pick = torch.linspace(0, len(images) - 1, min(options.frames, len(images))).long()
    thresholds = choose_thresholds(net, images[pick], [truths[i] for i in pick])
    export(net, images[pick], thresholds, options.out)


if __name__ == "__main__":
    main()
