"""The verb `export`: of a run or a model, into a folder that is complete and proved, or not there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.card.export import ADAPTER_FILES, Form, Source, write_export
from acord.card.places import model_place
from acord.card.shards import Dtype
from acord.console import say
from acord.errors import InputError
from acord.languages import text
from acord.manifest import Manifest, edited_files, read_manifest
from acord.models import find_model, model_path
from acord.run.candidates import short_name
from acord.run.new_folder import new_folder

MODEL = "model/"


@dataclass(frozen=True)
class ExportedModel:
    """What was written. record: what export.json says. files: all of them, with bytes. card: whether one lies there."""

    folder: Path
    record: dict[str, Any]
    files: dict[str, int]
    card: bool

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"folder": str(self.folder), **self.record, "all_files": self.files, "card": self.card}

    def shown(self) -> str:
        """For people."""
        compared = self.record["compared"]
        lines = [text("model_export_done", folder=str(self.folder), megabytes=sum(self.files.values()) / 1e6)]
        prompts, languages = sum(compared["prompts"].values()), len(compared["prompts"])
        lines.append(text("model_export_equal", prompts=prompts, languages=languages, **_counts(compared)))
        lines += [] if self.card else [text("model_export_no_card")]
        named = [name for name in self.files if "/" not in name]
        return "\n".join([*lines, *(f"  {name}  {self.files[name]:,}" for name in named)])


def _counts(compared: dict[str, Any]) -> dict[str, int]:
    return {"read": compared["token_ids"], "said": compared["continued_tokens"]}


def export_model(named: str, runs: Path, out: Path, form: Form, dtype: Dtype | None) -> ExportedModel:
    """Export what an argument names into `out`, which must be empty or not there.

    Raises InputError for what is no model and for a folder that holds something, CheckFailed where the export does not
    say what its source says, MachineError for a fault of the disk.
    """
    source = find_source(named, runs)
    with new_folder(out, "--out") as partial:
        say(text("model_export_checking", name=source.name))
        record = write_export(source, form, dtype, partial)
        files = {
            path.relative_to(partial).as_posix(): path.stat().st_size
            for path in sorted(partial.rglob("*"))
            if path.is_file()
        }
    return ExportedModel(out, record, files, source.card is not None)


def find_source(named: str, runs: Path) -> Source:
    """What to export: a run's folder or its name, or a model's folder or hub name.

    Raises InputError for a run that has no aligned model, or whose model was changed after the run.
    """
    for folder in (Path(named), runs / named):
        if (folder / "run.json").is_file():
            return _of_run(folder)
    model = find_model(named)
    return Source(short_name(named), model, {})


def _of_run(folder: Path) -> Source:
    align, base, card = ((folder / stage).resolve() for stage in ("align", "base", "card"))
    if not (align / MODEL).is_dir():
        raise InputError("the run has no aligned model yet", where=str(folder), fix="Finish it with acord run.")
    files = _manifest(align).files
    hashes = {name.removeprefix(MODEL): str(one["sha256"]) for name, one in files.items() if name.startswith(MODEL)}
    adapter = align / "adapter"
    kept = (adapter / ADAPTER_FILES[0]).is_file()
    source = Source(
        name=folder.resolve().name,
        model=align / MODEL,
        hashes=hashes,
        base=model_path(base) if kept else None,
        base_name=_asked_for(base) if kept else None,
        adapter=adapter if kept else None,
        card=card if (card / "README.md").is_file() else None,
    )
    exported = {name: file for name, file in files.items() if name.startswith(("model/", "adapter/"))}
    for name, _ in edited_files(align, exported):
        raise InputError(
            f"{name} was changed after the run",
            where=str(folder / "align"),
            fix="Remove the artefact and run the recipe again.",
        )
    return source


def _asked_for(base: Path) -> str:
    """What the base is called where this machine's folders mean nothing."""
    return model_place(json.loads((base / "base.json").read_text(encoding="utf-8"))["asked_for"])


def _manifest(folder: Path) -> Manifest:
    try:
        return read_manifest(folder)
    except ValueError as error:
        raise InputError(str(error), where=str(folder), fix="Remove the artefact and run the recipe again.") from None
