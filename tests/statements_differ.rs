//! No two statements are equivalent by renaming, scaling or specialisation, and no variable is idle.
//!
//! A statement is brought to a normal form: one side zero, coprime integer coefficients (a positive factor is
//! dropped), strict hypotheses that divide a goal cancelled, hypotheses about idle variables dropped. Statement A
//! *gives* B if after a substitution in A (nothing; or one variable by 0, 1, -1, one of its bounds, its negative or
//! another variable) and some renaming, A's goals contain those of B and A's hypotheses are among those of B.
//! At the border of a strict hypothesis A holds only as a limit, so it gives weak goals alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use tauber::certificate::{Inequality, Statement};
use tauber::number::{Rational, Ring};
use tauber::polynomial::Polynomial;

/// A statement in normal form.
#[derive(Clone, Debug)]
struct Shape {
    given: Vec<Inequality>,
    goals: Vec<Inequality>,
    any: bool,
    idle: BTreeSet<String>,
}

/// Coprime integer coefficients; the sign stays.
fn scaled(relation: &Inequality) -> Inequality {
    let content = relation.polynomial.rational_content();
    let zero = <Rational as Ring>::zero();
    let size = if content < zero { -content } else { content };
    Inequality {
        polynomial: relation.polynomial.scale(&size.recip()),
        strict: relation.strict,
    }
}

/// The goal without the strict hypotheses that divide it; as it is, if nothing but a number would be left.
fn cancelled(goal: &Inequality, given: &[Inequality]) -> Inequality {
    let mut rest = scaled(goal);
    for hypothesis in given.iter().filter(|h| h.strict) {
        while !rest.polynomial.is_zero() && hypothesis.polynomial.as_constant().is_none() {
            match rest.polynomial.exact_division(&hypothesis.polynomial) {
                Some(quotient) => rest.polynomial = quotient,
                None => break,
            }
        }
    }
    match rest.polynomial.as_constant() {
        Some(_) => scaled(goal),
        None => scaled(&rest),
    }
}

fn occurring(list: &[Inequality]) -> BTreeSet<String> {
    let names = list.iter().flat_map(|r| r.polynomial.occurring());
    names.map(str::to_owned).collect()
}

impl Shape {
    /// `None` if a hypothesis is false everywhere. A strict one that became 0 > 0 makes all goals weak.
    fn new(given: &[Inequality], goals: &[Inequality], any: bool) -> Option<Self> {
        let zero = <Rational as Ring>::zero();
        let mut limit = false;
        let mut kept = Vec::new();
        for hypothesis in given {
            match hypothesis.polynomial.as_constant() {
                Some(value) if value < zero => return None,
                Some(value) => limit |= value == zero && hypothesis.strict,
                None => kept.push(scaled(hypothesis)),
            }
        }
        let mut goals: Vec<Inequality> = goals.iter().map(|g| cancelled(g, &kept)).collect();
        goals.iter_mut().for_each(|goal| goal.strict &= !limit);
        let used = occurring(&goals);
        let idle: BTreeSet<String> = occurring(&kept).difference(&used).cloned().collect();
        kept.retain(|h| h.polynomial.occurring().iter().any(|&v| used.contains(v)));
        Some(Self {
            given: kept,
            goals,
            any,
            idle,
        })
    }

    fn of(statement: &Statement) -> Self {
        let shape = Self::new(
            statement.given(),
            statement.goals(),
            statement.is_disjunction(),
        );
        shape.expect("no hypothesis of a file is a false number")
    }

    fn variables(&self) -> Vec<String> {
        let all = occurring(&self.goals)
            .union(&occurring(&self.given))
            .cloned()
            .collect::<BTreeSet<_>>();
        all.into_iter().collect()
    }

    fn map(&self, f: impl Fn(&Polynomial) -> Polynomial) -> Option<Self> {
        let list = |relations: &[Inequality]| -> Vec<Inequality> {
            let change = |r: &Inequality| Inequality {
                polynomial: f(&r.polynomial),
                strict: r.strict,
            };
            relations.iter().map(change).collect()
        };
        Self::new(&list(&self.given), &list(&self.goals), self.any)
    }

    /// The values that a variable is replaced by: numbers, its negative, the other variables, and e of every
    /// hypothesis k (v - e) with a number k.
    fn values(&self, variable: &str) -> Vec<Polynomial> {
        let own = Polynomial::variable(variable);
        let mut values: Vec<Polynomial> = [0, 1, -1].map(Polynomial::from_integer).into();
        values.push(-own);
        let others = self.variables().into_iter().filter(|v| v != variable);
        values.extend(others.map(|v| Polynomial::variable(&v)));
        for hypothesis in &self.given {
            if let [rest, slope] = hypothesis.polynomial.coefficients_in(variable).as_slice()
                && let Some(slope) = slope.as_constant()
            {
                values.push(-rest.scale(&slope.recip()));
            }
        }
        values
    }

    /// This statement and its specialisations, each with what was put in.
    fn specialisations(&self) -> Vec<(String, Self)> {
        let mut all = vec![("nothing".to_owned(), self.clone())];
        for variable in self.variables() {
            for value in self.values(&variable) {
                let special = self.map(|p| p.substitute(&variable, &value));
                all.extend(special.map(|s| (format!("{variable} := {value}"), s)));
            }
        }
        all
    }

    /// What no renaming changes: number of variables, and of each goal its coefficients and strictness.
    fn fingerprints(&self) -> BTreeSet<(Vec<String>, u32)> {
        let of = |goal: &Inequality| {
            let mut list: Vec<String> = goal
                .polynomial
                .terms()
                .map(|(_, c)| c.to_string())
                .collect();
            list.sort();
            (list, goal.polynomial.total_degree())
        };
        self.goals.iter().map(of).collect()
    }

    /// Whether this statement, its variables renamed, contains the other.
    fn gives(&self, other: &Self) -> bool {
        let (own, others) = (self.fingerprints(), other.fingerprints());
        let goals_fit = if self.any {
            own.is_subset(&others)
        } else {
            own.is_superset(&others)
        };
        let vacuous = self.goals.iter().any(|g| g.polynomial.is_zero());
        self.any == other.any && goals_fit && !vacuous && {
            let (from, to) = (self.variables(), other.variables());
            from.len() <= to.len() && self.renamed_gives(other, &from, &to, &mut Vec::new())
        }
    }

    fn renamed_gives(
        &self,
        other: &Self,
        from: &[String],
        to: &[String],
        chosen: &mut Vec<String>,
    ) -> bool {
        if chosen.len() < from.len() {
            return to.iter().any(|name| {
                if chosen.contains(name) {
                    return false;
                }
                chosen.push(name.clone());
                let found = self.renamed_gives(other, from, to, chosen);
                chosen.pop();
                found
            });
        }
        let rename = |r: &Inequality| {
            let place = |v: &String| {
                from.iter()
                    .position(|f| f == v)
                    .map_or(v.clone(), |k| chosen[k].clone())
            };
            let names: Vec<String> = r.polynomial.variables().iter().map(place).collect();
            let terms = r.polynomial.terms().map(|(e, c)| (e.clone(), c.clone()));
            Inequality {
                polynomial: Polynomial::from_terms(&names, terms),
                strict: r.strict,
            }
        };
        // From `strong` follows `weak`.
        let follows = |strong: &Inequality, weak: &Inequality| {
            strong.polynomial == weak.polynomial && (strong.strict || !weak.strict)
        };
        let goals: Vec<Inequality> = self.goals.iter().map(rename).collect();
        let proved = if self.any {
            goals
                .iter()
                .all(|g| other.goals.iter().any(|o| follows(g, o)))
        } else {
            other
                .goals
                .iter()
                .all(|o| goals.iter().any(|g| follows(g, o)))
        };
        proved
            && self
                .given
                .iter()
                .map(rename)
                .all(|h| other.given.iter().any(|o| follows(o, &h)))
    }
}

/// The substitution after which `a` contains `b`.
fn how(a: &Shape, b: &Shape) -> Option<String> {
    let all = a.specialisations().into_iter();
    all.filter(|(_, special)| special.gives(b))
        .map(|(value, _)| value)
        .next()
}

fn statements() -> Vec<(String, Statement)> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "proofs", "statements"]
        .iter()
        .collect();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (
            name,
            Statement::from_toml(&fs::read_to_string(path).unwrap()).unwrap(),
        )
    };
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| read(entry.unwrap().path()))
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// A statement over single-letter variables, hypotheses and goals separated by semicolons.
fn by_hand(given: &str, key: &str, goals: &str) -> Shape {
    let mut names: Vec<char> = format!("{given} {goals}")
        .chars()
        .filter(|c| c.is_alphabetic())
        .collect();
    names.sort_unstable();
    names.dedup();
    let names: Vec<String> = names
        .iter()
        .map(|c| format!("{:?}", c.to_string()))
        .collect();
    let list = |text: &str| {
        let quoted: Vec<String> = text
            .split(';')
            .filter(|t| !t.is_empty())
            .map(|t| format!("{:?}", t.trim()))
            .collect();
        quoted.join(", ")
    };
    let text = format!(
        "title = 'by hand'\nvariables = [{}]\ngiven = [{}]\n{key} = [{}]\n",
        names.join(", "),
        list(given),
        list(goals)
    );
    Shape::of(&Statement::from_toml(&text).unwrap_or_else(|e| panic!("{text}\n{e}")))
}

fn stored(name: &str) -> Shape {
    let found = statements().into_iter().find(|(n, _)| n == name);
    Shape::of(&found.unwrap_or_else(|| panic!("no statement {name}")).1)
}

#[test]
fn no_statement_is_another_one_renamed_scaled_or_specialised() {
    let all: Vec<(String, Shape)> = statements()
        .into_iter()
        .map(|(name, s)| (name, Shape::of(&s)))
        .collect();
    assert!(all.len() >= 25);
    for (first, a) in &all {
        let specialisations = a.specialisations();
        for (second, b) in all.iter().filter(|(name, _)| name != first) {
            for (value, special) in &specialisations {
                assert!(!special.gives(b), "{first} gives {second} by {value}");
            }
        }
    }
}

#[test]
fn every_variable_occurs_in_a_goal_after_cancelling() {
    // The one statement with an empty domain says nothing about its goal.
    let meant = statements()
        .into_iter()
        .filter(|(name, _)| name != "no_stable_learning_rate_below_minus_one");
    for (name, statement) in meant {
        let shape = Shape::of(&statement);
        assert!(shape.idle.is_empty(), "{name}: {:?}", shape.idle);
        let unused: Vec<&String> = statement
            .variables()
            .iter()
            .filter(|v| !shape.variables().contains(v))
            .collect();
        assert!(unused.is_empty(), "{name}: {unused:?}");
    }
}

#[test]
fn a_variable_that_cancels_is_idle() {
    // The statements that were here before this test.
    for (given, goal, idle) in [
        (
            "c > 0; d > 0; l > 0; l <= m; t >= 0; t <= 1; x >= c + d*m",
            "l*(t - d) + x >= t*l + c",
            "m t",
        ),
        (
            "b > -1; b < 1; a > 0; h > g; z > 0; z < 1",
            "a^2*h*z*(1 + b*z) > a^2*g*z*(1 + b*z)",
            "a g h",
        ),
        (
            "b > -1; b < 1; a > 0; c > a; g >= 0",
            "c*(2*(1 + b) - a + g*a) > a*(2*(1 + b) - c + g*c)",
            "g",
        ),
        (
            "b > -1; a > 0; c > 0; a*(c*(1 + b) + 1 - b) < 2*(1 - b)*(1 + b)",
            "a < 2*(1 + b)",
            "c",
        ),
        ("x > 0; y > 0", "x*y > 0", ""),
    ] {
        let shape = by_hand(given, "claim", goal);
        let found: Vec<&str> = shape.idle.iter().map(String::as_str).collect();
        assert_eq!(found.join(" "), idle, "{goal}");
    }
}

#[test]
fn a_copy_is_found_behind_renaming_scaling_and_a_smaller_domain() {
    let s = stored("s_positive_on_stable_box");
    let copy = "p > -1; q > 0; 2*q < 4*(p + 1); 3*p < 3; r >= 0; r <= 1; w > 0; w < 1";
    let claim = "7/3*((1 - p*w)*((1 + p*w)^2 - w*(1 + p - q)^2) + r*q^2*w*(1 + p*w)) > 0";
    assert_eq!(
        how(&s, &by_hand(copy, "claim", claim)).as_deref(),
        Some("nothing")
    );
    let smaller = format!("{copy}; r < 1/2");
    assert_eq!(
        how(&s, &by_hand(&smaller, "claim", claim)).as_deref(),
        Some("nothing")
    );
    let weaker = claim.replace('>', ">=");
    assert_eq!(
        how(&s, &by_hand(copy, "claim", &weaker)).as_deref(),
        Some("nothing")
    );
    // A larger domain or another polynomial is another statement.
    assert_eq!(
        how(&s, &by_hand(&copy.replace("; r <= 1", ""), "claim", claim)),
        None
    );
    assert_eq!(
        how(
            &s,
            &by_hand(copy, "claim", &claim.replace("^2 - w", "^2 - 2*w"))
        ),
        None
    );
}

#[test]
fn a_specialisation_is_found_by_what_was_put_in() {
    let general = by_hand(
        "x >= 0; y > x; y <= 2*w; z > -1",
        "claim",
        "x*y + w*z^3 + 5*w + z^2 > 0",
    );
    for (given, goal, value) in [
        ("b > 0; b <= 2*d; c > -1", "d*c^3 + 5*d + c^2 > 0", "x := 0"),
        ("a >= 0; b > a; b <= 2*d", "a*b + 6*d + 1 > 0", "z := 1"),
        ("a >= 0; b > a; b <= 2*d", "a*b + 4*d + 1 >= 0", "z := -1"),
        (
            "a >= 0; 2*d > a; c > -1",
            "2*a*d + d*c^3 + 5*d + c^2 > 0",
            "y := 2*w",
        ),
        (
            "a >= 0; b > a; b <= 2*d; d > -1",
            "a*b + d^4 + 5*d + d^2 > 0",
            "w := z",
        ),
        (
            "a >= 0; b > a; b <= 2*d; c < 1",
            "a*b - d*c^3 + 5*d + c^2 > 0",
            "z := -z",
        ),
    ] {
        let special = by_hand(given, "claim", goal);
        assert!(how(&general, &special).is_some(), "{value} is not found");
        let other = by_hand(given, "claim", &goal.replace(['5', '6', '4'], "7"));
        if !value.starts_with("w :=") {
            assert_eq!(how(&general, &other), None, "{value}");
        }
    }
    // At the border of y > x only a limit holds: the strict goal does not follow.
    let border = |goal| by_hand("a >= 0; a <= 2*d; c > -1", "claim", goal);
    assert!(how(&general, &border("a^2 + d*c^3 + 5*d + c^2 >= 0")).is_some());
    assert!(how(&general, &border("a^2 + d*c^3 + 5*d + c^2 > 0")).is_none());
}

#[test]
fn a_statement_of_before_is_found_to_be_the_denominator_without_noise() {
    let given = "b > -1; b < 1; a > 0; a < 2*(b + 1); g >= 0; g <= 1";
    let before = by_hand(
        given,
        "claim",
        "g*a*(1 + b) < (1 - b)*(2*(1 + b) - a) + g*a*(1 + b)",
    );
    assert_eq!(before.idle, BTreeSet::from(["g".to_owned()]));
    let general = stored("u_at_one_denominator_positive");
    assert_eq!(how(&general, &before).as_deref(), Some("g := 0"));
    // The same claim on a larger domain does not follow.
    let wider = by_hand(
        "b > -1; b < 1; a > 0",
        "claim",
        "0 < (1 - b)*(2*(1 + b) - a)",
    );
    assert_eq!(how(&general, &wider), None);
}

#[test]
fn conjunctions_contain_their_parts_and_disjunctions_their_extensions() {
    let both = by_hand("x > 0; y > x", "claim", "x^2 + y > 0; x^3 + 3*y > 0");
    assert!(how(&both, &by_hand("p > 0; q > p", "claim", "2*p^3 + 6*q > 0")).is_some());
    let one = by_hand("x > 0; y > x", "any", "x^2 - y > 0");
    assert!(
        how(
            &one,
            &by_hand("p > 0; q > p", "any", "p^3 - 7*q > 0; p^2 - q > 0")
        )
        .is_some()
    );
    assert!(how(&both, &by_hand("p > 0; q > p", "any", "2*p^3 + 6*q > 0")).is_none());
    assert!(
        how(
            &one,
            &by_hand("p > 0; q > p", "claim", "p^3 - 7*q > 0; p^2 - q > 0")
        )
        .is_none()
    );
}
