"""The exceptions of the package.

All of them are a `SilicabacError`. A wrong argument is a `TypeError` or a `ValueError` of Python itself, a name that is not there a `KeyError`,
and what the system refuses an `OSError`.
"""


class SilicabacError(Exception):
    """Something that cannot be done, of whatever kind."""


class StateError(SilicabacError):
    """An object is of a kind, or in a state, in which this cannot be asked for, such as a bin between two engine runs."""


class ClosedError(StateError):
    """The object has been closed."""


class BusyError(StateError):
    """The object is in a call of another thread, or of its own callback; nothing has been done."""


class BrokenError(StateError):
    """An earlier call panicked in the middle of its work with this object, which is a mistake in the library."""


class PanicError(SilicabacError):
    """The call panicked, which is a mistake in the library."""


class DecodeError(SilicabacError):
    """What is wrong with the bytes of a decoder, and where: the first such place.

    Damaged bytes make no call fail: this is handed over by `Decoder.error`, and a program may raise it.
    """

    kind: str
    """"forbidden": the first nine bits of an engine run are 510 or 511, which no encoder writes; "misaligned": codIOffset is 256 or more at a
    bypass alignment; "exhausted": a bit beyond the last byte was needed."""
    bin: int
    """The index of the bin that met it."""
    bit: int
    """The bit at which it was met."""

    def __init__(self, text: str, kind: str, bin: int, bit: int) -> None:
        super().__init__(text, kind, bin, bit)
        self.kind, self.bin, self.bit = kind, bin, bit

    def __str__(self) -> str:
        return str(self.args[0])


class DamagedError(SilicabacError):
    """A slice, a header or a tensor is damaged; what comes after it can be read."""


class UnsupportedError(SilicabacError):
    """It is of a kind that is not read or not made."""


class FormatError(SilicabacError, ValueError):
    """The bytes, or the text, are not in the format that they should be in."""


class IllegalError(SilicabacError, ValueError):
    """An element cannot have this value, or would be lost; nothing is written."""


class MismatchError(SilicabacError):
    """Coders do not make of a vector, or of a recorded slice, what it says."""
