import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import BadInputError
from composer.performance import PROFILES, Performance, perform, profile_for, written_performance
from composer.performance.note_table import phrase_bounds, tabulate
from composer.performance.placement import seats
from composer.performance.profiles import Profile
from composer.performance.timing import MAX_STRETCH, expressive_map, ritard, strict_map
from composer.presets import styles
from composer.score import LOOP_END, LOOP_START, Chord, ChordSymbol, Marker, Note, Part, Score, Tempo, TimeSignature


def line(pitches: list[int], program: int = 40, step: int = 480, **more: object) -> Part:
    return Part("Line", program, tuple(Note(step * i, pitch, step) for i, pitch in enumerate(pitches)), **more)  # type: ignore[arg-type]


def piece(*parts: Part, bars: int = 8, meter: str = "4/4", qpm: float = 100.0, **more: object) -> Score:
    signature = TimeSignature.parse(meter)
    return Score(parts, (Tempo(0, qpm),), (signature,), end_ticks=bars * signature.bar_ticks, **more)  # type: ignore[arg-type]


def all_notes(performance: Performance):
    return [note for part in performance.parts for note in part.notes]


scores = st.builds(
    lambda notes, qpms, bars: Score(
        tuple(
            Part(f"P{i}", program, tuple(sorted(Note(s, p, d, v) for s, p, d, v, q in notes if q == i)))
            for i, program in enumerate((0, 40, 73))
        ),
        tuple(Tempo(1920 * i, qpm) for i, qpm in enumerate(qpms)),
        end_ticks=1920 * bars,
    ),
    st.lists(
        st.tuples(st.integers(0, 9600), st.integers(30, 90), st.integers(1, 4000), st.integers(1, 127), st.integers(0, 2)),
        max_size=40,
    ),
    st.lists(st.floats(30, 240), min_size=1, max_size=3),
    st.integers(1, 8),
)


@settings(max_examples=60, deadline=None)
@given(scores, st.sampled_from([None, *PROFILES]), st.floats(0, 1), st.integers(0, 9))
def test_any_performance_is_playable(score: Score, style: str | None, expression: float, seed: int) -> None:
    performance = perform(score, expression=expression, style=style, seed=seed)
    for part in performance.parts:
        last_end: dict[int, float] = {}
        for note in part.notes:
            assert 0 <= note.start_s < note.end_s <= performance.duration_s + 1e-9
            assert 1 <= note.velocity <= 127
            assert note.start_s >= last_end.get(note.pitch, 0.0) - 1e-9
            last_end[note.pitch] = note.end_s
        edges = [edge for span in part.pedals for edge in span]
        assert edges == sorted(edges)
        assert all(0 < level <= 1 for _, level in part.swells)
    assert performance.duration_s >= score.duration_s - 1e-6


def test_without_expression_times_and_velocities_are_those_of_the_score() -> None:
    part = Part("Piano", 0, (Note(0, 60, 480, 50), Note(480, 64, 240, 90), Note(1920, 67, 1920, 64)))
    score = Score((part,), (Tempo(0, 120), Tempo(960, 60)), end_ticks=3840)
    performance = perform(score, expression=0, seed=5)
    notes = performance.parts[0].notes
    assert np.array([(n.start_s, n.end_s, n.velocity) for n in notes]) == pytest.approx(
        np.array([(0.0, 0.5, 50), (0.5, 0.75, 90), (3.0, 7.0, 64)])
    )
    assert performance.duration_s == pytest.approx(score.duration_s)
    assert performance.parts[0].pedals == ()
    assert performance.parts[0].swells == ()


def test_performance_depends_only_on_its_seed() -> None:
    score = piece(line([60, 62, 64, 65] * 8))
    assert perform(score, seed=3) == perform(score, seed=3)
    assert perform(score, seed=3) != perform(score, seed=4)


def test_muting_a_part_does_not_change_the_others() -> None:
    two = piece(line([72, 74, 76, 77] * 8), line([60, 62, 64, 65] * 8))
    one = replace(two, parts=(two.parts[0], replace(two.parts[1], notes=())))
    assert perform(two, seed=1).parts[0].notes == perform(one, seed=1).parts[0].notes


@pytest.mark.parametrize("style", sorted(PROFILES))
@pytest.mark.parametrize("bars", [1, 2, 5, 16])
def test_a_performance_keeps_the_scores_duration(style: str, bars: int) -> None:
    score = piece(line([60, 62, 64, 65] * bars), bars=bars, markers=(Marker(0, "A"), Marker(1920 * (bars // 2), "B")))
    assert perform(score, expression=1, style=style).duration_s == pytest.approx(score.duration_s, rel=1e-6)


def test_rubato_is_bounded() -> None:
    score = piece(line([60, 62, 64, 65] * 8))
    strict, free = strict_map(score), expressive_map(score, PROFILES["romantic"], 1.0)
    ticks = np.arange(0, 6 * 1920, 480)
    pace = np.diff(strict.seconds(ticks)) / np.diff(free.seconds(ticks))
    assert pace.max() < MAX_STRETCH * 1.1
    assert pace.min() > 0.85


def test_the_end_slows_down() -> None:
    times = [note.start_s for note in perform(piece(line([60, 62, 64, 65] * 8)), expression=1, style="romantic").parts[0].notes]
    steps = np.diff(times)
    assert steps[-1] > 1.25 * np.median(steps[:20])
    assert steps[-1] > steps[-2] > steps[-4]


def test_ritardando_follows_friberg_and_sundberg() -> None:
    place = np.array([0.0, 0.5, 1.0])
    assert ritard(place, 0.5) == pytest.approx([1.0, ((1 + 0.5**3) / 2) ** (1 / 3), 0.5])


def test_drums_keep_time() -> None:
    score = piece(line([36, 38] * 16, program=0, is_drum=True), line([60, 62, 64, 65] * 8))
    performance = perform(score, expression=1, style="romantic")
    beats = [note.start_s for note in performance.parts[0].notes][:20]
    assert np.diff(beats) == pytest.approx(np.diff(beats).mean(), rel=0.04)


def test_bars_are_accented() -> None:
    score = piece(line([60] * 64), bars=16)
    by_beat = (
        np.array([n.velocity for n in perform(score, expression=1, style="dance").parts[0].notes]).reshape(16, 4).mean(axis=0)
    )
    assert by_beat[0] > by_beat[2] > by_beat[1] - 1
    assert by_beat[0] > by_beat[1] + 4


def test_the_melody_stands_out() -> None:
    score = piece(line([72] * 32), line([55] * 32))
    first, second = perform(score, expression=1).parts
    loudness = [np.mean([n.velocity for n in part.notes]) for part in (first, second)]
    assert loudness[0] > loudness[1] + 5
    assert np.mean([a.start_s - b.start_s for a, b in zip(first.notes[4:], second.notes[4:], strict=True)]) < -0.004


def test_the_singer_has_the_melody() -> None:
    score = piece(line([60] * 32, program=53), line([72] * 32, program=0))
    table = tabulate(score)
    assert table.melody[table.part == 0].all()
    assert not table.melody[table.part == 1].any()


def test_repeated_notes_are_separated_and_slurred_ones_joined() -> None:
    repeated = perform(piece(line([60] * 32)), expression=1, style="romantic").parts[0].notes
    moving = perform(piece(line([60, 62] * 16)), expression=1, style="choral").parts[0].notes
    gap = [b.start_s - a.end_s for a, b in itertools.pairwise(repeated)]
    joined = [b.start_s - a.end_s for a, b in itertools.pairwise(moving[:4])]
    assert min(gap) > 0.04
    assert max(joined) < 0.06


def test_baroque_is_more_detached_than_choral() -> None:
    score = piece(line([60, 62, 64, 65] * 8))
    lengths = [np.mean([n.end_s - n.start_s for n in perform(score, style=s).parts[0].notes]) for s in ("baroque", "choral")]
    assert lengths[0] < 0.93 * lengths[1]


def test_jazz_swings() -> None:
    score = piece(line([60, 62] * 32, step=240), qpm=120)
    times = np.array([note.start_s for note in perform(score, expression=1, style="jazz").parts[0].notes])
    steps = np.diff(times)[:40].reshape(-1, 2).mean(axis=0)
    assert steps[0] / steps[1] == pytest.approx(2.67, rel=0.15)


def test_pedal_changes_with_the_chords() -> None:
    chords = (ChordSymbol(0, Chord(0, "maj")), ChordSymbol(960, Chord(5, "maj")), ChordSymbol(1920, Chord(7, "maj")))
    notes = [Note(480 * i, p, 480) for i, p in enumerate([48, 52, 53, 57, 55, 59, 62, 67])]
    score = piece(Part("Piano", 0, tuple(notes)), bars=2, chords=chords)
    spans = perform(score, expression=0.7, style="romantic").parts[0].pedals
    assert len(spans) == 3
    assert perform(score, expression=0.7, style="baroque").parts[0].pedals == ()
    for (_, up_s), (down_s, _) in itertools.pairwise(spans):
        assert down_s - up_s == pytest.approx(0.07)


def test_no_pedal_through_a_scale() -> None:
    score = piece(line([60, 62, 64, 65, 67, 69, 71, 72] * 2, program=0, step=240), bars=2)
    assert perform(score, style="romantic").parts[0].pedals == ()


def test_strings_swell_and_pianos_do_not() -> None:
    score = piece(line([60] * 16), line([48] * 16, program=0))
    strings, piano = perform(score).parts
    assert piano.swells == ()
    assert min(level for _, level in strings.swells) < 0.95


def test_phrases_restart_at_markers() -> None:
    score = piece(line([60] * 40), bars=10, markers=(Marker(0, "A"), Marker(6 * 1920, "B")))
    assert phrase_bounds(score).tolist() == [tick * 1920 for tick in (0, 4, 6, 10)]


def test_quartet_and_choir_sit_from_left_to_right() -> None:
    quartet = [Part("", program) for program in (40, 40, 41, 42)]
    choir = [Part("", 52) for _ in range(4)]
    for parts in (quartet, choir):
        pans = [pan for pan, _ in seats(parts)]
        assert pans == sorted(pans)
        assert pans[0] < -0.4 < 0.4 < pans[-1]
    assert seats([Part("", 0), Part("", 0)]) == [(0.0, 0.25)] * 2


def test_styles_find_a_profile_by_their_words() -> None:
    assert profile_for("string-quartet") == PROFILES["classical"]
    assert profile_for("Baroque Fugue") == PROFILES["baroque"]
    assert profile_for("unheard of") == PROFILES["neutral"]
    assert profile_for("jazz-waltz") == PROFILES["jazz"]
    assert isinstance(profile_for(None), Profile)


def test_every_shipped_style_has_a_profile() -> None:
    assert [name for name in styles() if profile_for(name) == PROFILES["neutral"]] == []


@pytest.mark.parametrize(("expression", "seed"), [(-0.1, 0), (1.1, 0), (float("nan"), 0), (0.5, -1)])
def test_out_of_range_options_give_one_line(expression: float, seed: int) -> None:
    with pytest.raises(BadInputError, match=r"out of range: use 0.*") as caught:
        perform(piece(line([60])), expression=expression, seed=seed)
    assert "\n" not in str(caught.value)


def test_a_score_without_notes_gives_a_silent_performance() -> None:
    performance = perform(Score((Part("Piano", 0),), end_ticks=1920))
    assert all_notes(performance) == []
    assert performance.duration_s == pytest.approx(2.4)


def test_a_written_performance_sounds_at_the_same_times() -> None:
    score = replace(piece(line([60, 62, 64, 65] * 8), line([48] * 32, program=0)), tempos=(Tempo(0, 90.0), Tempo(5000, 120.0)))
    played = perform(score, expression=1, style="romantic", seed=2)
    written = written_performance(score, expression=1, style="romantic", seed=2).score
    again = perform(written, expression=0)
    assert [bar.start_ticks for bar in written.bars] == [bar.start_ticks for bar in score.bars]
    assert again.duration_s == pytest.approx(played.duration_s, abs=1e-3)
    for before, after in zip(played.parts, again.parts, strict=True):
        for a, b in zip(before.notes, after.notes, strict=True):
            assert (a.pitch, a.velocity) == (b.pitch, b.velocity)
            assert b.start_s == pytest.approx(a.start_s, abs=0.003)
            assert b.end_s == pytest.approx(a.end_s, abs=0.006)


def test_a_written_performance_without_expression_is_the_score() -> None:
    score = piece(line([60, 62, 64, 65] * 8))
    assert written_performance(score, expression=0).score == score


def test_every_tempo_change_is_on_time() -> None:
    changes = (Tempo(0, 96.0), Tempo(4 * 1920, 112.0), Tempo(10 * 1920, 104.0))
    score = replace(piece(line([60 + i % 7 for i in range(64)], 0), bars=16), tempos=changes)
    for style in (None, "romantic"):
        performance = perform(score, expression=1.0, style=style, seed=5)
        [notes] = [part.notes for part in performance.parts]
        for change in changes[1:]:
            wanted = score.seconds_at(change.start_ticks)
            assert min(abs(note.start_s - wanted) for note in notes) < 0.04
        assert performance.duration_s == pytest.approx(score.duration_s, abs=1e-6)
        assert max(abs(note.start_s - score.seconds_at(480 * i)) for i, note in enumerate(notes)) > 0.05  # rubato in between


def test_a_loop_does_not_slow_down() -> None:
    ends = piece(line([60 + i % 7 for i in range(32)], 0))
    loops = replace(ends, markers=(Marker(0, LOOP_START), Marker(ends.end_ticks, LOOP_END)))
    last_bar = np.array([7 * 1920.0, 8 * 1920.0])
    profile = profile_for("romantic")
    slow, steady = (np.diff(expressive_map(score, profile, 1.0).seconds(last_bar))[0] for score in (ends, loops))
    assert steady < 0.9 * slow
    assert phrase_bounds(loops).tolist() == phrase_bounds(ends).tolist()


def test_rubato_takes_a_gradual_change_of_tempo_as_one_span_and_keeps_hit_points() -> None:
    faster = tuple(Tempo(1920 * 4 + 480 * beat, 80.0 + 2.5 * beat) for beat in range(16))
    score = piece(line([60, 62, 64, 65] * 8), markers=(Marker(1920 * 6, "hit 0:20 big"),))
    score = replace(score, tempos=(*score.tempos, *faster))
    free, strict = expressive_map(score, PROFILES["romantic"], 1.0), strict_map(score)
    ticks = np.arange(1920 * 4, 1920 * 8, 480)
    assert np.abs(free.seconds(ticks) - strict.seconds(ticks)).max() > 0.005
    assert free.seconds(np.array([1920 * 6, 1920 * 8])) == pytest.approx(strict.seconds(np.array([1920 * 6, 1920 * 8])))


def test_a_written_ritardando_is_the_only_one() -> None:
    score = piece(line([60, 62, 64, 65] * 8))
    score = replace(score, tempos=(*score.tempos, *(Tempo(1920 * 7 + 480 * beat, 95.0 - 5 * beat) for beat in range(4))))
    beats = np.diff(expressive_map(score, PROFILES["romantic"], 1.0).seconds(np.arange(1920 * 7, 1920 * 8 + 1, 480)))
    assert beats == pytest.approx(60 / np.array([95, 90, 85, 80]), rel=0.08)
