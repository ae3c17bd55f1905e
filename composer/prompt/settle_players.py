"""Who plays and what a band does: the parts named, with or without the band of the style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from composer.brief import DRUMS, is_drums
from composer.controls import MAX_PARTS
from composer.presets import features, find_percussion, instruments, moods, styles
from composer.prompt.findings import Finding
from composer.prompt.joining import names_choir, of_size, parts_join
from composer.prompt.lexicon import lexicon, phrase_of
from composer.prompt.named_parts import (
    JAZZ_TRIO,
    as_listed,
    corrected,
    of_sections,
    of_whole_choirs,
    with_rhythm,
    with_saxes,
    with_sung_bass,
    with_voices,
    without_band,
)
from composer.prompt.parts import (
    LARGEST_GROUP,
    PAIR,
    SINGER,
    SIZES,
    SMALLEST_BAND,
    english_name,
    is_alone,
    is_band,
    is_excluded,
    is_in_drum_part,
    is_lead,
    is_unaccompanied,
    is_voice,
    join_band,
    kind_of,
    leave_out,
    names_of,
    option_of,
    players_in,
    players_of,
    players_of_part,
    seated,
    settle_parts,
    staves_of,
)
from composer.prompt.settle_sections import has_settings
from composer.prompt.settle_styles import DRONE, can_hold_drone, is_for_band, takes_features, usual_ensembles
from composer.prompt.settled import LEFT_OUT, NOTHING_MORE, Settled

_SIGNALS, _BESIDE_SIGNALS = {"tubular-bells"}, "piano-strings"  # bells of a scene are not all who play
_WINDS = {"flute", "oboe", "clarinet", "bassoon", "french-horn", "trumpet", "piccolo", "english-horn", "trombone", "tuba"}
_CONCERTO, _BESIDE_SOLOISTS, _MOST_SOLOISTS = "concerto", "string-orchestra", 3
_SONATA = "sonata"
_OVER_RHYTHM = ("muted-trumpet", "vibraphone")  # play over a bass and drums in a scene: "a heist with upright bass and bongos"
_ANY_PERCUSSION = "percussion"  # in words for what other words say more of
_SECTIONS = ("string-ensemble-1", "brass-section")
_CHORUS = "choir-aahs"
_DRONES, _LOW_DRONES = ("cello", "contrabass"), "contrabass"  # who hold a drone below another player
_DRONING = ("bagpipe", "uilleann-pipes", "hurdy-gurdy")  # instruments that have drones: a second part plays them
_TIMES = ("at", "span", "phase", "hits")  # kinds of findings that say when a phase is
_WILD = 0.5  # arousal
_MIDDLING = 0.5  # the density between sparse and busy
_CHORDAL = ("piano", "electric-piano", "harpsichord", "acoustic-guitar", "harp", "organ")  # families
_OF_GENRES = ("style", "use", "hint")  # kinds of findings that may be a genre or its band


def with_density_of_drums(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with a density right before the drums of a band as theirs: "sparse hi-hats" are not a sparse piece."""

    def is_theirs(one: Finding, after: Finding) -> bool:
        is_beside = one.kind == "density" and after.kind == "part" and one.clause == after.clause and one.last == after.first
        return is_beside and not after.is_only and set(players_of_part(after, alone=False)) == {DRUMS}

    if not has_settings(findings):
        return list(findings)
    return [
        replace(one, kind="sections", value=f"all: {'sparse' if one.value < _MIDDLING else 'busy'} drums")
        if is_theirs(one, after)
        else one
        for one, after in zip(findings, [*findings[1:], *findings[-1:]], strict=True)
    ]


def settle_players(findings: Sequence[Finding], settled: Settled) -> None:
    """One ensemble or one list of instruments, with the band of the style if the parts join it."""
    findings = with_saxes(with_voices(of_whole_choirs(findings), settled), settled)
    findings = corrected(with_sung_bass(of_sections(findings), settled), settled)
    exclusions = [finding for finding in findings if finding.kind == "exclusion"]
    implied = next((place for place, one in enumerate(findings) if _implied_parts(one) and _is_chosen(one, settled)), None)
    line_up = {} if implied is None else _implied_parts(findings[implied])
    band = _band_of(line_up, settled) if names_band(findings) else []
    is_instrumental = bool(band) and _is_instrumental(findings, band)
    band = _without_singer(band) if is_instrumental else band
    if is_band(band):
        findings = [with_rhythm(finding, band) for finding in findings]
    parts = without_band(findings, band, settled)
    listed = [as_listed(part, band) for part in parts] if is_band(band) else parts
    joins = bool(band) and parts_join(listed, findings, band, str(settled.options.get("style", "")))
    if joins and listed != parts:
        findings, parts = [as_listed(finding, band) for finding in findings], listed
    chosen = settle_parts(parts, option_of(band) if is_instrumental else line_up, band)
    if joins and _is_rhythm_of_scene(parts, band):
        band = list(_OVER_RHYTHM)
    if parts and joins:
        joined = of_size(join_band(parts, band), parts, findings, band)
        joined = _with_named_melody(joined, parts) if is_instrumental else joined
        mixed = is_instrumental or len(usual_ensembles(str(settled.options.get("style", "")))) > 1  # the plan might differ
        kept = chosen if chosen == option_of(band) else dict(line_up)
        lead = joined[0] if joined[0] != band[0] and not any(part.is_solo for part in parts) else ""
        chosen = option_of(joined, lead) if mixed or joined != band else kept
    chosen = _with_soloist(_with_strings(chosen, settled), findings, settled) if parts else chosen
    chosen = _distorted(_with_pianist(chosen, parts, settled), parts, settled)
    if not is_band(band):
        chosen = _with_melody_first(_with_string_sections(chosen), parts)
    if parts and not joins:
        chosen = _with_choir_of_genre(chosen, line_up, findings)
    if set(chosen.get("instruments", ())) == _SIGNALS and not any(part.is_for or is_alone(part) for part in parts):
        chosen = option_of([*players_of(_BESIDE_SIGNALS), *chosen["instruments"]])
    chosen = _with_percussion(chosen, parts, band if joins else (), settled.first_style)
    exclusions = [one for one in exclusions if chosen or settled.options.get("style") or not is_voice(one)]
    if exclusions and not chosen and not settled.options.get("style") and (style := _style_without(exclusions, settled)):
        settled.options["style"] = style
    left = leave_out(exclusions, chosen, usual_ensembles(settled.options.get("style", ""))) if exclusions else chosen
    settled.options |= chosen if left is None else left
    if not (chosen or exclusions):
        _settle_usual_players(findings, settled)
    named_parts = [part for part in parts if not is_unaccompanied(part)] or parts
    for place, finding in enumerate(findings):
        if finding.kind == "exclusion" and (left is not None or finding not in exclusions):
            settled.explain(place, LEFT_OUT)
        elif finding in parts and finding not in named_parts:
            settled.explain(place, NOTHING_MORE)
        elif finding in parts or (place == implied and not parts):
            named = list(chosen.get("instruments", ()))
            if parts:
                named = seated(finding, band) if joins else players_of_part(finding, alone=len(named_parts) == 1, band=band)
                named = _with_name_of_percussion(named, finding, settled)
            if named == ["string-ensemble-1"] and not _play(named, settled, band):
                named = list(players_of(_BESIDE_SOLOISTS))  # "two flutes and strings"
            if named and not _play(named, settled, band):
                continue
            settled.named[place] = named
            meaning = f"ensemble {chosen['ensemble']}" if chosen.get("ensemble") else " ".join(["instruments", *named])
            settled.explain(place, f"with {' '.join(named)} in the band" if parts and joins else meaning)


def explain_left_out(settled: Settled) -> None:
    """Says of a line-up which of its players a piece with too many staves has not, and which voices share a staff."""
    seats = Counter[str](settled.options.get("instruments", ()))
    for place, named in settled.named.items():
        lost = Counter({name: count - seats[name] for name, count in Counter(named).items() if seats[name]})
        left_out = list(lost.elements())
        if left_out and sum(map(staves_of, (*seats.elements(), *left_out))) > MAX_PARTS:
            text = f"left out or on one staff with others, as a piece has {MAX_PARTS} staves at most: {' '.join(left_out)}"
            settled.explain(place, text)


def _play(named: Sequence[str], settled: Settled, band: Sequence[str]) -> bool:
    """Whether any of the instruments that a part names are among those who play."""
    players = players_in(settled.options) or band
    return bool(set(named) & set(players)) or (DRUMS in named and any(map(is_drums, players)))


def _is_instrumental(findings: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether the singer of a band does not sing: in instrumentals and background music, unless a voice is named."""
    is_background = any(one.kind == "use" and one.value.get("instrumental") for one in findings)
    return band[0] == SINGER and is_background and not any(one.kind == "part" and is_voice(one) for one in findings)


def _without_singer(band: Sequence[str]) -> list[str]:
    """A band without its singer, whose melody a keyboard plays where there is one."""
    players = list(band[1:])
    return sorted(players, key=lambda name: kind_of(name) != "keys")


def _with_named_melody(joined: Sequence[str], parts: Sequence[Finding]) -> list[str]:
    """A band without its singer, with the first melody instrument that is named in the singer's place."""
    named = [name for name in names_of(parts) if is_lead(name) and name not in _SECTIONS]
    return sorted(joined, key=lambda name: name not in named[:1])


def _with_name_of_percussion(named: Sequence[str], part: Finding, settled: Settled) -> list[str]:
    """The players of a part, with the percussion instrument that plays for the drums where it has a staff."""
    row = find_percussion(english_name(part)) if DRUMS in named else None
    return [row.name if row and row.name in settled.options.get("instruments", ()) else name for name in named]


def _settle_usual_players(findings: Sequence[Finding], settled: Settled) -> None:
    """The players of a style where nobody is named: an orchestra of film music, the band of a mixture, a jazz trio."""
    if _is_film_music_in(findings, settled):
        settled.options["ensemble"] = "orchestra"
    elif band := _band_of_mixture(str(settled.options.get("style", ""))):
        settled.options["ensemble"] = band
    else:
        _settle_jazz_trio(findings, settled)


def _settle_jazz_trio(findings: Sequence[Finding], settled: Settled) -> None:
    """A trio without a name in a style of jazz is piano, bass and drums: "a jazz ballad for trio"."""
    trios = [place for place, one in enumerate(findings) if one.kind in _OF_GENRES and phrase_of(one.phrase) == ("trio",)]
    bands = map(players_of, usual_ensembles(settled.first_style))
    if trios and any({"acoustic-bass", DRUMS} <= set(band) for band in bands):
        settled.options["ensemble"] = JAZZ_TRIO
        settled.explain(trios[0], f"ensemble {JAZZ_TRIO}")


def _is_film_music_in(findings: Sequence[Finding], settled: Settled) -> bool:
    """Whether film music is the model of a style that a piano usually plays: "a Star Wars like march"."""
    models = [one.value["style"] for one in findings if one.kind == "use" and one.value.get("table") == "artists"]
    has_orchestra = any(
        styles()[name].family == "screen" and len(players_of(styles()[name].ensemble)) > LARGEST_GROUP for name in models
    )
    return has_orchestra and usual_ensembles(settled.first_style) == ["piano"]


def _style_without(exclusions: Sequence[Finding], settled: Settled) -> str:
    """The style of the mood whose usual players lose the fewest to exclusions; empty where no mood is named.

    "Epic music without percussion" is for the orchestra of epic music, "calm music without strings" for a piano.
    """
    curve = settled.options.get("mood_curve")
    tags = settled.options.get("mood") or ([curve.partition("@")[0]] if curve else [])
    named = moods()[tags[0]].styles if tags else ()

    def lost(style: str) -> float:
        names = players_of(styles()[style].ensemble)
        return sum(any(is_excluded(name, one) for one in exclusions) for name in names) / len(names)

    return min(named, key=lost) if named and min(map(lost, named)) < 1 else ""


def _with_strings(chosen: dict[str, Any], settled: Settled) -> dict[str, Any]:
    """The players with strings where a concerto has only its soloists: "concerto for two violins"."""
    soloists = chosen.get("instruments") or list(players_of(chosen["ensemble"]) if chosen else ())
    is_concerto = _CONCERTO in str(settled.options.get("style", "")).split(",")
    if not is_concerto or not 0 < len(soloists) <= _MOST_SOLOISTS or "string-ensemble-1" in soloists:
        return chosen
    return option_of([*soloists, *players_of(_BESIDE_SOLOISTS)])


def _distorted(chosen: dict[str, Any], parts: Sequence[Finding], settled: Settled) -> dict[str, Any]:
    """The players with an electric guitar that is distorted where the mood is wild and dark: a boss battle."""
    tags = [moods()[tag] for tag in settled.options.get("mood", ())]
    is_wild = bool(tags) and all(tag.arousal > _WILD and tag.valence < 0 for tag in tags)
    is_open = any(" ".join(phrase_of(part.phrase)) in ("electric guitar", "electric guitars") for part in parts)
    names = chosen.get("instruments", ())
    if not (is_wild and is_open and names):
        return chosen
    return option_of(["distortion-guitar" if name == "electric-guitar-clean" else name for name in names])


def _with_pianist(chosen: dict[str, Any], parts: Sequence[Finding], settled: Settled) -> dict[str, Any]:
    """The player of a sonata with a pianist: "viola sonata", not "sonata for solo viola" or "sonata for viola alone"."""
    is_sonata = settled.first_style == _SONATA and len(parts) == 1 and not (parts[0].is_only or is_alone(parts[0]))
    names = players_of_part(parts[0], alone=True) if is_sonata else []
    return option_of([*names, "acoustic-grand-piano"]) if len(names) == 1 and is_lead(names[0]) else chosen


def _with_choir_of_genre(chosen: dict[str, Any], line_up: dict[str, Any], findings: Sequence[Finding]) -> dict[str, Any]:
    """The players with the choir that the name of a genre names: "gospel choir and hammond organ"."""
    names = list(chosen.get("instruments") or (players_of(chosen["ensemble"]) if chosen else ()))
    singers = [name for name in line_up.get("instruments", ()) if kind_of(name) == "choir"] if names_choir(findings) else []
    has_singers = not names or any(kind_of(name) == "choir" for name in names)
    return chosen if has_singers or not singers else option_of([*singers, *names][:MAX_PARTS])


def _with_string_sections(chosen: dict[str, Any]) -> dict[str, Any]:
    """The players with all sections of strings for one staff of them, beside winds: "oboe, two horns and strings"."""
    names = list(chosen.get("instruments", ()))
    sections = players_of(_BESIDE_SOLOISTS)
    winds = [name for name in names if name in _WINDS]
    if (
        "string-ensemble-1" not in names
        or not winds
        or DRUMS in names
        or len(names) + len(sections) > MAX_PARTS
        or set(names) & set(sections)
    ):
        return chosen
    place = names.index("string-ensemble-1")
    return option_of([*names[:place], *sections, *names[place + 1 :]])


def _with_melody_first(chosen: dict[str, Any], parts: Sequence[Finding]) -> dict[str, Any]:
    """The players with the melody first: the only soloist, or who is named after a harp, guitar or keyboard.

    These are "strings and solo violin", and of two or three players "harp and flute" and "organ and voice".
    """
    names = chosen.get("instruments", [])
    soloists = [players_of_part(part, alone=False) for part in parts if part.is_leading or phrase_of(part.phrase)[0] == "solo"]
    if len(parts) > 1 and len(soloists) == 1 and len(soloists[0]) == 1 and soloists[0][0] in names:
        return option_of(sorted(names, key=lambda name: name != soloists[0][0]), soloists[0][0])
    if not PAIR <= len(names) <= SIZES["trio"] or soloists:
        return chosen
    is_chordal = [name in instruments() and instruments()[name].family in _CHORDAL for name in names]
    others = {"bass", DRUMS, _CHORUS} & {*names, *map(kind_of, names)}
    return option_of([*names[1:], names[0]]) if is_chordal[0] and not any(is_chordal[1:]) and not others else chosen


def _with_soloist(chosen: dict[str, Any], findings: Sequence[Finding], settled: Settled) -> dict[str, Any]:
    """The players with the soloist of a concerto, also where the prompt says who accompanies."""
    for place, finding in enumerate(findings):
        if finding.kind != "use" or phrase_of(finding.phrase)[-1] != "concerto" or not (line_up := _implied_parts(finding)):
            continue
        soloist = _soloist_of(finding)
        players = chosen.get("instruments") or players_of(chosen["ensemble"])
        settled.explain(place, f"with {soloist} as soloist")
        if "ensemble" in line_up and len(players) > LARGEST_GROUP:
            return line_up  # "a piano concerto with orchestra"
        is_alone = soloist in players and len(players) <= LARGEST_GROUP
        return dict(chosen) if is_alone else option_of([soloist, *players])
    return chosen


def _soloist_of(concerto: Finding) -> str:
    """The instrument that a "piano concerto" names."""
    line_up = _implied_parts(concerto)
    senses = lexicon().senses.get(phrase_of(concerto.phrase)[:-1], ())
    named = next((sense.value[0] for sense in senses if sense.kind == "instrument"), "")
    return str(named or (line_up.get("instruments") or players_of(line_up["ensemble"]))[0])


def _is_rhythm_of_scene(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether a plucked bass and drums are named in a scene for an orchestra, which does not play over them."""
    kinds = {kind_of(name) for name in names_of(parts)} if len(band) > LARGEST_GROUP and not is_band(band) else set()
    return kinds == {"bass", DRUMS} and "contrabass" not in names_of(parts)


def _with_percussion(chosen: dict[str, Any], parts: Sequence[Finding], band: Sequence[str], style: str) -> dict[str, Any]:
    """The players with the hand percussion that is named in place of drums, or beside them where a kit plays.

    `band` is the one that they join, if any. The kit of some styles plays such percussion itself: "salsa with congas".
    """
    names = chosen.get("instruments") or (players_of(chosen["ensemble"]) if chosen else band)
    drums = [part for part in parts if DRUMS in players_of_part(part, alone=False)]
    rows = {part.phrase: find_percussion(english_name(part)) for part in drums}
    is_kit = [row is None and _ANY_PERCUSSION not in phrase for phrase, row in rows.items()]
    has_kit = is_band(band) or any(is_kit) or any(row and is_in_drum_part(row.name, style) for row in rows.values())
    added = [row.name for row in rows.values() if row and not is_in_drum_part(row.name, style)]
    if DRUMS not in names or not added:
        return chosen
    others = [name for name in names if name != DRUMS or has_kit]
    return {"instruments": [*others, *dict.fromkeys(added)]}


def settle_features(findings: Sequence[Finding], settled: Settled) -> None:
    """What a band does, "no fills"; styles that are not arranged have no use for it."""
    timed = {one.clause for one in findings if one.kind in _TIMES}
    named = [
        (place, one)
        for place, one in enumerate(findings)
        if one.kind == "band feature" and not (one.value == DRONE and one.clause in timed)  # of that phase only
    ]
    if not takes_features(settled.first_style):
        droned = [DRONE] if can_hold_drone(settled.first_style) else []
        rows = [(place, finding, features()[finding.value]) for place, finding in named]
        named = [(place, one) for place, one, row in rows if row.line or row.leaves_out or row.name in droned]
    if not named:
        return
    if any(finding.value == DRONE for _, finding in named):
        settled.options |= _with_drone_player(settled)
    settled.options["features"] = list(dict.fromkeys(finding.value for _, finding in named))
    for place, finding in named:
        settled.explain(place, f"feature {finding.value}")


def _with_drone_player(settled: Settled) -> dict[str, Any]:
    """The only player, who has the melody, with one who holds a drone: "violin over a drone"; empty if others play."""
    names = players_in(settled.options)
    if len(names) != 1 or names[0] == DRUMS or staves_of(names[0]) > 1:
        return {}
    settled.options.pop("ensemble", None)
    settled.options.pop("instruments", None)
    held_by = names[0] if names[0] in _DRONING else _LOW_DRONES if names[0] in _DRONES else _DRONES[0]
    return option_of([*names, held_by])


def names_band(findings: Sequence[Finding]) -> bool:
    """Whether a style, an artist or a band is named that parts may join, and not merely a use of music."""
    return any(
        finding.kind in ("style", "hint")
        or (
            finding.kind == "use"
            and ({"why", "ensemble"} & finding.value.keys() or is_for_band(finding.value.get("style", "")))
        )
        for finding in findings
    )


def _band_of_mixture(style_text: str) -> str | None:
    """The band of the first of several styles where another is not for a band: "industrial march"."""
    rows = [styles()[name] for item in style_text.split(",") if (name := item.partition(":")[0]) in styles()]
    genres = [row for row in rows if row.kind != "era"]
    if len(genres) < PAIR or not is_for_band(genres[0].name) or all(is_for_band(row.name) for row in genres):
        return None
    return genres[0].ensemble


def _band_of(line_up: dict[str, Any], settled: Settled) -> list[str]:
    """The players that parts may join: those of a use, else of the first style if it is for a band; else none."""
    if "instruments" in line_up:
        return list(line_up["instruments"])
    usual = usual_ensembles(settled.options.get("style", ""))
    usual.sort(key=lambda name: not is_band(players_of(name)))  # "folk metal" is metal by its band
    ensemble = line_up.get("ensemble") or next(iter(usual), "")
    players = players_of(ensemble) if ensemble else ()
    return list(players) if len(players) >= SMALLEST_BAND else []


def _is_chosen(finding: Finding, settled: Settled) -> bool:
    """Whether the style of a weak name of a genre is that of the piece, so that its players are: not "Armenian" in ambient.

    A style of a band has its own players for a fanfare: "an 8-bit fanfare".
    """
    style = str(settled.options.get("style", ""))
    if phrase_of(finding.phrase)[-1] == "fanfare" and is_for_band(style):
        return False
    return not finding.value.get("weak") or finding.value["style"] in style


def _implied_parts(finding: Finding) -> dict[str, Any]:
    """The ensemble or the instruments that a use implies."""
    use = finding.value if finding.kind == "use" else {}
    return {option: use[option] for option in ("ensemble", "instruments") if option in use}
