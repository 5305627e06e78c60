#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Data survive 100 cycles of suspend and resume: each block is written after one cycle
# and verified by its checksum after another.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool fio

# Between two blocks the disk is idle for long enough to be suspended. Some more blocks
# than cycles are wanted, in case one comes while the suspend is still under way.
BLOCKS=60
IDLE_US=150000

cycle()
{
	fio --name=cycle --filename="$DEV" --direct=1 --ioengine=psync --thinktime="$IDLE_US" \
		--bs=4k --io_size=$((BLOCKS * 4))k --size=60M --randseed=1 \
		--verify=crc32c --verify_fatal=1 "$@"
}

new_host pm/sdev_autosuspend_ms=10
enable_host
count_events resumes rpm_resume
step 'write with a cycle per block' 60 cycle --rw=randwrite --do_verify=0
written=$(fired resumes)
step 'verify with a cycle per block' 60 cycle --rw=randread
cycles=$(fired resumes)
say "$written cycles while writing $BLOCKS blocks, $((cycles - written)) while verifying"
[ "$cycles" -ge 100 ] || fail "only $cycles resumes"
remove_host
