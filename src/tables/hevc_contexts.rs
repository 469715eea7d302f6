//! Which context variables H.265 has: each syntax element with its table in the standard, and where its context variables lie in the flat
//! index of [`hevc_init`](super::hevc_init). `docs/h265-contexts.md` shows this table for people.

use core::ops::Range;

/// The profiles of H.265 that a coder knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "vectors",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum HevcProfile {
    /// Main, Main 10 and Main Still Picture: 154 contexts.
    Main,
    /// Main and the range extensions: 19 contexts more.
    RangeExtensions,
}

/// The contexts of a syntax element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HevcElement {
    /// The element; and which part of it, if its contexts lie apart.
    pub name: &'static str,
    /// Table 9-*n* of the standard (edition of October 2014 and after) has its initValues.
    pub table: u8,
    /// The ctxIdx of its first context in that table, for initType 0 (I), 1 and 2; none where such slices have no such
    /// context.
    pub ctx_idx: [Option<u8>; 3],
    /// The indices of its contexts in the flat index.
    pub flat: Range<u16>,
    /// The smallest profile that has it.
    pub profile: HevcProfile,
}

const fn element(
    name: &'static str,
    table: u8,
    flat: Range<u16>,
    ctx_idx: [Option<u8>; 3],
    profile: HevcProfile,
) -> HevcElement {
    HevcElement { name, table, ctx_idx, flat, profile }
}

/// ctxIdx where all slices have the context.
const fn all(type_0: u8, type_1: u8, type_2: u8) -> [Option<u8>; 3] {
    [Some(type_0), Some(type_1), Some(type_2)]
}

/// ctxIdx where only P and B slices have it.
const fn inter(type_1: u8, type_2: u8) -> [Option<u8>; 3] {
    [None, Some(type_1), Some(type_2)]
}

use HevcProfile::{Main, RangeExtensions};

/// All elements, in the order of the standard's tables. A flat index that no element has is no context of the standard.
#[rustfmt::skip]
pub const ELEMENTS: [HevcElement; 42] = [
    element("sao_merge_left_flag, sao_merge_up_flag",           5, 181..182, all(0, 1, 2),       Main),
    element("sao_type_idx_luma, sao_type_idx_chroma",           6, 182..183, all(0, 1, 2),       Main),
    element("split_cu_flag",                                    7,   0..  3, all(0, 3, 6),       Main),
    element("cu_transquant_bypass_flag",                        8, 185..186, all(0, 1, 2),       Main),
    element("cu_skip_flag",                                     9,   3..  6, inter(0, 3),        Main),
    element("pred_mode_flag",                                  10,  12.. 13, inter(0, 1),        Main),
    element("part_mode, first bin",                            11,   8..  9, all(0, 1, 5),       Main),
    element("part_mode, other bins",                           11,   9.. 12, inter(2, 6),        Main),
    element("prev_intra_luma_pred_flag",                       12,  13.. 14, all(0, 1, 2),       Main),
    element("intra_chroma_pred_mode",                          13,  14.. 15, all(0, 1, 2),       Main),
    element("rqt_root_cbf",                                    14,  41.. 42, inter(0, 1),        Main),
    element("merge_flag",                                      15,   6..  7, inter(0, 1),        Main),
    element("merge_idx",                                       16,   7..  8, inter(0, 1),        Main),
    element("inter_pred_idc",                                  17,  19.. 24, inter(0, 5),        Main),
    element("ref_idx_l0, ref_idx_l1",                          18,  24.. 26, inter(0, 2),        Main),
    element("mvp_l0_flag, mvp_l1_flag",                        19, 180..181, inter(0, 1),        Main),
    element("split_transform_flag",                            20,  38.. 41, all(0, 3, 6),       Main),
    element("cbf_luma",                                        21,  28.. 30, all(0, 2, 4),       Main),
    element("cbf_cb, cbf_cr",                                  22,  33.. 37, all(0, 4, 8),       Main),
    element("cbf_cb, cbf_cr at trafoDepth 4",                  22,  37.. 38, all(12, 13, 14),    RangeExtensions),
    element("abs_mvd_greater0_flag",                           23,  26.. 27, inter(0, 2),        Main),
    element("abs_mvd_greater1_flag",                           23,  27.. 28, inter(1, 3),        Main),
    element("cu_qp_delta_abs",                                 24,  16.. 18, all(0, 2, 4),       Main),
    element("transform_skip_flag, luma",                       25, 183..184, all(0, 1, 2),       Main),
    element("transform_skip_flag, chroma",                     25, 184..185, all(3, 4, 5),       Main),
    element("last_sig_coeff_x_prefix",                         26,  90..108, all(0, 18, 36),     Main),
    element("last_sig_coeff_y_prefix",                         27, 120..138, all(0, 18, 36),     Main),
    element("coded_sub_block_flag",                            28,  42.. 46, all(0, 4, 8),       Main),
    element("sig_coeff_flag, luma",                            29,  46.. 73, all(0, 42, 84),     Main),
    element("sig_coeff_flag, luma, transform_skip_context",    29,  73.. 74, all(126, 128, 130), RangeExtensions),
    element("sig_coeff_flag, chroma",                          29,  74.. 89, all(27, 69, 111),   Main),
    element("sig_coeff_flag, chroma, transform_skip_context",  29,  89.. 90, all(127, 129, 131), RangeExtensions),
    element("coeff_abs_level_greater1_flag",                   30, 150..174, all(0, 24, 48),     Main),
    element("coeff_abs_level_greater2_flag",                   31, 174..180, all(0, 6, 12),      Main),
    element("explicit_rdpcm_flag",                             32, 186..188, inter(0, 2),        RangeExtensions),
    element("explicit_rdpcm_dir_flag",                         33, 188..190, inter(0, 2),        RangeExtensions),
    element("log2_res_scale_abs_plus1, Cb",                    34, 190..194, all(0, 8, 16),      RangeExtensions),
    element("log2_res_scale_abs_plus1, Cr",                    34, 195..199, all(4, 12, 20),     RangeExtensions),
    element("res_scale_sign_flag, Cb",                         35, 194..195, all(0, 2, 4),       RangeExtensions),
    element("res_scale_sign_flag, Cr",                         35, 199..200, all(1, 3, 5),       RangeExtensions),
    element("cu_chroma_qp_offset_flag",                        36, 200..201, all(0, 1, 2),       RangeExtensions),
    element("cu_chroma_qp_offset_idx",                         37, 201..202, all(0, 1, 2),       RangeExtensions),
];

impl HevcProfile {
    /// Whether a coder of this profile has the context of a flat index.
    ///
    /// ```
    /// use silicabac::tables::hevc_contexts::HevcProfile;
    /// let of = |profile: HevcProfile| (0..202).filter(|&flat| profile.has(flat)).count();
    /// assert_eq!((of(HevcProfile::Main), of(HevcProfile::RangeExtensions)), (154, 173));
    /// ```
    pub const fn has(self, flat: u16) -> bool {
        let mut i = 0;
        while i < ELEMENTS.len() {
            let HevcElement { flat: Range { start, end }, profile, .. } = ELEMENTS[i];
            if start <= flat && flat < end {
                return profile as u8 <= self as u8;
            }
            i += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::super::hevc_init::{INIT_VALUE, UNUSED};
    use super::*;

    fn element_of(flat: usize) -> Option<&'static HevcElement> {
        let mut having = ELEMENTS.iter().filter(|element| element.flat.contains(&(flat as u16)));
        let element = having.next();
        assert!(having.next().is_none(), "{flat} belongs to two elements");
        element
    }

    #[test]
    fn a_context_has_an_initial_value_for_the_slices_that_have_it() {
        let without: Vec<usize> = (0..INIT_VALUE.len()).filter(|&flat| element_of(flat).is_none()).collect();
        for (flat, values) in INIT_VALUE.iter().enumerate() {
            match element_of(flat) {
                Some(element) => {
                    let has = element.ctx_idx.map(|ctx_idx| ctx_idx.is_some());
                    assert_eq!(values.map(|value| value != UNUSED), has, "{flat}");
                }
                // At two elements the flat index has one context more than the standard has.
                None if [15, 18].contains(&flat) => {}
                None => assert_eq!(values, &[UNUSED; 3], "{flat}"),
            }
        }
        assert_eq!(without.len(), 202 - 173);
    }

    #[test]
    fn no_ctx_idx_of_a_table_belongs_to_two_contexts_and_none_is_left_out() {
        for table in 5..=37 {
            let mut ctx_idx: Vec<u16> = ELEMENTS
                .iter()
                .filter(|element| element.table == table)
                .flat_map(|element| {
                    let firsts = element.ctx_idx.into_iter().flatten().map(u16::from);
                    firsts.flat_map(|first| (0..element.flat.len() as u16).map(move |n| first + n))
                })
                .collect();
            ctx_idx.sort_unstable();
            assert!(
                !ctx_idx.is_empty() && ctx_idx.iter().copied().eq(0..ctx_idx.len() as u16),
                "table 9-{table}"
            );
        }
    }

    #[test]
    fn the_document_is_this_table() {
        let range = |first: u16, count: usize| match count {
            1 => first.to_string(),
            _ => format!("{first}..{}", first + count as u16 - 1),
        };
        let mut rows = String::new();
        for HevcElement { name, table, ctx_idx, flat, profile } in &ELEMENTS {
            let [i, p, b] =
                ctx_idx.map(|first| first.map_or("-".into(), |first| range(first.into(), flat.len())));
            let profile = if *profile == Main { "Main" } else { "range extensions" };
            let ours = range(flat.start, flat.len());
            writeln!(rows, "| {name} | 9-{table} | {i} | {p} | {b} | {ours} | {profile} |").unwrap();
        }
        let document = include_str!("../../docs/h265-contexts.md");
        assert!(document.contains(&rows), "docs/h265-contexts.md has to have these rows:\n{rows}");
    }
}
