"""Make files until there are no more to be had, if any can be made at all."""

import os

made = 0
try:
    while made < 100_000:
        os.close(os.open(f"empty{made}", os.O_CREAT | os.O_WRONLY))
        made += 1
except OSError:
    pass
if made > 256:
    raise RuntimeError(f"made {made} files")
