"""Do pieces follow their form? Similarity of returning and of different sections, and repeated bars.

    python -m benchmarks form sections    20 pieces of 32 bars in five forms
    python -m benchmarks form long        2 pieces of 128 and 144 bars, beyond the model's window
    python -m benchmarks form repeats     consecutive equal bars, in these pieces and in the corpus

Similarity is `composer.analysis.structure.bar_similarity` (pitch classes over time, 0 to 1), bar by bar from the starts of two
sections, without the last two bars of a piece. Pieces are composed by the shipped model into out/form and measured from the
written MIDI file; existing ones are kept. Intervals are 95 % bootstrap over pairs of sections.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from benchmarks.pieces import Job, compose_all, interval
from composer.analysis.structure import bar_similarity
from composer.formats import read_score
from composer.plan import Plan
from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from tools.corpus import ROOT, corpus_folder

FOLDER = ROOT / "out" / "form"
FORMS = ("AABA", "ABA", "ABA'", "AA'BA'", "ABACA")
STYLES = ("chopin", "string-quartet", "waltz", "hymn")
LONG = (
    {"form": "A32 B32 A32 B'32", "style": "character-piece", "ensemble": "piano", "seed": 1},
    {"form": "A24 B24 A24 C24 A24 A'24", "style": "string-quartet", "seed": 2},
)
EXCERPT_BARS, A_SOURCE = 20, 14
ENDING_BARS = 2


def section_jobs() -> list[Job]:
    requests = [(form, style) for form in FORMS for style in STYLES]
    return [
        Job(f"{style}-{number:02}", {"form": form, "style": style, "bars": 32, "seed": 300 + number})
        for number, (form, style) in enumerate(requests)
    ]


def long_jobs() -> list[Job]:
    return [Job(f"long-{number}", request) for number, request in enumerate(LONG)]


def composed(jobs: list[Job]) -> Iterator[tuple[Plan, Score]]:
    for name, error in compose_all(jobs, FOLDER).items():
        print(f"{name}: {error}")
    for job in jobs:
        if (FOLDER / f"{job.name}.mid").is_file():
            content = json.loads((FOLDER / f"{job.name}.json").read_text())
            yield Plan.from_dict(content["plan"]), read_score(FOLDER / f"{job.name}.mid")


def likenesses(plan: Plan, score: Score) -> Iterator[tuple[str, float]]:
    """Relation and similarity of every section to each earlier one."""
    similarity = bar_similarity(score)[: plan.bars, : plan.bars]
    for index, section in enumerate(plan.sections):
        end = min(section.start_bar + section.bars, plan.bars - ENDING_BARS)
        for earlier in plan.sections[:index]:
            bars = np.arange(min(end - section.start_bar, earlier.bars))
            if not len(bars):
                continue
            kind = "other letter"
            if section.letter == earlier.letter:
                kind = "varied return" if section.is_varied or earlier.is_varied else "literal return"
            yield kind, float(similarity[section.start_bar + bars, earlier.start_bar + bars].mean())


def sections(jobs: list[Job]) -> None:
    found: dict[str, list[float]] = defaultdict(list)
    pieces = 0
    for plan, score in composed(jobs):
        pieces += 1
        here: dict[str, list[float]] = defaultdict(list)
        for kind, likeness in likenesses(plan, score):
            found[kind].append(likeness)
            here[kind].append(likeness)
        text = ", ".join(f"{kind} {np.mean(here[kind]):.2f}" for kind in sorted(here))
        print(f"{' '.join(s.name + str(s.bars) for s in plan.sections)}: {text}")
    print(f"\n{pieces} pieces\nsections | pairs | likeness\n--- | --- | ---")
    for kind, values in sorted(found.items()):
        middle, low, high = interval(values)
        print(f"{kind} | {len(values)} | {middle:.2f} ({low:.2f} to {high:.2f})")


def longest_run(score: Score, bars: range) -> int:
    """Maximum number of consecutive bars with the same notes, within a range of bars."""
    contents: list[set[tuple[int, int, int]]] = [set() for _ in score.bars]
    for index, part in enumerate(score.parts):
        for note in part.notes:
            bar = score.bar_at(note.start_ticks)
            contents[bar.index].add((index, note.start_ticks - bar.start_ticks, note.pitch))
    longest = run = 1
    for bar in bars[1:]:
        run = run + 1 if contents[bar] and contents[bar] == contents[bar - 1] else 1
        longest = max(longest, run)
    return longest


def human_runs() -> Counter[int]:
    rng = np.random.default_rng(0)
    by_source = defaultdict(list)
    for item in list_items(corpus_folder()):
        if item.row["n_notes"] <= 3000:
            by_source[item.source].append(item)
    runs: Counter[int] = Counter()
    for _, items in sorted(by_source.items()):
        for index in rng.permutation(len(items))[:A_SOURCE]:
            score = read_item(items[index]).score
            first = int(rng.integers(0, max(1, len(score.bars) - EXCERPT_BARS + 1)))
            runs[longest_run(score, range(first, min(len(score.bars), first + EXCERPT_BARS)))] += 1
    return runs


def repeats() -> None:
    ours = Counter(longest_run(score, range(min(len(score.bars), EXCERPT_BARS))) for _, score in composed(section_jobs()))
    for name, runs in (("composed", ours), ("corpus", human_runs())):
        text = ", ".join(f"{length} in {runs[length]}" for length in sorted(runs))
        print(f"{name}: most bars alike in a row, of {EXCERPT_BARS}: {text} of {runs.total()} pieces")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("sections", "long", "repeats"))
    what = parser.parse_args().what
    if what == "repeats":
        repeats()
    else:
        sections(section_jobs() if what == "sections" else long_jobs())
