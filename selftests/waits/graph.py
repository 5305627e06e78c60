# SPDX-License-Identifier: GPL-2.0
"""Finds out who waits for whom, and the cycles in that.

What a task waits for is told, in this order, by lockdep (its last lock, if the task is still
where it took that), by the kernel's detector of hung tasks, and by the functions on its
stack, for which there is the table below. Functions are matched by name, so that any kernel
will do.
"""

import re

from model import Edge, Graph, Resource

# What a function waits for. The innermost function of a stack that is in here counts, and so
# functions that wait for anything (schedule_timeout(), wait_for_completion()) are not.
WAITS = {
    "queue": "blk_queue_enter __bio_queue_enter bio_queue_enter",
    "freeze": "blk_mq_freeze_queue_wait blk_mq_freeze_queue_wait_timeout",
    "tag": "blk_mq_get_tag rq_qos_wait",
    "command": "blk_execute_rq submit_bio_wait bio_await blkdev_direct_IO __blkdev_direct_IO_simple "
    "iomap_dio_rw __iomap_dio_rw folio_wait_bit_common folio_wait_writeback __wait_on_buffer "
    "bit_wait_io scsi_send_eh_cmnd wb_wait_for_completion sg_read",
    "recovery": "scsi_block_when_processing_errors",
    "tagset": "scsi_remove_host",
    "transition": "rpm_resume rpm_suspend __pm_runtime_barrier",
    "work": "__flush_work __cancel_work_sync cancel_work_sync cancel_delayed_work_sync flush_work "
    "__flush_workqueue drain_workqueue",
    "async": "async_synchronize_cookie_domain async_synchronize_full dpm_wait dpm_wait_for_superior "
    "dpm_wait_for_subordinate",
    "scan": "scsi_complete_async_scans",
    "config": "pci_wait_cfg",
    "grace": "synchronize_rcu synchronize_srcu __synchronize_srcu wait_rcu_gp __wait_rcu_gp",
    "lock": "mutex_lock mutex_lock_nested __mutex_lock mutex_lock_killable mutex_lock_interruptible "
    "rwsem_down_read_slowpath rwsem_down_write_slowpath down_read down_write down kernfs_drain "
    "percpu_down_write __percpu_down_read "
    # The stack in procfs leaves the functions above out.
    "device_del __device_driver_lock device_release_driver_internal __device_attach __driver_attach "
    "scsi_rescan_device device_resume device_suspend pci_dev_lock",
    "child": "do_wait",
    "frozen": "__refrigerator",
}
KIND = {function: kind for kind, functions in WAITS.items() for function in functions.split()}

# Who is at it.
REMOVES = set(
    "__scsi_remove_device scsi_remove_device sdev_store_delete scsi_forget_host __scsi_remove_target "
    "scsi_remove_target scsi_remove_host del_gendisk __del_gendisk sd_remove sr_remove".split()
)
RESUMES_RUNTIME = {"rpm_resume"}
RESUMES_SYSTEM = {"device_resume"}
WAKES = "is resuming a device after system sleep"
# A device, and all of them.
SLEEPS_DEVICE = set("device_resume device_suspend async_resume async_suspend async_run_entry_fn".split())
SLEEPS_SYSTEM = set(
    "dpm_prepare dpm_suspend dpm_resume dpm_resume_end pm_suspend enter_state suspend_devices_and_enter "
    "hibernate hibernation_snapshot".split()
)
CALLS_BACK = {"rpm_callback", "__rpm_callback"}
RECOVERS = {"scsi_error_handler"}
# What runs when this is waited for; without an entry it may be any worker that hangs.
WORKS = {
    "disk_block_events": "disk_check_events",
    "disk_del_events": "disk_check_events",
    "disk_flush_events": "disk_check_events",
    "ata_port_suspend": "ata_scsi_dev_rescan",
    "__pm_runtime_barrier": "pm_runtime_work",
}
# What every function of the module has in its name, and the one in which a rule holds a callback.
OF_MODULE = "rpmfault"
HELD = "rpmfault::Adapter::pause"
# Names of lock classes that say whose lock it is.
OF_DISK = ("&disk->", "&q->", "&bdev->")
OF_SDEV = ("&sdev->",)
OF_HOST = ("&shost->", "&set->")


class Builder:
    """Makes a Graph of a Report."""

    def __init__(self, report):
        self.report = report
        self.graph = Graph(report)
        self._tasks = [task for task in report.tasks.values() if task.stack]
        self._waited = {}  # the lock that a task waits for
        self._names = {}  # of locks, by instance

    def build(self):
        """Returns the Graph."""
        for task in self.report.tasks.values():
            self._inherit_step(task)
        for task in self._tasks:
            if task.locks and self._is_at(task, task.locks[-1]):
                self._waited[task.pid] = task.locks[-1]
        for task in self._tasks:
            for lock in task.locks:
                self._name_lock(task, lock)
        for task in self._tasks:
            resource = self._resource(task)
            if resource:
                self.graph.waits[task.pid] = resource
                self.graph.edges.append(Edge(task.pid, resource, "waits for"))
        for resource in self.graph.resources:
            for task in self._tasks:
                why = getattr(self, f"_holds_{resource.key[0]}", lambda *_: "")(resource, task)
                if why:
                    self.graph.edges.append(Edge(resource, task.pid, why))
        self._find_cycles()
        return self.graph

    @staticmethod
    def _is_at(task, lock):
        """Whether the task is still about to take the lock: where it began to is on its stack."""
        # Not a lock: who freezes a queue has it while he waits for the others to leave.
        return lock.where in task.stack and "q_usage_counter" not in lock.name

    # ---- what a task is about

    def _inherit_step(self, task):
        """A step of a scenario may be a shell that waits for what it has started."""
        above, seen = task, set()
        while above and not above.step and above.pid not in seen:
            seen.add(above.pid)
            above = self.report.tasks.get(above.parent)
        if above:
            task.step = above.step

    def sdev(self, task):
        """The LU that a task is about, as H:C:T:L, or nothing."""
        for text in (*task.files, task.words):
            found = re.search(r"/(\d+:\d+:\d+:\d+)(?:/|$)", text)
            if found:
                return found[1]
            found = re.search(r"\b(s[dr][a-z\d]+)", text)
            if found and found[1] in self.report.disks:
                return self.report.disks[found[1]].sdev
        host = self.host(task)
        known = [disk.sdev for disk in self.report.disks.values() if not host or disk.host == host]
        return known[0] if len(known) == 1 else ""

    def host(self, task):
        """The number of the host that a task is about, or nothing."""
        for text in (*task.files, task.words, task.comm, task.workqueue):
            found = re.search(r"\bhost(\d+)\b|/(\d+):\d+:\d+:\d+|\bscsi_(?:eh|tmf|wq)_(\d+)\b", text)
            if found:
                return next(filter(None, found.groups()))
        hosts = [name.removeprefix("host") for name in self.report.parents]
        return hosts[0] if len(hosts) == 1 else ""

    def disk(self, task):
        """The Disk that a task is about, or None."""
        sdev = self.sdev(task)
        return next((disk for disk in self.report.disks.values() if disk.sdev == sdev), None)

    # ---- locks

    def _name_lock(self, task, lock):
        """Gives a lock a name, if where this task has taken it tells whose it is."""
        name = lock.name.removeprefix("&")
        if "dev->mutex" not in name:
            about = ""
            disk, host = self.disk(task), self.host(task)
            if lock.name.startswith(OF_DISK) and disk:
                about = f" of {disk.name}"
            elif lock.name.startswith(OF_SDEV) and self.sdev(task):
                about = f" of {self.sdev(task)}"
            elif lock.name.startswith(OF_HOST) and host:
                about = f" of host{host}"
            # Lockdep numbers the subclasses, /1, and classes of one name, #2.
            name = re.sub(r"[#/]\d+$", "", name)
            self._names.setdefault(lock.instance, name + about)
            return
        whose = self._device_of(task, lock)
        if whose:
            self._names[lock.instance] = f"device_lock({whose})"
        else:
            self._names.setdefault(lock.instance, f"device_lock(..{lock.instance[-6:]})")

    def _device_of(self, task, lock):
        """The device whose lock it is."""
        function = lock.where.partition("+")[0]
        if lock.where in task.stack:
            outer = task.functions[task.stack.index(lock.where) + 1 :]
        elif function in task.functions:
            outer = task.functions[task.functions.index(function) + 1 :]
        else:
            # It has taken the lock for another and is gone.
            return ""
        sdev = self.sdev(task) or f"an LU, ..{lock.instance[-6:]}"
        if function in ("scsi_rescan_device", "scsi_resume_device"):
            return sdev
        # What they lock is what their caller removes.
        while outer and outer[0] in ("device_del", "bus_remove_device", "device_release_driver"):
            outer.pop(0)
        caller = outer[0] if outer else ""
        if caller == "__scsi_remove_device":
            return sdev
        if caller in ("platform_device_del", "platform_device_unregister"):
            return self.report.parents.get(f"host{self.host(task)}", "")
        return ""

    # ---- what a task waits for

    def _resource(self, task):
        lock = self._waited.get(task.pid)
        if lock:
            return Resource(("lock", lock.instance), self._names[lock.instance])
        owner = self.report.owners.get(task.pid)
        if owner:
            return Resource(("lock", "of", owner), f"a lock of {self.report.tasks.get(owner, owner)}")
        kind, function = "", ""
        for function in task.functions:
            kind = "rule" if function == HELD else KIND.get(function, "")
            # What is further out has called the module, and waits for nothing else.
            if kind or OF_MODULE in function:
                break
        if kind == "child" or not kind and not task.blocked:
            return None
        if kind:
            return getattr(self, f"_make_{kind}")(task, function)
        return Resource(("other", task.pid), f"something, in {task.path[0]}", "", "not known here")

    def _make_lock(self, task, _):
        return Resource(("lock", "?", task.pid), f"a lock, in {task.path[0]}")

    def _make_queue(self, task, _):
        disk = self.disk(task)
        # What is freezable may have been meant to open it.
        asleep = not all(SLEEPS_SYSTEM.isdisjoint(task.functions) for task in self._tasks)
        more = ["in system sleep freezable tasks and workqueues do not run"] if asleep else []
        if not disk:
            more.insert(0, "its disk is not known here")
            return Resource(("queue", ""), "the queue of a disk", "", ", ".join(more))
        state = f"pm_only={disk.pm_only}"
        for flag in ("QUIESCED", "DYING"):
            state += f", {flag.lower()}" if flag in disk.flags else ""
        more.insert(0, self._more_of_queue(disk))
        return Resource(("queue", disk.name), f"queue {disk.name}", state, ", ".join(more))

    def _status(self, device):
        """The runtime status of a device, in words."""
        status = self.report.devices.get(device, "")
        # Its attributes have gone.
        return f"{device} is {'being removed' if status in ('', '-') else status}"

    def _more_of_queue(self, disk):
        if disk.pm_only.startswith("-"):
            return f"pm_only was cleared more often than set, {self._status(disk.sdev)}"
        host = f"host{disk.host}"
        asleep = [self._status(disk.sdev)]
        for name in (host, self.report.parents.get(host, "")):
            if self.report.devices.get(name, "active") != "active":
                asleep.append(self._status(name))
        return ", ".join(asleep)

    def _make_freeze(self, task, _):
        disk = self.disk(task)
        name = disk.name if disk else ""
        return Resource(("freeze", name), f"queue {name} to be empty" if name else "a queue to be empty")

    def _make_tag(self, task, function):
        return self._make_command(task, function)

    def _make_command(self, task, _):
        disk = self.disk(task)
        if not disk:
            return Resource(("command", ""), "I/O", "", "its disk is not known here")
        states = self.report.states
        state = []
        if states.get(disk.sdev, "running") not in ("running", "-"):
            state.append(f"{disk.sdev} is in state {states[disk.sdev]}")
        if states.get(f"host{disk.host}", "running") not in ("running", "-"):
            state.append(f"host{disk.host} is in state {states[f'host{disk.host}']}")
        if "QUIESCED" in disk.flags:
            state.append("its queue is quiesced")
        busy = []
        for line in disk.busy:
            what = re.search(r"\.cmd=([^,]*)", line) or re.search(r"\.op=(\w+)", line)
            age = re.search(r"allocated (\S+ s) ago", line)
            busy.append((what[1] if what else "a command") + (f", for {age[1]}" if age else ""))
        more = f"under way: {'; '.join(busy)}" if busy else "no command is under way"
        kept = [
            f"rule {rule} of {host} keeps it"
            for host, rule, _, unit, cdb in self.report.parked
            if cdb not in ("", "-") and disk.sdev.endswith(f":{unit}")
        ]
        return Resource(("command", disk.name), f"I/O to {disk.name}", ", ".join(state), ", ".join([more, *kept]))

    def _make_recovery(self, task, _):
        host = self.host(task)
        return Resource(("recovery", host), f"the recovery of host{host}" if host else "the recovery of a host")

    def _make_tagset(self, task, _):
        host = self.host(task)
        return Resource(("tagset", host), f"the last LU of host{host} to go" if host else "the last LU of a host to go")

    def _make_transition(self, task, _):
        host = self.host(task)
        below = f" below host{host}" if host else ""
        return Resource(("transition", host), f"the runtime resume or suspend under way{below}")

    def _make_rule(self, task, _):
        # Of those that hold callbacks.
        kept = [
            f"rule {rule} of {host} keeps {trigger}"
            for host, rule, trigger, _, cdb in self.report.parked
            if cdb in ("", "-")
        ]
        return Resource(("rule",), "a rule to let go", "", ", ".join(kept))

    def _make_work(self, task, function):
        caller = next((name for name in task.functions if name in WORKS), "")
        what = WORKS.get(caller, "")
        return Resource(("work", what), f"the work of {what}" if what else f"a work, in {function}")

    def _make_async(self, *_):
        return Resource(("async",), "a device on its way to sleep or back")

    def _make_scan(self, *_):
        return Resource(("scan",), "the end of all scans")

    def _make_config(self, *_):
        return Resource(("config",), "access to a PCI device that is being reset")

    def _make_grace(self, _, function):
        return Resource(("grace",), f"a grace period, in {function}")

    def _make_frozen(self, *_):
        return Resource(("frozen",), "the end of system sleep")

    # ---- who has it, or could give it: what that task does, or nothing

    def _holds_lock(self, resource, task):
        if resource.key[1] == "of":
            return f"owns {resource.name}" if task.pid == resource.key[2] else ""
        held = task.locks[:-1] if task.pid in self._waited else task.locks
        if resource.key[1] not in (lock.instance for lock in held):
            return ""
        waiters = [pid for pid, other in self.graph.waits.items() if other == resource]
        sure = any(self.report.owners.get(pid) == task.pid for pid in waiters)
        return f"holds {resource.name}" + (" (so says the lock itself)" if sure else "")

    def _about(self, task, disk):
        """Whether a task is about the disk or its host, as far as one can tell."""
        if not disk:
            return True
        if any(re.search(r"/\d+:\d+:\d+:\d+(?:/|$)", file) for file in task.files):
            return self.sdev(task) == disk.sdev
        return self.host(task) in ("", disk.host)

    def _holds_queue(self, resource, task):
        disk = self.report.disks.get(resource.key[1])
        what = disk.sdev if disk else "a disk"
        functions = set(task.functions)
        if not self._about(task, disk):
            return ""
        if any("q_usage_counter" in lock.name for lock in task.locks) and self.graph.waits.get(task.pid) != resource:
            return f"has frozen {resource.name}"
        if functions & REMOVES:
            return f"is removing {what}"
        # The others in rpm_resume() wait for the one that runs the callback.
        if functions & RESUMES_RUNTIME and functions & CALLS_BACK:
            return f"is resuming {what}"
        if functions & RESUMES_SYSTEM and self.graph.waits.get(task.pid) != resource:
            return WAKES
        return ""

    def _holds_freeze(self, resource, task):
        waits = self.graph.waits.get(task.pid)
        return f"has I/O in queue {resource.key[1]}" if waits and waits.key == ("command", resource.key[1]) else ""

    def _holds_command(self, resource, task):
        disk = self.report.disks.get(resource.key[1])
        if RECOVERS.isdisjoint(task.functions) or self.graph.waits.get(task.pid) == resource:
            return ""
        return "is at the recovery of the host" if not disk or self.host(task) == disk.host else ""

    def _holds_recovery(self, resource, task):
        is_it = not RECOVERS.isdisjoint(task.functions) and self.host(task) == resource.key[1]
        return f"is at {resource.name}" if is_it else ""

    def _holds_tagset(self, resource, task):
        if self.graph.waits.get(task.pid) == resource or self.host(task) != resource.key[1]:
            return ""
        return "" if REMOVES.isdisjoint(task.functions) else "is removing an LU"

    def _holds_transition(self, resource, task):
        if CALLS_BACK.isdisjoint(task.functions) or self.graph.waits.get(task.pid) == resource:
            return ""
        return "runs its callback" if self.host(task) in ("", resource.key[1]) else ""

    def _holds_work(self, resource, task):
        if not task.comm.startswith("kworker"):
            return ""
        if not resource.key[1]:
            return "may run it"
        return f"runs {resource.name}" if resource.key[1] in task.functions else ""

    def _holds_async(self, resource, task):
        if SLEEPS_DEVICE.isdisjoint(task.functions) or self.graph.waits.get(task.pid) == resource:
            return ""
        return "is taking a device to sleep" if RESUMES_SYSTEM.isdisjoint(task.functions) else WAKES

    def _holds_frozen(self, resource, task):
        if SLEEPS_SYSTEM.isdisjoint(task.functions) or self.graph.waits.get(task.pid) == resource:
            return ""
        return "is taking the system to sleep or back"

    # ---- cycles

    def _find_cycles(self):
        """Finds a shortest cycle through each task that is in one, each cycle once."""
        after = {}
        for edge in self.graph.edges:
            after.setdefault(edge.source, []).append(edge.target)
        found = set()
        for start in self.graph.waits:
            # Breadth first, so that the first way back is a shortest one.
            came_from, todo = {}, [start]
            while todo and start not in came_from:
                node = todo.pop(0)
                for target in after.get(node, ()):
                    if target not in came_from:
                        came_from[target] = node
                        todo.append(target)
            if start not in came_from:
                continue
            cycle = [start]
            while came_from[cycle[-1]] != start:
                cycle.append(came_from[cycle[-1]])
            cycle = [start, *reversed(cycle[1:])]
            if frozenset(cycle) not in found:
                found.add(frozenset(cycle))
                self.graph.cycles.append(cycle)


def build(report):
    """Returns the Graph of a Report."""
    return Builder(report).build()
