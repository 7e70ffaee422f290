"""What a reader of `app` is told: every public name says what it is, and a function which of our errors it raises."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
from collections.abc import Iterator, Sequence

import pytest

from tests.support.paths import ROOT

FILES = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "app").rglob("*.py"))]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(name: str) -> list[ast.stmt]:
    return ast.parse((ROOT / name).read_text()).body


def public(body: Sequence[ast.stmt], inside: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public functions and classes of a module, and the methods of its public classes."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{inside}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{inside}{node.name}.")


def functions(name: str) -> Iterator[tuple[str, Function]]:
    """Public functions and methods of a file."""
    yield from ((one, node) for one, node in public(tree(name)) if isinstance(node, Function))


def own_errors() -> dict[str, type[BaseException]]:
    """Exceptions that `app` defines, by name."""
    found = {}
    for name in FILES:
        for node in tree(name):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
                module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
                found[node.name] = getattr(module, node.name)
    return found


OWN_ERRORS = own_errors()


def raised(node: ast.AST, caught: frozenset[str] = frozenset()) -> set[str]:
    """Our errors that leave a piece of code by a ``raise SomeError(…)`` of its own."""
    if isinstance(node, ast.Raise):
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if not isinstance(error, ast.Name) or error.id not in OWN_ERRORS:
            return set()
        return set() if caught & {base.__name__ for base in inspect.getmro(OWN_ERRORS[error.id])} else {error.id}
    if isinstance(node, ast.Try):
        handled = {
            name.id for one in node.handlers if one.type for name in ast.walk(one.type) if isinstance(name, ast.Name)
        }
        inside = [raised(one, caught | handled) for one in node.body]
        return set().union(*inside, *(raised(one, caught) for one in (*node.handlers, *node.orelse, *node.finalbody)))
    return set().union(*(raised(one, caught) for one in ast.iter_child_nodes(node)))


def said_to_raise(node: Function) -> list[str]:
    """What stands in the Raises section of a docstring."""
    _, _, section = (ast.get_docstring(node) or "").partition("\nRaises\n------\n")
    section = re.split(r"\n\n\S+\n-{3,}\n", section)[0]
    return re.findall(r"^\S+$", section, re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert [one for one, node in public(tree(name)) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("name", FILES)
def test_a_function_says_which_of_our_errors_it_raises(name: str) -> None:
    silent = {one: raised(node) - set(said_to_raise(node)) for one, node in functions(name)}
    assert {one: errors for one, errors in silent.items() if errors} == {}


@pytest.mark.parametrize("name", FILES)
def test_errors_that_are_named_exist(name: str) -> None:
    """One of ours or of Python's; those of a library are named with their module."""
    unknown = {
        one: error
        for one, node in functions(name)
        for error in said_to_raise(node)
        if error not in OWN_ERRORS and not hasattr(builtins, error) and "." not in error
    }
    assert unknown == {}


def test_what_counts_as_raised() -> None:
    code = """
def one():
    try:
        raise QueryError("caught as what it also is")
    except UserError:
        raise StorageError("leaves")
    raise ValueError("not ours")

def two():
    \"\"\"Words.

    Raises
    ------
    QueryError
        If so.
    os.error
        Otherwise.

    Notes
    -----
    None
    \"\"\"
    if True:
        raise UserError("leaves")
"""
    first, second = ast.parse(code).body
    assert (raised(first), raised(second)) == ({"StorageError"}, {"UserError"})
    assert isinstance(second, ast.FunctionDef)
    assert said_to_raise(second) == ["QueryError", "os.error"]
