//! `tauber figure`: files, agreement lines, resume, interrupts, full disks, bad input.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;

fn tauber(arguments: &[&str], folder: &Path) -> std::process::Output {
    Command::cargo_bin("tauber")
        .unwrap()
        .args(arguments)
        .arg("--out")
        .arg(folder)
        .output()
        .unwrap()
}

/// Runs the program inside a shell, after some commands of the shell.
#[cfg(unix)]
fn after(shell: &str, arguments: &[&str], folder: &Path) -> std::process::Output {
    std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("{shell}; exec \"$0\" \"$@\""))
        .arg(assert_cmd::cargo::cargo_bin("tauber"))
        .args(arguments)
        .arg("--out")
        .arg(folder)
        .output()
        .unwrap()
}

/// Every table and picture of a folder, by name. Not the journals, nor the line with its seconds.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                path,
            )
        })
        .filter(|(name, _)| !name.starts_with("journal-") && name != "agreement.json")
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The shipped digits.
const MNIST: [&str; 2] = [
    "train1k-images-idx3-ubyte.gz",
    "train1k-labels-idx1-ubyte.gz",
];

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
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
    assert!(
        text.contains("belongs to other settings: grid was absent"),
        "{text}"
    );
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

/// A run of Figure 3 that gets SIGINT once its first row is kept.
#[cfg(unix)]
fn interrupted(arguments: &[&str]) -> (tempfile::TempDir, std::process::Output) {
    let folder = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("tauber"))
        .args(arguments)
        .arg("--out")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = folder.path().join("figure-3/journal-quick-phases.txt");
    let rows = || std::fs::read_to_string(&journal).map_or(0, |t| t.lines().count());
    while rows() < 2 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _ = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    (folder, child.wait_with_output().unwrap())
}

#[cfg(unix)]
#[test]
fn after_an_interrupt_the_same_command_gives_the_same_files_byte_for_byte() {
    let whole = tempfile::tempdir().unwrap();
    let quick = ["figure", "3", "--quick", "--json"];
    assert_eq!(tauber(&quick, whole.path()).status.code(), Some(0));
    // A run may end before the signal arrives: then another one is begun.
    let (cut, stopped) = (0..20)
        .map(|_| interrupted(&quick))
        .find(|(_, output)| output.status.code() != Some(0))
        .unwrap();
    assert_eq!(stopped.status.code(), Some(3));
    let why = json(&stopped)["interrupted"].as_str().unwrap().to_owned();
    assert!(
        why.contains("stage `phases`") && why.contains("of 12 rows are kept"),
        "{why}"
    );
    let half = contents(&cut.path().join("figure-3"));
    assert!(half.is_empty(), "nothing half finished");
    let resumed = json(&tauber(&quick, cut.path()));
    assert!(resumed["figures"][0]["rows_resumed"].as_u64().unwrap() > 0);
    assert!(resumed["figures"][0]["rows_computed"].as_u64().unwrap() > 0);
    let [a, b] = [&whole, &cut].map(|f| contents(&f.path().join("figure-3")));
    assert!(a.len() >= 5 && a == b);
}

#[cfg(unix)]
#[test]
fn a_journal_that_cannot_grow_is_reported_and_its_rows_serve_the_next_run() {
    let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let quick = ["figure", "3", "--quick", "--json"];
    // Four blocks of 512 bytes end in the third row: a write fails in its middle, as on a full disk.
    let full = after("trap '' XFSZ; ulimit -f 4", &quick, cut.path());
    assert_eq!(full.status.code(), Some(2));
    let text = words(&full.stderr);
    assert!(
        text.contains("cannot use the journal") && text.contains("journal-quick-phases.txt"),
        "{text}"
    );
    assert!(contents(&cut.path().join("figure-3")).is_empty());
    let resumed = json(&tauber(&quick, cut.path()));
    let kept = resumed["figures"][0]["rows_resumed"].as_u64().unwrap();
    assert!((1..12).contains(&kept), "{kept}");
    assert_eq!(tauber(&quick, whole.path()).status.code(), Some(0));
    let [a, b] = [&whole, &cut].map(|f| contents(&f.path().join("figure-3")));
    assert!(a == b);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_with_the_file_and_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("figure-9");
    std::fs::create_dir(&own).unwrap();
    for name in ["figure.svg", "figure.png", "agreement.json"] {
        let path = own.join(name);
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let output = tauber(&["figure", "9", "--quick"], folder.path());
        assert_eq!(output.status.code(), Some(2));
        let text = words(&output.stderr);
        assert!(
            text.contains(name) && text.contains("No space left"),
            "{text}"
        );
        std::fs::remove_file(&path).unwrap();
    }
    assert_eq!(
        tauber(&["figure", "9", "--quick"], folder.path())
            .status
            .code(),
        Some(0)
    );
    // Temporaries begin with a dot.
    let names: Vec<String> = contents(&own).into_iter().map(|f| f.0).collect();
    assert_eq!(names, ["figure.png", "figure.svg"]);
}

#[cfg(unix)]
#[test]
fn files_have_the_permissions_that_the_umask_leaves() {
    use std::os::unix::fs::PermissionsExt;
    for (umask, expected) in [("027", 0o640), ("022", 0o644), ("077", 0o600)] {
        let folder = tempfile::tempdir().unwrap();
        let output = after(
            &format!("umask {umask}"),
            &["figure", "9", "--quick"],
            folder.path(),
        );
        assert_eq!(output.status.code(), Some(0));
        for name in ["figure.svg", "figure.png", "agreement.json"] {
            let path = folder.path().join("figure-9").join(name);
            let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, expected, "{name} at umask {umask}");
        }
    }
}

#[test]
fn one_refused_journal_does_not_stop_the_other_figures_and_the_exit_code_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // Figure 3 has a journal of other settings; figures 9 and 11 (empty frames) can be drawn; a file
    // where the folder should be stops the rest at once.
    for number in (1..=14).filter(|n| ![3, 9, 11].contains(n)) {
        std::fs::write(folder.path().join(format!("figure-{number}")), "x").unwrap();
    }
    let own = folder.path().join("figure-3");
    std::fs::create_dir(&own).unwrap();
    let foreign = r#"{"format":"tauber-journal 1","settings":{"program":"another"}}"#;
    std::fs::write(own.join("journal-quick-phases.txt"), format!("{foreign}\n")).unwrap();
    let output = tauber(&["figure", "all", "--quick", "--json"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    let document = json(&output);
    let numbers = |key: &str| -> Vec<u64> {
        let list = document[key].as_array().unwrap();
        list.iter().map(|f| f["figure"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers("figures"), [9, 11]);
    assert_eq!(numbers("failed").len(), 12);
    let third = document["failed"][2]["error"].as_str().unwrap();
    assert!(third.contains("grid was absent"), "{third}");
    assert!(folder.path().join("figure-11/figure.svg").exists());
    assert!(words(&output.stderr).contains("figure 3 FAILED"));
}

#[test]
fn corrupt_data_files_are_refused_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let fails = |arguments: &[&str], name: &str| {
        let output = tauber(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = words(&output.stderr);
        assert!(text.contains(name), "{arguments:?}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    };
    let shipped = |name: &str| format!("{}/data/mnist/{name}", env!("CARGO_MANIFEST_DIR"));
    let [images, labels] = MNIST.map(shipped);
    // A download that broke off.
    let half = std::fs::read(&images).unwrap();
    std::fs::write(own("half.gz"), &half[..half.len() / 2]).unwrap();
    std::fs::write(own("noise.idx"), b"not an idx file").unwrap();
    for bad in ["half.gz", "noise.idx"] {
        let path = own(bad);
        fails(
            &[
                "figure",
                "12",
                "--quick",
                "--mnist-images",
                &path,
                "--mnist-labels",
                &labels,
            ],
            bad,
        );
        fails(
            &[
                "figure",
                "12",
                "--quick",
                "--mnist-images",
                &images,
                "--mnist-labels",
                &path,
            ],
            bad,
        );
    }
    std::fs::write(own("table.csv"), "a,b\n1,2\n").unwrap();
    let table = own("table.csv");
    fails(&["figure", "10", "--quick", "--sgemm", &table], "table.csv");
    std::fs::write(own("kernel.npy"), b"\x93NUMPY").unwrap();
    let kernel = own("kernel.npy");
    fails(
        &[
            "figure",
            "11",
            "--quick",
            "--resnet-kernel",
            &kernel,
            "--resnet-target",
            &kernel,
        ],
        "kernel.npy",
    );
}
