"""The detector of Valencian, and the identification of languages, on held-out real text.

Blocks of ten lines. Valencian: the gazette's dogv_dev and dogv_test, the last fifth of the university bulletin boumh.
Central Catalan: the same documents' Spanish side through Apertium's mode spa-cat, so that the topic is no clue; and
Global Voices in Catalan. Some of its translators are Valencian, so that a writer is known by possessives (seva, seua):
blocks with those of one side only are judged as they stand, and again with every possessive taken out.

Short texts: phrases of two to four words drawn from the same files, and the list of tests/languages.

Run: python benchmarks/detector.py   (about three minutes on one core; central blocks need Apertium)
     python benchmarks/detector.py --table
"""

import argparse
import gzip
import math
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import records
from scipy.stats import binomtest

sys.path.append(str(Path(__file__).resolve().parent.parent))

from acord.languages.identify import OTHER, Identifier
from acord.languages.valencian import judge
from acord.languages.variety import label_of
from tests.languages.identification_sentences import OTHER as OTHER_LANGUAGES
from tests.languages.identification_sentences import SHORT, each

RESULT = records.RESULTS / "detector.json"
DATA = Path(__file__).parents[2] / "shared" / "data" / "text"
BLOCK_LINES = 10
HELD_OUT_SHARE = 0.2
PHRASES, LONG_TEXTS = 2_000, 1_000
SEED = 20
LANGUAGES = ("ca", "es", "en")

_VALENCIAN = re.compile(r"\b[mts]eu(?:a|es)\b", re.IGNORECASE)
_CENTRAL = re.compile(r"\b[mts]ev(?:a|es)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’·-][^\W\d_]+)*")
_NO_PHRASE = re.compile(r"[\d.,;:()\"«»“”#@/&]")


class Blocks(NamedTuple):
    """known: the variety that the blocks are in."""

    case: str
    known: str
    texts: list[str]


def lines_of(name: str, folder: Path) -> list[str]:
    """The lines of a file that are not empty."""
    text = gzip.decompress((folder / f"{name}.txt.gz").read_bytes()).decode()
    return [line.strip() for line in text.split("\n") if line.strip()]


def held_out(lines: Sequence[str]) -> list[str]:
    """The last part of the bulletin, which the lexicon was not learnt from."""
    return list(lines[int(len(lines) * (1 - HELD_OUT_SHARE)) :])


def blocks_of(lines: Sequence[str]) -> list[str]:
    """Ten lines each; what is left at the end is no block."""
    return ["\n".join(lines[start : start + BLOCK_LINES]) for start in range(0, len(lines) - 9, BLOCK_LINES)]


def central_catalan(spanish: Sequence[str]) -> list[str]:
    """The lines in Apertium's general Catalan mode."""
    done = subprocess.run(
        ["apertium", "-u", "spa-cat"],  # noqa: S607 - wherever it is installed
        input="\n".join(spanish) + "\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    translated = done.stdout.removesuffix("\n").split("\n")
    if len(translated) != len(spanish):
        records.stop(f"apertium gave {len(translated)} lines for {len(spanish)}")
    return translated


def without_possessives(text: str) -> str:
    return _CENTRAL.sub(" ", _VALENCIAN.sub(" ", text))


def all_blocks(folder: Path, bulletin_lines: int) -> list[Blocks]:
    """Every set of blocks, Valencian ones first."""
    news = blocks_of(lines_of("globalvoices.ca", folder))
    central = [one for one in news if _CENTRAL.search(one) and not _VALENCIAN.search(one)]
    valencian = [one for one in news if _VALENCIAN.search(one) and not _CENTRAL.search(one)]
    gazette = {name: lines_of(f"{name}.es", folder) for name in ("dogv_dev", "dogv_test")}
    bulletin = held_out(lines_of("boumh.es", folder))[:bulletin_lines]
    sets = [Blocks(f"{name}, Valencian", "valencian", blocks_of(lines_of(f"{name}.va", folder))) for name in gazette]
    sets.append(Blocks("boumh held out, Valencian", "valencian", blocks_of(held_out(lines_of("boumh.va", folder)))))
    together = [one for blocks in sets for one in blocks.texts]
    sets += [
        Blocks("the three together, Valencian", "valencian", together),
        Blocks("news with seua, Valencian", "valencian", valencian),
        Blocks("news with seua, taken out", "valencian", [without_possessives(one) for one in valencian]),
        Blocks("news with seva, Catalan", "central", central),
        Blocks("news with seva, taken out", "central", [without_possessives(one) for one in central]),
        Blocks("all news, of either", "either", news),
    ]
    sets += [
        Blocks(f"{name} by spa-cat, Catalan", "central", blocks_of(central_catalan(lines)))
        for name, lines in gazette.items()
    ]
    return [*sets, Blocks("boumh held out by spa-cat, Catalan", "central", blocks_of(central_catalan(bulletin)))]


def measure_blocks(blocks: Blocks) -> dict[str, Any]:
    """The share of each label, with its 95% interval, and how many blocks hold no form of either side."""
    judged = [judge(text) for text in blocks.texts]
    labels = [label_of(one) for one in judged]
    shares = {label: share(labels.count(label), len(labels)) for label in ("valencian", "central_catalan", "neutral")}
    without = sum(not one.valencian_forms and not one.central_forms for one in judged)
    return {"case": blocks.case, "known": blocks.known, "blocks": len(labels), "without_forms": without, **shares}


def share(count: int, of: int) -> list[float]:
    """Share with its 95% interval (Wilson)."""
    interval = binomtest(count, of).proportion_ci(method="wilson")
    return [count / of, float(interval.low), float(interval.high)]


class Phrases(NamedTuple):
    """Phrases of two to four words; told: those of which some word stands in no file of the other languages."""

    drawn: list[str]
    told: list[str]


def draw_phrases(folder: Path) -> dict[str, Phrases]:
    """Neighbouring words of a line, without names, numbers and marks."""
    sources = {
        "ca": [*lines_of("dogv_test.va", folder), *lines_of("globalvoices.ca", folder)],
        "es": [*lines_of("dogv_test.es", folder), *held_out(lines_of("boumh.es", folder))],
        "en": lines_of("globalvoices.en", folder),
    }
    words = {tag: {word.lower() for line in lines for word in _WORD.findall(line)} for tag, lines in sources.items()}
    random_source = random.Random(SEED)  # noqa: S311 - a sample, no secret
    phrases = {}
    for tag, lines in sources.items():
        drawn: list[str] = []
        while len(drawn) < PHRASES:
            phrase = _phrase(random_source.choice(lines), random_source)
            if phrase:
                drawn.append(phrase)
        others = [words[other] for other in sources if other != tag]
        told = [one for one in drawn if not any(_all_in(one, known) for known in others)]
        phrases[tag] = Phrases(drawn, told)
    return phrases


def _phrase(line: str, random_source: random.Random) -> str | None:
    found = list(_WORD.finditer(line))
    size = random_source.randint(2, 4)
    if len(found) < size:
        return None
    start = random_source.randrange(len(found) - size + 1)
    phrase = line[found[start].start() : found[start + size - 1].end()]
    names = any(word[0].isupper() for word in phrase.split()[1:])
    letters = sum(map(str.isalpha, phrase))
    return None if names or letters < 8 or _NO_PHRASE.search(phrase) else phrase


def _all_in(phrase: str, known: set[str]) -> bool:
    return all(word.lower() in known for word in _WORD.findall(phrase))


def measure_identification(folder: Path) -> list[dict[str, Any]]:
    """Right, and taken for another language, by language; and how many texts of other languages are caught."""
    identifier = Identifier(("va", "es", "en"))
    phrases = draw_phrases(folder)
    longer = {
        "ca": lines_of("dogv_test.va", folder) + lines_of("globalvoices.ca", folder),
        "es": held_out(lines_of("boumh.es", folder)),
        "en": lines_of("globalvoices.en", folder),
    }
    random_source = random.Random(SEED)  # noqa: S311 - a sample, no secret
    long_texts = {
        tag: random_source.sample([line for line in lines if len(line.split()) >= 8], LONG_TEXTS)
        for tag, lines in longer.items()
    }
    sets: dict[str, Iterable[tuple[str, str]]] = {
        "2-4 words, drawn": [(tag, text) for tag in LANGUAGES for text in phrases[tag].drawn],
        "2-4 words, drawn, told by some word": [(tag, text) for tag in LANGUAGES for text in phrases[tag].told],
        "2-4 words, written by hand": each(SHORT),
        "lines of 8 words and more": [(tag, text) for tag in LANGUAGES for text in long_texts[tag]],
        "sentences of other languages": [(OTHER, text) for _, text in each(OTHER_LANGUAGES)],
    }
    rows = [_identification_row(name, list(pairs), identifier) for name, pairs in sets.items()]
    rows[-1]["by_language"] = _caught(identifier)
    texts = [text for tag in LANGUAGES for text in phrases[tag].drawn]
    return [*rows, {"case": "speed", "texts": len(texts), **_speed(texts, identifier)}]


def _identification_row(name: str, pairs: list[tuple[str, str]], identifier: Identifier) -> dict[str, Any]:
    found = [(tag, identifier.identify(text).language) for tag, text in pairs]
    right = {
        tag: sum(true == tag == said for true, said in found) / sum(true == tag for true, _ in found)
        for tag in dict.fromkeys(tag for tag, _ in found)
    }
    taken = sum(said == OTHER != tag for tag, said in found) / len(found)
    mean = sum(right.values()) / len(right)
    return {"case": name, "texts": len(found), "right": mean, "right_by_language": right, "taken_for_other": taken}


def _caught(identifier: Identifier) -> dict[str, float]:
    found = [(tag, identifier.identify(text).language == OTHER) for tag, text in each(OTHER_LANGUAGES)]
    return {
        tag: sum(caught for one, caught in found if one == tag) / sum(one == tag for one, _ in found)
        for tag in OTHER_LANGUAGES
    }


def _speed(texts: list[str], identifier: Identifier) -> dict[str, float]:
    """Texts a second of processor time, the fastest of five passes, beside py3langid alone on the same three labels."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    alone = LanguageIdentifier.from_model_file(MODEL_FILE)
    alone.set_languages(LANGUAGES)
    ours, theirs = math.inf, math.inf
    for _ in range(5):
        ours = min(ours, _seconds(identifier.identify, texts))
        theirs = min(theirs, _seconds(alone.classify, texts))
    block = "\n".join(texts[:100])
    judging = min(_seconds(judge, [block] * 20) for _ in range(5)) / 20
    return {
        "identified_a_second": len(texts) / ours,
        "py3langid_alone_a_second": len(texts) / theirs,
        "judged_words_a_second": len(block.split()) / judging,
    }


def _seconds(function: Any, texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        function(text)
    return time.process_time() - start


def table(path: Path) -> str:
    """The newest entries: blocks, identification, speed."""
    entries = list(records.newest(path).values())
    blocks = [one for one in entries if "blocks" in one]
    texts = [one for one in entries if "right" in one]
    parts = [
        records.markdown(
            ("blocks of ten lines", "blocks", "called Valencian", "called central", "neutral", "without any form"),
            [
                [one["case"], one["blocks"], *(_shown(one[label]) for label in _LABELS), one["without_forms"]]
                for one in blocks
            ],
        ),
        records.markdown(
            ("set", "texts", "right (ca, es, en)", "mean", "taken for another language"),
            [
                [
                    one["case"],
                    one["texts"],
                    ", ".join(f"{value:.3f}" for value in one["right_by_language"].values()),
                    f"{one['right']:.3f}",
                    f"{one['taken_for_other']:.1%}",
                ]
                for one in texts
            ],
        ),
    ]
    for one in entries:
        if "by_language" in one:
            caught = ", ".join(f"{tag} {value:.0%}" for tag, value in one["by_language"].items())
            parts.append(f"Other languages caught: {caught}.")
        if one["case"] == "speed":
            parts.append(
                f"In a second of processor time: {one['identified_a_second']:,.0f} short texts identified "
                f"(py3langid alone {one['py3langid_alone_a_second']:,.0f}), "
                f"{one['judged_words_a_second']:,.0f} words judged."
            )
    return "\n\n".join(parts)


_LABELS = ("valencian", "central_catalan", "neutral")


def _shown(value: list[float]) -> str:
    middle, low, high = value
    return f"{middle:.1%} ({low:.1%} to {high:.1%})"


def parse() -> argparse.Namespace:
    """The command line; ends with one line where the data is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the texts")
    parser.add_argument("--bulletin-lines", type=int, default=2_500, help="Spanish lines of boumh to translate")
    parser.add_argument("--results", type=Path, default=RESULT, help=f"where to append; {RESULT.name} otherwise")
    parser.add_argument("--table", action="store_true", help="print the tables of what was measured last, and end")
    options = parser.parse_args()
    if not options.table and not options.data.is_dir():
        records.stop(f"{options.data}: the texts are not here; give their folder with --data")
    return options


def main() -> None:
    options = parse()
    if not options.table:
        measured = [measure_blocks(blocks) for blocks in all_blocks(options.data, options.bulletin_lines)]
        for entry in [*measured, *measure_identification(options.data)]:
            records.append_record(options.results, entry)
    print(table(options.results))


if __name__ == "__main__":
    main()
