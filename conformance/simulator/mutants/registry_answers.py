"""Faults about what is made of the answers of registries and token services."""

from dataclasses import replace

from conformance.model.answers import ErrorResponse, UnusableResponse
from conformance.registry_client.challenge import Challenge
from conformance.registry_client.http_transport import Response
from conformance.registry_client.pull_client import PullClient
from conformance.registry_client.requests import PullRequestError, RegistrySession

LIFE = 300.0
"""Seconds that a token is good for as it is."""


class TakesAnyToken(PullClient):
    """Goes on without a token where the token service gives none."""

    async def new_token(self, session: RegistrySession, challenge: Challenge, scopes: list[str]) -> tuple[str, float]:
        try:
            return await super().new_token(session, challenge, scopes)
        except PullRequestError as end:
            if isinstance(end.answer, UnusableResponse):
                return "", LIFE
            raise


class KeepsDeadTokens(PullClient):
    """Uses a token on, whenever it was issued."""

    async def new_token(self, session: RegistrySession, challenge: Challenge, scopes: list[str]) -> tuple[str, float]:
        token, _ = await super().new_token(session, challenge, scopes)
        return token, LIFE


class SaysUsualPhrases(PullClient):
    """Words a status as usual, whatever the registry calls it."""

    def refused(self, step: str, response: Response) -> ErrorResponse:
        return replace(super().refused(step, response), phrase=None)


class HidesTheStatus(PullClient):
    """Says nothing of a status whose body is not of the distribution-spec's form."""

    def refused(self, step: str, response: Response) -> ErrorResponse:
        answer = super().refused(step, response)
        return answer if answer.code else replace(answer, code="UNKNOWN")
