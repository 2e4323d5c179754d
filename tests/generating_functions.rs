//! U, V and L of Section 4: exact golden tables, two ways to every series, values at points.

use tauber::closed_form::per_mode;
use tauber::generating::{
    Modes, OwnedModes, Parameters, Point, loss_derivative, loss_function, loss_series,
    noise_function, noise_function_at_one, noise_series, recurrence, signal_function,
    signal_function_at_one, signal_series, sums, values,
};
use tauber::number::{Complex, Interval, Rational, Ring, parse_rational, rational_to_f64};
use tauber::spectrum::Spectrum;

fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

fn list(text: &str) -> Vec<Rational> {
    text.split_whitespace().map(q).collect()
}

fn parameters(alpha: &str, beta: &str, gamma: &str, tau: &str) -> Parameters<Rational> {
    Parameters {
        learning_rate: q(alpha),
        momentum: q(beta),
        noise_amplitude: q(gamma),
        tau: q(tau),
    }
}

/// lambda = (1, 1/2, 1/5), C_kk,0 = (1, 2/3, 3/7).
struct Golden {
    eigenvalues: Vec<Rational>,
    multiplicities: Vec<Rational>,
    signal: Vec<Rational>,
}

impl Golden {
    fn new() -> Self {
        Self {
            eigenvalues: list("1 1/2 1/5"),
            multiplicities: list("1 1 1"),
            signal: list("1 1/3 3/35"),
        }
    }

    fn modes(&self) -> Modes<'_, Rational> {
        Modes::new(&self.eigenvalues, &self.multiplicities, &self.signal).unwrap()
    }
}

struct Row {
    parameters: Parameters<Rational>,
    loss: Vec<Rational>,
    noise: [f64; 4],
    signal: [f64; 4],
    noise_at_one: Rational,
    total_loss: f64,
}

fn table() -> Vec<Row> {
    vec![
        Row {
            parameters: parameters("3/2", "1/2", "1/10", "1"),
            loss: list(
                "149/210 2521/10500 1683827/8400000 346598417/3360000000 89680013387/1344000000000",
            ),
            noise: [0.29025, -0.0092694375, 0.0721986087656, -0.0203536042622],
            signal: [
                1.41904761905,
                0.0683119047619,
                0.274689677976,
                -0.00805805974836,
            ],
            noise_at_one: q("1569/4433"),
            total_loss: 1.4118892435931543,
        },
        Row {
            parameters: parameters("1", "-1/3", "1/4", "0"),
            loss: list(
                "149/210 143/480 2715029/12096000 1354400221/8709120000 146260163041/1254113280000",
            ),
            noise: [0.3225, 0.0316916666667, 0.0605700277778, 0.0193446350103],
            signal: [
                1.41904761905,
                0.13819047619,
                0.211785291005,
                0.0614210101117,
            ],
            noise_at_one: q("321/680"),
            total_loss: 1.8715125790334703,
        },
        Row {
            parameters: parameters("1/2", "0", "1/3", "-1"),
            loss: list(
                "149/210 18901/50400 2554541/12096000 367286341/2903040000 55867713821/696729600000",
            ),
            noise: [0.1075, 0.0426416666667, 0.0185534166667, 0.00901517009259],
            signal: [
                1.41904761905,
                0.597492063492,
                0.281237989418,
                0.149318935097,
            ],
            noise_at_one: q("27/140"),
            total_loss: 1.709228824273072,
        },
    ]
}

#[test]
fn the_golden_losses_hold_as_exact_fractions() {
    let golden = Golden::new();
    for row in table() {
        assert_eq!(loss_series(&row.parameters, &golden.modes(), 5), row.loss);
    }
}

#[test]
fn a_wrong_momentum_does_not_give_the_golden_losses() {
    let golden = Golden::new();
    let mut row = table().swap_remove(0);
    row.parameters.momentum = q("-1/2");
    let loss = loss_series(&row.parameters, &golden.modes(), 5);
    assert_eq!(loss[..1], row.loss[..1]);
    assert_ne!(loss[1..], row.loss[1..]);
}

#[test]
fn the_golden_series_u_and_v_agree_to_the_digits_printed() {
    let golden = Golden::new();
    for row in table() {
        let noise = noise_series(&row.parameters, &golden.modes(), 4);
        let signal = signal_series(&row.parameters, &golden.modes(), 4);
        for t in 0..4 {
            let pairs = [(&noise[t], row.noise[t]), (&signal[t], row.signal[t])];
            for (exact, printed) in pairs {
                let value = rational_to_f64(exact);
                assert!((value / printed - 1.0).abs() < 6e-12, "{value} {printed}");
            }
        }
    }
}

#[test]
fn u_at_one_and_the_sum_of_all_losses_are_the_golden_ones() {
    let golden = Golden::new();
    for row in table() {
        let u = noise_function_at_one(&row.parameters, &golden.modes());
        assert_eq!(u, row.noise_at_one);
        let v = signal_function_at_one(&row.parameters, &golden.modes());
        let total = v.clone() / (q("2") * (q("1") - u.clone()));
        assert!((rational_to_f64(&total) / row.total_loss - 1.0).abs() < 1e-15);
        // The general point z = 1 gives the same fractions as the simplified forms.
        let one = Point::from_complement(q("0"));
        assert_eq!(noise_function(&row.parameters, &golden.modes(), &one), u);
        assert_eq!(signal_function(&row.parameters, &golden.modes(), &one), v);
        assert_eq!(loss_function(&row.parameters, &golden.modes(), &one), total);
    }
}

#[test]
fn the_linear_recurrence_of_s_gives_the_same_series_exactly() {
    let golden = Golden::new();
    for row in table() {
        let (p, modes) = (&row.parameters, golden.modes());
        assert_eq!(
            noise_series(p, &modes, 17),
            recurrence::noise_series(p, &modes, 17)
        );
        assert_eq!(
            signal_series(p, &modes, 17),
            recurrence::signal_series(p, &modes, 17)
        );
    }
}

#[test]
fn the_coefficients_of_s_in_z_are_those_of_the_cancellation_free_form() {
    // Two cubics in z with four common values are equal; seven points leave no doubt.
    let [a, b, g] = [q("7/5"), q("-2/3"), q("3/8")];
    let [s1, s2, s3] = recurrence::denominator_in_z(a.clone(), b.clone(), g.clone());
    for z in list("-2 -1 0 1/2 1 2 5") {
        let expanded =
            q("1") + s1.clone() * z.clone() + s2.clone() * z.power(2) + s3.clone() * z.power(3);
        let c =
            per_mode::denominator_coefficients(b.clone(), g.clone(), z.clone(), q("1") - z.clone());
        assert_eq!(per_mode::denominator(&c, a.clone()), expanded);
    }
}

#[test]
fn at_tau_zero_u_and_v_are_squares_of_the_heavy_ball_response() {
    // h_0 = 0, h_1 = 1, h_(m+1) = (1 + b - a) h_m - b h_(m-1);
    // U_t = gamma alpha^2 sum lambda^2 h_t^2, V_t = sum signal (h_t - b h_(t-1))^2.
    let golden = Golden::new();
    let p = parameters("3/2", "-2/7", "1/3", "0");
    let length = 9;
    let mut u = vec![q("0"); length];
    let mut v = vec![q("0"); length];
    for k in 0..3 {
        let a = p.learning_rate.clone() * golden.eigenvalues[k].clone();
        let b = p.momentum.clone();
        let (mut before, mut now) = (q("0"), q("1"));
        for t in 0..length {
            u[t] += p.noise_amplitude.clone() * a.square() * now.square();
            let free = now.clone() - b.clone() * before.clone();
            v[t] += golden.signal[k].clone() * free.square();
            let next = (q("1") + b.clone() - a.clone()) * now.clone() - b.clone() * before;
            (before, now) = (now, next);
        }
    }
    assert_eq!(noise_series(&p, &golden.modes(), length), u);
    assert_eq!(signal_series(&p, &golden.modes(), length), v);
    // At tau = 1 they are not.
    let p = parameters("3/2", "-2/7", "1/3", "1");
    assert_ne!(noise_series(&p, &golden.modes(), length), u);
}

#[test]
fn a_multiplicity_counts_as_that_many_modes() {
    let p = parameters("3/2", "1/2", "1/10", "1");
    let (l3, m3, s3) = (list("1 1/2 1/2"), list("1 1 1"), list("1 1/3 1/5"));
    let (l2, m2, s2) = (list("1 1/2"), list("1 2"), list("1 8/15"));
    let three = Modes::new(&l3, &m3, &s3).unwrap();
    let two = Modes::new(&l2, &m2, &s2).unwrap();
    assert_eq!(loss_series(&p, &three, 6), loss_series(&p, &two, 6));
    let z = Point::at(q("3/7"));
    assert_eq!(values(&p, &three, &z), values(&p, &two, &z));
}

#[test]
fn slices_of_different_lengths_are_no_modes() {
    let (l, m, s) = (list("1 1/2"), list("1"), list("1 1 1"));
    let error = Modes::new(&l, &m, &[]).unwrap_err().to_string();
    assert!(error.contains("2 eigenvalues, 1 multiplicities"), "{error}");
    assert!(Modes::new(&l, &l, &s).is_err());
    assert!(Modes::new(&l, &l, &[]).is_ok());
}

/// lambda = (1, .5, .25, .1), C = (1, 2, 1, .5), alpha = .5, beta = .3, gamma = .5, tau = 1.
fn reference() -> (Spectrum, Parameters<f64>) {
    let spectrum =
        Spectrum::new(vec![1.0, 0.5, 0.25, 0.1], Some(vec![1.0, 1.0, 0.25, 0.05])).unwrap();
    let p = Parameters {
        learning_rate: 0.5,
        momentum: 0.3,
        noise_amplitude: 0.5,
        tau: 1.0,
    };
    (spectrum, p)
}

fn close(value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value / expected - 1.0).abs() <= tolerance,
        "{value} instead of {expected}"
    );
}

#[test]
fn the_reference_values_hold_to_fifteen_digits() {
    // mpmath, 40 digits, the textbook form of S; derivatives by its numerical differentiation.
    let (spectrum, p) = reference();
    let modes = Modes::of(&spectrum);
    close(
        noise_function_at_one(&p, &modes),
        0.333_640_074_587_425_57,
        1e-15,
    );
    close(
        sums::noise_function_at_one(&p, &modes),
        0.333_640_074_587_425_57,
        1e-15,
    );
    close(
        signal_function_at_one(&p, &modes),
        3.937_744_565_618_502,
        1e-15,
    );
    let z = Point::at(0.7);
    close(
        noise_function(&p, &modes, &z),
        0.261_204_777_715_319_47,
        1e-14,
    );
    close(
        signal_function(&p, &modes, &z),
        3.145_189_010_919_522_4,
        1e-14,
    );
    for v in [values(&p, &modes, &z), sums::values(&p, &modes, &z)] {
        close(v.noise, 0.261_204_777_715_319_47, 1e-14);
        close(v.signal, 3.145_189_010_919_522_4, 1e-14);
        close(v.noise_derivative, 0.180_903_147_906_877_77, 1e-14);
        close(v.signal_derivative, 1.767_149_728_978_641_2, 1e-14);
    }
}

#[test]
fn the_loss_at_a_point_is_the_sum_of_its_series() {
    let (spectrum, p) = reference();
    let modes = Modes::of(&spectrum);
    let loss = loss_series(&p, &modes, 60);
    let z = 0.25_f64;
    let powers = |t: usize| z.powi(t as i32);
    let sum: f64 = loss.iter().enumerate().map(|(t, l)| l * powers(t)).sum();
    let slope: f64 = (1..60).map(|t| t as f64 * loss[t] * powers(t - 1)).sum();
    close(loss_function(&p, &modes, &Point::at(z)), sum, 1e-14);
    close(loss_derivative(&p, &modes, &Point::at(z)), slope, 1e-14);
    let v = sums::values(&p, &modes, &Point::at(z));
    close(v.loss(&Point::at(z)), sum, 1e-14);
    close(v.loss_derivative(&Point::at(z)), slope, 1e-14);
}

#[test]
fn at_a_complex_point_the_loss_is_the_sum_of_its_series() {
    let (spectrum, p) = reference();
    let modes = OwnedModes::lift(&spectrum, Complex::real);
    let lifted = Parameters {
        learning_rate: Complex::real(p.learning_rate),
        momentum: Complex::real(p.momentum),
        noise_amplitude: Complex::real(p.noise_amplitude),
        tau: Complex::real(p.tau),
    };
    let loss = loss_series(&p, &Modes::of(&spectrum), 60);
    let z = Complex::new(0.1, 0.2);
    let mut sum = Complex::real(0.0);
    for l in loss.iter().rev() {
        sum = sum * z + Complex::real(*l);
    }
    let value = loss_function(&lifted, &modes.view(), &Point::at(z));
    assert!((value - sum).modulus() < 1e-15 * sum.modulus() * 10.0);
    assert!((value - sum.conjugate()).modulus() > 1e-3);
}

#[test]
fn intervals_enclose_the_exact_values_tightly() {
    let (spectrum, p) = reference();
    let lift = |x: f64| tauber::number::rational_from_f64(x).unwrap();
    let exact_modes = OwnedModes::lift(&spectrum, lift);
    let exact = Parameters {
        learning_rate: lift(p.learning_rate),
        momentum: lift(p.momentum),
        noise_amplitude: lift(p.noise_amplitude),
        tau: lift(p.tau),
    };
    let modes = OwnedModes::lift(&spectrum, Interval::point);
    let enclosed = Parameters {
        learning_rate: Interval::point(p.learning_rate),
        momentum: Interval::point(p.momentum),
        noise_amplitude: Interval::point(p.noise_amplitude),
        tau: Interval::point(p.tau),
    };
    let z = 0.96875;
    let truth = loss_function(&exact, &exact_modes.view(), &Point::at(lift(z)));
    let enclosure = loss_function(&enclosed, &modes.view(), &Point::at(Interval::point(z)));
    let around = Interval::enclosing(&truth);
    assert!(enclosure.lower() <= around.lower() && around.upper() <= enclosure.upper());
    assert!(enclosure.width() < 1e-13 * around.upper());
}

#[test]
fn vector_sums_agree_with_exact_rationals_for_every_remainder_of_the_lanes() {
    // Lengths around the lane and block sizes; exact sums over the same binary inputs.
    let lift = |x: f64| tauber::number::rational_from_f64(x).unwrap();
    let p = Parameters {
        learning_rate: 1.25,
        momentum: -0.375,
        noise_amplitude: 0.25,
        tau: 0.5,
    };
    let exact = Parameters {
        learning_rate: lift(p.learning_rate),
        momentum: lift(p.momentum),
        noise_amplitude: lift(p.noise_amplitude),
        tau: lift(p.tau),
    };
    for n in [1_usize, 7, 8, 9, 31, 32, 33, 40, 71] {
        // Eigenvalues and signals of few bits keep the exact sums small.
        let eigenvalues: Vec<f64> = (0..n).map(|k| 1.0 - k as f64 / 128.0).collect();
        let signal: Vec<f64> = (0..n).map(|k| 1.0 / (1 << (k % 9)) as f64).collect();
        let spectrum = Spectrum::new(eigenvalues, Some(signal)).unwrap();
        let modes = OwnedModes::lift(&spectrum, lift);
        let u = noise_function_at_one(&exact, &modes.view());
        close(
            sums::noise_function_at_one(&p, &Modes::of(&spectrum)),
            rational_to_f64(&u),
            2e-15,
        );
        let z = Point::from_complement(0.0625);
        let fast = sums::values(&p, &Modes::of(&spectrum), &z);
        let slow = values(&exact, &modes.view(), &Point::from_complement(lift(0.0625)));
        close(fast.noise, rational_to_f64(&slow.noise), 4e-15);
        close(fast.signal, rational_to_f64(&slow.signal), 4e-15);
        close(
            fast.noise_derivative,
            rational_to_f64(&slow.noise_derivative),
            2e-14,
        );
        close(
            fast.signal_derivative,
            rational_to_f64(&slow.signal_derivative),
            2e-14,
        );
    }
}

#[test]
fn long_sums_do_not_lose_digits() {
    // 2^17 equal modes: U(1) = gamma sum a p/D is 2^17 times one term.
    let n = 1 << 17;
    let spectrum = Spectrum::new(vec![0.75; n], None).unwrap();
    let p = Parameters {
        learning_rate: 1e-5,
        momentum: 0.3,
        noise_amplitude: 0.7,
        tau: 1.0,
    };
    let one = Spectrum::new(vec![0.75], None).unwrap();
    let single = noise_function_at_one(&p, &Modes::of(&one));
    let total = sums::noise_function_at_one(&p, &Modes::of(&spectrum));
    close(total, n as f64 * single, 1e-15);
}
