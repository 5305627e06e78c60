#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A write to the host's host_reset resets its disks, and gives back what they were doing; what a
# rule makes of the reset is the error of that write.
#
# deadline: 30

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

TUR=(00 00 00 00 00 00)
WAS_RESET=06/29/03

new_host pm/sdev_autosuspend_ms=-1
mkdir "$HOST/luns/0:1:0"
enable_host
find_sg
RESET=$SHOST/scsi_host/${SHOST##*/}/host_reset
other=("$SHOST"/target*:0:1/*:0:1:0/scsi_generic/sg*)
OTHER=/dev/${other[0]##*/}
answers good "$SG" "${TUR[@]}"
answers good "$OTHER" "${TUR[@]}"

message=$(put hardware "$RESET" 2>&1) && fail 'there is no reset of that kind'
[[ $message == *'Invalid argument'* ]] || fail "an unknown reset: $message"
for kind in adapter firmware; do
	step "reset, $kind" put "$kind" "$RESET"
	for node in "$SG" "$OTHER"; do
		answers "$WAS_RESET" "$node" "${TUR[@]}"
		answers good "$node" "${TUR[@]}"
	done
done

add_rule held trigger=queue opcode=read origin=fs action=stall
start 'read' read_disk
wait_for 5 'the read to be held' is "$RULE/parked" 1
step 'reset' put adapter "$RESET"
join 'read' 30 || fail "the read failed: $OUTPUT"
expect "$RULE/parked" 0
answers good "$SG" "${TUR[@]}"
remove_rule held
drain() { ask "$OTHER" "${TUR[@]}"; ask "$SG" "${TUR[@]}"; }
drain

# Failed, without and with its work done; claimed to have worked.
for case in before:failed:good after:failed:$WAS_RESET before:success:good; do
	IFS=: read -r when ret answer <<<"$case"
	add_rule reset trigger=sysfs_host_reset action=eh "eh_ret=$ret" "when=$when"
	if message=$(put adapter "$RESET" 2>&1); then
		[ "$ret" = success ] || fail 'a reset that failed has succeeded'
	else
		[ "$ret" = failed ] || fail "a reset that succeeded has failed: $message"
		[[ $message == *'Input/output error'* ]] || fail "a failed reset: $message"
	fi
	answers "$answer" "$SG" "${TUR[@]}"
	remove_rule reset
	drain
done

add_rule reset trigger=sysfs_host_reset action=stall
start 'reset' put adapter "$RESET"
wait_for 5 'the reset to be held' is "$RULE/parked" 1
answers good "$SG" "${TUR[@]}"
step 'release' put all "$RULE/release"
join 'reset' || fail "the reset failed: $OUTPUT"
answers "$WAS_RESET" "$SG" "${TUR[@]}"
remove_host
