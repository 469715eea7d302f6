//! The clocks around a mismatch, as a waveform and as a table.

use std::io::{self, Write};

use vcd::{TimescaleUnit, Value, VarType};

use super::lockstep::Moment;
use crate::cycle::{Core, Field, Fields};

/// Every port and register of both cores in the clocks around a mismatch.
#[derive(Clone, Debug)]
pub struct Waves {
    inputs: &'static [Field],
    /// Outputs, then registers.
    shown: Vec<Field>,
    clocks: Vec<Clock>,
}

#[derive(Clone, Debug)]
struct Clock {
    number: u64,
    inputs: Vec<u32>,
    twin: Vec<u32>,
    core: Vec<u32>,
}

impl Waves {
    pub(super) fn new<T: Core>(history: Vec<Moment<T>>) -> Waves {
        let shown = [T::Outputs::FIELDS, T::Registers::FIELDS].concat();
        let clocks = history.iter().map(|moment| Clock {
            number: moment.clock,
            inputs: values(&moment.inputs),
            twin: [values(&moment.twin.outputs), values(&moment.twin.registers)].concat(),
            core: [values(&moment.rtl.outputs), values(&moment.rtl.registers)].concat(),
        });
        Waves { inputs: T::Inputs::FIELDS, shown, clocks: clocks.collect() }
    }

    /// Both rows in clock `number`, one line a port or register, those that differ marked.
    pub fn table(&self, number: u64) -> String {
        let Some(clock) = self.clocks.iter().find(|clock| clock.number == number) else {
            return String::new();
        };
        let mut table = format!("  {:<18} {:>10} {:>10}\n", "", "twin", "core");
        for (field, (twin, core)) in self.shown.iter().zip(clock.twin.iter().zip(&clock.core)) {
            let mark = if twin == core { "" } else { "  <-- differs" };
            table += &format!("  {:<18} {twin:>10} {core:>10}{mark}\n", field.name);
        }
        table
    }

    /// Writes a VCD file: the inputs, then twin and core as scopes of their own. A clock takes 10 ns.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn write_vcd(&self, sink: impl Write) -> io::Result<()> {
        let mut writer = vcd::Writer::new(sink);
        writer.timescale(1, TimescaleUnit::NS)?;
        writer.add_module("cosim")?;
        let clk = writer.add_wire(1, "clk")?;
        let add = |writer: &mut vcd::Writer<_>, fields: &[Field]| -> io::Result<Vec<vcd::IdCode>> {
            fields.iter().map(|f| writer.add_var(VarType::Wire, f.width as u32, f.name, None)).collect()
        };
        let inputs = add(&mut writer, self.inputs)?;
        writer.add_module("twin")?;
        let twin = add(&mut writer, &self.shown)?;
        writer.upscope()?;
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
                (&inputs, self.inputs, &clock.inputs, last.map(|last| &last.inputs)),
                (&twin, &self.shown, &clock.twin, last.map(|last| &last.twin)),
                (&core, &self.shown, &clock.core, last.map(|last| &last.core)),
            ];
            for (ids, fields, now, before) in groups {
                for (i, field) in fields.iter().enumerate() {
                    if before.is_none_or(|before| before[i] != now[i]) {
                        let bits = (0..field.width).rev().map(|bit| Value::from(now[i] >> bit & 1 != 0));
                        writer.change_vector(ids[i], bits)?;
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

fn values(fields: &impl Fields) -> Vec<u32> {
    let mut values = Vec::new();
    fields.visit(|_, value| values.push(value));
    values
}
