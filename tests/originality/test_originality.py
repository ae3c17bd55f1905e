"""Copied melodies are found in any key and at any speed; accompaniment and common phrases do not count."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from composer import originality
from composer.errors import BadInputError
from composer.originality import INDEX_FILE, Index, Source, build_index, check_originality, lines_of, load_index
from composer.originality.lines import NOTES, fingerprints, score_lines
from composer.score import Note, Part, Score

LENGTHS = (120, 240, 240, 360, 480, 480, 720)


def melody(seed: int, length: int) -> tuple[Note, ...]:
    """A new melody: a random walk by small intervals in mixed note values."""
    rng = random.Random(seed)
    notes, start, pitch = [], 0, 67
    for _ in range(length):
        duration = rng.choice(LENGTHS)
        notes.append(Note(start, pitch, duration))
        start += duration
        pitch = min(84, max(52, pitch + rng.choice((-5, -4, -3, -2, -2, -1, 1, 2, 2, 3, 4, 7))))
    return tuple(notes)


def score_of(*lines: tuple[Note, ...]) -> Score:
    return Score(tuple(Part(f"Part {index}", 40, notes) for index, notes in enumerate(lines)))


def spliced(seed: int, first: int, length: int) -> Score:
    """A new melody that contains a passage of the corpus melody `seed`, starting at its 21st note."""
    before, copied, after = melody(1000 + seed, 20), melody(seed, 200)[first : first + length], melody(2000 + seed, 20)
    notes, start = list(before), before[-1].end_ticks
    for group in (copied, after):
        shift = start - group[0].start_ticks
        notes += [replace(note, start_ticks=note.start_ticks + shift) for note in group]
        start = notes[-1].end_ticks
    return score_of(tuple(notes))


@pytest.fixture(scope="module", params=[1, 8, 20])
def index(request: pytest.FixtureRequest) -> Index:
    pieces = [(Source(f"p{seed}", f"Tune {seed}"), f"w{seed}", lines_of(score_of(melody(seed, 200)))) for seed in range(30)]
    return build_index(pieces, request.param)


def stretched(score: Score, factor: int) -> Score:
    parts = tuple(
        replace(
            part,
            notes=tuple(
                replace(n, start_ticks=n.start_ticks * factor, duration_ticks=n.duration_ticks * factor) for n in part.notes
            ),
        )
        for part in score.parts
    )
    return replace(score, parts=parts)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("change", [lambda score: score, lambda s: s.transposed(5), lambda s: stretched(s, 2)])
def test_a_copied_passage_is_found_with_its_source(index, seed, change):
    found = check_originality(change(spliced(seed, 50, 40)), index)
    assert found.source == f"p{seed}"
    assert found.title == f"Tune {seed}"
    assert 40 - 2 * (index.window - 1) <= found.longest_notes <= 41  # the next note may match by chance
    assert found.part == "Part 0"


def test_the_full_index_gives_the_exact_length_and_position(index):
    if index.window == 1:
        found = check_originality(spliced(3, 60, 25), index)
        assert 22 <= found.longest_notes <= 27  # its ends may lack information, or adjacent notes match
        start = melody(1003, 20)[-1].end_ticks
        assert found.bar in (start // 1920, start // 1920 + 1)


def test_every_common_run_of_guaranteed_length_is_found(index):
    length = NOTES + index.window + 5  # some fingerprints lack information
    assert all(check_originality(spliced(seed, 100, length), index).source == f"p{seed}" for seed in range(30))


def test_new_music_shares_nothing_long(index):
    longest = [check_originality(score_of(melody(5000 + seed, 200)), index).longest_notes for seed in range(20)]
    assert max(longest) <= NOTES + 2


def test_an_ostinato_counts_once():
    figure = [(63, 240), (65, 240), (67, 240), (68, 120), (70, 120), (72, 240), (63, 480)] * 8
    notes, start = [], 0
    for pitch, duration in figure:
        notes.append(Note(start, pitch, duration))
        start += duration
    index = build_index([(Source("x", ""), "x", lines_of(score_of(tuple(notes))))], window=1)
    assert NOTES <= check_originality(score_of(tuple(notes)), index).longest_notes <= NOTES + 7


def test_one_wrong_note_ends_a_run(index):
    score = spliced(4, 50, 40)
    notes = list(score.parts[0].notes)
    notes[40] = replace(notes[40], pitch=notes[40].pitch + 1)
    whole, broken = (check_originality(s, index) for s in (score, score_of(tuple(notes))))
    assert broken.longest_notes <= 21 < whole.longest_notes


CHORDS = ((48, 55, 52, 55), (50, 57, 53, 57), (47, 55, 50, 55), (48, 57, 53, 57))
FORMULAS = {
    "alberti": [chord[i % 4] for chord in CHORDS for i in range(16)],
    "scale": [60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79, 81, 83, 84],
    "repeated": [60] * 40,
    "trill": [72, 74] * 30,
    "arpeggio": [48 + 12 * octave + step for octave in range(3) for step in (0, 4, 7)] * 3,
    "broken chords": [p for root in (48, 53, 55, 48) for p in (root, root + 4, root + 7, root + 12)] * 3,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_have_no_fingerprint(name):
    pitch = np.array(FORMULAS[name])
    start = 120 * np.arange(len(pitch))
    kept, _ = fingerprints(start, pitch, 1)
    everything = len(pitch) - NOTES + 1
    assert len(kept) <= 0.2 * everything


def test_passages_in_many_works_are_common_property():
    tune = lines_of(score_of(melody(0, 60)))
    rare = build_index([(Source(f"p{i}", ""), f"w{i}", tune) for i in range(4)], window=1)
    common = build_index([(Source(f"p{i}", ""), f"w{i}", tune) for i in range(5)], window=1)
    editions = build_index([(Source(f"p{i}", ""), "one work", tune) for i in range(9)], window=1)
    found = [check_originality(score_of(melody(0, 60)), index).longest_notes for index in (rare, common, editions)]
    assert found[0] == found[2] >= 50
    assert found[1] == 0


def test_saving_and_loading_keeps_the_index(index, tmp_path):
    index.save(tmp_path / INDEX_FILE)
    again = load_index(tmp_path)
    assert again is not None
    assert (again.window, again.sources) == (index.window, index.sources)
    assert sorted(zip(again.hashes.tolist(), again.owners.tolist(), strict=True)) == sorted(
        zip(index.hashes.tolist(), index.owners.tolist(), strict=True)
    )
    assert check_originality(spliced(2, 50, 40), again) == check_originality(spliced(2, 50, 40), index)


def test_missing_and_damaged_indexes_give_errors(tmp_path: Path):
    assert load_index(tmp_path) is None
    found = check_originality(score_of(melody(0, 30)), None)
    assert found.to_dict()["checked"] is False
    assert "not checked" in found.sentence()
    (tmp_path / INDEX_FILE).write_bytes(b"no index")
    with pytest.raises(BadInputError, match="cantilena data build"):
        Index.load(tmp_path / INDEX_FILE)


def test_released_models_share_an_index(index, tmp_path, monkeypatch):
    released, elsewhere = tmp_path / "models" / "base", tmp_path / "other" / "base"
    monkeypatch.setattr(originality, "MODEL_FOLDERS", (tmp_path / "models",))
    for folder in (released, elsewhere):
        folder.mkdir(parents=True)
        index.save(folder.parent / INDEX_FILE)
    assert load_index(released) is not None
    assert load_index(elsewhere) is None  # the file next to a foreign model need not belong to it
    replace(index, sources=(Source("shipped", ""),)).save(released / INDEX_FILE)
    load_index.cache_clear()
    shipped = load_index(released)
    assert shipped is not None
    assert shipped.sources[0].id == "shipped"


def test_empty_scores_and_drums_share_nothing(index):
    beat = tuple(Note(240 * i, 36 + i % 3, 120) for i in range(64))
    for score in (Score(()), Score((Part("Drums", 0, beat, is_drum=True),)), score_of(())):
        assert list(score_lines(score)) == []
        assert check_originality(score, index).longest_notes == 0


def test_passages_of_given_music_do_not_count(index: Index) -> None:
    given = spliced(3, 50, 60)
    [part] = given.parts
    lower = replace(part, notes=tuple(replace(note, pitch=note.pitch - 12) for note in part.notes))
    assert check_originality(given, index).longest_notes >= 40
    assert check_originality(Score((lower,)), index, given).longest_notes == 0
    half = replace(given, parts=(replace(part, notes=part.notes[: len(part.notes) // 2]),))
    assert check_originality(given, index, half).longest_notes >= 40
