//! Closed forms of U, V and S.

pub mod per_mode;
