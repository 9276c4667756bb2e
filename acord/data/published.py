"""What is known of public data sets before they are fetched: for plans on machines where they are not.

Rows are as the data sets state them. Pairs by language are estimates: of OpenAssistant's messages, 0.507 pairs each
(measured on OASST1's validation split, all pairs of a ranking). A language without a number is one of which nothing is
known.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Published:
    """One data set on the hub. pairs: language -> about how many."""

    rows: int
    pairs: Mapping[str, int]


# Spanish in the ready trees of OASST2: about 28,000 messages; English there in the proportion of all trees, 85,115 to
# 47,513. OASST2 holds nearly all of OASST1, whose own part is therefore not counted again.
DATASETS: Mapping[str, Published] = {
    "nvidia/HelpSteer3": Published(40_500, {}),
    "OpenAssistant/oasst1": Published(88_838, {}),
    "OpenAssistant/oasst2": Published(135_174, {"en": 25_000, "es": 14_000}),
    "Open-Orca/OpenOrca": Published(4_233_915, {}),
}


def published(path: str) -> Published | None:
    """What is known of a data set by its address, hf://owner/name[...]; None where nothing is."""
    name = path.removeprefix("hf://").removeprefix("datasets/").split("@")[0]
    return DATASETS.get("/".join(name.split("/")[:2]))
