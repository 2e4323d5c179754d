//! `tauber prove`, `check` and `export`: verdicts, exit codes, JSON, and what they refuse.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

const SQUARE: &str = "title = \"A square\"\nvariables = [\"x\", \"y\"]\ngiven = []\nclaim = \"x^2 + y^2 >= 2*x*y\"\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn file(&self, name: &str, text: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// Exit code, stdout, stderr.
fn run(words: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("tauber")
        .unwrap()
        .args(words)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn word(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn json(words: &[&str]) -> (i32, Value) {
    let (code, stdout, _) = run(words);
    (code, serde_json::from_str(&stdout).unwrap())
}

#[test]
fn a_true_statement_is_proved_checked_and_exported() {
    let folder = Folder::new();
    let statement = folder.file("square.toml", SQUARE.as_bytes());
    let proof = folder.0.path().join("square.json");
    let (code, document) = json(&["prove", word(&statement), "-o", word(&proof), "--json"]);
    assert_eq!((code, &document["verdict"]), (0, &Value::from("proved")));
    for key in [
        "statement",
        "certificate",
        "method",
        "terms",
        "search_seconds",
        "check_seconds",
    ] {
        assert!(!document[key].is_null(), "{key}");
    }
    let (code, document) = json(&[
        "check",
        word(&proof),
        "--statement",
        word(&statement),
        "--json",
    ]);
    assert_eq!(
        (code, &document["certificates"][0]["accepted"]),
        (0, &Value::from(true))
    );
    for (input, to, part) in [
        (&statement, "smt-lib", "QF_NRA"),
        (&statement, "qepcad", "x"),
        (&statement, "redlog", "rl"),
        (&proof, "rocq", "Qed"),
    ] {
        let (code, stdout, stderr) = run(&["export", word(input), "--to", to]);
        assert_eq!(code, 0, "{to}: {stderr}");
        assert!(stdout.contains(part), "{to}: {stdout}");
    }
    let (code, _, stderr) = run(&["export", word(&statement), "--to", "rocq"]);
    assert!(code == 2 && stderr.contains("prove it first"), "{stderr}");
}

#[test]
fn a_false_statement_is_refuted_at_an_exact_point_and_leaves_no_certificate() {
    let folder = Folder::new();
    let text = SQUARE.replace(">= 2*x*y", "> 2*x*y");
    let statement = folder.file("false.toml", text.as_bytes());
    let proof = folder.0.path().join("false.json");
    let (code, document) = json(&["prove", word(&statement), "-o", word(&proof), "--json"]);
    assert_eq!((code, &document["verdict"]), (1, &Value::from("refuted")));
    assert_eq!(
        document["witness"]["x"], document["witness"]["y"],
        "equality is the only violation"
    );
    assert!(!proof.exists());
}

#[test]
fn an_empty_domain_is_called_vacuous() {
    let folder = Folder::new();
    let text =
        "title = \"t\"\nvariables = [\"x\"]\ngiven = [\"x > 1\", \"x < 0\"]\nclaim = \"x > 7\"\n";
    let statement = folder.file("empty.toml", text.as_bytes());
    let (code, document) = json(&["prove", word(&statement), "--json"]);
    assert_eq!((code, &document["vacuous"]), (0, &Value::from(true)));
    assert!(
        run(&["prove", word(&statement)])
            .1
            .contains("no point satisfies")
    );
}

#[test]
fn a_search_without_time_says_unknown_and_what_it_tried() {
    let folder = Folder::new();
    // Robinson's polynomial: nonnegative, no sum of squares.
    let text = "title = \"Robinson\"\nvariables = [\"x\", \"y\", \"z\"]\ngiven = []\nclaim = \"x^6 + y^6 + z^6 \
                - x^4*y^2 - x^4*z^2 - y^4*x^2 - y^4*z^2 - z^4*x^2 - z^4*y^2 + 3*x^2*y^2*z^2 >= 0\"\n";
    let statement = folder.file("robinson.toml", text.as_bytes());
    let (code, document) = json(&["prove", word(&statement), "--timeout", "0", "--json"]);
    assert_eq!((code, &document["verdict"]), (3, &Value::from("unknown")));
    assert!(document["reason"].as_str().unwrap().contains("time"));
}

/// Motzkin's polynomial in three pairs of variables: not negative, no sum of squares, zero at 64 points.
fn hard() -> String {
    let one = |x: &str, y: &str| format!("{x}^4*{y}^2 + {x}^2*{y}^4 - 3*{x}^2*{y}^2 + 1");
    let sum = [one("x", "y"), one("z", "w"), one("u", "v")].join(" + ");
    format!(
        "title = \"Hard\"\nvariables = [\"x\", \"y\", \"z\", \"w\", \"u\", \"v\"]\ngiven = []\nclaim = \"{sum} >= 0\"\n"
    )
}

fn names(folder: &Folder) -> Vec<String> {
    let list = std::fs::read_dir(folder.0.path()).unwrap();
    let mut list: Vec<String> = list
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    list.sort();
    list
}

#[test]
fn a_timeout_leaves_no_file_and_names_the_flag() {
    let folder = Folder::new();
    let statement = folder.file("hard.toml", hard().as_bytes());
    let proof = folder.0.path().join("hard.json");
    let words = [
        "prove",
        word(&statement),
        "-o",
        word(&proof),
        "--timeout",
        "0.2",
    ];
    let (code, stdout, stderr) = run(&words);
    assert_eq!(code, 3, "{stdout}{stderr}");
    assert!(
        stdout.contains("unknown: the time given ran out; give more with --timeout"),
        "{stdout}"
    );
    assert!(stdout.contains("undecided: "), "{stdout}");
    assert_eq!(names(&folder), ["hard.toml"]);
    let words: Vec<&str> = words.into_iter().chain(["--json"]).collect();
    let (code, document) = json(&words);
    assert_eq!((code, &document["verdict"]), (3, &Value::from("unknown")));
    assert!(document["certificate"].is_null());
    assert_eq!(names(&folder), ["hard.toml"]);
}

/// The process is interrupted once it has installed its handler, which the kernel tells (`SigCgt`).
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_the_search_with_a_verdict_and_leaves_no_file() {
    use std::process::{Command, Stdio};
    const SIGINT: u32 = 2;
    let folder = Folder::new();
    let statement = folder.file("hard.toml", hard().as_bytes());
    let proof = folder.0.path().join("hard.json");
    let child = Command::new(env!("CARGO_BIN_EXE_tauber"))
        .args(["prove", word(&statement), "-o", word(&proof), "--json"])
        .args(["--timeout", "600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let catches = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = u64::from_str_radix(mask.unwrap_or("0").trim(), 16).unwrap();
        mask >> (SIGINT - 1) & 1 == 1
    };
    while !catches() {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["verdict"], "unknown");
    assert_eq!(document["reason"], "interrupted");
    assert!(stderr.contains("unknown: interrupted"), "{stderr}");
    assert_eq!(names(&folder), ["hard.toml"]);
}

#[test]
fn statements_that_are_none_are_refused_with_the_place() {
    let folder = Folder::new();
    let change = |from: &str, to: &str| SQUARE.replace(from, to);
    for (name, text, part) in [
        ("toml", change("given = []", "given = ["), "line"),
        ("variable", change("2*x*y", "2*x*q"), "line 4"),
        ("division", change("2*x*y", "2*x/y"), "line 4"),
        ("exponent", change("x^2", "x^99999999"), "64"),
        ("equation", change(">=", "="), "line 4"),
        ("key", change("given", "hypotheses"), "hypotheses"),
        ("twice", format!("{SQUARE}title = \"again\"\n"), "duplicate"),
        ("empty", String::new(), "title"),
    ] {
        let statement = folder.file(&format!("{name}.toml"), text.as_bytes());
        let (code, stdout, stderr) = run(&["prove", word(&statement)]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{name}: {stderr}");
        assert!(
            stderr.contains(part) && stderr.contains(name),
            "{name}: {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    let missing = folder.0.path().join("missing.toml");
    assert_eq!(run(&["prove", word(&missing)]).0, 2);
    assert_eq!(run(&["prove", word(folder.0.path())]).0, 2);
    let statement = folder.file("square.toml", SQUARE.as_bytes());
    let (code, _, stderr) = run(&["prove", word(&statement), "--split", "x - q"]);
    assert!(code == 2 && stderr.contains("--split"), "{stderr}");
}

#[test]
fn certificates_that_are_none_or_of_another_statement_are_rejected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs");
    let proof = root.join("certificates/zu_increasing.json");
    let other = root.join("statements/s_positive_on_stable_box.toml");
    let (code, document) = json(&["check", word(&proof), "--statement", word(&other), "--json"]);
    assert_eq!(code, 1);
    let reason = document["certificates"][0]["reason"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(reason.contains("another statement"), "{reason}");
    let folder = Folder::new();
    let original = std::fs::read_to_string(&proof).unwrap();
    for (name, text) in [
        ("truncated", original[..original.len() / 2].to_owned()),
        ("blank", original.replacen(',', ", ", 1)),
        ("schema", original.replace("\"schema\":1", "\"schema\":2")),
        (
            "number",
            original.replacen(
                "\"coefficient\":\"1\"",
                &format!("\"coefficient\":\"{}\"", "9".repeat(5000)),
                1,
            ),
        ),
        ("empty", String::new()),
    ] {
        let path = folder.file(&format!("{name}.json"), text.as_bytes());
        let (code, stdout, _) = run(&["check", word(&path)]);
        assert!(code == 1 && stdout.contains("REJECTED"), "{name}: {stdout}");
    }
    let huge = folder.file("huge.json", &vec![b'9'; (16 << 20) + 1]);
    let (code, stdout, _) = run(&["check", word(&huge)]);
    assert!(code == 1 && stdout.contains("16 MiB"), "{stdout}");
    assert_eq!(
        run(&["check", word(&folder.0.path().join("none.json"))]).0,
        2
    );
}

/// Exit code, stdout and stderr of the program under a limit of 1 GB of address space.
#[cfg(target_os = "linux")]
fn run_in_a_gigabyte(words: &[&str]) -> (i32, String, String) {
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 1000000 && exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_tauber"))
        .args(words)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    (code, text(output.stdout), text(output.stderr))
}

#[cfg(target_os = "linux")]
#[test]
fn files_without_end_are_refused_within_a_gigabyte() {
    let folder = Folder::new();
    let sparse = |name: &str| {
        let path = folder.file(name, b"");
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_len(1 << 30).unwrap();
        path
    };
    let (huge_toml, huge_json) = (sparse("huge.toml"), sparse("huge.json"));
    // A name that ends in .json for a device.
    let endless_json = folder.0.path().join("endless.json");
    std::os::unix::fs::symlink("/dev/zero", &endless_json).unwrap();
    let statement = folder.file("square.toml", SQUARE.as_bytes());
    let proof = folder.0.path().join("square.json");
    let made = ["prove", word(&statement), "-o", word(&proof)];
    assert_eq!(
        run_in_a_gigabyte(&made).0,
        0,
        "a small file fits the memory"
    );
    for endless in ["/dev/zero", word(&huge_toml)] {
        for words in [
            &["prove", endless][..],
            &["check", word(&proof), "--statement", endless],
            &["export", endless, "--to", "smt-lib"],
        ] {
            let (code, stdout, stderr) = run_in_a_gigabyte(words);
            assert_eq!(
                (code, stdout.as_str()),
                (2, ""),
                "{words:?}: {stdout}{stderr}"
            );
            let clear = stderr.contains(endless) && stderr.contains("16 MiB");
            assert!(clear, "{words:?}: {stderr}");
        }
    }
    for endless in [word(&endless_json), word(&huge_json)] {
        let (code, stdout, stderr) = run_in_a_gigabyte(&["check", endless]);
        assert!(
            code == 1 && stdout.contains("at most 16 MiB"),
            "{stdout}{stderr}"
        );
        let (code, _, stderr) = run_in_a_gigabyte(&["export", endless, "--to", "rocq"]);
        assert!(code == 2 && stderr.contains("16 MiB"), "{stderr}");
    }
    let (code, _, stderr) = run_in_a_gigabyte(&["derive", "--rule", word(&huge_toml)]);
    assert!(code == 2 && stderr.contains("16 MiB"), "{stderr}");
}

#[test]
fn explain_takes_its_form_after_an_equals_sign_only() {
    let folder = Folder::new();
    let statement = folder.file("square.toml", SQUARE.as_bytes());
    let proof = folder.0.path().join("square.json");
    let (code, text, stderr) = run(&["prove", "--explain", word(&statement), "-o", word(&proof)]);
    assert!(code == 0 && text.contains("Proof."), "{text}{stderr}");
    let (code, latex, _) = run(&["prove", "--explain=latex", word(&statement)]);
    assert!(code == 0 && latex.contains("\\begin{"), "{latex}");
    let (code, text, _) = run(&["check", "--explain", word(&proof)]);
    assert!(
        code == 0 && text.contains("Proof.") && !text.contains("\\begin{"),
        "{text}"
    );
    let (code, latex, _) = run(&["check", "--explain=latex", word(&proof)]);
    assert!(code == 0 && latex.contains("\\begin{"), "{latex}");
    assert_eq!(run(&["prove", word(&statement), "--explain=html"]).0, 2);
    // With a space the word is a second file, which `prove` does not take.
    assert_eq!(run(&["prove", word(&statement), "--explain", "latex"]).0, 2);
}

#[test]
fn a_refutation_numbers_the_claims_from_one_and_json_from_zero() {
    let folder = Folder::new();
    let text =
        "title = \"Two\"\nvariables = [\"x\"]\ngiven = []\nclaim = [\"x^2 >= 0\", \"x^2 > 0\"]\n";
    let statement = folder.file("two.toml", text.as_bytes());
    let (code, stdout, _) = run(&["prove", word(&statement)]);
    assert!(
        code == 1 && stdout.contains("claim [2] x^2 > 0: its polynomial has the value 0"),
        "{stdout}"
    );
    assert!(
        !stdout.contains("claim [1]") && !stdout.contains("goal"),
        "{stdout}"
    );
    let (_, document) = json(&["prove", word(&statement), "--json"]);
    assert_eq!(document["values"][0]["goal"], 1);
}

#[test]
fn rejections_above_the_proofs_name_the_certificate_and_the_other_statement() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs");
    let proof = root.join("certificates/zu_increasing.json");
    let other = root.join("statements/s_positive_on_stable_box.toml");
    let (_, stdout, _) = run(&["check", word(&proof), "--statement", word(&other)]);
    let got = "z U(z) is increasing";
    assert!(
        stdout.contains("json: certificate (certificate): expected") && stdout.contains(got),
        "{stdout}"
    );
}

/// n x as n times the term x: a valid certificate of any length.
#[test]
fn a_long_certificate_is_exported_to_rocq_with_a_warning() {
    let folder = Folder::new();
    let exported = |n: usize| {
        let text = format!(
            "title = \"Long\"\nvariables = [\"x\"]\ngiven = [\"x > 0\"]\nclaim = \"{n}*x > 0\"\n"
        );
        let statement = tauber_checker::parse_statement_toml(&text).unwrap();
        let term = serde_json::json!({ "coefficient": "1", "factors": [[0, 1]] });
        let node = serde_json::json!({ "rule": "identity", "claim": 0, "terms": vec![term; n] });
        let certificate = serde_json::json!({
            "schema": 1, "statement": statement.json, "sha256": statement.sha256(),
            "vacuous": false, "proofs": [node],
        });
        let bytes = tauber_checker::canonical(&certificate);
        let file = folder.file(&format!("{n}.json"), bytes.as_bytes());
        assert_eq!(run(&["check", word(&file)]).0, 0);
        run(&["export", word(&file), "--to", "rocq"])
    };
    let (code, stdout, stderr) = exported(151);
    assert!(code == 0 && stdout.contains("Qed"), "{stderr}");
    assert!(
        stderr.contains("151 terms") && stderr.contains("--shorten"),
        "{stderr}"
    );
    let (code, _, stderr) = exported(20);
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[test]
fn the_page_of_false_neighbours_names_exactly_the_false_statements() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/compare/false-neighbours.md")).unwrap();
    let mut named: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(|name| *name != "statement")
        .map(str::to_owned)
        .collect();
    for line in page.lines().filter(|l| l.starts_with("Not measured")) {
        let list = line.split_once(": ").unwrap().1.trim_end_matches('.');
        named.extend(list.split(", ").map(str::to_owned));
    }
    named.sort();
    let mut files: Vec<String> = std::fs::read_dir(root.join("proofs/false"))
        .unwrap()
        .filter_map(|e| {
            Some(
                e.unwrap()
                    .file_name()
                    .to_str()?
                    .strip_suffix(".toml")?
                    .to_owned(),
            )
        })
        .collect();
    files.sort();
    assert_eq!(named, files, "run the example false_neighbours again");
}
