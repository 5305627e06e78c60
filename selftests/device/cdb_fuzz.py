#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Sends random commands to a SCSI device and checks the form of what it answers.

    cdb_fuzz.py /dev/sgN disk|cdrom SEED COUNT

The commands are valid ones with some of their bits changed, and a few that are all
random. Exit status 1 at the first answer that no driver could make sense of, with
the command and what is wrong.
"""

import collections
import ctypes
import fcntl
import random
import sys

SG_IO = 0x2285
NO_DATA, TO_DEVICE, FROM_DEVICE = -1, -2, -3
SENSE_SIZE = 96
# More than that is never sent or asked for.
BUFFER_SIZE = 16384
# What lies beyond a buffer, and must still lie there afterwards.
GUARD = bytes([0xA5]) * 512
TIMEOUT_MS = 20000

GOOD, CHECK_CONDITION, RESERVATION_CONFLICT = 0x00, 0x02, 0x18
# What goes with CHECK CONDITION besides host and driver status 0.
DRIVER_SENSE = 0x08

# What additional sense code goes with what sense key, in a device without faults.
CODES = {
    0x2: {0x04, 0x3A},
    0x3: {0x0C, 0x11},
    0x5: {0x0E, 0x1A, 0x20, 0x21, 0x24, 0x25, 0x26, 0x2C, 0x39, 0x53, 0x55, 0x64},
    0x6: {0x28, 0x29, 0x2A, 0x2F, 0x3F, 0x5A},
    0x7: {0x27},
    0xB: {0x55},
    0xE: {0x1D},
}


class SgIoHdr(ctypes.Structure):
    """struct sg_io_hdr of <scsi/sg.h>."""

    _fields_ = [
        ("interface_id", ctypes.c_int),
        ("dxfer_direction", ctypes.c_int),
        ("cmd_len", ctypes.c_ubyte),
        ("mx_sb_len", ctypes.c_ubyte),
        ("iovec_count", ctypes.c_ushort),
        ("dxfer_len", ctypes.c_uint),
        ("dxferp", ctypes.c_void_p),
        ("cmdp", ctypes.c_void_p),
        ("sbp", ctypes.c_void_p),
        ("timeout", ctypes.c_uint),
        ("flags", ctypes.c_uint),
        ("pack_id", ctypes.c_int),
        ("usr_ptr", ctypes.c_void_p),
        ("status", ctypes.c_ubyte),
        ("masked_status", ctypes.c_ubyte),
        ("msg_status", ctypes.c_ubyte),
        ("sb_len_wr", ctypes.c_ubyte),
        ("host_status", ctypes.c_ushort),
        ("driver_status", ctypes.c_ushort),
        ("resid", ctypes.c_int),
        ("duration", ctypes.c_uint),
        ("info", ctypes.c_uint),
    ]


class Template:
    """A valid command.

    `cdb` is what it is mutated from. `length` is the place and the size of its length field;
    for FROM_DEVICE commands other than reads it is the allocation length. `lba` is the place
    and size of its address. `lists` are parameter lists to send along.
    """

    def __init__(self, cdb, direction=NO_DATA, length=None, lba=None, lists=(), blocks=False):
        self.cdb = bytes.fromhex(cdb)
        self.direction = direction
        self.length = length
        self.lba = lba
        self.lists = [bytes.fromhex(parameters) for parameters in lists]
        # The length field counts blocks.
        self.blocks = blocks


def read(cdb, length=None, lba=None):
    return Template(cdb, FROM_DEVICE, length, lba, blocks=True)


def write(cdb, length=None, lba=None):
    return Template(cdb, TO_DEVICE, length, lba, blocks=True)


def ask(cdb, length):
    return Template(cdb, FROM_DEVICE, length)


def tell(cdb, length, *lists):
    return Template(cdb, TO_DEVICE, length, lists=lists)


COMMON = [
    Template("000000000000"),
    ask("030000006000", (4, 1)),
    ask("030100006000", (4, 1)),
    *(ask(f"1201{page:02x}00ff00", (3, 2)) for page in (0x00, 0x80, 0x83, 0x86, 0x87, 0x88)),
    ask("120000006000", (3, 2)),
    ask("a00000000000000002000000", (6, 4)),
    ask("a00200000000000002000000", (6, 4)),
    ask("1a003f00ff00", (4, 1)),
    ask("1a0a3fff8000", (4, 1)),
    ask("5a003f00000000040000", (7, 2)),
    ask("5a103fff000000040000", (7, 2)),
    tell("151000001000", (4, 1), "00000000" "0a0a020000000000000000c8"),
    tell("55100000000000001400", (7, 2), "0000000000000000" "0a0a060000000000000000c8"),
    Template("1b0000000000"),
    Template("1b0000000100"),
    Template("1b0000000200"),
    Template("1b0000000300"),
    Template("1b0000002000"),
    Template("1b0000013000"),
    Template("1e0000000000"),
    Template("1e0000000100"),
    ask("a30c00000000000004000000", (6, 4)),
    ask("a30c01030028000001000000", (6, 4)),
    ask("a30a00000000000001000000", (6, 4)),
    ask("a30d00000000000001000000", (6, 4)),
    tell("a40a00000000000008000000", (6, 4), "0000000001000000"),
    ask("3c030000000000001000", (6, 3)),
    ask("3c020000000000001000", (6, 3)),
    tell("3b020000000000001000", (6, 3)),
    ask("4d000000000000040000", (7, 2)),
    ask("4d004000000000040000", (7, 2)),
    Template("4c020000000000000000"),
    Template("35000000000000000000"),
    Template("1d0400000000"),
    read("080000000100", (4, 1), (1, 3)),
    read("28000000000000000100", (7, 2), (2, 4)),
    read("a80000000000000000010000", (6, 4), (2, 4)),
    ask("25000000000000000000", None),
    Template("2f000000000000000100", lba=(2, 4)),
    Template("2b000000000000000000", lba=(2, 4)),
]

RESERVE = [
    Template("160000000000"),
    Template("170000000000"),
    Template("56000000000000000000"),
    Template("57000000000000000000"),
    *(ask(f"5e{action:02x}0000000000040000"[:20], (7, 2)) for action in range(4)),
    *(
        tell(f"5f{action:02x}0500000000001800", (5, 4), keys + "0000000000000000")
        for action in (0, 1, 2, 3, 4, 6)
        for keys in (
            "0000000000000000" "000000000000000a",
            "000000000000000a" "0000000000000000",
            "000000000000000a" "000000000000000a",
        )
    ),
]

DISK = [
    *(ask(f"1201{page:02x}00ff00", (3, 2)) for page in (0x8A, 0xB0, 0xB1, 0xB2, 0xB7)),
    write("0a0000000100", (4, 1), (1, 3)),
    write("2a000000000000000100", (7, 2), (2, 4)),
    write("aa0000000000000000010000", (6, 4), (2, 4)),
    write("8a000000000000000000000000010000", (10, 4), (2, 8)),
    write("9c000000000000000000000000080000", (12, 2), (2, 8)),
    read("88000000000000000000000000010000", (10, 4), (2, 8)),
    write("2e000000000000000100", (7, 2), (2, 4)),
    write("8e000000000000000000000000010000", (10, 4), (2, 8)),
    write("ae0000000000000000010000", (6, 4), (2, 4)),
    write("2f020000000000000100", (7, 2), (2, 4)),
    write("8f020000000000000000000000010000", (10, 4), (2, 8)),
    write("af0200000000000000010000", (6, 4), (2, 4)),
    write("89000000000000000000000000010000", (13, 1), (2, 8)),
    write("41000000000000000100", (7, 2), (2, 4)),
    write("41080000000000000100", (7, 2), (2, 4)),
    write("93000000000000000000000000010000", (10, 4), (2, 8)),
    write("93080000000000000000000000010000", (10, 4), (2, 8)),
    write("93010000000000000000000000010000", (10, 4), (2, 8)),
    Template("34000000000000000000", lba=(2, 4)),
    Template("90000000000000000000000000000000", lba=(2, 8)),
    Template("91000000000000000000000000000000", lba=(2, 8)),
    ask("9e100000000000000000000000200000", (10, 4)),
    ask("9e120000000000000000000002000000", (10, 4)),
    ask("37001b0000000000ff00", (7, 2)),
    ask("b70d00000000000001000000", (6, 4)),
    tell("42000000000000001800", (7, 2), "0016001000000000" "00000000000000080000000800000000"),
    tell("7f000000000000180009000000000000" "0000000000000000" "0000000000000001", (28, 4)),
    tell("7f00000000000018000b000000000000" "0000000000000000" "0000000000000001", (28, 4)),
    tell("7f00000000000018000d080000000000" "0000000000000000" "0000000000000001", (28, 4)),
    Template("041000000000", TO_DEVICE, None, lists=("00000000", "00020000")),
    tell("48810000000000000800", (7, 2), "0100000400000000"),
    Template("48820000000000000000"),
    Template("48830000000000000000"),
    Template("489f0000000000000000"),
    tell("070000000000", None, "00000000"),
    tell("3d000000000000000a00", (7, 2)),
]

CDROM = [
    ask("46000000000000010000", (7, 2)),
    ask("46020000000000010000", (7, 2)),
    ask("4a010000100000000800", (7, 2)),
    ask("4a0100007e0000000800", (7, 2)),
    ask("43000000000000032400", (7, 2)),
    ask("43020100000000032400", (7, 2)),
    ask("43000400000000032400", (7, 2)),
    ask("51000000000000002200", (7, 2)),
    ask("52010000000100002400", (7, 2)),
    ask("42024001000000002400", (7, 2)),
    ask("bd0000000000000000080000", (8, 2)),
    ask("ad0000000000000008040000", (8, 2)),
    ask("ac0000000000000000100000", (8, 2)),
    ask("23000000000000001400", (7, 2)),
    ask("44000000000000000800", (7, 2)),
    read("be0000000000000001100000", (6, 3), (2, 4)),
    read("b90000000200000003100000", None),
    Template("bb00ffffffff000000000000"),
    tell("b60000000000000000001c00", (9, 2), "00" * 28),
    tell("bf0000000000000000080000", (8, 2), "0006000000000000"),
    Template("a60000000000000000000000"),
]

# What leads out of the states in which most commands fail: sent every SOOTHE_EVERY commands.
SOOTHING = [
    Template("1b0000000100"),
    Template("1b0000000300"),
    Template("170000000000"),
    Template("5f060000000000001800", TO_DEVICE, (5, 4), lists=("0000000000000000000000000000000a0000000000000000",)),
    Template("5f030000000000001800", TO_DEVICE, (5, 4), lists=("000000000000000a00000000000000000000000000000000",)),
]
SOOTHE_EVERY = 64

TABLES = {"disk": COMMON + RESERVE + DISK, "cdrom": COMMON + CDROM}


class Storm:
    """One device, and the commands for it."""

    def __init__(self, path, kind, seed):
        self.file = open(path, "r+b", buffering=0)
        self.random = random.Random(f"{kind} {seed}")
        self.templates = TABLES[kind]
        # The length of each CDB by its opcode, to tell a mutated one apart.
        self.asks = {}
        for template in self.templates:
            if template.direction == FROM_DEVICE and template.length and not template.blocks:
                self.asks[template.cdb[0]] = template.length
        self.data = ctypes.create_string_buffer(BUFFER_SIZE + len(GUARD))
        self.sense = ctypes.create_string_buffer(SENSE_SIZE)
        self.noise = self.random.randbytes(BUFFER_SIZE)
        self.header = SgIoHdr()
        self.answers = collections.Counter()

    def interesting(self, size):
        """A value for a field of so many bytes."""
        bits = 8 * size
        number = self.random.choice(
            (
                0,
                1,
                2,
                self.random.randrange(16),
                self.random.randrange(1 << min(bits, 12)),
                self.random.randrange(1 << bits),
                (1 << bits) - 1,
                1 << (bits - 1),
                4095,
                4096,
                1023,
                1024,
            )
        )
        return (number & ((1 << bits) - 1)).to_bytes(size, "big")

    def commands(self, count):
        """So many commands, each as the arguments of send()."""
        for number in range(count):
            calm = number % SOOTHE_EVERY
            if calm < len(SOOTHING):
                template = SOOTHING[calm]
                parameters = template.lists[0] if template.lists else b""
                yield template.cdb, template.direction, len(parameters), parameters
            else:
                yield self.command()

    def command(self):
        """A CDB, the direction of its data, how many bytes these are, and what is sent."""
        if self.random.random() < 0.05:
            cdb = self.random.randbytes(self.random.choice((6, 10, 12, 16, 32)))
            direction = self.random.choice((NO_DATA, TO_DEVICE, FROM_DEVICE))
            return cdb, direction, self.length(), b""
        template = self.random.choice(self.templates)
        cdb = bytearray(template.cdb)
        for field in (template.lba, template.length):
            if field and self.random.random() < 0.3:
                at, size = field
                cdb[at : at + size] = self.interesting(size)
        # Some bits, anywhere.
        if self.random.random() < 0.3:
            for _ in range(self.random.choice((1, 1, 1, 2, 3, 8))):
                bit = self.random.randrange(8, 8 * len(cdb))
                cdb[bit // 8] ^= 1 << (bit % 8)
        direction = template.direction
        if self.random.random() < 0.03:
            direction = self.random.choice((NO_DATA, TO_DEVICE, FROM_DEVICE))
        if self.random.random() < 0.02:
            cdb = cdb[: self.random.randrange(6, len(cdb) + 1)]
        return bytes(cdb), direction, self.fitting(template, cdb), self.parameters(template)

    def length(self):
        """Some number of bytes to transfer."""
        return self.random.choice((1, 4, 18, 36, 512, 2048, 4096, self.random.randrange(1, BUFFER_SIZE)))

    def fitting(self, template, cdb):
        """The number of bytes that a command may well transfer."""
        if self.random.random() < 0.15:
            return self.length()
        if template.lists and template.length is None:
            return len(template.lists[0])
        if template.length is None or template.length[0] + template.length[1] > len(cdb):
            return 2048
        at, size = template.length
        number = int.from_bytes(cdb[at : at + size], "big")
        if template.blocks:
            number *= 512 if self.templates is TABLES["disk"] else 2048
        return min(max(number, 1), BUFFER_SIZE)

    def parameters(self, template):
        """A parameter list, with some of its bits changed."""
        if not template.lists:
            return b""
        parameters = bytearray(self.random.choice(template.lists))
        if self.random.random() < 0.5:
            for _ in range(self.random.choice((1, 1, 2, 8))):
                bit = self.random.randrange(8 * len(parameters))
                parameters[bit // 8] ^= 1 << (bit % 8)
        return bytes(parameters)

    def send(self, cdb, direction, length, parameters):
        """Sends a command; returns what is wrong with the answer, or nothing."""
        if direction == NO_DATA:
            length = 0
        if direction == TO_DEVICE:
            ctypes.memmove(self.data, (parameters + self.noise)[:length], length)
        else:
            ctypes.memmove(ctypes.addressof(self.data) + length, GUARD, len(GUARD))
        header = self.header
        command = ctypes.create_string_buffer(cdb, len(cdb))
        ctypes.memset(ctypes.byref(header), 0, ctypes.sizeof(header))
        ctypes.memset(self.sense, 0, SENSE_SIZE)
        header.interface_id = ord("S")
        header.dxfer_direction = direction
        header.cmd_len = len(cdb)
        header.mx_sb_len = SENSE_SIZE
        header.dxfer_len = length
        header.dxferp = ctypes.addressof(self.data) if length else None
        header.cmdp = ctypes.addressof(command)
        header.sbp = ctypes.addressof(self.sense)
        header.timeout = TIMEOUT_MS
        fcntl.ioctl(self.file, SG_IO, header)
        return self.judge(cdb, direction, length)

    def judge(self, cdb, direction, length):
        header = self.header
        self.answers[header.status] += 1
        if header.host_status:
            return f"host status {header.host_status:#x}"
        if header.driver_status & ~DRIVER_SENSE:
            return f"driver status {header.driver_status:#x}"
        if not 0 <= header.resid <= length:
            return f"residual {header.resid} of {length}"
        if direction == FROM_DEVICE:
            if ctypes.string_at(ctypes.addressof(self.data) + length, len(GUARD)) != GUARD:
                return "data beyond the end of the buffer"
            wrong = self.excess(cdb, length - header.resid)
            if wrong:
                return wrong
        if header.status in (GOOD, RESERVATION_CONFLICT):
            return "sense data without CHECK CONDITION" if header.sb_len_wr else ""
        if header.status != CHECK_CONDITION:
            return f"status {header.status:#x}"
        return self.judge_sense(self.sense.raw[: header.sb_len_wr], cdb, direction, length)

    def excess(self, cdb, received):
        """What is wrong if a command is answered with so many bytes."""
        field = self.asks.get(cdb[0])
        if self.header.status != GOOD or not field or field[0] + field[1] > len(cdb):
            return ""
        allowed = int.from_bytes(cdb[field[0] : field[0] + field[1]], "big")
        return f"{received} bytes for an allocation length of {allowed}" if received > allowed else ""

    def judge_sense(self, sense, cdb, direction, length):
        """What is wrong with sense data."""
        shown = sense.hex(" ")
        if len(sense) < 8:
            return f"sense data of {len(sense)} bytes"
        pointers = []
        if sense[0] in (0x70, 0xF0):
            end = 8 + sense[7]
            if end < 18 or end > len(sense):
                return f"additional sense length: {shown}"
            key, code = sense[2] & 0xF, sense[12]
            if sense[2] & 0xF0:
                return f"stream commands have FILEMARK, EOM and ILI: {shown}"
            if sense[15] & 0x80:
                pointers.append(sense[15:18])
        elif sense[0] == 0x72:
            end = 8 + sense[7]
            key, code = sense[1] & 0xF, sense[2]
            at = 8
            while at < end:
                if at + 2 > min(end, len(sense)):
                    return f"descriptors: {shown}"
                if sense[at] == 0x02:
                    pointers.append(sense[at + 4 : at + 7])
                at += 2 + sense[at + 1]
            if at != end or end > len(sense):
                return f"descriptors: {shown}"
        else:
            return f"response code: {shown}"
        if code not in CODES.get(key, ()):
            return f"sense key and additional sense code: {shown}"
        if any(sense[end:]):
            return f"more than the additional sense length says: {shown}"
        for pointer in pointers:
            field = int.from_bytes(pointer[1:3], "big")
            if key != 5:
                continue
            if pointer[0] & 0x40:
                # Where the first one is missing that is wanted.
                if field > len(cdb):
                    return f"field pointer beyond the CDB: {shown}"
            elif direction != TO_DEVICE or field >= max(length, 1):
                return f"field pointer beyond the parameter list: {shown}"
        return ""


def main(path, kind, seed, count):
    storm = Storm(path, kind, seed)
    for number, (cdb, direction, length, parameters) in enumerate(storm.commands(int(count))):
        wrong = storm.send(cdb, direction, length, parameters)
        if wrong:
            way = {NO_DATA: "no data", TO_DEVICE: "out", FROM_DEVICE: "in"}[direction]
            print(f"command {number} of seed {seed}: {cdb.hex(' ')} ({way} {length})")
            if parameters:
                print(f"parameters: {parameters.hex(' ')}")
            print(wrong)
            return 1
    told = ", ".join(f"{many} of status {status:02x}h" for status, many in sorted(storm.answers.items()))
    print(f"{kind}: {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
