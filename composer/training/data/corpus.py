"""The training corpus as a stream of pieces: zips of MIDI with their manifests, or any folder of scores.

A piece is a score with the metadata of its source (style, composer, key; tempo and dynamics if they are genuine). A quartet
file with a whole work becomes one piece per movement. Files marked `misaligned` are skipped, as are works of the valid split
that are in the training split under another name (`leaks.toml`).

Knows nothing of labels (see `composer.training.data.labels`), quantization or tokens.
"""

from __future__ import annotations

import json
import logging
import os
import re
import tomllib
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.formats import READERS, read_score
from composer.formats.midi.smf import Limits
from composer.score import TICKS_PER_QUARTER, Chord, ChordSymbol, Key, KeySignature, Mode, Score
from composer.training.data import tagging
from composer.training.data.repair import LONG_BAR_TICKS, excerpt, halved, reinstrumented

_MODES: dict[str, Mode] = {
    "major": "major", "ionian": "major", "lydian": "major", "mixolydian": "major",
    "minor": "minor", "aeolian": "minor", "dorian": "minor", "phrygian": "minor", "locrian": "minor",
}  # fmt: skip
_SLOWEST_QPM, _FASTEST_QPM = 25.0, 320.0  # outside: a wrong note value in the source's metronome mark
_WHOLE_WORKS = Limits(max_minutes=180.0)  # a training file may be a whole opera
_FOLDER_VALID_SHARE = 20  # one file in 20 of a user's folder is held out
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A score and the metadata of its source.

    Attributes:
        id: unique in the corpus; ends in "#2" for the second movement of a file.
        source: name of the source (the stem of its zip), or "folder".
        split: "train" or "valid".
        license: SPDX identifier.
        credit: attribution that the license or courtesy requires.
        group: pieces with the same group must be in the same split.
        title: title and movement.
        score: the music; `score.key` is its main key if the source states one.
        composer: name of a composer preset, or `None`.
        genre: name of a genre style, or `None`.
        era: name of an era style, or `None`.
        tempo_known: whether a metronome mark, a tempo word or the file states the tempo; otherwise it is meaningless.
        dynamics_known: whether velocities come from written or played dynamics; otherwise they are meaningless.
        key_source: "annotated", "estimated" by the converter (mode or all of it), or "none".
        tempo_text: tempo word at the start.
        expressions: words for tempo, character and dynamics with their bars, counted from 1.
        lyrics: sung text; empty if there is none.
    """

    id: str
    source: str
    split: str
    license: str
    credit: str
    group: str
    title: str
    score: Score
    composer: str | None = None
    genre: str | None = None
    era: str | None = None
    tempo_known: bool = True
    dynamics_known: bool = True
    key_source: str = "none"
    tempo_text: str | None = None
    expressions: tuple[tuple[int, str], ...] = ()
    lyrics: str = ""

    @property
    def key(self) -> Key | None:
        """The main key if the source states one, else `None`."""
        return self.score.key

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of the piece's styles, genre before era."""
        return tuple(style for style in (self.genre, self.era) if style)


@dataclass(frozen=True, slots=True)
class CorpusItem:
    """Location of a piece: manifest line and the bars of its movement (from 1, end exclusive, `None` for the last)."""

    folder: Path
    source: str
    line: int
    movement: int = 0
    first_bar: int = 1
    end_bar: int | None = None

    @property
    def row(self) -> Mapping[str, Any]:
        """The manifest line."""
        return _manifest(self.folder, self.source)[self.line]

    @property
    def id(self) -> str:
        """Id of the piece."""
        return f"{self.row['id']}#{self.movement}" if self.movement else str(self.row["id"])


def sources(folder: Path) -> tuple[str, ...]:
    """Sorted names of the sources in a corpus folder.

    Raises:
        BadInputError: the folder contains none.
    """
    found = tuple(sorted(path.name.removesuffix(".manifest.jsonl") for path in folder.glob("*.manifest.jsonl")))
    if not found:
        raise BadInputError(f"{folder} contains no corpus: expected pairs of NAME.zip and NAME.manifest.jsonl")
    return found


def list_items(
    folder: Path,
    only: Collection[str] | None = None,
    splits: Collection[str] | None = None,
    *,
    keep_leaks: bool = False,
) -> tuple[CorpusItem, ...]:
    """Lists all usable pieces of a corpus folder in a fixed order, without reading their notes.

    Args:
        folder: folder with zips and manifests.
        only: names of sources, `None` for all.
        splits: "train", "valid" or both, `None` for all.
        keep_leaks: keep held-out pieces of works that are also in the training split.

    Raises:
        BadInputError: the folder contains no corpus, or a source is unknown.
    """
    present = sources(folder)
    for name in only or ():
        if name not in present:
            raise BadInputError(f"source {name!r} is not in {folder}: choose from {', '.join(present)}")
    leaks = frozenset[str]() if keep_leaks else leaked_ids()
    items: list[CorpusItem] = []
    for source in present:
        if only is None or source in only:
            for line, row in enumerate(_manifest(folder, source)):
                in_split = splits is None or row["split"] in splits
                if in_split and not row.get("misaligned") and not (row["split"] == "valid" and row["id"] in leaks):
                    items.extend(_movements(CorpusItem(folder, source, line)))
    return tuple(items)


@cache
def leaked_ids() -> frozenset[str]:
    """Ids in the valid split of works that are also in the training split (found by `tools/fit/leaks.py`)."""
    text = files("composer.training.data").joinpath("leaks.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["leaks"])


@cache
def _manifest(folder: Path, source: str) -> tuple[Mapping[str, Any], ...]:
    with (folder / f"{source}.manifest.jsonl").open(encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


@cache
def _archive(folder: Path, source: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(folder / f"{source}.zip")


_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")


def _movements(item: CorpusItem) -> Iterator[CorpusItem]:
    """The item itself, or one item per movement if the score numbers them "I.", "II. Scherzo" ..."""
    row = item.row
    starts = [1]
    if item.source == "quartets" and any(bar == 1 and _numeral(text) == "I" for bar, text in row["expressions"]):
        breaks = {bar for bar, _ in (*row["meters"], *row["key_changes"])}
        for numeral in _NUMERALS[1:]:
            found = [
                bar
                for bar, text in row["expressions"]
                if bar > starts[-1] + 8 and _numeral(text) == numeral and (re.match(r"[IVX]+\.", text) or bar in breaks)
            ]
            if not found:
                break
            starts.append(found[0])
    if len(starts) == 1:
        yield item
        return
    for index, (first, end) in enumerate(zip(starts, [*starts[1:], None], strict=True)):
        yield replace(item, movement=index + 1, first_bar=first, end_bar=end)


def _numeral(text: str) -> str:
    """The Roman numeral at the start of a movement title, or nothing ("IV Corda" is a string of the violin)."""
    match = re.match(r"([IVX]+)(?:\.(?:\s|$)|$)", text.strip())
    return match[1] if match else ""


@lru_cache(maxsize=1)
def _read_line(folder: Path, source: str, line: int) -> Score:
    """The score of a manifest line; the last one is cached because movements of a file follow each other."""
    from composer.formats.midi.midi_score import read_midi

    row = _manifest(folder, source)[line]
    score = read_midi(_archive(folder, source).read(row["midi"]), _WHOLE_WORKS)
    return reinstrumented(score, tagging.track_instruments(row), row["track_names"])


def read_item(item: CorpusItem) -> Piece:
    """Reads one piece.

    Raises:
        BadInputError: its MIDI file cannot be read.
    """
    row = item.row
    score = _read_line(item.folder, item.source, item.line)
    bars = score.bars
    first, end = item.first_bar - 1, len(bars) if item.end_bar is None else min(item.end_bar - 1, len(bars))
    score = excerpt(score, first, end) if item.movement else score
    score = halved(score) if score.bars[0].time_signature.bar_ticks >= LONG_BAR_TICKS else score
    expressions = tuple((bar - first, str(text)) for bar, text in row["expressions"] if first < bar <= end)
    key = _key_of(row, item.first_bar)
    later = item.movement > 1  # the manifest's tempo and key are those of the first movement
    return Piece(
        id=item.id,
        source=item.source,
        split=row["split"],
        license=row["license"],
        credit=row.get("credit") or _tables()["credits"][item.source],
        group=row["group"],
        title=(row["title"] or "") + (f" ({_NUMERALS[item.movement - 1]})" if item.movement else ""),
        score=replace(score, title=row["title"] or "", keys=_keys(score, key), chords=_chords(row, score)),
        **_tags(item.source, row),
        tempo_known=_tempo_known(row, score, later),
        dynamics_known=bool(row["dynamics"]),
        key_source=_key_source(row, key),
        tempo_text=next((text for bar, text in expressions if bar == 1), None) if later else row["tempo_text"],
        expressions=expressions,
        lyrics=row.get("lyrics") or "",
    )


def weight(piece: Piece) -> float:
    """Sampling weight of a note of this piece when training rows are drawn; 1 is average."""
    return 1.0 if piece.source == "folder" else style_weight(piece.genre)


def style_weight(genre: str | None) -> float:
    """Sampling weight of a note of a corpus piece of this genre (`corpus.toml` gives the reasons)."""
    return float(_tables()["style_weights"][genre or "none"])


def _tags(source: str, row: Mapping[str, Any]) -> dict[str, Any]:
    composer = tagging.composer_of(row.get("composer")) if source not in tagging.CONTEMPORARY else None
    return {
        "composer": composer.name if composer else None,
        "genre": tagging.genre_style(source, row),
        "era": tagging.era_style(source, row),
    }


def _chords(row: Mapping[str, Any], score: Score) -> tuple[ChordSymbol, ...]:
    """Chord symbols of a lead sheet, given as [bar from 1, beat from 1 in the meter's denominator, symbol]."""
    bars = score.bars
    found: dict[int, ChordSymbol] = {}
    for bar, beat, text in row.get("chords") or ():
        if not 1 <= bar <= len(bars):
            continue
        meter = bars[bar - 1].time_signature
        tick = bars[bar - 1].start_ticks + round((beat - 1) * 4 * TICKS_PER_QUARTER / meter.denominator)
        try:
            found[tick] = ChordSymbol(tick, None if text == "N.C." else Chord.parse(text))
        except BadInputError:  # a symbol that the source left unnamed
            continue
    return tuple(found[tick] for tick in sorted(found))


def _key_of(row: Mapping[str, Any], bar: int) -> Key | None:
    """The annotated key at a bar; church modes become major or minor by their third, with their final as tonic."""
    text = row["key"]
    for start, changed in row["key_changes"] if bar > 1 else ():
        text = changed if start <= bar else text
    match = re.fullmatch(r"([A-G][#b-]*) (\w+)", text or "")
    if not match or match[2] not in _MODES:
        return None
    try:
        return Key.parse(f"{match[1].replace('-', 'b')} {_MODES[match[2]]}")
    except BadInputError:  # more than seven accidentals, or a double accidental
        return None


def _keys(score: Score, key: Key | None) -> tuple[KeySignature, ...]:
    """The annotated key at the start, then the changes that the file states."""
    return (KeySignature(0, key), *(change for change in score.keys if change.start_ticks > 0)) if key else ()


def _tempo_known(row: Mapping[str, Any], score: Score, later: bool) -> bool:
    """Whether the tempo is stated for this movement and is plausible."""
    bar = score.bars[0].end_ticks
    stated = row["tempo_source"] != "default" and (not later or any(tempo.start_ticks < bar for tempo in score.tempos))
    return stated and _SLOWEST_QPM <= score.qpm_at(bar - 1) <= _FASTEST_QPM


def _key_source(row: Mapping[str, Any], key: Key | None) -> str:
    if key is None:
        return "none"
    # Sequencers write C major into every file, so the key signature of a MIDI file is not an annotation.
    return "estimated" if row.get("key_source") in ("estimated", "midi") else "annotated"


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(files("composer.training.data").joinpath("corpus.toml").read_text(encoding="utf-8"))


def iter_folder(folder: Path) -> Iterator[Piece]:
    """Reads every MIDI, MusicXML, kern or ABC file below a folder, ordered by path.

    One file in twenty, chosen by the hash of its path, is in the valid split. Unreadable files are logged and skipped.

    Raises:
        BadInputError: the folder contains no file of a known format.
    """
    for path in folder_paths(folder):
        name = path.relative_to(folder).as_posix()
        try:
            yield read_file(path, name)
        except BadInputError as error:
            _log.warning("skipped %s: %s", name, error)


def folder_paths(folder: Path) -> list[Path]:
    """Score files below a folder, sorted.

    Raises:
        BadInputError: there is none.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in READERS and path.is_file())
    if not paths:
        raise BadInputError(f"{folder} contains no score: expected files ending in {' '.join(READERS)}")
    return paths


def read_file(path: Path, name: str) -> Piece:
    """A file of a user's folder as a piece; `name` is its path below the folder.

    Raises:
        BadInputError: it cannot be read.
    """
    score = read_score(path, _WHOLE_WORKS)
    shown, stem = (each.encode("utf-8", "backslashreplace").decode() for each in (name, path.stem))  # names may be any bytes
    return Piece(
        id=f"folder/{shown}",
        source="folder",
        split="valid" if int(sha256(os.fsencode(name)).hexdigest(), 16) % _FOLDER_VALID_SHARE == 0 else "train",
        license="unknown",
        credit="",
        group=shown,
        title=score.title or stem,
        score=score,
        tempo_known=bool(score.tempos),
        dynamics_known=len({note.velocity for _, note in score.notes()}) > 1,
        key_source="annotated" if score.key else "none",
    )
