"""What only exports of field tools have: choices of several answers, versions of a form."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from resilience.definitions.models import Definition, Identifier

__all__ = ["ChosenAnswer", "FormVersions"]


class ChosenAnswer(Definition):
    """One choice of a question that takes several: 1 if it was chosen, 0 if another was.

    Attributes
    ----------
    question : str
        The question's full name in the file, with its groups.
    choice : str
        The choice's name, or its label where the file holds labels.
    """

    question: str
    choice: Annotated[str, Field(coerce_numbers_to_str=True)]

    @property
    def column(self) -> str:
        """What stands for a column of its own."""
        return f"{self.question}/{self.choice}"


class FormVersions(Definition):
    """Items that some versions of a wave's form did not have.

    Attributes
    ----------
    column : str
        The column that tells the version of the form, such as `__version__`.
    not_asked : mapping of version to items
        The items that a version did not have.
    """

    column: str
    not_asked: dict[str, tuple[Identifier, ...]]
