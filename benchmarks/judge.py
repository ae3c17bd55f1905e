"""How well composed music is told from human music: AUC of the judge by style, cross-validated.

    python benchmarks/judge.py --pieces 12                        # composes, reads, prints; keeps pieces in cache/judge
    python benchmarks/judge.py --pieces 12 --fit models/cantilena-base   # and writes the model's judge.npz from all of them

For every style with enough human pieces, as many openings of human pieces (16 bars, any split) as pieces composed in the style
with their meters, modes and tempi. Reader and judge: `composer.judge`. An AUC of 0.5 is a coin toss, 1.0 certainty; chance
moves the figure of a style with 12 + 12 pieces by some 0.1.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from pieces import ROOT, corpus_folder

from composer.brief import Brief
from composer.checkpoint import find_model, fingerprint
from composer.errors import CantilenaError
from composer.formats import read_score
from composer.formats.midi import write_midi
from composer.judge import JUDGE_FILE, Reader
from composer.pipeline.composition import compose_together
from composer.score import Key, Score
from composer.training.corpus import list_items, read_item
from composer.training.judging import area_under_curve, cross_validated, fit_judge
from composer.training.repair import excerpt
from composer.training.tagging import genre_style

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
    except CantilenaError:  # a meter or tempo that cannot be asked for
        return Brief.from_dict(wanted)


def composed_pieces(humans: dict[str, list[tuple[str, Score]]], model: str | None) -> dict[str, list[tuple[str, Score]]]:
    """As many pieces as there are human ones, composed like them; kept as MIDI by model and brief."""
    cache = ROOT / "cache" / "judge" / fingerprint(find_model(model))[:12]
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=12, help="human and composed pieces of each style")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--model")
    parser.add_argument("--reader", help="the model that reads; by default the one that composes")
    parser.add_argument("--seed", type=int, default=0, help="which human pieces")
    parser.add_argument("--fit", type=Path, metavar="DIR", help="write a judge of all pieces to this model folder")
    args = parser.parse_args()
    styles = tuple(args.styles.split(","))
    humans = human_pieces(styles, args.pieces, args.seed)
    composed = composed_pieces(humans, args.model)
    reader = Reader.open(find_model(args.reader or args.model))
    rows = [(style, group, True, score) for style in styles for group, score in humans[style]]
    rows += [(style, group, False, score) for style in styles for group, score in composed[style]]
    features = np.stack([reader.features(score) for *_, score in rows])
    human, groups = [row[2] for row in rows], [row[1] for row in rows]
    odds = cross_validated(features, human, groups)
    print(f"\n{'style':18} {'human':>6} {'composed':>9} {'AUC':>6}")
    for style in (*styles, "all"):
        mine = np.array([style in (row[0], "all") for row in rows])
        auc = area_under_curve(odds[mine], np.array(human)[mine].tolist())
        print(f"{style:18} {int(np.array(human)[mine].sum()):6} {int((~np.array(human)[mine]).sum()):9} {auc:6.2f}")
    if args.fit:
        fit_judge(features, human).save(args.fit / JUDGE_FILE)
        print(f"wrote {args.fit / JUDGE_FILE}")


if __name__ == "__main__":
    main()
