//! A sample of the mutation campaign (`cargo run --release -p tauber-checker --example mutate` runs the whole).
#[path = "support/campaign.rs"]
mod campaign;
#[path = "support/mutation.rs"]
mod mutation;

use std::path::{Path, PathBuf};
use std::process::Command;

use campaign::{Subject, crossed, run, subjects, table};
use mutation::{OPERATORS, Random, revalidate};

/// The hand-written certificates and, once there are any, those of the prover.
fn all() -> Vec<Subject> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = here.join("tests/certificates");
    let mut all = subjects(&own, &own).expect("hand-written certificates");
    let proved = here.join("../certificates");
    if proved.exists() {
        all.extend(subjects(&proved, &here.join("../statements")).expect("certificates of the prover"));
    }
    all
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../check.py")
}

#[test]
fn no_mutant_is_wrongly_accepted_and_the_second_checker_agrees() {
    let seed = 20_261_124;
    println!("seed {seed}");
    // Without Python (3.11 or later) the second checker sits this out; CI must have it.
    let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    let python = Command::new("python3").args(["-c", recent]).status().is_ok_and(|status| status.success());
    assert!(python || std::env::var_os("CI").is_none(), "CI needs python3, 3.11 or later");
    let counts = run(&all(), 3_000, seed, if python { 500 } else { 0 }, &script())
        .unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    println!("{}", table(&counts));
    for (name, count) in OPERATORS.iter().zip(counts) {
        assert!(count.made > 0, "the operator {name:?} made no mutant");
        let harmless = ["terms swapped", "square changed", "fact or split text changed", "node replaced by another"];
        assert!(count.killed > 0 || harmless.contains(name), "the operator {name:?} killed nothing");
    }
}

#[test]
fn each_certificate_is_rejected_for_every_other_statement() {
    assert!(crossed(&all()).expect("all rejected") >= 100);
}

#[test]
fn re_expansion_accepts_the_originals_and_rejects_a_false_identity() {
    let mut r = Random(1);
    for subject in all() {
        assert!(revalidate(&subject.bytes, &subject.bytes, 3, &mut r).is_some(), "{}", subject.name);
        let text = String::from_utf8(subject.bytes.clone()).expect("UTF-8");
        let wrong = text.replacen("\"coefficient\":\"1\"", "\"coefficient\":\"2\"", 1);
        if wrong != text {
            assert!(revalidate(wrong.as_bytes(), &subject.bytes, 3, &mut r).is_none(), "{}", subject.name);
        }
    }
}
