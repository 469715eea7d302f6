//! The slices of streams that are made up from seeds (`docs/dreams.md`) as a suite. It needs no file, and its name says how to make it
//! again.

use std::fmt;
use std::str::FromStr;

use super::{Origin, StreamError, Suite, of_slice, stream_trace};
use crate::context::Codec;
use crate::dream::{self, DreamError};
use crate::replay;
use crate::vectors::{Vector, name_like};

/// Streams that are made up from these seeds, both ends included, each with these features.
///
/// ```
/// use silicabac::suites::Dreams;
/// let dreams: Dreams = "h265:1..50:wpp,tiles".parse()?;
/// assert_eq!(dreams.to_string(), "h265:1..50:wpp,tiles");
/// assert!("h264:1..50:wpp".parse::<Dreams>().unwrap_err().contains("wpp"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dreams {
    codec: Codec,
    from: u64,
    to: u64,
    features: Vec<&'static str>,
}

/// Why no suite can be made of streams that are made up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DreamsError {
    /// A stream cannot be made.
    #[error("the stream of seed {seed}: {source}")]
    Dream {
        /// Which one.
        seed: u64,
        /// Why.
        source: DreamError,
    },
    /// A stream cannot be read, which is an error of whatever made it, or of the reader.
    #[error("the stream of seed {seed}: {source}")]
    Stream {
        /// Which one.
        seed: u64,
        /// Why.
        source: StreamError,
    },
    /// The bins of a slice are not those of its bytes.
    #[error("the stream of seed {seed}: slice {slice}: {source}")]
    Replay {
        /// Which stream.
        seed: u64,
        /// Which slice of it.
        slice: usize,
        /// Where it is wrong.
        source: replay::Difference,
    },
    /// The streams have no slice with CABAC.
    #[error("no slice with CABAC comes of it")]
    Empty,
}

impl FromStr for Dreams {
    type Err = String;

    fn from_str(text: &str) -> Result<Dreams, String> {
        let expected = || "it is CODEC:FROM..TO, such as h264:1..50, both ends included; and with features h265:1..50:wpp,tiles";
        let mut parts = text.splitn(3, ':');
        let codec = match parts.next() {
            Some("h264") => Codec::Avc,
            Some("h265") => Codec::Hevc,
            _ => return Err(expected().into()),
        };
        let ends = parts.next().and_then(|seeds| {
            let (from, to) = seeds.split_once("..")?;
            Some((from.parse().ok()?, to.parse().ok()?))
        });
        let (from, to) = ends.filter(|(from, to): &(u64, u64)| from <= to).ok_or_else(expected)?;
        let known: Vec<&'static str> = match codec {
            Codec::Avc => dream::avc_features().collect(),
            Codec::Hevc => dream::hevc_features().collect(),
        };
        let feature = |name: &str| {
            let found = known.iter().find(|known| **known == name).copied();
            found.ok_or_else(|| {
                format!("no stream of this standard has {name:?}; there are {}", known.join(", "))
            })
        };
        let features = parts.next().map(|names| names.split(',').map(feature).collect());
        Ok(Dreams { codec, from, to, features: features.transpose()?.unwrap_or_default() })
    }
}

impl fmt::Display for Dreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.codec(), self.from, self.to)?;
        match self.features.is_empty() {
            true => Ok(()),
            false => write!(f, ":{}", self.features.join(",")),
        }
    }
}

impl Dreams {
    fn codec(&self) -> &'static str {
        match self.codec {
            Codec::Avc => "h264",
            Codec::Hevc => "h265",
        }
    }

    /// How many streams there are; at most `u64::MAX`.
    pub fn count(&self) -> u64 {
        (self.to - self.from).saturating_add(1)
    }

    /// The name of the suite.
    fn name(&self) -> String {
        let Dreams { from, to, features, .. } = self;
        let seeds = format!("dreams-{}-{from}..{to}", self.codec());
        name_like(&[&[seeds.as_str()], &features[..]].concat().join("-"))
    }

    /// The slices of a stream. Their ids have the features too, so that they differ from those of the seed without features.
    fn slices(&self, seed: u64) -> Result<Vec<Vector>, DreamsError> {
        let (made, standard) = match self.codec {
            Codec::Avc => (dream::avc(seed, &self.features), "avc"),
            Codec::Hevc => (dream::hevc(seed, &self.features), "hevc"),
        };
        let stream = made.map_err(|source| DreamsError::Dream { seed, source })?;
        let trace = stream_trace(self.codec, &stream[..]);
        let trace = trace.map_err(|source| DreamsError::Stream { seed, source })?;
        let stem = [&[standard, "dream"], &self.features[..]].concat().join("-");
        let mut vectors = Vec::new();
        for (slice, traced) in trace.slices.iter().enumerate() {
            let differs = |source| DreamsError::Replay { seed, slice, source };
            replay::replay(traced).map_err(differs)?;
            let vector = of_slice(name_like(&format!("{stem}-{seed}-{slice}")), traced, self.codec);
            let comment = format!("of a stream that is made up; {}", vector.comment);
            vectors.push(Vector { comment, ..vector });
        }
        Ok(vectors)
    }
}

impl Suite {
    /// The slices with CABAC of streams that are made up, once they have been replayed. `progress` is called for each stream.
    ///
    /// ```
    /// use silicabac::suites::Suite;
    /// let suite = Suite::from_dreams(&"h264:7..8".parse()?, &mut || ())?;
    /// assert_eq!(suite.name, "dreams-h264-7..8");
    /// assert!(suite.vectors[0].id.starts_with("avc-dream-7-"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`DreamsError`].
    pub fn from_dreams(dreams: &Dreams, progress: &mut dyn FnMut()) -> Result<Suite, DreamsError> {
        let mut vectors = Vec::new();
        for seed in dreams.from..=dreams.to {
            vectors.extend(dreams.slices(seed)?);
            progress();
        }
        match vectors.is_empty() {
            true => Err(DreamsError::Empty),
            false => Ok(Suite { name: dreams.name(), origin: Origin::Dreams(dreams.to_string()), vectors }),
        }
    }
}
