"""What the content of an image says of its user and its size."""

from collections.abc import Mapping

import pytest

from conformance.model.image_copy import PulledImage
from conformance.model.image_facts import ImageFacts
from conformance.model.reference import parse_normalized
from tests.model.known_answers import CONFIG, IMAGE, IMAGE_DIGEST, INDEX, INDEX_DIGEST, LAYER


class Held:
    """Contents that a test knows."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = contents

    def __getitem__(self, digest: str) -> bytes:
        return self.contents.get(digest, b"")

    def unpacked_size(self, digest: str) -> int:
        return len(self[digest])


@pytest.mark.parametrize(
    ("user", "uid", "username"),
    [
        ("", None, ""),
        ("1000", 1000, ""),
        ("1000:web", 1000, ""),
        ("+7", 7, ""),
        ("-1", -1, ""),
        ("web:1000", None, "web"),
        ("1_000", None, "1_000"),
        (" 7", None, " 7"),
        ("\u0661", None, "\u0661"),
    ],
)
def test_the_user_is_a_number_as_go_reads_one_or_a_name(user: str, uid: int | None, username: str) -> None:
    facts = ImageFacts(config={"config": {"User": user}})
    assert (facts.uid, facts.username) == (uid, username)


def test_the_size_counts_the_manifest_twice_and_the_index() -> None:
    contents = Held({CONFIG: b"{}", LAYER: b"12345", IMAGE_DIGEST: b"123", INDEX_DIGEST: b"1234567"})
    name = parse_normalized("quay.io/team/app:1")
    assert ImageFacts.read(PulledImage(name, IMAGE, IMAGE), contents).size == 2 + 5 + 3 + 3
    assert ImageFacts.read(PulledImage(name, IMAGE, INDEX), contents).size == 2 + 5 + 3 + 3 + 7


@pytest.mark.parametrize("config", [b"", b"[]", b'{"config": 1}', b"no JSON"])
def test_a_config_that_is_none_says_nothing(config: bytes) -> None:
    found = ImageFacts.read(PulledImage(parse_normalized("quay.io/a:1"), IMAGE, IMAGE), Held({CONFIG: config}))
    assert (found.uid, found.username, found.annotations) == (None, "", {})
