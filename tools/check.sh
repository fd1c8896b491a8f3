#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Installs what is missing, builds, and runs every test: the release build, then the unit tests under
# AddressSanitizer and UndefinedBehaviorSanitizer, then the format check,
# then a sweep killed and in shards.
set -euo pipefail
cd "$(dirname "$0")/.."
# A clone in another folder finds what an earlier one has compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
tools/setup-debian.sh
tools/check-format.sh
cmake --preset release
cmake --build --preset release
cmake --preset sanitize
cmake --build --preset sanitize
ctest --preset sanitize
ctest --preset release
tools/check-sweep.sh
