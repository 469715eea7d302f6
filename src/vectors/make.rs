//! Makes a vector of requests that a user has written down; the oracle fills it in.

use super::{Flag, Vector, json, text};

/// Why a text is not a vector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// A word is not a request.
    #[error(
        "line {line}: {what}; requests are like L5=62.1 (a context, its pStateIdx and valMPS), C5=011 (bins), B=10, T=0, A, R=00ff"
    )]
    Request {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The requests are not a slice, or the names are not allowed.
    #[error("{0}")]
    Slice(String),
}

/// Makes a vector of requests, written as in vector files, with blanks and line ends between them; the rest of a line after `#` is a
/// remark. The oracle fills in the bytes and the position.
///
/// ```
/// use silicabac::vectors::make;
/// let vector = make("mine", "a less probable symbol", &[], "L5=62.1  # nearly certain\nC5=0 T=1")?;
/// assert_eq!((vector.bins(), vector.bytes.len()), (2, 2));
/// let error = make("mine", "", &[], "C5=0\nT=1").unwrap_err();
/// assert_eq!(error.to_string(), "context 5 is used before it is loaded");
/// assert!(make("mine", "", &[], "L5=62.1\nX=0").unwrap_err().to_string().starts_with("line 2: \"X=0\" is no request"));
/// # Ok::<(), silicabac::vectors::MakeError>(())
/// ```
///
/// # Errors
/// [`MakeError`].
pub fn make(id: &str, comment: &str, flags: &[Flag], requests: &str) -> Result<Vector, MakeError> {
    json::check_text(id, comment).map_err(|(what, why)| MakeError::Slice(format!("{what}: {why}")))?;
    let mut words = Vec::new();
    for (line, text) in (1..).zip(requests.lines()) {
        let text = text.split_once('#').map_or(text, |(text, _)| text);
        for word in text.split_whitespace().map(str::to_owned) {
            text::read(std::slice::from_ref(&word)).map_err(|what| MakeError::Request { line, what })?;
            words.push(word);
        }
    }
    let events = text::read(&words).map_err(MakeError::Slice)?;
    json::check_requests(&events, false).map_err(MakeError::Slice)?;
    Ok(Vector::encoded(id, comment, flags, events))
}
