#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Trains the parcel detector; export.py makes an ONNX file of the checkpoint.

    python3 tools/train/train.py --data DIR [--data DIR ...] --held-out DIR --checkpoint parcels.pt --seed 1

Each DIR holds frames.u8 (n x 120 x 160 x 3 sRGB code values) and truth.jsonl, as tools/train/render_parcels
and tools/train/collect.py write them. Same data, seed and thread count: same weights.
"""
import argparse
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import detection
from model import ParcelNet

ROWS, COLUMNS = detection.HEIGHT // detection.STRIDE, detection.WIDTH // detection.STRIDE
CENTRE = 0.8  # cells this near to a parcel's centre (in cells, both ways) answer for it
RING = 1.2  # farther cells must be silent; those between may say what they like
AROUND = 2.0, 0.3  # cells this near learn the box too, with this weight: what they report is then a duplicate
LINEAR = (torch.arange(256) / 255) ** 2.2  # of a code value
STACKED = 4.0  # weight of parcels that lie on, or under the middle of, another


def load(folders):
    frames, truths = [], []
    for folder in folders:
        data = np.fromfile(os.path.join(folder, "frames.u8"), np.uint8)
        frames.append(data.reshape(-1, detection.HEIGHT, detection.WIDTH, 3))
        truths += detection.read_truth(os.path.join(folder, "truth.jsonl"))
    frames = np.concatenate(frames)
    if len(frames) != len(truths):
        raise SystemExit(f"{len(frames)} frames but {len(truths)} lines of truth in {folders}")
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))), truths


def targets(truth):
    """Class map (-1 background, -2 do not care), box map and weight map of one frame."""
    classes = np.full((ROWS, COLUMNS), -1, np.int64)
    boxes = np.zeros((4, ROWS, COLUMNS), np.float32)
    weights = np.zeros((ROWS, COLUMNS), np.float32)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    cells = [(t[0], t[1] * COLUMNS, t[2] * ROWS, t[3] * COLUMNS, t[4] * ROWS) for t in truth]
    cells.sort(key=lambda t: -(t[3] - t[1]) * (t[4] - t[2]))  # small ones last: at least the nearest cell is theirs

    def middle_of(a, b):
        """The middle of box a lies in box b."""
        return b[1] < (a[1] + a[3]) / 2 < b[3] and b[2] < (a[2] + a[4]) / 2 < b[4]

    def put(mine, box, weight):
        _, left, top, right, bottom = box
        weights[mine] = weight
        for k, d in enumerate((x - left, y - top, right - x, bottom - y)):
            boxes[k][mine] = d[mine]

    near = [np.maximum(abs(x - (t[1] + t[3]) / 2), abs(y - (t[2] + t[4]) / 2)) for t in cells]
    inside = [(x > t[1]) & (x < t[3]) & (y > t[2]) & (y < t[4]) for t in cells]
    nearest = np.min(near, axis=0) if near else None
    for t, distance, within in zip(cells, near, inside):
        put((distance < AROUND[0]) & within & (distance <= nearest), t, AROUND[1])
    for t, distance, within in zip(cells, near, inside):
        classes[(distance < RING) & within & (classes == -1)] = -2
        mine = ((distance < CENTRE) & within & (distance <= nearest)) | (distance <= distance.min())
        classes[mine] = t[0]
        stacked = any(o is not t and (middle_of(t, o) or middle_of(o, t)) for o in cells)
        put(mine, t, STACKED if stacked else 1.0)
    return classes, boxes, weights


def augment(images, generator):
    """Code values in, 0..1 out: what differs from run to run of a camera: exposure, white balance, contrast, softness,
    noise."""
    n = len(images)
    rand = lambda *shape: torch.rand(*shape, generator=generator)
    linear = LINEAR[images.long()]
    linear = linear * torch.exp((rand(n, 1, 1, 1) * 2 - 1) * 0.45 + (rand(n, 3, 1, 1) * 2 - 1) * 0.10)
    linear = torch.lerp(linear.mean(1, keepdim=True), linear, 0.75 + 0.45 * rand(n, 1, 1, 1))
    out = linear.clamp_(0, 1).pow_((0.9 + 0.25 * rand(n, 1, 1, 1)) / 2.2)
    soft = F.avg_pool2d(F.pad(out, (1, 1, 1, 1), mode="replicate"), 3, 1)
    out = out + (rand(n, 1, 1, 1) * 1.2 - 0.6) * (soft - out)  # blur, or sharpen
    noise = torch.randn(out.shape, generator=generator) * (rand(n, 1, 1, 1) ** 2) * 0.025
    return out.add_(noise).clamp_(0, 1).mul_(255).round_().div_(255)


def flip(images, classes, boxes, weights, generator):
    if torch.rand(1, generator=generator) < 0.5:
        images, classes, weights = images.flip(3), classes.flip(2), weights.flip(2)
        boxes = boxes.flip(3)[:, [2, 1, 0, 3]]
    if torch.rand(1, generator=generator) < 0.5:
        images, classes, weights = images.flip(2), classes.flip(1), weights.flip(1)
        boxes = boxes.flip(2)[:, [0, 3, 2, 1]]
    return images, classes, boxes, weights


def loss_of(logits, boxes, classes, wanted, weights):
    positive = classes >= 0
    count = weights[positive].sum().clamp(min=1)
    # Distances make boxes around a common point, so the overlap needs no positions.
    taught = weights > 0
    b = boxes.permute(0, 2, 3, 1)[taught].clamp(min=0)
    w = wanted.permute(0, 2, 3, 1)[taught]
    area = lambda d: (d[:, 0] + d[:, 2]) * (d[:, 1] + d[:, 3])
    inner, outer = torch.minimum(b, w), torch.maximum(b, w)
    union = area(b) + area(w) - area(inner)
    overlap = area(inner) / union.clamp(min=1e-6)
    hull = area(outer).clamp(min=1e-6)
    box_loss = ((1 - overlap + (hull - union) / hull) * weights[taught]).sum() / count
    far = F.smooth_l1_loss(boxes.permute(0, 2, 3, 1)[taught], w, reduction="none").sum(1)
    box_loss = box_loss + 0.05 * (far * weights[taught]).sum() / count
    # Class scores aim at the overlap, so that ranking by score ranks by fit; focal weights for the rest.
    target = torch.zeros_like(logits)
    index = positive.nonzero(as_tuple=True)
    target[index[0], classes[positive], index[1], index[2]] = 0.5 + 0.5 * overlap.detach()[positive[taught]]
    p = torch.sigmoid(logits)
    weight = (target - p).abs() ** 2 * torch.where(target > 0, 1.0, 0.75)
    weight = weight * torch.where(positive, weights, (classes != -2).float()).unsqueeze(1)
    score_loss = (weight * F.binary_cross_entropy_with_logits(logits, target, reduction="none")).sum() / count
    return 2.0 * score_loss + box_loss


def predict(net, images, batch=100):
    net.eval()
    logits, boxes = [], []
    with torch.no_grad():
        for i in range(0, len(images), batch):
            s, b = net(images[i:i + batch].float() / 255)
            logits.append(s)
            boxes.append(b)
    return torch.cat(logits).numpy(), torch.cat(boxes).numpy()


def evaluate(logits, boxes, truths):
    reported = [detection.decode(s, b) for s, b in zip(logits, boxes)]
    ranked = [detection.decode(s, b, threshold=0.02) for s, b in zip(logits, boxes)]
    return detection.report(reported, ranked, truths)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append", required=True, help="training folder; may be repeated")
    parser.add_argument("--held-out", required=True, help="folder for the accuracy that is printed")
    parser.add_argument("--checkpoint", required=True, help="file of float weights to write (.pt)")
    parser.add_argument("--start", help="float weights to start from (.pt)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4000, help="batches to train on")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--warm-up", type=float, default=0.1, help="share of the steps in which the rate rises")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    generator = torch.Generator().manual_seed(options.seed)

    images, truths = load(options.data)
    classes, boxes, weights = (torch.from_numpy(np.stack(a)) for a in zip(*map(targets, truths)))
    net = ParcelNet()
    if options.start:
        net.load_state_dict(torch.load(options.start))
    net = net.to(memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in net.parameters())} parameters, {len(images)} frames", flush=True)

    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, options.steps, pct_start=options.warm_up)
    began = time.monotonic()
    total, order = 0.0, torch.zeros(0, dtype=torch.int64)
    net.train()
    for step in range(1, options.steps + 1):
        if len(order) < options.batch:
            order = torch.randperm(len(images), generator=generator)
        pick, order = order[:options.batch], order[options.batch:]
        x, *wanted = flip(images[pick], classes[pick], boxes[pick], weights[pick], generator)
        x = augment(x, generator).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits, distances = net(x)
        loss = loss_of(logits.float(), distances.float(), *wanted)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % 50 == 0 or step == options.steps:
            mean = total / ((step - 1) % 50 + 1)
            print(f"step {step}: loss {mean:.4f}, {time.monotonic() - began:.0f} s", flush=True)
            total = 0.0
            torch.save(net.state_dict(), options.checkpoint)

    held_images, held_truths = load([options.held_out])
    text, _ = evaluate(*predict(net, held_images), held_truths)
    print("held out, float\n" + text)


if __name__ == "__main__":
    main()
