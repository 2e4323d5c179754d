//! The kernels `mnist:N` and `bike:N`: data, tangent kernel, eigenpairs, signal.
//!
//! Reference numbers: Section 9a of the notes for mnist:1000, and NumPy (`numpy.linalg.eigh` on a kernel
//! written with `arccos`) for the rest.

use std::io::Write;
use tauber::kernel::{
    BIKE_FEATURES, Dataset, KernelError, KernelProblem, bike, bike_dataset,
    bike_dataset_from_bytes, digits_from_bytes, digits_from_files, images_from_bytes,
    labels_from_bytes, mnist, mnist_dataset, mnist_test, ntk, symmetric_eigen,
};

const IMAGES: &[u8] = include_bytes!("../data/mnist/train1k-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../data/mnist/train1k-labels-idx1-ubyte.gz");
const HOUR: &[u8] = include_bytes!("../data/bike/hour.csv.gz");

fn agree(got: f64, want: f64, relative: f64) {
    assert!((got / want - 1.0).abs() <= relative, "{got} is not {want}");
}

#[test]
fn a_thousand_digits_have_the_eigenvalues_signal_and_loss_of_the_notes() {
    let problem = mnist(1000).unwrap();
    // The notes give nine digits, of which a kernel in f64 reproduces eight (NumPy's agrees with
    // this one, not with the ninth); the last column is NumPy's.
    for (k, notes, numpy) in [
        (1, 0.989585223, 0.9895852226957688),
        (2, 0.00892575669, 0.008925756687208313),
        (10, 0.00261355766, 0.0026135576623083313),
        (100, 0.000127819264, 0.00012781926526653692),
        (1000, 6.05402766e-06, 6.054027693739322e-06),
    ] {
        agree(problem.eigenvalues()[k - 1], notes, 1.5e-8);
        agree(problem.eigenvalues()[k - 1], numpy, 1e-10);
    }
    agree(problem.eigenvalues().iter().sum(), 1.10955494, 5e-9);
    agree(problem.signal()[0], 19.8499903, 5e-9);
    agree(problem.signal()[1], 0.131647373, 5e-9);

    let spectrum = problem.spectrum().unwrap();
    assert_eq!(spectrum.len(), 1000);
    assert_eq!(spectrum.null_space_loss(), 0.0);
    // 1/2 mean of the squared labels, an exact decimal.
    agree(spectrum.initial_loss().unwrap(), 14.057, 1e-13);
    agree(spectrum.trace(), 1.1095549424671831, 1e-12);
}

#[test]
fn fewer_digits_are_divided_by_their_own_number() {
    let problem = mnist(200).unwrap();
    agree(problem.eigenvalues()[0], 0.9905933991414243, 1e-12);
    agree(problem.eigenvalues()[99], 0.00022846369958909863, 1e-10);
    agree(problem.eigenvalues()[199], 5.0861183559060495e-05, 1e-10);
    agree(problem.signal()[1], 1.02269551, 1e-8);
    let n = problem.dataset_size();
    let trace: f64 = (0..n).map(|i| problem.kernel_row_major()[i * n + i]).sum();
    agree(trace, 1.1082881140691572, 1e-13);
    assert_eq!(
        problem.initial_residual()[0],
        -5.0,
        "the first digit is a 5"
    );
}

#[test]
fn eigenvectors_diagonalise_the_kernel_and_are_orthonormal() {
    let problem = mnist(60).unwrap();
    let n = problem.dataset_size();
    let (kernel, phi) = (problem.kernel_row_major(), problem.eigenvectors_row_major());
    assert!(problem.eigenvalues().is_sorted_by(|a, b| a >= b));
    for k in 0..n {
        for i in 0..n {
            let image: f64 = (0..n).map(|j| kernel[i * n + j] * phi[j * n + k]).sum();
            assert!((image - problem.eigenvalues()[k] * phi[i * n + k]).abs() < 1e-14);
            let product: f64 = (0..n).map(|j| phi[j * n + k] * phi[j * n + i]).sum();
            assert!((product - f64::from(u8::from(i == k))).abs() < 1e-13);
        }
    }
}

#[test]
fn a_wide_random_network_has_the_tangent_kernel_in_the_mean() {
    // Theta = E[relu(u) relu(v)] + E[relu'(u) relu'(v)] q over u, v normal with covariance q:
    // integrated here on a grid of angles for one pair of inputs, d = 2.
    let (x, y) = ([1.0, 2.0], [-0.5, 1.5]);
    let q = |a: [f64; 2], b: [f64; 2]| 0.5 * (a[0] * b[0] + a[1] * b[1]) + 1.0;
    let (qxx, qxy, qyy) = (q(x, x), q(x, y), q(y, y));
    // u = r sqrt(qxx) cos p, v = r sqrt(qyy) cos(p - theta), E[r^2] = 2.
    let theta = (qxy / (qxx * qyy).sqrt()).acos();
    let steps = 1_000_000;
    let (mut values, mut slopes) = (0.0, 0.0);
    for i in 0..steps {
        let p = (f64::from(i) + 0.5) * std::f64::consts::TAU / f64::from(steps);
        let (u, v) = (p.cos(), (p - theta).cos());
        if u > 0.0 && v > 0.0 {
            values += 2.0 * (qxx * qyy).sqrt() * u * v;
            slopes += 1.0;
        }
    }
    let want = (values + qxy * slopes) / f64::from(steps);
    agree(ntk::ntk_of_products(qxy, qxx, qyy), want, 1e-5);
    let matrix = ntk::ntk_matrix(&[1.0, 2.0, -0.5, 1.5], 2);
    agree(matrix[1], want, 1e-5);
    assert_eq!(matrix[1], matrix[2]);
    assert_eq!((matrix[0], matrix[3]), (qxx, qyy));
}

#[test]
fn repeated_points_give_a_null_space_and_no_negative_eigenvalue() {
    let row = [0.3, -1.7, 0.9];
    let features = [row, row, [1.0, 0.0, 2.0], row].concat();
    let data = Dataset::new(features, 3, vec![1.0, -1.0, 0.5, 0.0]).unwrap();
    let spectrum = data.ntk_problem().unwrap().spectrum().unwrap();
    assert_eq!(spectrum.len(), 2);
    // Targets 1, -1, 0 on one point: only their mean, 0, can be fitted; (1 + 1)/(2 N) remains.
    agree(spectrum.null_space_loss(), 0.25, 1e-12);
}

#[test]
fn bike_features_are_standardised_over_the_whole_table_and_rows_are_nested() {
    let all = bike_dataset_from_bytes(HOUR, "hour").unwrap();
    assert_eq!((all.len(), all.dimension()), (17379, BIKE_FEATURES.len()));
    agree(
        all.target().iter().sum::<f64>() / 17379.0,
        189.46308763450142,
        1e-13,
    );
    for feature in 0..12 {
        let column = all.features().iter().skip(feature).step_by(12);
        let mean = column.clone().sum::<f64>() / 17379.0;
        let square = column.map(|x| x * x).sum::<f64>() / 17379.0;
        assert!(mean.abs() < 1e-12 && (square - 1.0).abs() < 1e-12);
    }
    // The first row of the table, as NumPy standardises it, is somewhere in the shuffled data.
    let first = [-1.3566343, -1.0051343, -1.61043792, -1.67000398];
    let at = (0..all.len()).find(|i| {
        let row = &all.features()[12 * i..12 * i + 4];
        all.target()[*i] == 16.0 && row.iter().zip(first).all(|(a, b)| (a - b).abs() < 1e-7)
    });
    assert!(at.is_some_and(|i| i != 0));
    let (short, long) = (bike_dataset(3).unwrap(), bike_dataset(4).unwrap());
    assert_eq!(short.features(), &long.features()[..36]);
    assert_eq!(short.target(), &all.target()[..3]);
}

#[test]
fn the_shipped_bike_kernel_is_positive_and_splits_the_target() {
    let problem = bike(300).unwrap();
    let spectrum = problem.spectrum().unwrap();
    let loss = problem.target().iter().map(|y| y * y).sum::<f64>() / 600.0;
    agree(spectrum.initial_loss().unwrap(), loss, 1e-12);
    // Theta(x, x) = |x|^2/d + 1.
    let data = bike_dataset(300).unwrap();
    let trace = data.features().iter().map(|x| x * x).sum::<f64>() / 12.0 / 300.0 + 1.0;
    agree(spectrum.trace(), trace, 1e-12);
}

#[test]
fn all_shipped_files_can_be_read_to_their_ends() {
    assert_eq!(mnist_dataset(1000).unwrap().dimension(), 784);
    assert_eq!(mnist_test(1000).unwrap().len(), 1000);
    // The official test set starts 7, 2, 1, 0, 4.
    assert_eq!(mnist_test(5).unwrap().target(), [7.0, 2.0, 1.0, 0.0, 4.0]);
    assert_eq!(mnist(1).unwrap().dataset_size(), 1);
    assert_eq!(bike(1).unwrap().dataset_size(), 1);
}

#[test]
fn more_points_than_are_shipped_are_refused_with_the_limit() {
    for (error, text) in [
        (mnist(0).unwrap_err(), "mnist:N needs N in 1..=1000, got 0"),
        (mnist(1001).unwrap_err(), "1..=1000, got 1001"),
        (mnist(u64::MAX).unwrap_err(), "got 18446744073709551615"),
        (
            bike(5001).unwrap_err(),
            "bike:N needs N in 1..=5000, got 5001",
        ),
    ] {
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn matrices_that_are_no_kernel_are_refused_with_the_amount() {
    let error = KernelProblem::from_kernel(vec![1.0, 0.5, 0.25, 1.0], vec![0.0, 1.0]);
    let text = error.unwrap_err().to_string();
    assert!(text.contains("(1, 0)") && text.contains("2.5e-1"), "{text}");
    let error = KernelProblem::from_kernel(vec![1.0, f64::NAN, 0.0, 1.0], vec![0.0, 1.0]);
    assert!(matches!(
        error,
        Err(KernelError::NotFinite {
            row: 0,
            column: 1,
            ..
        })
    ));
    assert!(KernelProblem::from_kernel(vec![1.0; 3], vec![0.0, 1.0]).is_err());
    assert!(KernelProblem::from_kernel(vec![], vec![]).is_err());
    assert!(KernelProblem::from_kernel(vec![1.0], vec![f64::INFINITY]).is_err());
    // Symmetric but indefinite: the eigenproblem is solved, the spectrum refuses.
    let problem = KernelProblem::from_kernel(vec![1.0, 2.0, 2.0, 1.0], vec![0.0, 1.0]).unwrap();
    assert!(
        problem
            .spectrum()
            .unwrap_err()
            .to_string()
            .contains("negative")
    );
    // Rounding is not asymmetry.
    let rounded = vec![1.0, 0.5, 0.5 + f64::EPSILON, 1.0];
    let problem = KernelProblem::from_kernel(rounded, vec![0.0, 1.0]).unwrap();
    assert_eq!(problem.kernel_row_major()[1], problem.kernel_row_major()[2]);
    let eigen = symmetric_eigen(&[2.0, 1.0, 1.0, 2.0], 2).unwrap();
    assert!((eigen.eigenvalues[0] - 3.0).abs() < 1e-15);
}

fn idx(magic: u32, header: &[u32], payload: usize) -> Vec<u8> {
    let mut bytes = magic.to_be_bytes().to_vec();
    header.iter().for_each(|w| bytes.extend(w.to_be_bytes()));
    bytes.extend((0..payload).map(|i| i as u8));
    bytes
}

#[test]
fn damaged_idx_files_are_refused_with_the_reason() {
    let images = idx(0x803, &[2, 1, 3], 6);
    assert_eq!(images_from_bytes(&images, "i").unwrap().pixels_each, 3);
    let data = digits_from_bytes(&images, &idx(0x801, &[2], 2), ["i", "l"], None).unwrap();
    assert_eq!(data.features()[5], 5.0 / 255.0);
    let text = |r: Result<_, KernelError>| match r {
        Ok(()) => panic!("accepted"),
        Err(error) => error.to_string(),
    };
    let image = |b: &[u8]| text(images_from_bytes(b, "i").map(|_| ()));
    assert!(image(&idx(0x801, &[2], 2)).contains("0x00000801"));
    assert!(image(&idx(0x803, &[2, 1, 3], 5)).contains("truncated"));
    assert!(image(&idx(0x803, &[2, 1, 3], 7)).contains("trailing"));
    assert!(image(&idx(0x803, &[u32::MAX; 3], 7)).contains("truncated"));
    assert!(image(&idx(0x803, &[2], 0)).contains("truncated"));
    assert!(image(b"").contains("truncated"));
    assert!(text(labels_from_bytes(&images, "l").map(|_| ())).contains("labels"));
    let three = idx(0x801, &[3], 3);
    let mismatch = digits_from_bytes(&images, &three, ["i", "l"], None).map(|_| ());
    assert!(text(mismatch).contains("2 images but 3 labels"));
    let empty = digits_from_bytes(
        &idx(0x803, &[0, 1, 3], 0),
        &idx(0x801, &[0], 0),
        ["i", "l"],
        None,
    );
    assert!(empty.is_err());
    let flat = digits_from_bytes(
        &idx(0x803, &[1, 0, 3], 0),
        &idx(0x801, &[1], 1),
        ["i", "l"],
        None,
    );
    assert!(flat.is_err());
    for cut in (0..LABELS.len()).step_by(7) {
        assert!(labels_from_bytes(&LABELS[..cut], "l").is_err(), "{cut}");
    }
    for cut in (0..IMAGES.len()).step_by(9973) {
        assert!(images_from_bytes(&IMAGES[..cut], "i").is_err(), "{cut}");
    }
}

#[test]
fn digits_from_files_name_the_file_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (images, labels) = (
        folder.path().join("images.gz"),
        folder.path().join("labels"),
    );
    std::fs::File::create(&images)
        .unwrap()
        .write_all(IMAGES)
        .unwrap();
    let error = digits_from_files(&images, &labels, Some(3)).unwrap_err();
    assert!(error.to_string().contains("labels"), "{error}");
    std::fs::write(&labels, LABELS).unwrap();
    let data = digits_from_files(&images, &labels, Some(3)).unwrap();
    assert_eq!(data, mnist_dataset(3).unwrap());
    assert!(digits_from_files(&images, &labels, Some(1001)).is_err());
}
