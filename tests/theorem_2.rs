//! Theorem 2: (26), (28a), (28b) against exact losses, and what it refuses.

use tauber::asymptotics::{AsymptoticsError, LossAsymptotics, Phase, TailLaw};
use tauber::moment::Hyperparameters;
use tauber::spectrum::{PowerLaw, Spectrum};

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
    assert_eq!(
        of(1.5, 1.0, &parameters(0.2, 0.0, 0.0, 1.0)),
        Err(AsymptoticsError::NoNoise)
    );
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
