// SPDX-License-Identifier: GPL-2.0

//! What has happened on a host: the events log in debugfs, and the trace events.
//!
//! The log keeps the last events, in `/sys/kernel/debug/rpmfault/<host>/events`. It begins with
//! `# overrun N`, the number of events that were there and are not any more; then there is one event
//! a line, with eight words:
//!
//! ```text
//! seq ns cpu rule trigger c:t:l detail result
//! ```
//!
//! `seq` counts from 1, `ns` is `CLOCK_MONOTONIC`, `detail` is the name of the trace event, then its
//! fields as `,key=value`, and `-` stands for what there is not. A trace event has the same words.
//!
//! # Locking
//!
//! `ring` may be taken in any context but NMI, and is innermost: nothing is called inside it.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    debugfs,
    prelude::*,
    str::CString,
    sync::Arc, //
};

use crate::{
    device::{
        record::Record,
        ring::{
            Ring,
            Text, //
        }, //
    },
    ffi::{
        irqlock::IrqLock,
        trace, //
    }, //
};

/// Bytes of an address, and of what is shown of a CDB in hexadecimal.
const ADDRESS: usize = 44;
const CDB: usize = 64;

/// The events of one host.
#[pin_data]
pub(crate) struct Events {
    name: CString,
    #[pin]
    ring: IrqLock<Ring>,
}

impl Events {
    /// Creates an empty log for the host with this directory. Takes about 110 KiB.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(crate) fn new(name: &str) -> Result<Arc<Self>> {
        let ring = Ring::new()?;
        let name = CString::try_from_fmt(fmt!("{name}"))?;
        Arc::pin_init(
            pin_init!(Self {
                name,
                ring <- IrqLock::new(ring, c"rpmfault_events", kernel::static_lock_class!()),
            }),
            GFP_KERNEL,
        )
    }

    /// Notes that something has happened, on a host with this number if it has one by now.
    ///
    /// May be called in any context but NMI. The first I/O to a suspended host goes to the kernel
    /// log, too.
    pub(crate) fn record(&self, host_no: Option<u32>, record: Record<'_>) {
        let lun = Text::<ADDRESS>::new(|out| match record.address() {
            Some(address) => write!(out, "{address}"),
            None => out.write_str("-"),
        });
        let cdb = Text::<CDB>::new(|out| match record.cdb() {
            [] => out.write_str("-"),
            cdb => cdb.iter().try_for_each(|byte| write!(out, "{byte:02x}")),
        });
        let (lun, cdb) = (lun.as_str(), cdb.as_str());
        let text = Text::new(|out| record.write(out, lun, cdb));

        let mut ring = self.ring.lock();
        let seq = ring.push(text);
        let is_oracle = matches!(record, Record::IoWhileSuspended { .. });
        let is_first = is_oracle && ring.push_stack(seq, record.stack());
        drop(ring);

        let host = trace::Host {
            name: self.name.to_str().unwrap_or_default(),
            number: host_no,
        };
        record.trace(host, seq, lun, cdb);
        if is_first {
            pr_warn!(
                "io while suspended: host {}: {}\n",
                host.name,
                text.as_str()
            );
            for function in record.stack().lines() {
                pr_warn!("  {function}\n");
            }
        }
    }

    /// Prints the log. The lock is taken for one line after the other, so that nobody waits long
    /// for it; what is overwritten meanwhile is left out.
    fn show(&self, out: &mut impl Write) -> fmt::Result {
        let kept = self.ring.lock().range();
        writeln!(out, "# overrun {}", kept.start.saturating_sub(1))?;
        for seq in kept {
            let Some(line) = self.ring.lock().line(seq) else {
                continue;
            };
            writeln!(out, "{seq} {line}")?;
            let Some(stack) = self.ring.lock().stack(seq) else {
                continue;
            };
            for function in stack.as_str().lines() {
                writeln!(out, "  {function}")?;
            }
        }
        Ok(())
    }
}

/// The file in debugfs; dropping it removes the file, and waits for who reads it.
pub(crate) struct Log {
    _file: Pin<KBox<debugfs::File<Arc<Events>>>>,
}

impl Log {
    /// Shows events as `<host>/events` in `parent`. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`]. A kernel without debugfs, or with a directory of that name, is none.
    pub(crate) fn new(events: Arc<Events>, parent: &debugfs::Dir) -> Result<Self> {
        let dir = parent.subdir(&events.name);
        let file = dir.read_callback_file(c"events", events, &|events, out| events.show(out));
        let file = KBox::pin_init(file, GFP_KERNEL)?;
        Ok(Self { _file: file })
    }
}
