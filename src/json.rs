//! JSON as it is read everywhere in this crate: an object that has the same key twice is an error.
//!
//! Where `serde` fills a map or skips a field, it keeps the last of two fields of one name and reports nothing; other readers keep the
//! first. Such a file says something else to each of its readers. So the whole text is checked before anything is made of it, and no type
//! that is read needs care of its own.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The value of the text; or where and why the text is no JSON, has a key twice, or is no `T`.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    unique(text)?;
    serde_json::from_slice(text)
}

/// Whether the text is JSON in which no object has a key twice.
pub(crate) fn unique(text: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<Unique>(text).map(|Unique| ())
}

/// Any JSON value; nothing of it is kept.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unique, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format_args!("{key:?} is there twice in one object")));
            }
            keys.insert(key);
            map.next_value::<Unique>()?;
        }
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }
}

/// Whether a value is zero, false or empty, and so left out.
#[cfg(feature = "avc")]
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_is_refused_wherever_it_is_and_however_it_is_written() {
        for (text, key) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"[1,{"b":{"c":null,"d":true,"c":false}}]"#, "c"),
            (r#"{"a":{"a":1},"b":[{"a":1},{"":-1,"":1.5}]}"#, ""),
        ] {
            let error = read::<serde_json::Value>(text.as_bytes()).unwrap_err().to_string();
            assert!(
                error.contains(&format!("{key:?} is there twice")) && error.contains("line 1"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_same_key_in_two_objects_is_nothing_wrong() {
        let text = br#"{"a":{"a":[{"a":1},{"a":"x"}]},"b":[null,true,-1,1.5,18446744073709551615]}"#;
        assert_eq!(
            read::<serde_json::Value>(text).unwrap(),
            serde_json::from_slice::<serde_json::Value>(text).unwrap()
        );
        assert!(unique(b"{\"a\":1").is_err() && unique(b"1 2").is_err());
    }
}
