"""The meaning of a schema's keys, read off docstrings."""

import msgspec
import pytest
from msgspec import Struct

from conformance.evidence.schema_keys import with_key_meanings


class Base(Struct):
    """What all have.

    ``name``: of what it is, which may take
    more than a line.
    ``size``: in bytes.
    """

    name: str
    size: int = 0


class Special(Base):
    """What some have.

    ``size``: in blocks.
    ``of``: a ``Base``.
    """

    of: Base | None = None


class Silent(Base):
    """Nothing is said of its key."""

    mute: str = ""


def described(type_: type) -> dict[str, dict[str, object]]:
    _, components = msgspec.json.schema_components([type_])
    return with_key_meanings(components, globals())


def test_each_key_has_its_line_and_the_type_the_rest() -> None:
    special = described(Special)["Special"]
    assert special["description"] == "What some have."
    properties = special["properties"]
    assert isinstance(properties, dict)
    assert {key: value["description"] for key, value in properties.items()} == {
        "name": "of what it is, which may take more than a line.",
        "size": "in blocks.",
        "of": "a ``Base``.",
    }


def test_a_key_of_which_nothing_is_said_is_named() -> None:
    with pytest.raises(KeyError, match="mute"):
        described(Silent)
