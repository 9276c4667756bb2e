"""The bundled preferences: their schemas and shares, and that each rejected reply has the fault that it is said to."""

import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from acord.bundled import bundled_path
from acord.data.build import build_pairs
from acord.data.pairs import HELD_OUT, conversation_group, read_pairs
from acord.data.split import split_of
from acord.errors import InputError
from acord.languages.identify import Identifier
from acord.languages.valencian import judge
from acord.languages.valencian_marks import find_marks
from acord.recipe import load_recipe
from acord.run.line import locate_bundled
from tests.bundled.reading import LANGUAGES, TRUTH, Sample, Truth, labels_of, ranked_replies, rows, samples, truth

ROOT = Path(__file__).parents[2]
WORDINGS = ROOT / "scripts" / "samples" / "wordings.yaml"
OASST_KEYS = {
    *("message_id", "parent_id", "text", "role", "lang", "review_count", "review_result", "deleted", "rank"),
    *("synthetic", "model_name", "message_tree_id", "tree_state", "labels"),
}
ROWS = {"oasst": 2083, "helpsteer3": 354, "openorca_gpt4": 104, "openorca_gpt35": 104}
PAIRS = {
    ("oasst", "va"): 332,
    ("oasst", "es"): 324,
    ("oasst", "en"): 314,
    ("helpsteer3", "va"): 146,
    ("helpsteer3", "es"): 146,
    ("helpsteer3", "en"): 53,
    ("openorca", "en"): 101,
}
TEMPLATES, HELD_OUT_TEMPLATES = 56, 11
IDENTIFIER = Identifier(("ca", "es", "en"))
FOREIGN = {"spanish": "es", "english": "en", "valencian": "ca"}
KINDS = {"figure": 0.21, "cut": 0.16, "beside": 0.16, "rude": 0.10, "repetitive": 0.10, "language": 0.27}
SIDES = [(language, held_out) for language in ("va", "es", "en") for held_out in (False, True)]
# meva, seves; first persons in -o; subjunctives in -i, -is, -in, such as vinguessis.
CENTRAL_FORM = re.compile(r"[mts]ev(?:a|es)|\w+(?:o|i|ï|is|in)")
ENDED = re.compile(r"[.!?][»”]?$|[»”]\.$")


@lru_cache(maxsize=1)
def known() -> list[tuple[Sample, Truth]]:
    entries = truth()
    return [(sample, entries[sample.id]) for sample in samples()]


def of_kind(*kinds: str) -> list[tuple[Sample, Truth]]:
    found = [(sample, entry) for sample, entry in known() if entry.kind in kinds]
    assert len(found) >= 30
    return found


@lru_cache(maxsize=1)
def templates() -> dict[str, set[tuple[str, str]]]:
    """Good replies by template, each with its language."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for sample, entry in known():
        found[entry.template].add((sample.language, sample.chosen))
    return found


@pytest.mark.parametrize("name", sorted(ROWS))
def test_rows_are_one_object_a_line_in_plain_utf8(name: str) -> None:
    text = bundled_path(f"preferences/{name}.jsonl").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert len(text.splitlines()) == text.count("\n") == ROWS[name]
    assert "\\u" not in text


def test_pairs_by_source_and_language() -> None:
    every = samples()
    assert Counter((sample.source, sample.language) for sample in every) == PAIRS
    assert len(every) >= 900
    of_language = Counter(sample.language for sample in every)
    assert all(abs(count / len(every) - 1 / 3) < 0.02 for count in of_language.values())


def test_readme_states_the_same_totals() -> None:
    readme = bundled_path("preferences/README.md").read_text(encoding="utf-8")
    for source in ("oasst", "helpsteer3", "openorca"):
        counts = [PAIRS.get((source, language), 0) for language in ("va", "es", "en")]
        assert f"| {' | '.join(map(str, [source, *counts, sum(counts)]))} |" in readme.lower()
    totals = [sum(count for (_, of), count in PAIRS.items() if of == language) for language in ("va", "es", "en")]
    assert f"| pairs | {' | '.join(map(str, totals))} | {sum(totals):,} |" in readme
    assert all(f"| `{name}.jsonl` | {count:,} |" in readme for name, count in ROWS.items())
    kinds = Counter(entry.kind for _, entry in known())
    assert all(f"| {kind} | {count} |" in readme for kind, count in kinds.items())
    held_out = sorted({entry.template for _, entry in known() if entry.held_out})
    assert all(f"`{name}`" in readme for name in held_out)


def test_truth_knows_every_pair_and_no_other() -> None:
    every = samples()
    assert {sample.id for sample in every} == set(truth())
    assert len({sample.id for sample in every}) == len(every) == len(TRUTH.read_text().splitlines())
    assert all((sample.source, sample.language) == (entry.source, entry.language) for sample, entry in known())


def test_no_word_of_the_truth_is_in_the_rows() -> None:
    names = set(templates())
    assert len(names) == TEMPLATES
    for name in ROWS:
        text = bundled_path(f"preferences/{name}.jsonl").read_text(encoding="utf-8")
        assert [one for one in names if one in text] == []
        assert '"kind"' not in text


def test_texts_are_short_and_plain() -> None:
    for sample in samples():
        texts = [sample.chosen, sample.rejected, *(content for _, content in sample.prompt)]
        assert all(text == " ".join(text.split()) and text for text in texts)
    words = [len(sample.chosen.split()) for sample in samples()]
    assert min(words) >= 6
    assert max(words) <= 35


def test_no_prompt_belongs_to_two_templates() -> None:
    """Second turns apart: whether a thing can be paid by card may be asked anywhere."""
    owners: dict[str, set[str]] = defaultdict(set)
    for sample, entry in known():
        first = next(content for role, content in sample.prompt if role == "user")
        owners[first.lower()].add(entry.template)
    assert [prompt for prompt, names in owners.items() if len(names) > 1] == []
    assert len(owners) >= 800


def test_every_template_is_in_every_language() -> None:
    found = {(entry.template, entry.language) for _, entry in known()}
    assert len(found) == 3 * TEMPLATES
    held_out = {entry.template for _, entry in known() if entry.held_out}
    assert len(held_out) == HELD_OUT_TEMPLATES
    assert held_out.isdisjoint({entry.template for _, entry in known() if not entry.held_out})


def test_the_demo_holds_out_whole_templates() -> None:
    recipe = load_recipe(bundled_path("demo.yaml"))
    for sample, entry in known():
        turns = [{"role": role, "content": content} for role, content in sample.prompt]
        side = split_of(recipe.seed, sample.group or conversation_group(turns), recipe.data.held_out)
        assert (side == HELD_OUT) == entry.held_out, entry


@pytest.mark.parametrize(("language", "held_out"), SIDES)
def test_kinds_of_fault_have_their_shares(language: str, held_out: bool) -> None:
    some = [entry for _, entry in known() if (entry.language, entry.held_out) == (language, held_out)]
    assert len(some) >= (90 if held_out else 330)
    kinds = Counter("language" if entry.kind in {*FOREIGN, "catalan"} else entry.kind for entry in some)
    assert kinds.keys() == KINDS.keys()
    for kind, share in KINDS.items():
        assert kinds[kind] / len(some) == pytest.approx(share, abs=0.025), kind


@pytest.mark.parametrize(("language", "held_out"), SIDES)
@pytest.mark.parametrize("unit", ["characters", "words"])
def test_length_tells_nothing(language: str, held_out: bool, unit: str) -> None:
    some = [sample for sample, entry in known() if (entry.language, entry.held_out) == (language, held_out)]
    measure = len if unit == "characters" else lambda text: len(text.split())
    chosen = [measure(sample.chosen) for sample in some]
    rejected = [measure(sample.rejected) for sample in some]
    assert 0.97 <= statistics.mean(chosen) / statistics.mean(rejected) <= 1.03
    longer = [(one > other) + 0.5 * (one == other) for one, other in zip(chosen, rejected, strict=True)]
    assert 0.45 <= statistics.mean(longer) <= 0.55


# Each fault, seen in the text itself.


@pytest.mark.slow
def test_chosen_replies_are_in_their_language_and_whole() -> None:
    tags = {"va": "ca", "es": "es", "en": "en"}
    for sample in samples():
        assert tags[sample.language] in languages_of(sample.chosen), sample.chosen
        assert ENDED.search(sample.chosen), sample.chosen


def test_replies_in_another_language_are() -> None:
    tags = {"va": "ca", "es": "es", "en": "en"}
    for sample, entry in of_kind(*FOREIGN):
        assert FOREIGN[entry.kind] != tags[sample.language]
        assert FOREIGN[entry.kind] in languages_of(sample.rejected), sample.rejected


def languages_of(text: str) -> set[str | None]:
    """Of the text, and of what is not quoted in it: titles of books are in their own language."""
    return {IDENTIFIER.identify(one).language for one in (text, re.sub("«[^»]*»|“[^”]*”", "", text))}


def test_central_forms_are_the_only_difference_and_are_never_chosen() -> None:
    for sample, entry in of_kind("catalan"):
        assert sample.language == "va"
        pairs = zip(sample.chosen.split(), sample.rejected.split(), strict=True)
        changed = [other for one, other in pairs if one != other]
        assert changed == entry.detail.split()
        assert all(CENTRAL_FORM.fullmatch(re.sub(r"^m'|['-]\w+$|\W+$", "", form.lower())) for form in changed), changed
    seen = [bool(judge(sample.rejected).central_forms) for sample, _ in of_kind("catalan")]
    assert statistics.mean(seen) > 0.7
    for sample in samples():
        if sample.language == "va":
            judged = judge(sample.chosen)
            assert judged.central_forms == (), sample.chosen
            assert find_marks(" ".join(content for _, content in sample.prompt)).central == ()


def test_wrong_figures_are_the_only_difference() -> None:
    for sample, entry in of_kind("figure"):
        chosen, rejected = sample.chosen.split(), sample.rejected.split()
        parts = [
            one for one in SequenceMatcher(None, chosen, rejected, autojunk=False).get_opcodes() if one[0] != "equal"
        ]
        assert parts, sample
        for _, first, last, start, end in parts:
            assert " ".join(rejected[start:end]).strip(".,:?!") in entry.detail + ":00", sample
            assert entry.detail not in chosen[first:last]


def test_cut_replies_have_no_end() -> None:
    for sample, _ in of_kind("cut"):
        assert sample.rejected[-1].isalnum(), sample.rejected
        assert sample.rejected.startswith(sample.chosen[:12])
    longer = [len(sample.rejected) > len(sample.chosen) for sample, _ in of_kind("cut")]
    assert 0.2 < statistics.mean(longer) < 0.8
    others = [sample.rejected for sample, entry in known() if entry.kind != "cut"]
    assert all(ENDED.search(text) for text in others)


def test_replies_beside_the_point_answer_another_topic() -> None:
    for sample, entry in of_kind("beside"):
        assert entry.detail.split("-")[0] != entry.template.split("-")[0]
        assert (sample.language, sample.rejected) in templates()[entry.detail] | _unpaired(entry.detail)


def _unpaired(template: str) -> set[tuple[str, str]]:
    """Good replies whose conversation is a dialogue in HelpSteer3: there they are part of the prompt."""
    found = set()
    for sample, entry in known():
        if entry.template == template:
            found |= {(sample.language, content) for role, content in sample.prompt if role == "assistant"}
    return found


def test_rude_replies_insult_and_no_other_does() -> None:
    listed = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    for sample, entry in known():
        insults = [*listed["rude_before"][sample.language], *listed["rude_after"][sample.language]]
        assert any(one in sample.rejected for one in insults) == (entry.kind == "rude")
        assert not any(one in sample.chosen for one in insults)


def test_repetitive_replies_repeat() -> None:
    for sample, _ in of_kind("repetitive"):
        assert _said_again(sample.rejected) > _said_again(sample.chosen)


def _said_again(text: str) -> int:
    words = re.findall(r"\w+", text.lower())
    grams = Counter(tuple(words[place : place + 3]) for place in range(len(words) - 2))
    return sum(count - 1 for count in grams.values())


@pytest.mark.parametrize(
    ("language", "fault"),
    [
        ("va", r"\b[ad]e? els? |\bper els? |\bper a els? "),
        ("va", r"\b(?:de|el) h?[aeiouàèéíòóú]"),
        ("va", r"\bla h?[aeoàèéòó](?!utoritza)"),
        ("es", r"\b(?:a|de) el "),
        ("en", r"\ba [aeio]|\ban [^aeiouhAEIOU]"),
    ],
)
def test_articles_and_prepositions_are_joined_as_the_language_does(language: str, fault: str) -> None:
    for sample in samples():
        if sample.language == language:
            for text in [sample.chosen, *(content for _, content in sample.prompt)]:
                found = re.search(fault, text, re.IGNORECASE)
                assert found is None, f"{found.group()} in {text}"


# Schemas.


def test_oasst_rows_follow_the_schema() -> None:
    messages = rows("oasst")
    identifiers = [str(UUID(message["message_id"])) for message in messages]
    assert len(set(identifiers)) == len(messages)
    for message in messages:
        assert set(message) == OASST_KEYS
        assert message["role"] in {"prompter", "assistant"}
        assert message["lang"] in LANGUAGES.values()
        assert (message["labels"] is None) == message["deleted"]
        if message["labels"] is not None:
            assert len(message["labels"]["name"]) == len(message["labels"]["count"]) > 0
            assert all(0 <= value <= 1 for value in labels_of(message).values())


def test_oasst_trees_alternate_roles_and_keep_their_language() -> None:
    messages = {message["message_id"]: message for message in rows("oasst")}
    for message in messages.values():
        parent = messages.get(message["parent_id"])
        if message["parent_id"] is None:
            assert message["role"] == "prompter"
            assert message["message_tree_id"] == message["message_id"]
        elif parent is not None:
            assert parent["role"] != message["role"]
            assert parent["message_tree_id"] == message["message_tree_id"]
            assert parent["lang"] == message["lang"]


def test_oasst_rankings_hold_three_to_five_replies_and_trees_branch() -> None:
    groups = ranked_replies()
    sizes = Counter(len(replies) for replies in groups.values())
    assert sizes.keys() == {1, 3, 4, 5}
    assert sizes[1] == 3  # a reply that nobody could compare, one a language
    assert min(sizes[4], sizes[5]) >= 15
    for replies in groups.values():
        assert [reply["rank"] for reply in replies] == list(range(len(replies)))
    seconds = Counter(message["parent_id"] for message in rows("oasst") if message["role"] == "prompter")
    del seconds[None]
    assert len(seconds) >= 45
    assert sum(count > 1 for count in seconds.values()) >= 10


def test_oasst_holds_rows_that_must_be_dropped() -> None:
    messages = rows("oasst")
    present = {message["message_id"] for message in messages}
    kept = [message for message in messages if not message["deleted"] and message["review_result"]]
    assert sum(message["deleted"] for message in messages) == 3
    assert sum(message["review_result"] is False for message in messages) == 6
    assert sum(message["parent_id"] not in present | {None} for message in messages) == 3
    assert sum(message["role"] == "assistant" and message["rank"] is None for message in kept) == 6
    assert sum(message["tree_state"] == "aborted_low_grade" for message in messages) == 9
    for label in ("spam", "lang_mismatch", "pii"):
        assert sum(labels_of(message)[label] >= 0.5 for message in kept) == 3


def test_helpsteer3_rows_follow_the_schema() -> None:
    expected = {"domain", "language", "context", "response1", "response2"}
    expected |= {"overall_preference", "individual_preference"}
    strengths = Counter(abs(row["overall_preference"]) for row in rows("helpsteer3"))
    assert strengths.keys() == {0, 1, 2, 3}
    assert min(strengths[1], strengths[2], strengths[3]) >= 40
    first = sum(row["overall_preference"] < 0 for row in rows("helpsteer3"))
    assert 0.4 < first / len(rows("helpsteer3")) < 0.6
    for row in rows("helpsteer3"):
        assert set(row) == expected
        assert row["domain"] in {"general", "stem"}
        assert [turn["role"] for turn in row["context"]] == (["user", "assistant"] * 2)[: len(row["context"])]
        assert row["context"][-1]["role"] == "user"
        opinions = row["individual_preference"]
        assert all(set(opinion) == {"score", "reasoning", "feedback1", "feedback2"} for opinion in opinions)
        mean = sum(opinion["score"] for opinion in opinions) / len(opinions)
        assert abs(mean - row["overall_preference"]) < 0.5
    assert any(len(row["context"]) == 3 for row in rows("helpsteer3"))
    ties = Counter(row["language"] for row in rows("helpsteer3") if row["overall_preference"] == 0)
    assert ties == dict.fromkeys(LANGUAGES, 3)


def test_openorca_rows_join_on_the_prompt() -> None:
    better, worse = rows("openorca_gpt4"), rows("openorca_gpt35")
    assert all(set(row) == {"id", "system_prompt", "question", "response"} for row in better + worse)
    assert len({row["id"] for row in better + worse}) == len(better) + len(worse)
    prompts = [{(row["system_prompt"], row["question"]) for row in side} for side in (better, worse)]
    joined = PAIRS["openorca", "en"]
    assert [len(prompts[0]), len(prompts[1]), len(prompts[0] & prompts[1])] == [joined + 3, joined + 3, joined]
    assert 0.6 < sum(bool(row["system_prompt"]) for row in better) / len(better) < 1


@pytest.mark.slow
def test_the_demo_keeps_every_pair(tmp_path: Path) -> None:
    recipe = locate_bundled(load_recipe(bundled_path("demo.yaml")))
    figures = build_pairs(recipe.data, seed=recipe.seed, folder=tmp_path)
    pairs = {pair.id: pair for pair in read_pairs(tmp_path)}
    entries = truth()
    assert pairs.keys() == entries.keys()
    assert all((pair.split == HELD_OUT) == entries[identity].held_out for identity, pair in pairs.items())
    assert figures["pairs"] == len(entries)


@pytest.mark.slow
def test_the_grammar_writes_these_very_files(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "build_samples.py"
    command = [sys.executable, str(script), "--to", str(tmp_path), "--truth", str(tmp_path / TRUTH.name)]
    subprocess.run(command, check=True, capture_output=True)
    for name in ROWS:
        assert (tmp_path / f"{name}.jsonl").read_bytes() == bundled_path(f"preferences/{name}.jsonl").read_bytes()
    assert (tmp_path / TRUTH.name).read_bytes() == TRUTH.read_bytes()


# Where bundled files lie.


def test_bundled_path_finds_files_and_folders() -> None:
    assert bundled_path("preferences").is_dir()
    assert bundled_path("preferences/oasst.jsonl").is_file()


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("preferences/oast.jsonl", "Did you mean preferences/oasst.jsonl?"),
        ("../errors.py", "Known are: "),
        ("__init__.py", "Known are: "),
        ("", "Known are: "),
    ],
)
def test_bundled_path_refuses_what_is_not_there(name: str, fix: str) -> None:
    with pytest.raises(InputError, match="nothing bundled is called") as caught:
        bundled_path(name)
    assert caught.value.fix.startswith(fix)
    assert "\n" not in str(caught.value)
