"""Change times, modes, owners and names of files that may not be written to."""

import os

import torch

FILES = ("@REPOSITORY@/README.md", "@REPOSITORY@/grader/suites/adaptive", os.__file__, torch.__file__, "/dev/null", "/usr/lib", "/lib")
for file in FILES:
    folder = os.path.dirname(file)
    for call in (
        lambda: os.utime(file),
        lambda: os.chmod(file, os.stat(file).st_mode | 0o002),
        lambda: os.chown(file, os.getuid(), os.getgid()),
        lambda: os.lchown(file, os.getuid(), os.getgid()),
        lambda: os.setxattr(file, "user.planted", b"planted"),
        lambda: os.rename(file, f"{file}.planted"),
        lambda: os.link(file, f"{folder}/planted"),
        lambda: os.symlink(file, f"{folder}/planted"),
        lambda: os.mkdir(f"{folder}/planted"),
        lambda: os.mkfifo(f"{folder}/planted"),
        lambda: os.mknod(f"{folder}/planted"),
        lambda: os.truncate(file, os.stat(file).st_size),
        lambda: os.close(os.open(folder, os.O_TMPFILE | os.O_RDWR)),
        lambda: os.close(os.open(file, os.O_WRONLY | os.O_APPEND)) if file != "/dev/null" else os.chroot("/"),
    ):
        try:
            call()
        except OSError:
            continue
        raise RuntimeError(f"changed {file}")
