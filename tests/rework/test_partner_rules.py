"""Rules of the partner's own, and what happens where rules leave nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from composer.brief import Brief
from composer.errors import BadInputError
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.notation import lay_out
from composer.guide import Rule, ScriptGuide, Walk
from composer.rework import accompany, continue_, infill, transfer
from composer.rework.material import partial_piece_of, understand_material
from composer.rework.streams import Window, script_of
from composer.score import Chord, ChordSymbol, Note, Score
from composer.tokenizer.grammar import Mask
from composer.training.data.build import base_tokenizer
from tests.rework.test_partner import BAR, BARS, theme


def sounding(melody: tuple[Note, ...], tick: int) -> Note:
    """The melody's note at a tick, or the one before."""
    return next((note for note in reversed(melody) if note.start_ticks <= tick), melody[0])


def check_beneath(melody: tuple[Note, ...], score: Score, parts: list[int], lowest: list[int]) -> None:
    for part, low in zip(parts, lowest, strict=True):
        notes = score.parts[part].notes
        assert notes
        above = [note for note in notes if note.pitch > max(sounding(melody, note.start_ticks).pitch, low + 9)]
        assert not above
        onsets = {note.start_ticks: {n.pitch for n in notes if n.start_ticks == note.start_ticks} for note in notes}
        if low == min(lowest):  # the bass plays the bass of each chord
            continue
        steps = sorted(onsets)
        doubled = {tick: any((p - sounding(melody, tick).pitch) % 12 == 0 for p in onsets[tick]) for tick in steps}
        for one, other in pairwise(steps):
            tune_moves = sounding(melody, one).pitch != sounding(melody, other).pitch
            assert not (tune_moves and doubled[one] and doubled[other]), f"parallel octaves at {other}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_added_parts_stay_beneath_the_melody(tiny_model: Path, seed: int) -> None:
    user = replace(theme(), parts=theme().parts[:1])
    done = accompany(user, Brief(ensemble="string quartet", seed=seed), model=str(tiny_model))
    check_beneath(user.parts[0].notes, done.score, [1, 2, 3], [55, 48, 36])


def test_what_is_asked_for_by_name_may_be_a_descant(tiny_model: Path) -> None:
    user = replace(theme(), parts=theme().parts[:1])
    tune = user.parts[0].notes
    above: list[list[Note]] = [[], [], []]
    for seed in range(1, 5):
        done = accompany(user, Brief(seed=seed), add=["flute", "cello"], model=str(tiny_model)).score
        for found, part in zip(above, done.parts, strict=True):
            found += [note for note in part.notes if note.pitch > sounding(tune, note.start_ticks).pitch]
    assert above[1]
    assert not above[2]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_added_timpani_keep_to_their_drums(tiny_model: Path, seed: int) -> None:
    done = accompany(theme(), Brief(seed=seed), add=["timpani"], model=str(tiny_model))
    struck = [note.pitch for note in done.score.parts[-1].notes]
    assert struck
    assert all(41 <= pitch <= 52 for pitch in struck)


def test_a_bass_line_is_no_melody(tiny_model: Path) -> None:
    user = replace(theme(), parts=theme().parts[2:])
    done = accompany(user, Brief(seed=1), add=["violin"], model=str(tiny_model))
    assert min(note.pitch for note in done.score.parts[1].notes) >= 55


def test_the_new_style_keeps_beneath_the_melody(tiny_model: Path) -> None:
    done = transfer(theme(), Brief.from_dict({"style": "string-quartet", "seed": 4}), model=str(tiny_model))
    check_beneath(done.score.parts[0].notes, done.score, [1, 2, 3], [55, 48, 36])


def test_a_dorian_tune_goes_home_to_its_tonic(tiny_model: Path) -> None:
    scale = [62, 64, 65, 67, 69, 71, 72, 74]
    steps = [0, 3, 4, 5, 4, 2, 3, 1, 0, 2, 4, 6, 5, 3, 4, 1, 0, 3, 2, 1, 0, 0]
    tune = tuple(Note(480 * beat, scale[step], 480, 80) for beat, step in enumerate(steps))
    flute = replace(theme().parts[0], notes=tune)
    user = replace(theme(), parts=(flute,), keys=(), end_ticks=0)
    done = continue_(user, Brief(bars=4, seed=1), model=str(tiny_model))
    assert done.report["understood"]["key"] == "D minor"
    assert done.score.parts[0].notes[-1].pitch % 12 in (2, 5, 9)


@pytest.mark.parametrize("seed", range(4))
def test_lines_do_not_leap_at_seams(tiny_model: Path, seed: int) -> None:
    done = infill(theme(), [(4, 7)], Brief(seed=seed), model=str(tiny_model))
    for part in (done.score.parts[0], done.score.parts[2]):
        for seam in (4, 7):
            before = [note for note in part.notes if (seam - 1) * BAR <= note.start_ticks < seam * BAR]
            after = [note for note in part.notes if seam * BAR <= note.start_ticks < (seam + 1) * BAR]
            if before and after:
                assert abs(after[0].pitch - before[-1].pitch) <= 5


@pytest.mark.parametrize("program", [0, 24, 40, 90])
def test_one_voice_stays_one_to_the_end(tiny_model: Path, program: int) -> None:
    [tune, *_] = theme().parts
    user = replace(theme(), parts=(replace(tune, program=program),))
    for seed in range(2):
        for done in (
            continue_(user, Brief(bars=5, seed=seed), model=str(tiny_model)),
            infill(user, [(9, BARS)], Brief(seed=seed), model=str(tiny_model)),
        ):
            [line] = done.notation.parts
            together = [(note, after) for note, after in pairwise(sorted(line.notes)) if note.end_ticks > after.start_ticks]
            assert not together


def players(score: Score, bar: int) -> set[int]:
    """The parts that begin notes in a bar."""
    return {part for part, note in score.notes() if note.start_ticks // BAR == bar}


@pytest.mark.parametrize("bars", [(0, 2), (3, 5)])
def test_rewritten_bars_are_played_by_the_parts_that_played_in_them(tiny_model: Path, bars: tuple[int, int]) -> None:
    user = theme()
    for seed in range(3):
        done = infill(user, [bars], Brief(seed=seed), model=str(tiny_model))
        assert all(players(done.score, bar) >= players(user, bar) for bar in range(*bars))


def test_empty_bars_are_filled_by_the_parts_that_play_around_them(tiny_model: Path) -> None:
    tune, *others = theme().parts
    gap = range(3, 5)
    parts = (tune, *others[:1], replace(others[1], notes=tuple(n for n in others[1].notes if n.start_ticks < gap[0] * BAR)))
    cut = (replace(part, notes=tuple(n for n in part.notes if n.start_ticks // BAR not in gap)) for part in parts)
    user = replace(theme(), parts=tuple(cut))
    done = infill(user, [(gap.start, gap.stop)], Brief(seed=1), model=str(tiny_model))
    assert all(players(done.score, bar) >= {0, 1} for bar in gap)


class Nothing(Rule):
    """A rule that forbids everything."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        mask[:] = False


@pytest.mark.parametrize("bars", [(0, 1), (0, 2)])
def test_rewritten_bars_keep_the_upbeat(tiny_model: Path, bars: tuple[int, int]) -> None:
    tune, *others = theme().parts
    upbeat = Note(BAR - 480, 67, 480)
    parts = (replace(tune, notes=(upbeat, *(note for note in tune.notes if note.start_ticks >= BAR))), *others)
    later = (replace(part, notes=tuple(note for note in part.notes if note.start_ticks >= BAR)) for part in parts[1:])
    chords = tuple(ChordSymbol(bar * BAR, Chord.parse("Dm")) for bar in range(BARS))
    user = replace(theme(), parts=(parts[0], *later), chords=chords)
    for seed in range(8):
        done = infill(user, [bars], Brief(seed=seed), model=str(tiny_model)).score
        assert upbeat.start_ticks <= min(note.start_ticks for _, note in done.notes()) < BAR
        assert lay_out(done, Layout()).upbeat, "no chord changes before it, so that it is printed as an upbeat"


def test_a_rule_that_leaves_nothing_is_passed_over_and_counted() -> None:
    tokenizer = base_tokenizer()
    piece = partial_piece_of(understand_material(theme()), tokenizer)
    piece.open_segments({(bar, 0) for bar in range(BARS - 2, BARS)})
    guide = ScriptGuide(tokenizer, script_of(piece, Window(range(4), range(BARS - 2, BARS))), piece.ranges, (Nothing(),))
    rng, choices = np.random.default_rng(0), 0
    guide.forced()
    while not guide.finished:
        guide.accept(int(rng.choice(np.flatnonzero(guide.mask()))))
        guide.forced()
        choices += 1
    assert guide.rules_passed_over == choices > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_chord_of_an_infilled_bar_is_struck(tiny_model: Path, seed: int) -> None:
    brief = Brief.from_dict({"chords": "C F G | Dm G C", "seed": seed})
    done = infill(theme(), [(4, 6)], brief, model=str(tiny_model)).score
    starts = {4 * BAR + 480 * beat: name for beat, name in enumerate(("C", "F", "G", "Dm", "G", "C"))}
    for start, name in starts.items():
        struck = {note.pitch % 12 for part in done.parts for note in part.notes if note.start_ticks == start}
        assert struck, name
        assert struck <= Chord.parse(name).pitch_classes, name


@pytest.mark.parametrize(
    ("chords", "says"),
    [
        ("Db Gb B Eb", "4 bars of chords do not fit 1 bar: give fewer chords or more bars"),
        ("C F G C |", "bar 1 of the chords has 4 chords: write 1 to 3 between barlines"),
    ],
)
def test_chords_beyond_the_region_are_refused(tiny_model: Path, chords: str, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        infill(theme(), [(4, 5)], Brief.from_dict({"chords": chords}), model=str(tiny_model))
