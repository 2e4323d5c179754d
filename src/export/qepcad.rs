//! QEPCAD B: a closed prenex formula; the answer `TRUE` means that the claim holds.
//!
//! A product is written by juxtaposition, quantifiers by capital letters. QEPCAD eliminates the
//! last variable first; the variables stand in the order of falling degree (a tie keeps the
//! statement's order), so that those of low degree go first, which decides over its running time.

use super::expression::Inequality;
use super::problem::Problem;

pub(super) fn text(problem: &Problem) -> String {
    let mut order: Vec<usize> = (0..problem.variables.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(problem.degrees[i]));
    let spelled = problem.spelled();
    let ordered: Vec<&str> = order.iter().map(|&i| spelled[i]).collect();
    let quantifiers: String = ordered.iter().map(|name| format!("(A {name})")).collect();
    let join = |list: &[Inequality], word: &str| {
        let parts: Vec<String> = list.iter().map(|i| problem.infix(i, " ")).collect();
        format!("[ {} ]", parts.join(word))
    };
    let claim = join(&problem.goals, if problem.any { " \\/ " } else { " /\\ " });
    let formula = match problem.given.is_empty() {
        true => claim,
        false => format!("[ {} ==> {claim} ]", join(&problem.given, " /\\ ")),
    };
    format!(
        "[ {} ]\n({})\n0\n{quantifiers}\n{formula}.\nfinish\n",
        problem.head().join("; "),
        ordered.join(","),
    )
}
