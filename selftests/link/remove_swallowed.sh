#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Removal comes back while a command has vanished over a link in mode drop: disabling the
# host does not even wait for the error handler, sysfs delete waits for nothing longer.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

in_flight() { [[ $(<"/sys/block/$DISK/inflight") =~ [1-9] ]]; }

# swallowed_host TIMEOUT: a read that has vanished, and would time out after so many seconds.
swallowed_host()
{
	# sd has nothing to flush and nothing to stop: each of that would time out, several times.
	new_host pm/sdev_autosuspend_ms=-1 link/mode=drop skip_settle_delay=1 lun/write_cache=0 \
		pm/manage_runtime_start_stop=0
	enable_host
	put "$1" "$SDEV/timeout"
	put 1 "$SDEV/eh_timeout"
	step 'link down' put down "$HOST/link/state"
	start 'read' read_disk
	wait_for 5 'the read to be sent' in_flight
}

swallowed_host 300
step 'disable a host that has a command' put 0 "$HOST/enable"
join 'read' && fail 'a read over a dead link succeeded'
remove_host

swallowed_host 300
step 'rmdir of a LUN that has a command' rmdir "$LUN"
join 'read' && fail 'a read over a dead link succeeded'
remove_host

swallowed_host 2
step 'delete a disk that has a command' 30 put 1 "$SDEV/delete"
join 'read' && fail 'a read over a dead link succeeded'
remove_host
