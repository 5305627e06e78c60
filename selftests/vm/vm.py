#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs scenarios on a kernel under test, in virtual machines that may hang.

    vm.py run KERNEL SCENARIO...     run them, print KTAP; exit 1 if one failed
    vm.py shell KERNEL               an interactive shell with the module loaded

Runs in the root (enter.sh) and builds nothing: kernel.sh and module.sh come
first (prepare()). The guest runs selftests/run.sh, whose KTAP is passed on. Its root is that of the
runner, over 9p, which does not survive a real S3: scenarios whose header says `# machine: ram` run
in a guest with a disk of its own for a root (image.sh), whose memory is all that it keeps when it sleeps.
Whatever the guest does, each scenario gets a result: a guest that says nothing
for too long (a hang; it is made to say what blocks it), dies or declares itself dirty
is thrown away, and the remaining scenarios run in a fresh one. The console of each guest is kept as
$RPMFAULT_LOGS/console-KERNEL-N.log, and the timeline of each scenario that did
not pass as $RPMFAULT_LOGS/timelines-KERNEL/SCENARIO.timeline.svg and .txt (TIMELINE=1: of all).
Of one that hung there is the graph of who waits for whom in $RPMFAULT_LOGS/waits-KERNEL/, as
SCENARIO.waits.svg, .dot and .txt, made of SCENARIO.report.
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import itertools
import os
import pathlib
import queue
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

import monitor

HERE = pathlib.Path(__file__).resolve().parent
SELFTESTS = HERE.parent
LOGS = pathlib.Path(os.environ["RPMFAULT_LOGS"])

# What a machine has besides the disk, the console and the AHCI CD-ROM that virtme-ng and QEMU give it:
# two PCIe switches, whose buses selftests/pci/ resets, see pci.sh there. One hangs on a root port
# without hot-plug, the other one is in a slot. The PCI device numbers are out of the way of what QEMU
# numbers by itself; links of 2.5 GT/s come up after a reset as far as the kernel can see.
MACHINE = (
    # The kernel drives the slots, not ACPI.
    "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
    "-device", "pcie-root-port,id=t-bus,addr=10.0,chassis=101,hotplug=off,x-speed=2_5,x-width=1",
    "-device", "x3130-upstream,id=t-bus-switch,bus=t-bus",
    "-device", "xio3130-downstream,id=t-bus-0,bus=t-bus-switch,addr=0.0,chassis=102,hotplug=off",
    "-device", "pci-testdev,bus=t-bus-0",
    "-device", "xio3130-downstream,id=t-bus-1,bus=t-bus-switch,addr=1.0,chassis=103,hotplug=off",
    "-device", "pcie-pci-bridge,id=t-bus-pci,bus=t-bus-1",
    "-device", "pci-testdev,bus=t-bus-pci,addr=1.0",
    "-device", "pcie-root-port,id=t-slot,addr=11.0,chassis=111,slot=1,x-speed=2_5,x-width=1",
    "-device", "x3130-upstream,id=t-slot-switch,bus=t-slot",
    "-device", "xio3130-downstream,id=t-slot-0,bus=t-slot-switch,addr=0.0,chassis=112,slot=2",
    "-device", "pci-testdev,bus=t-slot-0",
    "-device", "xio3130-downstream,id=t-slot-1,bus=t-slot-switch,addr=1.0,chassis=113,hotplug=off",
    "-fsdev", f"local,id=t-held,path={HERE},security_model=none,readonly=on,multidevs=remap",
    "-device", "virtio-9p-pci,fsdev=t-held,mount_tag=rpmfault-held,bus=t-slot-1",
)  # fmt: skip
# What one with a root of its own has besides MACHINE, as the machine of a report has it: a disk and a
# CD-ROM behind AHCI. {} is what is in them.
RAM_MACHINE = (
    "-drive", "file={},format=raw,if=ide,index=0,snapshot=on",
    "-drive", "file={},format=raw,if=ide,index=1,media=cdrom",
)  # fmt: skip
MEDIUM_BYTES = 4 << 20
# How many machines run at a time, and how many scenarios one of them gets at most: few enough that
# none has much to do when there is nothing left for the others.
MACHINES = 2
BATCH = 8
# Seconds until a guest's runner has said its first word, on a busy machine without KVM.
BOOT_DEADLINE = 180
# A scenario's own deadline is enforced by the guest; this many times it is for a guest that cannot.
# With DEBUG the guest takes four times as long (TIME_SCALE in run.sh).
DEADLINE_FACTOR = 12 if os.environ.get("DEBUG") else 3
# Seconds in which a guest must run true(1) for KVM to count as usable.
KVM_DEADLINE = 20
# A scratch disk, empty at the start of each guest: the image of a hibernation.
DISK_BYTES = 2 << 30
# The line by which run.sh declares its machine dirty. Such a guest may not even power down.
DIRTY = "# dirty"
# How the report of a hang begins (hang.sh), and what run.sh writes to the kernel log before a scenario.
HANG = "# hang: "
MARK = "rpmfault-test: {name} "
# Lines of console shown for a guest that hung or died.
CONSOLE_TAIL = 40
# Seconds in which a guest that says nothing tells what blocks it, and the letters that ask it: the
# blocked tasks, the locks that are held.
DUMP_SECONDS = 10
DUMP_KEYS = "wd"

# What run.sh needs of the kernel's tree.
KTAP_HELPERS = "/src/tools/testing/selftests/kselftest/ktap_helpers.sh"
# What scenarios and their runner take from the environment.
GUEST_VARIABLE = re.compile(r"TIMELINE$|FUZZ_(SEED|COUNT)$|STORM_|BENCH_")
RESULT = re.compile(r"^(?P<no>not )?ok \d+ (?:- )?(?P<name>\S+)(?: # ?(?P<directive>\w+) ?(?P<why>.*))?")
# QEMU's last words, which are glib's or assert()'s, and how often it may say them in one run.
QEMU_ABORT = re.compile(r"^\S*qemu-system\S*: .*Assertion .* failed")
QEMU_ABORTS_MAX = 5
MACHINE_OF = re.compile(r"^# machine: (\S+)", re.MULTILINE)
DEADLINE = re.compile(r"^# deadline: (\d+)", re.MULTILINE)
FAILS_ON = re.compile(r"^# fails-on: (?P<kernel>\S+) (?P<kind>\S+) (?P<why>.*)", re.MULTILINE)
# As in run.sh: what ends a machine, or the task that met it.
OOPS = re.compile(r"Oops|general protection fault|kernel BUG at|Kernel panic")


@dataclasses.dataclass
class Result:
    """How one scenario went on one kernel."""

    name: str
    ok: bool
    directive: str = ""  # SKIP, XFAIL or nothing
    why: str = ""
    seconds: float = 0
    diagnostics: list[str] = dataclasses.field(default_factory=list)

    def line(self, number=""):
        """Its line of KTAP, with its number there."""
        said = " ".join(filter(None, ("ok" if self.ok else "not ok", str(number), self.name)))
        return f"{said} # {self.directive} {self.why}".rstrip() if self.directive else said


def host_path(path):
    """The name by which the user knows a file of the cache."""
    return str(path).replace("/cache/", os.environ["RPMFAULT_HOST_CACHE"] + "/", 1)


def clock(seconds):
    """m:ss"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def in_kernel(kernel, *command):
    """The command line that runs a command with a kernel in place."""
    return [str(HERE / "kernel.sh"), kernel, *map(str, command)]


def prepare(kernel):
    """Builds a kernel and the module for it, with their progress on stdout."""
    subprocess.run(in_kernel(kernel, HERE / "module.sh"), check=True)


def module(kernel):
    """Where prepare() has left the module."""
    return (LOGS / f"module-{kernel}").resolve() / "src/rpmfault.ko"


def stay_up(kernel):
    """Where prepare() has left the module that lets a machine come back from system sleep."""
    return (LOGS / f"stay_up-{kernel}.ko").resolve()


# What every kernel is told: the suites of the kernel itself are not under test, and what goes wrong while
# the machine falls asleep is to be seen.
APPEND = ("kunit.filter_glob=rpmfault*", "no_console_suspend")
MEMORY = "4G" if os.environ.get("DEBUG") else "2G"


def vng(kernel, kvm, *options, qemu=()):
    """The command line that boots a kernel with the runner's root; `qemu` are options for QEMU."""
    return in_kernel(
        kernel,
        "vng", "--run", "/obj/arch/x86/boot/bzImage",
        *(() if kvm else ("--disable-kvm",)), "--disable-microvm", "--force-9p",
        "--cpus", "2", "--memory", MEMORY,
        *(word for argument in APPEND for word in ("--append", argument)),
        f"--qemu-opts={' '.join((*MACHINE, *qemu))}",
        *options,
    )  # fmt: skip


def vng_guest(kernel, kvm, command, directory=None, disk=None):
    """Boots a command with the runner's root, maybe a directory that it can write to and a disk: for Guest."""
    options = (*(("--rwdir", directory) if directory else ()), *(("--disk", disk) if disk else ()))
    return lambda *qemu: vng(kernel, kvm, *options, "--verbose", "--", command, qemu=qemu)


def ram_guest(kernel, kvm, script, root, disk, medium):
    """Boots a script with a root of its own, the image `root`, and a disk: for Guest."""
    append = (
        "root=/dev/vdb", "rootfstype=ext4", "rootflags=sync", "rw", "console=ttyS0", "panic=-1", *APPEND,
        f"init={HERE / 'image-init.sh'}", "--", str(script),
    )  # fmt: skip
    return lambda *qemu: in_kernel(
        kernel,
        "qemu-system-x86_64", "-kernel", "/obj/arch/x86/boot/bzImage", "-append", " ".join(append), "-no-reboot",
        "-machine", f"q35,accel={'kvm' if kvm else 'tcg'}", "-cpu", "max", "-smp", "2", "-m", MEMORY,
        "-nodefaults", "-display", "none",
        # As vng has it: the console is the error output, and what the script says is the output.
        "-chardev", "file,id=console,path=/proc/self/fd/2", "-serial", "chardev:console",
        "-chardev", "file,id=output,path=/proc/self/fd/1", "-serial", "chardev:output",
        *(word for image in (disk, root) for word in ("-drive", f"file={image},format=raw,if=virtio")),
        *(word.format(medium) for word in RAM_MACHINE), *MACHINE, *qemu,
    )  # fmt: skip


class Guest:
    """A running virtual machine; `boot` is the function that makes its command line of options for QEMU."""

    def __init__(self, boot, console):
        self.console = []
        self._lines = queue.Queue()
        self._socket = tempfile.TemporaryDirectory(prefix="rpmfault-")
        socket = pathlib.Path(self._socket.name) / "monitor"
        self._monitor = monitor.Monitor(socket)
        # A process group of its own, so that kill() gets QEMU too.
        self._process = subprocess.Popen(
            boot("-qmp", f"unix:{socket}"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        self._readers = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_console, args=(console,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_output(self):
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\r\n"))
        self._lines.put(None)

    def _read_console(self, console):
        with open(console, "w", encoding="utf-8") as log:
            for line in self._process.stderr:
                log.write(line)
                log.flush()
                self.console.append(line.rstrip("\r\n"))

    def line(self, deadline):
        """The next line of output; None at its end; TimeoutError past the deadline."""
        try:
            return self._lines.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None

    def wait(self, deadline):
        """The command's exit status; 255 if the machine died; TimeoutError past the deadline."""
        try:
            return self._process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def dump(self):
        """What a machine that says nothing prints on its console when asked what blocks it."""
        begin = len(self.console)
        if not all(map(self._monitor.sysrq, DUMP_KEYS)):
            return []
        time.sleep(DUMP_SECONDS)
        return self.console[begin:]

    def kill(self):
        """Ends the machine, whatever state it is in."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        for reader in self._readers:
            reader.join()
        self._monitor.close()
        self._socket.cleanup()


def usable_kvm(kernel):
    """Tells whether KVM runs guests here, by running one; once per boot of the host."""
    known = pathlib.Path("/cache/kvm")
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    try:
        known_boot, verdict = known.read_text().split()
        if known_boot == boot:
            return verdict == "usable"
    except (OSError, ValueError):
        pass
    # A KVM that is present may still be one whose guests die at once.
    guest = Guest(vng_guest(kernel, True, "true"), LOGS / "console-kvm-probe.log")
    try:
        usable = guest.wait(time.monotonic() + KVM_DEADLINE) == 0
    except TimeoutError:
        usable = False
    finally:
        guest.kill()
    known.write_text(f"{boot} {'usable' if usable else 'unusable'}\n")
    return usable


def choose_accelerator(kernel):
    """usable_kvm(), and says which is used."""
    kvm = usable_kvm(kernel)
    print("virtual machines run under", "KVM" if kvm else "TCG (KVM does not run a guest here)")
    return kvm


def scenarios(patterns):
    """The names of the scenarios that match any of the patterns, or of all."""
    listing = subprocess.run(
        [SELFTESTS / "run.sh", "--list", *patterns], check=True, stdout=subprocess.PIPE, text=True
    )
    return listing.stdout.split()


def failures(scenario):
    """The kernels that a scenario must fail on, with the kind of failure and the reason."""
    text = (SELFTESTS / f"{scenario}.sh").read_text()
    return {found["kernel"]: (found["kind"], found["why"]) for found in FAILS_ON.finditer(text)}


def expected_failure(scenario, kernel):
    """How a scenario must fail on a kernel, as in run.sh: kind and reason, or nothing."""
    known = failures(scenario)
    return known.get(kernel) or (known.get("stock") if kernel != "fixed" else None)


def machine_of(scenario):
    """The kind of machine that a scenario needs: `ram`, or nothing."""
    found = MACHINE_OF.search((SELFTESTS / f"{scenario}.sh").read_text())
    return found[1] if found else ""


def deadline_of(scenario):
    """Seconds after which the guest is not going to give a verdict any more."""
    found = DEADLINE.search((SELFTESTS / f"{scenario}.sh").read_text())
    return DEADLINE_FACTOR * int(found[1] if found else 60)


# Numbers the guests of a run of this program.
GUESTS = itertools.count(1)


class Run:
    """Scenarios on one kernel; `emit` gets each line of the KTAP, and `done` each result."""

    def __init__(self, kernel, kvm, emit=lambda line: None, done=lambda result: None):
        self.kernel = kernel
        self.results = []
        self._kvm = kvm
        self._emit = emit
        self._done = done
        self._traces = LOGS / f"timelines-{kernel}"
        self._traces.mkdir(exist_ok=True)
        self._waits = LOGS / f"waits-{kernel}"
        self._waits.mkdir(exist_ok=True)
        self._diagnostics = []
        self._started = 0.0
        self._booted = False
        self._tail = []
        # The image of a guest with a root of its own.
        self._root = None

    def run(self, names):
        """Runs the scenarios in as many guests as it takes, and returns their results."""
        names = list(names)
        self._emit("KTAP version 1")
        self._emit(f"1..{len(names)}")
        aborts = 0
        while len(self.results) < len(names):
            had = len(self.results)
            machine = machine_of(names[had])
            trouble = self._one_guest(
                machine, list(itertools.takewhile(lambda name: machine_of(name) == machine, names[had:]))
            )
            # QEMU 10.0 may lose a race of its own while the guest sets its PCI devices up under
            # TCG, and then aborts. No scenario has begun, so none is to blame, or excused.
            if trouble and not self._booted and any(map(QEMU_ABORT.match, self._tail)):
                aborts += 1
                if aborts < QEMU_ABORTS_MAX:
                    self._emit(f"# {next(filter(QEMU_ABORT.match, self._tail))}: QEMU aborted at boot; once more")
                    continue
            # Progress is certain: a guest that was no good costs the scenario it was at.
            if trouble and len(self.results) < len(names):
                self._give_up(names[len(self.results)], *trouble)
        return self.results

    def _diagnose(self, line):
        self._diagnostics.append(line)
        self._emit(line)

    def _draw(self, name):
        """Makes the timeline of a scenario that has left a trace, and says where it is."""
        trace = self._traces / f"{name.replace('/', '.')}.trace"
        if self._root:
            # debugfs leaves no file if there is none.
            subprocess.run(
                ["debugfs", "-R", f"dump {trace} {trace}", self._root],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        if not trace.exists():
            return
        done = subprocess.run(
            [sys.executable, SELFTESTS / "timeline/timeline.py", trace],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        # The last line is the name of the picture, or what went wrong.
        self._diagnose(f"# timeline: {host_path(done.stdout.strip().splitlines()[-1])}")

    def _has_report(self):
        """Whether the guest has told of a hang itself."""
        return any(line.startswith(HANG) for line in self._diagnostics)

    def _explain(self, name, lines):
        """Says who waits for whom in a report of hang.sh, or in a dump of the kernel's own, and where the picture is."""
        report = self._waits / f"{name.replace('/', '.')}.report"
        report.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, SELFTESTS / "waits/waits.py", report],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        *explanation, last = done.stdout.rstrip().splitlines() or [""]
        if done.returncode:
            self._diagnose(f"# nobody is seen to wait for anything: {host_path(last)}")
            return
        for line in explanation:
            self._diagnose(f"# {line}")
        self._diagnose(f"# wait-for graph: {host_path(last)}")

    def _console_of(self, name):
        """The lines of the console since the scenario has begun."""
        lines = pathlib.Path(self._console).read_text(errors="replace").splitlines()
        mark = MARK.format(name=name.replace("/", "."))
        begun = [number for number, line in enumerate(lines) if mark in line]
        return lines[begun[-1] :] if begun else lines

    def _finish(self, name, ok, directive="", why=""):
        now = time.monotonic()
        self._draw(name)
        if self._has_report():
            self._explain(name, self._diagnostics)
        result = Result(name, ok, directive, why, now - self._started, self._diagnostics)
        self._emit(f"# {name} took {result.seconds:.1f} s on {self.kernel}")
        self.results.append(result)
        self._emit(result.line(len(self.results)))
        self._diagnostics = []
        self._started = now
        self._done(result)

    def _give_up(self, name, kind, trouble):
        """Judges a scenario whose guest could not."""
        self._diagnose(f"# {trouble}; the guest is discarded, the last lines of its console:")
        for line in self._tail:
            self._diagnose(f"#   {line}")
        self._diagnose(f"# the whole console: {host_path(self._console)}")
        if kind == "hang" and not self._has_report():
            self._explain(name, self._console_of(name))
        wanted, why = expected_failure(name, self.kernel) or ("", "")
        if kind and kind == wanted:
            self._finish(name, True, "XFAIL", f"{kind}: {why}")
        else:
            self._finish(name, False)

    @contextlib.contextmanager
    def _guest(self, machine, script):
        """A guest of a kind in which a script runs."""
        with contextlib.ExitStack() as stack:
            image = functools.partial(tempfile.NamedTemporaryFile, dir="/cache")
            disk = stack.enter_context(image(prefix="disk-"))
            disk.truncate(DISK_BYTES)
            if machine == "ram":
                medium = stack.enter_context(image(prefix="medium-"))
                medium.write(random.Random(0).randbytes(MEDIUM_BYTES))
                medium.flush()
                self._root = stack.enter_context(image(prefix="image-")).name
                # The checkout's, without what was built in it.
                selftests = [path for path in SELFTESTS.iterdir() if path.name != "host"]
                subprocess.run(
                    in_kernel(self.kernel, HERE / "image.sh", self._root, *selftests, KTAP_HELPERS, script,
                              module(self.kernel)),
                    check=True,
                )  # fmt: skip
                boot = ram_guest(self.kernel, self._kvm, script, self._root, disk.name, medium.name)
            else:
                boot = vng_guest(self.kernel, self._kvm, f"sh {script}", self._traces, disk.name)
            guest = Guest(boot, self._console)
            try:
                yield guest
            finally:
                guest.kill()
                self._tail = guest.console[-CONSOLE_TAIL:]
                self._root = None

    def _one_guest(self, machine, names):
        """Runs scenarios until the guest is not to be used any more. If it is to blame, says how and why."""
        number = next(GUESTS)
        self._console = LOGS / f"console-{self.kernel}-{number}.log"
        command = ["env", f"STAY_UP={stay_up(self.kernel)}"]
        command += [f"{name}={value}" for name, value in os.environ.items() if GUEST_VARIABLE.match(name)]
        command += [SELFTESTS / "run.sh", "--module", module(self.kernel), "--kernel", self.kernel]
        command += ["--traces", self._traces, *names]
        # virtme-ng passes a command on the kernel's command line, which cuts it at 2 KiB.
        script = LOGS / f"guest-{self.kernel}-{number}.sh"
        script.write_text(f"mkdir -p {self._traces}\nexec {shlex.join(map(str, command))}\n")
        self._started = time.monotonic()
        with self._guest(machine, script) as guest:
            return self._follow(guest, names)

    @staticmethod
    def _kind(guest, other):
        """How a guest has failed that does not say so."""
        return "oops" if any(map(OOPS.search, guest.console)) else other

    def _follow(self, guest, names):
        waiting = list(names)
        deadline = self._started + BOOT_DEADLINE
        self._booted = False
        while True:
            try:
                line = guest.line(deadline)
            except TimeoutError:
                if not self._booted:
                    return "", f"the guest did not boot within {BOOT_DEADLINE} s"
                self._diagnose("# the guest says nothing any more; asked what blocks it:")
                for told in guest.dump():
                    self._diagnose(f"#   {told}")
                return self._kind(guest, "hang"), f"no verdict within {deadline_of(waiting[0])} s"
            if line is None:
                return self._kind(guest, ""), "the guest ended without a verdict"
            if line == DIRTY and len(waiting) < len(names):
                return None
            if not self._booted:
                self._booted = True
                self._started = time.monotonic()
                deadline = self._started + deadline_of(waiting[0])
            found = RESULT.match(line)
            if found and waiting and found["name"] == waiting[0]:
                self._finish(waiting.pop(0), not found["no"], found["directive"] or "", found["why"] or "")
                if not waiting:
                    return None
                deadline = self._started + deadline_of(waiting[0])
            elif line.startswith(("#", " ")):
                self._diagnose(line)
            elif found or not re.match(r"KTAP version|TAP version|1\.\.", line):
                self._diagnose(f"# {line}")


def run_all(todo, kvm, done):
    """Runs scenarios on kernels, [(kernel, names)], in MACHINES guests at a time.

    `done(kernel, result)` is told of each as it ends, of one at a time.
    """
    lock = threading.Lock()

    def run(job):
        kernel, names = job

        def told(result):
            with lock:
                done(kernel, result)

        Run(kernel, kvm, done=told).run(names)

    jobs = [(kernel, names[i : i + BATCH]) for kernel, names in todo for i in range(0, len(names), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(MACHINES) as pool:
        # To ask for the results is what raises an error of a thread here.
        list(pool.map(run, jobs))


def shell(kernel):
    """Boots a kernel with the module loaded and hands the terminal to a shell in it."""
    kvm = choose_accelerator(kernel)
    guest_shell = HERE / "guest-shell.sh"
    return subprocess.call(
        vng(kernel, kvm, "--shell", guest_shell, "--append", f"rpmfault_module={module(kernel)}")
    )


def exit_status(function):
    """What the function returns, or the status of the command that failed in it."""
    try:
        return function()
    except subprocess.CalledProcessError as error:
        # The command has said what was wrong.
        return error.returncode


def main(arguments):
    match arguments:
        case ["run", kernel, *names]:
            prepare(kernel)
            kvm = choose_accelerator(kernel)
            results = Run(kernel, kvm, lambda line: print(line, flush=True)).run(names)
            return 0 if results and all(result.ok for result in results) else 1
        case ["shell", kernel]:
            prepare(kernel)
            return shell(kernel)
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(exit_status(lambda: main(sys.argv[1:])))
