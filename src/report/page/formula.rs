//! A formula in the plain grammar of statements (`a^2*b - 1/2 >= 0`) as MathML.
//!
//! MathML does not break lines, so a formula becomes a row of small `<math>` elements, cut before
//! `+ - > <` and between factors in parentheses: they wrap like words, on a phone and on paper.
//! An exponent belongs to the closing parenthesis before it, as in TeX.

use maud::{Markup, html};

/// One piece with whether a line may break before it.
struct Atom {
    markup: Markup,
    breaks: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Start,
    Number,
    Name,
    Open,
    Close,
    Operator,
}

/// The formula as MathML that wraps; the text itself stays its accessible name.
pub(super) fn formula(text: &str) -> Markup {
    let mut chunks: Vec<Vec<Markup>> = vec![Vec::new()];
    for atom in atoms(text) {
        if atom.breaks {
            chunks.push(Vec::new());
        }
        if let Some(last) = chunks.last_mut() {
            last.push(atom.markup);
        }
    }
    chunks.retain(|chunk| !chunk.is_empty());
    html! {
        span.formula role="math" aria-label=(text) {
            @for (k, chunk) in chunks.iter().enumerate() {
                @if k > 0 { wbr; }
                math { @for part in chunk { (part) } }
            }
        }
    }
}

fn operator(sign: &str, infix: bool) -> Markup {
    let form = if infix { "infix" } else { "prefix" };
    html! { mo form=(form) { (sign) } }
}

fn atoms(text: &str) -> Vec<Atom> {
    let mut out: Vec<Atom> = Vec::new();
    let mut before = Kind::Start;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let mut word = c.to_string();
        let more = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
                    word: &mut String,
                    keep: fn(char) -> bool| {
            while let Some(c) = rest.next_if(|c| keep(*c)) {
                word.push(c);
            }
        };
        let infix = !matches!(before, Kind::Start | Kind::Open | Kind::Operator);
        let (markup, breaks, kind) = match c {
            ' ' | '\t' => continue,
            '0'..='9' => {
                more(&mut rest, &mut word, |c| c.is_ascii_digit() || c == '.');
                match fraction(&mut rest) {
                    Some(below) => (
                        html! { mfrac { mn { (word) } mn { (below) } } },
                        false,
                        Kind::Number,
                    ),
                    None => (html! { mn { (word) } }, false, Kind::Number),
                }
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                more(&mut rest, &mut word, |c| {
                    c.is_ascii_alphanumeric() || c == '_'
                });
                (name(&word), false, Kind::Name)
            }
            '^' => {
                let mut power = String::new();
                more(&mut rest, &mut power, |c| c.is_ascii_digit() || c == ' ');
                let base = out.pop();
                let (base, breaks) =
                    base.map_or((html! { mrow {} }, false), |b| (b.markup, b.breaks));
                (
                    html! { msup { (base) mn { (power.trim()) } } },
                    breaks,
                    before,
                )
            }
            '*' => match (before, rest.clone().find(|c| *c != ' ')) {
                // Two numbers side by side would read as one.
                (Kind::Number, Some('0'..='9')) => (operator("·", true), false, Kind::Operator),
                (Kind::Close, Some('(')) => (html! {}, true, Kind::Start),
                _ => (html! { mo { "\u{2062}" } }, false, Kind::Start),
            },
            '(' => (html! { mo stretchy="false" { "(" } }, false, Kind::Open),
            ')' => (html! { mo stretchy="false" { ")" } }, false, Kind::Close),
            '+' => (operator("+", infix), infix, Kind::Operator),
            '-' => (operator("\u{2212}", infix), infix, Kind::Operator),
            '>' | '<' => {
                let weak = rest.next_if_eq(&'=').is_some();
                let sign = match (c, weak) {
                    ('>', true) => "≥",
                    ('>', false) => ">",
                    (_, true) => "≤",
                    _ => "<",
                };
                (operator(sign, true), true, Kind::Operator)
            }
            '=' => (operator("=", true), true, Kind::Operator),
            '/' => (html! { mo { "/" } }, false, Kind::Operator),
            other => (html! { mtext { (other) } }, false, Kind::Name),
        };
        out.push(Atom { markup, breaks });
        before = kind;
    }
    out
}

/// The digits after a slash, if that is what follows.
fn fraction(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut ahead = rest.clone();
    ahead.next_if_eq(&'/')?;
    let mut below = String::new();
    while let Some(c) = ahead.next_if(char::is_ascii_digit) {
        below.push(c);
    }
    if below.is_empty() {
        return None;
    }
    *rest = ahead;
    Some(below)
}

/// `x`, `x_1`, `s1`, `tau`, `lambda_max`.
fn name(word: &str) -> Markup {
    let (stem, below) = match word.split_once('_') {
        Some((stem, below)) if !stem.is_empty() && !below.is_empty() => (stem, below),
        _ => {
            let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
            (stem, &word[stem.len()..])
        }
    };
    let symbol = greek(stem);
    if below.is_empty() {
        html! { mi { (symbol) } }
    } else if below.bytes().all(|c| c.is_ascii_digit()) {
        html! { msub { mi { (symbol) } mn { (below) } } }
    } else {
        html! { msub { mi { (symbol) } mi { (greek(below)) } } }
    }
}

fn greek(word: &str) -> &str {
    match word {
        "alpha" => "α",
        "beta" => "β",
        "gamma" => "γ",
        "tau" => "τ",
        "lambda" => "λ",
        "kappa" => "κ",
        "nu" => "ν",
        "zeta" => "ζ",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mathml(text: &str) -> String {
        formula(text).into_string()
    }

    #[test]
    fn powers_fractions_names_and_signs() {
        for (text, part) in [
            ("a^2", "<msup><mi>a</mi><mn>2</mn></msup>"),
            (
                "(1 - b)^12",
                "<msup><mo stretchy=\"false\">)</mo><mn>12</mn></msup>",
            ),
            ("1/2*b", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
            ("x_1", "<msub><mi>x</mi><mn>1</mn></msub>"),
            ("tau", "<mi>τ</mi>"),
            ("x - 1", "<mo form=\"infix\">\u{2212}</mo><mn>1</mn>"),
            ("-x", "<math><mo form=\"prefix\">\u{2212}</mo>"),
            ("(-x)", "<mo form=\"prefix\">\u{2212}</mo>"),
            ("2*3", "<mo form=\"infix\">·</mo>"),
            ("x >= 0", "≥"),
        ] {
            assert!(mathml(text).contains(part), "{text}: {}", mathml(text));
        }
    }

    #[test]
    fn lines_may_break_before_signs_and_nowhere_else() {
        assert_eq!(
            mathml("a^2*b + c*(d - e)*(f + 1) > 0")
                .matches("<math>")
                .count(),
            6
        );
        assert_eq!(mathml("-a*b").matches("<math>").count(), 1);
    }

    #[test]
    fn an_unknown_character_is_kept_and_escaped() {
        assert!(mathml("a & b").contains("<mtext>&amp;</mtext>"));
        assert!(!mathml("a \"<b").contains("\"\"<b"));
    }
}
