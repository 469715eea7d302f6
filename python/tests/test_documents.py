"""The examples of the documentation run: those of the classes and functions, and the program that docs/python.md begins with."""

import doctest
import inspect
import re
import subprocess
import sys

import pytest

import silicabac
from conftest import ROOT
from silicabac import _silicabac, dreams, errors, events, vectors, weights


def documented():
    """Everything that has a documentation, by its name."""
    for module in (silicabac, errors, events, vectors, dreams, weights):
        yield module.__name__, module
    for owner in (_silicabac, weights):
        for name, value in vars(owner).items():
            if not name.startswith("_") and not inspect.ismodule(value):
                yield f"{owner.__name__}.{name}", value
                if inspect.isclass(value):
                    for member, of in vars(value).items():
                        yield f"{owner.__name__}.{name}.{member}", of


EXAMPLES = {name: value.__doc__ for name, value in documented() if ">>>" in (getattr(value, "__doc__", None) or "")}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_runs(name):
    example = doctest.DocTestParser().get_doctest(EXAMPLES[name], {}, name, name, 0)
    told = []
    doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(example, out=told.append)
    assert not told, "".join(told)


def test_there_are_examples():
    assert len(EXAMPLES) >= 25


def test_everything_is_documented():
    public = (pair for pair in documented() if not pair[0].rpartition(".")[2].startswith("_"))
    without = [name for name, value in public if callable(value) and not getattr(value, "__doc__", None)]
    assert not without


def test_the_program_of_the_document_prints_what_it_says(tmp_path):
    text = (ROOT / "docs" / "python.md").read_text()
    program = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    assert len(program.splitlines()) <= 30
    printed = re.search(r"It prints:\n\n```text\n(.*?)```", text, re.DOTALL).group(1)
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == printed


def test_the_other_programs_of_the_document_run(tmp_path):
    text = (ROOT / "docs" / "python.md").read_text()
    _, *others = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    for program in others:
        subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, check=True)
