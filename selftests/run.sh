#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh: runs scenarios on the running kernel and prints KTAP. Needs root, a kernel
# with CONFIG_CONFIGFS_FS, CONFIG_DEBUG_FS and lockdep for a full verdict.
#
#   run.sh [--module FILE] [--kernel NAME] [--traces DIRECTORY] SCENARIO...
#   run.sh --list [GLOB...]
#
# Without --module that is rpmfault.ko beside this program, or what modprobe finds.
#
# A scenario rpm/x is the program rpm/x.sh. Its header says how it is judged:
#
#   # deadline: N                   seconds for the whole of it (60)
#   # fails-on: KERNEL KIND WHY     must fail on --kernel KERNEL, and in that way
#   # machine: ram                  for vm/vm.py: wants a machine that comes back from a real S3
#
# (a kernel other than `fixed` that it does not name has the bugs of `stock`; KIND is `pass` for one
# that has not), and its verdict
# is pass, skip, or fail in one of these ways (KIND):
#
#   fail  it said so; the machine is as clean as before
#   warn  the kernel reported a bug of its own meanwhile: WARNING, lockdep, KASAN...
#   oops  the kernel went on a pointer that is none, or gave up
#   hang  a step or the scenario did not come back
#
# With --traces, DIRECTORY gets the trace of each scenario that ended in one of these ways,
# and of all scenarios if TIMELINE is set in the environment: see timeline/trace.sh.
#
# Exit status: 0 all as expected, 1 something failed, 2 bad usage, 3 the machine is
# dirty (hang, warn, or things left behind): scenarios after it were not run, and it
# must be discarded, for which it prints "# dirty" as its last line.

HERE=$(dirname "$(readlink -f "$0")")
# What is listed, in this order; within one, module/kunit goes first.
SCENARIO_DIRS=(module device rpm link fault eh sleep remove probe pci)
RPMFAULT=/sys/kernel/config/rpmfault
# As in lib.sh.
HANG=124
EXIT_USAGE=2
EXIT_DIRTY=3

# What the kernel prints when it has found a bug in itself.
KERNEL_BUGS='WARNING:|BUG:|kernel BUG at|Oops|general protection fault|KASAN:'
KERNEL_BUGS+='|INFO: (possible|task|rcu)|possible (circular|recursive) locking'
KERNEL_BUGS+='|inconsistent lock state|suspicious RCU usage|bad unlock balance|held lock freed'
KERNEL_BUGS+='|ODEBUG:|list_(add|del) corruption|refcount_t:|unreferenced object'
KERNEL_BUGS+='|soft lockup|hard LOCKUP|rcu.*detected stalls'
# Those after which the task that met them is gone, with all that it holds.
KERNEL_OOPS='Oops|general protection fault|kernel BUG at|Kernel panic'

usage()
{
	printf '%s\n' "$1" >&2
	sed -n '/^#   run.sh/s/^# *//p' "$0" >&2
	exit "$EXIT_USAGE"
}

# list [GLOB...]: the names of all scenarios, or of those that match one of the globs.
list()
{
	local dir file name glob known=()

	for dir in "${SCENARIO_DIRS[@]}"; do
		for file in "$HERE/$dir"/kunit.sh "$HERE/$dir"/*.sh; do
			name=${file##*/}
			name=$dir/${name%.sh}
			if [ -e "$file" ] && [[ " ${known[*]} " != *" $name "* ]]; then
				known+=("$name")
			fi
		done
	done
	for name in "${known[@]}"; do
		[ $# = 0 ] && printf '%s\n' "$name"
		for glob; do
			# shellcheck disable=SC2053 # a pattern is wanted
			if [[ $name == $glob ]]; then
				printf '%s\n' "$name"
				break
			fi
		done
	done
}

# header NAME KEY: what the scenario's header says after "# KEY: ".
header() { sed -n "s/^# $2: //p" "$HERE/$1.sh"; }

say() { printf '# %s\n' "$*"; }

# find_ktap: sets KTAP to the helpers of the kernel's selftests: those that KSELFTEST_DIR names,
# that are beside this directory (in a kernel's tools/testing/selftests, or installed from there),
# or that belong to the running kernel, or to that of the build root.
find_ktap()
{
	local dir

	for dir in "${KSELFTEST_DIR:-}" "$HERE/../kselftest" \
		{"/lib/modules/$(uname -r)/source",/src}/tools/testing/selftests/kselftest; do
		KTAP=$dir/ktap_helpers.sh
		[ ! -r "$KTAP" ] || return 0
	done
	return 1
}

# prepare_machine: what may be missing where no init and no udev has been before.
prepare_machine()
{
	local type

	# The disks of a scenario are not announced to udev, see below.
	modprobe --quiet --use-blacklist --all configfs sd_mod sr_mod sg 2>/dev/null
	for type in configfs:/sys/kernel/config debugfs:/sys/kernel/debug; do
		mountpoint -q "${type#*:}" || mount -t "${type%:*}" nodev "${type#*:}"
	done 2>/dev/null
}

# tell LINE: says it in the trace, too.
tell()
{
	say "$1"
	trace_note says "$1"
}

prefix() { sed 's/^/# /'; }

# run_one NAME LAST: runs a scenario and prints what it says as diagnostics. Sets KIND to
# pass, skip, fail, warn, oops or hang. After the LAST one leaks are looked for.
run_one()
{
	local name=$1 mark deadline status line

	mark="rpmfault-test: ${name//\//.} $EPOCHREALTIME"
	printf '%s\n' "$mark" >/dev/kmsg
	deadline=$(header "$name" deadline)
	deadline=$((${deadline:-60} * TIME_SCALE))

	if follow "$name" "$deadline"; then
		wait "$SCENARIO_PID"
		status=$?
	else
		hang_report "$name did not end in $deadline s" |
			while IFS= read -r line; do
				tell "$line"
			done
		status=$HANG
	fi
	case $status in
	"$KSFT_PASS") KIND=pass ;;
	"$KSFT_SKIP") KIND=skip ;;
	"$KSFT_FAIL") KIND=fail ;;
	"$HANG") KIND=hang ;;
	*)
		KIND=fail
		say "$name ended with status $status"
		;;
	esac
	check_kernel "$mark" "$2"
	[[ $KIND != hang && $KIND != oops ]] || return
	# What a scenario leaves behind would be the next one's trouble.
	if compgen -G "$RPMFAULT/*/enable" >/dev/null; then
		say "$name left a host behind: $(echo "$RPMFAULT"/*/enable)"
		DIRTY=1
	fi
}

# follow NAME DEADLINE: starts a scenario as SCENARIO_PID and passes its output on until
# it ends; false if it does not in time. A task that hangs may keep the pipe open, so the
# end of the scenario itself counts too.
follow()
{
	local line part='' started=$EPOCHSECONDS

	exec {SCENARIO_OUT}< <(exec bash "$HERE/$1.sh" 2>&1)
	SCENARIO_PID=$!
	while :; do
		if IFS= read -rt 1 -u "$SCENARIO_OUT" line; then
			tell "$part$line"
			part=
		elif (($? <= 128)); then
			break
		else
			# Timed out, maybe in the middle of a line.
			part+=$line
			is_running "$SCENARIO_PID" || break
			if ((EPOCHSECONDS - started > $2)); then
				return 1
			fi
		fi
	done
	[ -z "$part$line" ] || tell "$part$line"
	exec {SCENARIO_OUT}<&-
}

# check_kernel MARK LAST: sets KIND to warn or oops if the kernel has found a bug in itself since
# MARK was written to its log. What hangs because a task is gone is an oops, too.
check_kernel()
{
	local log try leaks=/sys/kernel/debug/kmemleak

	if [ -n "$2" ] && [ -w "$leaks" ] && [ "$KIND" != hang ]; then
		# An object counts as leaked when two scans in a row find nothing that points to it.
		echo scan >"$leaks"
		echo scan >"$leaks"
	fi
	printf '%s\n' "$1 end" >/dev/kmsg
	for ((try = 0; try < 200; try++)); do
		log=$(sed "1,/$1/d" "$KERNEL_LOG")
		[[ $log != *"$1 end"* ]] || break
		sleep 0.05
	done
	[[ $log == *"$1 end"* ]] || say 'the kernel log cannot be read, so that reports may be missing'
	if grep -qE "$KERNEL_OOPS" <<<"$log"; then
		KIND=oops
	elif [ "$KIND" = hang ] || ! grep -qE "$KERNEL_BUGS" <<<"$log"; then
		return
	else
		KIND=warn
	fi
	tell 'the kernel reports a bug:'
	# From the first report on, with what led to it.
	grep -E -B5 -A60 -m3 "$KERNEL_BUGS" <<<"$log" | prefix
	[ -z "$2" ] || [ ! -r "$leaks" ] || prefix <"$leaks"
}

# judge NAME: prints the result line for KIND, and sets FAILED and DIRTY.
judge()
{
	local name=$1 expected='' why='' kernel kind reason

	while read -r kernel kind reason; do
		if [ "$kernel" = "$KERNEL" ] ||
			[[ -z $expected && $kernel == stock && $KERNEL != fixed ]]; then
			expected=$kind why=$reason
		fi
	done < <(header "$name" fails-on)

	[[ $KIND != hang && $KIND != warn && $KIND != oops ]] || DIRTY=1
	if [ "$KIND" = skip ]; then
		ktap_test_skip "$name"
	elif [ -z "$expected" ] && [ "$KIND" = pass ]; then
		ktap_test_pass "$name"
	elif [ "$KIND" = "$expected" ]; then
		# ktap_test_xfail() has no place for the reason.
		__ktap_test ok "$name" "XFAIL $KIND: $why"
		KTAP_CNT_XFAIL=$((KTAP_CNT_XFAIL + 1))
	else
		[ -z "$expected" ] || say "expected on $KERNEL: $expected, $why; got: $KIND"
		ktap_test_fail "$name"
		FAILED=1
	fi
}

KERNEL='' MODULE='' TRACES=''
while [ $# -gt 0 ]; do
	case $1 in
	--list) shift; list "$@"; exit ;;
	--module) MODULE=${2:-}; shift 2 || usage '--module needs a file' ;;
	--kernel) KERNEL=${2:-}; shift 2 || usage '--kernel needs a name' ;;
	--traces) TRACES=${2:-}; shift 2 || usage '--traces needs a directory' ;;
	-*) usage "unknown option $1" ;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || usage 'no scenario given'
for name; do
	[ -r "$HERE/$name.sh" ] || usage "no scenario $name: see run.sh --list"
done
[ -n "$MODULE" ] || [ ! -r "$HERE/rpmfault.ko" ] || MODULE=$HERE/rpmfault.ko
[ -z "$MODULE" ] || [ -r "$MODULE" ] || usage "no module $MODULE"
[ -z "$TRACES" ] || [ -d "$TRACES" ] || usage "no directory $TRACES"
[ "$(id -u)" = 0 ] || usage 'scenarios need root'

find_ktap || usage 'no ktap_helpers.sh: set KSELFTEST_DIR to tools/testing/selftests/kselftest of a kernel tree'
# shellcheck disable=SC1090 # in the kernel's tree
. "$KTAP"
# shellcheck source=selftests/hang.sh
. "$HERE/hang.sh"
# shellcheck source=selftests/timeline/trace.sh
. "$HERE/timeline/trace.sh"

prepare_machine

# The machine may have other things to do. KASAN and kmemleak come together (DEBUG=kasan) and make
# everything slower still.
TIME_SCALE=2
[ ! -e /sys/kernel/debug/kmemleak ] || TIME_SCALE=4
export MODULE TIME_SCALE

# The log is followed as it grows: its buffer is small enough to wrap during a scenario.
KERNEL_LOG=$(mktemp)
dmesg --follow >"$KERNEL_LOG" &
trap 'kill %%; rm -f "$KERNEL_LOG"; trace_exit; udevadm control --start-exec-queue 2>/dev/null' EXIT
# udev opens every new disk, and every disk that a writer has closed, to look what is on
# it: I/O that is not the test's. Device nodes come from devtmpfs.
udevadm settle --timeout=10 2>/dev/null
udevadm control --stop-exec-queue 2>/dev/null

FAILED='' DIRTY=''
ktap_print_header
ktap_set_plan $#
trace_init
while [ $# -gt 0 ]; do
	LAST=
	[ $# -gt 1 ] || LAST=1
	trace_begin "$1"
	run_one "$1" "$LAST"
	trace_end "$1" "$KIND"
	judge "$1"
	shift
	if [ -n "$DIRTY" ]; then
		say dirty
		exit "$EXIT_DIRTY"
	fi
done
ktap_print_totals
[ -z "$FAILED" ]
