import os
import signal

for pid in (-1, 0, 2, os.getppid() or -1, 3, 4, 100, 4242):
    for number in (0, signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except PermissionError:
            continue
        raise RuntimeError(f"signal {number} to {pid}")
os.kill(1, signal.SIGKILL)  # itself, as process 1 of its own namespace: the kernel leaves it alone
