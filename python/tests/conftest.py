"""What the tests share: the streams and models of the project, and bins that are random but the same every time."""

import os
from pathlib import Path

import numpy
import pytest

ROOT = Path(os.environ.get("SILICABAC_ROOT", Path(__file__).resolve().parents[2])).resolve()


def stream_bytes(name):
    """A stream that was encoded for the project."""
    return (ROOT / "tests" / "streams" / name).read_bytes()


def stream_names():
    return sorted(path.name for path in (ROOT / "tests" / "streams").iterdir() if path.suffix in (".264", ".265"))


@pytest.fixture
def random_bins():
    """A million context bins: context variables and bins of which 15 % are 1."""
    random = numpy.random.default_rng(1)
    contexts = random.integers(0, 460, 1_000_000).astype(numpy.uint16)
    return contexts, (random.random(contexts.size) < 0.15).astype(numpy.uint8)
