"""The logic of the REAPER script with a stub of REAPER's functions and a real server; REAPER itself is not run."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import TOKEN, Running

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "reaper" / "cantilena.lua"
pytestmark = pytest.mark.skipif(not (shutil.which("lua") and shutil.which("curl")), reason="needs lua and curl")
STUB = """
local COMMAND, SCRIPT = arg[1], arg[2]
local added, tracks = {}, 1
local take = { notes = {} }
for i = 0, 15 do take.notes[i] = { i * 480, i * 480 + 480, 72 + ({ 0, 2, 4, 5 })[i % 4 + 1] } end
reaper = {
  GetOS = function() return "Other" end,
  GetUserInputs = function() return true, COMMAND end,
  CountSelectedMediaItems = function() return 1 end,
  GetSelectedMediaItem = function() return take end,
  GetActiveTake = function(item) return item end,
  TakeIsMIDI = function() return true end,
  GetMediaItem_Track = function() return "track" end,
  GetMediaItemInfo_Value = function() return 4 end,
  TimeMap2_timeToQN = function(_, s) return s * 2 end,
  TimeMap2_QNToTime = function(_, qn) return qn / 2 end,
  TimeMap_QNToMeasures = function(_, qn) return qn // 4, qn // 4 * 4, qn // 4 * 4 + 4 end,
  TimeMap_GetTimeSigAtTime = function() return 4, 4, 120 end,
  GetTrackName = function() return true, "Flute" end,
  MIDI_CountEvts = function() return true, 16, 0, 0 end,
  MIDI_GetNote = function(t, i) return true, false, false, t.notes[i][1], t.notes[i][2], 0, t.notes[i][3], 90 end,
  MIDI_GetProjQNFromPPQPos = function(_, ppq) return 8 + ppq / 480 end,
  MIDI_GetPPQPosFromProjQN = function(_, qn) return qn * 480 end,
  ExecProcess = function(command) return os.execute(command) and "0\\n" or "1\\n" end,
  CountTracks = function() return tracks end,
  InsertTrackAtIndex = function() tracks = tracks + 1 end,
  GetTrack = function(_, index) return index end,
  GetSetMediaTrackInfo_String = function(_, _, name) print("track " .. name) end,
  CreateNewMIDIItemInProj = function(track, from, to) return { track = track } end,
  MIDI_InsertNote = function(t, _, _, from, to, _, pitch)
    print(string.format("note %d %d %d %d", t.track, from // 1 - 3840, (to - from) // 1, pitch))
  end,
  MIDI_Sort = function() end, Undo_BeginBlock = function() end, Undo_EndBlock = function() end, UpdateArrange = function() end,
  ShowMessageBox = function(text) print("message " .. text) end,
}
dofile(SCRIPT)
"""


def act(server: Running, folder: Path, command: str, token: str = TOKEN) -> list[str]:
    (folder / "stub.lua").write_text(STUB)
    (folder / "server.json").write_text(json.dumps({"address": f"http://127.0.0.1:{server.port}", "token": token}))
    environment: Any = {"CANTILENA_HOME": str(folder), "PATH": "/usr/bin:/bin"}
    run = ["lua", str(folder / "stub.lua"), command, str(SCRIPT)]
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()


@pytest.mark.parametrize("command", ["continue;2;", "infill;2-3;", "accompany;;cello"])
def test_selected_items_come_back_as_new_items(server: Running, tmp_path: Path, command: str) -> None:
    lines = act(server, tmp_path, command)
    assert lines[0] == "track Cantilena: Flute", lines
    first = [line for line in lines if line.startswith("note ")][:4]
    assert first == [f"note 1 {480 * index} 480 {72 + step}" for index, step in enumerate((0, 2, 4, 5))]
    assert any("Cello" in line for line in lines) == ("cello" in command)


def test_errors_are_shown(server: Running, tmp_path: Path) -> None:
    assert "not known" in act(server, tmp_path, "sing;;")[0]
    assert "token" in act(server, tmp_path, "continue;2;", token="wrong")[0]
    assert "nose flute" in act(server, tmp_path, "accompany;;nose flute")[0]
