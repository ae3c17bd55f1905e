"""Hypothesis strategies shared by the tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from composer.brief import METERS, is_drums
from composer.controls import DYNAMICS
from composer.presets import composers, ensembles, forms, instruments, levels, styles

CHORDS = ("C", "Dm", "G7", "Bbmaj7", "F#m7b5", "Ebdim", "Aaug", "Gsus4", "C#m7", "Bdim7")


def _names(table: Any) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(table()))


def _of_any_length() -> list[str]:
    """Names of the forms that do not fix the number of bars."""
    return sorted(name for name, form in forms().items() if not form.is_counted)


def options() -> st.SearchStrategy[dict[str, Any]]:
    """Options of briefs that hold together: each may be silent, and no two contradict each other."""
    length = st.one_of(
        st.fixed_dictionaries({}, optional={"bars": st.integers(8, 256), "tempo": st.floats(20, 300)}),
        st.fixed_dictionaries({"duration": st.floats(20, 120)}),
    )
    mood = st.fixed_dictionaries(
        {"valence": st.floats(-1, 1), "arousal": st.floats(-1, 1)}, optional={"intensity": st.floats(0, 2)}
    )
    parts = st.one_of(
        st.fixed_dictionaries({}, optional={"ensemble": _names(ensembles)}),
        st.fixed_dictionaries({"instruments": st.lists(_names(instruments) | st.just("drums"), min_size=1, max_size=5)}),
    )
    rest = st.fixed_dictionaries(
        {},
        optional={
            "style": st.lists(_names(styles) | _names(composers), min_size=1, max_size=3, unique=True).map(",".join),
            "key": st.sampled_from(["C major", "D minor", "F# major", "Bb minor", "Ab", "g"]),
            "meter": st.sampled_from(METERS),
            "form": st.sampled_from([*_of_any_length(), "AABA", "ABAC", "AAB", "ABB'A"]),
            "chords": st.lists(st.sampled_from(CHORDS), min_size=1, max_size=8).map(" ".join),
            "level": st.sampled_from(list(levels())),
            "dynamic": st.sampled_from(list(DYNAMICS)),
            "seed": st.integers(0, 2**63 - 1),
            "temperature": st.floats(0.1, 2),
            "top_p": st.floats(0.05, 1),
        },
    )
    return st.tuples(length, st.just({}) | mood, parts, rest).map(
        lambda found: _in_harmony({k: v for part in found for k, v in part.items()})
    )


def _in_harmony(requested: dict[str, Any]) -> dict[str, Any]:
    """The requested without a meter that its dance does not use, and without chords that only drums would play."""
    bound = any(styles()[name].only_meters for name in requested.get("style", "").split(",") if name in styles())
    named = ensembles()[requested["ensemble"]].parts if "ensemble" in requested else ()
    drums = [*map(is_drums, requested.get("instruments", ())), *(part.is_drum for part in named)]
    silent = {"meter"} if bound else set()
    silent |= {"chords"} if drums and all(drums) else set()
    return {option: value for option, value in requested.items() if option not in silent}
