import tomllib
from pathlib import Path
from typing import Any

from conformance.model.registries import Mirror, Registry
from conformance.runtime.configuration import Configuration


def written(configuration: Configuration) -> dict[str, Any]:
    files = configuration.registries_conf()
    assert len(dict(files)) == len(files)
    return {name: tomllib.loads(text) for name, text in files}


def test_the_search_list_stands_in_a_drop_in() -> None:
    assert written(Configuration()) == {
        "registries.conf.d/crio.conf": {"unqualified-search-registries": ["docker.io", "quay.io"]}
    }


def test_without_anything_there_is_no_file() -> None:
    assert written(Configuration(search_registries=())) == {}


def test_registries_and_aliases_stand_in_registries_conf() -> None:
    mirrors = (Mirror("mirror.example.com/hub"), Mirror("second.example.com", insecure=True, pull_from_mirror="all"))
    registries = (
        Registry(prefix="docker.io", location="docker.io", mirrors=mirrors),
        Registry(prefix="*.example.com", blocked=True),
        Registry(prefix="quay.io/a", location="b.example.org", insecure=True, mirror_by_digest_only=True),
    )
    configuration = Configuration(search_registries=(), registries=registries, aliases=(("a/b", "quay.io/a/b"),))
    assert written(configuration)["registries.conf"] == {
        "registry": [
            {
                "prefix": "docker.io",
                "location": "docker.io",
                "mirror": [
                    {"location": "mirror.example.com/hub"},
                    {"location": "second.example.com", "insecure": True, "pull-from-mirror": "all"},
                ],
            },
            {"prefix": "*.example.com", "blocked": True},
            {"prefix": "quay.io/a", "location": "b.example.org", "insecure": True, "mirror-by-digest-only": True},
        ],
        "aliases": {"a/b": "quay.io/a/b"},
    }


def test_drop_ins_are_written_as_they_are() -> None:
    text = "# a comment\nunqualified-search-registries = []\n"
    files = Configuration(search_registries=(), drop_ins=(("a.conf", text), ("b.toml", ""))).registries_conf()
    assert files == [("registries.conf.d/a.conf", text), ("registries.conf.d/b.toml", "")]


def test_equal_configurations_are_one_key() -> None:
    def make() -> Configuration:
        return Configuration(
            registries=(Registry(prefix="a.b", location="a.b", mirrors=(Mirror("c.d"),)),),
            aliases=(("a", "b.c/d"),),
            drop_ins=(("a.conf", ""),),
        )

    assert {make(): 1} == {make(): 1}
    assert make() != Configuration()


def test_any_file_is_written_where_cri_o_sees_it(tmp_path: Path) -> None:
    text = 'unqualified-search-registries = ["quay.io"]\n'
    paths = (("/etc/containers/registries.conf", text), ("~/.config/containers/storage.conf", ""), ("/etc/a/b", "c"))
    configuration = Configuration(search_registries=(), files=paths)
    etc, home = tmp_path / "etc", tmp_path / "home"
    configuration.write(etc, home)
    assert (etc / "containers" / "registries.conf").read_text() == text
    assert (home / ".config" / "containers" / "storage.conf").read_text() == ""
    assert (etc / "a" / "b").read_text() == "c"
    assert configuration.registries_conf() == [("registries.conf", text)]
    configuration.remove_registries(etc)
    assert not (etc / "containers" / "registries.conf").exists()
    assert (etc / "a" / "b").exists()
