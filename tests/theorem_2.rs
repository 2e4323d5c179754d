//! Theorem 2: (26), (28a), (28b) against exact losses, and what it refuses.

use statrs::function::gamma::gamma;
use tauber::asymptotics::late::{loss_between_steps, weighted_loss_sums};
use tauber::asymptotics::theorem_2::{noise_constant_28b, signal_constant_28a};
use tauber::asymptotics::{AsymptoticsError, LossAsymptotics, Phase, TailLaw};
use tauber::dynamics::SeRecursion;
use tauber::generating::contour::LossContour;
use tauber::generating::noiseless::NoiselessLoss;
use tauber::moment::Hyperparameters;
use tauber::spectrum::{PowerLaw, SignalLaw, Spectrum};
use tauber::stability::critical_learning_rate;
use tauber::verify::limits::{geometric_limit, wynn_epsilon};
use tauber::verify::settings::{self, BORDER, MOMENTA, NOISE, SIGNAL, Setting};

fn parameters(alpha: f64, beta: f64, gamma: f64, tau: f64) -> Hyperparameters {
    Hyperparameters::new(alpha, beta, gamma, tau).unwrap()
}

fn law(nu: f64, kappa: f64) -> PowerLaw {
    PowerLaw::new(nu, Some(kappa)).unwrap()
}

fn agree(got: f64, want: f64, relative: f64, what: &str) {
    let off = (got / want - 1.0).abs();
    assert!(off <= relative, "{what}: {got:e} is not {want:e} ({off:e})");
}

#[test]
fn the_constants_are_those_of_an_independent_computation() {
    // Sums of 3,000 terms and Gauss-Legendre panels beyond, in Python.
    let signal = LossAsymptotics::of_power_law(&law(1.5, 0.75), &parameters(0.2, 0.5, 0.5, 1.0));
    let signal = signal.unwrap();
    agree(signal.noise_at_1, 0.257_344_220_5, 1e-9, "U(1)");
    agree(signal.signal_constant, 0.667_086_860_3, 1e-9, "C_s");
    assert_eq!(signal.phase, Phase::SignalDominated);
    assert_eq!(signal.signal_at_1, Some(f64::INFINITY));
    assert_eq!(signal.noise_constant, None);
    let cases = [
        (
            1.5,
            3.0,
            [0.2, 0.5, 0.5, 1.0],
            [2.432_222_267_6, 2.103_935_690_2, 0.141_400_748_2],
        ),
        (
            2.0,
            4.0,
            [0.5, -0.5, 0.3, 0.0],
            [2.144_790_928_1, 2.599_805_382_3, 0.038_850_998_776],
        ),
    ];
    for (nu, kappa, [a, b, g, t], [v, s, n]) in cases {
        let found =
            LossAsymptotics::of_power_law(&law(nu, kappa), &parameters(a, b, g, t)).unwrap();
        assert_eq!(found.phase, Phase::NoiseDominated);
        agree(found.signal_at_1.unwrap(), v, 1e-9, "V(1)");
        agree(found.signal_constant, s, 1e-9, "C_s");
        agree(found.noise_constant.unwrap(), n, 1e-9, "C_n");
        assert_eq!(found.loss_exponent(), 2.0 - 1.0 / nu);
    }
}

#[test]
fn a_fitted_finite_spectrum_brings_its_own_sums() {
    // A thousand modes, the first of them twice as large as its law says.
    let exact = law(1.5, 3.0).with_modes(1000).unwrap().spectrum().0;
    let mut eigenvalues = exact.eigenvalues().to_vec();
    eigenvalues[0] *= 2.0;
    let signal = exact.signal().unwrap().to_vec();
    let spectrum = Spectrum::new(eigenvalues.clone(), Some(signal.clone())).unwrap();
    let tail = TailLaw::new(1.5, 3.0, 1.0, 1.0).unwrap();
    let (alpha, beta, gamma) = (0.1, 0.5, 0.5);
    let found =
        LossAsymptotics::of(&tail, &spectrum, &parameters(alpha, beta, gamma, 1.0)).unwrap();
    // (21) as printed, and V(1) from S(1) = a [2 (1-b^2) - a (1-b) + g a (1+b)].
    let (mut u, mut v) = (0.0, 0.0);
    for (l, q) in eigenvalues.iter().zip(&signal) {
        u += l
            / ((1.0 - (1.0 - beta) / (gamma * (1.0 + beta))) * l
                + 2.0 * (1.0 - beta) / (gamma * alpha));
        let a = alpha * l;
        let s = a * (2.0 * (1.0 - beta * beta) - a * (1.0 - beta) + gamma * a * (1.0 + beta));
        v += q * (2.0 * a * beta + (1.0 - beta) * (1.0 - beta * beta)) / s;
    }
    agree(found.noise_at_1, u, 1e-13, "U(1)");
    agree(found.signal_at_1.unwrap(), v, 1e-13, "V(1)");
}

#[test]
fn outside_the_theorem_each_assumption_is_refused_by_name() {
    let h = parameters(0.2, 0.0, 0.5, 1.0);
    let of = |nu, kappa, h: &Hyperparameters| LossAsymptotics::of_power_law(&law(nu, kappa), h);
    assert_eq!(
        of(0.5, 1.0, &h),
        Err(AsymptoticsError::ImmediateDivergence(0.5))
    );
    assert_eq!(
        of(1.0, 1.0, &h),
        Err(AsymptoticsError::EventualDivergence(1.0))
    );
    assert_eq!(
        of(0.500_01, 1.0, &h),
        Err(AsymptoticsError::EventualDivergence(0.500_01))
    );
    assert!(matches!(
        of(1.5, 1.0, &parameters(1.9, 0.0, 1.0, 1.0)),
        Err(AsymptoticsError::NotConvergent(u)) if u > 1.0
    ));
    assert_eq!(
        of(1.5, 1.0, &parameters(2.5, 0.0, 0.1, 1.0)),
        Err(AsymptoticsError::BeyondNoiselessEdge {
            learning_rate: 2.5,
            edge: 2.0
        })
    );
    // Without noise nothing diverges eventually, so that is what is said.
    for nu in [0.4, 0.8, 1.5] {
        assert_eq!(
            of(nu, 1.0, &parameters(0.2, 0.0, 0.0, 1.0)),
            Err(AsymptoticsError::NoNoise)
        );
    }
    let silent = PowerLaw::new(1.5, None).unwrap();
    assert_eq!(
        LossAsymptotics::of_power_law(&silent, &h),
        Err(AsymptoticsError::NoSignal)
    );
    // A noise-dominated tail needs V(1), which a spectrum without signal does not have.
    let modes = law(1.5, 3.0).spectrum().0.without_signal();
    let tail = |kappa| TailLaw::new(1.5, kappa, 1.0, 1.0).unwrap();
    assert_eq!(
        LossAsymptotics::of(&tail(3.0), &modes, &h),
        Err(AsymptoticsError::NoSignal)
    );
    assert!(LossAsymptotics::of(&tail(1.9), &modes, &h).is_ok());
}

const TIMES: [f64; 4] = [1e4, 1e7, 1e10, 1e13];

fn scaled(nu: f64, kappa: f64) -> PowerLaw {
    settings::law(nu, kappa).unwrap()
}

/// Half the edge.
fn half_edge(spectrum: &Spectrum, beta: f64, gamma: f64, tau: f64) -> Hyperparameters {
    let edge = critical_learning_rate(spectrum, beta, gamma, tau).unwrap();
    parameters(0.5 * edge, beta, gamma, tau)
}

/// The ratios of exact losses to the predicted ones.
fn ratios<const N: usize>(setting: &Setting, times: [f64; N]) -> [f64; N] {
    let contour = LossContour::new(&setting.spectrum, &setting.parameters).unwrap();
    times.map(|t| contour.at(t).unwrap().value() / setting.predicted.loss(t))
}

/// How far ratios are from 1, the last and the one extrapolated by `limit`, at most `most` of each law; they come
/// nearer all the way.
fn tends_to_one<const N: usize>(
    settings: &[Setting],
    most: impl Fn(&Setting) -> [f64; 2],
    ratios: impl Fn(&Setting) -> [f64; N],
    limit: impl Fn(&[f64; N]) -> f64,
) {
    let mut worst = [0.0_f64; 2];
    for setting in settings {
        let found = ratios(setting);
        let off = found.map(|ratio| (ratio - 1.0).abs());
        let h = &setting.parameters;
        let context = format!(
            "{:?} beta {} gamma {} tau {}: {off:?}",
            setting.exponents,
            h.momentum(),
            h.noise_amplitude(),
            h.tau()
        );
        for pair in off.windows(2) {
            // Where corrections of both signs cross, the deviation is small for another reason.
            assert!(pair[1] < pair[0] || pair[1] < 1e-4, "{context}");
        }
        assert!(off[N - 1] < 0.1 * off[0], "{context}");
        let most = most(setting);
        for ((worst, off), most) in worst
            .iter_mut()
            .zip([off[N - 1], (limit(&found) - 1.0).abs()])
            .zip(most)
        {
            assert!(off < most, "{context}: {off:e} is not below {most:e}");
            *worst = worst.max(off);
        }
    }
    println!(
        "{} settings: last {:e}, limit {:e}",
        settings.len(),
        worst[0],
        worst[1]
    );
}

/// Of ratios at [`TIMES`].
fn limit(r: &[f64; 4]) -> f64 {
    geometric_limit([r[1], r[2], r[3]])
}

#[test]
fn losses_of_the_infinite_laws_are_anchored_by_iteration_and_by_known_values() {
    let cases = [
        (
            (1.5, 0.75),
            [0.2, 0.5, 0.5, 1.0],
            [
                (1_u64, 0.417_602_094_3),
                (2, 0.337_035_948_3),
                (10, 0.179_301_925),
                (100, 0.063_297_519_72),
                (1000, 0.020_731_311_54),
            ],
        ),
        (
            (1.5, 3.0),
            [0.2, 0.5, 0.5, 1.0],
            [
                (1, 0.338_548_977_5),
                (2, 0.182_113_179_7),
                (10, 0.016_899_651_84),
                (100, 4.648_764_253e-4),
                (1000, 1.574_951_854e-5),
            ],
        ),
        (
            (2.0, 4.0),
            [0.5, -0.5, 0.3, 0.0],
            [
                (1, 0.182_595_938),
                (2, 0.155_075_357_8),
                (10, 0.010_854_518_71),
                (100, 2.217_002_719e-4),
                (1000, 3.539_432_08e-6),
            ],
        ),
    ];
    for ((nu, kappa), [a, b, g, t], losses) in cases {
        let spectrum = law(nu, kappa).spectrum().0;
        let h = parameters(a, b, g, t);
        agree(spectrum.initial_loss().unwrap(), 0.5, 1e-12, "L_0");
        let mut run = SeRecursion::new(&spectrum, &h).unwrap();
        let contour = LossContour::new(&spectrum, &h).unwrap();
        let mut before = 0;
        for (step, loss) in losses {
            let iterated = run.advance_by(step - before);
            before = step;
            agree(iterated, loss, 2e-9, "iteration");
            if step >= 100 {
                let inverted = contour.at(step as f64).unwrap().value();
                agree(inverted, iterated, 1e-11, "contour");
            }
        }
    }
}

#[test]
fn signal_dominated_losses_tend_to_28a_in_sixty_settings() {
    let settings = settings::half_edge(&SIGNAL).unwrap();
    tends_to_one(&settings, |_| [7e-4, 3e-5], |s| ratios(s, TIMES), limit);
}

#[test]
fn noise_dominated_losses_tend_to_28b_in_sixty_settings() {
    let settings = settings::half_edge(&NOISE).unwrap();
    tends_to_one(&settings, |_| [7e-3, 1.6e-4], |s| ratios(s, TIMES), limit);
}

#[test]
fn on_the_border_the_constants_add() {
    // The corrections are powers of t^-(1-1/nu).
    let times = [1e5, 1e7, 1e9, 1e11, 1e13];
    let settings = settings::half_edge(&BORDER).unwrap();
    let both = |r: &[f64; 5]| wynn_epsilon(r);
    tends_to_one(&settings, |_| [2e-3, 2e-5], |s| ratios(s, times), both);
    // Either constant alone is far off.
    let law = scaled(1.5, 2.0);
    let spectrum = law.spectrum().0;
    let h = half_edge(&spectrum, 0.5, 0.5, 0.0);
    let found = LossAsymptotics::of_power_law(&law, &h).unwrap();
    assert_eq!(found.phase, Phase::Border);
    for alone in [found.signal_constant, found.noise_constant.unwrap()] {
        assert!(alone < 0.97 * found.loss_constant());
    }
}

#[test]
fn below_zero_tau_the_constants_hold_inside_the_extended_edge() {
    for exponents in [(1.5, 0.75), (2.0, 4.0)] {
        let law = scaled(exponents.0, exponents.1);
        let spectrum = law.spectrum().0;
        for beta in MOMENTA {
            let parameters = half_edge(&spectrum, beta, 0.5, -1.0);
            let setting = Setting {
                exponents,
                spectrum: spectrum.clone(),
                parameters,
                predicted: LossAsymptotics::of_power_law(&law, &parameters).unwrap(),
            };
            let limit = limit(&ratios(&setting, TIMES));
            assert!((limit - 1.0).abs() < 1e-4, "{exponents:?} {beta}: {limit}");
        }
    }
    let h = parameters(2.5, 0.0, 0.5, -1.0);
    let refused = LossAsymptotics::of_power_law(&scaled(1.5, 0.75), &h).unwrap_err();
    // alpha 0.7 (1 + 0.5) = 2 at the extended edge.
    assert!(
        matches!(refused, AsymptoticsError::BeyondNoiselessEdge { edge, .. } if (edge * 1.05 / 2.0 - 1.0).abs() < 1e-12),
        "{refused}"
    );
}

#[test]
fn without_noise_the_signal_constant_holds_for_every_zeta() {
    for (nu, kappa) in [(1.5, 0.75), (1.5, 3.0), (0.8, 0.4)] {
        let law = scaled(nu, kappa);
        let spectrum = law.spectrum().0;
        let tail = TailLaw::of(&law).unwrap();
        let (alpha, beta) = (0.5, 0.5);
        let loss = NoiselessLoss::new(&spectrum, alpha, beta).unwrap();
        let constant = signal_constant_28a(&tail, 0.0, alpha / (1.0 - beta)).unwrap();
        let ratio = loss.at(1e9) / constant * 1e9_f64.powf(tail.zeta());
        assert!((ratio - 1.0).abs() < 1e-5, "{nu} {kappa}: {ratio}");
    }
}

#[test]
fn partial_sums_tend_to_26_in_all_settings() {
    let sums = |setting: &Setting| {
        let found = weighted_loss_sums(&setting.spectrum, &setting.parameters, &TIMES).unwrap();
        let mut r = [0.0; 4];
        for ((ratio, t), sum) in r.iter_mut().zip(TIMES).zip(found) {
            *ratio = sum / setting.predicted.partial_sum(t);
        }
        r
    };
    // The digits of the notes: nu = 3, kappa = 6 approaches like t^-1/3 log t.
    let most = |setting: &Setting| match setting.exponents {
        (3.0, 6.0) => [0.2, 1.5e-2],
        (_, kappa) if kappa < 3.0 => [0.2, 2e-4],
        _ => [0.2, 4e-3],
    };
    for laws in [&SIGNAL[..4], &NOISE] {
        tends_to_one(&settings::half_edge(laws).unwrap(), most, sums, limit);
    }
}

#[test]
fn the_sums_are_those_of_plain_iteration() {
    let spectrum = scaled(1.5, 3.0).spectrum().0;
    let h = half_edge(&spectrum, 0.5, 0.5, 0.0);
    let found = weighted_loss_sums(&spectrum, &h, &[5e3, 3e4]).unwrap();
    let mut run = SeRecursion::new(&spectrum, &h).unwrap();
    let mut sum = 0.0;
    for s in 1..=30_000_u32 {
        sum += f64::from(s) * run.step();
        if s == 5000 {
            agree(found[0], sum, 1e-7, "5,000 terms");
        }
    }
    agree(found[1], sum, 1e-7, "30,000 terms");
    // Ends that are not whole, too early or out of order are refused.
    for ends in [[5e3, 6e3 + 0.5], [1e3, 5e3], [6e3, 5e3]] {
        assert!(
            weighted_loss_sums(&spectrum, &h, &ends).is_err(),
            "{ends:?}"
        );
    }
}

#[test]
fn between_two_steps_the_loss_is_a_power_of_t() {
    let spectrum = scaled(1.5, 3.0).spectrum().0;
    let h = half_edge(&spectrum, 0.5, 0.5, 0.0);
    let contour = LossContour::new(&spectrum, &h).unwrap();
    let at = |t: f64| loss_between_steps(&contour, t).unwrap();
    agree(
        at(200.0),
        contour.at(200.0).unwrap().value(),
        1e-15,
        "a step",
    );
    let middle = (200.0_f64 * 201.0).sqrt();
    agree(
        at(middle),
        (at(200.0) * at(201.0)).sqrt(),
        1e-12,
        "the middle",
    );
    assert!(loss_between_steps(&contour, f64::NAN).is_err());
}

#[test]
fn the_constants_refuse_what_they_are_not_about() {
    let tail = |nu, kappa| TailLaw::new(nu, kappa, 1.0, 1.0).unwrap();
    let noisy = tail(1.5, 3.0);
    assert!(noise_constant_28b(&noisy, [0.5, 2.0], 0.5, 0.1).is_ok());
    assert!(signal_constant_28a(&tail(0.8, 0.4), 0.0, 0.1).is_ok());
    let noise = |tail: &TailLaw, u, v, g, a| noise_constant_28b(tail, [u, v], g, a).unwrap_err();
    assert_eq!(
        noise(&tail(0.8, 3.0), 0.5, 2.0, 0.5, 0.1),
        AsymptoticsError::EventualDivergence(0.8)
    );
    assert_eq!(
        noise(&tail(0.5, 3.0), 0.5, 2.0, 0.5, 0.1),
        AsymptoticsError::ImmediateDivergence(0.5)
    );
    assert_eq!(
        noise(&tail(1.5, 0.75), 0.5, f64::INFINITY, 0.5, 0.1),
        AsymptoticsError::InfiniteTraceOfCovariance(0.5)
    );
    assert_eq!(noise(&noisy, 0.5, 2.0, 0.0, 0.1), AsymptoticsError::NoNoise);
    assert_eq!(
        noise(&noisy, 1.0, 2.0, 0.5, 0.1),
        AsymptoticsError::NotConvergent(1.0)
    );
    for bad in [-1.0, f64::NAN] {
        assert!(matches!(
            noise(&noisy, bad, 2.0, 0.5, 0.1),
            AsymptoticsError::Argument { name: "U(1)", .. }
        ));
        for error in [
            noise(&noisy, 0.5, bad, 0.5, 0.1),
            noise(&noisy, 0.5, 2.0, bad, 0.1),
            noise(&noisy, 0.5, 2.0, 0.5, bad),
            signal_constant_28a(&noisy, 0.0, bad).unwrap_err(),
        ] {
            assert!(
                matches!(error, AsymptoticsError::NotPositive { .. }),
                "{error}"
            );
        }
    }
    assert_eq!(
        signal_constant_28a(&noisy, 1.5, 0.1),
        Err(AsymptoticsError::NotConvergent(1.5))
    );
    // Nodes of a law with zeta <= 1 under a tail with zeta > 1: V(1) of the nodes would be a number.
    let spectrum = law(1.5, 0.75).spectrum().0;
    assert!(matches!(
        LossAsymptotics::of(&noisy, &spectrum, &parameters(0.1, 0.0, 0.5, 1.0)),
        Err(AsymptoticsError::InfiniteTraceOfCovariance(_))
    ));
}

#[test]
fn terms_c_k_to_the_minus_kappa_minus_one_have_k_equal_to_c_over_kappa() {
    let (nu, kappa, c) = (1.5, 0.75, 3.0);
    let law = law(nu, kappa).with_signal(SignalLaw::Terms, c).unwrap();
    let spectrum = law.spectrum().0;
    let h = half_edge(&spectrum, 0.5, 0.5, 0.0);
    let found = LossAsymptotics::of_power_law(&law, &h).unwrap();
    let contour = LossContour::new(&spectrum, &h).unwrap();
    let ratio = contour.at(1e13).unwrap().value() / found.loss(1e13);
    assert!((ratio - 1.0).abs() < 1e-4, "{ratio}");
    // With K = c the constant would be 1/kappa times too large.
    let wrong = TailLaw::new(nu, kappa, 1.0, c).unwrap();
    let wrong = LossAsymptotics::of(&wrong, &spectrum, &h).unwrap();
    agree(
        found.signal_constant / wrong.signal_constant,
        1.0 / kappa,
        1e-12,
        "1/kappa",
    );
}

#[test]
fn the_two_helpers_of_the_public_notebooks_have_wrong_constants() {
    // "noisy": gamma/(2 nu) V(1) Gamma(2-1/nu) alpha_eff^(1/nu-2)/(1-U(1))^2, for Lambda = 1;
    // "clean": Gamma(zeta+1) (2 alpha_eff)^-zeta/(1-U(1)).
    for (nu, kappa) in [(1.5, 3.0), (2.0, 4.0), (1.5, 0.75), (2.0, 1.5)] {
        let scale = 1.6;
        let law = law(nu, kappa).with_signal(SignalLaw::Tails, scale).unwrap();
        let spectrum = law.spectrum().0;
        for beta in [0.0, 0.5] {
            let h = half_edge(&spectrum, beta, 0.5, 0.5);
            let found = LossAsymptotics::of_power_law(&law, &h).unwrap();
            let exact = LossContour::new(&spectrum, &h)
                .unwrap()
                .at(1e13)
                .unwrap()
                .value()
                * 1e13_f64.powf(found.loss_exponent());
            let effective = h.effective_learning_rate();
            let gap = 1.0 - found.noise_at_1;
            let (helper, factor) = if found.phase == Phase::NoiseDominated {
                let v = found.signal_at_1.unwrap();
                let helper =
                    0.5 / (2.0 * nu) * v * gamma(2.0 - 1.0 / nu) * effective.powf(1.0 / nu - 2.0)
                        / (gap * gap);
                (helper, 2_f64.powf(1.0 / nu - 2.0) * effective * effective)
            } else {
                let zeta = found.zeta;
                let helper = gamma(zeta + 1.0) * (2.0 * effective).powf(-zeta) / gap;
                (helper, scale / 2.0)
            };
            agree(
                exact,
                factor * helper,
                1e-2,
                "the helper times what it lacks",
            );
            let off = (helper / exact - 1.0).abs();
            assert!(off > 0.2, "{nu} {kappa} {beta}: off by {off}");
        }
    }
}
