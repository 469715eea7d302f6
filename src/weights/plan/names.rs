//! Names of tensors that are no weights, in the conventions of the frameworks.

/// What a tensor is by its name, if it is no weights.
pub(super) fn no_weights(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let parts: Vec<&str> = name.split(['.', '/', ':']).filter(|part| part.parse::<u64>().is_err()).collect();
    let last = *parts.last()?;
    let is = |names: &[&str]| names.contains(&last);
    let has = |words: &[&str]| words.iter().any(|word| last.contains(word));
    let ends = |words: &[&str]| words.iter().any(|word| last.ends_with(word));
    let any = |words: &[&str]| parts.iter().any(|part| words.iter().any(|word| part.contains(word)));
    Some(match () {
        () if any(&STATES)
            || parts.iter().any(|part| ["opt", "optim"].contains(part) || is_slot(part))
            || is_moment(&parts) =>
        {
            "the state of an optimiser"
        }
        () if is(&["scale", "scales", "scale_inv", "scb"])
            || ends(&["_scale", "_scales"])
            || has(&QUANTISED) =>
        {
            "how weights were quantised before"
        }
        () if is(&["cos", "sin", "freqs", "strides"]) || has(&POSITIONS) => "positions",
        () if has(&["mask"]) && !has(&["mask_token"]) => "a mask",
        () if is(&["mean", "std", "var", "variance", "covariance", "stats"]) || has(&STATISTICS) => {
            "statistics"
        }
        () => return None,
    })
}

const STATES: [&str; 13] = [
    "optimizer",
    "optimiser",
    "opt_state",
    "exp_avg",
    "exp_inf",
    "square_avg",
    "acc_delta",
    "momentum_buffer",
    "mu_product",
    "param_states",
    "slot_variables",
    "fp32_flat_groups",
    "preconditioner",
];

const QUANTISED: [&str; 9] = [
    "qzeros",
    "zero_point",
    "zeros_and_scales",
    "g_idx",
    "absmax",
    "weight_scale",
    "input_scale",
    "scale_inv",
    "quant_map",
];

const POSITIONS: [&str; 11] = [
    "anchor",
    "grid",
    "position_ids",
    "position_index",
    "coords_table",
    "inv_freq",
    "freqs_",
    "cos_cache",
    "sin_cache",
    "priors",
    "default_boxes",
];

const STATISTICS: [&str; 8] = [
    "running_mean",
    "running_var",
    "running_std",
    "moving_mean",
    "moving_var",
    "num_batches",
    "latents_mean",
    "latents_std",
];

/// Whether TensorFlow gives this name to variables of an optimiser; the second one of a kind ends with `_1`.
fn is_slot(name: &str) -> bool {
    let kind = name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches('_');
    ["adam", "adamw", "nadam", "lamb", "momentum", "rmsprop", "adagrad", "adadelta", "adafactor", "ftrl"]
        .contains(&kind)
}

/// Whether a name is that of weights followed by that of an optimiser's moment, as in Keras and MLX: `dense.kernel.v`.
fn is_moment(parts: &[&str]) -> bool {
    let [.., of, moment] = parts else { return false };
    ["kernel", "weight", "bias", "embeddings", "gamma", "beta"].contains(of)
        && ["m", "v", "mu", "nu", "momentum", "velocity", "vhat"].contains(moment)
}
