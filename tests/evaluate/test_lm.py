"""AcordLM inside the harness: the same figures as the hf backend, kept, resumed, and never mixed up between models."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lm_eval import simple_evaluate
from lm_eval.api.registry import get_model
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from acord.errors import InputError
from acord.evaluate import lm_eval
from acord.evaluate.likelihood import Done, LocalPacks, Pack
from acord.evaluate.lm import AcordLM, load
from acord.evaluate.store import ItemStore
from tests.evaluate.samples import FakeGenerator, asked, save_small_model, write_task

FORK = multiprocessing.get_context("fork")
CHOICES = [
    {
        "passage": "Bon dia, què tal?",
        "question": f"Quants dies té una setmana {number}?",
        "choices": ["Set", " Vuit", "Nou dies"],
        "gold": number % 3,
    }
    for number in range(9)
]
MULTIPLE_CHOICE = {
    "output_type": "multiple_choice",
    "doc_to_text": "{{passage}}\nPregunta: {{question}}\nResposta:",
    "doc_to_choice": "{{choices}}",
    "doc_to_target": "{{gold}}",
    "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
}


@pytest.fixture(scope="module", params=["trained", "bos"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("model"), kind=request.param, context=512)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("trained"), context=512)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path_factory.getbasetemp() / "datasets"))


def run(lm: Any, tasks: Path, name: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = simple_evaluate(
        model=lm,
        tasks=[name],
        task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
        bootstrap_iters=0,
        log_samples=True,
        **options,
    )
    return found


def scores(results: dict[str, Any], name: str) -> list[tuple[Any, float, bool]]:
    return [
        (sample["doc_id"], float(logp), bool(greedy))
        for sample in results["samples"][name]
        for ((logp, greedy),) in sample["resps"]
    ]


def check_same(theirs: dict[str, Any], ours: dict[str, Any], name: str) -> None:
    left, right = scores(theirs, name), scores(ours, name)
    assert len(left) == len(right) > 0
    assert [one[0] for one in left] == [one[0] for one in right]
    assert [one[1] for one in left] == pytest.approx([one[1] for one in right], abs=1e-3)
    assert [one[2] for one in left] == [one[2] for one in right]
    figures = {key: value for key, value in theirs["results"][name].items() if "stderr" not in key}
    assert {key: ours["results"][name][key] for key in figures} == figures


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"apply_chat_template": True}, {"num_fewshot": 2}])
def test_a_task_gets_the_figures_of_the_hf_backend(folder: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    if options.get("apply_chat_template") and "bos" in str(folder):
        options = {**options, "system_instruction": "You are a helpful assistant."}
    tasks = write_task(tmp_path, "setmana", CHOICES, **MULTIPLE_CHOICE, fewshot_split="test")
    theirs = run(HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=4), tasks, "setmana", **options)
    loaded = load(folder, "float32")
    check_same(theirs, run(AcordLM(loaded, tokenisation="hf"), tasks, "setmana", **options), "setmana")
    # Nothing in these texts looks like a control token, so Acord's own way asks the same of the model.
    if not options.get("apply_chat_template"):
        check_same(theirs, run(AcordLM(loaded), tasks, "setmana", **options), "setmana")


@pytest.mark.slow
def test_a_begun_reply_is_understood(trained: Path, tmp_path: Path) -> None:
    tasks = write_task(tmp_path, "begun", CHOICES, **MULTIPLE_CHOICE, gen_prefix="Resposta:")
    lm = AcordLM(load(trained, "float32"))
    theirs = run(HFLM(pretrained=str(trained), device="cpu", dtype="float32"), tasks, "begun", apply_chat_template=True)
    check_same(theirs, run(lm, tasks, "begun", apply_chat_template=True), "begun")


@pytest.mark.slow
def test_whole_texts_get_the_figures_of_the_hf_backend(trained: Path, tmp_path: Path) -> None:
    rows = [{"text": "Bon dia, què tal? " * repeats} for repeats in (1, 3, 200)]
    settings = {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{text}}",
        "metric_list": [{"metric": "word_perplexity"}, {"metric": "bits_per_byte"}],
    }
    tasks = write_task(tmp_path, "rolling", rows, **settings)
    theirs = run(HFLM(pretrained=str(trained), device="cpu", dtype="float32"), tasks, "rolling")
    for tokenisation in ("hf", "acord"):
        ours = run(AcordLM(load(trained, "float32"), tokenisation=tokenisation), tasks, "rolling")
        for metric in ("word_perplexity,none", "bits_per_byte,none"):
            assert ours["results"]["rolling"][metric] == pytest.approx(theirs["results"]["rolling"][metric], rel=1e-5)


GENERATION = {
    "output_type": "generate_until",
    "doc_to_text": "{{question}}\nResposta:",
    "doc_to_target": "{{answer}}",
    "generation_kwargs": {"until": ["\n\n", "Q:"], "do_sample": False, "temperature": 0.0, "max_gen_toks": 24},
    "metric_list": [{"metric": "exact_match"}],
}


def texts(results: dict[str, Any], name: str) -> list[str]:
    return [sample["resps"][0][0] for sample in results["samples"][name]]


@pytest.mark.slow
@pytest.mark.parametrize("chat", [False, True])
def test_replies_are_those_of_the_hf_backend(trained: Path, tmp_path: Path, chat: bool) -> None:
    rows = [{"question": f"{'Bon dia. ' * number}Quants dies?", "answer": "Set"} for number in range(6)]
    tasks = write_task(tmp_path, "replies", rows, **GENERATION)
    backend = HFLM(pretrained=str(trained), device="cpu", dtype="float32", batch_size=3)
    theirs = run(backend, tasks, "replies", apply_chat_template=chat)
    for tokenisation in ("hf", "acord"):
        lm = AcordLM(load(trained, "float32"), tokenisation=tokenisation)
        assert texts(run(lm, tasks, "replies", apply_chat_template=chat), "replies") == texts(theirs, "replies")
    assert len({*texts(theirs, "replies")}) > 1


class Counting:
    """Scores in this process, counts, and kills it after some packs where asked to."""

    def __init__(self, lm: AcordLM, kill_after: int | None = None) -> None:
        self.local = LocalPacks(lm.loaded.scorer)
        self.kill_after = kill_after
        self.requests = 0
        self.packs = 0

    def __call__(self, packs: Sequence[Pack], done: Done) -> None:
        def counted(number: int, found: Any) -> None:
            if self.packs == self.kill_after:
                os.kill(os.getpid(), signal.SIGKILL)
            self.packs += 1
            self.requests += len(packs[number])
            done(number, found)

        self.local(packs, counted)


def counted_lm(folder: Path, store: Path, kill_after: int | None = None) -> AcordLM:
    lm = AcordLM(load(folder, "float32"), store=ItemStore(store), token_budget=64)
    lm.score_packs = Counting(lm, kill_after)
    return lm


def _killed(folder: Path, store: Path, tasks: Path, kill_after: int) -> None:
    run(counted_lm(folder, store, kill_after), tasks, "setmana", apply_chat_template=True)


@pytest.mark.slow
def test_a_killed_evaluation_goes_on_and_gives_identical_results(
    trained: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # A forked process has none of its parent's OpenMP threads, and would wait for them.
    request.addfinalizer(partial(torch.set_num_threads, torch.get_num_threads()))
    torch.set_num_threads(1)
    tasks = write_task(tmp_path, "setmana", CHOICES, **MULTIPLE_CHOICE)
    whole = counted_lm(trained, tmp_path / "whole.sqlite")
    undisturbed = run(whole, tasks, "setmana", apply_chat_template=True)
    assert whole.score_packs.packs >= 4
    process = FORK.Process(target=_killed, args=(trained, tmp_path / "items.sqlite", tasks, 2))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    rest = counted_lm(trained, tmp_path / "items.sqlite")
    resumed = run(rest, tasks, "setmana", apply_chat_template=True)
    assert resumed["samples"] == undisturbed["samples"]
    assert resumed["results"] == undisturbed["results"]
    assert rest.score_packs.packs == whole.score_packs.packs - 2
    again = counted_lm(trained, tmp_path / "items.sqlite")
    assert run(again, tasks, "setmana", apply_chat_template=True)["samples"] == undisturbed["samples"]
    assert again.score_packs.packs == 0


@pytest.mark.slow
def test_two_models_at_one_path_share_nothing(tmp_path: Path) -> None:
    tasks = write_task(tmp_path / "tasks", "setmana", CHOICES, **MULTIPLE_CHOICE)
    folder, store = tmp_path / "model", tmp_path / "items.sqlite"
    first = counted_lm(save_small_model(folder, seed=0), store)
    one = run(first, tasks, "setmana")
    second = counted_lm(save_small_model(folder, seed=1), store)
    other = run(second, tasks, "setmana")
    assert first.loaded.identity != second.loaded.identity
    assert first.score_packs.requests == second.score_packs.requests == 27
    assert scores(one, "setmana") != scores(other, "setmana")
    back = counted_lm(save_small_model(folder, seed=0), store)
    assert scores(run(back, tasks, "setmana"), "setmana") == scores(one, "setmana")
    assert back.score_packs.requests == 0


def test_generation_is_asked_as_the_harness_does_and_each_reply_is_kept(trained: Path, tmp_path: Path) -> None:
    loaded = load(trained, "float32")
    store = ItemStore(tmp_path / "items.sqlite")
    settings = {"until": ["\n", "Q:"], "max_gen_toks": 20, "do_sample": False, "temperature": 1.0}
    requests = asked(*[(f"Bon dia {number}", dict(settings)) for number in range(6)], kind="generate_until")
    stopped = FakeGenerator(stop_after=2)
    with pytest.raises(KeyboardInterrupt):
        AcordLM(loaded, store=store, generator=stopped).generate_until(requests)
    generator = FakeGenerator()
    lm = AcordLM(loaded, store=store, generator=generator)
    found = lm.generate_until(requests)
    assert found == [f"{len(lm._encoder.prompt(f'Bon dia {number}'))} read, seed 0" for number in range(6)]
    assert len(stopped.requests) == 2
    assert len(generator.requests) == 4
    one = generator.requests[0]
    assert one.stop == ("\n", "Q:", "<|im_end|>")
    assert (one.max_new_tokens, one.temperature, one.top_p) == (20, 0.0, None)
    lm.generate_until(requests)
    assert len(generator.requests) == 4
    lm.generate_until(asked(("Bon dia 0", {**settings, "max_gen_toks": 21}), kind="generate_until"))
    assert len(generator.requests) == 5


def test_samples_of_one_prompt_are_different_draws_and_the_same_in_every_run(trained: Path) -> None:
    generator = FakeGenerator()
    lm = AcordLM(load(trained, "float32"), generator=generator, seed=7)
    settings = {"do_sample": True, "temperature": 0.7, "top_p": 0.9}
    requests = asked(*[("Bon dia", dict(settings))] * 3, ("Hola", dict(settings)), kind="generate_until")
    found = lm.generate_until(requests)
    assert [text.partition(", ")[2] for text in found] == ["seed 7", "seed 8", "seed 9", "seed 7"]
    assert {(one.temperature, one.top_p, one.max_new_tokens) for one in generator.requests} == {(0.7, 0.9, 256)}
    assert lm.generate_until(requests) == found


def test_a_long_prompt_leaves_room_for_its_reply(trained: Path) -> None:
    generator = FakeGenerator()
    lm = AcordLM(load(trained, "float32"), generator=generator)
    text = "Bon dia, què tal? " * 300
    lm.generate_until(asked((text, {"max_gen_toks": 100}), kind="generate_until"))
    assert generator.requests[0].ids == lm._encoder.prompt(text)[-412:]
    with pytest.raises(ValueError, match="512 new tokens and the model reads 512"):
        lm.generate_until(asked(("x", {"max_gen_toks": 512}), kind="generate_until"))
    with pytest.raises(ValueError, match="num_beams=10 is not known"):
        lm.generate_until(asked(("x", {"num_beams": 10}), kind="generate_until"))


def test_the_harness_makes_it_from_its_arguments(trained: Path, tmp_path: Path) -> None:
    made = get_model("acord").create_from_arg_string(
        f"pretrained={trained},tokenisation=hf,store={tmp_path / 'items.sqlite'},token_budget=512",
        {"batch_size": 1, "max_batch_size": None, "device": "cpu"},
    )
    assert isinstance(made, AcordLM)
    assert (made.tokenisation, made.token_budget, made.max_length) == ("hf", 512, 512)
    assert (made.rank, made.world_size) == (0, 1)
    assert made.store is not None
    for wrong, told in [
        (f"pretrained={trained},tokenization=hf", "acord takes no argument tokenization"),
        ("tokenisation=hf", "acord needs a model"),
        (f"pretrained={trained},tokenisation=mine", "no tokenisation is called mine"),
        (f"pretrained={trained},precision=int3", "no precision is called int3"),
    ]:
        with pytest.raises(InputError, match=told):
            AcordLM.create_from_arg_string(wrong)


def test_the_harness_records_tokenizer_and_weights(trained: Path, tmp_path: Path) -> None:
    lm = AcordLM(load(trained, "float32"))
    found = run(lm, write_task(tmp_path, "setmana", CHOICES[:2], **MULTIPLE_CHOICE), "setmana")
    assert found["tokenizer_eos_token"] == ["<|im_end|>", str(lm.eot_token_id)]
    assert found["max_length"] == 512
    assert found["config"]["model_sha256"] == lm.loaded.identity
    assert lm.chat_template(True) == lm.loaded.chat.template
    assert lm.tokenizer_name != AcordLM(lm.loaded, tokenisation="hf").tokenizer_name


@pytest.mark.slow
def test_the_harness_command_line_runs_it(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = write_task(tmp_path / "tasks", "setmana", CHOICES, **MULTIPLE_CHOICE)
    arguments = f"pretrained={trained},precision=float32,tokenisation=hf,store={tmp_path / 'items.sqlite'}"
    words = ["run", "--model", "acord", "--tasks", "setmana", "--model_args", arguments]
    words += ["--include_path", str(tasks), "--device", "cpu", "--output_path", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "acord.evaluate.lm_eval", *words],
        env={**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "out").rglob("results_*.json")
    figures = json.loads(file.read_text())["results"]["setmana"]
    theirs = run(HFLM(pretrained=str(trained), device="cpu", dtype="float32"), tasks, "setmana")["results"]["setmana"]
    assert figures["acc,none"] == theirs["acc,none"]
    with ItemStore(tmp_path / "items.sqlite") as store:
        assert len(store) == 27
    (tmp_path / "items.sqlite").write_bytes(b"damaged" * 1_000)
    # In this process, and without the harness's own thousands of tasks, which take seconds to look through.
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))
    monkeypatch.setattr("sys.argv", ["lm_eval", *words])
    assert lm_eval.main() == 2
    said = capsys.readouterr().err
    assert "items.sqlite: the store of answers is damaged" in said.splitlines()[-1]
    assert "Traceback" not in said
