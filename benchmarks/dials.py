"""Do the dials that work through guidance have the intended effect? Intensity, style weights, density, polyphony.

    python -m benchmarks dials intensity            24 pieces per step, six in each corner of the affective plane
    python -m benchmarks dials styles --pieces 20
    python -m benchmarks dials density
    python -m benchmarks dials guidance --pieces 48 --bars 12       strength of mood guidance
    python -m benchmarks dials streams --pieces 48                  what each stream of guidance adds, and what it costs

Composes with the shipped model and measures with `composer.analysis`, the same that labeled the training music: this shows
that a dial changes the measured property, not how listeners perceive it. Everything but the dial is constant, including seeds.
Figures are means with standard errors.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np

import composer.plan
from composer.analysis.mood import estimate_mood
from composer.analysis.style import judge_style
from composer.analysis.texture import measure_density, measure_polyphony
from composer.brief import Brief
from composer.composing.finishing import finish
from composer.composing.session import open_model
from composer.guide import PlanGuide
from composer.guide.guidance import STYLE_SCALE, branches_of
from composer.model.checkpoint import find_model
from composer.model.sampling import Request, generate
from composer.plan import make_plan
from composer.score import Score
from composer.training.evaluation.sets import area_under_curve

CORNERS = ((0.6, 0.6), (-0.6, 0.6), (-0.6, -0.6), (0.6, -0.6))
STEPS = {
    "intensity": (0.0, 0.5, 1.0, 1.5, 2.0),
    "styles": (0.0, 0.25, 0.5, 0.75, 1.0),
    "density": (0.0, 0.25, 0.5, 0.75, 1.0),
    "guidance": (1.0, 2.0, 3.0),
}
SCALES = ((1.0, 1.0), (3.0, 1.0), (1.0, 2.0), (2.0, 2.0), (3.0, 2.0))  # towards style and mood; equal ones share a stream
GENRES = (
    "string-quartet",
    "hymn",
    "lied",
    "mazurka",
    "waltz",
    "fugue",
    "nocturne",
    "march",
    "ragtime",
    "mass",
    "polonaise",
    "etude",
)
PAIRS = (("bach", "chopin", "baroque", "romantic"), ("hymn", "ragtime", "hymn", "ragtime"))


def compose_all(requests: Sequence[dict[str, Any]]) -> list[Score]:
    """Composes pieces of about eight bars in one batch."""
    opened = open_model(find_model(None))
    tokenizer, engine, settings = opened.tokenizer, opened.engine, opened.settings
    plans = [make_plan(Brief.from_dict(request)) for request in requests]
    requests = [
        Request(PlanGuide(tokenizer, plan), (request["seed"], 0), branches_of(tokenizer, plan))
        for plan, request in zip(plans, requests, strict=True)
    ]
    results = generate(engine, requests, replace(settings, max_ids=settings.window), rows=24)
    return [finish(tokenizer.decode(result.ids)[0], plan) for result, plan in zip(results, plans, strict=True)]


def mean_text(label: str, values: Sequence[float]) -> str:
    """Mean and standard error."""
    return f"{label} {np.mean(values):+.3f} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.3f}"


def intensity(pieces: int, bars: int) -> None:
    for step in STEPS["intensity"]:
        requests = [
            {"valence": CORNERS[i % 4][0], "arousal": CORNERS[i % 4][1], "intensity": step, "seed": i // 4, "bars": bars}
            | {"ensemble": "piano", "style": "character-piece", "meter": "4/4"}
            for i in range(pieces)
        ]
        moods = [estimate_mood(score) for score in compose_all(requests)]
        along = [
            (mood.valence * np.sign(request["valence"]), mood.arousal * np.sign(request["arousal"]))
            for mood, request in zip(moods, requests, strict=True)
        ]
        valence, arousal = zip(*along, strict=True)
        cells = mean_text("valence as requested", valence), mean_text("arousal as requested", arousal)
        print(f"intensity {step:3.1f}: {', '.join(cells)}", flush=True)


def styles(pieces: int, bars: int) -> None:
    for first, second, one, other in PAIRS:
        for weight in STEPS["styles"]:
            named = {0.0: first, 1.0: second}.get(weight, f"{first}:{1 - weight},{second}:{weight}")
            requests = [
                {"style": named, "seed": i, "bars": bars, "ensemble": "piano", "meter": "4/4", "tempo": 100, "key": "C major"}
                for i in range(pieces)
            ]
            judged = [judge_style(score) for score in compose_all(requests)]
            odds = [np.log((j.chance(other) + 1e-6) / (j.chance(one) + 1e-6)) for j in judged]
            nearer = float(np.mean([j.chance(other) > j.chance(one) for j in judged]))
            print(
                f"{named:28}: {mean_text(f'log odds of {other} to {one}', odds)}, {100 * nearer:3.0f} % nearer {other}",
                flush=True,
            )


def density(pieces: int, bars: int) -> None:
    dials: dict[str, Callable[[Score], float | None]] = {"density": measure_density, "polyphony": measure_polyphony}
    for dial, measure in dials.items():
        for step in STEPS["density"]:
            value = step if dial == "density" else 1 + 4 * step
            request = {dial: value, "bars": bars, "ensemble": "piano", "style": "character-piece", "meter": "4/4", "tempo": 100}
            scores = compose_all([request | {"seed": seed} for seed in range(pieces)])
            planned = getattr(make_plan(Brief.from_dict(request)), dial)
            print(
                f"{dial} {value:4.2f} (requested {planned:.2f}): {mean_text('measured', [measure(s) or 0.0 for s in scores])}",
                flush=True,
            )


def guidance(pieces: int, bars: int) -> None:
    for step in STEPS["guidance"]:
        print(f"mood guidance {step:3.1f}: {_guided(pieces, bars, STYLE_SCALE, step)}", flush=True)


def streams(pieces: int, bars: int) -> None:
    for style, mood in SCALES:
        start = time.process_time()
        found = _guided(pieces, bars, style, mood)
        spent = (time.process_time() - start) / pieces
        count = len({1.0, style, mood})
        label = f"{count} stream{'s' * (count > 1)}, style {style:3.1f}, mood {mood:3.1f}"
        print(f"{label}: {found}, {spent:.2f} processor seconds a piece", flush=True)


def _guided(pieces: int, bars: int, style_scale: float, mood_scale: float) -> str:
    """Styles recognized and moods separated at these scales of guidance."""
    requests = [
        {"style": GENRES[i % len(GENRES)], "seed": i, "bars": bars}
        | {"valence": CORNERS[i // len(GENRES) % 4][0], "arousal": CORNERS[i // len(GENRES) % 4][1]}
        for i in range(pieces)
    ]
    with (
        mock.patch.object(composer.plan, "mood_guidance", return_value=mood_scale),
        mock.patch("composer.guide.guidance.STYLE_SCALE", style_scale),
    ):
        scores = compose_all(requests)
    judged = [judge_style(score).genres for score in scores]
    right = [genres[0][0] == request["style"] for genres, request in zip(judged, requests, strict=True)]
    chances = [dict(genres).get(request["style"], 0.0) for genres, request in zip(judged, requests, strict=True)]
    moods = [estimate_mood(score) for score in scores]
    separation = {
        axis: area_under_curve(
            *(
                [getattr(m, axis) for m, w in zip(moods, requests, strict=True) if (w[axis] > 0) == high]
                for high in (True, False)
            )
        )
        for axis in ("valence", "arousal")
    }
    return f"styles recognized {100 * np.mean(right):3.0f} %, {mean_text('chance', chances)}, " + ", ".join(
        f"{axis} separated {'-' if value is None else f'{value:.2f}'}" for axis, value in separation.items()
    )


def main() -> None:
    dials = {"intensity": intensity, "styles": styles, "density": density, "guidance": guidance, "streams": streams}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dial", choices=sorted(dials))
    parser.add_argument("--pieces", type=int, default=24)
    parser.add_argument("--bars", type=int, default=8)
    options = parser.parse_args()
    dials[options.dial](options.pieces, options.bars)
