//! Figure 3: the phases of power laws, and the two transitions in time.
//!
//! | panel | what | formula |
//! |---|---|---|
//! | (a) | phases over (zeta, 1/nu), with measured exponents | borders 1/nu = 1, 2 and zeta + 1/nu = 2 |
//! | (b) | signal- to noise-dominated loss | (28a), (28b), t_trans of (29) |
//! | (c) | convergence to divergence for 1/2 < nu < 1 | (193), (24), t_div |
//!
//! A measured exponent is the slope of the exact SE loss of the infinite power law (contour) between
//! 10^9 and 10^10 steps; dots in (b) and (c) are iterated step by step on the same spectrum.

use super::measure::{fitted_exponent, log_steps};
use super::phase_diagram::{diagram, law};
use super::{Agreement, ExperimentError, Outcome, Rule, Table, Work};
use crate::asymptotics::{DivergenceCrossing, LossAsymptotics, TailLaw, transition_time};
use crate::dynamics::{CurveMethod, LossCurve, SeRecursion};
use crate::moment::Hyperparameters;
use crate::report::{Axis, Dash, LinePlot, Rgb, Series};
use crate::spectrum::Spectrum;
use crate::stability::{convergence_radius, divergence_constant, divergence_time};

/// The figure.
pub(super) fn figure_3(work: &mut Work<'_>) -> Result<Outcome, ExperimentError> {
    let mut outcome = Outcome::new("Phases of SGD under power laws (Figure 3)", 3);
    diagram(work, &mut outcome)?;
    signal_to_noise(work, &mut outcome)?;
    convergence_to_divergence(work, &mut outcome)?;
    outcome.note("infinite power laws lambda_k = k^-nu with exact tails sum_(l>=k) lambda_l C_ll,0 = k^-kappa; lambda_max = 1, so that learning rates are alpha times lambda_max");
    outcome.note("chosen here and not taken from the paper: exponents, learning rates and noise of (b) and (c); the measured exponents in (a) are an addition");
    Ok(outcome)
}

/// log10 losses at steps; a NaN where no method reaches the step.
fn losses(
    spectrum: &Spectrum,
    h: &Hyperparameters,
    steps: &[u64],
    error: f64,
) -> Result<Vec<f64>, ExperimentError> {
    let curve = LossCurve::compute(spectrum, h, steps, CurveMethod::Auto, error, &|_| {})?;
    Ok(curve
        .points()
        .iter()
        .map(|p| 10f64.powf(p.log10_loss()))
        .collect())
}

/// Iterated losses at the steps up to `last`.
fn iterated(
    spectrum: &Spectrum,
    h: &Hyperparameters,
    steps: &[u64],
    last: u64,
) -> Result<Vec<(f64, f64)>, ExperimentError> {
    let mut run = SeRecursion::new(spectrum, h)?;
    let mut points = Vec::new();
    for &step in steps.iter().take_while(|s| **s <= last) {
        let loss = run.advance_by(step - run.steps());
        points.push((step as f64, loss));
    }
    Ok(points)
}

fn zip(steps: &[u64], values: &[f64]) -> Vec<(f64, f64)> {
    let t = steps.iter().map(|t| *t as f64);
    t.zip(values.iter().copied()).collect()
}

fn signal_to_noise(work: &mut Work<'_>, outcome: &mut Outcome) -> Result<(), ExperimentError> {
    let (nu, kappa) = (1.5, 3.0);
    let (power, spectrum, error) = law(nu, kappa)?;
    let x = Axis::log("step t").with_range(1.0, 1e8);
    let y = Axis::log("loss Lₜ").with_range(1e-13, 1.0);
    let mut plot = LinePlot::new(
        "(b) signal to noise: ν = 1.5, κ = 3, β = 0.5, α = 0.2",
        x,
        y,
    );
    let steps = log_steps(100_000_000, work.scale.pick(60, 120));
    let dots = log_steps(100_000, work.scale.pick(21, 31));
    let mut columns = vec![(
        "step".to_owned(),
        steps.iter().map(|t| *t as f64).collect::<Vec<_>>(),
    )];
    let (mut marks, mut asymptotes) = (Vec::new(), Vec::new());
    for (gamma, colour) in [(0.5, Rgb::ORANGE), (0.05, Rgb::BLUE), (0.005, Rgb::GREEN)] {
        let h = Hyperparameters::new(0.2, 0.5, gamma, 1.0)?;
        let asymptotics = LossAsymptotics::of_power_law(&power, &h)?;
        let t_trans = transition_time(&asymptotics)?;
        let values = losses(&spectrum, &h, &steps, error)?;
        plot = plot
            .with(Series::line(format!("γ = {gamma}"), zip(&steps, &values)).with_colour(colour));
        let iterated = iterated(&spectrum, &h, &dots, 100_000)?;
        asymptotes.push(Series::dots("", iterated.into_iter().step_by(2)).with_colour(colour));
        let signal = |t: f64| asymptotics.signal_constant * t.powf(-kappa / nu);
        let noise = |t: f64| asymptotics.loss(t);
        let ends = |f: &dyn Fn(f64) -> f64, a: f64, b: f64| vec![(a, f(a)), (b, f(b))];
        asymptotes.push(
            Series::line("", ends(&signal, 3.0, 10.0 * t_trans))
                .with_dash(Dash::Dashed)
                .with_width(1.1)
                .with_colour(colour),
        );
        asymptotes.push(
            Series::line("", ends(&noise, 0.1 * t_trans, 1e8))
                .with_dash(Dash::Dotted)
                .with_width(1.3)
                .with_colour(colour),
        );
        marks.push((t_trans, signal(t_trans) + noise(t_trans)));
        columns.push((format!("loss_noise_amplitude_{gamma}"), values.clone()));
        columns.push((
            format!("two_term_asymptotics_noise_amplitude_{gamma}"),
            steps
                .iter()
                .map(|t| asymptotics.two_term_loss(*t as f64))
                .collect(),
        ));
        check_transition(gamma, &spectrum, &h, &asymptotics, t_trans, outcome)?;
    }
    for series in asymptotes {
        plot = plot.with(series);
    }
    plot = plot
        .with(Series::dots("t_trans (29)", marks).with_colour(Rgb::BLACK))
        .with(line_key("(28a), signal", Dash::Dashed))
        .with(line_key("(28b), noise", Dash::Dotted))
        .with(Series::dots("SE iterated", []).with_colour(Rgb::GREY));
    outcome.panel(plot);
    outcome.tables.push(Table {
        name: "signal-to-noise".to_owned(),
        columns,
    });
    Ok(())
}

/// A line of the legend without a curve.
fn line_key(text: &str, dash: Dash) -> Series {
    Series::line(text, [])
        .with_dash(dash)
        .with_colour(Rgb::GREY)
}

fn check_transition(
    gamma: f64,
    spectrum: &Spectrum,
    h: &Hyperparameters,
    asymptotics: &LossAsymptotics,
    t_trans: f64,
    outcome: &mut Outcome,
) -> Result<(), ExperimentError> {
    let tail = asymptotics.tail();
    // Slopes of the exact loss around a time.
    let slope = |t: f64| -> Result<f64, ExperimentError> {
        let steps = [
            (0.8 * t).round().max(1.0) as u64,
            (1.25 * t).round().max(2.0) as u64,
        ];
        let values = losses(spectrum, h, &steps, 0.0)?;
        Ok(fitted_exponent(&zip(&steps, &values)))
    };
    // Both laws are asymptotic in t: a transition in the first steps is stated without a verdict.
    let early = |rule| {
        if t_trans < 1000.0 {
            Rule::Reported
        } else {
            rule
        }
    };
    let (zeta, late) = (tail.zeta(), tail.noise_exponent());
    outcome.agreements.push(
        Agreement::new(
            format!(
                "(b) gamma = {gamma}: exponent at t_trans = {t_trans:.0} (mean of both phases)"
            ),
            "exponent",
            [slope(t_trans)?, 0.5 * (zeta + late)],
            early(Rule::Absolute(0.05)),
        )
        .against_predicted("exponent of the signal phase", zeta)
        .against_predicted("exponent of the noise phase", late),
    );
    outcome.agreements.push(
        Agreement::new(
            format!("(b) gamma = {gamma}: exponent at 1e5 t_trans"),
            "exponent",
            [slope(1e5 * t_trans)?, late],
            Rule::Absolute(0.02),
        )
        .against_predicted("exponent of the signal phase", zeta),
    );
    let t = t_trans.round().max(1.0);
    let exact = losses(spectrum, h, &[t as u64], 0.0)?[0];
    let signal = asymptotics.signal_constant * t.powf(-zeta);
    outcome.agreements.push(
        Agreement::new(
            format!("(b) gamma = {gamma}: loss at t_trans over (28a) + (28b)"),
            "ratio",
            [exact / asymptotics.two_term_loss(t), 1.0],
            early(Rule::Relative(0.05)),
        )
        .against_measured("(28a) alone", exact / signal)
        .against_measured("(28b) alone", exact / asymptotics.loss(t)),
    );
    Ok(())
}

fn convergence_to_divergence(
    work: &mut Work<'_>,
    outcome: &mut Outcome,
) -> Result<(), ExperimentError> {
    let (nu, kappa) = (0.7, 0.4);
    let (power, spectrum, error) = law(nu, kappa)?;
    let tail = TailLaw::of(&power)?;
    let x = Axis::log("step t").with_range(1.0, 1e8);
    let y = Axis::log("loss Lₜ").with_range(3e-3, 10.0);
    let mut plot = LinePlot::new(
        "(c) convergence to divergence: ν = 0.7, κ = 0.4, β = 0, γ = 1",
        x,
        y,
    );
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    let (mut marks, mut extra) = (Vec::new(), Vec::new());
    for (alpha, colour) in [
        (0.1, Rgb::ORANGE),
        (0.03, Rgb::BLUE),
        (0.01, Rgb::GREEN),
        (0.003, Rgb::YELLOW),
    ] {
        let h = Hyperparameters::new(alpha, 0.0, 1.0, 1.0)?;
        let noiseless = Hyperparameters::new(alpha, 0.0, 0.0, 1.0)?;
        let run = Divergence::of(&spectrum, h);
        let scale = 1.0 / -run.radius.ln();
        let last = ((12.0 * scale) as u64).clamp(100, 100_000_000);
        let steps = log_steps(last, work.scale.pick(50, 100));
        let values = losses(&spectrum, &h, &steps, error)?;
        plot = plot
            .with(Series::line(format!("α = {alpha}"), zip(&steps, &values)).with_colour(colour));
        let dots: Vec<u64> = log_steps(last.min(30_000), 21);
        extra.push(Series::dots("", iterated(&spectrum, &h, &dots, 30_000)?).with_colour(colour));
        let still = losses(&spectrum, &noiseless, &steps, error)?;
        extra.push(
            Series::line("", zip(&steps, &still))
                .with_dash(Dash::Dashed)
                .with_width(1.1)
                .with_colour(colour),
        );
        let late_points: Vec<(f64, f64)> = steps
            .iter()
            .map(|t| (*t as f64, run.late(*t as f64)))
            .collect();
        extra.push(
            Series::line("", late_points)
                .with_dash(Dash::Dotted)
                .with_width(1.3)
                .with_colour(colour),
        );
        marks.push((run.time, run.late(run.time)));
        for (name, list) in [
            ("step", steps.iter().map(|t| *t as f64).collect()),
            ("loss", values.clone()),
            ("loss_without_noise", still),
            (
                "loss_24",
                steps.iter().map(|t| run.late(*t as f64)).collect(),
            ),
        ] {
            columns.push((format!("{name}_learning_rate_{alpha}"), list));
        }
        check_divergence(
            [&run, &Divergence::of(&spectrum, halved(&h)?)],
            &tail,
            &zip(&steps, &values),
            outcome,
        )?;
    }
    for series in extra {
        plot = plot.with(series);
    }
    plot = plot
        .with(Series::dots("t_div", marks).with_colour(Rgb::BLACK))
        .with(line_key("without noise", Dash::Dashed))
        .with(line_key("(24)", Dash::Dotted))
        .with(Series::dots("SE iterated", []).with_colour(Rgb::GREY));
    outcome.panel(plot);
    // Curves end at different steps: short columns are filled up.
    let rows = columns.iter().map(|c| c.1.len()).max().unwrap_or(0);
    columns.iter_mut().for_each(|c| c.1.resize(rows, f64::NAN));
    outcome.tables.push(Table {
        name: "convergence-to-divergence".to_owned(),
        columns,
    });
    Ok(())
}

/// A law that diverges in the end, in numbers.
struct Divergence {
    h: Hyperparameters,
    radius: f64,
    constant: f64,
    time: f64,
}

impl Divergence {
    fn of(spectrum: &Spectrum, h: Hyperparameters) -> Self {
        Self {
            h,
            radius: convergence_radius(spectrum, &h).unwrap_or(f64::NAN),
            constant: divergence_constant(spectrum, &h).unwrap_or(f64::NAN),
            time: divergence_time(spectrum, &h).unwrap_or(f64::NAN),
        }
    }

    /// (24).
    fn late(&self, t: f64) -> f64 {
        self.constant * self.radius.powf(-t)
    }
}

/// The same hyperparameters with half the noise amplitude: a wrong theory.
fn halved(h: &Hyperparameters) -> Result<Hyperparameters, ExperimentError> {
    Ok(Hyperparameters::new(
        h.learning_rate(),
        h.momentum(),
        0.5 * h.noise_amplitude(),
        h.tau(),
    )?)
}

fn check_divergence(
    [right, wrong]: [&Divergence; 2],
    tail: &TailLaw,
    curve: &[(f64, f64)],
    outcome: &mut Outcome,
) -> Result<(), ExperimentError> {
    const HALF: &str = "half the noise";
    let alpha = right.h.learning_rate();
    let crossing = DivergenceCrossing::of(tail, &right.h)?;
    let other = DivergenceCrossing::of(tail, &wrong.h)?;
    // Limits of small learning rates.
    let small = |rule| {
        if alpha <= 0.01 { rule } else { Rule::Reported }
    };
    let gap = |c: &DivergenceCrossing| (1.0 - right.radius) / c.divergence.complement_of_radius;
    outcome.agreements.push(
        Agreement::new(
            format!("(c) alpha = {alpha}: 1 - r_L, exact over (171)"),
            "ratio",
            [gap(&crossing), 1.0],
            small(Rule::Relative(0.05)),
        )
        .against_measured(HALF, gap(&other)),
    );
    let t_div = right.time;
    outcome.agreements.push(
        Agreement::new(
            format!("(c) alpha = {alpha}: t_div, exact crossing {t_div:.0} over (198)"),
            "ratio",
            [t_div / crossing.divergence_time_198(), 1.0],
            small(Rule::Relative(0.25)),
        )
        .against_measured(HALF, t_div / other.divergence_time_198()),
    );
    if let Some((t, loss)) = curve.last() {
        outcome.agreements.push(
            Agreement::new(
                format!("(c) alpha = {alpha}: loss at t = {t:.0} over (24)"),
                "ratio",
                [loss / right.late(*t), 1.0],
                Rule::Relative(0.02),
            )
            .against_measured(HALF, loss / wrong.late(*t)),
        );
    }
    let lowest = curve.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((t, _)) = lowest {
        outcome.agreements.push(Agreement::reported(
            format!("(c) alpha = {alpha}: step of the lowest loss over t_div"),
            "ratio",
            t / t_div,
        ));
    }
    Ok(())
}
