"""Moods and energy of a prompt: one mood, a curve of several, or the times of a cue sheet."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from composer.presets import MoodTag, moods, nearest_mood
from composer.prompt.findings import NOT_QUITE, PLEASANT, Finding
from composer.prompt.lexicon import phrase_of, prompt_table
from composer.prompt.prompt_text import Text
from composer.prompt.settle_tempo import pace_before_turn
from composer.prompt.settle_times import held_moods, is_until, moods_after_hits, rises_to_hit, settle_spans, settle_times
from composer.prompt.settled import NOTHING_MORE, Conflict, Settled

_MAX_INTENSITY = 2.0
_TURN_S = 1.0  # from the end of one mood of a cue sheet to the next
_LAST_FROM, _JOINT = 75, 1  # per cent of a piece up to its last section, and to the full mood of that
_NEUTRAL = "0,0"
_PAIR = 2
_HALF = 50  # per cent
_WORDS_BEFORE = 3  # "for my little children"
_COURSES = ("dynamic", "arc", "peak", "event", "hits", "always soft")  # kinds of findings that say how loud a piece is where
_RESTING = -0.2  # arousal of moods that rest: quiet is part of them
_STILL, _GRAND, _BOSS, _HORROR = "calm", "epic", "boss", "horror"
_FADES, _FADING = "fad", r"\bfad|\b(?:die|dying)"  # arcs; in the words of a length, "fade out by 0:55", "dies away by 1:10"


def settle_arcs(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """How energy goes; a quiet start that is the only mood is part of a build. Returns the findings without that mood."""
    left, soft_ends = list(findings), prompt_table()["loudness"]["soft_ends"]
    ways = [(place, finding.value) for place, finding in enumerate(findings) if finding.kind == "arc"]
    ways += [(place, "build") for place, finding in enumerate(findings) if finding.kind == "layers"]
    ways += [(place, "build") for place in rises_to_hit(findings)]
    fading = (place for place, one in enumerate(findings) if one.kind == "duration" and re.search(_FADING, one.phrase))
    ways += [(place, "fade-out") for place in fading]
    if not any(way == "build" for _, way in ways):
        ways += [(place, "swell") for place, finding in enumerate(findings) if finding.kind == "peak"]
    named = [place for place, finding in enumerate(findings) if finding.kind == "mood"]
    ended = [place for place in named if findings[place].is_end]
    for place in ended[1:]:
        if findings[place].phrase.lower() in (*soft_ends, *prompt_table()["section_levels"]["soft"]):
            ways.append((place, "soft-end"))  # "the ending sad and quiet"
            left[place] = replace(findings[place], kind="arc", value="soft-end")
            named.remove(place)
    softly = [place for place in named if findings[place].is_start and findings[place].phrase.lower() in soft_ends]
    if softly and len(named) > 1 and not any(findings[place].is_change or findings[place].is_end for place in named):
        ways.append((softly[0], "build"))  # "warm, starting softly" is loudness
        left[softly[0]] = replace(findings[softly[0]], kind="arc", value="build")
        named.remove(softly[0])
    timed = any(one.kind == "hits" or (one.kind == "at" and one.value > 0) for one in findings)
    opens = timed and any(findings[place - 1].kind == "at" and findings[place - 1].value == 0 for place in named if place)
    starts = len(named) == 1 and (findings[named[0]].is_start or opens) and moods()[findings[named[0]].value[0]].arousal <= 0
    shaped = {"swell", "wind-down", "soft-end"} & {way for _, way in ways}
    has_mood = any(finding.kind == "use" and "mood" in finding.value for finding in findings)
    if starts and shaped and (has_mood or findings[named[0]].phrase.lower() in soft_ends):
        way = "build" if shaped == {"soft-end"} else min(shaped)
        ways.append((named[0], way))  # "a funeral march that starts quietly and swells" has the mood of a funeral
        left[named[0]] = replace(findings[named[0]], kind="arc", value=way)
    elif starts and not shaped:
        ways += [(named[0], "build"), *([(named[0] - 1, "build")] if opens else [])]
        left[named[0]] = replace(findings[named[0]], kind="arc", value="build")
    ordered = [way for _, way in sorted(ways)]
    if set(ordered) in ({"wind-down", "build"}, {"wind-down", "loud-end"}) and ordered[0] == "wind-down":
        return left  # loudness does not dip
    shapes = {way for way in ordered if not way.startswith(_FADES)}
    shape = _joint_shape(shapes)
    names = [*([shape] if shape else []), *dict.fromkeys(way for way in ordered if way not in shapes)]
    for place, way in ways:
        settled.explain(place, f"arc {way if way in names else shape}")
    if names:
        settled.options["arc"] = names
    return left


def _joint_shape(shapes: Collection[str]) -> str:
    """The one arc beside fades that several come to; empty without one.

    >>> [_joint_shape(shapes) for shapes in ({"build", "soft-end"}, {"build", "loud-end"}, {"wind-down", "soft-end"}, ())]
    ['swell', 'build', 'wind-down', '']
    """
    if "swell" in shapes or ("build" in shapes and {"wind-down", "soft-end"} & {*shapes}):
        return "swell"
    return next((way for way in ("build", "wind-down", "soft-end", "loud-end") if way in shapes), "")


def without_touches(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings without moods of single players in a list, "light piano", where another word says the mood of the piece."""
    touches = {place for place in range(len(findings)) if _is_touch(findings, place)}
    others = any(one.kind == "mood" and place not in touches for place, one in enumerate(findings))
    if not touches or not others:
        return findings
    return [replace(one, kind="touch") if place in touches else one for place, one in enumerate(findings)]


def _is_touch(findings: Sequence[Finding], place: int) -> bool:
    """Whether a mood is right before a player who joins others, or who goes on a list of players."""
    one, after = findings[place], findings[min(place + 1, len(findings) - 1)]
    if one.kind != "mood" or after.kind != "part" or after.first != one.last or one.clause != after.clause or one.is_change:
        return False
    return after.is_added or (place > 0 and findings[place - 1].kind == "part")


def with_loudness_of_menace(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings with "quiet" as loudness where another word or a scene threatens: "horror game, a corridor, very quiet"."""
    said = [tags for one in findings for tags in _moods_said(one) if phrase_of(one.phrase)[-1] not in _soft_words()]
    threatens = any(moods()[tag].valence < 0 and moods()[tag].arousal > _RESTING for tags in said for tag in tags)
    if not threatens or any(one.kind in _COURSES for one in findings):
        return findings
    several = sum(one.kind == "part" for one in findings) > 1
    found = []
    for one, after in zip(findings, [*findings[1:], None], strict=True):
        is_soft = one.kind == "mood" and phrase_of(one.phrase)[-1] in _soft_words() and not _has_place(one)
        of_player = several and after is not None and after.kind == "part" and after.first == one.last  # "soft piano"
        is_loudness = is_soft and not of_player
        found.append(replace(one, kind="dynamic", value="pp" if one.degree > 1 else "p", degree=1.0) if is_loudness else one)
    return found


def _soft_words() -> Collection[str]:
    """Words for loudness that are a mood where nothing else says what the piece is like."""
    return set(prompt_table()["loudness"]["words"])


def _moods_said(finding: Finding) -> list[Sequence[str]]:
    """The tags of a mood, or of one that a scene implies."""
    tags = finding.value if finding.kind == "mood" else finding.value.get("mood") if finding.kind == "use" else None
    return [tags] if tags else []


def _has_place(one: Finding) -> bool:
    """Whether a mood is that of a place or a change, and not of the whole piece."""
    return one.is_change or one.is_start or one.is_end or one.is_last or one.is_middle or bool(one.place)


def with_moods_of_scenes(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the mood that a scene implies as one of the prompt where a time lets it begin after another mood.

    "Calm for 30 seconds, then a monster appears" turns into the mood of a monster.
    """
    found = list(findings[:1])
    for before, one in pairwise(findings):
        is_timed = before.kind == "span" or (before.kind in ("until", "at") and any(each.kind == "mood" for each in found))
        if is_timed and one.kind == "use" and "mood" in one.value:
            found.append(replace(one, kind="mood", value=tuple(one.value["mood"]), is_change=True))
        found.append(one)
    return found


def with_gravity(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings in which persons and places near death, loss, war or fear imply nothing pleasant: "a child's funeral".

    Children for whom a piece is keep their level.
    """
    grave = prompt_table()["grave"]
    found = list(findings)
    if not any(tag in grave["moods"] for one in findings if one.kind == "use" for tag in one.value.get("mood", ())):
        return found
    for place, one in enumerate(findings):
        if one.kind == "use" and one.value.get("mood") and one.value.keys() <= {"mood", "style", "level"}:
            is_pleasant = all(tag not in grave["moods"] and moods()[tag].valence > 0 for tag in one.value["mood"])
            is_person = one.value.keys() == {"mood"} or "level" in one.value  # or a place; others say what a piece is for
            before = [word.folded for word in text.words[max(0, one.first - _WORDS_BEFORE) : one.first]]
            kept = {"level": one.value["level"]} if "level" in one.value and {*before} & {*grave["for_whom"]} else {}
            found[place] = replace(one, value=kept) if is_pleasant and is_person else one
    return found


def settle_moods(findings: Sequence[Finding], settled: Settled) -> None:
    """All moods named, in sequence where the prompt says so; if none is named, the first that a use implies."""
    named = [(place, finding.value) for place, finding in enumerate(findings) if finding.kind == "mood"]
    curve = next((place for place, finding in enumerate(findings) if finding.kind == "mood curve"), None)
    if curve is not None:
        settled.options["mood_curve"] = findings[curve].value
        for place in [curve, *(place for place, _ in named)]:
            settled.explain(place, f"mood curve {findings[curve].value}" if place == curve else NOTHING_MORE)
        settle_times(findings, settled)
        return
    implied = [(place, f.value["mood"]) for place, f in enumerate(findings) if f.kind == "use" and "mood" in f.value]
    of_any_mood = prompt_table()["media"]["words"]
    implied.sort(key=lambda item: phrase_of(findings[item[0]].phrase)[0] in of_any_mood)
    weak = [(place, tags) for place, tags in named if findings[place].degree == NOT_QUITE]  # "nothing too dramatic, just calm"
    if len(weak) < len(named) or _are_brighter(weak, implied[:1]):
        named = [item for item in named if item not in weak]
        for place, _ in weak:
            settled.explain(place, NOTHING_MORE)
    times = settle_times(findings, settled)
    spans = settle_spans(findings, settled) or held_moods(findings, times)
    jumps = moods_after_hits(findings)
    if (times or spans or jumps) and len(named) > 1:
        _settle_timed_curve([(place, findings[place]) for place, _ in named], times | jumps, spans, jumps.keys(), settled)
    elif len(named) == 1 and pace_before_turn(findings, named[0][0]) is not None:
        _settle_halves(*named[0], settled)
    elif len(named) == 1 and (start_s := times.get(named[0][0], 0.0)) and not is_until(findings, named[0][0], start_s):
        _settle_late(implied[0] if implied else None, *named[0], start_s, settled)
    elif len(named) == 1 and findings[named[0][0]].is_change and not findings[named[0][0]].is_middle:
        _settle_turn(implied[0] if implied else None, *named[0], settled)
    elif _comes_back([tags[0] for _, tags in named]):
        _settle_curve([(place, replace(findings[place], is_change=True)) for place, _ in named], settled)
    elif any(findings[place].is_change for place, _ in named) or _has_ends([findings[place] for place, _ in named]):
        last = findings[named[-1][0] + 1 :][:1]
        returns = bool(last) and last[0].kind == "return"
        _settle_curve([(place, findings[place]) for place, _ in named], settled, returns=returns)
        if returns:
            settled.explain(named[-1][0] + 1, "mood of the start at the end")
    elif len(named) == 1 and findings[named[0][0]].is_middle:
        _settle_middle(implied[0] if implied else None, *named[0], settled)
    elif len(named) == 1 and findings[named[0][0]].is_last:
        _settle_ending(implied[0] if implied else None, *named[0], settled)
    elif named or implied:
        _settle_mean([*named, *_menace(named, implied, findings)] or implied[:1], settled)
    _settle_denied(findings, settled)
    _settle_degree(named, findings, settled)


def _are_brighter(weak: Sequence[tuple[int, Sequence[str]]], implied: Sequence[tuple[int, Any]]) -> bool:
    """Whether all moods after "not too" are brighter than the implied one, which stays: "a funeral, not too cheerful"."""
    usual = [moods()[tags[0]].valence for _, tags in implied]
    return bool(usual) and all(moods()[tags[0]].valence > usual[0] for _, tags in weak)


def _settle_turn(before: tuple[int, Sequence[str]] | None, place: int, tags: Sequence[str], settled: Settled) -> None:
    """ "A funeral march turns into hope": from the implied mood, else one of the opposite valence, to the only one named."""
    tag = moods()[tags[0]]
    start = before[1][0] if before else nearest_mood(-tag.valence, -tag.arousal).name
    settled.options["mood_curve"] = f"{start}@0% {tag.name}@100%"
    settled.explain(place, f"mood curve {settled.options['mood_curve']}")


def _settle_late(
    before: tuple[int, Sequence[str]] | None, place: int, tags: Sequence[str], start_s: float, settled: Settled
) -> None:
    """ "Darker from 0:25" and nothing else: the implied mood, else a neutral one, up to then."""
    start = before[1][0] if before else _NEUTRAL
    settled.options["mood_curve"] = f"{start}@0s {start}@{max(start_s - _TURN_S, 0.1):g}s {tags[0]}@{start_s:g}s {tags[0]}@end"
    settled.explain(place, f"mood curve {settled.options['mood_curve']}")


def _settle_ending(before: tuple[int, Sequence[str]] | None, place: int, tags: Sequence[str], settled: Settled) -> None:
    """ "With a calm ending" and nothing else: the implied mood, else a neutral one, up to the last section."""
    settled.options["mood_curve"] = _with_ending([before[1][0] if before else _NEUTRAL], tags[0])
    settled.explain(place, f"mood curve {settled.options['mood_curve']}")


def _with_ending(tags: Sequence[str], last: str) -> str:
    """A curve with moods at equal distances up to the last section, and that of the last section.

    >>> _with_ending(["tense"], "calm")
    'tense@0% tense@75% calm@76% calm@100%'
    >>> _with_ending(["calm", "tense"], "sad")
    'calm@0% tense@37.5% tense@75% sad@76% sad@100%'
    """
    points = [f"{tag}@{_LAST_FROM * index / len(tags):.4g}%" for index, tag in enumerate(tags)]
    return " ".join([*points, f"{tags[-1]}@{_LAST_FROM:g}%", f"{last}@{_LAST_FROM + _JOINT:g}%", f"{last}@100%"])


def _settle_halves(place: int, tags: Sequence[str], settled: Settled) -> None:
    """ "A slow air that turns into a lively reel": a positive mood of the opposite arousal, from the half on the one named."""
    around = nearest_mood(PLEASANT, -moods()[tags[0]].arousal).name
    settled.options["mood_curve"] = f"{around}@0% {around}@{_HALF - _TURN_S:g}% {tags[0]}@{_HALF}% {tags[0]}@100%"
    settled.explain(place, f"mood curve {settled.options['mood_curve']}")


def _settle_middle(before: tuple[int, Sequence[str]] | None, place: int, tags: Sequence[str], settled: Settled) -> None:
    """A contrast in the middle and nothing else: the implied mood surrounds it, else another one."""
    tag = moods()[tags[0]]
    around = before[1][0] if before else _around(tag)
    settled.options["mood_curve"] = f"{around}@0% {tag.name}@50% {around}@100%"
    settled.explain(place, f"mood curve {settled.options['mood_curve']}")


def _menace(
    named: Sequence[tuple[int, Sequence[str]]], implied: Sequence[tuple[int, Any]], findings: Sequence[Finding]
) -> list[tuple[int, Any]]:
    """The mood of a fight in a game that "epic" alone does not tell, or of horror beside other dark words: "empty corridor"."""
    tags = {tag for _, each in named for tag in each}
    fights, horrors = ([i for i in implied if word in phrase_of(findings[i[0]].phrase)] for word in (_BOSS, _HORROR))
    if tags == {_GRAND}:
        return fights[:1]
    return horrors[:1] if all(moods()[tag].valence < 0 and moods()[tag].arousal < 0 for tag in tags) else []


def _around(tag: MoodTag) -> str:
    """What surrounds a mood of the middle only: a neutral mood a calm one, else a positive mood of the opposite arousal."""
    return _NEUTRAL if tag.arousal <= 0 else nearest_mood(PLEASANT, -tag.arousal).name


def _settle_denied(findings: Sequence[Finding], settled: Settled) -> None:
    """ "Not sad", "nothing too dark": the opposite mood where none is named, else nothing that the other moods do not say."""
    denied = [(place, finding) for place, finding in enumerate(findings) if finding.kind == "denied mood"]
    named = {tag: finding.phrase for finding in findings if finding.kind == "mood" for tag in finding.value}
    for place, finding in denied:
        tag = finding.value[0]
        if tag in named:
            settled.conflicts.append(Conflict("mood", named[tag], finding.phrase))
        elif named or "mood" in settled.options:
            settled.explain(place, NOTHING_MORE)
        else:
            _settle_mean([(place, (moods()[tag].opposite,))], settled)


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
    by_place = dict(moods)
    if spans or all(start >= 0 or by_place[place].is_start for start, place in placed):  # lines of a cue sheet in any order
        placed.sort(key=lambda item: item[0])
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
                points.append(f"{tag}@end" if math.isinf(end) else f"{tag}@{last:g}s")
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


def _settle_curve(named: Sequence[tuple[int, Finding]], settled: Settled, *, returns: bool = False) -> None:
    """Moods in sequence, at equal distances; of several at one place the first counts.

    The mood of the start comes first and that of the end last; between them stand the changes, or else the other moods.
    """
    starts = [item for item in named if item[1].is_start and not item[1].is_end]
    starts = [item for item in starts if item[1].value != (_STILL,)] or starts  # "quiet and uneasy at first"
    named_first = [item for item in named[:1] if not (item[1].is_middle or item[1].is_end)]
    starts = (starts or named_first or [item for item in named if not (item[1].is_middle or item[1].is_end)])[:1]
    ends = [item for item in named if item[1].is_end and item not in starts][:1]
    rest = [item for item in named if item not in (*starts, *ends)]
    changes = [item for item in rest if item[1].is_change or item[1].is_middle]
    opens = bool(starts) and starts[0][1].is_start
    turns = [*starts, *(changes or (rest[:1] if opens else [])), *ends]
    if len(turns) > 1 and (turns[-1][1].is_middle or returns):
        turns.append(turns[0])  # "tense in the middle" ends as it begins, as does "from calm to tense and back"
    elif len(turns) == _PAIR and ends and not ends[0][1].is_last and _falls(settled):
        turns.append(turns[0])  # so does "a huge climax before fading away"
    if len({finding.value[0] for _, finding in turns}) == 1:
        return _settle_mean([(place, finding.value) for place, finding in named], settled)
    before = _mood_before_turn([finding for _, finding in turns], settled)
    before = before if starts else [_around(moods()[turns[0][1].value[0]])]
    tags = [*before, *(finding.value[0] for _, finding in turns)]
    named_places = any(finding.is_start or finding.is_middle for _, finding in turns)
    if turns[-1][1].is_last and not named_places and "build" not in settled.options.get("arc", ()):
        curve = _with_ending(tags[:-1], tags[-1])
        points = [*curve.split()[: len(tags) - 1], curve.split()[-2]]
    else:
        points = [f"{tag}@{100 * index / (len(tags) - 1):.4g}%" for index, tag in enumerate(tags)]
        curve = " ".join(points)
    for (place, _), point in zip(turns, points[len(before) :], strict=True):
        settled.explain(place, f"mood curve {point}")
    settled.options["mood_curve"] = curve
    if before and settled.options.get("arc") == ["build"] and moods()[tags[-1]].arousal < moods()[tags[1]].arousal:
        settled.options["arc"] = ["swell"]
        settled.meanings |= {place: "arc swell" for place, meaning in settled.meanings.items() if meaning == "arc build"}


def _falls(settled: Settled) -> bool:
    """Whether the piece gets quieter at the end."""
    return bool({"fade-out", "wind-down", "soft-end"} & set(settled.options.get("arc", ())))


def _mood_before_turn(turns: Sequence[Finding], settled: Settled) -> list[str]:
    """The quiet mood that a piece has before it turns into the first one named: "starts nearly silent, becomes frantic".

    It is the last one named if that is quiet, "then back to stillness", else a calm one.
    """
    first, last = (moods()[one.value[0]] for one in (turns[0], turns[-1]))
    if not turns[0].is_change or turns[0].is_start or "build" not in settled.options.get("arc", ()) or first.arousal <= 0:
        return []
    return [last.name if last.arousal <= 0 else _STILL]


def _comes_back(tags: Sequence[str]) -> bool:
    """Whether a mood is named again after another one: "calm, storm, calm again".

    >>> _comes_back(["calm", "agitated", "calm"]), _comes_back(["calm", "calm", "tender"])
    (True, False)
    """
    turns = [tag for place, tag in enumerate(tags) if place == 0 or tag != tags[place - 1]]
    return len(set(turns)) < len(turns)


def _has_ends(moods: Sequence[Finding]) -> bool:
    """Whether one of several moods is only that of the start, the middle or the end: "quiet start, huge ending"."""
    return len(moods) > 1 and any(mood.is_start or mood.is_middle or mood.is_end for mood in moods)


def _settle_degree(named: Sequence[tuple[int, Any]], findings: Sequence[Finding], settled: Settled) -> None:
    """Intensity: the mean of "very", "slightly" and the like before moods."""
    degrees = [findings[place].degree for place, _ in named if findings[place].degree != 1]
    if degrees:
        settled.options["intensity"] = round(min(_MAX_INTENSITY, sum(degrees) / len(degrees)), 2)
        for place, _ in named:
            if findings[place].degree != 1:
                settled.explain(place, f"intensity {findings[place].degree:g}")
