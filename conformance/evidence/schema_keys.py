"""What the keys of a schema mean: read off the docstrings of its types, in which each key has a line.

In come the ``$defs`` that msgspec makes of ``Struct`` types, and the types; out go the same with a ``description`` for
each key, which editors show and the documentation prints.
"""

import inspect
import re
from collections.abc import Mapping
from typing import Any

MEANING = re.compile(r"^``(?P<key>\w+)``: (?P<text>.*(?:\n(?!``\w+``:|\n).*)*)\n?", re.MULTILINE)
"""A line ``key``: what it means. It may go on in the next lines."""


def with_key_meanings(components: Mapping[str, dict[str, Any]], types: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the components with a description for each key, and types described without them; ``types`` by name.

    Raises ``KeyError`` where no docstring has a line about a key.
    """
    return {
        name: _described(component, types[name]) if "properties" in component else component
        for name, component in components.items()
    }


def _described(component: dict[str, Any], type_: type) -> dict[str, Any]:
    meanings = {
        found["key"]: " ".join(found["text"].split())
        for each in reversed(type_.__mro__)
        for found in MEANING.finditer(inspect.cleandoc(each.__doc__ or ""))
    }
    properties = {key: {**value, "description": meanings[key]} for key, value in component["properties"].items()}
    return {**component, "description": MEANING.sub("", component["description"]).strip(), "properties": properties}
