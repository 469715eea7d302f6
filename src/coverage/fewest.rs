//! Selects a few sets that together cover what all of them cover.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Selects some of several sets of cells, each with one bit per cell, that together cover every cell that any of them covers. Returns their
/// indices in ascending order. Each step takes the set that adds the most cells, the first one if there are several; at the end, sets that
/// the others have made needless are dropped. The result is not always the smallest, but no set in it could be left out.
///
/// ```
/// use silicabac::coverage::fewest;
/// assert_eq!(fewest(&[vec![0b0011], vec![0b0110], vec![0b1100], vec![0b1110]]), [0, 3]);
/// ```
pub fn fewest(met: &[Vec<u64>]) -> Vec<usize> {
    let mut all: Vec<u64> = Vec::new();
    let adds = |all: &[u64], index: usize| -> u32 {
        let known = all.iter().copied().chain(std::iter::repeat(0));
        met[index].iter().zip(known).map(|(met, known)| (met & !known).count_ones()).sum()
    };
    // What a set adds can only shrink, so the first set in the heap whose number is still current adds the most.
    let mut heap: BinaryHeap<(u32, Reverse<usize>)> =
        (0..met.len()).map(|index| (adds(&all, index), Reverse(index))).collect();
    let mut chosen = Vec::new();
    while let Some((before, Reverse(index))) = heap.pop() {
        let now = adds(&all, index);
        if now < before {
            heap.push((now, Reverse(index)));
            continue;
        }
        if now == 0 {
            break;
        }
        all.resize(all.len().max(met[index].len()), 0);
        all.iter_mut().zip(&met[index]).for_each(|(all, met)| *all |= met);
        chosen.push(index);
    }
    without_needless(met, &mut chosen);
    chosen.sort_unstable();
    chosen
}

/// Drops sets of which the others cover every cell.
fn without_needless(met: &[Vec<u64>], chosen: &mut Vec<usize>) {
    let cells = |index: usize| {
        let bits = |word: u64| (0..64).filter(move |bit| word >> bit & 1 != 0);
        met[index]
            .iter()
            .enumerate()
            .flat_map(move |(place, &word)| bits(word).map(move |bit| 64 * place + bit))
    };
    let mut counts = vec![0_u32; 64 * met.iter().map(Vec::len).max().unwrap_or(0)];
    chosen.iter().flat_map(|&index| cells(index)).for_each(|cell| counts[cell] += 1);
    chosen.retain(|&index| {
        let is_needed = cells(index).any(|cell| counts[cell] == 1);
        if !is_needed {
            cells(index).for_each(|cell| counts[cell] -= 1);
        }
        is_needed
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_any_meets_the_chosen_meet_and_none_of_them_is_needless() {
        let mut state = 7_u64;
        let mut word = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state & (state << 13) & (state << 31)
        };
        let met: Vec<Vec<u64>> = (0..50).map(|_| (0..9).map(|_| word()).collect()).collect();
        let union = |chosen: &[usize]| -> Vec<u64> {
            (0..9).map(|word| chosen.iter().fold(0, |all, &index| all | met[index][word])).collect()
        };
        let chosen = fewest(&met);
        let all: Vec<usize> = (0..met.len()).collect();
        assert_eq!(union(&chosen), union(&all));
        assert!(chosen.len() < met.len());
        for left_out in &chosen {
            let others: Vec<usize> = chosen.iter().copied().filter(|index| index != left_out).collect();
            assert_ne!(union(&others), union(&all), "{left_out}");
        }
    }

    #[test]
    fn of_nothing_nothing_is_chosen() {
        assert!(fewest(&[]).is_empty());
        assert!(fewest(&[vec![0], vec![]]).is_empty());
    }
}
