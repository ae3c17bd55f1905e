"""The players: one ensemble or one list of instruments from the parts that a prompt names and excludes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from composer.brief import DRUMS, is_drums
from composer.controls import MAX_PARTS
from composer.presets import DEFAULT_ENSEMBLE, ensembles, instrument_of, instruments, nearest
from composer.prompt.findings import Finding, senses_of_part
from composer.prompt.languages import spaced_words
from composer.prompt.lexicon import phrase_of, prompt_table
from composer.prompt.segments import PLURAL

PAIR = 2
SMALLEST_BAND = 3  # players; smaller line-ups of a style are replaced by the parts named
LARGEST_GROUP = 7  # players; more are an orchestra or a large band
SIZES = {"duo": 2, "duet": 2, "trio": 3}  # players, by the name of a group
LARGER = {"quartet": 4, "quintet": 5, "sextet": 6, "septet": 7, "octet": 8, "nonet": 9}
_STRING_TRIO = "string-trio"
AND = re.compile(" (?:and|und|et|y|e|&) ")  # between two instruments of one phrase
_SINGER = "voice"  # of songs
_PLURAL = ("guitar", "horns", "sax", "synth")  # a band may have several of a kind
READ_AS = "read as "
_MEMBERS = {"string-ensemble-1": {"violin", "viola", "cello"}, "brass-section": {"trumpet", "trombone"}}  # of an orchestra
_SAX, _MALLETS, _PADS = "tenor-sax", range(9, 15), range(88, 96)
_STAND_IN = "flute"  # plays the melody of bands whose melody any instrument may play
_BESIDE_KEYS = "electric-guitar-jazz"  # plays the melody of bands, unless they get another keyboard: "lo-fi with a piano"
SINGER = "voice-oohs"  # sings the melody of bands
VOICES = ("soprano", "alto", "tenor", "bass")  # of a choir
_MOST_ALIKE = 4  # players of one instrument that join a band
_ENOUGH_ONCE = ("guitar", "keys", "synth", "strings", "choir")  # kinds that play several notes or voices at once
CHOIR = "choir"  # the kind of singers
_LONE_VOICES = ("voice", "voice-oohs")
_MIXED_CHOIR = "satb-choir"
_VOICES_BY_LETTERS = re.compile("[SATB]{3,8}", re.IGNORECASE)
_ANY_CHOIR = (("choir",), ("chorus",), ("voices",))
_HORNS = ["brass-section"]  # the horns of a band
_LOW_WIND = "tuba"  # plays the bass of bands
# Who sings in choirs of men or women that others accompany.
_SINGERS = {"mens-choir": ("tenor", "tenor", "baritone", "bass-voice"), "womens-choir": ("soprano", "mezzo-soprano", "alto")}
_COMPLETE = {"solo", "only", "alone", "just", "cappella", "capella", "acappella", "ensemble", "circle"}  # in names of who plays
_WHOLE_BAND = 3  # parts
# Programs that play chords: keys, mallets, organs, accordions, guitars, harp, pads, plucked strings of the world, steel drums.
_CHORDAL = {*range(22), 23, *range(24, 32), 46, *range(88, 96), *range(104, 109), 114}
# Instruments of one kind: a band that has one of them does not get another.
_ALIKE = {
    "bass": (
        "acoustic-bass", "electric-bass-finger", "electric-bass-pick", "fretless-bass", "slap-bass-1", "slap-bass-2",
        "synth-bass-1", "synth-bass-2", "contrabass",
    ),
    "organ": ("drawbar-organ", "percussive-organ", "rock-organ", "church-organ", "reed-organ"),
    "violin": ("violin", "fiddle"),
    "guitar": (
        "acoustic-guitar-nylon", "acoustic-guitar-steel", "electric-guitar-jazz", "electric-guitar-clean",
        "electric-guitar-muted", "overdriven-guitar", "distortion-guitar", "ukulele",
    ),
    "keys": (
        "acoustic-grand-piano", "bright-acoustic-piano", "electric-grand-piano", "honky-tonk-piano", "electric-piano-1",
        "electric-piano-2",
    ),
    "sax": ("soprano-sax", "alto-sax", "tenor-sax", "baritone-sax"),
    "strings": ("string-ensemble-1", "string-ensemble-2", "synth-strings-1", "synth-strings-2"),
    "horns": ("brass-section", "synth-brass-1", "synth-brass-2", "trumpet", "trombone", "flugelhorn", "cornet"),
    "synth": ("lead-1-square", "lead-2-sawtooth", "lead-3-calliope", "lead-4-chiff"),
    "choir": (
        "choir-aahs", "voice-oohs", "synth-choir", "pad-4-choir", "soprano", "mezzo-soprano", "alto", "tenor", "baritone",
        "bass-voice", "voice", "childrens-voice", "boy-soprano", "boy-alto",
    ),
}  # fmt: skip


def settle_parts(parts: Sequence[Finding], implied: Mapping[str, Any], band: Sequence[str] = ()) -> dict[str, Any]:
    """The option "ensemble" or "instruments" of the parts named, else the one that a use implies, else nothing.

    One ensemble is kept; several parts are a list of instruments, unless they are exactly the players of an ensemble. A guitar
    or a bass without further words is that of the `band` of the style.
    """
    if not parts:
        return dict(implied)
    parts = _once(parts)
    theirs = _sounds_of(parts[0], band) if len(parts) == 1 and not is_alone(parts[0]) else []
    if len(parts) == 1 and _is_ensemble(parts[0]) and not theirs:
        return {"ensemble": senses_of_part(parts[0])["ensemble"]}
    alone = len(parts) == 1
    pitched = [part for part in parts if not only_rhythm(part) and not _is_percussion(part)]
    fills = pitched[:1] if is_line_up(parts, band) and len(pitched) == 1 and not pitched[0].count else []
    names = []
    for part in parts:  # the only guitarist plays both guitars of rock
        names += seated(part, band) if part in fills else players_of_part(part, alone=alone, band=band)
    others = [part for part in parts if part not in pitched]
    if others and all(map(_is_percussion, others)) and len(pitched) == 1 and _is_ensemble(pitched[0]) and not is_large(band):
        names = [*players_of(senses_of_part(pitched[0])["ensemble"])]  # "brass and timpani" is more than one staff
        names += [name for part in others for name in players_of_part(part, alone=False)]
    names = [name for place, name in enumerate(names) if name != DRUMS or DRUMS not in names[:place]]  # kick and hats
    lead = _lead_of_band(parts, band) if is_band(names) else ""
    if lead not in names:
        return option_of(names)
    rest = list(names)
    rest.remove(lead)
    if any(len(group) >= SMALLEST_BAND and lead in group for group in (players_of_part(part, alone=True) for part in parts)):
        rest = [name for name in rest if name != lead]
    return option_of([lead, *rest], lead)


def _lead_of_band(parts: Sequence[Finding], band: Sequence[str]) -> str:
    """The single player who is said to lead: "marching band with trumpet lead"; empty if there is none."""
    leads = [
        players_of_part(part, alone=False, band=band) for part in parts if part.is_leading or (part.is_added and is_alone(part))
    ]
    return leads[0][0] if leads and len(leads[0]) == 1 else ""


def _once(parts: Sequence[Finding]) -> list[Finding]:
    """The parts without ensembles that one before is, "choir SATB", and without choirs that another says more of."""
    lettered = [
        part for part in parts if _VOICES_BY_LETTERS.fullmatch(part.phrase) and part.phrase.lower() != "bass"
    ]  # "TTB men's choir", "women's choir SSAA"
    beside = {(part.last, True) for part in lettered} | {(part.first, False) for part in lettered}
    parts = [
        part
        for part in parts
        if part in lettered
        or beside.isdisjoint({(part.first, True), (part.last, False)})
        or phrase_of(part.phrase)[-1:] not in _ANY_CHOIR
    ]
    general = [part for part in parts if is_unaccompanied(part) or _is_any_choir(part)]
    others = [part for part in parts if part not in general]
    choirs = [part for part in others if not (part.is_leading or phrase_of(part.phrase)[0] == "solo")]
    choirs = [part for part in choirs if not _is_other_choir(part, general)]
    voices = [name for part in choirs for name in players_of_part(part, alone=True) if kind_of(name) == "choir"]
    sizes = (
        len(players_of_part(part, alone=True)) for part in general if phrase_of(part.phrase)[1:] and not is_unaccompanied(part)
    )
    sung = len(voices) > 1 and all(size == len(voices) for size in sizes)
    parts = others if sung else parts  # "a cappella, SSA", "choir and organ, the second verse a cappella"
    named = [senses_of_part(part).get("ensemble") for part in parts]
    return [
        part
        for place, part in enumerate(parts)
        if not named[place] or named[place] not in named[:place] or part.count or part.nth
    ]


def _is_other_choir(part: Finding, general: Sequence[Finding]) -> bool:
    """Whether a choir is listed beside one that does not say who sings: "children's choir and choir"."""
    beside = [one for one in general if one.clause == part.clause and not is_unaccompanied(one)]
    return phrase_of(part.phrase)[-1:] in _ANY_CHOIR and bool(beside)


def _is_any_choir(part: Finding) -> bool:
    """Whether a choir does not say who sings: "choir", "three-part choir"."""
    if senses_of_part(part).get("ensemble", _MIXED_CHOIR) != _MIXED_CHOIR:
        return False
    return phrase_of(part.phrase)[-1:] in _ANY_CHOIR and set(players_of_part(part, alone=True)) == {*choir_of(1)}


def _thinned(names: list[str]) -> list[str]:
    """Names with at most `MAX_PARTS` staves.

    The voices of a choir get one staff, then later ones of a frequent instrument are left out, then players named last.
    """
    kept = list(names)
    choir = choir_of(1)[0]
    if sum(map(staves_of, kept)) > MAX_PARTS and kept.count(choir) <= len(VOICES):
        kept = [name for place, name in enumerate(kept) if name != choir or choir not in kept[:place]]
    while sum(map(staves_of, kept)) > MAX_PARTS and max(Counter(kept).values()) > 1:
        most = max(Counter(kept), key=lambda name: Counter(kept)[name])
        del kept[len(kept) - 1 - kept[::-1].index(most)]
    while sum(map(staves_of, kept)) > MAX_PARTS:
        kept.pop()
    return kept


def staves_of(name: str) -> int:
    """How many parts the plan makes of an instrument: two for a piano or harp, three for an organ."""
    return next((len(each.parts) for each in ensembles().values() if players_of(each.name) == (name,)), 1)


def join_band(added: Sequence[Finding], band: Sequence[str]) -> list[str]:
    """The band with the instruments of the added parts.

    A family in general ("horns", "guitar") is the band's if it has one; a certain instrument takes the place of the only one of
    its family ("soprano sax" for the tenor), certain guitars that of all, and any other joins once. A number of horns takes the
    place of the band's winds.
    """
    joined, requested = list(band), set[str]()
    is_sung = any(map(is_voice, added))
    for part in added:
        if (horns := _counted_horns(part)) and is_band(band):
            joined = [*horns, *(name for name in joined if kind_of(name) not in ("horns", "sax"))]
            continue
        names = seated(part, joined)
        requested |= set(names)
        before = [other for other in joined if other not in names or other in band]
        for name in dict.fromkeys(names):
            kin = [other for other in joined if kind_of(other) == kind_of(name) and other in before]
            is_pair = "string-ensemble-1" in names  # "piano and strings"
            alike = [other for other in names if kind_of(other) == kind_of(name)] if is_pair else names
            if name in joined or (kin and kind_of(name) == DRUMS):
                continue
            if kind_of(name) == "guitar" and len(kin) > 1 and is_plural(part):  # "jangly guitars" are all those of the band
                joined = [name if other in kin else other for other in joined]
            elif len(kin) == len(alike) == 1 and kin[0] not in requested and not part.value.is_a("feature"):
                joined[joined.index(kin[0])] = name
            elif (_takes_over(name, part, joined) or (_sings_along(part, joined) and not is_sung)) and joined[
                0
            ] not in requested:
                joined[0] = name
            elif not kin or (kind_of(name) in _PLURAL and not part.value.is_a("feature")):
                joined.append(name)
        joined = _doubled(joined, names[0], part)
        if (
            (part.is_leading or _has_tune(names[0], part, joined, requested))
            and len(names) == 1
            and kind_of(names[0]) not in ("bass", DRUMS)
        ):
            joined = [name for name in joined if name == names[0]] + [name for name in joined if name != names[0]]
    has_keys = any(kind_of(name) == "keys" and name not in band for name in requested)
    return joined[1:] if has_keys and joined[0] == _BESIDE_KEYS and joined[0] not in requested else joined


def with_player(players: Sequence[str], name: str, named: Collection[str]) -> list[str]:
    """A band with one who enters: a singer is first, in place of the flute or the voice that stands in if nobody named it."""
    stands_in = bool({_STAND_IN, SINGER} & {*players[:1]} - {*named})
    is_singer = kind_of(name) == "choir" and name not in choir_of(1)
    sings = is_band(players) and is_singer and (stands_in or "choir" not in map(kind_of, players))
    return [name, *players[stands_in:]] if sings else [*players, name]


def _has_tune(name: str, part: Finding, band: Sequence[str], requested: set[str]) -> bool:
    """Whether a single melody instrument plays before those that nobody asked for, "lo-fi with a tenor sax", or a singer first.

    A band that has a singer keeps it first.
    """
    if name == _SINGER and DRUMS in band:
        return kind_of(band[0]) != "choir"
    is_single = is_lead(name) and kind_of(name) not in _ENOUGH_ONCE and name not in (*_HORNS, _LOW_WIND)
    is_single = is_single and not part.value.is_a("feature")
    return is_single and DRUMS in band and kind_of(band[0]) != "choir" and band[0] not in requested


def _takes_over(name: str, part: Finding, band: Sequence[str]) -> bool:
    """Whether an instrument plays a band's melody in place of its flute, or of its saxophone where it is not added."""
    is_wind = is_lead(name) and kind_of(name) not in _ENOUGH_ONCE
    is_mallet = name != DRUMS and instruments()[name].program in _MALLETS and len(band) <= LARGEST_GROUP
    is_free = (band[0] == _STAND_IN and (is_lead(name) or is_mallet)) or (band[0] == _SAX and is_wind and not part.is_added)
    return is_free and DRUMS in band


def _sings_along(part: Finding, band: Sequence[str]) -> bool:
    """Whether a section of winds takes the melody from a band's voice, which nobody asked for: "reggae with a horn section"."""
    names = set(seated(part, band))
    return band[0] == SINGER and len(names) > 1 and all(map(is_lead, names)) and not is_voice(part) and not part.is_solo


def _doubled(joined: list[str], name: str, part: Finding) -> list[str]:
    """The band with as many of a melody instrument as a part says: "salsa with trumpets" has two."""
    count = part.count or (2 if _is_pair(part) else 1)
    if not 1 < count <= _MOST_ALIKE or not _is_single(part) or not is_lead(name) or kind_of(name) in _ENOUGH_ONCE:
        return joined
    place = joined.index(name) if name in joined else len(joined)
    return [*joined[:place], *[name] * max(0, count - joined.count(name)), *joined[place:]]


def _is_single(part: Finding) -> bool:
    """Whether a part names one instrument: "two trumpets", not "two horns and a sax"."""
    return len(set(senses_of_part(part).get("instrument", ()))) == 1


def seated(part: Finding, band: Sequence[str]) -> list[str]:
    """The instruments that play a part in a band: for a family in general, those of the band."""
    names = _of_band(part, band) or players_of_part(part, alone=False, band=band)
    return list(dict.fromkeys(_HORNS if names == ["french-horn"] * len(names) and is_band(band) else names))


def _counted_horns(part: Finding) -> list[str]:
    """The winds that "four horns" of a band are: trumpets, saxophones and trombones; empty for other parts and numbers."""
    is_horns = prompt_table()["roles"].get(english_name(part)) == "horns"
    return list(prompt_table()["horn_sections"].get(str(part.count), ())) if is_horns else []


def _of_band(part: Finding, band: Sequence[str]) -> list[str]:
    """The instruments of the band that a word for a family in general means: of "horns" the French horns if it has any."""
    text = english_name(part)
    role = prompt_table()["roles"].get(text)
    named = senses_of_part(part).get("instrument", ())
    players = [name for name in band if role == "horns" and name in named]
    players = players or [name for name in band if role and kind_of(name) == role]
    if role == "bass" and not players:
        players = [name for name in band if name == "tuba"]
    if "acoustic" in text:
        return [name for name in players if name.startswith("acoustic")]
    return [name for name in players if not name.startswith("acoustic")] if "electric" in text else players


def is_in_drum_part(phrase: str, style: str) -> bool:
    """Whether the drum part of a style plays percussion itself.

    >>> is_in_drum_part("congas", "salsa"), is_in_drum_part("congas", "funk")
    (True, False)
    """
    return style in nearest()["in_drum_parts"].get(" ".join(phrase_of(phrase)), ())


def english_name(part: Finding) -> str:
    """The English words of a part as `[roles]` has them, without articles, numbers, "solo": "deux guitares" are "guitars"."""
    note = part.value.note
    return english_of(note.removeprefix(READ_AS) if note.startswith(READ_AS) else part.phrase).removesuffix(" solo")


def english_of(phrase: str) -> str:
    """A phrase as the lexicon has it in English, without articles and numbers.

    >>> english_of("un mandolino"), english_of("deux guitares")
    ('mandolin', 'guitars')
    """
    text = _without_numbers(phrase_of(phrase))
    return _without_numbers(phrase_of(_english().get(text, text)))


def _without_numbers(words: Sequence[str]) -> str:
    beside = prompt_table()["words_beside_roles"]["words"]
    return " ".join(word for word in words if word not in beside and not word.isdigit())


@cache
def _english() -> Mapping[str, str]:
    """Phrases of other languages as they are compared, with the English ones."""
    return {" ".join(phrase_of(text)): english for text, english in spaced_words().items()}


def is_of_band(part: Finding, band: Sequence[str]) -> bool:
    """Whether a word for a family in general means players of the band: "guitars" in rock."""
    return bool(_of_band(part, band))


def is_lone_voice(name: str) -> bool:
    """Whether an instrument of singers is one voice, which joins no choir: "voice", not "choir-aahs" or "soprano"."""
    return name.partition(":")[0] in _LONE_VOICES


def choir_of(count: int) -> list[str]:
    """A choir in `count` parts.

    >>> choir_of(2)
    ['choir-aahs', 'choir-aahs']
    """
    return ["choir-aahs"] * count


def is_plural(part: Finding) -> bool:
    """Whether a part is named in the plural: "guitars"."""
    text = english_name(part)
    return text.endswith("s") and not text.endswith("ss")


def is_group(part: Finding) -> bool:
    """Whether a part is a group of players by itself, "string quartet", and not one section, "strings"."""
    senses = senses_of_part(part)
    return "instrument" not in senses and len(players_of(senses["ensemble"])) > 1


def is_voice(part: Finding) -> bool:
    """Whether a part is only sung; no ensemble that the plan chooses by itself is."""
    return {kind_of(name) for name in players_of_part(part, alone=False)} == {"choir"}


def is_unaccompanied(part: Finding) -> bool:
    """Whether a part says only that voices sing alone: "a cappella"."""
    return is_voice(part) and bool({"cappella", "capella", "acappella"} & set(phrase_of(part.phrase)))


def is_song_duo(parts: Sequence[Finding]) -> bool:
    """Whether parts are a voice and what accompanies it, "piano and vocals"."""
    kinds = {kind_of(name) for part in parts for name in players_of_part(part, alone=False)}
    return kinds in ({"choir", "keys"}, {"choir", "guitar"})


def is_band(players: Sequence[str]) -> bool:
    """Whether players are a band of popular music or jazz: drums and a plucked bass or synthesizer bass."""
    return DRUMS in players and any(name == "tuba" or (kind_of(name) == "bass" and name != "contrabass") for name in players)


def is_within(part: Finding, players: Sequence[str]) -> bool:
    """Whether a part without a number is one of players that are already named: "low strings" of an orchestra."""
    names = set(players_of_part(part, alone=False))
    sections = {section for section, members in _MEMBERS.items() if members <= set(players)}
    return not part.count and names <= {*players, *sections}


def is_alone(part: Finding) -> bool:
    """Whether a part is said to play without others: "solo piano", "only drums"."""
    return bool(_COMPLETE & set(phrase_of(part.phrase)))


def is_large(band: Sequence[str]) -> bool:
    """Whether a band is an orchestra, or one of popular music, whose sections are one part each."""
    return len(band) > LARGEST_GROUP or is_band(band)


def _is_percussion(part: Finding) -> bool:
    return set(players_of_part(part, alone=False)) <= {DRUMS, "timpani", "taiko-drum"}


def is_line_up(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether parts are complete: three or more with bass, melody and chords, and drums if the `band` of the style has any."""
    kinds = [{kind_of(name) for name in players_of_part(part, alone=False)} for part in parts]
    pitched = [part for part in parts if not only_rhythm(part)]
    has_chords = len(pitched) > 1 or any(is_chordal(part, band) for part in pitched)
    has_drums = DRUMS not in band or any(DRUMS in kind for kind in kinds)
    has_tune = not all(_is_pad(part) for part in pitched)  # "arpeggiated bass, drums and pads"
    leads = not band or kind_of(band[0]) != "guitar" or any("guitar" in kind for kind in kinds)
    has_lead = leads or not all(part.is_added for part in parts)  # rock with organ, bass and drums has its guitars
    has_bass = {"bass"} in kinds or {"tuba"} in kinds
    return len(parts) >= _WHOLE_BAND and has_bass and has_drums and has_chords and has_lead and has_tune


def is_chordal(part: Finding, band: Sequence[str] = ()) -> bool:
    """Whether a part can play chords beside a melody: keys, organ, guitar or synthesizer, not winds and voices."""
    names = [name for name in players_of_part(part, alone=False, band=band) if name != DRUMS]
    return any(instruments()[name].program in _CHORDAL for name in names)


def _is_pad(part: Finding) -> bool:
    return all(name != DRUMS and instruments()[name].program in _PADS for name in players_of_part(part, alone=False))


def is_mallet(part: Finding) -> bool:
    """Whether a part is mallets only, which play more melodies than chords in bands: "vibes"."""
    names = players_of_part(part, alone=False)
    return all(name != DRUMS and instruments()[name].program in _MALLETS for name in names)


def is_lead(name: str) -> bool:
    """Whether an instrument plays melodies only: no chords, bass or drums."""
    return not is_drums(name) and kind_of(name) != "bass" and instruments()[name].program not in _CHORDAL


def only_rhythm(part: Finding) -> bool:
    """Whether a part is only bass or drums, without "solo" or the like."""
    return not is_alone(part) and {kind_of(name) for name in players_of_part(part, alone=False)} <= {"bass", DRUMS}


def kind_of(name: str) -> str:
    """The role of an instrument in a band: "bass", "organ", "guitar" ..., or the instrument itself."""
    return next((kind for kind, names in _ALIKE.items() if name in names), name)


def option_of(names: list[str], lead: str = "") -> dict[str, Any]:
    """The option "ensemble" if these are the players of one, which `lead` leads if given, else "instruments"."""
    return _as_option(_thinned(names), lead)


_INSTEAD = ("string-quartet", "wind-quintet", "guitar", "piano")  # for who is left out where nobody else plays


def leave_out(exclusions: Sequence[Finding], chosen: Mapping[str, Any], usual: Sequence[str]) -> dict[str, Any] | None:
    """The chosen parts without the exclusions; `None` if no player would be left.

    If no parts are chosen, they are those of the only ensemble in `usual`, the ensembles of the named styles; if there is not
    exactly one, an ensemble is fixed here, since the plan might choose one with the unwanted parts.
    """
    ensemble = chosen.get("ensemble") or next(iter(usual), DEFAULT_ENSEMBLE)
    players = chosen.get("instruments") or list(players_of(ensemble))
    left = [name for name in players if not any(is_excluded(name, finding) for finding in exclusions)]
    if ensemble == _STRING_TRIO and left and len(left) < len(players):
        left = [left[0]] * (len(players) - len(left)) + left  # "string trio without viola" is two violins and a cello
    if not left and not chosen:
        instead = next(
            (one for one in _INSTEAD if not any(is_excluded(n, f) for n in players_of(one) for f in exclusions)), None
        )
        return {"ensemble": instead} if instead else None
    if not left:
        return None
    is_settled = left == players and (chosen or len(usual) == 1)
    return dict(chosen) if is_settled else _as_option(left)


def _is_ensemble(part: Finding) -> bool:
    """Whether a single part is one ensemble: "a flute", not "two flutes" or "flutes"."""
    return "ensemble" in senses_of_part(part) and part.count < 2 and not _is_pair(part)


def _is_pair(part: Finding) -> bool:
    """Whether a part is a plural without a number: "violins" are two, but "strings" and "brass" are names."""
    return part.value.note == PLURAL and "instrument" in senses_of_part(part)


def players_of_part(part: Finding, *, alone: bool, band: Sequence[str] = ()) -> list[str]:
    """The instruments of one part; in a list, "strings" are one part of a string section and not five.

    A "guitar" or "bass" is that of the `band` of the style: the bass of a jazz band is a double bass.
    """
    senses = senses_of_part(part)
    is_section = "instrument" in senses and not (alone and _is_ensemble(part))
    names = list(senses["instrument"] if is_section else players_of(senses["ensemble"]))
    names = list(_SINGERS.get(senses.get("ensemble", ""), names)) if not (alone or is_section) else names
    count = part.count or (2 if _is_pair(part) else 1)
    if part.count and set(names) == {"french-horn"}:
        names = names[:1]  # "horns" are two, "three horns" three
    if set(names) == {"french-horn"} and is_band(band):
        return _counted_horns(part) or _of_band(part, band) or _HORNS
    is_one = len(names) == 1 or (len(set(names)) == 1 and kind_of(names[0]) in _PLURAL)
    theirs = _sounds_of(part, band) if is_one else []
    if count > 1 and len(set(names)) > 1:  # "five viols" are five players, not five of each
        return [names[place * len(names) // count] for place in range(count)]
    count, names = (len(names), names[:1]) if theirs and len(names) > 1 else (count, names)  # "two guitars" are an ensemble
    return [theirs[place % len(theirs)] for place in range(count)] if theirs else names * count


def names_of(parts: Sequence[Finding]) -> list[str]:
    """The players of several parts."""
    return [name for part in parts for name in players_of_part(part, alone=False)]


def _sounds_of(part: Finding, band: Sequence[str]) -> list[str]:
    """The instruments of the band that a word for a family means; where a band has none, those of bands: no church organ."""
    usual = prompt_table()["sounds"].get(english_name(part), ()) if is_band(band) else ()
    return _of_band(part, band) or list(usual["acoustic-bass" in band :][:1])


def _as_option(names: list[str], lead: str = "") -> dict[str, Any]:
    """The first ensemble with exactly these players, and with that lead if one is given, else the list."""
    if not names:
        return {}
    wanted = Counter(names)
    same = (name for name in ensembles() if Counter(players_of(name)) == wanted)
    ensemble = next((name for name in same if lead in ("", players_of(name)[0])), None)
    return {"ensemble": ensemble} if ensemble else {"instruments": names}


def players_in(options: Mapping[str, Any]) -> list[str]:
    """The instruments that options name, else those of their ensemble; none without either."""
    ensemble = options.get("ensemble")
    return list(options.get("instruments") or (players_of(ensemble) if ensemble else ()))


@cache
def players_of(ensemble: str) -> tuple[str, ...]:
    """The instruments of an ensemble, one for all the staves of a keyboard or harp.

    >>> players_of("piano-trio"), players_of("piano-four-hands")
    (('violin', 'cello', 'acoustic-grand-piano'), ('acoustic-grand-piano', 'acoustic-grand-piano'))
    >>> players_of("voice-guitar")  # a singer, whose sound a choir has, too
    ('voice', 'acoustic-guitar-nylon')
    """
    names: list[str] = []
    singer = instruments()[_SINGER]
    previous = ""
    for part in ensembles()[ensemble].parts:
        player, bracket, _ = part.name.partition(" (")
        if not (bracket and player == previous):
            is_singer = (player, part.program) == (singer.title, singer.program)
            names.append(DRUMS if part.is_drum else _SINGER if is_singer else instrument_of(part.program).name)
        previous = player
    return tuple(names)


def is_excluded(name: str, exclusion: Finding) -> bool:
    """Whether an instrument is excluded: one of the instruments named, or of a family by words of its name."""
    senses = senses_of_part(exclusion)
    unwanted = set(senses.get("instrument", ())) or set(players_of(senses["ensemble"]))
    families = prompt_table()["families"]
    words = {word for text in phrase_of(exclusion.phrase) for word in families.get(text, ())}
    return name in unwanted or bool(words & set(name.split("-")))


def says_band(findings: Sequence[Finding]) -> bool:
    """Whether the name of a genre ends in "band": "irish folk band"."""
    return any(one.kind in ("style", "use") and phrase_of(one.phrase)[-1:] == ("band",) for one in findings)
