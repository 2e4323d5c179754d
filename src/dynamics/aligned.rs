//! Numbers that begin at a cache line, so that no vector crosses one.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line.
const LINE: usize = 64;

/// A fixed number of numbers, zero at first, aligned to a cache line where the allocator's address can be
/// known (it may not be; everything is correct unaligned too).
#[derive(Debug)]
pub(super) struct Aligned {
    storage: Vec<f64>,
    start: usize,
    len: usize,
}

impl Aligned {
    pub(super) fn zeros(len: usize) -> Self {
        let storage = vec![0.0; len + LINE / size_of::<f64>()];
        let offset = storage.as_ptr().align_offset(LINE);
        Self {
            start: if offset + len <= storage.len() {
                offset
            } else {
                0
            },
            storage,
            len,
        }
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        // A copy lies elsewhere in memory, so its offset is another one.
        let mut copy = Self::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl Deref for Aligned {
    type Target = [f64];

    #[inline(always)]
    fn deref(&self) -> &[f64] {
        &self.storage[self.start..self.start + self.len]
    }
}

impl DerefMut for Aligned {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.storage[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_a_line_and_copies_too() {
        for len in [1, 7, 8, 1000] {
            let mut numbers = Aligned::zeros(len);
            numbers[len - 1] = 2.0;
            let copy = numbers.clone();
            for list in [&numbers, &copy] {
                assert_eq!(list.as_ptr() as usize % LINE, 0);
                assert_eq!((list.len(), list[len - 1]), (len, 2.0));
            }
        }
    }
}
