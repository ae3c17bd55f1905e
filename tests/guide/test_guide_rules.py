"""What the guide guarantees of the notes, whatever a sampler chooses: endings, chords, hands, returns, loops."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from composer.analysis.chord_fit import measure_chord_fit
from composer.analysis.phrasing import detect_cadence
from composer.analysis.playability import measure_playability
from composer.brief import METERS, Brief
from composer.composing.finishing import finish
from composer.guide import PlanGuide
from composer.guide.guide import ScriptGuide
from composer.guide.note_bounds import Bounds
from composer.guide.note_rules import PlayableSpeed, hands_of
from composer.guide.plan_guide import _single_strings
from composer.guide.plan_script import script_of
from composer.guide.rule import NoteRule, Notes
from composer.guide.walk import Walk
from composer.plan import Plan, make_plan
from composer.presets import EnsemblePart, ensembles, instruments
from composer.score import Chord, Score
from composer.tokenizer import Tokenizer
from composer.tokenizer.vocabulary import DYNAMICS
from composer.training.data.build import base_tokenizer

ENSEMBLES: list[dict[str, Any]] = [
    {"ensemble": "string-quartet", "key": "D minor", "meter": "3/4"},
    {"ensemble": "piano", "key": "F# major", "meter": "4/4"},
    {"ensemble": "wind-quintet", "key": "Bb major", "meter": "6/8"},
    {"ensemble": "choir", "key": "E minor", "meter": "2/2"},
    {"instruments": "violin,harp,organ", "key": "A major", "meter": "7/8"},
    {"style": "rock", "key": "C major", "meter": "4/4"},
    {"instruments": "flute", "key": "G minor", "meter": "5/4"},
    {"ensemble": "guitar", "key": "D minor", "meter": "4/4"},
    {"instruments": "trumpet,timpani", "key": "Eb major", "meter": "4/4"},
]
CHORDS: list[dict[str, Any]] = [
    {"chords": "Dm Gm A7 Dm", "key": "D minor", "ensemble": "piano"},
    {"chords": "C Am | F G7 | C", "key": "C major", "ensemble": "string-quartet"},
    {"chords": "Em Bdim7 | C | F#m7b5 B7 | Em", "key": "E minor", "instruments": "flute,guitar", "meter": "6/8"},
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return base_tokenizer()


def walk(tokenizer: Tokenizer, plan: Plan, seed: int) -> Score:
    """A piece of random choices, notes less likely than the end of a bar so that it stays short."""
    rng = np.random.default_rng(seed)
    guide = PlanGuide(tokenizer, plan)
    ids = list(guide.forced())
    while not guide.finished:
        weights = np.where(tokenizer.grammar.is_note, 0.02, 1.0) * guide.mask()
        assert weights.any(), "the rules have left nothing to choose"
        choice = int(rng.choice(len(weights), p=weights / weights.sum()))
        guide.accept(choice)
        ids += [choice, *guide.forced()]
    assert not guide.rules_passed_over, "the rules of a composition never contradict each other"
    return finish(tokenizer.decode(ids)[0], plan)


def name_of(options: dict[str, Any]) -> str:
    return str(options.get("ensemble") or options.get("instruments") or options.get("style"))


@pytest.mark.parametrize("options", ENSEMBLES, ids=name_of)
@pytest.mark.parametrize("seed", range(3))
def test_a_piece_closes_with_a_cadence(tokenizer: Tokenizer, options: dict[str, Any], seed: int) -> None:
    plan = make_plan(Brief.from_dict(options | {"bars": 5, "seed": seed}))
    score = walk(tokenizer, plan, seed)
    assert detect_cadence(score, plan.key) in ("authentic", "plagal")
    last = score.bars[-1]
    final = {
        index: [note for note in part.notes if note.end_ticks == last.end_ticks]
        for index, part in enumerate(score.parts)
        if not part.is_drum
    }
    assert all(final.values()), "every pitched part holds its last note to the end"
    latest = [max(note.start_ticks for note in notes) for notes in final.values()]
    assert max(latest) - last.start_ticks <= last.time_signature.bar_ticks / 2, "held for half a bar at least"
    third = 4 if plan.key.mode == "major" else 3
    pitches = [note.pitch for notes in final.values() for note in notes]
    assert {(pitch - plan.key.tonic) % 12 for pitch in pitches} <= {0, third, 7}
    assert (min(pitches) - plan.key.tonic) % 12 == 0


@pytest.mark.parametrize("key", ["G major", "C minor"])
def test_a_piece_opens_on_the_tonic_or_the_dominant(tokenizer: Tokenizer, key: str) -> None:
    openings = set()
    for seed in range(8):
        plan = make_plan(Brief.from_dict({"ensemble": "piano", "bars": 3, "key": key, "seed": seed}))
        first = walk(tokenizer, plan, seed).chords[0].chord
        assert first is not None
        openings.add((first.root - plan.key.tonic) % 12)
    assert openings == {0, 7}


@pytest.mark.parametrize("options", ENSEMBLES, ids=name_of)
def test_hands_and_breath_suffice(tokenizer: Tokenizer, options: dict[str, Any]) -> None:
    plan = make_plan(Brief.from_dict(options | {"bars": 6, "seed": 4}))
    score = walk(tokenizer, plan, 4)
    assert all(found.outside == 0 and found.unplayable_chords == 0 for found in measure_playability(score))
    for part in score.parts:
        if part.program in (52, 60, 68, 70, 71, 73) and not part.is_drum:
            assert all(a.end_ticks <= b.start_ticks for a, b in pairwise(part.notes))


def write(guide: PlanGuide, *ids: int) -> None:
    """Lets the guide take ids as if the model had chosen them."""
    for token in ids:
        assert guide.mask()[token]
        guide.accept(token)
        guide.forced()


def quarter(tokenizer: Tokenizer, beat: int) -> tuple[int, int]:
    """What comes before the pitch of a quarter note on a quarter of the bar."""
    return tokenizer.vocabulary.position(24 * beat), tokenizer.vocabulary.duration(24)


def open_bar(guide: PlanGuide, tokenizer: Tokenizer) -> None:
    """Goes on to the first part of a bar, over C major."""
    guide.forced()
    while not (mask := guide.mask())[tokenizer.grammar.of_type["Part"]].any():
        chord = tokenizer.vocabulary.chord(Chord(0, "maj"))
        write(guide, chord if mask[chord] else int(np.flatnonzero(mask)[0]))


@pytest.mark.parametrize("key", ["C major", "Eb major", "A major", "F# minor", "B minor"])
@pytest.mark.parametrize("seed", [1, 2])
def test_timpani_keep_to_their_drums(tokenizer: Tokenizer, key: str, seed: int) -> None:
    plan = make_plan(Brief.from_dict({"instruments": "timpani,trumpet,cello", "bars": 12, "key": key, "seed": seed}))
    score = walk(tokenizer, plan, seed)
    struck = [note for part in score.parts if part.program == 47 for note in part.notes]
    assert struck
    for note in struck:
        stated = [event.chord for event in score.chords if event.start_ticks <= note.start_ticks][-1]
        assert stated is not None
        pitch_class, home = note.pitch % 12, {plan.key.tonic, (plan.key.tonic + 7) % 12}
        assert pitch_class in stated.pitch_classes
        if note.start_ticks < score.bars[-2].start_ticks:  # the ending may ask for a root, and for an octave
            assert pitch_class in (home if home & set(stated.pitch_classes) else {stated.root})
            assert 41 <= note.pitch <= 52


def test_guitars_play_full_chords_above_their_basses(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.part(0)
    guide = PlanGuide(
        tokenizer,
        make_plan(Brief.from_dict({"ensemble": "guitar", "bars": 8, "key": "C major", "meter": "4/4", "chords": "C F G"})),
    )
    open_bar(guide, tokenizer)
    write(guide, part, *quarter(tokenizer, 0))
    assert [guide.mask()[pitch(struck)] for struck in (48, 52, 55)] == [True, False, False], "the bass is the lowest note"
    write(guide, pitch(48))
    allowed = [guide.mask()[pitch(struck)] for struck in (52, 55, 64, 60, 54)]
    assert allowed == [True, True, True, False, False], "tones of the chord, but no bare octave"
    write(guide, pitch(52), pitch(60))


def test_a_lone_guitar_strikes_a_chord_on_the_dominant_that_closes(tokenizer: Tokenizer) -> None:
    struck = []
    for seed in range(40):
        plan = make_plan(Brief.from_dict({"ensemble": "guitar", "bars": 3, "key": "C major", "meter": "4/4", "seed": seed}))
        score = walk(tokenizer, plan, seed)
        last = [event.start_ticks for event in score.chords if event.start_ticks < score.bars[-1].start_ticks][-1]
        struck.append(len({note.pitch % 12 for note in score.parts[0].notes if note.start_ticks == last}))
    assert max(struck) > 1


def test_voices_do_not_move_in_parallel(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.part(0)
    guide = PlanGuide(tokenizer, make_plan(Brief.from_dict({"ensemble": "choir", "bars": 8, "key": "C major", "meter": "4/4"})))
    open_bar(guide, tokenizer)
    write(guide, part)
    for beat, sung in enumerate((72, 74, 72, 74)):
        write(guide, *quarter(tokenizer, beat), pitch(sung))
    write(guide, part + 1, *quarter(tokenizer, 0), pitch(65), *quarter(tokenizer, 1))
    allowed = [guide.mask()[pitch(sung)] for sung in (67, 65, 62, 69)]
    assert allowed == [False, True, True, True], "no fifths; oblique, contrary, other intervals"
    write(guide, pitch(65), *quarter(tokenizer, 2), pitch(64), *quarter(tokenizer, 3), pitch(67))
    write(guide, int(np.flatnonzero(guide.mask() & tokenizer.grammar.of_type["Bar"])[0]))
    open_bar(guide, tokenizer)
    write(guide, part, *quarter(tokenizer, 0), pitch(76), part + 1, *quarter(tokenizer, 0))
    assert [guide.mask()[pitch(sung)] for sung in (69, 67)] == [False, True], "nor over a barline"


def test_somebody_plays_on_the_first_beat_of_a_section(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.part(0)
    guide = PlanGuide(tokenizer, make_plan(Brief.from_dict({"ensemble": "choir", "bars": 8, "meter": "4/4"})))
    first, third = (tokenizer.vocabulary.position(step) for step in (0, 48))
    open_bar(guide, tokenizer)
    bars = tokenizer.grammar.of_type["Bar"]
    write(guide, part + 1)
    assert [guide.mask()[place] for place in (first, third)] == [True, True]
    write(guide, *quarter(tokenizer, 2), pitch(62))
    assert not guide.mask()[bars].any(), "somebody has still to come"
    write(guide, part + 3)
    assert [guide.mask()[place] for place in (first, third)] == [True, False], "the last one opens the bar"
    write(guide, *quarter(tokenizer, 0), pitch(50))
    assert guide.mask()[bars].any()


def test_dynamics_follow_from_each_other(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.part(0)
    guide = PlanGuide(tokenizer, make_plan(Brief.from_dict({"ensemble": "choir", "key": "C major", "bars": 8, "meter": "4/4"})))

    def allowed() -> list[str]:
        return [name for name in DYNAMICS[1:] if guide.mask()[tokenizer.vocabulary.id(f"Dynamic_{name}")]]

    open_bar(guide, tokenizer)
    write(guide, part)
    assert allowed() == ["pp", "p", "mp", "mf", "f", "ff"]
    write(guide, tokenizer.vocabulary.id("Dynamic_p"), *quarter(tokenizer, 0), pitch(62))
    write(guide, int(np.flatnonzero(guide.mask() & tokenizer.grammar.of_type["Bar"])[0]))
    open_bar(guide, tokenizer)
    write(guide, part)
    assert allowed() == ["ppp", "pp", "p", "mp", "mf", "f", "ff"]


@pytest.mark.parametrize("options", CHORDS, ids=name_of)
def test_chords_bind(tokenizer: Tokenizer, options: dict[str, Any]) -> None:
    plan = make_plan(Brief.from_dict(options | {"bars": 8}))
    found = [measure_chord_fit(walk(tokenizer, plan, seed)) for seed in range(3)]
    notes = [sum(each.counts.values()) for each in found]
    assert min(notes) > 10
    assert all(each.strong == 1.0 for each in found)
    assert sum(many * each.explained for many, each in zip(notes, found, strict=True)) >= 0.94 * sum(notes)


@pytest.mark.parametrize("seed", range(3))
def test_a_loop_leads_back_and_does_not_end(tokenizer: Tokenizer, seed: int) -> None:
    plan = make_plan(Brief.from_dict({"ensemble": "piano", "bars": 4, "key": "C minor", "loop": True, "seed": seed}))
    score = walk(tokenizer, plan, seed)
    chord = score.chords[-1].chord
    assert chord is not None
    assert (chord.root, chord.quality) in ((7, "maj"), (7, "7"), (11, "dim"), (11, "dim7"), (5, "min"))
    assert score.last_note_end_ticks <= score.bars[-1].end_ticks


def test_a_form_keeps_its_ending_free(tokenizer: Tokenizer) -> None:
    plan = make_plan(Brief.from_dict({"ensemble": "piano", "bars": 24, "form": "ABA", "key": "G major"}))
    assert plan.recalls[-3]
    assert plan.recalls[-2:] == (None, None)
    assert detect_cadence(walk(tokenizer, plan, 0), plan.key) in ("authentic", "plagal")


def random_brief(rng: random.Random) -> dict[str, Any]:
    """Players, meter, key and length by chance; chords, a form or a loop now and then."""
    brief: dict[str, Any] = {"bars": rng.randint(1, 7), "meter": rng.choice(METERS), "seed": rng.randrange(1000)}
    if rng.random() < 0.5:
        brief["ensemble"] = rng.choice(list(ensembles()))
    else:
        brief["instruments"] = rng.sample([name for name, row in instruments().items() if row.program < 112], rng.randint(1, 4))
    brief["key"] = f"{rng.choice(['C', 'D', 'Eb', 'F#', 'Bb'])} {rng.choice(['major', 'minor'])}"
    if rng.random() < 0.4:
        tonics = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
        roots = rng.choices(tonics, k=rng.randint(1, min(4, brief["bars"])))
        brief["chords"] = " ".join(root + rng.choice(["", "m", "7", "m7b5", "dim7", "sus4"]) for root in roots)
    if rng.random() < 0.2:
        brief |= {"form": "ABA'", "bars": 3 * brief["bars"]}
    brief["loop"] = brief["bars"] > 1 and rng.random() < 0.3
    return brief


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=() if seed < 6 else pytest.mark.long) for seed in range(60)])
def test_no_brief_leads_into_a_dead_end(tokenizer: Tokenizer, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(1 if seed < 6 else 3):
        options = random_brief(rng)
        plan = make_plan(Brief.from_dict(options))
        score = walk(tokenizer, plan, seed)
        assert len(score.bars) == plan.bars, options
        assert all(found.outside == 0 and found.unplayable_chords == 0 for found in measure_playability(score)), options
        if plan.chords:
            found = measure_chord_fit(score)
            assert found.strong_chord_tones == found.strong_notes, options


def test_music_moves_on_from_two_bars_alike(tokenizer: Tokenizer) -> None:
    """A sampler that always takes the first id allowed would write one bar again and again."""
    plan = make_plan(Brief.from_dict({"instruments": "flute", "bars": 12, "form": "A12", "key": "C major", "meter": "4/4"}))
    guide = PlanGuide(tokenizer, plan)
    ids = list(guide.forced())
    while not guide.finished:
        choice = int(guide.mask().argmax())
        guide.accept(choice)
        ids += [choice, *guide.forced()]
    score = tokenizer.decode(ids)[0]
    contents: list[list[Any]] = [[] for _ in score.bars]
    for bar in score.bars:
        notes = (note for part in score.parts for note in part.notes if score.bar_at(note.start_ticks) is bar)
        contents[bar.index] += [(note.start_ticks - bar.start_ticks, note.pitch, note.duration_ticks) for note in notes]
        contents[bar.index].append([c.chord for c in score.chords if c.start_ticks <= bar.start_ticks][-1:])
    alike = [a == b for a, b in pairwise(contents)]
    assert any(alike), "the sampler would repeat itself"
    assert not any(a and b for a, b in pairwise(alike[:-2]))


class Forbids(NoteRule):
    """Forbids some pitches, and bars without a note."""

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        bounds.latest[:, self._low : self._high] = 0

    def may_end(self, walk: Walk) -> bool:
        return bool(walk.line.notes)


def test_where_rules_about_notes_leave_nothing_together_the_others_hold_without_the_last(tokenizer) -> None:
    plan = make_plan(Brief.from_dict({"style": "waltz", "bars": 4, "instruments": ("violin", "cello")}))
    notes = Notes(tokenizer.grammar, [Forbids(0, 40), Forbids(80, 128), Forbids(40, 80)])
    guide = ScriptGuide(tokenizer, script_of(tokenizer, plan), dict.fromkeys(range(2), (0, 127)), (notes,))
    rng = np.random.default_rng(0)
    ids = list(guide.forced())
    while not guide.finished:
        ids.append(int(rng.choice(np.flatnonzero(guide.mask()))))
        guide.accept(ids[-1])
        ids += guide.forced()
    pitches = {note.pitch for part in tokenizer.decode(ids)[0].parts for note in part.notes}
    assert pitches
    assert min(pitches) >= 28  # in the plan's key
    assert max(pitches) < 92
    assert guide.rules_passed_over


def test_one_staff_of_an_accordion_is_one_hand_and_an_erhu_one_voice() -> None:
    parts = [EnsemblePart(name, program) for name, program in (("Accordion", 21), ("Organ", 16), ("Erhu", 40), ("Violin", 40))]
    hands = hands_of(parts)
    assert [hands[index].two for index in range(4)] == [False, True, False, False]
    assert [hands[index].reach.notes for index in range(4)] == [5, 5, 1, 2]


def test_hands_of_a_keyboard_neither_cross_nor_share_keys(tokenizer: Tokenizer) -> None:
    met = crossed = 0
    for seed in range(6):
        plan = make_plan(Brief.from_dict({"style": "fugue", "bars": 8, "seed": seed}))
        hands = tuple(replace(part, low=low, high=79) for part, low in zip(plan.parts, (60, 36), strict=True))
        right, left = walk(tokenizer, replace(plan, parts=hands), seed).parts
        ticks = plan.meter.bar_ticks
        for note in left.notes:
            bar = note.start_ticks // ticks
            above = [n.pitch for n in right.notes if bar * ticks <= n.start_ticks <= note.start_ticks < n.end_ticks]
            if above and bar + 1 < plan.bars:  # the last chord has places of its own
                met += 1
                crossed += note.pitch >= min(above)
    assert met > 10
    assert not crossed


@pytest.mark.parametrize(("ensemble", "alone"), [("string-quartet", {0, 1, 2, 3}), ("piano-trio", {0, 1}), ("cello", set())])
def test_strings_of_a_group_play_single_notes(ensemble: str, alone: set[int]) -> None:
    assert _single_strings(make_plan(Brief(ensemble=ensemble))) == alone


@pytest.mark.parametrize(("tempo", "shortest"), [(50, 3), (136, 6), (220, 8)])
def test_no_part_plays_faster_than_players_can(tokenizer: Tokenizer, tempo: int, shortest: int) -> None:
    plan = make_plan(Brief.from_dict({"ensemble": "string-quartet", "meter": "4/4", "bars": 4, "tempo": tempo, "seed": 3}))
    guide = PlanGuide(tokenizer, plan)
    open_bar(guide, tokenizer)
    bounds = Bounds.free(96)
    PlayableSpeed(plan.qpm_at).shape(bounds, guide._walk)
    places = [row for row in range(96) if bounds.latest[row].any()]
    assert next(b - a for a, b in pairwise(places) if a % 24 == 0) == shortest
    assert 12 in places
