"""What the source files say, read off their syntax: errors and notes people are told, keys used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from bot.gate import BusyError
from models.types import ClipError
from tests.test_house import PROJECT


@dataclass(frozen=True)
class Told:
    """A sentence of the source: its parts with `{}` for every gap, and where it stands."""

    template: str
    place: str


@dataclass(frozen=True)
class Use:
    """A key as it is used: how it is said, and the values given; None where they cannot be seen."""

    key: str
    whole: bool
    how: str
    values: frozenset[str] | None
    place: str


def told() -> list[Told]:
    """List what models/ and bot/ raise for people to read, and the notes that go with a clip."""
    return [
        Told(_template(part, constants, place), place)
        for tree, place in _files("models", "bot")
        for constants in [_constants(tree)]
        for node in ast.walk(tree)
        for part in [*_error_parts(node), *_note_parts(node)]
    ]


def uses() -> list[Use]:
    """List the keys that bot/ and tools/ use."""
    return [
        use
        for tree, place in _files("bot", "tools")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (how := _way_of_saying(node.func))
        for use in _keys(node, how, f"{place}:{node.lineno}")
    ]


def _files(*rooms: str) -> Iterator[tuple[ast.Module, str]]:
    for room in rooms:
        for path in sorted((PROJECT / room).rglob("*.py")):
            yield ast.parse(path.read_text("utf-8")), str(path.relative_to(PROJECT))


def _names_of(error: type[Exception]) -> set[str]:
    return {error.__name__}.union(*map(_names_of, error.__subclasses__()))


_ERRORS = _names_of(ClipError) | _names_of(BusyError)


def _error_parts(node: ast.AST) -> list[ast.expr]:
    if not (isinstance(node, ast.Call) and _last_name(node.func) in _ERRORS):
        return []
    given = [*node.args, *(each.value for each in node.keywords)]
    # What is starred comes out of the English catalogue.
    return [each for each in given if not isinstance(each, ast.Starred)]


def _note_parts(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=[ast.Name(id="note" | "notes")], value=value):
            pass
        case ast.AugAssign(target=ast.Name(id="notes"), value=value):
            pass
        case ast.AnnAssign(target=ast.Name(id="note" | "notes"), value=ast.expr() as value):
            pass
        case ast.keyword(arg="notes", value=value):
            pass
        case _:
            return []
    return list(_texts(value))


def _texts(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def _template(node: ast.expr, constants: dict[str, str], place: str) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if name in constants:
            return constants[name]
        case ast.JoinedStr(values=parts):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts
            )
    raise AssertionError(f"{place}:{node.lineno}: write the sentence where the error is raised")


def _way_of_saying(function: ast.expr) -> str:
    if _last_name(function) in ("words", "_words", "ENGLISH"):
        return "text"
    if isinstance(function, ast.Attribute) and function.attr in ("say", "count"):
        owner = _last_name(function.value)
        return function.attr if owner in ("words", "_words", "ENGLISH", "words_for") else ""
    return ""


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner):
            return _last_name(inner)
    return ""


def _keys(call: ast.Call, how: str, place: str) -> Iterator[Use]:
    names = frozenset(each.arg for each in call.keywords if each.arg)
    values = None if any(each.arg is None for each in call.keywords) else names
    for text in _texts(call.args[0]) if call.args else ():
        if isinstance(text, ast.Constant):
            yield Use(str(text.value), True, how, values, place)
        elif isinstance(text, ast.JoinedStr) and isinstance(text.values[0], ast.Constant):
            yield Use(str(text.values[0].value), False, how, values, place)
