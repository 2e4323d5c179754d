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
