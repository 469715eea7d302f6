//! The rules of H.265's slice segment data, each with its replacements. They are expressions of `src/hevc/`; a context that is used instead
//! of another and a wrong initial state are tested in `tests/hevc_data.rs`.

/// What notices that a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A committed stream is read differently.
    Stream,
    /// No committed stream has such elements; random ones are read differently.
    Elements,
    /// One walk reads the same, but several at once read something else.
    Parts,
}

use By::{Elements, Parts, Stream};

/// A rule: a file of `src/hevc/`, a place that is there once, an expression that is in the place once; and its replacements, each with what
/// notices it.
pub(super) struct Rule {
    pub(super) file: &'static str,
    pub(super) place: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static [(&'static str, By)],
}

const fn rule(
    file: &'static str,
    place: &'static str,
    from: &'static str,
    to: &'static [(&'static str, By)],
) -> Rule {
    Rule { file, place, from, to }
}

/// All rules, in the order of the files.
pub(super) const RULES: &[Rule] = &[
    // Initialisation (clause 9.3.1).
    rule(
        "parameters.rs",
        "index: self.slice.cabac_init_flag.into()",
        "self.slice.cabac_init_flag.into()",
        &[("0", Elements)],
    ),
    rule("parameters.rs", "slice_qp_y: self.slice.slice_qp_y", "self.slice.slice_qp_y", &[("26", Stream)]),
    rule(
        "walk.rs",
        "let saved = if tiles.begins_tile(self.ctb)",
        "tiles.begins_tile(self.ctb)",
        &[("false", Elements)],
    ),
    rule(
        "walk.rs",
        "self.wpp.as_ref().filter(|_| self.available().above_right)",
        "self.wpp.as_ref().filter(|_| self.available().above_right)",
        &[("None", Stream), ("self.wpp.as_ref()", Elements)],
    ),
    rule(
        "walk.rs",
        "self.parameters.pps.entropy_coding_sync_enabled_flag && tiles.begins_row(self.ctb);",
        "self.parameters.pps.entropy_coding_sync_enabled_flag && tiles.begins_row(self.ctb)",
        &[(
            "ds.is_none() && self.parameters.pps.entropy_coding_sync_enabled_flag && tiles.begins_row(self.ctb)",
            Stream,
        )],
    ),
    rule("walk.rs", "} else {\n            ds\n        };", "ds", &[("None", Stream)]),
    rule(
        "walk.rs",
        "saved.map_or([0; 4], |saved| saved.stat_coeff)",
        "saved.map_or([0; 4], |saved| saved.stat_coeff)",
        &[("self.stat_coeff", Elements), ("[0; 4]", Elements)],
    ),
    rule(
        "walk.rs",
        "is_synchronised && self.parameters.tiles.is_second(self.ctb)",
        "self.parameters.tiles.is_second(self.ctb)",
        &[("self.parameters.tiles.begins_row(self.ctb)", Stream)],
    ),
    // Substreams.
    rule(
        "parameters.rs",
        "self.tiles.begins_tile(ctb) ||",
        "self.tiles.begins_tile(ctb)",
        &[("false", Stream)],
    ),
    rule(
        "parameters.rs",
        "|| is_synchronised && self.tiles.begins_row(ctb)",
        "is_synchronised && self.tiles.begins_row(ctb)",
        &[("false", Stream)],
    ),
    rule("substreams.rs", "if Some(byte) == self.next", "Some(byte) == self.next", &[("true", Parts)]),
    rule("substreams.rs", "bins += before.coder.bins();", "before.coder.bins()", &[("0", Parts)]),
    rule("substreams.rs", "wpp.send(walk.wpp.clone())", "walk.wpp.clone()", &[("None", Parts)]),
    rule("substreams.rs", "lines.send(walk.line_at(ctb.x))", "ctb.x", &[("0", Parts)]),
    rule("substreams.rs", "lines.send(walk.line_at(x))", "x", &[("self.ctb.x", Parts)]),
    rule("walk.rs", "self.wpp.take().or(before.wpp)", "before.wpp", &[("None", Parts)]),
    rule("edges.rs", "|(own, _)| **own == UNKNOWN", "**own == UNKNOWN", &[("false", Parts)]),
    // Availability (clause 6.4.1).
    rule("tiles.rs", "left: ctb.x > left && in_slice(1)", "ctb.x > left", &[("ctb.x > 0", Stream)]),
    rule("tiles.rs", "left: ctb.x > left && in_slice(1)", "in_slice(1)", &[("true", Stream)]),
    rule("tiles.rs", "above: ctb.y > top && in_slice(width)", "ctb.y > top", &[("ctb.y > 0", Stream)]),
    rule("tiles.rs", "above: ctb.y > top && in_slice(width)", "in_slice(width)", &[("true", Stream)]),
    rule(
        "tiles.rs",
        "above_right: ctb.y > top && ctb.x + 1 < left + width && in_slice(width - 1)",
        "ctb.x + 1 < left + width",
        &[("true", Elements)],
    ),
    rule(
        "tiles.rs",
        "above_right: ctb.y > top && ctb.x + 1 < left + width && in_slice(width - 1)",
        "in_slice(width - 1)",
        &[("in_slice(width)", Elements)],
    ),
    rule("edges.rs", "self.modes_above = [DC; 16];", "[DC; 16]", &[("self.modes_above", Stream)]),
    rule(
        "edges.rs",
        "self.left = [Neighbour::default(); 8];\n            self",
        "[Neighbour::default(); 8]",
        &[("self.left", Stream)],
    ),
    rule("edges.rs", "self.modes_left = [DC; 16];", "[DC; 16]", &[("self.modes_left", Stream)]),
    rule("edges.rs", "if !available.above", "!available.above", &[("false", Stream)]),
    // sao().
    rule("walk.rs", "SAO_MERGE_LEFT_FLAG, available.left)", "available.left", &[("true", Stream)]),
    rule("walk.rs", "SAO_MERGE_UP_FLAG, available.above)", "available.above", &[("true", Stream)]),
    rule(
        "walk.rs",
        "if self.parameters.slice.slice_sao[component.min(1)]",
        "component.min(1)",
        &[("0", Elements), ("1", Stream)],
    ),
    rule(
        "walk.rs",
        "(bin_idx == 0).then_some(ctx(SAO_TYPE_IDX))",
        "(bin_idx == 0).then_some(ctx(SAO_TYPE_IDX))",
        &[("Some(ctx(SAO_TYPE_IDX))", Stream)],
    ),
    rule(
        "walk.rs",
        "(component == 2).then_some(unit.coded.sao.components[1])",
        "(component == 2).then_some(unit.coded.sao.components[1])",
        &[("None", Stream)],
    ),
    rule(
        "walk.rs",
        "self.parameters.bit_depth(component).min(10)",
        "self.parameters.bit_depth(component).min(10)",
        &[("self.parameters.bit_depth(component).min(11)", Elements), ("8", Stream)],
    ),
    rule("walk.rs", "if coded.offset_abs[i] != 0", "coded.offset_abs[i] != 0", &[("true", Stream)]),
    rule("walk.rs", "if coded.type_idx == 1 {", "coded.type_idx == 1", &[("coded.type_idx == 2", Stream)]),
    // coding_quadtree().
    rule(
        "walk.rs",
        "let fits = x + (1 << log2_size) <= width && y",
        "x + (1 << log2_size) <= width",
        &[("true", Stream), ("x + (1 << log2_size) < width", Stream)],
    ),
    rule(
        "walk.rs",
        "&& y + (1 << log2_size) <= height;",
        "y + (1 << log2_size) <= height",
        &[("true", Stream), ("y + (1 << log2_size) < height", Stream)],
    ),
    rule(
        "walk.rs",
        "usize::from(near[0].depth > depth) + usize::from(near[1].depth > depth)",
        "usize::from(near[0].depth > depth) + usize::from(near[1].depth > depth)",
        &[
            ("usize::from(near[0].depth > depth)", Stream),
            ("usize::from(near[1].depth > depth)", Stream),
            ("usize::from(near[0].depth >= depth) + usize::from(near[1].depth > depth)", Stream),
            ("usize::from(near[0].depth > depth) + usize::from(near[1].depth >= depth)", Stream),
        ],
    ),
    rule(
        "walk.rs",
        "log2_size >= parameters.log2_min_cu_qp_delta_size()",
        "log2_size >= parameters.log2_min_cu_qp_delta_size()",
        &[("log2_size > parameters.log2_min_cu_qp_delta_size()", Stream), ("true", Stream)],
    ),
    rule(
        "walk.rs",
        "log2_size >= parameters.log2_min_cu_chroma_qp_offset_size()",
        "log2_size >= parameters.log2_min_cu_chroma_qp_offset_size()",
        &[("log2_size > parameters.log2_min_cu_chroma_qp_offset_size()", Elements), ("true", Elements)],
    ),
    rule(
        "walk.rs",
        "if x < width && y < height {",
        "x < width && y < height",
        &[("x < width", Stream), ("y < height", Stream)],
    ),
    // coding_unit().
    rule(
        "coding_unit.rs",
        "usize::from(near[0].is_skipped) + usize::from(near[1].is_skipped)",
        "usize::from(near[0].is_skipped) + usize::from(near[1].is_skipped)",
        &[("usize::from(near[0].is_skipped)", Stream), ("usize::from(near[1].is_skipped)", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "if pred_mode == PredMode::Intra && !is_smallest {",
        "!is_smallest",
        &[("false", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "sps.amp_enabled_flag && !is_smallest;",
        "sps.amp_enabled_flag && !is_smallest",
        &[("sps.amp_enabled_flag", Stream), ("false", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "_ if is_smallest && log2_size > 3 => 3",
        "is_smallest && log2_size > 3",
        &[("is_smallest", Stream), ("false", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "let has_pcm = coded.part_mode == PartMode::Whole",
        "coded.part_mode == PartMode::Whole",
        &[("true", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "(pcm.log2_size[0]..=pcm.log2_size[1]).contains(&coded.log2_cb_size)",
        "(pcm.log2_size[0]..=pcm.log2_size[1]).contains(&coded.log2_cb_size)",
        &[
            ("coded.log2_cb_size >= pcm.log2_size[0]", Elements),
            ("coded.log2_cb_size <= pcm.log2_size[1]", Elements),
        ],
    ),
    rule(
        "coding_unit.rs",
        "self.pcm_flag(given.pcm.is_some()) {\n                self.edges.set_mode(x, y, log2_size, DC);",
        "DC",
        &[("INTRA_VERTICAL", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "} else {\n            self.edges.set_mode(x, y, log2_size, DC);",
        "DC",
        &[("INTRA_VERTICAL", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "width + height == 12",
        "width + height == 12",
        &[("false", Stream), ("width + height <= 16", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "coded.part_mode == PartMode::Whole && is_merged",
        "coded.part_mode == PartMode::Whole && is_merged",
        &[("is_merged", Stream), ("false", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "!is_intra && inter_depth == 0 && coded.part_mode != PartMode::Whole",
        "!is_intra && inter_depth == 0 && coded.part_mode != PartMode::Whole",
        &[("false", Stream), ("!is_intra && inter_depth == 0", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "intra_depth + u8::from(coding.intra_split)",
        "intra_depth + u8::from(coding.intra_split)",
        &[("intra_depth", Elements)],
    ),
    rule("coding_unit.rs", "else { inter_depth };", "inter_depth", &[("intra_depth", Stream)]),
    // Intra modes (clauses 8.4.2 and 8.4.3).
    rule(
        "coding_unit.rs",
        "[PLANAR, DC, INTRA_VERTICAL].into_iter()",
        "[PLANAR, DC, INTRA_VERTICAL]",
        &[("[PLANAR, INTRA_VERTICAL, DC]", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "[a, b, third.unwrap_or(INTRA_VERTICAL)]",
        "[a, b, third.unwrap_or(INTRA_VERTICAL)]",
        &[("[b, a, third.unwrap_or(INTRA_VERTICAL)]", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "a < 2 {\n        [PLANAR, DC, INTRA_VERTICAL]",
        "[PLANAR, DC, INTRA_VERTICAL]",
        &[("[PLANAR, INTRA_VERTICAL, DC]", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "[a, 2 + (a + 29) % 32, 2 + (a - 2 + 1) % 32]",
        "2 + (a + 29) % 32",
        &[("2 + (a + 28) % 32", Stream), ("a - 1", Elements)],
    ),
    rule(
        "coding_unit.rs",
        "[a, 2 + (a + 29) % 32, 2 + (a - 2 + 1) % 32]",
        "2 + (a - 2 + 1) % 32",
        &[("2 + (a - 2 + 2) % 32", Stream), ("a + 1", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "cand_mode_list.sort_unstable();",
        "cand_mode_list.sort_unstable()",
        &[("()", Stream)],
    ),
    rule(
        "coding_unit.rs",
        "mode + u8::from(mode >= candidate)",
        "mode >= candidate",
        &[("mode > candidate", Stream)],
    ),
    rule("coding_unit.rs", "3 => coded.part_mode.count(),", "coded.part_mode.count()", &[("1", Stream)]),
    rule("coding_unit.rs", "if mode == luma_mode { 34 }", "mode == luma_mode", &[("false", Stream)]),
    rule("coding_unit.rs", "if format == 2 { MODE_422", "format == 2", &[("false", Stream)]),
    rule(
        "coding_unit.rs",
        "coding.is_chroma_derived[part] = coded_mode == 4;",
        "coded_mode == 4",
        &[("true", Stream), ("false", Stream)],
    ),
    // prediction_unit().
    rule(
        "prediction.rs",
        "(bin_idx == 0).then_some(ctx(MERGE_IDX))",
        "(bin_idx == 0).then_some(ctx(MERGE_IDX))",
        &[("Some(ctx(MERGE_IDX))", Stream)],
    ),
    rule(
        "prediction.rs",
        "INTER_PRED_IDC + usize::from(depth & 3)",
        "usize::from(depth & 3)",
        &[("0", Stream)],
    ),
    rule("prediction.rs", "if slice.num_ref_idx_active[list] > 1 {", "list", &[("0", Elements)]),
    rule(
        "prediction.rs",
        "(bin_idx < 2).then(|| ctx(REF_IDX + bin_idx as usize))",
        "bin_idx < 2",
        &[("bin_idx < 1", Stream)],
    ),
    rule(
        "prediction.rs",
        "list == 1 && slice.mvd_l1_zero_flag && coded.inter_pred_idc == PRED_BI",
        "list == 1 && slice.mvd_l1_zero_flag && coded.inter_pred_idc == PRED_BI",
        &[("false", Stream), ("list == 1 && slice.mvd_l1_zero_flag", Elements)],
    ),
    rule("prediction.rs", "exp_golomb(coder, given, 1)", "1", &[("0", Stream)]),
    // transform_tree().
    rule(
        "transform.rs",
        "SPLIT_TRANSFORM_FLAG + 5 - log2_size as usize",
        "5 - log2_size as usize",
        &[("usize::from(depth.min(2))", Stream)],
    ),
    rule(
        "transform.rs",
        "log2_size > sps.min_tb_log2_size.into() && depth < coding.max_depth",
        "log2_size > sps.min_tb_log2_size.into()",
        &[("log2_size > 2", Elements)],
    ),
    rule(
        "transform.rs",
        "log2_size > sps.min_tb_log2_size.into() && depth < coding.max_depth",
        "depth < coding.max_depth",
        &[("depth <= coding.max_depth", Stream), ("true", Stream)],
    ),
    rule(
        "transform.rs",
        "!(coding.intra_split && depth == 0)",
        "!(coding.intra_split && depth == 0)",
        &[("true", Stream)],
    ),
    rule(
        "transform.rs",
        "format == 3 || format != 0 && log2_size > 2",
        "format != 0 && log2_size > 2",
        &[("format != 0", Stream), ("false", Stream)],
    ),
    rule("transform.rs", "if format == 3 || format != 0", "format == 3", &[("false", Stream)]),
    rule(
        "transform.rs",
        "(!coded.split_transform_flag || log2_size == 3)",
        "!coded.split_transform_flag || log2_size == 3",
        &[("true", Stream), ("!coded.split_transform_flag", Stream)],
    ),
    rule(
        "transform.rs",
        "depth > 0 && parent[plane] == [false; 2]",
        "depth > 0 && parent[plane] == [false; 2]",
        &[("false", Stream)],
    ),
    rule(
        "transform.rs",
        "CBF_CHROMA + usize::from(depth.min(4))",
        "usize::from(depth.min(4))",
        &[("0", Stream)],
    ),
    rule("transform.rs", "cbf_chroma = parent;", "parent", &[("[[false; 2]; 2]", Stream)]),
    rule(
        "transform.rs",
        "if depth == 0 { blk_idx } else { node.part }",
        "if depth == 0 { blk_idx } else { node.part }",
        &[("0", Stream), ("blk_idx", Elements)],
    ),
    rule(
        "transform.rs",
        "coding.is_intra || depth != 0 || has_chroma",
        "coding.is_intra || depth != 0 || has_chroma",
        &[
            ("true", Stream),
            ("coding.is_intra || depth != 0", Stream),
            ("coding.is_intra || has_chroma", Stream),
            ("depth != 0 || has_chroma", Stream),
        ],
    ),
    rule(
        "transform.rs",
        "CBF_LUMA + usize::from(depth == 0)",
        "depth == 0",
        &[("true", Stream), ("false", Stream)],
    ),
    rule(
        "transform.rs",
        "if coded.cbf_luma || has_chroma {",
        "coded.cbf_luma || has_chroma",
        &[("coded.cbf_luma", Stream)],
    ),
    // transform_unit().
    rule(
        "transform.rs",
        "cu_qp_delta_enabled_flag && !self.is_cu_qp_delta_coded",
        "!self.is_cu_qp_delta_coded",
        &[("true", Stream)],
    ),
    rule(
        "transform.rs",
        "CU_QP_DELTA_ABS + (bin_idx > 0) as usize",
        "(bin_idx > 0) as usize",
        &[("0", Stream), ("1", Stream)],
    ),
    rule("transform.rs", "exp_golomb(coder, given.wrapping_sub(5), 0)", "0", &[("1", Stream)]),
    rule(
        "transform.rs",
        "&& has_chroma\n            && !coding.cu_transquant_bypass_flag;",
        "has_chroma",
        &[("true", Elements)],
    ),
    rule(
        "transform.rs",
        "&& has_chroma\n            && !coding.cu_transquant_bypass_flag;",
        "!coding.cu_transquant_bypass_flag",
        &[("true", Elements)],
    ),
    rule(
        "transform.rs",
        "if can_offset && !self.is_cu_chroma_qp_offset_coded",
        "!self.is_cu_chroma_qp_offset_coded",
        &[("true", Elements)],
    ),
    rule("transform.rs", "if c_max == 0 {", "c_max == 0", &[("c_max <= 1", Elements)]),
    rule("transform.rs", "_ if node.log2_size > 2 =>", "node.log2_size > 2", &[("true", Stream)]),
    rule(
        "transform.rs",
        "_ if node.blk_idx == 3 =>",
        "node.blk_idx == 3",
        &[("node.blk_idx == 0", Stream), ("true", Stream)],
    ),
    rule(
        "transform.rs",
        "cross_component_prediction_enabled_flag\n            && coded.cbf_luma",
        "coded.cbf_luma",
        &[("true", Stream)],
    ),
    rule(
        "transform.rs",
        "(!coding.is_intra || coding.is_chroma_derived[part])",
        "!coding.is_intra || coding.is_chroma_derived[part]",
        &[("true", Stream), ("!coding.is_intra", Stream), ("coding.is_chroma_derived[part]", Stream)],
    ),
    rule(
        "transform.rs",
        "truncated_unary(coder, given, 4, |bin_idx| Some(ctx(first + bin_idx as usize)))",
        "bin_idx as usize",
        &[("0", Stream)],
    ),
    // residual_coding(): how a block is transformed.
    rule(
        "residual.rs",
        "if pps.transform_skip_enabled_flag\n            && !coding.cu_transquant_bypass_flag",
        "!coding.cu_transquant_bypass_flag",
        &[("true", Elements)],
    ),
    rule(
        "residual.rs",
        "log2_size <= pps.log2_max_transform_skip_size.into()",
        "log2_size <= pps.log2_max_transform_skip_size.into()",
        &[("log2_size == 2", Stream), ("true", Stream)],
    ),
    rule(
        "residual.rs",
        "if !coding.is_intra && sps.range.explicit_rdpcm_enabled_flag && !is_transformed",
        "!coding.is_intra",
        &[("true", Stream)],
    ),
    rule(
        "residual.rs",
        "if !coding.is_intra && sps.range.explicit_rdpcm_enabled_flag && !is_transformed",
        "!is_transformed",
        &[("true", Stream), ("coded.transform_skip_flag", Elements)],
    ),
    rule(
        "residual.rs",
        "&& coded.transform_skip_flag\n            && matches!(mode, INTRA_HORIZONTAL | INTRA_VERTICAL)",
        "coded.transform_skip_flag",
        &[("true", Stream)],
    ),
    rule(
        "residual.rs",
        "matches!(mode, INTRA_HORIZONTAL | INTRA_VERTICAL)",
        "matches!(mode, INTRA_HORIZONTAL | INTRA_VERTICAL)",
        &[
            ("false", Stream),
            ("true", Stream),
            ("mode == INTRA_HORIZONTAL", Stream),
            ("mode == INTRA_VERTICAL", Stream),
        ],
    ),
    rule(
        "residual.rs",
        "coding.cu_transquant_bypass_flag || has_implicit_rdpcm || coded.explicit_rdpcm.is_some()",
        "coding.cu_transquant_bypass_flag",
        &[("false", Elements)],
    ),
    rule(
        "residual.rs",
        "coding.cu_transquant_bypass_flag || has_implicit_rdpcm || coded.explicit_rdpcm.is_some()",
        "coded.explicit_rdpcm.is_some()",
        &[("false", Stream)],
    ),
    // Scans (clauses 6.5 and 7.4.9.11).
    rule(
        "residual.rs",
        "log2_size == 2 || log2_size == 3 && (component == 0 || sps.chroma_array_type() == 3)",
        "log2_size == 2 || log2_size == 3 && (component == 0 || sps.chroma_array_type() == 3)",
        &[
            ("log2_size == 2", Stream),
            ("log2_size <= 3", Stream),
            ("log2_size == 2 || log2_size == 3 && component == 0", Stream),
            ("log2_size <= 4", Stream),
        ],
    ),
    rule(
        "residual.rs",
        "6..=14 => scan::VERTICAL",
        "scan::VERTICAL",
        &[
            ("scan::HORIZONTAL", Stream),
            ("if mode == 6 { scan::DIAGONAL } else { scan::VERTICAL }", Stream),
            ("if mode == 14 { scan::DIAGONAL } else { scan::VERTICAL }", Stream),
        ],
    ),
    rule(
        "residual.rs",
        "22..=30 => scan::HORIZONTAL",
        "scan::HORIZONTAL",
        &[
            ("scan::VERTICAL", Stream),
            ("if mode == 22 { scan::DIAGONAL } else { scan::HORIZONTAL }", Stream),
            ("if mode == 30 { scan::DIAGONAL } else { scan::HORIZONTAL }", Stream),
        ],
    ),
    rule(
        "residual.rs",
        "_ => scan::DIAGONAL,\n            }",
        "scan::DIAGONAL",
        &[
            ("if mode == 5 { scan::VERTICAL } else { scan::DIAGONAL }", Stream),
            ("if mode == 15 { scan::VERTICAL } else { scan::DIAGONAL }", Stream),
            ("if mode == 21 { scan::HORIZONTAL } else { scan::DIAGONAL }", Stream),
            ("if mode == 31 { scan::HORIZONTAL } else { scan::DIAGONAL }", Stream),
        ],
    ),
    rule(
        "residual.rs",
        "let sub_blocks = &SCANS[shape.scan_idx][shape.log2_size as usize - 2];",
        "shape.scan_idx",
        &[("0", Stream)],
    ),
    rule(
        "residual.rs",
        "if scan_idx == scan::VERTICAL {\n            last.swap(0, 1)",
        "scan_idx == scan::VERTICAL",
        &[("false", Stream)],
    ),
    // last_sig_coeff_x_prefix and last_sig_coeff_y_prefix.
    rule(
        "residual.rs",
        "(3 * (log2_size - 2) + ((log2_size - 1) >> 2), (log2_size + 1) >> 2)",
        "3 * (log2_size - 2) + ((log2_size - 1) >> 2)",
        &[("3 * (log2_size - 2)", Stream)],
    ),
    rule(
        "residual.rs",
        "(3 * (log2_size - 2) + ((log2_size - 1) >> 2), (log2_size + 1) >> 2)",
        "(log2_size + 1) >> 2",
        &[("log2_size >> 2", Stream)],
    ),
    rule(
        "residual.rs",
        "true => (15, log2_size - 2)",
        "log2_size - 2",
        &[("0", Stream), ("(log2_size - 2).min(2)", Elements)],
    ),
    // coded_sub_block_flag and sig_coeff_flag.
    rule(
        "residual.rs",
        "2 * plane + usize::from(right | below)",
        "usize::from(right | below)",
        &[("usize::from(right)", Stream), ("usize::from(below)", Stream)],
    ),
    rule(
        "residual.rs",
        "let is_flag_coded = !is_last && i > 0;",
        "!is_last && i > 0",
        &[("!is_last", Stream), ("i > 0", Stream)],
    ),
    rule(
        "residual.rs",
        "usize::from(right | below << 1)",
        "right | below << 1",
        &[("below | right << 1", Stream), ("right", Stream), ("below << 1", Stream)],
    ),
    rule("residual.rs", "if log2_size == 2 {", "log2_size == 2", &[("false", Stream)]),
    rule(
        "residual.rs",
        "(false, 3) if scan_idx == scan::DIAGONAL => 9",
        "scan_idx == scan::DIAGONAL",
        &[("true", Stream), ("false", Stream)],
    ),
    rule("residual.rs", "(true, 3) => 9,", "9", &[("12", Stream)]),
    rule("residual.rs", "(false, _) => 21,", "21", &[("15", Stream)]),
    rule(
        "residual.rs",
        "if !is_chroma && self.i > 0 { 3 }",
        "!is_chroma && self.i > 0",
        &[("self.i > 0", Stream), ("false", Stream), ("!is_chroma", Stream)],
    ),
    rule(
        "residual.rs",
        "self.i == 0 && !self.shape.has_one_sig_ctx",
        "self.i == 0 && !self.shape.has_one_sig_ctx",
        &[("false", Stream), ("self.i == 0", Stream), ("!self.shape.has_one_sig_ctx", Stream)],
    ),
    rule(
        "residual.rs",
        "let is_inferred = is_flag_coded && self.count == 0;",
        "is_flag_coded && self.count == 0",
        &[("false", Stream), ("self.count == 0", Stream)],
    ),
    rule(
        "residual.rs",
        "transform_skip_context_enabled_flag && !is_transformed",
        "!is_transformed",
        &[
            ("coded.transform_skip_flag", Elements),
            ("coding.cu_transquant_bypass_flag", Stream),
            ("true", Stream),
        ],
    ),
    // coeff_abs_level_greater1_flag and coeff_abs_level_greater2_flag.
    rule(
        "residual.rs",
        "if self.i == 0 || self.shape.is_chroma { 0 }",
        "self.i == 0 || self.shape.is_chroma",
        &[("self.i == 0", Stream), ("self.shape.is_chroma", Stream)],
    ),
    rule(
        "residual.rs",
        "of_place + usize::from(last_greater1_ctx_is_zero)",
        "last_greater1_ctx_is_zero",
        &[("false", Stream), ("true", Stream)],
    ),
    rule("residual.rs", ".iter().take(8).enumerate()", "8", &[("7", Stream), ("16", Stream)]),
    rule("residual.rs", "select_unpredictable(is_greater1, 0, after_zero)", "0", &[("1", Stream)]),
    rule(
        "residual.rs",
        "[0, 2, 3, 3][greater1_ctx & 3]",
        "[0, 2, 3, 3]",
        &[("[0, 1, 2, 3]", Stream), ("[0, 2, 2, 2]", Stream), ("[1, 2, 3, 3]", Stream)],
    ),
    rule("residual.rs", "COEFF_ABS_LEVEL_GREATER2_FLAG + 4 * plane + ctx_set", "ctx_set", &[("0", Stream)]),
    // coeff_sign_flag.
    rule(
        "residual.rs",
        "self.shape.can_hide_sign && found[0] - found[found.len() - 1] > 3",
        "found[0] - found[found.len() - 1] > 3",
        &[
            ("found[0] - found[found.len() - 1] > 4", Stream),
            ("found[0] - found[found.len() - 1] > 2", Stream),
        ],
    ),
    // coeff_abs_level_remaining.
    rule("residual.rs", "8.. => 1,", "1", &[("2", Stream)]),
    rule("residual.rs", "_ if has_greater2 => 3,", "3", &[("2", Stream)]),
    rule(
        "residual.rs",
        "let mut rice = shape.sb_type.map_or(0, |sb_type| u32::from(stat_coeff[sb_type] / 4));",
        "u32::from(stat_coeff[sb_type] / 4)",
        &[("0", Stream)],
    ),
    rule(
        "residual.rs",
        "if abs > 3 << rice {",
        "abs > 3 << rice",
        &[("abs >= 3 << rice", Stream), ("false", Stream)],
    ),
    rule(
        "residual.rs",
        "if shape.sb_type.is_some() { rice + 1 }",
        "shape.sb_type.is_some()",
        &[("false", Stream), ("true", Stream)],
    ),
    rule("residual.rs", "(rice + 1).min(4)", "4", &[("3", Stream)]),
    rule(
        "residual.rs",
        "(true, Some(sb_type)) = (is_first, shape.sb_type)",
        "is_first",
        &[("true", Stream), ("false", Stream)],
    ),
    rule(
        "residual.rs",
        "2 * usize::from(component == 0) + usize::from(!is_transformed)",
        "usize::from(component == 0)",
        &[("0", Stream)],
    ),
    rule(
        "residual.rs",
        "2 * usize::from(component == 0) + usize::from(!is_transformed)",
        "usize::from(!is_transformed)",
        &[("0", Stream), ("usize::from(coded.transform_skip_flag)", Elements)],
    ),
    rule(
        "residual.rs",
        "remaining >= 3 << scale",
        "remaining >= 3 << scale",
        &[("remaining > 3 << scale", Stream)],
    ),
    rule(
        "residual.rs",
        "2 * remaining < 1 << scale",
        "2 * remaining < 1 << scale",
        &[("2 * remaining <= 1 << scale", Stream), ("false", Stream)],
    ),
    rule(
        "residual.rs",
        "limit: shape.extended_log2_transform_range }",
        "shape.extended_log2_transform_range",
        &[("None", Elements)],
    ),
    rule(
        "parameters.rs",
        "15.max(depth + 6)",
        "15.max(depth + 6)",
        &[("15", Elements), ("depth + 6", Elements)],
    ),
    rule(
        "binarization.rs",
        "rice + ones.saturating_sub(3)",
        "ones.saturating_sub(3)",
        &[("ones.saturating_sub(4)", Stream)],
    ),
    rule(
        "binarization.rs",
        "32 - log2_transform_range.min(MOST_RICE)",
        "32 - log2_transform_range.min(MOST_RICE)",
        &[("31 - log2_transform_range.min(MOST_RICE)", Elements)],
    ),
    rule(
        "binarization.rs",
        "if ones == most_ones => log2_transform_range,",
        "log2_transform_range",
        &[("rice + ones.saturating_sub(3)", Elements)],
    ),
    // Alignment before bypass bins (clause 9.3.4.3.6).
    rule("residual.rs", "if shape.aligns && greater.has_escape {", "greater.has_escape", &[("true", Stream)]),
    rule(
        "residual.rs",
        "has_escape: is_greater2 || has_several || self.count > 8",
        "is_greater2",
        &[("false", Stream)],
    ),
    rule(
        "residual.rs",
        "has_escape: is_greater2 || has_several || self.count > 8",
        "has_several",
        &[("false", Stream), ("greater1 != 0", Stream)],
    ),
    rule(
        "residual.rs",
        "has_escape: is_greater2 || has_several || self.count > 8",
        "self.count > 8",
        &[("false", Stream)],
    ),
    // pcm_sample().
    rule(
        "parameters.rs",
        "[0, 1, 2, 4]",
        "[0, 1, 2, 4]",
        &[("[0, 1, 1, 4]", Elements), ("[0, 2, 2, 4]", Stream), ("[0, 1, 2, 2]", Elements)],
    ),
    rule("parameters.rs", "chroma * depths[1]", "depths[1]", &[("depths[0]", Elements)]),
];
