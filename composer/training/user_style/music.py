"""Turns a user's files into training data for a user style: reads, analyzes, splits by file and tokenizes them.

Files are analyzed as in `composer.rework`: performances are quantized, and key and meter are estimated if they are not
written. Knows nothing of networks.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from composer.errors import BadInputError
from composer.presets import ensembles, fold, resolve_composer, resolve_style
from composer.presets.user_styles import checked_name, read_styles
from composer.score import Score
from composer.tokenizer import Tokenizer
from composer.tokenizer.piece import TokenizedPiece
from composer.training.data.corpus import Piece, folder_paths, read_file
from composer.training.data.labels import label
from composer.training.data.shards import PieceInfo, write_shard
from composer.understanding import understand

LEAST_NOTES = 500  # with fewer, a style cannot be separated from its one or two melodies
ENOUGH_FILES = 20
_HELD_OUT_SHARE = 0.15
_MOST_BARS = 1024


@dataclass(frozen=True, slots=True)
class UserMusic:
    """A user's pieces, split into training and held-out ones.

    Attributes:
        train: training pieces.
        held_out: pieces for measuring.
        left_out: name and reason for every skipped file.
    """

    train: tuple[Piece, ...]
    held_out: tuple[Piece, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All pieces."""
        return (*self.train, *self.held_out)

    @property
    def n_notes(self) -> int:
        """Number of training notes."""
        return sum(map(_notes, self.train))


def read_music(folder: Path, report: Callable[[float], None] = lambda fraction: None) -> UserMusic:
    """Reads and understands the score files below a folder.

    Raises:
        BadInputError: no folder, no readable file, a single piece, or fewer than `LEAST_NOTES` notes.
    """
    left_out: list[tuple[str, str]] = []
    pieces: list[Piece] = []
    paths = score_files(folder)
    for index, path in enumerate(paths):
        name = path.relative_to(folder).as_posix()
        try:
            pieces.append(_understood(read_file(path, name)))
        except BadInputError as error:
            left_out.append((name, str(error)))
        report((index + 1) / len(paths))
    return split(pieces, left_out)


def score_files(folder: Path) -> list[Path]:
    """The score files below a folder.

    Raises:
        BadInputError: it is not a folder, or contains no score file.
    """
    if not folder.is_dir():
        raise BadInputError(f"{folder} is not a folder: give one with your MIDI, MusicXML, kern or ABC files")
    return folder_paths(folder)


def check_free(name: str, replace_old: bool) -> None:
    """Checks that a name can be given to a new style.

    Raises:
        BadInputError: it is not a valid name, names a shipped preset, or names a user style that must not be replaced.
    """
    checked_name(name)
    if name in read_styles():
        if not replace_old:
            raise BadInputError(
                f"style {name!r} already exists: use another name, or replace it (overwrite=True, or --replace)"
            )
        return
    for kind, resolve in (("style", resolve_style), ("composer", resolve_composer)):
        try:
            taken = resolve(name).name
        except BadInputError:
            continue
        raise BadInputError(f"name {name!r} already means the {kind} {taken}: choose another name")
    if fold(name) in ensembles():
        raise BadInputError(f"name {name!r} already means an ensemble: choose another name")


def _understood(piece: Piece) -> Piece:
    """The piece after `understand`.

    Raises:
        BadInputError: it has no notes or is too long.
    """
    understood = understand(piece.score)
    bars = len(understood.score.bars)
    if bars > _MOST_BARS:
        raise BadInputError(f"{bars} bars are too many: cut the piece to at most {_MOST_BARS}")
    return replace(piece, score=understood.score, tempo_known=piece.tempo_known or understood.timing == "performed")


def split(pieces: Iterable[Piece], left_out: Iterable[tuple[str, str]] = ()) -> UserMusic:
    """Splits pieces by file and holds out about one in seven.

    Pieces with identical notes are used once. Files in a folder that differ only in their suffix stay together.

    Raises:
        BadInputError: a single piece, or fewer than `LEAST_NOTES` notes.
    """
    unique: dict[str, Piece] = {}
    doubles = []
    for piece in pieces:
        other = unique.setdefault(_content(piece.score), piece)
        if other is not piece:
            doubles.append((piece.group, f"has the same notes as {other.group}"))
    works: dict[str, list[Piece]] = {}
    for piece in unique.values():
        works.setdefault(Path(piece.group).with_suffix("").as_posix().casefold(), []).append(piece)
    if len(works) < 2:
        count = "one readable piece is" if works else "no readable piece is"
        raise BadInputError(f"{count} not enough: give 20 to 200 files, or use compose --influence FILE")
    order = sorted(works, key=lambda name: sha256(name.encode()).hexdigest())
    held = max(1 if len(order) < 6 else 2, round(len(order) * _HELD_OUT_SHARE))
    train, held_out = (tuple(piece for name in names for piece in works[name]) for names in (order[held:], order[:held]))
    music = UserMusic(train, held_out, (*left_out, *doubles))
    if music.n_notes < LEAST_NOTES:
        raise BadInputError(f"{music.n_notes} training notes are too few: give more files, at least {LEAST_NOTES} notes")
    return music


def _content(score: Score) -> str:
    notes = sorted((note.start_ticks, note.pitch, note.duration_ticks) for _, note in score.notes())
    return sha256(repr(notes).encode()).hexdigest()


def _notes(piece: Piece) -> int:
    return sum(len(part.notes) for part in piece.score.parts)


def write_training_data(music: UserMusic, tokenizer: Path, folder: Path, style: str) -> None:
    """Writes shards for fine-tuning: `train` and `valid` with a style's token, and `plain`, the held-out pieces without it.

    Args:
        music: the pieces.
        tokenizer: the model's tokenizer.json.
        folder: an existing folder.
        style: value of the style token.
    """
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    tokens = Tokenizer.load(tokenizer)
    for name, pieces, styles in (
        ("train", music.train, (style,)),
        ("valid", music.held_out, (style,)),
        ("plain", music.held_out, ()),
    ):
        write_shard(folder / name, list(_tokenised(pieces, tokens, styles)))


def _tokenised(
    pieces: Sequence[Piece], tokenizer: Tokenizer, styles: tuple[str, ...]
) -> Iterable[tuple[PieceInfo, TokenizedPiece]]:
    longest = 4 * sorted(map(_notes, pieces))[len(pieces) // 2]
    for piece in pieces:
        score, controls = label(piece)
        count = _notes(piece)
        # A piece is weighted by its length up to four times the median, so that one long work does not define the style.
        weight = min(1.0, longest / count) if count else 1.0
        yield (
            PieceInfo(piece.id, "user", count, weight),
            tokenizer.tokenize(score, replace(controls, styles=styles, composer=None)),
        )
