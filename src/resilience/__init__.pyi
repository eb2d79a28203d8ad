"""The public names, for programs that read types."""

from resilience import errors as errors
from resilience.definitions.assignment import Assignment as Assignment
from resilience.definitions.assignment import Event as Event
from resilience.definitions.assignment import MonthCount as MonthCount
from resilience.definitions.loading import load_analysis_plan as load_analysis_plan
from resilience.definitions.loading import load_brief_plan as load_brief_plan
from resilience.definitions.loading import load_instrument as load_instrument
from resilience.definitions.loading import load_report_plan as load_report_plan
from resilience.definitions.loading import load_simulation_plan as load_simulation_plan
from resilience.definitions.loading import load_study as load_study
from resilience.definitions.margins import Margin as Margin
from resilience.disclosure.linear_bounds import TableAudit as TableAudit
from resilience.disclosure.linear_bounds import audit_tables as audit_tables
from resilience.disclosure.risk import DisclosureRisk as DisclosureRisk
from resilience.disclosure.risk import disclosure_risk as disclosure_risk
from resilience.evaluation.balancing.doubly_robust import (
    estimate_doubly_robust_did as estimate_doubly_robust_did,
)
from resilience.evaluation.balancing.imbalance import CommonSupport as CommonSupport
from resilience.evaluation.balancing.imbalance import Imbalance as Imbalance
from resilience.evaluation.balancing.imbalance import common_support as common_support
from resilience.evaluation.balancing.imbalance import imbalance as imbalance
from resilience.evaluation.balancing.reweighting import entropy_balance as entropy_balance
from resilience.evaluation.balancing.reweighting import weight_by_propensity as weight_by_propensity
from resilience.evaluation.balancing.staggered import StaggeredEffects as StaggeredEffects
from resilience.evaluation.balancing.staggered import estimate_staggered as estimate_staggered
from resilience.evaluation.families.adjusting import FamilyAdjustment as FamilyAdjustment
from resilience.evaluation.families.adjusting import adjust_family as adjust_family
from resilience.evaluation.families.summary_index import SummaryIndex as SummaryIndex
from resilience.evaluation.families.summary_index import apply_summary_index as apply_summary_index
from resilience.evaluation.families.summary_index import fit_summary_index as fit_summary_index
from resilience.evaluation.impact.contribution import contribution_of as contribution_of
from resilience.evaluation.impact.contribution import exposure_months as exposure_months
from resilience.evaluation.impact.estimating import estimate_impact as estimate_impact
from resilience.evaluation.impact.evaluation import Evaluation as Evaluation
from resilience.evaluation.impact.results import Impact as Impact
from resilience.evaluation.impact.subgroups import subgroups_of as subgroups_of
from resilience.evaluation.planning.equivalence import EquivalenceTests as EquivalenceTests
from resilience.evaluation.planning.equivalence import equivalence_test as equivalence_test
from resilience.evaluation.planning.intracluster import (
    IntraclusterEstimates as IntraclusterEstimates,
)
from resilience.evaluation.planning.intracluster import (
    estimate_autocorrelation as estimate_autocorrelation,
)
from resilience.evaluation.planning.intracluster import (
    estimate_intracluster as estimate_intracluster,
)
from resilience.evaluation.planning.power import PowerPlan as PowerPlan
from resilience.evaluation.planning.power import (
    minimum_detectable_effect as minimum_detectable_effect,
)
from resilience.evaluation.planning.power import plan_power as plan_power
from resilience.evaluation.planning.sample import PlannedSample as PlannedSample
from resilience.evaluation.sensitive.bounds import SensitiveBounds as SensitiveBounds
from resilience.evaluation.sensitive.bounds import compare_bounds as compare_bounds
from resilience.evaluation.sensitive.direct import ListWithDirect as ListWithDirect
from resilience.evaluation.sensitive.direct import (
    combine_list_with_direct as combine_list_with_direct,
)
from resilience.evaluation.sensitive.endorsement import estimate_endorsement as estimate_endorsement
from resilience.evaluation.sensitive.list_answers import ListQuestion as ListQuestion
from resilience.evaluation.sensitive.list_likelihood import Hiding as Hiding
from resilience.evaluation.sensitive.list_models import ListModel as ListModel
from resilience.evaluation.sensitive.list_models import (
    estimate_list_adjusted as estimate_list_adjusted,
)
from resilience.evaluation.sensitive.list_models import fit_list as fit_list
from resilience.evaluation.sensitive.list_tests import ListDesignTest as ListDesignTest
from resilience.evaluation.sensitive.list_tests import list_design_test as list_design_test
from resilience.evaluation.sensitive.lists import estimate_list as estimate_list
from resilience.evaluation.sensitive.lists import list_bounds as list_bounds
from resilience.evaluation.sensitive.randomisation import Randomisation as Randomisation
from resilience.evaluation.sensitive.randomised import (
    estimate_randomised_response as estimate_randomised_response,
)
from resilience.evaluation.sensitive.randomised import (
    fit_randomised_response as fit_randomised_response,
)
from resilience.evaluation.sensitive.refusals import refusal_bounds as refusal_bounds
from resilience.evaluation.threats.attrition import Attrition as Attrition
from resilience.evaluation.threats.attrition import attrition as attrition
from resilience.evaluation.threats.attrition_weights import AttritionWeights as AttritionWeights
from resilience.evaluation.threats.attrition_weights import attrition_weights as attrition_weights
from resilience.evaluation.threats.balance import BalanceTable as BalanceTable
from resilience.evaluation.threats.balance import balance_table as balance_table
from resilience.evaluation.threats.contamination import Contamination as Contamination
from resilience.evaluation.threats.contamination import contamination as contamination
from resilience.evaluation.threats.fieldwork import FieldworkShifts as FieldworkShifts
from resilience.evaluation.threats.fieldwork import fieldwork_shifts as fieldwork_shifts
from resilience.evaluation.threats.follow_up import FollowUp as FollowUp
from resilience.evaluation.threats.follow_up import follow_up as follow_up
from resilience.evaluation.threats.regions import imbens_manski as imbens_manski
from resilience.evaluation.threats.selection_bounds import EffectBounds as EffectBounds
from resilience.evaluation.threats.selection_bounds import lee_bounds as lee_bounds
from resilience.evaluation.threats.selection_bounds import manski_bounds as manski_bounds
from resilience.evaluation.threats.selective_attrition import (
    SelectiveAttrition as SelectiveAttrition,
)
from resilience.evaluation.threats.selective_attrition import (
    selective_attrition as selective_attrition,
)
from resilience.evaluation.threats.trends_before import PreTrends as PreTrends
from resilience.evaluation.threats.trends_before import pre_trends as pre_trends
from resilience.inference.comparisons.comparison import compare as compare
from resilience.inference.comparisons.imputation import combine_imputations as combine_imputations
from resilience.inference.comparisons.imputation import (
    imputation_diagnostics as imputation_diagnostics,
)
from resilience.inference.comparisons.joint_tests import JointTests as JointTests
from resilience.inference.comparisons.joint_tests import wald_test as wald_test
from resilience.inference.comparisons.reliability import basis as basis
from resilience.inference.comparisons.reliability import reliability as reliability
from resilience.inference.comparisons.trends import estimate_trend as estimate_trend
from resilience.inference.comparisons.trends import linearity_test as linearity_test
from resilience.inference.comparisons.unlinked import UnlinkedChange as UnlinkedChange
from resilience.inference.comparisons.unlinked import change_without_ids as change_without_ids
from resilience.inference.designs.design import SurveyDesign as SurveyDesign
from resilience.inference.designs.engine import EngineDesign as EngineDesign
from resilience.inference.models.models import estimate_adjusted_means as estimate_adjusted_means
from resilience.inference.models.models import fit_regression as fit_regression
from resilience.inference.models.ordinal import fit_ordinal as fit_ordinal
from resilience.inference.models.regression import Regression as Regression
from resilience.inference.models.table_tests import rao_scott_test as rao_scott_test
from resilience.inference.results.estimates import Estimates as Estimates
from resilience.inference.results.estimates import concat as concat
from resilience.inference.statistics.correlations import (
    estimate_correlation as estimate_correlation,
)
from resilience.inference.statistics.design_effects import design_effects as design_effects
from resilience.inference.statistics.estimation import estimate_mean as estimate_mean
from resilience.inference.statistics.estimation import estimate_proportion as estimate_proportion
from resilience.inference.statistics.estimation import estimate_total as estimate_total
from resilience.inference.statistics.panels import estimate_panel_change as estimate_panel_change
from resilience.inference.statistics.panels import estimate_turnover as estimate_turnover
from resilience.inference.statistics.quantiles import estimate_quantile as estimate_quantile
from resilience.inference.statistics.ratios import estimate_ratio as estimate_ratio
from resilience.inference.statistics.standardised import (
    standardised_difference as standardised_difference,
)
from resilience.inference.weighting.replication import as_replicates as as_replicates
from resilience.inference.weighting.replication import (
    with_replicate_weights as with_replicate_weights,
)
from resilience.inference.weighting.weight_adjustments import (
    adjust_nonresponse as adjust_nonresponse,
)
from resilience.inference.weighting.weight_adjustments import base_weights as base_weights
from resilience.inference.weighting.weight_adjustments import normalise_weights as normalise_weights
from resilience.inference.weighting.weight_diagnostics import margin_table as margin_table
from resilience.inference.weighting.weight_diagnostics import (
    weight_diagnostics as weight_diagnostics,
)
from resilience.inference.weighting.weight_trimming import trim_weights as trim_weights
from resilience.inference.weighting.weighting import calibrate as calibrate
from resilience.inference.weighting.weighting import poststratify as poststratify
from resilience.inference.weighting.weighting import rake as rake
from resilience.progress import show_progress as show_progress
from resilience.reporting.brief import build_brief as build_brief
from resilience.reporting.building import build_report as build_report
from resilience.reporting.rendering import render as render
from resilience.responses.cache import clear_cache as clear_cache
from resilience.responses.cleaning import apply_cleaning_log as apply_cleaning_log
from resilience.responses.identifiers.pseudonyms import make_key as make_key
from resilience.responses.loading import load_responses as load_responses
from resilience.responses.protecting import scan_identifiers as scan_identifiers
from resilience.responses.reading import read_survey as read_survey
from resilience.responses.repeats import link_repeats as link_repeats
from resilience.responses.responses import Responses as Responses
from resilience.responses.simulation import simulate_waves as simulate_waves
from resilience.responses.xlsform import read_form as read_form
from resilience.scoring.coverage import score_coverage as score_coverage
from resilience.scoring.scores import score as score
from resilience.workflow.briefing import run_brief as run_brief
from resilience.workflow.drafting.drafting import draft_definitions as draft_definitions
from resilience.workflow.evaluating import evaluate as evaluate
from resilience.workflow.evaluation_folder import differing_tables as differing_tables
from resilience.workflow.evaluation_folder import write_evaluation_folder as write_evaluation_folder
from resilience.workflow.exporting import write_responses as write_responses
from resilience.workflow.guarding import check_commit as check_commit
from resilience.workflow.guarding import install_guard as install_guard
from resilience.workflow.public_file import write_public_file as write_public_file
from resilience.workflow.running import run_plan as run_plan
