"""The verb `acord judge` from end to end: real files, a real store, a stand-in judge on the loopback address."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acord.cli import main_with
from acord.console import configure
from acord.judge.judgement import read_judgement, report_of, trust_of
from acord.judge.prompts import fenced
from acord.judge.record import PARSE_FAILURES
from tests.judge.judge_server import FIRST, SECOND, TIE, JudgeServer


def gates(found):
    return [gate for one in found["trust"]["languages"].values() for gate in one["gates"]]


SHARED = Path(__file__).parents[3] / "shared" / "data" / "evaluation"
ITEMS = 20
SUITE = """
name: tiny
categories:
  - id: letters
    criterion: Whether the letter serves its purpose.
    levels: {1: no letter, 2: hardly one, 3: a letter, 4: a good letter, 5: the best letter}
    prompts:
      va: ["Escriu una carta: {about}", "Una carta sobre açò: {about}"]
      en: ["Write a letter: {about}", "A letter about this: {about}"]
    items:
      va: ITEMS
      en: ITEMS
"""


def quality(text: str) -> int:
    """What the planted judge sees: the answers say it themselves."""
    return int(re.search(r"quality (\d)", text)[1])


def perfect(messages):
    texts = fenced(messages)
    if "answer" in texts:
        return quality(texts["answer"])
    first, second = quality(texts["answer 1"]), quality(texts["answer 2"])
    return TIE if first == second else FIRST if first > second else SECOND


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with a suite, the answers of two models, and people's labels of forty other answers a language."""
    monkeypatch.chdir(tmp_path)
    configure(quiet=False)
    items = [{"id": f"letter-{number:02}", "about": f"number {number}"} for number in range(ITEMS)]
    (tmp_path / "tiny.yaml").write_text(SUITE.replace("ITEMS", json.dumps(items)), encoding="utf-8")
    for model, better in (("plain", 0), ("better", 1)):
        rows = [
            {"category": "letters", "language": language, "item": item["id"], "wording": wording,
             "text": f"{model} {language} {wording} {item['id']}, "
                     f"quality {1 + (number + wording + better) % 4 + better}"}
            for language in ("va", "en") for number, item in enumerate(items) for wording in (0, 1)
        ]  # fmt: skip
        (tmp_path / f"{model}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    labels = [
        {"language": language, "category": "letters", "prompt": f"p {number}", "score": 1 + number % 5,
         "answer": f"labelled {number}, quality {1 + number % 5}"}
        for language in ("va", "en") for number in range(40)
    ]  # fmt: skip
    odd = json.dumps({**labels[0], "category": "../tiny.yaml"}) + "\n"
    (tmp_path / "odd.jsonl").write_text(odd, encoding="utf-8")
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in labels), encoding="utf-8")
    return tmp_path


def command(server, *more, runs="runs"):
    return ["judge", "plain.jsonl", "better.jsonl", "--suite", "tiny.yaml", "--wordings", "2", "--endpoint", server.url,
            "--model", "judge", "--runs", runs, *more]  # fmt: skip


def judgement_in(runs="runs"):
    [folder] = Path(runs, "judgements", "tiny").iterdir()
    return folder


def tables(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.name != "judgement.json"}


def test_two_models_are_judged_and_a_second_run_costs_nothing(capsys):
    with JudgeServer(perfect) as server:
        assert main_with(command(server, "--labels", "labels.jsonl", "--json")) == 0
        found = json.loads(capsys.readouterr().out)
        # 2 models x 2 languages x 20 items x 2 wordings; 2 other forms of 20 answers a language; 20 pairs a language,
        # less those of equal texts, in both orders; 80 labelled answers.
        pairs = len(read_judgement(judgement_in()).verdicts)
        assert len(server.requests) == 160 + 80 + pairs + 80
        assert pairs == 80
        assert max(server.by_key.values()) == 1
        assert main_with(command(server, "--labels", "labels.jsonl", "--json")) == 0
        assert json.loads(capsys.readouterr().out) == found
        assert len(server.requests) == 160 + 80 + pairs + 80
    by_place = {(row["language"], row["category"]): row for row in found["rows"]}
    cells = by_place["va", "letters"]["models"]
    expected = {"plain": [1 + (n + w) % 4 for n in range(ITEMS) for w in (0, 1)],
                "better": [2 + (n + w + 1) % 4 for n in range(ITEMS) for w in (0, 1)]}  # fmt: skip
    for model, scores in expected.items():
        assert cells[model]["mean"] == pytest.approx(sum(scores) / len(scores))
        assert cells[model]["n"] == ITEMS
        assert cells[model]["answers"] == len(scores)
    assert found["trust"]["biases"] == []
    assert [gate["passed"] for gate in gates(found)] == [True] * 8
    kept = read_judgement(judgement_in())
    assert trust_of(kept).validated("va")
    assert report_of(kept, trust_of(kept)).reasons("va") == ()


def test_without_labels_nothing_is_validated_and_the_table_says_why(capsys):
    with JudgeServer(perfect) as server:
        assert main_with(command(server, "--language", "va")) == 0
    shown = capsys.readouterr().out
    assert "Sense validar" in shown
    assert "no hi ha etiquetes humanes en valencià" in shown


@pytest.mark.slow
def test_killed_at_ten_moments_no_reply_is_paid_twice_and_the_table_is_the_same():
    concurrency = 4
    with JudgeServer(perfect, seconds=0.01) as server:
        run = [sys.executable, "-c", "from acord.cli import main; main()"]
        arguments = command(server, "--labels", "labels.jsonl", "--concurrency", str(concurrency))
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        killed = 0
        for moment in [1, 8, 21, 40, 77, 120, 180, 250, 300, 370]:
            process = subprocess.Popen([*run, *arguments], env=environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)  # fmt: skip
            while process.poll() is None and len(server.by_key) < moment:
                time.sleep(0.001)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.wait()
        assert killed == 10
        subprocess.run([*run, *arguments], env=environment, check=True, capture_output=True, timeout=120)
        asked = server.by_key
        # What was under way at a kill is asked again, under the key that a server can know it by; nothing else is.
        again = sum(asked.values()) - len(asked)
        assert again <= killed * concurrency
        assert len(asked) == 160 + 80 + 80 + 80
        finished = sum(server.by_key.values())
        subprocess.run([*run, *arguments], env=environment, check=True, capture_output=True, timeout=120)
        assert sum(server.by_key.values()) == finished
    with JudgeServer(perfect) as other:
        assert main_with(command(other, "--labels", "labels.jsonl", runs="undisturbed")) == 0
    assert tables(judgement_in()) == tables(judgement_in("undisturbed"))


def test_a_cap_holds_to_the_call_and_what_was_paid_is_kept(capsys):
    with JudgeServer(perfect) as server:
        assert main_with(command(server, "--max-calls", "50")) == 2
        assert len(server.requests) == 50
        line = capsys.readouterr().err.splitlines()[-1]
        assert "50" in line
        assert "max_calls" in line
        assert not (Path("runs") / "judgements" / "tiny").exists()
        assert main_with(command(server)) == 0
        assert len(server.requests) == 160 + 80 + 80
        assert max(server.by_key.values()) == 1


def test_an_estimate_asks_nothing(capsys):
    with JudgeServer(perfect) as server:
        assert main_with(command(server, "--estimate", "--json")) == 0
        assert json.loads(capsys.readouterr().out)["judges"]["judge"]["to_send"] == 160 + 80 + 80
        assert server.requests == []


def test_a_calibration_is_used_by_later_judgements(capsys):
    calibrating = ["judge", "calibrate", "labels.jsonl", "--suite", "tiny.yaml", "--model", "judge", "--json"]
    with JudgeServer(perfect) as server:
        assert main_with([*calibrating, "--endpoint", server.url]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["passed"]
        assert {one["language"]: one["kappa"]["kappa"] for one in found["people"]} == {"va": 1.0, "en": 1.0}
        assert main_with(command(server, "--json")) == 0
        assert all(gate["passed"] for gate in gates(json.loads(capsys.readouterr().out)))


def test_a_judge_that_has_changed_is_seen(capsys):
    calibrating = ["judge", "calibrate", "labels.jsonl", "--suite", "tiny.yaml", "--model", "judge"]
    with JudgeServer(perfect) as server:
        assert main_with([*calibrating, "--endpoint", server.url]) == 0
    with JudgeServer(perfect, fingerprint="fp_2") as server:
        assert main_with(command(server, "--limit", "10")) == 0
    told = capsys.readouterr()
    assert "judge has changed since it was held against people" in told.err
    assert "no human labels in Valencian" in told.out
    with JudgeServer(perfect, fingerprint="fp_3") as server:
        assert main_with(command(server)) == 0
        assert "the judge changed during the ratings: 2 fingerprints" in capsys.readouterr().out
        before = len(server.requests)
        assert main_with(command(server, "--newest-only")) == 0
        assert "the judge changed" not in capsys.readouterr().out
        # The half that fp_2 had said, and no other.
        assert 0 < len(server.requests) - before < before * 2


def test_a_judge_that_people_contradict_fails_calibration_with_exit_code_1(capsys):
    with JudgeServer(lambda messages: 6 - quality(fenced(messages)["answer"])) as server:
        arguments = ["judge", "calibrate", "labels.jsonl", "--suite", "tiny.yaml", "--endpoint", server.url]
        assert main_with([*arguments, "--model", "judge"]) == 1
    told = capsys.readouterr()
    assert "weighted kappa with people -1.00" in told.out
    assert len(told.err.splitlines()[-1]) < 200


def test_a_panel_answers_side_by_side(capsys):
    with JudgeServer(perfect) as one, JudgeServer(lambda messages: 4 if "answer" in fenced(messages) else TIE) as other:
        panel = [{"name": "one", "endpoint": one.url, "model": "judge"},
                 {"name": "other", "endpoint": other.url, "model": "judge-2"}]  # fmt: skip
        Path("panel.yaml").write_text(json.dumps({"panel": panel}), encoding="utf-8")
        arguments = ["judge", "plain.jsonl", "better.jsonl", "--suite", "tiny.yaml", "--panel", "panel.yaml"]
        assert main_with([*arguments, "--pairwise", "all", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["judge"], one["language"]) for one in found["trust"]["biases"]] == [
        ("constant", "other", "en"), ("constant", "other", "va")]  # fmt: skip
    means = {row["judge"]: row["models"]["better"]["mean"] for row in found["rows"]
             if row["language"] == "va" and row["category"] == "letters"}  # fmt: skip
    assert means["other"] == 4
    assert means[None] == pytest.approx((means["one"] + 4) / 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["judge", "plain.jsonl"], "no judge is named"),
        (["judge", "plain.jsonl", "--endpoint", "http://127.0.0.1:9/v1"], "goes with model"),
        (["judge", "plain.jsonl", "--endpoint", "ftp://x", "--model", "m"], "endpoint"),
        (["judge", "plain.jsonl", "--serve", "m", "--model", "m"], "serve: takes the place"),
        (["judge", "plain.jsonl", "--panel", "none.yaml"], "none.yaml"),
        (["judge", "plain.jsonl", "--suite", "none", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"], "none"),
        (["judge", "none.jsonl", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"], "none.jsonl"),
        (["judge", "plain.jsonl", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"], "have no answer"),
        (["judge", "plain.jsonl", "--suite", "tiny.yaml", "--wordings", "2", "--endpoint", "http://127.0.0.1:9/v1",
          "--model", "m", "--languages", "es"], "no language es"),
        # Before models answer: the model named here is not there.
        pytest.param(["judge", "none", "--suite", "tiny.yaml", "--serve", "bundled:model"], "vllm is not installed",
                     marks=pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is here")),
        (["judge", "none", "--suite", "tiny.yaml", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m",
          "--key-variable", "NO_SUCH_KEY"], "holds no key"),
        (["judge", "calibrate", "odd.jsonl", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"],
         "no rubric is called"),
        (["judge", "calibrate", "none.csv", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"], "none.csv"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_in_one_line(capsys, arguments, told):
    assert main_with(arguments) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("acord: error:")]
    assert len(lines) == 1
    assert told in lines[0]


def test_a_wrong_answer_file_names_its_line(capsys):
    Path("wrong.jsonl").write_text(Path("plain.jsonl").read_text() + '{"category": "letters"}\n')
    arguments = ["judge", "wrong.jsonl", "--suite", "tiny.yaml", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"]
    assert main_with(arguments) == 2
    assert "wrong.jsonl line 81" in capsys.readouterr().err


def test_answers_that_spell_control_tokens_are_counted(capsys):
    text = Path("plain.jsonl").read_text().replace("plain va 0 letter-00,", "plain <|im_start|>assistant,")
    Path("plain.jsonl").write_text(text)
    with JudgeServer(perfect) as server:
        assert main_with(command(server)) == 0
    assert "answers that spell signs of chat templates: 1;" in capsys.readouterr().out


def test_a_judgement_whose_files_were_changed_is_refused():
    with JudgeServer(perfect) as server:
        assert main_with(command(server)) == 0
    file = judgement_in() / "ratings.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"score": 1', b'"score": 5', 1))
    with pytest.raises(Exception, match="not what was written"):
        read_judgement(judgement_in())


@pytest.mark.skipif(not SHARED.exists(), reason="the human labels of TruthfulQA are not beside the project")
def test_the_published_human_labels_can_be_used(capsys):
    with JudgeServer(lambda _: 5) as server:
        files = [str(SHARED / f"truthfulqa_human_labels.{language}.csv") for language in ("es", "en")]
        arguments = ["judge", "calibrate", *files, "--endpoint", server.url, "--model", "judge", "--json"]
        assert main_with(arguments) == 1
    found = json.loads(capsys.readouterr().out)
    assert {(one["language"], one["scale"]) for one in found["people"]} == {("es", "yes/no"), ("en", "yes/no")}
    assert all(one["kappa"] is None or one["kappa"]["kappa"] == 0 for one in found["people"])
    assert {one["name"] for one in found["biases"]} == {"constant"}


@pytest.mark.slow
def test_the_bundled_model_behind_acord_serve_is_a_bad_judge_and_is_told_so(capsys):
    run = [sys.executable, "-c", "from acord.cli import main; main()", "serve", "bundled:model", "--port", "0"]
    with subprocess.Popen(run, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        try:
            address = None
            while address is None:
                address = re.search(r"http://127\.0\.0\.1:\d+", serving.stdout.readline() + serving.stderr.readline())
            few = ["--limit", "2", "--wordings", "1", "--check-items", "1", "--reply-tokens", "32"]
            arguments = ["judge", "plain.jsonl", "better.jsonl", "--suite", "tiny.yaml", *few]
            arguments += ["--endpoint", f"{address[0]}/v1", "--model", "bundled:model"]
            assert main_with([*arguments, "--json"]) == 0
        finally:
            serving.terminate()
    found = json.loads(capsys.readouterr().out)
    failures = {gate["name"]: gate for gate in gates(found) if gate["language"] == "va"}["parse failures"]
    assert not failures["passed"]
    assert failures["n"] > 0
    kept = read_judgement(judgement_in())
    assert {one.missing for one in kept.ratings} <= {None, *PARSE_FAILURES}
    assert trust_of(kept).reasons("va")


RECIPE = """
name: judged
model: {{base: "random:llama-1x64", tokenizer: train, vocabulary: 300}}
data: {{held_out: 0.3, sources: [{{name: s, format: pairs, path: pairs.jsonl}}]}}
align: {{batch_pairs: 4, precision: float32, threads: 1, token_budget: 512}}
judge:
  suite: tiny.yaml
  panel: [{{name: a, endpoint: "{url}", model: judge}}]
  labels: [labels.jsonl]
  answer_tokens: 4
  wordings: 1
  max_calls: 400
"""


def one_row(number):
    return {"prompt": [{"role": "user", "content": f"letter {number}"}], "chosen": f"yes {number}", "rejected": "no",
            "language": "en"}  # fmt: skip


@pytest.mark.slow
def test_a_recipe_ends_with_its_judge(capsys):
    Path("pairs.jsonl").write_text("".join(json.dumps(one_row(number)) + "\n" for number in range(20)))

    def judge(messages):
        texts = fenced(messages)
        if "answer" not in texts:
            return TIE
        return quality(texts["answer"]) if "quality" in texts["answer"] else 1

    with JudgeServer(judge) as server:
        Path("judged.yaml").write_text(RECIPE.format(url=server.url))
        assert main_with(["plan", "judged.yaml", "--json"]) == 0
        planned = json.loads(capsys.readouterr().out)["judge"]
        assert (planned["prompts"], planned["models"]) == (40, 2)
        assert main_with(["run", "judged.yaml", "--json"]) == 0
        stages = {one["stage"]: one for one in json.loads(capsys.readouterr().out)["stages"]}
        figures = stages["judge"]["figures"]
        assert figures["models"] == ["judged-base", "judged"]
        assert figures["ratings"] == 80 + 80
        # Pairs of equal texts are not asked.
        assert len(server.requests) <= planned["calls"] + 80
        kept = read_judgement(Path("runs/judged/judge"))
        assert {one.answer.identity is None for one in kept.ratings} == {False}
        asked = len(server.requests)
        assert main_with(["run", "judged.yaml", "--json"]) == 0
        assert {one["reused"] for one in json.loads(capsys.readouterr().out)["stages"]} == {True}
        # Another cap, address and speed is the same judgement; another wording is not.
        Path("judged.yaml").write_text(RECIPE.format(url=server.url).replace("max_calls: 400", "max_calls: 500"))
        assert main_with(["run", "judged.yaml", "--json"]) == 0
        assert {one["reused"] for one in json.loads(capsys.readouterr().out)["stages"]} == {True}
        assert len(server.requests) == asked
