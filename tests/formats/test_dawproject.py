from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from composer.formats import write_score
from composer.formats.provenance import Provenance
from tests.formats.pieces import BY_HAND, Q, loop, seven_eight, waltz

# Rules of the published schema for our elements: order of children, and required attributes.
CHILDREN = {
    "Project": ["Application", "Transport", "Structure", "Arrangement"],
    "Transport": ["Tempo", "TimeSignature"],
    "Track": ["Channel"],
    "Channel": ["Devices", "Mute", "Pan", "Sends", "Volume"],
    "Arrangement": ["Lanes", "Markers", "TempoAutomation", "TimeSignatureAutomation"],
    "TempoAutomation": ["Target", "RealPoint"],
    "TimeSignatureAutomation": ["Target", "TimeSignaturePoint"],
    "Clip": ["Notes"],
    "MetaData": ["Title", "Artist", "Composer", "Comment"],
}
REQUIRED = {
    "Project": {"version"}, "Application": {"name", "version"}, "Tempo": {"unit"}, "Pan": {"unit"}, "Volume": {"unit"},
    "TimeSignature": {"numerator", "denominator"}, "Note": {"time", "duration", "channel", "key"}, "Clip": {"time"},
    "Marker": {"time"}, "RealPoint": {"time", "value"}, "TimeSignaturePoint": {"time", "numerator", "denominator"},
}  # fmt: skip
NAMED, REAL = {"id", "name"}, {"value", "min", "max"}
OPTIONAL = {
    "Tempo": NAMED | REAL, "Pan": NAMED | REAL, "Volume": NAMED | REAL, "TimeSignature": NAMED, "Arrangement": NAMED,
    "Track": NAMED | {"contentType", "loaded"}, "Channel": NAMED | {"audioChannels", "destination", "role", "solo"},
    "Lanes": NAMED | {"timeUnit", "track"}, "Clips": NAMED | {"timeUnit", "track"}, "Notes": NAMED | {"timeUnit", "track"},
    "Markers": NAMED | {"timeUnit"}, "Marker": {"name"},
    "Clip": {"name", "duration", "playStart", "playStop", "loopStart", "loopEnd"},
    "Note": {"vel", "rel"}, "RealPoint": {"interpolation"}, "Target": {"parameter"},
    "TempoAutomation": NAMED | {"timeUnit", "unit"}, "TimeSignatureAutomation": NAMED | {"timeUnit", "unit"},
}  # fmt: skip
WORDS = {
    "unit": {"linear", "normalized", "bpm"}, "timeUnit": {"beats", "seconds"}, "interpolation": {"hold", "linear"},
    "role": {"regular", "master"}, "contentType": {"notes", "audio notes"},
}  # fmt: skip
WHOLE = {"numerator", "denominator", "channel", "key", "audioChannels"}


def unpack(path: Path) -> tuple[Element, Element]:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert archive.namelist() == ["metadata.xml", "project.xml"]
        return fromstring(archive.read("metadata.xml")), fromstring(archive.read("project.xml"))


@pytest.mark.parametrize("name", BY_HAND)
def test_structure_follows_the_specification(name: str, tmp_path: Path) -> None:
    path = tmp_path / "piece.dawproject"
    write_score(BY_HAND[name](), path, Provenance("base", 7))
    metadata, project = unpack(path)
    ids = [element.get("id") for element in project.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    for element in [*metadata.iter(), *project.iter()]:
        if element.tag in CHILDREN:
            places = [CHILDREN[element.tag].index(child.tag) for child in element]
            assert places == sorted(places)
        required = REQUIRED.get(element.tag, set())
        assert required <= set(element.attrib) <= required | OPTIONAL.get(element.tag, set()), element.tag
        for name, value in element.attrib.items():
            assert value in WORDS.get(name, {value})
            assert name not in WHOLE or value.isdigit()
            assert name != "id" or re.fullmatch(r"[a-z][a-z0-9-]*", value), "an xs:ID is a name"
        for reference in ("track", "destination", "parameter"):
            assert element.get(reference) is None or element.get(reference) in ids


def test_content_matches_the_score(tmp_path: Path) -> None:
    path = tmp_path / "piece.dawproject"
    write_score(waltz(), path, Provenance("base", 7))
    metadata, project = unpack(path)
    assert metadata.findtext("Title") == "Kleiner Wälzer"
    assert "composed by AI" in metadata.findtext("Comment", "")
    assert metadata.find("Copyright") is None
    assert [track.get("name") for track in project.iter("Track")] == [*(part.name for part in waltz().parts), "Master"]
    found = [
        [(float(n.get("time", "")) * Q, int(n.get("key", "")), float(n.get("duration", "")) * Q) for n in notes.iter("Note")]
        for notes in project.iter("Notes")
    ]
    assert found == [[(n.start_ticks, n.pitch, n.duration_ticks) for n in part.notes] for part in waltz().parts]
    assert [(m.get("time"), m.get("name")) for m in project.iter("Marker")] == [("0", "A"), ("12", "B")]
    assert [(p.get("time"), p.get("value")) for p in project.iter("RealPoint")] == [("0", "84"), ("21", "72")]


def test_clips_of_a_loop_repeat(tmp_path: Path) -> None:
    write_score(loop(), tmp_path / "piece.dawproject")
    _, project = unpack(tmp_path / "piece.dawproject")
    assert [(clip.get("loopStart"), clip.get("loopEnd")) for clip in project.iter("Clip")] == [("4", "16")] * 2
    assert [m.get("name") for m in project.iter("Marker")] == ["A", "loopStart", "B", "loopEnd"]


def test_meters_change_and_bytes_are_stable(tmp_path: Path) -> None:
    write_score(seven_eight(), tmp_path / "one.dawproject")
    write_score(seven_eight(), tmp_path / "two.dawproject")
    assert (tmp_path / "one.dawproject").read_bytes() == (tmp_path / "two.dawproject").read_bytes()
    _, project = unpack(tmp_path / "one.dawproject")
    points = [(p.get("time"), p.get("numerator"), p.get("denominator")) for p in project.iter("TimeSignaturePoint")]
    assert points == [("0", "7", "8"), ("7", "5", "4")]
