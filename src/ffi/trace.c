// SPDX-License-Identifier: GPL-2.0
/*
 * See trace.h. An event that nobody has enabled costs the call and a branch that is
 * patched in: the fields are copied behind it.
 */

#include "helpers.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

void rpmfault_trace_rule_fire(const struct rpmfault_rule_fire *event)
{
	trace_rule_fire(event);
}

void rpmfault_trace_park(const struct rpmfault_park *event)
{
	trace_park(event);
}

void rpmfault_trace_release(const struct rpmfault_release *event)
{
	trace_release(event);
}

void rpmfault_trace_link(const struct rpmfault_link *event)
{
	trace_link(event);
}

void rpmfault_trace_pm_enter(const struct rpmfault_pm_enter *event)
{
	trace_pm_enter(event);
}

void rpmfault_trace_pm_exit(const struct rpmfault_pm_exit *event)
{
	trace_pm_exit(event);
}

void rpmfault_trace_io_while_suspended(const struct rpmfault_io_while_suspended *event)
{
	trace_io_while_suspended(event);
}
