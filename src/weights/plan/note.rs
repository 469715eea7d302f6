//! Notes for the user about a tensor that was compressed: why it was kept, or has an unusual step.

use std::fmt;

/// What the user should know about a tensor that was compressed.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// It is kept as it is, for this reason.
    Kept(Kept),
    /// The largest absolute value is an outlier: a step made for it would have left no levels for the others, so the step is made for the
    /// others.
    Outlier {
        /// The largest absolute value.
        largest: f32,
        /// The value below which all but a thousandth of the weights, or all but one, lie.
        others: f32,
    },
    /// This share of the weights that are not zero would have become zero, so the step is their median.
    Finer {
        /// The share of them.
        zeros: f64,
    },
    /// This share of the weights that are not zero has become zero.
    Zeros {
        /// The share of them.
        zeros: f64,
    },
}

/// Why a tensor of numbers is kept as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    /// By its name it is this and no weights.
    Name(&'static str),
    /// An element is not a number, or infinite.
    NotFinite {
        /// Its number.
        at: u64,
        /// Its value.
        value: f32,
    },
    /// All its values are multiples of a sixteenth: positions, masks, or levels already.
    Sixteenths,
    /// Its largest absolute value is one of the largest that its type has, as in masks but not in weights.
    Limit(f32),
    /// None of its values is negative, and at 8 bits this share of those that are not zero would become zero, as with squares and counts.
    OneSign {
        /// The share of them.
        zeros: f64,
    },
    /// Its values are too small, or too far apart, for a step.
    NoStep,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Kept(why) => write!(f, "kept as it is: {why}"),
            Note::Outlier { largest, others } => write!(
                f,
                "its largest weight, {largest:e}, is an outlier: the step is made for {others:e}, which the others stay below"
            ),
            Note::Finer { zeros } => write!(
                f,
                "{:.1} % of its weights that are not zero would have become zero: the step is made for their median",
                100.0 * zeros
            ),
            Note::Zeros { zeros } => {
                write!(
                    f,
                    "{:.1} % of its weights that are not zero become zero; a smaller step keeps more",
                    100.0 * zeros
                )
            }
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Name(what) => write!(f, "by its name it is {what}; --bits NAME=8 compresses it none the less"),
            Kept::NotFinite { at, value } => write!(f, "element {at} is {value}"),
            Kept::Sixteenths => {
                f.write_str("all its values are sixteenths, as positions and masks are; --bits NAME=8 compresses it none the less")
            }
            Kept::Limit(value) => write!(
                f,
                "its largest value, {value:e}, is at the limit of its type, as in a mask; --bits NAME=8 compresses it none the less"
            ),
            Kept::OneSign { zeros } => write!(
                f,
                "none of its values is negative, and {:.1} % of those that are not zero would become zero at 8 bits, as with statistics; --bits NAME=8 compresses it none the less",
                100.0 * zeros
            ),
            Kept::NoStep => f.write_str("its values are too small or too far apart for a step"),
        }
    }
}
