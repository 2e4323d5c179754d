//! The checker (to be written).
