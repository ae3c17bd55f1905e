"""Styles of a prompt: those that it names, else those of its artists, else what weaker words suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from composer.brief import DRUMS
from composer.presets import moods, styles
from composer.prompt.findings import Finding, senses_of_part
from composer.prompt.lexicon import Sense, lexicon, phrase_of, prompt_table
from composer.prompt.parts import is_band, is_voice, kind_of, players_of, players_of_part, says_band
from composer.prompt.segments import Segment
from composer.prompt.settled import Settled

_SECTIONS = {
    "brass-section",
    "french-horn",
    "trombone",
    "tuba",
    "timpani",
    "string-ensemble-1",
    "choir-aahs",
    "violin",
    "cello",
}
_BALLAD, _SAX_BALLAD = "pop-ballad", "jazz-ballad"
_IN_FOUR = "4/4"
_NEUTRAL = "neutral"
_PIANO, _BOWED = "acoustic-grand-piano", {"violin", "viola"}
_GROUPS = ("trio", "quartet", "quintet", "sextet", "combo")  # last words of the names of small bands
_NAMING = ("style", "hint", "use")
_FILM, _GENTLE_FILM, _TENSE_FILM = "film-cue", "documentary-piano", "tense-underscore"
_CUES = ("underscore", "cue")
_INDIE = "indie"
_TREMOLO = "tremolo"
DRONE, _AMBIENT = "drone", "ambient"
_VARIATIONS = "variations"
_ARRANGED_FILM = "cinematic"  # whose strings play ostinati, tremoli and stabs where the prompt says so
_LIVELY_AROUSAL = 0.55  # from here on a game needs its band: adventurous, not playful
_GENTLE_AROUSAL = 0.3  # up to here a film needs no drums: hopeful and ominous do not, suspenseful does


class _Scene(NamedTuple):
    """What a film shows.

    Attributes:
        tags: of the moods named, else implied.
        is_open: whether it is open who plays.
        has_piano: whether a piano plays, alone or with strings.
    """

    tags: Sequence[str]
    is_open: bool = True
    has_piano: bool = False


def settle_styles(findings: Sequence[Finding], settled: Settled) -> None:
    """Every style and composer named; if no genre is named, also the first that a weaker word suggests.

    A drone without a style is ambient music.
    """
    scene = _scene(findings)
    is_tense = _is_tense(findings)
    strong = [
        (place, _TENSE_FILM if is_tense and _is_underscore(finding) else _gentler(finding.value, scene))
        for place, finding in enumerate(findings)
        if _names_style(finding)
    ]
    strong += [(place, f.value["style"]) for place, f in enumerate(findings) if _is_genre(f)]
    strong += [item for item in _styles_of_artists(findings) if styles()[item[1]].kind == "era"]
    groups = {(place, f.value["style"]) for place, f in enumerate(findings) if f.kind == "use" and f.value.get("group")}
    strong = sorted({*strong} - groups or {*strong})  # "a cha-cha for big band" is not swing
    names = [name for _, name in strong]
    if not any(name in styles() and styles()[name].kind != "era" for name in names):
        strong = sorted({*strong, *(_styles_of_artists(findings) or _suggested_styles(findings)[:1])})
    turned = prompt_table()["ballad_styles"] if is_ballad(findings) else {}
    if features := {finding.value for finding in findings if finding.kind == "band feature"}:
        turned = {**turned, _FILM: _TENSE_FILM if is_tense and features == {_TREMOLO} else _ARRANGED_FILM}
    shares: dict[str, float] = {}
    for place, name in ((place, in_meter(turned.get(name, name), findings)) for place, name in strong):
        share = findings[place].share
        shares[name] = shares.get(name) or share or 0.0
        settled.explain(place, f"style {name}" + (f", share {share:g}" if share else ""))
    drone = next((place for place, one in enumerate(findings) if one.kind == "band feature" and one.value == DRONE), None)
    if drone is not None and not shares:
        shares[_AMBIENT] = 0.0
        settled.explain(drone, f"style {_AMBIENT}")
    if shares:
        settled.options["style"] = _style_text(shares)


def with_bands_of_drums(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the genre and drums in place of a style for drums alone where others play: "jazz drums and a bass"."""
    table = prompt_table()["drum_styles"]
    others = any(finding.kind == "part" and set(players_of_part(finding, alone=False)) != {DRUMS} for finding in findings)
    found: list[Finding] = []
    for finding in findings:
        if others and finding.kind in ("style", "hint") and finding.value in table:
            first = lexicon().senses.get(phrase_of(finding.phrase)[:1], ())
            genre = next((sense.value for sense in first if sense.kind == "style"), table[finding.value])
            drums = Segment(0, 1, (Sense("instrument", (DRUMS,)),))
            found.append(replace(finding, value=genre))
            found.append(replace(finding, kind="part", value=drums, phrase=DRUMS, is_bare=True))
        elif others and finding.kind == "part" and senses_of_part(finding).get("style") in table:
            found += with_bands_of_drums([replace(finding, kind="style", value=senses_of_part(finding)["style"]), finding])
        else:
            found.append(finding)
    return found


def with_sections_of_bands(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the players that words beside a band mean: "symphonic metal", "acoustic pop", "rock with orchestra"."""
    table = prompt_table()["band_words"]
    if not any(is_for_band(name) and _is_popular(name) for name in map(_style_of, findings)):
        return list(findings)
    words = [_orchestra_of(one) or one.phrase.lower().partition(" (")[0] for one in findings]
    has_band = says_band(findings)
    found = [_as_players(one) if has_band and _is_string_group(one) else one for one in findings]
    named = [(place, table[word]) for place, word in enumerate(words) if word in table]
    for place, row in (item for item in named if not _plays_alone(findings[item[0]], findings)):
        players = Segment(0, 1, (Sense("instrument", tuple(row["players"])),), f"read as {row['phrase']}")
        kin = [other for other, one in enumerate(findings) if other != place and _plays_kind(one, kind_of(row["players"][0]))]
        for other in kin or [place]:  # "acoustic pop, guitar and piano": that guitar, unless it is a certain one
            if not kin:
                found[other] = replace(findings[other], kind="part", value=players, is_added=True)
            elif findings[other].phrase.lower() in prompt_table()["roles"]:
                found[other] = replace(findings[other], value=players)
    return found


def _plays_kind(finding: Finding, kind: str) -> bool:
    return finding.kind == "part" and kind in {kind_of(name) for name in players_of_part(finding, alone=False)}


def _orchestra_of(finding: Finding) -> str:
    """The row of `[band_words]` for an orchestra that joins a band, with or without a choir; else empty."""
    is_group = finding.kind == "part" and finding.is_added and "instrument" not in senses_of_part(finding)
    names = set(players_of_part(finding, alone=True)) if is_group else set()
    if not {"oboe", "violin"} <= names:
        return ""
    return "choir and orchestra" if "choir-aahs" in names else "orchestra"


def _plays_alone(group: Finding, findings: Sequence[Finding]) -> bool:
    """Whether a group plays in place of the band: "a bolero for orchestra", "bolero, orchestra", not "rock with orchestra"."""
    is_of_orchestras = any(_style_of(one) in prompt_table()["additions"]["orchestral"] for one in findings)
    return group.kind == "part" and not group.is_added and (group.is_for or is_of_orchestras)


def _is_string_group(finding: Finding) -> bool:
    """Whether a part is a group of bowed strings: "string quartet"."""
    is_group = finding.kind == "part" and not finding.is_for and "instrument" not in senses_of_part(finding)
    return is_group and set(players_of_part(finding, alone=True)) <= {"violin", "viola", "cello", "contrabass"}


def _as_players(group: Finding) -> Finding:
    """A group as its players, who join a band: "string quartet plus rock band"."""
    players = Segment(0, 1, (Sense("instrument", tuple(players_of_part(group, alone=True))),))
    return replace(group, value=players, is_added=True)


def with_genres_of_players(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the genre that a player is named after where nothing else names one: "jazz guitar, vibes and bass".

    The ballad of a saxophone is one of jazz. A sound that is the only part joins the band of its genre: "supersaw".
    """
    naming = [one for one in findings if one.kind in ("style", "composer") or (one.kind in ("hint", "use") and _style_of(one))]
    if naming:
        of_sax = all(map(_is_ballad, naming)) and any(one.kind == "part" and _is_sax(one) for one in findings)
        return [replace(one, value=_SAX_BALLAD) if of_sax and one in naming else one for one in findings]
    found: list[Finding] = []
    is_alone = sum(one.kind == "part" for one in findings) == 1
    for finding in findings:
        of_sound = prompt_table()["sound_styles"].get(finding.phrase.lower()) if is_alone and not finding.is_for else None
        if finding.kind == "part" and (genre := of_sound or _genre_before(finding)):
            found.append(replace(finding, kind="hint", value=genre))
        found.append(replace(finding, is_added=True) if of_sound else finding)
    return found


def _is_sax(part: Finding) -> bool:
    """Whether a part is one saxophone."""
    return [kind_of(name) for name in players_of_part(part, alone=False)] == ["sax"]


def _genre_before(part: Finding) -> str:
    """The genre of a band that the first of several words names, "jazz guitar", or that a part is the band of, "synths"."""
    ensemble = senses_of_part(part).get("ensemble", "")
    players = players_of(ensemble) if ensemble else ()
    genres = [row.name for row in styles().values() if row.ensemble == ensemble and row.kind == "arranged"]
    if genres and is_band(players) and "tuba" not in players and not part.is_added:
        return genres[0]
    words = phrase_of(part.phrase)
    senses = lexicon().senses.get(words[:1], ()) if len(words) > 1 else ()
    return next((sense.value for sense in senses if sense.kind == "style" and is_for_band(sense.value)), "")


def _style_of(finding: Finding) -> str:
    """The style that a finding names or suggests; else empty."""
    value = finding.value.get("style", "") if finding.kind == "use" else finding.value
    return str(value) if finding.kind in _NAMING else ""


def _names_style(finding: Finding) -> bool:
    return finding.kind in ("style", "composer")


def _scene(findings: Sequence[Finding]) -> _Scene:
    """The scene of a prompt; parts that only join leave it open who plays."""
    tags = _tags_before_end(findings)
    implied = [tag for finding in findings if finding.kind == "use" for tag in finding.value.get("mood", ())]
    parts = [finding for finding in findings if finding.kind == "part"]
    names = {name for part in parts for name in players_of_part(part, alone=False)}
    has_piano = _PIANO in names and names <= {*players_of(styles()[_GENTLE_FILM].ensemble), *_BOWED}
    is_calm = has_piano and any(finding.value.get("calm") for finding in findings if finding.kind == "use")
    return _Scene(tags or implied[:1] or [_NEUTRAL] * is_calm, all(part.is_added for part in parts), has_piano)


def _tags_before_end(findings: Sequence[Finding]) -> list[str]:
    """The first tag of each mood that is not only that of the last section."""
    return [finding.value[0] for finding in findings if finding.kind == "mood" and not finding.is_last]


def _is_underscore(finding: Finding) -> bool:
    return phrase_of(finding.phrase)[-1] in _CUES and finding.value == _FILM


def _is_genre(finding: Finding) -> bool:
    """Whether a finding is a genre without a style, so that the nearest style counts as named."""
    return finding.kind == "use" and finding.value.get("table") == "genres" and not finding.value.get("weak")


def _styles_of_artists(findings: Sequence[Finding]) -> list[tuple[int, str]]:
    """The nearest styles of all artists named; those of ballads where the prompt asks for one."""
    turned = prompt_table()["artist_ballad_styles"] if is_ballad(findings) else {}
    artists = [(place, f.value) for place, f in enumerate(findings) if f.kind == "use" and f.value.get("table") == "artists"]
    return [(place, turned.get(row["style"], row["style"])) for place, row in artists]


def is_ballad(findings: Sequence[Finding]) -> bool:
    """Whether the prompt says "ballad" beside a style or an artist."""
    return any(map(_is_ballad, findings))


def _is_ballad(finding: Finding) -> bool:
    return finding.kind == "hint" and finding.value == _BALLAD


def _suggested_styles(findings: Sequence[Finding]) -> list[tuple[int, str]]:
    """Styles that everyday words, uses, or an ensemble that is also a genre suggest, weak names of genres first.

    An ensemble counts only if nothing else plays. A chorus without any of them, and without players of other music, is pop.
    """
    parts = [finding for finding in findings if finding.kind == "part"]
    scene, is_tense = _scene(findings), _is_tense(findings)
    with_orchestra = any(_is_orchestral(part) for part in parts)
    found = []
    for place, finding in enumerate(findings):
        if finding.phrase.lower() == "latin" and any(map(is_voice, parts)):
            continue  # the language of sacred music
        if finding.kind == "hint":
            tense = is_tense and _is_underscore(finding)
            found.append((place, _TENSE_FILM if tense else _gentler(_of_song(finding, findings), scene)))
        elif finding.kind == "use" and "style" in finding.value:
            if finding.value.get("weak") and finding.phrase.lower() == _INDIE and _is_of_screen(findings):
                continue  # "an indie puzzle game"
            if finding.value.get("alone") and parts and not _names_other(findings, finding):
                continue  # "a puzzle game with marimba patterns" is not ambient
            if "level" in finding.value and (parts or _names_other(findings, finding)):
                continue  # "a piano piece for kids" is not a cartoon
            if "table" not in finding.value and _is_out_of_meter(finding.value["style"], findings):
                continue  # "a first dance in 6/8" is not a waltz
            if (
                "table" not in finding.value
                and _is_popular(finding.value["style"])
                and _are_others(parts, finding.value["style"])
            ):
                continue  # "a brass fanfare for a sports event"
            style = finding.value.get("orchestral" if with_orchestra else "style", finding.value["style"])
            is_named = "table" in finding.value
            found.append((place, style if is_named else _gentler(style, scene)))
        elif _is_genre_by_itself(finding) and len(parts) == 1:
            found.append((place, senses_of_part(finding)["style"]))
    song = str(prompt_table()["modern_songs"]["style"])
    if not found and (varied := [place for place, one in enumerate(findings) if _is_varied_theme(one)]):
        found = [(varied[0], _VARIATIONS)]
    elif not found and not _are_others(parts, song):
        found = [(place, song) for place in _choruses(findings)[:1]]
    return sorted(found, key=lambda item: (_weakness(findings[item[0]]), is_thin(findings[item[0]])))


def _is_varied_theme(finding: Finding) -> bool:
    """Whether a form is a theme with counted variations: "theme and four variations"."""
    return finding.kind == "form" and _VARIATIONS in phrase_of(finding.phrase)


def _choruses(findings: Sequence[Finding]) -> list[int]:
    """Places of the findings that name the chorus of a song as a section; a chorus that plays is a choir."""
    names = set(prompt_table()["section_lengths"]["names"]["chorus"])
    return [place for place, one in enumerate(findings) if one.kind != "part" and names & set(phrase_of(one.phrase))]


def is_thin(finding: Finding) -> bool:
    """Whether a name of a style asks for few notes where another style is named: "a minimal cue"."""
    return finding.kind in ("style", "hint") and finding.phrase.lower() in prompt_table()["weak"]["thin"]


def _names_other(findings: Sequence[Finding], use: Finding) -> bool:
    """Whether another word than a use suggests a style."""
    others = [one for one in findings if one is not use]
    return any(
        one.kind == "hint" or (one.kind == "use" and "style" in one.value and "level" not in one.value) for one in others
    )


def _is_of_screen(findings: Sequence[Finding]) -> bool:
    """Whether the music is for a game or a film."""
    return any(one.kind in _NAMING and {"game", "film", "movie"} & set(phrase_of(one.phrase)) for one in findings)


def _is_genre_by_itself(finding: Finding) -> bool:
    """Whether an ensemble is also the name of a genre and no other one follows: "string quartet", not "guitar rock band"."""
    is_bare = finding.kind == "part" and finding.is_bare and not finding.is_of_genre
    return is_bare and "style" in senses_of_part(finding)


def _is_out_of_meter(style: str, findings: Sequence[Finding]) -> bool:
    """Whether a dance that a scene suggests is never in the meter that is stated; other styles are in any meter."""
    meter, usual = stated_meter(findings), styles()[style].meters if style in styles() else ()
    return in_meter(style, findings) != style or (meter != "" and bool(usual) and not {meter, _IN_FOUR} & set(usual))


def stated_meter(findings: Sequence[Finding]) -> str:
    """The meter that a prompt states, or the nearest one that pieces have; empty if it states none."""
    near = prompt_table()["nearest_meters"]
    return next((str(near.get(finding.value, finding.value)) for finding in findings if finding.kind == "meter"), "")


def in_meter(style: str, findings: Sequence[Finding]) -> str:
    """A style, or the one in its place where it is never in the meter that is stated: "a waltz in 5/4"."""
    meter, bound = stated_meter(findings), styles()[style].only_meters if style in styles() else ()
    return str(prompt_table()["freer_styles"][style]) if meter and bound and meter not in bound else style


def _is_popular(style: str) -> bool:
    return style in styles() and styles()[style].family == "band"


def _are_others(parts: Sequence[Finding], style: str) -> bool:
    """Whether all who play are named, and none of them is of the band of a style."""
    kinds = {kind_of(name) for part in parts for name in players_of_part(part, alone=len(parts) == 1)}
    band = {kind_of(name) for ensemble in usual_ensembles(style) for name in players_of(ensemble)}
    return not all(part.is_added or part.is_of_genre for part in parts) and not kinds & {*band, DRUMS}


def _of_song(finding: Finding, findings: Sequence[Finding]) -> str:
    """The style of a hint.

    A "song" with a chorus, with drums or for a commercial is not a lied, and "modern" beside the latter no era.
    """
    media = prompt_table()["modern_media"]
    if finding.phrase.lower() in media["hints"] and any(" ".join(phrase_of(one.phrase)) in media["words"] for one in findings):
        return str(media["style"])
    table = prompt_table()["modern_songs"]
    modern = {" ".join(phrase_of(word)) for word in table["words"]}
    is_modern = any(" ".join(phrase_of(other.phrase)) in modern for other in findings) or bool(_choruses(findings))
    return str(table["style"] if is_modern and " ".join(phrase_of(finding.phrase)) in table["songs"] else finding.value)


def _is_orchestral(part: Finding) -> bool:
    """Whether a part is an orchestra or one of its sections: "brass", "timpani"."""
    names = set(players_of_part(part, alone=False))
    return "orchestra" in str(senses_of_part(part).get("ensemble")) or bool(names & _SECTIONS)


def _gentler(style: str, scene: _Scene) -> str:
    """A suggested style, or for gentle moods one without its drums if it is open who plays or a piano does.

    >>> [_gentler("film-cue", _Scene([tag])) for tag in ("tender", "sad", "ominous", "epic")]
    ['romantic-film', 'documentary-piano', 'tense-underscore', 'film-cue']
    >>> [_gentler("film-cue", _Scene([tag], is_open=False, has_piano=True)) for tag in ("tender", "ominous", "epic")]
    ['documentary-piano', 'tense-underscore', 'film-cue']
    """
    arousal = max((moods()[tag].arousal for tag in scene.tags), default=1.0)
    if arousal < _LIVELY_AROUSAL and style in prompt_table()["calm_styles"]:
        return str(prompt_table()["calm_styles"][style])
    if not (scene.is_open or scene.has_piano) or arousal > _GENTLE_AROUSAL or style != _FILM:
        return style
    scored = _screen_styles(scene.tags)
    return scored[0] if scored and (scene.is_open or scored[0] == _TENSE_FILM) else _GENTLE_FILM


def _screen_styles(tags: Sequence[str]) -> list[str]:
    """The styles of films among those of moods."""
    return [name for tag in tags for name in moods()[tag].styles if styles()[name].family == "screen"]


def _is_tense(findings: Sequence[Finding]) -> bool:
    """Whether the moods that are named, else the scene, are those of a tense underscore first: "a tense underscore".

    Action has no underscore: "a tense chase cue".
    """
    scenes = [finding.value for finding in findings if finding.kind == "use"]
    if any("tempo" in scene and scene.get("style") == _FILM for scene in scenes):
        return False
    named = _tags_before_end(findings)
    return (_screen_styles(named) if named else [scene.get("style") for scene in scenes])[:1] == [_TENSE_FILM]


def _weakness(finding: Finding) -> int:
    """The order of what suggests styles: bands that are named, "rock band", then genres, then "jazz trio", then scenes."""
    row = _row(finding)
    last = phrase_of(finding.phrase)[-1]
    names_band = "ensemble" in row and last == "band"
    names_group = bool({"ensemble", "instruments"} & row.keys()) and last in _GROUPS
    return 0 if names_band else 1 if "table" in row else 2 if names_group else 3


def _row(finding: Finding) -> dict[str, Any]:
    return finding.value if finding.kind == "use" else {}


def _style_text(shares: dict[str, float]) -> str:
    """The text of the option; shares are relative to the largest one given, and a style without a share has weight 1."""
    stated = [share for share in shares.values() if share]
    if len(shares) == 1:
        return next(iter(shares))
    scale = 1 / max(stated) if len(stated) > 1 else 1.0
    weights = {name: share * scale if share else 1.0 for name, share in shares.items()}
    return ",".join(name if weight == 1 else f"{name}:{weight:.3g}" for name, weight in weights.items())


def usual_ensembles(style_text: str) -> list[str]:
    """Ensembles that the plan may choose for these styles."""
    named = [styles().get(item.partition(":")[0]) for item in style_text.split(",")]
    return list(dict.fromkeys(style.ensemble for style in named if style and style.ensemble))


def is_for_band(style: str) -> bool:
    """Whether the ensemble of a style has drums."""
    row = styles().get(style)
    return row is not None and bool(row.ensemble) and DRUMS in players_of(row.ensemble)


def takes_features(style: str) -> bool:
    """Whether a style is arranged or for a band, so that a request can say what its players do."""
    return style in styles() and (styles()[style].kind == "arranged" or is_for_band(style))


def can_hold_drone(style: str) -> bool:
    """Whether the lowest player of a style can hold a drone."""
    return takes_features(style) or style in prompt_table()["additions"]["droned"]


def is_counterpoint(settled: Settled) -> bool:
    """Whether a style of voices on a keyboard is among those named, so that "two-part" is how many notes sound together."""
    names = [item.partition(":")[0] for item in str(settled.options.get("style", "")).split(",")]
    return any(name in styles() and styles()[name].family == "counterpoint" for name in names)


def is_scene(findings: Sequence[Finding]) -> bool:
    """Whether only a scene suggests the style, so that its players are a guess: "a chase scene"."""
    naming = [one for one in findings if one.kind in ("style", "hint") or (one.kind == "use" and "style" in one.value)]
    return bool(naming) and all(one.kind == "use" and "table" not in one.value for one in naming)
