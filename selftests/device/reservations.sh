#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two hosts with one store are two nexuses of one disk: a reservation of one keeps the other
# one out exactly as far as its type says, what happens to it reaches the other one as a unit
# attention, and it outlasts a host that is switched off. COMPARE AND WRITE of one sees what
# the other one wrote.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# CDBs, with one block of data.
TUR=(00 00 00 00 00 00)
RESERVE=(16 00 00 00 00 00)

# Of each nexus, by its name: the host, where it takes commands, and its key.
declare -A DIRECTORY=() NODE=() KEY=([a]=a1 [b]=b2)

# join_host NAME: another host with the disk.
join_host()
{
	new_host lun/store=t-shared pm/sdev_autosuspend_ms=-1
	DIRECTORY[$1]=$HOST
	switch_on "$1"
}

# switch_on NAME
switch_on()
{
	HOST=${DIRECTORY[$1]} LUN=${DIRECTORY[$1]}/luns/0:0:0
	enable_host
	find_sg
	NODE[$1]=$SG
}

# reads NAME EXPECTED, writes NAME EXPECTED
reads() { answers "$2" -r 512 -o "$SCRATCH/read" "${NODE[$1]}" 28 00 00 00 00 08 00 00 01 00; }
writes() { answers "$2" -s 512 -i "$SCRATCH/block" "${NODE[$1]}" 2a 00 00 00 00 08 00 00 01 00; }

# says NAME EXPECTED: what TEST UNIT READY is answered.
says() { answers "$2" "${NODE[$1]}" "${TUR[@]}"; }

# persist NAME OPTION...: a PERSISTENT RESERVE of that nexus. Its own key goes with it.
persist()
{
	step "sg_persist of $*" sg_persist --no-inquiry --out --param-rk="${KEY[$1]}" "${@:2}" \
		"${NODE[$1]}"
}

register()
{
	step "register $1" sg_persist --no-inquiry --out --register --param-rk="${2:-0}" \
		--param-sark="${3-${KEY[$1]}}" "${NODE[$1]}"
}

unregister() { register "$1" "${KEY[$1]}" 0; }

# registered NAME KEY...: all keys that nexus is told of, in their order.
registered()
{
	local nexus=$1 keys=()

	shift
	step 'READ KEYS' sg_persist --no-inquiry --in --read-keys "${NODE[$nexus]}"
	mapfile -t keys < <(sed -n 's/^ *0x\([0-9a-f]*\)$/\1/p' <<<"$OUTPUT" | sort)
	[ "${keys[*]}" = "$*" ] || fail "the keys are '${keys[*]}' instead of '$*'"
}

# reserved NAME TYPE|none: what READ RESERVATION tells that nexus.
reserved()
{
	step 'READ RESERVATION' sg_persist --no-inquiry --in --read-reservation "${NODE[$1]}"
	case $2 in
	none) [[ $OUTPUT == *'NO reservation held'* ]] ;;
	*) [[ $OUTPUT == *"type: $2"* ]] ;;
	esac || fail "the reservation is not '$2': $OUTPUT"
}

# excludes NUMBER NAME READ-UNREGISTERED WRITE-UNREGISTERED READ-REGISTERED WRITE-REGISTERED:
# what becomes of the commands of b while a has a reservation of that type.
excludes()
{
	local type=$1

	register a
	persist a --reserve --prout-type="$type"
	reserved b "$2"
	reads a good
	writes a good
	reads b "$3"
	writes b "$4"
	register b
	reads b "$5"
	writes b "$6"
	reads a good
	# Whoever asks, and whatever is reserved.
	says b good
	if ((type >= 7)); then
		# Every registrant holds it: it is not over before the last one is gone.
		unregister a
		reserved b "$2"
		persist b --release --prout-type="$type"
		says a good
	else
		persist a --release --prout-type="$type"
		# Only a type that has to do with registrants concerns them.
		((type < 5)) || says b 06/2a/04
		says b good
		unregister a
	fi
	unregister b
	reserved a none
	registered b
}

# as_in_spc2 RESERVE RELEASE BYTE...: the reservations of old, by the commands of these two
# opcodes, are for one nexus whatever the others do.
as_in_spc2()
{
	local reserve=("$1" "${@:3}") release=("$2" "${@:3}")

	answers good "${NODE[a]}" "${reserve[@]}"
	answers good "${NODE[a]}" "${reserve[@]}"
	reads a good
	reads b conflict
	writes b conflict
	says b conflict
	answers conflict "${NODE[b]}" "${reserve[@]}"
	answers good "${NODE[b]}" "${release[@]}"
	writes b conflict
	step 'INQUIRY of a reserved disk' sg_inq "${NODE[b]}"
	answers good "${NODE[a]}" "${release[@]}"
	writes b good
}

dd if=/dev/urandom of="$SCRATCH/block" bs=512 count=1 status=none
new_store shared 4M
join_host a
join_host b
says a good
says b good

excludes 1 'Write Exclusive' good conflict good conflict
excludes 3 'Exclusive Access' conflict conflict conflict conflict
excludes 5 'Write Exclusive, registrants only' good conflict good good
excludes 6 'Exclusive Access, registrants only' conflict conflict good good
excludes 7 'Write Exclusive, all registrants' good conflict good good
excludes 8 'Exclusive Access, all registrants' conflict conflict good good

# A nexus that has not registered, or has another key, may do nothing about it.
returns 'reserve without a key' sg_persist --no-inquiry --out --reserve --param-rk=b2 \
	--prout-type=1 "${NODE[b]}"
[ $? = 24 ] || fail "a reservation without a registration: $OUTPUT"
register a
register b
registered a a1 b2
returns 'reserve with a wrong key' sg_persist --no-inquiry --out --reserve --param-rk=a1 \
	--prout-type=1 "${NODE[b]}"
[ $? = 24 ] || fail "a reservation with another one's key: $OUTPUT"
reserved a none

# Preempted: b takes the reservation over, and a is no longer registered, and told.
persist a --reserve --prout-type=5
persist b --preempt --param-sark=a1 --prout-type=6
says a 06/2a/05
says a good
registered a b2
reserved a 'Exclusive Access, registrants only'
reads a conflict
reads b good

# Cleared: by b, of which a is told.
register a
persist b --clear
says a 06/2a/03
says a good
says b good
registered a
reserved b none
reads a good

# Switched off and on: the others' are kept, and its own; and so are the data.
register a
register b
persist a --reserve --prout-type=6
writes a good
for nexus in a b; do
	step 'switch off' put 0 "${DIRECTORY[$nexus]}/enable"
	switch_on "$nexus"
	registered a a1 b2
	reserved b 'Exclusive Access, registrants only'
done
reads b good
cmp "$SCRATCH/read" "$SCRATCH/block" || fail 'what a wrote is not what b reads'
persist a --clear
ask "${NODE[b]}" "${TUR[@]}"
registered b

as_in_spc2 16 17 00 00 00 00 00
as_in_spc2 56 57 00 00 00 00 00 00 00 00 00
# They do not outlast a reset.
answers good "${NODE[a]}" "${RESERVE[@]}"
writes b conflict
step 'reset' sg_reset --device "${NODE[b]}"
says b 06/29/03
writes b good
says a 06/29/03
says a good

# COMPARE AND WRITE.
new() { dd if=/dev/urandom of="$SCRATCH/$1" bs=512 count=1 status=none; }
swap()
{
	returns "COMPARE AND WRITE by $1" sg_compare_and_write --lba=8 --quiet \
		--inc="$SCRATCH/$2" --inw="$SCRATCH/$3" "${NODE[$1]}"
}
new next
new other
swap a block next || fail "COMPARE AND WRITE of what is there: $OUTPUT"
swap b block other
[ $? = 14 ] || fail "COMPARE AND WRITE of what was there before: $OUTPUT"
reads b good
cmp "$SCRATCH/read" "$SCRATCH/next" || fail 'a miscompare has written'
swap b next other || fail "COMPARE AND WRITE of what another host wrote: $OUTPUT"
reads a good
cmp "$SCRATCH/read" "$SCRATCH/other" || fail 'another block is read'

for HOST in "${DIRECTORY[@]}"; do
	remove_host
done
