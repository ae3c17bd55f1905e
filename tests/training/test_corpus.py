"""Reading the corpus: manifest fields to pieces, movements, repairs, user folders."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from composer import presets
from composer.errors import BadInputError
from composer.formats.midi.midi_score import write_midi
from composer.score import Key, KeySignature, Marker, Note, Part, Score, Tempo, TimeSignature
from composer.training.data import corpus, tagging
from composer.training.data.repair import excerpt, halved, reinstrumented
from composer.training.data.tagging import TrackInstrument


def _row(**values: object) -> dict[str, object]:
    row = {
        "id": "quartets/x",
        "midi": "x.mid",
        "license": "CC0-1.0",
        "credit": "somebody",
        "title": "A Waltz",
        "composer": "F. Chopin",
        "composer_dates": None,
        "year": None,
        "genre": "waltz",
        "instruments": ["Acoustic Grand Piano"] * 2,
        "track_names": ["Piano (right hand)", "Piano (left hand)"],
        "key": "D dorian",
        "key_changes": [],
        "meters": [[1, "3/4"]],
        "tempo_text": "Lento",
        "tempo_source": "text",
        "expressions": [[1, "Lento"], [3, "dolce"]],
        "dynamics": False,
        "split": "train",
        "group": "g",
    }
    return row | values


def _piano(bars: int = 4, **score: object) -> Score:
    def hand(pitch: int) -> tuple[Note, ...]:
        return tuple(Note(1440 * bar + 480 * beat, pitch + beat, 480) for bar in range(bars) for beat in range(3))

    parts = (Part("a", 0, hand(72)), Part("b", 0, hand(48)))
    return Score(parts, (Tempo(0, 50.0),), (TimeSignature(0, 3, 4),), **score)


@pytest.fixture
def make_corpus(tmp_path: Path):
    def make(source: str, *entries: tuple[dict[str, object], Score]) -> Path:
        with zipfile.ZipFile(tmp_path / f"{source}.zip", "w") as archive:
            for index, (row, score) in enumerate(entries):
                row["midi"] = f"{index}.mid"
                write_midi(score, tmp_path / "one.mid")
                archive.write(tmp_path / "one.mid", row["midi"])
        lines = "".join(json.dumps(row) + "\n" for row, _ in entries)
        (tmp_path / f"{source}.manifest.jsonl").write_text(lines)
        return tmp_path

    return make


def test_a_manifest_line_becomes_a_piece(make_corpus) -> None:
    folder = make_corpus("mutopia", (_row(), _piano()))
    (piece,) = map(corpus.read_item, corpus.list_items(folder))
    assert (piece.composer, piece.genre, piece.era) == ("chopin", "waltz", "romantic")
    assert piece.styles == ("waltz", "romantic")
    assert str(piece.key) == "D minor"  # Dorian becomes minor by its third
    assert piece.key_source == "annotated"
    assert piece.tempo_known
    assert not piece.dynamics_known
    assert [part.name for part in piece.score.parts] == ["Piano (right hand)", "Piano (left hand)"]
    assert piece.expressions == ((1, "Lento"), (3, "dolce"))
    assert corpus.weight(piece) > 1


def test_misaligned_and_leaked_pieces_are_left_out(make_corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [_row(id="a", misaligned=True), _row(id="b", split="valid"), _row(id="c"), _row(id="d", split="valid")]
    folder = make_corpus("mutopia", *((row, _piano()) for row in rows))
    monkeypatch.setattr(corpus, "leaked_ids", lambda: frozenset({"b", "c"}))
    assert [item.id for item in corpus.list_items(folder)] == ["c", "d"]  # only the valid split excludes leaks
    assert [item.id for item in corpus.list_items(folder, splits=["valid"])] == ["d"]


def test_numbered_movements_become_separate_pieces(make_corpus) -> None:
    expressions = [[1, "I."], [1, "Allegro"], [5, "II"], [11, "IV Corda"], [21, "II. Scherzo"], [21, "Presto"], [25, "III"]]
    row = _row(genre="string quartet", key="D major", key_changes=[[21, "B minor"]], expressions=expressions)
    score = _piano(40, keys=(KeySignature(0, Key.parse("D")), KeySignature(20 * 1440, Key.parse("Bm"))))
    folder = make_corpus("quartets", (row, score))
    first, second = map(corpus.read_item, corpus.list_items(folder))
    assert [first.id, second.id] == ["quartets/x#1", "quartets/x#2"]
    assert [len(first.score.bars), len(second.score.bars)] == [20, 20]
    assert [str(first.key), str(second.key)] == ["D major", "B minor"]
    assert first.tempo_known
    assert not second.tempo_known  # it states no tempo
    assert second.expressions == ((1, "II. Scherzo"), (1, "Presto"), (5, "III"))
    assert second.score.parts[0].notes[0] == Note(0, 72, 480)
    assert first.group == second.group


@pytest.mark.parametrize(
    ("qpm", "source", "known"),
    [(50.0, "text", True), (50.0, "default", False), (12.0, "midi", False), (350.0, "metronome", False)],
)
def test_a_tempo_is_known_if_stated_and_plausible(make_corpus, qpm: float, source: str, known: bool) -> None:
    score = _piano()
    folder = make_corpus("mutopia", (_row(tempo_source=source), Score(score.parts, (Tempo(0, qpm),), score.time_signatures)))
    (piece,) = map(corpus.read_item, corpus.list_items(folder))
    assert piece.tempo_known is known


@pytest.mark.parametrize(
    ("key_source", "expected"), [("score", "annotated"), ("midi", "estimated"), ("estimated", "estimated")]
)
def test_a_key_that_nobody_wrote_is_no_annotation(make_corpus, key_source: str, expected: str) -> None:
    (piece,) = map(corpus.read_item, corpus.list_items(make_corpus("mutopia", (_row(key_source=key_source), _piano()))))
    assert piece.key_source == expected


def test_unknown_source_and_empty_folder_are_refused(make_corpus, tmp_path: Path) -> None:
    folder = make_corpus("mutopia", (_row(), _piano()))
    with pytest.raises(BadInputError, match="mutopia"):
        corpus.list_items(folder, only=["lieder"])
    with pytest.raises(BadInputError, match="no corpus"):
        corpus.list_items(tmp_path / "nowhere")


def test_a_users_file_may_have_any_bytes_as_its_name(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.mid")
    write_midi(_piano(title=""), tmp_path / "plain.mid")
    try:
        (tmp_path / "plain.mid").rename(tmp_path / name)
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    (piece,) = corpus.iter_folder(tmp_path)
    assert [text.encode() for text in (piece.id, piece.group, piece.title)] == [
        b"folder/\\udcff\\udcfe.mid", b"\\udcff\\udcfe.mid", b"\\udcff\\udcfe",
    ]  # fmt: skip


def test_a_users_folder_is_read_completely_and_split_by_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for index in range(60):
        (tmp_path / "sub").mkdir(exist_ok=True)
        write_midi(_piano(title=f"no {index}"), tmp_path / "sub" / f"{index:02}.mid")
    hour = Part("Cello", 42, (Note(480 * 3600, 48, 480),))
    write_midi(Score((hour,), tempos=(Tempo(0, 60.0),), title="no 3"), tmp_path / "sub" / "03.mid")
    (tmp_path / "broken.mid").write_bytes(b"MThd no")
    (tmp_path / "notes.txt").write_text("not music")
    pieces = list(corpus.iter_folder(tmp_path))
    assert len(pieces) == 60
    assert "broken.mid" in caplog.text
    assert pieces[3].title == "no 3"
    splits = Counter(piece.split for piece in pieces)
    assert 1 <= splits["valid"] <= 9
    shutil.copytree(tmp_path / "sub", tmp_path / "copy" / "sub")
    again = {piece.id: piece.split for piece in corpus.iter_folder(tmp_path / "copy")}
    assert again == {piece.id: piece.split for piece in pieces}
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="no score"):
        list(corpus.iter_folder(tmp_path / "empty"))


def test_excerpt_moves_to_the_start_and_cuts_at_the_end() -> None:
    score = _piano(6, keys=(KeySignature(0, Key.parse("G")),), markers=(Marker(0, "A"),))
    long = Part("pedal", 19, (Note(0, 36, 1440 * 6), Note(2880, 40, 1440 * 4)))
    cut = excerpt(Score((*score.parts, long), score.tempos, score.time_signatures, score.keys), 2, 4)
    assert len(cut.bars) == 2
    assert cut.parts[2].notes == (Note(0, 40, 2880),)
    assert cut.tempos == ()
    assert str(cut.key) == "G major"
    assert str(cut.bars[0].time_signature) == "3/4"


def test_halving_does_not_change_the_sound() -> None:
    score = Score(
        (Part("Cantus", 52, (Note(0, 67, 3840), Note(3840, 69, 1920))),),
        (Tempo(0, 160.0),),
        (TimeSignature(0, 2, 1), TimeSignature(7680, 3, 1)),
        end_ticks=7680 + 5760,
    )
    short = halved(score)
    assert [str(bar.time_signature) for bar in short.bars] == ["2/2", "2/2", "3/2"]
    assert len(short.bars) == len(score.bars)
    assert short.duration_s == pytest.approx(score.duration_s)
    assert short.seconds_at(short.parts[0].notes[1].start_ticks) == pytest.approx(score.seconds_at(3840))


def test_drum_tracks_are_joined() -> None:
    kit = [Part("Kick", 0, (Note(0, 36, 60, 90), Note(480, 36, 60)), True), Part("Snare", 0, (Note(480, 38, 60),), True)]
    double = Part("Kick 2", 0, (Note(0, 36, 60, 100),), True)
    empty = Part("Choir", 52)
    score = Score((kit[0], Part("Bass", 33, (Note(0, 40, 480),)), kit[1], double, empty))
    joined = reinstrumented(score, [TrackInstrument(0, True)], ["too short"])
    assert [part.name for part in joined.parts] == ["Bass", "Drums"]
    assert joined.parts[1].notes == (Note(0, 36, 60, 100), Note(480, 36, 60), Note(480, 38, 60))


def test_a_bass_below_the_violins_is_not_a_singer() -> None:
    orchestra = {
        "instruments": ["Violin", "Violin", "Viola", "Choir Aahs"],
        "track_names": ["Violin 1", "Violin 2", "Viola", "Bass"],
    }
    assert tagging.track_instruments(_row(**orchestra))[3] == TrackInstrument(43)
    choir = {
        "instruments": ["Violin", "Choir Aahs", "Choir Aahs", "Church Organ"],
        "track_names": ["Violin", "Soprano", "Bass", "Organ"],
    }
    assert tagging.track_instruments(_row(**choir))[2] == TrackInstrument(52)


@pytest.mark.parametrize(
    ("source", "values", "genre", "era"),
    [
        (
            "games",
            {"genre": "game metal", "instruments": ["Distortion Guitar", "Drums"], "title": "E1M1"},
            "metal",
            "contemporary",
        ),
        ("groove", {"genre": "drums: jazz", "instruments": ["Drums"], "title": "x"}, "jazz-drums", "contemporary"),
        (
            "polish-scores",
            {"genre": "mass", "instruments": ["Choir Aahs"] * 4, "composer": "Anonim", "century": 16},
            "mass",
            "renaissance",
        ),
        (
            "polish-scores",
            {"genre": None, "title": "Mazur No. 3", "composer": "X", "composer_dates": "~1800-~1870"},
            "mazurka",
            "romantic",
        ),
        (
            "polish-scores",
            {
                "genre": "opera",
                "sacred_secular": "sacred",
                "instruments": ["Violin"] * 2 + ["Choir Aahs"] * 2,
                "title": "Aria",
                "composer": "Hasse, Johann Adolf",
            },
            "sacred-concerto",
            "classical",
        ),
        (
            "lieder",
            {
                "genre": "lied",
                "instruments": ["Choir Aahs"] + ["Acoustic Grand Piano"] * 2,
                "title": "Lied",
                "composer": "Amy Beach",
            },
            "lied",
            "romantic",
        ),
        (
            "mutopia",
            {"genre": "classical piece", "instruments": ["Trumpet"], "title": "Solo", "composer": None, "year": 1780},
            None,
            "classical",
        ),
        (
            "mutopia",
            {
                "genre": "organ piece",
                "instruments": ["Pan Flute"] * 3,
                "source_instrument": "Organ",
                "title": "Choral",
                "composer": "Johann Sebastian BACH",
            },
            "organ",
            "baroque",
        ),
    ],
)
def test_styles_by_rule(source: str, values: dict[str, object], genre: str | None, era: str) -> None:
    names = [f"part {index}" for index in range(len(values.get("instruments", [])) or 2)]
    row = _row(track_names=names, **values)
    assert tagging.genre_style(source, row) == genre
    assert tagging.era_style(source, row) == era


def test_every_rule_names_a_learned_style_that_has_a_weight() -> None:
    rules = tagging._tables()["rule"]
    named = {rule["style"] for rule in rules}
    genres = {style.name for style in presets.styles().values() if style.kind == "genre"}
    assert named == genres
    assert set(corpus._tables()["style_weights"]) == genres | {"none"}


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Johann Sebastian BACH", "bach"),
        ("Johann Sebastian Bach, BWV 542", "bach"),
        ("[Chopin, Fryderyk]", "chopin"),
        ("F. Chopin. Op.6, No.1.", "chopin"),
        ("W. A. Mozart", "mozart"),
        ("Franz Schubert 1797 - 1828 Op. 94, No. 3", "schubert"),
        ("Fanny (Mendelssohn) Hensel", "hensel"),
        ("Clara Wieck", "clara-schumann"),
        ("Carl Philipp Emanuel Bach", None),
        ("Michael Haydn", None),
        ("Anonim", None),
        ("Luise Greger", None),
        ("", None),
        (None, None),
    ],
)
def test_composers_are_known_by_the_spellings_of_the_sources(spelling: str | None, name: str | None) -> None:
    found = tagging.composer_of(spelling)
    assert (found.name if found else None) == name


def test_the_corpus_is_read(corpus_folder: Path) -> None:
    items = corpus.list_items(corpus_folder)
    assert len({item.id for item in items}) == len(items) > 11_000
    assert {item.row["split"] for item in items} == {"train", "valid"}
    for item in items[::1200]:
        piece = corpus.read_item(item)
        assert piece.id == item.id
        assert sum(len(part.notes) for part in piece.score.parts) > 0
        assert piece.credit
        assert corpus.weight(piece) > 0
        assert piece.genre is None or piece.genre in presets.style_names()
