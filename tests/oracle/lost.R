# Lee bounds by brute force: a row for each unit of weight, sorted, and cut. Their jackknife
# errors, and design-based numbers on balance, with R's survey package.
#   Rscript tests/oracle/lost.R [output folder]
# Made with R 4.2.2, survey 4.1-1.
suppressPackageStartupMessages(library(survey))
options(digits = 17)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder
lost <- read.csv(file.path(folder, "simulated_lost.csv"))

# The mean of the lowest part of sorted units: the last one counts by the part that is left.
lowest <- function(y, weight, share) {
  # Jackknife weights are multiples of 1/5 here: 60 units a unit of weight keep them whole.
  units <- sort(rep(y, times = round(60 * weight)))
  k <- share * length(units)
  whole <- floor(k + 1e-9)
  rest <- max(k - whole, 0)
  (sum(units[seq_len(whole)]) + if (rest > 1e-9) rest * units[whole + 1] else 0) / k
}
bounds <- function(weight, data, variable) {
  arms <- lapply(c(1, 0), function(arm) {
    here <- data$arm == arm
    seen <- here & data$answered == 1
    list(q = sum(weight[seen]) / sum(weight[here]), y = data[[variable]][seen], w = weight[seen])
  })
  share <- arms[[2]]$q / arms[[1]]$q
  stopifnot(share <= 1)
  other <- sum(arms[[2]]$w * arms[[2]]$y) / sum(arms[[2]]$w)
  c(lowest(arms[[1]]$y, arms[[1]]$w, share) - other,
    -lowest(-arms[[1]]$y, arms[[1]]$w, share) - other)
}
tightened <- function(weight, data, variable) {
  stays <- data$arm == 0 & data$answered == 1
  cells <- unique(data$sex)
  parts <- sapply(cells, function(cell) sum(weight[stays & data$sex == cell])) / sum(weight[stays])
  inside <- sapply(cells, function(cell) {
    here <- data$sex == cell
    bounds(weight[here], data[here, ], variable)
  })
  as.numeric(inside %*% parts)
}

design <- svydesign(~town, strata = ~arm, weights = ~weight, data = lost)
jackknife <- as.svrepdesign(design, type = "JKn", mse = TRUE)
rows <- list()
for (variable in c("score", "trust")) for (how in c("plain", "sex")) {
  verb <- if (how == "plain") bounds else tightened
  found <- withReplicates(jackknife, function(w, data) verb(w, data, variable))
  rows[[length(rows) + 1]] <- data.frame(
    variable = variable, tighten = how, bound = c("lower", "upper"),
    estimate = as.numeric(found), std_error = as.numeric(SE(found)))
}
write.csv(do.call(rbind, rows), file.path(output, "r_lost_bounds.csv"), row.names = FALSE)

# Balance at the start: means by arm, difference with its design error, variances.
numbers <- lapply(c("start", "sex"), function(variable) {
  lost$x <- if (variable == "sex") as.numeric(lost$sex == "f") else lost$start
  by <- svydesign(~town, strata = ~arm, weights = ~weight, data = lost)
  means <- svyby(~x, ~arm, by, svymean, covmat = TRUE)
  gap <- svycontrast(means, c("0" = -1, "1" = 1))
  spread <- sapply(c(0, 1), function(arm) {
    w <- lost$weight[lost$arm == arm]; x <- lost$x[lost$arm == arm]
    m <- sum(w * x) / sum(w)
    sum(w * (x - m)^2) / sum(w)
  })
  data.frame(variable = variable, comparison = coef(means)[["0"]], treated = coef(means)[["1"]],
             estimate = as.numeric(coef(gap)), std_error = as.numeric(SE(gap)),
             variance_comparison = spread[1], variance_treated = spread[2])
})
write.csv(do.call(rbind, numbers), file.path(output, "r_lost_balance.csv"), row.names = FALSE)

# Weights of those found: one over the chance by a logistic regression within each arm, then to
# the arm's weight.
lost$made <- 0
for (arm in c(0, 1)) {
  here <- lost$arm == arm
  part <- lost[here, ]
  fit <- glm(answered ~ start + sex, family = quasibinomial, weights = weight, data = part,
             control = list(epsilon = 1e-14, maxit = 100))
  made <- ifelse(part$answered == 1, part$weight / fitted(fit), 0)
  lost$made[here] <- made * sum(part$weight) / sum(made)
}
write.csv(data.frame(made = lost$made), file.path(output, "r_lost_weights.csv"), row.names = FALSE)
