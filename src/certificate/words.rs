//! What the checker says, as one line: the checker crate itself has no room for prose.

use tauber_checker::{Rejection, StatementError};

/// `step (rule): reason`.
pub fn rejection_words(rejection: &Rejection) -> String {
    format!(
        "{} ({}): {}",
        rejection.step, rejection.rule, rejection.reason
    )
}

/// `line 1, column 2: message`.
pub fn statement_error_words(error: &StatementError) -> String {
    format!(
        "line {}, column {}: {}",
        error.line, error.column, error.message
    )
}
