"""The texts of a suite's items, as tasks of the harness render them, without what all items of a task share."""

import csv
import gzip
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from acord.data.decontaminate import Contamination, EvaluationText
from acord.errors import InputError
from acord.evaluate.rows.documents import read_documents
from acord.evaluate.suite import Row, Suite, load_suite
from acord.evaluate.texts import MissingRow, SuiteTexts, suite_texts
from tests.evaluate.samples import write_task

EVALUATION = Path(__file__).parents[2] / ".." / "shared" / "data" / "evaluation"
CHOICES = {"output_type": "multiple_choice", "doc_to_choice": "choices", "metric_list": [{"metric": "acc"}]}
ANSWERS = {"output_type": "generate_until", "metric_list": [{"metric": "exact_match"}]}
MILL = "The old mill at the bend of the river ground barley for nine villages until the dam gave way one night."


@pytest.fixture(autouse=True)
def own_cache_and_no_network(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path_factory.getbasetemp() / "datasets"))


def row(task: str, **more: Any) -> Row:
    return Row(**{"id": task, "label": "A", "language": "en", "kind": "K", "task": task, "metric": "acc", **more})


def read(folder: Path, *rows: Row, **options: Any) -> SuiteTexts:
    return suite_texts(Suite(name="mine", title="Mine", rows=rows, include=(folder,)), **options)


def parts(found: SuiteTexts) -> list[tuple[int, str, str]]:
    assert found.missing == []
    return [(one.item, one.part, one.text) for one in found.texts]


def documents(*questions: str) -> list[dict[str, Any]]:
    return [
        {"question": question, "choices": [f"{question[:3]} it is thus and so", "yes"], "gold": 0}
        for question in questions
    ]


def real(name: str) -> Path:
    path = EVALUATION / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    return path


def test_a_question_stands_alone_and_its_choices_beside_it(tmp_path: Path) -> None:
    rows = documents("Why do keepers paint doors green?", "Who built the old mill?")
    task = "Answer with one of the letters.\nQ: {{question}}\nA:"
    write_task(tmp_path, "quiz", rows, **CHOICES, doc_to_text=task, doc_to_target="gold")
    found = read(tmp_path, row("quiz", id="first", language="va"))
    assert parts(found) == [
        (0, "question", "Why do keepers paint doors green?"),
        (0, "choice", "Why it is thus and so"),
        (1, "question", "Who built the old mill?"),
        (1, "choice", "Who it is thus and so"),
    ]
    assert found.texts[0] == EvaluationText("first", 0, "va", "question", "Why do keepers paint doors green?")


def test_a_passage_is_given_once_however_many_questions_share_it(tmp_path: Path) -> None:
    rows = [
        {"context": MILL, "question": f"What about the {one} of the mill?", "answer": f"The {one} is old and grey."}
        for one in ("wheel", "roof")
    ]
    prompt = "Context: {{context}}\n\nQuestion: {{question}}\n\nAnswer:"
    write_task(tmp_path, "passages", rows, **ANSWERS, doc_to_text=prompt, doc_to_target="{{answer}}")
    assert parts(read(tmp_path, row("passages", metric="exact_match"))) == [
        (0, "passage", MILL),
        (0, "question", "What about the wheel of the mill?"),
        (0, "target", "The wheel is old and grey."),
        (1, "question", "What about the roof of the mill?"),
        (1, "target", "The roof is old and grey."),
    ]


def test_what_a_row_names_as_its_cluster_is_a_passage(tmp_path: Path) -> None:
    rows = [{"scene": MILL, "question": f"Who saw {one} there?", "answer": "x"} for one in ("Anna", "Bertha")]
    write_task(tmp_path, "scenes", rows, **ANSWERS, doc_to_text="{{scene}} {{question}}", doc_to_target="answer")
    without, with_ = (
        parts(read(tmp_path, row("scenes", metric="exact_match", cluster=one)))[0] for one in (None, "scene")
    )
    assert (without, with_) == ((0, "question", MILL), (0, "passage", MILL))


def test_answers_inside_a_prompt_are_choices(tmp_path: Path) -> None:
    rows = [
        {"question": "Who built it?", "mc_answer1": f"Two brothers of {one}", "mc_answer2": "Nobody"} for one in "xy"
    ]
    prompt = "Q: {{question}}\nA: {{mc_answer1}}\nB: {{mc_answer2}}\nAnswer:"
    settings = {**CHOICES, "doc_to_choice": ["A", "B"], "doc_to_target": 0}
    write_task(tmp_path, "letters", rows, **settings, doc_to_text=prompt)
    assert parts(read(tmp_path, row("letters")))[:2] == [
        (0, "question", "Who built it?"),
        (0, "choice", "Two brothers of x"),
    ]


def test_choices_that_hold_the_whole_item_are_cut_into_its_sentences(tmp_path: Path) -> None:
    rows = [{"premise": MILL, "hypothesis": f"The {one} ground barley.", "label": 0} for one in ("mill", "dam")]
    joined = '{{[premise+", right? Yes, "+hypothesis, premise+", right? No, "+hypothesis]}}'
    settings = {**CHOICES, "doc_to_choice": joined, "doc_to_target": "label", "doc_to_text": ""}
    write_task(tmp_path, "inference", rows, **settings)
    assert parts(read(tmp_path, row("inference", template="none", cluster="premise"))) == [
        (0, "passage", MILL),
        (0, "question", "The mill ground barley."),
        (1, "question", "The dam ground barley."),
    ]


def test_the_sentences_of_a_story_are_one_text(tmp_path: Path) -> None:
    rows = [
        {f"sentence_{n}": f"On day {n} {who} walked home." for n in range(1, 5)} | {"choices": ["a", "b"]}
        for who in ("Anna", "Bertha")
    ]
    story = "{{[sentence_1, sentence_2, sentence_3, sentence_4]|join(' ')}}"
    write_task(tmp_path, "stories", rows, **CHOICES, doc_to_text=story, doc_to_target=0)
    assert parts(read(tmp_path, row("stories")))[0] == (
        (0, "question", " ".join(f"On day {n} Anna walked home." for n in range(1, 5)))
    )


def test_a_field_is_known_without_its_last_mark(tmp_path: Path) -> None:
    choices = ["The water ran out.", "The house fell down."]
    rows = [{"premise": f"{who} opened the tap.", "choices": choices} for who in ("Anna", "Bertha")]
    prompt = "{{premise[:-1].strip() + ' ' + 'because'}}"
    write_task(tmp_path, "causes", rows, **CHOICES, doc_to_text=prompt, doc_to_target="{{choices[0]}}")
    assert parts(read(tmp_path, row("causes"))) == [
        (0, "passage", "Anna opened the tap."),
        *((0, "choice", one) for one in choices),
        (1, "passage", "Bertha opened the tap."),
        *((1, "choice", one) for one in choices),
    ]


def test_what_a_task_computes_loses_what_all_items_begin_and_end_with(tmp_path: Path) -> None:
    names = (("Anna", "Bea"), ("Carla", "Dora"))
    # A field of a word or two is no text of its own.
    rows = [{"stem": f"{who} left the old mill with {other}", "name": who} for who, other in names]
    prompt = "Go on with this: {{stem|replace('old', 'new')}} because of"
    write_task(tmp_path, "stems", rows, **ANSWERS, doc_to_text=prompt, doc_to_target="")
    assert parts(read(tmp_path, row("stems", metric="exact_match"))) == [
        (0, "question", "anna left the new mill with bea"),
        (1, "question", "carla left the new mill with dora"),
    ]


def test_a_task_of_one_item_keeps_its_words(tmp_path: Path) -> None:
    settings = {**ANSWERS, "doc_to_text": "Go on: {{stem|replace('old', 'new')}}", "doc_to_target": ""}
    write_task(tmp_path, "one", [{"stem": "Anna left the old mill"}], **settings)
    assert parts(read(tmp_path, row("one", metric="exact_match"))) == [(0, "question", "go on anna left the new mill")]


def test_the_turn_that_a_row_states_takes_the_place_of_the_prompt(tmp_path: Path) -> None:
    rows = [{"question": "Who built it?", "stem": f"{who} left the mill"} for who in ("Anna", "Bertha")]
    write_task(tmp_path, "turned", rows, **ANSWERS, doc_to_text="question", doc_to_target="")
    turned = row("turned", id="turned/b", metric="exact_match", template="turn", turn="Go on: {{stem}}")
    found = read(tmp_path, row("turned", id="turned/a", metric="exact_match"), turned)
    assert [(one.row, one.text) for one in found.texts] == [
        ("turned/a", "Who built it?"),
        ("turned/a", "Who built it?"),
        ("turned/b", "Anna left the mill"),
        ("turned/b", "Bertha left the mill"),
    ]


def test_worked_examples_are_no_items(tmp_path: Path) -> None:
    rows = documents("Why do keepers paint doors green?", "Who built the old mill?")
    settings = {**CHOICES, "doc_to_text": "question", "doc_to_target": "gold"}
    write_task(tmp_path, "shots", rows, **settings, fewshot_split="train", num_fewshot=1)
    (tmp_path / "train.jsonl").write_text(json.dumps(documents("What is a worked example?")[0]), encoding="utf-8")
    task = tmp_path / "shots.yaml"
    test = f"test: {tmp_path / 'shots.jsonl'}"
    content = task.read_text(encoding="utf-8")
    assert test in content
    task.write_text(content.replace(test, f"train: {tmp_path / 'train.jsonl'}\n    {test}"), encoding="utf-8")
    asked = [one.text for one in read(tmp_path, row("shots", shots=1)).texts if one.part == "question"]
    assert asked == ["Why do keepers paint doors green?", "Who built the old mill?"]


def test_rows_of_one_task_and_tasks_of_one_data_set_give_each_text_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lm_eval.api.task import ConfigurableTask

    loaded = []
    download = ConfigurableTask.download
    monkeypatch.setattr(ConfigurableTask, "download", lambda self, *a, **k: (loaded.append(1), download(self, *a, **k)))
    rows = documents("Why do keepers paint doors green?", "Who built the old mill?")
    settings = {**CHOICES, "doc_to_text": "question", "doc_to_target": "gold"}
    write_task(tmp_path, "once", rows, **settings)
    again = (tmp_path / "once.yaml").read_text(encoding="utf-8").replace("task: once", "task: again")
    (tmp_path / "again.yaml").write_text(again.replace("doc_to_text: question", "doc_to_text: 'Q: {{question}}'"))
    found = read(tmp_path, row("once"), row("once", id="once/b"), row("again"))
    assert [(one.row, one.item) for one in found.texts] == [("once", 0), ("once", 0), ("once", 1), ("once", 1)]
    assert len(loaded) == 2


def test_rows_whose_data_is_not_here_are_listed_and_nothing_is_fetched(tmp_path: Path) -> None:
    write_task(
        tmp_path, "here", documents("Who built the old mill?"), **CHOICES, doc_to_text="question", doc_to_target=0
    )
    online, offline = (
        read(tmp_path, row("here"), row("xnli_va"), row("no_such_task"), environment={"HF_HOME": str(tmp_path), **more})
        for more in ({}, {"HF_HUB_OFFLINE": "1"})
    )
    assert online.missing == [
        MissingRow("xnli_va", "gplsi/xnli_va is not here"),
        MissingRow("no_such_task", "lm-evaluation-harness has no task no_such_task"),
    ]
    assert offline.missing[0].reason == "gplsi/xnli_va is not in the cache, and the hub is switched off"
    assert online.texts == offline.texts
    assert {one.row for one in online.texts} == {"here"}


def test_with_leave_to_fetch_the_hub_is_asked(tmp_path: Path) -> None:
    found = read(tmp_path, row("xnli_va"), environment={"HF_HOME": str(tmp_path)}, fetch=True)
    assert [one.row for one in found.missing] == ["xnli_va"]
    assert "is not here" not in found.missing[0].reason


def test_of_the_card_every_row_is_told_without_its_data(tmp_path: Path) -> None:
    found = suite_texts(load_suite("aitana"), environment={"HF_HOME": str(tmp_path)})
    assert found.texts == []
    assert [one.row for one in found.missing] == [one.id for one in load_suite("aitana").rows]


def test_a_metric_that_is_not_here_keeps_no_text_away(tmp_path: Path) -> None:
    write_task(
        tmp_path, "here", documents("Who built the old mill?"), **CHOICES, doc_to_text="question", doc_to_target=0
    )
    found = read(tmp_path, row("here", offline=("rouge",)), environment={"HF_HUB_OFFLINE": "1"})
    assert found.missing == []
    assert len(found.texts) == 2


def test_a_task_that_breaks_costs_only_itself(tmp_path: Path) -> None:
    settings = {**CHOICES, "doc_to_target": "gold"}
    write_task(tmp_path, "sound", documents("Who built the old mill?"), **settings, doc_to_text="question")
    write_task(tmp_path, "broken", documents("Who?"), **settings, doc_to_text="{{question / 2}}")
    found = read(tmp_path, row("broken"), row("broken", id="broken/b"), row("sound"))
    assert [one.row for one in found.missing] == ["broken", "broken/b"]
    assert found.missing[0].reason.startswith("TypeError: unsupported operand")
    assert "\n" not in found.missing[0].reason
    assert {one.row for one in found.texts} == {"sound"}


def test_a_metric_that_the_task_does_not_report_is_a_mistake_in_the_suite(tmp_path: Path) -> None:
    write_task(tmp_path, "here", documents("Who?"), **CHOICES, doc_to_text="question", doc_to_target=0)
    with pytest.raises(InputError, match="reports no bleu"):
        read(tmp_path, row("here", metric="bleu"))


def test_while_items_are_read_the_hub_is_not_asked_for_newer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets
    from huggingface_hub import constants
    from lm_eval.api.task import ConfigurableTask

    def state() -> tuple[bool, bool]:
        return datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE

    seen = []
    download = ConfigurableTask.download
    monkeypatch.setattr(ConfigurableTask, "download", lambda *a, **k: (seen.append(state()), download(*a, **k)))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    write_task(tmp_path, "broken", documents("Who?"), **CHOICES, doc_to_text="{{1 / 0}}", doc_to_target=0)
    for fetch in (False, True):
        assert len(read(tmp_path, row("broken"), fetch=fetch).missing) == 1
        assert state() == (False, False)
    assert seen == [(True, True), (False, False)]


def test_of_the_small_suite_every_prompt_and_reference_is_there() -> None:
    found = suite_texts(load_suite("small"))
    assert found.missing == []
    assert len(found.texts) == 837
    told = {(one.row, one.part, one.text) for one in found.texts}
    for language in ("va", "es", "en"):
        for name in ("variety", "safety", "over_refusal"):
            for one in read_documents(f"{name}_{language}"):
                assert (f"{name}_{language}", "question", one["prompt"]) in told
        for one in read_documents(f"domain_legal_{language}"):
            assert (f"domain_legal_{language}", "question", one["prompt"]) in told
            assert (f"domain_legal_{language}", "target", one["reference"]) in told
        for one in read_documents(f"bias_{language}"):
            for beginning in ("stereotype", "contrast"):
                assert (f"bias_{language}", "question", f"{one[beginning]} {one['continuation']}") in told
    assert {one.language for one in found.texts if one.row.endswith("_va")} == {"va"}


# Real evaluations.


def test_real_truthfulqa_is_found_in_the_words_that_a_user_would_type(tmp_path: Path) -> None:
    rows = json.loads(gzip.decompress(real("truthfulqa.es.json.gz").read_bytes()))
    asked = [{"question": one["question"], **one["mc1_targets"], "gold": 0} for one in rows]
    settings = {**CHOICES, "doc_to_text": "Responde a la pregunta.\nP: {{question}}\nR:", "doc_to_target": "gold"}
    write_task(tmp_path, "truthfulqa", asked, **settings)
    found = read(tmp_path, row("truthfulqa", language="es"))
    questions = [(one.item, one.text) for one in found.texts if one.part == "question"]
    long_enough = {item: one["question"] for item, one in enumerate(rows) if len(one["question"].split()) > 2}
    assert [one for one in questions if one[0] in long_enough] == [*long_enough.items()]
    assert len(rows) - len(long_enough) == 3
    matches = Contamination(found.texts).match_many([f"Una duda. {one} Gracias." for _, one in questions])
    assert sum(match is not None for match in matches) / len(rows) >= 0.95


@pytest.mark.slow
def test_real_xquad_has_each_passage_once_and_every_question(tmp_path: Path) -> None:
    content = json.loads(gzip.decompress(real("xquad.ca.json.gz").read_bytes()))
    paragraphs = [one for article in content["data"] for one in article["paragraphs"]]
    rows = [
        {"context": paragraph["context"], "question": one["question"], "answers": one["answers"]}
        for paragraph in paragraphs
        for one in paragraph["qas"]
    ]
    prompt = "Context: {{context}}\n\nPregunta: {{question}}\n\nResposta:"
    write_task(tmp_path, "xquad", rows, **ANSWERS, doc_to_text=prompt, doc_to_target='{{answers[0]["text"]}}')
    found = read(tmp_path, row("xquad", language="ca", metric="exact_match", cluster="context"))
    passages = [one.text for one in found.texts if one.part == "passage"]
    assert passages == list(dict.fromkeys(one["context"] for one in rows))
    questions = [one.text for one in found.texts if one.part == "question"]
    assert questions == [one["question"] for one in rows]
    matches = Contamination(found.texts).match_many([f"Diu: {one[:400]}" for one in passages])
    assert all(match is not None and match.evaluation.part == "passage" for match in matches)


def test_real_mgsm_is_its_questions(tmp_path: Path) -> None:
    with real("mgsm_es.tsv").open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [{"question": question, "answer": answer} for question, answer in table]
    settings = {**ANSWERS, "doc_to_text": "Pregunta: {{question}}\nRespuesta:", "doc_to_target": "answer"}
    write_task(tmp_path, "mgsm", rows, **settings)
    found = read(tmp_path, row("mgsm", language="es", metric="exact_match"))
    assert parts(found) == [(item, "question", one["question"]) for item, one in enumerate(rows)]
