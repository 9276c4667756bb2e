"""Words of cards made comparable: languages, metrics and their direction, what is an average."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

Better = Literal["higher", "lower"]

LANGUAGE_WORDS = {
    "va": "va val valencian valencià valenciano valencia valenciana ca-valencia",
    "ca": "ca cat catalan català catalán cat_latn catalán",
    "es": "es spa spanish español castellano castellà espanyol spa_latn",
    "en": "en eng english inglés anglès eng_latn",
    "eu": "eu eus basque euskera euskara eus_latn",
    "gl": "gl glg galician gallego galego glg_latn",
    "pt": "pt por portuguese portugués por_latn",
    "fr": "fr fra french francés fra_latn",
    "de": "de deu german alemán deu_latn",
    "it": "it ita italian italiano ita_latn",
    "zh": "zh zho chinese",
    "ru": "ru rus russian",
    "ja": "ja jpn japanese",
}
LANGUAGE_OF = {word: tag for tag, words in LANGUAGE_WORDS.items() for word in words.split()}
# Two-letter words of English, Spanish and Catalan prose are tags only where a column or a label says so.
AMBIGUOUS = frozenset({"es", "en", "de", "it", "ca", "va", "val", "por", "cat"})
PAIR = re.compile(r"\b([a-z]{2,3})\s*(?:-|–|→|->|_to_|2|>)\s*([a-z]{2,3})\b")

# A metric's name here: what cards call it, and which way is good. Rates count right answers: k of n.
_METRICS: dict[str, tuple[str, Better]] = {
    "acc_norm": ("acc_norm|acc norm|normalized accuracy|normalised accuracy|accuracy norm", "higher"),
    "bleu_acc": ("bleu_acc|bleu acc", "higher"),
    "rouge_acc": ("rouge1_acc|rouge2_acc|rougel_acc", "higher"),
    "acc": ("acc|accuracy|exactitud|precisió|mc1|acc mc1", "higher"),
    "exact_match": ("exact_match|exact match|em|exact|coincidència exacta", "higher"),
    "mcc": ("mcc|matthews|matthews correlation|phi", "higher"),
    "f1": ("f1|f1_score|f1 score|macro f1|micro f1|macro_f1", "higher"),
    "bleu": ("bleu|sacrebleu", "higher"),
    "chrf": ("chrf|chrf++|chrf2", "higher"),
    "comet": ("comet|xcomet|comet22", "higher"),
    "rouge": ("rouge|rouge1|rouge2|rougel|rouge 1|rouge 2|rouge l|rouge lsum|rougelsum", "higher"),
    "bertscore": ("bertscore|bert score", "higher"),
    "pass@1": ("pass@1|pass at 1", "higher"),
    "win_rate": ("win rate|winrate|win_rate|win %", "higher"),
    "rating": ("rating|mean rating|judge score|mean score|average rating|puntuació|puntuación", "higher"),
    "ter": ("ter|translation edit rate", "lower"),
    "perplexity": ("perplexity|ppl|word_perplexity|byte_perplexity|perplexitat|perplejidad", "lower"),
    "bits_per_byte": ("bits_per_byte|bits per byte|bpb", "lower"),
    "wer": ("wer|word error rate", "lower"),
    "cer": ("cer|character error rate", "lower"),
    "error": ("error rate|error|err", "lower"),
    "brier": ("brier|brier score", "lower"),
    "ece": ("ece|calibration error|expected calibration error", "lower"),
    "loss": ("loss|nll|cross entropy", "lower"),
    "toxicity": ("toxicity|toxicity rate|toxicitat|toxicidad", "lower"),
    "latency": ("latency|seconds|time", "lower"),
}
METRIC_OF = {word: name for name, (words, _) in _METRICS.items() for word in words.split("|")}
BETTER: dict[str, Better] = {name: better for name, (_, better) in _METRICS.items()}
RATES = frozenset({"acc", "acc_norm", "exact_match", "bleu_acc", "rouge_acc"})
PROPORTIONS = RATES | {"f1"}

# The whole of a label: "Mean error" and "MMLU average" are scores of their own.
AVERAGE = re.compile(
    r"\W*((macro|micro|overall|total|weighted|unweighted)[- ]*)?"
    r"(avg\.?|average|averages|mean|overall|mitjana|media|promedio|global)"
    r"([- ]*(avg\.?|average|score|scores|accuracy|acc|performance|result|rating))?"
    r"(\s+(of|over|across)\b.*)?\s*(\([^)]*\))?\W*",
    re.IGNORECASE,
)
UP, DOWN = re.compile(r"[↑⬆]|higher is better", re.IGNORECASE), re.compile(r"[↓⬇]|lower is better", re.IGNORECASE)


def plain(text: str) -> str:
    """Lower case, compatibility forms made one, spaces single."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def words_of(text: str) -> list[str]:
    """The words of a label: letters and digits, cut at signs, underscores and spaces."""
    return re.findall(r"[^\W_]+", plain(text))


def language_of(text: str) -> str | None:
    """The tag that a language column's text or a whole label means, None for a pair or for what is no language."""
    return LANGUAGE_OF.get(plain(text).strip(" .()[]:🇪🇸"))


def pair_of(text: str) -> tuple[str, str] | None:
    """The translation direction in a text, as tags: `ca-va`, `es → en`."""
    for first, second in PAIR.findall(plain(text).replace("_", "-")):
        if first in LANGUAGE_OF and second in LANGUAGE_OF and LANGUAGE_OF[first] != LANGUAGE_OF[second]:
            return LANGUAGE_OF[first], LANGUAGE_OF[second]
    return None


def language_in_brackets(text: str) -> str | None:
    """The only language that stands as a tag in brackets, as in `Benchmarks (es)`."""
    found = {tag for word in re.findall(r"[(\[]\s*([^()\[\]]{1,20}?)\s*[)\]]", text) if (tag := language_of(word))}
    return found.pop() if len(found) == 1 else None


def languages_in(text: str, *, tags: bool) -> list[str]:
    """Languages that a text names, in its order. tags: whether `es`, `ca` and the like count too."""
    found = [LANGUAGE_OF[word] for word in words_of(text) if word in LANGUAGE_OF and (tags or word not in AMBIGUOUS)]
    return list(dict.fromkeys(found))


def metric_of(text: str) -> str | None:
    """The metric that a whole text names, as `acc`, `exact_match`, `bleu`; None for one that is not known."""
    name = UP.sub("", DOWN.sub("", plain(text))).split(",")[0]
    name = re.sub(r"\([^)]*\)|[%*:`]", " ", name)
    name = " ".join(name.split())
    return METRIC_OF.get(name) or METRIC_OF.get(name.replace("-", " ")) or METRIC_OF.get(name.replace(" ", "_"))


def metrics_in(text: str) -> list[str]:
    """Metrics that a text names among other words, in its order; `error`, `time` and the like do not count there."""
    lower = plain(text)
    found: list[tuple[int, int, str]] = []
    for word, name in METRIC_OF.items():
        if name in ("error", "loss", "latency", "rating", "toxicity") or word in ("exact", "phi", "em"):
            continue
        found += [(match.start(), -len(word), name) for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", lower)]
    return list(dict.fromkeys(name for _, _, name in sorted(found)))


def better_of(metric: str | None, *texts: str) -> Better | None:
    """Which way a metric is good: as the texts say by arrow or words, else as the metric is known to be."""
    for text in texts:
        if bool(UP.search(text)) != bool(DOWN.search(text)):
            return "higher" if UP.search(text) else "lower"
    return BETTER.get(metric) if metric else None


def is_average(texts: Iterable[str]) -> bool:
    """Whether a row's or column's labels say that it averages others."""
    return any(AVERAGE.fullmatch(text) for text in texts)
