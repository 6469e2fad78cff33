hoard = [bytearray(64 << 20) for _ in range(1000)]
