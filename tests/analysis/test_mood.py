from dataclasses import replace

import numpy as np
import pytest

from composer.analysis import analyze, score_arrays
from composer.analysis.key import KeyEstimate
from composer.analysis.mood import estimate_mood, estimate_moods, mood_model
from composer.analysis.mood_features import FEATURES, measure_mood_features
from composer.controls import PHRASE_BARS
from composer.presets import mood_words, moods
from composer.score import Key, Note, Part, Score, Tempo
from tests.analysis.scores import block_chords, melody
from tools.fit.character_words import read_mood

MAJOR = [60, 64, 67, 72, 71, 67, 65, 62] * 8
MINOR = [60, 63, 67, 72, 71, 67, 65, 63] * 8
DRUMS = Part("Drums", 0, tuple(Note(240 * i, 42, 120) for i in range(64)), is_drum=True)


def features(score: Score) -> dict[str, float]:
    arrays = score_arrays(score)
    chords = np.zeros(2 * arrays.n_bars, np.int64)
    row = measure_mood_features(arrays, KeyEstimate.known(Key(0, "major")), chords, np.zeros(arrays.n_bars, np.int64))[0]
    return dict(zip(FEATURES, row.tolist(), strict=True))


def test_major_is_brighter_than_minor() -> None:
    assert estimate_mood(melody(MAJOR)).valence > estimate_mood(melody(MINOR)).valence + 0.5


def test_faster_is_more_aroused_whether_by_tempo_or_by_notes() -> None:
    slow = estimate_mood(melody(MAJOR, 240, qpm=60)).arousal
    assert estimate_mood(melody(MAJOR, 240, qpm=150)).arousal > slow + 0.2
    assert estimate_mood(melody(MAJOR * 4, 120, qpm=60)).arousal > slow + 0.2


def test_louder_is_more_aroused_only_with_real_dynamics() -> None:
    def crescendo(top: int) -> Score:
        notes = tuple(Note(480 * i, p, 480, top - 20 + i % 16) for i, p in enumerate(MAJOR))
        return Score((Part("Flute", 73, notes),))

    assert estimate_mood(crescendo(120)).arousal > estimate_mood(crescendo(50)).arousal + 0.1
    assert estimate_mood(melody(MAJOR, velocity=120)) == estimate_mood(melody(MAJOR, velocity=40))


def test_the_label_is_not_just_tempo() -> None:
    fast_minor, slow_major = estimate_mood(melody(MINOR, qpm=160)), estimate_mood(melody(MAJOR, qpm=60))
    assert slow_major.valence > fast_minor.valence
    assert estimate_mood(melody(MAJOR, 480, qpm=120)).arousal == pytest.approx(
        estimate_mood(melody(MAJOR, 960, qpm=240)).arousal, abs=0.25
    )


def test_staves_and_doublings_do_not_make_music_faster() -> None:
    part = melody(MAJOR).parts[0]
    assert features(Score((part, part)))["note_rate"] == features(Score((part,)))["note_rate"]


def test_a_performed_chord_is_one_onset() -> None:
    written = block_chords("C Am F G7 C F G7 C")
    late = {0: 0, 1: 6, 2: 11, 3: 4}  # ticks at 100 qpm: up to 14 ms
    notes = tuple(
        Note(n.start_ticks + late[i % 4], n.pitch, n.duration_ticks - 12)
        for part in written.parts
        for i, n in enumerate(part.notes)
    )
    played = Score((replace(written.parts[0], notes=tuple(sorted(notes))),))
    for name in ("onset_rate", "note_rate", "melody_register", "leap"):
        assert features(played)[name] == pytest.approx(features(Score(written.parts))[name], abs=0.02), name


def test_unknown_cues_are_missing_and_lower_the_confidence() -> None:
    plain = features(melody(MAJOR))
    assert np.isnan(plain["loudness"])
    assert np.isnan(features(Score(melody(MAJOR).parts))["tempo"])
    assert not np.isnan(plain["note_rate"])
    assert estimate_mood(Score((DRUMS,))).confidence == 0.0
    assert estimate_mood(melody(MAJOR)).confidence > estimate_mood(melody(MAJOR[:8])).confidence


def test_every_phrase_has_a_mood_and_silence_has_none() -> None:
    notes = (*(Note(480 * i, p, 480) for i, p in enumerate(MAJOR[:16])), Note(1920 * 8, 60, 480))
    found = estimate_moods(Score((Part("Flute", 73, notes),)))
    assert [mood is None for mood in found] == [False, True, False]


def test_phrases_follow_the_music() -> None:
    found = estimate_moods(melody(MINOR[:16] + [72, 76, 79, 84] * 4 + MAJOR[:32]))
    assert len(found) == 64 // 4 // PHRASE_BARS
    first, last = found[0], found[-1]
    assert first is not None
    assert last is not None
    assert last.valence > first.valence


def test_values_stay_on_the_plane_for_extreme_music() -> None:
    wild = Score(
        (Part("Piano", 0, tuple(Note(15 * i, 21 + i * 37 % 88, 15, 127) for i in range(500))),), tempos=(Tempo(0, 400.0),)
    )
    for score in (wild, melody([21], 100000, qpm=10), Score((DRUMS,)), Score(())):
        mood = estimate_mood(score)
        assert -1 <= mood.valence <= 1
        assert -1 <= mood.arousal <= 1


def test_the_model_file_covers_all_cues_and_signs_agree_with_the_literature() -> None:
    model = mood_model()
    weight = dict(zip(FEATURES, model.weights.tolist(), strict=True))
    assert model.weights.shape == (len(FEATURES), 2)
    assert min(weight["majorness"][0], weight["mode"][0], weight["note_rate"][1]) > 0.2
    assert weight["loudness"][1] > 0.1
    assert weight["note_length"][1] < 0


def test_words_are_read_in_several_languages() -> None:
    for happy, sad in (
        ("giocoso", "mesto"),
        ("fröhlich", "traurig"),
        ("joyeux", "triste"),
        ("wesoło", "smutno"),
        ("merrily", "sadly"),
    ):
        joy, grief = read_mood(happy), read_mood(sad)
        assert joy is not None, happy
        assert grief is not None, sad
        assert joy.valence > 0.4 > -0.4 > grief.valence
    assert read_mood("Andante, ma non troppo, cresc.") is None
    assert read_mood("senza passione") is None


def test_the_tables_contain_points_of_the_plane() -> None:
    assert len(mood_words()) >= 150
    assert len(moods()) >= 24
    points = [*mood_words().values(), *((tag.valence, tag.arousal) for tag in moods().values())]
    assert all(-1 <= value <= 1 for point in points for value in point)
    assert all(tag.source for tag in moods().values())


def test_analyse_agrees_with_the_single_functions() -> None:
    score = block_chords("C Am F G7 C F G7 C")
    whole = analyze(score)
    assert whole.mood == estimate_mood(score)
    assert whole.moods == estimate_moods(score)
    assert whole.controls().recalls == whole.recalls
    assert analyze(score, Key.parse("A minor")).key == KeyEstimate.known(Key.parse("A minor"))
