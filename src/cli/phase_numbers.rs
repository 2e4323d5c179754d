//! The numbers of `tauber phase` for a run, and why one of them is null: shared with `audit` and `curve`.
//!
//! | what | of | names |
//! |---|---|---|
//! | [`exact`] | the modes given | those of `tauber audit` |
//! | [`asymptotic`] | the law without end | the constants and times of Section 6 and E.4 |

use super::output::short;
use crate::asymptotics::{EventualDivergence, Outlook, Phase, TailLaw};
use crate::moment::Hyperparameters;
use crate::spectrum::LoadedSpectrum;
use crate::stability::{StabilityReport, assess, assess_law};

/// What follows for a run: the numbers of these modes, and the asymptotic ones of the law without end.
pub(super) struct Consequences {
    pub(super) report: StabilityReport,
    /// Where kappa is known.
    pub(super) outlook: Option<Outlook>,
    /// (171), which needs no kappa.
    divergence: Option<EventualDivergence>,
}

impl Consequences {
    /// `eigenvalues` are nu and, where it is known, Lambda.
    pub(super) fn of(
        loaded: &LoadedSpectrum,
        (nu, scale): (f64, Option<f64>),
        tail: Option<TailLaw>,
        h: &Hyperparameters,
    ) -> Self {
        let spectrum = &loaded.spectrum;
        let report = match &loaded.power_law {
            Some(own) => assess_law(own, spectrum, h),
            None => assess(spectrum, h),
        };
        let outlook = tail.map(|tail| Outlook::of(&tail, spectrum, h));
        let divergence = match (&outlook, scale) {
            (Some(outlook), _) => outlook.divergence,
            (None, Some(scale)) => EventualDivergence::of(nu, scale, h).ok(),
            (None, None) => None,
        };
        Self {
            report,
            outlook,
            divergence,
        }
    }

    /// The quantities of the law without end that lie beyond `end`, where the spectrum no longer follows it.
    pub(super) fn later_than(&self, end: f64) -> Vec<&'static str> {
        asymptotic(Some(self))
            .into_iter()
            .filter(|(name, value)| {
                value.is_some_and(|value| match *name {
                    // 1 - r_L is the inverse of t_*.
                    "asymptotic_convergence_radius_complement" => value * end < 1.0,
                    "transition_time"
                    | "asymptotic_divergence_time_scale"
                    | "asymptotic_divergence_time" => value > end,
                    _ => false,
                })
            })
            .map(|(name, _)| name)
            .collect()
    }

    /// Name, value and meaning for people; what is in `late` is left out.
    pub(super) fn rows(&self, late: &[&str]) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut row = |name: &str, value: Option<f64>, meaning: &str| {
            if let Some(value) = value {
                rows.push([name, &short(value), meaning].map(str::to_owned).to_vec());
            }
        };
        let diverges = self
            .report
            .divergence_time_scale
            .is_some_and(f64::is_finite);
        for (name, value) in exact(Some(self)) {
            let (name, meaning) = match name {
                "noise_function_at_1" => ("noise function U(1)", "stable below 1"),
                _ if !diverges => continue,
                "convergence_radius_complement" => ("1 - r_L", "loss ~ r_L^-t in the end"),
                "divergence_time_scale" => (
                    "divergence time scale t_*",
                    "steps in which the loss finally grows e-fold",
                ),
                "divergence_time" => (
                    "divergence time t_div",
                    "steps until the growing part equals the noiseless loss",
                ),
                _ => continue,
            };
            row(name, value, meaning);
        }
        let formula = self.outlook.as_ref().and_then(Outlook::formula);
        for (name, value) in asymptotic(Some(self)) {
            let (label, meaning) = match name {
                "loss_constant" => ("C", formula.unwrap_or("")),
                "signal_constant" => ("C_signal", "of t^-zeta, (28a)"),
                "noise_constant" => ("C_noise", "of t^-(2 - 1/nu), (28b)"),
                "signal_function_at_1" => ("signal function V(1)", "infinite for zeta <= 1"),
                "transition_time" => ("transition time", "steps until noise dominates (29)"),
                "asymptotic_convergence_radius_complement" => {
                    ("1 - r_L, asymptotic", "for small learning rates (171)")
                }
                "asymptotic_divergence_time_scale" => {
                    ("t_*, asymptotic", "for small learning rates (200)")
                }
                "early_constant" if self.divergence.is_none() => {
                    ("C_early", "L_t ~ C_early t^-zeta without noise (193)")
                }
                "early_constant" => ("C_early", "L_t ~ C_early t^-zeta before it diverges (193)"),
                _ => ("t_div, asymptotic", "for small learning rates (198)"),
            };
            row(label, value.filter(|_| !late.contains(&name)), meaning);
        }
        rows
    }
}

/// What Section 5 says of these modes, by the names that `audit` has for it.
pub(super) fn exact(found: Option<&Consequences>) -> [(&'static str, Option<f64>); 5] {
    let report = found.map(|found| &found.report);
    [
        (
            "noise_function_at_1",
            report.and_then(|r| r.noise_function_at_1),
        ),
        (
            "convergence_radius_complement",
            report.and_then(|r| r.convergence_radius_complement),
        ),
        (
            "divergence_time_scale",
            report.and_then(|r| r.divergence_time_scale),
        ),
        (
            "divergence_constant",
            report.and_then(|r| r.divergence_constant),
        ),
        ("divergence_time", report.and_then(|r| r.divergence_time)),
    ]
}

/// What Section 6 and E.4 say of the law without end.
pub(super) fn asymptotic(found: Option<&Consequences>) -> [(&'static str, Option<f64>); 9] {
    let outlook = found.and_then(|found| found.outlook.as_ref());
    let convergent = outlook.and_then(|o| o.convergent);
    let divergence = found.and_then(|found| found.divergence);
    let crossing = outlook.and_then(|o| o.crossing);
    [
        ("loss_constant", convergent.map(|c| c.loss_constant())),
        ("signal_constant", convergent.map(|c| c.signal_constant)),
        ("noise_constant", convergent.and_then(|c| c.noise_constant)),
        (
            "signal_function_at_1",
            convergent.and_then(|c| c.signal_at_1),
        ),
        ("transition_time", outlook.and_then(|o| o.transition_time)),
        (
            "asymptotic_convergence_radius_complement",
            divergence.map(|d| d.complement_of_radius),
        ),
        (
            "asymptotic_divergence_time_scale",
            divergence.map(|d| d.time_scale_200()),
        ),
        (
            "early_constant",
            crossing
                .map(|c| c.early_constant)
                .or(outlook.and_then(|o| o.noiseless_constant)),
        ),
        (
            "asymptotic_divergence_time",
            crossing.map(|c| c.divergence_time_198()),
        ),
    ]
}

/// `a is`, or `a, b and c are`.
pub(super) fn are(names: &[&str]) -> String {
    match names {
        [.., last] if names.len() > 1 => {
            format!("{} and {last} are", names[..names.len() - 1].join(", "))
        }
        _ => format!("{} is", names.concat()),
    }
}

/// What only nu > 1 has.
const CONVERGENT: [&str; 8] = [
    "noise_exponent",
    "border_distance",
    "loss_exponent",
    "loss_constant",
    "signal_constant",
    "noise_constant",
    "signal_function_at_1",
    "transition_time",
];
/// What only eventual divergence has.
const DIVERGENT: [&str; 4] = [
    "asymptotic_convergence_radius_complement",
    "asymptotic_divergence_time_scale",
    "early_constant",
    "asymptotic_divergence_time",
];

/// Why a number of the long run is null.
pub(super) fn why_null(name: &str, phase: Phase, outlook: &Outlook) -> String {
    let of_the_other_phases = match phase {
        Phase::ImmediateDivergence => false,
        Phase::EventualDivergence => CONVERGENT.contains(&name),
        Phase::SignalDominated | Phase::NoiseDominated | Phase::Border => DIVERGENT.contains(&name),
    };
    match &outlook.refused {
        Some(error) if !of_the_other_phases => error.to_string(),
        _ => format!("the {} phase at this zeta has none", phase.name()),
    }
}

/// A warning for each reason, with the names of what is null for it.
pub(super) fn null_warnings(names: &[&str], why: impl Fn(&str) -> String) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for name in names {
        let why = why(name);
        match groups.iter_mut().find(|(known, _)| *known == why) {
            Some((_, group)) => group.push(name),
            None => groups.push((why, vec![name])),
        }
    }
    groups
        .into_iter()
        .map(|(why, group)| format!("{} null: {why}", are(&group)))
        .collect()
}
