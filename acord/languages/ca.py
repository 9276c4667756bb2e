"""Central Catalan, as a language of data. The interface in a Catalan locale is the Valencian one."""

from acord.languages.language import Language

CATALAN = Language(
    tag="ca",
    bcp47="ca",
    locales=(),
    names={"en": "Catalan", "es": "catalán", "va": "català"},
    decimal=",",
    thousands=".",
    texts={},
)
