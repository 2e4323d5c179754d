//! L_t by the SE recursion in balls, for finite spectra and infinite laws.
//!
//! ```text
//! x(k, t+1) = A(a_k) x(k, t) + gamma m_k a_k^2 Sigma_t (1, 1, 1),   Sigma_t = sum_k x11(k, t) = 2 L_t
//! ```
//!
//! An infinite law keeps the modes k < K one by one. For the rest, x(k, t) = q_k P_t(a_k) + a_k^2 Q_t(a_k)
//! with P_0 = (1, 0, 0), Q_0 = 0, Q_(t+1) = A Q_t + gamma Sigma_t (1, 1, 1), and P, Q polynomials in a:
//! they are held as `c_0 + c_1 a + ... + c_(J-1) a^(J-1) + r(a) a^J` with one ball for r(a), a in
//! [0, a_K] (a Taylor model). A is of degree 2 in a, so that an overflow is
//! `a r(a) a^J` with a in the ball [0, a_K]. The moments sum_{k>=K} q_k a_k^j and sum a_k^(2+j) are
//! tails of zeta; because q_k and a_k are not negative, the remainder's share lies in r times the
//! moment of order J.
//!
//! The precision is doubled until the digits are there: momentum near 1 makes balls grow.

use super::law::{signal_moment_over_power, zeta_over_power};
use super::powers::{PowerTable, bernoulli, power_table};
use super::spectrum::RigorousLaw;
use super::{ExactHyperparameters, RigorousError, RigorousSpectrum};
use crate::closed_form::per_mode;
use crate::generating::Parameters;
use crate::number::{Ball, Rational, Ring, rational_to_f64};

/// Steps times modes, times bits/128, that are done before refusing: some ten seconds.
const LIMIT: f64 = 4e6;
/// The largest precision that is tried.
const MOST_BITS: u32 = 1 << 14;

/// An attempt at some precision.
pub(super) struct Outcome {
    loss: Ball,
    enough: bool,
}

impl Outcome {
    pub(super) fn of(loss: Ball, digits: u32) -> Self {
        let zero = loss.midpoint_is_zero() && loss.radius().is_zero();
        Self {
            enough: zero || loss.has_digits(digits),
            loss,
        }
    }
}

/// Doubles the precision until the digits are there or stop coming.
pub(super) fn with_enough_bits(
    what: &'static str,
    digits: u32,
    guard: u32,
    attempt: impl Fn(u32) -> Result<Outcome, RigorousError>,
) -> Result<Ball, RigorousError> {
    let mut bits = (f64::from(digits) * std::f64::consts::LOG2_10).ceil() as u32 + guard;
    let mut reached = f64::NEG_INFINITY;
    let mut whole = false;
    loop {
        let outcome = attempt(bits)?;
        if outcome.enough {
            return Ok(outcome.loss);
        }
        // Too few bits may leave nothing of a ball: only the second time it is the number.
        let out = RigorousError::out_of_range(&outcome.loss, what);
        match out {
            Some(RigorousError::TooLarge { .. }) if !whole => whole = true,
            Some(error) => return Err(error),
            None => {}
        }
        let now = -outcome.loss.relative_radius_log2() * std::f64::consts::LOG10_2;
        // Twice the bits without a digit more: the inputs themselves are not known better.
        if bits > MOST_BITS || (now > 0.0 && now - reached < 0.5) {
            return Err(RigorousError::Digits {
                what,
                reached: now,
                wanted: digits,
            });
        }
        reached = now;
        bits *= 2;
    }
}

/// L_t to `digits` digits, with the loss of the null space.
///
/// # Errors
/// No signal; too many steps times modes; nu <= 1/2 with noise; digits out of reach.
pub fn loss_by_recursion(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
    digits: u32,
) -> Result<Ball, RigorousError> {
    if !spectrum.has_signal() {
        return Err(RigorousError::NoSignal);
    }
    let modes = spectrum.modes_count().map_or(200.0, |n| n as f64);
    let operations = modes * step as f64;
    if operations > LIMIT {
        return Err(RigorousError::TooLong {
            method: "the recursion",
            step,
            operations,
            limit: LIMIT,
        });
    }
    with_enough_bits("L_t by recursion", digits, 64, |bits| {
        // Long numbers cost more.
        let cost = operations * f64::from(bits) / 128.0;
        if cost > LIMIT {
            return Err(RigorousError::TooLong {
                method: "the recursion",
                step,
                operations: cost,
                limit: LIMIT,
            });
        }
        let loss = match spectrum.infinite_law() {
            Some(law) => infinite(law, parameters, step, bits)?,
            None => finite(spectrum, parameters, step, bits)?,
        };
        Ok(Outcome::of(loss + spectrum.null_space_loss(bits), digits))
    })
}

fn finite(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
    bits: u32,
) -> Result<Ball, RigorousError> {
    let modes = spectrum.modes(bits)?;
    let mut head = Head::new(
        &parameters.balls(bits),
        modes.eigenvalues(),
        modes.multiplicities(),
        modes.signal(),
    );
    for _ in 0..step {
        let sigma = head.sigma();
        head.step(&sigma);
    }
    Ok(head.sigma().half())
}

/// Modes kept one by one.
///
/// The 3x3 matrix of a mode is formed once, from the images of the unit vectors: its entries are narrow
/// balls, whereas the step itself would add and take away 2 a x11 and widen the state by 1 + 4 a each time.
struct Head {
    maps: Vec<[[Ball; 3]; 3]>,
    force: Vec<Ball>,
    state: Vec<[Ball; 3]>,
}

/// The matrix of [`per_mode::step`].
fn matrix(a: &Ball, parameters: &Parameters<Ball>) -> [[Ball; 3]; 3] {
    let columns: [[Ball; 3]; 3] = std::array::from_fn(|part| {
        let unit = std::array::from_fn(|i| Ball::integer(i64::from(i == part)));
        per_mode::step(
            a.clone(),
            parameters.momentum.clone(),
            parameters.noise_tau(),
            unit,
        )
    });
    std::array::from_fn(|row| std::array::from_fn(|column| columns[column][row].clone()))
}

impl Head {
    fn new(
        parameters: &Parameters<Ball>,
        eigenvalues: &[Ball],
        multiplicities: &[Ball],
        signal: &[Ball],
    ) -> Self {
        let a: Vec<Ball> = eigenvalues
            .iter()
            .map(|l| parameters.learning_rate.clone() * l.clone())
            .collect();
        let force = a
            .iter()
            .zip(multiplicities)
            .map(|(a, m)| parameters.noise_amplitude.clone() * m.clone() * a.square())
            .collect();
        let state = signal
            .iter()
            .map(|q| [q.clone(), Ball::zero(), Ball::zero()])
            .collect();
        Self {
            maps: a.iter().map(|a| matrix(a, parameters)).collect(),
            force,
            state,
        }
    }

    fn sigma(&self) -> Ball {
        self.state
            .iter()
            .rev()
            .fold(Ball::zero(), |sum, x| sum + x[0].clone())
    }

    fn step(&mut self, sigma: &Ball) {
        for ((x, map), force) in self.state.iter_mut().zip(&self.maps).zip(&self.force) {
            let noise = force.clone() * sigma.clone();
            let [x0, x1, x2] = &*x;
            let moved = |row: &[Ball; 3]| {
                noise.clone()
                    + (row[2].clone() * x2.clone()
                        + (row[1].clone() * x1.clone() + row[0].clone() * x0.clone()))
            };
            *x = [moved(&map[0]), moved(&map[1]), moved(&map[2])];
        }
    }
}

/// A polynomial in a with a remainder, for each of x11, x12, x22.
type Model = [Vec<Ball>; 3];

/// A(a) = m[0] + m[1] a + m[2] a^2.
struct Map {
    m: [[[Ball; 3]; 3]; 3],
    /// The ball [0, a_K] and its square.
    range: [Ball; 2],
}

impl Map {
    /// Interpolates [`per_mode::step`], which is of degree 2 in a, at a = -1, 0, 1.
    fn new(parameters: &Parameters<Ball>, largest: &Ball) -> Self {
        let image = |a: i64, part: usize| {
            let mut unit = [Ball::zero(), Ball::zero(), Ball::zero()];
            unit[part] = Ball::integer(1);
            per_mode::step(
                Ball::integer(a),
                parameters.momentum.clone(),
                parameters.noise_tau(),
                unit,
            )
        };
        let empty = || std::array::from_fn(|_| std::array::from_fn(|_| Ball::zero()));
        let mut m: [[[Ball; 3]; 3]; 3] = [empty(), empty(), empty()];
        #[allow(clippy::needless_range_loop)] // a column of three matrices at once
        for part in 0..3 {
            let (minus, middle, plus) = (image(-1, part), image(0, part), image(1, part));
            for row in 0..3 {
                let (l, c, r) = (minus[row].clone(), middle[row].clone(), plus[row].clone());
                m[0][row][part] = c.clone();
                m[1][row][part] = (r.clone() - l.clone()).half();
                m[2][row][part] = (r + l).half() - c;
            }
        }
        let range = |x: &Ball| {
            let half = x.half();
            half.centre().widened(half.above().plus(half.radius()))
        };
        Self {
            m,
            range: [range(largest), range(&largest.square())],
        }
    }

    fn apply(&self, x: &Model) -> Model {
        let n = x[0].len();
        std::array::from_fn(|row| {
            let mut out = vec![Ball::zero(); n];
            for (part, column) in x.iter().enumerate() {
                for (degree, m) in self.m.iter().enumerate() {
                    let factor = &m[row][part];
                    if factor.midpoint_is_zero() && factor.radius().is_zero() {
                        continue;
                    }
                    for (j, c) in column.iter().enumerate() {
                        if c.midpoint_is_zero() && c.radius().is_zero() {
                            continue;
                        }
                        let mut value = factor.clone() * c.clone();
                        let mut at = j + degree;
                        if at > n - 1 {
                            value = value * self.range[at - n].clone();
                            at = n - 1;
                        }
                        out[at] = out[at].clone() + value;
                    }
                }
            }
            out
        })
    }
}

fn infinite(
    law: &RigorousLaw,
    parameters: &ExactHyperparameters,
    step: u64,
    bits: u32,
) -> Result<Ball, RigorousError> {
    let noisy = !parameters.is_noiseless();
    let nu = &law.eigenvalue_exponent;
    if noisy && nu * Rational::from_integer(2.into()) <= Rational::from_integer(1.into()) {
        return Err(RigorousError::InfiniteTraceOfSquare);
    }
    let Some(kappa) = &law.signal_exponent else {
        return Err(RigorousError::NoSignal);
    };
    let k = head_length(law, parameters, step, bits);
    let p: Parameters<Ball> = parameters.balls(bits);
    let powers: PowerTable<_> = power_table(nu, k, bits);
    let wide = bits + 64 - k.leading_zeros();
    let signal_powers: PowerTable<_> = power_table(kappa, k + 1, wide);
    let scale = p.learning_rate.clone() * Ball::enclosing(&law.eigenvalue_scale, bits);
    let largest = scale.clone() * powers.at(k).clone();
    let order = order(&largest, step, parameters, bits);
    let numbers = bernoulli(bits);
    let mut moments = Vec::with_capacity(order + 1);
    let mut force = Vec::with_capacity(order + 1);
    let mut power = Ball::integer(1).at(bits);
    let base = signal_powers.at(k).at(bits);
    for j in 0..=order as u32 {
        let tail = signal_moment_over_power(law, kappa, j, k, &numbers, bits);
        moments.push(base.clone() * power.clone() * tail);
        if noisy {
            let s = nu * Rational::from_integer((2 + j).into());
            let tail = zeta_over_power(&s, k, &numbers, bits);
            force.push(largest.square() * power.clone() * tail);
        }
        power = power * largest.clone();
    }
    let eigenvalues = law.eigenvalues(&powers, bits);
    let count = k as usize - 1;
    let ones = vec![Ball::integer(1); count];
    let signal = law.signal(&signal_powers, k - 1, bits);
    let map = Map::new(&p, &largest);
    let gamma = p.noise_amplitude.clone();
    let mut head = Head::new(&p, &eigenvalues[..count], &ones, &signal);
    let flat = |value: Ball| {
        let mut all = vec![Ball::zero(); order + 1];
        all[0] = value;
        all
    };
    let mut free: Model = [
        flat(Ball::integer(1)),
        flat(Ball::zero()),
        flat(Ball::zero()),
    ];
    let mut forced: Model = std::array::from_fn(|_| flat(Ball::zero()));
    let total = |head: &Head, free: &Model, forced: &Model| {
        let mut sum = head.sigma();
        for (c, m) in free[0].iter().zip(&moments) {
            sum = sum + c.clone() * m.clone();
        }
        for (c, m) in forced[0].iter().zip(&force) {
            sum = sum + c.clone() * m.clone();
        }
        sum
    };
    for _ in 0..step {
        let sigma = total(&head, &free, &forced);
        head.step(&sigma);
        free = map.apply(&free);
        if noisy {
            forced = map.apply(&forced);
            let noise = gamma.clone() * sigma;
            for part in &mut forced {
                part[0] = part[0].clone() + noise.clone();
            }
        }
    }
    Ok(total(&head, &free, &forced).half())
}

/// K: at least what zeta's tails want, more where a_K t would be large.
fn head_length(law: &RigorousLaw, p: &ExactHyperparameters, step: u64, bits: u32) -> u64 {
    let least = 48 + u64::from(bits) / 3;
    let a = rational_to_f64(p.learning_rate()) * rational_to_f64(&law.eigenvalue_scale);
    let time = step as f64 / (1.0 - rational_to_f64(p.momentum()));
    let wanted = (a * time).powf(1.0 / rational_to_f64(&law.eigenvalue_exponent));
    (wanted.min(2000.0) as u64).max(least)
}

/// J: the order of the Taylor models, from the size of (2 a_K t/(1-b))^J/J!.
fn order(largest: &Ball, step: u64, p: &ExactHyperparameters, bits: u32) -> usize {
    let size = 4.0 * largest.to_f64() * (step as f64 + 2.0) / (1.0 - rational_to_f64(p.momentum()));
    let mut log = 0.0;
    let mut j = 0_usize;
    while log > -f64::from(bits) && j < 400 {
        j += 1;
        log += (size / j as f64).log2();
    }
    j.max(3)
}
