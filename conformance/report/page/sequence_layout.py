"""Where the parts of a sequence diagram stand, in pixels; the template ``sequence.svg.j2`` draws them."""

from dataclasses import dataclass

from conformance.report.page.sequence import CALLER, RUNTIME, Arrow, CallSequence

CHARACTER, BOLD = 6.3, 7.3
"""The width of a character of the diagram's text, and of its lanes' names, as wide as it gets on average."""

LEFT, HEAD, ROW, FOOT = 86.0, 56.0, 30.0, 14.0
LEAST_GAP, MOST_GAP = 130.0, 420.0
PADDING = 26.0
LEAST_ANSWER, MOST_ANSWER = 120.0, 380.0
HUES = 6
"""How many colours registry hosts have; the seventh has the first again."""


@dataclass(frozen=True)
class PlacedLane:
    """A participant: where its line stands, and its colour, 0 for those that are no registry host."""

    name: str
    x: float
    width: float
    hue: int


@dataclass(frozen=True)
class PlacedArrow:
    """An arrow in its row: from ``x1`` to ``x2`` at ``y``, with its texts cut to the room that they have."""

    arrow: Arrow
    x1: float
    x2: float
    y: float
    label: str
    label_x: float
    user: str
    answer: str
    hue: int


@dataclass(frozen=True)
class Diagram:
    """All that the template draws."""

    width: float
    height: float
    lanes: tuple[PlacedLane, ...]
    arrows: tuple[PlacedArrow, ...]
    left_out: int


def hue_of(lane: int) -> int:
    """Give the colour of a lane: 0 for those that are no registry host, else 1 to 6."""
    return 0 if lane <= RUNTIME else (lane - RUNTIME - 1) % HUES + 1


def lay_out(sequence: CallSequence) -> Diagram:
    """Give every part of a diagram its place."""
    positions = _positions(sequence)
    answers = [len(_answer(each)) for each in sequence.arrows if each.target > RUNTIME]
    beside = min(max(max(answers, default=0) * CHARACTER, LEAST_ANSWER), MOST_ANSWER) + PADDING
    height = HEAD + ROW * len(sequence.arrows) + FOOT
    return Diagram(
        positions[-1] + beside,
        height,
        tuple(
            PlacedLane(name, x, len(name) * BOLD + PADDING, hue_of(lane))
            for lane, (name, x) in enumerate(zip(sequence.lanes, positions, strict=True))
        ),
        tuple(_placed(each, row, positions, beside) for row, each in enumerate(sequence.arrows)),
        sequence.left_out,
    )


def _positions(sequence: CallSequence) -> list[float]:
    """Place the lanes so far apart that what stands between two of them mostly fits."""
    x = LEFT
    positions = [x]
    for lane in range(1, len(sequence.lanes)):
        names = (len(sequence.lanes[lane - 1]) + len(sequence.lanes[lane])) / 2 * BOLD + 2 * PADDING
        texts = [
            (len(each.label) + len(_user(each))) * CHARACTER + 2 * PADDING
            for each in sequence.arrows
            if {each.source, each.target} == {lane - 1, lane}
        ]
        x += min(max(LEAST_GAP, names, *texts, 0), max(MOST_GAP, names))
        positions.append(x)
    return positions


def _placed(arrow: Arrow, row: int, positions: list[float], beside: float) -> PlacedArrow:
    x1, x2 = positions[arrow.source], positions[arrow.target]
    user = _user(arrow)
    y = HEAD + ROW * (row + 1) - 8
    if arrow.source == arrow.target:
        room = positions[-1] + beside - x1 - PADDING
        return PlacedArrow(arrow, x1, x2, y, _cut(arrow.label, room), x1 + 10, "", "", 0)
    room = abs(x2 - x1) - PADDING - len(user) * CHARACTER
    label_x = (x1 if arrow.target != CALLER else x2) + 12
    answer = _cut(_answer(arrow), positions[-1] + beside - x2 - 12)
    return PlacedArrow(arrow, x1, x2, y, _cut(arrow.label, room), label_x, user, answer, hue_of(arrow.target))


def _user(arrow: Arrow) -> str:
    if arrow.user is None:
        return ""
    return f" as {arrow.user}" if arrow.user else " anonymous"


def _answer(arrow: Arrow) -> str:
    return f"{arrow.answer} ×{arrow.times}" if arrow.times > 1 else arrow.answer


def _cut(text: str, room: float) -> str:
    most = max(int(room / CHARACTER), 6)
    return text if len(text) <= most else f"{text[: most - 1]}…"
