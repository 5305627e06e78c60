#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A rescan of a suspended disk, which the kernel does not do, is not said to have been done: the write
# fails, or the new size is known. One that is done while the disk is active finds the new size.
# (bug zoo Z24 and L7: store_rescan_field() forgets what scsi_rescan_device() returns.)
#
# deadline: 30
# fails-on: stock fail a rescan that was not done has succeeded, and the disk has its old size
# fails-on: fixed fail a rescan that was not done has succeeded, and the disk has its old size

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# CAPACITY DATA HAS CHANGED would make sd's START UNIT fail, and that is another matter.
new_host pm/manage_runtime_start_stop=0
enable_host
size=/sys/block/$DISK/size
put on "$SDEV/power/control"
put 96M "$LUN/size"
step 'rescan of an active disk' put 1 "$SDEV/rescan"
expect "$size" $((96 << 11))
put auto "$SDEV/power/control"
wait_suspended
put 128M "$LUN/size"
returns 'rescan of a suspended disk' put 1 "$SDEV/rescan" &&
	expect "$size" $((128 << 11)) 'the rescan has succeeded'
step 'resume' put on "$SDEV/power/control"
step 'rescan of an active disk' put 1 "$SDEV/rescan"
expect "$size" $((128 << 11))
step 'read of what is new' read_disk 30000
remove_host
