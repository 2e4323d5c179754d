//! One NumPy array as a list of f64.
//!
//! ```text
//! "\x93NUMPY" major minor  length (u16 for version 1, u32 for 2 and 3)
//! {'descr': '<f8', 'fortran_order': False, 'shape': (3,), }   padded by blanks and a newline
//! data
//! ```

use super::FileProblem;

/// Headers longer than this are damage, not dtype descriptions.
const HEADER_LIMIT: usize = 1 << 20;

fn damaged(reason: impl Into<String>) -> FileProblem {
    FileProblem::Damaged {
        format: "npy",
        reason: reason.into(),
    }
}

/// Reads a list of numbers; `array` names it in errors.
pub(super) fn list(bytes: &[u8], array: &str) -> Result<Vec<f64>, FileProblem> {
    let (text, data) = split(bytes)?;
    let header = Header::parse(text)?;
    let shape = || {
        let dimensions: Vec<String> = header.shape.iter().map(u64::to_string).collect();
        match dimensions.as_slice() {
            [one] => format!("({one},)"),
            many => format!("({})", many.join(", ")),
        }
    };
    let Some(descr) = &header.descr else {
        return Err(FileProblem::Dtype {
            array: array.to_owned(),
            dtype: "with named fields".to_owned(),
        });
    };
    let element = Element::of(descr).map_err(|object| {
        let (array, dtype) = (array.to_owned(), format!("'{descr}'"));
        if object {
            FileProblem::ObjectArray { array, dtype }
        } else {
            FileProblem::Dtype { array, dtype }
        }
    })?;
    // A row or a column is a list, in C as in Fortran order.
    if header.shape.iter().filter(|&&d| d != 1).count() > 1 {
        return Err(FileProblem::Shape {
            array: array.to_owned(),
            shape: shape(),
        });
    }
    let count: u64 = header.shape.iter().product();
    let expected = count.checked_mul(element.size as u64);
    if expected != Some(data.len() as u64) {
        return Err(FileProblem::Length {
            array: array.to_owned(),
            expected: expected.unwrap_or(u64::MAX),
            found: data.len() as u64,
        });
    }
    data.chunks_exact(element.size)
        .enumerate()
        .map(|(index, chunk)| {
            element
                .decode(chunk)
                .map_err(|value| FileProblem::LargeInteger {
                    array: array.to_owned(),
                    index,
                    value,
                })
        })
        .collect()
}

/// The header's text and the data behind it.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), FileProblem> {
    let rest = bytes
        .strip_prefix(b"\x93NUMPY")
        .ok_or_else(|| damaged("it does not start with \\x93NUMPY"))?;
    let (length, start) = match rest {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 4),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
        [major @ 1..=3, ..] => {
            return Err(damaged(format!(
                "it ends inside the header (version {major})"
            )));
        }
        [major, ..] => return Err(damaged(format!("unknown version {major}, 1 to 3 are read"))),
        [] => return Err(damaged("it ends inside the header")),
    };
    let text = rest
        .get(start..)
        .filter(|_| length <= HEADER_LIMIT)
        .and_then(|rest| rest.get(..length))
        .ok_or_else(|| damaged("it ends inside the header"))?;
    let text = std::str::from_utf8(text).map_err(|_| damaged("the header is not text"))?;
    Ok((text, &rest[start + length..]))
}

/// The three entries of a header; `descr` is absent for a dtype with named fields.
struct Header {
    descr: Option<String>,
    shape: Vec<u64>,
}

impl Header {
    fn parse(text: &str) -> Result<Self, FileProblem> {
        let mut cursor = Cursor { rest: text };
        let (mut descr, mut order, mut shape) = (None, false, None);
        cursor.expect('{')?;
        while !cursor.take('}') {
            let key = cursor.quoted()?;
            cursor.expect(':')?;
            match key {
                "descr" if cursor.peek() == Some('[') => {
                    // Named fields: no list of numbers, whatever follows.
                    return Ok(Self {
                        descr: None,
                        shape: vec![],
                    });
                }
                "descr" => descr = Some(cursor.quoted()?.to_owned()),
                "fortran_order" => {
                    if !(cursor.word("True") || cursor.word("False")) {
                        return Err(damaged("fortran_order in the header is not True or False"));
                    }
                    order = true;
                }
                "shape" => shape = Some(cursor.tuple()?),
                _ => return Err(damaged(format!("unknown key '{key}' in the header"))),
            }
            if !cursor.take(',') && cursor.peek() != Some('}') {
                return Err(damaged("the header is not a dictionary"));
            }
        }
        match (descr, order, shape) {
            (Some(descr), true, Some(shape)) => Ok(Self {
                descr: Some(descr),
                shape,
            }),
            _ => Err(damaged(
                "the header lacks one of 'descr', 'fortran_order', 'shape'",
            )),
        }
    }
}

/// What is left of a header's text.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), FileProblem> {
        if self.take(wanted) {
            return Ok(());
        }
        Err(damaged(format!(
            "the header should have `{wanted}` before `{}`",
            self.rest.trim_end().chars().take(20).collect::<String>()
        )))
    }

    fn word(&mut self, word: &str) -> bool {
        self.peek();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn quoted(&mut self) -> Result<&'a str, FileProblem> {
        let quote = self.peek().filter(|c| matches!(c, '\'' | '"'));
        let parts = quote.and_then(|quote| self.rest[1..].split_once(quote));
        let (inside, rest) =
            parts.ok_or_else(|| damaged("the header has no quoted text where it should"))?;
        self.rest = rest;
        Ok(inside)
    }

    fn tuple(&mut self) -> Result<Vec<u64>, FileProblem> {
        self.expect('(')?;
        let mut values = Vec::new();
        while !self.take(')') {
            self.peek();
            let end = self
                .rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.rest.len());
            let value = self.rest[..end]
                .parse()
                .map_err(|_| damaged("the shape in the header is not a tuple of integers"))?;
            self.rest = &self.rest[end..];
            values.push(value);
            if !self.take(',') && self.peek() != Some(')') {
                return Err(damaged(
                    "the shape in the header is not a tuple of integers",
                ));
            }
        }
        Ok(values)
    }
}

/// An element type that is read.
struct Element {
    kind: Kind,
    size: usize,
    big_endian: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

impl Element {
    /// From `<f8` and the like; `Err(true)` for object arrays, `Err(false)` for the rest.
    fn of(descr: &str) -> Result<Self, bool> {
        let (big_endian, code) = match descr.strip_prefix(['<', '|', '=']) {
            Some(code) => (false, code),
            None => match descr.strip_prefix('>') {
                Some(code) => (true, code),
                None => (false, descr),
            },
        };
        let kind = match code.chars().next() {
            Some('f') => Kind::Float,
            Some('i') => Kind::Signed,
            Some('u') => Kind::Unsigned,
            other => return Err(other == Some('O')),
        };
        let size = match (kind, &code[1..]) {
            (Kind::Float, "2") | (Kind::Signed | Kind::Unsigned, "2") => 2,
            (_, "4") => 4,
            (_, "8") => 8,
            (Kind::Signed | Kind::Unsigned, "1") => 1,
            _ => return Err(false),
        };
        Ok(Self {
            kind,
            size,
            big_endian,
        })
    }

    /// The value of `size` bytes, exactly; `Err` for an integer that no f64 is equal to.
    fn decode(&self, chunk: &[u8]) -> Result<f64, i128> {
        let mut bits = 0_u64;
        for (i, &byte) in chunk.iter().enumerate() {
            let place = if self.big_endian {
                self.size - 1 - i
            } else {
                i
            };
            bits |= u64::from(byte) << (8 * place);
        }
        let integer = match (self.kind, self.size) {
            (Kind::Float, 2) => return Ok(half(bits as u16)),
            (Kind::Float, 4) => return Ok(f64::from(f32::from_bits(bits as u32))),
            (Kind::Float, _) => return Ok(f64::from_bits(bits)),
            (Kind::Unsigned, _) => i128::from(bits),
            (Kind::Signed, size) => {
                let unused = 64 - 8 * size as u32;
                i128::from((bits << unused) as i64 >> unused)
            }
        };
        let value = integer as f64;
        if value as i128 == integer {
            Ok(value)
        } else {
            Err(integer)
        }
    }
}

/// An IEEE half-precision number.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2.0_f64.powi(exponent - 15),
    }
}
