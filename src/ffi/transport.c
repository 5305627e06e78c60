// SPDX-License-Identifier: GPL-2.0
/*
 * A transport whose error handler does what that of the mid layer does, but
 * ends after scsi_schedule_eh(): with the mid layer's own, nobody clears
 * host_eh_scheduled. In C because struct scsi_transport_template has members
 * of types that the kernel crate does not bind.
 */

#include <linux/list.h>
#include <linux/spinlock.h>
#include <scsi/scsi_transport.h>

#include "helpers.h"

static void recover(struct Scsi_Host *shost)
{
	LIST_HEAD(work_q);
	LIST_HEAD(done_q);
	unsigned long flags;

	/* A request that comes from here on is for another run. */
	spin_lock_irqsave(shost->host_lock, flags);
	shost->host_eh_scheduled = 0;
	list_splice_init(&shost->eh_cmd_q, &work_q);
	spin_unlock_irqrestore(shost->host_lock, flags);

	if (!scsi_eh_get_sense(&work_q, &done_q))
		scsi_eh_ready_devs(shost, &work_q, &done_q);

	spin_lock_irqsave(shost->host_lock, flags);
	if (shost->eh_deadline != -1)
		shost->last_reset = 0;
	spin_unlock_irqrestore(shost->host_lock, flags);

	scsi_eh_flush_done_q(&done_q);
}

static struct scsi_transport_template transport = {
	.eh_strategy_handler = recover,
};

void rpmfault_shost_set_eh_strategy(struct Scsi_Host *shost)
{
	shost->transportt = &transport;
}
