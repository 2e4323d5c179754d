//! L_t at any step by the contour, with every error bounded.
//!
//! With z = rho e^(-w/t), e^w the kernel, and the hyperbola
//!
//! ```text
//! w(u) = mu (1 - sin phi cosh u + i cos phi sinh u),     g(u) = L(z(w)) e^w w'(u)
//! L_t = rho^-t/(2 pi i t) int L(z) e^w dw
//!     = rho^-t h/(pi t) sum_{k=0}^{n-1} Im g(u_k) + error,     u_k = (k + 1/2) h
//! ```
//!
//! **Theorem.** Let 0 < phi_R < phi < phi_L < pi/2, d_L = phi_L - phi, d_R = phi - phi_R, c = -Re w(nh), and let
//! L be analytic (i) on |z| <= z0 = rho e^(-x0/t), (ii) on {-c' <= Re w <= x0, |Im w| <= pi t} except to the
//! left of the hyperbola of angle phi_L, where -c' = mu (1 - sin phi_L cosh nh) <= -c. Then |error| is at most
//! rho^-t/(2 pi t) times
//!
//! ```text
//!   int_{|u| <= nh} |g(u + i d_L)| du/(e^(2 pi d_L/h) - 1) + int_{|u| <= nh} |g(u - i d_R)| du/(e^(2 pi d_R/h) - 1)
//! + 2 int_{-d_R}^{d_L} |g(nh + i y)|/(1 + e^(2 pi |y|/h)) dy
//! + 2 e^-c int_{Im w(nh)}^{pi t} |L(-c + i y)| dy
//! ```
//!
//! *Proof.* L_t is the integral of L(z) z^(-t-1)/(2 pi i) over |z| = z0, that is over Re w = x0, |Im w| <= pi t. By (ii) and the
//! period 2 pi i t the path moves to Re w = -c above and below the hyperbola and to the hyperbola between:
//! the last line and int_{-nh}^{nh} g. Replacing u by u + iy turns phi into phi + y, so that g is analytic on
//! |Re u| <= nh, -d_R <= Im u <= d_L. The function 1/(1 + e^(-2 pi i u/h)) has residue h/(2 pi i) at every u_k and no other
//! poles: its product with g, integrated around that rectangle, is the sum h sum g(u_k). In the lower half write
//! it as 1 - 1/(1 + e^(2 pi i u/h)); the 1 gives int g. What is left are the first two lines: on the sides Re u = +-nh the
//! exponential is the real number e^(2 pi |y|/h). Symmetry, g(-conj u) = -conj g(u), gives the factors.
//!
//! (i) holds by Pringsheim if L is analytic on (0, z0], since the losses are not negative (tau <= 1).
//! Both, and all bounds on |L|, are shown by [`super::cover`] on boxes; the values at the nodes are balls. rho is a float near
//! the reciprocal of the dominant multiplier (1 for stable infinite laws): any rho is right, a bad one is refused.
//!
//! **What of (ii) need not be shown.** The hyperbola of angle phi_L is the branch x > 0 of x^2/s^2 - y^2/c^2 = 1 with x = 1 - Re w/mu,
//! y = Im w/mu, s = sin phi_L, c = cos phi_L; left of it means x > 0 and x^2/s^2 - y^2/c^2 > 1. On a box of the upper half plane x is
//! least at the right side and y largest at the top, so that the form, which rises with x > 0 and falls with |y|, is least at the right
//! upper corner: a box is skipped if it exceeds 1 + 1e-9 there. That corner is formed in floats, with s rounded up and c
//! down; a skipped box has 1 <= x/s < 2 (Re w >= -c') and |y|/c < 2, so that the errors stay below 1e-14 and the 1e-9 covers them.
//!
//! **Why the path stays where L was shown analytic.** A displaced curve is w(u + iy), -d_R <= y <= d_L, |u| <= nh: the
//! hyperbola of angle phi + y. The hyperbolas x = sin psi cosh u, y = cos psi sinh u are confocal and do not meet: a smaller
//! angle lies to the right. Re w >= -c', as sin psi cosh u <= sin phi_L cosh nh; Im w <= mu sinh nh, which is checked to be below
//! 3.1 t; what lies right of Re w = x0 is in the disc (i). Im w < 0 is the mirror image: L(conj z) = conj L(z).

mod anchor;
mod bounds;
mod hyperbola;
mod nodes;

use super::cover::Cover;
use super::{ExactHyperparameters, RigorousError, RigorousSpectrum};
use crate::number::Ball;
use crate::number::ball::{Backend, pi};
use anchor::anchor;
use bounds::{CIRCLE, bounds};
use hyperbola::{BITS, Hyperbola, refuse};
use nodes::nodes;

/// An enclosure of L_t by the contour with what its proof consisted of.
#[derive(Debug, Clone)]
pub struct ContourProof {
    /// Contains L_t, with the loss of the null space.
    pub loss: Ball,
    /// Nodes in the upper half plane.
    pub nodes: usize,
    /// Bits of the balls at the nodes.
    pub bits: u32,
    /// Boxes that show L to be analytic between circle and contour.
    pub boxes: usize,
    /// log10 of the bound on discretisation and truncation, relative to the loss.
    pub relative_bound_log10: f64,
}

/// e-folds of error a node.
const PER_NODE: f64 = 2.08;
/// Modes times nodes that are evaluated before refusing.
const LIMIT: f64 = 2e7;

/// L_t to `digits` digits, with the loss of the null space.
///
/// # Errors
/// No signal; a region that could not be shown to be free of singularities; no anchor; too early a step.
pub fn loss_by_contour(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
    digits: u32,
) -> Result<ContourProof, RigorousError> {
    if !spectrum.has_signal() {
        return Err(RigorousError::NoSignal);
    }
    if step == 0 {
        return Err(refuse(step, "steps from 1 are served"));
    }
    let complement = anchor(spectrum, parameters, step)?;
    let cover = Cover::new(spectrum, parameters, &complement, step)?;
    let bits = BITS + 2 * (64 - step.leading_zeros());
    let t = Ball::whole_number(step);
    // 1 - z0.
    let back = (-(Ball::exact(CIRCLE).at(bits) / t)).exp();
    let z0 = (Ball::integer(1).at(bits) - complement.clone()) * back;
    cover.disk(&(Ball::integer(1) - z0), step)?;
    let wanted = f64::from(digits) * std::f64::consts::LN_10 + 2.0;
    let mut extra = 12.0;
    let mut last = RigorousError::Contour {
        step,
        test: "no number of nodes was enough",
    };
    for _ in 0..4 {
        let n = ((wanted + extra) / PER_NODE).ceil() as usize;
        let proof = attempt(spectrum, parameters, &cover, &complement, step, n, digits)?;
        if proof.loss.has_digits(digits) {
            return Ok(proof);
        }
        if let Some(error) = RigorousError::out_of_range(&proof.loss, "L_t by the contour") {
            return Err(error);
        }
        let reached = -proof.loss.relative_radius_log2() * std::f64::consts::LN_2;
        if reached.is_finite() {
            last = RigorousError::Digits {
                what: "L_t by the contour",
                reached: reached / std::f64::consts::LN_10,
                wanted: digits,
            };
        }
        // What is missing, or (nothing known yet) a good deal more.
        let missing = if reached.is_finite() {
            wanted - reached
        } else {
            40.0
        };
        extra += missing.max(4.0) + 6.0;
    }
    Err(last)
}

fn attempt(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    cover: &Cover,
    complement: &Ball,
    step: u64,
    n: usize,
    digits: u32,
) -> Result<ContourProof, RigorousError> {
    let hyperbola = Hyperbola::new(n);
    if let Some(count) = spectrum.modes_count() {
        let operations = count as f64 * n as f64;
        if operations > LIMIT {
            return Err(RigorousError::TooLong {
                method: "the contour",
                step,
                operations,
                limit: LIMIT,
            });
        }
    }
    let (error, boxes) = bounds(cover, &hyperbola, step)?;
    let t_bits = 64 - step.leading_zeros();
    // e^w grows to e^(mu (1 - sin phi)); what cancels against that and powers of t is added.
    let growth = hyperbola.mu * 0.08 * std::f64::consts::LOG2_E;
    let spare = (n as f64 * PER_NODE * std::f64::consts::LOG2_E) as u32;
    let bits = spare.max((f64::from(digits) * 3.33) as u32) + growth as u32 + t_bits + 48;
    let sum = nodes(spectrum, parameters, &hyperbola, complement, step, bits)?;
    let t = Ball::whole_number(step).at(bits);
    let turn = pi::<Backend>(bits);
    let main = Ball::exact(hyperbola.h) * sum / (turn.clone() * t.clone());
    let bound = error.over((turn * t).shifted(1).below());
    let relative = bound.over(main.below()).log2() * std::f64::consts::LOG10_2;
    let rho = Ball::integer(1).at(bits + 2 * t_bits) - complement.clone();
    let power = (Ball::integer(1) / rho).powered(step).at(bits);
    let loss = main.widened(bound) * power + spectrum.null_space_loss(bits);
    Ok(ContourProof {
        loss,
        nodes: n,
        bits,
        boxes,
        relative_bound_log10: relative,
    })
}
