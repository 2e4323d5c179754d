//! Certificates made by hand to be accepted wrongly. Both checkers must refuse each of them, and accept its honest twin.
mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::*;

/// What is tried, as the bytes of a file, and whether it is honest after all.
struct Attack {
    name: String,
    bytes: Vec<u8>,
    honest: bool,
}

#[derive(Default)]
struct Attacks(Vec<Attack>);

impl Attacks {
    fn bytes(&mut self, name: &str, bytes: Vec<u8>, honest: bool) {
        self.0.push(Attack { name: name.into(), bytes, honest });
    }
    fn add(&mut self, name: &str, given: &[&str], goals: (&str, &[&str]), vacuous: bool, node: Value, honest: bool) {
        let s = statement(&["x", "y"], given, goals.0, goals.1);
        self.bytes(name, bytes(&object(&s, vacuous, json!([node]))), honest);
    }
    fn claim(&mut self, name: &str, given: &[&str], goal: &str, node: Value, honest: bool) {
        self.add(name, given, ("claim", &[goal]), false, node, honest);
    }
}

/// scope[reference] itself.
fn the(reference: usize) -> Value {
    term("1", json!([[reference, 1]]))
}

fn leaf(claim: usize, reference: usize) -> Value {
    identity(claim, json!([the(reference)]))
}

fn zeros_and_strictness(all: &mut Attacks) {
    let by_zero = |reference: usize| times(json!([[reference, 1]]), 0, json!([the(reference)]));
    all.claim("a multiplier that is zero, weak", &["0 >= 0"], "x > 7", by_zero(0), false);
    // A hypothesis 0 > 0 is false everywhere: whatever follows from it is true, if empty.
    all.claim("a multiplier that is zero, strict as given", &["0 > 0"], "x > 7", by_zero(0), true);
    for (how, proof) in [
        ("no terms", json!([])),
        ("the square of 0", json!([square("1", json!([]), "0")])),
        ("the square of x - x", json!([square("1", json!([]), "x - x")])),
        ("a strict factor times the square of 0", json!([square("1", json!([[0, 1]]), "0")])),
    ] {
        let zero = fact("x - x > 0", identity(0, proof), by_zero(1));
        all.claim(&format!("a fact 0 > 0 by {how}, then as multiplier"), &["x > 0"], "y > 7", zero, false);
    }
    all.claim("a multiplier for the claim 0 > 0", &["x > 0"], "x - x > 0", times(json!([[0, 1]]), 0, json!([])), false);
    let with_zero = identity(0, json!([the(0), square("1", json!([[1, 1]]), "0")]));
    all.claim("strict by a term that vanishes", &["x >= 0", "y > 0"], "x > 0", with_zero, false);
    let no_terms = fact("0 >= 0", identity(0, json!([])), identity(0, json!([the(0), the(1)])));
    all.claim("strict by the fact 0 >= 0", &["x >= 0"], "x > 0", no_terms, false);
    let even = identity(0, json!([term("1", json!([[0, 2]]))]));
    all.claim("an even power of a weak factor as strict", &["x >= 0"], "x^2 > 0", even.clone(), false);
    all.claim("an even power of a strict factor", &["x < 0"], "x^2 > 0", even, true);
    for (root, honest) in [("x - x + 1", true), ("x^0", true), ("(x - x)^0", true), ("-1/2*2", true), ("x", false)] {
        let squared = identity(0, json!([square("1", json!([]), root)]));
        let goal = format!("({root})^2 > 0");
        all.claim(&format!("strict by the square of {root}"), &["x >= 0"], &goal, squared, honest);
    }
    let wrong_sign = identity(0, json!([term("1", json!([[0, 1], [1, 1]]))]));
    all.claim("the product of a positive and a negative", &["x > 0", "y < 0"], "x*y > 0", wrong_sign, false);
}

fn splits(all: &mut Attacks) {
    let one = |on: &str, above, below| split(on, true, above, below);
    all.add(
        "branches that leave out 0",
        &[],
        ("any", &["x > 0", "x < 0"]),
        false,
        one("x", leaf(0, 0), leaf(1, 0)),
        false,
    );
    all.add(
        "branches that meet at 0",
        &[],
        ("any", &["x > 0", "x <= 0"]),
        false,
        one("x", leaf(0, 0), leaf(1, 0)),
        true,
    );
    let zero = absurd(json!([the(0)]));
    all.claim("a split on 0: above is empty, below is all", &[], "x > 0", one("0", zero.clone(), leaf(0, 0)), false);
    all.claim("a split on x - x, below called empty", &[], "x > 0", one("x - x", leaf(0, 0), zero.clone()), false);
    let with_one = absurd(json!([the(0), term("1", json!([]))]));
    all.claim("a split on -1, below called empty", &[], "x > 0", one("-1", with_one.clone(), with_one.clone()), false);
    all.claim(
        "a split on 1 that is no case",
        &[],
        "x^2 >= 0",
        {
            let squared = identity(0, json!([square("1", json!([]), "x")]));
            one("1", squared, with_one)
        },
        true,
    );
    let leak = fact("y >= 0", leaf(0, 0), leaf(0, 1));
    all.claim("a fact of the upper branch in the lower", &[], "y >= 0", split("y", false, leak, leaf(0, 1)), false);
    let both = absurd(json!([the(0), the(1)]));
    let half = split("x", true, leaf(0, 0), both.clone());
    all.add("half a vacuous split", &["x > 0"], ("claim", &["x > 5"]), true, half, false);
    all.add("a vacuous proof by a goal", &["x > 0"], ("claim", &["x > 0"]), true, leaf(0, 0), false);
    all.add("absurd without a contradiction", &["x > 0"], ("any", &["x > 5", "y > 5"]), false, zero, false);
    let empty = ["x > 0", "x < 0"];
    let hidden = fact("y > 0", both.clone(), leaf(0, 2));
    all.claim("an empty domain hidden in a fact", &empty, "y > 0", hidden, false);
    all.add(
        "an empty domain shown twice",
        &empty,
        ("claim", &["y > 0"]),
        true,
        fact("y > 0", both.clone(), both),
        true,
    );
}

fn facts(all: &mut Attacks) {
    let circle = fact("y > 0", fact("y > 0", leaf(0, 1), leaf(0, 1)), leaf(0, 1));
    all.claim("a fact by itself, one level down", &["x >= 0"], "y > 0", circle, false);
    let later = fact("y > 0", leaf(0, 2), fact("y > 0", leaf(0, 1), leaf(0, 1)));
    all.claim("a fact by the next one", &["x >= 0"], "y > 0", later, false);
    all.claim("the scope's end and one", &["x >= 0"], "y > 0", fact("x >= 0", leaf(0, 0), leaf(0, 2)), false);
    let goal = fact("x > 5", leaf(0, 0), leaf(0, 1));
    all.claim("a fact proved by the goal's proof", &["x > 0"], "x > 0", goal, false);
    let stronger = fact("x > 0", leaf(0, 0), leaf(0, 1));
    all.claim("a weak hypothesis made strict by a fact", &["x >= 0"], "x > 0", stronger, false);
    let fine = fact(
        "2*x > 0",
        identity(0, json!([term("2", json!([[0, 1]]))])),
        identity(0, json!([term("1/2", json!([[1, 1]]))])),
    );
    all.claim("a fact that is true", &["x > 0"], "x > 0", fine, true);
}

fn texts_and_numbers(all: &mut Attacks) {
    for text in [
        "x \u{2265} 0",
        "\u{ff58} > 0",
        "\u{445} > 0",
        "x\u{2003}> 0",
        "x\u{200b} > 0",
        "\u{feff}x > 0",
        "x > \u{2212}1",
        "x\u{b2} > 0",
        "x > \u{660}",
        "x\u{d7}1 > 0",
        "x > 0\u{2029}",
        "x\u{b}> 0",
        "x\u{c}> 0",
        "\u{0}x > 0",
        "x > 0;",
        "x > 0 # c",
        "x > 0 and x > 0",
        "x > inf",
        "x > NaN",
        "x > 1e999",
        "x > 0x0",
        "x <> 0",
        "x != 0",
        "x == 0",
        "x > --0",
        "x > +-0",
        "x/-1 > 0",
        "x^+1 > 0",
        "x^\u{661} > 0",
        "x** 1 > 0",
        "x//1 > 0",
        "x > 0/0",
        "x/(0*y) > 0",
        "x/y > 0",
        "x^64*y - x^64*y + x > 0",
    ] {
        let using = fact(text, leaf(0, 0), leaf(0, 0));
        all.claim(&format!("the fact {text:?}"), &["x > 0"], "x > 0", using, false);
    }
    let long = format!("x > 0{}", "*1".repeat(50_000));
    for (text, name) in [("x^ 1 > - 0", "blanks"), ("x/0^0 > 0", "division by 0^0"), (long.as_str(), "a long product")]
    {
        let using = fact(text, leaf(0, 0), leaf(0, 0));
        all.claim(&format!("a fact with {name}"), &["x > 0"], "x > 0", using, true);
    }
    let most = format!("1{}", "0".repeat(4_000));
    for c in [
        "1\n",
        "\u{661}",
        "\u{b2}",
        "1\u{200b}",
        "\u{feff}1",
        "\u{2212}1",
        "1\u{2044}1",
        "1/\u{661}",
        "1/02",
        "00",
        "1/1",
        "1/-1",
        "Infinity",
        "1e0",
        "0/1",
        &most,
    ] {
        let with = identity(0, json!([term(c, json!([[0, 1]]))]));
        all.claim(&format!("the coefficient {c:.9?}"), &["x > 0"], "x > 0", with, false);
    }
    for (name, factors) in [
        ("true", json!([[true, 1]])),
        ("false", json!([[false, 1]])),
        ("a power true", json!([[0, true]])),
        ("a power 1.0", json!([[0, 1.0]])),
        ("2^64", json!([["18446744073709551616", 1]])),
        ("a list", json!([[[0], 1]])),
        ("a flat pair", json!([0, 1])),
        ("nothing", json!([[]])),
    ] {
        let with = identity(0, json!([term("1", factors)]));
        all.claim(&format!("a reference that is {name}"), &["x > 0"], "x > 0", with, false);
    }
    for (name, value) in
        [("false", json!(false)), ("0.0", json!(0.0)), ("-1", json!(-1)), ("\"0\"", json!("0")), ("[0]", json!([0]))]
    {
        let mut with = leaf(0, 0);
        with["claim"] = value;
        all.claim(&format!("the claim number {name}"), &["x > 0"], "x > 0", with, false);
    }
    for (key, value) in
        [("multiplier", json!(null)), ("multiplier", json!({})), ("rule", json!(["identity"])), ("terms", json!(null))]
    {
        let mut with = leaf(0, 0);
        with[key] = value.clone();
        all.claim(&format!("{key}: {value}"), &["x > 0"], "x > 0", with, false);
    }
    for value in [json!(null), json!(1), json!("1 > 0"), json!(["1"])] {
        let mut with = leaf(0, 0);
        with["terms"][0]["square"] = value.clone();
        all.claim(&format!("square: {value}"), &["x > 0"], "x > 0", with, false);
    }
    for value in [json!(null), json!([]), json!("identity"), json!(0)] {
        all.claim(&format!("the node {value}"), &["x > 0"], "x > 0", value, false);
    }
}

fn files(all: &mut Attacks) {
    let s = statement(&["x", "y"], &["x > 0"], "claim", &["x > 0"]);
    let good = String::from_utf8(bytes(&object(&s, false, json!([leaf(0, 0)])))).expect("UTF-8");
    all.bytes("the honest file", good.clone().into_bytes(), true);
    let nines = "9".repeat(5_000);
    for (from, to) in [
        ("\"schema\":1", "\"schema\":true"),
        ("\"schema\":1", "\"schema\":1.0"),
        ("\"vacuous\":false", "\"vacuous\":0"),
        ("\"claim\":0", "\"claim\":-0"),
        ("\"claim\":0", "\"claim\":0.0"),
        ("\"claim\":0", "\"claim\":0e0"),
        ("\"claim\":0", "\"claim\":1e400"),
        ("\"claim\":0", "\"claim\":NaN"),
        ("\"claim\":0", "\"claim\":-Infinity"),
        ("[[0,1]]", &format!("[[0,{nines}]]")),
        ("[[0,1]]", &format!("[[{nines},1]]")),
        ("[[0,1]]", "[[18446744073709551616,1]]"),
        ("\"rule\":\"identity\"", "\"rule\":\"absurd\",\"rule\":\"identity\""),
        ("{", "{/**/"),
        ("\"", "'"),
        ("\"claim\":0", &format!("\"claim\":{}{}", "[".repeat(5_000), "]".repeat(5_000))),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        all.bytes(&format!("{from} made {to:.30}"), bad.into_bytes(), false);
    }
    for (name, replacement) in
        [("an overlong byte", &b"\xc1\xa2"[..]), ("a surrogate", b"\xed\xa0\x80"), ("Latin-1", b"\xe9")]
    {
        let at = good.find("by hand").expect("title");
        let bad = [&good.as_bytes()[..at], replacement, &good.as_bytes()[at + 1..]].concat();
        all.bytes(name, bad, false);
    }
    for sources in [["x > 0", "x > 1"], ["x > 0", "y > 0"]] {
        // The proof of one statement under the text and the hash of another.
        let [own, other] = sources.map(|goal| statement(&["x", "y"], &["x > 0"], "claim", &[goal]));
        let mut mixed = object(&own, false, json!([leaf(0, 0)]));
        mixed["statement"] = other.json.clone();
        all.bytes("another statement, the old hash", bytes(&mixed), false);
        mixed["sha256"] = json!(other.sha256());
        all.bytes("another statement, its hash, the old proof", bytes(&mixed), false);
    }
}

/// Whether the second checker can run here. With `CI` set a missing Python is a failure.
fn python_is_there() -> bool {
    let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    let found = Command::new("python3").args(["-c", recent]).status().is_ok_and(|status| status.success());
    assert!(found || std::env::var_os("CI").is_none(), "CI needs python3, 3.11 or later");
    found
}

#[test]
fn both_checkers_refuse_every_attack_and_accept_its_honest_twin() {
    let mut all = Attacks::default();
    for group in [zeros_and_strictness, splits, facts, texts_and_numbers, files] {
        group(&mut all);
    }
    let honest = all.0.iter().filter(|attack| attack.honest).count();
    assert!(honest >= 12 && all.0.len() - honest >= 120, "{honest} of {}", all.0.len());
    for attack in &all.0 {
        let verdict = tauber_checker::check(&attack.bytes, None);
        assert_eq!(verdict.is_ok(), attack.honest, "{}: {verdict:?}", attack.name);
    }
    if !python_is_there() {
        println!("skipped the second checker: no python3 of version 3.11 or later");
        return;
    }
    let at = std::env::temp_dir().join(format!("tauber-attacks-{}", std::process::id()));
    std::fs::create_dir_all(&at).expect("folder");
    for (i, attack) in all.0.iter().enumerate() {
        std::fs::write(at.join(format!("{i:04}.json")), &attack.bytes).expect("write");
    }
    let script = folder().join("../../../check.py");
    let output = Command::new("python3").arg(script).arg("--json").arg("--batch").arg(&at).output().expect("python3");
    std::fs::remove_dir_all(&at).expect("clean");
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(results.len(), all.0.len());
    for (attack, second) in all.0.iter().zip(&results) {
        assert_eq!(second["accepted"], attack.honest, "{}: {second}", attack.name);
    }
}
