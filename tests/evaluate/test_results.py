"""What an evaluation leaves is read back as it was written, and a changed file is noticed."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.errors import InputError
from acord.evaluate.results import Item, read_items, read_results, write_items, write_results
from tests.evaluate.comparing import items, results, right, row

ITEMS = st.builds(
    Item,
    item=st.integers(0, 2**40),
    document=st.text(),
    cluster=st.none() | st.text(),
    score=st.none() | st.floats(allow_nan=False),
    raw=st.text(),
    prediction=st.none() | st.text(),
    gold=st.none() | st.text(),
    choices=st.none() | st.integers(1, 100),
)


@settings(deadline=None)
@given(st.lists(ITEMS, max_size=5))
def test_items_come_back(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("items") / "deep" / "one.parquet"
    write_items(made, path)
    assert read_items(path) == made


def test_the_same_items_have_the_same_hash(tmp_path):
    assert write_items(items([1, 0]), tmp_path / "a") == write_items(items([1, 0]), tmp_path / "b")
    assert write_items(items([1, 0]), tmp_path / "a") != write_items(items([0, 1]), tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_results_come_back_with_their_items(tmp_path):
    one = row("copa")
    made = results("a", {one: right(3, 4)}, tmp_path)
    read = read_results(write_results(made, tmp_path / "a"))
    assert read == made
    assert read.row("copa").value == 0.75
    assert read.items("copa") == items(right(3, 4))
    assert read.row("other") is None
    assert read.items("other") is None


def test_changed_and_missing_items_are_errors(tmp_path):
    one = row("copa")
    made = results("a", {one: right(3, 4)}, tmp_path)
    file = tmp_path / "a" / "items" / "copa.parquet"
    write_items(items(right(4, 4)), file)
    with pytest.raises(InputError, match=r"copa.parquet: the items are not those that were measured"):
        made.items("copa")
    file.unlink()
    with pytest.raises(InputError, match=r"the items cannot be read"):
        made.items("copa")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "this is no JSON"),
        ("[]", "no results.json of Acord"),
        ("{}", "no results.json of Acord"),
        (json.dumps({"model": {}, "suite": "s", "rows": [], "settings": {}}), "no results.json of Acord"),
        (json.dumps({"model": {"name": "a"}, "suite": "s", "rows": [{}], "settings": {}}), "no results.json of Acord"),
    ],
)
def test_another_file_is_one_line(tmp_path, content, message):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_results(path)
    assert "\n" not in str(caught.value)


def test_fields_of_a_later_version_are_left_out(tmp_path):
    made = results("a", {row("copa"): right(1, 2)}, tmp_path)
    path = write_results(made, tmp_path / "a")
    content = json.loads(path.read_text())
    content["model"]["later"] = content["rows"][0]["later"] = 1
    path.write_text(json.dumps(content))
    assert read_results(path) == replace(made, folder=tmp_path / "a")


def test_no_file_of_items(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="this is no file of items"):
        read_items(tmp_path / "x.parquet")
