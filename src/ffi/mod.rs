// SPDX-License-Identifier: GPL-2.0

//! Raw bindings, and the few kernel primitives that the kernel crate lacks.
//!
//! Everything that `kernel::bindings` already has is used from there: `--no-recursive-allowlist`
//! in `bindgen_parameters` keeps this crate from having a second `struct device`.
//!
//! C header: [`src/ffi/helpers.h`](helpers.h)

pub(crate) mod irqlock;
pub(crate) mod rcu;
pub(crate) mod task;
pub(crate) mod trace;
pub(crate) mod waitqueue;
pub(crate) mod workqueue;

pub(crate) use generated::*;

/// `THIS_MODULE` of C, for structures that pin the module.
///
/// The kernel crate's own way to it is another in each release.
#[cfg(MODULE)]
pub(crate) const THIS_MODULE: *mut kernel::bindings::module = {
    extern "C" {
        static __this_module: u8;
    }
    // CAST: Only the address of the static is taken, so its type does not matter.
    (&raw const __this_module).cast_mut().cast()
};

/// `THIS_MODULE` of C, which is NULL in code that is built in.
#[cfg(not(MODULE))]
pub(crate) const THIS_MODULE: *mut kernel::bindings::module = core::ptr::null_mut();

#[allow(
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::ref_as_ptr,
    clippy::ptr_as_ptr,
    clippy::as_underscore,
    clippy::cast_lossless,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]
mod generated {
    use kernel::{
        bindings::*,
        ffi, //
    };
    use pin_init::{
        MaybeZeroable,
        Zeroable, //
    };

    // SAFETY: `__BindgenBitfieldUnit<S>` is a transparent wrapper of `S`, and `S` may be zero.
    unsafe impl<S: Zeroable> Zeroable for __BindgenBitfieldUnit<S> {}

    include!(concat!(env!("RPMFAULT_GEN"), "/bindings_generated.rs"));
}

/// What the compiler that built the kernel says, against what bindgen's libclang says.
#[allow(dead_code, non_upper_case_globals)]
mod layout {
    use core::mem::{
        offset_of,
        size_of, //
    };

    include!(concat!(env!("RPMFAULT_GEN"), "/layout_generated.rs"));

    macro_rules! agree {
        ($($ty:ident { $($field:ident => $offset:ident),* $(,)? } $size:ident;)*) => {$(
            const _: () = assert!(size_of::<super::$ty>() == $size);
            $(const _: () = assert!(offset_of!(super::$ty, $field) == $offset);)*
        )*};
    }

    agree! {
        Scsi_Host {
            max_channel => OFFSETOF_Scsi_Host_max_channel,
            max_id => OFFSETOF_Scsi_Host_max_id,
            max_lun => OFFSETOF_Scsi_Host_max_lun,
            max_cmd_len => OFFSETOF_Scsi_Host_max_cmd_len,
            host_no => OFFSETOF_Scsi_Host_host_no,
            can_queue => OFFSETOF_Scsi_Host_can_queue,
            cmd_per_lun => OFFSETOF_Scsi_Host_cmd_per_lun,
            sg_tablesize => OFFSETOF_Scsi_Host_sg_tablesize,
            max_sectors => OFFSETOF_Scsi_Host_max_sectors,
            nr_hw_queues => OFFSETOF_Scsi_Host_nr_hw_queues,
            nr_maps => OFFSETOF_Scsi_Host_nr_maps,
            rpm_autosuspend_delay => OFFSETOF_Scsi_Host_rpm_autosuspend_delay,
            shost_gendev => OFFSETOF_Scsi_Host_shost_gendev,
            this_id => OFFSETOF_Scsi_Host_this_id,
            dma_boundary => OFFSETOF_Scsi_Host_dma_boundary,
            max_segment_size => OFFSETOF_Scsi_Host_max_segment_size,
            shost_state => OFFSETOF_Scsi_Host_shost_state,
        } SIZEOF_Scsi_Host;
        scsi_host_template {
            queuecommand => OFFSETOF_scsi_host_template_queuecommand,
            module => OFFSETOF_scsi_host_template_module,
            eh_abort_handler => OFFSETOF_scsi_host_template_eh_abort_handler,
            eh_device_reset_handler => OFFSETOF_scsi_host_template_eh_device_reset_handler,
            sdev_configure => OFFSETOF_scsi_host_template_sdev_configure,
            cmd_size => OFFSETOF_scsi_host_template_cmd_size,
            init_cmd_priv => OFFSETOF_scsi_host_template_init_cmd_priv,
            change_queue_depth => OFFSETOF_scsi_host_template_change_queue_depth,
            map_queues => OFFSETOF_scsi_host_template_map_queues,
            mq_poll => OFFSETOF_scsi_host_template_mq_poll,
            proc_name => OFFSETOF_scsi_host_template_proc_name,
            name => OFFSETOF_scsi_host_template_name,
            this_id => OFFSETOF_scsi_host_template_this_id,
            commit_rqs => OFFSETOF_scsi_host_template_commit_rqs,
            eh_timed_out => OFFSETOF_scsi_host_template_eh_timed_out,
            eh_target_reset_handler => OFFSETOF_scsi_host_template_eh_target_reset_handler,
            eh_bus_reset_handler => OFFSETOF_scsi_host_template_eh_bus_reset_handler,
            eh_host_reset_handler => OFFSETOF_scsi_host_template_eh_host_reset_handler,
            host_reset => OFFSETOF_scsi_host_template_host_reset,
            scan_start => OFFSETOF_scsi_host_template_scan_start,
            scan_finished => OFFSETOF_scsi_host_template_scan_finished,
            target_alloc => OFFSETOF_scsi_host_template_target_alloc,
            sdev_init => OFFSETOF_scsi_host_template_sdev_init,
            sdev_destroy => OFFSETOF_scsi_host_template_sdev_destroy,
        } SIZEOF_scsi_host_template;
        scsi_cmnd {
            device => OFFSETOF_scsi_cmnd_device,
            cmd_len => OFFSETOF_scsi_cmnd_cmd_len,
            cmnd => OFFSETOF_scsi_cmnd_cmnd,
            sdb => OFFSETOF_scsi_cmnd_sdb,
            sc_data_direction => OFFSETOF_scsi_cmnd_sc_data_direction,
            resid_len => OFFSETOF_scsi_cmnd_resid_len,
            sense_buffer => OFFSETOF_scsi_cmnd_sense_buffer,
            result => OFFSETOF_scsi_cmnd_result,
            retries => OFFSETOF_scsi_cmnd_retries,
        } SIZEOF_scsi_cmnd;
        scsi_data_buffer {
            length => OFFSETOF_scsi_data_buffer_length,
        } SIZEOF_scsi_data_buffer;
        scsi_device {
            host => OFFSETOF_scsi_device_host,
            id => OFFSETOF_scsi_device_id,
            channel => OFFSETOF_scsi_device_channel,
            lun => OFFSETOF_scsi_device_lun,
            sdev_gendev => OFFSETOF_scsi_device_sdev_gendev,
            sdev_state => OFFSETOF_scsi_device_sdev_state,
        } SIZEOF_scsi_device;
        scsi_target {
            channel => OFFSETOF_scsi_target_channel,
            id => OFFSETOF_scsi_target_id,
        } SIZEOF_scsi_target;
    }
}
