"""`continue`, `infill`, `accompany`, `vary`, `transfer` and their `replay`, with an untrained model."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mido
import pytest

from composer.formats import read_score, write_score
from composer.formats.provenance import find_provenance
from composer.tokenizer import Tokenizer
from tests.formats.pieces import waltz
from tests.rework.checks import missing_notes, written_notes
from tests.rework.odd_files import odd_files

ODD = odd_files()
VERBS = {
    "continue": ("--bars", 3),
    "infill": ("--bars", "3-4"),
    "accompany": ("--add", "bass"),
    "vary": ("--amount", 0.5),
    "transfer": ("--style", "lofi"),
}
IN_PLACE = sorted(set(VERBS) - {"transfer"})  # verbs that edit the user's file


@pytest.fixture
def partner(cantilena, tiny_model, tmp_path):
    """Runs a command on one of the odd files, copied to user.mid."""

    def run(verb, *arguments, file="lyrics", name="user.mid"):
        (tmp_path / name).write_bytes(ODD.get(file, b""))
        return cantilena(verb, name, *arguments, "--seed", 3, "--model", tiny_model, "--format", "mid")

    return run


def others(data: bytes) -> Counter[tuple[int, str]]:
    """Tick (960 per quarter) and message of everything except notes and ends of tracks."""
    found: Counter[tuple[int, str]] = Counter()
    file = mido.MidiFile(file=io.BytesIO(data))
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type not in ("note_on", "note_off", "end_of_track"):
                found[tick * 960 // file.ticks_per_beat, str(message.copy(time=0))] += 1
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_commands_write_and_report(partner, tmp_path, verb):
    done = partner(verb, *VERBS[verb])
    assert (done.code, done.out.split()) == (0, [f"user-{verb}-3.mid", f"user-{verb}-3.json"])
    assert ("the melody is kept (" if verb == "transfer" else "given notes kept") in done.err
    sidecar = json.loads((tmp_path / f"user-{verb}-3.json").read_text())
    assert (sidecar["kind"], sidecar["source"]["file"], len(sidecar["source"]["sha256"])) == (verb, "user.mid", 64)
    assert sidecar["originality"]["checked"] is False
    provenance = find_provenance(tmp_path / f"user-{verb}-3.mid")
    assert provenance is not None
    assert (provenance.shared, provenance.seed) == (True, 3)


@pytest.mark.parametrize("file", ["lyrics", "pitch bends", "sustain-heavy", "division 960, off the 480 grid", "tempo ramp"])
@pytest.mark.parametrize("verb", IN_PLACE)
def test_the_users_file_is_edited_not_rewritten(partner, tmp_path, verb, file):
    assert partner(verb, *VERBS[verb], file=file).code == 0
    written = (tmp_path / f"user-{verb}-3.mid").read_bytes()
    assert mido.MidiFile(file=io.BytesIO(written)).ticks_per_beat == mido.MidiFile(file=io.BytesIO(ODD[file])).ticks_per_beat
    assert not others(ODD[file]) - others(written)
    if verb in ("continue", "accompany"):
        assert not missing_notes(ODD[file], written)
    if verb == "infill":
        gone = missing_notes(ODD[file], written) + (written_notes(written) - written_notes(ODD[file]))
        assert gone
        assert all(8 <= start < 16 for start, *_ in gone)


def test_amount_zero_gives_the_same_bytes(partner, tmp_path):
    assert partner("vary", "--amount", 0).code == 0
    assert (tmp_path / "user-vary-3.mid").read_bytes() == ODD["lyrics"]


@pytest.mark.parametrize("verb", VERBS)
def test_json_reports_the_changes(partner, verb):
    done = partner(verb, *VERBS[verb], "--json")
    facts = json.loads(done.out)
    assert {"files", "seed", "bars", "key", "parts", "kind", "options", "report", "originality"} <= facts.keys()
    assert facts["report"]["notes"]["given"] == written_notes(ODD["lyrics"]).total()
    assert done.err == ""


def test_standard_input_is_read(cantilena, tiny_model, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(ODD["lyrics"])))
    done = cantilena("continue", "-", "--bars", 2, "--seed", 1, "--model", tiny_model, "--format", "mid", "-q")
    assert (done.code, done.out.split(), done.err) == (0, ["piece-continue-1.mid", "piece-continue-1.json"], "")
    assert not missing_notes(ODD["lyrics"], (tmp_path / "piece-continue-1.mid").read_bytes())


@pytest.mark.parametrize(
    ("verb", "file", "arguments", "says"),
    [
        ("infill", "lyrics", ("--bars", "7-12"), "bars 7-12 are not all in the piece: it has bars 1 to 8"),
        ("infill", "lyrics", ("--bars", "4-2"), "is not a range"),
        ("infill", "lyrics", ("--bars", "2", "--parts", "zither"), "part 'zither' is not in the piece: it has 1 Voice"),
        ("continue", "lyrics", ("--bars", 0), "bars"),
        ("continue", "empty", (), "no notes"),
        ("continue", "no MIDI at all", (), "not a MIDI file"),
        ("vary", "lyrics", ("--amount", 2), "amount 2.0 is out of range"),
        ("transfer", "drums only", ("--style", "lofi"), "no melody to keep"),
        ("transfer", "lyrics", ("--style", "polka-metal"), "polka-metal"),
        ("accompany", "30 tracks", ("--ensemble", "string quartet"), "at most 16"),
        ("accompany", "lyrics", ("--assume-meter", "0/4"), "0/4"),
        ("vary", "lyrics", ("--name", "a/b"), "is a path"),
    ],
)
def test_impossible_requests_give_one_line(partner, verb, file, arguments, says):
    done = partner(verb, *arguments, file=file)
    assert done.code == 3
    assert says in done.err
    assert done.err.startswith("cantilena: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS)
def test_a_replay_gives_the_same_bytes(partner, cantilena, tiny_model, tmp_path, verb):
    options = ("--assume-key", "A minor", "--temperature", 1.2, "--expression", 0.2)
    assert partner(verb, *VERBS[verb], *options).code == 0
    done = cantilena("replay", f"user-{verb}-3.json", "-o", "again", "--model", tiny_model, "--format", "mid")
    assert (done.code, done.out.split()) == (0, [f"again/user-{verb}-3.mid", f"again/user-{verb}-3.json"])
    for suffix in ("mid", "json"):
        assert (tmp_path / f"again/user-{verb}-3.{suffix}").read_bytes() == (tmp_path / f"user-{verb}-3.{suffix}").read_bytes()


@pytest.mark.parametrize("verb", VERBS)
def test_the_critic_keeps_one_of_several_candidates_and_that_one_replays(partner, cantilena, tiny_model, tmp_path, verb):
    done = partner(verb, *VERBS[verb], "--candidates", 3, "--engine", "cpu")
    assert done.code == 0
    sidecar = json.loads((tmp_path / f"user-{verb}-3.json").read_text())
    judged = sidecar["candidates"]
    assert (judged["count"], len(judged["verdicts"])) == (3, 3)
    assert f"candidate {judged['chosen']} of 3 kept" in done.err
    assert judged["verdicts"][judged["chosen"] - 1]["merit"] == max(verdict["merit"] for verdict in judged["verdicts"])
    assert cantilena("replay", f"user-{verb}-3.json", "-o", "again", "--model", tiny_model, "--format", "mid").code == 0
    for suffix in ("mid", "json"):
        assert (tmp_path / f"again/user-{verb}-3.{suffix}").read_bytes() == (tmp_path / f"user-{verb}-3.{suffix}").read_bytes()


def test_candidates_differ_and_the_first_is_what_one_candidate_gives(partner, tmp_path):
    streams = []
    for count in (1, 4):
        assert partner("vary", "--candidates", count, "--overwrite").code == 0
        sidecar = json.loads((tmp_path / "user-vary-3.json").read_text())
        streams.append(sidecar["streams"])
    assert (streams[0] == streams[1]) == (sidecar["candidates"]["chosen"] == 1)
    likelihoods = [verdict["likelihood"] for verdict in sidecar["candidates"]["verdicts"]]
    assert len(set(likelihoods)) > 1  # rounded, two of them may be equal


def test_a_piece_inspires_style_and_players(partner, tmp_path):
    (tmp_path / "drums.mid").write_bytes(ODD["drums only"])
    (tmp_path / "quartet.mid").write_bytes(ODD["lyrics"])
    done = partner("accompany", "--influence", "quartet.mid", "--instruments", "cello")
    assert done.code == 0
    brief = json.loads((tmp_path / "user-accompany-3.json").read_text())["brief"]
    assert brief["instruments"] == ["cello"], "what is asked for wins"
    done = partner("transfer", "--influence", "quartet.mid")
    assert done.code == 0
    brief = json.loads((tmp_path / "user-transfer-3.json").read_text())["brief"]
    assert brief["style"]
    assert brief["instruments"] == ["voice"]
    assert "no style to go to" in partner("transfer").err
    assert "no pitched notes" in partner("transfer", "--influence", "drums.mid").err


def test_a_replay_names_the_file_it_needs(partner, cantilena, tiny_model, tmp_path):
    assert partner("continue", "--bars", 2).code == 0
    again = ("replay", "user-continue-3.json", "--model", tiny_model, "--format", "mid")
    (tmp_path / "user.mid").rename(tmp_path / "moved.mid")
    missing = cantilena(*again)
    assert missing.code == 3
    assert "needs the file it was made from, user.mid with the SHA-256" in missing.err
    assert cantilena(*again, "--source", "moved.mid").code == 0
    (tmp_path / "moved.mid").write_bytes(ODD["7/8"])
    other = cantilena(*again, "--source", "moved.mid")
    assert other.code == 3
    assert "moved.mid is not the file" in other.err


def test_a_replay_with_different_notes_is_reported(partner, cantilena, tiny_model, tmp_path):
    assert partner("vary").code == 0
    path = Path(tmp_path / "user-vary-3.json")
    content = json.loads(path.read_text())
    content["brief"]["seed"] += 1
    path.write_text(json.dumps(content))
    done = cantilena("replay", path, "--model", tiny_model, "--format", "mid")
    assert done.code == 3
    assert "other notes than those recorded" in done.err


@pytest.mark.parametrize(
    ("verb", "arguments", "says"),
    [
        ("infill", ("--bars", "²"), "is not a range"),
        ("infill", ("--bars", "3-²"), "is not a range"),
        ("infill", ("--bars", "9"), "bar 9 is not in the piece"),
        ("infill", ("--bars", "2", "--parts", "②"), "is not in the piece: it has 1 Voice"),
        ("infill", ("--bars", "2", "--parts", "choir aahs 0"), "is not in the piece: it has 1 Voice"),
        ("infill", ("--bars", "2", "--parts", "choir aahs 2"), "is not in the piece: it has 1 Voice"),
        ("infill", ("--bars", "2", "--parts", " , "), "--parts ' , ' names nothing"),
        ("infill", ("--bars", "2", "--parts", ""), "--parts '' names nothing"),
        ("accompany", ("--add", ""), "--add '' names nothing"),
        ("accompany", ("--add", "bass", "--ensemble", "string quartet"), "give one of the two"),
        ("continue", ("--name", ".."), "gives an empty file name"),
        ("continue", ("--name", ""), "gives an empty file name"),
        ("continue", ("--name", "user", "--overwrite"), "user.mid is the input file and would be overwritten: give"),
    ],
)
def test_nothing_is_written_for_invalid_options(partner, tmp_path, verb, arguments, says):
    done = partner(verb, *arguments)
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert says in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["user.mid"]


def test_names_must_be_valid_file_names(partner, tmp_path):
    assert partner("continue", "--bars", 1, "--name", "a:b*?\n\0.").code == 0
    assert (tmp_path / "a-b----.mid").is_file()


def test_an_unused_new_folder_is_removed(partner, tmp_path):
    assert partner("infill", "--bars", "99", "-o", "new/folder").code == 3
    assert not (tmp_path / "new").exists()
    assert partner("infill", "--bars", "2", "-o", "new/folder").code == 0


def test_resets_are_reported(partner):
    assert "expression, pedal, pitch bend left standing" in partner("continue", "--bars", 1, file="left standing").err
    assert "left standing" not in partner("vary", file="left standing").err


@pytest.mark.parametrize("file", ["performed piano, rubato", "pickup as a short bar", "lyrics"])
def test_sheet_music_is_in_true_bars(cantilena, tiny_model, tmp_path, file):
    (tmp_path / "user.mid").write_bytes(ODD[file])
    done = cantilena("continue", "user.mid", "--bars", 2, "--seed", 3, "--model", tiny_model, "--format", "musicxml,mid")
    assert done.code == 0
    report = json.loads((tmp_path / "user-continue-3.json").read_text())["report"]
    understood = report["understood"]["bars"]
    assert (report["bars"], report["requested"]["bars"]["measured"]) == (understood + 2, 2)
    assert ", 2 added" in done.err
    score = read_score(tmp_path / "user-continue-3.musicxml")
    assert len(score.bars) == understood + 2
    assert all(note.start_ticks % 20 == 0 for _, note in score.notes())


def test_an_influence_is_read_from_standard_input(cantilena, tiny_model, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(ODD["lyrics"])))
    arguments = ("--bars", 1, "--seed", 1, "--name", "piece", "--format", "mid")
    assert cantilena("compose", "--influence", "-", *arguments, "--model", tiny_model).code == 0
    assert json.loads((tmp_path / "piece.json").read_text())["influence"]["file"] == "standard input"


@pytest.mark.parametrize("command", [("continue", "in"), ("compose", "--influence", "in")])
def test_a_folder_is_not_a_piece(cantilena, tmp_path, command):
    (tmp_path / "in").mkdir()
    done = cantilena(*command)
    assert (done.code, done.err) == (3, "cantilena: in is a folder: name a score file in it\n")


def test_both_suffixes_of_midi_are_edits(partner, cantilena, tiny_model, tmp_path):
    assert partner("continue", "--bars", 1).code == 0
    done = cantilena("continue", "user.mid", "--bars", 1, "--seed", 3, "--model", tiny_model, "--format", "midi")
    assert done.code == 0
    assert (tmp_path / "user-continue-3-2.midi").read_bytes() == (tmp_path / "user-continue-3.mid").read_bytes()


def test_a_sidecar_with_options_of_another_kind_is_refused(partner, cantilena, tiny_model, tmp_path):
    assert partner("infill", "--bars", "2").code == 0
    path = tmp_path / "user-infill-3.json"
    content = json.loads(path.read_text())
    content["options"]["bars"] = [1, 2]
    path.write_text(json.dumps(content))
    done = cantilena("replay", path, "--model", tiny_model, "--format", "mid", "-o", "again")
    assert done.code == 3
    assert "options that infill does not take" in done.err
    assert not (tmp_path / "again").exists()


def test_a_reduction_keeps_its_source(cantilena, tmp_path):
    path = tmp_path / "user.mid"
    path.write_bytes(ODD["lyrics"])
    done = cantilena("reduce", "user.mid", "-o", tmp_path / "." / "user.mid")
    assert done.code == 3
    assert "would be overwritten: give another name or folder" in done.err
    assert path.read_bytes() == ODD["lyrics"]


@pytest.mark.parametrize("verb", ["continue", "infill", "accompany", "vary"])
def test_styles_and_engines_are_used_and_replayed(partner, cantilena, tiny_model, tmp_path, verb):
    assert partner(verb, *VERBS[verb], "--style", "waltz", "--engine", "cpu", "--name", "a").code == 0
    sidecar = json.loads((tmp_path / "a.json").read_text())
    assert (sidecar["brief"]["style"], sidecar["performance"]["style"]) == ("waltz:1.0", "waltz")
    assert cantilena("replay", "a.json", "--model", tiny_model, "--format", "mid", "-o", "again").code == 0
    assert (tmp_path / "again/a.mid").read_bytes() == (tmp_path / "a.mid").read_bytes()
    assert "engine 'nope' is not known" in partner(verb, *VERBS[verb], "--engine", "nope").err


@pytest.mark.parametrize("verb", ["infill", "accompany"])
def test_new_bars_follow_the_requested_chords(partner, tiny_model, tmp_path, verb):
    options = {"infill": ("--bars", "3-4"), "accompany": ("--add", "piano")}[verb]
    arguments = ("--chords", "Fm Bb7", "--assume-key", "C major", "--name", "a")
    assert partner(verb, *options, *arguments).code == 0
    vocabulary = Tokenizer.load(tiny_model / "tokenizer.json").vocabulary
    [stream] = json.loads((tmp_path / "a.json").read_text())["streams"]
    chords = [vocabulary.name(token) for token in stream if vocabulary.types[token] == "Chord"]
    place = chords.index("Chord_5:min")
    assert chords[place : place + 2] == ["Chord_5:min", "Chord_10:7"]


def test_several_takes_use_consecutive_seeds(partner):
    done = partner("continue", "--bars", 1, "-n", 2)
    assert done.out.split() == [f"user-continue-{seed}.{suffix}" for seed in (3, 4) for suffix in ("mid", "json")]
    assert "would be the same for all 2" in partner("continue", "-n", 2, "--name", "x").err


def test_a_transfer_reports_that_the_meter_is_kept(partner):
    done = partner("transfer", "--style", "waltz")
    assert "the piece stays in 4/4 and will sound little like waltz, which is usually in 3/4" in done.err
    assert "given notes kept" not in done.err


def test_a_transfer_names_its_players_unless_the_user_did(partner):
    assert "now for Piano" in partner("transfer", "--style", "waltz").err
    assert "now for" not in partner("transfer", "--style", "waltz", "--instruments", "violin,piano").err


def test_an_estimated_key_is_reported_where_the_file_states_none(cantilena, tiny_model, tmp_path):
    score = replace(waltz(), keys=())
    write_score(score, tmp_path / "song.mid")
    for options, said in (((), True), (("--assume-key", "D minor"), False)):
        done = cantilena("vary", "song.mid", "--model", tiny_model, "--format", "mid", *options)
        assert done.code == 0, done.err
        assert ("file has no key: D minor estimated" in done.err) == said


def test_a_continuation_reports_the_added_bars(partner):
    assert ", 3 added\n" in partner("continue", "--bars", "3").err
    assert "added" not in partner("vary").err


def test_a_drum_loop_has_the_assumed_key(partner, cantilena, tmp_path):
    done = partner("accompany", "--add", "bass", "--assume-key", "E minor", "--name", "a", file="drums only")
    assert (done.code, "E minor" in done.err) == (0, True), done.err
    sidecar = json.loads((tmp_path / "a.json").read_text())
    assert sidecar["report"]["understood"]["key"] == "E minor"
