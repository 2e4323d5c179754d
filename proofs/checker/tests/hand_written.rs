//! The hand-written certificates in `tests/certificates` and the examples of FORMAT.md.
mod support;

use std::process::Command;

use num_rational::BigRational;
use serde_json::Value;
use support::*;
use tauber_checker::{Polynomial, Statement, canonical, check, parse_statement_toml};

fn all() -> Vec<(String, Vec<u8>, Statement)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("folder") {
        let path = entry.expect("entry").path();
        if path.extension().is_some_and(|e| e == "json") {
            let toml = std::fs::read_to_string(path.with_extension("toml")).expect("statement");
            let statement = parse_statement_toml(&toml).unwrap_or_else(|e| panic!("{path:?}: {e:?}"));
            let name = path.file_stem().expect("name").to_string_lossy().into_owned();
            found.push((name, std::fs::read(&path).expect("certificate"), statement));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn each_is_accepted_for_its_own_statement() {
    let all = all();
    assert!(all.len() >= 11);
    for (name, bytes, statement) in &all {
        let accepted = check(bytes, Some(statement)).unwrap_or_else(|r| panic!("{name}: {r:?}"));
        assert_eq!(
            accepted.vacuous,
            name.starts_with("empty") || name.ends_with("absurd") && name.starts_with("format")
        );
    }
}

#[test]
fn each_is_rejected_for_every_other_statement() {
    let all = all();
    for (name, bytes, _) in &all {
        for (other, _, statement) in all.iter().filter(|(other, ..)| other != name) {
            let r = check(bytes, Some(statement)).expect_err("another statement");
            assert!(r.contains("another statement"), "{name} against {other}: {r:?}");
        }
    }
}

/// The polynomial at a rational point, from its terms.
fn value(p: &Polynomial, point: &[BigRational]) -> BigRational {
    let power = |x: &BigRational, e: u8| (0..e).fold(BigRational::from_integer(1.into()), |y, _| y * x);
    p.terms().map(|(e, c)| point.iter().zip(e).fold(c, |c, (x, e)| c * power(x, e))).sum()
}

#[test]
fn s_is_the_determinant_of_one_minus_z_times_the_second_moment_operator() {
    let lemma = all().into_iter().find(|c| c.0 == "s_positive_by_facts").expect("lemma");
    let q = |n: i64, d: i64| BigRational::new(n.into(), d.into());
    for seed in 1..20_i64 {
        let (a, b, g, z) = (q(seed, 7), q(seed - 9, 11), q(3, seed + 4), q(2 * seed - 5, 13));
        let (one, two) = (q(1, 1), q(2, 1));
        let matrix = [
            [(&one - &a) * (&one - &a) - &g * &a * &a, &two * &b * (&one - &a), &b * &b],
            [-&a * (&one - &a) - &g * &a * &a, &b * (&one - &two * &a), &b * &b],
            [&a * &a - &g * &a * &a, -&two * &a * &b, &b * &b],
        ];
        let m = |i: usize, j: usize| if i == j { &one - &z * &matrix[i][j] } else { -&z * &matrix[i][j] };
        let minor = |i: usize, j: usize| m(1, i) * m(2, j) - m(1, j) * m(2, i);
        let determinant = m(0, 0) * minor(1, 2) - m(0, 1) * minor(0, 2) + m(0, 2) * minor(0, 1);
        assert_eq!(value(&lemma.2.goals[0].polynomial, &[a, b, g, z]), determinant);
    }
}

#[test]
fn r1_is_the_polynomial_of_the_notes() {
    let lemma = all().into_iter().find(|c| c.0 == "r1_positive_by_split").expect("lemma");
    let text = "-2*a^2*b*z^2 + 4*a*b^2*z^2 + 4*a*b*z^2 + b^4*z^4 + 2*b^3*z^3 - 2*b^3*z^2 - 2*b^2*z^2 - 2*b*z^2 + 2*b*z + 1 > 0";
    let notes = statement(&["a", "b", "g", "z"], &[], "claim", &[text]);
    assert!(notes.goals[0].polynomial.terms().eq(lemma.2.goals[0].polynomial.terms()));
}

#[test]
fn the_examples_of_the_format_are_the_files_kept_here() {
    let page = std::fs::read_to_string(folder().join("../../../FORMAT.md")).expect("FORMAT.md");
    let examples: Vec<String> =
        page.lines().filter_map(|l| l.strip_prefix("    {\"proofs\"")).map(|l| format!("{{\"proofs\"{l}\n")).collect();
    assert_eq!(examples.len(), 4);
    for (example, name) in examples.iter().zip(["identity", "absurd", "split", "fact"]) {
        let file = std::fs::read_to_string(folder().join(format!("format_{name}.json"))).expect("file");
        assert_eq!(*example, file, "{name}");
        check(example.as_bytes(), None).unwrap_or_else(|r| panic!("{name}: {r:?}"));
    }
}

#[test]
fn changing_any_one_byte_of_a_lemma_never_leads_to_another_statement() {
    let (_, bytes, statement) = all().into_iter().find(|c| c.0 == "s_positive_by_facts").expect("lemma");
    for position in 0..bytes.len() {
        let mut mutant = bytes.clone();
        mutant[position] ^= 1;
        if let Ok(a) = check(&mutant, Some(&statement)) {
            assert_eq!(canonical(&a.statement.json), canonical(&statement.json), "byte {position}");
            panic!("byte {position} does not matter");
        }
    }
}

/// Whether the second checker can run here; says so if not. With `CI` set a missing Python is a failure.
fn python_is_there() -> bool {
    let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    let found = Command::new("python3").args(["-c", recent]).status().is_ok_and(|status| status.success());
    assert!(found || std::env::var_os("CI").is_none(), "CI needs python3, 3.11 or later");
    if !found {
        println!("skipped: no python3 of version 3.11 or later, which the second checker needs");
    }
    found
}

#[test]
fn the_second_checker_accepts_them_and_rejects_them_for_another_statement() {
    if !python_is_there() {
        return;
    }
    let script = folder().join("../../../check.py");
    let output = Command::new("python3").arg(&script).arg("--json").arg("--batch").arg(folder()).output();
    let output = output.expect("python3 (3.11 or later) is needed for the second checker");
    let results: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let results = results.as_array().expect("array");
    assert_eq!(results.len(), all().len());
    assert!(results.iter().all(|r| r["accepted"] == true), "{results:?}");
    let status = Command::new("python3")
        .arg(&script)
        .arg(folder().join("format_split.json"))
        .arg("--statement")
        .arg(folder().join("format_fact.toml"))
        .status();
    assert_eq!(status.expect("python3").code(), Some(1));
}

#[test]
fn the_second_checker_reads_unusual_texts_as_the_first_does() {
    if !python_is_there() {
        return;
    }
    let at = std::env::temp_dir().join(format!("tauber-texts-{}", std::process::id()));
    std::fs::create_dir_all(&at).expect("folder");
    let deep = |n: usize| format!("{}x{} > 0", "(".repeat(n), ")".repeat(n));
    let (digits, decimals) = (|n| format!("x > 0*{}", "9".repeat(n)), |n| format!("x > 0.{}", "0".repeat(n)));
    let mut texts: Vec<String> = [
        "x > 0",
        "x>0",
        "\t x\t>\t0 ",
        "+x > -0",
        "0 < x",
        "x > 00.00",
        "x/(1/2 + 1/2) > 0",
        "x + x/3 - 1/3*x > 0",
        "x^01 > 0",
        "x*x^0 > 0",
        "x*(y - y)^0 > 0",
        "x + 0*x^64 > 0",
        "(x^2)^1 - x^2 + x > 0",
        "x-y+y > 0",
        "x >\n0",
        "x > 0 > 0",
        "x^65 > 0",
        "x^064 > 0",
        "x^1.0 > 0",
        "x^-1 > 0",
        "x*-1 > 0",
        "--x > 0",
        "x >= = 0",
        "x >== 0",
        "x => 0",
        "x = 0",
        "x ≥ 0",
        "1 x > 0",
        "1x > 0",
        "x > 1_0",
        "x > ０",
        "x > 0.",
        "x > .0",
        "x > 0e1",
        "X > 0",
        "x/0 > 0",
        "x/(1 - 1) > 0",
        "x/x > 0",
        "x(1) > 0",
        "(x > 0)",
        "(x > 0",
        "x) > 0",
        "",
        ">",
        "x",
        "x\u{a0}> 0",
        "x > 0\r",
        "x^99999999999 > 0",
        "x + y^64*y - y^64*y > 0",
    ]
    .map(String::from)
    .to_vec();
    texts.extend([deep(64), deep(65), digits(4_000), digits(4_001), decimals(3_999), decimals(4_000)]);
    let leaf = |r: usize| identity(0, serde_json::json!([term("1", serde_json::json!([[r, 1]]))]));
    let s = statement(&["x", "y"], &["x > 0"], "claim", &["x > 0"]);
    let mut verdicts = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let certificate = bytes(&object(&s, false, serde_json::json!([fact(text, leaf(0), leaf(1))])));
        verdicts.push(check(&certificate, None).is_ok());
        std::fs::write(at.join(format!("{i:03}.json")), certificate).expect("write");
    }
    let accepted = verdicts.iter().filter(|v| **v).count();
    assert_eq!(accepted, 17, "{:?}", texts.iter().zip(&verdicts).filter(|(_, v)| **v).collect::<Vec<_>>());
    let output =
        Command::new("python3").arg(folder().join("../../../check.py")).arg("--json").arg("--batch").arg(&at).output();
    let output = output.expect("python3 (3.11 or later) is needed for the second checker");
    std::fs::remove_dir_all(&at).expect("clean");
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    for ((text, first), second) in texts.iter().zip(&verdicts).zip(&results) {
        assert_eq!(second["accepted"], *first, "{text:?}: {second}");
    }
    assert_eq!(results.len(), texts.len());
}
