# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# hang.sh: what a person needs to see of a machine in which something hangs.
#
# Sourced by lib.sh and run.sh. Everything it reads is readable without taking a
# lock that a hung task may hold: procfs, sysfs and debugfs, not configfs.
#
# waits/ reads what is printed here and finds out who waits for whom; timeline/ reads it
# from the trace. What is indented by two blanks is for the former only.

# What takes a task's own lock is given so many seconds.
HANG_PATIENCE=2
HANG_DETECTOR=/proc/sys/kernel/hung_task_timeout_secs

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

# is_running PID: whether a child of this shell still runs. One that has ended may be a zombie for
# as long as this shell sleeps in read(1): bash does not always see it end there.
is_running()
{
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ ${stat##*) } != Z* ]]
}

# hang_task DIR STATE: a task of procfs, what it waits for, its stack, and what it is about.
hang_task()
{
	printf '%s: %s pid %s wchan %s\n' "$2" "$(hang_value "$1/comm")" "${1##*/}" \
		"$(hang_value "$1/wchan")"
	sed 's/^\[<0>\] /    /' "$1/stack" 2>/dev/null
	hang_subject "$1"
}

# hang_subject DIR: the parent of a task, and its files that are devices or attributes. One
# that hangs in open(2) does not have the file yet, but may have been told its name.
hang_subject()
{
	local status file words files=()

	{ status=$(<"$1/status"); } 2>/dev/null || return
	[[ $status =~ PPid:[[:space:]]*([0-9]+) ]] && printf '  child of %s\n' "${BASH_REMATCH[1]}"
	# A kernel thread has neither files nor words.
	[[ $status == *VmSize:* ]] || return
	while read -r file; do
		case $file in
		/dev/[sv]d* | /dev/s[rg]* | /dev/bsg/* | /sys/*) files+=("$file") ;;
		esac
	done < <(readlink "$1"/fd/* 2>/dev/null)
	[ ${#files[@]} = 0 ] || printf '  file %s\n' "${files[@]}"
	# The words are in the memory of the task, whose lock it may hold.
	words=$(timeout -s KILL "$HANG_PATIENCE" tr '\0\n' '  ' 2>/dev/null <"$1/cmdline")
	words=${words% }
	[ -z "$words" ] || printf '  words %s\n' "${words:0:200}"
}

# The steps of the scenario that are not over (lib.sh), which are better names than dd and bash.
hang_steps()
{
	local name

	for name in "${!JOB[@]}"; do
		[ ! -e "/proc/${JOB[$name]}" ] || printf '  step %s %s\n' "${JOB[$name]}" "$name"
	done
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

# What the kernel's detector of hung tasks knows: the owner of the mutex or semaphore that a
# task is blocked on, even without lockdep. It looks twice, as often as its time says.
hang_owners()
{
	local since=$SECONDS log mark="rpmfault-test: owners $EPOCHREALTIME" seconds

	[ -w "$HANG_DETECTOR" ] || return
	seconds=$(<"$HANG_DETECTOR")
	printf '%s\n' "$mark" >/dev/kmsg
	printf '1\n' >"$HANG_DETECTOR"
	# It tells of all tasks in one go, the locks last.
	until log=$(dmesg | sed -e "1,/$mark/d" -e 's/^\[[ 0-9.]*\] //') && [[ $log == *INFO:*===* ]] ||
		((SECONDS - since > 2 * HANG_PATIENCE)); do
		sleep 0.2
	done
	printf '%s\n' "$seconds" >"$HANG_DETECTOR"
	grep -E '^INFO: task .* blocked on ' <<<"$log" | sort -u | sed 's/^/  /'
}

# The locks that are held, as lockdep tells; in dmesg because there is no other place.
# Without those of the reporter, of who reads the log, and of who prints it.
hang_locks()
{
	local mark="rpmfault-test: locks $EPOCHREALTIME" self="/($BASHPID|$$):"

	printf '%s\n' "$mark" >/dev/kmsg
	printf 'd\n' 2>/dev/null >/proc/sysrq-trigger || return
	dmesg | sed -e "1,/$mark/d" -e 's/^\[[ 0-9.]*\] //' | awk -v self="$self" '
		/^=+$/ { exit }
		/^([0-9]+ )?locks? held by / { show = $0 !~ self && !/by (dmesg|pr)\// }
		/^([0-9]+ )?locks? held by |^ #/ { if (show) print }
	'
}

# The same, and those who hold a lock without being blocked: they sleep in another way, are
# frozen, or run.
hang_holders()
{
	local line dir others=()

	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ $line =~ locks?\ held\ by\ .*/([0-9]+): ]] || continue
		dir=$(compgen -G "/proc/[0-9]*/task/${BASH_REMATCH[1]}") || continue
		{ [[ $(<"$dir/status") == *State:?D\ * ]]; } 2>/dev/null || others+=("$dir")
	done < <(hang_locks)
	for dir in "${others[@]}"; do
		hang_task "$dir" holds
	done
}

# hang_disk DISK: the queue of a disk, and the commands that are under way.
hang_disk()
{
	local queue=/sys/kernel/debug/block/$1

	printf '%s: pm_only %s, queue %s\n' "$1" "$(hang_value "$queue/pm_only")" \
		"$(hang_value "$queue/state")"
	# The elevator's lock is taken.
	timeout -s KILL "$HANG_PATIENCE" cat "$queue"/hctx*/busy 2>/dev/null | sed "s/^/  busy $1 /"
}

# What the rules of the module hold, as their hosts have noted it.
hang_parked()
{
	local events

	for events in /sys/kernel/debug/rpmfault/*/events; do
		[ -e "$events" ] || continue
		# Number, time, CPU, rule, trigger, unit, what.
		awk -v host="$(basename "${events%/events}")" '
			{ split($7, what, /,.*cdb=/); key = $4 " " $5 " " $6 " " what[2] }
			what[1] == "park" { held[key]++ }
			what[1] == "release" && held[key] { held[key]-- }
			END { for (key in held) if (held[key]) print "  parked " host " " key }
		' "$events"
	done
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
				hang_disk "${disk##*/}"
			done
		done
	done
}

# hang_report WHAT: the whole report on stdout.
hang_report()
{
	printf 'hang: %s\n' "$1"
	hang_tasks
	hang_steps
	hang_hosts
	hang_parked
	hang_holders
	hang_owners
}
