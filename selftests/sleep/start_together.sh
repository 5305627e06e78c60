#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks that take their time to spin up when the system resumes do that at the same time: the resume
# takes as long as the slowest of them, and not the sum. All of them are usable then, also if one cannot
# be started. (Bug zoo, Z19: a19a93e4c6a9 "scsi: core: pm: Rely on the device driver core for async power
# management".)
#
# deadline: 60
# fails-on: 41 fail the disks are started one after the other

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

START_MS=1500

new_host pm/sdev_autosuspend_ms=-1 pm/manage_system_start_stop=1 "lun/start_ms=$START_MS"
LUNS=("$LUN")
for address in 0:0:1 0:1:0 0:1:1; do
	LUNS+=("$HOST/luns/$address")
	mkdir "$HOST/luns/$address"
	put 16M "$HOST/luns/$address/size"
	put "$START_MS" "$HOST/luns/$address/start_ms"
done
may_sleep
put 1 "$SLEEP_TRACE/events/scsi/scsi_dispatch_cmd_start/enable"
put 1 "$SLEEP_TRACE/events/scsi/scsi_dispatch_cmd_done/enable"
enable_host
put on "$PARENT/power/control"

# started: sets STARTS to how many disks have been sent a START UNIT, and TOGETHER to how many before the
# first of them was ready. (How long it takes a machine that may be held up itself says little.)
started()
{
	read -r STARTS TOGETHER < <(awk '
		!/raw=1b 00 00 00 01/ { next }
		/cmd_start: / { starts++; together += !done }
		/cmd_done: / { done = 1 }
		END { print starts + 0, together + 0 }' "$SLEEP_TRACE/trace")
}

usable()
{
	for LUN in "${LUNS[@]}"; do
		find_disk
		expect "$SDEV/state" running
		expect "$LUN/power_cond" active
		step "read of $DISK" read_disk
		[ "$(pm_only)" = 0 ] || fail "pm_only of $DISK is $(pm_only)"
	done
}

slept mem devices
started
[ "$STARTS" = "${#LUNS[@]}" ] || fail "$STARTS disks were started"
[ "$TOGETHER" = "$STARTS" ] || fail "$TOGETHER of $STARTS disks were started together"
usable

# sd gives up, and is told so; the disk is not active until somebody starts it.
for LUN in "${LUNS[@]}"; do
	put 10 "$LUN/start_ms"
done
add_rule fails trigger=queue opcode=1b origin=pm lun=0:1:0 cdb_mask=0000000001 cdb_value=0000000001 action=result \
	sense=04/44/00 times=-1
slept mem devices
at_least "$RULE/fired" 1 || fail 'no disk has failed to start'
remove_rule fails
expect "$SUSPEND_STATS/last_failed_step" resume
LUN=$HOST/luns/0:1:0
find_disk
expect "$SDEV/state" running
find_sg
step 'start by hand' sg_start --start "$SG"
usable
remove_host
