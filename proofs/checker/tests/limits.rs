//! The limits of FORMAT.md, 4, at both sides of their border. The costs were counted by hand from that page.
mod support;

use serde_json::{Value, json};
use support::*;
use tauber_checker::{Statement, check, parse_statement_toml};

/// 2^64: 65 bits, so two words, and size 1 + (1 + 2) = 4. Its i-th power has size 3 + i.
const N: &str = "18446744073709551616";
/// 2^128 + 1: three words.
const Q: &str = "340282366920938463463374607431768211457";

/// True relations that cost exactly so many units of work.
fn filler(mut units: u64) -> Vec<String> {
    let mut texts = Vec::new();
    // (N^64)^64: 9100 for the parenthesis, 67 (3 + 64 i) for i < 64, then 3 * 4099 + 4099; and 5 for `> 0`.
    // N^64: 4 (3 + i) for i < 64, then 3 * 67 + 67; and 5 for `> 0`.
    for (text, cost) in [(format!("({N}^64)^64 > 0"), 8_682_973), (format!("{N}^64 > 0"), 9_105)] {
        while units >= cost + 500 {
            texts.push(text.clone());
            units -= cost;
        }
    }
    // 17 = 3 * 3 + 3 + 5; 19 = 4 + (3 * 3 + 3) + 3; 21 = 3 * 4 + 4 + 5. So n relations give 17 n to 21 n, if n is of the parity.
    let n = units / 17 - u64::from((units / 17) % 2 != units % 2);
    let extra = (units - 17 * n) / 2;
    assert!(extra <= 2 * n && 17 * n + 2 * extra == units, "{units}");
    let (of_21, of_19) = (extra / 2, extra % 2);
    texts.extend((0..of_21).map(|_| format!("{N} > 0")));
    texts.extend((0..of_19).map(|_| "0 > -1".to_string()));
    texts.extend((0..n - of_21 - of_19).map(|_| "1 > 0".to_string()));
    texts
}

/// With fillers up to 50,000,000 units accepted, with one unit more refused: so it costs this.
fn costs(given: &[&str], claim: &str, vacuous: bool, node: &Value, cost: u64) {
    let with = |total: u64| {
        let filler = filler(total - cost);
        let given: Vec<&str> = given.iter().copied().chain(filler.iter().map(String::as_str)).collect();
        let s = statement(&["x"], &given, "claim", &[claim]);
        check(&bytes(&object(&s, vacuous, json!([node]))), Some(&s))
    };
    let most = with(50_000_000);
    assert!(most.is_ok(), "{given:?} => {claim}: {most:?}");
    let more = with(50_000_001).expect_err("one unit more than allowed");
    assert!(more.ends_with("50000001 units of work, the limit is 50000000"), "{given:?} => {claim}: {more}");
}

#[test]
fn reading_a_text_costs_what_the_format_says() {
    // `0 >= 0` costs 4 + 4 + 1, and the empty identity 3 * 1.
    let cost_of = |text: &str, cost: u64| costs(&[text], "0 >= 0", false, &identity(0, json!([])), cost + 9 + 3);
    cost_of("x > 0", 9 + 3 + 5);
    cost_of("x^0 > 0", 9 + 3 + 5);
    cost_of("0*x > -1", 3 + 3 + 1 + (9 + 3) + 3);
    // The sum 0 + x/3 and the difference x/3 - 0 have two denominators each.
    cost_of("x/3 > 0", 9 + 9 + 3 + (1 + 3 + 16) + 4 + 1 + (3 + 1 + 16));
    cost_of("0.5 > 0", 9 + 3 + (1 + 3 + 16) + 4 + 1 + (3 + 1 + 16));
    cost_of("x^2/(1 - 3) < 0", 18 + 9 + (12 + 12) + 9 + 3 + (1 + 3 + 16) + 4 + 3 + (1 + 3 + 16));
    let wide = 12 + 12 + (9 + 12) + 4 + (5 * 2 + 4 + 4 * 9) + 4 + 1 + (8 + 2 + 4 * 9);
    cost_of(&format!("x + 1 + x/{N} > 0"), wide);
}

#[test]
fn nodes_and_terms_cost_what_the_format_says() {
    let one = |power: u64| json!([term("1", json!([[0, power]]))]);
    costs(&["x > 0"], "x >= 0", false, &identity(0, one(1)), 17 + 17 + 9 + (16 + 9 + 9 + 3));
    costs(&["x > 0"], "x >= 0", false, &times(json!([[0, 2]]), 0, one(3)), 17 + 17 + (18 + 9) + (16 + 27 + 9 + 3));
    let squared = identity(0, json!([square("4/9", json!([]), "x")]));
    costs(&[], "4*x^2/9 >= 0", false, &squared, (9 + 18 + 9 + 9 + 3 + 20 + 4 + 1 + 20) + 9 + (16 + 12 + 18 + 9 + 3));
    // N/Q has size 3 + 3; to read it costs 4 (2 + 3)^2.
    let (quotient, claim) =
        (identity(0, json!([term(&format!("{N}/{Q}"), json!([[0, 1]]))])), format!("x*{N}/{Q} >= 0"));
    let read = 9 + 12 + 4 * 5 + 6 + (3 + 6 + 64) + 4 + 1 + (6 + 3 + 64);
    costs(&["x > 0"], &claim, false, &quotient, 17 + read + 18 + (100 + 9 + 18 + 6));
    let nothing = identity(0, json!([]));
    costs(&[], "0 >= 0", false, &split("x", true, nothing.clone(), nothing.clone()), 9 + (12 + 3) + 3 + 3);
    costs(&["x > 0"], "0 >= 0", false, &fact("x > 0", identity(0, one(1)), nothing), 17 + 9 + 17 + (9 + 37) + 3);
    let both = absurd(json!([term("1", json!([[0, 1]])), term("1", json!([[1, 1]]))]));
    costs(&["x > 0", "x < 0"], "0 >= 0", true, &both, 17 + (12 + 4 + 3) + 9 + 37 + 37);
}

#[test]
fn denominators_are_paid_for_also_where_no_sum_is_taken() {
    let s = statement(&["x"], &["x > 0"], "claim", &["x > 0"]);
    let leaf = identity(0, json!([term("1", json!([[0, 1]]))]));
    let quotients = fact(&format!("1{} > 0", "/3".repeat(1_000_000)), leaf.clone(), leaf);
    rejected(&s, json!([quotients]), "proofs[0]", "fact", "units of work");
    let powers: Vec<_> = (0..500).map(|i| json!([i, 64])).collect();
    let given = vec!["1/18446744073709551616 > 0"; 500];
    let s = statement(&["x"], &given, "claim", &["x > 0"]);
    let constants = json!([identity(0, json!([term("1", json!(powers))]))]);
    rejected(&s, constants, "proofs[0].terms[0]", "identity", "units of work");
}

/// A sum of `monomials` terms in each variable: all products of powers below `monomials`.
fn full(variables: &[&str], monomials: usize) -> String {
    let one = |v: &&str| (0..monomials).map(|i| format!("{v}^{i}")).collect::<Vec<_>>().join(" + ");
    variables.iter().map(|v| format!("({})", one(v))).collect::<Vec<_>>().join("*")
}

/// Whether a split on this text, with nothing to prove, is accepted.
fn can_be_split(on: &str) -> Result<(), String> {
    let s = statement(&["a", "b", "c", "d", "e", "f"], &[], "claim", &["0 >= 0"]);
    let nothing = identity(0, json!([]));
    run(&s, json!([split(on, true, nothing.clone(), nothing)])).map(drop)
}

#[test]
fn a_hundred_thousand_terms_and_one_more() {
    let most = full(&["a", "b", "c", "d", "e"], 10);
    can_be_split(&most).expect("100,000 terms");
    let more = can_be_split(&format!("{most} + f")).expect_err("100,001 terms in a sum");
    assert!(more.ends_with("100001 terms, the limit is 100000"), "{more}");
    let rows = format!(
        "{}*({})",
        full(&["a", "b", "c", "d"], 10),
        (0..11).map(|i| format!("f^{i}")).collect::<Vec<_>>().join("+")
    );
    let more = can_be_split(&rows).expect_err("10,000 rows of 11 terms");
    assert!(more.ends_with("100001 terms, the limit is 100000"), "{more}");
    // (1 - f)(1 + f) has three monomials before the middle one cancels.
    let cancel = |n: usize| {
        let others = format!("{}*(1 + e{})", full(&["a", "b", "c", "d"], 10), if n > 2 { " + e^2 + e^3" } else { "" });
        format!("{others}*(1 - f)*(1 + f)")
    };
    can_be_split(&cancel(2)).expect("60,000 monomials, of which 40,000 stay");
    let more = can_be_split(&cancel(4)).expect_err("120,000 monomials, of which 80,000 would stay");
    assert!(more.contains("terms, the limit is 100000"), "{more}");
}

#[test]
fn degree_sixty_four_and_one_more() {
    for most in [
        "x^64",
        "x^63*y",
        "x^32*y^32",
        "(x^8)^8",
        "0*x^64*x^64",
        "x^64 - x^64 + y",
        "(x - x)*y^64*x*y + x",
        "x^32*0*x^64*x",
    ] {
        statement(&["x", "y"], &[], "claim", &[&format!("{most} > 0")]);
    }
    for more in ["x^64*y", "x^33*y^32", "(x^8)^8*y", "x*(y^64 + 1 - y^64 - 1 + y^64)"] {
        let toml = format!("title = 't'\nvariables = ['x', 'y']\ngiven = []\nclaim = '{more} > 0'\n");
        assert!(parse_statement_toml(&toml).expect_err(more).contains("65 as degree"), "{more}");
    }
}

#[test]
fn exponents_of_sixteen_variables_do_not_run_into_each_other() {
    // Byte i of a monomial is the exponent of variable i: 64 in one byte, and 4 in each of the 16.
    let names: Vec<String> = (0..16).map(|i| format!("v{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all = names.iter().map(|n| format!("{n}^4")).collect::<Vec<_>>().join("*");
    let s = statement(&names, &[], "claim", &[&format!("{all} + v0^64 - v15^64 >= 0")]);
    let mut terms: Vec<_> = s.goals[0].polynomial.terms().map(|(e, c)| (e.to_vec(), c.to_string())).collect();
    terms.sort();
    let only = |place: usize| (0..16).map(|i| if i == place { 64 } else { 0 }).collect::<Vec<u8>>();
    let expected = [(only(15), "-1"), (vec![4; 16], "1"), (only(0), "1")];
    assert_eq!(terms, expected.map(|(e, c)| (e, c.to_string())));
    assert_eq!(s.goals[0].polynomial.degree(), 64);
}

/// A statement file with these variables, of which the last is used.
fn with_variables(names: &[String]) -> Result<Statement, String> {
    let last = names.last().map_or("", String::as_str);
    parse_statement_toml(&format!(
        "title = \"t\"\nvariables = {}\ngiven = []\nclaim = \"{last}^2 >= 0\"\n",
        json!(names)
    ))
}

#[test]
fn sixteen_variables_of_thirty_two_characters_and_one_more() {
    let names = |count: usize| (0..count).map(|i| format!("v{i}")).collect::<Vec<_>>();
    with_variables(&names(16)).expect("16 variables");
    assert!(with_variables(&names(17)).is_err());
    for good in ["a".repeat(32), "_".into(), "_1".into(), "Z_9".into(), "e1".into()] {
        with_variables(std::slice::from_ref(&good)).unwrap_or_else(|e| panic!("{good}: {e}"));
    }
    for bad in ["a".repeat(33), String::new(), "9".into(), "9a".into(), "a-b".into(), "a b".into(), "\u{e9}".into()] {
        assert!(with_variables(std::slice::from_ref(&bad)).is_err(), "{bad}");
    }
}

#[test]
fn titles_may_hold_any_printable_character_and_papers_may_be_empty() {
    let with = |title: &str, paper: &str| {
        let toml = format!(
            "title = {}\npaper = {}\nvariables = ['x']\ngiven = []\nclaim = 'x^2 >= 0'\n",
            json!(title),
            json!(paper).to_string().replace('\u{7f}', "\\u007f")
        );
        parse_statement_toml(&toml)
    };
    for good in [" ", "~", "\u{80}", "\u{e9}"] {
        with(good, good).unwrap_or_else(|e| panic!("{good:?}: {e}"));
    }
    with("t", "").expect("an empty paper");
    for bad in ["\u{0}", "\u{1f}", "\u{7f}", "\t"] {
        assert!(with("t", bad).is_err(), "{bad:?}");
    }
    assert!(with("", "").is_err());
}

#[test]
fn a_certificate_of_sixteen_mebibytes_and_one_byte_more() {
    let with = |characters: usize| {
        let mut s = statement(&["x"], &[], "claim", &["0 >= 0"]);
        s.json["title"] = json!("t".repeat(characters));
        bytes(&object(&s, false, json!([identity(0, json!([]))])))
    };
    let fixed = with(1).len() - 1;
    let most = with((1 << 24) - fixed);
    assert_eq!(most.len(), 16_777_216);
    check(&most, None).expect("16 MiB");
    refused(&with((1 << 24) - fixed + 1), "certificate", "certificate", "at most 16 MiB, got 16777217");
}

#[test]
fn a_statement_file_of_one_mebibyte_and_one_byte_more() {
    let text = "title = \"t\"\nvariables = [\"x\"]\ngiven = []\nclaim = \"x^2 >= 0\"\n#";
    let most = format!("{text}{}", "-".repeat(1_048_576 - text.len()));
    parse_statement_toml(&most).expect("1 MiB");
    let more = parse_statement_toml(&format!("{most}-")).expect_err("1 MiB and one byte");
    assert!(more.contains("1 MiB"), "{more}");
}

#[test]
fn four_thousand_digits_and_one_more() {
    let s = |text: &str| {
        let toml = format!("title = 't'\nvariables = ['x']\ngiven = []\nclaim = '{text} > 0'\n");
        parse_statement_toml(&toml).map(drop)
    };
    let (whole, mixed) = ("9".repeat(4_000), format!("{}.{}", "9".repeat(2_000), "9".repeat(2_000)));
    for most in [&whole, &mixed] {
        s(most).unwrap_or_else(|e| panic!("{e}"));
        assert!(s(&format!("{most}9")).expect_err("4,001 digits").contains("4000 digits"));
    }
    // A coefficient: p and q have their own 4,000 digits. 10^3999 and 99..9 have no common divisor.
    let claim = |p: &str, q: &str| {
        let s = statement(&["x"], &["x > 0"], "claim", &["0*x >= 0", "x >= 0"]);
        let times_zero = term(&format!("{p}/{q}"), json!([[0, 1]]));
        let leaf = identity(1, json!([term("1", json!([[0, 1]]))]));
        run(&s, json!([identity(0, json!([times_zero])), leaf])).expect_err("x times p/q is not zero")
    };
    let p = format!("1{}", "0".repeat(3_999));
    assert!(claim(&p, &whole).contains("both sides"));
    assert!(claim(&format!("{p}0"), &whole).contains("4000 digits"));
    assert!(claim(&p, &format!("{whole}9")).contains("4000 digits"));
}

#[test]
fn powers_up_to_sixty_four_in_factors_and_in_texts() {
    let s = statement(&["x"], &["x > 0", "1 > 0"], "claim", &["x^64 > 0"]);
    let leaf = |powers| identity(0, json!([term("1", powers)]));
    accepted(&s, json!([leaf(json!([[0, 64], [1, 64]]))]));
    rejected(&s, json!([leaf(json!([[0, 64], [1, 65]]))]), "proofs[0].terms[0]", "identity", "1 to 64]");
    rejected(&s, json!([leaf(json!([[0, 64], [1, 0]]))]), "proofs[0].terms[0]", "identity", "1 to 64]");
    let toml = |text: &str| format!("title = 't'\nvariables = ['x']\ngiven = []\nclaim = '{text} > 0'\n");
    for (text, good) in
        [("x^64", true), ("x^65", false), ("x^ 7", true), ("x^00", true), ("x^007", false), ("1^65", false)]
    {
        assert_eq!(parse_statement_toml(&toml(text)).is_ok(), good, "{text}");
    }
}

#[test]
fn parentheses_nest_sixty_four_deep_but_may_follow_each_other_without_end() {
    let toml = |text: &str| format!("title = 't'\nvariables = ['x']\ngiven = []\nclaim = '{text} > 0'\n");
    let deep = |n: usize| format!("{}x{}", "(".repeat(n), ")".repeat(n));
    assert!(parse_statement_toml(&toml(&deep(64))).is_ok());
    assert!(parse_statement_toml(&toml(&deep(65))).expect_err("65 deep").contains("at most 64 deep"));
    let many = vec![deep(3); 100].join(" + ");
    assert!(parse_statement_toml(&toml(&many)).is_ok());
    let many = vec![deep(64); 3].join(" + ");
    assert!(parse_statement_toml(&toml(&many)).is_ok());
}

#[test]
fn nodes_nest_sixty_four_deep_through_every_child() {
    let s = statement(&["x"], &["x > 0"], "claim", &["x > 0"]);
    let leaf = || identity(0, json!([term("1", json!([[0, 1]]))]));
    let children: [fn(Value, Value) -> Value; 4] = [
        |node, leaf| split("x", true, node, leaf),
        |node, leaf| split("x", true, leaf, node),
        |node, leaf| fact("x > 0", node, leaf),
        |node, leaf| fact("x > 0", leaf, node),
    ];
    for (place, child) in children.iter().enumerate() {
        let deep = |n: usize| run(&s, json!([(1..n).fold(leaf(), |node, _| child(node, leaf()))]));
        deep(64).unwrap_or_else(|e| panic!("child {place}: {e}"));
        let e = deep(65).expect_err("65 deep");
        assert!(e.contains("at most 64 nested nodes"), "child {place}: {e}");
    }
}
