"""No right may be left over of who made this process."""

import ctypes

header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capget(header, data) == 0
if any(data):
    raise RuntimeError(f"{list(data)}")
