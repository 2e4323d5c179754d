//! Exports say what the statement says: exact texts, an evaluator of its own for SMT-LIB, renaming, rejection.
//!
//! The expected texts were read by eye and given to the engines once: Z3 5.4.1 and Yices 2.6.5 answer `unsat`, QEPCAD
//! 1.74 `TRUE`, `coqc` 8.16.1 compiles the texts. REDUCE was not at hand: the Redlog text was only read
//! (`redlog_syntax.rs` reads the syntax of all of them).

use tauber::certificate::{Certificate, Node, Statement};
use tauber::export::{ExportError, Format, certificate_to_rocq, renamed, statement};
use tauber::number::Rational;

fn read(variables: &[&str], given: &[&str], key: &str, goals: &[&str]) -> Statement {
    let text = format!(
        "title = \"A small statement\"\npaper = \"new\"\nvariables = {variables:?}\ngiven = {given:?}\n{key} = {goals:?}\n"
    );
    Statement::from_toml(&text).unwrap_or_else(|e| panic!("{text}{e}"))
}

fn small() -> Statement {
    let given = ["x >= 1", "0.25*y^2 < (1 - x)*y", "y < -1/3"];
    read(
        &["x", "y"],
        &given,
        "claim",
        &["x^2 >= 1", "-(x - y)^2 < 2"],
    )
}

fn stored(name: &str) -> Certificate {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/proofs/checker/tests/certificates"
    );
    let bytes = std::fs::read(format!("{folder}/{name}.json")).expect("a stored certificate");
    Certificate::from_json(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Computed by Python's json and hashlib from the five texts.
const HASH: &str = "14f73face229267f7be414f3778bfa433f2214e67bfb7ccdfc28fbce7929ecae";

#[test]
fn smt_lib_asserts_the_hypotheses_and_the_negated_claim() {
    let expected = format!(
        "\
; A small statement
; Paper: new
; Statement sha256: {HASH}
; unsat: the statement holds. sat: it fails, at the model.
(set-logic QF_NRA)
(declare-const x Real)
(declare-const y Real)
(assert (>= x 1))
(assert (< (* (/ 1 4) y y) (* (+ 1 (- x)) y)))
(assert (< y (- (/ 1 3))))
(assert (not (and (>= (* x x) 1) (< (- (* (+ x (- y)) (+ x (- y)))) 2))))
(check-sat)
"
    );
    assert_eq!(statement(&small(), Format::SmtLib).unwrap(), expected);
}

#[test]
fn qepcad_quantifies_over_all_variables() {
    let expected = format!(
        "\
[ A small statement; Paper: new; Statement sha256: {HASH} ]
(x,y)
0
(A x)(A y)
[ [ x >= 1 /\\ 1/4 y^2 < (1 - x) y /\\ y < -1/3 ] ==> [ x^2 >= 1 /\\ -(x - y)^2 < 2 ] ].
finish
"
    );
    assert_eq!(statement(&small(), Format::Qepcad).unwrap(), expected);
}

#[test]
fn qepcad_eliminates_the_variable_of_lowest_degree_first() {
    let s = read(
        &["g", "z", "a"],
        &["g > 0"],
        "claim",
        &["g*z^3 + a^2 + 1 > 0"],
    );
    let text = statement(&s, Format::Qepcad).unwrap();
    assert!(text.contains("\n(z,a,g)\n0\n(A z)(A a)(A g)\n"), "{text}");
}

#[test]
fn redlog_asks_for_a_closed_formula() {
    let expected = format!(
        "\
% A small statement
% Paper: new
% Statement sha256: {HASH}
load_package redlog;
rlset reals;
formula := all({{x,y}}, (x >= 1 and 1/4*y^2 < (1 - x)*y and y < -1/3) impl (x^2 >= 1 and -(x - y)^2 < 2))$
rlqe formula;
bye;
"
    );
    assert_eq!(statement(&small(), Format::Redlog).unwrap(), expected);
}

#[test]
fn rocq_defines_the_statement_over_the_reals() {
    let expected = format!(
        "\
(* A small statement *)
(* Paper: new *)
(* Statement sha256: {HASH} *)
Require Import Reals Lra.
Local Open Scope R_scope.

Definition statement : Prop :=
  forall x y : R,
  x >= 1 ->
  1/4*y^2 < (1 - x)*y ->
  y < -1/3 ->
  x^2 >= 1 /\\
  -(x - y)^2 < 2.
"
    );
    assert_eq!(statement(&small(), Format::Rocq).unwrap(), expected);
}

#[test]
fn a_disjunction_stays_one() {
    let s = read(&["x"], &[], "any", &["x >= 0", "x < 1"]);
    let text = |format| statement(&s, format).unwrap();
    assert!(text(Format::SmtLib).contains("(assert (not (or (>= x 0) (< x 1))))"));
    assert!(text(Format::Qepcad).contains("(A x)\n[ x >= 0 \\/ x < 1 ].\n"));
    assert!(text(Format::Redlog).contains("all({x}, (x >= 0 or x < 1))$"));
    assert!(text(Format::Rocq).contains("forall x : R,\n  x >= 0 \\/\n  x < 1.\n"));
}

/// What follows the auxiliary lemmas of a proof.
fn proof_of(certificate: &Certificate) -> String {
    let text = certificate_to_rocq(certificate).unwrap();
    let at = text.find("Definition statement").expect("the statement");
    text[at..].to_owned()
}

#[test]
fn rocq_proof_of_a_fact_and_its_use() {
    let expected = "\
Definition statement : Prop :=
  forall x y : R,
  x >= 1 ->
  y >= x ->
  x*y >= 1.

Theorem statement_holds : statement.
Proof.
  unfold statement. intros x y given_0 given_1.
  assert (scope_0 : 0 <= x - 1) by exact (nonnegative_of_ge _ _ given_0).
  assert (scope_1 : 0 <= y - x) by exact (nonnegative_of_ge _ _ given_1).
  assert (scope_2 : 0 <= y - 1).
  {
    assert (term_0 : 0 <= (x - 1)) by exact scope_0.
    assert (term_1 : 0 <= (y - x)) by exact scope_1.
    assert (identity : y - 1 = (x - 1) + (y - x)) by ring.
    exact (weak_identity _ _ identity (Rplus_le_le_0_compat _ _ term_0 term_1)).
  }
  apply ge_of_nonnegative.
  assert (term_0 : 0 <= (x - 1) * (y - 1)) by exact (Rmult_le_pos _ _ scope_0 scope_2).
  assert (term_1 : 0 <= (x - 1)) by exact scope_0.
  assert (term_2 : 0 <= (y - 1)) by exact scope_2.
  assert (identity : x*y - 1 = (x - 1) * (y - 1) + (x - 1) + (y - 1)) by ring.
  exact (weak_identity _ _ identity (Rplus_le_le_0_compat _ _ (Rplus_le_le_0_compat _ _ term_0 term_1) term_2)).
Qed.

Print Assumptions statement_holds.
";
    assert_eq!(proof_of(&stored("format_fact")), expected);
}

#[test]
fn rocq_proof_of_squares_multipliers_and_a_conjunction() {
    let text = proof_of(&stored("format_identity"));
    for line in [
        "  assert (claim_0 : x^2 + 1 >= 2*x).\n",
        "    assert (term_0 : 0 <= (x - 1)^2) by exact (pow2_ge_0 (x - 1)).\n",
        "    assert (identity : x^2 + 1 - 2*x = (x - 1)^2) by ring.\n",
        "    apply Rle_ge.\n",
        "    assert (term_0 : 0 <= (x*y)) by exact scope_1.\n",
        "    assert (identity : x * (y) = (x*y)) by ring.\n",
        "    exact (weak_quotient _ _ _ scope_0 identity term_0).\n",
        "  exact (conj claim_0 claim_1).\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn rocq_proof_of_a_split_chooses_the_disjunct() {
    let text = proof_of(&stored("format_split"));
    let expected = "\
  destruct (split_weak (x)) as [scope_0 | scope_0].
  {
    left.
    apply Rle_ge.
    assert (term_0 : 0 <= x) by exact scope_0.
    assert (identity : x = x) by ring.
    exact (weak_identity _ _ identity term_0).
  }
  {
    right.
    apply lt_of_positive.
    assert (term_0 : 0 < 1) by exact (ltac:(lra) : 0 < 1).
    assert (term_1 : 0 <= (-(x))) by exact scope_0.
    assert (identity : 1 - x = 1 + (-(x))) by ring.
    exact (strict_identity _ _ identity (Rplus_lt_le_0_compat _ _ term_0 term_1)).
  }
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn an_empty_domain_is_a_theorem_of_its_own() {
    let text = proof_of(&stored("format_absurd"));
    for part in [
        "Theorem domain_is_empty :\n  forall x : R,\n  x > 0 ->\n  x < 0 ->\n  False.\n",
        "exact (sum_is_not_zero _ identity (Rplus_lt_0_compat _ _ term_0 term_1)).",
        "exfalso. exact (domain_is_empty x given_0 given_1).",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!proof_of(&stored("format_fact")).contains("domain_is_empty"));
}

#[test]
fn no_proof_searches_or_assumes() {
    for name in [
        "s_positive_by_facts",
        "r1_positive_by_split",
        "heavy_ball_conjunction",
    ] {
        let text = certificate_to_rocq(&stored(name)).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words {
            let forbidden = [
                "nra",
                "psatz",
                "nlra",
                "Admitted",
                "admit",
                "Axiom",
                "Parameter",
                "Psatz",
            ];
            assert!(!forbidden.contains(&word), "{name}: {word}");
        }
        assert_eq!(text.matches("Print Assumptions").count(), 1);
    }
}

#[test]
fn a_certificate_that_does_not_check_is_not_exported() {
    let mut wrong = stored("format_fact");
    assert!(certificate_to_rocq(&wrong).is_ok());
    let Node::Fact { then, .. } = &mut wrong.proofs[0] else {
        panic!("the root is a fact")
    };
    let Node::Identity { terms, .. } = &mut **then else {
        panic!("then an identity")
    };
    terms[1].coefficient = Rational::from_integer(2.into());
    let error = certificate_to_rocq(&wrong).unwrap_err();
    assert!(matches!(error, ExportError::Rejected(_)), "{error}");
}

#[test]
fn a_certificate_put_under_another_statement_is_not_exported() {
    let mut swapped = stored("format_fact");
    swapped.statement = stored("format_identity").statement;
    assert!(matches!(
        certificate_to_rocq(&swapped),
        Err(ExportError::Rejected(_))
    ));
}

#[test]
fn reserved_names_are_replaced_everywhere_and_listed() {
    let names = ["let", "forall", "in", "e", "pi", "A", "x_1", "R", "x"];
    let given: Vec<String> = names.iter().map(|name| format!("{name} > 0")).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let s = read(
        &names,
        &given,
        "claim",
        &["let*forall + in*e + pi*A + x_1*R + x > 0"],
    );
    let expected: [(Format, &[(&str, &str)]); 4] = [
        (
            Format::SmtLib,
            &[
                ("let", "v_let"),
                ("forall", "v_forall"),
                ("e", "v_e"),
                ("pi", "v_pi"),
            ],
        ),
        (Format::Qepcad, &[("A", "va"), ("x_1", "vx1"), ("R", "vr")]),
        (
            Format::Redlog,
            &[
                ("let", "vlet"),
                ("forall", "vforall"),
                ("in", "vin"),
                ("e", "ve"),
                ("pi", "vpi"),
                ("A", "va"),
                ("x_1", "vx1"),
                ("R", "vr"),
            ],
        ),
        (
            Format::Rocq,
            &[
                ("let", "v_let"),
                ("forall", "v_forall"),
                ("in", "v_in"),
                ("R", "v_R"),
            ],
        ),
    ];
    for (format, pairs) in expected {
        let found = renamed(&s, format);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, pairs, "{format:?}");
        let text = statement(&s, format).unwrap();
        let (note, body): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|l| l.contains("Renamed: "));
        assert_eq!(note.len(), 1, "{text}");
        // Names of the target's own syntax that are also variables here.
        let syntax = ["forall", "R", "A"];
        for (from, to) in pairs {
            assert!(
                note[0].contains(&format!("{from} is written {to}")),
                "{text}"
            );
            let words = || {
                body.iter()
                    .flat_map(|l| l.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
            };
            assert!(words().any(|word| word == *to), "{text}");
            assert!(
                syntax.contains(from) || words().all(|word| word != *from),
                "{from}: {text}"
            );
        }
    }
}

#[test]
fn a_replacement_never_meets_another_variable() {
    let s = read(
        &["let", "v_let", "v_letx2"],
        &[],
        "claim",
        &["let + v_let + v_letx2 > 0"],
    );
    assert_eq!(
        renamed(&s, Format::SmtLib),
        [("let".to_owned(), "v_letx3".to_owned())]
    );
    let s = read(&["x_1", "X1", "vx1"], &[], "claim", &["x_1 + X1 + vx1 > 0"]);
    let names = renamed(&s, Format::Qepcad);
    let spelled: Vec<&str> = names.iter().map(|(_, to)| to.as_str()).collect();
    assert_eq!(spelled, ["vx1x2", "vx1x3"]);
}

#[test]
fn a_title_cannot_leave_its_comment() {
    let text = "title = '*) Axiom f : False. (* \" ] [ } é'\nvariables = ['x']\ngiven = []\nclaim = 'x > 0'";
    let s = Statement::from_toml(text).unwrap();
    let rocq = statement(&s, Format::Rocq).unwrap();
    assert!(
        rocq.starts_with("(*  * ) Axiom f : False. ( *  ' ) ( ) \\ue9 *)\n"),
        "{rocq}"
    );
    let qepcad = statement(&s, Format::Qepcad).unwrap();
    assert_eq!(
        qepcad.find(']'),
        qepcad.find(" ]\n(x)").map(|at| at + 1),
        "{qepcad}"
    );
    assert!(
        Format::ALL
            .iter()
            .all(|f| statement(&s, *f).unwrap().is_ascii())
    );
}

#[test]
fn powers_that_would_explode_are_refused_in_smt_lib_alone() {
    let s = read(&["x"], &[], "claim", &["(((x - x + 1)^64)^64)^64 > 0"]);
    assert!(matches!(
        statement(&s, Format::SmtLib),
        Err(ExportError::TooLarge { .. })
    ));
    assert!(
        statement(&s, Format::Redlog)
            .unwrap()
            .contains("(((x - x + 1)^64)^64)^64 > 0")
    );
    let numbers = read(&["x"], &[], "claim", &["x + ((1^64)^64)^64 > 0"]);
    assert!(
        statement(&numbers, Format::SmtLib)
            .unwrap()
            .contains("(> (+ x 1) 0)")
    );
}

#[test]
fn every_statement_and_false_neighbour_of_the_project_is_exported() {
    let mut found = 0;
    for folder in ["proofs/statements", "proofs/false"] {
        let folder = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(&folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            let s = Statement::from_toml(&std::fs::read_to_string(&path).expect("a text"));
            let s = s.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            for format in Format::ALL {
                let text = statement(&s, format).unwrap_or_else(|e| panic!("{path:?}: {e}"));
                assert!(text.contains(&s.sha256()), "{path:?}, {format:?}");
                found += 1;
            }
        }
    }
    assert!(found >= 4 * 50, "{found} exports");
}

#[test]
fn every_hand_written_certificate_has_a_proof() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/proofs/checker/tests/certificates"
    );
    let mut found = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "json") {
            let name = path.file_stem().and_then(|s| s.to_str()).expect("a name");
            let text = certificate_to_rocq(&stored(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(text.contains("Theorem statement_holds : statement."));
            assert!(text.ends_with("Print Assumptions statement_holds.\n"));
            found += 1;
        }
    }
    assert!(found >= 11, "{found} certificates");
}

#[test]
fn formats_are_found_by_name_and_by_no_other_word() {
    for format in Format::ALL {
        assert_eq!(format.name().parse::<Format>(), Ok(format));
    }
    let error = "coq".parse::<Format>().unwrap_err();
    assert!(error.to_string().contains("smt-lib, qepcad, redlog, rocq"));
}
