"""The whole path: corpus, tokenizer, one training, measuring, the packaged folder."""

import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch

from acord.align.machine import choose_precision
from acord.chat import ChatFormat
from acord.console import say
from acord.models import load_tokenizer, save_model, train_tokenizer
from acord.recipe import Align
from scripts.bundled.corpus import Corpus, read_corpus
from scripts.bundled.curriculum import drawing
from scripts.bundled.measure import replies, translation_scores, translations_of
from scripts.bundled.own_text import own_corpus
from scripts.bundled.training import Budget, Shape, new_model, new_policy, train
from scripts.bundled.translation import Translations

SEED = 20261124


class Setting(NamedTuple):
    """A size of the whole path. steps: of training, 0 where the clock decides. sentences: of the corpus at most."""

    shape: Shape
    steps: int
    sentences: int
    watched: int


FULL = Setting(Shape(layers=4, hidden=256, inner=704, vocabulary=4_096), 0, 10**9, 40)
SMOKE = Setting(Shape(layers=1, hidden=64, inner=128, vocabulary=600), 6, 300, 4)
# The second moment of the gradient over 50 steps rather than 1,000: there are only a few thousand in all.
ALIGN = Align(method="sft", learning_rate=3e-3, adam_betas=[0.9, 0.98], weight_decay=0.05, max_grad_norm=1.0)


def build(
    setting: Setting, text: Path, run: Path, *, minutes: float, threads: int, install: Path | None
) -> dict[str, Any]:
    """Train and save run/model, then copy it to `install` where that is given. Returns what was measured."""
    run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    corpus = prepared(setting, text, run)
    tokenizer = _tokenizer(setting, corpus, run)
    chat = ChatFormat.build(tokenizer)
    precision = choose_precision(ALIGN, "cpu")
    say(f"{precision.value}: {precision.reason}; {len(corpus.train)} pairs; {time.strftime('%H:%M:%S', time.gmtime())}")
    model = new_model(setting.shape, tokenizer, SEED)
    policy = new_policy(model, ALIGN, precision.value)
    budget = Budget(seconds=None if setting.steps else minutes * 60.0, steps=setting.steps)
    watched = translations_of(
        random.Random(SEED).sample(corpus.development, min(setting.watched, len(corpus.development)))
    )  # noqa: S311  nothing is kept secret
    last = [0.0]

    def watch(share: float) -> dict[str, Any]:
        if share - last[0] < 0.15:
            return {}
        last[0] = share
        policy.scorer.model.set_attn_implementation(policy.scorer.own_attention)
        try:
            found = replies(model, tokenizer, chat, watched)
        finally:
            policy.scorer.model.set_attn_implementation("acord_tree")
        for draft, reply in list(zip(watched, found, strict=True))[:3]:
            say(f"{draft.prompt}\n -> {reply}")
        scores = translation_scores(found, [draft.reply for draft in watched], samples=1)
        return {"development_bleu": round(scores["bleu"].value, 2), "development_chrf": round(scores["chrf"].value, 2)}

    draw = drawing(Translations(corpus.train, corpus.english))
    records = train(policy, chat, draw, ALIGN, budget, run, seed=SEED, watch=watch)
    trained = policy.trained_model(run, ALIGN)
    trained.config.dtype = torch.float32
    shutil.rmtree(run / "model", ignore_errors=True)
    save_model(trained, tokenizer, run / "model")
    report = {
        "steps": len(records),
        "tokens_distinct": sum(record["tokens_distinct"] for record in records),
        "tokens_unshared": sum(record["tokens_unshared"] for record in records),
        "seconds": sum(record["seconds"] for record in records),
        "parameters": sum(parameter.numel() for parameter in trained.parameters()),
        "precision": precision.value,
        "seed": SEED,
    }
    (run / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    if install is not None:
        shutil.rmtree(install, ignore_errors=True)
        shutil.copytree(run / "model", install)
    return report


def prepared(setting: Setting, text: Path, run: Path) -> Corpus:
    """The corpus, read once a run; the project's own few sentences where the public text is not there."""
    if not (text / "dogv_train.es.txt.gz").is_file():
        return own_corpus()
    kept = run / "corpus.json"
    if kept.is_file():
        return _loaded(kept)
    corpus = read_corpus(text, most=setting.sentences)
    partial = kept.with_suffix(".partial")
    partial.write_text(json.dumps(corpus), encoding="utf-8")
    os.replace(partial, kept)
    return corpus


def _loaded(path: Path) -> Corpus:
    from scripts.bundled.corpus import Parallel

    train, development, test, english = json.loads(path.read_text(encoding="utf-8"))
    return Corpus(*([Parallel(*pair) for pair in part] for part in (train, development, test)), english)


def _tokenizer(setting: Setting, corpus: Corpus, run: Path) -> Any:
    """Learnt on both languages' sentences, on English ones, and kept: a run that goes on must have the same."""
    folder = run / "tokenizer"
    if not (folder / "tokenizer.json").is_file():
        texts = [text for pair in corpus.train[::2] for text in pair] + corpus.english[::4]
        train_tokenizer(texts, setting.shape.vocabulary).save_pretrained(folder)
    return load_tokenizer(folder)
