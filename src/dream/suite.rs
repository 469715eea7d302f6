//! A directory of dreams: what each stream is, and the pictures that decoders make of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::broken::{self, Broken, Class};
use super::{DreamError, avc, avc_features, hevc, hevc_features};

/// The name of the file that describes a directory of streams.
pub const MANIFEST: &str = "dreams.json";

/// The contents of a directory of streams.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The program that made the streams, with its version.
    pub tool: String,
    /// The streams.
    pub streams: Vec<Dreamed>,
}

/// Two manifests of a directory contradict each other about this file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}: two manifests describe different streams, or different pictures, by this name")]
pub struct Contradiction(pub String);

impl Manifest {
    /// The union of several manifests of a directory, in the order of standard, seed and name. It does not depend on the order of the
    /// manifests, nor on how often a stream is described.
    ///
    /// ```
    /// use silicabac::dream::suite::Manifest;
    /// let of = |file: &str, sha256: &str| -> Manifest {
    ///     let text = format!(r#"{{"tool": "any", "streams": [
    ///         {{"file": "{file}", "codec": "h264", "seed": 7, "sha256": "{sha256}"}}
    ///     ]}}"#);
    ///     serde_json::from_str(&text).unwrap()
    /// };
    /// let joined = Manifest::join([of("b", "0"), of("a", "1"), of("b", "0")])?;
    /// assert_eq!(joined.streams.iter().map(|stream| &stream.file).collect::<Vec<_>>(), ["a", "b"]);
    /// assert_eq!(Manifest::join([of("a", "0"), of("a", "1")]).unwrap_err().0, "a");
    /// # Ok::<(), silicabac::dream::suite::Contradiction>(())
    /// ```
    ///
    /// # Errors
    /// [`Contradiction`].
    pub fn join(manifests: impl IntoIterator<Item = Manifest>) -> Result<Manifest, Contradiction> {
        let mut tool = String::new();
        let mut by_file: BTreeMap<String, Dreamed> = BTreeMap::new();
        for manifest in manifests {
            tool = tool.max(manifest.tool);
            for mut stream in manifest.streams {
                let Some(known) = by_file.get_mut(&stream.file) else {
                    by_file.insert(stream.file.clone(), stream);
                    continue;
                };
                let pictures = joined(known.pictures.take(), stream.pictures.take());
                if *known != stream {
                    return Err(Contradiction(stream.file));
                }
                known.pictures = pictures.ok_or(Contradiction(stream.file))?;
            }
        }
        let mut streams: Vec<Dreamed> = by_file.into_values().collect();
        streams.sort_by(|a, b| (&a.codec, a.seed, &a.file).cmp(&(&b.codec, b.seed, &b.file)));
        Ok(Manifest { tool, streams })
    }

    /// Writes the manifest, with one stream in each line.
    ///
    /// ```
    /// use silicabac::dream::suite::Manifest;
    /// let mut text = Vec::new();
    /// Manifest { tool: "mine".to_owned(), streams: Vec::new() }.write(&mut text)?;
    /// assert_eq!(serde_json::from_slice::<Manifest>(&text)?.tool, "mine");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        let tool = serde_json::to_string(&self.tool)?;
        let streams = self.streams.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        write!(out, "{{\"tool\": {tool}, \"streams\": [\n{}\n]}}\n", streams.join(",\n"))
    }
}

/// What two manifests together know of the pictures of a stream; `None` if they differ.
fn joined(one: Option<Pictures>, other: Option<Pictures>) -> Option<Option<Pictures>> {
    match (one, other) {
        (Some(one), Some(other)) if one.sha256 != other.sha256 => None,
        (Some(mut one), Some(other)) if one != other => {
            one.decoders.extend(other.decoders);
            one.decoders.sort();
            one.decoders.dedup();
            Some(Some(one))
        }
        (one, other) => Some(one.or(other)),
    }
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dreamed {
    /// The name of its file.
    pub file: String,
    /// `h264` or `h265`.
    pub codec: String,
    /// The seed from which, with `wanted`, the stream can be made again.
    pub seed: u64,
    /// The features that it was asked to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<String>,
    /// The features that it has; empty for a broken stream.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// What is broken in it; `None` if it is legal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<Broken>,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The files that accompany it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kit: Vec<Companion>,
    /// What it decodes to; `None` for a broken stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures: Option<Pictures>,
}

impl Dreamed {
    /// Makes the stream again from its seed. Another version may make another stream; compare `sha256` to find out.
    ///
    /// ```
    /// use silicabac::dream::{hevc, suite::Manifest};
    /// let text = r#"{"tool": "any", "streams": [
    ///     {"file": "one.265", "codec": "h265", "seed": 7, "wanted": ["wpp"], "features": ["wpp"], "sha256": ""}
    /// ]}"#;
    /// let manifest: Manifest = serde_json::from_str(text)?;
    /// assert_eq!(manifest.streams[0].make()?, hevc(7, &["wpp"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`DreamError`]; also if a codec, a feature or a class of broken streams is not known.
    pub fn make(&self) -> Result<Vec<u8>, DreamError> {
        let is_hevc = match self.codec.as_str() {
            "h264" => false,
            "h265" => true,
            codec => return Err(DreamError::Unknown(format!("the codec {codec}"))),
        };
        let known: Vec<&'static str> =
            if is_hevc { hevc_features().collect() } else { avc_features().collect() };
        let mut wanted = Vec::new();
        for name in &self.wanted {
            let found = known.iter().copied().find(|known| known == name);
            wanted.push(found.ok_or_else(|| DreamError::Unknown(format!("the feature {name}")))?);
        }
        let classes: &[Class] = if is_hevc { &Class::HEVC } else { &Class::AVC };
        match &self.broken {
            None if is_hevc => hevc(self.seed, &wanted),
            None => avc(self.seed, &wanted),
            Some(Broken { class, .. }) if !classes.contains(class) => {
                Err(DreamError::Unknown(format!("the class {} in {}", class.name(), self.codec)))
            }
            Some(Broken { class, .. }) if is_hevc => Ok(broken::hevc::dream(self.seed, &wanted, *class)?.0),
            Some(Broken { class, .. }) => Ok(broken::dream(self.seed, &wanted, *class)?.0),
        }
    }
}

/// A file about the contents of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// Its name.
    pub file: String,
    /// What it is about.
    pub what: String,
    /// SHA-256 of it.
    pub sha256: String,
}

/// What a stream decodes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictures {
    /// SHA-256 of the output of a decoder.
    pub sha256: String,
    /// The decoders that agree.
    pub decoders: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_manifests_know_of_pictures_is_joined_and_other_pictures_are_a_contradiction() {
        let of = |known: Option<(&str, &[&str])>| {
            let pictures = known.map(|(sha256, decoders)| Pictures {
                sha256: sha256.to_owned(),
                decoders: decoders.iter().map(|name| (*name).to_owned()).collect(),
            });
            let text = r#"{"file": "a", "codec": "h264", "seed": 7, "sha256": "0"}"#;
            let stream = Dreamed { pictures, ..serde_json::from_str(text).unwrap() };
            Manifest { tool: "any".to_owned(), streams: vec![stream] }
        };
        let known = of(Some(("1", &["x"])));
        let more = of(Some(("1", &["y", "x"])));
        for all in [[of(None), known.clone(), more.clone()], [more.clone(), known.clone(), of(None)]] {
            assert_eq!(Manifest::join(all), Ok(of(Some(("1", &["x", "y"])))));
        }
        let other = of(Some(("2", &["x"])));
        assert_eq!(Manifest::join([known, other]), Err(Contradiction("a".to_owned())));
    }
}
