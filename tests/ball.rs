//! Balls: every operation encloses the exact result, tightly, whatever the corner.
//!
//! Exact rationals are the oracle of + - x / sqrt; mpmath 1.3 (90 digits) that of exp, ln and
//! powers; with the feature `mpfr` each backend is tested the same way and against the other.

use num_bigint::BigInt;
use tauber::number::ball::{Ball, BallOver, Binary, Float, Magnitude, complex_exp, complex_ln, pi};
use tauber::number::{Complex, Field, Rational, Ring, parse_rational};

/// SplitMix64: the seed below reproduces every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Numbers near powers of two, with long runs of ones or zeros, of very different sizes.
    fn mantissa(&mut self) -> (BigInt, i64) {
        let words = 1 + self.below(5);
        let mut value = BigInt::from(0);
        for _ in 0..words {
            let word = match self.below(5) {
                0 => 0,
                1 => u64::MAX,
                2 => 1 << self.below(64),
                _ => self.next(),
            };
            value = (value << 64) + word;
        }
        if self.below(2) == 0 {
            value = -value;
        }
        let exponent = match self.below(4) {
            0 => 0,
            1 => -(self.below(700) as i64),
            2 => self.below(700) as i64,
            _ => self.below(40) as i64 - 200,
        };
        (value, exponent)
    }
}

fn rational((mantissa, exponent): &(BigInt, i64)) -> Rational {
    let power = BigInt::from(1) << exponent.unsigned_abs();
    if *exponent >= 0 {
        Rational::from_integer(mantissa * power)
    } else {
        Rational::new(mantissa.clone(), power)
    }
}

fn ball<F: Float>(parts: &(BigInt, i64), bits: u32, radius: Option<i64>) -> BallOver<F> {
    let text = parts.0.to_string();
    let mantissa: dashu::integer::IBig = text.parse().unwrap();
    let exact = BallOver::<F>::from_scaled(&mantissa, parts.1).at(bits);
    match radius {
        None => exact,
        Some(e) => exact.widened(Magnitude::power_of_two(e)),
    }
}

/// Width of the result beyond what the operands' radii make necessary, in units of the last bit.
fn units<F: Float>(result: &BallOver<F>, bits: u32) -> f64 {
    let size = result.above().log2();
    if result.radius().is_zero() {
        return 0.0;
    }
    (result.radius().log2() - (size - f64::from(bits))).exp2()
}

fn arithmetic_encloses<F: Float>(rounds: u64, seed: u64) {
    let mut dice = Dice(seed);
    for round in 0..rounds {
        let bits = [2, 53, 64, 65, 127, 128, 200, 333][dice.below(8) as usize];
        let (x, y) = (dice.mantissa(), dice.mantissa());
        let fuzzy = dice.below(2) == 0;
        let radius = |d: &mut Dice| fuzzy.then(|| d.below(600) as i64 - 400);
        let (rx, ry) = (radius(&mut dice), radius(&mut dice));
        let (bx, by) = (ball::<F>(&x, bits, rx), ball::<F>(&y, bits, ry));
        let (qx, qy) = (rational(&x), rational(&y));
        assert!(
            bx.contains(&qx) && by.contains(&qy),
            "seed {seed} round {round}"
        );
        // Points at the ends of the operands must be covered as well.
        let (lx, hx) = bx.ends().unwrap();
        let (ly, hy) = by.ends().unwrap();
        for (px, py) in [(&qx, &qy), (&lx, &ly), (&lx, &hy), (&hx, &ly), (&hx, &hy)] {
            let say = |what: &str| format!("{what}: seed {seed} round {round} bits {bits}");
            let sum = bx.clone() + by.clone();
            assert!(sum.contains(&(px + py)), "{}", say("+"));
            let difference = bx.clone() - by.clone();
            assert!(difference.contains(&(px - py)), "{}", say("-"));
            let product = bx.clone() * by.clone();
            assert!(product.contains(&(px * py)), "{}", say("*"));
            assert!(bx.square().contains(&(px * px)), "{}", say("square"));
            let quotient = bx.clone() / by.clone();
            if by.invertible() {
                assert!(quotient.contains(&(px / py)), "{}", say("/"));
            } else {
                assert!(quotient.is_whole(), "{}", say("/ around 0"));
            }
            let root = bx.sqrt();
            if bx.is_positive() {
                let (low, high) = root.ends().unwrap();
                let zero = parse_rational("0").unwrap();
                assert!(low <= zero || low.square() <= *px, "{}", say("sqrt"));
                assert!(high > zero && high.square() >= *px, "{}", say("sqrt"));
            }
        }
    }
}

fn exact_operands_lose_at_most_one_unit<F: Float>() {
    let mut dice = Dice(77);
    for _ in 0..2000 {
        let bits = [53, 64, 128, 200][dice.below(4) as usize];
        let cut = |d: &mut Dice| ball::<F>(&d.mantissa(), bits, None).centre();
        let (x, y) = (cut(&mut dice), cut(&mut dice));
        for result in [
            x.clone() + y.clone(),
            x.clone() * y.clone(),
            x.clone() / y.clone(),
            x.abs().sqrt(),
        ] {
            assert!(
                result.is_whole() || units(&result, bits) <= 2.0,
                "{result:?}"
            );
        }
    }
}

fn decimal(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

#[rustfmt::skip]
const EXP: [(&str, &str); 7] = [
    ("1", "2.718281828459045235360287471352662497757247093699959574966967627724077"),
    ("-1", "0.3678794411714423215955237701614608674458111310317678345078368016974615"),
    ("0.5", "1.648721270700128146848650787814163571653776100710148011575079311640661"),
    ("-37.25", "6.645544172915070539633280106185789357558168142554952783972823624214115e-17"),
    ("700", "1.014232054735004509455329595231267615204679572243073348780536281249352e304"),
    ("1e-30", "1.0000000000000000000000000000010000000000000000000000000000005000000000"),
    ("-0.0009765625", "0.9990239141819756622347117896103294303192020807785251855101678865957983"),
];

#[rustfmt::skip]
const LN: [(&str, &str); 8] = [
    ("2", "0.6931471805599453094172321214581765680755001343602552541206800094933936"),
    ("0.5", "-0.6931471805599453094172321214581765680755001343602552541206800094933936"),
    ("10", "2.302585092994045684017991454684364207601101488628772976033327900967573"),
    ("1.0000000001", "9.999999999500000000033333333330833333333533333333316666666668095238095e-11"),
    ("1e-40", "-92.1034037197618273607196581873745683040440595451509190413331160387029"),
    ("3.75", "1.321755839982319447161540327232360208022091643370756665405982206124886"),
    ("1e300", "690.7755278982137052053974364053092622803304465886318928099983702902718"),
    ("0.7", "-0.3566749439387323789126387112411844779640167590469117875739377510299927"),
];

/// The ball must hold the reference up to the reference's own last digits, and be narrow.
fn near<F: Float>(value: &BallOver<F>, reference: &str, digits: u32, what: &str) {
    let reference = decimal(reference);
    let slack =
        Magnitude::power_of_two(-215).times(value.above().max(Magnitude::power_of_two(-60)));
    assert!(
        value.clone().widened(slack).contains(&reference),
        "{what}: {:?}",
        value.to_decimal(60)
    );
    assert!(
        value.has_digits(digits),
        "{what}: 2^{}",
        value.relative_radius_log2()
    );
}

fn functions_enclose_mpmath<F: Float>() {
    for bits in [64_u32, 128, 192] {
        let digits = (f64::from(bits) * 0.301) as u32 - 3;
        for (x, y) in EXP {
            near(
                &BallOver::<F>::enclosing(&decimal(x), bits + 20).exp(),
                y,
                digits,
                x,
            );
        }
        for (x, y) in LN {
            let lost = if x.starts_with("1.0000") { 10 } else { 0 };
            near(
                &BallOver::<F>::enclosing(&decimal(x), bits + 8).ln(),
                y,
                digits - lost,
                x,
            );
        }
        near(
            &pi::<F>(bits),
            "3.141592653589793238462643383279502884197169399375105820974944592307816406286209",
            digits,
            "pi",
        );
        for (x, p, y) in [
            (
                "2",
                "3/2",
                "2.82842712474619009760337744841939615713934375075389614635336000",
            ),
            (
                "7",
                "-1/3",
                "0.522757958574710216748296187159915466212443381263332004739805",
            ),
            (
                "1000",
                "-5/4",
                "1.77827941003892280122542119519268484473579052640225535801183e-4",
            ),
            (
                "0.3",
                "7/9",
                "0.392027498564220912984959353134648378026008806364761455113433",
            ),
        ] {
            let value = BallOver::<F>::enclosing(&decimal(x), bits + 8).pow_rational(&decimal(p));
            let slack = Magnitude::power_of_two(-190);
            assert!(
                value.clone().widened(slack).contains(&decimal(y)),
                "{x}^{p}"
            );
            assert!(value.has_digits(digits), "{x}^{p}");
        }
        let complex = |re: &str, im: &str| {
            Complex::new(
                BallOver::<F>::enclosing(&decimal(re), bits),
                BallOver::<F>::enclosing(&decimal(im), bits),
            )
        };
        for (re, im, a, b) in [
            (
                "0.5",
                "1",
                "0.890807904293128619556226860958563468835040655632737741348766",
                "1.38735111132976335569713883793872959046057284521991902217375",
            ),
            (
                "-3",
                "100",
                "0.0429323286494862560548881492215543744787806980762979201942422",
                "-0.0252104607930688178512754770681681306376274581683181403842583",
            ),
            (
                "2",
                "-3.0625",
                "-7.36595647816617540952358898338341213820121196700045643434607",
                "-0.583810923935132379904964570403271570217280374873307646742107",
            ),
        ] {
            let value = complex_exp(&complex(re, im));
            for (part, reference) in [(value.re, a), (value.im, b)] {
                assert!(
                    part.clone()
                        .widened(Magnitude::power_of_two(-190))
                        .contains(&decimal(reference)),
                    "e^({re} + {im} i)"
                );
                assert!(part.has_digits(digits - 3));
            }
        }
        for (re, im, a, b) in [
            (
                "-1",
                "0.001",
                "4.99999750000166666541666766666583333404761842261960317410318e-7",
                "3.14059265392312637179611957364458234018554846482083780788351",
            ),
            (
                "1e-12",
                "-3e-12",
                "-26.4797285694315253662069017288701883874126671192308892243833",
                "-1.24904577239825442582991707728109012307782940412989671905467",
            ),
            (
                "-5",
                "-0.125",
                "1.60975031481852141481287664469132997502808376513128205886623",
                "-3.11659785997087307896092600962983117630361660687325764136661",
            ),
        ] {
            let value = complex_ln(&complex(re, im));
            for (part, reference) in [(value.re, a), (value.im, b)] {
                assert!(
                    part.clone()
                        .widened(Magnitude::power_of_two(-185))
                        .contains(&decimal(reference)),
                    "ln({re} + {im} i)"
                );
                assert!(part.has_digits(digits - 9));
            }
        }
    }
}

fn a_wide_argument_covers_its_ends<F: Float>() {
    for (middle, e) in [("0.3", -3), ("5", 0), ("-2", 1), ("40", -20)] {
        let wide =
            BallOver::<F>::enclosing(&decimal(middle), 96).widened(Magnitude::power_of_two(e));
        let radius = decimal("2").power(e.unsigned_abs() as u32);
        let radius = if e < 0 { decimal("1") / radius } else { radius };
        for end in [decimal(middle) - &radius, decimal(middle) + &radius] {
            let exact = BallOver::<F>::enclosing(&end, 96);
            assert!(wide.exp().encloses(&exact.exp()), "exp {middle}");
            let (outer, inner) = (wide.ln(), exact.ln());
            assert!(outer.is_whole() || outer.encloses(&inner), "ln {middle}");
        }
    }
}

fn no_information_is_the_whole_line<F: Float>() {
    let zero = BallOver::<F>::integer(0).widened(Magnitude::power_of_two(-90));
    let one = BallOver::<F>::integer(1);
    for whole in [
        one.clone() / zero.clone(),
        zero.ln(),
        (-one.clone()).sqrt(),
        BallOver::exact(f64::NAN),
        BallOver::exact(f64::INFINITY),
        BallOver::integer(i64::MAX).exp(),
        (one.clone() / zero.clone()) - (one.clone() / zero.clone()),
    ] {
        assert!(whole.is_whole() && !whole.is_positive() && !whole.is_negative());
        assert!(whole.contains(&decimal("1e300")) && whole.partial_cmp(&one).is_none());
        let text = whole.to_decimal(10);
        assert_eq!(
            (text.lower.as_str(), text.upper.as_str()),
            ("-infinity", "infinity")
        );
    }
    let z = Complex::new(zero.clone(), zero);
    assert!(complex_ln(&z).re.is_whole());
    // The cut of the logarithm: no value is chosen for a ball that crosses it.
    let cut = Complex::new(
        -one.at(64),
        BallOver::integer(0).widened(Magnitude::power_of_two(-20)),
    );
    assert!(complex_ln(&cut).im.is_whole());
}

fn decimals_are_outward<F: Float>() {
    let mut dice = Dice(5);
    for _ in 0..400 {
        let parts = dice.mantissa();
        let radius = (dice.below(3) > 0).then(|| dice.below(500) as i64 - 300);
        let x = ball::<F>(&parts, 150, radius);
        let digits = 1 + dice.below(40) as u32;
        let text = x.to_decimal(digits);
        let (low, high) = x.ends().unwrap();
        let (lower, upper) = (decimal(&text.lower), decimal(&text.upper));
        assert!(lower <= low && high <= upper, "{text:?}");
        // At most two units of the last digit wider.
        let size = if low.clone() * &low > high.clone() * &high {
            &low
        } else {
            &high
        };
        let unit = decimal("4") * size * size / decimal("10").power(2 * digits - 2);
        // The radius itself is rounded upwards, by less than 2^-45 of it.
        let width = high.clone() - &low;
        let extra = (upper - lower) - &width - width * decimal("1/35184372088832");
        let zero = decimal("0");
        assert!(
            extra < zero || extra.clone() * extra <= unit * decimal("4"),
            "{text:?} {digits}"
        );
    }
    let third = BallOver::<F>::enclosing(&decimal("1/3"), 200);
    assert_eq!(third.to_decimal(5).lower, "3.3333e-1");
    assert_eq!(third.to_decimal(5).upper, "3.3334e-1");
    assert_eq!((-third).to_decimal(3).lower, "-3.34e-1");
    assert_eq!(BallOver::<F>::integer(0).to_decimal(9).upper, "0");
    assert_eq!(BallOver::<F>::integer(-1200).to_decimal(4).lower, "-1.2e3");
    // Far outside the range of f64: 2^(-10^12), log10 = -301029995663.981195...
    let tiny = BallOver::<F>::integer(1)
        .at(128)
        .shifted(-1_000_000_000_000);
    let text = tiny.to_decimal(6);
    assert!(
        text.lower.ends_with("e-301029995664") && text.lower < text.upper,
        "{text:?}"
    );
    // 10^(1 - 0.981195213738...) = 1.0442...
    assert!(text.lower.starts_with("1.04"), "{text:?}");
}

fn decimals_of_far_apart_parts_are_outward<F: Float>() {
    let two = |e: i64| BallOver::<F>::integer(1).shifted(e);
    // The radius lies far below the last digit but above the midpoint's distance from an integer.
    let x =
        (BallOver::<F>::integer(7).at(5000) + two(-4050)).widened(Magnitude::power_of_two(-4045));
    for x in [x.clone(), -x] {
        let ((low, high), text) = (x.ends().unwrap(), x.to_decimal(1));
        assert!(
            decimal(&text.lower) <= low && high <= decimal(&text.upper),
            "{text:?}"
        );
    }
    // Midpoint and radius some 10^12 binary places apart, either way round.
    let wide = two(-1_000_000_000_000).widened(Magnitude::power_of_two(0));
    let text = wide.to_decimal(3);
    assert!(decimal(&text.lower) < decimal("-1") && decimal(&text.upper) > decimal("1"));
    let narrow = BallOver::<F>::integer(1).widened(Magnitude::power_of_two(-1_000_000_000_000));
    let text = narrow.to_decimal(3);
    assert!(decimal(&text.lower) < decimal("1") && decimal(&text.upper) > decimal("1"));
    // Ties and carries: what is exact is written exactly, what is not goes both ways outwards.
    for (value, digits, lower, upper) in [
        (0.125, 2, "1.2e-1", "1.3e-1"),
        (-0.125, 2, "-1.3e-1", "-1.2e-1"),
        (0.125, 3, "1.25e-1", "1.25e-1"),
        (999.5, 3, "9.99e2", "1e3"),
        (-999.5, 3, "-1e3", "-9.99e2"),
        (1e22, 1, "1e22", "1e22"),
    ] {
        let text = BallOver::<F>::exact(value).to_decimal(digits);
        assert_eq!(
            (text.lower.as_str(), text.upper.as_str()),
            (lower, upper),
            "{value}"
        );
    }
    // Subnormal numbers.
    for value in [5e-324, f64::MIN_POSITIVE.next_down(), -5e-324] {
        let x = BallOver::<F>::exact(value);
        let ((low, high), text) = (x.ends().unwrap(), x.to_decimal(20));
        assert!(low == high && decimal(&text.lower) <= low && high <= decimal(&text.upper));
        let interval = x.to_interval();
        assert!(interval.lower() <= value && value <= interval.upper());
    }
}

fn exponents_out_of_range_give_bounds_and_never_wrap<F: Float>() {
    let limit = 1_i64 << 60;
    let two = |e: i64| BallOver::<F>::integer(1).shifted(e);
    for huge in [
        two(limit + 5),
        two(i64::MAX),
        two(limit / 2).powered(4),
        two(limit - 1) * two(limit - 1),
        two(limit - 1) / two(1 - limit),
        BallOver::exact(1e300).powered(u64::MAX),
    ] {
        assert!(huge.is_whole(), "{huge:?}");
        assert_eq!(huge.to_decimal(5).upper, "infinity");
    }
    for tiny in [
        two(-limit - 5),
        two(i64::MIN),
        two(-limit / 2).powered(4),
        two(1 - limit) / two(limit - 1),
        BallOver::exact(1e-300).powered(u64::MAX),
    ] {
        // Around zero: no sign, no lower bound, and no division by it.
        assert!(!tiny.is_whole() && !tiny.is_positive() && tiny.below().is_zero());
        assert!(!tiny.above().is_zero() && tiny.above().log2() < -1e18);
        assert!((BallOver::integer(1) / tiny).is_whole());
    }
    // At the limit itself a number is still a number.
    assert!(two(limit - 2).is_positive() && two(2 - limit).is_positive());
    // Bounds: a lower one is never rounded up, an upper one never down.
    let smallest = two(1 - limit).below();
    let half = smallest.minus_below(smallest.times(Magnitude::from_f64(0.75)));
    assert!(half.is_zero() || half.compare(smallest).is_lt());
    let quotient = Magnitude::from_f64(1.9).over(Magnitude::INFINITE);
    assert!(quotient.compare(Magnitude::power_of_two(1 - limit)).is_ge());
    // What is not known stays so, also times zero.
    let whole = BallOver::<F>::integer(1) / BallOver::integer(0);
    assert!((whole.clone() * BallOver::integer(0)).is_whole());
    assert!((BallOver::integer(0) * whole).is_whole());
}

macro_rules! backend {
    ($name:ident, $float:ty) => {
        mod $name {
            use super::*;

            #[test]
            fn every_operation_encloses_the_exact_rational() {
                arithmetic_encloses::<$float>(1500, 20_240);
            }
            #[test]
            fn rounding_costs_at_most_a_unit() {
                exact_operands_lose_at_most_one_unit::<$float>();
            }
            #[test]
            fn exp_ln_and_powers_enclose_seventy_digits_of_mpmath() {
                functions_enclose_mpmath::<$float>();
            }
            #[test]
            fn functions_of_a_wide_ball_cover_both_ends() {
                a_wide_argument_covers_its_ends::<$float>();
            }
            #[test]
            fn nan_and_infinities_never_enter_and_no_information_is_the_whole_line() {
                no_information_is_the_whole_line::<$float>();
            }
            #[test]
            fn decimal_ends_lie_outside_and_close() {
                decimals_are_outward::<$float>();
            }
            #[test]
            fn decimal_ends_lie_outside_whatever_the_exponents() {
                decimals_of_far_apart_parts_are_outward::<$float>();
            }
            #[test]
            fn exponents_beyond_the_limit_widen_and_never_wrap() {
                exponents_out_of_range_give_bounds_and_never_wrap::<$float>();
            }
        }
    };
}

backend!(binary, Binary);
#[cfg(feature = "mpfr")]
backend!(mpfr, tauber::number::ball::Mpfr);

/// Each backend is the other's oracle: same inputs, overlapping balls.
#[cfg(feature = "mpfr")]
#[test]
fn the_two_backends_agree() {
    use tauber::number::ball::Mpfr;
    let mut dice = Dice(99);
    for round in 0..3000 {
        let bits = [53, 100, 256][dice.below(3) as usize];
        let (x, y) = (dice.mantissa(), dice.mantissa());
        let meet = |a: &BallOver<Binary>, b: &BallOver<Mpfr>| {
            let ((l, h), (m, k)) = (a.ends().unwrap(), b.ends().unwrap());
            assert!(l <= k && m <= h, "round {round}");
        };
        let (a, b) = (
            ball::<Binary>(&x, bits, None),
            ball::<Binary>(&y, bits, None),
        );
        let (c, d) = (ball::<Mpfr>(&x, bits, None), ball::<Mpfr>(&y, bits, None));
        meet(&(a.clone() + b.clone()), &(c.clone() + d.clone()));
        meet(&(a.clone() * b.clone()), &(c.clone() * d.clone()));
        if b.invertible() && d.invertible() {
            meet(&(a.clone() / b.clone()), &(c.clone() / d.clone()));
        }
        if a.is_positive() && c.is_positive() {
            meet(&a.sqrt(), &c.sqrt());
            if a.above().log2().abs() < 500.0 {
                meet(&a.ln(), &c.ln());
            }
        }
    }
}

#[test]
fn a_wrong_value_is_not_in_the_ball() {
    let third = Ball::enclosing(&decimal("1/3"), 64);
    assert!(third.contains(&decimal("1/3")));
    assert!(!third.contains(&decimal("0.33333333333333333")));
    assert!(!third.has_digits(30) && third.has_digits(15));
}

#[test]
fn decimals_have_the_digits_asked_for_at_the_largest_exponents_too() {
    // 2^-(2^59 + k) with 0.3 decimal places more for each k.
    for k in 0..40_i64 {
        for shift in [-(1_i64 << 59) - k, (1_i64 << 59) + k, -k, k] {
            let text = Ball::integer(1).at(200).shifted(shift).to_decimal(20);
            for end in [text.lower, text.upper] {
                let digits = end.split('e').next().unwrap();
                let count = digits.chars().filter(char::is_ascii_digit).count();
                assert!(count <= 22, "2^{shift}: {digits}");
            }
        }
    }
}
