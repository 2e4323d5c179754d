//! The exported Redlog files read by a small reader of REDUCE's syntax, since REDUCE itself could not be installed.
//!
//! A file is comments (`%` to the end of the line), then statements, each ended by `;` or `$`. The reader knows what
//! a formula may be: `all({names}, body)`; `impl` binds weaker than `or`, `or` weaker than `and`; one relation
//! of two sums; `+ - * / ^`, numbers and names. Every name must be quantified, every quantified name must occur.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use tauber::certificate::Statement;
use tauber::export::{Format, statement};

/// What a reading found: quantified names, relations, names used.
#[derive(Debug, Default, PartialEq)]
struct Read {
    quantified: Vec<String>,
    used: BTreeSet<String>,
    relations: usize,
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
    read: Read,
}

type Outcome = Result<(), String>;

impl Reader {
    fn next(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.next() == word;
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, word: &str) -> Outcome {
        if self.take(word) {
            return Ok(());
        }
        Err(format!(
            "expected {word:?}, found {:?} at token {}",
            self.next(),
            self.at
        ))
    }

    fn name(&mut self) -> Result<String, String> {
        let word = self.next().to_owned();
        let letters = word.starts_with(|c: char| c.is_ascii_lowercase());
        if !letters || ["all", "and", "or", "impl"].contains(&word.as_str()) {
            return Err(format!("expected a name, found {word:?}"));
        }
        self.at += 1;
        Ok(word)
    }

    fn file(&mut self) -> Outcome {
        for word in [
            "load_package",
            "redlog",
            ";",
            "rlset",
            "reals",
            ";",
            "formula",
            ":=",
            "all",
            "(",
            "{",
        ] {
            self.need(word)?;
        }
        loop {
            let name = self.name()?;
            self.read.quantified.push(name);
            if !self.take(",") {
                break;
            }
        }
        self.need("}")?;
        self.need(",")?;
        self.implication()?;
        for word in [")", "$", "rlqe", "formula", ";", "bye", ";"] {
            self.need(word)?;
        }
        if self.at < self.tokens.len() {
            return Err(format!("{:?} after the end", self.next()));
        }
        Ok(())
    }

    fn implication(&mut self) -> Outcome {
        self.list("or")?;
        if self.take("impl") {
            self.list("or")
        } else {
            Ok(())
        }
    }

    fn list(&mut self, word: &str) -> Outcome {
        loop {
            if word == "or" {
                self.list("and")?
            } else {
                self.atom()?
            }
            if !self.take(word) {
                return Ok(());
            }
        }
    }

    /// A relation, or a formula in parentheses: the parenthesis is tried as part of a relation first.
    fn atom(&mut self) -> Outcome {
        let start = (self.at, self.read.relations, self.read.used.clone());
        let relation = self.relation();
        if relation.is_ok() || self.tokens[start.0] != "(" {
            return relation;
        }
        (self.at, self.read.relations, self.read.used) = start;
        self.need("(")?;
        self.implication()?;
        self.need(")")
    }

    fn relation(&mut self) -> Outcome {
        self.sum()?;
        if ![">", ">=", "<", "<="].contains(&self.next()) {
            return Err(format!(
                "expected a relation, found {:?} at token {}",
                self.next(),
                self.at
            ));
        }
        self.at += 1;
        self.read.relations += 1;
        self.sum()
    }

    fn sum(&mut self) -> Outcome {
        let _ = self.take("-");
        self.chain(&["+", "-"], |r| r.chain(&["*", "/"], Self::power))
    }

    fn chain(&mut self, words: &[&str], part: fn(&mut Self) -> Outcome) -> Outcome {
        part(self)?;
        while words.contains(&self.next()) {
            self.at += 1;
            part(self)?;
        }
        Ok(())
    }

    fn power(&mut self) -> Outcome {
        if self.take("(") {
            self.sum()?;
            self.need(")")?;
        } else if !self.number() {
            let name = self.name()?;
            self.read.used.insert(name);
        }
        if self.take("^") && !self.number() {
            return Err(format!("expected an exponent, found {:?}", self.next()));
        }
        Ok(())
    }

    fn number(&mut self) -> bool {
        let found = !self.next().is_empty() && self.next().bytes().all(|c| c.is_ascii_digit());
        self.at += usize::from(found);
        found
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    for line in text.lines() {
        let code = line.split('%').next().unwrap_or_default();
        let mut rest = code.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let length = if word(first) {
                rest.find(|c| !word(c)).unwrap_or(rest.len())
            } else if [">=", "<=", ":="].iter().any(|two| rest.starts_with(two)) {
                2
            } else if "(){},;$+-*/^<>".contains(first) {
                1
            } else {
                return Err(format!("{first:?} is no character of a formula"));
            };
            tokens.push(rest[..length].to_owned());
            rest = rest[length..].trim_start();
        }
    }
    Ok(tokens)
}

fn read(text: &str) -> Result<Read, String> {
    let mut reader = Reader {
        tokens: tokens(text)?,
        at: 0,
        read: Read::default(),
    };
    reader.file()?;
    let read = reader.read;
    let quantified: BTreeSet<String> = read.quantified.iter().cloned().collect();
    if quantified.len() < read.quantified.len() {
        return Err(format!("a name is quantified twice: {:?}", read.quantified));
    }
    if let Some(free) = read.used.difference(&quantified).next() {
        return Err(format!("{free} is not quantified"));
    }
    Ok(read)
}

fn files(folder: &str) -> Vec<(String, Statement)> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "proofs", folder]
        .iter()
        .collect();
    let one = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (
            path.display().to_string(),
            Statement::from_toml(&text).unwrap(),
        )
    };
    fs::read_dir(path)
        .unwrap()
        .map(|entry| one(entry.unwrap().path()))
        .collect()
}

#[test]
fn every_statement_is_a_closed_formula_of_reduce() {
    let all = [files("statements"), files("false")].concat();
    assert!(all.len() >= 50);
    for (path, s) in all {
        let text = statement(&s, Format::Redlog).unwrap();
        let read = read(&text).unwrap_or_else(|e| panic!("{path}: {e}\n{text}"));
        assert_eq!(read.quantified.len(), s.variables().len(), "{path}");
        assert_eq!(read.used.len(), s.variables().len(), "{path}");
        assert_eq!(read.relations, s.given().len() + s.goals().len(), "{path}");
    }
}

#[test]
fn names_that_reduce_reserves_are_replaced_and_quantified() {
    let text = "title = 't'\nvariables = ['e', 'all', 'X', 'let']\ngiven = ['e > 0', 'all > e']\nany = ['X^2 >= 0', 'let > all']\n";
    let text = statement(&Statement::from_toml(text).unwrap(), Format::Redlog).unwrap();
    let read = read(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!((read.quantified.len(), read.relations), (4, 4));
    assert!(
        ["e", "all", "X", "let"]
            .iter()
            .all(|name| !read.quantified.contains(&(*name).to_owned()))
    );
}

#[test]
fn a_formula_that_is_not_closed_or_not_ended_is_refused() {
    let good = "load_package redlog;\nrlset reals;\nformula := all({x,y}, (x > 0 and y < x) impl (x^2 - 2*y > 0 or (x + y)^2/3 >= 1))$\nrlqe formula;\nbye;\n";
    assert_eq!(read(good).unwrap().relations, 4);
    for (from, to, reason) in [
        (")$", ")", "\"$\""),
        ("y < x)", "y < x", "\")\""),
        (">= 1))", ">= 1)", "\")\""),
        ("{x,y}", "{x}", "y is not quantified"),
        ("{x,y}", "{x,y,x}", "quantified twice"),
        ("{x,y}", "{}", "a name"),
        ("x > 0", "x > 0 > 1", "\")\""),
        ("x > 0", "x", "a relation"),
        ("x > 0", "2x > 0", "a name"),
        ("x > 0", "x = 0", "no character"),
        ("2*y", "2**y", "a name"),
        ("x^2", "x^y", "an exponent"),
        ("impl", "and impl", "a name"),
        ("bye;", "", "\"bye\""),
        ("bye;", "bye; bye;", "after the end"),
        ("rlset reals;", "", "\"rlset\""),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        let error = read(&bad).expect_err(&bad);
        assert!(error.contains(reason), "{bad}: {error}");
    }
}
