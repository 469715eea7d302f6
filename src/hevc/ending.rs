//! How a slice segment ends, for the dependent segment that goes on with it. The segment is read when its end is first asked for, unless
//! it has been read by then.
//!
//! So the units of a stream are available before any slice data is read, and can be worked on in any order and by several threads at once.
//! If they are worked on in their order, no segment is read twice.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::parameters::Parameters;
use super::segment::read_each;
use super::walk::SegmentEnd;
use crate::engine;

/// The most segments in a row that may be left unread.
const MOST_UNREAD: u32 = 64;

/// How a slice segment ends.
///
/// ```
/// use silicabac::hevc::{Content, Stream};
/// let bytes = std::fs::read("tests/streams/hm_wpp_depslices.265")?;
/// let units = Stream::new(&bytes[..]).collect::<Result<Vec<_>, _>>()?;
/// let (mut dependent, mut last) = (0, None);
/// for unit in &units {
///     if let Content::Segment { parameters, before, end, .. } = &unit.content {
///         if let Some(before) = before {
///             assert_eq!(before.get().unwrap().next_address(parameters), Some(parameters.slice_segment_address));
///             assert_eq!(Some(before), last);
///             dependent += 1;
///         }
///         last = end.as_ref();
///     }
/// }
/// assert!(dependent > 5);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Ending {
    end: OnceLock<Option<SegmentEnd>>,
    /// What it takes to read the segment; `None` once its end is known.
    source: Mutex<Option<Source>>,
    /// How many segments in a row had not been read when this was made, this one included.
    unread: u32,
}

/// What it takes to read the segment.
#[derive(Debug)]
struct Source {
    parameters: Box<Parameters>,
    before: Option<Arc<Ending>>,
    data: Vec<u8>,
}

impl Ending {
    /// The end of a segment that has not been read.
    pub(super) fn new(parameters: Box<Parameters>, before: Option<Arc<Ending>>, data: &[u8]) -> Ending {
        let mut unread = 1;
        if let Some(before) = before.as_ref().filter(|before| before.end.get().is_none()) {
            unread += before.unread;
            if unread > MOST_UNREAD {
                before.get();
                unread = 1;
            }
        }
        let source = Source { parameters, before, data: data.to_vec() };
        Ending { end: OnceLock::new(), source: Mutex::new(Some(source)), unread }
    }

    /// How it ends. `None` if it cannot be read to its end.
    pub fn get(&self) -> Option<&SegmentEnd> {
        let read = || {
            let Source { parameters, before, data } = self.take()?;
            let before = before.as_ref().and_then(|before| before.get());
            read_each(&parameters, before, engine::Decoder::new(&data), |_| {}).1.ok()
        };
        self.end.get_or_init(read).as_ref()
    }

    /// Records the end of the segment, which has been read.
    pub(super) fn set(&self, end: Option<SegmentEnd>) {
        // If another thread has recorded the end already, it is the same.
        let _ = self.end.set(end);
        self.take();
    }

    fn take(&self) -> Option<Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Compares how the segments end, and nothing else.
impl PartialEq for Ending {
    fn eq(&self, other: &Ending) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Ending {}
