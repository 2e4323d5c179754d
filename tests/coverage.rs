//! `docs/coverage.md` and the rows it is made of: every numbered equation of the paper has a function, a
//! test and a mutation, or a reason. The mutations themselves are applied by
//! `cargo run --example coverage -- mutate`.

#[path = "../examples/coverage/rows.rs"]
#[expect(dead_code, reason = "the example uses the rest")]
mod rows;

use rows::{Coverage, numbers};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_equation_has_a_function_a_test_and_a_mutation_or_a_reason() {
    let coverage = Coverage::read(root()).unwrap();
    assert_eq!(coverage.problems(root()), Vec::<String>::new());
}

#[test]
fn a_row_that_points_nowhere_is_noticed() {
    let mut coverage = Coverage::read(root()).unwrap();
    let removed = 16;
    for row in coverage
        .rows
        .iter_mut()
        .filter(|row| numbers(&row.equations).contains(&removed))
    {
        row.mutation.find = "no such text in any file".to_owned();
        row.test = "no_such_test".to_owned();
        row.function = "generating::no_such_function".to_owned();
        row.equations = "(900)".to_owned();
    }
    let problems = coverage.problems(root()).join("\n");
    for expected in [
        "no_such_test.rs",
        "0 places",
        "no_such_function",
        "no row and no reason",
    ] {
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
    assert!(problems.contains(&format!("({removed})")));
}

#[test]
fn a_row_without_a_deviation_is_noticed() {
    let complaints = |check: Option<&str>, deviation: Option<&str>, checked: &str| {
        let mut coverage = Coverage::read(root()).unwrap();
        coverage.rows.truncate(1);
        let row = &mut coverage.rows[0];
        row.check = check.map(str::to_owned);
        row.deviation = deviation.map(str::to_owned);
        row.checked = checked.to_owned();
        let start = format!("{}: ", row.equations);
        let mut problems = coverage.problems(root());
        problems.retain(|problem| problem.starts_with(&start));
        problems.join("\n")
    };
    let seen = "ratio to the exact loss at t = 1e13";
    for (check, deviation, expected) in [
        (None, None, "neither a check, nor a deviation"),
        (None, Some("< 1e-4"), "does not say that it is asserted"),
        (
            Some("proposition-1"),
            Some("< 1e-4 asserted"),
            "both a check and a deviation",
        ),
    ] {
        let found = complaints(check, deviation, seen);
        assert!(found.contains(expected), "{expected}: {found}");
    }
    for (check, deviation, checked) in [
        (Some("proposition-1"), None, seen),
        (None, Some("< 1e-4 asserted"), seen),
        (None, None, "all batches, exact rationals"),
        (None, None, "3,125 models in corners over Q"),
    ] {
        assert_eq!(complaints(check, deviation, checked), "");
    }
}

#[test]
fn the_page_names_every_row_and_every_reason() {
    let page = std::fs::read_to_string(root().join("docs/coverage.md")).unwrap();
    let coverage = Coverage::read(root()).unwrap();
    for row in &coverage.rows {
        let start = format!("| {} | ", row.equations);
        let line = page
            .lines()
            .find(|line| line.starts_with(&start) && line.contains(&row.test));
        let line = line.unwrap_or_else(|| panic!("{} is not on the page", row.equations));
        assert!(line.contains(&row.function), "{}", row.equations);
        let cells: Vec<&str> = line.split(" | ").collect();
        let expected = match (&row.check, &row.deviation) {
            (Some(name), _) => format!("(`{name}`)"),
            (None, Some(asserted)) => asserted.clone(),
            (None, None) => "0, exact".to_owned(),
        };
        assert!(
            cells.iter().any(|cell| cell.ends_with(&expected)),
            "{}: no {expected}",
            row.equations
        );
    }
    for absent in &coverage.absent {
        assert!(page.contains(&format!("| {} | ", absent.equations)));
    }
    let lines = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains(" becomes "))
        .count();
    assert_eq!(lines, coverage.rows.len());
}

#[test]
fn ranges_and_letters_are_read_as_numbers() {
    let all: Vec<u32> = numbers("(28a), (111)-(114), Proposition 3, (24) = (5)")
        .into_iter()
        .collect();
    assert_eq!(all, [5, 24, 28, 111, 112, 113, 114]);
}
