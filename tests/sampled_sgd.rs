//! Sampled SGD, (47)-(49): the momentum convention against a literal (1), the mean over seeds
//! against exact second moments, reproducibility, cancelling, and what must be refused.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use tauber::dynamics::sampled::{
    LossStatistics, SampledConfig, SampledError, SampledRun, Sampling, Schedule, StepSize, simulate,
};
use tauber::dynamics::{ExactMoments, KernelView};

/// Feature vectors of dimension 3 for `n` points, a kernel of rank 3 plus a ridge in further
/// dimensions, so that no eigenvalue vanishes.
fn features(n: usize) -> Vec<Vec<f64>> {
    (0..n)
        .map(|i| {
            let x = i as f64 + 0.5;
            let mut psi = vec![1.0, (1.3 * x).sin(), (0.7 * x * x).cos()];
            psi.extend((0..n).map(|j| if i == j { 0.4 } else { 0.0 }));
            psi
        })
        .collect()
}

fn kernel(features: &[Vec<f64>]) -> Vec<f64> {
    let n = features.len();
    let mut entries = Vec::with_capacity(n * n);
    for x in features {
        for y in features {
            let inner: f64 = x.iter().zip(y).map(|(a, b)| a * b).sum();
            entries.push(inner / n as f64);
        }
    }
    entries
}

fn residual(n: usize) -> Vec<f64> {
    (0..n).map(|i| (2.1 * i as f64).cos() + 0.3).collect()
}

fn constant(alpha: f64, beta: f64) -> Schedule {
    Schedule::Constant(StepSize::new(alpha, beta).unwrap())
}

fn run(n: usize, config: &SampledConfig) -> SampledRun {
    let k = kernel(&features(n));
    let view = KernelView::new(n, &k).unwrap();
    simulate(view, &residual(n), config, &|_| ControlFlow::Continue(())).unwrap()
}

/// (1) literally, in parameter space, full batches: `v' = -alpha grad + beta v`, `w' = w + v'`,
/// with rates and momenta (both signs) changing in time.
#[test]
fn the_momentum_convention_is_that_of_equation_1() {
    let n = 6;
    let psi = features(n);
    let target: Vec<f64> = residual(n).iter().map(|f| -f).collect();
    let schedule = [
        (0.3, 0.5),
        (0.5, -0.4),
        (0.2, 0.8),
        (0.4, 0.0),
        (0.1, 0.9),
        (0.6, -0.9),
    ];
    let mut w = vec![0.0; psi[0].len()];
    let mut v = vec![0.0; psi[0].len()];
    let loss = |w: &[f64]| {
        let squares = psi.iter().zip(&target).map(|(x, y)| {
            let f: f64 = x.iter().zip(w).map(|(a, b)| a * b).sum();
            (f - y) * (f - y)
        });
        squares.sum::<f64>() / (2.0 * n as f64)
    };
    let mut expected = vec![loss(&w)];
    for (alpha, beta) in schedule {
        let mut gradient = vec![0.0; w.len()];
        for (x, y) in psi.iter().zip(&target) {
            let f: f64 = x.iter().zip(&w).map(|(a, b)| a * b).sum();
            for (g, a) in gradient.iter_mut().zip(x) {
                *g += (f - y) * a / n as f64;
            }
        }
        for ((w, v), g) in w.iter_mut().zip(&mut v).zip(&gradient) {
            *v = -alpha * g + beta * *v;
            *w += *v;
        }
        expected.push(loss(&w));
    }
    let sizes = schedule.map(|(alpha, beta)| StepSize::new(alpha, beta).unwrap());
    let config = SampledConfig::new(
        n as u64,
        n as u64,
        Schedule::PerStep(sizes.to_vec()),
        (0..=schedule.len() as u64).collect(),
    )
    .unwrap();
    let simulated = run(n, &config);
    for (x, y) in simulated.losses()[0].iter().zip(&expected) {
        assert!((x - y).abs() < 1e-13 * y, "{x} {y}");
    }
    // p <- g + beta p, f <- f - alpha p (the authors' optimiser) is another dynamics as soon as
    // alpha changes: step 2 differs.
    assert!((expected[2] - expected[1]).abs() > 1e-3);
}

/// The distribution of (1)-(2): mean over 4000 seeds against exact second moments, |z| < 4.
#[test]
fn the_mean_over_seeds_is_that_of_exact_second_moments() {
    let n = 12;
    let k = kernel(&features(n));
    let view = KernelView::new(n, &k).unwrap();
    let steps = [1_u64, 2, 5, 20];
    let master = 20_220_624;
    let mut wrong_noticed = 0;
    for (b, alpha, beta, sampling) in [
        (1, 0.25, 0.0, Sampling::WithoutReplacement),
        (2, 0.3, -0.3, Sampling::WithoutReplacement),
        (5, 0.3, 0.5, Sampling::WithoutReplacement),
        (12, 0.3, 0.5, Sampling::WithoutReplacement),
        (2, 0.3, -0.3, Sampling::WithReplacement),
        (5, 0.3, 0.5, Sampling::WithReplacement),
    ] {
        let config = SampledConfig::new(n as u64, b, constant(alpha, beta), steps.to_vec())
            .and_then(|c| c.with_seeds(4000))
            .unwrap()
            .with_master_seed(master)
            .with_sampling(sampling);
        let statistics = run(n, &config).statistics();
        let mut exact = match sampling {
            Sampling::WithoutReplacement => ExactMoments::new(view, &residual(n), b),
            Sampling::WithReplacement => ExactMoments::with_replacement(view, &residual(n), b),
        }
        .unwrap();
        let losses = exact.run(alpha, beta, 20).unwrap();
        for (t, s) in steps.iter().zip(&statistics) {
            let expected = losses[*t as usize];
            let what = format!("b {b}, beta {beta}, {sampling:?}, t {t}, master seed {master}");
            if b == 12 && sampling == Sampling::WithoutReplacement {
                assert!((s.mean - expected).abs() < 1e-12 * expected, "{what}");
                continue;
            }
            assert_eq!(s.tails.warnings(), [], "{what}");
            let z = s.z_score(expected);
            assert!(z.abs() < 4.0, "{what}: z {z}");
        }
        // The other way to draw batches has another mean, and these seeds see it.
        if sampling == Sampling::WithReplacement {
            let mut other = ExactMoments::new(view, &residual(n), b).unwrap();
            let other = other.run(alpha, beta, 20).unwrap();
            let largest = steps
                .iter()
                .zip(&statistics)
                .map(|(t, s)| s.z_score(other[*t as usize]).abs())
                .fold(0.0, f64::max);
            wrong_noticed += usize::from(largest > 4.0);
        }
    }
    assert!(wrong_noticed >= 1, "no power against the wrong sampling");
}

#[test]
fn one_and_two_threads_give_the_same_bits() {
    let config = SampledConfig::new(9, 4, constant(0.3, -0.3), vec![0, 3, 300])
        .and_then(|c| c.with_seeds(13))
        .unwrap()
        .with_master_seed(5);
    let with_threads = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| run(9, &config))
    };
    let one = with_threads(1);
    assert_eq!(one, with_threads(2));
    assert_eq!(one.seeds(), 13);
    // Seeds are independent streams, another master seed gives other runs, and a run does not
    // depend on how many others there are.
    assert_ne!(one.losses()[0][1], one.losses()[1][1]);
    assert_ne!(one, run(9, &config.clone().with_master_seed(6)));
    let fewer = run(9, &config.with_seeds(2).unwrap());
    assert_eq!(fewer.losses(), &one.losses()[..2]);
}

#[test]
fn progress_counts_every_step_and_can_cancel() {
    let n = 5;
    let k = kernel(&features(n));
    let view = KernelView::new(n, &k).unwrap();
    let config = SampledConfig::new(5, 1, constant(0.1, 0.0), vec![700])
        .and_then(|c| c.with_seeds(3))
        .unwrap();
    let counted = AtomicU64::new(0);
    let count = |steps| {
        counted.fetch_add(steps, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    simulate(view, &residual(n), &config, &count).unwrap();
    assert_eq!(counted.load(Ordering::Relaxed), 2100);
    let cancelled = simulate(view, &residual(n), &config, &|_| ControlFlow::Break(()));
    assert_eq!(cancelled, Err(SampledError::Cancelled));
}

#[test]
fn a_loss_beyond_the_range_of_f64_is_infinite_and_diagnosed() {
    let config = SampledConfig::new(5, 1, constant(1e6, 0.5), vec![1, 400])
        .and_then(|c| c.with_seeds(8))
        .unwrap();
    let simulated = run(5, &config);
    let last = LossStatistics::of(&simulated.losses_at(1));
    assert_eq!(last.mean, f64::INFINITY);
    assert_eq!(last.tails.diverged, 8);
    assert!(last.confidence_interval(0.95).is_none());
    assert!(simulated.losses().iter().flatten().all(|x| !x.is_nan()));
}

#[test]
fn inputs_that_do_not_fit_together_are_refused() {
    let n = 4;
    let k = kernel(&features(n));
    let view = KernelView::new(n, &k).unwrap();
    let config = SampledConfig::new(5, 1, constant(0.1, 0.0), vec![1]).unwrap();
    let go = |f: &[f64], c: &SampledConfig| simulate(view, f, c, &|_| ControlFlow::Continue(()));
    let error = go(&residual(n), &config).unwrap_err().to_string();
    assert!(error.contains("5 points but the kernel has 4"), "{error}");
    let config = SampledConfig::new(4, 1, constant(0.1, 0.0), vec![1]).unwrap();
    assert!(go(&residual(n), &config).is_ok());
    assert!(go(&residual(3), &config).is_err());
    assert!(go(&[1.0, f64::NAN, 0.0, 0.0], &config).is_err());
    assert!(SampledConfig::new(4, 5, constant(0.1, 0.0), vec![1]).is_err());
}
