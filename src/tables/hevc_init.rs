//! The initialisation values (initValue) of the context variables of H.265 (tables 9-5 to 9-37).
//!
//! Data only; `context::ContextModel::hevc` turns a value and SliceQpY into an initial state. H.265 numbers contexts within each syntax
//! element. Here they have one flat index, the one that bin traces use; `hevc_contexts` says which element lies where.

/// Marks a context variable that slices of the column's initType never use.
pub const UNUSED: u8 = 0;

const __: u8 = UNUSED;

/// initValue for each context; columns: initType 0 (I), 1 (P) and 2 (B; cabac_init_flag swaps 1 and 2).
#[rustfmt::skip]
pub const INIT_VALUE: [[u8; 3]; 202] = [
    [139, 107, 107], //   0 split_cu_flag 0
    [141, 139, 139], //   1 split_cu_flag 1
    [157, 126, 126], //   2 split_cu_flag 2
    [ __, 197, 197], //   3 cu_skip_flag 0
    [ __, 185, 185], //   4 cu_skip_flag 1
    [ __, 201, 201], //   5 cu_skip_flag 2
    [ __, 110, 154], //   6 merge_flag
    [ __, 122, 137], //   7 merge_idx
    [184, 154, 154], //   8 part_mode 0
    [ __, 139, 139], //   9 part_mode 1
    [ __, 154, 154], //  10 part_mode 2
    [ __, 154, 154], //  11 part_mode 3
    [ __, 149, 134], //  12 pred_mode_flag
    [184, 154, 183], //  13 prev_intra_luma_pred_flag
    [ 63, 152, 152], //  14 intra_chroma_pred_mode
    [139, 139, 139], //  15 no context of the standard
    [154, 154, 154], //  16 cu_qp_delta_abs 0
    [154, 154, 154], //  17 cu_qp_delta_abs 1
    [154, 154, 154], //  18 no context of the standard
    [ __,  95,  95], //  19 inter_pred_idc 0
    [ __,  79,  79], //  20 inter_pred_idc 1
    [ __,  63,  63], //  21 inter_pred_idc 2
    [ __,  31,  31], //  22 inter_pred_idc 3
    [ __,  31,  31], //  23 inter_pred_idc 4
    [ __, 153, 153], //  24 ref_idx_l0, ref_idx_l1 0
    [ __, 153, 153], //  25 ref_idx_l0, ref_idx_l1 1
    [ __, 140, 169], //  26 abs_mvd_greater0_flag
    [ __, 198, 198], //  27 abs_mvd_greater1_flag
    [111, 153, 153], //  28 cbf_luma 0
    [141, 111, 111], //  29 cbf_luma 1
    [ __,  __,  __], //  30 no context of the standard
    [ __,  __,  __], //  31 no context of the standard
    [ __,  __,  __], //  32 no context of the standard
    [ 94, 149, 149], //  33 cbf_cb, cbf_cr 0
    [138, 107,  92], //  34 cbf_cb, cbf_cr 1
    [182, 167, 167], //  35 cbf_cb, cbf_cr 2
    [154, 154, 154], //  36 cbf_cb, cbf_cr 3
    [154, 154, 154], //  37 cbf_cb, cbf_cr at trafoDepth 4
    [153, 124, 224], //  38 split_transform_flag 0
    [138, 138, 167], //  39 split_transform_flag 1
    [138,  94, 122], //  40 split_transform_flag 2
    [ __,  79,  79], //  41 rqt_root_cbf
    [ 91, 121, 121], //  42 coded_sub_block_flag 0
    [171, 140, 140], //  43 coded_sub_block_flag 1
    [134,  61,  61], //  44 coded_sub_block_flag 2
    [141, 154, 154], //  45 coded_sub_block_flag 3
    [111, 155, 170], //  46 sig_coeff_flag, luma 0
    [111, 154, 154], //  47 sig_coeff_flag, luma 1
    [125, 139, 139], //  48 sig_coeff_flag, luma 2
    [110, 153, 153], //  49 sig_coeff_flag, luma 3
    [110, 139, 139], //  50 sig_coeff_flag, luma 4
    [ 94, 123, 123], //  51 sig_coeff_flag, luma 5
    [124, 123, 123], //  52 sig_coeff_flag, luma 6
    [108,  63,  63], //  53 sig_coeff_flag, luma 7
    [124, 153, 124], //  54 sig_coeff_flag, luma 8
    [107, 166, 166], //  55 sig_coeff_flag, luma 9
    [125, 183, 183], //  56 sig_coeff_flag, luma 10
    [141, 140, 140], //  57 sig_coeff_flag, luma 11
    [179, 136, 136], //  58 sig_coeff_flag, luma 12
    [153, 153, 153], //  59 sig_coeff_flag, luma 13
    [125, 154, 154], //  60 sig_coeff_flag, luma 14
    [107, 166, 166], //  61 sig_coeff_flag, luma 15
    [125, 183, 183], //  62 sig_coeff_flag, luma 16
    [141, 140, 140], //  63 sig_coeff_flag, luma 17
    [179, 136, 136], //  64 sig_coeff_flag, luma 18
    [153, 153, 153], //  65 sig_coeff_flag, luma 19
    [125, 154, 154], //  66 sig_coeff_flag, luma 20
    [107, 166, 166], //  67 sig_coeff_flag, luma 21
    [125, 183, 183], //  68 sig_coeff_flag, luma 22
    [141, 140, 140], //  69 sig_coeff_flag, luma 23
    [179, 136, 136], //  70 sig_coeff_flag, luma 24
    [153, 153, 153], //  71 sig_coeff_flag, luma 25
    [125, 154, 154], //  72 sig_coeff_flag, luma 26
    [141, 140, 140], //  73 sig_coeff_flag, luma, transform_skip_context
    [140, 170, 170], //  74 sig_coeff_flag, chroma 0
    [139, 153, 153], //  75 sig_coeff_flag, chroma 1
    [182, 123, 138], //  76 sig_coeff_flag, chroma 2
    [182, 123, 138], //  77 sig_coeff_flag, chroma 3
    [152, 107, 122], //  78 sig_coeff_flag, chroma 4
    [136, 121, 121], //  79 sig_coeff_flag, chroma 5
    [152, 107, 122], //  80 sig_coeff_flag, chroma 6
    [136, 121, 121], //  81 sig_coeff_flag, chroma 7
    [153, 167, 167], //  82 sig_coeff_flag, chroma 8
    [136, 151, 151], //  83 sig_coeff_flag, chroma 9
    [139, 183, 183], //  84 sig_coeff_flag, chroma 10
    [111, 140, 140], //  85 sig_coeff_flag, chroma 11
    [136, 151, 151], //  86 sig_coeff_flag, chroma 12
    [139, 183, 183], //  87 sig_coeff_flag, chroma 13
    [111, 140, 140], //  88 sig_coeff_flag, chroma 14
    [111, 140, 140], //  89 sig_coeff_flag, chroma, transform_skip_context
    [110, 125, 125], //  90 last_sig_coeff_x_prefix 0
    [110, 110, 110], //  91 last_sig_coeff_x_prefix 1
    [124,  94, 124], //  92 last_sig_coeff_x_prefix 2
    [125, 110, 110], //  93 last_sig_coeff_x_prefix 3
    [140,  95,  95], //  94 last_sig_coeff_x_prefix 4
    [153,  79,  94], //  95 last_sig_coeff_x_prefix 5
    [125, 125, 125], //  96 last_sig_coeff_x_prefix 6
    [127, 111, 111], //  97 last_sig_coeff_x_prefix 7
    [140, 110, 111], //  98 last_sig_coeff_x_prefix 8
    [109,  78,  79], //  99 last_sig_coeff_x_prefix 9
    [111, 110, 125], // 100 last_sig_coeff_x_prefix 10
    [143, 111, 126], // 101 last_sig_coeff_x_prefix 11
    [127, 111, 111], // 102 last_sig_coeff_x_prefix 12
    [111,  95, 111], // 103 last_sig_coeff_x_prefix 13
    [ 79,  94,  79], // 104 last_sig_coeff_x_prefix 14
    [108, 108, 108], // 105 last_sig_coeff_x_prefix 15
    [123, 123, 123], // 106 last_sig_coeff_x_prefix 16
    [ 63, 108,  93], // 107 last_sig_coeff_x_prefix 17
    [ __,  __,  __], // 108 no context of the standard
    [ __,  __,  __], // 109 no context of the standard
    [ __,  __,  __], // 110 no context of the standard
    [ __,  __,  __], // 111 no context of the standard
    [ __,  __,  __], // 112 no context of the standard
    [ __,  __,  __], // 113 no context of the standard
    [ __,  __,  __], // 114 no context of the standard
    [ __,  __,  __], // 115 no context of the standard
    [ __,  __,  __], // 116 no context of the standard
    [ __,  __,  __], // 117 no context of the standard
    [ __,  __,  __], // 118 no context of the standard
    [ __,  __,  __], // 119 no context of the standard
    [110, 125, 125], // 120 last_sig_coeff_y_prefix 0
    [110, 110, 110], // 121 last_sig_coeff_y_prefix 1
    [124,  94, 124], // 122 last_sig_coeff_y_prefix 2
    [125, 110, 110], // 123 last_sig_coeff_y_prefix 3
    [140,  95,  95], // 124 last_sig_coeff_y_prefix 4
    [153,  79,  94], // 125 last_sig_coeff_y_prefix 5
    [125, 125, 125], // 126 last_sig_coeff_y_prefix 6
    [127, 111, 111], // 127 last_sig_coeff_y_prefix 7
    [140, 110, 111], // 128 last_sig_coeff_y_prefix 8
    [109,  78,  79], // 129 last_sig_coeff_y_prefix 9
    [111, 110, 125], // 130 last_sig_coeff_y_prefix 10
    [143, 111, 126], // 131 last_sig_coeff_y_prefix 11
    [127, 111, 111], // 132 last_sig_coeff_y_prefix 12
    [111,  95, 111], // 133 last_sig_coeff_y_prefix 13
    [ 79,  94,  79], // 134 last_sig_coeff_y_prefix 14
    [108, 108, 108], // 135 last_sig_coeff_y_prefix 15
    [123, 123, 123], // 136 last_sig_coeff_y_prefix 16
    [ 63, 108,  93], // 137 last_sig_coeff_y_prefix 17
    [ __,  __,  __], // 138 no context of the standard
    [ __,  __,  __], // 139 no context of the standard
    [ __,  __,  __], // 140 no context of the standard
    [ __,  __,  __], // 141 no context of the standard
    [ __,  __,  __], // 142 no context of the standard
    [ __,  __,  __], // 143 no context of the standard
    [ __,  __,  __], // 144 no context of the standard
    [ __,  __,  __], // 145 no context of the standard
    [ __,  __,  __], // 146 no context of the standard
    [ __,  __,  __], // 147 no context of the standard
    [ __,  __,  __], // 148 no context of the standard
    [ __,  __,  __], // 149 no context of the standard
    [140, 154, 154], // 150 coeff_abs_level_greater1_flag 0
    [ 92, 196, 196], // 151 coeff_abs_level_greater1_flag 1
    [137, 196, 167], // 152 coeff_abs_level_greater1_flag 2
    [138, 167, 167], // 153 coeff_abs_level_greater1_flag 3
    [140, 154, 154], // 154 coeff_abs_level_greater1_flag 4
    [152, 152, 152], // 155 coeff_abs_level_greater1_flag 5
    [138, 167, 167], // 156 coeff_abs_level_greater1_flag 6
    [139, 182, 182], // 157 coeff_abs_level_greater1_flag 7
    [153, 182, 182], // 158 coeff_abs_level_greater1_flag 8
    [ 74, 134, 134], // 159 coeff_abs_level_greater1_flag 9
    [149, 149, 149], // 160 coeff_abs_level_greater1_flag 10
    [ 92, 136, 136], // 161 coeff_abs_level_greater1_flag 11
    [139, 153, 153], // 162 coeff_abs_level_greater1_flag 12
    [107, 121, 121], // 163 coeff_abs_level_greater1_flag 13
    [122, 136, 136], // 164 coeff_abs_level_greater1_flag 14
    [152, 137, 122], // 165 coeff_abs_level_greater1_flag 15
    [140, 169, 169], // 166 coeff_abs_level_greater1_flag 16
    [179, 194, 208], // 167 coeff_abs_level_greater1_flag 17
    [166, 166, 166], // 168 coeff_abs_level_greater1_flag 18
    [182, 167, 167], // 169 coeff_abs_level_greater1_flag 19
    [140, 154, 154], // 170 coeff_abs_level_greater1_flag 20
    [227, 167, 152], // 171 coeff_abs_level_greater1_flag 21
    [122, 137, 167], // 172 coeff_abs_level_greater1_flag 22
    [197, 182, 182], // 173 coeff_abs_level_greater1_flag 23
    [138, 107, 107], // 174 coeff_abs_level_greater2_flag 0
    [153, 167, 167], // 175 coeff_abs_level_greater2_flag 1
    [136,  91,  91], // 176 coeff_abs_level_greater2_flag 2
    [167, 122, 107], // 177 coeff_abs_level_greater2_flag 3
    [152, 107, 107], // 178 coeff_abs_level_greater2_flag 4
    [152, 167, 167], // 179 coeff_abs_level_greater2_flag 5
    [ __, 168, 168], // 180 mvp_l0_flag, mvp_l1_flag
    [153, 153, 153], // 181 sao_merge_left_flag, sao_merge_up_flag
    [200, 185, 160], // 182 sao_type_idx_luma, sao_type_idx_chroma
    [139, 139, 139], // 183 transform_skip_flag, luma
    [139, 139, 139], // 184 transform_skip_flag, chroma
    [154, 154, 154], // 185 cu_transquant_bypass_flag
    [ __, 139, 139], // 186 explicit_rdpcm_flag 0
    [ __, 139, 139], // 187 explicit_rdpcm_flag 1
    [ __, 139, 139], // 188 explicit_rdpcm_dir_flag 0
    [ __, 139, 139], // 189 explicit_rdpcm_dir_flag 1
    [154, 154, 154], // 190 log2_res_scale_abs_plus1, Cb 0
    [154, 154, 154], // 191 log2_res_scale_abs_plus1, Cb 1
    [154, 154, 154], // 192 log2_res_scale_abs_plus1, Cb 2
    [154, 154, 154], // 193 log2_res_scale_abs_plus1, Cb 3
    [154, 154, 154], // 194 res_scale_sign_flag, Cb
    [154, 154, 154], // 195 log2_res_scale_abs_plus1, Cr 0
    [154, 154, 154], // 196 log2_res_scale_abs_plus1, Cr 1
    [154, 154, 154], // 197 log2_res_scale_abs_plus1, Cr 2
    [154, 154, 154], // 198 log2_res_scale_abs_plus1, Cr 3
    [154, 154, 154], // 199 res_scale_sign_flag, Cr
    [154, 154, 154], // 200 cu_chroma_qp_offset_flag
    [154, 154, 154], // 201 cu_chroma_qp_offset_idx
];
