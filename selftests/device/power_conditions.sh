#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# START STOP UNIT: a disk enters every power condition and says in which it is; I/O wakes an
# idle or standby one, only a START a stopped one. Runtime PM stops and starts it. LOEJ moves
# the medium of a removable disk, unless someone prevents that.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool eject

TUR=(00 00 00 00 00 00)

# says EXPECTED: what TEST UNIT READY is answered.
says() { answers "$1" "$SG" "${TUR[@]}"; }

# reads EXPECTED: what READ(10) is answered.
reads() { answers "$1" -r 512 -o "$SCRATCH/sector" "$SG" 28 00 00 00 00 00 00 00 01 00; }

# reports KEY/ASC/ASCQ: what REQUEST SENSE returns, which does not fail.
reports()
{
	local bytes

	answers good -r 18 -o "$SCRATCH/sense" "$SG" 03 00 00 00 12 00
	read -ra bytes < <(od -An -v -tx1 -w18 "$SCRATCH/sense")
	[ "0${bytes[2]:1}/${bytes[12]}/${bytes[13]}" = "$1" ] ||
		fail "REQUEST SENSE returns ${bytes[*]} instead of $1"
}

# condition NAME SENSE OPTION...: sg_start brings the disk there.
condition()
{
	local name=$1 sense=$2

	shift 2
	step "sg_start $*" sg_start "$@" "$SG"
	expect "$LUN/power_cond" "$name" "after sg_start $*"
	reports "$sense"
	# Asking is not using.
	expect "$LUN/power_cond" "$name" 'after REQUEST SENSE'
}

new_host pm/sdev_autosuspend_ms=-1
enable_host
find_sg
expect "$LUN/power_cond" active
reports 00/00/00

while read -r name sense options; do
	read -ra options <<<"$options"
	condition "$name" "$sense" "${options[@]}"
	reads good
	expect "$LUN/power_cond" active "a read in $name"
	reports 00/00/00
	condition "$name" "$sense" "${options[@]}"
	step "write in $name" write_disk 5
	expect "$LUN/power_cond" active "a write in $name"
	condition "$name" "$sense" "${options[@]}"
	condition active 00/00/00 --pc=1
done <<-'END'
	idle_a 00/5e/03 --pc=2 --mod=0
	idle_b 00/5e/06 --pc=2 --mod=1
	idle_c 00/5e/08 --pc=2 --mod=2
	standby_z 00/5e/04 --pc=3 --mod=0
	standby_y 00/5e/0a --pc=3 --mod=1
END
# SLEEP is of another time, and there is no such idle.
answers 05/24/00 "$SG" 1b 00 00 00 50 00
answers 05/24/00 "$SG" 1b 00 00 03 20 00
expect "$LUN/power_cond" active

condition stopped 02/04/02 --stop
says 02/04/02
reads 02/04/02
step 'INQUIRY of a stopped disk' sg_inq "$SG"
expect "$LUN/power_cond" stopped
condition active 00/00/00 --start
says good
reads good
# A fixed disk has nothing to eject.
answers 05/24/00 "$SG" 1b 00 00 00 02 00
expect "$LUN/power_cond" active
remove_host

# By sd, which stops a disk that it suspends.
new_host
enable_host
for ((round = 0; round < 3; round++)); do
	wait_suspended
	expect "$LUN/power_cond" stopped 'suspended'
	step 'read' read_disk
	# Before it is suspended again.
	put on "$SDEV/power/control"
	expect "$LUN/power_cond" active 'resumed'
	put auto "$SDEV/power/control"
done
remove_host

# A medium that can be taken out.
new_host lun/removable=1 pm/sdev_autosuspend_ms=-1
enable_host
find_sg
step 'eject' sg_start --eject "$SG"
expect "$LUN/medium/tray" open
says 02/3a/02
step 'load' sg_start --load "$SG"
expect "$LUN/medium/tray" closed
says good
step 'prevent' sg_prevent --prevent=1 "$SG"
expect "$LUN/medium/locked" 1
answers 05/53/02 "$SG" 1b 00 00 00 02 00
expect "$LUN/medium/tray" closed
reads good
step 'allow' sg_prevent --allow "$SG"
expect "$LUN/medium/locked" 0
step 'eject' sg_start --eject "$SG"
says 02/3a/02
remove_host
