//! Figures 4 and 5: the best hyperparameters at a fixed budget b T, and where linear scaling ends.
//!
//! With B = b T samples seen, gamma = 1/b and the signal-dominated phase (E.5):
//!
//! ```text
//! L_opt ~ (K/2) Gamma(zeta+1) (4 Lambda B)^-zeta  min_{x > lambda_crit} x^zeta/(1 - f(x)),
//! f(x) = sum_k lambda_k/(tau lambda_k + x),    x = 2/(gamma alpha_eff),   beta -> 1
//! ```
//!
//! It depends on B alone: SGD scales linearly with the batch size. The minimiser x is independent of b,
//! so that alpha_eff = 2 b/x grows with b; with alpha lambda_max < 4 this needs 1 - beta < 2 x/b, and the
//! velocity then takes about b/(2x) steps to settle. Linear scaling ends where that is no longer short
//! against T = B/b: about b_end = sqrt(2 x B), an estimate of ours (order of magnitude).

use super::budget_case::{Case, Optimum, cases, effective};
use super::budget_claims::{END, bounds, describe, end, over_first, scaling};
use super::measure::log_steps;
use super::search::{Best, Losses};
use super::{ExperimentError, Outcome, Sources, Table, Work};
use crate::dynamics::{CurveMethod, LossCurve};
use crate::moment::noise_amplitude_of_batch;
use crate::report::{Axis, Dash, LinePlot, Rgb, Series};
use crate::stability::checked::{critical_regularization, upper_bound_22};
use rayon::prelude::*;

fn optima(case: &Case, budget: u64, work: &mut Work<'_>) -> Result<Vec<Optimum>, ExperimentError> {
    let all = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
    let batches: Vec<u64> = match work.scale {
        super::Scale::Quick => vec![1, 5, 20, 100, 500],
        super::Scale::Full => all.to_vec(),
    };
    let batches: Vec<u64> = batches
        .into_iter()
        .filter(|b| case.dataset_size.is_none_or(|n| *b < n) && budget / b >= 20)
        .collect();
    let settings = [
        ("budget", budget.to_string()),
        ("batch_sizes", format!("{batches:?}")),
        ("data", case.fingerprint()),
    ];
    let of = |batch_size: u64| -> Result<(f64, u64), ExperimentError> {
        let gamma = noise_amplitude_of_batch(batch_size, case.dataset_size)?;
        Ok((gamma, budget / batch_size))
    };
    // Two batch sizes a row: one for each of two threads.
    let pairs: Vec<&[u64]> = batches.chunks(2).collect();
    let stage = format!("optima-{}-{budget}", case.stage);
    let rows = work.rows(&stage, &settings, [pairs.len(), 6], &|row| {
        let found: Vec<[f64; 3]> = pairs[row]
            .par_iter()
            .map(|&b| {
                let (gamma, steps) = of(b)?;
                let best = Losses::new(&case.spectrum, gamma, 1.0).best(steps)?;
                Ok([best.learning_rate, best.momentum, best.log10_loss])
            })
            .collect::<Result<_, ExperimentError>>()?;
        Ok(found.into_iter().flatten().collect())
    })?;
    let values = rows.iter().flat_map(|row| row.as_chunks::<3>().0);
    batches
        .iter()
        .zip(values)
        .map(|(&batch_size, &[learning_rate, momentum, log10_loss])| {
            let (noise_amplitude, steps) = of(batch_size)?;
            Ok(Optimum {
                batch_size,
                steps,
                noise_amplitude,
                best: Best {
                    learning_rate,
                    momentum,
                    log10_loss,
                },
            })
        })
        .collect()
}

fn table(case: &Case, budget: u64, optima: &[Optimum], lambda_crit: f64) -> Table {
    let rows: Vec<Vec<f64>> = optima
        .iter()
        .map(|o| {
            let effective = effective(o);
            vec![
                o.batch_size as f64,
                o.steps as f64,
                o.noise_amplitude,
                o.best.learning_rate,
                o.best.momentum,
                effective,
                effective / upper_bound_22(o.noise_amplitude, lambda_crit),
                10f64.powf(o.best.log10_loss),
            ]
        })
        .collect();
    let header = [
        "batch_size",
        "steps",
        "noise_amplitude",
        "best_learning_rate_times_lambda_max",
        "best_momentum",
        "effective_learning_rate_times_lambda_max",
        "effective_learning_rate_over_bound_22",
        "loss",
    ];
    Table::of_rows(
        format!("optima-{}-budget-{budget}", case.stage),
        &header,
        &rows,
    )
}

/// Figure 4: the optimal hyperparameters.
pub(super) fn figure_4(sources: &Sources, work: &mut Work<'_>) -> Result<Outcome, ExperimentError> {
    let mut outcome = Outcome::new(
        "Optimal hyperparameters at a fixed budget b T (Figure 4)",
        2,
    );
    let cases = cases(sources, &mut outcome)?;
    let budget = work.scale.pick(10_000, 100_000);
    let x = || Axis::log("batch size b");
    let word = format!("b T = {budget}");
    let mut plots = [
        LinePlot::new(
            format!("(a) effective learning rate, {word}"),
            x(),
            Axis::log("α/(1 − β), times λₘₐₓ"),
        ),
        LinePlot::new(
            format!("(b) one minus momentum, {word}"),
            x(),
            Axis::log("1 − β"),
        ),
        LinePlot::new(
            format!("(c) learning rate, {word}"),
            x(),
            Axis::log("α λₘₐₓ"),
        ),
        LinePlot::new(
            format!("(d) loss at the optimum, {word}"),
            x(),
            Axis::log("L(T)/L(0)"),
        ),
    ];
    let mut ends = Vec::new();
    for case in &cases {
        let found = optima(case, budget, work)?;
        let lambda_crit = critical_regularization(&case.spectrum, 1.0);
        let start = case.spectrum.initial_loss().unwrap_or(1.0);
        let b = |o: &Optimum| o.batch_size as f64;
        let draw = |plot: LinePlot, f: &dyn Fn(&Optimum) -> f64| {
            let points: Vec<(f64, f64)> = found.iter().map(|o| (b(o), f(o))).collect();
            plot.with(
                Series::line(case.name.clone(), points)
                    .with_dots()
                    .with_colour(case.colour),
            )
        };
        let [p, q, r, s] = plots;
        let bound = found
            .iter()
            .map(|o| (b(o), upper_bound_22(o.noise_amplitude, lambda_crit)));
        let bound = Series::line("", bound)
            .with_dash(Dash::Dashed)
            .with_colour(case.colour);
        plots = [
            draw(p, &effective).with(bound),
            draw(q, &|o| 1.0 - o.best.momentum),
            draw(r, &|o| o.best.learning_rate),
            draw(s, &|o| 10f64.powf(o.best.log10_loss) / start),
        ];
        let returns = end(case, budget, &found, &mut outcome)?;
        if let Some(first) = found.first().filter(|_| returns.is_finite()) {
            let loss = END * 10f64.powf(first.best.log10_loss) / start;
            ends.push((returns, loss));
        }
        outcome
            .tables
            .push(table(case, budget, &found, lambda_crit));
        describe(case, &found, lambda_crit, &mut outcome)?;
        bounds(case, lambda_crit, work, &mut outcome)?;
    }
    let [p, q, r, s] = plots;
    let key = Series::line("bound (22); green: both ν = 1.5", [])
        .with_dash(Dash::Dashed)
        .with_colour(Rgb::GREY);
    outcome.panel(p.with(key));
    outcome.panel(q);
    outcome.panel(r);
    outcome.panel(s.with(end_marks(ends)));
    Ok(outcome)
}

/// Dots where linear scaling has ended.
fn end_marks(ends: Vec<(f64, f64)>) -> Series {
    let label = format!("{END} × loss of b = 1");
    Series::dots(label, ends).with_colour(Rgb::BLACK)
}

/// Figure 5: losses at a fixed budget.
pub(super) fn figure_5(sources: &Sources, work: &mut Work<'_>) -> Result<Outcome, ExperimentError> {
    let mut outcome = Outcome::new(
        "Linear scaling with the batch size and its end (Figure 5)",
        2,
    );
    let cases = cases(sources, &mut outcome)?;
    let budgets: &[u64] = work
        .scale
        .pick(&[10_000][..], &[10_000, 100_000, 1_000_000][..]);
    let mut ends = Vec::new();
    let mut last = LinePlot::new(
        "(d) diminishing returns",
        Axis::log("batch size b"),
        Axis::log("optimal loss over that of b = 1").with_range(0.8, 100.0),
    );
    for (letter, case) in ['a', 'b', 'c'].into_iter().zip(&cases) {
        for (k, &budget) in budgets.iter().enumerate() {
            let found = optima(case, budget, work)?;
            let lambda_crit = critical_regularization(&case.spectrum, 1.0);
            outcome
                .tables
                .push(table(case, budget, &found, lambda_crit));
            if k == 0 {
                curves(letter, case, budget, &found, &mut outcome)?;
            }
            let ratios = over_first(&found);
            let dash = [Dash::Solid, Dash::Dashed, Dash::Dotted][k.min(2)];
            let label = if budgets.len() > 1 {
                format!("{}, 10{}", case.stage, ["⁴", "⁵", "⁶"][k.min(2)])
            } else {
                case.name.clone()
            };
            last = last.with(
                Series::line(label, ratios.iter().copied())
                    .with_dots()
                    .with_dash(dash)
                    .with_colour(case.colour),
            );
            let returns = scaling(case, budget, &found, work, &mut outcome)?;
            if returns.is_finite() {
                ends.push((returns, END));
            }
        }
    }
    outcome.panel(last.with(end_marks(ends)));
    outcome.note("(d) ends at 100, the tables have all values");
    Ok(outcome)
}

/// Loss against samples seen, at the best hyperparameters of each batch size.
fn curves(
    letter: char,
    case: &Case,
    budget: u64,
    found: &[Optimum],
    outcome: &mut Outcome,
) -> Result<(), ExperimentError> {
    let x = Axis::log("samples seen, b t").with_range(10.0, budget as f64);
    let mut plot = LinePlot::new(
        format!("({letter}) {}, optimal α and β", case.name),
        x,
        Axis::log("Lₜ/L₀"),
    );
    let start = case.spectrum.initial_loss().unwrap_or(1.0);
    let mut columns = Vec::new();
    for (k, o) in found.iter().enumerate() {
        let steps = log_steps(o.steps, 40);
        let losses = Losses::new(&case.spectrum, o.noise_amplitude, 1.0);
        let h = losses.at(o.best.learning_rate, o.best.momentum)?;
        let curve = LossCurve::compute(
            losses.spectrum(),
            &h,
            &steps,
            CurveMethod::Auto,
            0.0,
            &|_| {},
        )?;
        let samples: Vec<f64> = steps.iter().map(|t| (t * o.batch_size) as f64).collect();
        let values: Vec<f64> = curve
            .points()
            .iter()
            .map(|p| 10f64.powf(p.log10_loss()) / start)
            .collect();
        let share = k as f64 / (found.len().max(2) - 1) as f64;
        plot = plot.with(
            Series::line(
                format!("b = {}", o.batch_size),
                samples.iter().copied().zip(values.iter().copied()),
            )
            .with_colour(crate::report::shade(0.92 * share)),
        );
        columns.push((format!("samples_b{}", o.batch_size), samples));
        columns.push((format!("loss_over_initial_b{}", o.batch_size), values));
    }
    let rows = columns.iter().map(|c| c.1.len()).max().unwrap_or(0);
    columns.iter_mut().for_each(|c| c.1.resize(rows, f64::NAN));
    outcome.tables.push(Table {
        name: format!("curves-{}", case.stage),
        columns,
    });
    outcome.panel(plot);
    Ok(())
}
