#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rules act before there is a disk: the very first INQUIRY fails, and so do the callbacks with
# which the mid layer makes a host, a target and a device. The host comes up without the disk, or
# not at all and says why; once the fault is over, a scan finds the disk. What they hold goes on
# when it is released.
#
# pairs: init_cmd,host_add,target_alloc,sdev_init,sdev_configure,change_queue_depth=errno,stall,delay
# pairs: sdev_destroy,scan_finished=stall,delay
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# comes_up_without: the host does, but there is no disk in sysfs; then a scan finds it.
comes_up_without()
{
	step 'enable' 30 put 1 "$HOST/enable"
	SHOST=$(readlink -f "/sys/class/scsi_host/host$(<"$HOST/host_no")/device")
	expect "$RULE/fired" 1
	! compgen -G "$SHOST/target*/*/vendor" >/dev/null || fail "there is a disk: $(echo "$SHOST"/target*/*)"
	[ -z "$(<"$LUN/block_dev")" ] || fail "there is a disk, $(<"$LUN/block_dev")"
	put 0 "$RULE/enable"
	step 'scan' 30 put '- - -' "$SHOST/scsi_host/${SHOST##*/}/scan"
	find_disk
	step 'read' read_disk
	step 'disable' put 0 "$HOST/enable"
	remove_rule first
}

new_host pm/sdev_autosuspend_ms=-1

add_rule first trigger=queue opcode=12 origin=scan action=result host_byte=no_connect
comes_up_without
# Sense data of a device that has no logical unit of that number.
add_rule first trigger=queue opcode=12 origin=scan action=result sense=05/25/00
comes_up_without
for error in sdev_init:ENXIO sdev_configure:ENXIO sdev_configure:ENOMEM target_alloc:ENXIO; do
	add_rule first trigger="${error%:*}" lun='0:0:*' action=errno "errno=${error#*:}"
	comes_up_without
done

# The host does not come up, and nothing is left of it.
before=$(compgen -G '/sys/class/scsi_host/*' | sort)
for error in ENODEV:'No such device' EBUSY:'Device or resource busy'; do
	IFS=: read -r errno message <<<"$error"
	add_rule first trigger=host_add action=errno "errno=$errno"
	said=$(put 1 "$HOST/enable" 2>&1) && fail "the host is up although host_add has failed"
	[[ $said == *"$message"* ]] || fail "host_add: '$said' instead of $message"
	expect "$RULE/fired" 1
	expect "$HOST/enable" 0
	expect "$HOST/host_no" -1
	expect "$HOST/state" off
	[ "$(compgen -G '/sys/class/scsi_host/*' | sort)" = "$before" ] || fail "host_add leaves a host behind"
	remove_rule first
done

# The block layer makes do with fewer commands; without any, see fault/init_cmd_fails.
listen
add_rule first trigger=init_cmd action=errno errno=ENOMEM
enable_host
expect_said 'reduced tag depth \(128 -> 64\)'
step 'read' read_disk
step 'disable' put 0 "$HOST/enable"
remove_rule first

# Held, and late.
for trigger in host_add init_cmd target_alloc sdev_init sdev_configure scan_finished; do
	add_rule held "trigger=$trigger" action=stall
	start 'enable' put 1 "$HOST/enable"
	wait_for 10 "$trigger to be held" is "$RULE/parked" 1
	running 'enable' || fail "$trigger is held and the host is up"
	step 'release' put all "$RULE/release"
	join 'enable' 30 || fail "the host does not come up: $OUTPUT"
	find_disk
	step 'read' read_disk
	step 'disable' put 0 "$HOST/enable"
	remove_rule held
	add_rule late "trigger=$trigger" action=delay delay_us=700000
	read_clock
	since=$NOW
	step 'enable' 30 put 1 "$HOST/enable"
	read_clock
	((NOW - since >= 700)) || fail "$trigger was not late: $((NOW - since)) ms"
	step 'disable' put 0 "$HOST/enable"
	remove_rule late
done

# The scan of the mid layer's own is not over before the host says so.
put 1 "$HOST/async_scan"
add_rule held trigger=scan_finished action=stall
start 'enable' put 1 "$HOST/enable"
wait_for 10 'the scan to be held' is "$RULE/parked" 1
running 'enable' || fail 'the scan is not over and the host is up'
step 'release' put all "$RULE/release"
join 'enable' 30 || fail "the host does not come up: $OUTPUT"
SHOST=$(readlink -f "/sys/class/scsi_host/host$(<"$HOST/host_no")/device")
find_disk
step 'read' read_disk
remove_rule held

# Changes of the queue depth, and the end of a disk.
put 5 "$SDEV/queue_depth" || fail 'the queue depth does not change'
add_rule depth trigger=change_queue_depth lun=0:0:0 action=errno errno=EIO
said=$(put 7 "$SDEV/queue_depth" 2>&1) && fail 'a change of the queue depth that failed has succeeded'
[[ $said == *'Input/output error'* ]] || fail "queue depth: $said"
expect "$SDEV/queue_depth" 5
remove_rule depth
add_rule depth trigger=change_queue_depth action=stall
start 'queue depth' put 7 "$SDEV/queue_depth"
wait_for 5 'the change to be held' is "$RULE/parked" 1
expect "$SDEV/queue_depth" 5
step 'release' put 1 "$RULE/release"
join 'queue depth' || fail "queue depth: $OUTPUT"
expect "$SDEV/queue_depth" 7
remove_rule depth
for action in stall delay; do
	add_rule ends trigger=sdev_destroy lun=0:0:0 "action=$action" delay_us=700000
	read_clock
	since=$NOW
	start 'delete' put 1 "$SDEV/delete"
	if [ "$action" = stall ]; then
		wait_for 5 'the end of the disk to be held' is "$RULE/parked" 1
		step 'release' put 1 "$RULE/release"
	fi
	join 'delete' || fail "the disk cannot be deleted: $OUTPUT"
	wait_for 5 'the disk to vanish' test ! -e "$SDEV"
	wait_for 5 'the end of the disk' is "$RULE/fired" 1
	read_clock
	[ "$action" = stall ] || ((NOW - since >= 700)) || fail "it was not late: $((NOW - since)) ms"
	remove_rule ends
	step 'scan' 30 put '- - -' "$SHOST/scsi_host/${SHOST##*/}/scan"
	find_disk
done
remove_host
