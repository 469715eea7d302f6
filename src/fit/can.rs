//! What a core can: the words in which a core describes itself, ours and those that users bring.

use serde::Deserialize;

use crate::context::{CONTEXTS, Codec, CtxIdx, SliceInit};
use crate::tables::hevc_contexts::HevcProfile;

/// What a core can be asked for, and what may be expected of it. [`Can::ALL`] is a core that can all, but takes requests as most do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Can {
    /// Slices of H.264.
    pub avc: bool,
    /// Slices of H.265, up to this profile.
    pub hevc: Option<HevcProfile>,
    /// Contexts below this number; of H.265, those of its profile among them.
    pub contexts: u16,
    /// ALIGN.
    pub align: bool,
    /// RAW bytes in a row; 0 if it has no RAW.
    pub raw: u32,
    /// An engine run behind another with no raw bytes between them, as substreams of H.265 are.
    pub substreams: bool,
    /// LOAD.
    pub loads: Loads,
    /// The least and the greatest SliceQPY.
    pub qp: [i8; 2],
    /// Slices of these types; P, B, I as [`SliceType`](crate::context::SliceType) has them.
    pub slice_types: [bool; 3],
    /// Bins in a slice, at the most.
    pub slice_bins: u64,
    /// Bytes in a slice, at the most.
    pub slice_bytes: u64,
    /// What it says of errors; encoders have none.
    pub errors: Errors,
    /// A slice that begins before the last has ended; encoders have no such thing.
    pub early_slice: bool,
    /// A reset in the middle of a slice.
    pub reset: bool,
    /// Of an encoder with several lanes: requests of all kinds share a transaction, which only a terminate bin of 1 ends. Where it
    /// cannot, bins share one, up to a terminate bin, and all others go alone.
    pub groups: bool,
    /// Of an encoder with the port `req_run`: how many bypass bins can follow the bin of another request in its lane.
    pub bypass_after: u8,
}

/// When a core takes LOADs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loads {
    /// Between any two requests.
    Any,
    /// Before the first bin of a slice only.
    Start,
    /// Never: it initialises its contexts by itself, from the header of the slice.
    None,
}

/// What a decoder says of errors, and so how far a slice with an error can be judged. The standard leaves open what a
/// decoder does then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errors {
    /// Nothing: a slice ends before the request that would meet an error.
    None,
    /// That there is one: `rsp_error` is not 0 with the first answer that the error spoils, where the slice ends.
    Flag,
    /// All that this project does: which error, at which bin, and how it goes on.
    Convention,
}

impl Can {
    /// Everything.
    pub const ALL: Can = Can {
        avc: true,
        hevc: Some(HevcProfile::RangeExtensions),
        contexts: CONTEXTS as u16,
        align: true,
        raw: u32::MAX,
        substreams: true,
        loads: Loads::Any,
        qp: [i8::MIN, i8::MAX],
        slice_types: [true; 3],
        slice_bins: u64::MAX,
        slice_bytes: u64::MAX,
        errors: Errors::Convention,
        early_slice: true,
        reset: true,
        groups: false,
        bypass_after: 0,
    };

    /// The arithmetic coder alone, for both standards; what comes of an error is its own affair.
    pub const ENGINE: Can = Can { errors: Errors::Flag, ..Can::ALL };

    /// A whole coder of H.264 up to High: it initialises its contexts, and a macroblock of PCM has 384 bytes.
    pub const H264: Can =
        Can { hevc: None, align: false, raw: 384, substreams: false, loads: Loads::None, ..Can::ENGINE };

    /// A whole coder of H.265 Main and Main 10: a coding unit of PCM has up to 1,536 bytes.
    pub const H265_MAIN: Can = Can {
        avc: false,
        hevc: Some(HevcProfile::Main),
        contexts: 202,
        align: false,
        raw: 1_536,
        substreams: true,
        loads: Loads::None,
        ..Can::ENGINE
    };

    /// A whole coder of H.265 with the range extensions, 4:4:4 and 16 bit, and with bypass alignment.
    pub const H265_RANGE_EXTENSIONS: Can =
        Can { hevc: Some(HevcProfile::RangeExtensions), align: true, raw: 6_144, ..Can::H265_MAIN };

    /// What a file can begin with, by name.
    pub const TEMPLATES: [(&str, Can); 4] = [
        ("engine", Can::ENGINE),
        ("h264", Can::H264),
        ("h265-main", Can::H265_MAIN),
        ("h265-range-extensions", Can::H265_RANGE_EXTENSIONS),
    ];

    /// Whether it has a context variable.
    ///
    /// ```
    /// use silicabac::{context::CtxIdx, fit::Can};
    /// let transform_skip_extra = CtxIdx::new(73).unwrap();
    /// assert!(Can::H264.has(transform_skip_extra) && !Can::H265_MAIN.has(transform_skip_extra));
    /// ```
    pub fn has(&self, ctx: CtxIdx) -> bool {
        let flat = ctx.get() as u16;
        flat < self.contexts && (self.avc || self.hevc.is_some_and(|profile| profile.has(flat)))
    }

    /// Whether it codes slices with this header.
    pub fn takes(&self, header: SliceInit) -> bool {
        let SliceInit { codec, slice_type, slice_qp_y, .. } = header;
        let knows = match codec {
            Codec::Avc => self.avc,
            Codec::Hevc => self.hevc.is_some(),
        };
        knows && self.slice_types[slice_type as usize] && (self.qp[0]..=self.qp[1]).contains(&slice_qp_y)
    }

    /// Whether slices with this header have a context variable that it has, too.
    pub(super) fn initialises(&self, header: SliceInit, ctx: CtxIdx) -> bool {
        let flat = ctx.get() as u16;
        let has = match header.codec {
            Codec::Avc => flat < self.contexts,
            Codec::Hevc => flat < self.contexts && self.hevc.is_some_and(|profile| profile.has(flat)),
        };
        has && header.model(ctx).is_some()
    }
}
