# SPDX-License-Identifier: GPL-2.0
"""A Graph in words: the cycles first, then who waits outside of them, then what is missing."""

from model import Resource

# Functions of a stack that say how the task came there.
PATH_MAX = 6
# What somebody would have to do with a resource.
ENDS = {"queue": "open", "command": "complete", "work": "run", "rule": "make", "lock": "hold"}


def path(task):
    """The telling part of a task's stack, shortened."""
    return task.path[:PATH_MAX] + (["..."] if len(task.path) > PATH_MAX else [])


def name(graph, node):
    """A task or a resource by its short name."""
    return node.name if isinstance(node, Resource) else str(graph.report.tasks[node])


def sentence(graph, pid):
    """What a task has, does, and waits for."""
    does = list(dict.fromkeys(edge.why for edge in graph.edges if edge.target == pid))
    if pid in graph.waits:
        resource = graph.waits[pid]
        does.append(f"waits for {resource.name}" + (f", {resource.state}" if resource.state else ""))
    else:
        does.append("does not wait for anything known here")
    return f"{graph.report.tasks[pid]} {' and '.join(does)}"


def outlook(graph, resource):
    """Who could end the waiting for a resource, unless that was said already."""
    edges = graph.holders(resource)
    if edges and resource.key[0] != "queue" and not resource.more:
        return ""
    who = "; ".join(f"{name(graph, edge.target)} {edge.why}" for edge in edges)
    if resource.key[0] == "queue" and edges and not any("resuming" in edge.why for edge in edges):
        who += "; nobody is known to resume it"
    more = f" ({resource.more})" if resource.more else ""
    nobody = f"nobody is known to {ENDS.get(resource.key[0], 'end')} it"
    return f"{resource.name}: {who or nobody}{more}"


def explain(graph):
    """Returns the lines that say who waits for whom."""
    report = graph.report
    out, todo = [], [edge.target for edge in graph.edges if not isinstance(edge.target, Resource)]
    todo = dict.fromkeys([*graph.waits, *todo])

    def tell(pid):
        if pid in todo:
            del todo[pid]
            out.extend((f"  {sentence(graph, pid)}", f"    in {' <- '.join(path(report.tasks[pid]))}"))

    for cycle in graph.cycles:
        out.append(f"a cycle: {' -> '.join(name(graph, node) for node in [*cycle, cycle[0]])}")
        for node in cycle:
            tell(node)
    if not graph.cycles:
        out.append("no cycle is closed:")
    elif todo:
        out.append("not in a cycle:")
    for pid in list(todo):
        tell(pid)
    out.extend(f"  {line}" for line in filter(None, (outlook(graph, resource) for resource in graph.resources)))
    return out
