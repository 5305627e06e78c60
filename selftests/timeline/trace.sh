# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# trace.sh: records the trace events of each scenario, for timeline.py.
#
# Sourced by run.sh. With a directory in TRACES, a tracefs instance of its own records while
# a scenario runs; the trace of one that fails, warns or hangs, or that passes where it should
# not (of each one, if TIMELINE is set) is left there. A kernel without tracefs has none, and nothing else changes.

TRACEFS=/sys/kernel/tracing
TRACE_EVENTS=(
	'rpm:*'
	power:device_pm_callback_start power:device_pm_callback_end power:suspend_resume
	'scsi:*'
	block:block_rq_issue block:block_rq_requeue block:block_rq_merge block:block_rq_complete
	block:block_io_start block:block_io_done
)
# For each CPU. The oldest events give way.
TRACE_KIB=2048
# What is in the buffers must come out in this time.
TRACE_SECONDS=60
# Where notes go; for lib.sh, too.
export TRACE_MARKER=

# Makes the instance.
trace_init()
{
	local event

	[ -n "$TRACES" ] || return 0
	[ -d "$TRACEFS/instances" ] || mount -t tracefs nodev "$TRACEFS" 2>/dev/null
	TRACE=$TRACEFS/instances/rpmfault-test
	if ! mkdir -p "$TRACE" 2>/dev/null; then
		say 'no tracefs: there will be no timelines'
		return 0
	fi
	TRACE_MARKER=$TRACE/trace_marker
	printf '%s\n' "$TRACE_KIB" >"$TRACE/buffer_size_kb"
	# The time that the machine sleeps counts, too.
	printf 'boot\n' >"$TRACE/trace_clock"
	for event in "${TRACE_EVENTS[@]}"; do
		# To open the file for anything but appending disables all events.
		{ printf '%s\n' "$event" >>"$TRACE/set_event"; } 2>/dev/null ||
			say "no trace events $event"
	done
}

# trace_note WORD TEXT: a line of the trace that reader.py understands.
trace_note()
{
	[ -z "$TRACE_MARKER" ] || printf 'rpmfault-test: %s\n' "$*" >"$TRACE_MARKER"
}

# trace_begin NAME: empties the trace for a scenario.
trace_begin()
{
	[ -n "$TRACE_MARKER" ] || return 0
	# Takes effect when the module is loaded, once; a module may have no events.
	{ printf ':mod:rpmfault\n' >>"$TRACE/set_event"; } 2>/dev/null
	: >"$TRACE/trace"
	trace_note start "$1${KERNEL:+ on $KERNEL}"
}

# trace_end NAME KIND: leaves the trace in $TRACES if somebody will want to see it.
trace_end()
{
	[ -n "$TRACE_MARKER" ] || return 0
	trace_note verdict "$2"
	# To pass is not what is expected where there is a "fails-on".
	[[ -n ${TIMELINE:-} || $2 == fail || $2 == warn || $2 == hang ]] ||
		header "$1" fails-on | grep -q "^${KERNEL:-none} " || return 0
	printf '0\n' >"$TRACE/tracing_on"
	timeout "$TRACE_SECONDS" cat "$TRACE/trace" >"$TRACES/${1//\//.}.trace" ||
		say "the trace of $1 is not complete"
	printf '1\n' >"$TRACE/tracing_on"
}

# Takes the instance away.
trace_exit() { [ -z "$TRACE_MARKER" ] || rmdir "$TRACE" 2>/dev/null; }
