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
from typing import Any

_MODULES = {
    "errors": "errors",
    "progress": "show_progress",
    "definitions.assignment": "Assignment Event MonthCount",
    "definitions.loading": (
        "load_analysis_plan load_brief_plan load_instrument load_report_plan load_simulation_plan "
        "load_study"
    ),
    "definitions.margins": "Margin",
    "responses.cache": "clear_cache",
    "responses.cleaning": "apply_cleaning_log",
    "responses.identifiers.pseudonyms": "make_key",
    "responses.loading": "load_responses",
    "responses.protecting": "scan_identifiers",
    "responses.reading": "read_survey",
    "responses.repeats": "link_repeats",
    "responses.responses": "Responses",
    "responses.simulation": "simulate_waves",
    "responses.xlsform": "read_form",
    "scoring.coverage": "score_coverage",
    "scoring.scores": "score",
    "inference.comparisons.comparison": "compare",
    "inference.comparisons.imputation": "combine_imputations imputation_diagnostics",
    "inference.comparisons.joint_tests": "JointTests wald_test",
    "inference.comparisons.reliability": "basis reliability",
    "inference.comparisons.trends": "estimate_trend linearity_test",
    "inference.comparisons.unlinked": "UnlinkedChange change_without_ids",
    "inference.designs.design": "SurveyDesign",
    "inference.designs.engine": "EngineDesign",
    "inference.models.models": "estimate_adjusted_means fit_regression",
    "inference.models.ordinal": "fit_ordinal",
    "inference.models.regression": "Regression",
    "inference.models.table_tests": "rao_scott_test",
    "inference.results.estimates": "Estimates concat",
    "inference.statistics.correlations": "estimate_correlation",
    "inference.statistics.design_effects": "design_effects",
    "inference.statistics.estimation": "estimate_mean estimate_proportion estimate_total",
    "inference.statistics.panels": "estimate_panel_change estimate_turnover",
    "inference.statistics.quantiles": "estimate_quantile",
    "inference.statistics.ratios": "estimate_ratio",
    "inference.statistics.standardised": "standardised_difference",
    "inference.weighting.replication": "as_replicates with_replicate_weights",
    "inference.weighting.weight_adjustments": "adjust_nonresponse base_weights normalise_weights",
    "inference.weighting.weight_diagnostics": "margin_table weight_diagnostics",
    "inference.weighting.weight_trimming": "trim_weights",
    "inference.weighting.weighting": "calibrate poststratify rake",
    "disclosure.linear_bounds": "TableAudit audit_tables",
    "disclosure.risk": "DisclosureRisk disclosure_risk",
    "evaluation.balancing.doubly_robust": "estimate_doubly_robust_did",
    "evaluation.balancing.imbalance": "CommonSupport Imbalance common_support imbalance",
    "evaluation.balancing.reweighting": "entropy_balance weight_by_propensity",
    "evaluation.balancing.staggered": "StaggeredEffects estimate_staggered",
    "evaluation.families.adjusting": "FamilyAdjustment adjust_family",
    "evaluation.families.summary_index": "SummaryIndex apply_summary_index fit_summary_index",
    "evaluation.impact.contribution": "contribution_of exposure_months",
    "evaluation.impact.estimating": "estimate_impact",
    "evaluation.impact.evaluation": "Evaluation",
    "evaluation.impact.results": "Impact",
    "evaluation.impact.subgroups": "subgroups_of",
    "evaluation.planning.equivalence": "EquivalenceTests equivalence_test",
    "evaluation.planning.intracluster": (
        "IntraclusterEstimates estimate_autocorrelation estimate_intracluster"
    ),
    "evaluation.planning.power": "PowerPlan minimum_detectable_effect plan_power",
    "evaluation.planning.sample": "PlannedSample",
    "evaluation.sensitive.bounds": "SensitiveBounds compare_bounds",
    "evaluation.sensitive.direct": "ListWithDirect combine_list_with_direct",
    "evaluation.sensitive.endorsement": "estimate_endorsement",
    "evaluation.sensitive.list_answers": "ListQuestion",
    "evaluation.sensitive.list_likelihood": "Hiding",
    "evaluation.sensitive.list_models": "ListModel estimate_list_adjusted fit_list",
    "evaluation.sensitive.list_tests": "ListDesignTest list_design_test",
    "evaluation.sensitive.lists": "estimate_list list_bounds",
    "evaluation.sensitive.randomisation": "Randomisation",
    "evaluation.sensitive.randomised": "estimate_randomised_response fit_randomised_response",
    "evaluation.sensitive.refusals": "refusal_bounds",
    "evaluation.threats.attrition": "Attrition attrition",
    "evaluation.threats.attrition_weights": "AttritionWeights attrition_weights",
    "evaluation.threats.balance": "BalanceTable balance_table",
    "evaluation.threats.contamination": "Contamination contamination",
    "evaluation.threats.fieldwork": "FieldworkShifts fieldwork_shifts",
    "evaluation.threats.follow_up": "FollowUp follow_up",
    "evaluation.threats.regions": "imbens_manski",
    "evaluation.threats.selection_bounds": "EffectBounds lee_bounds manski_bounds",
    "evaluation.threats.selective_attrition": "SelectiveAttrition selective_attrition",
    "evaluation.threats.trends_before": "PreTrends pre_trends",
    "reporting.brief": "build_brief",
    "reporting.building": "build_report",
    "reporting.rendering": "render",
    "workflow.briefing": "run_brief",
    "workflow.drafting.drafting": "draft_definitions",
    "workflow.evaluating": "evaluate",
    "workflow.evaluation_folder": "differing_tables write_evaluation_folder",
    "workflow.exporting": "write_responses",
    "workflow.guarding": "check_commit install_guard",
    "workflow.public_file": "write_public_file",
    "workflow.running": "run_plan",
}
"""The public names by the module that they live in; types are told by `__init__.pyi`."""

_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - a list of names


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
