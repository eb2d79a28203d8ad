"""What a study says of columns that identify people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from resilience.definitions.models import Definition

__all__ = ["IdentifierRule", "Kept", "Pseudonyms"]


class Kept(Definition):
    """A column that only seems to identify people, or has to be read as it is.

    Attributes
    ----------
    keep : str
        Why.
    """

    keep: Annotated[str, StringConstraints(min_length=5, strip_whitespace=True)]


IdentifierRule = Literal["drop", "pseudonymise"] | Kept
"""`drop`: never read. `pseudonymise`: only pseudonyms are read. `keep`: read, with a reason."""


class Pseudonyms(Definition):
    """The key by which pseudonyms are made.

    Attributes
    ----------
    key_check : str
        What `resilience key` prints: it tells whether a key is this study's.
    key_file : str or None
        Where the key lies, outside the workspace, from the user's folder (`~`) or the study's;
        the variable RESILIENCE_KEY_FILE goes before it.
    """

    key_check: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    key_file: str | None = None
