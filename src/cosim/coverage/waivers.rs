//! Points that need not be hit, each with a reason.
//!
//! The file consists of groups separated by empty lines. A group is a reason, in lines that begin with `#`, and the points that it covers,
//! one a line: the file, `line` or `toggle`, and the name of the point as in a report. `[31:19]` at the end of a name stands for each of
//! these bits. Newer versions of Verilator count both directions of a toggle: `run[4]` stands for both, `run[4]:0->1` for one.

use super::{Kind, Point, Points};

/// The waivers for the built-in cores.
const BUILT_IN: &str = include_str!("../../../rtl/coverage.waivers");

/// A malformed line of a file of waivers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct WaiverError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// The points that may be missed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers(Vec<Waiver>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiver {
    reason: String,
    file: String,
    kind: Kind,
    name: String,
}

/// The points that were never hit, sorted by the waivers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Points that no waiver covers.
    pub missed: Vec<Point>,
    /// Points that are waived, each with its reason.
    pub waived: Vec<(Point, String)>,
    /// Waivers for points that were hit.
    pub needless: Vec<String>,
}

impl Waivers {
    /// The waivers of the built-in cores.
    pub fn built_in() -> Waivers {
        // A test checks that it can be read.
        Waivers::read(BUILT_IN).unwrap_or_default()
    }

    /// Reads a file of waivers.
    ///
    /// # Errors
    /// [`WaiverError`].
    pub fn read(text: &str) -> Result<Waivers, WaiverError> {
        let mut waivers = Vec::new();
        let mut reason = String::new();
        for (number, line) in text.lines().enumerate() {
            let wrong = |what| WaiverError { line: number + 1, what };
            if line.trim().is_empty() {
                reason.clear();
            } else if let Some(words) = line.strip_prefix('#') {
                reason = format!("{reason} {}", words.trim()).trim().to_owned();
            } else {
                let mut words = line.trim().splitn(3, ' ');
                let (Some(file), Some(kind), Some(name)) = (words.next(), words.next(), words.next()) else {
                    return Err(wrong("it is not a file, a kind and a name"));
                };
                let kind = match kind {
                    "line" => Kind::Line,
                    "toggle" => Kind::Toggle,
                    _ => return Err(wrong("its kind is neither line nor toggle")),
                };
                if reason.is_empty() {
                    return Err(wrong("no reason stands above it"));
                }
                let waiver = |name| Waiver { reason: reason.clone(), file: file.into(), kind, name };
                let names = bits(name);
                if names.is_empty() {
                    return Err(wrong(
                        "its range of bits is empty: the higher bit comes first, as in run[31:19]",
                    ));
                }
                waivers.extend(names.into_iter().map(waiver));
            }
        }
        Ok(Waivers(waivers))
    }

    /// Compares the points that were never hit with the waivers.
    pub fn judge(&self, points: &Points) -> Judgement {
        let mut judgement = Judgement::default();
        let mut needed = vec![false; self.0.len()];
        for point in points.missed() {
            match self.0.iter().position(|waiver| waiver.is_for(point)) {
                Some(place) => {
                    needed[place] = true;
                    judgement.waived.push((point.clone(), self.0[place].reason.clone()));
                }
                None => judgement.missed.push(point.clone()),
            }
        }
        // A waiver for a point that only another core or another Verilator has is not needless.
        let known = |waiver: &Waiver| {
            points.iter().any(|(point, _)| point.file == waiver.file)
                && (!waiver.name.contains("->") || points.iter().any(|(point, _)| point.name.contains("->")))
        };
        let needless = self.0.iter().zip(needed).filter(|&(waiver, needed)| !needed && known(waiver));
        judgement.needless = needless.map(|(waiver, _)| format!("{} {}", waiver.file, waiver.name)).collect();
        judgement
    }
}

impl Waiver {
    fn is_for(&self, point: &Point) -> bool {
        let rest = point.name.strip_prefix(&self.name);
        (&self.file, self.kind) == (&point.file, point.kind)
            && rest.is_some_and(|rest| rest.is_empty() || self.kind == Kind::Toggle && rest.starts_with(':'))
    }
}

/// The names of all bits of a range such as `run[31:19]`; any other name is returned alone.
fn bits(name: &str) -> Vec<String> {
    let range = || {
        let (signal, bits) = name.strip_suffix(']')?.rsplit_once('[')?;
        let (high, low) = bits.split_once(':')?;
        let bits = low.parse::<u32>().ok()?..=high.parse().ok().filter(|&high| high < 4096)?;
        Some(bits.map(|bit| format!("{signal}[{bit}]")).collect())
    };
    range().unwrap_or_else(|| vec![name.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSED: &str = "C '\x01f\x02/x/a.sv\x01l\x023\x01page\x02v_toggle/a\x01o\x02run[4]' 0\n\
                          C '\x01f\x02/x/a.sv\x01l\x023\x01page\x02v_toggle/a\x01o\x02run[5]:0->1' 0\n\
                          C '\x01f\x02/x/a.sv\x01l\x025\x01page\x02v_branch/a\x01o\x02else' 0\n\
                          C '\x01f\x02/x/a.sv\x01l\x025\x01page\x02v_branch/a\x01o\x02if' 7\n";

    #[test]
    fn those_of_the_built_in_cores_are_read() {
        assert!(Waivers::built_in().0.len() > 100);
    }

    #[test]
    fn points_are_waived_with_their_reason_and_no_others() {
        let mut points = Points::default();
        points.add(MISSED);
        let judge = |text: &str| Waivers::read(text).unwrap().judge(&points);
        let all = judge("# Too long.\na.sv toggle run[5:4]\n\n# Never.\n# At all.\na.sv line else of ``\n");
        assert_eq!((all.missed.len(), all.needless.len()), (0, 0));
        assert_eq!(
            all.waived.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>(),
            ["Never. At all.", "Too long.", "Too long."]
        );
        let some = judge("# Too long.\na.sv toggle run[5]\na.sv toggle run[6]\nb.sv toggle run[4]\n");
        let missed: Vec<_> = some.missed.iter().map(ToString::to_string).collect();
        assert_eq!(missed, ["a.sv:5: line else of ``", "a.sv:3: toggle run[4]"]);
        assert_eq!(some.needless, ["a.sv run[6]"]);
    }

    #[test]
    fn what_was_hit_in_one_instance_was_hit() {
        let mut points = Points::default();
        points.add(MISSED);
        points.add(&MISSED.replace("' 0", "' 2"));
        assert_eq!(points.missed().count(), 0);
        assert_eq!(points.iter().map(|(_, hits)| hits).sum::<u64>(), 3 * 2 + 2 * 7);
    }

    #[test]
    fn what_is_no_waiver_is_refused() {
        for (text, line) in [
            ("a.sv toggle x", 1),
            ("# why\na.sv x", 2),
            ("# why\na.sv both x", 2),
            ("# why\n\na.sv line x", 3),
            ("# why\na.sv toggle run[4:5]", 2),
        ] {
            assert_eq!(Waivers::read(text).unwrap_err().line, line, "{text}");
        }
    }
}
