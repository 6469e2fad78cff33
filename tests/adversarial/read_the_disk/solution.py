"""Walk the file system and look for hidden files, by their names and, outside the libraries, in them.

It ends by itself before the time limit does it: a machine may have very many libraries, and they are looked at last.
"""

import os
import time

WORDS = ("suites", "answers.toml", "misconceptions", "gradescent", "exercises", "id_rsa", "gradescent-worker")
ends_at = time.monotonic() + 2
found = []
try:
    roots = sorted((f"/{name}" for name in os.listdir("/")), key=lambda path: path.startswith(("/usr", "/lib")))
except PermissionError:
    roots = ["/", os.getcwd(), "/usr", "/lib"]  # where the root cannot be listed, what is known by name
for folder, folders, names in (place for root in roots for place in os.walk(root)):
    folders[:] = [name for name in folders if name not in ("torch", "site-packages", "x86_64-linux-gnu", "python3.11")]
    for path in [os.path.join(folder, name) for name in names]:
        if any(word in path for word in WORDS):
            found.append(path)
        if not path.startswith(("/usr", "/lib", "/dev", os.path.dirname(os.__file__))):
            with open(path, "rb") as file:
                if ("gradescent-hidden-" + "canary").encode() in file.read(1 << 20):
                    found.append(path)
    if time.monotonic() > ends_at:
        break
if found:
    raise RuntimeError(f"found {found}")
