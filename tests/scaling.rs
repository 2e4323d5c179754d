//! Section 6 on hyperparameters: what the constants do with learning rate, momentum and noise, as ratios that
//! tend to 1.
//!
//! U(1), V(1), C_s and C_n are summed here, from (21), from S(1) = a [2 (1-b^2) - a (1-b) + g a (1+b)] and from (28) as
//! printed; late losses come from the contour.

use statrs::function::gamma::gamma;
use tauber::asymptotics::{AsymptoticsError, Phase, TailLaw, signal_function_at_small_rate};
use tauber::generating::contour::LossContour;
use tauber::moment::{HyperparameterError, Hyperparameters};
use tauber::optimize::{
    BlowUp, OptimizeError, SignalOptimum, noise_constant_at_small_rate,
    noise_constant_far_from_edge, noise_function_at_large_momentum, signal_constant_far_from_edge,
    signal_function_at_large_momentum, signal_limit,
};
use tauber::spectrum::{PowerLaw, SignalLaw, Spectrum};
use tauber::stability::{StabilityError, Verdict, judge};

const SIGNAL: [(f64, f64); 3] = [(1.5, 0.75), (2.0, 1.5), (3.0, 3.6)];
const NOISE: [(f64, f64); 3] = [(1.5, 3.0), (2.0, 4.0), (3.0, 6.0)];
const MOMENTA: [f64; 4] = [-0.5, 0.0, 0.5, 0.9];
const TAUS: [f64; 3] = [0.0, 0.5, 1.0];
const SCALES: [f64; 2] = [0.7, 1.6];

/// Lambda = 0.7, K = 1.6.
fn law(nu: f64, kappa: f64) -> (TailLaw, Spectrum) {
    let law = PowerLaw::new(nu, Some(kappa))
        .and_then(|law| law.with_eigenvalue_scale(SCALES[0]))
        .and_then(|law| law.with_signal(SignalLaw::Tails, SCALES[1]))
        .unwrap();
    (TailLaw::of(&law).unwrap(), law.spectrum().0)
}

/// U(1) by (21) as printed, V(1) by its denominator S(1).
fn sums(spectrum: &Spectrum, [alpha, b, g, tau]: [f64; 4]) -> [f64; 2] {
    let (mut u, mut v) = (0.0, 0.0);
    let signal = spectrum.signal().unwrap();
    for ((l, m), q) in spectrum
        .eigenvalues()
        .iter()
        .zip(spectrum.multiplicities())
        .zip(signal)
    {
        let shift = tau - (1.0 - b) / (g * (1.0 + b));
        u += m * l / (shift * l + 2.0 * (1.0 - b) / (g * alpha));
        let a = alpha * l;
        let s = a * (2.0 * (1.0 - b * b) - a * (1.0 - b) + g * tau * a * (1.0 + b));
        v += q * (2.0 * a * b + (1.0 - b) * (1.0 - b * b)) / s;
    }
    [u, v]
}

/// The alpha with U(1) = 1, by bisection of the printed sum.
fn edge(spectrum: &Spectrum, b: f64, g: f64, tau: f64) -> f64 {
    let (mut low, mut high) = (0.0, 2.0 * (1.0 + b) / spectrum.largest());
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        let [u, _] = sums(spectrum, [middle, b, g, tau]);
        if u > 0.0 && u < 1.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// (28a) as printed.
fn c_signal(nu: f64, kappa: f64, u: f64, effective: f64) -> f64 {
    let zeta = kappa / nu;
    SCALES[1] * gamma(zeta + 1.0) / (2.0 * (1.0 - u)) * (2.0 * effective * SCALES[0]).powf(-zeta)
}

/// (28b) as printed.
fn c_noise(nu: f64, [u, v]: [f64; 2], g: f64, effective: f64) -> f64 {
    g * v * gamma(2.0 - 1.0 / nu) / (8.0 * nu * (1.0 - u).powi(2))
        * (2.0 * effective * SCALES[0]).powf(1.0 / nu)
}

/// The place and value of the minimum of a function with one, by golden sections in ln x.
fn golden(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> [f64; 2] {
    let share = 0.5 * (5f64.sqrt() - 1.0);
    (low, high) = (low.ln(), high.ln());
    while high - low > 1e-9 {
        let [x, y] = [high - share * (high - low), low + share * (high - low)];
        if f(x.exp()) <= f(y.exp()) {
            high = y;
        } else {
            low = x;
        }
    }
    let x = (0.5 * (low + high)).exp();
    [x, f(x)]
}

/// A law with the constant of its phase.
struct Setting {
    exponents: (f64, f64),
    noise: bool,
    tail: TailLaw,
    spectrum: Spectrum,
}

impl Setting {
    /// (28a) or (28b) as printed at alpha, b, gamma, tau, and V(1).
    fn constant(&self, at: [f64; 4]) -> (f64, f64) {
        let [u, v] = sums(&self.spectrum, at);
        let [alpha, b, g, _] = at;
        let ((nu, kappa), effective) = (self.exponents, alpha / (1.0 - b));
        let constant = if self.noise {
            c_noise(nu, [u, v], g, effective)
        } else {
            c_signal(nu, kappa, u, effective)
        };
        (constant, v)
    }

    fn name(&self, b: f64, tau: f64) -> String {
        format!("{:?} {b} {tau}", self.exponents)
    }
}

/// Every law of both phases with every momentum and tau.
fn for_all_settings(check: impl Fn(&Setting, f64, f64)) {
    let signal = SIGNAL.map(|exponents| (exponents, false));
    for (exponents, noise) in signal.into_iter().chain(NOISE.map(|e| (e, true))) {
        let (tail, spectrum) = law(exponents.0, exponents.1);
        let setting = Setting {
            exponents,
            noise,
            tail,
            spectrum,
        };
        for b in MOMENTA {
            for tau in TAUS {
                check(&setting, b, tau);
            }
        }
    }
}

/// Each next deviation is at most `share` of the one before, and the last at most `limit`.
fn tends(what: &str, deviations: &[f64], share: f64, limit: f64) {
    for pair in deviations.windows(2) {
        assert!(pair[1] <= share * pair[0], "{what}: {deviations:?}");
    }
    let last = deviations[deviations.len() - 1];
    assert!(last <= limit, "{what}: {deviations:?}");
}

#[test]
fn the_signal_optimum_at_a_small_learning_rate_has_one_minus_momentum_in_proportion() {
    for (nu, kappa) in SIGNAL {
        let (tail, spectrum) = law(nu, kappa);
        let zeta = kappa / nu;
        for tau in TAUS {
            let found = SignalOptimum::of(&tail, &spectrum, tau).unwrap();
            let trace = spectrum.trace();
            if tau == 0.0 {
                assert!((found.factor() / (1.0 + 1.0 / zeta) - 1.0).abs() < 1e-9);
                assert!((found.critical_regularization / trace - 1.0).abs() < 1e-12);
            }
            assert!(found.factor() > 1.0 && found.factor() < 2.0 + 2.0 / zeta);
            for g in [1.0, 0.1] {
                let mut deviations = Vec::new();
                for alpha in [1e-2, 1e-3, 1e-4] {
                    // C_s over 1 - b at this alpha, from the stability bound up.
                    let least = 0.5 * g * alpha * found.critical_regularization;
                    let [place, _] = golden(1.0001 * least, 1e3 * least, |q| {
                        let [u, _] = sums(&spectrum, [alpha, 1.0 - q, g, tau]);
                        if u > 0.0 && u < 1.0 {
                            c_signal(nu, kappa, u, alpha / q).ln()
                        } else {
                            f64::INFINITY
                        }
                    });
                    let predicted = found.momentum_complement(g, alpha).unwrap();
                    deviations.push((place / predicted - 1.0).abs());
                    // No smaller 1 - b is stable than the bound, and the optimum lies above it.
                    let bound = found.smallest_momentum_complement(g, alpha).unwrap();
                    assert!(bound < predicted && bound < place);
                    let h = Hyperparameters::new(alpha, 1.0 - bound, g, tau).unwrap();
                    assert_eq!(judge(&spectrum, &h).verdict, Verdict::Unstable);
                }
                // The place of a minimum has half the digits of its value.
                let what = format!("{nu} {kappa} {tau} {g}");
                let [first, _, last] = deviations[..] else {
                    panic!()
                };
                assert!(
                    last < 2e-3 && (last < 0.2 * first || first < 1e-3),
                    "{what}: {deviations:?}"
                );
            }
        }
    }
}

#[test]
fn far_from_the_edge_the_constants_lose_their_denominators() {
    for_all_settings(|setting, b, tau| {
        // gamma alpha_eff -> 0 through gamma, at a fixed alpha_eff: V(1) stays what it is.
        let effective = 0.3 / (1.0 - b) * (1.0 + b).min(1.0);
        let deviations = [1e-2, 1e-4, 1e-6].map(|g| {
            let (constant, v) = setting.constant([effective * (1.0 - b), b, g, tau]);
            let far = if setting.noise {
                noise_constant_far_from_edge(&setting.tail, v, g, effective)
            } else {
                signal_constant_far_from_edge(&setting.tail, effective)
            };
            let ratio = far.unwrap() / constant;
            assert!(ratio < 1.0);
            1.0 - ratio
        });
        tends(&setting.name(b, tau), &deviations, 0.02, 1e-4);
    });
}

#[test]
fn the_true_loss_follows_the_power_of_the_effective_learning_rate() {
    // L_t at t = 1e13 over the loss far from the edge: alpha_eff^-zeta and gamma alpha_eff^(1/nu) V(1).
    for (nu, kappa) in [(1.5, 0.75), (2.0, 1.5), (2.0, 4.0), (1.5, 3.0)] {
        let (tail, spectrum) = law(nu, kappa);
        for b in [-0.5, 0.5] {
            for (effective, g) in [(0.2, 1e-4), (0.4, 1e-4), (0.4, 1e-5)] {
                let alpha = effective * (1.0 - b);
                let h = Hyperparameters::new(alpha, b, g, 1.0).unwrap();
                let t = 1e13_f64;
                let loss = LossContour::new(&spectrum, &h)
                    .unwrap()
                    .at(t)
                    .unwrap()
                    .value();
                let predicted = if tail.phase() == Phase::SignalDominated {
                    signal_constant_far_from_edge(&tail, effective).unwrap() * t.powf(-tail.zeta())
                } else {
                    let [_, v] = sums(&spectrum, [alpha, b, g, 1.0]);
                    let noise = noise_constant_far_from_edge(&tail, v, g, effective).unwrap();
                    // The other phase's share, at gamma this small.
                    noise * t.powf(-tail.noise_exponent())
                        + signal_constant_far_from_edge(&tail, effective).unwrap()
                            * t.powf(-tail.zeta())
                };
                let off = (loss / predicted - 1.0).abs();
                assert!(off < 2e-3, "{nu} {kappa} {b} {effective} {g}: {off:e}");
            }
        }
    }
}

#[test]
fn at_small_learning_rates_v_is_tr_c0_over_two_alpha_eff_and_c_n_a_negative_power() {
    for (nu, kappa) in NOISE {
        let (tail, spectrum) = law(nu, kappa);
        // Tr C0 = K/Lambda sum (k^nu - (k-1)^nu) k^-kappa, summed by parts: 20,000 terms, then the integral of
        // nu k^(nu-1-kappa) (1 - (nu-1)/(2k)) from the middle between two modes on.
        let n = 20_000_u32;
        let term = |k: f64| (k.powf(nu) - (k - 1.0).powf(nu)) * k.powf(-kappa);
        let head: f64 = (1..n).rev().map(|k| term(f64::from(k))).sum();
        let (from, p) = (f64::from(n) - 0.5, kappa - nu);
        let rest = nu * from.powf(-p) * (1.0 / p - 0.5 * (nu - 1.0) / ((p + 1.0) * from));
        let trace = SCALES[1] / SCALES[0] * (head + rest);
        assert!((spectrum.trace_of_covariance().unwrap() / trace - 1.0).abs() < 1e-9);
        for b in MOMENTA {
            for tau in TAUS {
                let (mut v_off, mut c_off) = (Vec::new(), Vec::new());
                for alpha in [1e-3, 1e-5, 1e-7] {
                    let effective = alpha / (1.0 - b);
                    let [u, v] = sums(&spectrum, [alpha, b, 0.5, tau]);
                    let small = signal_function_at_small_rate(trace, effective).unwrap();
                    v_off.push((v / small - 1.0).abs());
                    let c = noise_constant_at_small_rate(&tail, trace, 0.5, effective).unwrap();
                    c_off.push((c_noise(nu, [u, v], 0.5, effective) / c - 1.0).abs());
                }
                let what = format!("{nu} {kappa} {b} {tau}");
                assert!(
                    v_off[2] < 1e-5 && v_off[1] < 1e-3 && v_off[0] < 0.1,
                    "{what} {v_off:?}"
                );
                assert!(c_off[2] < 1e-4 && c_off[1] < 1e-2, "{what} {c_off:?}");
                // alpha_eff^-(1 - 1/nu), by the ratio of two rates.
                let c = |effective: f64| {
                    noise_constant_at_small_rate(&tail, trace, 0.5, effective).unwrap()
                };
                let slope = (c(1e-6) / c(1e-5)).ln() / 10_f64.ln();
                assert!((slope - (1.0 - 1.0 / nu)).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn at_large_momentum_u_is_f_and_v_grows_like_one_over_one_minus_momentum() {
    for (nu, kappa) in NOISE {
        let (_, spectrum) = law(nu, kappa);
        for (g, tau) in [(0.5, 0.0), (0.5, 0.5), (1.0, 1.0), (0.1, 1.0), (0.5, -1.0)] {
            for effective in [0.05, 0.3] {
                let (mut u_off, mut v_off) = (Vec::new(), Vec::new());
                for q in [1e-2, 1e-4, 1e-6] {
                    let b = 1.0 - q;
                    let [u, v] = sums(&spectrum, [effective * q, b, g, tau]);
                    let f = noise_function_at_large_momentum(&spectrum, g, tau, effective).unwrap();
                    u_off.push((u / f - 1.0).abs());
                    let limit =
                        signal_function_at_large_momentum(&spectrum, b, g, tau, effective).unwrap();
                    v_off.push((v / limit - 1.0).abs());
                }
                let what = format!("{nu} {kappa} {g} {tau} {effective}");
                tends(&what, &u_off, 0.02, 1e-5);
                // V's own head, Tr C0/(2 alpha_eff), is of relative size (1-b)/alpha_eff.
                tends(&what, &v_off, 0.02, 1e-4);
            }
        }
        // At the bound (22) f is 1.
        let crit = tauber::stability::critical_regularization(&spectrum, 1.0).unwrap();
        let f = noise_function_at_large_momentum(&spectrum, 0.5, 1.0, 4.0 / crit).unwrap();
        assert!((f - 1.0).abs() < 1e-12, "{f}");
    }
}

#[test]
fn at_the_edge_the_constants_blow_up_as_first_and_second_power() {
    for_all_settings(|setting, b, tau| {
        let g = 0.5;
        let found = BlowUp::of(&setting.tail, &setting.spectrum, b, g, tau).unwrap();
        let critical = edge(&setting.spectrum, b, g, tau);
        assert!((found.critical_learning_rate / critical - 1.0).abs() < 1e-12);
        let deviations = [1e-1, 1e-2, 1e-3, 1e-4].map(|gap| {
            let (constant, _) = setting.constant([critical * (1.0 - gap), b, g, tau]);
            let ratio = if setting.noise {
                constant * gap * gap / found.noise.unwrap()
            } else {
                constant * gap / found.signal
            };
            (ratio - 1.0).abs()
        });
        tends(&setting.name(b, tau), &deviations[1..], 0.3, 2e-3);
    });
}

#[test]
fn the_noise_optimum_lies_inside() {
    // C_n at the best point of a grid is smaller than on every side of it: small and large learning rates, large
    // momentum of both signs.
    for (nu, kappa) in NOISE {
        let (_, spectrum) = law(nu, kappa);
        for (g, tau) in [(1.0, 1.0), (0.3, 0.0)] {
            let best_at = |b: f64| {
                let critical = edge(&spectrum, b, g, tau);
                let [share, value] = golden(1e-6, 1.0 - 1e-6, |share| {
                    let alpha = share * critical;
                    let both = sums(&spectrum, [alpha, b, g, tau]);
                    c_noise(nu, both, g, alpha / (1.0 - b)).ln()
                });
                assert!(share > 1e-3 && share < 0.99, "{nu} {b}: {share}");
                value
            };
            let inside = [-0.6, -0.3, 0.0, 0.3, 0.6].map(best_at);
            let least = inside.into_iter().fold(f64::INFINITY, f64::min);
            assert!(best_at(0.99) > best_at(0.9) && best_at(0.9) > least);
            assert!(best_at(-0.99) > best_at(-0.9) && best_at(-0.9) > least);
        }
    }
}

#[test]
fn the_smallest_loss_depends_on_the_number_of_samples_only() {
    // L_T minimised over alpha at momentum 0.9999, T = samples/b, gamma = 1/b: contour losses.
    for (nu, kappa, tau) in [(1.5, 0.75, 1.0), (2.0, 1.5, 0.0), (2.0, 1.5, 0.5)] {
        let (tail, spectrum) = law(nu, kappa);
        let limit = signal_limit(&tail, &spectrum, tau).unwrap();
        let samples = 6.4e11;
        let predicted = limit.loss_of_samples(&tail, samples).unwrap();
        for batch in [1.0, 4.0, 16.0, 64.0] {
            let (b, g) = (0.9999, 1.0 / batch);
            let critical = edge(&spectrum, b, g, tau);
            let t = samples / batch;
            let share = [0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7];
            let least = share
                .map(|share| {
                    let h = Hyperparameters::new(share * critical, b, g, tau).unwrap();
                    LossContour::new(&spectrum, &h)
                        .unwrap()
                        .at(t)
                        .unwrap()
                        .value()
                })
                .into_iter()
                .fold(f64::INFINITY, f64::min);
            let ratio = least / predicted;
            assert!(
                (0.995..1.02).contains(&ratio),
                "{nu} {tau} {batch}: {ratio}"
            );
        }
    }
}

#[test]
fn outside_their_assumptions_the_statements_are_refused() {
    let (signal, spectrum) = law(1.5, 0.75);
    let (noise, loud) = law(2.0, 4.0);
    let (slow, slow_spectrum) = law(0.9, 0.4);
    let eventual = || OptimizeError::Asymptotics(AsymptoticsError::EventualDivergence(0.9));
    assert_eq!(signal_constant_far_from_edge(&slow, 0.1), Err(eventual()));
    assert_eq!(
        noise_constant_at_small_rate(&slow, 1.0, 0.5, 0.1),
        Err(eventual())
    );
    assert_eq!(
        BlowUp::of(&slow, &slow_spectrum, 0.0, 0.5, 1.0),
        Err(eventual())
    );
    assert_eq!(
        SignalOptimum::of(&slow, &slow_spectrum, 1.0),
        Err(eventual())
    );
    // zeta <= 1: V(1) and Tr C0 are infinite.
    let infinite = OptimizeError::Asymptotics(AsymptoticsError::InfiniteTraceOfCovariance(0.5));
    assert_eq!(
        noise_constant_far_from_edge(&signal, 1.0, 0.5, 0.1),
        Err(infinite.clone())
    );
    assert_eq!(
        noise_constant_at_small_rate(&signal, 1.0, 0.5, 0.1),
        Err(infinite)
    );
    assert_eq!(
        signal_function_at_large_momentum(&spectrum, 0.9, 0.5, 1.0, 0.1),
        Err(OptimizeError::Stability(
            StabilityError::InfiniteTraceOfCovariance
        ))
    );
    assert_eq!(
        BlowUp::of(&signal, &spectrum, 0.0, 0.5, 1.0).unwrap().noise,
        None
    );
    assert!(signal_function_at_small_rate(f64::INFINITY, 0.1).is_err());
    // Hyperparameters.
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(signal_constant_far_from_edge(&signal, bad).is_err());
        assert!(noise_function_at_large_momentum(&loud, 0.5, 1.0, bad).is_err());
        assert!(noise_function_at_large_momentum(&loud, bad, 1.0, 0.1).is_err());
        assert!(signal_function_at_small_rate(bad, 0.1).is_err());
        let optimum = SignalOptimum::of(&signal, &spectrum, 1.0).unwrap();
        assert!(optimum.momentum_complement(bad, 0.1).is_err());
        assert!(optimum.smallest_momentum_complement(0.5, bad).is_err());
        let limit = signal_limit(&signal, &spectrum, 1.0).unwrap();
        assert!(limit.loss_of_samples(&signal, bad).is_err());
    }
    for tau in [1.5, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            SignalOptimum::of(&signal, &spectrum, tau),
            Err(OptimizeError::Hyperparameter(HyperparameterError::Tau(_)))
        ));
        assert!(noise_function_at_large_momentum(&loud, 0.5, tau, 0.1).is_err());
        assert!(BlowUp::of(&noise, &loud, 0.0, 0.5, tau).is_err());
    }
    assert!(matches!(
        SignalOptimum::of(&noise, &loud, 1.0),
        Err(OptimizeError::Asymptotics(
            AsymptoticsError::WrongPhase { .. }
        ))
    ));
    assert!(BlowUp::of(&noise, &loud, 1.0, 0.5, 1.0).is_err());
    assert!(signal_function_at_large_momentum(&loud, 1.0, 0.5, 1.0, 0.1).is_err());
    let silent = loud.clone().without_signal();
    assert_eq!(
        signal_function_at_large_momentum(&silent, 0.9, 0.5, 1.0, 0.1),
        Err(OptimizeError::NoSignal)
    );
    // tau < 0: alpha_eff gamma |tau| lambda_max = 2 at the extended edge.
    assert!(noise_function_at_large_momentum(&loud, 0.5, -1.0, 5.7).is_ok());
    assert!(noise_function_at_large_momentum(&loud, 0.5, -1.0, 5.8).is_err());
    // A learning rate too large for any momentum.
    let optimum = SignalOptimum::of(&signal, &spectrum, 1.0).unwrap();
    assert!(optimum.momentum_complement(1.0, 1.0).is_err());
    assert!(optimum.momentum_complement(1.0, 0.1).is_ok());
}
