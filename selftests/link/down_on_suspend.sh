#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# With down_on_suspend the link sleeps with its host, as that of a SAS or FC adapter does,
# and takes up_delay_ms to train when the host is resumed. I/O that resumes the disk waits
# for it.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

UP_DELAY_MS=800

new_host link/fast_io_fail_tmo=60 link/mode=block link/down_on_suspend=1 \
	"link/up_delay_ms=$UP_DELAY_MS"
enable_host
step 'write' write_disk 5
wait_suspended
downs=$(($(<"$HOST/link/downs") - 1))
for round in 1 2 3; do
	wait_suspended
	expect "$HOST/link/downs" $((downs + round))
	expect "$HOST/link/status" blocked "suspended, round $round"
	wait_for 5 'the disk to be blocked' is "$SDEV/state" blocked
	read_clock
	begun=$NOW
	start 'read' read_disk 5
	wait_for 5 'the host to be resumed' rpm_is "$PARENT" active
	join 'read' || fail "the read failed in round $round: $OUTPUT"
	read_clock
	[ $((NOW - begun)) -ge $((UP_DELAY_MS - 50)) ] ||
		fail "the read took $((NOW - begun)) ms, less than the link takes to come up"
	rpm_is "$SDEV" error && fail 'the disk cannot be resumed any more'
done
[ "$(<"$HOST/stats/io_while_suspended")" = 0 ] || fail 'a command came while the host was suspended'

# One that is told meanwhile to stay up does so from the next resume on.
put 0 "$HOST/link/down_on_suspend"
step 'read after it was told to stay up' read_disk 5
wait_suspended
expect "$HOST/link/status" up
expect "$SDEV/state" running

# One that somebody has taken down does not come up because the host does.
put 1 "$HOST/link/down_on_suspend"
step 'link down' put down "$HOST/link/state"
downs=$(<"$HOST/link/downs")
step 'wake' put 1 "$HOST/pm/wake"
wait_for 5 'the adapter to be resumed' at_least "$HOST/stats/rpm_resume" 5
wait_suspended
expect "$HOST/link/downs" "$downs"
step 'link up' put up "$HOST/link/state"
wait_for 5 'the link to be up' is "$HOST/link/status" up
remove_host
