"""The noun of impact: an estimate, what it rests on, and everything that may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from resilience.evaluation.impact.balanced import BALANCED
from resilience.evaluation.impact.sampling import detectable

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.definitions.analysis import Headline
    from resilience.definitions.assignment import Assignment
    from resilience.evaluation.few_clusters.recommending import Recommendation
    from resilience.evaluation.impact.evidence import ClusterEvidence
    from resilience.evaluation.impact.noting import ImpactNote
    from resilience.evaluation.impact.tables import DidTable

    Floats = npt.NDArray[np.float64]

__all__ = ["Impact"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Impact:
    """The effect of a programme on several measures. Made by `rs.estimate_impact`.

    Attributes
    ----------
    rows : pandas.DataFrame
        What each row is: `measure` ("impact", or "association" where nothing was assigned),
        `variable`, and for an event study `wave` and `period`.
    evidence : ClusterEvidence
        Estimates, and inference at the level of assignment.
    table : DidTable
        Levels, changes and the second difference with errors of the design.
    spread, spread_error : numpy.ndarray
        Standard deviations of the comparison group at the baseline, shape (q,).
    sampling_error, sampling_df : numpy.ndarray
        Of each row by the survey's design: the sampling of respondents alone, shape (q,).
    unit : tuple of str
        The unit of each row.
    assignment : Assignment
    units : tuple of str
        Those that are treated or compared with.
    treated : tuple of bool
        Whether each is treated.
    method : str
    baseline, endline : tuple of str
        The waves compared.
    recommendation : Recommendation
        Which inference the design speaks for.
    headline : str
        Which is followed: `randomisation`, `cr2`, `wild` or `none`; `influence` in place of
        `cr2` where people were made alike by weights.
    notes : tuple of ImpactNote
        What cannot be known, and who was left out.
    level : float
    seed : int
        Of what was drawn.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> impact = rs.estimate_impact(design, "resilience")
    >>> isinstance(impact, rs.Impact), impact.baseline, impact.endline, impact.reference
    (True, ('baseline',), ('endline',), 'placebo reference')
    """

    rows: pd.DataFrame
    evidence: ClusterEvidence
    table: DidTable
    spread: Floats
    spread_error: Floats
    sampling_error: Floats
    sampling_df: Floats
    unit: tuple[str, ...]
    assignment: Assignment
    units: tuple[str, ...]
    treated: tuple[bool, ...]
    method: str
    baseline: tuple[str, ...]
    endline: tuple[str, ...]
    recommendation: Recommendation
    headline: Headline | str
    notes: tuple[ImpactNote, ...]
    level: float
    seed: int

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @property
    def reference(self) -> str:
        """What the permutation is: a test only where a lot was drawn."""
        random = self.assignment.mechanism != "non_random"
        return "randomisation test" if random else "placebo reference"

    @property
    def p_value(self) -> Floats:
        """The headline's p-values, shape (q,)."""
        found = {
            "randomisation": self.evidence.permuted_p,
            "cr2": self.evidence.p_value,
            "influence": self.evidence.p_value,
            "wild": self.evidence.wild_p,
        }
        return found.get(self.headline, np.full(len(self), np.nan))

    def interval(self, *, level: float | None = None) -> tuple[Floats, Floats]:
        """Return the headline's limits; other levels than the result's are those of CR2.

        The limits of permutations are those of effects that they do not reject; where there are
        too many to invert the test, those of CR2.
        """
        low, high = self.evidence.interval(level or self.level)
        if level not in (None, self.level) or self.headline in ("cr2", "influence"):
            return low, high
        if self.headline == "none":
            return np.full(len(self), np.nan), np.full(len(self), np.nan)
        wild = self.headline == "wild"
        own_low = self.evidence.wild_low if wild else self.evidence.permuted_low
        own_high = self.evidence.wild_high if wild else self.evidence.permuted_high
        return (
            np.where(np.isnan(own_low), low, own_low),
            np.where(np.isnan(own_high), high, own_high),
        )

    def sampling_interval(self, *, level: float | None = None) -> tuple[Floats, Floats]:
        """Return limits by the survey's design: what would differ with other respondents."""
        half = stats.t.ppf((1 + (level or self.level)) / 2, self.sampling_df) * self.sampling_error
        return self.evidence.estimate - half, self.evidence.estimate + half

    def minimum_detectable(self, *, level: float | None = None) -> Floats:
        """Return the effects that would be found with a power of 80 %, shape (q,).

        By the larger of both errors, between units and of the sampling of respondents: units
        that differ by less than their samples make them differ do so by chance. NaN where units
        give no error.
        """
        wanted = level or self.level
        units = detectable(self.evidence.std_error, self.evidence.df, wanted)
        sampled = detectable(self.sampling_error, self.sampling_df, wanted)
        return np.where(np.isnan(units), np.nan, np.fmax(units, sampled))

    def standardised(self) -> pd.DataFrame:
        """Return effects in standard deviations of the comparison group at the baseline.

        The error knows that the standard deviation is estimated.
        """
        found, error = self.evidence.estimate / self.spread, self.evidence.std_error / self.spread
        extra = found * self.spread_error / self.spread
        return self.rows.assign(
            estimate=found, std_error=np.sqrt(error**2 + extra**2), sd=self.spread
        )

    def to_frame(self, *, level: float | None = None) -> pd.DataFrame:
        """Return the headline as a tidy table.

        Parameters
        ----------
        level : float, optional
            The coverage; by default that of the result.

        Returns
        -------
        pandas.DataFrame
            `measure variable <wave period> estimate std_error conf_low conf_high df n p_value`,
            then `headline sd_estimate sd_error minimum_detectable treated comparison`.
        """
        low, high = self.interval(level=level)
        standard = self.standardised()
        treated = sum(self.treated)
        return self.rows.assign(
            estimate=self.evidence.estimate,
            std_error=self.evidence.std_error,
            conf_low=low,
            conf_high=high,
            df=self.evidence.df,
            n=self.evidence.n,
            p_value=self.p_value,
            headline=self.headline,
            sd_estimate=standard["estimate"],
            sd_error=standard["std_error"],
            minimum_detectable=self.minimum_detectable(level=level),
            treated=treated,
            comparison=len(self.units) - treated,
        )

    def inference(self) -> pd.DataFrame:
        """Return every way of inference beside the others, one row each.

        Returns
        -------
        pandas.DataFrame
            `measure variable <wave period> inference estimate std_error df conf_low conf_high
            p_value smallest_p assignments recommended headline`.
        """
        evidence, size = self.evidence, len(self)
        low, high = evidence.interval(self.level)
        nothing = np.full(size, np.nan)
        told = {
            "cr2": (evidence.std_error, evidence.df, low, high, evidence.p_value, nothing),
            "wild": (
                *(nothing, nothing, evidence.wild_low, evidence.wild_high),
                *(evidence.wild_p, evidence.wild_smallest_p),
            ),
            "randomisation": (
                *(nothing, nothing, evidence.permuted_low, evidence.permuted_high),
                *(evidence.permuted_p, evidence.permuted_smallest_p),
            ),
        }
        names = ("std_error", "df", "conf_low", "conf_high", "p_value", "smallest_p")
        if self.method in BALANCED:
            told = {"influence": told["cr2"], "randomisation": told["randomisation"]}
        parts = [
            self.rows.assign(
                inference=self.reference if name == "randomisation" else name,
                estimate=evidence.estimate,
                **dict(zip(names, numbers, strict=True)),
                assignments=float(evidence.assignments) if name == "randomisation" else np.nan,
                recommended=self._recommends(name),
                headline=name == self.headline,
            )
            for name, numbers in told.items()
        ]
        stacked = pd.concat(parts)
        return stacked.sort_index(kind="stable").reset_index(drop=True)

    def _recommends(self, name: str) -> bool:
        if name == "wild":
            return self.recommendation.wild == "recommended"
        return self.recommendation.headline == ("cr2" if name == "influence" else name)

    def without_each(self) -> pd.DataFrame:
        """Return the estimates without each unit in turn; empty where there are too many units.

        Returns
        -------
        pandas.DataFrame
            `measure variable <wave period> without treated estimate`.
        """
        if not len(self.evidence.without):
            return self.rows.assign(without="", treated=False, estimate=np.nan).head(0)
        parts = [
            self.rows.assign(without=unit, treated=treated, estimate=estimates)
            for unit, treated, estimates in zip(
                self.units, self.treated, self.evidence.without, strict=True
            )
        ]
        stacked = pd.concat(parts)
        return stacked.sort_index(kind="stable").reset_index(drop=True)

    def changes_by_unit(self) -> pd.DataFrame:
        """Return the change in each place, with errors of the design: changes, not impacts."""
        if self.table.by_unit is None:
            return pd.DataFrame(columns=["measure", "variable", "unit", "estimate"])
        return self.table.by_unit.to_frame(level=self.level)

    def __repr__(self) -> str:
        """Return the headline's table as it prints in a terminal, and the notes."""
        from resilience.inference.results.printing import as_text  # noqa: PLC0415 - on demand

        lines = [as_text(_shown(self.to_frame()), self.unit), self.summary]
        return "\n".join([*lines, *map(str, self.notes)])

    def _repr_html_(self) -> str:
        from resilience.inference.results.printing import as_html  # noqa: PLC0415 - on demand

        notes = "".join(f"<p>{escape(str(note))}</p>" for note in self.notes)
        return as_html(_shown(self.to_frame()), self.unit, self.summary) + notes

    @property
    def summary(self) -> str:
        """Method, waves, units and inference, in a line."""
        waves = " to ".join(", ".join(part) for part in (self.baseline, self.endline) if any(part))
        if "wave" in self.rows:
            waves = "each wave against " + ", ".join(self.baseline)
        treated, many = sum(self.treated), self.evidence.assignments
        compared = len(self.units) - treated
        count = f"{many:,}" if self.evidence.enumerated else f"draws of {many:.3g}"
        return (
            f"{self.method} ({waves}), {treated} treated and {compared} comparison units "
            f"of {self.assignment.unit_name} ({self.assignment.mechanism}); inference: "
            f"{self.headline}; {self.reference} over {count} assignments"
        )


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that fit a terminal."""
    hidden = ("headline", "sd_error", "treated", "comparison")
    return frame.drop(columns=[name for name in hidden if name in frame])
