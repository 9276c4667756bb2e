"""Whether a model's card or a data set's may be published: it verifies, and says what stands before alignment."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from acord.card.evidence import Evidence, load_evidence
from acord.card.export import ADAPTER_FILES, RECORD, check_weights_are_there, read_record
from acord.card.fault import Fault
from acord.card.verify import FOLDER, Verification, verify
from acord.card.weights import MODEL
from acord.errors import CheckFailed, InputError
from acord.hashing import hash_file
from acord.languages import text

VERIFY = "Look at it with acord card verify, and build and export it again."
EXPORT_AGAIN = "Export the model again (acord export RUN)."
WRITTEN_AGAIN = "the same files"
DATA = "data"


def check_model(folder: Path, repository: str) -> tuple[str, ...]:
    """What the user should know besides. Raises CheckFailed or InputError where it is not to be published."""
    check_weights_are_there(folder)
    record = read_record(folder)
    result = verify_with_weights(folder)
    if not result.holds:
        more = len(result.faults) - 1
        rest = f", and {more} more" if more else ""
        raise CheckFailed(f"the card does not verify: {result.faults[0].shown()}{rest}", where=str(folder), fix=VERIFY)
    if result.absent and not _is_made_anew(record):
        raise CheckFailed(
            f"the card's model is not beside it: {result.absent[0]} is missing", where=str(folder), fix=EXPORT_AGAIN
        )
    evidence = load_evidence(folder / FOLDER)
    if record is not None:
        _check_export(folder, record, evidence)
    check_column_before(folder, evidence)
    named = evidence.recipe.card.repository if evidence.recipe.card else None
    if named is not None and named != repository:
        raise InputError(
            f"the card and its snippets name {named}",
            where=f"--to {repository}",
            fix="Publish it there, or change card.repository and build the card again.",
        )
    return () if named else (text("publish_unnamed", repository=repository),)


def verify_with_weights(folder: Path, weights: Path | None = None) -> Verification:
    """As acord.card.verify, and an export whose weights were cut, cast or made an adapter by what export.json says.

    weights: where the model lies, by default beside the card. Raises InputError for a folder that holds no card.
    """
    record = None if weights is not None else read_record(folder)
    if record is None or not _is_made_anew(record):
        return verify(folder, weights)
    # What the card's evidence names lies elsewhere, and export.json says how they relate.
    result = verify(folder, weigh=False)
    try:
        _check_export(folder, record, load_evidence(folder / FOLDER))
    except (CheckFailed, InputError) as error:
        return replace(result, faults=(*result.faults, Fault(RECORD, None, error.what)))
    return replace(result, checked=result.checked._replace(weights=len(record["files"])))


def _is_made_anew(record: Mapping[str, Any] | None) -> bool:
    return record is not None and record["weights"] != WRITTEN_AGAIN


def _check_export(folder: Path, record: Mapping[str, Any], evidence: Evidence) -> None:
    """export.json is of the model that the card is about, and names the files that lie here."""
    where = str(folder / RECORD)
    align = evidence.manifests.get("align")
    trained = {} if align is None else {
        name.removeprefix(MODEL): str(one["sha256"]) for name, one in align.files.items() if name.startswith(MODEL)
    }  # fmt: skip
    if record["source"]["files"] != trained:
        raise CheckFailed("it is of another model than the card", where=where, fix=EXPORT_AGAIN)
    for name, one in record["files"].items():
        path = folder / name
        if not path.is_file() or hash_file(path) != one["sha256"]:
            raise CheckFailed(f"{name} is not the file that was exported", where=where, fix=EXPORT_AGAIN)
    here = {path.name for pattern in ("*.safetensors", "*.json", "*.jinja", "*.model") for path in folder.glob(pattern)}
    others = sorted(here - set(record["files"]) - {RECORD})
    if others:
        raise CheckFailed(f"{others[0]} was not exported", where=where, fix="Take it out, or export the model again.")
    if record["form"] == "adapter" and not set(ADAPTER_FILES) <= set(record["files"]):
        raise CheckFailed("it names no adapter", where=where, fix=EXPORT_AGAIN)


def check_column_before(folder: Path, evidence: Evidence) -> None:
    """Wherever the aligned model has a figure, the model before alignment has one. Raises CheckFailed."""
    comparison = evidence.comparison
    fix = "Evaluate the base too (evaluate: in the recipe), and build the card again."
    if comparison is None or comparison.before is None:
        raise CheckFailed("the card has no column before alignment", where=str(folder), fix=fix)
    names = [model.name for model in comparison.models]
    before, after = names.index(comparison.before), names.index(evidence.model_name)
    rows = [row for row in comparison.rows if row.cells[after].value is not None]
    lacking = [row.row.id for row in rows if row.cells[before].value is None]
    if lacking or not rows:
        what = f"the row {lacking[0]} has no value before alignment" if lacking else "the card has no evaluated row"
        raise CheckFailed(what, where=str(folder), fix=fix)


def check_data_set(folder: Path, files: Mapping[str, int]) -> tuple[str, ...]:
    """A data set as acord data export writes it. Raises InputError for another, CheckFailed for a changed one."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import yaml
    from huggingface_hub.repocard import metadata_load

    where = str(folder / "README.md")
    again = "Export it again (acord data export --format hf-dataset)."
    try:
        metadata = metadata_load(folder / "README.md")
        content = (folder / "README.md").read_text(encoding="utf-8")
    except (ValueError, yaml.YAMLError):
        raise InputError("its metadata cannot be read", where=where, fix=again) from None
    try:
        splits = [one["path"] for config in metadata["configs"] for one in config["data_files"]]
        licence = metadata["license"]
    except (KeyError, TypeError):
        raise InputError("its metadata name no licence, or no data files", where=where, fix=again) from None
    if not licence:
        raise InputError("its metadata name no licence", where=where, fix=again)
    tables = {name for name in files if name.endswith(".parquet")}
    if set(splits) != tables or not tables:
        odd = sorted({*splits} ^ tables)
        raise CheckFailed(f"card and folder differ in {odd[0] if odd else 'data'}", where=where, fix=again)
    rows = 0
    for name in sorted(tables):
        try:
            rows += int(pq.ParquetFile(folder / name).metadata.num_rows)
        except (pa.ArrowException, OSError):
            raise InputError("this is no Parquet file", where=str(folder / name), fix=again) from None
    if f"{rows:,} preference pairs" not in content:
        raise CheckFailed(f"the files hold {rows:,} pairs, and the card counts others", where=where, fix=again)
    return ()
