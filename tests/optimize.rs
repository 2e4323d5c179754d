//! The search for learning rate and momentum against brute-force grids of plain iteration, and what it
//! must never do: return an unstable point.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::asymptotics::{LossAsymptotics, TailLaw};
use tauber::dynamics::SeRecursion;
use tauber::moment::Hyperparameters;
use tauber::optimize::{Goal, OptimizeError, Optimum, Problem, optimize};
use tauber::spectrum::{PowerLaw, Spectrum};
use tauber::stability::{
    Verdict, critical_learning_rate, divergence_time, judge, noiseless_critical_learning_rate,
};

fn finite(nu: f64, kappa: f64, modes: u32) -> Spectrum {
    let power = |k: u32, p: f64| f64::from(k).powf(-p);
    Spectrum::new(
        (1..=modes).map(|k| power(k, nu)).collect(),
        Some((1..=modes).map(|k| power(k, kappa + 1.0)).collect()),
    )
    .unwrap()
}

fn iterated(spectrum: &Spectrum, p: &Hyperparameters, step: u64) -> f64 {
    SeRecursion::new(spectrum, p).unwrap().advance_by(step)
}

/// Plain iteration at the point gives its value, and at no point around it, within the range and below the edge, a
/// smaller one.
fn local_minimum(
    spectrum: &Spectrum,
    [gamma, tau]: [f64; 2],
    range: (f64, f64),
    step: u64,
    point: &Optimum,
) {
    let at = |alpha: f64, momentum: f64| {
        let p = Hyperparameters::new(alpha, momentum, gamma, tau).unwrap();
        iterated(spectrum, &p, step)
    };
    let value = at(point.learning_rate, point.momentum);
    assert!(
        (point.log10_value - value.log10()).abs() < 1e-6,
        "{point:?} {value}"
    );
    for i in 0..16 {
        let (sine, cosine) = (std::f64::consts::PI * f64::from(i) / 8.0).sin_cos();
        // Along the end of the range the cosine is 0 to rounding.
        let momentum = (point.momentum.atanh() + 0.02 * cosine).tanh();
        let held = momentum.clamp(range.0, range.1);
        let alpha = point.learning_rate * (1.0 + 0.02 * sine);
        let edge = critical_learning_rate(spectrum, held, gamma, tau).unwrap();
        if (momentum - held).abs() > 1e-9 || alpha >= edge {
            continue;
        }
        let momentum = held;
        let other = at(alpha, momentum);
        assert!(
            other > value * (1.0 - 1e-7),
            "{point:?}: {other} below {value}"
        );
    }
}

#[test]
fn a_second_best_point_is_another_local_minimum_inside_the_range_and_on_its_ends() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut inside, mut on_end) = (0, 0);
    for trial in 0..48 {
        // Few modes and few steps: the loss is a polynomial with several valleys. (A single mode at tau = 1 has
        // none but zeros.)
        let modes = random.random_range(2..5);
        let list = |random: &mut ChaCha8Rng| -> Vec<f64> {
            (0..modes)
                .map(|_| (-4.0 * random.random::<f64>()).exp())
                .collect()
        };
        let spectrum = Spectrum::new(list(&mut random), Some(list(&mut random))).unwrap();
        let (gamma, range) = (0.02 + 0.2 * random.random::<f64>(), (-0.9, 0.9));
        let problem = Problem {
            spectrum: &spectrum,
            noise_amplitude: gamma,
            tau: 1.0,
            momentum_range: range,
        };
        let step = random.random_range(2..16);
        let report = optimize(&problem, Goal::Step(step)).unwrap();
        local_minimum(&spectrum, [gamma, 1.0], range, step, &report.best);
        if let Some(second) = report.second {
            if second.momentum.abs() < 0.899 {
                inside += 1;
            } else {
                on_end += 1;
            }
            local_minimum(&spectrum, [gamma, 1.0], range, step, &second);
            let apart = (second.momentum.atanh() - report.best.momentum.atanh()).abs()
                + (second.learning_rate / report.best.learning_rate)
                    .ln()
                    .abs();
            assert!(
                apart > 0.02,
                "seed 7, trial {trial}: {second:?} {:?}",
                report.best
            );
            assert!(report.price(&second) >= 1.0, "seed 7, trial {trial}");
        }
    }
    assert!(inside >= 3 && on_end >= 2, "{inside} {on_end}");
}

/// The loss said of `best` is the iterated one, and none of `lines` + 1 momenta with the `rates` of each has a
/// smaller one; the hyperparameters of `best`.
fn not_worse_than_a_grid(
    problem: &Problem<'_>,
    best: &Optimum,
    step: u64,
    lines: u32,
    rates: &dyn Fn(f64) -> Vec<f64>,
) -> Hyperparameters {
    let (low, high) = problem.momentum_range;
    let at = |rate, momentum| {
        Hyperparameters::new(rate, momentum, problem.noise_amplitude, problem.tau).unwrap()
    };
    let loss = |h: &Hyperparameters| iterated(problem.spectrum, h, step);
    let mut least = f64::INFINITY;
    for i in 0..=lines {
        let momentum = low + (high - low) * f64::from(i) / f64::from(lines);
        for rate in rates(momentum) {
            least = least.min(loss(&at(rate, momentum)));
        }
    }
    let h = at(best.learning_rate, best.momentum);
    let value = loss(&h);
    assert!(
        (best.value() / value - 1.0).abs() < 1e-6,
        "{} {value}",
        best.value()
    );
    assert!(value <= least * (1.0 + 1e-6), "{h:?}: {value} {least}");
    h
}

#[test]
fn no_point_of_a_brute_force_grid_is_better() {
    for (nu, kappa, gamma, tau, step) in [
        (1.5, 0.75, 1.0, 1.0, 40),
        (2.0, 4.0, 0.3, 0.0, 60),
        (1.2, 0.4, 0.05, -1.0, 30),
        (1.5, 3.0, 0.0, 1.0, 25),
    ] {
        let spectrum = finite(nu, kappa, 24);
        let range = (-0.8, 0.95);
        let problem = Problem {
            spectrum: &spectrum,
            noise_amplitude: gamma,
            tau,
            momentum_range: range,
        };
        let report = optimize(&problem, Goal::Step(step)).unwrap();
        let rates = |momentum| -> Vec<f64> {
            let edge = critical_learning_rate(&spectrum, momentum, gamma, tau).unwrap();
            (1..60).map(|j| edge * f64::from(j) / 60.0).collect()
        };
        let best = report.best;
        not_worse_than_a_grid(&problem, &best, step, 50, &rates);
        assert!(range.0 - 1e-9 <= best.momentum && best.momentum <= range.1 + 1e-9);
        for (other, momentum) in [(report.usual, 0.9), (report.plain, 0.0)] {
            assert!((other.momentum - momentum).abs() < 1e-12);
            assert!(report.price(&other) >= 1.0 - 1e-9);
            let edge = critical_learning_rate(&spectrum, momentum, gamma, tau).unwrap();
            let scan = (1..400)
                .map(|j| {
                    let alpha = edge * f64::from(j) / 400.0;
                    let p = Hyperparameters::new(alpha, momentum, gamma, tau).unwrap();
                    iterated(&spectrum, &p, step)
                })
                .fold(f64::INFINITY, f64::min);
            assert!(
                other.value() <= scan * (1.0 + 1e-6),
                "{momentum}: {} {scan}",
                other.value()
            );
        }
        if let Some(second) = report.second {
            local_minimum(&spectrum, [gamma, tau], range, step, &second);
        }
        local_minimum(&spectrum, [gamma, tau], range, step, &best);
    }
}

#[test]
fn under_eventual_divergence_the_loss_at_a_step_has_a_best_rate_below_the_noiseless_edge() {
    for (nu, kappa, gamma, tau, step) in [
        (0.8, 0.5, 0.5, 1.0, 30),
        (0.7, 0.3, 1.0, 0.0, 400),
        (1.0, 0.6, 0.2, -1.0, 100),
    ] {
        let spectrum = PowerLaw::new(nu, Some(kappa)).unwrap().spectrum().0;
        let range = (-0.6, 0.9);
        let problem = Problem {
            spectrum: &spectrum,
            noise_amplitude: gamma,
            tau,
            momentum_range: range,
        };
        let report = optimize(&problem, Goal::Step(step)).unwrap();
        assert!(report.diverges_in_the_end);
        let rates = |momentum| -> Vec<f64> {
            let edge = noiseless_critical_learning_rate(&spectrum, momentum).unwrap();
            (0..24).map(|j| edge * 0.97 * 0.75_f64.powi(j)).collect()
        };
        let best = report.best;
        let p = not_worse_than_a_grid(&problem, &best, step, 10, &rates);
        // It diverges, but not before this step.
        assert_eq!(judge(&spectrum, &p).verdict, Verdict::EventualDivergence);
        assert!(best.share_of_edge > 0.0 && best.share_of_edge < 1.0);
    }
    // Later steps need smaller rates, and diverge later still.
    let spectrum = PowerLaw::new(0.7, Some(0.3)).unwrap().spectrum().0;
    let problem = Problem {
        spectrum: &spectrum,
        noise_amplitude: 1.0,
        tau: 1.0,
        momentum_range: (-0.5, 0.9),
    };
    let mut last = f64::INFINITY;
    for step in [1_000, 1_000_000, 1_000_000_000_000] {
        let best = optimize(&problem, Goal::Step(step)).unwrap().best;
        let effective = best.learning_rate / (1.0 - best.momentum);
        assert!(effective < 0.5 * last, "{step}: {effective} {last}");
        last = effective;
        let p = Hyperparameters::new(best.learning_rate, best.momentum, 1.0, 1.0).unwrap();
        // t_div lies before the visible minimum of the loss, by a factor of ten at most.
        let time = divergence_time(&spectrum, &p).unwrap();
        assert!(time > 0.01 * step as f64, "{step}: {time}");
    }
}

#[test]
fn deep_in_the_noise_phase_negative_momentum_is_best_and_it_is_found() {
    // nu = 2, kappa = 5: E of (30) is positive.
    let law = PowerLaw::new(2.0, Some(5.0)).unwrap();
    let (tail, spectrum) = (TailLaw::of(&law).unwrap(), law.spectrum().0);
    let problem = Problem {
        spectrum: &spectrum,
        noise_amplitude: 1.0,
        tau: 1.0,
        momentum_range: (-0.9, 0.9),
    };
    let asymptotic = optimize(&problem, Goal::Asymptotic(tail)).unwrap();
    assert!(asymptotic.best.momentum < -0.01, "{:?}", asymptotic.best);
    assert!(asymptotic.price(&asymptotic.plain) > 1.0 + 1e-6);
    // A grid of (28b).
    let mut least = f64::INFINITY;
    for i in 0..=40 {
        let momentum = -0.9 + 1.8 * f64::from(i) / 40.0;
        let edge = critical_learning_rate(&spectrum, momentum, 1.0, 1.0).unwrap();
        for j in 1..50 {
            let p = Hyperparameters::new(edge * f64::from(j) / 50.0, momentum, 1.0, 1.0).unwrap();
            let loss = LossAsymptotics::of(&tail, &spectrum, &p).unwrap();
            least = least.min(loss.loss_constant());
        }
    }
    assert!(asymptotic.best.value() <= least * (1.0 + 1e-9));
    assert!(asymptotic.best.value() > 0.98 * least);
    // At a late step the loss agrees.
    let late = optimize(&problem, Goal::Step(100_000_000)).unwrap();
    assert!((late.best.momentum - asymptotic.best.momentum).abs() < 0.02);
    let expected = asymptotic.best.value() * 1e8_f64.powf(-1.5);
    assert!((late.best.value() / expected - 1.0).abs() < 0.01);
}

#[test]
fn in_the_signal_phase_the_optimum_lies_on_the_upper_end_and_says_so() {
    let law = PowerLaw::new(1.5, Some(0.75)).unwrap();
    let (tail, spectrum) = (TailLaw::of(&law).unwrap(), law.spectrum().0);
    let problem = |momentum_range| Problem {
        spectrum: &spectrum,
        noise_amplitude: 0.5,
        tau: 1.0,
        momentum_range,
    };
    let report = optimize(&problem((-0.9, 0.95)), Goal::Asymptotic(tail)).unwrap();
    assert!(report.momentum_on_boundary && !report.learning_rate_on_boundary);
    assert!((report.best.momentum - 0.95).abs() < 1e-6);
    // The sister: an optimum inside is not on a boundary.
    let inside = optimize(&problem((-0.9, 0.95)), Goal::Step(10)).unwrap();
    assert!(!inside.learning_rate_on_boundary);
}

#[test]
fn every_point_returned_is_stable() {
    let seed = 20_240_611;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..12 {
        let modes = random.random_range(1..12);
        let list = |random: &mut ChaCha8Rng| -> Vec<f64> {
            (0..modes)
                .map(|_| (-6.0 * random.random::<f64>()).exp())
                .collect()
        };
        let spectrum = Spectrum::new(list(&mut random), Some(list(&mut random))).unwrap();
        let gamma = random.random::<f64>();
        let tau = [1.0, 0.0, -1.0][random.random_range(0..3)];
        let problem = Problem {
            spectrum: &spectrum,
            noise_amplitude: gamma,
            tau,
            momentum_range: (-0.99, 0.99),
        };
        let goal = Goal::Step(random.random_range(1..50));
        let report = optimize(&problem, goal)
            .unwrap_or_else(|error| panic!("{error}: {problem:?} {goal:?}"));
        let points = [
            Some(report.best),
            report.second,
            Some(report.usual),
            Some(report.plain),
        ];
        for point in points.into_iter().flatten() {
            let p = Hyperparameters::new(point.learning_rate, point.momentum, gamma, tau).unwrap();
            assert_eq!(
                judge(&spectrum, &p).verdict,
                Verdict::Stable,
                "seed {seed}: {point:?}"
            );
        }
    }
}

#[test]
fn the_error_of_a_compressed_spectrum_is_in_that_of_the_loss() {
    fn problem(spectrum: &Spectrum) -> Problem<'_> {
        Problem {
            spectrum,
            noise_amplitude: 0.25,
            tau: 1.0,
            momentum_range: (-0.5, 0.9),
        }
    }
    for (modes, compressed) in [(2_000, true), (40, false)] {
        let spectrum = finite(1.5, 0.75, modes);
        let report = optimize(&problem(&spectrum), Goal::Step(300)).unwrap();
        assert_eq!(report.compression_error > 0.0, compressed);
        assert!(report.compression_error < 1e-9);
        for point in [report.best, report.usual, report.plain] {
            let error = point.relative_error.unwrap();
            assert!(error > report.compression_error && error < 1e-8, "{error}");
            let p = Hyperparameters::new(point.learning_rate, point.momentum, 0.25, 1.0).unwrap();
            let off = (point.value() / iterated(&spectrum, &p, 300) - 1.0).abs();
            assert!(off <= error + 1e-12, "{modes}: {off} {error}");
        }
    }
    // A constant is a formula, not a computed loss.
    let law = PowerLaw::new(1.5, Some(0.75)).unwrap();
    let (tail, spectrum) = (TailLaw::of(&law).unwrap(), law.spectrum().0);
    let report = optimize(&problem(&spectrum), Goal::Asymptotic(tail)).unwrap();
    assert_eq!(
        (report.best.relative_error, report.compression_error),
        (None, 0.0)
    );
}

#[test]
fn what_cannot_be_optimised_is_refused() {
    let spectrum = finite(1.5, 0.75, 20);
    let problem = |spectrum, noise_amplitude, momentum_range| Problem {
        spectrum,
        noise_amplitude,
        tau: 1.0,
        momentum_range,
    };
    let silent = spectrum.clone().without_signal();
    assert_eq!(
        optimize(&problem(&silent, 0.1, (-0.5, 0.5)), Goal::Step(10)),
        Err(OptimizeError::NoSignal)
    );
    assert_eq!(
        optimize(&problem(&spectrum, 0.1, (-0.5, 0.5)), Goal::Step(0)),
        Err(OptimizeError::StepZero)
    );
    for (lo, hi) in [(0.5, -0.5), (-1.0, 0.5), (0.0, 1.0), (f64::NAN, 0.5)] {
        let error = optimize(&problem(&spectrum, 0.1, (lo, hi)), Goal::Step(10)).unwrap_err();
        assert!(error.to_string().contains("-1 < LO < HI < 1"), "{error}");
    }
    assert!(optimize(&problem(&spectrum, -0.1, (-0.5, 0.5)), Goal::Step(10)).is_err());
    let slow = PowerLaw::new(0.8, Some(0.5)).unwrap().spectrum().0;
    let tail = TailLaw::new(0.8, 0.5, 1.0, 1.0).unwrap();
    let goal = Goal::Asymptotic(tail);
    assert_eq!(
        optimize(&problem(&slow, 0.1, (-0.5, 0.5)), goal),
        Err(OptimizeError::NothingStable)
    );
    let slowest = PowerLaw::new(0.45, Some(0.5)).unwrap().spectrum().0;
    assert_eq!(
        optimize(&problem(&slowest, 0.1, (-0.5, 0.5)), Goal::Step(10)),
        Err(OptimizeError::InfiniteAfterOneStep)
    );
    let error = optimize(&problem(&spectrum, 0.1, (-0.5, 0.5)), goal).unwrap_err();
    assert!(error.to_string().contains("eventual divergence"), "{error}");
}
