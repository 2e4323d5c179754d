//! Why a simulation gave no result.

use super::config::SampledConfigError;
use crate::dynamics::kernel_view::KernelViewError;
use thiserror::Error;

/// Why a simulation gave no result.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SampledError {
    /// The residual does not fit the kernel.
    #[error(transparent)]
    Kernel(#[from] KernelViewError),
    /// The configuration is for another dataset size.
    #[error("the configuration is for {expected} points but the kernel has {got}")]
    DatasetSize {
        /// N of the configuration.
        expected: usize,
        /// N of the kernel.
        got: usize,
    },
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] SampledConfigError),
    /// The hook asked to stop.
    #[error("the simulation was cancelled")]
    Cancelled,
}
