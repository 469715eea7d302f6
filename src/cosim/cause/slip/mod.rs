//! A single slip in the flowcharts that gives exactly what a core gives.
//!
//! A core's mistake shows late: a wrong entry of a table changes a byte that only later bins decide. So the flowcharts are run with one
//! thing changed, for each thing that can be changed, and the result is compared with the core's: it must have the same wrong byte or bin
//! in each failing vector, and nothing wrong in any passing vector. Such a slip is almost surely the bug, and it names the request that
//! shows it. It remains a hypothesis and is reported as one.

mod coder;
mod search;

use std::fmt;

use serde::Serialize;

use crate::tables::{RANGE_TAB_LPS, TRANS_IDX_LPS, TRANS_IDX_MPS};
pub(super) use search::{LONGEST, explains, slips};

/// One difference from the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "slip", rename_all = "snake_case")]
pub enum Slip {
    /// This entry of rangeTabLPS has another value.
    Range {
        /// pStateIdx.
        state: u8,
        /// qCodIRangeIdx.
        quarter: u8,
        /// The value that it has.
        is: u8,
    },
    /// This entry of transIdxLPS has another value.
    AfterLps {
        /// pStateIdx.
        state: u8,
        /// The value that it has.
        is: u8,
    },
    /// This entry of transIdxMPS has another value.
    AfterMps {
        /// pStateIdx.
        state: u8,
        /// The value that it has.
        is: u8,
    },
    /// valMPS is never changed.
    NoSwap,
    /// A terminate bin reduces codIRange by another amount than 2.
    Terminate {
        /// By how much it reduces it.
        takes: u8,
    },
    /// Bypass alignment is not done.
    NoAlign,
    /// A run of this many outstanding bits is decided wrongly.
    Decided {
        /// Whether a carry decides it.
        carry: bool,
        /// The length of the run.
        run: u32,
        /// Whether longer runs are decided wrongly too.
        or_more: bool,
        /// The bit before the run.
        head: bool,
        /// The bits of the run.
        rest: bool,
    },
    /// A run of this many outstanding bits is written with another number of bits.
    Run {
        /// The length of the run.
        run: u32,
        /// Whether longer runs are written so too.
        or_more: bool,
        /// The number of bits that are written.
        is: u32,
    },
}

impl Slip {
    /// The distance from the standard. Of two slips that fit, the one with the smaller distance is likelier.
    pub(super) fn distance(self) -> u8 {
        match self {
            Slip::Range { state, quarter, is } => {
                is.abs_diff(RANGE_TAB_LPS[usize::from(state) & 63][usize::from(quarter) & 3])
            }
            Slip::AfterLps { state, is } => is.abs_diff(TRANS_IDX_LPS[usize::from(state) & 63]),
            Slip::AfterMps { state, is } => is.abs_diff(TRANS_IDX_MPS[usize::from(state) & 63]),
            _ => 0,
        }
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = |or_more: &bool| if *or_more { " or more" } else { "" };
        match self {
            Slip::Range { state, quarter, is } => {
                let right = RANGE_TAB_LPS[usize::from(*state) & 63][usize::from(*quarter) & 3];
                write!(f, "rangeTabLPS[{state}][{quarter}] is {is}, not {right}")
            }
            Slip::AfterLps { state, is } => {
                let right = TRANS_IDX_LPS[usize::from(*state) & 63];
                write!(f, "after an LPS in state {state} comes state {is}, not {right}")
            }
            Slip::AfterMps { state, is } => {
                let right = TRANS_IDX_MPS[usize::from(*state) & 63];
                write!(f, "after an MPS in state {state} comes state {is}, not {right}")
            }
            Slip::NoSwap => write!(f, "an LPS in state 0 does not swap valMPS"),
            Slip::Terminate { takes } => write!(f, "a terminate bin takes {takes} of codIRange, not 2"),
            Slip::NoAlign => write!(f, "bypass alignment does not set codIRange to 256"),
            Slip::Decided { carry, run, or_more, head, rest } => {
                let (by, [head, rest]) =
                    (if *carry { "a carry" } else { "no carry" }, [*head, *rest].map(u8::from));
                let right = if *carry { "1 and then 0s" } else { "0 and then 1s" };
                let more = more(or_more);
                write!(
                    f,
                    "{by} that decides a run of {run}{more} outstanding bits writes {head} and then {rest}s, not {right}"
                )
            }
            Slip::Run { run, or_more, is } => {
                write!(f, "a run of {run}{} outstanding bits is written with {is} bits", more(or_more))
            }
        }
    }
}

/// A slip that explains some failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Explained {
    /// The slip.
    pub(super) slip: Slip,
    /// The number of passing vectors whose results it does not change.
    pub(super) harmless: usize,
    /// Other slips that explain the same.
    pub(super) others: Vec<Slip>,
}

/// A remark that other slips explain the same, if any do.
pub(super) fn or(others: &[Slip]) -> String {
    match others {
        [] => String::new(),
        [other] => format!("; so it is if {other}"),
        [other, ..] => format!("; so it is if {other}, or with one of {} or more others", others.len() - 1),
    }
}
