//! Mutants of certificates. An operator changes the bytes or the JSON of a certificate; after a change of the statement the hash
//! is made right again (or the hash alone would kill every such mutant). A mutant that the checker accepts for the original's
//! statement must be *equivalent*: `revalidate` re-expands it with arithmetic of its own, at random rational points.

use std::collections::HashMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tauber_checker::canonical;

/// SplitMix64: reproducible from its seed.
pub struct Random(pub u64);

impl Random {
    /// A number below `n` (0 if n = 0).
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % (n.max(1) as u64)) as usize
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }
}

/// The operators by name.
pub const OPERATORS: [&str; 26] = [
    "coefficient numerator +-1",
    "coefficient denominator changed",
    "coefficient sign flipped",
    "coefficient huge denominator",
    "term dropped",
    "term duplicated",
    "terms swapped",
    "factor dropped",
    "factor reference changed",
    "factor exponent changed",
    "factors reordered",
    "square changed",
    "multiplier added or dropped",
    "leaf names another claim",
    "strict made weak or weak strict",
    "branches swapped",
    "node replaced by another",
    "fact or split text changed",
    "hypothesis changed (box side moved)",
    "claim changed",
    "variable renamed or swapped",
    "statement of another certificate",
    "schema, version or key",
    "duplicate key",
    "truncated or extended file",
    "white space or look-alike byte",
];

/// All JSON pointers to values with this key or, for `None`, to every value.
fn pointers(value: &Value, wanted: &dyn Fn(&str, &Value) -> bool) -> Vec<String> {
    fn walk(value: &Value, path: &str, wanted: &dyn Fn(&str, &Value) -> bool, out: &mut Vec<String>) {
        let mut visit = |key: &str, item: &Value| {
            let path = format!("{path}/{key}");
            if wanted(key, item) {
                out.push(path.clone());
            }
            walk(item, &path, wanted, out);
        };
        match value {
            Value::Object(map) => map.iter().for_each(|(key, item)| visit(key, item)),
            Value::Array(list) => list.iter().enumerate().for_each(|(i, item)| visit(&i.to_string(), item)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(value, "", wanted, &mut out);
    out
}

fn rehash(certificate: &mut Value) {
    let hash = Sha256::digest(canonical(&certificate["statement"]));
    certificate["sha256"] = Value::from(hash.iter().map(|b| format!("{b:02x}")).collect::<String>());
}

/// Changes one number, sign, name or operator in a text.
fn mutate_text(text: &str, r: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let places: Vec<usize> = (0..chars.len()).filter(|&i| !chars[i].is_whitespace()).collect();
    let Some(&i) = r.pick(&places) else { return "0".into() };
    chars[i] = match chars[i] {
        '+' => '-',
        '-' => '+',
        '<' => '>',
        '>' => '<',
        '=' => ' ',
        '*' if r.below(2) == 0 => '+',
        c if c.is_ascii_digit() => char::from(b'0' + ((c as u8 - b'0') + 1 + r.below(8) as u8) % 10),
        c if c.is_ascii_alphabetic() => *r.pick(&['a', 'b', 'g', 'z', 'x', 'y', 'q']).unwrap_or(&c),
        _ => *r.pick(&['1', '+', ' ', '^', '(', ')', '*', '/']).unwrap_or(&'0'),
    };
    match r.below(4) {
        0 => format!("{text} + 1/1000000"),
        1 => format!("2*({text})"),
        _ => chars.into_iter().collect(),
    }
}

/// A mutant of `certificate`, or `None` if the operator found nothing to change. `others` are whole certificates.
pub fn mutate(operator: usize, certificate: &[u8], others: &[Vec<u8>], r: &mut Random) -> Option<Vec<u8>> {
    let mut v: Value = serde_json::from_slice(certificate).ok()?;
    let text = String::from_utf8(certificate.to_vec()).ok()?;
    let keyed = |v: &Value, name: &str| pointers(v, &|key, _| key == name);
    let name = OPERATORS[operator];
    match name {
        "coefficient numerator +-1"
        | "coefficient denominator changed"
        | "coefficient sign flipped"
        | "coefficient huge denominator" => {
            let slot = v.pointer_mut(r.pick(&keyed(&v, "coefficient"))?)?;
            let c: BigRational = slot.as_str()?.parse().ok()?;
            let one = BigInt::one();
            *slot = Value::from(match name {
                "coefficient numerator +-1" => {
                    let step = if r.below(2) == 0 { one } else { -one };
                    BigRational::new(c.numer() + step, c.denom().clone()).to_string()
                }
                "coefficient denominator changed" => BigRational::new(c.numer().clone(), c.denom() + one).to_string(),
                "coefficient sign flipped" => (-c).to_string(),
                _ => format!("{}/1{}7", c.numer(), "0".repeat(r.below(6_000))),
            });
        }
        "term dropped" | "term duplicated" | "terms swapped" => {
            let list = v.pointer_mut(r.pick(&keyed(&v, "terms"))?)?.as_array_mut()?;
            let (i, j) = (r.below(list.len()), r.below(list.len()));
            match name {
                _ if list.is_empty() => return None,
                "term dropped" => drop(list.remove(i)),
                "term duplicated" => list.push(list[i].clone()),
                _ => list.swap(i, j),
            }
        }
        "factor dropped" | "factors reordered" | "factor reference changed" | "factor exponent changed" => {
            let full = pointers(&v, &|key, item| {
                (key == "factors" || key == "multiplier") && item.as_array().is_some_and(|l| !l.is_empty())
            });
            let list = v.pointer_mut(r.pick(&full)?)?.as_array_mut()?;
            let (i, j) = (r.below(list.len()), r.below(list.len()));
            match name {
                "factor dropped" => drop(list.remove(i)),
                "factors reordered" => list.swap(i, j),
                "factor reference changed" => list[i][0] = json!(r.below(16)),
                _ => list[i][1] = json!(r.below(5)),
            }
        }
        "square changed" => {
            let pointer = r.pick(&pointers(&v, &|_, item| item.get("coefficient").is_some()))?.clone();
            let term = v.pointer_mut(&pointer)?.as_object_mut()?;
            match term.get("square").and_then(Value::as_str).map(str::to_string) {
                Some(_) if r.below(3) == 0 => drop(term.remove("square")),
                Some(square) => drop(term.insert("square".into(), mutate_text(&square, r).into())),
                None => {
                    drop(term.insert("square".into(), (*r.pick(&["0", "1", "2", "z", "x - y", "1 + 0*x"])?).into()))
                }
            }
        }
        "multiplier added or dropped" => {
            let leaf = v.pointer_mut(r.pick(&pointers(&v, &|_, item| item["rule"] == "identity"))?)?.as_object_mut()?;
            if leaf.remove("multiplier").is_none() {
                leaf.insert("multiplier".into(), json!([[r.below(9), 1 + r.below(2)]]));
            }
        }
        "leaf names another claim" => {
            let leaves = pointers(&v, &|_, item| item["rule"] == "identity");
            v.pointer_mut(r.pick(&leaves)?)?["claim"] = json!(r.below(4));
        }
        "strict made weak or weak strict" => {
            if r.below(2) == 0 {
                let slot = v.pointer_mut(r.pick(&keyed(&v, "strict"))?)?;
                *slot = Value::from(!slot.as_bool()?);
            } else {
                let relations = pointers(&v, &|_, item| item.as_str().is_some_and(|s| s.contains(['<', '>'])));
                let slot = v.pointer_mut(r.pick(&relations)?)?;
                let text = slot.as_str()?;
                *slot = Value::from(if text.contains('=') {
                    text.replace('=', "")
                } else {
                    text.replace('<', "<=").replace('>', ">=")
                });
                rehash(&mut v);
            }
        }
        "branches swapped" => {
            let nodes = pointers(&v, &|_, item| item.get("above").is_some() || item.get("then").is_some());
            let node = v.pointer_mut(r.pick(&nodes)?)?;
            let (a, b) = if node.get("above").is_some() { ("above", "below") } else { ("proof", "then") };
            let first = node[a].take();
            node[a] = node[b].take();
            node[b] = first;
        }
        "node replaced by another" => {
            let nodes = pointers(&v, &|_, item| item.get("rule").is_some());
            let node = v.pointer(r.pick(&nodes)?)?.clone();
            *v.pointer_mut(r.pick(&nodes)?)? =
                if r.below(4) == 0 { json!({"rule": "absurd", "terms": []}) } else { node };
        }
        "fact or split text changed" => {
            let texts = pointers(&v, &|key, item| (key == "fact" || key == "on") && item.is_string());
            let slot = v.pointer_mut(r.pick(&texts)?)?;
            *slot = Value::from(mutate_text(slot.as_str()?, r));
        }
        "hypothesis changed (box side moved)" | "claim changed" => {
            let claim = name == "claim changed";
            let statement = &mut v["statement"];
            let key = if !claim {
                "given"
            } else if statement.get("any").is_some() {
                "any"
            } else {
                "claim"
            };
            let list = statement[key].as_array_mut()?;
            let i = r.below(list.len());
            let slot = list.get_mut(i)?;
            *slot = Value::from(mutate_text(slot.as_str()?, r));
            if r.below(3) == 0 {
                list.remove(i);
            }
            rehash(&mut v);
        }
        "variable renamed or swapped" => {
            let list = v["statement"]["variables"].as_array_mut()?;
            let (i, j) = (r.below(list.len()), r.below(list.len()));
            list.swap(i, j);
            if i == j {
                list[i] = json!("q");
            }
            rehash(&mut v);
        }
        "statement of another certificate" => {
            let other: Value = serde_json::from_slice(r.pick(others)?).ok()?;
            v["statement"] = other["statement"].clone();
            rehash(&mut v);
        }
        "schema, version or key" => match r.below(6) {
            0 => v["schema"] = json!(r.below(4)),
            1 => v["version"] = json!(1),
            2 => v["vacuous"] = json!(v["vacuous"] == false),
            3 => drop(v.as_object_mut()?.remove("sha256")),
            4 => v["sha256"] = json!("0".repeat(64)),
            _ => {
                let objects = pointers(&v, &|_, item| item.is_object());
                v.pointer_mut(r.pick(&objects)?)?["note"] = json!("trust me");
            }
        },
        "duplicate key" => {
            let keys: Vec<usize> = text.match_indices("\":").map(|(i, _)| i).collect();
            let end = *r.pick(&keys)?;
            let start = text[..end].rfind('"')?;
            let member = format!("{}\":{},", &text[start..end], ["0", "null", "false", "[]", "\"1\""][r.below(5)]);
            return Some(format!("{}{member}{}", &text[..start], &text[start..]).into_bytes());
        }
        "truncated or extended file" => {
            let mut bytes = certificate.to_vec();
            match r.below(3) {
                0 => bytes.extend_from_slice([&b"\n"[..], b" ", b"\0", b"{}", b"]"][r.below(5)]),
                1 => bytes.insert(0, *r.pick(b" \n\xef[")?),
                _ => bytes.truncate(r.below(bytes.len())),
            }
            return Some(bytes);
        }
        _ => {
            let at = r.below(text.len());
            let at = (0..=at).rev().find(|&i| text.is_char_boundary(i))?;
            let alike = [" ", "\t", "\u{a0}", "\u{200b}", "\u{feff}", "−", "х", "１", "\\u0020", "\r", "+", "0"];
            let keep = if r.below(2) == 0 { 0 } else { text[at..].chars().next().map_or(0, char::len_utf8) };
            return Some(format!("{}{}{}", &text[..at], r.pick(&alike)?, &text[at + keep..]).into_bytes());
        }
    }
    Some(canonical(&v).into_bytes())
}

/// Values at one rational point: a second, separate reading of texts and of the four rules.
struct Point<'a> {
    at: HashMap<&'a str, BigRational>,
    /// A second point: a polynomial with the same value at both is taken for a constant.
    other: Option<&'a Point<'a>>,
}

impl Point<'_> {
    /// Evaluates a polynomial text by splitting it at its last operator of lowest precedence.
    fn value(&self, text: &str) -> Option<BigRational> {
        let text = text.trim_matches([' ', '\t']);
        let (mut depth, mut sum, mut product, mut power) = (0, None, None, None);
        for (i, c) in text.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                '+' | '-' if depth == 0 => sum = Some((i, c)),
                '*' | '/' if depth == 0 => product = Some((i, c)),
                '^' if depth == 0 => power = Some(i),
                _ => {}
            }
        }
        if let Some((i, c)) = sum {
            let left = text[..i].trim_matches([' ', '\t']);
            let left = if left.is_empty() { BigRational::zero() } else { self.value(left)? };
            let right = self.value(&text[i + 1..])?;
            return Some(if c == '+' { left + right } else { left - right });
        }
        if let Some((i, c)) = product {
            let (left, right) = (self.value(&text[..i])?, self.value(&text[i + 1..])?);
            return if c == '*' { Some(left * right) } else { (!right.is_zero()).then(|| left / right) };
        }
        if let Some(i) = power {
            let (base, exponent) =
                (self.value(&text[..i])?, text[i + 1..].trim_matches([' ', '\t']).parse::<u32>().ok()?);
            return Some((0..exponent).fold(BigRational::one(), |p, _| p * &base));
        }
        if let Some(inner) = text.strip_prefix('(') {
            return self.value(inner.strip_suffix(')')?);
        }
        if let Some(value) = self.at.get(text) {
            return Some(value.clone());
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let numerator: BigInt = format!("{whole}{fraction}").parse().ok()?;
        Some(BigRational::new(numerator, BigInt::from(10).pow(fraction.len() as u32)))
    }

    /// (value, strict) of a relation.
    fn relation(&self, text: &str) -> Option<(BigRational, bool)> {
        let i = text.find(['<', '>'])?;
        let weak = text[i + 1..].starts_with('=');
        let (left, right) = (self.value(&text[..i])?, self.value(&text[i + 1 + usize::from(weak)..])?);
        Some((if text[i..].starts_with('>') { left - right } else { right - left }, !weak))
    }

    /// The sum of the terms and whether one of them is strict.
    fn sum(&self, terms: &Value, scope: &[(BigRational, bool)]) -> Option<(BigRational, bool)> {
        let (mut total, mut positive) = (BigRational::zero(), false);
        for term in terms.as_array()? {
            let c: BigRational = term["coefficient"].as_str()?.parse().ok()?;
            let (mut value, mut strict) = self.product(&term["factors"], scope)?;
            if let Some(square) = term.get("square") {
                let root = self.value(square.as_str()?)?;
                strict &= !root.is_zero() && self.other?.value(square.as_str()?)? == root;
                value *= &root * &root;
            }
            positive |= strict && c.is_positive();
            total += if c.is_positive() { c * value } else { return None };
        }
        Some((total, positive))
    }

    fn product(&self, factors: &Value, scope: &[(BigRational, bool)]) -> Option<(BigRational, bool)> {
        let (mut value, mut strict) = (BigRational::one(), true);
        for pair in factors.as_array()? {
            let (relation, relation_strict) = scope.get(usize::try_from(pair[0].as_u64()?).ok()?)?;
            value *= (0..pair[1].as_u64()?).fold(BigRational::one(), |p, _| p * relation);
            strict &= *relation_strict;
        }
        Some((value, strict))
    }

    /// Some(()) if every identity below this node holds at this point, with its signs and scopes.
    fn node(&self, v: &Value, scope: &[(BigRational, bool)], goals: &HashMap<u64, (BigRational, bool)>) -> Option<()> {
        let with = |value, strict| [scope, &[(value, strict)]].concat();
        match v["rule"].as_str()? {
            "identity" => {
                let (p, strict) = goals.get(&v["claim"].as_u64()?)?;
                let (m, m_strict) = self.product(v.get("multiplier").unwrap_or(&json!([])), scope)?;
                let (sum, positive) = self.sum(&v["terms"], scope)?;
                (m_strict && m * p == sum && (positive || !strict)).then_some(())
            }
            "absurd" => self.sum(&v["terms"], scope).filter(|(sum, positive)| sum.is_zero() && *positive).map(|_| ()),
            "split" => {
                let q = self.value(v["on"].as_str()?)?;
                self.node(&v["above"], &with(q.clone(), v["strict"].as_bool()?), goals)?;
                self.node(&v["below"], &with(-q, false), goals)
            }
            "fact" => {
                let (p, strict) = self.relation(v["fact"].as_str()?)?;
                self.node(&v["proof"], scope, &HashMap::from([(0, (p.clone(), strict))]))?;
                self.node(&v["then"], &with(p, strict), goals)
            }
            _ => None,
        }
    }
}

/// Whether an accepted mutant proves the same statement as the original, by evaluating every identity of it at `points` random
/// rational points (a false identity of degree <= 64 survives one point of 2^40 values with chance below 10^-10).
pub fn revalidate(mutant: &[u8], original: &[u8], points: usize, r: &mut Random) -> Option<()> {
    let v: Value = serde_json::from_slice(mutant).ok()?;
    let original: Value = serde_json::from_slice(original).ok()?;
    if v["statement"] != original["statement"] {
        return None;
    }
    let s = &v["statement"];
    for _ in 0..points {
        let mut random_point = || -> Option<HashMap<&str, BigRational>> {
            let names = s["variables"].as_array()?.iter().filter_map(Value::as_str);
            let coordinate = |name| {
                let numerator = BigInt::from(r.below(1 << 40)) - BigInt::from(1_u64 << 39);
                (name, BigRational::new(numerator, BigInt::from(1 + r.below(1000))))
            };
            Some(names.map(coordinate).collect())
        };
        let other = Point { at: random_point()?, other: None };
        let point = Point { at: random_point()?, other: Some(&other) };
        let read = |list: &Value| -> Option<Vec<(BigRational, bool)>> {
            list.as_array()?.iter().map(|t| point.relation(t.as_str()?)).collect()
        };
        let scope = read(&s["given"])?;
        let goals: Vec<(u64, (BigRational, bool))> =
            (0..).zip(read(if s.get("any").is_some() { &s["any"] } else { &s["claim"] })?).collect();
        let proofs = v["proofs"].as_array()?;
        if v["vacuous"] == true {
            point.node(proofs.first()?, &scope, &HashMap::new())?;
        } else if s.get("any").is_some() {
            point.node(proofs.first()?, &scope, &goals.into_iter().collect())?;
        } else {
            for (i, goal) in goals {
                point.node(proofs.get(usize::try_from(i).ok()?)?, &scope, &HashMap::from([(i, goal)]))?;
            }
        }
    }
    Some(())
}
