#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What rules cost a command that they are not about: `make bench`. No test: it measures, and
# prints a table. See rules.py for how.
#
# Five hosts are alike but for their rules, and each is measured in turn, so that what else
# goes on hits all of them. BENCH_ROUNDS is how often (11).
#
# deadline: 1500

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# Triggers that no read meets.
OTHERS=(rpm_suspend rpm_resume suspend resume eh_abort eh_host_reset link_down sysfs_host_reset)

# disk NAME: a disk that does nothing but answer, and no power management.
disk()
{
	new_host nr_hw_queues=1 completion=inline pm/runtime=off pm/sdev_autosuspend=0 lun/size=16M
	enable_host
	put none "/sys/block/$DISK/queue/scheduler"
	DISKS+=("$1=$DEV")
}

# add_rules COUNT: rules that count events which never come.
add_rules()
{
	local at dir

	for ((at = 0; at < $1; at++)); do
		dir=$HOST/faults/r$at
		dirs+=("$dir")
	done
	mkdir "${dirs[@]}" || fail "cannot make $1 rules"
	for ((at = 0; at < $1; at++)); do
		dir=${dirs[at]}
		put "${OTHERS[at % ${#OTHERS[@]}]}" "$dir/trigger"
		put none "$dir/action"
		put 1 "$dir/enable" || fail "cannot enable $dir"
	done
}

# The recorder of run.sh costs more than any rule.
for events in /sys/kernel/tracing/instances/*/events/enable; do
	[ ! -e "$events" ] || put 0 "$events"
done

# Each rule that is enabled waits for two grace periods.
put 1 /sys/kernel/rcu_expedited
clean_up() { put 0 /sys/kernel/rcu_expedited; }

DISKS=()
dirs=()
disk 'no rules'
disk 'no rules, once more'
disk '1 rule for another trigger'
add_rules 1
dirs=()
disk '1000 rules for other triggers'
add_rules 1000
disk '1 rule on queue that never matches'
add_rule never trigger=queue opcode=ff action=none times=-1

say "${#DISKS[@]} disks are ready"
python3 "$(dirname "$0")/rules.py" "${BENCH_ROUNDS:-11}" "${DISKS[@]}"
status=$?
# A rmdir each is a fork each.
for dir in "${dirs[@]}"; do
	put 0 "$dir/enable"
done
step 'rmdir of 1000 rules' 300 rmdir "${dirs[@]}"
[ "$status" = 0 ] || fail "rules.py ended with status $status"
