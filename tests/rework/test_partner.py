"""The partner, with a model that knows nothing and a small window: what is given stays, and what is asked for comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest

from composer.analysis.melody import melody_line
from composer.brief import Brief
from composer.composing import PieceRecord, write
from composer.errors import BadInputError
from composer.formats.midi.midi_score import write_midi
from composer.rework import accompany, continue_, infill, transfer, vary
from composer.rework.material import open_places, partial_piece_of, understand_material
from composer.rework.stream_sampler import StreamSampler
from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.tokenizer.vocabulary import TICKS_PER_STEP
from composer.training.data.build import base_tokenizer

BAR = 3 * 480
BARS = 14


def theme(offbeat: int = 0) -> Score:
    """A trio in D minor, 3/4; bars 9 to 12 bring back bars 1 to 4 to the letter."""
    rng = np.random.default_rng(1)
    scale = [62, 64, 65, 67, 69, 70, 72, 73, 74]
    tune = [[int(pitch) for pitch in rng.choice(scale, 3)] for _ in range(BARS)]
    bass = [int(pitch) for pitch in rng.choice([38, 43, 45, 50], BARS)]
    origin = [bar - 8 if 8 <= bar < 12 else bar for bar in range(BARS)]
    melody, chords, low = [], [], []
    for bar in range(BARS):
        start = bar * BAR + offbeat
        melody += [Note(start + 480 * beat, pitch, 455, 80) for beat, pitch in enumerate(tune[origin[bar]])]
        chords += [Note(start + 480 * beat, pitch, 400, 60) for beat in (1, 2) for pitch in (53, 57, 62)]
        low += [Note(start, bass[origin[bar]], 1400, 70)]
    return Score(
        (Part("Violin", 40, tuple(melody)), Part("Piano", 0, tuple(sorted(chords))), Part("Cello", 42, tuple(low))),
        tempos=(Tempo(0, 84.0),),
        time_signatures=(TimeSignature(0, 3, 4),),
        keys=(KeySignature(0, Key.parse("D minor")),),
        end_ticks=BARS * BAR,
    )


Sounding = Counter[tuple[str, int, int, int, int]]


def notes_in(path: Path) -> Sounding:
    """(track, start, pitch, ticks, velocity) of every note of a file, as mido reads them."""
    found: Sounding = Counter()
    for track in mido.MidiFile(path).tracks:
        now, open_notes = 0, dict[int, tuple[int, int]]()
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                open_notes[message.note] = (now, message.velocity)
            elif message.type in ("note_off", "note_on"):
                start, velocity = open_notes.pop(message.note)
                found[track.name, start, message.note, now - start, velocity] += 1
    return found


@pytest.fixture
def both(tmp_path: Path) -> Callable[[Score, PieceRecord], tuple[Sounding, Sounding]]:
    """The notes of the user's piece and of the result, each read back from its file."""

    def read(user: Score, done: PieceRecord) -> tuple[Sounding, Sounding]:
        write_midi(user, tmp_path / "user.mid")
        write(done, tmp_path / "result", ["mid"])
        return notes_in(tmp_path / "user.mid"), notes_in(tmp_path / "result.mid")

    return read


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> str:
    return str(tiny_model)


@pytest.mark.parametrize("offbeat", [0, 17], ids=["on the grid", "off the grid"])
@pytest.mark.parametrize("ending", [True, False])
def test_continuing_keeps_all_and_adds_bars(both, model: str, ending: bool, offbeat: int) -> None:
    user = theme(offbeat)
    done = continue_(user, Brief(bars=6, seed=2), ending=ending, model=model)
    before, after = both(user, done)
    assert before <= after
    assert min(start for _, start, *_ in after - before) >= BARS * BAR
    assert len(done.score.bars) == BARS + 6
    assert done.report["notes"]["kept"] == done.report["notes"]["given"] == before.total()


def test_continuation_ends_at_home(model: str) -> None:
    done = continue_(theme(), Brief(bars=4, seed=5), model=model)
    last = [note for _, note in done.score.notes() if note.end_ticks == (BARS + 4) * BAR]
    assert {note.pitch % 12 for note in last} <= {2, 5, 9}
    assert min(last, key=lambda note: note.pitch).pitch % 12 == 2


@pytest.mark.parametrize(
    ("bars", "parts"), [((4, 7), ()), ((0, 3), ()), ((11, 14), ()), ((2, 13), ("piano", "3")), ((5, 6), ("violin",))]
)
def test_infilling_changes_the_region_only(both, model: str, bars: tuple[int, int], parts: tuple[str, ...]) -> None:
    user = theme()
    done = infill(user, [bars], Brief(seed=3), parts=parts, model=model)
    before, after = both(user, done)
    names = {"Violin", "Piano", "Cello"} if not parts else {"Piano", "Cello"} if len(parts) == 2 else {"Violin"}
    changed = (before - after) + (after - before)
    assert changed
    assert all(bars[0] * BAR <= start < bars[1] * BAR and track in names for track, start, *_ in changed)
    inside = {track for track, start, *_ in after if bars[0] * BAR <= start < bars[1] * BAR}
    assert inside, "the region is not left empty"


def held_theme() -> Score:
    """The trio, whose violin holds the first notes of bars 6 and 12 to the second beat of the bar after the next."""
    score = theme()
    violin, held = score.parts[0], (5, 11)
    spans = [(bar * BAR, (bar + 2) * BAR + 480) for bar in held]
    rest = [note for note in violin.notes if not any(start <= note.start_ticks < end for start, end in spans)]
    long = [Note(start, 69, end - start, 80) for start, end in spans]
    return replace(score, parts=(replace(violin, notes=tuple(sorted([*rest, *long]))), *score.parts[1:]))


def sounding(score: Score, tick: int) -> list[int]:
    return [note.pitch for note in score.parts[0].notes if note.start_ticks <= tick < note.end_ticks]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("bars", "first"), [((5, 6), 6), ((4, 7), 7)])
def test_infilling_lets_a_note_sound_on_after_the_region(model: str, bars: tuple[int, int], first: int, seed: int) -> None:
    user = held_theme()
    done = infill(user, [bars], Brief(seed=seed), parts=["violin"], model=model)
    ticks = range(first * BAR, BARS * BAR, 120)
    for score in (done.score, done.notation):
        assert [sounding(score, tick) for tick in ticks] == [sounding(user, tick) for tick in ticks]


def test_what_sounds_on_is_given_to_the_network() -> None:
    material = understand_material(held_theme())
    piece = partial_piece_of(material, base_tokenizer())
    assert not piece.segment_notes((6, 0))
    open_places(piece, material, {(5, 0)})
    assert piece.segment_notes((6, 0)) == [(0, 69 + material.shift, (BAR + 480) // TICKS_PER_STEP)]


def test_varying_lets_a_note_sound_on_in_the_last_bar(model: str) -> None:
    user = held_theme()
    done = vary(user, 1.0, Brief(seed=1), model=model)
    assert sounding(user, 13 * BAR) == [69]
    ticks = range(13 * BAR, BARS * BAR, 120)
    assert [sounding(done.score, tick) for tick in ticks] == [sounding(user, tick) for tick in ticks]


def test_added_players_are_in_the_order_of_their_registers(model: str) -> None:
    tune = replace(theme(), parts=theme().parts[:1])
    for names in (["cello", "violin", "horn"], ["horn", "cello", "violin"]):
        done = accompany(tune, Brief(seed=2), add=names, model=model)
        assert [part.name for part in done.score.parts] == ["Violin", "Violin", "French Horn", "Cello"]


def onsets(score: Score, bars: tuple[int, int], part: int) -> list[tuple[int, int]]:
    notes = score.parts[part].notes
    return sorted({(n.start_ticks, n.duration_ticks) for n in notes if bars[0] * BAR <= n.start_ticks < bars[1] * BAR})


def pitches(score: Score, bar: int, part: int) -> list[int]:
    return [n.pitch for n in score.parts[part].notes if bar * BAR <= n.start_ticks < (bar + 1) * BAR]


@pytest.mark.parametrize("names", [("cello", "violin", "horn"), ("horn", "cello", "violin")])
def test_a_cello_is_the_bass_below_a_horn_whatever_the_order_of_the_names(model: str, names: tuple[str, ...]) -> None:
    line = tuple(Note(480 * beat, (76, 79, 78, 76, 74, 72, 71, 74)[beat % 8], 480) for beat in range(64))
    tune = Score((Part("Flute", 73, line),), time_signatures=(TimeSignature(0, 4, 4),))
    done = accompany(tune, Brief(seed=2), add=names, model=model).score
    assert [part.name for part in done.parts] == ["Flute", "Violin", "French Horn", "Cello"]
    low = [min(note.pitch for note in part.notes if note.start_ticks < 15 * 1920) for part in done.parts[1:]]
    assert low[2] == min(low)
    for beat in range(0, 60):
        sounding = [[n.pitch for n in part.notes if n.start_ticks <= 480 * beat < n.end_ticks] for part in done.parts[2:]]
        assert not all(sounding) or min(sounding[1]) <= min(sounding[0])


@pytest.mark.parametrize("seed", range(1, 7))
def test_bars_between_diatonic_ones_stay_on_the_scale(model: str, seed: int) -> None:
    steps = (64, 67, 71, 69, 67, 66, 64, 62)
    line = tuple(Note(480 * beat, steps[beat % 8], 480) for beat in range(64) if not 20 <= beat < 36)
    key = Key.parse("E minor")
    tune = Score((Part("Flute", 73, line),), time_signatures=(TimeSignature(0, 4, 4),), keys=(KeySignature(0, key),))
    done = infill(tune, [(5, 9)], Brief(seed=seed), model=model).score
    assert {note.pitch % 12 for note in done.parts[0].notes} <= key.scale


def test_several_regions_are_written_and_all_else_is_kept(both, model: str) -> None:
    user = theme()
    done = infill(user, [(1, 2), (5, 7)], Brief(seed=3), model=model)
    before, after = both(user, done)
    changed = {start // BAR for _, start, *_ in (before - after) + (after - before)}
    assert 1 in changed
    assert changed & {5, 6}
    assert changed <= {1, 5, 6}
    assert done.options["bars"] == "2,6-7"


@pytest.mark.parametrize("parts", [(), ("violin",)])
@pytest.mark.parametrize("seed", [1, 2])
def test_infilling_keeps_the_rhythm(model: str, parts: tuple[str, ...], seed: int) -> None:
    user = theme()
    done = infill(user, [(4, 7)], Brief(seed=seed), parts=parts, keep="rhythm", model=model)
    for part in range(3):
        assert onsets(done.score, (4, 7), part) == onsets(user, (4, 7), part)
    assert any(pitches(done.score, bar, 0) != pitches(user, bar, 0) for bar in range(4, 7))


@pytest.mark.parametrize("seed", [1, 2])
def test_infilling_keeps_the_pitches(model: str, seed: int) -> None:
    user = theme()
    done = infill(user, [(4, 7)], Brief(seed=seed), parts=["violin", "cello"], keep="pitches", model=model)
    for part in (0, 2):
        assert all(pitches(done.score, bar, part) == pitches(user, bar, part) for bar in range(4, 7))
    assert any(onsets(done.score, (4, 7), part) != onsets(user, (4, 7), part) for part in (0, 2))


def test_a_region_that_comes_out_as_it_was_is_written_again(model: str) -> None:
    user = theme()
    first = infill(user, [(2, 3)], Brief(seed=8), parts=["cello"], model=model)
    written = first.score.parts[2].notes
    assert written != user.parts[2].notes
    done = infill(
        replace(user, parts=(*user.parts[:2], first.score.parts[2])), [(2, 3)], Brief(seed=8), parts=["cello"], model=model
    )
    assert done.score.parts[2].notes != written
    assert not done.report.get("warnings")


@pytest.mark.parametrize(("verb", "where"), [(infill, [(2, 3)]), (vary, 0.5)])
def test_a_remark_names_all_parts_of_an_instrument(model: str, verb: Callable[..., PieceRecord], where: Any) -> None:
    user = theme()
    first, second = (replace(user.parts[0], name=f"Violin {number}") for number in "12")
    trio = replace(user, parts=(first, replace(second, notes=user.parts[2].notes), user.parts[1]))
    done = verb(trio, where, Brief(seed=8), parts=["violin"], model=model)
    remark = "part 'violin' is 1 Violin 1, 2 Violin 2, all of which are written: give a number for one of them"
    assert remark in done.report["warnings"]
    assert remark not in verb(trio, where, Brief(seed=8), parts=["violin 2"], model=model).report.get("warnings", [])


def test_density_and_polyphony_replace_what_was_measured(model: str) -> None:
    few = continue_(theme(), Brief(bars=2, seed=1, density=0.0, polyphony=1.0), model=model)
    many = continue_(theme(), Brief(bars=2, seed=1, density=1.0, polyphony=6.0), model=model)
    assert few.streams != many.streams
    with pytest.raises(BadInputError, match="polyphony 12 is more"):
        vary(replace(theme(), parts=theme().parts[::2]), 0.5, Brief(polyphony=12), model=model)


def test_an_infill_leaves_held_notes_alone(both, model: str) -> None:
    user = theme()
    held = Note(3 * BAR, 74, BAR + 960, 80)
    violin = replace(
        user.parts[0], notes=tuple(sorted([held, *(n for n in user.parts[0].notes if not 3 <= n.start_ticks // BAR < 6)]))
    )
    user = replace(user, parts=(violin, *user.parts[1:]))
    done = infill(user, [(4, 6)], Brief(seed=4), parts=["violin"], model=model)
    assert held in done.score.parts[0].notes
    assert all(
        note.start_ticks >= held.end_ticks for note in done.score.parts[0].notes if 4 * BAR <= note.start_ticks < 6 * BAR
    )


def test_the_chords_of_a_bare_melody_have_its_notes(model: str) -> None:
    bars = [(69, 72, 76), (67, 71, 74), (65, 69, 72), (68, 71, 76)] * 3  # A minor, G, F and E
    notes = [Note(bar * BAR + 480 * beat, pitch, 480) for bar, tones in enumerate(bars) for beat, pitch in enumerate(tones)]
    melody = Score(
        (Part("Flute", 73, tuple(notes)),),
        time_signatures=(TimeSignature(0, 3, 4),),
        keys=(KeySignature(0, Key.parse("A minor")),),
        end_ticks=len(bars) * BAR,
    )
    done = accompany(melody, Brief(seed=1), add=["piano"], model=model).score
    fitting = 0
    for note in notes:
        symbol = [symbol for symbol in done.chords if symbol.start_ticks <= note.start_ticks][-1]
        fitting += symbol.chord is not None and note.pitch % 12 in symbol.chord.pitch_classes
    assert fitting >= 0.8 * len(notes)


def test_accompanying_adds_parts_and_keeps_the_given_ones(both, model: str) -> None:
    user = replace(theme(5), parts=theme(5).parts[:1])
    done = accompany(user, Brief(ensemble="string quartet", seed=1), model=model)
    before, after = both(user, done)
    assert before <= after
    assert [part.program for part in done.score.parts] == [40, 40, 41, 42]
    assert all(part.notes for part in done.score.parts)
    assert done.score.chords
    with_drums = accompany(user, Brief(seed=1), add=["bass", "drums"], model=model)
    assert [part.is_drum for part in with_drums.score.parts] == [False, False, True]


def test_variation_dial(model: str) -> None:
    user = theme()
    assert vary(user, 0.0, model=model).score == user
    shares = []
    for amount in (0.25, 0.5, 1.0):
        done = vary(user, amount, Brief(seed=6), model=model)
        shares.append(done.report["notes"]["kept"] / done.report["notes"]["given"])
        assert len(done.score.bars) == BARS
    assert 1.0 > shares[0] > shares[1] > shares[2]


def test_what_returns_to_the_letter_returns_varied(model: str) -> None:
    done = vary(theme(), 1.0, Brief(seed=6), model=model)

    def bars(first: int, end: int) -> set[tuple[int, int, int]]:
        return {
            (part, n.start_ticks - first * BAR, n.pitch)
            for part, n in done.score.notes()
            if first * BAR <= n.start_ticks < end * BAR
        }

    assert bars(8, 12) == bars(0, 4)


def test_transfer_keeps_melody_bars_and_key(model: str) -> None:
    user = theme()
    done = transfer(user, Brief.from_dict({"style": "lofi", "seed": 2}), model=model)
    tune = melody_line(user)
    lead = done.score.parts[0]
    octaves = {new.pitch - old.pitch for new, old in zip(lead.notes, tune, strict=True)}
    assert [note.start_ticks for note in lead.notes] == [note.start_ticks for note in tune]
    assert len(octaves) == 1
    assert octaves.pop() % 12 == 0
    assert any(part.is_drum for part in done.score.parts)
    assert (len(done.score.bars), str(done.score.key), str(done.score.bars[0].time_signature)) == (BARS, "D minor", "3/4")


@pytest.mark.parametrize("verb", [continue_, lambda score, brief, model: vary(score, 0.5, brief, model=model)])
def test_same_seed_same_notes(model: str, verb: Callable[..., PieceRecord]) -> None:
    first, second, other = (verb(theme(), Brief(seed=seed), model=model) for seed in (1, 1, 2))
    assert first.score == second.score
    assert first.streams == second.streams
    assert first.score != other.score


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda score, model: continue_(score, Brief(key=Key.parse("C")), model=model), "continue does not take key"),
        (lambda score, model: infill(score, [(8, 30)], model=model), "bars 9-30 are not all in the piece: it has bars 1 to 14"),
        (
            lambda score, model: infill(score, [(1, 2)], keep="melody", model=model),
            "keep 'melody' is not known: choose from rhythm",
        ),
        (lambda score, model: infill(score, [(1, 2)], parts=["oboe"], model=model), "1 Violin, 2 Piano, 3 Cello"),
        (lambda score, model: vary(score, 1.5, model=model), "amount 1.5 is out of range"),
        (lambda score, model: transfer(score, Brief(), model=model), "no style to go to"),
        (lambda score, model: continue_(Score((Part("", 0),)), model=model), "no notes"),
        (lambda score, model: accompany(score, add=["violin"] * 15, model=model), "at most 16"),
    ],
)
def test_refusals_name_the_remedy(model: str, act: Callable[..., PieceRecord], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        act(theme(), model)


def modulating() -> Score:
    """The theme and its last bars again, a tone higher, after a change of the key to E minor."""
    first, last = theme(), theme().transposed(2)
    parts = tuple(
        replace(part, notes=(*part.notes, *(replace(note, start_ticks=note.start_ticks + BARS * BAR) for note in higher.notes)))
        for part, higher in zip(first.parts, last.parts, strict=True)
    )
    keys = (*first.keys, KeySignature(BARS * BAR, Key.parse("E minor")))
    return replace(first, parts=parts, keys=keys, end_ticks=2 * BARS * BAR)


def test_new_bars_are_in_the_key_of_the_last_notes(model: str) -> None:
    given = modulating()
    done = continue_(given, Brief(bars=4), model=model)
    assert done.score.keys == given.keys
    final = [note for _, note in done.score.notes() if note.end_ticks == (2 * BARS + 4) * BAR]
    assert min(final, key=lambda note: note.pitch).pitch % 12 == 4


def test_drums_stop_under_the_final_chord(model: str) -> None:
    beats = tuple(Note(240 * eighth, 38 if eighth % 2 else 36, 100) for eighth in range(6 * BARS))
    given = replace(theme(), parts=(*theme().parts, Part("Drums", 0, beats, is_drum=True)))
    ended, open_end = (continue_(given, Brief(bars=4), ending=ending, model=model).score for ending in (True, False))
    last = (BARS + 3) * BAR
    assert [note.pitch for note in ended.parts[3].notes if note.start_ticks >= last] == [36]
    assert len([note for note in open_end.parts[3].notes if note.start_ticks >= last]) == 6


@pytest.mark.parametrize(("parts", "written"), [((), {0, 1}), (("cello",), {2})])
def test_parts_that_rest_in_a_region_rest_in_it_again_unless_they_are_named(
    model: str, monkeypatch: pytest.MonkeyPatch, parts: tuple[str, ...], written: set[int]
) -> None:
    given = theme()
    resting = replace(
        given.parts[2], notes=tuple(note for note in given.parts[2].notes if not 4 <= note.start_ticks // BAR < 8)
    )
    opened: list[set[int]] = []
    monkeypatch.setattr(StreamSampler, "write", lambda _, piece: opened.append({part for _, part in piece.open}))
    infill(replace(given, parts=(*given.parts[:2], resting)), ((4, 8),), parts=parts, model=model)
    assert opened[0] == written


def test_a_variation_stays_near_the_range_of_its_theme(model: str) -> None:
    melody = replace(theme(), parts=theme().parts[:1])
    pitches = [note.pitch for note in melody.parts[0].notes]
    for seed in range(4):
        varied = vary(melody, 1.0, Brief(seed=seed), model=model).score
        assert all(min(pitches) - 2 <= note.pitch <= max(pitches) + 2 for note in varied.parts[0].notes)
