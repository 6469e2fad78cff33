"""Open and list what a machine has beside libraries, by name, by descriptor and by O_PATH."""

import os

PLACES = (
    "/proc", "/proc/self", "/proc/1", "/proc/sys/kernel", "/sys", "/sys/fs/cgroup", "/tmp", "/var/tmp", "/dev", "/dev/shm",
    "/dev/pts", "/run", "/home", "/root", "/etc", "/var", "/var/log", "/boot", "/opt", "/srv", "/mnt", "/usr/local",
    "@REPOSITORY@", "@REPOSITORY@/grader", "@REPOSITORY@/var", "@REPOSITORY@/.git", "/old",
)
FILES = (
    "/proc/self/maps", "/proc/self/mem", "/proc/self/environ", "/proc/self/fd/3", "/proc/1/cmdline", "/proc/kallsyms",
    "/proc/cpuinfo", "/dev/mem", "/dev/kmsg", "/dev/tty", "/dev/ptmx", "/dev/console", "/etc/passwd",
    "/etc/shadow", "/etc/hostname", "/etc/machine-id", "/var/run/docker.sock", "/root/.ssh/id_rsa", "/bin/sh",
)
KNOWN = {"/dev": {"null", "zero", "urandom"}, "/etc": {"ld.so.cache"}, "/usr/local": {"lib"}}


def leads_on(folder):
    """Tell whether a folder has nothing but folders in it, as those on the way to a library have."""
    return os.path.isdir(folder) and not any(os.path.isfile(os.path.join(folder, name)) for name in os.listdir(folder))


found = []
for place in PLACES:
    try:
        names = set(os.listdir(place)) - KNOWN.get(place, set())
    except OSError:
        continue
    found += [name for name in (os.path.join(place, name) for name in names) if not leads_on(name)]
for file in FILES:
    for flags in (os.O_RDONLY, os.O_RDWR, os.O_WRONLY):
        try:
            os.close(os.open(file, flags))
        except OSError:
            continue
        found.append(file)
for place in ("@REPOSITORY@", "/proc", "/etc"):
    try:
        handle = os.open(place, os.O_PATH)
        name = {"@REPOSITORY@": "README.md", "/proc": "self/status", "/etc": "passwd"}[place]
        os.close(os.open(name, os.O_RDONLY, dir_fd=handle))
    except OSError:
        continue
    found.append(f"{place} by its handle")
if found:
    raise RuntimeError(f"found {found}")
