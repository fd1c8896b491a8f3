# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""The parcel detector: plain and depthwise-separable convolutions down to a 20 x 15 grid, two heads."""
import torch
from torch import nn


def conv(inputs, outputs, kernel=3, stride=1, groups=1):
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Separable(nn.Module):
    """Depthwise 3 x 3, pointwise 1 x 1; adds its input when the shapes agree and `skip` is set."""

    def __init__(self, inputs, outputs, stride=1, skip=False):
        super().__init__()
        self.depthwise = conv(inputs, inputs, 3, stride, groups=inputs)
        self.pointwise = conv(inputs, outputs, 1)
        self.skip = skip

    def forward(self, x):
        y = self.pointwise(self.depthwise(x))
        return x + y if self.skip else y


class ParcelNet(nn.Module):
    """(n, 3, 120, 160) in 0..1 -> logits (n, 4, 15, 20), distances left, top, right, bottom (n, 4, 15, 20)
    in cells of 8 pixels."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            conv(3, 16, 3, 2),
            conv(16, 32, 3, 2),
            Separable(32, 48),
            Separable(48, 96, 2),
            Separable(96, 96, skip=True),
            Separable(96, 96, skip=True),
            Separable(96, 96, skip=True),
            Separable(96, 96, skip=True),
            conv(96, 64, 3))
        self.scores = nn.Conv2d(64, 4, 1)
        self.boxes = nn.Conv2d(64, 4, 1)
        nn.init.constant_(self.scores.bias, -4.0)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.constant_(self.boxes.bias, 1.5)
        nn.init.normal_(self.boxes.weight, std=0.01)

    def forward(self, x):
        y = self.body(x)
        return self.scores(y), self.boxes(y)
