#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A store with a name outlives the hosts that use it, and one without a name the times that
# its host is off. A store in use cannot be resized, may lose its directory, and is one disk
# for all hosts: who says something else of it is refused.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

INVALID='Invalid argument'
BUSY='Device or resource busy'

# write_data: 256 KiB, the same each time.
write_data()
{
	step 'write' dd if="$SCRATCH/data" of="$DEV" bs=64k oflag=direct conv=nocreat status=none
}

# expect_data FILE WHEN: they are FILE's.
expect_data()
{
	step "read $2" dd if="$DEV" of="$SCRATCH/back" bs=64k count=4 iflag=direct status=none
	cmp -n $((256 << 10)) "$SCRATCH/back" "$1" || fail "other data $2"
}

# use NAME: a host whose disk has that store.
use() { new_host "lun/store=$1" pm/sdev_autosuspend_ms=-1; }

off_and_on()
{
	step 'switch off' put 0 "$HOST/enable"
	enable_host
}

dd if=/dev/urandom of="$SCRATCH/data" bs=64k count=4 status=none

# Without a name: for as long as its directory exists.
use private
rejects 'No such file or directory' nowhere "$LUN/store"
enable_host
write_data
off_and_on
expect_data "$SCRATCH/data" 'of a private store, after switching it off and on'
expect "$LUN/mapped_bytes" $((256 << 10))
rejects "$BUSY" private "$LUN/store"
remove_host
mkdir "$HOST" "$LUN"
put 64M "$LUN/size"
enable_host
expect_data /dev/zero 'in the private store of another disk'
remove_host

# With a name.
new_store data 8M
store=$RPMFAULT/stores/$STORE
expect "$store/in_use" 0
expect "$store/size" $((8 << 20))
use "$STORE"
expect "$LUN/store" "$STORE"
expect "$LUN/size" $((8 << 20)) 'the store has it'
expect "$store/in_use" 1
rejects "$BUSY" 16M "$store/size"
rejects "$BUSY" 16M "$LUN/size"
enable_host
[ "$(blockdev --getsize64 "$DEV")" = $((8 << 20)) ] || fail 'the disk has another size'
write_data
off_and_on
expect_data "$SCRATCH/data" 'after switching it off and on'
serial=$(<"$LUN/serial") wwid=$(<"$LUN/wwid")
remove_host
expect "$store/in_use" 0
expect "$store/mapped_bytes" $((256 << 10))
use "$STORE"
expect "$LUN/serial" "$serial" 'it is the same disk'
expect "$LUN/wwid" "$wwid" 'it is the same disk'
enable_host
expect_data "$SCRATCH/data" 'after removing the host'
first=$HOST first_lun=$LUN first_dev=$DEV

# One disk, on two hosts.
use "$STORE"
expect "$store/in_use" 2
enable_host
expect_data "$SCRATCH/data" 'on another host'
dd if=/dev/urandom of="$SCRATCH/data" bs=64k count=4 status=none
write_data
DEV=$first_dev expect_data "$SCRATCH/data" 'that the other host wrote'
remove_host
expect "$store/in_use" 1

# Nobody can say something else of it meanwhile.
use "$STORE"
put 4096 "$LUN/sector_size"
mark="rpmfault-test: other attributes $EPOCHREALTIME"
put "$mark" /dev/kmsg
rejects "$INVALID" 1 "$HOST/enable"
expect "$HOST/state" off
dmesg | sed "1,/$mark/d" | grep -q "rpmfault: store $STORE: another host has it" ||
	fail 'the kernel log does not say why'
HOST=$first LUN=$first_lun
remove_host
HOST=$RPMFAULT/t$HOSTS LUN=$RPMFAULT/t$HOSTS/luns/0:0:0
# When the others are gone it can be another disk.
enable_host
expect_data "$SCRATCH/data" 'in blocks of 4096 bytes'
[ "$(blockdev --getss "$DEV")" = 4096 ] || fail 'the blocks have not 4096 bytes'

# All dropped, under the disk that has it.
put 0 "$store/zero" 2>/dev/null && fail 'zero takes a 0'
put 1 "$store/zero" || fail 'the store cannot be emptied'
expect "$store/mapped_bytes" 0
expect_data /dev/zero 'after dropping everything'

# Without its directory it is still there for the disk that has it, and for nobody else.
write_data
step 'rmdir of a store in use' rmdir "$store"
expect_data "$SCRATCH/data" 'after removing the directory of the store'
expect "$LUN/store" "$STORE"
use private
rejects 'No such file or directory' "$STORE" "$LUN/store"
remove_host
