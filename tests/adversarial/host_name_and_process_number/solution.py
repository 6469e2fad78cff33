"""Learn the machine's name and a real process number, which namespaces hide and Landlock cannot."""

import os

if os.getpid() != 1 or os.getppid() != 0:
    raise RuntimeError("a real process number")
if os.uname().nodename != "guest" or os.getsid(0) not in (0, 1):
    raise RuntimeError("the machine's own name")
