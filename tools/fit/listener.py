"""Listener: what predicts blind readers' marks of composed pieces, and the judge of the released model fitted to it

    python -m tools.fit listener            prints how well the marks are foreseen
    python -m tools.fit listener --write    also writes judge.npz into the model's folder

The pieces are those of data/marks.json (`tools.fit.marks`), and data/marks.npz has the features by which the released language
model read them (`composer.composing.judge`), in the same order. Each header is foreseen from the other headers: by the costs
of melody and harmony, by the features, and by both, whose weights are those of `composer.composing.critic`. The gain is how
much better than the mean of its pieces the one with the best forecast is, in marks.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from composer.composing.judge import JUDGE_FILE, Floats
from composer.harmony.judging import faults_of_plan
from composer.melody.writer import faults_of_melody
from composer.model.checkpoint import find_model
from composer.plan import Plan
from composer.training.judge_fit import fit_marks, within
from tools.fit.marks import FILE, left_out, merits_of

FEATURES = FILE.with_suffix(".npz")


def _foreseen(features: Floats, marks: Floats, headers: np.ndarray) -> Floats:
    """The value of each piece by a judge fitted to the other headers, less the mean of its header's, (N,)."""
    found = np.zeros(len(marks))
    for out in left_out(headers.tolist()):
        found[out] = fit_marks(features[~out], marks[~out], headers[~out].tolist()).value(features[out])
    return within(found, headers.tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the judge of the released model")
    options = parser.parse_args()
    pieces = json.loads(FILE.read_text())
    with np.load(FEATURES, allow_pickle=False) as saved:
        features = saved["features"].astype(np.float64)
    headers = np.array([piece["header"] for piece in pieces])
    marks = within(merits_of(pieces, "overall"), headers.tolist())
    plans = [Plan.from_dict(piece["plan"]) for piece in pieces]
    melody, harmony = (
        within(np.array([-sum(of(plan).values()) for plan in plans]), headers.tolist())
        for of in (faults_of_melody, faults_of_plan)
    )
    heard = _foreseen(features, marks, headers)
    terms = np.stack([melody, harmony, heard], axis=1)
    weights = np.linalg.lstsq(terms, marks, rcond=None)[0]
    print(f"{len(pieces)} pieces under {len(set(headers.tolist()))} headers: correlation with overall marks, and gain")
    rows = {"melody": melody, "harmony": harmony, "both": terms[:, :2] @ weights[:2], "features": heard, "all": terms @ weights}
    for name, values in rows.items():
        gains = [marks[own][values[own].argmax()] for own in left_out(headers.tolist())]
        print(f"  {name:<10}{np.corrcoef(values, marks)[0, 1]:6.2f}{np.mean(gains):8.2f}")
    print(f"  {'the marks':<10}{1:6.2f}{np.mean([marks[own].max() for own in left_out(headers.tolist())]):8.2f}")
    print("weights of melody, harmony and features: " + ", ".join(f"{weight:.2f}" for weight in weights))
    if options.write:
        path = find_model(None) / JUDGE_FILE
        fit_marks(features, marks, headers.tolist()).save(path)
        print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
