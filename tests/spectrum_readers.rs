//! Spectra from files: what is accepted, what is refused and with which sentence.

use rand::{Rng, SeedableRng};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use tauber::spectrum::{
    EigenvaluesOf, FileSpectrum, LoadedSpectrum, SpectrumFormat, read_spectrum, read_spectrum_bytes,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/spectra")
        .join(name)
}

fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let text =
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}          \n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn doubles(values: &[f64]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    npy("<f8", false, &format!("({},)", values.len()), &data)
}

fn npz(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = npyz::npz::NpzWriter::new(Cursor::new(Vec::new()));
    let zip = writer.zip_writer();
    for (name, data) in entries {
        zip.start_file(*name, Default::default()).unwrap();
        zip.write_all(data).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn read(bytes: &[u8], format: SpectrumFormat) -> Result<FileSpectrum, String> {
    read_spectrum_bytes(bytes, format, "f", EigenvaluesOf::Hessian).map_err(|e| e.to_string())
}

/// The error of bytes that must be refused: one sentence that contains `part`.
fn refused(bytes: &[u8], format: SpectrumFormat, part: &str) {
    match read(bytes, format) {
        Ok(accepted) => panic!("accepted: {accepted:?}"),
        Err(text) => {
            assert!(text.starts_with("f: ") && text.contains(part), "{text}");
            assert!(!text.contains('\n'), "{text}");
        }
    }
}

#[test]
fn every_dtype_and_byte_order_gives_the_same_numbers() {
    let values = [3.0, 2.0, 1.0];
    let bytes = |size: usize, float: bool, big: bool| -> Vec<u8> {
        let one = |x: f64| -> Vec<u8> {
            let mut b = match (size, float) {
                (8, true) => x.to_le_bytes().to_vec(),
                (4, true) => (x as f32).to_le_bytes().to_vec(),
                // 1, 2, 3 in half precision.
                (2, true) => [0x3c00_u16, 0x4000, 0x4200][x as usize - 1]
                    .to_le_bytes()
                    .to_vec(),
                _ => (x as u64).to_le_bytes()[..size].to_vec(),
            };
            if big {
                b.reverse();
            }
            b
        };
        values.iter().flat_map(|&x| one(x)).collect()
    };
    for (kind, sizes) in [
        ('f', vec![2, 4, 8]),
        ('i', vec![1, 2, 4, 8]),
        ('u', vec![1, 2, 4, 8]),
    ] {
        for size in sizes {
            for (mark, big) in [('<', false), ('>', true), ('|', false), ('=', false)] {
                let descr = format!("{mark}{kind}{size}");
                let file = npy(&descr, false, "(3,)", &bytes(size, kind == 'f', big));
                let read = read(&file, SpectrumFormat::Npy).unwrap();
                assert_eq!(read.spectrum.eigenvalues(), values, "{descr}");
            }
        }
    }
    // -1 in one byte is negative, not 255.
    refused(
        &npy("|i1", false, "(2,)", &[255, 1]),
        SpectrumFormat::Npy,
        "eigenvalue 0 is -1",
    );
    assert!(read(&npy("|u1", false, "(2,)", &[255, 1]), SpectrumFormat::Npy).is_ok());
}

#[test]
fn numpys_own_files_are_read() {
    let read = |name| read_spectrum(&fixture(name), EigenvaluesOf::Hessian);
    let file = read("numpy_savez_compressed.npz").unwrap();
    assert_eq!(file.spectrum.eigenvalues(), [2.0, 0.5, 0.125]);
    // signal = eigenvalue x coefficient, sorted with the eigenvalues.
    assert_eq!(file.spectrum.signal().unwrap(), [2.0, 2.0, 1.0]);
    let file = read("numpy_savez_signal.npz").unwrap();
    assert_eq!(file.spectrum.eigenvalues(), [3.0, 2.0, 1.0]);
    assert_eq!(file.spectrum.signal().unwrap(), [0.5, 0.125, 0.25]);
    let file = read("numpy_big_endian_fortran_column.npy").unwrap();
    assert_eq!(file.spectrum.eigenvalues(), [1.5, 0.75]);
    assert!(file.warnings[0].contains("1 of 3 eigenvalues are zero"));
    for (name, part) in [
        ("numpy_object.npy", "object array (dtype '|O')"),
        ("numpy_square.npy", "shape (3, 3)"),
        ("numpy_records.npy", "named fields"),
    ] {
        let text = read(name).unwrap_err().to_string();
        assert!(text.contains(part) && text.contains(name), "{text}");
    }
}

#[test]
fn fortran_order_and_single_columns_or_rows_are_the_same_list() {
    let data: Vec<u8> = [4.0_f64, 5.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    for shape in ["(2,)", "(2, 1)", "(1, 2)", "(1, 2, 1)"] {
        for fortran in [false, true] {
            let read = read(&npy("<f8", fortran, shape, &data), SpectrumFormat::Npy).unwrap();
            assert_eq!(read.spectrum.eigenvalues(), [5.0, 4.0]);
        }
    }
    assert!(read(&npy("<f8", false, "()", &data[..8]), SpectrumFormat::Npy).is_ok());
}

#[test]
fn npy_files_that_are_no_list_of_numbers_are_refused_with_the_reason() {
    let one = 1.0_f64.to_le_bytes();
    for (file, part) in [
        (npy("|O", false, "(1,)", &one), "object array"),
        (npy("<c16", false, "(1,)", &[0; 16]), "dtype '<c16'"),
        (npy("|b1", false, "(1,)", &[1]), "dtype '|b1'"),
        (npy("<U4", false, "(1,)", &[0; 16]), "dtype '<U4'"),
        (npy("<f16", false, "(1,)", &[0; 16]), "dtype '<f16'"),
        (
            npy("<f8", false, "(2, 2)", &[0; 32]),
            "shape (2, 2); a list",
        ),
        (
            npy("<f8", false, "(0,)", &[]),
            "at least one positive eigenvalue",
        ),
        (npy("<f8", false, "(2,)", &one), "needs 16 bytes"),
        (npy("<f8", false, "(1,)", &[0; 9]), "needs 8 bytes"),
        (npy("<f8", false, "(18446744073709551615,)", &one), "needs"),
        (npy("<f8", false, "(99999999999999999999,)", &one), "shape"),
        (npy("<f8", false, "(-1,)", &one), "shape"),
        (b"\x93NUMPY\x04\x00".to_vec(), "unknown version 4"),
        (
            b"\x93NUMPY\x01\x00\xff\xff{".to_vec(),
            "ends inside the header",
        ),
        (b"hello".to_vec(), "does not start with"),
        (b"".to_vec(), "the file is empty"),
        (b"\n \n".to_vec(), "the file is empty"),
    ] {
        refused(&file, SpectrumFormat::Npy, part);
    }
}

#[test]
fn npz_names_decide_what_an_array_is() {
    let list = |values: &[f64]| doubles(values);
    let good = npz(&[
        ("eigenvalues.npy", list(&[2.0, 1.0])),
        ("signal.npy", list(&[1.0, 3.0])),
    ]);
    let read = read(&good, SpectrumFormat::Npz).unwrap();
    assert_eq!(read.spectrum.initial_loss(), Some(2.0));
    let eigenvalues = || ("eigenvalues.npy", list(&[2.0, 1.0]));
    for (file, part) in [
        (npz(&[]), "no array `eigenvalues`; found no array at all"),
        (
            npz(&[("signal.npy", list(&[1.0]))]),
            "no array `eigenvalues`; found `signal`",
        ),
        (
            npz(&[eigenvalues(), ("weights.npy", list(&[1.0]))]),
            "unknown array `weights`; only",
        ),
        (
            npz(&[
                eigenvalues(),
                ("signal.npy", list(&[1.0, 1.0])),
                ("coefficients.npy", list(&[1.0, 1.0])),
            ]),
            "both signal and coefficients",
        ),
        (
            npz(&[eigenvalues(), ("signal.npy", list(&[1.0]))]),
            "signal has 1 entries but there are 2 eigenvalues",
        ),
        (
            npz(&[eigenvalues(), ("signal.npy", list(&[1.0, -2.0]))]),
            "signal, entry 1 (from 0), is -2",
        ),
        (
            npz(&[
                eigenvalues(),
                ("coefficients.npy", list(&[f64::INFINITY, 1.0])),
            ]),
            "coefficients, entry 0 (from 0), is inf",
        ),
        (
            npz(&[("eigenvalues.npy", npy("|O", false, "(1,)", &[0; 8]))]),
            "array `eigenvalues` is an object array",
        ),
        (good[..good.len() - 30].to_vec(), "truncated"),
        (good[..100].to_vec(), "truncated"),
        (b"PK".to_vec(), "truncated"),
    ] {
        refused(&file, SpectrumFormat::Npz, part);
    }
}

#[test]
fn trailing_nan_is_padding_and_any_other_nan_is_an_error() {
    let nan = f64::NAN;
    let read_npz = |eigenvalues: &[f64], signal: &[f64]| {
        npz(&[
            ("eigenvalues.npy", doubles(eigenvalues)),
            ("signal.npy", doubles(signal)),
        ])
    };
    let padded = read_npz(&[1.0, 2.0, nan, nan], &[3.0, 4.0, nan, 0.0]);
    let file = read(&padded, SpectrumFormat::Npz).unwrap();
    assert_eq!(file.spectrum.eigenvalues(), [2.0, 1.0]);
    assert_eq!(file.spectrum.signal().unwrap(), [4.0, 3.0]);
    assert_eq!(file.entries, 2);
    assert!(file.warnings[0].contains("last 2 of 4 eigenvalues are NaN"));
    let format = SpectrumFormat::Npz;
    refused(
        &read_npz(&[1.0, nan, 2.0], &[1.0; 3]),
        format,
        "eigenvalue 1 is NaN",
    );
    refused(
        &read_npz(&[1.0, nan], &[1.0, 5.0]),
        format,
        "eigenvalue 1 (from 0) is NaN",
    );
    refused(
        &read_npz(&[1.0, 2.0], &[1.0, nan]),
        format,
        "entry 1 (from 0), is NaN",
    );
    refused(
        &doubles(&[nan, nan]),
        SpectrumFormat::Npy,
        "all 2 eigenvalues are NaN",
    );
    refused(
        &doubles(&[1.0, f64::INFINITY]),
        SpectrumFormat::Npy,
        "eigenvalue 1 is inf",
    );
}

#[test]
fn negative_eigenvalues_are_an_error_and_rounding_is_the_null_space() {
    refused(
        &doubles(&[1.0, -1e-3]),
        SpectrumFormat::Npy,
        "eigenvalue 1 is -1e-3",
    );
    refused(
        &doubles(&[0.0, 0.0]),
        SpectrumFormat::Npy,
        "at least one positive",
    );
    let file = npz(&[
        ("eigenvalues.npy", doubles(&[-1e-17, 1.0, 0.0])),
        ("coefficients.npy", doubles(&[5.0, 2.0, 7.0])),
    ]);
    let read = read(&file, SpectrumFormat::Npz).unwrap();
    assert_eq!(read.spectrum.eigenvalues(), [1.0]);
    assert_eq!(read.spectrum.null_space_loss(), 0.0);
    assert!(read.warnings[0].contains("2 of 3"));
    let file = br#"{"eigenvalues": [1, 0], "signal": [1, 4]}"#;
    let read = read_spectrum_bytes(file, SpectrumFormat::Json, "f", EigenvaluesOf::Hessian);
    let read = read.unwrap();
    assert_eq!(read.spectrum.null_space_loss(), 2.0);
    assert!(read.warnings[0].contains("never vanishes"));
}

#[test]
fn csv_columns_go_by_name_and_one_bare_column_is_eigenvalues() {
    for text in [
        "eigenvalue,signal\n1,3\n2,4\n",
        "signal,eigenvalue\r\n3,1\r\n4,2",
        "\u{feff}eigenvalue , signal\n# a comment\n 1 , 3\n\n2,4\n",
        "eigenvalue,coefficient\n1,3\n2,2\n",
    ] {
        let read = read(text.as_bytes(), SpectrumFormat::Csv).unwrap();
        assert_eq!(read.spectrum.eigenvalues(), [2.0, 1.0], "{text}");
        assert_eq!(read.spectrum.signal().unwrap(), [4.0, 3.0], "{text}");
    }
    let bare = read(b"1e-1\n2.5\nnan\n", SpectrumFormat::Csv).unwrap();
    assert_eq!(bare.spectrum.eigenvalues(), [2.5, 0.1]);
    assert_eq!(bare.spectrum.signal(), None);
    for (text, part) in [
        ("1,2\n3,4\n", "line 1: 2 columns without a header"),
        (
            "eigenvalue,signl\n1,2\n",
            "unknown column `signl`; only `eigenvalue`",
        ),
        ("signal\n1\n", "no column `eigenvalue`; found signal"),
        ("eigenvalue,eigenvalue\n1,2\n", "appears twice"),
        (
            "eigenvalue,signal,coefficient\n1,2,3\n",
            "both signal and coefficients",
        ),
        ("eigenvalue\n1\nx\n", "line 3: `x` is not a number"),
        (
            "eigenvalue,signal\n1,2\n3\n",
            "line 3: 1 fields, but the lines before have 2",
        ),
        ("eigenvalue\n", "at least one positive eigenvalue, got none"),
        (
            "eigenvalue;signal\n1;2\n",
            "unknown column `eigenvalue;signal`",
        ),
        ("", "the file is empty"),
    ] {
        refused(text.as_bytes(), SpectrumFormat::Csv, part);
    }
}

#[test]
fn json_is_one_object_with_known_keys() {
    let good = br#" {"signal": [3, 4], "eigenvalues": [1, 2.0]} "#;
    let read = read(good, SpectrumFormat::Json).unwrap();
    assert_eq!(read.spectrum.signal().unwrap(), [4.0, 3.0]);
    for (text, part) in [
        (r"[1, 2]", "should be an object"),
        (r"[[1.0], null, null]", "should be an object"),
        (
            r#"{"eigenvalues": [1], "lambda": 2}"#,
            "unknown field `lambda`",
        ),
        (
            r#"{"eigenvalues": [1], "eigenvalues": [2]}"#,
            "duplicate field",
        ),
        (r#"{"signal": [1]}"#, "missing field `eigenvalues`"),
        (r#"{"eigenvalues": [1, NaN]}"#, "line 1"),
        (r#"{"eigenvalues": [1, null]}"#, "null"),
        (r#"{"eigenvalues": [1e999]}"#, "out of range"),
        (r#"{"eigenvalues": [1"#, "EOF"),
        (r#"{"eigenvalues": [1]} x"#, "trailing"),
        (
            r#"{"eigenvalues": [1], "signal": [1], "coefficients": [1]}"#,
            "both signal",
        ),
        (r#"{"eigenvalues": []}"#, "got none"),
        ("  ", "the file is empty"),
    ] {
        refused(text.as_bytes(), SpectrumFormat::Json, part);
    }
}

#[test]
fn eigenvalues_of_the_kernel_are_divided_by_the_dataset_size() {
    let text = b"eigenvalue,coefficient\n8,1\n4,1\n";
    let read = |dataset_size| {
        let of = EigenvaluesOf::Kernel { dataset_size };
        read_spectrum_bytes(text, SpectrumFormat::Csv, "f", of)
    };
    let by_count = read(None).unwrap().spectrum;
    assert_eq!(by_count.eigenvalues(), [4.0, 2.0]);
    // Coefficients multiply the Hessian's eigenvalue.
    assert_eq!(by_count.signal().unwrap(), [4.0, 2.0]);
    assert_eq!(read(Some(8)).unwrap().spectrum.eigenvalues(), [1.0, 0.5]);
    assert!(
        read(Some(0))
            .unwrap_err()
            .to_string()
            .contains("at least 1, got 0")
    );
    let error = LoadedSpectrum::from_word("mnist:5", EigenvaluesOf::Kernel { dataset_size: None });
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("applies to files only")
    );
}

#[test]
fn paths_that_are_no_file_are_refused_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("dir.npy")).unwrap();
    std::fs::write(path("a.txt"), "1\n").unwrap();
    std::fs::write(path("empty.csv"), "").unwrap();
    std::fs::write(path("gone.csv"), "1\n").unwrap();
    std::fs::remove_file(path("gone.csv")).unwrap();
    std::fs::write(path("upper.CSV"), "1\n").unwrap();
    for (name, part) in [
        ("dir.npy", "this is a directory"),
        ("a.txt", "must end in .npy, .npz, .csv or .json"),
        ("empty.csv", "the file is empty"),
        ("gone.csv", "there is no such file"),
    ] {
        let word = path(name).display().to_string();
        let error = LoadedSpectrum::from_word(&word, EigenvaluesOf::Hessian).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(part) && text.contains(name), "{text}");
        assert!(!text.contains('\n'), "{text}");
    }
    let word = path("upper.CSV").display().to_string();
    let loaded = LoadedSpectrum::from_word(&word, EigenvaluesOf::Hessian).unwrap();
    assert_eq!(loaded.spectrum.eigenvalues(), [1.0]);
    assert_eq!(loaded.default_dataset_size, None);
    let of = EigenvaluesOf::Kernel {
        dataset_size: Some(4),
    };
    let loaded = LoadedSpectrum::from_word(&word, of).unwrap();
    assert_eq!(loaded.spectrum.eigenvalues(), [0.25]);
    assert_eq!(loaded.default_dataset_size, Some(4));
    assert!(loaded.conventions[0].contains("divided by N = 4"));
}

#[test]
fn loading_a_kernel_keeps_its_matrix_and_its_dataset_size() {
    let loaded = LoadedSpectrum::from_word("mnist:30", EigenvaluesOf::Hessian).unwrap();
    assert_eq!(loaded.default_dataset_size, Some(30));
    assert_eq!(loaded.kernel.unwrap().dataset_size(), 30);
    assert!(loaded.conventions[0].contains("Hessian"));
    let error = LoadedSpectrum::from_word("mnist:1001", EigenvaluesOf::Hessian).unwrap_err();
    assert!(error.to_string().contains("1..=1000"));
}

/// Files of each format that are accepted, to be damaged.
#[test]
fn integers_beyond_2_to_53_are_exact_or_refused_and_never_rounded() {
    let list = |descr: &str, values: [u64; 2]| {
        let data: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        npy(descr, false, "(2,)", &data)
    };
    for descr in ["<i8", "<u8"] {
        let even = list(descr, [(1 << 53) + 2, 1 << 62]);
        let read = read(&even, SpectrumFormat::Npy).unwrap();
        assert_eq!(
            read.spectrum.eigenvalues(),
            [2f64.powi(62), 9_007_199_254_740_994.0]
        );
        let odd = list(descr, [1, (1 << 53) + 1]);
        refused(
            &odd,
            SpectrumFormat::Npy,
            "[1] is the integer 9007199254740993",
        );
    }
    refused(
        &list("<u8", [u64::MAX, 1]),
        SpectrumFormat::Npy,
        "18446744073709551615",
    );
}

fn corpus() -> Vec<(SpectrumFormat, Vec<u8>)> {
    let load = |name| std::fs::read(fixture(name)).unwrap();
    vec![
        (SpectrumFormat::Npy, doubles(&[1.0, 0.5, 0.25])),
        (
            SpectrumFormat::Npy,
            load("numpy_big_endian_fortran_column.npy"),
        ),
        (SpectrumFormat::Npz, load("numpy_savez_compressed.npz")),
        (SpectrumFormat::Npz, load("numpy_savez_signal.npz")),
        (
            SpectrumFormat::Npz,
            npz(&[
                ("eigenvalues.npy", doubles(&[1.0; 40])),
                ("signal.npy", doubles(&[2.0; 40])),
            ]),
        ),
        (
            SpectrumFormat::Csv,
            b"eigenvalue,signal\n1,2\n3e-1,4\n\"5\",6\n".to_vec(),
        ),
        (
            SpectrumFormat::Json,
            br#"{"eigenvalues": [1, 2e0], "signal": [3, 4.5]}"#.to_vec(),
        ),
    ]
}

#[test]
fn every_truncation_of_a_file_is_read_or_refused_without_panic() {
    for (format, bytes) in corpus() {
        assert!(read(&bytes, format).is_ok());
        for cut in 0..bytes.len() {
            let result = read(&bytes[..cut], format);
            // A shorter table can still be a table.
            assert!(
                result.is_err() || format == SpectrumFormat::Csv,
                "{format:?} {cut}"
            );
        }
    }
}

#[test]
fn mutated_files_are_read_or_refused_without_panic() {
    let seed = 20_260_101;
    println!("seed {seed}");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut refusals = 0;
    for (format, bytes) in corpus() {
        for _ in 0..10_000 {
            let mut damaged = bytes.clone();
            for _ in 0..=random.next_u64() % 4 {
                let at = random.next_u64() as usize % damaged.len();
                match random.next_u64() % 4 {
                    0 => damaged[at] ^= 1 << (random.next_u64() % 8),
                    1 => damaged[at] = random.next_u64() as u8,
                    2 => damaged[at] = [0, 0xff, 0x7f, 0x80][random.next_u64() as usize % 4],
                    _ => {
                        let end = (at + random.next_u64() as usize % 9).min(damaged.len());
                        damaged.drain(at..end);
                        if damaged.is_empty() {
                            damaged.push(0);
                        }
                    }
                }
            }
            for format in [format, SpectrumFormat::Npz] {
                refusals += usize::from(read(&damaged, format).is_err());
            }
        }
    }
    assert!(refusals > 10_000, "{refusals}");
}

#[test]
fn digits_by_path_are_the_shipped_ones() {
    let data = |name: &str| format!("{}/data/mnist/{name}", env!("CARGO_MANIFEST_DIR"));
    let word = format!(
        "idx:{},{}:30",
        data("train1k-images-idx3-ubyte.gz"),
        data("train1k-labels-idx1-ubyte.gz")
    );
    let by_path = LoadedSpectrum::from_word(&word, EigenvaluesOf::Hessian).unwrap();
    let shipped = LoadedSpectrum::from_word("mnist:30", EigenvaluesOf::Hessian).unwrap();
    assert_eq!(by_path.spectrum, shipped.spectrum);
    assert_eq!(by_path.default_dataset_size, Some(30));
    let too_many = word.replace(":30", ":1001");
    let error = LoadedSpectrum::from_word(&too_many, EigenvaluesOf::Hessian).unwrap_err();
    assert!(error.to_string().contains("1..=1000, got 1001"), "{error}");
    let swapped = format!("idx:{0},{0}", data("train1k-labels-idx1-ubyte.gz"));
    let error = LoadedSpectrum::from_word(&swapped, EigenvaluesOf::Hessian).unwrap_err();
    assert!(error.to_string().contains("magic number"), "{error}");
    let missing = LoadedSpectrum::from_word("idx:none,none", EigenvaluesOf::Hessian).unwrap_err();
    assert!(
        missing.to_string().contains("cannot read none"),
        "{missing}"
    );
}
