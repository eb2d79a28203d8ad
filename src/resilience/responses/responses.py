"""The noun: what people answered, one row a respondent and wave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from resilience.definitions.instrument import MISSING_REASONS
from resilience.responses.coding import REASON_CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from resilience.definitions.measures import Measure
    from resilience.definitions.study import Study
    from resilience.responses.survey_file import Source

__all__ = ["Asked", "FlowStep", "Responses"]


@dataclass(frozen=True, slots=True)
class Asked:
    """An item as a wave's questionnaire had it.

    Attributes
    ----------
    wave, item : str
    labels : str
        What identifies its answer labels in that wave.
    equivalent_because : mapping of language to text, or None
        The reason given for taking labels that differ to mean the same.
    """

    wave: str
    item: str
    labels: str
    equivalent_because: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FlowStep:
    """How many rows went into a stage and came out of it."""

    stage: str
    wave: str
    n_in: int
    n_out: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Responses:
    """What respondents answered in all waves of a study.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row a respondent and wave: `wave`, the roles, the study's variables, the arms of
        list experiments (`control` or `treatment`), the items (float64 codes, NaN where
        missing) and, once scored, the scores.
    reasons : pandas.DataFrame
        For each item why an answer is missing, int8; 0 where there is an answer.
    study : Study
    asked : tuple of Asked
        Which items each wave asked, and with which answer labels.
    sources : mapping of wave to Source
        The files.
    flow : tuple of FlowStep
        Rows in and out of every stage.
    measures : mapping of column to Measure
        What each numeric column means.

    Examples
    --------
    >>> import resilience as rs
    >>> responses = rs.load_responses(rs.load_study("surveys/lebanon/study.yaml"))
    >>> isinstance(responses, rs.Responses), responses.waves
    (True, ('baseline', 'midline', 'endline'))
    >>> responses.missing_shares().shape
    (72, 12)
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    study: Study
    asked: tuple[Asked, ...]
    sources: Mapping[str, Source]
    flow: tuple[FlowStep, ...]
    measures: Mapping[str, Measure] = field(default_factory=dict)

    @property
    def waves(self) -> tuple[str, ...]:
        """The waves, in their order."""
        return tuple(self.frame["wave"].cat.categories)

    def items_asked(self, wave: str) -> tuple[str, ...]:
        """Return the items that a wave asked."""
        return tuple(asked.item for asked in self.asked if asked.wave == wave)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame: respondents' answers, to be handled with care."""
        return self.frame.copy()

    def reason_names(self) -> pd.DataFrame:
        """Return why answers are missing, in words: one column an item, empty where answered."""
        words = ["", *MISSING_REASONS]
        return self.reasons.map(lambda code: words[code]).astype("str")

    def missing_shares(self) -> pd.DataFrame:
        """Return for each wave and item asked how often answers are missing, by reason.

        Returns
        -------
        pandas.DataFrame
            Columns `wave item n answered` and one for each reason: shares of the respondents.
        """
        import pandas as pd  # noqa: PLC0415 - nouns load fast

        rows = []
        for wave in self.waves:
            items = list(self.items_asked(wave))
            reasons = self.reasons.loc[self.frame["wave"] == wave, items].to_numpy()
            for position, item in enumerate(items):
                column = reasons[:, position]
                shares = {
                    reason: float((column == REASON_CODES[reason]).mean())
                    for reason in MISSING_REASONS
                }
                answered = float((column == 0).mean())
                told = {"wave": wave, "item": item, "n": len(column), "answered": answered}
                rows.append(told | shares)
        return pd.DataFrame(rows)

    def with_scores(self, scores: pd.DataFrame, measures: Mapping[str, Measure]) -> Responses:
        """Return the responses with score columns and what they mean added."""
        kept = self.frame.drop(columns=[name for name in scores if name in self.frame])
        return replace(
            self,
            frame=kept.assign(**{str(name): scores[name] for name in scores}),
            measures={**self.measures, **measures},
        )

    def __repr__(self) -> str:
        """Return one line; never rows."""
        counts = self.frame["wave"].value_counts(sort=False)
        waves = ", ".join(f"{wave} {count:,}" for wave, count in counts.items())
        scores = sum(measure.kind != "item" for measure in self.measures.values())
        scored = f", {scores} scores" if scores else ""
        return f"<Responses {self.study.study}: {waves}; {self.reasons.shape[1]} items{scored}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"
