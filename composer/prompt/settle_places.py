"""What one place of the piece is like, as settings of its section, as its moods, or as the course of loudness."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.brief import Hit, MoodPoint, parse_curve
from composer.presets import moods, styles
from composer.prompt.figures.band_sections import LEVELS, PLAYER, entries, player_name
from composer.prompt.figures.forms import PARALLEL
from composer.prompt.findings import Finding
from composer.prompt.section_spans import OUTER, Span, in_words, spans_of
from composer.prompt.settle_sections import form_with, has_settings
from composer.prompt.settle_styles import is_for_band
from composer.prompt.settled import Settled

_ENERGY = {"soft": -0.6, "loud": 0.5, "sparse": -0.3, "busy": 0.4}  # arousal that a level adds where no band plays
_ARCS = {("end", "soft"): "soft-end", ("end", "loud"): "loud-end", ("start", "soft"): "build", ("start", "loud"): "wind-down",
         ("middle", "loud"): "swell"}  # fmt: skip
_STARTS, _MIDDLES, _ENDS = ("start", "intro"), ("middle", "trio"), ("end", "outro")
_TO_END_S, _SHORTEST_S = 2.0, 10.0  # from the last hit to the end, for it to sound; and of a piece with one
_TIMED = ("hits", "at", "peak", "span", "until", "piece share", "sections")
_PRE_CHORUS = "build"
_JOINT = 1.0  # per cent from the mood of a place to that of the next section


def with_places(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with those for each quality of a place instead of the place.

    Tempi, players, and in a band loudness and texture are settings of the section; moods of the start, the middle and the end
    are such moods. Elsewhere loudness is an arc where there is one for it, else more or less energy there.
    """
    in_band = has_settings(findings)
    kept_modes = {("mode", str(one.value).rpartition(" ")[2]) for one in findings if one.kind in ("key", "mode")}
    found: list[Finding] = []
    for one in findings:
        if one.kind == "final hit":
            found.append(_hit_at_end(one, findings))
            found += _player_of_hit(one, found[-1], findings)
        if one.kind not in ("place", "final hit"):
            found.append(one)
        if one.kind != "place":
            continue
        name, qualities = one.value
        if name in (*OUTER, _PRE_CHORUS):
            found.append(replace(one, kind="section wanted", value=name))
        qualities = [each for each in qualities if each not in kept_modes]
        arcs = {level for level, _ in qualities if (name, level) in _ARCS}
        for kind, value in qualities:
            if kind == "unknown":
                found.append(replace(one, kind="beyond", value=value, phrase=value))
            elif kind == "tempo":
                found.append(replace(one, kind="section tempo", value=(name, value)))
            elif kind == "mood":
                found.append(_mood_at(name, value, one))
            elif kind == "mode":
                found.append(replace(one, kind="sections", value=f"{name}: {PARALLEL}"))
            elif kind == "key":
                found.append(replace(one, kind="sections", value=f"{name}: key {value}"))
            elif kind == "only":
                found.append(replace(one, kind="sections", value=f"{name}: only {value}"))
            elif kind == "late":
                found.append(replace(one, kind="sections", value=entries(name, value.split(" and "))))
            elif kind in ("+", "no"):
                items = (f"{kind}{each}" if kind == "+" else f"no {each}" for each in value.split(" and "))
                found.append(replace(one, kind="sections", value=f"{name}: {', '.join(items)}"))
            elif kind in arcs and not in_band:
                found.append(replace(one, kind="arc", value=_ARCS[name, kind]))
            elif in_band:
                found.append(replace(one, kind="sections", value=f"{name}: {LEVELS[kind]}"))
            else:
                found.append(replace(one, kind="place energy", value=(name, _ENERGY[kind])))
    return found


def _hit_at_end(hit: Finding, findings: Sequence[Finding]) -> Finding:
    """A hit at the end as one shortly before it where the length is known and nothing else has a time, else as a loud end."""
    length = next((one.value for one in findings if one.kind == "duration"), 0.0)
    is_timed = any(one.kind in (*_TIMED, "form") for one in findings)
    if hit.value == "soft":
        return replace(hit, kind="arc", value="soft-end")
    if is_timed or length < _SHORTEST_S:
        return replace(hit, kind="arc", value="loud-end")
    return replace(hit, kind="hits", value=str(Hit(length - _TO_END_S, hit.value)))


def _player_of_hit(said: Finding, hit: Finding, findings: Sequence[Finding]) -> list[Finding]:
    """Who plays only from a hit at the end on, "a single timpani stroke at the end"; nobody who is named elsewhere."""
    named = [player_name(one) for one in re.findall(PLAYER, said.phrase.lower())]
    others = " ".join(one.phrase.lower() for one in findings if one.kind == "part" and one.first != said.first)
    new = [name for name in named if name.removesuffix("s") not in others]
    return [replace(hit, kind="sections", value=f"end: {', '.join(f'+{name}' for name in new)}")] if new else []


def _mood_at(name: str, tag: str, one: Finding) -> Finding:
    """A mood of a place: one of the start, the middle or the end of the piece, or that of a section."""
    if name in (*_STARTS, *_MIDDLES, *_ENDS):
        start, end = name in _STARTS, name in _ENDS
        return replace(one, kind="mood", value=(tag,), is_start=start, is_middle=name in _MIDDLES, is_end=end, is_last=end)
    return replace(one, kind="place mood", value=(name, tag))


def settle_places(findings: Sequence[Finding], settled: Settled) -> None:
    """Moods and energy of single sections as a mood curve around them; once the form and the moods of the piece are known."""
    found = [(place, one) for place, one in enumerate(findings) if one.kind in ("place mood", "place energy")]
    if not found:
        return
    form = str(settled.options.get("form") or _usual_form([one.value[0] for _, one in found], settled))
    resolved = in_words(form)
    points = _points(settled)
    changed = False
    for place, one in found:
        name, value = one.value
        spans = spans_of(name, resolved) if points else []
        for span in spans:
            points = _with_span(points, span, value)
        if spans:
            changed = True
            what = f"mood {value}" if one.kind == "place mood" else f"{'more' if value > 0 else 'less'} energy"
            settled.explain(place, f"{what} in section {name}")
        else:
            missing = f"the form {form} has no section {name}" if points else "the moods of the piece have times"
            settled.explain(place, f"no effect: {missing}")
    if changed:
        settled.options["form"] = form
        settled.options.pop("mood", None)
        settled.options["mood_curve"] = " ".join(f"{label}@{at:.4g}%" for at, label in points)


def _usual_form(names: Sequence[str], settled: Settled) -> str:
    """The form of the band of the style, else one that has sections of these names."""
    style = settled.first_style
    is_of_band = style in styles() and bool(styles()[style].forms) and is_for_band(style)
    return styles()[style].forms[0] if is_of_band else form_with(names, style)


_Point = tuple[float, str]  # per cent of the piece, and a mood as curves write it


def _points(settled: Settled) -> list[_Point]:
    """The moods of the piece so far as a curve in per cent of it; empty where its curve is in seconds or bars."""
    if curve := settled.options.get("mood_curve"):
        parsed = parse_curve(str(curve))
        return [(one.place.at, _label(one)) for one in parsed] if all(one.place.unit == "%" for one in parsed) else []
    tags = settled.options.get("mood", [])
    if len(tags) == 1:
        return [(0.0, tags[0]), (100.0, tags[0])]
    named = [moods()[tag] for tag in tags]
    label = _written(*(sum(getattr(tag, axis) for tag in named) / max(1, len(named)) for axis in ("valence", "arousal")))
    return [(0.0, label), (100.0, label)]


def _label(point: MoodPoint) -> str:
    return point.tag or _written(point.mood.valence, point.mood.arousal)


def _written(valence: float, arousal: float) -> str:
    """A mood as curves write it, within the plane."""
    return ",".join(f"{max(-1.0, min(1.0, value)):.2g}" for value in (valence, arousal))


def _with_span(points: Sequence[_Point], span: Span, value: str | float) -> list[_Point]:
    """The curve with another mood from the start of a section to its end, or with so much more arousal than there."""
    before, after = _at(points, span.start), _at(points, span.end)
    inside = [value, value] if isinstance(value, str) else [_raised(label, value) for label in (before, after)]
    first, last = max(0.0, span.start - _JOINT), min(100.0, span.end + _JOINT)
    kept = [point for point in points if point[0] < first], [point for point in points if point[0] > last]
    around = [(first, before)] if span.start > 0 else [], [(last, after)] if last < 100 else []
    return [*kept[0], *around[0], (span.start, inside[0]), (span.end, inside[1]), *around[1], *kept[1]]


def _at(points: Sequence[_Point], share: float) -> str:
    """The mood of a curve at a share of the piece in per cent: between two points a mean of both."""
    parsed = [(at, _numbers(label), label) for at, label in points]
    before = max((one for one in parsed if one[0] <= share), default=parsed[0], key=lambda one: one[0])
    after = min((one for one in parsed if one[0] >= share), default=parsed[-1], key=lambda one: one[0])
    if before[2] == after[2] or before[0] == after[0]:
        return before[2]
    weight = (share - before[0]) / (after[0] - before[0])
    return _written(*(one + weight * (other - one) for one, other in zip(before[1], after[1], strict=True)))


def _numbers(label: str) -> tuple[float, float]:
    """Valence and arousal of a mood as curves write it."""
    if label in moods():
        return moods()[label].valence, moods()[label].arousal
    valence, _, arousal = label.partition(",")
    return float(valence), float(arousal)


def _raised(label: str, arousal: float) -> str:
    valence, before = _numbers(label)
    return _written(valence, before + arousal)
