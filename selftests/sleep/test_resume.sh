#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Hibernation with an image on a disk, which is then restored as at a boot. The host's callbacks are
# those for an image, and restore; the data of the disk are those of the image. A drive that is polled
# for a new medium has no command while its host is frozen for the image. (Seed 003.)
#
# The image is written and read by an emulated machine: this takes a minute and more.
#
# deadline: 300

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

SWAP=/dev/vda
# For the image of a machine with 2 GiB.
SLEEP_SECONDS=240

grep -q test_resume /sys/power/disk || skip 'the kernel cannot test a resume'
if [ ! -b "$SWAP" ] || [ -n "$(blkid "$SWAP")" ]; then
	skip "$SWAP is not an empty disk"
fi
new_host pm/sdev_autosuspend_ms=-1
mkdir "$HOST/luns/0:0:1"
put cdrom "$HOST/luns/0:0:1/type"
may_sleep
enable_host
put on "$PARENT/power/control"
# What the PM core leaves alone must find its interrupts where the image says that they are,
# though CPUs come and go.
for file in /proc/irq/*/smp_affinity; do
	put 1 "$file" 2>/dev/null
done
dd if=/dev/urandom of="$SCRATCH/data" bs=64k count=8 status=none
step 'write' dd if="$SCRATCH/data" of="$DEV" bs=64k oflag=direct status=none
LUN=$HOST/luns/0:0:1
disk=$DEV
find_disk
polls_of "$DISK" 100
polls 'before the image'
DEV=$disk
# As small as it gets.
put 0 /sys/power/image_size
put test_resume /sys/power/disk
step 'mkswap' mkswap "$SWAP"
step 'swapon' swapon "$SWAP"
add_rule sees trigger=restore action=stall stall_ms=1 pm_event=restore

slept disk none
# The image knows nothing of what came after it.
met 'prepare[freeze] freeze[freeze] freeze_late[freeze] freeze_noirq[freeze] restore_noirq[restore] restore_early[restore] restore[restore] pm_complete[restore]'
expect "$RULE/fired" 1
expect "$HOST/stats/io_while_suspended" 0
polls 'after the image'
step 'read back' dd if="$DEV" of="$SCRATCH/back" bs=64k count=8 iflag=direct status=none
cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'the data are not those of the image'
step 'write' write_disk
put platform /sys/power/disk 2>/dev/null
step 'swapoff' 30 swapoff "$SWAP"
wipefs -qa "$SWAP"
remove_host
