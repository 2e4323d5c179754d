//! The unknowns and equations of a Gram search: bases of the s_j, their products, one equation for each monomial.

use super::gram_solver::{Equations, Place};
use super::scope::Scope;
use crate::number::{Rational, Ring, rational_to_f64};
use crate::polynomial::{Exponents, Polynomial};
use std::collections::BTreeMap;

/// The largest number of basis polynomials, over all blocks.
pub(super) const MAX_SIZE: usize = 32;

/// The largest number of monomials (equations).
const MAX_ROWS: usize = 160;

/// One `h_j` with its basis.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) factors: Vec<(usize, u32)>,
    pub(super) weight: Polynomial,
    pub(super) basis: Vec<Polynomial>,
}

impl Block {
    /// `weight b_a b_b` for a <= b, at `[a][b - a]`.
    pub(super) fn products(&self) -> Vec<Vec<Polynomial>> {
        let mut result = Vec::with_capacity(self.basis.len());
        for (a, left) in self.basis.iter().enumerate() {
            let left = self.weight.clone() * left.clone();
            let right = self.basis[a..].iter();
            result.push(right.map(|b| left.clone() * b.clone()).collect());
        }
        result
    }
}

/// Monomials within a box of degrees and a total degree.
fn monomials(limits: &[u16], total: u32) -> Vec<Exponents> {
    let mut list = vec![Exponents::from_elem(0, limits.len())];
    for (k, &limit) in limits.iter().enumerate() {
        let mut longer = Vec::new();
        for e in &list {
            let used: u32 = e.iter().map(|&d| u32::from(d)).sum();
            for d in 0..=u32::from(limit).min(total.saturating_sub(used)) {
                let mut e = e.clone();
                e[k] = d as u16;
                longer.push(e);
            }
        }
        if longer.len() > 4_000 {
            return Vec::new();
        }
        list = longer;
    }
    list
}

fn degrees(p: &Polynomial) -> Vec<u16> {
    let names = p.variables().iter();
    names.map(|x| p.degree_in(x)).collect()
}

/// The blocks with monomial bases; the reason if there are too many.
pub(super) fn blocks(
    scope: &Scope,
    target: &Polynomial,
    strict: bool,
    level: usize,
) -> Result<Vec<Block>, &'static str> {
    let one = Polynomial::one()
        .over(&scope.variables)
        .ok_or("no variables")?;
    let mut weights = vec![(Vec::new(), one.clone())];
    let even = |d: u32| d + d % 2;
    let mut total = even(target.total_degree());
    let mut limits = degrees(target);
    let related: Vec<usize> = (0..scope.entries.len())
        .filter(|&k| {
            let own = scope.entries[k].float.degrees();
            own.iter()
                .zip(degrees(target))
                .any(|(d, t)| *d > 0 && t > 0)
        })
        .collect();
    for &k in &related {
        let p = &scope.entries[k].inequality.polynomial;
        total = total.max(even(p.total_degree()));
        for (limit, d) in limits.iter_mut().zip(scope.entries[k].float.degrees()) {
            *limit = (*limit).max(*d);
        }
        weights.push((
            vec![(k, 1)],
            p.over(&scope.variables).ok_or("no variables")?,
        ));
    }
    if level > 0 {
        for (i, &k) in related.iter().enumerate() {
            for &l in &related[i + 1..] {
                let factors = vec![(k, 1), (l, 1)];
                let product = scope.product(&factors);
                weights.push((factors, product));
            }
        }
    }
    let limits: Vec<u16> = limits.iter().map(|d| d + d % 2).collect();
    let mut list = Vec::new();
    for (factors, weight) in weights {
        let own = degrees(&weight);
        let fits = weight.total_degree() <= total && own.iter().zip(&limits).all(|(d, l)| d <= l);
        if !fits {
            continue;
        }
        let half: Vec<u16> = limits.iter().zip(&own).map(|(l, d)| (l - d) / 2).collect();
        let basis = monomials(&half, (total - weight.total_degree()) / 2);
        if basis.is_empty() {
            return Err("too many monomials");
        }
        let basis = basis
            .into_iter()
            .map(|e| Polynomial::from_terms(&scope.variables, [(e, Ring::one())]));
        if strict && scope.strict(&factors) {
            list.push(Block {
                factors: factors.clone(),
                weight: weight.clone(),
                basis: vec![one.clone()],
            });
        }
        list.push(Block {
            factors,
            weight,
            basis: basis.collect(),
        });
        if list.iter().map(|b| b.basis.len()).sum::<usize>() > 8 * MAX_SIZE {
            return Err("too many monomials");
        }
    }
    Ok(list)
}

/// The equations, one for each monomial.
fn rows(products: &[Vec<Vec<Polynomial>>]) -> BTreeMap<Exponents, Vec<Place>> {
    let mut rows: BTreeMap<Exponents, Vec<Place>> = BTreeMap::new();
    for (k, block) in products.iter().enumerate() {
        for (a, row) in block.iter().enumerate() {
            for (offset, p) in row.iter().enumerate() {
                for (e, c) in p.terms() {
                    let place = (k, a, a + offset, rational_to_f64(c));
                    rows.entry(e.clone()).or_default().push(place);
                }
            }
        }
    }
    rows
}

/// Leaves out basis elements that no Gram matrix can use: where a monomial that the target does not
/// have comes from squares alone, all with the same sign.
pub(super) fn pruned(mut blocks: Vec<Block>, target: &Polynomial) -> Vec<Block> {
    let wanted: BTreeMap<Exponents, Rational> = target
        .terms()
        .map(|(e, c)| (e.clone(), c.clone()))
        .collect();
    loop {
        let products: Vec<_> = blocks.iter().map(Block::products).collect();
        let mut useless: Vec<Vec<bool>> =
            blocks.iter().map(|b| vec![false; b.basis.len()]).collect();
        let mut found = false;
        for (e, places) in rows(&products) {
            let diagonal = places.iter().all(|(_, a, b, _)| a == b);
            let above = places.iter().all(|p| p.3 > 0.0);
            let below = places.iter().all(|p| p.3 < 0.0);
            if diagonal && (above || below) && !wanted.contains_key(&e) {
                found = true;
                for (k, a, _, _) in places {
                    useless[k][a] = true;
                }
            }
        }
        if !found {
            return blocks;
        }
        for (block, useless) in blocks.iter_mut().zip(&useless) {
            let mut flags = useless.iter();
            block.basis.retain(|_| flags.next() == Some(&false));
        }
        blocks.retain(|b| !b.basis.is_empty());
    }
}

/// The linear conditions on the Gram matrices.
pub(super) fn equations(
    blocks: &[Block],
    products: &[Vec<Vec<Polynomial>>],
    target: &Polynomial,
) -> Result<Equations, &'static str> {
    let rows = rows(products);
    if rows.len() > MAX_ROWS {
        return Err("too many monomials");
    }
    let mut wanted: BTreeMap<&Exponents, f64> = BTreeMap::new();
    let mut scale = 0.0_f64;
    for (e, c) in target.terms() {
        if !rows.contains_key(e) {
            return Err("a monomial that no product has");
        }
        let c = rational_to_f64(c);
        scale = scale.max(c.abs());
        wanted.insert(e, c);
    }
    let target = rows.keys().map(|e| wanted.get(e).copied().unwrap_or(0.0));
    let target = target.map(|c| c / scale).collect();
    Ok(Equations {
        sizes: blocks.iter().map(|b| b.basis.len()).collect(),
        target,
        rows: rows.into_values().collect(),
    })
}
