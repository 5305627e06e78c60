# SPDX-License-Identifier: GPL-2.0
"""Tests of the reader of hangs; `make waits-test` runs them.

The reports in fixtures/ are what scenarios that hung have printed, and the consoles what the
kernel has.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import dot
import graph
import parse
import svg
import text
from model import Resource, demangled

HERE = pathlib.Path(__file__).resolve().parent
SVG = "{http://www.w3.org/2000/svg}"


def fixture(name):
    with open(HERE / "fixtures" / name, encoding="utf-8") as lines:
        return graph.build(parse.parse(lines))


def made(*lines):
    return graph.build(parse.parse(lines))


def blocked(comm, pid, *stack, state="blocked", extra=()):
    """A task of the report, with frames that are made of names."""
    return [
        f"{state}: {comm} pid {pid} wchan {stack[0]}",
        *(f"    {frame if '+' in frame else frame + '+0x1/0x9'}" for frame in stack),
        *extra,
    ]


def held(comm, pid, *locks):
    """What lockdep says of a task: pairs of an instance with its class, and where it was taken."""
    return [
        f"locks held by {comm}/{pid}: {len(locks)}, on CPU#0:",
        *(f" #{index}: {lock}{{+.+.}}-{{4:4}}, at: {where}" for index, (lock, where) in enumerate(locks)),
    ]


def names(found, cycle):
    """A cycle in words."""
    return [text.name(found, node) for node in cycle]


HOST = [
    "parent rpmfault.1.auto: active (control auto, usage 0)",
    "host6: active, host state running",
    "target6:0:0: active",
    "sdev 6:0:0:0: active (control auto, usage 0), sdev state running",
    "sda: pm_only 0, queue SAME_COMP|INIT_DONE",
]


class Reports(unittest.TestCase):
    """What real hangs are made of."""

    def test_rescan_and_delete(self):
        """The deadlock of 2021, on a kernel that rescans disks that are suspended."""
        found = fixture("rescan_delete.report")
        self.assertEqual(
            [names(found, cycle) for cycle in found.cycles],
            [["rescan (pid 115)", "queue sda", "delete (pid 116)", "device_lock(6:0:0:0)"]],
        )
        lines = text.explain(found)
        self.assertIn(
            "  rescan (pid 115) holds device_lock(6:0:0:0) (so says the lock itself) "
            "and waits for queue sda, pm_only=1",
            lines,
        )
        self.assertIn("  delete (pid 116) is removing 6:0:0:0 and waits for device_lock(6:0:0:0)", lines)
        self.assertIn("  read (dd, pid 114) waits for queue sda, pm_only=1", lines)
        self.assertTrue(lines[-1].endswith("(6:0:0:0 is suspended, host6 is suspended, rpmfault.1.auto is suspended)"))
        # The reader is only waiting; nobody waits for it.
        self.assertFalse(found.in_cycle(114))

    def test_console(self):
        """The same, as the kernel tells it: no steps, no devices, but the same cycle."""
        found = fixture("rescan_delete.console")
        self.assertEqual(
            [names(found, cycle) for cycle in found.cycles],
            [["bash (pid 115)", "the queue of a disk", "bash (pid 116)", "device_lock(an LU, ..4533c0)"]],
        )
        self.assertIn(114, found.waits)

    def test_poll_of_removed_drive(self):
        """The removal of a CD drive waits for a poll that only the removal could end."""
        found = fixture("cdrom_poll.report")
        self.assertEqual(
            [names(found, cycle) for cycle in found.cycles],
            [
                [
                    "delete (pid 118)",
                    "the work of disk_check_events",
                    "kworker/1:1+events_freezable_pwr_efficient (pid 29)",
                    "queue sr1",
                ]
            ],
        )
        self.assertIn("6:0:0:0 is being removed", text.explain(found)[-1])

    def test_error_handler(self):
        """It wants a mutex whose owner waits for I/O that waits for it: zoo Z3, on a kernel without the fix."""
        found = fixture("recovery.report")
        self.assertEqual(
            [names(found, cycle) for cycle in found.cycles],
            [["set running (pid 117)", "I/O to sda", "scsi_eh_6 (pid 106)", "sdev->state_mutex of 6:0:0:0"]],
        )
        self.assertEqual(found.waits[117].state, "host6 is in state recovery")

    def test_rescan_in_resume(self):
        """Seed 2, as the monitor has asked a guest that did not come back from sleep."""
        found = fixture("rescan_resume.console")
        lock = "device_lock(an LU, ..35e3c0)"
        self.assertEqual(
            [names(found, cycle) for cycle in found.cycles],
            [["kworker/u8:5+rpmfault (pid 63)", "the queue of a disk", "kworker/u8:9+async (pid 67)", lock]],
        )
        lines = text.explain(found)
        self.assertIn(f"  kworker/u8:5+rpmfault (pid 63) holds {lock} and waits for the queue of a disk", lines)
        self.assertIn("  bash (pid 123) waits for a device on its way to sleep or back", lines)

    def test_nobody_wakes(self):
        """Four wait for a queue, and nobody is about to open it: no cycle."""
        found = fixture("adapter_fails.report")
        self.assertEqual(found.cycles, [])
        self.assertEqual([resource.name for resource in found.resources], ["queue sda"])
        self.assertEqual(len(found.waits), 4)
        lines = text.explain(found)
        self.assertEqual(lines[0], "no cycle is closed:")
        self.assertIn("  read elsewhere (dd, pid 117) waits for queue sda, pm_only=1", lines)
        self.assertTrue(lines[-1].startswith("  queue sda: nobody is known to open it (6:0:0:0 is suspended"))

    def test_cleared_twice(self):
        found = fixture("cleared_twice.report")
        self.assertEqual(
            text.explain(found)[-1],
            "  queue sda: nobody is known to open it (pm_only was cleared more often than set, 6:0:0:0 is active)",
        )

    def test_command_held(self):
        """A chain, at whose end is a command that a rule holds."""
        found = fixture("command_held.report")
        self.assertEqual(found.cycles, [])
        chain = [(edge.source, edge.target) for edge in found.edges]
        freeze, lock = Resource(("freeze", "sda"), ""), found.waits[119]
        self.assertEqual((lock.name, found.waits[118]), ("device_lock(6:0:0:0)", freeze))
        self.assertIn((lock, 118), chain)
        self.assertIn((freeze, 117), chain)
        self.assertTrue(text.explain(found)[-1].endswith("for 9.692 s, rule held of t1 keeps it)"))

    def test_resume_held(self):
        """A rule holds the adapter's resume: who runs that is not blocked, and is found by its locks."""
        found = fixture("resume_held.report")
        self.assertEqual(found.cycles, [])
        self.assertEqual(found.waits[62].key, ("rule",))
        self.assertEqual({found.waits[116].key, found.waits[117].key}, {("transition", "6")})
        self.assertEqual({edge.target for edge in found.edges if edge.source == found.waits[115]}, {62})
        lines = "\n".join(text.explain(found))
        self.assertIn("in rpmfault::Adapter::pause <- ", lines)
        self.assertIn("(rule held of t1 keeps rpm_resume)", lines)

    def test_pictures(self):
        """Each box has its text, each arrow its ends, and a cycle is red."""
        for file in sorted((HERE / "fixtures").iterdir()):
            with self.subTest(file.name):
                found = fixture(file.name)
                picture = xml.etree.ElementTree.fromstring(svg.render(found))
                boxes = [box for box in picture.iter(f"{SVG}rect") if box.get("rx")]
                nodes = dict.fromkeys([*found.waits, *found.resources, *(edge.target for edge in found.edges)])
                self.assertEqual(len(boxes), len(nodes))
                arrows = [path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]
                self.assertEqual(len(arrows), len(found.edges))
                red = [path for path in arrows if path.get("stroke") == svg.HANG]
                self.assertEqual(bool(red), bool(found.cycles))
                height = float(picture.get("height"))
                for box in boxes:
                    self.assertLess(float(box.get("y")) + float(box.get("height")), height)
                source = dot.render(found)
                self.assertEqual(source.count(" -> "), len(found.edges))
                self.assertEqual("color=red" in source, bool(found.cycles))


class Waits(unittest.TestCase):
    """What a task waits for, and who has it."""

    def test_frozen_workqueue(self):
        """Zoo Z5: a disk is to be resumed by a work queue that is frozen."""
        found = made(
            *blocked("bash", 5, "blk_queue_enter", "scsi_execute_cmd", "prepare", "dpm_prepare", "pm_suspend"),
            *blocked("bash", 6, "__refrigerator"),
        )
        self.assertEqual(found.cycles, [])
        self.assertIn("in system sleep freezable tasks and workqueues do not run", text.explain(found)[-1])
        self.assertEqual([edge.target for edge in found.holders(found.waits[6])], [5])

    def test_lock_taken_twice(self):
        """A task that waits for what it holds is a cycle of its own."""
        found = made(
            *blocked("bash", 5, "__pci_bus_lock+0x40/0x90", "pci_bus_error_reset"),
            *held(
                "bash",
                5,
                ("f0 (&dev->mutex)", "__pci_bus_lock+0x20/0x90"),
                ("f0 (&dev->mutex)", "__pci_bus_lock+0x40/0x90"),
            ),
        )
        self.assertEqual(found.cycles, [[5, found.waits[5]]])

    def test_attribute_that_removes_itself(self):
        """kernfs waits for those who are in an attribute; it tells lockdep."""
        found = made(
            *blocked("bash", 5, "kernfs_drain", "__kernfs_remove+0x40/0x90", "device_del"),
            *blocked("bash", 6, "submit_bio_wait", "store_it"),
            *held("bash", 5, ("f0 (kn->active#3)", "__kernfs_remove+0x40/0x90")),
            *held("bash", 6, ("f0 (kn->active#3)", "kernfs_fop_write_iter+0x4/0x90")),
        )
        self.assertEqual([edge.target for edge in found.holders(found.waits[5])], [6])

    def test_owner_without_lockdep(self):
        """The kernel's detector knows the owner of a mutex."""
        found = made(
            *blocked("bash", 5, "device_del", "__scsi_remove_device"),
            *blocked("dd", 6, "submit_bio_wait"),
            "  INFO: task bash:5 is blocked on a mutex likely owned by task dd:6.",
            "  INFO: task a:b:7 <writer> blocked on an rw-semaphore likely owned by task c d:8 <reader>",
        )
        self.assertEqual([edge.target for edge in found.holders(found.waits[5])], [6])
        self.assertEqual(found.report.owners, {5: 6, 7: 8})

    def test_lock_of_unknown_owner(self):
        found = made(*blocked("bash", 5, "device_del", "__scsi_remove_device"))
        self.assertEqual(text.explain(found)[-1], "  a lock, in device_del: nobody is known to hold it")

    def test_frozen_queue(self):
        """Who freezes a queue has it, though lockdep says that he is about to take it."""
        found = made(
            *blocked("bash", 5, "blk_mq_freeze_queue_wait", "commit+0x2d/0x60", extra=["  file /dev/sda"]),
            *blocked("dd", 6, "__bio_queue_enter", extra=["  file /dev/sda"]),
            *HOST,
            *held("bash", 5, ("f0 (&q->q_usage_counter(io)#3)", "commit+0x2d/0x60")),
        )
        self.assertEqual(found.waits[5].key, ("freeze", "sda"))
        self.assertEqual(
            [(edge.target, edge.why) for edge in found.holders(found.waits[6])], [(5, "has frozen queue sda")]
        )

    def test_disk_of_another_host(self):
        """The removal of one disk does not open the queue of another."""
        other = [line.replace("6:0", "7:0").replace("host6", "host7").replace("sda", "sdb") for line in HOST]
        found = made(
            *blocked("dd", 5, "__bio_queue_enter", extra=["  file /dev/sda"]),
            *blocked(
                "bash", 6, "msleep", "__scsi_remove_device", extra=["  file /sys/x/host7/target7:0:0/7:0:0:0/delete"]
            ),
            *HOST,
            *other,
        )
        self.assertEqual(found.holders(found.waits[5]), [])
        self.assertEqual(found.waits[6].key, ("other", 6))

    def test_shell_of_a_step(self):
        """It waits for what it has started, which has the name of the step instead of it."""
        found = made(
            *blocked("bash", 5, "do_wait", state="not back"),
            *blocked("dd", 6, "__bio_queue_enter", extra=["  child of 5"]),
            "  step 5 read it",
        )
        self.assertEqual(list(found.waits), [6])
        self.assertEqual(str(found.report.tasks[6]), "read it (dd, pid 6)")

    def test_tagset(self):
        found = made(*blocked("bash", 5, "scsi_remove_host", "platform_remove"), *HOST)
        self.assertEqual(found.waits[5].name, "the last LU of host6 to go")

    def test_not_a_wait(self):
        """A task that only holds a lock, and sleeps in a way that is not known."""
        found = made(*blocked("udevd", 5, "do_epoll_wait", state="holds"))
        self.assertEqual(found.waits, {})

    def test_clock_of_the_module(self):
        """A work of the module that sleeps until a time is not held by a rule, whoever has called it."""
        frames = ("_RNvMs_NtCs1_13rpmfault_main6device5clock4tick", "rpm_resume")
        self.assertEqual(made(*blocked("kworker/0:1+rpmfault", 5, *frames, state="holds")).waits, {})
        self.assertEqual(made(*blocked("kworker/0:1+rpmfault", 5, *frames)).waits[5].key, ("other", 5))


class Parsing(unittest.TestCase):
    def test_fronts(self):
        """The time and the caller of printk, and the mark of a diagnostic."""
        for front in ("", "# ", "[   12.345678] ", "[   12.345678][  T123] "):
            found = parse.parse(
                [
                    f"{front}task:kworker/u8:2    state:D stack:0     pid:33    tgid:33    ppid:2   flags:0x0",
                    f"{front}Workqueue: events_freezable work",
                    f"{front}Call Trace:",
                    f"{front} <TASK>",
                    f"{front} __schedule+0x6c5/0xa10",
                    f"{front} ? lock_release+0xd8/0x310",
                    f"{front} blk_queue_enter+0x1/0x2 [some]",
                    f"{front}RIP: 0033:0x7fc94a0093a7",
                    f"{front} </TASK>",
                    f"{front}2 locks held by kworker/u8:2/33:",
                    f"{front} #0: ffff8881 (&dev->mutex/1){{....}}-{{4:4}}, at: foo+0x1/0x2",
                ]
            )
            with self.subTest(front):
                task = found.tasks[33]
                self.assertEqual(task.functions, ["__schedule", "blk_queue_enter"])
                self.assertEqual((task.comm, task.parent, task.blocked), ("kworker/u8:2", 2, True))
                self.assertEqual(task.workqueue, "events_freezable work")
                self.assertEqual([lock.name for lock in task.locks], ["&dev->mutex/1"])

    def test_last_dump_counts(self):
        """What is told twice is not there twice."""
        lines = blocked("dd", 5, "submit_bio_wait", "foo")
        found = parse.parse(
            [*lines, *held("dd", 5, ("f0 (a)", "b+0x1/0x2")), *lines, *held("dd", 5, ("f1 (a)", "b+0x1/0x2"))]
        )
        self.assertEqual(len(found.tasks[5].stack), 2)
        self.assertEqual([lock.instance for lock in found.tasks[5].locks], ["f1"])

    def test_blocked_no_more(self):
        """The answer to SysRq-W is complete."""
        dump = ["task:dd    state:D stack:0     pid:{} tgid:5    ppid:2   flags:0x0", " submit_bio_wait+0x1/0x2"]
        detector = [line.format(5) for line in dump]
        self.assertEqual(list(made(*detector).waits), [5])
        found = made(*detector, "sysrq: Show Blocked State", *(line.format(6) for line in dump))
        self.assertEqual(list(found.waits), [6])

    def test_demangled(self):
        crate = "_RNvXs0_NtNtCs1z6reB4TSBg_13rpmfault_main6device"
        self.assertEqual(
            demangled(f"{crate}4hostNtB5_7AdapterNtNtNtB9_2pm6Driver14runtime_resume"),
            "rpmfault::Driver::runtime_resume",
        )
        self.assertEqual(demangled("rpm_resume"), "rpm_resume")

    def test_anything(self):
        """A report may be cut off anywhere."""
        for file in sorted((HERE / "fixtures").iterdir()):
            lines = file.read_text(encoding="utf-8").splitlines()
            for length in range(len(lines)):
                found = made(*lines[:length])
                text.explain(found)
                xml.etree.ElementTree.fromstring(svg.render(found))


class Program(unittest.TestCase):
    def run_it(self, *arguments):
        return subprocess.run(
            [sys.executable, "-B", HERE / "waits.py", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    def test_program(self):
        with tempfile.TemporaryDirectory() as directory:
            done = self.run_it(HERE / "fixtures/rescan_delete.report", f"{directory}/x")
            lines = done.stdout.splitlines()
            self.assertTrue(lines[0].startswith("a cycle: rescan (pid 115) -> "))
            self.assertEqual(lines[-1], f"{directory}/x.svg")
            self.assertEqual(pathlib.Path(f"{directory}/x.txt").read_text().splitlines(), lines[:-1])
            self.assertTrue(pathlib.Path(f"{directory}/x.dot").read_text().startswith("digraph"))
            for wrong in (
                [],
                ["/nonexistent"],
                ["/dev/null"],
                [HERE / "fixtures/rescan_delete.report", "/nonexistent/x"],
            ):
                done = self.run_it(*wrong)
                self.assertEqual(done.returncode, 1)
                self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
