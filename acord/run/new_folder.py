"""A folder that a verb was told by an option to make: complete in its place, or not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acord.errors import InputError
from acord.run.disk import remove, sync_tree
from acord.run.option_faults import faults_of
from acord.whole import beside_name, sync


@contextmanager
def new_folder(out: Path, option: str) -> Iterator[Path]:
    """Where to write what is to be the folder `out`, which must be empty or not there; it is renamed at the end.

    Raises InputError, naming the option, for a folder that holds something and for what can be no folder, MachineError
    for a fault of the disk; then nothing is left.
    """
    with faults_of(option, out):
        place = _checked_place(out, option)
        partial = beside_name(place)
        try:
            with _places_explained(out, option):
                remove(partial)
                partial.mkdir(parents=True)
            yield partial
            sync_tree(partial)
            _checked_place(out, option)
            with _places_explained(out, option):
                partial.rename(place)
        except BaseException:
            if partial.exists():
                remove(partial)
            raise
        sync(place.parent)


def _checked_place(out: Path, option: str) -> Path:
    """Where links lead. Raises InputError for a folder that holds something, and for what is no folder."""
    try:
        place = out.resolve()
        filled = any(place.iterdir())
    except FileNotFoundError:
        return place
    except (NotADirectoryError, RuntimeError):
        raise _no_folder(out, option) from None
    if filled:
        raise InputError("the folder is not empty, and nothing is overwritten", where=str(out), fix=f"Change {option}.")
    return place


@contextmanager
def _places_explained(out: Path, option: str) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise _no_folder(out, option) from None
    except FileNotFoundError:
        raise InputError("no folder can be made there", where=str(out), fix=f"Change {option}.") from None


def _no_folder(out: Path, option: str) -> InputError:
    return InputError("a file stands where a folder should be", where=str(out), fix=f"Change {option}.")
