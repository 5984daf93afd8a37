"""Our copy of the CRI interface says on the wire what Kubernetes says."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from conformance.cri.v1 import api_pb2

PACKAGE = "runtime.v1"
OUR_PROTO = Path(__file__).parents[2] / "protos/cri/runtime/v1/api.proto"

# --- What a description says on the wire -----------------------------------------------------------------------------


def statements(file: FileDescriptorProto) -> frozenset[str]:
    """State all that two ends must agree on, a line each; order, comments and options play no part.

    A field's line is `field Message.name number type label`, where the type is a message's or an enum's full name if it
    is one; a map shows as the message it is on the wire, and says that it is one.
    """

    def said() -> Iterator[str]:
        for enum in file.enum_type:
            yield from _enum_statements(enum, scope="")
        for message in file.message_type:
            yield from _message_statements(message, scope="")
        for service in file.service:
            yield f"service {service.name}"
            for rpc in service.method:
                asked = f"{'stream ' * rpc.client_streaming}{rpc.input_type}"
                answered = f"{'stream ' * rpc.server_streaming}{rpc.output_type}"
                yield f"rpc {service.name}.{rpc.name} ({asked}) -> ({answered})"

    return frozenset({f"package {file.package}", f"syntax {file.syntax}", *said()})


def marked(file: FileDescriptorProto) -> dict[str, list[str]]:
    """List the fields that carry options, which are not on the wire, with their options' names."""
    return {
        f"{message.name}.{field.name}": [option.name for option, _ in field.options.ListFields()]
        for message in file.message_type
        for field in message.field
        if field.options.ListFields()
    }


def _message_statements(message: DescriptorProto, *, scope: str) -> Iterator[str]:
    name = f"{scope}{message.name}"
    yield f"message {name}{' map entry' * message.options.map_entry}"
    for field in message.field:
        type_ = field.type_name or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
        label = FieldDescriptorProto.Label.Name(field.label).removeprefix("LABEL_").lower()
        choice = f" oneof {message.oneof_decl[field.oneof_index].name}" if field.HasField("oneof_index") else ""
        yield f"field {name}.{field.name} {field.number} {type_} {label}{choice}{' presence' * field.proto3_optional}"
    for numbers in message.reserved_range:
        yield f"reserved {name} {numbers.start} up to {numbers.end}"
    for reserved in message.reserved_name:
        yield f"reserved {name} {reserved}"
    for enum in message.enum_type:
        yield from _enum_statements(enum, scope=f"{name}.")
    for nested in message.nested_type:
        yield from _message_statements(nested, scope=f"{name}.")


def _enum_statements(enum: EnumDescriptorProto, *, scope: str) -> Iterator[str]:
    name = f"{scope}{enum.name}"
    yield f"enum {name}"
    for value in enum.value:
        yield f"value {name}.{value.name} {value.number}"
    for numbers in enum.reserved_range:
        yield f"reserved {name} {numbers.start} to {numbers.end}"
    for reserved in enum.reserved_name:
        yield f"reserved {name} {reserved}"


def missing(*, of: FileDescriptorProto, in_: FileDescriptorProto) -> list[str]:
    """List the statements of one description that the other does not make, or makes differently."""
    return sorted(statements(of) - statements(in_))


# --- Ours ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours() -> FileDescriptorProto:
    """Read what the stubs say that the CRI client uses."""
    return FileDescriptorProto.FromString(api_pb2.DESCRIPTOR.serialized_pb)


def compiled(proto: Path, *, folder: Path) -> FileDescriptorProto:
    """Describe a .proto file, as protoc reads it; skips where grpcio-tools, which brings protoc, is missing."""
    if importlib.util.find_spec("grpc_tools") is None:
        pytest.skip("protoc is missing: install grpcio-tools")
    described = folder / "described.bin"
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_out={described}"),
            *(f"-I{proto.parent}", f"-I{folder}", proto.name),
        ],
        check=True,
    )
    return FileDescriptorSet.FromString(described.read_bytes()).file[-1]


def test_the_stubs_are_those_of_the_proto_file(ours: FileDescriptorProto, tmp_path: Path) -> None:
    """After a change of api.proto the stubs are stale until the package is installed again."""
    written = compiled(OUR_PROTO, folder=tmp_path)
    assert missing(of=written, in_=ours) == []
    assert missing(of=ours, in_=written) == []


def test_the_interface_is_the_pinned_one(ours: FileDescriptorProto) -> None:
    """Nothing of the interface changes by accident.

    The numbers and the hash may change only when api.proto moves to another Kubernetes release: first let the
    comparison with that release's own api.proto pass (CRI_API_PROTO, below), then write down what this test prints.
    """
    said = statements(ours)
    fields = sorted(line.removeprefix("field ") for line in said if line.startswith("field "))
    assert Counter(line.split()[0] for line in said) == {
        "package": 1,
        "syntax": 1,
        "service": 2,
        "rpc": 41,
        "message": 198,
        "field": 519,
        "enum": 11,
        "value": 95,
    }
    assert (
        hashlib.sha256("\n".join(fields).encode()).hexdigest()
        == "1a0d015cd1e4994c3a3c6123c404d32a4d1c900a081a82018f0baa2c3fc02c1e"
    )


def test_credentials_are_left_out_of_debug_output_and_old_fields_are_marked(ours: FileDescriptorProto) -> None:
    """The options that Kubernetes sets are set here, too."""
    assert marked(ours) == {
        "AuthConfig.password": ["debug_redact"],
        "AuthConfig.auth": ["debug_redact"],
        "AuthConfig.identity_token": ["debug_redact"],
        "AuthConfig.registry_token": ["debug_redact"],
        "LinuxSandboxSecurityContext.seccomp_profile_path": ["deprecated"],
        "LinuxContainerSecurityContext.apparmor_profile": ["deprecated"],
        "LinuxContainerSecurityContext.seccomp_profile_path": ["deprecated"],
    }


# --- Theirs ----------------------------------------------------------------------------------------------------------


def upstream(proto: Path, *, folder: Path) -> FileDescriptorProto:
    """Describe an api.proto of Kubernetes, old or new, as if it had been written like ours.

    Those of older releases import gogo.proto for options that steer Go code only: import and options are dropped. The
    copy that Falco's libraries carry is of v1alpha2, which v1 continues under another name, and has stdin, stdout and
    stderr renamed, which are macros in C.
    """
    text = proto.read_text(encoding="utf-8")
    text = re.sub(r'^import ".*gogo\.proto";$', "", text, flags=re.MULTILINE)
    text = re.sub(r"^option \(gogoproto\.\w+\) = +\w+;$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^package runtime\.v1alpha2;$", f"package {PACKAGE};", text, flags=re.MULTILINE)
    text = re.sub(r"\bf_(stdin|stdout|stderr)\b", r"\1", text)
    rewritten = folder / "upstream.proto"
    rewritten.write_text(text, encoding="utf-8")
    return compiled(rewritten, folder=folder)


def test_ours_equals_the_api_proto_of_the_same_kubernetes_release(ours: FileDescriptorProto, tmp_path: Path) -> None:
    """Both say the same, neither says more."""
    path = os.environ.get("CRI_API_PROTO")
    if path is None:
        pytest.skip(
            "CRI_API_PROTO does not name an api.proto (pkg/apis/runtime/v1/api.proto of k8s.io/cri-api v0.36.3)"
        )
    theirs = upstream(Path(path), folder=tmp_path)
    assert missing(of=theirs, in_=ours) == []
    assert missing(of=ours, in_=theirs) == []
    assert marked(ours) == marked(theirs)


DEBIAN_PACKAGE = "libfalcosecurity0-dev"
DEBIAN_COPY = Path("/usr/include/falcosecurity-libs/userspace/libsinsp/cri.proto")
CHANGED_SINCE = ["field KeyValue.value 2 string optional"]  # bytes since Kubernetes 1.34, and the same on the wire


def test_ours_has_all_that_the_older_copy_in_debian_has(ours: FileDescriptorProto, tmp_path: Path) -> None:
    """CRI grows and takes nothing back: what an older Kubernetes published still holds, under the same numbers."""
    if not DEBIAN_COPY.exists():
        pytest.skip(f"no published CRI interface here: install {DEBIAN_PACKAGE} (Debian)")
    theirs = upstream(DEBIAN_COPY, folder=tmp_path)
    assert len(statements(theirs)) > 400
    assert missing(of=theirs, in_=ours) == CHANGED_SINCE


# --- The comparison can fail -----------------------------------------------------------------------------------------

SMALL = """
name: "small.proto" package: "runtime.v1" syntax: "proto3"
message_type {
  name: "Image"
  field { name: "id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "tags" number: 2 type: TYPE_STRING label: LABEL_REPEATED }
  field { name: "spec" number: 3 type: TYPE_MESSAGE type_name: ".runtime.v1.Spec" label: LABEL_OPTIONAL }
  nested_type { name: "LabelsEntry" options { map_entry: true } }
  reserved_range { start: 7 end: 9 }
}
message_type { name: "Spec" }
enum_type { name: "State" value { name: "READY" number: 0 } value { name: "GONE" number: 1 } }
service {
  name: "Images"
  method { name: "List" input_type: ".runtime.v1.Spec" output_type: ".runtime.v1.Image" server_streaming: true }
}
"""


def small(old: str = "", new: str = "") -> FileDescriptorProto:
    """Describe a small interface, with one thing changed."""
    assert old in SMALL
    return text_format.Parse(SMALL.replace(old, new, 1), FileDescriptorProto())


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        pytest.param("number: 2", "number: 4", "field Image.tags 2 string repeated", id="a changed number"),
        pytest.param('"tags"', '"names"', "field Image.tags 2 string repeated", id="a changed name"),
        pytest.param(
            'field { name: "id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }',
            "",
            "field Image.id 1 string optional",
            id="a missing field",
        ),
        pytest.param("TYPE_STRING", "TYPE_BYTES", "field Image.id 1 string optional", id="a changed type"),
        pytest.param("LABEL_REPEATED", "LABEL_OPTIONAL", "field Image.tags 2 string repeated", id="a changed label"),
        pytest.param(
            '".runtime.v1.Spec" label',
            '".runtime.v1.Image" label',
            "field Image.spec 3 .runtime.v1.Spec optional",
            id="another message as type",
        ),
        pytest.param('message_type { name: "Spec" }', "", "message Spec", id="a missing message"),
        pytest.param("map_entry: true", "", "message Image.LabelsEntry map entry", id="a map that is none"),
        pytest.param("end: 9", "end: 8", "reserved Image 7 up to 9", id="a changed reserved range"),
        pytest.param('"GONE" number: 1', '"GONE" number: 2', "value State.GONE 1", id="an enum value's number"),
        pytest.param(
            "server_streaming: true",
            "",
            "rpc Images.List (.runtime.v1.Spec) -> (stream .runtime.v1.Image)",
            id="an answer that is not streamed",
        ),
        pytest.param(
            'input_type: ".runtime.v1.Spec"',
            'input_type: ".runtime.v1.Image"',
            "rpc Images.List (.runtime.v1.Spec) -> (stream .runtime.v1.Image)",
            id="another request",
        ),
        pytest.param('"Images"', '"Pictures"', "service Images", id="a renamed service"),
    ],
)
def test_the_comparison_names_what_was_lost(old: str, new: str, lost: str) -> None:
    """A difference of any kind is found."""
    assert lost in missing(of=small(), in_=small(old, new))


def test_the_comparison_finds_nothing_where_only_the_order_differs() -> None:
    """Order is not on the wire."""
    turned = small()
    turned.message_type.reverse()
    assert missing(of=small(), in_=turned) == []


def test_what_is_new_in_ours_is_found_in_the_other_direction() -> None:
    """Something of our own making is no part of CRI."""
    more = small('message_type { name: "Spec" }', 'message_type { name: "Spec" } message_type { name: "Ours" }')
    assert missing(of=small(), in_=more) == []
    assert missing(of=more, in_=small()) == ["message Ours"]
