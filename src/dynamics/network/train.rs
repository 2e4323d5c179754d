//! Training: the same batches for a seed as the linearised regime has.

use super::model::{Gradient, Network, NetworkError};
use super::pass::FirstLayer;
use crate::dynamics::sampled::{
    SampledConfig, SampledError, SampledRun, SeedStore, StepSize, drive, over_seeds,
};
use crate::kernel::Dataset;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use std::ops::ControlFlow;
use thiserror::Error;

/// Batches above this update the first layer by a matrix product.
const FUSED_LIMIT: usize = 16;

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

    fn step(&mut self, batch: &[u32], size: StepSize) {
        let d = self.network.dimension;
        let n = self.network.width;
        let b = batch.len();
        self.inputs.clear();
        self.target.clear();
        for &i in batch {
            let at = i as usize;
            let row = &self.data.features()[at * d..(at + 1) * d];
            self.inputs.extend_from_slice(row);
            self.target.push(self.data.target()[at]);
        }
        self.network
            .hidden(&self.inputs, b, &mut self.hidden, self.par);
        self.gradient.biases.fill(0.0);
        self.gradient.amplitudes.fill(0.0);
        self.network
            .backward(&mut self.hidden, &self.target, &mut self.gradient);
        let (alpha, beta) = (size.learning_rate(), size.momentum());
        let scale = -alpha / (d as f64).sqrt();
        if b <= FUSED_LIMIT {
            FirstLayer {
                dimension: d,
                width: n,
                momentum: beta,
                scale,
                factors: &self.hidden,
                inputs: &self.inputs,
                weights: &mut self.network.weights,
                velocities: &mut self.velocity.weights,
            }
            .run();
        } else {
            for v in &mut self.velocity.weights {
                *v *= beta;
            }
            matmul(
                MatMut::from_row_major_slice_mut(&mut self.velocity.weights, n, d),
                Accum::Add,
                MatRef::from_column_major_slice(&self.hidden, n, b),
                MatRef::from_row_major_slice(&self.inputs, b, d),
                scale,
                self.par,
            );
            let pairs = self.network.weights.iter_mut().zip(&self.velocity.weights);
            pairs.for_each(|(w, v)| *w += v);
        }
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
        drive(
            config,
            seed,
            progress,
            Training::new(network, data, par),
            |run, batch, size| run.step(batch, size),
            |run| run.loss(),
        )
    })?;
    Ok(SampledRun::from_losses(
        config.recorded_steps().to_vec(),
        losses,
    ))
}
