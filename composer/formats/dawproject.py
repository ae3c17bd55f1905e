"""DAWproject 1.0 export: tracks, notes, tempo, meters and markers for Bitwig Studio, Cubase, Studio One and others.

A zip of project.xml and metadata.xml; equal scores give equal bytes. Times are in quarter notes. Tracks carry only the names
of instruments: the format has no General MIDI programs, and each DAW loads its sounds.

Source: Bitwig and PreSonus, "DAWproject exchange format 1.0", Project.xsd and MetaData.xsd.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from composer.files import write_atomically
from composer.formats.midi.channels import assign_channels
from composer.formats.midi.unisons import separate_unisons
from composer.formats.musicxml.xml_text import add_text, clean
from composer.formats.provenance import Provenance, credited_composer, software
from composer.score import DEFAULT_QPM, TICKS_PER_QUARTER, Score, Tempo, TimeSignature

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date in a zip: files carry no creation date


def write_dawproject(score: Score, path: Path, provenance: Provenance | None = None) -> None:
    """Writes a .dawproject file.

    Raises:
        BadInputError: the file cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in (("metadata.xml", _metadata(score, provenance)), ("project.xml", _project(score))):
            indent(root)
            content = b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8") + b"\n"
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    write_atomically(path, packed.getvalue())


def _metadata(score: Score, provenance: Provenance | None) -> Element:
    """Title, composer and disclosure."""
    root = Element("MetaData")
    if score.title:
        add_text(root, "Title", score.title)
    if composer := credited_composer(score, provenance):
        add_text(root, "Composer", composer)
    if provenance:
        add_text(root, "Comment", provenance.sentence())
    return root


def _project(score: Score) -> Element:
    """The whole project: transport, tracks, arrangement."""
    root = Element("Project", version="1.0")
    name, _, number = software().partition(" ")
    SubElement(root, "Application", name=name, version=number or "0")
    tempos = score.tempos or (Tempo(0, DEFAULT_QPM),)
    meters = score.time_signatures or (TimeSignature(0, 4, 4),)
    transport = SubElement(root, "Transport")
    SubElement(transport, "Tempo", unit="bpm", value=_number(tempos[0].qpm), min="20", max="666", id="tempo", name="Tempo")
    SubElement(
        transport, "TimeSignature", numerator=str(meters[0].numerator), denominator=str(meters[0].denominator), id="meter"
    )
    _add_tracks(SubElement(root, "Structure"), score)
    arrangement = SubElement(root, "Arrangement", id="arrangement")
    _add_lanes(arrangement, score)
    if score.markers:
        markers = SubElement(arrangement, "Markers", timeUnit="beats", id="markers")
        for marker in score.markers:
            SubElement(markers, "Marker", time=_beats(marker.start_ticks), name=clean(marker.text))
    if len(tempos) > 1:
        points = SubElement(arrangement, "TempoAutomation", timeUnit="beats", unit="bpm", id="tempo-changes")
        SubElement(points, "Target", parameter="tempo")
        for tempo in tempos:
            SubElement(points, "RealPoint", time=_beats(tempo.start_ticks), value=_number(tempo.qpm), interpolation="hold")
    if len(meters) > 1:
        points = SubElement(arrangement, "TimeSignatureAutomation", timeUnit="beats", id="meter-changes")
        SubElement(points, "Target", parameter="meter")
        for meter in meters:
            numbers = {"numerator": str(meter.numerator), "denominator": str(meter.denominator)}
            SubElement(points, "TimeSignaturePoint", numbers, time=_beats(meter.start_ticks))
    return root


def _add_tracks(structure: Element, score: Score) -> None:
    """One track with a channel per part, and the master channel that they feed."""
    for index, part in enumerate(score.parts):
        track = SubElement(structure, "Track", contentType="notes", loaded="true", id=f"track{index}", name=clean(part.name))
        channel = SubElement(track, "Channel", audioChannels="2", destination="master", role="regular", id=f"channel{index}")
        _add_fader(channel, str(index))
    track = SubElement(structure, "Track", contentType="audio notes", loaded="true", id="master-track", name="Master")
    _add_fader(SubElement(track, "Channel", audioChannels="2", role="master", id="master"), "-master")


def _add_fader(channel: Element, suffix: str) -> None:
    """Pan in the center, volume at 0 dB."""
    SubElement(channel, "Pan", unit="normalized", value="0.5", min="0", max="1", id=f"pan{suffix}", name="Pan")
    SubElement(channel, "Volume", unit="linear", value="1", min="0", max="2", id=f"volume{suffix}", name="Volume")


def _add_lanes(arrangement: Element, score: Score) -> None:
    """One clip per part over the whole piece, with the loop points if any, so that extended or launched clips repeat."""
    lanes = SubElement(arrangement, "Lanes", timeUnit="beats", id="lanes")
    end = _beats(score.bars[-1].end_ticks)
    loop = dict(zip(("loopStart", "loopEnd"), map(_beats, score.loop_ticks or ()), strict=False))
    for index, (part, (_, channel)) in enumerate(zip(score.parts, assign_channels(score.parts), strict=True)):
        lane = SubElement(lanes, "Lanes", track=f"track{index}", id=f"lane{index}")
        clips = SubElement(lane, "Clips", id=f"clips{index}")
        clip = SubElement(clips, "Clip", loop, time="0", duration=end, playStart="0", name=clean(part.name))
        notes = SubElement(clip, "Notes", id=f"notes{index}")
        for note in separate_unisons(part.notes):
            velocity = _number(note.velocity / 127)
            SubElement(
                notes, "Note", time=_beats(note.start_ticks), duration=_beats(note.duration_ticks), channel=str(channel),
                key=str(note.pitch), vel=velocity, rel=velocity,
            )  # fmt: skip


def _beats(ticks: int) -> str:
    """Ticks in quarter notes."""
    return _number(ticks / TICKS_PER_QUARTER)


def _number(value: float) -> str:
    """A decimal number without an exponent or trailing zeros."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
