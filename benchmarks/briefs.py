"""Composes random valid briefs and checks the written files against what was asked, with other libraries than wrote them.

    python benchmarks/briefs.py                 200 briefs
    python benchmarks/briefs.py --count 20 --seed 5 --keep out/briefs

Each brief fixes any subset of metre, tempo, key, bars or seconds, instruments or ensemble, style, mood, form and chords. The
MIDI file is read by mido (metre, tempo, programs) and by symusic (notes). The bars are wrong when the last note ends outside
the last bar; a bar is empty when no note starts in it.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import mido
import symusic

from composer import pipeline
from composer.brief import METERS, Brief
from composer.errors import BadInputError
from composer.plan import Plan, make_plan
from composer.presets import composers, ensembles, forms, instruments, moods, styles

PITCHED_INSTRUMENTS = [name for name, row in instruments().items() if row.program < 112]  # the rest are sound effects
KEYS = [
    f"{tonic} {mode}" for tonic in ("C", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B") for mode in ("major", "minor")
]
PROGRESSIONS = ("Dm Gm A7 Dm", "C Am F G", "Am F C G7", "Em | Am B7 | Em | B7 |", "Bb Eb F7 Bb")


def random_brief(rng: random.Random) -> Brief:
    """The next brief that can be met (some random lengths have too few bars for their form or chords)."""
    while True:
        try:
            brief = Brief.from_dict(random_options(rng))
            make_plan(brief)
        except BadInputError:
            continue
        return brief


def random_options(rng: random.Random) -> dict[str, Any]:
    """Options of a brief: each said or left open by chance."""
    options: dict[str, Any] = {"seed": rng.randrange(2**32)}
    if rng.random() < 0.25:
        options["duration"] = round(rng.uniform(15, 45), 1)
    else:
        options["bars"] = rng.randint(4, 24)
        if rng.random() < 0.6:
            options["tempo"] = rng.choice([rng.randint(40, 200), round(rng.uniform(40, 200), 2)])
    if rng.random() < 0.7:
        options["meter"] = rng.choice(METERS)
    if rng.random() < 0.6:
        options["key"] = rng.choice(KEYS)
    if rng.random() < 0.7:
        options["style"] = ",".join(rng.sample([*styles(), *composers()], rng.choice([1, 1, 1, 2])))
    if rng.random() < 0.4:
        options["mood"] = rng.choice(list(moods()))
    elif rng.random() < 0.4:
        options["valence"], options["arousal"] = round(rng.uniform(-1, 1), 2), round(rng.uniform(-1, 1), 2)
    if rng.random() < 0.3:
        options["ensemble"] = rng.choice(list(ensembles()))
    elif rng.random() < 0.4:
        options["instruments"] = rng.sample(PITCHED_INSTRUMENTS, rng.randint(1, 4)) + ["drums"] * (rng.random() < 0.2)
    if rng.random() < 0.3:
        options["form"] = rng.choice([name for name, row in forms().items() if len(row.letters) <= 4])
    if rng.random() < 0.2:
        options["chords"] = rng.choice(PROGRESSIONS)
    return options


def faults_of(path: Path, plan: Plan) -> list[str]:
    """What the file gets wrong."""
    file = mido.MidiFile(path)
    found: dict[str, list[mido.MetaMessage]] = {}
    for message in (message for track in file.tracks for message in track):
        found.setdefault(message.type, []).append(message)
    bar_ticks = plan.meter.bar_ticks * file.ticks_per_beat // 480
    faults = []
    if {f"{m.numerator}/{m.denominator}" for m in found["time_signature"]} != {str(plan.meter)}:
        faults.append("metre")
    if any(abs(mido.tempo2bpm(m.tempo) / plan.tempo_qpm - 1) > 1e-4 for m in found["set_tempo"]):
        faults.append("tempo")
    programs = Counter(message.program for message in found["program_change"] if message.channel != 9)
    if programs != Counter(part.program for part in plan.parts if not part.is_drum):
        faults.append("instruments")
    score = symusic.Score(path)
    starts = [note.time for track in score.tracks for note in track.notes]
    ends = [note.end for track in score.tracks for note in track.notes]
    if not starts or not (plan.bars - 1) * bar_ticks < max(ends) <= plan.bars * bar_ticks:
        faults.append("bars")
    if {start // bar_ticks for start in starts} != set(range(plan.bars)):
        faults.append("empty bar")
    parts = {part.name: part for part in plan.parts}  # symusic leaves out parts without notes
    played = ((parts[track.name], note.pitch) for track in score.tracks for note in track.notes)
    if any(not part.is_drum and not part.low <= pitch <= part.high for part, pitch in played):
        faults.append("range")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model")
    parser.add_argument("--keep", type=Path, help="folder for the files")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    tally: Counter[str] = Counter()
    notes = 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(options.count):
            brief = random_brief(rng)
            try:
                piece = pipeline.compose(brief, model=options.model)
                files = pipeline.write(piece, folder, f"brief-{index:03}", ("mid",))
                faults = faults_of(next(path for path in files if path.suffix == ".mid"), make_plan(brief))
                notes += sum(len(part.notes) for part in piece.score.parts)
            except Exception:
                traceback.print_exc()
                faults = ["exception"]
            tally.update(faults or ["right"])
            if faults:
                print(f"{index}: {', '.join(faults)}: {brief.to_dict()}", flush=True)
    print(f"{options.count} briefs, {notes:,} notes, {time.monotonic() - started:.0f} s")
    print("exceptions | metre wrong | tempo wrong | bars wrong | instruments wrong | empty bars | out of range | all right")
    columns = ("exception", "metre", "tempo", "bars", "instruments", "empty bar", "range", "right")
    print(" | ".join(str(tally[column]) for column in columns))


if __name__ == "__main__":
    main()
