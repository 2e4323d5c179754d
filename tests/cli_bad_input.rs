//! Bad input: one clear sentence, exit code 2, no panic, no partial file.

use assert_cmd::Command;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tauber::spectrum::{EigenvaluesOf, SpectrumFormat, SpectrumSource, read_spectrum_bytes};

fn tauber(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_tauber"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs a command line split at blanks that must be refused: exit code 2, nothing on standard
/// output, and on standard error one sentence (and perhaps one line of help) with all `parts`.
/// The same with `--json`: the sentence is also the only document.
fn refused(line: &str, parts: &[&str]) {
    let words: Vec<&str> = line.split_whitespace().collect();
    refused_words(&words, parts);
}

fn refused_words(words: &[&str], parts: &[&str]) {
    let output = tauber(words);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
    assert!(output.stdout.is_empty(), "{words:?}");
    for part in parts {
        assert!(error.contains(part), "{words:?} lacks `{part}`: {error}");
    }
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[0].starts_with("tauber: "), "{error}");
    assert!(
        lines.len() == 1 || lines.len() == 2 && lines[1].starts_with("  help: "),
        "{words:?}: {error}"
    );
    assert!(!error.contains("panicked"), "{error}");
    let mut with_json = words.to_vec();
    with_json.push("--json");
    let output = tauber(&with_json);
    assert_eq!(output.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{words:?}: no document: {error}"));
    let sentence = document["error"].as_str().unwrap();
    assert_eq!(lines[0], format!("tauber: {sentence}"));
    assert_eq!(document.as_object().unwrap().len(), 1);
}

const SMALL: &str = "audit power-law:nu=2,modes=10";

#[test]
fn hyperparameters_out_of_range() {
    for (flags, parts) in [
        (
            "--learning-rate 1 --momentum 1.2 --batch-size 1",
            ["momentum must lie in (-1, 1)", "1.2"],
        ),
        (
            "--learning-rate 1 --momentum 1 --batch-size 1",
            ["momentum must lie in (-1, 1)", "got 1"],
        ),
        (
            "--learning-rate 1 --momentum -1 --batch-size 1",
            ["momentum must lie in (-1, 1)", "-1"],
        ),
        (
            "--learning-rate -0.1 --batch-size 1",
            ["learning rate must be", "-0.1"],
        ),
        (
            "--learning-rate 0 --batch-size 1",
            ["learning rate must be", "got 0"],
        ),
        (
            "--learning-rate 1 --noise-amplitude -0.1",
            ["noise amplitude must be", "-0.1"],
        ),
        (
            "--learning-rate 1 --noise-amplitude 0.1 --tau 2",
            ["tau must be", "got 2"],
        ),
        (
            "--learning-rate 1 --batch-size 0",
            ["batch size must be", "got 0"],
        ),
        (
            "--learning-rate 1 --batch-size 11 --dataset-size 10",
            ["1..=dataset size (10)", "got 11"],
        ),
        (
            "--learning-rate 1 --batch-size -1",
            ["--batch-size", "negative"],
        ),
        (
            "--learning-rate 1 --batch-size 1.5",
            ["--batch-size", "not a whole number"],
        ),
        (
            "--learning-rate 1 --batch-size 1 --dataset-size 0",
            ["dataset size must be", "got 0"],
        ),
        (
            "--learning-rate 1 --batch-size 1 --dataset-size many",
            ["--dataset-size", "infinite"],
        ),
        (
            "--learning-rate nan --batch-size 1",
            ["--learning-rate", "not a number"],
        ),
        (
            "--learning-rate 1e400 --batch-size 1",
            ["--learning-rate", "too large"],
        ),
        (
            "--learning-rate 1/0 --batch-size 1",
            ["--learning-rate", "denominator is zero"],
        ),
    ] {
        refused(&format!("{SMALL} {flags}"), &parts);
    }
}

#[test]
fn noise_given_twice_or_not_at_all() {
    refused(
        &format!("{SMALL} --learning-rate 1 --batch-size 1 --noise-amplitude 0.1"),
        &["--batch-size", "cannot be used with", "--noise-amplitude"],
    );
    refused(
        &format!("{SMALL} --learning-rate 1 --dataset-size 10 --noise-amplitude 0.1"),
        &["--dataset-size", "cannot be used with"],
    );
    refused(
        &format!("{SMALL} --learning-rate 1"),
        &["noise is not given", "--batch-size"],
    );
}

#[test]
fn words_that_are_no_spectrum() {
    let rates = ["--learning-rate", "1", "--noise-amplitude", "0"];
    for (word, part) in [
        ("", "got nothing"),
        ("powerlaw:nu=2", "unknown law `powerlaw`"),
        ("power-law", "write power-law:nu=1.5"),
        ("power-law:nu=2,mu=1", "unknown key `mu`"),
        ("power-law:nu=2,nu=2", "given twice"),
        ("power-law:nu=-1", "nu must lie in"),
        ("power-law:nu=2,modes=1e30", "modes must"),
        ("mnist:0", "positive integer"),
        ("mnist:1e30", "mnist"),
        ("mnist:100000", "1..=1000"),
        ("bike:-1", "positive integer"),
        ("no-such-file.csv", "there is no such file"),
        ("no-such-file", "there is no such file"),
    ] {
        let mut words = vec!["audit", word];
        words.extend(rates);
        refused_words(&words, &[part]);
    }
    refused(
        "audit power-law:nu=2,modes=9 --eigenvalues-of kernel --learning-rate 1 --noise-amplitude 0",
        &["files only"],
    );
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn refused_file(path: &Path, parts: &[&str]) {
    let name = path.to_str().unwrap();
    let mut all = vec![name];
    all.extend(parts);
    refused(
        &format!("audit {name} --learning-rate 1 --noise-amplitude 0"),
        &all,
    );
}

#[test]
fn files_that_hold_no_spectrum() {
    let folder = Folder::new();
    for (name, bytes, part) in [
        ("empty.csv", &b""[..], "empty"),
        ("empty.npy", b"", "empty"),
        ("empty.npz", b"", "empty"),
        ("empty.json", b"", "empty"),
        ("heading.csv", b"eigenvalue,signal\n", "eigenvalue"),
        ("nan.csv", b"eigenvalue\n1\nnan\n0.5\n", "NaN"),
        (
            "negative.csv",
            b"eigenvalue\n1\n-0.5\n",
            "negative beyond rounding",
        ),
        ("infinite.csv", b"eigenvalue\n1e400\n", "finite"),
        ("zero.csv", b"eigenvalue\n0\n", "positive eigenvalue"),
        (
            "signal.csv",
            b"eigenvalue,signal\n1,-2\n",
            "must be finite and >= 0",
        ),
        ("bytes.csv", b"eigenvalue\n1\n\xff\xfe\n", "line 3"),
        ("text.csv", b"eigenvalue\nfoo\n", "line 2"),
        ("columns.csv", b"size,colour\n1,2\n", "eigenvalue"),
        ("cut.json", b"{\"eigenvalues\": [1, 2", "cut.json"),
        ("deep.json", b"[[[[", "deep.json"),
        ("magic.npy", b"\x93NUMPY\x01\x00", "magic.npy"),
        ("text.npz", b"not a zip archive at all", "text.npz"),
        ("what.txt", b"1\n", ".npy, .npz, .csv or .json"),
    ] {
        refused_file(&folder.file(name, bytes), &[part]);
    }
    let directory = folder.0.path().join("folder.npz");
    std::fs::create_dir(&directory).unwrap();
    refused_file(&directory, &["directory"]);
}

#[test]
fn truncated_archives() {
    let folder = Folder::new();
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/spectra");
    let source = std::fs::read_dir(&whole)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "npz"))
        .expect("an npz among the fixtures");
    let bytes = std::fs::read(source).unwrap();
    for share in [2, 3, 10] {
        let cut = &bytes[..bytes.len() - bytes.len() / share];
        refused_file(&folder.file("cut.npz", cut), &["cut.npz: "]);
    }
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    // A name that leads nowhere: what a file that vanished looks like.
    let dangling = folder.0.path().join("gone.csv");
    symlink(folder.0.path().join("nowhere.csv"), &dangling).unwrap();
    refused_file(&dangling, &["no such file"]);
    let locked = folder.file("locked.csv", b"eigenvalue\n1\n");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read it all the same.
    if std::fs::read(&locked).is_err() {
        refused_file(&locked, &["ermission"]);
    }
}

const CURVE: &str =
    "curve power-law:nu=2,kappa=1,modes=10 --learning-rate 0.1 --noise-amplitude 0.1";

#[test]
fn steps_that_are_none() {
    for (steps, part) in [
        ("-1", "negative"),
        ("1.5", "not a whole number"),
        ("1e30", "too large"),
        ("1,,2", "not a number"),
        ("ten", "not a number"),
        ("1e15 --method iteration", "ask for earlier steps"),
    ] {
        refused(&format!("{CURVE} --at {steps}"), &[part]);
    }
    let mut words: Vec<&str> = CURVE.split_whitespace().collect();
    refused_words(&words, &["--at"]);
    words.extend(["--at", ""]);
    refused_words(&words, &["--at", "not a number"]);
}

#[test]
fn losses_that_cannot_be_computed() {
    let folder = Folder::new();
    refused(
        "curve power-law:nu=2,modes=10 --learning-rate 0.1 --noise-amplitude 0.1 --at 1",
        &["no signal"],
    );
    refused(
        "curve power-law:nu=0.4,kappa=1 --learning-rate 0.1 --noise-amplitude 0.1 --at 1",
        &["infinite after one step"],
    );
    for (rows, part) in [
        // Regression: the sum overflowed and the loss was printed as 0.
        ("1,1e308\n0.5,1.7e308\n", "divide the signal"),
        // Regression: "position moment is NaN".
        ("1e308,1\n1e307,2\n", "lower the learning rate"),
    ] {
        let file = folder.file("huge.csv", format!("eigenvalue,signal\n{rows}").as_bytes());
        for command in ["curve", "simulate"] {
            let at = if command == "curve" {
                "--at 3"
            } else {
                "--steps 3"
            };
            refused(
                &format!(
                    "{command} {} --learning-rate 0.1 --noise-amplitude 0.1 {at}",
                    file.display()
                ),
                &[part],
            );
        }
    }
    // Regression: one mode near its edge with noise, where the terms of the series cancel and it
    // printed -8.8e87.
    let file = folder.file("one.csv", b"eigenvalue,signal\n10,1\n");
    refused(
        &format!(
            "curve {} --learning-rate 0.3582 --momentum 0.99 --noise-amplitude 0.01 --at 3000 --method series",
            file.display()
        ),
        &["use the iteration"],
    );
}

const SIMULATE: &str = "simulate mnist:30 --learning-rate 0.1 --batch-size 5 --steps 5";

#[test]
fn simulations_that_make_no_sense() {
    for (flags, part) in [
        ("--regime sampled --seeds 0", "at least one seed"),
        ("--regime sampled --seeds -3", "negative"),
        ("--at 6", "beyond the last step 5"),
        ("--regime sampled --dataset-size 1000", "30 points"),
        ("--regime quantum", "possible values"),
    ] {
        refused(&format!("{SIMULATE} {flags}"), &[part]);
    }
    refused(
        "simulate mnist:30 --learning-rate 0.1 --batch-size 31",
        &["(30)", "got 31"],
    );
    refused(
        "simulate mnist:30 --learning-rate 0.1 --noise-amplitude 0.1 --regime exact",
        &["draws batches", "--batch-size"],
    );
    refused(
        "simulate power-law:nu=2,kappa=1,modes=5 --learning-rate 0.1 --batch-size 1 --regime sampled",
        &["needs a kernel", "mnist:N"],
    );
}

#[test]
fn outputs_that_cannot_be_written() {
    let folder = Folder::new();
    let missing = folder.0.path().join("missing").join("losses.csv");
    refused(
        &format!("{SIMULATE} --output {}", missing.display()),
        &["there is no folder", "missing"],
    );
    refused(
        &format!("{SIMULATE} --output {}", folder.0.path().display()),
        &["it is a directory"],
    );
    // Bad input beside a good output: no file, whole or partial.
    let target = folder.0.path().join("losses.csv");
    refused(
        &format!("{SIMULATE} --at 6 --output {}", target.display()),
        &["beyond"],
    );
    refused(
        &format!(
            "{SIMULATE} --regime sampled --seeds 0 --output {}",
            target.display()
        ),
        &["seed"],
    );
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 0);
}

#[test]
fn commands_that_do_not_exist() {
    refused("bogus", &["unrecognized subcommand 'bogus'"]);
    refused("audit", &["<SPECTRUM>", "--learning-rate"]);
    refused("completions tcsh", &["possible values", "bash"]);
    refused(
        "derive --quantity nope",
        &["there is no quantity `nope`", "denominator"],
    );
    refused(
        "derive --rule nope",
        &["there is no rule `nope`", "heavy-ball"],
    );
    refused("derive --rule nope.toml", &["nope.toml"]);
}

/// Regression: the complete file was renamed over the device.
#[cfg(unix)]
#[test]
fn a_pipe_named_as_output_is_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let folder = Folder::new();
    let pipe = folder.0.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    let line = format!("{SIMULATE} --output {}", pipe.display());
    let output = tauber(&line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0));
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert!(reader.join().unwrap().starts_with("step,loss"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tauber"))
        .args(["derive", "--quantity", "denominator"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("cannot write to standard output"), "{error}");
}

/// The parsing layer on random words and files: errors, never panics.
#[test]
fn random_words_and_files_never_panic() {
    let seed = 20_230_501;
    println!("seed {seed}");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let pieces = [
        "power-law:",
        "mnist:",
        "bike:",
        "nu=",
        "kappa=",
        "modes=",
        "scale=",
        "signal=",
        "signal-scale=",
        ",",
        ":",
        "=",
        "1",
        "0",
        "-",
        "1.5",
        "1e9",
        "1e999",
        "/",
        "tails",
        "terms",
        " ",
        "é",
        "\u{0}",
        "nan",
        "inf",
        ".",
        "..",
    ];
    for _ in 0..20_000 {
        let length = random.random_range(0..10);
        let word: String = (0..length)
            .map(|_| pieces[random.random_range(0..pieces.len())])
            .collect();
        // Only the reading of the word: no file, no kernel.
        if let Err(error) = word.parse::<SpectrumSource>() {
            assert!(!error.to_string().is_empty());
        }
    }
    let seeds: [(&[u8], SpectrumFormat); 4] = [
        (b"eigenvalue,signal\n1,2\n0.5,1\n", SpectrumFormat::Csv),
        (b"{\"eigenvalues\": [1, 0.5], \"signal\": [1, 2]}", SpectrumFormat::Json),
        (
            b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }            \n\0\0\0\0\0\0\xf0\x3f",
            SpectrumFormat::Npy,
        ),
        (b"PK\x03\x04\x14\0\0\0\0\0", SpectrumFormat::Npz),
    ];
    let mut accepted = 0;
    for (bytes, format) in seeds {
        for _ in 0..5_000 {
            let mut bytes = bytes.to_vec();
            for _ in 0..random.random_range(0..4) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..3) {
                    0 => bytes[at] = random.random(),
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, random.random()),
                }
            }
            let of = EigenvaluesOf::Kernel {
                dataset_size: Some(random.random_range(0..3)),
            };
            match read_spectrum_bytes(&bytes, format, "f", of) {
                Ok(read) => {
                    accepted += 1;
                    assert!(
                        read.spectrum
                            .eigenvalues()
                            .iter()
                            .all(|l| *l > 0.0 && l.is_finite())
                    );
                }
                Err(error) => assert!(error.to_string().starts_with("f: "), "{error}"),
            }
        }
    }
    assert!(accepted > 100, "the unaltered files are good: {accepted}");
}
