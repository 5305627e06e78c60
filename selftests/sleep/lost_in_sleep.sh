#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What hardware forgets while the system sleeps: what sd has flushed before is there afterwards, what
# only a flush that was a lie has seen is gone, and a disk that says that it was reset says so
# to the first command.
#
# deadline: 60

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

# holds FILE: the disk has the data of FILE.
holds()
{
	step 'read back' dd if="$DEV" of="$SCRATCH/back" bs=4k count=1 iflag=direct status=none
	cmp -s "$SCRATCH/$1" "$SCRATCH/back" || fail "the disk does not have the $1 data"
}

write() { step "write $1 data" dd if="$SCRATCH/$1" of="$DEV" bs=4k oflag=direct status=none; }

for file in old new; do
	dd if=/dev/urandom of="$SCRATCH/$file" bs=4k count=1 status=none
done
new_host pm/sdev_autosuspend_ms=-1 pm/lose_state=cache pm/resume_ua=29/00 lun/write_cache=1
may_sleep
enable_host
put on "$PARENT/power/control"
find_sg

write old
slept mem devices
answers 06/29/00 "$SG" 00 00 00 00 00 00
answers good "$SG" 00 00 00 00 00 00
holds old

put none "$HOST/pm/resume_ua"
add_rule lie trigger=queue opcode=sync origin=pm action=succeed
write new
holds new
slept mem devices
expect "$RULE/fired" 1 'sd flushes the cache before the system sleeps'
answers good "$SG" 00 00 00 00 00 00
holds old
remove_rule lie

write new
slept mem devices
holds new

# Power that is never gone takes nothing along, whatever the flush was.
put none "$HOST/pm/lose_state"
add_rule lie trigger=queue opcode=sync origin=pm action=succeed
write old
slept mem devices
holds old
remove_rule lie

# A flush that fails, and whose retries do, keeps the system from suspending: nothing is lost.
put cache "$HOST/pm/lose_state"
write new
add_rule fails trigger=queue opcode=sync origin=pm action=result sense=03/0c/00 \
	times=-1
sleeps mem devices && fail 'the system sleeps although the cache was not flushed'
[[ $OUTPUT == *'Input/output error'* ]] || fail "suspend: $OUTPUT"
expect "$SUSPEND_STATS/last_failed_step" suspend
expect "$SUSPEND_STATS/last_failed_dev" "${SDEV##*/}"
remove_rule fails
holds new
remove_host
