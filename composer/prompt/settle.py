"""From findings to options of a brief: which of two contradictory findings counts, and what others imply."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from composer.brief import DRUMS, MAX_PARTS, Hit
from composer.brief.hits import parse_hits
from composer.presets import moods, resolve_form, styles
from composer.prompt.degrees import chords_of, names_minor
from composer.prompt.lexicon import Sense, phrase_of, prompt_table
from composer.prompt.parts import (
    choir_of,
    is_alone,
    is_band,
    is_group,
    is_line_up,
    is_song_duo,
    is_voice,
    join_band,
    leave_out,
    only_rhythm,
    option_of,
    players_of,
    players_of_part,
    seated,
    settle_parts,
)
from composer.prompt.reading import FIGURE, IMPLIED, NOT_QUITE, Finding, senses_of_part
from composer.prompt.segments import Segment
from composer.score import Key

MODERATE_QPM = 100.0  # "very" moves a tempo away from it, "slightly" and "not too" towards it
_MEDIUM = 104  # the value of "medium", in presets/prompt.toml
_MIDDLING = 0.5  # the density that they move away from or towards
_STYLE_TEMPO_MARGIN = 1.25  # how far a word such as "slow" may leave the tempi of its style, as a factor
_MAX_INTENSITY = 2.0
_TURN_S = 1.0  # from the end of one mood of a cue sheet to the next
_FADES = "fad"  # in the words of a length: "fade out by 0:55"
_SMALLEST_BAND = 3  # players; smaller line-ups of a style are replaced by the parts named
_PAIR = 2
_SCALARS = ("key", "meter", "tempo", "bars", "duration", "form", "chords")
_BARE_FORM = "verse-chorus"
LOOP = "loop"  # a form whose name also means that there is no ending


class Conflict(NamedTuple):
    """Two phrases that contradict each other in one option."""

    option: str
    won: str
    lost: str


@dataclass(slots=True)
class Settled:
    """Options, and the phrases that led to them or were overridden; `meanings` is by the place of the finding."""

    options: dict[str, Any] = field(default_factory=dict)
    meanings: dict[int, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def explain(self, place: int, meaning: str) -> None:
        """Adds to the meaning of a finding."""
        self.meanings[place] = f"{self.meanings[place]}, {meaning}" if place in self.meanings else meaning


def settle(findings: Sequence[Finding]) -> Settled:
    """The options that findings result in."""
    settled = Settled()
    findings = _settle_arcs(findings, settled)
    _settle_moods(findings, settled)
    _settle_styles(findings, settled)
    _settle_parts(findings, settled)
    _settle_features(findings, settled)
    _settle_scalars(findings, settled)
    _settle_loop(findings, settled)
    _settle_degrees(findings, settled)
    _settle_sections(findings, settled)
    for place, finding in enumerate(findings):
        says_nothing = finding.kind in ("use", "hint") or (finding.kind == "speed" and finding.degree < 1)
        if says_nothing and place not in settled.meanings:
            settled.meanings[place] = "nothing beyond the other words"
    return settled


def _settle_arcs(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """How energy goes; a quiet start that is the only mood is part of a build. Returns the findings without that mood."""
    left = list(findings)
    ways = [(place, finding.value) for place, finding in enumerate(findings) if finding.kind == "arc"]
    ends = [place for place, finding in enumerate(findings) if finding.kind == "duration" and _FADES in finding.phrase]
    ways += [(place, "fade-out") for place in ends]
    named = [place for place, finding in enumerate(findings) if finding.kind == "mood"]
    starts = len(named) == 1 and findings[named[0]].is_start and moods()[findings[named[0]].value[0]].arousal <= 0
    if starts and not {"swell", "wind-down"} & {way for _, way in ways}:
        ways.append((named[0], "build"))
        left[named[0]] = replace(findings[named[0]], kind="arc", value="build")
    names = dict.fromkeys(way for _, way in sorted(ways))
    if {"build", "wind-down"} <= names.keys() or "swell" in names:
        names = {way: None for way in ("swell", *names) if way not in ("build", "wind-down")}
    for place, way in ways:
        settled.explain(place, f"arc {way if way in names else 'swell'}")
    if names:
        settled.options["arc"] = list(names)
    return left


def _strength(finding: Finding) -> int:
    return IMPLIED if finding.kind == "use" else finding.strength


def _settle_moods(findings: Sequence[Finding], settled: Settled) -> None:
    """All moods named, in sequence where the prompt says so; if none is named, the first that a use implies."""
    named = [(place, finding.value) for place, finding in enumerate(findings) if finding.kind == "mood"]
    implied = [(place, f.value["mood"]) for place, f in enumerate(findings) if f.kind == "use" and "mood" in f.value]
    times = _settle_times(findings, settled)
    spans = _settle_spans(findings, settled)
    jumps = _moods_after_hits(findings)
    if (times or spans or jumps) and len(named) > 1:
        _settle_timed_curve([(place, findings[place]) for place, _ in named], times | jumps, spans, jumps.keys(), settled)
    elif len(named) == 1 and findings[named[0][0]].is_change and not findings[named[0][0]].is_middle:
        _settle_turn(implied[0] if implied else None, *named[0], settled)
    elif any(findings[place].is_change for place, _ in named) or _has_ends([findings[place] for place, _ in named]):
        _settle_curve([(place, findings[place]) for place, _ in named], settled)
    elif len(named) == 1 and findings[named[0][0]].is_middle:
        _settle_middle(*named[0], settled)
    elif named or implied:
        _settle_mean(named or implied[:1], settled)
    _settle_denied(findings, settled)
    _settle_degree(named, findings, settled)


def _settle_turn(before: tuple[int, Sequence[str]] | None, place: int, tags: Sequence[str], settled: Settled) -> None:
    """ "A funeral march turns into hope": from the implied mood, else one of the opposite valence, to the only one named."""
    tag = moods()[tags[0]]
    start = before[1][0] if before else _nearest_mood(-tag.valence, -tag.arousal)
    settled.options["mood_curve"] = f"{start}@0% {tag.name}@100%"
    settled.explain(place, f"mood curve {settled.options['mood_curve']}")


def _settle_middle(place: int, tags: Sequence[str], settled: Settled) -> None:
    """A contrast in the middle and nothing else: a positive mood of the opposite arousal surrounds it."""
    tag = moods()[tags[0]]
    around = _nearest_mood(0.5, -tag.arousal)
    settled.options["mood_curve"] = f"{around}@0% {tag.name}@50% {around}@100%"
    settled.explain(place, f"mood curve {settled.options['mood_curve']}")


def _settle_denied(findings: Sequence[Finding], settled: Settled) -> None:
    """ "Not sad": the mood of opposite valence where none is named, else nothing that the other moods do not say."""
    denied = [(place, finding) for place, finding in enumerate(findings) if finding.kind == "denied mood"]
    named = {tag: finding.phrase for finding in findings if finding.kind == "mood" for tag in finding.value}
    for place, finding in denied:
        tag = finding.value[0]
        if tag in named:
            settled.conflicts.append(Conflict("mood", named[tag], finding.phrase))
        elif named or "mood" in settled.options:
            settled.explain(place, "nothing beyond the other words")
        else:
            _settle_mean([(place, (_opposite(tag),))], settled)


def _opposite(tag: str) -> str:
    """The mood nearest to half the opposite valence at the same arousal.

    >>> _opposite("sad"), _opposite("happy")
    ('tender', 'tense')
    """
    return _nearest_mood(-moods()[tag].valence / 2, moods()[tag].arousal)


def _nearest_mood(valence: float, arousal: float) -> str:
    return min(moods().values(), key=lambda one: (one.valence - valence) ** 2 + (one.arousal - arousal) ** 2).name


def _settle_times(findings: Sequence[Finding], settled: Settled) -> dict[int, float]:
    """Seconds by the place of the mood that they belong to; a time that belongs to no mood is a hit point.

    "Until" belongs to the mood before it; "at" to the mood right after it, else to the one right before it.
    """
    times: dict[int, float] = {}
    hits: list[Hit] = []
    for place, finding in enumerate(findings):
        if finding.kind == "hits":
            hits += parse_hits(finding.value)
            settled.explain(place, f"hits {finding.value}")
        if finding.kind == "until" and _ends_piece(findings, place):
            settled.explain(place, f"duration {finding.value:g}")
            settled.options["duration"] = finding.value
        if finding.kind not in ("until", "at") or place in settled.meanings:
            continue
        before = next((i for i in range(place - 1, -1, -1) if findings[i].kind == "mood"), None)
        beside = [i for i in (place + 1, place - 1) if 0 <= i < len(findings)]
        beside.sort(key=lambda i: findings[i].clause != finding.clause)  # "shy at 0:00, warm by 0:20"
        mood = (
            before
            if finding.kind == "until"
            else next((i for i in beside if findings[i].kind == "mood" and i not in times), None)
        )
        event = _event_at(findings, place)
        if mood is not None and event is None:
            times[mood] = finding.value
            settled.explain(place, f"mood {findings[mood].value[0]} at {finding.value:g} s")
        elif finding.kind == "at" and finding.value > 0:
            hits.append(Hit(finding.value, "soft" if event is None else "big"))
            for i in (place, event):
                if i is not None:
                    settled.explain(i, f"hit {hits[-1]}")
    if hits:
        by_time = {hit.time_s: hit for hit in hits}
        settled.options["hits"] = ", ".join(str(by_time[time_s]) for time_s in sorted(by_time))
    return times


def _ends_piece(findings: Sequence[Finding], place: int) -> bool:
    """Whether an "until" is the end of the piece: no mood, hit or time follows, and no other length is given."""
    kinds = ("mood", "at", "until", "span", "hits", "event")
    return not any(one.kind == "duration" for one in findings) and not any(one.kind in kinds for one in findings[place + 1 :])


def _settle_spans(findings: Sequence[Finding], settled: Settled) -> dict[int, tuple[float, float]]:
    """Start and end in seconds by the place of the mood of each span: the one after it, or before it if spans come last."""
    places = [place for place, finding in enumerate(findings) if finding.kind == "span"]
    if not places:
        return {}
    step = 1 if any(finding.kind == "mood" for finding in findings[places[-1] + 1 :]) else -1
    spans: dict[int, tuple[float, float]] = {}
    for place in places:
        other = place + step
        while 0 <= other < len(findings) and findings[other].kind not in ("mood", "span", "at", "until"):
            other += step
        if 0 <= other < len(findings) and findings[other].kind == "mood" and other not in spans:
            spans[other] = findings[place].value
            first, last = findings[place].value
            settled.explain(place, f"mood {findings[other].value[0]} from {first:g} to {last:g} s")
    last = max(findings[place].value[1] for place in places)
    later = [hit.time_s for one in findings if one.kind == "hits" for hit in parse_hits(one.value)]
    later += [one.value for one in findings if one.kind in ("at", "until")]
    if not any(one.kind == "duration" for one in findings) and last > max(later, default=0.0):
        settled.options["duration"] = last
    return spans


def _moods_after_hits(findings: Sequence[Finding]) -> dict[int, float]:
    """Seconds by the place of each mood that a hit turns to: "a hit at 0:30, then triumphant"."""
    return {
        place + 1: parse_hits(before.value)[-1].time_s
        for place, (before, after) in enumerate(pairwise(findings))
        if before.kind == "hits" and after.kind == "mood" and after.is_change
    }


def _event_at(findings: Sequence[Finding], place: int) -> int | None:
    """Place of the event that an "at" belongs to: the one right before it, else one right after it that has no time."""
    kinds = ["", *(finding.kind for finding in findings), "", ""]  # kinds[place + 1] is that of the time
    if findings[place].kind == "at" and kinds[place] == "event":
        return place - 1
    if findings[place].kind == "at" and kinds[place + 2] == "event" and kinds[place + 3] != "at":
        return place + 1
    return None


def _settle_timed_curve(
    moods: Sequence[tuple[int, Finding]],
    times: dict[int, float],
    spans: dict[int, tuple[float, float]],
    turns: Collection[int],
    settled: Settled,
) -> None:
    """Moods at the given seconds: the first one without a time at the start, one after all times at the end.

    A mood with a span is held from its start to its end, or to shortly before the next time; one of `turns` begins suddenly.
    """
    points: list[str] = []
    last = -1.0
    placed = [(spans[place][0] if place in spans else times.get(place, -1.0), place) for place, _ in moods]
    if spans or all(start >= 0 for start, _ in placed):  # lines of a cue sheet in any order
        placed.sort(key=lambda item: item[0])
    by_place = dict(moods)
    for index, (start, place) in enumerate(placed):
        tag = by_place[place].value[0]
        after = next((at for at, _ in placed[index + 1 :] if at > start), math.inf)
        if start > max(last, 0.0) or (place in spans and start == 0 > last):
            if place in turns and points and start - _TURN_S > max(last, 0.0):
                points.append(f"{points[-1].partition('@')[0]}@{start - _TURN_S:g}s")
            last = start
            points.append(f"{tag}@{last:g}s")
            end = min(spans[place][1], after - _TURN_S) if place in spans else last
            if end > last:
                last = end
                points.append(f"{tag}@{last:g}s")
        elif not points:
            points.append(f"{tag}@start")
        elif index == len(placed) - 1:
            points.append(f"{tag}@end")
        else:
            continue
        settled.explain(place, f"mood curve {points[-1]}")
    if len({point.partition("@")[0] for point in points}) > 1:
        settled.options["mood_curve"] = " ".join(points)
    else:
        _settle_mean([(place, finding.value) for place, finding in moods], settled)


def _settle_mean(moods: Sequence[tuple[int, Sequence[str]]], settled: Settled) -> None:
    """Moods that apply to the whole piece."""
    for place, tags in moods:
        settled.options["mood"] = list(dict.fromkeys([*settled.options.get("mood", []), *tags]))
        settled.explain(place, f"mood {' and '.join(tags)}")


def _settle_curve(moods: Sequence[tuple[int, Finding]], settled: Settled) -> None:
    """Moods in sequence, at equal distances; of several at one place the first counts.

    The mood of the start comes first and that of the end last; between them stand the changes, or else the other moods.
    """
    starts = [item for item in moods if item[1].is_start and not item[1].is_end][:1] or list(moods[:1])
    ends = [item for item in moods if item[1].is_end and item not in starts][:1]
    rest = [item for item in moods if item not in (*starts, *ends)]
    changes = [item for item in rest if item[1].is_change]
    turns = [*starts, *(changes or (rest[:1] if starts[0][1].is_start else [])), *ends]
    if len(turns) == 1:
        return _settle_mean([(place, finding.value) for place, finding in moods], settled)
    points = []
    for index, (place, finding) in enumerate(turns):
        points.append(f"{finding.value[0]}@{100 * index / (len(turns) - 1):.4g}%")
        settled.explain(place, f"mood curve {points[-1]}")
    settled.options["mood_curve"] = " ".join(points)


def _has_ends(moods: Sequence[Finding]) -> bool:
    """Whether one of several moods is only that of the start or the end: "quiet start, huge ending"."""
    return any(mood.is_end for mood in moods[1:]) or (len(moods) > 1 and any(mood.is_start for mood in moods))


def _settle_degree(named: Sequence[tuple[int, Any]], findings: Sequence[Finding], settled: Settled) -> None:
    """Intensity: the mean of "very", "slightly" and the like before moods."""
    degrees = [findings[place].degree for place, _ in named if findings[place].degree != 1]
    if degrees:
        settled.options["intensity"] = round(min(_MAX_INTENSITY, sum(degrees) / len(degrees)), 2)
        for place, _ in named:
            if findings[place].degree != 1:
                settled.explain(place, f"intensity {findings[place].degree:g}")


def _settle_styles(findings: Sequence[Finding], settled: Settled) -> None:
    """Every style and composer named; if no genre is named, also the first that a weaker word suggests."""
    strong = [(place, finding.value) for place, finding in enumerate(findings) if finding.kind in ("style", "composer")]
    strong += [(place, f.value["style"]) for place, f in enumerate(findings) if _is_genre(f)]
    strong += [item for item in _styles_of_artists(findings) if styles()[item[1]].kind == "era"]
    strong = sorted(set(strong))
    names = [name for _, name in strong]
    if not any(name in styles() and styles()[name].kind != "era" for name in names):
        strong = sorted([*strong, *(_styles_of_artists(findings) or _suggested_styles(findings)[:1])])
    shares: dict[str, float] = {}
    for place, name in strong:
        share = findings[place].share
        shares[name] = shares.get(name) or share or 0.0
        settled.explain(place, f"style {name}" + (f", share {share:g}" if share else ""))
    if shares:
        settled.options["style"] = _style_text(shares)


def _is_genre(finding: Finding) -> bool:
    """Whether a finding is a genre without a style, so that the nearest style counts as named."""
    return finding.kind == "use" and finding.value.get("table") == "genres" and not finding.value.get("weak")


def _styles_of_artists(findings: Sequence[Finding]) -> list[tuple[int, str]]:
    """The nearest styles of all artists named; those of ballads where the prompt asks for one."""
    ballads = prompt_table()["ballad_styles"]
    turned = ballads if any(f.kind == "hint" and f.value in ballads.values() for f in findings) else {}
    artists = [(place, f.value) for place, f in enumerate(findings) if f.kind == "use" and f.value.get("table") == "artists"]
    return [(place, turned.get(row["style"], row["style"])) for place, row in artists]


def _suggested_styles(findings: Sequence[Finding]) -> list[tuple[int, str]]:
    """Styles that everyday words, uses, or an ensemble that is also a genre suggest, weak names of genres first.

    An ensemble counts only if nothing else plays.
    """
    parts = [finding for finding in findings if finding.kind == "part"]
    named = [moods()[finding.value[0]].arousal for finding in findings if finding.kind == "mood"]
    calmer = prompt_table()["calm_styles"] if named and max(named) <= 0 else {}
    with_orchestra = any("orchestra" in str(senses_of_part(part).get("ensemble")) for part in parts)
    found = []
    for place, finding in enumerate(findings):
        if finding.phrase.lower() == "latin" and any(map(is_voice, parts)):
            continue  # the language of sacred music
        if finding.kind == "hint":
            found.append((place, calmer.get(finding.value, finding.value)))
        elif finding.kind == "use" and "style" in finding.value:
            found.append((place, finding.value.get("orchestral" if with_orchestra else "style", finding.value["style"])))
        elif finding.kind == "part" and finding.is_bare and len(parts) == 1 and "style" in senses_of_part(finding):
            found.append((place, senses_of_part(finding)["style"]))
    return sorted(found, key=lambda item: "table" not in _row(findings[item[0]]))


def _row(finding: Finding) -> dict[str, Any]:
    return finding.value if finding.kind == "use" else {}


def _style_text(shares: dict[str, float]) -> str:
    """The text of the option; shares are relative to the largest one given, and a style without a share has weight 1."""
    stated = [share for share in shares.values() if share]
    scale = 1 / max(stated) if len(stated) > 1 else 1.0
    weights = {name: share * scale if share else 1.0 for name, share in shares.items()}
    return ",".join(name if weight == 1 else f"{name}:{weight:.3g}" for name, weight in weights.items())


def _settle_parts(findings: Sequence[Finding], settled: Settled) -> None:
    findings = _with_voices(findings, settled)
    exclusions = [finding for finding in findings if finding.kind == "exclusion"]
    implied = next((place for place, finding in enumerate(findings) if _implied_parts(finding)), None)
    line_up = {} if implied is None else _implied_parts(findings[implied])
    band = _band_of(line_up, settled) if names_band(findings) else []
    parts = _without_band(findings, band, settled)
    joins = bool(band) and _joins(parts, findings, band)
    chosen = settle_parts(parts, line_up, band)
    if parts and joins:
        joined = join_band(parts, band)
        mixed = len(_usual_ensembles(str(settled.options.get("style", "")))) > 1  # the plan might choose the other band
        kept = chosen if chosen == option_of(band) else dict(line_up)
        chosen = option_of(joined) if mixed or joined != band else kept
    exclusions = [one for one in exclusions if chosen or settled.options.get("style") or not is_voice(one)]
    left = leave_out(exclusions, chosen, _usual_ensembles(settled.options.get("style", ""))) if exclusions else chosen
    settled.options |= chosen if left is None else left
    if not (chosen or exclusions) and (mixed_band := _band_of_mixture(str(settled.options.get("style", "")))):
        settled.options["ensemble"] = mixed_band
    for place, finding in enumerate(findings):
        if finding.kind == "exclusion" and (left is not None or finding not in exclusions):
            settled.explain(place, "left out")
        elif finding in parts or (place == implied and not parts):
            named = players_of_part(finding, alone=len(parts) == 1, band=band) if parts else chosen.get("instruments", [])
            ensemble = chosen.get("ensemble")
            meaning = f"ensemble {ensemble}" if ensemble else " ".join(["instruments", *named])
            settled.explain(place, f"with {' '.join(seated(finding, band))} in the band" if parts and joins else meaning)


def _with_voices(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with "three voices" as a part for a choir; it is left alone where others play or the style is for others."""
    place = next((place for place, finding in enumerate(findings) if finding.kind == "voices"), None)
    ensembles = _usual_ensembles(str(settled.options.get("style", "")))
    if place is None or any(finding.kind == "part" for finding in findings) or not all("choir" in name for name in ensembles):
        return findings
    count = min(findings[place].value, MAX_PARTS)
    choir = Segment(0, 1, (Sense("instrument", tuple(choir_of(count))),))
    return [*findings[:place], replace(findings[place], kind="part", value=choir), *findings[place + 1 :]]


def _without_band(findings: Sequence[Finding], band: Sequence[str], settled: Settled) -> list[Finding]:
    """The parts; the word "band" is one only where nothing else says which band."""
    parts = [finding for finding in findings if finding.kind == "part"]
    others = [part for part in parts if phrase_of(part.phrase) != ("band",)]
    if not (others or band):
        return parts
    for place, finding in enumerate(findings):
        if finding in parts and finding not in others:
            settled.explain(place, "nothing beyond the other words")
    return others


def _joins(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether the parts join the band that is named, and are not all who play.

    Parts join if they follow "with", or come in a later clause than the style of a band: "disco, strings", not "disco for
    strings" and not "disco piano".
    """
    names = [f.clause for f in findings if f.kind == "style" or (f.kind == "use" and "why" in f.value)]
    first = min(names, default=0) if is_band(band) else math.inf

    def joins(part: Finding) -> bool:
        later = part.clause > first and not (part.is_for or is_group(part) or is_alone(part) or part.count >= _PAIR)
        return part.is_added or only_rhythm(part) or later

    excluded = any(finding.kind == "exclusion" for finding in findings) and not any(part.is_added for part in parts)
    listed = excluded and len([part for part in parts if not only_rhythm(part)]) > 1  # "tenor sax and piano, no drums"
    return all(map(joins, parts)) and not is_line_up(parts) and not is_song_duo(parts) and not listed


def _settle_features(findings: Sequence[Finding], settled: Settled) -> None:
    """What a band does, "no fills"; styles that are not arranged have no use for it."""
    named = [(place, finding) for place, finding in enumerate(findings) if finding.kind == "band feature"]
    style = styles().get(str(settled.options.get("style", "")).partition(",")[0].partition(":")[0])
    if not named or style is None or not (style.kind == "arranged" or _is_for_band(style.name)):
        return
    settled.options["features"] = list(dict.fromkeys(finding.value for _, finding in named))
    for place, finding in named:
        settled.explain(place, f"feature {finding.value}")


def names_band(findings: Sequence[Finding]) -> bool:
    """Whether a style, an artist or a band is named that parts may join, and not merely a use of music."""
    return any(
        finding.kind in ("style", "hint")
        or (
            finding.kind == "use"
            and ({"why", "ensemble"} & finding.value.keys() or _is_for_band(finding.value.get("style", "")))
        )
        for finding in findings
    )


def _is_for_band(style: str) -> bool:
    row = styles().get(style)
    return row is not None and bool(row.ensemble) and DRUMS in players_of(row.ensemble)


def _band_of_mixture(style_text: str) -> str | None:
    """The band of the first of several styles where another is not for a band: "industrial march"."""
    rows = [styles()[name] for item in style_text.split(",") if (name := item.partition(":")[0]) in styles()]
    genres = [row for row in rows if row.kind != "era"]
    if len(genres) < _PAIR or not _is_for_band(genres[0].name) or all(_is_for_band(row.name) for row in genres):
        return None
    return genres[0].ensemble


def _band_of(line_up: dict[str, Any], settled: Settled) -> list[str]:
    """The players that parts may join: those of a use, else of the first style if it is for a band; else none."""
    if "instruments" in line_up:
        return list(line_up["instruments"])
    ensemble = line_up.get("ensemble") or next(iter(_usual_ensembles(settled.options.get("style", ""))), "")
    players = players_of(ensemble) if ensemble else ()
    return list(players) if len(players) >= _SMALLEST_BAND else []


def _usual_ensembles(style_text: str) -> list[str]:
    """Ensembles that the plan may choose for these styles."""
    named = [styles().get(item.partition(":")[0]) for item in style_text.split(",")]
    return list(dict.fromkeys(style.ensemble for style in named if style and style.ensemble))


def _implied_parts(finding: Finding) -> dict[str, Any]:
    """The ensemble or the instruments that a use implies."""
    use = finding.value if finding.kind == "use" else {}
    return {option: use[option] for option in ("ensemble", "instruments") if option in use}


def _scalars_of(finding: Finding, settled: Settled, beat: float) -> list[tuple[str, Any]]:
    """The options of one value that a finding sets; `beat` is that of the stated meter in quarters."""
    kind, value = finding.kind, finding.value
    if kind == "use":
        return [(option, value[option]) for option in ("tempo", "bars", "form", "meter", "key") if option in value]
    if kind in ("style", "hint") and finding.phrase.lower() in prompt_table()["dance_meters"]["names"]:
        return [("meter", prompt_table()["dances"][finding.phrase.lower()][0])]
    if kind == "mode":
        return [("key", f"{prompt_table()['tonic_of'][value]} {value}")]
    if kind == "length":
        return [("bars", max(4, round(value * finding.degree) if value > 16 else round(value / finding.degree)))]
    if kind == "density":
        return [("density", min(1.0, max(0.0, round(_MIDDLING + (value - _MIDDLING) * finding.degree, 3))))]
    if kind == "speed" and finding.degree == NOT_QUITE and value > MODERATE_QPM and _is_calm(settled):
        return []  # "not fast: peaceful" does not raise a slow tempo
    if kind in ("tempo", "speed"):
        style = settled.options.get("style", "") if kind == "speed" else ""
        return [("tempo", _tempo(value, finding.degree, style, beat))]
    return [("tempo" if kind == "bpm" else kind, value)] if kind in (*_SCALARS, "bpm", *prompt_table()["options"]) else []


def _is_calm(settled: Settled) -> bool:
    tags = settled.options.get("mood", [])
    return bool(tags) and max(moods()[tag].arousal for tag in tags) <= 0


def _beat_of(meter: str) -> float:
    """The felt beat of a meter in quarters: a dotted quarter in 6/8, a half note in 2/2.

    >>> _beat_of("6/8"), _beat_of("3/4"), _beat_of("2/2")
    (1.5, 1.0, 2.0)
    """
    beats, _, unit = meter.partition("/")
    if unit == "8":
        return 1.5 if int(beats) > 3 and int(beats) % 3 == 0 else 1.0
    return 2.0 if unit == "2" else 1.0


def _tempo(word_beats: float, degree: float, style_text: str, beat: float) -> float:
    """Quarter notes a minute of a tempo word, which counts felt beats.

    It is further from moderate by degree, and kept near the tempi of the styles.
    """
    tempo = beat * MODERATE_QPM * math.pow(word_beats / MODERATE_QPM, degree)
    named = [item.partition(":")[0] for item in style_text.split(",")]
    ranges = [styles()[name].tempo_qpm for name in named if name in styles() and styles()[name].kind != "era"]
    if ranges:
        low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
        if word_beats == _MEDIUM and degree == 1:
            return float(round(math.sqrt(low * high)))  # "medium swing" is faster than a medium ballad
        tempo = min(max(tempo, low / _STYLE_TEMPO_MARGIN), high * _STYLE_TEMPO_MARGIN)
    return float(round(tempo))


def _settle_scalars(findings: Sequence[Finding], settled: Settled) -> None:
    """For each option the strongest finding; of equals the first, unless a later one corrects it."""
    claims: dict[str, dict[int, Any]] = {}
    beat = next((_beat_of(finding.value) for finding in findings if finding.kind == "meter"), 1.0)
    for place, finding in enumerate(findings):
        for option, value in _scalars_of(finding, settled, beat):
            claims.setdefault(option, {})[place] = value

    def rank(place: int) -> tuple[bool, int, int]:
        return findings[place].is_correction, _strength(findings[place]), -place

    best = {option: max(places, key=rank) for option, places in claims.items()}
    for option, winners in _outvoted({option: _strength(findings[place]) for option, place in best.items()}):
        won = ", ".join(findings[best[name]].phrase for name in winners)
        settled.conflicts += [
            Conflict(option, won, f.phrase) for f in map(findings.__getitem__, claims.pop(option)) if _is_stated(f)
        ]
        del best[option]
    for option, places in claims.items():
        winner = best[option]
        value = places[winner]
        if (option, value) == ("form", LOOP):
            settled.options["loop"] = True
            if "bars" in best and claims["bars"][best["bars"]] < len(resolve_form(LOOP).letters):
                settled.explain(winner, "loop")
                continue
        settled.options[option] = value
        for place, claimed in places.items():
            if claimed == value or _is_mode_of(findings[place], value):
                settled.explain(place, f"{option} {value:g}" if isinstance(value, float) else f"{option} {value}")
            elif _is_stated(findings[place]):
                settled.conflicts.append(Conflict(option, findings[winner].phrase, findings[place].phrase))
    settled.conflicts[:] = dict.fromkeys(settled.conflicts)


def _settle_loop(findings: Sequence[Finding], settled: Settled) -> None:
    """A loop ends as it begins: it may swell, and does not build or fade."""
    arc = settled.options.get("arc", [])
    if not settled.options.get("loop") or set(arc) <= {"swell"}:
        return
    settled.options.pop("arc")
    won = next((f.phrase for f in findings if (f.kind, f.value) == ("form", LOOP)), LOOP)
    settled.conflicts += [Conflict("arc", won, finding.phrase) for finding in findings if finding.kind == "arc"]


def _settle_degrees(findings: Sequence[Finding], settled: Settled) -> None:
    """Roman numerals to chords, in the key named or else in one without accidentals; chord symbols override them."""
    for place, finding in enumerate(findings):
        if finding.kind == "degrees" and "chords" in settled.options:
            settled.conflicts.append(Conflict("chords", settled.options["chords"], finding.phrase))
        elif finding.kind == "degrees":
            mode = "minor" if names_minor(finding.value) else "major"
            key = settled.options.setdefault("key", f"{prompt_table()['tonic_of'][mode]} {mode}")
            settled.options["chords"] = chords_of(finding.value, Key.parse(key))
            settled.explain(place, f"chords {settled.options['chords']} in {key}")


def _settle_sections(findings: Sequence[Finding], settled: Settled) -> None:
    """What single sections do, all settings of a section after one colon; without effect where no band is named."""
    found = [(place, finding) for place, finding in enumerate(findings) if finding.kind == "sections"]
    settings: dict[str, list[str]] = {}
    for place, finding in found:
        if names_band(findings):
            name, _, items = finding.value.partition(": ")
            settings.setdefault(name, []).append(items)
            settled.explain(place, f"in section {finding.value}")
        else:
            settled.explain(place, "no effect: only bands have settings of sections")
    if {"intro", "outro"} & settings.keys() and settled.options.get("form", _usual_form(settled)) == _BARE_FORM:
        settled.options["form"] = "song"  # the same with an introduction and an ending
    if settings:
        settled.options["sections"] = "; ".join(f"{name}: {', '.join(items)}" for name, items in settings.items())


def _usual_form(settled: Settled) -> str:
    """The form that the first style has by itself."""
    name = settled.options.get("style", "").partition(",")[0].partition(":")[0]
    return styles()[name].forms[0] if name in styles() else ""


def _is_stated(finding: Finding) -> bool:
    """Whether the prompt states it, and does not merely imply it."""
    return _strength(finding) > IMPLIED


def _outvoted(strengths: dict[str, int]) -> list[tuple[str, tuple[str, ...]]]:
    """Which of bars, duration and tempo is overridden, and by which of the others: two determine the third.

    >>> _outvoted({"tempo": 2, "bars": 3, "duration": 3}), _outvoted({"bars": 2, "duration": 3})
    ([('tempo', ('bars', 'duration'))], [('bars', ('duration',))])
    """
    if "duration" not in strengths or "bars" not in strengths:
        return []
    if strengths["bars"] < FIGURE:
        return [("bars", ("duration",))]
    return [("tempo", ("bars", "duration"))] if 0 < strengths.get("tempo", 0) < FIGURE else []


def _is_mode_of(finding: Finding, key: object) -> bool:
    return finding.kind == "mode" and str(key).endswith(finding.value)
