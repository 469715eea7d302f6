//! What a core can be asked for, be it one of ours or one that a user brings.

use serde::Deserialize;

use crate::context::{CONTEXTS, Codec, CtxIdx, SliceInit};
use crate::tables::hevc_contexts::HevcProfile;

/// What a core can be asked for, and what can be expected of it. [`Can::ALL`] can do everything, and takes requests as most cores do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Can {
    /// Slices of H.264.
    pub avc: bool,
    /// Slices of H.265, up to this profile.
    pub hevc: Option<HevcProfile>,
    /// Contexts below this number; for H.265, those of its profile among them.
    pub contexts: u16,
    /// ALIGN.
    pub align: bool,
    /// RAW bytes in a row; 0 if it has no RAW.
    pub raw: u32,
    /// An engine run after another with no raw bytes between them, as in substreams of H.265.
    pub substreams: bool,
    /// LOAD.
    pub loads: Loads,
    /// The lowest and the highest SliceQPY.
    pub qp: [i8; 2],
    /// Slices of these types, in the order P, B, I of [`SliceType`](crate::context::SliceType).
    pub slice_types: [bool; 3],
    /// The most bins of a slice.
    pub slice_bins: u64,
    /// The most bytes of a slice.
    pub slice_bytes: u64,
    /// What it reports on errors. An encoder meets none.
    pub errors: Errors,
    /// Whether a slice can begin before the last one has ended. This has no meaning for an encoder.
    pub early_slice: bool,
    /// Whether it can be reset in the middle of a slice.
    pub reset: bool,
    /// For an encoder with several lanes: requests of all kinds can share a transaction, which only a terminate bin of 1 ends. Otherwise
    /// bins share a transaction, up to a terminate bin, and every other request has one of its own.
    pub groups: bool,
    /// For an encoder with the port `req_run`: how many bypass bins can follow the bin of another request in its lane.
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

/// What a decoder reports on errors, which determines how far a slice with an error can be judged. The standard leaves open what a decoder
/// does after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errors {
    /// Nothing: a slice ends before the request that would meet an error.
    None,
    /// Whether there is one: `rsp_error` is not 0 with the first answer that the error affects, and the slice ends there.
    Flag,
    /// Everything that the convention of this project says: which error, at which bin, and what comes after it.
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

    /// The arithmetic coder alone, for both standards. What it does after an error is left open.
    pub const ENGINE: Can = Can { errors: Errors::Flag, ..Can::ALL };

    /// A complete coder of H.264 up to High: it initialises its contexts, and a PCM macroblock has 384 bytes.
    pub const H264: Can =
        Can { hevc: None, align: false, raw: 384, substreams: false, loads: Loads::None, ..Can::ENGINE };

    /// A complete coder of H.265 Main and Main 10: a PCM coding unit has up to 1,536 bytes.
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

    /// A complete coder of H.265 with the range extensions, 4:4:4 and 16 bit, and with bypass alignment.
    pub const H265_RANGE_EXTENSIONS: Can =
        Can { hevc: Some(HevcProfile::RangeExtensions), align: true, raw: 6_144, ..Can::H265_MAIN };

    /// The descriptions on which a file can be based, by name.
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

    /// Whether slices with this header use the context variable, and the core has it.
    pub(super) fn initialises(&self, header: SliceInit, ctx: CtxIdx) -> bool {
        let flat = ctx.get() as u16;
        let has = match header.codec {
            Codec::Avc => flat < self.contexts,
            Codec::Hevc => flat < self.contexts && self.hevc.is_some_and(|profile| profile.has(flat)),
        };
        has && header.model(ctx).is_some()
    }
}
