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
#include <linux/spinlock.h>
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

/* The same for a callback that returns enum scsi_timeout_action. */
typeof(((struct scsi_host_template *)NULL)->eh_timed_out(NULL))
rpmfault_eh_timed_out(struct scsi_cmnd *cmd);
bool rpmfault_rs_eh_timed_out(struct scsi_cmnd *cmd);

/* The same for a callback that returns enum hrtimer_restart. */
enum hrtimer_restart rpmfault_cmd_timer(struct hrtimer *timer);
void rpmfault_rs_cmd_timer(struct hrtimer *timer);

/* scsi/ */

/* Macros until 7.2, an enum since. */
enum rpmfault_mlqueue {
	RPMFAULT_HOST_BUSY	= SCSI_MLQUEUE_HOST_BUSY,
	RPMFAULT_DEVICE_BUSY	= SCSI_MLQUEUE_DEVICE_BUSY,
	RPMFAULT_EH_RETRY	= SCSI_MLQUEUE_EH_RETRY,
	RPMFAULT_TARGET_BUSY	= SCSI_MLQUEUE_TARGET_BUSY,
};

enum rpmfault_sdev_flags {
	RPMFAULT_MANAGE_RUNTIME		= 1 << 0,
	RPMFAULT_MANAGE_SYSTEM		= 1 << 1,
	RPMFAULT_MANAGE_SHUTDOWN	= 1 << 2,
	RPMFAULT_MANAGE_RESTART		= 1 << 3,
	RPMFAULT_FORCE_RUNTIME_START	= 1 << 4,
	RPMFAULT_PWR_COND		= 1 << 5,
	RPMFAULT_IGNORE_MEDIA_CHANGE	= 1 << 6,
	RPMFAULT_SILENCE_SUSPEND	= 1 << 7,
	RPMFAULT_AUTOSUSPEND		= 1 << 8,
	RPMFAULT_ALLOW_RESTART		= 1 << 9,
};

/* Exported, but declared in drivers/scsi/scsi_transport_api.h only. */
void scsi_schedule_eh(struct Scsi_Host *shost);

/* The same with drivers/scsi/scsi_priv.h, for transport.c. */
void scsi_eh_ready_devs(struct Scsi_Host *shost, struct list_head *work_q,
			struct list_head *done_q);
int scsi_eh_get_sense(struct list_head *work_q, struct list_head *done_q);

void *rpmfault_shost_priv(struct Scsi_Host *shost);
void rpmfault_shost_announce(struct Scsi_Host *shost, const char *rule,
			     size_t rule_len, const char *trigger,
			     size_t trigger_len);
void rpmfault_shost_set_host_tagset(struct Scsi_Host *shost, bool shared);
void rpmfault_shost_set_eh_noresume(struct Scsi_Host *shost, bool noresume);
/* In transport.c. */
void rpmfault_shost_set_eh_strategy(struct Scsi_Host *shost);
bool rpmfault_shost_in_recovery(struct Scsi_Host *shost);
void rpmfault_shost_map_queues(struct Scsi_Host *shost, unsigned int polled);
struct Scsi_Host *rpmfault_starget_host(struct scsi_target *starget);
bool rpmfault_sdev_enter_queue(struct scsi_device *sdev);
void rpmfault_sdev_exit_queue(struct scsi_device *sdev);
void rpmfault_sdev_set_flags(struct scsi_device *sdev, u32 flags);
void rpmfault_sdev_no_uld(struct scsi_device *sdev);
bool rpmfault_add_supplier(struct device *consumer, struct device *supplier);

unsigned int rpmfault_scsi_submitter(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_pm(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_passthrough(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_visible(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_polled(struct scsi_cmnd *cmd);
int rpmfault_scsi_hw_queue(struct scsi_cmnd *cmd);
u32 rpmfault_scsi_tag(struct scsi_cmnd *cmd);
bool rpmfault_scsi_is_queue_full(struct scsi_cmnd *cmd);
void rpmfault_scsi_abort_request(struct scsi_cmnd *cmd);
size_t rpmfault_scsi_data_in(struct scsi_cmnd *cmd, const void *from,
			     size_t len, size_t offset);
size_t rpmfault_scsi_data_out(struct scsi_cmnd *cmd, void *to, size_t len,
			      size_t offset);

/* pm/ */
int rpmfault_pm_set_active(struct device *dev);
int rpmfault_pm_set_suspended(struct device *dev);
void rpmfault_pm_disable(struct device *dev);
void rpmfault_pm_get_noresume(struct device *dev);
void rpmfault_pm_put_noidle(struct device *dev);
void rpmfault_pm_use_autosuspend(struct device *dev, int delay_ms);
void rpmfault_pm_put_autosuspend(struct device *dev);
int rpmfault_pm_status(struct device *dev);
bool rpmfault_pm_is_auto(struct device *dev);
int rpmfault_pm_usage_count(struct device *dev);
void rpmfault_pm_request_resume(struct device *dev);
void rpmfault_pm_request_idle(struct device *dev);
int rpmfault_pm_clear_error(struct device *dev);
void rpmfault_pm_set_ignore_children(struct device *dev, bool ignore);
void rpmfault_pm_set_async_suspend(struct device *dev, bool async);
bool rpmfault_pm_is_suspending(void);

/* configfs/ */
void rpmfault_configfs_add_default_group(struct config_group *child,
					 struct config_group *parent);

/* ffi/ */
struct workqueue_struct *rpmfault_alloc_workqueue(const char *name);
void rpmfault_init_waitqueue(struct wait_queue_head *wq,
			     const char *name, struct lock_class_key *key);
void rpmfault_init_wait(struct wait_queue_entry *entry);
unsigned int rpmfault_jiffies_to_msecs(unsigned long jiffies);
bool rpmfault_make_it_fail(void);
unsigned int rpmfault_cpu(void);
u64 rpmfault_monotonic_ns(void);
u64 rpmfault_random(void);
size_t rpmfault_stack_trace(char *text, size_t size);
void rpmfault_warn_suspended(void);
void rpmfault_log_injection(const char *rule, size_t rule_len,
			    const char *trigger, size_t trigger_len, bool stack);

unsigned long rpmfault_spin_lock_irqsave(spinlock_t *lock);
bool rpmfault_spin_trylock_irqsave(spinlock_t *lock, unsigned long *flags);
void rpmfault_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);

/* Text of Rust: no NUL ends it. */
struct rpmfault_text {
	const char *at;
	size_t len;
};

/*
 * What the trace events of trace.h say. host is a directory in configfs, host_no
 * is -1 while there is no Scsi_Host, and lun and cdb are text, "-" for none.
 */
struct rpmfault_rule_fire {
	struct rpmfault_text host;
	int host_no;
	struct rpmfault_text rule;
	struct rpmfault_text trigger;
	struct rpmfault_text action;
	struct rpmfault_text lun;
	int opcode;
	u64 seq;
};

struct rpmfault_park {
	struct rpmfault_text host;
	int host_no;
	struct rpmfault_text rule;
	struct rpmfault_text trigger;
	struct rpmfault_text lun;
	struct rpmfault_text cdb;
};

struct rpmfault_release {
	struct rpmfault_text host;
	int host_no;
	struct rpmfault_text rule;
	struct rpmfault_text trigger;
	struct rpmfault_text lun;
	struct rpmfault_text cdb;
	u64 held_ms;
	struct rpmfault_text why;
};

struct rpmfault_link {
	struct rpmfault_text host;
	int host_no;
	struct rpmfault_text from;
	struct rpmfault_text to;
	struct rpmfault_text mode;
	struct rpmfault_text why;
};

struct rpmfault_pm_enter {
	struct rpmfault_text host;
	int host_no;
	struct rpmfault_text callback;
};

struct rpmfault_pm_exit {
	struct rpmfault_text host;
	int host_no;
	struct rpmfault_text callback;
	int result;
	u64 duration_us;
};

struct rpmfault_io_while_suspended {
	struct rpmfault_text host;
	int host_no;
	struct rpmfault_text lun;
	struct rpmfault_text submitter;
	struct rpmfault_text cdb;
	struct rpmfault_text state;
	struct rpmfault_text reaction;
};

void rpmfault_trace_rule_fire(const struct rpmfault_rule_fire *event);
void rpmfault_trace_park(const struct rpmfault_park *event);
void rpmfault_trace_release(const struct rpmfault_release *event);
void rpmfault_trace_link(const struct rpmfault_link *event);
void rpmfault_trace_pm_enter(const struct rpmfault_pm_enter *event);
void rpmfault_trace_pm_exit(const struct rpmfault_pm_exit *event);
void rpmfault_trace_io_while_suspended(const struct rpmfault_io_while_suspended *event);

#endif /* RPMFAULT_HELPERS_H */
