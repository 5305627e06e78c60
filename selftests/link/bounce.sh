#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link that bounces goes down and comes up by itself, as often as it was told; with
# reconnect_delay so does one that somebody has taken down. In mode block no I/O fails
# meanwhile.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

DOWN_MS=700
UP_MS=500

reads_until() { while [ ! -e "$1" ]; do read_disk 5 || return; done; }

new_host pm/sdev_autosuspend_ms=-1 link/fast_io_fail_tmo=60 link/mode=block
enable_host
step 'write' write_disk 5

start 'reads' reads_until "$SCRATCH/enough"
read_clock
begun=$NOW
step 'bounce' put "$DOWN_MS,$UP_MS,3" "$HOST/link/bounce"
for round in 1 2 3; do
	wait_for 5 "the link to be down, round $round" is "$SDEV/state" blocked
	wait_for 5 "the link to be up, round $round" is "$SDEV/state" running
done
read_clock
took=$((NOW - begun))
say "3 bounces took $took ms"
[ "$took" -ge $((3 * DOWN_MS + 2 * UP_MS - 100)) ] || fail "3 bounces took only $took ms"
nap $(((DOWN_MS + UP_MS) / 1000 + 1))
expect "$HOST/link/downs" 3 'it is over after that'
expect "$HOST/link/transitions" 6
expect "$HOST/link/status" up
touch "$SCRATCH/enough"
join 'reads' || fail "a read failed: $OUTPUT"

# Somebody who takes the link down has the last word.
step 'bounce' put "100,60000,5" "$HOST/link/bounce"
wait_for 5 'the link to be up again' is "$SDEV/state" running
step 'link down' put down "$HOST/link/state"
step 'link up' put up "$HOST/link/state"
expect "$HOST/link/downs" 5

put 1 "$HOST/link/reconnect_delay"
read_clock
begun=$NOW
step 'link down' put down "$HOST/link/state"
step 'read while it comes up again' read_disk 5
read_clock
say "back after $((NOW - begun)) ms"
[ $((NOW - begun)) -ge 900 ] || fail "the link was down for $((NOW - begun)) ms"
expect "$HOST/link/state" up
expect "$HOST/link/downs" 6
remove_host
