// SPDX-License-Identifier: GPL-2.0
/*
 * Resets the bus below a bridge that nobody has locked.
 *
 * The kernel's own callers lock the bridge first. This is what one does that forgot it.
 */
#include <linux/module.h>
#include <linux/pci.h>

static char *bridge = "";
module_param(bridge, charp, 0400);
MODULE_PARM_DESC(bridge, "the bridge, as 0000:00:10.0");

static int __init unlocked_reset_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, bridge);

	if (!dev)
		return -ENODEV;
	pci_bridge_secondary_bus_reset(to_pci_dev(dev));
	put_device(dev);
	/* There is nothing to stay for. */
	return -ECANCELED;
}
module_init(unlocked_reset_init);

MODULE_DESCRIPTION("Resets a PCI bus without a lock");
MODULE_LICENSE("GPL");
