// SPDX-License-Identifier: GPL-2.0

//! `<host>/`: the host adapter as a whole.

use core::{
    fmt::{
        self,
        Write, //
    },
    ops::RangeInclusive, //
};

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Page, //
    },
    control::{
        attributes::{
            attribute,
            number,
            switch,
            word, //
        },
        host::{
            Host,
            State, //
        },
        text, //
    },
    device::{
        host::{
            CHANNELS,
            TARGETS, //
        },
        settings::{
            Completion,
            Options,
            Scan,
            Settings,
            LATENCY_MAX_NS,
            SG_MAX_SEGMENTS, //
        }, //
    },
    scsi::{
        Address,
        EhStrategy,
        HostRef,
        ScanMode,
        LUNS, //
    }, //
};

/// Hardware queues of each kind, and commands of a queue, that a host may have. The upper limits
/// are there for the memory that they take: about 2 KiB a command.
const QUEUES: RangeInclusive<u16> = 1..=64;
const POLL_QUEUES: RangeInclusive<u16> = 0..=64;
const COMMANDS: RangeInclusive<u16> = 1..=4096;
/// Units of 512 bytes in a command: a page is what the block layer wants, 32 MiB is enough.
const SECTORS: RangeInclusive<u32> = 8..=65536;
/// Bytes of a CDB: what `scsi_host_alloc()` begins with, and what a disk has at most.
const CDB: RangeInclusive<u16> = 12..=32;
/// The least that the block layer takes as the length of a segment (`BLK_MIN_SEGMENT_SIZE`).
const SEGMENT_MIN: u32 = 4096;

/// The words for who has the strategy of the error handler.
pub(super) const EH_STRATEGIES: [(&str, EhStrategy); 2] = [
    ("midlayer", EhStrategy::MidLayer),
    ("transport", EhStrategy::Own),
];

/// The files of a host's own directory.
pub(super) struct HostDir(Arc<Host>);

impl HostDir {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }

    /// Shows something that is said of the host.
    fn show(&self, show: impl FnOnce(&Options) -> fmt::Result) -> fmt::Result {
        self.0.with_config(|config| show(&config.options))
    }

    /// Changes what is said, unless the host is on.
    fn change(&self, change: impl FnOnce(&mut Options)) -> Result {
        self.0.with_config(|config| {
            config.check_off()?;
            change(&mut config.options);
            Ok(())
        })
    }

    /// Returns what may be changed at any time.
    fn settings(&self) -> &Settings {
        &self.0.shared.settings
    }

    /// Returns the mid layer's host.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] while there is none.
    fn host_ref(&self) -> Result<HostRef> {
        let adapter = self.0.adapter().ok_or(ENODEV)?;
        adapter.host_ref().ok_or(ENODEV)
    }

    fn show_enable(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", u8::from(self.0.state() == State::Running))
    }

    fn store_enable(&self, text: &str) -> Result {
        if text::switch(text)? {
            self.0.switch_on()
        } else {
            self.0.switch_off();
            Ok(())
        }
    }

    fn show_statistics(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", u8::from(self.0.shared.stats.is_on()))
    }

    fn store_statistics(&self, text: &str) -> Result {
        self.0.shared.stats.set_on(text::switch(text)?);
        Ok(())
    }

    /// Looks for logical units, as a write to `scan` of the host in sysfs does: channel, target and
    /// unit, each of which may be `-` for all that were made here.
    fn store_rescan(&self, text: &str) -> Result {
        let [channel, id, lun] = wild_cards(text)?;
        let lun = lun.map(|lun| Address::from_mid_layer(0, 0, lun.into()).lun);
        let is_wanted = |address: Address| {
            channel.is_none_or(|channel| channel == address.channel)
                && id.is_none_or(|id| id == address.id)
        };
        let host = self.host_ref()?;
        let targets = self.0.with_config(|config| -> Result<_> {
            let mut targets = KVec::<Address>::new();
            for address in config.luns.iter().map(|lun| lun.address) {
                let is_new = targets
                    .last()
                    .is_none_or(|last| !last.is_on_target_of(address));
                if is_new && is_wanted(address) {
                    targets.push(address, GFP_KERNEL)?;
                }
            }
            Ok(targets)
        })?;
        for target in &targets {
            host.scan_target(target.channel, target.id, lun, ScanMode::Manual);
        }
        Ok(())
    }

    /// Wakes the error handler, though no command has failed.
    fn store_schedule_eh(&self, text: &str) -> Result {
        text::go(text)?;
        let host = self.host_ref()?;
        let strategy = self.0.with_config(|config| config.options.eh_strategy);
        if strategy != EhStrategy::Own {
            self.0.log("schedule_eh: needs eh_strategy=transport");
            return Err(EOPNOTSUPP);
        }
        host.schedule_eh();
        Ok(())
    }

    fn show_host_no(&self, page: &mut Page<'_>) -> fmt::Result {
        match self.0.adapter().and_then(|adapter| adapter.host_no()) {
            Some(number) => write!(page, "{number}"),
            None => page.write_str("-1"),
        }
    }

    fn show_state(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(match self.0.state() {
            State::Off | State::Starting => "off",
            State::Running if self.host_ref().is_ok_and(|host| host.is_in_recovery()) => "recovery",
            State::Running => "running",
            State::Removing => "removing",
        })
    }
}

impl Directory for HostDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"enable", Self::show_enable, Self::store_enable),
        number!(c"nr_hw_queues", io.nr_hw_queues, QUEUES),
        number!(c"poll_queues", io.poll_queues, POLL_QUEUES),
        number!(c"can_queue", io.can_queue, COMMANDS),
        number!(c"cmd_per_lun", io.cmd_per_lun, COMMANDS),
        switch!(c"host_tagset", io.host_tagset),
        number!(c"max_id", max_id, 0..=TARGETS),
        number!(c"max_lun", max_lun, 0..=LUNS),
        number!(c"max_channel", max_channel, 0..=CHANNELS - 1),
        number!(c"this_id", this_id, -1..=255),
        number!(c"max_cmd_len", max_cmd_len, CDB),
        number!(c"max_sectors", io.max_sectors, SECTORS),
        number!(c"sg_tablesize", io.sg_tablesize, 1..=SG_MAX_SEGMENTS),
        attribute!(
            c"max_segment_size",
            [io.max_segment_size],
            |text| segment_size(text),
            |value| value
        ),
        attribute!(
            c"dma_boundary",
            [io.dma_boundary],
            |text| boundary(text),
            |value| value
        ),
        word!(c"scan", scan, Scan),
        switch!(c"async_scan", async_scan),
        attribute!(
            c"eh_strategy",
            [eh_strategy],
            |text| text::word(text, parse_strategy),
            |value| strategy_name(*value)
        ),
        switch!(c"eh_noresume", eh_noresume),
        switch!(c"skip_settle_delay", skip_settle_delay),
        word!(c"completion", completion, Completion),
        // Means nothing with `completion` `inline`, but for polled commands.
        number!(
            c"latency_ns",
            latency_ns / set_latency_ns,
            0..=LATENCY_MAX_NS
        ),
        number!(c"jitter_ns", jitter_ns / set_jitter_ns, 0..=LATENCY_MAX_NS),
        number!(c"seed", seed / set_seed, 0..=u64::MAX),
        Attribute::rw(c"statistics", Self::show_statistics, Self::store_statistics),
        Attribute::wo(c"rescan", Self::store_rescan),
        Attribute::wo(c"schedule_eh", Self::store_schedule_eh),
        Attribute::ro(c"host_no", Self::show_host_no),
        Attribute::ro(c"state", Self::show_state),
    ];

    fn removed(&self) {
        self.0.remove();
    }
}

/// Reads three numbers, or `-` for any, with white space between them.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else, and for what no host has.
fn wild_cards(text: &str) -> Result<[Option<u32>; 3]> {
    let mut fields = text.split_ascii_whitespace();
    let mut next = || match fields.next() {
        None => Err(EINVAL),
        Some("-") => Ok(None),
        Some(number) => text::int(number).map(Some),
    };
    let numbers = [next()?, next()?, next()?];
    let [channel, id, lun] = numbers;
    let is_known = |lun: u32| Address::from_mid_layer(0, 0, lun.into()).lun < LUNS;
    if fields.next().is_some()
        || channel.is_some_and(|channel| channel >= CHANNELS)
        || id.is_some_and(|id| id >= TARGETS)
        || !lun.is_none_or(is_known)
    {
        return Err(EINVAL);
    }
    Ok(numbers)
}

/// Reads the length of a segment; 0: what the block layer takes.
fn segment_size(text: &str) -> Result<u32> {
    text::int(text).and_then(|size| match size {
        0 | SEGMENT_MIN.. => Ok(size),
        _ => Err(EINVAL),
    })
}

/// Reads a mask of address bits, which no segment crosses; 0: what the block layer takes.
fn boundary(text: &str) -> Result<u64> {
    let mask: u64 = text::int(text)?;
    let is_mask = mask & mask.wrapping_add(1) == 0;
    if mask == 0 || is_mask && mask >= u64::from(SEGMENT_MIN) - 1 {
        Ok(mask)
    } else {
        Err(EINVAL)
    }
}

/// Reads whose the strategy of the error handler is.
fn parse_strategy(text: &str) -> Option<EhStrategy> {
    let mut strategies = EH_STRATEGIES.iter();
    strategies
        .find(|(name, _)| *name == text)
        .map(|(_, strategy)| *strategy)
}

/// Returns the word for a strategy.
fn strategy_name(wanted: EhStrategy) -> &'static str {
    let mut strategies = EH_STRATEGIES.iter();
    strategies
        .find(|(_, strategy)| *strategy == wanted)
        .map_or("", |(name, _)| name)
}
