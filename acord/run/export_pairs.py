"""The verb `data export`: built pairs in the formats of others, in a folder that is complete or not there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.data.export import DATA_SET, FileType, FormName, Selection, Tally, export_pairs
from acord.errors import InputError
from acord.languages import text
from acord.run.built_pairs import BuiltPairs
from acord.run.disk import beside_name, remove, sync_folder, sync_tree
from acord.run.option_faults import faults_of


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
    with faults_of("--to", to):
        place = _checked_place(to)
        partial = _made_beside(place)
        try:
            tally = export_pairs(built.folder, partial, form, selection, kind)
            if form == DATA_SET:
                (partial / "README.md").write_text(_card(built, to, tally), encoding="utf-8")
            written = sorted(path for path in partial.rglob("*") if path.is_file())
            names = tuple(path.relative_to(partial).as_posix() for path in written)
            sync_tree(partial)
            _checked_place(to)
            partial.rename(place)
        except BaseException:
            remove(partial)
            raise
        sync_folder(place.parent)
    personal = form == DATA_SET and _setting(built) == "flag" and tally.flagged > 0
    return Exported(form, to, names, tally, personal)


def _made_beside(place: Path) -> Path:
    partial = beside_name(place)
    try:
        remove(partial)
        partial.mkdir(parents=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError("a file stands where a folder should be", where=str(place), fix="Change --to.") from None
    except FileNotFoundError:
        raise InputError("no folder can be made there", where=str(place), fix="Change --to.") from None
    return partial


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


def _checked_place(to: Path) -> Path:
    """Where links lead. Raises InputError for a folder that holds something, and for what is no folder."""
    try:
        place = to.resolve()
        filled = any(place.iterdir())
    except FileNotFoundError:
        return place
    except (NotADirectoryError, RuntimeError):
        raise InputError("a file stands where a folder should be", where=str(to), fix="Change --to.") from None
    if filled:
        raise InputError("the folder is not empty, and nothing is overwritten", where=str(to), fix="Change --to.")
    return place
