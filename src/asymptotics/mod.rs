//! Power laws: what the loss does as t grows.

mod phase;

pub use phase::Phase;
