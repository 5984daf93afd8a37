"""Playing a scenario on a running runtime: hosts are arranged, then its calls are made in their order."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from conformance.cri import CallError
from conformance.kubelet import ImageVolume, Pod
from conformance.replay.observation import (
    CallResult,
    Observed,
    observed_error,
    observed_list,
    observed_pod,
    observed_pull,
    observed_requests,
    observed_status,
)
from conformance.runtime.configuration import NotReloadedError
from conformance.runtime.runtime import CapabilityError, Runtime, RuntimeFailedError
from conformance.scenario.arrangement import arrange, configuration_of, login_of, replaced_files
from conformance.scenario.calls import (
    Expectation,
    ListCall,
    PodCall,
    PullCall,
    ReloadCall,
    RemoveCall,
    RestartCall,
    ScenarioCall,
    StatusCall,
)
from conformance.scenario.scenario import Scenario


def play(scenario: Scenario, runtime: Runtime) -> Iterator[CallResult]:
    """Make the calls, and give each with what was seen of it.

    ``runtime`` has the configuration of the scenario and an empty store. Raises ``CapabilityError`` and
    ``OfferRefusedError`` where it cannot be done on it.
    """
    runtime.evidence.secrets.update(login_of(user).password for user in _users(scenario))
    arrange(runtime.internet, scenario)
    for call in scenario.calls:
        if isinstance(call, ReloadCall):
            scenario = replace(scenario, files=replaced_files(scenario, call.files))
            yield CallResult(call, _reload(scenario, runtime))
        else:
            yield CallResult(call, _made(call, runtime))


def _users(scenario: Scenario) -> set[str]:
    """Name the users whose logins a scenario has."""
    private = {each.private_to for host in scenario.hosts for each in host.repositories}
    asking = {call.login for call in scenario.calls if isinstance(call, PullCall)}
    return (private | asking | set(scenario.logins.values())) - {""}


def _reload(scenario: Scenario, runtime: Runtime) -> Observed:
    try:
        runtime.reload(configuration_of(scenario))
    except NotReloadedError as error:
        return observed_error(error)
    return observed_error(None)


def _made(call: ScenarioCall, runtime: Runtime) -> Observed:
    """Make a call, and say what was seen."""
    match call:
        case PullCall():
            login = login_of(call.login) if call.login else None
            return observed_pull(runtime.pull(call.requested_name, login), login)
        case StatusCall():
            return observed_status(runtime.status(call.name))
        case ListCall():
            return _list(call, runtime)
        case RemoveCall():
            return _remove(call, runtime)
        case RestartCall():
            return _restart(runtime)
        case PodCall():
            return _pod(call, runtime)
    msg = f"no such call: {call}"
    raise TypeError(msg)


def _list(call: ListCall, runtime: Runtime) -> Observed:
    mark = runtime.evidence.cursor()
    try:
        images = runtime.listed(call.name) if call.name else runtime.images()
    except CallError as error:
        return observed_list([], error, runtime.evidence.since(mark))
    return observed_list(images, None, runtime.evidence.since(mark))


def _remove(call: RemoveCall, runtime: Runtime) -> Observed:
    mark = runtime.evidence.cursor()
    failure = None
    try:
        runtime.remove(call.name)
    except CallError as error:
        failure = error
    return {**observed_error(failure), **observed_requests(runtime.evidence.since(mark))}


def _restart(runtime: Runtime) -> Observed:
    try:
        runtime.restart()
    except RuntimeFailedError as error:
        return observed_error(error)
    return observed_error(None)


def _pod(call: PodCall, runtime: Runtime) -> Observed:
    """Start a pod with the volumes; what it reads is looked up while it runs."""
    runs = "containers" in runtime.capabilities
    paths = _paths(call)
    if paths and not runs:
        raise CapabilityError("containers", runtime.why_lacking("containers"))
    if "pods" not in runtime.capabilities:
        raise CapabilityError("pods", runtime.why_lacking("pods"))
    with Pod(runtime) as pod:
        volumes = [ImageVolume(each.image, each.at, each.policy, each.sub_path) for each in call.volumes]
        return observed_pod(pod.mount(*volumes), paths, runs=runs)


def _paths(call: ScenarioCall) -> list[str]:
    """Give the paths of which something is expected."""
    stated: list[Expectation] = [*call.seen, *([call.expect] if call.expect else [])]
    files: list[Mapping[str, str]] = [each.files for each in stated if each.files]
    return list(dict.fromkeys(path for each in files for path in each))
