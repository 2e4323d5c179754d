//! Outward-rounded intervals contain the exact result and are hardly wider than needed.
//!
//! The reference is exact rational arithmetic on the binary numbers themselves: no rounding.

use num_traits::Zero;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::number::{Field, Interval, Rational, Real, Ring, parse_rational, rational_from_f64};

/// Numbers biased to corners: zero, ulps around powers of two, tiny, huge, plain.
fn corner(rng: &mut ChaCha8Rng) -> f64 {
    let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
    sign * match rng.random_range(0..8) {
        0 => 0.0,
        1 => 1.0,
        2 => 2f64.powi(rng.random_range(-60..60)),
        3 => 2f64.powi(rng.random_range(-60..60)).next_down(),
        4 => 2f64.powi(rng.random_range(-60..60)).next_up(),
        5 => rng.random::<f64>() * 1e-9,
        6 => rng.random::<f64>() * 1e9,
        _ => rng.random::<f64>(),
    }
}

fn interval(rng: &mut ChaCha8Rng) -> Interval {
    let (x, y) = (corner(rng), corner(rng));
    if rng.random_range(0..3) == 0 {
        Interval::point(x)
    } else {
        Interval::new(x.min(y), x.max(y)).unwrap()
    }
}

fn exact(value: f64) -> Rational {
    rational_from_f64(value).unwrap()
}

/// `inside` is in the interval, and an end is at most two steps from the exact extreme.
fn check(enclosure: Interval, values: &[Rational], what: &str) {
    let low = values.iter().min().unwrap();
    let high = values.iter().max().unwrap();
    assert!(
        exact(enclosure.lower()) <= *low && *high <= exact(enclosure.upper()),
        "{what}: too narrow"
    );
    let slack_low = exact(enclosure.lower().next_up().next_up());
    let slack_high = exact(enclosure.upper().next_down().next_down());
    assert!(
        slack_low >= *low && slack_high <= *high,
        "{what}: wider than two steps"
    );
}

#[test]
fn two_hundred_thousand_operations_enclose_the_exact_result_within_two_steps() {
    let seed = 20_261_124;
    println!("seed {seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..40_000 {
        let (x, y) = (interval(&mut rng), interval(&mut rng));
        let ends = |i: Interval| [exact(i.lower()), exact(i.upper())];
        let (xs, ys) = (ends(x), ends(y));
        let all = |f: &dyn Fn(&Rational, &Rational) -> Rational| -> Vec<Rational> {
            xs.iter()
                .flat_map(|u| ys.iter().map(move |v| f(u, v)))
                .collect()
        };
        check(
            x + y,
            &all(&|u, v| u + v),
            &format!("round {round}: {x:?} + {y:?}"),
        );
        check(
            x - y,
            &all(&|u, v| u - v),
            &format!("round {round}: {x:?} - {y:?}"),
        );
        check(
            x * y,
            &all(&|u, v| u * v),
            &format!("round {round}: {x:?} * {y:?}"),
        );
        let mut squares: Vec<Rational> = xs.iter().map(|u| u * u).collect();
        if x.contains(0.0) {
            squares.push(Zero::zero());
        }
        check(
            x.square(),
            &squares,
            &format!("round {round}: square of {x:?}"),
        );
        if y.invertible() {
            check(
                x / y,
                &all(&|u, v| u / v),
                &format!("round {round}: {x:?} / {y:?}"),
            );
        } else {
            assert_eq!(x / y, Interval::WHOLE);
        }
    }
}

#[test]
fn a_round_to_nearest_result_would_be_caught() {
    let third = Interval::point(1.0) / Interval::point(3.0);
    assert!(third.lower() < third.upper());
    let nearest = 1.0 / 3.0;
    let one = parse_rational("1/3").unwrap();
    assert!(exact(nearest) != one, "1/3 is no binary number");
    assert!(exact(third.lower()) < one && one < exact(third.upper()));
}

#[test]
fn rationals_are_enclosed_by_neighbours() {
    for text in [
        "1/3",
        "-1/3",
        "0.1",
        "1/7e-300",
        "123456789123456789123456789",
        "1/2",
        "1e400",
        "-1e400",
    ] {
        let value = parse_rational(text).unwrap();
        let enclosure = Interval::enclosing(&value);
        let inside = |end: f64, side: fn(&Rational, &Rational) -> bool| {
            rational_from_f64(end).is_none_or(|end| side(&end, &value))
        };
        assert!(inside(enclosure.lower(), |e, v| e <= v), "{text}");
        assert!(inside(enclosure.upper(), |e, v| e >= v), "{text}");
        assert!(enclosure.lower().next_up() >= enclosure.upper());
    }
    let half = Interval::enclosing(&parse_rational("1/2").unwrap());
    assert_eq!((half.lower(), half.upper()), (0.5, 0.5));
}

#[test]
fn no_information_is_the_whole_line_and_nan_never_enters() {
    assert_eq!(Interval::point(f64::NAN), Interval::WHOLE);
    assert!(Interval::new(f64::NAN, 1.0).is_none() && Interval::new(2.0, 1.0).is_none());
    let infinite = Interval::WHOLE;
    for result in [
        infinite + infinite,
        infinite - infinite,
        infinite * Interval::point(0.0),
        infinite * infinite,
        Interval::point(1.0) / infinite,
        Interval::point(0.0) / Interval::point(0.0),
        Interval::point(-1.0).sqrt(),
        Interval::point(0.0).ln(),
        Interval::point(f64::MAX) * Interval::point(2.0),
        Interval::point(f64::INFINITY) - Interval::point(f64::INFINITY),
    ] {
        assert!(
            !result.lower().is_nan() && !result.upper().is_nan(),
            "{result:?}"
        );
        assert!(result.lower() <= result.upper());
    }
    // Overflow keeps the finite end: the product of two finite numbers is finite.
    let big = Interval::point(f64::MAX) * Interval::point(2.0);
    assert!(big.lower() > 1e308 && big.upper() == f64::INFINITY);
}

#[test]
fn order_is_decided_only_where_it_holds_for_all_members() {
    let (x, y) = (
        Interval::new(0.0, 1.0).unwrap(),
        Interval::new(0.5, 2.0).unwrap(),
    );
    assert_eq!(x.partial_cmp(&y), None);
    assert!(x < Interval::point(1.5) && y > Interval::point(0.25));
    assert!(!x.is_positive() && !x.is_negative() && (x + Interval::point(1e-9)).is_positive());
}

/// exp and ln at points with known 20-digit values (computed with mpmath at 50 digits).
#[test]
fn exp_and_ln_enclose_reference_values() {
    for (x, exp) in [
        (1.0, "2.71828182845904523536"),
        (-0.5, "0.60653065971263342360"),
        (10.0, "22026.4657948067165170"),
        (-20.0, "0.00000000206115362243855783"),
    ] {
        let value = Interval::point(x).exp();
        let reference = parse_rational(exp).unwrap();
        assert!(
            exact(value.lower()) < reference && reference < exact(value.upper()),
            "exp {x}"
        );
        assert!(value.width() <= 2e-15 * value.upper());
    }
    for (x, ln) in [
        (2.0, "0.69314718055994530942"),
        (10.0, "2.30258509299404568402"),
        (0.5, "-0.69314718055994530942"),
    ] {
        let value = Interval::point(x).ln();
        let reference = parse_rational(ln).unwrap();
        assert!(
            exact(value.lower()) < reference && reference < exact(value.upper()),
            "ln {x}"
        );
    }
}

/// exp and ln of points against balls of 128 bits, whose series carry their remainders.
#[test]
fn exp_and_ln_hold_the_ball_and_are_at_most_two_ulp_too_wide() {
    use tauber::number::ball::{BallOver, Binary};
    type Value = BallOver<Binary>;
    let check = |value: Interval, ball: &Value, what: &str| {
        let below = |end: f64| (ball.clone() - BallOver::exact(end)).is_positive();
        let above = |end: f64| (BallOver::exact(end) - ball.clone()).is_positive();
        let (low, high) = (value.lower(), value.upper());
        assert!(!above(low) && !below(high), "{what}: {value:?}");
        // Two steps inwards reach or pass the value, and three steps outwards would be seen as too wide.
        let (up, down) = (low.next_up().next_up(), high.next_down().next_down());
        assert!(!below(up) && !above(down), "{what}: {value:?}");
        let wide = low.next_down().next_down();
        assert!(below(wide.next_up()), "{what}: nothing is too wide");
    };
    let mut state = 77_u64;
    for round in 0..1500 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 11) as f64 / 2f64.powi(53);
        let scale = [700.0, 1.0, 1e-3, 1e-12][round % 4];
        let x = scale * (2.0 * share - 1.0);
        check(
            Interval::point(x).exp(),
            &Value::exact(x).at(128).exp(),
            &format!("exp {x:e}"),
        );
        let y = match round % 3 {
            0 => 1.0 + (round as f64 - 750.0) * f64::EPSILON,
            1 => 10f64.powf(600.0 * (share - 0.5)),
            _ => share,
        };
        if y != 1.0 && y > 0.0 {
            check(
                Interval::point(y).ln(),
                &Value::exact(y).at(192).ln(),
                &format!("ln {y:e}"),
            );
        }
    }
}
