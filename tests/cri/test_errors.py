"""What an error of the CRI is about."""

import grpc
import pytest

from conformance.cri import CRIError

TEXTS = {
    'parsing image configuration: unsupported image-specific operation on artifact with type "a/b"': "artifact",
    'container create failed: time="2026-11-25T08:53:43Z" level=error msg="runc create failed: …"': "OCI runtime",
    'ImageVolumeMountFailed: sub path "a" does not exist in OCI artifact volume "b"': "sub path",
    'ImageVolumeMountFailed: sub path "a" does not exist in image volume "b"': "sub path",
    "the image is in use by container create failed: 1": "",
}


@pytest.mark.parametrize(("text", "about"), TEXTS.items())
def test_what_a_text_is_about(text: str, about: str) -> None:
    error = CRIError("CreateContainer", grpc.StatusCode.UNKNOWN, text)
    assert error.is_about_an_artifact is (about == "artifact")
    assert error.is_from_oci_runtime is (about == "OCI runtime")
    assert error.missing_sub_path == (("a", "b") if about == "sub path" else None)
