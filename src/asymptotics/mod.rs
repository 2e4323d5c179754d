//! Power laws: what the loss does as t grows.
//!
//! | what | where | source |
//! |---|---|---|
//! | exponents and scales of the tails | [`TailLaw`] | (25) |
//! | the phase of the exponents | [`Phase`] | Figure 3 left |
//! | what a fit's uncertainty leaves open | [`FitConsequences`], [`FittedEdge`] | (25) |
//! | sums over power laws, U and V near z = 1 | [`lemma_2`] | Lemma 2, (132), (133), (150)-(160) |
//! | loss exponents and constants | [`LossAsymptotics`] | Theorem 2, (26), (28a), (28b) |
//! | exact late losses and sums to compare with | [`late`] | left side of (26) |
//! | until when noise hides behind the signal | [`transition_time`] | (29) |
//! | small learning rates where Tr H is infinite | [`EventualDivergence`], [`DivergenceCrossing`] | Proposition 11, (171)-(200) |
//! | all that applies to one run | [`Outlook`] | |
//! | Lambert's W, Mittag-Leffler's E | [`special`] | |

mod error;
pub mod eventual;
mod fitted;
pub mod late;
pub mod lemma_2;
mod outlook;
mod phase;
pub mod special;
mod tail_law;
pub mod theorem_2;
pub mod transition;

pub use error::AsymptoticsError;
pub(crate) use error::positive;
pub use eventual::{DivergenceCrossing, EventualDivergence};
pub use fitted::{FitConsequences, FittedEdge};
pub use outlook::Outlook;
pub use phase::Phase;
pub use tail_law::TailLaw;
pub use theorem_2::LossAsymptotics;
pub use transition::{
    signal_function_at_small_rate, transition_time, transition_time_at_small_learning_rate,
};
