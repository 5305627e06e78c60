// SPDX-License-Identifier: GPL-2.0
/*
 * See helpers.h. No logic here: each function is one call or one field.
 */

#include <linux/blk-mq.h>
#include <linux/ratelimit.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>

#include "helpers.h"

typeof(((struct scsi_host_template *)NULL)->queuecommand(NULL, NULL))
rpmfault_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *cmd)
{
	return rpmfault_rs_queuecommand(shost, cmd);
}

typeof(((struct scsi_host_template *)NULL)->eh_timed_out(NULL))
rpmfault_eh_timed_out(struct scsi_cmnd *cmd)
{
	return rpmfault_rs_eh_timed_out(cmd) ? SCSI_EH_RESET_TIMER :
					       SCSI_EH_NOT_HANDLED;
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

void rpmfault_shost_announce(struct Scsi_Host *shost, const char *rule,
			     size_t rule_len, const char *trigger,
			     size_t trigger_len)
{
	char *env[3] = {};

	env[0] = kasprintf(GFP_KERNEL, "RPMFAULT_RULE=%.*s", (int)rule_len,
			   rule);
	env[1] = kasprintf(GFP_KERNEL, "RPMFAULT_EVENT=%.*s", (int)trigger_len,
			   trigger);
	if (env[0] && env[1])
		kobject_uevent_env(&shost->shost_gendev.kobj, KOBJ_CHANGE, env);
	kfree(env[0]);
	kfree(env[1]);
}

void rpmfault_shost_set_host_tagset(struct Scsi_Host *shost, bool shared)
{
	shost->host_tagset = shared;
}

void rpmfault_shost_set_eh_noresume(struct Scsi_Host *shost, bool noresume)
{
	shost->eh_noresume = noresume;
}

bool rpmfault_shost_in_recovery(struct Scsi_Host *shost)
{
	return scsi_host_in_recovery(shost);
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
	if (polled) {
		/* Reads have no queues of their own. */
		set->map[HCTX_TYPE_READ].nr_queues = 0;
		map_queues(&set->map[HCTX_TYPE_POLL], first, polled);
	}
}

struct Scsi_Host *rpmfault_starget_host(struct scsi_target *starget)
{
	return dev_to_shost(starget->dev.parent);
}

bool rpmfault_sdev_enter_queue(struct scsi_device *sdev)
{
	return percpu_ref_tryget(&sdev->request_queue->q_usage_counter);
}

void rpmfault_sdev_exit_queue(struct scsi_device *sdev)
{
	percpu_ref_put(&sdev->request_queue->q_usage_counter);
}

void rpmfault_sdev_set_flags(struct scsi_device *sdev, u32 flags)
{
	sdev->manage_runtime_start_stop = !!(flags & RPMFAULT_MANAGE_RUNTIME);
	sdev->manage_system_start_stop = !!(flags & RPMFAULT_MANAGE_SYSTEM);
	sdev->manage_shutdown = !!(flags & RPMFAULT_MANAGE_SHUTDOWN);
	sdev->manage_restart = !!(flags & RPMFAULT_MANAGE_RESTART);
	sdev->force_runtime_start_on_system_start =
		!!(flags & RPMFAULT_FORCE_RUNTIME_START);
	sdev->start_stop_pwr_cond = !!(flags & RPMFAULT_PWR_COND);
	sdev->ignore_media_change = !!(flags & RPMFAULT_IGNORE_MEDIA_CHANGE);
	sdev->silence_suspend = !!(flags & RPMFAULT_SILENCE_SUSPEND);
	sdev->rpm_autosuspend = !!(flags & RPMFAULT_AUTOSUSPEND);
	sdev->allow_restart = !!(flags & RPMFAULT_ALLOW_RESTART);
}

bool rpmfault_add_supplier(struct device *consumer, struct device *supplier)
{
	return device_link_add(consumer, supplier,
			       DL_FLAG_STATELESS | DL_FLAG_PM_RUNTIME |
			       DL_FLAG_RPM_ACTIVE);
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

/* The request of SG_SCSI_RESET has no queue. */
int rpmfault_scsi_hw_queue(struct scsi_cmnd *cmd)
{
	struct blk_mq_hw_ctx *hctx = scsi_cmd_to_rq(cmd)->mq_hctx;

	return hctx ? hctx->queue_num : -1;
}

u32 rpmfault_scsi_tag(struct scsi_cmnd *cmd)
{
	return scsi_cmd_to_rq(cmd)->tag;
}

bool rpmfault_scsi_is_queue_full(struct scsi_cmnd *cmd)
{
	return scsi_device_busy(cmd->device) >= cmd->device->queue_depth;
}

void rpmfault_scsi_abort_request(struct scsi_cmnd *cmd)
{
	blk_abort_request(scsi_cmd_to_rq(cmd));
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

int rpmfault_pm_set_suspended(struct device *dev)
{
	return pm_runtime_set_suspended(dev);
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

int rpmfault_pm_usage_count(struct device *dev)
{
	return atomic_read(&dev->power.usage_count);
}

void rpmfault_pm_request_resume(struct device *dev)
{
	pm_request_resume(dev);
}

void rpmfault_pm_request_idle(struct device *dev)
{
	pm_request_idle(dev);
}

/* The status is what the device was in before the callback that failed. */
int rpmfault_pm_clear_error(struct device *dev)
{
	return pm_runtime_status_suspended(dev) ?
	       pm_runtime_set_suspended(dev) : pm_runtime_set_active(dev);
}

void rpmfault_pm_set_ignore_children(struct device *dev, bool ignore)
{
	pm_suspend_ignore_children(dev, ignore);
}

void rpmfault_pm_set_async_suspend(struct device *dev, bool async)
{
	if (async)
		device_enable_async_suspend(dev);
	else
		device_disable_async_suspend(dev);
}

bool rpmfault_pm_is_suspending(void)
{
	return pm_suspend_target_state != PM_SUSPEND_ON;
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

unsigned int rpmfault_jiffies_to_msecs(unsigned long jiffies)
{
	return jiffies_to_msecs(jiffies);
}

bool rpmfault_make_it_fail(void)
{
#ifdef CONFIG_FAULT_INJECTION
	return in_task() && current->make_it_fail;
#else
	return false;
#endif
}

unsigned int rpmfault_cpu(void)
{
	return raw_smp_processor_id();
}

u64 rpmfault_monotonic_ns(void)
{
	return ktime_get_ns();
}

u64 rpmfault_random(void)
{
	return get_random_u64();
}

/* Without this function and its caller, which are the same for every trace. */
size_t rpmfault_stack_trace(char *text, size_t size)
{
#ifdef CONFIG_STACKTRACE
	unsigned long entries[16];
	unsigned int count;

	count = stack_trace_save(entries, ARRAY_SIZE(entries), 2);
	return stack_trace_snprint(text, size, entries, count, 0);
#else
	return 0;
#endif
}

void rpmfault_warn_suspended(void)
{
	WARN(1, "rpmfault: a command has come while the host is suspended\n");
}

void rpmfault_log_injection(const char *rule, size_t rule_len,
			    const char *trigger, size_t trigger_len, bool stack)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	if (!__ratelimit(&limit))
		return;
	pr_info("rpmfault: inject rule=%.*s trigger=%.*s\n", (int)rule_len,
		rule, (int)trigger_len, trigger);
	if (stack)
		dump_stack();
}

unsigned long rpmfault_spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	return flags;
}

bool rpmfault_spin_trylock_irqsave(spinlock_t *lock, unsigned long *flags)
{
	return spin_trylock_irqsave(lock, *flags);
}

void rpmfault_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock_irqrestore(lock, flags);
}
