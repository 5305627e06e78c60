#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Makes random hosts, uses them, and takes them away while they are in use.

    teardown_storm.py SEED FIRST COUNT SECONDS

Host number N of a seed is always the same one: its settings, rules and users, how it is
taken away, and when. The settings come from a table below, the pairs of triggers and
actions from `pairs` of the module. Everything that takes a host away has to come back
within SECONDS, and then nothing of it may be left, nor of those who have used it.

Exit status 1 if something is left, or the kernel is tainted by a warning; 124 if something
does not come back. The last lines say what the host was like.

System sleep is not part of it: it freezes everybody who could take a host away meanwhile.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import pathlib
import random
import signal
import struct
import sys
import time

RPMFAULT = pathlib.Path("/sys/kernel/config/rpmfault")
PLATFORM = pathlib.Path("/sys/bus/platform")
SD = pathlib.Path("/sys/bus/scsi/drivers/sd")
HOST = RPMFAULT / "t-storm"
EXIT_LEFT, EXIT_HANG = 1, 124
# Says how long each took.
VERBOSE = os.environ.get("STORM_VERBOSE")

SG_IO, SG_SCSI_RESET = 0x2285, 0x2284
SG_DXFER_NONE = -1
BLOCK = 4096
# Taints of a kernel that has found a bug in itself: bad page (KASAN), died, warned, soft lockup.
TAINTS = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14

# Triggers that are met while the machine is awake.
TRIGGERS = (
    "queue queue queue queue complete complete timed_out commit init_cmd"
    " eh_abort eh_device_reset eh_target_reset eh_bus_reset eh_host_reset sysfs_host_reset"
    " host_add target_alloc sdev_init sdev_configure sdev_destroy scan_finished change_queue_depth"
    " rpm_idle rpm_suspend rpm_suspend rpm_suspend rpm_resume rpm_resume rpm_resume rpm_resume"
    " link_down link_up fast_io_fail dev_loss timer timer"
).split()
# What else a rule with this action says.
ARGUMENTS = {
    "errno": [{"errno": word} for word in "EIO EBUSY EAGAIN ENODEV ETIMEDOUT EACCES ENOMEM".split()],
    "result": [
        {"sense": "02/04/02"}, {"sense": "06/29/00"}, {"sense": "03/11/00"}, {"sense": "0b/00/00"},
        {"status": "busy"}, {"status": "task_set_full"}, {"status": "reservation_conflict"},
        {"host_byte": "no_connect"}, {"host_byte": "bus_busy"}, {"host_byte": "time_out"},
        {"host_byte": "error"}, {"host_byte": "requeue"}, {"host_byte": "imm_retry"},
        {"host_byte": "transport_disrupted"}, {"host_byte": "soft_error"},
    ],
    "queue_ret": [{"queue_ret": word} for word in "host_busy device_busy target_busy eh_retry".split()],
    "eh": [{"eh_ret": ret, "when": when} for ret in "success failed fast_io_fail".split() for when in ("before", "after")],
    "short": [{"resid": 512}],
    "corrupt": [{"data": "deadbeef@0"}],
    "delay": [{"delay_us": us, "jitter_us": us} for us in (100, 20_000, 300_000)],
    "drop": [{"on_abort": word} for word in "success failed late".split()],
    "stall": [
        {"stall_ms": ms, "on_abort": word}
        for ms in (0, 0, 50, 700) for word in "success failed late".split()
    ],
    "bounce": [{"link_arg": word} for word in ("5", "200", "20,20,5")],
    "ua": [{"ua_arg": word} for word in ("29/00", "28/00,3f/0e")],
    "not_ready": [{"state_arg": ms} for ms in (10, 500)],
    "capacity": [{"state_arg": size} for size in (1 << 20, 1 << 27)],
    "alua": [{"state_arg": word} for word in "ao anx standby unavail transition".split()],
}  # fmt: skip

SETTINGS = {
    "nr_hw_queues": (1, 2),
    "can_queue": (1, 4, 128),
    "host_tagset": (0, 1),
    "completion": ("inline", "hrtimer", "wq"),
    "latency_ns": (0, 0, 100_000, 5_000_000),
    "async_scan": (0, 0, 0, 1),
    "scan": ("auto", "auto", "auto", "manual"),
    "eh_strategy": ("midlayer", "midlayer", "transport"),
    "eh_noresume": (0, 1),
    # Ten seconds that are the mid layer's: the error handler sleeps, whoever waits for it.
    "skip_settle_delay": (1,),
    "pm/runtime": ("on", "on", "on", "off"),
    "pm/control": ("auto", "auto", "on"),
    "pm/autosuspend_ms": (-1, 0, 0, 30),
    "pm/sdev_autosuspend": (1, 1, 0),
    "pm/sdev_autosuspend_ms": (-1, 0, 10, 100),
    "pm/ignore_children": (0, 0, 1),
    "pm/async_suspend": (0, 1),
    "pm/supplier": ("none", "none", "0:0:0"),
    "pm/suspend_ms": (0, 0, 40),
    "pm/resume_ms": (0, 0, 40),
    "pm/resume_ua": ("none", "29/00"),
    "pm/lose_state": ("none", "mode", "cache", "all"),
    # Not warn, which is a WARNING.
    "pm/io_while_suspended": ("fail", "allow"),
    "link/up_ua": ("none", "29/07"),
    "link/on_up": ("unblock", "rescan"),
    "link/wwn_change": (0, 0, 1),
    "link/up_delay_ms": (0, 0, 50),
    "link/down_on_suspend": (0, 0, 0, 1),
    "link/flap_jitter_ms": (0, 20),
}
# The timers have to go together whenever one is written, and mode block needs one.
LINKS = (
    {"link/mode": "fail"},
    {"link/mode": "drop"},
    {"link/mode": "offline"},
    {"link/mode": "remove"},
    {"link/fast_io_fail_tmo": 1, "link/mode": "block"},
    {"link/dev_loss_tmo": 1, "link/mode": "block"},
    {"link/dev_loss_tmo": 2, "link/fast_io_fail_tmo": 1, "link/mode": "block"},
    {"link/dev_loss_tmo": 60, "link/mode": "block", "link/reconnect_delay": 1},
)
UNITS = ("disk", "disk", "disk", "disk", "cdrom")
# How a host is taken away. What is ours comes back by itself. The others may wait, until the
# clean-up, for what a rule holds meanwhile:
# - `delete`: scsi_remove_device() waits for the scan_mutex of the host, which a scan holds, and
#   sd_remove() for the resume of the disk (scsi_autopm_get_device()), with the lock of the device.
# - `unbind`: for the lock of the device, which enable=1 holds as long as the driver is probed.
# - `unbind sd`: as `delete`, with the locks of the device and of its parent.
ALONE = ("enable=0", "rmdir", "units first", "units")
WAYS = ALONE + ("delete", "unbind", "unbind sd", "kill")


class Hang(Exception):
    """Something did not come back."""


class Left(Exception):
    """Something is left behind."""


def put(path, value):
    """One write(2); returns its error, as others may take the host away meanwhile."""
    try:
        fd = os.open(path, os.O_WRONLY)
    except OSError as error:
        return error.errno
    try:
        os.write(fd, f"{value}\n".encode())
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)


def configure(directory, settings):
    """Makes a directory of configfs, and says what it does not take: the tables are wrong then."""
    directory.mkdir()
    for name, value in settings.items():
        if put(directory / name, value) == errno.EINVAL:
            print(f"{name}={value} is refused: {settings}", flush=True)


def get(path):
    """What a file says, or nothing if it says nothing."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def children(directory):
    """The directories in one, which may be gone meanwhile."""
    try:
        return [path for path in directory.iterdir() if path.is_dir()]
    except OSError:
        return []


class Plan:
    """A host, its users and its end."""

    def __init__(self, seed, number, pairs):
        draw = random.Random(f"{seed}:{number}")
        self.name = f"host {number} of seed {seed}"
        # What is not mentioned has its default.
        self.settings = {name: draw.choice(words) for name, words in SETTINGS.items() if draw.random() < 0.5}
        self.settings["skip_settle_delay"] = 1
        self.settings |= draw.choice(LINKS)
        self.units = {}
        for target in range(draw.choice((1, 1, 1, 2, 3))):
            unit = {"type": draw.choice(UNITS) if target else "disk"}
            if unit["type"] == "disk":
                unit |= {"size": "4M", "queue_depth": draw.choice((1, 32)), "write_cache": draw.choice((0, 1))}
            self.units[f"0:{target}:0"] = unit
        self.rules = [self._rule(draw, pairs) for _ in range(draw.randrange(5))]
        # Made before, or after the host is enabled.
        self.early = draw.randrange(len(self.rules) + 1)
        # Seconds until a command has taken too long.
        self.timeout = draw.choice((None, 1, 2))
        self.users = [draw.choice(list(USERS)) for _ in range(draw.randrange(1, 5))]
        self.seeds = [draw.getrandbits(32) for _ in self.users]
        self.wait = draw.choice((0.05, 0.3, 0.6, 1, 1.5, 3)) * (0.5 + draw.random())
        self.way = draw.choice(WAYS)
        self.clean_up = draw.choice(("enable=0", "rmdir", "units first"))
        # How long the way has before the clean-up begins as well.
        self.lead = draw.choice((0, 0.05, 0.5))

    @staticmethod
    def _rule(draw, pairs):
        rule = {"trigger": draw.choice([trigger for trigger in TRIGGERS if trigger in pairs])}
        actions = sorted(pairs[rule["trigger"]])
        # What holds is what the end of a host is about.
        holding = [action for action in ("stall", "drop", "errno") if action in actions]
        rule["action"] = draw.choice(holding if holding and draw.random() < 0.6 else actions)
        rule |= draw.choice(ARGUMENTS.get(rule["action"], [{}]))
        if rule["action"] == "stall" and "errno" in actions and draw.random() < 0.3:
            rule |= {"errno": "EIO", "release_result": "result"}
        if rule["trigger"] in ("queue", "complete", "timed_out"):
            rule |= draw.choice(({}, {"origin": "pm"}, {"origin": "fs"}, {"opcode": "read,write"}, {"origin": "scan"}))
        if rule["trigger"] == "timer":
            rule["delay_ms"] = draw.choice((1, 50, 400))
        rule |= {
            "times": draw.choice((-1, -1, 1, 3)),
            "probability": draw.choice((100, 100, 50)),
            "skip": draw.choice((0, 0, 1, 5)),
            "final": draw.choice((0, 1)),
            "seed": draw.randrange(1, 1 << 32),
        }
        return rule

    def __str__(self):
        lines = [f"{self.name}: ended by {self.way}, then {self.clean_up} after {self.lead} s"]
        lines.append(f"  after {self.wait:.2f} s, commands take {self.timeout or 30} s at most")
        lines += [f"  {name}={value}" for name, value in self.settings.items()]
        lines += [f"  unit {name}: {unit}" for name, unit in self.units.items()]
        lines += [f"  rule {at}{' (early)' if at < self.early else ''}: {rule}" for at, rule in enumerate(self.rules)]
        lines += [f"  user {name}" for name in self.users]
        return "\n".join(lines)


# ---- those who use the host, each a process


def devices():
    """The sysfs directories of the host's devices."""
    number = get(HOST / "host_no")
    if not number.isdigit():
        return []
    return [link / "device" for link in pathlib.Path("/sys/class/scsi_device").glob(f"{number}:*")]


def nodes(kind):
    """The device nodes of the host's devices: `block` or `scsi_generic`."""
    return [f"/dev/{node.name}" for device in devices() for node in children(device / kind)]


def use_direct(draw):
    """Reads and writes past the page cache."""
    buffer = mmap.mmap(-1, BLOCK)
    for node in nodes("block"):
        fd = os.open(node, os.O_RDWR | os.O_DIRECT)
        try:
            for _ in range(20):
                offset = draw.randrange(512) * BLOCK
                if draw.random() < 0.5:
                    os.preadv(fd, [buffer], offset)
                else:
                    os.pwritev(fd, [buffer], offset)
        finally:
            os.close(fd)


def use_cached(draw):
    """Writes through the page cache, and flushes."""
    for node in nodes("block"):
        fd = os.open(node, os.O_RDWR)
        try:
            os.pwrite(fd, bytes(BLOCK * 16), draw.randrange(512) * BLOCK)
            os.fsync(fd)
        finally:
            os.close(fd)


def use_sg(draw):
    """Sends commands without data: TEST UNIT READY, START STOP UNIT, SYNCHRONIZE CACHE."""
    for node in nodes("scsi_generic"):
        fd = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        try:
            for _ in range(5):
                command = draw.choice((bytes(6), b"\x1b\0\0\0\1\0", b"\x1b\0\0\0\0\0", b"\x35" + bytes(9)))
                cdb = ctypes.create_string_buffer(command, len(command))
                sense = ctypes.create_string_buffer(32)
                header = struct.pack(
                    "@iiBBHIPPPIIiPBBBBHHiII", ord("S"), SG_DXFER_NONE, len(command), 32, 0, 0, None,
                    ctypes.addressof(cdb), ctypes.addressof(sense), 3000, 0, 0, None, *(0,) * 9,
                )  # fmt: skip
                fcntl.ioctl(fd, SG_IO, bytearray(header))
        finally:
            os.close(fd)


def use_reset(draw):
    """Resets a device, a target, the bus, or the host."""
    for node in nodes("scsi_generic"):
        fd = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(fd, SG_SCSI_RESET, struct.pack("i", draw.choice((1, 2, 3, 4))))
        finally:
            os.close(fd)
    time.sleep(0.1)


def use_link(draw):
    """Takes the link up and down."""
    name, value = draw.choice((("state", "down"), ("state", "up"), ("state", "up"), ("bounce", "50"), ("bounce", "5,5,3")))
    put(HOST / "link" / name, value)
    time.sleep(draw.choice((0, 0.05, 0.3)))


def use_power(draw):
    """Changes what may suspend, and wakes it."""
    name, value = draw.choice(
        (("control", "on"), ("control", "auto"), ("wake", 1), ("idle", 1), ("clear_error", 1), ("autosuspend_ms", 0))
    )
    put(HOST / "pm" / name, value)
    for device in devices():
        put(device / "power/control", draw.choice(("on", "auto")))
    time.sleep(draw.choice((0, 0.05)))


def use_sysfs(draw):
    """Has the kernel look at devices, or at the host, anew."""
    what = draw.choice(("rescan", "scan", "reset", "depth", "eh", "timeout"))
    shost = pathlib.Path(f"/sys/class/scsi_host/host{get(HOST / 'host_no')}")
    match what:
        case "scan":
            put(HOST / "rescan", "- - -")
        case "reset":
            put(shost / "host_reset", "adapter")
        case "eh":
            put(HOST / "schedule_eh", 1)
        case _:
            for device in devices():
                name, value = {"rescan": ("rescan", 1), "depth": ("queue_depth", 2), "timeout": ("timeout", 1)}[what]
                put(device / name, value)
    time.sleep(0.02)


def use_rules(draw):
    """Releases what rules hold, waits for what they hold, and switches them off and on."""
    rules = children(HOST / "faults")
    if not rules:
        time.sleep(0.1)
        return
    rule = draw.choice(sorted(rules))
    match draw.choice(("release", "wait", "off", "reset")):
        case "release":
            put(rule / "release", "all")
        case "wait":
            put(rule / "wait_ms", 100)
            get(rule / "wait")
        case "off":
            put(rule / "enable", 0)
            put(rule / "enable", 1)
        case "reset":
            put(rule / "reset", 1)
    time.sleep(0.05)


def use_twice(draw):
    """Switches the host off and on."""
    time.sleep(draw.choice((0.1, 0.5)))
    put(HOST / "enable", 0)
    put(HOST / "enable", 1)


USERS = {
    "direct": use_direct,
    "cached": use_cached,
    "sg": use_sg,
    "reset": use_reset,
    "link": use_link,
    "power": use_power,
    "sysfs": use_sysfs,
    "rules": use_rules,
    "twice": use_twice,
}


def use(name, seed):
    """Uses the host until somebody kills the process."""
    draw = random.Random(seed)
    while True:
        try:
            USERS[name](draw)
            if not devices():
                time.sleep(0.05)
        except OSError:
            time.sleep(0.02)


def make(plan):
    """Makes the host and those who use it, as a shell of somebody would."""

    def add_rule(at):
        configure(HOST / f"faults/r{at}", plan.rules[at] | {"enable": 1})

    configure(HOST, plan.settings)
    for name, unit in plan.units.items():
        configure(HOST / "luns" / name, unit)
    for at in range(plan.early):
        add_rule(at)
    # Rules may hold the scan, so these begin before it ends.
    for name, seed in zip(plan.users, plan.seeds):
        if os.fork() == 0:
            try:
                use(name, seed)
            finally:
                os._exit(1)
    put(HOST / "enable", 1)
    for device in devices() if plan.timeout else ():
        put(device / "timeout", plan.timeout)
    for at in range(plan.early, len(plan.rules)):
        add_rule(at)


# ---- the end


def in_child(function, *arguments):
    """Starts a function in a process group of its own, and returns its id."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            function(*arguments)
        except OSError:
            # Somebody else has taken it away.
            pass
        finally:
            os._exit(0)
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass
    return pid


def join(pid, what, seconds):
    """Waits for a child, and for the rest of its process group."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
        except ChildProcessError:
            return
        if time.monotonic() > deadline:
            raise Hang(f"{what} did not come back in {seconds} s")
        time.sleep(0.01)


def alive(group):
    """Tells whether a process group has a process that is no zombie."""
    # This process reaps what has lost its parent.
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def remove(order):
    """Takes away what there is in configfs: the host only, its units only, or all in some order."""
    if order == "enable=0":
        put(HOST / "enable", 0)
    kinds = {"units": ("luns",), "units first": ("luns", "faults")}.get(order, ("faults", "luns"))
    for kind in kinds:
        for directory in children(HOST / kind):
            rmdir(directory)
    if order != "units":
        rmdir(HOST)


def rmdir(path):
    """Removes a directory, if it is there and empty."""
    try:
        path.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EBUSY):
            raise


def end(way):
    """Begins to take the host away in some way; may wait for what the clean-up lets go of."""
    match way:
        case "enable=0":
            put(HOST / "enable", 0)
        case "rmdir" | "units first" | "units":
            remove(way)
        case "delete":
            # sdev_store_delete() takes the device's lock in scsi_remove_device(), which a probe or
            # an unbind of sd holds, and waits in sd_remove() for its resume: held ones end here
            # only by the clean-up.
            for device in devices():
                put(device / "delete", 1)
        case "unbind":
            for device in (PLATFORM / "drivers/rpmfault").glob("rpmfault.*"):
                put(PLATFORM / "drivers/rpmfault/unbind", device.name)
        case "unbind sd":
            for device in devices():
                put(SD / "unbind", device.resolve().name)


def remains():
    """What is left of hosts of ours."""
    found = [str(path) for path in (PLATFORM / "devices").glob("rpmfault.*")]
    for host in pathlib.Path("/sys/class/scsi_host").glob("host*"):
        if get(host / "proc_name") == "rpmfault":
            found.append(str(host))
    found += [str(path) for path in RPMFAULT.glob("t-storm*")]
    return found


def error_handlers():
    """The error handlers' threads, which end with the last reference of a host."""
    names = (get(path) for path in pathlib.Path("/proc").glob("[0-9]*/comm"))
    return {name for name in names if name.startswith("scsi_eh_")}


def tainted():
    """The taints of a kernel that has found a bug."""
    return int(get(pathlib.Path("/proc/sys/kernel/tainted"))) & TAINTS


def wait_until(condition, what, seconds):
    """Waits for something that comes soon after the end of the users."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Left(what())
        time.sleep(0.02)


def run(plan, seconds):
    """Makes a host and takes it away; returns how long that took."""
    maker = in_child(make, plan)
    time.sleep(plan.wait)
    begun = time.monotonic()
    if plan.way == "kill":
        os.killpg(maker, signal.SIGKILL)
        ending = None
    else:
        ending = in_child(end, plan.way)
    if plan.way in ALONE:
        join(ending, plan.way, seconds)
    elif ending:
        time.sleep(plan.lead)
    join(in_child(remove, plan.clean_up), f"clean-up by {plan.clean_up}", seconds)
    if ending:
        join(ending, plan.way, seconds)
    # Its users, who may have made it anew meanwhile, or switched it on.
    while alive(maker):
        if time.monotonic() - begun > 2 * seconds:
            raise Hang(f"a user of the host is there {2 * seconds} s after it was killed")
        os.killpg(maker, signal.SIGKILL)
        join(in_child(remove, plan.clean_up), f"clean-up by {plan.clean_up}, once more", seconds)
        time.sleep(0.1)
    join(in_child(remove, plan.clean_up), f"last clean-up by {plan.clean_up}", seconds)
    wait_until(lambda: not remains(), lambda: f"left: {' '.join(remains())}", seconds)
    return time.monotonic() - begun


def main(seed, first, count, seconds):
    # Orphans become children, to be waited for.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    pairs = {}
    for line in get(RPMFAULT / "pairs").splitlines():
        triggers, _, actions = line.partition("=")
        for trigger in triggers.split(","):
            pairs.setdefault(trigger, set()).update(actions.split(","))
    handlers = error_handlers()
    slowest = (0, "nobody")
    for number in range(first, first + count):
        plan = Plan(seed, number, pairs)
        # So that the kernel's log says which host it is about.
        put("/dev/kmsg", f"rpmfault-test: storm, {plan.name}")
        begun = time.monotonic()
        try:
            took = run(plan, seconds)
            slowest = max(slowest, (took, plan.way))
            if VERBOSE:
                print(f"{plan.name}: {plan.way} took {took:.1f} s of {time.monotonic() - begun:.1f} s", flush=True)
            if tainted():
                raise Left("a warning in the kernel log")
        except (Hang, Left) as trouble:
            print(f"{trouble}\n{plan}", flush=True)
            return EXIT_HANG if isinstance(trouble, Hang) else EXIT_LEFT
    try:
        wait_until(lambda: error_handlers() <= handlers, lambda: f"left: {error_handlers() - handlers}", seconds)
    except Left as trouble:
        print(trouble)
        return EXIT_LEFT
    print(f"{count} hosts, the slowest end took {slowest[0]:.1f} s ({slowest[1]})")
    return 0


if __name__ == "__main__":
    os._exit(main(sys.argv[1], *map(int, sys.argv[2:])))
