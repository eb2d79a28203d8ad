"""What a reader must know of an estimate that its numbers do not say: a closed list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["NOTES", "ImpactNote", "NoteCode"]

NoteCode = Literal[
    "non_random",
    "one_unit_in_an_arm",
    "constant_in_an_arm",
    "cannot_reject",
    "few_degrees_of_freedom",
    "less_than_sampling_error",
    "within_sampling_error",
    "no_baseline",
    "covariates_missing",
    "answers_missing",
    "units_left_out",
    "missing_baseline_of_persons",
    "not_in_both_waves",
    "levels_not_by_lot",
    "association_only",
    "wild_not_made",
    "errors_by_influence",
    "no_covariates",
    "permutation_not_made",
    "unbounded_interval",
    "waves_not_used",
]

NOTES: dict[NoteCode, str] = {
    "non_random": "The places were not chosen by lot: the permutation is a placebo reference, "
    "and other differences between the places may explain the estimate.",
    "one_unit_in_an_arm": "An arm has one unit: no error can be had from between units. Only the "
    "placebo reference and the changes by place can be reported.",
    "constant_in_an_arm": "All answers of an arm are alike in a wave: cluster errors rest on the "
    "other arm alone and are not shown.",
    "cannot_reject": "With so few units no permutation reaches this level.",
    "few_degrees_of_freedom": "Fewer than four degrees of freedom: intervals are wide, and so "
    "they should be.",
    "less_than_sampling_error": "The units differ by less than the sampling of respondents alone "
    "would make them: the error between so few units is too small by chance.",
    "within_sampling_error": "Clear by the error between units only, while the survey's own "
    "interval holds zero: the verdict is not clear.",
    "no_baseline": "No wave precedes the treatment: arms are compared after it only.",
    "covariates_missing": "Respondents without a covariate are left out.",
    "answers_missing": "Respondents without an answer are left out.",
    "units_left_out": "Units that are neither treated nor compared with are left out.",
    "missing_baseline_of_persons": "Persons without an answer at the baseline have the mean, and "
    "a column that says so.",
    "not_in_both_waves": "Respondents without an answer at the baseline are left out.",
    "levels_not_by_lot": "Without a lot the answer before does not account for all that the places "
    "differed in: levels compared after it may be biased. `did` rests on like trends instead.",
    "association_only": "Who is exposed chose or was chosen: this is an association.",
    "wild_not_made": "With so many units the bootstrap says what the other errors say.",
    "errors_by_influence": "People are made alike by weights and regressions: errors are of what "
    "each respondent adds, summed by unit and compared between the arms; there is no bootstrap.",
    "no_covariates": "No covariates were named: nobody was made alike.",
    "permutation_not_made": "No permutation: it would balance anew for too many assignments, or "
    "some of them leave nobody to be compared with.",
    "unbounded_interval": "The bootstrap's interval has no end: the units are too few for one.",
    "waves_not_used": "Waves other than those compared are not used.",
}


@dataclass(frozen=True, slots=True)
class ImpactNote:
    """One thing that a reader must know.

    Attributes
    ----------
    code : NoteCode
        From the closed list.
    variable : str
        The measure concerned; empty for all.
    detail : str
        Numbers or names; never of a respondent.
    """

    code: NoteCode
    variable: str = ""
    detail: str = ""

    def __str__(self) -> str:
        """Return the note as a sentence."""
        told = " ".join(part for part in (self.variable, self.detail) if part)
        return NOTES[self.code] + (f" ({told})" if told else "")


assert set(NOTES) == set(get_args(NoteCode))  # noqa: S101 - each note has its words
