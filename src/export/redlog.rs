//! REDUCE with Redlog: a closed formula over the ordered field of the reals; `rlqe` answers `true`
//! if the claim holds, `false` if it fails.

use super::expression::Inequality;
use super::problem::Problem;

pub(super) fn text(problem: &Problem) -> String {
    let mut out = String::new();
    for line in problem.head() {
        out += &format!("% {line}\n");
    }
    let join = |list: &[Inequality], word: &str| {
        let parts: Vec<String> = list.iter().map(|i| problem.infix(i, "*")).collect();
        format!("({})", parts.join(word))
    };
    let claim = join(&problem.goals, if problem.any { " or " } else { " and " });
    let formula = match problem.given.is_empty() {
        true => claim,
        false => format!("{} impl {claim}", join(&problem.given, " and ")),
    };
    out += &format!(
        "load_package redlog;\nrlset reals;\nformula := all({{{}}}, {formula})$\nrlqe formula;\nbye;\n",
        problem.spelled().join(","),
    );
    out
}
