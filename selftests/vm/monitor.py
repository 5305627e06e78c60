# SPDX-License-Identifier: GPL-2.0
"""The monitor of a guest: what only somebody outside the machine can do for it."""

import asyncio
import threading

from qemu.qmp import QMPClient, QMPError

# Seconds for QEMU to answer.
ANSWER_DEADLINE = 10


class Monitor:
    """Wakes a guest that went to sleep, and presses keys in one that says nothing.

    There before QEMU, which connects to it with `-qmp unix:SOCKET`. Any thread may use it.
    """

    def __init__(self, socket):
        self._client = QMPClient("guest")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._client.start_server(str(socket))).result(ANSWER_DEADLINE)
        self._waker = self._run(self._wake())

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _wake(self):
        """Ends each S3 as soon as it has begun."""
        await self._client.accept()
        with self._client.listener(("SUSPEND",)) as sleeps:
            async for _ in sleeps:
                await self._client.execute("system_wakeup")

    def sysrq(self, key):
        """Presses Alt, SysRq and a letter; tells whether QEMU took it."""
        keys = [{"type": "qcode", "data": name} for name in ("alt", "sysrq", key)]
        try:
            self._run(self._client.execute("send-key", {"keys": keys})).result(ANSWER_DEADLINE)
        except (QMPError, TimeoutError, OSError):
            return False
        return True

    def close(self):
        """Lets go of QEMU, which may be gone."""
        self._waker.cancel()
        try:
            self._run(self._client.disconnect()).result(ANSWER_DEADLINE)
        except (QMPError, TimeoutError, OSError, EOFError):
            pass
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
