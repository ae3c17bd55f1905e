"""Chords of single sections: they are in these sections only, and the rest of the piece is planned."""

from __future__ import annotations

import pytest

from composer.arranging import settle
from composer.brief import Brief
from composer.errors import BadInputError
from composer.harmony import with_harmony
from composer.plan import Plan, make_plan
from composer.prompt import parse_prompt


def planned(**options: object) -> Plan:
    brief = Brief.from_dict({"seed": 1, **options})
    return settle(with_harmony(make_plan(brief), brief), brief)


def symbols(plan: Plan, name: str) -> list[list[str]]:
    """The chords of the bars of each section of a name."""
    return [
        [
            " ".join(chord.symbol() if chord else "N.C." for chord in bar)
            for bar in plan.chords[s.start_bar : s.start_bar + s.bars]
        ]
        for s in plan.sections
        if s.name.lower().rstrip("'") == name
    ]


@pytest.mark.parametrize("style", ["pop", "lied", "string-quartet"])
def test_only_the_named_section_has_the_chords(style: str) -> None:
    plan = planned(style=style, form="Verse8 Chorus8 Verse8 Chorus8", sections="chorus: chords C G Am F")
    assert symbols(plan, "chorus") == [["C", "G", "Am", "F"] * 2] * 2
    assert all(verse != ["C", "G", "Am", "F"] * 2 for verse in symbols(plan, "verse"))
    assert str(plan.key) in ("C major", "A minor")
    assert Plan.from_dict(plan.to_dict()) == plan


def test_they_replace_chords_of_the_whole_piece_there() -> None:
    plan = planned(style="pop", form="Verse4 Chorus4", chords="Am F C G", sections="chorus: chords F G | Am |")
    assert symbols(plan, "verse") == [["Am", "F", "C", "G"]]
    assert symbols(plan, "chorus") == [["F G", "Am", "F G", "Am"]]


def test_chords_and_a_key_of_a_section_are_refused() -> None:
    with pytest.raises(BadInputError, match="chords and a key"):
        Brief.from_dict({"sections": "chorus: chords C G, key +2"})


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("pop song, chorus: C G Am F", "chorus: chords C G Am F"),
        ("pop song, verse in Am F, chorus C G", "verse: chords Am F; chorus: chords C G"),
        ("A section Am F, B section C G, piano, 32 bars", "a: chords Am F; b: chords C G"),
        ("pop song in G, 24 bars, chorus: C G Am F", "chorus: chords C G Am F"),
        ("rock in E major, bridge chords: C#m A B, 2 minutes", "bridge: chords C#m A B"),
        ("Verse: I V vi IV. Chorus: IV I V vi", "verse: chords C G Am F; chorus: chords F C G Am"),
        ("pop ballad: verse (I vi IV V) then chorus (IV V)", "verse: chords C Am F G; chorus: chords F G"),
        ("jazz tune, AABA, A: ii V I, B: iii vi ii V", "a: chords Dm G C; b: chords Em Am Dm G"),
        ("bossa, section A Dm7 G7, section B Fm7 Bb7", "a: chords Dm7 G7; b: chords Fm7 Bb7"),
        ("folk tune, A part G D Em C, B-part C D G G", "a: chords G D Em C; b: chords C D G G"),
        ("pop, part A = C G and part B = F G", "a: chords C G; b: chords F G"),
        ("Am F C G in the verses, F G Am in the chorus, folk rock", "verse: chords Am F C G; chorus: chords F G Am"),
        ("Verse: i VI III VII. Chorus: VI VII i i", "verse: chords Am F C G; chorus: chords F G Am Am"),
        ("song in D major, the verse is over ii7 V7 Imaj7", "verse: chords Em7 A7 Dmaj7"),
        (
            "pop in G, verse 8 bars over I V vi IV, chorus 8 bars over IV V I vi, verse, chorus",
            "verse: chords G D Em C; chorus: chords C D G Em",
        ),
    ],
)
def test_prompts_name_chords_of_sections(text: str, sections: str) -> None:
    options = parse_prompt(text).options
    assert options["sections"] == sections
    assert "chords" not in options
    brief = Brief.from_dict(dict(options))
    assert str(brief.sections[0]) == sections.split(";")[0]
    make_plan(brief)
