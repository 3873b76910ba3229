"""Packs and unpacks text, numbers and noise with zlib and bzip2."""

import bz2
import random
import struct
import zlib

source = random.Random(1952)
words = ["".join(source.choices("etaoinshrdlu", k=source.randint(2, 9))) for _ in range(400)]
# Few words are frequent, as in a language.
text = " ".join(source.choices(words, [1 / rank for rank in range(1, 401)], k=60_000)).encode()
numbers = b"".join(struct.pack("<Id", place, place * place / 7) for place in range(20_000))
noise = source.randbytes(100_000)

for name, data in ("text", text), ("numbers", numbers), ("noise", noise):
    print(f"{name}: {len(data)} bytes, CRC {zlib.crc32(data):08x}, Adler {zlib.adler32(data):08x}")
    for level in 1, 6, 9:
        packed = zlib.compress(data, level)
        assert zlib.decompress(packed) == data
        print(f"  zlib {level}: {len(packed)} bytes, CRC {zlib.crc32(packed):08x}")
    packed = bz2.compress(data, 9)
    assert bz2.decompress(packed) == data
    print(f"  bzip2 9: {len(packed)} bytes, CRC {zlib.crc32(packed):08x}")
