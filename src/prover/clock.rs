//! Deadlines, interrupts, and the record of what was tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What one strategy did, over the whole search.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The strategy.
    pub strategy: &'static str,
    /// How often it was called.
    pub calls: usize,
    /// How often it succeeded.
    pub successes: usize,
    /// Size of what it looked at: columns, terms, cases or points.
    pub nodes: usize,
    /// The highest total degree it met.
    pub degree: u32,
    /// Time spent.
    pub seconds: f64,
    /// Why it stopped, in words.
    pub stopped: String,
}

/// Knows when to stop, and keeps the record.
#[derive(Debug)]
pub struct Clock {
    end: Option<Instant>,
    interrupt: Option<Arc<AtomicBool>>,
    attempts: Vec<Attempt>,
    irrational: Vec<String>,
}

impl Clock {
    /// Starts now.
    pub fn new(time: Option<Duration>, interrupt: Option<Arc<AtomicBool>>) -> Self {
        Self {
            end: time.and_then(|t| Instant::now().checked_add(t)),
            interrupt,
            attempts: Vec::new(),
            irrational: Vec::new(),
        }
    }

    /// Whether the caller asked to stop.
    pub fn interrupted(&self) -> bool {
        let flag = self.interrupt.as_ref();
        flag.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// Whether time is up or the caller asked to stop.
    pub fn over(&self) -> bool {
        self.interrupted() || self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// Runs a part of the search that may take at most `time`.
    pub fn within<T>(&mut self, time: Duration, part: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.end;
        let own = Instant::now().checked_add(time);
        self.end = match (outer, own) {
            (Some(outer), Some(own)) => Some(outer.min(own)),
            (outer, own) => outer.or(own),
        };
        let result = part(self);
        self.end = outer;
        result
    }

    /// Runs a part that has `time` of its own, even if the deadline has passed; an interrupt ends it.
    pub fn beyond<T>(&mut self, time: Duration, part: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.end;
        self.end = Instant::now().checked_add(time);
        let result = part(self);
        self.end = outer;
        result
    }

    /// Adds one call to the record.
    pub fn record(
        &mut self,
        strategy: &'static str,
        start: Instant,
        nodes: usize,
        degree: u32,
        outcome: Result<(), &str>,
    ) {
        let seconds = start.elapsed().as_secs_f64();
        let place = self.attempts.iter().position(|a| a.strategy == strategy);
        let place = place.unwrap_or_else(|| {
            self.attempts.push(Attempt {
                strategy,
                calls: 0,
                successes: 0,
                nodes: 0,
                degree: 0,
                seconds: 0.0,
                stopped: String::new(),
            });
            self.attempts.len() - 1
        });
        let attempt = &mut self.attempts[place];
        attempt.calls += 1;
        attempt.nodes += nodes;
        attempt.degree = attempt.degree.max(degree);
        attempt.seconds += seconds;
        match outcome {
            Ok(()) => {
                attempt.successes += 1;
                attempt.stopped = "found".to_owned();
            }
            Err(why) => attempt.stopped = why.to_owned(),
        }
    }

    /// How the last call of a strategy ended.
    pub fn last(&self, strategy: &str) -> Option<&str> {
        let attempt = self.attempts.iter().find(|a| a.strategy == strategy)?;
        Some(&attempt.stopped)
    }

    /// Notes that a goal is a sum of squares in floats whose kernel has no short rationals.
    pub fn note_irrational(&mut self, goal: String) {
        if self.irrational.len() < 32 && !self.irrational.contains(&goal) {
            self.irrational.push(goal);
        }
    }

    /// Whether that was noted of this goal.
    pub fn is_irrational(&self, goal: &str) -> bool {
        self.irrational.iter().any(|g| g == goal)
    }

    /// The record.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}
