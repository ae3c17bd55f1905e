"""Melodies that the network accompanies, through the whole pipeline, with a model that knows nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest

from composer import composing
from composer.analysis.playability import measure_playability
from composer.arranging import arrange
from composer.arranging import arrangement as arrangement_module
from composer.arranging.phrase_map import phrases_of
from composer.arranging.registers import registers_of
from composer.arranging.setting import Setting
from composer.arranging.tables import bands
from composer.brief import Brief
from composer.composing import composition
from composer.composing.finishing import by_arousal, in_phrases
from composer.composing.record import PieceRecord
from composer.guide import hand_figures
from composer.guide.bed import bed_of
from composer.guide.plan_script import script_of
from composer.plan import make_plan
from composer.rework import replay
from composer.score import TICKS_PER_QUARTER, Note, Part
from composer.tokenizer import Tokenizer, functional_shift


@pytest.fixture(scope="module")
def composed(tiny_model: Path):
    @cache
    def compose(style: str, seed: int = 3, **fields: str) -> PieceRecord:
        return composing.compose(Brief.from_dict({"style": style, "bars": 8, "seed": seed, **fields}), model=str(tiny_model))

    return compose


@pytest.fixture
def single_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left hands that strike single notes in even motion."""
    single = {"chords": 0.0, "held": 0.0, "rests": 0.0}
    monkeypatch.setattr(hand_figures, "registers_of", lambda setting: replace(registers_of(setting), **single))


def tune_of(piece: PieceRecord) -> list[Note]:
    assert piece.plan is not None
    return [Note(start, pitch, ticks) for start, ticks, pitch in piece.plan.tune]


def test_phrases_differ_in_loudness_and_the_mean_stays() -> None:
    plan = make_plan(Brief.from_dict({"style": "string-quartet", "bars": 32, "seed": 3}))
    ticks = plan.meter.bar_ticks
    even = (Part("Violin 1", 40, tuple(Note(bar * ticks, 72, ticks, 80) for bar in range(32))),)
    [shaped] = in_phrases(even, plan)
    loudness = [fmean(note.velocity for note in shaped.notes[first : first + 4]) for first in range(0, 32, 4)]
    assert fmean(loudness) == pytest.approx(80, abs=1)
    assert max(loudness) - min(loudness) >= 20
    assert loudness.index(max(loudness)) in (4, 5, 6), "the climax is in the second half"
    assert in_phrases(even, replace(plan, lead=0)) == even, "a given melody keeps its loudness"
    velocities = {note.velocity for part in in_phrases(even, replace(plan, level="beginner")) for note in part.notes}
    assert 5 < max(velocities) - min(velocities) < (max(loudness) - min(loudness)) / 2


def test_nothing_becomes_fff_unasked() -> None:
    plan = make_plan(Brief(bars=24, arousal=1.0))
    loud, louder = (
        Part("Piano", 0, tuple(Note(bar * plan.meter.bar_ticks, 60, 480, velocity) for bar in range(24)))
        for velocity in (110, 124)
    )
    for parts in (in_phrases((loud,), plan), by_arousal((loud,), plan, 24.0)):
        assert max(note.velocity for note in parts[0].notes) == 117
    assert by_arousal((louder,), plan, 24.0) == (louder,)


@pytest.mark.parametrize("style", ["lied", "string-quartet", "hymn", "nocturne"])
def test_the_melody_is_played_as_it_was_written(composed, style: str) -> None:
    piece = composed(style)
    played = {(note.start_ticks, note.pitch, note.duration_ticks) for note in piece.score.parts[0].notes}
    assert {(note.start_ticks, note.pitch, note.duration_ticks) for note in tune_of(piece)} <= played
    assert all(part.notes for part in piece.score.parts)


@pytest.mark.parametrize("seed", range(3))
def test_voices_stay_below_the_melody_and_do_not_leave_it_alone(composed, seed: int) -> None:
    piece = composed("hymn", seed)
    beat, tune = piece.plan.meter.beat_ticks, tune_of(piece)
    alone = 0
    for voice in piece.score.parts[1:]:
        for tone in tune:
            if tone.start_ticks >= (piece.plan.bars - 1) * piece.plan.meter.bar_ticks:
                continue
            sung = [
                n for n in voice.notes if n.start_ticks < tone.start_ticks + 2 * beat and n.end_ticks > tone.start_ticks - beat
            ]
            alone += not sung
    assert alone <= len(tune) / 20


@pytest.mark.parametrize("seed", [2, 3, 5])  # with others, the random network may find nothing that all rules allow
def test_hands_keep_their_rhythm_through_a_phrase_and_play_chord_tones_on_beats(composed, seed: int) -> None:
    piece = composed("lied", seed)
    plan, ticks = piece.plan, piece.plan.meter.bar_ticks
    arrangement = arrange(plan)
    assert arrangement is not None
    phrases = phrases_of(arrangement.setting)
    starts, closes = {phrase.start for phrase in phrases}, {phrase.start + phrase.bars - 1 for phrase in phrases}
    kept = 0
    for index, hand in enumerate(piece.score.parts[1:], 1):
        figure: set[int] = set()
        along = arrangement.carriers.get(index, frozenset())  # bars in which it plays the melody
        bars = [[note for note in hand.notes if note.start_ticks // ticks == bar] for bar in range(plan.bars)]
        for bar, notes in enumerate(bars[:-1]):
            if bar in along:
                continue
            onsets = {note.start_ticks % ticks for note in notes}
            starting = plan.meter.chord_ticks(len(plan.chords[bar]))
            figure = figure | onsets if bar in starts else figure  # a phrase may go on with the figure before it
            if bar not in {*starts, *closes} and len(figure) > 1 and not plan.recalls[bar]:
                assert onsets <= figure | set(starting)
                kept += 1
            for note in notes:
                place = note.start_ticks % ticks
                if place % plan.meter.beat_ticks == 0:
                    chord = [c for start, c in zip(starting, plan.chords[bar], strict=True) if start <= place][-1]
                    assert note.pitch % 12 in chord.pitch_classes
    assert kept


def test_hands_go_on_with_their_figure_in_the_next_phrase(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_figures, "_NEW_FIGURES", 0.0)
    monkeypatch.setattr(arrangement_module, "_ALONG", 0.0)
    piece = composing.compose(Brief.from_dict({"style": "lied", "bars": 8, "seed": 3, "form": "AB"}), model=str(tiny_model))
    arrangement = arrange(piece.plan)
    assert arrangement is not None
    _, *later = [phrase.start for phrase in phrases_of(arrangement.setting)]
    assert later
    for part in piece.score.parts[1:]:
        hand = strokes_of(part, piece.plan.meter.bar_ticks)
        for start in later:
            assert set(hand[start]) <= set(hand[0]) | set(piece.plan.meter.chord_ticks(len(piece.plan.chords[start])))


def test_two_hands_strike_on_each_beat_and_do_not_meet(composed) -> None:
    struck = beats = met = together = 0
    for seed in range(1, 9):
        piece = composed("lied", seed)
        ticks, beat = piece.plan.meter.bar_ticks, piece.plan.meter.beat_ticks
        right, left = (strokes_of(part, ticks) for part in piece.score.parts[1:])
        places = range(0, ticks, beat)
        struck += sum(place in right.get(0, {}) or place in left.get(0, {}) for place in places)
        beats += len(places)
        for bar in set(right) & set(left) - {piece.plan.bars - 2, piece.plan.bars - 1}:
            for place in set(right[bar]) & set(left[bar]):
                together += 1
                met += max(left[bar][place]) >= min(right[bar][place])
    assert struck >= 0.9 * beats
    assert together > 40
    assert met <= 0.1 * together


def test_hands_move_in_triplets_only_where_these_divide_the_beat(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_figures, "_TRIPLETS", 1.0)
    monkeypatch.setattr(hand_figures, "_MANY", 1.0)
    monkeypatch.setattr(arrangement_module, "_ALONG", 0.0)
    for meter, off_eighths in (("3/8", False), ("2/4", True)):
        brief = Brief.from_dict({"style": "lied", "meter": meter, "bars": 4, "seed": 3, "tempo": 100})
        hands = composing.compose(brief, model=str(tiny_model)).score.parts[1:]
        assert any(note.start_ticks % (TICKS_PER_QUARTER // 2) for hand in hands for note in hand.notes) == off_eighths


def test_hands_seldom_repeat_a_single_note_within_a_beat(composed) -> None:
    again = strokes = 0
    for seed in range(1, 9):
        piece = composed("nocturne", seed)
        beat, hand = piece.plan.meter.beat_ticks, {}
        for note in piece.score.parts[1].notes:
            hand.setdefault(note.start_ticks, set()).add(note.pitch)
        for (tick, before), (later, after) in pairwise(sorted(hand.items())):
            if len(before) == 1 and later - tick <= beat:
                strokes += 1
                again += before == after
    assert strokes > 30
    assert again <= 0.15 * strokes


@pytest.mark.parametrize("seed", [2, 7])
def test_a_new_accompaniment_of_a_literal_return_states_its_chords(tiny_model: Path, seed: int) -> None:
    brief = Brief.from_dict({"style": "waltz", "bars": 16, "seed": seed})
    plan = composing.compose(brief, model=str(tiny_model)).plan
    assert plan is not None
    assert "literal" in plan.returns
    tokenizer = Tokenizer.load(tiny_model / "tokenizer.json")
    chords = set(tokenizer.vocabulary.ids_of("Chord"))
    for bar in script_of(tokenizer, plan, bed=bed_of(tokenizer, plan, arrange(plan))).bars:
        assert bar.repeats is not None or any(chords & set(choices) for choices in bar.opening)


def strokes_of(hand: Part, bar_ticks: int) -> dict[int, dict[int, list[int]]]:
    """Pitches struck together, by bar and place in it."""
    found: dict[int, dict[int, list[int]]] = {}
    for note in hand.notes:
        found.setdefault(note.start_ticks // bar_ticks, {}).setdefault(note.start_ticks % bar_ticks, []).append(note.pitch)
    return found


def test_hands_lead_their_strokes_to_near_ones_and_keep_within_a_span(composed) -> None:
    far = wide = strokes = bars = 0
    for seed in range(1, 10):
        piece = composed("lied", seed)
        arrangement = arrange(piece.plan)
        assert arrangement is not None
        starts = {phrase.start for phrase in phrases_of(arrangement.setting)}
        hand = strokes_of(piece.score.parts[2], piece.plan.meter.bar_ticks)
        span = registers_of(arrangement.setting).span
        for bar in set(hand) - {piece.plan.bars - 2, piece.plan.bars - 1}:  # the ending has rules of its own
            pitches = [pitch for stroke in hand[bar].values() for pitch in stroke]
            wide += max(pitches) > max(min(pitches) + span, 57 - functional_shift(piece.plan.key))
            bars += 1
            for place in set(hand[bar]) & set(hand.get(bar - 1, {})) if bar not in starts else ():
                far += abs(min(hand[bar][place]) - min(hand[bar - 1][place])) > 9
                strokes += 1
    assert strokes > 40
    assert far <= 0.15 * strokes
    assert wide <= 0.35 * bars


def test_a_waltz_has_low_basses_and_strikes_most_chords_twice(composed) -> None:
    low = again = bars = chords = 0
    for seed in range(1, 9):
        piece = composed("waltz", seed)
        beat = piece.plan.meter.beat_ticks
        for bar, strokes in strokes_of(piece.score.parts[1], 3 * beat).items():
            if {0, beat, 2 * beat} <= set(strokes):
                bars += 1
                low += min(strokes[0]) < min(strokes[beat] + strokes[2 * beat])
                if len(piece.plan.chords[bar]) == 1 and len(strokes[beat]) > 1:
                    chords += 1
                    again += sorted(strokes[beat]) == sorted(strokes[2 * beat])
    assert chords > 8
    assert low >= 0.9 * bars
    assert again >= 0.6 * chords


def test_the_bass_of_lines_strikes_each_chord(composed) -> None:
    piece = composed("string-quartet")
    ticks, bass = piece.plan.meter.bar_ticks, piece.score.parts[-1].notes
    for bar, chords in enumerate(piece.plan.chords[:-1]):
        for start, chord in zip(piece.plan.meter.chord_ticks(len(chords)), chords, strict=True):
            sounding = [n.pitch % 12 for n in bass if n.start_ticks <= bar * ticks + start < n.end_ticks]
            assert sounding == [chord.lowest]


@pytest.mark.parametrize("seed", range(3))
def test_notes_of_strings_end_where_the_next_ones_begin(composed, seed: int) -> None:
    for part in composed("string-quartet", seed).score.parts:
        onsets = sorted({note.start_ticks for note in part.notes})
        following = dict(pairwise(onsets))
        assert all(note.end_ticks <= following.get(note.start_ticks, note.end_ticks) for note in part.notes)


def test_a_waltz_strikes_chords_after_its_basses_also_where_the_harmony_changes(composed) -> None:
    chords = strokes = 0
    for seed in range(1, 9):
        piece = composed("waltz", seed)
        beat = piece.plan.meter.beat_ticks
        for bar, struck in strokes_of(piece.score.parts[1], 3 * beat).items():
            if bar < piece.plan.bars - 2:  # the ending has rules of its own
                strokes += 2
                chords += sum(len(struck.get(place, ())) > 1 for place in (beat, 2 * beat))
    assert chords >= 0.85 * strokes


def test_a_right_hand_doubles_whole_phrases_in_thirds_and_sixths(composed) -> None:
    doubled = eighths = sweet = inner = 0
    for seed in range(1, 12):
        piece = composed("waltz", seed)
        arrangement = arrange(piece.plan)
        assert arrangement is not None
        ticks, bars = piece.plan.meter.bar_ticks, arrangement.open_bars.get(0, frozenset())
        assert bars <= {bar for phrase in phrases_of(arrangement.setting) if phrase.start in bars for bar in phrase.range}
        for bar, struck in strokes_of(piece.score.parts[0], ticks).items():
            if bar == piece.plan.bars - 1:  # the last chord may have its third from this hand
                continue
            quick = any(place % (TICKS_PER_QUARTER // 2) for place in struck)  # in which only the notes on beats have one below
            unit = piece.plan.meter.beat_ticks if quick else TICKS_PER_QUARTER // 2
            for place, pitches in struck.items():
                assert len(pitches) == 1 or (bar in bars and place % unit == 0 and len(pitches) == 2)
                eighths += bar in bars and place % unit == 0
                doubled += len(pitches) == 2
                inner += len(pitches) - 1
                sweet += len(pitches) > 1 and max(pitches) - min(pitches) in (3, 4, 8, 9)
    assert eighths > 20
    assert doubled >= 0.7 * eighths
    assert sweet >= 0.8 * inner


def test_a_right_hand_adds_tones_of_the_chord_to_those_of_the_melody(composed) -> None:
    added = 0
    for seed in range(1, 13):
        piece = composed("lied", seed)
        arrangement = arrange(piece.plan)
        assert arrangement is not None
        ticks = piece.plan.meter.bar_ticks
        hand = strokes_of(piece.score.parts[1], ticks)
        for bar in arrangement.carriers.get(1, frozenset()) & hand.keys():
            for place, (lowest, *others) in hand[bar].items():
                tones = arrangement.setting.bars[bar].chord_at(place).pitch_classes
                if others and others[-1] % 12 in tones:
                    added += 1
                    assert lowest % 12 in tones
    assert added > 20


@pytest.mark.parametrize(("chordal", "least", "most"), [(False, 0.0, 0.02), (True, 0.5, 1.0)])
def test_a_left_hand_strikes_single_notes_or_chords_throughout_a_phrase(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, chordal: bool, least: float, most: float
) -> None:
    monkeypatch.setattr(hand_figures, "registers_of", lambda setting: replace(registers_of(setting), chords=float(chordal)))
    thick = []
    for seed in range(1, 5):
        brief = Brief.from_dict({"style": "nocturne", "bars": 8, "seed": seed})
        piece = composing.compose(brief, model=str(tiny_model))
        arrangement = arrange(piece.plan)
        assert arrangement is not None
        meter, hand = piece.plan.meter, strokes_of(piece.score.parts[1], piece.plan.meter.bar_ticks)
        thick += [
            len(pitches) > 1
            for phrase in phrases_of(arrangement.setting)
            for bar in phrase.range[:-1]
            for place, pitches in hand.get(bar, {}).items()
            if place not in meter.chord_ticks(len(piece.plan.chords[bar]))
        ]
    assert len(thick) >= 20
    assert least <= fmean(thick) <= most


@pytest.mark.parametrize(("share", "chords"), [("_REPEATED", True), ("_BROKEN", False)])
def test_a_right_hand_repeats_or_breaks_chords_above_single_basses(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, share: str, chords: bool
) -> None:
    for name in ("_REPEATED", "_BROKEN", "_UNDER"):
        monkeypatch.setattr(hand_figures, name, float(name == share))
    monkeypatch.setattr(arrangement_module, "_ALONG", 0.0)
    thick, basses = [], []
    for seed in range(1, 4):
        piece = composing.compose(Brief.from_dict({"style": "lied", "bars": 8, "seed": seed}), model=str(tiny_model))
        ticks = piece.plan.meter.bar_ticks
        right, left = (strokes_of(piece.score.parts[hand], ticks) for hand in (1, 2))
        thick += [len(pitches) > 1 for bar in range(3) for pitches in right.get(bar, {}).values()]
        basses += [len(pitches) == 1 for bar in range(3) for pitches in left.get(bar, {}).values()]
    assert (fmean(thick) > 0.7) if chords else (fmean(thick) < 0.3)
    assert fmean(basses) > 0.8


@pytest.mark.usefixtures("single_notes")
def test_a_left_hand_moves_alike_in_both_halves_of_a_bar(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def alike(share: float) -> float:
        monkeypatch.setattr(hand_figures, "_ALIKE", share)
        found = []
        for seed in range(1, 7):
            brief = Brief.from_dict({"style": "nocturne", "bars": 8, "seed": seed, "meter": "4/4", "tempo": 100})
            hand = strokes_of(composing.compose(brief, model=str(tiny_model)).score.parts[1], 4 * TICKS_PER_QUARTER)
            for bar in hand.values():
                lows = [min(pitches) for _, pitches in sorted(bar.items())]
                ways = [after > before for before, after in pairwise(lows)]
                found += [ways[:3] == ways[4:]] if len(lows) == 8 else []
        assert len(found) >= 8
        return fmean(found)

    assert alike(1.0) > alike(0.0) + 0.1


def test_hands_strike_chords_again_as_they_are(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_REPEATED", "_BROKEN", "_UNDER"):
        monkeypatch.setattr(hand_figures, name, float(name == "_REPEATED"))
    monkeypatch.setattr(arrangement_module, "_ALONG", 0.0)

    def same(share: float) -> float:
        monkeypatch.setattr(hand_figures, "_SAME_CHORDS", share)
        found = []
        for seed in range(1, 5):
            brief = Brief.from_dict({"style": "sonata", "ensemble": "flute-piano", "bars": 8, "seed": seed, "meter": "4/4"})
            hand = strokes_of(composing.compose(brief, model=str(tiny_model)).score.parts[1], 4 * TICKS_PER_QUARTER)
            for struck in hand.values():
                line = [sorted(struck[place]) for place in sorted(struck)]
                thirds = [{(pitch - chord[0]) % 12 for pitch in chord} - {0, 5, 7} for chord in line]
                found += [after == chord for chord, after, rich in zip(line, line[1:], thirds, strict=False) if rich]
        assert len(found) > 40
        return fmean(found)

    assert same(1.0) > same(0.0) + 0.2, "the chord changes, or is not below the melody, at the others"


@pytest.mark.usefixtures("single_notes")
def test_figures_keep_the_order_of_their_notes_from_bar_to_bar(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept(share: float) -> float:
        monkeypatch.setattr(hand_figures, "_SAME_SHAPE", share)
        found = []
        for seed in range(1, 5):
            brief = Brief.from_dict({"style": "sonata", "bars": 8, "seed": seed, "meter": "4/4", "chords": "C F G C"})
            hand = strokes_of(composing.compose(brief, model=str(tiny_model)).score.parts[1], 4 * TICKS_PER_QUARTER)
            lines = [[min(pitches) for _, pitches in sorted(hand.get(bar, {}).items())] for bar in range(8)]
            ways = [[after > before for before, after in pairwise(line)] for line in lines]
            found += [before == after for before, after in pairwise(ways) if len(before) == len(after) > 2]
        assert len(found) > 12
        return fmean(found)

    assert kept(1.0) > kept(0.0) + 0.2


def test_a_cello_seldom_doubles_the_bass_of_a_piano(composed) -> None:
    doubled = []
    for seed in range(1, 7):
        _, cello, _, hand = composed("chamber-music", seed, ensemble="piano-trio").score.parts
        for note in cello.notes:
            below = [other.pitch for other in hand.notes if other.start_ticks <= note.start_ticks < other.end_ticks]
            doubled += [min(below) % 12 == note.pitch % 12] if below else []
    assert len(doubled) > 60
    assert fmean(doubled) < 0.4, "human trios: .18"


@pytest.mark.usefixtures("single_notes")
def test_a_left_hand_does_not_go_back_and_forth_between_two_notes(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = strokes = 0
    for seed in range(1, 6):
        brief = Brief.from_dict({"style": "nocturne", "bars": 8, "seed": seed, "meter": "4/4", "tempo": 100})
        piece = composing.compose(brief, model=str(tiny_model))
        for struck in strokes_of(piece.score.parts[1], piece.plan.meter.bar_ticks).values():
            line = [struck[place] for place in sorted(struck)]
            for first, second, third, fourth in zip(line, line[1:], line[2:], line[3:], strict=False):
                strokes += 1
                turns += first == third != second == fourth
    assert strokes > 80
    assert turns <= 0.05 * strokes


def test_figures_change_as_often_as_in_the_style() -> None:
    def kinds(changes: float) -> int:
        brief = Brief.from_dict({"style": "sonata", "bars": 32, "meter": "4/4", "chords": "C", "form": "through-composed"})
        setting = Setting(
            replace(make_plan(brief), closes=tuple("half" if bar % 4 == 3 else None for bar in range(32))), bands()["sonata"]
        )
        registers = replace(registers_of(setting), changes=changes, held=0.33, chords=0.5)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hand_figures, "registers_of", lambda setting: registers)
            strokes = hand_figures._strokes(setting, phrases_of(setting))
        assert sorted(strokes) == list(range(0, 32, 4))
        return len({(each.basses, each.others) for each in strokes.values()})

    assert kinds(0.0) == 1
    assert kinds(1.0) == 3


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_left_hand_stays_above_the_bass_of_each_chord_and_follows_it(composed, seed: int) -> None:
    piece = composed("sonata", seed)
    meter = piece.plan.meter
    hand = strokes_of(piece.score.parts[1], meter.bar_ticks)
    above, followed = [], []
    for bar in range(piece.plan.bars - 2):  # the ending has rules of its own
        starts = [*meter.chord_ticks(len(piece.plan.chords[bar])), meter.bar_ticks]
        for start, end in pairwise(starts):
            if bass := hand[bar].get(start):
                later = [min(pitches) for place, pitches in hand[bar].items() if start < place < end]
                above += [pitch >= min(bass) for pitch in later]
                followed.append(bool(later))
    assert sum(above) >= 0.95 * len(above)
    assert sum(followed) >= 0.8 * len(followed)


def test_accompanied_pieces_are_louder_with_arousal(tiny_model: Path) -> None:
    def loudness(arousal: float) -> float:
        brief = Brief.from_dict({"style": "lied", "bars": 8, "seed": 3, "tempo": 90, "arousal": arousal})
        parts = composing.compose(brief, model=str(tiny_model)).score.parts
        return fmean(note.velocity for part in parts for note in part.notes)

    assert loudness(0.7) > loudness(-0.7) + 15


def test_a_replay_gives_the_same_notes(composed, tiny_model: Path, tmp_path: Path) -> None:
    piece = composed("string-quartet")
    files = composing.write(piece, tmp_path / "piece", ["mid"])
    assert replay(files[-1], model=str(tiny_model)).score == piece.score


def test_candidates_have_melodies_of_their_own(tiny_model: Path) -> None:
    brief = Brief.from_dict({"style": "lied", "bars": 8, "seed": 5})
    piece = composing.compose(brief, model=str(tiny_model), candidates=2)
    assert piece.candidates is not None
    assert piece.candidates["count"] == 2


def lines_of(piece: PieceRecord) -> list[list[tuple[int, int]]]:
    """Onset and pitch of what each part below the first one strikes on barlines, before the ending."""
    ticks = piece.plan.meter.bar_ticks
    last = (piece.plan.bars - 2) * ticks
    return [
        [(n.start_ticks, n.pitch) for n in part.notes if n.start_ticks % ticks == 0 and n.start_ticks < last]
        for part in piece.score.parts[1:]
    ]


def test_inner_lines_are_near_the_line_above(composed) -> None:
    gaps = []
    for seed in range(1, 16):
        above = dict(lines_of(composed("string-quartet", seed))[0])
        gaps += [above[tick] - pitch for tick, pitch in lines_of(composed("string-quartet", seed))[1] if tick in above]
    assert fmean(gaps) <= 8


def test_a_bass_moves_little_and_well_above_its_lowest_note(composed) -> None:
    sizes, heights = [], []
    for seed in range(1, 7):
        basses = [pitch for _, pitch in lines_of(composed("string-quartet", seed))[-1]]
        sizes += [abs(after - before) for before, after in pairwise(basses)]
        heights.append(fmean(basses) - min(basses))
    assert fmean(sizes) <= 5.5
    assert sum(size > 12 for size in sizes) <= 0.05 * len(sizes)
    assert fmean(heights) >= 3


def test_players_strike_on_eighths(composed) -> None:
    for seed in range(1, 5):
        piece = composed("string-quartet", seed)
        arrangement = arrange(piece.plan)
        bars = frozenset.intersection(*(arrangement.open_bars[index] for index in (1, 2, 3)))  # without answers
        for part in piece.score.parts[1:]:
            own = [n for n in part.notes if n.start_ticks // piece.plan.meter.bar_ticks in bars]
            assert all(n.start_ticks % (TICKS_PER_QUARTER // 2) == 0 for n in own)


def test_a_cello_above_a_piano_strikes_on_beats(tiny_model: Path) -> None:
    brief = Brief.from_dict({"style": "chamber-music", "ensemble": "piano-trio", "bars": 8, "seed": 3})
    piece = composing.compose(brief, model=str(tiny_model))
    arrangement, ticks = arrange(piece.plan), piece.plan.meter.bar_ticks
    assert arrangement is not None
    strokes = strokes_of(piece.score.parts[1], ticks)
    own = [place for bar in arrangement.open_bars[1] & set(strokes) for place in strokes[bar]]
    assert sum(place % piece.plan.meter.beat_ticks == 0 for place in own) >= 0.7 * len(own)


def test_the_melody_of_a_right_hand_rests_where_a_section_says_so(tiny_model: Path) -> None:
    brief = Brief.from_dict({"style": "nocturne", "form": "A4 B4 A4", "sections": "B: no melody", "seed": 3})
    piece = composing.compose(brief, model=str(tiny_model))
    assert piece.report["sections"]["measured"]["b"] == piece.report["sections"]["measured"]["b"] | {
        "notes of resting players": 0
    }
    assert piece.report["sections"]["ok"]


@pytest.mark.parametrize("rounds", [1, 60])  # while chords, and while melodies are drawn
def test_composing_can_be_stopped_before_the_first_note(tiny_model: Path, monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    class StopError(Exception):
        pass

    called = list[float]()

    def progress(fraction: float) -> None:
        called.append(fraction)
        if len(called) == rounds:
            raise StopError

    monkeypatch.setattr(composition, "generate", lambda *_, **__: pytest.fail("the network is not asked"))
    with pytest.raises(StopError):
        composing.compose(Brief.from_dict({"style": "nocturne", "bars": 4}), model=str(tiny_model), progress=progress)
    assert called == [0.0] * rounds


def test_a_big_hit_is_louder_than_the_bar_before_it(tiny_model: Path) -> None:
    brief = Brief.from_dict(
        {"style": "lied", "duration": 30, "hits": "0:15 big", "seed": 4, "mood_curve": "tense@0 calm@60% calm@end"}
    )
    piece = composing.compose(brief, model=str(tiny_model))
    assert piece.plan is not None
    ticks = piece.plan.meter.bar_ticks
    hit = piece.plan.hits[0].bar * ticks
    notes = [note for part in piece.score.parts for note in part.notes]
    before = [note.velocity for note in notes if hit - ticks <= note.start_ticks < hit]
    struck = [note.velocity for note in notes if note.start_ticks == hit]
    assert struck
    assert min(struck) >= fmean(before)


def test_no_line_sings_the_plain_form_of_a_tone_that_the_chord_alters(tiny_model: Path) -> None:
    options = {"style": "mass", "bars": 8, "key": "A minor", "chords": "Am | E | Am | E | Am | E | Am | E", "seed": 1}
    piece = composing.compose(Brief.from_dict(options), model=str(tiny_model))
    ticks = piece.plan.meter.bar_ticks
    struck = {note.pitch % 12 for part in piece.score.parts for note in part.notes if note.start_ticks // ticks in (1, 3, 5)}
    assert 8 in struck
    assert 7 not in struck


@pytest.mark.parametrize("style", ["waltz", "sonata", "folk"])
def test_a_keyboard_ends_on_the_root(composed, style: str) -> None:
    for seed in (1, 2, 3):
        piece = composed(style, seed)
        last = (piece.plan.bars - 1) * piece.plan.meter.bar_ticks
        final = [note for part in piece.score.parts for note in part.notes if note.end_ticks > last]
        assert min(note.pitch for note in final) % 12 == piece.plan.key.tonic, (style, seed)


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
@pytest.mark.parametrize("style", ["folk", "lied"])
def test_a_guitar_plays_chords_below_a_melody(tiny_model: Path, style: str, meter: str) -> None:
    brief = Brief.from_dict({"style": style, "ensemble": "voice-guitar", "meter": meter, "bars": 8, "seed": 2})
    piece = composing.compose(brief, model=str(tiny_model))
    assert piece.plan is not None
    guitar, bars = piece.score.parts[1], piece.score.bars
    for bar, chords in list(zip(bars, piece.plan.chords, strict=True))[piece.plan.upbeat_bars :]:
        notes = [note for note in guitar.notes if bar.start_ticks <= note.start_ticks < bar.end_ticks]
        tones = {note.pitch % 12 for note in notes}
        assert len(tones) >= 3, f"bar {bar.index + 1} lacks a chord"
        assert tones <= frozenset().union(*(chord.pitch_classes for chord in chords if chord))
        lowest = min(notes)
        assert lowest.start_ticks == bar.start_ticks
        assert lowest.pitch % 12 == chords[0].lowest
    [_, found] = measure_playability(piece.score)
    assert (found.outside, found.unplayable_chords) == (0.0, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_hands_keep_one_figure_in_each_section_of_a_folk_song(tiny_model: Path, seed: int) -> None:
    brief = Brief.from_dict({"style": "folk", "ensemble": "voice-piano", "bars": 16, "seed": seed, "meter": "4/4"})
    plan = (piece := composing.compose(brief, model=str(tiny_model))).plan
    assert plan is not None
    voice, *hands = piece.score.parts
    found: dict[tuple[str, int], set[tuple[int, ...]]] = {}
    for section in plan.sections:
        for bar in piece.score.bars[section.start_bar : section.start_bar + section.bars]:
            if plan.closes[bar.index] or bar.index == plan.bars - 1 or len(plan.chords[bar.index]) > 1:
                continue
            for index, hand in enumerate(hands):
                onsets = (note.start_ticks - bar.start_ticks for note in hand.notes)
                found.setdefault((section.letter, index), set()).add(
                    tuple(sorted({onset for onset in onsets if 0 <= onset < plan.meter.bar_ticks}))
                )
    assert found
    assert all(len(rhythms) == 1 for rhythms in found.values())
    sung = {(note.start_ticks, note.pitch) for note in voice.notes}
    assert sum((note.start_ticks, note.pitch) in sung for hand in hands for note in hand.notes) <= 0.1 * len(sung)
