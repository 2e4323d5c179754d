//! Fitting (25): known laws are recovered, intervals cover, and what is no power law is refused.
//!
//! The samples are made here from the formulas of (25), with log-normal deviations from seeded
//! generators; the fit sees numbers only.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tauber::asymptotics::{FitConsequences, Phase};
use tauber::spectrum::{
    EigenvaluesOf, Estimate, FitError, FitOptions, LoadedSpectrum, Spectrum, SpectrumFit, TailEnd,
    eigenvalue_exponent_of_density, fit_eigenvalues, fit_signal, fit_spectrum,
};

/// `scale k^-nu` and `K (k^-kappa - (k+1)^-kappa)` for k <= modes, times log-normal deviations of
/// mean 1 in the signal and median 1 in the eigenvalues.
fn sample(
    [nu, kappa, scale, signal_scale]: [f64; 4],
    modes: usize,
    deviations: [f64; 2],
    seed: u64,
) -> Spectrum {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut factor = |deviation: f64, shift: f64| {
        let z: f64 = StandardNormal.sample(&mut random);
        (deviation * z - shift).exp()
    };
    let (mut eigenvalues, mut signal) = (Vec::new(), Vec::new());
    for k in 1..=modes {
        let k = k as f64;
        eigenvalues.push(scale * k.powf(-nu) * factor(deviations[0], 0.0));
        let term = signal_scale * (k.powf(-kappa) - (k + 1.0).powf(-kappa));
        signal.push(term * factor(deviations[1], 0.5 * deviations[1].powi(2)));
    }
    Spectrum::new(eigenvalues, Some(signal)).unwrap()
}

fn cut_off() -> FitOptions {
    FitOptions {
        window: None,
        tail_end: Some(TailEnd::CutOff),
    }
}

fn holds(estimate: &Estimate, truth: f64) -> bool {
    estimate.lower <= truth && truth <= estimate.upper
}

#[test]
fn exact_laws_cut_off_anywhere_are_recovered_to_rounding() {
    for (law, modes) in [
        ([1.5, 0.75, 1.0, 1.0], 1000),
        ([1.3, 0.33, 0.7, 1.6], 300),
        ([2.0, 3.0, 2.0, 0.1], 1000),
        ([0.8, 0.5, 1.0, 5.0], 400),
    ] {
        let spectrum = sample(law, modes, [0.0; 2], 0);
        let fit = fit_spectrum(&spectrum, &cut_off()).unwrap();
        let signal = fit.signal.unwrap();
        let found = [
            fit.eigenvalues.exponent.value,
            signal.exponent.value,
            fit.eigenvalues.scale.value,
            signal.scale.value,
        ];
        for (found, truth) in found.into_iter().zip(law) {
            assert!((found / truth - 1.0).abs() < 1e-7, "{law:?}: {found}");
        }
        assert!((fit.zeta.unwrap().value / (law[1] / law[0]) - 1.0).abs() < 1e-7);
        assert!(!fit.eigenvalues.lack_of_fit && !signal.lack_of_fit);
    }
}

#[test]
fn tails_that_are_complete_are_recovered_as_such() {
    // The last mode holds all that the law has beyond it: T_k = K k^-kappa up to N.
    let modes = 500_usize;
    let (nu, kappa) = (1.4, 0.6);
    let power = |k: usize| (k as f64).powf(-kappa);
    let mut signal: Vec<f64> = (1..=modes).map(|k| power(k) - power(k + 1)).collect();
    signal[modes - 1] = power(modes);
    let eigenvalues = (1..=modes).map(|k| (k as f64).powf(-nu)).collect();
    let spectrum = Spectrum::new(eigenvalues, Some(signal)).unwrap();
    let fit = fit_signal(&spectrum, None, TailEnd::Complete).unwrap();
    assert!((fit.exponent.value / kappa - 1.0).abs() < 1e-9);
    // Left to choose, the fit sees which it is; the wrong one is off.
    let chosen = fit_spectrum(&spectrum, &FitOptions::default()).unwrap();
    assert_eq!(chosen.tail_end, Some(TailEnd::Complete));
    let wrong = fit_signal(&spectrum, Some((10, 500)), TailEnd::CutOff);
    assert!(wrong.is_err() || (wrong.unwrap().exponent.value / kappa - 1.0).abs() > 0.1);
    let law = sample([nu, kappa, 1.0, 1.0], modes, [0.0; 2], 0);
    let chosen = fit_spectrum(&law, &FitOptions::default()).unwrap();
    assert_eq!(chosen.tail_end, Some(TailEnd::CutOff));
    let naive = fit_signal(&law, Some((10, 500)), TailEnd::Complete).unwrap();
    assert!(naive.exponent.value > 1.3 * kappa, "the bend near N");
}

/// Seeds that had no part in the design of the intervals (those below 1,000 had).
const FRESH: u64 = 800_000;

/// Of so many fresh seeds, how many intervals hold nu, kappa and zeta, and the mean half widths over the
/// root mean square errors.
fn coverage(law: [f64; 4], modes: usize, deviations: [f64; 2], seeds: u64) -> ([u32; 3], [f64; 2]) {
    let mut held = [0; 3];
    let (mut widths, mut squares) = ([0.0; 2], [0.0; 2]);
    for seed in FRESH..FRESH + seeds {
        let fit = fit_spectrum(&sample(law, modes, deviations, seed), &cut_off()).unwrap();
        let signal = fit.signal.unwrap();
        let truth = [law[0], law[1], law[1] / law[0]];
        let found = [fit.eigenvalues.exponent, signal.exponent, fit.zeta.unwrap()];
        for i in 0..3 {
            held[i] += u32::from(holds(&found[i], truth[i]));
        }
        for i in 0..2 {
            widths[i] += found[i].upper - found[i].value;
            squares[i] += (found[i].value - truth[i]).powi(2);
        }
    }
    let count = seeds as f64;
    let ratio = |i: usize| widths[i] / count / (squares[i] / count).sqrt();
    (held, [ratio(0), ratio(1)])
}

#[test]
fn ninety_five_percent_intervals_hold_the_truth_in_about_ninety_five_percent() {
    // Binomial(200, 0.95) lies in 178..=199 with probability 0.9999.
    for (law, deviations) in [
        ([1.5, 0.75, 1.0, 1.0], [0.1, 0.3]),
        ([1.3, 0.33, 1.0, 1.0], [0.1, 0.3]),
        ([2.0, 3.0, 1.0, 1.0], [0.1, 0.3]),
        ([0.8, 0.5, 1.0, 1.0], [0.1, 0.5]),
    ] {
        let (held, ratios) = coverage(law, 1000, deviations, 200);
        println!("{law:?} {deviations:?}: {held:?} of 200, {ratios:?}");
        for count in held {
            assert!((178..=200).contains(&count), "{law:?}: {held:?}");
        }
        // An interval that covers by being vacuous would pass the count: at most 4 errors wide.
        for ratio in ratios {
            assert!((1.5..4.0).contains(&ratio), "{law:?}: {ratios:?}");
        }
    }
}

#[test]
fn laws_sizes_and_deviations_that_the_intervals_were_not_designed_with_are_covered_too() {
    // 400 fresh seeds each: 380 expected; 369 are 2.5 standard deviations below.
    for (law, modes, deviations) in [
        ([1.7, 1.1, 0.5, 3.0], 300, [0.2, 0.2]),
        ([1.1, 0.25, 2.0, 1.0], 2000, [0.05, 0.5]),
        ([2.6, 1.4, 1.0, 0.2], 600, [0.3, 0.1]),
        ([1.2, 0.6, 1.0, 1.0], 5000, [0.2, 1.0]),
    ] {
        let (held, ratios) = coverage(law, modes, deviations, 400);
        println!("{law:?} {modes} {deviations:?}: {held:?} of 400, {ratios:?}");
        for count in held {
            assert!(count >= 369, "{law:?}: {held:?} of 400");
        }
        for ratio in ratios {
            assert!((1.5..4.5).contains(&ratio), "{law:?}: {ratios:?}");
        }
    }
}

#[test]
fn a_window_chosen_before_a_cut_off_ends_early_since_the_last_tails_are_biased() {
    // Eigenvalues alone deviate: the ranks of a sample are shuffled, and at its last mode none comes in from beyond.
    let (law, modes, deviations) = ([1.5, 0.75, 1.0, 1.0], 1000, [0.1, 0.0]);
    let (mut off, mut with_all, mut too_small) = (0.0, 0.0, 0);
    for seed in FRESH..FRESH + 200 {
        let spectrum = sample(law, modes, deviations, seed);
        let chosen = fit_signal(&spectrum, None, TailEnd::CutOff).unwrap();
        assert!(chosen.window.1 <= 800, "{:?}", chosen.window);
        off += chosen.exponent.value - law[1];
        let all = fit_signal(&spectrum, Some((16, modes)), TailEnd::CutOff).unwrap();
        with_all += all.exponent.value - law[1];
        too_small += u32::from(all.exponent.value < law[1]);
    }
    // Where the signal deviates too, windows to the last mode would often look the best.
    for seed in FRESH..FRESH + 40 {
        let spectrum = sample(law, modes, [0.2, 1.0], seed);
        let chosen = fit_signal(&spectrum, None, TailEnd::CutOff).unwrap();
        assert!(chosen.window.1 <= 800, "seed {seed}: {:?}", chosen.window);
    }
    // With all modes kappa is too small in nearly all samples, and by more.
    assert!(too_small >= 190, "{too_small}");
    assert!(off.abs() < 0.5 * with_all.abs(), "{off} {with_all}");
    // Of so few modes that no other window is long enough, all are taken; complete tails have no cut.
    let few = sample(law, 30, [0.0; 2], 0);
    let fit = fit_signal(&few, None, TailEnd::CutOff).unwrap();
    assert!(fit.window.1 > 24, "{:?}", fit.window);
}

#[test]
fn a_narrower_interval_would_not_cover() {
    // The test above can fail: intervals of a third of the width hold the truth too rarely.
    let law = [1.5, 0.75, 1.0, 1.0];
    let mut held = 0;
    for seed in FRESH..FRESH + 200 {
        let spectrum = sample(law, 1000, [0.1, 0.3], seed);
        let nu = fit_eigenvalues(&spectrum, None).unwrap().exponent;
        held += u32::from((nu.value - 1.5).abs() < (nu.upper - nu.value) / 3.0);
    }
    assert!(held < 178, "{held}");
}

#[test]
fn an_exponential_spectrum_is_flagged() {
    let eigenvalues: Vec<f64> = (1..=400).map(|k| (-0.05 * f64::from(k)).exp()).collect();
    let signal = eigenvalues.clone();
    let spectrum = Spectrum::new(eigenvalues, Some(signal)).unwrap();
    let fit = fit_spectrum(&spectrum, &FitOptions::default()).unwrap();
    assert!(fit.eigenvalues.lack_of_fit);
    let text = fit.warnings.join("\n");
    assert!(
        text.contains("lack of fit: the eigenvalues are no power law"),
        "{text}"
    );
    // The sister: a noisy power law is not.
    let law = sample([1.5, 0.75, 1.0, 1.0], 400, [0.1, 0.3], 7);
    let fit = fit_spectrum(&law, &cut_off()).unwrap();
    assert!(!fit.eigenvalues.lack_of_fit, "{:?}", fit.eigenvalues);
}

#[test]
fn what_cannot_be_fitted_is_refused_by_name() {
    let law = sample([1.5, 0.75, 1.0, 1.0], 29, [0.0; 2], 0);
    let error = fit_eigenvalues(&law, None).unwrap_err();
    assert_eq!(
        error,
        FitError::TooFew {
            what: "eigenvalues",
            got: 29
        }
    );
    assert!(error.to_string().contains("29 modes are too few"));
    // Thirty are enough, of eigenvalues and of signal; 29 modes with signal among a hundred are not.
    let enough = sample([1.5, 0.75, 1.0, 1.0], 30, [0.0; 2], 0);
    assert!(fit_eigenvalues(&enough, None).is_ok());
    assert!(fit_signal(&enough, None, TailEnd::CutOff).is_ok());
    let law = sample([1.5, 0.75, 1.0, 1.0], 100, [0.0; 2], 0);
    let mut few = law.signal().unwrap().to_vec();
    few[29..].fill(0.0);
    let few = Spectrum::new(law.eigenvalues().to_vec(), Some(few)).unwrap();
    let error = fit_signal(&few, None, TailEnd::Complete).unwrap_err();
    assert_eq!(
        error,
        FitError::TooFew {
            what: "signal",
            got: 29
        }
    );
    let without = fit_spectrum(&few, &FitOptions::default()).unwrap();
    assert!(without.zeta.is_none());
    assert!(
        without
            .signal_refusal
            .unwrap()
            .contains("29 modes are too few")
    );
    assert_eq!(
        fit_signal(&law.clone().without_signal(), None, TailEnd::Complete),
        Err(FitError::NoSignal)
    );
    let silent = Spectrum::new(law.eigenvalues().to_vec(), Some(vec![0.0; 100])).unwrap();
    assert_eq!(
        fit_signal(&silent, None, TailEnd::Complete),
        Err(FitError::NoSignal)
    );
    let without = fit_spectrum(&law.clone().without_signal(), &FitOptions::default()).unwrap();
    assert!(without.signal.is_none() && without.signal_refusal.unwrap().contains("no signal"));
    for (window, part) in [
        ((0, 50), "must lie in 1..=100"),
        ((1, 101), "must lie in 1..=100"),
        ((50, 20), "first mode before the last"),
        ((90, 100), "8 blocks"),
        ((1, 14), "8 blocks"),
    ] {
        let error = fit_eigenvalues(&law, Some(window)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let flat = Spectrum::new(vec![1.0; 100], None).unwrap();
    assert!(matches!(
        fit_eigenvalues(&flat, None),
        Err(FitError::NoExponent(..))
    ));
    let nodes = LoadedSpectrum::from_word("power-law:nu=1.5,kappa=1", EigenvaluesOf::Hessian);
    assert_eq!(
        fit_eigenvalues(&nodes.unwrap().spectrum, None),
        Err(FitError::Nodes)
    );
}

#[test]
fn a_window_that_is_given_is_used() {
    let spectrum = sample([1.5, 0.75, 1.0, 1.0], 1000, [0.1, 0.3], 3);
    let options = FitOptions {
        window: Some((20, 400)),
        ..cut_off()
    };
    let fit = fit_spectrum(&spectrum, &options).unwrap();
    assert_eq!(fit.eigenvalues.window, (20, 400));
    assert_eq!(fit.signal.unwrap().window, (20, 400));
    assert!(holds(&fit.eigenvalues.exponent, 1.5));
}

#[test]
fn a_density_exponent_becomes_that_of_the_eigenvalues() {
    // Eigenvalues k^-nu have k(lambda) = lambda^(-1/nu), so the density is lambda^(-1/nu - 1)/nu.
    for nu in [0.7, 1.3, 4.0] {
        let density = 1.0 + 1.0 / nu;
        let back = eigenvalue_exponent_of_density(density).unwrap();
        assert!((back / nu - 1.0).abs() < 1e-14);
    }
    for bad in [1.0, 0.5, f64::NAN, f64::INFINITY] {
        assert!(eigenvalue_exponent_of_density(bad).is_err());
    }
}

fn consequences(law: [f64; 4], deviations: [f64; 2]) -> (SpectrumFit, FitConsequences) {
    let spectrum = sample(law, 1000, deviations, 11);
    let fit = fit_spectrum(&spectrum, &cut_off()).unwrap();
    let consequences = FitConsequences::of(&fit, &spectrum, 1.0).unwrap();
    (fit, consequences)
}

#[test]
fn far_from_the_border_one_phase_is_touched_and_near_it_two() {
    let (_, far) = consequences([1.5, 0.75, 1.0, 1.0], [0.1, 0.3]);
    assert_eq!(far.phase, Some(Phase::SignalDominated));
    assert_eq!(far.phases_touched, [Phase::SignalDominated]);
    assert!(far.phase_probability.unwrap() > 0.99);
    // 2 nu - 1 = 2: kappa = 2.02 is a hundredth beyond the border.
    let (_, near) = consequences([1.5, 2.02, 1.0, 1.0], [0.1, 0.3]);
    assert_eq!(
        near.phases_touched,
        [Phase::SignalDominated, Phase::NoiseDominated]
    );
    assert!(near.phase_probability.unwrap() < 0.99);
    let (_, divergent) = consequences([0.98, 0.5, 1.0, 1.0], [0.3, 0.3]);
    assert!(
        divergent
            .phases_touched
            .contains(&Phase::EventualDivergence)
    );
}

#[test]
fn the_edge_of_the_continued_law_is_that_of_the_infinite_one() {
    // lambda_crit of k^-1.5 without end at tau = 1 is 2.220600301, of 1,000 modes 2.147721680.
    let (_, exact) = consequences([1.5, 0.75, 1.0, 1.0], [0.0; 2]);
    let [finite, centre] = [
        exact.critical_regularization,
        exact.continued_critical_regularization[0],
    ];
    assert!((finite - 2.147_721_680_123).abs() < 1e-9);
    assert!((centre - 2.220_600_301).abs() < 2e-4, "{centre}");
    let exponent = exact.loss_exponent.unwrap();
    assert!((exponent.0 - 0.5).abs() < 1e-6);
    // Noise widens it, and an interval that reaches nu <= 1 has no edge.
    let (_, noisy) = consequences([1.02, 0.5, 1.0, 1.0], [0.3, 0.3]);
    assert_eq!(noisy.continued_critical_regularization[2], f64::INFINITY);
}
