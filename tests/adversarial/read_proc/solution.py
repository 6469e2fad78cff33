"""Look for other processes, their command lines and their memory."""

import os

for path in ("/proc", "/sys", "/dev/shm", "/run", "/etc/passwd", "/etc/shadow", "/var", "/boot", "/dev/mem", "/dev/kmsg"):
    if os.path.exists(path):
        raise RuntimeError(f"{path} is there: {os.listdir(path) if os.path.isdir(path) else ''}")
