"""Prompts that say who has the melody: in a section, first and then, by turns, throughout, and in a solo."""

from __future__ import annotations

import pytest

from composer.brief import Brief
from composer.plan import make_plan
from composer.prompt import parse_prompt
from tests.prompt import options


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("pop song, flute melody in the verse, horn melody in the chorus", "verse: melody flute; chorus: melody horn"),
        ("pop, flute and oboe melody in the verse, horn in the chorus", "verse: melody flute and oboe; chorus: melody horn"),
        ("in the verse the flute has the melody, in the chorus the horn, pop", "verse: melody flute; chorus: melody horn"),
        ("pop duet, verse sung by a tenor", "verse: melody tenor"),
        ("cello and violin, first the cello has the tune, then the violin", "until 50%: melody cello; from 50%: melody violin"),
        ("orchestral waltz, melody in the horns in section B", "b: melody horn"),
        ("orchestral piece, the oboe takes the theme at the return", "end: melody oboe"),
        (
            "violin begins alone, then the cello takes over the melody",
            "until 33%: only violin; from 33%: melody cello",
        ),
        ("duet, trade the melody between flute and clarinet", "all: melody flute then clarinet"),
        ("bassoon and piccolo, taking turns", "all: melody bassoon then piccolo"),
        ("wind quintet, dialogue between oboe and bassoon", "all: melody oboe then bassoon"),
        ("jazz quartet, trade the melody between sax and piano", "all: melody tenor sax then piano"),
        (
            "wind quintet, the melody passes from the flute to the oboe and then to the horn",
            "until 33%: melody flute; from 33% until 67%: melody oboe; from 67%: melody horn",
        ),
        ("string quartet, with the cello starting the theme", "start: melody cello"),
        ("string quartet, the second violin has the tune in section B", "b: melody violin 2"),
        ("string quartet, melody in the cello", "all: melody cello"),
        ("piano nocturne, melody in the left hand in the middle section", "middle: melody left hand"),
        ("hymn for choir, tenors have the melody in the middle", "middle: melody tenor"),
        ("duet for violin and cello, the cello takes over in section B", "b: melody cello"),
        ("string quartet, cello solo in the middle", "middle: melody cello"),
        ("Streichquartett, das Cello hat die Melodie im Mittelteil", "middle: melody cello"),
        ("quatuor à cordes, la mélodie au violoncelle", "all: melody cello"),
        ("cuarteto de cuerda, el violonchelo lleva la melodía", "all: melody cello"),
        ("march for band with trumpet solo", "middle: melody trumpet"),
        ("march for band with solo trumpet", "all: melody trumpet"),
        ("flute melody over strings", "all: melody flute"),
        ("reggae, the melody is played by a melodica", "all: melody melodica"),
        ("blues in A, three choruses, the second one a piano solo", "solo: melody piano"),
        ("pop song with a sax solo", "solo: melody saxophone"),
        (
            "a jazz quintet: trumpet, tenor sax, piano, bass, drums, swing, head, tenor solo, head",
            "solo: melody tenor sax",
        ),
    ],
)
def test_who_has_the_melody_is_read(text: str, sections: str) -> None:
    found = parse_prompt(text)
    assert found.options["sections"] == sections
    assert not any("who has the melody" in note for note in found.notes)
    assert make_plan(Brief.from_dict(dict(found.options)))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("violin plays the melody, piano accompanies", "the first player has the melody"),
        ("string quartet in 5/4, melody in the cello", "melody in the cello: no melody is planned"),
        (
            "pop song with melody in the drums in the verse",
            "melody in the drums in the verse: the piece has no such player",
        ),
        (
            "a fugue for string quartet, the viola has the subject in section B",
            "the viola has the subject in section B: all voices of a fugue have the theme",
        ),
    ],
)
def test_what_cannot_be_set_or_is_so_anyway_is_explained(text: str, line: str) -> None:
    found = parse_prompt(text)
    assert "sections" not in found.options
    assert line in {*found.notes, *(said for _, said in found.understood)}


@pytest.mark.parametrize("text", ["melody for violin and piano", "mélodie for voice and piano", "a theme for solo cello"])
def test_a_piece_called_melody_or_theme_names_no_lead(text: str) -> None:
    assert "sections" not in options(text)


def test_a_march_for_a_band_keeps_its_band_beside_a_soloist() -> None:
    assert options("march for band with trumpet solo")["ensemble"] == "marching-band"
    assert {"trumpet", "tuba", "drums"} <= set(options("march for band with solo trumpet")["instruments"])


def test_singers_of_a_choir_are_its_parts() -> None:
    assert options("hymn for choir, tenors have the melody in the middle")["ensemble"] == "satb-choir"
