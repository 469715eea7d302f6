//! The byte stream that a decoder core is given: slice after slice, without a gap.

use crate::vectors::Vector;

/// The position in the byte stream.
pub(super) struct Feed<'a> {
    vectors: &'a [&'a Vector],
    /// The vector whose bytes come next, how many of them were taken, and where they end.
    vector: usize,
    taken: usize,
    end: usize,
    /// The vector whose bytes come after these.
    then: usize,
    /// The bytes that come are the rest of a slice that was cut short.
    is_rest: bool,
    /// The next byte is on the ports and has to stay there.
    pub(super) held: bool,
    /// The number of slices that the core has begun and of which it has taken no byte.
    begun: u32,
}

impl<'a> Feed<'a> {
    pub(super) fn new(vectors: &'a [&'a Vector]) -> Feed<'a> {
        let (vector, taken, end, then) = (0, 0, 0, 0);
        let mut feed = Feed { vectors, vector, taken, end, then, is_rest: false, held: false, begun: 0 };
        feed.open(0);
        feed
    }

    fn open(&mut self, vector: usize) {
        (self.vector, self.taken, self.then, self.is_rest) = (vector, 0, vector + 1, false);
        self.end = self.vectors.get(vector).map_or(0, |vector| vector.bytes.len());
    }

    /// The next byte, and whether it is the last of its slice.
    pub(super) fn next(&self) -> Option<(u8, bool)> {
        let byte = self.vectors.get(self.vector)?.bytes.get(self.taken)?;
        Some((*byte, self.taken + 1 == self.end))
    }

    /// The core begins the next slice.
    pub(super) fn begin_slice(&mut self) {
        self.begun += 1;
    }

    /// The core takes the next byte.
    ///
    /// # Errors
    /// If the byte belongs to a slice that the core has not begun.
    pub(super) fn take(&mut self) -> Result<(), String> {
        if self.taken == 0 {
            self.begun = self
                .begun
                .checked_sub(1)
                .ok_or("a byte is taken that is not of this slice, but of the next one")?;
        }
        self.held = false;
        self.taken += 1;
        if self.taken == self.end {
            self.open(self.then);
        }
        Ok(())
    }

    /// After a reset everything starts again with this vector.
    pub(super) fn restart(&mut self, vector: usize) {
        (self.held, self.begun) = (false, 0);
        self.open(vector);
    }

    /// Whether the slice of this vector can end early. A byte on the ports cannot be taken back, and the rest of an earlier slice has to be
    /// gone.
    pub(super) fn can_cut_short(&self, vector: usize) -> bool {
        !self.is_rest && (self.vector == vector || !self.held)
    }

    /// Ends the slice of this vector as early as possible; another slice follows.
    pub(super) fn cut_short(&mut self, vector: usize, then: usize) {
        if self.vector != vector {
            return self.open(then); // it has already ended
        }
        self.end = self.end.min(self.taken + 1 + usize::from(self.held));
        (self.then, self.is_rest) = (then, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin::Event;

    #[test]
    fn a_slice_is_not_cut_short_before_the_rest_of_another_is_gone() {
        let end = vec![Event::Bypass { bin: true }; 30];
        let vector = Vector::decoded("", "", &[], vec![0x55; 5], end);
        let vectors = [&vector];
        let mut feed = Feed::new(&vectors);
        feed.begin_slice();
        assert!(feed.can_cut_short(0));
        feed.cut_short(0, 0);
        feed.begin_slice();
        assert!(!feed.can_cut_short(0));
        assert_eq!(feed.next(), Some((0x55, true)));
        feed.take().unwrap();
        assert!(feed.can_cut_short(0));
        assert_eq!(feed.next(), Some((0x55, false)));
        feed.take().unwrap();
        assert_eq!(feed.begun, 0);
    }
}
