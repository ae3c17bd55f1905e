"""Keys of sections and at the end: "the middle section in E minor", "modulates to the dominant", "up a tone"."""

from __future__ import annotations

import re
from typing import Final

from composer.prompt.figures.band_sections import section_name
from composer.prompt.figures.keys import OTHER_MODE, key_of, sign_pattern
from composer.prompt.figures.patterns import END, Rule, needing, number_pattern
from composer.prompt.figures.places import HIGHER
from composer.prompt.lexicon import either, prompt_table
from composer.score import MODAL_NAMES

PARALLEL: Final = "parallel"  # the final key where only its mode is named
_PLACES = {
    "b section": "b", "b theme": "b", "b part": "b", "second theme": "first b", "second subject": "first b",
    "second section": "b", "second part": "b", "contrasting theme": "first b", "contrasting part": "b",
}  # fmt: skip


def modulation_rules() -> tuple[Rule, ...]:
    """Rules of kind "sections", "final key" and "placed mode", a scale that a section cannot have."""
    table, sign = prompt_table(), sign_pattern()
    relation = "(dominant|subdominant|relative|parallel)(?: (?:major|minor|key))?"
    named = rf"(?:the )?(?:key of )?(?:([a-g]){sign}[ -]?(major|minor)|{relation})"
    moves = r"(?:moves|moving|goes|going|turns|turning)(?= (?:in)?to the [dsrp])"
    to = rf"(?:modulat(?:es?|ing|ion)|chang(?:es?|ing) key|key change|{moves})"
    ends = r"(?:(?:it )?(?:ends?|ending|finish(?:es|ing)?|clos(?:es|ing)|conclud(?:es|ing))"
    ends += r"(?: (?:moves?|moving|turns?|turning|changes))?(?: (?:up|back|happily))? (?:in(?:to)?|to|on)(?: the key of)?)"
    steps = either(table["key_steps"])
    to_a_key = (
        rf"(?:to|into|para|nach|hacia|verso|al|alla|a (?:{either(table['solmisation'])})|en (?:{either(table['solmisation'])}))"
    )
    choruses, verses = "estribillo|refrain|ritornello|refrao|coro", "strophen?|couplets?|estrofas?|strof[ae]|verso"
    last = r"(?:in|for|before|at|on|into) (?:the )?(?:last|final) (?:chorus|refrain)"
    with_change = r"(?:(?:with|has|having|gets) )?(?:an? )?(?:key change|change of key|modulation),? (?:of )?"

    def of_section(match: re.Match[str]) -> str:
        """ "The middle section in E minor", "modulates to the dominant"."""
        *place, letter, accidental, mode, relation = match.groups()
        name = _PLACES.get(place[0], section_name(place[0])) if place else "middle"
        name = "c" if name == "development" and "sonata" in match.string else name.replace("development", "middle")
        return f"{name}: key {relation or key_of(letter, accidental, mode)}"

    def of_counted_trio(match: re.Match[str]) -> str | None:
        """ "Trio 32 in A flat": the trio right before is read with its bars."""
        before = re.search(rf"\btrio(?: of|:)? {number_pattern()}(?: bars?)?,? $", match.string[: match.start()])
        return f"trio: key {match[1] or key_of(match[2], match[3], match[4] or 'major')}" if before else None

    def last_key(match: re.Match[str]) -> str:
        """The key of the last section, in the mode of the piece where none is named."""
        letter, accidental, mode = match.groups()
        usual = "minor" if re.search(rf"\b[a-g]{sign}[ -]?min", match.string) else "major"
        return key_of(letter, accidental, mode or usual)

    def last_chorus(match: re.Match[str]) -> str:
        """ "Modulates up to B for the last chorus"."""
        return f"last chorus: key {last_key(match)}"

    def of_letter(match: re.Match[str]) -> str | None:
        """The key of a letter of a form that the prompt gives: "ABACA, C turns to F sharp minor"."""
        name, letter, accidental, mode, relation = match.groups()
        is_in_form = re.search(rf"\bA[A-H']*{name}[A-H']*\b", match.string)
        key = relation.lower() if relation else key_of(letter, accidental, mode.lower())
        others = re.findall(r"\b[A-E] in [A-G]", match.string)  # "A in C major, B in F major"
        return f"{name.lower()}: key {key}" if is_in_form or len(others) > 1 else None

    def lifted(match: re.Match[str]) -> str:
        name = "verse" if "verse" in match[0] else "chorus"
        return f"last {name}: key +{table['key_steps'][next(filter(None, match.groups()))]}"

    def last_higher(match: re.Match[str]) -> str:
        """ "Vier Strophen, die letzte einen Ganzton höher"."""
        has_choruses = re.search(rf"\b(?:{choruses})\b", match.string)
        of_verses = match[1] or (not has_choruses and re.search(verses, match.string))
        steps = next(steps for text, steps in HIGHER.items() if re.search(either([text]), match[0]))
        return f"last {'verse' if of_verses else 'chorus'}: key +{steps}"

    def lifted_one(match: re.Match[str]) -> str:
        """ "Three verses, the last one a half step higher"."""
        named = re.findall(r"\b(verse|chorus|refrain)", match.string[: match.start()])
        return f"last {'verse' if named[-1:] == ['verse'] else 'chorus'}: key +{table['key_steps'][match[1]]}"

    def turned_at_end(match: re.Match[str]) -> str | None:
        """ "In a minor key, turns to major at the end"; without a key or mode before it, it is not the other one."""
        home = re.findall(r"\b(major|minor)\b", match.string[: match.start()])
        return PARALLEL if home[-1:] == [OTHER_MODE[match[1]]] else None

    def lifted_late(match: re.Match[str]) -> str:
        return f"modulation: key +{table['key_steps'][match[1]]}"

    return needing(
        rf"\b(?:major|minor|dominant|subdominant|relative|parallel|key|modul|last|final|up|higher|trio|section|{either(HIGHER)})"
        rf"|\b(?:is|goes|turns|moves|changes|modulates|shifts|in) ",
        Rule(
            "sections",
            re.compile(
                rf"(?:the )?(middle(?: section| part)?|bridge|trio|b section)(?: is| goes| moves|,)? in(?:to)? {named}{END}"
            ),
            lambda match: None if _is_group(match) else of_section(match),
        ),
        Rule(
            "sections",
            re.compile(
                r"(?:recapitulation|recap|reprise)(?: section)?,? (?:(?:with|has|where|brings|of|and) )?"
                r"(?:the )?second (?:theme|subject) "
                rf"(?:(?:is|now|returns|comes back|back) )*in(?:to)? {named}{END}"
            ),
            lambda match: of_section(match).replace("middle", "last b"),
        ),
        Rule("sections", re.compile(rf"{to} (?:up |down )?(?:in)?to ([a-g]){sign}[ -]?(major|minor)? {last}\b"), last_chorus),
        Rule(
            "final key",
            re.compile(
                r"(?:the )?(?:last|final) (?:verse|strophe|stanza|section|part|time|refrain|chorus),? "
                rf"(?:(?:is|goes|being) )?in(?:to)? ([a-g]){sign}(?:[ -](major|minor))?{END}"
            ),
            last_key,
        ),
        Rule(
            "final key",
            re.compile(
                rf"{to} (?:up |down )?(?:in)?to ([a-g]){sign}(?:[ -](major|minor))? "
                r"(?:in|for|before|at|on|into) the (?:last|final) (?:verse|strophe|stanza|section|part)\b"
            ),
            last_key,
        ),
        Rule(
            "sections",
            re.compile(
                r"([B-E]) (?i:(?:(?:is|goes|turns|moves|changes|modulates|shifts|starts|begins) )?(?:in(?:to)?|to) "
                rf"(?:([a-g]){sign}[ -]?(major|minor)|the {relation}){END})"
            ),
            of_letter,
            in_raw=True,
        ),
        Rule(
            "key change",
            re.compile(
                r"(?:modulat\w+|mov\w+|goes|going|chang\w+(?: key)?) from (?:the key of )?"
                rf"([a-g]){sign}[ -](major|minor) (?:in)?to ([a-g]){sign}[ -](major|minor)"
                r"(?:,? (?:in the middle|and (?:then )?(?:back|returns?)(?: again| home)?|half ?way(?: through)?))*(?![^\W_])"
            ),
            lambda match: (
                key_of(*match.groups()[:3]),
                key_of(*match.groups()[3:6]),
                "middle" if re.search(" middle| back| return", match[0]) else "from 50%" if " half" in match[0] else "",
            ),
        ),
        Rule(
            "sections",
            re.compile(
                r"(?:(?:el |la |l'|le |der |die |den |il |o |a )?(?:ultim[oa]|letzte[nr]?|derniere?)"
                rf"(?: (?:{choruses}|({verses})))? )?"
                rf"(?:{either(HIGHER)})\b"
            ),
            last_higher,
        ),
        Rule(
            "final key",
            re.compile(
                r"(?:(?:turn|chang|mov|shift|switch|modulat|resolv)(?:e?s|ing)|go(?:es|ing)) "
                r"(?:in)?to (?:an? |the )?(major|minor)(?: key| mode)? "
                r"(?:at|by|towards|near|in|for) the (?:very )?(?:end|ending|coda|last section)\b"
            ),
            turned_at_end,
        ),
        Rule("final key", re.compile(rf"{ends} ([a-g]){sign}[ -](major|minor){END}"), lambda match: key_of(*match.groups())),
        Rule(
            "final key",
            re.compile(rf"{to} (?:in)?to ([a-g]){sign}[ -](major|minor) (?:at|by|towards|near) the (?:very )?end\b"),
            lambda match: key_of(*match.groups()),
        ),
        Rule(
            "sections",
            re.compile(
                rf"(?:the )?(second (?:theme|subject|section|part)|(?:b|contrasting) (?:theme|part)|development) "
                rf"(?:is |goes |moves )?in(?:to)? {named}{END}"
            ),
            of_section,
        ),
        Rule("sections", re.compile(rf"{to} (?:in)?to {named}{END}"), of_section),
        Rule(
            "sections",
            re.compile(
                r"(?:(?:middle|trio|b) section|(?:with |and )?(?:a |the )?trio) in "
                rf"(?:([a-g]){sign}(?:[ -](major|minor))?{END}(?![ -](?:{either(MODAL_NAMES)})\b)|(?:the )?{relation})"
            ),
            lambda match: (
                None if _is_group(match) else f"middle: key {match[4] or key_of(match[1], match[2], match[3] or 'major')}"
            ),
        ),
        Rule(
            "final key",
            re.compile(rf"(?<= (?:minor|major) )(?:to|ending in|then) ([a-g]){sign}[ -](major|minor){END}"),
            lambda match: key_of(*match.groups()),
        ),
        Rule(
            "placed mode",
            re.compile(
                r"(?:the )?(?:(?:middle|trio|[b-e]|second) (?:section|part)|bridge) in "
                rf"[a-g]{sign}[ -](?:{either(MODAL_NAMES)}){END}"
            ),
            lambda match: match[0],
        ),
        Rule("sections", re.compile(rf"(?<=\btrio )in (?:the )?{relation}"), lambda match: f"trio: key {match[1]}"),
        Rule("sections", re.compile(rf"in (?:(?:the )?{relation}|([a-g]){sign}(?:[ -](major|minor))?){END}"), of_counted_trio),
        Rule(
            "sections",
            re.compile(
                r"(?:(?:the )?(?:last|final) (?:chorus|refrain|verse) "
                rf"(?:{with_change}|(?:(?:is|goes|moves|being|played|sung|comes|jumps|shifts) )*)"
                rf"(?:up )?(?:by )?(?:a |one )?({steps})(?: higher| up)?"
                r"|(?:goes |moves |moving |shifts |modulat(?:es?|ing|ion) |key changes? |changes? (?:of )?key )?(?:by |of )?"
                rf"up (?:by )?(?:a |one )({steps}) (?:{last}|(?:in|for|on) the (?:last|final) verse))\b"
            ),
            lifted,
        ),
        Rule(
            "sections",
            re.compile(rf"(?:the )?(?:last|final) one,? (?:is )?(?:up )?(?:a |one )({steps})(?: higher| up)?\b"),
            lifted_one,
        ),
        Rule("sections", re.compile(rf"(?:up )?(?:by )?(?:a |one )({steps}) (?:higher|up)\b"), lifted_late),
        Rule(
            "sections",
            re.compile(r"(?:key change|change of key|modulation) (?:up )?(?:for|into) the (?:big |grand )?finale\b"),
            lambda _: "end: key +2",
        ),
        Rule(
            "sections",
            re.compile(
                rf"(?:key changes?|changes? (?:of )?key|modulat(?:ion|es))(?: {last})?\b(?! {to_a_key}\b)"
                rf"|up (?:a |one )(?:{steps})\b"
            ),
            lambda _: "modulation: key +2",
        ),
    )


def _is_group(match: re.Match[str]) -> bool:
    """Whether a trio is a group of players: "a trio in E minor for flute, viola and harp", not "minuet with a trio in E"."""
    danced = either(prompt_table()["sections"]["with_trio"])
    is_trio = re.search(r"\btrio\b", match[0]) and not re.search(r"\b(?:section|with)\b", match[0])
    return bool(is_trio) and not re.search(rf"(?:{danced})\b", match.string)  # also "Trauermarsch"
