// SPDX-License-Identifier: GPL-2.0

//! Operation codes (SPC-6, SBC-4 and MMC-6).

/// TEST UNIT READY.
pub(crate) const TEST_UNIT_READY: u8 = 0x00;
/// REQUEST SENSE.
pub(crate) const REQUEST_SENSE: u8 = 0x03;
/// FORMAT UNIT.
pub(crate) const FORMAT_UNIT: u8 = 0x04;
/// READ(6).
pub(crate) const READ_6: u8 = 0x08;
/// WRITE(6).
pub(crate) const WRITE_6: u8 = 0x0a;
/// INQUIRY.
pub(crate) const INQUIRY: u8 = 0x12;
/// MODE SELECT(6).
pub(crate) const MODE_SELECT_6: u8 = 0x15;
/// RESERVE(6).
pub(crate) const RESERVE_6: u8 = 0x16;
/// RELEASE(6).
pub(crate) const RELEASE_6: u8 = 0x17;
/// MODE SENSE(6).
pub(crate) const MODE_SENSE_6: u8 = 0x1a;
/// START STOP UNIT.
pub(crate) const START_STOP_UNIT: u8 = 0x1b;
/// SEND DIAGNOSTIC.
pub(crate) const SEND_DIAGNOSTIC: u8 = 0x1d;
/// PREVENT ALLOW MEDIUM REMOVAL.
pub(crate) const PREVENT_ALLOW: u8 = 0x1e;
/// READ CAPACITY(10).
pub(crate) const READ_CAPACITY_10: u8 = 0x25;
/// READ(10).
pub(crate) const READ_10: u8 = 0x28;
/// WRITE(10).
pub(crate) const WRITE_10: u8 = 0x2a;
/// WRITE AND VERIFY(10).
pub(crate) const WRITE_AND_VERIFY_10: u8 = 0x2e;
/// VERIFY(10).
pub(crate) const VERIFY_10: u8 = 0x2f;
/// PRE-FETCH(10).
pub(crate) const PRE_FETCH_10: u8 = 0x34;
/// SYNCHRONIZE CACHE(10).
pub(crate) const SYNCHRONIZE_CACHE_10: u8 = 0x35;
/// READ DEFECT DATA(10).
pub(crate) const READ_DEFECT_DATA_10: u8 = 0x37;
/// WRITE BUFFER.
pub(crate) const WRITE_BUFFER: u8 = 0x3b;
/// READ BUFFER(10).
pub(crate) const READ_BUFFER_10: u8 = 0x3c;
/// WRITE SAME(10).
pub(crate) const WRITE_SAME_10: u8 = 0x41;
/// UNMAP.
pub(crate) const UNMAP: u8 = 0x42;
/// READ TOC/PMA/ATIP.
pub(crate) const READ_TOC: u8 = 0x43;
/// GET CONFIGURATION.
pub(crate) const GET_CONFIGURATION: u8 = 0x46;
/// SANITIZE.
pub(crate) const SANITIZE: u8 = 0x48;
/// GET EVENT STATUS NOTIFICATION.
pub(crate) const GET_EVENT_STATUS: u8 = 0x4a;
/// LOG SELECT.
pub(crate) const LOG_SELECT: u8 = 0x4c;
/// LOG SENSE.
pub(crate) const LOG_SENSE: u8 = 0x4d;
/// READ DISC INFORMATION.
pub(crate) const READ_DISC_INFORMATION: u8 = 0x51;
/// READ TRACK INFORMATION.
pub(crate) const READ_TRACK_INFORMATION: u8 = 0x52;
/// MODE SELECT(10).
pub(crate) const MODE_SELECT_10: u8 = 0x55;
/// RESERVE(10).
pub(crate) const RESERVE_10: u8 = 0x56;
/// RELEASE(10).
pub(crate) const RELEASE_10: u8 = 0x57;
/// MODE SENSE(10).
pub(crate) const MODE_SENSE_10: u8 = 0x5a;
/// PERSISTENT RESERVE IN.
pub(crate) const PERSISTENT_RESERVE_IN: u8 = 0x5e;
/// PERSISTENT RESERVE OUT.
pub(crate) const PERSISTENT_RESERVE_OUT: u8 = 0x5f;
/// The variable length CDB, whose service action says what it is.
pub(crate) const VARIABLE_LENGTH: u8 = 0x7f;
/// READ(16).
pub(crate) const READ_16: u8 = 0x88;
/// COMPARE AND WRITE.
pub(crate) const COMPARE_AND_WRITE: u8 = 0x89;
/// WRITE(16).
pub(crate) const WRITE_16: u8 = 0x8a;
/// ORWRITE(16).
pub(crate) const ORWRITE_16: u8 = 0x8b;
/// WRITE AND VERIFY(16).
pub(crate) const WRITE_AND_VERIFY_16: u8 = 0x8e;
/// VERIFY(16).
pub(crate) const VERIFY_16: u8 = 0x8f;
/// PRE-FETCH(16).
pub(crate) const PRE_FETCH_16: u8 = 0x90;
/// SYNCHRONIZE CACHE(16).
pub(crate) const SYNCHRONIZE_CACHE_16: u8 = 0x91;
/// WRITE SAME(16).
pub(crate) const WRITE_SAME_16: u8 = 0x93;
/// WRITE ATOMIC(16).
pub(crate) const WRITE_ATOMIC_16: u8 = 0x9c;
/// SERVICE ACTION IN(16).
pub(crate) const SERVICE_ACTION_IN_16: u8 = 0x9e;
/// SERVICE ACTION OUT(16).
pub(crate) const SERVICE_ACTION_OUT_16: u8 = 0x9f;
/// REPORT LUNS.
pub(crate) const REPORT_LUNS: u8 = 0xa0;
/// MAINTENANCE IN.
pub(crate) const MAINTENANCE_IN: u8 = 0xa3;
/// MAINTENANCE OUT.
pub(crate) const MAINTENANCE_OUT: u8 = 0xa4;
/// READ(12).
pub(crate) const READ_12: u8 = 0xa8;
/// WRITE(12).
pub(crate) const WRITE_12: u8 = 0xaa;
/// WRITE AND VERIFY(12).
pub(crate) const WRITE_AND_VERIFY_12: u8 = 0xae;
/// VERIFY(12).
pub(crate) const VERIFY_12: u8 = 0xaf;
/// READ DEFECT DATA(12).
pub(crate) const READ_DEFECT_DATA_12: u8 = 0xb7;
/// SET CD SPEED.
pub(crate) const SET_CD_SPEED: u8 = 0xbb;
/// MECHANISM STATUS.
pub(crate) const MECHANISM_STATUS: u8 = 0xbd;
/// READ CD.
pub(crate) const READ_CD: u8 = 0xbe;
