"""Exports: what each format holds, what is refused, and that our own adapter reads the same texts again."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acord.data.export import FORMS, Selection, export_pairs
from acord.data.read import SourceFile, read_rows
from acord.data.sources import pairs as adapter
from acord.errors import InputError
from acord.recipe import Source
from acord.run.built_pairs import find_built_pairs
from acord.run.export_pairs import export
from tests.data.tables import READ, pair_row, step, write_tables
from tests.run.built import write_run

LONG = [("system", "Be brief."), ("user", "one"), ("assistant", "two"), ("user", "three\u2028\n\n")]
TWO_QUESTIONS = [("user", "one"), ("user", "two")]
PAIRS = [
    pair_row("plain", "\n\nHuman: a", "b", margin=2.0, weight=0.5),
    pair_row([("system", "Be brief."), ("user", "q")], "c\x1b", "d", language="va", origin="translated"),
    pair_row(LONG, "e", " f ", source="two", licence="Apache-2.0", split="held_out"),
    pair_row(TWO_QUESTIONS, "g", "h", source="two", licence="Apache-2.0"),
]
EVERY = Selection()
TEXTS = [([(turn["role"], turn["content"]) for turn in row["prompt"]], row["chosen"], row["rejected"]) for row in PAIRS]
# Which pairs a format can hold: of several turns, and of two questions in a row.
HELD = {
    "pairs": [0, 1, 2, 3],
    "trl": [0, 1, 2, 3],
    "hf-dataset": [0, 1, 2, 3],
    "llama-factory": [0, 1, 2],
    "orca": [0, 1],
}


def read_again(folder: Path, ending: str) -> list:
    """What Acord's format `pairs` makes of every file of a folder, in the order of the splits."""
    source = Source(name="again", format="pairs", path=str(folder))
    files = [folder / f"{split}.{ending}" for split in ("train", "held_out")]
    rows = [
        row
        for file in files
        if file.exists()
        for row in read_rows(SourceFile(file, file.name, file.name), adapter.COLUMNS)
    ]
    return [adapter._pair(row, source) for row in rows]


def texts(pairs) -> list:
    return [([(turn["role"], turn["content"]) for turn in one.prompt], one.chosen, one.rejected) for one in pairs]


def in_split_order(numbers: list[int]) -> list:
    return [TEXTS[number] for number in sorted(numbers, key=lambda number: PAIRS[number]["split"] != "train")]


@pytest.fixture
def built(tmp_path):
    return write_tables(tmp_path / "built", PAIRS)


def written(built: Path, form, selection=EVERY, files="jsonl"):
    to = built.parent / f"{form}-{len(list(built.parent.iterdir()))}"
    to.mkdir()
    return to, export_pairs(built, to, form, selection, files)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("files", ["jsonl", "parquet"])
def test_every_form_is_read_back_with_equal_texts(built, form, files):
    to, tally = written(built, form, files=files)
    place = to / "data" if form == "hf-dataset" else to
    assert texts(read_again(place, files)) == in_split_order(HELD[form])
    assert (tally.pairs, tally.left_out) == (len(HELD[form]), len(PAIRS) - len(HELD[form]))


def test_acords_own_form_keeps_all_that_a_row_may_state(built):
    to, _ = written(built, "pairs")
    again = read_again(to, "jsonl")
    rows = {row["id"]: row for row in PAIRS}
    for pair in again:
        row = rows[pair.id]
        for name in ("language", "group", "licence", "margin", "weight", "origin"):
            assert getattr(pair, name) == row[name], name
        assert pair.source_id == row["id"]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    prompt=st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(min_size=1)), max_size=3),
    system=st.none() | st.text(min_size=1),
    replies=st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True),
)
def test_any_text_survives_every_form(tmp_path_factory, prompt, system, replies):
    turns = [*([("system", system)] if system else []), *prompt, ("user", "?")]
    if any(not content.strip() for content in (*replies, *(content for _, content in turns))):
        return
    built = write_tables(tmp_path_factory.mktemp("any") / "built", [pair_row(turns, *replies)])
    for form in ("pairs", "trl", "llama-factory", "orca"):
        try:
            to, _ = written(built, form)
        except InputError:
            assert form in ("llama-factory", "orca")
            continue
        if "\x00" not in "".join(replies) + "".join(content for _, content in turns):
            assert texts(read_again(to, "jsonl")) == [(turns, *replies)], form


def test_rows_as_others_know_them(built):
    to, _ = written(built, "trl")
    first = json.loads((to / "train.jsonl").read_text().splitlines()[1])
    assert first == {
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}],
        "chosen": [{"role": "assistant", "content": "c\x1b"}],
        "rejected": [{"role": "assistant", "content": "d"}],
    }
    to, _ = written(built, "orca")
    assert json.loads((to / "train.jsonl").read_text().splitlines()[0])["system"] == ""
    to, _ = written(built, "llama-factory")
    (row,) = (json.loads(line) for line in (to / "held_out.jsonl").read_text().split("\n")[:-1])
    assert row["system"] == "Be brief."
    assert row["conversations"][1] == {"from": "gpt", "value": "two"}
    assert row["rejected"] == {"from": "gpt", "value": " f "}
    index = json.loads((to / "dataset_info.json").read_text())
    assert set(index) == {"acord_train", "acord_held_out"}
    assert index["acord_held_out"]["file_name"] == "held_out.jsonl"
    assert index["acord_held_out"]["ranking"] is True


def test_the_selection(built):
    for selection, numbers in [
        (Selection(languages=("ca-valencia",)), [1]),
        (Selection(languages=("va", "en"), sources=("one",)), [0, 1]),
        (Selection(splits=("held_out",)), [2]),
        (Selection(sources=("two",), splits=("train",)), [3]),
    ]:
        to, tally = written(built, "pairs", selection)
        assert texts(read_again(to, "jsonl")) == in_split_order(numbers)
        assert tally.pairs == len(numbers)


@pytest.mark.parametrize(
    ("selection", "form", "part"),
    [
        (Selection(languages=("fr",)), "pairs", "no pair has the language fr. There are: en, va."),
        (Selection(sources=("three",)), "pairs", "no pair has the source three. There are: one, two."),
        (Selection(languages=("va",), splits=("held_out",)), "pairs", "no pair is selected"),
        (Selection(sources=("two",)), "orca", "none of the 2 pairs fits the format orca"),
    ],
)
def test_a_selection_of_nothing_is_refused(built, selection, form, part):
    with pytest.raises(InputError) as error:
        written(built, form, selection)
    assert part in str(error.value)


PART = {
    "data": {
        "sources": [
            {"name": "helpsteer3", "format": "helpsteer3", "translate": None},
            {"name": "orca", "format": "openorca", "translate": None},
            {"name": "oasst-va", "format": None, "translate": {"from": "oasst", "language": "es", "to": "va"}},
            {"name": "oasst", "format": "oasst", "translate": None},
        ],
        "filters": {"personal_data": "flag"},
    },
    "seed": 0,
}
FIGURES = {
    "rows_in": 1_234,
    "rows_used": 1_000,
    "rows_dropped": 234,
    "dropped_by_reason": {"tie": 200, "spam | <b>": 34},
    "quotas": {"va": {"asked": 9, "taken": 1, "held_out": 0, "supply": 7}},
}
FROM_HUB = {**READ, "detail": "helpsteer3 row of hf://nvidia/HelpSteer3@abc/preference/train.jsonl.gz, preference 1"}
ORCA = {**READ, "detail": "openorca row of hf://Open-Orca/OpenOrca@abc/1M-GPT4-Augmented.parquet, rejected reply 7"}
OTHER = {**READ, "detail": "pair row of hf://some/where@abc/x.jsonl"}
MIXED = [
    pair_row("a", source="helpsteer3", licence="CC-BY-4.0", read=FROM_HUB, steps=[step("personal_data", "email 1")]),
    pair_row("b", source="orca", licence="MIT", origin="model", split="held_out", read=ORCA),
    pair_row("c", source="oasst-va", licence="Apache-2.0", origin="translated", language="va",
             steps=[step("translate", "es to va", "apertium", "3.8.3")]),
    pair_row("d", source="oasst", licence="Own *Terms*", language="es", read=OTHER),
]  # fmt: skip


def card_of(tmp_path: Path, pairs, selection=EVERY, part=PART, figures=FIGURES) -> tuple[dict, str]:
    write_run(tmp_path / "runs", pairs, part=part, figures=figures)
    exported = export(find_built_pairs("made", tmp_path / "runs"), tmp_path / "set", "hf-dataset", selection, None)
    _, metadata, body = (tmp_path / "set" / "README.md").read_text().split("---\n", 2)
    assert exported.files[0] == "README.md"
    return yaml.safe_load(metadata), body


def test_a_data_set_of_valencian(tmp_path):
    metadata, body = card_of(tmp_path, MIXED, Selection(languages=("va",)))
    assert metadata["language"] == ["ca"]
    assert metadata["language_bcp47"] == ["ca-valencia"]
    assert metadata["license"] == "apache-2.0"
    assert metadata["size_categories"] == ["n<1K"]
    assert metadata["task_categories"] == ["text-generation"]
    assert metadata["configs"][0]["data_files"] == [{"split": "train", "path": "data/train.parquet"}]
    assert "translated by machine from Spanish to Valencian (apertium 3.8.3)" in body
    # A file on this disk in OASST's form may be anyone's.
    assert "- From local files; whose they are, whoever publishes this set has to say." in body
    assert "have the form of [OpenAssistant/oasst1](https://huggingface.co/datasets/OpenAssistant/oasst1) by" in body
    assert "- 100.0% (1 pair) **translated**" in body
    assert "HelpSteer3" not in body
    table = pq.read_table(tmp_path / "set" / "data" / "train.parquet")
    assert table["language"].to_pylist() == ["ca-valencia"]
    assert "user_id" not in table.column_names
    assert table["lineage"].to_pylist()[0][1]["tool"] == "apertium"


def test_a_data_set_of_several_sources_names_each_with_its_licence(tmp_path):
    metadata, body = card_of(tmp_path, MIXED)
    assert metadata["language"] == ["ca", "en", "es"]
    assert metadata["license"] == ["apache-2.0", "cc-by-4.0", "mit", "other"]
    assert [one["split"] for one in metadata["configs"][0]["data_files"]] == ["train", "held_out"]
    for part in (
        "- From [nvidia/HelpSteer3](https://huggingface.co/datasets/nvidia/HelpSteer3) by NVIDIA, [CC BY 4.0]",
        "- From [some/where](https://huggingface.co/datasets/some/where).",
        "terms allow training other models is disputed",
        "this is no human preference",
        "Own \\*Terms\\* (1 pair)",
        "- 50.0% (2 pairs) **human**",
        "- 25.0% (1 pair) **model**",
        "1 pair with some in them carry",
        "Of 1,234 rows of all sources, 1,000 were used and 234 dropped",
        "| spam \\| \\<b\\> | 34 |",
        "| Valencian | 9 | 1 | 7 |",
        "personal_data: flag",
        "versions: acord 0.1.0, python 3.11",
    ):
        assert part in body, part


def test_personal_data_is_told_as_the_recipe_dealt_with_it(tmp_path):
    for number, (setting, part) in enumerate(
        [("keep", "was not looked for"), ("mask", "masked in 1 pair"), ("drop", "are left out")]
    ):
        recipe = {"data": {**PART["data"], "filters": {"personal_data": setting}}}
        assert part in card_of(tmp_path / str(number), MIXED, part=recipe)[1]


def test_datasets_loads_it(tmp_path):
    datasets = pytest.importorskip("datasets")
    card_of(tmp_path, MIXED)
    loaded = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in loaded.items()} == {"train": 3, "held_out": 1}
    assert loaded["train"][0]["chosen"] == [{"role": "assistant", "content": "good"}]


@pytest.mark.parametrize("licence", ["unknown", ""])
def test_an_unknown_licence_cannot_be_published(tmp_path, licence):
    pairs = [*MIXED, pair_row("e", source="mine", licence=licence)]
    with pytest.raises(InputError) as error:
        card_of(tmp_path, pairs)
    assert "source mine" in str(error.value)
    assert "Set licence: for mine" in str(error.value)
    assert not (tmp_path / "set").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    card_of(tmp_path / "others", pairs, Selection(sources=("oasst", "helpsteer3")))


def test_a_card_needs_a_manifest(tmp_path):
    built = find_built_pairs(str(write_tables(tmp_path / "bare", MIXED)), tmp_path)
    with pytest.raises(InputError, match=r"no manifest\.json lies beside the pairs"):
        export(built, tmp_path / "set", "hf-dataset", EVERY, None)
    assert not (tmp_path / "set").exists()


def test_nothing_is_overwritten_or_left_half_written(tmp_path):
    built = find_built_pairs(str(write_tables(tmp_path / "bare", PAIRS)), tmp_path)
    full, file, empty = tmp_path / "full", tmp_path / "file", tmp_path / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "mine.txt").write_text("mine")
    file.write_text("mine")
    for to, part in [(full, "not empty"), (file, "a file stands"), (file / "below", "a file stands")]:
        with pytest.raises(InputError, match=part):
            export(built, to, "pairs", EVERY, None)
    with pytest.raises(InputError, match="fits"):
        export(built, empty, "orca", Selection(sources=("two",)), None)
    assert list(empty.iterdir()) == []
    (tmp_path / "link").symlink_to(empty)
    assert export(built, tmp_path / "link", "pairs", EVERY, None).files == ("held_out.jsonl", "train.jsonl")
    assert sorted(path.name for path in empty.iterdir()) == ["held_out.jsonl", "train.jsonl"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare", "empty", "file", "full", "link"]


def test_a_data_set_is_parquet(tmp_path):
    built = find_built_pairs(str(write_tables(tmp_path / "bare", PAIRS)), tmp_path)
    with pytest.raises(InputError, match="a data set is Parquet"):
        export(built, tmp_path / "set", "hf-dataset", EVERY, "jsonl")
