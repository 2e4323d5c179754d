//! Exact second moments: a step against the form with five matrix products, and a late step by the contour
//! against iterating to it. `cargo bench --bench exact`.

use divan::{Bencher, black_box};
use faer::{Mat, Scale};
use std::ops::ControlFlow;
use tauber::dynamics::{ExactMoments, KernelView, LongTimeMoments};

fn main() {
    divan::main();
}

fn problem(n: usize) -> (Vec<f64>, Vec<f64>) {
    let entries = (0..n * n)
        .map(|e| {
            let d = ((e / n) as f64 - (e % n) as f64) / n as f64;
            (-20.0 * d.abs()).exp() / n as f64
        })
        .collect();
    let residual = (0..n).map(|i| (2.1 * i as f64).cos() + 0.3).collect();
    (entries, residual)
}

fn moments(n: usize) -> ExactMoments {
    let (entries, residual) = problem(n);
    ExactMoments::new(KernelView::new(n, &entries).unwrap(), &residual, 10).unwrap()
}

#[divan::bench(args = [300, 1000], sample_count = 5)]
fn step(bencher: Bencher, n: usize) {
    let mut exact = moments(n);
    exact.step(0.5, 0.5).unwrap();
    bencher.bench_local(move || exact.step(0.5, 0.5));
}

/// (55)-(56) in the basis of the points, as the authors' code does it: K C, (K C) K, K J, K (N diag c - C)
/// and that times K.
#[divan::bench(args = [300, 1000], sample_count = 5)]
fn step_with_five_products(bencher: Bencher, n: usize) {
    let (entries, residual) = problem(n);
    let k = Mat::from_fn(n, n, |i, j| entries[i * n + j]);
    let mut c = Mat::from_fn(n, n, |i, j| residual[i] * residual[j]);
    let mut j = Mat::<f64>::zeros(n, n);
    let mut v = Mat::<f64>::zeros(n, n);
    let (alpha, beta, gamma) = (0.5, 0.5, (n - 10) as f64 / ((n - 1) as f64 * 10.0));
    bencher.bench_local(move || {
        let kc = &k * &c;
        let kck = &kc * &k;
        let kj = &k * &j;
        let middle = Mat::from_fn(n, n, |a, b| {
            if a == b {
                (n as f64 - 1.0) * c[(a, b)]
            } else {
                -c[(a, b)]
            }
        });
        let left = &k * &middle;
        let sigma = &left * &k;
        let v_new = Scale(alpha * alpha) * &kck - Scale(alpha * beta) * (&kj + kj.transpose())
            + Scale(beta * beta) * &v
            + Scale(gamma * alpha * alpha) * &sigma;
        let cross = Scale(beta) * &j - Scale(alpha) * kc.transpose();
        let j_new = &cross + &v_new;
        c = &c + cross.transpose() + &j_new;
        j = j_new;
        v = v_new;
        black_box(c[(0, 0)])
    });
}

/// One product of N x N matrices, for the rate: 2 N^3 flop.
#[divan::bench(args = [300, 1000], sample_count = 5)]
fn one_product(bencher: Bencher, n: usize) {
    let (entries, _) = problem(n);
    let k = Mat::from_fn(n, n, |i, j| entries[i * n + j]);
    bencher.bench_local(move || black_box(&k * &k));
}

#[divan::bench(args = [0.0, 0.5], sample_count = 3)]
fn loss_at_step_10000_by_contour(bencher: Bencher, momentum: f64) {
    let exact = moments(300);
    let long = LongTimeMoments::new(exact, 0.5, momentum).unwrap();
    bencher.bench_local(move || long.losses(&[10_000], &|| ControlFlow::Continue(())));
}

#[divan::bench(args = [0.0, 0.5], sample_count = 1, sample_size = 1)]
fn loss_at_step_10000_by_iteration(bencher: Bencher, momentum: f64) {
    let mut exact = moments(300);
    bencher.bench_local(move || exact.run(0.5, momentum, 10_000));
}
