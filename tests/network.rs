//! The network: gradient, tangent kernel, initial function, training step, and its closeness to the
//! infinite-width kernel and to the linearised regime as the width grows.

use std::ops::ControlFlow;
use tauber::dynamics::KernelView;
use tauber::dynamics::network::{Network, simulate_network};
use tauber::dynamics::sampled::{NothingKept, SampledConfig, Schedule, StepSize, simulate};
use tauber::kernel::{Dataset, bike_dataset, ntk};

fn go(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn small() -> Dataset {
    let features = (0..20).map(|i| (f64::from(i) * 1.3).sin()).collect();
    Dataset::new(features, 5, vec![1.0, -0.5, 0.3, 2.0]).unwrap()
}

/// Bike rows with a target of mean 0 and variance 1.
fn rows(n: u64) -> Dataset {
    let data = bike_dataset(n).unwrap();
    let y = data.target();
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let variance = y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / y.len() as f64;
    let target = y.iter().map(|y| (y - mean) / variance.sqrt()).collect();
    Dataset::new(data.features().to_vec(), data.dimension(), target).unwrap()
}

fn config(n: u64, batch: u64, alpha: f64, beta: f64, steps: &[u64]) -> SampledConfig {
    let size = StepSize::new(alpha, beta).unwrap();
    SampledConfig::new(n, batch, Schedule::Constant(size), steps.to_vec())
        .unwrap()
        .with_master_seed(11)
}

/// Central differences of `f` by every parameter of the network.
fn differences(network: &Network, f: impl Fn(&Network) -> f64) -> Vec<f64> {
    let h = 1e-6;
    let sizes = network.parameters().map(<[f64]>::len);
    let mut slopes = Vec::new();
    for (part, size) in sizes.into_iter().enumerate() {
        for at in 0..size {
            let moved = |by: f64| {
                let mut other = network.clone();
                other.parameters_mut()[part][at] += by;
                f(&other)
            };
            slopes.push((moved(h) - moved(-h)) / (2.0 * h));
        }
    }
    slopes
}

#[test]
fn backpropagation_is_the_finite_difference_of_the_loss() {
    let data = small();
    for symmetric in [false, true] {
        let network = Network::random(8, 5, symmetric, 3).unwrap();
        let gradient = network.gradient(&data).unwrap();
        let expected = differences(&network, |n| n.loss(&data).unwrap());
        let got = [gradient.weights, gradient.biases, gradient.amplitudes].concat();
        assert_eq!(got.len(), expected.len());
        for (x, y) in got.iter().zip(&expected) {
            assert!((x - y).abs() < 1e-8, "{x} {y}");
        }
        assert!(expected.iter().any(|x| x.abs() > 1e-2));
        // Of a loss without its factor 1/2 it would be twice that.
        let wrong = got
            .iter()
            .zip(&expected)
            .any(|(x, y)| (2.0 * x - y).abs() > 1e-3);
        assert!(wrong);
    }
}

#[test]
fn the_tangent_kernel_is_the_product_of_finite_difference_jacobians() {
    let data = small();
    let network = Network::random(6, 5, false, 5).unwrap();
    let theta = network.tangent_kernel(&data).unwrap();
    let jacobian: Vec<Vec<f64>> = (0..4)
        .map(|i| differences(&network, |n| n.outputs(&data).unwrap()[i]))
        .collect();
    for i in 0..4 {
        for j in 0..4 {
            let expected: f64 = jacobian[i]
                .iter()
                .zip(&jacobian[j])
                .map(|(a, b)| a * b)
                .sum();
            assert!((theta[4 * i + j] - expected).abs() < 1e-7, "{i} {j}");
        }
    }
}

#[test]
fn a_symmetric_start_is_the_zero_function_and_another_is_not() {
    let data = small();
    let zero = Network::random(10, 5, true, 1).unwrap();
    assert!(zero.outputs(&data).unwrap().iter().all(|f| f.abs() < 1e-15));
    let other = Network::random(10, 5, false, 1).unwrap();
    assert!(other.outputs(&data).unwrap().iter().any(|f| f.abs() > 0.01));
}

#[test]
fn the_empirical_kernel_tends_to_that_of_infinite_width_as_one_over_root_n() {
    let data = rows(12);
    let limit = ntk::ntk_matrix(data.features(), data.dimension());
    let size: f64 = limit.iter().map(|x| x * x).sum();
    let deviation = |width: usize| {
        let mean_square = (0..24)
            .map(|seed| {
                let network = Network::random(width, data.dimension(), false, seed).unwrap();
                let theta = network.tangent_kernel(&data).unwrap();
                let pairs = theta.iter().zip(&limit);
                pairs.map(|(x, y)| (x - y).powi(2)).sum::<f64>() / size
            })
            .sum::<f64>()
            / 24.0;
        mean_square.sqrt()
    };
    let (narrow, wide) = (deviation(128), deviation(2048));
    // Sixteen times the width: a quarter of the deviation.
    let ratio = narrow / wide;
    assert!(
        (3.0..5.3).contains(&ratio),
        "{narrow} {wide}: ratio {ratio}"
    );
    assert!(wide < 0.1, "{wide}");
}

/// v' = -alpha grad + beta v, theta' = theta + v', literally, for full batches on both sides of the limit
/// between the fused pass and the product.
#[test]
fn a_training_step_is_the_literal_update_for_either_sign_of_momentum() {
    for (points, beta) in [(6, 0.7), (6, -0.4), (24, 0.7), (24, -0.4)] {
        let data = rows(points);
        let network = Network::random(9, data.dimension(), false, 2).unwrap();
        let alpha = 0.3;
        let steps = [0, 1, 2, 3, 4];
        let found = simulate_network(
            &network,
            &data,
            &config(points, points, alpha, beta, &steps),
            &go,
            &NothingKept,
        )
        .unwrap();
        let mut literal = network.clone();
        let mut velocity = network.parameters().map(|p| vec![0.0; p.len()]);
        for loss in &found.losses()[0] {
            let expected = literal.loss(&data).unwrap();
            assert!(
                (loss - expected).abs() < 1e-12 * expected,
                "{points} {beta}"
            );
            let g = literal.gradient(&data).unwrap();
            let gradient = [g.weights, g.biases, g.amplitudes];
            let parts = literal.parameters_mut().into_iter().zip(&mut velocity);
            for ((theta, v), g) in parts.zip(&gradient) {
                for ((theta, v), g) in theta.iter_mut().zip(v).zip(g) {
                    *v = -alpha * g + beta * *v;
                    *theta += *v;
                }
            }
        }
        // It learns, and momentum matters.
        let losses = &found.losses()[0];
        assert!(losses[4] < losses[0]);
        let other = simulate_network(
            &network,
            &data,
            &config(points, points, alpha, 0.0, &steps),
            &go,
            &NothingKept,
        )
        .unwrap();
        assert!((other.losses()[0][4] / losses[4] - 1.0).abs() > 1e-4);
    }
}

#[test]
fn a_wide_network_follows_the_linearised_regime_with_the_same_batches() {
    let data = rows(16);
    let steps = [0, 10, 40, 80];
    let deviation = |width: usize, beta: f64| {
        let seeds = 4;
        (0..seeds)
            .map(|start| {
                let network = Network::random(width, data.dimension(), true, start).unwrap();
                let config = config(16, 4, 0.15, beta, &steps);
                let trained = simulate_network(&network, &data, &config, &go, &NothingKept);
                let mut k = network.tangent_kernel(&data).unwrap();
                k.iter_mut().for_each(|x| *x /= 16.0);
                let view = KernelView::new(16, &k).unwrap();
                let residual = network.residual(&data).unwrap();
                let linear = simulate(view, &residual, &config, &go).unwrap();
                let trained = trained.unwrap();
                let pairs = trained.losses()[0].iter().zip(&linear.losses()[0]);
                pairs.map(|(x, y)| (x / y - 1.0).abs()).fold(0.0, f64::max)
            })
            .sum::<f64>()
            / seeds as f64
    };
    for beta in [0.5, -0.4] {
        let (narrow, wide) = (deviation(128, beta), deviation(2048, beta));
        println!("beta {beta}: {narrow} {wide}");
        assert!(wide < 0.05, "beta {beta}: {wide}");
        assert!(
            (2.0..8.0).contains(&(narrow / wide)),
            "beta {beta}: {narrow} {wide}"
        );
    }
    // Other batches are another run: the agreement is not by chance.
    let network = Network::random(2048, data.dimension(), true, 0).unwrap();
    let one = config(16, 4, 0.15, 0.5, &steps);
    let two = one.clone().with_master_seed(12);
    let [x, y] = [one, two].map(|c| {
        simulate_network(&network, &data, &c, &go, &NothingKept)
            .unwrap()
            .losses()[0][2]
    });
    assert!((x / y - 1.0).abs() > 0.02, "{x} {y}");
}

#[test]
fn networks_that_cannot_be_are_refused_with_what_would_be_right() {
    let text = |r: Result<Network, _>| -> String {
        let error: tauber::dynamics::network::NetworkError = r.unwrap_err();
        error.to_string()
    };
    assert!(text(Network::random(0, 5, false, 0)).contains("at least one neuron"));
    assert!(text(Network::random(4, 0, false, 0)).contains("at least one input"));
    assert!(text(Network::random(5, 5, true, 0)).contains("even width, got 5"));
    assert!(text(Network::random(usize::MAX, 5, false, 0)).contains("too many parameters"));
    let network = Network::random(4, 3, false, 0).unwrap();
    let error = network.outputs(&small()).unwrap_err().to_string();
    assert!(error.contains("takes 3 inputs, the data have 5"), "{error}");
    let network = Network::random(4, 5, false, 0).unwrap();
    let wrong = config(9, 1, 0.1, 0.0, &[1]);
    assert!(simulate_network(&network, &small(), &wrong, &go, &NothingKept).is_err());
}
