//! Where a search got stuck: the boxes that interval arithmetic could not decide.

use std::time::Duration;
use tauber::certificate::{Statement, Verdict, Why};
use tauber::prover::boxes::{Report, undecided};
use tauber::prover::{Clock, Options, prove};

const MOTZKIN: &str = "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1";

fn statement(given: &[&str], goals: &str) -> Statement {
    let given: Vec<String> = given.iter().map(|g| format!("{g:?}")).collect();
    let text = format!(
        "title = 'test'\nvariables = ['x', 'y']\ngiven = [{}]\n{goals}\n",
        given.join(", ")
    );
    Statement::from_toml(&text).unwrap()
}

const BOX: [&str; 4] = ["x >= -2", "x <= 2", "y >= -2", "y <= 2"];

fn report(statement: &Statement, limit: usize) -> Report {
    let mut clock = Clock::new(None, None);
    undecided(statement, statement.goals(), limit, &mut clock).unwrap()
}

#[test]
fn undecided_boxes_of_motzkins_polynomial_contain_its_zeros_and_lie_around_them() {
    let found = report(
        &statement(&BOX, &format!("claim = '{MOTZKIN} >= 0'")),
        20_000,
    );
    assert!(found.looked_at <= 20_001, "{}", found.looked_at);
    // It vanishes at (1, 1), (1, -1), (-1, 1), (-1, -1) and nowhere else.
    for (x, y) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        let inside = |value: f64, (low, high): (f64, f64)| low <= value && value <= high;
        let contains = found
            .undecided
            .iter()
            .any(|b| inside(x, b[0]) && inside(y, b[1]));
        assert!(contains, "({x}, {y})");
    }
    for cell in &found.undecided {
        let middle = |(low, high): (f64, f64)| (0.5 * (low + high)).abs();
        let distance = (middle(cell[0]) - 1.0).hypot(middle(cell[1]) - 1.0);
        assert!(distance < 0.5, "{cell:?}");
    }
    let words = found.words().unwrap();
    assert!(
        words.contains("x in [") && words.contains("y in ["),
        "{words}"
    );
}

#[test]
fn a_claim_with_a_margin_leaves_no_box() {
    let found = report(
        &statement(&BOX, &format!("claim = '{MOTZKIN} > -1'")),
        20_000,
    );
    assert_eq!(found.undecided, Vec::<Vec<(f64, f64)>>::new());
    assert_eq!(found.words(), None);
}

#[test]
fn hypotheses_cut_boxes_away() {
    // The zeros lie outside the disc of radius 1.
    let mut given = BOX.to_vec();
    given.push("x^2 + y^2 <= 1");
    let found = report(
        &statement(&given, &format!("claim = '{MOTZKIN} >= 0'")),
        20_000,
    );
    assert_eq!(found.undecided, Vec::<Vec<(f64, f64)>>::new());
}

#[test]
fn one_goal_of_a_disjunction_is_enough() {
    let any = format!("any = ['{MOTZKIN} > 0', 'x^2 + y^2 > 1']");
    assert_eq!(report(&statement(&BOX, &any), 20_000).words(), None);
    let all = format!("claim = ['{MOTZKIN} > 0', 'x^2 + y^2 > 1']");
    assert!(report(&statement(&BOX, &all), 20_000).words().is_some());
}

#[test]
fn a_search_that_ran_out_of_time_says_where_it_got_stuck() {
    let s = statement(&BOX, &format!("claim = '{MOTZKIN} >= 0'"));
    let options = Options {
        time: Some(Duration::ZERO),
        ..Options::default()
    };
    let outcome = prove(&s, &options);
    let Verdict::Unknown(why @ Why::OutOfTime { undecided: Some(_) }) = &outcome.verdict else {
        panic!("{outcome:?}");
    };
    let words = why.to_string();
    assert!(
        words.contains("--timeout") && words.contains("x in ["),
        "{words}"
    );
}

#[test]
fn a_search_that_ran_out_of_time_on_a_claim_with_a_margin_names_no_box() {
    let s = statement(&BOX, "claim = 'x^2 + y^2 + 1 > 0'");
    let options = Options {
        time: Some(Duration::ZERO),
        ..Options::default()
    };
    let verdict = prove(&s, &options).verdict;
    let Verdict::Unknown(why) = &verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(*why, Why::OutOfTime { undecided: None });
}
