"""Survey waves, cohesion and resilience indices, change between waves, evidence reports.

::

    import resilience as rs

    study = rs.load_study("surveys/lebanon/study.yaml")
    responses = rs.load_responses(study)                # read -> validate -> harmonise -> stack
    scored = rs.score(responses)
    design = rs.SurveyDesign.from_responses(scored)
    means = rs.estimate_mean(design, ["cohesion", "resilience"], by=["wave", "site"])
    change = rs.compare(means, over="wave", reference="baseline")
    results = rs.run_plan("reports/lebanon-donor.yaml")
    rs.render(rs.build_report(results), "reports/out")

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resilience import errors
    from resilience.definitions.assignment import Assignment, Event
    from resilience.definitions.loading import (
        load_analysis_plan,
        load_brief_plan,
        load_instrument,
        load_report_plan,
        load_simulation_plan,
        load_study,
    )
    from resilience.definitions.margins import Margin
    from resilience.disclosure.linear_bounds import TableAudit, audit_tables
    from resilience.disclosure.risk import DisclosureRisk, disclosure_risk
    from resilience.evaluation.balancing.doubly_robust import estimate_doubly_robust_did
    from resilience.evaluation.balancing.imbalance import (
        CommonSupport,
        Imbalance,
        common_support,
        imbalance,
    )
    from resilience.evaluation.balancing.reweighting import entropy_balance, weight_by_propensity
    from resilience.evaluation.balancing.staggered import StaggeredEffects, estimate_staggered
    from resilience.evaluation.families.adjusting import FamilyAdjustment, adjust_family
    from resilience.evaluation.families.summary_index import (
        SummaryIndex,
        apply_summary_index,
        fit_summary_index,
    )
    from resilience.evaluation.impact.contribution import contribution_of, exposure_months
    from resilience.evaluation.impact.estimating import estimate_impact
    from resilience.evaluation.impact.evaluation import Evaluation
    from resilience.evaluation.impact.results import Impact
    from resilience.evaluation.impact.subgroups import subgroups_of
    from resilience.evaluation.planning.equivalence import EquivalenceTests, equivalence_test
    from resilience.evaluation.planning.intracluster import (
        IntraclusterEstimates,
        estimate_autocorrelation,
        estimate_intracluster,
    )
    from resilience.evaluation.planning.power import (
        PowerPlan,
        minimum_detectable_effect,
        plan_power,
    )
    from resilience.evaluation.planning.sample import PlannedSample
    from resilience.evaluation.sensitive.bounds import SensitiveBounds, compare_bounds
    from resilience.evaluation.sensitive.direct import ListWithDirect, combine_list_with_direct
    from resilience.evaluation.sensitive.endorsement import estimate_endorsement
    from resilience.evaluation.sensitive.list_answers import ListQuestion
    from resilience.evaluation.sensitive.list_likelihood import Hiding
    from resilience.evaluation.sensitive.list_models import (
        ListModel,
        estimate_list_adjusted,
        fit_list,
    )
    from resilience.evaluation.sensitive.list_tests import ListDesignTest, list_design_test
    from resilience.evaluation.sensitive.lists import estimate_list, list_bounds
    from resilience.evaluation.sensitive.randomisation import Randomisation
    from resilience.evaluation.sensitive.randomised import (
        estimate_randomised_response,
        fit_randomised_response,
    )
    from resilience.evaluation.sensitive.refusals import refusal_bounds
    from resilience.evaluation.threats.attrition import Attrition, attrition
    from resilience.evaluation.threats.attrition_weights import AttritionWeights, attrition_weights
    from resilience.evaluation.threats.balance import BalanceTable, balance_table
    from resilience.evaluation.threats.contamination import Contamination, contamination
    from resilience.evaluation.threats.fieldwork import FieldworkShifts, fieldwork_shifts
    from resilience.evaluation.threats.follow_up import FollowUp, follow_up
    from resilience.evaluation.threats.regions import imbens_manski
    from resilience.evaluation.threats.selection_bounds import (
        EffectBounds,
        lee_bounds,
        manski_bounds,
    )
    from resilience.evaluation.threats.selective_attrition import (
        SelectiveAttrition,
        selective_attrition,
    )
    from resilience.evaluation.threats.trends_before import PreTrends, pre_trends
    from resilience.inference.comparisons.comparison import compare
    from resilience.inference.comparisons.imputation import (
        combine_imputations,
        imputation_diagnostics,
    )
    from resilience.inference.comparisons.joint_tests import JointTests, wald_test
    from resilience.inference.comparisons.reliability import basis, reliability
    from resilience.inference.comparisons.trends import estimate_trend, linearity_test
    from resilience.inference.comparisons.unlinked import UnlinkedChange, change_without_ids
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.designs.engine import EngineDesign
    from resilience.inference.models.models import estimate_adjusted_means, fit_regression
    from resilience.inference.models.ordinal import fit_ordinal
    from resilience.inference.models.regression import Regression
    from resilience.inference.models.table_tests import rao_scott_test
    from resilience.inference.results.estimates import Estimates, concat
    from resilience.inference.statistics.correlations import estimate_correlation
    from resilience.inference.statistics.design_effects import design_effects
    from resilience.inference.statistics.estimation import (
        estimate_mean,
        estimate_proportion,
        estimate_total,
    )
    from resilience.inference.statistics.panels import estimate_panel_change, estimate_turnover
    from resilience.inference.statistics.quantiles import estimate_quantile
    from resilience.inference.statistics.ratios import estimate_ratio
    from resilience.inference.statistics.standardised import standardised_difference
    from resilience.inference.weighting.replication import as_replicates, with_replicate_weights
    from resilience.inference.weighting.weight_adjustments import (
        adjust_nonresponse,
        base_weights,
        normalise_weights,
    )
    from resilience.inference.weighting.weight_diagnostics import margin_table, weight_diagnostics
    from resilience.inference.weighting.weight_trimming import trim_weights
    from resilience.inference.weighting.weighting import calibrate, poststratify, rake
    from resilience.progress import show_progress
    from resilience.reporting.brief import build_brief
    from resilience.reporting.building import build_report
    from resilience.reporting.rendering import render
    from resilience.responses.cache import clear_cache
    from resilience.responses.cleaning import apply_cleaning_log
    from resilience.responses.identifiers.pseudonyms import make_key
    from resilience.responses.loading import load_responses
    from resilience.responses.protecting import scan_identifiers
    from resilience.responses.reading import read_survey
    from resilience.responses.repeats import link_repeats
    from resilience.responses.responses import Responses
    from resilience.responses.simulation import simulate_waves
    from resilience.responses.xlsform import read_form
    from resilience.scoring.coverage import score_coverage
    from resilience.scoring.scores import score
    from resilience.workflow.briefing import run_brief
    from resilience.workflow.drafting.drafting import draft_definitions
    from resilience.workflow.evaluating import evaluate
    from resilience.workflow.evaluation_folder import differing_tables, write_evaluation_folder
    from resilience.workflow.exporting import write_responses
    from resilience.workflow.guarding import check_commit, install_guard
    from resilience.workflow.public_file import write_public_file
    from resilience.workflow.running import run_plan

_HOMES = {
    "differing_tables": "workflow.evaluation_folder",
    "write_evaluation_folder": "workflow.evaluation_folder",
    "PreTrends": "evaluation.threats.trends_before",
    "pre_trends": "evaluation.threats.trends_before",
    "FieldworkShifts": "evaluation.threats.fieldwork",
    "fieldwork_shifts": "evaluation.threats.fieldwork",
    "fit_randomised_response": "evaluation.sensitive.randomised",
    "estimate_randomised_response": "evaluation.sensitive.randomised",
    "Randomisation": "evaluation.sensitive.randomisation",
    "Hiding": "evaluation.sensitive.list_likelihood",
    "estimate_endorsement": "evaluation.sensitive.endorsement",
    "combine_list_with_direct": "evaluation.sensitive.direct",
    "ListWithDirect": "evaluation.sensitive.direct",
    "estimate_list_adjusted": "evaluation.sensitive.list_models",
    "fit_list": "evaluation.sensitive.list_models",
    "ListModel": "evaluation.sensitive.list_models",
    "list_design_test": "evaluation.sensitive.list_tests",
    "ListDesignTest": "evaluation.sensitive.list_tests",
    "list_bounds": "evaluation.sensitive.lists",
    "estimate_list": "evaluation.sensitive.lists",
    "ListQuestion": "evaluation.sensitive.list_answers",
    "refusal_bounds": "evaluation.sensitive.refusals",
    "compare_bounds": "evaluation.sensitive.bounds",
    "SensitiveBounds": "evaluation.sensitive.bounds",
    "estimate_staggered": "evaluation.balancing.staggered",
    "StaggeredEffects": "evaluation.balancing.staggered",
    "estimate_doubly_robust_did": "evaluation.balancing.doubly_robust",
    "weight_by_propensity": "evaluation.balancing.reweighting",
    "entropy_balance": "evaluation.balancing.reweighting",
    "imbalance": "evaluation.balancing.imbalance",
    "common_support": "evaluation.balancing.imbalance",
    "Imbalance": "evaluation.balancing.imbalance",
    "CommonSupport": "evaluation.balancing.imbalance",
    "Contamination": "evaluation.threats.contamination",
    "contamination": "evaluation.threats.contamination",
    "Attrition": "evaluation.threats.attrition",
    "attrition": "evaluation.threats.attrition",
    "SelectiveAttrition": "evaluation.threats.selective_attrition",
    "selective_attrition": "evaluation.threats.selective_attrition",
    "AttritionWeights": "evaluation.threats.attrition_weights",
    "attrition_weights": "evaluation.threats.attrition_weights",
    "BalanceTable": "evaluation.threats.balance",
    "balance_table": "evaluation.threats.balance",
    "FollowUp": "evaluation.threats.follow_up",
    "follow_up": "evaluation.threats.follow_up",
    "EffectBounds": "evaluation.threats.selection_bounds",
    "lee_bounds": "evaluation.threats.selection_bounds",
    "manski_bounds": "evaluation.threats.selection_bounds",
    "imbens_manski": "evaluation.threats.regions",
    "Evaluation": "evaluation.impact.evaluation",
    "evaluate": "workflow.evaluating",
    "contribution_of": "evaluation.impact.contribution",
    "exposure_months": "evaluation.impact.contribution",
    "subgroups_of": "evaluation.impact.subgroups",
    "Impact": "evaluation.impact.results",
    "estimate_impact": "evaluation.impact.estimating",
    "Assignment": "definitions.assignment",
    "Event": "definitions.assignment",
    "load_analysis_plan": "definitions.loading",
    "FamilyAdjustment": "evaluation.families.adjusting",
    "adjust_family": "evaluation.families.adjusting",
    "SummaryIndex": "evaluation.families.summary_index",
    "apply_summary_index": "evaluation.families.summary_index",
    "fit_summary_index": "evaluation.families.summary_index",
    "EquivalenceTests": "evaluation.planning.equivalence",
    "equivalence_test": "evaluation.planning.equivalence",
    "IntraclusterEstimates": "evaluation.planning.intracluster",
    "estimate_autocorrelation": "evaluation.planning.intracluster",
    "estimate_intracluster": "evaluation.planning.intracluster",
    "PowerPlan": "evaluation.planning.power",
    "minimum_detectable_effect": "evaluation.planning.power",
    "plan_power": "evaluation.planning.power",
    "PlannedSample": "evaluation.planning.sample",
    "EngineDesign": "inference.designs.engine",
    "Estimates": "inference.results.estimates",
    "JointTests": "inference.comparisons.joint_tests",
    "Regression": "inference.models.regression",
    "DisclosureRisk": "disclosure.risk",
    "TableAudit": "disclosure.linear_bounds",
    "audit_tables": "disclosure.linear_bounds",
    "disclosure_risk": "disclosure.risk",
    "write_public_file": "workflow.public_file",
    "Responses": "responses.responses",
    "SurveyDesign": "inference.designs.design",
    "UnlinkedChange": "inference.comparisons.unlinked",
    "apply_cleaning_log": "responses.cleaning",
    "as_replicates": "inference.weighting.replication",
    "build_brief": "reporting.brief",
    "build_report": "reporting.building",
    "change_without_ids": "inference.comparisons.unlinked",
    "combine_imputations": "inference.comparisons.imputation",
    "compare": "inference.comparisons.comparison",
    "concat": "inference.results.estimates",
    "draft_definitions": "workflow.drafting.drafting",
    "errors": "errors",
    "estimate_adjusted_means": "inference.models.models",
    "estimate_mean": "inference.statistics.estimation",
    "estimate_panel_change": "inference.statistics.panels",
    "estimate_proportion": "inference.statistics.estimation",
    "estimate_total": "inference.statistics.estimation",
    "basis": "inference.comparisons.reliability",
    "design_effects": "inference.statistics.design_effects",
    "estimate_correlation": "inference.statistics.correlations",
    "estimate_quantile": "inference.statistics.quantiles",
    "estimate_ratio": "inference.statistics.ratios",
    "reliability": "inference.comparisons.reliability",
    "standardised_difference": "inference.statistics.standardised",
    "fit_ordinal": "inference.models.ordinal",
    "fit_regression": "inference.models.models",
    "load_brief_plan": "definitions.loading",
    "estimate_trend": "inference.comparisons.trends",
    "estimate_turnover": "inference.statistics.panels",
    "imputation_diagnostics": "inference.comparisons.imputation",
    "linearity_test": "inference.comparisons.trends",
    "link_repeats": "responses.repeats",
    "load_instrument": "definitions.loading",
    "load_report_plan": "definitions.loading",
    "load_responses": "responses.loading",
    "load_simulation_plan": "definitions.loading",
    "load_study": "definitions.loading",
    "rao_scott_test": "inference.models.table_tests",
    "read_form": "responses.xlsform",
    "read_survey": "responses.reading",
    "render": "reporting.rendering",
    "run_brief": "workflow.briefing",
    "run_plan": "workflow.running",
    "score": "scoring.scores",
    "score_coverage": "scoring.coverage",
    "show_progress": "progress",
    "simulate_waves": "responses.simulation",
    "wald_test": "inference.comparisons.joint_tests",
    "with_replicate_weights": "inference.weighting.replication",
    "write_responses": "workflow.exporting",
    "clear_cache": "responses.cache",
    "make_key": "responses.identifiers.pseudonyms",
    "scan_identifiers": "responses.protecting",
    "check_commit": "workflow.guarding",
    "install_guard": "workflow.guarding",
    "Margin": "definitions.margins",
    "adjust_nonresponse": "inference.weighting.weight_adjustments",
    "base_weights": "inference.weighting.weight_adjustments",
    "calibrate": "inference.weighting.weighting",
    "margin_table": "inference.weighting.weight_diagnostics",
    "normalise_weights": "inference.weighting.weight_adjustments",
    "poststratify": "inference.weighting.weighting",
    "rake": "inference.weighting.weighting",
    "trim_weights": "inference.weighting.weight_trimming",
    "weight_diagnostics": "inference.weighting.weight_diagnostics",
}

__all__ = [
    "Assignment",
    "Attrition",
    "AttritionWeights",
    "BalanceTable",
    "CommonSupport",
    "Contamination",
    "DisclosureRisk",
    "EffectBounds",
    "EngineDesign",
    "EquivalenceTests",
    "Estimates",
    "Evaluation",
    "Event",
    "FamilyAdjustment",
    "FieldworkShifts",
    "FollowUp",
    "Hiding",
    "Imbalance",
    "Impact",
    "IntraclusterEstimates",
    "JointTests",
    "ListDesignTest",
    "ListModel",
    "ListQuestion",
    "ListWithDirect",
    "Margin",
    "PlannedSample",
    "PowerPlan",
    "PreTrends",
    "Randomisation",
    "Regression",
    "Responses",
    "SelectiveAttrition",
    "SensitiveBounds",
    "StaggeredEffects",
    "SummaryIndex",
    "SurveyDesign",
    "TableAudit",
    "UnlinkedChange",
    "adjust_family",
    "adjust_nonresponse",
    "apply_cleaning_log",
    "apply_summary_index",
    "as_replicates",
    "attrition",
    "attrition_weights",
    "audit_tables",
    "balance_table",
    "base_weights",
    "basis",
    "build_brief",
    "build_report",
    "calibrate",
    "change_without_ids",
    "check_commit",
    "clear_cache",
    "combine_imputations",
    "combine_list_with_direct",
    "common_support",
    "compare",
    "compare_bounds",
    "concat",
    "contamination",
    "contribution_of",
    "design_effects",
    "differing_tables",
    "disclosure_risk",
    "draft_definitions",
    "entropy_balance",
    "equivalence_test",
    "errors",
    "estimate_adjusted_means",
    "estimate_autocorrelation",
    "estimate_correlation",
    "estimate_doubly_robust_did",
    "estimate_endorsement",
    "estimate_impact",
    "estimate_intracluster",
    "estimate_list",
    "estimate_list_adjusted",
    "estimate_mean",
    "estimate_panel_change",
    "estimate_proportion",
    "estimate_quantile",
    "estimate_randomised_response",
    "estimate_ratio",
    "estimate_staggered",
    "estimate_total",
    "estimate_trend",
    "estimate_turnover",
    "evaluate",
    "exposure_months",
    "fieldwork_shifts",
    "fit_list",
    "fit_ordinal",
    "fit_randomised_response",
    "fit_regression",
    "fit_summary_index",
    "follow_up",
    "imbalance",
    "imbens_manski",
    "imputation_diagnostics",
    "install_guard",
    "lee_bounds",
    "linearity_test",
    "link_repeats",
    "list_bounds",
    "list_design_test",
    "load_analysis_plan",
    "load_brief_plan",
    "load_instrument",
    "load_report_plan",
    "load_responses",
    "load_simulation_plan",
    "load_study",
    "make_key",
    "manski_bounds",
    "margin_table",
    "minimum_detectable_effect",
    "normalise_weights",
    "plan_power",
    "poststratify",
    "pre_trends",
    "rake",
    "rao_scott_test",
    "read_form",
    "read_survey",
    "refusal_bounds",
    "reliability",
    "render",
    "run_brief",
    "run_plan",
    "scan_identifiers",
    "score",
    "score_coverage",
    "selective_attrition",
    "show_progress",
    "simulate_waves",
    "standardised_difference",
    "subgroups_of",
    "trim_weights",
    "wald_test",
    "weight_by_propensity",
    "weight_diagnostics",
    "with_replicate_weights",
    "write_evaluation_folder",
    "write_public_file",
    "write_responses",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        message = f"module 'resilience' has no attribute '{name}'"
        raise AttributeError(message)
    module = import_module(f"resilience.{_HOMES[name]}")
    value = module if name == "errors" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
