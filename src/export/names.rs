//! Variable names that a target language can take.
//!
//! A name that the target reserves, or cannot spell, is replaced; the replacement differs from every
//! other name in the file, and each exported file lists its replacements in a comment.

use super::Format;
use std::collections::{BTreeMap, BTreeSet};

/// Words that SMT-LIB 2.6, the theory of reals, or a solver's own extensions claim.
const SMT_LIB: &str = "_ BINARY DECIMAL HEXADECIMAL NUMERAL STRING as exists forall let match par assert pop push exit \
 reset echo declare define set get check Bool Int Real Array String RegLan Float16 Float32 Float64 Float128 \
 RoundingMode Set Seq List Tuple Bag Relation UnitTuple true false not and or xor distinct ite implies iff if abs \
 div mod divisible to_real to_int is_int pi euler e exp sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh \
 sec csc cot arcsin arccos arctan arcsec arccsc arccot sqrt log ln root select store const map concat extract repeat \
 rotate_left rotate_right zero_extend sign_extend fp RNE RNA RTP RTN RTZ Unit tuple seq bag rel sep emp nil insert \
 member subset union intersection complement iand pow2 int2bv bv2nat lambda choice witness at_most at_least pble \
 pbeq pbge minus plus pow";

/// Keywords of Rocq's term language and the global names that an exported proof mentions.
const ROCQ: &str = "_ R O S I Prop Set Type SProp Axiom CoFixpoint Definition Fixpoint Hypothesis Parameter Theorem \
 Variable as at cofix do else end exists exists2 fix for forall fun if in let match mod return then using where with \
 by is of lambda nat ltac constr lra ring field pow pow_lt pow_le pow2_ge_0 statement statement_holds \
 domain_is_empty identity positive_of_gt positive_of_lt nonnegative_of_ge nonnegative_of_le gt_of_positive \
 lt_of_positive ge_of_nonnegative le_of_nonnegative strict_identity weak_identity strict_quotient weak_quotient \
 sum_is_not_zero split_strict split_weak Rmult_lt_0_compat Rmult_le_pos Rplus_lt_0_compat Rplus_lt_le_0_compat \
 Rplus_le_lt_0_compat Rplus_le_le_0_compat Rlt_le Rle_refl Rge_le Rle_ge conj";

/// Words of REDUCE (operators, constants, statements) and of Redlog that are spelled in lower case.
const REDLOG: &str = "e i t pi nil infinity golden euler catalan khinchin all ex and or not impl repl equiv bex ball \
 true false list mat begin end if then else for foreach do while repeat until sum product collect join append step \
 to in on out off let clear match forall where such that df int sub solve sqrt exp log ln sin cos tan cot sec csc \
 asin acos atan sinh cosh tanh abs sign max min mod eq neq geq leq greaterp lessp equal member memq cons first \
 second third rest reverse length part map select array matrix vector operator procedure return scalar integer real \
 write input output load bye quit go goto when default symbolic algebraic lisp rlisp num den deg coeff factor \
 remainder resultant gcd lcm mkid nprimitive root one ws set unset depend nodepend order korder weight difference \
 quotient plus times minus expt recip fix round floor ceiling factorial random limit taylor trace det rank tp conj \
 re im repart formula impart arg self lambda prog cond quote comment share";

/// The names of one exported file: from the statement's spelling to the target's.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Every variable.
    pub(super) map: BTreeMap<String, String>,
    /// The variables whose spelling changed, in the statement's order.
    pub(super) renamed: Vec<(String, String)>,
}

impl Names {
    pub(super) fn new(variables: &[String], format: Format) -> Self {
        let mut taken: BTreeSet<String> = variables.iter().cloned().collect();
        let mut names = Self {
            map: BTreeMap::new(),
            renamed: Vec::new(),
        };
        for name in variables {
            let printed = if allowed(name, format) {
                name.clone()
            } else {
                let fresh = fresh(name, format, &taken);
                taken.insert(fresh.clone());
                names.renamed.push((name.clone(), fresh.clone()));
                fresh
            };
            names.map.insert(name.clone(), printed);
        }
        names
    }

    /// The target's spelling.
    pub(super) fn get<'a>(&'a self, name: &'a str) -> &'a str {
        self.map.get(name).map_or(name, String::as_str)
    }

    /// One sentence that lists the replacements, if there are any.
    pub(super) fn note(&self) -> Option<String> {
        let list = |(from, to): &(String, String)| format!("{from} is written {to}");
        let renamed: Vec<_> = self.renamed.iter().map(list).collect();
        (!renamed.is_empty()).then(|| format!("Renamed: {}.", renamed.join(", ")))
    }
}

/// Whether the target takes the name as it is.
fn allowed(name: &str, format: Format) -> bool {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let reserved = |words: &str| words.split_whitespace().any(|word| word == name);
    match format {
        Format::SmtLib => !reserved(SMT_LIB),
        Format::Rocq => {
            let own = ["given_", "scope_", "claim_", "term_"];
            !reserved(ROCQ) && !own.iter().any(|prefix| name.starts_with(prefix))
        }
        // QEPCAD writes quantifiers with capital letters and cannot read an underscore.
        Format::Qepcad => plain,
        // REDUCE may fold capital letters, depending on its version.
        Format::Redlog => plain && !reserved(REDLOG),
    }
}

/// A name near `name` that the target takes and that nothing else has.
fn fresh(name: &str, format: Format, taken: &BTreeSet<String>) -> String {
    let spelled: String = match format {
        Format::SmtLib | Format::Rocq => format!("v_{name}"),
        Format::Qepcad | Format::Redlog => {
            let keep = |c: &char| c.is_ascii_alphanumeric();
            format!(
                "v{}",
                name.to_ascii_lowercase()
                    .chars()
                    .filter(keep)
                    .collect::<String>()
            )
        }
    };
    let mut candidate = spelled.clone();
    let mut suffix = 1;
    while taken.contains(&candidate) || !allowed(&candidate, format) {
        suffix += 1;
        candidate = format!("{spelled}x{suffix}");
    }
    candidate
}
