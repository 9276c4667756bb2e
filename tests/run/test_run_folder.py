"""What a run's folder says of its recipe can be read again."""

from pathlib import Path

from acord.recipe import load_recipe, parse_recipe
from acord.run.run_folder import _as_yaml


def test_a_recipe_is_read_back_as_it_was_run(tmp_path: Path) -> None:
    recipe = parse_recipe(
        {
            "name": "x",
            "model": {"base": "folder"},
            "data": {
                "sources": [
                    {"name": "a", "format": "pairs", "path": "x.jsonl", "language": "es"},
                    {"name": "b", "translate": {"from": "a", "language": "es", "to": "va"}},
                ],
                # A value that differs from its default by being nothing.
                "duplicates": {"near": None},
                "decontaminate": "small",
            },
        },
        where="here",
    )
    path = tmp_path / "recipe.yaml"
    path.write_text(_as_yaml(recipe), encoding="utf-8")
    assert load_recipe(path) == recipe
