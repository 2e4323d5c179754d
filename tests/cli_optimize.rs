//! `tauber optimize` and `tauber fit` as a user meets them: documents, words, refusals.

use assert_cmd::Command;
use serde_json::Value;

fn tauber(line: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tauber"))
        .args(line.split_whitespace())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn document(line: &str) -> Value {
    let (code, out, error) = tauber(&format!("{line} --json"));
    assert_eq!(code, Some(0), "{line}: {error}");
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{line}: {e}"))
}

const SMALL: &str = "optimize power-law:nu=1.5,kappa=0.75,modes=50";

#[test]
fn the_best_point_is_audited_stable_and_its_loss_is_that_of_curve() {
    let found = document(&format!("{SMALL} --batch-size 4 --at 200"));
    let number = |key: &str| found["best"][key].as_f64().unwrap();
    let (alpha, beta) = (number("learning_rate"), number("momentum"));
    let optimiser = format!("--learning-rate {alpha} --momentum {beta} --batch-size 4");
    let law = "power-law:nu=1.5,kappa=0.75,modes=50";
    let audit = document(&format!("audit {law} {optimiser}"));
    assert_eq!(audit["verdict"], "stable");
    let curve = document(&format!(
        "curve {law} {optimiser} --at 200 --method iteration"
    ));
    let loss = curve["loss"][0].as_f64().unwrap();
    assert!((number("loss") / loss - 1.0).abs() < 1e-9);
    assert_eq!(found["goal"], "step");
    assert_eq!(found["best"]["price"], 1.0);
    assert!(found["momentum_0_9"]["price"].as_f64().unwrap() >= 1.0);
    assert!(found["momentum_0"]["price"].as_f64().unwrap() >= 1.0);
    assert_eq!(found["momentum_0"]["momentum"], 0.0);
}

#[test]
fn negative_momentum_is_found_and_the_sign_agrees() {
    let found = document("optimize power-law:nu=2,kappa=5 --batch-size 1 --asymptotic");
    // One minimum, and said to be the only one found; the sister has two.
    let several = document("optimize power-law:nu=2,kappa=5,modes=1 --batch-size 4 --at 10");
    for (document, one) in [(&found, true), (&several, false)] {
        let warnings = document["warnings"].to_string();
        assert_eq!(document["second_best"].is_null(), one, "{document}");
        assert_eq!(warnings.contains("second_best is null"), one, "{warnings}");
    }
    assert!(found["best"]["momentum"].as_f64().unwrap() < 0.0);
    assert_eq!(found["phase"], "noise-dominated");
    assert!(
        found["sign_of_best_momentum"]["derivative"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert!(
        found["sign_of_best_momentum"]["characteristic"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert!(found["linear_scaling_end"].is_null());
    let warnings = found["warnings"].to_string();
    assert!(
        warnings.contains("linear_scaling_end is null: the phase is noise-dominated"),
        "{warnings}"
    );
    let signal = document("optimize power-law:nu=1.5,kappa=0.75 --batch-size 1 --asymptotic");
    assert_eq!(signal["momentum_on_boundary"], true);
    assert!(
        signal["warnings"]
            .to_string()
            .contains("widen --momentum-range")
    );
    assert!(signal["linear_scaling_end"].as_f64().unwrap() > 1.0);
    assert!(
        !signal["warnings"]
            .to_string()
            .contains("linear_scaling_end")
    );
    // On the border Propositions 5 and 12 say nothing, and the reason is not swallowed.
    let border = document("optimize power-law:nu=1.5,kappa=2 --batch-size 1 --asymptotic");
    assert!(border["sign_of_best_momentum"].is_null());
    let warnings = border["warnings"].to_string();
    assert!(
        warnings.contains("sign_of_best_momentum is null: zeta = 2 - 1/nu"),
        "{warnings}"
    );
}

#[test]
fn a_constant_that_counts_late_says_from_when_on() {
    // Near the border the loss at t = 1e4 wants positive momentum, the constant a negative one.
    let law = "power-law:nu=2,kappa=3.5 --batch-size 1";
    let constant = document(&format!("optimize {law} --asymptotic"));
    let at_step = document(&format!("optimize {law} --at 1e4"));
    assert!(constant["best"]["momentum"].as_f64().unwrap() < 0.0);
    assert!(at_step["best"]["momentum"].as_f64().unwrap() > 0.0);
    let number = |key: &str| constant["best"][key].as_f64().unwrap();
    let run = format!(
        "phase power-law:nu=2,kappa=3.5 --batch-size 1 --learning-rate {} --momentum {}",
        number("learning_rate"),
        number("momentum")
    );
    let time = constant["transition_time"].as_f64().unwrap();
    let phase = document(&run);
    assert!((time / phase["transition_time"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let (_, text, _) = tauber(&format!("optimize {law} --asymptotic"));
    assert!(text.contains("counts well after step"), "{text}");
    // In the signal-dominated phase there is no such time.
    let line = "optimize power-law:nu=1.5,kappa=0.75 --batch-size 1 --asymptotic";
    let signal = document(line);
    assert!(signal["transition_time"].is_null());
    assert!(
        signal["warnings"]
            .to_string()
            .contains("transition_time is null")
    );
    assert!(!tauber(line).1.contains("counts well after"));
}

#[test]
fn a_loss_that_vanishes_is_zero_and_not_a_power_of_ten() {
    // One mode at tau = 1 without momentum: alpha lambda = 1 is exact after one step.
    let line = "optimize power-law:nu=2,kappa=5,modes=1 --batch-size 4 --at 10";
    let found = document(line);
    assert_eq!(found["best"]["loss"], 0.0);
    assert_eq!(found["best"]["price"], 1.0);
    assert!(found["best"]["relative_error"].is_null());
    assert!(
        found["warnings"]
            .to_string()
            .contains("relative_error is null")
    );
    let (_, text, _) = tauber(line);
    assert!(text.contains("0 within rounding"), "{text}");
    assert!(
        !text.contains("10^") && !text.contains("not a number"),
        "{text}"
    );
    assert!(found["second_best"].is_object());
    let usual = document(&format!("{SMALL} --batch-size 4 --at 200"));
    assert!(usual["best"]["relative_error"].as_f64().unwrap() > 0.0);
    let (_, text, _) = tauber(&format!("{SMALL} --batch-size 4 --at 200"));
    assert!(
        !text.contains("within rounding") && !text.contains("10^"),
        "{text}"
    );
}

#[test]
fn a_refusal_that_rests_on_a_fit_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slow.json");
    let eigenvalues: Vec<f64> = (1..=200).map(|k| f64::from(k).powf(-0.8)).collect();
    let json = serde_json::json!({"eigenvalues": eigenvalues, "signal": eigenvalues});
    std::fs::write(&file, json.to_string()).unwrap();
    let word = file.to_str().unwrap();
    let (code, _, error) = tauber(&format!("optimize {word} --batch-size 1 --asymptotic"));
    assert_eq!(code, Some(2));
    for part in [
        "of the law fitted",
        "nu = 0.8 and",
        "eventual divergence",
        "--at T",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let (code, _, _) = tauber(&format!("optimize {word} --batch-size 1 --at 100"));
    assert_eq!(code, Some(0));
    // Of a law that is given nothing was fitted, and without noise nothing diverges.
    let line = "optimize power-law:nu=0.8,kappa=0.5 --noise-amplitude 0 --asymptotic";
    let (_, _, error) = tauber(line);
    assert!(
        error.contains("there is no noise") && !error.contains("fitted"),
        "{error}"
    );
}

#[test]
fn the_error_of_the_loss_names_its_parts() {
    for (law, part) in [
        ("power-law:nu=1.5,kappa=0.75,modes=50", None),
        (
            "power-law:nu=1.5,kappa=0.75,modes=2000",
            Some(("compression_error", "from the compressed spectrum")),
        ),
        (
            "power-law:nu=1.5,kappa=0.75",
            Some(("quadrature_error", "from the nodes of the law")),
        ),
    ] {
        let line = format!("optimize {law} --batch-size 4 --at 20");
        let found = document(&line);
        let error = found["best"]["relative_error"].as_f64().unwrap();
        let parts: Vec<f64> = ["compression_error", "quadrature_error"]
            .map(|key| found[key].as_f64().unwrap())
            .to_vec();
        assert!(
            error > parts.iter().sum::<f64>() && error < 1e-8,
            "{law}: {error}"
        );
        let (_, text, _) = tauber(&line);
        assert!(text.contains("Estimated relative error of the smallest loss"));
        match part {
            Some((key, words)) => {
                assert!(found[key].as_f64().unwrap() > 0.0, "{law}");
                assert!(text.contains(words), "{text}");
            }
            None => {
                assert_eq!(parts, [0.0, 0.0]);
                assert!(!text.contains(" from the "), "{text}");
            }
        }
    }
    let constant = document("optimize power-law:nu=2,kappa=5 --batch-size 1 --asymptotic");
    assert!(constant["best"]["relative_error"].is_null());
}

#[test]
fn audit_says_in_words_where_the_spectrum_was_compressed() {
    for (modes, compressed) in [(20_000, true), (200, false)] {
        let line = format!(
            "audit power-law:nu=1.3,kappa=0.8,modes={modes} --learning-rate 0.1 --batch-size 4"
        );
        let (code, text, error) = tauber(&line);
        assert_eq!(code, Some(0), "{error}");
        assert_eq!(text.contains("compression error"), compressed, "{text}");
        let found = document(&line)["compression_error"].as_f64().unwrap();
        assert_eq!(found > 0.0, compressed, "{found}");
    }
}

#[test]
fn a_budget_chooses_the_batch() {
    let found = document(&format!("{SMALL} --budget 400 --dataset-size 50"));
    let batch = found["batch_size"].as_u64().unwrap();
    assert_eq!(found["steps"].as_u64().unwrap(), 400 / batch);
    assert!(found["batch_sizes_tried"].as_array().unwrap().len() > 2);
}

#[test]
fn a_range_is_kept() {
    let found = document(&format!(
        "{SMALL} --batch-size 4 --at 200 --momentum-range -0.5,0.1"
    ));
    let momentum = found["best"]["momentum"].as_f64().unwrap();
    assert!((-0.5 - 1e-9..=0.1 + 1e-9).contains(&momentum));
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    for (line, part) in [
        (SMALL.to_owned(), "--at"),
        (format!("{SMALL} --at 100"), "the noise is not given"),
        (format!("{SMALL} --at 0 --batch-size 1"), "at least 1"),
        (
            format!("{SMALL} --at 9 --asymptotic --batch-size 1"),
            "cannot be used",
        ),
        (
            format!("{SMALL} --budget 9 --batch-size 1"),
            "cannot be used",
        ),
        (format!("{SMALL} --budget 0"), "does not pay"),
        (
            format!("{SMALL} --at 9 --batch-size 1 --momentum-range 0.5"),
            "two numbers",
        ),
        (
            format!("{SMALL} --at 9 --batch-size 1 --momentum-range 0.5,0.1"),
            "LO < HI",
        ),
        (
            "optimize power-law:nu=0.8,kappa=0.5 --batch-size 1 --asymptotic".to_owned(),
            "Tr H is infinite",
        ),
        (
            "optimize power-law:nu=0.5,kappa=0.5 --batch-size 1 --at 100".to_owned(),
            "Tr H^2 is infinite (nu <= 1/2)",
        ),
        (
            "optimize power-law:nu=1.5,modes=50 --batch-size 1 --at 100".to_owned(),
            "no signal",
        ),
        ("fit power-law:nu=1.5,kappa=1".to_owned(), "modes=10000"),
        ("fit power-law:nu=1.5,modes=20".to_owned(), "too few"),
        (
            "fit power-law:nu=1.5,kappa=1,modes=40 --tau --learning-rate 0.1".to_owned(),
            "kernel:THETA.npy,TARGET.npy",
        ),
        (
            "fit power-law:nu=1.5,modes=29".to_owned(),
            "29 modes are too few",
        ),
        (
            "fit power-law:nu=1.5,modes=99 --window 9".to_owned(),
            "no window",
        ),
        (
            "fit power-law:nu=1.5,modes=99 --window 9:200".to_owned(),
            "1..=99",
        ),
        (
            "fit power-law:nu=1.5,modes=99 --edge-tau 2".to_owned(),
            "at most 1",
        ),
    ] {
        let (code, out, error) = tauber(&line);
        assert_eq!(code, Some(2), "{line}: {error}");
        assert!(error.contains(part), "{line} lacks `{part}`: {error}");
        assert!(out.is_empty() && !error.contains("panicked"), "{line}");
    }
}

#[test]
fn a_loss_that_diverges_later_is_minimised_at_a_step_and_says_so() {
    let line = "optimize power-law:nu=0.8,kappa=0.5 --batch-size 1 --at 100";
    let found = document(line);
    let best = &found["best"];
    let [alpha, momentum] = ["learning_rate", "momentum"].map(|name| best[name].as_f64().unwrap());
    let curve = document(&format!(
        "curve power-law:nu=0.8,kappa=0.5 --batch-size 1 --at 100 --method series \
         --learning-rate {alpha} --momentum {momentum}"
    ));
    let loss = curve["loss"][0].as_f64().unwrap();
    assert!((best["loss"].as_f64().unwrap() / loss - 1.0).abs() < 1e-6);
    let said = found["warnings"].to_string();
    assert!(
        said.contains("every learning rate diverges in the end"),
        "{said}"
    );
    let stable = document(&format!("{SMALL} --at 100 --batch-size 1"));
    assert!(
        !stable["warnings"]
            .to_string()
            .contains("diverges in the end")
    );
}

#[test]
fn a_law_is_fitted_and_its_phase_named() {
    let found = document("fit power-law:nu=1.5,kappa=0.75,modes=1000");
    let value = |key: &str| found[key]["value"].as_f64().unwrap();
    assert!((value("eigenvalue_exponent") - 1.5).abs() < 1e-6);
    assert!((value("signal_exponent") - 0.75).abs() < 1e-6);
    assert!((value("zeta") - 0.5).abs() < 1e-6);
    assert_eq!(found["phase"], "signal-dominated");
    assert_eq!(found["tail"], "cut-off");
    assert_eq!(
        found["phases_touched"],
        serde_json::json!(["signal-dominated"])
    );
}

#[test]
fn digits_are_fitted_with_an_interval_that_holds_the_papers_exponent() {
    let found = document("fit mnist:1000");
    let interval = &found["eigenvalue_exponent"]["interval"];
    assert!(interval[0].as_f64().unwrap() < 1.3 && interval[1].as_f64().unwrap() > 1.3);
    let zeta = &found["zeta"]["interval"];
    assert!(zeta[0].as_f64().unwrap() < 0.25 && zeta[1].as_f64().unwrap() > 0.25);
    assert!(found["eigenvalue_window"]["last_mode"].as_u64().unwrap() < 1000);
    let (code, out, _) = tauber("fit mnist:1000 --window 10:200 --tail complete");
    assert_eq!(code, Some(0));
    assert!(
        out.contains("10 .. 200") && out.contains("complete"),
        "{out}"
    );
}

#[test]
fn advice_that_depends_on_the_phase_needs_a_fit_that_knows_it() {
    // 500 digits: the interval of nu reaches below 1.
    let digits = document("optimize mnist:500 --batch-size 10 --asymptotic");
    assert!(digits["sign_of_best_momentum"].is_null() && digits["linear_scaling_end"].is_null());
    let warnings = digits["warnings"].to_string();
    assert!(
        warnings.contains("sign_of_best_momentum, linear_scaling_end and transition_time are null")
            && (warnings.contains("signal-dominated, ") || warnings.contains(", signal-dominated")),
        "{warnings}"
    );
    // A power law of nu = 2, kappa = 1 read from a file.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("law.json");
    let eigenvalues: Vec<f64> = (1..=300).map(|k| f64::from(k).powi(-2)).collect();
    let signal: Vec<f64> = (1..=300)
        .map(|k| 1.0 / f64::from(k) - 1.0 / f64::from(k + 1))
        .collect();
    let json = serde_json::json!({"eigenvalues": eigenvalues, "signal": signal});
    std::fs::write(&file, json.to_string()).unwrap();
    let word = file.to_str().unwrap();
    let law = document(&format!(
        "optimize {word} --noise-amplitude 0.1 --asymptotic"
    ));
    assert!(law["sign_of_best_momentum"]["derivative"].as_f64().unwrap() < 0.0);
    assert!(law["linear_scaling_end"].as_f64().unwrap() > 1.0);
    // The same with few points: the end is not well below them.
    let few = document(&format!(
        "optimize {word} --batch-size 5 --dataset-size 50 --asymptotic"
    ));
    assert!(few["linear_scaling_end"].is_null());
    let warnings = few["warnings"].to_string();
    assert!(
        warnings.contains("linear_scaling_end is null: with gamma = 1/b"),
        "{warnings}"
    );
    assert!(few["sign_of_best_momentum"].is_object());
}
