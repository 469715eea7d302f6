"""Traces and coverage: recorded slices are replayed, and counted."""

import json

import numpy
import pytest

import silicabac
from conftest import ROOT, stream_bytes
from silicabac import EventKind


def test_a_trace_file_is_read_replayed_and_written(tmp_path):
    trace = silicabac.Trace.read(ROOT / "golden" / "avc.cbt.zst")
    assert trace.codec == "avc" and len(trace) == len(list(trace))
    for traced in list(trace)[:3]:
        traced.replay()
        bins = traced.bins
        assert len(traced) == bins.size and traced.states.size == (bins["kind"] == EventKind.CONTEXT).sum()
        assert traced.elements is None and traced.segments[0] == 0
        decoder = silicabac.Decoder(traced.payload)
        assert (decoder.code(traced.events) == traced.events).all() and decoder.error is None
    again = silicabac.Trace.from_bytes(trace.to_bytes())
    assert [traced.payload for traced in again] == [traced.payload for traced in trace]
    (tmp_path / "-").write_bytes(silicabac.Trace("avc", [trace[0]]).to_bytes())
    assert len(silicabac.Trace.read(tmp_path / "-")) == 1
    assert trace[-1].payload == trace[len(trace) - 1].payload
    with pytest.raises(IndexError):
        trace[len(trace)]


@pytest.mark.parametrize("name", ["x264_gray_qcif.264", "hm_tiles2x2.265"])
def test_the_trace_of_a_slice_says_what_its_bins_stand_for(name):
    unit = next(silicabac.Stream(stream_bytes(name)).slices())
    traced = unit.trace()
    traced.replay()
    assert traced.payload == unit.data and traced.init == unit.init
    assert traced.units[-1][1] == len(traced)
    first_bins = [bin for bin, _ in traced.elements]
    assert first_bins == sorted(first_bins)
    assert traced.elements[-1][1] in ("end_of_slice_flag", "end_of_slice_segment_flag")


def test_what_is_no_trace(tmp_path):
    with pytest.raises(FileNotFoundError):
        silicabac.Trace.read(tmp_path / "nothing")
    for data in (b"", b"nothing", bytes(100)):
        with pytest.raises(silicabac.FormatError):
            silicabac.Trace.from_bytes(data)
    with pytest.raises(silicabac.FormatError):
        silicabac.Trace("avc", []).to_bytes()


def test_coverage_of_vectors_and_traces():
    coverage = silicabac.Coverage()
    assert coverage["cross"].percent == 0 and coverage.slices == 0
    for vector in silicabac.vectors.suite("directed"):
        coverage.play(vector)
    cross = coverage["cross"]
    assert cross.percent == 100 and cross.missed.size == 0
    assert cross.hits.shape == cross.excluded.shape == tuple(len(names) for _, names in cross.axes)
    assert cross.label(0).startswith("valMPS 0")
    before = coverage.bins
    traced = silicabac.Trace.read(ROOT / "golden" / "avc.cbt.zst")[0]
    coverage.take(traced)
    assert coverage.bins == before + (traced.bins["kind"] != EventKind.ALIGN).sum()
    report = json.loads(coverage.to_json(50))
    assert report["goal"] == 50 and {item["name"] for item in report["items"]} == {item.name for item in coverage.items()}
    with pytest.raises(KeyError):
        coverage["nothing"]
    with pytest.raises(IndexError):
        cross.label(10**6)


def test_coverage_of_streams():
    coverage = silicabac.StreamCoverage("avc")
    for unit in silicabac.Stream(stream_bytes("x264_gray_qcif.264")):
        coverage.take(unit)
    assert coverage["mb_skip_flag"].percent == 100 and coverage["mb_field_decoding_flag"].percent == 0
    assert coverage.slices == 4 and coverage.bins > 1000
    assert numpy.count_nonzero(coverage["contexts"].hits) > 100
    unit = next(silicabac.Stream(stream_bytes("hm_tiles2x2.265")).slices())
    with pytest.raises(ValueError):
        coverage.take(unit)
