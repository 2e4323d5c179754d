//! The printed code compiles, runs and has the right values: Rust, C and Python, every quantity.
//!
//! Each program prints every function at several points; the reference is the exact rational
//! value of the derived formula there. Python is optional on the machine (the test says so).

use std::path::Path;
use std::process::Command;
use tauber::closed_form::{ClosedForms, Format, Formula, Quantity, emit};
use tauber::moment::UpdateRule;
use tauber::number::{Rational, parse_rational, rational_to_f64};

const ORDER: [&str; 6] = ["a", "b", "g", "z", "e", "x"];

fn formulas() -> Vec<Formula> {
    let forms = ClosedForms::derive(&UpdateRule::heavy_ball()).unwrap();
    Quantity::ALL
        .iter()
        .map(|q| q.of(&forms).unwrap())
        .collect()
}

/// Points as exact decimals, e = 1 - z.
fn points() -> Vec<[Rational; 6]> {
    [
        ["0.75", "-0.5", "0.25", "0.875", "0.125", "1.5"],
        ["1.25", "0.5", "1", "0.5", "0.5", "-2"],
    ]
    .map(|point| point.map(|t| parse_rational(t).unwrap()))
    .to_vec()
}

/// Function name, its arguments, exact value, for every function and point.
fn expected() -> Vec<(String, Vec<String>, f64)> {
    let mut all = Vec::new();
    for formula in formulas() {
        let used: Vec<String> = formula
            .entries
            .iter()
            .flat_map(|(_, e)| e.symbols())
            .collect();
        let arguments: Vec<&str> = ORDER
            .into_iter()
            .filter(|n| used.iter().any(|u| u == n))
            .collect();
        for (label, e) in &formula.entries {
            let base = formula.name.replace('-', "_");
            let name = if label.is_empty() {
                base
            } else {
                format!("{base}_{label}")
            };
            for point in points() {
                let place = |n: &str| ORDER.iter().position(|o| *o == n).unwrap();
                let value = e
                    .expand()
                    .unwrap()
                    .evaluate(|n| Some(point[place(n)].clone()))
                    .unwrap();
                let arguments = arguments
                    .iter()
                    .map(|n| format!("{:?}", rational_to_f64(&point[place(n)])))
                    .collect();
                all.push((name.clone(), arguments, rational_to_f64(&value)));
            }
        }
    }
    all
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn compare(printed: &str) {
    let values: Vec<f64> = printed
        .lines()
        .map(|line| line.trim().parse().unwrap())
        .collect();
    let expected = expected();
    assert_eq!(values.len(), expected.len());
    assert!(
        expected.len() >= 2 * 24,
        "every quantity and entry is printed"
    );
    for (value, (name, _, exact)) in values.iter().zip(&expected) {
        let scale = exact.abs().max(1.0);
        assert!(
            (value - exact).abs() <= 1e-14 * scale,
            "{name}: printed {value}, exact {exact}"
        );
    }
}

fn code(format: Format) -> String {
    emit("heavy-ball", &formulas(), format)
}

fn calls(template: impl Fn(&str) -> String) -> String {
    expected()
        .iter()
        .map(|(name, args, _)| template(&format!("{name}({})", args.join(", "))))
        .collect()
}

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn printed_rust_compiles_without_warnings_and_has_the_exact_values() {
    let folder = tempfile::tempdir().unwrap();
    let main = calls(|call| format!("    println!(\"{{:e}}\", {call});\n"));
    let source = write(
        folder.path(),
        "all.rs",
        &format!("{}\nfn main() {{\n{main}}}\n", code(Format::Rust)),
    );
    let program = folder.path().join("all");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    run(Command::new(rustc)
        .args(["--edition", "2024", "-D", "warnings", "-o"])
        .arg(&program)
        .arg(source));
    compare(&run(&mut Command::new(program)));
}

#[test]
fn printed_c_compiles_without_warnings_and_has_the_exact_values() {
    let folder = tempfile::tempdir().unwrap();
    let main = calls(|call| format!("    printf(\"%.17e\\n\", {call});\n"));
    let text = format!(
        "#include <stdio.h>\n{}\nint main(void) {{\n{main}    return 0;\n}}\n",
        code(Format::C)
    );
    let source = write(folder.path(), "all.c", &text);
    let program = folder.path().join("all");
    run(Command::new("cc")
        .args(["-std=c99", "-Wall", "-Werror", "-o"])
        .arg(&program)
        .arg(source));
    compare(&run(&mut Command::new(program)));
}

#[test]
fn printed_python_runs_and_has_the_exact_values() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no python3 on this machine");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let main = calls(|call| format!("print({call})\n"));
    let source = write(
        folder.path(),
        "all.py",
        &format!("{}\n{main}", code(Format::Python)),
    );
    compare(&run(Command::new("python3").arg(source)));
}

#[test]
fn a_changed_sign_in_printed_code_would_be_noticed() {
    let text = code(Format::C).replacen("return 2.0*a*b*z", "return -2.0*a*b*z", 1);
    assert!(text != code(Format::C), "nothing was changed");
    let folder = tempfile::tempdir().unwrap();
    let main = calls(|call| format!("    printf(\"%.17e\\n\", {call});\n"));
    let text = format!("#include <stdio.h>\n{text}\nint main(void) {{\n{main}    return 0;\n}}\n");
    let source = write(folder.path(), "bad.c", &text);
    let program = folder.path().join("bad");
    run(Command::new("cc").arg("-o").arg(&program).arg(source));
    let printed = run(&mut Command::new(program));
    assert!(std::panic::catch_unwind(|| compare(&printed)).is_err());
}

#[test]
fn json_text_parses_back_to_the_derived_polynomials() {
    let document: serde_json::Value = serde_json::from_str(&code(Format::Json)).unwrap();
    let entries = document["formulas"].as_array().unwrap();
    assert_eq!(entries.len(), Quantity::ALL.len());
    for (formula, printed) in formulas().iter().zip(entries) {
        for ((_, e), printed) in formula
            .entries
            .iter()
            .zip(printed["entries"].as_array().unwrap())
        {
            let text = printed["text"].as_str().unwrap();
            let parsed = tauber::polynomial::RationalFunction::parse(text).unwrap();
            assert_eq!(Some(parsed), e.expand(), "{text}");
        }
    }
}

#[test]
fn every_format_prints_every_quantity() {
    for format in Format::ALL {
        let text = code(format);
        assert!(
            text.ends_with('\n') && text.len() > 2000,
            "{}",
            format.name()
        );
    }
}
