//! Rules: conditions on a request, in words that can be typed.

use std::fmt;

use super::features::{Feature, NONE, Scale, Sight};

/// A condition on one feature of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    pub(super) feature: Feature,
    pub(super) values: Values,
}

/// Some values of a feature.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Values {
    /// A range, both ends included.
    Within(i32, i32),
    /// One of these, in ascending order.
    Of(Vec<i32>),
}

impl Atom {
    pub(super) fn is(feature: Feature, value: i32) -> Atom {
        Atom { feature, values: Values::Within(value, value) }
    }

    #[inline]
    pub(super) fn holds(&self, sight: &Sight) -> bool {
        let value = sight[self.feature as usize];
        match &self.values {
            Values::Within(from, to) => value != NONE && (*from..=*to).contains(&value),
            Values::Of(values) => values.contains(&value),
        }
    }
}

/// A condition on a request: one to three features, each with its values. It is typed as it is printed.
///
/// ```
/// use silicabac::cosim::Rule;
/// let rule: Rule = "kind=raw & raw-block>=512".parse()?;
/// assert_eq!(rule.sentence(), "is of kind raw and is raw byte 512 or more of its block");
/// assert!("speed>=512".parse::<Rule>().is_err());
/// # Ok::<(), silicabac::cosim::RuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub(super) atoms: Vec<Atom>,
}

impl Rule {
    /// Whether it holds for a request.
    #[inline]
    pub(super) fn holds(&self, sight: &Sight) -> bool {
        self.atoms.iter().all(|atom| atom.holds(sight))
    }
}

fn value(feature: Feature, value: i32) -> String {
    match feature.scale() {
        Scale::Names(names) => {
            let name = usize::try_from(value).ok().and_then(|place| names.get(place));
            name.map_or_else(|| value.to_string(), |name| (*name).to_owned())
        }
        Scale::Numbers | Scale::Counts => value.to_string(),
    }
}

/// As it is typed, for example `outstanding>=57 & lane=2`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Atom { feature, values }) in self.atoms.iter().enumerate() {
            if number > 0 {
                f.write_str(" & ")?;
            }
            let word = feature.word();
            match values {
                Values::Within(from, to) if from == to => write!(f, "{word}={}", value(*feature, *from))?,
                Values::Within(from, i32::MAX) => write!(f, "{word}>={from}")?,
                Values::Within(from, to) if *from == NONE + 1 => write!(f, "{word}<={to}")?,
                Values::Within(from, to) => write!(f, "{word}={from}..{to}")?,
                Values::Of(values) => {
                    let values: Vec<String> = values.iter().map(|one| value(*feature, *one)).collect();
                    write!(f, "{word}={}", values.join(","))?;
                }
            }
        }
        Ok(())
    }
}

/// Why a text is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no rule: {what}. A rule is like outstanding>=57 & lane=2, ctxIdx=27..29 or kind=raw,align"
)]
pub struct RuleError {
    text: String,
    what: String,
}

impl std::str::FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Rule, RuleError> {
        let atoms = text.split('&').map(|text| atom(text.trim())).collect::<Result<_, _>>();
        atoms.map(|atoms| Rule { atoms }).map_err(|what| RuleError { text: text.to_owned(), what })
    }
}

fn atom(text: &str) -> Result<Atom, String> {
    let at = text.find(['<', '>', '=']).ok_or_else(|| format!("there is no =, >= or <= in {text:?}"))?;
    let (word, rest) = text.split_at(at);
    let word = word.trim();
    let known = || Feature::ALL.iter().map(|feature| feature.word()).collect::<Vec<_>>().join(", ");
    let feature = Feature::ALL.iter().find(|feature| feature.word() == word);
    let feature = *feature.ok_or_else(|| format!("there is no {word:?}; there are {}", known()))?;
    let read = |text: &str| read(feature, text.trim());
    let values = if let Some(least) = rest.strip_prefix(">=") {
        Values::Within(read(least)?, i32::MAX)
    } else if let Some(most) = rest.strip_prefix("<=") {
        Values::Within(NONE + 1, read(most)?)
    } else {
        let rest =
            rest.strip_prefix('=').ok_or_else(|| format!("{rest:?} begins with none of =, >= and <="))?;
        match rest.split_once("..") {
            Some((from, to)) => Values::Within(read(from)?, read(to)?),
            None if rest.contains(',') => Values::Of(rest.split(',').map(read).collect::<Result<_, _>>()?),
            None => {
                let one = read(rest)?;
                Values::Within(one, one)
            }
        }
    };
    Ok(Atom { feature, values })
}

fn read(feature: Feature, text: &str) -> Result<i32, String> {
    let named = match feature.scale() {
        Scale::Names(names) => {
            let place = names.iter().position(|name| *name == text);
            return place
                .map(|place| place as i32)
                .ok_or_else(|| format!("{} is none of {}", feature.word(), names.join(", ")));
        }
        Scale::Numbers | Scale::Counts => text.parse::<i32>(),
    };
    named.ok().filter(|value| *value != NONE).ok_or_else(|| format!("{text:?} is no number"))
}

impl Rule {
    /// The rule as part of a sentence about a request, for example "decides a run of 57 or more outstanding bits".
    pub fn sentence(&self) -> String {
        let all: Vec<String> = self.atoms.iter().map(in_words).collect();
        all.join(", ").replacen(", ", " and ", usize::from(all.len() == 2))
    }
}

fn in_words(Atom { feature, values }: &Atom) -> String {
    let said = match values {
        Values::Within(from, to) if from == to => value(*feature, *from),
        Values::Within(from, i32::MAX) => format!("{from} or more"),
        Values::Within(from, to) if *from == NONE + 1 => format!("{to} or fewer"),
        Values::Within(from, to) => format!("{from} to {to}"),
        Values::Of(values) => {
            let all: Vec<String> = values.iter().map(|one| value(*feature, *one)).collect();
            all.join(" or ")
        }
    };
    match (feature.phrase().split_once('|'), said.as_str()) {
        (Some((no, _)), "no") => no.to_owned(),
        (Some((_, yes)), _) => yes.to_owned(),
        (None, _) => feature.phrase().replace("{}", &said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        for text in [
            "outstanding>=57 & lane=2",
            "ctxIdx=27..29 & slice-type=B",
            "kind=raw,align",
            "qp<=-3",
            "phase=7",
        ] {
            let rule: Rule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
        }
        assert_eq!(
            "ended-run>=57".parse::<Rule>().unwrap().sentence(),
            "decides a run of 57 or more outstanding bits"
        );
        for (text, what) in [
            ("", "there is no ="),
            ("runs=1", "there is no \"runs\""),
            ("kind=fast", "none of context"),
            ("phase=x", "no number"),
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
