"""What a failed CRI call says, as facts."""

from collections.abc import Mapping
from functools import cached_property

import grpc

from conformance.cri import error_parser
from conformance.model.reason import Reason


class CallError(Exception):
    """What a runtime says when it did not do as it was asked.

    ``message`` is the text as it came. The facts in it are read on demand: ``reasons``, ``hosts``, and so on. What the
    text says nothing about is ``None``, empty or false.
    """

    def __init__(self, what: str, message: str) -> None:
        super().__init__(f"{what}: {message}")
        self.message = message

    @property
    def code(self) -> grpc.StatusCode:
        """The gRPC status code; raises where the runtime is not asked by gRPC."""
        raise NotImplementedError

    @property
    def cri_code(self) -> str:
        """The CRI error code that the text begins with (``RegistryUnavailable``, …), empty where there is none."""
        return error_parser.cri_code(self.message)

    @cached_property
    def reasons(self) -> Mapping[str, Reason]:
        """Every registry host that the text names as asked, in its order, with why that one did not serve."""
        return error_parser.reasons_by_registry(self.message)

    @property
    def reason(self) -> Reason:
        """The reason that the text states, also where it does not say of which registry."""
        return error_parser.reason_in(self.message)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The registry hosts that the text names as asked, in its order."""
        return tuple(self.reasons)

    @property
    def image_names(self) -> tuple[str, ...]:
        """The images that the text names as asked for, each once, as it names them (docker.io in familiar form)."""
        return error_parser.image_names(self.message)

    @property
    def is_ambiguous_name(self) -> bool:
        """Whether the runtime refused to choose between several registries (CRI-O 1.34, ``short_name_mode``)."""
        return error_parser.ambiguous_name(self.message) is not None

    @property
    def fault_of_name(self) -> str:
        """What the runtime says is wrong with the image's name, empty where the text is about something else."""
        return error_parser.invalid_name(self.message)

    @property
    def without_search_list(self) -> str | None:
        """The file that leaves a short name without search registries, empty where no file speaks of any."""
        return error_parser.without_search_list(self.message)

    @property
    def is_missing_image(self) -> bool:
        """Whether the runtime says that an image is not in its store."""
        return error_parser.missing_image(self.message) is not None

    @property
    def is_unknown_id(self) -> bool:
        """Whether the runtime says that no image has the ID, or the digest, that it was asked for."""
        return error_parser.unknown_id(self.message)

    @property
    def is_image_in_use(self) -> bool:
        """Whether the runtime says that a container uses the image."""
        return error_parser.image_in_use(self.message)

    @property
    def is_without_user_specified_image(self) -> bool:
        """Whether the runtime says that ``user_specified_image``, which its signature policy needs, is not set."""
        return error_parser.without_user_specified_image(self.message)

    @property
    def empty_field(self) -> str:
        """The field of a mount that the runtime says is empty, nothing where the text is about something else."""
        return error_parser.empty_field(self.message)

    @property
    def is_about_an_artifact(self) -> bool:
        """Whether the runtime says that what came is no container image, but an artifact."""
        return error_parser.about_an_artifact(self.message)

    @property
    def cri_codes(self) -> tuple[str, ...]:
        """All the CRI error codes that the text begins with, one after the other."""
        return error_parser.cri_codes(self.message)

    @property
    def missing_sub_path(self) -> tuple[str, str] | None:
        """The sub path of an image volume, and the image, that the runtime says lacks it."""
        return error_parser.missing_sub_path(self.message)

    @property
    def is_from_oci_runtime(self) -> bool:
        """Whether it is the OCI runtime that could not create the container."""
        return error_parser.from_oci_runtime(self.message)

    @property
    def is_unknown_layer(self) -> bool:
        """Whether the runtime says that an image has no layer to mount."""
        return error_parser.unknown_layer(self.message)

    @property
    def is_tagged_and_digested(self) -> bool:
        """Whether the runtime says that a name may not have both a tag and a digest."""
        return error_parser.tagged_and_digested(self.message)

    @property
    def ambiguous_artifacts(self) -> tuple[str, ...]:
        """The artifacts that the runtime says an ID stands for, by name, where there are several."""
        return error_parser.ambiguous_artifacts(self.message)

    @property
    def system_error(self) -> str:
        """The name of the system's error (errno(3)) that the text repeats, such as ``ENOTDIR``; else empty."""
        return error_parser.system_error(self.message)

    @property
    def unknown_user(self) -> str:
        """The user that the runtime says a container's image does not have."""
        return error_parser.unknown_user(self.message)

    @property
    def is_end_of_runtime(self) -> bool:
        """Whether there is no answer, as the runtime ended meanwhile (gRPC, ``UNAVAILABLE``)."""
        return self.code is grpc.StatusCode.UNAVAILABLE

    def says(self, text: str) -> bool:
        """Tell whether the text contains ``text``: a name as the user wrote it, or a secret."""
        return text in self.message


class CRIError(CallError):
    """A CRI call that failed: ``rpc`` is the method's name, ``code`` the gRPC status code."""

    def __init__(self, rpc: str, code: grpc.StatusCode, message: str) -> None:
        super().__init__(f"{rpc}: {code.name}", message)
        self.rpc = rpc
        self._code = code

    @property
    def code(self) -> grpc.StatusCode:
        """The gRPC status code that the call ended with; CRI-O's own errors are ``UNKNOWN``."""
        return self._code
