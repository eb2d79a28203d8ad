# Families of p-values, power of t tests, one-sided tests, components of variance and weighted
# moments by R, on simulated data. Run from the project's root:
#   Rscript tests/oracle/planning.R [output folder]
# Made with R 4.2.2.
options(digits = 17)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder
keep <- function(table, name) write.csv(table, file.path(output, name), row.names = FALSE)

# Families.
p <- c(0.001, 0.008, 0.012, 0.02, 0.02, 0.06, 0.11, 0.3, 0.5, 0.9, 1, 0.00002)
keep(data.frame(p = p, holm = p.adjust(p, "holm"), benjamini_hochberg = p.adjust(p, "BH")),
     "r_families.csv")

# Effects that t tests of two equal groups detect: the test of city means has n = cities an arm.
grid <- expand.grid(cities = c(2, 3, 4, 8, 30), power = c(0.8, 0.9), level = c(0.95, 0.9))
grid$delta <- mapply(function(n, power, level) {
  power.t.test(n = n, sd = 1, sig.level = 1 - level, power = power, strict = TRUE,
               tol = 1e-12)$delta
}, grid$cities, grid$power, grid$level)
keep(grid, "r_power.csv")

# Equivalence: two one-sided Welch tests against a margin.
panel <- read.csv(file.path(folder, "simulated_panel.csv"))
tests <- do.call(rbind, lapply(c(0.5, 1, 2, 4), function(margin) {
  a <- panel$x[panel$group == "a"]; b <- panel$x[panel$group == "b"]
  t <- t.test(a, b, conf.level = 0.9)
  data.frame(margin = margin, estimate = unname(t$estimate[1] - t$estimate[2]),
             std_error = t$stderr, df = unname(t$parameter), lower = t$conf.int[1],
             upper = t$conf.int[2],
             p_value = max(t.test(a, b, mu = -margin, alternative = "greater")$p.value,
                           t.test(a, b, mu = margin, alternative = "less")$p.value))
}))
keep(tests, "r_equivalence.csv")

# Components of variance: analysis of variance of unequal clusters, and of equal ones nested.
rows <- list()
for (wave in unique(panel$wave)) {
  part <- panel[panel$wave == wave & !is.na(panel$x), ]
  part$cluster <- factor(part$stratum * 100 + part$psu)
  part$place <- factor(part$stratum)
  table <- anova(lm(x ~ place + cluster, part))
  ms <- table[c("cluster", "Residuals"), "Mean Sq"]
  df <- table[c("cluster", "Residuals"), "Df"]
  size <- tapply(part$x, part$cluster, length)
  of <- tapply(part$stratum, part$cluster, unique)
  n0 <- (sum(size) - sum(sapply(unique(of), function(s) sum(size[of == s]^2) / sum(size[of == s])))) /
    df[1]
  between <- (ms[1] - ms[2]) / n0
  f <- ms[1] / ms[2]
  ends <- f / qf(c(0.975, 0.025), df[1], df[2])
  rows[[length(rows) + 1]] <- data.frame(wave = wave, estimate = between / (between + ms[2]),
    lower = (ends[1] - 1) / (ends[1] - 1 + n0), upper = (ends[2] - 1) / (ends[2] - 1 + n0),
    df = df[1], std_dev = sqrt(between + ms[2]))
}
keep(do.call(rbind, rows), "r_intracluster.csv")

equal <- do.call(rbind, by(panel[panel$wave == 2019 & !is.na(panel$x), ],
  panel[panel$wave == 2019 & !is.na(panel$x), c("stratum", "psu")], head, 5))
equal$cluster <- factor(equal$stratum * 100 + equal$psu)
equal$stratum <- factor(equal$stratum)
table <- anova(lm(x ~ stratum + cluster, equal))
ms <- table[, "Mean Sq"]
keep(data.frame(level = c("stratum", "cluster", "person"),
                variance = c((ms[1] - ms[2]) / 30, (ms[2] - ms[3]) / 5, ms[3])), "r_nested.csv")

# Weighted moments of a reference group, as summary indices use them.
part <- panel[panel$wave == 2019 & panel$site == "north", ]
part <- part[complete.cases(part[, c("x", "z", "item")]), ]
moments <- cov.wt(part[, c("x", "z", "item")], wt = part$weight / sum(part$weight), method = "ML")
z <- scale(part[, c("x", "z", "item")], moments$center, sqrt(diag(moments$cov)))
sigma <- cov.wt(z, wt = part$weight / sum(part$weight), method = "ML")$cov
w <- rowSums(solve(sigma)); w <- w / sum(w)
score <- function(w) {
  s <- z %*% w
  m <- sum(s * part$weight) / sum(part$weight)
  (s - m) / sqrt(sum((s - m)^2 * part$weight) / sum(part$weight))
}
keep(data.frame(item = names(moments$center), mean = moments$center,
                std_dev = sqrt(diag(moments$cov)), weight = w,
                first_mean_of_z = score(rep(1 / 3, 3))[1:3],
                first_inverse_covariance = score(w)[1:3]), "r_summary_index.csv")
