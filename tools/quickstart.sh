#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Installs what is missing, builds, and runs the main job: the built-in scene through the default sensor
# and network. Results go to out/quickstart.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup-debian.sh
cmake --preset release >/dev/null
cmake --build --preset release --target ocellus
build/release/bin/ocellus run configs/imx500.toml --out out/quickstart --force
