"""Learn acord/languages/valencian_lexicon.tsv: which word forms tell Valencian from central Catalan, and how strongly.

Apertium translates the same Spanish lines in its modes spa-cat and spa-cat_valencia. Names, numbers and topic are the
same on both sides, so that a form that one side writes and the other does not is a matter of variety. Two kinds of
real text then take away from what was learnt, never add to it: a Valencian form that Catalans write too, and a central
form that the gazettes write too, weigh as much less as they are frequent there.

Read: dogv_train, the first four fifths of boumh, TruthfulQA in Spanish (translated); dogv_train and the same part of
boumh in Valencian, TruthfulQA and XQuAD in Catalan (real text). Not read, held out for benchmarks/detector.py:
dogv_dev, dogv_test, the last fifth of boumh, Global Voices.

Run: python scripts/learn_variety_lexicon.py --work FOLDER   (about five minutes; translations in FOLDER are reused)
"""

import argparse
import gzip
import hashlib
import json
import math
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
LEXICON = ROOT / "acord" / "languages" / "valencian_lexicon.tsv"
CENTRAL_MODE, VALENCIAN_MODE = "spa-cat", "spa-cat_valencia"
GAZETTE_LINES, BULLETIN_LINES = 16_000, 8_000
BULLETIN_SHARE = 0.8
LINE_WORDS = (4, 60)
# A form in two lines of one side and in none of the other has log odds of 1.6.
# A form that both sides write must be far more frequent on one.
LEAST_ODDS, LEAST_ODDS_ON_BOTH, LEAST_WEIGHT, GREATEST_WEIGHT = 1.6, 2.5, 0.5, 3.0
FAINT = 0.6


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_WORD = re.compile(r"[^\W\d_]+(?:·[^\W\d_]+)*")
# What stands outside the norm of the AVL: subjunctives in -i, first persons in -o, open e for closed e. Words of the
# lexicon are no evidence for central Catalan, since the AVL admits recerca, tenir, avui and durada as well.
_OUTSIDE_THE_NORM = re.compile(r"\w{2,}[iï][sn]?|\w{3,}o|\w*è\w*|[mts]ev(?:a|es)")
# Forms in -o, -i and -is that are no verbs, most of them Spanish nouns that the translator took for verbs.
_NO_VERBS = _words(
    "avui participi medio centro registro curso articulo decreto documento signo gasto repto toro basis jo "
    "publico ordeno pego deporti medi noi nois investigo estudio publiqui"
)
# General Catalan writes these too, whatever the mode prefers.
_SHARED = _words(
    "investigació investigacions llevat fóra quasi damunt davant entregar entregat entregada entregarà "
    "entregaran patir patit patint patiràs pateix pateixen incurs incursa incurses incursos eres obris alçar alçarà "
    "alces alça arranques arrancar permeten vertader vertadera nadar soledat meló fesol bou blanes roges roig llima "
    "redona doctores vehiculares enguls engolir enxampen clivelles tardarien tardar visca dure use forme sigues "
    "mesclar depòsit depòsits depositar reembossament precise concrete"
)
# Catalans write these now and then: one decides nothing, two do.
_FAINT = _words("duració avant sigut")


class Texts(NamedTuple):
    """Lines of both translations, of real central Catalan and of real Valencian."""

    central: list[str]
    valencian: list[str]
    real_central: list[str]
    real_valencian: list[str]


def lines_of(path: Path) -> list[str]:
    """The lines that are not empty. Only a line feed ends a line: the gazettes hold other separators."""
    return [line.strip() for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line.strip()]


def draw(lines: Iterable[str], count: int) -> list[str]:
    """Distinct lines of ordinary length, chosen by their hash: the same ones wherever this runs."""
    least, most = LINE_WORDS
    usable = [line for line in dict.fromkeys(lines) if least <= len(line.split()) <= most]
    return sorted(usable, key=lambda line: hashlib.sha256(line.encode()).digest())[:count]


def truthfulqa(language: str) -> list[str]:
    rows = json.loads(gzip.decompress((DATA / "evaluation" / f"truthfulqa.{language}.json.gz").read_bytes()))
    texts = (text for row in rows for text in (row["question"], *row["mc2_targets"]["choices"]))
    return [" ".join(text.split()) for text in texts]


def xquad_catalan() -> list[str]:
    content: dict[str, Any] = json.loads(gzip.decompress((DATA / "evaluation" / "xquad.ca.json.gz").read_bytes()))
    paragraphs = [paragraph for article in content["data"] for paragraph in article["paragraphs"]]
    sentences = [one for paragraph in paragraphs for one in re.split(r"(?<=[.!?]) +", paragraph["context"])]
    return sentences + [one["question"] for paragraph in paragraphs for one in paragraph["qas"]]


def first_part(lines: list[str]) -> list[str]:
    return lines[: int(len(lines) * BULLETIN_SHARE)]


def translate(lines: list[str], mode: str, work: Path) -> list[str]:
    """The lines in a mode of Apertium; kept in `work`, and read from there where the same lines were translated."""
    kept = work / f"{mode}.json"
    if kept.exists():
        before = json.loads(kept.read_text())
        if before["lines"] == lines:
            return list(before["translated"])
    done = subprocess.run(  # noqa: S603 - a fixed program and one of two modes
        ["apertium", "-u", mode],  # noqa: S607 - wherever it is installed
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    translated = done.stdout.removesuffix("\n").split("\n")
    if len(translated) != len(lines):
        raise RuntimeError(f"apertium -u {mode}: {len(lines)} lines in, {len(translated)} out")
    work.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"lines": lines, "translated": translated}, ensure_ascii=False))
    return translated


def read_texts(work: Path) -> Texts:
    bulletin = {side: first_part(lines_of(DATA / "text" / f"boumh.{side}.txt.gz")) for side in ("es", "va")}
    gazette = {side: lines_of(DATA / "text" / f"dogv_train.{side}.txt.gz") for side in ("es", "va")}
    conversation = truthfulqa("es")
    spanish = [
        *draw(gazette["es"], GAZETTE_LINES),
        *draw(bulletin["es"], BULLETIN_LINES),
        *draw(conversation, len(conversation)),
    ]
    return Texts(
        translate(spanish, CENTRAL_MODE, work),
        translate(spanish, VALENCIAN_MODE, work),
        truthfulqa("ca") + xquad_catalan(),
        gazette["va"] + bulletin["va"],
    )


class Lines(NamedTuple):
    """In how many lines each form stands, written small; and of how many."""

    having: Counter[str]
    total: int

    def rate(self, form: str) -> float:
        return (self.having[form] + 0.5) / self.total


def count(lines: list[str]) -> Lines:
    """Capitalised words are left out, names among them."""
    having: Counter[str] = Counter()
    for line in lines:
        having.update({word for word in _WORD.findall(line) if word.islower()})
    return Lines(having, len(lines))


def learn(texts: Texts) -> dict[str, float]:
    """Weight by form: natural logarithm of how much likelier one side writes it; positive is Valencian."""
    central, valencian, real_central, real_valencian = (count(lines) for lines in texts)
    weights = {}
    for form in sorted(central.having | valencian.having):
        odds = math.log((valencian.having[form] + 0.5) / (central.having[form] + 0.5))
        on_both = valencian.having[form] and central.having[form]
        if len(form) < 3 or form in _SHARED or abs(odds) < (LEAST_ODDS_ON_BOTH if on_both else LEAST_ODDS):
            continue
        if odds > 0:
            weight = _tempered(odds, valencian.rate(form), form, real_central)
            kept = not _shared_verb_form(form, central.having | real_central.having)
        else:
            weight = _tempered(-odds, central.rate(form), form, real_valencian)
            kept = _is_central(form, valencian.having)
        if kept and weight >= LEAST_WEIGHT:
            weights[form] = math.copysign(min(weight, FAINT) if form in _FAINT else weight, odds)
    return weights


def _tempered(odds: float, rate: float, form: str, real_other_side: Lines) -> float:
    """Capped, and no more than real text of the other side allows where the form stands in it."""
    if real_other_side.having[form]:
        odds = min(odds, math.log(rate / real_other_side.rate(form)))
    return min(odds, GREATEST_WEIGHT)


def _is_central(form: str, valencian: Counter[str]) -> bool:
    """Whether the form stands outside the norm of the AVL; with an open e, where the closed one is Valencian."""
    if form in _NO_VERBS or not _OUTSIDE_THE_NORM.fullmatch(form):
        return False
    return "è" not in form or form.replace("è", "é") in valencian


def _shared_verb_form(form: str, central: Counter[str]) -> bool:
    """Presents of the first conjugation (accepten), where Valencian has the subjunctive and Catalan the indicative;
    and simple pasts (quedaren), which are literary everywhere.
    """
    if form.endswith("ren"):
        return True
    if not form.endswith("en"):
        return False
    stem = form[:-2]
    respelt = [(stem, "")] + [(stem.removesuffix(old), new) for old, new in _RESPELT if stem.endswith(old)]
    return any(f"{start}{end}{ending}" in central for start, end in respelt for ending in ("ar", "a", "ant", "at"))


_RESPELT = (("qu", "c"), ("gu", "g"), ("g", "j"), ("c", "ç"), ("qü", "qu"), ("gü", "gu"))


def write(weights: dict[str, float], path: Path) -> None:
    """Forms in alphabetical order, weights with one decimal."""
    rows = [f"{form}\t{weight:+.1f}\n" for form, weight in sorted(weights.items())]
    path.write_text("".join(rows), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="where translations are kept")
    parser.add_argument("--output", type=Path, default=LEXICON)
    options = parser.parse_args()
    texts = read_texts(options.work)
    same = sum(a == b for a, b in zip(texts.central, texts.valencian, strict=True)) / len(texts.central)
    print(f"{len(texts.central)} Spanish lines; {same:.1%} are the same in both modes")
    weights = learn(texts)
    write(weights, options.output)
    valencian = sum(weight > 0 for weight in weights.values())
    print(f"{len(weights)} forms ({valencian} Valencian, {len(weights) - valencian} central): {options.output}")


if __name__ == "__main__":
    main()
