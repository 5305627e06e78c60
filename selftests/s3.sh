# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# s3.sh: the verbs of the scenarios sleep/s3_*, on top of sleep.sh.
#
# The machine is really switched off, all but its memory: when it comes back, no device is as its
# driver left it. Who runs the machine wakes it at once (vm/monitor.py), or else its clock does.

# shellcheck source=selftests/sleep.sh
. "$(dirname "${BASH_SOURCE[0]}")/sleep.sh"

MEM_SLEEP=/sys/power/mem_sleep
ALARM=/sys/class/rtc/rtc0/wakealarm
# Until it goes off: enough for a busy emulated machine to fall asleep.
ALARM_SECONDS=30

# may_lose_power: as may_sleep, for S3.
may_lose_power()
{
	! grep -q ' / 9p ' /proc/mounts || skip 'a root on 9p is lost in S3'
	grep -qw deep "$MEM_SLEEP" 2>/dev/null || skip 'the machine has no S3'
	[ -w "$ALARM" ] || skip "nothing would wake the machine: no $ALARM"
	may_sleep
}

# slept_s3: the machine goes to S3, and comes back.
slept_s3()
{
	local slept state

	slept=$(<"$SUSPEND_STATS/success")
	state=$(<"$MEM_SLEEP")
	state=${state#*\[}
	put deep "$MEM_SLEEP" || fail 'cannot choose S3'
	put 0 "$ALARM"
	put "+$((ALARM_SECONDS * TIME_SCALE))" "$ALARM" || fail 'cannot set the alarm'
	slept mem none
	put 0 "$ALARM"
	put "${state%\]*}" "$MEM_SLEEP"
	expect "$SUSPEND_STATS/success" $((slept + 1))
}
