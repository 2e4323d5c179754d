//! Ctrl-C on `tauber simulate`: exit code 3, nothing lost, and the same command then prints what a run
//! without interrupt prints, in every regime.
#![cfg(unix)]

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tauber::report::Journal;

fn start(line: &str) -> Child {
    Command::new(cargo_bin("tauber"))
        .args(line.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// Interrupts the run as soon as its journal has `lines` lines.
fn interrupted(line: &str, journal: &Path, lines: usize) -> Output {
    let mut run = start(line);
    let there = || {
        std::fs::read(journal)
            .is_ok_and(|text| text.iter().filter(|b| **b == b'\n').count() >= lines)
    };
    while !there() && run.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let sent = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    run.wait_with_output().unwrap()
}

fn goes_on(regime: &str, lines: usize) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let whole = start(&format!("simulate {regime} --json"))
        .wait_with_output()
        .unwrap();
    assert_eq!(whole.status.code(), Some(0));
    let line = format!("simulate {regime} --json --journal {}", journal.display());
    let part = interrupted(&line, &journal, lines);
    let found = document(&part);
    assert_eq!(part.status.code(), Some(3), "{found}");
    assert_eq!(found["interrupted"], true);
    let warnings = found["warnings"].to_string();
    assert!(
        warnings.contains("goes on from where it stopped"),
        "{warnings}"
    );
    let rest = start(&line).wait_with_output().unwrap();
    assert_eq!(rest.status.code(), Some(0));
    assert_eq!(document(&rest), document(&whole));
    found
}

#[test]
fn the_se_recursion() {
    for momentum in ["0", "0.5"] {
        let found = goes_on(
            &format!(
                "power-law:nu=1.5,kappa=0.75,modes=2000 --learning-rate 0.2 --momentum {momentum} --noise-amplitude 0.1 --steps 2e5"
            ),
            1,
        );
        // What was finished is printed: the loss at step 0 at least.
        assert!(found["loss"][0].as_f64().unwrap() > 0.0);
        assert!(found["steps"].as_array().unwrap().len() < 20);
    }
}

#[test]
fn exact_moments_iterated() {
    let found = goes_on(
        "mnist:60 --regime exact --method iteration --learning-rate 0.2 --batch-size 5 --steps 6000",
        1,
    );
    assert!(found["loss"][0].as_f64().unwrap() > 0.0);
}

/// Regression: exit code 2, and the work was lost.
#[test]
fn exact_moments_by_the_contour() {
    let found = goes_on(
        "mnist:150 --regime exact --method contour --learning-rate 0.2 --momentum 0.3 --batch-size 5 --steps 1e6 --at 100,1e4,1e5,1e6",
        1,
    );
    assert!(found["steps"].as_array().unwrap().len() < 4);
}

#[test]
fn seeds_of_sampled_runs_and_of_networks() {
    for regime in ["sampled --steps 1e5", "network --width 64 --steps 600"] {
        let found = goes_on(
            &format!("mnist:30 --regime {regime} --learning-rate 0.2 --batch-size 5 --seeds 60"),
            3,
        );
        assert!(found["warnings"].to_string().contains("of 60 seeds"));
        assert!(found["loss"][0].as_f64().unwrap() > 0.0);
    }
}

/// Regression: a seed began again at its step 0.
#[test]
fn one_long_seed_goes_on_in_its_middle() {
    for regime in [
        "sampled --steps 3e6 --generator xoshiro256",
        "network --width 64 --steps 3e4",
    ] {
        let line = format!(
            "mnist:30 --regime {regime} --learning-rate 0.2 --momentum 0.5 --batch-size 5 --seeds 1 --json"
        );
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        let whole = start(&format!("simulate {line}"))
            .wait_with_output()
            .unwrap();
        assert_eq!(whole.status.code(), Some(0));
        let line = format!("simulate {line} --journal {}", journal.display());
        let part = interrupted(&line, &journal, 1);
        assert_eq!(part.status.code(), Some(3), "{}", document(&part));
        let stopped = folder.path().join("journal.stopped");
        let kept = std::fs::read_to_string(&stopped).unwrap();
        let header: Value = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
        let settings: Vec<(&str, String)> = (header["settings"].as_object().unwrap().iter())
            .map(|(name, text)| (name.as_str(), text.as_str().unwrap().to_owned()))
            .collect();
        let opened = || Journal::open_uneven(&stopped, &settings).unwrap();
        let mut row = opened().rows()[&0].clone();
        assert!(row[0] >= 256.0, "{}", row[0]);
        // A state of other settings is refused.
        let other = line.replace("--momentum 0.5", "--momentum 0.4");
        assert_eq!(
            start(&other).wait_with_output().unwrap().status.code(),
            Some(2)
        );
        let rest = start(&line).wait_with_output().unwrap();
        assert_eq!(rest.status.code(), Some(0));
        assert_eq!(document(&rest), document(&whole));
        assert!(!stopped.exists());
        // The state is where it goes on: with one batch left out, the losses are others.
        row[0] += 1.0;
        std::fs::remove_file(&journal).unwrap();
        opened().append(0, row).unwrap();
        let other = start(&line).wait_with_output().unwrap();
        assert_eq!(other.status.code(), Some(0));
        assert_ne!(document(&other)["loss"], document(&whole)["loss"]);
    }
}

#[test]
fn a_journal_of_other_noise_is_refused_by_se_and_of_another_method_by_exact() {
    let folder = tempfile::tempdir().unwrap();
    for (name, common, one, other, setting) in [
        (
            "a",
            "mnist:20",
            "--batch-size 2",
            "--batch-size 2 --tau 0",
            "tau was",
        ),
        (
            "b",
            "mnist:20 --regime exact --batch-size 2",
            "--method iteration",
            "--method contour",
            "method was",
        ),
    ] {
        let journal = folder.path().join(name);
        let with = |flags: &str| {
            let line = format!(
                "simulate {common} --learning-rate 0.1 --steps 20 --json --journal {} {flags}",
                journal.display()
            );
            start(&line).wait_with_output().unwrap()
        };
        assert_eq!(with(one).status.code(), Some(0));
        let refused = with(other);
        assert_eq!(refused.status.code(), Some(2));
        let error = document(&refused)["error"].to_string();
        assert!(error.contains(setting), "{error}");
    }
}
