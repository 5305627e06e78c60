#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the units have to say when the link comes up is what link/up_ua says; with on_up
# rescan, units are found that nobody had looked for.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

TEST_UNIT_READY='00 00 00 00 00 00'

bounce_link()
{
	step 'link down' put down "$HOST/link/state"
	step 'link up' put up "$HOST/link/state"
}

second() { [ -d "/sys/bus/scsi/devices/$(<"$HOST/host_no"):0:0:1" ]; }

new_host pm/sdev_autosuspend_ms=-1
mkdir "$HOST/luns/0:0:1"
enable_host
find_sg
# shellcheck disable=SC2086 # bytes
answers good "$SG" $TEST_UNIT_READY
bounce_link
# shellcheck disable=SC2086 # bytes
answers good "$SG" $TEST_UNIT_READY

# I_T NEXUS LOSS OCCURRED.
put 29/07,3f/01 "$HOST/link/up_ua"
bounce_link
for answer in 06/29/07 06/3f/01 good; do
	# shellcheck disable=SC2086 # bytes
	answers "$answer" "$SG" $TEST_UNIT_READY
done
put none "$HOST/link/up_ua"

second || fail 'the second disk is not there'
step 'delete the second disk' put 1 "${SDEV%/*}/$(<"$HOST/host_no"):0:0:1/delete"
bounce_link
second && fail 'a disk came back that nobody has scanned for'
put rescan "$HOST/link/on_up"
bounce_link
wait_for 5 'the second disk to be found' second
remove_host
