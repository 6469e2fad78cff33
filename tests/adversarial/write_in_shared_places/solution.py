"""Leave a file, a folder, a pipe or a link where the next submission or the worker could find it."""

import os
import tempfile

PLACES = (
    "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock", "/home", "/root", "/", "/var/lib", "/usr/lib",
    "/proc/self", "/sys/fs/cgroup", "@REPOSITORY@", "@REPOSITORY@/var", os.path.dirname(os.__file__), os.getcwd() + "/..",
)
for place in PLACES:
    if os.path.realpath(place) == os.getcwd() != "/":
        continue  # the work folder, which ends with this process
    for call in (
        lambda: os.open(f"{place}/planted", os.O_CREAT | os.O_WRONLY),
        lambda: os.open(place, os.O_TMPFILE | os.O_RDWR),
        lambda: os.mkdir(f"{place}/planted-folder"),
        lambda: os.mkfifo(f"{place}/planted-pipe"),
        lambda: os.symlink("/", f"{place}/planted-link"),
        lambda: os.link(os.__file__, f"{place}/planted-hard-link"),
        lambda: os.rmdir(place),
        lambda: tempfile.mkstemp(prefix="planted", dir=place),
        lambda: tempfile.mkdtemp(prefix="planted", dir=place),
    ):
        try:
            call()
        except OSError:
            continue
        raise RuntimeError(f"left something in {place}")
