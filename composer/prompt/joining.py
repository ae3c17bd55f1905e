"""Whether the parts named join the band of the style, or are all who play."""

from __future__ import annotations

import math
from collections.abc import Sequence

from composer.brief import DRUMS
from composer.presets import styles
from composer.prompt.findings import Finding
from composer.prompt.lexicon import lexicon, phrase_of, prompt_table
from composer.prompt.parts import (
    AND,
    LARGER,
    LARGEST_GROUP,
    PAIR,
    SIZES,
    SMALLEST_BAND,
    is_alone,
    is_band,
    is_chordal,
    is_group,
    is_lead,
    is_line_up,
    is_mallet,
    is_of_band,
    is_plural,
    is_song_duo,
    is_voice,
    kind_of,
    names_of,
    only_rhythm,
    players_of,
    players_of_part,
    says_band,
    seated,
)
from composer.prompt.settle_styles import is_scene

_AMPLIFIED = ("electric", "overdriven", "distortion", "drawbar", "rock", "synth", "lead", "pad")  # names begin with it
_SMALL_GROUP = 4  # players of a genre without drums
_COLORS = {"choir-aahs", "drums", "taiko-drum", "timpani", "tubular-bells", "brass-section", "french-horn", "trombone", "tuba"}
_SECTIONS = {"string-ensemble-1", "choir-aahs", "pizzicato-strings", "tremolo-strings", DRUMS}
_GROOVES = ("groove", "beat", "jam", "loop", "riff")
_BALLAD = "pop-ballad"  # which "ballad" alone means


_SCORES = ("game-action", "film-cue", "cinematic", "fantasy")  # styles that a medium suggests


def parts_join(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str], style: str) -> bool:
    """Whether the parts join the band that is named, and are not all who play.

    Parts join if they follow "with", come in a later clause than the style, or are a plural that the band has: "rock with
    guitar", "disco, strings", "wall of guitars", not "disco for strings" and not "disco piano". A complete list does not.
    """
    if any(part.is_only or len(players_of_part(part, alone=False)) > LARGEST_GROUP for part in parts):
        return False  # "choir and full orchestra" are all who play
    sections = not any(part.is_for or is_group(part) or is_alone(part) for part in parts)
    if sections and any(f.kind == "use" and style and style == f.value.get("orchestral") for f in findings):
        return True  # "a battle, choir and brass": these are sections of its orchestra
    names = [f.clause for f in findings if _is_genre(f)]
    is_named = any(f.kind in ("style", "hint") or (f.kind == "use" and _names_orchestral_style(f)) for f in findings)
    needed = (is_named and _are_colors(parts, band)) or (bool(names) and _is_lone(parts, band))
    names = names or ([f.clause for f in findings if f.kind == "hint"] if needed else [])
    if _is_song_with_list(parts, findings) or _is_list_with_bass(parts) or _is_groove(parts, findings):
        return False
    if _is_full_scene(parts, findings) or _are_melody_and_others(parts, findings) or _is_duo_of_style(parts, findings, style):
        return False
    if len(parts) == 1 and parts[0].is_solo and not parts[0].is_added and not is_band(band) and len(band) <= LARGEST_GROUP:
        return False  # "film music, cello solo"
    is_small = any(phrase_of(f.phrase)[-1] in SIZES for f in findings)
    has_line_up = not is_small and any(f.kind == "use" and _is_line_up_of_genre(f) for f in findings)
    first = min(names, default=0) if is_band(band) or has_line_up or needed else math.inf

    has_name = is_band(band) and says_band(findings)
    implied = [name for f in findings if f.kind == "use" and "why" in f.value for name in f.value.get("instruments", ())]

    def joins(part: Finding) -> bool:
        counted = part.count >= PAIR and not (is_band(band) and is_of_band(part, band))
        group = is_group(part) and not (is_band(band) and (is_of_band(part, band) or is_voice(part)))
        later = part.clause > first and not (part.is_for or group or is_alone(part) or counted)
        of_band = is_plural(part) and is_of_band(part, band) if is_band(band) else _is_lone(parts, implied)
        several = of_band and not (part.is_for or is_alone(part))
        has_bass = any(kind_of(name) == "bass" for name in implied)
        theirs = is_band(band) or (has_bass and set(players_of_part(part, alone=False)) <= set(implied))
        of_genre = (part.is_of_genre and theirs) or _leads_genre(part, findings, style, band)
        of_genre = of_genre and not (group or is_alone(part) or counted)
        sings = has_name and is_voice(part) and not (part.is_for or is_alone(part))  # "female vocals rock band"
        return part.is_added or only_rhythm(part) or later or several or sings or of_genre or _is_beside_player(part, findings)

    excluded = any(finding.kind == "exclusion" for finding in findings) and not any(part.is_added for part in parts)
    pitched = [part for part in parts if not only_rhythm(part)]
    several_listed = len(pitched) > 1 or any(AND.search(part.phrase.lower()) for part in pitched)
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
    complete = (is_line or _is_list_of_nearest(parts, findings)) and not names_choir(findings)
    bare = is_band(band) and not complete and not listed and (_has_drums_alone(parts) or _lacks_drums(parts, band))
    return bare or (all(map(joins, parts)) and not complete and not is_duo and not listed)


def _leads_genre(part: Finding, findings: Sequence[Finding], style: str, band: Sequence[str]) -> bool:
    """Whether the name of the genre is right before or after one melody instrument, which leads its small band.

    After it, the band is one with drums, "clarinet klezmer"; before it, one with drums or that player: "tango violin piece".
    """
    names = players_of_part(part, alone=False)
    before = [
        one.value["style"] if one.kind == "use" else one.value for one in findings if one.last == part.first and _is_genre(one)
    ]
    is_single = len(names) == 1 and is_lead(names[0]) and names[0] not in _SECTIONS | _COLORS and not is_plural(part)
    follows = before == [style] and part.is_bare and (DRUMS in band or names[0] in band)
    is_named = follows or (part.is_of_genre and DRUMS in band)
    return is_named and is_single and not part.is_only and len(band) <= LARGEST_GROUP


def _is_beside_player(part: Finding, findings: Sequence[Finding]) -> bool:
    """Whether a genre that is named after a player precedes a part: "surf guitar and organ"."""
    genres = (one for one in findings if one.kind == "use" and "why" in one.value and one.clause == part.clause)
    genres = (one for one in genres if not names_choir([one]))  # "gospel choir and hammond organ" are all who play
    return any(
        one.last <= part.first and any(sense.kind == "instrument" for sense in lexicon().senses[phrase_of(one.phrase)[-1:]])
        for one in genres
        if phrase_of(one.phrase)[-1:] in lexicon().senses
    )


def _is_genre(finding: Finding) -> bool:
    """Whether a finding is the name of a style, or of a genre that has none."""
    return finding.kind == "style" or (finding.kind == "use" and "why" in finding.value)


def _names_orchestral_style(use: Finding) -> bool:
    """Whether a use is a genre, or suggests one for an orchestra: "trailer"."""
    ensemble = styles()[use.value["style"]].ensemble if use.value.get("style") in styles() else ""
    return use.value.get("table") == "genres" or (bool(ensemble) and len(players_of(ensemble)) > LARGEST_GROUP)


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
    names = names_of(parts)
    added = any(part.is_added and not part.value.is_a("feature") for part in parts)
    listed = len(parts) >= PAIR and not added and not any(part.is_of_genre for part in parts)
    has_rhythm = any(kind_of(name) in ("bass", DRUMS) for name in names)
    is_plain = not (any(name.startswith(_AMPLIFIED) for name in names) if naming else has_rhythm)
    return is_song and listed and any(map(is_chordal, parts)) and is_plain


def _is_full_scene(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether the players that a scene lists are all: three or more, one with chords, "with celesta, harp and strings"."""
    pitched = [part for part in parts if not only_rhythm(part)]
    naming = [one for one in findings if one.kind in ("style", "hint") or (one.kind == "use" and "style" in one.value)]
    is_medium = bool(naming) and all(one.kind == "hint" and one.value in _SCORES for one in naming)  # "for my game"
    return (is_scene(findings) or is_medium) and len(pitched) >= SMALLEST_BAND and any(map(is_chordal, parts))


def _are_melody_and_others(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether a scene names who has the melody and at least two others: "bassoon plays the tune, tuba and strings"."""
    others = [part for part in parts if not part.is_acting]
    return is_scene(findings) and PAIR <= len(others) < len(parts) and not any(part.is_added for part in others)


def _is_duo_of_style(parts: Sequence[Finding], findings: Sequence[Finding], style: str) -> bool:
    """Whether two players who are listed are all, one of whom plays chords: "a blues, harmonica and guitar"."""
    is_open = not any(part.is_added or part.is_solo or part.is_leading for part in parts)
    is_pair = len(parts) == PAIR and is_open and _is_in_one_place(parts, findings)
    return (
        is_pair
        and style in prompt_table()["additions"]["duos"]
        and sum(map(is_chordal, parts)) == 1
        and not any(only_rhythm(part) or is_plural(part) for part in parts)
    )


def _is_groove(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether a groove of bass and drums is all: "funky bass and drums groove"."""
    kinds = {kind_of(name) for name in names_of(parts)}
    is_rhythm = kinds == {"bass", DRUMS} and not any(part.is_added for part in parts)
    later = findings[findings.index(parts[-1]) + 1 :] if is_rhythm and parts[-1] in findings else []
    return bool(later) and later[0].phrase.lower() in _GROOVES and later[0].clause == parts[-1].clause


def _is_list_with_bass(parts: Sequence[Finding]) -> bool:
    """Whether a colon opens a list of three or more with a bass and chords: "a cabaret song: accordion, bass, clarinet"."""
    kinds = {kind_of(name) for name in names_of(parts)}
    is_full = len(parts) >= SMALLEST_BAND and "bass" in kinds and any(map(is_chordal, parts))
    return is_full and all(part.is_listed for part in parts)


def _lacks_drums(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether a list has an electric bass, but not the drums of its band: "funky clav, slap bass and horns"."""
    kinds = {kind_of(name) for name in names_of(parts)}
    is_open = not any(part.is_for or part.is_only or is_alone(part) or is_group(part) for part in parts)
    is_electric = is_band(band) and not {"acoustic-bass", "tuba"} & set(band)
    return len(parts) >= SMALLEST_BAND and is_open and is_electric and "bass" in kinds and DRUMS not in kinds


def _is_counted(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether as many players are listed as the name of a group says: "garage rock duo, guitar and drums"."""
    sizes = {SIZES[phrase_of(finding.phrase)[-1]] for finding in findings if phrase_of(finding.phrase)[-1] in SIZES}
    listed = not any(part.is_added for part in parts)
    return listed and sum(len(players_of_part(part, alone=False, band=band)) for part in parts) in sizes


def of_size(joined: list[str], parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str]) -> list[str]:
    """The band without the players whose place others take in a group of a size: "jazz quartet, trumpet lead".

    A lead named before a trio plays with bass and drums: "tenor sax jazz trio".
    """
    named = {name for part in parts for name in seated(part, joined)}
    is_of_genre = all(part.is_of_genre for part in parts)
    leads = [name for name in joined if name in named and is_lead(name)]
    if leads and is_of_genre and any(map(_is_trio, findings)) and not any(part.is_solo for part in parts):
        return [*leads, *(name for name in joined if kind_of(name) in ("bass", DRUMS))]
    sizes = [size for one in findings if one.kind in ("style", "use") and (size := LARGER.get(phrase_of(one.phrase)[-1]))]
    leads = [name for name in band if name in joined and name not in named and is_lead(name)]
    new = [name for name in joined if name not in band and (is_lead(name) or is_of_genre)]
    if not (sizes and leads and new) or len(joined) <= sizes[0]:
        return joined
    return [new[0] if name == leads[0] else name for name in joined if name != new[0]]


def _is_trio(finding: Finding) -> bool:
    return finding.kind in ("style", "use") and phrase_of(finding.phrase)[-1] == "trio"


def _is_listed_band(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether a list says who a "band" without drums is: "irish folk band, fiddle, tin whistle, guitar and bodhran"."""
    is_long = len(parts) > SMALLEST_BAND and not all(part.is_added for part in parts)
    return says_band(findings) and is_long and DRUMS not in band and any(is_chordal(part, band) for part in parts)


def _is_full_list(parts: Sequence[Finding], findings: Sequence[Finding], band: Sequence[str], style: str) -> bool:
    """Whether a list in one place says who plays, though it has no bass.

    Its instruments need no amplifier, or it follows a colon. In country it has three that play chords or melodies: "fiddle,
    banjo and guitar"; in other bands drums and two that play chords: "pop, acoustic guitar, piano, light percussion". In a
    group without drums and bass two are enough: "traditional Chinese, flute and guzheng".
    """
    pitched = [part for part in parts if not only_rhythm(part)]
    of_scene = not is_band(band) and is_scene(findings)
    if len(parts) < PAIR or not (of_scene or _is_in_one_place(parts if is_band(band) else pitched, findings)):
        return False
    chordal = [part for part in pitched if is_chordal(part, band)]
    names = [name for part in pitched for name in players_of_part(part, alone=False)]
    is_long = not is_band(band) and len(parts) >= SMALLEST_BAND and len(pitched) >= PAIR
    is_amplified = any(name.startswith(_AMPLIFIED) for name in names) and not all(part.is_listed for part in parts)
    if not (chordal or is_long) or any(map(is_group, pitched)) or is_amplified:
        return False
    if not is_band(band):
        has_rhythm = any(kind_of(name) in ("bass", DRUMS) for name in band)
        if any(kind_of(name) == "bass" and name != "contrabass" for name in band) and len(band) <= LARGEST_GROUP:
            return False  # "bluegrass, banjo, fiddle, guitar" has its bass
        is_small = not has_rhythm and len(band) <= _SMALL_GROUP
        is_enough = len(pitched) >= SMALLEST_BAND or (len(parts) >= SMALLEST_BAND and (of_scene or len(band) <= LARGEST_GROUP))
        return len(pitched) >= PAIR and (is_small or is_enough)
    first = style.partition(",")[0].partition(":")[0]
    if first in prompt_table()["additions"]["acoustic"]:
        return len(pitched) >= SMALLEST_BAND
    has_drums = any(DRUMS in players_of_part(part, alone=False) for part in parts)
    return has_drums and len(chordal) >= PAIR


def _is_in_one_place(parts: Sequence[Finding], findings: Sequence[Finding]) -> bool:
    """Whether nothing but players is between the first part and the last."""
    places = [place for place, finding in enumerate(findings) if finding in parts]
    return bool(places) and all(findings[place].kind == "part" for place in range(places[0], places[-1]))


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
    return is_nearest and not has_band and len(names) >= SMALLEST_BAND and DRUMS in names and has_chords


def _is_line_up_of_genre(finding: Finding) -> bool:
    """Whether the name of a genre names players with a plucked bass, who are its band: "bluegrass", "mariachi"."""
    players = finding.value.get("instruments", ())
    return finding.value.get("table") == "genres" and any(kind_of(name) == "bass" and name != "contrabass" for name in players)


def _has_drums_alone(parts: Sequence[Finding]) -> bool:
    """Whether drums play with nobody who plays chords, though nothing says that these are all: "samba drums and whistles"."""
    has_drums = any(DRUMS in players_of_part(part, alone=False) for part in parts)
    return has_drums and not any(part.is_for or is_alone(part) or is_group(part) or is_chordal(part) for part in parts)


def _are_colors(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether parts are not a piece without the orchestra of the style: choir, brass, percussion; or name all its sections."""
    names = {name for part in parts for name in players_of_part(part, alone=False)}
    are_sections = len(parts) > PAIR and names <= {*_COLORS, *band}
    return len(band) > LARGEST_GROUP and (names <= _COLORS or are_sections)


def _is_lone(parts: Sequence[Finding], band: Sequence[str]) -> bool:
    """Whether parts are only a melody beside the group of the style, "western, harmonica", and not instead of a choir."""
    names = {name for part in parts for name in players_of_part(part, alone=False)}
    if {kind_of(name) for name in band} == {"choir"}:
        return False
    return len(band) > SMALLEST_BAND and len(names) == 1 and not names & _SECTIONS and not any(map(is_chordal, parts))


def names_choir(findings: Sequence[Finding]) -> bool:
    """Whether the name of a genre names a choir, which sings beside any list: "gospel choir with organ, bass and drums"."""
    return any(finding.kind == "use" and "choir" in phrase_of(finding.phrase) for finding in findings)
