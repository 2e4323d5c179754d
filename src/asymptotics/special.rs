//! Two special functions of E.4: Lambert's W (199) and Mittag-Leffler's E (the crossover).
//!
//! ```text
//! w = omega(y):     w + ln w = y                       (Wright's omega; W(x) = omega(ln x), x > 0)
//! E_{d,b}(x^d) = sum_{m >= 0} x^(d m)/Gamma(d m + b)
//!              = x^(1-b) e^x/d - sum_{k=1}^{n} x^(-d k)/Gamma(b - d k) + ...        (x -> infinity, 0 < d < 1)
//! ```
//!
//! `w -> w + ln w` is concave and increasing, so Newton's iteration from below never overshoots. The
//! series of E has positive terms for x > 0 and b > 0, so it loses nothing; beyond x = 30 the second
//! line is exact to rounding, its algebraic part being below 1e-11 of the whole there.
//!
//! Sources: Corless et al., "On the Lambert W function" (1996), doi:10.1007/BF02124750; Gorenflo et
//! al., "Mittag-Leffler Functions" (2014), doi:10.1007/978-3-662-43930-2, Section 4.

use super::AsymptoticsError;
use statrs::function::gamma::{gamma, ln_gamma};

/// Newton steps before giving up; fewer than ten are taken.
const MAX_STEPS: usize = 60;
/// From here on E is evaluated by its asymptotic expansion.
const FAR: f64 = 30.0;
/// Terms of the algebraic part: beyond, they fall below rounding or start to grow.
const ALGEBRAIC_TERMS: u32 = 8;
/// Terms of the series before it is refused (d below 1e-4 or so).
const MAX_TERMS: u32 = 2_000_000;

/// Wright's omega: the positive solution w of `w + ln w = y`, any finite y. Relative error about
/// 1e-15 (for y < 0: the rounding of y itself, `|y|` units).
pub fn wright_omega(y: f64) -> f64 {
    if !y.is_finite() {
        return if y == f64::NEG_INFINITY { 0.0 } else { y };
    }
    // Both starts lie below the root: x/(1+x) <= ln(1+x), and ln y <= y.
    let mut w = if y <= 1.0 {
        let x = y.exp();
        x / (1.0 + x)
    } else {
        y - y.ln()
    };
    if w == 0.0 {
        return 0.0;
    }
    for _ in 0..MAX_STEPS {
        let next = w * (1.0 + (y - w.ln())) / (1.0 + w);
        let done = (next - w).abs() <= 2.0 * f64::EPSILON * next;
        w = next;
        if done {
            break;
        }
    }
    w
}

/// Lambert's W on its principal branch, x >= 0: the w with `w e^w = x`.
///
/// # Errors
/// x negative or NaN.
pub fn lambert_w(x: f64) -> Result<f64, AsymptoticsError> {
    if x >= 0.0 {
        let w = wright_omega(x.ln());
        // ln x of a small x is large and rounded: one step on w e^w = x mends it.
        Ok(if x < 1.0 {
            w - (w - x * (-w).exp()) / (1.0 + w)
        } else {
            w
        })
    } else {
        Err(AsymptoticsError::Argument {
            name: "the argument of Lambert's W",
            value: x,
            range: "[0, infinity)",
        })
    }
}

/// `ln E_{d,b}(x^d)` for d in (0, 1), b in (0, 1] and x >= 0; a logarithm because E grows as e^x.
///
/// Error of E about 1e-13 relative; d below 1e-4 needs too many terms and is refused.
///
/// # Errors
/// Arguments out of range.
pub fn ln_mittag_leffler(d: f64, b: f64, x: f64) -> Result<f64, AsymptoticsError> {
    let refuse = |name, value, range| Err(AsymptoticsError::Argument { name, value, range });
    if !(d > 0.0 && d < 1.0) {
        return refuse("the first index d of E_{d,b}", d, "(0, 1)");
    }
    if !(b > 0.0 && b <= 1.0) {
        return refuse("the second index b of E_{d,b}", b, "(0, 1]");
    }
    if !(x >= 0.0 && x.is_finite()) {
        return refuse("x of E_{d,b}(x^d)", x, "[0, infinity)");
    }
    if x == 0.0 {
        return Ok(-ln_gamma(b));
    }
    let log = x.ln();
    if x > FAR {
        let leading = (1.0 - b) * log - d.ln() + x;
        let algebraic: f64 = (1..=ALGEBRAIC_TERMS)
            .map(|k| {
                let argument = b - d * f64::from(k);
                (-d * f64::from(k) * log - leading).exp() / gamma(argument)
            })
            .filter(|term| term.is_finite())
            .sum();
        return Ok(leading + (-algebraic).ln_1p());
    }
    let mut sum = 0.0;
    for m in 0..MAX_TERMS {
        let power = d * f64::from(m);
        let term = (power * log - ln_gamma(power + b)).exp();
        sum += term;
        // Past the largest term, near d m = x, they fall faster and faster.
        if power > x + 2.0 && term <= 1e-18 * sum {
            return Ok(f64::ln(sum));
        }
    }
    refuse("the first index d of E_{d,b}", d, "[1e-4, 1)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambert_w_has_the_values_of_forty_digits() {
        // mpmath.lambertw, 40 digits.
        for (x, w) in LAMBERT {
            let found = lambert_w(x).unwrap();
            assert!((found / w - 1.0).abs() < 4e-15, "{x}: {found} {w}");
        }
        assert_eq!(lambert_w(0.0), Ok(0.0));
        assert!(lambert_w(-1e-9).is_err());
        assert!(lambert_w(f64::NAN).is_err());
        // Beyond the range of x itself: omega(-1000) = 0 in f64, omega(1e6) = 1e6 - ln(1e6 - ...).
        assert_eq!(wright_omega(-1000.0), 0.0);
        let w = wright_omega(1e6);
        assert!((w + w.ln() - 1e6).abs() < 1e-9);
    }

    #[test]
    fn mittag_leffler_has_the_values_of_forty_digits() {
        // The series summed by mpmath with 60 digits, also beyond the switch at x = 30.
        for (d, b, x, value) in MITTAG_LEFFLER {
            let found = ln_mittag_leffler(d, b, x).unwrap();
            let error = (found - value).abs();
            assert!(error < 2e-13, "{d} {b} {x}: {found} {value} ({error:e})");
        }
    }

    #[test]
    fn half_and_one_is_an_error_function() {
        // E_{1/2,1}(y) = e^(y^2) erfc(-y): ln[e^x (1 + erf(sqrt x))] at x = y^2, 25 digits.
        for (x, exact) in [
            (0.01, 0.1165764005865225),
            (0.5, 1.0203934015364955),
            (2.0, 2.6701342712309817),
            (20.0, 20.693147180432963),
            (29.9, 30.59314718055994),
            (30.1, 30.79314718055994),
            (100.0, 100.69314718055995),
        ] {
            let found = ln_mittag_leffler(0.5, 1.0, x).unwrap();
            assert!((found - exact).abs() < 1e-13, "{x}: {found} {exact}");
        }
    }

    #[test]
    fn indices_out_of_range_are_refused() {
        for (d, b, x) in [
            (0.0, 0.5, 1.0),
            (1.0, 0.5, 1.0),
            (0.5, 0.0, 1.0),
            (0.5, 1.5, 1.0),
            (0.5, 0.5, -1.0),
            (0.5, 0.5, f64::NAN),
            (1e-9, 0.5, 1.0),
        ] {
            assert!(ln_mittag_leffler(d, b, x).is_err(), "{d} {b} {x}");
        }
    }

    const LAMBERT: [(f64, f64); 9] = [
        (1e-300, 1.0e-300),
        (1e-08, 9.999999900000002e-09),
        (0.01, 0.009901473843595012),
        (0.5, 0.35173371124919584),
        (1.0, 0.5671432904097838),
        (std::f64::consts::E, 1.0),
        (10.0, 1.7455280027406994),
        (100000.0, 9.284571428622109),
        (1e+300, 684.2472086297608),
    ];

    const MITTAG_LEFFLER: [(f64, f64, f64, f64); 42] = [
        (0.5, 0.5, 0.001, -0.5158831742011301),
        (0.5, 0.5, 0.1, 0.033768812542949875),
        (0.5, 0.5, 1.0, 1.7179639521056953),
        (0.5, 0.5, 5.0, 6.497933470041311),
        (0.5, 0.5, 29.0, 31.376795095553184),
        (0.5, 0.5, 31.0, 33.410140782802515),
        (0.5, 0.5, 60.0, 62.74031946167099),
        (
            0.42857142857142855,
            0.4285714285714286,
            0.001,
            -0.6280060457546641,
        ),
        (
            0.42857142857142855,
            0.4285714285714286,
            0.1,
            0.055435536961241316,
        ),
        (
            0.42857142857142855,
            0.4285714285714286,
            1.0,
            1.8741547481608392,
        ),
        (
            0.42857142857142855,
            0.4285714285714286,
            5.0,
            6.767050938549638,
        ),
        (
            0.42857142857142855,
            0.4285714285714286,
            29.0,
            31.77146690609376,
        ),
        (
            0.42857142857142855,
            0.4285714285714286,
            31.0,
            33.809576262950145,
        ),
        (
            0.42857142857142855,
            0.4285714285714286,
            60.0,
            63.18692332451412,
        ),
        (0.25, 0.2, 0.001, -1.0808014780273087),
        (0.25, 0.2, 0.1, 0.1502105734956806),
        (0.25, 0.2, 1.0, 2.418660501632825),
        (0.25, 0.2, 5.0, 7.67393946005369),
        (0.25, 0.2, 29.0, 33.08013102510907),
        (0.25, 0.2, 31.0, 35.133484124708005),
        (0.25, 0.2, 60.0, 64.66177001089757),
        (0.6666666666666666, 0.9, 0.001, -0.05434865750082162),
        (0.6666666666666666, 0.9, 0.1, 0.2031774195150929),
        (0.6666666666666666, 0.9, 1.0, 1.3796552197639886),
        (0.6666666666666666, 0.9, 5.0, 5.566174413478894),
        (0.6666666666666666, 0.9, 29.0, 29.74219469110681),
        (0.6666666666666666, 0.9, 31.0, 31.74886382855668),
        (0.6666666666666666, 0.9, 60.0, 60.814899564330375),
        (0.05, 0.5, 0.001, 0.8491380275206541),
        (0.05, 0.5, 0.1, 2.041800867313692),
        (0.05, 0.5, 1.0, 3.982563770005988),
        (0.05, 0.5, 5.0, 8.800259891163659),
        (0.05, 0.5, 29.0, 33.67938018854723),
        (0.05, 0.5, 31.0, 35.712725875796565),
        (0.05, 0.5, 60.0, 65.04290455466504),
        (0.9, 1.0, 0.001, 0.0020748048955286837),
        (0.9, 1.0, 0.1, 0.13177247948719029),
        (0.9, 1.0, 1.0, 1.0902235597863652),
        (0.9, 1.0, 5.0, 5.105249797169978),
        (0.9, 1.0, 29.0, 29.105360515657825),
        (0.9, 1.0, 31.0, 31.105360515657825),
        (0.9, 1.0, 60.0, 60.10536051565783),
    ];
}
