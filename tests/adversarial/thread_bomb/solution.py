import threading
import time

try:
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError as error:
    assert "can't start new thread" in str(error)
else:
    raise RuntimeError("a thousand threads")
