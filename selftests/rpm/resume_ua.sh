#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A card reader that says after each resume that its medium may have changed makes the I/O
# fail that resumed it, unless the kernel is told to ignore that, as it is for some readers:
# then it asks for the sense data, and the I/O succeeds. I/O of a fixed disk is tried again.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# Awake for long enough to ask it twice.
reader()
{
	new_host pm/sdev_autosuspend_ms=1500 lun/removable=1 pm/manage_runtime_start_stop=0 "$@"
	enable_host
	find_sg
}

# Opening a removable disk asks for its state, so that it is opened once.
open_disk() { exec {OPEN}<"$DEV"; }
close_disk() { exec {OPEN}<&-; }
read_open() { dd of=/dev/null bs=4k count=1 iflag=direct status=none <&"$OPEN"; }

# As it is: the first command after a resume meets it.
reader pm/resume_ua=28/00
wait_suspended
answers 06/28/00 "$SG" 00 00 00 00 00 00
answers good "$SG" 00 00 00 00 00 00
open_disk
wait_suspended
returns 'read' read_open && fail 'a read went through a change of the medium'
[[ $OUTPUT == *'Input/output error'* ]] || fail "the read failed otherwise: $OUTPUT"
close_disk
remove_host

# With the quirk.
reader pm/resume_ua=28/00 pm/ignore_media_change=1
open_disk
for round in 1 2 3; do
	wait_suspended
	step "read in round $round" read_open
done
grep -q '^03 ' "$HOST/stats/opcodes" || fail 'nobody asked for the sense data'
close_disk
remove_host

# A disk that cannot be changed may say what it likes.
reader pm/resume_ua=29/00,28/00 lun/removable=0
open_disk
for round in 1 2; do
	wait_suspended
	step "read of a fixed disk in round $round" read_open
done
close_disk
remove_host
