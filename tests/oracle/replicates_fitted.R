# Numbers of R's survey package where weights fit margins in each replicate too, and of models
# whose variances come from replicates. Run from the project's root:
#   Rscript tests/oracle/replicates_fitted.R [output folder]
# Made with R 4.2.2, survey 4.1-1. The margins are invented.
suppressPackageStartupMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

clusters <- read.csv(file.path(folder, "simulated_clusters.csv"))
clusters$age_band <- ifelse(clusters$age < 35, "young", ifelse(clusters$age < 60, "middle", "old"))
clusters$group <- factor(clusters$group); clusters$age_band <- factor(clusters$age_band)
known <- read.csv(file.path(folder, "weighting_margins.csv"))
margin <- function(variable) {
  here <- known[known$frame == "clusters" & known$variable == variable & known$site == "", ]
  setNames(data.frame(here$category, here$count), c(variable, "Freq"))
}
group <- margin("group"); age_band <- margin("age_band")
totals <- c("(Intercept)" = sum(group$Freq), groupb = group$Freq[2], groupc = group$Freq[3],
            age = known$count[known$variable == "age"])
fitted <- function(design, ...) calibrate(design, ~group + age, totals, epsilon = 1e-13, maxit = 500, ...)
weightings <- list(
  none = function(d) d,
  poststratify = function(d) postStratify(d, ~group, group),
  rake = function(d) rake(d, list(~group, ~age_band), list(group, age_band),
                          control = list(maxit = 2000, epsilon = 1e-13)),
  linear = function(d) fitted(d),
  raking = function(d) fitted(d, calfun = "raking")
)
clustered <- svydesign(~cluster, weights = ~weight, data = clusters)
stratified <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = clusters, nest = TRUE)
designs <- list(
  JK1 = as.svrepdesign(clustered, type = "JK1"),
  JK1_mse = as.svrepdesign(clustered, type = "JK1", mse = TRUE),
  JKn = as.svrepdesign(stratified, type = "JKn")
)
rows <- list()
add <- function(design, weighting, statistic, by, key, estimate, se)
  rows[[length(rows) + 1]] <<- data.frame(design = design, weighting = weighting, statistic = statistic,
    by = by, key = key, estimate = as.numeric(estimate), std_error = as.numeric(se))
for (name in names(designs)) for (weighting in names(weightings)) {
  d <- weightings[[weighting]](designs[[name]])
  for (variable in c("x", "y", "z")) {
    formula <- as.formula(paste0("~", variable))
    result <- svymean(formula, d, na.rm = TRUE)
    add(name, weighting, paste0("mean_", variable), "none", "", coef(result), SE(result))
    result <- svytotal(formula, d, na.rm = TRUE)
    add(name, weighting, paste0("total_", variable), "none", "", coef(result), SE(result))
    parts <- svyby(formula, ~site, d, svymean, na.rm = TRUE)
    add(name, weighting, paste0("mean_", variable), "site", parts$site, coef(parts), SE(parts))
  }
  result <- svyratio(~y, ~x, d, na.rm = TRUE)
  add(name, weighting, "ratio", "none", "", coef(result), SE(result))
  parts <- svyby(~y, ~site, d, denominator = ~x, svyratio, na.rm = TRUE)
  add(name, weighting, "ratio", "site", parts$site, parts[["y/x"]], parts[["se.y/x"]])
  if (weighting == "none") for (variable in c("x", "y")) {
    # The replicates' quantiles; R's default error is the half width of the interval below.
    quantiles <- c(0.25, 0.5, 0.75)
    formula <- as.formula(paste0("~", variable))
    result <- svyquantile(formula, d, quantiles, interval.type = "quantile", na.rm = TRUE)
    add(name, weighting, paste0("quantile_", variable), "probability", quantiles, coef(result), SE(result))
    limits <- confint(svyquantile(formula, d, quantiles, na.rm = TRUE))
    add(name, weighting, paste0("low_", variable), "probability", quantiles, limits[, 1], NA)
    add(name, weighting, paste0("high_", variable), "probability", quantiles, limits[, 2], NA)
  }
  for (family in c("gaussian", "binomial")) {
    model <- if (family == "gaussian") svyglm(y ~ x + group, d) else
      svyglm(z ~ x + group, d, family = quasibinomial, epsilon = 1e-13)
    terms <- c("intercept", "x", "group=b", "group=c")
    add(name, weighting, family, "term", terms, coef(model), SE(model))
  }
  test <- svychisq(~answer + group, d, statistic = "F")
  add(name, weighting, "rao_scott", "none", "", test$statistic, NA)
}
write.csv(do.call(rbind, rows), file.path(output, "r_replicates_fitted.csv"), row.names = FALSE)
