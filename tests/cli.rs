//! The command line as a user meets it: documents, exit codes, numbers with a source.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

fn tauber() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tauber"))
}

/// Runs a command line split at blanks.
fn run(line: &str) -> std::process::Output {
    tauber().args(line.split_whitespace()).output().unwrap()
}

/// Runs with `--json`: the exit code and the one document on standard output.
fn json(line: &str) -> (i32, Value) {
    let output = tauber()
        .args(line.split_whitespace())
        .arg("--json")
        .output()
        .unwrap();
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{line}: {error}: {}", text(&output.stdout)));
    (output.status.code().unwrap(), document)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn numbers(value: &Value) -> Vec<f64> {
    let entries = value.as_array().unwrap();
    entries.iter().map(|x| x.as_f64().unwrap()).collect()
}

fn near(value: &Value, expected: f64, digits: f64) {
    let value = value.as_f64().unwrap();
    assert!(
        (value - expected).abs() <= digits,
        "{value} against {expected}"
    );
}

const LAW: &str = "power-law:nu=1.5,modes=1000";
const SPLIT: &str = "--learning-rate 1 --momentum 0.9 --dataset-size 1000";

#[test]
fn audit_shows_what_a_full_batch_rule_hides() {
    // Edges of the notes: 3.80 without noise, 0.86096 at batch 10, 0.092352 at batch 1.
    let (code, ten) = json(&format!("audit {LAW} {SPLIT} --batch-size 10"));
    assert_eq!((code, &ten["verdict"]), (1, &Value::from("unstable")));
    near(&ten["noiseless_critical_learning_rate"], 3.80, 1e-12);
    near(&ten["critical_learning_rate"], 0.86096, 5e-6);
    near(&ten["critical_regularization"], 2.147721680123, 1e-11);
    near(&ten["effective_learning_rate"], 10.0, 1e-12);
    let (_, one) = json(&format!("audit {LAW} {SPLIT} --batch-size 1"));
    near(&one["critical_learning_rate"], 0.092352, 5e-7);
    let output = run(&format!("audit {LAW} {SPLIT} --batch-size 10"));
    assert!(
        text(&output.stdout).contains("a full-batch rule would call this learning rate stable")
    );
    assert!(output.stderr.is_empty());
}

#[test]
fn audit_has_the_fields_of_the_design() {
    let (_, document) = json(&format!("audit {LAW} {SPLIT} --batch-size 10"));
    for field in [
        "verdict",
        "reason",
        "noise_function_at_1",
        "critical_learning_rate",
        "noiseless_critical_learning_rate",
        "critical_regularization",
        "effective_learning_rate",
        "convergence_radius",
        "divergence_time_scale",
        "divergence_time",
        "phase",
        "warnings",
        "conventions",
    ] {
        assert!(document.get(field).is_some(), "{field} is missing");
    }
    let warnings = document["warnings"].as_array().unwrap();
    for (field, value) in document.as_object().unwrap() {
        let named = warnings
            .iter()
            .any(|w| w.as_str().unwrap().contains(field.as_str()));
        assert!(
            !value.is_null() || named,
            "{field} is null without a warning"
        );
    }
    assert!(document["phase"].is_null());
    assert!(document.get("error").is_none());
}

#[test]
fn the_reason_is_readable_on_both_sides_of_the_edge() {
    let reason = |rate: &str| {
        let (_, document) = json(&format!(
            "audit {LAW} --learning-rate {rate} --momentum 0.9 --noise-amplitude 1/10"
        ));
        document["reason"].as_str().unwrap().to_owned()
    };
    let far = reason("1");
    let digits = far.split_whitespace().nth(2).unwrap();
    assert!(digits.len() <= 8 && far.ends_with("above 1"), "{far}");
    let (_, document) = json(&format!(
        "audit {LAW} --learning-rate 1 --momentum 0.9 --noise-amplitude 0.1"
    ));
    let edge = document["critical_learning_rate"].as_f64().unwrap();
    let below = reason(&format!("{}", edge * (1.0 - 1e-7)));
    assert!(
        below.starts_with("U(1) = 1 - ") && below.ends_with("below 1"),
        "{below}"
    );
    assert!(!below.contains("= 1 is"), "{below}");
}

#[test]
fn one_mode_at_tau_1_has_the_noiseless_edge() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.csv");
    std::fs::write(&file, "eigenvalue,signal\n0.5,1\n").unwrap();
    let (code, document) = json(&format!(
        "audit {} --learning-rate 1 --momentum 0.5 --batch-size 1",
        file.display()
    ));
    assert_eq!(code, 0);
    // 2 (1 + 0.5)/0.5 = 6.
    near(&document["critical_learning_rate"], 6.0, 1e-9);
    near(&document["noiseless_critical_learning_rate"], 6.0, 1e-12);
    assert_eq!(document["critical_regularization"], 0.0);
    assert_eq!(document["divergence_time_scale"], "infinity");
}

#[test]
fn without_noise_the_edges_agree() {
    // The batch is the dataset: gamma = 0.
    let (code, document) = json(&format!("audit {LAW} {SPLIT} --batch-size 1000"));
    assert_eq!(code, 0);
    assert_eq!(document["noise_function_at_1"], 0.0);
    assert_eq!(document["input"]["noise_amplitude"], 0.0);
    near(&document["critical_learning_rate"], 3.8, 1e-9);
}

#[test]
fn every_phase_of_the_infinite_law_is_named() {
    for (law, phase, verdict, code) in [
        (
            "nu=0.4,kappa=1",
            "immediate-divergence",
            "immediate-divergence",
            1,
        ),
        (
            "nu=1/2,kappa=1",
            "immediate-divergence",
            "immediate-divergence",
            1,
        ),
        (
            "nu=0.8,kappa=0.4",
            "eventual-divergence",
            "eventual-divergence",
            1,
        ),
        ("nu=1.5,kappa=0.75", "signal-dominated", "stable", 0),
        ("nu=1.5,kappa=3", "noise-dominated", "stable", 0),
        // zeta + 1/nu = 4/3 + 2/3 = 2 exactly.
        ("nu=1.5,kappa=2", "border", "stable", 0),
    ] {
        let (exit, document) = json(&format!(
            "audit power-law:{law} --learning-rate 0.2 --momentum -0.3 --batch-size 4"
        ));
        assert_eq!(document["phase"], phase, "{law}");
        assert_eq!(document["verdict"], verdict, "{law}");
        assert_eq!(exit, code, "{law}");
        assert_eq!(
            document["critical_learning_rate"] == 0.0,
            code == 1,
            "{law}"
        );
    }
    let (_, document) = json("audit power-law:nu=1.5 --learning-rate 0.2 --batch-size 4");
    assert!(document["phase"].is_null(), "no kappa, no phase");
}

#[test]
fn eigenvalues_of_a_kernel_are_divided_by_n() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kernel.csv");
    std::fs::write(&file, "eigenvalue\n4\n2\n1\n1\n").unwrap();
    let audit = format!(
        "audit {} --learning-rate 0.1 --noise-amplitude 0.1",
        file.display()
    );
    let largest = |more: &str| {
        let (_, document) = json(&format!("{audit} {more}"));
        document["input"]["largest_eigenvalue"].clone()
    };
    assert_eq!(largest(""), 4.0);
    assert_eq!(largest("--eigenvalues-of kernel"), 1.0);
    assert_eq!(largest("--eigenvalues-of hessian"), 4.0);
}

#[test]
fn numbers_may_be_fractions_and_powers_of_ten() {
    let (code, document) = json(
        "audit power-law:nu=3/2,modes=1e3 --learning-rate 1e-1 --momentum -1/3 --batch-size 1e1 --dataset-size 1e3 --tau -1",
    );
    assert_eq!(code, 0);
    let input = &document["input"];
    near(&input["momentum"], -1.0 / 3.0, 0.0);
    assert_eq!(
        (&input["batch_size"], &input["tau"]),
        (&Value::from(10), &Value::from(-1.0))
    );
    assert!(text(document["warnings"].to_string().as_bytes()).contains("tested, not proved"));
}

#[test]
fn loss_in_the_null_space_is_reported_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("null.csv");
    std::fs::write(&file, "eigenvalue,signal\n1,1\n0.5,1\n0,3\n").unwrap();
    let path = file.display();
    let rates = "--learning-rate 0.5 --noise-amplitude 0.1";
    let (_, document) = json(&format!("audit {path} {rates}"));
    assert_eq!(document["null_space_loss"], 1.5);
    let (_, document) = json(&format!("curve {path} {rates} --at 0,100000"));
    assert_eq!(numbers(&document["loss"]), [2.5, 1.5]);
}

/// Section 3.3 of the notes on stability and asymptotics: infinite exact power laws.
#[test]
fn curve_gives_the_reference_losses_of_infinite_laws() {
    let steps = "0,1,2,10,100,1000";
    for (law, rates, losses) in [
        (
            "nu=1.5,kappa=.75",
            "--learning-rate .2 --momentum .5 --noise-amplitude .5 --tau 1",
            [
                0.5,
                0.4176020943,
                0.3370359483,
                0.179301925,
                0.06329751972,
                0.02073131154,
            ],
        ),
        (
            "nu=1.5,kappa=3",
            "--learning-rate .2 --momentum .5 --noise-amplitude .5 --tau 1",
            [
                0.5,
                0.3385489775,
                0.1821131797,
                0.01689965184,
                4.648764253e-4,
                1.574951854e-5,
            ],
        ),
        (
            "nu=2,kappa=4",
            "--learning-rate .5 --momentum -.5 --noise-amplitude .3 --tau 0",
            [
                0.5,
                0.182595938,
                0.1550753578,
                0.01085451871,
                2.217002719e-4,
                3.53943208e-6,
            ],
        ),
    ] {
        let mut found = Vec::new();
        for method in ["iteration", "series"] {
            let (code, document) = json(&format!(
                "curve power-law:{law} {rates} --at {steps} --method {method}"
            ));
            assert_eq!(code, 0);
            assert_eq!(document["method"][5], method);
            for field in ["steps", "log10_loss", "error_estimate", "method"] {
                assert_eq!(document[field].as_array().unwrap().len(), 6, "{field}");
            }
            found.push(numbers(&document["loss"]));
            for (loss, expected) in found.last().unwrap().iter().zip(losses) {
                // Printed to ten digits, trailing zeros left out.
                assert!(
                    (loss / expected - 1.0).abs() < 6e-10,
                    "{law}: {loss} {expected}"
                );
            }
        }
        for (a, b) in found[0].iter().zip(&found[1]) {
            assert!((a / b - 1.0).abs() < 1e-12, "{law}: {a} {b}");
        }
    }
}

/// The fixture says where its numbers come from.
#[test]
fn the_error_estimate_is_not_below_the_error() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/curve_reference.json");
    let reference: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let steps: Vec<String> = reference["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spectrum.csv");
    let words = |value: &Value| -> Vec<f64> {
        let list = value
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_str().unwrap());
        list.map(|x| match x.split_once('/') {
            Some((p, q)) => p.parse::<f64>().unwrap() / q.parse::<f64>().unwrap(),
            None => x.parse().unwrap(),
        })
        .collect()
    };
    let (mut compared, mut refused, mut sharp) = (0, 0, 0);
    for case in reference["cases"].as_array().unwrap() {
        let mut csv = "eigenvalue,signal\n".to_owned();
        for (l, s) in words(&case["eigenvalues"])
            .iter()
            .zip(words(&case["signal"]))
        {
            csv.push_str(&format!("{l:e},{s:e}\n"));
        }
        std::fs::write(&file, csv).unwrap();
        let rate = |key: &str| case[key].as_str().unwrap();
        for method in ["iteration", "series"] {
            let (code, document) = json(&format!(
                "curve {} --learning-rate {} --momentum {} --noise-amplitude {} --tau {} --at {} --method {method}",
                file.display(),
                rate("learning_rate"),
                rate("momentum"),
                rate("noise_amplitude"),
                rate("tau"),
                steps.join(",")
            ));
            if method == "series" && code == 2 {
                // Beyond f64, or its terms cancel: it says so and names the way out.
                assert!(
                    document["error"]
                        .as_str()
                        .unwrap()
                        .contains("use the iteration")
                );
                refused += 1;
                continue;
            }
            assert_eq!(code, 0, "{case}");
            for (t, step) in steps.iter().enumerate() {
                let estimate = document["error_estimate"][t].as_f64().unwrap();
                let error = match document["loss"][t].as_f64() {
                    Some(loss) => {
                        let truth: f64 = case["loss"][t].as_str().unwrap().parse().unwrap();
                        (loss - truth).abs()
                    }
                    None => {
                        let log = document["log10_loss"][t].as_f64().unwrap();
                        let truth = case["log10_loss"][t].as_str().unwrap();
                        (log - truth.parse::<f64>().unwrap()).abs()
                    }
                };
                assert!(
                    error <= estimate,
                    "{method}, t = {step}: {error:e} > {estimate:e}: {case}"
                );
                compared += 1;
                // The estimate is no wild exaggeration either.
                sharp += usize::from(estimate < 1e4 * error.max(1e-16));
            }
        }
    }
    assert!(compared > 300 && refused > 3, "{compared} {refused}");
    assert!(10 * sharp > 9 * compared, "{sharp} of {compared}");
}

#[test]
fn a_divergent_run_is_followed_beyond_the_range_of_f64() {
    let line = "mnist:100 --learning-rate 3 --momentum 0.5 --batch-size 1";
    let (code, audit) = json(&format!("audit {line}"));
    assert_eq!(code, 1);
    let slope = -audit["convergence_radius"].as_f64().unwrap().log10();
    let (code, curve) = json(&format!("curve {line} --at 0,10,5000,6000"));
    assert_eq!(code, 0);
    assert!(curve["loss"][0].is_f64() && curve["loss"][3].is_null());
    let log = numbers(&curve["log10_loss"]);
    assert!(log[3] > 400.0, "{log:?}");
    let found = (log[3] - log[2]) / 1000.0;
    assert!(
        (found / slope - 1.0).abs() < 1e-9,
        "{found} against {slope}"
    );
    let output = run(&format!("curve {line} --at 6000"));
    assert!(text(&output.stdout).contains("in log10"));
}

#[test]
fn steps_are_sorted_and_kept_once() {
    let (_, document) = json(
        "curve power-law:nu=2,kappa=1,modes=5 --learning-rate 0.1 --noise-amplitude 0 --at 2,0,1e1,2",
    );
    assert_eq!(document["steps"], serde_json::json!([0, 2, 10]));
    // L_0 = (1 - 1/6)/2.
    near(&document["loss"][0], 5.0 / 12.0, 1e-15);
}

const DIGITS: &str = "mnist:40 --learning-rate 0.4 --momentum -0.3";

#[test]
fn sampled_runs_are_the_same_on_any_number_of_threads() {
    let line = format!(
        "simulate {DIGITS} --batch-size 5 --regime sampled --steps 50 --seeds 33 --seed 7 --json"
    );
    let with = |threads: &str| {
        let output = tauber()
            .args(line.split_whitespace())
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        text(&output.stdout)
    };
    let one = with("1");
    assert_eq!(one, with("2"));
    assert_eq!(one, with("5"));
    let other = run(&line.replace("--seed 7", "--seed 8"));
    assert_ne!(one, text(&other.stdout));
}

#[test]
fn the_sampled_mean_is_near_the_exact_one() {
    let line = format!("simulate {DIGITS} --batch-size 5 --steps 30 --at 1,3,10,30");
    let (_, exact) = json(&format!("{line} --regime exact"));
    let (code, sampled) = json(&format!("{line} --regime sampled --seeds 2000 --seed 11"));
    assert_eq!(code, 0);
    let expected = numbers(&exact["loss"]);
    for (t, loss) in numbers(&sampled["loss"]).iter().enumerate() {
        let error = sampled["standard_error"][t].as_f64().unwrap();
        assert!(
            (loss - expected[t]).abs() < 4.0 * error,
            "{loss} {} {error}",
            expected[t]
        );
        let interval = numbers(&sampled["confidence_interval_95"][t]);
        // 1.96 standard errors on either side.
        assert!((interval[1] - loss - 1.961 * error).abs() < 0.01 * error);
    }
    // Another batch size is seen.
    let (_, other) =
        json(&format!("{line} --regime exact").replace("--batch-size 5", "--batch-size 1"));
    let error = sampled["standard_error"][2].as_f64().unwrap();
    assert!((other["loss"][2].as_f64().unwrap() - expected[2]).abs() > 8.0 * error);
}

#[test]
fn without_noise_all_three_regimes_agree() {
    let line = format!("simulate {DIGITS} --batch-size 40 --steps 40");
    let (_, se) = json(&format!("{line} --regime se"));
    let (_, exact) = json(&format!("{line} --regime exact"));
    let (_, sampled) = json(&format!("{line} --regime sampled --seeds 2"));
    assert_eq!(se["steps"], serde_json::json!([0, 1, 2, 5, 10, 20, 40]));
    for other in [&exact, &sampled] {
        for (a, b) in numbers(&se["loss"]).iter().zip(numbers(&other["loss"])) {
            assert!((a / b - 1.0).abs() < 1e-10, "{a} {b}");
        }
    }
    assert!(se["standard_error"][0].is_null());
    assert_eq!(
        (&sampled["seeds"], &sampled["seed"]),
        (&Value::from(2), &Value::from(1))
    );
}

#[test]
fn the_table_of_a_simulation_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("losses.csv");
    let (code, document) = json(&format!(
        "simulate {DIGITS} --batch-size 5 --steps 5 --at 0,5 --output {}",
        file.display()
    ));
    assert_eq!(code, 0);
    let table = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[0], "step,loss,standard_error,lower_95,upper_95");
    assert_eq!(rows.len(), 3);
    let loss: f64 = rows[2].split(',').nth(1).unwrap().parse().unwrap();
    assert_eq!(Value::from(loss), document["loss"][1]);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no leftover file"
    );
}

#[test]
fn derive_prints_one_document_or_one_program() {
    let (code, document) = json("derive --quantity denominator");
    assert_eq!(code, 0);
    assert!(document.to_string().contains("denominator"));
    let output = run("derive --quantity denominator --format latex");
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn completions_and_manual_come_from_the_same_definitions() {
    let bash = text(&run("completions bash").stdout);
    let manual = text(&run("man").stdout);
    for word in ["audit", "curve", "simulate", "verify", "derive"] {
        assert!(bash.contains(word) && manual.contains(word), "{word}");
    }
    assert!(manual.contains(".TH tauber 1") && manual.contains("noise\\-amplitude"));
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(
            run(&format!("completions {shell}")).stdout.len() > 1000,
            "{shell}"
        );
    }
}

#[test]
fn help_of_every_command_has_examples() {
    let help = text(&run("--help").stdout);
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        let output = run(&format!("{name} --help"));
        assert!(output.status.success(), "{name}");
        assert!(
            text(&output.stdout).contains(&format!("tauber {name}")),
            "{name} has no example"
        );
    }
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    use std::process::{Command, Stdio};
    for line in ["man", "derive", "derive --json", "completions bash"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tauber"))
            .args(line.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert!(output.stderr.is_empty(), "{line}: {}", text(&output.stderr));
    }
}

#[test]
fn verify_passes_quickly_and_says_what_it_did() {
    let (code, document) = json("verify --quick");
    let checks = document["checks"].as_array().unwrap();
    for check in checks {
        assert_ne!(check["outcome"], "failed", "{check}");
    }
    assert_eq!((code, &document["passed"]), (0, &Value::Bool(true)));
    let reported: Vec<&Value> = checks
        .iter()
        .filter(|c| c["outcome"] == "reported")
        .collect();
    assert_eq!(reported.len(), 2, "the two model errors");
    let sampled = checks
        .iter()
        .find(|c| c["name"] == "se-theory-against-sampled-sgd")
        .unwrap();
    let details = sampled["details"].to_string();
    assert!(
        details.contains("momentum -0.3") && details.contains(" se)"),
        "{details}"
    );
}
