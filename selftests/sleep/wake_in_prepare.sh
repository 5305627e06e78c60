#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host that is suspended at runtime and asks for its resume in prepare, when the system is about to
# sleep, is resumed at once by the PM core's workqueue, and not only when it is its turn to
# sleep: its prepare could wait for that, as blk_queue_enter() does. (Bug zoo, Z5: 4fb352df14de
# "PM: sleep: Do not flag runtime PM workqueue as freezable".)
#
# deadline: 30
# fails-on: 08 fail the workqueue is frozen, and the resume comes after prepare

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host
may_sleep
enable_host
wait_suspended
add_rule wakes trigger=prepare action=wake final=0 priority=1
# User space cannot look: the resume has so long to happen.
add_rule held trigger=prepare action=stall stall_ms=1000
slept mem devices
for rule in wakes held; do
	expect "$HOST/faults/$rule/fired" 1
	remove_rule "$rule"
done
order=$(sed -En 's/.* pm_exit: .*callback=(prepare|rpm_resume|suspend) .*/\1/p' "$SLEEP_TRACE/trace" | paste -sd' ')
[ "$order" = 'rpm_resume prepare suspend' ] || fail "the callbacks ended as '$order'"
step 'read' read_disk
[ "$(pm_only)" = 0 ] || fail "pm_only is $(pm_only) on an active queue"
remove_host
