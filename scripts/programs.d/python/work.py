"""JSON, hashes, compression, classes, decimals, regular expressions, random numbers, exceptions, a file."""

import hashlib
import heapq
import json
import random
import re
import sys
import zlib
from dataclasses import dataclass, field
from decimal import Decimal, getcontext
from fractions import Fraction

print("Python", sys.version.split()[0], "on", sys.platform)

# Classes: the cheapest way through a grid of random tolls.


@dataclass(order=True)
class Step:
    cost: int
    place: tuple[int, int] = field(compare=False)


class Grid:
    def __init__(self, size: int, seed: int) -> None:
        source = random.Random(seed)
        self.size = size
        self.tolls = [[source.randint(1, 9) for _ in range(size)] for _ in range(size)]

    def neighbours(self, row: int, column: int):
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            if 0 <= row + down < self.size and 0 <= column + right < self.size:
                yield row + down, column + right

    def cheapest(self) -> int:
        costs, queue = {}, [Step(self.tolls[0][0], (0, 0))]
        while queue:
            step = heapq.heappop(queue)
            if step.place in costs:
                continue
            costs[step.place] = step.cost
            for row, column in self.neighbours(*step.place):
                heapq.heappush(queue, Step(step.cost + self.tolls[row][column], (row, column)))
        return costs[self.size - 1, self.size - 1]


print("cheapest way:", Grid(24, seed=2024).cheapest())

# JSON there and back, hashed and compressed.
document = {"numbers": [n * n for n in range(200)], "text": "Größe ✓", "none": None, "nested": [{"pi": 3.14159}] * 3}
text = json.dumps(document, sort_keys=True)
assert json.loads(text) == document
print("json:", len(text), hashlib.sha256(text.encode()).hexdigest())
for name in "md5", "sha1", "blake2b", "sha3_256":
    print(f"{name}:", hashlib.new(name, text.encode()).hexdigest()[:32])
packed = zlib.compress(text.encode(), 9)
assert zlib.decompress(packed).decode() == text
print("zlib:", len(packed), f"{zlib.crc32(packed):08x}")

# Numbers: long, decimal, fractional, floating.
getcontext().prec = 50
print("2**521 - 1 =", str(2**521 - 1)[:40], "…")
print("sqrt 2 =", Decimal(2).sqrt())
print("harmonic 20 =", sum(Fraction(1, n) for n in range(1, 21)))
print("floats:", repr(0.1 + 0.2), repr(sum([0.1] * 10)), repr(2.0**0.5), float("1e308") * 10)

# Words, with an error on the way.
words = re.findall(r"[a-zäöü]+", "The quick brown fox jumps over the lazy dog; über Größe and Äpfel".lower())
print("words:", sorted(words, key=lambda word: (len(word), word)))
try:
    {}["missing"]
except KeyError as error:
    print("caught:", repr(error))

# A file of the directory that the program was given.
with open("/project/notes.txt", "w", encoding="utf-8") as notes:
    notes.writelines(f"line {n}\n" for n in range(1000))
with open("/project/notes.txt", encoding="utf-8") as notes:
    print("lines:", sum(1 for _ in notes))
