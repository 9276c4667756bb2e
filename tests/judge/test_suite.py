"""Suites of the judge: the bundled one is whole, a user's own is read strictly, and a mistake in it is one line."""

import json
import os
import re
from pathlib import Path
from string import Formatter

import pytest
import yaml

from acord.errors import InputError
from acord.judge import category, items
from acord.judge.record import LEVELS, Question
from acord.judge.suite import JudgeSuite, Rubric, list_suites, load_rubric, load_suite
from acord.languages import INTERFACE_TAGS, LANGUAGES

CATEGORIES = ("commonsense", "maths", "paraphrasing", "reading", "summarisation", "translation", "administrative")
CATEGORIES += ("legal", "tourism")
GOOD = {
    "id": "letters",
    "criterion": "Whether it serves.",
    "levels": {1: "a", 2: "b", 3: "c", 4: "d", 5: "e"},
    "prompts": {"va": ["{task}", "Escriu. {task}"]},
    "items": {"va": [{"id": "1", "task": "Una carta."}]},
}


@pytest.fixture(scope="module")
def aitana() -> JudgeSuite:
    return load_suite("aitana")


def suite_of(folder: Path, *categories: object) -> str:
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump({"name": "mine", "categories": list(categories)}, allow_unicode=True))
    return str(file)


def changed(**keys: object) -> dict[str, object]:
    return {key: value for key, value in (GOOD | keys).items() if value is not None}


def fault_of(name: str) -> str:
    with pytest.raises(InputError) as caught:
        load_suite(name)
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.where
    assert caught.value.fix
    assert len(line) < 700
    return line


# The bundled suite


def test_the_bundled_suite_has_its_categories_in_the_tables_order(aitana: JudgeSuite):
    assert list_suites() == ("aitana",)
    assert tuple(one.id for one in aitana.categories) == CATEGORIES
    assert aitana.languages == ("en", "es", "va", "ca")


@pytest.mark.parametrize("name", CATEGORIES)
def test_a_bundled_category_is_whole_in_every_language(aitana: JudgeSuite, name: str):
    one = next(one for one in aitana.categories if one.id == name)
    assert {one.label(tag) for tag in INTERFACE_TAGS}.isdisjoint({one.id})
    assert set(one.rubric.anchors) == set(one.items) == set(one.wordings) == set(LANGUAGES)
    assert all(len(set(wordings)) == 3 for wordings in one.wordings.values())
    ids = {tag: [item.id for item in of_language] for tag, of_language in one.items.items()}
    assert len(ids["va"]) >= 20
    assert all(of_language == ids["va"] for of_language in ids.values())
    for of_language in one.items.values():
        assert len({tuple(item.texts.values()) for item in of_language}) == len(of_language)
        assert all(item.reference for item in of_language)
    # Each wording shows every text that another one shows, so that the wordings ask the same.
    for wordings in one.wordings.values():
        assert len({frozenset(re.findall(r"\{(\w+)\}", wording)) for wording in wordings}) == 1


def test_the_bundled_suites_texts_are_no_others(aitana: JudgeSuite):
    questions = aitana.questions()
    assert len({(one.category, one.language, one.item, one.wording) for one in questions}) == len(questions)
    assert len(questions) >= 9 * 4 * 20 * 3
    assert not [one.prompt for one in questions if re.search(r"[{}]", one.prompt)]


# Questions


def test_questions_are_chosen_by_language_category_item_and_wording(aitana: JudgeSuite):
    chosen = aitana.questions(languages=["va", "en"], categories=["maths"], limit=2, wordings=2)
    first, second = (item.id for item in aitana.categories[1].items["en"][:2])
    assert [(one.category, one.language, one.item, one.wording) for one in chosen] == [
        ("maths", language, item, wording)
        for language in ("en", "va")
        for item in (first, second)
        for wording in (0, 1)
    ]


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ({"languages": ["fr"]}, "suite mine: no language fr. It has es, va."),
        ({"categories": ["maths"]}, "suite mine: no category maths. It has letters, notes."),
        ({"languages": ["es"], "categories": ["letters"]}, "suite mine: no question in es of letters"),
    ],
)
def test_what_a_suite_does_not_have_is_not_asked(tmp_path: Path, chosen: dict, fault: str):
    notes = changed(id="notes", prompts={"es": ["{task}"]}, items={"es": [{"id": "1", "task": "Una nota."}]})
    suite = load_suite(suite_of(tmp_path, GOOD, notes))
    assert [one.category for one in suite.questions(languages=["es"])] == ["notes"]
    with pytest.raises(InputError, match=re.escape(fault)):
        suite.questions(**chosen)


def test_places_are_filled_in_one_pass(tmp_path: Path):
    texts = {"id": "1", "task": "{zone} {task} {id} \\1 $x %s {{task}}", "zone": "no"}
    prompts = {"va": ['Respon com a {"a": 1}: { task } {}']}
    suite = load_suite(suite_of(tmp_path, changed(prompts=prompts, items={"va": [texts]})))
    assert suite.questions()[0].prompt == f'Respon com a {{"a": 1}}: {texts["task"]} {{}}'


def test_a_suite_of_ones_own_may_stand_in_several_files(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    rows = [
        {"id": "1", "task": "Una línia\u2028i una altra.", "reference": "Sí."},
        {"id": "2", "task": "Dos.", "note": "-"},
    ]
    lines = "\r\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "deep/items.jsonl").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    (tmp_path / "deep/letters.yml").write_text(yaml.safe_dump(changed(items={"va": "items.jsonl"})))
    laws = changed(id="laws", prompts={"va": ["{prompt}"]}, items={"va": "rows:domain_legal_va"})
    suite = load_suite(suite_of(tmp_path, "deep/letters.yml", laws))
    assert suite.questions(wordings=1)[:2] == [
        Question("letters", "va", "1", 0, "Una línia\u2028i una altra.", "Sí."),
        Question("letters", "va", "2", 0, "Dos.", None),
    ]
    assert suite.questions(categories=["laws"], limit=1)[0].prompt == "Què és un contracte de lloguer d'un habitatge?"
    assert suite.categories[0].label("va") == "letters"
    assert suite.rubric("laws").criterion == "Whether it serves."


# Rubrics


def test_a_rubrics_version_follows_from_all_it_says():
    rubric = Rubric("a", "b", {1: "c", 2: "d"}, {"va": "e"})
    assert re.fullmatch(r"[0-9a-f]{12}", rubric.version)
    assert rubric.version == Rubric("a", "b", {2: "d", 1: "c"}, {"va": "e"}).version
    others = [
        Rubric("x", "b", {1: "c", 2: "d"}, {"va": "e"}),
        Rubric("a", "x", {1: "c", 2: "d"}, {"va": "e"}),
        Rubric("a", "b", {1: "c", 2: "x"}, {"va": "e"}),
        Rubric("a", "b", {1: "d", 2: "c"}, {"va": "e"}),
        Rubric("a", "b", {1: "c", 2: "d"}, {"va": "x"}),
        Rubric("a", "b", {1: "c", 2: "d"}, {"es": "e"}),
        Rubric("a", "b", {1: "c", 2: "d"}, {}),
    ]
    assert len({rubric.version, *(other.version for other in others)}) == 8


@pytest.mark.parametrize("name", [*CATEGORIES, "truthfulness"])
def test_bundled_rubrics_describe_every_level_for_every_language(name: str):
    rubric = load_rubric(name)
    assert rubric.category == name
    assert tuple(rubric.levels) == LEVELS
    assert len(set(rubric.levels.values())) == 5
    assert set(rubric.anchors) == set(LANGUAGES)
    # Rubrics stand in the judge's instruction as they are: what looks like a place in them is a mistake.
    for said in (rubric.criterion, *rubric.levels.values(), *rubric.anchors.values()):
        assert [name for _, name, _, _ in Formatter().parse(said) if name is not None] == []
        assert said == said.strip()


def test_a_rubric_of_ones_own_needs_no_items(tmp_path: Path):
    file = tmp_path / "rubric.yaml"
    file.write_text(yaml.safe_dump(changed(prompts=None, items=None)))
    assert load_rubric(str(file)) == Rubric("letters", "Whether it serves.", GOOD["levels"], {})
    assert "letters has no prompts" in fault_of(suite_of(tmp_path, "rubric.yaml"))
    with pytest.raises(InputError, match=r"nothing: no such rubric\. Give administrative, .*, truthfulness"):
        load_rubric("nothing")


# Mistakes


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"id": "Two words"}, "categories.0: id: should be of lower-case letters"),
        ({"rubric": "x"}, "unknown key rubric"),
        ({"criterion": None}, "the key criterion is missing"),
        ({"criterion": "  "}, "criterion: should not be empty"),
        ({"criterion": ["a"]}, "criterion: should be text"),
        ({"levels": {1: "a", 2: "b", 3: "c", 4: "d"}}, "levels: should have the keys 1, 2, 3, 4 and 5"),
        ({"levels": {1: "a", 2: "b", 3: "c", 4: "d", "5": "e"}}, "levels: should have the keys 1, 2, 3, 4 and 5"),
        ({"levels": {True: "a", 2: "b", 3: "c", 4: "d", 5: "e"}}, "levels: should have the keys 1, 2, 3, 4 and 5"),
        ({"levels": {0: "z", 1: "a", 2: "b", 3: "c", 4: "d", 5: "e"}}, "levels: should have the keys 1, 2, 3, 4 and 5"),
        ({"levels": ["a", "b", "c", "d", "e"]}, "levels: should be a mapping of keys"),
        ({"anchors": {"fr": "x"}}, "anchors: fr is none of the languages en, es, va, ca"),
        ({"prompts": {"fr": ["{task}"]}}, "prompts: fr is none of the languages"),
        ({"prompts": {"va": []}}, "prompts: va should have one to 3 wordings (it has 0)"),
        ({"prompts": {"va": ["{task}"] * 4}}, "prompts: va should have one to 3 wordings (it has 4)"),
        ({"prompts": {"va": "{task}"}}, "prompts.va: should be a list"),
        ({"prompts": {"va": ["{task}", "Escriu."]}}, "prompts.va.1: no place for an item's text"),
        ({"prompts": {"va": ["{text}"]}}, "{text} is no text of item 1. Its texts for prompts: {task}."),
        ({"prompts": {"va": ["{task} {id}"]}}, "{id} is no text of item 1"),
        (
            {"prompts": {"va": ["{task} {reference}"]}, "items": {"va": [{"id": "1", "task": "a", "reference": "b"}]}},
            "{reference} is no text of item 1. Its texts for prompts: {task}.",
        ),
        ({"prompts": {"va": ["{task}"], "es": ["{task}"]}}, "items: has no es"),
        ({"prompts": {"es": ["{task}"]}}, "items: has no es"),
        ({"prompts": None}, "category letters has no prompts"),
        ({"items": {"va": []}}, "items.va: there are no items"),
        ({"items": {"va": 3}}, "items.va: should be a list of items or the path"),
        ({"items": {"va": ["a"]}}, "items.va.0: an item is a mapping of keys"),
        ({"items": {"va": [{"task": "a"}]}}, "items.va.0: the key id is missing"),
        ({"items": {"va": [{"id": 1, "task": "a"}]}}, "items.va.0: id: should be text (it is 1)"),
        ({"items": {"va": [{"id": "1", "task": " "}]}}, "items.va.0: task: should not be empty"),
        ({"items": {"va": [{"id": "1", "task": None}]}}, "task: should be text (it is None)"),
        ({"items": {"va": [{"id": "1", "task": "a", "a b": "c"}]}}, "a b is no name of a key"),
        ({"items": {"va": [{"id": "1", "task": "a", 3: "c"}]}}, "3 is no name of a key"),
        ({"items": {"va": [{"id": "i" * 101, "task": "a"}]}}, "the id has more than 100 characters"),
        (
            {"items": {"va": [{"id": "1", "task": "a"}, {"id": "1", "task": "b"}]}},
            "items.va.1: two items have the id 1",
        ),
        ({"items": {"va": [{"id": "1", "text": "a"}]}}, "{task} is no text of item 1"),
        ({"items": {"va": "rows:../../secrets"}}, "Acord has no rows ../../secrets"),
        ({"items": {"va": "none.jsonl"}}, "cannot read the file of items: No such file"),
        ({"items": {"va": "."}}, "the file of items is no file"),
        ({"items": {"va": "/dev/zero"}}, "/dev/zero: the file of items is no file"),
        ({"items": {"va": "a\0b"}}, "cannot read the file of items"),
        ({"items": {"va": "x" * 5000}}, "cannot read the file of items: File name too long"),
        ({"items": {"va": "~nobody-of-that-name/x"}}, "no such home folder"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_a_mistake_in_a_category_is_one_line(tmp_path: Path, keys: dict, fault: str):
    assert fault in fault_of(suite_of(tmp_path, changed(**keys)))


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (b"", "items.va: there are no items"),
        (b"\n\n  \n", "items.va: there are no items"),
        (b'{"id": "1", "task": "a"}\n{"id": "1", "task": "b"}', "line 2: two items have the id 1"),
        (b'{"id": "1", "task": "a"}\n{"id": "2", "task": "a"', "line 2: no JSON"),
        (b'{"id": "1", "task": "a", "task": "b"}', "line 1: the key task stands twice"),
        (b'["id"]', "line 1: an item is a mapping of keys"),
        (b'{"id": "1", "task": {"a": "b"}}', "line 1: task: should be text"),
        (b'{"id": "1", "task": NaN}', "line 1: task: should be text (it is nan)"),
        (b'{"id": "1", "task": "\\ud800"}', r"line 1: task: half a character ('\ud800') at 1"),
        (b'{"id": "1", "task": "\xe9"}', "line 1: not UTF-8 text"),
        ('{"id": "1", "task": "é"}'.encode("utf-16"), "line 1: not UTF-8 text"),
        (b"\x00\x01\x02" * 9, "line 1: no JSON"),
        (b"PAR1\xff\xfe", "line 1: not UTF-8 text"),
        (b'{"id": "1", "task": ' + b"9" * 5000 + b"}", "line 1: a number is too long"),
        (b"[" * 50_000, "line 1: a number is too long, or lists are nested too deeply"),
        (b'{"id": "1", "task": "' + b"a" * 1_000_001 + b'"}', "with item 1 the prompt has over 1000000 characters"),
        (b'{"id": "1", "' + b"k" * 5000 + b'": "a"}', "kkk... is no name of a key"),
        (b'{"id": "1\\u001b[2J\\u202e", "x": "a"}', r"of item 1\x1b[2J\u202e"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_mistake_in_a_file_of_items_names_its_line(tmp_path: Path, lines: bytes, fault: str):
    (tmp_path / "items.jsonl").write_bytes(lines)
    line = fault_of(suite_of(tmp_path, changed(items={"va": "items.jsonl"})))
    assert fault in line
    assert line.startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", "a suite of the judge is a mapping of keys"),
        (b"name: mine", "the key categories is missing"),
        (b"name: mine\ncategories: []", "categories: should not be empty"),
        (b"name: mine\ncategories: aitana", "categories: should be a list"),
        (b"name: mine\ncategories: [3]", "categories.0: a category is a mapping of keys or a path"),
        (b"name: mine\ncategories: [none.yaml]", "cannot read the category: No such file"),
        (b"name: mine\ncategory: []", "unknown key category. Did you mean categories?"),
        (b"name: ../mine\ncategories: [a.yaml]", "name: should be of lower-case letters"),
        (b"name: mine\ncategories: [\n", "no valid YAML"),
        (b"name: m\xe9\n", "not UTF-8 text"),
        (b"\x00\x01\x02", "no valid YAML"),
        (b"name: !!python/object/apply:os.getcwd []\ncategories: [a]", "no valid YAML"),
        (b"#" * (2**18 + 1), "has more than 256 KiB. Put the items into a .jsonl file beside it."),
        (b"name: mine\ncategories: &a [*a]", "categories.0"),
        (b"name: mine\ncategories: " + b"[" * 5000, "nested too deeply"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_mistake_in_a_suites_file_is_one_line(tmp_path: Path, text: bytes, fault: str):
    file = tmp_path / "mine.yaml"
    file.write_bytes(text)
    assert fault in fault_of(str(file))


def test_lists_that_hold_one_another_are_not_written_out(tmp_path: Path):
    bomb = "\n".join(f"  - &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    file = Path(suite_of(tmp_path, changed(items={"va": [{"id": "1", "task": "HERE"}]})))
    start, _, rest = file.read_text().partition("name:")
    file.write_text(f"bomb:\n  - &l0 [x]\n{bomb}\n{start.replace('HERE', '*l29')}name:{rest}")
    assert "unknown key bomb" in fault_of(str(file))
    inline = "&l0 [x]"
    for n in range(1, 30):
        inline = f"&l{n} [{inline}, {', '.join([f'*l{n - 1}'] * 9)}]"
    file.write_text(f"{start.replace('HERE', inline)}name:{rest}")
    assert "task: should be text (it is a list)" in fault_of(str(file))


def test_two_categories_are_not_of_one_id(tmp_path: Path):
    assert "two categories have the id letters" in fault_of(suite_of(tmp_path, GOOD, GOOD))


def test_items_and_their_file_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "items.jsonl").write_text("".join(f'{{"id": "{n}", "task": "a"}}\n' for n in range(4)))
    name = suite_of(tmp_path, changed(items={"va": "items.jsonl"}))
    monkeypatch.setattr(items, "MOST_ITEMS", 3)
    assert "more than 3 items" in fault_of(name)
    monkeypatch.setattr(items, "MOST_BYTES", 20)
    assert "the file of items has more than" in fault_of(name)


def test_the_longest_prompt_counts_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(category, "LONGEST_PROMPT", 40)
    fits, too_long = ({"va": [place]} for place in ("{task}{task}", "{task}{task}{task}"))
    load_suite(suite_of(tmp_path, changed(prompts=fits)))
    assert "over 40 characters" in fault_of(suite_of(tmp_path, changed(prompts=too_long)))


@pytest.mark.parametrize(
    "name", ["nothing", "truthfulness", "none.yaml", "", "a\0.yaml", "~nobody-of-that-name/a.yaml"]
)
def test_a_suite_that_is_not_there_is_one_line(name: str):
    with pytest.raises(InputError) as caught:
        load_suite(name)
    assert caught.value.fix


def test_a_pipe_does_not_hang(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "is no file" in fault_of(str(tmp_path / "pipe.yaml"))
