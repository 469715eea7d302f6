//! Levels and the bins that stand for them.

use proptest::prelude::*;
use silicabac::weights::levels::{ABS_GR, Layout, LevelsError, MAX_LEVEL, nearest};

fn layout(columns: usize) -> Layout {
    Layout { abs_gr: ABS_GR, sign_contexts: true, suffix_contexts: 0, row_flags: false, columns }
}

fn levels() -> impl Strategy<Value = Vec<i32>> {
    let level = prop_oneof![
        4 => Just(0),
        4 => -3..4_i32,
        2 => -40..41_i32,
        1 => -MAX_LEVEL..=MAX_LEVEL,
    ];
    prop::collection::vec(level, 0..300)
}

proptest! {
    #[test]
    fn levels_come_back(mut levels in levels(), abs_gr in 1..30_u8, sign_contexts: bool, suffix_contexts in 0..=2_u8, row_flags: bool, columns in 1..40_usize) {
        let layout = Layout { abs_gr, sign_contexts, suffix_contexts, row_flags, columns };
        let stream = layout.encode(&mut levels);
        prop_assert_eq!(layout.decode(&stream, levels.len()), Ok(levels.clone()));
        // A wrong count of levels, too, is noticed.
        prop_assert_eq!(layout.decode(&stream, levels.len() + 100_000).is_err(), true);
    }

    #[test]
    fn any_bytes_are_levels_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..100_000_usize) {
        let _ = layout(64).decode(&bytes, count);
    }

    #[test]
    fn the_nearest_level_is_the_nearest(weight in prop_oneof![-20.0..20.0_f32, any::<f32>()]) {
        let level = nearest(weight);
        let limit = MAX_LEVEL as f32;
        prop_assert_eq!(level as f32, if weight.is_nan() { level as f32 } else { weight.round_ties_even().clamp(-limit, limit) });
    }

    /// Without a price the levels are the nearest ones; with one they cost less, in the stream and in the sum that is minimised.
    #[test]
    fn a_price_on_bits_makes_streams_shorter(seed: u64) {
        use rand_chacha::rand_core::{Rng, SeedableRng};
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let weights: Vec<f32> = (0..4000).map(|_| {
            let sum: u32 = (0..4).map(|_| random.next_u32() % 1000).sum();
            (sum as f32 - 1998.0) / 400.0
        }).collect();
        let (mut free, mut priced) = (Vec::new(), Vec::new());
        let stream = layout(50).encode_by_cost(&weights, &[], 0.0, &mut free);
        // Of two that are as near, either.
        let distances = |levels: &[i32]| -> Vec<f32> {
            weights.iter().zip(levels).map(|(weight, level)| (weight - *level as f32).abs()).collect()
        };
        let nearest: Vec<i32> = weights.iter().map(|weight| nearest(*weight)).collect();
        prop_assert!(distances(&free) == distances(&nearest));
        prop_assert_eq!(&stream, &layout(50).encode(&mut free.clone()));
        let shorter = layout(50).encode_by_cost(&weights, &[], 0.2, &mut priced);
        prop_assert_eq!(layout(50).decode(&shorter, 4000).unwrap(), priced);
        prop_assert!(shorter.len() < stream.len());
    }
}

#[test]
fn rows_of_zeros_cost_next_to_nothing_with_flags() {
    let weights: Vec<f32> =
        (0..40_000).map(|i| if i / 400 % 5 == 2 && i % 7 == 0 { 1.3 } else { 0.05 }).collect();
    let layout = layout(400);
    let flagged = Layout { row_flags: true, ..layout };
    let mut nearest: Vec<i32> = weights.iter().map(|weight| nearest(*weight)).collect();
    let (long, short) = (layout.encode(&mut nearest), flagged.encode(&mut nearest));
    assert!(short.len() + 80 * 400 * 2 / 100 / 8 < long.len(), "{} {}", short.len(), long.len());
    assert_eq!(flagged.decode(&short, 40_000).unwrap(), nearest);

    let mut chosen = Vec::new();
    let stream = flagged.encode_by_cost(&weights, &[], 0.05, &mut chosen);
    assert_eq!(flagged.decode(&stream, 40_000).unwrap(), chosen);
    assert_eq!(chosen, nearest);
    // For a lone weight in a row, its flag and its bits cost more than its error.
    let mut lone = vec![0.0; 40_000];
    lone[20_000] = 0.9;
    flagged.encode_by_cost(&lone, &[], 0.2, &mut chosen);
    assert!(chosen.iter().all(|level| *level == 0));
}

#[test]
fn damaged_streams_of_levels_are_errors() {
    let stream = layout(10).encode(&mut [5; 300]);
    assert!(matches!(layout(10).decode(&stream[..stream.len() / 2], 300), Err(LevelsError::Decode(_))));
    assert_eq!(layout(10).decode(&[&stream[..], &[0]].concat(), 300), Err(LevelsError::End));
    assert_eq!(layout(10).decode(&stream, 299), Err(LevelsError::End));
}
