"""The order in which cases are run on a mutant: first those that speak of its fault."""

from conformance.mutation.likeness import likeliest_first

MIRROR = "mirrors/test_mirrors.py::test_a_mirror_by_digest_only[digest]"
LOGIN = "login/test_login.py::test_a_login_is_forgotten[mirror]"
VOLUME = "volumes/test_volumes.py::test_a_volume_is_mounted"
CASES = [VOLUME, LOGIN, MIRROR]


def test_cases_that_share_words_with_a_fault_come_first() -> None:
    assert likeliest_first(CASES, "mirrors: mirrors for digests only are asked for tags")[0] == MIRROR
    assert likeliest_first(CASES, "login: logins are forgotten")[0] == LOGIN


def test_words_that_all_cases_have_say_nothing() -> None:
    assert likeliest_first(CASES, "each test") == CASES


def test_a_fault_of_which_none_speaks_leaves_the_order() -> None:
    assert likeliest_first(CASES, "") == CASES
    assert likeliest_first([], "login") == []
