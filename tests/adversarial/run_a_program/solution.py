import os
import subprocess
import sys

for start in (lambda: subprocess.run([sys.executable, "-c", ""]), lambda: os.execv(sys.executable, ["python"]), lambda: os.system("true")):
    try:
        result = start()
    except OSError:
        continue
    if result == 0:
        raise RuntimeError("it ran")
