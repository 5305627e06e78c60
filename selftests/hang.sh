# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# hang.sh: what a person needs to see of a machine in which something hangs.
#
# Sourced by lib.sh and run.sh. Everything it reads is readable without taking a
# lock that a hung task may hold: procfs, sysfs and debugfs, not configfs.

# hang_value FILE...: the first line of each FILE on one line, "-" for a missing one.
hang_value()
{
	local file line out=

	for file; do
		line=-
		[ -r "$file" ] && read -r line 2>/dev/null <"$file"
		out+=" $line"
	done
	printf '%s' "${out# }"
}

# hang_task DIR STATE: a task of procfs, what it waits for, and its stack.
hang_task()
{
	printf '%s: %s pid %s wchan %s\n' "$2" "$(hang_value "$1/comm")" "${1##*/}" \
		"$(hang_value "$1/wchan")"
	sed 's/^\[<0>\] /    /' "$1/stack" 2>/dev/null
}

# Tasks in uninterruptible sleep; kernel threads and all threads of a process too.
hang_tasks()
{
	local dir status found=

	for dir in /proc/[0-9]*/task/[0-9]*; do
		{ status=$(<"$dir/status"); } 2>/dev/null || continue
		[[ $status == *State:?D\ * ]] || continue
		found=1
		hang_task "$dir" blocked
	done
	[ -n "$found" ] || printf 'blocked: no task is in D state\n'
}

# The locks that are held, as lockdep tells; in dmesg because there is no other place.
# Without those of the reporter, of who reads the log, and of who prints it.
hang_locks()
{
	local mark="rpmfault-test: locks $EPOCHREALTIME" self=$BASHPID

	printf '%s\n' "$mark" >/dev/kmsg
	printf 'd\n' 2>/dev/null >/proc/sysrq-trigger || return
	dmesg | sed -e "1,/$mark/d" -e 's/^\[[ 0-9.]*\] //' | awk -v self="/$self:" '
		/^=+$/ { exit }
		/^([0-9]+ )?locks? held by / { show = !index($0, self) && !/by (dmesg|pr)\// }
		/^([0-9]+ )?locks? held by |^ #/ { if (show) print }
	'
}

# One line per SCSI host of a virtual driver and per device below it.
hang_hosts()
{
	local class host parent sdev disk

	for class in /sys/class/scsi_host/host*; do
		[ -e "$class" ] || continue
		# The machine's own disks and CD-ROM are not under test.
		case $(hang_value "$class/proc_name") in ahci|virtio_scsi) continue ;; esac
		host=$(readlink -f "$class/device")
		parent=${host%/*}
		printf 'parent %s: %s (control %s, usage %s)\n' "${parent##*/}" \
			"$(hang_value "$parent/power/runtime_status")" \
			"$(hang_value "$parent/power/control")" \
			"$(hang_value "$parent/power/runtime_usage")"
		printf '%s: %s, host state %s\n' "${host##*/}" \
			"$(hang_value "$host/power/runtime_status")" \
			"$(hang_value "$class/state")"
		for sdev in "$host"/target*; do
			[ -e "$sdev" ] || continue
			printf '%s: %s\n' "${sdev##*/}" "$(hang_value "$sdev/power/runtime_status")"
		done
		for sdev in "$host"/target*/[0-9]*:*; do
			[ -e "$sdev" ] || continue
			printf 'sdev %s: %s (control %s, usage %s), sdev state %s\n' "${sdev##*/}" \
				"$(hang_value "$sdev/power/runtime_status")" \
				"$(hang_value "$sdev/power/control")" \
				"$(hang_value "$sdev/power/runtime_usage")" \
				"$(hang_value "$sdev/state")"
			for disk in "$sdev"/block/*; do
				[ -e "$disk" ] || continue
				disk=${disk##*/}
				printf '%s: pm_only %s\n' "$disk" \
					"$(hang_value "/sys/kernel/debug/block/$disk/pm_only")"
			done
		done
	done
}

# hang_report WHAT: the whole report on stdout.
hang_report()
{
	printf 'hang: %s\n' "$1"
	hang_tasks
	hang_hosts
	hang_locks
}
