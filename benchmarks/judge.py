"""How well composed music is distinguished from human music: cross-validated AUC of the judge by style.

    python -m benchmarks judge --pieces 12                        # composes, reads, prints; keeps pieces in cache/openings
    python -m benchmarks judge --pieces 12 --fit models/cantilena-base   # also writes the model's judge.npz from all pieces

For every style with enough human pieces, openings of human pieces (16 bars, any split) and the same number of pieces composed
with their meters, modes and tempi. Reader and judge: `composer.composing.judge`. An AUC of 0.5 is chance, 1.0 perfect
separation; the standard error for a style with 12 + 12 pieces is about 0.1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.openings import STYLES, composed_pieces, human_pieces
from composer.composing.judge import JUDGE_FILE, Reader
from composer.model.checkpoint import find_model
from composer.training.judge_fit import area_under_curve, cross_validated, fit_judge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=12, help="human and composed pieces per style")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--model")
    parser.add_argument("--reader", help="model that reads; by default the composing one")
    parser.add_argument("--seed", type=int, default=0, help="seed of the choice of human pieces")
    parser.add_argument("--fit", type=Path, metavar="DIR", help="write a judge fitted on all pieces to this model folder")
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
