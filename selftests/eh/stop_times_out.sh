#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The STOP UNIT of a disk's runtime suspend times out, while somebody asks for the error handler:
# power management waits for the error handler, which needs the host that power management is
# suspending, and may have to reset it. Both get through. After a reset STOP UNIT is sent again and
# the disk sleeps. If the abort was enough, it is not, so that the suspend fails: power management
# leaves the disk alone from then on, but I/O goes on.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

host_state() { is "$SHOST/scsi_host/${SHOST##*/}/state" "$1"; }
handled() { [ "$(traced "scsi_eh_wakeup: host_no=$HOST_NO")" -gt 0 ]; }

# What fails: nothing, the abort, all resets but that of the host.
for steps in '' eh_abort 'eh_abort eh_device_reset eh_target_reset eh_bus_reset'; do
	# Awake until the rules are there.
	new_host skip_settle_delay=1 eh_strategy=transport pm/sdev_autosuspend_ms=60000
	enable_host
	need_block_debugfs
	HOST_NO=$(<"$HOST/host_no")
	for event in $steps; do
		add_rule "fails-$event" "trigger=$event" action=eh eh_ret=failed times=-1
	done
	listen scsi:scsi_eh_wakeup scsi:scsi_dispatch_cmd_timeout rpm:rpm_return_int
	add_rule asks trigger=queue origin=pm opcode=1b action=schedule_eh final=0
	add_rule times-out trigger=queue origin=pm opcode=1b cdb_mask=0000000001 \
		cdb_value=0000000000 action=blk_abort
	put 100 "$SDEV/power/autosuspend_delay_ms"
	wait_for 20 'STOP UNIT to time out' is "$RULE/fired" 1
	wait_for 20 'the host to run' host_state running
	expect_traced 1 "scsi_dispatch_cmd_timeout: host_no=$HOST_NO .*raw=1b 00 00 00 00 00"
	handled || fail 'nobody has asked for the error handler'
	expect "$SDEV/state" running
	if [ -z "$steps" ]; then
		wait_for 20 'the suspend to fail' rpm_is "$SDEV" error
		expect_traced 1 "rpm_return_int: rpm_suspend.*:${SDEV##*/} ret=-5"
		expect "$PARENT/power/runtime_status" active
	else
		wait_suspended
	fi
	step 'read' 30 read_disk
	step 'write' 30 write_disk
	[ -n "$steps" ] || [ "$(pm_only)" = 0 ] || fail "pm_only is $(pm_only) on an active queue"
	remove_host
done
