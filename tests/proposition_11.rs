//! Proposition 11, (171)-(182), and the early regime and crossing of E.4, (183)-(200), against exact roots and losses.

use tauber::asymptotics::eventual::crossing_199;
use tauber::asymptotics::{AsymptoticsError, DivergenceCrossing, EventualDivergence, TailLaw};
use tauber::generating::contour::LossContour;
use tauber::generating::{Modes, values};
use tauber::moment::Hyperparameters;
use tauber::spectrum::{PowerLaw, SignalLaw, Spectrum};
use tauber::stability::{
    Verdict, assess, assess_law, divergence_constant, divergence_time, dominant_root, resolves,
};

fn law(nu: f64, kappa: f64) -> PowerLaw {
    PowerLaw::new(nu, Some(kappa)).unwrap()
}

fn parameters(alpha: f64, beta: f64, gamma: f64, tau: f64) -> Hyperparameters {
    Hyperparameters::new(alpha, beta, gamma, tau).unwrap()
}

/// 1 - r_L, exactly.
fn complement(spectrum: &Spectrum, h: &Hyperparameters) -> f64 {
    dominant_root(spectrum, h).unwrap().e()
}

#[test]
fn the_radius_has_the_ratios_of_an_independent_computation() {
    // nu = 0.7, beta = 0, alpha = 1e-1 ... 1e-5: root of z U(z) = 1 over 3,000 terms and Gauss-Legendre
    // panels in ln k, by bisection in Python, divided by (171).
    let spectrum = law(0.7, 0.4).spectrum().0;
    for (gamma, tau, ratios) in [
        (
            1.0,
            1.0,
            [
                0.735_586_610,
                0.968_319_171,
                0.996_766_036,
                0.999_675_930,
                0.999_967_586,
            ],
        ),
        (
            0.5,
            0.0,
            [
                0.860_809_081,
                0.984_066_214,
                0.998_382_051,
                0.999_837_955,
                0.999_983_793,
            ],
        ),
    ] {
        for (i, known) in ratios.into_iter().enumerate() {
            let h = parameters(0.1_f64.powi(i as i32 + 1), 0.0, gamma, tau);
            let limit = EventualDivergence::of(0.7, 1.0, &h).unwrap();
            let ratio = complement(&spectrum, &h) / limit.complement_of_radius;
            assert!((ratio - known).abs() < 3e-9, "{ratio} {known}");
        }
    }
}

/// (nu, kappa) with zeta = 0.5, 4/7, 0.625.
const LAWS: [(f64, f64); 3] = [(0.6, 0.3), (0.7, 0.4), (0.8, 0.5)];
const MOMENTA: [f64; 4] = [-0.5, 0.0, 0.5, 0.9];
/// (gamma, tau).
const NOISES: [(f64, f64); 3] = [(0.5, 0.0), (1.0, 0.5), (0.3, 1.0)];

#[test]
fn a_divergence_later_than_the_ordinary_nodes_tell_has_the_root_of_forty_digits() {
    // z U(z) = 1 over 400 terms and the Euler-Maclaurin rest, in mpmath with 40 digits.
    for (nu, [alpha, beta, gamma, tau], known) in [
        (0.99, [1e-3, 0.0, 1.0, 1.0], 2.632_331_769_821_917e-134),
        (0.99, [2e-3, 0.5, 0.5, 0.0], 6.839_314_757_981_2e-106),
        (0.95, [1e-3, 0.0, 1.0, 1.0], 1.815_100_921_929_236e-41),
        (0.7, [1e-3, 0.0, 1.0, 1.0], 1.394_456_602_611_752_3e-9),
    ] {
        let law = law(nu, 0.3);
        let h = parameters(alpha, beta, gamma, tau);
        let report = assess_law(&law, &law.spectrum().0, &h);
        assert_eq!(report.verdict, Verdict::EventualDivergence);
        let e = report.convergence_radius_complement.unwrap();
        assert!((e / known - 1.0).abs() < 1e-9, "{nu}: {e:e}");
        assert!((report.divergence_time_scale.unwrap() * known - 1.0).abs() < 1e-8);
        assert!(report.divergence_constant.unwrap() > 0.0);
        // (198), a limit.
        let time = report.divergence_time.unwrap() * known;
        let ratio = time / crossing_199(nu, 0.3 / nu).unwrap();
        assert!(ratio > 0.5 && ratio < 2.0, "{nu}: {ratio}");
    }
    // The deep nodes are those of the same law: where both tell, they agree.
    let law = law(0.8, 0.3);
    let h = parameters(1e-2, 0.3, 0.5, 1.0);
    let (near, deep) = (law.spectrum().0, law.deep_spectrum().unwrap());
    let off = complement(&near, &h) / complement(&deep, &h) - 1.0;
    assert!(deep.lumped_below() < 1e-200 && off.abs() < 1e-11, "{off}");
}

#[test]
fn a_root_of_lumped_nodes_is_not_taken_for_one_of_the_law() {
    // Late, but within the deep nodes: the ordinary ones alone have another root or none, and say nothing.
    for (nu, alpha) in [(0.99, 1e-3), (0.95, 1e-3), (0.9, 2e-4), (0.9, 1e-4)] {
        let law = law(nu, 0.3);
        let h = parameters(alpha, 0.0, 1.0, 1.0);
        let spectrum = law.spectrum().0;
        let root = dominant_root(&spectrum, &h);
        assert!(root.is_none_or(|root| !resolves(&spectrum, &h, root.e())));
        let report = assess(&spectrum, &h);
        assert_eq!(report.convergence_radius_complement, None);
        assert_eq!(report.divergence_time_scale, None);
        let told = |w: &String| w.contains("later than the nodes of this law tell");
        assert!(report.warnings.iter().any(told), "{:?}", report.warnings);
        let known = assess_law(&law, &spectrum, &h);
        assert!(!known.warnings.iter().any(told));
    }
    // nu = 1: ln(1/(1 - r_L)) is about 2/(gamma alpha_eff), so that 1 - r_L is below 1e-800, beyond any node.
    let law = law(1.0, 0.3);
    let h = parameters(1e-3, 0.0, 1.0, 1.0);
    let report = assess_law(&law, &law.spectrum().0, &h);
    assert_eq!(report.verdict, Verdict::EventualDivergence);
    assert_eq!(report.convergence_radius_complement, None);
    assert_eq!(report.divergence_time, None);
    assert_eq!(
        PowerLaw::new(1.5, None)
            .unwrap()
            .with_modes(10)
            .unwrap()
            .deep_spectrum(),
        None
    );
}

/// A law with scales that are not 1.
fn scaled(nu: f64, kappa: f64) -> (Spectrum, TailLaw) {
    let law = law(nu, kappa)
        .with_eigenvalue_scale(0.7)
        .and_then(|law| law.with_signal(SignalLaw::Tails, 1.6))
        .unwrap();
    (law.spectrum().0, TailLaw::of(&law).unwrap())
}

#[test]
fn the_radius_tends_to_171_and_the_slope_to_182() {
    // Both are off by a multiple of alpha: two rates 10 apart give five digits.
    let (mut radius, mut slope) = (0.0_f64, 0.0_f64);
    let mut noises = NOISES.to_vec();
    noises.push((0.3, -1.0));
    for (nu, kappa) in LAWS {
        let (spectrum, _) = scaled(nu, kappa);
        for beta in MOMENTA {
            for &(gamma, tau) in &noises {
                let ratios = [1e-3, 1e-4, 1e-5].map(|effective| {
                    let h = parameters(effective * (1.0 - beta), beta, gamma, tau);
                    let limit = EventualDivergence::of(nu, 0.7, &h).unwrap();
                    let root = dominant_root(&spectrum, &h).unwrap();
                    let v = values(&(&h).into(), &Modes::of(&spectrum), &root);
                    [
                        root.e() / limit.complement_of_radius,
                        v.noise_derivative / limit.noise_derivative_182(),
                    ]
                });
                for i in 0..2 {
                    let off = ratios.map(|r| (r[i] - 1.0).abs());
                    let context = format!("{nu} {beta} {gamma} {tau}: {off:?}");
                    assert!(
                        off[1] < 0.25 * off[0] && off[2] < 0.25 * off[1],
                        "{context}"
                    );
                }
                let limit = |i: usize| ((10.0 * ratios[2][i] - ratios[1][i]) / 9.0 - 1.0).abs();
                radius = radius.max(limit(0));
                slope = slope.max(limit(1));
            }
        }
    }
    assert!(radius < 1e-5, "(171) off by {radius:e}");
    assert!(slope < 1e-5, "(182) off by {slope:e}");
}

/// nu = 0.7, zeta = 4/7.
fn slow() -> (Spectrum, TailLaw) {
    scaled(0.7, 0.4)
}

#[test]
fn the_loss_follows_its_crossover_from_the_early_decay_to_the_divergence() {
    for (nu, kappa) in LAWS {
        let (spectrum, tail) = scaled(nu, kappa);
        for beta in MOMENTA {
            for (gamma, tau) in NOISES {
                let mut last = f64::INFINITY;
                for effective in [3e-3, 3e-4, 3e-5, 3e-6] {
                    let h = parameters(effective * (1.0 - beta), beta, gamma, tau);
                    let crossing = DivergenceCrossing::of(&tail, &h).unwrap();
                    let contour = LossContour::new(&spectrum, &h).unwrap();
                    // In units of the exact root, so that the growth is the same at x = 5.
                    let exact = complement(&spectrum, &h);
                    let limit = crossing.divergence.complement_of_radius;
                    let mut worst = 0.0_f64;
                    for x in [1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 5.0] {
                        let loss = contour.at((x / exact).floor()).unwrap().value();
                        let scale = (exact / limit).powf(crossing.zeta);
                        let predicted = crossing.crossover_loss(x / limit).unwrap() * scale;
                        worst = worst.max((loss / predicted - 1.0).abs());
                    }
                    let context = format!("{nu} {beta} {gamma} {effective}: {worst:e} {last:e}");
                    assert!(worst < 0.35 * last, "{context}");
                    last = worst;
                }
                assert!(last < 1e-4, "{nu} {beta} {gamma} {tau}: {last:e}");
            }
        }
    }
}

#[test]
fn the_early_loss_tends_to_193_in_all_settings() {
    // At t = alpha_eff^-1.5, between 1/alpha_eff and 1/(1-r_L), up to t = 1e12.
    for (nu, kappa) in LAWS {
        let (spectrum, tail) = scaled(nu, kappa);
        for beta in MOMENTA {
            for (gamma, tau) in NOISES {
                let off = [1e-4_f64, 1e-6, 1e-8].map(|effective| {
                    let h = parameters(effective * (1.0 - beta), beta, gamma, tau);
                    let crossing = DivergenceCrossing::of(&tail, &h).unwrap();
                    let t = effective.powf(-1.5).round();
                    let loss = LossContour::new(&spectrum, &h)
                        .unwrap()
                        .at(t)
                        .unwrap()
                        .value();
                    (loss / crossing.early_loss_193(t) - 1.0).abs()
                });
                let context = format!("{nu} {beta} {gamma} {tau}: {off:?}");
                // Two corrections of opposite sign, of t alpha_eff and of t (1 - r_L).
                assert!(off[1] < 0.5 * off[0] && off[2] < 0.2 * off[1], "{context}");
                assert!(off[2] < 1e-4, "{context}");
            }
        }
    }
}

#[test]
fn both_ends_of_the_crossover_are_193_and_195() {
    let (_, tail) = slow();
    let h = parameters(1e-4, 0.3, 0.5, 1.0);
    let crossing = DivergenceCrossing::of(&tail, &h).unwrap();
    let scale = crossing.divergence.time_scale_200();
    // The approach to (193) is as slow as x^(1/nu - 1), that to (195) as e^-x.
    let mut last = f64::INFINITY;
    for x in [1e-4, 1e-8, 1e-12, 1e-16] {
        let t = x * scale;
        let off = crossing.crossover_loss(t).unwrap() / crossing.early_loss_193(t) - 1.0;
        assert!(off > 0.0 && off < 0.03 * last, "{x}: {off:e}");
        last = off;
    }
    for x in [20.0, 40.0, 200.0] {
        let t = x * scale;
        let off = crossing.crossover_loss(t).unwrap() / crossing.late_loss_195(t) - 1.0;
        assert!(off.abs() < 1e-8, "{x}: {off:e}");
    }
    assert!(crossing.crossover_loss(-1.0).is_err());
}

#[test]
fn the_growing_loss_of_24_tends_to_195_in_all_settings() {
    for (nu, kappa) in LAWS {
        let (spectrum, tail) = scaled(nu, kappa);
        for beta in MOMENTA {
            for (gamma, tau) in NOISES {
                let mut last = f64::INFINITY;
                for effective in [3e-3, 3e-4, 3e-5, 3e-6] {
                    let h = parameters(effective * (1.0 - beta), beta, gamma, tau);
                    let crossing = DivergenceCrossing::of(&tail, &h).unwrap();
                    // At t -> 0 (195) is the constant of (24).
                    let constant = divergence_constant(&spectrum, &h).unwrap();
                    let off = (constant / crossing.late_loss_195(0.0) - 1.0).abs();
                    let context = format!("{nu} {beta} {gamma} {tau} {effective}");
                    assert!(off < 0.3 * last, "{context}: {off:e} after {last:e}");
                    last = off;
                }
                assert!(last < 1e-3, "{nu} {beta} {gamma} {tau}: {last:e}");
            }
        }
    }
}

#[test]
fn the_divergence_time_tends_to_198_with_the_a_of_199_in_all_settings() {
    for (nu, kappa) in LAWS {
        let (spectrum, tail) = scaled(nu, kappa);
        for beta in MOMENTA {
            for (gamma, tau) in NOISES {
                let mut last = f64::INFINITY;
                for effective in [1e-2, 1e-3, 1e-4, 1e-5] {
                    let h = parameters(effective * (1.0 - beta), beta, gamma, tau);
                    let crossing = DivergenceCrossing::of(&tail, &h).unwrap();
                    let exact = divergence_time(&spectrum, &h).unwrap();
                    let off = (exact / crossing.divergence_time_198() - 1.0).abs();
                    let context = format!("{nu} {beta} {gamma} {tau} {effective}");
                    assert!(off < 0.5 * last, "{context}: {off:e} after {last:e}");
                    last = off;
                }
                assert!(last < 2e-3, "{nu} {beta} {gamma} {tau}: {last:e}");
            }
        }
    }
    let tail = TailLaw::of(&law(0.7, 0.4)).unwrap();
    // Where the two asymptotes cross, by their own values.
    let h = parameters(1e-3, 0.5, 0.5, 1.0);
    let crossing = DivergenceCrossing::of(&tail, &h).unwrap();
    let t = crossing.divergence_time_198();
    let ratio = crossing.early_loss_193(t) / crossing.late_loss_195(t);
    assert!((ratio - 1.0).abs() < 1e-12, "{ratio}");
}

#[test]
fn the_crossing_199_has_the_values_of_thirty_digits() {
    // mpmath: zeta W(R^(1/zeta)/zeta), R = (1/nu - 1)/Gamma(1 - zeta), inserted back.
    for (nu, zeta, a) in [
        (0.7, 0.571_428_571_428_571_5, 0.057_576_785_874_471_64),
        (0.6, 0.5, 0.11288090887151916),
        (0.8, 0.9, 0.01720664521483934),
        (0.9, 0.25, 6.757365230591569e-05),
        (0.51, 0.05, 0.065_392_928_110_196_67),
    ] {
        let found = crossing_199(nu, zeta).unwrap();
        // 0.7 and the like are rounded before 1/nu - 1 and the power 1/zeta.
        assert!((found / a - 1.0).abs() < 1e-13, "{nu} {zeta}: {found} {a}");
    }
}

#[test]
fn outside_the_proposition_each_assumption_is_refused_by_name() {
    let h = parameters(1e-3, 0.0, 1.0, 1.0);
    let refused = |nu| EventualDivergence::of(nu, 1.0, &h).unwrap_err();
    for nu in [1.0, 1.5, 0.5, 0.3] {
        assert_eq!(refused(nu), AsymptoticsError::NotEventualDivergence(nu));
    }
    assert_eq!(
        EventualDivergence::of(0.7, 1.0, &parameters(1e-3, 0.0, 0.0, 1.0)),
        Err(AsymptoticsError::NoNoise)
    );
    // A learning rate for which (171) exceeds 1.
    assert!(matches!(
        EventualDivergence::of(0.7, 1.0, &parameters(5.0, 0.0, 1.0, 1.0)),
        Err(AsymptoticsError::Argument { .. })
    ));
    for kappa in [0.7, 1.0] {
        let tail = TailLaw::new(0.7, kappa, 1.0, 1.0).unwrap();
        assert!(matches!(
            DivergenceCrossing::of(&tail, &h),
            Err(AsymptoticsError::ZetaNotBelowOne(_))
        ));
    }
    assert!(crossing_199(1.2, 0.5).is_err() && crossing_199(0.7, 1.0).is_err());
}
