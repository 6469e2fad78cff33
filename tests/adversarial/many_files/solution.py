import errno
import os

try:
    for number in range(100_000):
        os.close(os.open(f"empty{number}", os.O_CREAT | os.O_WRONLY))
except OSError as error:
    assert error.errno == errno.ENOSPC, error
else:
    raise RuntimeError("no limit")
