//! Panels of Figures 1, 9 and 10 that need no batches: the spectrum with its power laws, gradient descent.

use super::measure::{fitted_exponent, log_steps};
use super::{Agreement, ExperimentError, Outcome, Problem, Rule, Table, Work};
use crate::asymptotics::TailLaw;
use crate::asymptotics::theorem_2::signal_constant_28a;
use crate::dynamics::{CurveMethod, LossCurve};
use crate::moment::Hyperparameters;
use crate::report::{Axis, Dash, LinePlot, Rgb, Series};
use crate::spectrum::{FitOptions, fit_spectrum};

/// Eigenvalues and partial sums with the fitted power laws.
pub(super) fn spectrum_panel(
    letter: &str,
    problem: &Problem,
    outcome: &mut Outcome,
) -> Result<Option<TailLaw>, ExperimentError> {
    let spectrum = &problem.spectrum;
    let fit = fit_spectrum(spectrum, &FitOptions::default())?;
    let signal = spectrum.signal().unwrap_or_default();
    let mut sums: Vec<f64> = signal
        .iter()
        .rev()
        .scan(0.0, |total, s| {
            *total += s;
            Some(*total)
        })
        .collect();
    sums.reverse();
    let total = sums.first().copied().unwrap_or(1.0);
    let k: Vec<f64> = (1..=spectrum.len()).map(|k| k as f64).collect();
    let law = |exponent: f64, scale: f64, window: (usize, usize)| {
        [window.0.max(1) as f64, window.1 as f64].map(|k| (k, scale * k.powf(-exponent)))
    };
    let nu = &fit.eigenvalues;
    let mut plot = LinePlot::new(
        format!("{letter} {}: spectrum", problem.name),
        Axis::log("mode k"),
        Axis::log("λₖ/λₘₐₓ and partial sums"),
    )
    .with(
        Series::line(
            "λₖ/λₘₐₓ",
            k.iter()
                .copied()
                .zip(spectrum.eigenvalues().iter().copied()),
        )
        .with_colour(Rgb::BLUE),
    )
    .with(
        Series::line(
            "sum over l ≥ k",
            k.iter().copied().zip(sums.iter().map(|s| s / total)),
        )
        .with_colour(Rgb::ORANGE),
    )
    .with(
        Series::line(
            format!("ν = {:.3}", nu.exponent.value),
            law(nu.exponent.value, nu.scale.value, nu.window),
        )
        .with_dash(Dash::Dashed)
        .with_colour(Rgb::BLACK),
    );
    outcome.tables.push(Table {
        name: format!("spectrum-{}", letter.trim_matches(['(', ')'])),
        columns: vec![
            ("mode".to_owned(), k),
            (
                "eigenvalue_over_lambda_max".to_owned(),
                spectrum.eigenvalues().to_vec(),
            ),
            ("partial_sum_of_signal (loss times 2)".to_owned(), sums),
        ],
    });
    let report = |what: &str, e: &crate::spectrum::Estimate| {
        Agreement::reported(
            format!(
                "{letter} {}: {what}, 95 % interval {:.3} to {:.3}",
                problem.name, e.lower, e.upper
            ),
            "exponent",
            e.value,
        )
    };
    outcome.agreements.push(report("nu", &nu.exponent));
    let mut tail = None;
    if let Some(kappa) = &fit.signal {
        let (e, s) = (kappa.exponent.value, kappa.scale.value);
        plot = plot.with(
            Series::line(format!("κ = {e:.3}"), law(e, s / total, kappa.window))
                .with_dash(Dash::Dotted)
                .with_colour(Rgb::BLACK),
        );
        outcome.agreements.push(report("kappa", &kappa.exponent));
        if let Some(zeta) = &fit.zeta {
            outcome.agreements.push(report("zeta = kappa/nu", zeta));
        }
        tail = Some(TailLaw::new(nu.exponent.value, e, nu.scale.value, s)?);
    }
    for warning in fit.warnings.into_iter().chain(fit.signal_refusal) {
        outcome.note(format!("{}, fit: {warning}", problem.name));
    }
    outcome.panel(plot);
    Ok(tail)
}

/// Full-batch gradient descent against its power law and the two general bounds.
pub(super) fn descent(
    letter: &str,
    problem: &Problem,
    tail: Option<TailLaw>,
    work: &Work<'_>,
    outcome: &mut Outcome,
) -> Result<(), ExperimentError> {
    let spectrum = &problem.spectrum;
    let h = Hyperparameters::new(1.0, 0.0, 0.0, 1.0)?;
    let steps = log_steps(work.scale.pick(100_000, 1_000_000), 61);
    let curve = LossCurve::compute(spectrum, &h, &steps, CurveMethod::Auto, 0.0, &|_| {})?;
    let start = problem.initial_loss();
    let t: Vec<f64> = steps.iter().map(|t| *t as f64).collect();
    let exact: Vec<f64> = curve
        .points()
        .iter()
        .map(|p| 10f64.powf(p.log10_loss()) / start)
        .collect();
    let signal = spectrum.signal().unwrap_or_default();
    let trace_c: f64 = signal
        .iter()
        .zip(spectrum.eigenvalues())
        .map(|(s, l)| s / l)
        .sum();
    let smallest = spectrum.eigenvalues().last().copied().unwrap_or(f64::NAN);
    let convex: Vec<f64> = t
        .iter()
        .map(|t| trace_c / (4.0 * std::f64::consts::E * t) / start)
        .collect();
    let strong: Vec<f64> = t.iter().map(|t| (-2.0 * smallest * t).exp()).collect();
    let law: Vec<f64> = t
        .iter()
        .map(|t| {
            tail.and_then(|tail| {
                let constant = signal_constant_28a(&tail, 0.0, 1.0).ok()?;
                Some(constant * t.powf(-tail.zeta()) / start)
            })
            .unwrap_or(f64::NAN)
        })
        .collect();
    let line =
        |label: &str, y: &[f64]| Series::line(label, t.iter().copied().zip(y.iter().copied()));
    outcome.panel(
        LinePlot::new(
            format!("{letter} gradient descent, α λₘₐₓ = 1"),
            Axis::log("step t"),
            Axis::log("Lₜ/L₀").with_range(1e-3, 10.0),
        )
        .with(line("exact", &exact).with_colour(Rgb::BLACK))
        .with(
            line("power law", &law)
                .with_dash(Dash::Dashed)
                .with_colour(Rgb::BLUE),
        )
        .with(
            line("convex bound", &convex)
                .with_dash(Dash::Dotted)
                .with_colour(Rgb::ORANGE),
        )
        .with(
            line("strongly convex", &strong)
                .with_dash(Dash::Dotted)
                .with_colour(Rgb::GREEN),
        ),
    );
    outcome.note("(b): the convex bound is Tr C0/(4 e alpha t), the supremum over eigenvalues of e^(-2 alpha lambda t) times lambda/2; the strongly convex one L_0 e^(-2 alpha lambda_min t)");
    if let Some(tail) = tail {
        let window: Vec<(f64, f64)> = t
            .iter()
            .copied()
            .zip(exact.iter().copied())
            .filter(|(t, _)| (10.0..=1000.0).contains(t))
            .collect();
        outcome.agreements.push(
            Agreement::new(
                "(b) gradient descent: exponent fitted to t = 10..1000 against zeta = kappa/nu",
                "exponent",
                [fitted_exponent(&window), tail.zeta()],
                Rule::Relative(0.15),
            )
            .against_predicted("1, of the convex bound", 1.0)
            .against_predicted("kappa", tail.zeta() * tail.eigenvalue_exponent()),
        );
        let at = t.iter().position(|t| *t >= 100.0).unwrap_or(0);
        let ratio = exact[at] / law[at];
        outcome.agreements.push(
            Agreement::new(
                "(b) gradient descent: loss at t = 100 over its power law (exponent and constant)",
                "ratio",
                [ratio, 1.0],
                Rule::Relative(0.1),
            )
            .against_measured(
                "alpha_eff in place of 2 alpha_eff in (193)",
                ratio * 0.5f64.powf(tail.zeta()),
            ),
        );
    }
    outcome.tables.push(Table {
        name: "gradient-descent".to_owned(),
        columns: vec![
            ("step".to_owned(), t),
            ("loss_over_initial".to_owned(), exact),
            ("power_law".to_owned(), law),
            ("convex_bound".to_owned(), convex),
            ("strongly_convex_bound".to_owned(), strong),
        ],
    });
    Ok(())
}
