# SPDX-License-Identifier: GPL-2.0
"""Reads the events of the SCSI midlayer and the block layer."""

import re

from model import duration
from pairing import Pairing

CDB = re.compile(r"cmnd=\((.*) raw=([0-9a-f ]+)\)")
SCSI_RESULT = re.compile(r"result=\(.*?host=(\S+) .*?status=(\S+?)\)(?: sense=\(key=(\S+) asc=(\S+) ascq=(\S+?)\))?")
# "8,0 R 4096 () 0 + 8 none,0,0 [dd]"; a completion has no bytes, and an error in place of the name.
BLOCK = re.compile(r"^(\d+),(\d+) (\S*) (?:(\d+) )?\(.*?\) (\d+) \+ (\d+) \S+ \[(.*)\]$")
# Seconds between the events of a request and of its command, which are next to each other.
NEXT_SECONDS = 0.1
# sd's majors, 16 disks each.
SD_MAJORS = (8, *range(65, 72), *range(128, 136))
SR_MAJOR = 11


def disk_name(major, minor):
    """The name that sd or sr gives the disk with this number; "" if it is none of theirs."""
    if major == SR_MAJOR:
        return f"sr{minor}"
    if major not in SD_MAJORS:
        return ""
    index = SD_MAJORS.index(major) * 16 + minor // 16
    name = ""
    while index >= 0:
        name = chr(ord("a") + index % 26) + name
        index = index // 26 - 1
    return f"sd{name}"


class Storage(Pairing):
    """Pairs commands and requests."""

    def __init__(self):
        super().__init__()
        # By context, the disk of the last request that was issued, and when.
        self._issued = {}

    # ---- scsi

    @staticmethod
    def _command(event):
        """The device of a command, what identifies it, and its name."""
        fields = event.fields()
        device = ":".join(fields.get(key, "?") for key in ("host_no", "channel", "id", "lun"))
        found = CDB.search(event.text)
        raw = found[2].strip() if found else ""
        words = found[1].split() if found else []
        name = words[0] if words else "command"
        # "- " is what the kernel prints where it cannot tell more.
        details = " ".join(word for word in words[1:] if "=" in word and not word.startswith("protect="))
        return device, (device, fields.get("driver_tag"), raw), f"{name} {details}".strip()

    def _on_scsi_dispatch_cmd_start(self, event):
        device, key, name = self._command(event)
        self._line(event, device, name)
        disk, time = self._issued.pop(event.context, ("", 0))
        if disk and event.time - time < NEXT_SECONDS:
            self._disks[disk] = device
        if self._flying.get(key):
            # A retry of a command that the error handler took.
            self._close(event, self._flying.pop(key).pop(), "sent again", True)
        self._flying.setdefault(key, []).append(self._open(event, "command", name, device))

    def _end_command(self, event, result, failed):
        device, key, name = self._command(event)
        open_ = self._flying.get(key)
        what = f"{name} -> {result}"
        if open_:
            span = open_.pop(0)
            self._close(event, span, result, failed)
            what += f"  ({duration(event.time - span.start)})"
        self._line(event, device, what, "x" if failed else " ")

    def _on_scsi_dispatch_cmd_done(self, event):
        found = SCSI_RESULT.search(event.text)
        host, status, key, asc, ascq = found.groups() if found else ("?", "?", None, None, None)
        result = status.removeprefix("SAM_STAT_") if host == "DID_OK" else host
        sense = [int(part, 16) for part in (key, asc, ascq) if part]
        if any(sense):
            result += " " + "/".join(f"{part:02x}" for part in sense)
        self._end_command(event, result, result != "GOOD")

    def _on_scsi_dispatch_cmd_timeout(self, event):
        device, _, name = self._command(event)
        self._mark(event, "error", f"{name} timed out", device)
        self._end_command(event, "timed out", True)

    def _on_scsi_dispatch_cmd_error(self, event):
        self._end_command(event, event.fields().get("rtn", "not taken"), True)

    def _on_scsi_eh_wakeup(self, event):
        device = f"host{event.fields().get('host_no', '?')}"
        self._line(event, device, "the error handler is woken", "x")
        self._mark(event, "error", "the error handler is woken", device)

    # ---- block

    def _block(self, event):
        """The disk of a request, its kind, sector and length, and what is in the brackets; or None."""
        found = BLOCK.match(event.text)
        if not found:
            return None
        disk = disk_name(int(found[1]), int(found[2]))
        return (disk, found[3], int(found[5]), int(found[6]), found[7]) if disk else None

    def _begin_request(self, event, kind):
        request = self._block(event)
        if not request:
            return
        disk, rwbs, sector, length, _ = request
        if kind == "request":
            self._issued[event.context] = (disk, event.time)
        self._line(event, disk, f"{kind} {rwbs} {sector}+{length}")
        # For a passthrough command the block layer knows no more than that it is one.
        span = self._open(event, kind, f"{rwbs} {sector}+{length}" if length else "passthrough", disk)
        self._flying.setdefault((kind, disk, rwbs), []).append((sector, length, span))

    def _end_request(self, event, kind):
        request = self._block(event)
        if not request:
            return
        disk, rwbs, sector, length, error = request
        # What is in the brackets of the other kind is the task.
        result = error if kind == "request" else ""
        failed = result not in ("", "0")
        what = f"{kind} {rwbs} {sector}+{length} done" + (f" = {result}" if failed else "")
        found = self._find_request(kind, disk, rwbs, sector)
        if found:
            first, size, span = found
            if kind == "request" and not failed and length and first + size > sector + length:
                self._line(event, disk, f"{what}, in part")
                return
            self._finish_request(event, kind, rwbs, found, result, failed)
            what += f"  ({duration(event.time - span.start)})"
        self._line(event, disk, what, "x" if failed else " ")
        if kind == "request":
            # There is no block_io_done for a passthrough command.
            found = self._find_request("io", disk, rwbs, sector, length)
            if found:
                self._finish_request(event, "io", rwbs, found, result, failed)

    def _find_request(self, kind, disk, rwbs, sector, length=0):
        """The open one that begins at this sector, or else has it, or else lies within; or None."""
        # Of a passthrough command it is 0 at the beginning and -1 at the end.
        sector = 0 if sector >= 1 << 63 else sector
        # Part of it may be done already, or something may have been merged in at its front.
        for fits in (
            lambda begin, size: begin == sector,
            lambda begin, size: begin < sector < begin + size,
            lambda begin, size: sector < begin < sector + length,
        ):
            for item in self._flying.get((kind, disk, rwbs), []):
                if fits(*item[:2]):
                    return item
        return None

    def _finish_request(self, event, kind, rwbs, found, result, failed=False):
        span = found[2]
        self._flying[kind, span.device, rwbs].remove(found)
        self._close(event, span, result, failed)

    def _on_block_io_start(self, event):
        self._begin_request(event, "io")

    def _on_block_io_done(self, event):
        # It follows block_rq_complete, which has closed it.
        self._end_request(event, "io")

    def _on_block_rq_issue(self, event):
        self._begin_request(event, "request")

    def _on_block_rq_complete(self, event):
        self._end_request(event, "request")

    def _on_block_rq_requeue(self, event):
        self._drop_request(event, "request", "requeued")

    def _on_block_rq_merge(self, event):
        self._drop_request(event, "io", "merged into another")

    def _drop_request(self, event, kind, what):
        request = self._block(event)
        if not request:
            return
        disk, rwbs, sector, length, _ = request
        found = self._find_request(kind, disk, rwbs, sector)
        if found:
            self._finish_request(event, kind, rwbs, found, what)
        self._line(event, disk, f"{kind} {rwbs} {sector}+{length} {what}")
