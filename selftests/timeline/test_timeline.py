# SPDX-License-Identifier: GPL-2.0
"""Tests of the timeline reader; `make timeline-test` runs them.

The traces in fixtures/ are those that `TIMELINE=1 make check` has left, without what is before
the first suspend.
"""

import itertools
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import parse
import reader
import scale
import storage
import svg
import text

HERE = pathlib.Path(__file__).resolve().parent
SVG = "{http://www.w3.org/2000/svg}"


def line(time, name, words, task="dd-7", flags=".....", cpu=1):
    """A line of a trace."""
    return f"{task:>24} [{cpu:03}] {flags} {time:12.6f}: {name}: {words}"


def rpm(time, function, device, task="dd-7"):
    return line(time, f"rpm_{function}", f"{device} flags-4 cnt-1  dep-0  auto-1 p-0 irq-0 child-2", task)


def returns(time, function, device, error, task="dd-7"):
    return line(time, "rpm_return_int", f"rpm_{function}+0x1d4/0x510:{device} ret={error}", task)


COMMAND = (
    "host_no=6 channel=0 id=0 lun={lun} data_sgl=1 prot_sgl=0 prot_op=SCSI_PROT_NORMAL driver_tag={tag} "
    "scheduler_tag=-1 cmnd=(READ_10 lba=8 txlen=1 protect=0 raw=28 00 00 00 00 08 00 00 01 00)"
)
DONE = (
    " result=(driver=DRIVER_OK host={host} message=COMMAND_COMPLETE status={status}) sense=(key={key} asc=0x4 ascq=0x2)"
)


def command(time, what, tag=1, lun=0, extra="", flags="....."):
    return line(time, f"scsi_dispatch_cmd_{what}", COMMAND.format(tag=tag, lun=lun) + extra, flags=flags)


def done(time, tag=1, host="DID_OK", status="SAM_STAT_GOOD", key="0x0"):
    extra = DONE.format(host=host, status=status, key=key)
    if key == "0x0":
        extra = extra.replace("0x4", "0x0").replace("0x2", "0x0")
    return command(time, "done", tag, extra=extra, flags="..s1.")


def block(time, name, sector, length, last, rwbs="R", dev="8,0", size="4096 "):
    return line(time, f"block_{name}", f"{dev} {rwbs} {size}() {sector} + {length} none,0,0 [{last}]")


def note(time, words):
    return line(time, "tracing_mark_write", f"rpmfault-test: {words}", task="run.sh-3")


def read(*lines):
    return reader.read(*parse.parse(lines))


def fixture(name):
    with open(HERE / "fixtures" / f"{name}.trace", encoding="utf-8") as lines:
        return reader.read(*parse.parse(lines))


def drawn(timeline):
    """The picture as an element tree, which it must be."""
    return xml.etree.ElementTree.fromstring(svg.render(timeline))


def hatched(timeline):
    """The red bars of the picture."""
    rects = drawn(timeline).iter(f"{SVG}rect")
    # That of the legend is lower.
    return [rect for rect in rects if rect.get("fill") == "url(#hang)" and int(rect.get("height")) == svg.ROW - 3]


class Parse(unittest.TestCase):
    def test_line(self):
        [event], lost = parse.parse([line(12.5, "rpm_idle", "host6 flags-1", "kworker/u8:3-ev-59", "d.h2.")])
        self.assertEqual((event.time, str(event.task), event.interrupt), (12.5, "kworker/u8:3-ev-59", True))
        self.assertEqual((event.name, event.text, lost), ("rpm_idle", "host6 flags-1", False))

    def test_optional_columns(self):
        for text_of_line in (
            "     tmux: server-12  (     12) [000] ..... 1.000000: x: a=1",
            "     tmux: server-12  (-------) [000] ..... 1.000000: x: a=1",
            "     tmux: server-12    [000]   1.000000: x: a=1",
        ):
            [event], _ = parse.parse([text_of_line])
            self.assertEqual((event.task.comm, event.task.pid, event.interrupt), ("tmux: server", 12, False))

    def test_name_is_learned(self):
        events, _ = parse.parse([line(1, "x", "", "<...>-7"), line(2, "x", "", "dd-7")])
        self.assertEqual([str(event.task) for event in events], ["dd-7", "dd-7"])

    def test_lost(self):
        self.assertTrue(parse.parse(["# entries-in-buffer/entries-written: 10/12   #P:2"])[1])
        self.assertTrue(parse.parse(["CPU:1 [LOST 14 EVENTS]"])[1])
        self.assertFalse(parse.parse(["# entries-in-buffer/entries-written: 12/12   #P:2"])[1])

    def test_several_lines(self):
        events, _ = parse.parse([note(1, "says a"), "b", "# tracer: nop", line(2, "x", "y")])
        self.assertEqual([event.text for event in events], ["rpmfault-test: says a\nb", "y"])

    def test_fields(self):
        event = parse.Event(0, parse.Task(1, "a"), 0, False, "x", 'a=1 b=(c=2 (d) e=3) f="g h" i= j=k')
        self.assertEqual(event.fields(), {"a": "1", "b": "(c=2 (d) e=3)", "f": "g h", "i": "", "j": "k"})

    def test_garbage(self):
        generator = random.Random(4)
        alphabet = "abc-[]().:=0123456789 ,\n"
        for _ in range(300):
            garbage = "".join(generator.choices(alphabet, k=120))
            for name in ("rpm_resume", "scsi_dispatch_cmd_done", "block_rq_issue", "rule_fire", "tracing_mark_write"):
                timeline = read(line(1, name, garbage))
                text.render(timeline)
                drawn(timeline)


class Power(unittest.TestCase):
    def test_nested(self):
        timeline = read(
            rpm(1.0, "resume", "6:0:0:0"),
            rpm(1.1, "resume", "host6"),
            rpm(1.2, "resume", "rpmfault.1.auto"),
            returns(1.3, "resume", "rpmfault.1.auto", -5),
            returns(1.4, "resume", "host6", -16),
            returns(1.5, "resume", "6:0:0:0", -16),
        )
        self.assertEqual(
            [(span.device, span.start, span.end, span.result, span.failed) for span in timeline.spans],
            [
                ("6:0:0:0", 1.0, 1.5, "-16", True),
                ("host6", 1.1, 1.4, "-16", True),
                ("rpmfault.1.auto", 1.2, 1.3, "-5", True),
            ],
        )
        self.assertEqual([entry.depth for entry in timeline.lines], [0, 1, 2, 2, 1, 0])
        self.assertEqual(timeline.devices, ["rpmfault.1.auto", "host6", "6:0:0:0"])

    def test_two_tasks(self):
        timeline = read(
            rpm(1.0, "resume", "6:0:0:0", "a-1"),
            rpm(1.1, "resume", "6:0:0:0", "b-2"),
            returns(1.2, "resume", "6:0:0:0", 0, "a-1"),
        )
        self.assertEqual([span.end for span in timeline.spans], [1.2, None])

    def test_idle_tasks(self):
        """All of them have pid 0; a timer is theirs if it comes while nothing else runs."""
        words = "host6 flags-9 cnt-0  dep-0  auto-1 p-0 irq-0 child-0"
        back = "rpm_suspend+0x1/0x2:{} ret=0"
        timeline = read(
            line(1, "rpm_suspend", words, "<idle>-0", "d.h1.", 0),
            line(2, "rpm_suspend", words.replace("host6", "host7"), "<idle>-0", "d.h1.", 1),
            line(3, "rpm_return_int", back.format("host6"), "<idle>-0", "d.h1.", 0),
            line(4, "rpm_return_int", back.format("host7"), "<idle>-0", "d.h1.", 1),
        )
        self.assertEqual([(span.end, span.task) for span in timeline.spans], [(3.0, None), (4.0, None)])

    def test_busy_is_no_failure(self):
        timeline = read(rpm(1, "idle", "host6"), returns(2, "idle", "host6", -11))
        self.assertFalse(timeline.spans[0].failed)
        timeline = read(rpm(1, "resume", "host6"), returns(2, "resume", "host6", -16))
        self.assertTrue(timeline.spans[0].failed)

    def test_end_without_start(self):
        timeline = read(returns(1, "resume", "host6", 0), line(2, "device_pm_callback_end", "sd 6:0:0:0, err=0"))
        self.assertEqual(timeline.spans, [])
        self.assertEqual(len(timeline.lines), 2)

    def test_end_is_missing(self):
        timeline = read(rpm(1, "resume", "6:0:0:0"), rpm(2, "resume", "host6"), returns(3, "resume", "6:0:0:0", 0))
        self.assertEqual([span.result for span in timeline.spans], ["0", "ended unseen"])

    def test_other_devices(self):
        self.assertEqual(
            read(rpm(1, "resume", "serial8250"), line(2, "rpm_status", "ttyS0 status=RPM_ACTIVE")).lines, []
        )

    def test_status(self):
        timeline = read(line(1, "rpm_status", "host6 status=RPM_SUSPENDED"))
        self.assertEqual(timeline.states, [(1.0, "host6", "suspended")])

    def test_sleep(self):
        timeline = read(
            line(1, "suspend_resume", "dpm_suspend[2] begin"),
            line(2, "device_pm_callback_start", "scsi host6, parent: rpmfault.1.auto, bus freeze [freeze]"),
            line(3, "device_pm_callback_end", "scsi host6, err=-16"),
            line(4, "suspend_resume", "dpm_suspend[2] end"),
        )
        self.assertEqual(
            [(span.device, span.label, span.end, span.failed) for span in timeline.spans],
            [("system", "dpm_suspend[2]", 4.0, False), ("host6", "bus freeze [freeze]", 3.0, True)],
        )


class Commands(unittest.TestCase):
    def test_done(self):
        [span] = read(command(1, "start"), done(1.5)).spans
        self.assertEqual(
            (span.device, span.label, span.end, span.result), ("6:0:0:0", "READ_10 lba=8 txlen=1", 1.5, "GOOD")
        )
        self.assertFalse(span.failed)

    def test_sense_and_host_byte(self):
        [span] = read(command(1, "start"), done(2, status="SAM_STAT_CHECK_CONDITION", key="0x2")).spans
        self.assertEqual((span.result, span.failed), ("CHECK_CONDITION 02/04/02", True))
        [span] = read(command(1, "start"), done(2, host="DID_NO_CONNECT")).spans
        self.assertEqual((span.result, span.failed), ("DID_NO_CONNECT", True))

    def test_by_tag(self):
        first, second = read(command(1, "start", 1), command(2, "start", 2), done(3, 2), done(4, 1)).spans
        self.assertEqual((first.end, second.end), (4.0, 3.0))

    def test_timeout_and_error(self):
        timeline = read(command(1, "start"), command(31, "timeout"), line(32, "scsi_eh_wakeup", "host_no=6"))
        self.assertEqual((timeline.spans[0].result, timeline.spans[0].end), ("timed out", 31.0))
        self.assertEqual(
            [(mark.kind, mark.device) for mark in timeline.marks], [("error", "6:0:0:0"), ("error", "host6")]
        )
        [span] = read(command(1, "start"), command(2, "error", extra=" rtn=SCSI_MLQUEUE_HOST_BUSY")).spans
        self.assertEqual((span.result, span.failed), ("SCSI_MLQUEUE_HOST_BUSY", True))

    def test_sent_again(self):
        first, second = read(command(1, "start"), command(2, "start"), done(3)).spans
        self.assertEqual((first.result, first.end, second.end), ("sent again", 2.0, 3.0))

    def test_interrupt_is_no_task(self):
        timeline = read(command(1, "start", flags="..s1."))
        self.assertIsNone(timeline.spans[0].task)
        self.assertIn("(dd-7)", text.render(timeline))


class Block(unittest.TestCase):
    def test_disk_names(self):
        names = [
            storage.disk_name(*number)
            for number in ((8, 0), (8, 17), (8, 240), (65, 160), (65, 176), (11, 1), (259, 0))
        ]
        self.assertEqual(names, ["sda", "sdb", "sdp", "sdaa", "sdab", "sr1", ""])

    def test_request(self):
        io, request = read(
            block(1, "io_start", 64, 8, "dd"),
            block(2, "rq_issue", 64, 8, "dd"),
            block(3, "rq_complete", 64, 8, "-5", size=""),
        ).spans
        self.assertEqual((io.kind, io.start, io.end, io.failed), ("io", 1.0, 3.0, True))
        self.assertEqual((request.kind, request.start, request.end, request.result), ("request", 2.0, 3.0, "-5"))

    def test_in_part(self):
        [span] = read(
            block(1, "rq_issue", 64, 8, "dd"),
            block(2, "rq_complete", 64, 3, "0", size=""),
            block(3, "rq_complete", 67, 5, "0", size=""),
        ).spans
        self.assertEqual(span.end, 3.0)

    def test_merged_at_the_front(self):
        spans = read(
            block(0, "io_start", 48, 8, "dd"),
            block(1, "io_start", 64, 8, "dd"),
            block(2, "rq_issue", 56, 16, "dd"),
            block(3, "rq_complete", 56, 16, "0", size=""),
            block(4, "io_done", 56, 0, "dd", size="0 "),
        ).spans
        self.assertEqual([span.end for span in spans], [None, 3.0, 3.0])

    def test_passthrough(self):
        spans = read(
            block(1, "io_start", 0, 0, "sg_inq", "N"),
            block(2, "rq_issue", 0, 0, "sg_inq", "N"),
            block(3, "rq_complete", (1 << 64) - 1, 0, "0", "N", size=""),
        ).spans
        self.assertEqual([span.end for span in spans], [3.0, 3.0])

    def test_requeued_and_merged(self):
        spans = read(
            block(1, "io_start", 64, 8, "dd"),
            block(2, "rq_merge", 64, 8, "dd"),
            block(3, "rq_issue", 56, 16, "dd"),
            block(4, "rq_requeue", 56, 16, "0", size=""),
        ).spans
        self.assertEqual([span.result for span in spans], ["merged into another", "requeued"])

    def test_disk_is_next_to_its_unit(self):
        other = command(4, "start", 2, lun=1)
        timeline = read(
            block(1, "rq_issue", 0, 8, "dd", dev="8,16"), command(1.001, "start"),
            block(3.9, "rq_issue", 0, 8, "dd", dev="8,0"), other,
            rpm(5, "idle", "target6:0:0"),
        )  # fmt: skip
        self.assertEqual(timeline.devices, ["target6:0:0", "6:0:0:0", "sdb", "6:0:0:1", "sda"])


class Rpmfault(unittest.TestCase):
    HOST = "host=t1 host_no=6"

    def test_fire_in_a_callback(self):
        timeline = read(
            rpm(1, "resume", "rpmfault.1.auto"),
            line(2, "pm_enter", f"{self.HOST} callback=rpm_resume"),
            line(3, "rule_fire", f"{self.HOST} rule=r1 trigger=rpm_resume action=errno lun=- opcode=-1 seq=1"),
            line(4, "pm_exit", f"{self.HOST} callback=rpm_resume result=-5 duration_us=10"),
            returns(5, "resume", "rpmfault.1.auto", -5),
            rpm(6, "idle", "host6"),
        )
        [mark] = timeline.marks
        self.assertEqual((mark.kind, mark.device, mark.label), ("fault", "rpmfault.1.auto", "r1: errno"))
        callback = timeline.spans[1]
        self.assertEqual(
            (callback.kind, callback.label, callback.end, callback.failed), ("callback", "rpm_resume", 4.0, True)
        )
        self.assertEqual(timeline.devices, ["rpmfault.1.auto", "host6"])
        self.assertRegex(text.render(timeline), r"(?m)^! +2\.000000 .*rule_fire rule=r1")

    def test_park(self):
        held = f"{self.HOST} rule=r1 trigger=queue lun=0:0:0 cdb=2a00"
        parked, never = read(
            line(1, "park", held),
            line(2, "park", held),
            line(3, "release", f"{held} held_ms=2000 why=deadline"),
            line(9, "link", f"{self.HOST} from=up to=down mode=fail why=rule"),
        ).spans
        self.assertEqual((parked.device, parked.end, parked.result), ("6:0:0:0", 3.0, "deadline"))
        self.assertTrue(never.hangs)

    def test_oracle_and_link(self):
        timeline = read(
            line(1, "io_while_suspended", f"{self.HOST} lun=0:0:0 submitter=scan cdb=12 state=freeze reaction=fail"),
            line(2, "link", f"{self.HOST} from=up to=down mode=fail why=user"),
        )
        self.assertEqual(
            [(mark.kind, mark.device) for mark in timeline.marks], [("oracle", "6:0:0:0"), ("link", "host6")]
        )

    def test_not_added_yet(self):
        timeline = read(line(1, "rule_fire", "host=t1 host_no=-1 rule=r trigger=host_add action=errno lun=-"))
        self.assertEqual(timeline.marks[0].device, "t1")
        drawn(timeline)


class Hangs(unittest.TestCase):
    def test_report(self):
        timeline = read(
            note(0, "start rpm/x on stock"),
            rpm(1, "resume", "6:0:0:0"),
            returns(2, "resume", "6:0:0:0", 0),
            note(11, "says not back: bash pid 6 wchan do_wait"),
            note(12, "says     do_wait+0xa5/0x190"),
            note(13, "says hang: 'read' (pid 6) did not come back in 10 s"),
            note(14, "says blocked: dd pid 7 wchan __bio_queue_enter"),
            note(15, "says     __bio_queue_enter+0x107/0x210"),
            note(15, "says   file /dev/sda"),
            note(16, "says parent rpmfault.1.auto: suspended (control auto, usage 0)"),
            note(16, "says holds: bash pid 8 wchan pipe_read"),
            note(16, "says     pipe_read+0x1/0x2"),
            note(17, "verdict hang"),
        )
        [blocked] = timeline.blocked
        self.assertEqual((str(blocked.task), blocked.where, blocked.since), ("dd-7", "__bio_queue_enter", 2.0))
        self.assertEqual(blocked.stack, ["__bio_queue_enter+0x107/0x210"])
        self.assertEqual((timeline.title, timeline.verdict), ("rpm/x on stock", "hang"))
        self.assertEqual(timeline.reason, "'read' (pid 6) did not come back in 10 s")
        self.assertEqual(
            timeline.report,
            ["parent rpmfault.1.auto: suspended (control auto, usage 0)", "holds: bash pid 8 wchan pipe_read"],
        )
        self.assertIn("! dd-7 waits in __bio_queue_enter since 2.000000 s, for 15.0 s", text.render(timeline))
        self.assertEqual(len(hatched(timeline)), 1)

    def test_who_was_never_heard_of(self):
        timeline = read(note(1, "says not back: bash pid 6 wchan do_wait"), note(2, "verdict hang"))
        self.assertEqual(timeline.blocked[0].since, None)
        self.assertIn("bash-6 waits in do_wait since before the trace", text.render(timeline))
        self.assertEqual(len(hatched(timeline)), 1)

    def test_open_for_long(self):
        timeline = read(
            command(1, "start"), rpm(1.5, "resume", "host6"), rpm(4.9, "idle", "host6", "a-1"), note(5, "verdict fail")
        )
        self.assertEqual([span.hangs for span in timeline.spans], [True, True, False])
        self.assertIn("idle rpm_idle by a-1 since 3.900000 s, for 100 ms (just begun)", text.render(timeline))
        # Each in the lane of its device and in that of its task.
        self.assertEqual(len(hatched(timeline)), 4)

    def test_failure(self):
        timeline = read(note(1, "says FAIL: pm_only is 1"), note(2, "verdict fail"))
        self.assertEqual((timeline.verdict, timeline.reason), ("fail", "pm_only is 1"))
        self.assertIn("fail: pm_only is 1", svg.render(timeline))


class Scale(unittest.TestCase):
    def test_in_order_and_in_place(self):
        generator = random.Random(7)
        for count in (1, 2, 3, 50, 2000):
            times = [generator.choice((1e-6, 1e-3, 1, 100)) * generator.random() for _ in range(count)]
            axis = scale.Scale(times, 100, 1100)
            places = [axis.x(time) for time in sorted(times)]
            self.assertEqual(places, sorted(places))
            self.assertGreaterEqual(places[0], 100)
            self.assertLessEqual(places[-1], 1100.01)
            if count > 1:
                self.assertAlmostEqual(places[-1], 1100, delta=0.5)

    def test_silence(self):
        times = [step / 100 for step in range(100)]
        axis = scale.Scale([*times, 3600.0], 0, 1000)
        self.assertEqual(axis.breaks, [(0.99, 3600.0)])
        self.assertLess(axis.x(3600) - axis.x(0.99), 60)

    def test_labels(self):
        axis = scale.Scale([0, 0.1, 0.2, 0.35, 0.4], 0, 1000)
        labels = axis.labels()
        self.assertGreater(len(labels), 3)
        for (left, _), (right, _) in itertools.pairwise(labels):
            self.assertGreaterEqual(right - left, scale.LABEL_SPACING)
        for place, label in labels:
            self.assertAlmostEqual(axis.x(float(label)), place, delta=0.01)


class Pictures(unittest.TestCase):
    def test_names_are_escaped(self):
        timeline = read(rpm(1, "resume", "host6", '<b>&"-7'), note(2, 'says FAIL: <a href="x">'))
        self.assertIn('<b>&"-7', "".join(drawn(timeline).itertext()))

    def test_nothing(self):
        drawn(read())
        self.assertTrue(text.render(read()))

    def test_many_events(self):
        lines = []
        for index in range(20000):
            task = f"dd-{index % 300}"
            lines += [rpm(index, "resume", "6:0:0:0", task), returns(index + 0.5, "resume", "6:0:0:0", -5, task)]
        picture = svg.render(read(*lines))
        self.assertLess(len(picture), 4_000_000)
        self.assertIn("more, of less interest", picture)

    def test_all_within_the_picture(self):
        for name in ("hang", "pass"):
            root = drawn(fixture(name))
            self.assertLess(float(root.get("height")), 1200)
            for rect in root.iter(f"{SVG}rect"):
                # Not the background, and what a pattern is made of.
                if rect.get("x"):
                    self.assertLessEqual(float(rect.get("x")) + float(rect.get("width")), svg.WIDTH)
                    self.assertGreaterEqual(float(rect.get("width")), 0)


class Recorded(unittest.TestCase):
    def test_hang(self):
        """rpm/resume_hba_fails on the stock kernel: four waiters that nobody wakes."""
        timeline = fixture("hang")
        self.assertEqual(timeline.verdict, "hang")
        self.assertEqual(sorted(blocked.task.comm for blocked in timeline.blocked), ["dd", "dd", "dd", "sg_inq"])
        self.assertTrue(all(re.fullmatch("(__bio|blk)_queue_enter", blocked.where) for blocked in timeline.blocked))
        self.assertTrue(all(blocked.device == "6:0:0:0" for blocked in timeline.blocked))
        self.assertEqual(timeline.open_spans(), [])
        self.assertEqual(timeline.devices, ["rpmfault.1.auto", "host6", "target6:0:0", "6:0:0:0", "sda"])
        self.assertEqual(len(hatched(timeline)), 4)
        self.assertTrue(any(span.device == "rpmfault.1.auto" and span.result == "-5" for span in timeline.spans))

    def test_pass(self):
        """The same scenario on the fixed kernel: nothing is red, nothing is left."""
        timeline = fixture("pass")
        self.assertEqual((timeline.verdict, timeline.blocked, timeline.open_spans()), ("pass", [], []))
        self.assertEqual(hatched(timeline), [])
        self.assertNotIn("still open", text.render(timeline))

    def test_program(self):
        with tempfile.TemporaryDirectory() as directory:
            run = subprocess.run(
                [sys.executable, "-B", HERE / "timeline.py", HERE / "fixtures/hang.trace", f"{directory}/x"],
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            *who, text_file, svg_file = run.stdout.splitlines()
            self.assertEqual(len(who), 5)
            self.assertEqual((text_file, svg_file), (f"{directory}/x.txt", f"{directory}/x.svg"))
            xml.etree.ElementTree.parse(svg_file)
        for wrong in ([], ["/nonexistent"], ["/dev/null", "/nonexistent/x"]):
            run = subprocess.run(
                [sys.executable, "-B", HERE / "timeline.py", *wrong], stderr=subprocess.PIPE, text=True, check=False
            )
            self.assertEqual(run.returncode, 1)
            self.assertNotIn("Traceback", run.stderr)


if __name__ == "__main__":
    unittest.main()
