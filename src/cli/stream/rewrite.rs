//! `silicabac stream rewrite`

use std::path::Path;

use silicabac::stream::{State, StreamUnit};
use silicabac::syntax::nal::{Unit, unescape};

use super::{Done, Input, Selection, for_each, open};
use crate::cli::{
    Failure, Verdict,
    output::{Kind, to_output},
    print::say,
};

/// What a unit is written as.
enum Written {
    /// As it was: coded again it is the same, or it has nothing that is coded again.
    AsItWas,
    /// As it was, since coded again it differs.
    Other,
    /// As it was, since it cannot be read.
    Damaged,
}

pub(super) fn rewrite(input: &Input, output: &Path) -> Result<Verdict, Failure> {
    let (mut slices, mut bytes, mut passed, mut differing) = (0, 0, 0, 0);
    let opened = open(&input.path)?;
    let work = |unit: &StreamUnit| match unit.rewrite() {
        // The stream may have emulation prevention bytes where they are not needed, or lack some that are.
        Ok(written) if written == unit.unit().bytes || unescape(&written) == unit.rbsp() => {
            Done { result: Written::AsItWas, damage: None }
        }
        // What cannot be read or written is passed through, so that nothing is lost.
        Ok(_) => Done {
            result: Written::Other,
            damage: Some("encoded again it differs; it is passed through".to_owned()),
        },
        Err(error) => {
            Done { result: Written::Damaged, damage: Some(format!("{error}; it is passed through")) }
        }
    };
    let mut count = to_output(Some(output), Kind::Binary, |out| {
        for_each(input, &Selection::ALL, opened, work, |unit, written| {
            differing += u64::from(matches!(written, Written::Other));
            match unit.state() {
                State::Slice => slices += 1,
                State::Unsupported(_) => passed += 1,
                State::Damaged(_) | State::Other => {}
            }
            let Unit { prefix, bytes: unit, .. } = unit.unit();
            bytes += (prefix.len() + unit.len()) as u64;
            out.write_all(prefix)?;
            out.write_all(unit)?;
            Ok(true)
        })
    })?;
    count.damaged -= differing;
    say(format_args!(
        "{slices} slices decoded and encoded again, {passed} passed through, {} damaged, {differing} differ; {bytes} bytes",
        count.damaged
    ));
    count.differing = differing;
    Ok(count.verdict())
}
