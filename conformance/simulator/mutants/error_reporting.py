"""Faults in the errors that the user reads."""

import re
from base64 import b64encode

import grpc

from conformance.cri.v1 import api_pb2 as api
from conformance.model.answers import Login
from conformance.model.pull_sources import PullError, Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reference import Reference
from conformance.simulator.image_servicer import ImageServicer
from conformance.simulator.rpc import ServicerError

Troubles = list[tuple[Reference, PullError]]


class ReportsTheFirstErrorOnly(Puller):
    """Reports what the first registry said, where the last one's words are due."""

    def error(self, errors: Troubles) -> str:
        return super().error(errors[:1])


class ReportsNoHost(Puller):
    """Reports what went wrong, and not with which registry."""

    def error(self, errors: Troubles) -> str:
        return re.sub(r"docker://\S+ ?|[a-z0-9.-]+\.[a-z]+/\S+:? ?", "", super().error(errors))


class ReportsNoTag(Puller):
    """Leaves the tag away in the error."""

    def error(self, errors: Troubles) -> str:
        return re.sub(r"(docker://[^\s:@]+):[\w.-]+", r"\1", super().error(errors))


class ForgetsTheCriCode(Puller):
    """Does not put the CRI's code before the error about a registry that refuses connections."""

    def error(self, errors: Troubles) -> str:
        return super().error(errors).removeprefix("RegistryUnavailable: ")


class WrongStatusCode(ImageServicer):
    """Fails with the gRPC code NotFound."""

    def refusal(self, text: str) -> ServicerError:
        return ServicerError(text, grpc.StatusCode.NOT_FOUND)


class LeaksThePassword(ImageServicer):
    """Puts the password of the request into the error."""

    def refusal(self, text: str) -> ServicerError:
        return super().refusal(f"{text} (with {self._login.password})" if self._login else text)

    _login: Login | None = None

    def login(self, auth: api.AuthConfig) -> Login | None:
        self._login = super().login(auth)
        return self._login


class LeaksTheHeader(LeaksThePassword):
    """Puts the Authorization header of the request into the error."""

    def refusal(self, text: str) -> ServicerError:
        if self._login is None:
            return super().refusal(text)
        header = b64encode(f"{self._login.user}:{self._login.password}".encode()).decode()
        return ServicerError(f"{text} (Authorization: Basic {header})", grpc.StatusCode.UNKNOWN)


class LogsThePasswordElsewhere(ImageServicer):
    """Logs the password of the request once more than CRI-O does."""

    def login(self, auth: api.AuthConfig) -> Login | None:
        login = super().login(auth)
        if login:
            self.log.write("debug", f"Trying with {login.user}:{login.password}")
        return login


class SaysNothingWentWrong(Puller):
    """Answers a pull that failed as if it had not."""

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        outcome = yield from super().pull(name, login)
        return Outcome(image_ref=f"{name}") if outcome.error else outcome
