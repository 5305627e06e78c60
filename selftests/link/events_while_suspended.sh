#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The link goes down and comes up again while the host is suspended, in every mode: the disk is there
# afterwards, a new one if it was lost meanwhile, its data can be read, and all goes to sleep again.
# (bug zoo Z21: disks behind libsas were lost when their link changed while the host was suspended,
# upstream 1e82e4627a79 "Resume SAS host for phy reset or enable via sysfs" and its kin.)
#
# deadline: 90
# fails-on: stock warn the same as rpm/resume_start_fails: a disk that is asleep is removed, and its resume fails twice

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# readable: the disk, which may be a new one, has the data and falls asleep again.
readable()
{
	find_disk
	expect "$SDEV/state" running
	step 'read' dd if="$DEV" of="$SCRATCH/back" bs=4k count=4 iflag=direct status=none
	cmp "$SCRATCH/data" "$SCRATCH/back" || fail "$mode: the data differ from what was written"
	wait_suspended
}

dd if=/dev/urandom of="$SCRATCH/data" bs=4k count=4 status=none
for mode in fail drop block offline remove; do
	new_host link/fast_io_fail_tmo=600 "link/mode=$mode"
	enable_host
	step 'write' dd if="$SCRATCH/data" of="$DEV" bs=4k oflag=direct conv=nocreat status=none
	expected=0
	for on_up in unblock rescan; do
		((expected += 4))
		put "$on_up" "$HOST/link/on_up"
		wait_suspended
		step 'link down' put down "$HOST/link/state"
		step 'link up' put up "$HOST/link/state"
		readable
		wait_suspended
		step 'bounce' put 20,20,3 "$HOST/link/bounce"
		wait_for 10 'the link to have bounced' is "$HOST/link/downs" "$expected"
		wait_for 5 'the link to be up' is "$HOST/link/status" up
		readable
	done
	remove_host
done
