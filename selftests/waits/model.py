# SPDX-License-Identifier: GPL-2.0
"""What a report says of a machine that hangs, and the graph of who waits for whom."""

import dataclasses
import re

# What is at the outer end of every stack.
ENTRY = (
    "entry_SYSCALL", "do_syscall", "__x64_sys", "__se_sys", "__do_sys", "ksys_", "vfs_", "kernfs_fop", "new_sync",
    "ret_from_fork", "kthread", "worker_thread", "process_scheduled_works", "process_one_work",
)  # fmt: skip
# What is at the inner end of it if the kernel has printed it; procfs leaves that out.
SCHEDULER = (
    "__schedule", "schedule", "io_schedule", "__mutex_lock", "mutex_lock", "rwsem_down", "down_", "wait_for_completion",
    "__wait_for", "do_wait_for",
)  # fmt: skip
# The crate of the module in the name that the compiler has made of that of a function, and what
# such a name is made of: references to what is further left, numbers of impls, and words with their
# length in front.
CRATE = re.compile(r"\d+rpmfault_main(.*)")
MANGLED = re.compile(r"[Bs][0-9A-Za-z]*_|(?P<length>[1-9]\d*)_?|.")


def demangled(function):
    """The last two words of the name of a function of the module, which is in Rust; others as they are."""
    found = CRATE.search(function)
    if not found:
        return function
    words, rest = [], found[1]
    while part := MANGLED.match(rest):
        rest = rest[part.end() :]
        if part["length"]:
            words.append(rest[: int(part["length"])])
            rest = rest[int(part["length"]) :]
    return "::".join(["rpmfault", *words[-2:]])


@dataclasses.dataclass(frozen=True)
class Lock:
    """A lock that lockdep counts as held; the last one of a task may be what it waits for."""

    instance: str
    name: str
    where: str  # function+offset/size


@dataclasses.dataclass
class Task:
    """A task of the report."""

    pid: int
    comm: str
    # Blocked tasks wait for something; others, that are told of as well, may.
    blocked: bool = False
    parent: int = 0
    step: str = ""
    workqueue: str = ""
    words: str = ""
    stack: list[str] = dataclasses.field(default_factory=list)  # the innermost frame first
    files: list[str] = dataclasses.field(default_factory=list)
    locks: list[Lock] = dataclasses.field(default_factory=list)

    @property
    def functions(self):
        """The stack without offsets."""
        return [demangled(frame.partition("+")[0]) for frame in self.stack]

    @property
    def path(self):
        """The telling part of the stack: neither how one sleeps nor how one enters the kernel."""
        names = self.functions
        while len(names) > 1 and names[0].startswith(SCHEDULER):
            names.pop(0)
        return [name for name in names if not name.startswith(ENTRY)] or names

    def __str__(self):
        # In procfs a worker has its workqueue in its name.
        queue = f"+{self.workqueue.split()[0]}" if self.workqueue and "+" not in self.comm else ""
        if not self.step:
            return f"{self.comm}{queue} (pid {self.pid})"
        by = "" if self.comm in ("bash", "sh") else f"{self.comm}, "
        return f"{self.step} ({by}pid {self.pid})"


@dataclasses.dataclass
class Disk:
    """A disk and its queue."""

    name: str
    sdev: str = ""
    pm_only: str = ""
    flags: list[str] = dataclasses.field(default_factory=list)
    busy: list[str] = dataclasses.field(default_factory=list)

    @property
    def host(self):
        """The number of its host."""
        return self.sdev.partition(":")[0]


@dataclasses.dataclass
class Report:
    """All that is known."""

    reason: str = ""
    tasks: dict[int, Task] = dataclasses.field(default_factory=dict)
    disks: dict[str, Disk] = dataclasses.field(default_factory=dict)
    devices: dict[str, str] = dataclasses.field(default_factory=dict)  # runtime status
    states: dict[str, str] = dataclasses.field(default_factory=dict)  # of hosts and LUs
    parents: dict[str, str] = dataclasses.field(default_factory=dict)  # adapter of a host
    owners: dict[int, int] = dataclasses.field(default_factory=dict)  # who waits, and who has it
    parked: list[tuple[str, ...]] = dataclasses.field(default_factory=list)  # host, rule, trigger, LU, CDB


@dataclasses.dataclass(frozen=True)
class Resource:
    """Something that is waited for. Two of the same key are one."""

    key: tuple
    name: str = dataclasses.field(compare=False)
    # What is to be known of it, in short, and what else may help.
    state: str = dataclasses.field(default="", compare=False)
    more: str = dataclasses.field(default="", compare=False)


@dataclasses.dataclass(frozen=True)
class Edge:
    """A task waits for a resource, or a resource for a task; each is a pid or a Resource.

    `why` is what the task does: "waits for", "holds device_lock(6:0:0:0)".
    """

    source: int | Resource
    target: int | Resource
    why: str = dataclasses.field(default="", compare=False)


@dataclasses.dataclass
class Graph:
    """Tasks and resources, and the cycles that they wait in."""

    report: Report
    edges: list[Edge] = dataclasses.field(default_factory=list)
    cycles: list[list[int | Resource]] = dataclasses.field(default_factory=list)
    waits: dict[int, Resource] = dataclasses.field(default_factory=dict)

    @property
    def resources(self):
        """Those that are waited for."""
        return list(dict.fromkeys(self.waits.values()))

    def holders(self, resource):
        """The edges from a resource to who can give it."""
        return [edge for edge in self.edges if edge.source == resource]

    def in_cycle(self, node):
        """Tells whether a task or a resource is part of a cycle."""
        return any(node in cycle for cycle in self.cycles)

    def closes_cycle(self, edge):
        """Tells whether an edge is part of a cycle."""
        return any((edge.source, edge.target) in zip(cycle, cycle[1:] + cycle[:1]) for cycle in self.cycles)
