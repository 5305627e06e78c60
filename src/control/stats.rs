// SPDX-License-Identifier: GPL-2.0

//! `<host>/stats/`: what the host has been through.

use core::fmt::{
    self,
    Write, //
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
    control::host::Host,
    device::stats::Counter, //
};

/// The files of the directory.
pub(super) struct StatsDir(Arc<Host>);

impl StatsDir {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }

    fn show(&self, counter: Counter, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.0.shared.stats.get(counter))
    }

    /// One line for each opcode that came: the opcode in hexadecimal, and how often.
    fn show_opcodes(&self, page: &mut Page<'_>) -> fmt::Result {
        let mut end = "";
        for (opcode, count) in self.0.shared.stats.opcodes() {
            write!(page, "{end}{opcode:02x} {count}")?;
            end = "\n";
        }
        Ok(())
    }

    fn store_reset(&self, text: &str) -> Result {
        if text != "1" {
            return Err(EINVAL);
        }
        self.0.shared.stats.reset();
        Ok(())
    }
}

/// The files with one counter each, and the others.
macro_rules! files {
    ($($name:literal => $counter:ident,)+; $($other:expr,)+) => {
        &[
            $(Attribute::ro($name, |dir, page| dir.show(Counter::$counter, page)),)+
            $($other,)+
        ]
    };
}

impl Directory for StatsDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = files![
        c"commands" => Commands,
        c"completions" => Completions,
        c"aborts" => Aborts,
        c"device_resets" => DeviceResets,
        c"target_resets" => TargetResets,
        c"bus_resets" => BusResets,
        c"host_resets" => HostResets,
        c"timeouts" => Timeouts,
        c"parked" => Parked,
        c"injected" => Injected,
        c"rpm_suspend" => RpmSuspend,
        c"rpm_resume" => RpmResume,
        c"rpm_idle" => RpmIdle,
        c"rpm_fail" => RpmFail,
        c"sys_prepare" => SysPrepare,
        c"sys_suspend" => SysSuspend,
        c"sys_resume" => SysResume,
        c"sys_freeze" => SysFreeze,
        c"sys_thaw" => SysThaw,
        c"sys_poweroff" => SysPoweroff,
        c"sys_restore" => SysRestore,
        c"sys_fail" => SysFail,
        c"link_down" => LinkDown,
        c"link_up" => LinkUp,
        c"io_while_suspended" => IoWhileSuspended,
        c"rule_fire" => RuleFire,
        ;
        Attribute::ro(c"opcodes", Self::show_opcodes),
        Attribute::wo(c"reset", Self::store_reset),
    ];
}

// Each counter has its file, next to the two others.
const _: () = assert!(StatsDir::ATTRIBUTES.len() == Counter::COUNT + 2);
