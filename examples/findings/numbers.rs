//! The two numbers of each finding of `docs/findings.md`: what the text, a notebook or a rule of thumb says, and
//! what the mathematics gives.

use statrs::function::gamma::gamma;
use std::error::Error;
use tauber::asymptotics::{DivergenceCrossing, LossAsymptotics, Phase, TailLaw};
use tauber::dynamics::{AdditiveNoise, ExactMoments, KernelView, SeRecursion};
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::noise::{
    Dense, Group, TorusKernel, TraceDistance, component_range, covariance_of_jacobian,
    dense_generators, dimension_of_invariants, haar_average, plane_rotation, spectral_components,
};
use tauber::number::{Rational, parse_rational, rational_to_f64};
use tauber::optimize::{MomentumAdvice, characteristic_30, notebook_characteristic};
use tauber::spectrum::{PowerLaw, SignalLaw, Spectrum};
use tauber::stability::{critical_learning_rate, dominant_root, noiseless_critical_learning_rate};

/// One comparison.
pub struct Line {
    /// What is compared.
    pub what: String,
    /// What the text, the notebook or the rule of thumb gives.
    pub said: f64,
    /// What the mathematics gives.
    pub found: f64,
}

type Lines = Result<Vec<Line>, Box<dyn Error>>;

fn line(what: impl Into<String>, said: f64, found: f64) -> Line {
    Line {
        what: what.into(),
        said,
        found,
    }
}

/// A finding: number, heading of the two columns, its numbers.
pub struct Finding {
    /// As in `docs/findings.md`.
    pub number: u8,
    /// What stands in the two columns.
    pub columns: [&'static str; 2],
    /// The numbers.
    pub lines: fn() -> Lines,
}

/// All of them.
pub const FINDINGS: [Finding; 12] = [
    finding(1, ["expanded S", "by the identity"], lemma_1),
    finding(2, ["full batch", "batches of 1"], full_batch),
    finding(3, ["the notebook's helper", "exact, t = 1e13"], helpers),
    finding(4, ["with K = c", "exact, t = 1e13"], scale),
    finding(
        5,
        ["asymptote (193)", "exact loss over the crossover"],
        crossover,
    ),
    finding(6, ["rule for tau >= 0", "growth per step"], negative_tau),
    finding(7, ["end of (67)", "attained"], interval_67),
    finding(8, ["rotations only", "all of O(N)"], rotations),
    finding(9, ["translation-invariant", "average model"], average_model),
    finding(10, ["E(1, 1)", "worst loss deviation"], measures),
    finding(11, ["momentum 0", "this momentum"], additive),
    finding(12, ["notebook", "(30) or the loss"], characteristic),
];

const fn finding(number: u8, columns: [&'static str; 2], lines: fn() -> Lines) -> Finding {
    Finding {
        number,
        columns,
        lines,
    }
}

fn q(text: &str) -> Rational {
    parse_rational(text).unwrap_or_default()
}

fn lemma_1() -> Lines {
    let mut lines = Vec::new();
    for [a, b, g, z] in [
        [0.5, 0.5, 1.0, 0.9],
        [2.9, 0.5, 1.0, 0.99],
        [2.9, 0.5, 7.0, 0.99],
        [0.19, -0.9, 50.0, 0.7],
    ] {
        // The polynomial that was given to the quantifier elimination.
        let expanded = a * a * b * g * z * z + a * a * b * z * z + a * a * g * z
            - a * a * z
            - 2.0 * a * b * b * z * z
            - 2.0 * a * b * z * z
            + 2.0 * a * b * z
            + 2.0 * a * z
            - b * b * b * z * z * z
            + b * b * b * z * z
            + b * b * z * z
            - b * b * z
            + b * z * z
            - b * z
            - z
            + 1.0;
        let square = (1.0 + b * z) * (1.0 + b * z) - z * (1.0 + b - a) * (1.0 + b - a);
        let found = (1.0 - b * z) * square + g * a * a * z * (1.0 + b * z);
        lines.push(line(
            format!("S at a {a}, b {b}, g {g}, z {z}"),
            expanded,
            found,
        ));
    }
    Ok(lines)
}

fn full_batch() -> Lines {
    let law = PowerLaw::new(1.5, None)?.with_modes(1000)?;
    let spectrum = law.spectrum().0;
    Ok(vec![line(
        "largest stable learning rate, momentum 0.9",
        noiseless_critical_learning_rate(&spectrum, 0.9)?,
        critical_learning_rate(&spectrum, 0.9, 1.0, 1.0)?,
    )])
}

/// `t^xi L_t` at t = 1e13.
fn late_constant(
    spectrum: &Spectrum,
    h: &Hyperparameters,
    exponent: f64,
) -> Result<f64, Box<dyn Error>> {
    let t = 1e13_f64;
    let loss = LossContour::new(spectrum, h)?.at(t)?.value();
    Ok(loss * t.powf(exponent))
}

fn helpers() -> Lines {
    let mut lines = Vec::new();
    for (nu, kappa, name) in [
        (1.5, 3.0, "noisy"),
        (2.0, 4.0, "noisy"),
        (1.5, 0.75, "clean"),
        (2.0, 1.5, "clean"),
    ] {
        let law = PowerLaw::new(nu, Some(kappa))?;
        let spectrum = law.spectrum().0;
        let edge = critical_learning_rate(&spectrum, 0.5, 0.5, 0.5)?;
        let h = Hyperparameters::new(0.5 * edge, 0.5, 0.5, 0.5)?;
        let found = LossAsymptotics::of_power_law(&law, &h)?;
        let (effective, gap) = (h.effective_learning_rate(), 1.0 - found.noise_at_1);
        let helper = if found.phase == Phase::NoiseDominated {
            0.5 / (2.0 * nu)
                * found.signal_at_1.unwrap_or(f64::NAN)
                * gamma(2.0 - 1.0 / nu)
                * effective.powf(1.0 / nu - 2.0)
                / (gap * gap)
        } else {
            gamma(found.zeta + 1.0) * (2.0 * effective).powf(-found.zeta) / gap
        };
        let exact = late_constant(&spectrum, &h, found.loss_exponent())?;
        lines.push(line(
            format!("{name}, nu {nu}, kappa {kappa}"),
            helper,
            exact,
        ));
        let what = format!("(28) in its place, nu {nu}, kappa {kappa}");
        lines.push(line(what, found.loss_constant(), exact));
    }
    Ok(lines)
}

fn scale() -> Lines {
    let mut lines = Vec::new();
    for (nu, kappa) in [(1.5, 0.75), (2.0, 0.5)] {
        let law = PowerLaw::new(nu, Some(kappa))?.with_signal(SignalLaw::Terms, 1.0)?;
        let spectrum = law.spectrum().0;
        let edge = critical_learning_rate(&spectrum, 0.5, 0.5, 1.0)?;
        let h = Hyperparameters::new(0.5 * edge, 0.5, 0.5, 1.0)?;
        let exact = late_constant(&spectrum, &h, kappa / nu)?;
        for (name, k) in [("c", 1.0), ("c/kappa", 1.0 / kappa)] {
            let tail = TailLaw::new(nu, kappa, 1.0, k)?;
            let said = LossAsymptotics::of(&tail, &spectrum, &h)?.signal_constant;
            lines.push(line(
                format!("(28a), nu {nu}, kappa {kappa}, K = {name}"),
                said,
                exact,
            ));
        }
    }
    Ok(lines)
}

fn crossover() -> Lines {
    let law = PowerLaw::new(0.7, Some(0.4))?;
    let (spectrum, tail) = (law.spectrum().0, TailLaw::of(&law)?);
    let h = Hyperparameters::new(3e-6, 0.0, 1.0, 1.0)?;
    let found = DivergenceCrossing::of(&tail, &h)?;
    let exact = dominant_root(&spectrum, &h)
        .ok_or("no root of z U = 1")?
        .e();
    let contour = LossContour::new(&spectrum, &h)?;
    let limit = found.divergence.complement_of_radius;
    let scale = (exact / limit).powf(found.zeta);
    let mut lines = Vec::new();
    for x in [1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 5.0] {
        let loss = contour.at((x / exact).floor())?.value();
        let early = found.early_loss_193(x / limit) * scale;
        let whole = found.crossover_loss(x / limit)? * scale;
        lines.push(line(
            format!("(1 - r_L) t = {x}: loss over"),
            loss / early,
            loss / whole,
        ));
    }
    Ok(lines)
}

fn negative_tau() -> Lines {
    // tau = -1, one mode: alpha < 2 is the rule for tau >= 0, alpha (1 + gamma) < 2 the extended one.
    let spectrum = Spectrum::new(vec![1.0], Some(vec![1.0]))?;
    let mut lines = Vec::new();
    for alpha in [1.0, 1.3, 1.6, 1.9] {
        let h = Hyperparameters::new(alpha, 0.0, 0.9, -1.0)?;
        let mut run = SeRecursion::new(&spectrum, &h)?;
        let before = run.advance_by(20);
        let growth = run.advance_by(1) / before;
        let printed = 0.9 * alpha / (2.0 - alpha - 0.9 * alpha);
        lines.push(line(
            format!("alpha {alpha}: U(1) as (21) reads"),
            printed,
            growth,
        ));
    }
    let extended = critical_learning_rate(&spectrum, 0.0, 0.9, -1.0)?;
    lines.push(line(
        "the edge",
        noiseless_critical_learning_rate(&spectrum, 0.0)?,
        extended,
    ));
    Ok(lines)
}

fn interval_67() -> Lines {
    let one = q("1");
    let range = component_range(2, &one, &one, &q("2"))?;
    let g = Dense::from_fn(2, 2, |_, _| one.clone());
    let mut lines = Vec::new();
    for (sine, end) in [("5/13", &range.overlapping), ("-5/13", &range.orthogonal)] {
        let phi = plane_rotation(2, [0, 1], q("12/13"), q(sine));
        let found = spectral_components(&[q("1"), q("1/2")], &phi, &g)?;
        lines.push(line(
            format!("Sigma_11, rotation of sine {sine}"),
            rational_to_f64(end),
            rational_to_f64(&found[0]),
        ));
    }
    Ok(lines)
}

fn rotations() -> Lines {
    let dimension = |n, group| dimension_of_invariants(n, &dense_generators(n, group));
    let mut lines = Vec::new();
    for n in [2, 3] {
        lines.push(line(
            format!("invariant tensors, N = {n}"),
            dimension(n, Group::Rotations)? as f64,
            dimension(n, Group::Orthogonal)? as f64,
        ));
    }
    Ok(lines)
}

fn average_model() -> Lines {
    let mut lines = Vec::new();
    for n in [2, 4, 10, 100, 10_000] {
        let taus = haar_average(n)?;
        let tau = rational_to_f64(&taus.tau_2) / rational_to_f64(&taus.tau_1);
        lines.push(line(format!("tau_2/tau_1, N = {n}"), 1.0, tau));
    }
    Ok(lines)
}

fn measures() -> Lines {
    let mut lines = Vec::new();
    for (sizes, levels) in [(vec![5], [1.0, 0.5, 0.25]), (vec![4, 3], [1.0, 0.25, 0.5])] {
        let n: usize = sizes.iter().product();
        let plain = TorusKernel::from_eigenvalues(&sizes, vec![1.0; n])?;
        let lambda: Vec<f64> = (0..n)
            .map(|k| levels[k.min(plain.opposite(k)) % 3])
            .collect();
        let torus = TorusKernel::from_eigenvalues(&sizes, lambda.clone())?;
        let roots = lambda.iter().map(|l| l.sqrt()).collect();
        let root = TorusKernel::from_eigenvalues(&sizes, roots)?;
        let psi = Dense::new(n, n, root.kernel_row_major())?;
        let x: Vec<f64> = (0..n)
            .map(|i| ((7 * i * i + 3 * i) % 11) as f64 / 11.0 - 0.4)
            .collect();
        let c = Dense::outer(&x, &x);
        let sigma = covariance_of_jacobian(&psi, &c)?;
        let h = psi.times(&psi)?;
        let distance = TraceDistance::in_parameter_space(&sigma, &h, &c)?.at(&1.0, &1.0)?;
        let entries = torus.kernel_row_major();
        let view = KernelView::new(n, &entries)?;
        let residual: Vec<f64> = (0..n)
            .map(|i| view.row(i).iter().zip(&x).map(|(k, x)| k * x).sum())
            .collect();
        let mut exact = ExactMoments::new(view, &residual, 2)?;
        let spectrum = Spectrum::new(exact.eigenvalues().to_vec(), Some(exact.mode_signal()))?;
        let p = Hyperparameters::new(0.8, 0.4, exact.noise_amplitude(), 1.0)?;
        let se = SeRecursion::new(&spectrum, &p)?.run(25);
        let losses = exact.run(0.8, 0.4, 25)?;
        let worst = losses
            .iter()
            .zip(&se)
            .map(|(a, b)| (a / b - 1.0).abs())
            .fold(0.0, f64::max);
        lines.push(line(format!("torus {sizes:?}, 25 steps"), distance, worst));
    }
    Ok(lines)
}

fn additive() -> Lines {
    let eigenvalues = ["1", "1/2", "1/5"].map(q).to_vec();
    let covariance = Dense::from_fn(3, 3, |i, j| q(if i == j { "1" } else { "0" }));
    let loss = |beta: &str| -> Result<f64, Box<dyn Error>> {
        let b = q(beta);
        let alpha = q("3/4") * (q("1") - &b);
        let model = AdditiveNoise::new(eigenvalues.clone(), covariance.clone(), alpha, b)?;
        Ok(rational_to_f64(&model.stationary_loss()))
    };
    let plain = loss("0")?;
    ["-2/5", "1/2", "9/10"]
        .into_iter()
        .map(|beta| {
            let what = format!("stationary loss at alpha_eff = 3/4, momentum {beta}");
            Ok(line(what, plain, loss(beta)?))
        })
        .collect()
}

fn characteristic() -> Lines {
    let mut lines = Vec::new();
    for (nu, kappa) in [(1.5, 2.5), (1.5, 3.5), (2.0, 3.5), (2.0, 5.0)] {
        let law = PowerLaw::new(nu, Some(kappa))?;
        let (tail, spectrum) = (TailLaw::of(&law)?, law.spectrum().0);
        let cut = law.with_signal(SignalLaw::Terms, 1.0)?.with_modes(1000)?;
        let book = notebook_characteristic(nu, kappa, 1000);
        let e = characteristic_30(&tail, &cut.spectrum().0)?;
        lines.push(line(
            format!("nu {nu}, kappa {kappa}: E, 1,000 modes"),
            book,
            e,
        ));
        let rate = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0)?.learning_rate;
        for t in [1e4, 1e8, 1e12] {
            let loss = |beta: f64| -> Result<f64, Box<dyn Error>> {
                let p = Hyperparameters::new(rate, beta, 1.0, 1.0)?;
                Ok(LossContour::new(&spectrum, &p)?.at(t)?.value().ln())
            };
            let slope = (loss(1e-3)? - loss(-1e-3)?) / 2e-3;
            let what = format!("nu {nu}, kappa {kappa}: d ln L/d momentum, t = {t:e}");
            lines.push(line(what, f64::NAN, slope));
        }
    }
    Ok(lines)
}
