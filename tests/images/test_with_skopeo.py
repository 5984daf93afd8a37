"""Images and indexes as a real client reads them: skopeo."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from conformance.images.builder import (
    Format,
    Image,
    Index,
    index,
)
from tests.images.hello_image import AMD64, ARM64, hello, sha256

REF_NAME = "org.opencontainers.image.ref.name"
needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not on PATH")


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
