//! Lists of words in compressed form. `cabac_tape.sv` reads them and describes the format.

use std::collections::HashMap;

/// A copy reaches back by at most this many words.
const WINDOW: usize = 2_048;
/// A copy of fewer words would take more words than it saves.
const LEAST: usize = 2;
/// The length of a copy of this many words or more does not fit into its first word.
const SHORT: usize = 17;
/// A copy is searched for at the last place of the next `LONG` words, and at the last `TRIES` places of the next two words.
const LONG: usize = 24;
const TRIES: usize = 32;
/// Only this many first words of a copy are remembered as places to copy from: what repeats begins near its beginning.
const REMEMBERED: usize = 64;
const IS_COPY: u16 = 1 << 15;

/// The words of the file.
#[derive(Default)]
pub(super) struct Tape {
    words: Vec<u16>,
}

impl Tape {
    /// Adds a list of words of 15 bits, in which nothing is copied from another list. Returns the place of its first word.
    pub(super) fn push(&mut self, list: &[u16]) -> usize {
        let start = self.words.len();
        let mut places: HashMap<&[u16], Vec<usize>> = HashMap::new();
        let mut long_places: HashMap<&[u16], usize> = HashMap::new();
        let mut at = 0;
        while at < list.len() {
            let pair = list.get(at..at + LEAST).and_then(|pair| places.get(pair));
            let long = list.get(at..at + LONG).and_then(|words| long_places.get(words));
            let recent = pair.into_iter().flat_map(|places| places.iter().rev().take(TRIES));
            let copy = longest(list, at, long.into_iter().chain(recent).copied());
            let step = match copy {
                Some((distance, length)) => {
                    self.copy(distance, length);
                    length
                }
                None => {
                    self.words.push(list[at]);
                    1
                }
            };
            for place in at..at + step.min(REMEMBERED) {
                if let Some(pair) = list.get(place..place + LEAST) {
                    places.entry(pair).or_default().push(place);
                }
                if let Some(words) = list.get(place..place + LONG) {
                    long_places.insert(words, place);
                }
            }
            at += step;
        }
        start
    }

    fn copy(&mut self, distance: usize, length: usize) {
        let more = length.checked_sub(SHORT);
        let code = if more.is_some() { 15 } else { length - LEAST };
        self.words.push(IS_COPY | (code << 11) as u16 | (distance - 1) as u16);
        let Some(more) = more else { return };
        let (low, high) = ((more & 0x7fff) as u16, more >> 15);
        if high == 0 {
            self.words.push(low);
        } else {
            self.words.extend([IS_COPY | low, high as u16]);
        }
    }

    /// The number of words.
    pub(super) fn words(&self) -> usize {
        self.words.len()
    }

    /// The file: the high byte of each word comes first, as `$fread` reads them.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.words.into_iter().flat_map(u16::to_be_bytes).collect()
    }
}

/// The longest copy for what comes at a place: its distance and its length.
fn longest(list: &[u16], at: usize, places: impl Iterator<Item = usize>) -> Option<(usize, usize)> {
    let near = places.filter(|&place| at - place <= WINDOW);
    let length = |place: usize| {
        let (from, to) = (list[place..].iter(), list[at..].iter());
        (at - place, from.zip(to).take_while(|(a, b)| a == b).count())
    };
    near.map(length).max_by_key(|&(distance, length)| (length, std::cmp::Reverse(distance)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The list at this place as `cabac_tape.sv` reads it.
    fn read(tape: &Tape, start: usize, count: usize) -> Vec<u16> {
        let (mut at, mut list) = (start, Vec::new());
        while list.len() < count {
            let word = tape.words[at];
            at += 1;
            if word & IS_COPY == 0 {
                list.push(word);
                continue;
            }
            let mut length = usize::from(word >> 11 & 15) + 2;
            if length == SHORT {
                let more = tape.words[at];
                length += usize::from(more & 0x7fff);
                at += 1;
                if more & IS_COPY != 0 {
                    length += usize::from(tape.words[at]) << 15;
                    at += 1;
                }
            }
            for _ in 0..length {
                list.push(list[list.len() - 1 - usize::from(word & 2_047)]);
            }
        }
        list
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            lists in prop::collection::vec(prop::collection::vec((0u16..4, 1usize..60), 0..60), 1..4),
        ) {
            let lists: Vec<Vec<u16>> = lists
                .iter()
                .map(|runs| runs.iter().flat_map(|&(word, times)| std::iter::repeat_n(word * 8_191, times)).collect())
                .collect();
            let mut tape = Tape::default();
            let starts: Vec<usize> = lists.iter().map(|list| tape.push(list)).collect();
            for (list, start) in lists.iter().zip(starts) {
                prop_assert_eq!(&read(&tape, start, list.len()), list);
            }
        }
    }

    #[test]
    fn what_repeats_is_written_once() {
        for pattern in [1usize, 7, 2_000] {
            let list: Vec<u16> = (0..3_000_000).map(|at| (at % pattern) as u16).collect();
            let mut tape = Tape::default();
            tape.push(&list);
            assert!(tape.words.len() < pattern + 5, "{}", tape.words.len());
            assert_eq!(read(&tape, 0, list.len()), list);
        }
    }
}
