//! The prover: search only. What it finds is judged by the checker crate.

pub mod boxes;
pub mod clock;
pub mod disjunction;
pub mod exact;
pub mod facts;
pub mod floats;
pub mod nonnegative;
pub mod orthant;
pub mod products;
pub mod prove;
pub mod prune;
pub mod refute;
pub mod sample;
pub mod scope;
pub mod search;
pub mod shorten;
pub mod slopes;
pub mod sparse;
pub mod splits;
pub use prove::{Options, Outcome, prove};
