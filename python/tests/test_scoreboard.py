"""The scoreboard of `silicabac.cocotb`, without a simulator: a core that is right passes, and each thing that can be wrong is noticed."""

import subprocess
import sys
from dataclasses import replace

import pytest
from silicabac import vectors

pytest.importorskip("cocotb")
from silicabac.cocotb import Given, Kind, Mismatch, Request, Scoreboard, Script, Seen, Shape, transactions  # noqa: E402

MADE = "L5=62.1 C5=0 B=1011 T=1 R=7f B=10 T=1"


def clocks(direction, vector):
    """What a monitor sees of a core that takes a request a clock, and gives all that is due for it in the next."""
    script = Script(vector, direction)
    due = script.bytes if direction == "encoder" else script.answers
    data = list(vector.bytes) if direction == "decoder" else []
    seen = []
    for number in range(len(script.requests) + 1):
        clock = Seen(offered=int(number < len(script.requests)), ready=1)
        if data and number:
            data.pop()
            clock.byte, clock.byte_ready = True, 1
        given = [what for what in due if what.request == number - 1]
        clock.valid = clock.taken = bool(given)
        for what in given:
            if direction == "encoder":
                clock.given.append(Given(what.data, what.last))
            else:
                clock.given.append(Given(what.value, bin=what.value, error=what.error, bits=what.bits))
        seen.append(clock)
    return script, seen


def judge(direction, edit=lambda seen: None, patience=50):
    script, seen = clocks(direction, vectors.make("mine", "", MADE))
    edit(seen)
    scoreboard = Scoreboard(direction, [script], room=8, patience=patience)
    for clock in seen:
        scoreboard.see(clock)
    for _ in range(patience + 1):
        scoreboard.see(Seen(ready=1, byte_ready=1))
    return scoreboard


def given(seen):
    return next(clock for clock in seen if clock.given)


def changes(**fields):
    def edit(seen):
        clock = given(seen)
        clock.given[-1] = replace(clock.given[-1], **fields)

    return edit


def moves(seen):
    """What is given comes in the first clock."""
    clock = given(seen)
    seen[0].valid, seen[0].taken, seen[0].given = 1, True, clock.given


def withdraws(seen):
    seen[-1].taken = False


def falls(seen):
    given(seen).taken = False


def loses(seen):
    clock = given(seen)
    clock.valid, clock.taken, clock.given = 0, False, []


def refuses(seen):
    for clock in seen[3:]:
        clock.ready = clock.valid = 0
        clock.given = []
    seen.extend(Seen(offered=1) for _ in range(60))


@pytest.mark.parametrize("direction", ["encoder", "decoder"])
def test_a_right_core_passes(direction):
    scoreboard = judge(direction)
    assert scoreboard.done and scoreboard.bins == 9


@pytest.mark.parametrize(
    ("direction", "edit", "what"),
    [
        ("encoder", changes(data=0), "byte 2 of the output is 0x00, not 0x"),
        ("encoder", changes(data=None), "byte 2 of the output is X, not 0x"),
        ("encoder", changes(last=0), "out_last with byte 2 of the output is 0, not 1"),
        ("encoder", moves, "byte 0 of the output is given before any bin decides it"),
        ("encoder", withdraws, "out_valid is withdrawn"),
        ("encoder", falls, "out_count falls from 3 to 1, and nothing was taken"),
        ("encoder", refuses, "deadlock: for 50 clocks a request is not taken: bypass = 1"),
        ("decoder", changes(bin=1), "the bin is 1, not 0"),
        ("decoder", changes(error=2), "the error is 2, not 0"),
        ("decoder", changes(bits=3), "the number of bits read is 3, not "),
        ("decoder", moves, "an answer is given that nothing asked for"),
        ("decoder", loses, "not "),
    ],
)
def test_what_is_wrong_is_noticed(direction, edit, what):
    with pytest.raises(Mismatch) as noticed:
        judge(direction, edit)
    assert what in noticed.value.what
    assert noticed.value.vector == "mine" and str(noticed.value).startswith("clock ")


def test_x_in_one_lane_is_not_in_the_others():
    types, ports = pytest.importorskip("cocotb.types"), pytest.importorskip("silicabac.cocotb.ports")
    value = types.LogicArray("XXXXXXXX000Z000101111111")
    assert [ports.lane(value, number, 8) for number in range(3)] == [0x7F, None, None]
    assert [ports.lane(types.LogicArray("0110"), number, 2) for number in range(2)] == [2, 1]
    assert ports.lane(types.Logic("X"), 0, 1) is None and ports.lane(types.Logic("1"), 0, 1) == 1


def test_requests_share_transactions_as_the_socket_says():
    script = Script(vectors.make("mine", "", MADE), "encoder")

    def shapes(shape):
        return [[[asked.kind for asked in lane] for lane in lanes] for lanes in transactions(script.requests, shape)]

    alone = shapes(Shape())
    assert all(len(lanes) == 1 and len(lanes[0]) == 1 for lanes in alone) and len(alone) == len(script.requests)
    context, bypass, end = [Kind.CONTEXT], [Kind.BYPASS], [Kind.TERMINATE]
    assert shapes(Shape(4))[2:4] == [[context, bypass, bypass, bypass], [bypass, end]]
    runs = shapes(Shape(4, 8, 2, True))
    bypasses = [Kind.BYPASS, Kind.BYPASS]
    assert runs == [[[Kind.SLICE]], [[Kind.LOAD], context + bypasses, bypasses, end], [[Kind.RAW], bypasses, end]]


def test_a_request_is_written_as_cosim_writes_it():
    assert str(Request(Kind.CONTEXT, 0, 1, 5)) == "context 5 = 1"
    assert str(Request(Kind.LOAD, 0, ctx_idx=5, model=126)) == "load 5: state 62, MPS 1"
    assert str(Request(Kind.RAW, 0, data=10)) == "raw 0x0a" and str(Request(Kind.ALIGN, 0)) == "align"


def test_the_package_needs_no_cocotb():
    program = "import sys; sys.modules['cocotb'] = None; import silicabac; assert silicabac.vectors.suite('smoke')"
    subprocess.run([sys.executable, "-c", program], check=True)
