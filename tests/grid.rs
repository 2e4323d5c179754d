//! Maps over (learning rate, momentum): against iteration, and as files that an interrupt does not lose.
//!
//! Losses are compared with the SE recursion (65), r_L with the growth of the iterated loss, U(1)
//! with the sum (21) written out here.

use assert_cmd::Command;
use std::path::Path;
use tauber::dynamics::SeRecursion;
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;
use tauber::stability::grid::{Cell, Grid, GridError, GridSettings};

fn law(n: u32) -> Spectrum {
    let l = (1..=n).map(|k| f64::from(k).powf(-1.5)).collect();
    let q = (1..=n).map(|k| f64::from(k).powf(-1.75)).collect();
    Spectrum::new(l, Some(q)).unwrap()
}

fn settings(noise_amplitude: f64, tau: f64, step: u64) -> GridSettings {
    GridSettings {
        learning_rates: vec![0.03, 0.2, 0.7, 1.5, 1.99, 2.5, 3.7],
        momenta: vec![-0.8, -0.3, 0.0, 0.4, 0.85],
        noise_amplitude,
        tau,
        step: Some(step),
    }
}

/// (21), written out.
fn noise_function_at_1(s: &Spectrum, alpha: f64, b: f64, gamma: f64, tau: f64) -> f64 {
    let l = s.eigenvalues();
    let terms = l.iter().map(|l| {
        let a = alpha * l;
        a * (1.0 + b) / ((1.0 - b) * (2.0 * (1.0 + b) - a) + gamma * tau * a * (1.0 + b))
    });
    gamma * terms.sum::<f64>()
}

#[test]
fn every_cell_agrees_with_iteration_at_two_horizons_and_on_short_and_long_spectra() {
    for (n, step, gamma, tau) in [
        (40, 300, 0.3, 1.0),
        (40, 50, 0.5, 0.0),
        (40, 300, 0.0, 1.0),
        (2000, 500, 0.1, 1.0),
        (40, 400, 0.2, -1.0),
    ] {
        let s = law(n);
        let grid = Grid::new(&s, settings(gamma, tau, step)).unwrap();
        let cells = grid.cells();
        let width = grid.settings().learning_rates.len();
        let (mut stable, mut unstable, mut beyond) = (0, 0, 0);
        for (k, cell) in cells.iter().enumerate() {
            let alpha = grid.settings().learning_rates[k % width];
            let b = grid.settings().momenta[k / width];
            let h = Hyperparameters::new(alpha, b, gamma, tau).unwrap();
            let mut run = SeRecursion::new(&s, &h).unwrap();
            // Far beyond the edge the plain iteration overflows; then only finiteness is checked.
            let exact = run.advance_by(step).log10();
            if exact.is_finite() {
                let off = (cell.log10_loss - exact).abs();
                assert!(
                    off < 1e-8 * (1.0 + exact.abs()),
                    "{n} {alpha} {b}: {off:e} {cell:?}"
                );
                assert!(cell.loss_error < 1e-8, "{cell:?}");
            } else {
                assert!(cell.log10_loss > 300.0, "{cell:?}");
            }
            if cell.noise_function_at_1.is_nan() {
                beyond += 1;
            } else {
                let u = noise_function_at_1(&s, alpha, b, gamma, tau);
                let off = (cell.noise_function_at_1 - u).abs();
                assert!(off <= 1e-10 * u, "{cell:?} {u}");
                stable += usize::from(u < 1.0);
                unstable += usize::from(u >= 1.0);
                assert_eq!(u < 1.0, cell.convergence_radius == 1.0, "{cell:?}");
            }
        }
        assert!(stable > 5 && beyond > 3, "{stable} {unstable} {beyond}");
        assert!(unstable > 0 || gamma < 0.15 || tau < 0.0);
        // Row by row is the same, bit by bit.
        let rows: Vec<Cell> = (0..5).flat_map(|row| grid.row(row)).collect();
        assert!(
            rows.iter()
                .zip(&cells)
                .all(|(x, y)| x.log10_loss.to_bits() == y.log10_loss.to_bits())
        );
        assert!(grid.row(5).is_empty());
    }
}

#[test]
fn the_radius_is_the_growth_of_the_iterated_loss() {
    let s = law(30);
    let mut checked = 0;
    let grid = Grid::new(&s, settings(0.6, 1.0, 1000)).unwrap();
    for (row, &b) in grid.settings().momenta.iter().enumerate() {
        for (cell, &alpha) in grid.row(row).iter().zip(&grid.settings().learning_rates) {
            // Fast enough that the first thousand steps settle it, slow enough for f64.
            if !(0.75..0.97).contains(&cell.convergence_radius) {
                continue;
            }
            let h = Hyperparameters::new(alpha, b, 0.6, 1.0).unwrap();
            let mut run = SeRecursion::new(&s, &h).unwrap();
            let before = run.advance_by(700);
            let growth = run.step() / before;
            let off = (growth * cell.convergence_radius - 1.0).abs();
            assert!(off < 1e-9, "{alpha} {b}: {off:e}");
            checked += 1;
        }
    }
    assert!(checked >= 3, "{checked}");
}

#[test]
fn maps_that_make_no_sense_are_refused_with_the_reason() {
    let s = law(5);
    let with = |change: &dyn Fn(&mut GridSettings)| {
        let mut settings = settings(0.1, 1.0, 100);
        change(&mut settings);
        Grid::new(&s, settings).err()
    };
    assert_eq!(with(&|_| {}), None);
    assert_eq!(with(&|s| s.momenta.clear()), Some(GridError::Empty));
    for change in [
        (|s: &mut GridSettings| s.momenta.push(1.0)) as fn(&mut GridSettings),
        |s| s.learning_rates.push(0.0),
        |s| s.noise_amplitude = -1.0,
        |s| s.tau = 1.5,
    ] {
        assert!(matches!(with(&change), Some(GridError::Hyperparameters(_))));
    }
    let silent = Grid::new(&s.clone().without_signal(), settings(0.1, 1.0, 100));
    assert_eq!(silent.err(), Some(GridError::NoSignal));
}

const WORDS: [&str; 12] = [
    "phase",
    "power-law:nu=1.5,kappa=0.75,modes=200",
    "--grid",
    "--noise-amplitude",
    "0.1",
    "--learning-rates",
    "0.05:4:9",
    "--momenta",
    "-0.8:0.8:7",
    "--json",
    "--at",
    "1000",
];

fn phase(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::cargo_bin("tauber").unwrap();
    command.args(words).arg("--out").arg(folder);
    command
}

fn document(folder: &Path, words: &[&str]) -> serde_json::Value {
    let output = phase(folder, words).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_command_writes_all_files_and_a_shortened_journal_is_completed_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let first = document(folder.path(), &WORDS);
    assert_eq!(first["rows_resumed"], 0);
    for file in first["files"].as_array().unwrap() {
        assert!(at(file.as_str().unwrap()).is_file(), "{file}");
    }
    // NPY, read by another library, JSON and CSV hold the same numbers.
    let bytes = std::fs::read(at("log10_loss.npy")).unwrap();
    let npy = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(npy.shape(), [7, 9]);
    let npy: Vec<f64> = npy.into_vec().unwrap();
    let mut reader = csv::Reader::from_path(at("grid.csv")).unwrap();
    let column = reader
        .headers()
        .unwrap()
        .iter()
        .position(|h| h == "log10_loss")
        .unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 63);
    let mut undefined = 0;
    for (k, row) in rows.iter().enumerate() {
        assert_eq!(row[column].parse::<f64>().unwrap(), npy[k]);
        // The reader of JSON may miss the last bit.
        let json = first["log10_loss"][k / 9][k % 9].as_f64().unwrap();
        assert!((json - npy[k]).abs() <= f64::EPSILON * npy[k].abs());
        let u = &first["noise_function_at_1"][k / 9][k % 9];
        undefined += usize::from(u.is_null());
        assert_eq!(u.is_null(), row[2].is_empty());
    }
    assert!(undefined > 0);
    let svg = std::fs::read_to_string(at("log10_loss.svg")).unwrap();
    assert!(svg.contains("bound (22)") && svg.contains("noiseless edge") && svg.contains("10⁻¹"));

    // Two rows lost, one of them torn: the rest is taken from the journal.
    let files = [
        "grid.csv",
        "log10_loss.npy",
        "log10_loss.svg",
        "convergence_radius.png",
    ];
    let before = files.map(|file| std::fs::read(at(file)).unwrap());
    let journal = std::fs::read_to_string(at("journal.txt")).unwrap();
    let kept: usize = journal.lines().take(6).map(|line| line.len() + 1).sum();
    std::fs::write(at("journal.txt"), &journal[..kept + 40]).unwrap();
    let second = document(folder.path(), &WORDS);
    assert_eq!(second["rows_resumed"], 5);
    assert_eq!(files.map(|file| std::fs::read(at(file)).unwrap()), before);

    // Other settings: refused by name, and nothing is overwritten.
    let mut other = WORDS;
    other[11] = "2000";
    let refused = phase(folder.path(), &other).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("at was 1000, now it is 2000"), "{text}");
    assert_eq!(std::fs::read(at("grid.csv")).unwrap(), before[0]);
}

#[test]
#[cfg(unix)]
fn control_c_keeps_the_finished_rows_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let words = [
        "phase",
        "power-law:nu=1.5,kappa=0.75,modes=200",
        "--grid",
        "--noise-amplitude",
        "0.1",
        "--learning-rates",
        "0.05:4:100",
        "--momenta",
        "-0.8:0.8:150",
        "--at",
        "5000",
        "--json",
    ];
    let journal = folder.path().join("journal.txt");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("tauber"))
        .args(words)
        .arg("--out")
        .arg(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = || std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    while lines() < 4 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let stopped: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let done = stopped["rows_done"].as_u64().unwrap();
    assert!((3..150).contains(&done), "{stopped}");
    let rest = document(folder.path(), &words);
    assert_eq!(rest["rows_resumed"].as_u64(), Some(done));
    assert_eq!(rest["log10_loss"].as_array().unwrap().len(), 150);
}

#[test]
fn bad_ranges_and_missing_folders_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    for (position, word, reason) in [
        (6, "4:0.05:9", "rise"),
        (6, "0:4:9", "positive"),
        (8, "-0.8:1.2:7", "momentum"),
        (11, "1.5", "whole"),
    ] {
        let mut words = WORDS;
        words[position] = word;
        let output = phase(folder.path(), &words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{word}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(reason), "{word}: {text}");
    }
    let mut command = Command::cargo_bin("tauber").unwrap();
    let output = command.args(WORDS).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--out"));
}
