//! The elements of a header as JSON: an object with a key for each element, whose value is a number, or a list of numbers where the header
//! has the element several times. So no header needs a format of its own, and whoever edits one sees only the names of the standard.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::bits::{HeaderElement, Values};
use crate::bin::Element;

/// The elements of a header by their names, in the order of their first occurrence.
///
/// ```
/// use silicabac::syntax::Elements;
/// let elements: Elements = serde_json::from_str(r#"{"num_units_in_tick":1,"offset_for_ref_frame":[4,-4]}"#)?;
/// assert_eq!(elements.get("offset_for_ref_frame"), [4, -4]);
/// assert_eq!(serde_json::to_string(&elements)?, r#"{"num_units_in_tick":1,"offset_for_ref_frame":[4,-4]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elements(Vec<(String, Vec<i64>)>);

impl Elements {
    /// A number for each element, such as its value. Alignment bits that have the right value are left out.
    pub fn of(elements: &[HeaderElement], number: impl Fn(&HeaderElement) -> i64) -> Elements {
        let mut all = Elements::default();
        let mut places = BTreeMap::new();
        for coded in elements {
            if coded.descriptor.implied() == Some(coded.value) {
                continue;
            }
            let name = coded.element.0;
            let place = *places.entry(name).or_insert(all.0.len());
            if place == all.0.len() {
                all.0.push((name.to_owned(), Vec::new()));
            }
            all.0[place].1.push(number(coded));
        }
        all
    }

    /// All values of an element; empty if it is not there.
    pub fn get(&self, name: &str) -> &[i64] {
        self.0.iter().find(|(other, _)| other == name).map_or(&[], |(_, values)| values)
    }

    /// Gives an element these values instead of its own; none takes it out.
    pub(crate) fn set(&mut self, name: &str, values: Vec<i64>) {
        self.0.retain(|(other, _)| other != name);
        if !values.is_empty() {
            self.0.push((name.to_owned(), values));
        }
    }

    /// The values as a source for a writer.
    pub fn values(&self) -> ListedValues<'_> {
        ListedValues(
            self.0.iter().map(|(name, values)| (&name[..], values.iter().copied().collect())).collect(),
        )
    }
}

impl Serialize for Elements {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, values) in &self.0 {
            match values[..] {
                [value] => map.serialize_entry(name, &value)?,
                _ => map.serialize_entry(name, values)?,
            }
        }
        map.end()
    }
}

/// A number or a list of them.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(i64),
    Many(Vec<i64>),
}

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Elements, D::Error> {
        struct ElementsVisitor;
        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of syntax elements")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Elements, A::Error> {
                let mut elements = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let numbers = map.next_value::<Numbers>();
                    let numbers = numbers.map_err(|_| {
                        A::Error::custom(format_args!("{name} is neither a whole number nor a list of them"))
                    })?;
                    let values = match numbers {
                        Numbers::One(value) => vec![value],
                        Numbers::Many(values) if values.is_empty() => {
                            return Err(A::Error::custom(format_args!(
                                "{name} is an empty list; leave it out"
                            )));
                        }
                        Numbers::Many(values) => values,
                    };
                    elements.push((name, values));
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_map(ElementsVisitor)
    }
}

/// Gives the values of [`Elements`] to a writer, those of one name in their order.
#[derive(Clone, Debug)]
pub struct ListedValues<'a>(BTreeMap<&'a str, VecDeque<i64>>);

impl<'a> ListedValues<'a> {
    /// An element that has a value which the walk has not asked for.
    pub fn left(&self) -> Option<&'a str> {
        self.0.iter().find(|(_, values)| !values.is_empty()).map(|(name, _)| *name)
    }
}

impl Values for ListedValues<'_> {
    fn value(&mut self, element: Element, _: &RangeInclusive<i64>) -> Option<i64> {
        self.0.get_mut(element.0)?.pop_front()
    }

    fn has(&self, element: Element) -> bool {
        self.0.get(element.0).is_some_and(|values| !values.is_empty())
    }
}
