#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks that lie: a write that is lost, torn, misdirected, cut short or garbled, with a good
# status, is what reading it back shows; the same for reads, where the medium is fine
# afterwards; and a flush that is claimed leaves nothing on the medium when power is lost.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

BLOCK=512

# lie TRIGGER OPCODE ACTION [ATTRIBUTE=VALUE...]: the next such command.
lie()
{
	local trigger=$1 opcode=$2 action=$3

	shift 3
	add_rule lie "trigger=$trigger" "opcode=$opcode" origin=fs "action=$action" "$@"
}

# told: it did, once.
told()
{
	expect "$RULE/fired" 1
	remove_rule lie
}

# store FILE: the first 8 blocks of the disk are to be FILE; its status.
store() { returns "write ${1##*/}" dd if="$1" of="$DEV" bs=4k count=1 oflag=direct conv=nocreat status=none; }

# holds FILE [FIRST]: the 8 blocks from FIRST on are FILE.
holds()
{
	# In one command.
	step 'read back' dd if="$DEV" of="$SCRATCH/back" bs=4k count=1 skip=$((${2:-0} * BLOCK)) \
		iflag=direct,skip_bytes status=none
	cmp "$SCRATCH/back" "$1" || fail "block ${2:-0} is not that of ${1##*/}"
}

for name in old new; do
	head -c 4096 /dev/urandom >"$SCRATCH/$name"
done
head -c 4096 /dev/zero >"$SCRATCH/zeroes"

# fresh: the old data are there.
fresh()
{
	store "$SCRATCH/old" || fail "a plain write failed: $OUTPUT"
	holds "$SCRATCH/old"
}

new_host pm/sdev_autosuspend_ms=-1
enable_host

# ---- writes

fresh
lie queue write succeed
store "$SCRATCH/new" || fail "a lost write failed: $OUTPUT"
told
holds "$SCRATCH/old"

fresh
lie queue write torn blocks=3
store "$SCRATCH/new" || fail "a torn write failed: $OUTPUT"
told
{ head -c $((3 * BLOCK)) "$SCRATCH/new"; tail -c +$((3 * BLOCK + 1)) "$SCRATCH/old"; } >"$SCRATCH/torn"
holds "$SCRATCH/torn"

fresh
lie queue write misdirect lba_shift=16
store "$SCRATCH/new" || fail "a misdirected write failed: $OUTPUT"
told
holds "$SCRATCH/old"
holds "$SCRATCH/new" 16

fresh
lie queue write corrupt data=deadbeef@510
store "$SCRATCH/new" || fail "a garbled write failed: $OUTPUT"
told
cp "$SCRATCH/new" "$SCRATCH/garbled"
printf '\xde\xad\xbe\xef' | dd of="$SCRATCH/garbled" bs=1 seek=510 conv=notrunc status=none
holds "$SCRATCH/garbled"

# The block layer sends the rest of a short write again.
for trigger in queue complete; do
	fresh
	lie "$trigger" write short resid=1024
	store "$SCRATCH/new" || fail "a short write failed: $OUTPUT"
	told
	holds "$SCRATCH/new"
done

# All of it, if that was nothing.
for trigger in queue complete; do
	fresh
	lie "$trigger" write nodata
	store "$SCRATCH/new" || fail "a write that has transferred nothing failed: $OUTPUT"
	told
	holds "$SCRATCH/new"
done

# ---- reads

fresh
lie queue read succeed
holds "$SCRATCH/zeroes"
told
holds "$SCRATCH/old"

for trigger in queue complete; do
	lie "$trigger" read corrupt data=deadbeef@510
	cp "$SCRATCH/old" "$SCRATCH/garbled"
	printf '\xde\xad\xbe\xef' | dd of="$SCRATCH/garbled" bs=1 seek=510 conv=notrunc status=none
	holds "$SCRATCH/garbled"
	told
	holds "$SCRATCH/old"
done

lie queue read misdirect lba_shift=16
holds "$SCRATCH/new"
told
holds "$SCRATCH/old"

for trigger in queue complete; do
	lie "$trigger" read short resid=1024
	holds "$SCRATCH/old"
	told
	lie "$trigger" read nodata
	holds "$SCRATCH/old"
	told
done

# ---- a bad ending that is claimed to be a good one

add_rule late trigger=complete opcode=write origin=fs action=succeed
put 1 "$LUN/ro" || fail 'the disk cannot be write protected'
store "$SCRATCH/new" || fail "a write that is claimed to have worked failed: $OUTPUT"
expect "$RULE/fired" 1
put 0 "$LUN/ro"
holds "$SCRATCH/old"
remove_host

# ---- a flush

# To stop would be to flush, too.
new_host pm/lose_state=cache lun/write_cache=1 pm/sdev_autosuspend_ms=60000 pm/manage_runtime_start_stop=0
enable_host
fresh
find_sg
answers good "$SG" 35 00 00 00 00 00 00 00 00 00
store "$SCRATCH/new" || fail "a write failed: $OUTPUT"
add_rule lie trigger=queue opcode=sync action=succeed times=-1
step 'a flush that is claimed' dd if="$SCRATCH/zeroes" of="$DEV" bs=4k count=1 seek=100 oflag=direct conv=nocreat,fsync status=none
at_least "$RULE/fired" 1 || fail 'there was no flush'
holds "$SCRATCH/new"
put 100 "$SDEV/power/autosuspend_delay_ms"
wait_suspended
remove_rule lie
holds "$SCRATCH/old"
remove_host
