# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh: the verbs that the scenarios are written in.
#
# A scenario is sourced by nobody: it is a program that run.sh starts with MODULE in
# its environment, and whose exit status is its verdict: KSFT_PASS, KSFT_FAIL,
# KSFT_SKIP or HANG. What it prints is a diagnostic. Its host is removed on exit.

# shellcheck source=selftests/hang.sh
. "$(dirname "${BASH_SOURCE[0]}")/hang.sh"

KSFT_FAIL=1
KSFT_SKIP=4
# A step did not come back: the machine is not usable any more (timeout(1)'s status).
HANG=124

RPMFAULT=/sys/kernel/config/rpmfault
# Deadlines are for an emulated machine; a KASAN kernel is several times slower.
TIME_SCALE=${TIME_SCALE:-1}
STEP_SECONDS=10

# ---- verdicts

say() { printf '%s\n' "$*"; }

fail()
{
	say "FAIL: $*"
	[ -z "${HOST:-}" ] || hang_hosts
	exit "$KSFT_FAIL"
}

skip() { say "SKIP: $*"; exit "$KSFT_SKIP"; }

hang() { hang_report "$*"; exit "$HANG"; }

# kernel_config: the configuration of the running kernel, where it can be found.
kernel_config()
{
	local file

	if [ -r /proc/config.gz ]; then
		zcat /proc/config.gz
		return
	fi
	for file in "/boot/config-$(uname -r)" "/lib/modules/$(uname -r)"/{config,build/.config}; do
		if [ -r "$file" ]; then
			cat "$file"
			return
		fi
	done
	return 1
}

# need tool NAME...         skips the scenario unless these programs are there,
# need file PATH WHAT       this file, which comes with WHAT,
# need config OPTION...     and these options of the kernel (without CONFIG_), as =y or =m; nothing
#                           is skipped where the kernel's configuration cannot be found
need()
{
	local kind=$1 what config

	shift
	case $kind in
	tool)
		for what; do
			command -v "$what" >/dev/null || skip "there is no $what"
		done
		;;
	file) [ -e "$1" ] || skip "there is no $1: $2" ;;
	config)
		config=$(kernel_config) || return 0
		for what; do
			grep -q "^CONFIG_$what=[ym]" <<<"$config" || skip "the kernel has no CONFIG_$what"
		done
		;;
	*) fail "need $kind" ;;
	esac
}

# ---- time

# nap [SECONDS]: a short sleep. A machine that stands still meanwhile, as an emulated one may on a
# busy host, stands still for everybody: such time is no deadline's.
nap()
{
	local before stood

	read_clock
	before=$NOW
	sleep_for "${1:-0.02}"
	read_clock
	stood=$((NOW - before - 2000))
	if ((stood > 0)); then
		STOOD_STILL=$((STOOD_STILL + stood))
		say "the machine stood still for $stood ms"
	fi
}

# sleep_for SECONDS: a fork costs as much as a nap in an emulated machine, so perl(1), if there is
# one, sleeps on request. Not read -t: a time that is over before bash waits for it leaves the shell
# with a signal mask of garbage, which its children inherit, and without SIGCHLD (bash 5.2).
sleep_for() { sleep "$1"; }

start_sleeper()
{
	command -v perl >/dev/null || return 0
	mkfifo "$SCRATCH/sleep" "$SCRATCH/slept"
	# Each is open for both sides here, so that nobody waits for the other to open it.
	exec {SLEEP_FD}<>"$SCRATCH/sleep" {SLEPT_FD}<>"$SCRATCH/slept"
	perl -e '
		$| = 1;
		while (<STDIN>) {
			select(undef, undef, undef, $_);
			print "\n";
		}' <"$SCRATCH/sleep" >"$SCRATCH/slept" 2>/dev/null {SLEEP_FD}<&- {SLEPT_FD}<&- &
	SLEEPER=$!
	disown
	sleep_for() { printf '%s\n' "$1" >&"$SLEEP_FD" && read -ru "$SLEPT_FD"; }
}

# The time in milliseconds for which the machine has run, in $NOW: a command substitution
# would be a fork.
STOOD_STILL=0
read_clock() { NOW=$((${EPOCHREALTIME//[!0-9]/} / 1000 - STOOD_STILL)); }

# expired SINCE SECONDS
expired()
{
	read_clock
	((NOW - $1 > $2 * TIME_SCALE * 1000))
}

# wait_for SECONDS DESCRIPTION CONDITION...: fails the scenario when CONDITION, a
# command, is not true within SECONDS.
wait_for()
{
	local seconds=$1 what=$2 since

	shift 2
	read_clock
	since=$NOW
	until "$@"; do
		expired "$since" "$seconds" && fail "waited $seconds s in vain for $what"
		nap
	done
}

# wait_quiet FILE: until the counter in FILE has not changed for 300 ms.
wait_quiet()
{
	local last='' since

	read_clock
	since=$NOW
	until [ "$last" = "$(<"$1")" ]; do
		expired "$since" "$STEP_SECONDS" && fail "$1 never stops counting"
		last=$(<"$1")
		nap 0.3
	done
}

# ---- steps

# By name: the process, and the file with what it prints.
declare -A JOB=() PRINTED=()

# note TEXT: a line in the trace, if there is one (timeline/trace.sh).
note() { [ -z "${TRACE_MARKER:-}" ] || printf 'rpmfault-test: step %s\n' "$*" >"$TRACE_MARKER"; }

# start NAME COMMAND...: starts COMMAND in the background.
start()
{
	local name=$1

	shift
	PRINTED[$name]=$SCRATCH/${name//\//_}.out
	note "$name"
	"$@" >"${PRINTED[$name]}" 2>&1 &
	JOB[$name]=$!
}

running() { is_running "${JOB[$1]}"; }

# join NAME [SECONDS]: waits for what start NAME began and returns its exit status; what
# it printed is in $OUTPUT. Past the deadline the scenario ends with the verdict HANG.
join()
{
	local name=$1 seconds=${2:-$STEP_SECONDS} since

	read_clock
	since=$NOW
	while running "$name"; do
		if expired "$since" "$seconds"; then
			# It may sleep in another state than D, or run.
			hang_task "/proc/${JOB[$name]}" 'not back'
			hang "'$name' (pid ${JOB[$name]}) did not come back in $((seconds * TIME_SCALE)) s"
		fi
		nap
	done
	OUTPUT=$(<"${PRINTED[$name]}")
	wait "${JOB[$name]}"
}

# returns WHAT [SECONDS] COMMAND...: COMMAND must come back in time; its status is
# returned.
returns()
{
	local what=$1 seconds=$STEP_SECONDS

	shift
	if [[ $1 =~ ^[0-9]+$ ]]; then
		seconds=$1
		shift
	fi
	start "$what" "$@"
	join "$what" "$seconds"
}

# step WHAT [SECONDS] COMMAND...: COMMAND must come back in time and succeed.
step()
{
	returns "$@" || fail "'$1' failed with status $?: $OUTPUT"
}

# ---- files

# put VALUE FILE: one write(2), whose error is the status.
put() { printf '%s\n' "$1" >"$2"; }

# is FILE VALUE
is() { [ "$(<"$1")" = "$2" ]; }

at_least() { [ "$(<"$1")" -ge "$2" ]; }

expect()
{
	is "$1" "$2" || fail "${1#"$RPMFAULT"/} reads '$(<"$1")' instead of '$2'${3:+: $3}"
}

# rejects ERROR VALUE FILE: the write fails with ERROR (as strerror() has it) and
# the file reads as before.
rejects()
{
	local error=$1 value=$2 file=$3 before after message

	before=$(<"$file")
	if message=$(put "$value" "$file" 2>&1); then
		fail "'$value' was accepted by ${file#"$RPMFAULT"/}; expected '$error'"
	fi
	[[ $message == *"$error"* ]] ||
		fail "'$value' > ${file#"$RPMFAULT"/}: '${message##*: }' instead of '$error'"
	after=$(<"$file")
	[ "$before" = "$after" ] ||
		fail "the refused '$value' changed ${file#"$RPMFAULT"/} from '$before' to '$after'"
}

# ---- the module

module_loaded() { [ -d /sys/module/rpmfault ]; }

# Loads the module, with the unit tests that UNIT_TESTS, a glob, selects: none unless the
# scenario is about them, as all of them take longer than most scenarios.
load_module()
{
	local filter=/sys/module/kunit/parameters/filter_glob

	module_loaded && return
	if [ -z "${MODULE:-}" ] && ! modprobe --dry-run --quiet rpmfault; then
		skip 'no module: run.sh --module FILE, or make modules_install'
	fi
	[ ! -e "$filter" ] || printf %s "${UNIT_TESTS:-none}" >"$filter" || fail "cannot choose the unit tests"
	if [ -n "${MODULE:-}" ]; then
		step 'insmod' 60 insmod "$MODULE"
	else
		step 'modprobe' 60 modprobe rpmfault
	fi
}

unload_module()
{
	module_loaded || return 0
	step 'rmmod' 30 rmmod rpmfault
}

# ---- a host

# new_host [ATTRIBUTE=VALUE...]: a host directory in $HOST, not yet enabled, with one
# disk of 64 MiB whose attributes are named lun/..., e.g. lun/size=1T.
# shellcheck disable=SC2120 # all of it is optional
new_host()
{
	local setting file

	load_module
	HOST=$RPMFAULT/t$((++HOSTS))
	LUN=$HOST/luns/0:0:0
	mkdir "$HOST" "$LUN" || fail "cannot make $HOST"
	for setting in pm/sdev_autosuspend_ms=100 lun/size=64M "$@"; do
		file=${setting%%=*}
		case $file in
		lun/*) file=$LUN/${file#lun/} ;;
		*) file=$HOST/$file ;;
		esac
		put "${setting#*=}" "$file" || fail "cannot set $setting"
	done
}

# enable_host: brings $HOST up with its disk. Sets the sysfs directories SHOST and PARENT,
# and what find_disk sets.
enable_host()
{
	# It scans, one disk after the other.
	step "enable ${HOST##*/}" 30 put 1 "$HOST/enable"
	SHOST=$(readlink -f "/sys/class/scsi_host/host$(<"$HOST/host_no")/device")
	PARENT=${SHOST%/*}
	find_disk
}

# find_disk: waits for sd to have bound. Sets DISK (sdX), DEV (/dev/sdX) and the sysfs
# directory SDEV.
find_disk()
{
	wait_for 10 "the disk of ${HOST##*/}" has_disk
	DEV=/dev/$DISK
	SDEV=$(readlink -f "/sys/block/$DISK/device")
}

has_disk() { DISK=$(<"$LUN/block_dev") && [ -n "$DISK" ] && [ -b "/dev/$DISK" ]; }

# find_sg: waits for sg to have bound. Sets SG, the node that takes commands for the device SDEV.
find_sg()
{
	need tool sg_raw
	need file /sys/class/scsi_generic CONFIG_CHR_DEV_SG
	wait_for 10 "the sg node of ${SDEV##*/}" has_sg
}

# The directory scsi_generic is there before what is in it.
has_sg()
{
	SG=$(compgen -G "$SDEV/scsi_generic/sg*") && SG=/dev/${SG##*/} && [ -c "$SG" ]
}

# new_store NAME SIZE: a medium that several disks can have, by the name $STORE.
new_store()
{
	load_module
	STORE=t-$1
	mkdir "$RPMFAULT/stores/$STORE" || fail "cannot make the store $STORE"
	put "$2" "$RPMFAULT/stores/$STORE/size" || fail "cannot make $STORE $2 large"
}

# remove_host: takes $HOST down and away; comes back whatever is held.
remove_host()
{
	local dir

	[ -d "$HOST" ] || return 0
	for dir in "$HOST"/faults/*/; do
		[ -d "$dir" ] || continue
		step "rmdir faults/$(basename "$dir")" rmdir "$dir"
	done
	step "disable ${HOST##*/}" put 0 "$HOST/enable"
	for dir in "$HOST"/luns/*/; do
		[ -d "$dir" ] || continue
		step "rmdir luns/$(basename "$dir")" rmdir "$dir"
	done
	step "rmdir ${HOST##*/}" rmdir "$HOST"
}

# add_rule NAME ATTRIBUTE=VALUE...: a fault rule, enabled, in $RULE.
add_rule()
{
	local setting

	RULE=$HOST/faults/$1
	mkdir "$RULE" || fail "cannot make $RULE"
	shift
	for setting in "$@"; do
		put "${setting#*=}" "$RULE/${setting%%=*}" || fail "cannot set $setting"
	done
	put 1 "$RULE/enable" || fail "cannot enable ${RULE##*/}"
}

remove_rule() { step "rmdir of rule $1" rmdir "$HOST/faults/$1"; }

# count_events NAME TRIGGER: a rule that changes nothing but counts: it holds up
# every event for a millisecond.
count_events() { add_rule "$1" "trigger=$2" action=stall stall_ms=1 times=-1; }

fired() { printf '%s' "$(<"$HOST/faults/$1/fired")"; }

# ---- power

rpm_is() { is "$1/power/runtime_status" "$2"; }

wait_suspended() { wait_for 10 "${PARENT##*/} to be suspended" rpm_is "$PARENT" suspended; }

pm_only() { hang_value "/sys/kernel/debug/block/$DISK/pm_only"; }

# What pm_only and others read of the disk that find_disk has found.
need_block_debugfs()
{
	need file "/sys/kernel/debug/block/$DISK/pm_only" 'debugfs with CONFIG_BLK_DEBUG_FS'
}

# expect_usable: the disk is resumed by hand and read, as a user would to check it.
expect_usable()
{
	need_block_debugfs
	step 'resume by hand' put on "$SDEV/power/control"
	expect "$SDEV/power/runtime_status" active
	step 'read after the fault' read_disk
	[ "$(pm_only)" = 0 ] || fail "pm_only is $(pm_only) on an active queue"
}

# ---- I/O, all of it past the page cache

read_disk() { dd if="$DEV" of=/dev/null bs=4k count=1 skip="${1:-0}" iflag=direct status=none; }

# nocreat: of a disk that has just gone dd would make a file, in the place of the next disk.
write_disk()
{
	dd if=/dev/urandom of="$DEV" bs=4k count=1 seek="${1:-0}" oflag=direct conv=nocreat \
		status=none
}

# ---- commands by hand

# ask [OPTION...] DEVICE BYTE...: sends a command with sg_raw; see read_answer.
ask()
{
	returns "sg_raw $*" sg_raw -v "$@"
	read_answer $?
}

# read_answer STATUS: what sg_raw -v has got, by its exit status and $OUTPUT. Sets ANSWER to
# "good", to "conflict" (RESERVATION CONFLICT), or to the sense data of a CHECK CONDITION as
# 05/24/00.
read_answer()
{
	local bytes

	case $1 in
	0) ANSWER=good ;;
	24) ANSWER=conflict ;;
	*)
		[[ $OUTPUT =~ 'Raw sense data'[^$'\n']*$'\n'([0-9a-f ]+) ]] ||
			fail "sg_raw: status $1, $OUTPUT"
		read -ra bytes <<<"${BASH_REMATCH[1]}"
		case ${bytes[0]} in
		70 | f0) ANSWER=0${bytes[2]:1}/${bytes[12]}/${bytes[13]} ;;
		72) ANSWER=0${bytes[1]:1}/${bytes[2]}/${bytes[3]} ;;
		*) fail "sg_raw: sense data ${bytes[*]}" ;;
		esac
		;;
	esac
}

# answers EXPECTED [OPTION...] DEVICE BYTE...: the answer to that command is EXPECTED.
answers()
{
	local expected=$1

	shift
	ask "$@"
	[ "$ANSWER" = "$expected" ] || fail "sg_raw $* is answered $ANSWER instead of $expected"
}

# ---- what the kernel says

# listen [EVENT...]: the kernel log, and these trace events, count from now on.
# shellcheck disable=SC2120 # events are optional
listen()
{
	local event

	LISTENING="rpmfault-listen $EPOCHREALTIME"
	printf '%s\n' "$LISTENING" >/dev/kmsg
	[ $# -gt 0 ] || return 0
	WATCH=/sys/kernel/tracing/instances/rpmfault-scenario
	mkdir -p "$WATCH" 2>/dev/null || skip 'no tracefs'
	# To open the file for anything but appending disables all events.
	: >"$WATCH/set_event"
	for event; do
		printf '%s\n' "$event" >>"$WATCH/set_event" || fail "no trace event $event"
	done
	: >"$WATCH/trace"
}

# in_log REGEX: whether a line of the log matches since listen.
in_log() { dmesg | sed "1,/$LISTENING/d" | grep -Eq "$1"; }

# expect_said REGEX...: each matches a line of the log.
expect_said()
{
	local regex

	for regex; do
		in_log "$regex" || fail "the kernel does not say '$regex': $(dmesg | sed "1,/$LISTENING/d" | tail -n 30)"
	done
}

# expect_silence REGEX...: none of them does.
expect_silence()
{
	local regex

	for regex; do
		! in_log "$regex" || fail "the kernel says '$regex': $(dmesg | sed "1,/$LISTENING/d" | tail -n 30)"
	done
}

# traced REGEX: how many trace events match since listen.
traced() { grep -Ec "$1" "$WATCH/trace"; }

# expect_traced NUMBER REGEX
expect_traced()
{
	local found

	found=$(traced "$2")
	[ "$found" = "$1" ] || fail "'$2' was traced $found times instead of $1: $(grep -v '^#' "$WATCH/trace" | tail -n 30)"
}

# ---- start and end of the scenario

HOSTS=0
HOST=
WATCH=
SLEEPER=
SCRATCH=$(mktemp -d)
start_sleeper

on_exit()
{
	local status=$? dir

	trap - EXIT
	# Nothing can be removed under a hung task, and the machine is discarded anyway.
	[ "$status" = "$HANG" ] && exit "$HANG"
	# What a scenario must undo before its hosts go is in a function of its own.
	! declare -F clean_up >/dev/null || clean_up
	# A step in here ends the program by itself when it hangs.
	! mountpoint -q "$SCRATCH/mnt" || step 'umount' 30 umount "$SCRATCH/mnt"
	for dir in "$RPMFAULT"/t*/; do
		[ -d "$dir" ] || continue
		HOST=${dir%/}
		remove_host
	done
	for dir in "$RPMFAULT"/stores/t-*/; do
		[ -d "$dir" ] || continue
		step "rmdir stores/$(basename "$dir")" rmdir "$dir"
	done
	[ -z "$WATCH" ] || rmdir "$WATCH"
	[ -z "$SLEEPER" ] || kill "$SLEEPER"
	rm -rf "$SCRATCH"
	exit "$status"
}
trap on_exit EXIT
# run.sh stops a scenario with TERM; the default action would skip the clean-up.
trap 'exit "$KSFT_FAIL"' INT TERM
