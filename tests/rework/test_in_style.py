"""Verbs in the styles of bands and choirs: the arranger plays groove, bass and chords around the user's melody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from composer.arranging import PHRASES, arrange, bands, settle
from composer.arranging.coloring import colored
from composer.arranging.recognizing import recognized_band
from composer.brief import Brief
from composer.composing.describe import remarks
from composer.composing.finishing import finish
from composer.composing.record import PieceRecord
from composer.errors import BadInputError
from composer.guide.frame import skeleton
from composer.plan import make_plan
from composer.rework import accompany, continue_, transfer, vary
from composer.rework.resuming import resumed_qpm
from composer.rework.verbs import VERBS
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.understanding import Assumptions

STEPS = (67, 69, 71, 72, 74, 72, 71, 69)
TUNE = tuple(Note(480 * beat, STEPS[beat % 8] - (7 if beat // 16 % 2 else 0), 480) for beat in range(64))
CHORDS = ((43, 59, 62), (48, 60, 64), (50, 57, 66), (43, 59, 62))
SONG = Score(
    (
        Part("Voice", 52, TUNE),
        Part("Piano", 0, tuple(Note(1920 * bar, p, 1920) for bar in range(16) for p in CHORDS[bar % 4])),
    ),
    time_signatures=(TimeSignature(0, 4, 4),),
    keys=(KeySignature(0, Key.parse("G major")),),
)


def band(style: str, seed: int = 7, bars: int = 16) -> Score:
    """A piece as the arranger plays it."""
    brief = Brief.from_dict({"style": style, "seed": seed, "bars": bars})
    plan = settle(make_plan(brief), brief)
    return finish(skeleton(plan), plan, arrange(plan))


def places(part: Part, first: int = 0) -> set[int]:
    """Where in the bar a part strikes, in ticks."""
    return {note.start_ticks % 1920 for note in part.notes if note.start_ticks >= first * 1920}


@pytest.mark.parametrize("style", ["swing", "bossa", "rock", "reggae", "house", "country"])
def test_a_band_is_recognized_by_its_drums_and_bass(style: str) -> None:
    assert recognized_band(band(style, 101, 24)) == style


def test_music_without_a_known_groove_is_no_band() -> None:
    clicks = Part("Drums", 0, tuple(Note(480 * beat, 76, 120) for beat in range(64)), is_drum=True)
    assert recognized_band(Score((*SONG.parts, clicks), time_signatures=SONG.time_signatures)) == ""
    assert recognized_band(SONG) == ""


@pytest.mark.parametrize(("numerator", "denominator"), [(2, 4), (6, 8)])
def test_bands_are_looked_for_in_the_meters_of_written_dances(numerator: int, denominator: int) -> None:
    clicks = Part("Drums", 0, tuple(Note(480 * beat, 76, 120) for beat in range(48)), is_drum=True)
    assert recognized_band(Score((clicks,), time_signatures=(TimeSignature(0, numerator, denominator),))) == ""


def test_a_transfer_to_bossa_has_its_groove_and_bass(tiny_model: Path) -> None:
    result = transfer(SONG, Brief.from_dict({"style": "bossa", "seed": 3}), model=str(tiny_model))
    melody, *others = result.score.parts
    assert [note.pitch % 12 for note in melody.notes] == [note.pitch % 12 for note in TUNE]
    assert [note.start_ticks for note in melody.notes] == [note.start_ticks for note in TUNE]
    assert recognized_band(result.score) == "bossa"
    assert result.style == "bossa"
    assert all(part.notes for part in others)


@pytest.mark.parametrize("style", ["ragtime", "etude", "polonaise", "waltz", "lied"])
def test_the_harmony_of_a_piece_stays_in_every_style(tiny_model: Path, style: str) -> None:
    result = transfer(SONG, Brief.from_dict({"style": style, "seed": 4}), model=str(tiny_model))
    for bar in range(16):
        symbol = next(each for each in reversed(result.score.chords) if each.start_ticks <= 1920 * bar)
        assert symbol.chord is not None
        assert symbol.chord.root == CHORDS[bar % 4][0] % 12
    assert bool(result.report.get("warnings")) or style == "lied"


@pytest.mark.parametrize("style", ["polonaise", "waltz"])
def test_a_dance_in_another_meter_is_accompanied_by_the_usual_rules(tiny_model: Path, style: str) -> None:
    result = transfer(SONG, Brief.from_dict({"style": style, "seed": 4}), model=str(tiny_model))
    assert any("the piece stays in 4/4" in warning for warning in result.report["warnings"])
    for bar in range(15):
        root = CHORDS[bar % 4][0] % 12
        start = 1920 * bar
        low = [note for note in result.score.parts[1].notes if start <= note.start_ticks < start + 1920]
        assert low
        assert min(low, key=lambda note: note.start_ticks).pitch % 12 in {(root + step) % 12 for step in (0, 4, 7, 10)}


@pytest.mark.parametrize("style", ["tango", "habanera", "polka"])
def test_a_dance_in_three_has_a_bass_on_the_first_beat_and_chords_on_the_others(tiny_model: Path, style: str) -> None:
    symbols = tuple(ChordSymbol(1440 * bar, Chord.parse(name)) for bar, name in enumerate(["G", "C", "D7", "G"] * 4))
    tune = Part("Flute", 73, TUNE[:48])
    given = Score((tune,), time_signatures=(TimeSignature(0, 3, 4),), keys=SONG.keys, chords=symbols)
    result = transfer(given, Brief.from_dict({"style": style, "seed": 1, "instruments": "violin,piano"}), model=str(tiny_model))
    assert any("stays in 3/4 and will sound little like" in warning for warning in result.report["warnings"])
    right, left = result.score.parts[-2:]
    for bar in (0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13):  # but for closes of phrases
        starts = [1440 * bar + tick for tick in (0, 480, 720, 960)]
        struck = [{note.pitch for note in left.notes if note.start_ticks == start} for start in starts]
        assert len(struck[0]) == 1
        for tones, start in zip(struck, starts, strict=True):  # a tone that both hands have is the right one's
            tones |= {note.pitch for note in right.notes if tones and note.start_ticks <= start < note.end_ticks}
        assert len(struck[3]) >= 2, "a chord on the third beat"
        assert len(struck[1]) >= 2 or len(struck[2]) >= 2, "and one on the second or after it"


@pytest.mark.parametrize("meter", ["4/4", "5/4"])
def test_the_voices_of_a_choir_sing_the_chords_of_the_user(tiny_model: Path, meter: str) -> None:
    stated = TimeSignature.parse(meter)
    steps = stated.bar_ticks // 480
    symbols = [ChordSymbol(stated.bar_ticks * bar, Chord.parse(name)) for bar, name in enumerate(["G", "Am7", "D7", "C6"] * 3)]
    tune = tuple(replace(note, start_ticks=480 * place) for place, note in enumerate((TUNE * 2)[: 12 * steps]))
    given = Score((Part("Soprano", 52, tune),), time_signatures=(stated,), keys=SONG.keys, chords=tuple(symbols))
    done = accompany(given, Brief.from_dict({"ensemble": "choir", "seed": 3}), model=str(tiny_model)).score
    assert done.chords == given.chords
    for symbol in symbols[1:-1]:
        sung = [note for part in done.parts[1:] for note in part.notes if note.start_ticks == symbol.start_ticks]
        assert symbol.chord is not None
        assert {note.pitch % 12 for note in sung} <= symbol.chord.pitch_classes


def test_a_hymn_in_three_halves_becomes_a_jazz_waltz(tiny_model: Path) -> None:
    hymn = replace(SONG, time_signatures=(TimeSignature(0, 3, 2),))
    result = transfer(hymn, Brief.from_dict({"style": "jazz-waltz", "seed": 3}), model=str(tiny_model)).score
    assert str(result.bars[0].time_signature) == "3/2"
    *_, bass, drums = result.parts
    inside = range(2 * 2880, 8 * 2880, 480)
    assert sum(tick in {note.start_ticks for note in bass.notes} for tick in inside) >= 0.8 * len(inside), "the bass walks"
    rides = {note.start_ticks for note in drums.notes if note.pitch in (51, 53, 59)}
    assert sum(tick in rides for tick in inside) >= 0.6 * len(inside)


def test_the_chords_of_a_piece_get_the_colors_of_a_style() -> None:
    brief = Brief.from_dict({"style": "bossa", "key": "C", "chords": "Dm G C C", "bars": 4})
    plan = settle(make_plan(brief), brief)
    assert [bar[0] and bar[0].symbol() for bar in colored(plan, "bossa", ())][:2] in (
        ["Dm7", "G7"],
        ["Dm9", "G9"],
        ["Dm7", "G9"],
    )
    root = (Note(2 * 1920, 72, 1920), Note(3 * 1920, 72, 1920))
    over_root = colored(plan, "bossa", root)[2][0]
    assert over_root is not None
    assert 11 not in over_root.pitch_classes


@pytest.mark.parametrize("style", ["swing", "bossa"])
def test_a_continued_band_keeps_its_groove_and_brings_its_theme_back(tiny_model: Path, style: str) -> None:
    given = band(style)
    result = continue_(given, Brief.from_dict({"bars": 16, "seed": 2}), model=str(tiny_model)).score
    assert len(result.bars) == 32
    new = Score(
        tuple(
            Part(
                part.name,
                part.program,
                tuple(Note(n.start_ticks - 16 * 1920, n.pitch, n.duration_ticks) for n in notes),
                part.is_drum,
            )
            for part in result.parts
            if (notes := [n for n in part.notes if n.start_ticks >= 16 * 1920])
        ),
        time_signatures=given.time_signatures,
    )
    assert recognized_band(new) == style
    theme = [(n.start_ticks, n.pitch % 12) for n in given.parts[0].notes if n.start_ticks < 4 * 1920]
    back = [(n.start_ticks - 8 * 1920, n.pitch % 12) for n in new.parts[0].notes if 8 * 1920 <= n.start_ticks < 12 * 1920]
    assert back == theme


_BANDS = [name for name, row in bands().items() if row.idiom and row.lead not in (PHRASES, "round")]


@pytest.mark.parametrize(("bars", "style"), list(enumerate(_BANDS[:: len(_BANDS) // 15][:16], 1)))
def test_a_band_goes_on_for_any_number_of_bars(tiny_model: Path, style: str, bars: int) -> None:
    given = band(style, bars=8)
    assert given.chords
    result = continue_(given, Brief.from_dict({"style": style, "bars": bars, "seed": 2}), model=str(tiny_model)).score
    assert len(result.bars) == 8 + bars


@pytest.mark.parametrize("verb", ["transfer", "accompany"])
@pytest.mark.parametrize("style", ["round", "fugue", "fugue:0.9,waltz:0.1"])
def test_no_given_melody_goes_into_a_round_or_a_fugue(verb: str, style: str) -> None:
    brief = Brief.from_dict({"style": style, "seed": 1})
    name = style.partition(":")[0]
    with pytest.raises(BadInputError, match=f"{verb} keeps the given melody, and in a {name} all voices have the theme"):
        VERBS[verb].check(SONG, brief, {})


def test_drums_of_no_style_go_on_as_before(tiny_model: Path) -> None:
    clicks = Part("Drums", 0, tuple(Note(480 * beat, 76, 120) for beat in range(64)), is_drum=True)
    given = Score((*SONG.parts, clicks), time_signatures=SONG.time_signatures, keys=SONG.keys)
    result = continue_(given, Brief.from_dict({"bars": 4, "seed": 2}), model=str(tiny_model)).score
    assert places(result.parts[2], 16) == {0, 480, 960, 1440}
    assert {note.pitch for note in result.parts[2].notes} == {76}


def test_four_voices_go_on_in_four_parts(tiny_model: Path) -> None:
    voices = [(67, 71, 69, 67), (62, 62, 60, 62), (59, 55, 54, 59), (43, 43, 50, 43)]
    parts = tuple(
        Part(name, 52, tuple(Note(480 * beat, line[beat % 4], 480) for beat in range(32)))
        for name, line in zip(("Soprano", "Alto", "Tenor", "Bass"), voices, strict=True)
    )
    hymn = Score(parts, time_signatures=SONG.time_signatures, keys=SONG.keys)
    result = continue_(hymn, Brief.from_dict({"bars": 8, "seed": 2}), model=str(tiny_model)).score
    new = [[note for note in part.notes if note.start_ticks >= 8 * 1920] for part in result.parts]
    assert all(len(notes) >= 8 for notes in new)
    beats = [{note.start_ticks for note in notes if note.start_ticks % 480 == 0} for notes in new]
    assert len(set.intersection(*beats)) >= 0.6 * len(set.union(*beats))
    assert bands()["hymn"].chordal


def test_a_band_accompanies_a_melody(tiny_model: Path) -> None:
    tune = Score(SONG.parts[:1], time_signatures=SONG.time_signatures, keys=SONG.keys)
    result = accompany(tune, Brief.from_dict({"ensemble": "jazz-trio", "seed": 3}), model=str(tiny_model))
    assert result.score.parts[0].notes == TUNE
    assert recognized_band(result.score) == "swing"
    bass = next(part for part in result.score.parts if part.program == 32)
    assert places(bass) >= {0, 480, 960, 1440}


@pytest.mark.parametrize("asked", [{}, {"style": "hymn"}, {"style": "swing"}, {"ensemble": "string-quartet"}])
def test_the_chord_symbols_of_a_melody_are_its_harmony(tiny_model: Path, asked: dict[str, object]) -> None:
    symbols = [ChordSymbol(1920 * bar, Chord.parse(name)) for bar, name in enumerate(["G", "Am7", "D7", "C6"] * 4)]
    tune = Score((Part("Oboe", 68, TUNE),), time_signatures=SONG.time_signatures, keys=SONG.keys, chords=tuple(symbols))
    done = accompany(tune, Brief.from_dict({**asked, "seed": 3}), model=str(tiny_model))
    assert done.score.chords == tune.chords
    added = [part for part in done.score.parts[1:] if not part.is_drum]
    bass = min(added, key=lambda part: min(note.pitch for note in part.notes))
    for symbol in symbols[:-1]:
        first = next(note for note in bass.notes if note.end_ticks > symbol.start_ticks)
        assert symbol.chord is not None
        assert first.pitch % 12 in symbol.chord.pitch_classes


def test_the_usual_lead_of_a_style_does_not_join_another_melody(tiny_model: Path) -> None:
    tune = Score((Part("Oboe", 68, TUNE),), time_signatures=SONG.time_signatures, keys=SONG.keys)
    result = accompany(tune, Brief.from_dict({"style": "bossa", "seed": 3}), model=str(tiny_model)).score
    assert [part.name for part in result.parts] == ["Oboe", "Guitar", "Bass", "Drums"]


@pytest.mark.parametrize(
    ("name", "program", "asked", "expected"),
    [
        ("", 0, {"ensemble": "choir"}, ["Soprano", "Alto", "Tenor", "Bass"]),
        ("Tune", 0, {"style": "hymn"}, ["Soprano", "Alto", "Tenor", "Bass"]),
        ("Oboe", 68, {"ensemble": "choir"}, ["Oboe", "Alto", "Tenor", "Bass"]),
        ("Soprano", 53, {"ensemble": "choir"}, ["Soprano", "Alto", "Tenor", "Bass"]),
        (
            "Soprano",
            53,
            {"ensemble": "choir-organ"},
            ["Soprano", "Alto", "Tenor", "Bass", "Organ (right hand)", "Organ (left hand)"],
        ),
        (
            "Soprano",
            53,
            {"ensemble": "choir-strings-organ"},
            ["Soprano", "Alto", "Tenor", "Bass", "Violin 1", "Violin 2", "Organ"],
        ),
        ("Singer", 53, {"ensemble": "voice-piano"}, ["Singer", "Piano (right hand)", "Piano (left hand)"]),
        ("", 0, {"ensemble": "string-quartet"}, ["Violin 1", "Violin 2", "Viola", "Cello"]),
        ("Oboe", 68, {"ensemble": "string-quartet"}, ["Oboe", "Violin 2", "Viola", "Cello"]),
        ("Voice", 52, {"ensemble": "string-quartet"}, ["Voice", "Violin 1", "Violin 2", "Viola", "Cello"]),
        ("", 0, {"style": "lied"}, ["Voice", "Piano (right hand)", "Piano (left hand)"]),
        ("Piano", 0, {"ensemble": "string-quartet"}, ["Piano", "Violin 1", "Violin 2", "Viola", "Cello"]),
        ("", 0, {"ensemble": "piano"}, ["Piano (right hand)", "Piano (left hand)"]),
        ("", 0, {"ensemble": "jazz-trio"}, ["Piano (right hand)", "Piano (left hand)", "Bass", "Drums"]),
        (
            "Tune",
            0,
            {"style": "swing", "ensemble": "jazz-quartet"},
            ["Tenor saxophone", "Piano (right hand)", "Piano (left hand)", "Bass", "Drums"],
        ),
        ("", 0, {"style": "pop", "ensemble": "pop-group"}, ["Voice", "Guitar", "Keys", "Strings", "Bass", "Drums"]),
        ("", 0, {"ensemble": "guitar"}, ["", "Guitar"]),
    ],
)
def test_a_tune_on_no_instrument_is_the_top_voice(
    tiny_model: Path, name: str, program: int, asked: dict[str, object], expected: list[str]
) -> None:
    tune = Score((Part(name, program, TUNE[:33]),), time_signatures=SONG.time_signatures, keys=SONG.keys)
    done = accompany(tune, Brief.from_dict({**asked, "seed": 3}), model=str(tiny_model))
    assert [part.name for part in done.score.parts] == expected
    assert done.score.parts[0].notes == TUNE[:33]
    assert bool(done.report.get("warnings")) == (expected[0] != name)


@pytest.mark.parametrize(
    ("ensemble", "lead", "says"), [("wind-quintet", "Oboe", "Oboe plays it"), ("choir", "", "stays a separate part")]
)
def test_a_tune_beyond_the_lead_goes_to_another_player_or_a_line_says_so(
    tiny_model: Path, ensemble: str, lead: str, says: str
) -> None:
    low = (*TUNE[:15], replace(TUNE[15], pitch=59))
    tune = Score((Part("", 0, low),), time_signatures=SONG.time_signatures, keys=SONG.keys)
    done = accompany(tune, Brief.from_dict({"ensemble": ensemble, "seed": 3}), model=str(tiny_model))
    assert done.score.parts[0].name == lead
    assert done.score.parts[0].notes == low
    [warning] = done.report["warnings"]
    assert warning.endswith(says) or says in warning


@pytest.mark.parametrize(
    "asked",
    [{"ensemble": "string-quartet"}, {"ensemble": "choir"}, {"style": "pop"}, {"ensemble": "guitar"}, {"style": "rock"}],
)
def test_given_chords_of_one_beat_are_played(tiny_model: Path, asked: dict[str, object]) -> None:
    names = ["C", "F", "G", "C", "Am", "Am", "F", "G"] * 2
    tops = [72, 72, 71, 72, 72, 72, 72, 71] * 2
    tune = Part("Oboe", 68, tuple(Note(480 * beat, pitch, 480) for beat, pitch in enumerate(tops)))
    symbols = [ChordSymbol(480 * beat, Chord.parse(name)) for beat, name in enumerate(names)]
    key = (KeySignature(0, Key.parse("C major")),)
    given = Score((tune,), time_signatures=SONG.time_signatures, keys=key, chords=tuple(symbols))
    done = accompany(given, Brief.from_dict({**asked, "seed": 3}), model=str(tiny_model))
    added = [part for part in done.score.parts[1:] if not part.is_drum]
    for symbol in symbols[:-4]:
        sounding = [note for part in added for note in part.notes if note.start_ticks <= symbol.start_ticks < note.end_ticks]
        held = [note for note in sounding if note.start_ticks < symbol.start_ticks]
        assert symbol.chord is not None
        assert all(note.pitch % 12 in symbol.chord.pitch_classes for note in held)
        if asked.get("ensemble") != "choir":  # whose bass may sing another tone
            assert min(note.pitch for note in sounding) % 12 in symbol.chord.pitch_classes
    basses = [part for part in added if part.program in (32, 33)]
    for bass in basses:
        struck = {note.start_ticks: note.pitch % 12 for note in bass.notes}
        assert all(symbol.chord and struck.get(symbol.start_ticks) == symbol.chord.root for symbol in symbols[:4])


@pytest.mark.parametrize(
    ("verb", "asked"), [("continue", {"bars": 4}), ("infill", {}), ("accompany", {}), ("transfer", {"style": "waltz"})]
)
def test_roman_numerals_are_in_the_key_of_the_piece(tiny_model: Path, verb: str, asked: dict[str, object]) -> None:
    def done(chords: str) -> PieceRecord:
        brief = Brief.from_dict({**asked, "chords": chords, "seed": 3})
        return VERBS[verb].run(SONG, brief, {"bars": "5-8"} if verb == "infill" else {}, model=str(tiny_model))

    numerals, symbols = done("ii V7 I vi"), done("Am D7 G Em")
    assert numerals.brief.to_dict()["chords"] == "Am D7 G Em"
    assert numerals.score == symbols.score


def _cue() -> Score:
    """A melody in the horn below a quiet figure of the piano, over strings."""
    bars = range(8)
    horn = tuple(replace(TUNE[2 * half], start_ticks=960 * half, duration_ticks=960, velocity=88) for half in range(16))
    figure = [Note(240 * place, (74, 79, 83, 79)[place % 4], 200, 54) for place in range(64)]
    strings = [Note(1920 * bar, pitch, 1920, 60) for bar in bars for pitch in (62, 67)]
    cello, bass = ([Note(1920 * bar, pitch + bar % 2, 1920, 64) for bar in bars] for pitch in (50, 31))
    rows = [("Horn", 60, horn), ("Strings", 48, strings), ("Cello", 42, cello), ("Contrabass", 43, bass), ("Piano", 0, figure)]
    parts = tuple(Part(name, program, tuple(notes)) for name, program, notes in rows)
    return Score(parts, time_signatures=SONG.time_signatures, keys=SONG.keys)


@pytest.mark.parametrize("added", [("flute",), ("oboe", "viola"), ("clarinet",)])
def test_an_added_part_copies_no_given_part(tiny_model: Path, added: tuple[str, ...]) -> None:
    given = _cue()
    done = accompany(given, Brief(seed=1), add=added, model=str(tiny_model)).score
    for part in done.parts[len(given.parts) :]:
        mine = {(note.start_ticks, note.pitch) for note in part.notes}
        assert mine
        for other in given.parts:
            lead = other.name == "Horn"
            theirs = {(note.start_ticks, note.pitch) for note in other.notes}
            assert len(mine & theirs) < (0.3 if lead else 0.6) * len(mine), (part.name, other.name)


def test_the_melody_is_found_below_a_quiet_figure_and_named(tiny_model: Path) -> None:
    given = _cue()
    done = transfer(given, Brief.from_dict({"style": "string-quartet", "seed": 1}), model=str(tiny_model))
    assert [note.pitch % 12 for note in done.score.parts[0].notes] == [note.pitch % 12 for note in given.parts[0].notes]
    assert "the melody is that of Horn" in done.report["warnings"]


def test_a_piano_stays_below_the_melody_even_if_it_is_named(tiny_model: Path) -> None:
    tune = Score(SONG.parts[:1], time_signatures=SONG.time_signatures, keys=SONG.keys)
    result = accompany(tune, Brief.from_dict({"seed": 3}), add=("piano",), model=str(tiny_model)).score
    sung = {note.start_ticks: note.pitch for note in TUNE}
    above = [
        (note.start_ticks, note.pitch)
        for part in result.parts[1:]
        for note in part.notes
        if note.pitch > sung[note.start_ticks // 480 * 480]
    ]
    assert above == []


@pytest.mark.parametrize("ensemble", ["string-quartet", "piano"])
def test_a_plain_tune_is_accompanied_as_in_composed_pieces(tiny_model: Path, ensemble: str) -> None:
    tune = tuple(replace(note, pitch=note.pitch + 12) for note in (*TUNE[:60], Note(60 * 480, 67, 1920)))
    given = Score((Part("Flute", 73, tune),), time_signatures=SONG.time_signatures, keys=SONG.keys)
    result = accompany(given, Brief.from_dict({"ensemble": ensemble, "seed": 5}), model=str(tiny_model)).score
    sung = {note.start_ticks: note.pitch for note in tune}
    for part in result.parts[1:]:
        assert any({note.start_ticks % unit for note in part.notes} == {0} for unit in (240, 160)), "no other places"
        assert all(note.pitch <= sung[min(note.start_ticks // 480, 60) * 480] for note in part.notes)
    assert result.parts[0].notes == tune


UPBEAT = 3 * 480
LED_IN = Score(
    (Part("Voice", 52, tuple(replace(note, pitch=note.pitch + 7) for note in TUNE if note.start_ticks >= UPBEAT)),),
    time_signatures=SONG.time_signatures,
    keys=SONG.keys,
)


@pytest.mark.parametrize("asked", [{"instruments": ["piano", "cello"]}, {"style": "pop"}, {"style": "polka"}])
def test_added_parts_rest_until_the_upbeat(tiny_model: Path, asked: dict[str, object]) -> None:
    for seed in (1, 2):
        result = accompany(LED_IN, Brief.from_dict({**asked, "seed": seed}), model=str(tiny_model)).score
        assert min(note.start_ticks for _, note in result.notes()) == UPBEAT
        assert all(part.notes for part in result.parts[1:3])


@pytest.mark.parametrize("style", ["bossa", "lied"])
def test_an_upbeat_stays_one_in_another_style(tiny_model: Path, style: str) -> None:
    result = transfer(LED_IN, Brief.from_dict({"style": style, "seed": 1}), model=str(tiny_model)).score
    assert min(note.start_ticks for _, note in result.notes()) == UPBEAT
    assert result.upbeat_bars == 1


def test_a_variation_keeps_the_groove_of_a_band(tiny_model: Path) -> None:
    given = band("bossa")
    result = vary(given, 1.0, Brief.from_dict({"seed": 2}), model=str(tiny_model)).score
    rhythm = [index for index, part in enumerate(given.parts) if part.is_drum or part.program == 32]
    assert [result.parts[index].notes for index in rhythm] == [given.parts[index].notes for index in rhythm]
    assert result.parts[0].notes != given.parts[0].notes


@pytest.mark.parametrize("style", ["", "pop"])
def test_new_bars_go_on_a_tempo_after_a_ritardando(tiny_model: Path, style: str) -> None:
    end = SONG.bars[-1].end_ticks
    slower = tuple(Tempo(end - 3840 + 480 * beat, 92.0 - 4 * beat) for beat in range(8))
    song = replace(SONG, tempos=(Tempo(0, 92.0), *slower))
    brief = Brief.from_dict({"bars": 4, **({"style": style} if style else {})})
    longer = continue_(song, brief, model=str(tiny_model)).score
    assert longer.tempos[:-1] == song.tempos
    assert longer.tempos[-1] == Tempo(end, 92.0)
    steady = continue_(replace(song, tempos=song.tempos[:1]), brief, model=str(tiny_model)).score
    assert steady.tempos == song.tempos[:1]


@pytest.mark.parametrize(
    ("tempos", "expected"),
    [
        ([(0, 92)], 92),
        ([(0, 92), (15, 61)], 92),
        ([(0, 92), (12, 61)], 92),
        ([(0, 92), (11, 61)], 61),
        ([(0, 92), (14, 120)], 120),
        ([(bar, 120 - 4 * bar) for bar in range(16)], 76),
    ],
)
def test_only_a_fall_in_the_last_bars_is_undone(tempos: list[tuple[int, float]], expected: float) -> None:
    assert resumed_qpm(replace(SONG, tempos=tuple(Tempo(1920 * bar, qpm) for bar, qpm in tempos))) == expected


MODAL = Score(
    (
        Part(
            "Fiddle",
            40,
            tuple(
                Note(480 * i, p, 480)
                for i, p in enumerate((62, 66, 69, 72, 71, 67, 66, 64, 69, 72, 67, 64, 62, 66, 64, 62) * 2)
            ),
        ),
    ),
    time_signatures=(TimeSignature(0, 4, 4),),
    keys=(KeySignature(0, Key.parse("D mixolydian")),),
    composer="Ada Lovelace",
)


@pytest.mark.parametrize("options", [{"add": ("acoustic-guitar", "cello")}, {"add": ("piano",)}, {"brief": "bossa"}])
def test_accompaniments_in_a_church_mode_keep_to_it(options: dict[str, object], tiny_model: Path) -> None:
    style = options.get("brief")
    brief = Brief.from_dict({"seed": 3, **({"style": style} if style else {})})
    result = accompany(MODAL, brief, add=options.get("add", ()), model=str(tiny_model))
    key = Key.parse("D mixolydian")
    assert (result.score.key, result.score.composer, result.notation.composer) == (key, "Ada Lovelace", "Ada Lovelace")
    assert {note.pitch % 12 for part in result.score.parts if not part.is_drum for note in part.notes} <= key.scale
    chords = [symbol.chord for symbol in result.score.chords if symbol.chord]
    assert all(chord.pitch_classes <= key.scale for chord in chords)
    assert (chords[-1].root, chords[-1].reduced.pitch_classes >= {2, 6}) == (2, True)


def test_a_continuation_in_a_church_mode_keeps_to_it(tiny_model: Path) -> None:
    result = continue_(MODAL, Brief(seed=3, bars=4), model=str(tiny_model))
    [part] = result.score.parts
    assert {note.pitch % 12 for note in part.notes} <= Key.parse("D mixolydian").scale
    assert part.notes[-1].pitch % 12 in Key.parse("D mixolydian").tonic_triad.pitch_classes


@pytest.mark.parametrize("style", ["waltz", "mazurka"])
def test_a_waltz_in_another_meter_has_basses_and_chords_by_turns(tiny_model: Path, style: str) -> None:
    result = transfer(SONG, Brief.from_dict({"style": style, "seed": 2}), model=str(tiny_model))
    assert str(result.score.bars[0].time_signature) == "4/4"
    left = result.score.parts[1].notes
    counts = [[sum(note.start_ticks == 1920 * bar + 480 * beat for note in left) for beat in range(4)] for bar in range(15)]
    assert sum(bass == 1 and chord > 1 and again == 1 for bass, chord, again, _ in counts) >= 8
    assert len({note.velocity for _, note in result.score.notes()}) > 1
    assert result.report["warnings"][0].startswith("the piece stays in 4/4")


def test_a_jazz_waltz_in_four_is_swing(tiny_model: Path) -> None:
    result = transfer(SONG, Brief.from_dict({"style": "jazz-waltz", "seed": 2}), model=str(tiny_model)).score
    assert recognized_band(result) == "swing"


@pytest.mark.parametrize("added", ["acoustic-guitar-nylon", "harp", "piano"])
def test_an_accompaniment_begins_with_the_tune_and_is_softer(tiny_model: Path, added: str) -> None:
    tune = replace(SONG, parts=(Part("Tune", 0, tuple(replace(note, velocity=72) for note in TUNE)),))
    result = accompany(tune, Brief(seed=1), add=(added,), model=str(tiny_model)).score
    written = [note for part in result.parts[1:] for note in part.notes]
    assert min(note.start_ticks for note in written) == 0
    assert fmean(note.velocity for note in written) < 66
    assert len({note.velocity for note in written}) > 1


@pytest.mark.parametrize(("mood", "key"), [("sad", "E minor"), ("joyful", "G major"), (None, "G major")])
def test_the_mood_decides_the_mode_in_which_a_bare_tune_is_harmonized(tiny_model: Path, mood: str | None, key: str) -> None:
    tune = Score(SONG.parts[:1], time_signatures=SONG.time_signatures, keys=SONG.keys)
    brief = Brief.from_dict({"style": "lied", "seed": 1, **({"mood": mood} if mood else {})})
    result = transfer(tune, brief, model=str(tiny_model))
    assert str(result.score.key) == key
    lines = list(remarks(result))
    assert any("harmonized in E minor instead of G major" in line for line in lines) == (mood == "sad")
    assert any(f"mood: requested {mood} (valence" in line for line in lines) == bool(mood)
    stated = transfer(tune, brief, assumptions=Assumptions.parse(key="G major"), model=str(tiny_model))
    assert str(stated.score.key) == "G major"


def test_a_piece_with_a_harmony_keeps_its_key_and_says_so(tiny_model: Path) -> None:
    result = transfer(SONG, Brief.from_dict({"style": "lied", "mood": "sad", "seed": 1}), model=str(tiny_model))
    assert str(result.score.key) == "G major"
    assert any("the piece stays in G major, and with it much of its mood: --chords" in line for line in remarks(result))


def test_a_variation_of_a_tune_in_a_church_mode_keeps_to_it(tiny_model: Path) -> None:
    first, second = (
        (62, 67, 69, 71, 74, 72, 71, 72, 69, 65, 67, 62, 67, 69, 71, 74, 76),
        (77, 76, 74, 72, 74, 71, 72, 71, 69, 71, 69, 67, 65, 67, 69, 62),
    )
    tune = Score(
        (Part("", 0, tuple(Note(480 * place, pitch, 480) for place, pitch in enumerate((*first, *second)))),),
        time_signatures=(TimeSignature(0, 3, 4),),
        keys=(KeySignature(0, Key.parse("G mixolydian")),),
    )
    for seed in range(1, 4):
        result = vary(tune, 0.5, Brief(seed=seed), model=str(tiny_model)).score
        assert {note.pitch % 12 for part in result.parts for note in part.notes} <= Key.parse("G mixolydian").scale


@pytest.mark.parametrize("added", ["acoustic-guitar-nylon", "ukulele", "electric-guitar-clean"])
def test_a_guitar_added_to_a_tune_plays_chords(tiny_model: Path, added: str) -> None:
    tune = replace(SONG, parts=(Part("Tune", 0, TUNE),), chords=())
    result = accompany(tune, Brief(seed=1), add=(added,), model=str(tiny_model)).score
    guitar = result.parts[1].notes
    in_bars = [
        [note.pitch % 12 for note in guitar if bar.start_ticks <= note.start_ticks < bar.end_ticks] for bar in result.bars
    ]
    assert all(len(set(pitches)) >= 3 for pitches in in_bars)


@pytest.mark.parametrize("names", [["bass", "piano"], ["bass", "acoustic guitar", "strings"]])
def test_players_over_a_drum_loop_have_the_groove_of_its_style_and_a_progression(tiny_model: Path, names: list[str]) -> None:
    beats = [(36, (0, 1200)), (38, (480, 1440)), (42, tuple(range(0, 1920, 240)))]
    strokes = (Note(1920 * bar + start, key, 120) for bar in range(4) for key, starts in beats for start in starts)
    loop = Part("Drums", 0, tuple(sorted(strokes)), is_drum=True)
    given = Score((loop,), time_signatures=(TimeSignature(0, 4, 4),))
    done = accompany(given, Brief(seed=1), add=names, model=str(tiny_model)).score
    assert done.parts[0] == loop
    chords = ["Am", "F", "C", "G"]
    assert [symbol.chord.symbol() for symbol in done.chords if symbol.chord] == chords
    bass, *others = done.parts[1:]
    assert len(bass.notes) >= 4 * 4, "a bass line, not a held tone"
    for bar, name in enumerate(chords):
        first = next(note for note in bass.notes if note.start_ticks == 1920 * bar)
        assert first.pitch % 12 == Chord.parse(name).root
    assert all(part.notes for part in others)
