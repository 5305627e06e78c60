#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The START UNIT of a disk's runtime resume times out, and the error handler has to help. After a
# reset START UNIT is sent again; if the abort was enough, it is not, so that the resume fails.
# The read that waits for it comes back, and the disk sleeps and wakes as always afterwards.
#
# deadline: 90
# fails-on: stock hang the same as rpm/resume_start_fails, the failure being a timeout

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

host_state() { is "$SHOST/scsi_host/${SHOST##*/}/state" "$1"; }

for steps in '' eh_abort; do
	new_host eh_strategy=transport
	enable_host
	HOST_NO=$(<"$HOST/host_no")
	for event in $steps; do
		add_rule "fails-$event" "trigger=$event" action=eh eh_ret=failed times=-1
	done
	wait_suspended
	listen scsi:scsi_dispatch_cmd_timeout rpm:rpm_return_int
	add_rule times-out trigger=queue origin=pm opcode=1b cdb_mask=0000000001 \
		cdb_value=0000000001 action=blk_abort
	returns 'read' 30 read_disk || say "the read fails: $OUTPUT"
	expect "$RULE/fired" 1
	wait_for 20 'the host to run' host_state running
	expect_traced 1 "scsi_dispatch_cmd_timeout: host_no=$HOST_NO .*raw=1b 00 00 00 01 00"
	[ -n "$steps" ] || expect_traced 1 "rpm_return_int: rpm_resume.*:${SDEV##*/} ret=-5"
	remove_rule times-out
	wait_suspended
	expect_usable
	remove_host
done
