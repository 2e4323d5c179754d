//! Kernels: from data files to the matrix K = Theta/N, its eigenpairs and the signal of its target.
//!
//! | symbol | meaning | where |
//! |---|---|---|
//! | x_i, y_i | inputs (d numbers each) and targets of N points | [`Dataset`] |
//! | Theta(x, x') | infinite-width neural tangent kernel of a one-hidden-layer ReLU network | [`ntk`] |
//! | K = Theta/N | N x N; its eigenvalues are those of the Hessian | [`KernelProblem`] |
//! | phi_k, lambda_k | eigenvectors and eigenvalues, descending | [`SymmetricEigen`] |
//! | lambda_k C_kk,0 = (phi_k . y)^2 / N | signal of mode k for f_0 = 0 | [`KernelProblem::signal`] |
//!
//! [`mnist`] and [`bike`] build the two problems whose data are compiled into the library, so they
//! need no file at run time.

mod bike;
mod cifar;
mod dataset;
mod eigen;
mod empirical;
mod error;
mod idx;
pub mod ntk;
mod problem;
mod sgemm;
mod shipped;

pub use bike::{BIKE_FEATURES, bike_dataset_from_bytes};
pub use cifar::{cifar_dataset_from_bytes, cifar_dataset_from_file};
pub use dataset::Dataset;
pub use eigen::{SymmetricEigen, symmetric_eigen};
pub use empirical::{
    ImportedKernel, imported_jacobian_from_bytes, imported_jacobian_from_files,
    imported_kernel_from_bytes, imported_kernel_from_files,
};
pub use error::KernelError;
pub use idx::{
    IdxImages, digits_from_bytes, digits_from_files, images_from_bytes, labels_from_bytes,
};
pub use problem::KernelProblem;
pub use sgemm::{SGEMM_FEATURES, sgemm_dataset_from_bytes, sgemm_dataset_from_file};
pub use shipped::{
    BIKE_LIMIT, MNIST_LIMIT, bike, bike_dataset, mnist, mnist_dataset, mnist_test, shipped_files,
};

/// A file's bytes.
fn read_file(path: &std::path::Path) -> Result<Vec<u8>, KernelError> {
    std::fs::read(path).map_err(|error| KernelError::Read {
        source_name: path.display().to_string(),
        reason: error.to_string(),
    })
}
