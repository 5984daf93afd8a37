"""A kubelet's log, as klog writes it: events of pods, and why a kubelet ended."""

import pytest

from conformance.kubelet.events import events_of, final_error
from conformance.kubelet.messages import Event

POD = "pod-1-node"
PULLING = Event("Pulling", 'Pulling image "team/app"')
MIRRORS = '(Mirrors also failed: [m.example/app: no]\n[n.example/app: \tno]): docker.io/app: =<no\n > "it" \\ = x'


def quoted(text: str) -> str:
    """Put a text between quotes as Go does, as far as these tests need it."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"").replace("\t", r"\t") + '"'


def value(text: str) -> str:
    """Write a value as klog does: over several lines where it has any."""
    if "\n" not in text:
        return "=" + quoted(text)
    lines = text.split("\n")
    return "=<\n" + "".join(f"\t{line}\n" for line in (lines if lines[-1] else lines[:-1])) + " >"


def event(event: Event, name: str = POD, field: str = "", **more: str) -> str:
    """Write the line of an event."""
    pairs = {"object": f"default/{name}", "fieldPath": field, "kind": "Pod", "apiVersion": "v1", "type": "Warning"}
    pairs |= more | {"reason": event.reason, "message": event.message}
    fields = " ".join(f"{key}{value(text)}" for key, text in pairs.items())
    return f'I1125 09:18:30.589186      36 event.go:389] "Event occurred" {fields}\n'


@pytest.mark.parametrize(
    "message",
    [
        pytest.param('Pulling image "team/app"', id="quotes"),
        pytest.param('a \\ b \\" c \\n d', id="backslashes"),
        pytest.param("x=y, object=z reason=none", id="what looks like a field"),
        pytest.param("näher …", id="beyond ASCII"),
        pytest.param("", id="nothing"),
        pytest.param(MIRRORS, id="several lines"),
        pytest.param("one\n\nthree", id="an empty line"),
        pytest.param("\n\tone\n > two", id="lines that look like the frame"),
        pytest.param("one\x0ctwo\u2028three\nfour", id="what Python takes for line breaks"),
    ],
)
def test_a_message_is_read_as_it_was_written(message: str) -> None:
    log = event(PULLING) + event(Event("Failed", message)) + event(Event("BackOff", "later"))
    assert events_of(POD, log) == [PULLING, Event("Failed", message), Event("BackOff", "later")]


def test_a_line_break_at_the_end_of_a_message_is_not_told_by_klog() -> None:
    assert events_of(POD, event(Event("Failed", "one\ntwo\n"))) == [Event("Failed", "one\ntwo")]


def test_a_field_before_the_message_may_have_several_lines() -> None:
    assert events_of(POD, event(PULLING, action="a\nb")) == [PULLING]


def test_a_line_may_begin_with_a_goroutines_labels() -> None:
    assert events_of(POD, f"??? {event(PULLING)}") == [PULLING]


@pytest.mark.parametrize("name", ["pod-12-node", "pod-1", "od-1-node", "node"])
def test_events_of_others_are_left_out(name: str) -> None:
    assert events_of(POD, event(PULLING, name)) == []


def test_an_event_of_another_namespace_or_of_the_node_is_left_out() -> None:
    log = event(PULLING).replace("default/", "kube-system/") + event(PULLING).replace(f"default/{POD}", POD)
    assert events_of(POD, log) == []


def test_events_are_in_order_and_repeated_ones_told_once() -> None:
    back_off, failed = Event("BackOff", "later"), Event("Failed", "Error: ImagePullBackOff")
    log = event(PULLING) + event(back_off) + event(failed, field="spec.containers{main}")
    assert events_of(POD, log + event(back_off) + event(PULLING)) == [PULLING, back_off, failed]
    other = Event("BackOff", "even later")
    assert events_of(POD, log + event(other)) == [PULLING, back_off, failed, other]


def test_other_lines_are_none_even_where_they_quote_one() -> None:
    log = (
        f'E1125 09:18:30.889093      36 pod_workers.go:1324] "Error" err="no" object="default/{POD}" reason="x"\n'
        f'I1125 09:18:30.889093      36 x.go:1] "HTTP" body{value(event(PULLING).strip())}\n'
        f'I1125 09:18:30.889093      36 x.go:1] "HTTP" body{value(event(PULLING))} a="b"\n'
        "not a line of klog's\n"
    )
    assert events_of(POD, log) == []


def test_a_line_that_is_still_being_written_is_not_told() -> None:
    first, second = event(PULLING), event(Event("Failed", "one\ntwo three"))
    assert all(events_of(POD, first + second[:end]) == [PULLING] for end in range(len(second)))
    assert all(events_of(POD, first[:end]) == [] for end in range(len(first)))
    assert len(events_of(POD, first + second)) == 2


def test_a_log_without_events_gives_none() -> None:
    assert events_of(POD, "") == []


# Why it ended

ERROR = 'E1125 09:18:45.878826    5381 run.go:72] "command failed" err="no swap: [a] b"'
INFO = 'I1125 09:18:45.878826    5381 x.go:1] "Error: E1125 x] soon"'


@pytest.mark.parametrize(
    ("log", "fields"),
    [
        pytest.param(f"{INFO}\n{ERROR}\n{INFO}\n", '"command failed" err="no swap: [a] b"', id="an error"),
        pytest.param(f"??? {INFO}\n??? {ERROR}\n", '"command failed" err="no swap: [a] b"', id="labels before it"),
        pytest.param(f"{ERROR}\nF{ERROR[1:40]}] last\n{INFO}", "last", id="the last of several"),
        pytest.param("Usage:\n  kubelet\nError: unknown flag: --x\nbye\n", "Error: unknown flag: --x", id="cobra's"),
        pytest.param("panic: oh\n\ngoroutine 1 [running]:\n", "panic: oh", id="a panic"),
        pytest.param("fatal error: out of memory\n\ngoroutine", "fatal error: out of memory", id="Go's runtime"),
        pytest.param(f"{INFO}\nsomething   else\n", "something else", id="its last line, without errors"),
        pytest.param(
            'E1125 09:18:45.878826    5381 run.go:72] "failed" err=<\n\tone\n\ttwo\n >\n' + INFO,
            r'"failed" err="one\ntwo"',
            id="one of several lines",
        ),
        pytest.param("", "no word", id="nothing"),
    ],
)
def test_the_last_words_are_the_last_error_in_one_line(log: str, fields: str) -> None:
    assert final_error(log) == fields
