# Sensitive questions on the simulated sample, written from the articles with R's survey package.
# From the project's root: Rscript tests/oracle/sensitive.R [output folder]
# Made with R 4.2.2, survey 4.1-1, numDeriv 2016.8-1.1.
suppressPackageStartupMessages({library(survey); library(numDeriv)})
options(digits = 17)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder
items <- 4

all_rows <- read.csv(file.path(folder, "simulated_sensitive.csv"))
rows <- list()
add <- function(what, term, estimate, se)
  rows[[length(rows) + 1]] <<- data.frame(what = what, term = term,
    estimate = as.numeric(estimate), std_error = as.numeric(se))

# Everybody stays in the design; who does not count has influence 0.
full <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = all_rows, nest = TRUE)
error_of <- function(influence, used) {
  spread <- matrix(0, nrow(all_rows), ncol(as.matrix(influence)))
  spread[used, ] <- as.matrix(influence)
  sqrt(diag(vcov(svytotal(spread, full))))
}

# Difference in means, and the types of respondents.
listed <- subset(full, !is.na(count))
difference <- function(variable) {
  made <- svyby(as.formula(paste("~", variable)), ~long, listed, svymean, covmat = TRUE)
  svycontrast(made, c("0" = -1, "1" = 1))
}
made <- difference("count")
add("list", "everybody", coef(made), SE(made))
for (group in 0:1) {
  part <- subset(listed, young == group)
  made <- svyby(~count, ~long, part, svymean, covmat = TRUE)
  made <- svycontrast(made, c("0" = -1, "1" = 1))
  add("list", paste0("young=", group), coef(made), SE(made))
}
for (sensitive in 1:0) for (plain in 0:items) {
  all_rows$below <- with(all_rows, if (sensitive == 1) -(count <= plain) else
    1 * (count <= ifelse(long == 1, plain, plain - 1)))
  listed <- subset(svydesign(~psu, strata = ~stratum, weights = ~weight, data = all_rows,
                             nest = TRUE), !is.na(count))
  made <- difference("below")
  add("type", paste(plain, sensitive), coef(made), SE(made))
}

# Regressions: the weighted likelihood, maximised; sandwiches from the total of influences.
used <- which(!is.na(all_rows$count))
data <- all_rows[used, ]
x <- cbind(intercept = 1, young = data$young, wealth = data$wealth)
w <- data$weight
k <- ncol(x)
solved <- function(loglik, start) {
  scaled <- w / mean(w)
  value <- function(b) -sum(scaled * loglik(b))
  found <- optim(start, value, method = "BFGS", control = list(reltol = 1e-15, maxit = 5000))
  for (step in 1:8) {
    slope <- grad(value, found$par)
    found$par <- found$par - solve(hessian(value, found$par), slope)
  }
  scores <- jacobian(loglik, found$par)
  bread <- solve(-hessian(function(b) sum(w * loglik(b)), found$par))
  list(b = found$par, se = error_of(scores %*% bread, used_now))
}
binomial_chance <- function(y, p, extra) dbinom(y, items, p)
beta_binomial <- function(y, p, extra) {
  total <- exp(-extra)
  ifelse(y < 0 | y > items, 0, choose(items, pmax(pmin(y, items), 0)) *
    exp(lbeta(pmax(y, 0) + p * total, pmax(items - y, 0) + (1 - p) * total) -
        lbeta(p * total, (1 - p) * total)))
}
list_loglik <- function(chance, floor = 0, ceiling = 0) function(b) {
  g <- plogis(drop(x %*% b[1:k])); p <- plogis(drop(x %*% b[k + 1:k])); e <- b[2 * k + 1]
  y <- data$count
  h <- function(v) chance(v, p, e)
  holding <- h(y - 1) + floor * h(0) * ((y == 0) - (y == 1)) +
    ceiling * h(items) * ((y == items) - (y == items + 1))
  log(ifelse(data$long == 1, (1 - g) * h(y) + g * holding, h(y)))
}
used_now <- used
terms <- c(paste("sensitive", colnames(x)), paste("plain", colnames(x)))
start <- c(-1, 0, 0, 0, 0, 0)
fit <- solved(list_loglik(binomial_chance), start)
add("ml", terms, fit$b, fit$se)
fit <- solved(list_loglik(binomial_chance, 0.3, 0.2), start)
add("ml_hiding", terms, fit$b, fit$se)
fit <- solved(list_loglik(beta_binomial), c(start, -2))
add("ml_overdispersed", c(terms, "correlation intercept"), fit$b, fit$se)

# Two steps: the equations of both, their derivative by differences.
two_step <- function(logistic) {
  first <- function(eta) if (logistic) plogis(eta) else eta
  slope <- function(eta) if (logistic) dlogis(eta) else 1
  scale <- if (logistic) items else 1
  control <- data$long == 0
  sum_of_squares <- function(b) sum(w[control] * (data$count - scale * first(drop(x %*% b)))[control]^2)
  newton <- function(f, start) {
    found <- optim(start, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 5000))$par
    for (step in 1:8) found <- found - solve(hessian(f, found), grad(f, found))
    found
  }
  plain <- newton(sum_of_squares, c(0.1, 0, 0))
  beyond <- data$count - scale * first(drop(x %*% plain))
  sensitive <- newton(function(b) sum(w[!control] * (beyond - first(drop(x %*% b)))[!control]^2),
                      c(-0.5, 0, 0))
  equations <- function(b) {
    s <- drop(x %*% b[1:k]); c <- drop(x %*% b[k + 1:k])
    cbind(x * ifelse(control, 0, data$count - scale * first(c) - first(s)) * slope(s),
          x * ifelse(control, data$count - scale * first(c), 0) * scale * slope(c))
  }
  b <- c(sensitive, plain)
  bread <- solve(-jacobian(function(b) colSums(w * equations(b)), b))
  list(b = b, se = error_of(equations(b) %*% t(bread), used))
}
fit <- two_step(TRUE); add("nls", terms, fit$b, fit$se)
fit <- two_step(FALSE); add("linear", terms, fit$b, fit$se)

# Randomised response: a die forces a yes and a no with chance 1/6 each.
answered <- subset(full, !is.na(says_yes))
yes <- svymean(~says_yes, answered)
add("randomised", "share", (coef(yes) - 1 / 6) / (2 / 3), SE(yes) / (2 / 3))
used_now <- which(!is.na(all_rows$says_yes))
data <- all_rows[used_now, ]
x <- cbind(intercept = 1, young = data$young, wealth = data$wealth)
w <- data$weight
fit <- solved(function(b) {
  p <- 1 / 6 + 2 / 3 * plogis(drop(x %*% b))
  log(ifelse(data$says_yes == 1, p, 1 - p))
}, c(-1, 0, 0))
add("randomised_ml", colnames(x), fit$b, fit$se)

# With a direct question: Aronow et al. (2015), from totals by the delta method.
both <- all_rows
there <- !is.na(both$count) & !is.na(both$admits)
cells <- with(both, list(
  n = there, d = there * admits,
  t1 = there * (admits == 0) * (long == 1), y1 = there * (admits == 0) * (long == 1) * count,
  t0 = there * (admits == 0) * (long == 0), y0 = there * (admits == 0) * (long == 0) * count,
  a1 = there * (admits == 1) * (long == 1), z1 = there * (admits == 1) * (long == 1) * count,
  a0 = there * (admits == 1) * (long == 0), z0 = there * (admits == 1) * (long == 0) * count,
  l1 = there * (long == 1), l0 = there * (long == 0)))
cells <- as.data.frame(lapply(cells, function(column) ifelse(there, column, 0)))
totals <- svytotal(as.formula(paste("~", paste(names(cells), collapse = "+"))),
  svydesign(~psu, strata = ~stratum, weights = ~weight, data = cbind(both[, 1:4], cells), nest = TRUE))
for (each in list(
  list("combined", quote(d / n + (1 - d / n) * (y1 / t1 - y0 / t0))),
  list("list", quote((y1 + z1) / l1 - (y0 + z0) / l0)),
  list("direct", quote(d / n)),
  list("hidden", quote((1 - d / n) * (y1 / t1 - y0 / t0))),
  list("list_among_admitting", quote(z1 / a1 - z0 / a0)),
  list("direct_by_arm", quote(a1 / l1 - a0 / l0)))) {
  made <- svycontrast(totals, each[[2]])
  add("direct", each[[1]], coef(made), SE(made))
}

# Refusals of a question with answers 1 to 5.
for (end in c(1, 5)) {
  filled <- update(full, filled = ifelse(is.na(attitude), end, attitude))
  made <- svymean(~filled, filled)
  add("refusals", if (end == 1) "lower" else "upper", coef(made), SE(made))
}

write.csv(do.call(rbind, rows), file.path(output, "r_sensitive.csv"), row.names = FALSE)
