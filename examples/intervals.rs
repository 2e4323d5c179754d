//! Outward-rounded intervals against exact arithmetic and balls: any number of corner-biased operations.
//!
//! ```sh
//! cargo run --release --example intervals -- --count 10000000 --seed 1
//! ```
//!
//! Each end of each result is compared with the exact extreme (integers times powers of two, no
//! rounding; exp and ln: balls of 128 bits): it must not lie inside, and moving it inwards by two units in the
//! last place must reach or pass the extreme.
//! Before that, two broken kinds of intervals must be caught: ends rounded to nearest, and ends three
//! units too far out. Exit code 1 on any violation, or if a broken kind passes.

use num_bigint::{BigInt, Sign};
use num_traits::Zero;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::process::ExitCode;
use std::time::Instant;
use tauber::number::ball::{BallOver, Binary};
use tauber::number::{Field, Interval, Real, Ring};

const OPERATIONS: [&str; 8] = ["+", "-", "x", "/", "square", "sqrt", "exp", "ln"];
/// Bits of the balls that exp and ln are compared with.
const BITS: u32 = 128;
/// Operations of one stream of random numbers.
const CHUNK: u64 = 20_000;

/// `mantissa 2^exponent`, exactly.
#[derive(Clone, Debug)]
struct Dyadic {
    mantissa: BigInt,
    exponent: i64,
}

impl Dyadic {
    fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let raised = (bits >> 52 & 0x7ff) as i64;
        let fraction = (bits & ((1 << 52) - 1)) as i64;
        let (mantissa, exponent) = match raised {
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, raised - 1075),
        };
        let mantissa = if value < 0.0 { -mantissa } else { mantissa };
        Self {
            mantissa: mantissa.into(),
            exponent,
        }
    }

    fn times(&self, other: &Self) -> Self {
        Self {
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent + other.exponent,
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let lift = |x: &Self| &x.mantissa << (x.exponent - exponent) as usize;
        Self {
            mantissa: lift(self) + lift(other),
            exponent,
        }
    }

    fn negated(mut self) -> Self {
        self.mantissa = -self.mantissa;
        self
    }

    /// The exact order; numbers of different sign or size are told apart without shifting.
    fn order(&self, other: &Self) -> Ordering {
        let (a, b) = (self.mantissa.sign(), other.mantissa.sign());
        if a != b || a == Sign::NoSign {
            return a.cmp(&b);
        }
        let size = |x: &Self| x.mantissa.bits() as i64 + x.exponent;
        let by_size = size(self).cmp(&size(other));
        if by_size != Ordering::Equal {
            return if a == Sign::Plus {
                by_size
            } else {
                by_size.reverse()
            };
        }
        self.plus(&other.clone().negated())
            .mantissa
            .cmp(&BigInt::zero())
    }
}

/// One exact value that a result must contain.
enum Exact {
    /// numerator/denominator, denominator > 0.
    Fraction(Dyadic, Dyadic),
    /// The square root of a number >= 0.
    Root(Dyadic),
    /// A number that a narrow ball holds.
    Ball(BallOver<Binary>),
    /// Zero from above: e^x for x below the range of balls.
    Vanishing,
    /// Beyond every number.
    Huge,
}

impl Exact {
    fn whole(value: Dyadic) -> Self {
        Self::Fraction(value, Dyadic::of(1.0))
    }

    /// How the value compares with a number (infinite ones allowed).
    fn compare(&self, with: f64) -> Ordering {
        if with.is_infinite() {
            return if with > 0.0 {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
        if let Self::Ball(ball) = self {
            let gap = ball.clone() - BallOver::exact(with);
            // Undecided only where the two agree to 128 bits: an exact value such as e^0.
            return if gap.is_positive() {
                Ordering::Greater
            } else if gap.is_negative() {
                Ordering::Less
            } else {
                Ordering::Equal
            };
        }
        let with = Dyadic::of(with);
        match self {
            Self::Ball(_) | Self::Huge => Ordering::Greater,
            Self::Vanishing if with.mantissa.sign() == Sign::Plus => Ordering::Less,
            Self::Vanishing => Ordering::Greater,
            Self::Fraction(numerator, denominator) => numerator.order(&with.times(denominator)),
            Self::Root(_) if with.mantissa.sign() == Sign::Minus => Ordering::Greater,
            Self::Root(square) => square.order(&with.times(&with)),
        }
    }
}

/// What is computed: the library's intervals, or broken ones.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Library,
    Nearest,
    TooWide,
}

fn compute(kind: Kind, operation: usize, x: Interval, y: Interval) -> Interval {
    let result = match operation {
        0 => x + y,
        1 => x - y,
        2 => x * y,
        3 => x / y,
        4 => x.square(),
        5 => x.sqrt(),
        6 => x.exp(),
        _ => x.ln(),
    };
    let ends = (result.lower(), result.upper());
    let moved = match kind {
        Kind::Library => return result,
        // Undoes the step outwards.
        Kind::Nearest if ends.0 < ends.1 => (ends.0.next_up(), ends.1.next_down()),
        Kind::Nearest => ends,
        Kind::TooWide => (0..3).fold(ends, |e, _| (e.0.next_down(), e.1.next_up())),
    };
    Interval::new(moved.0, moved.1).unwrap_or(result)
}

fn exact(operation: usize, x: Interval, y: Interval) -> Vec<Exact> {
    let ends = |i: Interval| [Dyadic::of(i.lower()), Dyadic::of(i.upper())];
    let ([a, b], [c, d]) = (ends(x), ends(y));
    let products = |of: &dyn Fn(&Dyadic, &Dyadic) -> Exact| {
        vec![of(&a, &c), of(&a, &d), of(&b, &c), of(&b, &d)]
    };
    match operation {
        0 => vec![Exact::whole(a.plus(&c)), Exact::whole(b.plus(&d))],
        1 => vec![
            Exact::whole(a.plus(&d.negated())),
            Exact::whole(b.plus(&c.negated())),
        ],
        2 => products(&|u, v| Exact::whole(u.times(v))),
        3 => products(&|u, v| match v.mantissa.sign() {
            Sign::Minus => Exact::Fraction(u.clone().negated(), v.clone().negated()),
            _ => Exact::Fraction(u.clone(), v.clone()),
        }),
        4 => {
            let mut squares = vec![Exact::whole(a.times(&a)), Exact::whole(b.times(&b))];
            if x.contains(0.0) {
                squares.push(Exact::whole(Dyadic::of(0.0)));
            }
            squares
        }
        5 => vec![Exact::Root(a), Exact::Root(b)],
        6 => vec![exponential(x.lower()), exponential(x.upper())],
        _ => [x.lower(), x.upper()]
            .map(|v| Exact::Ball(BallOver::exact(v).at(BITS).ln()))
            .into(),
    }
}

fn exponential(x: f64) -> Exact {
    if x < -800.0 {
        Exact::Vanishing
    } else if x > 800.0 {
        Exact::Huge
    } else {
        Exact::Ball(BallOver::exact(x).at(BITS).exp())
    }
}

/// Corners: zero, ends of the range, subnormals, ulps around powers of two and around each other.
fn corner(rng: &mut ChaCha8Rng) -> f64 {
    let power = |rng: &mut ChaCha8Rng| 2f64.powi(rng.random_range(-1000..1000));
    let size = match rng.random_range(0..12) {
        0 => 0.0,
        1 => 1.0,
        2 => power(rng),
        3 => power(rng).next_down(),
        4 => power(rng).next_up(),
        5 => f64::MAX,
        6 => f64::MIN_POSITIVE * rng.random::<f64>(),
        7 => 5e-324,
        8 => f64::from_bits(rng.random_range(0..0x7ff0_0000_0000_0000_u64)),
        9 => f64::from(rng.random_range(0..1_000_000_u32)),
        _ => rng.random::<f64>(),
    };
    if rng.random::<bool>() { size } else { -size }
}

fn interval(rng: &mut ChaCha8Rng) -> Interval {
    let x = corner(rng);
    let y = match rng.random_range(0..3) {
        0 => x,
        1 => (0..rng.random_range(1..4)).fold(x, |x: f64, _| x.next_up()),
        _ => corner(rng),
    };
    let y = y.clamp(f64::MIN, f64::MAX);
    Interval::new(x.min(y), x.max(y)).unwrap_or(Interval::WHOLE)
}

/// Within [-reach, reach], a point or a pair.
fn narrow(rng: &mut ChaCha8Rng, reach: f64) -> Interval {
    let mut one = || reach * (2.0 * rng.random::<f64>() - 1.0);
    let (x, y) = (one(), one());
    if rng.random::<bool>() {
        return Interval::point(x);
    }
    Interval::new(x.min(y), x.max(y)).unwrap_or(Interval::WHOLE)
}

/// What happened, for each operation.
#[derive(Clone, Copy, Default)]
struct Tally {
    operations: u64,
    /// An exact value lies outside.
    too_narrow: u64,
    /// An end is more than 2 ulp too far out.
    too_wide: u64,
    /// Ends that are 0, 1 and 2 ulp wider than needed.
    slack: [u64; 3],
}

impl Tally {
    fn merged(self, other: Self) -> Self {
        Self {
            operations: self.operations + other.operations,
            too_narrow: self.too_narrow + other.too_narrow,
            too_wide: self.too_wide + other.too_wide,
            slack: [0, 1, 2].map(|k| self.slack[k] + other.slack[k]),
        }
    }

    /// One end: `outside` and `inside` are the orders of exact value against end that are forbidden
    /// and wanted.
    fn end(&mut self, values: &[Exact], end: f64, forbidden: Ordering, inwards: fn(f64) -> f64) {
        if values.iter().any(|v| v.compare(end) == forbidden) {
            self.too_narrow += 1;
            return;
        }
        // The end could be moved inwards as long as no value is left behind.
        let mut moved = end;
        for slack in &mut self.slack {
            moved = inwards(moved);
            if values.iter().any(|v| v.compare(moved) == forbidden) {
                *slack += 1;
                return;
            }
        }
        self.too_wide += 1;
    }
}

fn run(kind: Kind, count: u64, seed: u64) -> [Tally; OPERATIONS.len()] {
    (0..count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(chunk);
            let mut tallies = [Tally::default(); OPERATIONS.len()];
            for index in 0..CHUNK.min(count - chunk * CHUNK) {
                let operation = (index % OPERATIONS.len() as u64) as usize;
                let tally = &mut tallies[operation];
                tally.operations += 1;
                let (mut x, mut y) = (interval(&mut rng), interval(&mut rng));
                if operation == 3 && !y.invertible() {
                    // A divisor around zero gives the whole line, and says so.
                    if kind == Kind::Library && x / y != Interval::WHOLE {
                        tally.too_narrow += 1;
                    }
                    y = Interval::point(1.0 + rng.random::<f64>());
                }
                if operation == 5 {
                    x = x.abs();
                }
                if operation == 6 && rng.random::<bool>() {
                    // Most corners lie beyond the range of exp.
                    x = narrow(&mut rng, 750.0);
                }
                if operation == 7 {
                    x = x.abs();
                    if x.lower() == 0.0 {
                        // ln of an interval that holds 0 is the whole line.
                        if kind == Kind::Library && x.ln() != Interval::WHOLE {
                            tally.too_narrow += 1;
                        }
                        x = narrow(&mut rng, 1.0).abs();
                    }
                    if x.lower() == 0.0 || rng.random_range(0..4) == 0 {
                        // Where ln vanishes.
                        let near = 1.0 + rng.random_range(-9..9_i32) as f64 * f64::EPSILON / 2.0;
                        x = Interval::point(near);
                    }
                }
                let result = compute(kind, operation, x, y);
                let values = exact(operation, x, y);
                tally.end(&values, result.lower(), Ordering::Less, f64::next_up);
                tally.end(&values, result.upper(), Ordering::Greater, f64::next_down);
            }
            tallies
        })
        .reduce(
            || [Tally::default(); OPERATIONS.len()],
            |mut total, part| {
                for (total, part) in total.iter_mut().zip(part) {
                    *total = total.merged(part);
                }
                total
            },
        )
}

fn argument(name: &str, default: u64) -> Result<u64, String> {
    let list: Vec<String> = std::env::args().collect();
    match list.iter().position(|word| word == name) {
        None => Ok(default),
        Some(index) => list
            .get(index + 1)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| format!("{name} needs a whole number")),
    }
}

fn main() -> ExitCode {
    let (count, seed) = match (argument("--count", 1_000_000), argument("--seed", 1)) {
        (Ok(count), Ok(seed)) => (count, seed),
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("{error}; usage: intervals [--count N] [--seed S]");
            return ExitCode::from(2);
        }
    };
    let bad = |tallies: &[Tally]| -> [u64; 2] {
        let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum();
        [sum(|t| t.too_narrow), sum(|t| t.too_wide)]
    };
    let nearest = bad(&run(Kind::Nearest, 30_000, seed));
    let wide = bad(&run(Kind::TooWide, 30_000, seed));
    println!(
        "self-test, 30000 operations each: rounded to nearest, {} too narrow; three ulp too wide, {} too wide",
        nearest[0], wide[1]
    );
    let start = Instant::now();
    let tallies = run(Kind::Library, count, seed);
    println!(
        "{count} operations, seed {seed}, {:.1} s",
        start.elapsed().as_secs_f64()
    );
    println!("operation   operations  too narrow  too wide  ends 0 / 1 / 2 ulp wider than needed");
    for (name, t) in OPERATIONS.iter().zip(&tallies) {
        println!(
            "{name:<10} {:>11} {:>11} {:>9}  {} / {} / {}",
            t.operations, t.too_narrow, t.too_wide, t.slack[0], t.slack[1], t.slack[2]
        );
    }
    let clean = bad(&tallies) == [0, 0];
    let caught = nearest[0] > 0 && wide[1] > 0;
    println!("{}", if clean && caught { "passed" } else { "FAILED" });
    ExitCode::from(u8::from(!(clean && caught)))
}
