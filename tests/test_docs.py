"""What the docs say is so: commands run, recipes and rows are read, links lead somewhere, every key is explained."""

import ast
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
import yaml
from pydantic_core import PydanticUndefined
from typer.main import get_command

from acord.bundled import bundled_path
from acord.cli import app
from acord.data.build import build_pairs
from acord.data.pairs import read_pairs
from acord.judge.prompts import fenced
from acord.recipe import (
    Adapter,
    Align,
    Card,
    Chat,
    Data,
    Decontaminate,
    Duplicates,
    Endpoint,
    Evaluate,
    Filters,
    Judge,
    JudgeModel,
    Model,
    Party,
    Recipe,
    Section,
    Source,
    Translate,
    load_recipe,
    parse_recipe,
)
from acord.recipe.data import SourceFormat
from acord.run.run_recipe import run_recipe
from tests.judge.judge_server import FIRST, JudgeServer

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
READMES = [ROOT / "README.md", DOCS / "README.va.md", DOCS / "README.es.md"]
GUIDE = DOCS / "guide.md"
DATA_PAGES = [DOCS / f"{name}.md" for name in ("data", "decontamination", "filters", "translation", "valencian")]
RUN_PAGES = [DOCS / f"{name}.md" for name in ("plan", "reliability", "processes", "clusters", "closed-networks")]
USE_PAGES = [DOCS / f"{name}.md" for name in ("chat", "serving", "feedback", "judge", "card", "audit")]
PAGES = [
    *READMES, GUIDE, *DATA_PAGES, *USE_PAGES, *RUN_PAGES, DOCS / "architecture.md", DOCS / "log.md",
    ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md",
]  # fmt: skip
GOLDEN = ROOT / "tests" / "golden" / "recipe.yaml"
# Headings of the guide's tables, and the sections of a recipe that they explain.
KEYS: dict[str, type[Section]] = {
    "The recipe itself": Recipe,
    "Keys of `model`": Model,
    "Keys of `data`": Data,
    "Keys of `data.sources`": Source,
    "Keys of `data.sources.translate`": Translate,
    "Keys of `data.sources.rejected_from`": Endpoint,
    "Keys of `data.filters`": Filters,
    "Keys of `data.duplicates`": Duplicates,
    "Keys of `data.decontaminate`": Decontaminate,
    "Keys of `chat`": Chat,
    "Keys of `align`": Align,
    "Keys of `align.adapter`": Adapter,
    "Keys of `evaluate`": Evaluate,
    "Keys of `judge`": Judge,
    "Keys of `judge.panel`": JudgeModel,
    "Keys of `card`": Card,
    "Keys of `card.authors`": Party,
}


# Commands that need files of others, or take long: tests of their own run them.
ELSEWHERE = ("acord evaluate import", "acord demo", "acord publish", "acord runs watch", "acord bundle", "acord doctor")
ELSEWHERE_WITH = ("--cluster", "--bundle")
# The verbs of groups that may be left out.
DEFAULTS = ("models", "make")


class Block(NamedTuple):
    """A fenced block: its language, its text, and the heading above it."""

    language: str
    text: str
    heading: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> Iterator[Block]:
    heading = ""
    parts = re.split(r"^(#+ [^\n]+|```\w*\n.*?^```)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for part in parts:
        if part.startswith("#"):
            heading = part.lstrip("# ")
        found = re.fullmatch(r"```(\w*)\n(.*?)```", part, flags=re.DOTALL)
        if found and found[1] == language:
            yield Block(found[1], found[2], heading)


def commands(page: Path, program: str) -> list[str]:
    """Command lines of a page: in blocks (fenced or indented), and in the first column of tables."""
    lines = [line for block in blocks(page, "sh") for line in block.text.splitlines()]
    text = page.read_text(encoding="utf-8")
    lines += re.findall(r"^ {4}(\S.*)$", text, flags=re.MULTILINE)
    lines += re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)
    bare = [re.sub(r"^([A-Z_]+=\S+ )+", "", line.strip()) for line in lines]
    return list(dict.fromkeys(line.split("  #")[0].strip() for line in bare if line.startswith(f"{program} ")))


ACORD_COMMANDS = sorted(
    {command for page in [*READMES, GUIDE, *DATA_PAGES, *USE_PAGES] for command in commands(page, "acord")}
)


RUN_COMMANDS = sorted({command for page in RUN_PAGES for command in commands(page, "acord")})


def test_the_pages_hold_the_commands_that_are_looked_for():
    assert len(ACORD_COMMANDS) >= 10
    for page in READMES:
        assert commands(page, "make") == ["make demo", "make test"]
        assert "acord plan RECIPE" in commands(page, "acord")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_named_exists(page):
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    for command in commands(page, "make"):
        assert command.split()[1] in targets, command


@pytest.mark.parametrize("command", sorted({*ACORD_COMMANDS, *RUN_COMMANDS}))
def test_every_command_has_a_verb_and_options_that_exist(command):
    """The command line's own parser reads it; nothing is run."""
    verb: Any = get_command(app)
    words = shlex.split(command)[1:]
    while words and getattr(verb, "commands", {}):
        verb = verb.commands[words.pop(0)] if words[0] in verb.commands else _default(verb)
    assert not getattr(verb, "commands", None), command
    verb.make_context(command, words)


def _default(group: Any) -> Any:
    return next((group.commands[name] for name in DEFAULTS if name in group.commands), None)


def test_every_verb_is_in_every_readme():
    program: Any = get_command(app)
    verbs = [[name, *inner] for name, verb in program.commands.items() for inner in inner_verbs(verb)]
    for page in READMES:
        for verb in verbs:
            assert any(command.split()[1:][: len(verb)] == verb for command in commands(page, "acord")), verb


def inner_verbs(verb: Any) -> list[list[str]]:
    return [[name] if name not in DEFAULTS else [] for name in getattr(verb, "commands", {})] or [[]]


@pytest.mark.slow
def test_every_command_runs(tmp_path):
    """Recipes, runs and models that a page names are replaced by small ones; the demo itself is run in test_cli.py."""
    settings = os.environ | {"ACORD_RUNS": str(tmp_path), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    settings |= {"ACORD_KEY": "k" * 24, "TERM": "dumb"}
    shutil.copy(ROOT / "recipes" / "feedback" / "preferences.jsonl", tmp_path)
    model = str(tmp_path / "golden" / "align" / "model")
    run_recipe(small_demo(), tmp_path)
    # In an order in which each finds what it needs; imported results need files of others.
    later = [
        "stats",
        "show",
        "export",
        "evaluate",
        "compare",
        "chat",
        "serve",
        "progress",
        "delete",
        "build",
        "verify",
        "judge",
        "runs",
    ]
    runnable = [
        command
        for command in ACORD_COMMANDS
        if not command.startswith(ELSEWHERE) and not any(option in command for option in ELSEWHERE_WITH)
    ]
    with JudgeServer(agreeing) as judge:
        for command in sorted(
            runnable, key=lambda one: max(map(later.index, {*later} & {*one.split()[1:3]}), default=-1)
        ):
            words = [small(word, model) for word in shlex.split(command.replace("FILE ID", "FILE PREFERENCE"))[1:]]
            if words[0] == "judge":
                words = judged(words, judge.url, tmp_path)
            if words[0] == "card":
                words = signed(words, tmp_path)
            done = ran([sys.executable, "-c", "from acord.cli import main; main()", *words], settings)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            assert done.stdout.strip(), command
            if "--json" in words:
                assert json.loads(done.stdout), command


def signed(words: list[str], folder: Path) -> list[str]:
    """The card of the small demo, and a key to sign it with."""
    key, signers = folder / "key", folder / "allowed_signers"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        signers.write_text(f"card@example.org {key.with_suffix('.pub').read_text()}")
    places = {"CARD": ROOT / "README.md", "~/.ssh/id_ed25519": key, signers.name: signers}
    if words[1] == "verify":
        words = ["card", "verify", str(folder / "demo" / "card"), *words[3:]]
    return [str(places.get(word, word)) for word in words]


def agreeing(messages: Any) -> int | str:
    """A judge of people's mind: the labels of `judged` say themselves which score they have."""
    texts = fenced(messages)
    return (
        int(texts["answer"][-1]) if texts.get("answer", "").startswith("labelled") else FIRST if len(texts) > 2 else 4
    )


def judged(words: list[str], url: str, folder: Path) -> list[str]:
    """A judge that is there, a panel of it, labels; and few questions."""
    panel = folder / "panel.json"
    panel.write_text(json.dumps({"panel": [{"name": "local", "endpoint": url, "model": "judge"}]}), encoding="utf-8")
    labels = folder / "labels.jsonl"
    rows = [
        {"language": "va", "category": "maths", "prompt": f"p {number}", "score": 1 + number % 5,
         "answer": f"labelled {number} {1 + number % 5}"}
        for number in range(40)
    ]  # fmt: skip
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    places = {str(GOLDEN): str(panel), "LABELS": str(labels), "URL": url, "http://127.0.0.1:8000/v1": url}
    few = [] if "calibrate" in words else ["--limit", "1", "--wordings", "1", "--categories", "maths"]
    return [*(places.get(word, word) for word in words), *few, *([] if not few else ["--answer-tokens", "4"])]


def small_demo() -> Recipe:
    """The demo's name, and pairs in its three languages; nothing else of it."""
    demo = load_recipe(bundled_path("demo.yaml"))
    pairs = [source for source in demo.data.sources if source.format == "helpsteer3"]
    model = Model(base="random:llama-1x64", tokenizer="train", vocabulary=400)
    return demo.model_copy(
        update={
            "model": model,
            "data": demo.data.model_copy(update={"sources": pairs}),
            "align": Align(),
            "evaluate": None,
        }
    )


def ran(command: list[str], settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run to its end; a server until it has told its address, a talk at a terminal until it has been told to leave."""
    verb = command[3]
    if verb == "serve":
        command = [*command, *([] if "--port" in command else ["--port", "0"])]
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
        told = server.stdout.readline() if "--json" not in command else read_object(server.stdout)
        server.send_signal(signal.SIGTERM)
        return subprocess.CompletedProcess(command, server.wait(60), told, "")
    terminal = None
    if verb == "chat" and "--prompt" not in command:
        leader, terminal = pty.openpty()
        os.write(leader, b"/quit\n")
    done = subprocess.run(
        command, cwd=ROOT, env=settings, stdin=terminal, capture_output=True, text=True, check=False, timeout=600
    )
    if terminal is not None:
        os.close(terminal)
        os.close(leader)
    return done


def read_object(lines: Any) -> str:
    """A JSON object written over several lines."""
    text = ""
    while not text.endswith("\n}\n"):
        line = lines.readline()
        assert line, text
        text += line
    return text


def small(word: str, model: str) -> str:
    if word in ("SESSION", "recipes/feedback/session.yaml"):
        return str(ROOT / "recipes" / "feedback" / "session.yaml")
    if word == "RECIPE" or word.endswith(".yaml"):
        return str(GOLDEN)
    if word == "SUITE":
        return str(GOLDEN.with_name("suite.yaml"))
    runs = Path(model).parents[2]
    if word in ("RUN", "runs/demo"):
        return str(runs / "demo")
    if word == "ID":
        return read_pairs(runs / "demo" / "pairs")[0].id
    if word == "FOLDER":
        return tempfile.mkdtemp(dir=runs)
    if word.endswith(".svg"):
        return str(runs / word)
    preferences = runs / "preferences.jsonl"
    if word in ("FILE", preferences.name):
        return str(preferences)
    if word in ("COPY", "SHARED"):
        return str(runs / f"{word}.jsonl")
    if word == "PREFERENCE":
        return str(json.loads(preferences.read_text(encoding="utf-8").splitlines()[0])["id"])
    return model if word in ("MODEL", "MODELS", "OTHER") or word.endswith("align/model") else word


def test_recipes_that_commands_name_are_there():
    for command in ACORD_COMMANDS:
        for word in shlex.split(command):
            if word.endswith(".yaml"):
                assert (ROOT / word).is_file(), command


@pytest.mark.parametrize("page", [*READMES, GUIDE], ids=name_of)
def test_recipes_can_be_read(page):
    found = list(blocks(page, "yaml"))
    assert found
    for block in found:
        content = yaml.safe_load(block.text)
        least = {"name": "x", "model": {"base": "folder"}, "data": {"sources": [least_source()]}}
        # safe_load reads 5e-6 as text, as YAML 1.1 says; Acord's own loader does not.
        align = {key: float(value) if key == "learning_rate" else value for key, value in content["align"].items()}
        parse_recipe(least | content | {"align": align}, where=f"{name_of(page)}, {block.heading}")


def least_source() -> dict[str, str]:
    return {"name": "s", "format": "pairs", "path": "x.jsonl"}


@pytest.mark.parametrize("page", [*READMES, GUIDE], ids=name_of)
def test_python_can_be_parsed(page):
    for block in blocks(page, "python"):
        ast.parse(block.text)


def test_every_format_has_rows_that_make_pairs(tmp_path):
    examples: dict[str, list[str]] = {}
    for block in blocks(GUIDE, "json"):
        examples.setdefault(block.heading.removeprefix("Format ").strip("`"), []).append(block.text)
    assert sorted(examples) == sorted(get_args(SourceFormat))
    for name, texts in examples.items():
        files = [tmp_path / f"{name}-{number}.jsonl" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text, encoding="utf-8")
        against = str(files[1]) if name == "openorca" else None
        source = Source(name=name, format=name, path=str(files[0]), against=against)
        figures = build_pairs(Data(sources=[source]), seed=0, folder=tmp_path / name)
        assert figures["rows_dropped"] == 0
        pairs = read_pairs(tmp_path / name)
        assert len(pairs) == (len(texts[0].splitlines()) if name == "pairs" else 1)
        assert {pair.rejected for pair in pairs} <= {"No idea.", "Què vols?", "5, I think", "Some paper.", "Ni idea."}


class Row(NamedTuple):
    """One row of a table of keys in the guide."""

    key: str
    default: str


def rows_under(heading: str) -> list[Row]:
    section = GUIDE.read_text(encoding="utf-8").split(f"### {heading}\n")[1].split("\n#")[0]
    return [Row(*found) for found in re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section, flags=re.MULTILINE)]


@pytest.mark.parametrize(("heading", "section"), KEYS.items(), ids=lambda value: str(getattr(value, "__name__", "")))
def test_every_key_is_explained_with_its_default(heading, section):
    rows = rows_under(heading)
    fields = {field.alias or name: field for name, field in section.model_fields.items()}
    assert [row.key for row in rows] == list(fields)
    for key, shown in rows:
        default = fields[key].default
        if default is PydanticUndefined:
            assert shown == "required", key
        elif isinstance(default, Section):
            assert shown == "its own defaults", key
        else:
            value = yaml.safe_load(shown.strip("`"))
            assert value == default, key
            assert type(value) is type(default), key


def test_the_tables_of_keys_cover_every_section():
    # A cluster's profile is no recipe: tests/run/test_cluster.py holds its page against it.
    of_recipes = {one.__name__ for one in Section.__subclasses__() if one.__module__ != "acord.recipe.cluster"}
    assert {section.__name__ for section in KEYS.values()} == of_recipes


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        path, _, heading = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert heading in [title.lower().replace("`", "").replace(" ", "-") for title in titles], target


def test_the_translations_have_the_sections_of_the_original():
    shapes = [
        [len(marks) for marks in re.findall(r"^(#+) ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)]
        for page in READMES
    ]
    assert shapes[0] == shapes[1] == shapes[2]
    recipes = [[yaml.safe_load(block.text) for block in blocks(page, "yaml")] for page in READMES]
    for other in recipes[1:]:
        assert [one | {"inferred": 0} for one in other] == [one | {"inferred": 0} for one in recipes[0]]


def test_every_dependency_has_its_reason():
    import tomllib

    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    for requirement in needed:
        name = re.split(r"[<>=~ ]", requirement)[0]
        assert re.search(rf"^\| {name} \| .+ \| .+ \|$", text, flags=re.MULTILINE), name
