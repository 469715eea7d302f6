//! Names of tensors that are no weights, as the frameworks give them.

/// What a tensor is by its name, if it is no weights.
pub(super) fn no_weights(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let parts: Vec<&str> = name.split(['.', '/', ':']).filter(|part| part.parse::<u64>().is_err()).collect();
    let last = *parts.last()?;
    let is = |names: &[&str]| names.contains(&last);
    let has = |words: &[&str]| words.iter().any(|word| last.contains(word));
    let any = |words: &[&str]| parts.iter().any(|part| words.iter().any(|word| part.contains(word)));
    Some(match () {
        () if any(&[
            "optimizer",
            "optimiser",
            "opt_state",
            "exp_avg",
            "exp_inf",
            "square_avg",
            "momentum_buffer",
        ]) || parts.iter().any(|part| ["opt", "optim"].contains(part))
            || is_slot(last) =>
        {
            "the state of an optimiser"
        }
        () if is(&["scales", "scale_inv"])
            || has(&[
                "qzeros",
                "zero_point",
                "g_idx",
                "absmax",
                "weight_scale",
                "input_scale",
                "quant_map",
            ]) =>
        {
            "how weights were quantised before"
        }
        () if has(&[
            "anchor",
            "grid",
            "position_ids",
            "inv_freq",
            "freqs_cis",
            "cos_cached",
            "sin_cached",
            "priors",
        ]) =>
        {
            "positions"
        }
        () if has(&["mask"]) && !has(&["mask_token"]) => "a mask",
        () if is(&["mean", "std", "var", "variance", "stats"])
            || has(&["running_mean", "running_var", "moving_mean", "moving_var", "num_batches"]) =>
        {
            "statistics"
        }
        () => return None,
    })
}

/// Whether TensorFlow calls a variable of an optimiser so, the second one of a kind with `_1` after it.
fn is_slot(name: &str) -> bool {
    let kind = name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches('_');
    ["adam", "momentum", "rmsprop", "adagrad", "adadelta", "ftrl"].contains(&kind)
}
