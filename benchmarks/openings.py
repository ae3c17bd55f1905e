"""Openings of human pieces, and pieces composed in the same style, meter, mode and tempo, for craft and judge.

Not a benchmark itself. Composed pieces are kept in cache/openings by model and seed.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from composer.brief import Brief
from composer.composing.composition import compose_together
from composer.errors import CantilenaError
from composer.formats import read_score
from composer.formats.midi.midi_score import write_midi
from composer.model.checkpoint import find_model, fingerprint
from composer.score import Key, Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import genre_style
from tools.corpus import ROOT, corpus_folder

BARS, SEED, TOGETHER = 16, 90_000, 4
STYLES = (
    "hymn",
    "lied",
    "string-quartet",
    "waltz",
    "mazurka",
    "nocturne",
    "sonata",
    "fugue",
    "folk",
    "march",
    "symphony",
    "motet",
)


def human_pieces(style_names: tuple[str, ...], count: int, seed: int) -> dict[str, list[tuple[str, Score]]]:
    """Openings by style: (group, score)."""
    waiting = defaultdict(list)
    for item in list_items(corpus_folder()):
        genre = genre_style(item.source, item.row)
        if genre in style_names and item.row["n_notes"] <= 20_000 and item.row["n_bars"] >= BARS:
            waiting[genre].append(item)
    rng, found = np.random.default_rng(seed), defaultdict(list)
    for style in style_names:
        for index in rng.permutation(len(waiting[style])):
            if len(found[style]) == count:
                break
            piece = read_item(waiting[style][int(index)])
            if len(piece.score.bars) >= BARS:
                found[style].append((piece.group, excerpt(piece.score, 0, BARS)))
    return found


def brief_like(style: str, human: Score, seed: int) -> Brief:
    """A request for the style in the human piece's meter, mode and tempo."""
    meter = human.bars[0].time_signature
    mode = human.key.mode if human.key else "major"
    tonic = int(np.random.default_rng(seed).integers(12))
    wanted = {"style": style, "key": str(Key.from_tonic(tonic, mode)), "bars": BARS, "seed": seed}
    with_meter = {**wanted, "meter": f"{meter.numerator}/{meter.denominator}", "tempo": round(human.qpm_at(0))}
    try:
        return Brief.from_dict(with_meter)
    except CantilenaError:  # a meter or tempo that cannot be requested
        return Brief.from_dict(wanted)


def composed_pieces(humans: dict[str, list[tuple[str, Score]]], model: str | None) -> dict[str, list[tuple[str, Score]]]:
    """One composed piece for each human one, with the same options; cached as MIDI by model and brief."""
    cache = ROOT / "cache" / "openings" / fingerprint(find_model(model))[:12]
    cache.mkdir(parents=True, exist_ok=True)
    found = defaultdict(list)
    for style, pieces in humans.items():
        seeds = [SEED + 100 * STYLES.index(style) + index for index in range(len(pieces))]
        wanted = zip(seeds, pieces, strict=True)
        missing = [(seed, human) for seed, (_, human) in wanted if not (cache / f"{style}-{seed}.mid").is_file()]
        for start in range(0, len(missing), TOGETHER):
            some = missing[start : start + TOGETHER]
            made = compose_together([brief_like(style, human, seed) for seed, human in some], model=model)
            for (seed, _), piece in zip(some, made, strict=True):
                if not isinstance(piece, Exception):
                    write_midi(piece.score, cache / f"{style}-{seed}.mid")
        for seed in seeds:
            path = cache / f"{style}-{seed}.mid"
            if path.is_file():
                found[style].append((f"seed {seed}", read_score(path)))
        print(f"{style}: {len(found[style])} composed", flush=True)
    return found
