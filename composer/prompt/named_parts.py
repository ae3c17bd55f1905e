"""The parts that a prompt names, read with its style and its other parts: choirs, saxophones, groups and their members."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from composer.brief import DRUMS
from composer.controls import MAX_PARTS
from composer.presets import instruments, voice_beside
from composer.prompt.findings import Finding, senses_of_part
from composer.prompt.lexicon import Sense, lexicon, phrase_of, prompt_table
from composer.prompt.parts import (
    AND,
    LARGER,
    LARGEST_GROUP,
    PAIR,
    READ_AS,
    SIZES,
    SMALLEST_BAND,
    VOICES,
    choir_of,
    english_name,
    english_of,
    is_alone,
    is_band,
    is_group,
    is_lead,
    is_plural,
    is_voice,
    is_within,
    kind_of,
    names_of,
    players_in,
    players_of,
    players_of_part,
    seated,
    staves_of,
)
from composer.prompt.segments import Segment
from composer.prompt.settle_styles import is_counterpoint, is_scene, takes_features, usual_ensembles
from composer.prompt.settled import NOTHING_MORE, Conflict, Settled

_BASS_LINES = (("bass", "line"), ("bassline",), ("bass", "part"))
_LOW = ("tuba", "cello", "contrabass", "bassoon", "bass-trombone", "bass-clarinet")  # who have the bass of a group
_ANY_HORNS, _WINDS = (("horns",), ("horn", "section"), ("brass",)), ("horns", "sax")  # words and kinds of winds of a band
_WINDS = ("horns", "sax")  # kinds
_BESIDE_SAXES = {"trumpet", "trombone", "alto-sax", "tenor-sax", "baritone-sax", "soprano-sax"}
_BOWED = {"violin", "viola", "cello", "contrabass", "string-ensemble-1"}
_BASSES, _CONTRABASS, _IN_LIST = ("basses",), "contrabass", 1  # words between two players of a list
_STRINGS_OF_BANDS = {"string-ensemble-1", "violin", "viola", "cello"}
_MARCHES = ("march", "ballroom-dance")
_SINGERS = {"mens-choir": ["tenor", "baritone", "bass-voice"], "womens-choir": ["soprano", "mezzo-soprano", "alto"]}
_OF_MANY_NAMES = {"violin", "organ", "keys", "bass", "strings"}  # kinds of instruments: "fiddle ... the violin"
_RHYTHM = ("acoustic-grand-piano", "acoustic-bass", DRUMS)
_JAZZ_GROUPS = {"trio": _RHYTHM, "quartet": ("tenor-sax", *_RHYTHM), "quintet": ("trumpet", "tenor-sax", *_RHYTHM)}
_ROUND = "round"
_PIANO_TRIO, JAZZ_TRIO = "piano-trio", "jazz-trio"


def without_listed_horns(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without the horns of a band that names its winds before: "trumpet, tenor sax, bass; horns in unison"."""
    found, winds = list(findings), dict[str, int]()
    for place, one in enumerate(findings):
        if one.kind != "part":
            continue
        is_horns = prompt_table()["roles"].get(english_of(one.phrase)) == "horns" and not one.count
        if is_horns and len(winds) >= PAIR and one.clause not in winds.values():
            found[place] = replace(one, kind="alternative", value=None)
        elif not is_horns:
            winds |= {name: one.clause for name in names_of([one]) if kind_of(name) in _WINDS}
    return found


def without_single_strokes(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with a gong or a cymbal as what no piece has, unless other drums play or nothing else is said."""
    drums = [one for one in findings if one.kind == "part" and DRUMS in names_of([one])]
    strokes = [one for one in drums if english_name(one) in prompt_table()["additions"]["strokes"]]
    is_all = len(strokes) < len(drums) or all(one in strokes for one in findings)
    return [replace(one, kind="beyond", value=None) if one in strokes and not is_all else one for one in findings]


def of_whole_choirs(findings: Sequence[Finding]) -> list[Finding]:
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


def corrected(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings without the parts that later ones replace: "a trombone choir, actually four trombones"."""
    first = next((place for place, one in enumerate(findings) if one.kind == "part" and one.is_correction), None)
    if first is None:
        return findings
    lost = [one for one in findings[:first] if one.kind == "part"]
    settled.conflicts += [Conflict("instruments", findings[first].phrase, one.phrase) for one in lost]
    return [replace(one, kind="corrected part") if one in lost else one for one in findings]


def of_sections(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with a player in general as the certain one that a section has: "a guitar solo" of the distorted guitar."""
    said = "; ".join(one.value for one in findings if one.kind == "sections")

    def certain(part: Finding) -> Finding:
        text = english_name(part)
        if not said or part.count or text not in prompt_table()["roles"]:
            return part
        named = (f"{found[1]} {text}" for found in re.finditer(rf"\+([a-z]+) {text}\b", said))
        for name in named:
            senses = tuple(sense for sense in lexicon().senses.get(phrase_of(name), ()) if sense.kind == "instrument")
            if senses:
                return replace(part, value=replace(part.value, senses=senses, note=f"{READ_AS}{name}"))
        return part

    return [certain(one) if one.kind == "part" else one for one in findings]


def with_rhythm(finding: Finding, band: Sequence[str]) -> Finding:
    """A trio that is its lead with bass and drums, not with strings or three alike: "jazz, vibraphone trio", "piano trio"."""
    players: tuple[str, ...]
    senses = senses_of_part(finding) if finding.kind == "part" else {}
    size = " ".join(phrase_of(finding.phrase))
    if senses and size in _JAZZ_GROUPS:
        return replace(finding, value=replace(finding.value, senses=(Sense("instrument", _JAZZ_GROUPS[size]),)), is_for=True)
    if senses.get("ensemble") == _PIANO_TRIO:
        return replace(finding, value=replace(finding.value, senses=(Sense("ensemble", JAZZ_TRIO),)))
    names = senses.get("instrument", ())
    word = phrase_of(finding.phrase)[-1]
    if word == "quartet" and set(map(kind_of, names)) == {"sax"} and len(set(names)) == 1 and "acoustic-bass" in band:
        players = (names[0], *_RHYTHM)  # "bebop for alto sax quartet"
        return replace(finding, value=replace(finding.value, senses=(Sense("instrument", players),)), is_for=True)
    if word != "trio" or len(names) != SIZES["trio"] or len(set(names)) > 1:
        return finding
    players = (names[0], next(name for name in band if kind_of(name) == "bass" or name == "tuba"), DRUMS)
    return replace(finding, value=replace(finding.value, senses=(Sense("instrument", players),)), is_for=True)


def as_listed(finding: Finding, band: Sequence[str]) -> Finding:
    """A part that names two instruments, "piano and strings", as these and not as the ensemble, if one joins the band."""
    words = AND.split(finding.phrase.lower())
    if finding.kind != "part" or finding.is_for or len(words) != PAIR or not is_group(finding):
        return finding
    senses = [lexicon().senses.get(phrase_of(word), ()) for word in words]
    names = [name for each in senses for sense in each if sense.kind == "instrument" for name in sense.value[:1]]
    is_pair = len(names) == PAIR and "string-ensemble-1" in names and not set(names) <= set(band)
    return replace(finding, value=replace(finding.value, senses=(Sense("instrument", tuple(names)),))) if is_pair else finding


def with_voices(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with "three voices" as a part for a choir; it is left alone where others play or the style is for others."""
    place = next((place for place, finding in enumerate(findings) if finding.kind == "voices"), None)
    implied = [players_of(one.value["ensemble"]) for one in findings if one.kind == "use" and "ensemble" in one.value]
    if place is not None and any(len(names) == findings[place].value for names in implied):
        return findings  # "four-part barbershop harmony"
    ensembles = usual_ensembles(str(settled.options.get("style", "")))
    parts = [other for other, finding in enumerate(findings) if finding.kind == "part"]
    voices = [other for other in parts if is_voice(findings[other]) and not findings[other].is_leading]
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
    players = players_in(settled.options)
    singers = [name for name in players or players_of(next(iter(usual), "piano")) if kind_of(name) == "choir"]
    staves = sum(map(staves_of, players)) if is_counterpoint(settled) else 0
    return count in (len(singers), len(players), staves)


def _with_size(findings: Sequence[Finding], choir: int, voices: int) -> Sequence[Finding]:
    """The findings with a choir of as many voices as are named: "choir in three voices"."""
    singers = players_of_part(findings[choir], alone=True)
    names = tuple(choir_of(findings[voices].value))
    if len(singers) == len(names):
        return findings
    if len(set(singers)) == 1 and singers[0] in instruments() and instruments()[singers[0]].low > instruments()[names[0]].low:
        names = (singers[0],) * len(names)  # those of children have no men
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


def with_saxes(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with "tenor" as a saxophone in a list of them, and in jazz where others play and none of them sings."""
    table = prompt_table()["saxes"]
    style = settled.first_style
    parts = [finding for finding in findings if finding.kind == "part"]
    named = [one for one in parts if phrase_of(one.phrase)[-1] in table["words"]]
    before = parts[parts.index(named[0]) - 1] if named and parts[0] is not named[0] else None
    is_horn = before is not None and set(players_of_part(before, alone=False)) <= _BESIDE_SAXES  # "two trumpets, alto, tenor"
    if named and ((named[0].opens_list and before and _are_saxes(before)) or is_horn):
        return [_as_sax(one, table["words"]) if one in named else one for one in findings]
    alone = len(parts) == len(named) and not any(one.is_solo or one.is_added for one in named)
    if style not in table["styles"] or alone or any(is_voice(one) and one not in named for one in parts):
        return findings
    return [_as_sax(one, table["words"]) if one in named else one for one in findings]


def with_violas(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings with "alto" as a viola, as in French, where all others named are violins, cellos and basses."""
    parts = [finding for finding in findings if finding.kind == "part"]
    others = names_of([one for one in parts if phrase_of(one.phrase)[-1] != "alto"])
    if not others or not set(others) <= _BOWED - {"viola"}:
        return findings
    viola = (Sense("instrument", ("viola",)),)
    found: list[Finding] = []
    for one in findings:
        if one.kind == "part" and phrase_of(one.phrase)[-1] == "alto":
            found.append(replace(one, value=replace(one.value, senses=viola)))
        elif one.kind == "sections":
            found.append(replace(one, value=re.sub(r"\balto\b", "viola", one.value)))
        else:
            found.append(one)
    return found


def with_basses(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings with "basses" right after bowed strings as those of an orchestra: "violas, cellos and basses"."""
    found, before = list(findings), None
    for place, one in enumerate(findings):
        if one.kind != "part":
            continue
        follows = before is not None and one.first - before.last <= _IN_LIST
        if before and follows and phrase_of(one.phrase) == _BASSES and set(players_of_part(before, alone=False)) <= _BOWED:
            found[place] = replace(one, value=replace(one.value, senses=(Sense("instrument", (_CONTRABASS,)),)))
        before = found[place]
    return found


def _are_saxes(part: Finding) -> bool:
    return {kind_of(name) for name in players_of_part(part, alone=True)} == {"sax"}


def _as_sax(part: Finding, saxes: dict[str, str]) -> Finding:
    return replace(part, value=replace(part.value, senses=(Sense("instrument", (saxes[phrase_of(part.phrase)[-1]],)),)))


def with_sung_bass(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with "bass" as the voice beside voices, or in a style for voices, unless a band plays."""
    usual = [players_of(name) for name in usual_ensembles(settled.first_style)]
    if any(map(is_band, usual)):
        return findings
    sung = bool(usual) and all(kind_of(names[0]) == "choir" for names in usual)
    named = {place: players_of_part(one, alone=False) for place, one in enumerate(findings) if one.kind == "part"}
    read = list(findings)
    for place in named:
        others = [name for other, names in named.items() if other != place for name in names]
        voice = voice_beside(english_of(findings[place].phrase), [*others, *_SINGERS["mens-choir"][:sung]])
        if voice:
            read[place] = replace(
                findings[place], value=replace(findings[place].value, senses=(Sense("instrument", (voice.name,)),))
            )
    return read


def without_band(findings: Sequence[Finding], band: Sequence[str], settled: Settled) -> list[Finding]:
    """The parts; "band" and "school band" are one only where nothing else says which band."""
    named = [finding for finding in findings if finding.kind == "part"]
    parts = [part for place, part in enumerate(named) if not _is_likeness(place, named)]
    ways = [part for part in parts if part.value.value("band feature") and _plays_in_a_way(part)]
    if ways and takes_features(settled.first_style) and set(band) & _STRINGS_OF_BANDS:
        others = [part for part in parts if part not in ways]
        if set(names_of(others)) <= _BOWED and is_scene(findings):
            strings = (Sense("ensemble", "string-orchestra"),)
            return [replace(ways[0], value=replace(ways[0].value, senses=strings), is_only=True)]
        parts = [replace(part, is_added=True) for part in others]  # beside the strings of the band
    if len(parts) == 1 and not band and " ".join(phrase_of(parts[0].phrase)) in prompt_table()["additions"]["beside"]:
        return []
    parts = [_as_marching_band(part) if settled.first_style in _MARCHES and not band else part for part in parts]
    any_band = prompt_table()["additions"]["bands"]
    marches = settled.first_style in _MARCHES and not band and any(part.is_solo or part.is_leading for part in parts)
    others = [part for part in parts if marches or " ".join(phrase_of(part.phrase)) not in any_band]
    if is_band(band):  # "a rock song, the organ swells": the organ of the band
        others = [part for part in others if not part.is_definite or part.is_for or not set(seated(part, band)) <= {*band}]
    if len(others) > SMALLEST_BAND:  # "folk band, fiddle, flute and guitar" says who the band is
        others = [part for part in others if phrase_of(part.phrase)[-1] != "band"]
    if not (others or band):
        return parts
    others = _without_sections(others)
    for place, finding in enumerate(findings):
        if finding in parts and finding not in others:
            settled.explain(place, NOTHING_MORE)
    return others


def _is_likeness(place: int, parts: Sequence[Finding]) -> bool:
    """Whether a part is only what other parts sound like: "strings like an organ", "like a music box, for flute and harp"."""
    part, others = parts[place], [(at, one) for at, one in enumerate(parts) if not one.is_likened]
    play = (at < place or one.is_for or (one.clause != part.clause and not one.is_added) for at, one in others)
    return part.is_likened and any(play)


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
        others = [*kept, *(one for one in parts if not one.is_definite)]
        if not (
            (part.is_definite and _is_meant(part, [one for one in others if one is not part]))
            or _is_mentioned(part, kept)
            or _is_in_later_pair(part, parts)
            or _is_described(part, kept)
            or _is_in_group(part, kept)
            or _acts_in_group(part, parts)
            or _is_bass_line(part, parts)
            or _are_horns_named(part, kept)
            or _is_voice_of_choir(part, kept)
        ):
            kept.append(part)
    return kept


def _is_meant(part: Finding, others: Sequence[Finding]) -> bool:
    """Whether a part that is known, "the violin", is one of the other parts or of their players."""
    others = [one for one in others if not one.nth > part.nth > 0]  # "first violin" is none of "second violin, viola and cello"
    names, known = players_of_part(part, alone=False), [name for one in others for name in players_of_part(one, alone=True)]
    if len(set(names)) == 1 and known.count(names[0]) < part.nth:
        return False
    if not Counter(names) - Counter(known) or (not part.count and set(names) <= set(known)):
        return True
    words = [word for word in english_name(part).split() if word not in prompt_table()["cues"]["manners"]]
    text, kinds = " ".join(words), Counter(map(kind_of, known))
    plain = (name for sense in lexicon().senses.get(phrase_of(text), ()) if sense.kind == "instrument" for name in sense.value)
    if kinds[prompt_table()["roles"].get(text, "")] or set(plain) & set(known):  # "the sax", "the muted trumpet"
        return True
    if set(map(kind_of, names)) <= kinds.keys() & _OF_MANY_NAMES or prompt_table()["saxes"]["words"].get(text) in known:
        return True
    if any(english_name(one).endswith(f" {text}") for one in others):  # "an alto flute ... the flute"
        return True
    if is_voice(part) and kinds["choir"] > 1:
        return True
    members = [name for name in known if set(prompt_table()["families"].get(text, ())) & set(name.split("-"))]
    return text != "bass" and len(members) > is_plural(part)  # not a bass clarinet


def _is_mentioned(part: Finding, before: Sequence[Finding]) -> bool:
    """Whether a part in a later clause is a single player that is named before, by the same word or its family."""
    names, said = players_of_part(part, alone=False), phrase_of(part.phrase.removesuffix(" solo"))
    is_soloist = is_alone(part) and not part.phrase.endswith(" solo")  # "solo violin", not "piano solo"
    if len(set(names)) != 1 or part.count or part.is_leading or is_soloist:
        return False
    known = [name for one in before for name in players_of_part(one, alone=True)]
    if known.count(names[0]) < part.nth and names[0] in known:  # "first violin, second violin"
        return False
    earlier = [one for one in before if one.clause < part.clause]
    words = {word for one in earlier for word in phrase_of(one.phrase)}
    is_said = all(any(word.startswith(each) for word in words) for each in said)  # "sax" after "saxophone"
    is_said = is_said or (names[0] != DRUMS and names[0] in names_of(earlier))  # "flute stops" after "organ"
    return is_said and kind_of(names[0]) in map(kind_of, names_of(earlier))


def _is_in_later_pair(part: Finding, parts: Sequence[Finding]) -> bool:
    """Whether a single player is one of a pair in a later clause: "she learns cello. A piece for cello and piano"."""
    words = set(phrase_of(part.phrase))
    pairs = [phrase_of(one.phrase) for one in parts if one.clause > part.clause and AND.search(one.phrase.lower())]
    return not (part.count or part.is_leading or part.is_solo) and any(words <= set(pair) for pair in pairs)


def _is_described(part: Finding, before: Sequence[Finding]) -> bool:
    """Whether words only say how a single player who is named before plays: "staccato bassoon", "walking bass"."""
    names = players_of_part(part, alone=False)
    says_how = part.is_described or part.value.is_a("band feature")
    return says_how and len(names) == 1 and kind_of(names[0]) in map(kind_of, names_of(before))


def _is_bass_line(part: Finding, parts: Sequence[Finding]) -> bool:
    """Whether "bass line" is what another low player has: "the tuba plays the bass line"."""
    others = [one for one in parts if one is not part]
    return phrase_of(part.phrase) in _BASS_LINES and any(kind_of(name) == "bass" or name in _LOW for name in names_of(others))


def _are_horns_named(part: Finding, before: Sequence[Finding]) -> bool:
    """Whether "the horns" are the winds of a band that are named in an earlier clause: "two trumpets and a trombone"."""
    named = [name for one in before if one.clause < part.clause for name in players_of_part(one, alone=False)]
    return phrase_of(part.phrase) in _ANY_HORNS and not part.count and sum(kind_of(name) in _WINDS for name in named) > 1


def _is_voice_of_choir(part: Finding, before: Sequence[Finding]) -> bool:
    """Whether "altos" are those of a choir or a group with its voices that is named before, "an alto" in an earlier clause."""
    is_solo = part.is_solo or part.is_leading or is_alone(part) or "solo" in phrase_of(part.phrase)
    earlier = [one for one in before if one.clause < part.clause or is_plural(part)]
    choirs = [one for one in earlier if is_voice(one) or set(one.phrase) <= set("SATB")]
    names = set(players_of_part(part, alone=False))
    is_known = len(names) == 1 and names <= {*VOICES, "bass-voice"}
    return is_known and not (is_solo or part.count) and any(_is_group_of(one, alone=True) for one in choirs)


def _acts_in_group(part: Finding, parts: Sequence[Finding]) -> bool:
    """Whether a part that only acts at a time is within a group: "string quartet, the cello begins the theme"."""
    others = [players_of_part(one, alone=True) for one in parts if one is not part and not one.is_acting]
    kinds = set(map(kind_of, players_of_part(part, alone=False)))
    return part.is_acting and not part.nth and any(kinds <= set(map(kind_of, names)) for names in others)


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
    is_section = is_plural(part) or phrase_of(part.phrase)[-1] in prompt_table()["families"]
    if part.is_added and part.is_leading and not is_section:  # "wind quintet with the flute leading"
        groups = [players_of_part(one, alone=True) for one in before if _is_group_of(one, alone=True)]
        is_extra = "solo" in phrase_of(part.phrase)  # beside strings, "string quartet and solo violin"
        return any(
            len(names) <= LARGER["quintet"] and set(added) <= set(names) and not (is_extra and _BOWED & set(names))
            for names in groups
        )
    earlier = [
        players_of_part(one, alone=False) for one in before if one.clause < part.clause and _is_group_of(one, alone=False)
    ]
    if is_section and not part.count and DRUMS not in added:  # "string orchestra ... violas", "brass band ... low brass"
        groups = [players_of_part(one, alone=False) for one in before if _is_group_of(one, alone=False)]
        if any(set(added) <= set(names) for names in groups):
            return True
    is_one = added.total() == 1 and not (part.count or is_alone(part) or DRUMS in added)
    is_one = is_one and (part.is_solo or not part.is_added)
    return is_one and any(set(map(kind_of, added)) <= set(map(kind_of, names)) for names in earlier)


def _is_group_of(part: Finding, *, alone: bool) -> bool:
    return len(players_of_part(part, alone=alone)) > PAIR


def _names_list(group: Finding, parts: Sequence[Finding]) -> bool:
    """Whether the parts after a group are its players.

    They follow a colon or "for" ("brass: trumpet and horn"), or the list has the size of the group and most of its players:
    "wind quintet in C, flute, oboe, clarinet, horn and bassoon". A group that is only a size, "quartet", may also follow them.
    """
    place = parts.index(group)
    listed = [part for part in parts[place + 1 :] if not part.is_definite]
    names = names_of(listed)
    theirs = players_of_part(group, alone=True)
    is_stated = bool(listed) and listed[0].opens_list and not any(one.is_leading or one.is_solo for one in listed)
    if is_stated and len(names) > 1:
        return True
    if _is_full_orchestra(group) and not group.is_for and len(listed) > PAIR and all(one.is_for for one in listed):
        return True  # "a school orchestra needs a piece for violins, violas, cellos and basses"
    words = phrase_of(group.phrase)
    if len(words) == 1 and (is_group(group) or words[0] in LARGER) and not group.count:
        return len(names) + len(names_of(parts[:place])) == len(theirs)
    return len(names) == len(theirs) < 2 * (Counter(names) & Counter(theirs)).total()


def _is_full_orchestra(part: Finding) -> bool:
    names = players_of_part(part, alone=True)
    return len(names) > LARGEST_GROUP and not is_band(names) and _BOWED - {"string-ensemble-1"} <= set(names)


def _has_kin(part: Finding, parts: Sequence[Finding]) -> bool:
    """Whether another part has an instrument of the same family."""
    kinds = set(map(kind_of, players_of_part(part, alone=False)))
    return any(kinds & set(map(kind_of, players_of_part(other, alone=False))) for other in parts if other is not part)


def without_techniques(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with "pizzicato" and the like, where strings are named that play so, as what no piece has."""
    parts = [one for one in findings if one.kind == "part"]
    groups = [set(players_of_part(part, alone=True)) for part in parts if not _is_technique(part)]
    has_strings = any(group & _BOWED for group in groups)
    has_section = any(len(group & _BOWED) > PAIR for group in groups)

    def is_manner(one: Finding) -> bool:
        return one.kind == "part" and _is_technique(one) and (has_section or (has_strings and one.is_bare))

    return [replace(one, kind="beyond", value=one.phrase) if is_manner(one) else one for one in findings]


def _plays_in_a_way(part: Finding) -> bool:
    """Whether a part is strings that play in one way: "tremolo strings"."""
    return set(players_of_part(part, alone=False)) <= {"tremolo-strings", "pizzicato-strings"}


def _is_technique(part: Finding) -> bool:
    words = phrase_of(english_of(part.phrase.partition(" (read as")[0]))
    return words in (("pizzicato",), ("pizzicati",), ("tremolo",), ("tremoli",))
