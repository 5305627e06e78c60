#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In mode offline the targets are offline as soon as the link goes down, what was on its way
# fails, and all of it is over when the link is up.
#
# deadline: 30

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/sdev_autosuspend_ms=-1 link/mode=offline
enable_host
step 'write' write_disk 5

add_rule held trigger=queue opcode=read origin=fs action=stall
start 'read' read_disk 5
wait_for 5 'the read to be held' is "$RULE/parked" 1
step 'link down' put down "$HOST/link/state"
expect "$SDEV/state" transport-offline
expect "$HOST/link/status" failfast
join 'read' && fail 'a read that was on its way when the link went down succeeded'
returns 'read of an offline disk' read_disk 5 && fail 'a read of an offline disk succeeded'
expect "$HOST/link/transitions" 1

step 'link up' put up "$HOST/link/state"
expect "$SDEV/state" running
step 'read over a live link' read_disk 5
step 'write over a live link' write_disk 5
remove_host
