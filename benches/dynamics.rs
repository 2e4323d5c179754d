//! Time per step of the dynamics. `cargo bench --bench dynamics`; ratios to C and NumPy come from
//! `benches/peers/run.py`.

use divan::{Bencher, black_box};
use tauber::dynamics::sampled::{SampledConfig, Schedule, StepSize, simulate};
use tauber::dynamics::{ExactMoments, KernelView, SeRecursion};
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;

fn main() {
    divan::main();
}

fn recursion(n: usize, momentum: f64) -> SeRecursion {
    let power = |exponent: f64| (1..=n).map(|k| (k as f64).powf(exponent)).collect();
    let spectrum = Spectrum::new(power(-1.5), Some(power(-1.75))).unwrap();
    let hyperparameters = Hyperparameters::new(1.0, momentum, 0.1, 1.0).unwrap();
    SeRecursion::new(&spectrum, &hyperparameters).unwrap()
}

fn kernel(n: usize) -> (Vec<f64>, Vec<f64>) {
    let entries = (0..n * n)
        .map(|e| {
            let d = ((e / n) as f64 - (e % n) as f64) / n as f64;
            (-20.0 * d * d).exp() / n as f64
        })
        .collect();
    let residual = (0..n).map(|i| (2.1 * i as f64).cos() + 0.3).collect();
    (entries, residual)
}

/// 100 steps with momentum.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn se_100_steps(bencher: Bencher, n: usize) {
    let mut run = recursion(n, 0.5);
    bencher.bench_local(move || black_box(run.advance_by(100)));
}

/// 100 steps without momentum: C alone.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn se_100_steps_momentum_0(bencher: Bencher, n: usize) {
    let mut run = recursion(n, 0.0);
    bencher.bench_local(move || black_box(run.advance_by(100)));
}

/// One seed, 1000 steps, N = 1000, including the copy of the kernel.
#[divan::bench(args = [1, 10, 100])]
fn sampled_1000_steps(bencher: Bencher, batch: u64) {
    let (entries, residual) = kernel(1_000);
    let schedule = Schedule::Constant(StepSize::new(0.02, 0.5).unwrap());
    let config = SampledConfig::new(1_000, batch, schedule, vec![1_000]).unwrap();
    let view = KernelView::new(1_000, &entries).unwrap();
    bencher.bench_local(|| {
        simulate(view, &residual, &config, &|_| {
            std::ops::ControlFlow::Continue(())
        })
    });
}

/// One step averaged over all batches.
#[divan::bench(args = [100, 300])]
fn exact_moments_step(bencher: Bencher, n: usize) {
    let (entries, residual) = kernel(n);
    let view = KernelView::new(n, &entries).unwrap();
    let mut exact = ExactMoments::new(view, &residual, 10).unwrap();
    bencher.bench_local(move || exact.step(0.02, 0.5));
}
