//! What is kept of an item's output. The JSON of a command is long, and a campaign has thousands of items.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The results of an item.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Findings {
    /// The verdicts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// The causes of failures, as `cosim` reports them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Value>,
    /// Coverage by item of coverage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub covered: BTreeMap<String, Covered>,
    /// The report on mutants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutants: Option<Value>,
    /// The versions of Verilator and the compiler.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tools: String,
}

/// A verdict.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Row {
    /// The suite, the class or the stream.
    pub what: String,
    /// The number of its vectors.
    #[serde(default)]
    pub vectors: u64,
    /// The number of bins that were played without waits.
    #[serde(default)]
    pub bins: u64,
    /// The number of clocks for these.
    #[serde(default)]
    pub clocks: u64,
    /// The failure, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The cells of an item of coverage that were hit.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Covered {
    /// The number of cells.
    pub cells: usize,
    /// The number of cells that cannot be hit.
    pub excluded: usize,
    /// One bit per cell; the first cell is the lowest bit of the first byte.
    #[serde(with = "hex")]
    pub hit: Vec<u8>,
}

impl Covered {
    /// The number of cells that were hit.
    pub fn count(&self) -> usize {
        self.hit.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    /// Adds the hits of another. Returns how many cells are new.
    pub fn merge(&mut self, other: &Covered) -> usize {
        let before = self.count();
        self.hit.resize(self.hit.len().max(other.hit.len()), 0);
        self.hit.iter_mut().zip(&other.hit).for_each(|(byte, more)| *byte |= more);
        self.count() - before
    }
}

impl Findings {
    /// Reads the output of a command: one JSON text, or one per line. What is not JSON is ignored.
    pub fn read(output: &[u8]) -> Findings {
        let mut all = Findings::default();
        for value in serde_json::Deserializer::from_slice(output).into_iter::<Value>().map_while(Result::ok) {
            let Findings { rows, causes, covered, mutants, tools } = Findings::of(&value);
            all.rows.extend(rows);
            all.causes.extend(causes);
            all.covered.extend(covered);
            all.mutants = all.mutants.or(mutants);
            all.tools += &tools;
        }
        all
    }

    /// The results in the JSON of `cosim`, `vectors check`, `vectors coverage`, `mutate` and `stream judge`. Of other commands nothing is
    /// kept: only their outcome counts.
    pub fn of(json: &Value) -> Findings {
        let list = |name: &str| json[name].as_array().map_or(&[][..], Vec::as_slice);
        let mut findings = Findings {
            tools: json["tools"].as_str().unwrap_or_default().to_owned(),
            causes: list("causes").iter().map(cause).collect(),
            ..Findings::default()
        };
        findings.rows.extend(list("verdicts").iter().filter_map(in_socket));
        findings.rows.extend(list("results").iter().filter_map(of_ours));
        findings.causes.extend(list("results").iter().filter_map(shrunk));
        findings.rows.extend(of_stream(json));
        findings.rows.extend(list("errors").iter().filter_map(Value::as_str).map(|error| Row {
            what: "files".into(),
            failure: Some(error.into()),
            ..Row::of("")
        }));
        if json["format"] == "silicabac-coverage" {
            findings.covered = list("items").iter().filter_map(covered).collect();
        }
        if json["cores"].is_array() && json["count"].is_u64() {
            findings.mutants = Some(json.clone());
        }
        findings
    }
}

impl Row {
    fn of(what: &str) -> Row {
        Row { what: what.into(), vectors: 0, bins: 0, clocks: 0, failure: None }
    }
}

/// A class of vectors on a core in the socket.
fn in_socket(row: &Value) -> Option<Row> {
    let pace = &row["throughput"];
    let failure = &row["failure"];
    let failed = || {
        let text = |name: &str| failure[name].as_str().unwrap_or_default();
        format!("{}, stalls: {}; at bin {}: {}", text("vector"), text("stalls"), failure["bin"], text("what"))
    };
    Some(Row {
        vectors: row["vectors"].as_u64()?,
        bins: pace["bins"].as_u64().unwrap_or_default(),
        clocks: pace["clocks"].as_u64().unwrap_or_default(),
        failure: failure.is_object().then(failed),
        ..Row::of(row["class"].as_str()?)
    })
}

/// A suite on a core of ours.
fn of_ours(row: &Value) -> Option<Row> {
    let failure = &row["failure"];
    let failed = || {
        let text = |name: &str| failure[name].as_str().unwrap_or_default();
        format!("{}, stalls: {}: {}", text("vector"), text("stalls"), text("what"))
    };
    Some(Row {
        vectors: row["vectors"].as_u64()?,
        bins: row["bins"].as_u64()?,
        clocks: row["clocks"].as_u64()?,
        failure: (row["pass"] == false).then(failed),
        ..Row::of(row["suite"].as_str()?)
    })
}

/// The shrunk failure of a core of ours, which takes the place of a cause.
fn shrunk(row: &Value) -> Option<Value> {
    let failure = &row["failure"];
    let file = failure.get("shrunk")?;
    Some(json!({
        "text": failure["what"],
        "classes": [row["suite"]],
        "vector": failure["vector"],
        "stalls": failure["stalls"],
        "what": failure["what"],
        "file": file,
    }))
}

/// A stream with a decoder.
fn of_stream(row: &Value) -> Option<Row> {
    let judgement = row["judgement"].as_str()?;
    let is_well = ["equal", "unknown", "survives"].contains(&judgement);
    Some(Row {
        vectors: 1,
        failure: (!is_well).then(|| judgement.to_owned()),
        ..Row::of(row["file"].as_str()?)
    })
}

fn covered(item: &Value) -> Option<(String, Covered)> {
    let hits = item["hits"].as_array()?;
    let mut hit = vec![0; hits.len().div_ceil(8)];
    for (cell, _) in hits.iter().enumerate().filter(|(_, hits)| hits.as_u64() != Some(0)) {
        hit[cell / 8] |= 1 << (cell % 8);
    }
    let excluded = item["excluded"].as_u64()? as usize;
    Some((item["name"].as_str()?.to_owned(), Covered { cells: hits.len(), excluded, hit }))
}

/// A cause without the parts that only an HTML page needs.
fn cause(cause: &Value) -> Value {
    let kept = [
        "text", "rule", "classes", "vectors", "vector", "bins", "stalls", "what", "requests", "file",
        "replay",
    ];
    let kept = kept.iter().filter_map(|name| Some(((*name).to_owned(), cause.get(name)?.clone())));
    kept.collect::<serde_json::Map<_, _>>().into()
}
