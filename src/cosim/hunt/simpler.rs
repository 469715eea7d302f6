//! Patterns that are one step simpler than a given one. Repeating such steps always ends.

use super::pattern::{Bypass, Part, Pattern, What, Which};

/// All patterns that are one step simpler; those that leave out the most come first. None is shorter than `shortest`.
pub(super) fn simpler(pattern: &Pattern, shortest: usize) -> Vec<Pattern> {
    let Pattern { begin, length, ref parts } = *pattern;
    let lengths = smaller(length.saturating_sub(shortest))
        .map(|more| Pattern { length: shortest + more, ..pattern.clone() });
    let alike = (1..parts.len()).filter(|&place| parts[place - 1].what == parts[place].what).map(|place| {
        let mut parts = parts.clone();
        parts[place - 1].times += parts.remove(place).times;
        Pattern { parts, ..pattern.clone() }
    });
    let fewer = (0..parts.len()).filter(|_| parts.len() > 1).map(|place| {
        let mut parts = parts.clone();
        parts.remove(place);
        Pattern { parts, ..pattern.clone() }
    });
    let changed = parts.iter().enumerate().flat_map(|(place, part)| {
        simpler_parts(*part).into_iter().map(move |part| {
            let mut pattern = pattern.clone();
            pattern.parts[place] = part;
            pattern
        })
    });
    let begins = (begin > 0).then(|| Pattern { begin: 0, ..pattern.clone() });
    lengths.chain(alike).chain(fewer).chain(changed).chain(begins).collect()
}

fn simpler_parts(part: Part) -> Vec<Part> {
    let times = smaller(part.times - 1).map(|more| Part { times: 1 + more, ..part });
    let whats = simpler_whats(part.what).into_iter().map(|what| Part { what, ..part });
    times.chain(whats).collect()
}

fn simpler_whats(what: What) -> Vec<What> {
    let whiches = |which: Which| match which {
        Which::Same => Vec::new(),
        Which::Next => vec![Which::Same],
        Which::Place(0) => vec![Which::Same, Which::Next],
        Which::Place(_) => vec![Which::Same, Which::Next, Which::Place(0)],
    };
    match what {
        What::Context { which, is_lps } => {
            let mps = is_lps.then_some(What::Context { which, is_lps: false });
            let whiches = whiches(which).into_iter().map(|which| What::Context { which, is_lps });
            mps.into_iter().chain(whiches).collect()
        }
        What::Bypass(Bypass::Zero) | What::Align => Vec::new(),
        What::Bypass(_) | What::Terminate => vec![What::Bypass(Bypass::Zero)],
        What::Restart { raw } => smaller(raw).map(|raw| What::Restart { raw }).collect(),
        What::Load { which, state } => {
            let begun = (state > 0).then_some(What::Load { which, state: 0 });
            let whiches = whiches(which).into_iter().map(|which| What::Load { which, state });
            begun.into_iter().chain(whiches).collect()
        }
    }
}

/// Some numbers below `number`, in ascending order.
fn smaller(number: usize) -> impl Iterator<Item = usize> {
    let some = [0, number / 4, number / 2, number - number.min(8), number.saturating_sub(1)];
    let mut last = None;
    some.into_iter().filter(move |&one| one < number && last.replace(one) != Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_to_an_end_at_the_simplest_pattern() {
        let parts = vec![
            Part { what: What::Context { which: Which::Place(7), is_lps: true }, times: 9 },
            Part { what: What::Bypass(Bypass::Holds), times: 40 },
            Part { what: What::Restart { raw: 5 }, times: 2 },
            Part { what: What::Load { which: Which::Next, state: 60 }, times: 1 },
        ];
        let mut pattern = Pattern { begin: 3, parts, length: 256 };
        let mut steps = 0;
        while let Some(next) = simpler(&pattern, 65).into_iter().next_back() {
            pattern = next;
            steps += 1;
            assert!(steps < 2_000, "{pattern:?}");
        }
        assert_eq!((pattern.length, pattern.begin, pattern.parts.len()), (65, 0, 1));
    }
}
