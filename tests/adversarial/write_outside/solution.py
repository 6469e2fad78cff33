import os

for path in ("/", "/usr/lib", os.__file__, "/dev/null/x", "/etc", "/tmp/../x", "/lib"):
    target = path if os.path.isfile(path) else f"{path}/planted"
    try:
        with open(target, "ab") as file:
            file.write(b"planted")
    except OSError:
        continue
    raise RuntimeError(f"wrote {target}")
