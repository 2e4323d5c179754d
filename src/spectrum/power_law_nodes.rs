//! A power law as a [`Spectrum`]: mode by mode when it is short, otherwise by a rule of
//! positive weights whose sums agree with those over all modes to round-off (measured, not proved).
//!
//! | part | nodes |
//! |---|---|
//! | up to 100,000 modes | every mode |
//! | blocks of consecutive k | 12-point rule of `gauss` for the integers of the block; blocks of at most 12 stay mode by mode |
//! | infinite law, k >= 2^30 | Gauss-Legendre, 12 points a panel in ln k |
//! | the rest of an infinite law | one node with the rest of `sum lambda` and `sum lambda^2`, one with the rest of the signal |
//!
//! A block starting at k has at most `k (e^h - 1)` modes with `h = min(ln 2, 1/nu, 8/kappa)`: the
//! summands of U and V, as functions of ln k, have poles at distance pi/nu or so from the real axis.
//! A finite law's blocks also halve towards its last mode, where summands at z > 1 have a pole
//! just beyond. An infinite law is followed until `lambda_k <= 1e-32 Lambda` (or k = 1e100);
//! what lies beyond is lumped, which changes a loss at step t by about `1e-32 alpha Lambda t` relative
//! (an estimate: those modes have not moved yet). [`PowerLaw::deep_spectrum`] goes on to `lambda_k` of 1e-288 (or
//! k = 1e300): for z U(z) at real z so near to 1 that what is lumped would matter there.
//!
//! The error is estimated by comparing `sum lambda`, `sum lambda^2` and `sum signal` with
//! `power_sum`; tests compare U and V with 25-digit sums.

use super::gauss::rule;
use super::power_law::PowerLaw;
use super::power_sum::tail_sum;
use super::{SignalLaw, Spectrum};

/// Finite laws of up to this many modes are listed mode by mode.
pub const EXPLICIT_LIMIT: u64 = 100_000;

/// Points a block.
const POINTS: usize = 12;

/// The smallest error that is ever reported for a rule.
const ERROR_FLOOR: f64 = 1e-13;

/// lambda/Lambda below which the modes of an infinite law are lumped.
const LAST: f64 = 1e-32;

/// nu ln k up to which blocks are narrow: 9 beyond the last pole, at lambda = 1e-32 Lambda, for
/// steps up to 1e30/(alpha Lambda).
const POLES_MATTER: f64 = 83.0;

/// From here on a sum over integers is an integral from k - 1/2, to 1e-19.
const CONTINUOUS: u64 = 1 << 30;

/// The largest k of an infinite law.
const FURTHEST: f64 = 1e100;

/// The largest k of a deep spectrum,
const DEEPEST: f64 = 1e300;

/// and the smallest eigenvalue that is not lumped.
const DEEPEST_EIGENVALUE: f64 = 1e-288;

/// Width in ln k of a panel beyond the ordinary nodes: summands at real z have their poles pi/nu off the real axis.
const DEEP_WIDTH: f64 = 2.0;

/// Nodes are kept while lambda is a normal number with room for its square's use downstream.
const SMALLEST_EIGENVALUE: f64 = 1e-290;

#[derive(Default)]
struct Nodes {
    eigenvalues: Vec<f64>,
    multiplicities: Vec<f64>,
    signal: Vec<f64>,
    lost_signal: f64,
    lumped_below: f64,
}

impl Nodes {
    fn push(&mut self, eigenvalue: f64, multiplicity: f64, signal: f64) {
        if eigenvalue < SMALLEST_EIGENVALUE || multiplicity <= 0.0 {
            self.lost_signal += signal;
            return;
        }
        self.eigenvalues.push(eigenvalue);
        self.multiplicities.push(multiplicity);
        self.signal.push(signal);
    }

    fn at(&mut self, law: &PowerLaw, k: f64, weight: f64) {
        self.push(law.eigenvalue(k), weight, weight * law.signal(k));
    }
}

impl PowerLaw {
    /// The spectrum of this law, and for rules an estimate of their relative error (`None`: mode by
    /// mode).
    ///
    /// Modes whose eigenvalue is below 1e-290 are dropped; their signal is
    /// [`Spectrum::null_space_loss`]. The estimate is the largest relative deviation of `sum
    /// lambda`, `sum lambda^2` and `sum signal` from their exact values, and at least 1e-13.
    pub fn spectrum(&self) -> (Spectrum, Option<f64>) {
        let nodes = match self.modes() {
            Some(n) if n <= EXPLICIT_LIMIT => {
                let mut nodes = Nodes::default();
                for k in 1..=n {
                    nodes.at(self, k as f64, 1.0);
                }
                nodes
            }
            Some(n) => self.finite_rule(n),
            None => self.infinite_rule(false),
        };
        let listed = self.modes().is_some_and(|n| n <= EXPLICIT_LIMIT);
        let spectrum = self.of_nodes(nodes);
        let error = (!listed).then(|| self.deviation(&spectrum).max(ERROR_FLOOR));
        (spectrum, error)
    }

    /// The nodes of an infinite law down to eigenvalues of 1e-288, or modes of 1e300; `None` for a finite law, and
    /// where the ordinary nodes reach as far.
    ///
    /// For sums at real z only, such as the root of z U(z) = 1 where 1 - r_L is below what
    /// [`Spectrum::lumped_below`] leaves of the ordinary nodes: panels are too wide for the complex points of a
    /// contour. There are about 4,000 more nodes.
    pub fn deep_spectrum(&self) -> Option<Spectrum> {
        if self.modes().is_some() {
            return None;
        }
        let nodes = self.infinite_rule(true);
        let reach = nodes.lumped_below;
        (reach < 0.5 * self.infinite_rule(false).lumped_below).then(|| self.of_nodes(nodes))
    }

    fn of_nodes(&self, nodes: Nodes) -> Spectrum {
        let infinite = self.modes().is_none();
        Spectrum::from_nodes(
            nodes.eigenvalues,
            nodes.multiplicities,
            self.signal_exponent().map(|_| nodes.signal),
            infinite && self.eigenvalue_exponent() <= 1.0,
            infinite && self.eigenvalue_exponent() <= 0.5,
        )
        .with_null_space_loss(0.5 * nodes.lost_signal)
        .with_infinite_trace_of_covariance(
            infinite
                && self
                    .signal_exponent()
                    .is_some_and(|kappa| kappa <= self.eigenvalue_exponent()),
        )
        .with_lumped_below(nodes.lumped_below)
    }

    /// The width of a block in ln k at k.
    fn width(&self, k: f64, cap: f64) -> f64 {
        let nu = self.eigenvalue_exponent();
        let mut width = cap;
        if nu * k.ln() < POLES_MATTER {
            width = width.min(1.0 / nu);
        }
        if let Some(kappa) = self.signal_exponent()
            && kappa * k.ln() < 92.0
        {
            width = width.min(8.0 / kappa);
        }
        width
    }

    /// Blocks from mode `from` up to and excluding `end`; halving towards it when `graded`.
    fn blocks(&self, nodes: &mut Nodes, from: u64, end: u64, graded: bool) {
        let mut k = from;
        while k < end {
            let start = k as f64;
            let widest = start * self.width(start, std::f64::consts::LN_2).exp_m1();
            let rest = end - k;
            let length = (widest as u64).min(if graded { rest.div_ceil(2) } else { rest });
            if length <= POINTS as u64 {
                nodes.at(self, start, 1.0);
                k += 1;
                continue;
            }
            let n = length as f64;
            for (x, w) in rule(POINTS, Some(length)) {
                let inside = 0.5 * (x * n + (n - 1.0));
                nodes.at(self, start + inside, 0.5 * n * w);
            }
            k += length;
        }
    }

    fn finite_rule(&self, n: u64) -> Nodes {
        let mut nodes = Nodes::default();
        self.blocks(&mut nodes, 1, n + 1, true);
        nodes
    }

    fn infinite_rule(&self, deep: bool) -> Nodes {
        let nu = self.eigenvalue_exponent();
        let mut nodes = Nodes::default();
        // Only nu > 32 reaches this smallest eigenvalue before the continuous part.
        let underflow = (-SMALLEST_EIGENVALUE.ln() / nu).exp();
        if underflow < CONTINUOUS as f64 {
            let end = (underflow as u64).max(64);
            self.blocks(&mut nodes, 1, end, false);
            let end = end as f64;
            self.lump(&mut nodes, end, self.signal_tail(end), tail_sum);
            return nodes;
        }
        self.blocks(&mut nodes, 1, CONTINUOUS, false);
        let start = (CONTINUOUS as f64 - 0.5).ln();
        let mut end = (-LAST.ln() / nu).min(FURTHEST.ln()).max(start);
        self.panels(&mut nodes, [start, end], self.width(start.exp(), 2.0));
        let deepest = (self.eigenvalue_scale() / DEEPEST_EIGENVALUE).ln() / nu;
        let deepest = deepest.min(DEEPEST.ln());
        if deep && deepest > end {
            let width = self
                .signal_exponent()
                .map_or(DEEP_WIDTH, |kappa| DEEP_WIDTH.min(8.0 / kappa));
            self.panels(&mut nodes, [end, deepest], width);
            end = deepest;
        }
        let integral = |s: f64, k: f64| k * k.powf(-s) / (s - 1.0);
        let end = end.exp();
        // The integral from `end` counts the modes from end + 1/2 on.
        let signal = match (self.signal_law(), self.signal_exponent()) {
            (SignalLaw::Tails, _) => self.signal_tail(end + 0.5),
            (SignalLaw::Terms, Some(kappa)) => self.signal(1.0) * integral(kappa + 1.0, end),
            (SignalLaw::Terms, None) => 0.0,
        };
        self.lump(&mut nodes, end, signal, integral);
        nodes
    }

    /// Gauss-Legendre panels in ln k between two ends, none wider than `widest`.
    fn panels(&self, nodes: &mut Nodes, [start, end]: [f64; 2], widest: f64) {
        let legendre = rule(POINTS, None);
        let panels = ((end - start) / widest).ceil();
        let width = (end - start) / panels.max(1.0);
        for panel in 0..panels as u64 {
            let centre = start + (panel as f64 + 0.5) * width;
            for (x, w) in &legendre {
                let k = (centre + 0.5 * width * x).exp();
                nodes.at(self, k, 0.5 * width * w * k);
            }
        }
    }

    /// The modes from `k` on as two nodes; `signal` is all their signal, and `tail(s, k)` the sum of
    /// l^-s over them.
    fn lump(&self, nodes: &mut Nodes, k: f64, signal: f64, tail: impl Fn(f64, f64) -> f64) {
        let nu = self.eigenvalue_exponent();
        let scale = self.eigenvalue_scale();
        nodes.lumped_below = self.eigenvalue(k);
        // Signal: where sum signal/lambda converges, the node carries the right one.
        if let Some(kappa) = self.signal_exponent() {
            let below = if kappa > nu {
                1.0 - nu / kappa
            } else {
                kappa / (kappa + nu)
            };
            nodes.push(self.eigenvalue(k) * below, 1.0, signal);
        }
        // Noise: the right sum lambda (if finite) and the right sum lambda^2 (if finite).
        let (eigenvalue, multiplicity) = if nu > 1.0 {
            let (first, second) = (tail(nu, k), tail(2.0 * nu, k));
            (scale * (second / first), first * (first / second))
        } else if nu > 0.5 {
            let half = 0.5 * k.powf(-nu);
            (scale * half, tail(2.0 * nu, k) / half / half)
        } else {
            return;
        };
        nodes.push(eigenvalue, multiplicity, 0.0);
        nodes.sort_last_two();
    }

    fn deviation(&self, spectrum: &Spectrum) -> f64 {
        let off = |got: f64, want: f64| {
            if want.is_finite() && want > 0.0 {
                (got / want - 1.0).abs()
            } else {
                0.0
            }
        };
        let signal = spectrum
            .initial_loss()
            .map_or(0.0, |loss| off(2.0 * loss, self.total_signal()));
        off(spectrum.trace(), self.trace())
            .max(off(spectrum.trace_of_square(), self.trace_of_square()))
            .max(signal)
    }
}

impl Nodes {
    fn sort_last_two(&mut self) {
        if let [.., a, b] = self.eigenvalues[..]
            && a < b
        {
            let (i, j) = (self.eigenvalues.len() - 2, self.eigenvalues.len() - 1);
            self.eigenvalues.swap(i, j);
            self.multiplicities.swap(i, j);
            self.signal.swap(i, j);
        }
    }
}
