// SPDX-License-Identifier: GPL-2.0
/*
 * See helpers.h. No logic here: each function is one call or one field.
 */

#include <linux/blk-mq.h>
#include <linux/scatterlist.h>

#include "helpers.h"

typeof(((struct scsi_host_template *)NULL)->queuecommand(NULL, NULL))
rpmfault_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *cmd)
{
	return rpmfault_rs_queuecommand(shost, cmd);
}

enum hrtimer_restart rpmfault_cmd_timer(struct hrtimer *timer)
{
	rpmfault_rs_cmd_timer(timer);
	return HRTIMER_NORESTART;
}

void *rpmfault_shost_priv(struct Scsi_Host *shost)
{
	return shost_priv(shost);
}

void rpmfault_shost_set_host_tagset(struct Scsi_Host *shost, bool shared)
{
	shost->host_tagset = shared;
}

static void map_queues(struct blk_mq_queue_map *map, unsigned int first,
		       unsigned int count)
{
	map->queue_offset = first;
	map->nr_queues = count;
	blk_mq_map_queues(map);
}

/* The polled queues are the last ones. */
void rpmfault_shost_map_queues(struct Scsi_Host *shost, unsigned int polled)
{
	struct blk_mq_tag_set *set = &shost->tag_set;
	unsigned int first = set->nr_hw_queues - polled;

	map_queues(&set->map[HCTX_TYPE_DEFAULT], 0, first);
	if (polled)
		map_queues(&set->map[HCTX_TYPE_POLL], first, polled);
}

bool rpmfault_sdev_enter_queue(struct scsi_device *sdev)
{
	return percpu_ref_tryget(&sdev->request_queue->q_usage_counter);
}

void rpmfault_sdev_exit_queue(struct scsi_device *sdev)
{
	percpu_ref_put(&sdev->request_queue->q_usage_counter);
}

void rpmfault_sdev_manage_runtime_pm(struct scsi_device *sdev)
{
	sdev->manage_runtime_start_stop = 1;
	sdev->rpm_autosuspend = 1;
}

void rpmfault_sdev_no_uld(struct scsi_device *sdev)
{
	sdev->no_uld_attach = 1;
}

unsigned int rpmfault_scsi_submitter(struct scsi_cmnd *cmd)
{
	return cmd->submitter;
}

bool rpmfault_scsi_is_pm(struct scsi_cmnd *cmd)
{
	return scsi_cmd_to_rq(cmd)->rq_flags & RQF_PM;
}

bool rpmfault_scsi_is_passthrough(struct scsi_cmnd *cmd)
{
	return blk_rq_is_passthrough(scsi_cmd_to_rq(cmd));
}

bool rpmfault_scsi_is_visible(struct scsi_cmnd *cmd)
{
	return cmd->device->is_visible;
}

/* A request of the error handler has nobody who polls for it. */
bool rpmfault_scsi_is_polled(struct scsi_cmnd *cmd)
{
	struct request *rq = scsi_cmd_to_rq(cmd);

	return rq->cmd_flags & REQ_POLLED &&
	       rq->mq_hctx->type == HCTX_TYPE_POLL &&
	       cmd->submitter == SUBMITTED_BY_BLOCK_LAYER;
}

unsigned int rpmfault_scsi_hw_queue(struct scsi_cmnd *cmd)
{
	return scsi_cmd_to_rq(cmd)->mq_hctx->queue_num;
}

size_t rpmfault_scsi_data_in(struct scsi_cmnd *cmd, const void *from,
			     size_t len, size_t offset)
{
	return sg_pcopy_from_buffer(scsi_sglist(cmd), scsi_sg_count(cmd), from,
				    len, offset);
}

size_t rpmfault_scsi_data_out(struct scsi_cmnd *cmd, void *to, size_t len,
			      size_t offset)
{
	return sg_pcopy_to_buffer(scsi_sglist(cmd), scsi_sg_count(cmd), to,
				  len, offset);
}

int rpmfault_pm_set_active(struct device *dev)
{
	return pm_runtime_set_active(dev);
}

void rpmfault_pm_set_suspended(struct device *dev)
{
	pm_runtime_set_suspended(dev);
}

void rpmfault_pm_disable(struct device *dev)
{
	pm_runtime_disable(dev);
}

void rpmfault_pm_get_noresume(struct device *dev)
{
	pm_runtime_get_noresume(dev);
}

void rpmfault_pm_put_noidle(struct device *dev)
{
	pm_runtime_put_noidle(dev);
}

void rpmfault_pm_use_autosuspend(struct device *dev, int delay_ms)
{
	pm_runtime_set_autosuspend_delay(dev, delay_ms);
	pm_runtime_use_autosuspend(dev);
}

void rpmfault_pm_put_autosuspend(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put_autosuspend(dev);
}

/*
 * As runtime_status_show() in drivers/base/power/sysfs.c decides it; RPM_INVALID
 * stands for its "error", RPM_BLOCKED for its "unsupported".
 */
int rpmfault_pm_status(struct device *dev)
{
	if (dev->power.runtime_error)
		return RPM_INVALID;
	if (dev->power.disable_depth)
		return RPM_BLOCKED;
	return READ_ONCE(dev->power.runtime_status);
}

bool rpmfault_pm_is_auto(struct device *dev)
{
	return dev->power.runtime_auto;
}

void rpmfault_configfs_add_default_group(struct config_group *child,
					 struct config_group *parent)
{
	configfs_add_default_group(child, parent);
}

struct workqueue_struct *rpmfault_alloc_workqueue(const char *name)
{
	return alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, name);
}

void rpmfault_init_waitqueue(struct wait_queue_head *wq,
			     const char *name, struct lock_class_key *key)
{
	__init_waitqueue_head(wq, name, key);
}

void rpmfault_init_wait(struct wait_queue_entry *entry)
{
	init_wait(entry);
}
