#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Static checks of what is not the module's Rust: shellcheck for the scripts,
# checkpatch for the C files and the kernel patches, clippy for the host tests.
#
#   kernel.sh NAME lint.sh
#
# Runs in the root, with a kernel's sources in place.

set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/../.."
checkpatch=(/src/scripts/checkpatch.pl --no-tree --strict --terse --no-summary --show-types)

mapfile -t scripts < <(find selftests -name '*.sh'; echo .ci/run)
shellcheck -x "${scripts[@]}"

# struct Scsi_Host is called so. Commit ids cannot be looked up without the kernel's history, and
# the sign-off of a patch is for the person who sends it.
"${checkpatch[@]}" --ignore CAMELCASE --file src/ffi/*.c src/ffi/helpers.h
# A trace event looks like nothing else in C.
"${checkpatch[@]}" --ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT --file src/ffi/trace.h
for patch in patches/*/*.patch; do
	echo "checkpatch $patch"
	# By its name it would be taken for source code, since git knows it.
	"${checkpatch[@]}" --ignore UNKNOWN_COMMIT_ID,MISSING_SIGN_OFF - < "$patch"
done

cargo clippy --quiet --manifest-path selftests/host/Cargo.toml --locked --all-targets -- -D warnings
echo "nothing found in ${#scripts[@]} scripts, the C files, the patches and the host tests"
