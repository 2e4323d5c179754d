//! Figures 7 and 8: SE against the exact second moments and against the true noise covariance.
//!
//! ```text
//! E(tau_1, tau_2) = Tr[(Sigma - Sigma_SE)^2]/Tr[Sigma^2] = 1 - 2 l.t + t^T Q t        (240), (241)
//! ```
//!
//! in parameter space, along the exact second moments averaged over all batches. Level sets of E are
//! ellipses around `Q^-1 l`; their axes have the ratio `sqrt(q_min/q_max)`.

use super::means;
use super::measure::{largest, log_steps};
use super::{
    Absent, Agreement, ExperimentError, Outcome, Points, Problem, Rule, Sources, Table, Work,
    fingerprint,
};
use crate::dynamics::sampled::{LossStatistics, SampledConfig, Schedule, StepSize, simulate};
use crate::dynamics::{KernelView, SeRecursion, Space, TauFitConfig, TauFitError, fit_tau};
use crate::kernel::KernelProblem;
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::noise::DistanceError;
use crate::report::{Axis, Dash, LinePlot, Rgb, Series};
use crate::stability::critical_learning_rate;
use std::ops::ControlFlow;

const BLUE: Rgb = Rgb(0, 114, 178);
const ORANGE: Rgb = Rgb(213, 94, 0);
const GREEN: Rgb = Rgb(0, 158, 115);
const PINK: Rgb = Rgb(204, 121, 167);
const BLACK: Rgb = Rgb(0, 0, 0);
/// Batch size of both figures.
const BATCH: u64 = 10;
/// Numbers of E at a step: smallest E, its tau_1, tau_2, E and tau_2 at tau_1 = 1, axis ratio, Q.
const QUALITY: usize = 9;
/// Seeds of the sampled mean.
const SEEDS: [u64; 2] = [32, 128];

/// What the exact trajectory of one problem gave.
struct Exact {
    steps: Vec<u64>,
    losses: Vec<f64>,
    quality: Vec<[f64; QUALITY]>,
    /// tau of the loss, its distance, and the distances at tau = 1, 0, -1.
    fit: [f64; 5],
    rate: f64,
    gamma: f64,
}

/// What exact and sampled runs depend on.
fn settings(steps: &[u64], rate: f64, kernel: &KernelProblem) -> [(&'static str, String); 4] {
    [
        ("steps", format!("{steps:?}")),
        ("batch_size", BATCH.to_string()),
        ("learning_rate", format!("{rate:?}")),
        (
            "data",
            fingerprint(&[kernel.eigenvalues(), kernel.target()]),
        ),
    ]
}

fn exact(
    stage: &str,
    points: &Points,
    problem: &Problem,
    work: &mut Work<'_>,
) -> Result<Exact, ExperimentError> {
    let gamma = noise_amplitude_of_batch(BATCH, problem.dataset_size)?;
    let rate = 0.5 * critical_learning_rate(&problem.spectrum, 0.0, gamma, 1.0);
    let last = work.scale.pick(300, 2_000);
    let steps: Vec<u64> = std::iter::once(0).chain(log_steps(last, 25)).collect();
    let kernel = &points.kernel;
    let settings = settings(&steps, rate, kernel);
    let count = steps.len();
    let width = count * (1 + QUALITY) + 5;
    let rows = work.rows(stage, &settings, [1, width], &|_| {
        let view = KernelView::new(kernel.dataset_size(), kernel.kernel_row_major())?;
        let config = TauFitConfig {
            learning_rate: rate / problem.largest_eigenvalue,
            momentum: 0.0,
            batch_size: BATCH,
            steps: last,
            at: steps.clone(),
            space: Space::Parameter,
        };
        let fit = fit_tau(view, &kernel.initial_residual(), &config)?;
        let mut row: Vec<f64> = steps.iter().map(|t| fit.losses[*t as usize]).collect();
        let refused = |step, error| TauFitError::Distance { step, error };
        if let Some(&(step, error)) = fit.left_out.first() {
            return Err(refused(step, error).into());
        }
        for q in &fit.quality {
            // The figure is about the pair.
            let best = q.best.ok_or(refused(q.step, DistanceError::Proportional))?;
            let form = q.distance.quadratic_form()?;
            row.extend([
                q.distance.at(&best[0], &best[1])?,
                best[0],
                best[1],
                q.distance.at(&1.0, &q.best_tau_at_tau_1_one)?,
                q.best_tau_at_tau_1_one,
                q.distance.axis_ratio()?,
                form[0][0],
                form[0][1],
                form[1][1],
            ]);
        }
        row.extend([fit.loss_fit.tau, fit.loss_fit.error]);
        row.extend(fit.loss_fit.error_at_named);
        Ok(row)
    })?;
    let row = &rows[0];
    let (losses, rest) = row.split_at(count);
    let (quality, fit) = rest.split_at(count * QUALITY);
    Ok(Exact {
        steps,
        losses: losses.to_vec(),
        quality: quality.as_chunks::<QUALITY>().0.to_vec(),
        fit: fit.try_into().unwrap_or([f64::NAN; 5]),
        rate,
        gamma,
    })
}

/// Figure 7.
pub(super) fn figure_7(sources: &Sources, work: &mut Work<'_>) -> Result<Outcome, ExperimentError> {
    let mut outcome = Outcome::new(
        "SE against exact second moments and sampled runs (Figure 7)",
        3,
    );
    let n = work.scale.pick(200, 1000);
    let all = [
        ("(a)", "mnist", Some(sources.mnist(n)?)),
        ("(b)", "bike", Some(Sources::bike(n)?)),
        ("(c)", "sgemm", sources.sgemm(n)?),
    ];
    for (letter, stage, points) in all {
        match points {
            Some(points) => losses(letter, stage, &points, work, &mut outcome)?,
            None => outcome.missing(Absent::new(
                format!("{letter} SGEMM"),
                "the SGEMM table is not shipped",
                "tauber figure 7 --sgemm sgemm_product.csv",
            )),
        }
    }
    outcome.note(format!("batch size {BATCH}, momentum 0, learning rate half the exact edge; learning rates are alpha times lambda_max"));
    outcome.note("best tau: smallest root mean square of ln(L_SE/L_exact) over all steps; the sampled mean has a band of two standard errors");
    outcome.note("chosen here and not taken from the paper: batch size, learning rate, subset sizes, tau = 1, 0, -1");
    Ok(outcome)
}

fn losses(
    letter: &str,
    stage: &str,
    points: &Points,
    work: &mut Work<'_>,
    outcome: &mut Outcome,
) -> Result<(), ExperimentError> {
    let problem = Problem::of_kernel(&points.name, &points.kernel)?;
    let run = exact(&format!("exact-{stage}"), points, &problem, work)?;
    let stats = sampled(stage, points, &problem, &run, work)?;
    outcome.note(points.note.clone());
    let start = run.losses[0];
    let t: Vec<f64> = run.steps.iter().map(|t| *t as f64).collect();
    let over = |list: &[f64]| -> Vec<(f64, f64)> {
        t.iter()
            .copied()
            .zip(list.iter().map(|l| l / start))
            .collect()
    };
    let means: Vec<f64> = stats.iter().map(|s| s.mean).collect();
    let mut plot = LinePlot::new(
        format!("{letter} {}, b = {BATCH}", points.name),
        Axis::log("step t"),
        Axis::log("Lₜ/L₀"),
    )
    .with(
        Series::dots("sampled, mean", over(&means))
            .with_band(means::band(&stats, start))
            .with_colour(BLACK),
    )
    .with(Series::line("exact moments", over(&run.losses)).with_colour(BLACK));
    let mut columns = vec![
        ("step".to_owned(), t.clone()),
        ("exact_loss".to_owned(), run.losses.clone()),
        ("sampled_mean_loss".to_owned(), means),
        (
            "standard_error".to_owned(),
            stats.iter().map(|s| s.standard_error).collect(),
        ),
    ];
    let se = |gamma: f64, tau: f64| -> Result<Vec<f64>, ExperimentError> {
        let h = Hyperparameters::new(run.rate, 0.0, gamma, tau)?;
        let mut se = SeRecursion::new(&problem.spectrum, &h)?;
        let steps = run.steps.iter();
        Ok(steps.map(|s| se.advance_by(s - se.steps())).collect())
    };
    for (tau, colour, dash) in [
        (1.0, BLUE, Dash::Dashed),
        (0.0, ORANGE, Dash::Dashed),
        (-1.0, GREEN, Dash::Dotted),
    ] {
        let list = se(run.gamma, tau)?;
        let label = format!("SE, τ = {tau}").replace('-', "−");
        plot = plot.with(
            Series::line(label, over(&list))
                .with_dash(dash)
                .with_colour(colour),
        );
        columns.push((format!("se_loss_tau_{tau}"), list));
    }
    outcome.panel(plot);
    outcome.tables.push(Table {
        name: format!("losses-{stage}"),
        columns,
    });
    // Wrong theories: SE with half the noise, and without.
    let half = se(0.5 * run.gamma, 1.0)?;
    let none = se(0.0, 1.0)?;
    let worst = |losses: &[f64]| {
        let pairs = stats.iter().zip(losses).skip(1);
        largest(pairs.map(|(s, l)| s.z_score(*l).abs()))
    };
    let name = &points.name;
    outcome.agreements.push(
        Agreement::new(
            format!(
                "{letter} {name}: largest |z| of the sampled mean against the exact moments, {} seeds",
                SEEDS[usize::from(work.scale == super::Scale::Full)]
            ),
            "standard errors",
            [worst(&run.losses), 4.0],
            Rule::AtMost,
        )
        .against_measured("no noise", worst(&none)),
    );
    let [tau, error, one, zero, minus] = run.fit;
    outcome.agreements.push(Agreement::reported(
        format!("{letter} {name}: tau whose loss is nearest to the exact one (rms ln {error:.4})"),
        "tau",
        tau,
    ));
    let wrong = distance_of(&half, &run.losses);
    outcome.agreements.push(
        Agreement::new(
            format!("{letter} {name}: distance of SE with tau = 1 from the exact loss at the steps drawn, at most half of what half the noise makes"),
            "rms ln",
            [distance_of(&se(run.gamma, 1.0)?, &run.losses), 0.5 * wrong],
            Rule::AtMost,
        )
        .against_measured("tau = 1 with half the noise", wrong)
        .against_measured("no noise", distance_of(&none, &run.losses)),
    );
    for (tau, distance) in [(1, one), (0, zero), (-1, minus)] {
        outcome.agreements.push(Agreement::reported(
            format!(
                "{letter} {name}: distance of SE with tau = {tau} from the exact loss, all steps"
            ),
            "rms ln",
            distance,
        ));
    }
    Ok(())
}

/// Root mean square of the logarithm of the ratio, without the start.
fn distance_of(losses: &[f64], exact: &[f64]) -> f64 {
    let pairs = losses.iter().zip(exact).skip(1);
    let squares: Vec<f64> = pairs.map(|(l, e)| (l / e).ln().powi(2)).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

fn sampled(
    stage: &str,
    points: &Points,
    problem: &Problem,
    run: &Exact,
    work: &mut Work<'_>,
) -> Result<Vec<LossStatistics>, ExperimentError> {
    let kernel = &points.kernel;
    let seeds = work.scale.pick(SEEDS[0], SEEDS[1]);
    let settings = settings(&run.steps, run.rate, kernel);
    let count = run.steps.len();
    let rows = work.rows(
        &format!("sampled-{stage}"),
        &settings,
        [4, count * seeds as usize / 4],
        &|row| {
            let view = KernelView::new(kernel.dataset_size(), kernel.kernel_row_major())?;
            let rate = run.rate / problem.largest_eigenvalue;
            let schedule = Schedule::Constant(StepSize::new(rate, 0.0)?);
            let config = SampledConfig::new(
                kernel.dataset_size() as u64,
                BATCH,
                schedule,
                run.steps.clone(),
            )?
            .with_seeds(seeds / 4)?
            .with_master_seed(700 + row as u64);
            let go = |_: u64| ControlFlow::Continue(());
            let result = simulate(view, &kernel.initial_residual(), &config, &go)?;
            Ok(result.losses().iter().flatten().copied().collect())
        },
    )?;
    Ok(means::of_rows(&rows, count))
}

/// Figure 8.
pub(super) fn figure_8(sources: &Sources, work: &mut Work<'_>) -> Result<Outcome, ExperimentError> {
    let mut outcome = Outcome::new(
        "SE noise against the true noise covariance, MNIST (Figure 8)",
        2,
    );
    let points = sources.mnist(work.scale.pick(200, 1000))?;
    let problem = Problem::of_kernel(&points.name, &points.kernel)?;
    let run = exact("exact-mnist", &points, &problem, work)?;
    ellipses(&run, &mut outcome);
    let t: Vec<f64> = run.steps.iter().map(|t| *t as f64).collect();
    let line = |k: usize| -> Vec<(f64, f64)> {
        t.iter()
            .copied()
            .zip(run.quality.iter().map(|q| q[k]))
            .collect()
    };
    let x = || Axis::log("step t");
    outcome.panel(
        LinePlot::new(
            "(b) axes of the level sets",
            x(),
            Axis::log("shorter over longer axis"),
        )
        .with(Series::line("ratio", line(5)).with_dots().with_colour(BLUE)),
    );
    outcome.panel(
        LinePlot::new(
            "(c) smallest distance",
            x(),
            Axis::log("E(τ₁, τ₂) of (241)"),
        )
        .with(
            Series::line("over τ₁ and τ₂", line(0))
                .with_dots()
                .with_colour(BLUE),
        )
        .with(
            Series::line("over τ₂, τ₁ = 1", line(3))
                .with_dash(Dash::Dashed)
                .with_colour(ORANGE),
        ),
    );
    outcome.panel(
        LinePlot::new("(d) optimal parameters", x(), Axis::linear("optimal τ"))
            .with(Series::line("τ₁", line(1)).with_dots().with_colour(BLUE))
            .with(Series::line("τ₂", line(2)).with_dots().with_colour(GREEN))
            .with(
                Series::line("τ₂ at τ₁ = 1", line(4))
                    .with_dash(Dash::Dashed)
                    .with_colour(ORANGE),
            ),
    );
    let names = [
        "distance_minimum",
        "tau_1",
        "tau_2",
        "distance_minimum_at_tau_1_one",
        "tau_2_at_tau_1_one",
        "axis_ratio",
        "q_11",
        "q_12",
        "q_22",
    ];
    let rows: Vec<Vec<f64>> = t
        .iter()
        .zip(&run.quality)
        .map(|(t, q)| [&[*t], &q[..]].concat())
        .collect();
    let header = [&["step"], &names[..]].concat();
    outcome
        .tables
        .push(Table::of_rows("noise-distance", &header, &rows));
    statements(&run, &mut outcome);
    outcome.note(points.note);
    outcome.note(format!("exact second moments averaged over all batches, batch size {BATCH}, momentum 0, learning rate half the exact edge; E in parameter space"));
    outcome.note("chosen here and not taken from the paper: subset size, batch size, learning rate, which levels are drawn");
    Ok(outcome)
}

fn statements(run: &Exact, outcome: &mut Outcome) {
    // Step 0 is the rank-one start, which the plots (logarithmic in t) do not show.
    let later = || {
        let pairs = run.steps.iter().zip(&run.quality);
        pairs.filter(|(t, _)| **t > 0).map(|(_, q)| q)
    };
    let most = |f: &dyn Fn(&[f64; QUALITY]) -> f64| largest(later().map(f));
    // E at a point, from its minimum and its quadratic form.
    let at = |q: &[f64; QUALITY], tau_1: f64, tau_2: f64| {
        let (x, y) = (tau_1 - q[1], tau_2 - q[2]);
        q[0] + q[6] * x * x + 2.0 * q[7] * x * y + q[8] * y * y
    };
    outcome.agreements.push(
        Agreement::new(
            "(d) largest |optimal tau_2 - 1| at tau_1 = 1, t >= 1",
            "tau",
            [most(&|q| (q[4] - 1.0).abs()), 0.1],
            Rule::AtMost,
        )
        .against_measured("tau_2 = 0 in place of 1", most(&|q| q[4].abs())),
    );
    outcome.agreements.push(
        Agreement::new(
            "(c) largest E at tau_1 = 1 with its best tau_2, t >= 1",
            "share",
            [most(&|q| q[3]), 0.1],
            Rule::AtMost,
        )
        .against_measured(
            "half the noise, tau_1 = tau_2 = 1/2",
            most(&|q| at(q, 0.5, 0.5)),
        ),
    );
    outcome.agreements.push(
        Agreement::new(
            "(c) largest loss of quality by fixing tau_1 = 1, E(1, best tau_2) - min E, t >= 1",
            "share",
            [most(&|q| q[3] - q[0]), 0.001],
            Rule::AtMost,
        )
        .against_measured(
            "fixing tau_1 = 1 and tau_2 = 0",
            most(&|q| at(q, 1.0, 0.0) - q[0]),
        ),
    );
    if let (Some(first), Some(last)) = (later().next(), later().next_back()) {
        outcome.agreements.push(
            Agreement::new(
                "(b) axis ratio at the last step over that at t = 1 (the stretching increases: below 1)",
                "ratio",
                [last[5] / first[5], 1.0],
                Rule::AtMost,
            )
            .against_measured("the stretching decreases (times exchanged)", first[5] / last[5]),
        );
        outcome.agreements.push(Agreement::reported(
            "(d) optimal tau_2 at tau_1 = 1, last step",
            "tau",
            last[4],
        ));
    }
}

/// Level sets of E around its minimum at the last step.
fn ellipses(run: &Exact, outcome: &mut Outcome) {
    let Some((&step, q)) = run.steps.last().zip(run.quality.last()) else {
        return;
    };
    let [_, tau_1, tau_2, .., a, b, d] = *q;
    // Q = L L^T; points are the centre + sqrt(level) L^-T u.
    let l_11 = a.sqrt();
    let l_21 = b / l_11;
    let l_22 = (d - l_21 * l_21).max(0.0).sqrt();
    let mut plot = LinePlot::new(
        format!("(a) level sets of E, t = {step}"),
        Axis::linear("τ₁"),
        Axis::linear("τ₂"),
    );
    // The smallest last, so that the larger ones do not hide it.
    for (level, colour) in [(0.5, ORANGE), (0.1, GREEN), (0.01, BLUE)] {
        let points: Vec<(f64, f64)> = (0..=200)
            .map(|k| {
                let angle = f64::from(k) * std::f64::consts::TAU / 200.0;
                let root = f64::sqrt(level);
                let y = root * angle.sin() / l_22;
                let x = (root * angle.cos() - l_21 * y) / l_11;
                (tau_1 + x, tau_2 + y)
            })
            .collect();
        plot = plot.with(
            Series::line(format!("minimum + {level}"), points)
                .with_colour(colour)
                .with_width(1.2),
        );
    }
    outcome.panel(
        plot.with(Series::dots("minimum", [(tau_1, tau_2)]).with_colour(BLACK))
            .with(Series::dots("τ₁ = 1, its best τ₂", [(1.0, q[4])]).with_colour(PINK)),
    );
}
