"""The verb `data export`: built pairs in the formats of others, in a folder that is complete or not there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.data.export import DATA_SET, FileType, FormName, Selection, Tally, export_pairs
from acord.errors import InputError
from acord.languages import text
from acord.run.built_pairs import BuiltPairs
from acord.run.new_folder import new_folder


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, its files, and what was counted.

    personal: a data set that one may publish, in which personal data was found and left as it is.
    """

    form: FormName
    folder: Path
    files: tuple[str, ...]
    tally: Tally
    personal: bool

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        tally = self.tally
        return {
            "format": self.form,
            "folder": str(self.folder),
            "files": list(self.files),
            "pairs": tally.pairs,
            "by_split": tally.by_split,
            "by_source": {name: source.pairs for name, source in tally.by_source.items()},
            "left_out": tally.left_out,
            "with_personal_data": tally.flagged,
        }

    def shown(self) -> str:
        """For people."""
        done = text("export_done", pairs=self.tally.pairs, folder=str(self.folder))
        return "\n".join([done, *(f"  {name}" for name in self.files)])

    def warnings(self) -> list[str]:
        """What the user should know besides."""
        lines = [text("export_left_out", pairs=self.tally.left_out)] if self.tally.left_out else []
        return [*lines, text("export_personal", pairs=self.tally.flagged)] if self.personal else lines


def export(built: BuiltPairs, to: Path, form: FormName, selection: Selection, files: FileType | None) -> Exported:
    """Export into the folder `to`, which must be empty or not there: it is written beside its place and renamed.

    files: .jsonl where None, but for a data set, which is always Parquet. Raises InputError as `export_pairs`, and for
    a folder that holds something; MachineError for a fault of the disk.
    """
    if form == DATA_SET and files == "jsonl":
        raise InputError("a data set is Parquet", where="--as", fix="Leave out --as, or take another --format.")
    kind: FileType = files or ("parquet" if form == DATA_SET else "jsonl")
    with new_folder(to, "--to") as partial:
        tally = export_pairs(built.folder, partial, form, selection, kind)
        if form == DATA_SET:
            (partial / "README.md").write_text(_card(built, to, tally), encoding="utf-8")
        written = sorted(path for path in partial.rglob("*") if path.is_file())
        names = tuple(path.relative_to(partial).as_posix() for path in written)
    personal = form == DATA_SET and _setting(built) == "flag" and tally.flagged > 0
    return Exported(form, to, names, tally, personal)


def _setting(built: BuiltPairs) -> str:
    from acord.data.card import personal_setting

    return personal_setting(built.manifest.recipe if built.manifest else {})


def _card(built: BuiltPairs, to: Path, tally: Tally) -> str:
    from acord.data.card import Built, data_set_card

    manifest = built.manifest
    if manifest is None:
        raise InputError(
            "no manifest.json lies beside the pairs, so a card could not say how they were built",
            where=str(built.folder),
            fix="Give the run or the artefact that acord data build made.",
        )
    name = to.resolve().name
    return data_set_card(tally, Built(name, manifest.recipe, manifest.figures, manifest.versions))
