#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk that runtime power management has suspended stays so when the system suspends and resumes,
# in a thread of its own or not; I/O then brings the disk and all above it back. With
# force_runtime_start_on_system_start the resume of the system does.
#
# deadline: 60

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

# same_as_sysfs: each line of pm/devices is what sysfs says of the device.
same_as_sysfs()
{
	local name status usage dir

	while read -r name status usage; do
		for dir in "$PARENT" "$SHOST" "${SDEV%/*}" "$SDEV"; do
			[ "${dir##*/}" != "$name" ] || break
		done
		[ "${dir##*/}" = "$name" ] || fail "pm/devices has $name"
		expect "$dir/power/runtime_status" "$status" "pm/devices: $name"
		expect "$dir/power/runtime_usage" "$usage" "pm/devices: $name"
	done <"$HOST/pm/devices"
	[ "$(wc -l <"$HOST/pm/devices")" -ge 4 ] || fail "pm/devices has $(cat "$HOST/pm/devices")"
}

for async in 0 1; do
	new_host "pm/async_suspend=$async" pm/manage_system_start_stop=1
	[ -d "$SLEEP_TRACE" ] || may_sleep
	enable_host
	need_block_debugfs
	count_events start-stop queue
	wait_suspended
	same_as_sysfs
	put 10000 "$SDEV/power/autosuspend_delay_ms"
	put 1 "$HOST/stats/reset"

	slept mem devices
	met 'prepare[suspend] suspend[suspend] resume[resume] pm_complete[resume]'
	expect "$HOST/stats/opcodes" '' 'nobody has a word for a disk that sleeps already'
	expect "$SDEV/power/runtime_status" suspended
	# Those of the threads of the PM core have names of their own.
	task=$(sed -n 's/^ *\(.*\)-[0-9]* .* pm_enter: .*callback=suspend$/\1/p' "$SLEEP_TRACE/trace")
	case $async in
	0)
		expect "$PARENT/power/async" disabled
		[[ $task != kworker/* ]] || fail "suspend was called by $task"
		;;
	1)
		expect "$PARENT/power/async" enabled
		[[ $task == kworker/* ]] || fail "suspend was called by $task"
		;;
	esac

	step 'read' read_disk
	for device in "$SDEV" "${SDEV%/*}" "$SHOST" "$PARENT"; do
		expect "$device/power/runtime_status" active
	done
	same_as_sysfs
	[ "$(pm_only)" = 0 ] || fail "pm_only is $(pm_only) on an active queue"
	remove_host
done

new_host pm/manage_system_start_stop=1 pm/force_runtime_start_on_system_start=1
enable_host
wait_suspended
put 10000 "$SDEV/power/autosuspend_delay_ms"
slept mem devices
wait_for 10 'the disk to be started' rpm_is "$SDEV" active
remove_host
