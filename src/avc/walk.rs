//! slice_data and macroblock_layer (clauses 7.3.4 and 7.3.5), walked once for both directions: for each element the coder is offered the
//! value in the [`Macroblock`], and the value that it coded is stored there.
//!
//! A value that the standard does not allow stops the walk at the end of its macroblock; until then a legal value takes its place. So
//! neither a stream nor an edited macroblock can lead the walk astray.

use std::ops::RangeInclusive;

use super::binarization::fixed_length;
use super::macroblock::{B_MB_TYPE, Macroblock, MbType, P_MB_TYPE, intra_16x16};
use super::neighbours::{ALL_CODED, CodedMb, CodedMbs, View};
use super::parameters::{Fault, NO_TYPE, Parameters};
use crate::bin::{BinCoder, Element, Place};
use crate::binarization::{signed, truncated_unary, unsigned};
use crate::context::{CtxIdx, SliceType};

const MB_SKIP_FLAG: Element = Element("mb_skip_flag");
const MB_FIELD_DECODING_FLAG: Element = Element("mb_field_decoding_flag");
const END_OF_SLICE_FLAG: Element = Element("end_of_slice_flag");
const STOP_BIT_OF_PCM: Element = Element("the stop bit after mb_type I_PCM");
const MB_TYPE: Element = Element("mb_type");
const PREV_INTRA4X4_PRED_MODE_FLAG: Element = Element("prev_intra4x4_pred_mode_flag");
const REM_INTRA4X4_PRED_MODE: Element = Element("rem_intra4x4_pred_mode");
const PREV_INTRA8X8_PRED_MODE_FLAG: Element = Element("prev_intra8x8_pred_mode_flag");
const REM_INTRA8X8_PRED_MODE: Element = Element("rem_intra8x8_pred_mode");
const INTRA_CHROMA_PRED_MODE: Element = Element("intra_chroma_pred_mode");
const TRANSFORM_SIZE_8X8_FLAG: Element = Element("transform_size_8x8_flag");
const CODED_BLOCK_PATTERN: Element = Element("coded_block_pattern");
const MB_QP_DELTA: Element = Element("mb_qp_delta");

/// Goes through the macroblocks of a slice with a coder.
#[derive(Debug)]
pub struct Walk<'a, C> {
    pub(super) coder: C,
    pub(super) parameters: &'a Parameters,
    pub(super) coded_mbs: CodedMbs,
    /// mb_field_decoding_flag of the present pair, read or inferred; field_pic_flag if there are no pairs.
    pub(super) is_field: bool,
    /// mb_skip_flag of the macroblock before.
    is_prev_skipped: bool,
    /// QPY of the macroblock before.
    qp_y: i32,
    /// Whether mb_qp_delta of the macroblock before is not 0.
    has_prev_qp_delta: bool,
    fault: Option<Fault>,
}

/// What is derived for a macroblock and is in none of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Derived {
    /// The column of its first luma sample (clause 6.4.1).
    pub x: usize,
    /// The row of its first luma sample, in the frame or the field that is coded.
    pub y: usize,
    /// Whether it is a field macroblock. When a skipped upper macroblock of a pair is coded, this is what is inferred then: if the lower one
    /// is not skipped, its mb_field_decoding_flag holds for both.
    pub is_field: bool,
    /// QPY.
    pub qp_y: i32,
}

pub(super) const fn ctx(index: usize) -> CtxIdx {
    CtxIdx::known(index)
}

impl<'a, C: BinCoder> Walk<'a, C> {
    /// A walk at the first macroblock of a slice. The coder is at its first bin, and the contexts are initialised here.
    pub fn new(mut coder: C, parameters: &'a Parameters) -> Walk<'a, C> {
        let init = parameters.init();
        for index in 0.. {
            let Some(ctx) = CtxIdx::new(index) else { break };
            if let Some(model) = init.model(ctx) {
                coder.load(ctx, model);
            }
        }
        Walk {
            coder,
            parameters,
            coded_mbs: CodedMbs::new(parameters),
            is_field: parameters.field_pic_flag,
            is_prev_skipped: false,
            qp_y: parameters.slice_qp_y.into(),
            has_prev_qp_delta: false,
            fault: None,
        }
    }

    /// The same walk with another coder, which gets the contexts in their present states.
    #[cfg(feature = "dream")]
    pub(crate) fn fork<D: BinCoder>(&self, mut coder: D) -> Walk<'a, D> {
        for ctx in (0..).map_while(CtxIdx::new) {
            coder.load(ctx, self.coder.save(ctx));
        }
        let Walk { parameters, is_field, is_prev_skipped, qp_y, has_prev_qp_delta, .. } = *self;
        let coded_mbs = self.coded_mbs.clone();
        Walk { coder, parameters, coded_mbs, is_field, is_prev_skipped, qp_y, has_prev_qp_delta, fault: None }
    }

    /// The coder.
    pub fn coder(&self) -> &C {
        &self.coder
    }

    /// Hands over the coder.
    pub fn into_coder(self) -> C {
        self.coder
    }

    /// What is derived for the macroblock that was coded last, whose address is given.
    pub fn derived(&self, mb_addr: usize) -> Derived {
        let width = self.parameters.pic_width_in_mbs as usize;
        let (x, y) = match self.parameters.mbaff_frame_flag {
            false => (mb_addr % width, 16 * (mb_addr / width)),
            true => {
                let (pair, bottom) = (mb_addr / 2, mb_addr % 2);
                (pair % width, 32 * (pair / width) + if self.is_field { bottom } else { 16 * bottom })
            }
        };
        Derived { x: 16 * x, y, is_field: self.is_field, qp_y: self.qp_y }
    }

    /// mbAddr of the next macroblock.
    pub fn mb_addr(&self) -> usize {
        self.coded_mbs.next_mb_addr()
    }

    /// Codes the next macroblock, and returns whether it is the last of the slice. A coder that writes takes that from `is_last`.
    ///
    /// # Errors
    /// The first element whose value is not legal, be it from the stream or from the caller.
    pub fn macroblock(&mut self, macroblock: &mut Macroblock, is_last: bool) -> Result<bool, Fault> {
        let mb_addr = self.mb_addr();
        self.coder.place(Place::Macroblock(mb_addr as u32));
        let is_mbaff = self.parameters.mbaff_frame_flag;
        let is_bottom = is_mbaff && mb_addr % 2 == 1;
        if is_mbaff && !is_bottom {
            self.is_field = self.inferred_field();
        }
        let is_skipped = self.parameters.slice_type != SliceType::I && self.mb_skip_flag(macroblock);
        let mb = if is_skipped {
            *macroblock = Macroblock { levels: cleared(&mut macroblock.levels), ..Macroblock::default() };
            self.has_prev_qp_delta = false;
            CodedMb {
                is_skipped,
                is_direct: self.parameters.slice_type == SliceType::B,
                ..CodedMb::default()
            }
        } else {
            let given = macroblock.mb_field_decoding_flag.take();
            if is_mbaff && (!is_bottom || self.is_prev_skipped) {
                let coded = self.mb_field_decoding_flag(given.unwrap_or(self.is_field), is_bottom);
                macroblock.mb_field_decoding_flag = Some(coded);
            }
            self.macroblock_layer(macroblock)
        };
        self.coded_mbs.push(CodedMb { is_available: true, is_field: self.is_field, ..mb });
        self.is_prev_skipped = is_skipped;

        let mut is_end = false;
        if !is_mbaff || is_bottom {
            let given = self.coder.element(END_OF_SLICE_FLAG, i32::from(is_last), 0..=1);
            is_end = self.coder.terminate(given != 0);
            self.coder.coded(END_OF_SLICE_FLAG, is_end.into());
            if !is_end && self.mb_addr() == self.parameters.pic_size_in_mbs as usize {
                // The macroblock has been added, so that the present address is that of the next one.
                self.fault.get_or_insert(Fault {
                    element: END_OF_SLICE_FLAG,
                    value: 0,
                    legal: 1..=1,
                    mb_addr,
                });
            }
        }
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => Ok(is_end),
        }
    }

    /// Records the first value that is not legal.
    #[cold]
    pub(super) fn record_fault(&mut self, element: Element, value: i32, legal: RangeInclusive<i32>) {
        let mb_addr = self.mb_addr();
        self.fault.get_or_insert(Fault { element, value, legal, mb_addr });
    }

    /// Codes an element. If its value is not legal, the lowest legal value takes its place.
    #[inline(always)]
    pub(super) fn element(
        &mut self,
        element: Element,
        given: i32,
        legal: RangeInclusive<i32>,
        code: impl FnOnce(&mut C, i32) -> i32,
    ) -> i32 {
        let mut given = self.coder.element(element, given, legal.clone());
        if !C::READS && !legal.contains(&given) {
            self.record_fault(element, given, legal.clone());
            given = *legal.start();
        }
        let coded = code(&mut self.coder, given);
        self.coder.coded(element, coded);
        if legal.contains(&coded) {
            return coded;
        }
        self.record_fault(element, coded, legal.clone());
        *legal.start()
    }

    #[inline(always)]
    pub(super) fn flag(&mut self, element: Element, given: bool, index: usize) -> bool {
        let given = self.coder.element(element, i32::from(given), 0..=1);
        let coded = self.coder.context(ctx(index), given != 0);
        self.coder.coded(element, coded.into());
        coded
    }

    /// The value of mb_field_decoding_flag if no macroblock of a pair has it (clause 7.4.4).
    fn inferred_field(&self) -> bool {
        let pair = self.coded_mbs.pairs().into_iter().find(|pair| pair.is_available);
        pair.is_some_and(|pair| pair.is_field)
    }

    fn mb_skip_flag(&mut self, macroblock: &Macroblock) -> bool {
        let near = self.coded_mbs.neighbours(self.is_field);
        let inc = [near.a, near.b].into_iter().filter(|mb| mb.is_available && !mb.is_skipped).count();
        let offset = if self.parameters.slice_type == SliceType::P { 11 } else { 24 };
        self.flag(MB_SKIP_FLAG, macroblock.mb_type == MbType::Skip, offset + inc)
    }

    fn mb_field_decoding_flag(&mut self, given: bool, is_bottom: bool) -> bool {
        let inc = self.coded_mbs.pairs().into_iter().filter(|pair| pair.is_field).count();
        self.is_field = self.flag(MB_FIELD_DECODING_FLAG, given, 70 + inc);
        if is_bottom && let Some(top) = self.coded_mbs.previous() {
            // The upper macroblock was skipped, and has the flag of this one.
            top.is_field = self.is_field;
        }
        self.is_field
    }

    fn macroblock_layer(&mut self, macroblock: &mut Macroblock) -> CodedMb {
        macroblock.mb_type = self.mb_type(macroblock.mb_type);
        let mb_type = macroblock.mb_type;
        let mut mb = CodedMb {
            is_intra: mb_type.is_intra(),
            is_i_nxn: mb_type == MbType::I_NXN,
            is_direct: mb_type == MbType::B_DIRECT_16X16,
            ..CodedMb::default()
        };
        if C::READS {
            let levels = cleared(&mut macroblock.levels);
            let mb_field_decoding_flag = macroblock.mb_field_decoding_flag;
            *macroblock = Macroblock { mb_type, mb_field_decoding_flag, levels, ..Macroblock::default() };
        }
        if mb_type == MbType::I_PCM {
            if !self.coder.stop_bit() {
                self.record_fault(STOP_BIT_OF_PCM, 0, 1..=1);
            }
            macroblock.pcm_alignment = self.coder.padding(macroblock.pcm_alignment);
            macroblock.pcm.resize(self.parameters.pcm_bytes(), 0);
            self.coder.raw(&mut macroblock.pcm);
            self.coder.start();
            self.has_prev_qp_delta = false;
            return CodedMb { is_pcm: true, coded_block_pattern: 0x2f, coded_block_flags: ALL_CODED, ..mb };
        }
        // Whether transform_size_8x8_flag may come after coded_block_pattern.
        let allows_8x8 = match mb_type {
            MbType::I(0) => {
                self.intra_nxn(macroblock);
                false
            }
            MbType::I(_) => false,
            _ => self.inter(macroblock, &mut mb),
        };
        if mb_type.is_intra() {
            self.intra_chroma_pred_mode(macroblock);
        }
        if let MbType::I(kind @ 1..) = mb_type {
            let (_, chroma, luma) = intra_16x16(kind);
            macroblock.coded_block_pattern = luma | chroma << 4;
        } else {
            self.coded_block_pattern(macroblock);
            if macroblock.coded_block_pattern & 15 != 0
                && self.parameters.transform_8x8_mode_flag
                && allows_8x8
            {
                self.transform_size_8x8_flag(macroblock);
            }
        }
        mb.has_nonzero_chroma_mode = macroblock.intra_chroma_pred_mode != 0;
        mb.coded_block_pattern = macroblock.coded_block_pattern;
        mb.transform_size_8x8_flag = macroblock.transform_size_8x8_flag;
        if macroblock.coded_block_pattern == 0 && !mb_type.is_intra_16x16() {
            self.has_prev_qp_delta = false;
        } else {
            self.mb_qp_delta(macroblock);
            self.residual(macroblock, &mut mb);
        }
        mb
    }

    fn mb_type(&mut self, given: MbType) -> MbType {
        let near = self.coded_mbs.neighbours(self.is_field);
        let count = |is_counted: fn(&CodedMb) -> bool| {
            [near.a, near.b].into_iter().filter(|mb| mb.is_available && is_counted(mb)).count()
        };
        match self.parameters.slice_type {
            SliceType::I => {
                let inc = count(|mb| !mb.is_i_nxn);
                let contexts = [3 + inc, 6, 7, 8, 9, 10];
                let given = if let MbType::I(kind) = given { kind.into() } else { NO_TYPE };
                let coded =
                    self.element(MB_TYPE, given, 0..=25, |coder, given| i_mb_type(coder, given, contexts));
                MbType::I(coded as u8)
            }
            SliceType::P => {
                let given = match given {
                    MbType::P(kind @ 0..=3) => kind.into(),
                    MbType::I(kind) => 5 + i32::from(kind),
                    _ => NO_TYPE,
                };
                let coded = self.element(MB_TYPE, given, 0..=30, |coder, given| {
                    let prefix =
                        P_MB_TYPE.code(coder, given.min(4) as usize, |bin_idx, bins| match bin_idx {
                            0 | 1 => ctx(14 + bin_idx as usize),
                            _ => ctx(16 + (bins & 1) as usize),
                        });
                    if prefix < 4 { prefix as i32 } else { 5 + i_mb_type(coder, given - 5, suffix(17)) }
                });
                if coded < 5 { MbType::P(coded as u8) } else { MbType::I((coded - 5) as u8) }
            }
            SliceType::B => {
                let inc = count(|mb| !mb.is_direct);
                let given = match given {
                    MbType::B(kind @ 0..=22) => kind.into(),
                    MbType::I(kind) => 23 + i32::from(kind),
                    _ => NO_TYPE,
                };
                let coded = self.element(MB_TYPE, given, 0..=48, |coder, given| {
                    let prefix =
                        B_MB_TYPE.code(coder, given.min(23) as usize, |bin_idx, bins| match bin_idx {
                            0 => ctx(27 + inc),
                            1 => ctx(27 + 3),
                            2 => ctx(27 + 5 - (bins & 1) as usize),
                            _ => ctx(27 + 5),
                        });
                    if prefix < 23 { prefix as i32 } else { 23 + i_mb_type(coder, given - 23, suffix(32)) }
                });
                if coded < 23 { MbType::B(coded as u8) } else { MbType::I((coded - 23) as u8) }
            }
        }
    }

    fn intra_nxn(&mut self, macroblock: &mut Macroblock) {
        if self.parameters.transform_8x8_mode_flag {
            self.transform_size_8x8_flag(macroblock);
        }
        let (blocks, names) = if macroblock.transform_size_8x8_flag {
            (4, [PREV_INTRA8X8_PRED_MODE_FLAG, REM_INTRA8X8_PRED_MODE])
        } else {
            (16, [PREV_INTRA4X4_PRED_MODE_FLAG, REM_INTRA4X4_PRED_MODE])
        };
        for mode in &mut macroblock.rem_intra_pred_mode[..blocks] {
            *mode = if self.flag(names[0], mode.is_none(), 68) {
                None
            } else {
                let given = i32::from(mode.unwrap_or(0));
                let code = |coder: &mut C, given| fixed_length(coder, given as u32, 3, |_| ctx(69)) as i32;
                Some(self.element(names[1], given, 0..=7, code) as u8)
            };
        }
    }

    fn transform_size_8x8_flag(&mut self, macroblock: &mut Macroblock) {
        let near = self.coded_mbs.neighbours(self.is_field);
        let inc = [near.a, near.b].into_iter().filter(|mb| mb.transform_size_8x8_flag).count();
        macroblock.transform_size_8x8_flag =
            self.flag(TRANSFORM_SIZE_8X8_FLAG, macroblock.transform_size_8x8_flag, 399 + inc);
    }

    fn intra_chroma_pred_mode(&mut self, macroblock: &mut Macroblock) {
        if !matches!(self.parameters.chroma_array_type, 1 | 2) {
            return;
        }
        let near = self.coded_mbs.neighbours(self.is_field);
        let inc = [near.a, near.b].into_iter().filter(|mb| mb.has_nonzero_chroma_mode).count();
        let contexts = [ctx(64 + inc), ctx(64 + 3), ctx(64 + 3)];
        let given = macroblock.intra_chroma_pred_mode.into();
        let code = |coder: &mut C, given| {
            truncated_unary(coder, given as u32, 3, |bin_idx| contexts[bin_idx as usize]) as i32
        };
        macroblock.intra_chroma_pred_mode = self.element(INTRA_CHROMA_PRED_MODE, given, 0..=3, code) as u8;
    }

    fn coded_block_pattern(&mut self, macroblock: &mut Macroblock) {
        let near = self.coded_mbs.neighbours(self.is_field);
        let View { pattern_left, pattern_above, .. } = near.view(self.parameters, false, false);
        let chroma = |mb: &CodedMb| mb.coded_block_pattern >> 4;
        let chroma_inc =
            |above: u8| usize::from(chroma(near.a) > above) + 2 * usize::from(chroma(near.b) > above);
        let chroma_contexts = [ctx(77 + chroma_inc(0)), ctx(77 + 4 + chroma_inc(1))];
        let has_chroma = matches!(self.parameters.chroma_array_type, 1 | 2);
        let given = macroblock.coded_block_pattern.into();
        let most = if has_chroma { 47 } else { 15 };
        let code = |coder: &mut C, given: i32| {
            let mut luma = 0;
            for block in 0..4 {
                let left = if block & 1 != 0 { luma >> (block - 1) } else { pattern_left >> block };
                let above = if block & 2 != 0 { luma >> (block - 2) } else { pattern_above >> block };
                let inc = usize::from(!left & 1) + 2 * usize::from(!above & 1);
                luma |= u8::from(coder.context(ctx(73 + inc), given >> block & 1 != 0)) << block;
            }
            let given = given as u32 >> 4;
            let c_max = if has_chroma { 2 } else { 0 };
            let chroma = truncated_unary(coder, given, c_max, |bin_idx| chroma_contexts[bin_idx as usize]);
            i32::from(luma) | (chroma as i32) << 4
        };
        macroblock.coded_block_pattern = self.element(CODED_BLOCK_PATTERN, given, 0..=most, code) as u8;
    }

    fn mb_qp_delta(&mut self, macroblock: &mut Macroblock) {
        let first = 60 + usize::from(self.has_prev_qp_delta);
        let contexts = move |bin_idx| match bin_idx {
            0 => ctx(first),
            1 => ctx(60 + 2),
            _ => ctx(60 + 3),
        };
        let half = 3 * (i32::from(self.parameters.bit_depth_luma) - 8);
        let code = |coder: &mut C, given| signed(truncated_unary(coder, unsigned(given), 1 << 7, contexts));
        let legal = -26 - half..=25 + half;
        macroblock.mb_qp_delta = self.element(MB_QP_DELTA, macroblock.mb_qp_delta.into(), legal, code) as i8;
        self.has_prev_qp_delta = macroblock.mb_qp_delta != 0;
        // Clause 7.4.5. QpBdOffsetY is twice `half`.
        let offset = 2 * half;
        self.qp_y =
            (self.qp_y + i32::from(macroblock.mb_qp_delta) + 52 + 2 * offset) % (52 + offset) - offset;
    }
}

/// The contexts of the type of an I macroblock after the prefix that P and B slices have before it (table 9-39).
const fn suffix(offset: usize) -> [usize; 6] {
    [offset, offset + 1, offset + 2, offset + 2, offset + 3, offset + 3]
}

/// mb_type of an I macroblock (table 9-36), given the contexts of its bins: not I_NxN; luma coded; chroma coded; chroma AC coded; and the
/// two bins of the prediction mode.
fn i_mb_type<C: BinCoder>(coder: &mut C, given: i32, contexts: [usize; 6]) -> i32 {
    let [first, has_luma, has_chroma, has_chroma_ac, mode_high, mode_low] = contexts.map(ctx);
    if !coder.context(first, given != 0) {
        return 0;
    }
    if coder.terminate(given == 25) {
        return 25;
    }
    let (mode, chroma, luma) = intra_16x16(given as u8);
    let luma = coder.context(has_luma, luma != 0);
    let chroma = if coder.context(has_chroma, chroma != 0) {
        1 + i32::from(coder.context(has_chroma_ac, chroma == 2))
    } else {
        0
    };
    let high = coder.context(mode_high, mode & 2 != 0);
    let low = coder.context(mode_low, mode & 1 != 0);
    1 + (i32::from(high) * 2 + i32::from(low)) + 4 * chroma + 12 * i32::from(luma)
}

/// Takes a vector and empties it, so that its memory is used again.
fn cleared(levels: &mut Vec<i32>) -> Vec<i32> {
    levels.clear();
    std::mem::take(levels)
}
