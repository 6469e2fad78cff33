"""Signal everybody else: one by one, the group, all at once, the parent."""

import os
import signal

for pid in {-1, 0, 2, os.getppid() or -1, 3, 4, 100, 4242} - {os.getpid()}:
    for number in (0, signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except PermissionError:
            continue
        raise RuntimeError(f"signal {number} to {pid}")
if os.getpid() == 1:
    os.kill(1, signal.SIGKILL)  # itself, as process 1 of its own namespace: the kernel leaves it alone
