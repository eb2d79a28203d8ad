# Entropy balancing, propensity weights and doubly robust differences in differences in plain R,
# from their formulas. Run from the project's root:
#   Rscript tests/oracle/balancing.R [output folder]
# Made with R 4.2.2. Entropy balancing: the dual by optim(BFGS). Errors of means after balancing,
# and of the improved estimator with cross-sections: stacked estimating equations, derived by
# central differences. The other differences: the formulas of Sant'Anna and Zhao (2020), as in
# their package DRDID (drdid_panel, drdid_imp_panel, reg_did_panel, std_ipw_did_panel, drdid_rc,
# reg_did_rc, std_ipw_did_rc). All errors add up influence by sampling point, times G / (G - 1).
options(digits = 17)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

both <- read.csv(file.path(folder, "simulated_programme.csv"))
both$primary <- as.numeric(both$school == "primary")
both$secondary <- as.numeric(both$school == "secondary")
one <- both[both$wave == 1, ]
two <- both[both$wave == 2, ]
stopifnot(identical(one$id, two$id))

rows <- list()
add <- function(what, method, estimate, std_error, more = NA)
  rows[[length(rows) + 1]] <<- data.frame(what, method, estimate, std_error, more)
clustered <- function(influence, psu) {
  sums <- tapply(influence, psu, sum)
  sqrt(sum(sums^2) * length(sums) / (length(sums) - 1))
}
covariates <- function(data) as.matrix(data[, c("age", "income", "primary", "secondary")])

# ---- stacked estimating equations: psi(theta) gives one row a respondent
sandwich <- function(psi, theta, psu, wanted) {
  jacobian <- sapply(seq_along(theta), function(k) {
    step <- 1e-5 * max(1, abs(theta[k]))
    up <- down <- theta
    up[k] <- up[k] + step
    down[k] <- down[k] - step
    colSums(psi(up) - psi(down)) / (2 * step)
  })
  influence <- -psi(theta) %*% t(solve(jacobian)) %*% wanted
  clustered(as.vector(influence), psu)
}

# ---- entropy balancing of the later wave
entropy <- function(x, d, w) {
  size <- apply(x[d == 0, ], 2, sd)
  z <- t((t(x) - colSums(w * d * x) / sum(w * d)) / size)[d == 0, ]
  base <- w[d == 0] / sum(w[d == 0])
  dual <- function(l) log(sum(base * exp(z %*% l)))
  slope <- function(l) { p <- as.vector(base * exp(z %*% l)); colSums(p * z) / sum(p) }
  found <- optim(rep(0, ncol(z)), dual, slope, method = "BFGS",
                 control = list(reltol = 1e-16, maxit = 10000))
  # Newton's last steps, so that nothing of the search is left.
  l <- found$par
  for (i in 1:5) {
    p <- as.vector(base * exp(z %*% l)); p <- p / sum(p)
    l <- l - solve(t(z) %*% (p * z) - tcrossprod(colSums(p * z)), colSums(p * z))
  }
  p <- as.vector(base * exp(z %*% l))
  list(share = p / sum(p), lambda = l / size)
}
for (moments in 1:2) {
  x <- covariates(two)
  if (moments == 2) x <- cbind(x, (x[, 1] - mean(x[, 1]))^2, (x[, 2] - mean(x[, 2]))^2)
  d <- two$treated; w <- two$weight; y <- two$trust
  fit <- entropy(x, d, w)
  mu <- colSums(w * d * x) / sum(w * d)
  m1 <- sum(w * d * y) / sum(w * d)
  m0 <- sum(fit$share * y[d == 0])
  p <- ncol(x)
  scale <- apply(x, 2, sd)
  psi <- function(theta) {
    z <- t((t(x) - theta[1:p] * scale) / scale)
    tilted <- as.vector(w * (1 - d) * exp(z %*% theta[p + 1:p]))
    cbind(w * d * z, tilted * z, w * d * (y - theta[2 * p + 1]), tilted * (y - theta[2 * p + 2]))
  }
  theta <- c(mu / scale, fit$lambda * scale, m1, m0)
  stopifnot(max(abs(colSums(psi(theta)))) < 1e-6)
  wanted <- c(rep(0, 2 * p), 1, -1)
  add("entropy", paste0("moments ", moments), m1 - m0, sandwich(psi, theta, two$psu, wanted),
      1 / sum(fit$share^2))
}

# ---- propensity weights of the later wave
x <- cbind(1, covariates(two)); d <- two$treated; w <- two$weight; y <- two$trust
scale <- c(1, apply(x[, -1], 2, sd))
x <- t(t(x) / scale)
logit <- suppressWarnings(glm(d ~ x - 1, family = quasibinomial, weights = w,
                              control = list(epsilon = 1e-14, maxit = 100)))
for (estimand in c("att", "ate", "overlap")) {
  arms <- function(g) {
    p <- as.vector(plogis(x %*% g))
    switch(estimand, att = list(w * d, w * (1 - d) * p / (1 - p)),
           ate = list(w * d / p, w * (1 - d) / (1 - p)),
           overlap = list(w * d * (1 - p), w * (1 - d) * p))
  }
  g <- coef(logit)
  weights <- arms(g)
  m <- sapply(weights, function(v) sum(v * y) / sum(v))
  psi <- function(theta) {
    v <- arms(theta[1:5])
    p <- as.vector(plogis(x %*% theta[1:5]))
    cbind(w * (d - p) * x, v[[1]] * (y - theta[6]), v[[2]] * (y - theta[7]))
  }
  add("propensity", estimand, m[1] - m[2],
      sandwich(psi, c(g, m), two$psu, c(rep(0, 5), 1, -1)), NA)
}

# ---- differences of persons
tilt <- function(x, d, w) {  # odds with which the comparison group has the treated's totals
  g <- c(log(sum(w * d) / sum(w * (1 - d))), rep(0, ncol(x) - 1))
  for (i in 1:100) {
    odds <- as.vector(w * (1 - d) * exp(x %*% g))
    g <- g - solve(t(x) %*% (odds * x), colSums((odds - w * d) * x))
  }
  g
}
ls_fit <- function(x, y, w) solve(t(x) %*% (w * x), colSums(w * y * x))
n <- nrow(one)
x <- cbind(1, covariates(one)); x <- t(t(x) / c(1, apply(x[, -1], 2, sd)))
d <- one$treated; iw <- two$weight / mean(two$weight); dy <- two$trust - one$trust
logit_fit <- function(x, d, w) suppressWarnings(glm(d ~ x - 1, family = quasibinomial, weights = w,
                                                    control = list(epsilon = 1e-14, maxit = 100)))
ps_part <- function(x, d, iw) {
  fit <- logit_fit(x, d, iw)
  p <- as.vector(plogis(x %*% coef(fit)))
  hessian <- solve(t(x) %*% (iw * p * (1 - p) * x)) * length(d)
  list(p = p, asy = (iw * (d - p) * x) %*% hessian)
}
ps <- ps_part(x, d, iw)
ols <- function(keep, y) {
  b <- ls_fit(x, y, iw * keep)
  inverse <- solve(crossprod(iw * keep * x, x) / n)
  list(fitted = as.vector(x %*% b), asy = (iw * keep * (y - as.vector(x %*% b)) * x) %*% inverse)
}
reg <- ols(1 - d, dy)
wt <- iw * d; wc <- iw * ps$p * (1 - d) / (1 - ps$p)
left <- dy - reg$fitted
eta_t <- mean(wt * left) / mean(wt); eta_c <- mean(wc * left) / mean(wc)
inf_t <- (wt * left - wt * eta_t - reg$asy %*% colMeans(wt * x)) / mean(wt)
inf_c <- (wc * left - wc * eta_c + ps$asy %*% colMeans(wc * (left - eta_c) * x) -
          reg$asy %*% colMeans(wc * x)) / mean(wc)
add("panel", "traditional", eta_t - eta_c, clustered((inf_t - inf_c) / n, one$psu))
att <- mean(wt * dy) / mean(wt) - mean(wt * reg$fitted) / mean(wt)
inf <- (wt * dy - wt * mean(wt * dy) / mean(wt)) / mean(wt) -
  (wt * reg$fitted - wt * mean(wt * reg$fitted) / mean(wt) + reg$asy %*% colMeans(wt * x)) /
  mean(wt)
add("panel", "regression", att, clustered(inf / n, one$psu))
m_t <- mean(wt * dy) / mean(wt); m_c <- mean(wc * dy) / mean(wc)
inf <- (wt * dy - wt * m_t) / mean(wt) -
  (wc * dy - wc * m_c + ps$asy %*% colMeans(wc * (dy - m_c) * x)) / mean(wc)
add("panel", "ipw", m_t - m_c, clustered(inf / n, one$psu))
odds <- as.vector(exp(x %*% tilt(x, d, iw)))
wc <- iw * (1 - d) * odds
left <- dy - as.vector(x %*% ls_fit(x, dy, wc))
att <- mean((wt - wc) * left) / mean(wt)
add("panel", "improved", att, clustered(((wt - wc) * left - wt * att) / mean(wt) / n, one$psu))

# ---- differences of two cross-sections: each sampling point is in one arm and both waves
keep <- !(both$wave == 2 & seq_len(nrow(both)) %% 3 == 0)  # of unequal size
rc <- both[keep, ]
n <- nrow(rc)
x <- cbind(1, covariates(rc)); x <- t(t(x) / c(1, apply(x[, -1], 2, sd)))
d <- rc$treated; post <- as.numeric(rc$wave == 2); y <- rc$trust; iw <- rc$weight / mean(rc$weight)
ps <- ps_part(x, d, iw)
reg <- list(c0 = ols((1 - d) * (1 - post), y), c1 = ols((1 - d) * post, y),
            t0 = ols(d * (1 - post), y), t1 = ols(d * post, y))
mean_part <- function(a, f, slopes = list(), on_ps = FALSE) {
  eta <- mean(a * f) / mean(a)
  inf <- a * (f - eta) / mean(a)
  for (s in slopes) inf <- inf + s$sign * s$asy %*% (colMeans(a * x) / mean(a))
  if (on_ps) inf <- inf + ps$asy %*% (colMeans(a * (f - eta) * x) / mean(a))
  list(eta = eta, inf = as.vector(inf))
}
sum_up <- function(method, parts, signs) add("cross_sections", method,
  sum(signs * sapply(parts, `[[`, "eta")),
  clustered(Reduce(`+`, Map(function(p, s) s * p$inf, parts, signs)) / n, rc$psu))
w_odds <- iw * ps$p * (1 - d) / (1 - ps$p)
minus <- function(r) list(sign = -1, asy = r$asy)
plus <- function(r) list(sign = 1, asy = r$asy)
y_cont <- post * reg$c1$fitted + (1 - post) * reg$c0$fitted
gap1 <- reg$t1$fitted - reg$c1$fitted; gap0 <- reg$t0$fitted - reg$c0$fitted
sum_up("traditional", list(
  mean_part(iw * d * post, y - y_cont, list(minus(reg$c1))),
  mean_part(iw * d * (1 - post), y - y_cont, list(minus(reg$c0))),
  mean_part(w_odds * post, y - y_cont, list(minus(reg$c1)), TRUE),
  mean_part(w_odds * (1 - post), y - y_cont, list(minus(reg$c0)), TRUE),
  mean_part(iw * d, gap1, list(plus(reg$t1), minus(reg$c1))),
  mean_part(iw * d * post, gap1, list(plus(reg$t1), minus(reg$c1))),
  mean_part(iw * d, gap0, list(plus(reg$t0), minus(reg$c0))),
  mean_part(iw * d * (1 - post), gap0, list(plus(reg$t0), minus(reg$c0)))),
  c(1, -1, -1, 1, 1, -1, -1, 1))
sum_up("regression", list(
  mean_part(iw * d * post, y), mean_part(iw * d * (1 - post), y),
  mean_part(iw * d, reg$c1$fitted, list(plus(reg$c1))),
  mean_part(iw * d, reg$c0$fitted, list(plus(reg$c0)))), c(1, -1, -1, 1))
sum_up("ipw", list(
  mean_part(iw * d * post, y), mean_part(iw * d * (1 - post), y),
  mean_part(w_odds * post, y, list(), TRUE), mean_part(w_odds * (1 - post), y, list(), TRUE)),
  c(1, -1, -1, 1))

# The improved estimator: all nuisances and means as one system of equations.
k <- ncol(x)
at <- function(theta, part) theta[(part - 1) * k + 1:k]
g <- tilt(x, d, iw)
odds <- as.vector(exp(x %*% g))
masks <- list((1 - d) * (1 - post), (1 - d) * post, d * (1 - post), d * post)
b <- list(ls_fit(x, y, iw * masks[[1]] * odds), ls_fit(x, y, iw * masks[[2]] * odds),
          ls_fit(x, y, iw * masks[[3]]), ls_fit(x, y, iw * masks[[4]]))
pieces <- function(g, b) {
  odds <- as.vector(exp(x %*% g))
  f <- lapply(b, function(part) as.vector(x %*% part))
  left <- y - (post * f[[2]] + (1 - post) * f[[1]])
  list(a = list(iw * d * post, iw * d * (1 - post), iw * odds * (1 - d) * post,
                iw * odds * (1 - d) * (1 - post), iw * d, iw * d * post, iw * d,
                iw * d * (1 - post)),
       f = list(left, left, left, left, f[[4]] - f[[2]], f[[4]] - f[[2]], f[[3]] - f[[1]],
                f[[3]] - f[[1]]))
}
signs <- c(1, -1, -1, 1, 1, -1, -1, 1)
now <- pieces(g, b)
eta <- mapply(function(a, f) sum(a * f) / sum(a), now$a, now$f)
psi <- function(theta) {
  g <- at(theta, 1); b <- lapply(2:5, function(part) at(theta, part))
  odds <- as.vector(exp(x %*% g))
  used <- pieces(g, b)
  equations <- lapply(1:4, function(j) iw * masks[[j]] * (if (j <= 2) odds else 1) *
                        (y - as.vector(x %*% b[[j]])) * x)
  means <- sapply(1:8, function(j) used$a[[j]] * (used$f[[j]] - theta[5 * k + j]))
  cbind(iw * ((1 - d) * odds - d) * x, do.call(cbind, equations), means)
}
theta <- c(g, unlist(b), eta)
stopifnot(max(abs(colSums(psi(theta)))) < 1e-6)
add("cross_sections", "improved", sum(signs * eta),
    sandwich(psi, theta, rc$psu, c(rep(0, 5 * k), signs)))

write.csv(do.call(rbind, rows), file.path(output, "r_balancing.csv"), row.names = FALSE)
