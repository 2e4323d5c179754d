//! Figure 3 (a): the phases of power laws with measured exponents.

use super::measure::linear;
use super::{Agreement, ExperimentError, Outcome, Table, Work, fingerprint};
use crate::dynamics::{CurveMethod, LossCurve, SeRecursion};
use crate::moment::Hyperparameters;
use crate::report::{Axis, RegionPlot, Rgb, Series};
use crate::spectrum::{PowerLaw, Spectrum};
use crate::stability::{checked, convergence_radius};
use rayon::prelude::*;

/// A measured exponent agrees with the predicted one within this.
const EXPONENT: f64 = 0.05;

/// The infinite power law, its nodes and their relative error.
pub(super) fn law(nu: f64, kappa: f64) -> Result<(PowerLaw, Spectrum, f64), ExperimentError> {
    let law = PowerLaw::new(nu, Some(kappa))?;
    let (spectrum, error) = law.spectrum();
    Ok((law, spectrum, error.unwrap_or(0.0)))
}

/// Noise amplitude of the diagram.
const NOISE: f64 = 0.5;
/// The two steps between which exponents are measured.
const LATE: [u64; 2] = [1_000_000_000, 10_000_000_000];

/// What the rows of the diagram depend on.
fn settings(zetas: &[f64], inverses: &[f64]) -> [(&'static str, String); 2] {
    [
        ("grid", fingerprint(&[zetas, inverses])),
        (
            "parameters",
            format!("gamma {NOISE}, tau 1, steps {LATE:?}"),
        ),
    ]
}

/// What was measured at a point of the diagram.
fn measured_phase(zeta: f64, inverse: f64) -> Result<[f64; 4], ExperimentError> {
    let nu = 1.0 / inverse;
    let (_, spectrum, _) = law(nu, zeta * nu)?;
    let gamma = NOISE;
    if inverse >= 2.0 {
        // One step makes the loss infinite: the recursion refuses to start.
        let h = Hyperparameters::new(0.1, 0.0, gamma, 1.0)?;
        let refused = SeRecursion::new(&spectrum, &h).is_err();
        return Ok([f64::NAN, f64::NAN, f64::NAN, f64::from(u8::from(refused))]);
    }
    if inverse >= 1.0 {
        let h = Hyperparameters::new(0.3, 0.0, gamma, 1.0)?;
        let radius = convergence_radius(&spectrum, &h).unwrap_or(f64::NAN);
        let diverges = f64::from(u8::from(radius < 1.0));
        return Ok([f64::NAN, f64::NAN, radius, diverges]);
    }
    let predicted = zeta.min(2.0 - inverse);
    let edge = checked::critical_learning_rate(&spectrum, 0.0, gamma, 1.0);
    let h = Hyperparameters::new(0.5 * edge, 0.0, gamma, 1.0)?;
    let curve = LossCurve::compute(&spectrum, &h, &LATE, CurveMethod::Auto, 0.0, &|_| {})?;
    let logs: Vec<f64> = curve.points().iter().map(|p| p.log10_loss()).collect();
    let slope = logs[0] - logs[1];
    let agrees = f64::from(u8::from((slope - predicted).abs() <= EXPONENT));
    Ok([slope, predicted, 1.0, agrees])
}

pub(super) fn diagram(work: &mut Work<'_>, outcome: &mut Outcome) -> Result<(), ExperimentError> {
    let count = work.scale.pick(12, 24);
    let zetas = linear(0.1, 2.4, count);
    let inverses = linear(0.15, 2.25, count);
    let rows = work.rows(
        "phases",
        &settings(&zetas, &inverses),
        [count, 4 * count],
        &|row| {
            let cells: Vec<[f64; 4]> = zetas
                .par_iter()
                .map(|zeta| measured_phase(*zeta, inverses[row]))
                .collect::<Result<_, _>>()?;
            Ok(cells.into_iter().flatten().collect())
        },
    )?;
    let mut table = Vec::new();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (row, values) in rows.iter().enumerate() {
        for (column, cell) in values.as_chunks::<4>().0.iter().enumerate() {
            let (zeta, inverse) = (zetas[column], inverses[row]);
            let agrees = cell[3] == 1.0;
            if agrees { &mut good } else { &mut bad }.push((zeta, inverse));
            table.push([&[zeta, inverse], &cell[..]].concat());
        }
    }
    let header = [
        "zeta",
        "1/nu",
        "measured_exponent",
        "predicted_exponent",
        "convergence_radius",
        "agrees (1 = yes)",
    ];
    outcome
        .tables
        .push(Table::of_rows("phases", &header, &table));
    exponents(&table, outcome);
    let x = Axis::linear("ζ = κ/ν").with_range(0.0, 2.5);
    let y = Axis::linear("1/ν").with_range(0.0, 2.4);
    let names = [
        (
            "signal-dominated\nL ~ t^(−ζ)",
            (0.62, 0.5),
            vec![(0.0, 0.0), (2.0, 0.0), (1.0, 1.0), (0.0, 1.0)],
            Rgb::BLUE,
        ),
        (
            "noise-dominated\nL ~ t^(−2+1/ν)",
            (1.96, 0.68),
            vec![(2.0, 0.0), (2.5, 0.0), (2.5, 1.0), (1.0, 1.0)],
            Rgb::GREEN,
        ),
        (
            "eventual divergence",
            (1.25, 1.5),
            vec![(0.0, 1.0), (2.5, 1.0), (2.5, 2.0), (0.0, 2.0)],
            Rgb::YELLOW,
        ),
        (
            "immediate divergence",
            (1.25, 2.16),
            vec![(0.0, 2.0), (2.5, 2.0), (2.5, 2.4), (0.0, 2.4)],
            Rgb::ORANGE,
        ),
    ];
    let mut plot = RegionPlot::new("(a) phases", x, y);
    for (name, at, corners, colour) in names {
        plot = plot.with_region(name, at, corners, colour);
    }
    outcome.panel(
        plot.with(Series::line("ζ + 1/ν = 2", [(2.0, 0.0), (1.0, 1.0)]).with_colour(Rgb::BLACK))
            .with(Series::dots("measured as predicted", good).with_colour(Rgb::GREY))
            .with(Series::dots("measured otherwise", bad).with_colour(Rgb::ORANGE)),
    );
    Ok(())
}

/// Shares of the points whose measured exponent is that of their phase, beside diagrams with one phase
/// too few.
fn exponents(table: &[Vec<f64>], outcome: &mut Outcome) {
    // Points are [zeta, 1/nu, slope, predicted, radius, agrees].
    let share = |chosen: &dyn Fn(&[f64]) -> bool, right: &dyn Fn(&[f64]) -> bool| {
        let all: Vec<&Vec<f64>> = table.iter().filter(|p| chosen(p)).collect();
        let good = all.iter().filter(|p| right(p)).count();
        good as f64 / all.len().max(1) as f64
    };
    let right = |p: &[f64]| p[5] == 1.0;
    // Without a noise-dominated, or a signal-dominated phase.
    let only = |exponent: fn(&[f64]) -> f64| {
        move |p: &[f64]| {
            if p[1] < 1.0 {
                (p[2] - exponent(p)).abs() <= EXPONENT
            } else {
                right(p)
            }
        }
    };
    let signal = only(|p| p[0]);
    let noise = only(|p| 2.0 - p[1]);
    let everywhere = |_: &[f64]| true;
    let converging = |p: &[f64]| p[1] < 1.0;
    let clear = |p: &[f64]| p[1] < 0.85 && (p[0] + p[1] - 2.0).abs() > 0.2;
    let mut state = |what: &str, chosen: &dyn Fn(&[f64]) -> bool, least: f64| {
        outcome.agreements.push(
            Agreement::share(what, share(chosen, &right), least)
                .against_measured("exponent zeta everywhere", share(chosen, &signal))
                .against_measured("exponent 2 - 1/nu everywhere", share(chosen, &noise)),
        );
    };
    state(
        "(a) points whose measured exponent or divergence is that of their phase",
        &everywhere,
        0.85,
    );
    state(
        "(a) the same, away from the borders (|zeta + 1/nu - 2| > 0.2, 1/nu < 0.85)",
        &clear,
        0.95,
    );
    outcome.agreements.push(Agreement::reported(
        "(a) convergent points (1/nu < 1) whose exponent at t = 1e10 is within 0.05",
        "share",
        share(&converging, &right),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_grid_of_the_same_size_has_other_settings() {
        let (zetas, inverses) = (linear(0.1, 2.4, 12), linear(0.15, 2.25, 12));
        let before = settings(&zetas, &inverses);
        assert_eq!(before, settings(&zetas.clone(), &inverses));
        assert_ne!(before, settings(&linear(0.1, 2.5, 12), &inverses));
        assert_ne!(before, settings(&zetas, &linear(0.15, 2.2, 12)));
    }
}
