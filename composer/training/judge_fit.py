"""Fits judges (`composer.composing.judge`) to marks, or to human and composed pieces, and measures how well they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.composing.judge import Floats, Judge

_RIDGE = 30.0  # penalty on the squared weights, for scaled features and some hundred pieces
_MARKS_RIDGE = 500.0
_STEPS = 50
_TOLERANCE = 1e-8


def fit_judge(features: Floats, human: Sequence[bool], ridge: float = _RIDGE) -> Judge:
    """Ridge-penalized logistic regression by Newton's method in its dual form (there are fewer pieces than features).

    Args:
        features: (N, D).
        human: whether each piece is human, (N,); both kinds must occur.
        ridge: penalty on the squared weights.

    >>> from composer.training.evaluation.sets import area_under_curve
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(40, 3)), np.arange(40) % 2 == 0
    >>> judge = fit_judge(x + 2.0 * y[:, None], y, ridge=1.0)
    >>> odds = judge.value(x + 2.0 * y[:, None])
    >>> area_under_curve(odds[y], odds[~y]) > 0.95
    True
    """
    target = np.asarray(human, np.float64)
    center, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    x = (features - center) / scale
    gram = x @ x.T / ridge  # the weights are x.T @ dual / ridge
    dual, bias = np.zeros(len(x)), float(np.log(target.mean() / (1 - target.mean())))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(gram @ dual + bias)))
        variance = np.maximum(chance * (1 - chance), 1e-6)
        # Newton's step on [dual, bias]: (gram + 1/variance) dual + bias = working response
        response = gram @ dual + bias + (target - chance) / variance
        system = np.block([[gram + np.diag(1 / variance), np.ones((len(x), 1))], [np.ones((1, len(x))), np.zeros((1, 1))]])
        solved = np.linalg.solve(system, np.append(response, 0.0))
        moved = float(np.abs(solved[:-1] - dual).max())
        dual, bias = solved[:-1], float(solved[-1])
        if moved < _TOLERANCE:
            break
    return Judge(center, scale, x.T @ dual / ridge, bias)


def fit_marks(features: Floats, marks: Floats, headers: Sequence[int], ridge: float = _MARKS_RIDGE) -> Judge:
    """Ridge regression of marks on features, both compared under the same header only.

    Args:
        features: (N, D).
        marks: (N,).
        headers: number of the header of each piece, (N,).
        ridge: penalty on the squared weights, for scaled features.

    >>> rng = np.random.default_rng(0)
    >>> x, headers = rng.normal(size=(40, 3)), [number // 4 for number in range(40)]
    >>> judge = fit_marks(x, x[:, 0] + np.array(headers), headers, ridge=1.0)
    >>> [round(float(weight), 1) + 0.0 for weight in judge.weights / judge.scale]
    [1.0, 0.0, 0.0]
    """
    centered = within(features, headers)
    scale = centered.std(axis=0) + 1e-6
    x = centered / scale
    dual = np.linalg.solve(x @ x.T + ridge * np.eye(len(x)), within(marks, headers))
    return Judge(features.mean(axis=0), scale, x.T @ dual, 0.0)


def within(values: Floats, headers: Sequence[int]) -> Floats:
    """Values minus the mean of their header's, over the first axis."""
    numbers, centered = np.asarray(headers), np.array(values, float)
    for header in set(headers):
        centered[numbers == header] -= centered[numbers == header].mean(axis=0)
    return centered


def cross_validated(
    features: Floats, human: Sequence[bool], groups: Sequence[str], folds: int = 5, ridge: float = _RIDGE
) -> Floats:
    """Log-odds of each piece under a judge fitted without its group, (N,).

    Args:
        features: (N, D).
        human: (N,).
        groups: pieces of one group (a work, a seed) stay together, (N,).
        folds: number of folds.
        ridge: see `fit_judge`.
    """
    names = sorted(set(groups))
    fold_of = {name: place % folds for place, name in enumerate(np.random.default_rng(0).permutation(names).tolist())}
    fold = np.array([fold_of[group] for group in groups])
    result = np.zeros(len(features))
    for held_out in range(folds):
        inside = fold != held_out
        judge = fit_judge(features[inside], np.asarray(human)[inside].tolist(), ridge)
        result[~inside] = judge.value(features[~inside])
    return result
