"""A pod that somebody runs, as its user sees it: its state, its events, and what was recorded meanwhile."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from conformance.evidence import Attempt, Evidence, attempts
from conformance.kubelet.container import Container
from conformance.kubelet.messages import Event
from conformance.kubelet.pod_document import CONTAINER, PodState
from conformance.kubelet.pod_teller import PodTeller
from conformance.registry_hosts import Exchange, NameLookup
from conformance.runtime import pod_images

STATE_SECONDS = 30.0
CREATING = "ContainerCreating"
"""The reason for which a container waits that nothing is wrong with."""


class WatchedPod(ABC):
    """A pod with one container, which a ``PodTeller`` runs under that ``name``.

    It is recorded from when this is made; the pod is given to the teller after that.
    """

    def __init__(self, teller: PodTeller, name: str) -> None:
        self.name = name
        self._teller = teller
        self._records = teller.runtime.evidence
        self._mark = self._records.cursor()

    @property
    @abstractmethod
    def state(self) -> PodState:
        """The state of its container now; an empty one where nobody tells of the pod."""

    @property
    @abstractmethod
    def events(self) -> list[Event]:
        """Its events so far, each once, in the order in which they first came."""

    def waiting(self, *reasons: str) -> PodState:
        """Wait until the container waits for one of these reasons, and give its state; an assertion fails otherwise."""
        state = self._until(lambda state: state.reason in reasons)
        assert state.reason in reasons, f"after {STATE_SECONDS:.0f} s: {state}"  # noqa: S101 (a case's statement)
        return state

    def running(self) -> Container:
        """Wait until the container runs, and give it; an assertion fails otherwise."""
        state = self._until(lambda state: bool(state.container_id))
        assert state.container_id, f"after {STATE_SECONDS:.0f} s: {state}"  # noqa: S101 (a case's statement)
        return self._container(state)

    def _container(self, state: PodState) -> Container:
        return Container(self._teller.runtime, state.container_id)

    def settled(self) -> PodState:
        """Wait until the container runs or waits for more than its creation, and give its state."""
        return self._until(lambda state: bool(state.container_id) or state.reason not in {"", CREATING})

    def events_until(self, *reasons: str) -> list[Event]:
        """Wait until the last events have these reasons, and give all; an assertion fails otherwise."""
        seen: list[Event] = []

        def told() -> bool:
            seen[:] = self.events
            return _reasons(seen[-len(reasons) :]) == reasons

        in_time = self._teller.wait(told, STATE_SECONDS)
        self._record(seen)
        assert in_time, f"after {STATE_SECONDS:.0f} s: {', '.join(_reasons(seen))}"  # noqa: S101 (a case's statement)
        return seen

    def pulls_again(self, seconds: float) -> bool:
        """Tell whether another pull succeeds within so many seconds."""
        before = self._pulls()
        return self._teller.wait(lambda: self._pulls() > before, seconds)

    def _pulls(self) -> int:
        """Count the pulls that succeeded since it was given to the teller."""
        return sum(call.rpc == "PullImage" and call.error is None for call in self.evidence.calls)

    @property
    def evidence(self) -> Evidence:
        """What was recorded since it was given to the teller."""
        return self._records.since(self._mark)

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked for the image of its first volume, when that was pulled first."""
        return [attempt.host for attempt in self._first_pull()]

    @property
    def shown_login(self) -> list[str]:
        """Those of them that were shown a user's credentials."""
        return [attempt.host for attempt in self._first_pull() if attempt.users]

    def _first_pull(self) -> list[Attempt]:
        if "cri" not in self._teller.runtime.capabilities:
            return attempts(each for each in self.evidence.exchanges if _is_of_case(each))
        pulls = (call for call in self.evidence.calls if call.rpc == "PullImage")
        pull = next((each for each in pulls if not pod_images.is_infra_image(each.request.image.image)), None)  # type: ignore[attr-defined]
        if pull is None:
            return []
        until = pull.at + pull.duration
        return attempts(each for each in self.evidence.exchanges if pull.at <= each.at <= until)

    def _until(self, holds: Callable[[PodState], bool]) -> PodState:
        """Wait for a state, and record what a user reads then; give the last one that was seen."""
        state = PodState()

        def seen() -> bool:
            nonlocal state
            state = self.state
            return holds(state)

        self._teller.wait(seen, STATE_SECONDS)
        self._record(self.events)
        what = f"waits: {state.reason}: {state.message}" if state.reason else "does not run"
        self._records.record_message(f"the container {CONTAINER} {'runs' if state.container_id else what}")
        return state

    def _record(self, events: Sequence[Event]) -> None:
        self._records.record_message(*(f"event {each.reason}: {each.message}" for each in events))


def _is_of_case(record: Exchange | NameLookup) -> bool:
    """Tell whether a case's image was asked for, and not one that pods themselves need."""
    return isinstance(record, Exchange) and record.repository not in {"", *pod_images.REPOSITORIES}


def _reasons(events: Sequence[Event]) -> tuple[str, ...]:
    return tuple(each.reason for each in events)
