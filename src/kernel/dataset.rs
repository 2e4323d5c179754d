//! N points with d features and one real target each.

use super::{KernelError, KernelProblem, ntk};

/// Features (row-major, one row a point) and targets; all finite, at least one point and feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    features: Vec<f64>,
    dimension: usize,
    target: Vec<f64>,
}

impl Dataset {
    /// Checks that `features` is a `target.len()` x `dimension` rectangle of finite numbers.
    ///
    /// # Errors
    /// [`KernelError::Shape`], [`KernelError::Target`].
    pub fn new(
        features: Vec<f64>,
        dimension: usize,
        target: Vec<f64>,
    ) -> Result<Self, KernelError> {
        let fits = dimension >= 1
            && !target.is_empty()
            && target.len().checked_mul(dimension) == Some(features.len())
            && features.iter().all(|x| x.is_finite());
        if !fits {
            return Err(KernelError::Shape {
                features: features.iter().filter(|x| x.is_finite()).count(),
                dimension,
                targets: target.len(),
            });
        }
        if let Some((index, &value)) = target.iter().enumerate().find(|(_, y)| !y.is_finite()) {
            return Err(KernelError::Target { index, value });
        }
        Ok(Self {
            features,
            dimension,
            target,
        })
    }

    /// N >= 1.
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// Never true.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// d >= 1.
    pub const fn dimension(&self) -> usize {
        self.dimension
    }

    /// The features, row-major N x d.
    pub fn features(&self) -> &[f64] {
        &self.features
    }

    /// y.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// The first `n` points, `None` unless `1 <= n <= N`.
    pub fn first(&self, n: usize) -> Option<Self> {
        (1..=self.len()).contains(&n).then(|| Self {
            features: self.features[..n * self.dimension].to_vec(),
            dimension: self.dimension,
            target: self.target[..n].to_vec(),
        })
    }

    /// The first `n / classes` points of each class, in the order of the data: a class is a value of
    /// the target, and all classes present take part.
    ///
    /// # Errors
    /// [`KernelError::NotBalanced`]: n = 0 or no multiple of the number of classes, or a class with too
    /// few points.
    pub fn balanced(&self, n: usize) -> Result<Self, KernelError> {
        let mut classes = self.target.clone();
        classes.sort_by(f64::total_cmp);
        classes.dedup();
        let refuse = |reason: String| Err(KernelError::NotBalanced { got: n, reason });
        if n == 0 || !n.is_multiple_of(classes.len()) {
            return refuse(format!(
                "the targets have {} different values, so it must be a positive multiple of that",
                classes.len()
            ));
        }
        let each = n / classes.len();
        let mut taken = vec![0; classes.len()];
        let mut features = Vec::with_capacity(n * self.dimension);
        let mut target = Vec::with_capacity(n);
        for (x, &y) in self.features.chunks_exact(self.dimension).zip(&self.target) {
            let class = classes.partition_point(|c| c.total_cmp(&y).is_lt());
            if taken[class] < each {
                taken[class] += 1;
                features.extend_from_slice(x);
                target.push(y);
            }
        }
        if let Some(class) = taken.iter().position(|&t| t < each) {
            return refuse(format!(
                "{each} of each are needed, and there are {} of class {}",
                taken[class], classes[class]
            ));
        }
        Ok(Self {
            features,
            dimension: self.dimension,
            target,
        })
    }

    /// The kernel problem of the infinite-width ReLU network on these points: K = Theta/N.
    ///
    /// # Errors
    /// [`KernelError::NoConvergence`]; [`KernelError::NotFinite`] if features are so large that
    /// their products overflow.
    pub fn ntk_problem(&self) -> Result<KernelProblem, KernelError> {
        let scale = 1.0 / self.len() as f64;
        let mut kernel = ntk::ntk_matrix(&self.features, self.dimension);
        kernel.iter_mut().for_each(|entry| *entry *= scale);
        KernelProblem::from_kernel(kernel, self.target.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rectangles_of_finite_numbers_are_data() {
        let data = Dataset::new(vec![1.0, 2.0, 3.0, 4.0], 2, vec![5.0, 6.0]).unwrap();
        assert_eq!((data.len(), data.dimension()), (2, 2));
        assert_eq!(data.first(1).unwrap().features(), [1.0, 2.0]);
        assert!(data.first(3).is_none() && data.first(0).is_none());
        assert!(Dataset::new(vec![1.0; 3], 2, vec![5.0, 6.0]).is_err());
        assert!(Dataset::new(vec![], 0, vec![5.0]).is_err());
        assert!(Dataset::new(vec![], 1, vec![]).is_err());
        assert!(Dataset::new(vec![f64::NAN], 1, vec![5.0]).is_err());
        assert!(Dataset::new(vec![1.0], 1, vec![f64::INFINITY]).is_err());
    }
}
