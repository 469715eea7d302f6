//! Events as text: one token for each run of the same kind.
//!
//! | token | means |
//! | --- | --- |
//! | `L5=62.1` | context 5 gets pStateIdx 62 and valMPS 1 |
//! | `C5=011` | three bins with context 5 |
//! | `B=10` | two bypass bins |
//! | `T=0` | a terminate bin |
//! | `A` | a bypass alignment |
//! | `R=00ff` | two raw bytes |
//!
//! Starts of engine runs have no token: [`with_starts`] puts them in.

use std::fmt::Write;

use crate::bin::{Event, with_starts};
use crate::context::{ContextModel, CtxIdx};

/// The longest line that [`write`] makes, unless a single token is longer.
const WIDTH: usize = 100;
/// The most bins or bytes in a token.
const RUN: usize = 64;

/// Writes events as lines of tokens.
pub(super) fn write(events: &[Event]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = events;
    while let Some(&first) = rest.first() {
        let same = rest.iter().take(RUN).take_while(|event| continues(first, **event)).count().max(1);
        let token = token(&rest[..same]);
        rest = &rest[same..];
        let Some(token) = token else { continue };
        match lines.last_mut() {
            Some(line) if line.len() + 1 + token.len() <= WIDTH => {
                line.push(' ');
                line.push_str(&token);
            }
            _ => lines.push(token),
        }
    }
    lines
}

/// Whether the second event belongs to a token that begins with the first.
fn continues(first: Event, event: Event) -> bool {
    match (first, event) {
        (Event::Context { ctx, .. }, Event::Context { ctx: same, .. }) => ctx == same,
        (Event::Bypass { .. }, Event::Bypass { .. }) | (Event::Raw(_), Event::Raw(_)) => true,
        _ => false,
    }
}

/// The token of events of the same kind; `None` for starts, which have none.
fn token(run: &[Event]) -> Option<String> {
    let &first = run.first()?;
    let mut token = match first {
        Event::Context { ctx, .. } => format!("C{}=", ctx.get()),
        Event::Bypass { .. } => "B=".into(),
        Event::Terminate { .. } => "T=".into(),
        Event::Align => return Some("A".into()),
        Event::Raw(_) => "R=".into(),
        Event::Start => return None,
        Event::Load { ctx, model } => {
            return Some(format!("L{}={}.{}", ctx.get(), model.p_state_idx(), u8::from(model.val_mps())));
        }
    };
    for event in run {
        // Writing to a string cannot fail.
        let _ = match *event {
            Event::Context { bin, .. } | Event::Bypass { bin } | Event::Terminate { bin } => {
                write!(token, "{}", u8::from(bin))
            }
            Event::Raw(byte) => write!(token, "{byte:02x}"),
            Event::Align | Event::Start | Event::Load { .. } => Ok(()),
        };
    }
    Some(token)
}

/// Reads events from lines of tokens.
///
/// # Errors
/// The first word that is not a token, and why.
pub(super) fn read(lines: &[String]) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    for token in lines.iter().flat_map(|line| line.split(' ')) {
        read_token(token, &mut events).ok_or_else(|| format!("{token:?} is no request"))?;
    }
    Ok(with_starts(events))
}

fn read_token(token: &str, events: &mut Vec<Event>) -> Option<()> {
    if token == "A" {
        events.push(Event::Align);
        return Some(());
    }
    let (kind, values) = token.split_once('=')?;
    let bins = || -> Option<Vec<bool>> {
        let bin = |c| match c {
            '0' => Some(false),
            '1' => Some(true),
            _ => None,
        };
        values.chars().map(bin).collect::<Option<Vec<_>>>().filter(|bins| !bins.is_empty())
    };
    match kind.split_at_checked(1)? {
        ("C", ctx) => {
            let ctx = number(ctx).and_then(CtxIdx::new)?;
            events.extend(bins()?.into_iter().map(|bin| Event::Context { ctx, bin }));
        }
        ("B", "") => events.extend(bins()?.into_iter().map(|bin| Event::Bypass { bin })),
        ("T", "") => match bins()?[..] {
            [bin] => events.push(Event::Terminate { bin }),
            _ => return None,
        },
        ("R", "") => events.extend(bytes(values)?.into_iter().map(Event::Raw)),
        ("L", ctx) => {
            let ctx = number(ctx).and_then(CtxIdx::new)?;
            let (state, mps) = values.split_once('.')?;
            let val_mps = matches!(mps, "0" | "1").then_some(mps == "1")?;
            let model = ContextModel::new(number(state)?.try_into().ok()?, val_mps)?;
            events.push(Event::Load { ctx, model });
        }
        _ => return None,
    }
    Some(())
}

/// A number as [`write`] writes it: digits alone.
fn number(digits: &str) -> Option<u16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The bytes of hexadecimal digits; at least one.
pub(super) fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let digit = |byte: &u8| char::from(*byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
        _ => None,
    };
    pairs.map(byte).collect::<Option<Vec<_>>>().filter(|bytes| !bytes.is_empty())
}

/// Bytes as lines of hexadecimal digits.
pub(super) fn hex_lines(bytes: &[u8]) -> Vec<String> {
    bytes.chunks(WIDTH / 2).map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_comes_back() {
        let text = "L5=62.1 L1023=0.0 C5=011 C6=1 B=10 T=0 A R=00ff T=1 T=1";
        let events = read(&[text.into()]).unwrap();
        assert_eq!(events.len(), 16);
        assert_eq!(events.iter().filter(|event| **event == Event::Start).count(), 2);
        assert_eq!(write(&events), [text]);
    }

    #[test]
    fn long_runs_are_cut_and_lines_are_short() {
        let events = vec![Event::Bypass { bin: true }; 1_000];
        let lines = write(&events);
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
        assert_eq!(read(&lines).unwrap(), events);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for token in [
            "", "X=1", "C=1", "C1024=1", "C5=", "C5=2", "C+5=1", "B1=0", "B=", "T=01", "A=1", "R=0", "R=0g",
            "R=", "R=FF", "L5=63.0", "L5=1.2", "L5=1", "L5", "é=1", "R=+1",
        ] {
            assert!(read(&[token.into()]).is_err(), "{token}");
        }
    }
}
