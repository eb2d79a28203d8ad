# Numbers of R's survey package for weights that fit margins. Run from the project's root:
#   Rscript tests/oracle/weighting.R [output folder]
# Made with R 4.2.2, survey 4.1-1. The margins are invented.
suppressPackageStartupMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

clusters <- read.csv(file.path(folder, "simulated_clusters.csv"))
clusters$age_band <- ifelse(clusters$age < 35, "young", ifelse(clusters$age < 60, "middle", "old"))
clusters$respondent <- as.integer(!is.na(clusters$y))
waves <- read.csv(file.path(folder, "simulated_waves.csv"))
known <- read.csv(file.path(folder, "weighting_margins.csv"))

margin <- function(variable, frame = "clusters") {
  here <- known[known$frame == frame & known$variable == variable & known$site == "", ]
  names <- strsplit(variable, "|", fixed = TRUE)[[1]]
  labels <- do.call(rbind, strsplit(here$category, "|", fixed = TRUE))
  table <- as.data.frame(labels); names(table) <- names
  table$Freq <- here$count
  table
}
fine <- list(maxit = 2000, epsilon = 1e-13)
group <- margin("group"); age_band <- margin("age_band"); answer <- margin("answer")
n <- sum(group$Freq)
totals <- c("(Intercept)" = n, groupb = group$Freq[2], groupc = group$Freq[3], age = known$count[known$variable == "age"])
by_age <- c("(Intercept)" = n, age_bandold = age_band$Freq[3], age_bandyoung = age_band$Freq[1])
fitted <- function(design, ...) calibrate(design, ~group + age, totals, epsilon = 1e-13, maxit = 500, ...)
weightings <- list(
  poststratify = function(d) postStratify(d, ~group, group),
  poststratify_crossed = function(d) postStratify(d, ~group + age_band, margin("group|age_band")),
  rake_2 = function(d) rake(d, list(~group, ~age_band), list(group, age_band), control = fine),
  rake_3 = function(d) rake(d, list(~group, ~age_band, ~answer), list(group, age_band, answer), control = fine),
  linear = function(d) fitted(d),
  raking = function(d) fitted(d, calfun = "raking"),
  logit = function(d) fitted(d, calfun = "logit", bounds = c(0.6, 1.6)),
  linear_bounded = function(d) fitted(d, calfun = "linear", bounds = c(0.75, 1.3)),
  raking_bounded = function(d) fitted(d, calfun = "raking", bounds = c(0.75, 1.3)),
  poststratify_linear = function(d) calibrate(postStratify(d, ~group, group), ~age_band, by_age),
  rake_linear = function(d) fitted(rake(d, list(~group, ~age_band), list(group, age_band), control = fine)),
  trim = function(d) trimWeights(d, upper = 180, lower = 40),
  trim_strict = function(d) trimWeights(d, upper = 180, lower = 40, strict = TRUE),
  rake_trim = function(d) trimWeights(rake(d, list(~group, ~age_band), list(group, age_band), control = fine), upper = 200)
)
designs <- list(
  stratified_clusters = svydesign(~psu, strata = ~stratum, weights = ~weight, data = clusters, nest = TRUE),
  stratified_clusters_fpc = svydesign(~psu, strata = ~stratum, weights = ~weight, fpc = ~psus_in_stratum,
                                      data = clusters, nest = TRUE),
  clusters = svydesign(~cluster, weights = ~weight, data = clusters),
  strata = svydesign(~1, strata = ~stratum, weights = ~weight, data = clusters),
  persons = svydesign(~1, weights = ~weight, data = clusters)
)
rows <- list()
add <- function(design, weighting, statistic, variable, by, key, estimate, se) {
  rows[[length(rows) + 1]] <<- data.frame(
    design = design, weighting = weighting, statistic = statistic, variable = variable, by = by,
    key = key, estimate = as.numeric(estimate), std_error = as.numeric(se))
}
for (name in names(designs)) for (weighting in names(weightings)) {
  d <- weightings[[weighting]](designs[[name]])
  for (variable in c("x", "y", "z")) {
    formula <- as.formula(paste0("~", variable))
    overall <- svymean(formula, d, na.rm = TRUE)
    add(name, weighting, "mean", variable, "none", "", coef(overall), SE(overall))
    total <- svytotal(formula, d, na.rm = TRUE)
    add(name, weighting, "total", variable, "none", "", coef(total), SE(total))
    for (by in c("group", "site")) {
      parts <- svyby(formula, as.formula(paste0("~", by)), d, svymean, na.rm = TRUE)
      add(name, weighting, "mean", variable, by, parts[[by]], coef(parts), SE(parts))
    }
  }
  older <- svymean(~y, subset(d, age >= 40), na.rm = TRUE)
  add(name, weighting, "mean", "y", "older", "", coef(older), SE(older))
  if (name == "persons")
    for (row in c(1, 2, 50, 333)) add(name, weighting, "weight", "", "row", as.character(row), weights(d)[row], NA)
}
# Nonresponse classes: respondents post-stratified to the classes of all who were selected.
all <- designs$stratified_clusters
classes <- as.data.frame(svytable(~group, all))
answered <- postStratify(subset(all, respondent == 1), ~group, classes)
clusters$adjusted <- 0
clusters$adjusted[clusters$respondent == 1] <- weights(answered)
after <- svydesign(~psu, strata = ~stratum, weights = ~adjusted, data = clusters, nest = TRUE)
for (variable in c("x", "y")) {
  result <- svymean(as.formula(paste0("~", variable)), after, na.rm = TRUE)
  add("stratified_clusters", "nonresponse", "mean", variable, "none", "", coef(result), SE(result))
}
for (row in c(1, 2, 50, 333))
  add("persons", "nonresponse", "weight", "", "row", as.character(row), clusters$adjusted[row], NA)
# Nonresponse classes first, then raking of those who answered.
raked <- rake(subset(after, adjusted > 0), list(~group, ~age_band), list(group, age_band), control = fine)
add("stratified_clusters", "nonresponse_rake", "mean", "y", "none", "", coef(svymean(~y, raked)), NA)
write.csv(do.call(rbind, rows), file.path(output, "r_weighting.csv"), row.names = FALSE)

# Two waves in the same PSUs: each wave, or each site in a wave, is fitted by itself.
waves$south <- as.integer(waves$site == "south")
waves$z <- factor(waves$z); waves$one <- as.integer(waves$z == 1)
stacked <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = waves, nest = TRUE)
of_waves <- function(variable) {
  here <- known[known$frame == "waves" & known$variable == variable & known$site == "", ]
  setNames(data.frame(here$wave, here$category, here$count), c("wave", variable, "Freq"))
}
cells <- known[known$frame == "waves" & known$site != "", ]
cells <- data.frame(wave = cells$wave, site = cells$site, z = cells$category, Freq = cells$count)
count <- function(variable, wave, category)
  known$count[known$frame == "waves" & known$variable == variable & known$wave == wave & known$category == category & known$site == ""]
size <- c(count("z", "w1", "0") + count("z", "w1", "1"), count("z", "w2", "0") + count("z", "w2", "1"))
auxiliaries <- c("(Intercept)" = sum(size), wavew2 = size[2],
  "wavew1:one" = count("z", "w1", "1"), "wavew2:one" = count("z", "w2", "1"),
  "wavew1:south" = count("site", "w1", "south"), "wavew2:south" = count("site", "w2", "south"))
of_waves_designs <- list(
  poststratify = postStratify(stacked, ~wave + site + z, cells),
  rake = rake(stacked, list(~wave + z, ~wave + site), list(of_waves("z"), of_waves("site")), control = fine),
  linear = calibrate(stacked, ~wave + wave:one + wave:south, auxiliaries),
  raking = calibrate(stacked, ~wave + wave:one + wave:south, auxiliaries, calfun = "raking", epsilon = 1e-13, maxit = 500)
)
parts <- list()
for (weighting in names(of_waves_designs)) {
  d <- of_waves_designs[[weighting]]
  # svyby(covmat = TRUE) fails on calibrated designs; the same from the influence values.
  w <- weights(d); means <- NULL; influence <- NULL
  for (wave in c("w1", "w2")) for (site in c("north", "south")) {
    inside <- (waves$wave == wave & waves$site == site) * w
    means[paste(wave, site, sep = ".")] <- sum(inside * waves$x) / sum(inside)
    influence <- cbind(influence, inside * (waves$x - means[length(means)]) / sum(inside))
  }
  covariance <- svyrecvar(influence, d$cluster, d$strata, d$fpc, postStrata = d$postStrata)
  combine <- rbind(diag(4), c(-1, 0, 1, 0), c(0, -1, 0, 1), c(-1, 1, 1, -1))
  estimates <- as.numeric(combine %*% means)
  errors <- sqrt(diag(combine %*% covariance %*% t(combine)))
  separate <- svyby(~x, ~wave + site, d, svymean)
  stopifnot(isTRUE(all.equal(as.numeric(SE(separate))[c(1, 3, 2, 4)], errors[1:4], tolerance = 1e-10)))
  parts[[weighting]] <- data.frame(weighting = weighting,
    name = c(names(means), "north", "south", "difference"), estimate = estimates, std_error = errors)
}
write.csv(do.call(rbind, parts), file.path(output, "r_weighting_waves.csv"), row.names = FALSE)
