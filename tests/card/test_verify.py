"""A card held against its evidence: every digit that is changed, every mark, every file; and what may lie beside it."""

import json
import random
import re
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from acord import __version__
from acord.card.comparing import file_faults, text_faults
from acord.card.evidence import Evidence, read_evidence
from acord.card.gather import write_index_of
from acord.card.spoken import spoken
from acord.card.texts import write_texts
from acord.card.verify import Verification, verify
from acord.card.weights import check_weights
from acord.errors import InputError
from acord.languages import INTERFACE_TAGS
from tests.card.made import Made


@pytest.fixture(scope="module")
def card(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card with its texts; not to be changed."""
    folder = tmp_path_factory.mktemp("whole") / "card"
    shutil.copytree(evidence.folder, folder / "evidence")
    write_texts(evidence, folder)
    return folder


@pytest.fixture(scope="module")
def verification(card: Path) -> Verification:
    return verify(card)


@pytest.fixture
def copy(card: Path, tmp_path: Path, written_once: None) -> Path:  # noqa: ARG001  it is verified with texts written once
    return Path(shutil.copytree(card, tmp_path / "card"))


def faults(folder: Path) -> list[tuple[str, int | None]]:
    return [(fault.file, fault.line) for fault in verify(folder).faults]


def text_differences(folder: Path, card: Path) -> list[tuple[str, int | None]]:
    """As verify does it, with the texts that were written once: to draw them again takes seconds."""
    names = [path.relative_to(card).as_posix() for path in card.rglob("*") if "evidence" not in path.parts]
    written = {name: (card / name).read_bytes() for name in names if (card / name).is_file()}
    return [(fault.file, fault.line) for fault in file_faults(folder, written)]


def changed_digits(content: str, most: int | None = None) -> list[tuple[str, int]]:
    """The text with each of its digits changed, or at most so many drawn from them, and the line of it."""
    places = [at for at, character in enumerate(content) if character in "0123456789"]
    if most is not None:
        places = random.Random(0).sample(places, most)
    return [
        (f"{content[:at]}{(int(content[at]) + 1) % 10}{content[at + 1 :]}", content.count("\n", 0, at) + 1)
        for at in places
    ]


def test_a_card_holds_and_says_what_that_proves(card: Path, verification: Verification) -> None:
    found = verification
    assert found.faults == ()
    assert found.checked.files == sum(path.is_file() for path in (card / "evidence").rglob("*"))
    assert found.checked.figures > 400
    assert found.checked.lines > 200
    assert "model.safetensors" in found.absent
    assert "does not prove who measured" in found.shown()
    assert json.loads(json.dumps(found.as_json()))["holds"] is True


@pytest.mark.parametrize("name", ["README.md", "README.va.md", "README.es.md"])
def test_any_digit_that_is_changed_is_found_with_its_line(card: Path, name: str) -> None:
    content = (card / name).read_text(encoding="utf-8")
    changes = changed_digits(content)
    assert len(changes) > 500
    for changed, line in changes:
        found = text_faults(name, content.encode(), changed.encode())
        assert [(fault.file, fault.line) for fault in found] == [(name, line)]
        assert found[0].expected != found[0].found


@pytest.mark.parametrize("name", ["report/report.en.html", "report/report.va.html", "report/report.es.html"])
def test_digits_of_the_report_its_pictures_too(card: Path, name: str) -> None:
    content = (card / name).read_text(encoding="utf-8")
    for changed, line in changed_digits(content, 60):
        found = text_faults(name, content.encode(), changed.encode())
        assert [(fault.file, fault.line) for fault in found] == [(name, line)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "report/report.va.html"])
def test_a_digit_changed_in_the_folder(copy: Path, name: str) -> None:
    content = (copy / name).read_text(encoding="utf-8")
    for changed, line in changed_digits(content, 2):
        (copy / name).write_text(changed, encoding="utf-8", newline="")
        assert faults(copy) == [(name, line)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (r"\n## ", "\n### "),
        (r"\|\n", "|\n\n"),
        (r"\n(?=[A-Z])", "\nIt is notable. "),
        (r"\n", "\r\n"),
    ],
)
def test_marks_and_words_that_are_changed_are_found(card: Path, copy: Path, before: str, after: str) -> None:
    content = (copy / "README.md").read_text(encoding="utf-8")
    place = re.search(before, content)
    assert place is not None
    line = content.count("\n", 0, place.start() + 1) + 1
    (copy / "README.md").write_text(re.sub(before, after, content, count=1), encoding="utf-8", newline="")
    found = text_differences(copy, card)
    assert [file for file, _ in found] == ["README.md"]
    assert abs((found[0][1] or 0) - line) <= 1


def test_evidence_that_is_missing_and_evidence_of_another_name(copy: Path) -> None:
    judge = copy / "evidence" / "judge"
    (judge / "verdicts.jsonl").unlink()
    assert ("evidence/judge/verdicts.jsonl", None) in faults(copy)
    shutil.copy(judge / "ratings.jsonl", judge / "verdicts.jsonl")
    (judge / "more.jsonl").write_text("")
    found = faults(copy)
    assert ("evidence/judge/verdicts.jsonl", None) in found
    assert ("evidence/judge/more.jsonl", None) in found


def test_texts_that_are_missing_and_texts_that_were_added(card: Path, copy: Path) -> None:
    (copy / "README.va.md").unlink()
    (copy / "README.ca.md").write_text("# A card")
    (copy / "report" / "report.fr.html").write_text("<html>")
    assert text_differences(copy, card) == [
        ("README.ca.md", None),
        ("README.va.md", None),
        ("report/report.fr.html", None),
    ]


@pytest.mark.slow
def test_a_forger_who_mends_index_and_texts_is_found_by_the_figures(copy: Path) -> None:
    manifest = copy / "evidence" / "pairs" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["figures"]["by_language"]["va"] += 100
    manifest.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    write_index_of(copy / "evidence")
    write_texts(read_evidence(copy / "evidence"), copy)
    found = verify(copy).faults
    assert {fault.file for fault in found} == {"evidence/pairs/manifest.json"}
    assert [(fault.expected, fault.found) for fault in found] == [("10", "110")]
    line = manifest.read_text(encoding="utf-8").split("\n")[(found[0].line or 0) - 1]
    assert line.strip().rstrip(",") == '"va": 110'


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("pairs/manifest.json", '{"figures": []}'),
        ("evaluate/comparison.json", '{"models": [{"name": "../../x"}], "before": null, "after": null, "seed": 1}'),
        ("align/held_out.parquet", "PAR1"),
        ("judge/judgement.json", '{"files": []}'),
        ("recipe.yaml", "a: " + "[" * 3000),
    ],
)
def test_evidence_that_is_none_is_a_fault_and_no_crash(copy: Path, file: str, content: str) -> None:
    (copy / "evidence" / file).write_text(content)
    write_index_of(copy / "evidence")
    found = verify(copy)
    assert not found.holds
    assert found.faults[0].file.startswith("evidence")


def test_without_evidence_nothing_can_be_verified(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing can be verified"):
        verify(tmp_path)


@pytest.mark.slow
def test_weights_beside_the_card(made: Made, copy: Path) -> None:
    model = made.inputs["align"] / "model"
    for path in model.iterdir():
        shutil.copy(path, copy)
    whole = verify(copy)
    assert (whole.faults, whole.absent) == ((), ())
    assert whole.checked.weights == len(list(model.iterdir()))
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (copy / "model.safetensors").write_bytes(content)
    (copy / "pytorch_model.bin").write_bytes(b"")
    assert faults(copy) == [("model.safetensors", None), ("pytorch_model.bin", None)]
    assert verify(copy, weights=model).holds
    assert [fault.what for fault in verify(copy, weights=model.parent).faults] == ["no file of the model lies there"]


def test_weights_that_are_others_and_weights_that_were_added(made: Made, evidence: Evidence, tmp_path: Path) -> None:
    align = evidence.manifests["align"]
    assert check_weights(made.inputs["align"] / "model", align).faults == []
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    found = check_weights(tmp_path, align)
    assert [fault.file for fault in found.faults] == ["model.safetensors", "pytorch_model.bin"]
    assert "tokenizer.json" in found.absent


def test_what_is_shown_is_in_the_language_of_the_interface(verification: Verification) -> None:
    shown = set()
    for tag in INTERFACE_TAGS:
        with spoken(tag):
            shown.add(verification.shown())
    assert len(shown) == len(INTERFACE_TAGS)


def test_pictures_are_compared_only_where_one_version_drew_both(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = copy / "report" / "report.va.html"
    content = report.read_text(encoding="utf-8")
    start = content.index("<svg")
    drawn = content.index('d="M', start) + len('d="M')
    report.write_text(f"{content[:drawn]} 1{content[drawn:]}", encoding="utf-8")
    assert [one for one, _ in faults(copy)] == ["report/report.va.html"]
    monkeypatch.setattr("acord.card.verify.version", lambda name: "0.0" if name == "matplotlib" else __version__)
    other = verify(copy)
    assert other.faults == ()
    assert other.other_versions == {"matplotlib": (metadata.version("matplotlib"), "0.0")}
    assert "matplotlib 0.0" not in other.shown()
    assert "0.0: they were not compared" in other.shown()
    # What stands outside the pictures is compared all the same.
    content = report.read_text(encoding="utf-8")
    report.write_text(content.replace("<h1", "<h1 ", 1), encoding="utf-8")
    assert [one for one, _ in faults(copy)] == ["report/report.va.html"]
