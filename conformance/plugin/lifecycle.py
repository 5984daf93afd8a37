"""The life of a run: what it is about is found, workers are told of it, and what was started ends with it.

``RUN``, ``REGISTRY``, ``EVIDENCE_FOLDER``: where a session keeps its run, its registry in a container, its evidence.
"""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from conformance.plugin.collection import SUITE
from conformance.plugin.output import OUTPUT, guard_terminal, leave_undisturbed

if TYPE_CHECKING:
    from collections.abc import Generator

    from conformance.registry_containers.registry_container import RegistryOfTheRun
    from conformance.targets.run import Run

EXIT_LACKING = 6
"""The exit code of a run whose runtime lacks what ``--require`` names."""

EXIT_NOT_GIVEN_BACK = 7
"""The exit code of a run that could not give back somebody's node as it was, whatever the verdicts."""

RUN: pytest.StashKey[Run] = pytest.StashKey()
EVIDENCE_FOLDER: pytest.StashKey[Path | None] = pytest.StashKey()
REGISTRY: pytest.StashKey[RegistryOfTheRun] = pytest.StashKey()
NOT_GIVEN_BACK_BY_WORKER: pytest.StashKey[str] = pytest.StashKey()
RUN_OPTIONS = ("mutant", "kubelet", "cluster", "cluster_registry", "model", "oci_runtime", "allow_reload")
"""What a ``Run`` is told besides ``--runtime``."""
UNUSABLE = "conformance_unusable"
NOT_GIVEN_BACK = "conformance_not_given_back"
REGISTRY_OF_THE_RUN = "conformance_registry"


def pytest_configure(config: pytest.Config) -> None:
    """Keep neighbours among cases on one worker: they share a configuration, and so a CRI-O."""
    if is_about_crio(config):
        guard_terminal(config)
    if _is_shared(config):
        from conformance.images.builder import label_images
        from conformance.node.maker import this_maker
        from conformance.runtime.attached import LABEL

        label_images({LABEL: this_maker()})
    chosen = any(argument.startswith("--dist") for argument in config.invocation_params.args)
    if is_about_crio(config) and config.getoption("dist", "no") == "load" and not chosen:
        config.option.dist = "worksteal"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """With ``-n auto`` one worker asks what already runs: several would remove each other's images by their ID.

    Of node containers, each has one worker.
    """
    from conformance.targets.choice import most_workers

    return most_workers(str(config.getoption("runtime")))


def _is_shared(config: pytest.Config) -> bool:
    """Tell whether the run is about what already runs, and is somebody's."""
    runtime, cluster = str(config.getoption("runtime")), config.getoption("cluster")
    return runtime.startswith("unix:") or (cluster not in {None, "world"} and not runtime.startswith("container:"))


def run_of(config: pytest.Config) -> Run:
    """Give the run of this process, made at its first use: other projects' tests pay nothing for this plugin."""
    if RUN not in config.stash:
        from conformance.releases.download_options import DownloadOptionError
        from conformance.releases.installation import RuntimeNotFoundError
        from conformance.targets.run import Run, RunError, end_as_with_ctrl_c

        try:
            _obtain_programs(config)
            options = {name: config.getoption(name) for name in RUN_OPTIONS}
            config.stash[RUN] = run = Run(config.getoption("runtime"), **options)
        except (DownloadOptionError, RunError, RuntimeNotFoundError) as error:
            raise pytest.UsageError(str(error)) from None
        config.add_cleanup(run.close)
        end_as_with_ctrl_c()
    return config.stash[RUN]


def _close(config: pytest.Config) -> str:
    """End what a run has started; give one sentence about what could not be given back as it was."""
    from conformance.targets.run import RunError

    try:
        config.stash[RUN].close()
    except RunError as error:
        return str(error)
    return ""


def _obtain_programs(config: pytest.Config) -> None:
    """Fetch what ``--runtime`` and ``--kubelet`` name where it is not here, once: workers are told where it is then."""
    from conformance.releases.download_options import read_download_options
    from conformance.releases.obtaining import obtain_crio, obtain_kubelet

    downloads = read_download_options(config.getoption)
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():  # progress is to be seen
        for option, obtain in (("runtime", obtain_crio), ("kubelet", obtain_kubelet)):
            if named := config.getoption(option):
                setattr(config.option, option, obtain(named, downloads))


def is_about_crio(config: pytest.Config) -> bool:
    """Tell, before anything is collected, whether this run is about CRI-O."""
    return (
        config.getoption("runtime") is not None
        or config.getoption("cluster") is not None
        or config.getoption("registries") == "containers"
        or any("conformance.suite" in each or str(Path(each).absolute()).startswith(str(SUITE)) for each in config.args)
    )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Find the runtime that was asked for, before anything else is done; to list cases, none is needed."""
    config = session.config
    if config.option.collectonly:
        return
    if _is_shared(config) and (config.getoption("numprocesses", None) or 1) > 1:
        named = next(f"--{each} {value}" for each in ("runtime", "cluster") if (value := config.getoption(each)))
        msg = f"{named} can be asked by one process only: run with -n 0"
        raise pytest.UsageError(msg)
    if is_about_crio(config):
        from conformance.targets.run import RequiredCapabilityError

        try:
            run_of(config).require(config.getoption("require"))
        except RequiredCapabilityError as error:
            _give_up(str(error), lacking=True)
        _open_registries(config)


def _open_registries(config: pytest.Config) -> None:
    """Let content lie in containers where that was asked for: started here, or by the one who started this worker."""
    if config.getoption("registries") == "memory":
        return
    from conformance.registry_hosts.origins import use_registry_origins

    if hasattr(config, "workerinput"):
        from conformance.registry_client.push_client import RegistryAccess

        use_registry_origins(RegistryAccess(**config.workerinput[REGISTRY_OF_THE_RUN]), config.workerinput["workerid"])
        return
    from conformance.registry_containers.engine import RegistryContainerError
    from conformance.registry_containers.registry_container import RegistryOfTheRun

    try:
        config.stash[REGISTRY] = registry = RegistryOfTheRun(config.getoption("registry_base"))
    except RegistryContainerError as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(registry.close)
    use_registry_origins(registry.access, "main")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the run's registry is, and its login: by the pipe, since others see a command line."""
    if REGISTRY in node.config.stash:
        node.workerinput[REGISTRY_OF_THE_RUN] = vars(node.config.stash[REGISTRY].access)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Begin the run when a case needs a runtime; a worker that cannot runs nothing, and says why."""
    if session.config.option.collectonly or not any(map(needs_runtime, session.items)):
        return None
    from conformance.targets.run import RequiredCapabilityError, RunError

    config = session.config
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if not is_about_crio(config) and terminal is not None and config.get_verbosity() >= 0:
        terminal.write_line(f"conformance: {run_of(config).target.header}")  # at the top it was not known yet
    try:
        run_of(config).begin(config.getoption("require"))
    except RunError as error:
        lacking = isinstance(error, RequiredCapabilityError)
        if not hasattr(config, "workeroutput"):
            _give_up(str(error), lacking=lacking)
        config.workeroutput[UNUSABLE] = (str(error), lacking)
        return True
    gc.freeze()  # what is there now stays to the end: looking through it for garbage again and again takes time
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Tell the user what a worker could not do."""
    told = getattr(node, "workeroutput", {})
    if NOT_GIVEN_BACK in told:
        node.config.stash[NOT_GIVEN_BACK_BY_WORKER] = told[NOT_GIVEN_BACK]
    if refusal := told.get(UNUSABLE):
        _give_up(refusal[0], lacking=refusal[1])


def _give_up(why: str, *, lacking: bool) -> NoReturn:
    """End the run with one sentence."""
    if lacking:
        pytest.exit(why, returncode=EXIT_LACKING)
    raise pytest.UsageError(why)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None]:
    """End at once when told to, workers too; give back what the run had, and say what must not be overlooked."""
    config = session.config
    if RUN in config.stash:
        leave_undisturbed(config)
    _end_workers(session, exitstatus)
    if OUTPUT in config.stash:
        config.stash[OUTPUT].on_failure = bool  # there is nothing to end any more
    if hasattr(config, "workeroutput") and RUN in config.stash and (why := _close(config)):
        config.workeroutput[NOT_GIVEN_BACK] = why
    yield
    if RUN not in config.stash or hasattr(config, "workeroutput"):
        return
    why = _close(config) or config.stash.get(NOT_GIVEN_BACK_BY_WORKER, "")
    if why:
        sys.stderr.write(f"ERROR: {why}\n")
        session.exitstatus = EXIT_NOT_GIVEN_BACK
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None:
        for line in config.stash[RUN].target.footer:
            terminal.write_line(line, bold=True)


def _end_workers(session: pytest.Session, exitstatus: int) -> None:
    """When the one who talks to the user is told to end, let the workers end as well."""
    if (
        exitstatus == pytest.ExitCode.INTERRUPTED
        and session.config.getoption("numprocesses", None)
        and RUN in session.config.stash
    ):
        from conformance.targets.run import end_children

        end_children()


def needs_runtime(item: pytest.Item) -> bool:
    """Tell whether a case asks for a CRI-O."""
    return not {"runtime", "startup_error"}.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say at the top which runtime this is about, and which registry."""
    if not is_about_crio(config) or config.option.collectonly:
        return []
    registry = [config.stash[REGISTRY].title] if REGISTRY in config.stash else []
    run = run_of(config)
    cluster = [f"conformance: {run.cluster.title}"] if run.cluster else []
    return [f"conformance: {run.target.header}", *cluster, *registry]
