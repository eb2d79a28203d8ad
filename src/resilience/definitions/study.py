"""Where, when and how an instrument was asked: population, sites, design, waves, programme."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from resilience.definitions.assignment import Assignment, Event
from resilience.definitions.exports import ChosenAnswer, FormVersions
from resilience.definitions.identifiers import IdentifierRule, Pseudonyms
from resilience.definitions.instrument import MissingCode, MissingReason
from resilience.definitions.margins import Margin
from resilience.definitions.models import Definition, Identifier
from resilience.definitions.policy import Policy, PublicFile
from resilience.definitions.questionnaire import Questionnaire
from resilience.definitions.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.instrument import ListExperiment

__all__ = [
    "Activity",
    "Category",
    "Design",
    "Fieldwork",
    "Policy",
    "Range",
    "Relation",
    "Roles",
    "Site",
    "Study",
    "StudyDefinition",
    "Target",
    "Variable",
    "Wave",
    "WaveRelation",
    "Where",
]

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
WaveRelation = Literal["independent", "same_psu", "panel"]


class Range(Definition):
    """A range of numbers, both ends included."""

    at_least: float | None = None
    at_most: float | None = None


Where = dict[Identifier, str | int | tuple[str | int, ...] | Range]
"""A condition on columns: a value, a list of which one must hold, or a range."""


class Category(Definition):
    """One value of a variable: the code in the file, the id in tables, the title in reports."""

    code: int | str
    id: Identifier
    title: Text


class Site(Category):
    """A city or other place where the survey was made, and its part in the programme."""

    role: Literal["programme", "comparison", "none"] = "none"


class Variable(Definition):
    """A variable by which results are broken down or restricted.

    Attributes
    ----------
    kind : {'categories', 'number'}
        Whether it has values, by which results are broken down; or is a number such as age in
        years, a range of which restricts.
    values : tuple of Category
        Its values, at least two; a number has none.
    missing : mapping of code to reason
        Codes without a value.
    """

    id: Identifier
    title: Text
    kind: Literal["categories", "number"] = "categories"
    values: tuple[Category, ...] = ()
    missing: dict[int | str, MissingReason] = {}


class Roles(Definition):
    """Which column of the data files plays which part.

    Attributes
    ----------
    respondent_id : str
        The column that tells respondents apart; `none` where there is none and no wave asked
        the same persons: rows are numbered.
    weight : str
        The column of weights, or `none` where there are none.
    psu : str
        The column of primary sampling units; `none` where persons were drawn directly;
        `not_published` where there were PSUs that the file does not have.
    interviewer : str or None
        The column that tells who interviewed, where known: read for checks of fieldwork, never
        reported.
    """

    respondent_id: str
    weight: str
    psu: str
    stratum: str | None = None
    fpc: str | None = None
    site: str | None = None
    interviewer: str | None = None


class Relation(Definition):
    """How two waves relate."""

    between: tuple[Identifier, Identifier]
    relation: WaveRelation


class Design(Definition):
    """How respondents were chosen, and what that means for standard errors.

    Attributes
    ----------
    selection : {'probability', 'random_walk', 'quota', 'convenience'}
        How persons came into the sample. Without known probabilities, reports say that
        intervals rest on a model.
    waves : relation or tuple of Relation
        `independent`: fresh samples. `same_psu`: the same PSUs, fresh respondents. `panel`:
        the same respondents. One word for all pairs, or a list of pairs. Needed from two waves.
    nested_psu : bool
        Whether PSU labels are unique within strata only.
    lonely_psu : {'fail', 'remove', 'adjust', 'average'}
        What to do with a stratum that has one PSU.
    assumed_design_effect : float
        By how much to multiply variances where the file does not show the design.
    weighting : text or None
        How the weights of the files were made, for reports.
    calibration : {'rake', 'poststratify'} or None
        Whether the files' weights are made to fit the study's `margins`, and how.
    """

    selection: Literal["probability", "random_walk", "quota", "convenience"]
    waves: WaveRelation | tuple[Relation, ...] | None = None
    nested_psu: bool = False
    lonely_psu: Literal["fail", "remove", "adjust", "average"] = "fail"
    assumed_design_effect: Annotated[float, Field(ge=1, le=20)] = 1.0
    weighting: Text | None = None
    calibration: Literal["rake", "poststratify"] | None = None


class Fieldwork(Definition):
    """When and how the interviews of a wave were made."""

    start: dt.date
    end: dt.date
    mode: Literal["face_to_face", "telephone", "web", "self_completion", "mixed"]


class Wave(Definition):
    """One round of interviews and the file that holds it.

    Attributes
    ----------
    fieldwork : Fieldwork or None
        When and how it was made; without it, reports say that it is not stated.
    file : str
        The data file, relative to the study's folder or to the folder given by the user.
    sha256 : str or None
        The file's checksum, checked at every reading when recorded.
    sheet : str or None
        The sheet of a workbook; its first by default.
    encoding : str or None
        The encoding of the file's texts, where it does not name the right one.
    columns : mapping
        Column names in this file, by role, variable or item, where they differ from the study's;
        or one choice of a question that takes several.
    not_asked : tuple of str
        Items that this wave's questionnaire did not have.
    versions : FormVersions or None
        Items that some versions of its form did not have.
    missing_codes : mapping of reason to codes
        Codes for missing answers in this file, in place of those of the scales: whole numbers,
        Stata's `.a` to `.z`, or words.
    codes : mapping of scale, item, variable or `site` to mapping of code or text to code
        What codes and texts of this file stand for where they are not the definition's: names
        of choices, other words, a scale turned round. What is not named is read as it is.
    labels_equivalent : mapping of item to reason
        Items whose answer labels differ from the other waves' but mean the same, and why.
    """

    id: Identifier
    title: Text
    fieldwork: Fieldwork | None = None
    file: str
    sha256: Sha256 | None = None
    sheet: str | None = None
    encoding: str | None = None
    columns: dict[Identifier, str | ChosenAnswer] = {}
    not_asked: tuple[Identifier, ...] = ()
    versions: FormVersions | None = None
    missing_codes: dict[MissingReason, tuple[MissingCode, ...]] = {}
    codes: dict[Identifier, dict[int | str, int | str]] = {}
    labels_equivalent: dict[Identifier, Text] = {}


class Activity(Definition):
    """Something the programme did."""

    id: Identifier
    title: Text
    kind: Literal[
        "prevention_network", "innovation_grants", "training", "action_plan", "city_exchange"
    ]
    sites: tuple[Identifier, ...]
    start: dt.date
    end: dt.date | None = None
    description: Text | None = None


class Target(Definition):
    """What a measure is meant to reach by a wave.

    Attributes
    ----------
    measure : str
        An index (points) or indicator (share from 0 to 1).
    where : mapping
        Whom the target concerns, for instance the programme's sites.
    """

    measure: Identifier
    wave: Identifier
    value: float
    where: Where = {}
    title: Text | None = None


class StudyDefinition(Definition):
    """What a study's file says.

    Attributes
    ----------
    data : {'collected', 'simulated'}
        Whether people answered, or a simulation did. Reports from simulated data say so.
    instruments : tuple of str
        The questionnaires asked, by name.
    forms : mapping of instrument to form
        The form in which an instrument was asked; without it, the whole was.
    wording : mapping
        What stands for `{place}` and the like in questions.
    margins : tuple of Margin
        What is known of the population from another source, by wave and site.
    public : PublicFile or None
        What `resilience export --public` may write.
    identifiers : mapping of column to rule
        What becomes of columns of the files that identify people.
    assignment : Assignment or None
        Who was given the programme, by what rule.
    events : tuple of Event
        What else happened: rival explanations of changes.
    analysis : str or None
        The file of the analysis plan, in the study's folder.
    """

    study: Identifier
    title: Text
    language: Literal["en", "fr", "ar", "mk", "sq", "sw"] = "en"
    data: Literal["collected", "simulated"]
    population: Text
    instruments: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    forms: dict[Identifier, Identifier] = {}
    wording: dict[Identifier, Text] = {}
    roles: Roles
    design: Design
    sites: tuple[Site, ...] = ()
    variables: tuple[Variable, ...] = ()
    waves: Annotated[tuple[Wave, ...], Field(min_length=1)]
    margins: tuple[Margin, ...] = ()
    policy: Policy = Policy()
    public: PublicFile | None = None
    identifiers: dict[str, IdentifierRule] = {}
    pseudonyms: Pseudonyms | None = None
    activities: tuple[Activity, ...] = ()
    targets: tuple[Target, ...] = ()
    assignment: Assignment | None = None
    events: tuple[Event, ...] = ()
    analysis: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml$")] | None
    ) = None
    acknowledgement: Text | None = None

    @property
    def names_of_columns(self) -> Mapping[str, str]:
        """What the study calls the files' columns that have other names there."""
        names: dict[str, list[str]] = {}
        roles = {role: getattr(self.roles, role) for role in Roles.model_fields}
        for columns in (roles, *(wave.columns for wave in self.waves)):
            for name, said in columns.items():
                column = said.column if isinstance(said, ChosenAnswer) else said
                known = names.setdefault(column, [])
                if name not in known and column not in (None, name, "none", "not_published"):
                    known.append(name)
        return {column: " or ".join(called) for column, called in names.items() if called}


class Study(StudyDefinition):
    """A survey in one or more waves: what its file says, with the questionnaire it names.

    Made by `load_study`.

    Attributes
    ----------
    questionnaire : Questionnaire
        The instruments together.
    path : Path
        The study's file.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    questionnaire: Questionnaire
    path: Path

    @property
    def waves_by_id(self) -> Mapping[str, Wave]:
        """The waves by id, in their order."""
        return {wave.id: wave for wave in self.waves}

    @property
    def variables_by_id(self) -> Mapping[str, Variable]:
        """The variables by id."""
        return {variable.id: variable for variable in self.variables}

    def relation_of(self, one: str, other: str) -> WaveRelation | None:
        """Return how two waves relate, or None where it is not said."""
        said = self.design.waves
        if not isinstance(said, tuple):
            return said
        pair = {one, other}
        return next((part.relation for part in said if set(part.between) == pair), None)

    def items_asked(self, wave: str) -> tuple[str, ...]:
        """Return the items that a wave's questionnaire had, in order."""
        left_out = self.waves_by_id[wave].not_asked
        return tuple(item for item in self.questionnaire.items_by_id if item not in left_out)

    def column_of(self, wave: str, name: str) -> str | None:
        """Return the column of a wave's file that holds a role, variable, item or list's arm."""
        columns = self.waves_by_id[wave].columns
        column: str | None = getattr(self.roles, name) if name in Roles.model_fields else name
        if name in columns:
            said = columns[name]
            column = said.column if isinstance(said, ChosenAnswer) else said
        elif name in Roles.model_fields and column in ("none", "not_published"):
            return None
        return None if self.identifiers.get(column or "") == "drop" else column

    def lists_asked(self, wave: str) -> tuple[ListExperiment, ...]:
        """Return the list experiments that a wave's questionnaire had, in order."""
        asked = self.items_asked(wave)
        lists = self.questionnaire.list_experiments_by_id.values()
        return tuple(part for part in lists if part.item in asked)

    def codes_of(self, wave: str, name: str) -> Mapping[int | str, int | str]:
        """Return what a wave declares of the codes of an item, a variable or the site.

        What it says of an item's scale holds for the item, unless it speaks of the item itself.
        """
        declared = self.waves_by_id[wave].codes
        if name not in declared and name in self.questionnaire.items_by_id:
            return declared.get(self.questionnaire.items_by_id[name].scale, {})
        return declared.get(name, {})

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Study {self.study}: {len(self.waves)} waves, {len(self.sites)} sites>"

    __str__ = __repr__
