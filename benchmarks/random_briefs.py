"""Random briefs over all controls of `composer.brief.Brief`, for `benchmarks/controls.py`. Not a benchmark itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from composer.brief import METERS, Brief
from composer.controls import TEXTURES
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.presets import composers, ensembles, forms, instruments, moods, styles

PITCHED_INSTRUMENTS = [name for name, row in instruments().items() if row.program < 112]  # the rest are sound effects
KEYS = [
    f"{tonic} {mode}" for tonic in ("C", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B") for mode in ("major", "minor")
]
PROGRESSIONS = ("Dm Gm A7 Dm", "C Am F G", "Am F C G7", "Em | Am B7 | Em | B7 |", "Bb Eb F7 Bb")
COUNTED_FORMS = ("A8 A8 B8 A8", "A4 B4 A4", "A8 B8")
MOST_TRIES = 1000

Options = dict[str, Any]


def random_options(rng: random.Random) -> Options:
    """Options of the next feasible brief: some drawn options exclude each other or have too few bars for their form."""
    for _ in range(MOST_TRIES):
        options: Options = {"seed": rng.randrange(2**32)}
        for draw in DRAWS:
            draw(rng, options)
        try:
            make_plan(Brief.from_dict(options))
        except BadInputError:
            continue
        return options
    raise RuntimeError(f"none of {MOST_TRIES} drawn briefs is feasible")


def _length(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.3:
        options["duration"] = round(rng.uniform(15, 45), 1)
    else:
        options["bars"] = rng.randint(4, 32)
        if rng.random() < 0.6:
            options["tempo"] = rng.choice([rng.randint(40, 200), round(rng.uniform(40, 200), 2)])


def _frame(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.7:
        options["meter"] = rng.choice(METERS)
    if rng.random() < 0.7:
        options["key"] = rng.choice(KEYS)


def _style(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.7:
        names = rng.sample([*styles(), *composers()], rng.choice([1, 1, 1, 2]))
        options["style"] = ",".join(f"{name}:{rng.randint(1, 5)}" if len(names) > 1 else name for name in names)


def _mood(rng: random.Random, options: Options) -> None:
    kind = rng.random()
    if kind < 0.25:
        options["mood"] = rng.choice(list(moods()))
    elif kind < 0.5:
        options["valence"], options["arousal"] = round(rng.uniform(-1, 1), 2), round(rng.uniform(-1, 1), 2)
    elif kind < 0.65:
        tags = rng.sample(list(moods()), 3)
        options["mood_curve"] = " ".join(f"{tag}@{place}%" for tag, place in zip(tags, (0, 50, 100), strict=True))
    if kind < 0.65 and rng.random() < 0.3:
        options["intensity"] = round(rng.uniform(0.5, 2.0), 2)


def _ensemble(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.3:
        options["ensemble"] = rng.choice(list(ensembles()))
    elif rng.random() < 0.4:
        options["instruments"] = rng.sample(PITCHED_INSTRUMENTS, rng.randint(1, 4)) + ["drums"] * (rng.random() < 0.2)


def _form(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.25:
        options["form"] = rng.choice([name for name, row in forms().items() if len(row.letters) <= 4])
    elif rng.random() < 0.1:
        options["form"] = rng.choice(COUNTED_FORMS)
        options.pop("bars", None)


def _texture(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.2:
        options["density"] = round(rng.random(), 2)
    if rng.random() < 0.15:
        options["polyphony"] = round(rng.uniform(1.0, 5.0), 1)
    if rng.random() < 0.2:
        options["chords"] = rng.choice(PROGRESSIONS)


def _cue(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.15:
        first = rng.uniform(5, 12)
        second = first + rng.uniform(5, 12)
        options["hits"] = f"0:{first:05.2f} big, 0:{second:05.2f} {rng.choice(('big', 'soft'))}"
        options.pop("bars", None)
        options["duration"] = round(second + rng.uniform(5, 12), 1)
        options.pop("tempo", None)
    elif rng.random() < 0.1:
        options["loop"] = True


def _scale(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.15:
        options["scale"] = rng.choice((0.95, 1.0))


def _silence(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.15 and options.get("bars", 0) >= 8:
        options["pauses"] = f"bar {rng.randint(3, options['bars'] - 1)}"


def _special_texture(rng: random.Random, options: Options) -> None:
    if rng.random() < 0.15:
        options["texture"] = rng.choice(list(TEXTURES))


DRAWS: tuple[Callable[[random.Random, Options], None], ...] = (
    _length, _frame, _style, _mood, _ensemble, _form, _texture, _cue, _scale, _silence, _special_texture,
)  # fmt: skip
