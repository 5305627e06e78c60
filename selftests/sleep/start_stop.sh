#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sd stops a disk with manage_system_start_stop when the system suspends and starts it when it
# resumes, or restores; not for an image, nor without it. With manage_runtime_start_stop it does when the
# disk itself suspends and resumes. With either it stops one that is removed while the machine runs;
# manage_shutdown is for one that is switched off. One does not stand in for another, in any
# combination. (Bug zoo, Z20: 3cc2ffe5c16d, b09d7f8fd50f, 0c76106cb975.)
#
# A STOP UNIT that fails does not keep the system from suspending.
#
# deadline: 90

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

# By unit: what it is managed for, in the order of manage_{system,runtime,shutdown}.
MANAGED=() DISK_OF=() SDEV_OF=()

# counted WHAT BY STOPS STARTS: of late, each disk that is managed BY system, runtime or either has had so many,
# and the others none.
counted()
{
	local what=$1 by=$2 unit system runtime managed stops starts
	local -A counts=()

	while read -r unit stops starts; do
		counts[$unit]="$stops $starts"
	done < <(awk -v host="host_no=$HOST_NO " '
		/scsi_dispatch_cmd_start/ && index($0, host) && match($0, /raw=1b 00 00 00 0[01] /) {
			start = substr($0, RSTART + 17, 1)
			match($0, / lun=[0-9]+/)
			unit = substr($0, RSTART + 5, RLENGTH - 5)
			count[unit, start]++
			units[unit]
		}
		END {
			for (unit in units)
				print unit, count[unit, 0] + 0, count[unit, 1] + 0
		}' "$SLEEP_TRACE/trace")
	: >"$SLEEP_TRACE/trace"
	for unit in "${!MANAGED[@]}"; do
		read -r system runtime _ <<<"${MANAGED[unit]}"
		case $by in
		system) managed=$system ;;
		runtime) managed=$runtime ;;
		either) managed=$((system | runtime)) ;;
		esac
		[ "${counts[$unit]:-0 0}" = "$((managed * $3)) $((managed * $4))" ] ||
			fail "$what: stops and starts of the disk managed for ${MANAGED[unit]}: ${counts[$unit]:-none}"
	done
}

new_host pm/sdev_autosuspend_ms=-1 pm/sdev_autosuspend=0
may_sleep
for ((unit = 0; unit < 8; unit++)); do
	LUN=$HOST/luns/0:0:$unit
	((unit == 0)) || mkdir "$LUN"
	put 16M "$LUN/size"
	MANAGED[unit]="$((unit & 1)) $((unit >> 1 & 1)) $((unit >> 2 & 1))"
	read -r system runtime shutdown <<<"${MANAGED[unit]}"
	put "$system" "$LUN/manage_system_start_stop"
	put "$runtime" "$LUN/manage_runtime_start_stop"
	put "$shutdown" "$LUN/manage_shutdown"
done
enable_host
HOST_NO=$(<"$HOST/host_no")
put on "$PARENT/power/control"
for unit in "${!MANAGED[@]}"; do
	LUN=$HOST/luns/0:0:$unit
	find_disk
	DISK_OF[unit]=$DISK SDEV_OF[unit]=$SDEV
	read -r system runtime shutdown <<<"${MANAGED[unit]}"
	dir=$SDEV/scsi_disk/${SDEV##*/}
	expect "$dir/manage_system_start_stop" "$system"
	expect "$dir/manage_runtime_start_stop" "$runtime"
	expect "$dir/manage_shutdown" "$shutdown"
done
put 1 "$SLEEP_TRACE/events/scsi/scsi_dispatch_cmd_start/enable"

slept mem devices
counted suspend system 1 1
# sd has no freeze, but a restore.
slept disk devices
counted image system 0 1

for SDEV in "${SDEV_OF[@]}"; do
	put 0 "$SDEV/power/autosuspend_delay_ms"
	put auto "$SDEV/power/control"
done
for SDEV in "${SDEV_OF[@]}"; do
	wait_for 10 "${SDEV##*/} to be suspended" rpm_is "$SDEV" suspended
done
counted 'runtime suspend' runtime 1 0
# Those that sleep already are left alone.
slept mem devices
counted 'suspend of what sleeps' either 0 0
slept disk devices
counted 'image of what sleeps' either 0 0
for SDEV in "${SDEV_OF[@]}"; do
	expect "$SDEV/power/runtime_status" suspended
	put on "$SDEV/power/control"
done
counted 'runtime resume' runtime 0 1

add_rule fails trigger=queue opcode=1b origin=pm lun=0:0:1 cdb_mask=0000000001 cdb_value=0000000000 action=result \
	sense=02/04/02
slept mem devices
expect "$RULE/fired" 1
remove_rule fails
counted 'suspend with a failing STOP UNIT' system 1 1
DEV=/dev/${DISK_OF[1]}
step 'read' read_disk

for SDEV in "${SDEV_OF[@]}"; do
	step "delete ${SDEV##*/}" put 1 "$SDEV/delete"
done
counted removal either 1 0
remove_host
