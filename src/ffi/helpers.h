/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Rust reaches only through C: inline functions, bit fields, variadic
 * functions, and callbacks whose prototype names an enum. bindgen reads this
 * file, so the Rust side cannot disagree with it.
 */
#ifndef RPMFAULT_HELPERS_H
#define RPMFAULT_HELPERS_H

#include <linux/configfs.h>
#include <linux/hrtimer.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>

/*
 * In 7.3 .queuecommand returns an enum, and kCFI encodes the enum's name, which
 * Rust cannot express. The first has the right type, whatever the kernel says
 * that is, and calls the second, which is Rust.
 */
typeof(((struct scsi_host_template *)NULL)->queuecommand(NULL, NULL))
rpmfault_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *cmd);
unsigned int rpmfault_rs_queuecommand(struct Scsi_Host *shost,
				      struct scsi_cmnd *cmd);

/* The same for a callback that returns enum hrtimer_restart. */
enum hrtimer_restart rpmfault_cmd_timer(struct hrtimer *timer);
void rpmfault_rs_cmd_timer(struct hrtimer *timer);

/* scsi/ */
void *rpmfault_shost_priv(struct Scsi_Host *shost);
void rpmfault_shost_set_host_tagset(struct Scsi_Host *shost, bool shared);
void rpmfault_shost_map_queues(struct Scsi_Host *shost, unsigned int polled);
bool rpmfault_sdev_enter_queue(struct scsi_device *sdev);
void rpmfault_sdev_exit_queue(struct scsi_device *sdev);
void rpmfault_sdev_manage_runtime_pm(struct scsi_device *sdev);
void rpmfault_sdev_no_uld(struct scsi_device *sdev);

unsigned int rpmfault_scsi_submitter(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_pm(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_passthrough(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_visible(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_polled(struct scsi_cmnd *cmd);
unsigned int rpmfault_scsi_hw_queue(struct scsi_cmnd *cmd);
size_t rpmfault_scsi_data_in(struct scsi_cmnd *cmd, const void *from,
			     size_t len, size_t offset);
size_t rpmfault_scsi_data_out(struct scsi_cmnd *cmd, void *to, size_t len,
			      size_t offset);

/* pm/ */
int rpmfault_pm_set_active(struct device *dev);
void rpmfault_pm_set_suspended(struct device *dev);
void rpmfault_pm_disable(struct device *dev);
void rpmfault_pm_get_noresume(struct device *dev);
void rpmfault_pm_put_noidle(struct device *dev);
void rpmfault_pm_use_autosuspend(struct device *dev, int delay_ms);
void rpmfault_pm_put_autosuspend(struct device *dev);
int rpmfault_pm_status(struct device *dev);
bool rpmfault_pm_is_auto(struct device *dev);

/* configfs/ */
void rpmfault_configfs_add_default_group(struct config_group *child,
					 struct config_group *parent);

/* ffi/ */
struct workqueue_struct *rpmfault_alloc_workqueue(const char *name);
void rpmfault_init_waitqueue(struct wait_queue_head *wq,
			     const char *name, struct lock_class_key *key);
void rpmfault_init_wait(struct wait_queue_entry *entry);

#endif /* RPMFAULT_HELPERS_H */
