//! Power laws as weighted nodes: sums over infinitely many or 10^12 modes to round-off.
//!
//! Reference numbers: zeta values and sums by mpmath (25 to 35 digits: terms up to k = 120, integral in ln k and
//! Euler-Maclaurin corrections beyond), the notes' Section 3.3, and plain sums over 10^6 modes.

use tauber::closed_form::per_mode::{
    denominator, denominator_coefficients, noise_numerator, noise_term_at_one,
    signal_numerator_coefficients, signal_term_at_one,
};
use tauber::number::Complex;
use tauber::spectrum::{
    EXPLICIT_LIMIT, EigenvaluesOf, LoadedSpectrum, PowerLaw, SignalLaw, Spectrum,
};

fn agree(got: f64, want: f64, relative: f64, what: &str) {
    let off = (got / want - 1.0).abs();
    assert!(off <= relative, "{what}: {got:e} is not {want:e} ({off:e})");
}

fn law(nu: f64, kappa: f64) -> PowerLaw {
    PowerLaw::new(nu, Some(kappa)).unwrap()
}

/// U(1) and V(1).
fn at_one(spectrum: &Spectrum, [alpha, beta, gamma, tau]: [f64; 4]) -> [f64; 2] {
    let signal = spectrum.signal().unwrap();
    let (mut u, mut v) = (0.0, 0.0);
    for k in (0..spectrum.len()).rev() {
        let a = alpha * spectrum.eigenvalues()[k];
        let [n, d] = noise_term_at_one(a, beta, gamma * tau);
        u += gamma * spectrum.multiplicities()[k] * n / d;
        let [n, d] = signal_term_at_one(a, beta, gamma * tau);
        v += signal[k] * n / d / a;
    }
    [u, v]
}

/// U(z) and V(z) of modes (lambda, multiplicity, signal), from 1 - z.
fn at(
    modes: impl Iterator<Item = (f64, f64, f64)>,
    [alpha, beta, gamma, tau]: [f64; 4],
    e: Complex<f64>,
) -> [Complex<f64>; 2] {
    let real = Complex::<f64>::real;
    let z = real(1.0) - e;
    let c = denominator_coefficients(real(beta), real(gamma * tau), z, e);
    let [v0, v1] = signal_numerator_coefficients(real(beta), z);
    let (mut u, mut v) = (real(0.0), real(0.0));
    for (lambda, multiplicity, signal) in modes {
        let a = alpha * lambda;
        let s = denominator(&c, real(a));
        u = u + real(multiplicity * a * a) / s;
        v = v + real(signal) * (v0 + real(a) * v1) / s;
    }
    [real(gamma) * noise_numerator(real(beta), z) * u, v]
}

fn nodes(spectrum: &Spectrum) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
    let signal = spectrum.signal().unwrap();
    (0..spectrum.len()).rev().map(|k| {
        (
            spectrum.eigenvalues()[k],
            spectrum.multiplicities()[k],
            signal[k],
        )
    })
}

#[test]
fn u_and_v_at_one_are_those_of_the_notes() {
    let [u, _] = at_one(&law(1.5, 0.75).spectrum().0, [0.2, 0.5, 0.5, 1.0]);
    agree(u, 0.2573442205, 3e-10, "U(1)");
    let [_, v] = at_one(&law(1.5, 3.0).spectrum().0, [0.2, 0.5, 0.5, 1.0]);
    agree(v, 2.4322222676, 3e-11, "V(1)");
    let [u, v] = at_one(&law(2.0, 4.0).spectrum().0, [0.5, -0.5, 0.3, 0.0]);
    agree(u, 0.1345506032, 4e-10, "U(1)");
    agree(v, 2.1447909281, 3e-11, "V(1)");
}

#[test]
fn traces_of_infinite_laws_are_zeta_values() {
    for (nu, zeta) in [
        (1.02, 50.578670041015556),
        (1.3, 3.931949211809544),
        (1.5, 2.612_375_348_685_488),
        (2.0, 1.644_934_066_848_226_4),
        (3.0, 1.202_056_903_159_594_2),
        (20.0, 1.000_000_953_962_033_8),
    ] {
        let (spectrum, error) = law(nu, 1.0).spectrum();
        agree(spectrum.trace(), zeta, 1e-13, "Tr H");
        assert!(!spectrum.infinite_trace());
        assert_eq!(error, Some(1e-13), "nothing beyond the floor is estimated");
    }
    for (nu, zeta) in [
        (0.51, 50.578670041015556),
        (0.65, 3.931949211809544),
        (0.75, 2.612_375_348_685_488),
        (1.0, 1.644_934_066_848_226_4),
        (1.5, 1.202_056_903_159_594_2),
    ] {
        let spectrum = law(nu, 1.0).spectrum().0;
        agree(spectrum.trace_of_square(), zeta, 1e-13, "Tr H^2");
        assert_eq!(spectrum.infinite_trace(), nu <= 1.0);
        assert!(!spectrum.infinite_trace_of_square());
    }
    for nu in [0.5, 0.3, 0.01] {
        let spectrum = law(nu, 1.0).spectrum().0;
        assert!(spectrum.infinite_trace() && spectrum.infinite_trace_of_square());
        assert_eq!(spectrum.trace_of_square(), f64::INFINITY);
    }
    // A finite law of any exponent has finite traces.
    let finite = law(0.5, 1.0).with_modes(1_000_000_000_000).unwrap();
    assert!(!finite.spectrum().0.infinite_trace_of_square());
}

#[test]
fn u_and_v_of_infinite_laws_agree_with_25_digit_sums_also_at_complex_z() {
    for (nu, kappa, signal, parameters, s, u, v) in SUMS {
        let law = law(nu, kappa).with_signal(signal, 1.0).unwrap();
        let spectrum = law.spectrum().0;
        // 1 - z = 1 - exp(-s) = (1 - e^-x) + e^-x (1 - cos y) + i e^-x sin y, s = x + i y.
        let [x, y]: [f64; 2] = s;
        let half = (0.5 * y).sin();
        let e = Complex::new(
            -(-x).exp_m1() + (-x).exp() * 2.0 * half * half,
            (-x).exp() * y.sin(),
        );
        let got = at(nodes(&spectrum), parameters, e);
        for (got, want) in got.into_iter().zip([u, v]) {
            let off = (got - Complex::new(want[0], want[1])).modulus();
            let relative = off / want[0].hypot(want[1]);
            assert!(
                relative < 3e-13,
                "nu {nu} kappa {kappa}: {got:?} {relative:e}"
            );
        }
    }
}

#[test]
fn a_million_modes_by_rule_agree_with_the_plain_sum() {
    let n = 1_000_000_u64;
    const { assert!(EXPLICIT_LIMIT < 1_000_000) };
    for (nu, kappa, signal) in [
        (1.5, 0.75, SignalLaw::Tails),
        (0.6, 0.1, SignalLaw::Terms),
        (4.0, 2.0, SignalLaw::Tails),
    ] {
        let law = law(nu, kappa)
            .with_modes(n)
            .and_then(|law| law.with_signal(signal, 2.0))
            .and_then(|law| law.with_eigenvalue_scale(0.7))
            .unwrap();
        let (spectrum, error) = law.spectrum();
        assert_eq!(error, Some(1e-13));
        assert!(spectrum.len() < 1200, "{}", spectrum.len());
        let modes = || {
            (1..=n).rev().map(|k| {
                let k = k as f64;
                let signal = match signal {
                    SignalLaw::Tails => 2.0 * kappa / k.powf(kappa + 1.0) * tail_series(kappa, k),
                    SignalLaw::Terms => 2.0 / k.powf(kappa + 1.0),
                };
                (0.7 / k.powf(nu), 1.0, signal)
            })
        };
        let smallest = 0.7 / (n as f64).powf(nu);
        let parameters = [0.3, 0.4, 0.5, 1.0];
        for e in [
            Complex::new(0.5, 0.0),
            Complex::new(1e-6, 3e-6),
            // Half-way to the pole of the last mode at z > 1, S(a_N) = 0.
            Complex::new(-0.5 * 0.3 * smallest * 2.8 / (1.0 - 0.16), 0.0),
        ] {
            let (got, want) = (
                at(nodes(&spectrum), parameters, e),
                at(modes(), parameters, e),
            );
            for (got, want) in got.into_iter().zip(want) {
                let relative = (got - want).modulus() / want.modulus();
                assert!(relative < 1e-13, "nu {nu}, e {e:?}: {relative:e}");
            }
        }
    }
}

/// `(k^-kappa - (k+1)^-kappa) / (kappa k^(-kappa-1))` by the definition for small k and by its series
/// in 1/k for large.
fn tail_series(kappa: f64, k: f64) -> f64 {
    if k < 50.0 {
        return (k.powf(-kappa) - (k + 1.0).powf(-kappa)) / (kappa * k.powf(-kappa - 1.0));
    }
    let (mut term, mut sum) = (1.0, 0.0);
    for j in 1..16 {
        sum += term;
        term *= -(kappa + f64::from(j)) / (f64::from(j + 1) * k);
    }
    sum
}

#[test]
fn the_signal_of_a_distant_mode_is_free_of_cancellation() {
    for kappa in [0.01, 0.75, 3.0] {
        for k in [1.0_f64, 100.0, 1e8, 1e30] {
            let want = kappa * k.powf(-kappa - 1.0) * tail_series(kappa, k);
            agree(law(1.5, kappa).signal(k), want, 1e-14, "signal");
        }
    }
    // The difference as written would be 0 here.
    assert_eq!(1e30_f64.powf(-0.75) - (1e30_f64 + 1.0).powf(-0.75), 0.0);
}

#[test]
fn exact_tails_add_up_to_the_signal_scale_and_terms_to_a_zeta_value() {
    let loss = |law: PowerLaw| law.spectrum().0.initial_loss().unwrap();
    for kappa in [0.01, 0.75, 3.0, 50.0] {
        agree(loss(law(1.5, kappa)), 0.5, 1e-13, "L_0");
        let finite = law(1.5, kappa).with_modes(1000).unwrap();
        let want = 0.5 * (1.0 - 1001.0_f64.powf(-kappa));
        agree(loss(finite), want, 1e-13, "L_0 of 1000 modes");
    }
    let terms = law(1.5, 0.5).with_signal(SignalLaw::Terms, 3.0).unwrap();
    // 1/2 3 zeta(1.5).
    agree(
        loss(terms),
        1.5 * 2.612_375_348_685_488,
        1e-13,
        "L_0 of terms",
    );
    assert_eq!(terms.signal_scale(), Some(6.0));
    assert_eq!(terms.signal(1.0), 3.0);
}

#[test]
fn a_short_law_is_listed_mode_by_mode_even_far_below_rounding() {
    let (spectrum, error) = law(4.0, 1.0).with_modes(20_000).unwrap().spectrum();
    assert_eq!((spectrum.len(), error), (20_000, None));
    assert_eq!(spectrum.eigenvalues()[9], 1e-4);
    assert_eq!(spectrum.null_space_loss(), 0.0);
    let one = law(1.5, 0.75).with_modes(1).unwrap().spectrum().0;
    assert_eq!(one.eigenvalues(), [1.0]);
    agree(
        one.signal().unwrap()[0],
        1.0 - 2.0_f64.powf(-0.75),
        1e-15,
        "signal",
    );
    assert!(
        PowerLaw::new(1.5, None)
            .unwrap()
            .spectrum()
            .0
            .signal()
            .is_none()
    );
}

#[test]
fn extreme_laws_give_positive_descending_nodes_and_lose_no_signal() {
    for nu in [
        0.01, 0.3, 0.5, 0.51, 0.9, 1.0, 1.001, 2.0, 5.0, 20.0, 31.0, 40.0, 100.0,
    ] {
        for kappa in [0.01, 1.0, 50.0, 100.0] {
            for modes in [
                None,
                Some(1),
                Some(100_001),
                Some(10_u64.pow(12)),
                Some(10_u64.pow(15)),
            ] {
                for (scale, signal) in [
                    (1e-100, SignalLaw::Tails),
                    (1.0, SignalLaw::Terms),
                    (1e100, SignalLaw::Tails),
                ] {
                    let mut law = law(nu, kappa)
                        .with_eigenvalue_scale(scale)
                        .and_then(|law| law.with_signal(signal, 1.0))
                        .unwrap();
                    if let Some(modes) = modes {
                        law = law.with_modes(modes).unwrap();
                    }
                    check(&law);
                }
            }
        }
    }
}

fn check(law: &PowerLaw) {
    let (spectrum, error) = law.spectrum();
    let (eigenvalues, signal) = (spectrum.eigenvalues(), spectrum.signal().unwrap());
    assert!(eigenvalues.is_sorted_by(|a, b| a >= b), "{law}");
    assert!(
        eigenvalues.iter().all(|l| *l > 0.0 && l.is_finite()),
        "{law}"
    );
    assert!(
        spectrum
            .multiplicities()
            .iter()
            .all(|m| *m > 0.0 && m.is_finite()),
        "{law}"
    );
    assert!(signal.iter().all(|s| *s >= 0.0 && s.is_finite()), "{law}");
    assert!(error.is_none_or(|error| error < 1e-12), "{law} {error:?}");
    assert!(spectrum.len() <= 8_000, "{law} {}", spectrum.len());
    agree(
        spectrum.initial_loss().unwrap(),
        0.5 * law.total_signal(),
        1e-12,
        "L_0",
    );
    // Only eigenvalues below 1e-290 are dropped.
    let smallest = law.eigenvalue_scale() * 1e15_f64.powf(-law.eigenvalue_exponent());
    assert!(
        spectrum.null_space_loss() == 0.0 || smallest < 1e-290,
        "{law}"
    );
}

#[test]
fn an_inline_law_carries_its_conventions_and_its_error() {
    let load = |word| LoadedSpectrum::from_word(word, EigenvaluesOf::Hessian);
    let loaded = load("power-law:nu=1.5,kappa=0.75,signal=terms,signal-scale=3").unwrap();
    assert_eq!(loaded.quadrature_error, Some(1e-13));
    assert_eq!(loaded.default_dataset_size, None);
    assert!(
        loaded.conventions.iter().any(|c| c.contains("is 4;")),
        "{:?}",
        loaded.conventions
    );
    let listed = load("power-law:nu=1.5,modes=1000").unwrap();
    assert_eq!(
        (listed.quadrature_error, listed.spectrum.len()),
        (None, 1000)
    );
    assert!(listed.spectrum.signal().is_none());
    assert!(load("power-law:nu=1.5,modes=0").is_err());
}

type Case = (f64, f64, SignalLaw, [f64; 4], [f64; 2], [f64; 2], [f64; 2]);

/// nu, kappa, signal, (alpha, beta, gamma, tau), s, U(e^-s), V(e^-s).
const SUMS: [Case; 9] = [
    (
        1.5,
        0.75,
        SignalLaw::Tails,
        [0.2, 0.5, 0.5, 1.0],
        [1e-3, 0.0],
        [0.231_305_078_933_420_03, 0.0],
        [53.408_785_928_947_53, 0.0],
    ),
    (
        1.5,
        0.75,
        SignalLaw::Tails,
        [0.2, 0.5, 0.5, 1.0],
        [-5e-7, 2e-6],
        [0.254_617_609_180_912, -0.001_886_468_815_727_245],
        [749.860_310_194_584_6, -963.968_427_762_815_7],
    ),
    (
        1.3,
        4.0,
        SignalLaw::Tails,
        [0.5, -0.5, 0.25, 0.5],
        [1e-9, 3e-9],
        [0.207_551_200_821_739, -0.000_517_874_788_042_684_5],
        [1.789_421_055_017_618_8, -8.474_894_672_037_605e-9],
    ),
    (
        0.7,
        0.3,
        SignalLaw::Tails,
        [0.1, 0.9, 0.5, 0.0],
        [1e-4, 1e-4],
        [64.506_336_828_681_21, -22.883_802_374_496_31],
        [150.70672139640503, -70.533_527_710_286_73],
    ),
    (
        3.0,
        3.6,
        SignalLaw::Terms,
        [0.7, 0.3, 0.5, 1.0],
        [-1e-12, 4e-12],
        [0.305_499_751_079_244_8, -4.581_479_902_753_073_5e-9],
        [1.502_165_362_629_100_7, -0.001_455_870_111_798_264_4],
    ),
    (
        1.5,
        3.0,
        SignalLaw::Terms,
        [0.2, 0.0, 1.0, 1.0],
        [0.1, 1.5],
        [0.036_542_864_885_136_47, -0.022_011_902_695_409_14],
        [0.840_727_397_465_579_8, -0.487_548_975_084_093_3],
    ),
    (
        5.0,
        0.5,
        SignalLaw::Tails,
        [1.0, 0.9, 0.5, 1.0],
        [-7e-9, 7.2e-9],
        [0.859_473_050_735_404_6, -1.027_213_154_597_355_4e-7],
        [-6_083_586.879_543_112, -10_175_100.593_966_113],
    ),
    (
        20.0,
        0.5,
        SignalLaw::Tails,
        [1.0, -0.3, 0.25, 1.0],
        [-7e-31, 7.2e-31],
        [0.251_798_652_878_251_8, -1.585_978_865_466_365_4e-30],
        [-1.139_276_710_141_392_2e29, -1.315_701_433_202_792_1e29],
    ),
    (
        0.51,
        0.2,
        SignalLaw::Tails,
        [0.01, 0.0, 0.5, 1.0],
        [1e-6, 1e-6],
        [887.595_340_838_258_6, -834.539_587_450_001_8],
        [19_300.380_359_477_294, -10_002.676_553_171_821],
    ),
];
