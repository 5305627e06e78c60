// SPDX-License-Identifier: GPL-2.0

//! What a CD or DVD drive says of itself and of its disc (MMC-6).
//!
//! The disc is a data disc with one session of one track, which starts at address 0.

pub(crate) mod address;
pub(crate) mod capabilities;
pub(crate) mod configuration;
pub(crate) mod disc;
pub(crate) mod event;
pub(crate) mod mechanism;
pub(crate) mod sector;
pub(crate) mod toc;

/// ADR 1 (the Q sub-channel has the current position) and CONTROL 4 (a data track), as the TOC
/// reports them.
const DATA_TRACK: u8 = 0x14;

/// The number of the only track, and of the only session.
const ONLY: u8 = 1;

/// TRACK NUMBER of the lead-out area.
const LEAD_OUT: u8 = 0xaa;
