import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.images.builder import (
    Blob,
    Device,
    Directory,
    Entry,
    File,
    Format,
    Hardlink,
    Image,
    Index,
    Layer,
    Symlink,
    image,
    index,
    layer,
    opaque,
    raw_layer,
    whiteout,
)
from conformance.model.platform import Platform

AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64", "v8")
REF_NAME = "org.opencontainers.image.ref.name"

needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not on PATH")


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def parsed(blob: Blob) -> Any:
    return json.loads(blob.data)


def members(made: Layer) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(made.blob.data), mode="r:gz") as archive:
        return {member.name: member for member in archive}


def read(made: Layer, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(made.blob.data), mode="r:gz") as archive:
        file = archive.extractfile(name)
        assert file is not None
        return file.read()


def hello(**options: Any) -> Image:
    return image([layer({"hello": "hello\n"}), layer({"etc/motd": b"hi"})], **options)


def test_a_blob_s_digest_and_size_are_those_of_its_bytes() -> None:
    blob = Blob("text/plain", b"hello")
    assert blob.digest == sha256(b"hello")
    assert blob.descriptor() == {"mediaType": "text/plain", "digest": sha256(b"hello"), "size": 5}


def test_a_descriptor_says_platform_and_annotations_where_given() -> None:
    descriptor = Blob("text/plain", b"").descriptor(ARM64, {"a": "b"})
    assert descriptor["size"] == 0
    assert descriptor["platform"] == {"os": "linux", "architecture": "arm64", "variant": "v8"}
    assert descriptor["annotations"] == {"a": "b"}


entries = st.dictionaries(
    st.sampled_from(["a/b", "a/c", "d", "e/f/g", ".wh.h", "zé", "x" * 120]), st.binary(max_size=9)
)


@settings(max_examples=25)
@given(entries, st.randoms())
def test_the_order_of_entries_does_not_change_a_layer(files: dict[str, bytes], random: Any) -> None:
    shuffled = list(files.items())
    random.shuffle(shuffled)
    assert layer(dict(shuffled)) == layer(files)
    assert {name: read(layer(files), name) for name in files} == files


def test_the_same_image_made_twice_has_the_same_digests() -> None:
    first = hello(platform=AMD64, config={"Cmd": ["a"], "Env": ["b=c"]})
    second = hello(platform="linux/amd64", config={"Env": ["b=c"], "Cmd": ["a"]})
    assert first == second
    assert first.digest == second.digest == sha256(first.manifest.data)
    assert first.id == hashlib.sha256(first.config.data).hexdigest()
    assert hello(platform=AMD64).digest != first.digest


def test_a_layer_carries_nothing_of_the_time_and_user_that_made_it() -> None:
    made = layer({"a/b": "c"})
    assert made.blob.data[4:8] == bytes(4), "gzip's MTIME"
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members(made).values()} == {(0, 0, 0, "", "")}


def test_the_diff_id_is_the_digest_of_the_tar_before_compression() -> None:
    made = layer({"hello": "hello\n"})
    assert made.diff_id == sha256(gzip.decompress(made.blob.data))
    assert made.blob.digest == sha256(made.blob.data) != made.diff_id


def test_modes_and_owners_are_as_given() -> None:
    given: dict[str, Entry] = {
        "bin/su": File(b"#!", mode=0o4755, uid=1, gid=2),
        "home": Directory(mode=0o700, uid=1000, gid=3_000_000),
        "link": Symlink("/nowhere", uid=7, gid=8),
    }
    found = members(layer(given))
    assert (found["bin/su"].mode, found["bin/su"].uid, found["bin/su"].gid) == (0o4755, 1, 2)
    assert (found["home"].mode, found["home"].uid, found["home"].gid) == (0o700, 1000, 3_000_000)
    assert (found["link"].linkname, found["link"].uid, found["link"].gid) == ("/nowhere", 7, 8)
    assert found["home"].isdir()
    assert found["link"].issym()


def test_text_and_bytes_are_files() -> None:
    made = layer({"text": "é", "bytes": b"\xff"})
    assert (read(made, "text"), read(made, "bytes")) == ("é".encode(), b"\xff")
    assert {member.mode for member in members(made).values()} == {0o644}


def test_devices_have_their_kind_and_numbers() -> None:
    found = members(
        layer({"null": Device("char", 1, 3, mode=0o666), "sda": Device("block", 8), "pipe": Device("fifo")})
    )
    assert found["null"].ischr()
    assert (found["null"].devmajor, found["null"].devminor, found["null"].mode) == (1, 3, 0o666)
    assert found["sda"].isblk()
    assert found["sda"].devmajor == 8
    assert found["pipe"].isfifo()


def test_parents_are_created_before_what_is_in_them() -> None:
    found = members(layer({"/a/b/c": "", "./d": "", "a-b": ""}))
    assert list(found) == ["a", "a/b", "a/b/c", "a-b", "d"]
    assert found["a"].isdir()
    assert found["a/b"].mode == 0o755


def test_a_parent_that_is_given_keeps_its_mode() -> None:
    assert members(layer({"a/b": "", "a": Directory(mode=0o711)}))["a"].mode == 0o711


def test_the_root_is_in_a_layer_only_when_it_is_given() -> None:
    assert "." not in members(layer({"a": ""}))
    assert members(layer({"/": Directory(mode=0o700), "a": ""}))["."].mode == 0o700


def test_a_hard_link_follows_its_target_and_shares_its_mode_and_owners() -> None:
    made = layer({"a": Hardlink("/z/file"), "z/file": File(b"x", mode=0o600, uid=5, gid=6)})
    link = members(made)["a"]
    assert list(members(made)) == ["z", "z/file", "a"]
    assert link.islnk()
    assert (link.linkname, link.mode, link.uid, link.gid, link.size) == ("z/file", 0o600, 5, 6, 0)
    assert read(made, "a") == b"x"


def test_whiteouts_are_named_as_the_layer_spec_says_and_come_before_siblings() -> None:
    assert whiteout("a/b") == "a/.wh.b"
    assert whiteout("/b") == ".wh.b"
    assert opaque("a/") == "a/.wh..wh..opq"
    assert opaque("/") == ".wh..wh..opq"
    made = layer({"a/+new": "", whiteout("a/b"): "", opaque("c"): "", "c/-": ""})
    assert list(members(made)) == ["a", "a/.wh.b", "a/+new", "c", "c/.wh..wh..opq", "c/-"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"a/../../b": ""}, "lead out of the layer"),
        ({"a": "", "/a": ""}, "twice"),
        ({"a": "", "a/b": ""}, "'/a' must be a directory"),
        ({"/": ""}, "'/' must be a directory"),
        ({"a": Hardlink("b")}, "hard link '/a' needs a file of this layer"),
        ({"a": Hardlink("b"), "b/c": ""}, "hard link '/a' needs a file of this layer"),
        ({"a": Hardlink("b"), "b": Hardlink("a")}, "hard link '/a' needs a file of this layer"),
    ],
)
def test_a_layer_that_could_not_be_unpacked_is_refused(given: dict[str, str | Entry], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        layer(given)


def test_a_raw_layer_has_its_members_as_they_are_given() -> None:
    given: list[tuple[str, Entry]] = [
        ("../evil", File(b"x", mode=0o4755, uid=1, gid=2)),
        ("/out", Symlink("/etc")),
        ("out/.wh.b", File()),
        ("link", Hardlink("../../none")),
        ("../evil", Directory(mode=0o700)),
    ]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(raw_layer(given).blob.data))) as archive:
        found = archive.getmembers()
    assert [member.name for member in found] == [name for name, _ in given]
    assert (found[0].mode, found[0].uid, found[0].gid, found[0].size) == (0o4755, 1, 2, 1)
    assert [member.linkname for member in found] == ["", "/etc", "", "../../none", ""]
    assert (found[3].type, found[4].type, found[4].mode) == (tarfile.LNKTYPE, tarfile.DIRTYPE, 0o700)


def test_the_root_cannot_be_whited_out() -> None:
    with pytest.raises(ValueError, match="use opaque"):
        whiteout("/")


@pytest.mark.parametrize(
    ("format", "manifest", "listing", "config", "tar"),
    [
        (
            Format.OCI,
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip",
        ),
        (
            Format.DOCKER,
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        ),
    ],
)
def test_each_format_has_its_media_types(format: Format, manifest: str, listing: str, config: str, tar: str) -> None:  # noqa: A002
    made = hello(format=format)
    names = index([made], format=format)
    assert made.manifest.media_type == parsed(made.manifest)["mediaType"] == manifest
    assert names.manifest.media_type == parsed(names.manifest)["mediaType"] == listing
    assert parsed(names.manifest)["manifests"][0]["mediaType"] == manifest
    assert made.config.media_type == parsed(made.manifest)["config"]["mediaType"] == config
    assert {descriptor["mediaType"] for descriptor in parsed(made.manifest)["layers"]} == {tar}
    assert {used.blob.media_type for used in made.layers} == {tar}
    assert layer({}, format=format).blob.media_type == tar


def test_a_manifest_names_config_and_layers_in_order() -> None:
    made = hello(annotations={"a": "b"})
    manifest = parsed(made.manifest)
    assert manifest["schemaVersion"] == 2
    assert manifest["annotations"] == {"a": "b"}
    assert manifest["config"]["digest"] == sha256(made.config.data)
    assert manifest["config"]["size"] == len(made.config.data)
    assert [d["digest"] for d in manifest["layers"]] == [sha256(used.blob.data) for used in made.layers]
    assert [blob.digest for blob in made.blobs()] == [made.config.digest, *(d["digest"] for d in manifest["layers"])]
    assert made.manifests() == (made.manifest,)


def test_a_config_says_platform_diff_ids_and_what_to_run() -> None:
    made = hello(platform="linux/arm64/v8", config={"User": "nobody"})
    assert made.platform == ARM64
    assert parsed(made.config) == {
        "os": "linux",
        "architecture": "arm64",
        "variant": "v8",
        "created": "1970-01-01T00:00:00Z",
        "config": {"User": "nobody"},
        "rootfs": {"type": "layers", "diff_ids": [used.diff_id for used in made.layers]},
    }


def test_an_image_is_for_this_machine_unless_told_otherwise() -> None:
    assert hello().platform == Platform.host()
    assert parsed(hello().config)["architecture"] == Platform.host().architecture


def test_json_is_canonical() -> None:
    data = hello(annotations={"é": "ü"}).manifest.data
    assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("make", [hello, lambda **o: index([hello()], **o)], ids=["image", "index"])
def test_docker_has_no_annotations(make: Any) -> None:
    with pytest.raises(ValueError, match="no annotations"):
        make(format=Format.DOCKER, annotations={"a": "b"})


def test_a_layer_used_twice_is_stored_once() -> None:
    made = layer({"a": ""})
    twice = image([made, made])
    assert len(parsed(twice.manifest)["layers"]) == 2
    assert len(twice.blobs()) == 2


def test_an_index_names_each_image_with_its_platform() -> None:
    children = [hello(platform=AMD64), hello(platform=ARM64)]
    made = index(children, annotations={"a": "b"})
    assert made.digest == sha256(made.manifest.data)
    assert parsed(made.manifest)["annotations"] == {"a": "b"}
    assert [(d["digest"], d["size"], d["platform"]) for d in parsed(made.manifest)["manifests"]] == [
        (child.digest, len(child.manifest.data), child.platform.as_json()) for child in children
    ]


def test_an_index_may_lie() -> None:
    honest = hello(platform=AMD64)
    made = index([honest, honest], platforms=[ARM64, None])
    claims = [descriptor.get("platform") for descriptor in parsed(made.manifest)["manifests"]]
    assert claims == [ARM64.as_json(), None]
    assert made.images == (honest, honest)
    assert parsed(honest.config)["architecture"] == "amd64"


def test_an_index_needs_a_claim_for_each_image() -> None:
    with pytest.raises(ValueError, match="2 images need as many platforms, not 1"):
        index([hello(), hello()], platforms=[AMD64])


def test_a_nested_index_gives_all_its_manifests_children_first_and_all_blobs_once() -> None:
    amd, arm = hello(platform=AMD64), hello(platform=ARM64)
    inner = index([amd])
    outer = index([inner, arm, amd])
    assert outer.manifests() == (amd.manifest, inner.manifest, arm.manifest, outer.manifest)
    assert set(outer.blobs()) == {*amd.blobs(), *arm.blobs()}
    assert len(outer.blobs()) == 4
    assert "platform" not in parsed(outer.manifest)["manifests"][0]


def oci_layout(directory: Path, named: dict[str, Image | Index]) -> Path:
    """Write an image layout (image-spec v1.1, Image Layout) in which each value has its name as a tag."""
    (directory / "blobs/sha256").mkdir(parents=True)
    for value in named.values():
        for blob in (*value.blobs(), *value.manifests()):
            (directory / "blobs" / blob.digest.replace(":", "/")).write_bytes(blob.data)
    listing = [value.manifest.descriptor(annotations={REF_NAME: name}) for name, value in named.items()]
    (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": listing}))
    return directory


def docker_directory(directory: Path, made: Image) -> Path:
    """Write an image as skopeo's `dir:` has it: the layout above is for OCI only."""
    directory.mkdir()
    (directory / "manifest.json").write_bytes(made.manifest.data)
    for blob in made.blobs():
        (directory / blob.digest.partition(":")[2]).write_bytes(blob.data)
    return directory


def skopeo(*arguments: str) -> bytes:
    return subprocess.run(["skopeo", *arguments], check=True, capture_output=True, timeout=60).stdout


@needs_skopeo
def test_skopeo_reads_an_oci_image_and_an_index(tmp_path: Path) -> None:
    amd, arm = hello(platform=AMD64, config={"Env": ["A=b"]}), hello(platform=ARM64)
    both = index([amd, arm])
    layout = f"oci:{oci_layout(tmp_path / 'layout', {'one': amd, 'both': both})}"

    assert skopeo("inspect", "--raw", f"{layout}:one") == amd.manifest.data
    assert skopeo("inspect", "--raw", f"{layout}:both") == both.manifest.data
    one = json.loads(skopeo("inspect", f"{layout}:one"))
    assert one["Digest"] == amd.digest
    assert one["Layers"] == [used.blob.digest for used in amd.layers]
    assert (one["Os"], one["Architecture"], one["Env"]) == ("linux", "amd64", ["A=b"])
    # What skopeo chose from the index shows by the config it read; the digest it gives is the index's own.
    chosen = skopeo("--override-arch", "arm64", "inspect", "--config", "--raw", f"{layout}:both")
    assert sha256(chosen) == arm.config.digest


@needs_skopeo
@pytest.mark.parametrize("format", Format)
def test_skopeo_unpacks_and_repacks_both_formats(tmp_path: Path, format: Format) -> None:  # noqa: A002
    """A docker-archive names each tar by the digest that skopeo itself finds after decompression: our diff IDs."""
    made = hello(format=format)
    if format is Format.OCI:
        source = f"oci:{oci_layout(tmp_path / 'source', {'it': made})}:it"
    else:
        source = f"dir:{docker_directory(tmp_path / 'source', made)}"
    skopeo("copy", "--insecure-policy", source, f"docker-archive:{tmp_path / 'it.tar'}")
    with tarfile.open(tmp_path / "it.tar") as archive:
        hexes = {member.name.removesuffix(".tar") for member in archive if member.isfile()}
    assert {used.diff_id.partition(":")[2] for used in made.layers} <= hexes
