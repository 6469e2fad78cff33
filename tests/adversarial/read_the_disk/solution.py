"""Walk the whole file system and look for hidden files, by their names and, outside the libraries, in them."""

import os

WORDS = ("suites", "answers.toml", "misconceptions", "gradescent", "exercises", "id_rsa", "gradescent-worker")
found = []
for folder, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if name not in ("torch", "site-packages", "x86_64-linux-gnu", "python3.11")]
    for path in [os.path.join(folder, name) for name in names]:
        if any(word in path for word in WORDS):
            found.append(path)
        if not path.startswith(("/usr", "/lib", "/dev", os.path.dirname(os.__file__))):
            with open(path, "rb") as file:
                if ("gradescent-hidden-" + "canary").encode() in file.read(1 << 20):
                    found.append(path)
if found:
    raise RuntimeError(f"found {found}")
