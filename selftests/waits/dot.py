# SPDX-License-Identifier: GPL-2.0
"""A Graph for graphviz, for those who have it."""

import text
from model import Resource


def quote(string):
    """A string of the DOT language, with its line ends."""
    return '"' + string.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def render(graph):
    """Returns the DOT source."""
    names, out = {}, []
    nodes = dict.fromkeys([*graph.waits, *graph.resources, *(edge.target for edge in graph.edges)])
    for number, node in enumerate(nodes):
        names[node] = f"n{number}"
        red = ", color=red" if graph.in_cycle(node) else ""
        if isinstance(node, Resource):
            label = "\n".join(filter(None, (node.name, node.state)))
            out.append(f"\t{names[node]} [shape=ellipse, label={quote(label)}{red}];")
        else:
            task = graph.report.tasks[node]
            label = "\n".join([str(task), *text.path(task)])
            out.append(f"\t{names[node]} [shape=box, label={quote(label)}{red}];")
    for edge in graph.edges:
        what = edge.why
        red = ", color=red" if graph.closes_cycle(edge) else ""
        style = "" if isinstance(edge.target, Resource) else ", style=dashed"
        out.append(f"\t{names[edge.source]} -> {names[edge.target]} [label={quote(what)}{red}{style}];")
    return 'digraph waits {\n\tnode [fontname="DejaVu Sans"];\n' + "\n".join(out) + "\n}\n"
