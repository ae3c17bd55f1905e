"""New bars of a band: the lead goes on in its rhythm with its motifs, the players in their figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from composer.brief import Brief
from composer.rework import continue_, infill, vary
from composer.score import Chord, Key, KeySignature, Note, Part, Score, TimeSignature
from composer.understanding import Assumptions

BAR = 1920
CHORDS = ((57, 60, 64), (53, 57, 60), (55, 60, 64), (55, 59, 62))
ROOTS = (33, 29, 36, 31)
RIFF = (  # start, length and pitch of the notes of a lead in sixteenths
    ((0, 3, 69), (3, 3, 72), (6, 2, 76), (8, 2, 74), (10, 6, 72)),
    ((0, 2, 72), (2, 2, 69), (4, 6, 65), (12, 1, 67), (13, 1, 69), (14, 2, 67)),
    ((0, 3, 67), (3, 3, 72), (6, 2, 76), (8, 2, 74), (10, 6, 72)),
    ((0, 10, 74), (14, 2, 71)),
)
STROKES = (0, 720, 960, 1680)  # of the guitar


def song(*, closes: bool = False) -> Score:
    """Sixteen bars of a rock band in A minor; the last one may be a close."""
    bars = range(15 if closes else 16)
    lead = [Note(BAR * bar + 120 * start, pitch, 120 * ticks, 101) for bar in bars for start, ticks, pitch in RIFF[bar % 4]]
    guitar = [Note(BAR * bar + stroke, pitch, 200, 71) for bar in bars for stroke in STROKES for pitch in CHORDS[bar % 4]]
    bass = [Note(BAR * bar + 240 * eighth, ROOTS[bar % 4], 220, 91) for bar in bars for eighth in range(8)]
    beats = [(36, (0, 720, 960)), (38, (480, 1440)), (42, tuple(range(0, BAR, 240)))]
    drums = [Note(BAR * bar + place, key, 120, 90) for bar in bars for key, places in beats for place in places]
    if closes:
        lead.append(Note(15 * BAR, 69, BAR, 101))
        guitar += [Note(15 * BAR, pitch, BAR, 71) for pitch in CHORDS[0]]
        bass.append(Note(15 * BAR, 33, BAR, 91))
        drums.append(Note(15 * BAR, 36, 120, 90))
    parts = (
        Part("Lead guitar", 29, tuple(sorted(lead))),
        Part("Guitar", 27, tuple(sorted(guitar))),
        Part("Bass", 33, tuple(sorted(bass))),
        Part("Drums", 0, tuple(sorted(drums)), is_drum=True),
    )
    return Score(parts, time_signatures=(TimeSignature(0, 4, 4),), keys=(KeySignature(0, Key.parse("A minor")),))


def bars_of(part: Part, first: int, end: int) -> list[list[Note]]:
    """The notes of some bars, from their barlines."""
    return [
        [
            Note(note.start_ticks % BAR, note.pitch, note.duration_ticks, note.velocity)
            for note in part.notes
            if note.start_ticks // BAR == bar
        ]
        for bar in range(first, end)
    ]


def rhythms(part: Part, first: int, end: int) -> list[list[int]]:
    """The onsets of some bars."""
    return [sorted({note.start_ticks for note in bar}) for bar in bars_of(part, first, end)]


def directions(part: Part, first: int, end: int) -> list[list[int]]:
    """Whether a line rises, stays or falls within bars."""
    found = [[note.pitch for note in bar] for bar in bars_of(part, first, end)]
    return [[(after > before) - (after < before) for before, after in pairwise(bar)] for bar in found]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_lead_of_a_band_goes_on_in_its_rhythm_with_its_motifs(tiny_model: Path, seed: int) -> None:
    lead = continue_(song(), Brief(bars=8, seed=seed), model=str(tiny_model)).score.parts[0]
    assert rhythms(lead, 16, 23) == rhythms(lead, 8, 15)
    pairs = list(zip(directions(lead, 8, 15), directions(lead, 16, 23), strict=True))
    alike = sum(one == other for old, new in pairs for one, other in zip(old, new, strict=True))
    assert alike >= 0.6 * sum(len(old) for old, _ in pairs)
    new = [note.pitch for bar in bars_of(lead, 16, 23) for note in bar]
    assert new != [note.pitch for bar in bars_of(lead, 8, 15) for note in bar]
    assert all(note.velocity == 101 for note in lead.notes)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_players_of_a_band_go_on_in_their_figures_over_new_chords(tiny_model: Path, seed: int) -> None:
    chords = [Chord.parse(name) for name in ("Dm", "G", "Em", "Am")]
    brief = Brief.from_dict({"bars": 8, "seed": seed, "chords": "Dm G Em Am"})
    _, guitar, bass, drums = continue_(song(), brief, model=str(tiny_model)).score.parts
    for part in (guitar, bass, drums):
        assert rhythms(part, 16, 23) == rhythms(part, 8, 15)
    assert bars_of(drums, 16, 23) == bars_of(drums, 8, 15)
    for bar, (low, high) in enumerate(zip(bars_of(bass, 16, 23), bars_of(guitar, 16, 23), strict=True)):
        chord = chords[bar % 4]
        assert {note.pitch % 12 for note in low} == {chord.root}
        assert {note.pitch % 12 for note in high} == chord.pitch_classes
        assert {note.velocity for note in high} == {71}


def test_a_close_is_not_followed(tiny_model: Path) -> None:
    result = continue_(song(closes=True), Brief(bars=16, seed=1), model=str(tiny_model)).score
    lead, guitar, *_ = result.parts
    assert rhythms(lead, 23, 24) == rhythms(lead, 11, 12)
    assert rhythms(guitar, 16, 31) == [list(STROKES)] * 15
    assert len(rhythms(guitar, 31, 32)[0]) == 1


def test_a_lead_that_rests_for_a_bar_rests_again(tiny_model: Path) -> None:
    given = song()
    lead = replace(given.parts[0], notes=tuple(n for n in given.parts[0].notes if n.start_ticks // BAR != 9))
    done = continue_(replace(given, parts=(lead, *given.parts[1:])), Brief(bars=8, seed=1), model=str(tiny_model)).score
    assert rhythms(done.parts[0], 16, 23) == rhythms(lead, 8, 15)


def test_the_theme_returns_with_its_accompaniment(tiny_model: Path) -> None:
    result = continue_(song(), Brief(bars=16, seed=1), model=str(tiny_model)).score
    for part in result.parts:
        assert bars_of(part, 24, 30) == bars_of(part, 0, 6)


def test_a_requested_style_changes_the_figures_but_not_the_rhythm_of_the_lead(tiny_model: Path) -> None:
    result = continue_(song(), Brief.from_dict({"bars": 8, "seed": 1, "style": "bossa"}), model=str(tiny_model)).score
    lead, guitar, *_ = result.parts
    assert rhythms(lead, 16, 23) == rhythms(lead, 8, 15)
    assert rhythms(guitar, 16, 23) != rhythms(guitar, 8, 15)


def test_a_walking_bass_leads_to_new_roots(tiny_model: Path) -> None:
    given = song()
    walking = tuple(
        Note(BAR * bar + 480 * beat, pitch, 440, 90)
        for bar in range(16)
        for beat, pitch in enumerate((ROOTS[bar % 4], ROOTS[bar % 4] + 7, ROOTS[bar % 4] + 12, ROOTS[(bar + 1) % 4] + 1))
    )
    band = Score(
        (*given.parts[:2], Part("Bass", 32, walking), given.parts[3]), time_signatures=given.time_signatures, keys=given.keys
    )
    brief = Brief.from_dict({"bars": 8, "seed": 1, "chords": "Dm G Em Am"})
    bass = continue_(band, brief, model=str(tiny_model)).score.parts[2]
    new = [note for note in bass.notes if note.start_ticks >= 16 * BAR]
    approaches = [(one.pitch - other.pitch) for one, other in pairwise(new) if one.start_ticks % BAR == 1440]
    assert approaches.count(1) >= 6


def test_a_band_in_an_odd_meter_goes_on_in_its_rhythm(tiny_model: Path) -> None:
    ticks = 1680
    lead = [
        Note(ticks * bar + start, pitch, 240, 90)
        for bar in range(8)
        for start, pitch in ((0, 71), (240, 74), (480, 76), (1320, 71))
    ]
    guitar = [
        Note(ticks * bar + start, 52 + step, 240, 80) for bar in range(8) for start in (0, 480, 960) for step in (0, 7, 12)
    ]
    bass = [Note(ticks * bar + 240 * eighth, 40, 220, 90) for bar in range(8) for eighth in range(7)]
    drums = [Note(ticks * bar + start, key, 120, 90) for bar in range(8) for start, key in ((0, 36), (720, 38), (1440, 38))]
    names = (("Lead", 29, lead), ("Guitar", 30, guitar), ("Bass", 33, bass), ("Drums", 0, drums))
    parts = tuple(Part(name, program, tuple(sorted(notes)), name == "Drums") for name, program, notes in names)
    given = Score(parts, time_signatures=(TimeSignature(0, 7, 8),), keys=(KeySignature(0, Key.parse("E minor")),))
    done = continue_(given, Brief(bars=8, seed=1), model=str(tiny_model)).score
    for before, after in zip(given.parts, done.parts, strict=True):
        new = sorted(note.start_ticks - 8 * ticks for note in after.notes if 8 * ticks <= note.start_ticks < 15 * ticks)
        assert sorted(set(new)) == sorted({note.start_ticks for note in before.notes if note.start_ticks < 7 * ticks})
    assert len({note.pitch % 12 for note in done.parts[2].notes if note.start_ticks >= 8 * ticks}) > 1, "over other chords"


def test_a_held_chord_is_struck_again_as_a_whole_where_the_chord_changes(tiny_model: Path) -> None:
    given = song()
    pad = tuple(Note(2 * BAR * pair, pitch, 2 * BAR, 60) for pair in range(8) for pitch in (57, 60, 64))
    bass = tuple(Note(BAR * bar + 240 * eighth, 33, 220, 91) for bar in range(16) for eighth in range(8))
    parts = (given.parts[0], Part("Pad", 89, pad), Part("Bass", 33, bass), given.parts[3])
    band = Score(parts, time_signatures=given.time_signatures, keys=given.keys)
    done = continue_(band, Brief.from_dict({"bars": 8, "seed": 1, "chords": "Am G"}), model=str(tiny_model)).score
    for bar in range(16, 23):
        struck = {note.pitch % 12 for note in done.parts[1].notes if note.start_ticks == BAR * bar}
        assert struck == Chord.parse("Am" if bar % 2 == 0 else "G").pitch_classes


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_varied_band_keeps_the_groove_of_its_chords(tiny_model: Path, seed: int) -> None:
    given = song()
    _, guitar, bass, drums = vary(given, 1.0, Brief(seed=seed), model=str(tiny_model)).score.parts
    assert (bass, drums) == given.parts[2:]
    assert rhythms(guitar, 0, 16) == [list(STROKES)] * 16
    assert guitar != given.parts[1]


def test_a_lead_that_plays_in_thirds_goes_on_with_them(tiny_model: Path) -> None:
    given = song()
    doubled = [replace(note, pitch=note.pitch - 4) for note in given.parts[0].notes if note.start_ticks % 960 == 0]
    lead = Part("Piano", 0, tuple(sorted([*given.parts[0].notes, *doubled])))
    band = Score((lead, *given.parts[1:]), time_signatures=given.time_signatures, keys=given.keys)
    brief = Brief.from_dict({"bars": 8, "seed": 1, "chords": "Dm G Em Am"})
    new = continue_(band, brief, model=str(tiny_model)).score.parts[0]
    both = [
        start
        for bar in bars_of(new, 16, 23)
        for start in {n.start_ticks for n in bar}
        if sum(n.start_ticks == start for n in bar) == 2
    ]
    assert len(both) >= 0.8 * sum(n.start_ticks // BAR in range(8, 15) for n in doubled)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_lead_that_is_written_again_has_the_rhythms_around_it(tiny_model: Path, seed: int) -> None:
    given = song()
    done = infill(given, [(4, 8)], Brief(seed=seed), parts=["Lead guitar"], model=str(tiny_model)).score
    assert done.parts[1:] == given.parts[1:]
    lead, old = done.parts[0], given.parts[0]
    assert sorted(rhythms(lead, 4, 8)) == sorted(rhythms(old, 4, 8)), "in another order"
    new = [note for note in lead.notes if 4 * BAR <= note.start_ticks < 8 * BAR]
    assert len(new) == len({note.start_ticks for note in new}), "one line"
    assert [note.pitch for note in new] != [note.pitch for note in old.notes if 4 * BAR <= note.start_ticks < 8 * BAR]
    assert {*lead.notes} - {*new} == {note for note in old.notes if not 4 * BAR <= note.start_ticks < 8 * BAR}


def test_a_lead_and_one_player_of_a_band_are_written_again_each_in_its_manner(tiny_model: Path) -> None:
    given = song()
    done = infill(given, [(4, 8)], Brief(seed=1), parts=["Lead guitar", "Guitar"], model=str(tiny_model)).score
    assert done.parts[2:] == given.parts[2:]
    assert sorted(rhythms(done.parts[0], 4, 8)) == sorted(rhythms(given.parts[0], 4, 8))
    assert rhythms(done.parts[1], 4, 8) == rhythms(given.parts[1], 4, 8)
    assert all(len({note.start_ticks for note in bar}) == len(bar) for bar in bars_of(done.parts[0], 4, 8)), "one line"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_end_that_is_written_again_is_a_close(tiny_model: Path, seed: int) -> None:
    in_minor = Assumptions(key=Key.parse("A minor"))
    done = infill(song(), [(12, 16)], Brief(seed=seed), assumptions=in_minor, model=str(tiny_model))
    *pitched, drums = done.score.parts
    for part in pitched:
        last = max(note.start_ticks for note in part.notes)
        assert last >= 15 * BAR
        for note in part.notes:
            if note.start_ticks == last:
                assert note.end_ticks == 16 * BAR
                assert note.pitch % 12 in Chord.parse("Am").pitch_classes
    assert rhythms(drums, 15, 16) == [[0]]


def test_an_end_is_written_again_in_the_last_key(tiny_model: Path) -> None:
    minor, major = KeySignature(0, Key.parse("A minor")), KeySignature(8 * BAR, Key.parse("C major"))

    def rewritten(first: int, *keys: KeySignature) -> Score:
        given, assumed = replace(song(), keys=keys), Assumptions(key=minor.key)
        return infill(given, [(first, first + 3)], Brief(seed=1), assumptions=assumed, model=str(tiny_model)).score

    last = [note.pitch for part in rewritten(13, minor, major).parts[:3] for note in part.notes if note.end_ticks == 16 * BAR]
    assert min(last) % 12 == 0
    assert {pitch % 12 for pitch in last} <= Chord.parse("C").pitch_classes
    assert rewritten(2, minor, major).parts == rewritten(2, minor).parts, "bars in the first key are as without the second"


def test_a_single_new_bar_closes_on_the_tonic(tiny_model: Path) -> None:
    lead = continue_(song(), Brief(bars=1, seed=1), model=str(tiny_model)).score.parts[0]
    assert [note.start_ticks for note in lead.notes if note.start_ticks >= 16 * BAR] == [16 * BAR]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bars_of_a_whole_band_are_filled_in_its_grooves_over_its_chords(tiny_model: Path, seed: int) -> None:
    given = song()
    done = infill(given, [(8, 12)], Brief(seed=seed), model=str(tiny_model)).score
    lead, guitar, bass, drums = done.parts
    assert bars_of(lead, 8, 12) != bars_of(given.parts[0], 8, 12)
    for part, old in zip(done.parts, given.parts, strict=True):
        assert bars_of(part, 0, 8) + bars_of(part, 12, 16) == bars_of(old, 0, 8) + bars_of(old, 12, 16)
    for bar, (low, high) in enumerate(zip(bars_of(bass, 8, 12), bars_of(guitar, 8, 12), strict=True)):
        assert {note.pitch % 12 for note in low} == {ROOTS[bar % 4] % 12}
        assert {note.pitch % 12 for note in high} == {pitch % 12 for pitch in CHORDS[bar % 4]}
    assert rhythms(guitar, 8, 12) == rhythms(given.parts[1], 8, 12)
    assert rhythms(drums, 8, 12) == rhythms(given.parts[3], 8, 12)
    highest = max(note.pitch for note in given.parts[0].notes)
    assert max(note.pitch for note in lead.notes) <= highest + 2


def test_filled_bars_of_a_band_have_the_players_that_they_had(tiny_model: Path) -> None:
    given = song()
    rests = {1: range(8, 12), 2: [*range(8), *range(12, 16)]}  # the guitar rests in the region, the bass plays there alone
    parts = [
        replace(part, notes=tuple(note for note in part.notes if note.start_ticks // BAR not in rests.get(index, ())))
        for index, part in enumerate(given.parts)
    ]
    done = infill(replace(given, parts=tuple(parts)), [(8, 12)], Brief(seed=1), model=str(tiny_model)).score
    assert not any(bars_of(done.parts[1], 8, 12))
    assert rhythms(done.parts[2], 8, 12) == rhythms(given.parts[2], 8, 12)


@pytest.mark.parametrize("style", ["march", "polka", "film-cue"])
def test_bars_in_a_style_whose_melodies_follow_no_rhythms_are_filled(style: str, tiny_model: Path) -> None:
    done = infill(song(), [(8, 10)], Brief(seed=1, style=style), model=str(tiny_model)).score
    assert bars_of(done.parts[0], 8, 10) != bars_of(song().parts[0], 8, 10)
    assert bars_of(done.parts[0], 0, 8) == bars_of(song().parts[0], 0, 8)


@pytest.mark.parametrize("style", ["", "march"])
def test_a_bass_that_leads_above_drums_goes_on(style: str, tiny_model: Path) -> None:
    *_, bass, drums = song().parts
    given = replace(song(), parts=(bass, drums))
    brief = Brief.from_dict({"bars": 4, "seed": 1, "style": style or None})
    done = continue_(given, brief, model=str(tiny_model)).score
    assert len(done.bars) == 20
    assert [part.notes[: len(old.notes)] for part, old in zip(done.parts, given.parts, strict=True)] == [
        bass.notes,
        drums.notes,
    ]
