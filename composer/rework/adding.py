"""Parts that are added to given ones, and what is decided before they are written: harmony and repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from composer.analysis.playability import KEYBOARDS
from composer.analysis.texture import is_bare_tune
from composer.arranging import bands
from composer.arranging.casting import cast, is_strummed
from composer.arranging.seats import is_orchestra
from composer.arranging.smoothing import SUSTAINED
from composer.arranging.tables import NO_BAND
from composer.brief import Brief
from composer.controls import MAX_PARTS
from composer.errors import BadInputError
from composer.plan.choices import choose_parts
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart, instrument_of, programs_of
from composer.rework.final_close import close_on_tonic
from composer.rework.harmonizing import harmonize
from composer.rework.partial_piece import PartialPiece, literal_returns
from composer.rework.stream_sampler import StreamSampler
from composer.score import Mode, Note, Score
from composer.tokenizer.vocabulary import Vocabulary

LONGEST_REST_BARS = 1  # of a part that was requested by name
_LOWEST_TUNE = 57  # median pitch from which a line is a melody: the A below middle C
_ROOM_BELOW = 9  # semitones below a melody that its accompaniment always has
_BASS_BORDER, _LOWEST_BORDER = 50, 43  # D3, the highest pitch of a bass below the hands of a keyboard; G2 below low melodies
_DESCANT_LOWEST = 55  # lowest pitch of the violin
_LARGEST_GROUP = 6  # parts of a group whose first player has the melody; choirs with organ have as many


def with_lead(score: Score, brief: Brief, style: str = "") -> tuple[Score, tuple[str, ...]]:
    """The piece, and a remark; a tune alone on no instrument in particular is given that of the line-up's lead.

    Files without instruments are for a piano by default. The lead of a choir or a group of strings or winds is its first part,
    that of a band the singer or first player, that of a piano the right hand; an orchestra has none, nor has a guitar alone.
    If the lead does not reach the tune, the first other player of a line who does has it, in a choir nobody.

    Args:
        score: the piece.
        brief: with the players of the whole.
        style: name of the style in which they play; may be empty.

    >>> from composer.score import Part
    >>> tune = Part("", 0, (Note(0, 67, 480), Note(480, 71, 480)))
    >>> [with_lead(Score((tune,)), Brief(ensemble=name))[0].parts[0].name for name in ("choir", "jazz-quartet", "piano")]
    ['Soprano', 'Tenor saxophone', 'Piano (right hand)']
    >>> with_lead(Score((Part("", 0, (Note(0, 59, 480),)),)), Brief(ensemble="wind-quintet"))[1]
    ('Flute does not reach all notes of the tune, which names no instrument: Oboe plays it',)
    """
    players = choose_parts(brief, choose_style(brief).ensemble)
    lead = _lead_of(players, style)
    place, tune = next(((index, part) for index, part in enumerate(score.parts) if part.notes), (0, None))
    if lead is None or tune is None or not is_bare_tune(score) or not is_melody(tune.notes, 0):
        return score, ()
    sings = all(player.program in programs_of("voice") for player in players)
    others = [] if sings else [player for player in players if player is not lead and _can_lead(player) and not player.is_bass]
    lowest, highest = (choose(note.pitch for note in tune.notes) for choose in (min, max))
    player = next((each for each in (lead, *others) if each.low <= lowest and highest <= each.high), None)
    if player is None:
        remedy = "which stays a separate part: transpose it, or choose players with --instruments"
        return score, (f"{lead.name} does not reach all notes of the tune, {remedy}",)
    parts = (*score.parts[:place], replace(tune, name=player.name, program=player.program), *score.parts[place + 1 :])
    remark = (
        f"the file names no instrument for the tune: {player.name} plays it"
        if player is lead
        else f"{lead.name} does not reach all notes of the tune, which names no instrument: {player.name} plays it"
    )
    return replace(score, parts=parts), (remark,)


def _lead_of(players: Sequence[EnsemblePart], style: str) -> EnsemblePart | None:
    """The player who has the melody of a line-up; `None` in orchestras, and where that player is needed for the chords."""
    if _has_top_voice(players):
        return players[0]
    if is_orchestra(players):
        return None
    roles = zip(players, cast(players, bands().get(style, NO_BAND)), strict=True)
    return next((player for player, role in roles if role.kind == "lead" and _can_lead(player)), None)


def _can_lead(player: EnsemblePart) -> bool:
    """Whether a player is one of strings, winds or voices, or the right hand of a pianist."""
    return _is_line(player) or (player.program in KEYBOARDS and player.name.endswith("(right hand)"))


def _has_top_voice(players: Sequence[EnsemblePart]) -> bool:
    """Whether the first of a few players has the melody: a singer, or a string or wind instrument."""
    first = players[0]
    return len(players) <= _LARGEST_GROUP and not any(player.is_drum for player in players) and first.program in SUSTAINED


def parts_to_add(brief: Brief, given: Sequence[EnsemblePart], extra: Sequence[str]) -> tuple[EnsemblePart, ...]:
    """The parts to add to a piece: those named one by one, or those of the brief's ensemble that it lacks.

    Raises:
        BadInputError: nothing is missing, or there would be more than `MAX_PARTS` parts.

    >>> violin = EnsemblePart("Violin", 40, low=55, high=100)
    >>> [part.name for part in parts_to_add(Brief(ensemble="string quartet"), [violin], ())]
    ['Violin 2', 'Viola', 'Cello']
    >>> [part.name for part in parts_to_add(Brief(ensemble="choir"), [violin], ())]
    ['Alto', 'Tenor', 'Bass']
    >>> [part.name for part in parts_to_add(Brief(), [violin], ("cello", "piano", "horn", "viola"))]
    ['Viola', 'Piano (right hand)', 'Piano (left hand)', 'French Horn', 'Cello']
    """
    if extra:
        added = list(_by_register(choose_parts(Brief(instruments=tuple(extra)), "")))
    else:
        added = list(choose_parts(brief, choose_style(brief).ensemble))
        if brief.style and not (brief.ensemble or brief.instruments):
            added = _without_lead(added, choose_style(brief).preset.name, given)
        elif len(given) == 1 and (player := _whom_it_replaces(given[0], added)):
            added.remove(player)
        for part in given:
            match = next((player for player in added if (player.program, player.is_drum) == (part.program, part.is_drum)), None)
            if match is not None:
                added.remove(match)
    if not added:
        raise BadInputError("every part of the ensemble is in the piece already: name instruments with --add")
    if len(given) + len(added) > MAX_PARTS:
        raise BadInputError(f"{len(given)} parts and {len(added)} more are too many: at most {MAX_PARTS} are written")
    return tuple(added)


def _by_register(players: Sequence[EnsemblePart]) -> Sequence[EnsemblePart]:
    """The players, of whom strings, winds and voices change places so that the higher instrument comes first."""
    lines = [player for player in players if _is_line(player)]
    ordered = iter(sorted(lines, key=lambda player: (player.high, player.low), reverse=True))
    return [next(ordered) if _is_line(player) else player for player in players]


def _is_line(player: EnsemblePart) -> bool:
    """Whether a player is one of strings, winds or voices."""
    return not player.is_drum and player.program in SUSTAINED


def _whom_it_replaces(part: EnsemblePart, group: Sequence[EnsemblePart]) -> EnsemblePart | None:
    """The player whose place a part takes that is the only one and plays another program than all of a line-up.

    That of a singer is the first of several singers, or one who leads; that of another line the top voice of a group of lines.
    """
    if part.program not in SUSTAINED or any(player.program == part.program for player in group):
        return None
    voices = [player for player in group if player.program in programs_of("voice")]
    if part.program in programs_of("voice"):
        return voices[0] if voices and (len(voices) > 1 or voices[0] is group[0]) else None
    return group[0] if all(player.program in SUSTAINED for player in group) and _has_top_voice(group) else None


def _without_lead(players: list[EnsemblePart], style: str, given: Sequence[EnsemblePart]) -> list[EnsemblePart]:
    """The usual players of a band or a choir without the one who has the melody, which another part has here."""
    if style not in bands():
        return players
    lead = next(
        (player for player, role in zip(players, cast(players, bands()[style]), strict=True) if role.kind == "lead"), None
    )
    plays = lead is None or lead.program in KEYBOARDS or any(part.program == lead.program for part in given)
    return players if plays else [player for player in players if player is not lead]


def reaching_below(players: Sequence[EnsemblePart], melody: Sequence[Note]) -> tuple[EnsemblePart, ...]:
    """The players, with hands on keyboards that reach below a low melody: the usual range of a right hand begins at G3.

    >>> hand = EnsemblePart("Piano (right hand)", 0, low=55, high=100)
    >>> reaching_below([hand], [Note(0, 57, 480)])[0].low
    48
    >>> reaching_below([EnsemblePart("Accordion (left hand)", 21, low=40, high=66)], [Note(0, 57, 480)])[0].low
    40
    """
    floor = min((note.pitch for note in melody), default=128) - _ROOM_BELOW
    return tuple(
        replace(player, low=min(player.low, max(instrument_of(player.program).low, floor)))
        if player.program in KEYBOARDS and not player.is_drum
        else player
        for player in players
    )


def above_basses(
    added: Sequence[EnsemblePart], given: Sequence[EnsemblePart], melody: Sequence[Note]
) -> tuple[EnsemblePart, ...]:
    """The players to add, of whom basses keep to a low range and hands on keyboards, if there is a bass, to one above it.

    The ranges meet at D3, with a low melody below it.

    >>> bass, hand = EnsemblePart("Bass", 33, low=28, high=67), EnsemblePart("Piano (left hand)", 0, low=24, high=67)
    >>> [(part.low, part.high) for part in above_basses([hand, bass], [], [Note(0, 67, 480)])]
    [(50, 67), (28, 50)]
    """
    if not any(part.is_bass for part in (*added, *given)):
        return tuple(added)
    lowest = min((note.pitch for note in melody), default=128) - _ROOM_BELOW
    border = max(_LOWEST_BORDER, min(_BASS_BORDER, lowest))
    return tuple(
        replace(part, high=border)
        if part.is_bass
        else replace(part, low=max(part.low, border))
        if part.program in KEYBOARDS and not part.is_drum
        else part
        for part in added
    )


def add_parts(piece: PartialPiece, added: Sequence[EnsemblePart], shift: int) -> None:
    """Parts after the given ones, open in every bar."""
    vocabulary = piece.tokenizer.vocabulary
    _ = piece.voices  # computed now, from everything that is given, like the lines
    for player in added:
        part = len(piece.programs)
        piece.programs.append(program_id(player, vocabulary))
        piece.open |= {(bar, part) for bar in range(piece.n_bars)}
    piece.assign_players((*piece.players, *added), shift)
    piece.longest_rest = LONGEST_REST_BARS


def is_melody(line: Sequence[Note], shift: int) -> bool:
    """Whether a line in functional pitch is in the range of melodies, rather than of basses."""
    return bool(line) and median(note.pitch - shift for note in line) >= _LOWEST_TUNE


def is_descant(part: EnsemblePart, melody: Sequence[Note]) -> bool:
    """Whether a part is a high single line that has no room below a melody, and may go above it.

    >>> tune = [Note(0, 67, 480)]
    >>> [is_descant(EnsemblePart("", program, low=low), tune) for program, low in ((73, 60), (40, 55), (0, 60))]
    [True, False, False]
    """
    if part.is_drum or part.program in KEYBOARDS or is_strummed(part) or part.low < _DESCANT_LOWEST:
        return False
    return part.low > median(note.pitch for note in melody) - _ROOM_BELOW


def parts_beneath(piece: PartialPiece, added: Sequence[EnsemblePart], descants: frozenset[int]) -> frozenset[int]:
    """The added parts to keep below the melody: all but drums and `descants`, by their place among those added."""
    first = len(piece.programs) - len(added)
    return frozenset(first + index for index, part in enumerate(added) if not part.is_drum and index not in descants)


def program_id(player: EnsemblePart, vocabulary: Vocabulary) -> int:
    """The Program id of a part."""
    return vocabulary.program(player.program, player.is_drum)


def settle_harmony(
    sampler: StreamSampler,
    piece: PartialPiece,
    *,
    has_chords: bool,
    color: Mode | None = None,
    state_chords: Callable[[], bool] = lambda: False,
) -> bool:
    """States the harmony and the repeats of a piece whose given parts play throughout.

    Args:
        sampler: whose model harmonizes.
        piece: chords and repeats are set.
        has_chords: whether the piece's chords are those of the user's piece; if not, the model harmonizes what is given.
        color: the mode whose chords the model is to prefer; `None` for any.
        state_chords: states the chords that the user requests, and returns whether there are any.

    Returns:
        Whether the harmony is new.
    """
    piece.repeats = literal_returns(piece, {part for bar, part in piece.segments})
    if state_chords():
        return True
    if not piece.has_harmony or has_chords:
        return False
    piece.chords.clear()
    harmonize(sampler, piece, range(piece.n_bars), color=color)
    for bar, origin in piece.repeats.items():
        piece.chords[bar] = piece.chords[origin]
    close_on_tonic(piece)
    return True
