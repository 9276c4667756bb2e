"""The stage `pairs`: every source of a recipe into one table of pairs and one of dropped rows.

    read      each source by itself into a spool of candidates and a book of its rows      supply.py, sources/
    leave out what an earlier source has too                                                duplicates.py
    choose    until the quotas are full: filters, evaluation, translation, near duplicates  choose.py, examine.py
    write     pairs.parquet, dropped.parquet, contamination.jsonl                           here

What was read, examined and translated stays in `work` until all is written: a build that was stopped goes on there.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.data.choose import Chooser, count_examined
from acord.data.complete import Answering, Completer, Translating
from acord.data.decontaminate import REPORT_FILE, Contamination, EvaluationText, read_allowed, write_report
from acord.data.duplicates import leave_out_duplicates
from acord.data.endpoint import ChatClient
from acord.data.examine import WORTH_PROCESSES, Examiner, Rules
from acord.data.filters import Filtering, check_languages
from acord.data.locate import locate
from acord.data.mix import cells_of
from acord.data.supply import Supply, TranslatedSupply, read_source
from acord.data.translate import translator
from acord.data.write import quota_figures, write_tables
from acord.languages.identify import IDENTIFIABLE
from acord.recipe import Data, Source, Variety, allow_file

WORK = "work"

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class Surroundings:
    """What the build needs besides the recipe's data section.

    cache: a folder for translations, which outlive the build. count_tokens: of the base model, needed by max_tokens.
    evaluation: the texts of the suite that is not to be trained on, and rows of it that could not be read. processes:
    that share the work.
    """

    cache: Path
    variety: Variety = "any"
    count_tokens: CountTokens | None = None
    evaluation: Sequence[EvaluationText] = ()
    unread: Sequence[tuple[str, str]] = ()
    processes: int = 1


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def build_pairs(data: Data, *, seed: int, folder: Path, around: Surroundings | None = None) -> dict[str, Any]:
    """Read every source and write pairs.parquet and dropped.parquet into `folder`; returns the figures.

    Pairs stand in the order of the sources, then of the input. Of pairs with the same texts the first is kept. A share
    `data.held_out` of the groups is held out, by a hash of seed and group. Dropped rows stand in the order of the
    sources, then in the order in which they were decided on.

    Raises InputError, one line, for input that cannot be read, that gives no pair, or too few for the quotas.
    """
    # What the build writes for itself is closed however it ends: on a disk at fault, files that are forgotten complain.
    with ExitStack() as files:
        return _build(data, seed, folder, around or Surroundings(folder / WORK / "cache"), files)


def _build(data: Data, seed: int, folder: Path, around: Surroundings, files: ExitStack) -> dict[str, Any]:
    work, gone = folder / WORK, folder / f"{WORK}.gone"
    shutil.rmtree(gone, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    if data.filters.language:
        check_languages(languages_of(data, {}))
    supplies = read_sources(data, work, seed, files)
    leave_out_duplicates(data, supplies)
    supply = {name: one.count() for name, one in supplies.items()}
    cells = cells_of(data, supply)
    with ExitStack() as open_until_done:
        rules = _rules(data, around, languages_of(data, supply))
        many = around.processes if count_examined(supplies.values()) >= WORTH_PROCESSES else 1
        examiner = open_until_done.enter_context(Examiner(rules, work / "examined", processes=many))
        complete = {
            source.name: completer
            for source in data.sources
            if (completer := _completer(source, rules, around, open_until_done)) is not None
        }
        chooser = Chooser(
            data,
            cells,
            supplies,
            examiner,
            seed=seed,
            work=work,
            complete=complete,
            variety=around.variety,
        )
        for kept in chooser.kept.values():
            files.callback(kept.close)
        chooser.fill()
    figures = write_tables(data, supplies, chooser, folder, seed=seed)
    figures["supply"] = supply
    if data.quotas is not None:
        figures["quotas"] = quota_figures(cells, data.quotas, supply)
    if data.decontaminate is not None:
        write_report(chooser.matches, folder / REPORT_FILE)
        figures["decontaminated"] = {"texts": len(around.evaluation), "rows_not_read": dict(around.unread)}
    # Renamed first: what is left of a folder that was being removed must not be gone on from.
    work.rename(gone)
    shutil.rmtree(gone)
    return figures


def read_sources(data: Data, work: Path, seed: int, files: ExitStack) -> dict[str, Supply]:
    """What each source can give, in the recipe's order. Sources that were read by an earlier attempt are not read.

    files: closes what they write to, when it ends.
    """
    located = {source.name: locate(source) for source in data.sources if source.translate is None}
    supplies: dict[str, Supply] = {}
    for number, source in enumerate(data.sources):
        place = work / f"{number:02d}-{source.name}"
        if source.translate is not None:
            supplies[source.name] = TranslatedSupply(source, supplies[source.translate.from_], place)
        else:
            supplies[source.name] = read_source(source, located[source.name], place, seed=seed)
        files.callback(supplies[source.name].ledger.leave)
    return supplies


def _rules(data: Data, around: Surroundings, languages: Sequence[str]) -> Rules:
    filters = data.filters if languages else data.filters.model_copy(update={"language": False})
    of_both = filters.model_copy(update={"min_characters": None})
    filtering, drafting = (
        Filtering(one, languages=languages, count_tokens=around.count_tokens) for one in (filters, of_both)
    )
    if data.decontaminate is None:
        return Rules(filtering, drafting, None)
    allowed = allow_file(data)
    settings = data.decontaminate
    contamination = Contamination(
        around.evaluation,
        words=settings.words,
        min_words=settings.min_words,
        allowed=frozenset() if allowed is None else read_allowed(allowed),
    )
    return Rules(filtering, drafting, contamination)


def languages_of(data: Data, supply: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The languages that texts are held against: those that the recipe names, and of sources without such, their own.

    supply: source -> language -> candidates. A language that nobody named and that cannot be told is not judged.
    """
    named = list(data.quotas or ())
    found: list[str] = []
    for source in data.sources:
        named += source.languages or ()
        named += [source.language] if source.language else []
        named += [source.translate.language, source.translate.to] if source.translate else []
        found += supply.get(source.name, ())
    return list(dict.fromkeys([*named, *(language for language in found if language in IDENTIFIABLE)]))


def _completer(source: Source, rules: Rules, around: Surroundings, until_done: ExitStack) -> Completer | None:
    if source.translate is not None:
        made = translator(source.translate, variety=around.variety, cache=around.cache, processes=around.processes)
        return Translating(source, until_done.enter_context(made), rules)
    if source.rejected_from is not None:
        client = ChatClient(source.rejected_from, cache=around.cache)
        return Answering(source, until_done.enter_context(client), rules)
    return None
