from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from composer.controls import Mood
from composer.errors import MissingExtraError
from composer.formats import write_score
from composer.formats.abc import abc_text
from composer.formats.engraving.layout import Layout
from composer.formats.lilypond import lilypond_text
from composer.formats.musicxml.musicxml_write import musicxml_bytes
from composer.formats.pictures import raster
from composer.formats.pictures.engraved import engrave
from composer.formats.pictures.piano_roll import _rows as roll_rows
from composer.formats.pictures.piano_roll import roll_svg
from composer.formats.provenance import Provenance
from composer.score import Chord, ChordSymbol, Key, KeySignature, Marker, Note, Part, Score, TimeSignature
from composer.server.engraving import engrave as engrave_for_screen
from tests.formats.pieces import BY_HAND, orchestra, waltz

needs_notation = pytest.mark.skipif(
    any(__import__("importlib.util").util.find_spec(name) is None for name in ("verovio", "typst", "fontTools", "brotli")),
    reason="the extra `notation` is not installed",
)


def words(svg: str) -> str:
    return " ".join("".join(element.itertext()) for element in fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


def ink(png: bytes) -> tuple[int, int, float]:
    """Width, height and share of pixels that are not white."""
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(png)).convert("L")
    histogram = image.histogram()
    return image.width, image.height, 1 - sum(histogram[250:]) / (image.width * image.height)


@needs_notation
def test_engraving_shows_words_and_notes() -> None:
    pages = engrave(waltz(), Provenance("base", 7), Layout(chord_symbols=True))
    text = words(pages[0])
    for expected in ("Kleiner Wälzer", "Cantilena", "Violin I", "Andante con moto", "84", "Dm", "A7"):
        assert expected in text
    notes = [e for e in fromstring(pages[0]).iter() if e.get("class", "").split()[:1] == ["note"]]
    assert len(notes) == sum(len(part.notes) for part in waltz().parts)
    assert pages == engrave(waltz(), Provenance("base", 7), Layout(chord_symbols=True))


@needs_notation
def test_systems_are_about_as_full() -> None:
    tune = tuple(Note(240 * i, 60 + (i * 5) % 13, 240) for i in range(17 * 8))
    for bars in (13, 15, 17):
        parts = tuple(Part(f"Violin {i}", 40, tune[: 8 * bars]) for i in (1, 2))
        pages = engrave(Score(parts), cut_pages=True)
        systems = [system.count('class="measure"') for page in pages for system in page.split('class="system"')[1:]]
        assert sum(systems) == bars
        assert max(systems) - min(systems) <= 1, systems


@needs_notation
@pytest.mark.parametrize("drums_first", [False, True])
def test_each_staff_changes_to_its_own_key(drums_first: bool) -> None:
    tune = tuple(Note(480 * i, 60 + i % 5, 480) for i in range(16))
    parts = [Part("Flute", 73, tune), Part("Clarinet", 71, tune), Part("Drums", 0, tune, is_drum=True)]
    keys = (KeySignature(0, Key.parse("G")), KeySignature(3840, Key.parse("A")))
    score = Score(tuple(reversed(parts) if drums_first else parts), keys=keys)
    page = engrave(score)[0].partition('data-n="3"')[2].partition('data-n="4"')[0]
    signs = [key.count('class="keyAccid"') for key in re.findall(r'class="keySig".*?class="layer"', page, re.DOTALL)]
    assert signs == ([0, 5, 3] if drums_first else [3, 5, 0])


@needs_notation
def test_the_studio_shows_every_bar_of_rest() -> None:
    notes = (Note(0, 72, 1920), Note(5 * 1920, 72, 1920))
    xml = musicxml_bytes(Score((Part("Flute", 73, notes),))).decode()
    assert "<multiple-rest>4</multiple-rest>" in xml
    bars = [entry for entry in engrave_for_screen(xml)["timemap"] if entry[3]]
    assert len(bars) == 6


@needs_notation
def test_symbols_show_what_they_say_once() -> None:
    qualities = ("7b9", "7alt", "9sus4", "maj7#5", "69")
    chords = tuple(ChordSymbol(1920 * i, Chord(7, quality)) for i, quality in enumerate(qualities))
    notes = tuple(Note(1920 * i, 67, 1920) for i in range(len(qualities)))
    text = "".join(words(engrave(Score((Part("Flute", 73, notes),), chords=chords))[0]).split())
    flat, sharp = "\uea64", "\uea66"  # verovio's signs
    assert f"G7{flat}9G7altG9sus4Gmaj7{sharp}5G6/9" in text


@needs_notation
def test_later_systems_have_abbreviated_names() -> None:
    notes = tuple(Note(240 * i, 60 + i % 12, 230) for i in range(400))
    text = words(engrave(Score((Part("Violin 1", 40, notes), Part("Clarinet", 71, notes))))[0])
    assert all(name in text for name in ("Violin 1", "Vln. 1", "Cl. in B"))


@needs_notation
@pytest.mark.parametrize("name", BY_HAND)
def test_all_pieces_are_engraved_in_full(name: str) -> None:
    pages = engrave(BY_HAND[name]())
    staves = [e for page in pages for e in fromstring(page).iter() if e.get("class") == "measure"]
    assert len(staves) == len(BY_HAND[name]().bars)


@needs_notation
def test_an_orchestra_stays_on_its_page() -> None:
    parts = tuple(Part(f"Violin {i}", 40, (Note(0, 72, 1920),)) for i in range(20))
    [page] = engrave(Score(parts))
    assert raster.svg_size(page) == pytest.approx((840, 1188), abs=2)
    staves = [e for e in fromstring(page).iter("{http://www.w3.org/2000/svg}g") if e.get("class", "").split()[:1] == ["staff"]]
    inner = next(e for e in fromstring(page).iter("{http://www.w3.org/2000/svg}svg") if e.get("class") == "definition-scale")
    lowest = max(
        float(path.get("d", "").split()[-1]) for staff in staves for path in staff.iter("{http://www.w3.org/2000/svg}path")
    )
    assert lowest < 0.97 * float(inner.get("viewBox", "").split()[3])


@needs_notation
def test_pages_have_numbers_and_the_first_a_subtitle() -> None:
    score = Score((Part("Flute", 73, tuple(Note(240 * i, 60 + i % 12, 230) for i in range(1200))),), title="Title")
    pages = engrave(score, Provenance("tiny", 1, subtitle="For two"))
    assert len(pages) > 1
    assert all(re.search(rf">{number}</text></svg>\s*</svg>\s*$", page) for number, page in enumerate(pages, 1))
    assert "For two" in pages[0]
    for text in (
        lilypond_text(score, Provenance("tiny", 1, subtitle="For two")),
        abc_text(score, Provenance(subtitle="For two")),
    ):
        assert "For two" in text


def test_rows_of_a_roll_have_similar_lengths() -> None:
    part = Part("Flute", 73, (Note(0, 72, 480 * 3 * 64),))
    score = Score((part,), time_signatures=(TimeSignature(0, 3, 4),))
    assert [len(row) for row in roll_rows(score.bars)] == [16] * 4


@needs_notation
def test_pictures_are_written(tmp_path: Path) -> None:
    for suffix in (".svg", ".png", ".pdf", ".roll.svg", ".roll.png"):
        write_score(waltz(), tmp_path / f"waltz{suffix}")
    width, height, share = ink((tmp_path / "waltz.png").read_bytes())
    assert width == 1680
    assert height < 1800, "the page is cut below its last system"
    assert 0.01 < share < 0.2
    assert ink((tmp_path / "waltz.roll.png").read_bytes())[2] > 0.02
    pdf = (tmp_path / "waltz.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    write_score(waltz(), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == pdf


@needs_notation
def test_text_appears_in_png() -> None:
    page = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40"><text x="10" y="30" font-size="30">{}</text></svg>'
    blank, named = (ink(raster.svg_to_png(page.format(text), 1.0))[2] for text in ("", "Dm7"))
    assert blank == 0
    assert named > 0.02


def test_errors_name_missing_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "verovio", None)
    with pytest.raises(MissingExtraError, match=r"pip install verovio"):
        write_score(waltz(), tmp_path / "waltz.svg")
    assert list(tmp_path.iterdir()) == []


def test_roll_shows_parts_chords_sections_and_moods() -> None:
    svg = roll_svg(waltz(), [Mood(-0.5, 0.2), None])
    assert {"Kleiner Wälzer", "Violin I", "Cello", "A", "B", "Dm", "valence", "arousal"} <= set(words(svg).split("  ")) | {
        "".join(e.itertext()) for e in fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    }
    rounded = [e for e in fromstring(svg).iter("{http://www.w3.org/2000/svg}rect") if e.get("rx") == "1"]
    assert len(rounded) == sum(len(part.notes) for part in waltz().parts)
    assert "valence" not in roll_svg(waltz())


def test_a_roll_lists_the_sections_once_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    listed, plain = [0], Score.section_markers.fget
    markers = tuple(Marker(480 * beat, f"Section {beat}") for beat in range(64))
    score = Score((Part("Flute", 73, (Note(0, 60, 64 * 480),)),), markers=markers)

    def counted(self: Score) -> tuple[Marker, ...]:
        listed[0] += 1
        return plain(self)

    monkeypatch.setattr(Score, "section_markers", property(counted))
    found = re.findall(r'height="16" fill="([^"]+)"', roll_svg(score))
    assert len(found) >= 64
    assert len(set(found)) == 6
    assert listed[0] < 64  # not for each marker


def test_roll_of_many_parts_and_of_an_empty_score() -> None:
    score = orchestra()
    texts = [element.text for element in fromstring(roll_svg(score)).iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text in {part.name for part in score.parts}] == [part.name for part in score.parts]
    assert "Piano roll" in roll_svg(Score(()))


def test_roll_has_signs_of_music() -> None:
    key = Key.parse("Bb major")
    score = replace(
        waltz(), title="Waltz in Bb major", keys=(KeySignature(0, key),), chords=(ChordSymbol(0, Chord(10, "hdim7")),)
    )
    svg = roll_svg(score)
    assert "Waltz in B♭ major" in svg
    assert "B♭m7♭5" in svg
