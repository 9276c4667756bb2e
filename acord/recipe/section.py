"""What the parts of a recipe share: strict reading, and the types of their values."""

from typing import Annotated

from pydantic import BaseModel, Field

from acord.sections import STRICT

NAME = r"^[a-z0-9][a-z0-9._-]*$"
LONGEST_NAME = 100

Positive = Annotated[int, Field(gt=0)]
Place = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of the recipe: strict types, no unknown key, immutable."""

    model_config = STRICT
