"""Write until nothing more fits, if anything can be written at all."""

written = 0
try:
    for number in range(100_000):
        with open(f"file{number % 3}", "ab") as file:
            written += file.write(bytes(1 << 20))
except OSError:
    pass
if written > 17 << 20:
    raise RuntimeError(f"wrote {written >> 20} MiB")
