#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host whose resume has its disks rescanned, as libata does, comes too early: the disk is still
# asleep. The kernel refuses that, instead of waiting for the disk with the lock that its
# resume needs, and the system comes back; a rescan after that finds that the disk has grown.
#
# deadline: 60

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host pm/sdev_autosuspend_ms=-1 lun/write_cache=0
may_sleep
enable_host
put on "$PARENT/power/control"
size=/sys/block/$DISK/size
old=$(<"$size")

add_rule grows trigger=suspend action=capacity state_arg=128M
# The rescan has this long to look at the disk before it is resumed.
add_rule early trigger=resume action=rescan final=0 priority=1
add_rule held trigger=resume action=stall stall_ms=1000
# Without a cache sd has nothing to say to a disk that goes to sleep.
requests=$(($(<"$SDEV/iorequest_cnt")))
slept mem devices
expect "$HOST/faults/early/fired" 1
took resume
((TOOK >= 990)) || fail "the resume took $TOOK ms only"
expect "$SDEV/state" running
[ $(($(<"$SDEV/iorequest_cnt"))) = "$requests" ] || fail 'a disk that is asleep was rescanned'
remove_rule early
expect "$HOST/faults/grows/fired" 1
expect "$size" "$old" 'nobody has looked yet'
add_rule after trigger=pm_complete action=rescan
slept mem devices
wait_for 10 'the disk to grow' is "$size" $((128 << 11))
step 'read of what is new' read_disk 20000
remove_host
