// SPDX-License-Identifier: GPL-2.0

//! Decoded commands: the commands that the emulated devices serve, and the fields they act on.
//!
//! [`crate::protocol::cdb`] makes them of CDBs. All lengths are bytes unless they are called blocks.
//! Fields that a command has and that nothing acts on are checked there and not kept here.

use crate::protocol::{
    mode,
    sense::Sense, //
};

/// A run of logical blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Address of the first block.
    pub(crate) lba: u64,
    /// Number of blocks. SYNCHRONIZE CACHE, PRE-FETCH and WRITE SAME take 0 for all from `lba` on.
    pub(crate) blocks: u32,
}

impl Extent {
    /// Checks that the run ends within a medium of `capacity_blocks` blocks.
    ///
    /// An empty run may start right behind the last block, as SBC-4 compares the sum of address and
    /// length with the capacity.
    ///
    /// # Errors
    ///
    /// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE, also for sums that leave 64 bits.
    pub(crate) fn check(self, capacity_blocks: u64) -> Result<(), Sense> {
        match self.lba.checked_add(u64::from(self.blocks)) {
            Some(end) if end <= capacity_blocks => Ok(()),
            _ => Err(Sense::LBA_OUT_OF_RANGE),
        }
    }
}

/// DPO and FUA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CacheControl {
    /// Disable page out: keep it out of the cache.
    pub(crate) dpo: bool,
    /// Force unit access: have it on the medium before the status is sent.
    pub(crate) fua: bool,
}

/// BYTCHK of VERIFY and WRITE AND VERIFY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteCheck {
    /// 00b: the medium is read, nothing is transferred (VERIFY) or compared.
    Medium,
    /// 01b: compare with as many blocks of the initiator.
    Blocks,
    /// 11b: compare each block with the one block of the initiator (VERIFY only).
    OneBlock,
}

/// What START STOP UNIT asks for with a POWER CONDITION (SBC-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PowerRequest {
    /// START_VALID: what the START and LOEJ bits say.
    StartStop {
        /// START: make the unit active, or stop it.
        start: bool,
        /// LOEJ: load or eject the medium.
        load_eject: bool,
    },
    /// ACTIVE.
    Active,
    /// IDLE with its modifier: 0 idle_a, 1 idle_b, 2 idle_c.
    Idle(u8),
    /// STANDBY with its modifier: 0 standby_z, 1 standby_y.
    Standby(u8),
    /// LU_CONTROL: the timers of the unit have control again.
    LuControl,
    /// FORCE_IDLE_0 with its modifier, as for idle: what the timer would do, at once.
    ForceIdle(u8),
    /// FORCE_STANDBY_0 with its modifier.
    ForceStandby(u8),
}

/// REPORTING OPTIONS of REPORT SUPPORTED OPERATION CODES.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpcodeQuery {
    /// 000b: all commands.
    All,
    /// 001b: the command of this operation code, which has no service actions.
    Opcode(u8),
    /// 010b: the command of this operation code and service action.
    ServiceAction(u8, u16),
    /// 011b: as whichever of the above fits, saying "not supported" where they would refuse.
    Either(u8, u16),
}

/// The service action of PERSISTENT RESERVE IN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReserveIn {
    /// READ KEYS.
    ReadKeys,
    /// READ RESERVATION.
    ReadReservation,
    /// REPORT CAPABILITIES.
    ReportCapabilities,
    /// READ FULL STATUS.
    ReadFullStatus,
}

/// The service action of PERSISTENT RESERVE OUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReserveOut {
    /// REGISTER.
    Register,
    /// RESERVE.
    Reserve,
    /// RELEASE.
    Release,
    /// CLEAR.
    Clear,
    /// PREEMPT.
    Preempt,
    /// PREEMPT AND ABORT.
    PreemptAndAbort,
    /// REGISTER AND IGNORE EXISTING KEY.
    RegisterAndIgnore,
}

/// The service action of SANITIZE (SBC-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SanitizeAction {
    /// OVERWRITE, with a parameter list of this length.
    Overwrite {
        /// PARAMETER LIST LENGTH.
        length: usize,
    },
    /// BLOCK ERASE.
    BlockErase,
    /// CRYPTOGRAPHIC ERASE.
    CryptographicErase,
    /// EXIT FAILURE MODE.
    ExitFailureMode,
}

/// A decoded command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    // ---- SPC-6, all kinds of units
    /// TEST UNIT READY.
    TestUnitReady,
    /// REQUEST SENSE.
    RequestSense {
        /// DESC: descriptor format is wanted instead of fixed format.
        descriptor: bool,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// INQUIRY.
    Inquiry {
        /// PAGE CODE of the vital product data asked for; `None` asks for standard data.
        page: Option<u8>,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// MODE SENSE(6) and (10).
    ModeSense {
        /// What is asked for, and in which form.
        request: mode::Request,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// MODE SELECT(6) and (10).
    ModeSelect {
        /// The (6) form, with its shorter header.
        short: bool,
        /// PF: the list is as the standard says.
        page_format: bool,
        /// RTD: back to the default values; there is no list then.
        revert: bool,
        /// SP: save the pages as well.
        save: bool,
        /// PARAMETER LIST LENGTH.
        length: usize,
    },
    /// LOG SENSE.
    LogSense {
        /// PC: 0 threshold, 1 cumulative, 2 default threshold, 3 default cumulative.
        page_control: u8,
        /// SP: save the parameters.
        save: bool,
        /// PAGE CODE.
        page: u8,
        /// SUBPAGE CODE.
        subpage: u8,
        /// PARAMETER POINTER.
        parameter: u16,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// LOG SELECT.
    LogSelect {
        /// PCR: reset all parameters; there is no list then.
        reset: bool,
        /// SP.
        save: bool,
        /// PC.
        page_control: u8,
        /// PAGE CODE.
        page: u8,
        /// SUBPAGE CODE.
        subpage: u8,
        /// PARAMETER LIST LENGTH.
        length: usize,
    },
    /// REPORT LUNS.
    ReportLuns {
        /// SELECT REPORT.
        select: u8,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// REPORT SUPPORTED OPERATION CODES.
    ReportSupportedOpcodes {
        /// RCTD: with command timeouts descriptors.
        timeouts: bool,
        /// REPORTING OPTIONS with the operation code and service action.
        query: OpcodeQuery,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS.
    ReportSupportedTmfs {
        /// REPD: the extended, 16 byte form.
        extended: bool,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// REPORT TARGET PORT GROUPS.
    ReportTargetPortGroups {
        /// PARAMETER DATA FORMAT: with the extended header.
        extended: bool,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// SET TARGET PORT GROUPS.
    SetTargetPortGroups {
        /// PARAMETER LIST LENGTH.
        length: usize,
    },
    /// PERSISTENT RESERVE IN.
    PersistentReserveIn {
        /// SERVICE ACTION.
        action: ReserveIn,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// PERSISTENT RESERVE OUT.
    PersistentReserveOut {
        /// SERVICE ACTION.
        action: ReserveOut,
        /// SCOPE, four bits, not checked: which actions look at it is their business.
        scope: u8,
        /// TYPE, four bits, not checked.
        kind: u8,
        /// PARAMETER LIST LENGTH.
        length: usize,
    },
    /// RESERVE(6) and (10) (SPC-2).
    Reserve,
    /// RELEASE(6) and (10) (SPC-2).
    Release,
    /// PREVENT ALLOW MEDIUM REMOVAL.
    PreventAllow {
        /// PREVENT, its low bit.
        prevent: bool,
    },
    /// SEND DIAGNOSTIC.
    SendDiagnostic {
        /// SELFTEST: the default self-test.
        self_test: bool,
        /// SELF-TEST CODE.
        code: u8,
        /// PARAMETER LIST LENGTH.
        length: usize,
    },
    /// READ BUFFER(10).
    ReadBuffer {
        /// MODE.
        mode: u8,
        /// BUFFER ID.
        id: u8,
        /// BUFFER OFFSET.
        offset: u32,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// WRITE BUFFER.
    WriteBuffer {
        /// MODE.
        mode: u8,
        /// BUFFER ID.
        id: u8,
        /// BUFFER OFFSET.
        offset: u32,
        /// PARAMETER LIST LENGTH.
        length: usize,
    },

    // ---- SBC-4 and MMC-6: the medium
    /// READ CAPACITY(10).
    ReadCapacity10,
    /// READ CAPACITY(16).
    ReadCapacity16 {
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// READ(6), (10), (12), (16) and (32).
    Read {
        /// What to read.
        extent: Extent,
        /// DPO and FUA.
        cache: CacheControl,
    },
    /// WRITE(6), (10), (12), (16) and (32).
    Write {
        /// What to write.
        extent: Extent,
        /// DPO and FUA.
        cache: CacheControl,
    },
    /// WRITE AND VERIFY(10), (12) and (16).
    WriteAndVerify {
        /// What to write.
        extent: Extent,
        /// DPO; there is no FUA.
        cache: CacheControl,
        /// BYTCHK, [`ByteCheck::Medium`] or [`ByteCheck::Blocks`].
        check: ByteCheck,
    },
    /// WRITE ATOMIC(16) (SBC-5).
    WriteAtomic {
        /// What to write.
        extent: Extent,
        /// DPO and FUA.
        cache: CacheControl,
        /// ATOMIC BOUNDARY in blocks.
        boundary: u16,
    },
    /// WRITE SCATTERED(16) and (32) (SBC-4).
    WriteScattered {
        /// DPO and FUA.
        cache: CacheControl,
        /// LOGICAL BLOCK DATA OFFSET: where the data start, in blocks of the data-out buffer.
        data_offset: u16,
        /// NUMBER OF LBA RANGE DESCRIPTORS.
        descriptors: u16,
        /// BUFFER TRANSFER LENGTH in blocks.
        blocks: u32,
    },
    /// ORWRITE(16).
    OrWrite {
        /// What to change.
        extent: Extent,
        /// DPO and FUA.
        cache: CacheControl,
    },
    /// COMPARE AND WRITE.
    CompareAndWrite {
        /// What to compare, and to write.
        extent: Extent,
        /// DPO and FUA.
        cache: CacheControl,
    },
    /// VERIFY(10), (12), (16) and (32).
    Verify {
        /// What to verify.
        extent: Extent,
        /// DPO; there is no FUA.
        cache: CacheControl,
        /// BYTCHK.
        check: ByteCheck,
    },
    /// PRE-FETCH(10) and (16).
    PreFetch(Extent),
    /// SYNCHRONIZE CACHE(10) and (16).
    SynchronizeCache(Extent),
    /// WRITE SAME(10), (16) and (32).
    WriteSame {
        /// What to write; 0 blocks: to the end of the medium.
        extent: Extent,
        /// UNMAP.
        unmap: bool,
        /// ANCHOR.
        anchor: bool,
        /// NDOB: no data-out buffer, write zeroes.
        no_data: bool,
        /// The (10) form, whose UNMAP bit LBPWS10 tells of.
        short: bool,
    },
    /// UNMAP.
    Unmap {
        /// ANCHOR.
        anchor: bool,
        /// PARAMETER LIST LENGTH.
        length: usize,
    },
    /// GET LBA STATUS(16).
    GetLbaStatus {
        /// STARTING LOGICAL BLOCK ADDRESS.
        lba: u64,
        /// REPORT TYPE.
        report: u8,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// GET STREAM STATUS.
    GetStreamStatus {
        /// STARTING STREAM IDENTIFIER.
        first: u16,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// START STOP UNIT.
    StartStopUnit {
        /// IMMED.
        immediate: bool,
        /// NO_FLUSH.
        no_flush: bool,
        /// What to do.
        request: PowerRequest,
    },
    /// FORMAT UNIT.
    FormatUnit {
        /// FMTDATA: there is a parameter list.
        data: bool,
        /// LONGLIST: it has the long header.
        long: bool,
        /// CMPLST, DEFECT LIST FORMAT: how the defect list in it looks.
        complete: bool,
        /// DEFECT LIST FORMAT.
        format: u8,
        /// FFMT: 0 ordinary, 1 fast.
        fast: u8,
    },
    /// SANITIZE.
    Sanitize {
        /// SERVICE ACTION.
        action: SanitizeAction,
        /// IMMED.
        immediate: bool,
        /// AUSE: allow unrestricted sanitize exit.
        ause: bool,
    },
    /// READ DEFECT DATA(10) and (12).
    ReadDefectData {
        /// The (12) form.
        long: bool,
        /// REQ_PLIST.
        primary: bool,
        /// REQ_GLIST.
        grown: bool,
        /// DEFECT LIST FORMAT.
        format: u8,
        /// ADDRESS DESCRIPTOR INDEX, 0 for the (10) form.
        index: u32,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },

    // ---- MMC-6
    /// GET CONFIGURATION.
    GetConfiguration {
        /// RT: 0 all features, 1 the current ones, 2 one feature.
        request: u8,
        /// STARTING FEATURE NUMBER.
        first: u16,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// GET EVENT STATUS NOTIFICATION.
    GetEventStatus {
        /// POLLED. Asynchronous notification is refused when the command is decoded.
        classes: u8,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// READ TOC/PMA/ATIP.
    ReadToc {
        /// TIME: addresses as minute, second, frame.
        msf: bool,
        /// FORMAT, four bits.
        format: u8,
        /// TRACK/SESSION NUMBER.
        track: u8,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// READ DISC INFORMATION.
    ReadDiscInformation {
        /// DATA TYPE.
        data_type: u8,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// READ TRACK INFORMATION.
    ReadTrackInformation {
        /// ADDRESS/NUMBER TYPE: 0 an LBA, 1 a track, 2 a session.
        address_type: u8,
        /// LOGICAL BLOCK ADDRESS/TRACK/SESSION NUMBER.
        address: u32,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// MECHANISM STATUS.
    MechanismStatus {
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// READ CD.
    ReadCd {
        /// What to read, in sectors.
        extent: Extent,
        /// EXPECTED SECTOR TYPE, three bits.
        sector_type: u8,
        /// Byte 9: which parts of a sector are wanted.
        parts: u8,
        /// SUB-CHANNEL DATA SELECTION.
        subchannel: u8,
    },
    /// SET CD SPEED.
    SetCdSpeed,
}
