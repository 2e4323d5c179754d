//! `tauber phase`, and what audit and curve say about power laws: documents with numbers that have a source.

use assert_cmd::Command;
use serde_json::Value;

fn run(line: &str) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_tauber"))
        .args(line.split_whitespace())
        .output()
        .unwrap()
}

fn json(line: &str) -> (i32, Value) {
    let output = run(&format!("{line} --json"));
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{line}: {error}: {}",
            String::from_utf8_lossy(&output.stdout)
        )
    });
    (output.status.code().unwrap(), document)
}

fn near(value: &Value, expected: f64, relative: f64) {
    let value = value.as_f64().unwrap();
    assert!(
        (value / expected - 1.0).abs() <= relative,
        "{value} against {expected}"
    );
}

const RUN: &str = "--learning-rate 0.2 --momentum 0.5 --noise-amplitude 0.5";

#[test]
fn exponents_alone_have_a_phase_exactly() {
    for (exponents, phase, exponent) in [
        ("nu=1.5,kappa=0.75", "signal-dominated", Some(0.5)),
        ("nu=4/3,kappa=5/3", "border", Some(1.25)),
        (
            "nu=1.5,kappa=2.0000000000000000001",
            "noise-dominated",
            Some(4.0 / 3.0),
        ),
        ("nu=1,kappa=1", "eventual-divergence", None),
        ("nu=1/2", "immediate-divergence", None),
    ] {
        let (code, document) = json(&format!("phase {exponents}"));
        assert_eq!(
            (code, &document["phase"]),
            (0, &Value::from(phase)),
            "{exponents}"
        );
        match exponent {
            Some(exponent) => near(&document["loss_exponent"], exponent, 1e-15),
            None => assert!(document["loss_exponent"].is_null()),
        }
    }
    let (code, document) = json("phase nu=1.5");
    assert_eq!(code, 0);
    assert!(document["phase"].is_null());
    let warning = document["warnings"][0].as_str().unwrap();
    for (key, value) in document.as_object().unwrap() {
        assert!(
            !value.is_null() || warning.contains(key.as_str()),
            "{key}: {warning}"
        );
    }
    assert!(warning.contains("phase") && warning.contains("kappa"));
}

#[test]
fn hyperparameters_give_constants_and_times() {
    let (_, signal) = json(&format!("phase nu=1.5,kappa=0.75 {RUN}"));
    near(&signal["noise_function_at_1"], 0.257_344_220_5, 1e-9);
    near(&signal["signal_constant"], 0.667_086_860_3, 1e-9);
    assert_eq!(signal["signal_function_at_1"], "infinity");
    assert!(signal["noise_constant"].is_null() && signal["transition_time"].is_null());
    let (_, noise) = json(&format!("phase power-law:nu=1.5,kappa=3 {RUN}"));
    near(&noise["loss_constant"], 0.141_400_748_2, 1e-9);
    near(&noise["transition_time"], 57.394_613, 1e-7);
    // 1 - r_L by bisection of z U(z) = 1 in Python over its ratio to (171); a of (199) by mpmath.
    let (_, slow) =
        json("phase nu=0.7,kappa=0.4 --learning-rate 1e-5 --noise-amplitude 0.5 --tau 0");
    let (_, exact) =
        json("audit power-law:nu=0.7,kappa=0.4 --learning-rate 1e-5 --noise-amplitude 0.5 --tau 0");
    let complement = slow["asymptotic_convergence_radius_complement"]
        .as_f64()
        .unwrap();
    near(
        &exact["divergence_time_scale"],
        1.0 / (complement * 0.999_983_793),
        1e-7,
    );
    near(
        &slow["asymptotic_divergence_time"],
        0.057_576_785_874_471_64 / complement,
        1e-12,
    );
    near(
        &slow["asymptotic_divergence_time_scale"],
        1.0 / complement,
        1e-15,
    );
}

#[test]
fn a_name_means_the_same_in_phase_and_audit() {
    let mut compared = 0;
    for run in [
        "nu=0.7,kappa=0.4 --learning-rate 0.01 --noise-amplitude 0.5",
        "nu=0.7,kappa=0.9 --learning-rate 0.01 --noise-amplitude 0.5",
        "nu=1.5,kappa=1 --learning-rate 1.9 --noise-amplitude 0.5",
        "nu=1.5,kappa=3 --learning-rate 0.2 --noise-amplitude 0.5",
        "nu=1.5,kappa=3 --learning-rate 2.5 --noise-amplitude 0.5",
        "nu=0.7,kappa=0.4,modes=50 --learning-rate 0.01 --noise-amplitude 0.5",
        "nu=0.7 --learning-rate 0.01 --noise-amplitude 0.5",
        "nu=1.5 --learning-rate 1.9 --noise-amplitude 0.5",
        "nu=0.5,kappa=1 --learning-rate 0.1 --noise-amplitude 0.5",
        "nu=0.7,kappa=0.4 --learning-rate 0.1 --noise-amplitude 0",
    ] {
        let (_, phase) = json(&format!("phase power-law:{run}"));
        let (_, audit) = json(&format!("audit power-law:{run}"));
        for (key, value) in phase.as_object().unwrap() {
            let other = &audit[key.as_str()];
            let own = ["input", "conventions", "warnings"].contains(&key.as_str());
            // An exponent of a law that ends or diverges is that of the law, not of the run.
            let of_the_law = ["loss_exponent", "phase"].contains(&key.as_str());
            if own || of_the_law || audit.get(key).is_none() {
                continue;
            }
            if run.contains("modes=") && other.is_null() {
                continue;
            }
            assert_eq!(value, other, "{run}: {key}");
            compared += 1;
            // Every null has its reason.
            let said = phase["warnings"].to_string();
            assert!(
                !value.is_null() || said.contains(key.as_str()),
                "{run}: {key} {said}"
            );
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn what_needs_no_kappa_is_there_without_it() {
    let run = "--learning-rate 0.01 --noise-amplitude 0.5";
    let (_, with) = json(&format!("phase nu=0.7,kappa=0.4,scale=2 {run}"));
    let (_, without) = json(&format!("phase nu=0.7,scale=2 {run}"));
    for key in [
        "eigenvalue_scale",
        "convergence_radius_complement",
        "divergence_time_scale",
        "asymptotic_convergence_radius_complement",
        "asymptotic_divergence_time_scale",
    ] {
        assert!(without[key].as_f64().unwrap() > 0.0, "{key}");
        assert_eq!(with[key], without[key], "{key}");
    }
    for key in [
        "early_constant",
        "asymptotic_divergence_time",
        "divergence_time",
    ] {
        assert!(
            with[key].as_f64().is_some() && without[key].is_null(),
            "{key}"
        );
    }
    let (_, stable) = json("phase nu=1.5 --learning-rate 0.2 --momentum 0.5 --noise-amplitude 0.5");
    near(&stable["noise_function_at_1"], 0.257_344_220_5, 1e-9);
    assert!(stable["phase"].is_null());
}

#[test]
fn each_null_has_its_own_reason() {
    let reason = |line: &str, key: &str| {
        let (_, document) = json(line);
        assert!(document[key].is_null(), "{line}: {key}");
        let warnings = document["warnings"].as_array().unwrap().clone();
        let of_key = |w: &&Value| {
            let words = w.as_str().unwrap().split(" null: ").next().unwrap();
            let mut names = words.split([',', ' ']);
            names.any(|name| name == key)
        };
        let found = warnings.iter().find(of_key);
        found.unwrap_or_else(|| panic!("{line}: {key}")).to_string()
    };
    let slow = "phase nu=0.7,kappa=0.9 --learning-rate 0.01 --noise-amplitude 0.5";
    assert!(reason(slow, "early_constant").contains("not below 1: the early regime"));
    assert!(reason(slow, "loss_constant").contains("eventual-divergence phase"));
    assert!(reason(slow, "noise_exponent").contains("eventual-divergence phase"));
    let beyond = "phase nu=1.5,kappa=3 --learning-rate 1.9 --noise-amplitude 0.5";
    assert!(reason(beyond, "transition_time").contains("U(1) = 1.7"));
    assert!(reason(beyond, "early_constant").contains("noise-dominated phase"));
    let quiet = "phase nu=0.7,kappa=0.4 --learning-rate 0.01 --noise-amplitude 0";
    assert!(reason(quiet, "asymptotic_divergence_time").contains("no noise"));
    assert!(reason(quiet, "loss_constant").contains("eventual-divergence phase"));
    let first = "phase nu=0.4,kappa=0.4 --learning-rate 0.01 --noise-amplitude 0.5";
    assert!(reason(first, "loss_constant").contains("immediate divergence"));
    let none = "phase nu=0.4,kappa=0.4 --learning-rate 0.01 --noise-amplitude 0";
    assert!(reason(none, "loss_constant").contains("no noise"));
}

#[test]
fn a_measured_spectrum_needs_fitted_exponents() {
    let output = run("phase mnist:50");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("tauber fit") && said.contains("--eigenvalue-exponent"),
        "{said}"
    );
    let fitted = "phase mnist:50 --eigenvalue-exponent 1.3 --signal-exponent 0.325";
    let (code, document) = json(fitted);
    assert_eq!(
        (code, &document["phase"]),
        (0, &Value::from("signal-dominated"))
    );
    near(&document["zeta"], 0.25, 1e-15);
    let with = format!("{fitted} --learning-rate 0.1 --batch-size 5");
    let said = String::from_utf8_lossy(&run(&with).stderr).into_owned();
    assert!(said.contains("--signal-scale"), "{said}");
    let (code, document) = json(&format!("{with} --eigenvalue-scale 0.1 --signal-scale 1"));
    assert_eq!(code, 0);
    assert!(document["loss_constant"].as_f64().unwrap() > 0.0);
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("last mode"), "{warnings}");
}

#[test]
fn bad_input_is_refused_with_the_reason() {
    for (line, word) in [
        ("phase", "<SPECTRUM>"),
        ("phase nu=-1", "nu must lie in (0, 100]"),
        (
            "phase nu=1.5,kappa=1 --learning-rate 0.1",
            "noise is not given",
        ),
        (
            "phase nu=1.5,kappa=1 --batch-size 2",
            "learning rate is not given",
        ),
        (
            "phase nu=1.5,kappa=1 --learning-rate 0.1 --momentum 2 --batch-size 2",
            "momentum",
        ),
        ("phase nu=1.5,kappa=1 --eigenvalue-exponent 2", "its own"),
        ("phase mnist:50 --eigenvalue-exponent 0", "must be positive"),
        (
            "phase mnist:50 --eigenvalue-exponent x",
            "--eigenvalue-exponent",
        ),
        (
            "phase mnist:50 --eigenvalue-exponent 1.5 --signal-exponent 1 --eigenvalue-scale -1 --signal-scale 1 --learning-rate 0.1 --batch-size 2",
            "Lambda must be a positive",
        ),
    ] {
        let output = run(line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(said.contains(word), "{line}: {said}");
    }
    // Not bad input, but nothing to compute: the phase stays, the constants say why they are null.
    let (code, document) = json("phase nu=1.5,kappa=1 --learning-rate 1.9 --batch-size 1");
    assert_eq!(code, 0);
    assert_eq!(document["phase"], "signal-dominated");
    assert!(document["loss_constant"].is_null());
    let warnings = document["warnings"].to_string();
    assert!(
        warnings.contains("U(1) =") && warnings.contains("not below 1"),
        "{warnings}"
    );
}

#[test]
fn at_nu_1_the_refusal_does_not_contradict_the_phase() {
    let at = "--learning-rate 0.01 --noise-amplitude 0.01";
    let (_, document) = json(&format!("phase nu=1,kappa=0.5 {at}"));
    assert_eq!(document["phase"], "eventual-divergence");
    let warnings = document["warnings"].to_string();
    assert!(
        warnings.contains("(171) has no limit there") && !warnings.contains("only"),
        "{warnings}"
    );
    let (_, below) = json(&format!("phase nu=0.9,kappa=0.5 {at}"));
    assert!(!below["warnings"].to_string().contains("(171)"));
}

#[test]
fn audit_of_a_power_law_adds_exponent_constants_and_times() {
    let (code, document) = json(&format!("audit power-law:nu=1.5,kappa=3 {RUN}"));
    assert_eq!(code, 0);
    near(&document["loss_exponent"], 4.0 / 3.0, 1e-15);
    near(&document["loss_constant"], 0.141_400_748_2, 1e-9);
    near(&document["signal_constant"], 2.103_935_690_2, 1e-9);
    near(&document["noise_constant"], 0.141_400_748_2, 1e-9);
    near(&document["transition_time"], 57.394_613, 1e-7);
    assert!(document["asymptotic_divergence_time"].is_null());
    let shown =
        String::from_utf8_lossy(&run(&format!("audit power-law:nu=1.5,kappa=3 {RUN}")).stdout)
            .into_owned();
    assert!(
        shown.contains("transition time") && shown.contains("57.3946"),
        "{shown}"
    );
    // Beyond the edge and for finite spectra they are null, with a warning.
    for line in [
        "audit power-law:nu=1.5,kappa=3 --learning-rate 1.9 --noise-amplitude 1",
        "audit power-law:nu=1.5,kappa=3,modes=50 --learning-rate 0.1 --noise-amplitude 1",
        "audit power-law:nu=1.5 --learning-rate 0.1 --noise-amplitude 1",
    ] {
        let (_, document) = json(line);
        for key in ["loss_exponent", "loss_constant", "transition_time"] {
            assert!(document[key].is_null(), "{line}: {key}");
        }
        assert!(!document["warnings"].as_array().unwrap().is_empty());
    }
}

#[test]
fn curve_shows_the_asymptote_beside_the_loss_where_there_is_one() {
    let (_, document) = json(&format!(
        "curve power-law:nu=1.5,kappa=3 {RUN} --at 0,1000,1e13"
    ));
    let asymptote = &document["asymptote"];
    assert!(asymptote[0].is_null());
    near(&asymptote[1], 0.141_400_748_2 * 1e-4, 1e-9);
    let loss = document["loss"][2].as_f64().unwrap();
    near(&asymptote[2], loss, 1e-2);
    assert_eq!(document["asymptote_formula"], "(28b)");
    let (_, document) = json(&format!(
        "curve power-law:nu=1.5,kappa=3,modes=20 {RUN} --at 10"
    ));
    assert!(document["asymptote"][0].is_null() && document["asymptote_formula"].is_null());
    assert!(
        document["warnings"]
            .to_string()
            .contains("asymptote and asymptote_formula are null")
    );
}

#[test]
fn curve_says_phase_exponent_constants_and_times() {
    let line = format!("curve power-law:nu=1.5,kappa=3 {RUN} --at 1000");
    let (_, document) = json(&line);
    assert_eq!(document["phase"], "noise-dominated");
    near(&document["loss_exponent"], 4.0 / 3.0, 1e-15);
    near(&document["loss_constant"], 0.141_400_748_2, 1e-9);
    near(&document["transition_time"], 57.394_613, 1e-7);
    assert!(document["asymptotic_divergence_time"].is_null());
    let shown = String::from_utf8_lossy(&run(&line).stdout).into_owned();
    assert!(
        shown.contains("noise-dominated") && shown.contains("57.3946"),
        "{shown}"
    );
    // U(1) > 1: the loss tends to (24), U(1) - 1 and the refusal being Theorem 2's.
    let (_, grows) =
        json("curve power-law:nu=1.5,kappa=3 --learning-rate 1.6 --noise-amplitude 1 --at 60");
    assert_eq!(grows["asymptote_formula"], "(24)");
    near(
        &grows["asymptote"][0],
        grows["loss"][0].as_f64().unwrap(),
        1e-3,
    );
    assert!(grows["loss_constant"].is_null());
    assert!(grows["warnings"].to_string().contains("not below 1"));
    // Eventual divergence with zeta >= 1 has no asymptote, and says why.
    let (_, none) =
        json("curve power-law:nu=0.7,kappa=0.9 --learning-rate 0.1 --noise-amplitude 0.5 --at 5");
    assert!(none["asymptote"][0].is_null());
    let warnings = none["warnings"].to_string();
    assert!(
        warnings.contains("asymptote and asymptote_formula are null: zeta = "),
        "{warnings}"
    );
}

#[test]
fn without_noise_curve_and_phase_have_the_law_193_whatever_the_phase() {
    for (law, zeta) in [
        ("nu=0.4,kappa=0.3", 0.75),
        ("nu=0.7,kappa=0.9", 9.0 / 7.0),
        ("nu=1.5,kappa=0.75", 0.5),
        ("nu=1.5,kappa=3", 2.0),
    ] {
        let run = "--momentum 0.5 --noise-amplitude 0 --learning-rate";
        let (_, curve) = json(&format!("curve power-law:{law} {run} 0.1 --at 1e10"));
        assert_eq!(curve["asymptote_formula"], "(193)", "{law}");
        let loss = curve["loss"][0].as_f64().unwrap();
        near(&curve["asymptote"][0], loss, 1e-3);
        let (_, phase) = json(&format!("phase {law} {run} 0.1"));
        near(&phase["early_constant"], loss * 1e10_f64.powf(zeta), 1e-3);
        assert!(phase["loss_constant"].is_null());
        assert!(phase["warnings"].to_string().contains("there is no noise"));
        // Beyond the noiseless edge, 3, there is none.
        let (_, beyond) = json(&format!("phase {law} {run} 3.5"));
        assert!(beyond["early_constant"].is_null());
        assert!(beyond["warnings"].to_string().contains("noiseless edge"));
    }
}

#[test]
fn an_infinite_trace_of_covariance_is_named() {
    for command in ["phase", "audit"] {
        let (_, slow) = json(&format!("{command} power-law:nu=1.5,kappa=0.75 {RUN}"));
        let warnings = slow["warnings"].to_string();
        assert!(
            warnings.contains("noise_constant and transition_time are null: zeta = 0.5 is at most 1: Tr C0 and V(1) are infinite"),
            "{warnings}"
        );
        let (_, fast) = json(&format!("{command} power-law:nu=1.5,kappa=3 {RUN}"));
        assert!(!fast["warnings"].to_string().contains("Tr C0"));
        assert!(fast["noise_constant"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn a_last_mode_takes_away_the_times_beyond_it() {
    const AT: &str = "--learning-rate 0.01 --noise-amplitude 0.01";
    // alpha_eff lambda_min = 0.01 * 1000^-0.7: the law holds well below 1/(2 ..) = 6294.6 steps.
    let finite = format!("phase power-law:nu=0.7,kappa=0.4,modes=1000 {AT}");
    let (_, document) = json(&finite);
    let warnings = document["warnings"].to_string();
    for key in [
        "asymptotic_divergence_time",
        "asymptotic_divergence_time_scale",
        "asymptotic_convergence_radius_complement",
    ] {
        assert!(document[key].is_null(), "{key}");
        assert!(warnings.contains(key), "{warnings}");
    }
    assert!(warnings.contains("6294.6") && warnings.contains("of the law without end"));
    // K/2 Gamma(zeta+1) (2 alpha)^-zeta at zeta = 4/7, from Python's math.gamma.
    near(&document["early_constant"], 4.163910105105843, 1e-12);
    let shown = String::from_utf8_lossy(&run(&finite).stdout).into_owned();
    assert!(
        shown.contains("eventual-divergence of the law without end") && !shown.contains("t_div"),
        "{shown}"
    );
    let (_, audit) = json(&finite.replace("phase", "audit"));
    assert_eq!(audit["verdict"], "stable");
    // The law without end keeps them: (171), (198) by mpmath.
    let (_, endless) = json(&format!("phase nu=0.7,kappa=0.4 {AT}"));
    near(
        &endless["asymptotic_divergence_time_scale"],
        15400029813.566822,
        1e-9,
    );
    assert!(endless["asymptotic_divergence_time"].as_f64().unwrap() > 8e8);
    let shown =
        String::from_utf8_lossy(&run(&format!("phase nu=0.7,kappa=0.4 {AT}")).stdout).into_owned();
    assert!(shown.contains("t_div") && !shown.contains("without end"));
    // The transition time goes where it comes after the last mode, and stays where it comes before.
    let (_, cut) = json(&format!("phase power-law:nu=1.5,kappa=3,modes=100 {AT}"));
    assert!(cut["transition_time"].is_null());
    assert!(
        cut["warnings"]
            .to_string()
            .contains("transition_time is null")
    );
    let (_, long) = json(&format!("phase power-law:nu=1.5,kappa=3,modes=1e5 {RUN}"));
    // The modes beyond 1e5 are 2/sqrt(1e5) of Tr H = 2.612: a share of 2.4e-3.
    near(&long["transition_time"], 57.394_613, 2.4e-3);
}

#[test]
fn audit_prints_a_late_divergence_as_one_minus_e() {
    // The root of 40 digits of tests/proposition_11.rs.
    let line = "audit power-law:nu=0.99,kappa=0.3 --learning-rate 1e-3 --batch-size 1";
    let (code, late) = json(line);
    assert_eq!((code, late["convergence_radius"].as_f64()), (1, Some(1.0)));
    near(
        &late["convergence_radius_complement"],
        2.632_331_769_821_917e-134,
        1e-9,
    );
    near(
        &late["divergence_time_scale"],
        1.0 / 2.632_331_769_821_917e-134,
        1e-9,
    );
    let text = String::from_utf8(run(line).stdout).unwrap();
    assert!(text.contains("1 - 2.63233e-134"), "{text}");
    // A radius that is 1 is printed so, and one that no nodes tell says that it is rounded.
    let stable = "audit power-law:nu=1.5,kappa=0.3 --learning-rate 0.1 --batch-size 1";
    let (code, document) = json(stable);
    assert_eq!(
        (code, document["convergence_radius_complement"].as_f64()),
        (0, Some(0.0))
    );
    let text = String::from_utf8(run(stable).stdout).unwrap();
    let mut lines = text
        .lines()
        .filter(|line| line.contains("convergence radius"));
    assert!(
        lines.next().is_some_and(|line| !line.contains("1 - ")),
        "{text}"
    );
    let unknown = "audit power-law:nu=1,kappa=0.3 --learning-rate 1e-3 --batch-size 1";
    let (code, document) = json(unknown);
    assert_eq!(code, 1);
    assert!(document["convergence_radius_complement"].is_null());
    assert!(
        document["warnings"]
            .to_string()
            .contains("convergence_radius_complement")
    );
    let text = String::from_utf8(run(unknown).stdout).unwrap();
    assert!(text.contains("1 by rounding"), "{text}");
}

#[test]
fn every_command_that_rests_on_it_warns_of_a_negative_tau() {
    let warned = |line: &str| {
        let (_, document) = json(line);
        let said = document["warnings"].to_string();
        let text = String::from_utf8(run(line).stdout).unwrap();
        let both = [&said, &text].map(|t| t.contains("extension of Proposition 3"));
        assert_eq!(both[0], both[1], "{line}: {text}");
        both[0]
    };
    let law = "power-law:nu=1.5,kappa=0.75,modes=40";
    let noise = "--noise-amplitude 0.5";
    for line in [
        format!("audit {law} --learning-rate 0.1 {noise}"),
        format!("curve {law} --learning-rate 0.1 --at 10 {noise}"),
        format!("phase nu=1.5,kappa=0.75 --learning-rate 0.1 {noise}"),
        format!("optimize {law} --at 10 {noise}"),
        format!("optimize {law} --budget 20"),
    ] {
        assert!(warned(&format!("{line} --tau -0.5")), "{line}");
        assert!(!warned(&format!("{line} --tau 0")), "{line}");
    }
    // Without noise tau has no part in it.
    assert!(!warned(&format!(
        "audit {law} --learning-rate 0.1 --noise-amplitude 0 --tau -0.5"
    )));
}
