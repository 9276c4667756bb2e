"""Public tasks of which it is known how many items they have, and what guessing or one constant answer scores.

Counts are of the splits that have public labels and are scored: those that lm-evaluation-harness 0.4 takes, and the
other split where both are in use. A card that measured something else says so, or has a column of its own for n.

The addresses beside the counts tell where a count can be looked up. Those of RTE, CB, BoolQ, HellaSwag, WinoGrande,
ARC, PIQA and SciQ were held against published results in full precision (accuracy times n is whole), MGSM, XQuAD and
TruthfulQA against the files themselves, the challenge of arc_ca and CatalanQA against their cards. The others, and the
sizes of classes, are as generally known and were not counted again.
"""

from dataclasses import dataclass
from functools import lru_cache

from acord.card.audit.names import LANGUAGE_OF, METRIC_OF, RATES, words_of
from acord.evaluate.suite import load_suite


@dataclass(frozen=True)
class Known:
    """items: possible n. chance: what guessing scores. shares: counts of a constant answer's right ones, of the first
    of items, by class, where the task has two. rates: metrics that are k of n; another metric of the task is none.
    languages: in which it has these items, None for all in which it exists. Translations by others often lack a few.
    """

    name: str
    items: tuple[int, ...]
    chance: float | None = None
    shares: tuple[int, ...] = ()
    rates: frozenset[str] = RATES
    languages: frozenset[str] | None = frozenset({"en"})


WITH_CA = frozenset({"en", "ca"})
WITH_CA_ES = frozenset({"en", "ca", "es"})
TASKS: dict[str, Known] = {
    known.name: known
    for known in (
        # GLUE and SuperGLUE, validation (the tests' labels are not public): https://gluebenchmark.com,
        # https://super.gluebenchmark.com. Shares are those of the labels in it.
        Known(
            "wnli", (71,), 0.5, (40, 31), languages=WITH_CA_ES
        ),  # translated line by line into ca (projecte-aina) and es (PlanTL)
        Known("rte", (277,), 0.5, (146, 131)),
        Known("cola", (1043,), 0.5, (721, 322)),
        Known("mrpc", (408,), 0.5, (279, 129)),
        Known("sst2", (872,), 0.5, (444, 428)),
        Known("qnli", (5463,), 0.5),
        Known("cb", (56,)),
        Known("wic", (638,), 0.5, (319, 319)),
        Known("wsc", (104,), 0.5, (66, 38)),
        Known("boolq", (3270,), 0.5, (2033, 1237)),
        # 500 in the test, 100 in validation: https://people.ict.usc.edu/~gordon/copa.html; XCOPA and COPA-ca alike.
        Known("copa", (500, 100), 0.5, languages=WITH_CA),
        Known("xcopa", (500, 100), 0.5, languages=None),
        # https://arxiv.org/abs/2308.16884: 900 questions in each of the 122 variants.
        Known("belebele", (900,), 0.25, languages=None),
        # https://arxiv.org/abs/2112.10668: 1,511 of the evaluation split, translated.
        Known("xstorycloze", (1511,), 0.5, languages=None),
        # https://huggingface.co/datasets/allenai/openbookqa: 500 in validation and 500 in the test.
        Known("openbookqa", (500,), 0.25, languages=WITH_CA_ES),
        # https://arxiv.org/abs/1908.11828: 2,000 in validation and 2,000 in the test of each language; paws-ca alike.
        Known("paws", (2000,), 0.5, languages=None),
        # https://huggingface.co/datasets/ybisk/piqa: 1,838 in validation; translated into ca.
        Known("piqa", (1838,), 0.5, languages=WITH_CA),
        # https://huggingface.co/datasets/allenai/ai2_arc: test, validation. Of projecte-aina/arc_ca the metadata give
        # 1,172 and 299 for the challenge; for the easy part its prose gives a round 2,380, so that is left out.
        Known("arceasy", (2376, 570), 0.25),
        Known("arcchallenge", (1172, 299), 0.25, languages=WITH_CA),
        # https://arxiv.org/abs/1809.05053: validation, test.
        Known("xnli", (2490, 5010), 1 / 3, languages=None),
        # https://huggingface.co/datasets/projecte-aina/teca: test, validation.
        Known("teca", (2117, 2116), 1 / 3, languages=frozenset({"ca"})),
        # https://arxiv.org/abs/2210.03057: the first 250 of GSM8K's test; translated into ca.
        Known("mgsm", (250,), languages=None),
        Known("gsm8k", (1319,)),
        # https://arxiv.org/abs/1910.11856. Not in Catalan: copies of xquad-ca with 1,060 questions are about.
        Known("xquad", (1190,), rates=frozenset({"exact_match"}), languages=frozenset({"en", "es"})),
        # https://huggingface.co/datasets/projecte-aina/catalanqa: test.
        Known("catalanqa", (2135,), rates=frozenset({"exact_match"}), languages=frozenset({"ca"})),
        # rc.nocontext's validation, and that of `unfiltered`: https://huggingface.co/datasets/mandarjoshi/trivia_qa.
        Known("triviaqa", (17944, 11313), rates=frozenset({"exact_match"})),
        # https://huggingface.co/datasets/allenai/social_i_qa: validation.
        Known("socialiqa", (1954,), 1 / 3),
        Known("hellaswag", (10042,), 0.25),
        Known("winogrande", (1267,), 0.5),
        Known("sciq", (1000,), 0.25),
        Known("commonsenseqa", (1221,), 0.2),
        # mc1 and the comparisons of the generated answer; mc2 is no share of items.
        Known("truthfulqa", (817,), None, (), frozenset({"bleu_acc", "rouge_acc"})),
        Known("truthfulqamc1", (817,)),
        Known("nqopen", (3610,), rates=frozenset({"exact_match"})),
        # Linguistic acceptability: two classes; the counts of items are not taken for certain here.
        Known("catcola", (), 0.5, languages=None),
        Known("escola", (), 0.5, languages=None),
    )
}
# Names under which cards have the same tasks.
ALSO = {
    "arce": "arceasy",
    "arcc": "arcchallenge",
    "arceasy": "arceasy",
    "xstory": "xstorycloze",
    "xsc": "xstorycloze",
    "obqa": "openbookqa",
    "pawsx": "paws",
    "siqa": "socialiqa",
    "socialiq": "socialiqa",
    "socialiqa": "socialiqa",
    "teca": "teca",
    "mgsmdirect": "mgsm",
    "mgsmnativecot": "mgsm",
    "gsm8kcot": "gsm8k",
    "csqa": "commonsenseqa",
    "truthfulqagen": "truthfulqa",
    "naturalquestionsopen": "nqopen",
    "copaca": "copa",
}
# Words of a label that tell one measurement of a task from another and not the task.
BESIDE = frozenset(
    """
    latn cyrl test validation dev val eval shot shots zero few bench spanish catalan basque galician strict flexible
    match extract norm
    """.split()  # noqa: SIM905 - as it is, it can be read
)


def known_task(label: str, language: str | None = None) -> Known | None:
    """The task that a card's label names, such as `Belebele Cat_latn`, `ARC (easy, 5-shot)` or `xnli_es`."""
    words = words_of(label.replace("_", " "))
    kept = [word for word in words if word not in BESIDE and word not in LANGUAGE_OF and not _is_measurement(word)]
    name = "".join(kept)
    known = TASKS.get(ALSO.get(name, name))
    if known is None or (language == "va" and known.name == "xnli"):
        return None  # the Valencian data of that name are others' work
    return known if language is None or known.languages is None or language in known.languages else None


def chance_of(label: str, language: str | None, metric: str | None) -> float | None:
    """What guessing scores, as a proportion: of a known task, else of the row of the suite `aitana`."""
    known = known_task(label, language)
    if known is not None and known.chance is not None:
        return known.chance if metric in RATES | {None} else None
    return _suite_chances().get((" ".join(words_of(label)), language, metric))


@lru_cache(maxsize=1)
def _suite_chances() -> dict[tuple[str, str | None, str | None], float]:
    """Chance by label, language and metric of the bundled suite's rows."""
    rows = load_suite("aitana").rows
    return {(" ".join(words_of(r.label)), r.language, r.metric): r.chance for r in rows if r.chance is not None}


def _is_measurement(word: str) -> bool:
    """`5`, `5shot`, `acc`: how it was measured. The 1 of MC1 and the 8 of GSM8K stand within words."""
    return word.isdigit() or word.endswith("shot") or word in METRIC_OF
