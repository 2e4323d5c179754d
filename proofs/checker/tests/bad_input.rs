//! Files that are not what they should be: bytes, JSON, TOML, hostile sizes. Each is refused in bounded time and memory.
mod support;

use serde_json::json;
use sha2::{Digest, Sha256};
use support::*;
use tauber_checker::{Statement, canonical, check, parse_statement_toml};

fn good() -> (Statement, String) {
    let s = statement(&["x"], &["x > 0"], "claim", &["2*x > 0"]);
    let certificate = canonical(&object(&s, false, json!([identity(0, json!([term("2", json!([[0, 1]]))]))])));
    check(certificate.as_bytes(), Some(&s)).expect("good");
    (s, certificate)
}

/// Rejected before any rule.
fn unreadable(bytes: impl AsRef<[u8]>, expected: &str) {
    refused(bytes.as_ref(), "certificate", "certificate", expected);
}

#[test]
fn bytes_before_after_or_between() {
    let (_, c) = good();
    unreadable(format!("\u{feff}{c}"), "JSON");
    unreadable(format!(" {c}"), "canonical");
    unreadable(format!("{c}\n"), "canonical");
    unreadable(format!("{c}{c}"), "JSON");
    unreadable(format!("{c}\0"), "JSON");
    unreadable(c.trim_end(), "canonical");
    unreadable(c.replace('\n', "\r\n"), "canonical");
    unreadable(c.replace("\":", "\": "), "canonical");
    unreadable(c.replace("[0,1]", "[0,\t1]"), "canonical");
    unreadable(c.replace("[0,1]", "[0,01]"), "JSON");
    unreadable(c.replace("[0,1]", "[0,1,]"), "JSON");
    for end in 0..c.len() {
        assert!(check(&c.as_bytes()[..end], None).is_err(), "truncated to {end} bytes");
    }
    let utf16: Vec<u8> = c.encode_utf16().flat_map(u16::to_le_bytes).collect();
    unreadable(utf16, "JSON");
    unreadable([c.as_bytes(), b"\xff"].concat(), "JSON");
}

#[test]
fn duplicate_keys_at_every_level() {
    let (_, c) = good();
    for key in
        ["\"vacuous\":false", "\"schema\":1", "\"rule\":\"identity\"", "\"coefficient\":\"2\"", "\"given\":[\"x > 0\"]"]
    {
        assert!(c.contains(key));
        unreadable(c.replace(key, &format!("{key},{key}")), "canonical");
    }
    unreadable(c.replace("\"claim\":0,", "\"claim\":1,\"claim\":0,"), "canonical");
    unreadable(c.replace("\"claim\":0,", "\"claim\":0,\"claim\":1,"), "canonical");
}

#[test]
fn keys_out_of_order_and_escapes_that_need_not_be() {
    let (_, c) = good();
    unreadable(c.replace("\"claim\":0,\"rule\":\"identity\"", "\"rule\":\"identity\",\"claim\":0"), "canonical");
    unreadable(c.replace("\"identity\"", "\"\\u0069dentity\""), "canonical");
    unreadable(c.replace("\"by hand\"", "\"by h\\u00e4nd\""), "canonical");
    unreadable(c.replace("\"by hand\"", "\"by\\/hand\""), "canonical");
    unreadable(c.replace("\"by hand\"", "\"\\ud800\""), "JSON");
}

#[test]
fn numbers_that_json_does_not_know_or_the_schema_does_not_allow() {
    let (_, c) = good();
    for bad in ["NaN", "Infinity", "-", "+1", "0x1", "1.", ".5"] {
        unreadable(c.replace("\"schema\":1", &format!("\"schema\":{bad}")), "JSON");
    }
    for bad in ["1.0", "2", "0", "-1", "\"1\"", "true", "null", "[1]", "18446744073709551617"] {
        assert!(check(c.replace("\"schema\":1", &format!("\"schema\":{bad}")).as_bytes(), None).is_err(), "{bad}");
    }
    unreadable(c.replace("\"schema\":1", "\"schema\":1e0"), "canonical");
    for bad in ["0", "1", "\"false\"", "null"] {
        unreadable(c.replace("\"vacuous\":false", &format!("\"vacuous\":{bad}")), "true or false");
    }
}

#[test]
fn a_hash_that_is_not_the_statements() {
    let (s, c) = good();
    let hash = s.sha256();
    let other = if hash.starts_with('0') { "1" } else { "0" };
    unreadable(c.replace(&hash, &format!("{other}{}", &hash[1..])), "sha256");
    unreadable(c.replace(&hash, &format!("{hash}0")), "sha256");
    unreadable(c.replace(&hash, ""), "sha256");
    unreadable(c.replace("2*x > 0", "3*x > 0"), "sha256");
    let upper = hash.to_uppercase();
    assert_ne!(upper, hash);
    unreadable(c.replace(&hash, &upper), "sha256");
    let jq = Sha256::digest(format!("{}\n", s.json)).iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(jq, hash, "the hash covers the newline, as jq -cS | sha256sum prints it");
}

#[test]
fn statements_inside_that_a_file_could_not_hold() {
    let (s, _) = good();
    for (key, value) in [
        ("title", json!("")),
        ("title", json!("two\nlines")),
        ("title", json!("\u{7f}")),
        ("title", json!(1)),
        ("paper", json!(null)),
        ("paper", json!("\t")),
        ("variables", json!([])),
        ("variables", json!(["x", "x"])),
        ("variables", json!(["x", "2y"])),
        ("variables", json!(["x", "é"])),
        ("variables", json!(["x", ""])),
        ("variables", json!(["x", "a".repeat(33)])),
        ("variables", json!("x")),
        ("given", json!("x > 0")),
        ("given", json!(["x > 0", 1])),
        ("claim", json!([])),
        ("claim", json!("2*x > 0")),
        ("any", json!(["2*x > 0"])),
        ("comment", json!("")),
        ("", json!("")),
    ] {
        let mut json = s.json.clone();
        json[key] = value.clone();
        let sha256: String = Sha256::digest(canonical(&json)).iter().map(|b| format!("{b:02x}")).collect();
        let proofs = json!([identity(0, json!([term("2", json!([[0, 1]]))]))]);
        let c = json!({"schema": 1, "statement": json, "sha256": sha256, "vacuous": false, "proofs": proofs});
        let r = check(&bytes(&c), None).expect_err(key);
        let key = if key == "any" { "claim" } else { key };
        assert!(r.starts_with(&format!("certificate (certificate): statement.{key}[")), "{key} = {value}: {r:?}");
    }
}

/// The line that an error names.
fn line(error: &str) -> usize {
    let rest = error.strip_prefix("line ").unwrap();
    rest[..rest.find(',').unwrap()].parse().unwrap()
}

fn fault(toml: &str) -> String {
    parse_statement_toml(toml).expect_err(toml)
}

#[test]
fn statement_files_report_line_and_column() {
    let with = |claim: &str| format!("title = \"t\"\nvariables = [\"x\", \"y\"]\ngiven = []\nclaim = \"{claim}\"\n");
    for (claim, column, message) in [
        ("x + q > 0", 14, "found 'q'"),
        ("x > 0 > 1", 16, "found '>'"),
        ("x = 0", 12, "found '='"),
        ("2x > 0", 11, "found 'x'"),
        ("x^65 > 0", 14, "exponent"),
        ("x^-1 > 0", 12, "exponent"),
        ("x^2^2 > 0", 13, "found '^'"),
        ("x^99999999999999999999 > 0", 32, "exponent"),
        ("1/x > 0", 14, "divide by a constant"),
        ("1/0 > 0", 14, "divide by a constant"),
        ("x > 1e5", 15, "found 'e'"),
        ("x > .5", 14, "found '.'"),
        ("x > 5.", 16, "after the point"),
        ("x > 0 ", 0, ""),
        ("x >", 13, "found the end"),
        ("x", 11, "found the end"),
        ("", 9, "found the end"),
        ("(x > 0)", 13, "found '>'"),
        ("(x + 1 > 0", 17, "or ')'"),
        ("x > −1", 14, "found '−'"),
        ("х > 0", 10, "found 'х'"),
        ("x\u{a0}> 0", 11, "found '\\u{a0}'"),
        ("x >= = 0", 15, "found '='"),
        ("x >== 0", 14, "found '='"),
        ("x =< 0", 12, "found '='"),
        ("x ≥ 0", 12, "found '≥'"),
        ("x * * y > 0", 14, "found '*'"),
        ("x - -y > 0", 14, "found '-'"),
    ] {
        if message.is_empty() {
            parse_statement_toml(&with(claim)).expect("blanks at the end are fine");
            continue;
        }
        let e = fault(&with(claim));
        assert!(e.starts_with(&format!("line 4, column {column}: ")), "{claim}: {e}");
        assert!(e.contains(message), "{claim}: {e:?}");
    }
}

#[test]
fn statement_files_with_keys_or_values_that_do_not_belong() {
    let head = "title = \"t\"\nvariables = [\"x\"]\ngiven = []\n";
    let e = fault(&format!("{head}claim = \"x > 0\"\nclaims = 1\n"));
    assert!(e.starts_with("line 5, ") && e.contains("claims"), "{e:?}");
    let e = fault(&format!("{head}claim = \"x > 0\"\nclaim = \"x > 1\"\n"));
    assert!(e.starts_with("line 5, ") && e.contains("duplicate"), "{e:?}");
    let e = fault(&format!("{head}claim = \"x > 0\"\nany = [\"x > 1\"]\n"));
    assert!(e.contains("is no key of a statement"), "{e:?}");
    let e = fault(&format!("{head}claim = [\"x > 0\",\n \"x > w\"]\n"));
    assert!(e.starts_with("line 5, column 7: "), "{e}");
    for tail in [
        "",
        "any = \"x > 0\"",
        "claim = []",
        "claim = [1]",
        "claim = 1",
        "claim = [[\"x > 0\"]]",
        "claim.a = \"x > 0\"",
        "any = []",
    ] {
        assert!(line(&fault(&format!("{head}{tail}\n"))) >= 3, "{tail}");
    }
    for bad in ["title", "variables", "given"] {
        let text = format!("{head}claim = \"x > 0\"\n");
        let without: String = text.lines().filter(|l| !l.starts_with(bad)).map(|l| format!("{l}\n")).collect();
        assert!(fault(&without).contains(bad), "{bad}");
    }
    assert!(line(&fault("title = ")) == 1);
    assert!(fault("\u{feff}title = \"t\"").contains("byte order mark"));
    assert!(fault(&" ".repeat((1 << 20) + 1)).contains("1 MiB"));
    assert!(line(&fault(&format!("{head}claim = {}\"x > 0\"{}", "[".repeat(10_000), "]".repeat(10_000)))) >= 3);
}

/// Refuses a fact with this text: hostile polynomials inside a certificate.
fn refuse_fact(text: &str, expected: &str) {
    let s = statement(&["x", "y", "z", "w", "v"], &["x > 0"], "claim", &["x > 0"]);
    let leaf = identity(0, json!([term("1", json!([[0, 1]]))]));
    let started = std::time::Instant::now();
    rejected(&s, json!([fact(text, leaf.clone(), leaf)]), "proofs[0]", "fact", expected);
    assert!(started.elapsed().as_secs() < 60, "{text:.40} took {:?}", started.elapsed());
}

#[test]
fn hostile_polynomials_are_stopped_by_the_limits() {
    refuse_fact("x^99999999 > 0", "exponent");
    refuse_fact("x^64*x > 0", "degree");
    refuse_fact("(x*y)^33 > 0", "degree");
    refuse_fact("(x + y + z + w + v)^64 > 0", "limit");
    refuse_fact("(1 + x + y + z + w)^32*(1 + v)^32 > 0", "limit");
    refuse_fact(&format!("{}x > 0", "(".repeat(65)), "at most 64 deep");
    refuse_fact(&format!("{}x > 0", "(".repeat(100_000)), "at most 64 deep");
    refuse_fact(&format!("x > {}", "9".repeat(4_001)), "4000 digits");
    refuse_fact(&format!("x > {}", "9".repeat(10_000_000)), "4000 digits");
    refuse_fact(&format!("x > 0.{}", "0".repeat(4_000)), "4000 digits");
    refuse_fact(&format!("x > ((({0}^64)^64)^64)^64", "9".repeat(4_000)), "units of work");
    refuse_fact(&format!("x > {}", "((((1/3)^64)^64)^64)^64"), "units of work");
    let primes: String = (1000..9000).map(|n| format!(" + x/{}", 2 * n + 1)).collect();
    refuse_fact(&format!("y{primes} > 0"), "units of work");
    let wide = (0..64).map(|i| format!("(1 + x)^{i}*(1 + y)^{}", 64 - i)).collect::<Vec<_>>().join(" + ");
    refuse_fact(&format!("({wide})*(z + w) > 0"), "limit");
}

#[test]
fn hostile_json_is_refused() {
    unreadable("[".repeat(1_000_000), "JSON");
    unreadable("{\"a\":".repeat(100_000), "JSON");
    unreadable(vec![b' '; (1 << 24) + 1], "16 MiB");
    unreadable(vec![b'9'; 1 << 24], "JSON");
    unreadable("", "JSON");
    unreadable("null\n", "an object");
    unreadable("[]\n", "an object");
    unreadable("{}\n", "the keys");
}

#[test]
fn hostile_terms_are_stopped_by_the_limits() {
    let s = statement(&["x", "y"], &["x > 0", "y > 0"], "claim", &["x > 0"]);
    let try_term =
        |t, expected| rejected(&s, json!([identity(0, json!([t]))]), "proofs[0].terms[0]", "identity", expected);
    try_term(term("1", json!([[0, 64], [1, 1]])), "degree");
    try_term(square("1", json!([]), "x^33"), "degree");
    try_term(term(&"9".repeat(4_001), json!([[0, 1]])), "4000 digits");
    try_term(term(&format!("1/{}", "9".repeat(4_001)), json!([[0, 1]])), "4000 digits");
    try_term(term(&"9".repeat(5_000_000), json!([[0, 1]])), "4000 digits");
    let most = format!("1{}", "0".repeat(3_999));
    rejected(&s, json!([identity(0, json!([term(&most, json!([[0, 1]]))]))]), "proofs[0]", "identity", "both sides");
    let fraction = format!("{most}/{}", "3".repeat(4_000));
    let many = json!(vec![term(&fraction, json!([[0, 1]])); 2_000]);
    let started = std::time::Instant::now();
    assert!(check(&bytes(&object(&s, false, json!([identity(0, many)]))), None).is_err());
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn toml_that_came_after_version_one_cannot_say_more() {
    let tail = "variables = [\"x\"]\ngiven = []\nclaim = \"x^2 >= 0\"\n";
    let title = |title: &str| parse_statement_toml(&format!("title = \"{title}\"\n{tail}"));
    // TOML 1.1 knows \x41: another spelling of the same statement. Its \e is a control character, refused as such.
    let read = title("a\\x41").expect("as FORMAT.md allows");
    assert_eq!(read.json, title("a\\u0041").expect("an escape of TOML 1.0").json);
    assert_eq!(read.json["title"], json!("aA"));
    assert!(title("a\\e").is_err());
    // Its inline tables over several lines and its times without seconds have no place in a statement.
    for line in ["given = [{a = 1,\n}]", "given = 07:32", "given = 1979-05-27T07:32Z", "given = {}", "given.a = []"] {
        let toml = format!("title = \"t\"\nvariables = [\"x\"]\n{line}\nclaim = \"x^2 >= 0\"\n");
        assert!(fault(&toml).starts_with("line "), "{line}");
    }
}
