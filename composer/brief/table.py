"""The options of a brief, one field each: its name, values, help and text form. Knows no check across fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from composer.brief import texts
from composer.brief.chords import Chords, write_chords
from composer.brief.curve import MoodPoint
from composer.brief.fields import CHARACTER, EVERY_VERB, MUSIC, SHAPE, Parsed, option
from composer.brief.hits import Hit, write_hits
from composer.brief.limits import BARS_RANGE, DURATION_RANGE_S, MAX_SEED, METERS, TEMPO_RANGE_QPM
from composer.brief.pauses import EXAMPLE as PAUSES_EXAMPLE
from composer.brief.pauses import Pause, write_pauses
from composer.brief.quality_levels import NORMAL, QUALITIES
from composer.brief.section_settings import SectionSetting
from composer.brief.tempo_curve import TempoPoint
from composer.controls import ARCS, ARTICULATIONS, DYNAMICS, ENDINGS, TEXTURES
from composer.presets import levels
from composer.score import Key, TimeSignature

Styles = tuple[tuple[str, float], ...]

_REHARMONIZING = ("continue", "infill", "accompany", "transfer")
_RESCORING = ("accompany", "transfer")


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefFields:
    """The fields of `composer.brief.Brief`, which parses and checks them."""

    mood: Parsed[tuple[str, ...], str | Sequence[str] | None] = option(
        (),
        "Mood tags, averaged; `cantilena moods` lists them.",
        CHARACTER,
        metavar="TAG[,TAG]",
        completes="moods",
        replaces=("valence", "arousal", "intensity", "mood_curve"),
        parse=texts.read_moods,
        write=list,
        verbs=EVERY_VERB,
    )
    valence: float | None = option(
        None,
        "Unpleasant -1 to pleasant 1, instead of tags.",
        CHARACTER,
        limits=(-1.0, 1.0),
        replaces=("mood", "mood_curve", "intensity"),
        verbs=EVERY_VERB,
    )
    arousal: float | None = option(
        None,
        "Calm -1 to excited 1, instead of tags.",
        CHARACTER,
        limits=(-1.0, 1.0),
        replaces=("mood", "mood_curve", "intensity"),
        verbs=EVERY_VERB,
    )
    mood_curve: Parsed[tuple[MoodPoint, ...], str | Sequence[MoodPoint] | None] = option(
        (),
        'A mood that changes: "calm@0 tense@50% triumphant@100%"; also @12s, @bar 9.',
        CHARACTER,
        metavar="CURVE",
        replaces=("mood", "valence", "arousal", "intensity"),
        parse=texts.read_curve,
        write=texts.write_curve,
    )
    intensity: Parsed[float, float | None] = option(
        1.0, "How far from neutral the mood is taken; 1 as stated.", CHARACTER, limits=(0.0, 2.0), verbs=EVERY_VERB
    )
    style: Parsed[Styles, str | Mapping[str, float] | Sequence[str | tuple[str, float]] | None] = option(
        (),
        "Styles or composers, mixed by weight; `cantilena styles` and `composers` list them.",
        CHARACTER,
        metavar="NAME[:W][,NAME[:W]]",
        completes="styles",
        parse=texts.read_styles,
        write=texts.write_styles,
        verbs=EVERY_VERB,
    )
    key: Parsed[Key | None, Key | str | None] = option(
        None,
        'Such as "D minor", "Bb major", "D dorian", "A minor pentatonic" or "D hijaz".',
        MUSIC,
        metavar="KEY",
        parse=texts.read_key,
        write=str,
    )
    meter: Parsed[TimeSignature | None, TimeSignature | str | None] = option(
        None,
        f"One of {' '.join(METERS)}.",
        MUSIC,
        metavar="N/D",
        choices=METERS,
        parse=texts.read_meter,
        write=str,
    )
    tempo: float | None = option(
        None, "Quarter notes per minute, or a word such as allegro.", MUSIC, limits=TEMPO_RANGE_QPM, takes_words=True
    )
    tempo_curve: Parsed[tuple[TempoPoint, ...], str | Sequence[TempoPoint] | None] = option(
        (),
        'A tempo that changes: "72@0 132@end"; in % of the tempo: "100%@bar 25 60%@end".',
        MUSIC,
        metavar="CURVE",
        parse=texts.read_tempo_curve,
        write=texts.write_curve,
    )
    bars: int | None = option(None, "Number of bars.", SHAPE, limits=BARS_RANGE, replaces=("duration",), verbs=("continue",))
    duration: float | None = option(
        None,
        "Seconds (75) or minutes:seconds (1:15) to the end of the last bar, met exactly; a given tempo changes by 5 % at most.",
        SHAPE,
        limits=DURATION_RANGE_S,
        parse=texts.read_duration,
        replaces=("bars",),
    )
    ensemble: str | None = option(
        None,
        "Who plays; `cantilena ensembles` lists them.",
        MUSIC,
        metavar="NAME",
        completes="ensembles",
        replaces=("instruments",),
        parse=texts.read_ensemble,
        verbs=_RESCORING,
    )
    instruments: Parsed[tuple[str, ...], str | Sequence[str] | None] = option(
        (),
        '"violin,cello,drums", top of the score first; with a range: "bassoon:C2-G4".',
        MUSIC,
        metavar="LIST",
        completes="instruments",
        replaces=("ensemble",),
        parse=texts.read_instruments,
        write=list,
        verbs=_RESCORING,
    )
    form: str | None = option(
        None,
        'AABA; "intro verse chorus outro"; "A8 A8 B8 A8" in bars; a name that `cantilena forms` lists.',
        SHAPE,
        metavar="FORM",
        completes="forms",
        parse=texts.read_form,
    )
    chords: Parsed[Chords, str | Chords | None] = option(
        (),
        'One per bar, "Dm Gm A7 Dm", or several: "Dm Gm | A7 |"; in a key also "ii V7 I"; '
        "repeated, the last chords at the end.",
        MUSIC,
        metavar="CHORDS",
        parse=texts.read_chords,
        write=write_chords,
        verbs=_REHARMONIZING,
    )
    features: Parsed[tuple[str, ...], str | Sequence[str] | None] = option(
        (),
        'What a band does: "walking bass, no fills".',
        MUSIC,
        metavar="LIST",
        completes="features",
        parse=texts.read_features,
        write=list,
    )
    sections: Parsed[tuple[SectionSetting, ...], str | Sequence[SectionSetting] | None] = option(
        (),
        'What particular sections do: "intro: no drums, tempo 80%; chorus: +strings, no fills; last chorus: key +2".',
        MUSIC,
        metavar="SETTINGS",
        parse=texts.read_sections,
        write=texts.write_sections,
    )
    texture: str | None = option(
        None,
        "In place of a melody with its accompaniment: bed (no melody), held (one chord), clusters, left-hand or right-hand "
        "(alone), unison, dialogue (call and response), phasing.",
        MUSIC,
        metavar="TEXTURE",
        choices=TEXTURES,
        replaces=("polyphony", "density"),
    )
    density: float | None = option(
        None,
        "Note density, from a few long notes (0) to the densest playable texture (1).",
        MUSIC,
        limits=(0.0, 1.0),
        verbs=EVERY_VERB,
    )
    polyphony: float | None = option(
        None, "Notes that sound together, on average.", MUSIC, limits=(1.0, 12.0), verbs=EVERY_VERB
    )
    scale: float | None = option(
        None, "Minimum share of notes on the key's scale; 1 for no chromatic note.", MUSIC, limits=(0.0, 1.0)
    )
    level: str | None = option(
        None,
        f"How easy it is for its players, one of {' '.join(levels())}: range, rhythms, leaps, chords, tempo, length.",
        MUSIC,
        metavar="LEVEL",
        choices=tuple(levels()),
    )
    dynamic: str | None = option(
        None,
        f"Mean loudness, one of {' '.join(DYNAMICS)}.",
        MUSIC,
        metavar="MARK",
        choices=tuple(DYNAMICS),
    )
    loudest: str | None = option(
        None,
        f"No note is louder than this marking, one of {' '.join(DYNAMICS)}.",
        MUSIC,
        metavar="MARK",
        choices=tuple(DYNAMICS),
    )
    articulation: str | None = option(
        None,
        f"How long notes sound, one of {' '.join(ARTICULATIONS)}: half as long, or up to the next one.",
        MUSIC,
        metavar="NAME",
        choices=ARTICULATIONS,
    )
    arc: Parsed[tuple[str, ...], str | Sequence[str] | None] = option(
        (),
        f"Course of energy and loudness, one or more of {' '.join(ARCS)}.",
        SHAPE,
        metavar="LIST",
        replaces=("loop",),
        parse=texts.read_arc,
        write=list,
    )
    ending: str | None = option(
        None,
        "The close: authentic (after the dominant), plagal (after the subdominant), picardy (in major, of a piece in minor) or "
        "open (on the dominant).",
        SHAPE,
        metavar="ENDING",
        choices=ENDINGS,
        replaces=("loop",),
    )
    hits: Parsed[tuple[Hit, ...], str | Sequence[Hit] | None] = option(
        (),
        'Moments of a film to meet: "0:12.5 big, 0:31 soft, 0:40 sudden, 1:02 section"; also 00:00:12:12.',
        SHAPE,
        metavar="TIMES",
        replaces=("loop",),
        parse=texts.read_hits,
        write=write_hits,
    )
    pauses: Parsed[tuple[Pause, ...], str | Sequence[Pause] | None] = option(
        (),
        f'Bars in which all players rest: "{PAUSES_EXAMPLE}".',
        SHAPE,
        metavar="BARS",
        replaces=("hits",),
        parse=texts.read_pauses,
        write=write_pauses,
    )
    loop: Parsed[bool, bool | None] = option(
        False, "No ending: the last bar leads back to the first.", SHAPE, replaces=("hits", "arc", "ending", "tempo_curve")
    )
    seed: Parsed[int, int | None] = option(
        0,
        "Same brief, seed and model: same piece. By default random on the command line.",
        metavar="N",
        limits=(0, MAX_SEED),
        steers_sampling=True,
        verbs=EVERY_VERB,
    )
    temperature: float | None = option(
        None, "Sampling temperature; by default the model's.", limits=(0.1, 2.0), steers_sampling=True, verbs=EVERY_VERB
    )
    top_p: float | None = option(
        None, "Nucleus sampling; by default the model's.", limits=(0.05, 1.0), steers_sampling=True, verbs=EVERY_VERB
    )
    quality: Parsed[str, str | None] = option(
        NORMAL,
        f"How many versions are drawn to keep the best of, one of {' '.join(QUALITIES)}; higher takes longer.",
        metavar="QUALITY",
        choices=tuple(QUALITIES),
        steers_sampling=True,
    )

    def __post_init__(self) -> None:
        """Called when the fields are set, for `Brief` to parse and check them."""
