//! Closed forms of U, V and S: derived from an update rule, printed in many languages, and, once
//! and generic, the cancellation-free forms that all numerics call.
//!
//! | file | what |
//! |---|---|
//! | `derivation` | the first row of the resolvent `(1 - z A)^-1` by exact linear algebra, accepted only by the identity check |
//! | `symbolica_engine` | Symbolica as a second engine (feature `symbolica`) |
//! | `quantity` | the named quantities that follow from it |
//! | `expression`, `syntax`, `emit` | their text, LaTeX, SymPy, Mathematica, Rust, C, Python, Julia, JSON |
//! | [`per_mode`] | what the numerics call, tested against the derivation |
//! | [`from_edge`] | the same in the distance from the noiseless edge, for sums in `f64` |

mod derivation;
mod emit;
mod expression;
pub mod from_edge;
pub mod per_mode;
mod quantity;
#[cfg(feature = "symbolica")]
mod symbolica_engine;
mod syntax;

pub use derivation::{ClosedForms, DerivationError, Engine};
pub use emit::{Format, emit};
pub use expression::Expression;
pub use quantity::{Formula, Quantity, QuantityError};
#[cfg(feature = "symbolica")]
pub use symbolica_engine::SymbolicaEngine;
