"""Distribution of moods over styles in training data: phrases counted by style and quadrant of the mood plane.

Reads the labels of the shards; measures nothing itself.
"""

from __future__ import annotations

from collections import Counter

from composer.controls import Mood
from composer.tokenizer import Vocabulary
from composer.tokenizer.piece import BAR_COLUMNS
from composer.training.data.shards import Shard

# By the signs of valence and arousal, with the terms of Russell (1980).
QUADRANTS = {(1, 1): "excited", (-1, 1): "distressed", (-1, -1): "depressed", (1, -1): "relaxed"}
NEUTRAL = "neutral"  # on an axis


def quadrant(mood: Mood) -> str:
    """Name of the quadrant of a mood.

    >>> quadrant(Mood(0.5, -0.25)), quadrant(Mood(0.0, 0.75))
    ('relaxed', 'neutral')
    """
    return QUADRANTS.get((_sign(mood.valence), _sign(mood.arousal)), NEUTRAL)


def count_moods(shard: Shard, vocabulary: Vocabulary) -> dict[str, Counter[str]]:
    """Number of phrases of each style, by the quadrant of their mood label.

    A piece counts under each of its styles (genre and era), or under "(none)"; phrases without a mood are skipped.
    """
    counts: dict[str, Counter[str]] = {}
    for piece in shard:
        names = [vocabulary.value(token) for token in piece.header if vocabulary.kind(token) == "Style"] or ["(none)"]
        moods = piece.bars[[BAR_COLUMNS.index("valence"), BAR_COLUMNS.index("arousal")]]
        found = Counter(
            quadrant(Mood(vocabulary.affect_of(valence), vocabulary.affect_of(arousal)))
            for valence, arousal in moods.T.tolist()
            if valence
        )
        for name in names:
            counts.setdefault(name, Counter()).update(found)
    return counts


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
