"""A user's own MIDI file with notes taken out and put in, and every other byte of music as it was.

`write_midi` writes a score; this edits a file. Division, controllers, pitch bends, pedal, lyrics and the ticks of all kept
notes stay, also where they are finer than 480 a quarter or overlap in ways that a score cannot say. Knows mido's messages.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from composer.errors import BadInputError
from composer.formats.channels import DRUM_CHANNEL
from composer.formats.midi import microseconds_per_quarter
from composer.formats.provenance import Provenance
from composer.score import TICKS_PER_QUARTER, Note, Part, Score

if TYPE_CHECKING:
    import mido

Place = tuple[int, int]  # track and channel
Timed = list[tuple[int, int, "mido.Message | mido.MetaMessage"]]  # tick, order within it, message


def patch_midi(original: bytes, before: Score, after: Score, provenance: Provenance | None = None) -> bytes:
    """The file `original` with the notes of `after` instead of those of `before`.

    Args:
        original: a MIDI file.
        before: what `read_midi(original)` gave.
        after: the same score with notes removed or added in its parts, parts added at its end, and tempi and metres added after
            its last (as `composer.transcription.restore` gives it).
        provenance: who made the difference, for a text event of the first track.

    Returns:
        The edited file; `original` itself where nothing differs.

    Raises:
        BadInputError: the file cannot be parsed a second time, or it holds no such notes.
    """
    import mido

    if after.parts == before.parts and after.tempos == before.tempos and after.time_signatures == before.time_signatures:
        return original
    try:
        file = mido.MidiFile(file=io.BytesIO(original), charset="latin-1", clip=True)
    except (OSError, EOFError, ValueError, IndexError, KeyError) as error:
        raise BadInputError(f"MIDI file is broken ({error}): export it again") from error
    scale = file.ticks_per_beat / TICKS_PER_QUARTER
    tracks = [list(_timed(track)) for track in file.tracks]
    places = _places(tracks, before.parts, scale)
    for part, changed, place in zip(before.parts, after.parts, places, strict=False):
        removed, added = Counter(part.notes) - Counter(changed.notes), Counter(changed.notes) - Counter(part.notes)
        _remove(tracks[place[0]], place[1], removed.elements(), scale)
        tracks[place[0]] += _note_events(added.elements(), place[1], scale)
    used = {message.channel for track in tracks for _, _, message in track if hasattr(message, "channel")}
    for part in after.parts[len(before.parts) :]:
        tracks.append(list(_new_track(part, _free_channel(part, used), scale)))
    tracks[0] += _later_changes(before, after, scale)
    if provenance:
        tracks[0].append((0, 0, mido.MetaMessage("text", text=provenance.sentence())))
    file.type = 1 if len(tracks) > 1 else file.type
    file.tracks[:] = [_assembled(track) for track in tracks]
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _timed(track: Any) -> Iterator[tuple[int, int, Any]]:
    tick = 0
    for message in track:
        tick += message.time
        yield tick, 0, message


def _places(tracks: list[Timed], parts: Iterable[Part], scale: float) -> list[Place]:
    """The track and channel that hold each part: those with most of its notes."""
    struck: dict[Place, Counter[tuple[int, int]]] = {}
    for index, track in enumerate(tracks):
        for tick, _, message in track:
            if message.type == "note_on" and message.velocity:
                struck.setdefault((index, message.channel), Counter())[round(tick / scale), message.note] += 1
    places = []
    for part in parts:
        wanted = Counter((note.start_ticks, note.pitch) for note in part.notes)
        fits = {place: (notes & wanted).total() for place, notes in struck.items()}
        places.append(max(fits, key=lambda place: fits[place], default=(0, 0)))
    return places


def _remove(track: Timed, channel: int, notes: Iterable[Note], scale: float) -> None:
    """Takes out each note's beginning and the next end of its pitch."""
    for note in notes:
        on = next(
            (
                index
                for index, (tick, _, message) in enumerate(track)
                if message.type == "note_on"
                and message.velocity
                and (message.channel, message.note, round(tick / scale)) == (channel, note.pitch, note.start_ticks)
            ),
            None,
        )
        if on is None:
            raise BadInputError(f"the MIDI file holds no note {note.pitch} at tick {note.start_ticks}: read it again")
        ends = [
            index
            for index in range(on + 1, len(track))
            if _is_end(track[index][2]) and (track[index][2].channel, track[index][2].note) == (channel, note.pitch)
        ]
        for index in sorted(ends, key=lambda index: abs(track[index][0] / scale - note.end_ticks))[:1]:
            del track[index]
        del track[on]


def _is_end(message: Any) -> bool:
    return message.type == "note_off" or (message.type == "note_on" and not message.velocity)


def _note_events(notes: Iterable[Note], channel: int, scale: float) -> Iterator[tuple[int, int, Any]]:
    import mido

    for note in notes:
        start, end = round(note.start_ticks * scale), round(note.end_ticks * scale)
        yield start, 1, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        yield max(end, start + 1), -1, mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)


def _free_channel(part: Part, used: set[int]) -> int:
    """A channel that nobody uses, else the last one."""
    channel = DRUM_CHANNEL if part.is_drum else next((c for c in range(16) if c not in used | {DRUM_CHANNEL}), 15)
    used.add(channel)
    return channel


def _new_track(part: Part, channel: int, scale: float) -> Iterator[tuple[int, int, Any]]:
    import mido

    yield 0, -2, mido.MetaMessage("track_name", name=part.name.encode("utf-8").decode("latin-1"))
    yield 0, -1, mido.Message("program_change", channel=channel, program=part.program)
    yield from _note_events(part.notes, channel, scale)
    yield 0, 2, mido.MetaMessage("end_of_track")


def _later_changes(before: Score, after: Score, scale: float) -> Iterator[tuple[int, int, Any]]:
    """Tempi and metres that `after` has beyond those of `before`."""
    import mido

    for metre in after.time_signatures[len(before.time_signatures) :]:
        message = mido.MetaMessage("time_signature", numerator=metre.numerator, denominator=metre.denominator)
        yield round(metre.start_ticks * scale), -2, message
    for tempo in after.tempos[len(before.tempos) :]:
        message = mido.MetaMessage("set_tempo", tempo=microseconds_per_quarter(tempo.qpm))
        yield round(tempo.start_ticks * scale), -2, message


def _assembled(events: Timed) -> Any:
    """A track in order of time: ends of new notes before, beginnings after what was there; closed after all of it."""
    import mido

    track, last = mido.MidiTrack(), 0
    body = [event for event in events if event[2].type != "end_of_track"]
    end = max((tick for tick, _, _ in events), default=0)
    for tick, _, message in sorted(body, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    track.append(mido.MetaMessage("end_of_track", time=end - last))
    return track
