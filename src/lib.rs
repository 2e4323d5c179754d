//! tauber
pub mod asymptotics;
pub mod certificate;
pub mod cli;
pub mod closed_form;
pub mod dynamics;
pub mod export;
pub mod generating;
pub mod kernel;
pub mod moment;
pub mod noise;
pub mod number;
pub mod polynomial;
pub mod prover;
pub mod spectrum;
pub mod stability;
pub mod verify;
