"""Test vectors: slices that name the bug that they are there for. docs/vectors.md of the project describes their files."""

from ._silicabac import Vector, flags, make, read, read_file, suite, write, write_hex

__all__ = ["Vector", "flags", "make", "read", "read_file", "suite", "write", "write_hex"]
