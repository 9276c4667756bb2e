"""Public tasks of lm-evaluation-harness: the hub's data set that each measures on. As in lm-evaluation-harness 0.4.13.

A table rather than a look into the installed harness: a card depends on its evidence, not on what is installed.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Benchmark(NamedTuple):
    """data_set: on the hub. config: None for the only one. split: of which the items are."""

    data_set: str
    config: str | None
    split: str


BENCHMARKS: Mapping[str, Benchmark] = {
    task: Benchmark(*place)
    for task, place in {
        "xnli_va": ("gplsi/xnli_va", None, "test"),
        "cocoteros_va": ("gplsi/cocoteros_va", None, "test"),
        "phrases_ca-va": ("gplsi/CA-VA_alignment_test", None, "test"),
        "phrases_va-ca": ("gplsi/CA-VA_alignment_test", None, "test"),
        "phrases_va-es": ("gplsi/ES-VA_translation_test", None, "test"),
        "phrases_es-va": ("gplsi/ES-VA_translation_test", None, "test"),
        "truthfulqa_va": ("gplsi/truthfulqa_va", "generation", "validation"),
        "belebele_cat_Latn": ("facebook/belebele", "cat_Latn", "test"),
        "belebele_spa_Latn": ("facebook/belebele", "spa_Latn", "test"),
        "belebele_eng_Latn": ("facebook/belebele", "eng_Latn", "test"),
        "copa_ca": ("projecte-aina/COPA-ca", None, "test"),
        "xstorycloze_ca": ("projecte-aina/xstorycloze_ca", "ca", "eval"),
        "xstorycloze_es": ("juletxara/xstory_cloze", "es", "eval"),
        "xstorycloze_en": ("juletxara/xstory_cloze", "en", "eval"),
        "openbookqa_ca": ("projecte-aina/openbookqa_ca", None, "test"),
        "openbookqa_es": ("BSC-LT/openbookqa-es", None, "test"),
        "openbookqa": ("allenai/openbookqa", "main", "test"),
        "paws_ca": ("projecte-aina/PAWS-ca", None, "test"),
        "paws_es_spanish_bench": ("google-research-datasets/paws-x", "es", "test"),
        "paws_en": ("google-research-datasets/paws-x", "en", "test"),
        "piqa_ca": ("projecte-aina/piqa_ca", None, "validation"),
        "piqa": ("baber/piqa", None, "validation"),
        "arc_ca_easy": ("projecte-aina/arc_ca", "ARC-Easy", "test"),
        "arc_ca_challenge": ("projecte-aina/arc_ca", "ARC-Challenge", "test"),
        "arc_easy": ("allenai/ai2_arc", "ARC-Easy", "test"),
        "arc_challenge": ("allenai/ai2_arc", "ARC-Challenge", "test"),
        "xnli_ca": ("projecte-aina/xnli-ca", None, "validation"),
        "xnli_es": ("facebook/xnli", "es", "validation"),
        "xnli_en": ("facebook/xnli", "en", "validation"),
        "teca": ("projecte-aina/teca", None, "test"),
        "wnli_ca": ("projecte-aina/wnli-ca", None, "validation"),
        "wnli_es": ("PlanTL-GOB-ES/wnli-es", None, "validation"),
        "wnli": ("nyu-mll/glue", "wnli", "validation"),
        "catcola": ("nbel/CatCoLA", None, "validation"),
        "escola": ("nbel/EsCoLA", None, "validation"),
        "catalanqa": ("projecte-aina/catalanqa", None, "test"),
        "mgsm_direct_ca": ("projecte-aina/mgsm_ca", None, "test"),
        "mgsm_direct_es_spanish_bench": ("juletxara/mgsm", "es", "test"),
        "mgsm_direct_en": ("juletxara/mgsm", "en", "test"),
        "xquad_ca": ("projecte-aina/xquad-ca", None, "test"),
        "xquad_es": ("google/xquad", "xquad.es", "validation"),
        "cabreu_abstractive": ("projecte-aina/caBreu", None, "test"),
        "cabreu_extractive": ("projecte-aina/caBreu", None, "test"),
        "cabreu_extreme": ("projecte-aina/caBreu", None, "test"),
        "cocoteros_es": ("gplsi/cocoteros", None, "test"),
        "xlsum_es": ("csebuetnlp/xlsum", "spanish", "test"),
        "social_iqa": ("lighteval/siqa", None, "validation"),
        "triviaqa": ("mandarjoshi/trivia_qa", "rc.nocontext", "validation"),
    }.items()
}
