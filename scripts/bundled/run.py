"""The whole path: corpus, tokenizer, one training in two parts, measuring, the packaged folder."""

import json
import random
import shutil
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch

from acord.align.machine import choose_precision
from acord.align.policy import Policy
from acord.chat import ChatFormat
from acord.console import say
from acord.models import load_model, load_tokenizer, save_model, train_tokenizer
from acord.recipe import Align
from acord.tree.attention import NAME
from scripts.bundled.card import write_card
from scripts.bundled.corpus import Corpus, Parallel, read_corpus
from scripts.bundled.curriculum import PARTS, Part, drawing
from scripts.bundled.measure import measure, spanish_to_valencian
from scripts.bundled.model import Shape, new_model, new_policy
from scripts.bundled.own_text import own_corpus
from scripts.bundled.scores import translation_scores
from scripts.bundled.speak import replies
from scripts.bundled.training import Budget, Course, Record, train
from scripts.bundled.translation import Translations
from scripts.bundled.wiring import wire_copying

SEED = 20261124
WATCH_SHARE = 0.15  # of the training, between two measurements


class Setting(NamedTuple):
    """A size of the whole path. steps: of training, 0 where the clock decides. lines: of each file at most. items: of
    every measurement at most; watched: of those while training goes on."""

    shape: Shape
    steps: int
    lines: int
    items: int
    watched: int


FULL = Setting(Shape(layers=4, hidden=256, inner=704, vocabulary=4_096), 0, 10**9, 10**9, 40)
SMOKE = Setting(Shape(layers=1, hidden=64, inner=128, vocabulary=600), 6, 300, 4, 4)
# The second moment of the gradient over 50 steps rather than 1,000: there are only a few thousand in all.
ALIGN = Align(method="sft", learning_rate=1.5e-3, adam_betas=[0.9, 0.98], weight_decay=0.05, max_grad_norm=1.0)


def build(setting: Setting, text: Path, run: Path, *, minutes: Sequence[float], threads: int) -> Path:
    """Train run/model, measure it, write its card. What is there already is not made again. Returns the folder.

    minutes: of each part of the training. A part's model and report are kept in run/NAME.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    corpus = prepared(setting, text, run)
    tokenizer = _tokenizer(setting, corpus, run)
    model = None
    for part, length in zip(PARTS, minutes, strict=True):
        folder = run / part.name
        if not (folder / "report.json").is_file():
            _train(setting, part, model, tokenizer, corpus, folder, length)
        model = folder / "model"
    if not (run / "figures.json").is_file():
        shutil.rmtree(run / "model", ignore_errors=True)
        shutil.copytree(folder / "model", run / "model")
        figures = measure(run / "model", corpus, items=setting.items, seed=SEED)
        _write_json(figures, run / "figures.json")
    reports = [json.loads((run / part.name / "report.json").read_text()) for part in PARTS]
    write_card(reports, json.loads((run / "figures.json").read_text()), run / "model")
    return run / "model"


def _train(
    setting: Setting, part: Part, before: Path | None, tokenizer: Any, corpus: Corpus, folder: Path, minutes: float
) -> None:
    """One part, from the model of the one before it, or from new weights."""
    chat = ChatFormat.build(tokenizer)
    align = ALIGN.model_copy(update={"learning_rate": part.rate})
    precision = choose_precision(align, "cpu")
    say(f"{part.name}: {precision.value}: {precision.reason}; {len(corpus.train)} pairs to learn from")
    if before is None:
        model = new_model(setting.shape, tokenizer, SEED)
        wire_copying(model, SEED)
    else:
        model = load_model(before)
    policy = new_policy(model, align, precision.value)
    budget = Budget(None if setting.steps else minutes * 60.0, setting.steps, part.rate)
    course = Course(
        chat=chat,
        draw_for=drawing(Translations(corpus.train, corpus.english), part.stages),
        align=align,
        budget=budget,
        seed=SEED + part.seed,
        watch=_watching(policy, tokenizer, chat, corpus.development, setting.watched),
    )
    records = train(policy, course, folder)
    trained = policy.trained_model(folder, align)
    trained.config.dtype = torch.float32
    shutil.rmtree(folder / "model", ignore_errors=True)
    save_model(trained, tokenizer, folder / "model")
    counts = {
        key: round(sum(record[key] for record in records))
        for key in ("tokens_distinct", "tokens_unshared", "tokens_scored", "examples", "seconds")
    }
    parameters = sum(parameter.numel() for parameter in trained.parameters())
    about = {
        "steps": len(records),
        "parameters": parameters,
        "precision": precision.value,
        "seed": SEED,
        "layers": setting.shape.layers,
        "vocabulary": len(tokenizer),
        "machine": f"{torch.get_num_threads()} threads of a CPU",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "tokenizers")),
    }
    _write_json(about | counts, folder / "report.json")


def _watching(
    policy: Policy, tokenizer: Any, chat: ChatFormat, development: list[Parallel], items: int
) -> Callable[[float], Record]:
    """What measures translation as training goes on, on sentences of DOGV's development part."""
    sample = random.Random(SEED).sample(development, min(items, len(development)))  # noqa: S311  nothing is kept secret
    drafts = spanish_to_valencian(sample)
    measured = [0.0]

    def watch(share: float) -> Record:
        if share - measured[0] < WATCH_SHARE:
            return {}
        measured[0] = share
        model: Any = policy.scorer.model
        model.set_attn_implementation(policy.scorer.own_attention)
        try:
            found = replies(model, tokenizer, chat, drafts)
        finally:
            model.set_attn_implementation(NAME)
        scores = translation_scores(found, [draft.reply for draft in drafts], samples=1)
        return {f"development_{name}": score.value for name, score in scores.items()}

    return watch


def prepared(setting: Setting, text: Path, run: Path) -> Corpus:
    """The corpus, read once a run; the project's own few sentences where the public text is not there."""
    if not (text / "dogv_train.es.txt.gz").is_file():
        return own_corpus()
    kept = run / "corpus.json"
    if not kept.is_file():
        _write_json(read_corpus(text, most=setting.lines), kept)
    train, development, test, english = json.loads(kept.read_text(encoding="utf-8"))
    return Corpus(_parallel(train), _parallel(development), _parallel(test), english)


def _parallel(rows: list[list[str]]) -> list[Parallel]:
    return [Parallel(es, va) for es, va in rows]


def _tokenizer(setting: Setting, corpus: Corpus, run: Path) -> Any:
    """Learnt on half of the pairs and a quarter of the English, and kept: a run that goes on must have the same."""
    folder = run / "tokenizer"
    if not (folder / "tokenizer.json").is_file():
        texts = [text for pair in corpus.train[::2] for text in pair] + corpus.english[::4]
        train_tokenizer(texts, setting.shape.vocabulary).save_pretrained(folder)
    return load_tokenizer(folder)


def _write_json(content: Any, path: Path) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
