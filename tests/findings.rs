//! `docs/findings.md` names a command for every finding, and the numbers that `--example findings` prints differ, or
//! agree, as the page says.

#[path = "../examples/findings/numbers.rs"]
mod numbers;

use numbers::{FINDINGS, Line};

fn lines(number: u8) -> Vec<Line> {
    let finding = FINDINGS.iter().find(|f| f.number == number).unwrap();
    assert!(finding.columns.iter().all(|c| !c.is_empty()));
    (finding.lines)().unwrap()
}

/// `found/said` of each line.
fn ratios(number: u8) -> Vec<f64> {
    lines(number).iter().map(|l| l.found / l.said).collect()
}

#[test]
fn every_finding_names_a_command_that_shows_it() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md"));
    let page = page.unwrap();
    let sections: Vec<&str> = page.split("\n## ").skip(1).collect();
    assert!(sections.len() >= 13, "{}", sections.len());
    for section in sections {
        let number = section.split('.').next().unwrap();
        let commands: Vec<&str> = section.lines().filter(|l| l.starts_with("    ")).collect();
        let names = |word: &str| commands.iter().any(|line| line.trim().starts_with(word));
        assert!(names("cargo run") || names("tauber "), "finding {number}");
        let example = format!("--example findings -- {number}");
        let numbered: Option<u8> = number.parse().ok();
        if FINDINGS.iter().any(|f| Some(f.number) == numbered) {
            assert!(
                section.contains(&example),
                "finding {number} lacks `{example}`"
            );
        }
    }
}

#[test]
fn the_identity_of_lemma_1_holds_beyond_g_of_1() {
    for line in lines(1) {
        assert!(
            (line.said - line.found).abs() < 1e-12 && line.found > 0.0,
            "{}",
            line.what
        );
    }
}

#[test]
fn the_full_batch_rule_is_off_by_a_factor_of_forty() {
    let [line] = &lines(2)[..] else { panic!() };
    assert!((line.said - 3.8).abs() < 1e-12 && (line.found / 0.092_352 - 1.0).abs() < 1e-5);
}

#[test]
fn the_helpers_are_off_and_28_is_not() {
    for (i, line) in lines(3).iter().enumerate() {
        let off = (line.said / line.found - 1.0).abs();
        assert!(
            if i % 2 == 0 { off > 0.2 } else { off < 1e-2 },
            "{}: {off}",
            line.what
        );
    }
    for (i, line) in lines(4).iter().enumerate() {
        let off = (line.said / line.found - 1.0).abs();
        assert!(
            if i % 2 == 0 { off > 0.2 } else { off < 1e-3 },
            "{}: {off}",
            line.what
        );
    }
}

#[test]
fn the_loss_follows_the_crossover_and_not_its_early_asymptote() {
    let lines = lines(5);
    assert!(lines.iter().all(|l| (l.found - 1.0).abs() < 5e-4));
    assert!((lines[0].said - 1.0).abs() > 0.01 && lines[4].said > 1.5);
}

#[test]
fn below_zero_tau_u_of_1_alone_does_not_decide() {
    let lines = lines(6);
    let [calm, .., last, edge] = &lines[..] else {
        panic!()
    };
    // Beyond the extended edge U(1) as printed is negative, and the loss grows.
    assert!(last.said < 1.0 && last.found > 1.0);
    assert!(edge.found < edge.said);
    assert!(calm.said > 0.0);
}

#[test]
fn the_findings_about_noise_have_their_numbers() {
    let attained: Vec<f64> = lines(7).iter().map(|l| l.found).collect();
    let exact = [1.0 / 28561.0, 57121.0 / 28561.0];
    for value in exact {
        assert!(
            attained.iter().any(|a| (a / value - 1.0).abs() < 1e-12),
            "{attained:?}"
        );
    }
    assert!(lines(7).iter().all(|l| l.said == 1.0));
    assert_eq!(ratios(8), [2.0 / 3.0, 1.0]);
    let average = lines(9);
    assert_eq!(average[0].found, 0.0);
    assert!(average[4].found < -0.999 && average.windows(2).all(|w| w[1].found < w[0].found));
    for line in lines(10) {
        assert!(line.said > 1e-3 && line.found < 1e-10, "{}", line.what);
    }
    let additive = ratios(11);
    assert!(
        additive[0] > 1.0 && additive[1] < 1.0 && additive[2] < additive[1],
        "{additive:?}"
    );
}

#[test]
fn the_notebooks_sign_is_not_that_of_30_and_the_early_loss_is_no_judge() {
    let lines = lines(12);
    for block in lines.chunks(4) {
        assert!(
            block[0].found > 0.0 && block[3].found > 0.0,
            "{}",
            block[0].what
        );
    }
    // Near the border notebook and early loss are negative both.
    for block in [&lines[0..4], &lines[8..12]] {
        assert!(block[0].said < 0.0 && block[1].found < -0.5 && block[2].found < 0.0);
    }
}

/// The section of one finding.
fn section(number: u8) -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md"));
    let page = page.unwrap();
    let head = format!("\n## {number}. ");
    let start = page.find(&head).unwrap();
    let rest = &page[start + head.len()..];
    rest[..rest.find("\n## ").unwrap_or(rest.len())].to_owned()
}

/// Runs a `tauber` line of a section as the page prints it, with `--json`.
fn run(number: u8, begins: &str) -> serde_json::Value {
    let text = section(number);
    let line = (text.lines().map(str::trim))
        .find(|l| l.starts_with(begins))
        .unwrap();
    let output = assert_cmd::Command::cargo_bin("tauber")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(line.split_whitespace().skip(1))
        .arg("--json")
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The page prints this number with as many digits as `text` has.
fn says(number: u8, text: &str, value: f64) {
    let digits = text.split_once('.').map_or(0, |(_, after)| after.len());
    assert_eq!(format!("{value:.digits$}"), text, "finding {number}");
    let page = section(number);
    assert!(page.contains(text), "finding {number} does not say {text}");
}

fn at(document: &serde_json::Value, path: &str) -> f64 {
    let found = document.pointer(path).and_then(serde_json::Value::as_f64);
    found.unwrap_or_else(|| panic!("{path} of {document}"))
}

#[test]
fn the_commands_of_the_page_print_what_the_page_says() {
    let certificate = run(1, "tauber check");
    assert!(
        certificate.to_string().contains("\"accepted\":true"),
        "{certificate}"
    );
    let audit = run(2, "tauber audit");
    says(2, "0.092352", at(&audit, "/critical_learning_rate"));
    says(2, "3.8", at(&audit, "/noiseless_critical_learning_rate"));
    assert_eq!(audit["verdict"], "unstable");
    let phase = run(3, "tauber phase");
    assert_eq!(phase["phase"], "noise-dominated");
    // (28b), and the helper in its place at Lambda = 1: off by 2^(1/nu-2) alpha_eff^2.
    let helper = at(&phase, "/noise_constant") / (2_f64.powf(1.0 / 1.5 - 2.0) * 0.4 * 0.4);
    let gamma_function = 0.892_979_511_569_249_2; // Gamma(4/3)
    let (u, v) = (
        at(&phase, "/noise_function_at_1"),
        at(&phase, "/signal_function_at_1"),
    );
    let printed =
        0.5 / 3.0 * v * gamma_function * 0.4_f64.powf(1.0 / 1.5 - 2.0) / (1.0 - u).powi(2);
    assert!((helper / printed - 1.0).abs() < 1e-12, "{helper} {printed}");
    let curve = run(4, "tauber curve");
    assert!(
        curve
            .to_string()
            .contains("K of the tails K k^-kappa) is 1.333333"),
        "{curve}"
    );
    let advice = run(12, "tauber optimize");
    assert!(at(&advice, "/sign_of_best_momentum/characteristic") > 0.0);
    assert!(at(&advice, "/best/momentum") < 0.0, "{advice}");
}

#[test]
fn the_fit_of_the_shipped_digits_is_what_the_page_says() {
    let fit = run(13, "tauber fit mnist:1000");
    for (text, path) in [
        ("1.26", "/eigenvalue_exponent/value"),
        ("0.97", "/eigenvalue_exponent/interval/0"),
        ("1.55", "/eigenvalue_exponent/interval/1"),
        ("0.25", "/zeta/value"),
        ("0.03", "/zeta/interval/0"),
        ("0.47", "/zeta/interval/1"),
        ("1.803", "/critical_learning_rate"),
        ("1.756", "/continued_critical_learning_rate/value"),
        ("1.794", "/continued_critical_learning_rate/interval/1"),
    ] {
        says(13, text, at(&fit, path));
    }
    assert_eq!(fit["phase"], "signal-dominated");
    // A thousand points do not decide that nu > 1.
    assert!(at(&fit, "/eigenvalue_exponent/interval/0") < 1.0);
}
