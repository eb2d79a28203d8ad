"""Which groups are withheld throughout a publication, so that none too small can be worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from resilience.disclosure.linear_bounds import withhold_cells
from resilience.inference.statistics.domains import domains_of, where_mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.definitions.study import Policy
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Mask = npt.NDArray[np.bool_]

__all__ = ["PublishedTable", "Withholding", "margins_of", "withhold"]

_NO_GROUPS = frozenset({"measure", "variable", "answer", "reference"})


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table that a publication shows, or that is known besides.

    Attributes
    ----------
    variables : tuple of str
        What is estimated; empty for all that the publication estimates.
    by : tuple of str
        The columns that it is broken down by.
    where : mapping or None
        Whom it is restricted to.
    known : bool
        Whether it is known in any case, so that withholding it is of no use.
    """

    variables: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: Mapping[str, object] | None = None
    known: bool = False


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Withholding:
    """The groups of respondents that a publication does not show, whatever is asked of them.

    Attributes
    ----------
    frame : pandas.DataFrame
        The design's.
    groups : frozenset of bytes
        The groups, each as the rows that belong to it.
    """

    frame: pd.DataFrame
    design: SurveyDesign
    groups: frozenset[bytes] = frozenset()
    _texts: dict[str, npt.NDArray[np.object_]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Withholding: {len(self.groups)} groups for others' sake>"

    def of_rows(self, rows: pd.DataFrame, where: Where, over: str = "wave") -> Mask:
        """Return which rows of a result are of a withheld group, or compare with one.

        Parameters
        ----------
        rows : pandas.DataFrame
            Of `Estimates`.
        where : mapping or None
            Whom the result is restricted to.
        over : str
            The column that `reference` is a value of, where the rows are comparisons.
        """
        hidden = np.zeros(len(rows), bool)
        if not self.groups:
            return hidden
        kept = where_mask(self.design, where)
        by = [str(name) for name in rows if name not in _NO_GROUPS and name in self.frame]
        for at, row in enumerate(rows.to_dict("records")):
            values = [{name: row[name] for name in by}]
            if "reference" in row:
                values.append({**values[0], over: row["reference"]})
            hidden[at] = any(self._is_withheld(kept, value) for value in values)
        return hidden

    def _is_withheld(self, kept: Mask, values: Mapping[str, object]) -> bool:
        mask = kept.copy()
        for name, value in values.items():
            if name not in self._texts:
                self._texts[name] = self.frame[name].astype("str").to_numpy(object)
            mask &= self._texts[name] == str(value)
        return _key(mask) in self.groups


def withhold(design: SurveyDesign, tables: Sequence[PublishedTable], policy: Policy) -> Withholding:
    """Find the groups to withhold so that none that is too small can be worked out.

    For each variable, all tables that show it are taken together: whoever reads them knows the
    number of respondents of each group shown, and the groups add up. A group that is withheld
    for one variable is withheld for all. Respondents without a value of a variable by which is
    broken down are no group: how many they are is a result.

    Parameters
    ----------
    design : SurveyDesign
    tables : sequence of PublishedTable
    policy : Policy
        `minimum_n`, and whether `suppress` is `secondary`.

    Returns
    -------
    Withholding

    Notes
    -----
    A group's mean could be worked out of its parts' and its complement's only where its number
    of respondents can; so the audit is of numbers.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> from resilience.definitions.study import Policy
    >>> group = ["few"] * 6 + ["some"] * 20 + ["many"] * 30
    >>> design = rs.SurveyDesign(pd.DataFrame({"y": range(56), "group": group}))
    >>> tables = [PublishedTable(("y",)), PublishedTable(("y",), by=("group",))]
    >>> withhold(design, tables, Policy())
    <Withholding: 1 groups for others' sake>
    """
    frame = design.frame
    if policy.suppress != "secondary" or not tables:
        return Withholding(frame, design)
    cells = _Cells(design)
    for table in tables:
        cells.add(table)
    variables = dict.fromkeys(name for table in tables for name in table.variables)
    hidden: set[bytes] = set()
    seen: set[tuple[bytes, bytes]] = set()
    for name in variables:
        answered = frame[name].notna().to_numpy() if name in frame else np.ones(len(frame), bool)
        problem = cells.of(name, answered)
        if problem.mark not in seen:
            seen.add(problem.mark)
            hidden |= problem.withheld(policy.minimum_n, hidden)
    return Withholding(frame, design, frozenset(hidden))


def _key(mask: Mask) -> bytes:
    return np.packbits(mask).tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The cells of one variable as sums of atoms."""

    keys: Sequence[bytes]
    cells: Mask
    counts: npt.NDArray[np.float64]
    fixed: Mask
    exempt: Mask

    @property
    def mark(self) -> tuple[bytes, bytes]:
        """What two problems share that are one."""
        return self.cells.tobytes(), self.counts.tobytes()

    def withheld(self, minimum: int, hidden: set[bytes]) -> set[bytes]:
        """Return which cells to hide for others' sake, more than those that are hidden."""
        size = self.cells @ self.counts
        known = self.fixed & (size >= minimum)
        before = np.array([key in hidden for key in self.keys], bool)
        found, _ = withhold_cells(
            self.cells,
            self.counts,
            minimum=minimum,
            fixed=known,
            hidden=before,
            exempt=self.exempt,
        )
        return {
            key for key, out, n in zip(self.keys, found, size, strict=True) if out and n >= minimum
        }


class _Cells:
    """The groups of all tables as masks over the design's rows."""

    def __init__(self, design: SurveyDesign) -> None:
        self.design = design
        self.masks: dict[bytes, Mask] = {}
        self.users: dict[bytes, list[tuple[tuple[str, ...], bool]]] = {}
        self.no_value = np.zeros(len(design.frame), bool)

    def add(self, table: PublishedTable) -> None:
        """Take up the groups of a table."""
        frame = self.design.frame
        used = [name for name in (*table.by, *(table.where or {})) if name in frame]
        for name in used:
            self.no_value |= frame[name].isna().to_numpy()
        domains = domains_of(self.design, list(table.by), table.where)
        for domain in range(domains.size):
            mask = domains.of_row == domain
            key = _key(mask)
            self.masks[key] = mask
            self.users.setdefault(key, []).append((table.variables, table.known))

    def of(self, variable: str, answered: Mask) -> _Problem:
        """Return the cells of a variable, and the atoms of those who answered."""
        keys = [
            key
            for key, users in self.users.items()
            if any(variable in names or not names for names, _ in users)
        ]
        fixed = [
            any(known and (variable in names or not names) for names, known in self.users[key])
            for key in keys
        ]
        masks = np.array([self.masks[key] for key in keys], bool)
        rows = np.vstack([masks, self.no_value])[:, answered]
        packed = np.ascontiguousarray(np.packbits(rows, axis=0).T)
        width = packed.shape[1]
        _, first, counts = np.unique(
            packed.view(f"V{width}").ravel(), return_index=True, return_counts=True
        )
        atoms = rows[:, first]
        return _Problem(
            keys,
            atoms[:-1],
            counts.astype(np.float64),
            np.array(fixed, bool),
            atoms[-1] | ~atoms[:-1].any(axis=0),
        )


def margins_of(by: Iterable[str]) -> list[tuple[str, ...]]:
    """Return every smaller breakdown of which one is made: what others may have published."""
    kept: list[tuple[str, ...]] = [()]
    names = list(by)
    for name in names:
        kept += [(*part, name) for part in kept]
    return [part for part in kept if len(part) < len(names)]
