"""A scenario as a case: Python that says the same."""

from conformance.evidence.comparison import PullResult
from conformance.model.prediction import HostRequests
from conformance.scenario.calls import PullCall, ScenarioFile
from conformance.scenario.case import as_case
from conformance.scenario.contents import ContentKind
from conformance.scenario.scenario import CrioKeys, Reachability, Scenario, ScenarioHost, ScenarioRepository
from conformance.scenario.scenario_reader import parse_scenario
from tests.scenario.broken_files import SOUND


def test_a_case_about_a_scenario_says_what_the_model_predicts() -> None:
    repository = ScenarioRepository(name="team/app", content=ContentKind.INDEX, version=1, private_to="reader")
    hosts = (
        ScenarioHost(name="one.example.com", repositories=(repository,), reached=Reachability.PLAIN_HTTP, fails=503),
        ScenarioHost(name="two.example.com", reached=Reachability.REFUSED),
        ScenarioHost(name="three.example.com", reached=Reachability.UNKNOWN_HOST),
    )
    files = (ScenarioFile(path="/etc/containers/registries.conf", text='unqualified-search-registries = ["a.io"]\n'),)
    scenario = Scenario(files=files, hosts=hosts, calls=(PullCall(name="team/app", login="reader"),))
    asked = HostRequests("one.example.com", ("team/app:latest",))
    text = as_case(scenario, PullResult((asked,), error='a "quoted" error'))
    compile(text, "case", "exec")
    for part in (
        'host = internet.plain_http("one.example.com")',
        "host.fail(503)",
        "content = build_content(ContentKind.INDEX, 1)",
        "host.store(\"team/app\", content, ['latest'])",
        "repository.logins['reader'] = \"secret\"",
        'internet.refuse("two.example.com")',
        "pull = runtime.pull('team/app', Login('reader', 'secret'))",
        "assert pull.asked == ['one.example.com']",
        "assert pull.repositories == ['one.example.com/team/app']",
        "assert pull.error.message == 'a \"quoted\" error'",
        "short_name_mode=None",
    ):
        assert part in text
    assert "three.example.com" not in text


def test_a_case_states_what_the_scenario_expects() -> None:
    scenario = parse_scenario(SOUND)
    text = as_case(scenario)
    compile(text, "case", "exec")
    assert "def test_a_pull_of_what_is_there_succeeds(runtime, internet):" in text
    assert "assert pull.asked == ['quay.io']" in text
    assert "assert pull.succeeded == True" in text
    assert scenario.crio == CrioKeys(short_name_mode="disabled")
    assert "short_name_mode='disabled'" in text
    assert "from conformance import Configuration, ContentKind, build_content\n" in text
    assert "    # on >=1.31 instead:\n    #   assert pull.succeeded == False\n" in text
