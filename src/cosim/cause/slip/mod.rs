//! One slip in the flowcharts that gives just what a core gives.
//!
//! What a core gives wrongly shows late: a digit of a table that is another one changes a byte that bins later decide. So the flowcharts are
//! played with one thing changed, for each thing that can be, and what comes of that is held against the core: the same wrong byte or bin in
//! each vector that fails, and nothing wrong in any that passes. A slip that does so is almost surely the fault, and says which request is to
//! blame. It is a hypothesis all the same, and told as one.

mod coder;
mod search;

use std::fmt;

use serde::Serialize;

use crate::tables::{RANGE_TAB_LPS, TRANS_IDX_LPS, TRANS_IDX_MPS};
pub(super) use search::{LONGEST, explains, slips};

/// One thing that is not as the standard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "slip", rename_all = "snake_case")]
pub enum Slip {
    /// rangeTabLPS has another number here.
    Range {
        /// pStateIdx.
        state: u8,
        /// qCodIRangeIdx.
        quarter: u8,
        /// What it has.
        is: u8,
    },
    /// transIdxLPS has another number here.
    AfterLps {
        /// pStateIdx.
        state: u8,
        /// What it has.
        is: u8,
    },
    /// transIdxMPS has another number here.
    AfterMps {
        /// pStateIdx.
        state: u8,
        /// What it has.
        is: u8,
    },
    /// valMPS is never swapped.
    NoSwap,
    /// A terminate bin takes another part of codIRange than 2.
    Terminate {
        /// How much it takes.
        takes: u8,
    },
    /// Bypass alignment is not done.
    NoAlign,
    /// A run of so many outstanding bits is decided wrongly.
    Decided {
        /// By a carry.
        carry: bool,
        /// How many.
        run: u32,
        /// Or of more.
        or_more: bool,
        /// The bit before the run.
        head: bool,
        /// Those of the run.
        rest: bool,
    },
    /// A run of so many outstanding bits is written with another number of bits.
    Run {
        /// How many.
        run: u32,
        /// Or of more.
        or_more: bool,
        /// How many are written.
        is: u32,
    },
}

impl Slip {
    /// How far it is from the standard: of two that fit, the smaller is the likelier.
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

/// A slip that explains some of what fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Explained {
    /// The slip.
    pub(super) slip: Slip,
    /// How many vectors that pass it leaves as they are.
    pub(super) harmless: usize,
    /// Other slips that do as well.
    pub(super) others: Vec<Slip>,
}

/// That some other slips do as well.
pub(super) fn or(others: &[Slip]) -> String {
    match others {
        [] => String::new(),
        [other] => format!("; so it is if {other}"),
        [other, ..] => format!("; so it is if {other}, or with one of {} or more others", others.len() - 1),
    }
}
