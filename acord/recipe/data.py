"""The part `data` of a recipe: sources, filters, duplicates, what evaluation holds, translation, and the mix."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from acord.recipe.section import LONGEST_NAME, NAME, Place, Positive, Section

SourceFormat = Literal["oasst", "helpsteer3", "openorca", "hh", "pairs", "feedback"]
PairPolicy = Literal["all_pairs", "best_worst", "adjacent", "margin"]
Variety = Literal["any", "gva", "university"]


class Endpoint(Section):
    """A server that speaks OpenAI's chat protocol (vLLM, llama.cpp, a vendor, `acord serve`).

    url: up to and including /v1. model: its name there. key_variable: the environment variable that holds the key.
    system: a system message of every request. concurrency: requests at once. max_tokens: of each answer. max_requests:
    a cap on the whole build, none where None. timeout_seconds: of one request.
    """

    url: Annotated[str, Field(pattern=r"^https?://")]
    model: Place
    key_variable: str | None = None
    system: str | None = None
    concurrency: Annotated[int, Field(gt=0, le=256)] = 8
    max_tokens: Positive = 2_048
    max_requests: Positive | None = None
    timeout_seconds: Annotated[float, Field(gt=0)] = 120.0


class Translate(Section):
    """A source made by translating the pairs of another one.

    from: the name of that source. language, to: from which language into which. through: `apertium` (programs of
    four Debian packages; Spanish to Valencian and to Catalan), or an endpoint with a translation model.
    """

    from_: Annotated[str, Field(alias="from", pattern=NAME)]
    language: Place
    to: Place
    through: Literal["apertium"] | Endpoint = "apertium"

    @model_validator(mode="after")
    def _languages_differ(self) -> "Translate":
        if self.language == self.to:
            raise ValueError(f"language and to are both {self.to}")
        return self


class Source(Section):
    """One source of preferences: where it lies and how to read it.

    path: one or several local files (.jsonl, .jsonl.gz, .parquet), folders, or hf://owner/name[@revision][/file].
    against: OpenOrca's second file, whose replies are the rejected ones; rejected_from: a model that is asked for them
    instead. translate: the source is the translation of another; it has no path then. languages: keep these only.
    language: of every row, where the format does not say. policy: which pairs a ranking gives; min_margin: the least
    distance of ranks for policy margin. pairs_a_prompt: at most so many of one prompt. labelled: OASST's messages that
    people labelled spam, in another language, or personal, are left out (`drop`) or not (`keep`). weight: the source's
    part of each language's quota, beside the weights of the other sources of that language.
    """

    name: Annotated[str, Field(pattern=NAME, max_length=LONGEST_NAME)]
    format: SourceFormat | None = None
    path: Place | Annotated[list[Place], Field(min_length=1)] | None = None
    against: Place | Annotated[list[Place], Field(min_length=1)] | None = None
    rejected_from: Endpoint | None = None
    translate: Translate | None = None
    language: str | None = None
    languages: list[str] | None = None
    policy: PairPolicy = "all_pairs"
    min_margin: Positive = 2
    pairs_a_prompt: Positive | None = None
    labelled: Literal["drop", "keep"] = "drop"
    licence: str | None = None
    weight: Annotated[float, Field(gt=0)] | None = None

    @property
    def paths(self) -> list[str]:
        """Every place to read, in the recipe's order; none for a translation."""
        return [] if self.path is None else [self.path] if isinstance(self.path, str) else list(self.path)

    @property
    def against_paths(self) -> list[str]:
        """OpenOrca's places of rejected replies, in the recipe's order."""
        return [] if self.against is None else [self.against] if isinstance(self.against, str) else list(self.against)

    @model_validator(mode="after")
    def _is_read_or_translated(self) -> "Source":
        if self.translate is None:
            for key in ("format", "path"):
                if getattr(self, key) is None:
                    raise ValueError(f"{key}: is missing (a source has format and path, or translate)")
        elif self.format is not None or self.path is not None:
            raise ValueError("translate: takes the place of format and path")
        return self

    @model_validator(mode="after")
    def _rejected_replies_are_openorcas(self) -> "Source":
        given = (self.against is not None) + (self.rejected_from is not None)
        if given != (self.format == "openorca"):
            raise ValueError("format: openorca takes either against: or rejected_from:, and no other format does")
        return self


class Filters(Section):
    """Which pairs are left out for what they say. Each is a step with a count of its own.

    equal: chosen and rejected are the same but for case, spaces and punctuation. debris: remains of chat templates.
    repetition: a chosen reply that goes round in circles. boilerplate: a chosen reply that speaks of itself as a
    language model. language: prompt or chosen reply in another language than stated. max_tokens: of prompt and longer
    reply, in the base model's tokens. min_characters, max_characters: of each reply. personal_data: e-mail addresses,
    telephone numbers, DNI, NIE, IBAN: kept as they are, flagged in the lineage, masked, or reason to drop.
    central_catalan: Valencian pairs whose chosen reply is central Catalan.
    """

    equal: bool = True
    debris: bool = True
    repetition: bool = True
    boilerplate: bool = True
    language: bool = True
    max_tokens: Positive | None = None
    min_characters: Positive | None = None
    max_characters: Positive | None = None
    personal_data: Literal["keep", "flag", "mask", "drop"] = "flag"
    central_catalan: Literal["keep", "flag", "drop"] = "flag"


class Duplicates(Section):
    """What counts as a second copy. The first source of the recipe keeps its pair.

    conversations: the same messages offered by two sources (OASST1 and OASST2), by their ids. near: prompts of other
    conversations whose words are the same to this degree (Jaccard similarity), None to leave them. translated_twins:
    whether a pair may stand in the data both as it was written and translated.
    """

    conversations: bool = True
    near: Annotated[float, Field(gt=0.3, le=1.0)] | None = 0.8
    translated_twins: Literal["keep", "drop"] = "keep"


class Decontaminate(Section):
    """Pairs that hold what an evaluation asks are left out.

    suite: a bundled suite's name, or a YAML file. words: length of the run of words that counts as a match; shorter
    items match whole, from min_words on. allow: a file of matches that a person found harmless, one id a line.
    """

    suite: Place
    words: Annotated[int, Field(ge=5, le=50)] = 13
    min_words: Annotated[int, Field(ge=3, le=50)] = 5
    allow: Place | None = None


class Data(Section):
    """Sources in order of precedence, what is left out of them, and how much of each language is taken.

    held_out: share of conversations kept for measuring; they come on top of the quotas. quotas: pairs to train on, by
    language; all there are where None. on_shortfall: where a language or a weighted source has too few, `error` ends
    the build, `scale` lowers all quotas alike, `next_source` takes the rest from the language's other sources.
    """

    sources: Annotated[list[Source], Field(min_length=1)]
    held_out: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.05
    filters: Filters = Filters()
    duplicates: Duplicates = Duplicates()
    decontaminate: Decontaminate | None = None
    quotas: Annotated[dict[str, Positive], Field(min_length=1)] | None = None
    on_shortfall: Literal["error", "scale", "next_source"] = "error"

    @field_validator("decontaminate", mode="before")
    @classmethod
    def _suite_alone(cls, value: Any) -> Any:
        return {"suite": value} if isinstance(value, str) else value

    @field_validator("sources")
    @classmethod
    def _names_differ(cls, sources: list[Source]) -> list[Source]:
        names = [source.name for source in sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are named {twice[0]}")
        return sources

    @field_validator("sources")
    @classmethod
    def _translations_follow_their_source(cls, sources: list[Source]) -> list[Source]:
        earlier: dict[str, Source] = {}
        for source in sources:
            if source.translate is not None:
                origin = earlier.get(source.translate.from_)
                if origin is None:
                    raise ValueError(f"{source.name} translates {source.translate.from_}, which is no earlier source")
                if origin.translate is not None:
                    raise ValueError(f"{source.name} translates {origin.name}, which is itself a translation")
                if origin.rejected_from is not None:
                    raise ValueError(f"{source.name} translates {origin.name}, whose rejected replies are yet to come")
            earlier[source.name] = source
        return sources


def allow_file(data: Data) -> Path | None:
    """The file of matches that are allowed, None where the recipe names none."""
    return Path(data.decontaminate.allow) if data.decontaminate and data.decontaminate.allow else None
