"""Streams: every stream of the project is read to its end, and is written again as the same bytes."""

import numpy
import pytest

import silicabac
from conftest import stream_bytes, stream_names


@pytest.mark.parametrize("name", stream_names())
def test_units_are_the_stream_and_are_written_again(name):
    data = stream_bytes(name)
    units = list(silicabac.Stream(data))
    assert units[0].codec == ("avc" if name.endswith("264") else "hevc")
    assert b"".join(unit.prefix + unit.bytes for unit in units) == data
    assert all(unit.write() == unit.bytes for unit in units)
    slices = [unit for unit in units if unit.state == "slice"]
    assert slices and [unit.number for unit in slices] == [unit.number for unit in silicabac.Stream(data).slices()]
    for unit in slices:
        blocks = list(unit)
        assert blocks
        if unit.codec == "hevc":
            assert [block.is_last for block in blocks] == [False] * (len(blocks) - 1) + [True]
            for block in blocks:
                check_tree(block)
        elif name in ("x264_gray_qcif.264", "jm_ipcm_qp0.264", "x264_main_mbaff_qcif_lowqp.264"):
            assert unit.write(blocks) == unit.bytes


def check_tree(block):
    units, nodes, blocks = block.coding_units, block.transform_nodes, block.blocks
    assert units["prediction_unit_count"].sum() == block.prediction_units.size
    assert units["pcm_count"].sum() == len(block.pcm)
    assert nodes["block_count"].sum() == blocks.size
    assert blocks["level_count"].sum() == block.levels.size
    assert not blocks.size or (blocks["first_level"][1:] == numpy.cumsum(blocks["level_count"])[:-1]).all()
    assert (block.levels["level"] != 0).all()
    assert ((units["x"] >= block.x) & (units["y"] >= block.y)).all()
    assert block.sao.shape == (3,) and block.sao["offset_abs"].shape == (3, 4)


def test_macroblocks_have_their_elements():
    units = silicabac.Stream(stream_bytes("x264_main_ipb_qcif.264")).slices()
    kinds = set()
    for unit in units:
        for number, block in enumerate(unit):
            assert block.mb_addr == number and (block.x, block.y) == (number % 11 * 16, number // 11 * 16)
            assert block.levels.size in (0, 384) and block.mvd.shape == (2, 16, 2) and block.ref_idx.shape == (2, 4)
            assert (block.levels.size > 0) >= (block.levels.any())
            kinds.add(block.mb_kind)
    assert kinds == {"skip", "I", "P", "B"}


def test_an_edited_slice_is_read_as_what_was_written():
    unit = next(silicabac.Stream(stream_bytes("x264_gray_qcif.264")).slices())
    blocks = list(unit)
    at = next(number for number, block in enumerate(blocks) if block.levels.any())
    levels = blocks[at].levels
    levels[levels != 0] *= -1
    edited = blocks[:at] + [blocks[at].replace(levels=levels)] + blocks[at + 1 :]
    written = unit.write(edited)
    assert written != unit.bytes
    data = b"".join(
        other.prefix + (written if other.number == unit.number else other.bytes)
        for other in silicabac.Stream(stream_bytes("x264_gray_qcif.264"))
    )
    again = list(next(silicabac.Stream(data).slices()))
    assert (again[at].levels == levels).all() and len(again) == len(blocks)


def test_what_would_be_lost_is_refused():
    unit = next(silicabac.Stream(stream_bytes("x264_gray_qcif.264")).slices())
    blocks = list(unit)
    with pytest.raises(silicabac.IllegalError):
        unit.write(blocks[:1] * (len(blocks) + 1))
    with pytest.raises(silicabac.IllegalError):
        unit.write([])
    with pytest.raises(silicabac.IllegalError):
        unit.write([blocks[0].replace(mb_qp_delta=100)] + blocks[1:])


def test_macroblocks_can_be_made_of_elements():
    block = silicabac.Macroblock(mb_kind="P", mb_type=3, sub_mb_type=numpy.array([0, 1, 2, 3]))
    assert (block.mb_kind, block.mb_type, block.name) == ("P", 3, "P_8x8")
    assert block.sub_mb_type.tolist() == [0, 1, 2, 3]
    assert block == silicabac.Macroblock(mb_kind="P", mb_type=3, sub_mb_type=numpy.arange(4))
    mvd = numpy.arange(64, dtype=numpy.int16).reshape(2, 16, 2)
    assert (block.replace(mvd=mvd).mvd == mvd).all()
    with pytest.raises(ValueError):
        block.replace(mb_type=4)
    with pytest.raises(TypeError):
        block.replace(mb_addr=4)
    with pytest.raises(ValueError):
        block.replace(mvd=mvd.reshape(2, 32))
    with pytest.raises(ValueError):
        block.replace(levels=numpy.zeros(769, numpy.int32))
    with pytest.raises(TypeError):
        block.replace(levels=numpy.zeros(16, numpy.int64))


def test_a_damaged_slice_is_raised_after_its_last_block_and_the_next_is_read():
    data = stream_bytes("x264_multislice_qcif.264")
    units = list(silicabac.Stream(data))
    first = next(unit for unit in units if unit.state == "slice")
    cut = b"".join(
        unit.prefix + (unit.bytes[: len(unit.bytes) // 2] if unit is first else unit.bytes) for unit in units
    )
    slices = silicabac.Stream(cut).slices()
    blocks = iter(next(slices))
    count = 0
    with pytest.raises(silicabac.DamagedError, match="macroblock"):
        for _ in blocks:
            count += 1
    assert 0 < count < len(list(first))
    with pytest.raises(silicabac.DamagedError):
        next(blocks)
    assert list(next(slices))


def test_dependent_segments_are_read_in_any_order():
    units = list(silicabac.Stream(stream_bytes("hm_wpp_depslices.265")).slices())
    backwards = [len(list(unit)) for unit in reversed(units)][::-1]
    assert backwards == [len(list(unit)) for unit in silicabac.Stream(stream_bytes("hm_wpp_depslices.265")).slices()]


def test_units_that_are_no_slices():
    unit = next(silicabac.Stream(stream_bytes("x264_gray_qcif.264")))
    assert unit.state == "other" and unit.data is None and unit.init is None and unit.message == ""
    with pytest.raises(silicabac.StateError):
        unit.blocks()
    with pytest.raises(silicabac.StateError):
        unit.trace()
    names = [name for name, *_ in unit.headers()]
    assert "profile_idc" in names


def test_streams_of_no_standard():
    with pytest.raises(silicabac.FormatError):
        silicabac.Stream(b"")
    assert list(silicabac.Stream(b"", "avc")) == []
    with pytest.raises(ValueError):
        silicabac.Stream(b"", "h264")
    for seed in range(20):
        data = numpy.random.default_rng(seed).integers(0, 256, 2000).astype(numpy.uint8)
        data[::400], data[1::400], data[2::400], data[3::400] = 0, 0, 1, 0x65
        for unit in silicabac.Stream(data, "avc" if seed % 2 else "hevc"):
            try:
                list(unit)
            except silicabac.SilicabacError:
                pass
            unit.headers()


def test_a_closed_stream():
    with silicabac.Stream(stream_bytes("x264_gray_qcif.264")) as stream:
        unit = next(stream.slices())
    with pytest.raises(silicabac.ClosedError):
        next(stream)
    assert list(unit)
