"""Whether a finished piece has faults: long silence, no melody, or more clashes than human music.

The limits are beyond the 99th percentile of the validation split (`benchmarks/soundness.py` prints it).
"""

from __future__ import annotations

from typing import Any

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.analysis.quality import clash_share, ending_tones, has_one_velocity, melody_silence, pitched_silence
from composer.controls import CLUSTERS, PICARDY
from composer.plan import Plan
from composer.presets import styles
from composer.score import Chord, Score

MOST = {"pitched_silence": 0.15, "melody_silence": 0.3, "clash_share": 0.45}
# Families whose last chord may be bare: power chords and modal polyphony.
_BARE_ENDINGS = frozenset({"rock", "metal", "electronic-rock", "game-action", "renaissance", "motet", "mass", "madrigal"})


def measure_soundness(plan: Plan, score: Score | ScoreArrays) -> dict[str, Any] | None:
    """The measures of a piece by name; `None` for drums alone.

    Shares are 0..1: of silence beyond the pauses of the plan, and of clashes, of which clusters have none by definition;
    "one_velocity" and "open_ending" are true or false, the latter `None` where a loop has no ending.
    """
    if all(part.is_drum for part in plan.parts):
        return None
    arrays = score_arrays(score)
    pauses = len(plan.pauses) / plan.bars
    return {
        "pitched_silence": round(max(0.0, pitched_silence(arrays) - pauses), 4),
        "melody_silence": round(max(0.0, melody_silence(arrays) - pauses), 4),
        "clash_share": 0.0 if plan.texture == CLUSTERS else round(clash_share(arrays), 4),
        "one_velocity": has_one_velocity(arrays),
        "open_ending": None if plan.loop else _ends_open(plan, arrays),
    }


def faults(measured: dict[str, Any] | None) -> tuple[str, ...]:
    """Names of the measures beyond their limits.

    >>> faults({"pitched_silence": 0.3, "melody_silence": 0.3, "clash_share": 0.1})
    ('pitched_silence',)
    """
    return tuple(name for name, most in MOST.items() if measured and measured[name] > most)


def has_thirds(plan: Plan) -> bool:
    """Whether the last chord has a third: one is planned, and requested or usual in the style."""
    names = {plan.preset, *plan.styles} & set(styles())
    return (plan.ending == PICARDY or not names & _BARE_ENDINGS) and final_third(plan) is not None


def final_chord(plan: Plan) -> Chord | None:
    """The last chord: the planned one, else the tonic triad; `None` where the plan says that there is none."""
    if plan.chords:
        return next((chord for chord in reversed(plan.chords[-1]) if chord), None)
    return Chord(plan.key.tonic, "maj" if plan.key.mode == "major" else "min")


def final_third(plan: Plan) -> int | None:
    """Pitch class of the third of the last chord, `None` where it has none."""
    chord = final_chord(plan)
    thirds = {(chord.root + step) % 12 for step in (3, 4)} & chord.pitch_classes if chord else set()
    return max(thirds, default=None)


def _ends_open(plan: Plan, arrays: ScoreArrays) -> bool:
    """Whether the bass of the last sonority is not that of the last chord, or the third is missing where the style has one."""
    ending, chord = ending_tones(arrays), final_chord(plan)
    if ending is None or chord is None:
        return chord is not None
    lowest, tones = ending
    return lowest % 12 != chord.lowest or (has_thirds(plan) and len(tones) > 1 and final_third(plan) not in tones)
