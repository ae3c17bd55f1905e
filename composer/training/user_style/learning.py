"""Learns a user style from a folder of music: reads the files, fine-tunes a model and saves the style."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.locks import LOCK_FILE, is_locked, locked
from composer.model.adapter import to_bytes
from composer.model.checkpoint import find_model, fingerprint
from composer.originality import INDEX_FILE, Index, Source, build_index, lines_of
from composer.presets import reload_user_styles
from composer.presets.user_styles import ADAPTER_FILE, STYLE_TOKEN, UserStyle, save_style, styles_folder
from composer.training.data.corpus import Piece
from composer.training.user_style.counting import habits_of
from composer.training.user_style.finetune import Tuned, Tuning, tune
from composer.training.user_style.music import ENOUGH_FILES, UserMusic, check_free, read_music, write_training_data

Progress = Callable[[float, str], None]
_WORKSPACE = ".learning-"  # prefix of folders with the user's tokenized music
_READING = 0.1  # of the progress bar
_VERSIONS_NOTES = 100  # shared in a row by two files: more than a quoted theme


@dataclass(frozen=True, slots=True)
class Learned:
    """A learned style and the result of learning.

    Attributes:
        style: record of the style.
        music: the music it was learned from.
        tuned: result of fine-tuning.
        held_out_overlap: longest passage, in notes, that a held-out piece shares with the training pieces.
    """

    style: UserStyle
    music: UserMusic
    tuned: Tuned
    held_out_overlap: int

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user, one per line."""
        lines = [f"skipped {name}: {reason}" for name, reason in self.music.left_out]
        if (count := len(self.music.pieces)) < ENOUGH_FILES:
            lines.append(f"{count} files give only a tint: give at least {ENOUGH_FILES} for a distinct style")
        if self.style.bits_after >= min(self.style.bits_before, self.style.bits_nearest):
            lines.append(f"held-out music is not predicted better than with style {self.style.nearest}: add more files")
        if self.held_out_overlap > _VERSIONS_NOTES:
            lines.append(
                f"a held-out file shares {self.held_out_overlap} consecutive notes with a training file: several versions "
                "of a piece make the figures look better than they are"
            )
        return lines


def learn(
    folder: Path,
    name: str,
    *,
    model: str | None = None,
    tuning: Tuning | None = None,
    replace_old: bool = False,
    progress: Progress = lambda fraction, text: None,
) -> Learned:
    """Learns a style and saves it under its name, for use with `--style`.

    Args:
        folder: folder of MIDI, MusicXML, kern or ABC files.
        name: name of the style.
        model: name or path of the model to tune.
        tuning: settings; the default suits most music.
        replace_old: replace a user style of that name.
        progress: called with the fraction done and the current activity.

    Raises:
        BadInputError: the name is invalid or taken, or the folder contains too little usable music.
        ModelNotFoundError: there is no such model.
    """
    check_free(name, replace_old)
    base = find_model(model)
    music = read_music(folder, lambda fraction: progress(_READING * fraction, "reading"))
    with _workspace() as data:
        write_training_data(music, base / "tokenizer.json", data, STYLE_TOKEN)
        tuned = tune(
            base,
            data,
            STYLE_TOKEN,
            tuning or Tuning(),
            progress=lambda fraction, text: progress(_READING + (1 - _READING) * fraction, text),
        )
    style = _record(name, base, music, tuned)

    def write(target: Path) -> None:
        write_atomically(target / ADAPTER_FILE, to_bytes(tuned.pairs))
        index_of(music.pieces).save(target / INDEX_FILE)

    save_style(style, write)
    reload_user_styles()
    return Learned(style, music, tuned, _overlap(music))


@contextmanager
def _workspace() -> Iterator[Path]:
    """A temporary folder for the user's tokenized music; folders that killed processes left are removed first.

    Raises:
        BadInputError: the user's data folder cannot be written.
    """
    root = styles_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        for left in root.glob(f"{_WORKSPACE}*"):
            if (left / LOCK_FILE).exists() and not is_locked(left):
                shutil.rmtree(left, ignore_errors=True)
        folder = tempfile.TemporaryDirectory(prefix=_WORKSPACE, dir=root)
    except OSError as error:
        raise BadInputError(f"{root} cannot be written ({error.strerror}): set CANTILENA_HOME") from None
    with folder as name, locked(Path(name), "set CANTILENA_HOME"):
        yield Path(name)


def index_of(pieces: tuple[Piece, ...]) -> Index:
    """The originality index of some pieces, with every fingerprint."""
    return build_index([(Source(piece.id, piece.title), piece.group, lines_of(piece.score)) for piece in pieces], window=1)


def _overlap(music: UserMusic) -> int:
    index = index_of(music.train)
    return max((run.notes for piece in music.held_out for run in index.runs(piece.score)[:1]), default=0)


def _record(name: str, base: Path, music: UserMusic, tuned: Tuned) -> UserStyle:
    habits = habits_of(music.pieces)
    return UserStyle(
        name=name,
        model=base.name,
        model_fingerprint=fingerprint(base),
        token=STYLE_TOKEN,
        created=datetime.now(UTC).date().isoformat(),
        files=len(music.pieces),
        held_out_files=len(music.held_out),
        notes=music.n_notes,
        bits_before=round(tuned.before.per_note, 4),
        bits_nearest=round(tuned.with_nearest.per_note, 4),
        bits_after=round(tuned.after.per_note, 4),
        nearest=tuned.nearest,
        passes=tuned.passes,
        minutes=tuned.minutes,
        tempo_qpm=habits.tempo_qpm,
        meters=habits.meters,
        bars=habits.bars,
        parts=habits.parts,
        ensemble=habits.ensemble,
    )
