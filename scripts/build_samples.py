"""Write the sample preferences of the package anew, and beside the tests what each rejected reply gets wrong.

The grammar stands in scripts/samples/: families of questions (families/*.yaml), what goes wrong (faults.py), in which
shares (choose.py), and the three schemas. Nothing is drawn from a generator's state: the same grammar and the same seed
and held-out share in demo.yaml give the same bytes.

Run: python scripts/build_samples.py [--to FOLDER] [--truth FILE]
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from samples.family import load_families
from samples.helpsteer3 import helpsteer3_row
from samples.judged import Deal, Judged, judge
from samples.oasst import tree_id, tree_rows
from samples.openorca import openorca_sides, system_prompt
from samples.unusable import unusable_rows

from acord.data.pairs import pair_id
from acord.recipe import load_recipe

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "acord" / "bundled" / "demo.yaml"
PREFERENCES = ROOT / "acord" / "bundled" / "preferences"
TRUTH = ROOT / "tests" / "bundled" / "truth.jsonl"

Row = Mapping[str, Any]


def main() -> None:
    """Write the four files, and the truth."""
    arguments = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    arguments.add_argument("--to", type=Path, default=PREFERENCES)
    arguments.add_argument("--truth", type=Path, default=TRUTH)
    chosen = arguments.parse_args()
    recipe = load_recipe(RECIPE)
    deal = Deal(recipe)
    judged = judge(load_families(), recipe)
    trees = [one for one in judged if one.schema == "oasst"]
    identities = [tree_id(one, deal) for one in trees]
    compared = [one for one in judged if one.schema == "helpsteer3"]
    joined = [one for one in judged if one.schema == "openorca"]
    # Questions of OASST's file that the others do not have serve for rows without a partner.
    spare = [one for one in trees if one.conversation.language == "en" and not one.conversation.family.held_out]
    sides = openorca_sides(joined, spare)
    rows = [row for one, identity in zip(trees, identities, strict=True) for row in tree_rows(one, identity)]
    _write(chosen.to / "oasst.jsonl", [*rows, *unusable_rows(trees, identities)])
    _write(chosen.to / "helpsteer3.jsonl", map(helpsteer3_row, compared))
    _write(chosen.to / "openorca_gpt4.jsonl", sides.gpt4)
    _write(chosen.to / "openorca_gpt35.jsonl", sides.gpt35)
    _write(chosen.truth, [entry for one in judged for entry in _truth(one)])


def _truth(one: Judged) -> Iterator[Row]:
    """What a test may know of each pair, by its id: never part of the rows."""
    if one.tie:
        return
    family = one.conversation.family
    for ranked in one.turns:
        for fault in ranked.paired:
            prompt = _prompt(one, ranked.turn.prompt)
            yield {
                "pair": pair_id(prompt, ranked.turn.reply, fault.text),
                "template": family.name,
                "language": one.conversation.language,
                "source": one.schema,
                "held_out": family.held_out,
                "kind": fault.kind,
                "detail": fault.detail,
            }


def _prompt(one: Judged, last: str) -> list[dict[str, str]]:
    first = one.conversation
    turns = [{"role": "user", "content": last}]
    if last != first.prompt:
        turns = [{"role": "user", "content": first.prompt}, {"role": "assistant", "content": first.reply}, *turns]
    system = system_prompt(one) if one.schema == "openorca" else ""
    return [{"role": "system", "content": system}, *turns] if system else turns


def _write(path: Path, rows: Iterable[Row]) -> None:
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8")
    print(f"{path}: {len(lines)} rows")


if __name__ == "__main__":
    main()
