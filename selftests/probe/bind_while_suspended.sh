#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk that was suspended before it had a driver gets one: sd, which resumes it at the
# start of its probe, before there is anything to resume; and sr, which does not want it and
# leaves it to suspend again. Both were a NULL pointer once: commits 85374b639229 ("scsi: sd:
# Fix crashes in sd_resume_runtime()") and 13b438914341 ("SCSI: fix crashes in sd and sr
# runtime PM").
#
# deadline: 60
# fails-on: 03 oops sd_resume_runtime() takes the driver data for granted
# fails-on: 04 oops sr_runtime_suspend() takes the driver data for granted

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

SCSI_BUS=/sys/bus/scsi
clean_up() { put 1 "$SCSI_BUS/drivers_autoprobe"; }

new_host
put 0 "$SCSI_BUS/drivers_autoprobe"
step 'enable' 30 put 1 "$HOST/enable"
ADDRESS=$(<"$HOST/host_no"):0:0:0
SDEV=$(readlink -f "$SCSI_BUS/devices/$ADDRESS")
PARENT=$(readlink -f "/sys/class/scsi_host/host${ADDRESS%%:*}/device/..")
expect "$LUN/block_dev" ''
put auto "$SDEV/power/control"
wait_for 10 'the disk to be suspended' rpm_is "$SDEV" suspended
wait_suspended

returns 'bind sr' put "$ADDRESS" "$SCSI_BUS/drivers/sr/bind" && fail 'sr took a disk'
[ ! -e "$SDEV/driver" ] || fail 'the disk has a driver'
wait_for 10 'the disk to be suspended' rpm_is "$SDEV" suspended

step 'bind sd' put "$ADDRESS" "$SCSI_BUS/drivers/sd/bind"
find_disk
step 'read' read_disk
put 100 "$SDEV/power/autosuspend_delay_ms"
put auto "$SDEV/power/control"
wait_suspended
step 'read of a suspended disk' read_disk
remove_host
