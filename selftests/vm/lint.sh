#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Static checks of what is not the module's Rust: shellcheck for the scripts,
# checkpatch for the C files and the kernel patches, clippy for the host tests.
# Each kernel patch has to apply, and one of patches/redo on top of its undo has to
# give the sources back as they were.
#
#   kernel.sh stock lint.sh
#
# Runs in the root, with the sources of stock in place.

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
	# By its name it would be taken for source code, since git knows it. Prototypes are extern in
	# blk-pm.h, which redo/01 has to give back as it was.
	"${checkpatch[@]}" --ignore UNKNOWN_COMMIT_ID,MISSING_SIGN_OFF,AVOID_EXTERNS - < "$patch"
done

# try PATCH...: applies them one after the other to a copy of what they change, $tried.
tried=$(mktemp -d)
trap 'rm -rf "$tried"' EXIT
try() {
	rm -rf "${tried:?}"/*
	sed -n 's|^+++ b/||p' "$@" | sort -u | (cd /src && xargs cp --parents -t "$tried")
	for patch; do
		git -C "$tried" apply "$PWD/$patch" || {
			echo "$patch does not apply to Linux $(make -s -C /src kernelversion)"
			exit 1
		}
	done
}
try patches/fix/*.patch
for undo in patches/undo/*.patch; do
	try "$undo"
	for redo in patches/redo/"$(basename "$undo" | cut -d- -f1)"-*.patch; do
		[[ -e $redo ]] || continue
		try "$undo" "$redo"
		(cd "$tried" && find . -type f -exec cmp {} /src/{} \;) | grep . && {
			echo "$redo does not give back what $undo takes"
			exit 1
		}
	done
done

cargo clippy --quiet --manifest-path selftests/host/Cargo.toml --locked --all-targets -- -D warnings
echo "nothing found in ${#scripts[@]} scripts, the C files, the patches and the host tests"
