//! Generating functions of the loss: U, V and L at a point, and their series.
//!
//! ```text
//! L(z) = sum_t L_t z^t = V(z) / (2 (1 - z U(z)))                                       (16)
//! U(z) = gamma sum_k m_k a_k^2 (1 + b z)/S(a_k, b, g, z)                               (18)
//! V(z) = sum_k lambda_k C_kk,0 [(1 - b z)(1 - b^2 z) + 2 a_k b z]/S(a_k, b, g, z)      (20)
//! ```
//!
//! with `a_k = alpha lambda_k`, `b = beta`, `g = gamma tau`. The formulas of one eigenvalue live in
//! [`crate::closed_form::per_mode`]; here they are summed over the modes.
//!
//! | file | what |
//! |---|---|
//! | `point` | parameters, modes and the point z with 1 - z beside it, over any [`crate::number::Field`] |
//! | `values` | U, V, L and their derivatives at a point, U(1), V(1) |
//! | `sums` | the same in `f64`, with the vector unit chosen at run time |
//! | `series` | U_t, V_t, L_t with constant parameters: 3x3 recursion and convolution (15) |
//! | `schedule` | the same with a learning rate, momentum and noise of each step, (12)-(15) |
//! | `recurrence` | the second way to U_t and V_t: the linear recurrence whose coefficients S holds |
//! | `root` | real zeros of S and of 1 - z U on (0, 1) |
//! | `contour` | L_t at any step by inversion on a hyperbola |
//! | `characteristic` | gamma = 0: the two roots of an eigenvalue, (248)-(251) |
//! | `rigorous` | enclosures of all of these in balls of any precision |
//! | `noiseless` | gamma = 0: the loss at any step, however large |
//!
//! The loss of the null space ([`crate::spectrum::Spectrum::null_space_loss`]) is constant in t and
//! is in none of these: add it to `L_t` where the total loss is meant.

pub mod characteristic;
pub mod contour;
pub mod noiseless;
pub mod point;
pub mod recurrence;
pub mod rigorous;
pub mod root;
pub mod schedule;
pub mod series;
pub mod sums;
pub mod values;

pub use point::{ModeError, Modes, OwnedModes, Parameters, Point};
pub use schedule::{Schedule, ScheduleError};
pub use series::{loss_series, noise_series, signal_series};
pub use values::{
    Values, loss_derivative, loss_function, noise_function, noise_function_at_one, signal_function,
    signal_function_at_one, values,
};
