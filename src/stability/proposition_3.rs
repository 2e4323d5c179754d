//! Proposition 3 tied to its lemmas: the verdict together with the certificates it rests on.
//!
//! For beta in (-1, 1), 0 < alpha < 2 (1+b)/lambda_max, gamma > 0 and tau <= 1: the loss diverges
//! exponentially iff U(1) > 1. The steps of the proof, and what certifies each:
//!
//! | step | certificate |
//! |---|---|
//! | U(1) has positive denominators | `u_at_one_denominator_positive`; tau < 0: this *is* the extended edge |
//! | S > 0 for z in (0, 1): U and V have no pole there | `s_positive_on_stable_box` (0 <= g <= 1), `s_positive_for_negative_tau`, or `noiseless_factor_positive` with `u_numerator_positive` (g > 1) |
//! | z U(z) increases from 0 to U(1) | `zu_increasing` |
//! | so z U = 1 has a root in (0, 1) iff U(1) > 1, and L, whose coefficients are not negative, is analytic up to its first singularity on the positive axis (Pringsheim) | none needed |
//! | gamma = 0: each mode's operator is Schur stable | `jury_conditions_noiseless_operator` |
//!
//! The certificates are compiled in; [`Lemma::check`] has the checker crate expand them, against
//! the statement file, at any time.

use super::verdict::{Judgement, Verdict, judge};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;
use tauber_checker::{check, parse_statement_toml};

/// A lemma that a verdict rests on: a statement with its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lemma {
    /// The name of its files below `proofs/`.
    pub id: &'static str,
    statement: &'static str,
    certificate: &'static str,
}

macro_rules! lemma {
    ($id:literal) => {
        Lemma {
            id: $id,
            statement: include_str!(concat!("../../proofs/statements/", $id, ".toml")),
            certificate: include_str!(concat!("../../proofs/certificates/", $id, ".json")),
        }
    };
}

const S_POSITIVE: Lemma = lemma!("s_positive_on_stable_box");
const S_POSITIVE_NEGATIVE_TAU: Lemma = lemma!("s_positive_for_negative_tau");
const NOISELESS_FACTOR: Lemma = lemma!("noiseless_factor_positive");
const U_NUMERATOR: Lemma = lemma!("u_numerator_positive");
const U_DENOMINATOR: Lemma = lemma!("u_at_one_denominator_positive");
const ZU_INCREASING: Lemma = lemma!("zu_increasing");
const JURY: Lemma = lemma!("jury_conditions_noiseless_operator");

impl Lemma {
    /// The statement file (TOML).
    pub const fn statement(&self) -> &'static str {
        self.statement
    }

    /// SHA-256 of the statement's canonical bytes, as the certificate carries it.
    ///
    /// # Errors
    /// A statement file that does not parse.
    pub fn statement_sha256(&self) -> Result<String, String> {
        Ok(parse_statement_toml(self.statement)?.sha256())
    }

    /// Expands the certificate against the statement file by the checker crate; returns how many terms its
    /// identities have.
    ///
    /// # Errors
    /// What the checker rejected, and where.
    pub fn check(&self) -> Result<usize, String> {
        let statement = parse_statement_toml(self.statement)?;
        check(self.certificate.as_bytes(), Some(&statement)).map(|accepted| accepted.terms)
    }
}

/// A verdict and its ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposition3 {
    /// The verdict with its reason and U(1).
    pub judgement: Judgement,
    /// The polynomial lemmas behind it, each with a certificate; empty where none is used.
    pub rests_on: Vec<Lemma>,
    /// How the verdict follows from them, in a sentence.
    pub argument: &'static str,
}

/// Proposition 3 for one run: the verdict of [`judge`], the lemmas it rests on, and how.
///
/// For tau < 0 it is the extension to `alpha lambda_max [(1-b) + gamma |tau| (1+b)] < 2 (1-b^2)`: there
/// "stable" follows in the same way, "unstable" beyond that edge is tested, not proved.
///
/// # What this does not mean
/// As [`judge`]. The lemmas are inequalities about one mode; the sums and the comparison with 1 are
/// done in floats, and in intervals where rounding could decide.
pub fn proposition_3(spectrum: &Spectrum, parameters: &Hyperparameters) -> Proposition3 {
    let judgement = judge(spectrum, parameters);
    let g = parameters.noise_tau();
    let positive: &[Lemma] = if g < 0.0 {
        &[S_POSITIVE_NEGATIVE_TAU]
    } else if g <= 1.0 {
        &[U_DENOMINATOR, S_POSITIVE]
    } else {
        &[U_DENOMINATOR, NOISELESS_FACTOR, U_NUMERATOR]
    };
    let inside = judgement.noise_function_at_1.is_some();
    let (rests_on, argument) = match judgement.verdict {
        Verdict::Unknown => (
            Vec::new(),
            "nothing is claimed: a comparison is within rounding",
        ),
        Verdict::ImmediateDivergence => (
            Vec::new(),
            "L_1 contains gamma alpha^2 Tr H^2 L_0, which is infinite",
        ),
        Verdict::Stable if parameters.noise_amplitude() == 0.0 => (
            vec![JURY],
            "each mode's second-moment operator is Schur stable, and without noise the modes are independent",
        ),
        Verdict::Unstable if !inside => (
            Vec::new(),
            "beyond the edge of the largest eigenvalue its own mode grows, and noise only adds",
        ),
        Verdict::Stable => (
            [positive, &[ZU_INCREASING]].concat(),
            "S > 0 and z U(z) increases on (0, 1) to U(1) < 1: z U(z) = 1 has no root there, so r_L = 1",
        ),
        Verdict::Unstable | Verdict::EventualDivergence => (
            [positive, &[ZU_INCREASING]].concat(),
            "S > 0 and z U(z) increases on (0, 1) beyond 1: z U(z) = 1 has one root there, r_L < 1",
        ),
    };
    Proposition3 {
        judgement,
        rests_on,
        argument,
    }
}
