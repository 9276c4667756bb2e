"""Keys and remembered hashes."""

import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.hashing import canonical, digest
from acord.run.keys import HashCache, library_versions

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_the_order_of_keys_does_not_matter(value):
    backwards = dict(reversed(list(value.items())))
    assert canonical(value) == canonical(backwards)
    assert digest(value) == digest(backwards)


def test_a_digest_is_stable_over_time():
    assert digest({"b": [1, 2.5, None], "a": "ç"}) == hashlib.sha256('{"a":"ç","b":[1,2.5,null]}'.encode()).hexdigest()


def test_what_is_not_json_has_no_key():
    with pytest.raises(TypeError):
        digest({"a": {1, 2}})
    with pytest.raises(ValueError, match="Out of range"):
        digest({"a": float("nan")})


def test_library_versions_are_major_and_minor():
    assert all(part.isdigit() for part in library_versions(("tokenizers",))["tokenizers"].split("."))
    assert library_versions(("tokenizers",))["tokenizers"].count(".") == 1


@pytest.fixture
def settled(tmp_path):
    file = tmp_path / "file"
    file.write_text("one")
    os.utime(file, ns=(1_000_000_000, 1_000_000_000))
    return file


def test_hashes_are_remembered_until_the_file_is_touched(tmp_path, settled, monkeypatch):
    cache = HashCache(tmp_path / "hashes.json")
    one = cache.sha256(settled)
    assert one == hashlib.sha256(b"one").hexdigest()
    cache.save()
    monkeypatch.setattr("acord.run.keys.hash_file", lambda path: pytest.fail(f"{path} was read again"))
    assert HashCache(tmp_path / "hashes.json").sha256(settled) == one
    monkeypatch.undo()
    settled.write_text("two")
    os.utime(settled, ns=(2_000_000_000, 2_000_000_000))
    assert HashCache(tmp_path / "hashes.json").sha256(settled) == hashlib.sha256(b"two").hexdigest()


def test_another_file_of_the_same_size_and_time_is_told_by_its_inode(tmp_path, settled):
    cache = HashCache(tmp_path / "hashes.json")
    cache.sha256(settled)
    other = tmp_path / "other"
    other.write_text("two")
    os.utime(other, ns=(1_000_000_000, 1_000_000_000))
    other.replace(settled)
    assert cache.sha256(settled) == hashlib.sha256(b"two").hexdigest()


def test_a_file_that_was_just_written_is_not_remembered(tmp_path):
    file = tmp_path / "file"
    file.write_text("one")
    cache = HashCache(tmp_path / "hashes.json")
    cache.sha256(file)
    cache.save()
    assert not (tmp_path / "hashes.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"/x": 1}', '{"/x": [1, 2, 3]}', "\x00"])
def test_a_damaged_cache_counts_as_empty(tmp_path, settled, content):
    (tmp_path / "hashes.json").write_text(content)
    cache = HashCache(tmp_path / "hashes.json")
    assert cache.sha256(settled) == hashlib.sha256(b"one").hexdigest()
    cache.save()
    assert str(settled) in (tmp_path / "hashes.json").read_text()


def test_two_processes_add_to_one_cache(tmp_path, settled):
    first, second = HashCache(tmp_path / "hashes.json"), HashCache(tmp_path / "hashes.json")
    first.sha256(settled)
    other = tmp_path / "other"
    other.write_text("two")
    os.utime(other, ns=(1_000_000_000, 1_000_000_000))
    second.sha256(other)
    first.save()
    second.save()
    content = (tmp_path / "hashes.json").read_text()
    assert str(settled) in content
    assert str(other) in content
