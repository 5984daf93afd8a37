"""The CRI-O release that is meant by what is written."""

import pytest

from conformance.node_config import crio_release


@pytest.mark.parametrize(
    ("text", "since", "explained_as"),
    [
        ("1.33", "1.33.4", ""),
        ("1.33.0", "1.33", ""),
        ("v1.35", "1.35.2", ""),
        ("1.35.1", "1.35.1", ""),
        ("1.36-dev", "1.36", ""),
        ("1.37", "1.37", ""),
        ("1.37.0", "1.37", ""),
        ("1.40", "1.37", "1.37"),
        ("1.40.0", "1.37", "1.37"),
    ],
)
def test_a_line_is_its_last_release(text: str, since: str, explained_as: str) -> None:
    known = crio_release.find_release(text, None)
    assert (known.profile.since, known.explained_as) == (since, explained_as)
