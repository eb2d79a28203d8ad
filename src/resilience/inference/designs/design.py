"""The noun that stands between data and population: a frame with its sampling design."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue
from resilience.inference.designs.relations import relations_of
from resilience.inference.designs.role_checks import (
    LonelyPsu,
    numbers_of,
    require_roles,
    require_rules,
    stages_of,
    weights_of,
)
from resilience.inference.designs.structure import SampleRoles, build_sample
from resilience.inference.designs.study_roles import labels_of, wave_relation, with_site_roles
from resilience.inference.designs.unlabelled import frame_token
from resilience.inference.weights.reweighting import poststratification_step, raking_step
from resilience.inference.weights.sample_margins import Weighted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.assignment import Assignment
    from resilience.definitions.measures import Measure
    from resilience.definitions.study import WaveRelation
    from resilience.inference.designs.replicate_weights import Replicates
    from resilience.inference.designs.sample import Sample
    from resilience.inference.weights.weight_history import WeightStep
    from resilience.responses.responses import Responses

__all__ = ["LonelyPsu", "SurveyDesign"]

_STEPS = {"rake": raking_step, "poststratify": poststratification_step}

ROLE_COLUMNS = ("weight", "stratum", "psu", "fpc", "wave", "respondent_id")


@dataclass(frozen=True, repr=False, eq=False)
class SurveyDesign:
    """Respondents with the design by which they came into the sample.

    Use it on any data frame; `SurveyDesign.from_responses` fills in the roles from a study.
    Domains are asked for when estimating, never by dropping rows beforehand: rows outside a
    domain still tell how the sample was drawn. Missing answers stay in the frame; missing
    weights, strata or PSUs are errors.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a respondent and wave.
    weight : str, optional
        The column of weights: persons represented, 0 or more. Without, all count 1.
    stratum : str, optional
        The column of strata.
    psu : str or tuple of str, optional
        The column of primary sampling units; or one column for each stage, the units of each
        within those of the one before. Without, respondents were drawn directly.
    fpc : str or tuple of str, optional
        The column with the number of PSUs in the population of the stratum; values up to 1
        are sampling fractions. With several stages one column for each: the number of units
        in the stratum, in the PSU, and so on. Without, as for PSUs drawn with replacement or
        with probability proportional to size: the first stage then carries all the variance,
        and one column of `psu` is enough.
    wave : str, optional
        The column of waves. Their order is that of the categories, of numbers their size, and
        of other texts that of letters ("after" before "before"): give
        `pd.Categorical(frame["wave"], ["before", "after"])`.
    waves : {'independent', 'same_psu', 'panel'} or mapping, optional
        How the waves relate; needed from two waves. A mapping gives each pair its word.
    respondent_id : str, optional
        The column that identifies persons; needed for a panel without PSUs.
    nested_psu : bool
        Whether PSU labels are unique within strata only.
    lonely_psu : {'fail', 'remove', 'adjust', 'average'}
        What a stratum with one PSU contributes: an error; nothing; its deviation from the
        population instead of from its stratum; or the average of the other strata.
    assumed_design_effect : float
        By how much to multiply all variances, where the frame does not show the design.
    measures : mapping, optional
        What the columns mean: `Measure` by column.
    labels : mapping, optional
        Titles of the values of columns, by column and value.
    study : str
        The name of the study.
    file_columns : mapping, optional
        What the data files call the columns that have other names here, for errors.
    replicates : Replicates, optional
        Made by `as_replicates` or `with_replicate_weights`: variances are then those of the
        statistics under these.
    weight_history : tuple of WeightStep
        The steps by which `rs.rake` and the like made `weights` of the column's; variances know
        of those that fit margins. The frame keeps the weights that it came with.
    assignment : Assignment, optional
        Who was given the programme, for `rs.estimate_impact`.

    Raises
    ------
    DesignError
        If a role's column is absent, weights are negative, missing, infinite or text, a PSU lies
        in two strata, or a stratum has one PSU; all findings of a kind at once.

    References
    ----------
    Lumley (2010), Complex Surveys, chapters 2 and 3. Waves: contributions are centred within
    stratum and wave over the PSUs of that wave; PSUs that recur carry the covariance. Full
    overlap equals R survey's stacked design, no overlap equals independent samples.
    Oracle: R survey 4.1-1.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "w": [10, 10, 20, 20], "ea": [1, 1, 2, 3]})
    >>> rs.SurveyDesign(frame, weight="w", psu="ea")
    <SurveyDesign: 4 respondents, 3 PSUs, 1 stratum, df 2>
    """

    frame: pd.DataFrame
    weight: str | None = None
    stratum: str | None = None
    psu: str | tuple[str, ...] | None = None
    fpc: str | tuple[str, ...] | None = None
    wave: str | None = None
    waves: WaveRelation | Mapping[tuple[str, str], WaveRelation] | None = None
    respondent_id: str | None = None
    nested_psu: bool = False
    lonely_psu: LonelyPsu = "fail"
    assumed_design_effect: float = 1.0
    measures: Mapping[str, Measure] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    study: str = ""
    file_columns: Mapping[str, str] = field(default_factory=dict)
    replicates: Replicates | None = None
    weight_history: tuple[WeightStep, ...] = ()
    assignment: Assignment | None = None
    sample: Sample = field(init=False)
    slot_of_row: npt.NDArray[np.int64] = field(init=False)
    weights: npt.NDArray[np.float64] = field(init=False)
    wave_names: tuple[str, ...] = field(init=False)
    notes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Check the roles and work out the sample."""
        require_roles(self.frame, {role: getattr(self, role) for role in ROLE_COLUMNS})
        require_rules(self.lonely_psu, self.assumed_design_effect)
        weights = _weights(self)
        waves = _wave_labels(self)
        names = tuple(map(str, waves.cat.categories))
        relations = relations_of(names, self.waves)
        built = build_sample(
            SampleRoles(
                waves=waves,
                stratum=_labels(self, self.stratum),
                units=tuple(_required_labels(self, column) for column in stages_of(self.psu)),
                person=_labels(self, self.respondent_id),
                fpc=numbers_of(self.frame, stages_of(self.fpc), "fpc"),
                nested_psu=self.nested_psu,
                lonely_psu=self.lonely_psu,
                design_effect=self.assumed_design_effect,
                study=self.study,
                token=frame_token(self.frame),
            ),
            relations,
        )
        weights.flags.writeable = False
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "wave_names", names)
        object.__setattr__(self, "sample", built.sample)
        object.__setattr__(self, "slot_of_row", built.slot_of_row)
        object.__setattr__(self, "notes", built.notes)
        _require_own_replicates(self)

    @classmethod
    def from_responses(cls, responses: Responses) -> SurveyDesign:
        """Return the design that a study declares for its responses.

        Weights are made to fit the study's margins if its design declares a `calibration`.

        Parameters
        ----------
        responses : Responses
            Usually scored.

        Raises
        ------
        DesignError
            As for `SurveyDesign`.

        Examples
        --------
        >>> import resilience as rs
        >>> study = rs.load_study("surveys/lebanon/study.yaml")
        >>> rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
        <SurveyDesign lebanon: 5,004 respondents, 72 PSUs, 12 strata, 3 waves, df 60>
        """
        study = responses.study
        frame = with_site_roles(responses.frame, study)
        present: dict[str, Any] = {role: role for role in ROLE_COLUMNS if role in frame}
        design = cls(
            frame,
            **{**present, "wave": "wave"},
            waves=wave_relation(study),
            nested_psu=study.design.nested_psu,
            lonely_psu=study.design.lonely_psu,
            assumed_design_effect=study.design.assumed_design_effect,
            measures=responses.measures,
            labels=labels_of(study),
            study=study.study,
            file_columns=study.names_of_columns,
            assignment=study.assignment,
        )
        if study.design.calibration is None:
            return design
        people = Weighted(frame, design.weights, design.wave)
        step = _STEPS[study.design.calibration](people, study.margins)
        return replace(design, weight_history=(step,))

    @property
    def degrees_of_freedom(self) -> int:
        """PSUs minus strata of the whole sample; of supplied replicates their rank minus 1."""
        chance = self.replicates or self.sample
        return chance.degrees_of_freedom(np.ones(self.sample.n_cells, bool))

    def __repr__(self) -> str:
        """Return one line; never rows."""
        keys = len(np.unique(self.sample.first.key_of_unit))
        strata = len(np.unique(self.sample.stratum_of_cell))
        waves, given = len(self.wave_names), self.replicates
        parts = [
            f"{len(self.frame):,} respondents",
            f"{keys:,} PSUs" if self.psu else "drawn as persons",
            f"{strata:,} {'stratum' if strata == 1 else 'strata'}",
            *([f"{waves} waves"] if waves > 1 else []),
            *([f"{len(given):,} replicates ({given.kind})"] if given else []),
            f"df {self.degrees_of_freedom:,}",
        ]
        name = f" {self.study}" if self.study else ""
        return f"<SurveyDesign{name}: {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"


def _require_own_replicates(design: SurveyDesign) -> None:
    """Refuse replicates of another sample: of other rows, or by other rules."""
    given = design.replicates
    if given is None:
        return
    same = given.sample.identity == design.sample.identity
    if not same or given.sample.rules != design.sample.rules:
        raise DesignError(
            Issue(
                "the replicates are those of another sample",
                where="SurveyDesign(replicates=)",
                found="other rows, PSUs or rules for variances",
                expected="the sample that they were made from",
                remedy="change the design first, and make replicates of it then",
            )
        )


def _weights(design: SurveyDesign) -> npt.NDArray[np.float64]:
    if design.weight_history:
        return _weights_made(design)
    if design.weight is None:
        return np.ones(len(design.frame))
    return weights_of(design.frame, design.weight)


def _weights_made(design: SurveyDesign) -> npt.NDArray[np.float64]:
    made = design.weight_history[-1].after
    if len(made) == len(design.frame):
        return made
    raise DesignError(
        Issue(
            "weights were made for other rows",
            where="SurveyDesign(weight_history=)",
            found=f"{len(made):,} weights for {len(design.frame):,} rows",
            expected="the rows for which they were made",
            remedy="ask for domains when estimating: where={…}, by=…",
        )
    )


def _wave_labels(design: SurveyDesign) -> pd.Series:
    if design.wave is None:
        everybody = np.zeros(len(design.frame), np.int64)
        return pd.Series(pd.Categorical.from_codes(everybody, pd.Index([""])))
    waves = design.frame[design.wave]
    if waves.isna().any():
        raise DesignError(
            Issue(
                "respondents belong to no wave",
                where=f"SurveyDesign(wave='{design.wave}')",
                found=f"{int(waves.isna().sum())} rows",
                expected="a wave in each row",
                remedy="fill in the column",
            )
        )
    if not isinstance(waves.dtype, pd.CategoricalDtype):
        numbers = pd.api.types.is_numeric_dtype(waves.dtype)
        codes, found = pd.factorize(waves, sort=numbers)
        texts = pd.Series(found).astype("str")
        names = pd.Categorical(texts, categories=texts if numbers else None)
        waves = pd.Series(names.take(codes))
    used: pd.Series = waves.cat.remove_unused_categories().reset_index(drop=True)
    return used


def _labels(design: SurveyDesign, column: str | None) -> pd.Series | None:
    return None if column is None else _required_labels(design, column)


def _required_labels(design: SurveyDesign, column: str) -> pd.Series:
    labels: pd.Series = design.frame[column].reset_index(drop=True)
    if labels.isna().any():
        raise DesignError(
            Issue(
                f"'{column}' is missing",
                where="SurveyDesign",
                found=f"{int(labels.isna().sum())} rows",
                expected="a label in each row: without it a respondent has no place in the design",
                remedy="fill in the column",
            )
        )
    return labels
