//! Where L has no singularity, shown by evaluating it on boxes in outward-rounded `f64`.
//!
//! A spectrum is held as groups: an interval for a = alpha lambda, an enclosure of sum a^2 and one of the
//! signal of the group. Then
//!
//! ```text
//! sum_{k in group} a_k^2/S(a_k, z)  lies in  (sum a_k^2) * hull {1/S(a, z): a in group, z in box}
//! ```
//!
//! because a sum with non-negative weights stays in a convex set; a rectangle is one. If every S and 1 - z U
//! exclude zero on a box, U, V and L are analytic there (finite or normally convergent sums of analytic
//! functions), and |L| <= |V|/(2 |1 - z U|) is bounded.
//!
//! Where 1 - z U is small beside the width of the groups, it is formed by the mean value: the value at the
//! centre in balls, all modes exactly, less (z - z_c) times an enclosure of (z U)' on the box (which is convex).
//!
//! Boxes live in the plane of w, z = rho e^(-w/t); e = 1 - z is formed in balls, so that nothing cancels.
//! The centre is mapped in balls and `|z - z_c| <= |z_c| r (1 + r)` for |w - w_c| <= r t, r <= 1.

mod groups;
mod precise;

pub(super) use precise::Precise;

use super::{ExactHyperparameters, RigorousError, RigorousSpectrum};
use crate::closed_form::per_mode;
use crate::generating::Parameters;
use crate::number::ball::complex_exp;
use crate::number::{Ball, Complex, ComplexBall, Field, Interval, Ring};
use groups::{BITS, Group, finite_groups, law_groups};
use std::cell::Cell;

type Rectangle = Complex<Interval>;

/// Boxes before the covering gives up.
const MOST_BOXES: usize = 60_000;

/// Which test failed on a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// S of a group may vanish.
    Pole,
    /// 1 - z U may vanish.
    Root,
    /// Too many exact sums.
    Budget,
}

impl Failure {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pole => "S of a mode may vanish",
            Self::Root => "1 - z U(z) may vanish",
            Self::Budget => "1 - z U(z) needs too many exact sums",
        }
    }
}

/// A box in the plane of w: centre and half sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct WBox {
    pub(super) re: f64,
    pub(super) im: f64,
    pub(super) half_re: f64,
    pub(super) half_im: f64,
}

impl WBox {
    /// Around an interval rectangle.
    pub(super) fn around(re: Interval, im: Interval) -> Self {
        let half = |x: Interval| {
            let middle = 0.5 * (x.lower() + x.upper());
            let reach = (x.upper() - middle).max(middle - x.lower());
            (middle, reach.next_up().next_up())
        };
        let ((re, half_re), (im, half_im)) = (half(re), half(im));
        Self {
            re,
            im,
            half_re,
            half_im,
        }
    }
}

/// Exact sums over the modes before the covering gives up.
const MOST_PRECISE: usize = 4_000;

/// A box of w in the planes of z and e, with its centre in balls; |z - z_centre| <= reach.
struct Image {
    z: Rectangle,
    e: Rectangle,
    z_centre: ComplexBall,
    e_centre: ComplexBall,
    reach: f64,
}

/// A spectrum with hyperparameters, ready to be evaluated on boxes.
pub(super) struct Cover {
    groups: Vec<Group>,
    parameters: Parameters<Rectangle>,
    gamma: Interval,
    precise: Precise,
    budget: Cell<usize>,
    inside: bool,
    /// 1 - rho.
    rho_complement: Ball,
    /// t exactly, and near.
    steps: Ball,
    step: f64,
    bits: u32,
}

fn times(z: Rectangle, r: Interval) -> Rectangle {
    Complex::new(z.re * r, z.im * r)
}

fn modulus_above(z: &Rectangle) -> f64 {
    z.norm_squared().upper().sqrt().next_up()
}

impl Cover {
    pub(super) fn new(
        spectrum: &RigorousSpectrum,
        parameters: &ExactHyperparameters,
        rho_complement: &Ball,
        step: u64,
    ) -> Result<Self, RigorousError> {
        let p: Parameters<Ball> = parameters.balls(BITS);
        let groups = match spectrum.infinite_law() {
            Some(law) => law_groups(law, &p.learning_rate, step as f64),
            None => finite_groups(spectrum, &p.learning_rate)?,
        };
        let lift = |x: &Ball| Complex::real(x.to_interval());
        Ok(Self {
            groups,
            precise: Precise::new(spectrum, parameters)?,
            budget: Cell::new(MOST_PRECISE),
            inside: (Ball::integer(2) * (Ball::integer(1) + p.momentum.clone())
                - p.learning_rate.clone() * spectrum.largest(BITS))
            .is_positive(),
            gamma: p.noise_amplitude.to_interval(),
            parameters: Parameters {
                learning_rate: lift(&p.learning_rate),
                momentum: lift(&p.momentum),
                noise_amplitude: lift(&p.noise_amplitude),
                tau: lift(&p.tau),
            },
            rho_complement: rho_complement.clone(),
            steps: Ball::whole_number(step),
            step: step as f64,
            bits: BITS + 2 * (64 - step.leading_zeros()),
        })
    }

    /// U and V on a rectangle of z with its e = 1 - z.
    fn values(&self, z: Rectangle, e: Rectangle) -> Result<[Rectangle; 2], Failure> {
        let b = self.parameters.momentum;
        let c = per_mode::denominator_coefficients(b, self.parameters.noise_tau(), z, e);
        let v = per_mode::signal_numerator_coefficients(b, z);
        let mut sums = [Rectangle::zero(); 2];
        for group in self.groups.iter().rev() {
            let s = c[0] + times(c[1] + times(c[2], group.a), group.a);
            if !s.invertible() {
                return Err(Failure::Pole);
            }
            let inverse = Rectangle::one() / s;
            sums[0] = sums[0] + times(inverse, group.weight);
            let numerator = v[0] + times(v[1], group.a);
            sums[1] = sums[1] + times(numerator * inverse, group.signal);
        }
        let noise = times(per_mode::noise_numerator(b, z) * sums[0], self.gamma);
        Ok([noise, sums[1]])
    }

    /// An upper bound of |L| on a rectangle, if L is analytic there.
    fn bound(&self, z: Rectangle, e: Rectangle) -> Result<f64, Failure> {
        let [noise, signal] = self.values(z, e)?;
        let gap = (Rectangle::one() - z * noise).norm_squared();
        if !gap.is_positive() {
            return Err(Failure::Root);
        }
        let bound = modulus_above(&signal) / (2.0 * gap.lower().sqrt().next_down());
        if bound.is_finite() {
            Ok(bound.next_up())
        } else {
            Err(Failure::Root)
        }
    }

    /// (z U)' on a rectangle: U + z U', U' = gamma [b sum a^2/S - (1 + b z) sum a^2 S'/S^2].
    fn slope(&self, z: Rectangle, e: Rectangle) -> Result<Rectangle, Failure> {
        let b = self.parameters.momentum;
        let g = self.parameters.noise_tau();
        let c = per_mode::denominator_coefficients(b, g, z, e);
        let d = per_mode::denominator_derivative_coefficients(b, g, z, e);
        let mut sums = [Rectangle::zero(); 2];
        for group in self.groups.iter().rev() {
            let poly = |c: &[Rectangle; 3]| c[0] + times(c[1] + times(c[2], group.a), group.a);
            let s = poly(&c);
            if !s.invertible() {
                return Err(Failure::Pole);
            }
            let inverse = Rectangle::one() / s;
            sums[0] = sums[0] + times(inverse, group.weight);
            sums[1] = sums[1] + times(poly(&d) * inverse * inverse, group.weight);
        }
        let numerator = per_mode::noise_numerator(b, z);
        let slope = b * sums[0] - numerator * sums[1];
        Ok(times(numerator * sums[0] + z * slope, self.gamma))
    }

    /// 1 - z U on a box by the mean value.
    fn gap_by_slope(&self, image: &Image) -> Result<Rectangle, Failure> {
        let slope = self.slope(image.z, image.e)?;
        let left = self.budget.get().checked_sub(1).ok_or(Failure::Budget)?;
        self.budget.set(left);
        let centre = self
            .precise
            .gap(image.z_centre.clone(), image.e_centre.clone());
        let centre = centre.ok_or(Failure::Root)?;
        let spread = Interval::new(-image.reach, image.reach).ok_or(Failure::Root)?;
        let moved = Complex::new(spread, spread) * slope;
        Ok(Complex::new(
            centre.re.to_interval() - moved.re,
            centre.im.to_interval() - moved.im,
        ))
    }

    /// The bound on |L| with it.
    fn bound_by_slope(&self, image: &Image) -> Result<f64, Failure> {
        let gap = self.gap_by_slope(image)?.norm_squared();
        let [_, signal] = self.values(image.z, image.e)?;
        let bound = modulus_above(&signal) / (2.0 * gap.lower().max(0.0).sqrt().next_down());
        if gap.is_positive() && bound.is_finite() && bound >= 0.0 {
            Ok(bound.next_up())
        } else {
            Err(Failure::Root)
        }
    }

    /// Whether 1 - z U > 0 on the real piece of z at the distances [low, high] below z0, by the mean value.
    fn positive_by_slope(
        &self,
        z0_complement: &Ball,
        (low, high): (f64, f64),
        (z, e): (Interval, Interval),
    ) -> bool {
        let middle = 0.5 * (low + high);
        let e_centre = z0_complement.clone() + Ball::exact(middle);
        let z_centre = Ball::integer(1).at(self.bits) - e_centre.clone();
        let image = Image {
            z: Complex::real(z),
            e: Complex::real(e),
            z_centre: Complex::real(z_centre),
            e_centre: Complex::real(e_centre),
            reach: (high - middle).max(middle - low).next_up(),
        };
        self.gap_by_slope(&image)
            .is_ok_and(|gap| gap.re.is_positive())
    }

    /// What a box of w maps into.
    fn image(&self, w: WBox) -> Option<Image> {
        // hypot, the quotient and t itself (beyond 2^53) are rounded: each less than a unit.
        let r = (0..4).fold(w.half_re.hypot(w.half_im) / self.step, |r, _| r.next_up());
        if r > 0.5 {
            return None;
        }
        let part = |x: f64| -(Ball::exact(x).at(self.bits) / self.steps.clone());
        let turned = complex_exp(&Complex::new(part(w.re), part(w.im)));
        let rho = Ball::integer(1).at(self.bits) - self.rho_complement.clone();
        let z = Complex::new(turned.re * rho.clone(), turned.im * rho);
        let e = Complex::new(Ball::integer(1) - z.re.clone(), -z.im.clone());
        let interval = |z: &Complex<Ball>| Complex::new(z.re.to_interval(), z.im.to_interval());
        let reach = (modulus_above(&interval(&z)) * r * (1.0 + r))
            .next_up()
            .next_up();
        let spread = Interval::new(-reach, reach)?;
        let widen = |x: Rectangle| Complex::new(x.re + spread, x.im + spread);
        Some(Image {
            z: widen(interval(&z)),
            e: widen(interval(&e)),
            z_centre: z,
            e_centre: e,
            reach,
        })
    }

    /// An upper bound of |L| on a box, if L is analytic there.
    pub(super) fn loss_bound(&self, w: WBox) -> Result<f64, Failure> {
        let image = self.image(w).ok_or(Failure::Root)?;
        match self.bound(image.z, image.e) {
            // Worth the exact sum over the modes only where the box is small.
            Err(Failure::Root) if image.reach < 0.02 => self.bound_by_slope(&image),
            other => other,
        }
    }

    /// Shows that L is analytic on (0, z0], 1 - z0 given: then its power series, whose coefficients are not
    /// negative, converges beyond z0 (Pringsheim).
    ///
    /// Below z = 1 and the noiseless edge z U rises wherever S > 0 (Lemma 1.3), so that z0 U(z0) < 1 is enough.
    pub(super) fn disk(&self, z0_complement: &Ball, step: u64) -> Result<(), RigorousError> {
        let e0 = z0_complement.to_interval();
        let z0 = Ball::integer(1) - z0_complement.clone();
        let monotone = self.inside
            && z0_complement.is_positive()
            && self
                .precise
                .gap(Complex::real(z0), Complex::real(z0_complement.clone()))
                .is_some_and(|gap| gap.re.is_positive());
        let reach = (Interval::point(1.0) - e0).upper();
        let mut stack = vec![(0.0, reach)];
        let mut boxes = 0;
        while let Some((low, high)) = stack.pop() {
            boxes += 1;
            let fail = |test, at: f64| RigorousError::Cover {
                step,
                test,
                re: reach - at,
                im: 0.0,
                boxes,
            };
            let e = Interval::new(low, high).map(|d| e0 + d);
            let Some(e) = e else {
                return Err(fail("an empty piece", low));
            };
            let z = Interval::point(1.0) - e;
            let failure = match self.values(Complex::real(z), Complex::real(e)) {
                Ok(_) if monotone => continue,
                Ok([noise, _]) => {
                    let gap = Interval::point(1.0) - z * noise.re;
                    // Late steps come nearer to the root than intervals of f64 can tell.
                    if gap.is_positive()
                        || (high - low < 1e-3
                            && self.positive_by_slope(z0_complement, (low, high), (z, e)))
                    {
                        continue;
                    }
                    Failure::Root
                }
                Err(failure) => failure,
            };
            // Halves on a logarithmic scale of the distance from z0.
            let floor = 1e-3 / self.step * reach;
            let middle = if low == 0.0 && high > floor {
                high / 16.0
            } else {
                0.5 * (low + high)
            };
            if boxes > MOST_BOXES || !(low < middle && middle < high) {
                return Err(fail(failure.name(), middle));
            }
            stack.push((low, middle));
            stack.push((middle, high));
        }
        Ok(())
    }

    /// Shows that L is analytic on `left <= Re w <= right`, 0 <= Im w <= pi t, outside the region that
    /// `skip` leaves out; returns the number of boxes.
    pub(super) fn region(
        &self,
        left: f64,
        right: f64,
        step: u64,
        skip: impl Fn(WBox) -> bool,
    ) -> Result<usize, RigorousError> {
        let mut stack = Vec::new();
        // 22/7 > pi.
        let end = 22.0 / 7.0 * self.step;
        let mut low = 0.0;
        let mut high = (right - left) / 4.0;
        while low < end {
            stack.push((left, right, low, high));
            low = high;
            high *= 2.0;
        }
        let mut boxes = 0;
        while let Some((l, r, b, t)) = stack.pop() {
            let middle = (0.5 * (l + r), 0.5 * (b + t));
            let w = WBox {
                re: middle.0,
                im: middle.1,
                half_re: (r - middle.0).max(middle.0 - l).next_up(),
                half_im: (t - middle.1).max(middle.1 - b).next_up(),
            };
            if skip(w) {
                continue;
            }
            boxes += 1;
            let failure = match self.loss_bound(w) {
                Ok(_) => continue,
                Err(failure) => failure,
            };
            let small = (r - l).max(t - b) < 1e-7 * (right - left);
            if boxes > MOST_BOXES || small || failure == Failure::Budget {
                let (re, im) = self.image(w).map_or((f64::NAN, f64::NAN), |image| {
                    (image.z_centre.re.to_f64(), image.z_centre.im.to_f64())
                });
                return Err(RigorousError::Cover {
                    step,
                    test: failure.name(),
                    re,
                    im,
                    boxes,
                });
            }
            if r - l > t - b {
                stack.push((l, middle.0, b, t));
                stack.push((middle.0, r, b, t));
            } else {
                stack.push((l, r, b, middle.1));
                stack.push((l, r, middle.1, t));
            }
        }
        Ok(boxes)
    }
}
