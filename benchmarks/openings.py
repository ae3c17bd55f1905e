"""Openings of human pieces, and pieces that a checkout composes to the same headers, for craft and judge.

Not a benchmark itself. The human openings have a constant meter, a key, and as far as the corpus has them the instruments of
the style's default ensemble; pieces that the language model was not trained on come first. A composed piece has the style,
meter, key, ensemble and known tempo of its human counterpart. Both are read from MIDI files, so that no other trace of the
source is left. Composed pieces are kept in cache/openings by what decides their bytes: code, tables and models.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from composer.analysis.key import estimate_key
from composer.brief import Brief
from composer.errors import CantilenaError
from composer.formats import read_score
from composer.formats.midi.midi_score import midi_bytes, read_midi
from composer.presets import ensembles, styles
from composer.score import Score
from composer.training.data.corpus import CorpusItem, Piece, list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import genre_style, track_instruments
from tools.corpus import ROOT, corpus_folder

BARS, SEED = 16, 90_000
STYLES = (
    "hymn",
    "lied",
    "waltz",
    "nocturne",
    "string-quartet",
    "symphony",
    "mass",
    "folk",
    "fugue",
    "character-piece",
    "ballroom-dance",
    "chamber-music",
)
_METERS = ("2/4", "3/4", "4/4", "2/2", "3/8", "6/8", "9/8", "12/8")  # those that every release accepts
_TEMPOS_QPM = (30.0, 280.0)
_SOUNDING = 0.75  # least share of bars in which something is struck
_TOGETHER = 4  # pieces composed in one pass of the network


@dataclass(frozen=True)
class Opening:
    """The first bars of a human piece.

    Attributes:
        group: pieces of one work have the same.
        score: the bars, as a MIDI file keeps them.
        brief: the options of a composed counterpart, without its seed.
    """

    group: str
    score: Score
    brief: Mapping[str, Any]


Pieces = dict[str, list[Score]]  # by style


def human_openings(style_names: Sequence[str], count: int, seed: int = 0) -> dict[str, list[Opening]]:
    """The same openings for the same seed, at most `count` per style and one per group; more continue the list of fewer."""
    waiting = defaultdict(list)
    for item in list_items(corpus_folder()):
        genre = genre_style(item.source, item.row)
        if genre in style_names and item.row["n_notes"] <= 20_000 and item.row["n_bars"] >= BARS:
            waiting[genre].append(item)
    found: dict[str, list[Opening]] = {}
    for style in style_names:
        order = np.random.default_rng(seed).permutation(len(waiting[style]))
        items = [waiting[style][int(index)] for index in order]
        items.sort(key=lambda item: (-_scored_alike(style, item), item.row["split"] != "valid"))
        of_group: dict[str, Opening] = {}
        for item in items:
            if len(of_group) == count:
                break
            piece = read_item(item)
            if piece.group not in of_group and (opening := _opening(style, piece)):
                of_group[piece.group] = opening
        found[style] = list(of_group.values())
    return found


def _scored_alike(style: str, item: CorpusItem) -> float:
    """How alike the instruments of a piece and those of the style's ensemble are, 0 to 1 (Jaccard)."""
    expected = Counter(part.program for part in ensembles()[styles()[style].ensemble].parts)
    here = Counter(track.program for track in track_instruments(item.row))
    return round((expected & here).total() / (expected | here).total(), 1)


def _opening(style: str, piece: Piece) -> Opening | None:
    """The first `BARS` whole bars of a piece, without its upbeat; `None` if they do not suit."""
    bars = piece.score.bars
    for first in (0, 1):
        meters = {str(bar.time_signature) for bar in bars[first : first + BARS]}
        if len(bars) >= first + BARS and len(meters) == 1 and meters <= set(_METERS):
            break
    else:
        return None
    cut = excerpt(piece.score, first, first + BARS)
    struck = {note.start_ticks // bars[first + 1].time_signature.bar_ticks for part in cut.parts for note in part.notes}
    if len(struck) < _SOUNDING * BARS:
        return None
    score = read_midi(midi_bytes(cut))
    key = score.key or estimate_key(score).key
    brief = {"style": style, "ensemble": styles()[style].ensemble, "key": str(key), "meter": meters.pop(), "bars": BARS}
    tempo = score.qpm_at(0)
    if piece.tempo_known and _TEMPOS_QPM[0] <= tempo <= _TEMPOS_QPM[1]:
        brief["tempo"] = round(tempo)
    try:
        Brief.from_dict({**brief, "seed": 0})
    except CantilenaError:  # a meter that is not one of the style
        return None
    return Opening(piece.group, score, brief)


def checkout_key(checkout: Path, model: str | None = None) -> str:
    """Hash of everything in a checkout that decides what it composes: code and tables, all models, and an additional model."""
    folders = [checkout / "composer", checkout / "models", *([Path(model)] if model and Path(model).is_dir() else [])]
    digest = sha256((model or "").encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(folder)).encode() + sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def composed_pieces(humans: Mapping[str, Sequence[Opening]], checkout: Path = ROOT, model: str | None = None) -> Pieces:
    """One piece for each human opening, composed with a checkout of any release; what is in the cache is read from there.

    Raises:
        SystemExit: the checkout composes none of a style.
    """
    folder = ROOT / "cache" / "openings" / checkout_key(checkout, model)
    for style, openings in humans.items():
        _compose(style, [opening.brief for opening in openings], folder / style, checkout, model)
    return read_pieces(folder, {style: len(openings) for style, openings in humans.items()})


def _compose(style: str, briefs: Sequence[Mapping[str, Any]], folder: Path, checkout: Path, model: str | None) -> None:
    """Composes with the command line of the checkout, the interface that all releases have in common."""
    folder.mkdir(parents=True, exist_ok=True)
    first = SEED + 100 * sorted(styles()).index(style)
    rows = [json.dumps({**brief, "seed": first + index}) for index, brief in enumerate(briefs)]
    (folder / "briefs.jsonl").write_text("\n".join(rows) + "\n")
    command = [sys.executable, "cli.py", "batch", str(folder / "briefs.jsonl"), "-o", str(folder), "--format", "mid", "-q"]
    command += ["--together", str(_TOGETHER), *(["--model", model] if model else [])]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL, check=False)
    made = len(list(folder.glob("*.mid")))
    print(f"{style}: {made} composed{'' if done.returncode == 0 else f', exit code {done.returncode}'}", flush=True)
    if not made:
        raise SystemExit(f"{checkout} composes no {style}")


def read_pieces(folder: Path, counts: Mapping[str, int]) -> Pieces:
    """The first MIDI files of FOLDER/STYLE in the order of their names, by style."""
    found = {style: sorted((folder / style).glob("*.mid"))[:count] for style, count in counts.items()}
    missing = [style for style, paths in found.items() if not paths]
    if missing:
        raise SystemExit(f"{folder} has no MIDI files for {', '.join(missing)}: expected FOLDER/STYLE/*.mid")
    return {style: [read_score(path) for path in paths] for style, paths in found.items()}


def add_options(parser: argparse.ArgumentParser, pieces: int) -> None:
    """The options that choose styles, the number of pieces and where the composed ones come from."""
    parser.add_argument("--pieces", type=int, default=pieces, help="human and composed pieces per style")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--seed", type=int, default=0, help="seed of the choice of human pieces")
    parser.add_argument("--model", help="model that composes, if not the checkout's")
    parser.add_argument(
        "--worktree", type=Path, action="append", default=[], metavar="FOLDER", help="checkout that composes; may be repeated"
    )
    parser.add_argument(
        "--folder", type=Path, action="append", default=[], help="composed pieces, FOLDER/STYLE/*.mid; may be repeated"
    )


def chosen_pieces(options: argparse.Namespace) -> tuple[dict[str, list[Opening]], dict[str, Pieces]]:
    """Human openings by style, and composed pieces by state: the name of their checkout or folder; by default this checkout."""
    humans = human_openings(options.styles.split(","), options.pieces, options.seed)
    counts = {style: len(openings) for style, openings in humans.items()}
    states = {folder.name: read_pieces(folder, counts) for folder in options.folder}
    for checkout in map(Path.resolve, options.worktree or ([] if options.folder else [ROOT])):
        states[checkout.name] = composed_pieces(humans, checkout, options.model)
    return humans, states
