//! Exponents and scales of (25) from a measured spectrum, with confidence intervals.
//!
//! ```text
//! lambda_k = Lambda k^-nu (1 + o(1)),    T_k = sum_{l >= k} lambda_l C_ll,0 = K k^-kappa (1 + o(1)),    zeta = kappa/nu    (25)
//! ```
//!
//! | step | how |
//! |---|---|
//! | regression | ln lambda_k and ln T_k on ln k, weights k^(-1/2), inside a window of modes |
//! | window | minimises `(error of the exponent)^2 + (half the difference of the exponents of its halves)^2` among windows that are long enough: neither the first modes nor the finite-N end is used unless it fits, and that of tails that are cut off ends at 0.8 N |
//! | error | block jackknife in ln k; for tails over the modes themselves; plus a quarter of the difference of the halves, in quadrature; Student's t with 6 degrees of freedom |
//! | end of the tails | [`TailEnd`]: what is missing beyond the last mode |
//!
//! T_k of a sample bends down near N in either case of [`TailEnd`]. For a law cut off after N modes
//! the bend is known, `K (k^-kappa - (N+1)^-kappa)`, and is in the regression; for a kernel of N
//! points the N modes hold all of the target, nothing is missing, and the window must stay away from N.
//!
//! The four estimates nu, ln Lambda, kappa, ln K have one covariance: their correlations come from what the
//! same blocks of modes move in each (a mode far from the law moves nu and Lambda together, and kappa too
//! where eigenvalue and signal deviate together); a drift or another window moves an exponent and its scale together.
//! zeta = kappa/nu by the delta method with it.

mod types;

pub use types::{Estimate, ExponentFit, FitError, FitOptions, SpectrumFit, TailEnd};

use super::Spectrum;
use super::fit_window::{BLOCKS, Regression, WindowFit, best, common_edges, edges};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Fewer modes are no tail.
pub const FIT_MINIMUM: usize = 30;
/// A window chosen here spans at least this ratio of mode numbers,
const SHORTEST: f64 = 8.0;
/// or this power of N, if that is more.
const SHARE: f64 = 0.5;
/// A window has at least so many modes.
const POINTS: usize = 20;
/// The halves of the window may differ in exponent by this share before the law is doubted.
const MISFIT: f64 = 0.2;
/// Rounds of linearisation.
const ROUNDS: usize = 60;
/// The confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// nu of a spectral density `rho(lambda) ~ lambda^-a` near 0: `nu = 1/(a - 1)`.
///
/// The counting function `k(lambda) ~ lambda^(1-a)` is inverted. Range: a > 1.
///
/// # Errors
/// a <= 1 or not finite: then finitely many modes lie near 0 and there is no tail.
///
/// ```
/// assert_eq!(tauber::spectrum::eigenvalue_exponent_of_density(1.5), Ok(2.0));
/// assert!(tauber::spectrum::eigenvalue_exponent_of_density(1.0).is_err());
/// ```
pub fn eigenvalue_exponent_of_density(density_exponent: f64) -> Result<f64, FitError> {
    if density_exponent > 1.0 && density_exponent.is_finite() {
        Ok(1.0 / (density_exponent - 1.0))
    } else {
        Err(FitError::Density(density_exponent))
    }
}

/// Student's t for the interval, and the error that goes with it.
fn half_width(variance: f64) -> f64 {
    let quantile = StudentsT::new(0.0, 1.0, (BLOCKS - 2) as f64)
        .map_or(f64::INFINITY, |t| t.inverse_cdf(0.5 * (1.0 + CONFIDENCE)));
    quantile * variance.sqrt()
}

fn plain(value: f64, variance: f64) -> Estimate {
    let half = half_width(variance);
    Estimate {
        value,
        standard_error: variance.sqrt(),
        lower: value - half,
        upper: value + half,
    }
}

/// Variances and covariance of exponent and ln scale that come from drift and from the choice of the window. A
/// drift moves the scale with the exponent, by ln k in the middle of the window.
fn systematic(fit: &WindowFit) -> [f64; 3] {
    let drift = 0.5 * fit.drift();
    let middle = 0.5 * ((fit.window.0 as f64).ln() + (fit.window.1 as f64).ln());
    let moved = drift * middle;
    [
        drift * drift + fit.choice_variance[0],
        moved * moved + fit.choice_variance[1],
        drift * moved + fit.choice_variance[2],
    ]
}

/// The covariance of the estimates of one or two fits: block errors with the correlations of the common blocks,
/// then what is systematic.
fn covariance(parts: &[&(WindowFit, Regression)]) -> [[f64; 4]; 4] {
    let lo = parts.iter().map(|part| part.0.window.0).min().unwrap_or(1);
    let last = parts.iter().map(|part| part.1.len()).max().unwrap_or(1);
    let edges = common_edges(lo, last);
    // Columns: what each common block moves; a fit without influences is uncorrelated.
    let mut columns: [Vec<f64>; 4] = Default::default();
    let mut errors = [0.0; 4];
    for (i, (fit, regression)) in parts.iter().enumerate() {
        errors[2 * i] = fit.exponent_variance.sqrt();
        errors[2 * i + 1] = fit.log_scale_variance.sqrt();
        if let Some(moved) = regression.influences(fit.window, &edges) {
            for j in 0..2 {
                columns[2 * i + j] = moved.iter().map(|block| block[j]).collect();
            }
        }
    }
    let product = |i: usize, j: usize| -> f64 {
        columns[i].iter().zip(&columns[j]).map(|(x, y)| x * y).sum()
    };
    let correlation = |i: usize, j: usize| {
        let scale = (product(i, i) * product(j, j)).sqrt();
        if i == j {
            1.0
        } else if scale > 0.0 {
            product(i, j) / scale
        } else {
            0.0
        }
    };
    let mut matrix: [[f64; 4]; 4] = std::array::from_fn(|i| {
        std::array::from_fn(|j| correlation(i, j) * (errors[i] * errors[j]))
    });
    for (i, (fit, _)) in parts.iter().enumerate() {
        let [exponent, scale, both] = systematic(fit);
        matrix[2 * i][2 * i] += exponent;
        matrix[2 * i + 1][2 * i + 1] += scale;
        matrix[2 * i][2 * i + 1] += both;
        matrix[2 * i + 1][2 * i] += both;
    }
    matrix
}

fn finish(fit: &WindowFit) -> ExponentFit {
    let [exponent, scale, _] = systematic(fit);
    let variance = fit.exponent_variance + exponent;
    let log_variance = fit.log_scale_variance + scale;
    let log_half = half_width(log_variance);
    let [lower, upper] = fit.halves;
    let difference = (upper - lower).abs();
    ExponentFit {
        exponent: plain(fit.exponent, variance),
        scale: Estimate {
            value: fit.log_scale.exp(),
            standard_error: log_variance.sqrt(),
            lower: (fit.log_scale - log_half).exp(),
            upper: (fit.log_scale + log_half).exp(),
        },
        window: fit.window,
        halves: fit.halves,
        lack_of_fit: difference > MISFIT * fit.exponent
            && difference > 2.0 * fit.exponent_variance.sqrt(),
    }
}

/// The shortest window in ln k for N modes.
fn shortest(modes: usize) -> f64 {
    SHORTEST.ln().max(SHARE * (modes as f64).ln())
}

fn choose(
    regression: &Regression,
    window: Option<(usize, usize)>,
) -> Result<Option<WindowFit>, FitError> {
    let Some((lo, hi)) = window else {
        return Ok(best(regression, shortest(regression.len()), POINTS));
    };
    let refuse = |why: String| FitError::Window { lo, hi, why };
    if lo < 1 || hi > regression.len() || lo >= hi {
        return Err(refuse(format!(
            "it must lie in 1..={} with the first mode before the last",
            regression.len()
        )));
    }
    if edges(lo, hi).is_none() || hi < lo + 2 * BLOCKS - 1 {
        return Err(refuse(format!(
            "it must hold {BLOCKS} blocks of equal length in ln k, with at least {} modes in all: move its ends apart",
            2 * BLOCKS
        )));
    }
    regression
        .on(lo, hi)
        .map(Some)
        .ok_or_else(|| refuse("its sums are degenerate".to_owned()))
}

fn listed(spectrum: &Spectrum) -> Result<(), FitError> {
    if spectrum.multiplicities().iter().all(|&m| m == 1.0) {
        Ok(())
    } else {
        Err(FitError::Nodes)
    }
}

/// nu and Lambda.
///
/// # Errors
/// [`FitError::Nodes`], [`FitError::TooFew`], [`FitError::Window`], [`FitError::NoExponent`].
pub fn fit_eigenvalues(
    spectrum: &Spectrum,
    window: Option<(usize, usize)>,
) -> Result<ExponentFit, FitError> {
    eigenvalue_fit(spectrum, window).map(|(fit, _)| finish(&fit))
}

fn eigenvalue_fit(
    spectrum: &Spectrum,
    window: Option<(usize, usize)>,
) -> Result<(WindowFit, Regression), FitError> {
    listed(spectrum)?;
    if spectrum.len() < FIT_MINIMUM {
        return Err(FitError::TooFew {
            what: "eigenvalues",
            got: spectrum.len(),
        });
    }
    let regression = Regression::of_eigenvalues(spectrum.eigenvalues());
    choose(&regression, window)?
        .filter(|fit| fit.exponent > 0.0)
        .map(|fit| (fit, regression))
        .ok_or(FitError::NoExponent("eigenvalues", ""))
}

/// kappa and K, assuming `end` beyond the last mode.
///
/// # Errors
/// [`FitError::NoSignal`] (none, or zero everywhere), and as [`fit_eigenvalues`].
pub fn fit_signal(
    spectrum: &Spectrum,
    window: Option<(usize, usize)>,
    end: TailEnd,
) -> Result<ExponentFit, FitError> {
    signal_fit(spectrum, window, end).map(|(fit, _)| finish(&fit))
}

fn signal_fit(
    spectrum: &Spectrum,
    window: Option<(usize, usize)>,
    end: TailEnd,
) -> Result<(WindowFit, Regression), FitError> {
    listed(spectrum)?;
    let signal = spectrum.signal().ok_or(FitError::NoSignal)?;
    let used = signal
        .iter()
        .rposition(|&q| q > 0.0)
        .ok_or(FitError::NoSignal)?
        + 1;
    if used < FIT_MINIMUM {
        return Err(FitError::TooFew {
            what: "signal",
            got: used,
        });
    }
    // T_1, ..., T_{used}, 0.
    let mut tails = vec![0.0; used + 1];
    for k in (0..used).rev() {
        tails[k] = tails[k + 1] + signal[k];
    }
    let last = match end {
        TailEnd::Complete => f64::INFINITY,
        TailEnd::CutOff => signal.len() as f64 + 1.0,
    };
    // Start from complete tails, whose exponent is too large for a law that is cut off.
    let mut regression = Regression::of_tails(&tails, f64::INFINITY, 1.0);
    let missing = FitError::NoExponent(
        "tail sums of the signal",
        match end {
            TailEnd::Complete => "",
            TailEnd::CutOff => " that is cut off (are the tails complete?)",
        },
    );
    let mut found = choose(&regression, window)?
        .filter(|fit| fit.exponent > 0.0)
        .ok_or_else(|| missing.clone())?;
    if end == TailEnd::CutOff {
        let mut at = found.exponent;
        let mut done = false;
        let mut chosen = window;
        for round in 0..ROUNDS {
            regression = Regression::of_tails(&tails, last, at);
            found = choose(&regression, chosen)?.ok_or_else(|| missing.clone())?;
            // Newton's step, held back where it would leave the range.
            let next = found.exponent.clamp(0.3 * at, 3.0 * at);
            done = (next - at).abs() <= 1e-9 * at;
            at = next;
            if done || at < 1e-3 {
                break;
            }
            // Windows that alternate would never settle.
            if round == 12 {
                chosen = Some(found.window);
            }
        }
        if !done {
            return Err(missing);
        }
    }
    Ok((found, regression))
}

/// nu, Lambda and, where there is a signal, kappa, K and zeta.
///
/// # What this does not mean
/// - An interval is about the window: that the law goes on beyond it is an assumption that no finite
///   spectrum can support.
/// - The 95 % hold for deviations that are independent beyond a block (tested by simulation: 94.3 % or more for each of
///   ten laws); a
///   kernel's deviations are systematic, and its interval is a description of their size.
/// - `lack_of_fit = false` does not make the spectrum a power law.
///
/// # Errors
/// As [`fit_eigenvalues`]; a signal that cannot be fitted is reported in `signal_refusal` instead.
pub fn fit_spectrum(spectrum: &Spectrum, options: &FitOptions) -> Result<SpectrumFit, FitError> {
    let of_eigenvalues = eigenvalue_fit(spectrum, options.window)?;
    let eigenvalues = finish(&of_eigenvalues.0);
    let mut warnings = Vec::new();
    warn(&mut warnings, "eigenvalues", &eigenvalues);
    let tried = match options.tail_end {
        Some(end) => signal_fit(spectrum, options.window, end).map(|fit| (fit, end)),
        None => {
            let [complete, cut] = [TailEnd::Complete, TailEnd::CutOff]
                .map(|end| signal_fit(spectrum, options.window, end).map(|fit| (fit, end)));
            match (complete, cut) {
                (Ok(a), Ok(b)) => {
                    let relative = |(fit, _): &(WindowFit, Regression)| {
                        let exponent = finish(fit).exponent;
                        exponent.standard_error / exponent.value
                    };
                    let chosen = if relative(&b.0) < relative(&a.0) {
                        b
                    } else {
                        a
                    };
                    warnings.push(format!(
                        "the tails of the signal are taken as {}, which leaves the smaller error of kappa",
                        chosen.1.name()
                    ));
                    Ok(chosen)
                }
                (Ok(a), Err(_)) => Ok(a),
                (Err(_), Ok(b)) => Ok(b),
                (Err(error), Err(_)) => Err(error),
            }
        }
    };
    let (of_signal, tail_end, signal_refusal) = match tried {
        Ok((fit, end)) => (Some(fit), Some(end), None),
        Err(error) => {
            warnings.push(format!("kappa, K and zeta are null: {error}"));
            (None, None, Some(error.to_string()))
        }
    };
    let signal = of_signal.as_ref().map(|(fit, _)| finish(fit));
    let parts: Vec<&(WindowFit, Regression)> =
        std::iter::once(&of_eigenvalues).chain(&of_signal).collect();
    let covariance = covariance(&parts);
    if let Some(fit) = &signal {
        warn(&mut warnings, "tail sums of the signal", fit);
    }
    let zeta = signal.as_ref().map(|signal| {
        let (nu, kappa) = (&eigenvalues.exponent, &signal.exponent);
        let value = kappa.value / nu.value;
        let (by_kappa, by_nu) = (1.0 / nu.value, -value / nu.value);
        let variance = by_kappa * by_kappa * covariance[2][2]
            + by_nu * by_nu * covariance[0][0]
            + 2.0 * by_kappa * by_nu * covariance[0][2];
        plain(value, variance.max(0.0))
    });
    Ok(SpectrumFit {
        eigenvalues,
        signal,
        zeta,
        covariance,
        tail_end,
        signal_refusal,
        warnings,
    })
}

fn warn(warnings: &mut Vec<String>, what: &str, fit: &ExponentFit) {
    if fit.lack_of_fit {
        let ((lo, hi), [lower, upper]) = (fit.window, fit.halves);
        warnings.push(format!(
            "lack of fit: the {what} are no power law on modes {lo}..{hi}, the exponent goes from {lower:.3} in its lower half to {upper:.3} in its upper half"
        ));
    }
}
