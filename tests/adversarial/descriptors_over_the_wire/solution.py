"""Send descriptors and out-of-band bytes to the judge, and turn every option of the wire's socket."""

import array
import os
import socket

wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(3))
for option in (socket.SO_PASSCRED, socket.SO_SNDBUF, socket.SO_RCVBUF, socket.SO_LINGER, socket.SO_KEEPALIVE, socket.SO_OOBINLINE):
    for value in (0, 1, 1 << 30):
        try:
            wire.setsockopt(socket.SOL_SOCKET, option, value)
        except OSError:
            pass
wire.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
_step, _sent = adam_step, []


def adam_step(*args, **kwargs):
    if not _sent:
        _sent.append(True)
        handles = array.array("i", [os.dup(0) for _ in range(40)])
        try:
            wire.sendmsg([b"G"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
        except OSError:
            pass
        for _ in range(3):
            try:
                wire.send(b"!", socket.MSG_OOB)
            except OSError:
                pass
    return _step(*args, **kwargs)
