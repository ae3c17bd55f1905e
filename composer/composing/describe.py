"""Describes a finished piece in a few lines: what it is, and what differs from the request. Measures nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from composer.analysis.overview import nearest_mood_words
from composer.brief import Brief
from composer.brief.limits import counted
from composer.composing.record import PieceRecord
from composer.composing.report import shared_passage, summarize_report
from composer.controls import Mood
from composer.plan import Plan
from composer.presets import ensembles, styles
from composer.score import UPBEAT_BAR

_NAMED_PARTS = 4
_NAMED_TURNS = 2
_NAMED_INSTRUMENTS = 3  # in a file name
_PLAIN_NAME = re.compile(r"\(.*\)| \d+")  # what a file name leaves out: "(left hand)", numbers


def facts(brief: Brief, plan: Plan) -> dict[str, Any]:
    """Properties of a piece, by the fields of a file name: as requested, else as the plan chose.

    `key` is `None` for a piece of drums alone, `style` and `form` where there is none; `seconds` is a number.
    """
    learned = " ".join(filter(None, [plan.composer, *plan.styles[:1]]))
    names = [name for name, _ in brief.style]
    genre = styles().get(plan.preset or "")
    if names and genre and genre.kind != "era" and not any(name in styles() for name in names):
        names.insert(0, genre.name)  # of a composer
    style = "+".join(names) or plan.preset or learned
    return {
        "style": style or None,
        "key": None if all(part.is_drum for part in plan.parts) else str(plan.key),
        "meter": str(plan.meter),
        "tempo": f"{plan.tempo_qpm:.4g}",
        "ensemble": _ensemble(brief, plan),
        "form": brief.form or plan.form or None,
        "bars": plan.bars,
        "seconds": plan.duration_s,
    }


def describe(brief: Brief, plan: Plan) -> str:
    """The facts as one line.

    >>> from composer.plan import make_plan
    >>> brief = Brief.from_dict({"style": "waltz", "key": "C", "meter": "3/4", "tempo": 150, "bars": 16, "form": "ABA"})
    >>> describe(brief, make_plan(brief))
    'waltz, C major, 3/4, 150 quarter notes per minute, piano, form ABA, 16 bars, 19 s'
    """
    found = facts(brief, plan)
    minutes, seconds = divmod(round(found["seconds"]), 60)
    words = [
        found["style"],
        found["key"],
        found["meter"],
        _tempi(plan),
        found["ensemble"],
        found["form"] and f"form {found['form']}",
        f"{plan.bars} bar{'s' if plan.bars > 1 else ''}{f' with an upbeat ({UPBEAT_BAR})' if plan.upbeat_bars else ''}",
        "a loop" if plan.loop else "",
        f"{minutes} min {seconds} s" if minutes else f"{seconds} s",
    ]
    return ", ".join(word for word in words if word)


def _tempi(plan: Plan) -> str:
    """The tempo; the first, the turning and the last ones where the brief changes it.

    >>> from composer.plan import make_plan
    >>> _tempi(make_plan(Brief(tempo_curve="60@0 120@50% 80@75% 80@end", bars=16, meter="4/4")))
    '60 to 120 to 80 quarter notes per minute'
    """
    qpm = [change.qpm for change in plan.tempos] if plan.is_paced else [plan.tempo_qpm]
    turns = [at for before, at, after in zip(qpm, qpm[1:], qpm[2:], strict=False) if (at - before) * (after - at) < 0]
    shown = [qpm[0], *turns[:_NAMED_TURNS], *qpm[1:][-1:]]
    bent = " (changing)" if plan.tempo_changes and not plan.is_paced else ""
    return f"{' to '.join(f'{each:.4g}' for each in shown)} quarter notes per minute{bent}"


def _ensemble(brief: Brief, plan: Plan) -> str:
    """The ensemble's name, or the names of its parts, or their number."""
    if brief.ensemble:
        return brief.ensemble
    if preset := _preset_of(plan):
        return preset
    names = [part.name for part in plan.parts]
    return " + ".join(names) if len(names) <= _NAMED_PARTS else f"{len(names)} parts"


def short_name(brief: Brief, plan: Plan) -> str:
    """The style of a piece, else its ensemble, else its instruments, in a few words for a file name.

    >>> from composer.plan import make_plan
    >>> briefs = [Brief.from_dict({"instruments": names}) for names in ("flute,guitar,guitar,cello", "oboe,horn,tuba,piano")]
    >>> [short_name(brief, make_plan(brief)) for brief in briefs]
    ['flute-acoustic-guitar-cello', 'oboe-french-horn-and-2-more']
    """
    found = facts(brief, plan)
    if name := found["style"] or brief.ensemble or _preset_of(plan):
        return str(name)
    names = list(dict.fromkeys(_PLAIN_NAME.sub("", part.name).strip().lower().replace(" ", "-") for part in plan.parts))
    few = names if len(names) <= _NAMED_INSTRUMENTS else [*names[:2], f"and-{len(names) - 2}-more"]
    return "-".join(few)


def _preset_of(plan: Plan) -> str:
    """The name of the ensemble with the parts of a plan; empty if there is none."""
    names = [part.name for part in plan.parts]
    return next((row.name for row in ensembles().values() if [part.name for part in row.parts] == names), "")


def remarks(record: PieceRecord, mood: str = "") -> Iterator[str]:
    """Remarks on a finished piece, one line each.

    Args:
        record: the piece.
        mood: the mood in the user's words.
    """
    if record.plan is not None:
        yield describe(record.brief, record.plan)
        if summary := summarize_report(record.report, mood):
            yield summary
        if record.influence and not record.influence["prefix_bars"]:
            yield f"{record.influence['file']} is not continued, since players, meter or mode differ; it decides what is open"
    else:
        yield from _verb_remarks(record)
    yield from shared_passage(record.originality)
    if record.candidates:
        yield f"candidate {record.candidates['chosen']} of {record.candidates['count']} kept"


def _verb_remarks(record: PieceRecord) -> Iterator[str]:
    """How the user's piece was understood, and how its notes were changed."""
    understood, notes = record.report["understood"], record.report["notes"]
    yield from understood["remarks"]
    if source := record.edited_source:
        yield from source.remarks(record.score)
    added = record.report["bars"] - understood["bars"]
    more = f", {added} added" if added > 0 else ""
    bars = counted(understood["bars"], "bar", "bars") + (f" ({UPBEAT_BAR})" if record.score.upbeat_bars else "")
    yield f"{bars} in {understood['meter']}, {understood['key'] or 'no key'}{more}"
    if melody := notes.get("melody"):
        given = notes["melody_given"]
        count = f"{melody} notes" if melody == given else f"{melody} of {given} notes"
        leads = ", ".join(record.score.parts[part].name for part in notes["melody_parts"])
        key = "key, " if understood["key"] == str(record.score.key) else ""
        yield f"the melody is kept ({count}, in {leads}), and {key}meter and form; all else is new"
    else:
        yield f"{notes['kept']} of {notes['given']} given notes kept, {notes['new']} new"
    if mood := record.report["requested"].get("mood"):
        requested, measured = (Mood(*mood[side]) for side in ("requested", "measured"))
        yield f"mood: requested {_at(requested, '+'.join(record.brief.mood))}, came out {_at(measured)}"
    yield from record.report.get("warnings", [])


def _at(mood: Mood, words: str = "") -> str:
    """A point on the affective plane: the words for it, by default the nearest one, and its numbers."""
    return f"{words or nearest_mood_words(mood, 1)[0]} (valence {mood.valence:+.2f}, arousal {mood.arousal:+.2f})"
