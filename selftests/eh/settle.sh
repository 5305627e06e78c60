#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# After a bus reset that worked the mid layer waits ten seconds for the bus to settle, during
# which the host is in recovery, unless the host says that it needs none.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_reset

# reset_bus: sets TOOK to the milliseconds that a reset of the bus takes.
reset_bus()
{
	read_clock
	TOOK=$NOW
	step 'reset of the bus' 30 sg_reset --bus --no-escalate "$DEV"
	read_clock
	TOOK=$((NOW - TOOK))
	step 'read' 30 read_disk
}

new_host pm/sdev_autosuspend_ms=-1 skip_settle_delay=1
enable_host
reset_bus
((TOOK < 8000)) || fail "a bus that needs no rest was reset in $TOOK ms"
# A reset that fails is not followed by a rest.
add_rule fails trigger=eh_bus_reset action=eh eh_ret=failed
returns 'reset of the bus' sg_reset --bus --no-escalate "$DEV" && fail 'a reset that failed has succeeded'
remove_host

new_host pm/sdev_autosuspend_ms=-1
enable_host
reset_bus
((TOOK >= 9900)) || fail "a bus was reset in $TOOK ms, and had no rest"
remove_host
