"""Become somebody else, or more than one is: users, groups, capabilities, sessions, names, root's filters."""

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

me = os.getuid()
for name, numbers, arguments in (
    ("setuid", (105, 146), (me,)), ("setgid", (106, 144), (me,)), ("setreuid", (113, 145), (me, 0)),
    ("setresuid", (117, 147), (0, 0, 0)), ("setresgid", (119, 149), (0, 0, 0)), ("setfsuid", (122, 151), (0,)),
    ("setfsgid", (123, 152), (0,)), ("setgroups", (116, 159), (0, 0)), ("capset", (126, 91), (0, 0)),
    ("setsid", (112, 157), ()), ("setpgid", (109, 154), (0, 0)), ("sethostname", (170, 161), (b"planted", 7)),
    ("setdomainname", (171, 162), (b"planted", 7)), ("prctl", (157, 167), (15, b"planted")), ("personality", (135, 92), (8,)),
    ("seccomp", (317, 277), (0, 0, 0)), ("landlock_create_ruleset", (444, 444), (0, 0, 1)), ("settimeofday", (164, 170), (0, 0)),
    ("clock_settime", (227, 112), (0, 0)), ("adjtimex", (159, 171), (0,)), ("reboot", (169, 142), (0, 0, 0, 0)),
    ("syslog", (103, 116), (3, 0, 0)), ("acct", (163, 89), (0,)), ("init_module", (175, 105), (0, 0, 0)),
    ("kexec_load", (246, 104), (0, 0, 0, 0)), ("vhangup", (153, 58), ()),
):
    refused(name, call(numbers, *arguments))
