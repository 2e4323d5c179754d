//! The expansion (12) of the loss over sets of noisy steps, with parameters of each step, in exact
//! rationals: the explicit sum over all subsets against the recursion (15).

use tauber::generating::{Modes, Parameters, Schedule, loss_series, noise_series, signal_series};
use tauber::number::{Rational, Ring, parse_rational};

fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

fn list(text: &str) -> Vec<Rational> {
    text.split_whitespace().map(q).collect()
}

struct Model {
    eigenvalues: Vec<Rational>,
    multiplicities: Vec<Rational>,
    signal: Vec<Rational>,
    alpha: Vec<Rational>,
    beta: Vec<Rational>,
    gamma: Vec<Rational>,
    tau: Rational,
}

type Block = [[Rational; 2]; 2];

fn product(x: &Block, y: &Block) -> Block {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            x[i][0].clone() * y[0][j].clone() + x[i][1].clone() * y[1][j].clone()
        })
    })
}

impl Model {
    fn new(tau: &str) -> Self {
        Self {
            eigenvalues: list("1 1/2 1/5"),
            multiplicities: list("1 1 1"),
            signal: list("1 1/3 3/35"),
            alpha: list("3/2 1/2 1 2/3 5/4"),
            beta: list("1/2 -1/3 0 1/4 -1/5"),
            gamma: list("1/10 1/4 1/3 1/7 1"),
            tau: q(tau),
        }
    }

    fn modes(&self) -> Modes<'_, Rational> {
        Modes::new(&self.eigenvalues, &self.multiplicities, &self.signal).unwrap()
    }

    fn schedule(&self) -> Schedule<Rational> {
        Schedule::new(
            self.alpha.clone(),
            self.beta.clone(),
            self.gamma.clone(),
            self.tau.clone(),
        )
        .unwrap()
    }

    /// (11) of step s >= 1 on the 2x2 block of mode k, by matrix products.
    fn main(&self, s: usize, k: usize, x: &Block) -> Block {
        let (alpha, beta, gamma) = (&self.alpha[s - 1], &self.beta[s - 1], &self.gamma[s - 1]);
        let a = alpha.clone() * self.eigenvalues[k].clone();
        let row = [q("1") - a.clone(), beta.clone()];
        let step: Block = [row, [-a.clone(), beta.clone()]];
        let transposed: Block =
            std::array::from_fn(|i| std::array::from_fn(|j| step[j][i].clone()));
        let moved = product(&product(&step, x), &transposed);
        let lost = self.tau.clone() * gamma.clone() * a.square() * x[0][0].clone();
        moved.map(|row| row.map(|entry| entry - lost.clone()))
    }

    /// < E_11 lambda, A_(t-1) ... A_(first) X >.
    fn observed(&self, first: usize, t: usize, start: impl Fn(usize) -> Block) -> Rational {
        let mut total = q("0");
        for k in 0..self.eigenvalues.len() {
            let mut x = start(k);
            for s in first..t {
                x = self.main(s, k, &x);
            }
            total += self.eigenvalues[k].clone() * x[0][0].clone();
        }
        total
    }

    /// U_(t,s), (13).
    fn u(&self, t: usize, s: usize) -> Rational {
        let value = self.observed(s + 1, t, |k| {
            let l = &self.eigenvalues[k];
            [[l.clone(), l.clone()], [l.clone(), l.clone()]]
        });
        self.gamma[s - 1].clone() * self.alpha[s - 1].square() * value
    }

    /// V_t, (14).
    fn v(&self, t: usize) -> Rational {
        self.observed(1, t, |k| {
            let c = self.signal[k].clone() / self.eigenvalues[k].clone();
            [[c, q("0")], [q("0"), q("0")]]
        })
    }

    /// L_t by the explicit sum (12): every subset t_1 < ... < t_m of {1, ..., t}.
    fn explicit(&self, t: usize) -> Rational {
        let mut total = q("0");
        for subset in 0..(1_usize << t) {
            let mut steps: Vec<usize> = (1..=t).filter(|s| subset >> (s - 1) & 1 == 1).collect();
            steps.push(t + 1);
            let mut term = self.v(steps[0]);
            for pair in steps.windows(2) {
                term *= self.u(pair[1], pair[0]);
            }
            total += term;
        }
        total / q("2")
    }

    /// L_0..L_T by applying F_t of (10) to all blocks, noise and all.
    fn direct(&self) -> Vec<Rational> {
        let count = self.eigenvalues.len();
        let mut blocks: Vec<Block> = (0..count)
            .map(|k| {
                let c = self.signal[k].clone() / self.eigenvalues[k].clone();
                [[c, q("0")], [q("0"), q("0")]]
            })
            .collect();
        let energy = |blocks: &[Block]| {
            let terms = (0..count).map(|k| self.eigenvalues[k].clone() * blocks[k][0][0].clone());
            terms.fold(q("0"), |x, y| x + y)
        };
        let mut loss = vec![energy(&blocks) / q("2")];
        for s in 1..=self.alpha.len() {
            let noise = self.gamma[s - 1].clone() * self.alpha[s - 1].square() * energy(&blocks);
            blocks = (0..count)
                .map(|k| {
                    let added = noise.clone() * self.eigenvalues[k].clone();
                    self.main(s, k, &blocks[k])
                        .map(|row| row.map(|entry| entry + added.clone()))
                })
                .collect();
            loss.push(energy(&blocks) / q("2"));
        }
        loss
    }
}

#[test]
fn the_sum_over_all_subsets_is_the_recursion_is_the_direct_iteration() {
    for tau in ["1", "0", "-1", "1/3"] {
        let model = Model::new(tau);
        let recursion = model.schedule().loss_series(&model.modes());
        assert_eq!(recursion.len(), 6);
        assert_eq!(recursion, model.direct(), "tau = {tau}");
        let explicit: Vec<Rational> = (0..=5).map(|t| model.explicit(t)).collect();
        assert_eq!(recursion, explicit, "tau = {tau}");
    }
}

#[test]
fn u_and_v_of_a_schedule_are_their_definitions() {
    let model = Model::new("1/3");
    let (schedule, modes) = (model.schedule(), model.modes());
    let v: Vec<Rational> = (1..=6).map(|t| model.v(t)).collect();
    assert_eq!(schedule.signal_series(&modes), v);
    for s in 1..=5 {
        let u: Vec<Rational> = (s + 1..=6).map(|t| model.u(t, s)).collect();
        assert_eq!(schedule.noise_series_from(&modes, s), u, "s = {s}");
    }
    assert!(schedule.noise_series_from(&modes, 0).is_empty());
    assert!(schedule.noise_series_from(&modes, 6).is_empty());
}

#[test]
fn a_shifted_schedule_is_another_loss() {
    let model = Model::new("1");
    let mut shifted = Model::new("1");
    shifted.alpha.rotate_left(1);
    let loss = model.schedule().loss_series(&model.modes());
    assert_ne!(shifted.schedule().loss_series(&model.modes()), loss);
}

#[test]
fn a_constant_schedule_is_the_constant_series() {
    let model = Model::new("1");
    let schedule = Schedule::new(
        vec![q("3/2"); 5],
        vec![q("1/2"); 5],
        vec![q("1/10"); 5],
        q("1"),
    )
    .unwrap();
    let p = Parameters {
        learning_rate: q("3/2"),
        momentum: q("1/2"),
        noise_amplitude: q("1/10"),
        tau: q("1"),
    };
    let modes = model.modes();
    assert_eq!(schedule.loss_series(&modes), loss_series(&p, &modes, 6));
    assert_eq!(schedule.signal_series(&modes), signal_series(&p, &modes, 6));
    // U_(t,s) depends on t - s only.
    let u = noise_series(&p, &modes, 5);
    for s in 1..=5 {
        assert_eq!(schedule.noise_series_from(&modes, s), u[..6 - s]);
    }
}

#[test]
fn a_schedule_with_a_missing_step_is_refused() {
    let error = Schedule::new(list("1 1"), list("0"), list("1 1"), q("1")).unwrap_err();
    assert!(error.to_string().contains("got 2, 1 and 2"), "{error}");
}
