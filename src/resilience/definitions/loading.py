"""Load instruments, studies and plans of all kinds, each checked as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience.definitions.analysis import Analysis, AnalysisPlan
from resilience.definitions.brief import BriefDefinition, BriefPlan
from resilience.definitions.checks.analysis import analysis_issues
from resilience.definitions.checks.brief import brief_issues
from resilience.definitions.checks.instrument import instrument_issues
from resilience.definitions.checks.report import report_issues
from resilience.definitions.checks.simulation import simulation_issues
from resilience.definitions.checks.study import form_issues, study_issues
from resilience.definitions.document import read_document
from resilience.definitions.forms import restrict_to_form
from resilience.definitions.instrument import Instrument
from resilience.definitions.kinds import kind_of_document, require_kind
from resilience.definitions.models import parse
from resilience.definitions.questionnaire import Questionnaire
from resilience.definitions.report import ImpactBlock, ReportDefinition, ReportPlan
from resilience.definitions.simulation import SimulationPlan
from resilience.definitions.study import Study, StudyDefinition
from resilience.definitions.translation import translate
from resilience.definitions.workspace import find_instrument, find_study, read_translations
from resilience.errors import DefinitionError, Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.definitions.document import Document, Place

__all__ = [
    "load_analysis_plan",
    "load_brief_plan",
    "load_instrument",
    "load_report_plan",
    "load_simulation_plan",
    "load_study",
]


def load_instrument(
    instrument: str | Path, *, near: str | Path | None = None, form: str | None = None
) -> Instrument:
    """Load an instrument with all its translations.

    Parameters
    ----------
    instrument : str or Path
        The name of a shipped instrument or of one in the workspace around `near`; or a path
        to an `instrument.yaml` or the folder that holds one.
    near : str or Path, optional
        A file of the workspace whose instruments come first.
    form : str, optional
        One of its forms: the instrument then has what this form asks, and nothing else.

    Returns
    -------
    Instrument

    Raises
    ------
    DefinitionError
        If it is not there or anything in it is wrong; all findings at once.

    Examples
    --------
    >>> import resilience as rs
    >>> len(rs.load_instrument("crc_core").items)
    80
    >>> len(rs.load_instrument("crc_core", form="short").items)
    24
    """
    named = str(instrument)
    if isinstance(instrument, Path) or named.endswith((".yaml", ".yml")) or "/" in named:
        path = Path(instrument)
        path = path / "instrument.yaml" if path.is_dir() else path
    else:
        path = find_instrument(named, near=Path(near) if near else None)
    document = read_document(path)
    require_kind(document, "instrument")
    loaded = parse(Instrument, document)
    _raise_if(instrument_issues(loaded, document))
    for translation in read_translations(path).values():
        loaded = translate(loaded, translation)
    if form is None:
        return loaded
    if form not in loaded.forms:
        raise DefinitionError(_no_form(loaded, form, document))
    return restrict_to_form(loaded, form)


def load_study(path: str | Path) -> Study:
    """Load a study and the instruments it names.

    Parameters
    ----------
    path : str or Path
        A `study.yaml`, or the folder that holds one.

    Returns
    -------
    Study

    Raises
    ------
    DefinitionError
        If anything in the study or its instruments is wrong; all findings at once.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.load_study("surveys/lebanon/study.yaml")
    <Study lebanon: 3 waves, 4 sites>
    """
    file = Path(path)
    file = file / "study.yaml" if file.is_dir() else file
    document = read_document(file)
    require_kind(document, "study")
    definition = parse(StudyDefinition, document)
    instruments = [
        load_instrument(find_instrument(name, near=file, where=document.where(place)))
        for place, name in _places(definition.instruments)
    ]
    issues = form_issues(definition, instruments, document)
    questionnaire = Questionnaire(
        tuple(_as_asked(part, definition.forms.get(part.instrument)) for part in instruments)
    )
    _raise_if([*issues, *study_issues(definition, questionnaire, document)])
    return Study.model_construct(**dict(definition), questionnaire=questionnaire, path=file)


def load_report_plan(path: str | Path) -> ReportPlan:
    """Load a report's plan and the study it names.

    Parameters
    ----------
    path : str or Path
        A YAML file of a workspace's `reports/` folder.

    Returns
    -------
    ReportPlan

    Raises
    ------
    DefinitionError
        If anything in the plan or its study is wrong, or in the study's analysis plan where a
        block `impact` asks for it.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.load_report_plan("reports/lebanon-donor.yaml")
    <ReportPlan lebanon_donor: 13 blocks on lebanon>
    """
    file = Path(path)
    document = read_document(file)
    require_kind(document, "report")
    definition = parse(ReportDefinition, document)
    study_file = find_study(definition.study, near=file, where=document.where(("study",)))
    study = load_study(study_file)
    _raise_if(report_issues(definition, study, document))
    asked = any(isinstance(block, ImpactBlock) for block in definition.blocks)
    return ReportPlan.model_construct(
        **dict(definition),
        loaded_study=study,
        path=file,
        loaded_analysis=load_analysis_plan(study_file) if asked else None,
    )


def load_analysis_plan(path: str | Path, *, study: str | Path | None = None) -> AnalysisPlan:
    """Load an analysis plan and its study.

    Parameters
    ----------
    path : str or Path
        A plan's YAML file; or a study, or its folder, that names its plan under `analysis`.
    study : str or Path, optional
        The study's file or folder, in place of the one that the plan names or lies beside.

    Returns
    -------
    AnalysisPlan

    Raises
    ------
    DefinitionError
        If anything in the plan or its study is wrong, or the study names no plan.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.load_analysis_plan("surveys/kenya")
    <AnalysisPlan kenya_programme: 6 outcomes in 2 families, did>
    """
    file = Path(path)
    file = file / "study.yaml" if file.is_dir() else file
    document = read_document(file)
    if kind_of_document(document) == "study":
        file = _plan_of(document)
        document = read_document(file)
    require_kind(document, "analysis")
    definition = parse(Analysis, document)
    study_file = file.parent / "study.yaml"
    if definition.study is not None and study is None:
        study_file = find_study(definition.study, near=file, where=document.where(("study",)))
    loaded = load_study(study_file if study is None else study)
    _raise_if(analysis_issues(definition, loaded, document))
    return AnalysisPlan.model_construct(**dict(definition), loaded_study=loaded, path=file)


def _plan_of(document: Document) -> Path:
    """Return the file of the analysis plan that a study names."""
    named = document.data.get("analysis")
    if isinstance(named, str):
        return document.path.parent / named
    raise DefinitionError(
        Issue(
            "the study names no analysis plan",
            where=str(document.path),
            found="no key 'analysis'",
            expected="'analysis: analysis.yaml', a file in the study's folder",
            remedy="write one: families of outcomes, directions, method; or give --plan",
        )
    )


def load_brief_plan(path: str | Path) -> BriefPlan:
    """Load a brief's plan and the studies it names.

    Parameters
    ----------
    path : str or Path
        A YAML file of a workspace's `reports/` folder.

    Returns
    -------
    BriefPlan

    Raises
    ------
    DefinitionError
        If anything in the plan or one of its studies is wrong.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.load_brief_plan("reports/four-country-brief.yaml")
    <BriefPlan four_countries: 4 measures, 4 studies>
    """
    file = Path(path)
    document = read_document(file)
    require_kind(document, "brief")
    definition = parse(BriefDefinition, document)
    places = [(part.study, ("studies", at, "study")) for at, part in enumerate(definition.studies)]
    studies = tuple(
        load_study(find_study(name, near=file, where=document.where(place)))
        for name, place in places
    )
    _raise_if(brief_issues(definition, studies, document))
    return BriefPlan.model_construct(**dict(definition), loaded_studies=studies, path=file)


def load_simulation_plan(path: str | Path, study: Study) -> SimulationPlan:
    """Load the plan by which a study's data are simulated.

    Parameters
    ----------
    path : str or Path
        A `simulation.yaml`.
    study : Study
        The study whose sites, waves, variables and indices the plan speaks of.

    Raises
    ------
    DefinitionError
        If the plan is wrong or speaks of what the study does not have.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> rs.load_simulation_plan("surveys/lebanon/simulation.yaml", study).seed
    20261122
    """
    document = read_document(Path(path))
    require_kind(document, "simulation")
    plan = parse(SimulationPlan, document)
    _raise_if(simulation_issues(plan, study, document))
    return plan


def _places(names: Sequence[str]) -> list[tuple[Place, str]]:
    return [(("instruments", position), name) for position, name in enumerate(names)]


def _as_asked(instrument: Instrument, form: str | None) -> Instrument:
    """Return what was asked of an instrument; the whole where there is no such form."""
    return restrict_to_form(instrument, form) if form and form in instrument.forms else instrument


def _no_form(instrument: Instrument, form: str, document: Document) -> Issue:
    return Issue(
        f"'{instrument.instrument}' has no form '{form}'",
        where=document.where(("forms",)),
        found=form,
        expected="one of " + (", ".join(instrument.forms) or "none: it has no forms"),
        remedy=nearest(form, instrument.forms, "leave 'form' out to load the whole"),
    )


def _raise_if(issues: list[Issue]) -> None:
    if issues:
        raise DefinitionError(*issues)
