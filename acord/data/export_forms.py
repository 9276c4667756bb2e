"""How a pair is written in the formats of others: rows in, one object a pair out."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from acord.data.turns import ASSISTANT, SYSTEM, USER
from acord.languages import LANGUAGES

Row = dict[str, Any]

_TEXT = pa.string()
_MESSAGES = pa.list_(pa.struct([("role", _TEXT), ("content", _TEXT)]))
_SPOKEN = pa.struct([("from", _TEXT), ("value", _TEXT)])
_LINEAGE = pa.list_(pa.struct([("step", _TEXT), ("tool", _TEXT), ("version", _TEXT), ("detail", _TEXT)]))
_SPEAKERS = {USER: "human", ASSISTANT: "gpt"}


class Form(NamedTuple):
    """A format. write: a pair's row as one of the format, None where the format cannot hold its turns."""

    schema: Any
    write: Callable[[Row], Row | None]


def bcp47(tag: str) -> str:
    """A language's tag for metadata: va is ca-valencia."""
    return LANGUAGES[tag].bcp47 if tag in LANGUAGES else tag


def _reply(text: str) -> list[dict[str, str]]:
    return [{"role": ASSISTANT, "content": text}]


def _parted(row: Row) -> tuple[str, list[dict[str, str]]]:
    """The system message that a prompt opens with, empty where it has none, and the turns after it."""
    prompt = row["prompt"]
    return (prompt[0]["content"], prompt[1:]) if prompt[0]["role"] == SYSTEM else ("", prompt)


def _pairs(row: Row) -> Row:
    """Acord's own format `pairs`: everything that a row may state there."""
    stated = ("id", "prompt", "chosen", "rejected", "group", "licence", "margin", "weight", "origin")
    return {**{name: row[name] for name in stated}, "language": bcp47(row["language"])}


def _trl(row: Row) -> Row:
    """TRL's preference type with an explicit prompt, conversational."""
    return {"prompt": row["prompt"], "chosen": _reply(row["chosen"]), "rejected": _reply(row["rejected"])}


def _llama_factory(row: Row) -> Row | None:
    """LLaMA-Factory's ranking in ShareGPT form: user and assistant in turn, the system message in a column."""
    system, turns = _parted(row)
    if [turn["role"] for turn in turns] != [USER, ASSISTANT] * (len(turns) // 2) + [USER]:
        return None
    return {
        "conversations": [{"from": _SPEAKERS[turn["role"]], "value": turn["content"]} for turn in turns],
        "chosen": {"from": "gpt", "value": row["chosen"]},
        "rejected": {"from": "gpt", "value": row["rejected"]},
        "system": system,
    }


def _orca(row: Row) -> Row | None:
    """The form of orca_dpo_pairs: one question, with a system message or an empty one."""
    system, turns = _parted(row)
    if [turn["role"] for turn in turns] != [USER]:
        return None
    return {
        "system": system,
        "question": turns[0]["content"],
        "chosen": row["chosen"],
        "rejected": row["rejected"],
    }


def _data_set(row: Row) -> Row:
    """All that is known of a pair, its texts in TRL's form, for a data set that others use. The split is the file."""
    kept = {name: row[name] for name in _DATA_SET.names}
    return kept | _trl(row) | {"language": bcp47(row["language"])}


_DATA_SET = pa.schema(
    [
        *(("id", _TEXT), ("prompt", _MESSAGES), ("chosen", _MESSAGES), ("rejected", _MESSAGES)),
        *((name, _TEXT) for name in ("language", "source", "source_id", "licence", "group", "origin")),
        *(("chosen_rank", pa.int32()), ("rejected_rank", pa.int32())),
        *(("margin", pa.float64()), ("weight", pa.float64()), ("lineage", _LINEAGE)),
    ]
)
FORMS: Mapping[str, Form] = {
    "pairs": Form(
        pa.schema(
            [
                *(("id", _TEXT), ("prompt", _MESSAGES), ("chosen", _TEXT), ("rejected", _TEXT)),
                *((name, _TEXT) for name in ("language", "group", "licence", "origin")),
                *(("margin", pa.float64()), ("weight", pa.float64())),
            ]
        ),
        _pairs,
    ),
    "trl": Form(pa.schema([("prompt", _MESSAGES), ("chosen", _MESSAGES), ("rejected", _MESSAGES)]), _trl),
    "hf-dataset": Form(_DATA_SET, _data_set),
    "llama-factory": Form(
        pa.schema(
            [("conversations", pa.list_(_SPOKEN)), ("chosen", _SPOKEN), ("rejected", _SPOKEN), ("system", _TEXT)]
        ),
        _llama_factory,
    ),
    "orca": Form(
        pa.schema([(name, _TEXT) for name in ("system", "question", "chosen", "rejected")]),
        _orca,
    ),
}


def llama_factory_index(files: Mapping[str, str]) -> Row:
    """What LLaMA-Factory's dataset_info.json says of each file. files: split -> file name."""
    columns = {"messages": "conversations", "chosen": "chosen", "rejected": "rejected", "system": "system"}
    about = {"ranking": True, "formatting": "sharegpt", "columns": columns}
    return {f"acord_{split}": {"file_name": name, **about} for split, name in files.items()}
