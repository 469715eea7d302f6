//! What a coder keeps: context variables, and the registers of the standard.

use silicabac::bin::{BinCoder, Decode, Encode};
use silicabac::context::{self, ContextModel, CtxIdx};

use super::{Coder, Engine, Inner, each};
use crate::border::{guarded, input, place, room, value};
use crate::context::SliceInit;
use crate::handle::with;
use crate::status::Status;

/// Initialises the context variables as the slice header says. Those that such slices do not have stay as they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_initialise(coder: *mut Coder, init: *const SliceInit) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let init = context::SliceInit::try_from(*value(init)?)?;
        with(coder, |inner| {
            let models = (0..).map_while(CtxIdx::new).filter_map(|ctx| Some((ctx, init.model(ctx)?)));
            each!(&mut inner.engine, coder => models.for_each(|(ctx, model)| coder.load(ctx, model)));
            Ok(())
        })
    })
}

/// The context variables of these numbers.
fn contexts(first: u32, count: usize) -> Result<impl Iterator<Item = CtxIdx>, Status> {
    let first = usize::try_from(first).map_err(|_| Status::Argument)?;
    let end = first.checked_add(count).filter(|end| *end <= context::CONTEXTS).ok_or(Status::Argument)?;
    Ok((first..end).filter_map(|index| CtxIdx::new(index as u16)))
}

/// Sets `count` context variables from `first` on: pStateIdx, 0 to 62, in the low six bits of each byte, and valMPS in the next one.
/// If one is none of these, nothing is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_load(
    coder: *mut Coder,
    first: u32,
    models: *const u8,
    count: usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let (contexts, models) = (contexts(first, count)?, input(models, count)?);
        if models.iter().any(|bits| ContextModel::from_bits(*bits).is_none()) {
            return Err(Status::Argument);
        }
        with(coder, |inner| {
            for (ctx, bits) in contexts.zip(models) {
                let model = ContextModel::from_bits(*bits).ok_or(Status::Argument)?;
                each!(&mut inner.engine, coder => coder.load(ctx, model));
            }
            Ok(())
        })
    })
}

/// Hands over the states of `count` context variables from `first` on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_save(
    coder: *mut Coder,
    first: u32,
    models: *mut u8,
    count: usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let (contexts, models) = (contexts(first, count)?, room(models, count)?);
        with(coder, |inner| {
            for (ctx, model) in contexts.zip(models) {
                model.write(each!(&inner.engine, coder => coder.save(ctx)).bits());
            }
            Ok(())
        })
    })
}

/// The registers of the standard.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// codIRange, 256 to 510.
    pub cod_i_range: u32,
    /// codIOffset of a decoder; 0 of an encoder.
    pub cod_i_offset: u32,
    /// The low nine bits of codILow of an encoder; 0 of a decoder.
    pub cod_i_low: u32,
    /// How many bits a decoder has read; after a terminate bin of 1, the last of them is the stop bit. How many bits an encoder has handed to
    /// its bytes: all of them between engine runs, some fewer within one.
    pub position: u64,
}

impl Inner {
    fn registers(&self) -> Result<Registers, Status> {
        match &self.engine {
            Engine::Encoder(encoder) => Ok(Registers {
                cod_i_range: encoder.cod_i_range(),
                cod_i_offset: 0,
                cod_i_low: encoder.cod_i_low(),
                position: encoder.bytes().len() as u64 * 8,
            }),
            Engine::Decoder(decoder) => Ok(Registers {
                cod_i_range: decoder.cod_i_range(),
                cod_i_offset: decoder.cod_i_offset(),
                cod_i_low: 0,
                position: decoder.position(),
            }),
            Engine::Oracle(encoder) => Ok(Registers {
                cod_i_range: encoder.cod_i_range(),
                cod_i_offset: 0,
                cod_i_low: encoder.cod_i_low(),
                position: encoder.bytes().len() as u64 * 8,
            }),
            Engine::OracleDecoder(decoder) => Ok(Registers {
                cod_i_range: decoder.cod_i_range(),
                cod_i_offset: decoder.cod_i_offset(),
                cod_i_low: 0,
                position: decoder.position(),
            }),
            Engine::Meter(_) | Engine::Away => Err(Status::State),
        }
    }
}

/// Hands over the registers of an encoder or a decoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_registers(coder: *mut Coder, registers: *mut Registers) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let registers = place(registers)?;
        with(coder, |inner| {
            registers.write(inner.registers()?);
            Ok(())
        })
    })
}
