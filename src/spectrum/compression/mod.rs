//! A long spectrum as a short one with the same U and V: Gauss rules in bins of lambda.
//!
//! | part | nodes |
//! |---|---|
//! | the 64 largest eigenvalues | kept as they are |
//! | bins of more than 20 nodes, each half way from its top L to lambda_min | 10 points for U, of the measure `m_k lambda_k^2`; 10 for V, of `signal_k` |
//! | shorter bins | kept |
//!
//! U and V depend on the spectrum only through `sum m_k lambda_k^2 f(lambda_k)` and `sum signal_k
//! f(lambda_k)` with f smooth on the scale of lambda (rational, with poles away from the positive
//! axis for the points of a contour). A Gauss rule of q points of the bin's own discrete measure is
//! exact for polynomials of degree 2 q - 1, and its weights are positive, so that the result is a
//! [`Spectrum`] like any other: the nodes of U carry no signal, those of V no multiplicity. The
//! rules come from the Stieltjes recurrence and the Jacobi matrix.
//!
//! Bins get narrower towards lambda_min as they do towards 0: at steps far beyond 1/(alpha lambda_min) the
//! loss is that of the slowest modes, and a rule that blurs them is wrong by any factor.
//!
//! The error is estimated, not proved, by comparing `sum w lambda/(lambda + s)` and its square, over
//! both measures, at complex s whose arguments reach 3 pi/4, as
//! the points of a contour do; four times the largest deviation is reported.

mod deviation;
mod newton;
mod rule;

use super::Spectrum;
use deviation::{PARALLEL, deviation};
use newton::POINTS;
use rayon::prelude::*;
use rule::gauss;

/// The largest eigenvalues, which are kept.
const HEAD: usize = 64;
/// Bins of at most this many nodes are kept.
const SHORT: usize = 2 * POINTS;
/// Longer spectra are worth compressing.
const LONG: usize = 512;
/// The smallest error that is ever reported.
const ERROR_FLOOR: f64 = 1e-14;

/// A spectrum with fewer nodes and the estimated relative error of its U and V.
#[derive(Debug, Clone, PartialEq)]
pub struct CompressedSpectrum {
    spectrum: Spectrum,
    error: f64,
}

impl CompressedSpectrum {
    /// Compresses; a spectrum whose bins are all short comes back as it is, with error 0.
    pub fn of(spectrum: &Spectrum) -> Self {
        let (l, m) = (spectrum.eigenvalues(), spectrum.multiplicities());
        let head = HEAD.min(l.len());
        let mut bins = Vec::new();
        let mut start = head;
        let floor = l[l.len() - 1];
        while start < l.len() {
            // Half way to the smallest eigenvalue, so that late steps see what lies near it.
            let below = if l[start] - floor > 8.0 * f64::EPSILON * floor {
                floor + 0.5 * (l[start] - floor)
            } else {
                0.0
            };
            let end = start + l[start..].partition_point(|&x| x > below);
            bins.push((start, end.max(start + 1)));
            start = end.max(start + 1);
        }
        if bins.iter().all(|(start, end)| end - start <= SHORT) {
            return Self {
                spectrum: spectrum.clone(),
                error: 0.0,
            };
        }
        let signal = spectrum.signal();
        let kept = |start: usize, end: usize| -> Vec<[f64; 3]> {
            (start..end)
                .map(|k| [l[k], m[k], signal.map_or(0.0, |q| q[k])])
                .collect()
        };
        let mut nodes = kept(0, head);
        let shorten = |&(start, end): &(usize, usize)| {
            if end - start <= SHORT {
                return kept(start, end);
            }
            let bin = &l[start..end];
            // Relative to the bin's top, so that lambda^2 neither overflows nor vanishes.
            let top = bin[0];
            let squares: Vec<f64> = bin
                .iter()
                .zip(&m[start..end])
                .map(|(x, m)| m * (x / top) * (x / top))
                .collect();
            let mut nodes: Vec<[f64; 3]> = gauss(bin, &squares)
                .into_iter()
                .map(|(x, w)| [x, w / (x / top) / (x / top), 0.0])
                .collect();
            if let Some(signal) = signal {
                let rule = gauss(bin, &signal[start..end]);
                nodes.extend(rule.into_iter().map(|(x, w)| [x, 0.0, w]));
            }
            nodes.sort_by(|x, y| y[0].total_cmp(&x[0]));
            nodes
        };
        // Threads cost more than they save on a short spectrum.
        let binned: Vec<Vec<[f64; 3]>> = if l.len() < PARALLEL {
            bins.iter().map(shorten).collect()
        } else {
            bins.par_iter().map(shorten).collect()
        };
        nodes.extend(binned.into_iter().flatten());
        let column = |j: usize| nodes.iter().map(|node| node[j]).collect::<Vec<f64>>();
        let short = Spectrum::from_nodes(
            column(0),
            column(1),
            signal.map(|_| column(2)),
            spectrum.infinite_trace(),
            spectrum.infinite_trace_of_square(),
        )
        .with_null_space_loss(spectrum.null_space_loss())
        .with_infinite_trace_of_covariance(spectrum.infinite_trace_of_covariance())
        .with_lumped_below(spectrum.lumped_below());
        let error = (4.0 * deviation(spectrum, &short, head)).max(ERROR_FLOOR);
        Self {
            spectrum: short,
            error,
        }
    }

    /// The same where it pays and does little harm: for more than 512 nodes, if U and V change by at most
    /// `limit`.
    pub fn where_it_pays(spectrum: &Spectrum, limit: f64) -> Option<Self> {
        (spectrum.len() > LONG)
            .then(|| Self::of(spectrum))
            .filter(|short| short.error <= limit && short.spectrum.len() < spectrum.len())
    }

    /// The nodes.
    pub const fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// The nodes, by value.
    pub fn into_spectrum(self) -> Spectrum {
        self.spectrum
    }

    /// The estimated relative error of U and V at the points of a contour, 0 if nothing was changed.
    pub const fn error(&self) -> f64 {
        self.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_spectra_stay_as_they_are_and_equal_eigenvalues_become_one_node() {
        let few = Spectrum::new(vec![1.0, 0.5, 0.1], Some(vec![1.0; 3])).unwrap();
        let same = CompressedSpectrum::of(&few);
        assert_eq!((same.spectrum(), same.error()), (&few, 0.0));
        let many = Spectrum::new(vec![0.25; 1000], Some(vec![0.5; 1000])).unwrap();
        let short = CompressedSpectrum::of(&many);
        assert_eq!(short.spectrum().len(), 66);
        assert!((short.spectrum().trace() - 250.0).abs() < 1e-10);
        assert!((short.spectrum().initial_loss().unwrap() - 250.0).abs() < 1e-10);
    }
}
