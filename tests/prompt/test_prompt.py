"""What prompts come to, word by word; every preset by its names; and that nothing typed can break it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.brief import Brief
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.presets import composers, ensembles, instruments, moods, styles
from composer.prompt import EXAMPLE, MAX_CHARACTERS, merge, parse_prompt
from composer.prompt.figures import rules
from composer.prompt.lexicon import lexicon, phrase_of, prompt_table
from composer.prompt.parts import players_of

REDEFINED = {phrase_of(text) for table in ("styles", "moods") for text in prompt_table()[table]}
DROPPED = {phrase_of(text) for text in prompt_table()["weak"]["dropped"]}


def options(text: str) -> dict:
    return dict(parse_prompt(text).options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key of E flat", {"key": "Eb major"}),
        ("in F♯ minor", {"key": "F# minor"}),
        ("C#m", {"key": "C# minor"}),
        ("h-Moll", {"key": "B minor"}),
        ("B-Dur", {"key": "Bb major"}),
        ("fa dièse mineur", {"key": "F# minor"}),
        ("in a minor key", {"key": "A minor"}),
        ("in minor", {"key": "A minor"}),
        ("sad, in D dorian", {"mood": ["sad"], "key": "D dorian"}),
        ("three four time", {"meter": "3/4"}),
        ("in five", {"meter": "5/4"}),
        ("in 7/8", {"meter": "7/8"}),
        ("alla breve", {"meter": "2/2"}),
        ("at 96", {"tempo": 96}),
        ("dotted quarter = 60", {"tempo": 90}),
        ("a hundred and twenty bpm", {"tempo": 120}),
        ("cumbia a 100 pulsaciones por minuto", {"style": "cumbia", "tempo": 100}),
        ("half a minute", {"duration": 30}),
        ("two and a half minutes", {"duration": 150}),
        ("a minute and a half", {"duration": 90}),
        ("1 min 20 s", {"duration": 80}),
        ("3:05", {"duration": 185}),
        ("thirty-two bars", {"bars": 32}),
        ("very short", {"bars": 12}),
        ("A B A C A", {"form": "ABACA"}),
        ("chords: Dm Gm | A7", {"chords": "Dm Gm | A7"}),
        ("Am-F-C-G", {"chords": "Am F C G"}),
        ("ii V7 Imaj7 in Bb", {"chords": "Cm F7 Bbmaj7", "key": "Bb major"}),
        ("i-VI-III-VII", {"chords": "Am F C G", "key": "A minor"}),
        ("jazz in B flat minor, i iv V7, not I alone", {"style": "swing", "chords": "Bbm Ebm F7", "key": "Bb minor"}),
        ("two violins and a viola", {"instruments": ["violin", "violin", "viola"]}),
        ("jazz trio", {"style": "swing", "ensemble": "jazz-trio"}),
        ("jazz combo without piano", {"style": "swing", "instruments": ["acoustic-bass", "drums"]}),
        (
            "cello concerto, no viola",
            {"style": "concerto", "instruments": ["cello", "violin", "violin", "cello", "contrabass"]},
        ),
        ("two violins, viola, cello", {"ensemble": "string-quartet"}),
        ("solo cello", {"ensemble": "cello"}),
        ("solo cello, fortissimo", {"ensemble": "cello", "dynamic": "ff"}),
        ("for flute and harp", {"instruments": ["flute", "orchestral-harp"]}),
        ("piano trio without cello", {"ensemble": "violin-piano"}),
        ("piano and flute", {"ensemble": "flute-piano"}),
        ("half Bach half Chopin", {"style": "bach,chopin"}),
        ("70% Mozart, 30% Joplin", {"style": "mozart,joplin:0.429"}),
        ("Beethovenian", {"style": "beethoven"}),
        ("Bridge-like", {"style": "bridge"}),
        ("sehr traurig", {"mood": ["sad"], "intensity": 1.5}),
        ("not too sad", {"mood": ["tender"]}),
        ("not too happy", {"mood": ["happy"], "intensity": 0.4}),
        ("waltz, not too serious", {"mood": ["playful"], "style": "waltz"}),
        ("con brio", {"mood": ["heroic"]}),
        ("melancoly waltz", {"mood": ["melancholic"], "style": "waltz"}),
        ("a sad wedding", {"mood": ["sad"]}),
        ("jazz trio, walking bass", {"style": "swing", "ensemble": "jazz-trio", "features": ["walking-bass"]}),
        (
            "a pop ballad, strings enter in the chorus, no drums in the intro, without fills",
            {
                "style": "pop-ballad",
                "sections": "chorus: +strings; intro: no drums",
                "features": ["no-fills"],
            },
        ),
        ("house, just bass and drums in the break", {"style": "house", "sections": "break: only bass and drums"}),
        ("reggae groove with bass", {"style": "reggae"}),
        ("waltz with flute and harp", {"style": "waltz", "instruments": ["flute", "orchestral-harp"]}),
        ("dark trap with 808s", {"mood": ["dark"], "style": "trap", "features": ["sub-bass"]}),
        ("a capella barbershop quartet", {"style": "part-song", "ensemble": "mens-choir"}),
        (
            "starts quietly, builds tension until 0:45, then explosion at 1:10, total 1:30",
            {"mood_curve": "calm@start tense@45s", "hits": "1:10 big", "duration": 90.0, "arc": ["build"]},
        ),
        ("in A dorian", {"key": "A dorian"}),
        ("a dorian waltz", {"style": "waltz", "key": "D dorian"}),
        ("flamenco, Phrygian mode in E", {"style": "guitar", "key": "E phrygian", "ensemble": "guitar"}),
        ("waltz in the Dorian mode on D", {"style": "waltz", "key": "D dorian"}),
        (
            "悲伤的钢琴圆舞曲，C小调，两分钟",
            {"mood": ["sad"], "style": "waltz", "ensemble": "piano", "key": "C minor", "duration": 120},
        ),
        ("静かな子守唄、ニ短調", {"mood": ["calm"], "style": "nocturne", "tempo": 63, "key": "D minor"}),
        ("épica música de batalla", {"mood": ["epic"], "style": "game-action"}),
        ("a slow lament, the hero is dead, grieving", {"mood": ["sad", "tragic"], "tempo": 60}),
        ("folk tune with variations", {"style": "folk", "form": "theme-and-variations"}),
        (
            "a nocturne with a storm in the middle",
            {"style": "nocturne", "mood_curve": "calm@0% agitated@50% calm@100%"},
        ),
        ("a peaceful waltz, not fast", {"mood": ["peaceful"], "style": "waltz"}),
        ("a song like ABBA", {"style": "pop"}),
        ("Taylor Swift ballad", {"style": "pop-ballad"}),
        ("a funeral march that turns into hope", {"style": "march", "tempo": 56, "mood_curve": "solemn@0% hopeful@100%"}),
        ("gavotte", {"style": "dance-suite", "meter": "2/2"}),
        ("math rock like American Football", {"style": "rock"}),
        ("waltz, bass clarinet and celeste", {"style": "waltz", "instruments": ["bass-clarinet", "celesta"]}),
        ("Tchaikovsky waltz", {"style": "romantic,waltz"}),
        ("hopeful, starts very soft", {"mood_curve": "tender@0% hopeful@100%", "intensity": 1.5}),
        ("Van Halen guitar riff", {"style": "rock", "instruments": ["overdriven-guitar"]}),
        ("calm waltz vibes", {"mood": ["calm"], "style": "waltz"}),
        ("waltz for vibes and flute", {"style": "waltz", "instruments": ["vibraphone", "flute"]}),
        ("like The Cure", {"style": "rock"}),
        ("The xx minimal indie", {"style": "synth-pop", "mood": ["melancholic"], "tempo": 104, "density": 0.25}),
        ("sad choir in Latin", {"mood": ["sad"], "ensemble": "satb-choir"}),
        ("Iron Maiden gallop", {"style": "metal", "mood": ["heroic"]}),
        ("Hans Zimmer's strings", {"style": "cinematic", "mood": ["epic"], "ensemble": "string-orchestra"}),
        ("an industrial march", {"style": "electronic-rock,march", "mood": ["dark"], "ensemble": "synth-rock", "meter": "4/4"}),
        ("ambient for synth and harp", {"style": "ambient", "instruments": ["pad-2-warm", "orchestral-harp"]}),
        ("arpeggios on piano, minimal", {"style": "minimal-piano", "ensemble": "piano", "features": ["arpeggios"]}),
        ("12 bars of blues over E A B7", {"bars": 12, "style": "blues", "chords": "E A B7"}),
    ],
)
def test_phrases(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calm harp, and after twenty seconds a violin", {
            "mood": ["calm"], "hits": "0:20 section", "instruments": ["violin", "orchestral-harp"], "form": "AB",
            "duration": 40, "sections": "a: no violin"}),
        ("sad piano, a hit at half a minute", {"mood": ["sad"], "ensemble": "piano", "hits": "0:30 big"}),
        ("satie, not in 3/4", {"style": "satie", "meter": "4/4"}),
        ("a march, not in 4/4", {"style": "march", "meter": "2/4"}),
        ("not in 3/4, a waltz", {"style": "waltz", "meter": "3/8"}),
        ("très calme, harpe", {"mood": ["calm"], "intensity": 1.5, "ensemble": "harp"}),
        ("tres minutos, arpa", {"duration": 180, "ensemble": "harp"}),
        ("jazz trio ballad", {"style": "jazz-ballad", "ensemble": "jazz-trio"}),
        ("a Metallica ballad", {"style": "metal", "mood": ["angry"], "tempo": 72}),
        ("ジャズ、ピアノトリオ", {"style": "swing", "ensemble": "jazz-trio"}),
        ("trauriges Cellosolo", {"mood": ["sad"], "ensemble": "cello"}),
        ("ruhige Musik für meine Hochzeit", {"mood": ["calm"]}),
        ("musique douce et triste", {"mood": ["tender", "sad"]}),
        ("sunset over the harbour", {"mood": ["peaceful"]}),
        ("a sunset, but tense", {"mood": ["tense"]}),
        ("polka", {"style": "polka", "meter": "2/4"}),
        ("minuet and trio", {"style": "dance-suite", "form": "ABA", "meter": "3/4"}),
        ("solo bass clarinet", {"instruments": ["bass-clarinet"]}),
        ("string trio, lots of pizzicato", {"ensemble": "string-trio"}),
        ("he hears a church bell, waltz", {"style": "waltz", "instruments": [
            "acoustic-grand-piano", "string-ensemble-1", "cello", "contrabass", "tubular-bells"]}),
        ("waltz for tubular bells", {"style": "waltz", "instruments": ["tubular-bells"]}),
        ("klezmer", {"style": "klezmer"}),
        ("calm, storm, calm again", {"mood_curve": "calm@0% agitated@50% calm@100%"}),
        ("tender film music", {"mood": ["tender"], "style": "romantic-film"}),
        ("epic film music", {"mood": ["epic"], "style": "film-cue"}),
        ("cute video game music", {"mood": ["playful"], "style": "fantasy"}),
        ("heavy metal in drop D", {"style": "metal", "key": "D minor"}),
        ("solemn, for a country in mourning", {"mood": ["solemn", "sad"]}),
        ("calm, on a swing in the garden", {"mood": ["calm"]}),
        ("a rock song", {"style": "rock"}),
        ("waltz, the moment before the kick", {"style": "waltz"}),
        ("marimba quartet", {"instruments": ["marimba"] * 4}),
        ("clarinet quintet", {"instruments": ["clarinet", "violin", "violin", "viola", "cello"]}),
        ("battle, choir and brass", {"mood": ["furious"], "style": "epic-trailer"}),
        ("battle for string quartet", {"mood": ["furious"], "style": "epic-trailer", "ensemble": "string-quartet"}),
        ("a shuffle, F blues", {"style": "blues", "key": "F major"}),
        ("une valse d'amour", {"style": "waltz", "mood": ["romantic"]}),
        ("紧张的追逐，一分半钟", {"mood": ["tense"], "style": "film-cue", "tempo": 150, "duration": 90}),
    ],
)  # fmt: skip
def test_natural_phrases(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("a rag with a stop-time section", ("stop-time section",)),
        ("waltz, slightly out of tune", ("slightly out of tune",)),
        ("a sad waltz over a descending bass", ('over a descending bass (of "sad waltz over a descending bass")',)),
        ("waltz, calm for the first 30 seconds", ('for the first 30 seconds (of "calm for the first 30 seconds")',)),
    ],
)
def test_what_a_brief_cannot_hold_is_named_and_not_read_otherwise(text, ignored) -> None:
    said = parse_prompt(text)
    assert said.ignored == ignored
    assert not {"duration", "tempo", "instruments", "ensemble"} & said.options.keys()


def test_order_and_punctuation_do_not_matter() -> None:
    wanted = options(EXAMPLE)
    assert options("D minor, about a minute - slow & sad WALTZ. String quartet!") == wanted


def test_a_slow_waltz_is_faster_than_a_slow_nocturne_and_adagio_is_adagio() -> None:
    assert options("slow waltz")["tempo"] > options("slow nocturne")["tempo"] == options("slow")["tempo"]
    assert options("adagio waltz")["tempo"] == options("adagio nocturne")["tempo"]
    assert options("very slow")["tempo"] < options("slow")["tempo"] < options("not too slow")["tempo"] < 100


@pytest.mark.parametrize(
    ("text", "option", "value", "lost"),
    [
        ("slow, at 160 bpm", "tempo", 160, "slow"),
        ("in C major, later G major", "key", "C major", "G major"),
        ("3/4, no wait, 4/4", "meter", "4/4", "3/4"),
        ("a short piece of 90 seconds", "duration", 90, "short"),
        ("16 bars in 30 seconds, slow", "bars", 16, "slow"),
        ("in D minor, major key", "key", "D minor", "major key"),
    ],
)
def test_contradictions_are_named_with_the_loser(text, option, value, lost) -> None:
    said = parse_prompt(text)
    assert said.options[option] == value
    assert [conflict.lost for conflict in said.conflicts] == [lost]
    assert lost not in dict(said.understood)
    Brief.from_dict(said.options)


def test_what_is_not_understood_is_named() -> None:
    said = parse_prompt("a sad waltz with a lot of reverb, not happy, no key, in two voices, for 3 flumpets")
    assert said.options == {"mood": ["sad"], "style": "waltz"}
    assert said.ignored == ("lot of reverb", "no key", "in two voices", "for 3 flumpets")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "0:00-0:15 eerie, 0:40 stinger, fade out by 0:55",
            {"mood": ["ominous"], "hits": "0:40 big", "duration": 55.0, "arc": ["fade-out"]},
        ),
        (
            "0:00-0:15 eerie, 0:15-0:40 triumphant",
            {"mood_curve": "ominous@0s ominous@14s triumphant@15s triumphant@40s", "duration": 40.0},
        ),
        (
            "calm 0:00-0:10, tense 0:10-0:30",
            {"mood_curve": "calm@0s calm@9s tense@10s tense@30s", "duration": 30.0},
        ),
        ("0:00 calm, 0:20 tense, out by 0:40", {"mood_curve": "calm@start tense@20s", "duration": 40.0}),
        ("sad piano until 0:45", {"mood": ["sad"], "ensemble": "piano", "duration": 45.0}),
        ("calm, hit at 0:30 then triumphant", {"mood_curve": "calm@start calm@29s triumphant@30s", "hits": "0:30 big"}),
        ("calm, hits at 0:10 and 0:20, then 0:15", {"mood": ["calm"], "hits": "0:10 big, 0:15 big, 0:20 big"}),
        ("0:00 calm, 0:40 tense, 0:20 triumphant", {"mood_curve": "calm@start triumphant@20s tense@40s"}),
        ("score 1:15: hits at 0:10, 0:42", {"duration": 75.0, "hits": "0:10 big, 0:42 big"}),
        ("calm, 0:20 soft hit, 0:05 stinger", {"mood": ["calm"], "hits": "0:05 big, 0:20 soft"}),
    ],
)
def test_cue_sheets(text, expected) -> None:
    assert options(text) == expected
    Brief.from_dict(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("never minor, waltz", {"style": "waltz", "key": "C major"}),
        ("waltz, not major", {"style": "waltz", "key": "A minor"}),
        ("a waltz with no sadness", {"style": "waltz", "mood": ["tender"]}),
        ("calm waltz, not sad", {"style": "waltz", "mood": ["calm"]}),
        ("music for a funeral, not too cheerful", {"mood": ["solemn"], "tempo": 56}),
    ],
)
def test_negated_moods_and_modes(text, expected) -> None:
    said = parse_prompt(text)
    assert (dict(said.options), said.ignored) == (expected, ())


def test_sections_in_a_list_are_the_form() -> None:
    said = options("pop song with intro, verse, chorus and outro")
    assert (said["form"], "bars" in said) == ("Intro Verse Chorus Outro", False)
    assert "bars" not in options("rock song with an intro and a solo")


def test_words_of_a_section_act_on_nothing_else() -> None:
    said = parse_prompt("waltz for piano with a busy introduction")
    assert ("density" in said.options, said.options["mood_curve"]) == (False, "0,0.4@0% 0,0.4@25% 0,0@26% 0,0@100%")
    assert "instruments" not in options("pop song with a chorus")
    assert options("hymn for chorus")["ensemble"] == "satb-choir"


def test_tempo_words_count_felt_beats() -> None:
    assert options("slow, in 6/8")["tempo"] == 1.5 * options("slow, in 3/4")["tempo"]
    for seed in range(12):
        assert str(make_plan(Brief.from_dict({**options("slow waltz"), "seed": seed})).meter) == "3/4"


def test_a_dance_in_an_unusual_meter_is_reported() -> None:
    assert "a tango is in 4/4 or 2/4; 6/8 is kept as requested" in parse_prompt("tango in 6/8").notes
    assert not any("kept" in note for note in parse_prompt("tango in 2/4").notes)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("ambient like Hans Zimmer", "no music of Hans Zimmer; the style is ambient"),
        ("a metal track like Hans Zimmer's", "no music of Hans Zimmer; the style is metal"),
        ("flamenco by Paco de Lucía", "no music of Paco de Lucía; nearest: guitar (Spanish guitar)"),
    ],
)
def test_every_artist_is_answered_even_where_another_style_counts(text, note) -> None:
    assert note in parse_prompt(text).notes


@pytest.mark.parametrize(
    "text", ["tense, zyxwv", "sunrise over the zyxwv", "curious and light, for my zyxwv", "95 bpm, my zyxwv"]
)
def test_a_mood_or_a_scene_alone_gets_no_band(text) -> None:
    said = parse_prompt(text)
    for seed in range(8):
        plan = make_plan(Brief.from_dict({**said.options, "seed": seed}))
        assert styles()[plan.preset].family not in ("band", "electronic", "drums"), plan.preset
    assert said.notes[0].startswith("no style understood; one")


def test_artists_named_together_are_mixed() -> None:
    assert options("Beyoncé meets Stravinsky")["style"] == "pop,modern"
    assert ("Stravinsky", "style modern") in parse_prompt("Beyoncé meets Stravinsky").understood


def test_an_electric_guitar_does_not_become_the_acoustic_one_of_the_band() -> None:
    said = options("Morricone western with electric guitar")
    assert "electric-guitar-clean" in said["instruments"]
    assert "acoustic-guitar-steel" not in said["instruments"]


def test_a_short_name_is_no_missing_instrument() -> None:
    assert parse_prompt("cue for taiko and brass").notes == ()


def test_a_contradiction_is_reported_once() -> None:
    assert len(parse_prompt("waltz in D minor, C major, C major").conflicts) == 1


def test_everyday_words_are_no_composers_and_no_misspellings() -> None:
    said = parse_prompt("calm morning on the beach, wolf and bridge, a story about energy")
    assert said.options == {"mood": ["calm"]}


def test_every_word_is_understood_ignored_lost_or_says_nothing() -> None:
    said = parse_prompt("a very sad waltz for zyx in D minor")
    assert said.understood == (("very sad", "mood sad, intensity 1.5"), ("waltz", "style waltz"), ("D minor", "key D minor"))
    assert said.ignored == ('for zyx (of "very sad waltz for zyx in D minor")',)
    assert said.lines() == [
        "understood: very sad -> mood sad, intensity 1.5; waltz -> style waltz; D minor -> key D minor",
        'not done: for zyx (of "very sad waltz for zyx in D minor")',
    ]


def test_the_understanding_is_json() -> None:
    said = parse_prompt("slow, at 160 bpm, a sad waltz for zyx").to_dict()
    assert json.loads(json.dumps(said)) == said
    assert said["conflicts"] == [{"option": "tempo", "won": "160 bpm", "lost": "slow"}]


def test_leaving_out_takes_from_the_style_s_ensemble() -> None:
    said = options("rock song without drums or bass")
    assert said == {"style": "rock", "instruments": ["overdriven-guitar", "distortion-guitar", "rock-organ"]}
    assert options("string quartet, no drums") == {"style": "string-quartet", "ensemble": "string-quartet"}
    assert options("sad, without drums") == {"mood": ["sad"], "style": "documentary-piano"}
    assert parse_prompt("sad piano, no piano").ignored == ("no piano",)


@pytest.mark.parametrize("text", ["", "   ", "please write a piece", "blorp zing", "🎵🎵", "\n"])
def test_nothing_understood_is_refused_in_one_line_with_an_example(text) -> None:
    with pytest.raises(BadInputError, match="write for example 'a sad slow waltz") as caught:
        parse_prompt(text)
    assert "\n" not in str(caught.value)


def test_too_long_a_prompt_is_refused() -> None:
    with pytest.raises(BadInputError, match="1001 characters is too long"):
        parse_prompt("a" * (MAX_CHARACTERS + 1))


@pytest.mark.parametrize("text", ["at 900 bpm", "in 13/8", "9999 bars", "an hour", "over Am Cmaj33 G"])
def test_impossible_values_reach_the_brief_that_says_why(text) -> None:
    with pytest.raises(BadInputError, match=r"use|choose|give"):
        Brief.from_dict(parse_prompt(text).options)


@pytest.mark.parametrize(
    ("prompt", "explicit", "expected"),
    [
        ("very sad waltz", {"mood": "happy"}, {"mood": "happy", "style": "waltz"}),
        ("very sad", {"valence": 0.5, "arousal": None}, {"valence": 0.5}),
        ("for flute", {"instruments": "oboe"}, {"instruments": "oboe"}),
        ("two violins", {"ensemble": "organ"}, {"ensemble": "organ"}),
        ("a minute", {"bars": 16}, {"bars": 16}),
        ("16 bars", {"duration": 60.0}, {"duration": 60.0}),
        ("16 bars in 30 seconds", {"tempo": 120}, {"bars": 16, "tempo": 120}),
        ("in D minor, 3/4", {"key": "C"}, {"key": "C", "meter": "3/4"}),
    ],
)
def test_explicit_options_win_with_what_they_exclude(prompt, explicit, expected) -> None:
    merged = merge(parse_prompt(prompt), explicit)
    assert merged == expected
    Brief.from_dict(merged)


def _names(table) -> list[tuple[str, str]]:
    return [
        (row.name, text)
        for row in table.values()
        for text in dict.fromkeys((row.name, getattr(row, "title", row.name), *row.aliases))
        if phrase_of(text) not in DROPPED
    ]


def _has_sense_of_its_own(text: str, kind: str) -> bool:
    """Whether a name means this preset and nothing else in a prompt."""
    kinds = [sense.kind.replace("hint", "style") for sense in lexicon().senses[phrase_of(text)]]
    return kinds == [kind] and phrase_of(text) not in REDEFINED


@pytest.mark.parametrize(("name", "text"), _names(styles()))
def test_every_style_is_understood(name, text) -> None:
    said = parse_prompt(f"piece in {text} style")
    assert said.ignored == ()
    if _has_sense_of_its_own(text, "style"):
        assert said.options["style"] == name


@pytest.mark.parametrize(("name", "text"), _names(composers()))
def test_every_composer_is_understood(name, text) -> None:
    said = parse_prompt(f"a prelude in the style of {text}")
    assert said.options == {"style": f"prelude,{name}"}
    assert said.ignored == ()


@pytest.mark.parametrize(("name", "text"), _names(moods()))
def test_every_mood_is_understood(name, text) -> None:
    said = parse_prompt(f"a {text} waltz")
    assert said.ignored == ()
    if _has_sense_of_its_own(text, "mood"):
        assert said.options == {"mood": [name], "style": "waltz"}


@pytest.mark.parametrize(("name", "text"), _names(ensembles()))
def test_every_ensemble_is_understood(name, text) -> None:
    said = parse_prompt(f"a sad fugue for {text}")
    assert said.ignored == ()
    if _has_sense_of_its_own(text, "ensemble"):
        assert said.options["ensemble"] == name


@pytest.mark.parametrize(("name", "text"), _names(instruments()))
def test_every_instrument_is_understood(name, text) -> None:
    said = parse_prompt(f"a sad fugue for viola and {text}")
    assert said.ignored == ()
    if _has_sense_of_its_own(text, "instrument"):
        assert said.options.get("instruments", ["viola", name]) == ["viola", name]
        assert "instruments" in said.options or name == "viola"


WORDS = st.one_of(
    st.sampled_from([" ".join(phrase) for phrase in lexicon().senses]),
    st.sampled_from(
        [",", ".", "4/4", "120 bpm", "C#m", "Dm G7 C", "AABA", "2:30", "70%", "♩ = 60", "ii-V-I", "in B", "a", "0", "-1"]
    ),
    st.text(max_size=6),
)


def refusal(call) -> str:
    """The message with which a call refuses its input, empty if it does not; any other exception passes."""
    try:
        call()
    except BadInputError as error:
        return str(error)
    return ""


@given(st.one_of(st.text(max_size=MAX_CHARACTERS + 5), st.lists(WORDS, max_size=30).map(" ".join)))
def test_nothing_typed_raises_anything_else(text) -> None:
    message = refusal(lambda: parse_prompt(text))
    assert "\n" not in message
    if not message:
        said = parse_prompt(text)
        assert said == parse_prompt(text)
        assert all("\n" not in line for line in said.lines())
        assert "\n" not in refusal(lambda: Brief.from_dict(merge(said, {"seed": 1})))


@pytest.mark.parametrize(
    "text",
    ["zzzzzy " * 142, "a " * 500, "1/4 " * 250, "Am " * 333, "A A A B " * 125, "x" * 1000, "1" * 1000, "no two a " * 111],
)
def test_the_longest_prompts_take_less_than_a_tenth_of_a_second(text) -> None:
    def seconds() -> float:
        start = time.process_time()
        refusal(lambda: parse_prompt(text))
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.1


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("non-diatonic waltz", "non-diatonic"),
        ("waltz, hardly diatonic", "hardly diatonic"),
        ("a slightly diatonic waltz", "slightly diatonic"),
        ("semi-diatonic waltz", "semi-diatonic"),
        ("a less dense waltz", "less dense"),
        ("a less busy waltz", "less busy"),
        ("an un-busy waltz", "un-busy"),
        ("waltz, too busy", "too busy"),
        ("non-sparse waltz", "non-sparse"),
    ],
)
def test_what_is_denied_is_not_asked_for(text, ignored) -> None:
    said = parse_prompt(text)
    assert (dict(said.options), said.ignored[0].partition(" (of")[0]) == ({"style": "waltz"}, ignored)


def test_short_loops_have_no_form() -> None:
    for text in ("a 2-bar loop", "a seamless loop of two bars for piano"):
        said = parse_prompt(text)
        assert (said.options["loop"], said.options["bars"], "form" in said.options) == (True, 2, False)
        Brief.from_dict(said.options)
    assert options("a seamless loop of 8 bars")["form"] == "loop"
    said = parse_prompt("seamless loop")
    assert "form" not in merge(said, {"bars": 2})
    assert not {"form", "loop"} & set(merge(said, {"hits": "0:05"}))


def test_drums_alone_drop_what_the_prompt_says_of_pitches() -> None:
    said = parse_prompt("strictly diatonic piano over Am F C G")
    assert merge(said, {"instruments": "drum kit"}) == {"instruments": "drum kit"}
    assert {"scale", "chords"} <= set(merge(said, {"instruments": "violin"}))


@pytest.mark.parametrize(
    ("text", "style", "note"),
    [
        ("afrobeats groove", "reggaeton", "no style called afrobeats; nearest: reggaeton"),
        ("a grime track", "trap", "no style called grime; nearest: trap"),
        ("make it sound like Coldplay", "pop-ballad", "no music of Coldplay; nearest: pop-ballad"),
        ("folk song with erhu", "folk", "Erhu: sounds as Violin"),
    ],
)
def test_what_no_style_is_learned_for_is_answered_with_the_nearest(text, style, note) -> None:
    understood = parse_prompt(text)
    assert understood.options["style"] == style
    assert any(note in line for line in understood.lines())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("film score: starts quiet, builds to a climax", {"style": "film-cue", "arc": ["build"]}),
        ("calm piano piece that fades out", {"mood": ["calm"], "ensemble": "piano", "arc": ["fade-out"]}),
        ("pop, gradually louder, then fades out", {"style": "pop", "arc": ["build", "fade-out"]}),
        ("waltz that builds to a climax and dies away", {"style": "waltz", "arc": ["swell"]}),
        ("waltz, swells", {"style": "waltz", "arc": ["swell"]}),
        ("pop, no fade out", {"style": "pop"}),
        ("sad to happy waltz", {"mood_curve": "sad@0% happy@100%", "style": "waltz"}),
        ("calm turning tense", {"mood_curve": "calm@0% tense@100%"}),
        ("sad becomes happy", {"mood_curve": "sad@0% happy@100%"}),
        ("happy then sad", {"mood_curve": "happy@0% sad@100%"}),
        ("noir jazz with piano", {"mood": ["mysterious"], "style": "swing"}),  # whose band has one
    ],
)
def test_music_that_changes(text, expected) -> None:
    assert options(text) == expected


def test_a_loop_does_not_build() -> None:
    reading = parse_prompt("looping ambient that builds")
    assert "arc" not in reading.options
    assert [conflict.lost for conflict in reading.conflicts] == ["builds"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("disco, octave bass, strings", {"style": "disco", "features": ["octave-bass"]}),
        ("rock track, four on the floor, a guitar", {"style": "rock", "meter": "4/4"}),
        ("reggae with organ, no fills", {"style": "reggae", "features": ["no-fills"]}),
        ("salsa with piano montuno, congas and trumpet section", {"style": "salsa", "features": ["montuno"]}),
        ("soul with a horn section", {"style": "soul"}),
        ("bossa, nylon guitar, brushes", {"style": "bossa"}),
        ("disco piano", {"style": "disco", "ensemble": "piano"}),
        ("disco for strings", {"style": "disco", "ensemble": "string-orchestra"}),
        ("pop, piano and vocals", {"style": "pop", "instruments": ["acoustic-grand-piano", "voice-oohs"]}),
        ("waltz, flute", {"style": "waltz", "ensemble": "flute"}),
        ("techno, only kick and hats plus bass", {"style": "techno", "instruments": ["drums", "synth-bass-1"]}),
        (
            "drumless jazz ballad, tenor sax, piano",
            {"style": "jazz-ballad", "instruments": ["tenor-sax", "acoustic-grand-piano"]},
        ),
        ("country, guitar and fiddle only", {"style": "country", "instruments": ["acoustic-guitar-steel", "fiddle"]}),
        ("country, no kick drum, no walking bass", {"style": "country"}),
        ("sad waltz for a band", {"mood": ["sad"], "style": "waltz", "ensemble": "pop-band"}),
        ("rock band, guitar", {"style": "rock", "ensemble": "rock-band"}),
        ("supersaw arpeggio", {"style": "electronic", "features": ["arpeggios"]}),
        ("synth arpeggios", {"style": "electronic"}),
        ("solo supersaw", {"instruments": ["lead-2-sawtooth"]}),
        ("lofi with supersaw and piano only", {"style": "lo-fi", "instruments": ["lead-2-sawtooth", "acoustic-grand-piano"]}),
    ],
)
def test_parts_join_the_band_that_a_style_names(text, expected) -> None:
    said = options(text)
    assert said == expected
    Brief.from_dict(said)


def test_arpeggios_of_a_genre_that_plays_them_get_no_line() -> None:
    understanding = parse_prompt("synth arpeggio")
    assert not understanding.notes
    assert not understanding.ignored


def test_a_certain_instrument_takes_the_place_of_its_kin() -> None:
    assert options("swing with soprano sax")["instruments"] == ["soprano-sax", "acoustic-grand-piano", "acoustic-bass", "drums"]
    assert options("reggae with horns")["instruments"][-1] == "brass-section"
    assert options("emo rock with clean guitars")["instruments"][:2] == ["electric-guitar-clean", "electric-guitar-clean"]
    assert options("blues: guitar, bass, drums")["instruments"] == ["electric-guitar-clean", "electric-bass-finger", "drums"]


@pytest.mark.parametrize(
    ("text", "expected", "ignored"),
    [
        (
            "power ballad, piano intro, drums enter at the second verse",
            {
                "style": "pop-ballad",
                "sections": "intro: only piano, no drums; first verse: no drums; first chorus: no drums",
            },
            (),
        ),
        ("quiet start, rage, huge ending", {"mood_curve": "calm@0% furious@50% epic@100%"}, ()),
        ("sad waltz with a happy ending", {"style": "waltz", "mood_curve": "sad@0% sad@75% happy@76% happy@100%"}, ()),
        ("calm waltz, tense in the middle", {"style": "waltz", "mood_curve": "calm@0% tense@50% calm@100%"}, ()),
        (
            "heroic waltz, from despair to triumph",
            {"style": "waltz", "mood_curve": "tragic@0% triumphant@100%"},
            ('heroic (of "heroic waltz")',),
        ),
        ("disco with strings only at the end", {"style": "disco", "sections": "end: +strings"}, ()),
        ("rock song with verse, chorus, bridge", {"style": "rock", "form": "verse-chorus"}, ()),
    ],
)
def test_what_is_said_of_a_section_is_not_said_of_the_piece(text, expected, ignored) -> None:
    said = parse_prompt(text)
    assert (dict(said.options), said.ignored) == (expected, ignored)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("big hit at 0:32 and again at 1:05", {"hits": "0:32 big, 1:05 big"}),
        (
            "sudden stabs at 7s, 15.5s and 28s, total 35 seconds",
            {"hits": "0:07 sudden, 0:15.5 sudden, 0:28 sudden", "duration": 35.0},
        ),
        (
            "shy at 0:00, warm by 0:20, passionate from 0:45, ends at 1:10",
            {"mood_curve": "tender@start tender@20s passionate@45s", "duration": 70.0},
        ),
        ("waltz, 1:20 long", {"style": "waltz", "duration": 80.0}),
        ("waltz, two eight-bar parts each repeated", {"style": "waltz", "form": "A8 A8 B8 B8"}),
        ("hymn, four phrases", {"style": "hymn", "bars": 16}),
        ("fugue for organ, three voices", {"style": "fugue", "ensemble": "organ"}),
        ("chorale in four voices", {"style": "hymn", "ensemble": "satb-choir"}),
        ("pop like ABBA", {"style": "pop"}),
        ("waltz in ABBA form", {"style": "waltz", "form": "ABBA"}),
        ("calm game music", {"mood": ["calm"], "style": "fantasy"}),
        ("orchestral battle", {"mood": ["furious"], "style": "epic-trailer", "ensemble": "orchestra"}),
        ("慢板，钢琴", {"tempo": 66.0, "ensemble": "piano"}),
    ],
)
def test_figures_of_cues_and_forms(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("waltz, 1 minute 30", {"style": "waltz", "duration": 90.0}),
        ("waltz, one minute thirty", {"style": "waltz", "duration": 90.0}),
        ("waltz, deux minutes quinze pour piano", {"style": "waltz", "duration": 135.0, "ensemble": "piano"}),
        ("waltz, two minutes, three violins", {"style": "waltz", "duration": 120.0, "instruments": ["violin"] * 3}),
        ("钢琴，四分之三拍", {"ensemble": "piano", "meter": "3/4"}),
        ("钢琴，八分之十二拍", {"ensemble": "piano", "meter": "12/8"}),
        ("ピアノ、8分の6拍子", {"ensemble": "piano", "meter": "6/8"}),
        ("waltz, not too busy", {"style": "waltz", "density": 0.35}),
        ("march, soft throughout", {"style": "march", "dynamic": "p", "loudest": "mp"}),
    ],
)
def test_lengths_with_bare_seconds_meters_and_levels(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("march, begins pianissimo", {"style": "march", "arc": ["build"]}),
        ("march from pianissimo to fortissimo", {"style": "march", "arc": ["build"]}),
        ("march that ends pianissimo", {"style": "march", "arc": ["soft-end"]}),
        ("march, a loud high climax, then falls silent", {"style": "march", "arc": ["fade-out"]}),
        ("march with a climax three quarters through", {"style": "march", "arc": ["swell"]}),
        ("march with a slow aftermath", {"style": "march", "mood": ["lonely"]}),
        ("música épica, que termine en calma", {"mood_curve": "epic@0% epic@75% calm@76% calm@100%"}),
    ],
)
def test_the_course_of_a_piece_does_not_set_all_of_it(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12-tone piece for flute and cello", {"instruments": ["flute", "cello"]}),
        ("two pieces for flute", {"ensemble": "flute"}),
        ("a grade 2 piece for flute", {"ensemble": "flute", "level": "easy"}),
        ("2 horns", {"instruments": ["french-horn"] * 2}),
        ("three horns", {"instruments": ["french-horn"] * 3}),
        ("for my school orchestra, strings only, an interesting viola part", {"ensemble": "string-orchestra"}),
        (
            "orchestra with solo horn, the brass and low strings",
            {"ensemble": "orchestra", "sections": "all: melody horn"},
        ),
        (
            "violin concerto, strings and harpsichord",
            {"style": "concerto", "instruments": ["violin", "string-ensemble-1", "harpsichord"]},
        ),
        ("two taiko drums and a flute", {"instruments": ["flute", "taiko-drum", "taiko-drum"]}),
    ],
)
def test_players_are_counted_once(text, expected) -> None:
    assert options(text) == expected


def test_a_solo_adds_no_second_player() -> None:
    band = options("rock band, two electric guitars, bass and drums, with a guitar solo in the middle")["instruments"]
    assert len(band) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jig, 6/8, 120 bpm", {"style": "jig", "meter": "6/8", "tempo": 180.0}),
        ("nocturne, 6/8, 90 bpm", {"style": "nocturne", "meter": "6/8", "tempo": 90.0}),
        ("a waltz in pop style", {"style": "waltz,pop", "meter": "3/4"}),
        ("heavy metal, twin guitar harmonies", {"style": "metal"}),
        ("cool jazz, just bass drums and trumpet", {"style": "swing", "instruments": ["acoustic-bass", "drums", "trumpet"]}),
        (
            "trailer music: 0:00 soft, 0:40 drop, 1:08 final hit",
            {"style": "epic-trailer", "arc": ["build"], "hits": "0:40 big, 1:08 big", "duration": 70.0},
        ),
    ],
)
def test_beats_mixtures_and_final_hits(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("静かなピアノ曲 ドラムなし", {"mood": ["calm"], "ensemble": "piano"}),
        ("pop, drum-free", {"style": "pop", "instruments": [n for n in players_of("pop-group") if n != "drums"]}),
        ("techno, no lyrics just drums and bass", {"style": "techno", "instruments": ["drums", "synth-bass-1"]}),
        (
            "a robot, synths only",
            {
                "mood": ["mysterious"],
                "style": "electronic",
                "instruments": ["lead-2-sawtooth", "lead-1-square", "pad-2-warm", "synth-bass-1"],
            },
        ),
        ("a cappella folk, SSA", {"style": "folk", "ensemble": "womens-choir"}),
        ("canon for choir in three voices", {"style": "round", "ensemble": "womens-choir"}),
        ("a round for three voices", {"style": "round", "ensemble": "womens-choir"}),
        ("canon, two violins", {"style": "round", "instruments": ["violin", "violin"]}),
        ("quatuor de saxophones", {"instruments": ["soprano-sax", "alto-sax", "tenor-sax", "baritone-sax"]}),
        ("trio de flautas", {"instruments": ["flute"] * 3}),
        ("dos violines y un violonchelo", {"instruments": ["violin", "violin", "cello"]}),
        ("guzheng solo, traditional chinese", {"style": "folk", "instruments": ["guzheng"]}),
        ("metal with 7 string guitar", {"style": "metal"}),
        ("guitar with metal strings", {"instruments": ["acoustic-guitar-steel"]}),
        ("bossa with clarinet", {"style": "bossa", "instruments": ["clarinet", *players_of("bossa-band")[1:]]}),
        ("trap with a flute melody", {"style": "trap", "instruments": ["flute", *players_of("trap-rig")]}),
        ("piece pour clarinette basse", {"instruments": ["bass-clarinet"]}),
    ],
)
def test_players_are_those_that_are_meant(text, expected) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fast punk", {"style": "punk", "tempo": 191}),
        ("an ad 30s", {"mood": ["hopeful"], "duration": 30}),
        ("30s trailer, epic", {"style": "cinematic", "mood": ["epic"], "duration": 30}),
        ("30s jazz", {"style": "swing"}),
        ("80s synth pop 90s", {"style": "synth-pop", "duration": 90}),
        ('a fanfare, 45"', {"mood": ["triumphant"], "ensemble": "brass-quintet", "duration": 45}),
        ("ein Walzer, fünf Minuten", {"style": "waltz", "duration": 300}),
        ("techno 124 chords only", {"style": "techno", "tempo": 124}),
        ("shuffle blues, 12 bar", {"style": "blues", "form": "twelve-bar"}),
        ("a waltz in 3/8", {"style": "waltz", "meter": "3/8", "tempo": 80}),
        ("piano, begins sparse", {"ensemble": "piano", "arc": ["build"]}),
        ("rock with a guitar solo", {"style": "rock", "form": "verse-chorus-solo"}),
        ("marche, si bémol", {"style": "march", "key": "Bb major"}),
        ("oompah brass, a waltz", {"meter": "3/4"}),
    ],
)
def test_figures_and_words_of_speed_suit_the_style(text, expected) -> None:
    found = options(text)
    assert {name: found.get(name) for name in expected} == expected


def test_what_voices_alone_cannot_do_is_said() -> None:
    assert "a cappella: a choir of four sings pop, without its band" in parse_prompt("pop a cappella").notes
    assert any(note.startswith("scales are major") for note in parse_prompt("whole tone piano piece").notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("piano piece, no sharps or flats", {"scale": 1.0, "key": "C major"}),
        ("sad piano piece, white keys only", {"scale": 1.0, "key": "A minor"}),
        ("flute tune in D dorian, no accidentals", {"scale": 1.0, "key": "D dorian"}),
        ("choir piece in an easy key", {"scale": None, "key": "C major"}),
        ("trumpet exercise, range from low C to G", {"instruments": ["trumpet:C4-G4"]}),
        ("flute and trumpet, the trumpet not above D5", {"instruments": ["flute", "trumpet:F#3-D5"]}),
        ("flute and trumpet, the trumpet not above written D5", {"instruments": ["flute", "trumpet:F#3-C5"]}),
        ("flute duet, no notes above D6", {"instruments": ["flute:B3-D6", "flute:B3-D6"]}),
        ("song for soprano and piano, not above G5", {"instruments": ["soprano:C4-G5", "acoustic-grand-piano"]}),
        ("SATB hymn, nothing above F5 for the sopranos", {"instruments": ["soprano:C4-F5", "alto", "tenor", "bass-voice"]}),
        ("flute and bassoon, bassoon not above middle C", {"instruments": ["flute", "bassoon:Bb1-C4"]}),
        ("flute and oboe, flute not above G6, oboe not above C6", {"instruments": ["flute:B3-G6", "oboe:Bb3-C6"]}),
        ("SAB hymn, the men staying below middle C", {"instruments": ["soprano", "alto", "baritone:A2-B3"]}),
        ("SAB hymn, men not above middle C", {"instruments": ["soprano", "alto", "baritone:A2-C4"]}),
        ("trumpet and trombone, no high notes", {"instruments": ["trumpet:F#3-F#5", "trombone:E2-Ab4"]}),
        ("trumpet etude, no high notes", {"instruments": ["trumpet:F#3-F#5"]}),
        ("song for soprano and piano, not too high", {"instruments": ["soprano:C4-E5", "acoustic-grand-piano"]}),
        ("violin duet, first position", {"instruments": ["violin:G3-B5", "violin:G3-B5"], "density": None}),
        ("organ fugue, nothing below middle C", {"ensemble": "organ"}),
        ("a hymn, 8.7.8.7, four verses", {"meter": "4/4", "form": "A8 A8 A8 A8"}),
        ("a hymn in common meter, 3/4", {"meter": "3/4", "form": "A16 A'16"}),
        ("theme and three variations for piano", {"form": "A A' A'' A'''"}),
        ("theme and five variations for piano", {"form": "theme-and-variations"}),
        ("pop, verse chorus verse chorus bridge chorus", {"form": "Verse Chorus Verse Chorus Bridge Chorus"}),
        ("rock: intro, verse, chorus, guitar solo, chorus, outro", {"form": "Intro Verse Chorus Solo Chorus Outro"}),
        ("a sea shanty, three verses with chorus", {"form": "Verse Chorus Verse Chorus Verse Chorus"}),
        ("a mazurka, not too long", {"bars": 24}),
        ("a simple piano piece", {"level": "easy"}),
        ("a simple piano piece for beginners", {"level": "beginner"}),
        ("harp, pp throughout", {"dynamic": "pp"}),
        ("a march with a trio in Eb, Bb major", {"key": "Bb major", "sections": "middle: key Eb major"}),
        ("starts slow then doubles the tempo, piano", {"tempo_curve": "100%@50% 200%@50%"}),
        ("lonely horn, swells to a huge climax before fading away", {"mood_curve": "lonely@0% epic@50% lonely@100%"}),
    ],
)
def test_terms_of_teachers_and_hymnals(text, expected) -> None:
    found = options(text)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "players"),
    [
        (
            "reggae with organ bubble, guitar skanks, bass and drums",
            ["drawbar-organ", "electric-guitar-clean", "electric-bass-finger", "drums"],
        ),
        (
            "country waltz with fiddle, banjo, guitar and pedal steel",
            ["fiddle", "banjo", "acoustic-guitar-steel", "pedal-steel"],
        ),
        ("pop, acoustic guitar, piano, light percussion", ["acoustic-guitar-steel", "acoustic-grand-piano", "drums"]),
        ("traditional chinese, bamboo flute and guzheng", ["bamboo-flute", "guzheng"]),
        ("minuet for oboe, two horns and strings", ["oboe", "french-horn", "french-horn", *players_of("string-orchestra")]),
        ("a piano concerto with orchestra", [*players_of("piano-orchestra")]),
        ("a clarinet concerto with orchestra", ["clarinet", *players_of("orchestra")]),
        ("trombone choir... actually four trombones", ["trombone"] * 4),
        ("a flute, actually faster, with piano", ["flute", "acoustic-grand-piano"]),
        ("a pavane for five viols", ["violin", "violin", "viola", "cello", "cello"]),
        ("guitar and cello duo", ["acoustic-guitar-nylon", "cello"]),
        ("soprano and alto with guitar", ["soprano", "alto", "acoustic-guitar-nylon"]),
        ("pieno and violin", ["violin", "acoustic-grand-piano"]),
        ("SSA choir and piano", ["soprano", "soprano", "alto", "acoustic-grand-piano"]),
        ("Our orchestra has 2 violin parts, cello and piano, in G", ["violin", "violin", "cello", "acoustic-grand-piano"]),
        ("our orchestra consists of flute, viola and harp", ["flute", "viola", "orchestral-harp"]),
        ("a duet for two beginners on trumpet", ["trumpet", "trumpet"]),
        ("a duet for beginners on the violin", ["violin", "violin"]),
        ("two players on cello", ["cello", "cello"]),
        ("string trio without viola", ["violin", "violin", "cello"]),
        ("lullaby, just harp and voice-like flute", ["flute", "orchestral-harp"]),
        ("ninna nanna per arpa e violoncello, molto piano", ["cello", "orchestral-harp"]),
    ],
)
def test_exactly_the_players_named_play(text, players) -> None:
    found = options(text)
    named = found.get("instruments") or players_of(found["ensemble"])
    assert sorted(named) == sorted(players)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("atonal miniature for flute", "every piece has a key"),
        ("a dance in 7/8 (2+2+3)", "how the beats of 5/8, 7/8 and 11/8 are grouped"),
        ("bagpipe jig over a drone", "a drone is held in styles of bands"),
        ("medieval tavern tune", "no style called medieval"),
        ("guitar duet, spoons but no drum kit", "no spoons: only the drums play it, which are left out"),
        ("lofi with vinyl crackle", "effects, tunings, noises and places in the room are not written in a score"),
        ("koto, whole tone scale", "scales are major, minor, the church modes"),
    ],
)
def test_a_line_says_what_is_done_instead(text, line) -> None:
    assert any(note.startswith(line) for note in parse_prompt(text).notes)


@pytest.mark.parametrize(
    "text", ["fugue in three voices for organ", "hymn in four parts with organ", "a cappella motet, no instruments"]
)
def test_what_is_done_is_not_called_ignored(text) -> None:
    assert parse_prompt(text).ignored == ()


@pytest.mark.parametrize("word", ["flats", "earth", "bills", "table"])
def test_everyday_words_are_no_misspellings(word) -> None:
    assert parse_prompt(f"piano, {word}").options == {"ensemble": "piano"}


def test_a_style_that_is_named_needs_no_line() -> None:
    assert parse_prompt("metal, heavy riffs, double bass drum").notes == ()
    assert parse_prompt("lofi hip hop").notes == ()


_AMOUNTS = st.sampled_from(("a", "1", "3", "30", "120", "2.5", "1:30", "five", "thirty-two", "half", "3/4", "an hour", "808"))
_UNITS = st.sampled_from(
    ("", "s", "seconds", "minutes", "min", "hour", "bars", "bpm", "beats", "%", "percent", "parts", "and a half", "flats", "/")
)
_BEFORE = st.sampled_from(
    ("", "under", "at", "until", "from", "to", "total", "first", "and", ",", "bar", "tempo", "hits at", "or")
)


@given(st.lists(st.tuples(_BEFORE, _AMOUNTS, _UNITS, st.sampled_from(("", " ", ", "))), min_size=1, max_size=4))
def test_any_row_of_figures_and_units_is_read(figures) -> None:
    parse_prompt("a waltz " + " ".join(f"{before} {amount}{space}{unit}" for before, amount, unit, space in figures))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30 seconds 120", 30), ("30s 3", 30), ("1 hour 3", 3600), ("20 seconds five", 20), ("under 40 seconds 4", 38)],
)
def test_a_bare_number_after_a_length_is_no_part_of_it(text, seconds) -> None:
    assert options(f"a waltz, {text}")["duration"] == seconds


def test_a_number_before_a_word_with_s_is_no_time_of_a_hit() -> None:
    assert "hits" not in options("a waltz, hits at 9 strings")
    assert options("a waltz, hits at 9 s and 0:12")["hits"] == options("a waltz, hits at 9 seconds and 0:12 sec")["hits"]


def test_most_rules_are_only_tried_in_prompts_with_their_words() -> None:
    tried = [rule for rule in rules() if not rule.needs or rule.needs.search("a " * 500)]
    assert len(tried) < len(rules()) / 2


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("Walzer, zweiunddreißig Takte", 32),
        ("valse, vingt-quatre mesures", 24),
        ("vals de treinta y dos compases", 32),
        ("valzer, ventotto battute", 28),
        ("valsa com vinte e quatro compassos", 24),
        ("wals, vierentwintig maten", 24),
        ("walc, trzydzieści dwa takty", 32),
        ("вальс, тридцать два такта", 32),
        ("三十二小节的圆舞曲", 32),
        ("ワルツ、二十四小節", 24),
        ("an elf waltz, once, 12 bars", 12),
    ],
)
def test_numbers_in_words_of_other_languages(text: str, bars: int) -> None:
    assert parse_prompt(text).options["bars"] == bars


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("D调圆舞曲", "D major"),
        ("降B大调进行曲", "Bb major"),
        ("升f小调夜曲", "F# minor"),
        ("D宫调舞曲", "D major pentatonic"),
        ("ト調のワルツ", "G major"),
        ("Dマイナーのワルツ", "D minor"),
        ("eine Gigue in Es, Cembalo", "Eb major"),
        ("ein Marsch für Bläser, in B", "Bb major"),
        ("march for brass, in B", "B major"),
        ("Sonate in fis-Moll", "F# minor"),
        ("wals in bes groot", "Bb major"),
        ("mars in c klein", "C minor"),
    ],
)
def test_keys_of_other_languages(text: str, key: str) -> None:
    assert parse_prompt(text).options["key"] == key


def test_tempo_in_words_of_other_languages() -> None:
    assert parse_prompt("Marsch, hundertzwanzig Schläge pro Minute").options["tempo"] == 120
    assert parse_prompt("zamba, ochenta pulsaciones por minuto").options["tempo"] == 80
    assert parse_prompt("Menuett, anderthalb Minuten").options["duration"] == 90
