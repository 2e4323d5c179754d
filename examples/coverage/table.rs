//! `docs/coverage.md` from the rows and from a run of every check.

use super::rows::{Absent, Coverage, Row};
use tauber::verify::{Check, Outcome};

const HEAD: &str = "\
# Coverage

Every numbered equation of the paper (arXiv:2206.11124): which function of this crate is it, which test
checks it and how, what the worst deviation was in the run that made this page, and which mutation of
its formula the test must notice. The file is generated; the tests fail when it is out of date.

    cargo run --example coverage -- table            # makes this page
    cargo run --example coverage -- mutate           # applies every mutation on a copy

Deviations with a name in brackets come from `tauber verify --full`, and their last digits may differ
between machines. The other rows are checked by their test alone: \"0, exact\" is equality of rational
numbers, \"asserted\" is the tolerance of the test, which is not a measurement.

";

/// The page. `checks` are those of a full verification.
pub fn page(coverage: &Coverage, checks: &[Check]) -> Result<String, String> {
    let mut page = HEAD.to_owned();
    page.push_str("| equations | claim | function | test | how | worst deviation | mutation that the test kills |\n");
    page.push_str("|---|---|---|---|---|---|---|\n");
    for row in &coverage.rows {
        page.push_str(&line(row, checks)?);
    }
    page.push_str("\n## Without a function of their own\n\n| equations | why |\n|---|---|\n");
    for Absent { equations, reason } in &coverage.absent {
        page.push_str(&format!("| {equations} | {} |\n", cell(reason)));
    }
    Ok(page)
}

fn line(row: &Row, checks: &[Check]) -> Result<String, String> {
    let deviation = match (&row.check, &row.deviation) {
        (None, Some(asserted)) => cell(asserted),
        (None, None) => "0, exact".to_owned(),
        (Some(name), _) => {
            let check = checks
                .iter()
                .find(|check| check.name == name)
                .ok_or_else(|| format!("{}: verify --full has no check `{name}`", row.equations))?;
            if check.outcome == Outcome::Failed {
                return Err(format!("{}: the check `{name}` failed", row.equations));
            }
            format!("{} (`{name}`)", cell(&check.deviation))
        }
    };
    let test = if row.filter.is_empty() {
        format!("`{}`", row.test)
    } else {
        format!("`{}` `{}`", row.test, row.filter)
    };
    Ok(format!(
        "| {} | {} | `{}` | {test} | {} | {deviation} | `{}` becomes `{}` |\n",
        row.equations,
        cell(&row.claim),
        row.function,
        cell(&row.checked),
        code(&row.mutation.find),
        code(&row.mutation.replace),
    ))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn code(text: &str) -> String {
    cell(text.trim()).replace('`', "'")
}

/// The page without its deviations, which is what must not drift.
pub fn without_deviations(page: &str) -> String {
    page.lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(" | ").collect();
            if cells.len() == 7 {
                cells[5] = "";
            }
            cells.join(" | ") + "\n"
        })
        .collect()
}
