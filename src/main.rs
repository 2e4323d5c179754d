//! tauber
fn main() {}
