"""Bands of prompts: who plays when instruments are listed, sections, sounds, spelling and languages."""

from __future__ import annotations

import pytest

from composer.arranging.settling import settle
from composer.arranging.tables import bands, grooves
from composer.brief import Brief
from composer.plan import make_plan
from composer.presets import nearest, styles
from composer.prompt import parse_prompt
from composer.prompt.parts import players_of

BAND = {name: list(players_of(row.ensemble)) for name, row in styles().items() if row.ensemble}

ROCK_QUARTET = ["overdriven-guitar", "distortion-guitar", "electric-bass-finger", "drums"]


def options(text: str) -> dict:
    return dict(parse_prompt(text).options)


def players(text: str) -> list[str]:
    """Who plays: the instruments or the ensemble of the options, else the band of the first style."""
    found = options(text)
    ensemble = found.get("ensemble")
    return found.get("instruments") or (
        list(players_of(ensemble)) if ensemble else BAND[found["style"].partition(",")[0].partition(":")[0]]
    )


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("christmas song with sleigh bells, drums and bass", "christmas"),
        ("epic trailer, huge percussion, choir", "epic-trailer"),
        ("shoegaze wall of guitars, dreamy", "rock"),
        ("hard rock, 2 guitars, bass & drums", "rock"),
        ("punk, two guitars", "punk"),
        ("reggae with bass and drums", "reggae"),
        ("metal, drums", "metal"),
        ("rock with guitar", "rock"),
        ("rock français avec deux guitares", "rock"),
        ("una balada pop con piano y cuerdas", "pop-ballad"),
        ("uma bossa nova triste com violão e bateria suave", "bossa"),
    ],
)
def test_a_list_that_is_not_complete_leaves_the_band(text, style) -> None:
    assert players(text) == BAND[style]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("samba drums and whistles", "whistle"),
        ("motown, tambourine, strings, bass", "string-ensemble-1"),
        ("reggae dub with melodica, bass and drums", "melodica"),
        ("new wave, synth, bass, electric guitar", "electric-guitar-clean"),
        ("western film, lonesome harmonica", "harmonica"),
        ("blues rock with organ, bass and drums", "drawbar-organ"),
    ],
)
def test_what_the_band_lacks_joins_it(text, missing) -> None:
    found = players(text)
    assert missing in found
    assert len(found) > 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rock song with electric guitar, bass and drums", ROCK_QUARTET),
        ("hard rock, two guitars bass drums", ROCK_QUARTET),
        ("jazz with guitar, bass and drums", ["electric-guitar-jazz", "acoustic-bass", "drums"]),
        ("funk with bass, drums, guitar and horns", ["slap-bass-1", "drums", "electric-guitar-muted", "brass-section"]),
        ("funk, only drums and bass", ["drums", "slap-bass-1"]),
        ("only bass and drums, funk", ["slap-bass-1", "drums"]),
        ("swing for sax, piano, bass and drums", list(players_of("jazz-quartet"))),
        ("slow jazz ballad, piano trio, brushes", list(players_of("jazz-trio"))),
        ("power trio: guitar, bass, drums", list(players_of("power-trio"))),
        ("a rock trio", ["overdriven-guitar", "electric-bass-pick", "drums"]),
        ("we are a punk trio, guitar bass drums", ["overdriven-guitar", "electric-bass-pick", "drums"]),
        ("gypsy jazz, two guitars and bass, no drums", ["acoustic-guitar-steel", "acoustic-guitar-steel", "acoustic-bass"]),
        ("piano jazz tranquille pour un café", ["acoustic-grand-piano"]),
        ("カフェでジャズピアノ", ["acoustic-grand-piano"]),
        ("harp and soft female voice humming", ["voice-oohs", "orchestral-harp"]),
        ("a Scottish air for bagpipes with drone", ["bagpipe", "bagpipe"]),
        ("fiddle and bagpipes with drone", ["fiddle", "bagpipe"]),
        ("big band", [*["trumpet"] * 3, *["alto-sax"] * 2, *["tenor-sax"] * 2, *["trombone"] * 3, "acoustic-grand-piano",
                      "acoustic-bass", "drums"]),
        ("indie rock, jangly guitars", [*["electric-guitar-clean"] * 2, *BAND["rock"][2:]]),
    ],
)  # fmt: skip
def test_a_complete_list_is_the_line_up_in_the_sounds_of_the_style(text, expected) -> None:
    assert players(text) == expected


def test_the_choir_of_a_gospel_choir_sings_beside_any_list() -> None:
    assert {"choir-aahs", "drawbar-organ"} <= set(players("gospel choir with hammond organ, drums, bass"))


def test_the_organ_of_a_band_is_no_church_organ() -> None:
    assert "drawbar-organ" in players("slow blues with organ")
    assert players("slow prelude with organ") == ["church-organ"]


def test_a_band_with_its_name_names_the_style() -> None:
    assert options("chicago blues band, harmonica, electric guitar, bass, drums") == {
        "style": "blues",
        "instruments": ["harmonica", "electric-guitar-clean", "electric-bass-finger", "drums"],
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metal ballad, starts with clean guitar, drums enter later", "intro: only clean guitar, no drums"),
        ("rock ballad, piano intro", "intro: only piano"),
        ("a trailer that starts with a soft piano, then the full orchestra", "intro: only piano"),
        ("a trailer that begins with low strings and a soft piano", "intro: only cello and contrabass and piano"),
        ("rock song, quiet verses, loud choruses", "verse: intensity 0.2; chorus: intensity 0.95"),
        ("disco, no drums until the chorus", "intro: no drums; verse: no drums"),
        ("house, swung drums", "all: swing 1"),
        ("pop with high strings in the chorus", "chorus: high strings"),
        ("hip hop, drums drop out in the bridge", "bridge: no drums"),
        ("funk, drums only in the breakdown", "bridge: +drums"),  # its form has no break
        ("disco, brass only in the chorus", "chorus: +brass"),
        ("metal, no organ in the intro", None),  # nobody plays one
        ("twelve bar blues, no drums in the intro", None),  # no bars beside the choruses
        ("swing with swung drums", None),
    ],
)
def test_sections_of_a_band(text, expected) -> None:
    found = options(text)
    assert found.get("sections") == expected
    brief = Brief.from_dict({**found, "seed": 1})
    settle(make_plan(brief), brief)  # refuses sections and players that the piece lacks


def test_a_form_without_an_introduction_gets_one() -> None:
    assert options("metal, no drums in the intro")["form"] == "song"
    assert options("bossa, no drums in the intro")["form"].startswith("Intro A A B A")


def test_a_player_of_a_section_plays_where_no_band_is() -> None:
    assert options("a waltz, starts with a flute and a harp") == {
        "style": "waltz",
        "form": "ABA",
        "instruments": ["flute", "acoustic-grand-piano", "orchestral-harp"],
        "sections": "start: only flute and harp",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make me a rok song with loud drumms", {"style": "rock", "dynamic": "f"}),
        ("jaz quartet with saxofone", {"style": "swing", "ensemble": "jazz-quartet"}),
        ("blus with gitar", {"style": "blues"}),
        ("ein Rocksong mit E-Gitarren", {"style": "rock"}),
        ("Funk mit Hammondorgel", {"style": "funk", "instruments": [*players_of("funk-band"), "drawbar-organ"]}),
        ("грустный вальс для скрипки и фортепиано, ре минор", {
            "mood": ["sad"], "style": "waltz", "ensemble": "violin-piano", "key": "D minor"}),
        ("рок-песня с электрогитарой", {"style": "rock"}),
        ("música calma para flauta e violão, dois minutos", {"mood": ["calm"], "ensemble": "flute-guitar", "duration": 120}),
        ("marching band fight song", {"mood": ["triumphant"], "style": "marching-band"}),
        ("a hymn at the base, my boys", {"style": "hymn"}),
    ],
)  # fmt: skip
def test_spelling_and_languages(text, expected) -> None:
    assert options(text) == expected


def test_a_meter_without_pieces_is_the_nearest_one() -> None:
    said = parse_prompt("math rock in 7/4")
    assert said.options["meter"] == "7/8"
    assert "no meter 7/4; nearest: 7/8" in said.notes
    assert options("metal with odd meters")["meter"] == "7/8"


def test_others_play_where_the_only_player_is_left_out() -> None:
    assert options("a sad waltz without piano") == {"mood": ["sad"], "style": "waltz", "ensemble": "string-quartet"}
    assert options("a waltz, no piano, no strings")["ensemble"] == "wind-quintet"


def test_whole_ensembles_are_all_who_play() -> None:
    said = options("a battle theme with choir and full orchestra")
    assert len(Brief.from_dict(said).instruments) <= 16
    assert options("choir SATB, Ave Maria")["ensemble"] == "satb-choir"


def test_drums_of_a_genre_bring_the_genre_where_others_play() -> None:
    assert options("jazz drums, piano and bass") == {"style": "swing", "ensemble": "jazz-trio"}
    assert options("jazz drums")["style"] == "jazz-drums"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a piano piece in three flats", {"ensemble": "piano", "key": "Eb major"}),
        ("in the key of four sharps, minor, harp", {"ensemble": "harp", "key": "C# minor"}),
        ("hopeful harp with a sad middle section", {"ensemble": "harp", "mood_curve": "hopeful@0% sad@50% hopeful@100%"}),
        ("solemn, brass and timpani", {"mood": ["solemn"], "instruments": [*players_of("brass-quintet"), "timpani"]}),
        ("viking battle, drums and choir", {"mood": ["determined"], "style": "cinematic"}),
        ("anything but sad, harp", {"mood": ["tender"], "ensemble": "harp"}),
        ("calm, then suddenly loud, then calm again, harp", {
            "ensemble": "harp", "mood_curve": "calm@0% agitated@50% calm@100%"}),
    ],
)  # fmt: skip
def test_general_phrases(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nordic folk metal with flute", ["flute", *BAND["metal"]]),
        ("ambient house with flute", ["flute", *BAND["house"]]),
        ("symphonic death metal, choir", [*BAND["metal"], "choir-aahs"]),
    ],
)
def test_a_mixture_is_played_by_its_band(text, expected) -> None:
    assert players(text) == expected


def test_a_section_with_only_some_players() -> None:
    assert options("pop song: verse with only piano and bass")["sections"] == "verse: only piano and bass"


def test_instead_of_leaves_out() -> None:
    assert options("jazz quartet with trumpet instead of sax")["instruments"] == ["trumpet", *BAND["swing"][1:]]


def test_an_orchestral_version_is_played_by_the_orchestra() -> None:
    assert options("orchestral version of a rock song") == {"style": "rock", "ensemble": "orchestra"}
    assert options("symphonic metal with choir")["style"] == "metal"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("valse, violino e piano, em sol maior", {"style": "waltz", "ensemble": "violin-piano", "key": "G major"}),
        ("funk with e-piano", {"style": "funk", "instruments": [*players_of("funk-band"), "electric-piano-1"]}),
        ("une fugue à trois voix pour clavecin", {"style": "fugue", "ensemble": "harpsichord", "polyphony": 2.7}),
        ("a hopeful sting, 20 seconds", {"mood": ["hopeful"], "duration": 20}),
        ("largo, organ, 4/2", {"style": "organ", "ensemble": "organ", "tempo": 50, "meter": "4/4"}),
        ("flute choir", {"instruments": ["flute"] * 4}),
        ("música de terror, um minuto", {"mood": ["fearful"], "duration": 60}),
    ],
)
def test_more_general_phrases(text, expected) -> None:
    assert options(text) == expected


BLUEGRASS = ["fiddle", "banjo", "acoustic-guitar-steel", "acoustic-bass"]
MARIACHI = ["trumpet", "trumpet", "violin", "acoustic-guitar-nylon", "acoustic-bass"]
IRISH = ["fiddle", "flute", "acoustic-guitar-steel", "acoustic-bass"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bluegrass, banjo and fiddle, fast", BLUEGRASS),
        ("bluegrass for banjo and fiddle", ["banjo", "fiddle"]),
        ("bluegrass duo, banjo and fiddle", ["banjo", "fiddle"]),
        ("mariachi for my dads 60th birthday, trumpets and guitarron", MARIACHI),
        ("Irish folk band, fiddle, whistle, bodhran", [*IRISH, "whistle", "bodhran"]),
        ("acoustic singer-songwriter song, guitar and soft percussion, like Ed Sheeran", BAND["folk-rock"]),
    ],
)
def test_a_list_after_a_genre_with_players_joins_them(text, expected) -> None:
    assert players(text) == expected


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("happy song for a commercial", "pop"),
        ("happy ukulele song", "pop"),
        ("happy song with drums", "pop"),
        ("a song for voice and piano", "lied"),
    ],
)
def test_a_song_with_modern_players_or_for_a_commercial_is_no_lied(text, style) -> None:
    assert options(text)["style"] == style


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jazz, no piano, bass, drums, trumpet and bari sax", ["acoustic-bass", "drums", "trumpet", "baritone-sax"]),
        ("jazz, no piano, bass drums and trumpet", ["trumpet", "acoustic-bass", "drums"]),
        ("waltz, no drums or piano, violin and flute", ["violin", "flute"]),
    ],
)
def test_only_what_or_joins_is_left_out_with_the_first(text, expected) -> None:
    assert players(text) == expected


@pytest.mark.parametrize(
    ("text", "is_missing"),
    [
        ("salsa with congas", False),
        ("Motown soul, tambourine", False),
        ("christmas song with sleigh bells", False),
        ("bossa nova with congas", False),
        ("bossa nova with spoons", True),
    ],
)
def test_percussion_of_the_drum_part_is_not_called_missing(text, is_missing) -> None:
    assert any(note.startswith("no ") for note in parse_prompt(text).notes) == is_missing


def test_drum_parts_have_the_percussion_of_the_table() -> None:
    for word, names in nearest()["in_drum_parts"].items():
        for name in names:
            lines = grooves()[bands()[name].groove].lines
            assert any(line in word.replace("bass drum", "kick") for line in lines), (word, name)


def test_a_voice_before_the_name_of_a_band_sings_with_it() -> None:
    assert players("female vocals rock band") == ["voice", *BAND["rock"]]


def test_the_birthday_of_dads_is_not_nostalgic() -> None:
    assert options("mariachi for my dads 60th birthday")["mood"] == ["joyful"]


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("reggae, no horns, keys or organ", {"drawbar-organ"}),
        ("hip hop without drums, bass or samples", {"drums", "acoustic-bass"}),
        ("rock, no guitars, drums or vocals", {"overdriven-guitar", "distortion-guitar", "drums", "choir-aahs"}),
        ("edm without piano, strings nor choir", {"electric-piano-2", "string-ensemble-1", "choir-aahs"}),
        ("classic soul, no horns", {"brass-section"}),
    ],
)
def test_or_leaves_out_the_whole_list(text, unwanted) -> None:
    found = players(text)
    assert len(found) > 1
    assert not unwanted & set(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("baritone sax jazz", ["baritone-sax", *BAND["swing"][1:]]),
        ("accordion and fiddle cajun dance", ["fiddle", *BAND["country"][1:], "accordion"]),
        ("celtic punk w/ bagpipes", [*BAND["punk"], "bagpipe"]),
        ("garage rock duo, guitar and drums", ["overdriven-guitar", "drums"]),
        ("vibraphone trio, jazz", ["vibraphone", "acoustic-bass", "drums"]),
        ("jazz guitar, vibes, bass, drums", ["electric-guitar-jazz", "vibraphone", "acoustic-bass", "drums"]),
        ("rock with orchestra", [*BAND["rock"], "string-ensemble-1", "french-horn", "brass-section", "timpani"]),
        ("like Queen with piano and big choir", [*BAND["rock"], "acoustic-grand-piano", "choir-aahs"]),
        ("a capella doo-wop", list(players_of("satb-choir"))),
        ("concerto for two violins", ["violin", "violin", *players_of("string-orchestra")]),
        ("quartet for flute, violin, viola and cello", ["flute", "violin", "viola", "cello"]),
    ],
)
def test_who_plays_in_a_band_or_group_that_is_named(text, expected) -> None:
    assert sorted(players(text)) == sorted(expected)


def test_a_ukulele_song_is_played_by_its_band() -> None:
    assert {"ukulele", "electric-bass-finger", "drums"} <= set(players("happy ukulele song for a commercial"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fast bebop, 220 bpm", {"tempo": 220}),
        ("ska, fast", {"tempo": 154}),
        ("moombahton 108", {"tempo": 108}),
        ("rock ballad, drums enter at bar 9", {"sections": "intro: no drums"}),
        ("techno, no drums for the first minute", {"sections": "intro: no drums"}),
        ("rock, odd meter, 5/4", {"meter": "5/4"}),
        ("soft rock 70s, strings", {}),
        ("piano house remix of a lullaby", {"style": "house"}),
    ],
)
def test_figures_of_bands(text, expected) -> None:
    said = parse_prompt(text)
    assert {"duration", "bars"} & said.options.keys() == set()
    assert not said.conflicts
    assert {option: said.options.get(option) for option in expected} == expected


@pytest.mark.parametrize(
    ("text", "option", "expected"),
    [
        ("nothing too dramatic, just calm", "mood", ["calm"]),
        ("a fairy tale opening: celesta, wonder", "mood", ["magical"]),
        ("oboe tune, 6/8, F", "key", "F major"),
        ("an anthem for a fictional country, brass", "style", "hymn"),
        ("a brass fanfare for a sports event", "style", "march"),
        ("strings ostinato, action", "loop", None),
        ("a voyage in three parts, calm", "ensemble", None),
    ],
)
def test_general_words_in_their_sense(text, option, expected) -> None:
    assert options(text).get(option) == expected


@pytest.mark.parametrize(
    ("text", "style", "some", "none"),
    [
        ("an easy rock song for my school band", "rock", {"drums", "distortion-guitar"}, {"piccolo"}),
        ("country band w pedal steel and fiddle, train beat", "country", {"acoustic-bass", "drums", "fiddle"}, set()),
        ("disco funk guitar and vocoder lead", "disco", {"synth-choir", "electric-bass-finger", "drums"}, set()),
        ("string quartet plus rock band", "rock", {"violin", "cello", "drums", "distortion-guitar"}, set()),
        ("metal guitars with choir and orchestra", "metal", {"choir-aahs", "drums", "electric-bass-pick"}, {"oboe"}),
        ("jazz quintet, trumpet, tenor, piano, bass, drums", "swing", {"tenor-sax", "trumpet"}, {"choir-aahs"}),
        ("mariachi band with two trumpets, violins, vihuela and guitarron", "folk", {"acoustic-guitar-nylon"}, set()),
        ("polka band, accordion, tuba, clarinet and drums", "polka", {"tuba", "drums"}, {"trumpet"}),
        ("balkan brass band, wild dance in 7/8 with percussion", "folk", {"tuba", "drums", "clarinet"}, {"violin"}),
        ("balkan, clarinet, accordion and tapan", "folk", {"drums"}, set()),
        ("jaz quartet, trumpett lead, walkng bass", "swing", {"trumpet", "drums", "acoustic-bass"}, {"tenor-sax"}),
        ("jazz quintet with flute", "swing", {"flute", "tenor-sax", "drums"}, set()),
        ("power ballad 80s rock, big drums", "rock", set(ROCK_QUARTET[:2]), {"flute"}),
        ("irish folk band, fiddle, tin whistle, guitar and bodhran, a jig", "jig", {"fiddle", "tin-whistle"}, {"flute"}),
        ("bluegrass, banjo, fiddle, mandolin, guitar", "country", {"acoustic-bass", "banjo"}, set()),
        ("big band with tenor solo", "swing", {"tenor-sax", "trumpet", "drums"}, {"choir-aahs"}),
        ("ambient electronic, no drums, evolving pads", "ambient", {"pad-2-warm"}, {"lead-2-sawtooth"}),
        ("piano, bass and drums, like Take Five", "swing", {"acoustic-bass", "drums"}, set()),
        ("samba, surdo, tamborim", "samba", {"drums"}, set()),
    ],
)
def test_words_beside_a_band_leave_it_whole(text, style, some, none) -> None:
    found = players(text)
    assert options(text)["style"] == style
    assert some <= set(found)
    assert not none & set(found)


def test_a_school_band_alone_marches() -> None:
    assert options("a school band, lively")["ensemble"] == "concert-band"


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("tenor sax ballad with piano trio", "jazz-ballad"),
        ("a ballad for saxophone, piano, bass and drums", "jazz-ballad"),
        ("piano ballad", "pop-ballad"),
    ],
)
def test_the_ballad_of_a_saxophone_is_one_of_jazz(prompt: str, style: str) -> None:
    assert parse_prompt(prompt).options["style"] == style


def test_a_tenor_sings_beside_a_choir_and_outside_jazz() -> None:
    assert "tenor-sax" not in players("tenor and piano, a lied")
    assert "tenor-sax" not in players("swing for tenor, female singer and piano")


@pytest.mark.parametrize(
    ("text", "meter"),
    [
        ("a wedding first dance song, slow 6/8, piano, guitar, bass and drums", "6/8"),
        ("polka band, 120 bpm", "2/4"),
        ("a lively jig", "6/8"),
        ("a slip jig", "9/8"),
    ],
)
def test_the_meter_of_a_dance_or_scene(text, meter) -> None:
    assert options(text)["meter"] == meter
    make_plan(Brief.from_dict(options(text)))


@pytest.mark.parametrize(
    ("text", "style"), [("ceilidh band", "reel"), ("ceilidh band playing a jig", "jig"), ("a tune for a ceilidh", "reel")]
)
def test_a_ceilidh_has_its_band_and_dances(text, style) -> None:
    assert (options(text)["style"], options(text)["ensemble"]) == (style, "ceilidh-band")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("string quartet, no melody for a while", "a melody is left out"),
        ("une berceuse pour harpe", "no style called berceuse; nearest: nocturne"),
        ("a playful scherzo, presto", "no style called scherzo; nearest: fantasia"),
    ],
)
def test_what_is_not_possible_is_announced(text, line) -> None:
    assert any(note.startswith(line) for note in parse_prompt(text).notes)


def test_a_usual_prompt_has_no_announcement() -> None:
    assert parse_prompt("a slow samba, then a calm ending").notes == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("punk, under 2 min", {"duration": 114}),
        ("rock, less than 1:30", {"duration": 85.5}),
        ("a hymn, 4 verses", {"form": "A A A A"}),
        ("a two-part invention", {"polyphony": 1.8}),
        ("jazz trio, no solos too fast", {"tempo": None}),
        ("he reads letters from his late wife, tender", {"mood": ["sad", "tender"]}),
        ("a scary music box that slowly goes wrong", {"tempo": None}),
        ("a waltz, slowly", {"tempo": 77}),
        ("string quartet, bitter and ironic", {"mood": ["melancholic", "playful"]}),
        ("walkng bass, swing", {"features": ["walking-bass"]}),
        ("surf rock, spring reverb", {"mood": None}),
        ("ゲームの村のBGM、のんびりした感じ", {"tempo": 76, "style": "fantasy"}),
        ("flamenco, two guitars", {"key": "E phrygian"}),
        ("Am - Dm - E7 - Am, flamenco guitar", {"key": None}),
        ("an epic orchestral battle cue in 7/8, taikos", {"style": "epic-trailer"}),
        ("- trip hop - slow - a bit sinister - 2:30", {"style": "lo-fi", "tempo": 60, "duration": 150}),
    ],
)
def test_limits_and_senses_of_words(text, expected) -> None:
    found = options(text)
    assert {name: found.get(name) for name in expected} == expected


def test_a_song_with_verses_keeps_its_form() -> None:
    assert "form" not in options("a pop song, 4 verses")


@pytest.mark.parametrize(
    "text", ["a big band swing with four horns", "swing for four horns, piano, bass and drums", "funk with four horns"]
)
def test_a_number_of_horns_is_a_section_of_winds(text: str) -> None:
    assert options(text)["instruments"][:4] == ["trumpet", "alto-sax", "tenor-sax", "trombone"]
    assert "french-horn" not in options(text)["instruments"]
    assert "brass-section" not in options(text)["instruments"]
