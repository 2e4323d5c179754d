//! Training: the same batches for a seed as the linearised regime has.

use super::model::{Gradient, Network, NetworkError};
use super::pass::{Forward, Update};
use crate::dynamics::sampled::{
    SampledConfig, SampledError, SampledRun, SeedRun, SeedStore, StepSize, drive, over_seeds,
};
use crate::kernel::Dataset;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use std::ops::ControlFlow;
use thiserror::Error;

/// Batches above this go through the first layer by matrix products.
const FUSED_LIMIT: usize = 16;
/// Numbers of a block of weights: with its velocities it stays in a cache near the core while it is
/// scaled, multiplied and added.
const BLOCK: usize = 48 * 1024;

/// Why a network was not trained.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NetworkRunError {
    /// Network and data do not fit.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// As for the linearised regime.
    #[error(transparent)]
    Sampled(#[from] SampledError),
}

/// One run.
struct Training<'a> {
    network: Network,
    velocity: Gradient,
    data: &'a Dataset,
    par: Par,
    inputs: Vec<f64>,
    target: Vec<f64>,
    hidden: Vec<f64>,
    gradient: Gradient,
}

fn zero(network: &Network, weights: usize) -> Gradient {
    Gradient {
        weights: vec![0.0; weights],
        biases: vec![0.0; network.width],
        amplitudes: vec![0.0; network.width],
    }
}

impl<'a> Training<'a> {
    fn new(network: &Network, data: &'a Dataset, par: Par) -> Self {
        Self {
            velocity: zero(network, network.weights.len()),
            gradient: zero(network, 0),
            network: network.clone(),
            data,
            par,
            inputs: Vec::new(),
            target: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// h of a small batch.
    fn forward(&mut self, b: usize) {
        let network = &self.network;
        self.hidden.clear();
        for _ in 0..b {
            self.hidden.extend_from_slice(&network.biases);
        }
        Forward {
            dimension: network.dimension,
            stride: network.width,
            scale: 1.0 / (network.dimension as f64).sqrt(),
            inputs: &self.inputs,
            weights: &network.weights,
            hidden: &mut self.hidden,
        }
        .run();
    }

    /// `v <- beta v + scale dL/dh x^T`, `w <- w + v`, by blocks of neurons.
    fn update_weights(&mut self, b: usize, beta: f64, scale: f64) {
        let (n, d) = (self.network.width, self.network.dimension);
        let rows = (BLOCK / d).max(1);
        let (factors, inputs) = (&self.hidden, &self.inputs);
        let block = |(at, (weights, velocities)): (usize, (&mut [f64], &mut [f64]))| {
            let first = at * rows;
            if b <= FUSED_LIMIT {
                Update {
                    dimension: d,
                    width: n,
                    first,
                    momentum: beta,
                    scale,
                    factors,
                    inputs,
                    weights,
                    velocities,
                }
                .run();
                return;
            }
            for v in &mut *velocities {
                *v *= beta;
            }
            let count = velocities.len() / d;
            matmul(
                MatMut::from_row_major_slice_mut(velocities, count, d),
                Accum::Add,
                MatRef::from_column_major_slice(factors, n, b).subrows(first, count),
                MatRef::from_row_major_slice(inputs, b, d),
                scale,
                Par::Seq,
            );
            for (w, v) in weights.iter_mut().zip(velocities) {
                *w += *v;
            }
        };
        let weights = &mut self.network.weights;
        let velocities = &mut self.velocity.weights;
        match self.par {
            Par::Seq => weights
                .chunks_mut(rows * d)
                .zip(velocities.chunks_mut(rows * d))
                .enumerate()
                .for_each(block),
            Par::Rayon(_) => weights
                .par_chunks_mut(rows * d)
                .zip(velocities.par_chunks_mut(rows * d))
                .enumerate()
                .for_each(block),
        }
    }
}

impl SeedRun for Training<'_> {
    fn step(&mut self, batch: &[u32], size: StepSize) {
        let d = self.network.dimension;
        let b = batch.len();
        self.inputs.clear();
        self.target.clear();
        for &i in batch {
            let at = i as usize;
            let row = &self.data.features()[at * d..(at + 1) * d];
            self.inputs.extend_from_slice(row);
            self.target.push(self.data.target()[at]);
        }
        if b <= FUSED_LIMIT {
            self.forward(b);
        } else {
            self.network
                .hidden(&self.inputs, b, &mut self.hidden, self.par);
        }
        self.gradient.biases.fill(0.0);
        self.gradient.amplitudes.fill(0.0);
        self.network
            .backward(&mut self.hidden, &self.target, &mut self.gradient);
        let (alpha, beta) = (size.learning_rate(), size.momentum());
        self.update_weights(b, beta, -alpha / (d as f64).sqrt());
        let update = |parameters: &mut [f64], velocity: &mut [f64], gradient: &[f64]| {
            for ((p, v), g) in parameters.iter_mut().zip(velocity).zip(gradient) {
                *v = beta * *v - alpha * g;
                *p += *v;
            }
        };
        update(
            &mut self.network.biases,
            &mut self.velocity.biases,
            &self.gradient.biases,
        );
        update(
            &mut self.network.amplitudes,
            &mut self.velocity.amplitudes,
            &self.gradient.amplitudes,
        );
    }

    /// Over all points; infinite instead of NaN after an overflow.
    fn loss(&self) -> f64 {
        let outputs = self.network.outputs_with(self.data, self.par);
        let pairs = outputs.iter().zip(self.data.target());
        let sum: f64 = pairs.map(|(f, y)| (f - y) * (f - y)).sum();
        if sum.is_finite() {
            sum / (2.0 * outputs.len() as f64)
        } else {
            f64::INFINITY
        }
    }

    fn state(&self) -> Vec<f64> {
        let (network, velocity) = (&self.network, &self.velocity);
        [
            &network.weights[..],
            &network.biases,
            &network.amplitudes,
            &velocity.weights,
            &velocity.biases,
            &velocity.amplitudes,
        ]
        .concat()
    }

    fn restore(&mut self, state: &[f64]) -> bool {
        let (network, velocity) = (&mut self.network, &mut self.velocity);
        let parts = [
            &mut network.weights[..],
            &mut network.biases,
            &mut network.amplitudes,
            &mut velocity.weights,
            &mut velocity.biases,
            &mut velocity.amplitudes,
        ];
        let fits = state.len() == parts.iter().map(|part| part.len()).sum::<usize>();
        let mut rest = state;
        for part in parts.into_iter().filter(|_| fits) {
            let (here, after) = rest.split_at(part.len());
            part.copy_from_slice(here);
            rest = after;
        }
        fits
    }
}

/// Trains `network` on `data`, once for each seed of `config` with that seed's batches; every run
/// starts from the network as given. Losses are over all points, at the recorded steps.
///
/// `progress` and `store` as in [`crate::dynamics::sampled::simulate_kept`]. One run uses all threads
/// in its matrix products; several runs share the threads among them.
///
/// # Errors
/// Data that do not fit the network or the configuration; cancelled.
pub fn simulate_network(
    network: &Network,
    data: &Dataset,
    config: &SampledConfig,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    store: &dyn SeedStore,
) -> Result<SampledRun, NetworkRunError> {
    if data.dimension() != network.dimension {
        return Err(NetworkError::Dimension {
            expected: network.dimension,
            got: data.dimension(),
        }
        .into());
    }
    if data.len() != config.dataset_size() {
        return Err(SampledError::DatasetSize {
            expected: config.dataset_size(),
            got: data.len(),
        }
        .into());
    }
    let par = if config.seeds() == 1 {
        Par::rayon(0)
    } else {
        Par::Seq
    };
    let losses = over_seeds(config, store, |seed| {
        let mut run = Training::new(network, data, par);
        drive(config, seed, progress, store, &mut run)
    })?;
    Ok(SampledRun::from_losses(
        config.recorded_steps().to_vec(),
        losses,
    ))
}
