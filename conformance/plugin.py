"""The pytest plugin: options, fixtures, hooks. The only module that knows pytest's hooks.

Options: ``--runtime`` says which CRI-O, ``--kubelet`` which kubelet, ``--require`` what they must be able to do,
``--registries`` where registry hosts keep their content, ``--stories`` which cases are told.
Fixtures for cases: ``runtime``, ``pod``, ``kubelet``, ``node``, ``docker_io``, ``quay_io``, ``registry_k8s_io``,
``ghcr_io``, ``registry``, ``internet``, ``release``; ``containers`` and ``bridge``, which only say what a case needs;
and ``configuration``, which a case overrides to have CRI-O configured otherwise.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from conformance import deviations
from conformance.report.summary import Verdict, reasons, table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from conformance.evidence.evidence import Mark
    from conformance.internet import Internet, RegistryHost
    from conformance.kubelet import Pod
    from conformance.kubelet.real import RealKubelet
    from conformance.model.release import Release
    from conformance.registries.container import RunRegistry
    from conformance.run import Run
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.node import Node
    from conformance.runtime.runtime import Runtime
    from conformance.runtime.subject import Subject

CAPABILITIES = ("live", "cri", "hermetic", "configurable", "logs", "pods", "containers", "bridge", "kubelet")
TOLD_WHEN_FEW = 12
"""With ``--stories auto``, every case is told when at most so many were run."""

EXIT_LACKING = 6
"""The exit code of a run whose runtime lacks what ``--require`` names."""

RUN: pytest.StashKey[Run] = pytest.StashKey()
REGISTRY: pytest.StashKey[RunRegistry] = pytest.StashKey()
UNUSABLE = "conformance_unusable"
REGISTRY_OF_THE_RUN = "conformance_registry"
MARK: pytest.StashKey[tuple[Runtime, Mark]] = pytest.StashKey()


# Options and life of a run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("conformance", "CRI-O conformance")
    group.addoption(
        "--runtime",
        metavar="WHICH",
        help="the CRI-O to run: a release (1.36.3, 1.36), the path of a crio binary, auto (crio on PATH, else the"
        " newest release in the cache folder, else a rehearsal on the simulator; the default), or simulator:1.36; for"
        " contrast podman, containerd, or the socket of a CRI runtime that already runs, unix:///PATH",
    )
    group.addoption(
        "--kubelet",
        metavar="WHICH",
        help="the kubelet for the cases that need a real one: a path, or a release in the cache folder; by default the"
        " one there that suits the CRI-O best, if any",
    )
    group.addoption("--mutant", metavar="NAME", help="give the simulator one fault, to see which cases find it")
    group.addoption(
        "--require",
        action="append",
        default=[],
        choices=CAPABILITIES,
        help="make it an error when the runtime cannot do this here, instead of skipping the cases that need it",
    )
    group.addoption(
        "--registries",
        choices=("memory", "containers"),
        default="memory",
        help="where registry hosts keep their content: in memory, or in a real registry in a container",
    )
    group.addoption("--registry-base", metavar="IMAGE", help="the image that this container's image is built from")
    group.addoption(
        "--stories",
        choices=("auto", "all", "none"),
        default="auto",
        help=f"tell what every case saw: always, never, or (auto) when at most {TOLD_WHEN_FEW} cases are run",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe our markers."""
    config.addinivalue_line("markers", "upstream(issue): the upstream issue or pull request that a case is about")
    config.addinivalue_line("markers", "cri: what any CRI runtime must do, CRI-O or not")
    config.addinivalue_line("markers", "podman: what Podman, with CRI-O's library and another face, must do as well")
    config.addinivalue_line("markers", "releases(range, why): the CRI-O releases that a case speaks of, and why")
    chosen = any(argument.startswith("--dist") for argument in config.invocation_params.args)
    if _ours(config) and config.getoption("dist", "no") == "load" and not chosen:
        config.option.dist = "worksteal"  # keeps neighbours together: they share a configuration, and so a CRI-O


def _run(config: pytest.Config) -> Run:
    """Give the run of this process, made at its first use: other projects' tests pay nothing for this plugin."""
    if RUN not in config.stash:
        from conformance.run import Run, Unusable, end_as_with_ctrl_c

        try:
            config.stash[RUN] = run = Run(
                config.getoption("runtime"), config.getoption("mutant"), config.getoption("kubelet")
            )
        except Unusable as error:
            raise pytest.UsageError(str(error)) from None
        config.add_cleanup(run.close)
        end_as_with_ctrl_c()
    return config.stash[RUN]


def _ours(config: pytest.Config) -> bool:
    """Tell, before anything is collected, whether this run is about CRI-O."""
    suite = str(Path(__file__).parent / "suite")
    return (
        bool(config.getoption("runtime"))
        or config.getoption("registries") == "containers"
        or any("conformance.suite" in each or str(Path(each).absolute()).startswith(suite) for each in config.args)
    )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Find the runtime that was asked for, before anything else is done."""
    if _ours(session.config):
        from conformance.run import Lacking

        try:
            _run(session.config).require(session.config.getoption("require"))
        except Lacking as error:
            _give_up(str(error), lacking=True)
        _open_registries(session.config)


def _open_registries(config: pytest.Config) -> None:
    """Let content lie in containers where that was asked for: started here, or by the one who started this worker."""
    if config.getoption("registries") == "memory" or config.option.collectonly:
        return
    from conformance.internet.origins import use_registry

    if hasattr(config, "workerinput"):
        from conformance.distribution.registry import Access

        use_registry(Access(**config.workerinput[REGISTRY_OF_THE_RUN]), config.workerinput["workerid"])
        return
    from conformance.registries.container import RunRegistry
    from conformance.registries.engine import NoRegistries

    try:
        config.stash[REGISTRY] = registry = RunRegistry(config.getoption("registry_base"))
    except NoRegistries as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(registry.close)
    use_registry(registry.access, "main")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the run's registry is, and its login: by the pipe, since others see a command line."""
    if REGISTRY in node.config.stash:
        node.workerinput[REGISTRY_OF_THE_RUN] = vars(node.config.stash[REGISTRY].access)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Begin the run when a case needs a runtime; a worker that cannot runs nothing, and says why."""
    if not any(map(_needs_runtime, session.items)):
        return None
    from conformance.run import Lacking, Unusable

    config = session.config
    try:
        _run(config).begin(config.getoption("require"))
    except Unusable as error:
        lacking = isinstance(error, Lacking)
        if not hasattr(config, "workeroutput"):
            _give_up(str(error), lacking=lacking)
        config.workeroutput[UNUSABLE] = (str(error), lacking)
        return True
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Tell the user what a worker could not do."""
    if told := getattr(node, "workeroutput", {}).get(UNUSABLE):
        _give_up(told[0], lacking=told[1])


def _give_up(why: str, *, lacking: bool) -> NoReturn:
    """End the run with one sentence."""
    if lacking:
        pytest.exit(why, returncode=EXIT_LACKING)
    raise pytest.UsageError(why)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None]:
    """End at once when told to, workers too; let a rehearsal's last line say that it was one."""
    _end_workers(session, exitstatus)
    yield
    config = session.config
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None and RUN in config.stash:
        for line in config.stash[RUN].subject.foot:
            terminal.write_line(line, bold=True)


def _end_workers(session: pytest.Session, exitstatus: int) -> None:
    """When the one who talks to the user is told to end, let the workers end as well."""
    if (
        exitstatus == pytest.ExitCode.INTERRUPTED
        and session.config.getoption("numprocesses", None)
        and RUN in session.config.stash
    ):
        from conformance.run import end_children

        end_children()


def _needs_runtime(item: pytest.Item) -> bool:
    """Tell whether a case asks for a CRI-O."""
    return "runtime" in getattr(item, "fixturenames", ())


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let ``-k`` find cases by their upstream issue."""
    for mark in item.iter_markers("upstream"):
        item.extra_keyword_matches.update(mark.args)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say at the top which runtime this is about, and which registry."""
    if not _ours(config):
        return []
    registry = [config.stash[REGISTRY].title] if REGISTRY in config.stash else []
    return [f"conformance: {_run(config).subject.head}", *registry]


# Fixtures


@pytest.fixture
def configuration() -> Configuration:
    """How CRI-O is configured for a case: docker.io and quay.io in the search list, tried in that order."""
    from conformance.runtime.configuration import Configuration

    return Configuration()


@pytest.fixture
def runtime(request: pytest.FixtureRequest, configuration: Configuration) -> Iterator[Runtime]:
    """A running CRI-O, or other runtime, with that configuration and an empty store, in a world of its own."""
    run = _run(request.config)
    if why := _silent(request.node, run.subject):
        pytest.skip(why)
    running = run.pool.get(configuration)
    request.node.stash[MARK] = (running, running.evidence.mark())
    yield running
    running.reset()


def _silent(item: pytest.Item, subject: Subject) -> str:
    """Say why a case does not speak of what the run is about; nothing where it does."""
    if subject.marker and item.get_closest_marker(subject.marker) is None:
        return subject.unmarked
    for mark in item.iter_markers("releases"):
        if not subject.within(mark.args[0]):
            return f"speaks of CRI-O {mark.args[0]}: {mark.args[1]}"
    return ""


@pytest.fixture
def release(runtime: Runtime) -> Release:
    """The CRI-O release that is running."""
    return runtime.release


@pytest.fixture
def internet(runtime: Runtime) -> Internet:
    """The internet around CRI-O; ``internet.host(name)`` gives any registry host."""
    _needs(runtime, "hermetic")
    return runtime.internet


@pytest.fixture
def docker_io(internet: Internet) -> RegistryHost:
    """The registry host docker.io, with nothing to offer yet."""
    return internet.host("docker.io")


@pytest.fixture
def quay_io(internet: Internet) -> RegistryHost:
    """The registry host quay.io, with nothing to offer yet."""
    return internet.host("quay.io")


@pytest.fixture
def registry_k8s_io(internet: Internet) -> RegistryHost:
    """The registry host registry.k8s.io, with nothing to offer yet but what pods need."""
    return internet.host("registry.k8s.io")


@pytest.fixture
def ghcr_io(internet: Internet) -> RegistryHost:
    """The registry host ghcr.io, with nothing to offer yet."""
    return internet.host("ghcr.io")


@pytest.fixture
def registry(runtime: Runtime) -> RegistryHost:
    """A registry host that any runtime can pull from by its full name, with nothing to offer yet."""
    return runtime.registry


@pytest.fixture
def node(runtime: Runtime, containers: None) -> Node:
    """The machine below the runtime, as its administrator sees it."""
    del containers
    from conformance.runtime.crio import Crio
    from conformance.runtime.node import Node

    assert isinstance(runtime, Crio)  # noqa: S101 (containers run on no other)
    return Node(runtime)


@pytest.fixture
def kubelet(request: pytest.FixtureRequest, runtime: Runtime, containers: None) -> Iterator[RealKubelet]:
    """A real kubelet that runs static pods on the CRI-O of that configuration."""
    del containers
    from conformance.kubelet.real import kept
    from conformance.runtime.crio import Crio

    binary = _run(request.config).kubelet
    if binary is None:
        pytest.skip("needs the capability kubelet: there is none in the cache folder, and --kubelet names none")
    assert isinstance(runtime, Crio)  # noqa: S101 (containers run on no other)
    with kept(runtime, binary).at_work() as kubelet:
        yield kubelet


@pytest.fixture
def containers(runtime: Runtime) -> None:
    """Nothing; a case that takes it looks into running containers."""
    _needs(runtime, "containers")


@pytest.fixture
def bridge(runtime: Runtime, containers: None) -> None:
    """Nothing; a case that takes it has pods on a network of their own."""
    del containers
    _needs(runtime, "bridge")


def _needs(runtime: Runtime, capability: str) -> None:
    """Skip a case whose runtime lacks a capability."""
    if why := runtime.without(capability):
        pytest.skip(f"needs the capability {capability}: {why}")


@pytest.fixture
def pod(runtime: Runtime) -> Iterator[Pod]:
    """A pod on the host's network; on the simulator, pods are records."""
    _needs(runtime, "pods")
    from conformance.kubelet import Pod

    with Pod(runtime) as pod:
        yield pod


# Verdicts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Skip a case whose fixtures ask for what its runtime lacks."""
    yield from _skipping(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Skip a case that asks for what its runtime lacks."""
    yield from _skipping(item)


def _skipping(item: pytest.Item) -> Generator[None]:
    """Skip a case when it asks for a capability that its runtime lacks, or offers what the registry does not take."""
    if not _needs_runtime(item):
        yield
        return
    from conformance.internet.origin import NotTaken
    from conformance.runtime.runtime import CapabilityLacking

    try:
        yield
    except (CapabilityLacking, NotTaken) as error:
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge a case that deviates, and put its evidence into the report."""
    report = yield
    if _needs_runtime(item):
        report.user_properties.append(("family", _family(item)))
    if MARK not in item.stash or not isinstance(item, pytest.Function):
        return report
    from conformance.report import story as telling

    crio, mark = item.stash[MARK]
    if report.when == "call":
        run = item.config.stash[RUN]
        known = deviations.covering(run.deviations, case_of(item.nodeid), crio.release, crio.program)
        if known is not None:
            _judge(report, call, known, item)
        evidence = crio.evidence.since(mark)
        report.user_properties.append(("behaviour", (item.obj.__doc__ or "").partition("\n")[0]))
        report.user_properties.append(("story", crio.evidence.without_secrets(telling.story(evidence))))
    if report.when == "call" or (report.when == "setup" and report.failed):
        differences = crio.evidence.since(mark).differences
        if differences:
            _contradict(report, differences)
    if report.failed and report.when != "teardown" and item.config.getoption("tbstyle") != "no":
        for title, text in telling.sections(crio.evidence.since(mark), crio.program):
            report.sections.append((title, crio.evidence.without_secrets(text)))
    return report


def _judge(
    report: pytest.TestReport, call: pytest.CallInfo[None], known: deviations.Deviation, item: pytest.Function
) -> None:
    """Tell three things apart: the known departure, a release that has been mended, and anything else."""
    if report.passed:
        report.outcome = "failed"
        report.longrepr = (
            f"the contract holds, although {known.upstream} says that {known.releases} departs from it:"
            " narrow the range of that deviation"
        )
    elif call.excinfo is not None and call.excinfo.errisinstance(AssertionError):
        if differences := known.differences(item.funcargs):
            report.sections.append((f"neither the contract nor {known.upstream}", "\n".join(differences)))
        else:
            report.outcome = "skipped"
            report.wasxfail = f"{known.upstream}: {known.why}"


def _contradict(report: pytest.TestReport, differences: Iterable[str]) -> None:
    """Fail a case in which the model and the runtime differ, whatever it states itself: one of the two is wrong."""
    if not report.failed:
        report.outcome = "failed"
        report.longrepr = "the model and CRI-O differ"
        vars(report).pop("wasxfail", None)
    report.sections.append(("the model and CRI-O differ", "\n".join(differences)))


def case_of(nodeid: str) -> str:
    """Name a case as ``deviations.toml`` does: its file, without folders, and what follows."""
    path, colons, rest = nodeid.partition("::")
    return path.rpartition("/")[2] + colons + rest


def _family(item: pytest.Item) -> str:
    """Give the family of behaviour that a case belongs to: its file's name."""
    return item.path.stem.removeprefix("test_").replace("_", " ")


# The end of a run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell totals per family, deviations, what was skipped and why, and the stories."""
    ended = _ended(terminalreporter)
    if not ended:
        return
    run = _run(config)
    verdicts = [verdict for _, verdict in ended]
    wanted = config.getoption("stories")
    if wanted == "all" or (wanted == "auto" and len(ended) <= TOLD_WHEN_FEW):
        terminalreporter.section("stories")
        for report, verdict in ended:
            _tell(terminalreporter, report, verdict)
    terminalreporter.section(f"conformance of {run.subject.title}")
    for line in table(verdicts):
        terminalreporter.write_line(line)
    for kind, heading in (("deviates", "Known deviations met:"), ("skipped", "Not run:")):
        if lines := list(reasons(verdicts, kind)):
            terminalreporter.write_line("")
            terminalreporter.write_line(heading)
            for line in lines:
                terminalreporter.write_line(line)


def _ended(terminalreporter: pytest.TerminalReporter) -> list[tuple[pytest.TestReport, Verdict]]:
    """Give, in the order of the run, the report that decides about each of our cases and the verdict in it.

    A case that also fails while it is cleared up has failed, so the graver kinds come later here.
    """
    names = {"passed": "passed", "xfailed": "deviates", "skipped": "skipped", "failed": "failed", "error": "failed"}
    ended = {}
    for kind, verdict in names.items():
        for report in terminalreporter.stats.get(kind, []):
            family = dict(getattr(report, "user_properties", ())).get("family")  # a failed collection has none
            if family is not None:
                ended[report.nodeid] = (report, Verdict(str(family), verdict, _reason(report)))
    return sorted(ended.values(), key=lambda each: getattr(each[0], "start", 0.0))


def _reason(report: pytest.TestReport) -> str:
    """Give why a case deviates or was skipped."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""


def _tell(terminalreporter: pytest.TerminalReporter, report: pytest.TestReport, verdict: Verdict) -> None:
    """Tell one case's story."""
    told = dict(report.user_properties)
    if "story" in told:
        terminalreporter.write_line(f"{case_of(report.nodeid)}: {verdict.verdict}", bold=True)
        terminalreporter.write_line(f"  {told['behaviour']}")
        for line in str(told["story"]).splitlines():
            terminalreporter.write_line(f"  {line}")
