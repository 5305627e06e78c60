#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sg3_utils finds nothing to complain about: it decodes whatever the disk sends, the values are
# those that were set, and the commands it can send do what they should.
#
# deadline: 180

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool eject

# What sg3_utils prints when it cannot make sense of an answer.
COMPLAINTS='<<|>>>|malformed|unexpected|[^]]expected|too (short|small)|truncat|badly|bad |strange'
COMPLAINTS+='|around offset|[Ii]nvalid|[Ii]llegal|[Uu]nable|[Rr]eserved \[|Reserved$|reserved[ =]'
COMPLAINTS+='|designator length|short (designator|descriptor|parameter|response)|implies negative'
COMPLAINTS+='|exceeds|not ascending|unrecogni|undefined|Only fetched|response length|problem|give up'
COMPLAINTS+='|failed|Unknown|[Uu]nit attention|skip|vendor specific page|aborted'

# sg COMMAND...: it must succeed without a complaint. Sets OUTPUT.
sg()
{
	step "$*" 30 "$@"
	! grep -aEn "$COMPLAINTS" <<<"$OUTPUT" || fail "$*: it complains"
}

# shows TEXT...: each is in what sg has printed.
shows()
{
	local text

	for text; do
		[[ $OUTPUT == *"$text"* ]] || fail "'$text' is not in:
$OUTPUT"
	done
}

# refuses STATUS COMMAND...: it fails with that exit status (see sg3_utils(8)).
refuses()
{
	local expected=$1 status=0

	shift
	returns "$*" 30 "$@" || status=$?
	[ "$status" = "$expected" ] || fail "$*: status $status instead of $expected: $OUTPUT"
}

# drain NODE: takes the unit attentions that are pending there.
drain()
{
	for ((try = 0; try < 16; try++)); do
		ask "$1" 00 00 00 00 00 00
		[[ $ANSWER == 06/* ]] || return 0
	done
	fail "$1 never runs out of unit attentions"
}

# block LBA COUNT: so many blocks from there on, in $SCRATCH/back.
block()
{
	step "read block $1" dd if="$DEV" of="$SCRATCH/back" bs=512 skip="$1" count="$2" \
		iflag=direct status=none
}

# holds LBA COUNT FILE: the blocks there are what the file begins with.
holds()
{
	block "$1" "$2"
	cmp -n $(($2 * 512)) "$SCRATCH/back" "$3" || fail "block $1 is not that of ${3##*/}"
}

head -c 65536 /dev/zero >"$SCRATCH/zeroes"
tr '\0' '\377' <"$SCRATCH/zeroes" >"$SCRATCH/ff"
head -c 65536 /dev/urandom >"$SCRATCH/random"

# Two ports, in groups of their own, of one logical unit.
new_store shared 16M
DISK_SETTINGS=(pm/sdev_autosuspend_ms=-1 lun/store="$STORE"
	lun/vendor=ACME lun/model='Test disk' lun/rev=1.23 lun/serial=S-0001
	lun/wwid=naa:5000c500a1b2c3d4 lun/physblk_exp=3 lun/lowest_aligned=1
	lun/rotation_rpm=7200 lun/max_xfer=8192 lun/opt_blks=2048 lun/opt_xfer_exp=3
	lun/lbpu=1 lun/lbpws=1 lun/lbpws10=1 lun/lbprz=1 lun/unmap_granularity=8
	lun/unmap_alignment=1 lun/unmap_max_blocks=65536 lun/unmap_max_desc=128
	lun/write_same_max=32768 lun/atomic_max_length=128 lun/atomic_align=8
	lun/atomic_gran=4 lun/atomic_max_length_bndry=64 lun/atomic_max_bndry=32)
new_host "${DISK_SETTINGS[@]}" lun/alua_group=258
enable_host
find_sg
FIRST=$SG FIRST_LUN=$LUN FIRST_DEV=$DEV
new_host "${DISK_SETTINGS[@]}" lun/alua_group=259 lun/alua_state=anx
enable_host
find_sg
SECOND=$SG
SG=$FIRST LUN=$FIRST_LUN DEV=$FIRST_DEV
drain "$FIRST"
drain "$SECOND"

# ---- INQUIRY and its pages

sg sg_inq "$SG"
shows 'Vendor identification: ACME  ' 'Product identification: Test disk  ' \
	'Product revision level: 1.23' 'RMB=0' 'TPGS=3' \
	'CmdQue=1' 'Resp_data_format=2' 'PQual=0  PDT=0'
sg sg_inq --descriptors "$SG"
sg sg_vpd --all "$SG"
sg sg_vpd "$SG"
PAGES=$(sed -n 's/.*\[\([a-z]*\)\]$/\1/p' <<<"$OUTPUT")
for page in sv sn di ei mpp sp pc bl bdc lbpv; do
	grep -qx "$page" <<<"$PAGES" || fail "there is no VPD page $page"
done
for page in $PAGES; do
	sg sg_vpd --page="$page" "$SG"
	case $page in
	sn) shows 'Product serial number: S-0001' ;;
	di)
		shows '0x5000c500a1b2c3d4' 'vendor id: ACME' 'Relative target port: 0x1' \
			'Target port group: 0x102'
		;;
	sp) shows 'Relative port=1' 'Relative port=2' ;;
	pc) shows 'Standby_y=1 Standby_z=1 Idle_c=1 Idle_b=1 Idle_a=1' ;;
	bl)
		shows 'Write same non-zero (WSNZ): 0' 'Maximum compare and write length: 0xff' \
			'Optimal transfer length granularity: 0x8' 'Maximum transfer length: 0x2000' \
			'Optimal transfer length: 0x800' 'Maximum unmap LBA count: 0x10000' \
			'Maximum unmap block descriptor count: 0x80' 'Optimal unmap granularity: 0x8' \
			'Unmap granularity alignment valid: true' 'Unmap granularity alignment: 0x1' \
			'Maximum write same length: 0x8000' 'Maximum atomic transfer length: 0x80' \
			'Atomic alignment: 0x8' \
			'Maximum atomic transfer length with atomic boundary: 0x40' \
			'Maximum atomic boundary size: 0x20'
		;;
	# Of other rates than 1 it says nothing.
	bdc) shows 'WABEREQ=1' 'WACEREQ=1' ;;
	lbpv) shows LBPU=1 LBPWS=1 LBPWS10=1 LBPRZ=0x1 'Provisioning type: thin provisioned' ;;
	esac
	sg sg_inq --page="$page" "$SG"
done
sg sg_vpd --page=di "$SECOND"
shows '0x5000c500a1b2c3d4' 'Relative target port: 0x2' 'Target port group: 0x103'
answers 05/24/00 -r 255 "$SG" 12 01 c0 00 ff 00

# ---- Mode pages

for control in 0 1 2 3; do
	sg sg_modes --all --control=$control "$SG"
	shows 'Mode parameter header from MODE SENSE(10)' '>> Caching, page_control' \
		'>> Control, page_control' '>> Power condition, page_control'
	sg sg_modes --all --all --control=$control "$SG"
done
sg sg_modes --all "$SG"
shows 'WP=0' 'DpoFua=1' 'longlba=0' 'Block descriptor length=8' \
	' 00     00 00 80 00 00 00 02 00'
sg sg_modes --six --all "$SG"
shows 'Mode parameter header from MODE SENSE(6)' 'Block descriptor length=8'
sg sg_modes --llbaa --all "$SG"
shows 'longlba=1' 'Block descriptor length=16' '00 00 00 00 00 00 80 00  00 00 00 00 00 00 02 00'
sg sg_modes --dbd --all "$SG"
shows 'Block descriptor length=0'
sg sg_modes --multiple --page=8 "$SG"
sg sg_modes --examine "$SG"

# ---- Log pages

sg sg_logs --all --all "$SG"
sg sg_logs --ALL "$SG"
sg sg_logs --list --list "$SG"
PAGES=$(sed -n 's/^  \(0x[0-9a-f]*\(,0x[0-9a-f]*\)\{0,1\}\) .*/\1/p' <<<"$OUTPUT")
[[ $PAGES == *0x2f* ]] || fail "there is no Informational Exceptions log page in '$PAGES'"
for page in $PAGES; do
	sg sg_logs --page="$page" "$SG"
done
sg sg_logs --page=temp "$SG"
shows 'Current temperature = '
sg sg_logs --page=ie "$SG"
shows 'IE asc = 0x0, ascq = 0x0'
sg sg_logs --reset --select "$SG"
drain "$SECOND"

# ---- What commands there are

sg sg_opcodes --no-inquiry "$SG"
shows ' 28                 10' ' 7f        9        32' ' 9e       12        16'
COUNT=$(grep -c '^ [0-9a-f]' <<<"$OUTPUT")
[[ $OUTPUT != *' Opcode='* ]] || fail "sg_opcodes does not know a command: $OUTPUT"
for option in --unsorted --alpha --compact --mlu --rctd; do
	sg sg_opcodes --no-inquiry $option "$SG"
	[ "$(grep -c '^ [0-9a-f]' <<<"$OUTPUT")" = "$COUNT" ] ||
		fail "sg_opcodes $option does not list $COUNT commands"
done
# One command at a time. Each usage map begins with the opcode.
sg sg_opcodes --no-inquiry --mask "$SG"
[ "$(grep -c 'cdb usage:' <<<"$OUTPUT")" = "$COUNT" ] || fail "not $COUNT usage maps: $OUTPUT"
shows '        cdb usage: 28 1e ff ff ff ff 3f ff ff 00 '
awk '/^ [0-9a-f]/ { opcode = $1 } /cdb usage:/ && $3 != opcode { exit 1 }' <<<"$OUTPUT" ||
	fail "a usage map is not that of its command: $OUTPUT"
sg sg_opcodes --no-inquiry --opcode=0x28 "$SG"
shows 'Command is supported [conforming to SCSI standard]' 'Usage data: 28 1e'
sg sg_opcodes --no-inquiry --rctd --opcode=0x9e,0x10 "$SG"
shows 'Command_name: Read capacity(16)' 'Command is supported [conforming to SCSI standard]' \
	'timeout'
sg sg_opcodes --no-inquiry --opcode=0xa5 "$SG"
shows 'Command is NOT supported'
sg sg_opcodes --no-inquiry --tmf "$SG"
shows 'Abort task' 'Logical unit reset'
sg sg_opcodes --no-inquiry --tmf --repd "$SG"

# ---- Capacity, LUNs, provisioning

sg sg_readcap "$SG"
shows 'Last LBA=32767 (0x7fff)' 'Logical block length=512 bytes'
sg sg_readcap --long "$SG"
shows 'Protection: prot_en=0' 'lbpme=1, lbprz=1' 'Number of logical blocks=32768' \
	'Logical blocks per physical block exponent=3' 'Lowest aligned LBA=1' \
	'Device size: 16777216 bytes'
for select in 0 2; do
	sg sg_luns --decode --select=$select "$SG"
	shows 'Lun list length = 8 which implies 1 lun entry' '    0000000000000000' 'lun=0'
done
sg sg_luns --select=1 "$SG"
shows 'Lun list length = 0 which implies 0 lun entries'

sg sg_write_same --10 --in="$SCRATCH/random" --xferlen=512 --lba=0 --num=64 "$SG"
holds 63 1 "$SCRATCH/random"
sg sg_get_lba_status --maxlen=256 "$SG"
shows '[1] LBA: 0x0 ' 'blocks:         64' 'mapped (or unknown)' '[2] LBA: 0x40 ' 'deallocated'
sg sg_write_same --16 --ff --lba=100 --num=3 "$SG"
holds 100 3 "$SCRATCH/ff"
sg sg_write_same --16 --ndob --lba=101 --num=1 "$SG"
holds 101 1 "$SCRATCH/zeroes"
sg sg_write_same --32 --in="$SCRATCH/random" --xferlen=512 --lba=200 --num=1 "$SG"
holds 200 1 "$SCRATCH/random"
sg sg_unmap --force --lba=1,9 --num=8,8 "$SG"
holds 1 16 "$SCRATCH/zeroes"
holds 17 1 "$SCRATCH/random"
sg sg_get_lba_status --brief --lba=1 "$SG"
shows '0x1  0x10  1  0'

# ---- Data

sg sg_write_x --normal --16 --in="$SCRATCH/random" --lba=1000 --num=8 "$SG"
holds 1000 8 "$SCRATCH/random"
sg sg_write_x --normal --32 --in="$SCRATCH/random" --lba=1100 --num=8 "$SG"
holds 1100 8 "$SCRATCH/random"
sg sg_write_x --atomic=0 --16 --in="$SCRATCH/random" --lba=2000 --num=8 "$SG"
holds 2000 8 "$SCRATCH/random"
sg sg_write_x --or --16 --in="$SCRATCH/ff" --lba=2000 --num=1 "$SG"
holds 2000 1 "$SCRATCH/ff"
# With --lba and --num it forgets the data.
printf '3000,1\n3100,2\n' >"$SCRATCH/list"
sg sg_write_x --scattered=2 --16 --in="$SCRATCH/random" --scat-file="$SCRATCH/list" "$SG"
holds 3000 1 "$SCRATCH/random"
dd if="$SCRATCH/random" of="$SCRATCH/second" bs=512 skip=1 count=2 status=none
holds 3100 2 "$SCRATCH/second"
for form in '' --16; do
	# shellcheck disable=SC2086 # none or one
	sg sg_write_verify $form --in="$SCRATCH/random" --ilen=1024 --lba=4000 --num=2 "$SG"
	holds 4000 2 "$SCRATCH/random"
	# shellcheck disable=SC2086
	sg sg_write_verify $form --bytchk=1 --in="$SCRATCH/ff" --ilen=1024 --lba=4000 --num=2 "$SG"
	holds 4000 2 "$SCRATCH/ff"
	# shellcheck disable=SC2086
	sg sg_verify $form --lba=4000 --count=2 "$SG"
	# shellcheck disable=SC2086
	sg sg_verify $form --ebytchk=1 --ndo=1024 --in="$SCRATCH/ff" --lba=4000 --count=2 "$SG"
	# shellcheck disable=SC2086
	refuses 14 sg_verify $form --ebytchk=1 --ndo=1024 --in="$SCRATCH/random" --lba=4000 \
		--count=2 "$SG"
	# shellcheck disable=SC2086
	sg sg_sync $form "$SG"
done
head -c 512 "$SCRATCH/ff" >"$SCRATCH/pair"
head -c 512 "$SCRATCH/random" >>"$SCRATCH/pair"
sg sg_compare_and_write --in="$SCRATCH/pair" --lba=4000 "$SG"
holds 4000 1 "$SCRATCH/random"
refuses 14 sg_compare_and_write --quiet --in="$SCRATCH/pair" --lba=4000 "$SG"
holds 4000 1 "$SCRATCH/random"

sg sg_read_buffer --mode=desc "$SG"
head -c 256 "$SCRATCH/random" >"$SCRATCH/buffer"
sg sg_write_buffer --mode=echo --in="$SCRATCH/buffer" "$SG"
sg_read_buffer --mode=echo --length=256 --raw "$SG" >"$SCRATCH/back" ||
	fail 'the echo buffer cannot be read'
cmp "$SCRATCH/buffer" "$SCRATCH/back" || fail 'READ BUFFER returns other data'
sg sg_senddiag --test "$SG"
sg sg_reassign --grown "$SG"
sg sg_reassign --primary "$SG"
sg sg_requests --desc "$SG"
shows 'Descriptor format, current; Sense key: No Sense'

# ---- Power

# power OPTIONS CONDITION: START STOP UNIT with these options leaves the disk in this condition.
power()
{
	# shellcheck disable=SC2086 # words
	sg sg_start $1 "$SG"
	expect "$LUN/power_cond" "$2" "after sg_start $1"
}

power '--pc=2' idle_a
power '--pc=2 --mod=1' idle_b
power '--pc=2 --mod=2' idle_c
power '--pc=3' standby_z
power '--pc=3 --mod=1' standby_y
power '--pc=1' active
power '--stop' stopped
answers 02/04/02 "$SG" 00 00 00 00 00 00
power '--start' active
answers good "$SG" 00 00 00 00 00 00

# ---- Reservations

drain "$SECOND"
sg sg_persist --in --report-capabilities "$SG"
shows 'Write Exclusive, all registrants: 1' 'Exclusive Access, all registrants: 1' \
	'Write Exclusive, registrants only: 1' 'Exclusive Access, registrants only: 1' \
	'Write Exclusive: 1' 'Exclusive Access: 1'
sg sg_persist --in --read-keys "$SG"
shows 'there are NO registered reservation keys'
sg sg_persist --out --register --param-sark=123abc "$FIRST"
sg sg_persist --out --register-ignore --param-sark=456def "$SECOND"
sg sg_persist --in --read-keys "$SG"
shows '2 registered reservation keys follow' 0x123abc 0x456def
sg sg_persist --out --reserve --param-rk=123abc --prout-type=1 "$FIRST"
sg sg_persist --in --read-reservation "$SECOND"
shows 'Reservation follows' 'Key=0x123abc' 'type: Write Exclusive'
step 'READ FULL STATUS' sg_persist --in --read-full-status "$SECOND"
shows 'Key=0x123abc
      All target ports bit clear
      Relative port address: 0x1
      << Reservation holder >>
      scope: LU_SCOPE,  type: Write Exclusive' 'Key=0x456def
      All target ports bit clear
      Relative port address: 0x2
      not reservation holder'
refuses 24 sg_persist --out --reserve --param-rk=456def --prout-type=3 "$SECOND"
sg sg_persist --out --release --param-rk=123abc --prout-type=1 "$FIRST"
sg sg_persist --in --read-reservation "$SG"
shows 'there is NO reservation held'
sg sg_persist --out --reserve --param-rk=123abc --prout-type=5 "$FIRST"
sg sg_persist --out --preempt --param-rk=456def --param-sark=123abc --prout-type=3 "$SECOND"
sg sg_persist --in --read-reservation "$SECOND"
shows 'Key=0x456def' 'type: Exclusive Access'
drain "$FIRST"
sg sg_persist --out --register --param-sark=123abc "$FIRST"
sg sg_persist --out --preempt-abort --param-rk=456def --param-sark=123abc --prout-type=3 "$SECOND"
sg sg_persist --in --read-keys "$SECOND"
shows '1 registered reservation key follows'
drain "$FIRST"
sg sg_persist --out --clear --param-rk=456def "$SECOND"
sg sg_persist --in --read-keys "$SG"
shows 'there are NO registered reservation keys'

# ---- Target port groups

for option in '' --extended; do
	# shellcheck disable=SC2086 # none or one
	sg sg_rtpg --decode $option "$SG"
	shows 'target port group id : 0x102' 'target port group id : 0x103' \
		'(active/optimized)' '(active/non optimized)' 'target port count : 01' 0x01 0x02
done
sg sg_stpg --tp=0x102 --standby "$FIRST"
expect "$LUN/alua_state" standby
drain "$SECOND"
sg sg_rtpg --decode "$SG"
shows '(standby)'
sg sg_stpg --tp=0x102 --optimized "$FIRST"
expect "$LUN/alua_state" ao
drain "$FIRST"
drain "$SECOND"

# ---- What takes all data away

sg sg_sanitize --block --quick --wait "$SG"
holds 4000 1 "$SCRATCH/zeroes"
expect "$LUN/mapped_bytes" 0
sg sg_write_x --normal --16 --in="$SCRATCH/random" --lba=4000 --num=8 "$SG"
sg sg_sanitize --crypto --quick --wait "$SG"
block 4000 1
! cmp -s -n 512 "$SCRATCH/back" "$SCRATCH/random" || fail 'the data have survived a crypto erase'
head -c 4 "$SCRATCH/ff" >"$SCRATCH/pattern"
sg sg_sanitize --overwrite --pattern="$SCRATCH/pattern" --quick --wait "$SG"
holds 32767 1 "$SCRATCH/ff"
drain "$SG"
sg sg_format --format --quick --wait "$SG"
drain "$SG"
sg sg_readcap "$SG"
shows 'Last LBA=32767 (0x7fff)'
block 4000 1
! cmp -s -n 512 "$SCRATCH/back" "$SCRATCH/ff" || fail 'the data have survived FORMAT UNIT'
remove_host
HOST=${FIRST_LUN%/luns/*}
remove_host

# ---- Removable media

new_host pm/sdev_autosuspend_ms=-1 lun/size=1M lun/removable=1
enable_host
find_sg
sg sg_inq "$SG"
shows 'RMB=1'
expect "$LUN/medium/locked" 0
sg sg_prevent "$SG"
expect "$LUN/medium/locked" 1
refuses 5 sg_start --eject "$SG"
sg sg_prevent --allow "$SG"
expect "$LUN/medium/locked" 0
sg sg_start --eject "$SG"
answers 02/3a/02 "$SG" 00 00 00 00 00 00
sg sg_start --load "$SG"
drain "$SG"
answers good "$SG" 00 00 00 00 00 00
remove_host
