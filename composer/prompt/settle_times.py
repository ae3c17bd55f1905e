"""The times of a cue sheet: when a mood begins and ends, and what hits when."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from composer.brief import Hit
from composer.brief.hits import parse_hits
from composer.prompt.findings import AFTER_LAST_HIT_S, Finding
from composer.prompt.parts import LARGEST_GROUP, players_of_part
from composer.prompt.settled import Settled

_CUES = 2  # hits, from which on the last one may end the piece
_RISES = r"\b(?:build|grow|ris)"


def rises_to_hit(findings: Sequence[Finding]) -> list[int]:
    """Places of "builds to" before the only hit of a prompt of open length, to which then the whole piece grows."""
    hits = [hit for one in findings if one.kind == "hits" for hit in parse_hits(one.value)]
    said = [place for place, one in enumerate(findings) if one.kind == "hit manner" and re.search(_RISES, one.phrase.lower())]
    if len(hits) != 1 or not said or any(one.kind in ("duration", "bars") for one in findings):
        return []
    return said if findings[said[-1] + 1 :] == [one for one in findings if one.kind == "hits"] else []


def settle_times(findings: Sequence[Finding], settled: Settled) -> dict[int, float]:
    """Seconds by the place of the mood that they belong to; a time that belongs to no mood is a hit point.

    "Until" belongs to the mood before it; "at" to the mood right after it, else to the one right before it.
    """
    times: dict[int, float] = {}
    hits: list[Hit] = []
    for place, finding in enumerate(findings):
        if finding.kind == "hits":
            found = [_in_manner(hit, place, findings) for hit in parse_hits(finding.value)]
            hits += found
            settled.explain(place, f"hits {', '.join(map(str, found))}")
        if finding.kind == "peak":
            hits.append(Hit(*finding.value))
            settled.explain(place, f"hit {hits[-1]}")
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
            if (event := _event_after(findings, place, mood)) is not None:
                hits.append(Hit(finding.value, "big"))
                settled.explain(event, f"hit {hits[-1]}")
        elif finding.kind == "at" and finding.value > 0 and not _is_of_solo(findings, place):
            hit = Hit(finding.value, "soft" if event is None and not _is_tutti(findings, place) else "big")
            hits.append(_in_manner(hit, place, findings))
            for i in (place, event):
                if i is not None:
                    settled.explain(i, f"hit {hits[-1]}")
    _settle_hits(hits, max(times.values(), default=0.0), findings, settled)
    return times


def _settle_hits(hits: Sequence[Hit], last_time_s: float, findings: Sequence[Finding], settled: Settled) -> None:
    """The hits by time, of which the last may end the piece if no mood begins after it."""
    if len(hits) >= _CUES and not any(one.kind in ("duration", "bars", "until", "span") for one in findings):
        last = max(hit.time_s for hit in hits)
        if last > last_time_s and _ends_with_hit(findings):
            settled.options["duration"] = float(math.ceil(last + AFTER_LAST_HIT_S))
    if rises_to_hit(findings):
        settled.options["duration"] = float(math.ceil(max(hit.time_s for hit in hits) + AFTER_LAST_HIT_S))
    for place, finding in enumerate(findings):
        if hits and finding.kind == "hit manner" and place not in settled.meanings:
            settled.explain(place, f"{finding.value} hit")
    if hits:
        by_time = {hit.time_s: hit for hit in hits}
        settled.options["hits"] = ", ".join(str(by_time[time_s]) for time_s in sorted(by_time))


def _in_manner(hit: Hit, place: int, findings: Sequence[Finding]) -> Hit:
    """A hit as the prompt says how the music comes to it, "swells into the hit": that counts for the hits next to it."""
    timed = [other for other, one in enumerate(findings) if one.kind in ("hits", "at")]
    said = [other for other, one in enumerate(findings) if one.kind == "hit manner"]
    mine = [other for other in said if min(timed, key=lambda at: abs(at - other)) == place]
    return replace(hit, strength=findings[mine[0]].value) if mine and hit.is_strong else hit


def _ends_with_hit(findings: Sequence[Finding]) -> bool:
    """Whether a hit of a cue sheet is said to be the final one: "1:08 final hit"."""
    return any(one.kind in ("hits", "event") and {"final", "last"} & set(one.phrase.lower().split()) for one in findings)


def _ends_piece(findings: Sequence[Finding], place: int) -> bool:
    """Whether an "until" is the end of the piece: no mood, hit or time follows, and no other length is given."""
    kinds = ("mood", "at", "until", "span", "hits", "event", "part")
    return not any(one.kind == "duration" for one in findings) and not any(one.kind in kinds for one in findings[place + 1 :])


def settle_spans(findings: Sequence[Finding], settled: Settled) -> dict[int, tuple[float, float]]:
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


def held_moods(findings: Sequence[Finding], times: Mapping[int, float]) -> dict[int, tuple[float, float]]:
    """Start and end by the place of each mood where the first one is held: "furious until 1:05, then sad".

    A mood that grows, "builds tension until 0:45", is not held.
    """
    named = [place for place, one in enumerate(findings) if one.kind == "mood"]
    untils = {place: at for place, at in times.items() if is_until(findings, place, at)}
    rest = named[len(untils) :]
    grows = any(one.kind in ("arc", "layers") for one in findings)
    if grows or not untils or list(untils) != named[: len(untils)] or len(rest) != 1 or findings[rest[0]].is_end:
        return {}
    starts = [0.0, *untils.values()]
    return dict(zip(named, pairwise([*starts, math.inf]), strict=True))


def is_until(findings: Sequence[Finding], mood: int, at: float) -> bool:
    """Whether the time of a mood is one up to which it lasts."""
    return any(one.kind == "until" and one.value == at for one in findings[mood + 1 :])


def moods_after_hits(findings: Sequence[Finding]) -> dict[int, float]:
    """Seconds by the place of each mood that a hit turns to: "a hit at 0:30, then triumphant"."""
    return {
        place + 1: parse_hits(before.value)[-1].time_s
        for place, (before, after) in enumerate(pairwise(findings))
        if before.kind == "hits" and after.kind == "mood" and after.is_change
    } | {
        place + 1: before.value
        for place, (before, after) in enumerate(pairwise(findings))
        if before.kind == "at" and after.kind == "mood" and _event_after(findings, place, place + 1) is not None
    }


def _event_at(findings: Sequence[Finding], place: int) -> int | None:
    """Place of the event that an "at" belongs to: the one right before it, else one right after it that has no time."""
    following = next((i for i in range(place + 1, len(findings)) if findings[i].kind != "part"), len(findings))
    if findings[place].kind == "at" and following < len(findings) and _is_in_line(findings, place, following):
        return following  # "0:45 full orchestra explosion"
    kinds = ["", *(finding.kind for finding in findings), "", ""]  # kinds[place + 1] is that of the time
    if findings[place].kind == "at" and kinds[place] == "event" and not _has_time(findings, place - 1, place):
        return place - 1
    if findings[place].kind == "at" and kinds[place + 2] == "event" and kinds[place + 3] != "at":
        return place + 1
    return None


def _event_after(findings: Sequence[Finding], time: int, mood: int) -> int | None:
    """Place of an event right after the mood of a time that names none, "at 0:48 the wolf attacks, big hit"; else `None`."""
    following = findings[mood + 1 : mood + 3]
    is_event = time < mood and bool(following) and following[0].kind == "event"
    return mood + 1 if is_event and (len(following) == 1 or following[1].kind not in ("at", "hits")) else None


def _is_of_solo(findings: Sequence[Finding], place: int) -> bool:
    """Whether a time is that of the solo right before it, which the form places: "synth solo at one minute"."""
    return place > 0 and findings[place - 1].is_solo and findings[place - 1].clause == findings[place].clause


def _is_tutti(findings: Sequence[Finding], place: int) -> bool:
    """Whether the players right before a time are an orchestra or a band: "builds to full orchestra at 1:00"."""
    before = findings[place - 1 : place]
    return any(one.kind == "part" and len(players_of_part(one, alone=True)) > LARGEST_GROUP for one in before)


def _is_in_line(findings: Sequence[Finding], place: int, event: int) -> bool:
    """Whether an event, with players before it, is in the line of a cue sheet that a time opens."""
    return findings[event].kind == "event" and event > place + 1 and findings[event].clause == findings[place].clause


def _has_time(findings: Sequence[Finding], event: int, place: int) -> bool:
    """Whether an event before a time is in an earlier line of a cue sheet, with a time of its own."""
    line = [one.kind for one in findings[:event] if one.clause == findings[event].clause]
    return findings[event].clause != findings[place].clause and "at" in line
