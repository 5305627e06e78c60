# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# sleep.sh: the verbs of the scenarios in sleep/, on top of lib.sh.
#
# No machine is really switched off: the kernel's own tests (/sys/power/pm_test) and what talks to
# /dev/snapshot take all devices through the callbacks of system sleep, and back.

# shellcheck source=selftests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SLEEP_TRACE=/sys/kernel/tracing/instances/t-sleep
# shellcheck disable=SC2034 # for the scenario
SUSPEND_STATS=/sys/power/suspend_stats
# A transition of all devices, on a busy emulated machine.
SLEEP_SECONDS=60
MADE_IMAGE=

# may_sleep: skips on a machine that would not come back. Follows load_module, for its events.
may_sleep()
{
	local delay event

	need file /sys/power/pm_test CONFIG_PM_DEBUG
	if grep -q ' / 9p ' /proc/mounts && [ ! -d /sys/module/stay_up ]; then
		[ -r "${STAY_UP:-}" ] || skip 'a root on 9p does not come back: STAY_UP=stay_up.ko'
		step 'insmod stay_up' insmod "$STAY_UP"
	fi
	for delay in /sys/module/{suspend,hibernate}/parameters/pm_test_delay; do
		put 0 "$delay" || fail "cannot set $delay"
	done
	mkdir "$SLEEP_TRACE" || fail 'no instance of tracefs'
	# The time that the machine sleeps counts, too.
	put boot "$SLEEP_TRACE/trace_clock"
	for event in power/device_pm_callback_start power/device_pm_callback_end rpmfault; do
		put 1 "$SLEEP_TRACE/events/$event/enable" || fail "no event $event"
	done
}

# Called by lib.sh before the hosts are removed.
clean_up()
{
	# The kernel remembers that it has made an image: its next test of hibernation writes one that it has
	# not made, which fails without a swap area, and then it has forgotten.
	[ -z "$MADE_IMAGE" ] || sleeps disk devices
	[ ! -w /sys/power/pm_test ] || put none /sys/power/pm_test
	[ ! -d "$SLEEP_TRACE" ] || rmdir "$SLEEP_TRACE"
}

# sleeps STATE LEVEL: goes to STATE (mem, freeze or disk) as far as LEVEL of pm_test, and comes
# back. The status is that of the write, and $OUTPUT what was wrong.
sleeps()
{
	: >"$SLEEP_TRACE/trace"
	put "$2" /sys/power/pm_test || fail "no level $2 of pm_test"
	returns "sleep $1 $2" "$SLEEP_SECONDS" put "$1" /sys/power/state
}

# slept STATE LEVEL: likewise, and it must succeed.
slept() { sleeps "$@" || fail "sleep $*: $OUTPUT"; }

# snapshot [WHAT [FILE]]: makes an image for hibernation, as a program in user space does, and forgets
# it. While kernel threads are still frozen it does WHAT:
#
#   power_off        has the platform switch the machine off, which a rule must prevent
#   write, read      4096 bytes of the disk FILE
#   sample           leaves an image of one page in FILE, which the kernel would take for its own
#
# The status is 0 or an errno, as it is not if what is prevented fails.
snapshot()
{
	MADE_IMAGE=1
	: >"$SLEEP_TRACE/trace"
	need tool perl
	put none /sys/power/pm_test
	# The numbers are SNAPSHOT_{FREEZE,CREATE_IMAGE,PLATFORM_SUPPORT,POWER_OFF,UNFREEZE}, and image_pages,
	# pages and size of struct swsusp_info, which is followed by the numbers of the pages.
	# shellcheck disable=SC2016 # Perl's variables
	returns "snapshot $*" "$SLEEP_SECONDS" perl -MIO::Handle -e '
		my ($what, $file) = (@ARGV, "", "");
		open my $snapshot, "<", "/dev/snapshot" or exit $!;
		my %mode = (read => "<", write => "+<", sample => ">");
		open my $disk, $mode{$what}, $file or exit $! if $file;
		ioctl $snapshot, 0x3301, 0 or exit $!;
		my $ok = ioctl $snapshot, 0x40043311, my $made = pack "i", 0;
		if ($ok && $what eq "power_off") {
			ioctl $snapshot, 0x330f, 1;
			$ok = ioctl $snapshot, 0x3310, 0;
		} elsif ($ok && $what eq "write") {
			$ok = syswrite($disk, pack "a4096", "image") && $disk->sync;
		} elsif ($ok && $what eq "read") {
			$ok = sysread $disk, my $data, 4096;
		} elsif ($ok && $what eq "sample") {
			$ok = sysread($snapshot, my $header, 4096) && sysread($snapshot, my $pages, 4096);
			substr($header, 416, 24) = pack "Q3", 1, 3, 3 << 12;
			$pages = pack "Q512", unpack("Q", $pages) & ~(1 << 63), (~0) x 511;
			syswrite $disk, pack "a4096a4096a4096", $header, $pages, "";
		}
		my $result = $ok ? 0 : 0 + $!;
		ioctl $snapshot, 0x3302, 0;
		exit $result;' "$@"
}

# restores FILE: has the kernel restore the image in FILE, as a program in user space does. It does not
# come back from that: a rule must prevent it. The status is an errno.
restores()
{
	: >"$SLEEP_TRACE/trace"
	put none /sys/power/pm_test
	# The numbers are SNAPSHOT_{FREEZE,ATOMIC_RESTORE,UNFREEZE}.
	# shellcheck disable=SC2016 # Perl's variables
	returns "restore $1" "$SLEEP_SECONDS" perl -e '
		open my $image, "<", $ARGV[0] or exit $!;
		open my $snapshot, ">", "/dev/snapshot" or exit $!;
		while (sysread $image, my $page, 4096) {
			syswrite $snapshot, $page or exit $!;
		}
		ioctl $snapshot, 0x3301, 0 or exit $!;
		my $result = ioctl($snapshot, 0x3304, 0) ? 0 : 0 + $!;
		ioctl $snapshot, 0x3302, 0;
		exit $result;' "$1"
}

# By disk: how many commands it had had when polls began to wait.
declare -A POLLED=()

# polls_of DISK MILLISECONDS: the kernel asks it so often for a new medium; never, if 0.
polls_of()
{
	put "$2" "/sys/block/$1/events_poll_msecs" || fail "no polling of $1"
	POLLED[$1]=0
	(($2)) || unset "POLLED[$1]"
}

# polls WHEN: waits until each disk of polls_of has been asked.
polls()
{
	local disk

	for disk in "${!POLLED[@]}"; do
		POLLED[$disk]=$(commands_of "$disk")
	done
	for disk in "${!POLLED[@]}"; do
		wait_for 10 "polling of $disk $1" polled "$disk"
	done
}

commands_of() { printf %d "$(<"/sys/block/$1/device/iorequest_cnt")"; }

polled() { (($(commands_of "$1") >= POLLED[$1] + 3)); }

# read_callbacks: sets CALLBACKS to the callbacks of the parent of $HOST in the last transition, in
# their order, as CALLBACK[EVENT] or CALLBACK[EVENT]=ERROR. What the PM core says it has called, and
# got, must be what the module says it was asked, and answered.
read_callbacks()
{
	CALLBACKS=$(awk -v device=" ${PARENT##*/}, " -v host="host=${HOST##*/} " '
		index($0, "device_pm_callback_start: ") && index($0, device) {
			event = $0
			sub(/.*\[/, "[", event)
			called = ""
		}
		index($0, " pm_enter: ") && index($0, host) {
			called = $0
			sub(/.*callback=/, "", called)
		}
		index($0, " pm_exit: ") && index($0, host) {
			split($0, result, /(callback|result|duration_us)=/)
			sub(/ *$/, "", result[2])
			if (result[2] != called)
				printf "%s-not-%s ", result[2], called
			answer = result[3] + 0
		}
		index($0, "device_pm_callback_end: ") && index($0, device) && called != "" {
			error = $0
			sub(/.*err=/, "", error)
			printf "%s%s%s ", called, event, error + 0 ? "=" error : ""
			if (answer != error + 0 && called != "pm_complete")
				printf "but-%s ", answer
			called = ""
		}' "$SLEEP_TRACE/trace")
	CALLBACKS=${CALLBACKS% }
}

# met EXPECTED: the last transition was met in this way.
met()
{
	read_callbacks
	[ "$CALLBACKS" = "$1" ] || fail "the callbacks were '$CALLBACKS' instead of '$1'"
}

# took CALLBACK: sets TOOK to the milliseconds between which the PM core called, and was back from, the
# callback that the module calls so, in the last transition.
took()
{
	TOOK=$(awk -v device=" ${PARENT##*/}, " -v callback="callback=$1" '
		function clock(line) { return match(line, / [0-9]+\.[0-9]+:/) ? substr(line, RSTART) + 0 : 0 }
		index($0, "device_pm_callback_start: ") && index($0, device) { begun = clock($0) }
		index($0, " pm_enter: ") { called = $NF == callback }
		index($0, "device_pm_callback_end: ") && index($0, device) {
			if (called)
				printf "%d", (clock($0) - begun) * 1000
			called = 0
		}' "$SLEEP_TRACE/trace")
	[ -n "$TOOK" ] || fail "$1 was not called"
}
