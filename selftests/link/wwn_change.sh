#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# With wwn_change another disk is behind the link when it comes up: its serial number and
# its designator are others, at the old address, with the data of the old one.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_inq

# page NUMBER: what the disk has in that page of vital product data, as hexadecimal digits.
page() { sg_inq --page="$1" --raw "$DEV" | od -An -v -tx1 | tr -d ' \n'; }

# identify: sets WWID and SERIAL to what the disk says of itself.
identify()
{
	step 'read the serial number' page 0x80
	SERIAL=${OUTPUT:8}
	step 'read the designators' page 0x83
	# Binary, NAA, of the logical unit, eight bytes.
	[[ $OUTPUT =~ 01030008([0-9a-f]{16}) ]] || fail "no NAA designator: $OUTPUT"
	WWID=${BASH_REMATCH[1]}
}

new_host pm/sdev_autosuspend_ms=-1 link/mode=remove \
	lun/wwid=naa:3000000000000009 lun/serial=SN42
enable_host
step 'write' dd if="$0" of="$DEV" bs=4k count=1 conv=sync oflag=direct status=none
identify
wwid=$WWID serial=$SERIAL
# SN42
[ "$serial" = 534e3432 ] || fail "the serial number is '$serial'"
[ "$wwid" = 3000000000000009 ] || fail "the designator is '$wwid'"
expect "$SDEV/wwid" naa.3000000000000009

step 'link down' put down "$HOST/link/state"
step 'link up' put up "$HOST/link/state"
find_disk
identify
[ "$WWID $SERIAL" = "$wwid $serial" ] || fail "without wwn_change it is $WWID $SERIAL"

put 1 "$HOST/link/wwn_change"
step 'link down' put down "$HOST/link/state"
step 'link up' put up "$HOST/link/state"
find_disk
identify
say "was $wwid $serial, is $WWID $SERIAL"
[ "$WWID" != "$wwid" ] || fail 'the designator is the same'
[ "$SERIAL" != "$serial" ] || fail 'the serial number is the same'
expect "$SDEV/wwid" "naa.$WWID"
step 'read' dd if="$DEV" of="$SCRATCH/back" bs=4k count=1 iflag=direct status=none
cmp -n "$(stat -c %s "$0")" "$0" "$SCRATCH/back" || fail 'the data are not those of the old disk'

# It is noticed as well when the disk was never away: the mid layer looks again at a rescan.
put fail "$HOST/link/mode"
step 'link down' put down "$HOST/link/state"
step 'link up' put up "$HOST/link/state"
wwid=$WWID
identify
[ "$WWID" != "$wwid" ] || fail 'the designator is the same'
remove_host
