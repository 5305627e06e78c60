#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make install` makes a directory that the kernel's own run_kselftest.sh runs: each scenario is
# a program whose exit status is its verdict, and skips with a reason where a tool is missing.
# `make run` runs scenarios without it.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool make
SELFTESTS=$(readlink -f "$(dirname "$0")/..")
need file "$SELFTESTS/Makefile" 'the checkout, and not what was installed from it'

unload_module
# A module that modprobe finds needs no name.
[ -z "$MODULE" ] || FROM=MODULE=$MODULE
step 'make run' 60 make -s -C "$SELFTESTS" run ${FROM:+"$FROM"} TESTS=rpm/healthy_cycle
[[ $OUTPUT == *'ok 1 rpm/healthy_cycle'* ]] || fail "make run: $OUTPUT"
unload_module

DEST=$SCRATCH/kselftest
step 'make install' 60 make -s -C "$SELFTESTS" install INSTALL_PATH="$DEST" ${FROM:+"$FROM"} \
	TESTS='rpm/healthy_cycle fault/schedule eh/schedule'
for scenario in rpm.healthy_cycle fault.schedule eh.schedule; do
	grep -qx "rpmfault:$scenario.sh" "$DEST/kselftest-list.txt" || fail "$scenario is not in the list"
done
[ "$(wc -l <"$DEST/kselftest-list.txt")" = 3 ] || fail "the list has more: $(<"$DEST/kselftest-list.txt")"

# Three that take no time.
# shellcheck disable=SC2016 # that is for them
add() { printf '. "$(dirname "$0")/../lib.sh"\n%s\n' "$2" >"$DEST/rpmfault/rpm/$1.sh"; }
add passes load_module
add fails "fail 'on purpose'"
add skips 'need tool bash no-such-tool'
for scenario in rpm.passes rpm.fails rpm.skips; do
	ln -s ksft.sh "$DEST/rpmfault/$scenario.sh"
	printf 'rpmfault:%s.sh\n' "$scenario" >>"$DEST/kselftest-list.txt"
done
# With nothing of the runner that runs this. The details are in the file output.log.
returns 'run_kselftest.sh' 60 env -u MODULE -u TRACE_MARKER "$DEST/run_kselftest.sh" --summary \
	-t rpmfault:rpm.passes.sh -t rpmfault:rpm.fails.sh -t rpmfault:rpm.skips.sh &&
	fail 'run_kselftest.sh has not seen a failure'
OUTPUT+=$'\n'$(<"$DEST/output.log")
for line in 'ok 1 selftests: rpmfault: rpm.passes.sh' \
	'not ok 2 selftests: rpmfault: rpm.fails.sh # exit=1' '# # FAIL: on purpose' \
	'ok 3 selftests: rpmfault: rpm.skips.sh # SKIP' '# # SKIP: there is no no-such-tool'; do
	grep -qx "$line *" <<<"$OUTPUT" || fail "run_kselftest.sh does not say '$line': $OUTPUT"
done
module_loaded || fail 'the module that was installed is not the one that was loaded'
[ ! -e /run/rpmfault-dirty ] || fail "the machine is said to be dirty: $OUTPUT"
unload_module
