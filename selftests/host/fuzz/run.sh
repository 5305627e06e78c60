#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the fuzz targets and runs each for a bounded time.
#
#   run.sh [SECONDS [TARGET...]]
#
# Prints "fuzz TARGET ... ok" or "fuzz TARGET ... FAILED", and what libFuzzer says. What made
# a target fail is kept as a file whose name it prints; the target reproduces it when
# it gets that file as its argument. Needs cargo and a C++ compiler.

set -uo pipefail

seconds=${1:-20}
shift
here=$(dirname "$(readlink -f "$0")")
target_dir=${CARGO_TARGET_DIR:-$here/target}/fuzz
triple=x86_64-unknown-linux-gnu
targets=("$@")
((${#targets[@]})) || targets=(command mode_select)

# The flags that libFuzzer needs are in .cargo/config.toml, which cargo looks for from here on up.
cd "$here" || exit 1
CARGO_TARGET_DIR=$target_dir cargo build --release --locked || exit 1
status=0
for target in "${targets[@]}"; do
	corpus=$target_dir/corpus/$target
	mkdir -p "$corpus"
	if "$target_dir/$triple/release/$target" -max_total_time="$seconds" -max_len=1024 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$target_dir/$target-" "$corpus" 2>&1; then
		echo "fuzz $target ... ok"
	else
		echo "fuzz $target ... FAILED"
		status=1
	fi
done
exit $status
