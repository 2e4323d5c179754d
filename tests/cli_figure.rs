//! `tauber figure`: files, agreement lines, resume, bad input.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

fn tauber(arguments: &[&str], folder: &Path) -> std::process::Output {
    Command::cargo_bin("tauber")
        .unwrap()
        .args(arguments)
        .arg("--out")
        .arg(folder)
        .output()
        .unwrap()
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_figure_is_data_pictures_and_one_line_of_agreement() {
    let folder = tempfile::tempdir().unwrap();
    let output = tauber(&["figure", "3", "--quick", "--json"], folder.path());
    assert_eq!(output.status.code(), Some(0));
    let own = folder.path().join("figure-3");
    let line = std::fs::read_to_string(own.join("agreement.json")).unwrap();
    assert_eq!(line.lines().count(), 1);
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json(&output)["figures"][0], line);
    assert_eq!(
        (&line["figure"], &line["scale"]),
        (&Value::from(3), &Value::from("quick"))
    );
    for file in line["files"].as_array().unwrap() {
        let path = own.join(file.as_str().unwrap());
        assert!(path.metadata().unwrap().len() > 100, "{path:?}");
    }
    let png = std::fs::read(own.join("figure.png")).unwrap();
    assert_eq!(&png[1..4], b"PNG");
    let svg = std::fs::read_to_string(own.join("figure.svg")).unwrap();
    assert!(svg.contains("noise-dominated") && !svg.contains("NaN"));
    let csv = std::fs::read_to_string(own.join("phases.csv")).unwrap();
    assert!(csv.starts_with("zeta,1/nu,measured_exponent,"));
    assert!(!output.stderr.contains(&0x1b), "no colours in a pipe");
}

#[test]
fn a_second_run_takes_finished_rows_from_the_journal_and_gives_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        json(&tauber(
            &["figure", "3", "--quick", "--json"],
            folder.path(),
        ))
    };
    let first = run();
    let table = folder.path().join("figure-3/phases.csv");
    let before = std::fs::read(&table).unwrap();
    let second = run();
    assert!(first["figures"][0]["rows_computed"].as_u64().unwrap() > 0);
    assert_eq!(second["figures"][0]["rows_computed"], 0);
    assert_eq!(
        first["figures"][0]["agreements"],
        second["figures"][0]["agreements"]
    );
    assert_eq!(before, std::fs::read(&table).unwrap());
}

#[test]
fn a_journal_of_other_settings_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("figure-3");
    std::fs::create_dir(&own).unwrap();
    let foreign = r#"{"format":"tauber-journal 1","settings":{"program":"another","rows":"12"}}"#;
    std::fs::write(own.join("journal-quick-phases.txt"), format!("{foreign}\n")).unwrap();
    let output = tauber(&["figure", "3", "--quick"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("program was another"), "{text}");
}

#[test]
fn absent_data_are_listed_with_the_command_and_are_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let output = tauber(&["figure", "11", "--quick", "--json"], folder.path());
    assert_eq!(output.status.code(), Some(0));
    let absent = &json(&output)["figures"][0]["not_reproduced"];
    assert_eq!(absent.as_array().unwrap().len(), 4);
    assert!(
        absent[0]["command"]
            .as_str()
            .unwrap()
            .contains("--resnet-kernel")
    );
    let svg = std::fs::read_to_string(folder.path().join("figure-11/figure.svg")).unwrap();
    assert!(svg.contains("Not reproduced") && svg.contains("--resnet-kernel"));
}

#[test]
fn bad_requests_are_refused_in_clear_words() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |arguments: &[&str], word: &str| {
        let output = tauber(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(word), "{arguments:?}: {text}");
    };
    fails(&["figure", "15"], "1 to 14");
    fails(&["figure", "12", "--mnist-images", "x"], "--mnist-labels");
    fails(
        &[
            "figure",
            "12",
            "--quick",
            "--mnist-images",
            "nowhere",
            "--mnist-labels",
            "nowhere",
        ],
        "nowhere",
    );
    fails(
        &["figure", "10", "--quick", "--sgemm", "nowhere.csv"],
        "nowhere.csv",
    );
    // A file where the folder should be.
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let output = tauber(&["figure", "9"], &file);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot make the folder"));
}
