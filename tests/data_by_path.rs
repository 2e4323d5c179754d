//! CIFAR-10, SGEMM, balanced subsets and kernel files by path: every file is written by its test.

use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::path::Path;
use tauber::kernel::{
    Dataset, KernelError, SGEMM_FEATURES, cifar_dataset_from_bytes, imported_kernel_from_bytes,
    sgemm_dataset_from_bytes,
};
use tauber::spectrum::{EigenvaluesOf, LoadedSpectrum};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn record(label: u8, first: u8) -> Vec<u8> {
    let mut bytes = vec![label];
    bytes.extend((0..3072).map(|i| {
        if i == 0 {
            first
        } else {
            (i * 7 % 256) as u8 ^ first
        }
    }));
    bytes
}

fn load(word: &str) -> Result<LoadedSpectrum, String> {
    LoadedSpectrum::from_word(word, EigenvaluesOf::Hessian).map_err(|e| e.to_string())
}

#[test]
fn cifar_records_are_labels_and_bytes_over_255() {
    let bytes = [record(3, 255), record(0, 51)].concat();
    for bytes in [bytes.clone(), gzip(&bytes)] {
        let data = cifar_dataset_from_bytes(&bytes, "b").unwrap();
        assert_eq!((data.len(), data.dimension()), (2, 3072));
        assert_eq!(data.target(), [3.0, 0.0]);
        assert_eq!((data.features()[0], data.features()[3072]), (1.0, 0.2));
    }
    for (bytes, word) in [
        (bytes[..6000].to_vec(), "no whole number"),
        (vec![], "0 bytes"),
        (record(10, 1), "label 10"),
        (gzip(&bytes)[..50].to_vec(), "truncated"),
    ] {
        let error = cifar_dataset_from_bytes(&bytes, "b")
            .unwrap_err()
            .to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn the_sgemm_target_is_the_mean_of_four_runs_and_features_are_standardised() {
    let mut text = format!(
        "{},Run1 (ms),Run2 (ms),Run3 (ms),Run4 (ms)\n",
        SGEMM_FEATURES.join(",")
    );
    for row in 0..9 {
        let features: Vec<String> = (0..14).map(|c| (row * (c + 1)).to_string()).collect();
        text.push_str(&format!("{},{},2,3,{}\n", features.join(","), row, row + 7));
    }
    let data = sgemm_dataset_from_bytes(&gzip(text.as_bytes()), "t").unwrap();
    assert_eq!((data.len(), data.dimension()), (9, 14));
    let mut target = data.target().to_vec();
    assert_ne!(
        target,
        (0..9)
            .map(|r| f64::from(2 * r + 12) / 4.0)
            .collect::<Vec<_>>()
    );
    target.sort_by(f64::total_cmp);
    assert_eq!(
        target,
        (0..9)
            .map(|r| f64::from(2 * r + 12) / 4.0)
            .collect::<Vec<_>>()
    );
    for c in 0..14 {
        let column: Vec<f64> = (0..9).map(|r| data.features()[14 * r + c]).collect();
        let square: f64 = column.iter().map(|x| x * x).sum::<f64>() / 9.0;
        assert!(column.iter().sum::<f64>().abs() < 1e-12 && (square - 1.0).abs() < 1e-12);
    }
    for (bad, word) in [
        (text.replace("MDIMC", "X"), "no column `MDIMC`"),
        (text.replace(",2,3,", ",x,3,"), "not a finite number"),
        (text.lines().next().unwrap().to_owned(), "no rows"),
    ] {
        let error = sgemm_dataset_from_bytes(bad.as_bytes(), "t")
            .unwrap_err()
            .to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_balanced_subset_has_the_first_points_of_each_class_in_order() {
    let target = [2.0, 2.0, 1.0, 2.0, 1.0, 3.0, 3.0, 1.0].to_vec();
    let data = Dataset::new((0..8).map(f64::from).collect(), 1, target).unwrap();
    let six = data.balanced(6).unwrap();
    assert_eq!(six.features(), [0.0, 1.0, 2.0, 4.0, 5.0, 6.0]);
    assert_eq!(six.target(), [2.0, 2.0, 1.0, 1.0, 3.0, 3.0]);
    for (n, word) in [
        (7, "3 different values"),
        (0, "multiple"),
        (9, "2 of class 3"),
    ] {
        let error = data.balanced(n).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn words_reach_the_files_and_say_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let images: Vec<u8> = (0..12).flat_map(|i| record(i % 3, i * 20)).collect();
    std::fs::write(path("c.bin.gz"), gzip(&images)).unwrap();
    let loaded = load(&format!("cifar:{}:9:balanced", path("c.bin.gz"))).unwrap();
    assert_eq!(loaded.default_dataset_size, Some(9));
    assert_eq!(loaded.dataset.as_ref().map(Dataset::len), Some(9));
    assert!(loaded.description.contains("equally many"));
    assert_eq!(
        load(&format!("cifar:{}", path("c.bin.gz")))
            .unwrap()
            .spectrum
            .len(),
        12
    );
    for (word, part) in [
        (format!("cifar:{}:13", path("c.bin.gz")), "1..=12, got 13"),
        (
            format!("cifar:{}:10:balanced", path("c.bin.gz")),
            "3 different values",
        ),
        (format!("cifar:{}", path("missing")), "cannot read"),
        (format!("sgemm:{}", path("c.bin.gz")), "SGEMM"),
        (format!("kernel:{0},{0}", path("c.bin.gz")), "no npy file"),
    ] {
        let error = load(&word).unwrap_err();
        assert!(error.contains(part), "{word}: {error}");
    }
}

/// A version 1 npy file.
fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn f8(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn f4(values: &[f64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|x| (*x as f32).to_le_bytes())
        .collect()
}

const THETA: [f64; 4] = [2.0, 1.0, 1.0, 2.0];

#[test]
fn a_kernel_file_is_divided_by_n_and_its_checks_are_reported() {
    let y = npy(
        "<i8",
        false,
        "(2,)",
        &[3_i64.to_le_bytes(), 1_i64.to_le_bytes()].concat(),
    );
    for kernel in [
        npy("<f8", false, "(2, 2)", &f8(&THETA)),
        npy("<f8", true, "(2, 2)", &f8(&THETA)),
        npy("<f4", false, "(2, 2)", &f4(&THETA)),
    ] {
        let found = imported_kernel_from_bytes(&kernel, &y, ["k", "y"]).unwrap();
        assert_eq!(found.problem.kernel_row_major(), [1.0, 0.5, 0.5, 1.0]);
        // Eigenvalues 3/2 and 1/2; signal (phi . y)^2/2 = 4 and 1.
        let e = found.problem.eigenvalues();
        assert!((e[0] - 1.5).abs() < 1e-15 && (e[1] - 0.5).abs() < 1e-15);
        let s = found.problem.signal();
        assert!((s[0] - 4.0).abs() < 1e-14 && (s[1] - 1.0).abs() < 1e-14);
        assert_eq!((found.asymmetry, found.share_that_stays), (0.0, 0.0));
    }
    // Rank 1, target (3, 1): the part along (1, -1) stays, (2^2/2)/(9 + 1) = 1/5.
    let flat = npy("<f8", false, "(2, 2)", &f8(&[1.0; 4]));
    let found = imported_kernel_from_bytes(&flat, &y, ["k", "y"]).unwrap();
    assert!((found.share_that_stays - 0.2).abs() < 1e-14);
    // Single precision may be slightly asymmetric, double may not.
    let skew = [2.0, 1.0, 1.000_001, 2.0];
    let single = npy("<f4", false, "(2, 2)", &f4(&skew));
    let found = imported_kernel_from_bytes(&single, &y, ["k", "y"]).unwrap();
    assert!(found.asymmetry > 1e-7 && found.asymmetry < 1e-6);
    let double = npy("<f8", false, "(2, 2)", &f8(&skew));
    assert!(imported_kernel_from_bytes(&double, &y, ["k", "y"]).is_err());
}

#[test]
fn what_is_no_kernel_is_refused_by_how_much() {
    let y = npy("<f8", false, "(2,)", &f8(&[3.0, 1.0]));
    let good = npy("<f8", false, "(2, 2)", &f8(&THETA));
    let three = npy("<f8", false, "(3,)", &f8(&[1.0; 3]));
    for (kernel, target, word) in [
        (
            npy("<f8", false, "(2, 2)", &f8(&[2.0, 1.0, 1.5, 2.0])),
            &y,
            "differ by 5e-1",
        ),
        (
            npy("<f8", false, "(2, 2)", &f8(&[1.0, 2.0, 2.0, 1.0])),
            &y,
            "-5e-1",
        ),
        (
            npy("<f8", false, "(2, 2)", &f8(&[1.0, f64::NAN, 2.0, 1.0])),
            &y,
            "(0, 1) is NaN",
        ),
        (npy("<f8", false, "(4,)", &f8(&THETA)), &y, "(N, N)"),
        (
            npy("<f8", false, "(2, 2)", &f8(&THETA[..3])),
            &y,
            "truncated",
        ),
        (npy("|O", false, "(2, 2)", b"cpickle"), &y, "never loaded"),
        (npy("<c16", false, "(2, 2)", &[0; 64]), &y, "type <c16"),
        (
            npy("<f8", false, "(99999999999, 99999999999)", &[]),
            &y,
            "truncated",
        ),
        (b"PK\x03\x04".to_vec(), &y, "no npy file"),
        (good.clone(), &three, "k has 2 points but y has 3 targets"),
        (
            good.clone(),
            &npy("<f8", false, "(2, 2)", &f8(&THETA)),
            "one-hot",
        ),
    ] {
        let error: KernelError =
            imported_kernel_from_bytes(&kernel, target, ["k", "y"]).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(imported_kernel_from_bytes(&good, &y, ["k", "y"]).is_ok());
}

#[test]
fn a_kernel_word_loads_and_names_the_loss_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let k = write("k.npy", &npy("<f8", false, "(2, 2)", &f8(&[1.0; 4])));
    let y = write("y.npy", &npy("<f8", false, "(2,)", &f8(&[3.0, 1.0])));
    let word = |k: &Path, y: &Path| format!("kernel:{},{}", k.display(), y.display());
    let loaded = load(&word(&k, &y)).unwrap();
    assert_eq!(loaded.default_dataset_size, Some(2));
    assert!(loaded.dataset.is_none());
    assert!(
        loaded.warnings.iter().any(|w| w.contains("20.00 % of L_0")),
        "{:?}",
        loaded.warnings
    );
    assert!(
        load(&word(&k, &folder.path().join("no.npy")))
            .unwrap_err()
            .contains("no.npy")
    );
}

/// What a user sees: one line that names the file and says by how much, exit code 2, nothing on stdout.
#[test]
fn the_command_line_names_the_file_and_by_how_much_it_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let matrix = |values: &[f64; 4]| npy("<f8", false, "(2, 2)", &f8(values));
    write("good.npy", &matrix(&THETA));
    write("asymmetric.npy", &matrix(&[2.0, 1.0, 1.5, 2.0]));
    write("negative.npy", &matrix(&[1.0, 2.0, 2.0, 1.0]));
    write("nan.npy", &matrix(&[1.0, f64::NAN, 2.0, 1.0]));
    write("rank-1.npy", &matrix(&[1.0; 4]));
    write("y.npy", &npy("<f8", false, "(2,)", &f8(&[3.0, 1.0])));
    write("y3.npy", &npy("<f8", false, "(3,)", &f8(&[1.0; 3])));
    let idx = |magic: u32, sizes: &[u32], data: &[u8]| {
        let mut bytes = magic.to_be_bytes().to_vec();
        bytes.extend(sizes.iter().flat_map(|n| n.to_be_bytes()));
        bytes.extend(data);
        bytes
    };
    write("images", &idx(0x803, &[3, 1, 2], &[1, 2, 3, 4, 5, 6]));
    write("labels", &idx(0x801, &[2], &[1, 2]));
    write("labels3", &idx(0x801, &[3], &[1, 2, 0]));
    let run = |word: &str| {
        let output = assert_cmd::Command::cargo_bin("tauber")
            .unwrap()
            .current_dir(folder.path())
            .args(["audit", word, "--learning-rate", "0.1", "--batch-size", "1"])
            .output()
            .unwrap();
        let code = output.status.code();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (code, text(&output.stdout), text(&output.stderr))
    };
    for (word, parts) in [
        (
            "kernel:asymmetric.npy,y.npy",
            &["asymmetric.npy", "differ by 5e-1", "(theta + theta.T)/2"][..],
        ),
        (
            "kernel:negative.npy,y.npy",
            &[
                "negative.npy",
                "is -5e-1, -3.333333333333333e-1 of the largest",
            ],
        ),
        ("kernel:nan.npy,y.npy", &["nan.npy", "(0, 1) is NaN"]),
        (
            "kernel:good.npy,y3.npy",
            &["good.npy has 2 points but y3.npy has 3 targets"],
        ),
        ("kernel:good.npy,none.npy", &["none.npy", "No such file"]),
        (
            "idx:images,labels",
            &["images and labels do not match", "3 images but 2 labels"],
        ),
    ] {
        let (code, out, error) = run(word);
        assert_eq!(code, Some(2), "{word}: {error}");
        assert!(out.is_empty(), "{word}: {out}");
        for part in parts {
            assert!(error.contains(part), "{word}: {error}");
        }
    }
    assert_eq!(run("kernel:good.npy,y.npy").0, Some(0));
    assert_eq!(run("idx:images,labels3").0, Some(0));
    // (3, 1) on a kernel of rank 1: (2^2/2)/(9 + 1) of the loss is outside its range.
    let (code, out, error) = run("kernel:rank-1.npy,y.npy");
    assert_eq!(code, Some(0));
    let text = out + &error;
    assert!(
        text.contains("20.00 % of L_0") && text.contains("never vanishes"),
        "{text}"
    );
    assert!(!run("kernel:good.npy,y.npy").1.contains("never vanishes"));
}

/// Two points, K = [[1, 1/2], [1/2, 1]] and residuals (3, 1)/sqrt 2 at the start: tau_2 at tau_1 = 1 by hand, from the
/// covariance of the two batches of one point.
#[test]
fn fit_tau_takes_a_kernel_by_path_and_finds_the_tau_of_two_points() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("k.npy", &npy("<f8", false, "(2, 2)", &f8(&THETA)));
    write("y.npy", &npy("<f8", false, "(2,)", &f8(&[3.0, 1.0])));
    write("y3.npy", &npy("<f8", false, "(3,)", &f8(&[1.0; 3])));
    let run = |line: &str| {
        assert_cmd::Command::cargo_bin("tauber")
            .unwrap()
            .current_dir(folder.path())
            .args(line.split(' '))
            .output()
            .unwrap()
    };
    let output = run("fit --tau kernel:k.npy,y.npy --steps 5 --at 0 --learning-rate 0.3 --json");
    assert_eq!(output.status.code(), Some(0));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // Batch {i} moves the output by -alpha times 2 K_ji r_i: the two batches' displacements, less their mean.
    let (k, r) = (
        [[1.0, 0.5], [0.5, 1.0]],
        [3.0, 1.0].map(|y| y / 2f64.sqrt()),
    );
    let move_of = |i: usize| [0, 1].map(|j| 2.0 * k[j][i] * r[i]);
    let mean = [0, 1].map(|j| 0.5 * (move_of(0)[j] + move_of(1)[j]));
    let outer = |v: [f64; 2]| [[v[0] * v[0], v[0] * v[1]], [v[1] * v[0], v[1] * v[1]]];
    let apart = outer([0, 1].map(|j| move_of(0)[j] - mean[j]));
    let sigma = apart; // both batches are equally far from the mean, and gamma is 1
    let square = [[1.25, 1.0], [1.0, 1.25]];
    let x_1 = square.map(|row| row.map(|x| x * (r[0] * r[0] + r[1] * r[1])));
    let x_2 = outer(mean);
    let dot = |a: [[f64; 2]; 2], b: [[f64; 2]; 2]| -> f64 {
        (0..4).map(|i| a[i / 2][i % 2] * b[i / 2][i % 2]).sum()
    };
    let best = (dot(x_1, x_2) - dot(sigma, x_2)) / dot(x_2, x_2);
    let told = found["tau_at_tau_1_one"][0].as_f64().unwrap();
    assert!((told - best).abs() < 1e-12, "{told} {best}");
    let loss = found["loss"][0].as_f64().unwrap();
    assert!((loss - 2.5).abs() < 1e-12, "{loss}");
    assert!(found["loss_fit"]["tau"].as_f64().unwrap() <= 1.0);
    // Rows (1, 1, 0) and (0, 1, 1): J J^T is the same Theta, so every number is the same.
    let j = f8(&[1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    write("j.npy", &npy("<f8", false, "(2, 3)", &j));
    let line = "fit --tau jacobian:j.npy,y.npy --steps 5 --at 0 --learning-rate 0.3 --json";
    let output = run(line);
    assert_eq!(output.status.code(), Some(0));
    let mut same: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut other = found.clone();
    for document in [&mut same, &mut other] {
        let fields = document["input"].as_object_mut().unwrap();
        for name in ["spectrum", "description"] {
            fields.remove(name);
        }
    }
    assert_eq!(same, other);
    // The same bytes column by column: rows (1, 0, 1) twice, another model.
    write("columns.npy", &npy("<f8", true, "(2, 3)", &j));
    let output = run(&line.replace("j.npy", "columns.npy"));
    let other: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_ne!(other["tau_at_tau_1_one"], found["tau_at_tau_1_one"]);
    for (name, shape, values, said) in [
        ("flat.npy", "(2,)", vec![1.0; 2], "a Jacobian is (N, d)"),
        (
            "nan.npy",
            "(2, 1)",
            vec![1.0, f64::NAN],
            "entry (1, 0) is NaN",
        ),
        ("huge.npy", "(2, 1)", vec![1e200, 1.0], "J J^T overflows"),
        (
            "three.npy",
            "(3, 1)",
            vec![1.0; 3],
            "three.npy has 3 points but y.npy has 2 targets",
        ),
    ] {
        write(name, &npy("<f8", false, shape, &f8(&values)));
        let refused = run(&format!("fit --tau jacobian:{name},y.npy"));
        assert_eq!(refused.status.code(), Some(2), "{name}");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.contains(name) && told.contains(said), "{told}");
    }
    // The edge of the default learning rate needs a momentum that is one: it is named, not the rate.
    let refused = run("fit --tau kernel:k.npy,y.npy --momentum 2");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("momentum") && told.contains('2'), "{told}");
    assert!(!told.contains("learning rate"), "{told}");
    let refused = run("fit --tau kernel:k.npy,y3.npy");
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("k.npy has 2 points but y3.npy has 3 targets"),
        "{said}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_journal_on_a_device_or_in_a_missing_folder_is_refused_at_once() {
    for path in ["/dev/full", "/nowhere/journal"] {
        let output = assert_cmd::Command::cargo_bin("tauber")
            .unwrap()
            .args(
                "simulate mnist:20 --regime sampled --learning-rate 0.1 --batch-size 2 --steps 3"
                    .split(' '),
            )
            .args(["--journal", path])
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(
            error.contains(&format!("cannot use the journal {path}")),
            "{error}"
        );
    }
}
