#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is said of a disk arrives where it belongs: in INQUIRY data and VPD pages, and in what the
# mid layer and sd make of them. What can change while the disk is on does, and is told by a unit
# attention; the rest is EBUSY then. Values that make no sense are refused and change nothing.
#
# deadline: 180

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

INVALID='Invalid argument'
BUSY='Device or resource busy'

# new_disk [ATTRIBUTE=VALUE...]: one that is a host's only disk, with no unit attention left.
new_disk()
{
	new_host pm/sdev_autosuspend_ms=-1 lun/size=4M "$@"
	enable_host
	find_sg
}

# block NAME VALUE: what the block layer has as /sys/block/sdX/NAME.
block() { expect "/sys/block/$DISK/$1" "$2"; }

# scsi_disk NAME VALUE: what sd has as an attribute of its own.
scsi_disk() { expect "$(echo "$SDEV"/scsi_disk/*/"$1")" "$2"; }

# page CODE [OFFSET]: the VPD page of that code from byte OFFSET on, in hexadecimal.
page()
{
	od -An -v -tx1 -j "${2:-0}" "$SDEV/vpd_pg$1" | tr -d ' \n'
}

# text STRING: its bytes in hexadecimal.
text() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'; }

rescan() { step 'rescan' 20 put 1 "$SDEV/rescan"; }

# write_answers EXPECTED: what a write is answered that sd does not know of.
write_answers() { answers "$1" -s 512 -i "$SCRATCH/data" "$SG" 2a 00 00 00 00 00 00 00 01 00; }
READY=(00 00 00 00 00 00)

head -c 512 /dev/urandom >"$SCRATCH/data"

# ---- Who it is

new_disk lun/vendor=ACME lun/model='Test disk' lun/rev=1.2 lun/serial='S 0001' \
	lun/wwid=naa:5000c500a1b2c3d4
expect "$LUN/model" 'Test disk'
expect "$LUN/serial" 'S 0001'
expect "$LUN/wwid" naa:5000c500a1b2c3d4
expect "$SDEV/vendor" 'ACME    '
expect "$SDEV/model" 'Test disk       '
expect "$SDEV/rev" '1.2 '
expect "$SDEV/wwid" naa.5000c500a1b2c3d4
[ "$(page 80 4)" = "$(text 'S 0001')" ] || fail "the serial number is $(page 80)"
[[ $(page 83) == *010300085000c500a1b2c3d4* ]] || fail "the NAA designator is not in $(page 83)"
remove_host

new_disk lun/wwid=naa:600508b1001c79ade5178f0626caaa9c
expect "$SDEV/wwid" naa.600508b1001c79ade5178f0626caaa9c
remove_host
new_disk lun/wwid=uuid:12345678-9abc-def0-1234-56789abcdef0
expect "$LUN/wwid" uuid:12345678-9abc-def0-1234-56789abcdef0
[[ $(page 83) == *010a00121000123456789abcdef0123456789abcdef0* ]] ||
	fail "the UUID is not in $(page 83)"
remove_host
new_disk lun/vendor=ACME lun/wwid='t10:some text'
expect "$SDEV/wwid" 't10.ACME    some text'
remove_host
new_disk lun/vendor=ACME lun/model=Model lun/serial=S1 lun/wwid=none
expect "$SDEV/wwid" 't10.ACME    Model           S1'
remove_host
# Without a word it has a name of its own.
new_disk
serial=$(<"$LUN/serial") wwid=$(<"$LUN/wwid")
expect "$LUN/vendor" Linux
[ "$(page 80 4)" = "$(text "$serial")" ] || fail "the serial number '$serial' is not in $(page 80)"
expect "$SDEV/wwid" "${wwid/:/.}"
block queue/logical_block_size 512
block queue/physical_block_size 512
block alignment_offset 0
block queue/rotational 0
block removable 0
block ro 0
scsi_disk cache_type 'write back'
scsi_disk FUA 1
remove_host

# ---- Blocks

for bytes in 512 1024 2048 4096 8192 16384 32768 65536; do
	new_disk lun/sector_size=$bytes
	block queue/logical_block_size $bytes
	block size 8192
	step "write with blocks of $bytes" dd if=/dev/zero of="$DEV" bs=64k count=2 oflag=direct \
		conv=nocreat status=none
	expect "$LUN/mapped_bytes" 131072
	remove_host
done

new_disk lun/physblk_exp=3 lun/lowest_aligned=7 lun/rotation_rpm=7200 lun/removable=1 \
	lun/dpofua=0 lun/max_xfer=256 lun/opt_blks=128 lun/opt_xfer_exp=3 lun/write_cache=0
block queue/physical_block_size 4096
block alignment_offset 3584
block queue/rotational 1
block removable 1
block queue/max_sectors_kb 128
block queue/optimal_io_size 65536
block queue/minimum_io_size 4096
block queue/write_cache 'write through'
scsi_disk cache_type 'write through'
scsi_disk FUA 0
# What the limits say holds.
answers good -r 131072 "$SG" 28 00 00 00 00 00 00 01 00 00
answers 05/24/00 -r 131584 "$SG" 28 00 00 00 00 00 00 01 01 00
answers 05/24/00 -r 512 "$SG" 28 08 00 00 00 00 00 00 01 00
remove_host

new_disk lun/atomic_max_length=64 lun/max_xfer=1024
block queue/atomic_write_unit_min_bytes 512
block queue/atomic_write_unit_max_bytes 32768
remove_host

# ---- Sense data

for dsense in 0 1; do
	new_disk lun/dsense=$dsense
	answers 05/21/00 -r 512 "$SG" 28 00 7f ff ff ff 00 00 01 00
	[[ $OUTPUT =~ 'Raw sense data'[^$'\n']*$'\n '+([0-9a-f]+) ]] || fail "no sense data: $OUTPUT"
	case $dsense${BASH_REMATCH[1]} in
	0[7f]0 | 1[7f]2) ;;
	*) fail "with dsense=$dsense sense data begin with ${BASH_REMATCH[1]}" ;;
	esac
	remove_host
done

# ---- What changes while it is on

new_disk lun/removable=0
answers good "$SG" "${READY[@]}"

expect "$LUN/ua" ''
put 2a/01,2a/06 "$LUN/ua" || fail 'unit attentions were refused'
[[ ,$(<"$LUN/ua"), == *,2a/01,* && ,$(<"$LUN/ua"), == *,2a/06,* ]] ||
	fail "pending are $(<"$LUN/ua"), not 2a/01 and 2a/06"
ask "$SG" "${READY[@]}"
first=$ANSWER
ask "$SG" "${READY[@]}"
[[ " $first $ANSWER " == *' 06/2a/01 '* && " $first $ANSWER " == *' 06/2a/06 '* ]] ||
	fail "the unit attentions were $first and $ANSWER"
answers good "$SG" "${READY[@]}"
expect "$LUN/ua" ''
# A reset is news enough.
put 2a/01,29/03 "$LUN/ua"
answers 06/29/03 "$SG" "${READY[@]}"
answers good "$SG" "${READY[@]}"
for value in '' 29 zz/00 '29/00,' 29/00/00 29/00,zz/00; do
	rejects "$INVALID" "$value" "$LUN/ua"
done

# The write cache, from either side.
put 0 "$LUN/write_cache" || fail 'write_cache was refused'
expect "$LUN/ua" 2a/01
answers 06/2a/01 "$SG" "${READY[@]}"
rescan
scsi_disk cache_type 'write through'
block queue/write_cache 'write through'
step 'switch the cache on' put 'write back' "$(echo "$SDEV"/scsi_disk/*/cache_type)"
expect "$LUN/write_cache" 1
scsi_disk cache_type 'write back'

# Write protection. Before sd knows of it, a write is refused by the disk.
write_answers good
put 1 "$LUN/ro" || fail 'ro was refused'
write_answers 07/27/00
returns 'write' write_disk && fail 'a write-protected disk was written'
rescan
block ro 1
returns 'write' write_disk && fail 'a read-only disk was written'
step 'read' dd if="$DEV" of="$SCRATCH/back" bs=512 count=1 iflag=direct status=none
cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'the data have changed in spite of ro'
put 0 "$LUN/ro"
rescan
block ro 0
step 'write' write_disk

# The size.
put 8M "$LUN/size" || fail 'size was refused'
expect "$LUN/ua" 2a/09
answers 06/2a/09 "$SG" "${READY[@]}"
block size 8192
rescan
block size 16384
step 'write to what is new' write_disk 1500
put 2M "$LUN/size"
answers 06/2a/09 "$SG" "${READY[@]}"
answers 05/21/00 -r 512 "$SG" 28 00 00 00 10 00 00 00 01 00
answers good -r 512 "$SG" 28 00 00 00 0f ff 00 00 01 00
rescan
block size 4096
put 2M "$LUN/size"
expect "$LUN/ua" '' 'the size is the same'

# ---- What does not, while it is on

for name in type vendor model rev serial wwid store sector_size physblk_exp lowest_aligned \
	rotation_rpm opt_blks opt_xfer_exp max_xfer removable dpofua dsense lbpu lbpws lbpws10 \
	lbprz unmap_granularity unmap_alignment unmap_max_blocks unmap_max_desc write_same_max \
	atomic_max_length atomic_align atomic_gran atomic_max_length_bndry atomic_max_bndry \
	alua_group; do
	rejects "$BUSY" "$(<"$LUN/$name")" "$LUN/$name"
done
for value in '' 0 1 -4096 1X; do
	rejects "$INVALID" "$value" "$LUN/size"
done
remove_host

# ---- Bad values

new_host
while read -r name values; do
	for value in $values; do
		rejects "$INVALID" "${value//_/ }" "$LUN/$name"
	done
done <<-EOV
	type tape DISK 0
	vendor 123456789
	model 12345678901234567
	rev 12345
	serial 123456789012345678901234567890123
	wwid naa naa: naa:123 naa:5000c500a1b2c3 naa:5000c500a1b2c3dg uuid:1234 uuid:123456789abcdef0123456789abcdef0 eui:5000c500a1b2c3d4 t10: nothing
	sector_size 0 256 513 1000 131072 x -512
	physblk_exp -1 16 x
	lowest_aligned -1 16384
	rotation_rpm -1 65535
	opt_xfer_exp 16
	max_xfer -1 4294967296
	opt_blks -1 4294967296
	removable 2 yes -1
	dpofua 2 yes
	dsense 2 yes
	ro 2 yes
	write_cache 2 yes
	lbpu 2 yes
	lbpws 2 yes
	lbpws10 2 yes
	lbprz 3 -1 x
	unmap_granularity 0 2147483649
	unmap_alignment -1 2147483648
	unmap_max_blocks -1 4294967296
	unmap_max_desc -1 4294967296
	write_same_max -1 18446744073709551616
	atomic_max_length -1 4294967296
	atomic_align -1 x
	atomic_gran -1 x
	atomic_max_length_bndry -1 x
	atomic_max_bndry -1 x
	alua_group -1 65536
	alua_state active 0 AO
EOV
rejects "$INVALID" '' "$LUN/sector_size"
rejects "$INVALID" $'tab\tbed' "$LUN/serial"
rejects 'No such file or directory' nowhere "$LUN/store"
rejects 'No such device' 29/00 "$LUN/ua"

# What does not go together, one after the other and with nothing else wrong.
# together NAME=VALUE...: a host with these does not come up, and nothing is left of the attempt.
together()
{
	local setting old=()

	for setting; do
		old+=("${setting%%=*}=$(<"$LUN/${setting%%=*}")")
		put "${setting#*=}" "$LUN/${setting%%=*}" || fail "$setting was refused"
	done
	rejects "$INVALID" 1 "$HOST/enable"
	expect "$HOST/state" off
	expect "$LUN/block_dev" ''
	for setting in "${old[@]}"; do
		put "${setting#*=}" "$LUN/${setting%%=*}" || fail "$setting was refused"
	done
}

together size=4608 sector_size=4096
together lbpu=1 unmap_granularity=8 unmap_alignment=8
together sector_size=4096 type=cdrom
together sector_size=2048 type=cdrom lbpu=1
enable_host
remove_host
