//! Corners at which an error once exceeded its estimate, each with the loss from another program.
//!
//! Reference values: `tests/oracle/corners.py`, the second-moment operator of the exact binary inputs squared in 400 digits.
//! What was wrong: near |beta| = 1 and the noiseless edge the terms of S and of the numerator of V cancelled; rounding that
//! is alike for many steps was counted as random; the energy of an oscillation was taken for that of its position;
//! the sums of a contour far below the first loss held fewer digits than assumed; without noise, a mode without signal gave
//! 0 times infinity, and alpha lambda that rounds to 1 a loss of 0.
#![allow(clippy::excessive_precision)] // reference values keep the digits they were computed with

use tauber::dynamics::{CurveError, CurveMethod, LossCurve, LossPoint};
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;

/// Name, eigenvalues, signal, (alpha, beta, gamma, tau), step, log10 of the loss.
type Case = (&'static str, Vec<f64>, Vec<f64>, [f64; 4], u64, f64);

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    vec![
        ("modes that hardly move", vec![0.3628003216170735, 0.17836954821539527, 0.003978035835351172, 0.0005830051912751369, 2.519344465430842e-06, 4.2741636686652575e-12], vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.5512674276054308, -0.9, 5e-10, 0.0], 118253, -0.03526644991876421648522),
        ("the edge at momentum -0.999999", vec![0.37, 0.37, 0.37, 0.37, 0.37], vec![0.12351223759982924, 8.584363914964385e-12, 2.5579968987120485e-05, 0.3323035087997763, 0.0003681806999292897], [5.405394594766248e-06, -0.999999, 1.0, 1.0], 2233213870, -6.34083452854737417698),
        ("equal modes there", vec![1000.0, 1000.0, 1000.0, 1000.0], vec![1.7921096678937807e-06, 2.334409840867793e-12, 0.5432050082000223, 2.3449703579242903e-09], [2.0000000000272574e-09, -0.999999, 0.1, 1.0], 554846965, -7.389900247555846157044),
        ("tau = -1 there", vec![0.37, 0.36999999999669675, 0.369999403423976], vec![1.0, 1.0, 1.0], [5.405405401530279e-06, -0.999999, 0.0005, -1.0], 249354577448, -8.912149300320351013744),
        ("a slow oscillation near its zero", vec![956.564564050816, 906.4437999742001, 0.0009946020312941331], vec![0.06028662981654414, 5.1983877716684914e-08, 0.000186414966456263], [8.301191850346932e-10, 0.999999, 0.1, 0.5], 19358, -3.849132613286909612124),
        ("an alternating mode between its peaks", vec![1.4282683766522294e-218], vec![7.371076673061585e-06], [2.785565882656725e+218, 0.99, 1.0000000000000002e-10, 0.0], 413, -7.057267883903193355969),
        ("two roots at -1", vec![1.0], vec![7.634665310046717e-10], [3.9999979999999997, 0.999999, 0.001, 1.0], 662560, 2.554340304706256990265),
        ("a residue that cancels", vec![1.0], vec![1.0], [1.999989108235556e-06, -0.999999, 1.0000000000000002e-10, 0.5], 330472665489, -14.46627266375106588544),
        ("far below the first loss", vec![4.4494780352195e-06, 1.1663179940378464e-07, 8.722423031164484e-11], vec![1.6589356003205208e-10, 1.5188048132750206e-16, 1.311886816556337e-27], [4494.909254903956, 0.0, 0.5, 1.0], 300, -15.1402743849269044693292),
        ("the same, later", vec![4.4494780352195e-06, 1.1663179940378464e-07, 8.722423031164484e-11], vec![1.6589356003205208e-10, 1.5188048132750206e-16, 1.311886816556337e-27], [4494.909254903956, 0.0, 0.5, 1.0], 400, -15.5960445448328133886484),
        ("a mode without signal that does not decay", vec![1.0, 0.35, 0.1], vec![0.0, 1.0, 0.0], [2.0, 0.0, 0.0, 1.0], 1000, -1046.05852055633897802816),
        ("the same at a million steps", vec![1.0, 0.35, 0.1], vec![0.0, 1.0, 0.0], [2.0, 0.0, 0.0, 1.0], 1_000_000, -1045757.79159067066081414),
        ("a product that rounds to 1", vec![2.9999999999999997e-101], vec![1.0], [3.3333333333333335e+100, 0.0, 0.0, 1.0], 2, -65.4320486174950133889302),
        ("the same out of range", vec![2.9999999999999997e-101], vec![1.0], [3.3333333333333335e+100, 0.0, 0.0, 1.0], 147, -4787.43089870024484743337),
        ("a little beyond the noiseless edge", vec![1e-100, 9.999999990686774e-101], vec![2.1174792957474806e-20, 7840.122019448028], [3.8000000000000004e+100, 0.9, 0.0, 1.0], (1 << 53) + 1, 17.1367185786450433012133),
        ("both roots near the unit circle", vec![0.1038309030288974, 0.025650662451827413, 0.025650564602688795, 0.025650564602688785], vec![0.38147070547004336, 0.6228401162662914, 0.3190415604360264, 0.07405468786345681], [9.631044042354553e-06, -0.999999, 0.0, 0.0], 100_000, -0.17512120284665345398471039),
        ("nearly equal modes, far down", vec![1000.0, 999.9999999997291, 999.9999999985965, 999.9999999946167, 999.9923309891935], vec![0.04211769940625229, 1.1584484086554055e-12, 1.3610053438375205e-10, 2.645130386308148e-08, 1.4479741873043253e-08], [7.814544014805546e-06, 0.5, 1.0000000000000002e-10, 0.5], 45139032, -627829.069473214357815),
    ]
}

fn point(l: Vec<f64>, q: Vec<f64>, p: [f64; 4], step: u64) -> Result<LossPoint, CurveError> {
    let spectrum = Spectrum::new(l, Some(q)).unwrap();
    let h = Hyperparameters::new(p[0], p[1], p[2], p[3]).unwrap();
    let method = if step <= 1_000_000 || p[2] == 0.0 {
        CurveMethod::Auto
    } else {
        CurveMethod::Contour
    };
    let curve = LossCurve::compute(&spectrum, &h, &[step], method, 0.0, &|_| {})?;
    Ok(curve.points()[0])
}

/// Whether the reference is within the error (of log10 L outside the range of `f64`) and what `f64` holds of it.
fn covered(point: &LossPoint, log10: f64) -> bool {
    let held = 2.0 * f64::EPSILON * log10.abs();
    let off = ((point.log10_loss() - log10).abs() - held).max(0.0);
    match point.loss() {
        Some(loss) => {
            let relative = (off * std::f64::consts::LN_10).exp_m1();
            relative <= point.error_estimate() / loss
        }
        None => off <= point.error_estimate(),
    }
}

#[test]
fn the_error_covers_the_distance_from_the_other_program() {
    for (name, l, q, p, step, log10) in cases() {
        let point = point(l, q, p, step).unwrap();
        let method = point.method().name();
        assert!(
            covered(&point, log10),
            "{name} by {method}: log10 L {}, not {log10}, error {:e}",
            point.log10_loss(),
            point.error_estimate()
        );
    }
}

#[test]
fn another_loss_is_not_covered_where_the_error_is_small() {
    let mut told_apart = 0;
    for (_, l, q, p, step, log10) in cases() {
        let point = point(l, q, p, step).unwrap();
        if point.relative_error() < 1e-4 {
            told_apart += 1;
            assert!(!covered(&point, log10 * (1.0 + 1e-3)), "t = {step}");
        }
    }
    assert!(told_apart >= 5, "{told_apart}");
}

#[test]
fn a_pair_of_multipliers_as_large_as_the_dominant_one_is_not_dropped() {
    // Two complex multipliers of modulus beta, 1e-11 from the real one: the contour would drop half of the loss (log10 L is
    // -81464.312080546702; -81464.303 was said, with an error of 1e-10).
    let p = [1.816_825_000_738_126_7e-11, 0.999_999, 1.0, 0.5];
    let refused = point(vec![1.0; 2], vec![1.0; 2], p, 187_580_309_027);
    assert!(
        matches!(refused, Err(CurveError::Contour(_))),
        "{refused:?}"
    );
}

#[test]
fn exponents_that_are_not_kept_are_refused_and_those_just_within_are_right() {
    // L_t = 2^(-2 t - 1); at t = 1e19 the exponent once stuck at -2^63.
    let at = |step| point(vec![1.0], vec![1.0], [0.5, 0.0, 0.0, 1.0], step);
    let within = at((1 << 61) - 4096).unwrap();
    let log10 = -((2_f64).powi(62) - 8191.0) * std::f64::consts::LOG10_2;
    assert!((within.log10_loss() - log10).abs() <= within.error_estimate());
    assert!(within.error_estimate() < 1e-14 * -log10);
    for step in [1 << 62, 10_000_000_000_000_000_000, u64::MAX] {
        assert_eq!(at(step), Err(CurveError::Exponent(step)));
    }
}
