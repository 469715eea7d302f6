//! Parsers of numbers and names on the command line, with messages on wrong ones.

use silicabac::weights::search::Method;

pub(super) fn above_zero(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("it has to be a number above zero".to_string()),
    }
}

pub(super) fn not_below_zero(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number >= 0.0 && number.is_finite() => Ok(number),
        _ => Err("it has to be a number, zero or above".to_string()),
    }
}

pub(super) fn method(text: &str) -> Result<Method, String> {
    let names = Method::ALL.map(Method::name).join(", ");
    Method::from_name(text).ok_or_else(|| format!("it is none of {names}"))
}

pub(super) fn tolerance(text: &str) -> Result<f64, String> {
    not_below_zero(text)?;
    text.parse().map_err(|_| "it has to be a number".to_string())
}

pub(super) fn coarseness(text: &str) -> Result<f32, String> {
    not_below_zero(text)
        .ok()
        .filter(|s| *s <= 256.0)
        .ok_or_else(|| "it has to be a number from 0 to 256".to_string())
}

pub(super) fn share(text: &str) -> Result<f32, String> {
    not_below_zero(text)
        .ok()
        .filter(|share| *share < 1.0)
        .ok_or_else(|| "it has to be a share, 0 to below 1".to_string())
}
