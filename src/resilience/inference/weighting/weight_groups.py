"""Groups within which weights are changed, and what must be there to change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

    Codes = npt.NDArray[np.int64]

__all__ = ["groups_of", "require_columns", "require_groups", "require_values"]

_MOST_NAMED = 5


def groups_of(design: SurveyDesign, names: Sequence[str]) -> tuple[Codes, list[str]]:
    """Return the group of each row, and the groups' names."""
    if not names:
        return np.zeros(len(design.frame), np.int64), ["the sample"]
    joined = design.frame[list(names)].astype("str").agg(" × ".join, axis=1)
    codes, labels = pd.factorize(joined, sort=True)
    return codes.astype(np.int64), list(map(str, labels))


def require_groups(
    enough: npt.NDArray[np.bool_], labels: Sequence[str], what: str, where: str
) -> None:
    """Refuse groups that cannot carry what they should."""
    if enough.all():
        return
    lacking = [f"'{label}'" for label, there in zip(labels, enough, strict=True) if not there]
    more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
    raise DesignError(
        Issue(
            what,
            where=where,
            found=", ".join(lacking[:_MOST_NAMED]) + more,
            expected="weights above 0 to carry the others",
            remedy="join the group with others, or choose wider limits",
        )
    )


def require_columns(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    """Refuse names that are no columns."""
    issues = [
        Issue(
            f"the frame has no column '{name}'",
            where=where,
            found=str(name),
            expected="a column of the frame",
            remedy=nearest(str(name), map(str, frame.columns), "correct the name"),
        )
        for name in names
        if name not in frame
    ]
    if not names:
        issues.append(Issue("no column is named", where, "nothing", "at least one", "name it"))
    if issues:
        raise DesignError(*issues)


def require_values(design: SurveyDesign, names: Sequence[str], where: str) -> None:
    """Refuse columns with missing values."""
    issues = [
        Issue(
            f"'{name}' is missing",
            where=where,
            found=f"{int(design.frame[name].isna().sum())} of {len(design.frame)} rows",
            expected="a value in each row",
            remedy="fill it in, or make 'missing' a value of its own",
        )
        for name in names
        if design.frame[name].isna().any()
    ]
    if issues:
        raise DesignError(*issues)
