//! The fused, vectorised pass of the SE recursion: update and next reduction together.
//!
//! State, blocked by [`LANES`] nodes (zero-padded): `a = alpha lambda`, `C`, `J`, `P` (the x11, x12,
//! x22 of [`super::se_modes`]) and, only when some multiplicity is not 1, `m`. With
//! `F = gamma sum C` the step of each node is
//!
//! ```text
//! d = beta J - a C,   q = a (m F - g C) - (d + beta J),   P' = beta^2 P + a q,
//! J' = d + P',        C' = C + d + J',                    sum += C'
//! ```
//!
//! which is [`crate::closed_form::per_mode::step`] plus the forcing `a^2 m F`, arranged for fused
//! multiply-adds: 11 vector operations, four loads, three stores. A test holds it against that
//! function. At beta = 0 neither J nor P feeds back and C alone is stepped:
//! `C' = C + a (a ((1 - g) C + m F) - 2 C)`.
//! That is about 1.6 times faster while the nodes fit into the caches near the core (1e3 nodes), and
//! no faster at 1e5.
//!
//! The vector unit is chosen at run time by `pulp`: the last bits may differ between kinds of
//! processors, and at beta = 0 between the two passes.

use super::aligned::Aligned;
use pulp::{Arch, Simd, WithSimd};

/// Nodes in a block: one AVX-512 register, two AVX2 registers.
pub(super) const LANES: usize = 8;
/// Numbers in a block without and with multiplicities.
const PLAIN: usize = 4 * LANES;
const WEIGHTED: usize = 5 * LANES;

/// What one step needs besides the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct PassCoefficients {
    /// beta.
    pub(super) momentum: f64,
    /// g = gamma tau.
    pub(super) noise_tau: f64,
    /// F = gamma sum C.
    pub(super) source: f64,
}

/// The state of all nodes, in cache-line-aligned blocks.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    blocks: Aligned,
    nodes: usize,
    weighted: bool,
}

/// The fields of a node, in their order inside a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// a = alpha lambda.
    Rate = 0,
    /// x11.
    Position = 1,
    /// x12.
    Mixed = 2,
    /// x22.
    Velocity = 3,
    /// m, present only in weighted blocks.
    Multiplicity = 4,
}

impl Lanes {
    /// All fields zero.
    pub(super) fn zeros(nodes: usize, weighted: bool) -> Self {
        let width = if weighted { WEIGHTED } else { PLAIN };
        Self {
            blocks: Aligned::zeros(nodes.div_ceil(LANES) * width),
            nodes,
            weighted,
        }
    }

    fn width(&self) -> usize {
        if self.weighted { WEIGHTED } else { PLAIN }
    }

    fn blocks(&self) -> &[f64] {
        &self.blocks
    }

    fn blocks_mut(&mut self) -> &mut [f64] {
        &mut self.blocks
    }

    /// One field of all nodes, in order.
    pub(super) fn get(&self, field: Field) -> Vec<f64> {
        let width = self.width();
        let blocks = self.blocks();
        (0..self.nodes)
            .map(|k| blocks[k / LANES * width + field as usize * LANES + k % LANES])
            .collect()
    }

    /// Sets one field of the first nodes from `values`.
    pub(super) fn set(&mut self, field: Field, values: impl IntoIterator<Item = f64>) {
        if field == Field::Multiplicity && !self.weighted {
            return;
        }
        let width = self.width();
        let nodes = self.nodes;
        let blocks = self.blocks_mut();
        for (k, value) in (0..nodes).zip(values) {
            blocks[k / LANES * width + field as usize * LANES + k % LANES] = value;
        }
    }

    /// Sum of C, in the order of the pass.
    pub(super) fn sum(&self) -> f64 {
        self.get(Field::Position).iter().sum()
    }

    /// One step of C, J and P; returns the new sum of C.
    pub(super) fn full_pass(&mut self, coefficients: PassCoefficients) -> f64 {
        let weighted = self.weighted;
        let blocks = self.blocks_mut();
        if weighted {
            Arch::new().dispatch(FullPass::<WEIGHTED> {
                blocks,
                coefficients,
            })
        } else {
            Arch::new().dispatch(FullPass::<PLAIN> {
                blocks,
                coefficients,
            })
        }
    }

    /// One step of C alone at beta = 0; J and P keep what they had. Returns the new sum of C.
    pub(super) fn position_pass(&mut self, coefficients: PassCoefficients) -> f64 {
        let weighted = self.weighted;
        let blocks = self.blocks_mut();
        if weighted {
            Arch::new().dispatch(PositionPass::<WEIGHTED> {
                blocks,
                coefficients,
            })
        } else {
            Arch::new().dispatch(PositionPass::<PLAIN> {
                blocks,
                coefficients,
            })
        }
    }

    /// Sets moments of magnitude below `limit` to zero, so that no denormal slows the passes down;
    /// returns the new sum of C (the same bits as before if nothing was so small).
    pub(super) fn flush(&mut self, limit: f64) -> f64 {
        let weighted = self.weighted;
        let blocks = self.blocks_mut();
        if weighted {
            Arch::new().dispatch(Flush::<WEIGHTED> { blocks, limit })
        } else {
            Arch::new().dispatch(Flush::<PLAIN> { blocks, limit })
        }
    }
}

struct FullPass<'a, const WIDTH: usize> {
    blocks: &'a mut [f64],
    coefficients: PassCoefficients,
}

impl<const WIDTH: usize> WithSimd for FullPass<'_, WIDTH> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let PassCoefficients {
            momentum,
            noise_tau,
            source,
        } = self.coefficients;
        let b = simd.splat_f64s(momentum);
        let b2 = simd.splat_f64s(momentum * momentum);
        let g = simd.splat_f64s(noise_tau);
        let f = simd.splat_f64s(source);
        let zero = simd.splat_f64s(0.0);
        let mut sums = [zero; 4];
        let (blocks, _) = self.blocks.as_chunks_mut::<WIDTH>();
        for block in blocks {
            let (rates, rest) = block.split_at_mut(LANES);
            let (positions, rest) = rest.split_at_mut(LANES);
            let (mixed, rest) = rest.split_at_mut(LANES);
            let (velocities, multiplicities) = rest.split_at_mut(LANES);
            let (rates, _) = S::as_simd_f64s(rates);
            let (positions, _) = S::as_mut_simd_f64s(positions);
            let (mixed, _) = S::as_mut_simd_f64s(mixed);
            let (velocities, _) = S::as_mut_simd_f64s(velocities);
            let (multiplicities, _) = S::as_simd_f64s(multiplicities);
            for v in 0..LANES / S::F64_LANES {
                let (a, c, j) = (rates[v], positions[v], mixed[v]);
                let t = simd.mul_f64s(b, j);
                let d = simd.negate_mul_add_f64s(a, c, t);
                let forced = if WIDTH == WEIGHTED {
                    simd.mul_f64s(f, multiplicities[v])
                } else {
                    f
                };
                let h = simd.negate_mul_add_f64s(g, c, forced);
                let q = simd.mul_add_f64s(a, h, simd.neg_f64s(simd.add_f64s(d, t)));
                let p = simd.mul_add_f64s(a, q, simd.mul_f64s(b2, velocities[v]));
                let new_mixed = simd.add_f64s(d, p);
                let new_position = simd.add_f64s(simd.add_f64s(c, d), new_mixed);
                velocities[v] = p;
                mixed[v] = new_mixed;
                positions[v] = new_position;
                sums[v % 4] = simd.add_f64s(sums[v % 4], new_position);
            }
        }
        reduce(simd, sums)
    }
}

struct PositionPass<'a, const WIDTH: usize> {
    blocks: &'a mut [f64],
    coefficients: PassCoefficients,
}

impl<const WIDTH: usize> WithSimd for PositionPass<'_, WIDTH> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let PassCoefficients {
            noise_tau, source, ..
        } = self.coefficients;
        let keep = simd.splat_f64s(1.0 - noise_tau);
        let f = simd.splat_f64s(source);
        let zero = simd.splat_f64s(0.0);
        let mut sums = [zero; 4];
        let (blocks, _) = self.blocks.as_chunks_mut::<WIDTH>();
        for block in blocks {
            let (rates, rest) = block.split_at_mut(LANES);
            let (positions, rest) = rest.split_at_mut(LANES);
            let (_, multiplicities) = rest.split_at_mut(2 * LANES);
            let (rates, _) = S::as_simd_f64s(rates);
            let (positions, _) = S::as_mut_simd_f64s(positions);
            let (multiplicities, _) = S::as_simd_f64s(multiplicities);
            for v in 0..LANES / S::F64_LANES {
                let (a, c) = (rates[v], positions[v]);
                let forced = if WIDTH == WEIGHTED {
                    simd.mul_f64s(f, multiplicities[v])
                } else {
                    f
                };
                let h = simd.mul_add_f64s(keep, c, forced);
                let q = simd.mul_add_f64s(a, h, simd.neg_f64s(simd.add_f64s(c, c)));
                let new_position = simd.mul_add_f64s(a, q, c);
                positions[v] = new_position;
                sums[v % 4] = simd.add_f64s(sums[v % 4], new_position);
            }
        }
        reduce(simd, sums)
    }
}

struct Flush<'a, const WIDTH: usize> {
    blocks: &'a mut [f64],
    limit: f64,
}

impl<const WIDTH: usize> WithSimd for Flush<'_, WIDTH> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let limit = simd.splat_f64s(self.limit);
        let zero = simd.splat_f64s(0.0);
        let mut sums = [zero; 4];
        let (blocks, _) = self.blocks.as_chunks_mut::<WIDTH>();
        for block in blocks {
            let (moments, _) = S::as_mut_simd_f64s(&mut block[LANES..4 * LANES]);
            for x in moments.iter_mut() {
                let tiny = simd.less_than_f64s(simd.abs_f64s(*x), limit);
                *x = simd.select_f64s(tiny, zero, *x);
            }
            for (v, &position) in moments.iter().take(LANES / S::F64_LANES).enumerate() {
                sums[v % 4] = simd.add_f64s(sums[v % 4], position);
            }
        }
        reduce(simd, sums)
    }
}

#[inline(always)]
fn reduce<S: Simd>(simd: S, [s0, s1, s2, s3]: [S::f64s; 4]) -> f64 {
    simd.reduce_sum_f64s(simd.add_f64s(simd.add_f64s(s0, s1), simd.add_f64s(s2, s3)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::per_mode;

    fn example(nodes: usize, weighted: bool) -> Lanes {
        let mut lanes = Lanes::zeros(nodes, weighted);
        let at = |k: usize, s: f64| (1.0 + (k as f64 * s).sin()) * 0.7;
        lanes.set(Field::Rate, (0..nodes).map(|k| at(k, 1.1)));
        lanes.set(Field::Position, (0..nodes).map(|k| at(k, 2.3)));
        lanes.set(Field::Mixed, (0..nodes).map(|k| at(k, 0.7) - 0.5));
        lanes.set(Field::Velocity, (0..nodes).map(|k| at(k, 1.9)));
        lanes.set(Field::Multiplicity, (0..nodes).map(|k| 1.0 + at(k, 5.0)));
        lanes
    }

    #[test]
    fn the_pass_is_the_per_mode_step_with_its_forcing_at_every_remainder() {
        for weighted in [false, true] {
            for nodes in 1..=19 {
                for (momentum, noise_tau) in [(0.6, 0.3), (-0.7, -0.2), (0.0, 0.4)] {
                    let mut lanes = example(nodes, weighted);
                    let fields = [Field::Rate, Field::Position, Field::Mixed, Field::Velocity];
                    let [a, c, j, p] = fields.map(|f| lanes.get(f));
                    let m = if weighted {
                        lanes.get(Field::Multiplicity)
                    } else {
                        vec![1.0; nodes]
                    };
                    let coefficients = PassCoefficients {
                        momentum,
                        noise_tau,
                        source: 0.25,
                    };
                    let mut only_positions = lanes.clone();
                    let sum = lanes.full_pass(coefficients);
                    let mut expected_sum = 0.0;
                    for k in 0..nodes {
                        let forcing = 0.25 * m[k] * a[k] * a[k];
                        let expected =
                            per_mode::step(a[k], momentum, noise_tau, [c[k], j[k], p[k]])
                                .map(|x| x + forcing);
                        let got = [Field::Position, Field::Mixed, Field::Velocity]
                            .map(|f| lanes.get(f)[k]);
                        for (x, y) in expected.iter().zip(got) {
                            assert!((x - y).abs() < 4e-15, "node {k} of {nodes}: {x} {y}");
                        }
                        expected_sum += expected[0];
                    }
                    assert!((sum - expected_sum).abs() < 1e-14 * nodes as f64);
                    if momentum == 0.0 {
                        let fast = only_positions.position_pass(coefficients);
                        assert!((fast - expected_sum).abs() < 1e-14 * nodes as f64);
                    }
                }
            }
        }
    }

    #[test]
    fn flushing_clears_tiny_moments_and_leaves_rates_alone() {
        let mut lanes = example(3, false);
        lanes.set(Field::Rate, [1e-300, 1.0, 1.0]);
        lanes.set(Field::Position, [1e-300, -1e-300, 2.0]);
        assert_eq!(lanes.flush(1e-290), 2.0);
        assert_eq!(lanes.get(Field::Position), [0.0, 0.0, 2.0]);
        assert_eq!(lanes.get(Field::Rate)[0], 1e-300);
    }
}
