//! The checker of tauber's certificates: the only code a proof rests on. `proofs/FORMAT.md` is its specification.
//! It expands both sides of every identity exactly and accepts, or says which step failed. No search, no tolerance.
mod check;
mod parser;
mod polynomial;
mod statement;

pub use check::{Accepted, Rejection, check};
pub use polynomial::Polynomial;
pub use statement::{Relation, Statement, StatementError, canonical, parse_statement_toml};
