"""What NNCodec needs for the integers of a model, and how fast it is, beside `cargo bench --bench weights`.

    pip install numpy pybind11 cmake && pip install --no-deps --no-build-isolation nncodec==2.1.3
    python3 peers/weights.py model.safetensors
    SILICABAC_MODEL=model.safetensors cargo bench --bench weights

Each tensor of two dimensions or more goes to the nearest of the levels of 8 and of 5 bits, and each is a stream of its own. One thread.
NNCodec's licence allows testing only; nothing of it is here.
"""

import json
import struct
import sys
import time

import numpy
from nncodec.extensions import deepCABAC


def tensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    for name, about in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__" and about["dtype"] == "F32" and len(about["shape"]) > 1:
            begin, end = about["data_offsets"]
            weights = numpy.frombuffer(data[8 + length + begin : 8 + length + end], "<f4")
            yield weights.reshape(about["shape"][0], -1)


def encode(levels):
    encoder = deepCABAC.Encoder()
    # As long a unary part as NNCodec's default, and its search for the parameters of the contexts.
    encoder.initCtxModels(10, 1)
    rows = numpy.zeros(levels.shape[0], dtype=numpy.int32)
    off = (deepCABAC.HdspMode.AlwaysOff, numpy.zeros(1, dtype=numpy.int8))
    encoder.encodeLayer(levels, 0, 0, 0, 0, 0, rows, *off, 0, 0)
    return encoder.finish()


def decode(stream, shape):
    decoder = deepCABAC.Decoder()
    decoder.setStream(stream)
    decoder.initCtxModels(10)
    levels = numpy.zeros(shape, dtype=numpy.int32)
    off = (deepCABAC.HdspMode.AlwaysOff, numpy.zeros(1, dtype=numpy.int8))
    decoder.decodeLayer(levels, 0, 0, 0, 0, *off, 0, 0)
    return levels


def main(path):
    for bits in (8, 5):
        count = size = 0
        encoding = decoding = 0.0
        for weights in tensors(path):
            step = abs(weights).max() / (2 ** (bits - 1) - 1) or 1.0
            levels = numpy.round(weights / step).astype(numpy.int32)
            start = time.perf_counter()
            stream = encode(levels)
            encoding += time.perf_counter() - start
            start = time.perf_counter()
            found = decode(stream, levels.shape)
            decoding += time.perf_counter() - start
            assert (found == levels).all()
            count += levels.size
            size += len(stream)
        speed = [4e-6 * count / seconds for seconds in (encoding, decoding)]
        print(
            f"{bits} bits: {8 * size / count:.4f} bits a weight,"
            f" encode {speed[0]:.0f} MB/s, decode {speed[1]:.0f} MB/s ({count} weights)"
        )


if __name__ == "__main__":
    main(sys.argv[1])
