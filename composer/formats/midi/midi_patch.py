"""Adds and removes notes in a user's MIDI file and keeps every other byte of music.

`write_midi` writes a score; this module edits a file. Division, controllers, pitch bends, pedal, lyrics and the ticks of all
kept notes are preserved, even if they are finer than 480 per quarter or overlap in ways that a score cannot represent.
Knows mido's messages.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from composer.errors import BadInputError
from composer.formats.midi.channels import DRUM_CHANNEL, MELODIC_CHANNELS
from composer.formats.midi.midi_events import BANK_SELECT, SUSTAIN, pedal_changes
from composer.formats.midi.midi_score import composer_text, frame_events, read_symbol
from composer.formats.midi.smf import Limits, decode_text, only_tracks
from composer.formats.provenance import Provenance
from composer.score import TICKS_PER_QUARTER, Note, Part, Score

if TYPE_CHECKING:
    import mido

Place = tuple[int, int]  # track and channel
_CHARSET = "latin-1"  # keeps the bytes of any text
Timed = list[tuple[int, int, "mido.Message | mido.MetaMessage"]]  # tick, order within it, message

# Score fields that apply to all parts, and their MIDI events.
_FRAME = {"time_signatures": "time_signature", "keys": "key_signature", "tempos": "set_tempo", "chords": "text"}
_EXPRESSION, _PEDAL_DOWN = 11, 64
_FULL = 127  # expression if the file sets none
_RESET: dict[str | int, str] = {SUSTAIN: "pedal", "pitchwheel": "pitch bend", _EXPRESSION: "expression"}
_HANGING = "notes without an end"


def patch_midi(original: bytes, before: Score, after: Score, provenance: Provenance | None = None) -> bytes:
    """Applies the differences between two scores to a MIDI file.

    Args:
        original: a MIDI file.
        before: the result of `read_midi(original)`.
        after: the same score with notes removed from or added to its parts, pedals added, other programs, parts appended, and
            other tempos, meters, keys and chords (as returned by `composer.understanding.restore`). Tracks keep their names.
        provenance: origin of the changes, written as text events in the first track.

    Returns:
        The edited file; `original` itself if nothing differs.

    Raises:
        BadInputError: the file cannot be parsed, it lacks notes of `before`, or no channel is free for new parts.
    """
    import mido

    if all(getattr(before, kind) == getattr(after, kind) for kind in ("parts", *_FRAME)):
        return original
    file = _parsed(original)
    scale = file.ticks_per_beat / TICKS_PER_QUARTER
    tracks = [list(_timed(track)) for track in file.tracks]
    places = _places(tracks, before.parts, scale)
    channels = _free_channels(tracks, after.parts[len(before.parts) :])
    for part, changed, place in zip(before.parts, after.parts, places, strict=False):
        removed, added = Counter(part.notes) - Counter(changed.notes), Counter(changed.notes) - Counter(part.notes)
        _remove(tracks[place[0]], place[1], removed.elements(), scale)
        track, channel = tracks[place[0]], place[1]
        if changed.program != part.program:
            _set_program(tracks, place, changed.program)
        track += list(_note_events(added.elements(), channel, scale, _spans(track, channel, scale)))
        track += list(_pedal_events([span for span in changed.pedals if span not in part.pedals], channel, scale))
    for index, tick, message in _resets(tracks, places, before, after, scale):
        tracks[index].append((tick, 0, message))
    has_drums = DRUM_CHANNEL in _played(tracks)
    for part, channel in zip(after.parts[len(before.parts) :], channels, strict=True):
        tracks.append(list(_new_track(part, channel, scale, sets_up=not (part.is_drum and has_drums))))
    _change_frame(tracks, before, after, scale)
    if provenance:
        texts = (provenance.sentence(), composer_text(after, provenance) if provenance.author else "")
        tracks[0] += [(0, 0, mido.MetaMessage("text", text=_stored(text))) for text in texts if text]
    file.type = 1 if len(tracks) > 1 else file.type
    file.tracks[:] = [_assembled(track) for track in tracks]
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def check_editable(original: bytes) -> None:
    """Refuses a damaged MIDI file that `read_midi` reads nevertheless, but `patch_midi` cannot.

    Raises:
        BadInputError: the file cannot be parsed.
    """
    _parsed(original)


def controllers_reset(original: bytes, before: Score, after: Score) -> tuple[str, ...]:
    """Names of the controllers still active at the end of the file that `patch_midi` resets for appended bars."""
    file = _parsed(original)
    scale = file.ticks_per_beat / TICKS_PER_QUARTER
    tracks = [list(_timed(track)) for track in file.tracks]
    resets = _resets(tracks, _places(tracks, before.parts, scale), before, after, scale)
    return tuple(dict.fromkeys(_RESET.get(_controller(message), _HANGING) for _, _, message in resets))


def _parsed(original: bytes) -> mido.MidiFile:
    import mido

    try:
        return mido.MidiFile(file=io.BytesIO(only_tracks(original, Limits())), charset=_CHARSET, clip=True)
    except (OSError, EOFError, ValueError, IndexError, KeyError, mido.KeySignatureError) as error:
        raise BadInputError("MIDI file is damaged, so it cannot be edited: export it again") from error


def _stored(text: str) -> str:
    """A text that mido writes as UTF-8, as `_CHARSET` reads it."""
    return text.encode().decode(_CHARSET)


def _timed(track: Any) -> Iterator[tuple[int, int, Any]]:
    tick = 0
    for message in track:
        tick += message.time
        yield tick, 0, message


def _places(tracks: list[Timed], parts: Iterable[Part], scale: float) -> list[Place]:
    """The track and channel of each part: the place with most of its notes, not counting notes of earlier parts.

    Parts are ordered like places; a place has several parts if a program change split it.
    """
    struck: dict[Place, Counter[tuple[int, int]]] = {}
    for index, track in enumerate(tracks):
        for tick, _, message in track:
            if _is_beginning(message):
                struck.setdefault((index, message.channel), Counter())[round(tick / scale), message.note] += 1
    places = []
    for part in parts:
        expected = Counter((note.start_ticks, note.pitch) for note in part.notes)
        fits = {place: (struck[place] & expected).total() for place in sorted(struck)}
        place = max(fits, key=lambda place: fits[place], default=(0, 0))
        if part.notes and fits:
            struck[place] -= expected
        places.append(place)
    return places


def _resets(
    tracks: list[Timed], places: Iterable[Place], before: Score, after: Score, scale: float
) -> list[tuple[int, int, mido.Message]]:
    """(track, tick, message) of the resets in parts that continue after the end of the music.

    Pedal and pitch bend return to their rest positions, expression to its maximum so far, and unterminated notes end.
    """
    end = before.last_note_end_ticks
    going_on = {
        channel: track
        for (track, channel), part in zip(places, after.parts, strict=False)
        if part.notes and part.notes[-1].start_ticks >= end
    }
    starts = [note.start_ticks for part in after.parts for note in part.notes if note.start_ticks >= end]
    resets: list[tuple[int, int, mido.Message]] = []
    for channel, track in going_on.items():
        tick = round(min(starts) * scale)
        standing: dict[str | int, list[Any]] = {}
        for at, _, message in sorted((event for track in tracks for event in track), key=lambda event: event[0]):
            if at <= tick and getattr(message, "channel", None) == channel and _controller(message) in _RESET:
                standing.setdefault(_controller(message), []).append(message)
        resets += [(track, tick, reset) for messages in standing.values() for reset in _reset(messages)]
        resets += [(index, at, off) for index, events in enumerate(tracks) for at, off in _hanging(events, channel, tick)]
    return resets


def _hanging(track: Timed, channel: int, tick: int) -> Iterator[tuple[int, mido.Message]]:
    """Ticks and note-offs that end a channel's unterminated notes at a tick or, if they begin later, at once.

    A score omits these notes, but they sound.
    """
    import mido

    for found in _pairs(track, channel, 1.0).values():
        for pair in found:
            if len(pair) == 1:
                at, _, message = track[pair[0]]
                yield max(tick, at + 1), mido.Message("note_off", channel=channel, note=message.note, velocity=0)


def _controller(message: Any) -> str | int:
    """The number of a controller change's controller, else the message's type."""
    kind: str | int = message.control if message.type == "control_change" else message.type
    return kind


def _reset(messages: list[Any]) -> list[mido.Message]:
    """The message that resets a controller after the given messages, if it is not at its rest value."""
    last = messages[-1]
    if last.type == "pitchwheel":
        return [last.copy(pitch=0)] if last.pitch else []
    if last.control == SUSTAIN:
        return [last.copy(value=0)] if last.value >= _PEDAL_DOWN else []
    most = max(message.value for message in messages) or _FULL
    return [last.copy(value=most)] if last.value < most else []


def _remove(track: Timed, channel: int, notes: Iterable[Note], scale: float) -> None:
    """Removes the messages of each note; if several notes of its pitch begin together, all of them."""
    pairs = _pairs(track, channel, scale)
    gone: set[int] = set()
    for note in notes:
        if not (found := pairs[note.start_ticks, note.pitch]):
            raise BadInputError(f"the MIDI file has no note {note.pitch} at tick {note.start_ticks}: read it again")
        gone.update(index for pair in found for index in pair)
    track[:] = [event for index, event in enumerate(track) if index not in gone]


def _set_program(tracks: list[Timed], place: Place, program: int) -> None:
    """Sets the program of a channel from the start on, in place of all that the file sets."""
    import mido

    index, channel = place
    for track in tracks:
        track[:] = [event for event in track if not (_sets_sound(event[2]) and event[2].channel == channel)]
    tracks[index].append((0, -1, mido.Message("program_change", channel=channel, program=program)))


def _sets_sound(message: Any) -> bool:
    """Whether a message changes the program of its channel, or selects the bank of programs."""
    return message.type == "program_change" or (message.type == "control_change" and message.control in BANK_SELECT)


def _pairs(track: Timed, channel: int, scale: float) -> defaultdict[tuple[int, int], list[list[int]]]:
    """Indices of the on and off messages of each note, paired first in, first out; keyed by start and pitch."""
    sounding: defaultdict[int, deque[list[int]]] = defaultdict(deque)
    pairs: defaultdict[tuple[int, int], list[list[int]]] = defaultdict(list)
    for index, (tick, _, message) in enumerate(track):
        if getattr(message, "channel", None) != channel:
            continue
        if _is_beginning(message):
            pair = [index]
            sounding[message.note].append(pair)
            pairs[round(tick / scale), message.note].append(pair)
        elif _is_end(message) and sounding[message.note]:
            sounding[message.note].popleft().append(index)
    return pairs


def _is_beginning(message: Any) -> bool:
    return bool(message.type == "note_on" and message.velocity)


def _is_end(message: Any) -> bool:
    return message.type == "note_off" or (message.type == "note_on" and not message.velocity)


def _spans(track: Timed, channel: int, scale: float) -> defaultdict[int, list[tuple[int, int]]]:
    """First and last tick of the notes of a channel, by pitch."""
    spans: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for (_, pitch), found in _pairs(track, channel, scale).items():
        spans[pitch] += [(track[pair[0]][0], track[pair[-1]][0]) for pair in found]
    return spans


def _note_events(
    notes: Iterable[Note], channel: int, scale: float, spans: Mapping[int, Sequence[tuple[int, int]]]
) -> Iterator[tuple[int, int, Any]]:
    """On and off messages of notes.

    A note ends after earlier notes of its pitch and before later ones, because on and off messages pair first in, first out.
    """
    import mido

    for note in notes:
        start, end = round(note.start_ticks * scale), round(note.end_ticks * scale)
        end = max([end, start + 1, *(last for first, last in spans.get(note.pitch, ()) if first <= start)])
        end = min([end, *(last for first, last in spans.get(note.pitch, ()) if first > start)])
        yield start, 1, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        yield end, -1, mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)


def _pedal_events(pedals: Iterable[tuple[int, int]], channel: int, scale: float) -> Iterator[tuple[int, int, Any]]:
    """Messages that press and release the pedal."""
    import mido

    for tick, control, value in pedal_changes(pedals):
        yield round(tick * scale), 0, mido.Message("control_change", channel=channel, control=control, value=value)


def _played(tracks: list[Timed]) -> set[int]:
    """Channels with notes."""
    return {message.channel for track in tracks for _, _, message in track if _is_beginning(message)}


def _free_channels(tracks: list[Timed], parts: Sequence[Part]) -> list[int]:
    """An unused channel for each new part; channels that no track configures come first.

    If there are too few, parts with the same instrument share a channel.

    Raises:
        BadInputError: more instruments than free channels.
    """
    set_up = {message.channel for track in tracks for _, _, message in track if message.type == "program_change"}
    free = sorted(set(MELODIC_CHANNELS) - _played(tracks), key=lambda channel: (channel in set_up, channel))
    programs = [part.program for part in parts if not part.is_drum]
    shared = list(dict.fromkeys(programs))
    if len(shared) > len(free):
        raise BadInputError(
            f"{len(shared)} more instruments need {len(shared)} MIDI channels, the file leaves {len(free)} of 15 free: "
            "add fewer, or leave mid out of --format"
        )
    unused = iter(free)
    return [
        DRUM_CHANNEL if part.is_drum else next(unused) if len(programs) <= len(free) else free[shared.index(part.program)]
        for part in parts
    ]


def _new_track(part: Part, channel: int, scale: float, *, sets_up: bool) -> Iterator[tuple[int, int, Any]]:
    import mido

    yield 0, -2, mido.MetaMessage("track_name", name=_stored(part.name))
    if sets_up:
        yield 0, -1, mido.Message("program_change", channel=channel, program=part.program)
    yield from _note_events(part.notes, channel, scale, {})
    yield 0, 2, mido.MetaMessage("end_of_track")


def _change_frame(tracks: list[Timed], before: Score, after: Score, scale: float) -> None:
    """Removes the meters, keys, tempos and chords missing from `after`, and inserts those missing from `before`."""
    new: dict[str, Any] = {}
    for kind, type_ in _FRAME.items():
        old, now = getattr(before, kind), getattr(after, kind)
        gone = {event.start_ticks for event in old if event not in now}
        new[kind] = tuple(event for event in now if event not in old)
        for track in tracks[:1] if kind == "chords" else tracks:
            track[:] = [event for event in track if not (_says(event[2], type_) and round(event[0] / scale) in gone)]
    tracks[0] += [(round(tick * scale), -2, message) for tick, _, message in frame_events(Score((), **new), after.key)]


def _says(message: Any, type_: str) -> bool:
    """Whether a message is of a type; a text message must also be a chord symbol."""
    if message.type != type_:
        return False
    return type_ != "text" or read_symbol(0, decode_text(message.text.encode(_CHARSET))) is not None


def _assembled(events: Timed) -> Any:
    """A track in time order; at a tick, new note-offs come before existing events and new note-ons after them."""
    import mido

    track, last = mido.MidiTrack(), 0
    body = [event for event in events if event[2].type != "end_of_track"]
    end = max((tick for tick, _, _ in events), default=0)
    for tick, _, message in sorted(body, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    track.append(mido.MetaMessage("end_of_track", time=end - last))
    return track
