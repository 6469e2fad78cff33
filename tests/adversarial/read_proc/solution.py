"""Look for other processes: their numbers, their command lines, their memory and what they have open."""

import os

for path in ("/proc", "/proc/self", "/proc/1", "/proc/self/task", "/sys", "/sys/fs/cgroup", f"/proc/{os.getppid()}", "/proc/self/fd"):
    try:
        names = os.listdir(path)
    except OSError:
        continue
    raise RuntimeError(f"{path} is there: {names}")
for name in ("cmdline", "environ", "status", "maps", "mem", "root/etc/passwd", "cwd/README.md", "fd/0", "fd/3", "stack", "net/unix"):
    for pid in {1, 2, os.getppid()} - {0, os.getpid()}:
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                raise RuntimeError(f"{file.name}: {file.read(200)}")
        except OSError:
            continue
for name in ("exe", "cwd", "root", "fd/0", "fd/3", "ns/mnt", "ns/user"):
    for pid in {1, 2, os.getppid()} - {0, os.getpid()}:
        try:
            link = os.readlink(f"/proc/{pid}/{name}")
        except OSError:
            continue
        raise RuntimeError(f"process {pid} has {link}")
