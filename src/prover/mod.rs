//! The prover: from a statement to a certificate, a counterexample, or the reason why neither was found.
//!
//! It only searches. Floats guide it; every identity is solved exactly over Q, and what is called
//! proved was accepted by the checker crate, which shares no code with this module.
//!
//! | strategy, cheapest first | file |
//! |---|---|
//! | rational substitution to the orthant | [`orthant`] |
//! | products of hypotheses (Krivine, Handelman), squares among them | [`products`], [`nonnegative`], [`exact`] |
//! | sums of squares with rational Gram matrices | [`gram`], [`gram_solver`], [`gram_rounding`] |
//! | a hypothesis as multiplier; contradiction (Positivstellensatz) | [`search`] |
//! | one variable: slopes, chords, squares completed, factors | [`slopes`], [`reduction`] |
//! | one variable eliminated by a hypothesis whose slope in it is not a constant | [`tilted`] |
//! | cases | [`splits`], [`disjunction`], [`mod@cases`] |
//! | halves of halves of a box, where the claim has a margin | [`subdivide`], [`sides`], [`bernstein`] |
//! | domains without points | [`empty`] |
//! | intermediate facts: short consequences, parts of the statement, quantities of the theory | [`facts`], [`candidates`], [`pieces`], [`theory`] |
//! | products of two goals | [`factors`] |
//! | one claim: hypotheses that matter, common factors, facts when needed | [`task`] |
//! | counterexamples | [`mod@refute`], [`sample`] |
//! | where it got stuck | [`boxes`] |
//! | fewer terms | [`mod@shorten`], [`sparse`], [`prune`] |
//!
//! ```
//! use tauber::certificate::Statement;
//! use tauber::prover::{Options, prove};
//!
//! let statement = Statement::from_toml(
//!     "title = 'A product'\nvariables = ['x', 'y']\ngiven = ['x >= 1', 'y >= x']\nclaim = 'x*y >= 1'",
//! )?;
//! let outcome = prove(&statement, &Options::default());
//! assert_eq!(outcome.verdict.word(), "proved");
//! # Ok::<(), tauber::certificate::StatementError>(())
//! ```

pub mod bernstein;
pub mod boxes;
pub mod candidates;
pub mod cases;
pub mod clock;
pub mod disjunction;
pub mod empty;
pub mod exact;
pub mod factors;
pub mod facts;
pub mod floats;
pub mod gram;
mod gram_blocks;
pub mod gram_rounding;
pub mod gram_solver;
pub mod nonnegative;
mod options;
pub mod orthant;
pub mod pieces;
pub mod products;
pub mod prove;
pub mod prune;
pub mod reduction;
pub mod refute;
pub mod renumber;
pub mod sample;
pub mod scope;
pub mod search;
pub mod shorten;
pub mod sides;
pub mod slopes;
pub mod sparse;
pub mod splits;
pub mod subdivide;
pub mod task;
pub mod theory;
pub mod tilted;

pub use clock::{Attempt, Clock};
pub use options::Options;
pub use prove::{Outcome, prove};
pub use refute::refute;
pub use shorten::shorten;
