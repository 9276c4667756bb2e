"""Results of others: matched by what was measured, marked as unverified, one line where a file is damaged."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.errors import InputError
from acord.evaluate.compare import compare
from acord.evaluate.importing import import_results
from acord.evaluate.results import read_results, write_results
from tests.evaluate.comparing import results, row, suite

DATE = "2026-05-01T10-20-30.123456"
WNLI = row("wnli_es", "es", task="wnli_es", chance=0.5)
BLEU = row("phrases", task="phrases_ca-va", metric="bleu", shots=5, best=100.0, chance=None)
MGSM = row("mgsm", task="mgsm", metric="exact_match", filter="flexible-extract", chance=None)
SUITE = suite(WNLI, BLEU, MGSM)

CONTENT = {
    "results": {
        "wnli_es": {"alias": "wnli_es", "name": "wnli_es", "sample_len": 4, "acc,none": 0.5, "acc_stderr,none": 0.25},
        "phrases_ca-va": {"alias": "-", "bleu,none": 58.425, "bleu_stderr,none": "N/A", "ter,none": 30.0},
        "mgsm": {"exact_match,strict-match": 0.1, "exact_match,flexible-extract": 0.2},
        "piqa": {"acc,none": 0.7, "acc_stderr,none": 0.01},
    },
    "n-shot": {"wnli_es": 0, "phrases_ca-va": 0, "mgsm": 0, "piqa": 0, "a_group": " "},
    "n-samples": {"wnli_es": {"original": 71, "effective": 4}, "mgsm": {"original": 250, "effective": 250}},
    "config": {"model": "hf", "model_args": "pretrained=BSC-LT/salamandra-2b-instruct"},
    "model_name": "BSC-LT/salamandra-2b-instruct",
    "chat_template": "{{ messages }}",
    "lm_eval_version": "0.4.9",
}


def sample(number, gold, logps, *, metric="acc", filtered="none", **changes):
    chosen = max(range(len(logps)), key=lambda one: logps[one])
    return {
        "doc_id": number,
        "doc": {"sentence1": f"text {number // 2}"},
        "target": str(gold),
        "arguments": {},
        "resps": [],
        "filtered_resps": [[str(logp), "False"] for logp in logps],
        "filter": filtered,
        "metrics": [metric],
        "doc_hash": f"d{number}",
        metric: float(chosen == gold),
        **changes,
    }


def written(folder, content=CONTENT, samples=None, date=DATE):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"results_{date}.json"
    path.write_text(json.dumps(content))
    for task, lines in (samples or {}).items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"samples_{task}_{date}.jsonl").write_text(text)
    return path


def brought(path, folder, of=SUITE):
    return import_results([path], "salamandra", of, folder)


def test_rows_are_matched_by_task_metric_filter_and_shots(tmp_path):
    imported = brought(written(tmp_path), tmp_path / "out")
    wnli, bleu, mgsm = imported.results.rows
    assert (wnli.value, wnli.stderr, wnli.n, wnli.template) == (0.5, 0.25, 4, "chat")
    assert (bleu.value, bleu.reason) == (None, "not in the imported files")  # it was measured 0-shot
    assert (mgsm.value, mgsm.stderr, mgsm.n) == (0.2, None, 250)
    assert imported.unmatched == (
        "phrases_ca-va bleu,none (0-shot)",
        "phrases_ca-va ter,none (0-shot)",
        "mgsm exact_match,strict-match (0-shot)",
        "piqa acc,none (0-shot)",
    )


def test_nothing_of_it_is_verified(tmp_path):
    imported = brought(written(tmp_path), tmp_path / "out").results
    assert [one.verified for one in imported.rows] == [False, False, False]
    assert (imported.model.sha256, imported.model.path) == (None, "BSC-LT/salamandra-2b-instruct")
    (file,) = imported.settings["imported"]
    assert (file["file"], file["lm_eval_version"]) == (f"results_{DATE}.json", "0.4.9")


def test_samples_beside_become_items(tmp_path):
    lines = [sample(0, 0, [-1, -2]), sample(2, 1, [-1, -2]), sample(1, 1, [-3, -2]), sample(3, 0, [-3, -2])]
    other = sample(0, 0, [-9, -1], filtered="another")
    of = suite(row("wnli_es", "es", chance=0.5, cluster="sentence1"))
    path = written(tmp_path, samples={"wnli_es": [other, *lines]})
    imported = brought(path, tmp_path / "out", of)
    found = read_results(write_results(imported.results, tmp_path / "out")).items("wnli_es")
    assert [item.document for item in found] == ["d0", "d1", "d2", "d3"]
    assert [item.score for item in found] == [1.0, 1.0, 0.0, 0.0]
    assert [item.prediction for item in found] == ["0", "1", "0", "1"]
    assert [item.gold for item in found] == ["0", "1", "1", "0"]
    assert [item.cluster for item in found] == ["text 0", "text 0", "text 1", "text 1"]
    assert {item.choices for item in found} == {2}


def test_imported_items_are_compared_with_our_own(tmp_path):
    lines = [sample(number, number % 2, [-1, -2]) for number in range(4)]
    path = written(tmp_path, samples={"wnli_es": lines})
    of = suite(WNLI)
    imported = brought(path, tmp_path / "out", of).results
    own = results("own", {WNLI: [1, 1, 1, 1]}, tmp_path)
    contrast = compare([imported, own], of, repeats=100).rows[0].contrasts[0]
    # The imported model always says 0, and so is right of the items 0 and 2.
    assert (contrast.decision.difference.value, contrast.left_out) == (-0.5, 0)


def test_generated_text_and_documents_without_a_hash(tmp_path):
    line = sample(0, 0, [-1], metric="bleu", bleu=["una frase", "una frase"], target="una frase")
    line |= {"filtered_resps": ["una frase"]}
    del line["doc_hash"]
    content = CONTENT | {"n-shot": {"phrases_ca-va": 5}, "n-samples": {}}
    imported = brought(written(tmp_path, content, {"phrases_ca-va": [line]}), tmp_path / "out")
    (item,) = imported.results.items("phrases")
    assert (item.raw, item.score, item.choices) == ('["una frase", "una frase"]', None, None)
    assert (item.prediction, item.gold) == ("una frase", "una frase")
    # sha256 of the document as JSON with an indent of two
    assert item.document == "6bfc674e3a229bd6c8c73870e513a81e871e80b8713318cfd20fc77603e7c3f6"


def test_figures_of_before_filters_had_names(tmp_path):
    content = {"results": {"wnli_es": {"acc": 0.5, "acc_stderr": 0.1}}, "n-shot": {"wnli_es": 0}}
    wnli = brought(written(tmp_path, content), tmp_path / "out").results.rows[0]
    assert (wnli.value, wnli.stderr, wnli.n, wnli.template) == (0.5, 0.1, 0, "none")


def test_two_files_that_disagree(tmp_path):
    other = json.loads(json.dumps(CONTENT))
    other["results"]["wnli_es"]["acc,none"] = 0.75
    one = written(tmp_path / "one")
    with pytest.raises(InputError, match=r"wnli_es acc,none \(0-shot\) is not what results_"):
        import_results([one, written(tmp_path / "two", other)], "s", SUITE, tmp_path / "out")
    same = written(tmp_path / "three")
    assert import_results([one, same], "s", SUITE, tmp_path / "out").results.rows[0].value == 0.5


def test_a_value_that_is_no_number_of_this_world(tmp_path):
    content = {"results": {"wnli_es": {"acc,none": float("nan")}}}
    wnli = brought(written(tmp_path, content), tmp_path / "out").results.rows[0]
    assert (wnli.value, wnli.reason) == (None, "no finite value in the imported files")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "this is no JSON"),
        ("\udcff", "this is no JSON"),
        ("[]", "it has no results: by task"),
        ("{}", "it has no results: by task"),
        ('{"results": {"a": 1}}', "it has no results: by task"),
        ('{"results": {"a": {}}, "n-shot": []}', "n-shot: should give numbers by task"),
        ('{"results": {"a": {}}, "n-shot": {"a": -1}}', "n-shot: a: should be a count, not -1"),
        ('{"results": {"a": {}}, "n-samples": {"a": 4}}', "n-samples: should give numbers by task"),
        ('{"results": {"a": {"sample_len": [1]}}}', r"sample_len: a: should be a count, not \[1\]"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, content, message):
    path = tmp_path / "results_x.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=message) as caught:
        brought(path, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        brought(tmp_path / "results_x.json", tmp_path / "out")


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line.pop("filtered_resps"),
        lambda line: line.pop("acc"),
        lambda line: line.update(doc_id="x"),
        lambda line: line.update(filtered_resps=[["x", "False"]]),
        lambda line: line.update(filtered_resps=[[]]),
    ],
)
def test_a_damaged_sample_names_its_line(tmp_path, damage):
    lines = [sample(number, 0, [-1, -2]) for number in range(4)]
    damage(lines[2])
    path = written(tmp_path, samples={"wnli_es": lines})
    with pytest.raises(InputError, match=r"samples_wnli_es_.*\.jsonl:3: no sample of wnli_es with acc"):
        brought(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_samples_of_another_number_are_not_taken(tmp_path):
    path = written(tmp_path, samples={"wnli_es": [sample(0, 0, [-1, -2])]})
    with pytest.raises(InputError, match="1 samples of wnli_es, but the results are of 4"):
        brought(path, tmp_path / "out")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list("abc")), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.fixed_dictionaries(
    {"results": st.dictionaries(st.sampled_from(["wnli_es", "b"]), st.dictionaries(st.just("acc,none"), JSON)) | JSON},
    optional={"n-shot": JSON, "n-samples": JSON, "chat_template": JSON, "model_name": JSON},
)


@settings(deadline=None)
@given(PARTS | JSON)
def test_any_json_is_taken_or_refused_in_one_line(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    refusal = None
    try:
        imported = brought(written(folder, content), folder / "out")
    except InputError as error:
        refusal = str(error)
    if refusal is None:
        assert [one.row for one in imported.results.rows] == ["wnli_es", "phrases", "mgsm"]
    else:
        assert "\n" not in refusal
