"""The frame of a piece: its score without notes, as the plan fixes it.

Knows plans and scores, nothing of tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.plan import Plan
from composer.presets import EnsemblePart, ensembles, styles, user_style
from composer.score import KeySignature, Part, Score, Tempo, TimeSignature

_OF_PLAYERS = "chamber-music"  # a style whose pieces are called by their players
_NAMED_PLAYERS = 3  # in a title
_GROUPS = {2: "Duo", 3: "Trio", 4: "Quartet", 5: "Quintet", 6: "Sextet", 7: "Septet", 8: "Octet", 9: "Nonet"}  # by players
_PROPER = ("English", "French")  # words in the names of instruments that keep their capitals


def skeleton(plan: Plan) -> Score:
    """A score without notes that has the bars, meter, tempo, key and parts of a plan."""
    return Score(
        parts=tuple(Part(part.name, part.program, (), part.is_drum) for part in plan.parts),
        tempos=tuple(Tempo(change.start_ticks(plan.meter), change.qpm) for change in plan.tempos),
        time_signatures=(TimeSignature(0, plan.meter.numerator, plan.meter.denominator),),
        keys=(KeySignature(0, plan.key),),
        markers=plan.markers,
        end_ticks=plan.bars * plan.meter.bar_ticks,
        title=title_of(plan),
    )


def title_of(plan: Plan) -> str:
    """The title of a piece: the requested style, or else its first genre or what it is written for, and its key.

    >>> from composer.brief import Brief
    >>> from composer.plan import make_plan
    >>> title_of(make_plan(Brief.from_dict({"style": "nocturne", "key": "Db major"})))
    'Nocturne in Db major'
    >>> title_of(make_plan(Brief.from_dict({"style": "swing", "key": "Bb major"})))
    'Swing in Bb major'
    >>> briefs = [{"ensemble": "brass-quintet"}, {"ensemble": "piano"}, {"instruments": ["oboe", "english-horn", "tuba"]}]
    >>> briefs.append({"instruments": ["flute", "oboe", "viola", "cello", "piano"]})
    >>> for each in briefs:
    ...     print(title_of(make_plan(Brief.from_dict({**each, "key": "C"}))))
    Brass quintet in C major
    Piece for piano in C major
    Piece for oboe, English horn and tuba in C major
    Quintet in C major
    """
    rows = (styles().get(name) for name in (plan.preset, *plan.styles) if name)
    named = (row.title for row in rows if row and row.kind != "era" and row.name != _OF_PLAYERS)
    title = next(named, None) or _by_players(plan.parts)
    return title if all(part.is_drum for part in plan.parts) else f"{title} in {plan.key}"


def _by_players(parts: Sequence[EnsemblePart]) -> str:
    """What a piece without a genre is called by its players: a known ensemble, up to three instruments, or their number."""
    names = [part.name for part in parts]
    shipped = (row for row in ensembles().values() if user_style(row.name) is None)
    players = list(dict.fromkeys(name.partition(" (")[0] for name in names))
    known = next((row.title for row in shipped if [part.name for part in row.parts] == names), None)
    if known and len(players) > 1 and " and " not in known:
        return known
    if known:
        return f"Piece for {_within(known)}"
    if len(players) > _NAMED_PLAYERS or any(name[-1].isdigit() for name in players):
        return _GROUPS.get(len(players), "Piece for ensemble")
    *others, last = map(_within, players)
    return f"Piece for {', '.join(others)} and {last}" if others else f"Piece for {last}"


def _within(name: str) -> str:
    """A name as it is written within a title."""
    return " ".join(word if word in _PROPER else word.lower() for word in name.split())
