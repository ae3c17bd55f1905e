"""The Python interface: compose a piece, read one, and work on either with the verbs. Parses texts; composes nothing itself.

Everything that a user can get wrong raises a subclass of `composer.CantilenaError` with one line that names the value, the
range and the remedy: `BadInputError` for input, `ModelNotFoundError` where the model is missing.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from composer.brief import Brief
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.analysis.overview import Overview
    from composer.composing.delivery import Delivery
    from composer.composing.influence import Influence
    from composer.composing.record import PieceRecord
    from composer.composing.source import Source
    from composer.formats.engraving.layout import Layout
    from composer.plan import Plan
    from composer.rework import SessionOptions
    from composer.score import Score
    from composer.training.user_style.learning import Learned
    from composer.understanding import Assumptions, Understood

    MusicLike: TypeAlias = str | Path | Score | "Music"  # a score file, or a piece

Progress = Callable[[float], None]  # is given the fraction of the bars written, 0 to 1
OnBars = Callable[["Score", int], None]  # is given the piece so far and the number of its complete bars
_DRAWN_SEEDS = 2**32
_NO_SOURCE = (
    "the sidecar cannot be replayed, because {verb} was called on a piece that was not read from a file: "
    'to replay it, save that piece as MIDI and work on composer.read("piece.mid")'
)


def compose(
    request: str | Brief | None = None,
    *,
    candidates: int | None = None,
    influence: MusicLike | None = None,
    model: str | Path | Model | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
    on_bars: OnBars | None = None,
    **options: object,
) -> Piece:
    """Composes a piece.

    Args:
        request: a free-text prompt, or a `Brief`. Options override it.
        candidates: 1 to 16; that many pieces are composed in one batch and the critic keeps the best. By default 1, or what
            the `quality` says.
        influence: a score file or piece that fills what the request leaves open and that the new piece continues from.
        model: name or folder of a model, or a `Model` that is open; by default the packaged one.
        engine: "cpu", "onnx", "torch" or "onnx-int8"; by default the fastest installed engine that computes the exact notes.
        progress: called with the fraction of the bars written, 0 to 1.
        on_bars: called after each bar with the piece so far and the number of complete bars. The score has all its bars and
            parts from the start; later notes are missing. A piece with faults is composed again, from its first bar on. Styles
            with a melody give drafts first, with 0 complete bars.
        options: the fields of a brief as texts, numbers or lists of texts, as in `Brief.from_dict`: `style="nocturne"`,
            `key="Db major"`, `instruments=["violin", "cello"]`, `bars=32`. Without `seed`, a random one is used, which
            `piece.brief.seed` holds; a `Brief` has a seed, by default 0.

    Raises:
        BadInputError: an unknown option, a value out of its range, or a request that contradicts itself.
        ModelNotFoundError: there is no such model.

    >>> piece = compose("a calm nocturne", bars=2, seed=1)
    >>> len(piece.score.bars), piece.brief.bars, piece.plan.bars
    (2, 2, 2)
    """
    from composer.composing.composition import compose as composed

    brief, prompt = _brief_of(request, options)
    record = composed(
        brief,
        model=_model_name(model),
        engine=_engine_of(model, engine),
        candidates=candidates,
        influence=None if influence is None else _influence_of(influence),
        progress=progress,
        on_bars=on_bars,
        prompt=prompt,
    )
    return Piece(record, model=model)


def read(
    file: str | Path, *, meter: str | None = None, key: str | None = None, model: str | Path | Model | None = None
) -> Music:
    """Reads a score file, for the verbs to work on.

    Args:
        file: MIDI, MusicXML (also compressed), Humdrum kern or ABC.
        meter: "3/4", where the file states none or a wrong one; the option `--assume-meter` of the commands.
        key: "D minor", where the file states a wrong one; the option `--assume-key`.
        model: what the verbs compose with; see `compose`.

    Raises:
        BadInputError: the file cannot be read, or there is no such meter or key.
    """
    from composer.composing.source import Source
    from composer.understanding import Assumptions

    assumptions = Assumptions.parse(meter, key)
    source = Source.read(Path(file))
    return Music(source.score, source=source, assumptions=assumptions, model=model, files=(Path(file),))


def replay(
    sidecar: str | Path, *, source: str | Path | None = None, model: str | Path | None = None, progress: Progress | None = None
) -> Piece:
    """The piece that a sidecar describes, note for note.

    Args:
        sidecar: the .json file beside a piece.
        source: the file that a verb was given; by default the one of that name beside the sidecar.
        model: name or folder of the model, if it is not where it was.
        progress: called with the fraction done, 0 to 1.

    Raises:
        BadInputError: the sidecar is damaged, or the file or the model is not the one that it records.
        ModelNotFoundError: the model is not here.
    """
    from composer import rework

    file, name = None if source is None else Path(source), None if model is None else str(model)
    return Piece(rework.replay(Path(sidecar), file, model=name, progress=progress), model=model)


def inspect(music: MusicLike) -> Overview:
    """Measures key, meter, chords, form, mood, texture and playability of a piece.

    Args:
        music: a score file, or a piece.

    Raises:
        BadInputError: the file cannot be read.
    """
    from composer.analysis.overview import survey

    return survey(_score_of(music))


def learn(
    folder: str | Path,
    name: str,
    *,
    minutes: float = 60.0,
    passes: float = 16.0,
    overwrite: bool = False,
    model: str | Path | Model | None = None,
    seed: int = 0,
    progress: Callable[[float, str], None] = lambda fraction, doing: None,
) -> Learned:
    """Learns a style from the user's music; afterwards `compose(style=name)` composes in it. Needs the extra `train`.

    Args:
        folder: 20 to 200 MIDI, MusicXML, kern or ABC files.
        name: of the style: letters a-z, digits and hyphens.
        minutes: the most that tuning may take.
        passes: maximum number of passes over the music.
        overwrite: replace a style of that name.
        model: the model to tune.
        seed: of what is drawn.
        progress: called with the fraction done, 0 to 1, and what is being done.

    Raises:
        BadInputError: the name is taken or not valid, or the folder holds too little music.
        ModelNotFoundError: there is no such model.
    """
    from composer.training.user_style.finetune import Tuning
    from composer.training.user_style.learning import learn as learned

    tuning = Tuning(minutes=minutes, passes=passes, seed=seed)
    return learned(Path(folder), name, model=_model_name(model), tuning=tuning, replace_old=overwrite, progress=progress)


class Model:
    """A model that stays open, for many pieces.

    >>> model = Model.load()
    >>> [len(model.compose(style="waltz", bars=2, seed=seed).score.bars) for seed in (1, 2)]
    [2, 2]
    """

    def __init__(self, folder: Path, engine: str) -> None:
        from composer.composing.session import open_model

        self.folder = folder
        self.engine = engine
        self._open = open_model(folder, engine)  # the reference keeps it in memory

    @classmethod
    def load(cls, model: str | Path | None = None, *, engine: str | None = None) -> Model:
        """Opens a model.

        Args:
            model: name or folder; by default the packaged one.
            engine: see `compose`.

        Raises:
            ModelNotFoundError: there is no such model.
            BadInputError: there is no such engine, or the model is damaged.
        """
        from composer.model.checkpoint import find_model
        from composer.model.engines import engine_name

        return cls(find_model(model), engine_name(engine))

    @property
    def name(self) -> str:
        """The name of the model's folder."""
        return self.folder.name

    def compose(self, request: str | Brief | None = None, **options: Any) -> Piece:
        """Composes a piece with this model; see `composer.compose`."""
        return compose(request, model=self, **options)

    def read(self, file: str | Path, *, meter: str | None = None, key: str | None = None) -> Music:
        """Reads a score file whose verbs use this model; see `composer.read`."""
        return read(file, meter=meter, key=key, model=self)

    def __repr__(self) -> str:
        return f"Model({self.name!r}, engine={self.engine!r})"


@dataclass(frozen=True, slots=True)
class _Save:
    """What is written where: the options of `Music.save`, checked."""

    paths: list[Path]
    overwrite: bool
    delivery: Delivery
    expression: float | None
    layout: Layout | None
    progress: Progress | None


class Music:
    """A score that was read, with the verbs that work on it.

    Each verb returns a new `Piece` (`reduce` a `Music`) and leaves this one as it is.

    All verbs take, beside the arguments that they list, the requests `style`, `mood`, `valence`, `arousal`, `intensity`,
    `density` and `polyphony`; and `seed` (random if left out), `temperature`, `top_p`, `engine`, `model` (by default the one
    that the music was read or composed with), `candidates` (1 to 16 versions, of which the critic keeps the best) and
    `progress` (called with the fraction of the bars written).

    Attributes:
        score: the notes.
        source: the file that it came from, if any. Saving as MIDI edits that file, so that what a score cannot hold stays.
    """

    def __init__(
        self,
        score: Score,
        *,
        source: Source | None = None,
        assumptions: Assumptions | None = None,
        model: str | Path | Model | None = None,
        files: Sequence[Path] = (),
    ) -> None:
        self.score = score
        self.source = source
        self._assumptions = assumptions
        self._model = model
        self._files = tuple(files)

    def extend(self, bars: int = 16, *, ending: bool = True, **options: Any) -> Piece:
        """Continues the piece in its key, meter, ensemble and material: the command `continue`, which is a keyword in Python.

        Args:
            bars: number of bars to add, 1 to 256.
            ending: close with a cadence; otherwise stop as if more followed.
            options: chords; and see `Music`.

        Raises:
            BadInputError: a value out of its range, an option that the piece decides, or a piece that cannot be continued.
        """
        return self.rework("continue", ending=ending, bars=bars, **options)

    def infill(
        self,
        bars: str | int | None = None,
        parts: Iterable[str | int] = (),
        *,
        keep: Literal["rhythm", "pitches"] | None = None,
        **options: Any,
    ) -> Piece:
        """Writes some bars again, or some parts of them, to fit what is on both sides.

        Args:
            bars: "9-16" or "3-4,12", counted from 1; by default all.
            parts: names or numbers (from 1) of the parts to write; empty for all.
            keep: "rhythm" keeps onsets, lengths and loudness, "pitches" the pitches of each bar in their order.
            options: chords; and see `Music`.

        Raises:
            BadInputError: no such bars or parts, or a value out of its range.
        """
        return self.rework("infill", bars=bars, parts=parts, keep=keep, **options)

    def accompany(self, add: Iterable[str] = (), *, influence: MusicLike | None = None, **options: Any) -> Piece:
        """Adds parts; what is given stays as it is.

        Args:
            add: instruments to add, instead of an ensemble.
            influence: a score file or piece whose style and players are taken where none are named.
            options: ensemble or instruments (of the whole piece; by default a piano is added), chords; and see `Music`.

        Raises:
            BadInputError: nothing would be added, too many parts, or a value out of its range.
        """
        return self.rework("accompany", add=add, influence=influence, **options)

    def vary(
        self,
        amount: float = 0.5,
        *,
        bars: str | int | None = None,
        parts: Iterable[str | int] = (),
        mode: Literal["major", "minor"] | None = None,
        **options: Any,
    ) -> Piece:
        """Writes a variation that keeps form, harmony and tonic.

        Args:
            amount: share of the music that is written again, 0 (none) to 1.
            bars: "9-16", counted from 1; by default all.
            parts: names or numbers (from 1) of the parts to vary; empty for all.
            mode: of the whole variation, on the same tonic; by default that of the piece.
            options: see `Music`.

        Raises:
            BadInputError: a value out of its range.
        """
        return self.rework("vary", amount=amount, bars=bars, parts=parts, mode=mode, **options)

    def transfer(
        self, style: str | Sequence[str] | None = None, *, influence: MusicLike | None = None, **options: Any
    ) -> Piece:
        """Keeps melody and form, and writes harmony, texture and ensemble again in another style.

        Args:
            style: the style or composer, or several with weights ("swing:2,nocturne").
            influence: a score file or piece whose style and players are taken where none are named.
            options: ensemble or instruments, chords; and see `Music`.

        Raises:
            BadInputError: an unknown style, a piece without a melody, or a value out of its range.
        """
        return self.rework("transfer", style=style, influence=influence, **options)

    def rework(self, verb: str, *, influence: MusicLike | None = None, **options: Any) -> Piece:
        """Runs any verb; the methods above are shorter for those that they name.

        Args:
            verb: a name in `composer.rework.VERBS`.
            influence: a score file or piece whose style and players are taken where none are named.
            options: those of the verb and of its command; and see `Music`.

        Raises:
            BadInputError: an unknown verb, or a value out of its range.
        """
        from composer.rework import VERBS

        if verb not in VERBS:
            raise BadInputError(f"verb {verb!r} is not known: choose from {', '.join(VERBS)}")
        if influence is not None and not VERBS[verb].takes_influence:
            raise BadInputError(f"{verb} does not take influence: leave it out")
        model = options.pop("model", None) or self._model
        session: SessionOptions = {
            "assumptions": self._assumptions,
            "model": _model_name(model),
            "engine": _engine_of(model, options.pop("engine", None)),
            "candidates": options.pop("candidates", 1),
            "progress": options.pop("progress", None),
        }
        of_verb = {option.name: options.pop(option.name, None) for option in VERBS[verb].options}
        _check_names(verb, options, of_verb)
        brief, _ = _brief_of(None, options)
        brief = brief if influence is None else _influence_of(influence).for_verb(brief)
        record = VERBS[verb].run(self.score, brief, of_verb, **session)
        return Piece(replace(record, source=self.source), model=model, files=self._files)

    def reduce(self, to: Literal["piano", "lead-sheet"] = "piano") -> Music:
        """Arranges the piece for two hands at a piano, or as melody and chord symbols.

        Raises:
            BadInputError: an unknown target, or a piece of drums alone.
        """
        from composer.rework.reducing import reduce

        return Music(reduce(self._understood(), to), model=self._model, files=self._files)

    def inspect(self) -> Overview:
        """Measures the piece; see `composer.inspect`."""
        return inspect(self)

    def save(
        self,
        *files: str | Path,
        overwrite: bool = False,
        title: str | None = None,
        subtitle: str | None = None,
        composer: str | None = None,
        credit: str | None = None,
        soundfont: str | None = None,
        room: str | None = None,
        expression: float | None = None,
        layout: Layout | None = None,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Writes the piece to files; the suffix names the format. A composed piece gets a sidecar (.json) beside them.

        `composer.replay` makes a piece again from its sidecar. Files of one name and folder share a sidecar, which lists the
        formats of all of them, also of earlier calls, and the names, layout and sound of the last call. The result of a verb
        can be replayed only if the verb was called on music that was read from a file; otherwise a warning says so.

        Args:
            files: "a.mid", "a.performance.mid", "a.musicxml", "a.pdf", "a.svg", "a.roll.svg", "a.dawproject", "a.wav" ...;
                `composer.composing.FORMATS` lists all.
            overwrite: replace files that are there, never the one that was read.
            title: printed above the score and written into every file.
            subtitle: printed below the title in sheet music of a composed piece.
            composer: the name printed as the composer's.
            credit: a text instead of the sentence that says that AI composed the music.
            soundfont: a .sf2 file or name, for audio.
            room: none, studio, chamber, hall or church, for audio; by default what suits the style.
            expression: expressiveness of the rendered audio and performance MIDI, 0 (as written) to 1; by default 0.7.
            layout: choices about sheet music.
            progress: called with the fraction of the audio done, 0 to 1.

        Returns:
            The files written.

        Raises:
            BadInputError: no file, an unknown format, a file that already exists, or a place that cannot be written.
            MissingExtraError: the format needs a package that is not installed.
        """
        from composer.composing.delivery import Delivery
        from composer.composing.output import check_writable
        from composer.formats.engraving.layout import Layout

        if not files:
            raise BadInputError('save has no file: name at least one, for example save("piece.mid")')
        if layout is not None and not isinstance(layout, Layout):
            raise BadInputError(f"layout {layout!r} is not a Layout: give composer.formats.engraving.layout.Layout(...)")
        delivery = Delivery(title, composer, credit, soundfont, room, subtitle)
        paths = [Path(file) for file in files]
        for path in paths:
            check_writable(path)
        return self._write(_Save(paths, overwrite, delivery, expression, layout, progress))

    def _write(self, save: _Save) -> list[Path]:
        """Writes the score to files that can be written."""
        from composer.composing.output import write_any
        from composer.files import check_free, new_file
        from composer.performance import EXPRESSION

        delivery = save.delivery
        check_free(save.paths, overwrite=save.overwrite, sources=self._files)
        score = self.score if delivery.title is None else replace(self.score, title=delivery.title)
        played = {"expression": EXPRESSION if save.expression is None else save.expression}
        for path in save.paths:
            with new_file(path, overwrite=save.overwrite, sources=self._files) as place:
                sound = _sound_for(path, delivery.sound)
                write_any(score, place, None, save.layout, progress=save.progress, **played, **sound)
        return save.paths

    def _understood(self) -> Understood:
        from composer.understanding import understand

        known = self._assumptions
        return understand(self.score) if known is None else understand(self.score, meter=known.meter, key=known.key)

    def _repr_html_(self) -> str:
        """The engraved score where verovio is installed, else the piano roll, with a link to the MIDI file."""
        import base64

        from composer.formats import is_installed
        from composer.formats.midi.midi_score import midi_bytes
        from composer.formats.pictures.engraved import engrave
        from composer.formats.pictures.piano_roll import roll_svg

        picture = "".join(engrave(self.score, cut_pages=True)) if is_installed("verovio") else roll_svg(self.score)
        midi = base64.b64encode(midi_bytes(self.score)).decode()
        link = f'<a download="piece.mid" href="data:audio/midi;base64,{midi}">MIDI</a>'
        return f'<div style="background:#fff;max-height:40em;overflow:auto">{picture}</div>{link}'

    def __repr__(self) -> str:
        score = self.score
        parts = ", ".join(part.name for part in score.parts)
        return f"<{type(self).__name__} {score.title!r}: {len(score.bars)} bars, {score.duration_s:.0f} s, {parts}>"


class Piece(Music):
    """Music that Cantilena wrote, whole or in part, with the record of how.

    Attributes:
        record: everything that replays it.
    """

    def __init__(self, record: PieceRecord, *, model: str | Path | Model | None = None, files: Sequence[Path] = ()) -> None:
        super().__init__(record.score, model=model, files=files)
        self.record = record

    @property
    def brief(self) -> Brief:
        """What was requested, seed included."""
        return self.record.brief

    @property
    def plan(self) -> Plan | None:
        """What was chosen before composing; `None` for a piece that a verb made."""
        return self.record.plan

    @property
    def report(self) -> dict[str, Any]:
        """Requested against measured, one entry per control."""
        return self.record.report

    @property
    def originality(self) -> dict[str, Any]:
        """The longest passage that the piece shares with the model's training music, or that this was not checked."""
        return self.record.originality

    @property
    def remarks(self) -> list[str]:
        """What the piece is and what differs from the request, a line each."""
        from composer.composing.describe import remarks

        return list(remarks(self.record))

    def _write(self, save: _Save) -> list[Path]:
        """Writes the piece to files that can be written, with its sidecar."""
        from composer.composing.output import write
        from composer.files import Existing

        if self.record.source is None and not self.record.is_composed:
            warnings.warn(_NO_SOURCE.format(verb=self.record.kind), stacklevel=3)
        record = replace(self.record, delivery=save.delivery)
        if save.layout is not None:
            record = replace(record, layout=save.layout)
        if save.expression is not None:
            record = replace(record, expression=save.expression)
        groups: dict[tuple[Path, str], list[str]] = {}
        for path in save.paths:
            stem, suffix = _split(path)
            groups.setdefault((path.parent, stem), []).append(suffix)
        written: list[Path] = []
        for (folder, stem), formats in groups.items():
            existing = Existing.REPLACE if save.overwrite else Existing.REFUSE
            written += write(record, folder / stem, formats, existing=existing, sources=self._files, progress=save.progress)
        return written


def _brief_of(request: str | Brief | None, options: dict[str, Any]) -> tuple[Brief, dict[str, Any] | None]:
    """The brief of a request and the options that override it, and how its words were read."""
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
    if isinstance(request, Brief):
        return Brief.from_dict({**request.to_dict(), **given}), None
    if given.get("seed") is None:
        given["seed"] = secrets.randbelow(_DRAWN_SEEDS)
    if request is None:
        return Brief.from_dict(given), None
    if not isinstance(request, str):
        raise BadInputError(f"request {request!r} is not a prompt: give a text, a Brief, or options such as style='nocturne'")
    from composer.requests import read_request

    read, understanding = read_request(request, given)
    return Brief.from_dict(read), {"text": request, **understanding.to_dict()}


def _check_names(verb: str, options: Iterable[str], of_verb: Iterable[str]) -> None:
    """Refuses the name of an option that neither the verb nor a brief has, with the nearest name."""
    from difflib import get_close_matches

    known = Brief.options()
    for name in options:
        if name not in known:
            takes = [*of_verb, *(field for field, option in known.items() if option.is_taken_by(verb))]
            nearest = get_close_matches(name, takes, 1)
            remedy = f"did you mean {nearest[0]!r}?" if nearest else f"use {', '.join(takes)}"
            raise BadInputError(f"{verb} has no option {name!r}: {remedy}")


def _model_name(model: str | Path | Model | None) -> str | None:
    if isinstance(model, Model):
        return str(model.folder)
    return None if model is None else str(model)


def _engine_of(model: str | Path | Model | None, engine: str | None) -> str | None:
    return model.engine if engine is None and isinstance(model, Model) else engine


def _score_of(music: MusicLike) -> Score:
    if isinstance(music, Music):
        return music.score
    if isinstance(music, str | Path):
        from composer.formats import read_score

        return read_score(Path(music))
    return music


def _influence_of(music: MusicLike) -> Influence:
    from composer.composing.influence import Influence

    score = _score_of(music)
    return Influence.of(score, Path(music).name if isinstance(music, str | Path) else score.title)


def _split(path: Path) -> tuple[str, str]:
    """Stem and format of a file name: "a" and "performance.mid" of "a.performance.mid"."""
    from composer.composing.output import FORMATS

    name = path.name.lower()
    suffix = max((item for item in FORMATS if name.endswith(f".{item}")), key=len)
    return path.name[: -len(suffix) - 1], suffix


def _sound_for(path: Path, sound: Any) -> dict[str, Any]:
    """The options of audio, for an audio file."""
    from composer.composing.output import AUDIO_FORMATS

    return dict(sound) if path.suffix.lower().removeprefix(".") in AUDIO_FORMATS else {}
