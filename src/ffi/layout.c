// SPDX-License-Identifier: GPL-2.0
/*
 * The size of each structure, and the offset of each field, that Rust touches,
 * as seen by the compiler that built the kernel. Compiled to assembly only.
 */

#include <linux/kbuild.h>

#include "helpers.h"

#define SIZE(type)		DEFINE(SIZEOF_##type, sizeof(struct type))
#define FIELD(type, field)	DEFINE(OFFSETOF_##type##_##field, \
				       offsetof(struct type, field))

int main(void)
{
	SIZE(Scsi_Host);
	FIELD(Scsi_Host, max_channel);
	FIELD(Scsi_Host, max_id);
	FIELD(Scsi_Host, max_lun);
	FIELD(Scsi_Host, max_cmd_len);
	FIELD(Scsi_Host, host_no);
	FIELD(Scsi_Host, can_queue);
	FIELD(Scsi_Host, cmd_per_lun);
	FIELD(Scsi_Host, sg_tablesize);
	FIELD(Scsi_Host, max_sectors);
	FIELD(Scsi_Host, nr_hw_queues);
	FIELD(Scsi_Host, nr_maps);
	FIELD(Scsi_Host, rpm_autosuspend_delay);
	FIELD(Scsi_Host, shost_gendev);
	FIELD(Scsi_Host, this_id);
	FIELD(Scsi_Host, dma_boundary);
	FIELD(Scsi_Host, max_segment_size);
	FIELD(Scsi_Host, shost_state);
	SIZE(scsi_host_template);
	FIELD(scsi_host_template, queuecommand);
	FIELD(scsi_host_template, module);
	FIELD(scsi_host_template, eh_abort_handler);
	FIELD(scsi_host_template, eh_device_reset_handler);
	FIELD(scsi_host_template, sdev_configure);
	FIELD(scsi_host_template, cmd_size);
	FIELD(scsi_host_template, init_cmd_priv);
	FIELD(scsi_host_template, change_queue_depth);
	FIELD(scsi_host_template, map_queues);
	FIELD(scsi_host_template, mq_poll);
	FIELD(scsi_host_template, proc_name);
	FIELD(scsi_host_template, name);
	FIELD(scsi_host_template, this_id);
	FIELD(scsi_host_template, commit_rqs);
	FIELD(scsi_host_template, eh_timed_out);
	FIELD(scsi_host_template, eh_target_reset_handler);
	FIELD(scsi_host_template, eh_bus_reset_handler);
	FIELD(scsi_host_template, eh_host_reset_handler);
	FIELD(scsi_host_template, host_reset);
	FIELD(scsi_host_template, scan_start);
	FIELD(scsi_host_template, scan_finished);
	FIELD(scsi_host_template, target_alloc);
	FIELD(scsi_host_template, sdev_init);
	FIELD(scsi_host_template, sdev_destroy);
	SIZE(scsi_cmnd);
	FIELD(scsi_cmnd, device);
	FIELD(scsi_cmnd, cmd_len);
	FIELD(scsi_cmnd, cmnd);
	FIELD(scsi_cmnd, sdb);
	FIELD(scsi_cmnd, sc_data_direction);
	FIELD(scsi_cmnd, resid_len);
	FIELD(scsi_cmnd, sense_buffer);
	FIELD(scsi_cmnd, result);
	FIELD(scsi_cmnd, retries);
	SIZE(scsi_data_buffer);
	FIELD(scsi_data_buffer, length);
	SIZE(scsi_device);
	FIELD(scsi_device, host);
	FIELD(scsi_device, id);
	FIELD(scsi_device, channel);
	FIELD(scsi_device, lun);
	FIELD(scsi_device, sdev_gendev);
	FIELD(scsi_device, sdev_state);
	SIZE(scsi_target);
	FIELD(scsi_target, channel);
	FIELD(scsi_target, id);

	return 0;
}
