"""What can be measured is told before the start, from what lies here, and without a network."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from acord.errors import InputError
from acord.evaluate import availability
from acord.evaluate.availability import RowState, check_rows, hub_answers, listing, network_of
from acord.evaluate.registry import harness_tasks
from acord.evaluate.suite import Row, Suite, load_suite

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def suite_of(*rows: Row, include: tuple[Path, ...] = ()) -> Suite:
    return Suite(name="mine", title="Mine", rows=rows, include=include)


def row_of(task: str, metric: str = "acc", **more: object) -> Row:
    return Row(id=task, label="A", language="va", kind="K", task=task, metric=metric, **more)  # type: ignore[arg-type]


def own_task(folder: Path, **config: object) -> Suite:
    content = {"task": "own", "output_type": "multiple_choice", "metric_list": [{"metric": "acc"}]} | config
    # Every JSON object is YAML; the task's line must stand by itself.
    lines = [f"{key}: {json.dumps(value)}" for key, value in content.items()]
    (folder / "own.yaml").write_text("\n".join(lines), encoding="utf-8")
    return suite_of(row_of("own"), include=(folder,))


def only(states: tuple[RowState, ...]) -> RowState:
    assert len(states) == 1
    return states[0]


def prepared(home: Path, *, data_set: str, configuration: str = "default") -> None:
    folder = home / "datasets" / data_set / configuration / "0.0.0" / "abc"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{}")


def metric_script(home: Path) -> None:
    folder = home / "modules" / "evaluate_modules" / "metrics" / "evaluate-metric--rouge" / ("0" * 64)
    folder.mkdir(parents=True)
    (folder / "rouge.py").write_text("")


@pytest.mark.slow
def test_of_the_card_everything_would_be_fetched_and_nothing_is_asked(tmp_path):
    states = check_rows(load_suite("aitana"), environment={"HF_HOME": str(tmp_path)})
    assert len(states) == 53
    assert {one.state for one in states} == {"fetch"}
    assert states[0] == RowState("xnli_va", "xnli_va", "gplsi/xnli_va", "fetch", "fetch")
    assert states[0].reason == "gplsi/xnli_va will be fetched from the hub"


@pytest.mark.parametrize("flag", ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_nothing_of_the_card_can_be_had(tmp_path, flag):
    states = check_rows(load_suite("aitana"), environment={"HF_HOME": str(tmp_path), flag: "1"})
    assert {one.state for one in states} == {"unavailable"}
    assert states[0].reason == "gplsi/xnli_va is not in the cache, and the hub is switched off"


def test_a_data_set_in_the_cache_is_present_even_offline(tmp_path):
    prepared(tmp_path, data_set="projecte-aina___copa-ca")
    prepared(tmp_path, data_set="nbel___es_co_la")
    prepared(tmp_path, data_set="facebook___belebele", configuration="cat_Latn")
    states = check_rows(load_suite("aitana"), environment={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"})
    here = [one.row for one in states if one.state == "present"]
    assert here == ["belebele_cat_Latn", "copa_ca", "escola/acc", "escola/mcc"]
    assert all(one.reason == "" for one in states if one.state == "present")


def test_the_cache_is_looked_for_where_the_library_keeps_it(tmp_path):
    prepared(tmp_path, data_set="gplsi___xnli_va")
    suite = suite_of(row_of("xnli_va"))
    for environment in (
        {"HF_HOME": str(tmp_path)},
        {"HF_DATASETS_CACHE": str(tmp_path / "datasets"), "HF_HOME": "/elsewhere"},
    ):
        assert only(check_rows(suite, environment=environment)).state == "present"
    (tmp_path / "huggingface").symlink_to(tmp_path)
    assert only(check_rows(suite, environment={"XDG_CACHE_HOME": str(tmp_path)})).state == "present"
    assert only(check_rows(suite, environment={"HF_HOME": "/elsewhere"})).state == "fetch"


def test_names_of_folders_are_those_of_the_library():
    from datasets.naming import camelcase_to_snakecase

    for name in ("COPA-ca", "EsCoLA", "CA-VA_alignment_test", "caBreu", "PAWS-ca", "trivia_qa", "ai2_arc"):
        assert availability._snake_case(name) == camelcase_to_snakecase(name)


@pytest.mark.parametrize("task", ["cocoteros_va", "cocoteros_es", "cabreu_extreme", "xlsum_es"])
def test_a_metric_that_is_fetched_at_the_end_is_missed_at_the_start(tmp_path, task):
    row = next(row for row in load_suite("aitana").rows if row.task == task)
    place = {
        "cocoteros_va": ("gplsi___cocoteros_va", "default"),
        "cocoteros_es": ("gplsi___cocoteros", "default"),
        "cabreu_extreme": ("projecte-aina___ca_breu", "default"),
        "xlsum_es": ("csebuetnlp___xlsum", "spanish"),
    }[task]
    prepared(tmp_path, data_set=place[0], configuration=place[1])
    environment = {"HF_HOME": str(tmp_path)}
    state = only(check_rows(suite_of(row), environment=environment))
    assert (state.state, state.cause, state.detail) == ("fetch", "metric", "rouge")
    for flag in ("HF_HUB_OFFLINE", "HF_EVALUATE_OFFLINE"):
        state = only(check_rows(suite_of(row), environment={**environment, flag: "1"}))
        assert state.state == "unavailable"
        assert 'evaluate.load("rouge")' in state.reason
    metric_script(tmp_path)
    assert only(check_rows(suite_of(row), environment={**environment, "HF_HUB_OFFLINE": "1"})).state == "present"


def test_the_flag_of_datasets_decides_over_the_hubs_only_to_close():
    assert network_of({}) == ("open", "open")
    assert network_of({"HF_HUB_OFFLINE": "yes"}) == ("off", "off")
    assert network_of({"HF_DATASETS_OFFLINE": "1"}) == ("off", "open")
    assert network_of({"HF_EVALUATE_OFFLINE": "1"}) == ("open", "off")
    # The library would not stop by itself, but what it calls does.
    assert network_of({"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "0"}) == ("off", "off")
    assert network_of({"HF_HUB_OFFLINE": "0"}) == ("open", "open")


def test_files_listed_on_the_hub_need_it_each_time(tmp_path):
    suite = suite_of(row_of("wnli_es"))
    assert only(check_rows(suite, environment={"HF_HOME": str(tmp_path)})).state == "fetch"
    state = only(check_rows(suite, environment={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}))
    assert (state.state, state.cause) == ("unavailable", "asked_each_time")
    assert "wnli-dev-es.csv" in state.reason


def test_local_files_are_there_or_named(tmp_path):
    file = tmp_path / "items.jsonl"
    suite = own_task(tmp_path, dataset_path="json", dataset_kwargs={"data_files": {"test": [str(file)]}})
    environment = {"HF_HUB_OFFLINE": "1"}
    state = only(check_rows(suite, environment=environment))
    assert (state.state, state.reason) == ("unavailable", f"no such file: {file}")
    file.write_text("{}")
    assert only(check_rows(suite, environment=environment)).state == "present"


def test_a_pattern_of_local_files_must_find_something(tmp_path):
    other = tmp_path / "data"
    other.mkdir()
    (tmp_path / "one").mkdir()
    suite = own_task(
        tmp_path / "one", dataset_path="json", dataset_kwargs={"data_files": {"test": str(other / "*.jsonl")}}
    )
    assert only(check_rows(suite, environment={})).state == "unavailable"
    (other / "a.jsonl").write_text("{}")
    assert only(check_rows(suite, environment={})).state == "present"


def test_a_local_folder_of_data_is_present(tmp_path):
    (tmp_path / "data").mkdir()
    suite = own_task(tmp_path, dataset_path=str(tmp_path / "data"))
    assert only(check_rows(suite, environment={"HF_HUB_OFFLINE": "1"})).state == "present"


def test_arguments_of_a_data_set_are_part_of_its_place(tmp_path):
    suite = own_task(tmp_path, dataset_path="owner/set", dataset_kwargs={"revision": "v2"})
    prepared(tmp_path, data_set="owner___set")
    assert only(check_rows(suite, environment={"HF_HOME": str(tmp_path)})).state == "fetch"
    prepared(tmp_path, data_set="owner___set", configuration="default-abc")
    assert only(check_rows(suite, environment={"HF_HOME": str(tmp_path)})).state == "present"


def test_a_task_that_is_missing_or_broken_is_a_reason_and_no_end(tmp_path):
    (tmp_path / "broken.yaml").write_text("task: broken\nmetric_list: [\n", encoding="utf-8")
    suite = suite_of(row_of("no_such_task"), row_of("broken"), include=(tmp_path,))
    missing, broken = check_rows(suite, environment={})
    assert (missing.state, missing.reason) == ("unavailable", "lm-evaluation-harness has no task no_such_task")
    assert broken.state == "unavailable"
    assert "broken.yaml" in broken.reason


def test_a_metric_or_filter_that_the_task_does_not_report_is_refused_in_one_line():
    for row, known in (
        (row_of("catcola", "accuracy"), "It reports: mcc, acc."),
        (row_of("mgsm_direct_en", "exact_match"), "exact_match under flexible-extract."),
    ):
        with pytest.raises(InputError) as caught:
            check_rows(suite_of(row), environment={})
        assert f"row {row.task}: the task {row.task} reports no {row.metric} under the filter none" in str(caught.value)
        assert known in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_probe_tells_a_hub_that_does_not_answer(tmp_path, monkeypatch):
    asked = []

    def refused(address: object, timeout: float) -> None:
        asked.append((address, timeout))
        raise OSError("refused")

    monkeypatch.setattr(socket, "create_connection", refused)
    environment = {"HF_HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    suite = suite_of(row_of("xnli_va"), row_of("wnli"))
    states = check_rows(suite, probe=True, environment=environment)
    assert [one.cause for one in states] == ["hub_unreachable"] * 2
    assert states[0].reason == "gplsi/xnli_va is not in the cache, and the hub cannot be reached"
    assert asked == [(("127.0.0.1", 9), 3.0)]
    prepared(tmp_path, data_set="gplsi___xnli_va")
    prepared(tmp_path, data_set="nyu-mll___glue", configuration="wnli")
    assert {one.state for one in check_rows(suite, probe=True, environment=environment)} == {"present"}
    assert len(asked) == 1


def test_the_proxy_is_asked_where_one_is_set(monkeypatch):
    asked = []

    def opened(address: object, timeout: float) -> socket.socket:
        asked.append((address, timeout))
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", opened)
    assert hub_answers({"https_proxy": "http://proxy.example:3128"})
    assert hub_answers({})
    assert not hub_answers({"HF_ENDPOINT": "http://x:port"})
    assert asked == [(("proxy.example", 3128), 3.0), (("huggingface.co", 443), 3.0)]


def test_the_listing_joins_rows_of_one_cause(tmp_path):
    suite = suite_of(row_of("mgsm_direct_en", "exact_match", filter="flexible-extract"), row_of("xnli_va"))
    same = suite.rows[1].model_copy(update={"id": "again"})
    states = check_rows(suite_of(*suite.rows, same), environment={"HF_HOME": str(tmp_path)})
    assert listing(states) == [
        "juletxara/mgsm (en) will be fetched from the hub: for mgsm_direct_en",
        "gplsi/xnli_va will be fetched from the hub: for xnli_va, again",
    ]


def test_own_sets_need_no_network(tmp_path):
    states = check_rows(load_suite("small"), environment={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"})
    assert {one.state for one in states} == {"present"}


def test_the_harness_is_the_pinned_one():
    from importlib.metadata import version

    assert version("lm_eval").startswith("0.4.")
    assert (harness_tasks() / "catalan_bench" / "xnli_va.yaml").is_file()


@pytest.mark.slow
def test_the_plan_of_the_reference_recipe_lists_all_rows_without_torch(tmp_path):
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('the network was used')\n"
        "socket.socket.connect = refuse\n"
        "from acord.cli import main_with\n"
        "code = main_with(['plan', 'recipes/aitana-2b-si.yaml', '--json', '--runs', sys.argv[1]])\n"
        "heavy = {'torch', 'transformers', 'lm_eval', 'datasets'} & sys.modules.keys()\n"
        "sys.exit(code or (f'imported: {sorted(heavy)}' if heavy else 0))"
    )
    environment = os.environ | {"HF_HOME": str(tmp_path / "hub")}
    command = [sys.executable, "-c", code, str(tmp_path / "runs")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    suite = json.loads(done.stdout)["suite"]
    assert suite["name"] == "aitana"
    assert [one["row"] for one in suite["rows"]] == [row.id for row in load_suite("aitana").rows]
    assert suite["rows"][0]["data"] == "gplsi/xnli_va"
    assert not (tmp_path / "hub").exists()
