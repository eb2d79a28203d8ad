# Numbers of R's survey package on designs of several stages and on replicates.
#   Rscript tests/oracle/designs.R [output folder]
# Made with R 4.2.2, survey 4.1-1.
suppressPackageStartupMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder
read <- function(name) read.csv(file.path(folder, name))
stages <- read("simulated_stages.csv")
lonely <- read("simulated_lonely_stages.csv")
clusters <- read("simulated_clusters.csv")
pairs <- read("simulated_pairs.csv")

wheres <- list(everybody = function(d) d, older = function(d) subset(d, age >= 40))
bys <- list(none = NULL, group = ~group, site = ~site)
rows <- list()
measure <- function(name, rule, design, where_name = "everybody") {
  df <- degf(design)
  design <- wheres[[where_name]](design)
  for (by_name in names(bys)) for (statistic in c("mean", "total")) for (variable in c("x", "y")) {
    # Of a part that leaves out strata R averages over the strata left: another rule than ours,
    # which is one for all rows.
    if (rule == "average" && by_name == "site") next
    by <- bys[[by_name]]
    verb <- if (statistic == "mean") svymean else svytotal
    formula <- as.formula(paste0("~", variable))
    if (is.null(by)) {
      result <- verb(formula, design, na.rm = TRUE)
      key <- ""; se <- as.numeric(SE(result))
    } else {
      result <- svyby(formula, by, design, verb, na.rm = TRUE)
      key <- as.character(result[[all.vars(by)]]); se <- as.numeric(SE(result))
    }
    rows[[length(rows) + 1]] <<- data.frame(
      design = name, rule = rule, statistic = statistic, variable = variable, by = by_name,
      where = where_name, key = key, estimate = as.numeric(coef(result)), std_error = se, df = df)
  }
}

designs <- list(
  two_stages = svydesign(~psu + block, strata = ~stratum, weights = ~weight, nest = TRUE,
                         fpc = ~psus_there + blocks_there, data = stages),
  two_stages_fractions = svydesign(~psu + block, strata = ~stratum, weights = ~weight, nest = TRUE,
                                   fpc = ~psu_fraction + block_fraction, data = stages),
  three_stages = svydesign(~psu + block + person, strata = ~stratum, weights = ~weight, nest = TRUE,
                           fpc = ~psus_there + blocks_there + persons_there, data = stages),
  first_stage_fpc = svydesign(~psu, strata = ~stratum, weights = ~weight, nest = TRUE,
                              fpc = ~psus_there, data = stages),
  with_replacement = svydesign(~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = stages),
  unweighted = svydesign(~psu, strata = ~stratum, weights = ~1, nest = TRUE, data = stages)
)
stages$all_psus <- 80
designs$two_stages_unstratified <- svydesign(~cluster + block, weights = ~weight, nest = TRUE,
                                             fpc = ~all_psus + blocks_there, data = stages)
for (name in names(designs)) for (where_name in names(wheres))
  measure(name, "fail", designs[[name]], where_name)
for (rule in c("remove", "adjust")) {
  options(survey.lonely.psu = rule)
  measure("lonely_two_stages", rule, svydesign(
    ~psu + block, strata = ~stratum, weights = ~weight, nest = TRUE,
    fpc = ~psus_there + blocks_there, data = lonely))
}
for (rule in c("remove", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  measure("lonely_fpc", rule, svydesign(~psu, strata = ~stratum, weights = ~weight, nest = TRUE,
                                        fpc = ~psus_there, data = lonely))
}
options(survey.lonely.psu = "fail")

# Replicates: R's weights by PSU are written too, with their scales.
wheres$older <- NULL
set.seed(20261123)
stratified <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = clusters, nest = TRUE)
stratified_fpc <- svydesign(~psu, strata = ~stratum, weights = ~weight, fpc = ~psus_in_stratum,
                            data = clusters, nest = TRUE)
unstratified <- svydesign(~cluster, weights = ~weight, data = clusters)
paired <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = pairs, nest = TRUE)
replicates <- list(
  JK1 = as.svrepdesign(unstratified, type = "JK1"),
  JK1_mse = as.svrepdesign(unstratified, type = "JK1", mse = TRUE),
  JKn = as.svrepdesign(stratified, type = "JKn"),
  JKn_mse = as.svrepdesign(stratified, type = "JKn", mse = TRUE),
  JKn_fpc = as.svrepdesign(stratified_fpc, type = "JKn"),
  BRR = as.svrepdesign(paired, type = "BRR"),
  Fay = as.svrepdesign(paired, type = "Fay", fay.rho = 0.3),
  bootstrap = as.svrepdesign(stratified, type = "subbootstrap", replicates = 60)
)
scales <- list()
write_weights <- function(name, design, by_psu) {
  multipliers <- as.matrix(weights(design, "replication"))
  first <- !duplicated(by_psu)
  table <- data.frame(stratum = by_psu[[1]], psu = by_psu[[2]], signif(multipliers, 15))[first, ]
  names(table) <- c("stratum", "psu", paste0("r", seq_len(ncol(multipliers))))
  write.csv(table, file.path(output, paste0("r_weights_", name, ".csv")), row.names = FALSE)
  scales[[length(scales) + 1]] <<- data.frame(
    design = name, replicate = seq_len(ncol(multipliers)), scale = design$scale, rscale = design$rscales)
}
for (name in names(replicates)) {
  measure(name, "fail", replicates[[name]])
  data <- if (name %in% c("BRR", "Fay")) pairs else clusters
  if (!grepl("mse", name)) write_weights(name, replicates[[name]], data[c("stratum", "psu")])
}
# A producer's own coefficients, on weights that are combined.
own <- weights(replicates$bootstrap, "analysis")
rscales <- seq(0.2, 2, length.out = ncol(own))
for (mse in c(FALSE, TRUE)) {
  given <- svrepdesign(data = clusters, weights = ~weight, repweights = own, type = "other",
                       scale = 0.037, rscales = rscales, combined.weights = TRUE, mse = mse)
  measure(if (mse) "own_scales_mse" else "own_scales", "fail", given)
}
write.csv(do.call(rbind, scales), file.path(output, "r_replicate_scales.csv"), row.names = FALSE)
write.csv(do.call(rbind, rows), file.path(output, "r_designs.csv"), row.names = FALSE)
