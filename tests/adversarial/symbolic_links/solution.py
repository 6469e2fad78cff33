import os

for target in ("@REPOSITORY@/grader/suites", "/", "/../../old"):
    try:
        os.symlink(target, "link")
    except PermissionError:
        continue
    assert not os.path.exists("link/adaptive"), "reached the suite"
    os.remove("link")
for call in (lambda: os.link("adaptive.py", "/hard"), lambda: os.mknod("device", 0o600), lambda: os.chroot("."), lambda: os.mkfifo("/fifo")):
    try:
        call()
    except OSError:
        continue
    raise RuntimeError("made it")
