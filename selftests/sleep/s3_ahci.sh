#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The machine of seed 002: a CD-ROM drive (and here a disk as well) behind AHCI comes out of S3 by
# libata's suspend, resume, reset, and rescan that follows it. The machine comes back, the drives
# have been looked at again, and answer with what they had; also if they are resumed later than
# libata has reset them, in which case the rescan has to wait. (6aa0365a3c85 "ata: libata-scsi: Avoid
# deadlock on rescan after device resume", and what followed it.)
#
# machine: ram
# deadline: 40
# fails-on: 02+42 hang the rescan holds the device lock, which resume waits for, and waits for the queue

# shellcheck source=selftests/s3.sh
. "$(dirname "$0")/../s3.sh"

# ahci_drives: sets DRIVES to the names of the disk and the CD-ROM drive behind AHCI.
ahci_drives()
{
	local block host

	DRIVES=()
	for block in /sys/block/s[dr]*; do
		[ -e "$block" ] || continue
		host=$(readlink -f "$block/device/../..")
		! is "$host/scsi_host/${host##*/}/proc_name" ahci 2>/dev/null || DRIVES+=("${block##*/}")
	done
	[[ ${DRIVES[*]} =~ ^sd[a-z]+\ sr[0-9]+$ ]]
}

sum() { dd if="/dev/$1" bs=64k count=8 iflag=direct status=none | md5sum; }

# sums: sets SUMS to what the drives have to say.
sums()
{
	local drive

	SUMS=
	for drive in "${DRIVES[@]}"; do
		step "read $drive" 20 sum "$drive"
		SUMS+="$drive $OUTPUT "
	done
}

# through_s3: both drives are rescanned, after they have been resumed, and have their data.
through_s3()
{
	local sums=$SUMS drive sdev host channel id lun asked order

	slept_s3
	for drive in "${DRIVES[@]}"; do
		sdev=$(readlink -f "/sys/block/$drive/device")
		IFS=: read -r host channel id lun <<<"${sdev##*/}"
		# INQUIRY for the vital product data: nobody else asks for them.
		asked="cmd_start: host_no=$host channel=$channel id=$id lun=$lun .*raw=12 01"
		wait_for 10 "$drive to be rescanned" grep -q "$asked" "$SLEEP_TRACE/trace"
		order=$(awk -v device=" ${sdev##*/}, " -v asked="$asked" '
			/callback_start: .*bus \[resume\]/ && index($0, device) { resumes = 1 }
			/callback_end: / && index($0, device) && resumes { printf "resumed "; resumes = 0 }
			$0 ~ asked { printf "asked"; exit }' "$SLEEP_TRACE/trace")
		[ "$order" = 'resumed asked' ] || fail "$drive was asked for its data while it was asleep: $order"
		expect "$sdev/state" running
	done
	sums
	[ "$SUMS" = "$sums" ] || fail "the drives had '$sums' before, and have '$SUMS' after"
}

ahci_drives || skip 'no disk and CD-ROM drive behind AHCI'
new_host pm/sdev_autosuspend_ms=-1
may_lose_power
put 1 "$SLEEP_TRACE/events/scsi/scsi_dispatch_cmd_start/enable"
sums
through_s3

# The PM core resumes devices in the order in which they were added, but for those with threads. Now
# these wait for a host that takes longer than libata.
enable_host
put on "$PARENT/power/control"
for drive in "${DRIVES[@]}"; do
	sdev=$(readlink -f "/sys/block/$drive/device")
	host=${sdev%/target*}
	put 1 "$sdev/delete"
	step 'scan' 20 put '- - -' "$host/scsi_host/${host##*/}/scan"
done
wait_for 10 'the drives to be back' ahci_drives
for drive in "${DRIVES[@]}"; do
	put disabled "/sys/block/$drive/device/power/async"
done
sums
add_rule held trigger=resume action=stall stall_ms=2000
through_s3
expect "$RULE/fired" 1
remove_host
