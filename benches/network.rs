//! Training steps of the network, d = 784. `cargo bench --bench network`; the same steps in PyTorch:
//! `benches/peers/network_torch.py`.

use divan::Bencher;
use std::ops::ControlFlow;
use tauber::dynamics::network::{Network, simulate_network};
use tauber::dynamics::sampled::{NothingKept, SampledConfig, Schedule, StepSize};
use tauber::kernel::mnist_dataset;

fn main() {
    divan::main();
}

/// 100 steps of width 1000, momentum 0.5, and one evaluation of the loss over 100 digits.
#[divan::bench(args = [1, 10, 100], sample_count = 5)]
fn steps_100(bencher: Bencher, batch: u64) {
    let data = mnist_dataset(100).unwrap();
    let network = Network::random(1000, data.dimension(), false, 1).unwrap();
    let size = StepSize::new(0.1, 0.5).unwrap();
    let config = SampledConfig::new(100, batch, Schedule::Constant(size), vec![100]).unwrap();
    bencher.bench_local(|| {
        let go = |_| ControlFlow::Continue(());
        simulate_network(&network, &data, &config, &go, &NothingKept)
    });
}

/// Theta_n of 1,000 digits.
#[divan::bench(args = [1000], sample_count = 3)]
fn tangent_kernel(bencher: Bencher, width: usize) {
    let data = mnist_dataset(1000).unwrap();
    let network = Network::random(width, data.dimension(), false, 1).unwrap();
    bencher.bench_local(|| network.tangent_kernel(&data));
}
