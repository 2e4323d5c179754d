//! The parameters, the function, its gradient and its tangent kernel.

use crate::kernel::Dataset;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use thiserror::Error;

/// Points whose hidden layer is computed at a time.
const CHUNK: usize = 256;

/// Why there is no such network.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NetworkError {
    /// Width 0.
    #[error("a network needs at least one neuron, got width 0")]
    NoNeurons,
    /// Input dimension 0.
    #[error("a network needs at least one input, got dimension 0")]
    NoInputs,
    /// An odd width cannot be symmetric.
    #[error("a symmetric start needs an even width, got {0}: neurons come in pairs")]
    OddWidth(usize),
    /// Inputs of another dimension.
    #[error("the network takes {expected} inputs, the data have {got}")]
    Dimension {
        /// d of the network.
        expected: usize,
        /// d of the data.
        got: usize,
    },
    /// Too many parameters.
    #[error("{width} neurons with {dimension} inputs each are too many parameters")]
    TooLarge {
        /// n.
        width: usize,
        /// d.
        dimension: usize,
    },
}

/// A network; see the module's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub(super) width: usize,
    pub(super) dimension: usize,
    /// n x d, row-major.
    pub(super) weights: Vec<f64>,
    pub(super) biases: Vec<f64>,
    pub(super) amplitudes: Vec<f64>,
}

/// The gradient of a batch's loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// By w, n x d, row-major.
    pub weights: Vec<f64>,
    /// By b.
    pub biases: Vec<f64>,
    /// By c.
    pub amplitudes: Vec<f64>,
}

impl Network {
    /// Standard normal parameters from `seed` (ChaCha8; independent of the batches of that seed).
    ///
    /// # Errors
    /// [`NetworkError`]: no neurons or inputs, an odd width with `symmetric`, too many parameters.
    pub fn random(
        width: usize,
        dimension: usize,
        symmetric: bool,
        seed: u64,
    ) -> Result<Self, NetworkError> {
        if width == 0 {
            return Err(NetworkError::NoNeurons);
        }
        if dimension == 0 {
            return Err(NetworkError::NoInputs);
        }
        if symmetric && !width.is_multiple_of(2) {
            return Err(NetworkError::OddWidth(width));
        }
        let parameters = width
            .checked_mul(dimension)
            .filter(|&p| p <= 1 << 32)
            .ok_or(NetworkError::TooLarge { width, dimension })?;
        let mut key = *b"________ network initialisation ";
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        let drawn = if symmetric { width / 2 } else { width };
        let mut normal = |count: usize| -> Vec<f64> {
            (0..count)
                .map(|_| StandardNormal.sample(&mut rng))
                .collect()
        };
        let mut weights = normal(drawn * dimension);
        let mut biases = normal(drawn);
        let mut amplitudes = normal(drawn);
        if symmetric {
            weights.reserve_exact(parameters - weights.len());
            weights.extend_from_within(..);
            biases.extend_from_within(..);
            amplitudes.extend(amplitudes.clone().into_iter().map(|c| -c));
        }
        Ok(Self {
            width,
            dimension,
            weights,
            biases,
            amplitudes,
        })
    }

    /// n.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// d.
    pub const fn dimension(&self) -> usize {
        self.dimension
    }

    /// Weights (n x d, row-major), biases and amplitudes.
    pub fn parameters(&self) -> [&[f64]; 3] {
        [&self.weights, &self.biases, &self.amplitudes]
    }

    /// The same, to be changed.
    pub fn parameters_mut(&mut self) -> [&mut [f64]; 3] {
        [&mut self.weights, &mut self.biases, &mut self.amplitudes]
    }

    fn fits(&self, data: &Dataset) -> Result<(), NetworkError> {
        if data.dimension() == self.dimension {
            Ok(())
        } else {
            Err(NetworkError::Dimension {
                expected: self.dimension,
                got: data.dimension(),
            })
        }
    }

    /// h of `count` inputs (row-major): column r of the n x count result is that of input r.
    pub(super) fn hidden(&self, inputs: &[f64], count: usize, out: &mut Vec<f64>, par: Par) {
        let (n, d) = (self.width, self.dimension);
        out.clear();
        out.reserve(n * count);
        for _ in 0..count {
            out.extend_from_slice(&self.biases);
        }
        matmul(
            MatMut::from_column_major_slice_mut(out, n, count),
            Accum::Add,
            MatRef::from_row_major_slice(&self.weights, n, d),
            MatRef::from_row_major_slice(inputs, count, d).transpose(),
            1.0 / (d as f64).sqrt(),
            par,
        );
    }

    /// f from a column of h.
    pub(super) fn output(&self, hidden: &[f64]) -> f64 {
        let sum: f64 = hidden
            .iter()
            .zip(&self.amplitudes)
            .map(|(h, c)| c * h.max(0.0))
            .sum();
        sum / (self.width as f64).sqrt()
    }

    /// f(x_i) of all points.
    ///
    /// # Errors
    /// Data of another dimension.
    pub fn outputs(&self, data: &Dataset) -> Result<Vec<f64>, NetworkError> {
        self.fits(data)?;
        Ok(self.outputs_with(data, Par::rayon(0)))
    }

    pub(super) fn outputs_with(&self, data: &Dataset, par: Par) -> Vec<f64> {
        let d = self.dimension;
        let mut hidden = Vec::new();
        let mut outputs = Vec::with_capacity(data.len());
        for inputs in data.features().chunks(CHUNK * d) {
            let count = inputs.len() / d;
            self.hidden(inputs, count, &mut hidden, par);
            outputs.extend(hidden.chunks_exact(self.width).map(|h| self.output(h)));
        }
        outputs
    }

    /// f(x_i) - y_i: the initial residual of the linearised regimes.
    ///
    /// # Errors
    /// Data of another dimension.
    pub fn residual(&self, data: &Dataset) -> Result<Vec<f64>, NetworkError> {
        let outputs = self.outputs(data)?;
        Ok(outputs
            .iter()
            .zip(data.target())
            .map(|(f, y)| f - y)
            .collect())
    }

    /// `1/(2N) sum (f(x_i) - y_i)^2` over all points.
    ///
    /// # Errors
    /// Data of another dimension.
    pub fn loss(&self, data: &Dataset) -> Result<f64, NetworkError> {
        let residual = self.residual(data)?;
        let sum: f64 = residual.iter().map(|r| r * r).sum();
        Ok(sum / (2.0 * residual.len() as f64))
    }

    /// The gradient of that loss, by backpropagation.
    ///
    /// # Errors
    /// Data of another dimension.
    pub fn gradient(&self, data: &Dataset) -> Result<Gradient, NetworkError> {
        self.fits(data)?;
        let (n, d, b) = (self.width, self.dimension, data.len());
        let mut hidden = Vec::new();
        self.hidden(data.features(), b, &mut hidden, Par::rayon(0));
        let mut gradient = Gradient {
            weights: vec![0.0; n * d],
            biases: vec![0.0; n],
            amplitudes: vec![0.0; n],
        };
        self.backward(&mut hidden, data.target(), &mut gradient);
        matmul(
            MatMut::from_row_major_slice_mut(&mut gradient.weights, n, d),
            Accum::Replace,
            MatRef::from_column_major_slice(&hidden, n, b),
            MatRef::from_row_major_slice(data.features(), b, d),
            1.0 / (d as f64).sqrt(),
            Par::rayon(0),
        );
        Ok(gradient)
    }

    /// Adds the gradients by b and c to `gradient` and turns h into dL/dh.
    pub(super) fn backward(&self, hidden: &mut [f64], target: &[f64], gradient: &mut Gradient) {
        let root = (self.width as f64).sqrt();
        let scale = 1.0 / (target.len() as f64 * root);
        for (h, y) in hidden.chunks_exact_mut(self.width).zip(target) {
            let slope = (self.output(h) - y) * scale;
            let sums = gradient.amplitudes.iter_mut().zip(&mut gradient.biases);
            for ((h, c), (dc, db)) in h.iter_mut().zip(&self.amplitudes).zip(sums) {
                *dc += slope * h.max(0.0);
                *h = if *h > 0.0 { slope * c } else { 0.0 };
                *db += *h;
            }
        }
    }

    /// Theta_n(x_i, x_j), row-major N x N, exactly symmetric, not divided by N:
    ///
    /// ```text
    /// Theta_n = (1/n) A A^T + (x . x'/d + 1) * (1/n) G G^T,   A = relu(h),   G = c 1[h > 0]
    /// ```
    ///
    /// O(N^2 (n + d)).
    ///
    /// # Errors
    /// Data of another dimension.
    pub fn tangent_kernel(&self, data: &Dataset) -> Result<Vec<f64>, NetworkError> {
        self.fits(data)?;
        let (n, d, points) = (self.width, self.dimension, data.len());
        let mut hidden = Vec::new();
        self.hidden(data.features(), points, &mut hidden, Par::rayon(0));
        let gram = |columns: &[f64], rows: usize, scale: f64| {
            let mut out = vec![0.0; points * points];
            let x = MatRef::from_column_major_slice(columns, rows, points);
            matmul(
                MatMut::from_column_major_slice_mut(&mut out, points, points),
                Accum::Replace,
                x.transpose(),
                x,
                scale,
                Par::rayon(0),
            );
            out
        };
        let active: Vec<f64> = hidden.iter().map(|h| h.max(0.0)).collect();
        let layer_2 = gram(&active, n, 1.0 / n as f64);
        drop(active);
        for h in hidden.chunks_exact_mut(n) {
            for (h, c) in h.iter_mut().zip(&self.amplitudes) {
                *h = if *h > 0.0 { *c } else { 0.0 };
            }
        }
        let layer_1 = gram(&hidden, n, 1.0 / n as f64);
        let inputs = gram(data.features(), d, 1.0 / d as f64);
        let mut theta = vec![0.0; points * points];
        for i in 0..points {
            for j in 0..=i {
                let at = i * points + j;
                let value = layer_2[at] + (inputs[at] + 1.0) * layer_1[at];
                theta[at] = value;
                theta[j * points + i] = value;
            }
        }
        Ok(theta)
    }
}
