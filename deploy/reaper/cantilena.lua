-- Cantilena for REAPER: sends the selected MIDI items to the server on this machine and inserts the result on new tracks.
-- Needs a running `cantilena serve` and curl. See docs/daw.md.

local TICKS = 480

local function home()
  local chosen, system = os.getenv("CANTILENA_HOME"), reaper.GetOS()
  if chosen then return chosen end
  if system:find("Win") then return os.getenv("LOCALAPPDATA") .. "\\cantilena" end
  if system:find("OSX") or system:find("macOS") then return os.getenv("HOME") .. "/Library/Application Support/cantilena" end
  return (os.getenv("XDG_DATA_HOME") or os.getenv("HOME") .. "/.local/share") .. "/cantilena"
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local content = file:read("a")
  file:close()
  return content
end

local function write(path, content)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
end

-- Address and token of the running server.
local function server()
  local content = read(home() .. "/server.json") or ""
  local address, token = content:match('"address"%s*:%s*"([^"]+)"'), content:match('"token"%s*:%s*"([^"]+)"')
  if not address or not token then error("No server is running: start `cantilena serve`.", 0) end
  return address, token
end

-- One request. curl reads the token from a file, so that the process list does not show it.
local function request(path, lines)
  local address, token = server()
  local config, answer = os.tmpname(), os.tmpname()
  local text = { "silent", "max-time = 90", 'url = "' .. address .. path .. '"', 'output = "' .. answer:gsub("\\", "/") .. '"',
    'header = "Authorization: Bearer ' .. token .. '"' }
  for _, line in ipairs(lines or {}) do text[#text + 1] = line end
  write(config, table.concat(text, "\n") .. "\n")
  local result = reaper.ExecProcess('curl --config "' .. config .. '"', 100000)
  local body = read(answer) or ""
  os.remove(config)
  os.remove(answer)
  if not result or not result:match("^0") then error("The server does not answer: start `cantilena serve`.", 0) end
  local detail = body:match('^{"detail":%s*"(.-)"}$')
  if detail then error(detail, 0) end
  return body
end

local function variable(number)
  local bytes = string.char(number % 128)
  number = number // 128
  while number > 0 do
    bytes = string.char(number % 128 + 128) .. bytes
    number = number // 128
  end
  return bytes
end

local function chunk(events)
  local function rank(event) -- at one time: names, then ends of notes, then notes
    local status = event[2]:byte()
    return status == 0xFF and 0 or status
  end
  table.sort(events, function(a, b) if a[1] ~= b[1] then return a[1] < b[1] end return rank(a) < rank(b) end)
  local data, last = {}, 0
  for _, event in ipairs(events) do
    data[#data + 1] = variable(event[1] - last) .. event[2]
    last = event[1]
  end
  local body = table.concat(data) .. "\0\xFF\x2F\0"
  return "MTrk" .. string.pack(">I4", #body) .. body
end

-- The selected MIDI items as a Standard MIDI File, and its start in quarter notes from the start of the project.
local function selected()
  local takes, start = {}, math.huge
  for index = 0, reaper.CountSelectedMediaItems(0) - 1 do
    local item = reaper.GetSelectedMediaItem(0, index)
    local take = reaper.GetActiveTake(item)
    if take and reaper.TakeIsMIDI(take) then
      takes[#takes + 1] = { take, reaper.GetMediaItem_Track(item) }
      local qn = reaper.TimeMap2_timeToQN(0, reaper.GetMediaItemInfo_Value(item, "D_POSITION"))
      local _, bar_qn = reaper.TimeMap_QNToMeasures(0, qn)
      start = math.min(start, bar_qn)
    end
  end
  if #takes == 0 then error("Select one or more MIDI items first.", 0) end
  local seconds = reaper.TimeMap2_QNToTime(0, start)
  local beats, unit, tempo = reaper.TimeMap_GetTimeSigAtTime(0, seconds)
  local power = 0
  while 2 ^ power < unit do power = power + 1 end
  local head = { { 0, "\xFF\x51\3" .. string.pack(">I3", math.floor(60000000 / tempo + 0.5)) },
    { 0, "\xFF\x58\4" .. string.char(beats, power, 24, 8) } }
  local events, order = {}, {}
  for _, pair in ipairs(takes) do
    local take, track = pair[1], pair[2]
    if not events[track] then
      local _, name = reaper.GetTrackName(track)
      events[track] = { { 0, "\xFF\x03" .. variable(#name) .. name } }
      order[#order + 1] = track
    end
    local list = events[track]
    local _, count = reaper.MIDI_CountEvts(take)
    for index = 0, count - 1 do
      local _, _, muted, from, to, channel, pitch, velocity = reaper.MIDI_GetNote(take, index)
      if not muted then
        local function ticks(ppq) return math.floor((reaper.MIDI_GetProjQNFromPPQPos(take, ppq) - start) * TICKS + 0.5) end
        local on = math.max(0, ticks(from))
        list[#list + 1] = { on, string.char(0x90 + channel, pitch, velocity) }
        list[#list + 1] = { math.max(on + 1, ticks(to)), string.char(0x80 + channel, pitch, 0) }
      end
    end
  end
  local chunks = { "MThd" .. string.pack(">I4I2I2I2", 6, 1, #order + 1, TICKS), chunk(head) }
  for _, track in ipairs(order) do chunks[#chunks + 1] = chunk(events[track]) end
  return table.concat(chunks), start
end

-- Waits for a job and returns the id of its version.
local function result(job)
  local id = job:match('"id":"(%x+)"')
  for _ = 1, 60 do
    local state = job:match('"state":"(%a+)"')
    if state == "done" then return (job:match('"result":{"version":{"id":"(%x+)"')) end
    if state == "failed" or state == "canceled" then error(job:match('"message":"(.-)"}') or "The job failed.", 0) end
    job = request("/api/jobs/" .. id .. "?wait_s=30")
  end
  error("The job took too long.", 0)
end

local function quoted(text) return '"' .. text:gsub('[%c"\\]', " ") .. '"' end

local function options_of(verb, bars, add)
  if verb == "continue" then return '{"bars":' .. (tonumber(bars) or 8) .. "}" end
  if verb == "accompany" then return '{"add":' .. quoted(add) .. "}" end
  if verb == "infill" then return '{"bars":' .. quoted(bars) .. "}" end
  error("Command '" .. verb .. "' is not known: infill, continue or accompany.", 0)
end

-- Inserts each part of a version as an item on a new track.
local function insert(version, start)
  local score = request("/api/versions/" .. version .. "/files/score.json")
  local names, notes, stop = {}, {}, tonumber(score:match('"end_ticks":(%d+)')) or 0
  for name in score:match('"parts":%[(.-)%],"bars"'):gmatch('"name":"(.-)","program"') do names[#names + 1] = name end
  for part, from, length, pitch, velocity in score:match('"notes":(.*)'):gmatch("%[(%d+),(%d+),(%d+),(%d+),(%d+)%]") do
    part = part + 1
    notes[part] = notes[part] or {}
    table.insert(notes[part], { start + from / TICKS, start + (from + length) / TICKS, math.tointeger(pitch), math.tointeger(velocity) })
  end
  for part, name in ipairs(names) do
    local place = reaper.CountTracks(0)
    reaper.InsertTrackAtIndex(place, true)
    local track = reaper.GetTrack(0, place)
    reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "Cantilena: " .. name, true)
    local item = reaper.CreateNewMIDIItemInProj(track, start, start + stop / TICKS, true)
    local take = reaper.GetActiveTake(item)
    for _, note in ipairs(notes[part] or {}) do
      local from, to = reaper.MIDI_GetPPQPosFromProjQN(take, note[1]), reaper.MIDI_GetPPQPosFromProjQN(take, note[2])
      reaper.MIDI_InsertNote(take, false, false, from, to, 0, note[3], note[4], true)
    end
    reaper.MIDI_Sort(take)
  end
end

local function main()
  local going, answer = reaper.GetUserInputs("Cantilena", 3,
    "Command (infill continue accompany),Bars (3-4; to continue: 8),Instruments to add,separator=;", "continue;8;piano")
  if not going then return end
  local verb, bars, add = answer:match("^%s*(%a*)%s*;%s*(.-)%s*;%s*(.-)%s*$")
  local options = options_of(verb or "", bars or "", add or "")
  local midi, start = selected()
  local file = os.tmpname()
  write(file, midi)
  local safe = file:gsub("\\", "/")
  local sent, upload = pcall(request, "/api/uploads?name=reaper.mid", { 'data-binary = "@' .. safe .. '"' })
  os.remove(file)
  if not sent then error(upload, 0) end
  local body = '{"verb":"' .. verb .. '","version":"' .. result(upload) .. '","options":' .. options .. "}"
  local job = request("/api/jobs", { 'header = "Content-Type: application/json"', 'data = "' .. body:gsub('"', '\\"') .. '"' })
  local version = result(job)
  reaper.Undo_BeginBlock()
  insert(version, start)
  reaper.Undo_EndBlock("Cantilena: " .. verb, -1)
  reaper.UpdateArrange()
end

local worked, message = pcall(main)
if not worked then reaper.ShowMessageBox(tostring(message), "Cantilena", 0) end
