// SPDX-License-Identifier: GPL-2.0

//! `<host>/luns/`: where logical units are made.

use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    }, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Group, //
    },
    control::{
        host::Host,
        lun::LunDir,
        medium::MediumDir,
        spec::{
            unique,
            Spec, //
        },
        stores::{
            Registry,
            StoreUser, //
        },
        text, //
    },
    device::{
        drive::Drive,
        lun::{
            Attachment,
            Lun, //
        },
        store::Store, //
    },
    protocol::profile::{
        Kind,
        Profile, //
    },
    scsi::Address, //
};

/// How many logical units were ever made: the number of a unit is that of its I_T nexus.
static MADE: Atomic<u64> = Atomic::new(0);

/// What is said of a logical unit, and what became of it.
pub(super) struct State {
    /// What is said.
    pub(super) spec: Spec,
    /// The store whose content is the medium, if it is not the unit's own.
    pub(super) named: Option<StoreUser>,
    /// There while the host is on, or being switched on or off.
    pub(super) live: Option<Arc<Lun>>,
}

impl State {
    /// Returns [`EBUSY`] while the unit can be in use.
    pub(super) fn check_off(&self) -> Result {
        match self.live {
            Some(_) => Err(EBUSY),
            None => Ok(()),
        }
    }
}

/// A logical unit that has a directory.
#[pin_data]
pub(super) struct LunConfig {
    /// Where it is.
    pub(super) address: Address,
    host: CString,
    /// Tells its I_T nexus from all others.
    nexus: u64,
    /// Whether the host has it, or will have it when it is switched on. Changed with the
    /// configuration of the host locked.
    enabled: Atomic<bool>,
    /// What it keeps its data in unless a named store is its medium, for as long as the directory
    /// exists.
    pub(super) private: Arc<Store>,
    #[pin]
    state: Mutex<State>,
}

impl LunConfig {
    fn new(host: &str, address: Address) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                address,
                host: CString::try_from_fmt(fmt!("{host}"))?,
                nexus: MADE.fetch_add(1, Relaxed),
                enabled: Atomic::new(false),
                private: Arc::pin_init(Store::new(), GFP_KERNEL)?,
                state <- new_mutex!(State {
                    spec: Spec::new()?,
                    named: None,
                    live: None,
                }),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Returns whether the host has it, or will have it when it is switched on.
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled.load(Relaxed)
    }

    /// Changes that.
    pub(super) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Relaxed);
    }

    /// Calls `f` with the unit's configuration locked. `f` must not wait for the device.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.lock())
    }

    /// Returns the number that the unit's names are made of.
    pub(super) fn id(&self, state: &State) -> u64 {
        match &state.named {
            Some(store) if state.spec.kind == Kind::Disk && !state.spec.removable => {
                unique(&[b"store/", store.name().as_bytes()])
            }
            // A medium that can be taken out does not name the drive.
            _ => unique(&[
                self.host.to_bytes(),
                b"/",
                &self.address.channel.to_be_bytes(),
                &self.address.id.to_be_bytes(),
                &self.address.lun.to_be_bytes(),
            ]),
        }
    }

    /// Makes the unit as it was described, from now on unchangeable but for what is live. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the attributes do not go together, with the reason in the kernel log;
    /// [`EMFILE`] if too many hosts have the store; [`ENOMEM`].
    pub(super) fn connect(&self) -> Result<Arc<Lun>> {
        let mut state = self.state.lock();
        let size = state
            .named
            .as_ref()
            .map_or(state.spec.size, |store| store.size());
        let (profile, blocks) = state
            .spec
            .profile(self.id(&state), size)
            .map_err(|reason| {
                let host = self.host.to_str().unwrap_or_default();
                let Address { channel, id, lun } = self.address;
                pr_info!("{host}: unit {lun} of target {channel}:{id}: {reason}\n");
                EINVAL
            })?;
        let drive = self.drive(&state, profile, blocks)?;
        // What other hosts have made of it by now is not for this one to change.
        let is_new = !drive.is_connected();
        let attachment = Attachment {
            queue_depth: (state.spec.queue_depth > 0).then_some(state.spec.queue_depth),
            no_uld: state.spec.no_uld,
            power: state.spec.power,
        };
        let group = state.spec.alua_group;
        let lun = Lun::new(self.address, attachment, drive, self.nexus, group)?;
        lun.set_spin(state.spec.spin);
        lun.drive().with_unit(|unit| {
            if is_new {
                unit.set_read_only(state.spec.ro);
                unit.set_ms_to_ready(state.spec.tur_ms_to_ready);
            }
            let in_group = unit.ports().filter(|port| port.group == group).count();
            if in_group == 1 {
                unit.set_access_state(lun.nexus(), state.spec.alua_state);
            }
        });
        if is_new {
            lun.drive().not_ready(state.spec.tur_ms_to_ready);
        }
        state.live = Some(lun.clone());
        Ok(lun)
    }

    /// Returns the drive behind the unit.
    fn drive(&self, state: &State, profile: Profile, blocks: u64) -> Result<Arc<Drive>> {
        let loaded = state.spec.present || !profile.removable;
        match &state.named {
            Some(store) if profile.kind == Kind::Disk && !profile.removable => {
                store.disk(profile, blocks)
            }
            Some(store) => Drive::new(profile, blocks, loaded, store.store().clone()),
            None => Drive::new(profile, blocks, loaded, self.private.clone()),
        }
    }

    /// Makes everything changeable again. The host must have let go of the unit.
    pub(super) fn disconnect(&self) {
        let live = self.state.lock().live.take();
        // Takes the drive's lock, and may free it.
        drop(live);
    }
}

/// The directory in which logical units are made.
pub(super) struct Luns {
    host: Arc<Host>,
    registry: Arc<Registry>,
}

impl Luns {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>, registry: Arc<Registry>) -> Self {
        Self { host, registry }
    }
}

impl Directory for Luns {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];
    const MAKES_CHILDREN: bool = true;

    fn make_child(&self, name: &str) -> Result<Group> {
        let address = text::address(name)?;
        let lun = LunConfig::new(self.host.name(), address)?;
        let dir_name = CString::try_from_fmt(fmt!("{name}"))?;
        let registry = self.registry.clone();
        let medium = MediumDir::new(self.host.clone(), lun.clone(), registry.clone());
        let dir = LunDir::new(self.host.clone(), registry, lun.clone());
        let group =
            Group::new(&dir_name, Ok(dir))?.with_default(Group::new(c"medium", Ok(medium))?);
        self.host.with_config(|config| {
            let at = config.luns.partition_point(|other| other.address < address);
            config.luns.reserve(1, GFP_KERNEL)?;
            lun.set_enabled(config.is_off());
            config
                .luns
                .insert_within_capacity(at, lun)
                .map_err(|_| ENOMEM)
        })?;
        Ok(group)
    }
}
