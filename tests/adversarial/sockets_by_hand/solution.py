"""Make sockets by number, of every family, and speak to anybody by the one that is there."""

import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
machine = {"x86_64": 0, "aarch64": 1}[os.uname().machine]


def refused(what, result):
    """Raise if a call did anything but fail for want of permission."""
    if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES):
        raise RuntimeError(f"{what}: {result} {errno.errorcode.get(ctypes.get_errno())}")


def call(numbers, *arguments):
    """Call the kernel by number."""
    ctypes.set_errno(0)
    return libc.syscall(ctypes.c_long(numbers[machine]), *(ctypes.c_long(one) if type(one) is int else one for one in arguments))

import socket

for family in range(46):
    for kind in (1, 2, 3, 5, 1 | 0o2000000):
        refused(f"socket of family {family}", call((41, 198), family, kind, 0))
pair = (ctypes.c_int * 2)()
refused("socketpair", call((53, 199), 1, 1, 0, pair))
for name, numbers in (("connect", (42, 203)), ("bind", (49, 200)), ("listen", (50, 201)), ("accept", (43, 202)), ("accept4", (288, 242))):
    refused(name, call(numbers, 3, b"\x01\x00\x00planted", 10))
refused("recvmmsg", call((299, 243), 3, 0, 0, 0, 0))
refused("sendmmsg", call((307, 269), 3, 0, 0, 0))
refused("getpeername", call((52, 205), 3, ctypes.create_string_buffer(128), ctypes.byref(ctypes.c_int(128))))
wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(3))
for address in ("\0planted", "/run/docker.sock", "/var/run/dbus/system_bus_socket", "/tmp/planted"):
    for way in (wire.connect, wire.bind, lambda where: wire.sendto(b"x", where)):
        try:
            way(address)
        except OSError:
            continue
        raise RuntimeError(f"reached {address!r}")
try:
    socket.create_connection(("127.0.0.1", 80), 1)
except OSError:
    pass
else:
    raise RuntimeError("a connection")
