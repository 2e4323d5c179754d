//! Statements and certificates, as the prover and the exporters see them.
//!
//! A [`Statement`] is a claim about polynomial inequalities over Q; a [`Certificate`] is a tree of four
//! rules (`identity`, `absurd`, `split`, `fact`) whose leaves are checked by expanding
//! polynomials. The format is fixed in `proofs/FORMAT.md`; the judge is the crate
//! `tauber_checker`, which shares no code with this module: its polynomials and its parser are
//! its own. Here certificates are only built, written, read and explained.

mod explain;
mod inequality;
mod outline;
mod read;
mod statement;
mod tree;
mod verdict;
mod write;

pub use explain::{explain_latex, explain_text};
pub use inequality::Inequality;
pub use outline::{Assumption, Outline, Reference, SignedTerm, Step, outline};
pub use read::ReadError;
pub use statement::{Statement, StatementError};
pub use tree::{Certificate, Node, Term};
pub use verdict::{Verdict, Why, Witness};
