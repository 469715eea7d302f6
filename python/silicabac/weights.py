"""Weights of neural networks, compressed by DeepCABAC into containers. docs/weights.md of the project describes both.

A model is a dictionary of arrays, such as a `state_dict` of PyTorch, or the path of a model file (safetensors, npz, ONNX, a checkpoint of
PyTorch). PyTorch and ml_dtypes are used if they are installed and never needed; safetensors files are read and written without the package
of that name.

>>> import numpy, silicabac
>>> model = {"w": numpy.linspace(-1, 1, 4096, dtype=numpy.float32).reshape(64, 64), "b": numpy.zeros(64, numpy.float32)}
>>> container = silicabac.weights.compress(model, bits=5)
>>> len(container) < 4096 * 4 / 8
True
>>> back = silicabac.weights.decompress(container)
>>> float(abs(back["w"] - model["w"]).max()) < 1 / 15
True
>>> bool((back["b"] == model["b"]).all())
True
"""

import json
import os
import sys
import tempfile
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union
from uuid import uuid4

import numpy

from ._silicabac import Container as _Container
from ._silicabac import Tensor, compress_model
from .errors import UnsupportedError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_Path = Union[str, "os.PathLike[str]"]
_Model = Union[_Path, Mapping[str, Any]]
_Progress = Callable[[int, int], object]
_Note = Callable[[str, str], object]

__all__ = ["Container", "Tensor", "compress", "decompress", "load_file", "save_file"]

# What a safetensors file calls the types of NumPy; all of them are in little endian there.
_NAMES = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "uint16": "U16",
    "int16": "I16",
    "uint32": "U32",
    "int32": "I32",
    "uint64": "U64",
    "int64": "I64",
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
    "complex64": "C64",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
}
_TYPES = {name: kind for kind, name in _NAMES.items()}


def compress(
    model: _Model, *, progress: Optional[_Progress] = None, note: Optional[_Note] = None, **options: Any
) -> bytes:
    """Compresses a model to a container.

    `model` is a mapping of names to arrays or PyTorch tensors, or the path of a model file. Tensors of F64, F32, F16 and BF16 with two
    dimensions above 1, or with 65,536 elements, get levels; what is small, and what is no weights by its name or its values, is kept as it is.

    Options, each by the name that it has in `silicabac weights compress`:

    - `bits` (8), or `step`, `relative_step`, `coarseness`: how large a step is.
    - `quantizer`: "nearest", "rd", "lloyd" or "kmeans", with `lambda_` (0.05), `clusters` (32) and `prune` (0).
    - `bits_by_name`, `quantizer_by_name`: dictionaries of a pattern of names, such as "fc*.weight", to what holds for them.
    - `keep`: a list of patterns of names that are kept as they are.
    - `smallest` (256), `small_bits`: which tensors are small, and the bits of those; without `small_bits` they are kept.
    - `coder`: "smallest", which takes longer, or "cabac", which decoder cores decode.
    - `sigma`: standard deviations of the weights, a model likewise; `abs_gr`; `jobs`, how many threads work (all processors).

    `progress(done, total)` is called with numbers of bytes, and `note(name, text)` with what a user should know about a tensor. An exception
    that `progress` raises ends the work, and so does Ctrl-C.

    Raises TypeError and ValueError for what is no model or no option, OSError, FormatError for a damaged model file, and IllegalError where a
    step is too small for the weights.
    """
    for name, callback in (("progress", progress), ("note", note)):
        if callback is not None and not callable(callback):
            raise TypeError(f"{name} has to be callable")
    with tempfile.TemporaryDirectory(prefix="silicabac-") as directory:
        path = _as_file(model, directory, "model")
        if options.get("sigma") is not None:
            options["sigma"] = _as_file(options["sigma"], directory, "sigma")
        return compress_model(path, options, progress, note)


def decompress(
    data: "Buffer", *, framework: str = "numpy", progress: Optional[_Progress] = None, jobs: Optional[int] = None
) -> Dict[str, Any]:
    """The tensors of a container, bytes, by their names.

    With `framework="torch"` they are PyTorch tensors. Types are as in `Container.get_tensor`. As arrays, BF16 is `ml_dtypes.bfloat16` if that package is installed and float32
    otherwise, which holds the same values. `progress(done, total)` is called with numbers of bytes.
    """
    with Container(data) as container:
        return container.all(framework=framework, progress=progress, jobs=jobs)


def load_file(
    path: _Path, *, framework: str = "numpy", progress: Optional[_Progress] = None, jobs: Optional[int] = None
) -> Dict[str, Any]:
    """The tensors of a container in a file, as `decompress` gives them. `Container.open` gives one of them without the rest."""
    with Container.open(path) as container:
        return container.all(framework=framework, progress=progress, jobs=jobs)


def save_file(model: _Model, path: _Path, **options: Any) -> int:
    """Compresses a model, as `compress` does, into a file, which is there whole or not at all. Returns how many bytes it has."""
    path = os.fspath(path)
    container = compress(model, **options)
    temporary = os.path.join(os.path.dirname(os.path.abspath(path)), f".silicabac-{uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(container)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    return len(container)


class Container:
    """A container that is open for reading: a mapping of names to tensors, each of which is decoded when it is asked for.

    >>> import numpy, silicabac
    >>> data = silicabac.weights.compress({"w": numpy.ones((32, 32), numpy.float32), "n": numpy.arange(3)})
    >>> with silicabac.weights.Container(data) as container:
    ...     list(container), container["n"], container.tensor("w").shape
    (['w', 'n'], array([0, 1, 2]), (32, 32))
    """

    def __init__(self, data: "Buffer") -> None:
        """Opens a container in memory, bytes."""
        self._own(_Container(data))

    @classmethod
    def open(cls, path: _Path) -> "Container":
        """Opens a container in a file. Of it no more is read than is asked for."""
        container = cls.__new__(cls)
        container._own(_Container.open(path))
        return container

    def _own(self, container: _Container) -> None:
        self._container = container
        header = container.header()
        # Only a safetensors file has types by names that are known here.
        entries: Dict[str, Any] = json.loads(header) if header else {}
        self._dtypes = {name: entry["dtype"] for name, entry in entries.items() if name != "__metadata__"}

    def __getitem__(self, name: str) -> Any:
        return self.get_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return (tensor.name for tensor in self._container.tensors())

    def __len__(self) -> int:
        return len(self._container)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._container

    def keys(self) -> List[str]:
        """The names of all tensors, in their order."""
        return list(self)

    def tensor(self, name: str) -> Tensor:
        """A tensor without its data: its shape, how it is coded, how many bytes it takes."""
        return self._container.tensor(name)

    def get_tensor(
        self,
        name: str,
        *,
        framework: str = "numpy",
        progress: Optional[_Progress] = None,
        jobs: Optional[int] = None,
    ) -> Any:
        """One tensor; the others are not decoded. KeyError if there is none of this name, and DamagedError if it is damaged.

        A tensor of a type that is known neither here nor to NumPy is an array of uint8, its bytes. Of npz, ONNX and PyTorch files that is every
        type but F64, F32, F16 and BF16; `model` has them as they were.
        """
        tensor = self._container.tensor(name)
        return _decoded(self._container.raw(name, progress, jobs), self._kind(tensor), tensor.shape, framework)

    def get_slice(self, name: str, slice: int, *, framework: str = "numpy") -> Any:
        """A slice of a tensor, of one dimension. Slices are numbered from 0 to `tensor(name).slice_count - 1`."""
        kind = self._kind(self._container.tensor(name))
        return _decoded(self._container.raw_slice(name, slice), kind, None, framework)

    def _kind(self, tensor: Tensor) -> str:
        """The type of a tensor as a safetensors file calls it, if it is known."""
        return tensor.element if tensor.element != "other" else self._dtypes.get(tensor.name, "other")

    def levels(self, name: str) -> "Optional[numpy.ndarray[Any, numpy.dtype[Any]]]":
        """The levels of a tensor, an array of int32 in its shape; None if it is kept lossless."""
        tensor = self._container.tensor(name)
        read = (self._container.levels(name, number) for number in range(tensor.slice_count))
        parts = [part for part in read if part is not None]
        if not parts:
            return None
        return numpy.concatenate(parts).reshape(tensor.shape)

    def all(
        self, *, framework: str = "numpy", progress: Optional[_Progress] = None, jobs: Optional[int] = None
    ) -> Dict[str, Any]:
        """All tensors by their names."""
        tensors = self._container.tensors()
        total, before = sum(tensor.length for tensor in tensors), 0
        decoded = {}
        for tensor in tensors:
            of_all = None if progress is None else _part_of(progress, before, total)
            decoded[tensor.name] = self.get_tensor(tensor.name, framework=framework, progress=of_all, jobs=jobs)
            before += tensor.length
        return decoded

    def model(self, *, progress: Optional[_Progress] = None, jobs: Optional[int] = None) -> bytes:
        """The model file that the container comes from, with its weights as they are decoded."""
        return self._container.model(progress, jobs)

    @property
    def format(self) -> str:
        """The format of that file: "safetensors", "npz", "ONNX" or "PyTorch"."""
        return self._container.format

    def close(self) -> None:
        """Gives up memory and file; later calls raise ClosedError."""
        self._container.close()

    def __enter__(self) -> "Container":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _part_of(progress: _Progress, before: int, total: int) -> _Progress:
    """The progress of a tensor as that of all tensors."""
    return lambda done, _: progress(before + done, total)


def _as_file(model: _Model, directory: str, name: str) -> str:
    """The path of a model, which is written as a safetensors file if it is no file yet."""
    if isinstance(model, (str, os.PathLike)):
        return os.fspath(model)
    if not isinstance(model, Mapping):
        raise TypeError(f"a model is a mapping of names to arrays, or a path, and not {type(model).__name__}")
    path = os.path.join(directory, f"{name}.safetensors")
    header: Dict[str, Any] = {}
    arrays = []
    offset = 0
    for key, value in model.items():
        if not isinstance(key, str):
            raise TypeError(f"the names of tensors have to be str, and {key!r} is {type(key).__name__}")
        if key == "__metadata__":
            raise ValueError("no tensor can have the name __metadata__")
        kind, array = _encoded(key, value)
        header[key] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [offset, offset + array.nbytes]}
        arrays.append(array)
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays:
            file.write(array.data)
    return path


def _encoded(name: str, value: Any) -> "Tuple[str, numpy.ndarray[Any, Any]]":
    """The type of a tensor in a safetensors file, and its data as an array of bytes."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu().contiguous()
        kind = str(value.dtype).rpartition(".")[2]
        # NumPy does not know bfloat16 and the like; their bytes it knows.
        array = value.reshape(-1).view(torch.uint8).numpy() if value.numel() else numpy.empty(0, numpy.uint8)
    elif isinstance(value, (numpy.ndarray, numpy.generic)):
        kind = value.dtype.name
        array = numpy.ascontiguousarray(value)
        if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and sys.byteorder == "big"):
            array = array.astype(array.dtype.newbyteorder("<"))
        array = array.reshape(-1).view(numpy.uint8)
    else:
        raise TypeError(f"{name!r} has to be an array or a tensor, and is {type(value).__name__}")
    if kind not in _NAMES:
        raise TypeError(f"{name!r} is of the type {kind}, which no model file has")
    return _NAMES[kind], array


def _decoded(raw: "numpy.ndarray[Any, Any]", kind: str, shape: Optional[Sequence[int]], framework: str) -> Any:
    """A tensor of its bytes."""
    if framework == "torch":
        return _torch(raw, kind, shape)
    if framework != "numpy":
        raise ValueError('framework has to be "numpy" or "torch"')
    if kind == "BF16":
        array = _bfloat16(raw)
    elif kind in _TYPES and hasattr(numpy, _TYPES[kind] if kind != "BOOL" else "bool_"):
        array = raw.view(numpy.dtype(_TYPES[kind]).newbyteorder("<"))
    else:
        return raw
    return array if shape is None else array.reshape(shape)


def _bfloat16(raw: "numpy.ndarray[Any, Any]") -> Any:
    try:
        ml_dtypes = import_module("ml_dtypes")
    except ImportError:
        return (raw.view("<u2").astype(numpy.uint32) << 16).view(numpy.float32)
    return raw.view(ml_dtypes.bfloat16)


def _torch(raw: "numpy.ndarray[Any, Any]", kind: str, shape: Optional[Sequence[int]]) -> Any:
    try:
        torch = import_module("torch")
    except ImportError as error:
        raise UnsupportedError("PyTorch is not installed") from error
    dtype = getattr(torch, _TYPES.get(kind, ""), None)
    tensor = torch.from_numpy(raw)
    if dtype is None:
        return tensor
    tensor = tensor.view(dtype) if raw.size else torch.empty(0, dtype=dtype)
    return tensor if shape is None else tensor.reshape(shape)
