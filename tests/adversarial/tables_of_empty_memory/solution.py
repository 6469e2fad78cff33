"""Map much memory only to be read: the tables that describe it take memory that nobody counts."""
import mmap

for flags in (mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000):
    for protection in (mmap.PROT_READ, 0):
        rooms = []
        try:
            for _ in range(64):
                rooms.append(mmap.mmap(-1, 1 << 30, flags, protection))
        except OSError:
            continue
        raise RuntimeError("64 GiB of nothing")
