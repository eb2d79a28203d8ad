# Ratios, quantiles, correlations, standardised differences, intervals of proportions and design
# effects by R's survey package, on the simulated samples. Run from the project's root:
#   Rscript tests/oracle/statistics.R [output folder]
# Made with R 4.2.2, survey 4.1-1.
suppressPackageStartupMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

clusters <- read.csv(file.path(folder, "simulated_clusters.csv"))
lonely <- read.csv(file.path(folder, "simulated_lonely.csv"))
waves <- read.csv(file.path(folder, "simulated_waves.csv"))

# Degrees of freedom of a row: PSUs minus strata over the whole strata that contribute. R counts
# the PSUs of the part instead, so that they are handed to it.
with_labels <- function(frame, stratum, psu) {
  frame$.stratum <- stratum
  frame$.psu <- psu
  frame
}
persons <- seq_len(nrow(clusters))
designs <- list(
  stratified_clusters = svydesign(~psu, strata = ~stratum, weights = ~weight, nest = TRUE,
    data = with_labels(clusters, clusters$stratum, clusters$cluster)),
  stratified_clusters_fpc = svydesign(~psu, strata = ~stratum, weights = ~weight, fpc = ~psus_in_stratum,
    nest = TRUE, data = with_labels(clusters, clusters$stratum, clusters$cluster)),
  clusters = svydesign(~cluster, weights = ~weight, data = with_labels(clusters, 1, clusters$cluster)),
  strata = svydesign(~1, strata = ~stratum, weights = ~weight, data = with_labels(clusters, clusters$stratum, persons)),
  persons = svydesign(~1, weights = ~weight, data = with_labels(clusters, 1, persons))
)
lonely_design <- function() svydesign(~psu, strata = ~stratum, weights = ~weight, nest = TRUE,
  data = with_labels(lonely, lonely$stratum, 100 * lonely$stratum + lonely$psu))
df_of <- function(design, part) {
  whole <- design$variables
  inside <- whole[whole$.stratum %in% unique(part$variables$.stratum), ]
  length(unique(inside$.psu)) - length(unique(inside$.stratum))
}

rows <- list()
add <- function(name, rule, statistic, variable, by, where, key, estimate, se,
                low = NA, high = NA, df = NA) {
  rows[[length(rows) + 1]] <<- data.frame(
    design = name, rule = rule, statistic = statistic, variable = variable, by = by,
    where = where, key = key, estimate = as.numeric(estimate), std_error = as.numeric(se),
    conf_low = as.numeric(low), conf_high = as.numeric(high), df = df)
}
parts_of <- function(design, by, where) {
  if (where == "older") design <- subset(design, age >= 40)
  if (by == "none") return(list(list(key = "", part = design)))
  values <- sort(unique(as.character(design$variables[[by]])))
  lapply(values, function(value) {
    keep <- as.character(design$variables[[by]]) == value
    list(key = value, part = subset(design, keep))
  })
}

ratio <- function(whole, part) {
  found <- svyratio(~y, ~x, part, na.rm = TRUE, deff = "replace")
  half <- qt(0.975, df_of(whole, subset(part, !is.na(y)))) * SE(found)
  list(variable = "y/x", estimate = coef(found), se = SE(found), low = coef(found) - half,
       high = coef(found) + half, deff = attr(found, "deff"))
}
quantiles <- function(whole, part, variable, level = 0.95) {
  formula <- as.formula(paste0("~", variable))
  known <- subset(part, !is.na(part$variables[[variable]]))
  df <- df_of(whole, known)
  found <- svyquantile(formula, known, c(0.25, 0.5, 0.75), df = df, alpha = 1 - level)[[1]]
  list(estimate = found[, "quantile"], se = found[, "se"], low = found[, 2], high = found[, 3], df = df)
}
# R has no correlation: the delta method on the joint totals of the moments.
correlation <- function(whole, part, one, other) {
  keep <- !is.na(part$variables[[one]]) & !is.na(part$variables[[other]])
  known <- subset(part, keep)
  a <- known$variables[[one]]
  b <- known$variables[[other]]
  known$variables[c("n_", "a_", "b_", "aa_", "bb_", "ab_")] <- list(1, a, b, a^2, b^2, a * b)
  totals <- svytotal(~n_ + a_ + b_ + aa_ + bb_ + ab_, known)
  found <- svycontrast(totals, quote(
    (ab_ / n_ - a_ * b_ / n_^2) / sqrt((aa_ / n_ - a_^2 / n_^2) * (bb_ / n_ - b_^2 / n_^2))))
  r <- as.numeric(coef(found)); se <- as.numeric(SE(found)); df <- df_of(whole, known)
  half <- qt(0.975, df) * se / (1 - r^2)
  list(estimate = r, se = se, low = tanh(atanh(r) - half), high = tanh(atanh(r) + half), df = df)
}
# R has no standardised difference: the same, of the moments of both groups.
difference <- function(whole, part, variable, over, group, reference) {
  keep <- part$variables[[over]] %in% c(group, reference) & !is.na(part$variables[[variable]])
  known <- subset(part, keep)
  g <- as.numeric(known$variables[[over]] == group)
  v <- known$variables[[variable]]
  known$variables[c("n1", "n0", "s1", "s0", "q1", "q0")] <-
    list(g, 1 - g, g * v, (1 - g) * v, g * v^2, (1 - g) * v^2)
  totals <- svytotal(~n1 + n0 + s1 + s0 + q1 + q0, known)
  found <- svycontrast(totals, quote(
    (s1 / n1 - s0 / n0) / sqrt(((q1 / n1 - s1^2 / n1^2) + (q0 / n0 - s0^2 / n0^2)) / 2)))
  list(estimate = coef(found), se = SE(found), df = df_of(whole, known))
}
share_of <- function(whole, part, level) {
  known <- subset(part, !is.na(z))
  found <- svymean(~z, known)
  list(p = as.numeric(coef(found)), v = as.numeric(vcov(found)), n = nrow(known),
       df = df_of(whole, known), known = known)
}
size_of <- function(share, level) {
  upper <- (1 + level) / 2
  share$p * (1 - share$p) / share$v * (qt(upper, share$n - 1) / qt(upper, share$df))^2
}
measure <- function(name, rule, whole, by, where) for (entry in parts_of(whole, by, where)) {
  key <- entry$key; part <- entry$part
  found <- ratio(whole, part)
  add(name, rule, "ratio", "y/x", by, where, key, found$estimate, found$se, found$low, found$high)
  add(name, rule, "ratio_deff", "y/x", by, where, key, found$deff, NA)
  for (variable in c("y", "age", "answer")) {
    found <- quantiles(whole, part, variable)
    add(name, rule, "quantile", variable, by, where, paste(key, c(0.25, 0.5, 0.75), sep = "|"),
        found$estimate, found$se, found$low, found$high, found$df)
  }
  for (pair in list(c("x", "y"), c("x", "answer"), c("y", "z"))) {
    found <- correlation(whole, part, pair[1], pair[2])
    add(name, rule, "correlation", paste(pair, collapse = "~"), by, where, key, found$estimate,
        found$se, found$low, found$high, found$df)
  }
  if (by != "group") for (variable in c("x", "y", "z")) for (group in c("b", "c")) {
    found <- difference(whole, part, variable, "group", group, "a")
    add(name, rule, "standardised", variable, by, where, paste(key, group, sep = "|"),
        found$estimate, found$se, df = found$df)
  }
  share <- share_of(whole, part)
  for (level in c(0.8, 0.95)) {
    # svyciprop takes the df of the part; where they are those of the strata it is used as it is.
    size <- size_of(share, level)
    tail <- (1 - level) / 2
    exact <- c(qbeta(tail, size * share$p, size * (1 - share$p) + 1),
               qbeta(1 - tail, size * share$p + 1, size * (1 - share$p)))
    if (degf(share$known) == share$df)
      exact <- attr(svyciprop(~z, share$known, method = "beta", level = level), "ci")
    add(name, rule, paste0("korn_graubard_", level), "z", by, where, key, share$p, sqrt(share$v),
        exact[1], exact[2], share$df)
    score <- suppressWarnings(prop.test(size * share$p, size, conf.level = level, correct = FALSE)$conf.int)
    add(name, rule, paste0("wilson_", level), "z", by, where, key, share$p, sqrt(share$v),
        score[1], score[2], share$df)
  }
  for (variable in c("x", "y", "z")) {
    formula <- as.formula(paste0("~", variable))
    known <- subset(part, !is.na(part$variables[[variable]]))
    w <- weights(known)
    with <- deff(svymean(formula, known, deff = "replace"))
    without <- deff(svymean(formula, known, deff = TRUE))
    add(name, rule, "deff", variable, by, where, key, with, NA)
    add(name, rule, "deff_without_replacement", variable, by, where, key, without, NA)
    add(name, rule, "deff_weights", variable, by, where, key, length(w) * sum(w^2) / sum(w)^2, NA)
  }
}
for (name in names(designs)) for (where in c("everybody", "older")) for (by in c("none", "group", "site"))
  measure(name, "fail", designs[[name]], by, where)
for (rule in c("remove", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  for (by in c("none", "group")) measure("lonely", rule, lonely_design(), by, "everybody")
}
options(survey.lonely.psu = "fail")

# Woodruff limits at another level.
for (variable in c("y", "age")) {
  found <- quantiles(designs$stratified_clusters, designs$stratified_clusters, variable, 0.8)
  add("stratified_clusters", "fail", "quantile_0.8", variable, "none", "everybody",
      paste("", c(0.25, 0.5, 0.75), sep = "|"), found$estimate, NA, found$low, found$high, found$df)
}
# A correlation another way, with variances and covariance from svyvar.
known <- subset(designs$stratified_clusters, !is.na(y))
found <- svyvar(~x + y, known)
s <- c(found)
r <- s[2] / sqrt(s[1] * s[4])
slope <- c(-r / (2 * s[1]), r / s[2] / 2, r / s[3] / 2, -r / (2 * s[4]))
add("stratified_clusters", "fail", "correlation_svyvar", "x~y", "none", "everybody", "", r,
    sqrt(t(slope) %*% attr(found, "var") %*% slope))
write.csv(do.call(rbind, rows), file.path(output, "r_statistics.csv"), row.names = FALSE)

# Joint covariances: ratios and a mean by group; correlations and ratios of waves in the same PSUs.
covariances <- list()
joint <- function(name, matrix) {
  covariances[[length(covariances) + 1]] <<- data.frame(
    name = name, row = as.vector(row(matrix)) - 1, column = as.vector(col(matrix)) - 1,
    value = as.vector(matrix))
}
groups <- c("a", "b", "c")
moments <- update(designs$stratified_clusters, known_ = as.numeric(!is.na(y)))
moments <- update(moments, y_ = ifelse(is.na(y), 0, y))
for (g in groups) {
  inside <- as.numeric(clusters$group == g)
  moments$variables[[paste0("a", g)]] <- inside * moments$variables$y_
  moments$variables[[paste0("b", g)]] <- inside * moments$variables$known_ * clusters$x
  moments$variables[[paste0("m", g)]] <- inside * clusters$x
  moments$variables[[paste0("w", g)]] <- inside
}
totals <- svytotal(as.formula(paste("~", paste(outer(c("a", "b", "m", "w"), groups, paste0), collapse = "+"))), moments)
found <- svycontrast(totals, list(
  quote(aa / ba), quote(ab / bb), quote(ac / bc), quote(ma / wa), quote(mb / wb), quote(mc / wc)))
joint("ratios_and_means", vcov(found))
stacked <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = waves, nest = TRUE)
for (w in c("w1", "w2")) {
  inside <- as.numeric(waves$wave == w)
  for (part in list(c("n", 1), c("x", "x"), c("z", "z"), c("xx", "x*x"), c("zz", "z*z"), c("xz", "x*z")))
    stacked$variables[[paste0(part[1], w)]] <- inside * eval(parse(text = part[2]), waves)
}
names_of <- as.vector(outer(c("n", "x", "z", "xx", "zz", "xz"), c("w1", "w2"), paste0))
totals <- svytotal(as.formula(paste("~", paste(names_of, collapse = "+"))), stacked)
found <- svycontrast(totals, list(
  quote((xzw1 / nw1 - xw1 * zw1 / nw1^2) / sqrt((xxw1 / nw1 - xw1^2 / nw1^2) * (zzw1 / nw1 - zw1^2 / nw1^2))),
  quote((xzw2 / nw2 - xw2 * zw2 / nw2^2) / sqrt((xxw2 / nw2 - xw2^2 / nw2^2) * (zzw2 / nw2 - zw2^2 / nw2^2))),
  quote(xw1 / nw1), quote(xw2 / nw2)))
joint("correlations_and_means_of_waves", vcov(found))
write.csv(do.call(rbind, covariances), file.path(output, "r_statistics_covariances.csv"), row.names = FALSE)
