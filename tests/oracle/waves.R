# Changes, trends, change within persons and combined imputations by R's survey and mitools
# packages on the simulated panel. Run from the project's root:
#   Rscript tests/oracle/waves.R [output folder]
# Made with R 4.2.2, survey 4.1-1, mitools 2.4.
suppressPackageStartupMessages({library(survey); library(mitools)})
options(digits = 17, survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

panel <- read.csv(file.path(folder, "simulated_panel.csv"))
panel$cluster <- panel$stratum * 100 + panel$psu
panel$all <- "all"
waves <- sort(unique(panel$wave))
bys <- c(none = "all", site = "site", group = "group")

rows <- list()
add <- function(..., estimate, std_error, conf_low = NA, conf_high = NA, df = NA) {
  rows[[length(rows) + 1]] <<- data.frame(..., estimate = as.numeric(estimate),
    std_error = as.numeric(std_error), conf_low = as.numeric(conf_low),
    conf_high = as.numeric(conf_high), df = as.numeric(df))
}
design_of <- function(name, data) switch(name,
  same_psu = svydesign(~psu, strata = ~stratum, weights = ~weight, data = data, nest = TRUE),
  same_psu_fpc = svydesign(~psu, strata = ~stratum, weights = ~weight, fpc = ~psus_in_stratum,
                           data = data, nest = TRUE),
  clusters = svydesign(~cluster, weights = ~weight, data = data),
  independent = svydesign(~psu, strata = ~stratum, weights = ~weight, data = data, nest = TRUE))
verbs <- list(mean = svymean, total = svytotal)

# Levels by wave and group with their joint covariance; independent waves are block diagonal.
levels_of <- function(name, statistic, variable, by, data, where) {
  formula <- as.formula(paste0("~", variable))
  groups <- as.formula(paste0("~wave + ", bys[[by]]))
  one <- function(part) {
    design <- design_of(name, part)
    if (where == "older") design <- subset(design, age >= 40)
    # svyby(covmat = TRUE) stops at missing values: those who answered are a domain, the same.
    design <- design[!is.na(design$variables[[variable]]), ]
    table <- svyby(formula, groups, design, verbs[[statistic]], covmat = TRUE)
    keys <- data.frame(wave = table$wave, group = table[[bys[[by]]]])
    list(keys = keys, coef = as.numeric(coef(table)), var = matrix(attr(table, "var"), nrow(keys)))
  }
  if (name != "independent") return(one(data))
  parts <- lapply(waves, function(w) one(data[data$wave == w, ]))
  size <- sapply(parts, function(p) length(p$coef))
  var <- matrix(0, sum(size), sum(size))
  at <- cumsum(c(0, size))
  for (i in seq_along(parts)) {
    place <- (at[i] + 1):at[i + 1]
    var[place, place] <- parts[[i]]$var
  }
  list(keys = do.call(rbind, lapply(parts, `[[`, "keys")),
       coef = unlist(lapply(parts, `[[`, "coef")), var = var)
}
# PSUs minus strata over the rows of a group in some waves; those of independent waves add up.
df_of <- function(name, by, group, chosen) {
  part <- panel[panel[[bys[[by]]]] == group & panel$wave %in% chosen, ]
  if (name != "independent") return(degf(design_of(name, part)))
  sum(sapply(chosen, function(w) degf(design_of(name, part[part$wave == w, ]))))
}
# Intervals are compared where R's PSUs minus strata of a part are those of the strata that
# contribute to it: not where a part cuts across strata.
tells_df <- function(name, by, where)
  where == "everybody" && (by == "none" || (by == "site" && name != "clusters"))
as_stat <- function(levels) {
  names <- paste0("v", seq_along(levels$coef))
  dimnames(levels$var) <- list(names, names)
  structure(setNames(levels$coef, names), var = levels$var, statistic = "level", class = "svystat")
}
coefficients_of <- function(size, ...) {
  given <- list(...)
  vector <- rep(0, size)
  for (g in given) vector[g[1]] <- vector[g[1]] + g[2]
  vector
}
contrast_of <- function(stat, vector) {
  svycontrast(stat, list(c = setNames(vector, names(coef(stat)))))
}
pairs <- list(c(1, 2), c(2, 3), c(1, 3))

for (name in c("same_psu", "same_psu_fpc", "clusters", "independent"))
  for (statistic in c("mean", "total")) for (variable in c("x", "z"))
    for (by in names(bys)) for (where in if (statistic == "mean") c("everybody", "older") else "everybody") {
      cell <- data.frame(design = name, statistic = statistic, variable = variable, by = by, where = where)
      levels <- levels_of(name, statistic, variable, by, panel, where)
      stat <- as_stat(levels)
      size <- length(levels$coef)
      groups <- unique(levels$keys$group)
      for (group in groups) {
        at <- sapply(waves, function(w) which(levels$keys$wave == w & levels$keys$group == group))
        told <- tells_df(name, by, where)
        for (pair in pairs) {
          df <- if (told) df_of(name, by, group, waves[pair]) else NA
          key <- paste(group, waves[pair[2]], waves[pair[1]], sep = "|")
          from <- at[pair[1]]; to <- at[pair[2]]
          change <- contrast_of(stat, coefficients_of(size, c(to, 1), c(from, -1)))
          half <- if (told) qt(0.975, df) * SE(change) else NA
          add(cell, kind = "change", key = key, estimate = coef(change), std_error = SE(change),
              conf_low = coef(change) - half, conf_high = coef(change) + half, df = df)
          percent <- eval(bquote(svycontrast(stat, list(c = quote(100 * (.(as.name(paste0("v", to))) /
                                                              .(as.name(paste0("v", from))) - 1))))))
          ratio <- eval(bquote(svycontrast(stat, list(c = quote(log(.(as.name(paste0("v", to))) /
                                                              .(as.name(paste0("v", from)))))))))
          half <- if (told) qt(0.975, df) * SE(ratio) else NA
          add(cell, kind = "relative", key = key, estimate = coef(percent), std_error = SE(percent),
              conf_low = 100 * (exp(coef(ratio) - half) - 1),
              conf_high = 100 * (exp(coef(ratio) + half) - 1), df = df)
        }
        # Trends: coefficients of ordinary and of generalised least squares.
        line <- cbind(1, waves)
        var <- levels$var[at, at]
        centred <- cbind(1, waves - mean(waves))
        slopes <- list(ordinary = (solve(t(centred) %*% centred) %*% t(centred))[2, ],
                       generalised = (solve(t(centred) %*% solve(var, centred)) %*% t(centred) %*% solve(var))[2, ])
        df <- if (told) df_of(name, by, group, waves) else NA
        for (fit in names(slopes)) {
          vector <- rep(0, size); vector[at] <- slopes[[fit]]
          trend <- contrast_of(stat, vector)
          half <- if (told) qt(0.975, df) * SE(trend) else NA
          add(cell, kind = paste0("trend_", fit), key = group, estimate = coef(trend),
              std_error = SE(trend), conf_low = coef(trend) - half,
              conf_high = coef(trend) + half, df = df)
        }
        # Departure from the line: the generalised residual sum of squares, adjusted.
        theta <- levels$coef[at]
        fitted <- centred %*% solve(t(centred) %*% solve(var, centred), t(centred) %*% solve(var, theta))
        wald <- drop(t(theta - fitted) %*% solve(var, theta - fitted))
        q <- length(waves) - 2
        if (told) {
          statistic_f <- wald * (df - q + 1) / (q * df)
          add(cell, kind = "linearity", key = group, estimate = statistic_f,
              std_error = pf(statistic_f, q, df - q + 1, lower.tail = FALSE), df = df - q + 1)
        }
      }
      if (length(groups) == 2) for (pair in pairs) {
        at <- sapply(groups, function(g) sapply(waves[pair], function(w)
          which(levels$keys$wave == w & levels$keys$group == g)))
        vector <- coefficients_of(size, c(at[2, 2], 1), c(at[1, 2], -1), c(at[2, 1], -1), c(at[1, 1], 1))
        difference <- contrast_of(stat, vector)
        add(cell, kind = "difference_of_changes", key = paste(groups[2], waves[pair[2]], waves[pair[1]], sep = "|"),
            estimate = coef(difference), std_error = SE(difference))
      }
    }

# Change within persons: differences on one wave's design, persons in both waves as a domain.
directions <- c("down", "same", "up")
for (pair in pairs) for (weights in c("later", "earlier")) {
  ends <- waves[pair]
  own <- if (weights == "later") 2 else 1
  wide <- panel[panel$wave == ends[own], ]
  other <- panel[panel$wave == ends[3 - own], ]
  sign <- if (weights == "later") 1 else -1
  match_other <- match(wide$id, other$id)
  wide$change <- sign * (wide$x - other$x[match_other])
  mine <- wide$item; theirs <- other$item[match_other]
  before <- if (weights == "later") theirs else mine
  after <- if (weights == "later") mine else theirs
  wide$move <- factor(directions[sign(after - before) + 2], levels = directions)
  wide$cell <- factor(ifelse(is.na(before + after), NA, paste(before, after, sep = "|")),
                      levels = as.vector(outer(1:5, 1:5, paste, sep = "|")))
  for (name in c("same_psu", "same_psu_fpc", "clusters")) for (by in names(bys))
    for (where in if (name == "same_psu") c("everybody", "older") else "everybody") {
      design <- design_of(name, wide)
      if (where == "older") design <- subset(design, age >= 40)
      cell <- data.frame(design = name, statistic = weights, variable = "x", by = by, where = where)
      between <- paste(ends[2], ends[1], sep = "|")
      for (group in unique(panel[[bys[[by]]]])) {
        part <- design[design$variables[[bys[[by]]]] == group, ]
        told <- tells_df(name, by, where)
        df <- if (told) degf(design_of(name, wide[wide[[bys[[by]]]] == group, ])) else NA
        mean <- svymean(~change, subset(part, !is.na(change)))
        half <- if (told) qt(0.975, df) * SE(mean) else NA
        add(cell, kind = "panel_change", key = paste(group, between, sep = "|"), estimate = coef(mean),
            std_error = SE(mean), conf_low = coef(mean) - half,
            conf_high = coef(mean) + half, df = df)
        cell$variable <- "item"
        known <- subset(part, !is.na(move))
        for (direction in directions) {
          known$variables$here <- as.numeric(known$variables$move == direction)
          share <- svymean(~here, known)
          limits <- c(NA, NA)
          if (told && coef(share) > 0) limits <- attr(svyciprop(~here, known, method = "logit", df = df), "ci")
          add(cell, kind = "turnover", key = paste(group, between, direction, sep = "|"),
              estimate = coef(share), std_error = SE(share),
              conf_low = limits[1], conf_high = limits[2], df = df)
        }
        if (name == "same_psu" && where == "everybody") {
          shares <- svymean(~cell, known)
          add(cell, kind = "table", key = paste(group, between, levels(wide$cell), sep = "|"),
              estimate = coef(shares), std_error = SE(shares))
        }
        cell$variable <- "x"
      }
    }
}
write.csv(do.call(rbind, rows), file.path(output, "r_waves.csv"), row.names = FALSE)

# Imputations: mitools on R survey's results; Barnard and Rubin's degrees of freedom by their
# equations 3 to 5, because mitools leaves the factor 1 + 1/m out of the observed ones.
imputed <- read.csv(file.path(folder, "simulated_imputed.csv"))
imputed$all <- "all"
sets <- split(imputed, imputed$imputation)
m <- length(sets)
found <- list()
for (name in c("same_psu", "same_psu_fpc", "clusters")) for (variable in c("x", "z")) for (by in names(bys)) {
  if (name == "clusters") sets <- lapply(sets, function(s) transform(s, cluster = stratum * 100 + psu))
  tables <- lapply(sets, function(s) svyby(as.formula(paste0("~", variable)),
    as.formula(paste0("~wave + ", bys[[by]])), design_of(name, s), svymean, covmat = TRUE))
  keys <- paste(tables[[1]]$wave, tables[[1]][[bys[[by]]]], sep = "|")
  groups <- tables[[1]][[bys[[by]]]]
  vectors <- lapply(tables, coef); variances <- lapply(tables, vcov)
  ends <- range(tables[[1]]$wave)
  changes <- t(sapply(unique(groups), function(g) (groups == g) * ((tables[[1]]$wave == ends[2]) - (tables[[1]]$wave == ends[1]))))
  if (by == "none") changes <- matrix(changes, nrow = 1)
  all <- rbind(diag(length(keys)), changes)
  keys <- c(keys, paste("change", unique(groups), sep = "|"))
  vectors <- lapply(vectors, function(v) drop(all %*% v))
  variances <- lapply(variances, function(v) all %*% v %*% t(all))
  combined <- MIcombine(vectors, variances)
  within <- diag(Reduce(`+`, variances)) / m
  between <- diag(var(do.call(rbind, vectors))) * (1 + 1 / m)
  gamma <- between / (within + between)
  at <- c(groups, unique(groups))
  complete <- sapply(at, function(g)
    degf(design_of(name, sets[[1]][name == "clusters" | sets[[1]][[bys[[by]]]] == g, ])))
  observed <- (complete + 1) / (complete + 3) * complete * (1 - gamma)
  barnard_rubin <- 1 / (gamma^2 / (m - 1) + 1 / observed)
  found[[length(found) + 1]] <- data.frame(design = name, variable = variable, by = by, key = keys,
    estimate = coef(combined), std_error = sqrt(diag(vcov(combined))), df_rubin = combined$df,
    missing = combined$missinfo, increase = between / within, df_barnard_rubin = barnard_rubin)
  if (name == "same_psu" && variable == "x" && by == "site")
    write.csv(as.data.frame(unname(vcov(combined))), file.path(output, "r_waves_imputed_covariance.csv"), row.names = FALSE)
}
write.csv(do.call(rbind, found), file.path(output, "r_waves_imputed.csv"), row.names = FALSE)

# Change without ids: the formula on standard errors of single waves.
assumed <- list()
for (variable in c("x", "z")) for (by in names(bys)) {
  parts <- lapply(waves[c(1, 3)], function(w) {
    design <- design_of("same_psu", panel[panel$wave == w, ])
    svyby(as.formula(paste0("~", variable)), as.formula(paste0("~", bys[[by]])), design, svymean, na.rm = TRUE)
  })
  a <- SE(parts[[1]]); b <- SE(parts[[2]])
  for (r in c(-1, -0.2, 0, 0.5, 0.8, 1)) for (overlap in c(0, 0.3, 0.75))
    assumed[[length(assumed) + 1]] <- data.frame(variable = variable, by = by, key = parts[[1]][[bys[[by]]]],
      reliability = r, overlap = overlap, estimate = coef(parts[[2]]) - coef(parts[[1]]),
      std_error = sqrt(a^2 + b^2 - 2 * r * overlap * a * b), low = abs(a - b), high = a + b)
}
write.csv(do.call(rbind, assumed), file.path(output, "r_waves_unlinked.csv"), row.names = FALSE)
