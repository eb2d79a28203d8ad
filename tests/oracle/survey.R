# Numbers of R's survey package on the simulated samples. Run from the project's root:
#   Rscript tests/oracle/survey.R [output folder]
# Made with R 4.2.2, survey 4.1-1.
suppressPackageStartupMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

clusters <- read.csv(file.path(folder, "simulated_clusters.csv"))
lonely <- read.csv(file.path(folder, "simulated_lonely.csv"))
waves <- read.csv(file.path(folder, "simulated_waves.csv"))

designs <- list(
  stratified_clusters = svydesign(~psu, strata = ~stratum, weights = ~weight, data = clusters, nest = TRUE),
  stratified_clusters_fpc = svydesign(~psu, strata = ~stratum, weights = ~weight, fpc = ~psus_in_stratum,
                                      data = clusters, nest = TRUE),
  clusters = svydesign(~cluster, weights = ~weight, data = clusters),
  strata = svydesign(~1, strata = ~stratum, weights = ~weight, data = clusters),
  persons = svydesign(~1, weights = ~weight, data = clusters)
)
wheres <- list(everybody = function(d) d, older = function(d) subset(d, age >= 40))
bys <- list(none = NULL, group = ~group, site = ~site, both = ~site + group)

rows <- list()
add <- function(design, rule, statistic, variable, by, where, key, estimate, se,
                low = NA, high = NA, df = NA) {
  rows[[length(rows) + 1]] <<- data.frame(
    design = design, rule = rule, statistic = statistic, variable = variable, by = by,
    where = where, key = key, estimate = estimate, std_error = se, conf_low = low,
    conf_high = high, df = df)
}
keys_of <- function(table, by) {
  if (is.null(by)) return("")
  do.call(paste, c(table[all.vars(by)], sep = "|"))
}
measure <- function(name, rule, design, by_name, where_name) {
  by <- bys[[by_name]]
  for (statistic in c("mean", "total")) for (variable in c("x", "y")) {
    verb <- if (statistic == "mean") svymean else svytotal
    formula <- as.formula(paste0("~", variable))
    if (is.null(by)) {
      result <- verb(formula, design, na.rm = TRUE)
      add(name, rule, statistic, variable, by_name, where_name, "", as.numeric(coef(result)), as.numeric(SE(result)))
    } else {
      result <- svyby(formula, by, design, verb, na.rm = TRUE)
      add(name, rule, statistic, variable, by_name, where_name, keys_of(result, by),
          coef(result), SE(result))
    }
  }
}
for (name in names(designs)) for (where_name in names(wheres)) for (by_name in names(bys))
  measure(name, "fail", wheres[[where_name]](designs[[name]]), by_name, where_name)
for (rule in c("remove", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = lonely, nest = TRUE)
  for (by_name in c("none", "group")) measure("lonely", rule, design, by_name, "everybody")
}
options(survey.lonely.psu = "fail")

# Proportions with intervals on the log-odds, overall and by site: there R's degrees of freedom
# of the part and those of the contributing strata are the same.
for (name in c("stratified_clusters", "stratified_clusters_fpc", "clusters")) {
  design <- designs[[name]]
  parts <- c(list(design), lapply(unique(clusters$site), function(s) {
    if (name == "clusters") NULL else subset(design, site == s)
  }))
  labels <- c("", unique(clusters$site))
  for (i in seq_along(parts)) if (!is.null(parts[[i]])) {
    result <- svyciprop(~z, parts[[i]], method = "logit", na.rm = TRUE)
    limits <- attr(result, "ci")
    se <- SE(svymean(~z, parts[[i]], na.rm = TRUE))
    add(name, "fail", "proportion", "z", if (i == 1) "none" else "site", "everybody", labels[i],
        as.numeric(result), as.numeric(se), limits[1], limits[2], degf(parts[[i]]))
    shares <- svymean(~factor(answer), parts[[i]])
    add(name, "fail", "distribution", "answer", if (i == 1) "none" else "site", "everybody",
        paste(labels[i], 1:4, sep = "|"), as.numeric(coef(shares)), as.numeric(SE(shares)))
  }
}
effect <- svymean(~x, designs$stratified_clusters, deff = "replace")
add("stratified_clusters", "fail", "deff", "x", "none", "everybody", "", as.numeric(deff(effect)), NA)
write.csv(do.call(rbind, rows), file.path(output, "r_estimates.csv"), row.names = FALSE)

# Covariances of domains, and changes between waves in the same PSUs.
write_matrix <- function(matrix, name) write.csv(as.data.frame(unclass(matrix)), file.path(output, name))
domains <- svyby(~x, ~group, designs$stratified_clusters, svymean, covmat = TRUE)
write_matrix(vcov(domains), "r_covariance_groups.csv")
stacked <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = waves, nest = TRUE)
by_wave <- svyby(~x, ~wave + site, stacked, svymean, covmat = TRUE)
write_matrix(vcov(by_wave), "r_covariance_waves.csv")
changes <- svycontrast(by_wave, list(
  north = c("w2.north" = 1, "w1.north" = -1), south = c("w2.south" = 1, "w1.south" = -1),
  difference = c("w2.north" = 1, "w1.north" = -1, "w2.south" = -1, "w1.south" = 1)))
write_matrix(vcov(changes), "r_covariance_changes.csv")
separate <- sapply(c("w1", "w2"), function(w) {
  one <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = waves[waves$wave == w, ], nest = TRUE)
  SE(svyby(~x, ~site, one, svymean))
})
write.csv(data.frame(
  name = c("north", "south", "difference", "north_independent", "south_independent", "df"),
  estimate = c(coef(changes), NA, NA, NA),
  value = c(SE(changes), sqrt(rowSums(separate^2)), degf(stacked))),
  file.path(output, "r_changes.csv"), row.names = FALSE)
