//! The transition time (29) against exact losses, its printed form and values computed elsewhere, and what it refuses.

use statrs::function::gamma::gamma;
use tauber::asymptotics::late::loss_between_steps;
use tauber::asymptotics::{
    AsymptoticsError, LossAsymptotics, Phase, TailLaw, transition_time,
    transition_time_at_small_learning_rate,
};
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::spectrum::PowerLaw;
use tauber::verify::settings::{self, MOMENTA, NOISE, NOISES};

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

/// The exponent of the loss at t.
fn local_slope(contour: &LossContour, t: f64) -> f64 {
    let loss = |t: f64| loss_between_steps(contour, t).unwrap();
    (loss(1.01 * t) / loss(t / 1.01)).ln() / (2.0 * 1.01_f64.ln())
}

#[test]
fn the_transition_time_has_the_values_of_an_independent_computation_and_its_printed_form() {
    for (nu, kappa, [a, b, g, t], time) in [
        (1.5, 3.0, [0.2, 0.5, 0.5, 1.0], 57.394_613),
        (2.0, 4.0, [0.5, -0.5, 0.3, 0.0], 4477.93),
    ] {
        let h = parameters(a, b, g, t);
        let found = LossAsymptotics::of_power_law(&law(nu, kappa), &h).unwrap();
        agree(transition_time(&found).unwrap(), time, 2e-6, "t_trans");
    }
    for (nu, kappa) in NOISE {
        for beta in MOMENTA {
            for (g, tau) in NOISES {
                let (law, effective) = (settings::law(nu, kappa).unwrap(), 0.1);
                let h = parameters(effective * (1.0 - beta), beta, g, tau);
                let found = LossAsymptotics::of_power_law(&law, &h).unwrap();
                // (29) as printed, with K = 1.6 and Lambda = 0.7.
                let (zeta, u, v) = (found.zeta, found.noise_at_1, found.signal_at_1.unwrap());
                let printed = (4.0 * nu * 1.6 * gamma(zeta + 1.0) * (1.0 - u)
                    / (g * v * gamma(2.0 - 1.0 / nu))
                    * (2.0 * effective * 0.7).powf(-(zeta + 1.0 / nu)))
                .powf(1.0 / (zeta + 1.0 / nu - 2.0));
                agree(
                    transition_time(&found).unwrap(),
                    printed,
                    1e-11,
                    "as printed",
                );
            }
        }
    }
}

#[test]
fn at_the_transition_time_both_asymptotes_add_up_to_the_loss_in_all_settings() {
    // gamma so small that the time comes late: the sum of both asymptotes is the loss there within 0.3 %, and the
    // local exponent is their mean; at t = 1e13 the noise alone is left.
    for (nu, kappa, aim) in [
        (2.0, 4.0, 1e7),
        (1.5, 3.0, 1e7),
        (1.5, 4.0, 1e7),
        (3.0, 6.0, 1e11),
    ] {
        for setting in settings::late_transition(nu, kappa, aim).unwrap() {
            let (found, h) = (&setting.predicted, &setting.parameters);
            let time = transition_time(found).unwrap();
            let contour = LossContour::new(&setting.spectrum, h).unwrap();
            let loss = |t: f64| loss_between_steps(&contour, t).unwrap();
            let context = format!(
                "{nu} {kappa} beta {} tau {}: {time:e}",
                h.momentum(),
                h.tau()
            );
            assert!((0.5 * aim..2.0 * aim).contains(&time), "{context}");
            agree(found.two_term_loss(time), loss(time), 3e-3, &context);
            let slope = local_slope(&contour, time);
            let mean = -0.5 * (found.zeta + found.noise_exponent);
            assert!((slope - mean).abs() < 0.01, "{context}: {slope} {mean}");
            let late = local_slope(&contour, 1e13);
            if aim < 1e8 {
                assert!(
                    (late + found.noise_exponent).abs() < 0.02,
                    "{context}: {late}"
                );
            }
            let early = local_slope(&contour, 1e-3 * time);
            assert!(
                (early + found.zeta).abs() < (late + found.zeta).abs(),
                "{context}"
            );
        }
    }
}

/// zeta - (2 - 1/nu).
fn found_distance(nu: f64, kappa: f64) -> f64 {
    (kappa + 1.0) / nu - 2.0
}

#[test]
fn the_transition_time_of_small_learning_rates_needs_tr_c0_only() {
    // Tr C0 Lambda/K = sum_k (k^nu - (k-1)^nu) k^-kappa by the zeta function: 2 zeta(3) - zeta(4) for (2, 4),
    // 3 zeta(4) - 3 zeta(5) + zeta(6) for (3, 6), 3 zeta(5) - 3 zeta(6) + zeta(7) for (3, 7).
    let z = [
        1.202_056_903_159_594_2,
        1.082_323_233_711_138_2,
        1.036_927_755_143_37,
        1.017_343_061_984_449,
        1.008_349_277_381_922_8,
    ];
    for (nu, kappa, sum) in [
        (2.0, 4.0, 2.0 * z[0] - z[1]),
        (3.0, 6.0, 3.0 * z[1] - 3.0 * z[2] + z[3]),
        (3.0, 7.0, 3.0 * z[2] - 3.0 * z[3] + z[4]),
    ] {
        let law = settings::law(nu, kappa).unwrap();
        let spectrum = law.spectrum().0;
        let tail = TailLaw::of(&law).unwrap();
        let trace = sum * 1.6 / 0.7;
        agree(
            spectrum.trace_of_covariance().unwrap(),
            trace,
            1e-9,
            "Tr C0",
        );
        for beta in MOMENTA {
            for (g, tau) in NOISES {
                let mut last = f64::INFINITY;
                for alpha in [1e-3, 1e-4, 1e-5, 1e-6] {
                    let effective = alpha * (1.0 + beta).min(1.0 / (1.0 - beta));
                    let h = parameters(effective * (1.0 - beta), beta, g, tau);
                    let found = LossAsymptotics::of(&tail, &spectrum, &h).unwrap();
                    let exact = transition_time(&found).unwrap();
                    let small =
                        transition_time_at_small_learning_rate(&tail, trace, g, effective).unwrap();
                    let zeta = kappa / nu;
                    let printed = (8.0 * nu * 1.6 * gamma(zeta + 1.0) * effective
                        / (g * trace * gamma(2.0 - 1.0 / nu))
                        * (1.4 * effective).powf(-(zeta + 1.0 / nu)))
                    .powf(1.0 / found_distance(nu, kappa));
                    agree(small, printed, 1e-11, "the printed form");
                    let off = (small / exact - 1.0).abs();
                    let context =
                        format!("{nu} {kappa} {beta} {g} {alpha}: {off:e} after {last:e}");
                    assert!(off < 0.2 * last || off < 1e-7, "{context}");
                    last = off;
                }
                assert!(last < 1e-4, "{nu} {kappa} {beta} {g}: {last:e}");
            }
        }
    }
}

#[test]
fn a_transition_outside_the_noise_dominated_phase_is_refused() {
    let h = parameters(0.1, 0.0, 0.5, 1.0);
    for (kappa, found) in [(0.75, Phase::SignalDominated), (2.0, Phase::Border)] {
        let asymptotics = LossAsymptotics::of_power_law(&law(1.5, kappa), &h).unwrap();
        assert_eq!(
            transition_time(&asymptotics),
            Err(AsymptoticsError::WrongPhase {
                found,
                needed: Phase::NoiseDominated
            })
        );
    }
    let tail = |nu, kappa| TailLaw::new(nu, kappa, 1.0, 1.0).unwrap();
    let small = |tail: &TailLaw, trace, noise| {
        transition_time_at_small_learning_rate(tail, trace, noise, 0.1).unwrap_err()
    };
    assert_eq!(
        small(&tail(0.8, 3.0), 1.0, 0.5),
        AsymptoticsError::EventualDivergence(0.8)
    );
    assert_eq!(small(&tail(1.5, 3.0), 1.0, 0.0), AsymptoticsError::NoNoise);
    assert!(matches!(
        small(&tail(1.5, 3.0), f64::INFINITY, 0.5),
        AsymptoticsError::NotPositive { name: "Tr C0", .. }
    ));
}
