//! Everything about the stability of one run, in one struct.

use super::divergence::{constant_at, time_at};
use super::edge::checked;
use super::edge::checked::{critical_regularization, lower_bound_23, upper_bound_22};
use super::infinity;
use super::radius::{radius_point, resolves};
use super::verdict::{Verdict, judge};
use crate::generating::Point;
use crate::moment::Hyperparameters;
use crate::spectrum::{CompressedSpectrum, PowerLaw, Spectrum};
use serde::Serialize;

/// Longer spectra are compressed,
const LONG: usize = 10_000;
/// if that changes U and V by at most this.
const COMPRESSION_LIMIT: f64 = 1e-11;
/// The largest share of U(1) - 1 that a compression may have.
const NEAR_LIMIT: f64 = 1e-9;

/// The answer to "is this learning rate stable for my spectrum, and by how much".
///
/// Numbers are `f64` estimates (relative error about 1e-13 or better away from singular cases, and
/// [`StabilityReport::compression_error`] for long spectra);
/// the verdict is decided by intervals where rounding could matter. In JSON an infinite value is
/// the string `"infinity"` and what does not apply is null, with a warning.
///
/// # What this does not mean
/// See [`judge`]: it is about the averaged loss of the SE dynamics with constant parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StabilityReport {
    /// Stable or not.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// U(1); `None` at or beyond the noiseless edge.
    #[serde(serialize_with = "infinity::optional")]
    pub noise_function_at_1: Option<f64>,
    /// The largest stable learning rate at this momentum and noise; 0 where there is none.
    #[serde(serialize_with = "infinity::number")]
    pub critical_learning_rate: f64,
    /// `2 (1+b)/lambda_max`.
    #[serde(serialize_with = "infinity::number")]
    pub noiseless_critical_learning_rate: f64,
    /// lambda_crit, in units of an eigenvalue; infinite where Tr H is.
    #[serde(serialize_with = "infinity::number")]
    pub critical_regularization: f64,
    /// alpha/(1-b).
    #[serde(serialize_with = "infinity::number")]
    pub effective_learning_rate: f64,
    /// (22): no alpha_eff at or above it is stable.
    #[serde(serialize_with = "infinity::number")]
    pub upper_bound_22: f64,
    /// (23): every alpha_eff below it is stable.
    #[serde(serialize_with = "infinity::number")]
    pub lower_bound_23: f64,
    /// r_L in [0, 1], rounded: 1 also where 1 - r_L is below 1e-16; `None` when the verdict is unknown.
    #[serde(serialize_with = "infinity::optional")]
    pub convergence_radius: Option<f64>,
    /// 1 - r_L in [0, 1] with its own digits; 0 only where r_L is 1. `None` when the verdict is unknown, and where
    /// the loss diverges later than the nodes of an infinite law tell ([`super::resolves`]).
    #[serde(serialize_with = "infinity::optional")]
    pub convergence_radius_complement: Option<f64>,
    /// t_* = 1/(-ln r_L), steps; infinite when r_L = 1.
    #[serde(serialize_with = "infinity::optional")]
    pub divergence_time_scale: Option<f64>,
    /// t_div, steps; see [`super::divergence_time`].
    #[serde(serialize_with = "infinity::optional")]
    pub divergence_time: Option<f64>,
    /// c of (24); see [`super::divergence_constant`].
    #[serde(serialize_with = "infinity::optional")]
    pub divergence_constant: Option<f64>,
    /// Estimated relative error of U and V from compressing a spectrum of more than 10,000 nodes for all numbers
    /// but the verdict and U(1); 0 if nothing was compressed.
    pub compression_error: f64,
    /// What to know about the numbers above.
    pub warnings: Vec<String>,
}

/// Judges one run: verdict, edge, margins, and how it diverges if it does.
///
/// ```
/// use tauber::{moment::Hyperparameters, spectrum::Spectrum, stability::{Verdict, assess}};
/// let spectrum = Spectrum::new(vec![1.0, 0.5, 0.25, 0.1], Some(vec![1.0, 1.0, 0.25, 0.05]))?;
/// let report = assess(&spectrum, &Hyperparameters::new(1.5, 0.0, 1.0, 0.5)?);
/// assert_eq!(report.verdict, Verdict::Unstable);
/// assert!((report.convergence_radius.unwrap_or(1.0) - 0.425707396437).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn assess(spectrum: &Spectrum, parameters: &Hyperparameters) -> StabilityReport {
    report(spectrum, &|| None, parameters)
}

/// [`assess`] for the `spectrum` of a power law. Where its nodes end too early to tell 1 - r_L, those of
/// [`PowerLaw::deep_spectrum`] do, down to 1 - r_L of about 1e-275 of `2 alpha_eff Lambda`.
///
/// ```
/// use tauber::{moment::Hyperparameters, spectrum::PowerLaw, stability::assess_law};
/// let law = PowerLaw::new(0.99, Some(0.3))?;
/// let report = assess_law(&law, &law.spectrum().0, &Hyperparameters::new(1e-3, 0.0, 1.0, 1.0)?);
/// assert_eq!(report.convergence_radius, Some(1.0));
/// assert!(report.convergence_radius_complement.is_some_and(|e| e > 0.0 && e < 1e-100));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn assess_law(
    law: &PowerLaw,
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
) -> StabilityReport {
    report(spectrum, &|| law.deep_spectrum(), parameters)
}

/// The warning of a run with negative tau and noise, for every command that judges or computes with it.
pub fn negative_tau_warning(noise_amplitude: f64, tau: f64) -> Option<String> {
    (tau < 0.0 && noise_amplitude > 0.0).then(|| {
        "tau < 0: stability rests on an extension of Proposition 3 that is tested, not proved"
            .to_owned()
    })
}

fn report(
    spectrum: &Spectrum,
    deep: &dyn Fn() -> Option<Spectrum>,
    parameters: &Hyperparameters,
) -> StabilityReport {
    let judgement = judge(spectrum, parameters);
    let verdict = judgement.verdict;
    // The verdict and U(1) come from all eigenvalues, the rest from the compressed spectrum where that pays.
    let compressed = (spectrum.len() > LONG)
        .then(|| CompressedSpectrum::where_it_pays(spectrum, COMPRESSION_LIMIT))
        .flatten();
    let (whole, compression_error) = (spectrum, compressed.as_ref().map_or(0.0, |c| c.error()));
    let spectrum = compressed.as_ref().map_or(whole, |c| c.spectrum());
    // Near U(1) = 1 the root is 1 - r_L ~ U(1) - 1: what the compression changes is large beside it.
    let near = judgement
        .noise_function_at_1
        .is_some_and(|u| compression_error > NEAR_LIMIT * (u - 1.0).abs());
    let for_root = if near { whole } else { spectrum };
    let (momentum, gamma, tau) = (
        parameters.momentum(),
        parameters.noise_amplitude(),
        parameters.tau(),
    );
    let mut warnings = Vec::new();
    if judgement.noise_function_at_1.is_none() {
        warnings.push(
            "noise_function_at_1 is null: U(1) has no meaning at or beyond the noiseless edge"
                .to_owned(),
        );
    }
    if gamma > 1.0 {
        warnings.push(format!(
            "noise amplitude {gamma:?} is above 1: no batch of SGD gives it (check --noise-amplitude)"
        ));
    }
    warnings.extend(negative_tau_warning(gamma, tau));
    let diverging = matches!(verdict, Verdict::Unstable | Verdict::EventualDivergence);
    let radius_of = |nodes: &Spectrum| {
        let point = radius_point(nodes, parameters, verdict);
        let late = diverging
            && gamma > 0.0
            && point.is_some_and(|point| !resolves(nodes, parameters, point.e()));
        (point, late)
    };
    let (mut radius, mut late) = radius_of(for_root);
    let deep = if late { deep() } else { None };
    let for_root = deep.as_ref().unwrap_or(for_root);
    if deep.is_some() {
        (radius, late) = radius_of(for_root);
    }
    if radius.is_none() {
        warnings.push(
            "convergence_radius and convergence_radius_complement are null: the verdict is unknown"
                .to_owned(),
        );
    }
    if late {
        // Some root of the nodes that are there, but not of the law.
        radius = radius.map(|_| Point::from_complement(0.0));
        warnings.push(
            "convergence_radius_complement and divergence_time_scale are null, convergence_radius is 1 by rounding: divergence sets in later than the nodes of this law tell; for small learning rates and nu < 1 `tauber phase` has the asymptotic 1 - r_L of (171)"
                .to_owned(),
        );
    }
    let divergence_time_scale = radius.filter(|_| !late).map(|point| {
        if point.z() < 0.5 {
            -1.0 / point.z().ln()
        } else {
            -1.0 / (-point.e()).ln_1p()
        }
    });
    let root = radius.filter(|_| diverging && gamma > 0.0 && !late);
    let divergence_constant = root.and_then(|point| constant_at(for_root, parameters, &point).ok());
    let divergence_time = root
        .zip(divergence_constant)
        .and_then(|(point, constant)| time_at(for_root, parameters, &point, constant).ok());
    if divergence_constant.is_none() {
        let why = match verdict {
            Verdict::Stable => "nothing diverges",
            Verdict::Unknown => "the verdict is unknown",
            Verdict::ImmediateDivergence => "the loss is infinite after one step",
            _ if late => "the divergence is too late",
            _ if gamma == 0.0 => "(24) is about the divergence by noise, and there is none",
            _ if spectrum.signal().is_none() => "the spectrum has no signal",
            _ => "(24) leaves the range of f64",
        };
        warnings.push(format!(
            "divergence_constant and divergence_time are null: {why}"
        ));
    } else if divergence_time.is_none() {
        warnings.push(
            "divergence_time is null: (24) does not cross the noiseless loss (beyond the noiseless edge that loss diverges too)"
                .to_owned(),
        );
    }
    let critical_regularization = critical_regularization(spectrum, tau);
    StabilityReport {
        verdict,
        reason: judgement.reason,
        noise_function_at_1: judgement.noise_function_at_1,
        critical_learning_rate: checked::critical_learning_rate(spectrum, momentum, gamma, tau),
        noiseless_critical_learning_rate: checked::noiseless_critical_learning_rate(
            spectrum, momentum,
        ),
        critical_regularization,
        effective_learning_rate: parameters.effective_learning_rate(),
        upper_bound_22: upper_bound_22(gamma, critical_regularization),
        lower_bound_23: lower_bound_23(spectrum, momentum, gamma, critical_regularization),
        convergence_radius: radius.map(|point| point.z()),
        convergence_radius_complement: radius.filter(|_| !late).map(|point| point.e()),
        divergence_time_scale,
        divergence_time,
        divergence_constant,
        compression_error,
        warnings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinite_values_are_words_in_json_and_missing_ones_null() {
        let s = Spectrum::new(vec![1.0], None).unwrap();
        let h = Hyperparameters::new(0.5, 0.0, 0.5, 1.0).unwrap();
        let json = serde_json::to_value(assess(&s, &h)).unwrap();
        assert_eq!(json["verdict"], "stable");
        assert_eq!(json["divergence_time_scale"], "infinity");
        assert_eq!(json["upper_bound_22"], "infinity");
        assert!(json["divergence_time"].is_null());
        assert_eq!(json["critical_regularization"], 0.0);
    }

    #[test]
    fn a_long_spectrum_is_compressed_for_the_numbers_and_says_by_how_much() {
        let l: Vec<f64> = (1..=20_000).map(|k| f64::from(k).powf(-1.3)).collect();
        let q = (1..=20_000).map(|k| f64::from(k).powf(-1.8)).collect();
        let long = Spectrum::new(l, Some(q)).unwrap();
        // Far beyond the edge, beyond the noiseless edge, and 1e-9 beyond the edge.
        let edge = checked::critical_learning_rate(&long, 0.5, 0.5, 1.0);
        for alpha in [0.5 * edge, 1.5 * edge, 3.5, edge * (1.0 + 1e-9)] {
            let h = Hyperparameters::new(alpha, 0.5, 0.5, 1.0).unwrap();
            let report = assess(&long, &h);
            assert!(report.compression_error > 0.0 && report.compression_error < 1e-11);
            let judgement = judge(&long, &h);
            assert_eq!(report.verdict, judgement.verdict);
            assert_eq!(report.noise_function_at_1, judgement.noise_function_at_1);
            let near = |x: f64, y: f64| (x / y - 1.0).abs() < 1e-9;
            assert!(near(report.critical_learning_rate, edge));
            assert!(near(
                report.critical_regularization,
                critical_regularization(&long, 1.0)
            ));
            let root = crate::stability::dominant_root(&long, &h);
            if let (Some(root), Some(scale)) =
                (root, report.divergence_time_scale.filter(|s| s.is_finite()))
            {
                let exact = -1.0 / (-root.e()).ln_1p();
                assert!(near(scale, exact), "{alpha}: {scale} {exact}");
                let constant = crate::stability::divergence_constant(&long, &h).unwrap();
                assert!(near(report.divergence_constant.unwrap(), constant));
                let time = crate::stability::divergence_time(&long, &h);
                let off = |t: f64| (report.divergence_time.unwrap() - t).abs() / (1.0 + t);
                assert!(time.is_ok_and(|t| off(t) < 1e-6) || alpha > 3.0);
            }
        }
        let short = Spectrum::new(vec![1.0, 0.5], None).unwrap();
        let h = Hyperparameters::new(0.5, 0.0, 0.5, 1.0).unwrap();
        assert_eq!(assess(&short, &h).compression_error, 0.0);
    }

    #[test]
    fn every_null_has_a_warning_that_names_it() {
        let s = Spectrum::new(vec![1.0, 0.5], None).unwrap();
        for alpha in [0.1, 1.9, 2.0, 2.5] {
            for gamma in [0.0, 0.9] {
                let h = Hyperparameters::new(alpha, 0.0, gamma, 1.0).unwrap();
                let report = assess(&s, &h);
                let json = serde_json::to_value(&report).unwrap();
                for (key, value) in json.as_object().unwrap() {
                    let named = report.warnings.iter().any(|w| w.contains(key.as_str()));
                    assert!(!value.is_null() || named || key == "divergence_time_scale");
                }
            }
        }
    }

    #[test]
    fn an_infinite_trace_square_diverges_at_once() {
        let s = Spectrum::from_nodes(vec![1.0, 0.1], vec![1.0, 10.0], None, true, true);
        let h = Hyperparameters::new(0.1, 0.0, 0.1, 1.0).unwrap();
        let report = assess(&s, &h);
        assert_eq!(report.verdict, Verdict::ImmediateDivergence);
        assert_eq!(report.convergence_radius, Some(0.0));
        assert_eq!(report.noise_function_at_1, Some(f64::INFINITY));
        assert_eq!(report.critical_learning_rate, 0.0);
    }
}
