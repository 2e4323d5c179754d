//! Power laws: what the loss does as t grows.
//!
//! | what | where | source |
//! |---|---|---|
//! | exponents and scales of the tails | [`TailLaw`] | (25) |
//! | the phase of the exponents | [`Phase`] | Figure 3 left |
//! | loss exponents and constants | [`LossAsymptotics`] | Theorem 2, (26), (28a), (28b) |

mod error;
mod phase;
mod tail_law;
pub mod theorem_2;

pub use error::AsymptoticsError;
pub use phase::Phase;
pub use tail_law::TailLaw;
pub use theorem_2::LossAsymptotics;
