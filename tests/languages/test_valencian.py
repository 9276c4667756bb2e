"""The detector on blocks: what its lexicon may hold, what it must not count, and real text held out."""

import gzip
import math
import re
from pathlib import Path

import pytest

from acord.languages.valencian import judge, lexicon
from acord.languages.variety import label_of
from tests.languages import variety_sentences

TEXTS = Path(__file__).parents[2] / "../shared/data/text"
# Forms that the norm admits. Central Catalan has the first ones too; the translator never writes the second ones.
ADMITTED_AND_SHARED = (
    "aquest aquesta servei avui ofereix estableix tenir venir veure obtenir mantenir vuit sortir tarda petit durada "
    "recerca establert ofert complert sortida nen aviat gairebé veritable aquí mirall néixer estrella hagués pogués "
    "fos vacances"
)
ADMITTED_AND_OURS = (
    "este esta eixe açò servici servicis hui huit oferix establix servisca tindre vindre vore xicotet mentres jóvens "
    "hòmens"
)


def test_the_lexicon_is_whole() -> None:
    weights = lexicon()
    assert 900 <= len(weights) <= 2000
    assert list(weights) == sorted(weights)
    assert all(form == form.lower() and 0.5 <= abs(weight) <= 3.0 for form, weight in weights.items())
    assert min(sum(weight > 0 for weight in weights.values()), sum(weight < 0 for weight in weights.values())) >= 400


@pytest.mark.parametrize("form", ADMITTED_AND_SHARED.split())
def test_no_form_that_the_norm_admits_is_central(form: str) -> None:
    assert lexicon().get(form, 0) >= 0
    assert judge(f"Això és el {form} de la casa.").central_forms in ((), ("nen",))
    assert label_of(judge(f"Això és el {form} de la casa.")) == "neutral"


@pytest.mark.parametrize("form", ADMITTED_AND_OURS.split())
def test_forms_that_the_translator_never_writes_are_valencian(form: str) -> None:
    judged = judge(f"Diuen {form} de la casa.")
    assert judged.central_forms == ()
    assert label_of(judged) == "valencian"


def test_central_forms_of_the_lexicon_stand_outside_the_norm() -> None:
    """Subjunctives in -i, first persons in -o, an open e, and meva: nothing of the general lexicon."""
    outside = re.compile(r"\w{2,}[iï][sn]?|\w{3,}o|\w*è\w*|[mts]ev(?:a|es)")
    central = [form for form, weight in lexicon().items() if weight < 0]
    assert [form for form in central if not outside.fullmatch(form)] == []


def test_probabilities_sum_to_one_and_follow_the_evidence() -> None:
    nothing = judge("")
    assert nothing == (0, 0, 1, (), ())
    one = judge("la seua casa")
    assert one.valencian_forms == ("seua",)
    assert one.neutral == pytest.approx(math.exp(-3))
    assert one.valencian == pytest.approx((1 - math.exp(-3)) / (1 + math.exp(-3)))
    two = judge("la seua casa i la meua")
    assert two.valencian > one.valencian
    mixed = judge("la seua casa i la seva")
    assert mixed.valencian == pytest.approx(mixed.central)
    for judged in (nothing, one, two, mixed, judge("la meva")):
        assert judged.valencian + judged.central + judged.neutral == pytest.approx(1)


def test_every_occurrence_counts_and_code_does_not() -> None:
    assert judge("la seua, la seua").valencian_forms == ("seua", "seua")
    assert judge("`seua` ```\nseua\n``` https://example.com/seua").valencian_forms == ()


def test_the_open_e_is_faint() -> None:
    """The universities of the Valencian Country write it."""
    assert label_of(judge("Una classe d'anglès.")) == "neutral"
    assert label_of(judge("La seua classe d'anglès i de francès per a conèixer el cinquè comitè.")) == "valencian"
    assert label_of(judge("Una classe d'anglès i de francès.")) == "central_catalan"


def test_short_sentences_stay_as_they_were() -> None:
    """183 of 184 when the lexicon was added; the marks alone had 184 of their own making."""
    from acord.languages.variety import classify

    sentences = {
        "valencian": variety_sentences.VALENCIAN, "central_catalan": variety_sentences.CENTRAL,
        "neutral": variety_sentences.NEUTRAL, "spanish": variety_sentences.SPANISH,
        "english": variety_sentences.ENGLISH, "other": variety_sentences.OTHER,
    }  # fmt: skip
    found = [classify(one).label == label for label, listed in sentences.items() for one in listed]
    assert len(found) == 184
    assert sum(found) >= 182


def _blocks(name: str) -> list[str]:
    path = TEXTS / f"{name}.txt.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    lines = [line.strip() for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line.strip()]
    held_out = lines[int(0.8 * len(lines)) :] if name.startswith("boumh") else lines
    return ["\n".join(held_out[start : start + 10]) for start in range(0, len(held_out) - 9, 10)]


@pytest.mark.slow
def test_held_out_valencian_is_recognised() -> None:
    blocks = [block for name in ("dogv_dev.va", "dogv_test.va", "boumh.va") for block in _blocks(name)]
    assert len(blocks) == 130 + 153 + 822
    labels = [label_of(judge(block)) for block in blocks]
    assert labels.count("valencian") >= 0.95 * len(blocks)
    assert labels.count("central_catalan") <= 0.005 * len(blocks)


@pytest.mark.slow
def test_catalan_news_are_not_called_valencian() -> None:
    """By writers who say seva; others in that collection are Valencian and say seua."""
    central = [one for one in _blocks("globalvoices.ca") if re.search(r"\b[mts]ev(?:a|es)\b", one)]
    blocks = [one for one in central if not re.search(r"\b[mts]eu(?:a|es)\b", one)]
    assert len(blocks) >= 750
    labels = [label_of(judge(block)) for block in blocks]
    assert labels.count("valencian") <= 0.02 * len(blocks)
    assert labels.count("central_catalan") >= 0.95 * len(blocks)
