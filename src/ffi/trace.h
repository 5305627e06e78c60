/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The trace events, in /sys/kernel/tracing/events/rpmfault. Each is one pointer to
 * what helpers.h declares: BPF takes twelve arguments at most, and text is two.
 * All print as key=value.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rpmfault

#if !defined(RPMFAULT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define RPMFAULT_TRACE_H

#include <linux/tracepoint.h>

#include "helpers.h"

/* A rule acts. opcode is -1 for what is no command; seq is that of the events log. */
TRACE_EVENT(rule_fire,

	TP_PROTO(const struct rpmfault_rule_fire *event),

	TP_ARGS(event),

	TP_STRUCT__entry(
		__string_len(host, event->host.at, event->host.len)
		__field(int, host_no)
		__string_len(rule, event->rule.at, event->rule.len)
		__string_len(trigger, event->trigger.at, event->trigger.len)
		__string_len(action, event->action.at, event->action.len)
		__string_len(lun, event->lun.at, event->lun.len)
		__field(int, opcode)
		__field(u64, seq)
	),

	TP_fast_assign(
		__assign_str(host);
		__entry->host_no = event->host_no;
		__assign_str(rule);
		__assign_str(trigger);
		__assign_str(action);
		__assign_str(lun);
		__entry->opcode = event->opcode;
		__entry->seq = event->seq;
	),

	TP_printk("host=%s host_no=%d rule=%s trigger=%s action=%s lun=%s opcode=%d seq=%llu",
		  __get_str(host), __entry->host_no, __get_str(rule),
		  __get_str(trigger), __get_str(action), __get_str(lun),
		  __entry->opcode, __entry->seq)
);

/* A rule holds a command, or a callback if there is no cdb. */
TRACE_EVENT(park,

	TP_PROTO(const struct rpmfault_park *event),

	TP_ARGS(event),

	TP_STRUCT__entry(
		__string_len(host, event->host.at, event->host.len)
		__field(int, host_no)
		__string_len(rule, event->rule.at, event->rule.len)
		__string_len(trigger, event->trigger.at, event->trigger.len)
		__string_len(lun, event->lun.at, event->lun.len)
		__string_len(cdb, event->cdb.at, event->cdb.len)
	),

	TP_fast_assign(
		__assign_str(host);
		__entry->host_no = event->host_no;
		__assign_str(rule);
		__assign_str(trigger);
		__assign_str(lun);
		__assign_str(cdb);
	),

	TP_printk("host=%s host_no=%d rule=%s trigger=%s lun=%s cdb=%s",
		  __get_str(host), __entry->host_no, __get_str(rule),
		  __get_str(trigger), __get_str(lun), __get_str(cdb))
);

/* What was held goes on. */
TRACE_EVENT(release,

	TP_PROTO(const struct rpmfault_release *event),

	TP_ARGS(event),

	TP_STRUCT__entry(
		__string_len(host, event->host.at, event->host.len)
		__field(int, host_no)
		__string_len(rule, event->rule.at, event->rule.len)
		__string_len(trigger, event->trigger.at, event->trigger.len)
		__string_len(lun, event->lun.at, event->lun.len)
		__string_len(cdb, event->cdb.at, event->cdb.len)
		__field(u64, held_ms)
		__string_len(why, event->why.at, event->why.len)
	),

	TP_fast_assign(
		__assign_str(host);
		__entry->host_no = event->host_no;
		__assign_str(rule);
		__assign_str(trigger);
		__assign_str(lun);
		__assign_str(cdb);
		__entry->held_ms = event->held_ms;
		__assign_str(why);
	),

	TP_printk("host=%s host_no=%d rule=%s trigger=%s lun=%s cdb=%s held_ms=%llu why=%s",
		  __get_str(host), __entry->host_no, __get_str(rule),
		  __get_str(trigger), __get_str(lun), __get_str(cdb),
		  __entry->held_ms, __get_str(why))
);

/* The link changes. */
TRACE_EVENT(link,

	TP_PROTO(const struct rpmfault_link *event),

	TP_ARGS(event),

	TP_STRUCT__entry(
		__string_len(host, event->host.at, event->host.len)
		__field(int, host_no)
		__string_len(from, event->from.at, event->from.len)
		__string_len(to, event->to.at, event->to.len)
		__string_len(mode, event->mode.at, event->mode.len)
		__string_len(why, event->why.at, event->why.len)
	),

	TP_fast_assign(
		__assign_str(host);
		__entry->host_no = event->host_no;
		__assign_str(from);
		__assign_str(to);
		__assign_str(mode);
		__assign_str(why);
	),

	TP_printk("host=%s host_no=%d from=%s to=%s mode=%s why=%s",
		  __get_str(host), __entry->host_no, __get_str(from),
		  __get_str(to), __get_str(mode), __get_str(why))
);

/* A power callback of the host's device begins ... */
TRACE_EVENT(pm_enter,

	TP_PROTO(const struct rpmfault_pm_enter *event),

	TP_ARGS(event),

	TP_STRUCT__entry(
		__string_len(host, event->host.at, event->host.len)
		__field(int, host_no)
		__string_len(callback, event->callback.at, event->callback.len)
	),

	TP_fast_assign(
		__assign_str(host);
		__entry->host_no = event->host_no;
		__assign_str(callback);
	),

	TP_printk("host=%s host_no=%d callback=%s",
		  __get_str(host), __entry->host_no, __get_str(callback))
);

/* ... and is over, with 0 or a negative errno. */
TRACE_EVENT(pm_exit,

	TP_PROTO(const struct rpmfault_pm_exit *event),

	TP_ARGS(event),

	TP_STRUCT__entry(
		__string_len(host, event->host.at, event->host.len)
		__field(int, host_no)
		__string_len(callback, event->callback.at, event->callback.len)
		__field(int, result)
		__field(u64, duration_us)
	),

	TP_fast_assign(
		__assign_str(host);
		__entry->host_no = event->host_no;
		__assign_str(callback);
		__entry->result = event->result;
		__entry->duration_us = event->duration_us;
	),

	TP_printk("host=%s host_no=%d callback=%s result=%d duration_us=%llu",
		  __get_str(host), __entry->host_no, __get_str(callback),
		  __entry->result, __entry->duration_us)
);

/* The mid layer sends a command to a host that it has suspended. */
TRACE_EVENT(io_while_suspended,

	TP_PROTO(const struct rpmfault_io_while_suspended *event),

	TP_ARGS(event),

	TP_STRUCT__entry(
		__string_len(host, event->host.at, event->host.len)
		__field(int, host_no)
		__string_len(lun, event->lun.at, event->lun.len)
		__string_len(submitter, event->submitter.at, event->submitter.len)
		__string_len(cdb, event->cdb.at, event->cdb.len)
		__string_len(state, event->state.at, event->state.len)
		__string_len(reaction, event->reaction.at, event->reaction.len)
	),

	TP_fast_assign(
		__assign_str(host);
		__entry->host_no = event->host_no;
		__assign_str(lun);
		__assign_str(submitter);
		__assign_str(cdb);
		__assign_str(state);
		__assign_str(reaction);
	),

	TP_printk("host=%s host_no=%d lun=%s submitter=%s cdb=%s state=%s reaction=%s",
		  __get_str(host), __entry->host_no, __get_str(lun),
		  __get_str(submitter), __get_str(cdb), __get_str(state),
		  __get_str(reaction))
);

#endif /* RPMFAULT_TRACE_H */

/* Outside of the guard, as define_trace.h reads this file again. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
