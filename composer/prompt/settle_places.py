"""What one place of the piece is like, as settings of its section, as its moods, or as the course of loudness."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from composer.brief import EVERY, Hit, MoodPoint, parse_curve
from composer.presets import moods, styles
from composer.prompt.figures.band_sections import LEVELS, PLAYER, entries, player_name
from composer.prompt.figures.forms import PARALLEL
from composer.prompt.figures.places import Quality
from composer.prompt.findings import PACES, Finding
from composer.prompt.lexicon import word_of_tempo
from composer.prompt.parts import CHOIR, LARGEST_GROUP, is_lone_voice, kind_of, players_of_part
from composer.prompt.phases import names_of_part
from composer.prompt.scopes import CLIMAX, ELSEWHERE, ENDS
from composer.prompt.section_spans import OUTER, Span, in_words, spans_of
from composer.prompt.settle_sections import MELODY, form_with, has_levels, has_settings, line_up
from composer.prompt.settle_styles import is_for_band
from composer.prompt.settled import NO_EFFECT, Settled

_ENERGY = {"soft": -0.6, "loud": 0.5, "sparse": -0.3, "busy": 0.4}  # arousal that a level adds where no band plays
_ARCS = {("end", "soft"): "soft-end", ("end", "loud"): "loud-end", ("start", "soft"): "build", ("start", "loud"): "wind-down",
         ("middle", "loud"): "swell"}  # fmt: skip
_STARTS, _MIDDLES, _ENDS = ("start", "intro"), ("middle", "trio"), ("end", "outro")
_TO_END_S, _SHORTEST_S = 2.0, 10.0  # from the last hit to the end, for it to sound; and of a piece with one
_TIMES = ("at", "until", "span", "hits", "peak")  # which place players by themselves
_TIMED = ("hits", "at", "peak", "span", "until", "piece share", "sections")
_PRE_CHORUS, _BREAK = "build", "break"
_OF_LONE = {
    "end": ("outro", "outro"),
    _BREAK: (_BREAK, "middle"),
}  # sections in which one player is alone, in a band and elsewhere
# Kinds of findings that set an option of the whole piece, unless they are said of a place.
_OF_PIECE = (
    "key", "mode", "bpm", "tempo", "speed", "dynamic", "density", "course", "exclusion", "level", "texture", "meter", "length",
    "arc", "scale", "polyphony", "mood",
)  # fmt: skip
_AT_CLIMAX = "from 50% until 83%"
_SECOND = "first b"  # the second theme of a sonata where it comes first
_AT_END = {"wind-down": "soft-end", "build": "loud-end"}  # courses of loudness that only the end has
_THEME = r"\b(?:theme|subject)\b"
_STRINGS, _LEFT_OUT = "strings", r"no |without "
_SEVERAL = 2  # players who open a piece without the others
_FEW = 3  # players of a part that joins in a place
_SOLO = "solo"
_OF_MOODS = ("middle", "trio", "bridge", "break", "chorus", "last chorus", "verse", "outro")
_LOUD, _SOFT, _MIDDLING = ("f", "ff", "fff"), ("ppp", "pp", "p"), 0.5
_THROUGHOUT, _LATE = "100%@0 ", "100%@85% "  # beginnings of courses of the tempo: of the piece, and of one of its end
_JOINT = 1.0  # per cent from the mood of a place to that of the next section


def with_places(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with those for each quality of a place instead of the place.

    Tempi, players, and in a band loudness and texture are settings of the section; moods of the start, the middle and the end
    are such moods. Elsewhere loudness is an arc where there is one for it, else more or less energy there.
    """
    timed = any(one.kind in _TIMES for one in findings)
    paced = {one.value[0] for one in findings if one.kind == "section tempo"}
    findings = [_as_place(one, paced) for one in findings]
    findings = findings if timed else _with_players_of_places(findings)
    in_band = has_settings(findings)
    players = {name for one in findings if one.kind == "part" and not one.place for name in names_of_part(one)}
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
        is_lone = any(kind == "only" for kind, _ in qualities)
        if is_lone and name in _OF_LONE:
            name = _OF_LONE[name][not in_band]
        if name in (*OUTER, _PRE_CHORUS) or (is_lone and name == _BREAK):
            found.append(replace(one, kind="section wanted", value=name))
        qualities = [each for each in qualities if each not in kept_modes]
        arcs = {level for level, _ in qualities if (name, level) in _ARCS}
        for kind, value in qualities:
            if kind == "unknown":
                found.append(replace(one, kind="beyond", value=value, phrase=value))
            elif kind in ("bpm", "tempo"):
                found.append(replace(one, kind="section tempo", value=(name, value)))
            elif kind == "mood":
                found.append(_mood_at(name, value, one))
            elif kind == "mode":
                found.append(replace(one, kind="sections", value=f"{name}: {PARALLEL}"))
            elif kind == "key":
                counted = "first " * (name == "b" and bool(re.search(_THEME, one.phrase.lower())))  # whose return is at home
                found.append(replace(one, kind="sections", value=f"{counted}{name}: key {value}"))
            elif kind == "only":
                found.append(replace(one, kind="sections", value=f"{name}: only {value}"))
            elif kind == "late":
                found.append(replace(one, kind="sections", value=entries(name, value.split(" and "))))
            elif kind == "+" and set(value.split(" and ")) <= players:
                found.append(replace(one, kind="alternative", value=None))  # "a coda with the cello" of a piano trio
            elif kind in ("+", "no"):
                items = (f"{kind}{each}" if kind == "+" else f"no {each}" for each in value.split(" and "))
                found.append(replace(one, kind="sections", value=f"{name}: {', '.join(items)}"))
            elif kind in arcs and (timed or not in_band):
                found.append(replace(one, kind="arc", value=_ARCS[name, kind]))
            elif in_band:
                found.append(replace(one, kind="sections", value=f"{name}: {LEVELS[kind]}"))
            else:
                found.append(replace(one, kind="place energy", value=(name, _ENERGY[kind])))
    return found


def _with_players_of_places(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with few players who play only in a place, or who are alone there, as settings of it beside their parts.

    Who plays or is left out elsewhere has no part of the place.
    """
    found: list[Finding] = []
    findings = _with_openings(findings)
    lone: dict[str, int] = {}  # where the settings are for each place in which players are alone
    for place, one in enumerate(findings):
        names = [CHOIR] if _is_choir(one) else names_of_part(one) if _is_of_place(one) else []
        after = findings[place + 1] if place + 1 < len(findings) else one
        leads = after.kind == "sections" and after.first == one.last and MELODY in str(after.value)  # a player of the piece
        others = [each for each in findings if each.kind == "part" and not each.place]
        is_everywhere = leads or (bool(names) and any(has_players(each, one) for each in others))
        if not 0 < len(names) <= _FEW or (is_everywhere and not one.is_only):
            found.append(one)
            continue
        if not is_everywhere and not re.match(_LEFT_OUT, one.phrase.lower()):
            found.append(replace(one, is_only=False, is_for=False, is_added=True) if one.is_only else one)
        if one.is_only and one.place in lone:
            before = found[lone[one.place]]
            names = list(dict.fromkeys([before.value[1][0][1], *names]))
            found[lone[one.place]] = replace(before, value=(one.place, (("only", " and ".join(names)),)))
            found.append(replace(one, kind="phase", value=f"section {one.place}"))
        else:
            lone |= {one.place: len(found)} if one.is_only else {}
            way = "only" if one.is_only else "+"
            found.append(replace(one, kind="place", value=(one.place, ((way, " and ".join(names)),))))
    return found


def _with_openings(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with several players of a large group at its beginning as the only ones there: "strings and celesta"."""
    found = list(findings)
    groups = (one for one in findings if one.kind == "part" and not one.place)
    if not any(len(players_of_part(one, alone=True)) > LARGEST_GROUP for one in groups):
        return found
    for place in range(len(found) - 1, 0, -1):
        one, before = found[place], found[place - 1]
        is_joined = before.kind == one.kind == "part" and before.is_listed and before.last + 1 == one.first
        if is_joined and one.place in _STARTS and not before.place:
            found[place - 1] = replace(before, place=one.place)
    opening = [place for place, one in enumerate(found) if one.kind == "part" and one.place in _STARTS and not one.is_solo]
    if len({name for place in opening for name in names_of_part(found[place])}) >= _SEVERAL:
        for place in opening:
            found[place] = replace(found[place], is_only=True)
    return found


def _is_choir(one: Finding) -> bool:
    """Whether a part of a place is a choir as a whole."""
    return _is_of_place(one) and all(name.startswith(CHOIR) for name in names_of_part(one) or [""])


def _is_of_place(one: Finding) -> bool:
    """Whether a part may be one of a place: not a solo, nor how an orchestra plays, "tremolo strings", unless it is alone."""
    is_part = one.kind == "part" and one.place not in ("", CLIMAX, ELSEWHERE) and not one.is_solo
    return is_part and (one.is_only or not one.value.is_a("feature"))


def has_players(group: Finding, part: Finding) -> bool:
    """Whether the players of a part, or others of their kinds, are among those of a group; strings are in an orchestra.

    A choir is not in a group with one singer, and no group is within a single player.
    """
    if len(players_of_part(part, alone=True)) > len(players_of_part(group, alone=True)) == 1:
        return False
    singers = [player for player in players_of_part(group, alone=True) if kind_of(player) == CHOIR]
    members = {kind_of(player) for player in players_of_part(group, alone=True)}
    kinds = {kind_of(player) for player in players_of_part(part, alone=False)}
    if singers and all(map(is_lone_voice, singers)) and not any(map(is_lone_voice, players_of_part(part, alone=False))):
        members.remove(CHOIR)
    is_large = len(names_of_part(group)) > LARGEST_GROUP
    return kinds <= members or (is_large and all(name.endswith(_STRINGS) for name in names_of_part(part)))


def _as_place(one: Finding, paced: Set[str]) -> Finding:
    """What is said of a place only, as a quality of that place, or as "placed" where no section can have it.

    A place in `paced` has a tempo already.
    """
    if one.kind == "sections" and one.place not in ("", CLIMAX, ELSEWHERE):
        return replace(one, value=str(one.value).replace(f"{EVERY}: ", f"{one.place}: "))
    if one.place == _SECOND and one.kind != "key":
        one = replace(one, place=_SECOND.removeprefix("first "))
    is_read = one.kind == "mood" and (one.is_start or one.is_middle or one.is_end or one.place not in _OF_MOODS)
    if not one.place or one.kind not in _OF_PIECE or is_read:
        return one
    if one.kind == "arc":
        is_late = one.place in ENDS and not re.search(r"\b(?:climax|peak|end)\b", one.phrase.lower())
        return replace(one, value=_AT_END.get(one.value, one.value)) if is_late else one
    if one.place in paced and one.kind in PACES:
        return replace(one, kind="alternative", value=None)  # "a coda that gets faster and faster"
    if one.place == CLIMAX and one.kind == "dynamic" and one.value in _LOUD:
        return replace(one, kind="arc", value="swell")
    if one.kind == "course" and not str(one.value).startswith(_THROUGHOUT):
        return one  # which has a place, or goes from one figure to another
    if one.kind == "course" and one.place in ENDS:
        return replace(one, value=str(one.value).replace(_THROUGHOUT, _LATE))
    quality = _quality_of(one)
    if quality is None or one.place == ELSEWHERE:
        return replace(one, kind="placed")
    return replace(one, kind="place", value=(_AT_CLIMAX if one.place == CLIMAX else one.place, (quality,)))


def _quality_of(one: Finding) -> Quality | None:
    """A finding as a quality of a place; `None` where no section can have it."""
    if one.kind == "key":
        return "key", str(one.value)
    if one.kind == "mood":
        return "mood", str(one.value[0])
    if one.kind == "mode" and one.place != "end":
        return "mode", str(one.value)
    if one.kind == "bpm":
        return "bpm", f"{one.value:g}"
    if one.kind == "dynamic" and one.value in (*_LOUD, *_SOFT):
        return ("loud" if one.value in _LOUD else "soft"), one.phrase
    if one.kind == "density" and one.value != _MIDDLING:
        return ("busy" if one.value > _MIDDLING else "sparse"), one.phrase
    if one.kind in ("tempo", "speed") and (word := word_of_tempo(one.phrase)):
        return "tempo", word
    if one.kind == "exclusion" and len(names_of_part(one)) <= _FEW:
        return "no", " and ".join(names_of_part(one))
    return None


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


def with_energy_of_places(findings: Sequence[Finding], settled: Settled) -> list[Finding]:
    """The findings with levels of sections as more or less energy there, where nobody plays who has levels.

    A solo without a band is that of the player who leads: "a concerto with a virtuosic solo".
    """
    energy = {LEVELS[level]: value for level, value in _ENERGY.items()}
    players = line_up(settled)
    if not players or has_levels(players):
        return list(findings)
    found: list[Finding] = []
    for one in findings:
        name, _, item = str(one.value).partition(": ")
        is_level = one.kind == "sections" and item in energy
        if is_level and name == _SOLO:
            found.append(replace(one, kind="alternative", value=None))
        else:
            found.append(replace(one, kind="place energy", value=(name, energy[item])) if is_level else one)
    return found


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
            settled.explain(place, f"{NO_EFFECT}{missing}")
    if changed:
        settled.options["form"] = form
        settled.options.pop("mood", None)
        settled.options["mood_curve"] = " ".join(f"{label}@{at:.4g}%" for at, label in points)


def _usual_form(names: Sequence[str], settled: Settled) -> str:
    """The form of the band of the style if it has sections of these names, else one that has."""
    style = settled.first_style
    usual = styles()[style].forms[0] if style in styles() and styles()[style].forms and is_for_band(style) else ""
    return usual if usual and all(spans_of(name, in_words(usual)) for name in names) else form_with(names, style)


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
