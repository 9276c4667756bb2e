"""Which pairs are left out for what they say: one file a filter, `Filtering` for all of them.

Every filter is a function or an object that takes a pair and gives a Fault, the pair it changed, or None.
"""

from acord.data.filters.fault import Fault
from acord.data.filters.filtering import Filtering
from acord.data.filters.language import check_languages

__all__ = ["Fault", "Filtering", "check_languages"]
