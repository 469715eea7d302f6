//! Context variables: the probability model of one kind of bin, its transitions, and how a slice initialises it.

#[cfg(feature = "vectors")]
use crate::tables::hevc_contexts::HevcProfile;
use crate::tables::{RANGE_TAB_LPS, TRANS_IDX_LPS, TRANS_IDX_MPS, avc_init, hevc_init};

/// The number of context variables that a coder holds: as many as H.264 has, the larger of the two standards.
pub const CONTEXTS: usize = 1024;

/// Which context variable a bin is coded with: H.264's ctxIdx, or H.265's flat index (`tables::hevc_init`).
///
/// It is always below [`CONTEXTS`], so that no coder has to check it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CtxIdx(u16);

impl CtxIdx {
    /// The context of this index; `None` from 1,024 up.
    ///
    /// ```
    /// use silicabac::context::CtxIdx;
    /// assert_eq!(CtxIdx::new(7).unwrap().get(), 7);
    /// assert!(CtxIdx::new(1024).is_none());
    /// ```
    pub const fn new(index: u16) -> Option<CtxIdx> {
        if (index as usize) < CONTEXTS { Some(CtxIdx(index)) } else { None }
    }

    /// The context of this index, which is known to be below 1,024.
    #[cfg(any(feature = "avc", feature = "weights"))]
    #[inline(always)]
    pub(crate) const fn known(index: usize) -> CtxIdx {
        debug_assert!(index < CONTEXTS);
        CtxIdx((index & (CONTEXTS - 1)) as u16)
    }

    /// The index, 0..1024. The mask changes nothing; it shows the compiler that array accesses stay within bounds.
    pub const fn get(self) -> usize {
        self.0 as usize & (CONTEXTS - 1)
    }
}

/// pStateIdx, 0..=62, and valMPS of one context variable, in one byte: `pStateIdx | valMPS << 6`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ContextModel(u8);

impl ContextModel {
    /// A context variable in this state; `None` for states above 62 (63 belongs to the terminate bin).
    ///
    /// ```
    /// use silicabac::context::ContextModel;
    /// let model = ContextModel::new(62, true).unwrap();
    /// assert_eq!((model.p_state_idx(), model.val_mps()), (62, true));
    /// assert!(ContextModel::new(63, false).is_none());
    /// ```
    pub const fn new(p_state_idx: u8, val_mps: bool) -> Option<ContextModel> {
        if p_state_idx <= 62 { Some(ContextModel(p_state_idx | (val_mps as u8) << 6)) } else { None }
    }

    /// The inverse of [`bits`](Self::bits); `None` for state 63 and for bytes above 127.
    pub const fn from_bits(bits: u8) -> Option<ContextModel> {
        if bits < 128 { Self::new(bits & 63, bits >> 6 != 0) } else { None }
    }

    /// `pStateIdx | valMPS << 6`.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The probability state: 0 is even odds, 62 the most skewed.
    pub const fn p_state_idx(self) -> u8 {
        self.0 & 63
    }

    /// The more probable symbol.
    pub const fn val_mps(self) -> bool {
        self.0 >> 6 != 0
    }

    /// The state after coding `bin` (H.264 clause 9.3.3.2.1.1, H.265 clause 9.3.4.3.2.2).
    ///
    /// ```
    /// use silicabac::context::ContextModel;
    /// let even = ContextModel::new(0, false).unwrap();
    /// assert_eq!(even.next(true), ContextModel::new(0, true).unwrap()); // an LPS in state 0 swaps valMPS
    /// ```
    pub const fn next(self, bin: bool) -> ContextModel {
        let (state, mps) = (self.p_state_idx(), self.val_mps());
        if bin == mps {
            ContextModel(TRANS_IDX_MPS[state as usize] | (mps as u8) << 6)
        } else {
            let mps = if state == 0 { !mps } else { mps };
            ContextModel(TRANS_IDX_LPS[state as usize] | (mps as u8) << 6)
        }
    }

    /// The part of codIRange that a bin leaves, before renormalisation.
    ///
    /// ```
    /// use silicabac::context::ContextModel;
    /// let even = ContextModel::new(0, false).unwrap();
    /// assert_eq!((even.part(510, true), even.part(510, false)), (240, 270));
    /// ```
    pub const fn part(self, cod_i_range: u32, bin: bool) -> u32 {
        let lps = RANGE_TAB_LPS[self.p_state_idx() as usize][(cod_i_range >> 6 & 3) as usize] as u32;
        if bin == self.val_mps() { cod_i_range - lps } else { lps }
    }

    /// The initial state of an H.264 context variable at `slice_qp_y` (clause 9.3.1.1); `None` where slices with this initialisation have
    /// no such context variable. SliceQPY below 0 (at high bit depths) or above 51 is clipped.
    ///
    /// ```
    /// use silicabac::context::{AvcInit, ContextModel, CtxIdx};
    /// let mb_skip_flag = CtxIdx::new(11).unwrap();
    /// assert_eq!(ContextModel::avc(mb_skip_flag, AvcInit::Inter0, 26), ContextModel::new(6, true));
    /// assert_eq!(ContextModel::avc(mb_skip_flag, AvcInit::Intra, 26), None);
    /// ```
    pub const fn avc(ctx: CtxIdx, init: AvcInit, slice_qp_y: i32) -> Option<ContextModel> {
        match avc_init::MN[ctx.get()][init as usize] {
            avc_init::UNUSED => None,
            (m, n) => Some(Self::from_line(m as i32, n as i32, slice_qp_y)),
        }
    }

    /// The initial state of an H.265 context variable at `slice_qp_y` (clause 9.3.2.2); `None` where slices of this initType have no such
    /// context variable.
    ///
    /// ```
    /// use silicabac::context::{ContextModel, CtxIdx, HevcInit};
    /// let split_cu_flag = CtxIdx::new(0).unwrap();
    /// assert_eq!(ContextModel::hevc(split_cu_flag, HevcInit::Type0, 26), ContextModel::new(0, false));
    /// ```
    pub const fn hevc(ctx: CtxIdx, init: HevcInit, slice_qp_y: i32) -> Option<ContextModel> {
        if ctx.get() >= hevc_init::INIT_VALUE.len() {
            return None;
        }
        match hevc_init::INIT_VALUE[ctx.get()][init as usize] {
            hevc_init::UNUSED => None,
            value => Some(Self::from_init_value(value, slice_qp_y)),
        }
    }

    const fn from_init_value(value: u8, slice_qp_y: i32) -> ContextModel {
        let (m, n) = hevc_line(value);
        Self::from_line(m as i32, n as i32, slice_qp_y)
    }

    /// preCtxState = Clip3(1, 126, ((m * Clip3(0, 51, SliceQPY)) >> 4) + n). Up to 63 valMPS is 0, above it 1.
    const fn from_line(m: i32, n: i32, slice_qp_y: i32) -> ContextModel {
        let pre_ctx_state = clip3(1, 126, ((m * clip3(0, 51, slice_qp_y)) >> 4) + n);
        if pre_ctx_state <= 63 {
            ContextModel((63 - pre_ctx_state) as u8)
        } else {
            ContextModel((pre_ctx_state - 64) as u8 | 1 << 6)
        }
    }
}

/// Which column of the H.264 initialisation tables a slice uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AvcInit {
    /// I and SI slices.
    Intra,
    /// P, SP and B slices with cabac_init_idc 0.
    Inter0,
    /// P, SP and B slices with cabac_init_idc 1.
    Inter1,
    /// P, SP and B slices with cabac_init_idc 2.
    Inter2,
}

/// initType of H.265 (clause 9.3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HevcInit {
    /// I slices.
    Type0,
    /// P slices, or B slices with cabac_init_flag.
    Type1,
    /// B slices, or P slices with cabac_init_flag.
    Type2,
}

/// What a slice header says that initialises the context variables of the slice.
///
/// ```
/// use silicabac::context::{AvcInit, Codec, ContextModel, CtxIdx, SliceInit, SliceType};
/// let init = SliceInit { codec: Codec::Avc, slice_type: SliceType::B, slice_qp_y: 26, index: 0 };
/// let mb_skip_flag = CtxIdx::new(24).unwrap();
/// assert_eq!(init.model(mb_skip_flag), ContextModel::avc(mb_skip_flag, AvcInit::Inter0, 26));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "vectors", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct SliceInit {
    /// The standard whose context variables they are.
    pub codec: Codec,
    /// slice_type.
    pub slice_type: SliceType,
    /// SliceQPY.
    pub slice_qp_y: i8,
    /// H.264: cabac_init_idc, 0..=2. H.265: cabac_init_flag, 0 or 1.
    pub index: u8,
}

/// A standard, which numbers its context variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "vectors",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum Codec {
    /// H.264; contexts are numbered by ctxIdx.
    Avc,
    /// H.265; contexts are numbered as in [`crate::tables::hevc_init`].
    Hevc,
}

impl Codec {
    /// How many context variables it has, including those that no slice uses.
    pub const fn contexts(self) -> usize {
        match self {
            Codec::Avc => CONTEXTS,
            Codec::Hevc => hevc_init::INIT_VALUE.len(),
        }
    }

    /// Whether its most common profiles have this context variable: those without 4:4:4 coding and range extensions.
    #[cfg(feature = "vectors")]
    pub(crate) fn is_common(self, ctx: CtxIdx) -> bool {
        const AVC_CONTEXTS: usize = 460;
        match self {
            Codec::Avc => ctx.get() < AVC_CONTEXTS,
            Codec::Hevc => HevcProfile::Main.has(ctx.get() as u16),
        }
    }
}

/// slice_type, numbered as H.264 does; SP slices are P slices here, and SI slices are I slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "vectors", derive(serde::Serialize, serde::Deserialize))]
pub enum SliceType {
    /// Predicted from one list of pictures.
    P,
    /// Predicted from two lists of pictures.
    B,
    /// Not predicted from other pictures.
    I,
}

impl SliceInit {
    /// The initial state of a context variable; `None` where such slices have no such context variable.
    pub const fn model(self, ctx: CtxIdx) -> Option<ContextModel> {
        let slice_qp_y = self.slice_qp_y as i32;
        match self.codec {
            Codec::Avc => ContextModel::avc(ctx, self.avc_column(), slice_qp_y),
            Codec::Hevc => ContextModel::hevc(ctx, self.hevc_column(), slice_qp_y),
        }
    }

    const fn avc_column(self) -> AvcInit {
        match (self.slice_type, self.index) {
            (SliceType::I, _) => AvcInit::Intra,
            (_, 0) => AvcInit::Inter0,
            (_, 1) => AvcInit::Inter1,
            _ => AvcInit::Inter2,
        }
    }

    const fn hevc_column(self) -> HevcInit {
        match (self.slice_type, self.index) {
            (SliceType::I, _) => HevcInit::Type0,
            (SliceType::P, 0) | (SliceType::B, 1) => HevcInit::Type1,
            _ => HevcInit::Type2,
        }
    }
}

#[cfg(feature = "vectors")]
impl SliceInit {
    /// The initial states of a context variable if one bit of its entry in the table of the standard were wrong: a bit of m or n, which
    /// have eight bits each, or of initValue.
    pub(crate) fn models_with_a_wrong_bit(self, ctx: CtxIdx) -> Vec<ContextModel> {
        let line = |m: i8, n: i8| ContextModel::from_line(m.into(), n.into(), self.slice_qp_y.into());
        if self.model(ctx).is_none() {
            return Vec::new();
        }
        match self.codec {
            Codec::Avc => {
                let (m, n) = avc_init::MN[ctx.get()][self.avc_column() as usize];
                let wrong = |bit: u32| 1u8.rotate_left(bit) as i8;
                (0..8).flat_map(|bit| [line(m ^ wrong(bit), n), line(m, n ^ wrong(bit))]).collect()
            }
            Codec::Hevc => {
                let value = hevc_init::INIT_VALUE[ctx.get()][self.hevc_column() as usize];
                let of = |value| ContextModel::from_init_value(value, self.slice_qp_y.into());
                (0..8).map(|bit| of(value ^ 1 << bit)).collect()
            }
        }
    }
}

/// m and n of an initValue of H.265 (clause 9.3.2.2).
pub(crate) const fn hevc_line(value: u8) -> avc_init::Mn {
    let (slope_idx, offset_idx) = ((value >> 4) as i8, (value & 15) as i8);
    (slope_idx * 5 - 45, (offset_idx << 3) - 16)
}

const fn clip3(low: i32, high: i32, value: i32) -> i32 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}
