"""Weights: what comes back of a model, one tensor without the rest, and progress that can end the work."""

import io
import os
import signal
import threading
import time

import numpy
import pytest

import silicabac
from conftest import ROOT
from silicabac import weights


def model(rows=64):
    random = numpy.random.default_rng(3)
    return {
        "fc1.weight": random.normal(size=(rows, 300)).astype(numpy.float32),
        "fc1.bias": random.normal(size=rows).astype(numpy.float32),
        "half": random.normal(size=(40, 40)).astype(numpy.float16),
        "double": random.normal(size=(40, 40)),
        "steps": numpy.arange(7),
        "mask": numpy.array([[True, False]]),
        "scalar": numpy.full((), 2.5, numpy.float32),
        "nothing": numpy.empty((0, 3), numpy.float32),
    }


@pytest.mark.parametrize("coder", ["cabac", "smallest"])
def test_a_dictionary_comes_back(coder):
    given = model()
    container = weights.compress(given, bits=8, coder=coder)
    assert isinstance(container, bytes) and len(container) < sum(array.nbytes for array in given.values()) / 2
    back = weights.decompress(container)
    assert list(back) == list(given)
    for name, array in given.items():
        assert back[name].dtype == array.dtype and back[name].shape == array.shape and back[name].flags.writeable
        if name in ("fc1.weight", "half", "double"):
            step = abs(array).max() / 127
            assert abs(back[name].astype(float) - array).max() <= step * 0.51
            assert numpy.unique(back[name]).size <= 255
        else:
            assert (back[name] == array).all()
    assert weights.compress(given, bits=8, coder=coder) == container


def test_one_tensor_without_the_rest(tmp_path):
    given = model()
    length = weights.save_file(given, tmp_path / "model.sbw", coder="cabac")
    assert os.listdir(tmp_path) == ["model.sbw"] and (tmp_path / "model.sbw").stat().st_size == length
    everything = weights.load_file(tmp_path / "model.sbw")
    data = bytearray((tmp_path / "model.sbw").read_bytes())
    with weights.Container.open(tmp_path / "model.sbw") as container:
        assert (container["half"] == everything["half"]).all()
        tensor = container.tensor("fc1.weight")
        assert (tensor.element, tensor.coding, tensor.shape, tensor.length) == ("F32", "deepcabac", (64, 300), 76800)
        assert 0 < tensor.stored < tensor.length and tensor.slice_count >= 1
        levels = container.levels("fc1.weight")
        assert levels.shape == (64, 300) and levels.dtype == numpy.int32 and abs(levels).max() == 127
        assert container.levels("fc1.bias") is None
        parts = [container.get_slice("fc1.weight", number) for number in range(tensor.slice_count)]
        assert (numpy.concatenate(parts) == everything["fc1.weight"].ravel()).all()
        assert "half" in container and "other" not in container and 3 not in container and len(container) == len(given)
        with pytest.raises(KeyError):
            container["other"]
        with pytest.raises(IndexError):
            container.get_slice("half", tensor.slice_count + 10)
        stored = container.tensor("nothing").stored, tensor.stored
    # A byte of the last tensor is broken: the others can be read.
    data[-1] ^= 0xFF
    broken = weights.Container(data)
    last = list(broken)[-1]
    assert stored[0] == 0 and (broken["fc1.weight"] == everything["fc1.weight"]).all()
    names = [name for name in broken if name != "nothing"]
    with pytest.raises(silicabac.DamagedError):
        for name in names:
            broken[name]
    assert last == "nothing"


def test_the_model_file_comes_back(tmp_path):
    path = ROOT / "examples" / "models" / "lenet300_sparse.safetensors"
    container = weights.Container(weights.compress(path, keep=["*"]))
    assert container.format == "safetensors"
    assert container.model() == path.read_bytes()
    assert container.keys() and all(container.tensor(name).coding == "lossless" for name in container)


def test_other_formats_are_read():
    arrays = {"a": numpy.ones((20, 20), numpy.float32), "b": numpy.arange(5)}
    file = io.BytesIO()
    numpy.savez(file, **arrays)
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "model.npz")
        with open(path, "wb") as out:
            out.write(file.getvalue())
        container = weights.Container(weights.compress(path))
    assert container.format == "npz" and (container["a"] == 1).all()
    assert container["b"].dtype == numpy.uint8


def test_options_do_what_they_say():
    given = {"a": model()["fc1.weight"], "b": model()["fc1.weight"][::-1].copy()}
    bits = weights.Container(weights.compress(given, bits_by_name={"b": 3}, coder="cabac"))
    assert abs(bits.levels("a")).max() == 127 and abs(bits.levels("b")).max() == 3
    kept = weights.Container(weights.compress(given, keep=["a"], bits_by_name={"a": 3}))
    assert kept.levels("a") is None and kept.levels("b") is not None
    step = weights.Container(weights.compress(given, step=0.5, coder="cabac"))
    assert (step["a"] == numpy.rint(step["a"] / 0.5) * 0.5).all()
    lloyd = weights.decompress(weights.compress(given, quantizer="lloyd", clusters=4, quantizer_by_name={"b": "nearest"}))
    assert numpy.unique(lloyd["a"]).size <= 5 < numpy.unique(lloyd["b"]).size
    rd = weights.compress(given, quantizer="rd", lambda_=0.2, coder="cabac")
    assert len(rd) < len(weights.compress(given, coder="cabac"))
    sigma = {name: numpy.full_like(array, 0.1) for name, array in given.items()}
    assert weights.compress(given, sigma=sigma, coarseness=64, quantizer="rd")


def test_notes_say_what_a_user_should_know():
    notes = []
    weights.compress({"bad": numpy.full((32, 32), numpy.nan, numpy.float32)}, note=lambda *note: notes.append(note))
    assert notes and notes[0][0] == "bad" and "kept" in notes[0][1]


@pytest.mark.parametrize(
    "options",
    [
        {"bits": 1},
        {"bits": 25},
        {"bits": 8, "step": 0.1},
        {"step": 0.0},
        {"step": float("nan")},
        {"step": -1.0},
        {"relative_step": 1e39},
        {"coarseness": 300},
        {"quantizer": "best"},
        {"coder": "zip"},
        {"clusters": 1},
        {"prune": 1.0},
        {"abs_gr": 0},
        {"smallest": -1},
        {"keep": ["[a"]},
        {"jobs": 0},
    ],
)
def test_values_that_options_cannot_have(options):
    with pytest.raises(ValueError):
        weights.compress({"a": numpy.ones((20, 20), numpy.float32)}, **options)


@pytest.mark.parametrize(
    "options",
    [{"bit": 8}, {"bits": "8"}, {"bits": 8.0}, {"keep": "a"}, {"bits_by_name": [3]}, {"progress": 3}, {"note": "x"}, {"quantizer": 3}, {"sigma": 3}],
)
def test_options_of_wrong_types(options):
    with pytest.raises(TypeError):
        weights.compress({"a": numpy.ones((20, 20), numpy.float32)}, **options)


@pytest.mark.parametrize(
    "given",
    [None, 3, [numpy.ones(3)], {3: numpy.ones(3)}, {"a": [1.0, 2.0]}, {"a": None}, {"a": numpy.array(["x"])}, {"a": numpy.array([None])}],
)
def test_what_is_no_model(given):
    with pytest.raises(TypeError):
        weights.compress(given)


def test_arrays_of_any_layout():
    whole = model()["fc1.weight"]
    given = {"t": whole.T, "s": whole[::2, ::3], "f": numpy.asfortranarray(whole), "b": whole.astype(">f4")}
    back = weights.decompress(weights.compress(given, keep=["*"]))
    assert all((back[name] == given[name]).all() and back[name].shape == given[name].shape for name in given)


def test_what_is_no_container(tmp_path):
    container = weights.compress(model())
    with pytest.raises(silicabac.FormatError):
        weights.decompress(b"nothing")
    with pytest.raises(silicabac.SilicabacError):
        weights.decompress(container + b"more")
    with pytest.raises(silicabac.SilicabacError):
        weights.decompress(container[: len(container) // 2])
    with pytest.raises(TypeError):
        weights.decompress("text")
    with pytest.raises(FileNotFoundError):
        weights.load_file(tmp_path / "nothing.sbw")
    with pytest.raises(FileNotFoundError):
        weights.compress(tmp_path / "nothing.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(silicabac.FormatError):
        weights.compress(tmp_path / "bad.safetensors")
    with pytest.raises(ValueError):
        weights.decompress(container, framework="tensorflow")
    closed = weights.Container(container)
    closed.close()
    with pytest.raises(silicabac.ClosedError):
        closed["half"]


def test_single_bytes_that_are_wrong_never_crash():
    container = weights.compress({"w": model()["fc1.weight"], "n": numpy.arange(10)}, coder="cabac")
    for at in range(0, len(container), max(1, len(container) // 200)):
        data = bytearray(container)
        data[at] ^= 0x55
        try:
            weights.decompress(data)
        except silicabac.SilicabacError as error:
            assert not isinstance(error, silicabac.PanicError)


def test_progress_counts_to_the_end():
    given = model(2000)
    for work in (lambda progress: weights.compress(given, progress=progress, coder="cabac"),):
        told = []
        container = work(lambda done, total: told.append((done, total)))
        assert told == sorted(told) and told[-1][0] == told[-1][1] == sum(array.nbytes for array in given.values())
    told = []
    weights.decompress(container, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and told[-1][0] == told[-1][1]


def test_an_exception_of_progress_ends_the_work(capfd):
    class Enough(Exception):
        pass

    def progress(done, total):
        raise Enough

    with pytest.raises(Enough):
        weights.compress(model(2000), progress=progress)
    container = weights.Container(weights.compress(model(2000)))
    with pytest.raises(Enough):
        container.get_tensor("fc1.weight", progress=progress)
    assert container["fc1.weight"].shape == (2000, 300)
    assert "panicked" not in capfd.readouterr().err


def test_a_callback_cannot_use_the_container_that_calls_it():
    container = weights.Container(weights.compress(model(2000)))
    with pytest.raises(silicabac.BusyError):
        container.get_tensor("fc1.weight", progress=lambda *_: container["half"])


def test_ctrl_c_interrupts():
    given = {str(number): numpy.random.default_rng(number).normal(size=(1000, 1000)).astype(numpy.float32) for number in range(12)}
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    begin = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        weights.compress(given, quantizer="rd", coder="cabac")
        pytest.skip("the machine is too quick for this test")
    timer.join()
    assert time.monotonic() - begin < 60


def test_a_forked_process_works_too():
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    container = weights.compress(model())
    child = os.fork()
    if child == 0:
        os._exit(0 if weights.decompress(container)["steps"].tolist() == list(range(7)) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_tensors_of_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    state = torch.nn.Linear(64, 32).state_dict()
    state["brain"] = torch.randn(32, 32).to(torch.bfloat16)
    state["steps"] = torch.arange(3)
    state["columns"] = torch.randn(20, 30).T
    back = weights.decompress(weights.compress(state), framework="torch")
    assert list(back) == list(state)
    for name, tensor in state.items():
        assert back[name].dtype == tensor.dtype and back[name].shape == tensor.shape
        assert (back[name].float() - tensor.float()).abs().max() < 0.05
    torch.nn.Linear(64, 32).load_state_dict({name: back[name] for name in ("weight", "bias")})


def test_files_of_safetensors(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    given = model()
    safetensors.save_file(given, tmp_path / "model.safetensors")
    container = weights.Container(weights.compress(tmp_path / "model.safetensors", keep=["*"]))
    back = safetensors.load(container.model())
    assert all((back[name] == given[name]).all() for name in given)


def test_bfloat16_without_pytorch():
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    given = numpy.linspace(-1, 1, 4096).reshape(64, 64).astype(ml_dtypes.bfloat16)
    back = weights.decompress(weights.compress({"w": given}, keep=["*"]))["w"]
    assert back.dtype == ml_dtypes.bfloat16 and (back == given).all()
