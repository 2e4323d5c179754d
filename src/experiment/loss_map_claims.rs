//! What Figure 2 says in numbers.

use super::measure::{Ending, largest, median};
use super::{Agreement, ExperimentError, Outcome, Problem, Rule};
use crate::spectrum::Spectrum;
use crate::stability::grid::{
    Cell, Grid, GridSettings, critical_learning_rates, noise_function_grid,
};

/// Share of the cells where the noise decides whose verdict must be that of U(1).
const LEAST_DECIDED: f64 = 0.9;

/// Learning rates and momenta of a map.
pub(super) struct Lattice {
    pub(super) rates: Vec<f64>,
    pub(super) momenta: Vec<f64>,
    pub(super) steps: u64,
}

#[expect(
    clippy::too_many_arguments,
    reason = "what was measured, what was predicted, and where it goes"
)]
pub(super) fn compare(
    title: &str,
    problem: &Problem,
    gamma: f64,
    grid: &Lattice,
    measured: &[Ending],
    theory: &[Cell],
    sampled: bool,
    outcome: &mut Outcome,
) -> Result<(), ExperimentError> {
    let width = grid.rates.len();
    let spectrum = &problem.spectrum;
    // Verdicts by a multiple of the noise; NaN (beyond the noiseless edge) is no stability.
    let stable = |factor: f64| -> Vec<bool> {
        let noise = factor * gamma;
        noise_function_grid(spectrum, &grid.rates, &grid.momenta, noise, 1.0)
            .into_iter()
            .map(|u| u < 1.0)
            .collect()
    };
    let (right, half, twice, none) = (stable(1.0), stable(0.5), stable(2.0), stable(0.0));
    let share = |of: &dyn Fn(usize) -> bool, theory: &[bool]| {
        let chosen: Vec<usize> = (0..measured.len()).filter(|k| of(*k)).collect();
        let same = chosen
            .iter()
            .filter(|k| measured[**k].diverged != theory[**k]);
        [
            same.count() as f64 / chosen.len() as f64,
            chosen.len() as f64,
        ]
    };
    let everywhere = |_: usize| true;
    let decided = |k: usize| half[k] != twice[k];
    // Most cells are far from the edge, where any theory is right: no rule over all of them.
    outcome.agreements.push(Agreement::reported(
        format!(
            "{title}: cells whose measured divergence is the verdict of U(1) (without noise: {:.4})",
            share(&everywhere, &none)[0]
        ),
        "share",
        share(&everywhere, &right)[0],
    ));
    let [part, count] = share(&decided, &right);
    if count > 0.0 {
        let what = format!(
            "{title}: the same of the {count:.0} cells that half and twice the noise judge differently"
        );
        outcome.agreements.push(if sampled {
            Agreement::reported(what, "share", part)
        } else {
            Agreement::share(what, part, LEAST_DECIDED)
                .against_measured("half the noise", share(&decided, &half)[0])
                .against_measured("twice the noise", share(&decided, &twice)[0])
        });
    }
    let first = |row: usize| {
        (0..width)
            .find(|i| measured[row * width + i].diverged)
            .map_or(f64::NAN, |i| {
                grid.rates[i] - 0.5 * (grid.rates[1] - grid.rates[0])
            })
    };
    let edge = |factor: f64| critical_learning_rates(spectrum, &grid.momenta, factor * gamma, 1.0);
    let exact = edge(1.0);
    // Momenta at which the edge is resolved by the grid and half the noise would move it.
    let (less, more) = (edge(0.5), edge(2.0));
    let felt: Vec<usize> = (0..exact.len())
        .filter(|k| exact[*k] > 4.0 * grid.rates[0] && less[*k] > 1.1 * exact[*k])
        .collect();
    let over = |theory: &[f64]| median(felt.iter().map(|k| first(*k) / theory[*k]));
    if !felt.is_empty() {
        outcome.agreements.push(
            Agreement::new(
                format!(
                    "{title}: measured edge over exact edge, median over {} momenta where half the noise would move it by more than 10 %",
                    felt.len()
                ),
                "ratio",
                [over(&exact), 1.0],
                if sampled {
                    Rule::Reported
                } else {
                    Rule::Relative(0.05)
                },
            )
            .against_measured("half the noise", over(&less))
            .against_measured("twice the noise", over(&more)),
        );
    }
    if !sampled {
        let start = problem.initial_loss().log10();
        let worst = |theory: &[Cell]| {
            let pairs = measured.iter().zip(theory);
            let both = pairs.filter(|(m, t)| !m.diverged && t.log10_loss.is_finite());
            largest(both.map(|(m, t)| (m.log10_ratio - t.log10_loss + start).abs()))
        };
        let wrong = theory_of(spectrum, grid, 0.99 * gamma)?;
        outcome.agreements.push(
            Agreement::new(
                format!("{title}: largest difference of log10 loss, iterated against contour"),
                "decades",
                [worst(theory), 1e-6],
                Rule::AtMost,
            )
            .against_measured("99 % of the noise", worst(&wrong)),
        );
    }
    Ok(())
}

/// Verdicts and losses by theory.
pub(super) fn theory_of(
    spectrum: &Spectrum,
    grid: &Lattice,
    noise_amplitude: f64,
) -> Result<Vec<Cell>, ExperimentError> {
    let settings = GridSettings {
        learning_rates: grid.rates.clone(),
        momenta: grid.momenta.clone(),
        noise_amplitude,
        tau: 1.0,
        step: Some(grid.steps),
    };
    Ok(Grid::new(spectrum, settings)?.cells())
}

/// Signal-dominated maps have their optimum at large momentum, noise-dominated ones inside.
pub(super) fn compare_optima(best: &[(char, Option<[f64; 2]>)], outcome: &mut Outcome) {
    for (letter, optimum) in best {
        let Some([rate, momentum]) = optimum else {
            continue;
        };
        outcome.agreements.push(Agreement::reported(
            format!("({letter}) momentum of the lowest loss, at learning rate times lambda_max {rate:.3}"),
            "momentum",
            *momentum,
        ));
    }
    let of = |letter| {
        best.iter()
            .find(|(l, _)| *l == letter)
            .and_then(|(_, b)| *b)
            .map_or(f64::NAN, |b| b[1])
    };
    let least = of('a').min(of('b'));
    let most = of('c').max(of('d'));
    outcome.agreements.push(
        Agreement::new(
            "lowest optimal momentum of the signal-dominated maps (a), (b) is at least the highest of the noise-dominated maps (c), (d)",
            "momentum",
            [least, most],
            Rule::AtLeast,
        )
        .against("phases exchanged", [most, least]),
    );
}
