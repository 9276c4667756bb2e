"""The generated sets have the rows, the shares and the plants that truth.json states, and come out the same again."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import full_size
import numpy as np
import pyarrow.parquet as pq
import pytest
from full_size_orca import GPT4_FILE, GPT35_FILE, write_orca
from full_size_people import OASST_SCHEMA, write_helpsteer3, write_oasst
from invented_text import LANGUAGES, PLANTED, Inventor, words_of

SCALE = 0.004
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def inventor() -> Inventor:
    return Inventor()


def test_texts_are_as_long_as_asked_and_hold_what_is_planted(inventor: Inventor) -> None:
    rng = np.random.default_rng(0)
    words = np.array([40, 50, 60, 30, 70, 80])
    made = inventor.texts(
        rng,
        words,
        np.array([0, 1, 2, 0, 3, 5]),
        first={"boilerplate": [1]},
        last={"email": [0]},
        whole={"same": [2]},
        circles=[4],
        nearly={3: 5},
    ).array.to_pylist()
    assert len(made[5].split()) == 80
    assert made[5][0].isupper()
    assert made[5].endswith(".")
    assert made[0].endswith(PLANTED["email"])
    assert made[1].startswith(PLANTED["boilerplate"])
    assert made[2] == PLANTED["same"]
    differ = [one != other for one, other in zip(made[3].split(), made[5].split(), strict=True)]
    assert sum(differ) == 1
    assert len({word.strip(".,").lower() for word in made[4].split()}) <= 7


def test_lengths_have_their_median(inventor: Inventor) -> None:
    rng = np.random.default_rng(1)
    texts = inventor.texts(rng, words_of(rng, 2_000, 900.0), np.zeros(2_000, np.int64)).array.to_pylist()
    assert np.median([len(text) for text in texts]) == pytest.approx(900, rel=0.1)
    shared = [set(one.split()) & set(other.split()) for one, other in zip(texts[::2], texts[1::2], strict=True)]
    both = [set(one.split()) | set(other.split()) for one, other in zip(texts[::2], texts[1::2], strict=True)]
    similar = [len(some) / len(all_) for some, all_ in zip(shared, both, strict=True)]
    assert max(similar) < 0.6


@pytest.mark.slow
def test_openorca_joins_as_often_as_stated(tmp_path: Path) -> None:
    truth = {side: write_orca(tmp_path, side, scale=SCALE, seed=3) for side in ("gpt4", "gpt35")}
    chosen, rejected = (pq.read_table(tmp_path / name).to_pylist() for name in (GPT4_FILE, GPT35_FILE))
    assert (len(chosen), len(rejected)) == (truth["gpt4"]["rows"], truth["gpt35"]["rows"])
    assert (len(chosen), len(rejected)) == (round(994_896 * SCALE), round(3_239_019 * SCALE))
    asked = [{(row["system_prompt"], row["question"]) for row in rows} for rows in (chosen, rejected)]
    assert len(asked[0] & asked[1]) == truth["gpt4"]["shared"] == round(700_000 * SCALE)
    for rows, side, prompts in ((chosen, "gpt4", asked[0]), (rejected, "gpt35", asked[1])):
        assert len(rows) - len(prompts) == truth[side]["repeated"] > 0
        assert len({row["id"] for row in rows}) == len(rows)
    counts = Counter(name for row in chosen for name, text in PLANTED.items() if text.strip() in row["response"])
    planted = truth["gpt4"]
    assert counts["boilerplate"] == planted["boilerplate"] > 0
    assert counts["email"] == planted["email"] > 0
    assert counts["debris"] == planted["debris"] > 0
    assert counts["same"] == planted["same_in_form"] > 0
    again = write_orca(tmp_path / "again", "gpt4", scale=SCALE, seed=3)
    assert again == planted
    assert (tmp_path / "again" / GPT4_FILE).read_bytes() == (tmp_path / GPT4_FILE).read_bytes()


@pytest.mark.slow
def test_nothing_is_planted_in_a_row_whose_prompt_stands_twice(tmp_path: Path) -> None:
    truth = write_orca(tmp_path, "gpt4", scale=0.03, seed=3)
    rows = pq.read_table(tmp_path / GPT4_FILE).to_pylist()
    twice = Counter((row["system_prompt"], row["question"]) for row in rows)
    assert max(twice.values()) == 2
    repeated = [row["response"] for row in rows if twice[row["system_prompt"], row["question"]] == 2]
    assert len(repeated) == 2 * truth["repeated"] > 250
    assert not [one for one in repeated if any(text.strip() in one for text in PLANTED.values())]


def test_oasst2_holds_oasst1_with_the_same_ids(tmp_path: Path) -> None:
    truth = write_oasst(tmp_path, scale=SCALE, seed=3)
    sets = {
        name: [row for file in sorted((tmp_path / name / "data").iterdir()) for row in pq.read_table(file).to_pylist()]
        for name in ("oasst1", "oasst2")
    }
    assert {name: len(rows) for name, rows in sets.items()} == {"oasst1": 355, "oasst2": 541}
    by_id = {row["message_id"]: row for row in sets["oasst2"]}
    assert len(by_id) == 541
    assert all(by_id[row["message_id"]]["text"] == row["text"] for row in sets["oasst1"])
    assert pq.read_schema(tmp_path / "oasst1" / "data" / "train-00000-of-00001.parquet") == OASST_SCHEMA
    rows = sets["oasst2"]
    stated = truth["oasst2"]
    assert sum(row["deleted"] for row in rows) == stated["deleted"]
    assert sum(row["rank"] is None and row["role"] == "assistant" for row in rows) == stated["unranked"]
    orphans = [row for row in rows if row["parent_id"] and row["parent_id"] not in by_id]
    assert len(orphans) == stated["orphaned"]
    shares = Counter(row["lang"] for row in rows)
    assert shares["en"] > shares["es"] > shares["pt"] > 0
    siblings = Counter(row["parent_id"] for row in rows if row["rank"] is not None and row not in orphans)
    pairs = sum(count * (count - 1) // 2 for count in siblings.values())
    assert pairs == pytest.approx(sum(stated["pairs"].values()), abs=4 * len(orphans))
    assert 0.35 < pairs / len(rows) < 0.75


def test_helpsteer3_has_its_domains_and_ties(tmp_path: Path) -> None:
    truth = write_helpsteer3(tmp_path, scale=0.02, seed=3)
    files = [tmp_path / "preference" / f"{name}.jsonl.gz" for name in ("train", "validation")]
    rows = [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert len(rows) == truth["rows"] == round(40_476 * 0.02)
    assert sum(row["overall_preference"] == 0 for row in rows) == truth["ties"]
    assert set(Counter(row["domain"] for row in rows)) == {"general", "code", "multilingual", "stem"}
    spanish = [row for row in rows if row["language"] == "spanish" and row["overall_preference"]]
    assert len(spanish) == truth["pairs"]["es"]
    assert len(rows[0]["individual_preference"]) == 3
    assert np.median([len(row["response1"]) for row in rows]) == pytest.approx(1_500, rel=0.15)


def test_quotas_are_the_card_s_where_there_is_enough() -> None:
    truth = {
        "scale": 1,
        "helpsteer3": {"pairs": {"en": 30_000, "es": 1_000}},
        "oasst2": {"pairs": {"en": 30_000, "es": 19_000, "de": 9}},
        "openorca_gpt4": {"shared": 700_000},
    }
    assert full_size.quotas(truth) == {"en": 80_308, "es": int(0.65 * 0.95 * 20_000)}


@pytest.mark.slow
def test_memory_of_a_process_and_its_children() -> None:
    child = "import time; held = bytearray(60_000_000); time.sleep(1.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    peak = full_size.watch(subprocess.Popen([sys.executable, "-c", code]))
    assert 60e6 < peak.shared_once <= peak.resident < 200e6


def test_a_scale_that_cannot_be_measured_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/full_size.py", "--measure", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}: no truth.json there; make the sets with --generate\n"


@pytest.mark.slow
def test_generate_measure_and_table(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    sets = str(tmp_path / "sets")
    command = [sys.executable, "benchmarks/full_size.py", "--scale", "0.01", "--results", str(results), "--table"]
    done = subprocess.run(
        [*command, "--generate", sets, "--measure", sets], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(results.read_text())
    truth = json.loads((tmp_path / "sets" / "truth.json").read_text())
    assert entry["case"] == "scale 0.01"
    assert entry["rows_in"] == truth["rows"] == entry["rows_used"] + entry["rows_dropped"]
    assert entry["pairs"] > 500
    for quota in entry["quotas"].values():
        assert quota["taken"] == quota["asked"] > 0
    assert 0.05 < entry["peak_pss_gb"] <= entry["peak_rss_gb"] < 2.5
    assert [path.name for path in (tmp_path / "sets").iterdir() if path.name.startswith("tmp")] == []


def test_languages_are_those_of_the_shares() -> None:
    from full_size_people import SHARES, WRITTEN_IN

    assert set(SHARES) <= set(LANGUAGES)
    assert set(WRITTEN_IN.values()) <= set(LANGUAGES)
    assert sum(SHARES.values()) == pytest.approx(1.0)
