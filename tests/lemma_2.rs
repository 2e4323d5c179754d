//! Lemma 2, (132), (133), and the behaviour of S, U, V near z = 1 that it gives, (150)-(160), (174), (189).

use statrs::function::gamma::gamma;
use std::f64::consts::PI;
use tauber::asymptotics::lemma_2::{
    denominator_near_one_151, limit_terms_151, noise_coupling_174, noise_slope_159, orders_155,
    resolvent_limit_133, resolvent_sum_133, signal_function_189, signal_slope_160,
    tail_with_power_132, terms_27,
};
use tauber::asymptotics::{AsymptoticsError, Phase, TailLaw};
use tauber::closed_form::per_mode;
use tauber::generating::{Modes, Parameters, Point, Values, values};
use tauber::moment::Hyperparameters;
use tauber::number::{Rational, parse_rational};
use tauber::spectrum::{PowerLaw, SignalLaw, Spectrum};

fn tail(nu: f64, kappa: f64, eigenvalue_scale: f64, signal_scale: f64) -> TailLaw {
    TailLaw::new(nu, kappa, eigenvalue_scale, signal_scale).unwrap()
}

fn agree(got: f64, want: f64, relative: f64, what: &str) {
    let off = (got / want - 1.0).abs();
    assert!(off <= relative, "{what}: {got:e} is not {want:e} ({off:e})");
}

#[test]
fn tails_with_a_power_of_the_eigenvalue_tend_to_132() {
    // a_l = l^(-kappa-1), so K = 1/kappa; lambda_l = 0.7 l^-nu: the exact sum from k on is
    // 0.7^s zeta(kappa + 1 + nu s, k), by mpmath at k = 10, 1,000 and 100,000.
    let cases = [
        (
            1.5,
            0.75,
            0.0,
            [
                0.24625420793653502,
                0.007_500_696_862_578_231,
                0.00023710481048082137,
            ],
        ),
        (
            1.5,
            0.75,
            1.0,
            [
                0.001_956_947_637_142_053,
                5.538_652_180_487_468e-8,
                1.7495260270896338e-12,
            ],
        ),
        (
            2.0,
            3.0,
            0.5,
            [
                2.5446009607657653e-05,
                2.095_836_852_548_863e-13,
                2.091_691_899_685_124e-21,
            ],
        ),
        (
            0.7,
            0.4,
            2.5,
            [
                0.0015026233368689616,
                6.772_881_868_338_247e-8,
                3.3908713176601425e-12,
            ],
        ),
    ];
    for (nu, kappa, s, sums) in cases {
        let law = tail(nu, kappa, 0.7, 1.0 / kappa);
        let mut last = f64::INFINITY;
        for (k, sum) in [10.0, 1e3, 1e5].into_iter().zip(sums) {
            let off = (sum / tail_with_power_132(&law, s, k).unwrap() - 1.0).abs();
            // The first correction is (kappa + nu s)/(2 k).
            let correction = 0.5 * (kappa + nu * s) / k;
            assert!(
                (off / correction - 1.0).abs() < 0.3,
                "{nu} {kappa} {s} {k}: {off:e}"
            );
            assert!(
                off < 0.02 * last,
                "{nu} {kappa} {s}: {off:e} after {last:e}"
            );
            last = off;
        }
    }
}

#[test]
fn resolvent_sums_tend_to_133_where_a_closed_form_is_known() {
    // lambda_k = k^-2, a_k = k^-4 (kappa = 3, K = 1/3), s = 2: sum 1/(1 + e k^2)^2. With c = pi/sqrt(e)
    // the sum over all integers of 1/(1 + e k^2)^2 is (c coth c + c^2/sinh^2 c)/2.
    let law = tail(2.0, 3.0, 1.0, 1.0 / 3.0);
    agree(
        resolvent_limit_133(&law, 2.0).unwrap(),
        PI / 4.0,
        1e-14,
        "pi/4",
    );
    let mut last = f64::INFINITY;
    for e in [1e-2_f64, 1e-4, 1e-6, 1e-8, 1e-12] {
        let c = PI / e.sqrt();
        let exact = 0.25 * (c / c.tanh() + (c / c.sinh()).powi(2)) - 0.5;
        let off = (exact / resolvent_sum_133(&law, 2.0, e).unwrap() - 1.0).abs();
        assert!(off < 0.11 * last, "{e}: {off:e}");
        last = off;
    }
    assert!(last < 1e-6);
    // s = 1, a_k = k^-2 (kappa = 1, K = 1): sum 1/(1 + e k^2) = (c coth c - 1)/2.
    let law = tail(2.0, 1.0, 1.0, 1.0);
    agree(
        resolvent_limit_133(&law, 1.0).unwrap(),
        PI / 2.0,
        1e-14,
        "pi/2",
    );
    let e = 1e-10_f64;
    let c = PI / e.sqrt();
    agree(
        resolvent_sum_133(&law, 1.0, e).unwrap(),
        0.5 * (c / c.tanh() - 1.0),
        1e-5,
        "coth",
    );
}

/// `sum_k a_k/(e + lambda_k)^s` over the nodes of an infinite law, a_k its signal.
fn resolvent(spectrum: &Spectrum, s: f64, e: f64) -> f64 {
    let signal = spectrum.signal().unwrap();
    let nodes = spectrum.eigenvalues().iter().zip(signal);
    nodes.map(|(l, a)| a / (e + l).powf(s)).sum()
}

#[test]
fn resolvent_sums_tend_to_133_for_any_exponents_even_with_a_distorted_head() {
    for (nu, kappa, s) in [
        (1.5, 0.75, 1.0),
        (1.5, 0.75, 2.0),
        (0.7, 0.4, 1.0),
        (2.0, 3.0, 2.0),
        (3.0, 3.6, 1.7),
    ] {
        let law = PowerLaw::new(nu, Some(kappa))
            .and_then(|law| law.with_eigenvalue_scale(0.7))
            .and_then(|law| law.with_signal(SignalLaw::Tails, 1.6))
            .unwrap();
        let spectrum = law.spectrum().0;
        let tail = TailLaw::of(&law).unwrap();
        let ratio = |e: f64| {
            // The first mode counts three times: the limit does not see it.
            let head = 2.0 * spectrum.signal().unwrap()[0] / (e + spectrum.largest()).powf(s);
            (resolvent(&spectrum, s, e) + head) / resolvent_sum_133(&tail, s, e).unwrap()
        };
        let off = [1e-6, 1e-12, 1e-18].map(|e| (ratio(e) - 1.0).abs());
        assert!(off[2] < 1e-4, "{nu} {kappa} {s}: {off:?}");
        assert!(
            off[1] < 0.1 * off[0] && off[2] < 0.1 * off[1],
            "{nu} {kappa} {s}: {off:?}"
        );
    }
}

#[test]
fn the_denominator_tends_to_151() {
    for beta in [-0.7, 0.0, 0.5, 0.95] {
        for ratio in [0.1, 1.0, 10.0] {
            for small in [1e-4_f64, 1e-8] {
                let (e, effective) = (small, small * ratio);
                let a = effective * (1.0 - beta);
                let c = per_mode::denominator_coefficients(beta, 0.5, 1.0 - e, e);
                let s = per_mode::denominator(&c, a);
                let limit = denominator_near_one_151(beta, e, effective);
                agree(s, limit, 3e3 * small, "S");
            }
        }
    }
}

#[test]
fn one_modes_terms_of_u_v_and_their_slopes_tend_to_151_to_154() {
    for beta in [-0.7, 0.0, 0.5, 0.95] {
        for (small, ratio) in [(1e-4_f64, 0.1), (1e-6, 1.0), (1e-8, 10.0)] {
            let (e, effective) = (small, 0.3);
            let eigenvalue = ratio * small;
            let spectrum = Spectrum::new(vec![eigenvalue], Some(vec![2.0])).unwrap();
            let h = Hyperparameters::new(effective * (1.0 - beta), beta, 0.4, 0.5).unwrap();
            let (v, _) = at(&spectrum, &h, e);
            let found = [v.noise, v.signal, v.noise_derivative, v.signal_derivative];
            let limit = limit_terms_151(eigenvalue, 2.0, 0.4, effective, e);
            for (found, limit) in found.into_iter().zip(limit) {
                agree(found, limit, 3e3 * small, "term");
            }
        }
    }
}

fn setting(nu: f64, kappa: f64) -> (Spectrum, TailLaw) {
    let law = PowerLaw::new(nu, Some(kappa))
        .and_then(|law| law.with_eigenvalue_scale(0.7))
        .and_then(|law| law.with_signal(SignalLaw::Tails, 1.6))
        .unwrap();
    (law.spectrum().0, TailLaw::of(&law).unwrap())
}

fn at(spectrum: &Spectrum, h: &Hyperparameters, e: f64) -> (Values<f64>, Point<f64>) {
    let point = Point::from_complement(e);
    (values(&h.into(), &Modes::of(spectrum), &point), point)
}

#[test]
fn u_and_v_near_one_follow_159_160_174_and_189() {
    for beta in [-0.5, 0.0, 0.5, 0.9] {
        let h = Hyperparameters::new(0.05, beta, 0.5, 1.0).unwrap();
        let effective = h.effective_learning_rate();
        let x = 2.0 * effective * 0.7;
        let e = 1e-14_f64;
        // (159) and (160), each also as the paper's proof has it.
        for (nu, kappa) in [(1.5, 0.75), (2.0, 1.5), (3.0, 1.2)] {
            let zeta = kappa / nu;
            let (spectrum, tail) = setting(nu, kappa);
            let (v, point) = at(&spectrum, &h, e);
            let slope = noise_slope_159(nu, 0.7, 0.5, effective, e).unwrap();
            let printed = 0.5 * x.powf(1.0 / nu) / (4.0 * nu)
                * gamma(2.0 - 1.0 / nu)
                * gamma(1.0 / nu)
                * e.powf(-1.0 / nu);
            agree(slope, printed, 1e-13, "(159) as printed");
            agree(v.coupling_derivative(&point), slope, 2e-3, "(159)");
            let slope = signal_slope_160(&tail, effective, e).unwrap();
            let printed =
                1.6 * x.powf(-zeta) * gamma(zeta + 1.0) * gamma(2.0 - zeta) * e.powf(zeta - 2.0);
            agree(slope, printed, 1e-13, "(160) as printed");
            agree(v.signal_derivative, slope, 1e-4, "(160)");
            let value = signal_function_189(&tail, effective, e).unwrap();
            let printed =
                1.6 * x.powf(-zeta) * gamma(zeta + 1.0) * gamma(1.0 - zeta) * e.powf(zeta - 1.0);
            agree(value, printed, 1e-13, "(189) as printed");
            if zeta < 0.6 {
                agree(v.signal, value, 1e-4, "(189)");
            }
        }
        for nu in [0.6, 0.7, 0.8] {
            let (spectrum, _) = setting(nu, 0.4);
            let (v, point) = at(&spectrum, &h, 1e-12);
            let coupling = noise_coupling_174(nu, 0.7, 0.5, effective, 1e-12).unwrap();
            let d = 1.0 / nu - 1.0;
            let printed =
                0.5 * x.powf(1.0 / nu) / (4.0 * nu) * PI / (PI * d).sin() * 1e-12_f64.powf(-d);
            agree(coupling, printed, 1e-12, "(174) as printed");
            agree(point.z() * v.noise, coupling, 2e-3, "(174)");
        }
    }
}

#[test]
fn the_two_terms_of_27_add_up_to_z_times_the_slope_of_l_exactly() {
    let q = |text: &str| parse_rational(text).unwrap();
    let eigenvalues = ["1", "1/2", "1/10"].map(q);
    let signal = ["1", "2", "1/3"].map(q);
    let ones = ["1", "1", "1"].map(q);
    let parameters = Parameters {
        learning_rate: q("1/3"),
        momentum: q("-2/5"),
        noise_amplitude: q("1/2"),
        tau: q("1/3"),
    };
    let modes = Modes::new(&eigenvalues, &ones, &signal).unwrap();
    let point: Point<Rational> = Point::at(q("3/4"));
    let v = values(&parameters, &modes, &point);
    let [first, second] = terms_27(&v, &point);
    assert_eq!(&first + &second, point.z() * v.loss_derivative(&point));
    // L = V/(2 (1 - z U)) differentiated by hand: the quotient rule over one denominator.
    let gap = q("1") - point.z() * v.noise.clone();
    let whole = point.z()
        * (v.signal_derivative.clone() * gap.clone()
            + v.signal.clone() * v.coupling_derivative(&point))
        / (q("2") * gap.clone() * gap);
    assert_eq!(first + second, whole);
}

#[test]
fn the_orders_of_the_two_terms_are_155_and_decide_the_phase() {
    for (nu, kappa) in [
        (1.5, 0.75),
        (2.0, 1.5),
        (3.0, 1.2),
        (2.0, 3.8),
        (2.0, 3.4),
        (1.5, 2.6),
    ] {
        let (spectrum, tail) = setting(nu, kappa);
        let h = Hyperparameters::new(0.1, 0.3, 0.5, 0.5).unwrap();
        let orders = orders_155(&tail).unwrap();
        let near = at(&spectrum, &h, 1e-15);
        let nearer = at(&spectrum, &h, 1e-16);
        let [a, b] = [near, nearer].map(|(v, point)| terms_27(&v, &point));
        for ((a, b), order) in a.iter().zip(b).zip(orders) {
            let measured = (b / a).log10();
            assert!(
                (measured - order).abs() < 0.02,
                "{nu} {kappa}: {measured} {order}"
            );
        }
        let dominant = if orders[0] > orders[1] {
            Phase::SignalDominated
        } else {
            Phase::NoiseDominated
        };
        assert_eq!(tail.phase(), dominant);
    }
}

#[test]
fn exponents_outside_the_lemma_are_refused() {
    let law = tail(2.0, 3.0, 1.0, 1.0);
    for s in [1.5, 1.0, 0.0, -1.0, f64::NAN] {
        assert!(matches!(
            resolvent_limit_133(&law, s),
            Err(AsymptoticsError::LemmaExponent { .. })
        ));
    }
    assert!(matches!(
        tail_with_power_132(&law, -0.5, 10.0),
        Err(AsymptoticsError::LemmaExponent { .. })
    ));
    assert!(tail_with_power_132(&law, 1.0, 0.0).is_err());
    assert!(resolvent_sum_133(&law, 2.0, 0.0).is_err());
    assert_eq!(
        noise_coupling_174(1.0, 1.0, 0.5, 0.1, 1e-3),
        Err(AsymptoticsError::NotEventualDivergence(1.0))
    );
    assert_eq!(
        noise_slope_159(0.5, 1.0, 0.5, 0.1, 1e-3),
        Err(AsymptoticsError::ImmediateDivergence(0.5))
    );
    assert!(signal_slope_160(&tail(1.5, 3.0, 1.0, 1.0), 0.1, 1e-3).is_err());
    assert!(signal_function_189(&tail(1.5, 1.5, 1.0, 1.0), 0.1, 1e-3).is_err());
    assert_eq!(
        orders_155(&tail(1.0, 1.0, 1.0, 1.0)),
        Err(AsymptoticsError::EventualDivergence(1.0))
    );
}
