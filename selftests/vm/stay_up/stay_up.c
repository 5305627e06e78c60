// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the root file system and the output of a test machine out of system sleep.
 *
 * The root of the virtual machines is 9p over virtio, whose driver does not know how to come back:
 * virtio_device_restore() resets the device, and 9pnet_virtio has no restore(), so that its queues
 * are gone. What is written to a port of a virtio console after that is lost, too. A device that is
 * marked as one for syscore_ops is left alone by the PM core. These need nothing from it here: a
 * device of QEMU does not lose its power, and while user space is frozen nobody uses them, so that
 * even an image that is restored finds them as it knows them.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>

#define VENDOR_VIRTIO 0x1af4

/* Each in its transitional form, and without it. */
static const unsigned short devices[] = {
	0x1009, 0x1049,	/* 9p */
	0x1003, 0x1043,	/* console */
};

static bool is_wanted(const struct pci_dev *pdev)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (pdev->device == devices[i])
			return true;
	return false;
}

static int mark(bool syscore)
{
	struct pci_dev *pdev = NULL;
	int count = 0;

	while ((pdev = pci_get_device(VENDOR_VIRTIO, PCI_ANY_ID, pdev))) {
		if (!is_wanted(pdev))
			continue;
		dev_pm_syscore_device(&pdev->dev, syscore);
		count++;
	}
	return count;
}

static int __init stay_up_init(void)
{
	return mark(true) ? 0 : -ENODEV;
}
module_init(stay_up_init);

static void __exit stay_up_exit(void)
{
	mark(false);
}
module_exit(stay_up_exit);

MODULE_DESCRIPTION("Keeps 9p and consoles over virtio out of system sleep");
MODULE_LICENSE("GPL");
