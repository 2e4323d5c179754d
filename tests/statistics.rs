//! Sampled means: intervals that cover, equality with the exact second moments for two generators, and
//! the model error of SE told apart from sampling noise.

use std::ops::ControlFlow;
use tauber::dynamics::sampled::{
    Generator, LossStatistics, SampledConfig, SampledRun, Schedule, StepSize, simulate,
};
use tauber::dynamics::{ExactMoments, KernelView, SeRecursion};
use tauber::kernel::{KernelProblem, mnist};
use tauber::moment::{Hyperparameters, noise_amplitude_of_batch};

const STEPS: [u64; 4] = [1, 3, 10, 30];

fn sample(
    problem: &KernelProblem,
    [alpha, beta]: [f64; 2],
    batch: u64,
    seeds: u64,
    generator: Generator,
) -> SampledRun {
    let n = problem.dataset_size();
    let view = KernelView::new(n, problem.kernel_row_major()).unwrap();
    let size = StepSize::new(alpha, beta).unwrap();
    let config = SampledConfig::new(n as u64, batch, Schedule::Constant(size), STEPS.to_vec())
        .and_then(|c| c.with_seeds(seeds))
        .unwrap()
        .with_master_seed(2_022)
        .with_generator(generator);
    let go = |_| ControlFlow::Continue(());
    simulate(view, &problem.initial_residual(), &config, &go).unwrap()
}

fn exact(problem: &KernelProblem, [alpha, beta]: [f64; 2], batch: u64) -> Vec<f64> {
    let view = KernelView::new(problem.dataset_size(), problem.kernel_row_major()).unwrap();
    let mut moments = ExactMoments::new(view, &problem.initial_residual(), batch).unwrap();
    moments.run(alpha, beta, 30).unwrap()
}

#[test]
fn the_mean_over_seeds_is_the_exact_one_for_two_generators() {
    let problem = mnist(40).unwrap();
    for (size, batch) in [([0.3, 0.0], 4), ([0.2, 0.6], 10), ([0.4, -0.5], 4)] {
        let expected = exact(&problem, size, batch);
        let wrong = exact(&problem, size, batch / 2);
        let runs = [Generator::ChaCha8, Generator::Xoshiro256]
            .map(|generator| sample(&problem, size, batch, 2048, generator));
        for run in &runs {
            let mut most = 0.0_f64;
            for (&step, s) in STEPS.iter().zip(run.statistics()) {
                let z = s.z_score(expected[step as usize]);
                assert!(z.abs() < 4.0, "b {batch}, {size:?}, step {step}: z {z}");
                most = most.max(s.z_score(wrong[step as usize]).abs());
            }
            // Half the batch has another mean, and these seeds see it.
            assert!(most > 4.0, "no power: {most}");
        }
        // The generators do not share their batches.
        assert_ne!(runs[0].losses()[0], runs[1].losses()[0]);
    }
}

#[test]
fn sixty_four_seeds_suffice_for_an_interval_that_covers() {
    let problem = mnist(30).unwrap();
    let size = [0.2, 0.0];
    let expected = exact(&problem, size, 10)[10];
    let run = sample(&problem, size, 10, 64 * 200, Generator::Xoshiro256);
    let losses = run.losses_at(2);
    let (mut covered, mut narrow) = (0, 0);
    for group in losses.chunks_exact(64) {
        let s = LossStatistics::of(group);
        assert!(s.z_score(expected).abs() < 5.0);
        let inside = |level: f64| {
            let [low, high] = s.confidence_interval(level).unwrap();
            u32::from(low <= expected && expected <= high)
        };
        covered += inside(0.95);
        narrow += inside(0.5);
    }
    // Binomial(200, 0.95): mean 190, deviation 3.1; skewed losses cover a little less.
    assert!(
        (176..=199).contains(&covered),
        "{covered} of 200 intervals cover"
    );
    assert!(
        (75..=125).contains(&narrow),
        "{narrow} of 200 intervals at 50 %"
    );
}

#[test]
fn the_error_of_se_is_resolved_where_it_is_large_and_is_no_sampling_noise() {
    // Orthogonal features (Phi = 1): far from what SE assumes. The exact moments have no sampling noise.
    let n = 16;
    let mut k = vec![0.0; n * n];
    for i in 0..n {
        k[i * (n + 1)] = 0.9_f64.powi(i as i32) / n as f64 * 4.0;
    }
    let target = (0..n).map(|i| 1.0 / (1.0 + i as f64)).collect();
    let problem = KernelProblem::from_kernel(k, target).unwrap();
    let (size, batch) = ([0.5, 0.0], 2);
    let gamma = noise_amplitude_of_batch(batch, Some(n as u64)).unwrap();
    let hyperparameters = Hyperparameters::new(size[0], size[1], gamma, 1.0).unwrap();
    let se = SeRecursion::new(&problem.spectrum().unwrap(), &hyperparameters)
        .unwrap()
        .run(30);
    let expected = exact(&problem, size, batch);
    let run = sample(&problem, size, batch, 4096, Generator::ChaCha8);
    let mut resolved = 0;
    for (&step, s) in STEPS.iter().zip(run.statistics()) {
        let t = step as usize;
        assert!(s.z_score(expected[t]).abs() < 4.0, "step {step}");
        resolved += usize::from(s.z_score(se[t]).abs() > 6.0);
        // The distance of SE is the same from the samples as from the exact moments, to 4 errors.
        let model_error = se[t] - expected[t];
        let seen = se[t] - s.mean;
        assert!((model_error - seen).abs() < 4.0 * s.standard_error);
    }
    assert!(resolved >= 2, "{resolved}");
}
