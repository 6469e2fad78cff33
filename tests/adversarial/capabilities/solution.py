"""Nothing may be left over of who made this process."""

import ctypes
import os

header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capget(header, data) == 0
if any(data) or os.getuid() == 0 or os.getgid() == 0 or os.getgroups():
    raise RuntimeError(f"{list(data)} {os.getresuid()} {os.getgroups()}")
if os.getpid() != 1 or os.uname().nodename != "guest":
    raise RuntimeError(f"{os.getpid()} {os.uname()}")
