//! The clocks around a mismatch, as a waveform and as a table.

use std::io::{self, Write};

use silicabac_sim::Direction;
use vcd::{TimescaleUnit, Value, VarType};

use super::{Simulated, player::Observer};
use crate::cycle::{Field, Fields, Inputs, Outputs, fields::extract};

/// All ports of a core in the clocks around a mismatch, its registers if they are visible, and those of its twin.
#[derive(Clone, Debug, Default)]
pub struct Waves {
    inputs: Vec<Signal>,
    /// Outputs, then registers.
    shown: Vec<Signal>,
    has_twin: bool,
    clocks: Vec<Clock>,
}

/// A port or register of up to 128 bits.
#[derive(Clone, Debug)]
struct Signal {
    name: String,
    width: usize,
    /// The place of its lowest bit among the words of all inputs or outputs.
    lsb: usize,
}

#[derive(Clone, Debug)]
struct Clock {
    number: u64,
    inputs: Vec<u128>,
    core: Vec<u128>,
    twin: Vec<u128>,
}

/// The number of clocks after a mismatch that are recorded.
const AFTERMATH: usize = 24;

impl Waves {
    /// The last clocks of a core and some more with the same inputs, so that a waveform shows the consequences; `observed` says whether the
    /// observer has seen the last clock.
    pub(super) fn new<O: Observer>(
        core: &mut Simulated<'_>,
        observer: &mut O,
        inputs: &Inputs,
        observed: bool,
    ) -> Waves {
        let ports = core.model.library().ports();
        let debug = core.model.ports.debug;
        let signals = |direction| {
            let mut word = 0;
            let of_direction = ports.iter().filter(move |port| port.direction == direction);
            of_direction.filter_map(move |port| {
                let lsb = 32 * word;
                word += port.words();
                let is_debug = direction == Direction::Output && Some(lsb / 32) == debug;
                (!is_debug && port.width <= 128).then(|| Signal {
                    name: port.name.clone(),
                    width: port.width,
                    lsb,
                })
            })
        };
        let mut shown: Vec<Signal> = signals(Direction::Output).collect();
        shown.extend(debug.into_iter().flat_map(|word| registers(O::registers(), 32 * word)));
        let mut waves =
            Waves { inputs: signals(Direction::Input).collect(), shown, has_twin: false, clocks: Vec::new() };
        // Up to the last of these clocks the twin showed the same.
        let mut clocks: Vec<Clock> =
            core.history().map(|(number, inputs, outputs)| waves.clock(number, inputs, outputs)).collect();
        if let (Some(last), Some((outputs, packed))) = (clocks.last_mut(), observer.shown()) {
            waves.has_twin = true;
            if observed {
                last.twin = waves.twin(core, &outputs, &packed);
            }
        }
        for _ in 0..AFTERMATH {
            if core.clock(inputs).is_err() {
                break;
            }
            observer.follow(inputs);
            let Some((number, inputs, outputs)) = core.history().last() else { break };
            let mut clock = waves.clock(number, inputs, outputs);
            if let Some((outputs, packed)) = observer.shown() {
                clock.twin = waves.twin(core, &outputs, &packed);
            }
            clocks.push(clock);
        }
        waves.clocks = clocks;
        waves
    }

    /// A clock in which the twin shows what the core does.
    fn clock(&self, number: u64, inputs: &[u32], outputs: &[u32]) -> Clock {
        let (inputs, core) = (values(&self.inputs, inputs), values(&self.shown, outputs));
        Clock { number, inputs, twin: core.clone(), core }
    }

    /// What the twin showed, in the order of the signals; zero for a signal that it does not have.
    fn twin(&self, core: &Simulated<'_>, outputs: &Outputs, packed: &[u32]) -> Vec<u128> {
        let first_register = core.model.ports.debug.map_or(usize::MAX, |word| 32 * word);
        let is_register = |signal: &Signal| !Outputs::FIELDS.iter().any(|field| field.name == signal.name);
        let mut of_outputs = vec![0u128; Outputs::FIELDS.len()];
        outputs.visit(usize::MAX, |i, lane, value| {
            of_outputs[i] |= u128::from(value) << (lane * Outputs::FIELDS[i].width);
        });
        let value = |signal: &Signal| match is_register(signal) {
            true if signal.lsb >= first_register => bits(packed, signal.lsb - first_register, signal.width),
            true => 0,
            false => {
                let at = Outputs::FIELDS.iter().position(|field| field.name == signal.name);
                at.map_or(0, |at| of_outputs[at])
            }
        };
        self.shown.iter().map(value).collect()
    }

    /// All outputs and registers in clock `number`, one per line. If there is a twin, its values stand beside them and differences are
    /// marked.
    pub fn table(&self, number: u64) -> String {
        let Some(clock) = self.clocks.iter().find(|clock| clock.number == number) else {
            return String::new();
        };
        let mut table = match self.has_twin {
            true => format!("  {:<18} {:>10} {:>10}\n", "", "twin", "core"),
            false => format!("  {:<18} {:>10}\n", "", "core"),
        };
        for (Signal { name, .. }, (twin, core)) in self.shown.iter().zip(clock.twin.iter().zip(&clock.core)) {
            let mark = if twin == core { "" } else { "  <-- differs" };
            table += &match self.has_twin {
                true => format!("  {name:<18} {twin:>10} {core:>10}{mark}\n"),
                false => format!("  {name:<18} {core:>10}\n"),
            };
        }
        table
    }

    /// Writes a VCD file: the inputs, then twin and core, each as a scope. A clock takes 10 ns. The JSON that describes the mismatch
    /// becomes a comment.
    /// of JSON.
    ///
    /// # Errors
    /// Those of `sink`.
    pub(super) fn write_vcd(&self, sink: impl Write, of: &serde_json::Value) -> io::Result<()> {
        let mut writer = vcd::Writer::new(sink);
        // A comment ends with the word $end.
        writer.comment(&of.to_string().replace('$', "\\u0024"))?;
        writer.timescale(1, TimescaleUnit::NS)?;
        writer.add_module("cosim")?;
        let clk = writer.add_wire(1, "clk")?;
        let add = |writer: &mut vcd::Writer<_>, signals: &[Signal]| -> io::Result<Vec<vcd::IdCode>> {
            signals.iter().map(|s| writer.add_var(VarType::Wire, s.width as u32, &s.name, None)).collect()
        };
        let inputs = add(&mut writer, &self.inputs)?;
        let twin = match self.has_twin {
            true => {
                writer.add_module("twin")?;
                let twin = add(&mut writer, &self.shown)?;
                writer.upscope()?;
                twin
            }
            false => Vec::new(),
        };
        writer.add_module("core")?;
        let core = add(&mut writer, &self.shown)?;
        writer.upscope()?;
        writer.upscope()?;
        writer.enddefinitions()?;
        let mut last: Option<&Clock> = None;
        for clock in &self.clocks {
            writer.timestamp(clock.number * 10)?;
            writer.change_scalar(clk, Value::V0)?;
            let groups = [
                (&inputs, &self.inputs, &clock.inputs, last.map(|last| &last.inputs)),
                (&twin, &self.shown, &clock.twin, last.map(|last| &last.twin)),
                (&core, &self.shown, &clock.core, last.map(|last| &last.core)),
            ];
            for (ids, signals, now, before) in groups {
                for (i, (id, signal)) in ids.iter().zip(signals).enumerate() {
                    if before.is_none_or(|before| before[i] != now[i]) {
                        let bits = (0..signal.width).rev().map(|bit| Value::from(now[i] >> bit & 1 != 0));
                        writer.change_vector(*id, bits)?;
                    }
                }
            }
            writer.timestamp(clock.number * 10 + 5)?;
            writer.change_scalar(clk, Value::V1)?;
            last = Some(clock);
        }
        Ok(())
    }
}

/// Packed registers as signals, one per lane; the first field is in the highest bits.
fn registers(fields: &'static [Field], lsb: usize) -> impl Iterator<Item = Signal> {
    let mut end = lsb + fields.iter().map(|field| field.width * field.lanes).sum::<usize>();
    fields.iter().flat_map(move |field| {
        end -= field.width * field.lanes;
        let start = end;
        (0..field.lanes).map(move |lane| Signal {
            name: if field.lanes > 1 { format!("{}_{lane}", field.name) } else { field.name.to_owned() },
            width: field.width,
            lsb: start + lane * field.width,
        })
    })
}

fn values(signals: &[Signal], words: &[u32]) -> Vec<u128> {
    signals.iter().map(|signal| bits(words, signal.lsb, signal.width)).collect()
}

fn bits(words: &[u32], lsb: usize, width: usize) -> u128 {
    let pieces =
        (0..width).step_by(32).map(|at| u128::from(extract(words, lsb + at, (width - at).min(32))) << at);
    pieces.fold(0, |all, piece| all | piece)
}
