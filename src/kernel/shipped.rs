//! The data compiled into the library: 1,000 + 1,000 MNIST digits and the hourly bike-sharing table.
//!
//! Origin, licence and checksums are in NOTICE.

use super::{Dataset, KernelError, KernelProblem, bike_dataset_from_bytes, digits_from_bytes};

/// Digits in each of the two shipped MNIST files: the first of the official training and test sets.
pub const MNIST_LIMIT: usize = 1000;

/// The largest N of `bike:N`: beyond it the dense eigenproblem takes minutes and gigabytes.
pub const BIKE_LIMIT: usize = 5000;

static TRAIN_IMAGES: &[u8] = include_bytes!("../../data/mnist/train1k-images-idx3-ubyte.gz");
static TRAIN_LABELS: &[u8] = include_bytes!("../../data/mnist/train1k-labels-idx1-ubyte.gz");
static TEST_IMAGES: &[u8] = include_bytes!("../../data/mnist/t1k-images-idx3-ubyte.gz");
static TEST_LABELS: &[u8] = include_bytes!("../../data/mnist/t1k-labels-idx1-ubyte.gz");
static HOUR: &[u8] = include_bytes!("../../data/bike/hour.csv.gz");

/// Every file compiled in: its name in the repository and its bytes.
pub fn shipped_files() -> [(&'static str, &'static [u8]); 5] {
    [
        ("data/mnist/train1k-images-idx3-ubyte.gz", TRAIN_IMAGES),
        ("data/mnist/train1k-labels-idx1-ubyte.gz", TRAIN_LABELS),
        ("data/mnist/t1k-images-idx3-ubyte.gz", TEST_IMAGES),
        ("data/mnist/t1k-labels-idx1-ubyte.gz", TEST_LABELS),
        ("data/bike/hour.csv.gz", HOUR),
    ]
}

fn within(name: &str, n: u64, limit: usize) -> Result<usize, KernelError> {
    usize::try_from(n)
        .ok()
        .filter(|n| (1..=limit).contains(n))
        .ok_or_else(|| KernelError::DatasetSize {
            name: name.to_owned(),
            limit,
            got: n,
        })
}

/// The first `n` training digits: 784 pixels / 255, the label as a real number.
///
/// # Errors
/// `n` outside `1..=1000`.
pub fn mnist_dataset(n: u64) -> Result<Dataset, KernelError> {
    let n = within("mnist", n, MNIST_LIMIT)?;
    let names = ["shipped MNIST images", "shipped MNIST labels"];
    digits_from_bytes(TRAIN_IMAGES, TRAIN_LABELS, names, Some(n))
}

/// The first `n` test digits.
///
/// # Errors
/// `n` outside `1..=1000`.
pub fn mnist_test(n: u64) -> Result<Dataset, KernelError> {
    let n = within("mnist test set", n, MNIST_LIMIT)?;
    let names = ["shipped MNIST test images", "shipped MNIST test labels"];
    digits_from_bytes(TEST_IMAGES, TEST_LABELS, names, Some(n))
}

/// The first `n` rows of the bike-sharing table in its fixed order (see
/// [`bike_dataset_from_bytes`]).
///
/// # Errors
/// `n` outside `1..=5000`.
pub fn bike_dataset(n: u64) -> Result<Dataset, KernelError> {
    let n = within("bike", n, BIKE_LIMIT)?;
    let all = bike_dataset_from_bytes(HOUR, "shipped hour.csv.gz")?;
    all.first(n).ok_or_else(|| KernelError::DatasetSize {
        name: "bike".to_owned(),
        limit: all.len(),
        got: n as u64,
    })
}

/// `mnist:N`: the infinite-width ReLU network on the first `n` training digits.
///
/// # Errors
/// As [`mnist_dataset`] and [`Dataset::ntk_problem`].
pub fn mnist(n: u64) -> Result<KernelProblem, KernelError> {
    mnist_dataset(n)?.ntk_problem()
}

/// `bike:N`: the infinite-width ReLU network on `n` rows of the bike-sharing table.
///
/// # Errors
/// As [`bike_dataset`] and [`Dataset::ntk_problem`].
pub fn bike(n: u64) -> Result<KernelProblem, KernelError> {
    bike_dataset(n)?.ntk_problem()
}
