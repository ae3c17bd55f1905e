"""Casting: gives each part of a plan a role, by its instrument and the row of the style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.analysis.playability import reach_of
from composer.arranging.seats import is_chorus
from composer.arranging.tables import GRAMMAR, Band, figures, holds_tonic
from composer.brief import DRUM_WORDS
from composer.controls import PLAYER_GROUPS
from composer.errors import BadInputError
from composer.presets import EnsemblePart, fold, instrument_of, programs_of, resolve_instrument

_LEFT, _RIGHT = "(left hand)", "(right hand)"
_TIMPANI, _HARP = 47, 46
_LOW_STRINGS = (41, 42)
_BASSOON, _CELLO, _TROMBONE = 70, 42, 57
_VIOLIN, _SECTIONS, _HIGH = 40, (48, 49), 52  # lowest pitch from which a section is one of violins
_HORN = 60
_DRIVE = (29, 30)
_MOUTH_ORGANS = programs_of("harmonica")  # on which chords are those of the breath
_STEELS = ("Pedal Steel", "Lap Steel")  # guitars that slide between single notes and fill the rests of a melody
_PAIR = 2
_LARGEST_SECTION = 5  # players of single lines who share a close chord in the register of their figure
_LARGEST_CHORD = 7  # players who share a chord below their first one; more are divided by kind of instrument
_SECTION_KINDS = (frozenset((56, 59)), frozenset((57, 58, 60)), frozenset(range(64, 80)))  # trumpets, low brass, woodwinds
_CHORDAL = ("guitar", "keys", "organ", "harp")
_OF_CHORDS = ("chords", "broken", "held", "hand", "riff")  # kinds of figures that sound all tones of a chord
_SECTION, _USUAL_SECTION = "section", "backing"  # what players of single lines play who alone have the harmony
# What a left hand plays above a bass player, to whom it leaves the roots, and players whom nobody else helps to accompany.
_UNDER_BASS = {"left-roots": "left-inner", "bossa-thumb": "bossa"}
_BASSES_AND_CHORDS = "song-left"  # of the only hand that accompanies, where the row of the style has no figure for it
_ALONE = {"song-basses": "song-left", "vamp-left": "song-left", "along": "dance-chords", "bandoneon": "marcato|syncopa"}
_USUAL = {
    "keys": "block", "left": "left-roots", "bells": "sparkle", "organ": "pad", "guitar": "strum", "drive": "rock-power",
    "strings": "pad", "low": "low-voice", "choir": "pad", "brass": "stabs", "winds": "voice", "synth": "arp-eighths",
    "steel": "wind-answer", "pad": "pad", "harp": "harp",
}  # fmt: skip
_USUAL_BELOW_PHRASES = {**_USUAL, "guitar": "guitar-arpeggio"}


@dataclass(frozen=True, slots=True)
class Role:
    """The role of a part.

    Attributes:
        kind: "drums", "bass", "lead" or "figure".
        figure: the row of figures that it plays.
        rank: place among the parts of one figure, from the top of the score.
        seat: place among all accompanying parts.
        alone: whether no other part accompanies, or only others of its section, so that the harmony depends on it.
        section: the parts of single lines that are voiced together, itself among them, by register from the highest.
        is_large: whether the band has so many of them that the register is that of the section's first player.
    """

    kind: str
    figure: str = ""
    rank: int = 0
    seat: int = 0
    alone: bool = False
    section: tuple[int, ...] = ()
    is_large: bool = False


def family_of(part: EnsemblePart) -> str:
    """The family under which a band's row lists an instrument.

    >>> family_of(EnsemblePart("Piano (left hand)", 0)), family_of(EnsemblePart("Distortion guitar", 30))
    ('left', 'drive')
    """
    program = part.program
    if part.name.startswith(_STEELS):
        return "steel"
    if part.name.endswith(_LEFT):
        return "left"
    if program in _DRIVE:
        return "drive"
    if program in _LOW_STRINGS:
        return "low"
    if program == _HARP:
        return "harp"
    bounds = (
        (7, "keys"), (15, "bells"), (23, "organ"), (31, "guitar"), (39, "bass"), (51, "strings"), (54, "choir"),
        (55, "strings"), (63, "brass"), (79, "winds"), (87, "synth"), (95, "pad"), (103, "pad"), (108, "guitar"),
        (109, "winds"), (110, "strings"), (111, "winds"), (127, "bells"),
    )  # fmt: skip
    return next(name for last, name in bounds if program <= last)


def height(part: EnsemblePart) -> int:
    """How high a part plays: twice the middle of its range."""
    return part.low + part.high


def accompanies_itself(parts: Sequence[EnsemblePart]) -> bool:
    """Whether a piece is for one player of chords and melody on one staff, with or without drums: a guitarist, a vibraphonist.

    >>> [accompanies_itself([EnsemblePart("", program)]) for program in (24, 11, 40, 73)]
    [True, True, False, False]
    """
    pitched = [part for part in parts if not part.is_drum]
    return len(pitched) == 1 and pitched[0].program not in _MOUTH_ORGANS and plays_chords(pitched[0])


def plays_chords(part: EnsemblePart) -> bool:
    """Whether one player can sound a melody and chords."""
    return not part.is_drum and reach_of(part.program, part.name).notes > _PAIR


def has_buttons(part: EnsemblePart) -> bool:
    """Whether a part is the left hand of an accordionist, who has buttons for basses and chords.

    >>> [has_buttons(EnsemblePart(f"{title} (left hand)", program)) for title, program in (("Accordion", 21), ("Piano", 0))]
    [True, False]
    """
    return part.name.endswith(_LEFT) and bool(instrument_of(part.program, part.name).left)


def left_figure(band: Band) -> str:
    """What a left hand plays that nobody else helps to accompany: the figure of the band's row, or basses and chords."""
    figure = band.figures.get("left", _BASSES_AND_CHORDS)
    return _ALONE.get(figure, figure)


def keeps_figure(part: EnsemblePart, role: Role, band: Band) -> bool:
    """Whether a part plays what the tables say below a melody by phrases; the network writes what other parts play.

    Strummed instruments do, left hands of accordionists, families that the row of the style lists, and bass players where it
    lists any or who hold a drone.
    """
    if role.kind == "bass":
        return holds_tonic(band) or (part.is_bass and bool(band.figures))
    return role.kind == "figure" and (family_of(part) in band.figures or is_strummed(part) or has_buttons(part))


def is_strummed(part: EnsemblePart) -> bool:
    """Whether chords are strummed on the instrument of a part."""
    return not part.is_drum and bool(instrument_of(part.program, part.name).strings)


MELODY = frozenset(("melody", "lead", "tune"))  # names of the part that has the melody
_SAXES = frozenset(("sax", "saxes", "saxophone", "saxophones"))


def is_player(name: str, part: EnsemblePart, kind: str) -> bool:
    """Whether a name means a part with a role of a kind: "drums", "bass", "melody", a family, an instrument or the part's name.

    >>> piano = EnsemblePart("Piano (left hand)", 0)
    >>> [is_player(name, piano, "figure") for name in ("keys", "piano", "piano-left-hand", "melody", "strings")]
    [True, True, True, False, False]
    >>> is_player("sax", EnsemblePart("Tenor Sax", 66), "lead")
    True
    >>> is_player("drum", EnsemblePart("Drums", 0, is_drum=True), "drums")
    True
    """
    if part.is_drum or name in DRUM_WORDS:
        return part.is_drum and (name in DRUM_WORDS or name == fold(part.name))
    if part.program == _TIMPANI:
        return name == fold(part.name) or _program_of(name) == _TIMPANI
    if name == "bass" or name in MELODY:
        return kind == "bass" if name == "bass" else kind == "lead"
    if name in _SAXES and part.program in programs_of("saxophone"):
        return True
    return plays(name, part) or family_of(part) in PLAYER_GROUPS.get(name, ())


def plays(name: str, part: EnsemblePart) -> bool:
    """Whether a name is that of a part, of its hand or of its instrument.

    >>> [plays(name, EnsemblePart("Piano (left hand)", 0)) for name in ("piano", "left-hand", "piano-left-hand", "keys")]
    [True, True, True, False]
    """
    of_hands, _, hand = part.name.partition("(")
    return name in (fold(part.name), fold(of_hands), fold(hand.rstrip(")"))) or part.program == _program_of(name)


def _program_of(name: str) -> int | None:
    try:
        return resolve_instrument(name).program
    except BadInputError:
        return None


def cast(parts: Sequence[EnsemblePart], band: Band, lead: int | None = None, *, led: bool = True) -> tuple[Role, ...]:
    """A role for each part, in their order; `lead` is the part that has the melody, if that is known.

    Nobody has it if the parts are not `led`.

    The bass is the first bass instrument, else the lowest part of two or more but a singer, or a guitar or left hand where it
    holds no drone; the lead the first other part of the score, or, in a piece whose first part is a pianist's right hand and
    whose lead would be above no other part, that hand.
    """
    roles: list[Role | None] = [Role("drums") if part.is_drum else None for part in parts]
    pitched = [index for index, part in enumerate(parts) if not part.is_drum]
    others = [index for index in pitched if index != lead]
    bass, is_duo = next((index for index in others if parts[index].is_bass), None), _is_soloist_with_keyboard(parts, pitched)
    if bass is None and len(pitched) > 1:
        lowest = min(others, key=lambda index: (_is_singer(parts[index]), parts[index].low, -index))
        is_chordal = is_strummed(parts[lowest]) or _plays_chords_alone(parts, pitched, lowest)
        is_free = holds_tonic(band) or not (parts[lowest].name.endswith(_LEFT) or is_chordal)
        bass = lowest if is_free else None
    if is_duo and band.lead == "phrases" and not holds_tonic(band):
        bass = None
    elif bass is None and band.lead == "phrases":
        bass = next((index for index in others if parts[index].program in (_CELLO, _BASSOON)), None)
    if lead is None and led:
        lead = _lead(parts, [index for index in pitched if index != bass], band)
    counts: dict[str, int] = {}
    for index in pitched:
        if index == bass:
            roles[index] = Role("bass")
        elif index == lead:
            roles[index] = Role("lead")
        else:
            figure = _figure(parts[index], band)
            if not led and reach_of(parts[index].program).notes == 1 and not parts[index].is_bass:
                figure = _USUAL["winds"]  # a singer holds one tone of a chord
            figure = _UNDER_BASS.get(figure, figure) if bass is not None and band.lead != "phrases" else figure
            if band.orchestral and band.lead == "phrases":
                if parts[index].program in (_CELLO, _BASSOON):
                    roles[index] = Role("bass")
                    continue
                figure = "brass-bass" if parts[index].program == _TROMBONE else figure
                figure = "wind-voice" if figure == "tune-above" and counts.get(figure) else figure
            rank = counts.get(figure, 0)
            counts[figure] = rank + 1
            roles[index] = Role("figure", figure, rank, sum(counts.values()) - 1)
    if sum(counts.values()) == 1:
        roles = [role and replace(role, figure=_alone(part, role), alone=True) for part, role in zip(parts, roles, strict=True)]
    found = [role or Role("figure", "pad") for role in roles]
    if led and band.lead == GRAMMAR:
        found = _holding_harmony(parts, found, band)
    return tuple(_in_sections(parts, found, band))


def accompanying(part: EnsemblePart, role: Role, band: Band) -> Role:
    """The role of a part with the melody where another one has it."""
    return replace(role, kind="figure", figure=role.figure or _figure(part, band))


def _holding_harmony(parts: Sequence[EnsemblePart], roles: Sequence[Role], band: Band) -> list[Role]:
    """The roles in a band where nobody plays chords on a keyboard, a guitar or the like: the others hold the harmony.

    The strings of an orchestra do so with their figures of chords, which do not rest. Elsewhere all of these players are one
    section, with the figure for sections of the row.
    """
    figured = [index for index, role in enumerate(roles) if role.kind == "figure"]
    players = [index for index in figured if parts[index].program != _TIMPANI and not parts[index].is_bass]
    if any(plays_chords(parts[index]) for index in players):
        return list(roles)
    found = list(roles)
    stopping = [index for index in players if band.orchestral and _sounds_chords(parts[index], roles[index])]
    figure = band.figures.get(_SECTION, _USUAL_SECTION)
    for index in stopping:
        found[index] = replace(roles[index], alone=True)
    for rank, index in enumerate(() if stopping else players):
        found[index] = replace(roles[index], figure=figure, rank=rank, alone=True)
    lead = next((index for index, role in enumerate(roles) if role.kind == "lead"), None)
    if players and not stopping and lead is not None and reach_of(parts[lead].program).notes == 1:
        found[lead] = replace(roles[lead], figure=figure)
    return found


def _sounds_chords(part: EnsemblePart, role: Role) -> bool:
    """Whether a player sounds several tones of a chord, by strokes on two strings at once."""
    return reach_of(part.program).notes > 1 and all(figures()[name].kind in _OF_CHORDS for name in role.figure.split("|"))


def _in_sections(parts: Sequence[EnsemblePart], roles: Sequence[Role], band: Band) -> list[Role]:
    """The roles with the section of each player of a single line: all with one figure; in large bands those of one kind.

    Several singers are a section by themselves; one sings chords, like a choir on one staff. Who has the melody belongs to the
    section with which it accompanies others.
    """
    groups: dict[tuple[str, bool], list[int]] = {}
    sung = {index for index, part in enumerate(parts) if part.program in programs_of("voice")}
    is_choral = sum(roles[index].kind == "figure" for index in sung) > 1
    for index, (part, role) in enumerate(zip(parts, roles, strict=True)):
        figure = accompanying(part, role, band).figure if role.kind == "lead" else role.figure
        holds = role.alone and figure == band.figures.get(_SECTION, _USUAL_SECTION)
        if figure and (holds or reach_of(part.program).notes == 1):
            groups.setdefault((figure, is_choral and index in sung), []).append(index)
    placed = list(roles)
    for group in groups.values():
        count = sum(roles[index].kind == "figure" for index in group)
        kinds = {index: _kind_in_section(parts[index]) if count > _LARGEST_CHORD else 0 for index in group}
        for index in group if is_choral else [index for index in group if index not in sung]:
            kin = [other for other in group if kinds[other] == kinds[index]]
            section = tuple(sorted(kin, key=lambda other: (-height(parts[other]), other)))
            placed[index] = replace(roles[index], section=section, is_large=count > _LARGEST_SECTION)
    return placed


def _kind_in_section(part: EnsemblePart) -> int:
    """The place of the instruments among `_SECTION_KINDS` with which a part is voiced in a large band."""
    return next((place for place, programs in enumerate(_SECTION_KINDS) if part.program in programs), len(_SECTION_KINDS))


def _is_soloist_with_keyboard(parts: Sequence[EnsemblePart], pitched: Sequence[int]) -> bool:
    """Whether one instrument plays with both hands of a keyboard: "cello and piano"."""
    hands = [index for index in pitched if parts[index].name.endswith((_LEFT, _RIGHT))]
    return len(hands) == _PAIR and len(pitched) == len(hands) + 1


def _lead(parts: Sequence[EnsemblePart], players: Sequence[int], band: Band) -> int | None:
    """Who leads of some players: a singer, else in written scores a violin, else the first."""
    leads = [index for index in players if parts[index].program != _TIMPANI]
    written = band.lead == "phrases"
    return min(
        leads,
        key=lambda i: (not _is_singer(parts[i]), written and not _is_violin(parts[i]), family_of(parts[i]) == "pad", i),
        default=None,
    )


def _is_singer(part: EnsemblePart) -> bool:
    return part.program in programs_of("voice") and not is_chorus(part)


def _is_violin(part: EnsemblePart) -> bool:
    return part.program == _VIOLIN or (part.program in _SECTIONS and part.low >= _HIGH)


def _plays_chords_alone(parts: Sequence[EnsemblePart], pitched: Sequence[int], index: int) -> bool:
    """Whether a part is the guitar, harp or keyboard that accompanies one other part."""
    return len(pitched) == _PAIR and family_of(parts[index]) in _CHORDAL


def _alone(part: EnsemblePart, role: Role) -> str:
    """The figure of a role where no other part accompanies: instruments that play chords have all of these."""
    return _ALONE.get(role.figure, role.figure) if reach_of(part.program).notes > 1 else role.figure


def _figure(part: EnsemblePart, band: Band) -> str:
    if part.program == _TIMPANI:
        return "timpani"
    if part.is_bass:  # a second one, or one that leads
        return "bass-line"
    if has_buttons(part):
        return left_figure(band)
    family = "horn" if part.program == _HORN and "horn" in band.figures else family_of(part)
    usual = _USUAL_BELOW_PHRASES if band.lead == "phrases" else _USUAL
    return band.figures.get(family) or usual[family]
