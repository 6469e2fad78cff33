"""Keep printing after the last call has returned."""

import os
import threading
import time


def chatter():
    while True:
        os.write(1, b"x" * 1000)
        time.sleep(0.0005)


threading.Thread(target=chatter, daemon=True).start()
