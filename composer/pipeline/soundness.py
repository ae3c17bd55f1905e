"""Whether a finished piece is whole: not silent for long, with a melody, without more clashes than human music has.

The limits lie beyond the 99th percentile of the validation split (`benchmarks/soundness.py` prints it).
"""

from __future__ import annotations

from typing import Any

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.analysis.quality import clash_share, ending_tones, has_one_velocity, melody_silence, pitched_silence
from composer.plan import Plan
from composer.presets import styles
from composer.score import Score

MOST = {"pitched_silence": 0.15, "melody_silence": 0.3, "clash_share": 0.45}
# Families whose last chord may well be bare: power chords and modal polyphony.
_BARE_ENDINGS = frozenset({"rock", "metal", "electronic-rock", "game-action", "renaissance", "motet", "mass", "madrigal"})


def measure_soundness(plan: Plan, score: Score | ScoreArrays) -> dict[str, Any] | None:
    """The measures of a piece by name; `None` for drums alone.

    Shares are 0..1; "one_velocity" and "open_ending" are true or false, the latter `None` where a loop has no ending.
    """
    if all(part.is_drum for part in plan.parts):
        return None
    arrays = score_arrays(score)
    return {
        "pitched_silence": round(pitched_silence(arrays), 4),
        "melody_silence": round(melody_silence(arrays), 4),
        "clash_share": round(clash_share(arrays), 4),
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
    """Whether the last chord has a third by the style: neither a riff nor old polyphony, and no chords were asked for."""
    names = {plan.preset, *plan.styles} & set(styles())
    return not plan.chords and not names & _BARE_ENDINGS


def _ends_open(plan: Plan, arrays: ScoreArrays) -> bool:
    """Whether the bass of the last sonority is not the root, or the third is missing where the style has one."""
    ending = ending_tones(arrays)
    if ending is None:
        return True
    lowest, tones = ending
    chord = plan.chords[-1][-1] if plan.chords else None
    root = plan.key.tonic if chord is None else chord.lowest
    is_bare = has_thirds(plan) and len(tones) > 1 and not {(root + 3) % 12, (root + 4) % 12} & tones
    return lowest % 12 != root or is_bare
