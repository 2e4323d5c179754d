//! placeholder
use super::clock::Clock;
use super::prove::Options;
use crate::certificate::Certificate;
/// placeholder
pub fn shorten(c: &Certificate, _o: &Options, _k: &mut Clock) -> Certificate { c.clone() }
