"""End to end from a score to sound, with the embedded synthesizer and the soundfont of the pretty_midi wheel."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from composer.errors import BadInputError, CantilenaError
from composer.formats.provenance import Provenance
from composer.performance import Performance, PerformedNote, PerformedPart, perform
from composer.render import SAMPLE_RATE, render_performance, render_score
from composer.render.instrument_levels import leveled
from composer.render.loudness import measure
from composer.render.messages import window_midi
from composer.render.mixing import _bundles, mix
from composer.render.reverb import ROOMS, impulse_response, room_for, send_gain
from composer.render.soundfonts import bundled_soundfont
from composer.render.synth import RENDERERS, SoundSource, synthesize
from composer.score import Note, Part, Score

EMBEDDED = "midirenderer"


@pytest.fixture(scope="module")
def font() -> Path:
    path = bundled_soundfont()
    assert path is not None
    return path


def tone(program: int, *notes: tuple[float, float, int], **more: object) -> PerformedPart:
    return PerformedPart("Part", program, tuple(PerformedNote(a, b, p, 90) for a, b, p in notes), **more)  # type: ignore[arg-type]


def spectrum_peak_hz(sound: np.ndarray) -> float:
    windowed = sound.mean(axis=1) * np.hanning(len(sound))
    return float(np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)[np.abs(np.fft.rfft(windowed)).argmax()])


def synthesized(font: Path, part: PerformedPart, renderer: str = EMBEDDED) -> np.ndarray:
    (piece,) = synthesize([[part]], SoundSource(renderer, font), 1.0)
    return piece.sound


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def test_a_score_becomes_a_file_with_the_target_loudness(quartet: Score, tmp_path: Path) -> None:
    seen: list[float] = []
    path = tmp_path / "a.wav"
    result = render_score(quartet, path, renderer=EMBEDDED, provenance=Provenance("base", 7), progress=seen.append)
    sound, rate = soundfile.read(path, dtype="float32")
    loudness = measure(sound)
    assert rate == SAMPLE_RATE
    assert quartet.duration_s <= len(sound) / rate <= quartet.duration_s + 4
    assert loudness.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert loudness.true_peak_dbtp <= -1.0
    assert result.loudness.integrated_lufs == pytest.approx(loudness.integrated_lufs, abs=0.05)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    with soundfile.SoundFile(path) as file:
        assert file.comment == Provenance("base", 7).sentence()


def test_the_same_call_gives_the_same_bytes(quartet: Score, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        render_score(quartet, tmp_path / name, renderer=EMBEDDED, seed=5)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_stems_add_up_to_the_dry_mix(quartet: Score, tmp_path: Path) -> None:
    result = render_score(quartet, tmp_path / "a.flac", renderer=EMBEDDED, stems=tmp_path / "stems")
    *stems, dry = (soundfile.read(path, dtype="float64")[0] for path in result.files[1:])
    assert len(stems) == 4
    assert {stem.shape for stem in stems} == {dry.shape}
    assert all(rms(stem) > 1e-3 for stem in stems)
    assert np.abs(sum(stems) - dry).max() < 10 ** (-90 / 20)


@pytest.mark.parametrize("pitch", [45, 60, 69, 81])
def test_notes_sound_at_their_pitch(font: Path, pitch: int) -> None:
    sound = synthesized(font, tone(73, (0.0, 2.0, pitch)))
    expected = 440 * 2 ** ((pitch - 69) / 12)
    ratio = spectrum_peak_hz(sound[4800:86400]) / expected
    assert abs(1200 * np.log2(ratio / max(1, round(ratio)))) < 15  # cents; a harmonic may be strongest


def test_notes_stop_where_they_end(font: Path) -> None:
    sound = synthesized(font, tone(19, (0.0, 1.0, 60)))
    assert rms(sound[24000:43200]) > 0.01
    assert rms(sound[5 * SAMPLE_RATE :]) < 1e-4


def test_the_pedal_lets_notes_ring(font: Path) -> None:
    dry, held = (synthesized(font, tone(0, (0.0, 0.3, 60), pedals=pedals)) for pedals in ((), ((0.1, 2.5),)))
    between = slice(round(1.5 * SAMPLE_RATE), 2 * SAMPLE_RATE)
    assert rms(held[between]) > 20 * rms(dry[between])
    assert rms(held[round(4.5 * SAMPLE_RATE) :]) < 1e-4


def test_a_note_across_windows_is_not_cut(font: Path) -> None:
    part = tone(19, (28.0, 33.0, 60), (31.0, 32.0, 72))
    sound = mix(Performance((part,), 60.0), SoundSource(EMBEDDED, font), room="none")  # windows of 30 s
    loudness = [rms(sound[round(t * SAMPLE_RATE) : round((t + 0.5) * SAMPLE_RATE)]) for t in (29.0, 29.75, 30.2)]
    assert max(loudness) < 1.2 * min(loudness)


def test_bundled_parts_sound_the_same_as_alone(quartet: Score, font: Path) -> None:
    performance = perform(quartet, seed=1)
    together, apart = (
        mix(performance, SoundSource(EMBEDDED, font), room="none", on_stem=sink)
        for sink in (None, lambda part, first, sound: None)
    )
    assert rms(together - apart) < 10 ** (-50 / 20) * rms(apart), "16-bit rounding, no note cut off or moved"


def test_parts_at_equal_distance_share_a_pass_within_the_voice_limit() -> None:
    def part(distance: float, notes: int) -> PerformedPart:
        return replace(tone(0, *[(0.0, 1.0, 40 + i) for i in range(notes)]), distance=distance)

    rows = [part(0.5, 1), part(0.3, 1), part(0.35, 1), part(0.5, 1), part(0.8, 0)]
    assert _bundles(rows) == [[1, 2], [0, 3]]
    assert _bundles([part(0.3, 20), part(0.3, 12), part(0.3, 1), part(0.3, 40)]) == [[0, 1], [2], [3]]
    assert [len(bundle) for bundle in _bundles([part(0.3, 1)] * 17)] == [15, 2]
    pedalled = replace(tone(0, (0.0, 1.0, 60), (3.0, 4.0, 62), pedals=((0.5, 5.0),)), distance=0.3)
    assert _bundles([pedalled, part(0.3, 31)]) == [[0], [1]]


def test_pan_places_a_part(font: Path) -> None:
    left, right = (synthesized(font, tone(73, (0.0, 1.0, 72), pan=pan)) for pan in (-0.8, 0.8))
    assert rms(left[:, 0]) > 3 * rms(left[:, 1])
    assert rms(right[:, 1]) > 3 * rms(right[:, 0])


def test_swells_change_a_held_note(font: Path) -> None:
    part = tone(48, (0.0, 4.0, 60), swells=((0.0, 0.3), (2.0, 1.0)))
    sound = synthesized(font, part)
    assert rms(sound[round(2.5 * SAMPLE_RATE) : 3 * SAMPLE_RATE]) > 5 * rms(sound[SAMPLE_RATE : round(1.5 * SAMPLE_RATE)])


def test_a_full_synthesizer_is_turned_down_instead_of_clipped(font: Path) -> None:
    notes = tuple(PerformedNote(0.0, 2.0, pitch, 127) for pitch in range(36, 96, 2))
    loud = PerformedPart("Organ", 19, notes)
    sound = synthesized(font, loud)
    flat = np.diff(sound[24000:72000, 0]) == 0
    assert np.abs(sound).max() > 4.0
    assert flat.mean() < 0.01


def test_the_room_adds_a_tail_at_a_moderate_level(quartet: Score, font: Path) -> None:
    performance = perform(quartet)
    dry = mix(performance, SoundSource(EMBEDDED, font), room="none")
    wet = mix(performance, SoundSource(EMBEDDED, font), room="church")
    assert len(wet) > len(dry) + SAMPLE_RATE // 2
    assert 0 < 20 * np.log10(rms(wet[: len(dry)]) / rms(dry)) < 3


@pytest.mark.parametrize("name", sorted(set(ROOMS) - {"none"}))
def test_rooms_have_their_stated_decay(name: str) -> None:
    response = impulse_response(ROOMS[name]).astype(np.float64)
    spectrum = np.fft.rfft(response, axis=0)
    hertz = np.fft.rfftfreq(len(response), 1 / SAMPLE_RATE)
    spectrum[(hertz < 400) | (hertz > 1500)] = 0
    middle = np.fft.irfft(spectrum, axis=0, n=len(response))
    energy = np.cumsum((middle**2).sum(axis=1)[::-1])[::-1]  # Schroeder's backward integration
    level = 10 * np.log10(energy / energy[0] + 1e-12)
    first, last = (int(np.argmax(level < limit)) for limit in (-5, -25))
    assert 3 * (last - first) / SAMPLE_RATE == pytest.approx(ROOMS[name].decay_s, rel=0.25)  # a single noise sample
    assert np.sum(response**2, axis=0) == pytest.approx(1.0, rel=1e-3)
    assert abs(np.corrcoef(response.T)[0, 1]) < 0.1


def test_rooms_suit_ensembles() -> None:
    def ensemble(*programs: int, drums: bool = False) -> list[PerformedPart]:
        return [PerformedPart("", p, ()) for p in programs] + [PerformedPart("", 0, (), is_drum=True)] * drums

    assert room_for(ensemble(40, 40, 41, 42)) == "chamber"
    assert room_for(ensemble(52, 52, 52, 52)) == "church"
    assert room_for(ensemble(40, 41, 42, 73, 68, 60)) == "hall"
    assert room_for(ensemble(0, drums=True)) == "studio"
    assert send_gain(ROOMS["hall"], 0.8) > send_gain(ROOMS["hall"], 0.1)


def test_window_midi_closes_every_note() -> None:
    part = tone(0, (1.0, 2.0, 60), (2.0, 3.0, 60), (9.0, 9.5, 62), pedals=((1.1, 2.9),))
    midi, length_s = window_midi([part], 0.0, 5.0, 1.0)
    import io

    import mido

    messages = [m for m in mido.MidiFile(file=io.BytesIO(midi)) if not m.is_meta]
    kinds = [m.type for m in messages if m.type.startswith("note")]
    assert kinds == ["note_on", "note_off", "note_on", "note_off"]
    assert [m.value for m in messages if m.type == "control_change" and m.control == 64] == [127, 0]
    assert length_s == pytest.approx(4.0)


def test_scores_without_notes_are_rejected(quartet: Score, tmp_path: Path) -> None:
    silent = replace(quartet, parts=tuple(replace(part, notes=()) for part in quartet.parts))
    with pytest.raises(BadInputError, match="nothing to render"):
        render_score(silent, tmp_path / "a.wav")
    with pytest.raises(BadInputError, match="nothing to render"):
        render_performance(Performance((), 0.0))


def test_wrong_names_are_rejected(quartet: Score, tmp_path: Path) -> None:
    for options, message in (
        ({"renderer": "tape"}, "renderer 'tape'"),
        ({"room": "cave"}, "room 'cave'"),
        ({"soundfont": "no.sf2"}, "no.sf2"),
    ):
        with pytest.raises(BadInputError, match=message):
            render_score(quartet, tmp_path / "a.wav", **options)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_broken_soundfont_gives_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"RIFF\x08\x00\x00\x00sfbkLIST")
    with pytest.raises(CantilenaError, match=r"embedded synthesizer fails on broken\.sf2") as caught:
        render_performance(Performance((tone(0, (0.0, 1.0, 60)),), 1.0), broken, EMBEDDED)
    assert "\n" not in str(caught.value)


def test_a_damaged_soundfont_is_one_line_without_a_backtrace(
    tmp_path: Path, font: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    damaged = bytearray(font.read_bytes())
    start = damaged.index(b"inst", damaged.index(b"pdta")) + 8
    damaged[start + 42 : start + 44] = b"\xff\xff"  # the first zone of the second instrument
    (tmp_path / "damaged.sf2").write_bytes(damaged)
    with pytest.raises(CantilenaError, match=r"fails on damaged\.sf2 .*give another --soundfont") as caught:
        render_performance(Performance((tone(0, (0.0, 1.0, 60)),), 1.0), tmp_path / "damaged.sf2", EMBEDDED)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_panic_of_the_synthesizer_is_caught(monkeypatch: pytest.MonkeyPatch, font: Path) -> None:
    import midirenderer

    class PanicException(BaseException):
        """Like pyo3's: not an Exception."""

    def panic(*_: bytes) -> bytes:
        raise PanicException("index out of bounds\nmore")

    monkeypatch.setattr(midirenderer, "render_wave_from", panic)
    with pytest.raises(CantilenaError, match="index out of bounds"):
        render_performance(Performance((tone(0, (0.0, 1.0, 60)),), 1.0), font, EMBEDDED)


def test_more_parts_than_channels(font: Path) -> None:
    parts = tuple(tone(program, (0.0, 0.5, 60)) for program in range(40, 60))
    assert rms(render_performance(Performance(parts, 0.5), font, EMBEDDED)) > 0.01


def test_both_renderers_agree(font: Path) -> None:
    if not shutil.which("fluidsynth"):
        pytest.skip("FluidSynth is not installed")
    part = tone(48, (0.0, 2.0, 60), (0.5, 2.0, 67))
    first, second = (synthesized(font, part, name) for name in RENDERERS)
    assert 20 * np.log10(rms(second) / rms(first)) == pytest.approx(0, abs=3)


def test_a_very_short_score() -> None:
    score = Score((Part("Piano", 0, (Note(0, 60, 1, 72),)),))
    sound = render_performance(perform(score), renderer=EMBEDDED)
    assert np.isfinite(sound).all()
    assert 0.01 < np.abs(sound).max() <= 1.0


def test_several_workers_give_the_same_sound(font: Path) -> None:
    parts = tuple(tone(program, (0.0, 0.5, 60), (31.0, 31.5, 64)) for program in (0, 40, 56, 71, 73))
    performance = Performance(parts, 60.0)
    one, three = (mix(performance, SoundSource(EMBEDDED, font), workers=workers) for workers in (1, 3))
    assert (one == three).all()


def test_failure_in_another_process_gives_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"RIFF\x08\x00\x00\x00sfbkLIST")
    performance = Performance((tone(0, (0.0, 1.0, 60), (61.0, 62.0, 60)),), 62.0)
    with pytest.raises(CantilenaError, match=r"embedded synthesizer fails on broken\.sf2 \(RuntimeError") as caught:
        mix(performance, SoundSource(EMBEDDED, broken), workers=2)
    assert "\n" not in str(caught.value)


def test_stems_of_a_failed_rendering_are_removed(quartet: Score, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"RIFF\x08\x00\x00\x00sfbkLIST")
    with pytest.raises(CantilenaError):
        render_score(quartet, tmp_path / "a.wav", soundfont=broken, renderer=EMBEDDED, stems=tmp_path / "stems")
    assert list((tmp_path / "stems").iterdir()) == []


def test_loud_instruments_are_turned_down_towards_soft_ones(font: Path) -> None:
    horn, piano = tone(60, (0.0, 1.0, 60)), tone(0, (0.0, 1.0, 60))
    parts = leveled([horn, piano], SoundSource(EMBEDDED, font))
    before, after = (rms(synthesized(font, a)) / rms(synthesized(font, b)) for a, b in ((horn, piano), parts))
    assert parts[1].volume == 1.0
    assert 1.5 < before / after < 4.0  # 3.5 to 12 dB closer
    assert after > 1.0  # part of the difference remains
    assert leveled([horn, horn], SoundSource(EMBEDDED, font)) == [horn, horn]
