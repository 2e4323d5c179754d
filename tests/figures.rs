//! The figures' numbers against values that do not come from the code that draws them.
//!
//! Sources: closed forms of small problems, enumeration by hand, exponents of the theorems.

use tauber::dynamics::KernelView;
use tauber::experiment::measure::{
    SampledProblem, fitted_exponent, iterate_sampled, iterate_se, sampled_edge, se_edge,
};
use tauber::experiment::{
    Agreement, ExperimentError, Outcome, Problem, Rule, Scale, Sources, Verdict, Work, figure,
};
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;

fn quick(number: u8) -> Result<Outcome, ExperimentError> {
    let quiet = |_: &str, _: usize, _: usize| {};
    let go = || false;
    let mut work = Work::new(Scale::Quick, None, &quiet, &go);
    figure(number, &Sources::default(), &mut work)
}

fn measured(outcome: &Outcome, part: &str) -> f64 {
    let all: Vec<&Agreement> = outcome
        .agreements
        .iter()
        .filter(|a| a.what.contains(part))
        .collect();
    assert!(!all.is_empty(), "no statement about `{part}`");
    all[0].measured
}

#[test]
fn the_measured_edge_of_two_equal_modes_is_the_root_of_a_quadratic() {
    // lambda = (1, 1), beta = 0, tau = 1: U(1) = 2 gamma a/(2 - a + gamma a) = 1 at a = 2/(1 + gamma).
    let spectrum = Spectrum::new(vec![1.0, 1.0], Some(vec![1.0, 0.5])).unwrap();
    for gamma in [1.0, 0.25] {
        let at = |rate: f64| Ok(Hyperparameters::new(rate, 0.0, gamma, 1.0)?);
        let edge = se_edge(&spectrum, &at, [0.01, 3.0], 2000).unwrap();
        let exact = 2.0 / (1.0 + gamma);
        assert!(
            (edge / exact - 1.0).abs() < 0.006,
            "{gamma}: {edge} {exact}"
        );
    }
}

#[test]
fn an_edge_outside_the_range_is_not_invented() {
    let spectrum = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
    let at = |rate: f64| Ok(Hyperparameters::new(rate, 0.0, 0.0, 1.0)?);
    assert!(se_edge(&spectrum, &at, [2.5, 3.0], 500).unwrap().is_nan());
    assert_eq!(
        se_edge(&spectrum, &at, [0.5, 1.5], 500).unwrap(),
        f64::INFINITY
    );
    let slow = at(1.999).unwrap();
    assert!(!iterate_se(&spectrum, &slow, 500).unwrap().diverged);
}

#[test]
fn two_independent_points_diverge_beyond_two_whichever_is_drawn() {
    // K = diag(1/2, 1/2), batches of one: a step multiplies the drawn residual by 1 - a and keeps the
    // other. The mean of its square converges iff (1 + (1-a)^2)/2 < 1, a < 2; the residual itself, drawn
    // half of the time, is multiplied by |1 - a|, so typical runs converge iff a < 2 as well.
    let kernel = [0.5, 0.0, 0.0, 0.5];
    let problem = SampledProblem {
        kernel: KernelView::new(2, &kernel).unwrap(),
        residual: &[1.0, -1.0],
        batch_size: 1,
        seeds: 5,
        master_seed: 3,
    };
    let edge = sampled_edge(&problem, 0.0, [0.1, 4.0], 4000).unwrap();
    assert!((edge - 2.0).abs() < 0.03, "{edge}");
    assert!(
        iterate_sampled(&problem, [2.2, 0.0], 1000)
            .unwrap()
            .diverged
    );
    assert!(
        !iterate_sampled(&problem, [1.8, 0.0], 1000)
            .unwrap()
            .diverged
    );
}

#[test]
fn the_synthetic_data_are_the_papers() {
    // sum_{k<=1000} k^-1.75, exactly rounded (Python's math.fsum).
    let problem = Problem::synthetic(1.5, 0.75, 1000).unwrap();
    let signal = problem.spectrum.signal().unwrap();
    assert!((signal[0] * 1.9548250260020157 - 1.0).abs() < 1e-12);
    assert!((problem.spectrum.eigenvalues()[7] - 8f64.powf(-1.5)).abs() < 1e-15);
}

#[test]
fn figure_3_finds_the_exponents_of_both_phases_and_the_transition() {
    let outcome = quick(3).unwrap();
    assert!(measured(&outcome, "(a) the same, away from the borders") >= 0.95);
    // 2 - 1/1.5.
    let late = measured(&outcome, "gamma = 0.005: exponent at 1e5 t_trans");
    assert!((late - 4.0 / 3.0).abs() < 0.01, "{late}");
    // (29) at gamma = 0.5 of this law, reference value 57.394613.
    assert!(
        outcome
            .agreements
            .iter()
            .any(|a| a.what.contains("t_trans = 57 "))
    );
    told_apart(&outcome);
}

/// Every rule holds, and rejects each wrong theory that was put beside it.
fn told_apart(outcome: &Outcome) {
    let mut rules = 0;
    for a in outcome
        .agreements
        .iter()
        .filter(|a| a.rule != Rule::Reported)
    {
        assert_eq!(a.verdict(), Verdict::Agrees, "{a:?}");
        rules += 1;
    }
    assert!(rules > 0, "nothing was compared");
}

#[test]
fn figure_14_measures_the_edge_where_u_is_one() {
    let outcome = quick(14).unwrap();
    assert_eq!(outcome.panels.len(), 4);
    told_apart(&outcome);
    // At b = 500 the noise does not move the edge: no panel may claim to have tested it there.
    let noisy = |b: &str| {
        let mut all = outcome.agreements.iter();
        all.any(|a| a.what.contains(b) && a.rivals.iter().any(|r| r.what == "half the noise"))
    };
    assert!(noisy("b = 1:") && noisy("b = 10:"));
    assert!(!noisy("b = 500:"));
    assert!(
        outcome
            .notes
            .iter()
            .any(|n| n.contains("b = 500: the noise moves the edge by less"))
    );
}

#[test]
fn absent_data_are_empty_frames_with_a_command_and_no_numbers() {
    for number in [9, 11] {
        let outcome = quick(number).unwrap();
        assert_eq!(outcome.panels.len(), outcome.absent.len());
        assert!(outcome.agreements.is_empty() && outcome.tables.is_empty());
        assert!(
            outcome
                .absent
                .iter()
                .all(|a| a.command.starts_with("tauber figure"))
        );
    }
}

#[test]
fn there_is_no_figure_15() {
    assert!(matches!(quick(15), Err(ExperimentError::NoFigure(15))));
    assert!(matches!(quick(0), Err(ExperimentError::NoFigure(0))));
}

#[test]
fn exponents_are_fitted_to_logarithms_and_bad_points_are_left_out() {
    let points = [(0.0, 5.0), (1.0, 2.0), (4.0, 1.0), (16.0, 0.5)];
    assert!((fitted_exponent(&points) - 0.5).abs() < 1e-12);
    let rule = Agreement::new("x", "", [0.7, 0.5], Rule::Absolute(0.1));
    assert_eq!(rule.agrees(), Some(false));
}
