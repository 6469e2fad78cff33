import errno

try:
    for number in range(100_000):
        with open(f"file{number % 3}", "ab") as file:
            file.write(bytes(1 << 20))
except OSError as error:
    assert error.errno in (errno.ENOSPC, errno.EFBIG), error
else:
    raise RuntimeError("no limit")
