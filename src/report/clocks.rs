//! The clocks around a failure, read from the waveform that co-simulation wrote: the signals of the core and of its twin, if it has one.

use std::{collections::HashMap, io};

use serde::Serialize;
use serde_json::Value;
use vcd::{Command, IdCode, Parser, ScopeItem};

/// The signals in each clock.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Clocks {
    /// The numbers of the clocks.
    pub numbers: Vec<u64>,
    /// Ports and registers, the inputs first.
    pub signals: Vec<Signal>,
    /// The mismatch, as recorded in the file.
    #[serde(skip)]
    pub failure: Option<Value>,
}

/// A port or a register.
#[derive(Clone, Debug, Serialize)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// The width in bits.
    pub width: u32,
    /// Whether it is an input of the core.
    pub is_input: bool,
    /// Its value in each clock, as a decimal number.
    pub core: Vec<String>,
    /// The same of the twin, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin: Option<Vec<String>>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClocksError {
    /// It is not a VCD file.
    #[error("it is no waveform: {0}")]
    Vcd(#[from] io::Error),
    /// It is a VCD file of something else.
    #[error("it is no waveform of a failure: it has no scope `core`")]
    Other,
}

/// The duration of a clock in the file.
const CLOCK: u64 = 10;

impl Clocks {
    /// Reads what [`Mismatch::write_vcd`](crate::cosim::Mismatch::write_vcd) wrote.
    ///
    /// # Errors
    /// [`ClocksError`].
    pub fn read(vcd: &[u8]) -> Result<Clocks, ClocksError> {
        let mut parser = Parser::new(vcd);
        let header = parser.parse_header()?;
        let failure = header.items.iter().find_map(|item| match item {
            ScopeItem::Comment(text) => serde_json::from_str(text.trim()).ok(),
            _ => None,
        });
        let all = header.items.iter().find_map(|item| match item {
            ScopeItem::Scope(scope) => Some(&scope.items),
            _ => None,
        });
        let all = all.ok_or(ClocksError::Other)?;
        let of_scope = |name: &str| {
            all.iter().find_map(|item| match item {
                ScopeItem::Scope(scope) if scope.identifier == name => Some(variables(&scope.items)),
                _ => None,
            })
        };
        let core = of_scope("core").ok_or(ClocksError::Other)?;
        let twin = of_scope("twin");
        let inputs: Vec<_> = variables(all).into_iter().filter(|(name, ..)| name != "clk").collect();
        let (numbers, values) = changes(parser)?;
        let column = |id: &IdCode| values.get(id).cloned().unwrap_or_default();
        let input = |(name, width, id): &(String, u32, IdCode)| Signal {
            name: name.clone(),
            width: *width,
            is_input: true,
            core: column(id),
            twin: None,
        };
        let shown = |(name, width, id): &(String, u32, IdCode)| {
            let beside = twin.as_ref().map(|twin| twin.iter().find(|(of_twin, ..)| of_twin == name));
            let twin = beside.flatten().map(|(.., id)| column(id));
            Signal { name: name.clone(), width: *width, is_input: false, core: column(id), twin }
        };
        let signals = inputs.iter().map(input).chain(core.iter().map(shown)).collect();
        Ok(Clocks { numbers, signals, failure })
    }
}

fn variables(items: &[ScopeItem]) -> Vec<(String, u32, IdCode)> {
    let variables = items.iter().filter_map(|item| match item {
        ScopeItem::Var(var) => Some((var.reference.clone(), var.size, var.code)),
        _ => None,
    });
    variables.collect()
}

/// The value of each signal in each clock.
type Values = HashMap<IdCode, Vec<String>>;

/// The numbers of the clocks, and the values of the signals in them.
fn changes(parser: Parser<&[u8]>) -> Result<(Vec<u64>, Values), ClocksError> {
    let (mut numbers, mut values): (Vec<u64>, Values) = Default::default();
    for command in parser {
        match command? {
            Command::Timestamp(time) if time % CLOCK == 0 => {
                numbers.push(time / CLOCK);
                values.values_mut().for_each(|column| column.extend(column.last().cloned()));
            }
            Command::ChangeVector(id, value) if !numbers.is_empty() => {
                let column = values.entry(id).or_default();
                column.resize(numbers.len(), String::new());
                if let Some(last) = column.last_mut() {
                    *last = decimal(&value.to_string());
                }
            }
            _ => {}
        }
    }
    Ok((numbers, values))
}

/// A value of up to 128 bits in decimal digits. A wider value or one with unknown bits stays as it is.
fn decimal(binary: &str) -> String {
    u128::from_str_radix(binary, 2).map_or_else(|_| binary.to_owned(), |value| value.to_string())
}
