//! What the command line says where numbers would mislead or take long: frozen signal, long iterations.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

fn tauber(line: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tauber"))
        .args(line.split_whitespace())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn warnings(line: &str) -> Vec<String> {
    let (_, out, error) = tauber(&format!("{line} --json"));
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {error}"));
    let list = document["warnings"].as_array().unwrap();
    list.iter()
        .map(|w| w.as_str().unwrap().to_owned())
        .collect()
}

fn file(folder: &Path, name: &str, rows: &[(f64, f64)]) -> String {
    let path = folder.join(name);
    let rows: String = rows.iter().map(|(l, q)| format!("{l:e},{q:e}\n")).collect();
    std::fs::write(&path, format!("eigenvalue,signal\n{rows}")).unwrap();
    path.to_str().unwrap().to_owned()
}

const RUN: &str = "--learning-rate 0.5 --momentum 0.5 --noise-amplitude 0.1";

#[test]
fn signal_frozen_by_the_null_space_rule_is_named_by_audit_curve_and_simulate() {
    let folder = tempfile::tempdir().unwrap();
    // Three eigenvalues: the threshold is 3 eps = 6.661e-16; a fifth of the signal lies below it.
    let frozen = file(
        folder.path(),
        "frozen.csv",
        &[(1.0, 3.0), (0.1, 1.0), (1e-16, 1.0)],
    );
    let kept = file(
        folder.path(),
        "kept.csv",
        &[(1.0, 3.0), (0.1, 1.0), (1e-15, 1.0)],
    );
    for (command, rest) in [
        ("audit", ""),
        ("curve", "--at 1,100"),
        ("simulate", "--steps 5"),
    ] {
        let line = |path: &str| format!("{command} {path} {RUN} {rest}");
        let named = |w: &String| {
            w.contains("6.661e-16") && w.contains("2.000e-1 of the signal") && w.contains("5e-1")
        };
        let found = warnings(&line(&frozen));
        assert!(found.iter().any(named), "{command}: {found:?}");
        let (_, out, error) = tauber(&line(&frozen));
        let both = format!("{out}{error}");
        assert!(both.contains("of the signal"), "{command}: {both}");
        let found = warnings(&line(&kept));
        assert!(!found.iter().any(|w| w.contains("null space")), "{found:?}");
    }
}

#[test]
fn power_laws_freeze_nothing_that_f64_can_hold() {
    // The last eigenvalue is 1e-18, far below N eps.
    let law = "power-law:nu=6,kappa=0.75,modes=1000";
    let found = warnings(&format!("curve {law} {RUN} --at 10"));
    assert!(!found.iter().any(|w| w.contains("null space")), "{found:?}");
}

#[test]
fn an_iteration_of_minutes_is_refused_with_its_time_and_the_flag_that_forces_it() {
    // Uncoupled multipliers of modulus 1 - 1e-7 die out after 3e8 steps; 1000 modes x 1e8 steps.
    let line = "curve power-law:nu=1.5,kappa=0.75,modes=1000 --momentum 0.9999999 \
                --learning-rate 1e-8 --noise-amplitude 0.1";
    let (code, out, error) = tauber(&format!("{line} --at 1e8"));
    assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
    for part in ["1.0e11 mode updates", "2 minutes", "--method iteration"] {
        assert!(error.contains(part), "lacks `{part}`: {error}");
    }
    // What takes a moment is iterated without asking.
    let (code, _, error) = tauber(&format!("{line} --at 1e3"));
    assert_eq!(code, Some(0), "{error}");
    // By name the same step is refused only where it would take hours.
    let (code, _, error) = tauber(&format!("{line} --at 1e12 --method iteration"));
    assert_eq!(code, Some(2), "{error}");
    assert!(!error.contains("--method iteration does"), "{error}");
}
