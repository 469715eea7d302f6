//! Vector files: JSON in the format of `golden/vectors.schema.json`, with a checksum for each vector.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt, io,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Flag, Vector, is_initialised_by, text};
use crate::bin::{DecodeError, DecodeErrorKind, Event, with_starts};
use crate::context::SliceInit;
use crate::json;

/// The `format` of a vector file.
const FORMAT: &str = "silicabac-vectors";
/// The version of the format that is written and read.
const VERSION: u64 = 1;

/// The schema of vector files (JSON Schema, draft 2020-12).
pub const SCHEMA: &str = include_str!("../../golden/vectors.schema.json");

/// Why a vector file cannot be read: which field of which vector, and what is wrong with it.
#[derive(Debug)]
pub struct FormatError {
    /// The id of the vector; `None` if the file as a whole is wrong.
    pub vector: Option<String>,
    /// The field.
    pub field: String,
    /// What is wrong with it, in words.
    pub what: String,
}

impl std::error::Error for FormatError {}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FormatError { vector, field, what } = self;
        match vector {
            Some(id) => write!(f, "vector {id}, {field}: {what}"),
            None => write!(f, "{field}: {what}"),
        }
    }
}

#[derive(Serialize)]
struct File<'a> {
    format: &'a str,
    version: u64,
    suite: &'a str,
    notes: BTreeMap<Flag, Note>,
    vectors: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    bug: Cow<'static, str>,
    shows: Cow<'static, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    comment: String,
    flags: Vec<Flag>,
    coders: Coders,
    bins: usize,
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    init: Option<SliceInit>,
    requests: Vec<String>,
    bytes: Vec<String>,
    position: u64,
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    error: Option<ErrorEntry>,
    crc32: String,
}

/// A field that may be left out, but may not be null.
fn not_null<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Coders {
    Both,
    Decoder,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorEntry {
    kind: ErrorKind,
    bin: u64,
    bit: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ErrorKind {
    Forbidden,
    Misaligned,
    Exhausted,
}

impl From<DecodeErrorKind> for ErrorKind {
    fn from(kind: DecodeErrorKind) -> ErrorKind {
        match kind {
            DecodeErrorKind::Forbidden => ErrorKind::Forbidden,
            DecodeErrorKind::Misaligned => ErrorKind::Misaligned,
            DecodeErrorKind::Exhausted => ErrorKind::Exhausted,
        }
    }
}

impl From<ErrorKind> for DecodeErrorKind {
    fn from(kind: ErrorKind) -> DecodeErrorKind {
        match kind {
            ErrorKind::Forbidden => DecodeErrorKind::Forbidden,
            ErrorKind::Misaligned => DecodeErrorKind::Misaligned,
            ErrorKind::Exhausted => DecodeErrorKind::Exhausted,
        }
    }
}

/// Writes a file of vectors.
///
/// # Errors
/// Those of `sink`, and [`io::ErrorKind::InvalidInput`] for a name or a comment that [`read`] would refuse, and for starts of engine runs
/// elsewhere than where [`with_starts`] puts them, which is where `read` does.
pub fn write(suite: &str, vectors: &[Vector], sink: &mut dyn io::Write) -> io::Result<()> {
    check_written(suite, vectors).map_err(|wrong| io::Error::new(io::ErrorKind::InvalidInput, wrong))?;
    let used = |flag: &&Flag| vectors.iter().any(|vector| vector.flags.contains(flag));
    let notes = Flag::ALL.iter().filter(used);
    let file = File {
        format: FORMAT,
        version: VERSION,
        suite,
        notes: notes
            .map(|&flag| (flag, Note { bug: flag.bug().into(), shows: flag.shows().into() }))
            .collect(),
        vectors: vectors.iter().map(Entry::new).collect(),
    };
    let mut pretty = serde_json::Serializer::with_formatter(
        &mut *sink,
        serde_json::ser::PrettyFormatter::with_indent(b" "),
    );
    file.serialize(&mut pretty)?;
    writeln!(sink)
}

/// Reads a file of vectors: the name of its suite, and the vectors. The coders do not check here what the vectors say; only contradictions
/// within one vector are errors.
///
/// # Errors
/// [`FormatError`].
pub fn read(json: &[u8]) -> Result<(String, Vec<Vector>), FormatError> {
    let whole = |field: &str, what: String| FormatError { vector: None, field: field.into(), what };
    let file: Value = json::read(json).map_err(|error| FormatError {
        // Column 0 means the end of the line before.
        vector: last_id(json, error.line().saturating_sub(usize::from(error.column() == 0))),
        field: format!("line {}, column {}", error.line(), error.column()),
        what: if error.is_data() { error.to_string() } else { format!("this is no JSON: {error}") },
    })?;
    if !file.is_object() {
        return Err(whole("the file", "it is no object".into()));
    }
    let field = |name: &str| file.get(name).ok_or_else(|| whole(name, "it is missing".into()));
    if field("format")? != FORMAT {
        return Err(whole("format", format!("it is not {FORMAT:?}")));
    }
    match field("version")?.as_u64() {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => {
            let what = format!("it is {newer}, but this silicabac reads version {VERSION}; get a newer one");
            return Err(whole("version", what));
        }
        _ => return Err(whole("version", format!("it is not {VERSION}"))),
    }
    let suite = field("suite")?.as_str().ok_or_else(|| whole("suite", "it is no string".into()))?;
    let entries = field("vectors")?.as_array().ok_or_else(|| whole("vectors", "it is no array".into()))?;
    if !is_name(suite) {
        return Err(whole("suite", NO_NAME.into()));
    }
    let notes: BTreeMap<String, Note> = serde_path_to_error::deserialize(field("notes")?)
        .map_err(|error| whole(&format!("notes.{}", error.path()), error.inner().to_string()))?;
    if entries.is_empty() {
        return Err(whole("vectors", "there is none, so there is nothing to check".into()));
    }
    let known = ["format", "version", "suite", "notes", "vectors"];
    if let Some(name) =
        file.as_object().and_then(|file| file.keys().find(|key| !known.contains(&key.as_str())))
    {
        return Err(whole(name, "there is no such field".into()));
    }
    let flag = |name: &String| Flag::ALL.iter().find(|flag| flag.name() == *name);
    if let Some(unknown) = notes.keys().find(|name| flag(name).is_none()) {
        return Err(whole(&format!("notes.{unknown}"), "there is no such flag".into()));
    }
    let noted: BTreeSet<&Flag> = notes.keys().filter_map(flag).collect();
    let mut vectors: Vec<Vector> = Vec::with_capacity(entries.len());
    let mut ids = HashSet::new();
    for (number, entry) in entries.iter().enumerate() {
        let vector = read_entry(number, entry)?;
        let wrong = |field: &str, what: String| FormatError {
            vector: Some(vector.id.clone()),
            field: field.into(),
            what,
        };
        if !ids.insert(vector.id.clone()) {
            return Err(wrong("id", "another vector has it already".into()));
        }
        if let Some(flag) = vector.flags.iter().find(|flag| !noted.contains(flag)) {
            return Err(wrong("flags", format!("notes do not say what {} means", flag.name())));
        }
        vectors.push(vector);
    }
    Ok((suite.into(), vectors))
}

/// Whether a file claims to be one of vectors, whatever else is in it.
pub(super) fn are_vectors(json: &[u8]) -> bool {
    serde_json::from_slice::<Value>(json).is_ok_and(|file| file["format"] == FORMAT)
}

/// The id of the vector that a line of a damaged file belongs to.
fn last_id(json: &[u8], line: usize) -> Option<String> {
    let text = String::from_utf8_lossy(json);
    let lines: Vec<&str> = text.lines().take(line).collect();
    let id = |line: &&str| Some(line.split_once("\"id\": \"")?.1.split('"').next()?.to_owned());
    lines.iter().rev().find_map(id)
}

fn read_entry(number: usize, entry: &Value) -> Result<Vector, FormatError> {
    let id = entry.get("id").and_then(Value::as_str).map_or(format!("number {number}"), str::to_owned);
    let wrong = |field: String, what: String| FormatError { vector: Some(id.clone()), field, what };
    let entry: Entry = serde_path_to_error::deserialize(entry)
        .map_err(|error| wrong(error.path().to_string(), error.inner().to_string()))?;
    entry.vector().map_err(|(field, what)| wrong(field.into(), what))
}

impl Entry {
    fn new(vector: &Vector) -> Entry {
        let error =
            vector.error.map(|error| ErrorEntry { kind: error.kind.into(), bin: error.bin, bit: error.bit });
        let entry = Entry {
            id: vector.id.clone(),
            comment: vector.comment.clone(),
            flags: vector.flags.clone(),
            coders: if vector.decode_only { Coders::Decoder } else { Coders::Both },
            bins: vector.bins(),
            init: vector.init,
            requests: text::write(&vector.events),
            bytes: text::hex_lines(&vector.bytes),
            position: vector.position,
            error,
            crc32: String::new(),
        };
        Entry { crc32: entry.checksum(), ..entry }
    }

    /// CRC-32 of all fields before it, as JSON without spaces.
    fn checksum(&self) -> String {
        let what = (&self.id, &self.comment, &self.flags, self.coders, self.bins, self.init);
        let expected = (&self.requests, &self.bytes, self.position, &self.error);
        // Strings and numbers cannot fail to be written.
        let json = serde_json::to_vec(&(what, expected)).unwrap_or_default();
        format!("{:08x}", crc32fast::hash(&json))
    }

    /// The vector, or which field is wrong, and why.
    fn vector(self) -> Result<Vector, (&'static str, String)> {
        check_text(&self.id, &self.comment)?;
        let found = self.checksum();
        if found != self.crc32 {
            return Err((
                "crc32",
                format!("it is {found}, not {}: something in this vector was changed", self.crc32),
            ));
        }
        let events = text::read(&self.requests).map_err(|what| ("requests", what))?;
        let decode_only = self.coders == Coders::Decoder;
        check_requests(&events, decode_only).map_err(|what| ("requests", what))?;
        if !self.init.is_none_or(|init| is_initialised_by(&events, init)) {
            return Err(("init", "the loads in the requests are not what such a slice header says".into()));
        }
        let bytes = text::bytes(&self.bytes.concat());
        let vector = Vector {
            id: self.id,
            comment: self.comment,
            flags: self.flags,
            init: self.init,
            events,
            bytes: bytes.ok_or(("bytes", "they are no pairs of hexadecimal digits".into()))?,
            position: self.position,
            error: self.error.map(|error| DecodeError {
                kind: error.kind.into(),
                bin: error.bin,
                bit: error.bit,
            }),
            decode_only,
        };
        match vector.bins() {
            bins if bins == self.bins => Ok(vector),
            bins => Err(("bins", format!("it is {}, but there are {bins} in the requests", self.bins))),
        }
    }
}

/// Checks that names, comments and starts can be read again.
fn check_written(suite: &str, vectors: &[Vector]) -> Result<(), FormatError> {
    if !is_name(suite) {
        return Err(FormatError {
            vector: None,
            field: "suite".into(),
            what: format!("{suite:?}: {NO_NAME}"),
        });
    }
    let mut ids = HashSet::new();
    for Vector { id, comment, events, .. } in vectors {
        let wrong = |(field, what): (&str, String)| FormatError {
            vector: Some(id.escape_debug().to_string()),
            field: field.into(),
            what,
        };
        check_text(id, comment).map_err(wrong)?;
        if !ids.insert(id) {
            return Err(wrong(("id", "another vector has it already".into())));
        }
        if with_starts(events.iter().copied()) != *events {
            let what = "an engine starts, or does not, where the file would say something else; see bin::with_starts";
            return Err(wrong(("requests", what.into())));
        }
    }
    Ok(())
}

pub(super) fn check_text(id: &str, comment: &str) -> Result<(), (&'static str, String)> {
    if !is_name(id) {
        return Err(("id", NO_NAME.into()));
    }
    if comment.chars().any(char::is_control) {
        return Err(("comment", "it has control characters".into()));
    }
    Ok(())
}

/// The length of the longest name.
const LONGEST: usize = 100;

/// Whether a name is allowed: names become names of files.
fn is_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// The name for a suite or a vector that is most like this text: characters that no name has become hyphens, and of a text that is too long
/// only the end is used, in which names differ.
///
/// ```
/// use silicabac::vectors::name_like;
/// assert_eq!(name_like("conv1/weights:0"), "conv1-weights-0");
/// assert_eq!(name_like(".hidden"), "hidden");
/// assert_eq!(name_like(""), "-");
/// ```
pub fn name_like(text: &str) -> String {
    let name: String = text.chars().map(|c| if is_of_name(c) { c } else { '-' }).collect();
    let end = name[name.len().saturating_sub(LONGEST)..].trim_start_matches('.');
    if end.is_empty() { "-".into() } else { end.into() }
}

/// The first of `name`, `name-2`, `name-3`, ... that is not taken.
///
/// ```
/// use silicabac::vectors::unused_name;
/// assert_eq!(unused_name("a", |name| name == "a"), "a-2");
/// ```
pub fn unused_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut number = 1_u64;
    let mut free = name_like(name);
    while is_taken(&free) {
        number += 1;
        free = name_like(&format!("{name}-{number}"));
    }
    free
}

const NO_NAME: &str = "it is not one to 100 letters, digits, hyphens, underscores and dots, no dot in front";

/// Checks what vectors promise: a context is loaded before it is used, and in a vector for encoders raw bytes come only after a terminate
/// bin of 1, which is the last request, too.
pub(crate) fn check_requests(events: &[Event], decode_only: bool) -> Result<(), String> {
    let mut loaded = HashSet::new();
    let mut between_runs = false;
    for &event in events {
        match event {
            Event::Load { ctx, .. } => _ = loaded.insert(ctx),
            Event::Context { ctx, .. } if !loaded.contains(&ctx) => {
                return Err(format!("context {} is used before it is loaded", ctx.get()));
            }
            Event::Raw(_) if !decode_only && !between_runs => {
                return Err("there are raw bytes where no terminate bin of 1 stands before them".into());
            }
            _ => {}
        }
        between_runs = event.ends_engine_run() || between_runs && matches!(event, Event::Raw(_));
    }
    match decode_only || events.last().is_some_and(|last| last.ends_engine_run()) {
        true => Ok(()),
        false => Err("they do not end with a terminate bin of 1".into()),
    }
}
