"""Textures that a brief asks for in place of a melody with its accompaniment: beds, clusters, one hand, unison, dialogues.

They are written by grammar over the harmony of a plan, in every style and for every ensemble that can play them; the network
writes no note of them. A bed of a band is the band without a melody (see `composer.arranging.settling`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from composer.arranging.setting import Setting
from composer.arranging.textures.beds import calm_chords, holds_drone, write_bed
from composer.arranging.textures.clusters import write_clusters
from composer.arranging.textures.lines import line_melody, write_dialogue, write_unison
from composer.arranging.textures.one_hand import hand_melody, write_hand
from composer.arranging.textures.phasing import write_phasing
from composer.controls import BED, CLUSTERS, DIALOGUE, HELD, LEFT_HAND, PHASING, RIGHT_HAND, UNISON
from composer.plan import Plan
from composer.score import Chord, Note

__all__ = ["holds_drone", "texture_melody", "textured_chords", "write_texture"]

Chords = tuple[tuple[Chord | None, ...], ...]
_WRITERS: Mapping[str, Callable[[Setting], Mapping[int, list[Note]]]] = {
    BED: write_bed,
    HELD: write_bed,
    LEFT_HAND: write_hand,
    RIGHT_HAND: write_hand,
    CLUSTERS: write_clusters,
    UNISON: write_unison,
    DIALOGUE: write_dialogue,
    PHASING: write_phasing,
}
Melody = tuple[int, tuple[int, int], float | None]
_MELODIES: Mapping[str, Callable[[Plan], Melody]] = {
    LEFT_HAND: hand_melody,
    RIGHT_HAND: hand_melody,
    UNISON: line_melody,
    DIALOGUE: line_melody,
}


def texture_melody(plan: Plan) -> Melody | None:
    """Of a texture with a melody, its part, its register and its pace in notes per quarter note; `None` for other textures."""
    found = _MELODIES.get(plan.texture or "")
    return found(plan) if found else None


def textured_chords(plan: Plan) -> Chords:
    """The chords over which the texture of a plan is written: in beds they change slowly, else they are those of the plan.

    Args:
        plan: with a texture, and chords in every bar.
    """
    if plan.texture == BED:
        return calm_chords(plan)
    if plan.texture == CLUSTERS:
        return ((None,),) * plan.bars
    if plan.texture in (HELD, PHASING):
        given = plan.chords[0][0] if plan.chords_given and plan.texture == HELD else None
        return ((given or plan.key.tonic_triad,),) * plan.bars
    return plan.chords


def write_texture(setting: Setting) -> dict[int, tuple[Note, ...]]:
    """The notes of each part of a plan with a texture."""
    written = _WRITERS[setting.plan.texture or ""](setting)
    return {index: tuple(sorted(written.get(index, ()))) for index in range(len(setting.plan.parts))}
