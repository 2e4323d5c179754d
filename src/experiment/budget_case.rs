//! The problems of Figures 4 and 5, and an optimum of one.

use super::search::Best;
use super::{ExperimentError, Outcome, Problem, Sources, fingerprint};
use crate::asymptotics::TailLaw;
use crate::optimize::{SignalLimit, signal_limit};
use crate::report::Rgb;
use crate::spectrum::{PowerLaw, Spectrum};

/// One problem of the two figures.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) stage: &'static str,
    pub(super) colour: Rgb,
    pub(super) spectrum: Spectrum,
    pub(super) dataset_size: Option<u64>,
    law: Option<PowerLaw>,
    pub(super) signal_dominated: bool,
}

/// [`SignalLimit`] in the units of the figures.
pub(super) struct Limit {
    pub(super) zeta: f64,
    pub(super) x: f64,
    /// The limit of the loss is `constant B^-zeta`.
    pub(super) constant: f64,
}

impl Case {
    /// E.5, for signal-dominated power laws.
    pub(super) fn limit(&self) -> Result<Option<Limit>, ExperimentError> {
        let (Some(law), true) = (&self.law, self.signal_dominated) else {
            return Ok(None);
        };
        let tail = TailLaw::of(law)?;
        let SignalLimit { x, constant, .. } = signal_limit(&tail, &self.spectrum, 1.0)?;
        Ok(Some(Limit {
            zeta: tail.zeta(),
            x,
            constant,
        }))
    }

    pub(super) fn fingerprint(&self) -> String {
        fingerprint(&[
            self.spectrum.eigenvalues(),
            self.spectrum.multiplicities(),
            self.spectrum.signal().unwrap_or_default(),
        ])
    }
}

/// The optimum at one batch size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Optimum {
    pub(super) batch_size: u64,
    pub(super) steps: u64,
    pub(super) noise_amplitude: f64,
    pub(super) best: Best,
}

/// The three problems.
pub(super) fn cases(
    sources: &Sources,
    outcome: &mut Outcome,
) -> Result<Vec<Case>, ExperimentError> {
    let points = sources.mnist(1000)?;
    let kernel = &points.kernel;
    let mnist = Problem::of_kernel(&points.name, kernel)?;
    outcome.note(points.note);
    outcome.note("learning rates are alpha times lambda_max, tau = 1; synthetic spectra are infinite power laws with infinite data, gamma = 1/b");
    outcome.note("the optimum at each batch size b is over alpha and beta (1 - beta from 1.9 to 1e-4) at the horizon T = B/b, from the exact SE loss");
    outcome.note(
        "chosen here and not taken from the paper: what Figure 4 shows, the budgets and exponents",
    );
    let synthetic =
        |nu: f64, kappa: f64, stage, colour, word: &str| -> Result<Case, ExperimentError> {
            let law = PowerLaw::new(nu, Some(kappa))?;
            Ok(Case {
                name: format!("{word}, ν = {nu}, κ = {kappa}"),
                stage,
                colour,
                spectrum: law.spectrum().0,
                dataset_size: None,
                law: Some(law),
                signal_dominated: kappa < 2.0 * nu - 1.0,
            })
        };
    Ok(vec![
        synthetic(1.5, 0.75, "signal", Rgb::BLUE, "signal")?,
        Case {
            name: mnist.name.clone(),
            stage: "mnist",
            colour: Rgb::ORANGE,
            spectrum: mnist.spectrum,
            dataset_size: mnist.dataset_size,
            law: None,
            signal_dominated: true,
        },
        synthetic(1.5, 3.0, "noise", Rgb::GREEN, "noise")?,
    ])
}

/// alpha/(1-beta) of an optimum.
pub(super) fn effective(o: &Optimum) -> f64 {
    o.best.learning_rate / (1.0 - o.best.momentum)
}
