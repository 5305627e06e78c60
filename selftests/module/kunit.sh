#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module's own unit tests, which run at insmod, all pass.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

KUNIT=/sys/kernel/debug/kunit

need file "$KUNIT" 'debugfs with CONFIG_KUNIT'
unload_module
declare -A foreign=()
for suite in "$KUNIT"/*/; do
	foreign[$suite]=1
done
UNIT_TESTS='rpmfault*' load_module

cases=0 suites=0
for suite in "$KUNIT"/*/; do
	[ -z "${foreign[$suite]:-}" ] || continue
	suites=$((suites + 1))
	results=$(<"$suite/results")
	# A case is indented by four columns and names itself; the suite's own line is not.
	cases=$((cases + $(grep -cE '^    ok [0-9]' <<<"$results")))
	if grep -q 'not ok' <<<"$results"; then
		say "$results"
		fail "the suite $(basename "$suite") failed"
	fi
done
[ "$cases" -gt 0 ] || fail 'no unit test has run at insmod'
say "$cases unit tests in $suites suites passed"
