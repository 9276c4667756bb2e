"""OASST1, OASST2 and HelpSteer3, invented to their schemas and shares; what is planted is counted."""

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from invented_text import LANGUAGES, Inventor, words_of

OASST1, OASST2, VALIDATION = 88_838, 135_174, 0.05
HELPSTEER3, HELPSTEER3_VALIDATION = 40_476, 2_017
# The hub's shares: English and Spanish by its counts; the rest stands for thirty languages.
SHARES = {"en": 0.48, "es": 0.27, "ru": 0.09, "de": 0.06, "fr": 0.05, "pt": 0.05}
CHILDREN = ((1, 0.25), (2, 0.30), (3, 0.30), (4, 0.15))
FOLLOWED, DEEPEST = 0.45, 3
DELETED, FAILED, UNRANKED, ORPHANED, SPAM, MISMATCH, PERSONAL, FOREIGN = (
    *(0.02, 0.026, 0.04, 0.0015, 0.005, 0.02, 0.003, 0.005),
)  # fmt: skip
LABELS = ("spam", "lang_mismatch", "pii", "not_appropriate", "hate_speech", "sexual_content", "quality", "toxicity",
          "humor", "helpfulness", "creativity", "violence")  # fmt: skip
DETOXIFY = ("toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit")
DOMAINS = {"general": 18_638, "code": 8_857, "multilingual": 8_063, "stem": 4_918}
TONGUES = {"chinese": 0.22, "spanish": 0.15, "french": 0.13, "german": 0.12, "russian": 0.12, "portuguese": 0.10,
           "italian": 0.08, "japanese": 0.08}  # fmt: skip
WRITTEN_IN = {"english": "en", "spanish": "es", "french": "fr", "german": "de", "russian": "ru", "portuguese": "pt"}
PREFERENCES = {-3: 0.10, -2: 0.18, -1: 0.19, 0: 0.06, 1: 0.19, 2: 0.18, 3: 0.10}
_TEXT, _NUMBERS = pa.string(), pa.list_(pa.float64())
OASST_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("message_id", "parent_id", "user_id", "created_date", "text", "role", "lang")),
        *(("review_count", pa.int32()), ("review_result", pa.bool_()), ("deleted", pa.bool_()), ("rank", pa.int32())),
        *(("synthetic", pa.bool_()), ("model_name", _TEXT)),
        ("detoxify", pa.struct([(name, pa.float64()) for name in DETOXIFY])),
        *(("message_tree_id", _TEXT), ("tree_state", _TEXT)),
        ("emojis", pa.struct([("name", pa.list_(_TEXT)), ("count", pa.list_(pa.int32()))])),
        ("labels", pa.struct([("name", pa.list_(_TEXT)), ("value", _NUMBERS), ("count", pa.list_(pa.int32()))])),
    ]
)


@dataclass
class _Messages:
    """All messages of all trees, in order: of each its parent, depth, tree, language and rank."""

    parent: list[int] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    tree: list[int] = field(default_factory=list)
    language: list[int] = field(default_factory=list)
    rank: list[int | None] = field(default_factory=list)

    def add(self, parent: int, depth: int, tree: int, language: int, rank: int | None) -> int:
        self.parent.append(parent)
        self.depth.append(depth)
        self.tree.append(tree)
        self.language.append(language)
        self.rank.append(rank)
        return len(self.parent) - 1


def write_oasst(folder: Path, *, scale: float, seed: int) -> dict[str, Any]:
    """Write oasst1/ and oasst2/; the second holds the first's trees, with the same ids. Returns what is in them."""
    first, all_rows = round(OASST1 * scale), round(OASST2 * scale)
    rng = np.random.default_rng([seed, 3])
    messages = _Messages()
    _grow(rng, messages, first)
    _grow(rng, messages, all_rows)
    columns, truth = _columns(rng, messages)
    table = pa.Table.from_pydict(columns, OASST_SCHEMA)
    for name, rows in (("oasst1", first), ("oasst2", all_rows)):
        place = folder / name / "data"
        place.mkdir(parents=True, exist_ok=True)
        # A split ends where a tree does.
        cut = round(rows * (1 - VALIDATION))
        while cut < rows and messages.depth[cut]:
            cut += 1
        pq.write_table(table.slice(0, cut), place / "train-00000-of-00001.parquet", compression="zstd")
        pq.write_table(table.slice(cut, rows - cut), place / "validation-00000-of-00001.parquet", compression="zstd")
    return {"oasst1": {"rows": first}, "oasst2": {"rows": all_rows, **truth}}


def _grow(rng: Any, messages: _Messages, until: int) -> None:
    """Trees until there are exactly so many messages; the last one is cut short."""
    names = [LANGUAGES.index(name) for name in SHARES]
    counts, shares = zip(*CHILDREN, strict=True)
    while len(messages.parent) < until:
        language = int(rng.choice(names, p=list(SHARES.values())))
        tree = len(messages.parent)
        prompts = [messages.add(-1, 0, tree, language, None)]
        while prompts and len(messages.parent) < until:
            prompt = prompts.pop(0)
            depth = messages.depth[prompt]
            for rank in range(int(rng.choice(counts, p=shares))):
                if len(messages.parent) == until:
                    return
                reply = messages.add(prompt, depth + 1, tree, language, rank)
                if depth // 2 + 1 < DEEPEST and rng.random() < FOLLOWED and len(messages.parent) < until:
                    prompts.append(messages.add(reply, depth + 2, tree, language, None))


def _columns(rng: Any, messages: _Messages) -> tuple[dict[str, Any], dict[str, Any]]:
    count = len(messages.parent)
    replies = np.array(messages.depth) % 2 == 1
    words = np.where(replies, words_of(rng, count, 500.0), words_of(rng, count, 100.0))
    written = np.array(messages.language)
    faults = rng.random((8, count))
    names = ("deleted", "failed_review", "unranked", "orphaned", "spam", "lang_mismatch", "pii", "foreign")
    shares = (DELETED, FAILED, UNRANKED, ORPHANED, SPAM, MISMATCH, PERSONAL, FOREIGN)
    planted = {name: row < share for name, row, share in zip(names, faults, shares, strict=True)}
    planted["unranked"] &= replies
    planted["orphaned"] &= np.array(messages.depth) > 0
    planted["foreign"] &= replies
    written = np.where(planted["foreign"], LANGUAGES.index("de"), written)
    text = Inventor().texts(rng, words, written).array
    ids = [
        f"{number:08x}-{tail[:4]}-4{tail[4:7]}-{tail[7:11]}-{tail[11:23]}"
        for number, tail in enumerate(_hex(rng, count))
    ]
    ranks = [None if planted["unranked"][row] else messages.rank[row] for row in range(count)]
    lost = [f"ffffffff-{tail[:4]}" for tail in _hex(rng, count)]
    values = rng.random((count, len(LABELS))).round(2)
    for name in ("spam", "lang_mismatch", "pii"):
        values[:, LABELS.index(name)] = np.where(planted[name], 1.0, 0.0)
    columns = {
        "message_id": ids,
        "parent_id": [
            None if parent < 0 else lost[row] if planted["orphaned"][row] else ids[parent]
            for row, parent in enumerate(messages.parent)
        ],
        "user_id": [f"user-{number % 9_973}" for number in range(count)],
        "created_date": [
            f"2023-02-{1 + number % 28:02d}T10:00:00.{number % 1_000_000:06d}+00:00" for number in range(count)
        ],
        "text": text,
        "role": ["assistant" if reply else "prompter" for reply in replies],
        "lang": [LANGUAGES[number] for number in messages.language],
        "review_count": [3] * count,
        "review_result": ~planted["failed_review"],
        "deleted": planted["deleted"],
        "rank": ranks,
        "synthetic": [False] * count,
        "model_name": [None] * count,
        "detoxify": [dict.fromkeys(DETOXIFY, value) for value in rng.random(count).round(6).tolist()],
        "message_tree_id": [ids[tree] for tree in messages.tree],
        "tree_state": ["ready_for_export"] * count,
        "emojis": [{"name": ["+1"], "count": [1]} if number % 3 == 0 else None for number in range(count)],
        "labels": [{"name": LABELS, "value": row, "count": [3] * len(LABELS)} for row in values.tolist()],
    }
    truth = {name: int(mask.sum()) for name, mask in planted.items()}
    return columns, {**truth, "pairs": _all_pairs(messages, ranks)}


def _hex(rng: Any, count: int) -> list[str]:
    digits = rng.bytes(count * 12).hex()
    return [digits[start : start + 24] for start in range(0, len(digits), 24)]


def _all_pairs(messages: _Messages, ranks: list[int | None]) -> dict[str, int]:
    """Pairs of ranked siblings by language, before anything is filtered."""
    ranked = Counter(messages.parent[row] for row, rank in enumerate(ranks) if rank is not None)
    pairs: Counter[str] = Counter()
    for prompt, count in ranked.items():
        pairs[LANGUAGES[messages.language[prompt]]] += count * (count - 1) // 2
    return dict(sorted(pairs.items()))


def write_helpsteer3(folder: Path, *, scale: float, seed: int) -> dict[str, Any]:
    """Write preference/train.jsonl.gz and validation.jsonl.gz; returns rows, ties and pairs by language."""
    rows = round(HELPSTEER3 * scale)
    rng = np.random.default_rng([seed, 4])
    shares = np.array(list(DOMAINS.values())) / sum(DOMAINS.values())
    domains = [list(DOMAINS)[number] for number in rng.choice(len(DOMAINS), rows, p=shares)]
    names = [_language(rng, domain) for domain in domains]
    written = np.array([LANGUAGES.index(WRITTEN_IN.get(name, "en")) for name in names])
    inventor = Inventor()

    def texts(characters: float, spread: float = 0.8) -> list[str]:
        return list(inventor.texts(rng, words_of(rng, rows, characters, spread), written).array.to_pylist())

    parts = [texts(250.0, 1.0), texts(900.0), texts(150.0), texts(1_500.0), texts(1_500.0), texts(250.0)]
    several = rng.random(rows) < 0.4
    scores = rng.choice(list(PREFERENCES), rows, p=list(PREFERENCES.values())).tolist()
    place = folder / "preference"
    place.mkdir(parents=True, exist_ok=True)
    cut = rows - round(HELPSTEER3_VALIDATION * scale)
    for name, span in (("train", range(cut)), ("validation", range(cut, rows))):
        with gzip.GzipFile(place / f"{name}.jsonl.gz", "wb", compresslevel=1, mtime=0) as out:
            for row in span:
                question, earlier, more, one, two, why = (part[row] for part in parts)
                context = [{"role": "user", "content": question}]
                if several[row]:
                    context += [{"role": "assistant", "content": earlier}, {"role": "user", "content": more}]
                content = _helpsteer3_row(domains[row], names[row], context, (one, two), scores[row], why)
                out.write(json.dumps(content, ensure_ascii=False).encode() + b"\n")
    pairs = Counter(WRITTEN_IN[name] for name, score in zip(names, scores, strict=True) if score and name in WRITTEN_IN)
    return {"rows": rows, "ties": scores.count(0), "pairs": dict(sorted(pairs.items()))}


def _language(rng: Any, domain: str) -> str:
    if domain == "multilingual":
        return str(rng.choice(list(TONGUES), p=list(TONGUES.values())))
    return str(rng.choice(["python", "javascript", "java", "c++", "sql"])) if domain == "code" else "english"


def _helpsteer3_row(
    domain: str, language: str, context: list[dict[str, str]], replies: tuple[str, str], score: int, why: str
) -> dict[str, Any]:
    opinion = {"score": score, "reasoning": why, "feedback1": why[::2], "feedback2": why[1::2]}
    other = {**opinion, "score": max(-3, min(3, score + 1))}
    return {
        "domain": domain,
        "language": language,
        "context": context,
        "response1": replies[0],
        "response2": replies[1],
        "overall_preference": score,
        "individual_preference": [opinion, opinion, other],
    }
