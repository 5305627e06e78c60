#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whatever is sent to a device, at random and close to what is valid, is answered in a way
# that a driver can understand, and harms nobody: afterwards the device is reset and works.
# See cdb_fuzz.py. FUZZ_SEED repeats a storm, FUZZ_COUNT is how many commands there are.
#
# deadline: 600

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool python3

COUNT=${FUZZ_COUNT:-9000}
# KASAN sees what others do not; it gets more to look at, and more time for it (TIME_SCALE).
! grep -qw kasan_save_stack /proc/kallsyms || COUNT=${FUZZ_COUNT:-100000}
SEED=${FUZZ_SEED:-$SRANDOM}
KIB=2048

# storm TYPE OPTION...: a host with such a device, and a third of all commands.
storm()
{
	local type=$1

	shift
	new_host "lun/type=$type" pm/sdev_autosuspend_ms=-1 "$@"
	enable_host
	find_sg
	put on "$SDEV/power/control"
	step "storm over $type" 400 \
		python3 "$(dirname "$0")/cdb_fuzz.py" "$SG" "$type" "$SEED" $((COUNT / 3))
	say "$OUTPUT"
	calm "$type"
	step 'INQUIRY after the storm' sg_inq "$SG"
}

# calm TYPE: the device is as before, but for its data.
calm()
{
	# Modes, SPC-2 reservations, the lock of the tray, but not persistent reservations.
	step 'reset' sg_reset --device "$SG"
	put closed "$LUN/medium/tray" 2>/dev/null
	# The device tells of both.
	wait_for 10 'the unit attentions to be over' told
	if [ "$1" = disk ]; then
		step 'register' sg_persist --no-inquiry --out --register-ignore --param-sark=1 "$SG"
		step 'clear' sg_persist --no-inquiry --out --clear --param-rk=1 "$SG"
	fi
	step 'start' sg_start --start "$SG"
	wait_for 10 'the device to be ready' is_ready
	# Linux has another look.
	put 1 "$SDEV/rescan"
}

told()
{
	ask "$SG" 00 00 00 00 00 00
	[[ $ANSWER != 06/* ]]
}

is_ready() { sg_turs "$SG" >/dev/null 2>&1; }

write_pattern()
{
	step 'write' dd if="$SCRATCH/pattern" of="$DEV" bs=64k oflag=direct conv=nocreat status=none
}

read_pattern()
{
	step 'read' dd if="$DEV" of="$SCRATCH/back" bs=64k count=$((KIB / 64)) iflag=direct \
		status=none
	cmp "$SCRATCH/pattern" "$SCRATCH/back" || fail 'it does not read what was written'
}

dd if=/dev/urandom of="$SCRATCH/pattern" bs=1k count="$KIB" status=none
say "seed $SEED, $COUNT commands"

storm disk lun/size="${KIB}K" lun/lbpu=1 lun/lbpws=1 lun/lbpws10=1 lun/atomic_max_length=64
write_pattern
read_pattern
remove_host

storm disk lun/size="${KIB}K" lun/removable=1 lun/dsense=1
write_pattern
read_pattern
remove_host

new_store disc "${KIB}K"
new_host lun/sector_size=2048 "lun/store=$STORE" pm/sdev_autosuspend_ms=-1
enable_host
write_pattern
remove_host
storm cdrom "lun/store=$STORE"
read_pattern
remove_host
