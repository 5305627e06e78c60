#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The error handler resumes a suspended host before it does anything, and does nothing as long
# as that fails; with eh_noresume it leaves the host asleep. An adapter whose resume waits for
# the error handler, as libata's and UFS's do, needs the latter.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

host_state() { is "$SHOST/scsi_host/${SHOST##*/}/state" "$1"; }
woken() { [ "$(traced "scsi_eh_wakeup: host_no=$HOST_NO")" -gt 0 ]; }
resumed() { [ "$(traced "rpm_resume: ${PARENT##*/} ")" -gt 0 ]; }

# schedule: asks for the error handler of a suspended host.
schedule()
{
	wait_suspended
	listen scsi:scsi_eh_wakeup rpm:rpm_resume rpm:rpm_return_int
	put 1 "$HOST/schedule_eh" || fail 'the error handler cannot be woken'
	wait_for 5 'the error handler to be woken' woken
}

# ---- it resumes the host

new_host eh_strategy=transport
enable_host
HOST_NO=$(<"$HOST/host_no")
add_rule held trigger=rpm_resume action=stall
schedule
wait_for 5 'the resume to be held' is "$RULE/parked" 1
host_state recovery || fail 'the error handler has ended without its host'
grep -q "scsi_eh_$HOST_NO-.* rpm_resume: ${SHOST##*/} " "$WATCH/trace" ||
	fail "the error handler has not resumed the host: $(<"$WATCH/trace")"
step 'release' put 1 "$RULE/release"
wait_for 5 'the error handler to end' host_state running
remove_rule held
wait_suspended
step 'read' 30 read_disk

# It cannot: it tries for as long as that fails, which is soon over here.
add_rule fails trigger=rpm_resume action=errno errno=EIO times=3
schedule
wait_for 5 'the error handler to end' host_state running
expect "$HOST/faults/fails/fired" 3
[ "$(traced "rpm_return_int: .*:${PARENT##*/} ret=-5")" -ge 3 ] ||
	fail "the resume of the adapter did not fail three times: $(<"$WATCH/trace")"
remove_rule fails
wait_suspended
step 'read' 30 read_disk
remove_host

# ---- it does not

new_host eh_strategy=transport eh_noresume=1
enable_host
HOST_NO=$(<"$HOST/host_no")
schedule
wait_for 5 'the error handler to end' host_state running
expect "$PARENT/power/runtime_status" suspended
resumed && fail 'somebody has resumed the adapter'

# The resume asks for the error handler and goes on when that has ended.
add_rule schedules trigger=rpm_resume action=schedule_eh final=0
add_rule held trigger=rpm_resume action=stall
start 'read' read_disk
wait_for 5 'the resume to be held' is "$RULE/parked" 1
wait_for 5 'the error handler to be woken' woken
wait_for 5 'the error handler to end' host_state running
expect "$RULE/parked" 1
step 'release' put 1 "$RULE/release"
join 'read' 30 || fail "the read failed: $OUTPUT"
remove_host
