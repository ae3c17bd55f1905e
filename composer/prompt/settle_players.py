"""Who plays and what a band does: the parts named, with or without the band of the style."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from composer.brief import DRUMS
from composer.controls import MAX_PARTS
from composer.presets import find_percussion, instruments, moods, styles
from composer.prompt.lexicon import Sense, lexicon, phrase_of, prompt_table
from composer.prompt.parts import (
    choir_of,
    english_name,
    is_alone,
    is_band,
    is_chordal,
    is_excluded,
    is_group,
    is_in_drum_part,
    is_lead,
    is_line_up,
    is_mallet,
    is_of_band,
    is_plural,
    is_song_duo,
    is_voice,
    is_within,
    join_band,
    kind_of,
    leave_out,
    only_rhythm,
    option_of,
    players_of,
    players_of_part,
    says_band,
    seated,
    settle_parts,
    staves_of,
)
from composer.prompt.reading import Finding, senses_of_part
from composer.prompt.segments import Segment
from composer.prompt.settle_styles import is_counterpoint, is_for_band, takes_features, usual_ensembles
from composer.prompt.settled import Conflict, Settled

_AMPLIFIED = ("electric", "overdriven", "distortion", "drawbar", "rock", "synth", "lead", "pad")  # names begin with it
_SMALL_GROUP = 4  # players of a genre without drums
_SMALLEST_BAND = 3  # players; smaller line-ups of a style are replaced by the parts named
_LARGEST_GROUP = 7  # players; from here on a style has an orchestra
_COLORS = {"choir-aahs", "drums", "taiko-drum", "timpani", "tubular-bells", "brass-section", "french-horn", "trombone", "tuba"}
_SECTIONS = {"string-ensemble-1", "choir-aahs", "pizzicato-strings", "tremolo-strings", DRUMS}
_PAIR = 2
_OVER_RHYTHM = ("muted-trumpet", "vibraphone")  # play over a bass and drums in a scene: "a heist with upright bass and bongos"
_ANY_PERCUSSION = "percussion"  # in words for what other words say more of
_SIZES = {"duo": 2, "duet": 2, "trio": 3}
_LARGER = {"quartet": 4, "quintet": 5, "sextet": 6, "septet": 7, "octet": 8, "nonet": 9}
_AND = re.compile(" (?:and|und|et|y|e|&) ")
_BOWED = {"violin", "viola", "cello", "contrabass", "string-ensemble-1"}
_STRINGS_OF_BANDS = {"string-ensemble-1", "violin", "viola", "cello"}
_SIGNALS, _BESIDE_SIGNALS = {"tubular-bells"}, "piano-strings"  # bells of a scene are not all who play
_WINDS = {"flute", "oboe", "clarinet", "bassoon", "french-horn", "trumpet", "piccolo", "english-horn", "trombone", "tuba"}
_CONCERTO, _BESIDE_SOLOISTS, _MOST_SOLOISTS = "concerto", "string-orchestra", 3
_SONATA, _MARCHES = "sonata", ("march", "ballroom-dance")
_WILD = 0.5  # arousal
_SINGERS = {"mens-choir": ["tenor", "baritone", "bass-voice"], "womens-choir": ["soprano", "mezzo-soprano", "alto"]}
_CHORDAL = ("piano", "electric-piano", "harpsichord", "acoustic-guitar", "harp", "organ")  # families
_RHYTHM = ("acoustic-grand-piano", "acoustic-bass", DRUMS)
_JAZZ_GROUPS = {"trio": _RHYTHM, "quartet": ("tenor-sax", *_RHYTHM), "quintet": ("trumpet", "tenor-sax", *_RHYTHM)}
_ROUND = "round"
_GROOVES = ("groove", "beat", "jam", "loop", "riff")
_BALLAD = "pop-ballad"  # which "ballad" alone means
_PIANO_TRIO, _JAZZ_TRIO = "piano-trio", "jazz-trio"


def settle_players(findings: Sequence[Finding], settled: Settled) -> None:
    """One ensemble or one list of instruments, with the band of the style if the parts join it."""
    findings = _corrected(_with_saxes(_with_voices(_of_whole_choirs(findings), settled), settled), settled)
    exclusions = [finding for finding in findings if finding.kind == "exclusion"]
    implied = next((place for place, one in enumerate(findings) if _implied_parts(one) and _is_chosen(one, settled)), None)
    line_up = {} if implied is None else _implied_parts(findings[implied])
    band = _band_of(line_up, settled) if names_band(findings) else []
    if is_band(band):
        findings = [_with_rhythm(finding, band) for finding in findings]
    parts = _without_band(findings, band, settled)
    listed = [_listed(part, band) for part in parts] if is_band(band) else parts
    joins = bool(band) and _joins(listed, findings, band, str(settled.options.get("style", "")))
    if joins and listed != parts:
        findings, parts = [_listed(finding, band) for finding in findings], listed
    chosen = settle_parts(parts, line_up, band)
    if joins and _is_rhythm_of_scene(parts, band):
        band = list(_OVER_RHYTHM)
    if parts and joins:
        joined = _of_size(join_band(parts, band), parts, findings, band)
        mixed = len(usual_ensembles(str(settled.options.get("style", "")))) > 1  # the plan might choose the other band
        kept = chosen if chosen == option_of(band) else dict(line_up)
        chosen = option_of(joined) if mixed or joined != band else kept
    chosen = _with_soloist(_with_strings(chosen, settled), findings, settled) if parts else chosen
    chosen = _distorted(_with_pianist(chosen, parts, settled), parts, settled)
    if not is_band(band):
        chosen = _with_melody_first(_with_string_sections(chosen), parts)
    if set(chosen.get("instruments", ())) == _SIGNALS and not any(part.is_for or is_alone(part) for part in parts):
        chosen = option_of([*players_of(_BESIDE_SIGNALS), *chosen["instruments"]])
    chosen = _with_percussion(chosen, parts, band if joins else (), settled.first_style)
    exclusions = [one for one in exclusions if chosen or settled.options.get("style") or not is_voice(one)]
    if exclusions and not chosen and not settled.options.get("style") and (style := _style_without(exclusions, settled)):
        settled.options["style"] = style
    left = leave_out(exclusions, chosen, usual_ensembles(settled.options.get("style", ""))) if exclusions else chosen
    settled.options |= chosen if left is None else left
    if not (chosen or exclusions) and _is_film_music_in(findings, settled):
        settled.options["ensemble"] = "orchestra"
    elif not (chosen or exclusions) and (mixed_band := _band_of_mixture(str(settled.options.get("style", "")))):
        settled.options["ensemble"] = mixed_band
    for place, finding in enumerate(findings):
        if finding.kind == "exclusion" and (left is not None or finding not in exclusions):
            settled.explain(place, "left out")
        elif finding in parts or (place == implied and not parts):
            named = players_of_part(finding, alone=len(parts) == 1, band=band) if parts else chosen.get("instruments", [])
            ensemble = chosen.get("ensemble")
            named = seated(finding, band) if parts and joins else named
            row = find_percussion(english_name(finding)) if parts and DRUMS in named else None
            named = [row.name if row and row.name in settled.options.get("instruments", ()) else name for name in named]
            meaning = f"ensemble {ensemble}" if ensemble else " ".join(["instruments", *named])
            settled.explain(place, f"with {' '.join(named)} in the band" if parts and joins else meaning)


def _is_film_music_in(findings: Sequence[Finding], settled: Settled) -> bool:
    """Whether film music is the model of a style that a piano usually plays: "a Star Wars like march"."""
    models = [one.value["style"] for one in findings if one.kind == "use" and one.value.get("table") == "artists"]
    has_orchestra = any(
        styles()[name].family == "screen" and len(players_of(styles()[name].ensemble)) > _LARGEST_GROUP for name in models
    )
    return has_orchestra and usual_ensembles(settled.first_style) == ["piano"]


def _style_without(exclusions: Sequence[Finding], settled: Settled) -> str:
    """The style of the mood whose usual players lose the fewest to exclusions; empty where no mood is named.

    "Epic music without percussion" is for the orchestra of epic music, "calm music without strings" for a piano.
    """
    tags = settled.options.get("mood") or [settled.options["mood_curve"].partition("@")[0]] * ("mood_curve" in settled.options)
    named = moods()[tags[0]].styles if tags else ()

    def lost(style: str) -> float:
        names = players_of(styles()[style].ensemble)
        return sum(any(is_excluded(name, one) for one in exclusions) for name in names) / len(names)

    return min(named, key=lost) if named and min(map(lost, named)) < 1 else ""


def _of_whole_choirs(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with "four male voices" as one choir of four, not four choirs."""

    def is_choir(one: Finding) -> bool:
        return (
            one.kind == "part"
            and one.count > 1
            and is_voice(one)
            and len(players_of_part(replace(one, count=0), alone=True)) > 1
        )

    return [
        replace(
            one, count=0 if len(players_of_part(replace(one, count=0), alone=True)) == one.count else 1, value=_of_voices(one)
        )
        if is_choir(one)
        else one
        for one in findings
    ]


def _of_voices(choir: Finding) -> Segment:
    """The segment of a choir, or of as many voices as its number says where that is another."""
    segment: Segment = choir.value
    if len(players_of_part(replace(choir, count=0), alone=True)) == choir.count:
        return segment
    pool = _SINGERS.get(senses_of_part(choir).get("ensemble", ""), choir_of(1))
    names = tuple(pool[place * len(pool) // choir.count] for place in range(choir.count))
    return replace(segment, senses=(Sense("instrument", names),))


def _corrected(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings without the parts that later ones replace: "a trombone choir, actually four trombones"."""
    first = next((place for place, one in enumerate(findings) if one.kind == "part" and one.is_correction), None)
    if first is None:
        return findings
    lost = [one for one in findings[:first] if one.kind == "part"]
    settled.conflicts += [Conflict("instruments", findings[first].phrase, one.phrase) for one in lost]
    return [replace(one, kind="corrected part") if one in lost else one for one in findings]


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
    """The player of a sonata with a pianist: "viola sonata", not "sonata for solo viola"."""
    is_sonata = settled.first_style == _SONATA and len(parts) == 1 and parts[0].is_of_genre and not is_alone(parts[0])
    names = players_of_part(parts[0], alone=True) if is_sonata else []
    return option_of([*names, "acoustic-grand-piano"]) if len(names) == 1 and is_lead(names[0]) else chosen


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
    """A harp, guitar or keyboard that is named first after the two or three others, which have the melody: "harp and flute"."""
    names = chosen.get("instruments", [])
    if not _PAIR <= len(names) <= _SIZES["trio"] or any(part.is_leading for part in parts):
        return chosen
    is_chordal = [name in instruments() and instruments()[name].family in _CHORDAL for name in names]
    others = {"bass", DRUMS, "choir"} & {kind_of(name) for name in names}
    return option_of([*names[1:], names[0]]) if is_chordal[0] and not any(is_chordal[1:]) and not others else chosen


def _with_soloist(chosen: dict[str, Any], findings: Sequence[Finding], settled: Settled) -> dict[str, Any]:
    """The players with the soloist of a concerto, also where the prompt says who accompanies."""
    for place, finding in enumerate(findings):
        if finding.kind != "use" or phrase_of(finding.phrase)[-1] != "concerto" or not (line_up := _implied_parts(finding)):
            continue
        soloist = _soloist_of(finding)
        players = chosen.get("instruments") or players_of(chosen["ensemble"])
        settled.explain(place, f"with {soloist} as soloist")
        if "ensemble" in line_up and len(players) > _LARGEST_GROUP:
            return line_up  # "a piano concerto with orchestra"
        is_alone = soloist in players and len(players) <= _LARGEST_GROUP
        return dict(chosen) if is_alone else option_of([soloist, *players])
    return chosen


def _soloist_of(concerto: Finding) -> str:
    """The instrument that a "piano concerto" names."""
    line_up = _implied_parts(concerto)
    senses = lexicon().senses.get(phrase_of(concerto.phrase)[:-1], ())
    named = next((sense.value[0] for sense in senses if sense.kind == "instrument"), "")
    return str(named or (line_up.get("instruments") or players_of(line_up["ensemble"]))[0])


def _with_rhythm(finding: Finding, band: Sequence[str]) -> Finding:
    """A trio that is its lead with bass and drums, not with strings or three alike: "jazz, vibraphone trio", "piano trio"."""
    players: tuple[str, ...]
    senses = senses_of_part(finding) if finding.kind == "part" else {}
    size = " ".join(phrase_of(finding.phrase))
    if senses and size in _JAZZ_GROUPS:
        return replace(finding, value=replace(finding.value, senses=(Sense("instrument", _JAZZ_GROUPS[size]),)), is_for=True)
    if senses.get("ensemble") == _PIANO_TRIO:
        return replace(finding, value=replace(finding.value, senses=(Sense("ensemble", _JAZZ_TRIO),)))
    names = senses.get("instrument", ())
    word = phrase_of(finding.phrase)[-1]
    if word == "quartet" and set(map(kind_of, names)) == {"sax"} and len(set(names)) == 1 and "acoustic-bass" in band:
        players = (names[0], *_RHYTHM)  # "bebop for alto sax quartet"
        return replace(finding, value=replace(finding.value, senses=(Sense("instrument", players),)), is_for=True)
    if word != "trio" or len(names) != _SIZES["trio"] or len(set(names)) > 1:
        return finding
    players = (names[0], next(name for name in band if kind_of(name) == "bass" or name == "tuba"), DRUMS)
    return replace(finding, value=replace(finding.value, senses=(Sense("instrument", players),)), is_for=True)


def _listed(finding: Finding, band: Sequence[str]) -> Finding:
    """A part that names two instruments, "piano and strings", as these and not as the ensemble, if one joins the band."""
    words = _AND.split(finding.phrase.lower())
    if finding.kind != "part" or finding.is_for or len(words) != _PAIR or not is_group(finding):
        return finding
    senses = [lexicon().senses.get(phrase_of(word), ()) for word in words]
    names = [name for each in senses for sense in each if sense.kind == "instrument" for name in sense.value[:1]]
    is_pair = len(names) == _PAIR and "string-ensemble-1" in names and not set(names) <= set(band)
    return replace(finding, value=replace(finding.value, senses=(Sense("instrument", tuple(names)),))) if is_pair else finding


def _with_voices(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with "three voices" as a part for a choir; it is left alone where others play or the style is for others."""
    place = next((place for place, finding in enumerate(findings) if finding.kind == "voices"), None)
    implied = [players_of(one.value["ensemble"]) for one in findings if one.kind == "use" and "ensemble" in one.value]
    if place is not None and any(len(names) == findings[place].value for names in implied):
        return findings  # "four-part barbershop harmony"
    ensembles = usual_ensembles(str(settled.options.get("style", "")))
    parts = [other for other, finding in enumerate(findings) if finding.kind == "part"]
    voices = [other for other in parts if is_voice(findings[other])]
    if place is not None and len(voices) == 1 and findings[place].value <= MAX_PARTS:
        return _with_size(findings, voices[0], place)
    if place is not None and len(parts) == 1 and findings[place].value <= MAX_PARTS:
        return _with_players(findings, parts[0], place, settled)
    if place is None or parts or not all("choir" in name for name in ensembles):
        return findings
    if not ensembles and "part" in findings[place].phrase:
        return findings  # "a voyage in three parts"
    count = min(findings[place].value, MAX_PARTS)
    choir = Segment(0, 1, (Sense("instrument", tuple(choir_of(count))),))
    return [*findings[:place], replace(findings[place], kind="part", value=choir), *findings[place + 1 :]]


def has_voices(count: int, settled: Settled) -> bool:
    """Whether as many sing or play, or have a staff in a fugue: "a hymn in four parts", "an organ fugue in three voices"."""
    usual = usual_ensembles(str(settled.options.get("style", "")))
    ensemble = settled.options.get("ensemble", "")
    players = settled.options.get("instruments") or (players_of(ensemble) if ensemble else ())
    singers = [name for name in players or players_of(next(iter(usual), "piano")) if kind_of(name) == "choir"]
    staves = sum(map(staves_of, players)) if is_counterpoint(settled) else 0
    return count in (len(singers), len(players), staves)


def _with_size(findings: Sequence[Finding], choir: int, voices: int) -> Sequence[Finding]:
    """The findings with a choir of as many voices as are named: "choir in three voices"."""
    names = tuple(choir_of(findings[voices].value))
    if len(players_of_part(findings[choir], alone=True)) == len(names):
        return findings
    sized = replace(findings[choir], value=Segment(0, 1, (Sense("instrument", names),)))
    return [sized if place == choir else finding for place, finding in enumerate(findings)]


def _with_players(findings: Sequence[Finding], part: int, voices: int, settled: Settled) -> Sequence[Finding]:
    """The findings with as many of an instrument as there are voices: "four-part canon for recorders"."""
    names = players_of_part(findings[part], alone=False)
    is_open = is_plural(findings[part]) or len(names) > 1 or is_counterpoint(settled) or settled.first_style == _ROUND
    is_melodic = len(set(names)) == 1 and is_lead(names[0]) and is_open
    if not is_melodic or findings[part].count:
        return findings
    sized = Segment(0, 1, (Sense("instrument", (names[0],) * findings[voices].value),))
    return [replace(one, value=sized) if place == part else one for place, one in enumerate(findings)]


def _with_saxes(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with "tenor" as a saxophone in a list of them, and in jazz where others play and none of them sings."""
    table = prompt_table()["saxes"]
    style = settled.first_style
    parts = [finding for finding in findings if finding.kind == "part"]
    named = [one for one in parts if phrase_of(one.phrase)[-1] in table["words"]]
    if named and named[0].opens_list and _are_saxes(parts[parts.index(named[0]) - 1]):
        return [_as_sax(one, table["words"]) if one in named else one for one in findings]
    alone = len(parts) == len(named) and not any(one.is_solo or one.is_added for one in named)
    if style not in table["styles"] or alone or any(is_voice(one) and one not in named for one in parts):
        return findings
    return [_as_sax(one, table["words"]) if one in named else one for one in findings]


def _are_saxes(part: Finding) -> bool:
    return {kind_of(name) for name in players_of_part(part, alone=True)} == {"sax"}


def _as_sax(part: Finding, saxes: dict[str, str]) -> Finding:
    return replace(part, value=replace(part.value, senses=(Sense("instrument", (saxes[phrase_of(part.phrase)[-1]],)),)))


def _without_band(findings: Sequence[Finding], band: Sequence[str], settled: Settled) -> list[Finding]:
    """The parts; "band" and "school band" are one only where nothing else says which band."""
    parts = _without_techniques([finding for finding in findings if finding.kind == "part"])
    ways = [part for part in parts if part.value.value("band feature") and _plays_in_a_way(part)]
    if ways and takes_features(settled.first_style) and set(band) & _STRINGS_OF_BANDS:
        others = [part for part in parts if part not in ways]
        if set(_names_of(others)) <= _BOWED and _is_scene(findings):
            strings = (Sense("ensemble", "string-orchestra"),)
            return [replace(ways[0], value=replace(ways[0].value, senses=strings), is_only=True)]
        parts = [replace(part, is_added=True) for part in others]  # beside the strings of the band
    if len(parts) == 1 and not band and " ".join(phrase_of(parts[0].phrase)) in prompt_table()["additions"]["beside"]:
        return []
    parts = [_as_marching_band(part) if settled.first_style in _MARCHES and not band else part for part in parts]
    any_band = prompt_table()["additions"]["bands"]
    others = [part for part in parts if " ".join(phrase_of(part.phrase)) not in any_band]
    if len(others) > _SMALLEST_BAND:  # "folk band, fiddle, flute and guitar" says who the band is
        others = [part for part in others if phrase_of(part.phrase)[-1] != "band"]
    if not (others or band):
        return parts
    others = _without_sections(others)
    for place, finding in enumerate(findings):
        if finding in parts and finding not in others:
            settled.explain(place, "nothing beyond the other words")
    return others


def _as_marching_band(part: Finding) -> Finding:
    """A "band" that plays marches and polkas as the winds that do, and not as a band of pop."""
    is_any = phrase_of(part.phrase) == ("band",)
    return replace(part, value=replace(part.value, senses=(Sense("ensemble", "marching-band"),))) if is_any else part


def _without_sections(parts: Sequence[Finding]) -> list[Finding]:
    """The parts without those that others include.

    They are the names of groups whose players are listed, sections of a whole orchestra ("orchestra with solo horn"), players
    of "strings only", also of an orchestra, and the solo of an instrument that already plays.
    """
    only = next((part for part in parts if part.is_only and "ensemble" in senses_of_part(part)), None)
    if only:
        inside = players_of(senses_of_part(only)["ensemble"])
        others = [part for part in parts if part is not only]
        if all(is_within(part, inside) or set(inside) <= set(players_of_part(part, alone=True)) for part in others):
            return [only]
    parts = [part for place, part in enumerate(parts) if not _is_size(part, parts[:place])]
    parts = _without_mentions(_without_names_of_lists(parts))
    full = next((part for part in parts if _is_full_orchestra(part)), None)
    if full:
        inside = tuple(players_of_part(full, alone=True))
        parts = [part for part in parts if part is full or not is_within(part, inside)]
    groups = [part for part in parts if len(players_of_part(part, alone=True)) > 1]
    parts = [part for part in parts if not (part.phrase.lower().endswith(" solo") and _has_kin(part, [*groups, part]))]
    return [part for part in parts if not (part.is_solo and _has_kin(part, parts))]


def _without_names_of_lists(parts: Sequence[Finding]) -> list[Finding]:
    """The parts without groups whose players the others are: "quartet for flute, violin, viola and cello"."""
    kept = list(parts)
    for part in parts:
        if len(players_of_part(part, alone=True)) > 1 and _names_list(part, kept):
            kept.remove(part)
    return kept


def _without_mentions(parts: Sequence[Finding]) -> list[Finding]:
    """The parts without further mentions of players that are named: "tenor sax and piano, the sax plays the head".

    Nor are "two cellos" of a "string quintet with two cellos" further players, nor is a "cello ensemble, four cellos" five.
    """
    groups = [players_of_part(one, alone=True) for one in parts]
    alike = [names[:1] for names in groups if len(names) > 1 and len(set(names)) == 1]
    parts = [one for one, names in zip(parts, groups, strict=True) if one.count or names not in alike]
    kept: list[Finding] = []
    for part in parts:
        if not (_is_mentioned(part, kept) or _is_in_group(part, kept) or _acts_in_group(part, parts)):
            kept.append(part)
    return kept


def _is_mentioned(part: Finding, before: Sequence[Finding]) -> bool:
    """Whether a part in a later clause is a single player that is named before, by the same word or its family."""
    names, said = players_of_part(part, alone=False), phrase_of(part.phrase.removesuffix(" solo"))
    is_soloist = is_alone(part) and not part.phrase.endswith(" solo")  # "solo violin", not "piano solo"
    if len(set(names)) != 1 or part.count or part.is_leading or is_soloist:
        return False
    earlier = [one for one in before if one.clause < part.clause]
    words = {word for one in earlier for word in phrase_of(one.phrase)}
    is_said = all(any(word.startswith(each) for word in words) for each in said)  # "sax" after "saxophone"
    return is_said and kind_of(names[0]) in map(kind_of, _names_of(earlier))


def _acts_in_group(part: Finding, parts: Sequence[Finding]) -> bool:
    """Whether a part that only acts at a time is within a group: "string quartet, the cello begins the theme"."""
    others = [players_of_part(one, alone=True) for one in parts if one is not part and not one.is_acting]
    kinds = set(map(kind_of, players_of_part(part, alone=False)))
    return part.is_acting and any(kinds <= set(map(kind_of, names)) for names in others)


def _is_size(part: Finding, before: Sequence[Finding]) -> bool:
    """Whether the letters of a choir are the sizes of as many instruments: "recorder quartet (SATB)"."""
    letters = part.phrase if part.phrase.isupper() else ""
    others = [players_of_part(one, alone=True) for one in before if not is_voice(one)]
    return set(letters) <= set("SATB") and any(len(names) == len(letters) > 1 for names in others)


def _is_in_group(part: Finding, before: Sequence[Finding]) -> bool:
    """Whether players are members of a group: "string quintet with two cellos", "vibraphone trio (vibes, then bass)"."""
    added = Counter(players_of_part(part, alone=False))
    if part.is_added and part.count > 0:
        return any(added <= Counter(players_of_part(one, alone=True)) for one in before if _is_group_of(one, alone=True))
    earlier = [
        players_of_part(one, alone=False) for one in before if one.clause < part.clause and _is_group_of(one, alone=False)
    ]
    is_one = added.total() == 1 and not (part.count or is_alone(part) or DRUMS in added)
    is_one = is_one and (part.is_solo or not part.is_added)
    return is_one and any(set(map(kind_of, added)) <= set(map(kind_of, names)) for names in earlier)


def _is_group_of(part: Finding, *, alone: bool) -> bool:
    return len(players_of_part(part, alone=alone)) > _PAIR


def _names_list(group: Finding, parts: Sequence[Finding]) -> bool:
    """Whether the parts after a group are its players.

    They follow a colon or "for" ("brass: trumpet and horn"), or the list has the size of the group and most of its players:
    "wind quintet in C, flute, oboe, clarinet, horn and bassoon". A group that is only a size, "quartet", may also follow them.
    """
    place = parts.index(group)
    listed = parts[place + 1 :]
    names = _names_of(listed)
    theirs = players_of_part(group, alone=True)
    is_stated = bool(listed) and listed[0].opens_list and not any(one.is_leading or one.is_solo for one in listed)
    if is_stated and len(names) > 1:
        return True
    words = phrase_of(group.phrase)
    if len(words) == 1 and (is_group(group) or words[0] in _LARGER) and not group.count:
        return len(names) + len(_names_of(parts[:place])) == len(theirs)
    return len(names) == len(theirs) < 2 * (Counter(names) & Counter(theirs)).total()


def _names_of(parts: Sequence[Finding]) -> list[str]:
    return [name for part in parts for name in players_of_part(part, alone=False)]


def _is_full_orchestra(part: Finding) -> bool:
    names = players_of_part(part, alone=True)
    return len(names) > _LARGEST_GROUP and not is_band(names) and _BOWED - {"string-ensemble-1"} <= set(names)


def _has_kin(part: Finding, parts: Sequence[Finding]) -> bool:
    """Whether another part has an instrument of the same family."""
    kinds = set(map(kind_of, players_of_part(part, alone=False)))
    return any(kinds & set(map(kind_of, players_of_part(other, alone=False))) for other in parts if other is not part)


def _without_techniques(parts: Sequence[Finding]) -> list[Finding]:
    """The parts without "pizzicato" and the like where strings are named that play so."""
    groups = [set(players_of_part(part, alone=True)) for part in parts if not _is_technique(part)]
    has_strings = any(group & _BOWED for group in groups)
    has_section = any(len(group & _BOWED) > _PAIR for group in groups)
    return [part for part in parts if not (_is_technique(part) and (has_section or (has_strings and part.is_bare)))]


def _plays_in_a_way(part: Finding) -> bool:
    """Whether a part is strings that play in one way: "tremolo strings"."""
    return set(players_of_part(part, alone=False)) <= {"tremolo-strings", "pizzicato-strings"}


def _is_technique(part: Finding) -> bool:
    return phrase_of(part.phrase) in (("pizzicato",), ("tremolo",))


def _is_rhythm_of_scene(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether a plucked bass and drums are named in a scene for an orchestra, which does not play over them."""
    kinds = {kind_of(name) for name in _names_of(parts)} if len(band) > _LARGEST_GROUP and not is_band(band) else set()
    return kinds == {"bass", DRUMS} and "contrabass" not in _names_of(parts)


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


def _joins(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str], style: str) -> bool:
    """Whether the parts join the band that is named, and are not all who play.

    Parts join if they follow "with", come in a later clause than the style, or are a plural that the band has: "rock with
    guitar", "disco, strings", "wall of guitars", not "disco for strings" and not "disco piano". A complete list does not.
    """
    if any(part.is_only or len(players_of_part(part, alone=False)) > _LARGEST_GROUP for part in parts):
        return False  # "choir and full orchestra" are all who play
    sections = not any(part.is_for or is_group(part) or is_alone(part) for part in parts)
    if sections and any(f.kind == "use" and style and style == f.value.get("orchestral") for f in findings):
        return True  # "a battle, choir and brass": these are sections of its orchestra
    names = [f.clause for f in findings if f.kind == "style" or (f.kind == "use" and "why" in f.value)]
    is_named = any(f.kind in ("style", "hint") or (f.kind == "use" and _names_orchestral_style(f)) for f in findings)
    needed = (is_named and _are_colors(parts, band)) or (bool(names) and _is_lone(parts, band))
    names = names or ([f.clause for f in findings if f.kind == "hint"] if needed else [])
    if _is_song_with_list(parts, findings) or _is_list_with_bass(parts) or _is_groove(parts, findings):
        return False
    if len(parts) == 1 and parts[0].is_solo and not parts[0].is_added and not is_band(band) and len(band) <= _LARGEST_GROUP:
        return False  # "film music, cello solo"
    is_small = any(phrase_of(f.phrase)[-1] in _SIZES for f in findings)
    has_line_up = not is_small and any(f.kind == "use" and _is_line_up_of_genre(f) for f in findings)
    first = min(names, default=0) if is_band(band) or has_line_up or needed else math.inf

    has_name = is_band(band) and says_band(findings)
    implied = [name for f in findings if f.kind == "use" and "why" in f.value for name in f.value.get("instruments", ())]

    def joins(part: Finding) -> bool:
        counted = part.count >= _PAIR and not (is_band(band) and is_of_band(part, band))
        group = is_group(part) and not (is_band(band) and (is_of_band(part, band) or is_voice(part)))
        later = part.clause > first and not (part.is_for or group or is_alone(part) or counted)
        of_band = is_plural(part) and is_of_band(part, band) if is_band(band) else _is_lone(parts, implied)
        several = of_band and not (part.is_for or is_alone(part))
        has_bass = any(kind_of(name) == "bass" for name in implied)
        theirs = is_band(band) or (has_bass and set(players_of_part(part, alone=False)) <= set(implied))
        of_genre = part.is_of_genre and theirs and not (group or is_alone(part) or counted)
        sings = has_name and is_voice(part) and not (part.is_for or is_alone(part))  # "female vocals rock band"
        return part.is_added or only_rhythm(part) or later or several or sings or of_genre

    excluded = any(finding.kind == "exclusion" for finding in findings) and not any(part.is_added for part in parts)
    pitched = [part for part in parts if not only_rhythm(part)]
    several_listed = len(pitched) > 1 or any(_AND.search(part.phrase.lower()) for part in pitched)
    listed = excluded and several_listed  # "tenor sax and piano, no drums"
    is_electronic = any(name.startswith("synth-bass") for name in band)  # whose beat goes on below a piano and vocals
    with_guitars = any(is_plural(part) and is_of_band(part, band) and not is_voice(part) for part in parts)
    is_duo = is_song_duo(parts) and not (is_electronic or with_guitars or all(part.is_added for part in parts))
    is_line = (
        is_line_up(parts, band)
        or _is_counted(parts, findings, band)
        or _is_listed_band(parts, findings, band)
        or _is_full_list(parts, findings, band, style)
    )
    is_line = is_line and not any(part.is_acting for part in parts)
    complete = (is_line or _is_list_of_nearest(parts, findings)) and not _names_choir(findings)
    bare = is_band(band) and not complete and not listed and (_has_drums_alone(parts) or _lacks_drums(parts, band))
    return bare or (all(map(joins, parts)) and not complete and not is_duo and not listed)


def _names_orchestral_style(use: Finding) -> bool:
    """Whether a use is a genre, or suggests one for an orchestra: "trailer"."""
    ensemble = styles()[use.value["style"]].ensemble if use.value.get("style") in styles() else ""
    return use.value.get("table") == "genres" or (bool(ensemble) and len(players_of(ensemble)) > _LARGEST_GROUP)


def _is_song_with_list(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether a scene, "song" or "ballad" is all that says what a list plays: "a sad song, ukulele and whistle".

    Those of a song have no amplifiers, those of a scene neither drums nor bass.
    """
    naming = [one for one in findings if one.kind in ("style", "hint") or (one.kind == "use" and "table" in one.value)]
    songs = prompt_table()["modern_songs"]["songs"]
    is_song = all(
        (phrase_of(one.phrase)[-1] in songs and one.kind == "hint")
        or (one.value == _BALLAD and len(phrase_of(one.phrase)) == 1)
        for one in naming
    )
    names = _names_of(parts)
    added = any(part.is_added and not part.value.is_a("feature") for part in parts)
    listed = len(parts) >= _PAIR and not added and not any(part.is_of_genre for part in parts)
    has_rhythm = any(kind_of(name) in ("bass", DRUMS) for name in names)
    is_plain = not (any(name.startswith(_AMPLIFIED) for name in names) if naming else has_rhythm)
    return is_song and listed and any(map(is_chordal, parts)) and is_plain


def _is_groove(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether a groove of bass and drums is all: "funky bass and drums groove"."""
    kinds = {kind_of(name) for name in _names_of(parts)}
    is_rhythm = kinds == {"bass", DRUMS} and not any(part.is_added for part in parts)
    later = findings[findings.index(parts[-1]) + 1 :] if is_rhythm and parts[-1] in findings else []
    return bool(later) and later[0].phrase.lower() in _GROOVES and later[0].clause == parts[-1].clause


def _is_list_with_bass(parts: Sequence[Finding]) -> bool:
    """Whether a colon opens a list of three or more with a bass and chords: "a cabaret song: accordion, bass, clarinet"."""
    kinds = {kind_of(name) for name in _names_of(parts)}
    is_full = len(parts) >= _SMALLEST_BAND and "bass" in kinds and any(map(is_chordal, parts))
    return is_full and all(part.is_listed for part in parts)


def _lacks_drums(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether a list has an electric bass, but not the drums of its band: "funky clav, slap bass and horns"."""
    kinds = {kind_of(name) for name in _names_of(parts)}
    is_open = not any(part.is_for or part.is_only or is_alone(part) or is_group(part) for part in parts)
    is_electric = is_band(band) and not {"acoustic-bass", "tuba"} & set(band)
    return len(parts) >= _SMALLEST_BAND and is_open and is_electric and "bass" in kinds and DRUMS not in kinds


def _is_counted(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether as many players are listed as the name of a group says: "garage rock duo, guitar and drums"."""
    sizes = {_SIZES[phrase_of(finding.phrase)[-1]] for finding in findings if phrase_of(finding.phrase)[-1] in _SIZES}
    listed = not any(part.is_added for part in parts)
    return listed and sum(len(players_of_part(part, alone=False, band=band)) for part in parts) in sizes


def _of_size(joined: list[str], parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str]) -> list[str]:
    """The band without the players whose place others take in a group of a size: "jazz quartet, trumpet lead".

    A lead named before a trio plays with bass and drums: "tenor sax jazz trio".
    """
    named = {name for part in parts for name in seated(part, joined)}
    is_of_genre = all(part.is_of_genre for part in parts)
    leads = [name for name in joined if name in named and is_lead(name)]
    if leads and is_of_genre and any(map(_is_trio, findings)) and not any(part.is_solo for part in parts):
        return [*leads, *(name for name in joined if kind_of(name) in ("bass", DRUMS))]
    sizes = [size for one in findings if one.kind in ("style", "use") and (size := _LARGER.get(phrase_of(one.phrase)[-1]))]
    leads = [name for name in band if name in joined and name not in named and is_lead(name)]
    new = [name for name in joined if name not in band and (is_lead(name) or is_of_genre)]
    if not (sizes and leads and new) or len(joined) <= sizes[0]:
        return joined
    return [new[0] if name == leads[0] else name for name in joined if name != new[0]]


def _is_trio(finding: Finding) -> bool:
    return finding.kind in ("style", "use") and phrase_of(finding.phrase)[-1] == "trio"


def _is_listed_band(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether a list says who a "band" without drums is: "irish folk band, fiddle, tin whistle, guitar and bodhran"."""
    is_long = len(parts) > _SMALLEST_BAND and not all(part.is_added for part in parts)
    return says_band(findings) and is_long and DRUMS not in band and any(is_chordal(part, band) for part in parts)


def _is_full_list(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str], style: str) -> bool:
    """Whether a list in one place of instruments that need no amplifier says who plays, though it has no bass.

    In country it has three that play chords or melodies: "fiddle, banjo and guitar"; in other bands drums and two that play
    chords: "pop, acoustic guitar, piano, light percussion". In a group without drums and bass two are enough: "traditional
    Chinese, flute and guzheng".
    """
    pitched = [part for part in parts if not only_rhythm(part)]
    is_scene = not is_band(band) and _is_scene(findings)
    if len(parts) < _PAIR or not (is_scene or _is_in_one_place(parts if is_band(band) else pitched, findings)):
        return False
    chordal = [part for part in pitched if is_chordal(part, band)]
    names = [name for part in pitched for name in players_of_part(part, alone=False)]
    is_long = not is_band(band) and len(parts) >= _SMALLEST_BAND and len(pitched) >= _PAIR
    if not (chordal or is_long) or any(map(is_group, pitched)) or any(name.startswith(_AMPLIFIED) for name in names):
        return False
    if not is_band(band):
        has_rhythm = any(kind_of(name) in ("bass", DRUMS) for name in band)
        if any(kind_of(name) == "bass" and name != "contrabass" for name in band) and len(band) <= _LARGEST_GROUP:
            return False  # "bluegrass, banjo, fiddle, guitar" has its bass
        is_small = not has_rhythm and len(band) <= _SMALL_GROUP
        is_enough = len(pitched) >= _SMALLEST_BAND or (
            len(parts) >= _SMALLEST_BAND and (is_scene or len(band) <= _LARGEST_GROUP)
        )
        return len(pitched) >= _PAIR and (is_small or is_enough)
    first = style.partition(",")[0].partition(":")[0]
    if first in prompt_table()["additions"]["acoustic"]:
        return len(pitched) >= _SMALLEST_BAND
    has_drums = any(DRUMS in players_of_part(part, alone=False) for part in parts)
    return has_drums and len(chordal) >= _PAIR


def _is_in_one_place(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether nothing but players is between the first part and the last."""
    places = [place for place, finding in enumerate(findings) if finding in parts]
    return bool(places) and all(findings[place].kind == "part" for place in range(places[0], places[-1]))


def _is_scene(findings: Sequence[Finding]) -> bool:
    """Whether only a scene suggests the style, so that its players are a guess: "a chase scene"."""
    naming = [one for one in findings if one.kind in ("style", "hint") or (one.kind == "use" and "style" in one.value)]
    return bool(naming) and all(one.kind == "use" and "table" not in one.value for one in naming)


def _is_list_of_nearest(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether a list of three with percussion and chords says who plays a genre that has no style: "forro with accordion ...".

    The band of the nearest style is not that of the genre.
    """
    naming = [one for one in findings if one.kind in ("style", "hint") or (one.kind == "use" and "why" in one.value)]
    is_nearest = (
        bool(naming)
        and not any(part.is_solo for part in parts)
        and all(one.kind == "use" and one.value.get("table") == "genres" for one in naming)
    )
    names = [name for part in parts for name in players_of_part(part, alone=False)]
    has_band = any(one.value.keys() & {"ensemble", "instruments"} for one in naming if one.kind == "use")
    has_chords = any(is_chordal(part) and not is_mallet(part) for part in parts)
    return is_nearest and not has_band and len(names) >= _SMALLEST_BAND and DRUMS in names and has_chords


def _is_line_up_of_genre(finding: Finding) -> bool:
    """Whether the name of a genre names players with a plucked bass, who are its band: "bluegrass", "mariachi"."""
    players = finding.value.get("instruments", ())
    return finding.value.get("table") == "genres" and any(kind_of(name) == "bass" and name != "contrabass" for name in players)


def _has_drums_alone(parts: Sequence[Finding]) -> bool:
    """Whether drums play with nobody who plays chords, though nothing says that these are all: "samba drums and whistles"."""
    has_drums = any(DRUMS in players_of_part(part, alone=False) for part in parts)
    return has_drums and not any(part.is_for or is_alone(part) or is_group(part) or is_chordal(part) for part in parts)


def _are_colors(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether parts are no piece without the orchestra of the style: choir, brass, percussion; or name all its sections."""
    names = {name for part in parts for name in players_of_part(part, alone=False)}
    are_sections = len(parts) > _PAIR and names <= {*_COLORS, *band}
    return len(band) > _LARGEST_GROUP and (names <= _COLORS or are_sections)


def _is_lone(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether parts are only a melody beside the group of the style, "western, harmonica", and not instead of a choir."""
    names = {name for part in parts for name in players_of_part(part, alone=False)}
    if {kind_of(name) for name in band} == {"choir"}:
        return False
    return len(band) > _SMALLEST_BAND and len(names) == 1 and not names & _SECTIONS and not any(map(is_chordal, parts))


def _names_choir(findings: Sequence[Finding]) -> bool:
    """Whether the name of a genre names a choir, which sings beside any list: "gospel choir with organ, bass and drums"."""
    return any(finding.kind == "use" and "choir" in phrase_of(finding.phrase) for finding in findings)


def settle_features(findings: Sequence[Finding], settled: Settled) -> None:
    """What a band does, "no fills"; styles that are not arranged have no use for it."""
    named = [(place, finding) for place, finding in enumerate(findings) if finding.kind == "band feature"]
    if not named or not takes_features(settled.first_style):
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
            and ({"why", "ensemble"} & finding.value.keys() or is_for_band(finding.value.get("style", "")))
        )
        for finding in findings
    )


def _band_of_mixture(style_text: str) -> str | None:
    """The band of the first of several styles where another is not for a band: "industrial march"."""
    rows = [styles()[name] for item in style_text.split(",") if (name := item.partition(":")[0]) in styles()]
    genres = [row for row in rows if row.kind != "era"]
    if len(genres) < _PAIR or not is_for_band(genres[0].name) or all(is_for_band(row.name) for row in genres):
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
    return list(players) if len(players) >= _SMALLEST_BAND else []


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
