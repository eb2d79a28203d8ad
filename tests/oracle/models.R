# Regressions and tests of R's survey package on the simulated samples. From the project's root:
#   Rscript tests/oracle/models.R [output folder]
# Made with R 4.2.2, survey 4.1-1, numDeriv 2016.8-1.1.
suppressPackageStartupMessages({library(survey); library(numDeriv)})
options(digits = 17, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

clusters <- read.csv(file.path(folder, "simulated_clusters.csv"))
clusters$count <- clusters$answer - 1
clusters$ordered <- factor(clusters$answer)
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

# R stops its iteration at 1e-8 of the deviance unless told otherwise, and takes the variance's
# weights from the step before the last: 30 steps always, and no warning that there were so many.
exact <- list(epsilon = 1e-300, maxit = 30)
options(warn = -1)
models <- list(
  linear = list(y ~ age + group, gaussian()),
  interaction = list(x ~ age * group + site, gaussian()),
  logistic = list(z ~ age + group + site, quasibinomial()),
  poisson = list(count ~ age + group, quasipoisson())
)

rows <- list()
add <- function(design, rule, model, where, term, estimate, se, df) {
  rows[[length(rows) + 1]] <<- data.frame(
    design = design, rule = rule, model = model, where = where, term = term,
    estimate = as.numeric(estimate), std_error = as.numeric(se), df = df)
}
tests <- list()
add_test <- function(design, model, where, test, statistic, df, ddf, p) {
  tests[[length(tests) + 1]] <<- data.frame(
    design = design, model = model, where = where, test = test, statistic = as.numeric(statistic),
    df = as.numeric(df), ddf = as.numeric(ddf), p_value = as.numeric(p))
}
fit <- function(model, design)
  svyglm(models[[model]][[1]], design, family = models[[model]][[2]], control = exact)

for (name in names(designs)) for (where in names(wheres)) for (model in names(models)) {
  fitted <- fit(model, wheres[[where]](designs[[name]]))
  add(name, "fail", model, where, names(coef(fitted)), coef(fitted), SE(fitted), fitted$df.residual)
  joint <- regTermTest(fitted, ~group)
  add_test(name, model, where, "group", joint$Ftest, joint$df, joint$ddf, joint$p)
}
for (rule in c("remove", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = lonely, nest = TRUE)
  for (model in c("linear", "logistic")) {
    fitted <- fit(model, design)
    add("lonely", rule, model, "everybody", names(coef(fitted)), coef(fitted), SE(fitted), fitted$df.residual)
  }
}
options(survey.lonely.psu = "fail")

# Ordered answers. svyolr minimises by BFGS and differentiates its gradient numerically; "ordinal"
# solves the same score equations to the end and extrapolates the derivative (Richardson).
scores <- function(parameters, x, y, q) {
  p <- ncol(x)
  eta <- drop(x %*% parameters[1:p])
  cuts <- c(-Inf, parameters[p + 1:q], Inf)
  upper <- cuts[y + 1] - eta
  lower <- cuts[y] - eta
  probability <- plogis(upper) - plogis(lower)
  marks <- outer(y, 1:q, "==") * dlogis(upper) - outer(y - 1, 1:q, "==") * dlogis(lower)
  cbind(-x * (dlogis(upper) - dlogis(lower)), marks) / probability
}
ordinal <- function(design) {
  first <- svyolr(ordered ~ age + group, design)
  x <- model.matrix(~ age + group, design$variables)[, -1]
  y <- as.integer(design$variables$ordered)
  q <- max(y) - 1
  w <- weights(design)
  slope <- function(b) colSums(w * scores(b, x, y, q))
  b <- c(first$coefficients, first$zeta)
  for (step in 1:20) b <- b - solve(jacobian(slope, b), slope(b))
  influence <- (w * scores(b, x, y, q)) %*% solve(-jacobian(slope, b))
  v <- survey:::svyrecvar(influence, design$cluster, design$strata, design$fpc)
  list(first = first, b = b, se = sqrt(diag(v)))
}
for (name in names(designs)) for (where in names(wheres)) {
  made <- ordinal(wheres[[where]](designs[[name]]))
  add(name, "fail", "ordinal", where, names(made$b), made$b, made$se, made$first$df.residual)
  # Components straight from the object: what summary() prints.
  add(name, "fail", "svyolr", where, names(made$b), c(made$first$coefficients, made$first$zeta),
      sqrt(diag(vcov(made$first))), made$first$df.residual)
}

# Coefficients of two sites, and of two waves in the same PSUs, with their covariance: one model
# in which all coefficients differ has the domains' own.
sites <- svyglm(x ~ 0 + site + site:age, designs$stratified_clusters, control = exact)
of_sites <- svycontrast(sites, list(
  "north - centre" = c("sitenorth:age" = 1, "sitecentre:age" = -1),
  "south - centre" = c("sitesouth:age" = 1, "sitecentre:age" = -1)))
add("stratified_clusters", "fail", "slopes by site", "everybody", names(coef(of_sites)), coef(of_sites), SE(of_sites), NA)
stacked <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = waves, nest = TRUE)
for (family in c("linear", "logistic")) {
  by_wave <- if (family == "linear") svyglm(x ~ 0 + wave + wave:z, stacked, control = exact) else
    svyglm(z ~ 0 + wave + wave:x, stacked, family = quasibinomial(), control = exact)
  names_of <- names(coef(by_wave))
  changes <- svycontrast(by_wave, list(
    intercept = setNames(c(-1, 1), names_of[1:2]), slope = setNames(c(-1, 1), names_of[3:4])))
  add("waves", "fail", paste("change", family), "everybody", names(coef(changes)), coef(changes), SE(changes), NA)
}

# Predictive margins: influence values by the formula, their variance by svytotal.
margins <- function(model, design, group) {
  fitted <- fit(model, design)
  used <- fitted$survey.design
  w <- weights(used)
  x <- model.matrix(fitted)
  mu <- fitted(fitted)
  spread <- fitted$family$variance
  A <- solve(t(x) %*% (x * w * spread(mu)))
  influence <- (x * w * (fitted$y - mu)) %*% A
  values <- sort(unique(as.character(used$variables[[group]])))
  made <- lapply(values, function(value) {
    data <- used$variables
    data[[group]] <- value
    terms <- delete.response(terms(fitted))
    there <- model.matrix(terms, model.frame(terms, data, xlev = fitted$xlevels))
    each <- fitted$family$linkinv(drop(there %*% coef(fitted)))
    mean <- sum(w * each) / sum(w)
    slopes <- colSums(there * w * spread(each)) / sum(w)
    list(mean, w * (each - mean) / sum(w) + drop(influence %*% slopes))
  })
  moved <- sapply(made, `[[`, 2)
  used$variables$moved <- moved / w
  list(names = values, estimate = sapply(made, `[[`, 1),
       v = vcov(svytotal(~moved, used)))
}
for (name in c("stratified_clusters", "stratified_clusters_fpc", "clusters")) for (where in names(wheres))
  for (model in c("linear", "logistic", "poisson")) {
    made <- margins(model, wheres[[where]](designs[[name]]), "group")
    add(name, "fail", paste("margins", model), where, made$names, made$estimate, sqrt(diag(made$v)), NA)
    add(name, "fail", paste("margins", model), where, "b - a", made$estimate[2] - made$estimate[1],
        sqrt(made$v[1, 1] + made$v[2, 2] - 2 * made$v[1, 2]), NA)
  }

# Two groups: svyttest.
for (name in names(designs)) {
  made <- svyttest(x ~ I(group == "b"), subset(designs[[name]], group != "c"))
  add_test(name, "x by group", "a and b", "t", made$statistic, 1, made$parameter, made$p.value)
}

# Tables. Rows without both answers are left out beforehand, so that R's n counts those in the
# table; with missing answers, and for domains, R counts PSUs that are there, which are all PSUs
# in the clustered designs.
tables <- list("group by answer" = ~group + answer, "site by z" = ~site + z)
for (name in names(designs)) for (where in names(wheres)) for (table in names(tables)) {
  clustered <- !(name %in% c("strata", "persons"))
  if (!clustered && (where == "older" || table == "site by z")) next
  design <- wheres[[where]](designs[[name]])
  if (table == "site by z") design <- subset(design, !is.na(z))
  for (statistic in c("F", "Chisq", "Wald", "adjWald")) {
    made <- svychisq(tables[[table]], design, statistic = statistic)
    parameter <- unname(made$parameter)
    add_test(name, table, where, statistic, made$statistic, parameter[1],
             if (length(parameter) > 1) parameter[2] else Inf, made$p.value)
  }
}

write.csv(do.call(rbind, rows), file.path(output, "r_models.csv"), row.names = FALSE)
write.csv(do.call(rbind, tests), file.path(output, "r_model_tests.csv"), row.names = FALSE)
