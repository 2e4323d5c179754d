//! Regression on a window of mode numbers, with errors that know about serial dependence.
//!
//! For a window lo..=hi of k, with weights `w_k = k^(-1/2)`:
//!
//! ```text
//! y_k = c - p X_k,       p = exponent, c = ln(scale)
//! eigenvalues:  y_k = ln lambda_k,   X_k = ln k
//! tails:        y_k = ln T_k,        T_k = sum_{l >= k}^N lambda_l C_ll,0
//!               complete  E T_k = K k^-p                X_k = ln k
//!               cut off   E T_k = K (k^-p - M^-p), M = N + 1,    linearised at p0:
//!                         X_k = (k^-p0 ln k - M^-p0 ln M)/(k^-p0 - M^-p0)
//! ```
//!
//! The window is divided into [`BLOCKS`] blocks of equal length in ln k. Deviations of eigenvalues are
//! dependent over a short range of ln k only, so their errors come from deleting one block at a time
//! (block jackknife). Deviations of tail sums are not: every T_k contains all later modes. There the
//! *modes* of one block at a time are replaced by what the law expects of them, and what lies beyond
//! the window likewise, which moves all earlier T_k; the squares of the effects add up
//! (infinitesimal block jackknife). The weights balance both: the relative deviation of ln lambda_k
//! and of ln T_k that independent noise causes falls like `k^(-1/2)`.
//!
//! All sums come from prefix sums, so that a window costs O(blocks).

/// Blocks of equal length in ln k.
pub(super) const BLOCKS: usize = 8;

/// One window's result; errors are one standard deviation.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowFit {
    pub(super) window: (usize, usize),
    pub(super) exponent: f64,
    pub(super) log_scale: f64,
    pub(super) exponent_variance: f64,
    pub(super) log_scale_variance: f64,
    /// Exponents of the lower and the upper half of the window.
    pub(super) halves: [f64; 2],
    /// Mean square distance to the estimates of windows about as good, exponent and ln scale, and the
    /// mean of their product.
    pub(super) choice_variance: [f64; 3],
}

impl WindowFit {
    /// Half the difference of the exponents of the two halves: what the law's form may be off by.
    pub(super) fn drift(&self) -> f64 {
        0.5 * (self.halves[1] - self.halves[0]).abs()
    }

    /// What the choice of the window minimises.
    pub(super) fn score(&self) -> f64 {
        (self.exponent_variance + self.drift() * self.drift()).sqrt()
    }
}

/// `sum w`, `sum w X`, `sum w y`, `sum w X^2`, `sum w X y`, `sum w/T`, `sum w X/T`.
type Sums = [f64; 7];

fn minus(a: &Sums, b: &Sums) -> Sums {
    std::array::from_fn(|i| a[i] - b[i])
}

/// Slope, intercept, mean of X and centred sum of squares.
#[derive(Debug, Clone, Copy)]
struct Line {
    slope: f64,
    intercept: f64,
    mean: f64,
    square: f64,
}

fn line(s: &Sums) -> Option<Line> {
    let mean = s[1] / s[0];
    let square = s[3] - s[1] * mean;
    let slope = (s[4] - mean * s[2]) / square;
    let intercept = s[2] / s[0] - slope * mean;
    (square > 1e-9 * s[0] && slope.is_finite() && intercept.is_finite()).then_some(Line {
        slope,
        intercept,
        mean,
        square,
    })
}

/// What is regressed: prefix sums, and for tails the law at the point of linearisation.
#[derive(Debug, Clone)]
pub(super) struct Regression {
    prefix: Vec<Sums>,
    tails: Option<Tails>,
}

#[derive(Debug, Clone)]
struct Tails {
    /// T_1, ..., T_n, T_{n+1}.
    sums: Vec<f64>,
    /// M of the cut-off, infinite for complete tails.
    end: f64,
    at: f64,
}

impl Tails {
    /// `k^-p0 - M^-p0` at the linearisation.
    fn law(&self, k: f64) -> f64 {
        let power = k.powf(-self.at);
        if self.end.is_finite() {
            power * -(self.at * (k / self.end).ln()).exp_m1()
        } else {
            power
        }
    }

    /// X_k.
    fn regressor(&self, k: f64) -> f64 {
        if self.end.is_finite() {
            let ratio = (self.at * (k / self.end).ln()).exp();
            (k.ln() - ratio * self.end.ln()) / (1.0 - ratio)
        } else {
            k.ln()
        }
    }

    /// What the fitted line expects of T_k: nothing beyond the last mode of complete tails and at
    /// the end of those that are cut off.
    fn expected(&self, line: &Line, k: usize) -> f64 {
        let x = k as f64;
        if x >= self.end || (k >= self.sums.len() && self.end.is_infinite()) {
            return 0.0;
        }
        let shift = (line.slope + self.at) * self.regressor(x);
        (line.intercept + shift).exp() * self.law(x)
    }
}

impl Regression {
    /// ln lambda_k on ln k.
    pub(super) fn of_eigenvalues(eigenvalues: &[f64]) -> Self {
        let points = eigenvalues.iter().enumerate().map(|(i, l)| {
            let k = (i + 1) as f64;
            [k, k.ln(), l.ln(), 0.0]
        });
        Self {
            prefix: prefix(points),
            tails: None,
        }
    }

    /// ln T_k; `sums` is T_1..=T_{N+1} with T_{N+1} what is left beyond the last mode used (0 at the
    /// end), all but the last positive; `end` is M, or infinite.
    pub(super) fn of_tails(sums: &[f64], end: f64, at: f64) -> Self {
        let tails = Tails {
            sums: sums.to_vec(),
            end,
            at,
        };
        let points = sums[..sums.len() - 1].iter().enumerate().map(|(i, t)| {
            let k = (i + 1) as f64;
            // ln T - ln(law) - p0 X = c - p X, with X = -d ln(law)/dp.
            let x = tails.regressor(k);
            let y = t.ln() - tails.law(k).ln() - at * x;
            [k, x, y, t.recip()]
        });
        Self {
            prefix: prefix(points),
            tails: Some(tails),
        }
    }

    /// Number of modes.
    pub(super) fn len(&self) -> usize {
        self.prefix.len() - 1
    }

    /// The sums over lo..hi (hi excluded), modes from 1.
    fn between(&self, lo: usize, hi: usize) -> Sums {
        minus(&self.prefix[hi - 1], &self.prefix[lo - 1])
    }

    /// The fit on lo..=hi; `None` where a block would be empty or the sums are degenerate.
    pub(super) fn on(&self, lo: usize, hi: usize) -> Option<WindowFit> {
        let edges = edges(lo, hi)?;
        let whole = self.between(lo, hi + 1);
        let all = line(&whole)?;
        let [slope_variance, log_scale_variance] = match &self.tails {
            None => self.delete_blocks(&edges, &whole, &all)?,
            Some(tails) => self.replace_blocks(tails, &edges, &whole, &all),
        };
        let middle = edges[BLOCKS / 2];
        let halves = [(lo, middle), (middle, hi + 1)].map(|(a, b)| line(&self.between(a, b)));
        let [Some(lower), Some(upper)] = halves else {
            return None;
        };
        Some(WindowFit {
            window: (lo, hi),
            exponent: -all.slope,
            log_scale: all.intercept,
            exponent_variance: slope_variance,
            log_scale_variance,
            halves: [-lower.slope, -upper.slope],
            choice_variance: [0.0; 3],
        })
    }

    fn delete_blocks(&self, edges: &[usize], whole: &Sums, all: &Line) -> Option<[f64; 2]> {
        let mut variance = [0.0; 2];
        for pair in edges.windows(2) {
            let rest = line(&minus(whole, &self.between(pair[0], pair[1])))?;
            variance[0] += (rest.slope - all.slope).powi(2);
            variance[1] += (rest.intercept - all.intercept).powi(2);
        }
        let blocks = BLOCKS as f64;
        Some(variance.map(|v| v * (blocks - 1.0) / blocks))
    }

    fn replace_blocks(&self, tails: &Tails, edges: &[usize], whole: &Sums, all: &Line) -> [f64; 2] {
        let mut variance = [0.0; 2];
        let mut add = |[slope, intercept]: [f64; 2]| {
            variance[0] += slope * slope;
            variance[1] += intercept * intercept;
        };
        for pair in edges.windows(2) {
            add(self.replaced(tails, edges[0], [pair[0], pair[1]], whole, all));
        }
        let end = edges[BLOCKS];
        let beyond = if end < tails.sums.len() {
            tails.expected(all, end) - tails.sums[end - 1]
        } else {
            0.0
        };
        add(effect([beyond * whole[5], beyond * whole[6]], whole, all));
        let blocks = BLOCKS as f64;
        variance.map(|v| v * blocks / (blocks - 2.0))
    }

    /// The change of slope and intercept when the modes from..to of a window that begins at `lo` are
    /// what the line expects of them.
    fn replaced(
        &self,
        tails: &Tails,
        lo: usize,
        [from, to]: [usize; 2],
        whole: &Sums,
        all: &Line,
    ) -> [f64; 2] {
        let observed = tails.sums[from - 1] - tails.sums[to - 1];
        let expected = tails.expected(all, from) - tails.expected(all, to);
        let before = self.between(lo, from);
        let inside = self.between(from, to);
        // Earlier sums move by all of it, those inside in proportion to what is still ahead.
        let change = expected - observed;
        let share = if observed > 0.0 {
            change / observed
        } else {
            0.0
        };
        let rest = tails.sums[to - 1];
        let moved = [
            change * before[5] + share * (inside[0] - rest * inside[5]),
            change * before[6] + share * (inside[1] - rest * inside[6]),
        ];
        effect(moved, whole, all)
    }

    /// What the modes of each block (between neighbouring `edges`) move in exponent and ln scale of the
    /// fit on a window: the same blocks for two regressions, so that their errors can be
    /// correlated. `None` where a block holds too much of the window.
    pub(super) fn influences(
        &self,
        (lo, hi): (usize, usize),
        edges: &[usize],
    ) -> Option<Vec<[f64; 2]>> {
        let whole = self.between(lo, hi + 1);
        let all = line(&whole)?;
        let mut found = Vec::new();
        for pair in edges.windows(2) {
            let last = self.len() + 1;
            let (from, to) = (pair[0].clamp(lo, last), pair[1].clamp(lo, last));
            let (inside, cut) = (from.min(hi + 1), to.min(hi + 1));
            let [slope, intercept] = match &self.tails {
                _ if from == to => [0.0; 2],
                None if inside == cut => [0.0; 2],
                None => {
                    let rest = line(&minus(&whole, &self.between(inside, cut)))?;
                    [rest.slope - all.slope, rest.intercept - all.intercept]
                }
                Some(tails) => {
                    let near = if inside == cut {
                        [0.0; 2]
                    } else {
                        self.replaced(tails, lo, [inside, cut], &whole, &all)
                    };
                    // Modes beyond the window are in every tail sum of it.
                    let far = if to > hi + 1 {
                        let from = from.max(hi + 1);
                        let observed = tails.sums[from - 1] - tails.sums[to - 1];
                        let expected = tails.expected(&all, from) - tails.expected(&all, to);
                        let change = expected - observed;
                        effect([change * whole[5], change * whole[6]], &whole, &all)
                    } else {
                        [0.0; 2]
                    };
                    [near[0] + far[0], near[1] + far[1]]
                }
            };
            found.push([-slope, intercept]);
        }
        Some(found)
    }
}

/// The effect of a change of ln T_k on slope and intercept, `sums` being the changes summed with the
/// weights w and w X.
fn effect(sums: [f64; 2], whole: &Sums, all: &Line) -> [f64; 2] {
    let slope = (sums[1] - all.mean * sums[0]) / all.square;
    [slope, sums[0] / whole[0] - all.mean * slope]
}

/// Edges of at most [`BLOCKS`] blocks of 1..=last, equal in ln k from `lo` on.
pub(super) fn common_edges(lo: usize, last: usize) -> Vec<usize> {
    let ratio = ((last + 1) as f64 / lo as f64).ln() / BLOCKS as f64;
    let mut edges: Vec<usize> = (0..=BLOCKS)
        .map(|j| (lo as f64 * (ratio * j as f64).exp()).round() as usize)
        .collect();
    edges[BLOCKS] = last + 1;
    edges.dedup();
    edges
}

fn prefix(points: impl Iterator<Item = [f64; 4]>) -> Vec<Sums> {
    let mut total = [0.0; 7];
    let mut all = vec![total];
    for [k, x, y, inverse] in points {
        let w = k.sqrt().recip();
        let terms = [
            w,
            w * x,
            w * y,
            w * x * x,
            w * x * y,
            w * inverse,
            w * x * inverse,
        ];
        for (sum, term) in total.iter_mut().zip(terms) {
            *sum += term;
        }
        all.push(total);
    }
    all
}

/// The edges of the blocks of lo..=hi, equal in ln k; `None` if two coincide.
pub(super) fn edges(lo: usize, hi: usize) -> Option<Vec<usize>> {
    if lo < 1 || hi <= lo {
        return None;
    }
    let ratio = ((hi + 1) as f64 / lo as f64).ln() / BLOCKS as f64;
    let edges: Vec<usize> = (0..=BLOCKS)
        .map(|j| match j {
            0 => lo,
            BLOCKS => hi + 1,
            _ => (lo as f64 * (ratio * j as f64).exp()).round() as usize,
        })
        .collect();
    edges.windows(2).all(|e| e[0] < e[1]).then_some(edges)
}

/// Mode numbers that a window may begin or end at: the powers of 2, and the last.
pub(super) fn grid(last: usize) -> Vec<usize> {
    let mut grid = Vec::new();
    let mut x = 1.0_f64;
    while x < last as f64 {
        let k = x.round() as usize;
        if grid.last() != Some(&k) && k < last {
            grid.push(k);
        }
        x *= 2.0;
    }
    grid.push(last);
    grid
}

/// Windows of tails that are cut off end at this share of the modes, if there is one. Mode numbers are the ranks of measured
/// eigenvalues, which deviations shuffle over a short range of ln k; beyond a cut-off nothing is left to come in from
/// behind it, so that the last tail sums of a sample are not those of the law, and kappa would be too small.
const BEFORE_CUT: f64 = 0.8;

/// Windows with a score up to this many times the smallest are about as good.
const ABOUT_AS_GOOD: f64 = 3.0;

/// The window with the smallest [`WindowFit::score`] among those at least `length` long in ln k and
/// with at least `points` modes; what those about as good say instead is its `choice_variance`.
pub(super) fn best(regression: &Regression, length: f64, points: usize) -> Option<WindowFit> {
    let last = match &regression.tails {
        Some(tails) => BEFORE_CUT * (tails.end - 1.0),
        None => f64::INFINITY,
    };
    best_until(regression, length, points, last)
        .or_else(|| best_until(regression, length, points, f64::INFINITY))
}

/// The same of windows that end at mode `last` at the latest.
fn best_until(regression: &Regression, length: f64, points: usize, last: f64) -> Option<WindowFit> {
    let grid = grid(regression.len());
    let mut fits = Vec::new();
    for &lo in &grid {
        for &hi in grid.iter().filter(|&&hi| hi as f64 <= last) {
            if hi + 1 >= lo + points && (hi as f64 / lo as f64).ln() >= length {
                fits.extend(regression.on(lo, hi));
            }
        }
    }
    let mut found = fits
        .iter()
        .min_by(|a, b| a.score().total_cmp(&b.score()))
        .copied()?;
    let limit = ABOUT_AS_GOOD * found.score();
    let (mut count, mut squares) = (0.0, [0.0; 3]);
    for fit in fits.iter().filter(|fit| fit.score() <= limit) {
        count += 1.0;
        let [exponent, scale] = [
            fit.exponent - found.exponent,
            fit.log_scale - found.log_scale,
        ];
        for (square, product) in
            squares
                .iter_mut()
                .zip([exponent * exponent, scale * scale, exponent * scale])
        {
            *square += product;
        }
    }
    found.choice_variance = squares.map(|square| square / count);
    Some(found)
}
