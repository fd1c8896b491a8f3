#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Runs the simulator on the built-in scene under varied light, exposure and white balance, to train on what it sees.

    python3 tools/train/simulate.py configs/small.toml --runs 24 --frames 50 --seed 100 --out DIR

Run k has scene seed SEED + k and writes DIR/run_000k with the tensor of every frame. Conditions are drawn from the
seed: illuminance 500..900 lx, exposure 12..16 ms, gains of red and blue +-10 %. --still leaves the file's own.
"""
import argparse
import os
import random
import subprocess

RED, BLUE = 2.4160425223483935, 1.502178158329578  # the defaults of isp.white_balance_red and _blue


def conditions(seed):
    draw = random.Random(seed)
    return [f"scene.illuminance={draw.uniform(500, 900):.0f} lx",
            f"sensor.exposure={draw.uniform(12, 16):.2f} ms",
            f"isp.white_balance_red={RED * draw.uniform(0.9, 1.1):.4f}",
            f"isp.white_balance_blue={BLUE * draw.uniform(0.9, 1.1):.4f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("config")
    parser.add_argument("--program", default="build/release/bin/ocellus")
    parser.add_argument("--network", help="network of the runs (default: the built-in one)")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--frames", type=int, default=50, help="frames per run")
    parser.add_argument("--seed", type=int, required=True, help="scene seed of the first run")
    parser.add_argument("--still", action="store_true", help="the configuration as it is")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for k in range(options.runs):
        seed = options.seed + k
        settings = [f"scene.seed={seed}", "output.save_frames=all", "output.image=none"]
        settings += [] if options.still else conditions(seed)
        command = [options.program, "run", options.config, "--frames", str(options.frames), "--seed", str(seed),
                   "--threads", str(options.threads), "--out", os.path.join(options.out, f"run_{k:04}"),
                   "--force", "--quiet"]
        command += ["--network", options.network] if options.network else []
        for setting in settings:
            command += ["--set", setting]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(f"{options.runs} runs of {options.frames} frames in {options.out}")


if __name__ == "__main__":
    main()
