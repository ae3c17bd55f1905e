"""What a brief asks of a whole draft: style and mood in its header and phrases."""

from __future__ import annotations

from dataclasses import replace

from composer.brief import Brief
from composer.controls import PHRASE_BARS
from composer.plan.mood_path import choose_mood
from composer.plan.styles import choose_style
from composer.rework.draft import Draft


def ask_style(draft: Draft, brief: Brief) -> str | None:
    """Puts the brief's styles and composer into the header; the leading style, if any is asked for."""
    if not brief.style:
        return None
    choice, vocabulary = choose_style(brief), draft.tokenizer.vocabulary
    draft.header = without_style(draft).header
    draft.header += [vocabulary.style(name) for name in choice.tokens]
    if choice.composer is not None:
        draft.header.append(vocabulary.control("Composer", choice.composer))
    return choice.tokens[0] if choice.tokens else None


def ask_chords(draft: Draft, brief: Brief, bars: range, shift: int) -> bool:
    """Puts the brief's chords, repeated, into some bars; whether it asks for any.

    Args:
        draft: its chords are set.
        brief: whose chords are those that sound.
        bars: of the draft.
        shift: semitones from sounding to functional pitch.
    """
    if not brief.chords or not draft.has_harmony:
        return False
    vocabulary = draft.tokenizer.vocabulary
    for place, bar in enumerate(bars):
        asked = brief.chords[place % len(brief.chords)]
        ids = [vocabulary.chord(each and each.transposed(shift)) for each in asked]
        draft.chords[bar] = (ids[0], ids[len(ids) // 2])[: len(ids)]  # the stream states two a bar
    return True


def without_style(draft: Draft) -> Draft:
    """The same draft, its header silent about style and composer."""
    types = draft.tokenizer.vocabulary.types
    return replace(draft, header=[token for token in draft.header if types[token] not in ("Style", "Composer")])


def ask_mood(draft: Draft, brief: Brief, bars: range | None = None) -> bool:
    """Puts the brief's mood on the phrases that begin in some bars (all); whether it asks for one. Without they keep theirs."""
    mood, vocabulary = choose_mood(brief), draft.tokenizer.vocabulary
    if mood is None:
        return False
    for bar in bars if bars is not None else range(draft.n_bars):
        if bar % PHRASE_BARS == 0:
            draft.moods[bar] = (vocabulary.affect("Valence", mood.valence), vocabulary.affect("Arousal", mood.arousal))
    return True
