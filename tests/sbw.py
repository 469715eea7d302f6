"""Reads a .sbw container as docs/weights.md describes it, and writes the weights of its coded tensors as 32-bit floats.

    sbw.py MODEL.sbw [INDEX]

Nothing but the standard library. The index is unpacked by the module or the command zstd, or is read from the file INDEX.
"""

import lzma
import struct
import subprocess
import sys
import zlib

LARGEST = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
RANGE_TAB_LPS = [
    [int(entry) for entry in row.split()]
    for row in """
        128 176 208 240, 128 167 197 227, 128 158 187 216, 123 150 178 205, 116 142 169 195, 111 135 160 185, 105 128 152 175,
        100 122 144 166, 95 116 137 158, 90 110 130 150, 85 104 123 142, 81 99 117 135, 77 94 111 128, 73 89 105 122,
        69 85 100 116, 66 80 95 110, 62 76 90 104, 59 72 86 99, 56 69 81 94, 53 65 77 89, 51 62 73 85,
        48 59 69 80, 46 56 66 76, 43 53 63 72, 41 50 59 69, 39 48 56 65, 37 45 54 62, 35 43 51 59,
        33 41 48 56, 32 39 46 53, 30 37 43 50, 29 35 41 48, 27 33 39 45, 26 31 37 43, 24 30 35 41,
        23 28 33 39, 22 27 32 37, 21 26 30 35, 20 24 29 33, 19 23 27 31, 18 22 26 30, 17 21 25 28,
        16 20 23 27, 15 19 22 25, 14 18 21 24, 14 17 20 23, 13 16 19 22, 12 15 18 21, 12 14 17 20,
        11 14 16 19, 11 13 15 18, 10 12 15 17, 10 12 14 16, 9 11 13 15, 9 11 12 14, 8 10 12 14,
        8 9 11 13, 7 9 11 12, 7 9 10 12, 7 8 10 11, 6 8 9 11, 6 7 9 10, 6 7 8 9
    """.split(",")
]
TRANS_IDX_LPS = [
    0, 0, 1, 2, 2, 4, 4, 5, 6, 7, 8, 9, 9, 11, 11, 12, 13, 13, 15, 15, 16, 16, 18, 18, 19, 19, 21, 21, 22, 22, 23, 24,
    24, 25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30, 31, 32, 32, 33, 33, 33, 34, 34, 35, 35, 35, 36, 36, 36, 37, 37, 37,
    38, 38,
]


class Decoder:
    """The arithmetic decoder of H.264, clause 9.3.1.2 and 9.3.3.2."""

    def __init__(self, stream):
        self.stream, self.position = stream, 0
        self.range, self.offset = 510, 0
        self.models = {}
        for _ in range(9):
            self.offset = self.offset << 1 | self.bit()

    def bit(self):
        byte = self.stream[self.position >> 3]
        bit = byte >> (7 - (self.position & 7)) & 1
        self.position += 1
        return bit

    def renorm(self):
        while self.range < 256:
            self.range <<= 1
            self.offset = self.offset << 1 | self.bit()

    def context(self, ctx):
        state, mps = self.models.get(ctx, (0, 0))
        lps = RANGE_TAB_LPS[state][self.range >> 6 & 3]
        self.range -= lps
        if self.offset >= self.range:
            self.offset -= self.range
            self.range = lps
            found = 1 - mps
            if state == 0:
                mps = 1 - mps
            state = TRANS_IDX_LPS[state]
        else:
            found = mps
            state = min(state + 1, 62)
        self.models[ctx] = (state, mps)
        self.renorm()
        return found

    def bypass(self):
        self.offset = self.offset << 1 | self.bit()
        if self.offset < self.range:
            return 0
        self.offset -= self.range
        return 1

    def terminate(self):
        self.range -= 2
        if self.offset >= self.range:
            return 1
        self.renorm()
        return 0


def levels(stream, count, columns, abs_gr, flags):
    sign_contexts, suffix_contexts, row_flags = flags & 1, flags >> 1 & 3, flags >> 3
    row_flag = 30 + 2 * abs_gr + (25 << suffix_contexts if suffix_contexts else 0)
    decoder = Decoder(stream)
    found, left, is_zero = [], 0, False
    for number in range(count):
        if number % columns == 0:
            left, is_zero = 0, row_flags and not decoder.context(row_flag)
        if is_zero:
            found.append(0)
            continue
        level = 0
        if decoder.context(left):
            negative = decoder.context(3 + left) if sign_contexts else decoder.bypass()
            level = 1
            while level <= abs_gr and decoder.context(6 + 2 * (level - 1) + negative):
                level += 1
            if level > abs_gr:
                k, base = 0, 0
                while k < 24 and decoder.context(6 + 2 * abs_gr + k):
                    base += 1 << k
                    k += 1
                node = 1
                for bit in range(k):
                    if bit < suffix_contexts:
                        first = 30 + 2 * abs_gr + (k << suffix_contexts)
                        node = node << 1 | decoder.context(first + node)
                    else:
                        node = node << 1 | decoder.bypass()
                level += base + node - (1 << k)
            if negative:
                level = -level
        found.append(level)
        left = 0 if level == 0 else 1 if level < 0 else 2
    if not decoder.terminate():
        sys.exit("no terminate bin of 1 after the last level")
    return found


class Fields:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def byte(self):
        return self.take(1)[0]

    def number(self):
        shift = value = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value


def main(path, index_path=None):
    with open(path, "rb") as file:
        data = file.read()
    magic, length, checksum = struct.unpack("<4sII", data[:12])
    packed = data[12 : 12 + length]
    if magic not in (b"SBW1", b"SBW2") or zlib.crc32(packed) != checksum:
        sys.exit("no .sbw container, or its index is damaged")
    if index_path:
        with open(index_path, "rb") as file:
            index = Fields(file.read())
    else:
        index = Fields(unpack(packed))
    at = 12 + length
    index.byte()
    index.take(index.number())
    for _ in range(index.number()):
        index.take(index.number())
        element = index.byte()
        shape = [index.number() for _ in range(index.number())]
        size = index.number()
        kind = index.byte()
        values, zero, step = None, 0, 0.0
        if kind in (1, 2):
            abs_gr, flags = index.byte(), index.byte()
        elif kind == 3:
            index.byte()
        elif kind in (4, 5):
            width, streams = index.byte(), index.number()
        if kind in (1, 4):
            (step,) = struct.unpack("<f", index.take(4))
        elif kind in (2, 5):
            count, zero = index.number(), index.number()
            values = struct.unpack("<%df" % count, index.take(4 * count))
        elements = 1
        for dimension in shape:
            elements *= dimension
        columns = 1
        for dimension in shape[1:] or shape:
            columns *= dimension
        columns = min(max(columns, 1), 1 << 20)
        if kind in (4, 5):
            if streams:
                begin = at
                for _ in range(streams):
                    at += index.number()
                    index.take(4)
                packed = lzma.decompress(data[begin:at])
                taken = 0
            cut = packed[taken : taken + elements * width]
            taken += elements * width
            found = [int.from_bytes(cut[i : i + width], "little", signed=True) for i in range(0, len(cut), width)]
            show(element, found, values, zero, step)
            continue
        slice_size = columns * max((1 << 20) // columns, 1) if kind in (1, 2) else 1 << 22
        total = elements if kind in (1, 2) else size
        for first in range(0, total, slice_size):
            count = min(slice_size, total - first)
            stream_length = index.number()
            (checksum,) = struct.unpack("<I", index.take(4))
            stream = data[at : at + stream_length]
            at += stream_length
            if zlib.crc32(stream) != checksum:
                sys.exit("a stream is damaged")
            if kind in (1, 2):
                found = levels(stream, count, columns, abs_gr, flags)
                show(element, found, values, zero, step)


def show(element, found, values, zero, step):
    """Writes weights, if they are of 32 bits."""
    if element == 0:
        weights = [values[zero + level] if values else level * step for level in found]
        weights = [min(max(weight, -LARGEST), LARGEST) for weight in weights]
        sys.stdout.buffer.write(struct.pack("<%df" % len(weights), *weights))


def unpack(packed):
    """Unpacks a zstd frame."""
    try:
        from compression import zstd  # Python 3.14

        return zstd.decompress(packed)
    except ImportError:
        run = subprocess.run(["zstd", "-dc"], input=packed, stdout=subprocess.PIPE, check=True)
        return run.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
