#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# With runtime=off the adapter has no runtime power management; its host and its disk suspend
# and resume as ever, without it.
#
# deadline: 30

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/runtime=off
enable_host
for round in 1 2; do
	wait_for 10 'the disk to be suspended' rpm_is "$SDEV" suspended
	expect "$PARENT/power/runtime_status" unsupported
	expect "$HOST/pm/status" unsupported
	step "read in round $round" read_disk
done
expect "$HOST/stats/rpm_suspend" 0
expect "$HOST/stats/rpm_resume" 0
expect "$HOST/stats/io_while_suspended" 0
grep -qx '1b [1-9][0-9]*' "$HOST/stats/opcodes" || fail 'the disk was never stopped'
remove_host
