"""From options to files, with an untrained model; files are read by other libraries."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree.ElementTree import parse

import mido
import pytest

REQUEST = ("--key", "D minor", "--meter", "3/4", "--tempo", 84, "--bars", 5, "--style", "string-quartet", "--seed", 7)


@pytest.fixture
def compose(cantilena, tiny_model):
    return lambda *arguments: cantilena("compose", "--model", tiny_model, *arguments)


def test_json_reports_files_and_measurements(compose, tmp_path):
    done = compose(*REQUEST, "--mood", "melancholic", "--format", "mid,wav", "-o", "out", "--json")
    assert (done.code, done.err) == (0, "")
    [piece] = [json.loads(line) for line in done.out.splitlines()]
    assert [Path(name).name for name in piece["files"]] == [
        "string-quartet-D-minor-7.mid",
        "string-quartet-D-minor-7.wav",
        "string-quartet-D-minor-7.json",
    ]
    assert all((tmp_path / name).stat().st_size for name in piece["files"])
    assert (piece["seed"], piece["meter"], piece["tempo_qpm"], piece["bars"]) == (7, "3/4", 84, 5)
    assert piece["duration_s"] == pytest.approx(5 * 3 * 60 / 84, abs=1e-3)
    assert (piece["written_key"], [part["program"] for part in piece["parts"]]) == ("D minor", [40, 40, 41, 42])
    assert piece["report"]["bars"]["ok"]


def test_the_midi_file_has_the_requested_content(compose, tmp_path):
    assert compose(*REQUEST, "--format", "mid").code == 0
    messages = [message for track in mido.MidiFile(tmp_path / "string-quartet-D-minor-7.mid").tracks for message in track]
    by_type = {kind: [m for m in messages if m.type == kind] for kind in ("time_signature", "set_tempo", "key_signature")}
    assert [(m.numerator, m.denominator) for m in by_type["time_signature"]] == [(3, 4)]
    assert [round(mido.tempo2bpm(m.tempo), 2) for m in by_type["set_tempo"]] == [84.0]
    assert [m.key for m in by_type["key_signature"]] == ["Dm"]


def test_the_same_options_give_the_same_bytes_and_so_does_a_replay(compose, cantilena, tiny_model, tmp_path):
    formats = ("--format", "mid,musicxml,wav")
    for folder in ("first", "second"):
        assert compose(*REQUEST, *formats, "-o", folder).code == 0
    done = cantilena("replay", "first/string-quartet-D-minor-7.json", "--model", tiny_model, *formats, "-o", "third")
    assert done.code == 0
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == [f"string-quartet-D-minor-7.{suffix}" for suffix in ("json", "mid", "musicxml", "wav")]
    assert done.out.splitlines() == [
        f"third/string-quartet-D-minor-7.{suffix}" for suffix in ("mid", "musicxml", "wav", "json")
    ]
    for name in names:
        assert len({(tmp_path / folder / name).read_bytes() for folder in ("first", "second", "third")}) == 1


def test_several_pieces_use_consecutive_seeds(compose, tmp_path):
    arguments = ("--ensemble", "violin", "--bars", 2, "--seed", 40, "--key", "Eb", "--meter", "6/8", "--format", "mid")
    done = compose(*arguments, "-n", 3, "--name", "{index} {ensemble} {key} {meter} {mood} {seed}")
    stems = ["1 violin Eb major 6-8 any 40", "2 violin Eb major 6-8 any 41", "3 violin Eb major 6-8 any 42"]
    assert done.out.splitlines() == [f"{stem}.{suffix}" for stem in stems for suffix in ("mid", "json")]
    assert len({(tmp_path / f"{stem}.mid").read_bytes() for stem in stems}) == 3
    assert [json.loads((tmp_path / f"{stem}.json").read_text())["brief"]["seed"] for stem in stems] == [40, 41, 42]


def test_every_option_is_a_field_of_file_names(cantilena):
    options = ("--bars", 2, "--density", 0.25, "--instruments", "flute,cello", "--title", "Dawn", "--seed", 3)
    template = "{title} {density} {instruments} {scale} {index}"
    done = cantilena("compose", *options, "--name", template, "--explain", "--json")
    assert json.loads(done.out)["files"][0] == "Dawn 0.25 flute+cello any 1.mid"


def test_a_prompt_may_begin_with_a_dash(cantilena):
    done = cantilena("compose", "--explain", "- trip hop - slow - rhodes")
    assert done.code == 0
    assert "tempo 60" in done.out


def test_roman_numerals_are_recorded_as_the_chords_of_the_key(compose, cantilena, tiny_model):
    options = ("--chords", "i VI III V7", "--key", "A minor", "--bars", 4, "--style", "pop", "--seed", 1, "--json")
    dry = json.loads(compose(*options, "--explain").out)
    assert dry["brief"]["chords"] == "Am F C E7"
    assert dry["plan"]["chords"] == [["Am"], ["F"], ["C"], ["E7"]]
    assert compose(*options, "--name", "a", "--format", "mid").code == 0
    assert json.loads(Path("a.json").read_text())["brief"]["chords"] == "Am F C E7"
    assert cantilena("replay", "a.json", "--model", tiny_model, "-o", "again").code == 0
    assert Path("again/a.mid").read_bytes() == Path("a.mid").read_bytes()


def test_a_random_seed_is_reported(compose):
    seeds = {json.loads(compose("--bars", 1, "--ensemble", "flute", "--format", "mid", "--json").out)["seed"] for _ in range(2)}
    assert len(seeds) == 2


def test_infeasible_briefs_are_refused_before_the_model_is_searched(cantilena):
    done = cantilena("compose", "--model", "none", "--duration", 10, "--tempo", 60, "--meter", "4/4")
    assert done.code == 3
    assert "clash" in done.err


def test_inspect_and_render_read_composed_files(compose, cantilena, tmp_path):
    compose(*REQUEST, "--format", "mid,musicxml")
    for suffix in ("mid", "musicxml"):
        facts = json.loads(cantilena("inspect", f"string-quartet-D-minor-7.{suffix}", "--json").out)
        assert (facts["meter"], facts["tempo_qpm"], facts["bars"], facts["written_key"]) == ("3/4", 84, 5, "D minor")
        assert [part["name"] for part in facts["parts"]] == ["Violin 1", "Violin 2", "Viola", "Cello"]
    text = cantilena("inspect", "string-quartet-D-minor-7.mid").out
    assert "3/4" in text
    assert "Viola" in text
    done = cantilena("render", "string-quartet-D-minor-7.mid", "-o", "sound.flac", "--expression", 0)
    assert (done.code, done.out) == (0, "sound.flac\n")
    assert (tmp_path / "sound.flac").read_bytes()[:4] == b"fLaC"


def test_a_prompt_fills_the_brief_and_options_override_it(compose):
    done = compose("a sad waltz for flute in D minor, 3/4", "--bars", 3, "--key", "E minor", "--format", "mid", "--json")
    piece = json.loads(done.out)
    assert (piece["bars"], piece["meter"], piece["written_key"]) == (3, "3/4", "E minor")
    assert [part["program"] for part in piece["parts"]] == [73]
    assert "understood" in done.err
    assert compose("a waltz for flute", "--bars", 2, "--format", "mid", "-q").err == ""


def test_the_interpretation_of_a_prompt_is_recorded(compose, cantilena, tiny_model, tmp_path):
    piece = json.loads(
        compose("a sad waltz for flute with zebras", "--bars", 2, "--name", "piece", "--format", "mid", "--json").out
    )
    assert piece["prompt"]["text"] == "a sad waltz for flute with zebras"
    assert piece["prompt"]["options"]["style"] == "waltz"
    assert any("zebras" in phrase for phrase in piece["prompt"]["ignored"])
    assert json.loads((tmp_path / "piece.json").read_text())["prompt"] == piece["prompt"]
    again = json.loads(cantilena("replay", "piece.json", "--model", tiny_model, "--format", "mid", "--json").out)
    assert again["prompt"] == piece["prompt"]


def test_hits_fall_on_barlines_for_every_reader(compose, tmp_path):
    import pretty_midi

    done = compose(
        "--hits", "0:05.2 big, 0:09 soft", "--duration", 16.3, "--ensemble", "piano", "--name", "piece", "--format", "mid"
    )
    assert done.code == 0
    path = tmp_path / "piece.mid"
    read = pretty_midi.PrettyMIDI(str(path))
    seconds, marked, starts = 0.0, {}, [round(note.start, 3) for part in read.instruments for note in part.notes]
    for message in mido.MidiFile(path):
        seconds += message.time
        if message.type == "marker":
            marked[message.text] = seconds
    assert seconds == pytest.approx(16.3, abs=0.05)
    for name, wanted in (("hit 0:05.2", 5.2), ("hit 0:09", 9.0)):
        [found] = [time for text, time in marked.items() if name in text]
        assert found == pytest.approx(wanted, abs=0.001)
        assert min(abs(bar - wanted) for bar in read.get_downbeats()) < 0.001
        assert min(abs(start - wanted) for start in starts) < 0.002


def test_a_loop_has_markers_at_its_start_and_end(compose, tmp_path):
    assert compose("--loop", "--bars", 4, "--ensemble", "piano", "--name", "piece", "--format", "mid").code == 0
    markers = [m.text for m in mido.MidiFile(tmp_path / "piece.mid").tracks[0] if m.type == "marker"]
    assert (markers[0], markers[-1]) == ("loopStart", "loopEnd")


def test_every_control_is_in_the_help(cantilena):
    from composer.brief import Brief

    text = cantilena("compose", "--help").out
    with_options = [f"--{name.replace('_', '-')}" for name in Brief.options()]
    assert [name for name in with_options if name not in text] == []


def test_convert_writes_the_format_of_the_suffix(compose, cantilena, tmp_path):
    compose(*REQUEST, "--format", "mid")
    for name in ("score.musicxml", "sound.ogg", "project.dawproject"):
        done = cantilena("convert", "string-quartet-D-minor-7.mid", name)
        assert (done.code, done.out) == (0, f"{name}\n")
        assert (tmp_path / name).stat().st_size > 1000
    back = json.loads(cantilena("inspect", "score.musicxml", "--json").out)
    assert (back["bars"], back["meter"], len(back["parts"])) == (5, "3/4", 4)


def test_convert_transposes_to_every_format(compose, cantilena):
    compose(*REQUEST, "--format", "mid")
    for name in ("score.musicxml", "score.mid"):
        assert cantilena("convert", "string-quartet-D-minor-7.mid", name, "--transpose", "m3 down").code == 0
        assert json.loads(cantilena("inspect", name, "--json").out)["written_key"] == "B minor"
    refused = cantilena("convert", "string-quartet-D-minor-7.mid", "other.mid", "--transpose", "to D major")
    assert (refused.code, refused.err.count("\n")) == (3, 1)


def test_expression_is_audible_recorded_and_replayed(compose, cantilena, tiny_model, tmp_path):
    formats = ("--format", "mid,performance.mid,wav")
    assert compose(*REQUEST, *formats, "--expression", 0, "-o", "plain").code == 0
    assert compose(*REQUEST, *formats, "--expression", 1, "-o", "free").code == 0
    assert (tmp_path / "plain/string-quartet-D-minor-7.mid").read_bytes() == (
        tmp_path / "free/string-quartet-D-minor-7.mid"
    ).read_bytes()
    plain, free = (
        mido.MidiFile(tmp_path / folder / "string-quartet-D-minor-7.performance.mid") for folder in ("plain", "free")
    )
    assert [sum(message.type == "set_tempo" for message in file.tracks[0]) for file in (plain, free)] == [1, 15]
    assert plain.length == pytest.approx(free.length, abs=0.5)
    sidecar = json.loads((tmp_path / "free/string-quartet-D-minor-7.json").read_text())
    assert sidecar["performance"] == {"expression": 1.0, "style": "string-quartet", "seed": 7}
    assert sidecar["rendering"]["soundfont"]
    assert sidecar["rendering"]["integrated_lufs"] == pytest.approx(-14, abs=0.5)
    assert sidecar["rendering"]["true_peak_dbtp"] <= -1
    assert cantilena("replay", "free/string-quartet-D-minor-7.json", "--model", tiny_model, *formats, "-o", "again").code == 0
    for path in (tmp_path / "free").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("given", "seconds"), [("0:15", 15), ("12.5s", 12.5), ("14", 14)])
def test_durations_are_given_as_times_too(compose, given, seconds):
    done = compose("--duration", given, "--seed", 1, "--explain")
    assert done.code == 0
    assert f"duration {seconds:.1f}" in done.out


@pytest.mark.parametrize(
    ("options", "tempo"),
    [(["--tempo", "Allegro"], 136), (["--tempo", "allegro", "--meter", "6/8"], 204), (["--tempo", "90"], 90)],
)
def test_tempi_are_given_in_words_too(compose, options, tempo):
    done = compose(*options, "--seed", 1, "--explain")
    assert done.code == 0
    assert f"tempo {tempo}.0" in done.out


def creators(*names):
    return [parse(name).findtext("identification/creator[@type='composer']") for name in names]


def test_parts_of_a_piece_have_its_composer(compose, cantilena):
    named = (*REQUEST, "--title", "Lament", "--composer", "Ada Smith")
    done = compose(*named, "--format", "mid,musicxml", "--parts", "--name", "q")
    parts = ["q-1-violin-1.musicxml", "q-2-violin-2.musicxml", "q-3-viola.musicxml", "q-4-cello.musicxml"]
    assert done.out.split() == ["q.mid", "q.musicxml", "q.json", *parts]
    assert cantilena("convert", "q.mid", "of-midi.musicxml", "--parts").code == 0
    converted = [name.replace("q-", "of-midi-", 1) for name in parts]
    assert creators(*parts, *converted) == ["Ada Smith"] * 8
    assert parse(converted[3]).findtext("work/work-title") == "Lament - Cello"


def test_parts_need_sheet_music(compose):
    refused = compose(*REQUEST, "--format", "mid", "--parts")
    assert (refused.code, refused.out) == (3, "")
    assert "--parts needs a format of sheet music: add one of musicxml" in refused.err


def test_convert_replaces_title_and_composer(compose, cantilena):
    assert compose(*REQUEST, "--composer", "Ada Smith", "--format", "mid", "--name", "q").code == 0
    assert cantilena("convert", "q.mid", "a.mid", "--title", "Night", "--composer", "Bo Berg").code == 0
    assert cantilena("convert", "a.mid", "a.musicxml").code == 0
    assert creators("a.musicxml") == ["Bo Berg"]
    assert parse("a.musicxml").findtext("work/work-title") == "Night"


def test_a_verb_keeps_the_composer_of_a_midi_file(compose, cantilena, tiny_model):
    assert compose(*REQUEST, "--composer", "Ada Smith", "--format", "mid", "--name", "q").code == 0
    for given, name, expected in (([], "a", "Ada Smith"), (["--composer", "Bo Berg"], "b", "Bo Berg")):
        options = ("--bars", "2", "--model", tiny_model, "--format", "mid", "--name", name, *given)
        assert cantilena("infill", "q.mid", *options).code == 0
        assert cantilena("convert", f"{name}.mid", f"{name}.musicxml").code == 0
        assert creators(f"{name}.musicxml") == [expected]


def test_converted_files_keep_their_provenance(compose, cantilena, tmp_path):
    compose(*REQUEST, "--format", "mid")
    sentence = "composed by AI (model tiny, seed 7), no human authorship claimed"
    previous = "string-quartet-D-minor-7.mid"
    for name in ("a.musicxml", "b.mid", "c.performance.mid", "d.flac"):
        assert cantilena("convert", previous, name).code == 0
        assert sentence.encode() in (tmp_path / name).read_bytes()
        previous = name


def test_stems_are_written_beside_the_mix(compose, cantilena, tmp_path):
    compose(*REQUEST, "--format", "mid")
    done = cantilena(
        "render", "string-quartet-D-minor-7.mid", "-o", "mix.wav", "--bits", 16, "--room", "none", "--stems", "stems"
    )
    assert done.code == 0
    assert len(list((tmp_path / "stems").iterdir())) == len(done.out.splitlines()) - 1 == 5


def test_soundfonts_are_listed_and_added(cantilena, tmp_path, monkeypatch):
    monkeypatch.setenv("CANTILENA_HOME", str(tmp_path / "home"))
    first = json.loads(cantilena("soundfonts", "list", "--json").out.splitlines()[0])
    assert first["size_bytes"] > 1_000_000
    assert cantilena("soundfonts", "add", first["path"]).code == 0
    assert str(tmp_path / "home") in cantilena("soundfonts", "list").out


def test_models_are_described(cantilena, tiny_model):
    facts = json.loads(cantilena("models", "info", tiny_model, "--json").out)
    assert facts["config"]["num_hidden_layers"] == 1
    assert facts["parameters"] > facts["config"]["vocab_size"] * 32
    assert "parameters" in cantilena("models", "info", tiny_model).out
    assert cantilena("models", "path", tiny_model).out.strip() == str(tiny_model)
    assert cantilena("models", "list").code == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--texture", "bed", "--sections", "b: melody cello"), "section 'b' cannot be set in the texture 'bed'"),
        (("--texture", "left-hand", "--ensemble", "piano", "--sections", "b: melody right hand"), "no part plays 'right-hand'"),
        (("--texture", "left-hand", "--ensemble", "piano", "--sections", "b: no left hand"), "all players rest in section B"),
        (("--pauses", "before B", "--sections", "pause: melody piano"), "the piece has no section 'pause'"),
        (("--sections", "b: melody cello then"), "'melody cello then' is not understood"),
        (("--sections", "b: melody tuba", "--ensemble", "string-quartet"), "no part plays 'tuba'"),
        (("--chords", "ii V I"), "chord 'ii' is a Roman numeral, which needs a key: give one, for example --key 'C major'"),
    ],
)
def test_explain_refuses_what_composing_refuses(compose, options, says):
    form = ("--form", "AB", "--bars", 20, "--seed", 1)
    dry, done = compose(*form, *options, "--explain"), compose(*form, *options)
    assert (dry.code, done.code) == (3, 3)
    assert dry.err == done.err
    assert says in dry.err


def test_explain_names_the_files_that_a_run_writes_and_leaves_nothing(compose, tmp_path):
    arguments = ("--ensemble", "violin", "--bars", 2, "--seed", 4, "--format", "mid", "-o", "out", "--name", "a")

    def explained(*more):
        return json.loads(compose(*arguments, "--explain", "--json", *more).out)["files"]

    assert explained() == ["a.mid", "a.json"]
    assert not (tmp_path / "out").exists()
    compose(*arguments)
    assert explained() == ["a-2.mid", "a-2.json"]
    assert explained("--overwrite") == ["a.mid", "a.json"]
    assert compose(*arguments).out.splitlines() == ["out/a-2.mid", "out/a-2.json"]


def test_long_pieces_have_audio_on_request_only(cantilena):
    brief = ("compose", "--duration", "30:00", "--style", "symphony", "--seed", 1, "--explain")
    done = cantilena(*brief)
    assert "no audio for a piece of 30 minutes: request it with --format mid,musicxml,wav" in done.err
    assert "mid, musicxml, json" in done.out
    assert "mid, wav, json" in cantilena(*brief, "--format", "mid,wav").out


def test_formats_of_missing_packages_are_refused_before_composing(cantilena, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "verovio", None)
    monkeypatch.setattr("composer.composing.compose", lambda *_, **__: pytest.fail("composed"))
    done = cantilena("compose", "--bars", 2, "--format", "mid,png", "-o", "out")
    assert (done.code, done.out) == (1, "")
    assert "needs verovio" in done.err
    assert not (tmp_path / "out").exists()
