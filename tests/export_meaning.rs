//! What an exported text means, read by code that the exporters do not share: an evaluator of SMT-LIB against the
//! checker's expanded polynomials, and the infix formats read back by the project's grammar.

use proptest::prelude::*;
use std::collections::BTreeMap;
use tauber::certificate::Statement;
use tauber::export::{Format, renamed, statement};
use tauber::number::{Rational, Ring, parse_rational};
use tauber::polynomial::{Polynomial, Relation, parse_relation};

/// An s-expression.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Word(String),
    List(Vec<Tree>),
}

fn trees(text: &str) -> Vec<Tree> {
    let code: String = text
        .lines()
        .filter(|l| !l.starts_with(';'))
        .collect::<Vec<_>>()
        .join(" ");
    let spaced = code.replace('(', " ( ").replace(')', " ) ");
    let mut stack = vec![Vec::new()];
    for word in spaced.split_whitespace() {
        match word {
            "(" => stack.push(Vec::new()),
            ")" => {
                let list = stack.pop().expect("an open parenthesis");
                stack
                    .last_mut()
                    .expect("one before it")
                    .push(Tree::List(list));
            }
            word => stack
                .last_mut()
                .expect("a list")
                .push(Tree::Word(word.to_owned())),
        }
    }
    assert_eq!(stack.len(), 1, "parentheses are not balanced: {text}");
    stack.remove(0)
}

/// The value of a term: SMT-LIB's own reading of + - * / and numbers.
fn value(tree: &Tree, point: &BTreeMap<String, Rational>) -> Rational {
    match tree {
        Tree::Word(word) => match point.get(word) {
            Some(value) => value.clone(),
            None => parse_rational(word).unwrap_or_else(|e| panic!("{e}")),
        },
        Tree::List(list) => {
            let Tree::Word(operator) = &list[0] else {
                panic!("no operator in {list:?}")
            };
            let mut values = list[1..].iter().map(|t| value(t, point));
            let first = values.next().expect("an argument");
            match (operator.as_str(), list.len()) {
                ("-", 2) => -first,
                ("-", _) => values.fold(first, |a, b| a - b),
                ("+", _) => values.fold(first, |a, b| a + b),
                ("*", _) => values.fold(first, |a, b| a * b),
                ("/", 3) => first / values.next().expect("a divisor"),
                _ => panic!("unknown operator {operator}"),
            }
        }
    }
}

/// The truth of a formula.
fn truth(tree: &Tree, point: &BTreeMap<String, Rational>) -> bool {
    let Tree::List(list) = tree else {
        panic!("{tree:?} is not a formula")
    };
    let Tree::Word(operator) = &list[0] else {
        panic!("no operator in {list:?}")
    };
    let side = |i: usize| value(&list[i], point);
    match operator.as_str() {
        "not" => !truth(&list[1], point),
        "and" => list[1..].iter().all(|t| truth(t, point)),
        "or" => list[1..].iter().any(|t| truth(t, point)),
        ">" => side(1) > side(2),
        ">=" => side(1) >= side(2),
        "<" => side(1) < side(2),
        "<=" => side(1) <= side(2),
        _ => panic!("unknown operator {operator}"),
    }
}

/// The value of the checker's expanded polynomial: shares no code with the exporters.
fn expanded(relation: &tauber_checker::Relation, point: &[Rational]) -> Rational {
    let zero = Rational::from_integer(0.into());
    relation
        .polynomial
        .terms()
        .fold(zero, |sum, (exponents, c)| {
            let powers = point
                .iter()
                .zip(exponents)
                .map(|(x, e)| x.power(u32::from(e)));
            sum + powers.fold(c, |product, power| product * power)
        })
}

fn holds(relation: &tauber_checker::Relation, point: &[Rational]) -> bool {
    let (value, zero) = (expanded(relation, point), Rational::from_integer(0.into()));
    if relation.strict {
        value > zero
    } else {
        value >= zero
    }
}

/// Texts of polynomials in x, y, let, small enough for the limits of the format.
fn polynomial_text() -> impl Strategy<Value = String> {
    let number = prop_oneof!["[0-9]{1,2}", "[0-9]\\.[0-9]{1,2}", "[0-9]/[1-9]"];
    let leaf = prop_oneof![
        number,
        Just("x".into()),
        Just("y".into()),
        Just("let".into())
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), "[+*-]", inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (inner.clone(), "[+*-]", inner.clone())
                .prop_map(|(a, op, b)| format!("({a}){op}({b})")),
            (inner.clone(), 0..4u32).prop_map(|(a, k)| format!("({a})^{k}")),
            (inner.clone(), "[2-9]").prop_map(|(a, d)| format!("({a})/{d}")),
            inner.prop_map(|a| format!("(-({a}))")),
        ]
    })
}

fn relation_text() -> impl Strategy<Value = String> {
    (polynomial_text(), "(>|<)=?", polynomial_text()).prop_map(|(a, op, b)| format!("{a} {op} {b}"))
}

fn random_statement() -> impl Strategy<Value = Statement> {
    let list = |n| proptest::collection::vec(relation_text(), n);
    (list(0..3usize), list(1..4usize), any::<bool>()).prop_filter_map("within the limits", |(given, goals, any)| {
        let text = format!(
            "title = \"t\"\nvariables = [\"x\", \"y\", \"let\"]\ngiven = {given:?}\n{} = {goals:?}\n",
            if any { "any" } else { "claim" }
        );
        Statement::from_toml(&text).ok()
    })
}

fn coordinate() -> impl Strategy<Value = Rational> {
    (-6i64..7, 1i64..4).prop_map(|(p, q)| Rational::new(p.into(), q.into()))
}

/// The relations of an infix text, read back by the project's own grammar, with the target's names.
fn read_back(text: &str, statement: &Statement, format: Format) -> Vec<(Polynomial, bool)> {
    let (start, end) = match format {
        Format::Redlog => ("all({", ")$\n"),
        Format::Rocq => ("forall ", ".\n"),
        _ => ("\n0\n", ".\nfinish"),
    };
    let body = &text[text.find(start).expect("a start")..text.rfind(end).expect("an end")];
    let formula = match format {
        Format::Redlog => body.split_once("}, ").expect("variables").1,
        Format::Rocq => body.split_once(",\n").expect("variables").1,
        _ => body.rsplit_once(")\n").expect("quantifiers").1,
    };
    let cut = formula
        .replace(" ==> ", "\0")
        .replace(" impl ", "\0")
        .replace(" ->\n", "\0")
        .replace(" /\\", "\0")
        .replace(" \\/", "\0")
        .replace(" and ", "\0")
        .replace(" or ", "\0");
    let names: BTreeMap<String, String> = renamed(statement, format)
        .into_iter()
        .map(|(from, to)| (to, from))
        .collect();
    cut.split('\0')
        .map(|piece| {
            let mut piece = piece.trim_matches(|c| "[] \n".contains(c)).to_owned();
            if format == Format::Redlog {
                // The conjunctions stand in parentheses of their own.
                let open = piece.matches('(').count() as i64 - piece.matches(')').count() as i64;
                let both = open == 0 && piece.starts_with('(') && piece.ends_with(')');
                let alone = both && parse_relation(&piece).is_err();
                if open > 0 || alone {
                    piece.remove(0);
                }
                if open < 0 || alone {
                    piece.pop();
                }
            }
            for word in ["+", "-", ">=", "<=", ">", "<"] {
                piece = piece.replace(&format!(" {word} "), word);
            }
            if format == Format::Qepcad {
                piece = piece.replace(' ', "*");
            }
            let (left, relation, right) =
                parse_relation(&piece).unwrap_or_else(|e| panic!("{piece}: {e}\n{text}"));
            let difference = match relation {
                Relation::Greater | Relation::GreaterOrEqual => left - right,
                Relation::Less | Relation::LessOrEqual => right - left,
            };
            let strict = matches!(relation, Relation::Greater | Relation::Less);
            let mut printed = difference.to_string();
            for (to, from) in &names {
                printed = printed.replace(to, from);
            }
            let original = Polynomial::parse(&printed).expect("a printed polynomial");
            (
                original.over(statement.variables()).expect("its variables"),
                strict,
            )
        })
        .collect()
}

proptest! {
    #[test]
    fn smt_lib_means_what_the_checker_expanded(s in random_statement(), x in coordinate(), y in coordinate(), w in coordinate()) {
        let text = statement(&s, Format::SmtLib).unwrap();
        let point: BTreeMap<String, Rational> =
            [("x", &x), ("y", &y), ("v_let", &w)].map(|(n, v)| (n.to_owned(), v.clone())).into();
        let values = [x, y, w];
        let asserted: Vec<Tree> = trees(&text)
            .into_iter()
            .filter_map(|tree| match tree {
                Tree::List(mut list) if list[0] == Tree::Word("assert".into()) => list.pop(),
                _ => None,
            })
            .collect();
        let checked = s.checked();
        prop_assert_eq!(asserted.len(), checked.given.len() + 1);
        for (formula, relation) in asserted.iter().zip(&checked.given) {
            prop_assert_eq!(truth(formula, &point), holds(relation, &values));
            // Not only the sign: the difference of the sides is the polynomial itself.
            let Tree::List(list) = formula else { panic!("a relation") };
            let difference = value(&list[1], &point) - value(&list[2], &point);
            let up = matches!(&list[0], Tree::Word(w) if w.starts_with('>'));
            prop_assert_eq!(if up { difference } else { -difference }, expanded(relation, &values));
        }
        let mut goals = checked.goals.iter().map(|r| holds(r, &values));
        let claim = if checked.any { goals.any(|g| g) } else { goals.all(|g| g) };
        prop_assert_eq!(truth(&asserted[asserted.len() - 1], &point), !claim);
    }

    #[test]
    fn infix_formats_read_back_as_the_same_polynomials(s in random_statement()) {
        let expected: Vec<(Polynomial, bool)> =
            s.given().iter().chain(s.goals()).map(|p| (p.polynomial.clone(), p.strict)).collect();
        for format in [Format::Redlog, Format::Rocq, Format::Qepcad] {
            let text = statement(&s, format).unwrap();
            prop_assert_eq!(read_back(&text, &s, format), expected.clone(), "{}", text);
        }
    }

    #[test]
    fn parentheses_and_brackets_are_balanced(s in random_statement()) {
        for format in Format::ALL {
            let text = statement(&s, format).unwrap();
            for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
                let mut depth = 0i64;
                for c in text.chars() {
                    depth += i64::from(c == open) - i64::from(c == close);
                    prop_assert!(depth >= 0);
                }
                prop_assert_eq!(depth, 0, "{}", text);
            }
        }
    }
}
