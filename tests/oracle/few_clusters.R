# CR2 errors and Satterthwaite's degrees of freedom by R's clubSandwich on simulated clusters of
# unequal size. Run from the project's root:
#   Rscript tests/oracle/few_clusters.R [output folder]
# Made with R 4.2.2, clubSandwich 0.5.8.
suppressPackageStartupMessages(library(clubSandwich))
options(digits = 17)
folder <- "tests/oracle/data"
output <- commandArgs(trailingOnly = TRUE)
output <- if (length(output)) output[1] else folder

data <- read.csv(file.path(folder, "simulated_few_clusters.csv"))
data$place_weight <- data$weight / ave(data$weight, data$place, data$wave, FUN = sum)
data$exposed <- data$treated * data$wave
data$before <- data$treated * (1 - data$wave)
data$site <- factor(data$place)
formulas <- list(
  endline = y ~ treated + age,
  pooled = y ~ treated + wave + exposed + age,
  # The same model: its `exposed` is treated + exposed of the pooled one.
  endline_difference = y ~ before + wave + exposed + age,
  fixed = y ~ 0 + site + wave + exposed)
weights <- list(none = NULL, survey = data$weight, equal_places = data$place_weight)

rows <- list()
for (model in names(formulas)) for (kind in names(weights)) {
  part <- if (model == "endline") data$wave == 1 else rep(TRUE, nrow(data))
  used <- data[part, ]
  used$w <- if (is.null(weights[[kind]])) NULL else weights[[kind]][part]
  fit <- if (is.null(weights[[kind]])) lm(formulas[[model]], used) else
    lm(formulas[[model]], used, weights = w)
  for (type in c("CR0", "CR1", "CR1S", "CR2")) {
    v <- vcovCR(fit, cluster = used$place, type = type)
    terms <- intersect(c("treated", "before", "wave", "exposed", "age"), names(coef(fit)))
    test <- if (type == "CR2") coef_test(fit, v, test = "Satterthwaite") else NULL
    for (term in terms) rows[[length(rows) + 1]] <- data.frame(model, weights = kind, type, term,
      estimate = coef(fit)[[term]], std_error = sqrt(v[term, term]),
      df = if (is.null(test)) NA else test[term, "df_Satt"],
      p_value = if (is.null(test)) NA else test[term, "p_Satt"])
  }
}
write.csv(do.call(rbind, rows), file.path(output, "r_few_clusters.csv"), row.names = FALSE,
          quote = FALSE)
