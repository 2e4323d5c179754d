//! Figure 2: the loss after T steps over learning rate and momentum, and where it diverges.
//!
//! | curve | formula |
//! |---|---|
//! | exact edge | U(1) = 1, (21) |
//! | noiseless edge | alpha lambda_max = 2 (1+b), (251) |
//! | bound | alpha = 2 (1-b)/(gamma lambda_crit), (22) |
//!
//! Cells are iterated (SE with tau = 1, all modes, T steps), or sampled on the MNIST kernel; grey
//! cells diverged as [`super::measure`] defines it. The theory's verdict (U(1) < 1) and loss (contour)
//! are computed beside them and compared cell by cell.

use super::loss_map_claims::{Lattice, compare, compare_optima, theory_of};
use super::measure::{Ending, SampledProblem, iterate_sampled, iterate_se, linear};
use super::{ExperimentError, Outcome, Problem, Sources, Table, Work, fingerprint};
use crate::dynamics::KernelView;
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::report::{Axis, Dash, HeatMap, Rgb, Series};
use crate::stability::checked::{critical_regularization, upper_bound_22};
use crate::stability::grid::{Cell, critical_learning_rates};
use rayon::prelude::*;

/// The right end of the learning rates, times lambda_max.
const LARGEST_RATE: f64 = 4.0;
/// The ends of the momenta.
const MOMENTA: [f64; 2] = [-0.95, 0.98];
/// Grey of diverged cells.
pub(super) const DIVERGED: Rgb = Rgb::LIGHT_GREY;

/// What one map is taken over.
pub(super) struct Setting<'a> {
    pub(super) letter: char,
    pub(super) stage: &'a str,
    pub(super) problem: &'a Problem,
    pub(super) batch_size: u64,
    pub(super) sampled: Option<(KernelView<'a>, Vec<f64>)>,
}

/// The figure.
pub(super) fn figure_2(sources: &Sources, work: &mut Work<'_>) -> Result<Outcome, ExperimentError> {
    let mut outcome = Outcome::new("Loss after T steps, L(T)/L(0), and stability (Figure 2)", 2);
    let points = sources.mnist(1000)?;
    let kernel = &points.kernel;
    let mnist = Problem::of_kernel(&points.name, kernel)?;
    let signal = Problem::synthetic(1.5, 0.75, 1000)?;
    let noise = Problem::synthetic(1.5, 3.0, 1000)?;
    let view = KernelView::new(kernel.dataset_size(), kernel.kernel_row_major())?;
    outcome.note(points.note.clone());
    outcome.note(format!(
        "all learning rates are alpha times lambda_max; of the MNIST kernel K = Theta/N lambda_max is {:.4}",
        mnist.largest_eigenvalue
    ));
    outcome.note("a cell is grey (diverged) if the iterated SE loss exceeds 1e6 L_0 before step T or L_T > L_(T/2); of sampled SGD, if at least half of the seeds end with L_T >= L_0");
    outcome.note("chosen here and not taken from the paper: batch sizes, the exponents of the synthetic data and the ranges of both axes");
    let settings = [
        ('a', "mnist-b10", &mnist, 10, false),
        ('b', "signal-b10", &signal, 10, false),
        ('c', "noise-b10", &noise, 10, false),
        ('d', "noise-b100", &noise, 100, false),
        ('e', "mnist-sampled-b10", &mnist, 10, true),
        ('f', "mnist-sampled-b100", &mnist, 100, true),
    ];
    let mut best = Vec::new();
    for (letter, stage, problem, batch_size, sampled) in settings {
        let setting = Setting {
            letter,
            stage,
            problem,
            batch_size,
            sampled: sampled.then(|| (view, kernel.initial_residual())),
        };
        let optimum = map(&setting, work, &mut outcome)?;
        best.push((letter, optimum));
    }
    compare_optima(&best, &mut outcome);
    Ok(outcome)
}

fn lattice(setting: &Setting<'_>, work: &Work<'_>) -> Lattice {
    let scale = work.scale;
    let [columns, rows, steps] = match (setting.sampled.is_some(), setting.batch_size) {
        (false, _) => scale.pick([40, 21, 2_000], [100, 50, 10_000]),
        (true, b) if b > 20 => scale.pick([10, 7, 300], [25, 13, 1_000]),
        (true, _) => scale.pick([20, 11, 500], [50, 25, 10_000]),
    };
    let columns = columns as usize;
    Lattice {
        rates: linear(LARGEST_RATE / columns as f64, LARGEST_RATE, columns),
        // Cells divide the range, so that none reaches beyond momentum 1.
        momenta: centres(MOMENTA, rows as usize),
        steps,
    }
}

/// The centres of `count` equal parts of a range.
fn centres([low, high]: [f64; 2], count: usize) -> Vec<f64> {
    let half = 0.5 * (high - low) / count as f64;
    linear(low + half, high - half, count)
}

/// Draws one map; returns where the loss is lowest, if the map is of SE.
fn map(
    setting: &Setting<'_>,
    work: &mut Work<'_>,
    outcome: &mut Outcome,
) -> Result<Option<[f64; 2]>, ExperimentError> {
    let problem = setting.problem;
    let spectrum = &problem.spectrum;
    let gamma = noise_amplitude_of_batch(setting.batch_size, problem.dataset_size)?;
    let grid = lattice(setting, work);
    let (width, height) = (grid.rates.len(), grid.momenta.len());
    let seeds = work.scale.pick(3, 5);
    let one = |rate: f64, momentum: f64| -> Result<Ending, ExperimentError> {
        match &setting.sampled {
            None => {
                let h = Hyperparameters::new(rate, momentum, gamma, 1.0)?;
                iterate_se(spectrum, &h, grid.steps)
            }
            Some((kernel, residual)) => {
                let sampled = SampledProblem {
                    kernel: *kernel,
                    residual,
                    batch_size: setting.batch_size,
                    seeds,
                    master_seed: 2,
                };
                let rate = rate / problem.largest_eigenvalue;
                iterate_sampled(&sampled, [rate, momentum], grid.steps)
            }
        }
    };
    let journal = [
        ("batch_size", setting.batch_size.to_string()),
        ("steps", grid.steps.to_string()),
        ("seeds", seeds.to_string()),
        (
            "data",
            fingerprint(&[
                spectrum.eigenvalues(),
                spectrum.signal().unwrap_or_default(),
                &grid.rates,
                &grid.momenta,
            ]),
        ),
    ];
    let rows = work.rows(setting.stage, &journal, [height, 2 * width], &|row| {
        let cells: Vec<Ending> = grid
            .rates
            .par_iter()
            .map(|rate| one(*rate, grid.momenta[row]))
            .collect::<Result<_, _>>()?;
        Ok(cells
            .iter()
            .flat_map(|c| [f64::from(u8::from(c.diverged)), c.log10_ratio])
            .collect())
    })?;
    let measured: Vec<Ending> = rows
        .iter()
        .flat_map(|row| row.as_chunks::<2>().0)
        .map(|&[flag, log10_ratio]| Ending {
            diverged: flag != 0.0,
            log10_ratio,
        })
        .collect();
    let theory = theory_of(spectrum, &grid, gamma)?;
    let start = problem.initial_loss().log10();
    tabulate(setting, &grid, &measured, &theory, start, outcome);
    let shown: Vec<f64> = measured
        .iter()
        .map(|c| if c.diverged { f64::NAN } else { c.log10_ratio })
        .collect();
    let kind = if setting.sampled.is_some() {
        "sampled"
    } else {
        "SE"
    };
    let title = format!(
        "({}) {}, b = {}, {kind}, T = {}",
        setting.letter, problem.name, setting.batch_size, grid.steps
    );
    draw(&title, problem, gamma, &grid, &shown, outcome);
    compare(
        &title,
        problem,
        gamma,
        &grid,
        &measured,
        &theory,
        setting.sampled.is_some(),
        outcome,
    )?;
    Ok(lowest(&grid, &shown).filter(|_| setting.sampled.is_none()))
}

/// Learning rate and momentum of the lowest loss.
fn lowest(grid: &Lattice, shown: &[f64]) -> Option<[f64; 2]> {
    let width = grid.rates.len();
    shown
        .iter()
        .enumerate()
        .filter(|(_, v)| v.is_finite())
        .min_by(|a, b| a.1.total_cmp(b.1))
        .map(|(k, _)| [grid.rates[k % width], grid.momenta[k / width]])
}

fn tabulate(
    setting: &Setting<'_>,
    grid: &Lattice,
    measured: &[Ending],
    theory: &[Cell],
    start: f64,
    outcome: &mut Outcome,
) {
    let width = grid.rates.len();
    let rows: Vec<Vec<f64>> = measured
        .iter()
        .zip(theory)
        .enumerate()
        .map(|(k, (m, t))| {
            vec![
                grid.rates[k % width],
                grid.momenta[k / width],
                f64::from(u8::from(m.diverged)),
                m.log10_ratio,
                t.noise_function_at_1,
                t.convergence_radius,
                t.log10_loss - start,
            ]
        })
        .collect();
    let header = [
        "learning_rate_times_lambda_max",
        "momentum",
        "diverged_measured (1 = yes)",
        "log10_loss_over_initial_measured",
        "noise_function_at_1",
        "convergence_radius",
        "log10_loss_over_initial_theory",
    ];
    let name = format!("map-{}-{}", setting.letter, setting.stage);
    outcome.tables.push(Table::of_rows(name, &header, &rows));
}

/// The three curves over a map of (learning rate, momentum).
pub(super) fn edges(problem: &Problem, gamma: f64, momenta: [f64; 2]) -> Vec<Series> {
    let spectrum = &problem.spectrum;
    let dense = linear(momenta[0], momenta[1], 201);
    let bound = upper_bound_22(gamma, critical_regularization(spectrum, 1.0));
    let curve = |label: &str, rates: Vec<f64>| {
        Series::line(label, rates.into_iter().zip(dense.iter().copied()))
    };
    vec![
        curve(
            "U(1) = 1",
            critical_learning_rates(spectrum, &dense, gamma, 1.0),
        ),
        curve(
            "bound (22)",
            dense.iter().map(|b| (1.0 - b) * bound).collect(),
        )
        .with_dash(Dash::Dashed)
        .with_colour(Rgb::ORANGE),
        curve(
            "noiseless edge",
            dense.iter().map(|b| 2.0 * (1.0 + b)).collect(),
        )
        .with_dash(Dash::Dotted)
        .with_colour(Rgb(230, 60, 200)),
    ]
}

fn draw(
    title: &str,
    problem: &Problem,
    gamma: f64,
    grid: &Lattice,
    shown: &[f64],
    outcome: &mut Outcome,
) {
    let high = 0.0;
    let finite = shown.iter().copied().filter(|v| v.is_finite());
    let low = finite.fold(-1.0, f64::min).max(-12.0);
    let axes = [
        Axis::linear("learning rate α λₘₐₓ"),
        Axis::linear("momentum β"),
        Axis::linear("log₁₀ L(T)/L(0)").with_range(low, high),
    ];
    let map = HeatMap::new(title, axes, &grid.rates, &grid.momenta, shown)
        .with_undefined("diverged")
        .with_undefined_colour(DIVERGED);
    let map = edges(problem, gamma, MOMENTA)
        .into_iter()
        .fold(map, HeatMap::with);
    let best = lowest(grid, shown).map(|[rate, momentum]| (rate, momentum));
    outcome.panel(map.with(Series::dots("lowest loss", best).with_colour(Rgb::WHITE)));
}
